"""Does a referral wait until a person has dealt with all that came of it?"""

from datetime import date

from projections.inbox import (
    Count,
    Waiting,
    counts,
    inbox,
    naming,
    passed,
    perhaps_same,
    referral,
    told,
    unconfirmed,
    unfinished,
    waiting,
)
from tests.examples import (
    CHILD,
    MANAGER,
    OTHER_TEAM,
    POLICE,
    REFERRAL,
    SIBLING,
    TEAM,
    WORKER,
    acknowledged,
    attended,
    cancelled,
    child_added,
    child_matched,
    child_registered,
    child_removed,
    child_unmatched,
    conflict_settled,
    conflicted,
    decided,
    decision_authorised,
    followed_up,
    information_declined,
    information_requested,
    information_shared,
    received,
    referrer_told,
    reopened,
    routed,
    screened,
    updated,
)
from tests.views import Given, View, day, on


def only(view: View) -> Waiting:
    (found,) = waiting(view.query)
    return found


def ids(found: list[Waiting]) -> list[str]:
    return [each.referral_id for each in found]


# What waits


def test_a_referral_waits_with_its_day_and_the_policy_that_set_it(given: Given) -> None:
    problems = ("The date of birth could not be read.",)
    view = given(inbox, received(urgency="urgent", unit="Custody", problems=problems))
    found = only(view)
    assert (found.referral_id, found.agency, found.unit) == (REFERRAL, POLICE, "Custody")
    assert (found.received_at, found.due_on) == (day(0), date(2026, 1, 6))
    assert found.policy == "2025-04.exampleshire.1"
    assert (found.urgency, found.problems) == ("urgent", problems)
    assert (found.team_id, found.child_ids) == (TEAM, (CHILD,))
    assert found.sealed == b"sealed at 1"


def test_the_oldest_due_comes_first(given: Given) -> None:
    view = given(
        inbox,
        on(2, received()),
        on(1, received(referral_id="referral-2")),
        on(0.9, received(referral_id="referral-3")),  # in the evening: day 0 is the next day
    )
    assert ids(waiting(view.query)) == ["referral-3", "referral-2", REFERRAL]


def test_a_decided_referral_waits_no_longer(given: Given) -> None:
    view = given(inbox, received(), on(1, decided(authorised_by=None)))
    assert waiting(view.query) == []
    found = referral(view.query, REFERRAL)
    assert found
    assert (found.now.outcome, found.now.decided_at) == ("assessment", day(1))
    assert (found.now.authorised_by, found.now.decided_position) == (None, 2)
    view.given(decision_authorised())
    found = referral(view.query, REFERRAL)
    assert found
    assert found.now.authorised_by == MANAGER


def test_a_team_has_its_own_and_those_that_went_to_none(given: Given) -> None:
    nobodys = received(referral_id="referral-2", team_id=None)
    view = given(inbox, received(), nobodys)
    assert ids(waiting(view.query, TEAM)) == [REFERRAL, "referral-2"]
    assert ids(waiting(view.query, OTHER_TEAM)) == ["referral-2"]
    view.given(routed())
    assert ids(waiting(view.query, OTHER_TEAM)) == [REFERRAL, "referral-2"]


def test_the_team_that_a_referral_is_decided_for_has_it_from_then_on(given: Given) -> None:
    view = given(inbox, received(team_id=None), decided(team_id=OTHER_TEAM, authorised_by=None))
    assert ids(unfinished(view.query, OTHER_TEAM)) == [REFERRAL]
    assert ids(unfinished(view.query, TEAM)) == []
    view.given(on(1, reopened()), on(1, routed(team_id=TEAM)))
    assert ids(waiting(view.query, TEAM)) == [REFERRAL]
    view.given(on(2, decided(team_id=None, authorised_by=None)))
    assert ids(unfinished(view.query, TEAM)) == [REFERRAL]


def test_a_manager_finds_what_was_recorded_as_authorised_by_them_until_they_say_so(
    given: Given,
) -> None:
    view = given(inbox, received(), decided(authorised_by=MANAGER))
    assert ids(unconfirmed(view.query, MANAGER)) == [REFERRAL]
    assert unconfirmed(view.query, WORKER) == []
    found = referral(view.query, REFERRAL)
    assert found
    assert [act.authorised_by for act in found.acts] == [MANAGER]
    view.given(decision_authorised())
    assert unconfirmed(view.query, MANAGER) == []
    view.given(on(1, reopened()), on(2, decided(authorised_by=MANAGER)), on(3, reopened()))
    assert unconfirmed(view.query, MANAGER) == []


