"""How does a PostgreSQL database hold the access log?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import psycopg
from psycopg.sql import SQL

from adapters.access_log import AccessLog, Unrecorded

SCHEMA = """
create schema if not exists access;

create table if not exists access.looks (
    position bigint primary key, at text not null, person text not null, role text not null,
    action text not null, about text not null, permitted integer not null, rule text not null
);
create table if not exists access.looks_about (
    id text not null, position bigint not null references access.looks,
    primary key (id, position)
);

create or replace function access.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'The access log is append-only.'
        using errcode = 'integrity_constraint_violation';
end $$;

create or replace trigger looks_grows before update or delete or truncate
    on access.looks for each statement execute function access.refuse();
create or replace trigger looks_about_grows before update or delete or truncate
    on access.looks_about for each statement execute function access.refuse();

-- Positions are given under a lock that is held until the commit: no gap, in order.
create or replace function access.next_position() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('access', 'access.looks'::regclass::bigint));
    new.position := (select coalesce(max(position), 0) + 1 from access.looks);
    return new;
end $$;

create or replace trigger looks_in_order before insert
    on access.looks for each row execute function access.next_position();
"""

APPEND = """
with look as (
    insert into looks (at, person, role, action, about, permitted, rule)
    values (%s, %s, %s, %s, %s, %s, %s) returning position
), indexed as (
    insert into looks_about select id, position from look, unnest(%s::text[]) as id
)
select position from look
"""

SESSION = """
select set_config('search_path', 'access', false),
    set_config('synchronous_commit', 'on', false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('lock_timeout', %(milliseconds)s, false),
    set_config('statement_timeout', %(milliseconds)s, false)
"""


class PostgresqlAccessLog(AccessLog):
    """The schema `access` of the store's database; one connection, made anew when it is lost."""

    def __init__(self, address: str, patience: float) -> None:
        self._address = address
        self._patience = patience
        self._lock = Lock()
        self._connection: psycopg.Connection[Any] | None = None
        with self._lock, _unrecorded():
            self._migrate(self._connected())

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        # The trigger made last is there: so is everything. A role that may only insert and select
        # can start then.
        present = (
            "select exists (select from pg_trigger where tgname = 'looks_in_order'"
            " and tgrelid = to_regclass('access.looks'))"
        )
        if connection.execute(present).fetchall() == [(True,)]:
            return
        with connection.transaction():
            # Whoever comes second waits here, and then finds everything in its place.
            connection.execute("select pg_advisory_xact_lock(hashtextextended('access', 1))")
            connection.execute(SQL(SCHEMA))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def _append(self, line: Sequence[Any], about: Sequence[str]) -> int:
        with self._lock, _unrecorded():
            ((position,),) = (
                self._connected().execute(APPEND, (*line, list(about)), prepare=True).fetchall()
            )
            return int(position)

    def _read(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._lock, _unrecorded():
            query = SQL(statement.replace("?", "%s"))
            return self._connected().execute(query, parameters).fetchall()

    def _connected(self) -> psycopg.Connection[Any]:
        """The connection, if it still lives; else a new one."""
        if self._connection is not None:
            try:
                self._connection.execute("select 1")
            except psycopg.OperationalError:
                self._connection.close()
            else:
                return self._connection
        self._connection = psycopg.connect(
            self._address, autocommit=True, connect_timeout=max(2, round(self._patience))
        )
        milliseconds = str(round(self._patience * 1000))
        self._connection.execute(SESSION, {"milliseconds": milliseconds})
        return self._connection


@contextmanager
def _unrecorded() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise Unrecorded("The access log cannot be used now.") from error
