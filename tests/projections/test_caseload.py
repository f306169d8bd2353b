"""Whose is a case, and what is open on it?"""

from projections.caseload import (
    Case,
    Holder,
    assessment,
    case,
    caseload,
    enquiry,
    handed_over_to,
    holders,
    of_child,
    of_team,
    of_worker,
    unallocated,
)
from tests.examples import (
    CASE,
    CHILD,
    OTHER_TEAM,
    OTHER_WORKER,
    PLAN,
    SIBLING,
    TEAM,
    WORKER,
    assessment_authorised,
    assessment_completed,
    assessment_extended,
    assessment_returned,
    assessment_started,
    case_allocated,
    case_closed,
    case_opened,
    case_reallocated,
    case_reopened,
    case_transferred,
    case_unallocated,
    child_seen,
    conference_held,
    discussion_held,
    discussion_requested,
    handover_acknowledged,
    handover_issued,
    plan_ended,
    plan_started,
    retracted,
    review_point_reached,
    section_47_concluded,
    section_47_started,
    supervision_held,
    visit_failed,
    visit_made,
)
from tests.views import Given, View, day, on


def only(view: View) -> Case:
    found = of_child(view.query, CHILD)
    assert found
    return found


def ids(cases: list[Case]) -> list[str]:
    return [each.child_id for each in cases]


# Who has it


def test_a_new_case_waits_for_a_worker(given: Given) -> None:
    view = given(caseload, on(1, case_opened()))
    (waiting,) = unallocated(view.query)
    assert waiting == only(view)
    assert (waiting.team_id, waiting.worker_id) == (TEAM, None)
    assert waiting.unallocated_since == waiting.opened_at == day(1)
    assert case(view.query, CASE) == waiting
    assert of_child(view.query, SIBLING) is None


def test_an_allocated_case_is_its_workers(given: Given) -> None:
    view = given(caseload, case_opened(), on(2, case_allocated()))
    (mine,) = of_worker(view.query, WORKER)
    assert (mine.since, mine.unallocated_since) == (day(2), None)
    assert unallocated(view.query) == []
    view.given(on(3, case_reallocated(worker_id=OTHER_WORKER)))
    assert of_worker(view.query, WORKER) == []
    assert ids(of_worker(view.query, OTHER_WORKER)) == [CHILD]


def test_a_case_left_without_a_worker_waits_from_then_on(given: Given) -> None:
    view = given(caseload, case_opened(), on(1, case_allocated()), on(9, case_unallocated()))
    assert only(view).unallocated_since == day(9)
    view.given(on(12, case_transferred()))
    moved = only(view)
    assert (moved.team_id, moved.unallocated_since) == (OTHER_TEAM, day(9))
    assert ids(unallocated(view.query, OTHER_TEAM)) == [CHILD]
    assert unallocated(view.query, TEAM) == []


def test_a_transfer_alone_leaves_a_case_without_a_worker(given: Given) -> None:
    view = given(caseload, case_opened(), case_allocated(), on(9, case_transferred()))
    assert (only(view).worker_id, only(view).unallocated_since) == (None, day(9))


def test_a_team_sees_first_what_nobody_has(given: Given) -> None:
    allocated = case_opened(child_id=SIBLING, case_id="case-2"), case_allocated(child_id=SIBLING)
    view = given(caseload, *allocated, on(1, case_opened()))
    assert ids(of_team(view.query, TEAM)) == [CHILD, SIBLING]


def test_a_handover_waits_until_it_is_acknowledged(given: Given) -> None:
    view = given(caseload, case_opened(), case_allocated(), on(1, handover_issued()))
    handed = only(view)
    assert (handed.handover_to, handed.handover_at) == (OTHER_WORKER, day(1))
    assert handed.handover_sealed == b"sealed at 3"
    view.given(handover_acknowledged())
    assert only(view).handover_to is None


def test_a_closed_case_is_listed_apart_under_who_had_it_last(given: Given) -> None:
    view = given(caseload, case_opened(), case_allocated(), on(40, case_closed()))
    closed = only(view)
    assert (closed.is_open, closed.closed_at, closed.closure_reason) == (False, day(40), "RC7")
    assert of_worker(view.query, WORKER) == of_team(view.query, TEAM) == []
    assert of_worker(view.query, WORKER, closed=True) == [closed]
    assert of_team(view.query, TEAM, closed=True) == [closed]
    assert unallocated(view.query) == []


def test_a_case_reopened_or_opened_anew_waits_for_a_worker(given: Given) -> None:
    view = given(caseload, case_opened(), case_allocated(), case_closed(), on(41, case_reopened()))
    again = only(view)
    assert (again.is_open, again.closed_at, again.unallocated_since) == (True, None, day(41))
    view.given(case_closed(), on(80, case_opened(episode=2)))
    next_episode = only(view)
    assert (next_episode.episode, next_episode.unallocated_since) == (2, day(80))
    assert next_episode.worker_id is next_episode.closure_reason is None


def test_supervision_is_dated(given: Given) -> None:
    view = given(caseload, case_opened(), on(7, supervision_held()))
    assert only(view).supervised_at == day(7)


# What is open on it


