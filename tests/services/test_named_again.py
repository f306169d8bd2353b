"""Is a child whom a sender names bit by bit one record, and does it learn what is told later?"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.translation import Translation
from domain.child import CorrectDetails, MergeRecords
from domain.described import ChildDescribed, Identifier
from domain.referral import RemoveChild
from services.completing import REASON
from services.intake import Receipt
from services.numbers import Record, on_record
from tests.services.office import BO, KIT, Office, concern, office_at

TODDLER = ChildDescribed(sex="M")
OTHER_NUMBER = "9990000026"
BY_REFERENCE = (
    "The child who was not named is taken to be the one of whom this message tells more, by the "
    "sender's reference alone: find out whether they are two."
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


def under(child: ChildDescribed, *values: str) -> ChildDescribed:
    """The child with the hospital's own numbers."""
    return replace(child, identifiers=tuple(Identifier("RYY", value) for value in values))


def first(office: Office, *children: ChildDescribed) -> Receipt:
    return office.receives_one(concern(references=("RF-77",), children=children))


def later(office: Office, *children: ChildDescribed, **said: Any) -> Receipt:
    receipt = office.receives_one(
        concern(
            intent="update",
            references=("RF-77",),
            children=children,
            concern=f"More: {len(office.log())}",
            **said,
        )
    )
    assert receipt.result == "updated"
    return receipt


def record(office: Office, receipt: Receipt, place: int = 0) -> Record:
    return on_record(office.store, receipt.children[place])


def registered(office: Office) -> int:
    return len(office.log("child.registered.v1"))


# ── Unknown, then named, then identified ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "nameless",
    [
        under(ChildDescribed(), "U-77"),
        under(ChildDescribed(family_name="UNKNOWN", given_name="UNKNOWN"), "U-77"),
        under(ChildDescribed(family_name="Unknown", given_name="Female"), "U-77"),
        under(ChildDescribed(family_name="BABY OF SMITH", given_name="Twin 1"), "U-77"),
        TODDLER,
        ChildDescribed(family_name="N/K", given_name="N/K"),
    ],
)
def test_a_child_who_is_named_and_then_identified_is_one_record_and_links(
    office: Office, nameless: ChildDescribed
) -> None:
    unknown = first(office, nameless)
    values = tuple(each.value for each in nameless.identifiers)
    named = later(office, under(replace(KIT, nhs_number=None), *values))
    identified = later(office, under(KIT, *values))
    assert unknown.children == named.children == identified.children
    assert named.problems == (() if values else (BY_REFERENCE,))
    assert identified.problems == ()
    known = record(office, unknown).details
    assert (known.family_name, known.given_name, known.born_on) == ("Marlow", "Kit", KIT.born_on)
    assert (known.nhs_number, known.postcode) == (KIT.nhs_number, KIT.postcode)
    elsewhere = office.receives_one(concern(concern="Seen here."), sender="elm-surgery")
    assert elsewhere.children == unknown.children
    assert registered(office) == 1
    corrected = office.events("child.details_corrected.v1")
    assert [event.reason for event in corrected] == [REASON, REASON]
    assert {event.by for event in corrected} == {"north-police"}


def test_what_is_told_again_in_the_same_words_changes_nothing(office: Office) -> None:
    first(office, KIT)
    later(office, KIT)
    assert office.log("child.details_corrected.v1") == []


def test_a_name_in_another_message_with_other_placeholders_is_no_second_referral(
    office: Office,
) -> None:
    unknown = ChildDescribed(family_name="UNKNOWN", given_name="UNKNOWN")
    opened = first(office, under(unknown, "U-77"))
    later(office, under(BO, "U-77"))
    cancel = office.receives_one(
        concern(intent="cancel", references=("RF-77",), children=(under(BO, "U-77"),))
    )
    assert (cancel.result, cancel.referral) == ("cancelled", opened.referral)
    described = office.events("referral.received.v1")[0].children[0]
    assert described.family_name == "UNKNOWN", "the sender's words are kept"


# ── What is there is not overwritten ──────────────────────────────────────────────────────────────


def test_what_differs_from_the_record_is_for_a_person(office: Office) -> None:
    opened = first(office, under(KIT, "U-77"))
    married = replace(KIT, family_name="Okoye", postcode="XE9 9ZZ")
    told = later(office, under(married, "U-77"))
    assert told.children == opened.children
    assert any("(surname, postcode)" in problem for problem in told.problems)
    assert record(office, opened).details.family_name == "Marlow"
    assert office.log("child.details_corrected.v1") == []


