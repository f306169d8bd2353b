"""Plan: one protection plan at a time, and every visit to the child."""

from datetime import UTC, datetime
from typing import Any

from domain.plan import plan_of
from tests.examples import (
    end_plan,
    plan_ended,
    plan_started,
    record_failed_visit,
    record_visit,
    start_plan,
    visit_failed,
    visit_made,
)
from tests.scenario import given

ENDED = (plan_started(), plan_ended())


def test_each_child_has_one_stream_of_plans() -> None:
    assert plan_of("child-7") == "plan-7"
    given().when(record_visit(child_id="child-7")).then_refused("another child's plan")


def test_a_protection_plan_is_started_once() -> None:
    given().when(start_plan()).then(plan_started())
    given(plan_started()).when(start_plan()).then_nothing()


def test_a_child_has_one_protection_plan_at_a_time() -> None:
    given(plan_started()).when(start_plan(category="NEG")).then_refused("end it first")
    again = {"conference_id": "conference-2"}
    given(*ENDED).when(start_plan(**again)).then(plan_started(**again))


def test_a_visit_is_recorded_with_a_plan_or_without() -> None:
    given(plan_started()).when(record_visit()).then(visit_made())
    given().when(record_visit()).then(visit_made())


def test_the_same_visit_is_recorded_once_and_another_is_another() -> None:
    later = {"happened_at": datetime(2026, 1, 5, 8, tzinfo=UTC)}

    given(visit_made()).when(record_visit()).then_nothing()
    given(visit_made()).when(record_visit(**later)).then(visit_made(**later))


def test_a_child_who_was_not_seen_was_not_alone_and_said_nothing() -> None:
    given().when(record_visit(seen=False)).then_refused("seen alone")
    given().when(record_visit(seen=False, alone=False)).then_refused("said anything")
    for nothing in (None, " "):
        unseen: dict[str, Any] = {"seen": False, "alone": False, "child_said": nothing}
        given().when(record_visit(**unseen)).then(visit_made(**unseen))


def test_a_visit_says_what_was_seen() -> None:
    given().when(record_visit(notes=" ")).then_refused("Write what you saw")


def test_a_failed_visit_is_recorded_once_with_its_reason() -> None:
    given().when(record_failed_visit()).then(visit_failed())
    given(visit_failed()).when(record_failed_visit()).then_nothing()
    given().when(record_failed_visit(reason="")).then_refused("Record why the visit failed")


def test_a_protection_plan_ends_once_with_a_rationale() -> None:
    given(plan_started()).when(end_plan()).then(plan_ended())
    given(*ENDED).when(end_plan()).then_nothing()
    given(*ENDED).when(end_plan(reason="died")).then_refused("none to end")
    given().when(end_plan()).then_refused("none to end")
    given(plan_started()).when(end_plan(rationale=" ")).then_refused("needs a rationale")
