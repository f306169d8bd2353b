"""How many events a second do all projections take in, and how near is that to what SQL allows?

    python -m benchmarks.replay [--events 24000] [--store FOLDER] [--postgresql ADDRESS]

The log is that of `--store`, or one made of the tests' example events: lives of sixteen events. Its
raw limit, in the same run, is to read the rows of the log and write the very same rows of the read
models with the database's own driver, everything between them taken away.
"""

import argparse
import itertools
import operator
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from adapters.event_store import EventStore, Page
from adapters.read_models import Bound, ReadModels
from adapters.read_models.place import NEXT
from adapters.read_models.sqlite import PRAGMAS
from adapters.read_models.statements import by_dollar
from adapters.vault import Vault
from projections.base import Projection
from services.feed import PAGE
from services.found import found, statements
from services.logs import configure
from services.project import Projector
from tests.lives import lives


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def raw_sqlite(log: Path, folder: Path, projections: Sequence[Projection], pages: Any) -> float:
    """Seconds to read the rows of a log and write the rows of the read models."""
    target = sqlite3.connect(folder / "raw.db", isolation_level=None, cached_statements=512)
    for pragma in PRAGMAS[NEXT]:
        target.execute(f"pragma {pragma}").fetchone()
    for projection in projections:
        for statement in projection.schema:
            target.execute(statement)

    def work() -> None:
        source = sqlite3.connect(log)
        sum(1 for _ in source.execute("select * from stored_events order by position"))
        for writes in pages:
            target.execute("begin")
            for sql, run in itertools.groupby(writes, operator.itemgetter(0)):
                target.executemany(sql, [values for _, values in run])
            target.execute("commit")
        source.close()

    seconds = timed(work)
    target.close()
    return seconds


def raw_postgresql(address: str, projections: Sequence[Projection], pages: Any) -> float:
    """The same on PostgreSQL."""
    models = ReadModels.open(address)
    with models.beside() as place, psycopg.connect(address, autocommit=True) as target:
        assert place
        for projection in projections:
            place.create(projection)
        target.execute(f"set search_path to {NEXT}; set synchronous_commit to off")
        target.prepare_threshold = 0

        def work() -> None:
            with target.transaction(), target.cursor("log") as source:
                source.itersize = PAGE
                sum(1 for _ in source.execute("select * from public.stored_events"))
            for writes in pages:
                with target.transaction(), target.pipeline(), psycopg.RawCursor(target) as cursor:
                    for sql, values in writes:
                        cursor.execute(by_dollar(sql), values)

        return timed(work)


def measure(
    address: str, store: EventStore, folder: Path, projections: Sequence[Projection]
) -> None:
    events = store.newest()
    postgresql = address.startswith("postgres")
    models = ReadModels.open(address if postgresql else folder / "live")
    projector = Projector(store, models)
    read = timed(lambda: [None for _ in pages_of(store)])
    single = ReadModels.open(folder / "single") if not postgresql else None
    if single:
        one = timed(lambda: Projector(store, single, projections).run(once=True))
        single.close()
    live = timed(lambda: projector.run(once=True))
    before = projector.digest()
    rebuild = timed(projector.rebuild)
    assert projector.digest() == before
    alone = {name: timed(partial(projector.rebuild, name)) for name in projector.projections}
    models.close()
    # Last: so many rows in memory slow down everything else.
    writes = [list(writes_of(page, projections)) for page in pages_of(store)]
    if postgresql:
        raw = raw_postgresql(address, projections, writes)
    else:
        raw = raw_sqlite(Path(address) / "events.db", folder, projections, writes)

    kind = "PostgreSQL" if postgresql else "SQLite"
    print(f"\n{kind}: {events:,} events, {len(projections)} projections,", end=" ")
    print(f"{sum(map(len, writes)):,} writes, {sum(digest.rows for digest in before):,} rows")
    print(f"  {'':24}{'events/s':>12}{'of the raw limit':>20}")
    for what, seconds in (
        ("raw limit", raw),
        ("reading and decoding", read),
        *([("first run, one process", one)] if single else []),
        ("first run", live),
        ("rebuild and swap", rebuild),
        *((f"rebuild {name}", seconds) for name, seconds in alone.items()),
    ):
        print(f"  {what:24}{events / seconds:>12,.0f}{raw / seconds:>20.2f}")


def pages_of(store: EventStore) -> Iterator[Page]:
    position = 0
    while page := store.since(position, PAGE):
        position = page.reached
        yield page


def writes_of(page: Page, projections: Sequence[Projection]) -> Iterator[Bound]:
    """What the projections make of a page, one after the other."""
    for projection in projections:
        wanted = [event for event in page if isinstance(event.event, projection.events)]
        yield from statements(projection, wanted)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    arguments.add_argument("--events", type=int, default=24_000)
    arguments.add_argument("--store", type=Path)
    arguments.add_argument("--postgresql")
    options = arguments.parse_args()
    configure()
    projections = list(found().values())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = str(options.store or folder / "store")
        vault = Vault.open(options.store / "keys" if options.store else folder / "keys")
        for address in filter(None, (made, options.postgresql)):
            store = EventStore.open(address, vault)
            if not store.newest():
                for appends in lives(options.events):
                    store.append(appends)
            measure(address, store, folder, projections)
            store.close()
        vault.close()


if __name__ == "__main__":
    main()
