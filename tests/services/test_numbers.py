"""Which record is found by an NHS number that a person gave, corrected, or took away?"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from msgspec.structs import replace

from domain.child import CorrectDetails, MergeRecords, RegisterChild, SeparateRecords
from domain.kernel import Command
from services.claims import TURNS, claimed
from services.handle import Handled, handle
from tests.parts.postgres import EACH, new_database
from tests.services.office import BO, KIT, Office, concern, office_at

OTHER = "9990000026"
"""Another number of the range that is kept for tests."""


@pytest.fixture(params=["sqlite", *EACH[:1]])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, postgresql_server: Callable[[str], str]
) -> Iterator[Office]:
    if request.param == "sqlite":
        with office_at(tmp_path / "store", tmp_path / "keys") as opened:
            yield opened
    else:
        with (
            new_database(postgresql_server(request.param)) as address,
            office_at(address, tmp_path / "keys") as opened,
        ):
            yield opened


def kit(child_id: str, **other: Any) -> dict[str, Any]:
    """Kit's details, as a person types them in."""
    known = {
        name: value
        for name, value in structs.asdict(KIT).items()
        if name in ("family_name", "given_name", "born_on", "postcode", "nhs_number")
    }
    return {"child_id": child_id, **known, **other}


def asked(office: Office, kind: type[Command], **fields: Any) -> Handled:
    whole: dict[str, Any] = {"by": "dora", "agency": "authority"}
    whole |= dict.fromkeys(("happened_at", "received_at", "recorded_at"), office.now)
    return handle(office.store, kind(**(whole | fields)))


def test_a_child_whom_a_person_registered_is_found_by_the_number(office: Office) -> None:
    office.does(RegisterChild, **kit("child-1", nhs_number="999 000 0018"))
    assert office.receives_one(concern()).children == ("child-1",)


def test_a_child_is_found_by_the_corrected_number_and_not_by_the_old_one(office: Office) -> None:
    (child_id,) = office.receives_one(concern()).children
    office.does(CorrectDetails, **kit(child_id, nhs_number=OTHER), reason="Misread.")
    new = office.receives_one(concern(children=(replace(KIT, nhs_number=OTHER),)))
    assert new.children == (child_id,)
    old = office.receives_one(concern(concern="Under the old number."))
    assert old.children != (child_id,)
    (matched,) = office.events("child.matched.v1")
    assert matched.referral_id == new.referral


def test_a_number_that_was_taken_away_is_free_for_whoever_it_is(office: Office) -> None:
    bo = replace(BO, nhs_number=KIT.nhs_number)
    (first,) = office.receives_one(concern(children=(bo,))).children
    office.does(CorrectDetails, child_id=first, given_name="Bo", reason="The number is Kit's.")
    (second,) = office.receives_one(concern()).children
    assert second != first
    assert office.receives_one(concern(concern="Again.")).children == (second,)


def test_a_number_that_came_back_is_found_again(office: Office) -> None:
    office.does(RegisterChild, **kit("child-1"))
    office.does(CorrectDetails, **kit("child-1", nhs_number=OTHER), reason="Misread.")
    office.now += timedelta(minutes=5)
    office.does(CorrectDetails, **kit("child-1"), reason="It was right.")
    assert office.receives_one(concern()).children == ("child-1",)


@pytest.mark.parametrize("kind", [RegisterChild, CorrectDetails])
def test_another_records_number_is_not_given_to_a_second_child(
    office: Office, kind: type[Command]
) -> None:
    office.receives(concern())
    fields = kit("child-2")
    if kind is CorrectDetails:
        office.does(RegisterChild, child_id="child-2", given_name="Bo")
        fields["reason"] = "Her mother rang."
    before = office.store.newest()
    handled = asked(office, kind, **fields, command="c1")
    assert (handled.result, handled.reason) == (
        "refused",
        "Another record has this NHS number: compare the two records first.",
    )
    assert office.store.newest() == before


def test_details_are_corrected_under_a_disputed_number(office: Office) -> None:
    (first,) = office.receives_one(concern()).children
    twin = replace(KIT, given_name="Sam")
    (second,) = office.receives_one(concern(children=(twin,))).children
    changed = kit(second, given_name="Samuel")
    assert asked(office, CorrectDetails, **changed, reason="In full.", command="c1").events
    office.now += timedelta(minutes=5)
    office.does(CorrectDetails, child_id=second, given_name="Samuel", reason="Not his number.")
    nameless = replace(KIT, given_name="")
    third = office.receives_one(concern(children=(nameless,), concern="No longer disputed."))
    assert third.children == (first,)


def test_a_merged_records_number_may_be_given_to_the_one_that_is_kept(office: Office) -> None:
    (first,) = office.receives_one(concern()).children
    office.does(RegisterChild, child_id="child-2", given_name="Kit")
    office.does(MergeRecords, child_id="child-2", merged_child_id=first, reason="One child.")
    office.does(CorrectDetails, **kit("child-2"), reason="From the other record.")
    assert office.receives_one(concern(concern="Again.")).children == ("child-2",)
    office.does(SeparateRecords, child_id="child-2", merged_child_id=first, reason="Two after all.")
    again = office.receives_one(concern(concern="And again."))
    assert again.children == (first,)
    assert any("Two records fit" in problem for problem in again.problems)


def test_a_number_given_again_and_again_is_claimed_no_further(office: Office) -> None:
    for n in range(TURNS + 2):
        (child_id,) = office.receives_one(
            concern(children=(replace(BO, given_name=f"Bo {n}", nhs_number=OTHER),))
        ).children
    key = f"nhs:{office.store.vault.token('nhs', OTHER)}"
    values, free = claimed(office.store, key)
    assert (len(set(values)), free) == (TURNS, None)
    assert child_id not in values
