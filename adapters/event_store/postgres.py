"""How does a PostgreSQL database hold the log?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Any, cast

import psycopg
from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Tracking,
)
from psycopg.abc import RV, PQGen
from psycopg.sql import SQL

from adapters.event_store import recorder
from adapters.event_store.mapper import Row
from adapters.vault import LOOK_SECONDS, never

SCHEMA_VERSION = 2

SCHEMA = """
create table if not exists {table}_events (
    position bigint primary key,
    stream text not null, version bigint not null, topic text not null, state bytea not null,
    unique (stream, version)
);
-- Ciphertext does not compress: do not try.
alter table {table}_events alter column state set storage external;

create table if not exists {table}_claims (
    claim text primary key, value text not null, position bigint not null, count bigint not null
);
create table if not exists {table}_tracking (name text primary key, position bigint not null);

create or replace function {table}_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'The log is append-only.' using errcode = 'integrity_constraint_violation';
end $$;

create or replace trigger {table}_events_grows before update or delete or truncate
    on {table}_events for each statement execute function {table}_refuse();
create or replace trigger {table}_claims_grows before update or delete or truncate
    on {table}_claims for each statement execute function {table}_refuse();

-- Version 1 tracked one name an append.
drop function if exists {table}_append(
    text[], bigint[], text[], bytea[], text[], bigint[], text[], text[], text, bigint
);
create or replace function {table}_append(
    streams text[], versions bigint[], topics text[], states bytea[],
    after_streams text[], after_versions bigint[],
    claims text[], claim_values text[], tracks text[], tracked bigint[]
) returns bigint language plpgsql as $$
declare
    newest bigint;
    first bigint := 0;
    wrong text;
begin
    -- One append at a time. The newest position is read under this lock, which is held until the
    -- commit: positions become visible in order, and one that rolls back leaves no gap.
    perform pg_advisory_xact_lock(hashtextextended('{table}', '{table}_events'::regclass::bigint));

    if cardinality(claims) > 0 then
        select claim into wrong from {table}_claims where claim = any (claims) limit 1;
        if found then
            raise exception using errcode = 'ZC001', message = wrong;
        end if;
    end if;
    for i in 1 .. cardinality(tracks) loop
        insert into {table}_tracking as t values (tracks[i], tracked[i]) on conflict (name)
            do update set position = excluded.position where excluded.position > t.position;
        if not found then
            raise exception using errcode = 'ZC002', message = tracks[i];
        end if;
    end loop;
    for i in 1 .. cardinality(after_streams) loop
        if after_versions[i] <> coalesce(
            (select max(version) from {table}_events where stream = after_streams[i]), 0
        ) then
            raise exception using errcode = 'ZC003', message = after_streams[i];
        end if;
    end loop;

    select coalesce(max(position), 0) into newest from {table}_events;
    if cardinality(streams) > 0 then
        first := newest + 1;
        insert into {table}_events
            select newest + n, stream, version, topic, state
            from unnest(streams, versions, topics, states) with ordinality
                as e (stream, version, topic, state, n);
        notify {table}_events;
    elsif cardinality(claims) > 0 then
        first := newest;
    end if;
    insert into {table}_claims
        select claim, value, first, cardinality(streams)
        from unnest(claims, claim_values) as c (claim, value);
    return first;
end $$;

