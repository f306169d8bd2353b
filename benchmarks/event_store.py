"""How fast is the event store, and how near is that to what the database's own driver does?

    python -m benchmarks.event_store [--events 3000] [--folder FOLDER] [--postgresql ADDRESS]

The raw limit, in the same run and in turns with ours, is the same bytes written to (or read from)
the same table with the driver alone. Ours adds sealing, claims and the order of positions. Without
an address the newest PostgreSQL of the tests is used, on disk.
"""

import argparse
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.sql import SQL

from adapters.event_store import Append, EventStore
from adapters.vault import Vault
from domain.kernel import Event
from tests.adapters.event_store.notes import CATALOGUE, closed, kept, written
from tests.parts import postgres

ROUNDS = 5
WORDS = "She was alone in the house when we called at ten past nine in the evening. " * 2

Raw = Callable[[Sequence[tuple[str, int, str, bytes]]], None]


def main() -> None:
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parse.add_argument("--events", type=int, default=3000, help="events of each measurement")
    parse.add_argument("--folder", type=Path, help="a folder on the disk that is to be measured")
    parse.add_argument("--postgresql", metavar="ADDRESS")
    given = parse.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        measure("SQLite", str(folder / "store"), folder, given.events, stack)
        address = given.postgresql
        if not address and (found := postgres.binaries()):
            server = postgres.Server(found[max(found)], on_disk=True)
            stack.callback(server.stop)
            address = server.address
        if address:
            version = psycopg.connect(address).info.server_version // 10000
            database = stack.enter_context(postgres.new_database(address))
            measure(f"PostgreSQL {version}", database, folder, given.events, stack)


