"""Quarantine: what cannot be taken for a message of its sender is kept, and taken in once.

What was lost before it was read is told once, and waits until somebody says what was done.
"""

from typing import get_args

from domain.quarantine import REASONS, ReasonCode
from tests.examples import (
    loss_settled,
    message_quarantined,
    message_replayed,
    message_settled,
    quarantine_message,
    records_lost,
    replay_message,
    report_loss,
    settle_loss,
    settle_message,
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


def test_what_is_never_to_be_taken_in_is_settled_once_by_who_says_why() -> None:
    given(message_quarantined()).when(settle_message()).then(message_settled())
    settled = given(message_quarantined(), message_settled())
    settled.when(settle_message()).then_nothing()
    again = settle_message(by="tom-ashby", why="It is a test.")
    settled.when(again).then_refused("Somebody has recorded")
    settled.when(quarantine_message()).then_nothing()
    given(message_quarantined()).when(settle_message(why=" ")).then_refused("Record why")
    given().when(settle_message()).then_refused("There is no such message in quarantine.")
    given(records_lost()).when(settle_message()).then_refused("This was lost, not kept")


def test_what_was_settled_may_be_taken_in_later_all_the_same() -> None:
    settled = given(message_quarantined(), message_settled())
    settled.when(replay_message()).then(message_replayed())
    replayed = given(message_quarantined(), message_settled(), message_replayed())
    replayed.when(replay_message()).then_nothing()
    replayed.when(settle_message()).then_nothing()
    again = settle_message(by="tom-ashby")
    replayed.when(again).then_refused("Somebody has had this message taken in already.")


def test_a_message_that_came_was_not_lost() -> None:
    lost = quarantine_message(reason="lost")
    given().when(lost).then_refused("There is no such reason to set a message aside.")


def test_records_that_were_deleted_before_they_were_read_are_told_once() -> None:
    given().when(report_loss()).then(records_lost())
    given(records_lost()).when(report_loss()).then_nothing()
    given(records_lost(), loss_settled()).when(report_loss()).then_nothing()
    given().when(report_loss(records=0)).then_refused("A loss is of one record at least.")


def test_a_loss_is_settled_once_by_who_says_what_was_done() -> None:
    given(records_lost()).when(settle_loss()).then(loss_settled())
    given(records_lost(), loss_settled()).when(settle_loss()).then_nothing()
    given(records_lost()).when(settle_loss(how=" ")).then_refused("Record what was done")
    again = settle_loss(by="tom-ashby", how="Wrote to them.")
    given(records_lost(), loss_settled()).when(again).then_refused("Somebody has recorded")
    given().when(settle_loss()).then_refused("There is no such loss.")


def test_what_was_lost_is_not_taken_in_and_what_was_kept_is_not_settled() -> None:
    given(records_lost()).when(replay_message()).then_refused("ask the agency to send it again")
    settled = given(records_lost(), loss_settled())
    settled.when(replay_message()).then_refused("What was lost cannot be taken in")
    given(message_quarantined()).when(settle_loss()).then_refused("kept, not lost")
    replayed = given(message_quarantined(), message_replayed())
    replayed.when(settle_loss()).then_refused("kept, not lost")
