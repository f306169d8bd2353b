"""Do two descriptions fit the same child: surely, likely, or not at all?

`compare` answers for the automatic rule, in which a detail agrees or contradicts; `scored` for a
person who is asked, with a probability and what speaks for it detail by detail.
"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from msgspec import Struct
from rapidfuzz.distance import OSA, JaroWinkler

from adapters.nameless import names, which_unnamed
from domain.blocking import words
from domain.codes import Sex
from domain.described import ChildDescribed
from domain.policy import Matching
from services.answers import Level

ENOUGH = 2
"""Agreeing fields that an NHS number needs beside it."""

MUST_NOT_DIFFER = ("birth date", "first name", "sex")


class Details(Struct, frozen=True):
    """What is compared. `nhs_number`: ten digits. `born_between`: of an incomplete birth date the
    first and the last day that it may mean; it contradicts, and never agrees. `which`: `2` of a
    child without a first name who was called `Twin 2`."""

    family_name: str = ""
    given_name: str = ""
    born_on: date | None = None
    postcode: str | None = None
    nhs_number: str | None = None
    sex: Sex = "U"
    born_between: tuple[date, date] | None = None
    which: str | None = None

    @property
    def says_who(self) -> bool:
        """Whether anything but the sex, an age or a place among several is told."""
        return bool(
            self.family_name or self.given_name or self.born_on or self.postcode or self.nhs_number
        )


class Agreement(NamedTuple):
    """The fields that agree, and those that contradict; a field missing on one side is neither.

    `twins`: one is told as one of several without a name, and the other not as the very same: the
    number may have been typed for both.
    """

    agree: tuple[str, ...]
    differ: tuple[str, ...]
    twins: bool = False

    @property
    def possible(self) -> bool:
        """Whether nothing says that they are two children.

        One sex for another is a slip where the first name is the same, else a boy and a girl.
        """
        slip = {"sex"} if "first name" in self.agree else set[str]()
        return not (set(self.differ) - slip) & set(MUST_NOT_DIFFER)

    @property
    def certain(self) -> bool:
        """Whether it is enough, beside an equal NHS number, for an automatic link."""
        return self.possible and not self.twins and len(self.agree) >= ENOUGH


def compare(one: Details, other: Details) -> Agreement:
    """Field by field, spelling aside."""
    pairs = {
        "birth date": (one.born_on, other.born_on),
        "first name": (plain(one.given_name), plain(other.given_name)),
        "surname": (plain(one.family_name), plain(other.family_name)),
        "postcode": (plain(one.postcode or ""), plain(other.postcode or "")),
    }
    known = {field: pair for field, pair in pairs.items() if all(pair)}
    differ = [field for field, (a, b) in known.items() if a != b]
    if "birth date" not in known and born_apart(one, other):
        differ.append("birth date")
    if _of_two_births(one, other):
        differ.append("first name")
    if {one.sex, other.sex} == {"F", "M"}:
        differ.append("sex")
    agree = tuple(field for field, (a, b) in known.items() if a == b)
    return Agreement(agree, tuple(differ), one.which != other.which)


def _of_two_births(one: Details, other: Details) -> bool:
    """Whether one is the first of twins without a name, and the other the second."""
    return bool(one.which and other.which and one.which != other.which)


def born_apart(one: Details, other: Details) -> bool:
    """Whether no day can be the birth date of both, as far as theirs are told."""
    born, other_born = _born(one), _born(other)
    if born is None or other_born is None:
        return False
    return born[1] < other_born[0] or other_born[1] < born[0]


def _born(details: Details) -> tuple[date, date] | None:
    if details.born_on is None:
        return details.born_between
    return details.born_on, details.born_on


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
    if one.born_on != other.born_on:  # most brothers and sisters end here
        return False
    return {"birth date", "first name", "surname"} <= set(compare(one, other).agree)


SAME: frozenset[Level] = frozenset({"same", "same (superseded on one)"})


class Likeness(NamedTuple):
    """The probability that two records are one child's, and how each detail compares.

    `sender_number`: the number of its own, such as a hospital's, that one sender has for both.
    """

    score: float
    levels: dict[str, Level]
    sender_number: str | None = None

    @property
    def same_number(self) -> bool:
        """Whether they have an NHS number in common, be it that one of them had it before."""
        return self.levels["nhs_number"] in SAME


def scored(
    one: Details,
    other: Details,
    rules: Matching,
    sender_number: str | None = None,
    *,
    replaced: bool = False,
) -> Likeness:
    """How likely two records are one child's, from 0 to 1, whichever of them comes first.

    `replaced`: one's NHS number is one that the other had before: as good as the same one.

    `sender_number`: one sender's own number of both. It speaks for one child and proves nothing,
    for twins may go by their mother's; that a sender has two numbers says nothing against it.

    The points of the details are added as if each were evidence by itself. They are not among
    brothers and sisters, above all twins: so without the same first name and birth date, or an NHS
    number in common, no score is as high as a match.
    """
    first_name, surname = _names(one, other, rules.resembles)
    levels: dict[str, Level] = {
        "nhs_number": _number(one.nhs_number, other.nhs_number, replaced),
        "sender_number": "same" if sender_number else "unknown",
        "birth_date": _day(one.born_on, other.born_on),
        "first_name": first_name,
        "surname": surname,
        "postcode": _postcode(one.postcode or "", other.postcode or ""),
        "sex": _sex(one.sex, other.sex),
    }
    bits = rules.start
    for field, level in levels.items():
        if level != "unknown":
            bits += getattr(getattr(rules.points, field), "same" if level in SAME else level)
    score = 1 / (1 + 2**-bits)
    proof = levels["first_name"], levels["birth_date"]
    if "differs" in proof:
        score = min(score, rules.contradicted_at_most)
    elif proof != ("same", "same") and levels["nhs_number"] not in SAME:
        score = min(score, rules.unproven_at_most)
    return Likeness(score, levels, sender_number)


def _number(one: str | None, other: str | None, replaced: bool) -> Level:
    if one and one == other:
        return "same"
    if replaced:
        return "same (superseded on one)"
    if not one or not other:
        return "unknown"
    return "near" if OSA.distance(one, other, score_cutoff=2) <= 2 else "differs"


def _day(one: date | None, other: date | None) -> Level:
    if one is None or other is None:
        return "unknown"
    if one == other:
        return "same"
    swapped = (one.year, one.day, one.month) == (other.year, other.month, other.day)
    written = (f"{day:%Y%m%d}" for day in (one, other))
    return "near" if swapped or OSA.distance(*written, score_cutoff=1) <= 1 else "differs"


def _names(one: Details, other: Details, resembles: float) -> tuple[Level, Level]:
    """First name and surname, also where one of the two senders swaps them."""
    if _of_two_births(one, other):
        return "differs", _name(one.family_name, other.family_name, resembles)
    if one.given_name and one.family_name and plain(one.given_name) != plain(other.given_name):
        crossed = plain(one.given_name), plain(one.family_name)
        if crossed == (plain(other.family_name), plain(other.given_name)):
            return "same", "same"
    return (
        _name(one.given_name, other.given_name, resembles),
        _name(one.family_name, other.family_name, resembles),
    )


def _name(one: str, other: str, resembles: float) -> Level:
    a, b = plain(one), plain(other)
    if not a or not b:
        return "unknown"
    if a == b:
        return "same"
    mine, theirs = set(words(one)), set(words(other))
    partly = mine <= theirs or theirs <= mine
    initial = min(len(a), len(b)) == 1 and a[0] == b[0]
    return "near" if partly or initial or _resemble(a, b, resembles) else "differs"


def _resemble(one: str, other: str, least: float) -> bool:
    """Whether two names are one misspelt; a slip in a short one leaves little that is alike."""
    slip = min(len(one), len(other)) > 2 and OSA.distance(one, other, score_cutoff=1) <= 1
    return slip or JaroWinkler.similarity(one, other, score_cutoff=least) >= least


def _postcode(one: str, other: str) -> Level:
    a, b = plain(one), plain(other)
    if not a or not b:
        return "unknown"
    if a == b:
        return "same"
    street = a[:-2] == b[:-2] and len(a) > 4
    return "near" if street or OSA.distance(a, b, score_cutoff=1) <= 1 else "differs"


def _sex(one: Sex, other: Sex) -> Level:
    if "U" in (one, other):
        return "unknown"
    return "same" if one == other else "differs"


def details_of(child: ChildDescribed) -> Details:
    """What a message says of a child, as it is compared: what stands for no name is none."""
    family_name, given_name = names(child.family_name, child.given_name)
    return Details(
        family_name=family_name,
        given_name=given_name,
        born_on=child.born_on,
        postcode=child.postcode,
        nhs_number=child.nhs_number,
        sex=child.sex,
        born_between=child.born_between,
        which=which_unnamed(child.family_name, child.given_name),
    )


def plain(text: str) -> str:
    """A name or postcode without case, accents, spaces and signs."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in apart if not unicodedata.combining(c)))
