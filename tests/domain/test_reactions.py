"""Reactions: what must follow from what, in the same transaction."""

import pytest

from domain.case import case_of
from domain.kernel import Event
from domain.reactions import react
from tests.examples import (
    CHILD,
    EXAMPLES,
    MANAGER,
    SIBLING,
    WORKER,
    conference_held,
    decided,
    open_case,
    start_plan,
)


@pytest.mark.parametrize("outcome", ["assessment", "strategy-discussion"])
def test_each_child_of_the_referral_gets_a_case(outcome: str) -> None:
    decision = decided(outcome=outcome, child_ids=(CHILD, SIBLING), command="command-1")
    stamped = {"by": WORKER, "command": "command-1"}

    assert list(react(decision)) == [
        open_case(**stamped),
        open_case(**stamped, child_id=SIBLING, case_id=case_of(SIBLING)),
    ]


@pytest.mark.parametrize(
    "outcome", ["no-further-action", "advice", "early-help", "existing-worker", "other-authority"]
)
def test_other_outcomes_open_no_case(outcome: str) -> None:
    assert list(react(decided(outcome=outcome))) == []


def test_a_protection_plan_starts_with_the_conference_that_decides_it() -> None:
    assert list(react(conference_held())) == [start_plan(by=MANAGER)]


def test_a_conference_without_a_plan_starts_none() -> None:
    assert list(react(conference_held(decision="no-protection-plan", category=None))) == []


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: type(event).__name__)
def test_only_decisions_of_referrals_and_conferences_have_consequences(event: Event) -> None:
    assert bool(list(react(event))) == (event in (decided(), conference_held()))