def test_a_number_that_another_record_has_is_for_a_person(office: Office) -> None:
    holder = office.receives_one(concern(), sender="elm-surgery")
    opened = first(office, under(TODDLER, "U-77"))
    told = later(office, under(KIT, "U-77"))
    assert any("compare the two records" in problem for problem in told.problems)
    known = record(office, opened).details
    assert (known.given_name, known.nhs_number) == ("", None), "there would be two of the name"
    assert told.children == (*opened.children, *holder.children), "its record is linked by the rule"
    assert not any("did not name" in problem for problem in told.problems)


def test_a_sender_may_correct_the_sex_of_its_newborn(office: Office) -> None:
    baby = replace(KIT, given_name="BABY", sex="F")
    opened = first(office, under(baby, "U-77"))
    told = later(office, under(replace(baby, sex="M"), "U-77"))
    assert told.children == opened.children
    assert any("otherwise of a child (sex)" in problem for problem in told.problems)
    another = later(office, under(replace(baby, sex="M", nhs_number=OTHER_NUMBER), "U-77"))
    assert another.children != opened.children


def test_who_has_a_record_is_not_said_to_be_the_one_without_a_name(office: Office) -> None:
    holder = office.receives_one(concern(), sender="elm-surgery")
    opened = first(office, TODDLER)
    told = later(office, KIT)
    assert told.children == (*opened.children, *holder.children)
    assert BY_REFERENCE not in told.problems
    assert any("or have the two records merged" in problem for problem in told.problems)


def test_a_number_of_somebody_elses_record_is_neither_filled_nor_linked(office: Office) -> None:
    office.receives(concern(children=(replace(KIT, given_name="Sam"),)), sender="elm-surgery")
    opened = first(office, under(TODDLER, "U-77"))
    told = later(office, under(KIT, "U-77"))
    assert told.children == opened.children
    assert any("compare the two records" in problem for problem in told.problems)
    assert record(office, opened).details.nhs_number is None


def test_a_number_of_the_record_into_which_it_was_merged_is_no_problem(office: Office) -> None:
    holder = office.receives_one(concern(), sender="elm-surgery")
    opened = first(office, replace(KIT, nhs_number=None))
    office.does(
        MergeRecords,
        child_id=holder.children[0],
        merged_child_id=opened.children[0],
        reason="Her mother said so.",
    )
    told = later(office, KIT)
    assert (told.children, told.problems) == (opened.children, ())


def test_what_a_person_took_away_is_not_put_back(office: Office) -> None:
    opened = first(office, under(KIT, "U-77"))
    names = {"family_name": "Marlow", "given_name": "Kit", "born_on": KIT.born_on}
    office.does(
        CorrectDetails, child_id=opened.children[0], reason="It is her brother's number.", **names
    )
    told = later(office, under(KIT, "U-77"))
    assert told.children == opened.children
    assert any("(NHS number, postcode)" in problem for problem in told.problems)
    assert record(office, opened).details.nhs_number is None


def test_the_senders_own_number_in_a_new_concern_links_nobody_and_is_told(office: Office) -> None:
    opened = first(office, under(TODDLER, "U-77"))
    other = office.receives_one(concern(children=(under(replace(KIT, nhs_number=None), "U-77"),)))
    assert other.children != opened.children
    assert any("own number" in problem for problem in other.problems)
    elsewhere = office.receives_one(concern(children=(under(BO, "U-77"),)), sender="elm-surgery")
    assert elsewhere.problems == (), "another agency's numbers are its own"


def test_a_child_whom_a_person_took_off_learns_nothing(office: Office) -> None:
    opened = first(office, under(TODDLER, "U-77"))
    (child_id,) = opened.children
    office.does(RemoveChild, referral_id=opened.referral, child_id=child_id, reason="Not there.")
    assert later(office, under(KIT, "U-77")).children == ()
    assert office.log("child.details_corrected.v1") == []
    assert registered(office) == 1


# ── Two children stay two ─────────────────────────────────────────────────────────────────────────

