"""
An enquiry: the strategy discussion about a child, and the section 47 enquiry it may start.

    requested ──> discussion held ──> section 47 started ──> concluded

Read top to bottom: events, commands, state, evolve, decide.
Source: Children Act 1989, section 47; Working Together to Safeguard Children 2023, chapter 3.
"""

from typing import ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.kernel import (
    WITHHELD,
    Asking,
    Command,
    Event,
    Narrative,
    Refused,
    Trace,
    asking,
    caused,
    trace,
)

Attended = Literal[
    "social-care", "police", "health", "education", "probation", "housing", "voluntary", "other"
]
ATTENDED: dict[Attended, str] = {
    "social-care": "Children's social care",
    "police": "Police",
    "health": "Health",
    "education": "School or nursery",
    "probation": "Probation",
    "housing": "Housing",
    "voluntary": "Voluntary organisation",
    "other": "Other",
}
AT_LEAST: frozenset[Attended] = frozenset({"social-care", "police", "health"})
"""Who a strategy discussion needs at the least. Source: Working Together 2023, chapter 3."""

StrategyDecision = Literal["section-47-joint", "section-47-single", "no-section-47"]
STRATEGY_DECISIONS: dict[StrategyDecision, str] = {
    "section-47-joint": "Section 47 enquiry, joint with the police",
    "section-47-single": "Section 47 enquiry, children's social care alone",
    "no-section-47": "No section 47 enquiry",
}
Conclusion = Literal[
    "not-substantiated", "substantiated-no-continuing-risk", "substantiated-continuing-risk"
]
CONCLUSIONS: dict[Conclusion, str] = {
    "not-substantiated": "Concerns not substantiated",
    "substantiated-no-continuing-risk": "Substantiated, the child not at continuing risk",
    "substantiated-continuing-risk": "Substantiated, the child at continuing risk: conference",
}

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfEnquiry(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "enquiry_id"
    subject_field: ClassVar[str] = "child_id"

    enquiry_id: str
    child_id: str


class StrategyDiscussionRequested(_OfEnquiry, frozen=True, tag="enquiry.discussion_requested.v1"):
    reason: Narrative = WITHHELD


class StrategyDiscussionHeld(_OfEnquiry, frozen=True, tag="enquiry.discussion_held.v1"):
    attended: tuple[Attended, ...]
    decision: StrategyDecision
    rationale: Narrative = WITHHELD
    actions: Narrative = WITHHELD
    """What will be done, by whom and by when."""


class Section47Started(_OfEnquiry, frozen=True, tag="enquiry.section47_started.v1"):
    joint: bool


class Section47Concluded(_OfEnquiry, frozen=True, tag="enquiry.section47_concluded.v1"):
    conclusion: Conclusion
    rationale: Narrative = WITHHELD


EnquiryEvent = (
    StrategyDiscussionRequested | StrategyDiscussionHeld | Section47Started | Section47Concluded
)

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForEnquiry(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "enquiry_id"

    enquiry_id: str


class RequestStrategyDiscussion(_ForEnquiry, frozen=True, tag="request-strategy-discussion"):
    child_id: str
    reason: Narrative


class HoldStrategyDiscussion(_ForEnquiry, frozen=True, tag="hold-strategy-discussion"):
    child_id: str
    attended: tuple[Attended, ...]
    decision: StrategyDecision
    rationale: Narrative
    actions: Narrative


class ConcludeSection47(_ForEnquiry, frozen=True, tag="conclude-section-47"):
    conclusion: Conclusion
    rationale: Narrative


EnquiryCommand = RequestStrategyDiscussion | HoldStrategyDiscussion | ConcludeSection47

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Enquiry(Struct, frozen=True):
    child_id: str = ""
    requested: bool = False
    """A discussion was asked for and has not been held."""
    started: bool = False
    conclusion: Conclusion | None = None
    concluded: Asking | None = None
    traces: frozenset[Trace] = frozenset()


def evolve(state: Enquiry, event: EnquiryEvent) -> Enquiry:
    match event:
        case StrategyDiscussionRequested(child_id=child_id):
            return replace(state, child_id=child_id, requested=True)
        case StrategyDiscussionHeld(child_id=child_id):
            return replace(
                state,
                child_id=child_id,
                requested=False,
                traces=state.traces | {trace(event)},
            )
        case Section47Started():
            return replace(state, started=True)
        case Section47Concluded(conclusion=conclusion):
            return replace(state, conclusion=conclusion, concluded=asking(event))
        case _:
            assert_never(event)


def decide(command: EnquiryCommand, state: Enquiry) -> list[EnquiryEvent]:
    match command:
        case RequestStrategyDiscussion() | HoldStrategyDiscussion() if (
            state.child_id and command.child_id != state.child_id
        ):
            raise Refused("This enquiry is about another child: open one for this child.")
        case RequestStrategyDiscussion() if state.requested:
            return []
        case RequestStrategyDiscussion() if state.conclusion:
            raise Refused("This enquiry is concluded: open a new one.")
        case RequestStrategyDiscussion(reason=reason) if not reason.strip():
            raise Refused("Record why you ask for a strategy discussion.")
        case RequestStrategyDiscussion():
            return [caused(StrategyDiscussionRequested, command)]

        case HoldStrategyDiscussion(attended=attended) if len(set(attended)) < 2:
            raise Refused("Choose at least two agencies: a discussion is held between agencies.")
        case HoldStrategyDiscussion(rationale=rationale) if not rationale.strip():
            raise Refused("Record why: the decision of the discussion needs a rationale.")
        case HoldStrategyDiscussion():
            held = caused(StrategyDiscussionHeld, command)
            if trace(held) in state.traces:
                return []
            if state.conclusion:
                raise Refused("This enquiry is concluded: open a new one.")
            if state.started or command.decision == "no-section-47":
                return [held]
            joint = command.decision == "section-47-joint"
            return [held, caused(Section47Started, command, joint=joint)]  # R8: the same day

        case ConcludeSection47(conclusion=conclusion) if (conclusion, asking(command)) == (
            state.conclusion,
            state.concluded,
        ):
            return []
        case ConcludeSection47() if state.conclusion:
            raise Refused("This enquiry is already concluded: open a new one.")
        case ConcludeSection47() if not state.started:
            raise Refused(
                "No section 47 enquiry has started: record the strategy discussion first."
            )
        case ConcludeSection47(rationale=rationale) if not rationale.strip():
            raise Refused("Record why: the conclusion needs a rationale.")
        case ConcludeSection47():
            return [caused(Section47Concluded, command, child_id=state.child_id)]
        case _:
            assert_never(command)
