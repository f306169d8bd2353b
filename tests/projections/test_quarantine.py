"""Which messages wait because they were set aside?"""

from projections.quarantine import SetAside, counts, one, quarantine, waiting
from tests.examples import MONDAY_9AM, OTHER_MESSAGE, message_quarantined, message_replayed
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
            reason_code="id-reused",
            since=FIRST.received_at,
        )
    ]
    assert FIRST.received_at.date() == MONDAY_9AM.date()


def test_what_was_replayed_waits_no_longer(given: Given) -> None:
    view = given(quarantine, FIRST, SECOND)
    assert [each.reason_code for each in waiting(view.query)] == ["id-reused", "no-id"]
    assert counts(view.query) == {FIRST.agency: {"id-reused": 1}, "elm-surgery": {"no-id": 1}}
    found = one(view.query, "quarantine-1")
    assert found is not None
    assert found.offset == 42
    view.given(message_replayed())
    assert counts(view.query) == {"elm-surgery": {"no-id": 1}}
    assert one(view.query, "quarantine-1") is None
    assert [each.offset for each in waiting(view.query)] == [43]


def test_taken_twice_it_stands_there_once(given: Given) -> None:
    view = given(quarantine, FIRST)
    view.again()
    assert len(waiting(view.query)) == 1
