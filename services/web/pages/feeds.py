"""Does every agency still send, does somebody take it in, and what is set aside, with why?

What stands in a message that is set aside is for those who may read what became no referral; the
look at it is recorded.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from litestar import Response, get, post
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import asdict, replace

from adapters.cloudevents import agency_named
from adapters.translation import formats
from domain.kernel import Refused
from domain.quarantine import REASONS, LossSettled, MessageReplayed, MessageSettled
from projections import quarantine
from projections.quarantine import SetAside
from services import feeds as feeds_
from services.access import Resource
from services.access import give as give_action
from services.asides import Aside, aside
from services.give import give
from services.ingest_kafka import whose
from services.quarantined import replay, why_refused
from services.web import form as forms
from services.web.command_form import identity_of
from services.web.feed_words import SHORT, asides, by, clock, losses, told
from services.web.form import Field, Form
from services.web.frame import news, show, stretch, went
from services.web.naming import Names
from services.web.referral_story import people
from services.web.routes import Context, guarded, page, self_guarded
from services.web.routes import form as form_route
from services.web.story import words_of
from services.web.templating import govmoment, plural

STATES: dict[feeds_.State, tuple[str, str]] = {
    "silent": ("Silent", "red"),
    "behind": ("Not taken in", "red"),
    "quarantined": ("Set aside", "red"),
    "ok": ("Sends", "green"),
    "never": ("Nothing came yet", "grey"),
    "suspended": ("Suspended", "grey"),
}
"""The words and the colour of each state's tag; what needs somebody stands first."""

AT_ONCE = 25


class Row(Struct, frozen=True, kw_only=True):
    """A feed as the table shows it. `aside`: why how many are set aside."""

    agency: str
    name: str
    state: tuple[str, str]
    by: str
    last: str
    waits: str
    aside: tuple[str, ...]


@self_guarded(get, "/feeds", "see-feeds")
def feeds(context: Context) -> Response[str]:
    """Every agency's feeds, those that need somebody first."""
    now = context.parts.now()
    found = feeds_.of_each(context.parts, context.who, now)
    order, held = list(STATES), quarantine.held(context.parts.query)
    names = Names(context.parts)
    ordered = sorted(found.rows, key=lambda row: (order.index(row.line.state), row.name))
    return show(
        context,
        "feeds.html",
        alarms=[
            *losses(held, names),
            *asides(held, names),
            *(told(row) for row in ordered if row.line.state in feeds_.ALARMS),
        ],
        rows=_rows(ordered, now),
        lag_unknown=found.lag_unknown,
        held=bool(held),
        news=news(context),
    )


def _rows(found: list[feeds_.Row], now: datetime) -> list[Row]:
    return [
        Row(
            agency=each.line.agency,
            name=each.name,
            state=STATES[each.line.state],
            by=by(each.line.transport),
            last=_last(each.line, now),
            waits=_waits(each, now),
            aside=tuple(f"{count:,} {SHORT[reason]}" for reason, count in each.reasons.items()),
        )
        for each in found
    ]


def _last(line: feeds_.Line, now: datetime) -> str:
    if line.last_message_at:
        return clock(line.last_message_at, now)
    return "None taken in yet" if line.quarantined else "Nothing yet"


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
    """All of it, or one agency's, the oldest first; if asked so, what was settled instead."""
    context.parts.gate.open(context.who, "see-feeds", Resource(about=("quarantine",)))
    agency, settled = context.asked("agency"), context.asked("settled")
    every = (quarantine.settled if settled else quarantine.waiting)(context.parts.query)
    found = [each for each in every if agency in (None, each.agency)]
    asked = {"agency": agency, "settled": settled}
    query = urlencode({name: value for name, value in asked.items() if value})
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
                "why": _why(each),
                "settled": settled and _settled_by(each, names),
            }
            for each in shown
        ],
        count=sum(each.records for each in found),
        only=names(agency) if agency else "",
        page=number,
        pages=pages,
        href=f"/feeds/quarantine?{query}" if query else "/feeds/quarantine",
        settled=settled,
        may=_may(context),
        may_put_away=_may(context, PUTTING_AWAY),
        news=news(context),
    )


def _settled_by(each: SetAside, names: Names) -> str:
    return f"{names(each.settled_by)}, {govmoment(each.settled_at)}" if each.settled_at else ""


