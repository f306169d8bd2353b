"""Is whatever a person's command names on record, and does it belong together?

    check(parts, command) -> None                 `Refused`, with a sentence, where one does not fit
    from_record(query, name, fields, *, now)      with what the record knows and nobody types

A family decides on its own stream alone: it cannot know whether a team was ever formed, or whose
enquiry another stream is. That is asked here, of the read models, one row a field.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from domain.agency import RegisterAgency
from domain.assessment import StartAssessment
from domain.calendar import local_day
from domain.case import (
    AllocateCase,
    CloseCase,
    IssueHandover,
    OverturnDecision,
    TransferCase,
    child_of,
)
from domain.child import MergeRecords, RestrictRecord
from domain.conference import HoldInitialConference, InitialConferenceHeld
from domain.kernel import Command, Refused
from domain.plan import StartProtectionPlan
from domain.record import CorrectEntry, RetractEntry
from domain.referral import (
    DecideReferral,
    DeclineInformation,
    RequestInformation,
    RouteReferral,
    ShareInformation,
)
from domain.risk import EscalateRisk, RaiseRisk
from domain.workforce import AppointManager, ArrangeCover, JoinTeam
from projections import agencies, caseload, children, chronology, inbox, people
from projections.base import Query
from services.access import COMMAND_LINE, OPERATOR
from services.assemble import Parts

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
    case = caseload.case(query, str(fields.get("case_id")))
    received = case.referral_received_at if case else None
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
    case = caseload.case(parts.query, command.case_id)
    if (command.team_id or (case.team_id if case else None)) in teams:
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
    if into == command.child_id:
        return None  # it is so already
    if into is not None:
        return "That record is merged into another already: separate it from that one first."
    survivor = children.child(parts.query, command.child_id)
    if survivor is not None and survivor.child_id == merged:
        return "This record is itself merged into that one: separate them first."
    return None


def _about_the_child(parts: Parts, command: RaiseRisk, referral_id: str) -> str | None:
    referral = inbox.referral(parts.query, referral_id)
    about = set(referral.now.child_ids) if referral else set[str]()
    if about & _records(parts.query, command.child_id):
        return None
    return "That referral is not about this child: choose one that is, or leave it empty."


def _childs_case(parts: Parts, command: StartAssessment, case_id: str) -> str | None:
    case = caseload.case(parts.query, case_id)
    if case is None or child_of(case_id) != command.child_id:
        return "That is not this child's case: choose the child's own."
    if not case.is_open or case.opened_at is None:
        return "This case is closed: reopen it first."
    for each in case.assessments:  # what an earlier episode left open is no longer worked on
        if each.state != "authorised" and each.started_at >= case.opened_at:
            return "An assessment of this child is open already: have it authorised first."
    return None


def _as_the_case_has_it(parts: Parts, command: StartAssessment, received: datetime) -> str | None:
    case = caseload.case(parts.query, command.case_id)
    if case is not None and case.referral_received_at in (None, received):
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


def _no_plan_in_force(parts: Parts, _command: CloseCase, case_id: str) -> str | None:
    for record in _records(parts.query, child_of(case_id)):
        work = caseload.of_child(parts.query, record)
        if work is not None and work.plan_category is not None:
            return "End the protection plan first: a case stays open while one is in force."
    return None


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
    ((HoldInitialConference,), "enquiry_id", _childs_enquiry),
    ((StartProtectionPlan,), "conference_id", _childs_conference),
    ((CloseCase,), "case_id", _no_plan_in_force),
    ((CorrectEntry, RetractEntry, OverturnDecision), "position", _on_the_timeline),
)
"""The commands, their field, and what it must refer to, in the order in which it is asked."""
