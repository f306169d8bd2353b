"""Does an NHS number that was replaced lead to the other record of the child, and link nobody?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.nhs_numbers import SUPERSEDED
from domain.child import MergeRecords
from domain.described import ChildDescribed, Identifier
from services.numbers import Numbers
from tests.services.office import KIT, Office, concern, office_at

OLD, NEW = str(KIT.nhs_number), "9990000026"
BEFORE = KIT
NOW = replace(KIT, nhs_number=NEW, identifiers=(Identifier(SUPERSEDED, OLD),))
REPLACED = (
    "An NHS number that the child had before is on another record, or the child's was replaced "
    "there: compare the two records."
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


@pytest.mark.parametrize(("first", "second"), [(BEFORE, NOW), (NOW, BEFORE)])
@pytest.mark.parametrize("sender", ["north-police", "elm-surgery"])
def test_a_number_that_was_replaced_is_told_and_links_nobody(
    office: Office, first: ChildDescribed, second: ChildDescribed, sender: str
) -> None:
    one = office.receives_one(concern(children=(first,)))
    other = office.receives_one(concern(children=(second,), concern="More."), sender=sender)
    assert one.problems == ()
    assert other.children != one.children
    assert other.problems == (REPLACED,)


def test_the_current_number_links_and_the_other_record_is_told(office: Office) -> None:
    office.receives(concern(children=(BEFORE,)))
    current = office.receives_one(
        concern(children=(replace(NOW, identifiers=()),)), sender="elm-surgery"
    )
    assert current.problems == ()
    again = office.receives_one(concern(children=(NOW,), concern="More."))
    assert again.children == current.children
    assert REPLACED in again.problems
    later = office.receives_one(concern(children=(BEFORE,), concern="Still more."))
    assert REPLACED in later.problems, "it is known from now on"


def test_of_records_that_were_merged_nothing_is_told(office: Office) -> None:
    (one,) = office.receives_one(concern(children=(BEFORE,))).children
    (other,) = office.receives_one(concern(children=(NOW,), concern="More.")).children
    office.does(MergeRecords, child_id=other, merged_child_id=one, reason="One birth.")
    again = office.receives_one(concern(children=(NOW,), concern="Still more."))
    assert (again.children, again.problems) == ((other,), ())


def test_a_child_who_is_named_again_with_a_new_number_is_looked_for_too(office: Office) -> None:
    office.receives(concern(children=(BEFORE,)), sender="elm-surgery")
    nameless = ChildDescribed(identifiers=(Identifier("RYY", "U77"),))
    office.receives(concern(references=("R1",), children=(nameless,)))
    told = replace(NOW, identifiers=(*nameless.identifiers, *NOW.identifiers))
    named = office.receives_one(concern(references=("R1",), intent="update", children=(told,)))
    assert named.result == "updated"
    assert REPLACED in named.problems


def test_each_record_claims_once_that_its_number_was_replaced(office: Office) -> None:
    (one,) = office.receives_one(concern(children=(NOW,))).children
    office.receives(concern(children=(NOW,), concern="More."))
    namesake = replace(NOW, nhs_number="9990000034")
    receipt = office.receives_one(concern(children=(namesake,), concern="Another."))
    (other,) = receipt.children
    assert receipt.problems == (), "it is no number of the sender's own"
    assert Numbers(office.store).had_by(OLD) == (one, other)
    assert Numbers(office.store).had_by(NEW) == ()
    office.store.vault.destroy(one)
    assert Numbers(office.store).had_by(OLD) == (other,)
