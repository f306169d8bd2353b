"""What is a projection? A name, tables, and a pure function from an event in the log to SQL."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec import Struct

from domain.kernel import Event, Recorded

Query = Callable[[str, Mapping[str, Any]], list[Mapping[str, Any]]]
"""Runs one SELECT with `:name` parameters on the read models; rows are mappings by column."""


class Write(NamedTuple):
    """One SQL statement with `:name` parameters, and their values."""

    sql: str
    values: Mapping[str, Any]


class Projection(Struct, frozen=True, kw_only=True):
    """A question that can be asked of the log.

    `version` is raised when rows would differ, so that the table is rebuilt. `tables`: each table
    and the columns of its key, in the order in which a digest reads it. `schema`: statements that
    SQLite and PostgreSQL both take (types `text`, `integer`, `real`, `blob`; a truth is 0 or 1; an
    instant is `stamp(…)`, a date ISO 8601). `events`: the only events that `project` is given.
    """

    name: str
    version: int
    tables: Mapping[str, tuple[str, ...]]
    schema: tuple[str, ...]
    events: tuple[type[Event], ...]
    project: Callable[[Recorded], Iterable[Write]]


def stamp(instant: datetime) -> str:
    """An instant as text of one length, in UTC, so that text order is time order."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
