"""What is a projection? A name, tables, and a pure function from an event in the log to SQL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from domain import clocks
from domain.calendar import local_day
from domain.clocks import Clock
from domain.kernel import Event, Recorded

Query = Callable[[str, Mapping[str, Any]], list[Mapping[str, Any]]]
"""Runs one SELECT with `:name` parameters on the read models; rows are mappings by column."""


class Write(Struct, frozen=True, gc=False):
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


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


# Each projection asks for the same instants and clocks, one after another over a whole page of the
# log: remembered for fewer than a page holds, they would all be forgotten in between.
REMEMBERED = 16_384

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, tzinfo=UTC)


def stamp(instant: datetime) -> str:
    """An instant as text of one length, in UTC, so that text order is time order.

    An agency may send any date: what no calendar of another zone has a day for stands at the first
    or last day that every zone has.
    """
    if instant.tzinfo is not UTC or not 1 < instant.year < 9999:
        instant = _in_any_zone(instant)
    # A log has three instants an event: the encoder is twice as quick as remembering them, and
    # more than ten times as quick as `isoformat`. It leaves out microseconds that are nought.
    text = encode(instant)[1:-1].decode()
    return text if instant.microsecond else f"{text[:-1]}.000000Z"


encode: Callable[[datetime], bytes] = msgspec.json.Encoder().encode


def _in_any_zone(instant: datetime) -> datetime:
    try:
        there = instant.astimezone(UTC)
    except OverflowError:
        there = FIRST if instant.year == 1 else LAST
    return min(max(there, FIRST), LAST)


def listed(values: Sequence[str]) -> str:
    """Texts as one JSON text, which `rows` reads again."""
    return msgspec.json.encode(values).decode() if values else "[]"


@lru_cache(maxsize=REMEMBERED)
def clock(rule: str, started_at: datetime) -> Clock:
    """See `domain.clocks.clock`: by the policy and holidays of the day it starts."""
    return clocks.clock(rule, started_at)


def last_day(limit: Clock) -> str:
    """The last day within a limit, as text; of one counted in hours the day it runs out."""
    return (local_day(limit.due) if isinstance(limit.due, datetime) else limit.due).isoformat()


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────

EVER = "9999"
"""Comes after every stamp: the bound of a question that has none."""

S = TypeVar("S", bound=Struct)


def known(as_known_at: datetime | None) -> str:
    """Up to which stamp of recording a question looks; all of them if it names no instant."""
    return EVER if as_known_at is None else stamp(as_known_at)


def rows(kind: type[S], found: Iterable[Mapping[str, Any]]) -> list[S]:
    """Each row as a struct of that kind: texts as instants, dates and lists, 0 and 1 as truths."""
    lists = _lists(kind)
    read = []
    for row in found:
        values = dict(row)
        for name in lists & values.keys():
            values[name] = msgspec.json.decode(values[name] or "[]")
        read.append(msgspec.convert(values, kind, strict=False))
    return read


def among(name: str, values: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The placeholders for `in (…)`, and their values. Nothing is in an empty list."""
    named = {f"{name}{i}": value for i, value in enumerate(values)}
    return ", ".join(f":{each}" for each in named) or "null", named


@cache
def _lists(kind: type[Struct]) -> frozenset[str]:
    hints = get_type_hints(kind).items()
    return frozenset(
        name
        for name, hint in hints
        if tuple in (get_origin(hint), *(get_origin(each) for each in get_args(hint)))
    )
