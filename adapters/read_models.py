"""What has been worked out from the log so far, and up to which event of it?

The only file that opens the read-model database: `FOLDER/read.db`, or the PostgreSQL schema
`read_models`. The rows of a batch and the checkpoint they bring it to are stored in one
transaction. Nothing here is a record: all of it can be worked out again, so no commit waits for the
disk, and a power cut may take the last of them away (rows and checkpoint together).

There are three places: the live tables; those of a rebuild, which nobody reads before they take the
place of the live ones; and those that were replaced last, to which `restore` goes back.
"""
# ruff: noqa: S608 - names of tables come from the projections' own code, values are parameters

import fcntl
import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from adapters.private_files import FileGone, StillThere, private_file, private_folder
from adapters.vault import one_at_a_time

if TYPE_CHECKING:  # a question put to an SQLite store would wait for its import
    import psycopg

T = TypeVar("T")
Values = Mapping[str, Any]
Write = tuple[str, Values]

LIVE, NEXT, PREVIOUS = "read_models", "read_models_next", "read_models_previous"
FILES = {LIVE: "read.db", NEXT: "read-next.db", PREVIOUS: "read-previous.db"}

MOST_READERS = 8
"""How many read at once; others wait for them."""

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

    `writes`: statements with `:name` parameters and their values, in order. `released`: positions
    that are parked no longer.
    """

    checkpoint: Checkpoint
    reached: int
    mark: str = ""
    writes: Sequence[Write] = ()
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
    def write(self, writes: Sequence[Write]) -> None:
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

    def _write(self, writes: Sequence[Write]) -> None:
        try:
            self._session.write(writes)
        except UNFIT as error:
            raise StatementFailed(_name(error)) from error


# ── SQLite ────────────────────────────────────────────────────────────────────────────────────────

REFUSED = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_RANGE,
}
"""Result codes that tell of the statement; the others tell of the file or of other users of it."""

READING = ("query_only = on",)
PRAGMAS = {
    # NORMAL: the file stays whole in a power cut, see the head of this module. Rows come at random
    # keys: that wants a large cache, and the journal is copied into the file less often.
    LIVE: ("synchronous = normal", "cache_size = -65536", "wal_autocheckpoint = 8000"),
    # Thrown away and begun again if anything happens to it.
    NEXT: ("synchronous = off", "cache_size = -65536", "journal_mode = memory"),
    PREVIOUS: ("synchronous = normal",),
}


class SQLiteSession(Session):
    def __init__(self, path: Path, *pragmas: str) -> None:
        # A page's worth of statements of every projection stays prepared.
        self.connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",  # one that is gone is not made anew, and empty
            uri=True,
            isolation_level=None,
            timeout=30,
            check_same_thread=False,
            cached_statements=512,
        )
        self._file = StillThere(path)
        for pragma in pragmas:
            self.connection.execute(f"pragma {pragma}").fetchone()

    def execute(self, sql: str, values: Values | None = None) -> int:
        return self.connection.execute(sql, values or {}).rowcount

    def each(self, sql: str, values: Sequence[Values]) -> int:
        return self.connection.executemany(sql, values).rowcount

    def write(self, writes: Sequence[Write]) -> None:
        # Statements alternate: one by one is quicker than `executemany` on the short runs of each.
        # Looking values up by name here is quicker than in the driver.
        execute = self.connection.cursor().execute
        for sql, values in writes:
            form, pick = positional(sql)
            execute(form, pick(values))

    def rows(self, sql: str, values: Values | None = None) -> list[Mapping[str, Any]]:
        with _sqlite_errors():
            self._file.check()
            cursor = self.connection.execute(sql, values or {})
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def create(self, schema: Iterable[str]) -> None:
        for statement in schema:
            self.connection.execute(statement)

    @contextmanager
    def transaction(self, begin: str = "begin immediate") -> Iterator[None]:
        with _sqlite_errors():
            self._file.check()
            self.connection.execute(begin)
            try:
                yield
                self.connection.execute("commit")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                raise

    def snapshot(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        return self.transaction("begin")

    def ordered(self, table: str, key: Sequence[str]) -> tuple[list[str], Iterator[Sequence[Any]]]:
        cursor = self.connection.execute(f"select * from {table} order by {', '.join(key)}")
        return [column[0] for column in cursor.description], cursor

    def close(self) -> None:
        self.connection.close()


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & 0xFF in REFUSED:
            raise StatementFailed(getattr(error, "sqlite_errorname", _name(error))) from error
        raise Unavailable(str(error)) from error
    except FileGone as error:
        raise Unavailable(str(error)) from error


def _name(error: Exception) -> str:
    return type(error).__name__


@lru_cache(maxsize=2000)
def positional(sql: str) -> tuple[str, Callable[[Values], Sequence[Any]]]:
    """A statement with `?` in place of its `:name` parameters, and what puts values in order."""
    names: list[str] = []

    def replaced(found: re.Match[str]) -> str:
        if not found[2]:
            return found[1]
        names.append(found[2])
        return "?"

    form = PARAMETER.sub(replaced, sql)
    if len(names) > 1:
        return form, itemgetter(*names)
    return form, lambda values: [values[name] for name in names]


class SQLite:
    """A folder: a file for each place, and one that says who writes there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        private_folder(folder)
        self._migrate(LIVE)

    def session(self, place: str, *, writing: bool = False) -> SQLiteSession:
        with _sqlite_errors():
            return SQLiteSession(self._path(place), *(PRAGMAS[place] if writing else READING))

    @contextmanager
    def lease(self, place: str) -> Iterator[SQLiteSession | None]:
        """A session of the only writer of this place; None while there is another."""
        descriptor = os.open(
            self._path(place).with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
        )
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            if place == NEXT:
                for path in self.folder.glob(FILES[NEXT] + "*"):
                    path.unlink()
                self._migrate(NEXT)
            with closing(self.session(place, writing=True)) as session:
                yield session
        finally:
            os.close(descriptor)

    def replace(
        self, names: Sequence[str], finish: Callable[[Mapping[str, Checkpoint]], None]
    ) -> None:
        """See `ReadModels.replace`."""
        with (
            closing(self.session(LIVE, writing=True)) as live,
            closing(self._kept()) as previous,
            live.transaction(),
        ):
            finish(live.checkpoints())
            with previous.transaction():
                _attach(previous, self._path(LIVE))
                for name in names:
                    _copy(previous, name)
            _attach(live, self._path(NEXT))
            for name in names:
                _copy(live, name)

    def restore(self, name: str) -> bool:
        """See `ReadModels.restore`."""
        with closing(self._kept()) as previous:
            kept = name in previous.checkpoints()
        if kept:
            with closing(self.session(LIVE, writing=True)) as live, live.transaction():
                _attach(live, self._path(PREVIOUS))
                _copy(live, name)
        return kept

    def _kept(self) -> SQLiteSession:
        self._migrate(PREVIOUS)
        return self.session(PREVIOUS, writing=True)

    def _path(self, place: str) -> Path:
        return self.folder / FILES[place]

    def _migrate(self, place: str) -> None:
        with _sqlite_errors():
            private_file(self._path(place))
            database = sqlite3.connect(self._path(place), isolation_level=None, timeout=30)
            with closing(database), one_at_a_time(self.folder):
                (found,) = database.execute("pragma user_version").fetchone()
                if found != SCHEMA_VERSION:
                    # With a write-ahead log readers go on; those beside have no readers.
                    mode = "wal" if place == LIVE else "delete"
                    database.execute(f"pragma journal_mode = {mode}").fetchone()
                    version = f"pragma user_version = {SCHEMA_VERSION}"
                    change = f"{MARKED};" if found == WITHOUT_MARKS else SCHEMA
                    database.executescript(f"begin; {change} {version}; commit;")


