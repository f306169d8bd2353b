"""Do the clocks start, run out and stop when they should?"""

from datetime import date, datetime
from typing import Any

import pytest

from domain.assessment import AssessmentStarted
from domain.clocks import clock
from projections import base
from projections.deadlines import Deadline, deadlines, due, of_child, of_referral
from tests.examples import (
    CASE,
    CHILD,
    MONDAY_9AM,
    OTHER_TEAM,
    OTHER_WORKER,
    REFERRAL,
    SIBLING,
    TEAM,
    WORKER,
    acknowledged,
    assessment_authorised,
    assessment_extended,
    assessment_started,
    case_allocated,
    case_closed,
    case_opened,
    case_reallocated,
    case_reopened,
    case_transferred,
    case_unallocated,
    child_added,
    child_matched,
    child_registered,
    child_removed,
    child_unmatched,
    decided,
    received,
    referrer_told,
    reopened,
    retracted,
    review_point_reached,
    routed,
    updated,
)
from tests.views import Given, View, day, on

POLICY = "2025-04.exampleshire.1"
ENDED = day(200)


def of(view: View, rule: str, as_at: datetime = ENDED, **more: Any) -> Deadline:
    (found,) = (each for each in due(view.query, as_at, **more) if each.rule == rule)
    return found


def rules(found: list[Deadline]) -> list[str]:
    return [each.rule for each in found]


# R1: decide and acknowledge


def test_a_referral_is_to_be_decided_and_acknowledged_in_a_working_day(given: Given) -> None:
    view = given(deadlines, received())
    (running,) = due(view.query, day(1.1))
    assert running == Deadline(
        rule="R1",
        about=REFERRAL,
        referral_id=REFERRAL,
        case_id=None,
        child_ids=(CHILD,),
        team_id=TEAM,
        worker_id=None,
        policy=POLICY,
        started_at=MONDAY_9AM,
        due_on=date(2026, 1, 6),
        due_at=None,
        state="running",
        waiting_for=("decision", "acknowledgement"),
        stopped_at=None,
        stopped_by=None,
        recorded_late=False,
        extended_at=None,
    )
    assert of(view, "R1", day(2)).state == "overdue"
    assert due(view.query, day(-1)) == []


def test_the_team_that_a_referral_is_decided_for_has_its_clocks_from_then_on(given: Given) -> None:
    view = given(deadlines, received(team_id=None), on(1, decided(team_id=OTHER_TEAM)))
    for rule in ("R1", "R3"):
        assert of(view, rule, team=OTHER_TEAM).team_id == OTHER_TEAM
    view.given(on(1, routed(team_id=TEAM)))
    assert of(view, "R3").team_id == TEAM
    view.given(on(1, reopened()), on(2, decided(team_id=None)))
    assert of(view, "R3", day(1)).team_id == TEAM


def test_it_is_met_by_the_later_of_the_two(given: Given) -> None:
    view = given(deadlines, received(), on(1, decided()))
    assert of(view, "R1", day(1)).waiting_for == ("acknowledgement",)
    assert of(view, "R1", day(2)).state == "overdue"
    view.given(on(1.1, acknowledged()))
    met = of(view, "R1")
    assert (met.state, met.stopped_by, met.stopped_at) == ("met", 3, day(1.1))
    assert met.waiting_for == ()


def test_what_was_done_too_late_says_so_and_what_came_first_was_not_yet_done(
    given: Given,
) -> None:
    view = given(deadlines, received(), acknowledged(), on(4, decided()))
    assert of(view, "R1").state == "met-late"
    assert of(view, "R1").stopped_by == 3
    assert of(view, "R1", day(3)).waiting_for == ("decision",)


def test_a_reopened_referral_has_a_new_clock_for_the_decision_alone(given: Given) -> None:
    view = given(deadlines, received(), acknowledged(), decided(), on(7, reopened()))
    first, again = (d for d in due(view.query, day(7)) if d.rule == "R1")
    assert (first.state, first.stopped_by) == ("met", 3)
    assert (again.state, again.waiting_for) == ("running", ("decision",))
    assert again.due_on == date(2026, 1, 13)
    view.given(on(8, decided()))
    assert [d.stopped_by for d in due(view.query, ENDED) if d.rule == "R1"] == [3, 5]


# R3: tell the referrer


