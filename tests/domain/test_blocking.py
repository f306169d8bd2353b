"""Do two records of one child meet under a key, whatever is wrong in one of them?"""

from datetime import date
from typing import Any

import pytest

from domain.blocking import address_keys, family_keys, phone_keys, record_keys, sought_keys, sound

KIT: dict[str, Any] = {
    "given_name": "Kit",
    "family_name": "Marlow",
    "born_on": date(2017, 5, 4),
    "postcode": "XE1 2AB",
}


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("robert", "r163"),
        ("rupert", "r163"),
        ("rubin", "r150"),
        ("ashcraft", "a261"),
        ("tymczak", "t522"),
        ("pfister", "p236"),
        ("lee", "l000"),
        ("анна", "анна"),
        ("2nd", "2nd"),
    ],
)
def test_a_word_sounds_as_the_national_archives_write_it(word: str, code: str) -> None:
    assert sound(word) == code


@pytest.mark.parametrize(
    "wrong",
    [
        {"family_name": "Marlowe"},
        {"given_name": "Kitt", "family_name": "Marlo", "postcode": None},
        {"given_name": "Marlow", "family_name": "Kit"},
        {"given_name": "KÍT", "family_name": "O'Marlow-Marlow", "born_on": None},
        {"born_on": date(2017, 4, 5), "given_name": "", "family_name": "Smith"},
        {"born_on": date(2016, 1, 1), "postcode": "XE9 9ZZ"},
        {"born_on": None, "family_name": ""},
        {"given_name": "Bob", "family_name": ""},
    ],
)
def test_a_record_is_found_by_what_is_left_right(wrong: dict[str, Any]) -> None:
    assert set(record_keys(**KIT)) & set(sought_keys(**KIT | wrong))


def test_who_has_nothing_in_common_shares_no_key() -> None:
    other = sought_keys("Bo", "Larkin", date(2019, 8, 9), "XE4 4ZZ")
    assert not set(record_keys(**KIT)) & set(other)
    assert record_keys("", "", None, None) == ()
    assert record_keys("Kit", "", None, "XE1 2AB") == ("near|xe12ab|k300",)


def test_a_day_that_is_no_month_is_not_swapped() -> None:
    assert sought_keys("", "", date(2017, 5, 13), None) == ("born|2017-05-13",)


def test_a_family_shares_a_surname_and_a_postcode() -> None:
    assert family_keys("Marlow", "XE1 2AB") == family_keys("MARLOW", "xe12ab")
    assert family_keys("Marlow", None) == family_keys("", "XE1 2AB") == ()


def test_a_telephone_number_is_one_however_it_is_written() -> None:
    mobile = ("phone|07700900123",)
    for written in ("07700 900123", "+44 7700 900 123", "+44(0)7700900123", "mum: 07700900123."):
        assert phone_keys(written) == mobile
    assert phone_keys(None, "", "mother@example.org", "999") == ()


def test_an_address_is_one_whatever_its_punctuation() -> None:
    assert address_keys("1, High Street; Exampleton") == address_keys("1 HIGH STREET EXAMPLETON")
    assert address_keys(" , ") == ()
