"""Does every agency still send, does somebody take it in, and what is set aside, with why?"""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from msgspec import Struct

from domain.quarantine import REASONS, ReasonCode
from projections import quarantine
from projections.quarantine import SetAside
from services import feeds as feeds_
from services.access import Resource
from services.quarantined import replay
from services.web.feed_words import by, clock, told
from services.web.frame import news, show, stretch, went
from services.web.naming import Names
from services.web.routes import Context, guarded, page, self_guarded

STATES: dict[feeds_.State, tuple[str, str]] = {
    "silent": ("Silent", "red"),
    "behind": ("Not taken in", "red"),
    "quarantined": ("Set aside", "yellow"),
    "ok": ("Sends", "green"),
    "never": ("Nothing came yet", "grey"),
    "suspended": ("Suspended", "grey"),
}
"""The words and the colour of each state's tag; what needs somebody stands first."""

SHORT: dict[ReasonCode, str] = {
    "no-id": "without an id",
    "header-twice": "with a header twice",
    "header-unreadable": "with a header that cannot be read",
    "other-sender": "in another's name",
    "id-reused": "with an id used before",
    "refused": "refused",
}
"""Why messages were set aside, after their number."""

AT_ONCE = 25


class Row(Struct, frozen=True, kw_only=True):
    """A feed as the table shows it.

    `aside`: why how many are set aside; None but on the first row of an agency.
    """

    agency: str
    name: str
    state: tuple[str, str]
    by: str
    last: str
    waits: str
    aside: tuple[str, ...] | None


@self_guarded(get, "/feeds", "see-feeds")
def feeds(context: Context) -> Response[str]:
    """Every agency's feeds, those that need somebody first."""
    now = context.parts.now()
    found = feeds_.of_each(context.parts, context.who, now)
    order = list(STATES)
    ordered = sorted(found.rows, key=lambda row: (order.index(row.line.state), row.name))
    return show(
        context,
        "feeds.html",
        alarms=[told(row) for row in ordered if row.line.state in feeds_.ALARMS],
        rows=_rows(ordered, now),
        lag_unknown=found.lag_unknown,
        aside=len(quarantine.waiting(context.parts.query)),
        news=news(context),
    )


def _rows(found: list[feeds_.Row], now: datetime) -> list[Row]:
    seen: set[str] = set()
    rows = []
    for each in found:
        line, first = each.line, each.line.agency not in seen
        seen.add(line.agency)
        reasons = tuple(f"{count} {SHORT[reason]}" for reason, count in each.reasons.items())
        rows.append(
            Row(
                agency=line.agency,
                name=each.name,
                state=STATES[line.state],
                by=by(line.transport),
                last=clock(line.last_message_at, now) if line.last_message_at else "Nothing yet",
                waits=_waits(each, now),
                aside=reasons if first else None,
            )
        )
    return rows


def _waits(row: feeds_.Row, now: datetime) -> str:
    if row.line.lag is None:
        return "Not known now" if row.line.transport == "kafka" else ""
    if not row.line.lag:
        return "Nothing"
    since = f" since {clock(row.waits_since, now)}" if row.waits_since else ""
    return f"{row.line.lag:,}{since}"


# ── What is set aside ─────────────────────────────────────────────────────────────────────────────


@self_guarded(get, "/feeds/quarantine", "see-feeds")
def set_aside(context: Context) -> Response[str]:
    """All of it, or one agency's, the oldest first."""
    context.parts.gate.open(context.who, "see-feeds", Resource(about=("quarantine",)))
    agency = context.asked("agency")
    every = quarantine.waiting(context.parts.query)
    found = [each for each in every if agency in (None, each.agency)]
    shown, number, pages = stretch(context, found, AT_ONCE)
    names = Names(context.parts)
    return show(
        context,
        "quarantine.html",
        rows=[
            {
                "href": f"/feeds/quarantine/{each.quarantine_id}",
                "since": each.since,
                "agency": names(each.agency),
                "place": _place(each),
                "why": REASONS[each.reason_code],
            }
            for each in shown
        ],
        count=len(found),
        only=names(agency) if agency else "",
        page=number,
        pages=pages,
        href=f"/feeds/quarantine?agency={agency}" if agency else "/feeds/quarantine",
        may=_may(context),
        news=news(context),
    )


def _place(each: SetAside) -> str:
    return f"{each.topic}, partition {each.partition}, offset {each.offset}"


def _may(context: Context) -> bool:
    return context.parts.gate.may(context.who, "replay-quarantined", Resource())


def _found(context: Context) -> SetAside | None:
    return quarantine.one(context.parts.query, context.path["quarantine"])


def _about(context: Context) -> Resource:
    return Resource(about=(context.path["quarantine"],), present=_found(context) is not None)


PATH = "/feeds/quarantine/{quarantine:str}"


@page(PATH, "see-feeds", _about)
def one(context: Context) -> Response[Any]:
    """Where one stood, why it was set aside, and whether it is to be taken in after all."""
    return _asked(context)


def _asked(context: Context, refused: str = "") -> Response[Any]:
    found = _found(context)
    assert found is not None  # noqa: S101 - the gate is not open to what is not there
    return show(
        context,
        "quarantined.html",
        status=422 if refused else 200,
        one=found,
        sender=Names(context.parts)(found.agency),
        why=REASONS[found.reason_code],
        refused=refused,
        may=_may(context),
    )


def _taken(context: Context) -> Response[Any]:
    receipts = replay(
        context.parts.store,
        context.path["quarantine"],
        context.who.person,
        context.parts.now,
    )
    refused = [each.reason or "" for each in receipts if each.result == "refused"]
    if refused:
        return _asked(context, refused[0])
    new = any(each.result != "duplicate" for each in receipts)
    position = max((each.position for each in receipts if each.position), default=None)
    done = "replay-quarantined" if new else "already"
    return went(context, "/feeds/quarantine", done, position)


ROUTES = (guarded(post, PATH, "replay-quarantined", _about, _taken, name="replay-quarantined"),)
