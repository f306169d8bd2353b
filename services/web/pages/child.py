"""Who is this child, who has the case, what is due, and what happened, as told by every agency?"""

from typing import Any
from urllib.parse import urlencode

from litestar import Response
from litestar.response import Redirect
from msgspec import Struct

from domain.calendar import local_day
from domain.codes import ABUSE_CATEGORIES, CLOSURE_REASONS
from domain.enquiry import ATTENDED
from domain.kernel import Instant
from projections import children, inbox
from services.left_open import conference_owed_since
from services.questions import Row, about_child
from services.web import form as forms
from services.web.command_form import Situation
from services.web.due import WAITING, due, lanes
from services.web.form import Field, Form
from services.web.forms.family import other_person
from services.web.forms.records import may_separate, separated_by
from services.web.frame import show
from services.web.mistaken import lines, mistaken
from services.web.naming import UNKNOWN, Names
from services.web.offered import may, offered
from services.web.pages.put_right import ways
from services.web.routes import Context, page
from services.web.story import (
    KINDS,
    Story,
    chosen,
    details_at,
    held_then,
    referral_href,
    story_of,
    told,
    unanswered,
)
from services.web.templating import govdate
from services.web.waits import waits

FILTERS = {
    "agency": Field("Agency", choices={}),
    "kind": Field("Kind of entry", choices=KINDS),
    "known": Field("As known at", "the date and time", hint="Leaves out what was recorded later."),
}


class Chosen(Struct, frozen=True):
    agency: str | None = None
    kind: str | None = None
    known: Instant | None = None


def _child(context: Context) -> Any:
    return about_child(context.parts.query, context.path["child"])


@page("/children/{child:str}", "see-child", _child)
def child(context: Context) -> Response[Any]:
    situation = Situation(context, context.path["child"])
    if situation.child_id != context.path["child"]:  # the record was merged into another
        return Redirect(f"/children/{situation.child_id}", status_code=303)
    names = situation.names
    pairs = [(name, value) for name, value in context.request.query_params.multi_items()]
    filters = {**FILTERS, "agency": Field("Agency", choices=names.agencies)}
    form: Form[Chosen] = forms.read(Chosen, pairs, filters)
    want = form.value or Chosen()
    story = story_of(situation, want.known)
    entries = chosen(story.entries, want.agency, want.kind)
    here = f"/children/{situation.child_id}"
    now = {"agency": want.agency, "kind": want.kind}
    query = urlencode({name: value for name, value in now.items() if value})
    past = want.known is not None
    deadlines, known = due(story, names), details_at(situation, story)
    return show(
        context,
        "child.html",
        as_known_at=want.known,
        now_href=f"{here}?{query}" if query else here,
        here=here,
        form=form,
        name=known["name"] or "Name not known",
        facts=_facts(situation, story, known, past=past),
        tags=() if past else _tags(situation),
        news=_news(context, story.entries, names),
        missing=[ATTENDED[each] for each in ATTENDED if each in _without(context)],
        risks=unanswered(situation, story),
        waiting=() if past else _waiting(situation),
        mistaken=() if past else _mistaken(situation),
        may_answer=not past and may(situation, "answer-risk"),
        offers=() if past else offered(situation),
        due=[each for each in deadlines if each.state in WAITING],
        done=[each for each in deadlines if each.state not in WAITING],
        lanes=lanes(story, names),
        entries=list(told(entries, situation, story.closed)),
        total=len(story.entries),
        put_right="" if past else _put_right(situation),
        details=() if past else _details(situation),
        family=() if past else _family(situation),
        looks=context.parts.gate.may(context.who, "see-who-looked", situation.resource),
    )


def _without(context: Context) -> list[str]:
    return (context.asked("without") or "").split()


