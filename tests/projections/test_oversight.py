"""Does each number of a team's week count what it says?"""

from datetime import date, datetime
from typing import Any

import pytest

from domain.clocks import clock
from projections.oversight import (
    MEASURES,
    Measure,
    Number,
    compare,
    oversight,
    series,
    team_week,
    teams,
    week_of,
    weeks,
)
from projections.oversight.intervals import late_from
from tests.examples import (
    CASE,
    CHILD,
    MANAGER,
    MONDAY_9AM,
    OTHER_TEAM,
    OTHER_WORKER,
    REFERRAL,
    SIBLING,
    TEAM,
    acknowledged,
    assessment_authorised,
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
    child_removed,
    child_seen,
    child_unmatched,
    decided,
    decision_authorised,
    manager_appointed,
    manager_left,
    received,
    reopened,
    retracted,
    risk_answer_withdrawn,
    risk_answered,
    risk_raised,
    routed,
    team_formed,
    updated,
    worker_joined,
    worker_left,
    working_time_changed,
)
from tests.views import Given, View, day, on

WEEK = "2026-W02"  # Monday 5 January
NEXT = "2026-W03"
SUNDAY_NIGHT = day(6.6)


def number(view: View, measure: Measure, week: str = WEEK, **more: Any) -> Number:
    return next(
        n
        for n in team_week(view.query, more.pop("team", TEAM), week, **more)
        if n.measure == measure
    )


def counted(view: View, measure: Measure, week: str = WEEK, **more: Any) -> tuple[Any, ...]:
    found = number(view, measure, week, **more)
    return found.value, found.of, found.cases


# Referrals


def test_a_decision_counts_in_the_week_in_which_it_was_due(given: Given) -> None:
    view = given(oversight, received(), on(1, decided()), on(1, acknowledged()))
    for measure in ("decided", "acknowledged"):
        in_time, late = f"{measure}-in-time", f"{measure}-late"
        assert counted(view, in_time) == (1, 1, (REFERRAL,))  # type: ignore[arg-type]
        assert counted(view, late) == (0, 1, ())  # type: ignore[arg-type]
        assert counted(view, in_time, NEXT) == (0, 0, ())  # type: ignore[arg-type]


def test_a_referral_nobody_decided_is_late_once_its_day_is_over(given: Given) -> None:
    view = given(oversight, received())
    assert counted(view, "decided-late", as_at=day(1)) == (0, 0, ())
    assert counted(view, "decided-late", as_at=day(2)) == (1, 1, (REFERRAL,))
    view.given(on(4, decided()), on(4, acknowledged()))
    assert counted(view, "decided-late") == (1, 1, (REFERRAL,))
    assert counted(view, "acknowledged-late") == (1, 1, (REFERRAL,))


def test_what_was_decided_in_time_counts_before_its_day_is_over(given: Given) -> None:
    view = given(oversight, received(), on(0.1, decided()))
    assert counted(view, "decided-in-time", as_at=day(0.2)) == (1, 1, (REFERRAL,))


def test_a_reopened_referral_is_to_be_decided_again_and_not_acknowledged(given: Given) -> None:
    view = given(oversight, received(), acknowledged(), decided(), on(7, reopened()))
    assert counted(view, "decided-late", NEXT) == (1, 1, (REFERRAL,))
    assert counted(view, "acknowledged-late", NEXT) == (0, 0, ())


def test_a_referral_counts_for_the_team_that_it_was_routed_to(given: Given) -> None:
    view = given(oversight, received(), routed())
    assert counted(view, "decided-late") == (0, 0, ())
    assert counted(view, "decided-late", team=OTHER_TEAM) == (1, 1, (REFERRAL,))


def test_a_referral_counts_for_the_team_that_it_was_decided_for(given: Given) -> None:
    view = given(oversight, received(team_id=None))
    assert counted(view, "decided-late", team=OTHER_TEAM) == (0, 0, ())
    view.given(on(1, decided(team_id=OTHER_TEAM, authorised_by=None)))
    for measure in ("decided-in-time", "decided-without-authorisation"):
        assert counted(view, measure, team=OTHER_TEAM) == (1, 1, (REFERRAL,))
    view.given(on(1, routed(team_id=TEAM)))
    assert counted(view, "decided-in-time") == (1, 1, (REFERRAL,))
    view.given(on(1, reopened()), on(1.1, decided(team_id=None)))
    assert counted(view, "decided-in-time") == (2, 2, (REFERRAL, REFERRAL))


