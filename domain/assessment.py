"""
An assessment: a child and family assessment from its start to a manager's authorisation.

    started ──> review point, child seen, extended … ──> completed ──> authorised
                                            └── returned <──┘

Read top to bottom: events, commands, state, evolve, decide. Its clocks (R5, R6) are policy.
Source: Children Act 1989, section 17; Working Together to Safeguard Children 2023, chapter 3.
"""

from datetime import date
from typing import ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.codes import Factor
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

AssessmentOutcome = Literal[
    "no-further-action", "early-help", "child-in-need-plan", "strategy-discussion", "care"
]
ASSESSMENT_OUTCOMES: dict[AssessmentOutcome, str] = {
    "no-further-action": "No further action",
    "early-help": "Early help",
    "child-in-need-plan": "Child in need plan (section 17)",
    "strategy-discussion": "Strategy discussion (section 47)",
    "care": "Care or accommodation",
}
SeenWhere = Literal["home", "school", "nursery", "hospital", "office", "elsewhere"]

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfAssessment(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "assessment_id"
    subject_field: ClassVar[str] = "child_id"

    assessment_id: str
    child_id: str
    case_id: str


class AssessmentStarted(_OfAssessment, frozen=True, tag="assessment.started.v1"):
    """`review_on`: the review point that the manager set; None: as the policy has it (R6)."""

    referral_received_at: Instant
    worker_id: str
    review_on: date | None = None


class ReviewPointReached(_OfAssessment, frozen=True, tag="assessment.review_point.v1"):
    findings: Narrative = WITHHELD


class ChildSeen(_OfAssessment, frozen=True, tag="assessment.child_seen.v1"):
    alone: bool
    where: SeenWhere
    words: Narrative = WITHHELD
    """What the child said, in the child's own words."""


class AssessmentExtended(_OfAssessment, frozen=True, tag="assessment.extended.v1"):
    reason: Narrative = WITHHELD


class AssessmentCompleted(_OfAssessment, frozen=True, tag="assessment.completed.v1"):
    factors: tuple[Factor, ...]
    outcome: AssessmentOutcome
    summary: Narrative = WITHHELD


class AssessmentAuthorised(_OfAssessment, frozen=True, tag="assessment.authorised.v1"):
    rationale: Narrative = WITHHELD


class AssessmentReturned(_OfAssessment, frozen=True, tag="assessment.returned.v1"):
    """The manager sent it back: the worker completes it anew."""

    reason: Narrative = WITHHELD


AssessmentEvent = (
    AssessmentStarted
    | ReviewPointReached
    | ChildSeen
    | AssessmentExtended
    | AssessmentCompleted
    | AssessmentAuthorised
    | AssessmentReturned
)

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForAssessment(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "assessment_id"

    assessment_id: str


class StartAssessment(_ForAssessment, frozen=True, tag="start-assessment"):
    child_id: str
    case_id: str
    referral_received_at: Instant
    worker_id: str
    review_on: date | None = None


class ReachReviewPoint(_ForAssessment, frozen=True, tag="reach-review-point"):
    findings: Narrative


class SeeChild(_ForAssessment, frozen=True, tag="see-child"):
    alone: bool
    where: SeenWhere
    words: Narrative


class ExtendAssessment(_ForAssessment, frozen=True, tag="extend-assessment"):
    reason: Narrative


class CompleteAssessment(_ForAssessment, frozen=True, tag="complete-assessment"):
    factors: tuple[Factor, ...]
    outcome: AssessmentOutcome
    summary: Narrative


class AuthoriseAssessment(_ForAssessment, frozen=True, tag="authorise-assessment"):
    rationale: Narrative


class ReturnAssessment(_ForAssessment, frozen=True, tag="return-assessment"):
    reason: Narrative


AssessmentCommand = (
    StartAssessment
    | ReachReviewPoint
    | SeeChild
    | ExtendAssessment
    | CompleteAssessment
    | AuthoriseAssessment
    | ReturnAssessment
)

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Assessment(Struct, frozen=True):
    child_id: str = ""
    case_id: str = ""
    referral_received_at: Instant | None = None
    started_at: Instant | None = None
    completed: tuple[tuple[Factor, ...], AssessmentOutcome] | None = None
    completed_by: str = ""
    returned: bool = False
    authorised: bool = False
    traces: frozenset[Trace] = frozenset()


def evolve(state: Assessment, event: AssessmentEvent) -> Assessment:
    match event:
        case AssessmentStarted():
            return replace(
                state,
                child_id=event.child_id,
                case_id=event.case_id,
                referral_received_at=event.referral_received_at,
                started_at=event.happened_at,
            )
        case ReviewPointReached() | ChildSeen() | AssessmentExtended():
            return replace(state, traces=state.traces | {trace(event)})
        case AssessmentCompleted():
            return replace(
                state,
                completed=(event.factors, event.outcome),
                completed_by=event.by,
                returned=False,
            )
        case AssessmentAuthorised():
            return replace(state, authorised=True)
        case AssessmentReturned():
            return replace(state, completed=None, returned=True)
        case _:
            assert_never(event)


def decide(command: AssessmentCommand, state: Assessment) -> list[AssessmentEvent]:
    of_assessment = {"child_id": state.child_id, "case_id": state.case_id}
    match command:
        case StartAssessment(child_id=child_id, case_id=case_id) if state.child_id:
            if (child_id, case_id) == (state.child_id, state.case_id):
                return []
            raise Refused("That is another child's assessment: leave its id out, to start one.")
        case StartAssessment() if before(command, command.referral_received_at):
            raise Refused(
                "It cannot have happened before the referral was received: check the day and time."
            )
        case StartAssessment(worker_id=worker_id) if not worker_id.strip():
            raise Refused("Choose the social worker who leads the assessment.")
        case StartAssessment():
            return [caused(AssessmentStarted, command)]
        case _ if not state.child_id:
            raise Refused("This assessment has not been started: start it first.")
        case SeeChild() if before(command, state.referral_received_at):
            # a visit that led to the assessment is part of it
            raise Refused(
                "It cannot have happened before the referral was received: check the day and time."
            )
        case _ if not isinstance(command, SeeChild) and before(command, state.started_at):
            raise Refused(
                "It cannot have happened before the assessment started: check the day and time."
            )

        case ReachReviewPoint(findings=findings) if not findings.strip():
            raise Refused("Write what the review found.")
        case ReachReviewPoint():
            return _open(caused(ReviewPointReached, command, **of_assessment), state)
        case SeeChild():
            return _open(caused(ChildSeen, command, **of_assessment), state)
        case ExtendAssessment(reason=reason) if not reason.strip():
            raise Refused("Record why the assessment takes longer.")
        case ExtendAssessment():
            return _open(caused(AssessmentExtended, command, **of_assessment), state)

        case CompleteAssessment() if (command.factors, command.outcome) == state.completed:
            return []
        case CompleteAssessment() if state.completed:
            raise Refused("This assessment is already completed: ask the manager to return it.")
        case CompleteAssessment(factors=()):
            raise Refused("Choose at least one factor; 21 if no factors were identified.")
        case CompleteAssessment(factors=factors) if len(set(factors)) < len(factors):
            raise Refused("A factor is chosen twice: choose each once.")
        case CompleteAssessment(factors=factors) if "21" in factors and len(factors) > 1:
            raise Refused("No factors identified (21) cannot stand with others: choose which.")
        case CompleteAssessment(summary=summary) if not summary.strip():
            raise Refused("Write the summary: what was found, and why this outcome.")
        case CompleteAssessment():
            return [caused(AssessmentCompleted, command, **of_assessment)]

        case AuthoriseAssessment() if state.authorised:
            return []
        case ReturnAssessment() if state.returned:
            return []
        case AuthoriseAssessment() | ReturnAssessment() if state.completed is None:
            raise Refused("This assessment is not completed yet.")
        case AuthoriseAssessment(by=by) if by == state.completed_by:
            raise Refused("You completed this assessment: another person must authorise it.")
        case AuthoriseAssessment(rationale=rationale) if not rationale.strip():
            raise Refused("Record why you authorise the assessment.")
        case AuthoriseAssessment():
            return [caused(AssessmentAuthorised, command, **of_assessment)]
        case ReturnAssessment() if state.authorised:
            raise Refused("This assessment is authorised: start another for anything new.")
        case ReturnAssessment(reason=reason) if not reason.strip():
            raise Refused("Record what is missing, so that the worker can complete it.")
        case ReturnAssessment():
            return [caused(AssessmentReturned, command, **of_assessment)]
        case _:
            assert_never(command)


def _open(event: AssessmentEvent, state: Assessment) -> list[AssessmentEvent]:
    """The event, once, while the assessment is not authorised. Raises `Refused` after that."""
    if state.authorised and trace(event) not in state.traces:
        raise Refused("This assessment is authorised: start another for anything new.")
    return once(event, state.traces)
