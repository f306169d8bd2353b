"""Is whatever a person's command names on record, and does it belong together?

    check(parts, command) -> None                 `Refused`, with a sentence, where one does not fit
    from_record(query, name, fields, *, now)      with what the record knows and nobody types

A family decides on its own stream alone: it cannot know whether a team was ever formed, or whose
enquiry another stream is. That is asked here, of the read models, one row a field.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import reduce
from typing import Any

from domain import case
from domain.agency import RegisterAgency
from domain.assessment import StartAssessment
from domain.calendar import local_day
from domain.case import (
    AllocateCase,
    Case,
    CaseClosed,
    CloseCase,
    IssueHandover,
    OverturnDecision,
    TransferCase,
    case_of,
    child_of,
)
from domain.child import MergeRecords, RestrictRecord
from domain.codes import ClosureReason
from domain.conference import HoldInitialConference, InitialConferenceHeld
from domain.enquiry import HoldStrategyDiscussion, RequestStrategyDiscussion
from domain.kernel import Command, Refused
from domain.plan import RecordFailedVisit, RecordVisit, StartProtectionPlan
from domain.record import INSTEAD, CorrectEntry, Retracted, RetractEntry
from domain.referral import (
    OPENS_A_CASE,
    DecideReferral,
    DeclineInformation,
    RequestInformation,
    RouteReferral,
    ShareInformation,
)
from domain.risk import EscalateRisk, RaiseRisk
from domain.workforce import AppointManager, ArrangeCover, JoinTeam
from projections import agencies, caseload, children, chronology, inbox, matches, people
from projections.base import Query
from services.access import COMMAND_LINE, OPERATOR
from services.assemble import Parts
from services.left_open import conference_owed_since, left_open, section_47_runs
from services.questions import details_of

AUTHORITY = "authority"
"""The council's own agency id. It is nobody's and no sender's."""

Check = Callable[[Parts, Any, Any], str | None]
"""What is wrong with the value of a command's field, as a sentence; None where it fits."""


def check(parts: Parts, command: Command) -> None:
    """Raise `Refused` if something that the command names is not there or does not fit.

    A field that is left empty is for the family to judge.
    """
    for kinds, field, wrong in CHECKS:
        if isinstance(command, kinds):
            value = getattr(command, field)
            if value not in (None, "", ()) and (sentence := wrong(parts, command, value)):
                raise Refused(sentence)


def from_record(
    query: Query, name: str, fields: Mapping[str, Any], *, now: datetime
) -> Mapping[str, Any]:
    """The fields, with when the case's referral came, for a command that is counted from there.

    Where there is no such case it is `now`: the gate says so, as of a case of somebody else's.
    """
    if name != "start-assessment" or fields.get("referral_received_at"):
        return fields
    found = caseload.case(query, str(fields.get("case_id")))
    received = found.referral_received_at if found else None
    return {**fields, "referral_received_at": received or now}


# ── Teams and people ──────────────────────────────────────────────────────────────────────────────


def _team_for_work(parts: Parts, _command: Command, team_id: str) -> str | None:
    teams = {team.team_id: team.kind for team in people.teams(parts.query)}
    if team_id not in teams:
        return f"There is no team {team_id}: choose one that is formed."
    if teams[team_id] == "authority":
        return f"{team_id} takes no referrals or cases: choose an area or duty team."
    return None


def _in_post(query: Query, person_id: str) -> bool:
    return bool(people.posts(query, person_id))


def _manages(query: Query, person_id: str) -> bool:
    return any(post.manages for post in people.posts(query, person_id))


def _manager(parts: Parts, command: Command, person_id: str) -> str | None:
    """A manager in post, or who covers for one today."""
    covered = people.covers(parts.query, person_id, local_day(command.recorded_at))
    acting = _in_post(parts.query, person_id) and any(
        _manages(parts.query, each.person_id) for each in covered
    )
    if acting or _manages(parts.query, person_id):
        return None
    return f"{person_id} is not a manager in post: name one who is, or who covers for one."


def _teams_worked_in(query: Query, person_id: str) -> set[str]:
    posts = people.posts(query, person_id)
    return {post.team_id for post in posts if post.role == "social-worker"}