def _place(each: SetAside) -> str:
    return f"{each.topic}, partition {each.partition}, {_offsets(each)}"


def _offsets(each: SetAside) -> str:
    if each.records == 1:
        return f"offset {each.offset}"
    return f"offsets {each.offset} to {each.offset + each.records - 1}"


def _why(each: SetAside) -> str:
    if each.reason_code != "lost":
        return REASONS[each.reason_code]
    return f"{plural(each.records, 'message')} lost. {REASONS['lost']}"


def _may(context: Context, action: str = "replay-quarantined") -> bool:
    return context.parts.gate.may(context.who, action, Resource())


def _found(context: Context) -> SetAside | None:
    return quarantine.one(context.parts.query, context.path["quarantine"])


def _about(context: Context) -> Resource:
    return Resource(about=(context.path["quarantine"],), present=_found(context) is not None)


def _about_lost(context: Context) -> Resource:
    return _about_waiting(context, lost=True)


def _about_kept(context: Context) -> Resource:
    about = _about_waiting(context, lost=False)
    if not about.present:
        return about
    return aside(context.parts, context.path["quarantine"]).about


def _about_waiting(context: Context, *, lost: bool) -> Resource:
    found = _found(context)
    present = found is not None and not found.settled_at and (found.reason_code == "lost") is lost
    return Resource(about=(context.path["quarantine"],), present=present)


PATH = "/feeds/quarantine/{quarantine:str}"


@page(PATH, "see-feeds", _about)
def one(context: Context) -> Response[Any]:
    """Where one stood, why it was set aside, and what is to be done with it."""
    return _asked(context)


def _asked(context: Context, refused: str = "", form: Form[Any] | None = None) -> Response[Any]:
    """`form`: what was typed about it, and what is wrong with that."""
    found = _found(context)
    assert found is not None  # noqa: S101 - the gate is not open to what is not there
    lost = found.reason_code == "lost"
    names = Names(context.parts)
    if found.settled_at and not found.settled_by:
        by = _taken_in_by(context, found)
        return show(context, "taken_in.html", one=found, sender=names(found.agency), by=names(by))
    form = form or forms.start(SETTLE if lost else PUT_AWAY)
    rows: dict[str, Any] = {
        "one": found,
        "sender": names(found.agency),
        "why": _why(found),
        "identity": form.text("command_id") or uuid4().hex,
        "settled": _settled_by(found, names),
        "words": _words(context, found),
    }
    if lost:
        form = form.with_error("", refused) if refused else form
        return show(
            context,
            "lost.html",
            status=422 if form.errors else 200,
            offsets=_offsets(found).partition(" ")[2],
            form=form,
            may=_may(context, SETTLING) and not found.settled_at,
            **rows,
        )
    recorded = context.parts.store.history(found.quarantine_id)[0]
    if found.reason_code == "refused":
        rows["why"] = why_refused(context.parts.store, recorded)
    stands = aside(context.parts, found.quarantine_id)
    read = stands if _reads(context, stands) else None
    raw = read is not None and _reads_as_it_came(context, read)
    gate, who = context.parts.gate, context.who
    return show(
        context,
        "quarantined.html",
        status=422 if refused or form.errors else 200,
        refused=refused,
        form=form,
        size=plural(getattr(recorded.event, "size", 0), "byte"),
        format=_format(found),
        read=read,
        said=_said(read) if read else (),
        raw=raw,
        closed=_closed(context, stands),
        source=read and _source(read, names),
        may=_may(context),
        may_settle=gate.may(who, PUTTING_AWAY, stands.about) and not found.settled_at,
        **rows,
    )


def _taken_in_by(context: Context, found: SetAside) -> str:
    return next(
        each.event.by
        for each in context.parts.store.history(found.quarantine_id)
        if isinstance(each.event, MessageReplayed)
    )


def _reads(context: Context, stands: Aside) -> bool:
    """Whether this person may read what stands in it; that they do is recorded first."""
    gate, who = context.parts.gate, context.who
    if not gate.may(who, "see-unreferred", stands.about):
        return False
    gate.open(who, "see-unreferred", stands.about)
    return True


def _reads_as_it_came(context: Context, read: Aside) -> bool:
    """Whether they ask for it byte for byte: addresses are among that, a look of its own."""
    if context.asked("raw") is None:
        return False
    context.parts.gate.open(context.who, "see-address", replace(read.about, waiting=True))
    return True


