"""A way to a PostgreSQL server that loses an answer, as a network does at the worst moment."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlencode, urlsplit

from psycopg.conninfo import conninfo_to_dict


class Way:
    """Passes everything on, but when told to, drops the next answer and the connection with it."""

    def __init__(self, address: str) -> None:
        self._target = conninfo_to_dict(address)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open = [self._listening]
        self.lose_next_answer = False
        self.lose_answer_to = b""
        """What the next request holds whose answer is to be lost."""
        self.lost = 0
        user = f"{self._target['user']}@" if "user" in self._target else ""
        port = self._listening.getsockname()[1]
        query = urlencode({"sslmode": "disable", "gssencmode": "disable"})
        path = urlsplit(address).path
        self.address = f"postgresql://{user}127.0.0.1:{port}{path}?{query}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _connect(self) -> socket.socket:
        host, port = str(self._target.get("host", "localhost")), self._target.get("port", 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, int(str(port))))
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(f"{host}/.s.PGSQL.{port}")
        except OSError:
            server.close()
            raise
        return server

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = self._connect()
                except OSError:  # the server is away
                    client.close()
                    continue
                self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(
                        target=self._pass, args=(source, sink, source is server), daemon=True
                    ).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if answers and self.lose_next_answer:
                    self.lose_next_answer = False
                    self.lost += 1
                    break
                if not answers and self.lose_answer_to and self.lose_answer_to in data:
                    self.lose_answer_to, self.lose_next_answer = b"", True
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def way_to(address: str) -> Iterator[Way]:
    way = Way(address)
    try:
        yield way
    finally:
        way.close()
