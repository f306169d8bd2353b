"""How does each agency's feed stand: when did it last send, what is set aside, is it silent?"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from projections import agencies, feeds, quarantine
from services.access import Principal, Resource
from services.assemble import Parts

Row = dict[str, Any]


def of_each(parts: Parts, who: Principal, as_at: datetime) -> Iterator[Row]:
    """A row for each agency and transport, and one for each agency that never sent.

    `state`: `suspended`, `never` (nothing came yet), `silent`, `quarantined` (something waits for
    somebody) or `ok`. `lag` counts records that wait on Kafka; None where nobody can tell.
    """
    parts.gate.open(who, "see-agencies", Resource(about=("feeds",)))
    aside = quarantine.counts(parts.query)
    found: dict[str, list[feeds.Feed]] = {}
    for feed in feeds.of_each(parts.query, as_at):
        found.setdefault(feed.agency, []).append(feed)
    for agency in agencies.registered(parts.query):
        held = aside.get(agency.agency_id, 0)
        ours: list[feeds.Feed | None] = [*found.get(agency.agency_id, ())]
        for each in ours or [None]:
            silent = each.silent_since if each else None
            yield {
                "agency": agency.agency_id,
                "transport": each.transport if each else None,
                "last_message_at": each.last_message_at if each else None,
                "silent_since": silent,
                "lag": None,
                "quarantined": held,
                "state": _state(agency.suspended, each, silent, held),
            }


def _state(
    suspended: bool,
    feed: feeds.Feed | None,
    silent: datetime | None,
    held: int,
) -> str:
    if suspended:
        return "suspended"
    if feed is None:
        return "never"
    if silent:
        return "silent"
    return "quarantined" if held else "ok"
