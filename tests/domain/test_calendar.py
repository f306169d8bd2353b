"""Are working days, bank holidays and English days counted as the guidance counts them?"""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    HOLIDAYS,
    HolidayList,
    OfficeHours,
    first_working_day,
    holiday_lists,
    holidays_known,
    is_working_day,
    local_day,
    months_after,
    working_days_after,
    working_days_between,
)
from domain.data_files import BadDataFile

NOW_KNOWN = HOLIDAYS[-1]
HOURS = OfficeHours(time(9), time(17))
BEFORE_THE_FUNERAL = holidays_known(date(2022, 9, 9))
AFTER_THE_FUNERAL = holidays_known(date(2022, 9, 10))

days = st.dates(date(2005, 1, 1), date(2040, 12, 31))
lists = st.sampled_from(HOLIDAYS)

# ── Holiday lists ─────────────────────────────────────────────────────────────────────────────────


def test_our_bank_holidays_are_those_of_the_government_in_every_year_it_lists() -> None:
    outside = BankHolidays(use_cached_holidays=True)
    events = outside.get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    theirs = {event["date"] for event in events}
    years = {day.year for day in theirs}
    assert len(years) >= 17
    assert {day for day in NOW_KNOWN.days if day.year in years} == theirs
    assert all(NOW_KNOWN.covers(day) for day in theirs)


@pytest.mark.parametrize(
    ("holiday", "announced"),
    [
        (date(2012, 6, 5), date(2010, 1, 5)),
        (date(2020, 5, 8), date(2019, 6, 7)),
        (date(2022, 6, 2), date(2020, 11, 12)),
        (date(2022, 6, 3), date(2020, 11, 12)),
        (date(2022, 9, 19), date(2022, 9, 10)),
        (date(2023, 5, 8), date(2022, 11, 6)),
    ],
)
def test_a_one_off_holiday_is_known_from_its_announcement_on(
    holiday: date, announced: date
) -> None:
    assert holiday in holidays_known(announced).days
    if announced > HOLIDAYS[0].known_from:
        assert holiday not in holidays_known(announced - timedelta(days=1)).days


def test_a_moved_holiday_is_a_working_day_once_the_move_is_known() -> None:
    first_monday_in_may = date(2020, 5, 4)
    assert not is_working_day(first_monday_in_may, holidays_known(date(2019, 6, 6)))
    assert is_working_day(first_monday_in_may, holidays_known(date(2019, 6, 7)))
    assert is_working_day(date(2022, 5, 30), NOW_KNOWN)


def test_before_any_list_was_known_the_oldest_is_used() -> None:
    assert holidays_known(date(1999, 1, 1)) is HOLIDAYS[0]


def test_a_list_says_for_which_years_it_speaks() -> None:
    assert NOW_KNOWN.covers(date(2012, 1, 1))
    assert NOW_KNOWN.covers(date(2030, 12, 31))
    assert not NOW_KNOWN.covers(date(2011, 12, 31))
    assert not NOW_KNOWN.covers(date(2031, 1, 1))
    assert not HolidayList("none", date(2020, 1, 1), ()).covers(date(2020, 1, 1))


def test_a_list_with_a_weekend_or_a_day_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="2022-12-25 is at a weekend"):
        HolidayList("bad", date(2020, 1, 1), (date(2022, 12, 25),))
    with pytest.raises(ValueError, match="2022-12-26 is out of order or listed twice"):
        HolidayList("bad", date(2020, 1, 1), (date(2022, 12, 26), date(2022, 12, 26)))


ORDINARY = 'known_from = 2020-01-01\nsource = "law"\nadded = [2022-12-26]\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("known_from = ", "2021: not TOML"),
        ('source = "law"', r"2021: .*known_from"),
        ('known_from = 2021-01-01\nsource = "x"\nadd = []', r"2021: .*add"),
        ('known_from = 2021-01-01\nsource = "x"\nadded = [2022-12-26]', "2021: added: .*already"),
        ('known_from = 2021-01-01\nsource = "x"\nremoved = [2022-12-27]', "2021: removed: .*not"),
        ('known_from = 2021-01-01\nsource = "x"\nadded = [2022-12-25]', "2021: added: .*weekend"),
        ('known_from = 2021-01-01\nsource = "x"\nadded = ["soon"]', r"2021: .*added\[0\]"),
    ],
)
def test_a_holiday_file_that_is_wrong_is_named_with_its_field(text: str, complaint: str) -> None:
    with pytest.raises(BadDataFile, match=complaint):
        holiday_lists({"2020": ORDINARY, "2021": text})


# ── Counting ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2025, 6, 4), 15, date(2025, 6, 25)),  # a strategy discussion to its conference
        (date(2025, 6, 6), 1, date(2025, 6, 9)),  # Friday to Monday
        (date(2025, 6, 7), 1, date(2025, 6, 9)),  # Saturday to Monday
        (date(2025, 4, 17), 1, date(2025, 4, 22)),  # over Easter
        (date(2026, 12, 24), 1, date(2026, 12, 29)),  # Boxing Day's substitute is a Monday
        (date(2027, 12, 24), 1, date(2027, 12, 29)),  # both days have substitutes
        (date(2024, 2, 28), 1, date(2024, 2, 29)),  # a leap day is a working day
        (date(2024, 2, 29), 1, date(2024, 3, 1)),
        (date(2025, 12, 31), 1, date(2026, 1, 2)),
        (date(2025, 6, 7), 0, date(2025, 6, 7)),  # day 0 is the day itself, even a Saturday
    ],
)
def test_working_days_are_counted_from_the_day_after(
    start: date, count: int, expected: date
) -> None:
    assert working_days_after(start, count, NOW_KNOWN) == expected


