"""What is asked of an assessment: at its start, when the child is seen, at its end?"""

from datetime import datetime

from domain.assessment import ASSESSMENT_OUTCOMES
from domain.case import child_of
from domain.clocks import clock
from domain.codes import FACTORS
from projections import deadlines
from projections.deadlines import Deadline
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field
from services.web.templating import govdate, govmoment

PLACES = {
    "home": "At home",
    "school": "At school",
    "nursery": "At nursery",
    "hospital": "In hospital",
    "office": "At the office",
    "elsewhere": "Elsewhere",
}


def _facts(situation: Situation) -> list[tuple[str, str]]:
    assessment = situation.assessment()
    clocks = _clocks(situation, assessment.case_id)
    due = next((each.due_on for each in clocks if each.waiting_for), None)
    seen = govmoment(assessment.seen_at) if assessment.seen_at else "Not yet, in this assessment"
    return [
        ("Started", govdate(assessment.started_at)),
        ("To be authorised by", govdate(due) if due else "Not counted while the case is closed"),
        ("Child seen", seen),
    ]


def _clocks(situation: Situation, case_id: str | None) -> list[Deadline]:
    """The limits of the case's assessments (R5), earliest first."""
    parts = situation.parts
    found = deadlines.of_child(parts.query, child_of(case_id or ""), parts.now())
    return [each for each in found if each.rule == "R5"]


def _counted(situation: Situation, case_id: str | None, received: datetime | None) -> str:
    """From when a new assessment is counted: the referral, unless another has answered it."""
    if received is None:
        return ""
    for each in _clocks(situation, case_id):
        if each.started_at == received and each.state in ("met", "met-late"):
            return (
                "The referral's own assessment is authorised: the time of this one counts from"
                " the day it starts."
            )
    due = govdate(clock("R5", received).due)
    return f"Its time counts from the referral: it is to be authorised by {due}."


def start_assessment(situation: Situation) -> Ask:
    case = situation.case()
    worker = case.worker_id or ""
    received = case.referral_received_at or case.opened_at
    return Ask(
        title="Start a child and family assessment",
        button="Start the assessment",
        told=_counted(situation, case.case_id, received),
        fields={
            "review_on": Field(
                "When does a manager review it?",
                "the day of the review",
                hint="Leave it empty for the usual review point. For example, 9 11 2026",
            ),
            "happened_at": WHEN,
        },
        given={
            "child_id": case.child_id,
            "case_id": case.case_id,
            "referral_received_at": received,
            "worker_id": worker,
            "assessment_id": "",
        },
        facts=[("Leads the assessment", situation.names(worker))],
    )


def see_child(situation: Situation) -> Ask:
    return Ask(
        title="Record that the child was seen",
        button="Record",
        fields={
            "alone": Field("Was the child seen alone?", "the child was seen alone"),
            "where": Field("Where?", "where the child was seen", choices=PLACES),
            "words": Field(
                "What did the child say, in the child's own words?",
                "what the child said, or how a child without words was",
                hint="For a baby or a child without speech: what you saw of how they are.",
            ),
            "happened_at": WHEN,
        },
        given={"assessment_id": situation.assessment().assessment_id},
        facts=_facts(situation),
    )


def reach_review_point(situation: Situation) -> Ask:
    return Ask(
        title="Record the review point",
        button="Record the review",
        fields={
            "findings": Field("What did the review find?", "what the review found"),
            "happened_at": WHEN,
        },
        given={"assessment_id": situation.assessment().assessment_id},
        facts=_facts(situation),
    )


def extend_assessment(situation: Situation) -> Ask:
    return Ask(
        title="Record why the assessment takes longer",
        button="Record the reasons",
        told="The limit stays as it is: the assessment is shown as late, with your reasons.",
        fields={
            "reason": Field(
                "Why does it take longer, and what keeps the child safe meanwhile?",
                "why it takes longer",
            ),
            "happened_at": WHEN,
        },
        given={"assessment_id": situation.assessment().assessment_id},
        facts=_facts(situation),
    )


def complete_assessment(situation: Situation) -> Ask:
    assessment = situation.assessment()
    unseen = "" if assessment.seen_at else "The child has not been seen in this assessment. "
    return Ask(
        title="Complete the assessment",
        button="Complete, and send to a manager",
        told=f"{unseen}A manager authorises it, or returns it to you.",
        fields={
            "factors": Field(
                "Factors identified",
                "the factors, or that none were identified",
                choices={code: f"{words} ({code})" for code, words in FACTORS.items()},
            ),
            "outcome": Field("Outcome", "the outcome", choices=ASSESSMENT_OUTCOMES),
            "summary": Field(
                "Summary",
                "the summary",
                hint="What was found, what the child said, and why this outcome.",
            ),
            "happened_at": WHEN,
        },
        given={"assessment_id": assessment.assessment_id},
        facts=_facts(situation),
    )


def _completed(situation: Situation) -> list[tuple[str, str]]:
    assessment = situation.assessment()
    facts = _facts(situation)
    if assessment.outcome:
        facts.append(("Outcome", ASSESSMENT_OUTCOMES[assessment.outcome]))
    if assessment.completed_at:
        by = situation.names(assessment.completed_by)
        facts.append(("Completed", f"{govdate(assessment.completed_at)}, {by}"))
    return facts


def authorise_assessment(situation: Situation) -> Ask:
    return Ask(
        title="Authorise the assessment",
        button="Authorise",
        fields={
            "rationale": Field("Why do you authorise it?", "why you authorise it"),
            "happened_at": WHEN,
        },
        given={"assessment_id": situation.assessment().assessment_id},
        facts=_completed(situation),
    )


def return_assessment(situation: Situation) -> Ask:
    return Ask(
        title="Return the assessment to the worker",
        button="Return it",
        fields={
            "reason": Field("What is missing?", "what is missing"),
            "happened_at": WHEN,
        },
        given={"assessment_id": situation.assessment().assessment_id},
        facts=_completed(situation),
    )