def test_the_referrer_is_to_be_told_in_a_working_day_of_the_decision(given: Given) -> None:
    view = given(deadlines, received(), on(1, decided()), on(4, referrer_told()))
    told = of(view, "R3")
    assert (told.started_at, told.due_on) == (day(1), date(2026, 1, 7))
    assert (told.state, told.stopped_by) == ("met-late", 3)


def test_a_reopened_decision_need_not_be_told(given: Given) -> None:
    view = given(deadlines, received(), decided(), on(1, reopened()))
    stopped = of(view, "R3")
    assert (stopped.state, stopped.stopped_by, stopped.waiting_for) == ("stopped", 3, ())


# R5: the assessment


def test_each_child_accepted_is_to_be_assessed_in_45_working_days_of_the_referral(
    given: Given,
) -> None:
    view = given(deadlines, received(), on(3, decided(child_ids=(CHILD, SIBLING))))
    mine, other = (d for d in due(view.query, day(3)) if d.rule == "R5")
    assert (mine.about, mine.child_ids, other.child_ids) == (CASE, (CHILD,), (SIBLING,))
    assert (mine.started_at, mine.due_on) == (MONDAY_9AM, date(2026, 3, 9))
    assert mine.waiting_for == ("authorisation",)


def test_it_runs_until_the_assessment_is_authorised(given: Given) -> None:
    view = given(deadlines, received(), decided(), on(5, assessment_started()))
    view.given(on(40, assessment_extended()), on(70, assessment_authorised()))
    late = of(view, "R5")
    assert (late.state, late.stopped_by) == ("met-late", 5)
    assert late.extended_at == day(40)
    assert of(view, "R5", day(60)).state == "running"


def test_work_that_no_decision_asked_for_has_its_clock_too(given: Given) -> None:
    view = given(deadlines, assessment_started())
    assert of(view, "R5").started_at == MONDAY_9AM


def test_a_second_referral_s_clock_is_met_by_the_assessment_that_follows_it(
    given: Given,
) -> None:
    later = decided(referral_id="referral-2", referral_received_at=day(20))
    view = given(deadlines, decided(), assessment_started(), on(20, later))
    view.given(on(30, assessment_authorised()))
    assert [d.state for d in due(view.query, ENDED) if d.rule == "R5"] == ["met", "met"]


def test_an_assessment_does_not_meet_the_clock_of_another_one(given: Given) -> None:
    second = assessment_started(assessment_id="assessment-2", referral_received_at=day(20))
    view = given(deadlines, assessment_started(), on(21, second))
    view.given(on(30, assessment_authorised(assessment_id="assessment-2")))
    assert [d.state for d in due(view.query, ENDED) if d.rule == "R5"] == ["overdue", "met"]


def test_a_reopened_decision_stops_it_and_deciding_the_same_again_goes_on(given: Given) -> None:
    view = given(deadlines, received(), decided(), on(1, reopened()))
    assert of(view, "R5").state == "stopped"
    view.given(on(2, decided()))
    again = of(view, "R5", day(3))
    assert (again.state, again.started_at) == ("running", MONDAY_9AM)


def test_a_reopened_decision_does_not_stop_work_under_way(given: Given) -> None:
    view = given(deadlines, received(), decided(), assessment_started(), reopened())
    assert of(view, "R5", day(1)).state == "running"


def test_another_outcome_starts_no_assessment(given: Given) -> None:
    view = given(deadlines, received(), decided(outcome="early-help"))
    assert "R5" not in rules(due(view.query, ENDED))


# R5: an assessment after the one that answered the referral


ANSWERED = (received(), decided(), on(5, assessment_started()), on(30, assessment_authorised()))


def further(days: float, number: int = 2) -> AssessmentStarted:
    """Another assessment of the same case, as its referral came on Monday."""
    return on(days, assessment_started(assessment_id=f"assessment-{number}"))


def assessments(view: View, as_at: datetime = ENDED, **more: Any) -> list[Deadline]:
    found = [each for each in due(view.query, as_at, **more) if each.rule == "R5"]
    return sorted(found, key=lambda each: each.started_at)


def states(view: View, as_at: datetime = ENDED, **more: Any) -> list[str]:
    return [each.state for each in assessments(view, as_at, **more)]


