"""Agency: who may send concerns, and where it hears what became of them."""

from datetime import timedelta

import pytest

from tests.examples import (
    MONDAY_9AM,
    agency_registered,
    agency_renamed,
    agency_resumed,
    agency_suspended,
    end_plan_status,
    name_for_plan_status,
    named_for_plan_status,
    plan_status_ended,
    register_agency,
    register_webhook,
    remove_webhook,
    rename_agency,
    resume_agency,
    rotate_webhook_secret,
    suspend_agency,
    webhook_registered,
    webhook_removed,
    webhook_secret_rotated,
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


@pytest.mark.parametrize("agency_id", ["safeguarding-publish", "safeguarding-ingest", "admin"])
def test_no_agency_is_called_as_one_of_our_own_kafka_users(agency_id: str) -> None:
    given().when(register_agency(agency_id=agency_id)).then_refused("our own Kafka users")


@pytest.mark.parametrize("agency_id", ["administration", "north-safeguarding-partners"])
def test_an_id_that_only_sounds_like_a_user_of_ours_is_free(agency_id: str) -> None:
    given().when(register_agency(agency_id=agency_id)).then(agency_registered(agency_id=agency_id))


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


def test_an_agency_registers_one_webhook() -> None:
    given(agency_registered()).when(register_webhook()).then(webhook_registered())
    with_webhook = (agency_registered(), webhook_registered())
    given(*with_webhook).when(register_webhook(command="another")).then_nothing()
    elsewhere = register_webhook(url="https://elsewhere.example.org/")
    given(*with_webhook).when(elsewhere).then_refused("remove it first")


def test_an_unknown_agency_has_no_webhook() -> None:
    given().when(register_webhook()).then_refused("No agency")


def test_a_webhook_is_not_registered_at_an_address_inside() -> None:
    inside = register_webhook(url="https://169.254.169.254/latest")
    given(agency_registered()).when(inside).then_refused("our own network")


def test_a_webhook_is_removed() -> None:
    with_webhook = (agency_registered(), webhook_registered())
    given(*with_webhook).when(remove_webhook()).then(webhook_removed())
    given(*with_webhook, webhook_removed()).when(remove_webhook()).then_nothing()
    given(*with_webhook, webhook_removed()).when(register_webhook()).then(webhook_registered())


def test_a_secret_is_rotated_and_the_old_one_is_good_for_a_while() -> None:
    with_webhook = (agency_registered(), webhook_registered())
    given(*with_webhook).when(rotate_webhook_secret()).then(webhook_secret_rotated())
    rotated = (*with_webhook, webhook_secret_rotated())
    given(*rotated).when(rotate_webhook_secret()).then_nothing()
    again = {"command": "another"}
    given(*rotated).when(rotate_webhook_secret(**again)).then(webhook_secret_rotated(**again))


def test_an_old_secret_is_not_good_for_ever() -> None:
    too_long = rotate_webhook_secret(old_until=MONDAY_9AM + timedelta(days=31))
    given(agency_registered(), webhook_registered()).when(too_long).then_refused("30 days")


def test_where_there_is_no_webhook_no_secret_is_rotated() -> None:
    given(agency_registered()).when(rotate_webhook_secret()).then_refused("no webhook")


def test_an_agency_is_named_once_to_hear_of_protection_plans() -> None:
    given(agency_registered()).when(name_for_plan_status()).then(named_for_plan_status())
    given(agency_registered(), named_for_plan_status()).when(name_for_plan_status()).then_nothing()


def test_an_agency_that_is_no_longer_named_hears_of_no_plan() -> None:
    named = (agency_registered(), named_for_plan_status())
    given(*named).when(end_plan_status()).then(plan_status_ended())
    given(agency_registered()).when(end_plan_status()).then_nothing()
    given(*named, plan_status_ended()).when(name_for_plan_status()).then(named_for_plan_status())


def test_hearing_of_plans_rests_on_a_basis_that_holds_for_every_child() -> None:
    asked = name_for_plan_status(lawful_basis="consent")
    given(agency_registered()).when(asked).then_refused("consent does not")
    public = agency_registered(kind="public")
    given(public).when(name_for_plan_status()).then_refused("Members of the public")
