"""Which of the numbers that a message gives for somebody is their NHS number now?"""

import re
from datetime import date
from typing import NamedTuple

from adapters.particulars import checked_nhs_number
from adapters.reading import Problems
from domain.described import Identifier

SUPERSEDED = "nhs (superseded)"
"""The system of an NHS number that a child had before."""

_DAY_OR_LESS = re.compile(r"\d{4}(?:-\d\d)?(?:-\d\d)?", re.ASCII)


def is_past(last_day: str, on: date) -> bool:
    """Whether a day (`2025-03-31`; or `2025-03`, `2025`: its last one) lies before another."""
    told = last_day[:10]
    return _DAY_OR_LESS.fullmatch(told) is not None and told < on.isoformat()[: len(told)]


def is_to_come(first_day: str, on: date) -> bool:
    """Whether a day (or the first one of a month or year) lies after another."""
    told = first_day[:10]
    return _DAY_OR_LESS.fullmatch(told) is not None and told > on.isoformat()[: len(told)]


class _Given(NamedTuple):
    """`rank`: what the sender says of it puts those of lower ranks before it."""

    rank: int
    verified: bool


class GivenNumbers:
    """The numbers given for one person, as they are read one by one. `whose`: for sentences."""

    def __init__(self, whose: str, problems: Problems) -> None:
        self._whose = whose
        self._problems = problems
        self._current: dict[str, _Given] = {}
        self._to_come: dict[str, Identifier] = {}
        self._before: dict[str, Identifier] = {}
        self._others: dict[str, Identifier] = {}

    def other(self, system: str, value: str) -> None:
        """A number that is no NHS number."""
        self._others.setdefault(value, Identifier(system=system, value=value))

    def nhs(
        self,
        value: str,
        *,
        verified: bool = False,
        before: bool = False,
        to_come: bool = False,
        rank: int = 0,
    ) -> None:
        """An NHS number; one that fails its check digit is told and kept among the others.

        `before`: it is said to be superseded. `to_come`: its time has not begun. `rank`: of several
        the one of the lowest is theirs.
        """
        checked, failed = checked_nhs_number(value, self._problems, self._whose)
        for each in failed:
            self._others.setdefault(each.value, each)
        if checked and before:
            self._before.setdefault(checked, Identifier(system=SUPERSEDED, value=checked))
        elif checked and to_come:
            self._to_come.setdefault(checked, Identifier(system="nhs", value=checked))
        elif checked:
            had = self._current.get(checked, _Given(rank, verified))
            self._current[checked] = _Given(min(rank, had.rank), verified or had.verified)

    def read(self) -> tuple[str | None, bool, tuple[Identifier, ...]]:
        """The NHS number that is theirs now, whether it is verified, and all other numbers.

        Of several the first of the lowest rank, a verified one before others. What a person should
        know is told.
        """
        current = self._current
        if not current and (self._before or self._to_come):
            told = "not theirs yet" if self._to_come else "no longer theirs"
            self._problems.say(f"{self._whose}: only an NHS number that is {told} is given.")
        if len({*current, *self._to_come}) > 1:
            self._problems.say(f"{self._whose}: two NHS numbers are given.")
        number = min(
            current, key=lambda n: (current[n].rank, not current[n].verified), default=None
        )
        told_too = {n: Identifier(system="nhs", value=n) for n in current if n != number}
        to_come = {value: one for value, one in self._to_come.items() if value not in current}
        old = {value: one for value, one in self._before.items() if value not in current}
        others = {**self._others, **told_too, **to_come, **old}
        return number, bool(number and current[number].verified), tuple(others.values())