def test_what_was_passed_to_a_childs_worker_is_found_by_the_child(given: Given) -> None:
    view = given(inbox, received(), decided(outcome="existing-worker"))
    assert ids(passed(view.query, [CHILD, SIBLING])) == [REFERRAL]
    assert passed(view.query, [SIBLING]) == []
    view.given(on(1, reopened()))
    assert passed(view.query, [CHILD]) == []


def test_the_workers_who_were_told_find_it_too(given: Given) -> None:
    view = given(inbox, received(told_workers=(WORKER,)), received(referral_id="referral-2"))
    assert ids(told(view.query, WORKER)) == [REFERRAL]


def test_how_many_wait_in_each_team_is_counted(given: Given) -> None:
    view = given(inbox, received(), on(1, received(referral_id="referral-2")))
    view.given(received(referral_id="referral-3", team_id=None))
    assert counts(view.query, date(2026, 1, 7)) == [
        Count(team_id=None, waiting=1, overdue=1),
        Count(team_id=TEAM, waiting=2, overdue=1),
    ]


# What brings it back


def test_a_reopened_referral_waits_again_on_a_new_day(given: Given) -> None:
    view = given(inbox, received(), decided(), referrer_told(), on(7, reopened()))
    again = only(view)
    assert (again.reopened_at, again.due_on) == (day(7), date(2026, 1, 13))
    assert (again.outcome, again.decided_at, again.told_at) == (None, None, None)
    view.given(decided())
    assert waiting(view.query) == []


def test_an_update_before_the_decision_keeps_the_day(given: Given) -> None:
    view = given(inbox, received(), on(1, updated()), on(2, updated()))
    assert (only(view).updated_at, only(view).due_on) == (day(1), date(2026, 1, 6))


def test_an_update_after_the_decision_waits_until_it_is_decided_again(given: Given) -> None:
    view = given(inbox, received(), decided(), on(7, updated()))
    news = only(view)
    assert (news.updated_at, news.due_on) == (day(7), date(2026, 1, 13))
    assert news.outcome == "assessment"
    view.given(referrer_told())
    assert ids(waiting(view.query)) == [REFERRAL]
    view.given(reopened(), decided())
    assert waiting(view.query) == []


def test_a_cancelled_referral_waits_until_a_person_has_decided(given: Given) -> None:
    view = given(inbox, received(), on(1, cancelled()))
    assert only(view).cancelled_at == day(1)
    view.given(decided())
    assert waiting(view.query) == []


def test_a_cancellation_after_the_decision_is_not_lost(given: Given) -> None:
    view = given(inbox, received(), decided(), on(7, cancelled()))
    assert (only(view).cancelled_at, only(view).updated_at) == (day(7), day(7))


def test_a_conflict_waits_until_it_is_settled_whatever_else_is_done(given: Given) -> None:
    view = given(inbox, received(), on(1, conflicted()), decided())
    assert only(view).conflict_at == day(1)
    view.given(referrer_told())
    assert only(view).conflict_at == day(1)
    view.given(conflict_settled())
    assert waiting(view.query) == []


def test_a_settled_conflict_leaves_an_undecided_referral_waiting(given: Given) -> None:
    view = given(inbox, received(), conflicted(), conflict_settled())
    assert only(view).conflict_at is None


def test_a_referrer_who_asks_waits_until_told(given: Given) -> None:
    view = given(inbox, received(), decided(), on(4, followed_up()))
    assert (only(view).followed_up_at, only(view).due_on) == (day(4), date(2026, 1, 12))
    view.given(referrer_told())
    assert waiting(view.query) == []


# What is known of it


def test_what_came_after_the_decision_leaves_when_somebody_attended_to_it(given: Given) -> None:
    for news in (updated(), cancelled(), followed_up()):
        view = given(inbox, received(), decided(), on(7, news))
        assert ids(waiting(view.query)) == [REFERRAL]
        view.given(attended())
        assert waiting(view.query) == []


def test_a_conflict_is_not_attended_to_but_settled(given: Given) -> None:
    view = given(inbox, received(), decided(), conflicted(), followed_up(), attended())
    assert ids(waiting(view.query)) == [REFERRAL]


