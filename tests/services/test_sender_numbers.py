"""Do all records that a sender gave one number of its own lead to each other, and no others?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.described import ChildDescribed, Identifier
from domain.kernel import WITHHELD
from services.again import record_under
from services.sender_numbers import Given, given, own_numbers, records_under
from tests.services.office import BO, KIT, Office, concern, office_at

SENDER = "north-police"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


def under(child: ChildDescribed, value: str) -> ChildDescribed:
    return replace(child, nhs_number=None, identifiers=(Identifier("RYY", value),))


def test_every_record_of_a_number_claims_it_once_and_the_first_is_whom_the_sender_means(
    office: Office,
) -> None:
    twins = (under(KIT, "M1"), under(BO, "M1"))
    both = office.receives_one(concern(children=twins, references=("R1",))).children
    third = office.receives_one(
        concern(children=(under(replace(KIT, given_name="Ada"), "M1"),), references=("R2",))
    ).children
    told = {"intent": "update", "references": ("R1",), "concern": "More."}
    office.receives_one(concern(children=twins, **told))
    assert len({*both, *third}) == 3
    assert records_under(office.store, SENDER, "M1") == (*both, *third)
    assert record_under(office.store, SENDER, "M1") == both[0]
    assert records_under(office.store, "elm-surgery", "M1") == ()
    assert given(office.store, both[1]).own == {(SENDER, "M1")}


def test_a_record_whose_words_are_destroyed_was_given_none(office: Office) -> None:
    (child,) = office.receives_one(concern(children=(under(KIT, "M1"),))).children
    office.store.vault.destroy(child)
    assert given(office.store, child) == Given()


def test_the_nhs_s_numbers_and_what_stands_for_none_are_no_sender_s_own() -> None:
    systems = ("nhs", "nhs (superseded)", "RYY")
    told = (Identifier(each, "9990000018") for each in systems[:2])
    assert own_numbers((*told, Identifier("RYY", "N/A"), Identifier("RYY", "U7"))) == {"U7"}
    assert own_numbers(WITHHELD or ()) == frozenset()