def _attach(session: SQLiteSession, path: Path) -> None:
    session.execute("attach :path as source", {"path": str(path)})


def _copy(session: SQLiteSession, name: str) -> None:
    """Put a projection's tables of `source` in the place of those here."""
    projection = {"projection": name}
    here = session.checkpoints().get(name)
    for table in here.tables if here else ():
        session.execute(f"drop table if exists {table}")
    for row in session.rows(f"select tables from source.{HELD}", projection):
        for table in row["tables"].split():
            created = session.rows(
                "select sql from source.sqlite_master where tbl_name = :table and sql is not null"
                " order by type desc",  # the table itself, then its indexes
                {"table": table},
            )
            session.create(each["sql"] for each in created)
            session.execute(f"insert into main.{table} select * from source.{table}")
    for own in OWN_TABLES:
        session.execute(f"delete from main.{own} where projection = :projection", projection)
        session.execute(
            f"insert into main.{own} select * from source.{own} where projection = :projection",
            projection,
        )
    session.execute(REBUILT, projection | {"build": here.build + 1 if here else 1})


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────

HAS_MARKS = (
    "from information_schema.columns where table_schema = :place"
    " and table_name = 'checkpoints' and column_name = 'mark'"
)
TYPES = {"integer": "bigint", "real": "double precision", "blob": "bytea"}
TYPE = re.compile(rf"\b({'|'.join(TYPES)})\b", re.IGNORECASE)
PARAMETER = re.compile(r"('(?:[^']|'')*'|::)|:([a-z_][a-z0-9_]*)", re.IGNORECASE)


