"""
A team: who works in it, who manages it, and for how much of their time.

    formed ──> worker joined, manager appointed, working time changed, cover … ──> left

One stream a team. Read top to bottom: events, commands, state, evolve, decide.
"""

from datetime import date
from typing import ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.calendar import local_day
from domain.identity import is_slug
from domain.kernel import WITHHELD, Command, Event, Refused, Staff, caused

TeamKind = Literal["area", "duty", "authority"]
"""`authority`: those who work for all teams, such as auditors and operators."""

Role = Literal["social-worker", "duty-worker", "auditor", "operator"]
ROLES: dict[Role, str] = {
    "social-worker": "Social worker",
    "duty-worker": "Duty social worker",
    "auditor": "Auditor",
    "operator": "Operator",
}

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfTeam(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "team_id"
    subject_field: ClassVar[str] = "person_id"

    team_id: str


class TeamFormed(_OfTeam, frozen=True, tag="workforce.team_formed.v1"):
    """`areas`: the outward postcodes (`EX1`) whose referrals fall to this team's duty."""

    name: str
    kind: TeamKind
    areas: tuple[str, ...] = ()


class WorkerJoined(_OfTeam, frozen=True, tag="workforce.worker_joined.v1"):
    """`percent`: of a full-time post. `agency_staff`: paid by an employment agency."""

    person_id: str
    role: Role
    percent: int
    agency_staff: bool = False
    newly_qualified: bool = False
    name: Staff = WITHHELD


class WorkerLeft(_OfTeam, frozen=True, tag="workforce.worker_left.v1"):
    person_id: str


class ManagerAppointed(_OfTeam, frozen=True, tag="workforce.manager_appointed.v1"):
    person_id: str
    interim: bool = False
    name: Staff = WITHHELD


class ManagerLeft(_OfTeam, frozen=True, tag="workforce.manager_left.v1"):
    person_id: str


class WorkingTimeChanged(_OfTeam, frozen=True, tag="workforce.working_time_changed.v1"):
    person_id: str
    percent: int


class CoverArranged(_OfTeam, frozen=True, tag="workforce.cover_arranged.v1"):
    """`cover_id` acts for `person_id` until the end of that day."""

    person_id: str
    cover_id: str
    until: date


WorkforceEvent = (
    TeamFormed
    | WorkerJoined
    | WorkerLeft
    | ManagerAppointed
    | ManagerLeft
    | WorkingTimeChanged
    | CoverArranged
)

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForTeam(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "team_id"

    team_id: str


class FormTeam(_ForTeam, frozen=True, tag="form-team"):
    name: str
    kind: TeamKind = "area"
    areas: tuple[str, ...] = ()


class JoinTeam(_ForTeam, frozen=True, tag="join-team"):
    person_id: str
    name: Staff
    role: Role = "social-worker"
    percent: int = 100
    agency_staff: bool = False
    newly_qualified: bool = False


class LeaveTeam(_ForTeam, frozen=True, tag="leave-team"):
    person_id: str


class AppointManager(_ForTeam, frozen=True, tag="appoint-manager"):
    person_id: str
    name: Staff
    interim: bool = False


class ManagerLeaves(_ForTeam, frozen=True, tag="manager-leaves"):
    person_id: str


class ChangeWorkingTime(_ForTeam, frozen=True, tag="change-working-time"):
    person_id: str
    percent: int


class ArrangeCover(_ForTeam, frozen=True, tag="arrange-cover"):
    person_id: str
    cover_id: str
    until: date


WorkforceCommand = (
    FormTeam
    | JoinTeam
    | LeaveTeam
    | AppointManager
    | ManagerLeaves
    | ChangeWorkingTime
    | ArrangeCover
)

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Team(Struct, frozen=True):
    formed: tuple[str, TeamKind, tuple[str, ...]] | None = None
    """Name, kind and areas."""
    workers: dict[str, tuple[Role, int]] = {}
    """Who works here -> their role and percent of a full-time post."""
    manager: tuple[str, bool] | None = None
    """The manager's person id, and whether they are interim."""
    left: frozenset[str] = frozenset()
    managers_left: frozenset[str] = frozenset()
    cover: dict[str, tuple[str, date]] = {}


def evolve(state: Team, event: WorkforceEvent) -> Team:
    match event:
        case TeamFormed():
            return replace(state, formed=(event.name, event.kind, event.areas))
        case WorkerJoined(person_id=person_id):
            return replace(
                state,
                workers=state.workers | {person_id: (event.role, event.percent)},
                left=state.left - {person_id},
            )
        case WorkerLeft(person_id=person_id):
            return replace(
                state,
                workers={p: post for p, post in state.workers.items() if p != person_id},
                left=state.left | {person_id},
            )
        case ManagerAppointed(person_id=person_id):
            return replace(
                state,
                manager=(person_id, event.interim),
                managers_left=state.managers_left - {person_id},
            )
        case ManagerLeft(person_id=person_id):
            return replace(state, manager=None, managers_left=state.managers_left | {person_id})
        case WorkingTimeChanged(person_id=person_id):
            role, _ = state.workers[person_id]
            return replace(state, workers=state.workers | {person_id: (role, event.percent)})
        case CoverArranged(person_id=person_id):
            return replace(state, cover=state.cover | {person_id: (event.cover_id, event.until)})
        case _:
            assert_never(event)


def decide(command: WorkforceCommand, state: Team) -> list[WorkforceEvent]:
    match command:
        case FormTeam() if state.formed:
            if state.formed == (command.name, command.kind, command.areas):
                return []
            raise Refused(f"The team {command.team_id} is already formed, as {state.formed[0]}.")
        case FormTeam(team_id=team_id) if not is_slug(team_id) or not team_id.startswith("team-"):
            raise Refused("A team's id is team- and lower-case letters, digits and hyphens.")
        case FormTeam(name=name) if not name.strip():
            raise Refused("Enter the team's name.")
        case FormTeam():
            return [caused(TeamFormed, command)]
        case _ if not state.formed:
            raise Refused(f"No team {command.team_id} is formed: form it first.")

        case JoinTeam() | ChangeWorkingTime() if not 1 <= command.percent <= 100:
            raise Refused("Working time is from 1 to 100 percent of a full-time post.")
        case JoinTeam() | AppointManager() if not is_slug(command.person_id):
            raise Refused("A person's id is lower-case letters, digits and hyphens, at most 60.")
        case JoinTeam() | AppointManager() if not command.name.strip():
            raise Refused("Enter the person's name.")
        case JoinTeam(person_id=person_id) if person_id in state.workers:
            if state.workers[person_id] == (command.role, command.percent):
                return []
            raise Refused(f"{person_id} already works in this team: change their working time.")
        case JoinTeam():
            return [caused(WorkerJoined, command)]
        case LeaveTeam(person_id=person_id) if person_id in state.left:
            return []
        case LeaveTeam(person_id=person_id) | ChangeWorkingTime(person_id=person_id) if (
            person_id not in state.workers
        ):
            raise Refused(f"{person_id} does not work in this team.")
        case LeaveTeam():
            return [caused(WorkerLeft, command)]
        case ChangeWorkingTime(person_id=person_id, percent=percent):
            same = state.workers[person_id][1] == percent
            return [] if same else [caused(WorkingTimeChanged, command)]

        case AppointManager() if state.manager == (command.person_id, command.interim):
            return []
        case AppointManager(person_id=person_id) if state.manager and state.manager[0] != person_id:
            raise Refused(f"The team has a manager: record that {state.manager[0]} leaves first.")
        case AppointManager():
            return [caused(ManagerAppointed, command)]
        case ManagerLeaves(person_id=person_id) if state.manager and state.manager[0] == person_id:
            return [caused(ManagerLeft, command)]
        case ManagerLeaves(person_id=person_id):
            if person_id in state.managers_left:
                return []
            raise Refused(f"{person_id} does not manage this team.")

        case ArrangeCover() if state.cover.get(command.person_id) == (
            command.cover_id,
            command.until,
        ):
            return []
        case ArrangeCover(person_id=person_id, cover_id=cover_id) if cover_id == person_id:
            raise Refused("Nobody covers for themselves: choose another person.")
        case ArrangeCover(person_id=person_id) if person_id not in state.workers and (
            state.manager is None or state.manager[0] != person_id
        ):
            raise Refused(f"{person_id} does not work in this team.")
        case ArrangeCover(until=until) if until < local_day(command.happened_at):
            raise Refused("The cover ends before it begins: give its last day.")
        case ArrangeCover():
            return [caused(CoverArranged, command)]
        case _:
            assert_never(command)
