"""Does what stands beside an address ask that it be kept from somebody? In doubt it does."""

import re
from typing import Any

_ASKS = re.compile(
    r"\b(?:restricted|confidential|refuge|secret|undisclosed|safe ?house|withh[eo]ld|protected"
    r"|sensitive|private|hidden|redacted|disclos\w*|share[ds]?|not to be|do not|don'?t)\b",
    re.I,
)
_OF_AN_ADDRESS = re.compile(r"add?res|postcode|refuge|safehouse|whereabouts|wherelives|livesat")
_ELSEWHERE = re.compile(
    r"e?mail|school|nursery|college|referrer|organi[sz]ation|agency|surgery|^gp|^ip|web|work"
)
"""Of a field about an address where no family lives."""
_ASKING = re.compile(
    r"confidential|restrict|secret|undisclosed|(?:not|non)(?:tobe)?disclos|notshare|hidden"
)
_NO = frozenset({"", "no", "n", "false", "0", "none", "n/a", "na"})


def asks_for_care(text: str) -> bool:
    """Whether words beside an address ask for care with it, whatever else they say."""
    return _ASKS.search(text) is not None


def is_of_an_address(name: str) -> bool:
    """Whether a field or column of this name may tell where a family lives."""
    plain = _plain(name)
    return _OF_AN_ADDRESS.search(plain) is not None and _ELSEWHERE.search(plain) is None


def asks_by_its_name(name: str) -> bool:
    """Whether a field or column of this name may tell that an address is to be kept secret."""
    return _ASKING.search(_plain(name)) is not None


def is_no(value: Any) -> bool:
    """Whether a value says plainly that there is nothing to take care of."""
    return not value or (isinstance(value, str) and value.strip().casefold() in _NO)


def _plain(name: str) -> str:
    return "".join(letter for letter in name[:80].casefold() if letter.isalnum())
