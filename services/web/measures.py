"""How is each measure of a team worded, drawn and judged, and how are small numbers kept back?"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from projections import oversight
from projections.base import Query
from projections.oversight import Measure, Number
from services.web import charts
from services.web.charts import Chart, run_chart, week_bars
from services.web.templating import govweek, number, plural

WEEKS = 52
"""How far back a chart goes."""

BARS = 26
"""How far back a row of bars goes."""

FEWEST = 5
"""Below it a count of children is kept back: told as "1 to 4" and not drawn, as a family might be
known by it."""

SPAN = 4
"""Weeks taken together in a share: in one week there are too few referrals to tell a trend."""


class Told(Struct, frozen=True):
    """`title`: on its chart and in its table. `unit`: of the figure that is drawn. `share`: what is
    drawn is a percentage of what it is counted out of, over `SPAN` weeks. `people`: it is about
    those who work here, and so no family could be known by it."""

    title: str
    unit: str
    better: Literal["higher", "lower"]
    share: bool = False
    people: bool = False


PEOPLE: tuple[Measure, ...] = ("worker-turnover", "manager-turnover", "caseload-per-worker")
WORK: tuple[Measure, ...] = (
    "risks-unanswered",
    "oldest-risk-days",
    "unallocated-children",
    "children-not-seen",
    "assessments-past-limit",
    "decided-in-time",
    "acknowledged-in-time",
    "decided-without-authorisation",
    "re-referrals",
)
MORE: tuple[Measure, ...] = (
    "days-without-manager",
    "decided-late",
    "acknowledged-late",
    "longest-unallocated-days",
    "assessments-authorised-late",
)
TOLD: dict[Measure, Told] = {
    "worker-turnover": Told("Turnover of workers in 12 months", "percent", "lower", people=True),
    "manager-turnover": Told("Turnover of managers in 12 months", "percent", "lower", people=True),
    "days-without-manager": Told(
        "Days of the week without a manager", "days", "lower", people=True
    ),
    "caseload-per-worker": Told("Cases for each full-time worker", "cases", "lower", people=True),
    "risks-unanswered": Told("Risks that nobody has answered", "risks", "lower"),
    "oldest-risk-days": Told("Age of the oldest unanswered risk", "days", "lower"),
    "unallocated-children": Told("Children without a social worker", "cases", "lower"),
    "longest-unallocated-days": Told("Longest wait for a social worker", "days", "lower"),
    "children-not-seen": Told("Children not seen by the review point", "cases", "lower"),
    "assessments-past-limit": Told("Assessments past 45 working days", "assessments", "lower"),
    "assessments-authorised-late": Told("Assessments authorised late", "%", "lower", share=True),
    "decided-in-time": Told("Decided within a working day", "%", "higher", share=True),
    "decided-late": Told("Not decided within a working day", "%", "lower", share=True),
    "acknowledged-in-time": Told("Acknowledged within a working day", "%", "higher", share=True),
    "acknowledged-late": Told("Not acknowledged within a working day", "%", "lower", share=True),
    "decided-without-authorisation": Told(
        "Decisions that no manager has authorised", "%", "lower", share=True
    ),
    "re-referrals": Told("Referred again within 12 months", "%", "lower", share=True),
}

LEAVERS: dict[Measure, str] = {"worker-turnover": "worker", "manager-turnover": "manager"}
"""The turnovers, and who leaves. In a small team the percentage alone reads as an error: seven
managers who left one post in a year are 700%. So the number of them stands before it."""

NAMED = re.compile(r"[0-9]{4}-W[0-9]{2}").fullmatch
EARLIEST = "2000-W01"
"""No week before it can be asked for; no authority here has records of it."""

Series = dict[Measure, list[Number]]


def series(
    query: Query, team: str, week: str, *, weeks: int = WEEKS, as_at: datetime | None = None
) -> Series:
    """Every measure of a team over so many weeks up to one, after the few that its first share
    needs; those that begin after `as_at` are left out."""
    first = weeks_before(week, weeks + SPAN - 2)
    return by_measure(oversight.series(query, team, first, week, as_at=as_at))


def by_measure(numbers: Iterable[Number]) -> Series:
    found: Series = {}
    for each in numbers:
        found.setdefault(each.measure, []).append(each)
    return found


def monday_of(week: str) -> date:
    """The first day of an ISO week such as `2026-W47`. Raises `ValueError` for what is none."""
    if not NAMED(week) or week < EARLIEST:
        raise ValueError("A week is told as 2026-W47.")
    return date.fromisoformat(f"{week}-1")


def weeks_before(week: str, count: int) -> str:
    """The week so many before (or, negative, after) another."""
    return oversight.week_of(monday_of(week) - timedelta(days=7 * count))


# ── Figures ───────────────────────────────────────────────────────────────────────────────────────


def drawn(measure: Measure, numbers: Sequence[Number], *, kept_back: bool) -> list[float | None]:
    """What is drawn of each week of a series; None where nothing was there to measure."""
    if not TOLD[measure].share:
        values = [each.value for each in numbers]
        if kept_back and counts_children(measure):
            values = [None if v is not None and 0 < v < FEWEST else v for v in values]
        return values[SPAN - 1 :]
    shares: list[float | None] = []
    for last in range(len(numbers)):
        span = numbers[max(0, last - SPAN + 1) : last + 1]
        out_of = sum(each.of or 0 for each in span)
        value = sum(each.value or 0 for each in span)
        share = 100 * value / out_of if out_of else None
        shares.append(_rounded(share, out_of) if kept_back else share and round(share, 1))
    return shares[SPAN - 1 :]


def _rounded(share: float | None, out_of: float) -> float | None:
    """A share from which the few behind it cannot be worked out; None out of fewer than five."""
    return None if share is None or out_of < FEWEST else 5.0 * round(share / 5)


def counts_children(measure: Measure) -> bool:
    """Whether its value is a number of children, or of what is known of children."""
    told = TOLD[measure]
    return not (told.people or told.share or told.unit == "days")


def figure(measure: Measure, numbers: Sequence[Number], *, kept_back: bool) -> str:
    """The last of these numbers in words: 2 of 3, 43, 1 to 4, 95%."""
    if not numbers or (last := numbers[-1]).value is None:
        return "none"
    told = TOLD[measure]
    if told.share:
        if kept_back:
            share = drawn(measure, numbers, kept_back=True)[-1]
            return "too few" if share is None else f"about {number(share)}%"
        return f"{number(last.value)} of {number(last.of)}" if last.of else "none"
    if kept_back and counts_children(measure) and 0 < last.value < FEWEST:
        return f"1 to {FEWEST - 1}"
    if measure in LEAVERS:
        return f"{number(len(last.cases))} left ({number(round(last.value))}%)"
    if told.unit == "days":
        return plural(int(last.value), "day")
    return number(last.value)


def beside(measure: Measure, numbers: Sequence[Number], *, kept_back: bool) -> str:
    """The same, to stand beside other teams': a share over `SPAN` weeks as a percentage."""
    if not TOLD[measure].share or kept_back:
        return figure(measure, numbers, kept_back=kept_back)
    share = drawn(measure, numbers, kept_back=False)[-1:] or [None]
    return "none" if share[0] is None else f"{number(round(share[0]))}%"


