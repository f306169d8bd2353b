"""How are read models kept in a folder? A file for each place."""
# ruff: noqa: S608 - names of tables come from the projections' own code, values are parameters

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from adapters.private_files import FileGone, StillThere, private_file, private_folder
from adapters.read_models.place import (
    HELD,
    LIVE,
    MARKED,
    NEXT,
    OWN_TABLES,
    PREVIOUS,
    REBUILT,
    SCHEMA,
    SCHEMA_VERSION,
    WITHOUT_MARKS,
    Checkpoint,
    Session,
    StatementFailed,
    Unavailable,
)
from adapters.read_models.statements import Bound, Values
from adapters.vault import one_at_a_time

FILES = {LIVE: "read.db", NEXT: "read-next.db", PREVIOUS: "read-previous.db"}

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

    def write(self, writes: Sequence[Bound]) -> None:
        # Statements alternate: one by one is quicker than `executemany` on the short runs of each.
        execute = self.connection.cursor().execute
        for sql, values in writes:
            execute(sql, values)

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
            raise StatementFailed(
                getattr(error, "sqlite_errorname", type(error).__name__)
            ) from error
        raise Unavailable(str(error)) from error
    except FileGone as error:
        raise Unavailable(str(error)) from error


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
