"""Which messages wait because they were set aside or lost?"""

from projections.quarantine import Held, SetAside, held, one, quarantine, settled, waiting
from tests.examples import (
    MONDAY_9AM,
    OTHER_MESSAGE,
    loss_settled,
    message_quarantined,
    message_replayed,
    message_settled,
    records_lost,
)
from tests.views import Given

FIRST = message_quarantined()
SECOND = message_quarantined(
    quarantine_id="quarantine-2", agency="elm-surgery", reason="no-id", offset=43
)


def test_what_was_set_aside_waits_with_where_it_stood_and_why(given: Given) -> None:
    view = given(quarantine, FIRST)
    assert waiting(view.query) == [
        SetAside(
            quarantine_id="quarantine-1",
            message=OTHER_MESSAGE,
            agency=FIRST.agency,
            transport="kafka",
            topic=FIRST.topic,
            partition=1,
            offset=42,
            records=1,
            reason_code="id-reused",
            since=FIRST.received_at,
        )
    ]
    assert FIRST.received_at.date() == MONDAY_9AM.date()


def test_what_was_replayed_waits_no_longer(given: Given) -> None:
    view = given(quarantine, FIRST, SECOND)
    assert [each.reason_code for each in waiting(view.query)] == ["id-reused", "no-id"]
    assert [(each.agency, each.reason_code) for each in held(view.query)] == [
        ("elm-surgery", "no-id"),
        (FIRST.agency, "id-reused"),
    ]
    found = one(view.query, "quarantine-1")
    assert found is not None
    assert found.offset == 42
    view.given(message_replayed())
    assert [(each.agency, each.messages) for each in held(view.query)] == [("elm-surgery", 1)]
    taken_in = one(view.query, "quarantine-1")
    assert taken_in is not None
    assert (taken_in.settled_at, taken_in.settled_by) == (MONDAY_9AM, None)
    assert one(view.query, "quarantine-9") is None
    assert [each.offset for each in waiting(view.query)] == [43]


def test_records_that_were_lost_in_a_row_wait_as_one_until_somebody_says_what_was_done(
    given: Given,
) -> None:
    lost = records_lost(quarantine_id="quarantine-3", offset=7)
    view = given(quarantine, FIRST, lost)
    assert waiting(view.query)[1] == SetAside(
        quarantine_id="quarantine-3",
        message="quarantine-3",
        agency=lost.agency,
        transport="kafka",
        topic=lost.topic,
        partition=1,
        offset=7,
        records=3,
        reason_code="lost",
        since=lost.received_at,
    )
    lost_, kept = held(view.query)
    assert lost_ == Held(
        agency=lost.agency,
        transport="kafka",
        reason_code="lost",
        messages=3,
        since=lost.received_at,
        position=2,
    )
    assert (kept.reason_code, kept.messages, kept.position) == ("id-reused", 1, 1)
    view.given(loss_settled(quarantine_id="quarantine-3"))
    assert [each.reason_code for each in waiting(view.query)] == ["id-reused"]
    assert held(view.query) == [kept]


def test_what_was_settled_waits_no_longer_and_stays_to_be_found(given: Given) -> None:
    view = given(quarantine, FIRST, SECOND, records_lost(quarantine_id="quarantine-3"))
    assert settled(view.query) == []
    view.given(loss_settled(quarantine_id="quarantine-3"), message_settled())
    assert [each.offset for each in waiting(view.query)] == [43]
    assert [each.agency for each in held(view.query)] == ["elm-surgery"]
    for each in settled(view.query):
        assert (each.settled_by, each.settled_at) == ("ines-okafor", MONDAY_9AM)
        assert one(view.query, each.quarantine_id) == each
    found = [(each.quarantine_id, each.reason_code) for each in settled(view.query)]
    assert found == [("quarantine-3", "lost"), ("quarantine-1", "id-reused")]
    view.given(message_replayed())
    assert [each.reason_code for each in settled(view.query)] == ["lost"]
    taken_in = one(view.query, "quarantine-1")
    assert taken_in is not None
    assert taken_in.settled_by is None


def test_taken_twice_it_stands_there_once(given: Given) -> None:
    view = given(quarantine, FIRST)
    view.again()
    assert len(waiting(view.query)) == 1
