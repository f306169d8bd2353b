"""Assessment: from its start to the authorisation by somebody else."""

from datetime import timedelta

import pytest

from domain.kernel import Command
from tests.examples import (
    MONDAY_9AM,
    WORKER,
    assessment_authorised,
    assessment_completed,
    assessment_extended,
    assessment_returned,
    assessment_started,
    authorise_assessment,
    child_seen,
    complete_assessment,
    extend_assessment,
    reach_review_point,
    return_assessment,
    review_point_reached,
    see_child,
    start_assessment,
)
from tests.scenario import given

COMPLETED = (assessment_started(), assessment_completed())
AUTHORISED = (*COMPLETED, assessment_authorised())


def test_an_assessment_is_started_once() -> None:
    given().when(start_assessment()).then(assessment_started())
    given(assessment_started()).when(start_assessment()).then_nothing()


def test_somebody_leads_the_assessment() -> None:
    given().when(start_assessment(worker_id="")).then_refused("Choose the social worker")


def test_nothing_is_recorded_before_the_start() -> None:
    given().when(see_child()).then_refused("start it first")


def test_what_happens_during_an_assessment_is_recorded_once() -> None:
    given(assessment_started()).when(reach_review_point()).then(review_point_reached())
    given(assessment_started()).when(see_child()).then(child_seen())
    given(assessment_started()).when(extend_assessment()).then(assessment_extended())
    history = (assessment_started(), review_point_reached(), child_seen(), assessment_extended())
    for command in (reach_review_point(), see_child(), extend_assessment()):
        given(*history).when(command).then_nothing()


def test_an_assessment_is_completed_once() -> None:
    given(assessment_started()).when(complete_assessment()).then(assessment_completed())
    given(*COMPLETED).when(complete_assessment()).then_nothing()
    given(*COMPLETED).when(complete_assessment(outcome="care")).then_refused("ask the manager")


def test_no_factors_is_a_factor_of_its_own() -> None:
    none = {"factors": ("21",)}

    given(assessment_started()).when(complete_assessment(**none)).then(assessment_completed(**none))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (reach_review_point(findings=" "), "Write what the review found"),
        (extend_assessment(reason=""), "Record why the assessment takes longer"),
        (complete_assessment(factors=()), "at least one factor"),
        (complete_assessment(factors=("3B", "3B")), "chosen twice"),
        (complete_assessment(factors=("21", "3B")), "cannot stand with others"),
        (complete_assessment(summary=" "), "Write the summary"),
        (authorise_assessment(), "not completed yet"),
        (return_assessment(), "not completed yet"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(command: Command, reason: str) -> None:
    given(assessment_started()).when(command).then_refused(reason)


def test_another_person_authorises_the_assessment() -> None:
    given(*COMPLETED).when(authorise_assessment()).then(assessment_authorised())
    given(*AUTHORISED).when(authorise_assessment()).then_nothing()
    given(*COMPLETED).when(authorise_assessment(by=WORKER)).then_refused("another person")
    given(*COMPLETED).when(authorise_assessment(rationale="")).then_refused("Record why")


def test_a_returned_assessment_is_completed_anew() -> None:
    returned = (*COMPLETED, assessment_returned())

    given(*COMPLETED).when(return_assessment()).then(assessment_returned())
    given(*returned).when(return_assessment()).then_nothing()
    given(*returned).when(complete_assessment()).then(assessment_completed())
    given(*returned, assessment_completed()).when(return_assessment()).then(assessment_returned())
    given(*COMPLETED).when(return_assessment(reason=" ")).then_refused("Record what is missing")


@pytest.mark.parametrize(
    "command", [see_child(), extend_assessment(), reach_review_point(), return_assessment()]
)
def test_nothing_is_added_after_the_authorisation(command: Command) -> None:
    given(*AUTHORISED).when(command).then_refused("start another")


def test_what_was_recorded_before_the_authorisation_is_not_recorded_again() -> None:
    given(assessment_started(), child_seen(), assessment_completed(), assessment_authorised()).when(
        see_child()
    ).then_nothing()


def test_the_id_of_another_assessment_is_not_taken_again() -> None:
    again = start_assessment(child_id="child-other", case_id="case-other")

    given(assessment_started()).when(again).then_refused("another child's assessment")


def test_nothing_of_an_assessment_happened_before_it_began() -> None:
    started = assessment_started(referral_received_at=MONDAY_9AM - timedelta(days=7))
    early = {"happened_at": MONDAY_9AM - timedelta(days=3)}
    given(started).when(complete_assessment(**early)).then_refused("before the assessment started")
    given(started).when(see_child(**early)).then(child_seen(**early))
    unknown = {"happened_at": MONDAY_9AM - timedelta(days=8)}
    given(started).when(see_child(**unknown)).then_refused("before the referral was received")
    given().when(start_assessment(referral_received_at=MONDAY_9AM, **early)).then_refused(
        "before the referral was received"
    )
