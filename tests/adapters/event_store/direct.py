"""What does somebody find (or do) who goes at the database itself, past the event store?"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL


def execute(address: str, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """Run one statement (with `?` placeholders) on the store at this address."""
    if address.startswith("postgresql"):
        with psycopg.connect(address, autocommit=True) as connection:
            ran = connection.execute(SQL(statement.replace("?", "%s")), parameters)
            return ran.fetchall() if ran.description else []
    with closing(sqlite3.connect(Path(address) / "events.db", isolation_level=None)) as lite:
        return lite.execute(statement, parameters).fetchall()


@contextmanager
def somebody_writes(address: str | Path, file: str = "events.db") -> Iterator[None]:
    """Another connection holds the write lock of the store at this address meanwhile.

    `file`: or of another in that folder, such as `keys.db`.
    """
    if str(address).startswith("postgresql"):
        with psycopg.connect(str(address), autocommit=True) as held:
            held.execute(APPENDING)
            yield
        return
    with closing(sqlite3.connect(Path(address) / file, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield


APPENDING = SQL(
    "select pg_advisory_lock(hashtextextended('stored', 'stored_events'::regclass::bigint))"
)
"""The lock that an append has until it is committed."""


def without_triggers(address: str) -> None:
    """Take away what makes the log append-only, as the database's owner could."""
    if address.startswith("postgresql"):
        execute(address, "alter table stored_events disable trigger user")
        return
    for change in ("update", "delete"):
        execute(address, f"drop trigger stored_events_no_{change}")
