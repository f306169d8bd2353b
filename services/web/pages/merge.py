"""Are two records about the same child? A manager compares them, keeps one, and says why.

The other record is one that is likely (see `services/web/alike.py`) or one that is searched for.
"""

from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from projections import children
from services.access import give as giving
from services.answers import ChildLine
from services.give import give
from services.questions import about_child, about_referral
from services.questions import children as search
from services.web import form as forms
from services.web.alike import alike, beside, line
from services.web.command_form import Situation, identity_of
from services.web.form import Field, Form
from services.web.frame import PATIENCE_SECONDS, show, went
from services.web.routes import Context, guarded
from services.web.templating import govdate

PATH = "/children/{child:str}/merge-records"

WORDS = {
    "words": Field(
        "Name of the other record",
        "a name",
        hint="Whole names, in any order. Each search is on record, also one that finds nobody.",
    )
}


class Search(Struct, frozen=True):
    words: str


class Merge(Struct, frozen=True):
    """`keep`: the record into which the other is merged."""

    keep: str
    reason: str


def _child(context: Context) -> Any:
    return about_child(context.parts.query, context.path["child"])


def _asked(context: Context) -> Response[Any]:
    """The two records side by side, or which other record there may be."""
    one = Situation(context, context.path["child"])
    of = context.asked("of")
    if of is None:
        return _choose(one)
    other, referral = Situation(context, of), _from(context, context.asked("referral") or "")
    if other.child_id == one.child_id:  # merged meanwhile
        return Redirect(f"/children/{one.child_id}", status_code=303)
    return _compare(one, other, referral=referral)


def _taken(context: Context) -> Response[Any]:
    one = Situation(context, context.path["child"])
    if context.typed("do") == "search":
        return _choose(one, forms.read(Search, context.posted, WORDS))
    other = Situation(context, context.typed("of"))
    referral = _from(context, context.typed("referral"))
    if other.child_id == one.child_id:  # sent twice, or merged meanwhile
        return _back(context, one.child_id, referral, None)
    form = forms.read(Merge, context.posted, questions(one, other))
    if form.value is None:
        return _compare(one, other, form, referral=referral)
    keep, reason = form.value.keep, form.value.reason
    merged = other.child_id if keep == one.child_id else one.child_id
    fields = {"child_id": keep, "merged_child_id": merged, "reason": reason}
    identity = identity_of(form) or uuid4().hex
    handled = give(context.parts, context.who, "merge-records", fields, identity=identity)
    if handled.result == "refused":
        refused = form.with_error("", handled.reason or "")
        return _compare(one, other, refused, referral=referral)
    position = max((event.position for event in handled.events), default=None)
    return _back(context, keep, referral, position)


def _back(context: Context, kept: str, referral: str, position: int | None) -> Response[Any]:
    """To the referral that led here, or to the child. `position`: None where nothing was done."""
    if referral:
        done = "already" if position is None else "merge-records"
        return went(context, f"/referrals/{referral}", done, position)
    if position is not None:
        context.parts.projector.caught_up_to(position, PATIENCE_SECONDS)
    return Redirect(f"/children/{kept}?entry={position or 0}", status_code=303)


def _from(context: Context, referral: str) -> str:
    """The referral that led here, to go back to; empty if it is none of theirs to see."""
    about = about_referral(context.parts.query, referral)
    return referral if context.parts.gate.may(context.who, "see-referral", about) else ""


def _choose(one: Situation, form: Form[Search] | None = None) -> Response[Any]:
    """Which record it may be: the likely ones, and those found by a search."""
    context, parts = one.context, one.parts
    parts.gate.open(context.who, "see-child", one.resource)
    here = f"/children/{one.child_id}"
    likely = alike(parts, context.who, one.child, addresses=False)
    found = None
    if form is not None and form.value is not None:
        found = [_found(one, each) for each in search(parts, context.who, form.value.words)]
    return show(
        context,
        "merge_choose.html",
        status=422 if form is not None and form.errors else 200,
        name=one.names.child(one.child_id),
        here=here,
        likely=[(each.name, each.line, _href(here, each.child_id)) for each in likely.others],
        form=form or forms.start(WORDS),
        found=found and [each for each in found if each],
        searched=found is not None,
    )


def _found(one: Situation, row: ChildLine) -> tuple[str, str, str] | None:
    """A record that a search found: name, a line about it, where it is compared. Not itself."""
    other = children.child(one.parts.query, row["child"])
    if other is None or other.child_id == one.child_id:
        return None
    born = f"Born {govdate(row['born_on'])}. " if row["born_on"] else ""
    href = _href(f"/children/{one.child_id}", other.child_id)
    return row["name"] or "Name not known", f"{born}{line(one.parts, other)}", href


def _href(here: str, other: str) -> str:
    return f"{here}/merge-records?of={other}"


def questions(one: Situation, other: Situation) -> dict[str, Field]:
    """What the form asks about these two records."""
    return {
        "keep": Field(
            "Which record is kept?",
            "the record that is kept",
            hint="The one with the open case if there is one, otherwise the older one.",
            choices={
                one.child_id: _label("This record", one),
                other.child_id: _label("The other record", other),
            },
        ),
        "reason": Field(
            "How do you know that it is the same child?", "how you know that it is the same child"
        ),
    }


def _label(which: str, situation: Situation) -> str:
    about = line(situation.parts, situation.child)
    name = situation.names.child(situation.child_id)
    return f"{which}: {name}. {about}"


def _compare(
    one: Situation, other: Situation, form: Form[Merge] | None = None, *, referral: str
) -> Response[Any]:
    """The form. It shows both children, so both looks are recorded first."""
    context, parts = one.context, one.parts
    addresses = context.asked("addresses") is not None
    for each in (one, other):
        parts.gate.open(context.who, giving("merge-records"), each.resource)
        parts.gate.open(context.who, "see-child", each.resource)
    here = f"/children/{one.child_id}"
    back = f"/referrals/{referral}" if referral else here
    return show(
        context,
        "merge.html",
        status=422 if form is not None and form.errors else 200,
        name=one.names.child(one.child_id),
        here=here,
        back=back,
        of=other.child_id,
        referral=referral,
        rows=beside(parts, context.who, one.child, other.child, addresses=addresses),
        addresses=addresses,
        form=form or forms.start(questions(one, other)),
        identity=uuid4().hex,
    )


ROUTES = (
    guarded(get, PATH, giving("merge-records"), _child, _asked, name="ask-merge-records"),
    guarded(post, PATH, giving("merge-records"), _child, _taken, name="take-merge-records"),
)
