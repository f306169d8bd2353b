"""Case: the work with one child, who has it, and how it is overseen."""

from datetime import timedelta

import pytest

from domain.case import case_of, child_of
from domain.kernel import Command
from tests.examples import (
    MANAGER,
    MONDAY_9AM,
    OTHER_TEAM,
    OTHER_WORKER,
    TEAM,
    WORKER,
    acknowledge_handover,
    allocate_case,
    audit_case,
    case_allocated,
    case_audited,
    case_closed,
    case_opened,
    case_reallocated,
    case_reopened,
    case_transferred,
    case_unallocated,
    close_case,
    decision_overturned,
    handover_acknowledged,
    handover_issued,
    hold_supervision,
    issue_handover,
    management_decision_recorded,
    open_case,
    overturn_decision,
    record_management_decision,
    reopen_case,
    supervision_held,
    transfer_case,
    unallocate_case,
)
from tests.scenario import given

CLOSED = (case_opened(), case_closed())


def test_each_child_has_one_stream_of_cases() -> None:
    assert case_of("child-7") == "case-7"
    assert child_of("case-7") == "child-7"
    given().when(open_case(child_id="child-7")).then_refused("another child's case")


def test_a_case_is_opened() -> None:
    given().when(open_case()).then(case_opened())


def test_a_second_referral_joins_the_open_case() -> None:
    given(case_opened()).when(open_case(referral_id="referral-2")).then_nothing()


def test_a_referral_after_closure_opens_the_next_episode() -> None:
    again = {"referral_id": "referral-2"}

    given(*CLOSED).when(open_case(**again)).then(case_opened(**again, episode=2))
    reopened = (*CLOSED, case_opened(**again, episode=2))
    given(*reopened).when(allocate_case()).then(case_allocated(episode=2))


def test_nothing_is_done_with_a_case_that_was_not_opened() -> None:
    given().when(allocate_case()).then_refused("has no case")


# ── Who works on it ───────────────────────────────────────────────────────────────────────────────


def test_a_case_is_allocated_once() -> None:
    given(case_opened()).when(allocate_case()).then(case_allocated())
    given(case_opened(), case_allocated()).when(allocate_case()).then_nothing()


def test_a_case_may_be_allocated_in_another_team() -> None:
    given(case_opened()).when(allocate_case(team_id=OTHER_TEAM)).then(
        case_allocated(team_id=OTHER_TEAM)
    )


def test_a_case_is_allocated_to_somebody() -> None:
    given(case_opened()).when(allocate_case(worker_id=" ")).then_refused("Choose the worker")


def test_another_worker_takes_over_for_a_reason() -> None:
    allocated = (case_opened(), case_allocated())
    other = allocate_case(worker_id=OTHER_WORKER)
    with_reason = allocate_case(worker_id=OTHER_WORKER, reason="LEFTRL")

    given(*allocated).when(other).then_refused("give the reason for the change")
    given(*allocated).when(with_reason).then(case_reallocated())
    given(*allocated, case_reallocated()).when(with_reason).then_nothing()


def test_an_unallocated_case_waits_and_may_be_allocated_without_a_reason() -> None:
    allocated = (case_opened(), case_allocated())

    given(*allocated).when(unallocate_case()).then(case_unallocated())
    given(*allocated, case_unallocated()).when(unallocate_case()).then_nothing()
    given(*allocated, case_unallocated()).when(allocate_case(worker_id=OTHER_WORKER)).then(
        case_allocated(worker_id=OTHER_WORKER)
    )


def test_a_handover_is_acknowledged_by_the_worker_it_was_written_for() -> None:
    issued = (case_opened(), case_allocated(), handover_issued())

    given(case_opened(), case_allocated()).when(issue_handover()).then(handover_issued())
    given(*issued).when(issue_handover()).then_nothing()
    given(*issued).when(acknowledge_handover(by=MANAGER)).then_refused("Only tom-ashby")
    given(*issued).when(acknowledge_handover()).then(handover_acknowledged())
    given(*issued, handover_acknowledged()).when(acknowledge_handover()).then_nothing()


