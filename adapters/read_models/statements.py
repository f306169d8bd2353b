"""How is one SQL text, its parameters named, said to each database?"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

Values = Mapping[str, Any]
"""What stands for each `:name` of a statement."""

Bound = tuple[str, Sequence[Any]]
"""A statement whose parameters are numbered (`?1`), and their values in that order."""

PARAMETER = re.compile(r"('(?:[^']|'')*'|::)|:([a-z_][a-z0-9_]*)", re.IGNORECASE)
NUMBERED = re.compile(r"('(?:[^']|'')*')|\?([0-9]+)")

REMEMBERED = 2000


def bound(sql: str, values: Values) -> Bound:
    """A statement with `:name` parameters, as a session writes it.

    Numbers are quicker than names: the driver looks none of them up. Raises `KeyError` for a value
    that is not given.
    """
    numbered, pick = _numbered(sql)
    return numbered, pick(values)


@lru_cache(maxsize=REMEMBERED)
def _numbered(sql: str) -> tuple[str, Callable[[Values], Sequence[Any]]]:
    numbers: dict[str, int] = {}

    def replaced(found: re.Match[str]) -> str:
        if not found[2]:
            return found[1]
        return f"?{numbers.setdefault(found[2], len(numbers) + 1)}"

    numbered, names = PARAMETER.sub(replaced, sql), tuple(numbers)
    if len(names) > 1:
        return numbered, itemgetter(*names)
    return numbered, lambda values: tuple(values[name] for name in names)


@lru_cache(maxsize=REMEMBERED)
def by_dollar(sql: str) -> str:
    """A statement with numbered parameters as PostgreSQL writes them: `$1`."""
    return NUMBERED.sub(lambda found: found[1] or f"${found[2]}", sql)


@lru_cache(maxsize=REMEMBERED)
def by_percent(sql: str) -> str:
    """A statement with `:name` parameters as psycopg wants them: `%(name)s`."""
    return PARAMETER.sub(lambda found: found[1] or f"%({found[2]})s", sql.replace("%", "%%"))
