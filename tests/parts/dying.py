"""How does a process die, or stand still, at a named point of its work?

    SAFEGUARDING_TEST_FAULT=kill:after-the-append:2 python -m tests.parts.dying ingest kafka …

is `safeguarding ingest kafka …` that is killed as by `kill -9` when it comes to that point for the
second time; `stop` instead of `kill` lets it stand still until it is told to go on. The program
itself knows of none of this. With `SAFEGUARDING_TEST_SESSION` Kafka takes a reader for dead after
so many milliseconds in which it is not heard of.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

FAULT, SESSION = "SAFEGUARDING_TEST_FAULT", "SAFEGUARDING_TEST_SESSION"

POINTS = (
    "after-the-poll",
    "before-the-keys",
    "within-the-keys",
    "after-the-keys",
    "before-the-append",
    "within-the-append",
    "after-the-append",
    "after-the-line",
)
"""In the order in which a batch comes to them. A PostgreSQL is killed within its own append."""

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Fault:
    """Counts how often each point is reached, and does its work at the one that is meant."""

    def __init__(self, told: str) -> None:
        what, self._point, number = told.split(":")
        self._signal, self._left = SIGNALS[what], int(number)

    def reached(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._signal)


def watched(fault: Fault) -> None:
    """From now on the points of this process's work are counted."""
    from adapters.event_store import postgres, sqlite
    from adapters.transports.kafka import Inlet
    from adapters.vault import Vault
    from services.command_line import output

    poll, add, transaction = Inlet.poll, Vault.add, Vault._transaction
    writing, out = sqlite.Database.writing, output._out

    def polled(self: Inlet, seconds: float) -> Any:
        found = poll(self, seconds)
        if found:
            fault.reached("after-the-poll")
        return found

    def added(self: Vault, keys: Iterable[Any]) -> None:
        new = list(keys)
        if new:
            fault.reached("before-the-keys")
        add(self, new)
        if new:
            fault.reached("after-the-keys")

    @contextmanager
    def in_transaction(self: Vault) -> Iterator[Any]:
        with transaction(self) as found:
            yield found
            fault.reached("within-the-keys")

    @contextmanager
    def written(self: sqlite.Database, *told: Any) -> Iterator[Any]:
        with writing(self, *told) as found:
            yield found
            fault.reached("within-the-append")

    def inserting(insert: Callable[..., Any]) -> Callable[..., Any]:
        def inserted(self: Any, *told: Any, **more: Any) -> Any:
            fault.reached("before-the-append")
            found = insert(self, *told, **more)
            fault.reached("after-the-append")
            return found

        return inserted

    def shown(content: bytes) -> None:
        out(content)
        fault.reached("after-the-line")

    changes: dict[str, tuple[Any, Any]] = {
        "poll": (Inlet, polled),
        "add": (Vault, added),
        "_transaction": (Vault, in_transaction),
        "writing": (sqlite.Database, written),
        "_out": (output, shown),
    }
    for name, (owner, instead) in changes.items():
        setattr(owner, name, instead)
    for recorder in (sqlite.SQLiteRecorder, postgres.PostgresRecorder):
        setattr(recorder, "insert", inserting(recorder.insert))  # noqa: B010 - not for mypy


def main() -> int:
    from adapters.transports import kafka
    from services.cli import main as safeguarding

    if session := os.environ.get(SESSION):
        kafka.SESSION_MS, kafka.HEARTBEAT_MS = int(session), int(session) // 4
    if told := os.environ.get(FAULT):
        watched(Fault(told))
    return safeguarding()


if __name__ == "__main__":
    sys.exit(main())
