"""
A child's plan: the protection plan that a conference decided, and the visits made under it.

    started ──> visit made, visit failed … ──> ended ──> started again …

One stream a child. Read top to bottom: events, commands, state, evolve, decide.
Source: Working Together to Safeguard Children 2023, chapter 3.
"""

from typing import ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.assessment import SeenWhere
from domain.codes import AbuseCategory
from domain.kernel import (
    WITHHELD,
    Command,
    Event,
    Narrative,
    Refused,
    Trace,
    caused,
    once,
    trace,
)


def plan_of(child_id: str) -> str:
    """The id of a child's plan stream: one a child, so that two plans never overlap unseen."""
    return f"plan-{child_id.removeprefix('child-')}"


PlanEnd = Literal[
    "no-longer-needed",
    "child-in-need-plan",
    "early-help",
    "looked-after",
    "moved",
    "died",
    "eighteen",
]
PLAN_ENDS: dict[PlanEnd, str] = {
    "no-longer-needed": "The child is no longer likely to suffer significant harm",
    "child-in-need-plan": "Stepped down to a child in need plan",
    "early-help": "Stepped down to early help",
    "looked-after": "The child became looked after",
    "moved": "The child moved permanently to another authority",
    "died": "The child died",
    "eighteen": "The child turned 18",
}

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfPlan(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "plan_id"
    subject_field: ClassVar[str] = "child_id"

    plan_id: str
    child_id: str


class ProtectionPlanStarted(_OfPlan, frozen=True, tag="plan.protection_started.v1"):
    category: AbuseCategory
    conference_id: str | None = None


class VisitMade(_OfPlan, frozen=True, tag="plan.visit_made.v1"):
    """`seen`: whether the child was seen, `alone`, and whether the bedroom was (R17)."""

    seen: bool
    alone: bool
    bedroom_seen: bool
    where: SeenWhere
    notes: Narrative = WITHHELD
    child_said: Narrative | None = None


class VisitFailed(_OfPlan, frozen=True, tag="plan.visit_failed.v1"):
    reason: Narrative = WITHHELD


class ProtectionPlanEnded(_OfPlan, frozen=True, tag="plan.protection_ended.v1"):
    reason: PlanEnd
    rationale: Narrative = WITHHELD


PlanEvent = ProtectionPlanStarted | VisitMade | VisitFailed | ProtectionPlanEnded

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForPlan(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "plan_id"

    plan_id: str
    child_id: str


class StartProtectionPlan(_ForPlan, frozen=True, tag="start-protection-plan"):
    category: AbuseCategory
    conference_id: str | None = None


class RecordVisit(_ForPlan, frozen=True, tag="record-visit"):
    seen: bool
    alone: bool
    bedroom_seen: bool
    where: SeenWhere
    notes: Narrative
    child_said: Narrative | None = None


class RecordFailedVisit(_ForPlan, frozen=True, tag="record-failed-visit"):
    reason: Narrative


class EndProtectionPlan(_ForPlan, frozen=True, tag="end-protection-plan"):
    reason: PlanEnd
    rationale: Narrative


PlanCommand = StartProtectionPlan | RecordVisit | RecordFailedVisit | EndProtectionPlan

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Plan(Struct, frozen=True):
    started: tuple[AbuseCategory, str | None] | None = None
    """The category and the conference of the protection plan that runs now."""
    ended: PlanEnd | None = None
    traces: frozenset[Trace] = frozenset()


def evolve(state: Plan, event: PlanEvent) -> Plan:
    match event:
        case ProtectionPlanStarted():
            return replace(state, started=(event.category, event.conference_id), ended=None)
        case VisitMade() | VisitFailed():
            return replace(state, traces=state.traces | {trace(event)})
        case ProtectionPlanEnded(reason=reason):
            return replace(state, started=None, ended=reason)
        case _:
            assert_never(event)


def decide(command: PlanCommand, state: Plan) -> list[PlanEvent]:
    match command:
        case _ if command.plan_id != plan_of(command.child_id):
            raise Refused("That is another child's plan: choose this child's own.")
        case StartProtectionPlan() if state.started:
            if state.started == (command.category, command.conference_id):
                return []
            raise Refused("This child already has a protection plan: end it first.")
        case StartProtectionPlan():
            return [caused(ProtectionPlanStarted, command)]

        case RecordVisit(seen=False, alone=True):
            raise Refused("A child who was not seen cannot have been seen alone: say which.")
        case RecordVisit(seen=False, child_said=str(child_said)) if child_said.strip():
            raise Refused("A child who was not seen cannot have said anything: say which.")
        case RecordVisit(notes=notes) if not notes.strip():
            raise Refused("Write what you saw at the visit.")
        case RecordVisit():
            return once(caused(VisitMade, command), state.traces)
        case RecordFailedVisit(reason=reason) if not reason.strip():
            raise Refused("Record why the visit failed, and what you will do.")
        case RecordFailedVisit():
            return once(caused(VisitFailed, command), state.traces)

        case EndProtectionPlan(reason=reason) if state.started is None:
            if reason == state.ended:
                return []
            raise Refused("This child has no protection plan: there is none to end.")
        case EndProtectionPlan(rationale=rationale) if not rationale.strip():
            raise Refused("Record why: the end of a protection plan needs a rationale.")
        case EndProtectionPlan():
            return [caused(ProtectionPlanEnded, command)]
        case _:
            assert_never(command)
