"""What were agencies' systems told, on which lawful basis?"""

from datetime import date

from projections.disclosures import Told, disclosures, of_agency, of_child, of_referral
from tests.examples import (
    CHILD,
    MONDAY_9AM,
    POLICE,
    REFERRAL,
    disclosure_withheld,
    information_disclosed,
)
from tests.views import Given

FIRST = information_disclosed()
SECOND = information_disclosed(
    disclosure_id="disclosure-2",
    channel="webhook",
    what="plan-status",
    status="started",
    outcome=None,
    child_id=CHILD,
    lawful_basis="legal-obligation",
    corrects="disclosure-1",
)
OTHER = information_disclosed(
    disclosure_id="disclosure-3", agency_id="elm-surgery", referral_id="referral-2"
)


def test_what_was_told_stands_with_to_whom_and_on_which_basis(given: Given) -> None:
    view = given(disclosures, FIRST, OTHER)
    assert of_referral(view.query, REFERRAL) == [
        Told(
            disclosure_id="disclosure-1",
            agency=POLICE,
            channel="kafka",
            what="decision",
            status="decided",
            outcome="assessment",
            happened_on=date(2026, 1, 5),
            referral_id=REFERRAL,
            child_id=None,
            lawful_basis="public-task",
            corrects=None,
            disclosed_at=MONDAY_9AM,
            position=1,
            withheld=None,
            withheld_at=None,
        )
    ]


def test_it_is_found_by_child_and_by_agency(given: Given) -> None:
    view = given(disclosures, FIRST, SECOND, OTHER)
    (told,) = of_child(view.query, CHILD)
    assert (told.status, told.lawful_basis, told.corrects) == (
        "started",
        "legal-obligation",
        "disclosure-1",
    )
    found = [each.disclosure_id for each in of_agency(view.query, POLICE)]
    assert found == ["disclosure-2", "disclosure-1"]


def test_taken_twice_it_stands_there_once(given: Given) -> None:
    view = given(disclosures, FIRST)
    view.again()
    assert len(of_referral(view.query, REFERRAL)) == 1


def test_what_was_withheld_does_not_stand_as_told(given: Given) -> None:
    view = given(disclosures, FIRST, OTHER, disclosure_withheld())
    (told,) = of_referral(view.query, REFERRAL)
    assert (told.withheld, told.withheld_at) == ("restricted", MONDAY_9AM)
    (other,) = of_referral(view.query, "referral-2")
    assert other.withheld is None