comment on table {table}_events is '{version}';
"""

REFUSED = {
    "ZC001": recorder.ClaimTaken,
    "ZC002": recorder.TrackingBehind,
    "ZC003": recorder.StreamMoved,
}

LISTEN_SECONDS = 0.25
"""How long the listener waits before it looks whether it should stop."""

RECONNECT_SECONDS = 0.5

CANCEL_SECONDS = 1.0
"""How long a server may take to hear that an answer is not wanted any more."""


class Connection(psycopg.Connection[Any]):
    """What is waited for on it is cancelled when whoever waits is `ended`.

    In the server an append that waits for its turn keeps its place in the queue meanwhile.
    """

    ended: Callable[[], bool] = staticmethod(never)

    def wait(
        self, gen: PQGen[RV], interval: float = LOOK_SECONDS, timeout: float | None = None
    ) -> RV:
        return super().wait(self._looking(gen), interval, timeout)

    def _looking(self, answer: PQGen[RV]) -> PQGen[RV]:
        try:
            wanted = next(answer)
            while True:
                ready = yield wanted
                if not ready and self.ended():
                    with suppress(psycopg.OperationalError):  # it is tried again at the next look
                        self.cancel_safe(timeout=CANCEL_SECONDS)
                wanted = answer.send(ready)
        except StopIteration as answered:
            return cast(RV, answered.value)


class Database:
    """One database: as many connections as are in use at once, kept for the next user."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._idle: list[Connection] = []
        self._closed = False

    def connect(self) -> Connection:
        """A new connection. Raises `ConnectionLost`."""
        try:
            connection = Connection.connect(self.address, autocommit=True, connect_timeout=10)
            # Under any stricter isolation an append would not see what was stored while it waited.
            connection.execute("set default_transaction_isolation = 'read committed'")
        except psycopg.OperationalError as error:
            raise recorder.ConnectionLost(str(error)) from error
        except psycopg.Error as error:
            raise ProgrammingError(str(error)) from error
        return connection

    @contextmanager
    def connection(self, ended: Callable[[], bool] = never) -> Iterator[Connection]:
        """Lend a connection; the library's errors for whatever goes wrong on it.

        Who is `ended` waits for no answer on it.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self.connect()
        connection.ended = ended
        try:
            yield connection
        except psycopg.Error as error:
            if connection.closed:
                # Those that idle were made to the same server and have most likely died with it.
                self._drop_idle()
                raise recorder.ConnectionLost(str(error)) from error
            if refused := REFUSED.get(error.sqlstate or ""):
                raise refused(error.diag.message_primary or "") from error
            for kind, ours in ERRORS:
                if isinstance(error, kind):
                    raise ours(str(error)) from error
            raise DatabaseError(str(error)) from error
        finally:
            if not connection.closed:
                self._idle.append(connection)
            if self._closed:
                self._drop_idle()

    def close(self) -> None:
        """Close every connection, those in use as soon as they are given back."""
        self._closed = True
        self._drop_idle()

    def _drop_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


ERRORS = (
    (psycopg.IntegrityError, IntegrityError),
    (psycopg.OperationalError, OperationalError),
    (psycopg.ProgrammingError, ProgrammingError),
)


class PostgresRecorder(recorder.LogRecorder):
    """The log in a PostgreSQL database: one append is one round trip, and one at a time.

    Positions are given under the append's lock, newest + 1, so that an append that is rolled back
    leaves no gap and a missing number is evidence.
    """

    poll_seconds = 0.25

    def __init__(self, database: Database, table: str = "stored") -> None:
        super().__init__(table)
        if not table.isidentifier() or not table.islower():
            raise ValueError(f"{table!r} cannot name tables.")
        self.database = database
        self._append = _sql(
            f"select {table}_append(%b::text[], %b::bigint[], %b::text[], %b::bytea[],"
            " %b::text[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::bigint[])"
        )
        self._listener: Listener | None = None
        self._listener_lock = Lock()

    def create_table(self) -> None:
        with self.database.connection() as connection:
            found = connection.execute(
                "select obj_description(to_regclass(%s))", (self.events,)
            ).fetchone()
            version = int(found[0]) if found and found[0] else 0
            if version == SCHEMA_VERSION:
                return
            if version > SCHEMA_VERSION:
                raise OperationalError("This database was written by a newer version.")
            with connection.transaction():
                # Whoever comes second waits here, and then finds everything in its place.
                connection.execute(
                    "select pg_advisory_xact_lock(hashtextextended(%s, 1))", ("log",)
                )
                connection.execute(_sql(SCHEMA.format(table=self.table, version=SCHEMA_VERSION)))

    def insert(
        self,
        events: Sequence[StoredEvent],
        after: Mapping[str, int],
        claims: Mapping[str, str],
        trackings: Sequence[Tracking],
    ) -> int:
        with self.database.connection(self.ended) as connection:
            found = connection.execute(
                self._append,
                (
                    [str(each.originator_id) for each in events],
                    [each.originator_version for each in events],
                    [each.topic for each in events],
                    [each.state for each in events],
                    list(after),
                    list(after.values()),
                    list(claims),
                    list(claims.values()),
                    [each.application_name for each in trackings],
                    [each.notification_id for each in trackings],
                ),
                prepare=True,
                binary=True,
            ).fetchone()
        return int(cast(tuple[int], found)[0])

    def read(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        query = _sql(statement.replace("?", "%b"))
        try:
            return self._read(query, parameters)
        except recorder.ConnectionLost:
            # The server may have been restarted since this connection was last used.
            return self._read(query, parameters)

    def _read(self, query: SQL, parameters: Sequence[Any]) -> list[Any]:
        with self.database.connection() as connection:
            return connection.execute(query, parameters, prepare=True, binary=True).fetchall()

    def page(self, position: int, limit: int, topics: Sequence[str]) -> Sequence[Row]:
        named = f" and {recorder.one_of('topic', topics)}" if topics else ""
        return self.read(
            f"select {self.columns} from ("  # noqa: S608
            f" select {self.columns}, sum(octet_length(state)) over (order by position"
            "  rows unbounded preceding) - octet_length(state) as before from ("
            f"  select {self.columns} from {self.events} where position > ?{named}"
            "   order by position limit ?) as page"
            ") as sized where before < ? order by position",
            (position, *topics, limit, self.page_bytes),
        )

    def wait_for(self, position: int, seconds: float) -> bool:
        with self._listener_lock:
            if self._listener is None:
                self._listener = Listener(self)
        return super().wait_for(position, seconds)

    def close(self) -> None:
        """Stop listening and let go of the database."""
        with self._listener_lock:
            if self._listener:
                self._listener.stop()
                self._listener = None
        self.database.close()


class Listener(Thread):
    """Wakes those who wait when any process appends.

    An append before it listens, or while it reconnects, is found by the polling of `wait_for`.
    """

    def __init__(self, log: PostgresRecorder) -> None:
        super().__init__(name=f"listen to {log.events}", daemon=True)
        self._log = log
        self._stopped = Event()
        self.start()

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._log.database.connect() as connection:
                    connection.execute(_sql(f"listen {self._log.events}"))
                    while not self._stopped.is_set():
                        for _ in connection.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                            self._log.announce()
            except (psycopg.OperationalError, OperationalError):
                self._stopped.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        """Returns when the connection is closed."""
        self._stopped.set()
        self.join()


class Factory(recorder.LogFactory):
    """The one factory of this module, as the library asks; the address is a `postgresql://` URL."""

    recorder_class = PostgresRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.database = Database(self.address)
        self._recorders: list[PostgresRecorder] = []

    def _recorder(
        self, recorder_class: type[recorder.LogRecorder], table: str
    ) -> recorder.LogRecorder:
        if not issubclass(recorder_class, PostgresRecorder):
            raise TypeError(f"{recorder_class.__name__} does not record in PostgreSQL.")
        made = recorder_class(self.database, table)
        self._recorders.append(made)
        return made

    def close(self) -> None:
        for each in self._recorders:
            each.close()
        self.database.close()


def _sql(text: str) -> SQL:
    """SQL whose only variable parts are table names, checked when the recorder was made."""
    return SQL(text)
