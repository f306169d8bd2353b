"""Do two descriptions fit the same child?"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from msgspec import Struct

from domain.described import ChildDescribed

ENOUGH = 2
"""Agreeing fields that an NHS number needs beside it."""

MUST_NOT_DIFFER = ("birth date", "first name")


class Details(Struct, frozen=True):
    """What is compared. `nhs_number`: ten digits."""

    family_name: str = ""
    given_name: str = ""
    born_on: date | None = None
    postcode: str | None = None
    nhs_number: str | None = None


class Agreement(NamedTuple):
    """The fields that agree, and those that contradict; a field missing on one side is neither."""

    agree: tuple[str, ...]
    differ: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether nothing says that they are two children."""
        return not set(self.differ) & set(MUST_NOT_DIFFER)

    @property
    def certain(self) -> bool:
        """Whether it is enough, beside an equal NHS number, for an automatic link."""
        return self.possible and len(self.agree) >= ENOUGH


def compare(one: Details, other: Details) -> Agreement:
    """Field by field, spelling aside."""
    pairs = {
        "birth date": (one.born_on, other.born_on),
        "first name": (plain(one.given_name), plain(other.given_name)),
        "surname": (plain(one.family_name), plain(other.family_name)),
        "postcode": (plain(one.postcode or ""), plain(other.postcode or "")),
    }
    known = {field: pair for field, pair in pairs.items() if all(pair)}
    return Agreement(
        tuple(field for field, (a, b) in known.items() if a == b),
        tuple(field for field, (a, b) in known.items() if a != b),
    )


def same(one: Details, other: Details) -> bool:
    """Whether one sender, speaking of one concern, means the same child both times."""
    agreement = compare(one, other)
    if not agreement.possible:
        return False
    if one.nhs_number and one.nhs_number == other.nhs_number:
        return True
    return {"first name", "surname"} <= set(agreement.agree)


def repeated(one: Details, other: Details) -> bool:
    """Whether one message that says both tells of the same child twice, number aside."""
    return {"birth date", "first name", "surname"} <= set(compare(one, other).agree)


def details_of(child: ChildDescribed) -> Details:
    """What a message says of a child, as it is compared."""
    return Details(
        family_name=child.family_name,
        given_name=child.given_name,
        born_on=child.born_on,
        postcode=child.postcode,
        nhs_number=child.nhs_number,
    )


def plain(text: str) -> str:
    """A name or postcode without case, accents, spaces and signs."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in apart if not unicodedata.combining(c)))
