"""How fast is a message taken in, beside what the disk alone allows? One command prints the table.

    python -m benchmarks.intake [--messages N] [--format NAME] [--store FOLDER or postgresql://…]

Each message is made beforehand and then taken as `safeguarding intake` takes it: translated,
matched, sealed, and durable before the next. The last line is a bare SQLite table on the same disk,
one row of the same bytes and one commit a message, run in between: no intake can be faster.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from adapters.event_store import EventStore
from adapters.translation import Sent, formats
from adapters.vault import Vault
from domain.agency import RegisterAgency
from services.handle import handle
from services.intake import Intake
from services.logs import configure

ROUNDS = 10
"""How often the parties take turns, so that a busy moment of the machine meets all of them."""


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("--messages", type=int, default=500, help="of each format")
    words.add_argument("--format", choices=list(formats()), help="only this one")
    words.add_argument("--store", help="an empty store; a temporary folder by default")
    chosen = words.parse_args()
    configure()
    names = [chosen.format] if chosen.format else list(formats())
    with tempfile.TemporaryDirectory() as folder:
        store = EventStore.open(chosen.store or folder, Vault.open(Path(folder) / "keys"))
        register(store)
        intake = Intake(store)
        bare = bare_table(Path(folder) / "bare.db")
        parties: dict[str, Callable[[bytes, str], Any]] = {
            name: lambda body, name: list(intake.take(sent(body), format=name)) for name in names
        }
        taken: dict[str, list[float]] = {name: [] for name in (*names, "bare SQLite")}
        each = max(1, chosen.messages // ROUNDS)
        for turn in range(ROUNDS):
            for name, take in parties.items():
                bodies = [formats()[name].example(turn * each + n) for n in range(each)]
                for body in bodies:
                    taken[name].append(seconds(lambda: take(body, name)))  # noqa: B023
                for body in bodies[: max(1, each // len(names))]:
                    taken["bare SQLite"].append(seconds(lambda: bare(body)))  # noqa: B023
        print(f"{'':14} messages  a second  p50 ms  p99 ms")
        for name, times in taken.items():
            p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
            print(
                f"{name:14} {len(times):8} {len(times) / sum(times):9.0f}"
                f" {p50 * 1000:7.2f} {p99 * 1000:7.2f}"
            )
        print(f"{store.newest()} events in the log")
        store.close()


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def sent(body: bytes) -> Sent:
    return Sent(body=body, agency="north-police", received_at=datetime.now(UTC))


def register(store: EventStore) -> None:
    now = datetime.now(UTC)
    handled = handle(
        store,
        RegisterAgency(
            happened_at=now,
            received_at=now,
            recorded_at=now,
            by="operator",
            agency="authority",
            command=uuid4().hex,
            agency_id="north-police",
            kind="police",
            name="North Police",
        ),
    )
    if handled.result == "refused":
        sys.exit(handled.reason)


def bare_table(path: Path) -> Callable[[bytes], None]:
    database = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "create table message (id integer primary key, raw blob)",
    ):
        database.execute(statement).fetchall()

    def insert(body: bytes) -> None:
        database.execute("insert into message (raw) values (?)", (body,))

    return insert


if __name__ == "__main__":
    main()
