"""Which day is it in England, and how many working days lie between two days?

A working day is Monday to Friday and not an England and Wales bank holiday. Day 0 is the day that
starts a clock, day 1 the next working day. Bank holidays are dated data (`holidays/*.toml`): a list
says from when it was known, so that a replay counts with the list of its time.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.data_files import BadDataFile, data_files, parse, shaped

LONDON = ZoneInfo("Europe/London")

# ── Holiday lists ─────────────────────────────────────────────────────────────────────────────────


class HolidayList(Struct, frozen=True):
    """The bank holidays of England and Wales as they were known from a day on.

    `days` in order, none twice, none at a weekend (a substitute day stands in for it). Raises
    `ValueError` otherwise.
    """

    version: str
    known_from: date
    days: tuple[date, ...]

    def __post_init__(self) -> None:
        for day in self.days:
            if day.isoweekday() > 5:
                raise ValueError(f"{day} is at a weekend: list its substitute day")
        for day, following in pairwise(self.days):
            if day >= following:
                raise ValueError(f"{following} is out of order or listed twice")

    def __hash__(self) -> int:
        # The version names the list; hashing every day would cost more than counting with it.
        return hash(self.version)

    def covers(self, day: date) -> bool:
        """Whether the list speaks for that year; outside it only weekends are left out."""
        return bool(self.days) and self.days[0].year <= day.year <= self.days[-1].year


class _Announcement(Struct, frozen=True, forbid_unknown_fields=True):
    known_from: date
    source: str
    added: tuple[date, ...] = ()
    removed: tuple[date, ...] = ()


def holiday_lists(texts: Mapping[str, str]) -> tuple[HolidayList, ...]:
    """The lists that follow from announcements (name to TOML text), in the order they were known.

    Each announcement adds and removes days of the list before it. Raises `BadDataFile`.
    """
    announced = [(name, shaped(name, parse(name, t), _Announcement)) for name, t in texts.items()]
    lists: list[HolidayList] = []
    days: set[date] = set()
    for name, news in sorted(announced, key=lambda pair: pair[1].known_from):
        if not days.issuperset(news.removed):
            raise BadDataFile(f"{name}: removed: a day that is not on the list before it")
        if not days.isdisjoint(news.added):
            raise BadDataFile(f"{name}: added: a day that is on the list already")
        days = (days - set(news.removed)) | set(news.added)
        try:
            lists.append(HolidayList(name, news.known_from, tuple(sorted(days))))
        except ValueError as error:
            raise BadDataFile(f"{name}: added: {error}") from error
    return tuple(lists)


HOLIDAYS = holiday_lists(data_files("holidays"))


def holidays_known(on: date) -> HolidayList:
    """The newest list known on that day; the oldest for a day before there was any."""
    return next((known for known in reversed(HOLIDAYS) if known.known_from <= on), HOLIDAYS[0])


# ── Days ──────────────────────────────────────────────────────────────────────────────────────────


class OfficeHours(Struct, frozen=True, forbid_unknown_fields=True):
    """From when to when the office is open on a working day, in local time; closed at `closes`."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("the office opens before it closes")


def local_day(instant: datetime) -> date:
    """The day it was in England. Raises `ValueError` for an instant without an offset."""
    return _in_england(instant).date()


@lru_cache(maxsize=65_536)
def is_working_day(day: date, holidays: HolidayList) -> bool:
    """Whether that day is Monday to Friday and not a bank holiday."""
    return day.isoweekday() <= 5 and day not in holidays.days


@lru_cache(maxsize=65_536)
def working_days_after(day: date, count: int, holidays: HolidayList) -> date:
    """The `count`th working day after `day`, which is day 0 whether or not it is a working day.

    Raises `ValueError` when `count` is negative.
    """
    if count < 0:
        raise ValueError("working days are counted forward")
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, holidays)
    return day


def working_days_between(start: date, end: date, holidays: HolidayList) -> int:
    """How many working days come after `start`, up to and including `end`.

    Negative when `end` comes first. `working_days_between(d, working_days_after(d, n, h), h) == n`.
    """
    return _working_days_through(end, holidays) - _working_days_through(start, holidays)


def first_working_day(instant: datetime, holidays: HolidayList, hours: OfficeHours) -> date:
    """Day 0 of a working-day clock that waits for the office: the day it is, or next will be, open.

    On a working day before closing time that day (before opening too: the office opens that day);
    from closing time on, at a weekend and on a bank holiday, the next working day. Raises
    `ValueError` for an instant without an offset.
    """
    local = _in_england(instant)
    day = local.date()
    if is_working_day(day, holidays) and local.time() < hours.closes:
        return day
    return working_days_after(day, 1, holidays)


def months_after(day: date, months: int) -> date:
    """The same day of a later (or, negative, earlier) month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _in_england(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("an instant needs its offset from UTC")
    return instant.astimezone(LONDON)


def _working_days_through(day: date, holidays: HolidayList) -> int:
    # Day 1 of the calendar, 1 January of year 1, was a Monday.
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * 5 + min(rest, 5) - bisect_right(holidays.days, day)
