"""What does a database of read models offer, and how is a batch of rows stored in it?"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from operator import itemgetter
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import asdict

from adapters.read_models.statements import Bound, Values

LIVE, NEXT, PREVIOUS = "read_models", "read_models_next", "read_models_previous"
FILES = {LIVE: "read.db", NEXT: "read-next.db", PREVIOUS: "read-previous.db"}

SCHEMA_VERSION = 2

SCHEMA = """
create table if not exists checkpoints (
    projection text not null, version integer not null, position integer not null,
    build integer not null, tables text not null, mark text not null default '',
    primary key (projection, version)
);
create table if not exists parked (
    projection text not null, position integer not null, stream text not null,
    reason text not null, primary key (projection, position)
);
"""
WITHOUT_MARKS = 1
"""The schema version whose checkpoints did not say which event they stand at."""

MARKED = "alter table checkpoints add column mark text not null default ''"

OWN_TABLES = ("checkpoints", "parked")

START = "insert into checkpoints values (:projection, :version, 0, 0, :tables, '')"
ADVANCE = """
update checkpoints set position = :reached, mark = :reached_mark
where projection = :projection and version = :version and build = :build and position = :position
"""
PARK = "insert into parked values (:projection, :position, :stream, :reason)"
HELD = "checkpoints where projection = :projection"
REBUILT = "update checkpoints set build = :build where projection = :projection"
RELEASE = "delete from parked where projection = :projection and position = :position"


UNFIT = (ArithmeticError, LookupError, TypeError, ValueError)
"""What the libraries raise, beside their own errors, for values that do not fit a statement."""


class Unavailable(Exception):
    """The read models cannot be reached, or are too busy; later it may work."""


class StatementFailed(Exception):
    """The database refused a statement. `reason` is a code, which says nothing about anybody."""

    def __init__(self, reason: str, projection: str = "") -> None:
        super().__init__(f"{projection}: {reason}" if projection else reason)
        self.reason, self.projection = reason, projection


class Overtaken(Exception):
    """A checkpoint is not where it was left: its tables were replaced. Nothing was stored."""


class ReadModel(Protocol):
    """What a projection says of its tables; see `projections.base.Projection`."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def tables(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def schema(self) -> tuple[str, ...]: ...


class Checkpoint(Struct, frozen=True, kw_only=True):
    """How far a projection has come. `build` rises whenever its `tables` are replaced.

    `mark` is of the event at that position, and tells its log from all others; "" before the first.
    """

    projection: str
    version: int
    position: int
    build: int
    tables: tuple[str, ...]
    mark: str = ""


class Parked(Struct, frozen=True, kw_only=True):
    """An event that a projection could not take, or (`reason` is empty) that waits behind one."""

    projection: str
    position: int
    stream: str
    reason: str = ""


class Batch(Struct, frozen=True, kw_only=True):
    """What brings one projection from its checkpoint to the position `reached`, marked `mark`.

    `writes`: `bound` statements, in order. `released`: positions
    that are parked no longer.
    """

    checkpoint: Checkpoint
    reached: int
    mark: str = ""
    writes: Sequence[Bound] = ()
    parked: Sequence[Parked] = ()
    released: Sequence[int] = ()


class Digest(Struct, frozen=True, kw_only=True):
    """The SHA-256 of a projection's rows in key order, and the position at which they were read."""

    projection: str
    position: int
    rows: int
    sha256: str


# ── One connection ────────────────────────────────────────────────────────────────────────────────


class Session(ABC):
    """A connection to one place, used by one thread at a time.

    Whatever goes wrong within `transaction()`, `snapshot()` or `rows()` is raised as `Unavailable`
    or `StatementFailed`.
    """

    @abstractmethod
    def execute(self, sql: str, values: Values | None = None) -> int:
        """Run one statement; how many rows it changed."""

    @abstractmethod
    def each(self, sql: str, values: Sequence[Values]) -> int:
        """Run one statement with each of these values; how many rows that changed in all."""

    @abstractmethod
    def write(self, writes: Sequence[Bound]) -> None:
        """Run many statements, in order."""

    @abstractmethod
    def rows(self, sql: str, values: Values | None = None) -> list[Mapping[str, Any]]:
        """The rows that a statement selects, as mappings by column."""

    @abstractmethod
    def create(self, schema: Iterable[str]) -> None:
        """Run the statements that create a projection's tables."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing."""

    @abstractmethod
    def snapshot(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        """What is read within, of these tables, is as at one moment."""

    @abstractmethod
    def ordered(self, table: str, key: Sequence[str]) -> tuple[list[str], Iterator[Sequence[Any]]]:
        """The columns of a table, and its rows in the order of their key (text by its bytes)."""

    @abstractmethod
    def close(self) -> None: ...

    def checkpoints(self) -> dict[str, Checkpoint]:
        found = self.rows("select * from checkpoints")
        return {
            row["projection"]: Checkpoint(**{**row, "tables": tuple(row["tables"].split())})
            for row in found
        }


class Place:
    """The tables in one place, in the hands of the only one who may write there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.checkpoints = session.checkpoints

    def parked(self) -> list[Parked]:
        """The events set aside, in log order."""
        found = self._session.rows("select * from parked order by position, projection")
        return [Parked(**row) for row in found]

    def create(self, model: ReadModel) -> None:
        """Create a projection's tables, empty, with its checkpoint before the first event.

        Raises `StatementFailed`, `Unavailable`.
        """
        with self._session.transaction():
            self._session.create(model.schema)
            start = {"projection": model.name, "version": model.version}
            self._session.execute(START, start | {"tables": " ".join(model.tables)})

    def apply(self, batches: Sequence[Batch]) -> None:
        """Store these batches of different projections in one transaction: all or nothing.

        Raises `StatementFailed` (of the `projection` whose statement it was), `Overtaken` or
        `Unavailable`.
        """
        projection = ""
        try:
            with self._session.transaction():
                # First, and in order: who replaces tables also locks their checkpoints first.
                steps = [
                    asdict(each.checkpoint) | {"reached": each.reached, "reached_mark": each.mark}
                    for each in batches
                ]
                steps.sort(key=itemgetter("projection"))
                if self._session.each(ADVANCE, steps) != len(steps):
                    raise Overtaken
                for batch in batches:
                    projection = batch.checkpoint.projection
                    if batch.writes:
                        self._write(batch.writes)
                    if batch.parked:
                        self._session.each(PARK, [asdict(parked) for parked in batch.parked])
                    for position in batch.released:
                        released = {"projection": projection, "position": position}
                        self._session.execute(RELEASE, released)
        except StatementFailed as error:
            raise StatementFailed(error.reason, projection) from error

    def _write(self, writes: Sequence[Bound]) -> None:
        try:
            self._session.write(writes)
        except UNFIT as error:
            raise StatementFailed(type(error).__name__) from error
