"""What is asked of a visit, a visit that failed, and the end of a protection plan?"""

from domain.codes import ABUSE_CATEGORIES
from domain.plan import PLAN_ENDS, plan_of
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field
from services.web.forms.assessment import PLACES
from services.web.templating import govdate, govmoment


def _facts(situation: Situation) -> list[tuple[str, str]]:
    work = situation.work
    if work is None:
        return []
    told = []
    if work.plan_category and work.plan_since:
        plan = f"{ABUSE_CATEGORIES[work.plan_category]}, since {govdate(work.plan_since)}"
        told.append(("Child protection plan", plan))
    if work.visited_at:
        told.append(("Last visit", govmoment(work.visited_at)))
    if work.seen_at:
        told.append(("Child last seen", govmoment(work.seen_at)))
    return told


def _given(situation: Situation) -> dict[str, object]:
    return {"child_id": situation.child_id, "plan_id": plan_of(situation.child_id)}


def record_visit(situation: Situation) -> Ask:
    return Ask(
        title="Record a visit",
        button="Record the visit",
        fields={
            "seen": Field("Was the child seen?", "the child was seen"),
            "alone": Field("Was the child seen alone?", "the child was seen alone"),
            "bedroom_seen": Field("Was the bedroom seen?", "the bedroom was seen"),
            "where": Field("Where?", "where the visit was", choices=PLACES),
            "notes": Field("What did you see and do?", "what you saw and did"),
            "child_said": Field(
                "What did the child say, in the child's own words?", "what the child said"
            ),
            "happened_at": WHEN,
        },
        given=_given(situation),
        facts=_facts(situation),
    )


def record_failed_visit(situation: Situation) -> Ask:
    return Ask(
        title="Record a visit that failed",
        button="Record",
        fields={
            "reason": Field(
                "Why did it fail, and what will you do?",
                "why it failed, and what you will do",
            ),
            "happened_at": WHEN,
        },
        given=_given(situation),
        facts=_facts(situation),
    )


def end_protection_plan(situation: Situation) -> Ask:
    return Ask(
        title="End the child protection plan",
        button="End the plan",
        fields={
            "reason": Field("Reason", "the reason", choices=PLAN_ENDS),
            "rationale": Field("Why?", "why it ends"),
            "happened_at": WHEN,
        },
        given=_given(situation),
        facts=_facts(situation),
        grave=True,
    )