@lru_cache(maxsize=2000)
def psycopg_form(sql: str) -> str:
    """A statement with `:name` parameters, as psycopg wants it: `%(name)s`."""
    return PARAMETER.sub(lambda found: found[1] or f"%({found[2]})s", sql.replace("%", "%%"))


class PostgreSQLSession(Session):
    def __init__(self, address: str, place: str, *, writing: bool) -> None:
        import psycopg

        self._error = psycopg.Error
        with self._errors():
            self.connection: psycopg.Connection[Any] = psycopg.connect(
                address, autocommit=True, connect_timeout=10
            )
            for value, dumper in _dumpers():
                self.connection.adapters.register_dumper(value, dumper)
            for column, loader in _loaders():
                self.connection.adapters.register_loader(column, loader)
            self.connection.execute(f"set search_path to {place}")
            if writing:
                # What a crash takes away is worked out again, see the head of this module.
                self.connection.execute("set synchronous_commit to off")
                self.connection.prepare_threshold = 0
                self.connection.prepared_max = 512
            else:
                self.connection.execute("set default_transaction_read_only to on")

    def execute(self, sql: str, values: Values | None = None) -> int:
        return self.connection.execute(psycopg_form(sql), values).rowcount

    def each(self, sql: str, values: Sequence[Values]) -> int:
        with self.connection.cursor() as cursor:
            cursor.executemany(psycopg_form(sql), values)
            return cursor.rowcount

    def write(self, writes: Sequence[Write]) -> None:
        with self.connection.pipeline(), self.connection.cursor() as cursor:
            for sql, values in writes:
                cursor.execute(psycopg_form(sql), values)

    def rows(self, sql: str, values: Values | None = None) -> list[Mapping[str, Any]]:
        from psycopg.rows import dict_row

        with self._errors(), self.connection.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(psycopg_form(sql), values))

    def create(self, schema: Iterable[str]) -> None:
        for statement in schema:
            self.connection.execute(TYPE.sub(lambda found: TYPES[found[1].lower()], statement))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._errors(), self.connection.transaction():
            yield

    @contextmanager
    def snapshot(self, tables: Sequence[str]) -> Iterator[None]:
        with self.transaction():
            # What is read is fixed by the first statement after the lock, which keeps away those
            # who would put other tables in the place of these.
            self.execute("set transaction isolation level repeatable read")
            self.execute(f"lock table {', '.join(tables)} in access share mode")
            yield

    def ordered(self, table: str, key: Sequence[str]) -> tuple[list[str], Iterator[Sequence[Any]]]:
        columns = self.connection.execute(f"select * from {table} limit 0").description or []
        texts = {column.name for column in columns if column.type_display == "text"}
        by = ", ".join(f'{name} collate "C"' if name in texts else name for name in key)
        return [column.name for column in columns], self._rows(
            f"select * from {table} order by {by}"
        )

    def _rows(self, sql: str) -> Iterator[Sequence[Any]]:
        with self.connection.cursor("ordered") as cursor:
            cursor.itersize = 2000
            yield from cursor.execute(sql)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            if _refused(error):
                raise StatementFailed(_name(error)) from error
            raise Unavailable(str(error)) from error

    def close(self) -> None:
        self.connection.close()


def _refused(error: "psycopg.Error") -> bool:
    """Whether the error tells of a statement, and not of the connection or of other users."""
    import psycopg

    if (error.sqlstate or "").startswith("54"):
        return True  # a limit of the server's, such as that of an index entry
    # A prepared statement whose table has been replaced by one with other columns is stale.
    passing = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
    return not isinstance(error, (*passing, psycopg.errors.FeatureNotSupported))


