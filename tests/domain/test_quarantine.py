"""Quarantine: what cannot be taken for a message of its sender is kept, and taken in once."""

from typing import get_args

from domain.quarantine import REASONS, ReasonCode
from tests.examples import (
    message_quarantined,
    message_replayed,
    quarantine_message,
    replay_message,
)
from tests.scenario import given


def test_a_record_is_set_aside_as_it_came() -> None:
    given().when(quarantine_message()).then(message_quarantined())


def test_a_record_that_is_delivered_twice_is_set_aside_once() -> None:
    given(message_quarantined()).when(quarantine_message()).then_nothing()
    given(message_quarantined(), message_replayed()).when(quarantine_message()).then_nothing()


def test_a_reason_is_one_of_those_that_are_told() -> None:
    unheard_of = quarantine_message(reason="full-moon")
    given().when(unheard_of).then_refused("There is no such reason to set a message aside.")
    assert REASONS.keys() == set(get_args(ReasonCode))


def test_what_was_set_aside_is_replayed_once() -> None:
    given(message_quarantined()).when(replay_message()).then(message_replayed())
    given(message_quarantined(), message_replayed()).when(replay_message()).then_nothing()
    given().when(replay_message()).then_refused("There is no such message in quarantine.")
