"""Agency: who may send concerns."""

import pytest

from tests.examples import (
    agency_registered,
    agency_renamed,
    agency_resumed,
    agency_suspended,
    register_agency,
    rename_agency,
    resume_agency,
    suspend_agency,
)
from tests.scenario import given


def test_an_agency_is_registered_once() -> None:
    given().when(register_agency()).then(agency_registered())
    given(agency_registered()).when(register_agency()).then_nothing()


def test_an_agency_is_not_registered_anew_under_another_name() -> None:
    given(agency_registered()).when(register_agency(name="Other")).then_refused(
        "already registered"
    )


@pytest.mark.parametrize("agency_id", ["", "Police", "police exampleshire", "-police", "x" * 61])
def test_an_agency_id_is_lower_case_letters_digits_and_hyphens(agency_id: str) -> None:
    given().when(register_agency(agency_id=agency_id)).then_refused("lower-case letters")


def test_no_agency_speaks_in_the_councils_own_voice() -> None:
    given().when(register_agency(agency_id="authority")).then_refused("the council's own")


def test_an_agency_has_a_name() -> None:
    given().when(register_agency(name=" ")).then_refused("Enter the agency's name")
    given(agency_registered()).when(rename_agency(name="")).then_refused("Enter the agency's name")


def test_an_agency_is_renamed() -> None:
    given(agency_registered()).when(rename_agency()).then(agency_renamed())
    given(agency_registered(), agency_renamed()).when(rename_agency()).then_nothing()


def test_a_suspended_agency_may_send_again_when_it_is_resumed() -> None:
    given(agency_registered()).when(suspend_agency()).then(agency_suspended())
    given(agency_registered(), agency_suspended()).when(suspend_agency()).then_nothing()
    given(agency_registered(), agency_suspended()).when(resume_agency()).then(agency_resumed())
    resumed = (agency_registered(), agency_suspended(), agency_resumed())
    given(*resumed).when(resume_agency()).then_nothing()


def test_a_suspension_has_a_reason() -> None:
    given(agency_registered()).when(suspend_agency(reason=" ")).then_refused("Record why")


def test_an_unknown_agency_is_not_suspended() -> None:
    given().when(suspend_agency()).then_refused("is registered")