def test_a_decision_that_nobody_authorised_is_shown(given: Given) -> None:
    alone = decided(referral_id="referral-2", authorised_by=None)
    view = given(oversight, received(), received(referral_id="referral-2"), alone)
    view.given(on(1, decided(authorised_by=MANAGER)))
    assert counted(view, "decided-without-authorisation") == (1, 2, ("referral-2",))
    view.given(on(9, decision_authorised(referral_id="referral-2")))
    assert counted(view, "decided-without-authorisation") == (0, 2, ())
    assert counted(view, "decided-without-authorisation", as_at=SUNDAY_NIGHT)[0] == 1


def test_a_child_referred_within_twelve_months_is_referred_again(given: Given) -> None:
    view = given(
        oversight,
        on(-364, received(referral_id="referral-0")),
        on(1, received()),
        received(referral_id="referral-9", child_ids=(SIBLING,)),
    )
    assert counted(view, "re-referrals") == (1, 2, (REFERRAL,))


def test_a_child_referred_longer_ago_is_not_referred_again(given: Given) -> None:
    view = given(oversight, on(-366, received(referral_id="referral-0")), received())
    assert counted(view, "re-referrals") == (0, 1, ())


def test_of_two_referrals_at_one_instant_the_second_is_the_re_referral(given: Given) -> None:
    view = given(oversight, received(), received(referral_id="referral-2"))
    assert counted(view, "re-referrals") == (1, 2, ("referral-2",))


def test_a_re_referral_is_about_the_children_that_people_say_it_is_about(given: Given) -> None:
    view = given(oversight, received(), on(1, received(referral_id="referral-2", child_ids=())))
    assert number(view, "re-referrals").value == 0
    second = {"referral_id": "referral-2", "child_id": CHILD}
    for puts_on, takes_off in (
        (child_added(**second), child_removed(**second)),
        (child_matched(**second), child_unmatched(**second)),
    ):
        view.given(puts_on)
        assert number(view, "re-referrals").cases == ("referral-2",)
        view.given(takes_off)
        assert number(view, "re-referrals").value == 0
    for message in (None, "one"):  # what a person took off is not put on again by a rule
        view.given(child_matched(**second, rule="automatic", message=message))
        assert number(view, "re-referrals").value == 0


def test_a_child_whom_an_update_names_first_is_referred_again_by_the_next(given: Given) -> None:
    view = given(oversight, received(child_ids=()), on(1, updated(child_ids=(CHILD,))))
    view.given(on(2, received(referral_id="referral-2")))
    assert counted(view, "re-referrals") == (1, 2, ("referral-2",))


# Cases


def test_a_case_without_a_worker_is_counted_with_how_long_it_waited(given: Given) -> None:
    second = case_opened(child_id=SIBLING, case_id="case-2")
    view = given(oversight, on(1, case_opened()), on(2, second))
    assert counted(view, "unallocated-children") == (2, 2, (CASE, "case-2"))
    assert counted(view, "longest-unallocated-days") == (3, None, (CASE,))
    assert counted(view, "longest-unallocated-days", NEXT) == (8, None, (CASE,))
    view.given(on(3, case_allocated()))
    assert counted(view, "unallocated-children") == (1, 2, ("case-2",))
    assert counted(view, "unallocated-children", as_at=day(2.5)) == (2, 2, (CASE, "case-2"))


def test_no_case_waits_where_every_case_has_a_worker(given: Given) -> None:
    view = given(oversight, case_opened(), case_allocated())
    assert counted(view, "unallocated-children") == (0, 1, ())
    assert counted(view, "longest-unallocated-days") == (0, None, ())


