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
def somebody_writes(folder: str | Path) -> Iterator[None]:
    """Another connection holds the write lock of the store in this folder meanwhile."""
    with closing(sqlite3.connect(Path(folder) / "events.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        yield


def without_triggers(address: str) -> None:
    """Take away what makes the log append-only, as the database's owner could."""
    if address.startswith("postgresql"):
        execute(address, "alter table stored_events disable trigger user")
        return
    for change in ("update", "delete"):
        execute(address, f"drop trigger stored_events_no_{change}")
