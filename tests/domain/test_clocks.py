"""Does a clock cite what it came from, and stand as a manager would expect at any instant?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.calendar import LONDON, holidays_known
from domain.clocks import State, clock
from domain.policy import POLICIES


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_a_clock_cites_the_policy_and_the_holidays_it_was_counted_with() -> None:
    decide = clock("R1", at(2025, 6, 4))
    assert (decide.rule, decide.policy, decide.holidays, decide.due_on, decide.due_at) == (
        "R1",
        "2025-04.exampleshire.1",
        "2022-11-06",
        date(2025, 6, 5),
        None,
    )


def test_a_clock_may_be_counted_under_another_policy() -> None:
    started = at(2025, 6, 4)
    assert clock("R6", started).due_on == date(2025, 6, 18)
    assert clock("R6", started, policy=POLICIES[0]).due_on == date(2025, 6, 25)


def test_a_clock_counts_with_the_holidays_of_its_day_or_with_those_known_since() -> None:
    started = at(2022, 9, 5)
    since = clock("R11", started, holidays=holidays_known(date(2022, 9, 10)))
    assert clock("R11", started).due_on == date(2022, 9, 26)
    assert since.due_on == date(2022, 9, 27)


def test_a_clock_in_hours_runs_out_at_an_instant() -> None:
    protection = clock("R20", at(2025, 6, 6))
    assert protection.due_on is None
    assert protection.due_at == at(2025, 6, 9)
    assert not protection.late(at(2025, 6, 9))
    assert protection.late(at(2025, 6, 9) + timedelta(seconds=1))


def test_the_last_day_lasts_until_midnight_in_england() -> None:
    decide = clock("R1", at(2025, 6, 4))
    assert not decide.late(datetime(2025, 6, 5, 23, 59, 59, tzinfo=LONDON))
    assert decide.late(datetime(2025, 6, 6, 0, 0, tzinfo=LONDON))


@pytest.mark.parametrize(
    ("as_at", "met_at", "stopped_at", "expected"),
    [
        (at(2025, 6, 4, 13), None, None, "running"),
        (at(2025, 6, 5), None, None, "running"),
        (at(2025, 6, 6), None, None, "overdue"),
        (at(2025, 6, 9), at(2025, 6, 5), None, "met"),
        (at(2025, 6, 9), at(2025, 6, 6), None, "met-late"),
        (at(2025, 6, 9), None, at(2025, 6, 6), "stopped"),
        (at(2025, 6, 5), at(2025, 6, 6), None, "running"),
        (at(2025, 6, 6), at(2025, 6, 9), at(2025, 6, 9), "overdue"),
    ],
)
def test_a_clock_stands_as_far_as_was_known_at_the_instant(
    as_at: datetime, met_at: datetime | None, stopped_at: datetime | None, expected: State
) -> None:
    assert clock("R1", at(2025, 6, 4)).state(as_at, met_at, stopped_at) == expected


def test_a_rule_without_a_limit_has_no_clock() -> None:
    with pytest.raises(KeyError, match="R9"):
        clock("R9", at(2025, 6, 4))