def test_a_case_keeps_its_wait_when_it_moves_to_another_team(given: Given) -> None:
    view = given(oversight, case_opened(), case_allocated())
    view.given(on(1, case_unallocated()), on(3, case_transferred()))
    assert counted(view, "unallocated-children") == (0, 0, ())
    assert counted(view, "longest-unallocated-days", team=OTHER_TEAM) == (3, None, (CASE,))
    view.given(on(4, case_reallocated(team_id=OTHER_TEAM)))
    assert counted(view, "unallocated-children", team=OTHER_TEAM) == (0, 1, ())


def test_a_closed_case_is_no_longer_counted_until_it_is_reopened(given: Given) -> None:
    view = given(oversight, case_opened(), on(2, case_closed()), on(8, case_reopened()))
    assert counted(view, "unallocated-children") == (0, 0, ())
    assert counted(view, "longest-unallocated-days", NEXT) == (3, None, (CASE,))


def test_what_was_recorded_after_an_instant_does_not_count(given: Given) -> None:
    view = given(oversight, case_opened(), on(1, case_allocated(), recorded=20))
    assert counted(view, "unallocated-children") == (0, 1, ())
    assert counted(view, "unallocated-children", as_at=day(10)) == (1, 1, (CASE,))


def test_an_end_that_was_recorded_after_an_instant_had_not_come_by_then(given: Given) -> None:
    view = given(oversight, worker_joined(), case_opened(), case_allocated())
    view.given(on(1, worker_left(), recorded=20), on(1, case_closed(), recorded=20))
    then = {"as_at": day(10)}
    assert counted(view, "caseload-per-worker", NEXT, **then) == (1, 1, (CASE,))
    assert number(view, "worker-turnover", NEXT, **then).cases == ()
    assert counted(view, "caseload-per-worker", NEXT, as_at=day(20)) == (None, 0, ())
    assert len(number(view, "worker-turnover", NEXT, as_at=day(20)).cases) == 1


def test_an_earlier_referral_that_was_recorded_later_makes_none_a_second_one(given: Given) -> None:
    view = given(oversight, on(1, received(referral_id="referral-2")))
    view.given(on(0, received(), recorded=20))
    assert counted(view, "re-referrals", as_at=day(10)) == (0, 1, ())
    assert counted(view, "re-referrals", as_at=day(20)) == (1, 2, ("referral-2",))


def test_a_week_ends_before_the_instant_at_which_the_next_begins(given: Given) -> None:
    midnight = day(6.625)
    assert midnight == datetime(2026, 1, 12, tzinfo=midnight.tzinfo)
    view = given(oversight, on(6.625, received()))
    for as_at in (midnight, day(10)):
        assert counted(view, "re-referrals", as_at=as_at) == (0, 0, ())
        assert counted(view, "re-referrals", NEXT, as_at=as_at) == (0, 1, ())


def test_the_caseload_is_the_open_cases_of_a_full_time_worker(given: Given) -> None:
    part_time = worker_joined(person_id=OTHER_WORKER, percent=60)
    duty = worker_joined(person_id="duty-1", role="duty-worker")
    view = given(oversight, worker_joined(), part_time, duty, case_opened(), case_allocated())
    view.given(case_opened(child_id=SIBLING, case_id="case-2"))
    assert counted(view, "caseload-per-worker") == (1.2, 1.6, (CASE, "case-2"))
    view.given(on(7, worker_left(person_id=OTHER_WORKER)), on(7, working_time_changed()))
    assert counted(view, "caseload-per-worker", NEXT) == (3.3, 0.6, (CASE, "case-2"))


def test_without_a_worker_there_is_no_caseload(given: Given) -> None:
    view = given(oversight, case_opened())
    assert counted(view, "caseload-per-worker") == (None, 0, (CASE,))


# Assessments


