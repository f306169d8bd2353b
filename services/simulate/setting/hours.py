"""When is somebody at work? Office hours in England, weekends and bank holidays kept."""

from datetime import UTC, date, datetime, time, timedelta

from domain.calendar import (
    LONDON,
    holidays_known,
    is_working_day,
    local_day,
    working_days_after,
)
from services.simulate.setting.chance import Chance

OPENS, CLOSES = time(9), time(17)
LAST = timedelta(minutes=20)
"""Nothing new is begun in the last minutes before closing."""


def open_on(day: date) -> bool:
    return is_working_day(day, holidays_known(day))


def opening(day: date) -> datetime:
    """When the office opens on that day, in UTC."""
    return datetime.combine(day, OPENS, LONDON).astimezone(UTC)


def closing(day: date) -> datetime:
    return datetime.combine(day, CLOSES, LONDON).astimezone(UTC)


def working_days_on(day: date, count: int) -> date:
    """The `count`th working day after that day."""
    return working_days_after(day, count, holidays_known(day))


def at_work(after: datetime, days: float, chance: Chance) -> datetime:
    """A moment in office hours, about so many working days after an instant.

    With less than one day it is the same day if the office is still open then, else the next.
    """
    day = local_day(after)
    if not open_on(day) or after >= closing(day) - LAST:
        day = working_days_on(day, 1)
        after = opening(day)
    after = max(after, opening(day))
    whole = int(days)
    if not whole:
        moment = after + timedelta(hours=round(days * 8)) + _minutes(chance, 2, 55)
        if moment < closing(day):
            return moment
        whole = 1
    day = working_days_on(day, whole)
    return opening(day) + _minutes(chance, 5, 465)


def next_day_at_work(after: datetime, chance: Chance) -> datetime:
    """A moment on the next working day."""
    return at_work(after, 1, chance)


def at_night_or_weekend(after: datetime) -> bool:
    day = local_day(after)
    return not open_on(day) or not opening(day) <= after < closing(day)


def _minutes(chance: Chance, low: int, high: int) -> timedelta:
    return timedelta(seconds=chance.whole(low * 60, high * 60))
