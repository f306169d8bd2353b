"""Random but possible histories: commands drawn at random, those that are allowed carried out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.agency import RegisterAgency
from domain.assessment import AuthoriseAssessment, CompleteAssessment, StartAssessment
from domain.case import AllocateCase, CloseCase, OpenCase, ReopenCase, UnallocateCase, case_of
from domain.catalogue import FAMILY_OF
from domain.child import RegisterChild
from domain.conference import HoldInitialConference
from domain.enquiry import HoldStrategyDiscussion
from domain.kernel import Command, Event, Refused, stream_of
from domain.plan import plan_of
from domain.reactions import react
from domain.record import CorrectEntry, RetractEntry
from domain.referral import (
    DecideReferral,
    ReceiveReferral,
    ReopenReferral,
    TellReferrer,
    UpdateReferral,
)
from domain.risk import RaiseRisk
from domain.workforce import AppointManager, FormTeam, JoinTeam
from tests.examples import COMMAND_EXAMPLES, MONDAY_9AM

WORLD = {
    "referral_id": ("referral-1", "referral-2"),
    "child_id": ("child-1", "child-2"),
    "merged_child_id": ("child-1", "child-2"),
    "other_child_id": ("child-1", "child-2"),
    "assessment_id": ("assessment-1", "assessment-2"),
    "enquiry_id": ("enquiry-1", "enquiry-2"),
    "risk_id": ("risk-1", "risk-2"),
    "team_id": ("team-riverside", "team-hillside"),
    "worker_id": ("rosa-mbeki", "tom-ashby"),
    "person_id": ("rosa-mbeki", "tom-ashby"),
    "by": ("rosa-mbeki", "ines-okafor"),
    "rule": ("automatic", "person"),
    "authorised_by": (None, "ines-okafor"),
}
"""Few enough of each for histories to run into one another."""

OF_ONE_KIND: dict[type[Command], dict[str, tuple[str, ...]]] = {
    DecideReferral: {"outcome": ("assessment", "strategy-discussion", "no-further-action")},
    HoldStrategyDiscussion: {"decision": ("section-47-joint", "no-section-47")},
    HoldInitialConference: {"decision": ("protection-plan", "no-protection-plan")},
}

LATER = (timedelta(minutes=10), timedelta(days=1), timedelta(days=9))


class Authority:
    """A made-up one, whose streams are held in memory."""

    def __init__(self) -> None:
        self.log: list[Event] = []
        self._states: dict[str, Any] = {}

    def take(self, command: Command) -> None:
        """Carry it out, with all that follows from it; nothing if it is refused."""
        family = FAMILY_OF[type(command)]
        stream = stream_of(command)
        state = self._states.get(stream, family.initial)
        try:
            events = family.decider.decide(command, state)
        except Refused:
            return
        for event in events:
            state = self._states[stream] = family.decider.evolve(state, event)
            self.log.append(event)
        for event in events:
            for follows in react(event):
                self.take(follows)


FIRST: tuple[type[Command], ...] = (
    RegisterAgency,
    FormTeam,
    JoinTeam,
    AppointManager,
    ReceiveReferral,
    RegisterChild,
    OpenCase,
    StartAssessment,
    RaiseRisk,
)
"""What must be there before much else is allowed."""

OFTEN: tuple[type[Command], ...] = (
    UpdateReferral,
    DecideReferral,
    TellReferrer,
    ReopenReferral,
    AllocateCase,
    UnallocateCase,
    CloseCase,
    ReopenCase,
    CompleteAssessment,
    AuthoriseAssessment,
)
"""What changes most of what is shown, and would seldom be drawn at a moment when it is allowed."""


ASSESSING: tuple[type[Command], ...] = (
    DecideReferral,
    ReopenReferral,
    StartAssessment,
    CompleteAssessment,
    AuthoriseAssessment,
    CloseCase,
    ReopenCase,
)
"""What an assessment's clock starts, stops and ends by."""


@st.composite
def histories(
    draw: st.DrawFn, kinds: Sequence[type[Command]] = (*COMMAND_EXAMPLES, *3 * OFTEN)
) -> list[Event]:
    """The log of an authority that is at work, to which dozens of commands were given."""
    authority, now = Authority(), MONDAY_9AM
    then = st.lists(st.sampled_from(kinds), min_size=30, max_size=60)
    for kind in (*FIRST, *draw(then)):
        now += draw(st.sampled_from(LATER))
        authority.take(_drawn(draw, kind, now))
    return authority.log


def _drawn(draw: st.DrawFn, kind: type[Command], now: Any) -> Command:
    smallest, world = COMMAND_EXAMPLES[kind], WORLD | OF_ONE_KIND.get(kind, {})
    told: dict[str, Any] = dict.fromkeys(("happened_at", "received_at", "recorded_at"), now)
    for name in smallest.__struct_fields__:
        if name in world and isinstance(getattr(smallest, name), str | None):
            told[name] = draw(st.sampled_from(world[name]))
    if "child_ids" in smallest.__struct_fields__:
        children = st.lists(st.sampled_from(WORLD["child_id"]), unique=True)
        told["child_ids"] = tuple(draw(children))
    if "message" in told or smallest.message:
        told["message"] = draw(st.sampled_from(("one", "two", "three")))
    if isinstance(smallest, (CorrectEntry, RetractEntry)):
        told["position"] = draw(st.integers(1, 9))
    child = told.get("child_id", "child-1")
    for name, of in (("case_id", case_of), ("plan_id", plan_of)):
        if name in smallest.__struct_fields__:
            told[name] = of(child)
    return replace(smallest, **told)