def _worker(parts: Parts, _command: Command, person_id: str) -> str | None:
    if _teams_worked_in(parts.query, person_id):
        return None
    return f"{person_id} is not a social worker in post: choose one who is."


def _worker_of_the_team(parts: Parts, command: AllocateCase, person_id: str) -> str | None:
    teams = _teams_worked_in(parts.query, person_id)
    if not teams:
        return _worker(parts, command, person_id)
    found = caseload.case(parts.query, command.case_id)
    if (command.team_id or (found.team_id if found else None)) in teams:
        return None
    return f"{person_id} works in another team: name that team too, and the case moves to it."


def _readers(parts: Parts, command: RestrictRecord, named: Iterable[str]) -> str | None:
    ghosts = [each for each in named if not _in_post(parts.query, each)]
    if ghosts:
        return f"{ghosts[0]} works in no team: name people who do."
    if command.by not in named:
        return "Name yourself too: otherwise you could not open the record again."
    return None


def _someone_in_post(parts: Parts, _command: Command, person_id: str) -> str | None:
    if _in_post(parts.query, person_id):
        return None
    return f"{person_id} works in no team: choose somebody who does."


def _free_for_a_person(parts: Parts, _command: Command, person_id: str) -> str | None:
    reserved = (AUTHORITY, OPERATOR.person, COMMAND_LINE.person)
    if person_id in reserved or agencies.agency(parts.query, person_id):
        return f"The id {person_id} is not free for a person: choose another."
    return None


def _free_for_an_agency(parts: Parts, _command: Command, agency_id: str) -> str | None:
    reserved = (OPERATOR.person, COMMAND_LINE.person)
    if agency_id in reserved or people.who(parts.query, agency_id):
        return f"The id {agency_id} is a person's: choose another."
    return None


def _agency(parts: Parts, _command: Command, agency_id: str) -> str | None:
    if agency_id == AUTHORITY or agencies.agency(parts.query, agency_id):
        return None
    return f"No agency {agency_id} is registered: choose one that is."


# ── Children, and what is about them ──────────────────────────────────────────────────────────────


def _records(query: Query, child_id: str) -> frozenset[str]:
    """All records that were found to be about this child."""
    child = children.child(query, child_id)
    return frozenset((child_id, child.child_id, *child.records) if child else (child_id,))


def _mergeable(parts: Parts, command: MergeRecords, merged: str) -> str | None:
    into = children.merged_into(parts.query, merged)
    if merged == command.child_id or into == command.child_id:
        return None  # the family says why not; or it is so already
    if into is not None:
        return "That record is merged into another already: separate it from that one first."
    survivor = children.child(parts.query, command.child_id)
    if survivor is not None and survivor.child_id == merged:
        return "This record is itself merged into that one: separate them first."
    return _told_apart(parts.query, command.child_id, merged)


def _told_apart(query: Query, child_id: str, other_child_id: str) -> str | None:
    """Whether somebody told the two apart, from whichever record it was said."""
    one, other = _records(query, child_id), _records(query, other_child_id)
    for pair in matches.told_apart(query, one):
        if pair & one and pair & other:
            return "The two records were told apart: withdraw that first, and say why."
    return None


def _about_the_child(parts: Parts, command: RaiseRisk, referral_id: str) -> str | None:
    referral = inbox.referral(parts.query, referral_id)
    about = set(referral.now.child_ids) if referral else set[str]()
    if about & _records(parts.query, command.child_id):
        return None
    return "That referral is not about this child: choose one that is, or leave it empty."


def _childs_case(parts: Parts, command: StartAssessment, case_id: str) -> str | None:
    found = caseload.case(parts.query, case_id)
    if found is None or child_of(case_id) != command.child_id:
        return "That is not this child's case: choose the child's own."
    if not found.is_open or found.opened_at is None:
        return "This case is closed: reopen it first."
    for each in found.assessments:  # what an earlier episode left open is no longer worked on
        if each.state != "authorised" and each.started_at >= found.opened_at:
            return "An assessment of this child is open already: have it authorised first."
    return None


