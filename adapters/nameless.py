"""Which words in a name stand for no name, and which of several do they speak of?

Where a child's name is not known, a system writes something else into the field: `UNKNOWN`,
`N/K`, `BABY OF SMITH`, `Twin 1`. Taken for names, they would make the child, once named, somebody
else. What was sent stays in the message as it came and in the referral's description; only what is
compared, and what a record is opened with, leaves them out. Which of several a child is is kept.
"""

import re
import unicodedata
from functools import lru_cache

_NOBODY = frozenset(
    {"unknown", "unk", "unkn", "unnamed", "unidentified", "nk", "noname", "anonymous"}
)
"""Nobody is called this: never a name, whatever stands beside it."""

_NOT_SAID = re.compile(
    r"\b(?:(?:is )?not (?:yet )?(?:known|stated|given|recorded|provided|disclosed|available|named"
    r"|applicable|told)|no (?:\w+ )?name(?: given)?|(?:don ?t|do not) know|n k|n a|d k"
    r"|to be confirmed|tbc|tba|x(?: ?x)+|z(?: ?z)+)\b"
)

_NEWBORN = frozenset(
    {"baby", "babyboy", "babygirl", "infant", "newborn", "neonate", "twin", "triplet"}
)
_SOMEBODY = _NEWBORN | {
    "bb", "bg", "boy", "child", "female", "fetus", "foetus", "girl", "male", "none", "patient",
    "person", "toddler", "unborn",
}  # fmt: skip
"""No first name; a surname only beside a first name (Sam Child, Amira Baby)."""

_PERHAPS = frozenset({"na", "nil", "no", "null"})
"""Names of real people, too: no name only where the other field says nothing either."""

_BESIDE = frozenset(
    {"a", "b", "c", "i", "ii", "iii", "one", "two", "three", "first", "second", "third", "1st",
     "2nd", "3rd", "name", "surname", "forename", "not", "known"}
)  # fmt: skip
"""Says something only beside another word."""

_MOTHERS = re.compile(
    r"(?:(?:baby|babe|infant|newborn|neonate|twin|triplet|child|boy|girl|male|female|\d+) )+of .+"
    r"|b o .+"
)

_COUNTED = re.compile(r"(?:no )?(?:\d+|one|two|three|i{1,3}|a|b|c|first|second|third|1st|2nd|3rd)")
"""Beside `BABY GIRL` as a surname it is no first name."""

_WHICH = re.compile(
    r"\b(?:twin|triplet|baby|infant|newborn|child|boy|girl|male|female|unknown) ?(?:no )?"
    r"(\d+|one|two|three|i{1,3}|a|b|c)\b"
    r"|\b(first|second|third|1st|2nd|3rd) (?:twin|triplet|baby|infant|child)\b"
)
_NUMBER = {
    word: number
    for number, words in {
        "1": ("one", "i", "a", "first", "1st"),
        "2": ("two", "ii", "b", "second", "2nd"),
        "3": ("three", "iii", "c", "third", "3rd"),
    }.items()
    for word in words
}


@lru_cache(maxsize=1000)
def names(family_name: str, given_name: str) -> tuple[str, str]:
    """Family and given name, each empty where it only stands for one."""
    family, given = _words(family_name), _words(given_name)
    neither = {family, given} <= _PERHAPS
    counted = _COUNTED.fullmatch(given) and _stands_for_none(family, _NEWBORN)
    no_given = (
        neither
        or bool(counted)
        or _stands_for_none(given, _NOBODY | _SOMEBODY)
        or bool(_MOTHERS.fullmatch(given))
    )
    no_family = neither or _stands_for_none(family, _NOBODY) or bool(_MOTHERS.fullmatch(family))
    if no_given or not given:
        of_newborn = family.split(" ")[0] in _NEWBORN  # `BABY SMITH`: it is the mother's
        no_family |= of_newborn or _stands_for_none(family, _NOBODY | _SOMEBODY | _PERHAPS)
    if no_family or not family:
        no_given |= _stands_for_none(given, _NOBODY | _SOMEBODY | _PERHAPS)
    return "" if no_family else family_name, "" if no_given else given_name


def which_of_several(family_name: str, given_name: str) -> str | None:
    """`2` of `Twin 2`, `twin B`, `second twin`; empty of a twin without more; None of one child."""
    given, family = _words(given_name), _words(family_name)
    words = f"{given} {family}"
    if found := _WHICH.search(words) or _WHICH.search(f"{family} {given}"):
        which = found[1] or found[2]
        return _NUMBER.get(which, which.lstrip("0"))
    return "" if {"twin", "triplet"} & {*words.split(" ")} else None


def which_unnamed(family_name: str, given_name: str) -> str | None:
    """Which of several a child is who has no first name yet; None where that is not told."""
    no_name = not names(family_name, given_name)[1]
    return (no_name and which_of_several(family_name, given_name)) or None


def counted(which: str | None) -> str:
    """What such a child goes by until a first name is told: `Child 2`; empty for no number."""
    return f"Child {which}" if which else ""


def _stands_for_none(words: str, none: frozenset[str]) -> bool:
    """Whether one of these words is there, and nothing else that could be a name."""
    if not words:
        return False
    left = _NOT_SAID.sub("unknown", words).split(" ")
    others = [word for word in left if word not in _NOBODY | _SOMEBODY | _PERHAPS]
    said = any(word in none for word in left)
    return said and all(word in _BESIDE or word.isdecimal() for word in others)


def _words(text: str) -> str:
    """Its words in small letters, one space between them; signs alone (`-`, `?`) are `unknown`."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    words = re.sub(r"[\W_]+", " ", plain).strip()
    return words or ("unknown" if text.strip() else "")