def test_a_further_assessment_has_45_working_days_from_its_own_start(given: Given) -> None:
    view = given(deadlines, *ANSWERED, further(70))
    first, second = assessments(view, day(70))
    assert (first.state, first.stopped_by, first.due_on) == ("met", 4, date(2026, 3, 9))
    assert (second.started_at, second.due_on) == (day(70), date(2026, 5, 21))
    assert (second.state, second.waiting_for) == ("running", ("authorisation",))
    assert (second.about, second.case_id, second.child_ids) == (CASE, CASE, (CHILD,))
    assert second in of_child(view.query, CHILD, day(70))
    assert assessments(view, overdue=True)[0].due_on == second.due_on
    view.given(on(140, assessment_authorised(assessment_id="assessment-2")))
    assert [(d.state, d.stopped_by) for d in assessments(view)] == [("met", 4), ("met-late", 6)]


def test_each_assessment_after_that_has_a_clock_of_its_own(given: Given) -> None:
    view = given(deadlines, *ANSWERED, further(50))
    view.given(on(60, assessment_authorised(assessment_id="assessment-2")), further(70, 3))
    assert [d.started_at for d in assessments(view)] == [MONDAY_9AM, day(50), day(70)]
    assert states(view) == ["met", "met", "overdue"]


def test_until_the_referral_s_clock_is_met_another_assessment_answers_it_too(
    given: Given,
) -> None:
    view = given(deadlines, received(), decided(), on(5, assessment_started()), further(6))
    assert [d.started_at for d in assessments(view)] == [MONDAY_9AM]
    view.given(on(8, assessment_authorised(assessment_id="assessment-2")))
    assert states(view) == ["met"]


def test_reasons_for_taking_longer_are_those_of_the_further_assessment(given: Given) -> None:
    view = given(deadlines, *ANSWERED, further(70))
    view.given(on(80, assessment_extended(assessment_id="assessment-2")))
    assert [d.extended_at for d in assessments(view)] == [None, day(80)]


def test_a_further_assessment_s_clock_stops_with_the_case_and_goes_on_with_it(
    given: Given,
) -> None:
    view = given(deadlines, *ANSWERED, case_opened(), further(70), on(75, case_closed()))
    assert states(view) == ["met", "stopped"]
    view.given(on(80, case_reopened()))
    assert states(view) == ["met", "overdue"]
    assert assessments(view)[1].started_at == day(70)


def test_an_assessment_started_when_the_case_is_open_again_is_a_further_one(
    given: Given,
) -> None:
    view = given(deadlines, *ANSWERED, case_opened(), on(40, case_closed()))
    view.given(on(60, case_reopened()), further(61))
    assert [d.started_at for d in assessments(view)] == [MONDAY_9AM, day(61)]


def test_a_referral_decided_again_does_not_take_the_further_assessment_s_clock(
    given: Given,
) -> None:
    view = given(deadlines, *ANSWERED, on(40, reopened()), on(41, decided()))
    assert states(view) == ["met"]
    view.given(further(42), on(43, reopened()))
    assert states(view) == ["met", "overdue"]
    view.given(on(44, decided()), on(50, assessment_authorised(assessment_id="assessment-2")))
    assert states(view) == ["met", "met"]


def test_a_second_referral_s_clock_is_met_by_the_further_assessment_too(given: Given) -> None:
    later = decided(referral_id="referral-2", referral_received_at=day(71))
    view = given(deadlines, *ANSWERED, further(70), on(72, later))
    view.given(on(90, assessment_authorised(assessment_id="assessment-2")))
    assert states(view) == ["met", "met", "met"]


def test_a_further_assessment_recorded_late_counts_from_when_it_started(given: Given) -> None:
    started = assessment_started(assessment_id="assessment-2")
    view = given(deadlines, *ANSWERED, on(35, started, recorded=60))
    assert [d.started_at for d in assessments(view)] == [MONDAY_9AM, day(35)]
    assert len(assessments(view, as_known_at=day(59))) == 1


def test_an_assessment_taken_in_again_after_it_was_authorised_is_no_further_one(
    given: Given,
) -> None:
    view = given(deadlines, *ANSWERED)
    before = view.rows
    view.position = 2
    view.given(ANSWERED[2])
    assert view.rows == before


# R6: the review point


def test_an_assessment_is_reviewed_on_the_policy_s_day(given: Given) -> None:
    view = given(deadlines, on(1, assessment_started()), on(20, review_point_reached()))
    reviewed = of(view, "R6")
    assert (reviewed.about, reviewed.due_on) == ("assessment-1", date(2026, 1, 20))
    assert (reviewed.state, reviewed.child_ids) == ("met-late", (CHILD,))


