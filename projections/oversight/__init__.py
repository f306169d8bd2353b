"""
How does each team do its work, week by week, with the cases behind every number?

    team_week(query, team, week, *, as_at=None) -> list[Number]       every measure, in their order
    weeks(query, team, measure, first, last, *, as_at=None) -> list[Number]     a series of one
    series(query, team, first, last, *, as_at=None) -> list[Number]     a series of every measure
    compare(query, week, *, as_at=None, measure=None) -> list[Number]           team by team
    teams(query) -> list[str]                       those whose work is measured, by id
    week_of(day) -> str                             `2026-W47`, Monday to Sunday in England
    MEASURES                                        what each measure counts, in a person's words

A number says what was so at the end of its week, or at `as_at` if that is earlier; what had not
happened or was not recorded by `as_at` is left out. Weeks that begin after `as_at` have no numbers.
Turnover and vacancies stand beside the work, because the one explains the other.

What is stored are intervals: who held a case and whether it had a worker, who was in which post,
how long a clock ran. What they add up to is worked out by the reader, so no row depends on a clock.
"""

from datetime import datetime, timedelta

from projections.base import Projection, Query
from projections.oversight.intervals import PARTS, SCHEMA, project
from projections.oversight.measures import (
    COUNT,
    MEASURES,
    Measure,
    Number,
    Team,
    Week,
    monday_of,
    week_of,
)

__all__ = [
    "MEASURES",
    "Measure",
    "Number",
    "compare",
    "oversight",
    "series",
    "team_week",
    "teams",
    "week_of",
    "weeks",
]


def team_week(query: Query, team: str, week: str, *, as_at: datetime | None = None) -> list[Number]:
    """Every measure of a team in a week. Raises `ValueError` for what is no week."""
    return _numbers(query, team, [week], list(MEASURES), as_at)


def weeks(
    query: Query,
    team: str,
    measure: Measure,
    first: str,
    last: str,
    *,
    as_at: datetime | None = None,
) -> list[Number]:
    """One measure of a team in every week from `first` to `last`, both included.

    Raises `ValueError` for what is no week.
    """
    return _numbers(query, team, _through(first, last), [measure], as_at)


def series(
    query: Query, team: str, first: str, last: str, *, as_at: datetime | None = None
) -> list[Number]:
    """Every measure of a team in every week from `first` to `last`, week by week.

    Raises `ValueError` for what is no week.
    """
    return _numbers(query, team, _through(first, last), list(MEASURES), as_at)


def compare(
    query: Query, week: str, *, as_at: datetime | None = None, measure: Measure | None = None
) -> list[Number]:
    """Every measure, or one, of every team in a week, team by team.

    Raises `ValueError` for what is no week.
    """
    measures = [measure] if measure else list(MEASURES)
    return [n for team in teams(query) for n in _numbers(query, team, [week], measures, as_at)]


def teams(query: Query) -> list[str]:
    """The teams whose work is measured, by id; not those who work for all teams."""
    found = query(
        "select team_id from oversight_teams where kind <> 'authority' order by team_id", {}
    )
    return [row["team_id"] for row in found]


def _through(first: str, last: str) -> list[str]:
    """The weeks from one to another, both included."""
    monday, end, names = monday_of(first), monday_of(last), []
    while monday <= end:
        names.append(week_of(monday))
        monday += timedelta(days=7)
    return names


def _numbers(
    query: Query, team: str, names: list[str], measures: list[Measure], as_at: datetime | None
) -> list[Number]:
    begun = [week for name in names if (week := Week.named(name, as_at))]
    if not begun:
        return []
    known_of = Team(query, team, begun, as_at)
    return [
        Number(team=team, week=week.name, measure=measure, value=value, of=of, cases=tuple(cases))
        for week in begun
        for measure in measures
        for value, of, cases in (COUNT[measure](known_of, week),)
    ]


oversight = Projection(
    name="oversight",
    version=4,
    tables={
        "oversight_teams": ("team_id",),
        "oversight_posts": ("position",),
        "oversight_referrals": ("referral_id",),
        "oversight_referred": ("child_id", "referral_id"),
        "oversight_turns": ("position",),
        "oversight_holdings": ("position",),
        "oversight_clocks": ("clock",),
        "oversight_assessments": ("assessment_id",),
        "oversight_seen": ("position",),
        "oversight_risks": ("risk_id",),
        "oversight_withdrawn": ("position",),
    },
    schema=SCHEMA,
    events=tuple(PARTS),
    project=project,
)
