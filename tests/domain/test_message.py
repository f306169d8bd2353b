"""Message: what an agency sent is kept once, and nothing of it is dropped."""

from tests.examples import OTHER_MESSAGE, keep_message, message_conflicted, message_received
from tests.scenario import given


def test_a_message_is_kept_as_it_came() -> None:
    given().when(keep_message()).then(message_received())


def test_the_same_message_sent_twice_is_kept_once() -> None:
    given(message_received()).when(keep_message()).then_nothing()


def test_other_content_under_the_same_key_is_kept_for_a_person() -> None:
    other = keep_message(content=OTHER_MESSAGE)

    given(message_received()).when(other).then(message_conflicted())
    given(message_received(), message_conflicted()).when(other).then_nothing()
    given(message_received(), message_conflicted()).when(keep_message()).then_nothing()
