"""What waits for a decision, who is late, and what is decided but not finished?"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from litestar import Response, get
from msgspec import Struct

from domain.calendar import holidays_known, local_day, working_days_between
from domain.referral import OUTCOMES
from projections import children, inbox, people, quarantine
from projections.inbox import Waiting
from services import feeds
from services.access import Resource
from services.questions import details_of, theirs
from services.web import form as forms
from services.web.feed_words import MOST_NAMED, asides, losses, told
from services.web.form import Field
from services.web.frame import news, show, stretch
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.templating import Link, number, on_the_wall
from services.web.waits import ORDER, Waits, due, rank, waits

ONLY = {
    "immediate": "Immediate",
    "late": "Late",
    "today": "Due today",
    "unnamed": "No child named",
    "news": "Changed since it came",
}
"""Parts of the inbox, as its tiles name them."""

Do = Literal["authorise", "tell"]
TO_DO: dict[Do, str] = {"authorise": "To authorise", "tell": "To tell"}
"""What is left of a decision: a manager authorises it, the referrer is told of it."""

AT_ONCE = 25
"""Decisions on a page."""

MOST_NAMES = 3
"""Children named in a row; a message about more says how many more."""


class Row(Struct, frozen=True, kw_only=True):
    """A referral as the list shows it. `marks`: words and colour of each tag."""

    referral_id: str
    names: tuple[str, ...]
    more: int
    waits: Waits
    received: str
    agency: str
    urgency: str
    team: str
    workers: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    problems: int


@self_guarded(get, "/inbox", "see-inbox")
def waiting(context: Context) -> Response[str]:
    """Referrals that wait for a person, in the order that the page tells."""
    team, only = context.asked("team"), context.asked("only")
    found = sorted(inbox.waiting(context.parts.query, team), key=rank)
    _look(context, found)
    today = local_day(context.parts.now())
    listed = [each for each in found if only not in ONLY or _is(only, each, today)]
    names, alarms = Names(context.parts), _alarms(context)
    held = quarantine.held(context.parts.query)
    return show(
        context,
        "inbox.html",
        form=_filter(context, names, team),
        here=_here(context, team),
        tiles=_tiles(found, today, team),
        only=ONLY.get(only or "", ""),
        order=ORDER,
        rows=_rows(context, listed, names, today),
        all_href=_href("/inbox", team),
        news=news(context),
        alarms=[told(each) for each in alarms[:MOST_NAMED]],
        more_alarms=len(alarms[MOST_NAMED:]),
        held=[*losses(held, names), *asides(held, names)],
    )


def _alarms(context: Context) -> list[feeds.Row]:
    """What those on duty must know of who sends: concerns may wait where they are not seen."""
    if not context.parts.gate.may(context.who, "see-feeds", Resource()):
        return []
    return feeds.alarms(context.parts, context.parts.now())


@self_guarded(get, "/inbox/decided", "see-inbox")
def decided(context: Context) -> Response[str]:
    """Referrals that are decided, where a manager or the referrer does not know it yet."""
    team = context.asked("team")
    do: Do = "tell" if context.asked("do") == "tell" else "authorise"
    left = _left(
        theirs(context.parts, context.who, inbox.unfinished(context.parts.query, team)), do
    )
    found, page, pages = stretch(context, left, AT_ONCE)
    _look(context, found)
    names = Names(context.parts)
    today = local_day(context.parts.now())
    holidays = holidays_known(today)
    known = _children(context, found, names)
    rows = [
        {
            "referral_id": each.referral_id,
            "names": known[each.referral_id],
            "outcome": OUTCOMES[each.outcome] if each.outcome else "",
            "decided_at": each.decided_at,
            "decided_by": names(each.decided_by),
            "agency": names(each.agency),
            "days": working_days_between(local_day(each.decided_at), today, holidays),
        }
        for each in found
        if each.decided_at
    ]
    return show(
        context,
        "decided.html",
        form=_filter(context, names, team),
        here=_here(context, team, do),
        do=do,
        title=TO_DO[do],
        rows=rows,
        count=len(left),
        page=page,
        pages=pages,
        href=_href("/inbox/decided", team, do=do),
        news=news(context),
    )


def _look(context: Context, found: Iterable[Waiting]) -> None:
    """Every referral on the page, and every child it names, is looked at."""
    about = [i for each in found for i in (each.referral_id, *each.child_ids)]
    context.parts.gate.open(context.who, "see-inbox", Resource(about=tuple(dict.fromkeys(about))))


def _filter(context: Context, names: Names, team: str | None) -> forms.Form[object]:
    areas = [each for each in people.teams(context.parts.query) if each.kind != "authority"]
    field = Field("Team", choices={each.team_id: names(each.team_id) for each in areas})
    return forms.start({"team": field}, {"team": team} if team else {})


def _href(path: str, team: str | None, **more: str) -> str:
    asked = urlencode({"team": team, **more} if team else more)
    return f"{path}?{asked}" if asked else path


def _here(context: Context, team: str | None, here: Do | None = None) -> list[Link]:
    waits = len(inbox.waiting(context.parts.query, team))
    unfinished = theirs(context.parts, context.who, inbox.unfinished(context.parts.query, team))
    links = [Link(f"Waiting ({waits})", _href("/inbox", team), here=here is None)]
    for do, words in TO_DO.items():
        text = f"{words} ({number(len(_left(unfinished, do)))})"
        links.append(Link(text, _href("/inbox/decided", team, do=do), here=here == do))
    return links


def _left(unfinished: Iterable[Waiting], do: Do) -> list[Waiting]:
    """The decisions of which this is left to do."""
    if do == "tell":
        return [each for each in unfinished if each.told_at is None]
    return [each for each in unfinished if each.authorised_by is None]


def _is(only: str | None, each: Waiting, today: date) -> bool:
    match only:
        case "immediate":
            return each.urgency == "immediate"
        case "late":
            return due(each) < today
        case "today":
            return due(each) == today
        case "unnamed":
            return not each.child_ids
        case _:
            return bool(
                each.updated_at or each.cancelled_at or each.conflict_at or each.followed_up_at
            )


def _tiles(found: Sequence[Waiting], today: date, team: str | None) -> list[dict[str, object]]:
    count = Counter(only for each in found for only in ONLY if _is(only, each, today))
    return [
        {
            "value": str(count[only]),
            "text": words,
            "href": _href("/inbox", team, only=only),
            "late": bool(count[only]) and only in ("immediate", "late", "unnamed"),
        }
        for only, words in ONLY.items()
    ]


def _rows(context: Context, found: Sequence[Waiting], names: Names, today: date) -> list[Row]:
    known = _children(context, found, names)
    return [
        Row(
            referral_id=each.referral_id,
            names=known[each.referral_id][:MOST_NAMES],
            more=max(0, len(each.child_ids) - MOST_NAMES),
            waits=waits(each, today),
            received=_came(each, today),
            agency=names(each.agency),
            urgency=each.urgency,
            team=names(each.team_id),
            workers=tuple(map(names, each.told_workers)),
            marks=tuple(_marks(each)),
            problems=len(each.problems),
        )
        for each in found
    ]


def _came(each: Waiting, today: date) -> str:
    """4:05pm today, or 9 March."""
    at = on_the_wall(each.received_at)
    clock = f"{at:%H:%M}"
    if at.date() == today:
        return f"{clock} today"
    year = f" {at.year}" if at.year != today.year else ""
    return f"{at.day} {at:%b}{year}, {clock}"


def _marks(each: Waiting) -> Iterable[tuple[str, str]]:
    if each.conflict_at:
        yield "Two versions", "red"
    if each.cancelled_at:
        yield "Withdrawn", "purple"
    if each.updated_at and not each.cancelled_at:
        yield "More came", "blue"
    if each.followed_up_at:
        yield "Referrer asked", "orange"
    if each.reopened_at:
        yield "Reopened", "blue"
    if each.decided_at:
        yield "Decided before", "grey"
    if each.perhaps_about:
        yield "Perhaps known", "teal"


def _children(
    context: Context, found: Iterable[Waiting], names: Names
) -> dict[str, tuple[str, ...]]:
    """The names of each referral's children; a restricted record says no more than that."""
    parts, known = context.parts, {}
    for child_id in dict.fromkeys(child for each in found for child in each.child_ids):
        record = children.child(parts.query, child_id)
        closed = record and record.restricted and context.who.person not in record.named
        details = details_of(parts.store, record) if record and not closed else {}
        known[child_id] = "Restricted record" if closed else details.get("name") or "Name not known"
    return {
        each.referral_id: tuple(known[child_id] for child_id in each.child_ids) for each in found
    }