def _closed(context: Context, stands: Aside) -> bool:
    """Whether it may be about a record that is restricted to others."""
    unrestricted = replace(stands.about, named=None)
    gate, who = context.parts.gate, context.who
    if gate.may(who, "see-unreferred", stands.about):
        return False
    return gate.may(who, "see-unreferred", unrestricted) and not gate.passed(
        who, "see-unreferred", stands.about
    )


def _said(read: Aside) -> list[dict[str, Any]]:
    """What it tells, as its format has it, without addresses; of a table the first rows."""
    return [
        {
            "concern": each.concern,
            "problems": each.problems,
            "people": people(each.children, each.adults),
            "addresses": len(each.addresses),
        }
        for each in read.said[:MOST_ROWS]
    ]


MOST_ROWS = 20
"""Rows of a table of which it is shown what they tell; the others are read as they came."""


def _format(found: SetAside) -> str:
    format = formats().get(whose(found.topic)[1])
    return format.FORMAT.title if format else "Not known"


def _source(read: Aside, names: Names) -> str:
    """In whose name it came, as its headers have it, with what we call them."""
    return ", and ".join(_named(each, names) for each in read.sources) or "Not said"


def _named(source: str, names: Names) -> str:
    agency = agency_named(source)
    return f"{names(agency)} ({source})" if agency in names.agencies else source


def _words(context: Context, found: SetAside) -> Markup:
    """What whoever settled it said of it, for those who may settle; nothing for others."""
    may = _may(context, SETTLING if found.reason_code == "lost" else PUTTING_AWAY)
    if not (found.settled_at and may):
        return Markup()
    store = context.parts.store
    (said,) = (
        each
        for each in store.history(found.quarantine_id)
        if isinstance(each.event, MessageSettled | LossSettled)
    )
    return words_of(store, said.sealed, said.name)


def _taken(context: Context) -> Response[Any]:
    try:
        receipts = replay(
            context.parts.store,
            context.path["quarantine"],
            context.who.person,
            context.parts.now,
        )
    except Refused as never:  # it was lost or destroyed: there is nothing to take in
        return _asked(context, str(never))
    refused = [each.reason or "" for each in receipts if each.result == "refused"]
    if refused:
        return _asked(context, refused[0])
    new = any(each.result != "duplicate" for each in receipts)
    position = max((each.position for each in receipts if each.position), default=None)
    done = "replay-quarantined" if new else "already"
    return went(context, "/feeds/quarantine", done, position)


# ── What waits for nobody any more ────────────────────────────────────────────────────────────────

PUT_AWAY = {
    "why": Field(
        "Why is it not to be taken in?",
        "why it is not to be taken in",
        hint="Such as that nothing stands in it, or what its sender said of it. "
        "Name no child here.",
    )
}
PUTTING_AWAY = give_action("settle-message")
SETTLE = {
    "how": Field(
        "What was done?",
        "what was done",
        hint="Such as whom you asked to send the messages again, and what they said. "
        "Name no child here.",
    )
}
SETTLING = give_action("settle-loss")


class PutAway(Struct, frozen=True):
    why: str


class Settled(Struct, frozen=True):
    how: str


@form_route(f"{PATH}/put-away", PUTTING_AWAY, _about_kept)
def put_away(context: Context) -> Response[Any]:
    """Somebody found that it is none to be taken in: nobody else needs to look."""
    return _settle(context, "settle-message", forms.read(PutAway, context.posted, PUT_AWAY))


@form_route(f"{PATH}/settle", SETTLING, _about_lost)
def settled(context: Context) -> Response[Any]:
    """Somebody asked for what was lost: from now on nobody else needs to."""
    return _settle(context, "settle-loss", forms.read(Settled, context.posted, SETTLE))


def _settle(context: Context, command: str, form: Form[Any]) -> Response[Any]:
    if form.value is None:
        return _asked(context, form=form)
    handled = give(
        context.parts,
        context.who,
        command,
        {"quarantine_id": context.path["quarantine"], **asdict(form.value)},
        identity=identity_of(form) or uuid4().hex,
    )
    if handled.result == "refused":
        return _asked(context, form=form.with_error("", handled.reason or ""))
    position = handled.events[-1].position if handled.events else None
    return went(context, "/feeds/quarantine", command, position)


ROUTES = (guarded(post, PATH, "replay-quarantined", _about, _taken, name="replay-quarantined"),)
