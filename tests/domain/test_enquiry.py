"""Enquiry: a strategy discussion decides, and a section 47 enquiry starts with it."""

import pytest

from domain.kernel import Command
from tests.examples import (
    SIBLING,
    conclude_section_47,
    discussion_held,
    discussion_requested,
    hold_discussion,
    request_discussion,
    section_47_concluded,
    section_47_started,
)
from tests.scenario import given

STARTED = (discussion_requested(), discussion_held(), section_47_started())
CONCLUDED = (*STARTED, section_47_concluded())


def test_a_strategy_discussion_is_asked_for_once() -> None:
    given().when(request_discussion()).then(discussion_requested())
    given(discussion_requested()).when(request_discussion()).then_nothing()


def test_another_discussion_may_be_asked_for_after_one_was_held() -> None:
    given(*STARTED).when(request_discussion()).then(discussion_requested())


@pytest.mark.parametrize(
    ("decision", "joint"), [("section-47-joint", True), ("section-47-single", False)]
)
def test_a_section_47_enquiry_starts_with_the_discussion_that_decides_it(
    decision: str, joint: bool
) -> None:
    given().when(hold_discussion(decision=decision)).then(
        discussion_held(decision=decision), section_47_started(joint=joint)
    )


def test_a_discussion_is_recorded_once() -> None:
    given(*STARTED).when(hold_discussion()).then_nothing()
    given(*CONCLUDED).when(hold_discussion()).then_nothing()


def test_a_discussion_may_decide_against_an_enquiry() -> None:
    no = {"decision": "no-section-47"}

    given(discussion_requested()).when(hold_discussion(**no)).then(discussion_held(**no))


def test_a_later_discussion_starts_no_second_enquiry() -> None:
    later = {"actions": "Medical tomorrow.", "attended": ("social-care", "police")}

    given(*STARTED).when(hold_discussion(**later)).then(discussion_held(**later))


def test_a_discussion_is_held_between_agencies() -> None:
    for attended in ((), ("police",), ("police", "police")):
        given().when(hold_discussion(attended=attended)).then_refused("at least two agencies")


def test_an_enquiry_is_about_one_child() -> None:
    for command in (hold_discussion(child_id=SIBLING), request_discussion(child_id=SIBLING)):
        given(discussion_requested()).when(command).then_refused("about another child")


def test_an_enquiry_is_concluded_once() -> None:
    given(*STARTED).when(conclude_section_47()).then(section_47_concluded())
    given(*CONCLUDED).when(conclude_section_47()).then_nothing()
    other = conclude_section_47(conclusion="not-substantiated")
    given(*CONCLUDED).when(other).then_refused("already concluded")


def test_the_same_conclusion_with_another_rationale_is_refused_and_not_dropped() -> None:
    history = (*STARTED, section_47_concluded(command="1"))
    given(*history).when(conclude_section_47(command="1")).then_nothing()
    given(*history).when(conclude_section_47(command="2")).then_refused("already concluded")


@pytest.mark.parametrize(
    "command", [request_discussion(), hold_discussion(decision="section-47-single")]
)
def test_nothing_is_added_to_a_concluded_enquiry(command: Command) -> None:
    given(*CONCLUDED).when(command).then_refused("open a new one")


def test_an_enquiry_starts_before_it_is_concluded() -> None:
    given(discussion_requested()).when(conclude_section_47()).then_refused("has started")


def test_every_decision_has_its_reasons() -> None:
    given().when(request_discussion(reason=" ")).then_refused("Record why")
    given().when(hold_discussion(rationale="")).then_refused("needs a rationale")
    given(*STARTED).when(conclude_section_47(rationale="")).then_refused("needs a rationale")
