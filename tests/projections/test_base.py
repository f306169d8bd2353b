"""Is an instant written so that text order is time order, whatever an agency sent?"""

from datetime import UTC, datetime, timedelta, timezone

from projections.base import stamp

EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


def test_an_instant_is_written_in_utc() -> None:
    assert stamp(datetime(2026, 3, 2, 9, tzinfo=EAST)) == "2026-03-01T19:00:00.000000Z"


def test_an_instant_at_the_end_of_all_years_is_written_too() -> None:
    first, last = datetime(1, 1, 1, tzinfo=EAST), datetime(9999, 12, 31, 23, tzinfo=WEST)
    assert stamp(first) < stamp(datetime(1, 1, 3, tzinfo=UTC))
    assert stamp(last) > stamp(datetime(9999, 12, 29, tzinfo=UTC))
