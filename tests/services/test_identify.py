"""Which fields make two descriptions the same child?"""

from datetime import date

import pytest
from msgspec.structs import replace

from services.likeness import Details, compare, same

KIT = Details(
    family_name="Marlow-Okoye",
    given_name="Zoë",
    born_on=date(2017, 5, 4),
    postcode="XE1 2AB",
    nhs_number="9990000018",
)


def test_spelling_aside_the_same_fields_agree() -> None:
    other = replace(KIT, family_name="MARLOW OKOYE", given_name="zoe", postcode="xe12ab")
    assert compare(KIT, other).agree == ("birth date", "first name", "surname", "postcode")
    assert compare(KIT, other).differ == ()


def test_what_one_side_does_not_know_neither_agrees_nor_differs() -> None:
    agreement = compare(KIT, Details(given_name="Zoë"))
    assert (agreement.agree, agreement.differ) == (("first name",), ())
    assert not agreement.certain


@pytest.mark.parametrize(
    ("other", "certain"),
    [
        (KIT, True),
        (replace(KIT, family_name="Smith", postcode="XE9 9ZZ"), True),
        (replace(KIT, born_on=None, postcode=None), True),
        (replace(KIT, born_on=date(2017, 4, 5)), False),
        (replace(KIT, given_name="Sam"), False),
        (replace(KIT, given_name="", family_name="", postcode=None), False),
        (Details(), False),
    ],
)
def test_two_fields_agree_and_neither_birth_date_nor_first_name_differs(
    other: Details, certain: bool
) -> None:
    assert compare(KIT, other).certain is certain
    assert compare(other, KIT).certain is certain


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (Details(family_name="Marlow-Okoye", given_name="Zoë"), True),
        (Details(family_name="Marlow-Okoye"), False),
        (Details(given_name="Zoë"), False),
        (Details(given_name="Zoë", born_on=date(2017, 5, 4)), False),
        (Details(nhs_number="9990000018"), True),
        (Details(given_name="Sam", nhs_number="9990000018"), False),
        (replace(KIT, born_on=date(2017, 4, 5)), False),
    ],
)
def test_a_sender_means_the_same_child_by_both_names_or_the_number(
    other: Details, is_same: bool
) -> None:
    assert same(KIT, other) is is_same
    assert same(other, KIT) is is_same
