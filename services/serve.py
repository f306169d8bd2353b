"""How is the system served on one machine: pages, API and projections in one process?"""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

import uvicorn

from services.alarm import feeds_watched
from services.assemble import Parts
from services.logs import log

GRACE = 1
"""Seconds that open requests, and then the projections, have to end after Ctrl+C."""

SWITCH_SECONDS = 0.0005
"""How long one thread computes while another wants to: a receipt waits for the projections several
times on its way, 5 ms each time by Python's own measure."""


class PortTaken(Exception):
    """Something else listens there."""


class Server(uvicorn.Server):
    """Ends at the first Ctrl+C, whatever connections a browser keeps open."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._ending()
        super().handle_exit(sig, frame)

    def end(self) -> None:
        """End from another thread, as Ctrl+C would."""
        self._ending()
        self.should_exit = True


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises `PortTaken` with a sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's delay on: 40 ms at every answer.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise PortTaken(
            f"Cannot listen on {host}:{port} ({error.strerror}): choose another --port, or 0."
        ) from None
    return taken


@contextmanager
def projections_running(parts: Parts) -> Iterator[threading.Thread]:
    """Keep the read models up to date in a thread of this process until the block ends.

    It is told to end with everything else, by `parts.ending`.
    """
    thread = threading.Thread(target=parts.projector.run, args=(parts.ending,), name="projections")
    thread.start()
    try:
        yield thread
    finally:
        parts.ending.set()
        thread.join(GRACE)


def server_of(parts: Parts, *, demo: bool = False) -> Server:
    """The web server of these parts, not started yet."""
    from services.web.app import application

    config = uvicorn.Config(
        application(parts, demo=demo),
        log_config=None,
        access_log=False,  # its lines would hold ids from the address
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=30,
        lifespan="on",
    )
    return Server(config, parts.ending.set)


def serve(
    parts: Parts,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    demo: bool = False,
    announce: Callable[[str], None],
) -> None:
    """Serve until Ctrl+C or SIGTERM. `announce` is told the address once connections queue there.

    Raises `PortTaken`.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    watched = nullcontext() if demo else feeds_watched(parts)  # nobody sends to a demo
    with listening(host, port) as taken, projections_running(parts), watched:
        bound = taken.getsockname()[1]
        server = server_of(parts, demo=demo)
        announce(f"http://{f'[{host}]' if ':' in host else host}:{bound}")
        log.info("serving", port=bound)
        with _quiet_second_interrupt():
            server.run(sockets=[taken])


@contextmanager
def _quiet_second_interrupt() -> Iterator[None]:
    """uvicorn raises the signal again once it has ended; it has done its work by then."""
    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    for each in before:
        signal.signal(each, lambda *_: None)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