def test_an_assessment_is_past_its_limit_from_the_referral_on(given: Given) -> None:
    view = given(oversight, received(), decided(), case_opened())
    view.given(on(5, assessment_started()))
    assert counted(view, "assessments-past-limit", "2026-W10") == (0, 1, ())
    assert counted(view, "assessments-past-limit", "2026-W11") == (1, 1, (CASE,))
    assert counted(view, "assessments-past-limit", "2026-W11", as_at=day(63)) == (0, 1, ())
    view.given(on(66, assessment_authorised()))
    assert counted(view, "assessments-past-limit", "2026-W11") == (0, 0, ())
    assert counted(view, "assessments-authorised-late", "2026-W11") == (1, 1, (CASE,))
    assert counted(view, "assessments-authorised-late", "2026-W12") == (0, 0, ())


def test_an_assessment_authorised_in_time_is_not_late(given: Given) -> None:
    view = given(oversight, case_opened(), assessment_started(), on(2, assessment_authorised()))
    assert counted(view, "assessments-authorised-late") == (0, 1, ())


def test_an_assessment_counts_for_the_team_that_has_the_case_then(given: Given) -> None:
    view = given(oversight, case_opened(), assessment_started(), on(8, case_transferred()))
    assert number(view, "assessments-past-limit").of == 1
    assert number(view, "assessments-past-limit", NEXT).of == 0
    assert number(view, "assessments-past-limit", NEXT, team=OTHER_TEAM).of == 1
    view.given(on(9, assessment_authorised()))
    assert number(view, "assessments-authorised-late", NEXT).of == 0
    assert number(view, "assessments-authorised-late", NEXT, team=OTHER_TEAM).of == 1


def test_a_reopened_decision_or_a_closed_case_ends_the_wait(given: Given) -> None:
    view = given(oversight, received(), decided(), case_opened(), on(1, reopened()))
    assert number(view, "assessments-past-limit").of == 0
    view.given(on(2, decided()))
    assert number(view, "assessments-past-limit").of == 1
    view.given(on(3, case_closed()))
    assert number(view, "assessments-past-limit").of == 0
    view.given(on(4, case_reopened()))
    assert number(view, "assessments-past-limit").of == 1


def test_a_further_assessment_is_past_its_limit_from_its_own_start_on(given: Given) -> None:
    view = given(oversight, received(), decided(), case_opened(), on(5, assessment_started()))
    view.given(on(30, assessment_authorised()))
    view.given(on(70, assessment_started(assessment_id="assessment-2")))  # due on 21 May, W21
    assert counted(view, "assessments-past-limit", "2026-W12") == (0, 1, ())
    assert counted(view, "assessments-past-limit", "2026-W20") == (0, 1, ())
    assert counted(view, "assessments-past-limit", "2026-W21") == (1, 1, (CASE,))
    view.given(on(140, assessment_authorised(assessment_id="assessment-2")))
    assert counted(view, "assessments-past-limit", "2026-W22") == (0, 0, ())
    assert counted(view, "assessments-authorised-late", "2026-W06") == (0, 1, ())
    assert counted(view, "assessments-authorised-late", "2026-W22") == (1, 1, (CASE,))


def test_a_further_assessment_waits_while_its_case_is_closed(given: Given) -> None:
    view = given(oversight, case_opened(), assessment_started(), assessment_authorised())
    view.given(on(1, assessment_started(assessment_id="assessment-2")), on(2, case_closed()))
    assert number(view, "assessments-past-limit").of == 0
    view.given(on(3, case_reopened()))
    assert number(view, "assessments-past-limit").of == 1


def test_a_child_not_seen_by_the_review_point_is_shown(given: Given) -> None:
    view = given(oversight, case_opened(), assessment_started())
    assert counted(view, "children-not-seen", NEXT) == (0, 1, ())
    assert counted(view, "children-not-seen", "2026-W04") == (1, 1, (CASE,))
    view.given(on(20, child_seen()), on(15, child_seen()), on(17, child_seen()))
    assert counted(view, "children-not-seen", "2026-W04") == (0, 1, ())
    view.given(on(16, case_closed()))
    assert counted(view, "children-not-seen", "2026-W04") == (0, 0, ())


