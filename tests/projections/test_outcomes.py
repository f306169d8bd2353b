"""Does an agency see what became of its own referrals, and of no other's?"""

from projections.outcomes import Total, of_agency, outcomes, sent, summary
from tests.examples import (
    POLICE,
    REFERRAL,
    acknowledged,
    cancelled,
    decided,
    followed_up,
    received,
    referrer_told,
    reopened,
    updated,
)
from tests.views import Given, day, on

GP = "gp-mill-lane"


def test_an_agency_sees_receipt_decision_and_the_outcome_it_was_told(given: Given) -> None:
    view = given(
        outcomes, received(), on(0.1, acknowledged()), on(1, decided()), on(2, referrer_told())
    )
    (mine,) = of_agency(view.query, POLICE)
    assert mine.referral_id == REFERRAL
    assert mine.acknowledged_at == day(0.1)
    assert (mine.decided_at, mine.outcome) == (day(1), "assessment")
    assert (mine.told_at, mine.told_outcome) == (day(2), "assessment")
    assert (mine.sealed, mine.told_sealed) == (b"sealed at 1", b"sealed at 4")


def test_an_agency_sees_no_other_agency_s_referral(given: Given) -> None:
    view = given(outcomes, received(), received(referral_id="referral-2", agency=GP, by=GP))
    assert [each.referral_id for each in of_agency(view.query, GP)] == ["referral-2"]
    assert sent(view.query, GP, REFERRAL) is None
    assert sent(view.query, POLICE, REFERRAL) == of_agency(view.query, POLICE)[0]


def test_what_another_agency_adds_is_not_shown_to_the_referrer(given: Given) -> None:
    view = given(outcomes, received(), updated(agency=GP), cancelled(agency=GP))
    (mine,) = of_agency(view.query, POLICE)
    assert (mine.updated_at, mine.cancelled_at) == (None, None)
    view.given(on(1, updated()), on(2, cancelled()), on(3, followed_up()))
    (mine,) = of_agency(view.query, POLICE)
    assert (mine.updated_at, mine.cancelled_at) == (day(1), day(2))
    assert mine.followed_up_at == day(3)


def test_a_reopened_referral_has_no_outcome_and_still_says_what_was_told(given: Given) -> None:
    view = given(outcomes, received(), decided(), referrer_told(), on(5, reopened()))
    (mine,) = of_agency(view.query, POLICE)
    assert (mine.outcome, mine.told_outcome) == (None, "assessment")
    assert mine.reopened_at == day(5)
    view.given(on(6, decided(outcome="early-help")))
    (mine,) = of_agency(view.query, POLICE)
    assert (mine.outcome, mine.reopened_at) == ("early-help", None)


def test_the_totals_say_how_many_came_to_what(given: Given) -> None:
    view = given(outcomes, received(), received(referral_id="referral-2"), acknowledged())
    view.given(decided(), referrer_told(), received(referral_id="referral-3", agency=GP))
    waiting = Total(agency=POLICE, outcome=None, referrals=1, acknowledged=0, told=0)
    assessed = Total(agency=POLICE, outcome="assessment", referrals=1, acknowledged=1, told=1)
    assert summary(view.query, POLICE) == [waiting, assessed]
    assert [total.agency for total in summary(view.query)] == [GP, POLICE, POLICE]
