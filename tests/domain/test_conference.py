"""Conference: whether the child needs a protection plan, and for what."""

from typing import Any

from tests.examples import conference_held, hold_conference
from tests.scenario import given


def test_a_conference_is_recorded_once() -> None:
    given().when(hold_conference()).then(conference_held())
    given(conference_held()).when(hold_conference()).then_nothing()
    given(conference_held()).when(hold_conference(category="NEG")).then_refused("correct its entry")


def test_a_protection_plan_has_a_category_of_abuse() -> None:
    given().when(hold_conference(category=None)).then_refused("Choose the category of abuse")


def test_there_is_no_category_without_a_plan() -> None:
    no_plan: dict[str, Any] = {"decision": "no-protection-plan", "category": None}

    given().when(hold_conference(decision="no-protection-plan")).then_refused("Leave the category")
    given().when(hold_conference(**no_plan)).then(conference_held(**no_plan))


def test_the_decision_of_a_conference_has_a_rationale() -> None:
    given().when(hold_conference(rationale=" ")).then_refused("needs a rationale")
