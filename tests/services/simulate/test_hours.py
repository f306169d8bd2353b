"""Are office hours, weekends and bank holidays kept by whoever works there?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.calendar import LONDON, local_day
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work, closing, open_on, opening

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, 0.02, 0.5, 0.95, 1, 1.4, 3, 12.7])
@pytest.mark.parametrize("hour", range(0, 24, 5))
def test_whatever_is_begun_is_gone_on_with_in_office_hours(days: float, hour: int) -> None:
    for day in range(14):  # Christmas and New Year are among them
        after = datetime(2026, 12, 20, hour, 50, tzinfo=UTC) + timedelta(days=day)
        moment = at_work(after, days, Chance(f"{day} {hour}"))
        assert moment > after
        assert open_on(local_day(moment))
        assert opening(local_day(moment)) <= moment < closing(local_day(moment))


def test_part_of_a_day_is_the_same_day_while_the_office_is_open() -> None:
    assert local_day(at_work(FRIDAY, 0.3, Chance("a"))) == date(2026, 11, 20)


def test_late_on_friday_waits_for_monday() -> None:
    late = FRIDAY.replace(hour=16, minute=55)
    assert local_day(at_work(late, 0.3, Chance("a"))) == date(2026, 11, 23)


def test_working_days_are_counted_over_a_bank_holiday() -> None:
    thursday = datetime(2026, 12, 24, 10, 0, tzinfo=UTC)
    assert local_day(at_work(thursday, 1, Chance("a"))) == date(2026, 12, 29)


def test_summer_time_moves_the_office_with_the_clock() -> None:
    assert opening(date(2026, 7, 1)).hour == 8
    assert opening(date(2026, 7, 1)).astimezone(LONDON).hour == 9
