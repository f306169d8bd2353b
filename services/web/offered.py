"""What may this person do for this child now, so that no button leads to a refusal?"""

from collections.abc import Iterator

from services.access import give
from services.web.command_form import Situation
from services.web.forms.family import current_households, current_relationships
from services.web.templating import Link

Offer = tuple[str, str, str]
"""A command, the words of its link, and what it is about beside the child ("" if nothing)."""


def offered(situation: Situation) -> list[tuple[str, list[Link]]]:
    """The forms that lead on, in groups; none that the gate or the domain would refuse."""
    groups = (
        ("Case", _case(situation)),
        ("Assessment", _assessment(situation)),
        ("Protection", _protection(situation)),
        ("Details", _record(situation)),
    )
    shown = []
    for name, offers in groups:
        links = [link(situation, *offer) for offer in offers if may(situation, offer[0])]
        if links:
            shown.append((name, links))
    return shown


def may(situation: Situation, command: str) -> bool:
    """Whether the gate would let this person give the command about this child."""
    context = situation.context
    return context.parts.gate.may(context.who, give(command), situation.resource)


def link(situation: Situation, command: str, text: str, of: str = "") -> Link:
    """Where a command's form is."""
    about = f"?of={of}" if of else ""
    return Link(text, f"/children/{situation.child_id}/{command}{about}")


def _case(situation: Situation) -> Iterator[Offer]:
    case = situation.work
    if case is None or case.case_id is None:
        return
    if not case.is_open:
        yield "reopen-case", "Reopen the case", ""
        return
    if case.handover_to == situation.context.who.person:
        yield "acknowledge-handover", "Confirm that you have taken it over", ""
    yield "allocate-case", "Reallocate" if case.worker_id else "Allocate", ""
    if case.worker_id:
        yield "issue-handover", "Hand over", ""
        yield "hold-supervision", "Record supervision", ""
        yield "unallocate-case", "Take it from its worker", ""
    yield "record-management-decision", "Record a management decision", ""
    yield "audit-case", "Record an audit", ""
    yield "transfer-case", "Transfer to another team", ""
    yield "close-case", "Close", ""


def _assessment(situation: Situation) -> Iterator[Offer]:
    case = situation.work
    if case is None or not case.is_open:
        return
    assessment = case.assessment
    if assessment is None:
        if case.worker_id:
            yield "start-assessment", "Start an assessment", ""
        return
    of = assessment.assessment_id
    if assessment.state == "completed":
        if assessment.completed_by != situation.context.who.person:
            yield "authorise-assessment", "Authorise", of
        yield "return-assessment", "Return to the worker", of
    yield "see-child", "Child seen", of
    if assessment.state != "completed":
        yield "complete-assessment", "Complete", of
    yield "reach-review-point", "Review point", of
    yield "extend-assessment", "Takes longer", of


def _protection(situation: Situation) -> Iterator[Offer]:
    work = situation.work
    enquiry = work.enquiry if work else None
    of = enquiry.enquiry_id if enquiry else ""
    yield "raise-risk", "Raise a risk", ""
    if enquiry is None:
        yield "request-strategy-discussion", "Ask for a strategy discussion", ""
    yield "hold-strategy-discussion", "Record a strategy discussion", of
    if enquiry is not None and enquiry.state == "section-47":
        yield "conclude-section-47", "Conclude section 47", of
    if work is None:
        return
    substantiated = [e for e in work.enquiries if e.conclusion == "substantiated-continuing-risk"]
    if substantiated and not work.plan_category:
        yield "hold-initial-conference", "Record the conference", substantiated[0].enquiry_id
    if work.is_open or work.plan_category:
        yield "record-visit", "Record a visit", ""
        yield "record-failed-visit", "Record a failed visit", ""
    if work.plan_category:
        yield "end-protection-plan", "End the protection plan", ""


def _record(situation: Situation) -> Iterator[Offer]:
    yield "correct-details", "Correct the details", ""
    yield "merge-records", "Merge with another record", ""
    if situation.child.records:
        yield "separate-records", "Separate a merged record", ""
    yield "record-relationship", "Add somebody of the family", ""
    if current_relationships(situation):
        yield "end-relationship", "A relationship ended", ""
    yield "join-household", "Record where the child lives", ""
    if current_households(situation):
        yield "leave-household", "The child moved out", ""
    if situation.child.restricted:
        yield "unrestrict-record", "Lift the restriction", ""
    yield "restrict-record", "Restrict the record", ""
