"""Do children who have no first name yet stay two, though one number was typed for both?"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.translation import Translation
from domain.child import CorrectDetails, TellRecordsApart
from domain.described import ChildDescribed, Identifier
from services.numbers import on_record
from tests.services.office import KIT, Office, concern, office_at

FIRST = ChildDescribed(
    family_name="Knot",
    given_name="TWIN 1",
    born_on=date(2026, 3, 2),
    nhs_number="9990000026",
    postcode="XE1 2AB",
)
SECOND = replace(FIRST, given_name="TWIN 2")
BOY = replace(FIRST, given_name="", family_name="BABY BOY KNOT", sex="M")
GIRL = replace(FIRST, given_name="", family_name="BABY GIRL KNOT", sex="F")
TOM = replace(FIRST, given_name="Tom")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


def sent(office: Office, *children: ChildDescribed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    receipt = office.receives_one(concern(children=children, concern=f"{len(office.log())}"))
    return receipt.children, receipt.problems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FIRST, SECOND),
        (BOY, GIRL),
        (replace(BOY, given_name="Baby"), replace(GIRL, given_name="Baby")),
        (FIRST, replace(FIRST, family_name="BABY GIRL", given_name="TWO")),
        (replace(TOM, sex="M"), replace(TOM, sex="F")),
    ],
)
def test_newborn_twins_under_one_number_are_two_children(
    office: Office, one: ChildDescribed, other: ChildDescribed
) -> None:
    both, problems = sent(office, one, other)
    assert len(set(both)) == 2
    assert any("same NHS number" in problem for problem in problems)


@pytest.mark.parametrize(
    "children", [(FIRST, SECOND, TOM), (SECOND, FIRST), (BOY, GIRL, replace(SECOND, sex="M"))]
)
def test_newborn_twins_of_several_messages_are_not_linked(
    office: Office, children: tuple[ChildDescribed, ...]
) -> None:
    linked = [sent(office, each) for each in children]
    assert len({child for ids, _ in linked for child in ids}) == len(children)
    for _, problems in linked[1:]:
        assert any("compare" in problem for problem in problems)


def test_the_same_newborn_is_one_child_each_time(office: Office) -> None:
    (first,), _ = sent(office, FIRST)
    assert sent(office, FIRST) == ((first,), ())
    assert sent(office, replace(FIRST, given_name="First twin")) == ((first,), ())
    assert sent(office, FIRST, replace(FIRST, school="Elm")) == ((first,), ())


def test_a_twin_stays_the_first_one_when_more_is_told(office: Office) -> None:
    unnumbered = replace(FIRST, nhs_number=None, identifiers=(Identifier("RYY", "Y-1"),))
    opened = office.receives_one(concern(references=("R1",), children=(unnumbered,)))
    numbered = replace(unnumbered, nhs_number=FIRST.nhs_number)
    office.receives_one(
        concern(references=("R1",), intent="update", children=(numbered,), concern="More.")
    )
    record = on_record(office.store, opened.children[0])
    assert (record.details.nhs_number, record.details.which) == (FIRST.nhs_number, "1")
    (second,), problems = sent(office, SECOND)
    assert second not in opened.children
    assert problems


def test_one_sex_for_another_is_a_slip_where_the_first_name_is_the_same(office: Office) -> None:
    (kit,), _ = sent(office, replace(KIT, sex="M"))
    assert sent(office, replace(KIT, sex="F")) == ((kit,), ())


# ── Two of the sender's records are one child, it says ──


def merge(kept: ChildDescribed, superseded: str) -> Translation:
    return Translation(intent="merge", children=(kept,), superseded=(superseded,))


def under(child: ChildDescribed, value: str) -> ChildDescribed:
    return replace(child, identifiers=(Identifier("RYY", value),))


@pytest.mark.parametrize("apart", [(), (0, 1), (1, 0)])
def test_a_sender_s_merge_does_not_outweigh_that_a_person_told_them_apart(
    office: Office, apart: tuple[int, ...]
) -> None:
    misnamed = under(replace(TOM, given_name="Sam"), "TT7")
    ids = [sent(office, child)[0][0] for child in (under(TOM, "TT5"), misnamed)]
    office.does(
        CorrectDetails, child_id=ids[1], reason="He is called so.", given_name="Tom",
        family_name="Knot", born_on=TOM.born_on, nhs_number=TOM.nhs_number,
    )  # fmt: skip
    if apart:
        one, other = (ids[each] for each in apart)
        office.does(TellRecordsApart, child_id=one, other_child_id=other, reason="Seen both.")
    receipt = office.receives_one(merge(under(TOM, "TT5"), "TT7"))
    assert receipt.result == ("recorded" if apart else "merged")
    assert bool(apart) == any("compare ours before" in problem for problem in receipt.problems)


def test_a_sender_s_merge_of_one_of_three_under_a_number_is_for_a_person(office: Office) -> None:
    for n, child in enumerate((under(TOM, "TT5"), under(SECOND, "TT6"), under(FIRST, "TT7"))):
        office.receives(concern(children=(child,), concern=str(n)))
    receipt = office.receives_one(merge(under(TOM, "TT5"), "TT7"))
    assert receipt.result == "recorded"
    assert any("compare ours before merging" in problem for problem in receipt.problems)
