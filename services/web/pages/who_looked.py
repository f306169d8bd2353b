"""Who looked at which record, when, under which rule? For an auditor, over the whole access log."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from msgspec import Struct

from adapters.access_log import SAFE, Look, Wanted
from services.access import DENIALS, ROLES, RULES, Resource
from services.access.gate import RANDOM_ID
from services.web import form as forms
from services.web.form import Field, Form
from services.web.frame import page_of, show
from services.web.naming import Names
from services.web.pages.looks import LOOKED
from services.web.routes import Context, self_guarded
from services.web.templating import LONDON, plural

AT_ONCE = 25
MOST_RECORDS = 3
"""Records named in a line; a look at a list says how many more."""

SENTENCES: dict[str, str] = {rule.id: rule.sentence for rule in RULES} | DENIALS
"""Every rule by which something is shown or denied."""


class Asked(Struct, frozen=True, kw_only=True):
    record: str | None = None
    person: str | None = None
    since: date | None = None
    until: date | None = None


FIELDS = {
    "record": Field("Record", hint="Its id, such as child-… or referral-…"),
    "person": Field("Person", hint="Their id"),
    "since": Field("From", "the first day"),
    "until": Field("To", "the last day"),
}


@self_guarded(get, "/looks", "see-log")
def who_looked(context: Context) -> Response[Any]:
    """The looks that fit, newest first, a page at a time; to ask is on record as a look itself."""
    pairs = [(name, value.strip()) for name, value in context.request.query_params.multi_items()]
    form: Form[Asked] = forms.read(Asked, pairs, FIELDS)
    asked = form.value or Asked()
    for name, given in (("record", asked.record), ("person", asked.person)):
        if given and not SAFE(given):
            form = form.with_error(name, f"The {name} must be an id: no spaces, no capital letters")
    about = asked.record or "looks"
    context.parts.gate.open(context.who, "see-log", Resource(about=(about,)))
    log, names = context.parts.gate.log, Names(context.parts, sealed=True)
    wanted = Wanted(
        about=asked.record,
        person=asked.person,
        since=_midnight(asked.since),
        until=_midnight(asked.until, days=1),
    )
    count = 0 if form.errors else log.count(wanted)
    number, pages = page_of(context, count, AT_ONCE)
    found = log.asked(wanted, (number - 1) * AT_ONCE, AT_ONCE) if count else []
    kept = {name: value for name, value in pairs if value and name != "page"}
    return show(
        context,
        "who_looked.html",
        form=form,
        rows=[_row(look, names) for look in found],
        record=asked.record or "",
        count=count,
        page=number,
        pages=pages,
        href=f"/looks?{urlencode(kept)}" if kept else "/looks",
    )


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    """When a day begins in England, or so many days after it."""
    return datetime.combine(day + timedelta(days), time(), LONDON) if day else None


def _row(look: Look, names: Names) -> dict[str, Any]:
    # What was searched for stands there as keyed tokens, which say nothing to a reader.
    searched = look.action == "search-children"
    records = [each for each in look.about if not searched or RANDOM_ID(each)]
    words = len(look.about) - len(records)
    more = len(records) - MOST_RECORDS
    return {
        "at": look.at,
        "person": look.person,
        "called": names(look.person),
        "role": dict[str, str](ROLES.items()).get(look.role, look.role),
        "what": LOOKED.get(look.action, look.action.replace("-", " ").capitalize()),
        "records": [(each, bool(RANDOM_ID(each))) for each in records[:MOST_RECORDS]],
        "more": " and ".join(
            [f"{plural(more, 'record')} more"] * (more > 0)
            + [plural(words, "word") + " of a search"] * bool(words)
        ),
        "permitted": look.permitted,
        "rule": look.rule,
        "why": SENTENCES.get(look.rule, ""),
    }