def measure(name: str, address: str, folder: Path, events: int, stack: ExitStack) -> None:
    vault = stack.enter_context(closing(Vault.open(folder / f"keys-{name}")))
    store = stack.enter_context(closing(EventStore.open(address, vault, catalogue=CATALOGUE)))
    raw = stack.enter_context(raw_sqlite(address) if name == "SQLite" else raw_postgres(address))
    print(f"\n{name}: {events} events a measurement, median of {ROUNDS} turns")

    def one(count: int, make: Callable[[str], Event], claims: bool) -> None:
        for _ in range(count):
            note = f"note-{uuid4().hex}"
            claim = {f"command:{note}": "done"} if claims else {}
            store.append([Append(note, 0, [make(note)])], claim)

    def sealed(note: str) -> Event:
        return written(note, words=WORDS)

    state = stored_bytes(store, [sealed("note-0")])
    per_round = max(1, events // ROUNDS)
    row = ("append, 1 event a commit", per_round, lambda n: [raw([fresh(state)]) for _ in range(n)])
    compare(*row, {
        "clear": lambda n: one(n, closed, False),
        "sealed": lambda n: one(n, sealed, False),
        "sealed + claim": lambda n: one(n, sealed, True),
    })  # fmt: skip

    def hundred(count: int) -> None:
        for _ in range(count // 100):
            note = f"note-{uuid4().hex}"
            store.append([Append(note, 0, [sealed(note)] * 100)], {f"command:{note}": "done"})

    per_round = max(100, events)
    batch = [fresh(state) for _ in range(100)]
    compare(
        "append, 100 events a commit",
        per_round,
        lambda n: [raw([fresh(state) for _ in batch]) for _ in range(n // 100)],
        {"sealed + claim": hundred},
    )
    waits = [timed(lambda: intake(store)) for _ in range(max(200, events // 10))]
    waits.sort()
    p50, p99 = 1000 * statistics.median(waits), 1000 * waits[-len(waits) // 100]
    what = "intake of a message, new keys (4 streams, 30 kB)"
    print(f"  {what:50} p50 {p50:.2f} ms   p99 {p99:.2f} ms")

    newest = store.newest()
    read = {
        "headers": lambda _: drain(store, ()),
        "one kind in three names opened": lambda _: drain(store, ["narrative"]),
    }
    compare("read the log", newest, lambda _: drain_raw(address), read)


def intake(store: EventStore) -> None:
    """What one message of an agency stores: itself, a referral and two children, each with keys."""
    own = uuid4().hex
    streams: list[Append] = [
        Append(f"message-{own}", 0, [kept(f"message-{own}", b"x" * 30_000, sender="PC 1")])
    ]
    for n in range(3):
        note, child = f"note-{own}-{n}", f"child-{own}-{n}"
        event = written(note, words=WORDS, child_id=child, child_name="Ann Smithson", home="1 Row")
        streams.append(Append(note, 0, [event, closed(note)]))
    store.append(streams, {f"message:{own}": "", f"reference:{own}": "", f"nhs:{own}": ""})


def compare(
    what: str,
    events: int,
    raw: Callable[[int], object],
    ours: Mapping[str, Callable[[int], object]],
) -> None:
    taken: dict[str, list[float]] = {"raw": [], **{name: [] for name in ours}}
    for _ in range(ROUNDS):
        for name, work in {"raw": raw, **ours}.items():
            taken[name].append(timed(lambda work=work: work(events)))  # type: ignore[misc]
    base = statistics.median(taken["raw"])
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        ratio = "" if name == "raw" else f"   {base / median:.2f} of raw"
        print(f"  {what + ' · ' + name:50} {events / median:10,.0f} /s{ratio}")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def drain(store: EventStore, opened: Sequence[str]) -> None:
    reached = 0
    while page := store.since(reached, 1000, opened=opened):
        reached = page.reached


# ── The raw limit ─────────────────────────────────────────────────────────────────────────────────

COLUMNS = "stream, version, topic, state"
INSERT = f"insert into raw ({COLUMNS}) values (?, ?, ?, ?)"  # noqa: S608
READ = "select * from stored_events where position > ? order by position limit 1000"


def stored_bytes(store: EventStore, events: Sequence[Event]) -> bytes:
    (recorded,) = store.append([Append("note-0", 0, events)])
    return store._recorder.rows(recorded.stream)[0].state


def fresh(state: bytes) -> tuple[str, int, str, bytes]:
    return f"note-{uuid4().hex}", 1, "note.written.v1", state


@contextmanager
def raw_sqlite(address: str) -> Iterator[Raw]:
    with closing(sqlite3.connect(Path(address) / "raw.db", isolation_level=None)) as raw:
        raw.execute("pragma journal_mode = wal")
        raw.execute("pragma synchronous = full")
        raw.execute(
            "create table raw (position integer primary key autoincrement, stream text not null,"
            " version integer not null, topic text not null, state blob not null,"
            " unique (stream, version))"
        )

        def insert(rows: Sequence[tuple[str, int, str, bytes]]) -> None:
            raw.execute("begin immediate")
            raw.executemany(INSERT, rows)
            raw.execute("commit")

        yield insert


@contextmanager
def raw_postgres(address: str) -> Iterator[Raw]:
    with psycopg.connect(address, autocommit=True) as raw:
        raw.execute(
            "create table raw (position bigserial primary key, stream text not null,"
            " version bigint not null, topic text not null, state bytea not null,"
            " unique (stream, version))"
        )
        # With the lock that keeps positions in the order of commits.
        insert_all = SQL(
            f"with lock as materialized (select pg_advisory_xact_lock(1))"  # noqa: S608
            f" insert into raw ({COLUMNS}) select {COLUMNS} from lock,"
            f" unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[]) as e ({COLUMNS})"
        )

        def insert(rows: Sequence[tuple[str, int, str, bytes]]) -> None:
            raw.execute(insert_all, [list(each) for each in zip(*rows, strict=True)], prepare=True)

        yield insert


def drain_raw(address: str) -> None:
    position, page = 0, [(0,)]
    with ExitStack() as stack:
        execute: Callable[[int], list[Any]]
        if address.startswith("postgresql"):
            elephant = stack.enter_context(psycopg.connect(address))
            query = SQL(READ.replace("?", "%b"))

            def execute(position: int) -> list[Any]:
                return elephant.execute(query, (position,), prepare=True, binary=True).fetchall()
        else:
            lite = stack.enter_context(closing(sqlite3.connect(Path(address) / "events.db")))

            def execute(position: int) -> list[Any]:
                return lite.execute(READ, (position,)).fetchall()

        while page := execute(position):
            position = page[-1][0]


if __name__ == "__main__":
    main()
