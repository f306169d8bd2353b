"""Kernel: times, names, private words, and what makes two facts the same."""

from datetime import datetime, timedelta, timezone

import pytest

from domain.described import ChildDescribed
from domain.kernel import (
    WITHHELD,
    Command,
    Private,
    Recorded,
    Refused,
    caused,
    check_ids,
    check_times,
    once,
    private_fields,
    stored_name,
    stream_of,
    subject_of,
    trace,
)
from domain.message import MessageReceived
from domain.plan import VisitMade
from domain.referral import ReferralDecided, ReferralReceived
from tests.examples import (
    CHILD,
    COMMAND_EXAMPLES,
    MESSAGE,
    MONDAY_9AM,
    PLAN,
    REFERRAL,
    TEAM,
    WORKER,
    agency_registered,
    allocate_case,
    decide_referral,
    decided,
    merge_records,
    received,
    record_visit,
    team_formed,
    visit_made,
    worker_joined,
)

LATER = MONDAY_9AM + timedelta(seconds=1)


def test_a_person_cannot_say_that_something_will_have_happened() -> None:
    with pytest.raises(Refused, match="in the future"):
        check_times(record_visit(happened_at=LATER))
    check_times(record_visit(happened_at=MONDAY_9AM))


def test_an_agency_whose_clock_is_ahead_is_heard() -> None:
    check_times(record_visit(happened_at=LATER, message=MESSAGE))


@pytest.mark.parametrize("plan_id", ["", "plan-", "plan- ", "case-1", "1"])
def test_an_id_of_another_kind_is_refused(plan_id: str) -> None:
    with pytest.raises(Refused, match="Choose the plan: its id"):
        check_ids(record_visit(plan_id=plan_id))


def test_other_ids_are_not_empty_and_may_be_left_out() -> None:
    with pytest.raises(Refused, match="Choose the worker: its id"):
        check_ids(allocate_case(worker_id=" "))
    with pytest.raises(Refused, match="Choose the child: its id"):
        check_ids(merge_records(merged_child_id="case-1"))
    check_ids(allocate_case(team_id=None))


@pytest.mark.parametrize("command", COMMAND_EXAMPLES.values(), ids=lambda c: type(c).__name__)
def test_every_example_has_ids_of_their_kinds(command: Command) -> None:
    check_ids(command)


def test_an_event_belongs_to_the_stream_of_its_family() -> None:
    assert stream_of(received()) == REFERRAL
    assert stream_of(record_visit()) == PLAN
    assert stream_of(agency_registered()) == "agency-police-exampleshire"


def test_private_words_are_sealed_for_whom_they_concern() -> None:
    assert subject_of(visit_made()) == CHILD
    assert subject_of(received()) == REFERRAL
    assert subject_of(worker_joined()) == WORKER
    assert subject_of(team_formed()) == TEAM


def test_private_fields_are_known_by_their_kind() -> None:
    assert private_fields(VisitMade) == {
        "notes": Private("narrative"),
        "child_said": Private("narrative"),
    }
    assert set(private_fields(MessageReceived)) == {"raw", "file_name"}
    assert private_fields(ReferralReceived)["addresses"] == Private("location")


def test_what_is_withheld_is_false() -> None:
    assert not WITHHELD


def test_an_event_takes_from_its_command_what_has_the_same_name() -> None:
    command = decide_referral(rationale="Because.")
    event = caused(ReferralDecided, command, child_ids=(), referral_received_at=MONDAY_9AM)

    assert event == decided(rationale="Because.", child_ids=(), team_id=None)


def test_an_event_is_stored_under_its_name() -> None:
    assert stored_name(VisitMade) == "plan.visit_made.v1"
    recorded = Recorded(position=1, stream=PLAN, version=1, event=visit_made())
    assert recorded.name == "plan.visit_made.v1"


def test_two_facts_are_the_same_whatever_their_words_and_when_they_were_written_down() -> None:
    again = visit_made(notes="Other words.", recorded_at=LATER)

    assert trace(again) == trace(visit_made())
    assert once(again, {trace(visit_made())}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"happened_at": LATER},
        {"by": "tom-ashby"},
        {"bedroom_seen": False},
        {"message": MESSAGE},
        {"command": "command-2"},
    ],
)
def test_two_facts_differ_by_when_who_what_asked_and_clear_fields(
    change: dict[str, object],
) -> None:
    other = visit_made(**change)

    assert once(other, {trace(visit_made())}) == [other]


def test_a_child_with_only_a_date_due_is_unborn() -> None:
    assert ChildDescribed(due_on=MONDAY_9AM.date()).unborn
    assert not ChildDescribed(due_on=MONDAY_9AM.date(), born_on=MONDAY_9AM.date()).unborn
    assert not ChildDescribed().unborn


def test_nothing_that_a_person_records_happened_before_1900() -> None:
    with pytest.raises(Refused, match="before 1900"):
        check_times(
            record_visit(happened_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9))))
        )