def chart(
    measure: Measure, numbers: Sequence[Number], *, top: float, kept_back: bool = False
) -> Chart:
    """A series of a team, on a scale that ends at `top`."""
    told = TOLD[measure]
    values = drawn(measure, numbers, kept_back=kept_back)
    shown = numbers[SPAN - 1 :]
    name = f"{told.title}, four weeks together" if told.share else told.title
    made = run_chart(
        charts.Measure(name, told.unit, told.better),
        [charts.Week(each.week, value) for each, value in zip(shown, values, strict=True)],
        f"{measure}-{shown[-1].team}" if shown else measure,
        top=top,
    )
    if measure in LEAVERS and shown and shown[-1].value is not None:
        rows = tuple(
            (row[0], figure(measure, (each,), kept_back=False))
            for row, each in zip(made.rows, shown, strict=True)
        )
        return replace(made, rows=rows, finding=_left(measure, shown[-1], made.finding))
    if not kept_back or not shown:
        return made
    rows = tuple(
        (row[0], figure(measure, numbers[: place + SPAN], kept_back=True))
        for place, row in enumerate(made.rows)
    )
    finding = (
        f"{name}: {rows[-1][1]} in the {govweek(shown[-1].week)}. Small numbers are kept back."
    )
    return replace(made, rows=rows, finding=finding)


