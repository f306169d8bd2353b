"""Referral: what may happen to a concern, and when."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.kernel import Command, Event
from tests.examples import (
    CHILD,
    MANAGER,
    MONDAY_9AM,
    OTHER_TEAM,
    SIBLING,
    TEAM,
    WORKER,
    acknowledge,
    acknowledged,
    add_child,
    attend,
    attended,
    authorise_decision,
    by_a_person,
    cancel,
    cancelled,
    child_added,
    child_removed,
    conflict_settled,
    conflicted,
    decide_referral,
    decided,
    decision_authorised,
    decline_information,
    follow_up,
    followed_up,
    information_declined,
    information_requested,
    information_shared,
    receive,
    received,
    referrer_told,
    remove_child,
    reopen,
    reopened,
    report_conflict,
    request_information,
    route,
    routed,
    screen,
    screened,
    settle_conflict,
    share_information,
    tell_referrer,
    update,
    updated,
)
from tests.scenario import given


def test_a_referral_is_received() -> None:
    given().when(receive()).then(received())


def test_the_same_referral_sent_twice_is_received_once() -> None:
    given(received()).when(receive()).then_nothing()


@pytest.mark.parametrize("command", [update(), cancel(), screen(), decide_referral(), reopen()])
def test_nothing_happens_to_a_referral_that_was_not_received(command: Command) -> None:
    given().when(command).then_refused("has not been received")


# ── What the sender does ──────────────────────────────────────────────────────────────────────────


def test_the_sender_may_say_more_even_after_the_decision() -> None:
    given(received()).when(update()).then(updated())
    given(received(), decided()).when(update()).then(updated())


def test_the_same_update_sent_twice_is_told_once() -> None:
    given(received(), updated()).when(update()).then_nothing()
    given(received()).when(update(message=received().message)).then_nothing()


def test_two_updates_of_the_same_moment_are_both_told() -> None:
    second = {"message": "0" * 64, "concern": "There is a baby too."}

    given(received(), updated()).when(update(**second)).then(updated(**second))


def test_two_rows_of_one_file_are_both_told() -> None:
    first, second = received(row=1), {"message": received().message, "row": 2}

    given(first).when(update(**second)).then(updated(**second))
    given(first, updated(**second)).when(update(**second)).then_nothing()


def test_a_worker_may_write_down_what_the_sender_said_on_the_telephone() -> None:
    told = by_a_person(update())

    given(received()).when(told).then(updated(by=WORKER, agency="authority", message=None))
    said = updated(by=WORKER, agency="authority", message=None)
    given(received(), said).when(told).then_nothing()


def test_a_child_that_an_update_names_belongs_to_the_referral() -> None:
    history = (received(), updated(child_ids=(SIBLING,)))

    given(*history).when(decide_referral()).then(decided(child_ids=(CHILD, SIBLING)))


def test_an_update_does_not_put_back_a_child_whom_a_person_took_off() -> None:
    history = (received(), child_removed(), child_added(), updated(child_ids=(CHILD, SIBLING)))

    given(*history).when(decide_referral()).then(decided(child_ids=(SIBLING,)))


def test_the_sender_may_withdraw_it_at_any_time() -> None:
    given(received()).when(cancel()).then(cancelled())
    given(received(), decided()).when(cancel()).then(cancelled())


def test_each_withdrawal_is_told_and_the_same_one_once() -> None:
    again: dict[str, Any] = {"message": "1" * 64, "concern": "But do not close it."}

    given(received(), cancelled()).when(cancel()).then_nothing()
    given(received(), cancelled()).when(cancel(**again)).then(cancelled(**again))
    given(received(), cancelled(), cancelled(**again)).when(cancel(**again)).then_nothing()
    more = updated(message="0" * 64)
    given(received(), cancelled(), more).when(cancel(**again)).then(cancelled(**again))


def test_conflicting_content_is_reported_once() -> None:
    given(received()).when(report_conflict()).then(conflicted())
    given(received(), conflicted()).when(report_conflict()).then_nothing()


def test_the_referrer_may_ask_what_became_of_it() -> None:
    given(received()).when(follow_up()).then(followed_up())
    given(received(), followed_up()).when(follow_up()).then_nothing()
    given(received()).when(follow_up(words=" ")).then_refused("Write what the referrer asked")


# ── Before the decision ───────────────────────────────────────────────────────────────────────────


def test_a_person_settles_which_message_holds() -> None:
    given(received(), conflicted()).when(settle_conflict()).then(conflict_settled())
    settled = (received(), conflicted(), conflict_settled())
    given(*settled).when(settle_conflict()).then_nothing()


def test_a_conflict_is_settled_with_a_reason_and_only_if_there_is_one() -> None:
    given(received(), conflicted()).when(settle_conflict(reason="")).then_refused("which message")
    given(received()).when(settle_conflict()).then_refused("none to settle")


def test_a_referral_goes_to_another_team() -> None:
    given(received()).when(route()).then(routed())
    given(received(), routed()).when(route()).then_nothing()
    given(received()).when(route(team_id=TEAM)).then_nothing()


def test_a_child_is_added_once() -> None:
    given(received()).when(add_child()).then(child_added())
    given(received(), child_added()).when(add_child()).then_nothing()


def test_a_child_is_not_added_beside_a_decision_that_opened_cases() -> None:
    given(received(), decided()).when(add_child()).then_refused("reopen the referral first")
    other = decided(outcome="early-help")
    given(received(), other).when(add_child()).then(child_added())


def test_a_child_is_taken_off_and_may_be_put_back() -> None:
    given(received()).when(remove_child()).then(child_removed())
    given(received(), child_removed()).when(remove_child()).then_nothing()
    given(received(), child_removed()).when(add_child(child_id=CHILD)).then(
        child_added(child_id=CHILD)
    )


def test_a_child_is_taken_off_with_a_reason_and_only_if_named() -> None:
    given(received()).when(remove_child(reason=" ")).then_refused("Record why")
    given(received()).when(remove_child(child_id=SIBLING)).then_refused("not on this referral")


def test_a_referral_is_acknowledged_once() -> None:
    given(received()).when(acknowledge()).then(acknowledged())
    given(received(), acknowledged()).when(acknowledge()).then_nothing()


def test_agencies_are_asked_and_share_or_decline() -> None:
    given(received()).when(request_information()).then(information_requested())
    asked = (received(), information_requested())
    given(*asked).when(request_information()).then_nothing()
    given(*asked).when(share_information()).then(information_shared())
    given(*asked, information_shared()).when(share_information()).then_nothing()
    given(*asked).when(decline_information()).then(information_declined())
    given(*asked, information_declined()).when(decline_information()).then_nothing()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (request_information(question=""), "Write what you ask"),
        (share_information(information=" "), "Write what the agency told"),
        (share_information(lawful_basis=""), "lawful basis"),
        (decline_information(reason=""), "Record why the agency"),
        (screen(rationale=" "), "Record why"),
    ],
)
def test_what_a_worker_records_has_its_words(command: Command, reason: str) -> None:
    given(received()).when(command).then_refused(reason)


def test_what_an_agency_sends_is_never_refused_for_its_words() -> None:
    by_message = {"message": "2" * 64}

    given(received()).when(decline_information(reason="", **by_message)).then(
        information_declined(reason="", **by_message)
    )


def test_the_grade_of_a_screening_may_change() -> None:
    given(received()).when(screen()).then(screened())
    given(received(), screened()).when(screen()).then_nothing()
    given(received(), screened()).when(screen(rag="red")).then(screened(rag="red"))


def test_a_decided_referral_is_not_screened() -> None:
    given(received(), screened(), decided()).when(screen(rag="red")).then_refused("reopen")


# ── The decision ──────────────────────────────────────────────────────────────────────────────────


def test_a_decision_carries_what_it_is_about() -> None:
    given(received()).when(decide_referral()).then(decided())


def test_a_referral_is_the_teams_that_it_was_decided_for_until_it_is_routed() -> None:
    theirs = decided(team_id=OTHER_TEAM)
    given(received(), theirs).when(route(team_id=OTHER_TEAM)).then_nothing()
    given(received(), theirs).when(route(team_id=TEAM)).then(routed(team_id=TEAM))


def test_a_decision_without_a_rationale_is_refused() -> None:
    given(received()).when(decide_referral(rationale=" ")).then_refused("Record why")


def test_a_decision_given_twice_is_taken_once() -> None:
    given(received(), decided()).when(decide_referral()).then_nothing()
    given(received(), decided()).when(decide_referral(team_id=TEAM)).then_nothing()


def test_a_decision_is_not_overwritten() -> None:
    for change in ({"outcome": "early-help"}, {"team_id": OTHER_TEAM}):
        given(received(), decided()).when(decide_referral(**change)).then_refused(
            "reopen the referral first"
        )


def test_a_conflict_is_settled_before_the_decision() -> None:
    given(received(), conflicted()).when(decide_referral()).then_refused("settle which one")
    settled = (received(), conflicted(), conflict_settled())
    given(*settled).when(decide_referral()).then(decided())


def test_a_worker_cannot_authorise_their_own_decision() -> None:
    own = decide_referral(authorised_by=WORKER)

    given(received()).when(own).then_refused("cannot authorise your own decision")


def test_a_manager_may_authorise_with_the_decision() -> None:
    authorised = decide_referral(authorised_by=MANAGER)

    given(received()).when(authorised).then(decided(authorised_by=MANAGER))


def test_no_case_is_opened_without_a_child() -> None:
    for outcome in ("assessment", "strategy-discussion"):
        given(received(child_ids=())).when(decide_referral(outcome=outcome)).then_refused(
            "Add the child first"
        )


def test_no_case_is_opened_without_a_team() -> None:
    given(received(team_id=None)).when(decide_referral()).then_refused("Choose the team")
    chosen = decide_referral(team_id=OTHER_TEAM)
    given(received(team_id=None)).when(chosen).then(decided(team_id=OTHER_TEAM))


def test_no_further_action_needs_neither_team_nor_child() -> None:
    unknown = received(child_ids=(), team_id=None)
    expected = decided(outcome="no-further-action", team_id=None, child_ids=())

    given(unknown).when(decide_referral(outcome="no-further-action")).then(expected)


def test_a_manager_authorises_a_decision_later() -> None:
    given(received(), decided()).when(authorise_decision()).then(decision_authorised())
    authorised = (received(), decided(), decision_authorised())
    given(*authorised).when(authorise_decision()).then_nothing()


def test_a_decision_is_authorised_by_one_person_with_one_rationale() -> None:
    authorised = (received(), decided(), decision_authorised(command="1"))
    other = authorise_decision(command="2", rationale="And because she agreed.")
    given(*authorised).when(other).then_refused("already authorised")


def test_nobody_authorises_their_own_decision_later() -> None:
    given(received(), decided()).when(authorise_decision(by=WORKER)).then_refused("ask a manager")


def test_the_referrer_is_told_the_outcome_once() -> None:
    given(received(), decided()).when(tell_referrer()).then(referrer_told())
    told = (received(), decided(), referrer_told())
    given(*told).when(tell_referrer()).then_nothing()


def test_what_the_referrer_is_told_in_other_words_is_told_too() -> None:
    told = (received(), decided(), referrer_told(command="1"))
    more = {"command": "2", "words": "And whom to ring."}
    given(*told).when(tell_referrer(**more)).then(referrer_told(**more))
    given(*told, referrer_told(**more)).when(tell_referrer(**more)).then_nothing()


@pytest.mark.parametrize(
    ("history", "command", "reason"),
    [
        ((conflicted(), conflict_settled(command="1")), settle_conflict(), "already settled"),
        ((child_removed(command="1"),), remove_child(), "already taken off"),
        ((decided(command="1"),), decide_referral(), "already decided"),
        ((decided(), reopened(command="1")), reopen(), "already reopened"),
    ],
)
def test_other_words_for_what_is_done_already_are_refused_and_not_dropped(
    history: tuple[Event, ...], command: Command, reason: str
) -> None:
    given(received(), *history).when(replace(command, command="1")).then_nothing()
    given(received(), *history).when(replace(command, command="2")).then_refused(reason)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (followed_up, follow_up),
        (information_requested, request_information),
        (information_shared, share_information),
        (information_declined, decline_information),
        (screened, screen),
    ],
)
def test_other_words_of_the_same_moment_are_told_too(
    first: Callable[..., Event], again: Callable[..., Command]
) -> None:
    history = (received(), first(command="1", message=None))
    given(*history).when(again(command="1", message=None)).then_nothing()
    given(*history).when(again(command="2", message=None)).then(first(command="2", message=None))


def test_the_referrer_is_told_in_words_and_only_what_is_decided() -> None:
    given(received(), decided()).when(tell_referrer(words="")).then_refused("Write what")
    given(received()).when(tell_referrer()).then_refused("not decided yet")


def test_a_reopened_referral_is_decided_and_told_anew() -> None:
    history = (received(), decided(), referrer_told(), reopened())
    advice = decided(outcome="advice")

    given(received(), decided()).when(reopen()).then(reopened())
    given(*history).when(reopen()).then_nothing()
    given(*history).when(decide_referral(outcome="advice")).then(advice)
    given(*history, advice).when(tell_referrer()).then(referrer_told(outcome="advice"))


def test_a_referral_is_reopened_with_a_reason_and_only_if_decided() -> None:
    given(received(), decided()).when(reopen(reason=" ")).then_refused("Record why")
    given(received()).when(reopen()).then_refused("not decided yet")


def test_what_came_after_the_decision_can_be_attended_to_without_deciding_again() -> None:
    given(received(), decided(), followed_up()).when(attend()).then(attended())
    given(received(), decided(), updated()).when(attend()).then(attended())
    given(received(), decided(), cancelled()).when(attend()).then(attended())


def test_attending_again_changes_nothing_unless_more_is_said() -> None:
    attended_to = (received(), decided(), followed_up(), attended(command="1"))
    given(*attended_to).when(attend(command="1")).then_nothing()
    more = {"command": "2", "reason": "And her school was told."}
    given(*attended_to).when(attend(**more)).then(attended(**more))


def test_attending_needs_a_reason() -> None:
    given(received(), decided(), followed_up()).when(attend(reason=" ")).then_refused(
        "Record why the decision stands"
    )


def test_nothing_was_done_with_a_referral_before_it_came() -> None:
    came = received(received_at=MONDAY_9AM + timedelta(seconds=50))
    given(came).when(acknowledge(happened_at=MONDAY_9AM - timedelta(days=1))).then_refused(
        "before the referral was received"
    )
    # people tell the time to the minute
    given(came).when(acknowledge(happened_at=MONDAY_9AM)).then(acknowledged(happened_at=MONDAY_9AM))


def test_who_decided_when_and_what_is_said_to_whoever_decides_again() -> None:
    history = (received(), decided(command="1"))
    for command in (decide_referral(command="2"), screen(command="3")):
        given(*history).when(command).then_refused(
            f"(Child and family assessment (section 17), by {WORKER} on 5 January 2026); reopen"
        )


def test_the_manager_named_with_a_decision_confirms_it_once() -> None:
    named = decided(authorised_by=MANAGER)
    given(received(), named).when(authorise_decision()).then(decision_authorised())
    confirmed = (received(), named, decision_authorised())
    again = authorise_decision(command="2", rationale="And because she agreed.")
    given(*confirmed).when(again).then_refused("already authorised")
    other = authorise_decision(by="another-manager")
    given(received(), named).when(other).then_refused("already authorised")


def test_a_referral_is_found_by_the_telephone_numbers_of_its_adults() -> None:
    adult = received().adults[0]
    told = (replace(adult, contact="07700 900123"), replace(adult, contact=None))
    assert received(adults=told).index_keys() == ("phone|07700900123",)
