"""Under which keys are the records of one child found, whatever is wrong in one of them?

A key is a clear text such as `born|2017-05-04`. It is stored as a keyed token and never as it
stands, and it only finds what is then compared: two records that share a key need have nothing else
in common. Every key takes two details or a rare one, so that few records share it.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import product

MOST_WORDS = 4
"""Words of a name that make keys; who has more is found by the first ones."""

_SOUNDS = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1)
    for letter in letters
}
_PHONE = re.compile(r"(?:\+44\s?(?:\(0\))?|0)[\d ]{9,13}")


def record_keys(
    given_name: str, family_name: str, born_on: date | None, postcode: str | None
) -> tuple[str, ...]:
    """The keys under which a record with these details lies."""
    return tuple(dict.fromkeys(_of_record(given_name, family_name, born_on, postcode)))


def sought_keys(
    given_name: str, family_name: str, born_on: date | None, postcode: str | None
) -> tuple[str, ...]:
    """The keys under which to look for such a record: its own, and with day and month swapped."""
    found = dict.fromkeys(record_keys(given_name, family_name, born_on, postcode))
    if born_on is not None and born_on.day <= 12:
        swapped = born_on.replace(month=born_on.day, day=born_on.month)
        found[f"born|{swapped.isoformat()}"] = None
    return tuple(found)


def _of_record(
    given_name: str, family_name: str, born_on: date | None, postcode: str | None
) -> Iterator[str]:
    given = [sound(word) for word in words(given_name)[:MOST_WORDS]]
    family = [sound(word) for word in words(family_name)[:MOST_WORDS]]
    either = dict.fromkeys((*given, *family))  # some senders swap them
    if born_on is not None:
        yield f"born|{born_on.isoformat()}"
        for each in either:
            yield f"year|{born_on.year}|{each}"
    for one, other in product(given, family):
        yield f"names|{min(one, other)}|{max(one, other)}"
    if place := "".join(words(postcode or "")):
        for each in either:
            yield f"near|{place}|{each}"


def family_keys(family_name: str, postcode: str | None) -> tuple[str, ...]:
    """The keys that children of one surname at one postcode share."""
    place = "".join(words(postcode or ""))
    return tuple(f"family|{place}|{word}" for word in words(family_name) if place)


def phone_keys(*contacts: str | None) -> tuple[str, ...]:
    """The keys of the telephone numbers in these texts, however they are written."""
    found = [match for each in contacts for match in _PHONE.findall(each or "")]
    digits = (re.sub(r"\D", "", re.sub(r"^\+44\s?(\(0\))?", "0", each)) for each in found)
    return tuple(dict.fromkeys(f"phone|{each}" for each in digits))


def address_keys(address: str) -> tuple[str, ...]:
    """The key of an address, whatever its punctuation; none for an empty one."""
    plain = "".join(words(address))
    return (f"address|{plain}",) if plain else ()


def words(text: str) -> list[str]:
    """The words of a text without case, accents and signs."""
    plain = re.sub("['\u2019`]", "", text.casefold())
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in apart if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain)


def sound(word: str) -> str:
    """How a word sounds in English, by its first letter and three digits; other scripts as written.

    Source: the Soundex indexing system of the United States National Archives.
    """
    if not word.isascii() or not word.isalpha():
        return word
    code, last = word[0], _SOUNDS.get(word[0])
    for letter in word[1:]:
        digit = _SOUNDS.get(letter)
        if digit and digit != last:
            code += str(digit)
        if letter not in "hw":  # two letters of one sound with an h or w between count once
            last = digit
    return f"{code:0<4.4}"
