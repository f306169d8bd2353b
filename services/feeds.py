"""How does each agency's feed stand: when did it last send, what waits, is it silent?"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from domain.kernel import Instant
from domain.quarantine import ReasonCode
from projections import agencies, feeds, quarantine
from projections.agencies import Agency
from projections.base import Query
from services.access import Principal, Resource
from services.assemble import Parts
from services.lag import Known, Lag

State = Literal["suspended", "never", "behind", "silent", "quarantined", "ok"]
"""`suspended`: it may not send. `never`: nothing came yet. `behind`: its records have waited on
Kafka for longer than `LATE`, as nobody takes them in. `silent`: by its own pattern more should have
come. `quarantined`: something waits for somebody. The first that holds, `never` after `behind`."""

ALARMS: tuple[State, ...] = ("behind", "silent")
"""Somebody must do something: concerns may wait where nobody sees them."""

LATE = timedelta(minutes=5)
"""Records that are taken in are stored within seconds."""


class Line(Struct, frozen=True, kw_only=True):
    """A feed, as scripts have it. `lag`: records that wait on Kafka; None where nobody can tell.

    `quarantined`: messages of the agency that are set aside, whichever way they came, or were lost.
    """

    agency: str
    transport: str | None
    last_message_at: Instant | None
    silent_since: Instant | None
    lag: int | None
    quarantined: int
    state: State


class Row(Struct, frozen=True, kw_only=True):
    """A feed, as people have it: what the line does not tell.

    `expected`: messages that should have come since the last one. `waits_since`: when the oldest
    record that waits was put there. `reasons`: of what is set aside, how many.
    """

    line: Line
    name: str
    expected: int = 0
    waits_since: datetime | None = None
    reasons: Mapping[ReasonCode, int] = {}


class Feeds(Struct, frozen=True, kw_only=True):
    """`lag_unknown`: why it is not known now what waits on Kafka; "" also where there is none."""

    rows: list[Row]
    lag_unknown: str


def of_each(parts: Parts, who: Principal, as_at: datetime) -> Feeds:
    """A row for each agency and transport, and one for each agency that never sent."""
    parts.gate.open(who, "see-feeds", Resource(about=("feeds",)))
    known = parts.kafka_lag.of([each.agency_id for each in agencies.registered(parts.query)])
    return Feeds(rows=_rows(parts.query, as_at, known), lag_unknown=known.unknown)


def alarms(parts: Parts, as_at: datetime) -> list[Row]:
    """The feeds for which somebody must do something, what sent last first.

    Waits for nobody: of Kafka it tells what was known last. It says who sends, and of nobody else.
    """
    rows = _rows(parts.query, as_at, parts.kafka_lag.last())
    found = [row for row in rows if row.line.state in ALARMS]
    return sorted(found, key=lambda row: row.line.last_message_at or as_at, reverse=True)


def _rows(query: Query, as_at: datetime, known: Known) -> list[Row]:
    aside = quarantine.counts(query)
    found: dict[str, list[feeds.Feed]] = {}
    for feed in feeds.of_each(query, as_at):
        found.setdefault(feed.agency, []).append(feed)
    return [
        row
        for agency in agencies.registered(query)
        for row in _of(
            agency,
            found.get(agency.agency_id, []),
            aside.get(agency.agency_id, {}),
            known.lags.get(agency.agency_id),
            as_at,
        )
    ]


def _of(
    agency: Agency,
    found: list[feeds.Feed],
    reasons: Mapping[ReasonCode, int],
    lag: Lag | None,
    as_at: datetime,
) -> Iterator[Row]:
    every: list[feeds.Feed | None] = [*found]
    on_kafka = any(each.transport == "kafka" for each in found)
    if not on_kafka and (not found or (lag and lag.records)):
        every.append(None)  # it never sent, or what it sent on Kafka has never been taken in
    for feed in every:
        kafka = feed.transport == "kafka" if feed else bool(lag and lag.records)
        own = lag if kafka and lag else Lag()
        late = own.oldest_at is not None and own.oldest_at < as_at - LATE
        line = Line(
            agency=agency.agency_id,
            transport=feed.transport if feed else "kafka" if kafka else None,
            last_message_at=feed.last_message_at if feed else None,
            silent_since=feed.silent_since if feed else None,
            lag=lag.records if kafka and lag else None,
            quarantined=sum(reasons.values()),
            state=_state(agency, feed, late=late, held=bool(reasons)),
        )
        yield Row(
            line=line,
            name=agency.name,
            expected=round(feed.expected) if feed else 0,
            waits_since=own.oldest_at,
            reasons=reasons,
        )


def _state(agency: Agency, feed: feeds.Feed | None, *, late: bool, held: bool) -> State:
    if agency.suspended:
        return "suspended"
    if late:
        return "behind"
    if feed is None:
        return "never"
    if feed.silent_since:
        return "silent"
    return "quarantined" if held else "ok"
