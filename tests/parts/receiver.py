"""A receiver of webhooks, as an agency runs one: a real HTTP server on this machine.

What came is kept, with its headers; how each message is answered is said by the test. With
`encrypted`, by a certificate of its own, made for the test, for the name `localhost`.
"""

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE = 30  # seconds


class Came(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


Reply = Callable[["Receiver", BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Reply:
    """Answer with this status, and nothing more."""

    def reply(_receiver: "Receiver", request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()

    return reply


def much(size: int) -> Reply:
    """Answer well, with a body of so many bytes."""

    def reply(receiver: "Receiver", request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(size))
        request.end_headers()
        for _ in range(size // 65536):
            request.wfile.write(b"x" * 65536)
            receiver.written += 65536

    return reply


def silence(receiver: "Receiver", _request: BaseHTTPRequestHandler) -> None:
    """Take the message and say nothing, until the test is over."""
    receiver.over.wait(PATIENCE)


def drops(receiver: "Receiver", request: BaseHTTPRequestHandler) -> None:
    """Begin the answer and go on letter by letter, until the other side has had enough."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not receiver.over.wait(0.05):
        request.wfile.write(b"x")


def hangs_up(_receiver: "Receiver", request: BaseHTTPRequestHandler) -> None:
    """End the connection instead of an answer."""
    request.close_connection = True


class Receiver:
    """`came`: what was sent here. `reply`: how it is answered; `first`: the next ones, in turn."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.came: list[Came] = []
        self.reply: Reply = status(204)
        self.first: list[Reply] = []
        self.written = 0
        self.over = threading.Event()
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = receiver.take(Came(self.path, headers, self.rfile.read(length)))
                reply(receiver, self)

            def do_GET(self) -> None:
                receiver.take(Came(self.path, {}, b""))(receiver, self)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests read `came`."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that leaves early is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            secured.load_cert_chain(certificate)
            self._server.socket = secured.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://localhost:{self.port}/outcomes"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def take(self, came: Came) -> Reply:
        with self._changed:
            self.came.append(came)
            self._changed.notify_all()
            return self.first.pop(0) if self.first else self.reply

    def wait(self, count: int) -> list[Came]:
        """What came, as soon as it is so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.came) >= count, PATIENCE), self.came
            return list(self.came)

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    receiver = Receiver(certificate)
    try:
        yield receiver
    finally:
        receiver.close()


def certificate_in(folder: Path, name: str = "localhost") -> Path:
    """A file with a certificate for that name, which vouches for itself, and its key."""
    path = folder / f"{name}.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *(
                "-nodes",
                "-days",
                "1",
                "-subj",
                f"/CN={name}",
                "-addext",
                f"subjectAltName=DNS:{name}",
            ),
            *("-keyout", str(path), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + (folder / "certificate.pem").read_bytes())
    return path
