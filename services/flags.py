"""Which team's practice slips? Several signs together, for weeks, by the policy in force."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import cast

from msgspec import Struct

from domain.calendar import local_day
from domain.policy import Policy, Signal, in_force
from projections import oversight
from projections.base import Query

WEEKS = 26
"""How far back a flag's beginning is looked for; one that is older shows the first of these."""


class SignalUp(Struct, frozen=True, kw_only=True):
    """A sign that holds now: since which day, and the cases it counts by id."""

    signal: str
    title: str
    since: date
    cases: tuple[str, ...]


class Flag(Struct, frozen=True, kw_only=True):
    """A team whose signs hold together; `opened_on`: the week's end from which on they do."""

    team: str
    opened_on: date
    signals: tuple[SignalUp, ...]
    policy: str


def raised(query: Query, as_at: datetime, team: str | None = None) -> Iterator[Flag]:
    """The flags that are up at an instant, by team."""
    policy = in_force(local_day(as_at))
    last = local_day(as_at)
    for each in oversight.teams(query):
        if team in (None, each):
            yield from _of(query, each, policy, last, as_at)


def _of(query: Query, team: str, policy: Policy, last: date, as_at: datetime) -> Iterator[Flag]:
    first, now = oversight.week_of(last - timedelta(weeks=WEEKS - 1)), oversight.week_of(last)
    held: dict[str, list[bool]] = {}
    cases: dict[str, tuple[str, ...]] = {}
    weeks: list[str] = []
    for name, signal in policy.flags.signals.items():
        measure = cast(oversight.Measure, signal.measure)  # a test holds them together
        series = oversight.weeks(query, team, measure, first, now, as_at=as_at)
        weeks = [number.week for number in series]
        held[name] = [holds(signal, number) for number in series]
        cases[name] = series[-1].cases if series else ()
    up = [name for name, weekly in held.items() if weekly and weekly[-1]]
    together = [
        sum(weekly[place] for weekly in held.values()) >= policy.flags.together
        for place in range(len(weeks))
    ]
    lasted = _run_at_end(together)
    if lasted < policy.flags.weeks:
        return
    yield Flag(
        team=team,
        opened_on=end_of(weeks[len(weeks) - lasted + policy.flags.weeks - 1]),
        signals=tuple(
            SignalUp(
                signal=name,
                title=policy.flags.signals[name].title,
                since=end_of(weeks[len(weeks) - _run_at_end(held[name])]),
                cases=cases[name],
            )
            for name in up
        ),
        policy=policy.id,
    )


def holds(signal: Signal, number: oversight.Number) -> bool:
    """Whether a week's number is a sign; where there is nothing to count, it is none."""
    if number.value is None:
        return False
    if not signal.share:
        return number.value >= signal.at_least
    return bool(number.of) and 100 * number.value / (number.of or 1) >= signal.at_least


def _run_at_end(held: list[bool]) -> int:
    """How many at the end hold without a break."""
    count = 0
    for each in reversed(held):
        if not each:
            break
        count += 1
    return count


def end_of(week: str) -> date:
    """The Sunday of `2026-W47`."""
    return date.fromisoformat(f"{week}-7")
