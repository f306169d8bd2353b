"""
A case: the work with one child, who is allocated to it, and how it is overseen.

    opened ──> allocated ──> reallocated, transferred, supervised … ──> closed ──> reopened …

One stream a child: a new referral of a child whose case is open joins it, one after closure opens
the next episode in the same stream. Read top to bottom: events, commands, state, evolve, decide.
"""

from typing import ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.codes import ClosureReason, Need, WorkerChange
from domain.kernel import (
    WITHHELD,
    Command,
    Event,
    Instant,
    Narrative,
    Refused,
    Trace,
    before,
    caused,
    once,
    trace,
)


def case_of(child_id: str) -> str:
    """The id of a child's case: one stream a child, so that no second episode opens beside it."""
    return f"case-{child_id.removeprefix('child-')}"


def child_of(case_id: str) -> str:
    """The child that a case is about."""
    return f"child-{case_id.removeprefix('case-')}"


AuditGrade = Literal["outstanding", "good", "requires-improvement", "inadequate"]

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfCase(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "case_id"
    subject_field: ClassVar[str] = "child_id"

    case_id: str
    child_id: str
    episode: int


class CaseOpened(_OfCase, frozen=True, tag="case.opened.v1"):
    """`referral_received_at`: from when the assessment's clock runs, whenever work began (R5)."""

    referral_id: str
    referral_received_at: Instant
    need: Need = "N0"
    team_id: str | None = None


class CaseAllocated(_OfCase, frozen=True, tag="case.allocated.v1"):
    worker_id: str
    team_id: str | None = None


class CaseReallocated(_OfCase, frozen=True, tag="case.reallocated.v1"):
    from_worker_id: str
    worker_id: str
    reason: WorkerChange
    team_id: str | None = None


class CaseUnallocated(_OfCase, frozen=True, tag="case.unallocated.v1"):
    from_worker_id: str
    reason: WorkerChange


class HandoverIssued(_OfCase, frozen=True, tag="case.handover_issued.v1"):
    to_worker_id: str
    note: Narrative = WITHHELD


class HandoverAcknowledged(_OfCase, frozen=True, tag="case.handover_acknowledged.v1"):
    pass


class CaseTransferred(_OfCase, frozen=True, tag="case.transferred.v1"):
    """To another team, where it waits for allocation."""

    from_team_id: str | None
    team_id: str
    reason: Narrative = WITHHELD


class SupervisionHeld(_OfCase, frozen=True, tag="case.supervision_held.v1"):
    worker_id: str
    decision: Narrative = WITHHELD
    rationale: Narrative = WITHHELD


class ManagementDecisionRecorded(_OfCase, frozen=True, tag="case.management_decision.v1"):
    decision: Narrative = WITHHELD
    rationale: Narrative = WITHHELD


class CaseAudited(_OfCase, frozen=True, tag="case.audited.v1"):
    grade: AuditGrade
    findings: Narrative = WITHHELD


class DecisionOverturned(_OfCase, frozen=True, tag="case.decision_overturned.v1"):
    """`position`: of the event in the log that held the decision."""

    position: int
    reason: Narrative = WITHHELD


class CaseClosed(_OfCase, frozen=True, tag="case.closed.v1"):
    reason: ClosureReason
    rationale: Narrative = WITHHELD


class CaseReopened(_OfCase, frozen=True, tag="case.reopened.v1"):
    """The closure was wrong: the same episode goes on."""

    reason: Narrative = WITHHELD


CaseEvent = (
    CaseOpened
    | CaseAllocated
    | CaseReallocated
    | CaseUnallocated
    | HandoverIssued
    | HandoverAcknowledged
    | CaseTransferred
    | SupervisionHeld
    | ManagementDecisionRecorded
    | CaseAudited
    | DecisionOverturned
    | CaseClosed
    | CaseReopened
)

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForCase(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "case_id"

    case_id: str


class OpenCase(_ForCase, frozen=True, tag="open-case"):
    child_id: str
    referral_id: str
    referral_received_at: Instant
    need: Need = "N0"
    team_id: str | None = None


class AllocateCase(_ForCase, frozen=True, tag="allocate-case"):
    """`reason` is needed when another worker had it."""

    worker_id: str
    team_id: str | None = None
    reason: WorkerChange | None = None


class UnallocateCase(_ForCase, frozen=True, tag="unallocate-case"):
    reason: WorkerChange


class IssueHandover(_ForCase, frozen=True, tag="issue-handover"):
    to_worker_id: str
    note: Narrative


class AcknowledgeHandover(_ForCase, frozen=True, tag="acknowledge-handover"):
    pass


class TransferCase(_ForCase, frozen=True, tag="transfer-case"):
    team_id: str
    reason: Narrative


class HoldSupervision(_ForCase, frozen=True, tag="hold-supervision"):
    decision: Narrative
    rationale: Narrative


class RecordManagementDecision(_ForCase, frozen=True, tag="record-management-decision"):
    decision: Narrative
    rationale: Narrative


class AuditCase(_ForCase, frozen=True, tag="audit-case"):
    grade: AuditGrade
    findings: Narrative


class OverturnDecision(_ForCase, frozen=True, tag="overturn-decision"):
    position: int
    reason: Narrative


class CloseCase(_ForCase, frozen=True, tag="close-case"):
    reason: ClosureReason
    rationale: Narrative


class ReopenCase(_ForCase, frozen=True, tag="reopen-case"):
    reason: Narrative


CaseCommand = (
    OpenCase
    | AllocateCase
    | UnallocateCase
    | IssueHandover
    | AcknowledgeHandover
    | TransferCase
    | HoldSupervision
    | RecordManagementDecision
    | AuditCase
    | OverturnDecision
    | CloseCase
    | ReopenCase
)

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Case(Struct, frozen=True):
    child_id: str = ""
    episode: int = 0
    opened_at: Instant | None = None
    """When this episode began."""
    closed: ClosureReason | None = None
    team_id: str | None = None
    worker_id: str | None = None
    handover_to: str | None = None
    """Who has been handed the case and has not acknowledged it."""
    handover_done: bool = False
    overturned: frozenset[int] = frozenset()
    traces: frozenset[Trace] = frozenset()


def evolve(state: Case, event: CaseEvent) -> Case:
    match event:
        case CaseOpened():
            return replace(
                state,
                child_id=event.child_id,
                episode=event.episode,
                opened_at=event.happened_at,
                closed=None,
                team_id=event.team_id,
            )
        case CaseAllocated(worker_id=worker_id) | CaseReallocated(worker_id=worker_id):
            return replace(state, worker_id=worker_id, team_id=event.team_id)
        case CaseUnallocated():
            return replace(state, worker_id=None)
        case HandoverIssued(to_worker_id=to_worker_id):
            return replace(state, handover_to=to_worker_id, handover_done=False)
        case HandoverAcknowledged():
            return replace(state, handover_to=None, handover_done=True)
        case CaseTransferred(team_id=team_id):
            return replace(state, team_id=team_id)
        case SupervisionHeld() | ManagementDecisionRecorded() | CaseAudited():
            return replace(state, traces=state.traces | {trace(event)})
        case DecisionOverturned(position=position):
            return replace(state, overturned=state.overturned | {position})
        case CaseClosed(reason=reason):
            return replace(state, closed=reason, worker_id=None, handover_to=None)
        case CaseReopened():
            return replace(state, closed=None)
        case _:
            assert_never(event)


def decide(command: CaseCommand, state: Case) -> list[CaseEvent]:
    of_case = {"child_id": state.child_id, "episode": state.episode}
    match command:
        case OpenCase() if command.case_id != case_of(command.child_id):
            raise Refused("That is another child's case: choose this child's own.")
        case OpenCase() if state.episode and not state.closed:
            return []  # a second referral joins the open case
        case OpenCase():
            return [caused(CaseOpened, command, episode=state.episode + 1)]
        case _ if not state.episode:
            raise Refused("This child has no case: decide a referral that opens one first.")
        case _ if before(command, state.opened_at):
            raise Refused(
                "It cannot have happened before the case was opened: check the day and time."
            )

        # What may be done with a closed case too
        case AuditCase(findings=findings) if not findings.strip():
            raise Refused("Write what the audit found.")
        case AuditCase():
            return once(caused(CaseAudited, command, **of_case), state.traces)
        case OverturnDecision(position=position) if position in state.overturned:
            return []
        case OverturnDecision(reason=reason) if not reason.strip():
            raise Refused("Record why the decision is overturned.")
        case OverturnDecision():
            return [caused(DecisionOverturned, command, **of_case)]
        case ReopenCase() if not state.closed:
            return []
        case ReopenCase(reason=reason) if not reason.strip():
            raise Refused("Record why the case is reopened.")
        case ReopenCase():
            return [caused(CaseReopened, command, **of_case)]
        case CloseCase(reason=reason) if reason == state.closed:
            return []
        case _ if state.closed:
            raise Refused("This case is closed: reopen it first.")

        # Who works on it
        case AllocateCase(worker_id=worker_id) if worker_id == state.worker_id:
            return []
        case AllocateCase(worker_id=worker_id) if not worker_id.strip():
            raise Refused("Choose the worker.")
        case AllocateCase() if state.worker_id is None:
            team_id = command.team_id or state.team_id
            return [caused(CaseAllocated, command, **of_case, team_id=team_id)]
        case AllocateCase(reason=None):
            raise Refused(
                f"{state.worker_id} is allocated to this case: give the reason for the change."
            )
        case AllocateCase():
            return [
                caused(
                    CaseReallocated,
                    command,
                    **of_case,
                    from_worker_id=state.worker_id,
                    team_id=command.team_id or state.team_id,
                )
            ]
        case UnallocateCase() if state.worker_id is None:
            return []
        case UnallocateCase():
            return [caused(CaseUnallocated, command, **of_case, from_worker_id=state.worker_id)]
        case IssueHandover(to_worker_id=to_worker_id) if to_worker_id == state.handover_to:
            return []
        case IssueHandover() if not (command.to_worker_id.strip() and command.note.strip()):
            raise Refused("Choose the worker and write what they need to know.")
        case IssueHandover():
            return [caused(HandoverIssued, command, **of_case)]
        case AcknowledgeHandover() if state.handover_to is None:
            if state.handover_done:
                return []
            raise Refused("No handover of this case waits to be acknowledged.")
        case AcknowledgeHandover(by=by) if by != state.handover_to:
            raise Refused(f"Only {state.handover_to} can acknowledge this handover.")
        case AcknowledgeHandover():
            return [caused(HandoverAcknowledged, command, **of_case)]
        case TransferCase(team_id=team_id) if team_id == state.team_id:
            return []
        case TransferCase() if not (command.team_id.strip() and command.reason.strip()):
            raise Refused("Choose the team, and record why the case is transferred.")
        case TransferCase():
            transferred = caused(CaseTransferred, command, **of_case, from_team_id=state.team_id)
            if state.worker_id is None:
                return [transferred]
            left = {"from_worker_id": state.worker_id, "reason": "TSPROC"}
            return [caused(CaseUnallocated, command, **of_case, **left), transferred]

        # How it is overseen
        case HoldSupervision() | RecordManagementDecision() if not (
            command.decision.strip() and command.rationale.strip()
        ):
            raise Refused("Record what was decided, and why.")
        case HoldSupervision() if state.worker_id is None:
            raise Refused("Allocate a worker first: supervision is held with the worker.")
        case HoldSupervision():
            held = caused(SupervisionHeld, command, **of_case, worker_id=state.worker_id)
            return once(held, state.traces)
        case RecordManagementDecision():
            return once(caused(ManagementDecisionRecorded, command, **of_case), state.traces)
        case CloseCase(rationale=rationale) if not rationale.strip():
            raise Refused("Record why: closing a case needs a rationale.")
        case CloseCase():
            return [caused(CaseClosed, command, **of_case)]
        case _:
            assert_never(command)
