"""What becomes of a message that shares a reference, names only some, or names nobody?"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.translation import Translation, own_and_shared
from domain.described import AdultDescribed, ChildDescribed, Identifier
from domain.referral import RemoveChild
from services.claims import TURNS
from services.recording import AHEAD
from tests.services.office import BO, KIT, NOW, Office, concern, office_at

TODDLER = ChildDescribed(sex="M")
"""Somebody of whom nothing is told that says who it is."""

FATHER = AdultDescribed(family_name="Brand", given_name="Cole", role="father")
MOTHER = AdultDescribed(family_name="Marlow", given_name="Ines", role="mother")

NEWBORN = ChildDescribed(family_name="Reed", born_on=date(2026, 3, 2))
UNBORN = ChildDescribed(family_name="Reed", given_name="Twin", due_on=date(2026, 9, 1))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


# ── Whose concern it is ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("children", [(), (TODDLER, TODDLER)])
@pytest.mark.parametrize("intent", ["new", "update", "cancel"])
def test_what_shares_an_incident_and_names_no_child_is_a_concern_of_its_own(
    office: Office, children: tuple[ChildDescribed, ...], intent: str
) -> None:
    first = office.receives_one(concern(references=("notice 1", "incident 7")))
    office.now = NOW + timedelta(hours=1)
    earlier = ("incident 7",) if intent != "new" else ()
    other = office.receives_one(
        concern(
            intent=intent,
            references=("notice 2", "incident 7"),
            earlier=earlier,
            children=children,
            adults=(FATHER,),
            concern="Another flat, another family.",
        )
    )
    assert (other.result, other.referral != first.referral) == ("recorded", True)
    assert office.event_of(other).received_at == office.now
    assert office.event_of(other).perhaps_about == first.referral
    assert any("shares a reference" in problem for problem in other.problems)
    assert not any("notice" in problem or "incident 7" in problem for problem in other.problems)
    assert office.story(first.referral) == ["referral.received.v1"]


def test_a_named_child_does_not_join_a_referral_without_one_over_an_incident(
    office: Office,
) -> None:
    first = office.receives_one(concern(references=("notice 1", "incident 7"), children=()))
    other = office.receives_one(concern(references=("notice 2", "incident 7")))
    assert (other.result, other.referral != first.referral) == ("recorded", True)
    assert office.event_of(other).perhaps_about == first.referral
    assert any("shares a reference" in problem for problem in other.problems)


def test_an_update_follows_what_it_shares_an_incident_with_only_for_a_child_beyond_doubt(
    office: Office,
) -> None:
    first = office.receives_one(concern(references=("notice 1", "incident 7")))
    vague = replace(KIT, given_name="", nhs_number=None)
    for number, child, result in ((2, vague, "recorded"), (3, KIT, "updated")):
        more = office.receives_one(
            concern(
                intent="update",
                references=(f"notice {number}", "incident 7"),
                earlier=("notice 9",),
                children=(child,),
            )
        )
        assert more.result == result
        assert (more.referral == first.referral) == (result == "updated")
        assert any("may be about" in problem for problem in more.problems) == (child is vague)


def test_what_is_withdrawn_takes_back_no_other_notice_of_the_incident(office: Office) -> None:
    first = office.receives_one(concern(references=("notice 1", "incident 7")))
    other = office.receives_one(
        concern(intent="cancel", references=("notice 2", "incident 7"), earlier=("notice 9",))
    )
    assert other.result == "recorded"
    assert office.event_of(other).perhaps_about == first.referral


@pytest.mark.parametrize("intent", ["new", "update"])
def test_who_may_be_either_of_two_children_is_put_beside_one_and_it_is_said(
    office: Office, intent: str
) -> None:
    eva, eve = (replace(BO, given_name=each) for each in ("Eva", "Eve"))
    for child in (eva, eve):
        office.receives(concern(references=("1",), children=(child,)))
    girl = office.receives_one(
        concern(intent=intent, references=("1",), children=(replace(BO, given_name=""),))
    )
    assert (girl.result, girl.referral in office.referrals()[:2]) == ("recorded", False)
    assert any("may be about the same child" in problem for problem in girl.problems)
    eva_again = concern(intent=intent, references=("1",), children=(eva,), concern="More.")
    more = office.receives_one(eva_again)
    assert (more.result, more.referral) == ("updated", office.referrals()[0])


@pytest.mark.parametrize("earlier", ["SCH-1", "a@school.example"])
def test_an_answer_goes_to_what_it_answers_by_any_of_its_own_references(
    office: Office, earlier: str
) -> None:
    own = own_and_shared(["SCH-1", "a@school.example"], ["incident 7"])
    first = office.receives_one(concern(references=own))
    answer = concern(intent="update", references=("b",), earlier=(earlier,), children=())
    assert office.receives_one(answer).referral == first.referral
    by_incident = concern(intent="update", references=("c",), earlier=("incident 7",), children=())
    assert office.receives_one(by_incident).result == "recorded"


def test_a_number_used_again_for_another_familys_adult_is_a_concern_of_its_own(
    office: Office,
) -> None:
    first = office.receives_one(concern(references=("S-0018",)))
    other = office.receives_one(concern(references=("S-0018",), children=(), adults=(FATHER,)))
    assert (other.result, other.referral != first.referral) == ("recorded", True)
    assert office.event_of(other).perhaps_about == first.referral
    assert any("names only an adult" in problem for problem in other.problems)


def test_more_about_an_adult_whom_the_first_message_named_follows_it(office: Office) -> None:
    first = office.receives_one(concern(references=("S-0018",), adults=(MOTHER,)))
    adults = (replace(MOTHER, family_name="MARLOW"), FATHER)
    more = office.receives_one(concern(references=("S-0018",), children=(), adults=adults))
    assert (more.result, more.referral) == ("updated", first.referral)


@pytest.mark.parametrize("intent", ["update", "cancel"])
@pytest.mark.parametrize("earlier", ["notice 1", "notice 2"])
def test_an_update_of_that_very_one_needs_no_name(
    office: Office, intent: str, earlier: str
) -> None:
    first = office.receives_one(concern(references=("notice 1", "incident 7")))
    office.receives(
        concern(intent="update", references=("notice 2", "incident 7"), earlier=("notice 1",))
    )
    more = office.receives_one(
        concern(
            intent=intent,
            references=("notice 3", "incident 7"),
            earlier=(earlier,),
            children=(),
            adults=(FATHER,),
        )
    )
    assert more.referral == first.referral
    assert more.result == ("updated" if intent == "update" else "cancelled")


@pytest.mark.parametrize("children", [(), (TODDLER,)])
def test_a_number_of_several_referrals_with_nobody_named_is_checked_by_a_person(
    office: Office, children: tuple[ChildDescribed, ...]
) -> None:
    office.receives(concern(references=("1",)))
    second = office.receives_one(concern(references=("1",), children=(BO,)))
    more = office.receives_one(concern(intent="update", earlier=("1",), children=children))
    assert (more.result, more.referral) == ("updated", second.referral)
    assert any("nobody is named" in problem for problem in more.problems)


def test_an_unknown_child_is_named_and_then_identified_in_one_referral(office: Office) -> None:
    first = office.receives_one(
        concern(references=("notice 1", "incident 7"), children=(TODDLER,), adults=(FATHER,))
    )
    named = replace(KIT, nhs_number=None, born_on=None, postcode=None)
    for number, child in ((2, named), (3, KIT)):
        more = office.receives_one(
            concern(
                intent="update",
                references=(f"notice {number}", "incident 7"),
                earlier=("notice 1",),
                children=(child,),
            )
        )
        assert (more.result, more.referral) == ("updated", first.referral)
    again = office.receives_one(concern(references=("notice 1",), children=(), concern="Corrected"))
    assert (again.result, again.referral) == ("updated", first.referral)


# ── Withdrawn for some of the children ────────────────────────────────────────────────────────────


def test_what_is_withdrawn_for_one_child_stays_for_the_others(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",), children=(KIT, BO)))
    cancel = concern(intent="cancel", earlier=("REF-1",), concern="Kit was entered in error.")
    partly = office.receives_one(cancel)
    assert (partly.result, partly.referral) == ("updated", first.referral)
    assert office.story(first.referral) == ["referral.received.v1", "referral.updated.v1"]
    assert office.event_of(partly).concern == "Kit was entered in error."
    assert any("the others stay" in problem for problem in partly.problems)
    assert office.event_of(partly).problems == partly.problems
    assert len(office.log("child.registered.v1")) == 2


@pytest.mark.parametrize("children", [(), (BO, KIT), (BO, replace(KIT, nhs_number=None))])
def test_what_is_withdrawn_for_all_or_without_a_name_is_cancelled(
    office: Office, children: tuple[ChildDescribed, ...]
) -> None:
    first = office.receives_one(concern(references=("REF-1",), children=(KIT, BO)))
    office.receives(concern(intent="update", earlier=("REF-1",), children=(KIT,), concern="More."))
    cancel = office.receives_one(concern(intent="cancel", earlier=("REF-1",), children=children))
    assert (cancel.result, cancel.referral) == ("cancelled", first.referral)


def test_a_child_whom_a_person_took_off_need_not_be_withdrawn(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",), children=(KIT, BO)))
    bo = first.children[1]
    office.does(RemoveChild, referral_id=first.referral, child_id=bo, reason="Not there.")
    cancel = office.receives_one(concern(intent="cancel", earlier=("REF-1",)))
    assert cancel.result == "cancelled"


def test_a_child_named_bit_by_bit_is_withdrawn_by_name(office: Office) -> None:
    numbered = replace(KIT, nhs_number=None)
    unnamed = ChildDescribed(nhs_number=KIT.nhs_number)
    office.receives(concern(references=("REF-1",), children=(unnamed,)))
    office.receives(concern(intent="update", earlier=("REF-1",), children=(KIT,)))
    cancel = office.receives_one(concern(intent="cancel", earlier=("REF-1",), children=(numbered,)))
    assert cancel.result == "cancelled"


def test_each_further_withdrawal_is_told(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    office.receives(concern(intent="cancel", earlier=("REF-1",), concern="In error."))
    office.receives(concern(intent="cancel", earlier=("REF-1",), concern="But do not close it."))
    told = [event.concern for event in office.events("referral.cancelled.v1")]
    assert told == ["In error.", "But do not close it."]
    assert len(office.story(first.referral)) == 3


# ── As many children as were told of ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("child", [NEWBORN, UNBORN, replace(NEWBORN, born_on=None), TODDLER])
def test_two_children_whom_nothing_tells_apart_are_two_and_it_is_said(
    office: Office, child: ChildDescribed
) -> None:
    receipt = office.receives_one(concern(children=(child, child)))
    assert len(set(receipt.children)) == 2
    assert any("cannot be told apart" in problem for problem in receipt.problems)


def test_two_children_whom_something_tells_apart_are_two_without_a_word(office: Office) -> None:
    sister = replace(NEWBORN, sex="F")
    receipt = office.receives_one(concern(children=(replace(NEWBORN, sex="M"), sister)))
    assert len(set(receipt.children)) == 2
    assert receipt.problems == ()


@pytest.mark.parametrize(
    "again",
    [
        {"school": "Elm School"},
        {"nhs_number": None},
        {"nhs_number": None, "given_name": "KIT", "postcode": None},
    ],
)
def test_a_child_who_is_told_of_twice_in_one_message_is_one(
    office: Office, again: dict[str, Any]
) -> None:
    other = replace(KIT, **again)
    for number, children in enumerate(((KIT, other), (other, KIT), (other, other))):
        receipt = office.receives_one(concern(children=children, concern=f"{number}"))
        assert len(receipt.children) == 1
        assert receipt.problems == ()


# ── Two of the sender's records are one child ─────────────────────────────────────────────────────


def numbered(child: ChildDescribed, value: str) -> ChildDescribed:
    return replace(child, identifiers=(Identifier(system="hospital", value=value),))


def merge(kept: ChildDescribed, superseded: str) -> Translation:
    return Translation(intent="merge", children=(kept,), superseded=(superseded,))


def test_a_merge_without_an_nhs_number_opens_no_further_record(office: Office) -> None:
    unnumbered = numbered(replace(KIT, nhs_number=None), "H-2")
    office.receives(concern(children=(numbered(KIT, "H-1"),)))
    known = office.receives_one(concern(children=(unnumbered,), concern="Again."))
    for kept in (unnumbered, replace(unnumbered, postcode=None)):
        receipt = office.receives_one(merge(kept, "H-1"))
        assert (receipt.result, receipt.children) == ("recorded", known.children)
        assert any("compare ours before merging" in problem for problem in receipt.problems)
    assert len(office.log("child.registered.v1")) == 2
    assert office.log("child.matched.v1", "child.records_merged.v1") == []


@pytest.mark.parametrize(
    "other", [{"born_on": date(2017, 5, 5)}, {"born_on": None}, {"given_name": "Sam"}]
)
def test_a_merge_that_names_somebody_else_is_not_put_on_the_record_of_that_number(
    office: Office, other: dict[str, Any]
) -> None:
    unnumbered = numbered(replace(KIT, nhs_number=None), "H-2")
    office.receives(concern(children=(numbered(KIT, "H-1"),)))
    known = office.receives_one(concern(children=(unnumbered,), concern="Again."))
    receipt = office.receives_one(merge(replace(unnumbered, **other), "H-1"))
    assert receipt.children != known.children
    assert len(office.log("child.registered.v1")) == 3


# ── Clocks and numbers ────────────────────────────────────────────────────────────────────────────


def test_a_clock_is_told_to_be_fast_from_ten_minutes_on(office: Office) -> None:
    within = office.receives_one(concern(happened_at=NOW + timedelta(minutes=10)))
    beyond = office.receives_one(concern(happened_at=NOW + timedelta(minutes=11)))
    hours = office.receives_one(concern(happened_at=NOW + timedelta(hours=3)))
    assert timedelta(minutes=10) == AHEAD
    assert within.problems == ()
    for receipt in (beyond, hours):
        assert any("dated in the future" in problem for problem in receipt.problems)
        assert office.event_of(receipt).happened_at == NOW


def named(number: int) -> ChildDescribed:
    """One of many children who have nothing in common."""
    return ChildDescribed(
        family_name=f"Reed{number}", given_name=f"Jo{number}", born_on=date(2015, 1, number)
    )


def test_a_number_used_for_more_children_than_are_kept_loses_no_concern(office: Office) -> None:
    receipts = [
        office.receives_one(concern(references=("1",), children=(named(number),)))
        for number in range(1, TURNS + 4)
    ]
    assert {receipt.result for receipt in receipts} == {"recorded"}
    assert len(set(office.referrals())) == TURNS + 3
    assert receipts[-1].problems == ()


def test_updates_under_one_number_leave_room_for_the_next_child(office: Office) -> None:
    first = office.receives_one(concern(references=("1",)))
    for number in range(TURNS + 2):
        office.receives(concern(references=("1",), concern=f"More {number}."))
    second = office.receives_one(concern(references=("1",), children=(BO,)))
    more = office.receives_one(concern(references=("1",), children=(BO,), concern="More of Bo."))
    assert first.referral != second.referral
    assert (more.result, more.referral) == ("updated", second.referral)
