"""Which of the numbers that a message gives for somebody is their NHS number now?"""

import re
from datetime import date

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


class GivenNumbers:
    """The numbers given for one person, as they are read one by one. `whose`: for sentences."""

    def __init__(self, whose: str, problems: Problems) -> None:
        self._whose = whose
        self._problems = problems
        self._current: dict[str, bool] = {}
        self._before: dict[str, Identifier] = {}
        self._others: dict[str, Identifier] = {}

    def other(self, system: str, value: str) -> None:
        """A number that is no NHS number."""
        self._others.setdefault(value, Identifier(system=system, value=value))

    def nhs(self, value: str, *, verified: bool = False, before: bool = False) -> None:
        """An NHS number; one that fails its check digit is told and kept among the others.

        `before`: it is said to be superseded.
        """
        checked, failed = checked_nhs_number(value, self._problems, self._whose)
        for each in failed:
            self._others.setdefault(each.value, each)
        if checked and before:
            self._before.setdefault(checked, Identifier(system=SUPERSEDED, value=checked))
        elif checked:
            self._current[checked] = self._current.get(checked, False) or verified

    def read(self) -> tuple[str | None, bool, tuple[Identifier, ...]]:
        """The NHS number that is theirs now, whether it is verified, and all other numbers.

        Of several the first verified one, else the first. What a person should know is told.
        """
        current = self._current
        if self._before and not current:
            told = "only an NHS number that is no longer theirs is given."
            self._problems.say(f"{self._whose}: {told}")
        if len(current) > 1:
            self._problems.say(f"{self._whose}: two NHS numbers are given.")
        number = next((each for each in current if current[each]), next(iter(current), None))
        told_too = {n: Identifier(system="nhs", value=n) for n in current if n != number}
        old = {value: one for value, one in self._before.items() if value not in current}
        others = {**self._others, **told_too, **old}
        return number, bool(number and current[number]), tuple(others.values())
