"""Which segments of an HL7 version 2 message carry no words, so that none can be overlooked?

A closed list, and in each segment of it the fields that hold codes, names, places and times. What
is not on it may tell of a concern: it is shown to a person. Source: HL7 version 2.8, chapters 2, 3,
6, 12 and 15.
"""

import re
from collections.abc import Collection

from adapters.hl7_text import Segment

_OF_THE_SYSTEM = frozenset({"MSH", "SFT", "UAC"})
_DEMOGRAPHIC = frozenset({"PID", "PD1", "GT1", "IN1", "IN2", "IN3", "ROL", "DB1", "MRG"})
_PERSONS_AND_PLACES = {
    "EVN": frozenset({1, 2, 3, 5, 6, 7}),
    "NK1": frozenset({*range(1, 29), *range(30, 40)}),
    "PV1": frozenset({3, 6, 7, 8, 9, 11, 17, 19, 37, 39, 40, 42, 43, 44, 45, 50, 52}),
    "PV2": frozenset({1, 8, 9, 13, 23, 33}),
}
"""Fields that hold names of people and places, and times; what else is there must be a code."""
_IN_WORDS = {"PV2": (3, 12), "AL1": (3, 5), "NK1": (29,), "PR1": (3, 4)}
"""Fields that are there to be written in."""
_REACTIONS = frozenset(
    {
        "chest", "tightness", "cough", "diarrhoea", "feeling", "sick", "raised", "itchy", "red",
        "rash", "sneezing", "vomiting", "wheezing", "hives", "swelling", "swollen", "nausea",
        "anaphylaxis", "anaphylactic", "shock", "urticaria", "eczema", "dizziness", "headache",
        "fever", "breathing", "difficulty", "shortness", "of", "breath", "lips", "tongue",
        "throat", "eyes", "runny", "nose",
    }
)  # fmt: skip
"""Words in which a reaction to an allergen is told; any other may tell something else."""
_READ_ELSEWHERE = frozenset(
    {*_OF_THE_SYSTEM, "RF1", "DG1", "NTE", "OBX", "PRD", "CON", "ARV", "BTS", "FTS"}
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOST_WORDS = 8
"""In a name, a place or the name of a code; more of them are a story."""


def is_silent(segment: Segment) -> bool:
    """Whether it is of the closed list, and every field of it that could hold words is empty."""
    if segment.name in _OF_THE_SYSTEM:
        return True
    if segment.name == "AL1":
        return _is_coded_allergy(segment)
    known = segment.name in _DEMOGRAPHIC or segment.name in _PERSONS_AND_PLACES
    return known and not words_of(segment)


def _is_coded_allergy(segment: Segment) -> bool:
    """An allergen by code and list, its name no sentence; the reaction in the usual words."""
    allergen = segment.first(3)
    named = f"{allergen[2]} {allergen[5]}".split()
    sentence = len(named) > _MOST_WORDS or "." in allergen[2]
    reaction = re.findall(r"\w+", segment.text(5).casefold())
    others = words_of(segment, besides={1, 2, 3, 4, 5, 6})
    coded = bool(allergen[1] and allergen[3]) and any(sign.isdigit() for sign in allergen[1])
    return coded and not sentence and set(reaction) <= _REACTIONS and not others


def words_of(segment: Segment, besides: Collection[int] = ()) -> str:
    """The words that a segment may tell a concern in, after its name; empty if it has none.

    `besides`: the numbers of fields that are read elsewhere.
    """
    if segment.name in _READ_ELSEWHERE and not besides:
        return ""
    quiet = {*besides, *_PERSONS_AND_PLACES.get(segment.name, ())}
    in_words = _IN_WORDS.get(segment.name, ())
    told: list[str] = []
    for number in range(1, segment.fields + 1):
        free = number in in_words or segment.name.startswith("Z")
        if number in besides or not (free or " " in segment.field(number)):
            continue
        parts = segment.parts(number)
        if number in quiet or segment.name in _DEMOGRAPHIC:
            told += filter(_is_story, parts)
        else:
            told += [text for text in parts if _tells(text, free)]
    return f"{segment.name}: {', '.join(dict.fromkeys(told))}" if told else ""


def _is_story(text: str) -> bool:
    return len(text.split()) > _MOST_WORDS


def _tells(text: str, free: bool) -> bool:
    """Whether it is words: several, or in a field to be written in a single one."""
    several = " " in text and any(sign.isalpha() for sign in text)
    return several or (free and _WORD.search(text) is not None)
