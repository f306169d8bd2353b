"""Which messages became no referral, and why?"""

from typing import Any

from projections.unreferred import kept, unreferred, without_referral
from tests.examples import MESSAGE, OTHER_MESSAGE, POLICE, REFERRAL, message_received
from tests.views import Given, day, on


def became_none(message_id: str = "message-1", **more: Any) -> Any:
    said = {"referral_id": None, "result": "no-concern", "row": None} | more
    return message_received(message_id=message_id, **said)


def test_a_message_without_a_concern_is_listed_the_newest_first(given: Given) -> None:
    problems = ("The date cannot be read.",)
    other = became_none("message-2", result="merged", message=OTHER_MESSAGE, problems=problems)
    view = given(unreferred, on(1, became_none()), on(2, other))
    newest, first = without_referral(view.query)
    assert (newest.message_id, newest.result, newest.problems) == ("message-2", "merged", problems)
    assert (first.agency, first.format, first.result) == (POLICE, "police-notice", "no-concern")
    assert first.received_at == day(1)


def test_a_message_that_became_a_referral_is_not_listed(given: Given) -> None:
    view = given(unreferred, message_received(referral_id=REFERRAL))
    assert without_referral(view.query) == []
    assert kept(view.query, "message-1") is None


def test_a_message_is_found_by_its_id(given: Given) -> None:
    view = given(unreferred, became_none())
    found = kept(view.query, "message-1")
    assert found is not None
    assert (found.position, found.size, found.part) == (1, 15, None)


def test_a_file_of_several_is_listed_as_its_messages_are(given: Given) -> None:
    file = {"message": MESSAGE}
    view = given(
        unreferred,
        became_none("message-1", row=1, **file),
        became_none("message-2", row=None, **file),  # the file itself, beside its first message
        became_none("message-3", row=2, **file),
        became_none("message-4", row=None, message=OTHER_MESSAGE),
    )
    assert [(each.message_id, each.part) for each in without_referral(view.query)] == [
        ("message-4", None),
        ("message-3", 2),
        ("message-1", 1),
    ]