def test_an_assessment_is_open_until_a_manager_authorises_it(given: Given) -> None:
    view = given(caseload, case_opened(), assessment_started(review_on=day(14).date()))
    view.given(on(2, child_seen()), on(9, review_point_reached()), on(20, assessment_extended()))
    under_way = only(view).assessment
    assert under_way
    assert under_way.state == "started"
    assert (under_way.seen_at, under_way.reviewed_at) == (day(2), day(9))
    assert (under_way.review_on, under_way.extended_at) == (day(14).date(), day(20))
    view.given(on(30, assessment_completed()))
    completed = assessment(view.query, "assessment-1")
    assert completed
    assert (completed.state, completed.completed_by) == ("completed", WORKER)
    assert completed.outcome == "child-in-need-plan"
    view.given(assessment_returned())
    returned = only(view).assessment
    assert returned
    assert (returned.state, returned.completed_at, returned.outcome) == ("returned", None, None)
    view.given(assessment_completed(), on(40, assessment_authorised()))
    assert only(view).assessment is None
    assert only(view).assessments[0].authorised_at == day(40)
    assert assessment(view.query, "assessment-9") is None


def test_an_enquiry_is_open_from_the_request_to_its_conclusion(given: Given) -> None:
    view = given(caseload, on(1, discussion_requested()))
    asked = only(view).enquiry
    assert asked
    assert (asked.state, asked.requested_at) == ("requested", day(1))
    assert only(view).case_id is None
    view.given(on(2, discussion_held()), on(2, section_47_started()))
    started = only(view).enquiry
    assert started
    assert (started.state, started.held_at, started.joint) == ("section-47", day(2), True)
    view.given(on(3, discussion_requested()), on(4, discussion_held(decision="no-section-47")))
    assert only(view).enquiry
    view.given(on(15, section_47_concluded()))
    assert only(view).enquiry is None
    concluded = enquiry(view.query, "enquiry-1")
    assert concluded
    assert concluded.conclusion == "substantiated-continuing-risk"
    assert enquiry(view.query, "enquiry-9") is None


def test_a_discussion_that_decides_against_an_enquiry_leaves_none_open(given: Given) -> None:
    view = given(caseload, discussion_held(decision="no-section-47"))
    assert only(view).enquiry is None
    assert only(view).enquiries[0].state == "no-section-47"


def test_a_protection_plan_shows_its_category_while_it_lasts(given: Given) -> None:
    view = given(caseload, on(1, conference_held()), on(1, plan_started()))
    planned = only(view)
    assert (planned.plan_id, planned.plan_category) == (PLAN, "PHY")
    assert planned.plan_since == planned.conference_at == day(1)
    view.given(plan_ended())
    ended = only(view)
    assert (ended.plan_category, ended.plan_since) == (None, None)
    assert ended.plan_ended_at is not None


def test_the_last_visit_and_when_the_child_was_last_seen_are_two_things(given: Given) -> None:
    view = given(caseload, on(1, visit_made()), on(9, visit_made(seen=False, alone=False)))
    view.given(on(10, visit_failed()))
    visited = only(view)
    assert (visited.visited_at, visited.seen_at) == (day(9), day(1))
    assert visited.visit_failed_at == day(10)


def test_what_is_written_down_late_does_not_hide_what_came_after(given: Given) -> None:
    view = given(caseload, on(9, visit_made()), on(8, visit_failed()))
    view.given(assessment_started(), on(9, child_seen()))
    view.given(on(3, visit_made()), on(3, visit_failed()), on(3, child_seen()))
    known = only(view)
    assert known.visited_at == known.seen_at == day(9)
    assert known.visit_failed_at == day(8)
    assert known.assessments[0].seen_at == day(9)


def test_what_was_retracted_counts_no_more(given: Given) -> None:
    view = given(caseload, case_opened(), assessment_started(), supervision_held())
    view.given(on(1, visit_made()), on(2, visit_made()), on(3, visit_failed()))
    view.given(on(4, child_seen()), on(5, review_point_reached()), on(6, assessment_extended()))
    for position in (3, 5, 6, 7, 8, 9):
        view.given(on(400, retracted(record_id=f"record-{position}", position=position)))
    known = only(view)
    assert known.visited_at == known.seen_at == day(1)
    assert known.visit_failed_at is known.supervised_at is None
    assert known.assessment == assessment(view.query, "assessment-1")
    assert known.assessment
    assert known.assessment.seen_at is known.assessment.reviewed_at is None
    assert known.assessment.extended_at is None


def test_a_child_of_whom_only_a_visit_is_known_is_known_until_it_is_retracted(given: Given) -> None:
    view = given(caseload, on(1, visit_made()))
    assert only(view).seen_at == day(1)
    view.given(on(2, retracted(position=1)))
    assert of_child(view.query, CHILD) is None


def test_a_worker_sees_what_is_being_handed_over_to_them(given: Given) -> None:
    view = given(caseload, case_opened(), case_allocated(), handover_issued())
    assert ids(handed_over_to(view.query, OTHER_WORKER)) == [CHILD]
    view.given(handover_acknowledged())
    assert handed_over_to(view.query, OTHER_WORKER) == []


def test_whose_each_childs_case_is_or_was(given: Given) -> None:
    view = given(caseload, case_opened(), case_allocated(), visit_made(child_id=SIBLING))
    (holder,) = holders(view.query, [CHILD, SIBLING, "child-unknown"])
    assert holder == Holder(
        child_id=CHILD,
        is_open=True,
        team_id=TEAM,
        worker_id=WORKER,
        handover_to=None,
    )
    view.given(case_closed())
    assert [(each.is_open, each.worker_id) for each in holders(view.query, [CHILD])] == [
        (False, WORKER)
    ]
    assert holders(view.query, []) == []
