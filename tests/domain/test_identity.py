"""Identity: NHS numbers that check, and plain ids."""

import string

import pytest

from domain.identity import is_slug, nhs_number, nhs_number_ok


@pytest.mark.parametrize("text", ["9990000018", "999 000 0026", "999-000-0034", " 9990000069 "])
def test_an_nhs_number_with_its_check_digit_is_one(text: str) -> None:
    assert nhs_number_ok(text)
    assert len(nhs_number(text)) == 10


@pytest.mark.parametrize("digit", [d for d in string.digits if d != "8"])
def test_every_other_check_digit_is_wrong(digit: str) -> None:
    assert not nhs_number_ok(f"999000001{digit}")


def test_ten_is_no_check_digit() -> None:
    # the first nine digits call for a check digit of 10: no such number is ever issued
    assert not any(nhs_number_ok(f"999000014{digit}") for digit in string.digits)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "999000001",
        "99900000180",
        "999000001X",
        "+990000018",
        "9990000018".translate({ord("8"): "\N{FULLWIDTH DIGIT EIGHT}"}),
        "9990000018".translate({ord("1"): "\N{ARABIC-INDIC DIGIT ONE}"}),
        "999\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}0018",
    ],
)
def test_what_is_not_ten_plain_digits_is_none(text: str) -> None:
    assert not nhs_number_ok(text)


def test_a_plain_id_is_short_and_lower_case() -> None:
    assert is_slug("rosa-mbeki-2")
    assert not any(map(is_slug, ["", "-", "a-", "A", "a b", "\N{LATIN SMALL LETTER E WITH ACUTE}"]))
    assert is_slug("x" * 60)
    assert not is_slug("x" * 61)
