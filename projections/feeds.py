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
    """`silent_since`: its last message, if by its own pattern more should have come since."""

    agency: str
    transport: str
    messages: int
    last_message_at: datetime
    silent_since: datetime | None


class Day(Struct, frozen=True, kw_only=True):
    agency: str
    transport: str
    day: date
    messages: int
    last_at: datetime


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
        "select agency, transport, day, messages, last_at from feeds where day <= :today"
        " order by agency, transport, day",
        {"today": local_day(as_at).isoformat()},
    )
    days: dict[tuple[str, str], list[Day]] = {}
    for each in rows(Day, found):
        days.setdefault((each.agency, each.transport), []).append(each)
    return [_feed(of_one, as_at) for of_one in days.values()]


def _feed(days: list[Day], as_at: datetime) -> Feed:
    last = days[-1]
    silent = last.last_at if missed(days, as_at) >= MISSED else None
    return Feed(
        agency=last.agency,
        transport=last.transport,
        messages=sum(each.messages for each in days),
        last_message_at=last.last_at,
        silent_since=silent,
    )


def missed(days: list[Day], as_at: datetime) -> float:
    """How many messages should have come since the last one, by the pattern before it."""
    first, last = days[0].day, days[-1].day
    since = max(first, last - timedelta(weeks=WEEKS) + timedelta(days=1))
    length = (last - since).days + 1
    if length < LEAST_DAYS:
        return 0.0
    came = [0] * 7
    for each in days:
        if each.day >= since:
            came[each.day.weekday()] += each.messages
    there = [0] * 7
    for number in range(length):
        there[(since + timedelta(days=number)).weekday()] += 1
    rate = [messages / count for messages, count in zip(came, there, strict=True)]
    today = as_at.astimezone(LONDON)
    gone = (today.hour * 60 + today.minute) / (24 * 60)
    whole = (last + timedelta(days=n) for n in range(1, (today.date() - last).days))
    expected = sum(rate[day.weekday()] for day in whole)
    return expected + (rate[today.weekday()] * gone if today.date() > last else 0.0)


feeds = Projection(
    name="feeds",
    version=1,
    tables={"feeds": ("agency", "transport", "day")},
    schema=SCHEMA,
    events=(MessageReceived, MessageConflicted),
    project=project,
)
