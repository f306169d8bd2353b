"""What is still open about a child, so that the case cannot be closed yet?

    left_open(parts, records, reason) -> list[str]      a sentence each: what is open, what to do
    conference_owed_since(works) -> datetime | None

A case that is closed is in no team's sight: whatever is open in it would be nobody's.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from domain import plan
from domain.calendar import local_day
from domain.codes import ClosureReason
from domain.plan import Plan, plan_of
from projections import caseload, risks
from projections.caseload import Case
from services.assemble import Parts

GOES_WITH_THE_CHILD: frozenset[ClosureReason] = frozenset({"RC2", "RC5"})
"""A child who died needs no conference, and for one who moved the other authority holds it and
answers for the risks (R12). What this authority alone can end, a plan in force and a section 47
enquiry, is ended first all the same: both have an ending for it."""

AFTER_ASSESSMENT: frozenset[ClosureReason] = frozenset({"RC8", "RC9"})


def left_open(
    parts: Parts, records: Iterable[str], reason: ClosureReason | None = None
) -> list[str]:
    """All that stands against closing for this reason; without one, whatever may stand against it.

    `records`: all the records that were found to be about the child.
    """
    records = sorted(records)
    works = [work for each in records if (work := caseload.of_child(parts.query, each))]
    found = [*_in_force(parts, records), *_enquired(works)]
    if reason is None or reason in AFTER_ASSESSMENT:
        found += _assessed(works)
    if reason not in GOES_WITH_THE_CHILD:
        found += [*_owed(works), *_unanswered(parts, records)]
    return list(dict.fromkeys(found))


def _in_force(parts: Parts, records: Sequence[str]) -> Iterator[str]:
    """From the log itself: a plan may have started since the read models last heard."""
    for record in records:
        story: Iterator[Any] = (each.event for each in parts.store.history(plan_of(record)))
        if reduce(plan.evolve, story, Plan()).started:
            yield "End the protection plan first: a case stays open while one is in force."


def _enquired(works: Iterable[Case]) -> Iterator[str]:
    if section_47_runs(works):
        yield "Conclude the section 47 enquiry first: a case stays open while one runs."


def _assessed(works: Iterable[Case]) -> Iterator[str]:
    """R25: closed after assessment is said only of one that a manager has authorised."""
    for work in works:
        for each in work.assessments:
            its_own = each.referral_received_at == work.referral_received_at
            if work.is_open and each.state != "authorised" and its_own:
                yield (
                    "The assessment is not authorised, so that the case cannot be closed after it: "
                    "have it authorised first, or choose another reason."
                )


def _owed(works: Sequence[Case]) -> Iterator[str]:
    for work in works:
        for each in work.enquiries:
            if each.state == "requested" and each.requested_at:
                yield (
                    f"A strategy discussion was asked for on {_day(each.requested_at)}: hold it "
                    "and record what it decided first."
                )
    if since := conference_owed_since(works):
        yield f"A conference has been owed since {_day(since)}: hold it and record it first."


def _unanswered(parts: Parts, records: Sequence[str]) -> Iterator[str]:
    waiting = [
        risk
        for record in records
        for risk in risks.of_child(parts.query, record)
        if risk.answered_at is None
    ]
    for risk in sorted(waiting, key=lambda each: each.raised_at):
        raised = f"by {risk.raised_by_agency} on {_day(risk.raised_at)}"
        yield f"The risk raised {raised} is not answered: answer it first."


def section_47_runs(works: Iterable[Case]) -> bool:
    return any(each.state == "section-47" for work in works for each in work.enquiries)


def conference_owed_since(works: Sequence[Case]) -> datetime | None:
    """When the first enquiry was concluded that needs a conference which nobody held (R11).

    `works`: the work with the child under each of their records. A conference held since that
    enquiry began meets it, and so does a plan in force at any time since; what was concluded before
    the referral of this episode, or before the case was closed, is no longer owed here.
    """
    if any(work.plan_category for work in works):
        return None
    met = [at for work in works for at in (work.conference_at, work.plan_ended_at) if at]
    opened = next((work.referral_received_at for work in works if work.is_open), None)
    closed = max((work.closed_at for work in works if work.closed_at), default=None)
    owed = [
        each.concluded_at
        for work in works
        for each in work.enquiries
        if each.conclusion == "substantiated-continuing-risk" and each.concluded_at
        if (not opened or each.concluded_at >= opened)
        and (opened or not closed or each.concluded_at > closed)
        if not any(at >= (each.started_at or each.concluded_at) for at in met)
    ]
    return min(owed, default=None)


def _day(at: datetime) -> str:
    day = local_day(at)
    return f"{day.day} {day:%B %Y}"
