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
from projections.quarantine import Held
from services.access import Principal, Resource
from services.assemble import Parts
from services.lag import Known, Lag

State = Literal["suspended", "never", "behind", "silent", "quarantined", "ok"]
"""`suspended`: it may not send. `never`: nothing came yet. `behind`: its records have waited on
Kafka for longer than `LATE`, as nobody takes them in. `silent`: by its own pattern more should have
come. `quarantined`: something is set aside, or was lost. The first that holds, in the order
`suspended`, `behind`, `silent`, `quarantined`, `never`."""

ALARMS: tuple[State, ...] = ("behind", "silent")
"""Somebody must do something: concerns may wait where nobody sees them. So they may where something
is set aside, whatever the state (`projections.quarantine.held`)."""

LATE = timedelta(minutes=5)
"""Records that are taken in are stored within seconds."""


class Line(Struct, frozen=True, kw_only=True):
    """A feed, as scripts have it. `lag`: records that wait on Kafka; None where nobody can tell.

    `quarantined`: messages that came this way and are set aside, or were lost.
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
    record that waits was put there. `reasons`: of what is set aside, how many; since `aside_since`.
    """

    line: Line
    name: str
    expected: int = 0
    waits_since: datetime | None = None
    reasons: Mapping[ReasonCode, int] = {}
    aside_since: datetime | None = None


class Feeds(Struct, frozen=True, kw_only=True):
    """`lag_unknown`: why it is not known now what waits on Kafka; "" also where there is none."""

    rows: list[Row]
    lag_unknown: str


def of_each(parts: Parts, who: Principal, as_at: datetime) -> Feeds:
    """A row for each agency and transport that it used, and one for each agency that never sent."""
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
    held: dict[str, list[Held]] = {}
    for each in quarantine.held(query):
        held.setdefault(each.agency, []).append(each)
    found: dict[str, list[feeds.Feed]] = {}
    for feed in feeds.of_each(query, as_at):
        found.setdefault(feed.agency, []).append(feed)
    return [
        row
        for agency in agencies.registered(query)
        for row in _of(
            agency,
            found.get(agency.agency_id, []),
            held.get(agency.agency_id, []),
            known.lags.get(agency.agency_id),
            as_at,
        )
    ]


def _of(
    agency: Agency,
    found: list[feeds.Feed],
    held: list[Held],
    lag: Lag | None,
    as_at: datetime,
) -> Iterator[Row]:
    ways: dict[str | None, feeds.Feed | None] = {each.transport: each for each in found}
    for each in held:
        ways.setdefault(each.transport)  # all that came this way is set aside
    if lag and lag.records:
        ways.setdefault("kafka")  # what it sent has never been taken in
    for transport, feed in (ways or {None: None}).items():
        own = lag if transport == "kafka" else None
        oldest_at = own.oldest_at if own else None
        late = oldest_at is not None and oldest_at < as_at - LATE
        aside = [each for each in held if each.transport == transport]
        line = Line(
            agency=agency.agency_id,
            transport=transport,
            last_message_at=feed.last_message_at if feed else None,
            silent_since=feed.silent_since if feed else None,
            lag=own.records if own else None,
            quarantined=sum(each.messages for each in aside),
            state=_state(agency, feed, late=late, held=bool(aside)),
        )
        yield Row(
            line=line,
            name=agency.name,
            expected=round(feed.expected) if feed else 0,
            waits_since=oldest_at,
            reasons={each.reason_code: each.messages for each in aside},
            aside_since=min((each.since for each in aside), default=None),
        )


def _state(agency: Agency, feed: feeds.Feed | None, *, late: bool, held: bool) -> State:
    if agency.suspended:
        return "suspended"
    if late:
        return "behind"
    if feed and feed.silent_since:
        return "silent"
    if held:
        return "quarantined"
    return "ok" if feed else "never"
