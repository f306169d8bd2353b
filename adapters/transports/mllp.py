"""What do hospital systems send over a connection that stays open (HL7 v2 over MLLP)?

A message stands between 0x0B and 0x1C 0x0D. It is answered AA when it is durable, AR when it is
refused, AE when it could not be stored now: then nothing of it is ours, and its sender sends it
again. Source: HL7 Transport Specification MLLP, release 1; HL7 v2.8 chapter 2, original mode.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from queue import Empty, Queue
from typing import Literal, NamedTuple
from uuid import uuid4

from adapters.hl7_text import escaped
from adapters.translation import Sent
from adapters.transports.delivery import Left, Outcome

START, END = b"\x0b", b"\x1c\r"
AGAIN = re.compile(rb"\x0b(?=MSH)")
"""A start block within a message. Alone 0x0B is a line break that a word processor left there."""

CONTENT_TYPE = "x-application/hl7-v2+er7"
MOST_CONNECTIONS = 64
PIECE = 64 * 1024
"""Bytes that are read at once."""

MESSAGE_SECONDS = 120.0
"""In which a message that was begun must end."""

ANSWER_SECONDS, SHAKE_SECONDS, WAKE_SECONDS, ENDING_SECONDS = 10.0, 10.0, 0.2, 1.5

Code = Literal["AA", "AE", "AR"]


class Frame(NamedTuple):
    """A message; of one that has no end or is too large, as much as is known."""

    body: bytes
    state: Literal["whole", "unended", "too-large"] = "whole"


class Frames:
    """The messages in a stream of bytes. Holds no more than one message of `most` bytes.

    What stands between messages is passed over, and so is the rest of one that is too large.
    `outside`: how many bytes that were; line ends and blanks are none.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = bytearray()
        self._searched = 0
        self._skipping = False
        self.outside = 0
        self.inside = False
        """Whether a message was begun that has not ended."""

    def feed(self, piece: bytes) -> Iterator[Frame]:
        self._held += piece
        while self._begun():
            end = self._held.find(END, self._searched)
            if end < 0:
                self._searched = max(0, len(self._held) - 1)
                if len(self._held) > self._most:
                    yield from self._too_large()
                return
            body = bytes(self._held[:end])
            del self._held[: end + len(END)]
            self.inside = False
            *unended, whole = AGAIN.split(body)
            yield from (Frame(each, "unended") for each in unended if each)
            yield Frame(whole)

    def _begun(self) -> bool:
        if self._skipping:
            found = re.search(rb"\x1c\r|\x0b(?=MSH)", self._held)
            if found is None:
                del self._held[:-3]
                return False
            del self._held[: found.start() if found[0] == START else found.end()]
            self._skipping = False
        if not self.inside:
            start = self._held.find(START)
            passed_over = self._held[:start] if start >= 0 else self._held
            self.outside += len(passed_over.strip())
            del self._held[: start + 1 if start >= 0 else len(self._held)]
            self.inside, self._searched = start >= 0, 0
        return self.inside

    def _too_large(self) -> Iterator[Frame]:
        *unended, last = AGAIN.split(bytes(self._held))
        yield from (Frame(each, "unended") for each in unended if each)
        self._held[:], self._searched = last, 0
        if len(last) > self._most:
            yield Frame(last[:PIECE], "too-large")
            self._held[:] = last[-3:]
            self.inside, self._skipping = False, True


def answer(body: bytes, code: Code, reason: str, at: datetime) -> bytes:
    """The acknowledgement of a message, framed; where it has no header, one that names nothing."""
    begins = max(body[:PIECE].find(b"MSH"), 0)
    line = re.split(rb"[\r\n]", body[begins : begins + 4096], maxsplit=1)[0]
    sign = line[3:4] if re.match(rb"MSH[!-/:-@\[-`{-~]", line) else b"|"
    fields = [_plain(each) for each in line.split(sign)] if line.startswith(b"MSH") else []

    def field(number: int) -> bytes:
        return fields[number - 1] if number <= len(fields) else b""

    signs = field(2) if re.fullmatch(rb"[^\w\s]{3,5}", field(2)) else rb"^~\&"
    trigger = field(9).split(signs[:1])[1:2]
    said = escaped(reason).encode("ascii", "replace")
    header = [
        b"MSH", signs, field(5), field(6), field(3), field(4), f"{at:%Y%m%d%H%M%S%z}".encode(), b"",
        signs[:1].join([b"ACK", *trigger]), uuid4().hex[:20].encode(), field(11) or b"P",
        field(12) or b"2.4",
    ]  # fmt: skip
    segments = [header, [b"MSA", code.encode(), field(10), *([said] if said else [])]]
    return START + b"".join(sign.join(each) + b"\r" for each in segments) + END


def _plain(field: bytes) -> bytes:
    return re.sub(rb"[\x00-\x1f\x7f]", b"", field[:200])