TWIN_1 = ChildDescribed(
    family_name="BABY OF REED", given_name="Twin 1", born_on=date(2026, 3, 2), sex="F"
)
TWIN_2 = replace(TWIN_1, given_name="Twin 2")
AURORA = ChildDescribed(family_name="Reed", given_name="Aurora", born_on=date(2026, 3, 2), sex="F")
IRIS = replace(AURORA, given_name="Iris")


def test_twins_under_placeholders_are_named_each_by_its_own_number(office: Office) -> None:
    opened = first(office, under(TWIN_1, "Y-1"), under(TWIN_2, "Y-2"))
    assert len(set(opened.children)) == 2
    later(office, under(IRIS, "Y-2"))
    later(office, under(AURORA, "Y-1"))
    names = [record(office, opened, place).details.given_name for place in (0, 1)]
    assert names == ["Aurora", "Iris"]
    assert registered(office) == 2


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ((TWIN_1, TWIN_2), AURORA),  # which of the two is not told
        ((under(TWIN_1, "M-1"), under(TWIN_2, "M-1")), under(AURORA, "M-1")),  # their mother's
        ((under(TWIN_1, "M-1"),), under(TWIN_2, "M-1")),
        ((TWIN_1,), TWIN_2),
        ((TWIN_1,), IRIS),
        ((under(TWIN_1, "Y-1"),), under(IRIS, "Y-2")),
        ((under(TODDLER, "U-77"),), under(KIT, "U-78")),
        ((TODDLER,), replace(KIT, sex="F")),
        ((TODDLER, TODDLER), KIT),
        ((replace(BO, given_name=""),), KIT),
        ((under(replace(KIT, nhs_number=OTHER_NUMBER), "U-77"),), under(IRIS, "U-77")),
        ((ChildDescribed(family_name="Reed", due_on=date(2026, 3, 9)),), replace(KIT)),
        ((ChildDescribed(family_name="Reed", due_on=date(2026, 3, 9)),), ChildDescribed("Reed")),
        ((replace(AURORA, given_name=""),), ChildDescribed("Reed", due_on=date(2027, 1, 1))),
    ],
)
def test_what_may_be_another_child_is_never_put_on_the_first_ones_record(
    office: Office, earlier: tuple[ChildDescribed, ...], now: ChildDescribed
) -> None:
    opened = first(office, *earlier)
    before = [record(office, opened, place) for place in range(len(earlier))]
    office.receives(
        concern(intent="update", references=("RF-77",), earlier=("RF-77",), children=(now,))
    )
    assert [record(office, opened, place) for place in range(len(earlier))] == before
    assert registered(office) == len(earlier) + 1


IN_2015 = (date(2015, 1, 1), date(2015, 12, 31))
ABOUT_11 = (date(2013, 3, 1), date(2016, 3, 3))
FAY = ChildDescribed(family_name="Otterburn", given_name="Fay", born_on=date(2021, 3, 4), sex="F")


@pytest.mark.parametrize("between", [IN_2015, (date(2015, 3, 1), date(2015, 3, 31)), ABOUT_11])
@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        (ChildDescribed("UNKNOWN", "UNKNOWN", sex="F"), FAY),
        (under(ChildDescribed("UNKNOWN", "UNKNOWN"), "U-77"), under(FAY, "U-77")),
        (replace(FAY, born_on=None), FAY),
    ],
)
def test_an_incomplete_birth_date_tells_an_older_child_from_a_younger_one(
    office: Office,
    between: tuple[date, date],
    earlier: ChildDescribed,
    now: ChildDescribed,
) -> None:
    opened = first(office, replace(earlier, born_between=between))
    before = record(office, opened)
    told = office.receives_one(
        concern(intent="update", references=("RF-77",), earlier=("RF-77",), children=(now,))
    )
    assert record(office, opened) == before
    assert registered(office) == 2
    assert told.problems


def test_an_incomplete_birth_date_also_contradicts_a_record_that_has_a_whole_one(
    office: Office,
) -> None:
    opened = first(office, under(replace(FAY, given_name=""), "U-77"))
    incomplete = replace(FAY, born_on=None, born_between=IN_2015)
    office.receives(concern(references=("RF-77",), children=(under(incomplete, "U-77"),)))
    assert record(office, opened).details.given_name == ""
    assert registered(office) == 2
    elsewhere = replace(FAY, given_name="", nhs_number=OTHER_NUMBER, postcode="XE1 2AB")
    office.receives(concern(children=(elsewhere,)), sender="elm-surgery")
    sibling = replace(elsewhere, born_on=None, born_between=IN_2015)
    told = office.receives_one(concern(children=(sibling,)))
    assert registered(office) == 4, "a number and an address in common do not make them one"
    assert any("compare the two records" in problem for problem in told.problems)