@lru_cache(maxsize=1)
def _dumpers() -> Iterable[tuple[type, Any]]:
    """A parameter has one type, whatever its value: then a statement is prepared only once."""
    from psycopg.types.numeric import Int8Dumper
    from psycopg.types.string import StrDumper

    return (int, Int8Dumper), (str, StrDumper)


@lru_cache(maxsize=1)
def _loaders() -> Iterable[tuple[str, Any]]:
    """What SQLite gives: a truth is 0 or 1, a sum is an int or a float."""
    from psycopg.adapt import Buffer, Loader

    class Truth(Loader):
        def load(self, data: Buffer) -> int:
            return int(bytes(data) == b"t")

    class Number(Loader):
        def load(self, data: Buffer) -> int | float:
            text = bytes(data)
            return float(text) if b"." in text else int(text)

    return ("bool", Truth), ("numeric", Number)


class PostgreSQL:
    """A database: a schema for each place; an advisory lock says who writes there."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._migrate(LIVE)

    def session(self, place: str, *, writing: bool = False) -> PostgreSQLSession:
        return PostgreSQLSession(self.address, place, writing=writing)

    @contextmanager
    def lease(self, place: str) -> Iterator[PostgreSQLSession | None]:
        """A session of the only writer of this place; None while there is another."""
        # The lock is the session's, so nobody can go on writing who has lost it.
        with closing(self.session(place, writing=True)) as session:
            (lock,) = session.rows(
                "select pg_try_advisory_lock(hashtextextended(:place, 0)) as held",
                {"place": place},
            )
            if not lock["held"]:
                yield None
                return
            if place == NEXT:
                with session.transaction():
                    session.execute(f"drop schema if exists {NEXT} cascade")
                self._migrate(NEXT)
            yield session

    def replace(
        self, names: Sequence[str], finish: Callable[[Mapping[str, Checkpoint]], None]
    ) -> None:
        """See `ReadModels.replace`."""
        self._migrate(PREVIOUS)
        with closing(self.session(LIVE, writing=True)) as live, live.transaction():
            for name in sorted(names):
                live.execute(f"select 1 from {HELD} for update", {"projection": name})
            held = live.checkpoints()
            finish(held)
            for name in names:
                _move(live, name, LIVE, PREVIOUS)
                _move(live, name, NEXT, LIVE)
                build = held[name].build + 1 if name in held else 1
                live.execute(REBUILT, {"projection": name, "build": build})

    def restore(self, name: str) -> bool:
        """See `ReadModels.restore`."""
        self._migrate(PREVIOUS)
        with closing(self.session(LIVE, writing=True)) as live, live.transaction():
            projection = {"projection": name}
            held = live.rows(f"select build from {HELD} for update", projection)
            kept = bool(live.rows(f"select 1 from {PREVIOUS}.{HELD}", projection))
            if kept:
                _move(live, name, PREVIOUS, LIVE)
                build = held[0]["build"] + 1 if held else 1
                live.execute(REBUILT, projection | {"build": build})
        return kept

    def _migrate(self, place: str) -> None:
        with closing(self.session(place, writing=True)) as session:
            table = {"table": f"{place}.checkpoints"}
            if session.rows("select 1 where to_regclass(:table) is not null", table):
                if not session.rows(f"select 1 {HAS_MARKS}", {"place": place}):
                    with session.transaction():
                        session.execute(MARKED.replace("column", "column if not exists"))
                return
            with session.transaction():
                session.execute(
                    "select pg_advisory_xact_lock(hashtextextended('read_models_migration', 0))"
                )
                session.execute(f"create schema if not exists {place}")
                session.create(filter(str.strip, SCHEMA.split(";")))


def _move(session: PostgreSQLSession, name: str, source: str, target: str) -> None:
    """Put a projection's tables of one schema in the place of those in another."""
    projection = {"projection": name}
    for row in session.rows(f"select tables from {target}.{HELD}", projection):
        for table in row["tables"].split():
            session.execute(f"drop table if exists {target}.{table}")
    for row in session.rows(f"select tables from {source}.{HELD}", projection):
        for table in row["tables"].split():
            session.execute(f"alter table {source}.{table} set schema {target}")
    for own in OWN_TABLES:
        rows = f"from {source}.{own} where projection = :projection"
        session.execute(f"delete from {target}.{own} where projection = :projection", projection)
        session.execute(f"insert into {target}.{own} select * {rows}", projection)
        session.execute(f"delete {rows}", projection)


