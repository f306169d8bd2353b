"""
A child protection conference: who met, and whether the child needs a protection plan.

    initial conference held ──> a protection plan starts the same day, or none

Read top to bottom: events, commands, state, evolve, decide.
Source: Working Together to Safeguard Children 2023, chapter 3.
"""

from typing import ClassVar, Literal, assert_never

from msgspec import Struct

from domain.codes import AbuseCategory
from domain.enquiry import Attended
from domain.kernel import WITHHELD, Command, Event, Narrative, Refused, caused

ConferenceDecision = Literal["protection-plan", "no-protection-plan"]
CONFERENCE_DECISIONS: dict[ConferenceDecision, str] = {
    "protection-plan": "A child protection plan is needed",
    "no-protection-plan": "No child protection plan",
}

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class InitialConferenceHeld(Event, frozen=True, kw_only=True, tag="conference.initial_held.v1"):
    stream_field: ClassVar[str] = "conference_id"
    subject_field: ClassVar[str] = "child_id"

    conference_id: str
    child_id: str
    enquiry_id: str | None = None
    attended: tuple[Attended, ...]
    decision: ConferenceDecision
    category: AbuseCategory | None = None
    rationale: Narrative = WITHHELD
    child_said: Narrative = WITHHELD


ConferenceEvent = InitialConferenceHeld

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class HoldInitialConference(Command, frozen=True, tag="hold-initial-conference"):
    stream_field: ClassVar[str] = "conference_id"

    conference_id: str
    child_id: str
    attended: tuple[Attended, ...]
    decision: ConferenceDecision
    rationale: Narrative
    child_said: Narrative
    enquiry_id: str | None = None
    category: AbuseCategory | None = None


ConferenceCommand = HoldInitialConference

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Conference(Struct, frozen=True):
    held: tuple[str, ConferenceDecision, AbuseCategory | None] | None = None
    """The child, the decision and the category of abuse."""


def evolve(state: Conference, event: ConferenceEvent) -> Conference:
    match event:
        case InitialConferenceHeld():
            return Conference(held=(event.child_id, event.decision, event.category))
        case _:
            assert_never(event)


def decide(command: ConferenceCommand, state: Conference) -> list[ConferenceEvent]:
    match command:
        case HoldInitialConference() if state.held:
            if state.held == (command.child_id, command.decision, command.category):
                return []
            raise Refused("This conference is already recorded: correct its entry instead.")
        case HoldInitialConference(decision="protection-plan", category=None):
            raise Refused("Choose the category of abuse: a protection plan needs one.")
        case HoldInitialConference(decision="no-protection-plan", category=str()):
            raise Refused("Leave the category of abuse empty: there is no protection plan.")
        case HoldInitialConference(rationale=rationale) if not rationale.strip():
            raise Refused("Record why: the decision of a conference needs a rationale.")
        case HoldInitialConference():
            return [caused(InitialConferenceHeld, command)]
        case _:
            assert_never(command)