@pytest.mark.parametrize("between", [IN_2015, ABOUT_11])
def test_a_birth_date_that_fits_the_year_or_age_told_is_filled_in(
    office: Office, between: tuple[date, date]
) -> None:
    girl = replace(FAY, born_on=date(2015, 9, 1))
    opened = first(office, under(ChildDescribed(sex="F", born_between=between), "U-77"))
    named = later(office, under(girl, "U-77"))
    assert (named.children, named.problems) == (opened.children, ())
    assert record(office, opened).details.born_on == girl.born_on


def test_the_age_of_another_unnamed_child_says_nothing_of_this_one(office: Office) -> None:
    elder = under(ChildDescribed("UNKNOWN", born_between=IN_2015), "U-1")
    younger = under(ChildDescribed("UNKNOWN"), "U-2")
    opened = first(office, elder, younger)
    named = later(office, under(FAY, "U-2"))
    assert record(office, opened, 1).details.given_name == "Fay"
    assert named.problems == ()


def test_an_unnamed_child_who_is_told_of_again_without_more_is_not_said_to_be_somebody(
    office: Office,
) -> None:
    first(office, ChildDescribed("UNKNOWN", sex="F"))
    assert later(office, ChildDescribed("UNKNOWN", sex="F")).problems == ()


def test_a_child_of_a_year_is_not_the_unborn_one(office: Office) -> None:
    opened = first(office, ChildDescribed("Otterburn", due_on=date(2026, 3, 9)))
    child = replace(FAY, given_name="", born_on=None, born_between=IN_2015)
    office.receives(concern(references=("RF-77",), children=(child,)))
    assert registered(office) == 2
    assert record(office, opened).details.given_name == ""


def test_one_number_for_two_children_of_an_update_is_given_to_neither(office: Office) -> None:
    opened = first(office, under(TODDLER, "U-77"), BO)
    told = later(office, under(KIT, "U-77"), replace(BO, nhs_number=KIT.nhs_number))
    assert told.children == opened.children
    assert any("same NHS number" in problem for problem in told.problems)
    assert {record(office, opened, place).details.nhs_number for place in (0, 1)} == {None}


def test_an_unborn_child_is_born(office: Office) -> None:
    opened = first(office, ChildDescribed(family_name="Reed", due_on=date(2026, 3, 9)))
    assert later(office, AURORA).children == opened.children
    known = record(office, opened)
    assert (known.details.given_name, known.details.born_on) == ("Aurora", AURORA.born_on)


def test_a_number_that_stands_for_none_leads_to_nobody(office: Office) -> None:
    unknown = under(TODDLER, "UNKNOWN")
    first(office, unknown, under(ChildDescribed(sex="F"), "U-2"))
    later(office, under(BO, "UNKNOWN"))
    assert registered(office) == 3


# ── Two of the sender's records are one child ─────────────────────────────────────────────────────


def merge(kept: ChildDescribed, *superseded: str) -> Translation:
    return Translation(intent="merge", children=(kept,), superseded=superseded)


def test_a_new_number_of_a_child_whom_we_know_is_learnt(office: Office) -> None:
    opened = first(office, under(TODDLER, "U-77"))
    receipt = office.receives_one(merge(under(KIT, "55555"), "U-77"))
    assert (receipt.result, receipt.children) == ("merged", opened.children)
    assert record(office, opened).details.nhs_number == KIT.nhs_number
    later(office, under(ChildDescribed(), "55555"))
    assert registered(office) == 1
    again = office.receives_one(merge(replace(under(KIT, "55555"), school="Elm"), "U-77"))
    assert (again.result, again.children) == ("merged", opened.children)
    assert registered(office) == 1


def test_a_child_whom_the_nhs_number_and_details_find_learns_both_numbers(office: Office) -> None:
    opened = first(office, KIT)
    receipt = office.receives_one(merge(under(KIT, "55555"), "U-77"))
    assert (receipt.result, receipt.children) == ("merged", opened.children)
    for value in ("55555", "U-77"):
        assert later(office, under(ChildDescribed(), value)).children == opened.children