def test_no_handover_is_acknowledged_before_it_is_issued() -> None:
    given(case_opened()).when(acknowledge_handover()).then_refused("No handover")


@pytest.mark.parametrize("missing", ["to_worker_id", "note"])
def test_a_handover_says_to_whom_and_what(missing: str) -> None:
    given(case_opened()).when(issue_handover(**{missing: " "})).then_refused("Choose the worker")


def test_a_transferred_case_waits_for_allocation_in_the_other_team() -> None:
    allocated = (case_opened(), case_allocated())
    left = case_unallocated(reason="TSPROC")

    given(case_opened()).when(transfer_case()).then(case_transferred())
    given(*allocated).when(transfer_case()).then(left, case_transferred())
    given(*allocated, left, case_transferred()).when(transfer_case()).then_nothing()
    given(case_opened()).when(transfer_case(team_id=TEAM)).then_nothing()


@pytest.mark.parametrize("missing", ["team_id", "reason"])
def test_a_transfer_says_to_whom_and_why(missing: str) -> None:
    given(case_opened()).when(transfer_case(**{missing: ""})).then_refused("Choose the team")


# ── How it is overseen ────────────────────────────────────────────────────────────────────────────


def test_supervision_is_held_with_the_allocated_worker() -> None:
    allocated = (case_opened(), case_allocated())

    given(*allocated).when(hold_supervision()).then(supervision_held(worker_id=WORKER))
    given(*allocated, supervision_held()).when(hold_supervision()).then_nothing()
    given(case_opened()).when(hold_supervision()).then_refused("Allocate a worker first")


@pytest.mark.parametrize("missing", ["decision", "rationale"])
def test_oversight_records_what_was_decided_and_why(missing: str) -> None:
    for command in (
        hold_supervision(**{missing: " "}),
        record_management_decision(**{missing: ""}),
    ):
        given(case_opened(), case_allocated()).when(command).then_refused("what was decided")


def test_a_manager_decides_about_a_case() -> None:
    decided = management_decision_recorded()

    given(case_opened()).when(record_management_decision()).then(decided)
    given(case_opened(), decided).when(record_management_decision()).then_nothing()


def test_an_open_or_closed_case_is_audited() -> None:
    given(case_opened()).when(audit_case()).then(case_audited())
    given(*CLOSED).when(audit_case()).then(case_audited())
    given(case_opened(), case_audited()).when(audit_case()).then_nothing()
    given(case_opened()).when(audit_case(findings=" ")).then_refused("Write what the audit found")


def test_a_decision_is_overturned_once_with_a_reason() -> None:
    given(case_opened()).when(overturn_decision()).then(decision_overturned())
    given(case_opened(), decision_overturned()).when(overturn_decision()).then_nothing()
    given(case_opened()).when(overturn_decision(reason="")).then_refused("Record why")


# ── Closing ───────────────────────────────────────────────────────────────────────────────────────


def test_a_case_is_closed_with_a_rationale() -> None:
    given(case_opened()).when(close_case()).then(case_closed())
    given(*CLOSED).when(close_case()).then_nothing()
    given(case_opened()).when(close_case(rationale=" ")).then_refused("Record why")


@pytest.mark.parametrize(
    "command",
    [allocate_case(), transfer_case(), record_management_decision(), close_case(reason="RC8")],
)
def test_a_closed_case_takes_no_work(command: Command) -> None:
    given(*CLOSED).when(command).then_refused("reopen it first")


def test_a_case_closed_by_mistake_goes_on_and_waits_for_allocation() -> None:
    history = (case_opened(), case_allocated(), case_closed())

    given(*history).when(reopen_case()).then(case_reopened())
    given(*history, case_reopened()).when(reopen_case()).then_nothing()
    given(*history, case_reopened()).when(allocate_case()).then(case_allocated())
    given(*history).when(reopen_case(reason="")).then_refused("Record why")


def test_nothing_of_a_case_happened_before_it_was_opened() -> None:
    early = {"happened_at": MONDAY_9AM - timedelta(minutes=1)}

    given(case_opened()).when(allocate_case(**early)).then_refused("before the case was opened")