# ── All of them ───────────────────────────────────────────────────────────────────────────────────


class ReadModels:
    """The read models of one store. Safe to share between threads; other processes may open them.

    Every method may raise `Unavailable`.
    """

    def __init__(self, database: SQLite | PostgreSQL) -> None:
        self._database = database
        self._idle: list[Session] = []
        self._readers = BoundedSemaphore(MOST_READERS)

    @classmethod
    def open(cls, address: str | Path) -> Self:
        """The read models at `postgresql://…` or in a folder; what is missing is created."""
        address = str(address)
        if address.startswith(("postgresql://", "postgres://")):
            return cls(PostgreSQL(address))
        return cls(SQLite(Path(address)))

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────

    def query(self, sql: str, values: Values | None = None) -> list[Mapping[str, Any]]:
        """The rows of one SELECT with `:name` parameters, as mappings by column.

        Raises `StatementFailed` for one that is wrong.
        """
        return self._read(lambda session: session.rows(sql, values))

    def checkpoints(self) -> dict[str, Checkpoint]:
        """How far each projection has come, by name; none of one that never ran."""
        return self._read(lambda session: session.checkpoints())

    def parked(self) -> dict[str, int]:
        """How many events each projection has set aside; nothing of those that have none."""
        found = self.query("select projection, count(*) as parked from parked group by projection")
        return {row["projection"]: row["parked"] for row in found}

    def digest(self, model: ReadModel) -> Digest:
        """The digest of a projection's live rows, read at one moment.

        The same on either database: the name of each table, its columns and its rows are hashed as
        MessagePack, rows in the order of their keys, text in the order of its UTF-8 bytes.
        """
        return self._read(lambda session: _digest(session, model))

    def _read(self, read: Callable[[Session], T]) -> T:
        with self._readers:
            try:
                return self._lent(read, self._idle.pop() if self._idle else None)
            except Unavailable:
                # Those that idled were made to the same server, and may have gone with it.
                self.close()
            return self._lent(read, None)

    def _lent(self, read: Callable[[Session], T], session: Session | None) -> T:
        session = session or self._database.session(LIVE)
        try:
            answer = read(session)
        except BaseException:
            session.close()
            raise
        self._idle.append(session)
        return answer

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def writer(self) -> Iterator[Place | None]:
        """The live tables, for one writer at a time; None while another, anywhere, has them."""
        with self._database.lease(LIVE) as session:
            yield Place(session) if session else None

    @contextmanager
    def beside(self) -> Iterator[Place | None]:
        """An empty place for a rebuild; None while there is another rebuild anywhere."""
        with self._database.lease(NEXT) as session:
            yield Place(session) if session else None

    def replace(
        self, names: Sequence[str], finish: Callable[[Mapping[str, Checkpoint]], None]
    ) -> None:
        """Put the tables of these projections that were built beside in the place of the live ones.

        Only for whoever holds `beside()`. `finish` is called with the live checkpoints when nobody
        can write any more, to bring what was built as far as they are. All in one transaction:
        readers see the old rows until they see the new. The old are kept for `restore`.
        """
        self._database.replace(names, finish)

    def restore(self, name: str) -> bool:
        """Put the tables that were replaced last back in their place, as they were then.

        False if none are kept. A runner whose projection has another version rebuilds them: to go
        back for good, go back to the earlier release as well.
        """
        return self._database.restore(name)

    def close(self) -> None:
        """Let go of the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()


def _digest(session: Session, model: ReadModel) -> Digest:
    hashed, count, position = sha256(), 0, 0
    if held := session.checkpoints().get(model.name):
        tables = {table: key for table, key in model.tables.items() if table in held.tables}
        with session.snapshot((*OWN_TABLES, *tables)):
            position = session.checkpoints()[model.name].position
            for table, key in tables.items():
                columns, rows = session.ordered(table, key)
                hashed.update(msgspec.msgpack.encode((table, columns)))
                for row in rows:
                    hashed.update(msgspec.msgpack.encode(row))
                    count += 1
    return Digest(projection=model.name, position=position, rows=count, sha256=hashed.hexdigest())
