"""How are read models kept in PostgreSQL? A schema for each place."""
# ruff: noqa: S608 - names of tables come from the projections' own code, values are parameters

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from adapters.read_models.place import (
    HELD,
    LIVE,
    MARKED,
    NEXT,
    OWN_TABLES,
    PREVIOUS,
    REBUILT,
    SCHEMA,
    Checkpoint,
    Session,
    StatementFailed,
    Unavailable,
)
from adapters.read_models.statements import Bound, Values, by_dollar, by_percent

if TYPE_CHECKING:  # a question put to an SQLite store would wait for its import
    import psycopg

HAS_MARKS = (
    "from information_schema.columns where table_schema = :place"
    " and table_name = 'checkpoints' and column_name = 'mark'"
)
TYPES = {"integer": "bigint", "real": "double precision", "blob": "bytea"}
TYPE = re.compile(rf"\b({'|'.join(TYPES)})\b", re.IGNORECASE)


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
        return self.connection.execute(by_percent(sql), values).rowcount

    def each(self, sql: str, values: Sequence[Values]) -> int:
        with self.connection.cursor() as cursor:
            cursor.executemany(by_percent(sql), values)
            return cursor.rowcount

    def write(self, writes: Sequence[Bound]) -> None:
        from psycopg import RawCursor

        with self.connection.pipeline(), RawCursor(self.connection) as cursor:
            for sql, values in writes:
                cursor.execute(by_dollar(sql), values)

    def rows(self, sql: str, values: Values | None = None) -> list[Mapping[str, Any]]:
        from psycopg.rows import dict_row

        with self._errors(), self.connection.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(by_percent(sql), values))

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
                raise StatementFailed(type(error).__name__) from error
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
            one = {"place": place}
            (lock,) = session.rows(
                "select pg_try_advisory_lock(hashtextextended(:place, 0)) as held", one
            )
            if not lock["held"]:
                yield None
                return
            if place == NEXT:
                with session.transaction():
                    session.execute(f"drop schema if exists {NEXT} cascade")
                self._migrate(NEXT)
            yield session
            with suppress(Unavailable):  # the server does it too, but only after a while
                session.rows("select pg_advisory_unlock(hashtextextended(:place, 0))", one)

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
