"""Is this a well-formed NHS number, or a well-formed id?"""

from string import ascii_lowercase, digits

_BETWEEN_DIGITS = str.maketrans("", "", " -")


def nhs_number(text: str) -> str:
    """The number without the spaces and hyphens that people write between its digits."""
    return text.translate(_BETWEEN_DIGITS)


def nhs_number_ok(text: str) -> bool:
    """Whether it is ten digits (0 to 9 alone, no other script's) of which the last one checks.

    Modulus 11: the first nine digits weighted 10 down to 2, and the check digit, sum to a multiple
    of 11. Source: NHS Data Dictionary, NHS number.
    """
    number = nhs_number(text)
    if len(number) != 10 or not set(number) <= set(digits):
        return False
    return (
        sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), number, strict=True))
        % 11
        == 0
    )


def is_slug(text: str) -> bool:
    """Whether it may name a person, team or agency: `a-z`, `0-9` and inner hyphens, at most 60."""
    plain = set(text) <= {*ascii_lowercase, *digits, "-"}
    return plain and 0 < len(text) <= 60 and text.strip("-") == text
