"""
When did each agency last send, and has it fallen silent against its own pattern?

    of_each(query, as_at) -> list[Feed]       one for each agency and each transport it used

A feed is silent when as many messages as `MISSED` would have come since the last one, by what the
same days of the week brought in the `WEEKS` before it. A message sent again is not counted.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from domain.calendar import LONDON, local_day
from domain.kernel import Recorded
from domain.message import MessageConflicted, MessageReceived
from projections.base import Projection, Query, Write, rows, stamp

WEEKS = 8
"""How far back the pattern goes."""

LEAST_DAYS = 14
"""Before so many days have passed since its first message, a feed has no pattern."""

MISSED = 5.0
"""Messages that did not come: by chance that happens in less than one case of a hundred."""

SCHEMA = (
    """
    create table if not exists feeds (
        agency text not null,
        transport text not null,
        day text not null,
        messages integer not null,
        last_at text not null,
        position integer not null,
        primary key (agency, transport, day)
    )
    """,
)
CAME = """
insert into feeds (agency, transport, day, messages, last_at, position)
values (:agency, :transport, :day, 1, :at, :position)
on conflict (agency, transport, day) do update
set messages = feeds.messages + 1, position = excluded.position,
    last_at = case when feeds.last_at < excluded.last_at then excluded.last_at
        else feeds.last_at end
where feeds.position < excluded.position
"""


class Feed(Struct, frozen=True, kw_only=True):
    """`expected`: messages that should have come since its last one, by its own pattern.

    `silent_since`: its last message, if these are `MISSED` or more.
    """

    agency: str
    transport: str
    messages: int
    last_message_at: datetime
    expected: float
    silent_since: datetime | None


class Whole(Struct, frozen=True, kw_only=True):
    """All that came by one transport from one agency, between two days."""

    agency: str
    transport: str
    messages: int
    first: date
    last: date
    last_at: datetime


class Day(Struct, frozen=True, kw_only=True):
    day: date
    messages: int


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    # A row of a file is no message: the file is one of its own.
    if isinstance(event, MessageConflicted) or (
        isinstance(event, MessageReceived) and event.row is None
    ):
        came = {
            "agency": event.agency,
            "transport": event.channel,
            "day": local_day(event.received_at).isoformat(),
            "at": stamp(event.received_at),
            "position": recorded.position,
        }
        yield Write(CAME, came)


def of_each(query: Query, as_at: datetime) -> list[Feed]:
    """Every feed as it stood at that instant, by agency and transport."""
    found = query(
        "select agency, transport, sum(messages) as messages, min(day) as first,"
        " max(day) as last, max(last_at) as last_at from feeds where day <= :today"
        " group by agency, transport order by agency, transport",
        {"today": local_day(as_at).isoformat()},
    )
    return [_feed(query, each, as_at) for each in rows(Whole, found)]


def _feed(query: Query, whole: Whole, as_at: datetime) -> Feed:
    expected = missed(query, whole, as_at)
    return Feed(
        agency=whole.agency,
        transport=whole.transport,
        messages=whole.messages,
        last_message_at=whole.last_at,
        expected=expected,
        silent_since=whole.last_at if expected >= MISSED else None,
    )


def missed(query: Query, whole: Whole, as_at: datetime) -> float:
    """How many messages should have come since the last one, by the pattern before it."""
    last = whole.last
    since = max(whole.first, last - timedelta(weeks=WEEKS) + timedelta(days=1))
    length = (last - since).days + 1
    today = as_at.astimezone(LONDON)
    if length < LEAST_DAYS or today.date() == last:
        return 0.0
    came = [0] * 7
    for each in _days(query, whole, since):
        came[each.day.weekday()] += each.messages
    there = [0] * 7
    for number in range(length):
        there[(since + timedelta(days=number)).weekday()] += 1
    rate = [messages / count for messages, count in zip(came, there, strict=True)]
    gone = (today.hour * 60 + today.minute) / (24 * 60)
    days = (last + timedelta(days=n) for n in range(1, (today.date() - last).days))
    return sum(rate[day.weekday()] for day in days) + rate[today.weekday()] * gone


def _days(query: Query, whole: Whole, since: date) -> list[Day]:
    found = query(
        "select day, messages from feeds where agency = :agency and transport = :transport"
        " and day between :since and :last",
        {
            "agency": whole.agency,
            "transport": whole.transport,
            "since": since.isoformat(),
            "last": whole.last.isoformat(),
        },
    )
    return rows(Day, found)


feeds = Projection(
    name="feeds",
    version=1,
    tables={"feeds": ("agency", "transport", "day")},
    schema=SCHEMA,
    events=(MessageReceived, MessageConflicted),
    project=project,
)