def _as_the_case_has_it(parts: Parts, command: StartAssessment, received: datetime) -> str | None:
    found = caseload.case(parts.query, command.case_id)
    if found is not None and found.referral_received_at in (None, received):
        return None
    return "The case's referral came at another time: leave it out, and the case's own is taken."


def _childs_enquiry(parts: Parts, command: HoldInitialConference, enquiry_id: str) -> str | None:
    enquiry = caseload.enquiry(parts.query, enquiry_id)
    if enquiry is not None and enquiry.child_id in _records(parts.query, command.child_id):
        return None
    return "That is not an enquiry about this child: choose the child's own."


def _childs_conference(
    parts: Parts, command: StartProtectionPlan, conference_id: str
) -> str | None:
    held = [each.event for each in parts.store.history(conference_id)]
    records = _records(parts.query, command.child_id)
    if any(isinstance(each, InitialConferenceHeld) and each.child_id in records for each in held):
        return None
    return "That is not a conference about this child: choose the child's own."


# ── What goes on only in an open case, where its team sees it ─────────────────────────────────────


def _story(parts: Parts, stream: str) -> list[Any]:
    """From the log itself: the read models may not know yet that a case was closed."""
    return [recorded.event for recorded in parts.store.history(stream)]


def _open_cases(parts: Parts, child_id: str) -> list[Case]:
    states = (
        reduce(case.evolve, _story(parts, case_of(record)), Case())
        for record in _records(parts.query, child_id)
    )
    return [state for state in states if state.episode and not state.closed]


def _is_open(parts: Parts, child_id: str) -> bool:
    return bool(_open_cases(parts, child_id))


def _open_case(parts: Parts, _command: Command, child_id: str) -> str | None:
    if _is_open(parts, child_id):
        return None
    if any(_story(parts, case_of(record)) for record in _records(parts.query, child_id)):
        return "This child's case is closed, so that no team would see it: reopen the case first."
    return "This child has no case: decide a referral that opens one first."


def _case_at_the_time(
    parts: Parts, command: RecordVisit | RecordFailedVisit, child_id: str
) -> str | None:
    """A visit may be written down after the case was closed."""
    for record in _records(parts.query, child_id):
        closed = [e for e in _story(parts, case_of(record)) if isinstance(e, CaseClosed)]
        if closed and command.happened_at <= closed[-1].happened_at:
            return None
    return _open_case(parts, command, child_id)


def _after_birth(
    parts: Parts, command: RecordVisit | RecordFailedVisit, child_id: str
) -> str | None:
    """A family may be visited before a child is born, but then the child's record is as old."""
    child = children.child(parts.query, child_id)
    born_on = details_of(parts.store, child)["born_on"] if child else None
    if child is None or born_on is None or local_day(child.registered_at) < born_on:
        return None
    if local_day(command.happened_at) < born_on:
        return "It cannot have happened before the child was born: check the day."
    return None


def _case_or_referral(parts: Parts, _command: Command, child_id: str) -> str | None:
    """A strategy discussion cannot always wait for a case (R7), but somebody must see it."""
    waits = any(inbox.naming(parts.query, each) for each in _records(parts.query, child_id))
    if waits or _is_open(parts, child_id):
        return None
    return (
        "This child has no open case and no referral that waits, so that nobody would see it: "
        "reopen the case, or take the concern in as a referral, first."
    )


def _works(query: Query, child_id: str) -> list[caseload.Case]:
    works = (caseload.of_child(query, record) for record in _records(query, child_id))
    return [work for work in works if work]


def _case_for_the_enquiry(parts: Parts, command: DecideReferral, outcome: str) -> str | None:
    referral = inbox.referral(parts.query, command.referral_id)
    if outcome in OPENS_A_CASE or referral is None:
        return None
    for child_id in referral.now.child_ids:
        if _is_open(parts, child_id):
            continue
        works = _works(parts.query, child_id)
        if section_47_runs(works):
            return (
                "A section 47 enquiry about this child runs: conclude it first, or choose an "
                "outcome that opens a case."
            )
        if conference_owed_since(works):
            return "A conference about this child is owed: choose an outcome that opens a case."
    return None