def test_or_on_the_day_that_the_manager_set(given: Given) -> None:
    view = given(deadlines, assessment_started(review_on=date(2026, 1, 12)))
    assert of(view, "R6").due_on == date(2026, 1, 12)


def test_a_review_that_was_retracted_is_still_to_be_made(given: Given) -> None:
    view = given(deadlines, on(1, assessment_started()), on(5, review_point_reached()))
    view.given(on(30, retracted(position=2)), on(40, retracted(position=2)))
    assert (of(view, "R6").state, of(view, "R6", as_known_at=day(20)).state) == ("overdue", "met")
    assert of(view, "R6", as_known_at=day(30)).state == "overdue"
    view.given(on(6, review_point_reached(), recorded=50))
    assert (of(view, "R6").state, of(view, "R6").stopped_by) == ("met", 5)
    assert "R6" in rules(due(view.query, day(3), unmet=True))
    assert "R6" not in rules(due(view.query, day(90), unmet=True))


def test_the_second_review_counts_when_the_first_was_retracted(given: Given) -> None:
    view = given(deadlines, on(1, assessment_started()), on(5, review_point_reached()))
    view.given(on(9, review_point_reached()), on(20, assessment_authorised()))
    assert of(view, "R6").stopped_by == 2
    view.given(on(30, retracted(position=2)))
    assert of(view, "R6").stopped_by == 3
    view.given(on(31, retracted(position=3)))
    assert (of(view, "R6").state, of(view, "R6").stopped_by) == ("stopped", 4)


def test_an_extension_that_was_retracted_is_none(given: Given) -> None:
    view = given(deadlines, on(1, assessment_started()), on(40, assessment_extended()))
    assert [d.extended_at for d in assessments(view)] == [day(40)]
    view.given(on(50, retracted(position=2)))
    assert [d.extended_at for d in assessments(view)] == [None]


def test_an_authorised_assessment_needs_no_review(given: Given) -> None:
    view = given(deadlines, assessment_started(), on(5, assessment_authorised()))
    assert (of(view, "R6").state, of(view, "R6").stopped_by) == ("stopped", 2)


# A case closed


def test_a_closed_case_stops_its_clocks_and_reopened_they_go_on(given: Given) -> None:
    view = given(deadlines, decided(), case_opened(), assessment_started(), on(9, case_closed()))
    assert [d.state for d in due(view.query, ENDED) if d.case_id] == ["stopped", "stopped"]
    assert [d.state for d in due(view.query, day(8)) if d.case_id] == ["running", "running"]
    view.given(on(11, case_reopened()))
    assert [d.state for d in due(view.query, day(11)) if d.case_id] == ["running", "running"]


# Whose it is


def test_a_referral_s_clocks_are_the_team_s_that_it_went_to(given: Given) -> None:
    view = given(deadlines, received(), decided())
    view.given(routed())
    held = {d.rule: d.team_id for d in due(view.query, day(1))}
    assert held == {"R1": OTHER_TEAM, "R3": OTHER_TEAM, "R5": None}


def test_an_assessment_s_clocks_go_with_the_case(given: Given) -> None:
    view = given(deadlines, case_opened(), assessment_started(), case_allocated())
    assert rules(due(view.query, day(1), worker=WORKER)) == ["R6", "R5"]
    view.given(case_reallocated(worker_id=OTHER_WORKER))
    assert rules(due(view.query, day(1), worker=WORKER)) == []
    assert of(view, "R5").worker_id == OTHER_WORKER
    view.given(case_unallocated(), case_transferred())
    assert (of(view, "R5").team_id, of(view, "R5").worker_id) == (OTHER_TEAM, None)
    assert rules(due(view.query, day(1), team=OTHER_TEAM)) == ["R6", "R5"]
    assert due(view.query, day(1), team=TEAM) == []


def test_a_child_has_the_clocks_of_its_referrals_and_its_own(given: Given) -> None:
    view = given(deadlines, received(child_ids=(CHILD, SIBLING)), decided(child_ids=(CHILD,)))
    assert rules(of_child(view.query, CHILD, ENDED)) == ["R1", "R3", "R5"]
    assert rules(of_child(view.query, SIBLING, ENDED)) == ["R1", "R3"]
    assert rules(of_referral(view.query, REFERRAL, ENDED)) == ["R1", "R3", "R5"]


