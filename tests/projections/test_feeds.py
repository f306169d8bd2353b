"""When did each agency last send, and has it fallen silent against its own pattern?"""

from datetime import datetime

from msgspec.structs import replace

from domain.kernel import Event
from projections.feeds import Feed, feeds, of_each
from tests.examples import message_conflicted, message_received
from tests.views import Given, day


def came(*days: float, agency: str = "north-police", channel: str = "kafka") -> list[Event]:
    """A message on each of these days after Monday, 9 in the morning."""
    return [
        replace(
            message_received(message_id=f"message-{agency}-{number}"),
            agency=agency,
            channel=channel,
            received_at=day(at),
            recorded_at=day(at),
        )
        for number, at in enumerate(days)
    ]


def silent(view: object, at: datetime) -> dict[str, datetime | None]:
    return {each.agency: each.silent_since for each in of_each(view.query, at)}  # type: ignore[attr-defined]


TWO_A_DAY = [number / 2 for number in range(2 * 28)]
"""Every day of four weeks, the weekends too."""
WORKING_DAYS = [week * 7 + number for week in range(4) for number in range(5)]


def test_each_transport_of_an_agency_has_its_last_message(given: Given) -> None:
    events = [*came(0, 1, 1.1), *came(2, channel="http"), *came(0.5, agency="elm-surgery")]
    view = given(feeds, *events)
    assert of_each(view.query, day(3)) == [
        Feed(
            agency=agency,
            transport=transport,
            messages=messages,
            last_message_at=day(last),
            expected=0.0,
            silent_since=None,
        )
        for agency, transport, messages, last in (
            ("elm-surgery", "kafka", 1, 0.5),
            ("north-police", "http", 1, 2),
            ("north-police", "kafka", 3, 1.1),
        )
    ]
    assert [each.messages for each in of_each(view.query, day(0.5))] == [1, 1]


def test_who_sends_daily_is_silent_after_a_few_days(given: Given) -> None:
    view = given(feeds, *came(*TWO_A_DAY))
    last = day(TWO_A_DAY[-1])
    assert silent(view, day(28.4)) == {"north-police": None}
    assert silent(view, day(30)) == {"north-police": None}
    assert silent(view, day(31)) == {"north-police": last}
    (feed,) = of_each(view.query, day(31))
    assert 6 < feed.expected < 7, "two a day, on three days and a part of the fourth"


def test_a_weekend_is_no_silence_for_who_never_sends_then(given: Given) -> None:
    view = given(feeds, *came(*WORKING_DAYS))
    assert silent(view, day(28)) == {"north-police": None}
    assert silent(view, day(32)) == {"north-police": None}
    assert silent(view, day(33)) == {"north-police": day(25)}


def test_who_has_hardly_sent_has_no_pattern_yet(given: Given) -> None:
    view = given(feeds, *came(0, 1, 2, 3, 4))
    assert silent(view, day(60)) == {"north-police": None}


def test_what_was_long_ago_is_no_pattern_any_more(given: Given) -> None:
    view = given(feeds, *came(*TWO_A_DAY, 150, 164))
    assert silent(view, day(172)) == {"north-police": None}


def test_a_table_counts_once_and_a_conflict_counts(given: Given) -> None:
    (whole,) = came(0)
    rows = [replace(whole, message_id=f"row-{row}", row=row) for row in (1, 2, 3)]
    other = replace(message_conflicted(), agency="north-police", channel="kafka")
    view = given(feeds, whole, *rows, replace(other, received_at=day(1), recorded_at=day(1)))
    assert [each.messages for each in of_each(view.query, day(2))] == [2]