def _facts(
    situation: Situation, story: Story, details: Row, *, past: bool
) -> list[tuple[str, str]]:
    """What stands under the name: who has the case, or what had last become of it then."""
    names, work = situation.names, situation.work
    facts = []
    if details["born_on"]:
        facts.append(("Born", govdate(details["born_on"])))
    elif details["due_on"]:
        facts.append(("Due", govdate(details["due_on"])))
    if past:
        held = held_then(story, names)
        return [*facts, ("Then", held)] if held else facts
    if work is None or work.case_id is None:
        return facts
    if not work.is_open:
        closed = govdate(work.closed_at) if work.closed_at else ""
        reason = CLOSURE_REASONS[work.closure_reason] if work.closure_reason else ""
        return [*facts, ("Case closed", f"{closed}: {reason}"), ("Team", names(work.team_id))]
    if work.worker_id and work.since:
        facts.append(("Social worker", f"{names(work.worker_id)}, since {govdate(work.since)}"))
    facts.append(("Team", names(work.team_id) or "None"))
    if work.seen_at:
        facts.append(("Last seen", govdate(work.seen_at)))
    return facts


def _tags(situation: Situation) -> list[tuple[str, str]]:
    """(words, colour)."""
    work, tags = situation.work, []
    if situation.child.restricted:
        tags.append(("Restricted record", "purple"))
    if work is None or work.case_id is None:
        tags.append(("No case", "grey"))
    elif not work.is_open:
        tags.append(("Closed", "grey"))
    elif work.worker_id is None:
        tags.append(("Unallocated", "red"))
    if work and work.plan_category:
        category = ABUSE_CATEGORIES[work.plan_category].lower()
        tags.append((f"Child protection plan: {category}", "red"))
    if work and work.enquiry and work.enquiry.state == "section-47":
        tags.append(("Section 47 enquiry", "orange"))
    owed = conference_owed_since(situation.works) if work and work.is_open else None
    if owed:
        tags.append((f"Conference owed since {govdate(owed)}", "red"))
    if work and work.handover_to:
        tags.append((f"Handed over to {situation.names(work.handover_to)}", "blue"))
    return tags


def _news(context: Context, entries: tuple[Any, ...], names: Names) -> tuple[str, str]:
    """What the form that led here did: words, and where it stands on the page."""
    position = context.asked("entry")
    if position is None or not position.isdigit():
        return "", ""
    if position == "0":
        return "This was recorded already: nothing was done twice.", ""
    for entry in entries:
        if str(entry.position) == position:
            return f"Recorded: {names.worded(entry.title)}.", f"#event-{position}"
    return "It is recorded, and will appear here in a moment: load the page again.", ""


def _waiting(situation: Situation) -> list[Row]:
    """Referrals about this child that wait for a person."""
    names, today = situation.names, local_day(situation.parts.now())
    return [
        {
            "agency": names(each.agency),
            "at": each.received_at,
            "waits": waits(each, today),
            "href": referral_href(situation.context, each.referral_id),
        }
        for each in inbox.naming(situation.parts.query, situation.child_id)
    ]


def _put_right(situation: Situation) -> str:
    """Where an entry is put right, before its position; empty if this person may not."""
    found = ways(situation)
    if not found:
        return ""
    one = "put-right" if len(found) > 1 else found[0]
    return f"/children/{situation.child_id}/{one}?of="


def _mistaken(situation: Situation) -> list[dict[str, str]]:
    """The child's case, if the decision that opened it was taken back."""
    cases = [situation.work] if situation.work else []
    return lines(situation.context, situation.names, mistaken(situation.parts.query, cases))


def _details(situation: Situation) -> list[tuple[str, str | None]]:
    details = situation.details
    number = details["nhs_number"]
    born = details["born_on"] or details["due_on"]
    return [
        ("First names", details["given_name"]),
        ("Surname", details["family_name"]),
        ("Date of birth" if details["born_on"] else "Date due", govdate(born) if born else None),
        ("NHS number", f"{number[:3]} {number[3:6]} {number[6:]}" if number else None),
        ("Other records", _merged(situation))
        if situation.child.records
        else ("Record since", govdate(situation.child.registered_at)),
    ]


def _merged(situation: Situation) -> str:
    """How many records were merged into this one; to whoever may not separate them, who does."""
    if may_separate(situation.context, situation.child):
        return f"{len(situation.child.records)} merged into this one"
    return separated_by(situation.parts, situation.names, situation.child)


def _family(situation: Situation) -> list[Row]:
    """Whom the child belongs with: names, no addresses."""
    family = []
    for each in children.relationships(situation.parts.query, situation.child_id):
        name, href = other_person(situation, each)
        family.append(
            {
                "name": name or UNKNOWN,
                "href": href,
                "relation": each.relation,
                "since": each.since,
                "ended": each.ended_at,
            }
        )
    return family
