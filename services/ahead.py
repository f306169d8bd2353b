"""What do the next pages of a long log mean for the read models?

A replay has two halves of about the same length: to turn events into statements, and to run them.
While the runner stores one page, a second process works out the next and hands its statements over.
That process reads the log without a key, and stores nothing. Whatever it does not deliver the
runner works out itself: nothing depends on it but time.
"""

import marshal
import os
import subprocess
import sys
from collections.abc import Collection
from multiprocessing import Pipe
from typing import NamedTuple

import msgspec
from msgspec import Struct

from adapters.read_models import Bound
from services.logs import log

WORTH_EVENTS = 5_000
"""So many events must be waiting: a process takes as long to start as these take to work out."""

PATIENCE_SECONDS = 30
"""How long a page is waited for; the runner itself needs a tenth of a second for one."""


class Asked(Struct, frozen=True):
    """From where on, for which projections, and how many events a page."""

    position: int
    names: tuple[str, ...]
    page: int


class Prepared(NamedTuple):
    """The statements of each projection for the events after `position`, up to `reached`."""

    position: int
    reached: int
    writes: dict[str, list[Bound]]


def possible() -> bool:
    """Whether there is a second processor to work on."""
    return len(os.sched_getaffinity(0)) > 1


class Ahead:
    """The second process, as the runner sees it."""

    def __init__(self, address: str) -> None:
        """Starts it, for the store at this address. Raises `OSError` if no process can start."""
        self._pipe, theirs = Pipe()
        self.started = False
        self._pages = 0
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - ourselves
                    [sys.executable, "-m", "services.working_ahead", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl+C is for the runner, which ends this one
                )
            # Not as an argument, which others on this machine may read: it may hold a password.
            self._pipe.send_bytes(address.encode())
        except OSError:
            self._pipe.close()
            raise

    @property
    def process_id(self) -> int:
        return self._process.pid

    def is_there(self, seconds: float = 0) -> bool:
        """Whether it can be told where to begin, within so many seconds."""
        return self._pipe.poll(seconds)

    def start(self, position: int, names: Collection[str], page: int) -> None:
        """Let it begin after this position, as soon as it is there; asked again until it is."""
        if self.started or not self.is_there():
            return
        self._pipe.recv_bytes()
        self._pipe.send_bytes(msgspec.json.encode(Asked(position, tuple(sorted(names)), page)))
        self.started = True

    def page(self, position: int, names: Collection[str]) -> Prepared | None:
        """What comes after this position for these projections; None before it has begun.

        Raises `EOFError` if it works on no more pages, or on others than these.
        """
        if not self.started:
            return None
        if not self._pipe.poll(PATIENCE_SECONDS):
            raise EOFError
        prepared = Prepared(*marshal.loads(self._pipe.recv_bytes()))  # noqa: S302 - our own process
        if prepared.position != position or prepared.writes.keys() != set(names):
            raise EOFError
        self._pages += 1
        return prepared

    def close(self) -> None:
        """End it."""
        self._pipe.close()
        self._process.kill()
        self._process.wait()
        log.debug("worked_ahead", pages=self._pages)
