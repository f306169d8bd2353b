"""Two projections small enough to see through: what was told about agencies, and their names.

Run as a module, it is a runner that is killed in the middle of its work:
`python -m tests.services.small_projections ADDRESS KEYS run|rebuild POSITION`.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

from msgspec.structs import replace

from adapters.event_store import Append, EventStore
from adapters.read_models import ReadModels
from adapters.vault import Vault
from domain.agency import AgencyEvent, AgencyRegistered, AgencyRenamed, AgencySuspended
from domain.kernel import Recorded
from projections.base import Projection, Write
from services.project import Projector
from tests import examples

SEE = "insert into seen (position, stream, name) values (:position, :stream, :name)"
NAME = """
insert into names values (:agency, :name, 1)
on conflict (agency) do update set name = excluded.name, changes = names.changes + 1
"""

registered, renamed, suspended = (
    examples.agency_registered,
    examples.agency_renamed,
    examples.agency_suspended,
)
resumed = examples.agency_resumed
"""No small projection asks for this one."""


def see(recorded: Recorded) -> Iterator[Write]:
    name = getattr(recorded.event, "name", "nothing new")
    yield Write(SEE, {"position": recorded.position, "stream": recorded.stream, "name": name})


def name_it(recorded: Recorded) -> Iterator[Write]:
    if isinstance(event := recorded.event, AgencyRegistered | AgencyRenamed):
        yield Write(NAME, {"agency": event.agency_id, "name": event.name})


seen = Projection(
    name="seen",
    version=1,
    tables={"seen": ("position",)},
    schema=(
        "create table seen"
        " (position integer primary key, stream text not null, name text not null)",
        "create index seen_by_stream on seen (stream)",
    ),
    events=(AgencyRegistered, AgencyRenamed, AgencySuspended),
    project=see,
)
names = Projection(
    name="names",
    version=1,
    tables={"names": ("agency",)},
    schema=("create table names (agency text primary key, name text not null, changes integer)",),
    events=(AgencyRegistered, AgencyRenamed),
    project=name_it,
)


def tell(store: EventStore, *events: AgencyEvent, agency: str = "one") -> int:
    """Store events about one agency; the position of the last."""
    stream = f"agency-{agency}"
    named = [replace(event, agency_id=agency) for event in events]
    return store.append([Append(stream, len(store.history(stream)), named)])[-1].position


def tell_of_many(store: EventStore, agencies: int) -> int:
    """Two events about each of so many agencies; the position of the last."""
    appends = [
        Append(
            f"agency-{n}",
            0,
            [registered(agency_id=f"{n}", name="Old"), renamed(agency_id=f"{n}", name="New")],
        )
        for n in range(agencies)
    ]
    return store.append(appends)[-1].position


def about(models: ReadModels, table: str) -> list[dict[str, Any]]:
    """The rows of a small projection in key order."""
    return [dict(row) for row in models.query(f"select * from {table} order by 1")]  # noqa: S608


class Deadly(dict[str, Any]):
    """Values that kill the process when the database is given them."""

    def __getitem__(self, key: str) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def deadly(project: Callable[[Recorded], Iterator[Write]], at: int) -> Any:
    """The same, but whoever writes what it makes of the event at that position dies."""

    def killed(recorded: Recorded) -> Iterator[Write]:
        for write in project(recorded):
            values = Deadly(write.values) if recorded.position == at else write.values
            yield Write(write.sql, values)

    return killed


def main(words: Sequence[str]) -> None:
    address, keys, what, position = words
    with closing(Vault.open(keys)) as vault, closing(EventStore.open(address, vault)) as store:
        lethal = replace(names, project=deadly(name_it, int(position)))
        projector = Projector(store, ReadModels.open(address), [seen, lethal])
        if what == "run":
            projector.run(once=True)
        else:
            projector.rebuild()


if __name__ == "__main__":
    main(sys.argv[1:])
