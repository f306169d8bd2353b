"""Does what stands beside an address ask that it be kept from somebody? In doubt it does."""

import re
from functools import lru_cache
from typing import Any

from adapters.looks_like_address import POSTCODE, in_a_line, is_address

_ASKS = re.compile(
    r"\b(?:restricted|confidential|refuge|secret|undisclosed|safe ?house|withh[eo]ld|protected"
    r"|sensitive|private|hidden|redacted|disclos\w*|share[ds]?|not to be|do not|don'?t)\b",
    re.I,
)
_OF_A_PLACE = re.compile(r"add?re|post|refuge|safe|where|live", re.I)
_MENTIONED = re.compile(
    r"(?<!to )(?:add?ress?(?:es)?|post ?code)(?: ?line)?(?: |$)|refuge|safe ?house"
)
"""In the name of a field: an address, not what is addressed, or what there is to address."""
_ONE = re.compile(
    r"(?:add?ress?(?:es)?|post ?code)(?:(?: ?line)?(?: ?\d{1,2}(?: (?:st|nd|rd|th))?)?$| of )"
    r"|(?:refuge|safe ?house)(?: name)?$"
)
"""A field of such a name holds one; of any other its value tells."""
_PERHAPS = re.compile(r"\bwhereabouts|\bwhere.*lives?\b|lives? ?at\b|\bto add?ress?\b")
_WORDS_ABOUT_IT = re.compile(r"concern|issue|problem|worr|risk|danger|comment|note|reason|happen")
_ELSEWHERE = re.compile(
    r"e?mail|school|nursery|college|referrer|organi[sz]ation|agency|surgery|^gp|^ip|web|work"
)
"""Of a field about an address where no family lives."""
_SHELTER = re.compile(r"refuge|safe ?house", re.I)
_MOST_WORDS = 25
_LONGEST_NAME = 200
_LONGEST_VALUE = 50_000
_EVERYDAY = frozenset({"county", "country", "uprn", "town", "city", "district", "locality"})
_HOMES = frozenset({"home", "current", "usual", "main", "family", "permanent", "physical"})
_ASKING = re.compile(
    r"refuge|safehouse|confidential|restrict|secret|undisclosed|(?:not|non)(?:tobe)?disclos|notshare|hidden"
)
_NO = frozenset({"", "no", "n", "false", "0", "none", "n/a", "na"})


def asks_for_care(text: str) -> bool:
    """Whether words beside an address ask for care with it, whatever else they say."""
    return _ASKS.search(text) is not None


def mentions_address(name: str) -> bool:
    """Whether a field or column of this name may be about where a family lives."""
    words = _words(name)
    return bool(_MENTIONED.search(words)) and not is_elsewhere(name)


def is_elsewhere(name: str) -> bool:
    """Whether a field or column of this name is about an address where no family lives, or
    about what is addressed."""
    plain = _plain(name)
    of_words = re.search(r"address(?:ee|ed|ing)", plain) is not None
    return of_words or (
        _MENTIONED.search(_words(name)) is not None and _ELSEWHERE.search(plain) is not None
    )


def may_be_of_place(name: str) -> bool:
    """Whether what a field or column of this name holds may tell where a family lives."""
    return mentions_address(name) or _PERHAPS.search(_words(name)) is not None


def is_of_an_address(name: str, value: str) -> bool:
    """Whether a field or column with this value may tell where a family lives: because the value
    is an address, or by its name; a long text whose beginning does not look like one is none."""
    if not may_be_of_place(name):
        line = value.strip()
        plainly = is_address(line) and (line[:1].isdigit() or POSTCODE.search(line) is not None)
        return plainly and _ELSEWHERE.search(_plain(name)) is None
    parts = {*re.split(r"[,;\n\"\[\]{}]|\. ", value[:_LONGEST_VALUE])}
    if any(map(in_a_line, parts)):
        return True
    if len(value.split(None, _MOST_WORDS)) > _MOST_WORDS:
        return False
    words = _words(name)
    by_name = _ONE.search(words) is not None and _WORDS_ABOUT_IT.search(words) is None
    return _SHELTER.search(value) is not None or (by_name and mentions_address(name))


def is_everyday(name: str, value: Any) -> bool:
    """Whether a field that stands in an address is a part such as `county`, and asks no care."""
    if not isinstance(value, str | int) or asks_for_care(str(value)):
        return False
    plain = _plain(name)
    return plain in _EVERYDAY or (plain == "type" and str(value).strip().casefold() in _HOMES)


def asks_by_its_name(name: str) -> bool:
    """Whether a field or column of this name may tell that an address is to be kept secret."""
    return _ASKING.search(_plain(name)) is not None


def is_no(value: Any) -> bool:
    """Whether a value says plainly that there is nothing to take care of."""
    return not value or (isinstance(value, str) and value.strip().casefold() in _NO)


@lru_cache(maxsize=16)  # it is asked several times of each of very many
def _words(name: str) -> str:
    """The words and numbers of a name such as `homeAddress_2`, in small letters; none of a name
    that has nothing to do with a place: of those there may be very many."""
    if not _OF_A_PLACE.search(name[:_LONGEST_NAME]):
        return ""
    told = re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+", name[:_LONGEST_NAME].replace("'", ""))
    return " ".join(told).casefold()


@lru_cache(maxsize=16)
def _plain(name: str) -> str:
    return "".join(letter for letter in name[:_LONGEST_NAME].casefold() if letter.isalnum())