def _left(measure: Measure, last: Number, finding: str) -> str:
    """How many left, out of how many, before how that stands beside the past."""
    _, _, past = finding.partition(". ")
    left = plural(len(last.cases), LEAVERS[measure])
    share = f"{number(round(last.value or 0))}% of the {number(last.of or 0)} in post on average"
    return f"{left} left in the 12 months to the {govweek(last.week)}, {share}. {past}"


def bars(
    measure: Measure, numbers: Sequence[Number], top: float, *, kept_back: bool, late: bool
) -> Markup:
    """The last weeks of a series as a row of bars, for a cell of a table."""
    values = drawn(measure, numbers, kept_back=kept_back)[-BARS:]
    title = f"{TOLD[measure].title}, last {len(values)} weeks"
    title += ", small numbers not drawn" if kept_back else ""
    ident = f"bars-{measure}-{numbers[-1].team}" if numbers else f"bars-{measure}"
    return week_bars(values, top, ident, title, late=late)


def highest(measure: Measure, all_series: Iterable[Series]) -> float:
    """The end of a scale on which every team can be drawn; 100 for a share."""
    if TOLD[measure].share:
        return 100.0
    values = [
        value
        for one in all_series
        for value in drawn(measure, one.get(measure, ()), kept_back=False)
        if value is not None
    ]
    return _round_up(max(values, default=0))


def _round_up(value: float) -> float:
    """A round number whose half is round too, at least 2."""
    size = 1
    while value > 10 * size:
        size *= 10
    return next(float(step * size) for step in (2, 4, 6, 8, 10) if value <= step * size)


# ── Which team stands out ─────────────────────────────────────────────────────────────────────────


def worst(measure: Measure, found: dict[str, Series]) -> str | None:
    """The team that is clearly worse than each of the others now: by half as much again at least,
    and (of what is counted) by more than a chance few. None if no team is."""
    told, last = TOLD[measure], {}
    for team, one in found.items():
        values = drawn(measure, one.get(measure, ()), kept_back=False)
        if values and values[-1] is not None:
            last[team] = values[-1]
    if len(last) < 2:
        return None
    ordered = sorted(last, key=lambda team: last[team], reverse=told.better == "lower")
    first, second = last[ordered[0]], last[ordered[1]]
    if told.better == "higher":
        first, second = 100 - first, 100 - second
    apart = first >= 1.5 * second and first - second >= LEAST_APART.get(told.unit, 3)
    return ordered[0] if apart else None


LEAST_APART = {"%": 15, "percent": 20}
"""By how much a team must be worse than the next, in the measure's own unit; else 3."""


def finding(
    measure: Measure, found: dict[str, Series], names: dict[str, str], kept_back: frozenset[str]
) -> str:
    """A sentence on how the teams stand beside each other in the last week."""
    told = TOLD[measure]
    figures = [
        f"{names[team]} {beside(measure, one.get(measure, ()), kept_back=team in kept_back)}"
        for team, one in found.items()
    ]
    out = worst(measure, found)
    stands = f"{names[out]} stands out. " if out else "No team stands out. "
    return f"{told.title}. {stands}{', '.join(figures)}."