def test_a_child_is_not_seen_if_the_entry_was_retracted(given: Given) -> None:
    view = given(oversight, case_opened(), assessment_started(), on(3, child_seen()))
    view.given(on(40, retracted(position=3)), on(50, retracted(position=3)))
    assert counted(view, "children-not-seen", "2026-W04") == (1, 1, (CASE,))
    assert counted(view, "children-not-seen", "2026-W04", as_at=day(20)) == (0, 1, ())
    assert counted(view, "children-not-seen", "2026-W07", as_at=day(40)) == (1, 1, (CASE,))
    view.given(on(16, child_seen(), recorded=60))
    assert counted(view, "children-not-seen", "2026-W04") == (0, 1, ())


# Risks


def test_a_risk_nobody_answers_is_counted_with_its_age(given: Given) -> None:
    view = given(oversight, case_opened(), risk_raised())
    view.given(on(3, risk_raised(risk_id="risk-2")))
    assert counted(view, "risks-unanswered") == (2, None, ("risk-1", "risk-2"))
    assert counted(view, "oldest-risk-days") == (6, None, ("risk-1",))
    view.given(on(8, risk_answered()))
    assert counted(view, "risks-unanswered") == (2, None, ("risk-1", "risk-2"))
    assert counted(view, "risks-unanswered", NEXT) == (1, None, ("risk-2",))


def test_a_risk_counts_for_the_team_that_has_or_last_had_the_child(given: Given) -> None:
    view = given(oversight, received(), risk_raised())
    assert number(view, "risks-unanswered").cases == ("risk-1",)
    view.given(on(7, case_opened(team_id=OTHER_TEAM)), on(8, case_closed()))
    assert number(view, "risks-unanswered").cases == ("risk-1",)
    assert number(view, "risks-unanswered", NEXT).cases == ()
    assert number(view, "risks-unanswered", NEXT, team=OTHER_TEAM).cases == ("risk-1",)


def test_a_risk_whose_answer_was_withdrawn_is_unanswered_since_it_was_raised(given: Given) -> None:
    view = given(oversight, case_opened(), risk_raised(), on(8, risk_answered()))
    view.given(on(15, risk_answer_withdrawn()))
    for week in (NEXT, "2026-W04"):
        assert counted(view, "risks-unanswered", week) == (1, None, ("risk-1",))
    assert counted(view, "risks-unanswered", NEXT, as_at=day(9)) == (0, None, ())
    assert counted(view, "oldest-risk-days", NEXT) == (13, None, ("risk-1",))
    view.given(on(16, risk_answered()), on(17, risk_answer_withdrawn()), on(25, risk_answered()))
    assert counted(view, "risks-unanswered", "2026-W04", as_at=day(16)) == (0, None, ())
    assert counted(view, "risks-unanswered", "2026-W04", as_at=day(17)) == (1, None, ("risk-1",))
    assert counted(view, "risks-unanswered", "2026-W05") == (0, None, ())


def test_where_every_risk_is_answered_none_is_old(given: Given) -> None:
    view = given(oversight)
    assert counted(view, "oldest-risk-days") == (0, None, ())


# People


def test_turnover_is_the_leavers_of_twelve_months_of_the_average_in_post(given: Given) -> None:
    year_ago = [on(-400, worker_joined(person_id=f"worker-{n}")) for n in range(4)]
    view = given(oversight, *year_ago, on(1, worker_left(person_id="worker-0")))
    value, average, left = counted(view, "worker-turnover")
    assert left == ("worker-0",)
    assert (value, average) == (25.5, 3.9)  # of 12 month-ends with 4 and this week with 3
    assert number(view, "worker-turnover", "2027-W02").value == 0


def test_a_change_of_hours_is_no_turnover(given: Given) -> None:
    view = given(oversight, on(-30, worker_joined()), working_time_changed())
    assert number(view, "worker-turnover").value == 0


def test_managers_are_counted_apart_and_a_confirmed_one_did_not_leave(given: Given) -> None:
    view = given(oversight, on(-400, manager_appointed(interim=True)))
    view.given(on(-30, manager_appointed()))
    assert counted(view, "manager-turnover") == (0, 1, ())
    view.given(on(7, manager_left()))
    assert counted(view, "manager-turnover", NEXT) == (108.3, 0.9, (MANAGER,))
    assert number(view, "worker-turnover", NEXT).value is None


