"""Which limits and office hours were in force on a day, who might decide, and when is it due?

A policy version is one dated TOML file in `policies/`, complete in itself: a due date cites the
version it came from, and a replay may be run under another.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, assert_never

from msgspec import Meta, Struct

from domain.calendar import (
    HolidayList,
    OfficeHours,
    first_working_day,
    local_day,
    months_after,
    working_days_after,
)
from domain.data_files import BadDataFile, data_files, parse, shaped

Unit = Literal["working days", "calendar days", "elapsed hours", "weeks", "months"]


class Limit(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a rule allows, counted from what, and who says so.

    `rule` is an id such as `R5`, or `R17-then` where a rule has several limits. `local`: a standard
    of this authority, not of statute or guidance. `checked`: compared with the source's own text; a
    limit that was not is never shown as law. `starts_in_office_hours`: what comes in out of hours
    starts counting on the next working day. `counts_first_day`: the day it starts is day 1.
    """

    rule: str
    amount: Annotated[int, Meta(ge=0)]
    unit: Unit
    counts_from: str
    source: str
    local: bool = False
    checked: bool = True
    starts_in_office_hours: bool = False
    counts_first_day: bool = False

    def __post_init__(self) -> None:
        if self.counts_first_day and (self.unit != "calendar days" or not self.amount):
            raise ValueError("only calendar days, at least one, can count their first day")


class Caseload(Struct, frozen=True, forbid_unknown_fields=True):
    """The mean number of cases of a full-time worker that a team's own is set beside."""

    mean: float
    year: int
    source: str
    checked: bool = True


class Signal(Struct, frozen=True, forbid_unknown_fields=True):
    """A sign that a team's practice slips: `measure` (of `projections.oversight`) reaches
    `at_least`; with `share`, its value as a percentage of what it is counted out of."""

    measure: str
    at_least: float
    title: str
    share: bool = False


class Flags(Struct, frozen=True, forbid_unknown_fields=True):
    """A flag goes up when so many `signals` hold together in so many `weeks` one after another."""

    together: int
    weeks: int
    signals: dict[str, Signal]


class Points(Struct, frozen=True, forbid_unknown_fields=True):
    """What a detail says of two records, where both have it: bits for (or against) one child."""

    same: float
    near: float
    differs: float


class MatchingPoints(Struct, frozen=True, forbid_unknown_fields=True):
    """The points of each detail."""

    nhs_number: Points
    sender_number: Points
    birth_date: Points
    first_name: Points
    surname: Points
    postcode: Points
    sex: Points


class Matching(Struct, frozen=True, forbid_unknown_fields=True):
    """How alike two records must be before a person is asked whether they are one child's.

    `match`, `potential`, `low`: scores from 0 to 1 from which an outcome holds. A score is a
    probability: `start`, the bits before anything is compared (one pair among many), plus the
    points of each detail. Names resemble each other from a Jaro-Winkler similarity of `resembles`.
    `unproven_at_most`: the score of two records of which not both first name and birth date are the
    same, without an NHS number in common; `contradicted_at_most`: of two that contradict in one of
    these. A key that more than `largest_block` records share finds none of them.
    """

    match: float
    potential: float
    low: float
    start: float
    resembles: float
    unproven_at_most: float
    contradicted_at_most: float
    largest_block: int
    points: MatchingPoints
    outcomes_source: str
    points_source: str
    local: bool = True
    checked: bool = False


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """What an authority holds itself to from `in_force_from` on.

    `deciders` and `authorisers` are the roles that may decide a referral's next step and authorise
    that decision; it needs authorising if `authorise_decisions`.
    """

    id: str
    title: str
    in_force_from: date
    authorise_decisions: bool
    deciders: tuple[str, ...]
    authorisers: tuple[str, ...]
    office_hours: OfficeHours
    caseload: Caseload
    flags: Flags
    matching: Matching
    limits: dict[str, Limit]


def read_policy(name: str, text: str) -> Policy:
    """The policy version in a TOML text; `name` is its file's, without the suffix, and its id.

    Raises `BadDataFile` with the file and the field.
    """
    given = parse(name, text)
    tables = shaped(f"{name}: limits", given.get("limits", {}), dict[str, dict[str, Any]])
    # One by one, so that an error names the rule: msgspec calls every key of a table `[...]`.
    limits = {
        rule: shaped(f"{name}: limits.{rule}", table | {"rule": rule}, Limit)
        for rule, table in tables.items()
    }
    policy = shaped(name, given | {"limits": limits}, Policy)
    if policy.id != name:
        raise BadDataFile(f"{name}: id: is {policy.id!r}, not the file's name")
    return policy


def read_policies(texts: Mapping[str, str]) -> tuple[Policy, ...]:
    """The policy versions (name to TOML text), oldest first. Raises `BadDataFile`."""
    policies = sorted((read_policy(*item) for item in texts.items()), key=lambda p: p.in_force_from)
    for older, newer in pairwise(policies):
        if older.in_force_from == newer.in_force_from:
            raise BadDataFile(f"{newer.id}: in_force_from: the same day as {older.id}")
        if missing := older.limits.keys() - newer.limits.keys():
            raise BadDataFile(f"{newer.id}: limits.{min(missing)}: missing, {older.id} has it")
    return tuple(policies)


POLICIES = read_policies(data_files("policies"))


def in_force(on: date) -> Policy:
    """The policy in force on that day; the oldest on file for a day before it."""
    return next((p for p in reversed(POLICIES) if p.in_force_from <= on), POLICIES[0])


def due(
    limit: Limit, start: datetime, holidays: HolidayList, hours: OfficeHours
) -> date | datetime:
    """The last day, or for elapsed hours the last instant (in UTC), that is still within the limit.

    Beware that a `datetime` is a `date` too: ask `isinstance(…, datetime)`. Raises `ValueError` for
    a start without an offset.
    """
    if limit.starts_in_office_hours:
        day = first_working_day(start, holidays, hours)
    else:
        day = local_day(start)
    match limit.unit:
        case "working days":
            return working_days_after(day, limit.amount, holidays)
        case "calendar days":
            return day + timedelta(days=limit.amount - limit.counts_first_day)
        case "weeks":
            return day + timedelta(weeks=limit.amount)
        case "months":
            return months_after(day, limit.amount)
        case "elapsed hours":
            # In UTC: adding hours to a local time would lose or gain one when the clocks change.
            return start.astimezone(UTC) + timedelta(hours=limit.amount)
        case _:
            assert_never(limit.unit)