def test_a_merge_that_tells_otherwise_says_so_and_overwrites_nothing(office: Office) -> None:
    opened = first(office, under(KIT, "U-77"))
    moved = replace(KIT, postcode="XE9 9ZZ")
    receipt = office.receives_one(merge(under(moved, "55555"), "U-77"))
    assert receipt.result == "merged"
    assert any("(postcode)" in problem for problem in receipt.problems)
    assert record(office, opened).details.postcode == KIT.postcode


@pytest.mark.parametrize(
    "kept",
    [
        replace(KIT, given_name="Sam"),
        replace(KIT, nhs_number=OTHER_NUMBER),
        ChildDescribed(nhs_number=KIT.nhs_number),
    ],
)
def test_a_merge_that_does_not_fit_the_child_whom_we_know_is_for_a_person(
    office: Office, kept: ChildDescribed
) -> None:
    known = KIT if kept.given_name == "" else under(KIT, "U-77")
    first(office, known)
    receipt = office.receives_one(merge(under(kept, "55555"), "U-77"))
    assert receipt.result == "recorded"
    assert any("whom we know" in problem for problem in receipt.problems)


def test_a_merge_of_several_people_of_whom_we_know_one_is_for_a_person(office: Office) -> None:
    first(office, under(BO, "U-77"))
    several = Translation(intent="merge", children=(under(BO, "5"), KIT), superseded=("U-77",))
    receipt = office.receives_one(several)
    assert receipt.result == "recorded"


def test_a_merge_under_numbers_that_stand_for_none_is_about_nobody(office: Office) -> None:
    first(office, under(BO, "UNKNOWN"))
    assert office.receives_one(merge(under(KIT, "N/A"), "UNKNOWN")).result == "no-concern"


# ── In the form in which a hospital sends it ──────────────────────────────────────────────────────


def referral(event: str, control: str, patient: str) -> bytes:
    lines = (
        f"MSH|^~\\&|EDSYS|RYY|SC|E10|20260301010203||REF^{event}^REF_I12|{control}|P|2.5.1",
        "RF1|A|R^Routine|SAF^Safeguarding||E|RF-77^EDSYS",
        f"PID|1||{patient}",
        f"NTE|1||Told in {control}.",
    )
    return "\r".join(lines).encode()


def test_a_hospitals_unknown_patient_becomes_one_known_child(office: Office) -> None:
    told = "MARLOW^Kit||20170504|M|||4 Mock Way^^Thornby^^XE1 2AB"
    (one,) = office.receives_bytes(referral("I12", "Q1", "U77^^^RYY^MR||UNKNOWN^UNKNOWN"))
    (two,) = office.receives_bytes(referral("I13", "Q2", f"U77^^^RYY^MR||{told}"))
    number = f"{KIT.nhs_number}^^^NHS^NH"
    (three,) = office.receives_bytes(referral("I13", "Q3", f"U77^^^RYY^MR~{number}||{told}"))
    assert [each.result for each in (one, two, three)] == ["recorded", "updated", "updated"]
    assert one.children == two.children == three.children
    merged = (
        "MSH|^~\\&|PAS|RYY|SC|E10|20260301090000||ADT^A40^ADT_A39|P7|P|2.5.1\r"
        f"EVN|A40|20260301090000\rPID|1||55555^^^RYY^MR~{number}||{told}\rMRG|U77^^^RYY^MR"
    )
    (four,) = office.receives_bytes(merged.encode())
    assert (four.result, four.children) == ("merged", one.children)
    elsewhere = office.receives_one(concern(), sender="elm-surgery")
    assert elsewhere.children == one.children


def test_rows_of_one_file_tell_of_a_child_bit_by_bit(office: Office) -> None:
    told = (TODDLER, replace(KIT, nhs_number=None), KIT)
    rows = [
        concern(row=place, raw=b"%d" % place, references=("RF-77",), children=(under(child, "U"),))
        for place, child in enumerate(told, start=1)
    ]
    receipts = office.receives(*rows)
    assert [each.result for each in receipts] == ["recorded", "updated", "updated"]
    assert record(office, receipts[0]).details.nhs_number == KIT.nhs_number
