"""What is asked when a risk is raised, answered or escalated, or its answer withdrawn?"""

from datetime import datetime

from domain.risk import ANSWERS, RISK_KINDS
from projections import people, risks
from services.access import Denied
from services.questions import text_of
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field
from services.web.templating import govdate, plural


def raise_risk(situation: Situation) -> Ask:
    return Ask(
        title="Raise a risk",
        button="Raise the risk",
        told="It stays in sight, with its age, until somebody answers it.",
        fields={
            "kind": Field("What is feared?", "what is feared", choices=RISK_KINDS),
            "raised_by_agency": Field(
                "Whose fear is it?", "whose fear it is", choices=situation.names.agencies
            ),
            "words": Field("In what words was it told?", "the words in which it was told"),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id, "risk_id": ""},
        start={"raised_by_agency": "authority"},
    )


def _risk(situation: Situation) -> risks.Risk:
    found = risks.risk(situation.parts.query, situation.of or "")
    if found is None or found.child_id not in (situation.child_id, *situation.child.records):
        raise Denied
    return found


def waited(risk: risks.Risk, now: datetime) -> str:
    """How long nobody has answered: 3 days, or since today."""
    days = risk.age(now).days
    return plural(days, "day") if days else "less than a day"


def _facts(situation: Situation) -> list[tuple[str, str]]:
    risk = _risk(situation)
    raised = f"{govdate(risk.raised_at)}, by {situation.names(risk.raised_by_agency)}"
    return [
        ("Feared", RISK_KINDS[risk.kind]),
        ("Raised", raised),
        (
            "Answered after" if risk.answered_at else "Unanswered for",
            waited(risk, situation.parts.now()),
        ),
        ("In their words", text_of(situation.parts.store, risk.sealed)),
    ]


def _answered(situation: Situation) -> str:
    """Who answered it and how, for whoever comes to answer it; empty while nobody has."""
    risk = _risk(situation)
    if risk.answer is None or risk.answered_at is None:
        return ""
    by, on = situation.names(risk.answered_by), govdate(risk.answered_at)
    return f"{by} answered this risk on {on}. {ANSWERS[risk.answer]}."


def answer_risk(situation: Situation) -> Ask:
    return Ask(
        title="Answer a risk",
        button="Record the answer",
        told=_answered(situation),
        fields={
            "answer": Field("Your answer", "your answer", choices=ANSWERS),
            "reason": Field("Why?", "why you answer so"),
            "evidence": Field(
                "What evidence do you rely on?",
                "the evidence that you rely on",
                hint="Who was seen, what was read, who confirmed it, and when.",
            ),
            "happened_at": WHEN,
        },
        given={"risk_id": _risk(situation).risk_id},
        facts=_facts(situation),
    )


def escalate_risk(situation: Situation) -> Ask:
    names = situation.names
    managers = {
        each.person_id: f"{names(each.person_id)}, {names(each.team_id)}"
        for each in people.staff(situation.parts.query)
        if each.manages
    }
    return Ask(
        title="Escalate a risk",
        button="Escalate",
        told="It stays unanswered until it is answered: escalating is no answer.",
        fields={
            "to": Field("To which manager?", "to whom you escalate it", choices=managers),
            "reason": Field("Why?", "why you escalate it"),
            "happened_at": WHEN,
        },
        given={"risk_id": _risk(situation).risk_id},
        facts=_facts(situation),
    )


def withdraw_risk_answer(situation: Situation) -> Ask:
    risk = _risk(situation)
    if risk.answer is None or risk.answer_sealed is None:
        raise Denied
    facts = [fact for fact in _facts(situation) if fact[0] != "Answered after"]
    words = text_of(situation.parts.store, risk.answer_sealed)
    return Ask(
        title="Withdraw the answer to a risk",
        button="Withdraw the answer",
        told="For an answer that was wrong, or was meant for another risk. The risk is unanswered "
        "again, since it was raised.",
        fields={
            "reason": Field("Why is the answer withdrawn?", "why the answer is withdrawn"),
            "happened_at": WHEN,
        },
        given={"risk_id": risk.risk_id},
        facts=[*facts, ("Its answer", ANSWERS[risk.answer]), ("Why", words)],
        grave=True,
    )