def _has_a_worker(parts: Parts, command: DecideReferral, outcome: str) -> str | None:
    """What is passed to a child's social worker is passed to somebody."""
    referral = inbox.referral(parts.query, command.referral_id)
    if outcome != "existing-worker" or referral is None:
        return None
    for child_id in referral.now.child_ids:
        if any(state.worker_id for state in _open_cases(parts, child_id)):
            return None
    return (
        "No child on this referral has an open case with a social worker: add the child, have the "
        "case allocated, or choose another outcome."
    )


def _nothing_left_open(parts: Parts, command: CloseCase, reason: ClosureReason) -> str | None:
    child_id = child_of(command.case_id)
    if not _is_open(parts, child_id):
        return None  # the family says what became of it
    records = _records(parts.query, child_id)
    return " ".join(left_open(parts, records, reason)) or None


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────


def _on_the_timeline(
    parts: Parts, command: CorrectEntry | RetractEntry | OverturnDecision, position: int
) -> str | None:
    child_id = (
        child_of(command.case_id) if isinstance(command, OverturnDecision) else command.child_id
    )
    story = (chronology.timeline(parts.query, each) for each in _records(parts.query, child_id))
    if any(entry.position == position for entries in story for entry in entries):
        return None
    return "There is no such entry on this child's record."


def _not_retracted(parts: Parts, command: CorrectEntry | RetractEntry, position: int) -> str | None:
    for later in chronology.superseding(parts.query, position):
        (recorded,) = parts.store.recorded_at(later)
        if isinstance(recorded.event, Retracted) and recorded.stream != command.record_id:
            return "This entry is retracted already: record what is right as a new entry."
    return None


def _stands_alone(parts: Parts, _command: RetractEntry, position: int) -> str | None:
    """What has an undoing of its own is undone by that, so that all who built on it know."""
    (recorded,) = parts.store.recorded_at(position)
    return INSTEAD.get(type(recorded.event))


# ── What is asked of which field ──────────────────────────────────────────────────────────────────

CHECKS: tuple[tuple[tuple[type[Command], ...], str, Check], ...] = (
    ((DecideReferral, RouteReferral, AllocateCase, TransferCase), "team_id", _team_for_work),
    ((DecideReferral,), "authorised_by", _manager),
    ((EscalateRisk,), "to", _manager),
    ((AllocateCase,), "worker_id", _worker_of_the_team),
    ((StartAssessment,), "worker_id", _worker),
    ((IssueHandover,), "to_worker_id", _worker),
    ((RestrictRecord,), "named", _readers),
    ((ArrangeCover,), "cover_id", _someone_in_post),
    ((JoinTeam, AppointManager), "person_id", _free_for_a_person),
    ((RegisterAgency,), "agency_id", _free_for_an_agency),
    ((RequestInformation,), "asked_agency", _agency),
    ((ShareInformation, DeclineInformation), "by_agency", _agency),
    ((RaiseRisk,), "raised_by_agency", _agency),
    ((MergeRecords,), "merged_child_id", _mergeable),
    ((RaiseRisk,), "referral_id", _about_the_child),
    ((StartAssessment,), "case_id", _childs_case),
    ((StartAssessment,), "referral_received_at", _as_the_case_has_it),
    ((StartProtectionPlan, HoldInitialConference), "child_id", _open_case),
    ((RecordVisit, RecordFailedVisit), "child_id", _after_birth),
    ((RecordVisit, RecordFailedVisit), "child_id", _case_at_the_time),
    ((RequestStrategyDiscussion, HoldStrategyDiscussion), "child_id", _case_or_referral),
    ((DecideReferral,), "outcome", _case_for_the_enquiry),
    ((DecideReferral,), "outcome", _has_a_worker),
    ((HoldInitialConference,), "enquiry_id", _childs_enquiry),
    ((StartProtectionPlan,), "conference_id", _childs_conference),
    ((CloseCase,), "reason", _nothing_left_open),
    ((CorrectEntry, RetractEntry, OverturnDecision), "position", _on_the_timeline),
    ((CorrectEntry, RetractEntry), "position", _not_retracted),
    ((RetractEntry,), "position", _stands_alone),
)
"""The commands, their field, and what it must refer to, in the order in which it is asked."""