def test_everything_said_and_done_is_there_in_order(given: Given) -> None:
    view = given(
        inbox,
        received(parents_informed=True, consent=False, concern_codes=("DV",)),
        acknowledged(),
        screened(rag="red", threshold=4),
        information_requested(),
        information_shared(),
        information_declined(by_agency="school-elm"),
        updated(),
        routed(),
        child_added(),
        decided(),
        referrer_told(),
    )
    found = referral(view.query, REFERRAL)
    assert found
    first, second = found.messages
    assert (first.event, second.event) == ("referral.received.v1", "referral.updated.v1")
    assert (first.parents_informed, first.consent, first.source) == (True, False, "6")
    assert first.concern_codes == ("DV",)
    assert [(act.position, act.about) for act in found.acts] == [
        (2, None),
        (3, "red 4"),
        (4, "gp-mill-lane"),
        (5, "gp-mill-lane"),
        (6, "school-elm"),
        (8, OTHER_TEAM),
        (9, SIBLING),
        (10, "assessment"),
        (11, "assessment"),
    ]
    assert found.acts[3].lawful_basis == "public task"
    assert found.acts[7].sealed == b"sealed at 10"
    assert (found.now.rag, found.now.threshold) == ("red", 4)
    assert found.now.acknowledged_at == day(0)
    assert referral(view.query, "referral-9") is None


def test_children_are_put_on_and_taken_off_by_people(given: Given) -> None:
    view = given(inbox, received(), child_added(), child_removed())
    assert only(view).child_ids == (SIBLING,)
    assert ids(naming(view.query, SIBLING)) == [REFERRAL]
    assert naming(view.query, CHILD) == []
    view.given(updated(), child_matched(referral_id=REFERRAL, rule="automatic"))
    assert only(view).child_ids == (SIBLING,)
    view.given(child_matched(referral_id=REFERRAL, rule="person"))
    assert only(view).child_ids == (CHILD, SIBLING)
    view.given(child_unmatched(referral_id=REFERRAL))
    assert only(view).child_ids == (SIBLING,)


def test_a_child_registered_for_a_referral_is_on_it(given: Given) -> None:
    view = given(inbox, received(child_ids=()), child_registered())
    view.given(child_registered(child_id=SIBLING, referral_id=None))
    assert only(view).child_ids == (CHILD,)


def test_whom_a_message_names_is_on_the_referral_that_it_brought(given: Given) -> None:
    brought = {"referral_id": REFERRAL, "message": "5" * 64}
    registered = child_registered(child_id=SIBLING, **brought)
    matched = child_matched(rule="automatic", **brought)
    view = given(inbox, received(child_ids=(CHILD, SIBLING)), registered, matched)
    assert only(view).child_ids == (CHILD, SIBLING)
    without = given(inbox, received(child_ids=()), registered, matched)
    assert only(without).child_ids == ()


def test_a_second_report_of_perhaps_the_same_thing_is_offered(given: Given) -> None:
    second = received(referral_id="referral-2", perhaps_about=REFERRAL)
    view = given(inbox, received(), second)
    assert waiting(view.query)[1].perhaps_about == REFERRAL
    assert perhaps_same(view.query, REFERRAL) == ["referral-2"]


# What is left after the decision


def test_a_decision_is_unfinished_until_it_is_authorised_and_the_referrer_told(
    given: Given,
) -> None:
    decision = on(1, decided(authorised_by=None))
    assert ids(unfinished(given(inbox, received()).query)) == []
    assert ids(unfinished(given(inbox, received(), decision).query)) == [REFERRAL]
    told_only = given(inbox, received(), decision, on(2, referrer_told()))
    assert ids(unfinished(told_only.query)) == [REFERRAL]
    authorised = (decision, on(2, decision_authorised()))
    assert ids(unfinished(given(inbox, received(), *authorised).query)) == [REFERRAL]
    done = given(inbox, received(), *authorised, on(2, referrer_told()))
    assert ids(unfinished(done.query)) == []


def test_each_team_sees_what_it_has_not_finished(given: Given) -> None:
    view = given(inbox, received(), on(1, decided(authorised_by=None)))
    assert ids(unfinished(view.query, TEAM)) == [REFERRAL]
    assert ids(unfinished(view.query, OTHER_TEAM)) == []