def test_a_child_put_on_or_taken_off_a_referral_has_its_clocks_or_has_not(
    given: Given,
) -> None:
    view = given(deadlines, received(), child_added(), child_removed(), updated())
    assert of(view, "R1").child_ids == (SIBLING,)
    view.given(child_matched(referral_id=REFERRAL, rule="automatic"))
    assert of_child(view.query, CHILD, ENDED) == []
    view.given(child_matched(referral_id=REFERRAL))
    assert rules(of_child(view.query, CHILD, ENDED)) == ["R1"]
    view.given(child_unmatched(referral_id=REFERRAL), child_registered(child_id="child-3"))
    view.given(child_registered(child_id="child-4", referral_id=None))
    assert of(view, "R1").child_ids == (SIBLING, "child-3")


def test_whom_a_message_registers_or_matches_stands_in_the_referral_it_tells(
    given: Given,
) -> None:
    by_message = {"message": "one"}
    view = given(
        deadlines,
        child_registered(**by_message),
        child_matched(child_id=SIBLING, referral_id=REFERRAL, rule="automatic", **by_message),
    )
    assert view.rows["deadlines_children"] == []
    view.given(received(child_ids=(CHILD, SIBLING), **by_message))
    assert of(view, "R1").child_ids == (CHILD, SIBLING)


# What is asked


def test_what_is_overdue_and_what_is_still_to_do_can_be_asked_for(given: Given) -> None:
    view = given(deadlines, received(), received(referral_id="referral-2"))
    view.given(on(1, decided()), on(1, acknowledged()), on(3, received(referral_id="referral-3")))
    assert [d.about for d in due(view.query, day(3), overdue=True)] == ["referral-2", REFERRAL]
    assert [d.rule for d in due(view.query, day(3), overdue=True)] == ["R1", "R3"]
    unmet = due(view.query, day(3), unmet=True)
    assert [d.about for d in unmet] == ["referral-2", REFERRAL, "referral-3", CASE]
    assert rules(due(view.query, day(0.5), overdue=True)) == []


def test_the_clocks_are_shown_as_they_were_known(given: Given) -> None:
    view = given(deadlines, received(), acknowledged(), on(1, decided(), recorded=9))
    known_then = of(view, "R1", day(5), as_known_at=day(5))
    assert (known_then.state, known_then.waiting_for) == ("overdue", ("decision",))
    assert of(view, "R1", day(5)).state == "met"
    assert [d.about for d in due(view.query, day(5), overdue=True, as_known_at=day(5))] == [
        REFERRAL
    ]
    assert due(view.query, day(5), as_known_at=day(-1)) == []


def test_an_acknowledgement_counts_from_the_instant_it_was_recorded(given: Given) -> None:
    view = given(deadlines, received(), decided(), on(1, acknowledged(), recorded=4))
    for known, waits in ((3.9, True), (4, False)):
        then: dict[str, Any] = {"as_at": day(5), "as_known_at": day(known)}
        assert (of(view, "R1", **then).state == "overdue") == waits
        for overdue in (True, False):
            found = [d.rule for d in due(view.query, **then, overdue=overdue, unmet=not overdue)]
            assert ("R1" in found) == waits, (known, overdue)


@pytest.mark.parametrize(("rule", "last"), [("R4-red", "2026-01-05"), ("R1", "2026-01-06")])
def test_a_limit_in_hours_has_a_last_day_too(rule: str, last: str) -> None:
    assert base.last_day(clock(rule, MONDAY_9AM)) == last


def test_what_was_done_in_time_and_written_down_late_says_so(given: Given) -> None:
    """Monday's referral is to be decided on Tuesday; somebody writes on Thursday that it was."""
    thursday = {"recorded_at": day(3)}
    view = given(deadlines, received(), acknowledged(), decided(**thursday))
    (first, *_) = of_referral(view.query, REFERRAL, day(3))
    assert (first.rule, first.state, first.recorded_late) == ("R1", "met", True)
    view = given(deadlines, received(), acknowledged(), decided(recorded_at=day(1)))
    (first, *_) = of_referral(view.query, REFERRAL, day(3))
    assert (first.rule, first.state, first.recorded_late) == ("R1", "met", False)
