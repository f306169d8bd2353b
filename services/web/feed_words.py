"""How is it said that an agency has fallen silent or was not heard, and what is to be done?"""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from domain.quarantine import ReasonCode
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

MOST_NAMED = 3
"""Feeds that the inbox names; of more it says how many."""


class Alarm(Struct, frozen=True, kw_only=True):
    """`what` is wrong, as a sentence, and what to `do`; `href`: where it is done, if on a page."""

    what: str
    do: str
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


Held = Mapping[str, Mapping[ReasonCode, int]]
"""Of each agency, how many messages wait, by reason."""


def kept(held: Held) -> int:
    """How many messages are set aside, and can be looked at."""
    return sum(
        count for reasons in held.values() for reason, count in reasons.items() if reason != "lost"
    )


def losses(held: Held, name: Callable[[str], str]) -> list[Alarm]:
    """Of each agency whose messages were lost; `name`: what an agency is called."""
    return [
        _lost(agency, name(agency), reasons["lost"])
        for agency, reasons in held.items()
        if "lost" in reasons
    ]


def _lost(agency: str, name: str, records: int) -> Alarm:
    were, these = ("was", "this one") if records == 1 else ("were", "these")
    way = "its" if records == 1 else "their"
    return Alarm(
        what=f"{plural(records, 'message')} of {name} {were} lost on {way} way: ask them to send"
        f" {these} again.",
        do="Concerns may be among them." if records > 1 else "It may be a concern.",
        href=f"/feeds/quarantine?agency={agency}",
    )


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
