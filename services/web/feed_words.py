"""How is it said that an agency has fallen silent or was not heard, and what is to be done?

Not heard is also what was lost on its way, or was set aside.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from domain.quarantine import ReasonCode
from projections.quarantine import Held
from services.feeds import Row
from services.web.templating import govmoment, on_the_wall, plural

BY = {
    "file": "file",
    "standard-input": "the command line",
    "http": "HTTP",
    "kafka": "Kafka",
    "mllp": "HL7 (MLLP)",
    "mesh": "MESH",
    "csv-drop": "dropped table",
    "mail-drop": "e-mail",
}
"""What the ways of a message are called."""

SHORT: dict[ReasonCode, str] = {
    "no-id": "without an id",
    "header-twice": "with a header twice",
    "header-unreadable": "with a header that cannot be read",
    "other-sender": "in another's name",
    "id-reused": "with an id used before",
    "refused": "refused",
    "lost": "lost on the way",
}
"""Why messages were set aside, after their number."""

MOST_NAMED = 3
"""Feeds that the inbox names; of more it says how many."""


class Alarm(Struct, frozen=True, kw_only=True):
    """`what` is wrong, as a sentence, and what to `do`.

    `link`: what is done at `href`, if it is done on a page.
    """

    what: str
    do: str
    link: str = ""
    href: str = ""


def told(row: Row) -> Alarm:
    """Of a feed that is silent, or that nobody takes in."""
    line = row.line
    if line.state == "behind":
        since = f" since {govmoment(row.waits_since)}" if row.waits_since else ""
        wait, them = ("waits", "it") if line.lag == 1 else ("wait", "them")
        return Alarm(
            what=f"{plural(line.lag or 0, 'message')} from {row.name} {wait} on Kafka{since}, and"
            f" nobody takes {them} in.",
            do="Tell the operator: the service that takes messages in from Kafka does not run, or"
            " cannot. Concerns may wait there.",
        )
    last = f" since {govmoment(line.last_message_at)}" if line.last_message_at else ""
    return Alarm(
        what=f"Nothing has come from {row.name} by {by(line.transport)}{last}; about"
        f" {plural(row.expected, 'message')} should have.",
        do=f"Ring {row.name} and ask whether their system still sends; if it does, tell the"
        " operator. Concerns may wait there.",
    )


Name = Callable[[str], str]
"""What an agency is called."""


def kept(held: Sequence[Held]) -> list[Held]:
    """What of it is set aside, and can be looked at."""
    return [each for each in held if each.reason_code != "lost"]


def asides(held: Sequence[Held], name: Name) -> list[Alarm]:
    """Of each agency of which something is set aside; of many agencies one for all."""
    found: dict[str, list[Held]] = {}
    for each in kept(held):
        found.setdefault(each.agency, []).append(each)
    if len(found) > MOST_NAMED:
        return [_aside(plural(len(found), "agency", "agencies"), kept(held), PATH)]
    return [_aside(name(agency), each, _of(agency)) for agency, each in found.items()]


def _aside(who: str, held: Sequence[Held], href: str) -> Alarm:
    count: Counter[ReasonCode] = Counter()
    for each in held:
        count[each.reason_code] += each.messages
    number, since = count.total(), govmoment(min(each.since for each in held))
    are = "is set aside" if number == 1 else "are set aside, the first"
    why = ", ".join(f"{messages:,} {SHORT[reason]}" for reason, messages in count.most_common())
    return Alarm(
        what=f"{plural(number, 'message')} from {who} {are} since {since}: {why}.",
        do="Concerns may be among them, and nobody else looks for them there."
        if number > 1
        else "It may be a concern, and nobody else looks for it there.",
        link="Look why",
        href=href,
    )


def losses(held: Sequence[Held], name: Name) -> list[Alarm]:
    """Of each agency whose messages were lost."""
    count: Counter[str] = Counter()
    for each in held:
        if each.reason_code == "lost":
            count[each.agency] += each.messages
    return [_lost(agency, name(agency), records) for agency, records in count.items()]


def _lost(agency: str, name: str, records: int) -> Alarm:
    were, these = ("was", "this one") if records == 1 else ("were", "these")
    way = "its" if records == 1 else "their"
    return Alarm(
        what=f"{plural(records, 'message')} of {name} {were} lost on {way} way: ask them to send"
        f" {these} again.",
        do="Concerns may be among them." if records > 1 else "It may be a concern.",
        link="Say what was done",
        href=_of(agency),
    )


PATH = "/feeds/quarantine"


def _of(agency: str) -> str:
    return f"{PATH}?agency={agency}"


def by(transport: str | None) -> str:
    """The way of a message in words; its own name where that is new."""
    return BY.get(transport, transport) if transport else ""


def clock(at: datetime, now: datetime) -> str:
    """09:14 today, or 9 Mar 2026, 09:14."""
    then, today = on_the_wall(at), on_the_wall(now)
    if then.date() == today.date():
        return f"{then:%H:%M} today"
    year = f" {then.year}" if then.year != today.year else ""
    return f"{then.day} {then:%b}{year}, {then:%H:%M}"
