"""A disclosure: what an agency's system is told is recorded first, and once."""

import pytest

from tests.examples import (
    CHILD,
    disclose_information,
    disclosure_withheld,
    information_disclosed,
    withhold_disclosure,
)
from tests.scenario import given


def test_what_is_told_is_recorded_with_its_lawful_basis() -> None:
    given().when(disclose_information()).then(information_disclosed())


def test_the_same_is_told_once() -> None:
    given(information_disclosed()).when(disclose_information()).then_nothing()


def test_nothing_is_told_without_a_lawful_basis() -> None:
    given().when(disclose_information(lawful_basis="curiosity")).then_refused("lawful basis")


@pytest.mark.parametrize(
    ("what", "status"), [("decision", "started"), ("gossip", "decided"), ("plan-status", "decided")]
)
def test_only_what_an_agency_is_owed_is_told(what: str, status: str) -> None:
    given().when(disclose_information(what=what, status=status)).then_refused("nothing that")


def test_a_decision_is_told_with_its_outcome_and_nothing_else_with_one() -> None:
    given().when(disclose_information(outcome=None)).then_refused("A decision is told")
    reopened = disclose_information(status="reopened")
    given().when(reopened).then_refused("A decision is told")


def test_what_is_told_of_a_child_says_of_which() -> None:
    asked = {"what": "plan-status", "status": "started", "outcome": None}
    given().when(disclose_information(**asked)).then_refused("Say of which child")
    told = information_disclosed(**asked, child_id=CHILD)
    given().when(disclose_information(**asked, child_id=CHILD)).then(told)


def test_what_may_not_leave_any_more_is_withheld_once_with_why() -> None:
    told = information_disclosed()
    given(told).when(withhold_disclosure()).then(disclosure_withheld())
    given(told, disclosure_withheld()).when(withhold_disclosure()).then_nothing()
    given(told, disclosure_withheld()).when(disclose_information()).then_nothing()
    given(told).when(withhold_disclosure(reason="mood")).then_refused("why")
    given().when(withhold_disclosure()).then_refused("Nothing was to be told")
