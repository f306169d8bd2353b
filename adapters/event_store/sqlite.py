"""How does one SQLite file hold the log?"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    StoredEvent,
    Tracking,
)

from adapters.event_store import recorder
from adapters.event_store.mapper import Row
from adapters.private_files import FileGone, StillThere, private_file
from adapters.vault import BUSY_SECONDS, begin_writing, never, one_at_a_time

SCHEMA_VERSION = 1

SCHEMA = """
create table if not exists {table}_events (
    position integer primary key autoincrement,
    stream text not null, version integer not null, topic text not null, state blob not null,
    unique (stream, version)
);
create table if not exists {table}_claims (
    claim text primary key, value text not null, position integer not null, count integer not null
) without rowid;
create table if not exists {table}_tracking (
    name text primary key, position integer not null
) without rowid;
"""

REFUSAL = """
create trigger if not exists {table}_{kind}_no_{change} before {change} on {table}_{kind}
begin select raise(abort, 'The log is append-only.'); end;
"""


class Database:
    """One file: a connection that writes, and as many that read as there are readers at once."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.path = path
        # FULL: what was acknowledged survives a power cut.
        self._synchronous = "full" if durable else "off"
        self._write_lock = Lock()
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        self._file: StillThere | None = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
        )
        self._file = self._file or StillThere(self.path)
        connection.execute(f"pragma synchronous = {self._synchronous}")
        return connection

    @contextmanager
    def writing(self, ended: Callable[[], bool] = never) -> Iterator[sqlite3.Connection]:
        """A transaction that no other writer, thread or process, overlaps.

        Who is `ended` does not wait for another.
        """
        with self._write_lock:
            try:
                if self._file:
                    self._file.check()
                if self._writer is None:
                    self._writer = self._connect()
                begin_writing(self._writer, ended)
                yield self._writer
                self._writer.execute("commit")
            except FileGone as error:
                raise OperationalError(str(error)) from error
            except sqlite3.Error as error:
                raise _library_error(error) from error
            finally:
                if self._writer and self._writer.in_transaction:
                    self._writer.execute("rollback")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees what was committed when its query begins."""
        connection = None
        try:
            if self._file:
                self._file.check()
            try:
                connection = self._readers.pop()
            except IndexError:
                connection = self._connect()
            yield connection
        except FileGone as error:
            raise OperationalError(str(error)) from error
        except sqlite3.Error as error:
            raise _library_error(error) from error
        finally:
            if connection:
                self._readers.append(connection)
            if self._closed:
                self._drop_readers()

    def migrate(self, table: str) -> None:
        """Create what is missing, once, whoever comes first."""
        with one_at_a_time(self.path.parent):
            private_file(self.path)
            self._migrate(table)

    def _migrate(self, table: str) -> None:
        with self.reading() as connection:
            connection.execute("pragma journal_mode = wal")
            (version,) = connection.execute("pragma user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise OperationalError(f"{self.path} was written by a newer version.")
            if connection.execute(
                "select 1 from sqlite_schema where name = ?", (f"{table}_tracking",)
            ).fetchone():
                return
            refusals = "".join(
                REFUSAL.format(table=table, kind=kind, change=change)
                for kind in ("events", "claims")
                for change in ("update", "delete")
            )
            connection.executescript(
                f"begin; {SCHEMA.format(table=table)} {refusals}"
                f" pragma user_version = {SCHEMA_VERSION}; commit;"
            )

    def close(self) -> None:
        """Close every connection, those that read as soon as they are given back."""
        self._closed = True
        with self._write_lock:
            if self._writer:
                self._writer.close()
                self._writer = None
        self._drop_readers()

    def _drop_readers(self) -> None:
        with suppress(IndexError):
            while True:
                self._readers.pop().close()


def _library_error(error: sqlite3.Error) -> DatabaseError:
    for kind, ours in ERRORS:
        if isinstance(error, kind):
            return ours(str(error))
    return DatabaseError(str(error))


ERRORS = ((sqlite3.IntegrityError, IntegrityError), (sqlite3.OperationalError, OperationalError))


class SQLiteRecorder(recorder.LogRecorder):
    """The log in an SQLite file.

    `AUTOINCREMENT` keeps a position from being given twice, even when the newest event was
    deleted or the file was dumped and restored; a transaction that fails leaves no gap.
    """

    def __init__(self, database: Database, table: str = "stored") -> None:
        super().__init__(table)
        self.database = database
        self._insert = (
            f"insert into {self.events} (stream, version, topic, state) values (?, ?, ?, ?)"  # noqa: S608
        )
        self._version = f"select max(version) from {self.events} where stream = ?"  # noqa: S608
        self._claimed = f"select 1 from {self.claims} where claim = ?"  # noqa: S608
        self._claim = f"insert into {self.claims} values (?, ?, ?, ?)"  # noqa: S608
        self._newest = f"select coalesce(max(position), 0) from {self.events}"  # noqa: S608
        self._track = (
            f"insert into {self.tracking} values (?, ?) on conflict (name)"  # noqa: S608
            " do update set position = excluded.position"
            " where excluded.position > position returning 1"
        )

    def create_table(self) -> None:
        self.database.migrate(self.table)

    def insert(
        self,
        events: Sequence[StoredEvent],
        after: Mapping[str, int],
        claims: Mapping[str, str],
        trackings: Sequence[Tracking],
    ) -> int:
        with self.database.writing(self.ended) as connection:
            execute = connection.execute
            for each in trackings:
                tracked = (each.application_name, each.notification_id)
                if not execute(self._track, tracked).fetchall():
                    self._refuse_claims(connection, claims)
                    raise recorder.TrackingBehind(each.application_name)
            for stream, version in after.items():
                if (execute(self._version, (stream,)).fetchone()[0] or 0) != version:
                    self._refuse_claims(connection, claims)
                    raise recorder.StreamMoved(stream)
            rows = [
                (str(each.originator_id), each.originator_version, each.topic, each.state)
                for each in events
            ]
            if len(rows) == 1:
                first = int(execute(self._insert, rows[0]).lastrowid or 0)
            elif rows:
                connection.executemany(self._insert, rows)
                (newest,) = execute("select last_insert_rowid()").fetchone()
                first = newest - len(rows) + 1
            else:
                (first,) = execute(self._newest).fetchone()
            for claim, value in claims.items():
                try:
                    execute(self._claim, (claim, value, first, len(rows)))
                except sqlite3.IntegrityError as error:
                    raise recorder.ClaimTaken(claim) from error
        return first

    def _refuse_claims(self, connection: sqlite3.Connection, claims: Mapping[str, str]) -> None:
        for claim in claims:
            if connection.execute(self._claimed, (claim,)).fetchone():
                raise recorder.ClaimTaken(claim)

    def read(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self.database.reading() as connection:
            return connection.execute(statement, parameters).fetchall()

    def page(self, position: int, limit: int, topics: Sequence[str]) -> list[Row]:
        named = f" and {recorder.one_of('topic', topics)}" if topics else ""
        found: list[Row] = []
        size = 0
        with self.database.reading() as connection:
            cursor = connection.execute(
                f"select {self.columns} from {self.events}"  # noqa: S608
                f" where position > ?{named} order by position limit ?",
                (position, *topics, limit),
            )
            for row in cursor:
                size += len(row[4])
                if size > self.page_bytes and found:
                    break
                found.append(row)
            cursor.close()
        return found


class Factory(recorder.LogFactory):
    """The one factory of this module, as the library asks; the address is a file."""

    recorder_class = SQLiteRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.database = Database(Path(self.address), durable=self.durable)

    def _recorder(
        self, recorder_class: type[recorder.LogRecorder], table: str
    ) -> recorder.LogRecorder:
        if not issubclass(recorder_class, SQLiteRecorder):
            raise TypeError(f"{recorder_class.__name__} does not record in SQLite.")
        return recorder_class(self.database, table)

    def close(self) -> None:
        self.database.close()
