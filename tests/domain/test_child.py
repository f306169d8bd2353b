"""Child: one record a child, put right by people and never by guessing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.kernel import Command
from tests.examples import (
    CHILD,
    MANAGER,
    MESSAGE,
    REFERRAL,
    WORKER,
    child_matched,
    child_registered,
    child_unmatched,
    correct_details,
    details_corrected,
    end_relationship,
    household_joined,
    household_left,
    join_household,
    leave_household,
    match_child,
    merge_records,
    record_relationship,
    record_restricted,
    record_unrestricted,
    records_merged,
    records_separated,
    records_told_apart,
    register_child,
    relationship_ended,
    relationship_recorded,
    restrict_record,
    separate_records,
    tell_records_apart,
    telling_apart_withdrawn,
    unmatch_child,
    unrestrict_record,
    withdraw_telling_apart,
)
from tests.scenario import given


def test_a_child_is_registered_once() -> None:
    given().when(register_child()).then(child_registered())
    given(child_registered()).when(register_child()).then_nothing()


def test_an_unborn_child_has_a_date_due_instead_of_a_birth_date() -> None:
    details: dict[str, Any] = {"born_on": None, "due_on": date(2026, 5, 1), "sex": "U"}

    given().when(register_child(**details)).then(child_registered(**details, unborn=True))


def test_a_born_child_with_a_date_due_is_not_unborn() -> None:
    due = {"due_on": date(2017, 3, 1)}

    given().when(register_child(**due)).then(child_registered(**due, unborn=False))


def test_a_child_is_not_born_in_the_future() -> None:
    tomorrow = {"born_on": date(2026, 1, 6)}

    given().when(register_child(**tomorrow)).then_refused("give the date due instead")
    given(child_registered()).when(correct_details(**tomorrow)).then_refused("in the future")


def test_a_child_born_after_midnight_in_england_is_born_today() -> None:
    born = {"born_on": date(2026, 7, 2), "recorded_at": datetime(2026, 7, 1, 23, 30, tzinfo=UTC)}

    given().when(register_child(**born)).then(child_registered(**born))


def test_an_nhs_number_is_kept_without_its_spaces() -> None:
    spaced = register_child(nhs_number="999 000-0018")

    given().when(spaced).then(child_registered(nhs_number="9990000018"))


def test_a_child_may_have_no_nhs_number() -> None:
    for nothing in (None, "", " "):
        unknown = register_child(nhs_number=nothing)
        given().when(unknown).then(child_registered(nhs_number=None))


def test_an_nhs_number_that_does_not_check_is_refused_to_a_person() -> None:
    given().when(register_child(nhs_number="9990000019")).then_refused("not an NHS number")
    wrong = correct_details(nhs_number="9990000019")
    given(child_registered()).when(wrong).then_refused("not an NHS number")


def test_what_an_agency_sent_of_a_child_is_never_refused() -> None:
    odd: dict[str, Any] = {
        "nhs_number": "9990000019",
        "born_on": date(2026, 1, 6),
        "message": MESSAGE,
    }

    given().when(register_child(**odd)).then(child_registered(**odd))


def test_nothing_is_recorded_of_a_child_without_a_record() -> None:
    given().when(match_child()).then_refused("register the child first")


# ── Which referrals and records are about this child ──────────────────────────────────────────────


def test_a_child_is_matched_to_a_referral_once() -> None:
    given(child_registered()).when(match_child()).then(child_matched())
    given(child_registered(), child_matched()).when(match_child()).then_nothing()
    given(child_registered()).when(match_child(referral_id=REFERRAL)).then_nothing()
    unnamed = child_registered(referral_id=None)
    given(unnamed).when(match_child()).then(child_matched())


def test_a_wrong_match_is_undone_and_may_be_made_again() -> None:
    matched = (child_registered(), child_matched())

    given(*matched).when(unmatch_child()).then(child_unmatched())
    given(*matched, child_unmatched()).when(unmatch_child()).then_nothing()
    given(*matched, child_unmatched()).when(match_child()).then(child_matched())


def test_two_records_of_one_child_are_merged_and_may_be_separated() -> None:
    merged = (child_registered(), records_merged())

    given(child_registered()).when(merge_records()).then(records_merged())
    given(*merged).when(merge_records()).then_nothing()
    given(*merged).when(separate_records()).then(records_separated())
    given(*merged, records_separated()).when(separate_records()).then_nothing()
    given(*merged, records_separated()).when(merge_records()).then(records_merged())


def test_two_records_that_look_alike_are_told_apart_and_may_be_compared_again() -> None:
    apart = (child_registered(), records_told_apart())

    given(child_registered()).when(tell_records_apart()).then(records_told_apart())
    given(*apart).when(tell_records_apart()).then_nothing()
    given(*apart).when(withdraw_telling_apart()).then(telling_apart_withdrawn())
    given(*apart, telling_apart_withdrawn()).when(withdraw_telling_apart()).then_nothing()
    given(*apart, telling_apart_withdrawn()).when(tell_records_apart()).then(records_told_apart())


def test_records_told_apart_are_merged_by_nobody_who_does_not_withdraw_that_first() -> None:
    apart = (child_registered(), records_told_apart())

    given(*apart).when(merge_records()).then_refused("told apart")
    given(*apart).when(merge_records(message=MESSAGE)).then(records_merged(message=MESSAGE))
    given(*apart, telling_apart_withdrawn()).when(merge_records()).then(records_merged())


def test_a_record_is_not_merged_with_itself() -> None:
    given(child_registered()).when(merge_records(merged_child_id=CHILD)).then_refused("itself")


# ── Details, relationships, households ────────────────────────────────────────────────────────────


def test_details_are_corrected_and_all_of_them_kept() -> None:
    given(child_registered()).when(correct_details()).then(details_corrected())
    given(child_registered(), details_corrected()).when(correct_details()).then_nothing()
    later = {"happened_at": datetime(2026, 1, 5, 8, tzinfo=UTC), "given_name": "Tamzin"}
    given(child_registered(), details_corrected()).when(correct_details(**later)).then(
        details_corrected(**later)
    )


def test_a_relationship_is_recorded_and_ended_once() -> None:
    related = (child_registered(), relationship_recorded())

    given(child_registered()).when(record_relationship()).then(relationship_recorded())
    given(*related).when(record_relationship()).then_nothing()
    given(*related).when(end_relationship()).then(relationship_ended())
    given(*related, relationship_ended()).when(end_relationship()).then_nothing()


def test_a_child_joins_and_leaves_households() -> None:
    joined = (child_registered(), household_joined())

    given(child_registered()).when(join_household()).then(household_joined())
    given(*joined).when(join_household()).then_nothing()
    given(*joined).when(leave_household()).then(household_left())
    given(*joined, household_left()).when(leave_household()).then_nothing()
    given(*joined, household_left()).when(join_household()).then(household_joined())


# ── Who may open the record ───────────────────────────────────────────────────────────────────────


def test_a_record_is_restricted_to_named_people() -> None:
    restricted = (child_registered(), record_restricted())
    others = {"named": (MANAGER,)}

    given(child_registered()).when(restrict_record()).then(record_restricted())
    given(*restricted).when(restrict_record()).then_nothing()
    given(*restricted).when(restrict_record(named=(MANAGER, WORKER))).then_nothing()
    given(*restricted).when(restrict_record(**others)).then(record_restricted(**others))
    given(child_registered()).when(restrict_record(named=())).then_refused("Name the people")


def test_a_restriction_is_lifted_once() -> None:
    restricted = (child_registered(), record_restricted())

    given(*restricted).when(unrestrict_record()).then(record_unrestricted())
    given(*restricted, record_unrestricted()).when(unrestrict_record()).then_nothing()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (unmatch_child(), "not matched to that referral"),
        (unmatch_child(referral_id=REFERRAL, reason=" "), "Record why"),
        (merge_records(reason=""), "Record how you know"),
        (separate_records(), "not merged"),
        (tell_records_apart(other_child_id=CHILD), "not told apart from itself"),
        (tell_records_apart(reason=" "), "Record how you know"),
        (withdraw_telling_apart(), "not told apart"),
        (correct_details(reason=""), "Record why"),
        (record_relationship(other_child_id=CHILD), "no relationship with themselves"),
        (record_relationship(relation=" "), "Say what the person is"),
        (end_relationship(), "not on this child's record"),
        (join_household(address=""), "Enter the address"),
        (leave_household(), "not in that household"),
        (restrict_record(reason=""), "Record why"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(command: Command, reason: str) -> None:
    given(child_registered()).when(command).then_refused(reason)


def test_what_is_undone_has_a_reason() -> None:
    history = (child_registered(), records_merged(), relationship_recorded(), record_restricted())
    given(*history).when(tell_records_apart()).then_refused("separate them first")
    apart = (child_registered(), records_told_apart())
    given(*apart).when(withdraw_telling_apart(reason=" ")).then_refused("Record why")

    for command in (
        separate_records(reason=" "),
        end_relationship(reason=" "),
        unrestrict_record(reason=" "),
    ):
        given(*history).when(command).then_refused("Record")


def test_the_id_of_another_record_is_not_taken_again() -> None:
    again = register_child(referral_id="referral-other")

    given(child_registered()).when(again).then_refused("another child's record")


def test_a_person_registers_nobody_who_is_grown_up() -> None:
    written = {"recorded_at": datetime(2026, 3, 2, 9, tzinfo=UTC)}
    grown, young = ({"born_on": date(2008, 3, day), **written} for day in (2, 3))
    given().when(register_child(**grown)).then_refused("not yet 18")
    given().when(register_child(**young)).then(child_registered(**young))
    sent = {"born_on": date(1980, 1, 1), "message": MESSAGE}
    given().when(register_child(**sent)).then(child_registered(**sent))


def test_a_record_is_found_by_its_details_and_by_who_belongs_to_it() -> None:
    named = child_registered(given_name="Kit", family_name="Marlow", postcode="EX1 1AA")
    keys = named.index_keys()
    assert {"names|k300|m640", "family|ex11aa|marlow"} <= set(keys)
    assert f"born|{named.born_on}" in keys
    corrected = details_corrected(given_name="Kit", family_name="Marlowe", postcode=None)
    assert {"names|k300|m640", f"born|{corrected.born_on}"} <= set(corrected.index_keys())
    assert relationship_recorded(contact="01632 960001").index_keys() == ("phone|01632960001",)
    assert household_joined(address="1 Oak Lane").index_keys() == ("address|1oaklane",)
    assert record_restricted().index_keys() == ()


def test_an_unborn_child_is_not_found_by_its_details() -> None:
    unborn = child_registered(unborn=True, born_on=None, due_on=date(2026, 5, 1))
    assert unborn.index_keys() == ()
