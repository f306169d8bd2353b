"""Who may send concerns, as agencies are registered, suspended and resumed?"""

from projections.agencies import Agency, agencies, agency, registered, senders
from tests.examples import (
    MONDAY_9AM,
    POLICE,
    agency_registered,
    agency_renamed,
    agency_resumed,
    agency_suspended,
)
from tests.views import Given


def test_a_registered_agency_may_send(given: Given) -> None:
    view = given(agencies, agency_registered())
    assert senders(view.query) == [
        Agency(
            agency_id=POLICE,
            kind="police",
            name="Exampleshire Constabulary",
            registered_at=MONDAY_9AM,
            suspended_at=None,
            reason=None,
        )
    ]


def test_a_suspended_agency_is_known_and_may_not_send(given: Given) -> None:
    view = given(agencies, agency_registered(), agency_suspended())
    assert senders(view.query) == []
    (suspended,) = registered(view.query)
    assert suspended.suspended
    assert suspended.reason == "Its credential was lost."


def test_a_resumed_agency_may_send_again_under_its_new_name(given: Given) -> None:
    view = given(
        agencies, agency_registered(), agency_suspended(), agency_resumed(), agency_renamed()
    )
    (resumed,) = senders(view.query)
    assert resumed.name == "Exampleshire Police"
    assert resumed.reason is None


def test_an_agency_that_was_never_registered_is_not_known(given: Given) -> None:
    view = given(agencies, agency_registered())
    assert agency(view.query, POLICE) == registered(view.query)[0]
    assert agency(view.query, "north-police") is None