class Arrived:
    """A message whose sender waits for the answer."""

    patient = False

    def __init__(self, sent: Sent, source: str) -> None:
        self.sent = sent
        self.source = source
        self.answer: Future[tuple[Code, str]] = Future()

    def stored(self, outcomes: Sequence[Outcome]) -> None:
        self.answer.set_result(("AA", ""))

    def refused(self, outcome: Outcome) -> None:
        self.answer.set_result(("AR", outcome.reason or "The message was refused."))

    def not_stored(self) -> None:
        self.answer.set_result(("AE", "The message could not be stored now: send it again."))


class Listener:
    """Listens for one agency's systems. Messages of one connection are answered in their order."""

    transport = "mllp"

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        clock: Callable[[], datetime],
        most: int,
        *,
        unit: str | None = None,
        secured: ssl.SSLContext | None = None,
    ) -> None:
        """`port`: 0 for a free one. `most`: bytes of a message. Raises `OSError`."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, port), family=family, backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._sender, self._unit, self._clock, self._most = sender, unit, clock, most
        self._secured = secured
        self._arrived: Queue[Arrived | Left] = Queue()
        self._free = threading.Semaphore(MOST_CONNECTIONS)
        self._open: set[socket.socket] = set()
        self._changing = threading.Lock()
        self._first_ended = threading.Event()
        self._ending = threading.Event()

    def deliveries(self, stop: threading.Event, *, once: bool) -> Iterator[Arrived | Left]:
        """What comes; with `once`, until the first connection has ended."""
        accepting = threading.Thread(target=self._accept, daemon=True)
        accepting.start()
        try:
            while not stop.is_set() and not (once and self._first_ended.is_set()):
                with suppress(Empty):
                    yield self._arrived.get(timeout=WAKE_SECONDS)
        finally:
            self._end()
        until = time.monotonic() + ENDING_SECONDS
        while (self._talking() or not self._arrived.empty()) and time.monotonic() < until:
            with suppress(Empty):
                yield self._arrived.get(timeout=WAKE_SECONDS / 4)
        accepting.join(WAKE_SECONDS)

    def _end(self) -> None:
        """Take no more; who waits for an answer still gets it."""
        self._ending.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        self._listening.close()
        with self._changing:
            for each in self._open:
                with suppress(OSError):
                    # not its own `shutdown`: a secured connection would go on in the clear
                    socket.socket.shutdown(each, socket.SHUT_RD)

    def _talking(self) -> bool:
        with self._changing:
            return bool(self._open)

    def _accept(self) -> None:
        while self._free.acquire() and not self._ending.is_set():
            try:
                connection, (host, port, *_) = self._listening.accept()
            except OSError:  # it ended before it began, there is no room for more, or we end
                self._free.release()
                self._ending.wait(WAKE_SECONDS)
                continue
            with self._changing:
                if self._ending.is_set():
                    connection.close()
                    return
                self._open.add(connection)
            serving = (connection, f"{host}:{port}")
            threading.Thread(target=self._serve, args=serving, daemon=True).start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        secured = connection
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._secured:
                connection.settimeout(SHAKE_SECONDS)
                secured = self._secured.wrap_socket(connection, server_side=True)
                with self._changing:
                    self._open.remove(connection)
                    self._open.add(secured)
            self._converse(secured, peer)
        except OSError:
            if not self._ending.is_set():
                self._arrived.put(Left(peer, "the connection was broken off"))
        finally:
            secured.close()
            with self._changing:
                self._open -= {connection, secured}
            self._free.release()
            self._first_ended.set()

    def _converse(self, connection: socket.socket, peer: str) -> None:
        for number, frame in enumerate(self._frames(connection, peer), start=1):
            code, reason = self._answer(frame, f"{peer}/{number}")
            connection.settimeout(ANSWER_SECONDS)
            connection.sendall(answer(frame.body, code, reason, self._clock()))
            if self._ending.is_set():
                return

    def _frames(self, connection: socket.socket, peer: str) -> Iterator[Frame]:
        frames, until = Frames(self._most), None
        while True:
            connection.settimeout(None if until is None else max(until - time.monotonic(), 0.001))
            piece = connection.recv(PIECE)
            if not piece:
                if frames.inside:
                    self._arrived.put(Left(peer, "the connection ended within a message"))
                if frames.outside:
                    reason = f"{frames.outside} bytes came outside a message (0B … 1C 0D)"
                    self._arrived.put(Left(peer, reason))
                return
            yield from frames.feed(piece)
            until = (until or time.monotonic() + MESSAGE_SECONDS) if frames.inside else None

    def _answer(self, frame: Frame, source: str) -> tuple[Code, str]:
        match frame.state:
            case "unended":
                return "AE", "The message has no end (1C 0D): send it again."
            case "too-large":
                most = self._most // 2**20
                return "AR", f"The message is larger than {most} MiB: send it in parts."
            case "whole":
                sent = Sent(
                    body=frame.body,
                    agency=self._sender,
                    unit=self._unit,
                    received_at=self._clock(),
                    content_type=CONTENT_TYPE,
                )
                arrived = Arrived(sent, source)
                self._arrived.put(arrived)
                return arrived.answer.result()
