"""How soon must somebody look at it, in whatever words a sender says so?

Whole answers are understood, never words within a sentence: `not urgent` is no `urgent`. What a
number stands for is not guessed, but for the grades of the police. What is told and not understood
is said, and shown with the concern: it never stands as if nothing were told.
"""

import re
from collections.abc import Iterable
from typing import Any

from adapters.reading import Problems
from domain.described import Urgency

_ANSWERS: dict[Urgency, tuple[str, ...]] = {
    "immediate": (
        "immediate", "immediately", "emergency", "emergent", "stat", "critical", "at once", "now",
        "life threatening", "imminent", "very urgent", "extremely urgent", "most urgent",
    ),
    "urgent": (
        "urgent", "urgently", "asap", "as soon as possible", "high", "very high", "highest", "top",
        "priority", "prompt", "soon", "expedite", "expedited", "same day", "the same day", "today",
        "within a day", "within one day", "within 24 hours", "24 hours", "within 24 hrs",
        "next day", "tomorrow", "within a working day", "within one working day", "medium",
        "moderate", "semi urgent", "two week wait",
    ),
    "routine": (
        "routine", "routinely", "low", "lowest", "normal", "standard", "non urgent", "nonurgent",
        "not urgent", "no urgency", "no apparent", "elective", "planned", "ordinary",
    ),
}  # fmt: skip
_UNDERSTOOD = {answer: urgency for urgency, answers in _ANSWERS.items() for answer in answers}
GRADES: dict[Urgency, str] = {
    "immediate": "immediate", "urgent": "priority", "routine": "standard",
}  # fmt: skip
"""Of an incident, in the words of the police."""
_NUMBERED = re.compile(r"(?:grade\s*)?([123])\b\W*(.*)", re.I | re.S)
_NUMBERS: dict[str, Urgency] = {"1": "immediate", "2": "urgent", "3": "routine"}
"""Of such grades: the same in all forces up to three."""
_BESIDE = frozenset(
    {"priority", "risk", "grade", "graded", "level", "urgency", "referral", "response", "alarm"}
)
"""Words that an answer may have beside it."""
_UNTOLD = frozenset(
    {
        "", "na", "n a", "nil", "none", "not known", "not stated", "not specified", "not given",
        "not recorded", "unknown", "unspecified", "null", "nk", "tbc", "to be confirmed",
    }
)  # fmt: skip
_ORDER: tuple[Urgency, ...] = ("immediate", "urgent", "routine")
_LONGEST = 60


def urgency_in(answer: str) -> Urgency | None:
    """What an answer says; `not-stated` where it only stands for one, None where it is not
    understood."""
    plain = re.findall(r"[^\W_]+", answer[: _LONGEST + 1].casefold())
    if len(answer) > _LONGEST:
        return None
    if (whole := " ".join(plain)) in _UNTOLD:
        return "not-stated"
    return _UNDERSTOOD.get(whole) or _UNDERSTOOD.get(
        " ".join(word for word in plain if word not in _BESIDE)
    )


def most_urgent(found: Iterable[Urgency | None]) -> Urgency:
    """The most urgent of them; `not-stated` where there is none."""
    told = {*found}
    return next((each for each in _ORDER if each in told), "not-stated")


def told_unknown(what: str, answer: str, problems: Problems) -> None:
    """An urgency is told, and not understood. `what`: how a person finds the field."""
    problems.say(f"{what} is told in a way that is not clear to us: it is shown with the concern.")
    problems.keep(f"{what}: {answer[:200]}")


def in_our_words(value: dict[str, Any], field: str, words: dict[Urgency, str]) -> dict[str, Any]:
    """The values with one of our own `words` in this field, where its answer is understood."""
    told = value.get(field)
    if not isinstance(told, str) or told.strip().casefold() in words.values():
        return value
    urgency = urgency_in(told)
    return {**value, field: words[urgency]} if urgency in words else value


def graded(value: dict[str, Any]) -> dict[str, Any]:
    """The values with the grade of an incident in our own words: a number, with or without words
    that say it again, or words; of a number and words that differ the more urgent holds."""
    told = value.get("grade")
    numbered = _NUMBERED.fullmatch(str(told).strip()[: _LONGEST + 1])
    if numbered is None:
        return in_our_words(value, "grade", GRADES)
    words = urgency_in(numbered[2])
    if words is None:
        return value
    return {**value, "grade": GRADES[most_urgent([_NUMBERS[numbered[1]], words])]}
