"""Does a risk stay in sight until somebody answers it?"""

from datetime import timedelta

from projections.risks import of_child, risk, risks, unanswered
from tests.examples import (
    CHILD,
    MANAGER,
    OTHER_TEAM,
    OTHER_WORKER,
    POLICE,
    TEAM,
    WORKER,
    case_allocated,
    case_closed,
    case_opened,
    case_reallocated,
    case_transferred,
    case_unallocated,
    received,
    risk_answer_withdrawn,
    risk_answered,
    risk_escalated,
    risk_raised,
    routed,
)
from tests.views import Given, View, day, on


def team_and_worker(view: View) -> tuple[str | None, str | None]:
    (only,) = unanswered(view.query)
    return only.team_id, only.worker_id


def test_a_risk_stays_until_somebody_answers_it(given: Given) -> None:
    view = given(risks, risk_raised(), on(3, risk_escalated()))
    (raised,) = unanswered(view.query)
    assert (raised.risk_id, raised.raised_by_agency, raised.kind) == (
        "risk-1",
        POLICE,
        "domestic-abuse",
    )
    assert (raised.escalated_to, raised.escalated_at) == (MANAGER, day(3))
    view.given(on(10, risk_answered()))
    assert unanswered(view.query) == []


def test_a_risk_whose_answer_was_withdrawn_waits_again_since_it_was_raised(given: Given) -> None:
    view = given(risks, risk_raised(), on(3, risk_answered()), on(9, risk_answer_withdrawn()))
    (waiting,) = unanswered(view.query)
    assert waiting == unanswered(view.query, as_at=day(4))[0] == risk(view.query, "risk-1")
    assert (waiting.answer, waiting.answer_sealed) == (None, None)
    assert waiting.age(day(30)) == timedelta(days=30)
    view.given(on(12, risk_answered()))
    assert unanswered(view.query) == []


def test_an_answered_risk_is_still_on_the_childs_record(given: Given) -> None:
    view = given(risks, risk_raised(), on(1, risk_raised(risk_id="risk-2")), risk_answered())
    newer, older = of_child(view.query, CHILD)
    assert (newer.risk_id, newer.answer) == ("risk-2", None)
    assert (older.answer, older.answer_sealed) == ("mitigated", b"sealed at 3")
    assert risk(view.query, "risk-1") == older
    assert risk(view.query, "risk-9") is None


def test_the_age_of_a_risk_is_how_long_it_waited(given: Given) -> None:
    view = given(risks, risk_raised())
    (waiting,) = unanswered(view.query)
    assert waiting.age(day(30)) == timedelta(days=30)
    view.given(on(10, risk_answered()))
    (answered,) = of_child(view.query, CHILD)
    assert answered.age(day(30)) == timedelta(days=10)


def test_the_risks_are_listed_oldest_first_as_they_stood_at_an_instant(given: Given) -> None:
    later = on(5, risk_raised(risk_id="risk-2"))
    view = given(risks, later, risk_raised(), on(10, risk_answered()))
    assert [r.risk_id for r in unanswered(view.query, as_at=day(4))] == ["risk-1"]
    assert [r.risk_id for r in unanswered(view.query, as_at=day(6))] == ["risk-1", "risk-2"]
    assert [r.risk_id for r in unanswered(view.query, as_at=day(10))] == ["risk-2"]


def test_before_there_is_a_case_a_risk_is_the_team_s_that_the_referral_went_to(
    given: Given,
) -> None:
    view = given(risks, received(), risk_raised())
    assert team_and_worker(view) == (TEAM, None)
    view.given(routed())
    assert team_and_worker(view) == (OTHER_TEAM, None)


def test_a_risk_goes_with_the_case_and_stays_with_the_team_that_closed_it(given: Given) -> None:
    view = given(risks, received(), risk_raised(), case_opened(), case_allocated())
    assert team_and_worker(view) == (TEAM, WORKER)
    view.given(case_reallocated(worker_id=OTHER_WORKER))
    assert team_and_worker(view) == (TEAM, OTHER_WORKER)
    view.given(case_unallocated(), case_transferred())
    assert team_and_worker(view) == (OTHER_TEAM, None)
    view.given(case_closed())
    assert team_and_worker(view) == (OTHER_TEAM, None)


def test_a_team_a_worker_and_an_agency_see_their_own(given: Given) -> None:
    view = given(risks, risk_raised(), case_opened(), case_allocated())
    assert len(unanswered(view.query, team=TEAM, worker=WORKER, agency=POLICE)) == 1
    assert unanswered(view.query, team=OTHER_TEAM) == []
    assert unanswered(view.query, worker=OTHER_WORKER) == []
    assert unanswered(view.query, agency="gp-mill-lane") == []
