"""Does a piece of text look like where somebody lives, though no label says so?

In doubt it does: an address that is taken for other words is shown to those who may not know it.
"""

import re

POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", re.I)

_BEGINNING = re.compile(
    r"(?:(?:home|current|family|usual)? ?(?:full )?address(?: is)?\b:?|post ?code\b:?"
    r"|(?:who )?(?:(?:now|currently|normally|all|both) )?(?:lives?|living|resid\w+|stay(?:s|ing))"
    r"(?: (?:at|in|on|near)\b|:)|(?:both |all )?of(?= (?:\d|flat\b|no\b|the same))"
    r"|at(?= (?:\d|flat\b))|home:)",
    re.I,
)
_NUMBERED = re.compile(
    r"(?<![\d/.-])\b(?!\d\d? (?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]* \d{4})"
    r"\d{1,4}[a-z]?(?:\s?[-/&]\s?\d{1,4}[a-z]?)?\s+[a-z]{2,}"
    r"|\b(?:flat|apartment|apt|plot|caravan|pitch|unit|bedsit|po box)\.?\s\w{1,4}\b",
    re.I,
)
_STREET = re.compile(
    r"\w.*\s(?:road|rd|street|st|lane|ln|avenue|ave|close|drive|crescent|cres|terrace|way|court"
    r"|gardens?|grove|place|square|hill|park|mews|row|walk|house|cottages?|farm|view|rise|estate"
    r"|green|parade|quay|wharf|gate|villas?|buildings?|tower|heights|caravan|hostel|hotel)\.?",
    re.I,
)
_NOWHERE = re.compile(
    r"no fixed (?:abode|address)|nfa|same address.*|address as above|c/o .+", re.I
)
_LIVES_AT = re.compile(r"\b(?:lives?|living|resid\w+|stay(?:s|ing)) (?:at|in|on|near)\b", re.I)
_SENTENCE_ENDS = re.compile(r"[?!]|[a-z]{3}\.(?:\s|$)")
_MOST_WORDS_A_PART = 7
_LONGEST_STREET = 100
_LONGEST_LINE = 200


def in_a_line(part: str) -> bool:
    """Whether a part of a line about a person is, or holds, part of an address."""
    return bool(
        POSTCODE.search(part)
        or _BEGINNING.match(part)
        or any(_numbered_street(part, each.start()) for each in _NUMBERED.finditer(part))
        or _STREET.fullmatch(part.strip())
        or _NOWHERE.fullmatch(part.strip())
        or _LIVES_AT.search(part)
    )


def may_be_in_a_line(part: str) -> bool:
    """The same, or a number before any other words: which may be a house, or count bruises."""
    return in_a_line(part) or _NUMBERED.search(part) is not None


def is_address(line: str) -> bool:
    """Whether a whole line is an address and no sentence: short parts, one of them of a place."""
    if len(line) > _LONGEST_LINE:
        return False
    parts = [each for each in re.split(r"[,;:]", line) if each.strip()]
    if _SENTENCE_ENDS.search(line) or any(len(p.split()) > _MOST_WORDS_A_PART for p in parts):
        return False
    if POSTCODE.search(line):
        return True
    begun = _BEGINNING.match(line)
    return begun is not None or bool(re.match(_NUMBERED, line) and _is_street(parts))


def _is_street(parts: list[str]) -> bool:
    return any(_STREET.fullmatch(part.strip()) for part in parts)


def starts_in(text: str) -> int | None:
    """Where in a text an address starts, if one does: nought, or behind a name without a comma."""
    starts = [
        found.start()
        for found in re.finditer(r"(?<!\S)\S", text)
        if _BEGINNING.match(text, found.start())
        or _numbered_street(text, found.start())
        or POSTCODE.match(text, found.start())
    ]
    return min(starts, default=None)


def _numbered_street(text: str, at: int) -> bool:
    """A house number before a name of a street, and no count of anything (`3 bruises`)."""
    number = _NUMBERED.match(text, at)
    named = number is not None and number[0].split()[-1][0].isupper()
    near_its_end = len(text) - at < _LONGEST_STREET
    return number is not None and (named or (near_its_end and bool(_STREET.fullmatch(text, at))))


def begins_address(text: str) -> bool:
    """Whether its first words announce an address (`lives at`)."""
    return _BEGINNING.match(text) is not None


def without_beginning(part: str) -> str:
    """The part without the words that only announce an address (`lives at`)."""
    return _BEGINNING.sub("", part, count=1).strip(" :") if _BEGINNING.match(part) else part