def test_a_replay_counts_with_the_list_of_its_time() -> None:
    start = date(2022, 9, 5)
    assert working_days_after(start, 15, BEFORE_THE_FUNERAL) == date(2022, 9, 26)
    assert working_days_after(start, 15, AFTER_THE_FUNERAL) == date(2022, 9, 27)


def test_working_days_are_not_counted_backward() -> None:
    with pytest.raises(ValueError, match="forward"):
        working_days_after(date(2025, 6, 4), -1, NOW_KNOWN)


@given(days, st.integers(0, 300), lists)
def test_the_nth_working_day_lies_n_working_days_away(
    day: date, count: int, holidays: HolidayList
) -> None:
    reached = working_days_after(day, count, holidays)
    assert working_days_between(day, reached, holidays) == count
    assert count == 0 or is_working_day(reached, holidays)


@given(days, st.integers(0, 400), lists)
def test_working_days_between_are_the_working_days_one_by_one(
    start: date, length: int, holidays: HolidayList
) -> None:
    passed = [start + timedelta(days=n) for n in range(1, length + 1)]
    end = start + timedelta(days=length)
    expected = sum(is_working_day(day, holidays) for day in passed)
    assert working_days_between(start, end, holidays) == expected
    assert working_days_between(end, start, holidays) == -expected


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2025, 6, 25), 3, date(2025, 9, 25)),
        (date(2025, 8, 31), 3, date(2025, 11, 30)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2023, 11, 29), 3, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), -12, date(2023, 2, 28)),
        (date(2025, 12, 31), 6, date(2026, 6, 30)),
        (date(2025, 1, 31), -1, date(2024, 12, 31)),
        (date(2025, 6, 30), 6, date(2025, 12, 30)),
    ],
)
def test_a_month_ends_on_its_last_day(start: date, months: int, expected: date) -> None:
    assert months_after(start, months) == expected


# ── Instants ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2025, 6, 30, 23, 30, tzinfo=UTC), date(2025, 7, 1)),  # British Summer Time
        (datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC), date(2025, 3, 30)),  # the clocks go forward
        (datetime(2025, 3, 29, 23, 59, 59, tzinfo=UTC), date(2025, 3, 29)),
        (datetime(2025, 3, 30, 23, 0, tzinfo=UTC), date(2025, 3, 31)),
        (datetime(2025, 10, 25, 23, 0, tzinfo=UTC), date(2025, 10, 26)),  # the clocks go back
        (datetime(2025, 10, 26, 23, 59, 59, tzinfo=UTC), date(2025, 10, 26)),
        (datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2026, 1, 1, 4, 0, tzinfo=timezone(timedelta(hours=5))), date(2025, 12, 31)),
    ],
)
def test_an_instant_belongs_to_the_day_it_was_in_england(instant: datetime, day: date) -> None:
    assert local_day(instant) == day


@pytest.mark.parametrize(
    ("instant", "day_0"),
    [
        (datetime(2025, 6, 4, 11, 0, tzinfo=UTC), date(2025, 6, 4)),
        (datetime(2025, 6, 4, 2, 0, tzinfo=UTC), date(2025, 6, 4)),  # the office opens that day
        (datetime(2025, 6, 4, 15, 59, 59, tzinfo=UTC), date(2025, 6, 4)),
        (datetime(2025, 6, 4, 16, 0, tzinfo=UTC), date(2025, 6, 5)),  # 17:00 in summer
        (datetime(2025, 12, 3, 16, 59, 59, tzinfo=UTC), date(2025, 12, 3)),
        (datetime(2025, 12, 3, 17, 0, tzinfo=UTC), date(2025, 12, 4)),
        (datetime(2025, 6, 6, 19, 0, tzinfo=UTC), date(2025, 6, 9)),  # Friday evening
        (datetime(2025, 6, 7, 11, 0, tzinfo=UTC), date(2025, 6, 9)),  # Saturday
        (datetime(2025, 5, 26, 11, 0, tzinfo=UTC), date(2025, 5, 27)),  # bank holiday
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), date(2024, 3, 1)),
        (datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC), date(2025, 3, 31)),  # clock change, Sunday
        (datetime(2025, 10, 26, 0, 30, tzinfo=UTC), date(2025, 10, 27)),  # the hour that comes
        (datetime(2025, 10, 26, 1, 30, tzinfo=UTC), date(2025, 10, 27)),  # twice
    ],
)
def test_what_comes_in_out_of_hours_starts_counting_on_the_next_working_day(
    instant: datetime, day_0: date
) -> None:
    assert first_working_day(instant, NOW_KNOWN, HOURS) == day_0


def test_an_instant_without_an_offset_is_an_error() -> None:
    naive = datetime(2025, 6, 4, 12, 0)  # noqa: DTZ001 -- what must be refused
    with pytest.raises(ValueError, match="offset"):
        local_day(naive)
    with pytest.raises(ValueError, match="offset"):
        first_working_day(naive, NOW_KNOWN, HOURS)


def test_an_office_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="opens before it closes"):
        OfficeHours(time(17), time(9))
