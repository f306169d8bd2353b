"""How does a network lose an answer of Kafka's at the worst moment?

A way to a broker that reads what passes, frame by frame: a frame is four bytes of its length, a
request begins with what is asked (`Api`), its version and a number, and the answer with that
number. So one can say which answers are lost, and which connections end after the request has
reached the broker. Wherever the broker names its own address, the way's stands in the answer.
"""

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import Any

LENGTH, REQUEST, NUMBER, PORT = (struct.Struct(each) for each in (">i", ">hhi", ">i", ">i"))


class Api(IntEnum):
    """What is asked, as the protocol numbers it."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14


class KafkaProxy:
    """Passes everything on, but what it was told to lose, cut or delay. `address`: HOST:PORT."""

    def __init__(self, broker: str) -> None:
        host, _, port = broker.rpartition(":")
        self._broker = host, int(port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        own = self._listening.getsockname()[1]
        self.address = f"127.0.0.1:{own}"
        self._told = host.encode() + PORT.pack(int(port)), b"127.0.0.1" + PORT.pack(own)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._lose: Counter[Api] = Counter()
        self._cut: Counter[Api] = Counter()
        self._delays: dict[Api, float] = {}
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self.passed: Counter[int] = Counter()
        """Answers that reached who asked, by what was asked."""
        self.lost: Counter[Api] = Counter()
        """Answers that were lost, and connections that were cut."""
        self._run(self._accept)

    def lose(self, api: Api, times: int = 1) -> None:
        """The next answers of this kind do not arrive; their connections end."""
        with self._lock:
            self._lose[api] += times

    def cut(self, api: Api, times: int = 1) -> None:
        """After the next requests of this kind have gone to the broker their connections end."""
        with self._lock:
            self._cut[api] += times

    def delay(self, api: Api, seconds: float) -> None:
        """From now on answers of this kind come so much later; 0: as usual."""
        self._delays[api] = seconds

    def drop_all(self) -> None:
        """End every connection there is; new ones are passed on."""
        for each in list(self._open):
            _end(each)

    def close(self) -> None:
        self._closing.set()
        _end(self._listening)
        self._listening.close()
        self.drop_all()
        for each in self._threads:
            each.join(5)

    def _run(self, work: Callable[..., None], *told: Any) -> None:
        thread = threading.Thread(target=work, args=told, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    broker = socket.create_connection(self._broker, timeout=5)
                except OSError:
                    client.close()
                    continue
                broker.settimeout(None)
                asked: dict[int, Api | int] = {}
                self._open |= {client, broker}
                for way in (self._requests, self._answers):
                    self._run(way, client, broker, asked)

    def _requests(
        self, client: socket.socket, broker: socket.socket, asked: dict[int, Api | int]
    ) -> None:
        with suppress(OSError):
            for frame in _frames(client):
                api, _, number = REQUEST.unpack_from(frame)
                asked[number] = api
                broker.sendall(LENGTH.pack(len(frame)) + frame)
                if self._due(self._cut, api):
                    break
        self._end_both(client, broker)

    def _answers(
        self, client: socket.socket, broker: socket.socket, asked: dict[int, Api | int]
    ) -> None:
        with suppress(OSError):
            for frame in _frames(broker):
                (number,) = NUMBER.unpack_from(frame)
                api = asked.pop(number, -1)
                if self._due(self._lose, api):
                    break
                if seconds := self._delays.get(api):  # type: ignore[call-overload]
                    self._closing.wait(seconds)
                told = frame.replace(*self._told)  # as long as it was
                client.sendall(LENGTH.pack(len(told)) + told)
                self.passed[api] += 1
        self._end_both(client, broker)

    def _due(self, orders: Counter[Api], api: int) -> bool:
        with self._lock:
            if not orders[api]:  # type: ignore[index]
                return False
            orders[Api(api)] -= 1
            self.lost[Api(api)] += 1
            return True

    def _end_both(self, *ends: socket.socket) -> None:
        for each in ends:
            _end(each)
            each.close()
            self._open.discard(each)


def _frames(source: socket.socket) -> Iterator[bytes]:
    while head := _exactly(source, LENGTH.size):
        yield _exactly(source, LENGTH.unpack(head)[0])


def _exactly(source: socket.socket, size: int) -> bytes:
    """So many bytes; none when the connection has ended."""
    found = bytearray()
    while len(found) < size:
        if not (more := source.recv(min(65536, size - len(found)))):
            return b""
        found += more
    return bytes(found)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


@contextmanager
def way_to_kafka(broker: str) -> Iterator[KafkaProxy]:
    way = KafkaProxy(broker)
    try:
        yield way
    finally:
        way.close()