def test_the_days_without_a_manager_are_counted(given: Given) -> None:
    view = given(oversight, on(-7, team_formed()), on(-7, manager_appointed()))
    assert counted(view, "days-without-manager") == (0, 7, ())
    view.given(on(2, manager_left()))
    assert counted(view, "days-without-manager") == (5, 7, ())
    assert counted(view, "days-without-manager", as_at=day(3)) == (2, 4, ())
    assert counted(view, "days-without-manager", "2025-W51") == (0, 0, ())
    assert counted(view, "days-without-manager", team=OTHER_TEAM) == (0, 0, ())


# Weeks and teams


def test_every_measure_has_a_number_and_words(given: Given) -> None:
    view = given(oversight, team_formed(), case_opened(), worker_joined())
    found = team_week(view.query, TEAM, WEEK)
    assert [n.measure for n in found] == list(MEASURES)
    assert all(MEASURES.values())


def test_what_is_counted_is_listed(given: Given) -> None:
    view = given(oversight, team_formed(), received(), case_opened(), risk_raised())
    for n in team_week(view.query, TEAM, "2026-W20"):
        if n.measure in ("unallocated-children", "risks-unanswered", "decided-late"):
            assert n.value == len(n.cases)


def test_a_series_has_a_number_for_every_week_begun(given: Given) -> None:
    view = given(oversight, case_opened(), on(9, case_allocated()))
    series = weeks(view.query, TEAM, "unallocated-children", "2025-W52", "2026-W04")
    assert [(n.week, n.value) for n in series] == [
        ("2025-W52", 0),
        ("2026-W01", 0),
        ("2026-W02", 1),
        ("2026-W03", 0),
        ("2026-W04", 0),
    ]
    until_now = weeks(
        view.query, TEAM, "unallocated-children", "2025-W52", "2026-W04", as_at=day(8)
    )
    assert [n.week for n in until_now] == ["2025-W52", "2026-W01", "2026-W02", "2026-W03"]
    assert until_now[-1].value == 1


def test_all_measures_can_be_asked_for_over_weeks(given: Given) -> None:
    view = given(oversight, case_opened())
    found = series(view.query, TEAM, WEEK, NEXT)
    assert found == team_week(view.query, TEAM, WEEK) + team_week(view.query, TEAM, NEXT)


def test_a_week_that_has_not_begun_has_no_numbers(given: Given) -> None:
    assert team_week(given(oversight).query, TEAM, NEXT, as_at=day(6)) == []


def test_all_teams_are_compared_but_those_who_work_for_all(given: Given) -> None:
    auditors = team_formed(team_id="team-audit", kind="authority")
    view = given(oversight, team_formed(), team_formed(team_id=OTHER_TEAM), auditors)
    assert teams(view.query) == [OTHER_TEAM, TEAM]
    assert len(compare(view.query, WEEK)) == 2 * len(MEASURES)
    (hillside, riverside) = compare(view.query, WEEK, measure="worker-turnover")
    assert (hillside.team, riverside.team) == (OTHER_TEAM, TEAM)


def test_a_week_begins_on_monday_at_midnight_in_england(given: Given) -> None:
    assert week_of(date(2026, 11, 22)) == "2026-W47"
    assert week_of(date(2027, 1, 1)) == "2026-W53"
    summer = datetime.fromisoformat("2026-06-14T23:30:00+00:00")  # Monday there already
    view = given(oversight, case_opened(happened_at=summer))
    assert number(view, "unallocated-children", "2026-W24").value == 0
    assert number(view, "unallocated-children", "2026-W25").value == 1


@pytest.mark.parametrize("week", ["2026-W54", "2026", "next week"])
def test_what_is_no_week_is_refused(given: Given, week: str) -> None:
    view = given(oversight)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the calendar says of it
        team_week(view.query, TEAM, week)


def test_a_limit_in_hours_is_late_after_its_last_instant() -> None:
    assert late_from(clock("R4-red", MONDAY_9AM)) == "2026-01-05T11:00:00.000001Z"
