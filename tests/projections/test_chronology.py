"""Is a child's story whole, in order, and as it was known?"""

import pytest

from domain.kernel import Event
from projections.chronology import TITLES, Entry, agencies_of, chronology, superseding, timeline
from tests.examples import (
    CHILD,
    EXAMPLES,
    OTHER_WORKER,
    POLICE,
    REFERRAL,
    SIBLING,
    WORKER,
    assessment_completed,
    assessment_returned,
    case_closed,
    case_opened,
    case_reallocated,
    case_reopened,
    child_added,
    child_matched,
    child_registered,
    child_removed,
    child_seen,
    child_unmatched,
    conference_held,
    corrected,
    decided,
    decision_overturned,
    received,
    records_merged,
    records_separated,
    reopened,
    retracted,
    risk_answer_withdrawn,
    risk_answered,
    risk_raised,
    screened,
    updated,
    visit_made,
)
from tests.views import Given, View, day, on

GP = "gp-mill-lane"


def story(view: View, child_id: str = CHILD, **chosen: object) -> list[int]:
    return [entry.position for entry in timeline(view.query, child_id, **chosen)]  # type: ignore[arg-type]


def entry(view: View, position: int) -> Entry:
    return next(e for e in timeline(view.query, CHILD) if e.position == position)


# Order, and what it leaves out


def test_a_timeline_is_in_the_order_in_which_things_happened(given: Given) -> None:
    view = given(
        chronology,
        on(2, received()),
        on(1, risk_raised(), recorded=3),
        on(2, case_opened()),
    )
    assert story(view) == [2, 1, 3]


def test_an_entry_tells_its_three_times_whose_it_is_and_what_it_is(given: Given) -> None:
    view = given(chronology, on(1, received(urgency="urgent"), recorded=4))
    (told,) = timeline(view.query, CHILD)
    assert told == Entry(
        position=1,
        event="referral.received.v1",
        kind="referral",
        stream=REFERRAL,
        happened_at=day(1),
        received_at=day(1),
        recorded_at=day(4),
        agency=POLICE,
        by_whom=POLICE,
        title=f"Referral received from {POLICE}: Urgent: within a working day",
        sealed=b"sealed at 1",
        superseded_by=None,
    )


def test_a_timeline_can_show_one_agency_or_one_kind(given: Given) -> None:
    view = given(chronology, received(), risk_raised(agency=GP), case_opened())
    assert story(view, agency=GP) == [2]
    assert story(view, kind="referral") == [1]
    assert agencies_of(view.query, CHILD) == ["authority", GP, POLICE]


def test_what_was_recorded_later_was_not_known(given: Given) -> None:
    view = given(chronology, received(), on(1, risk_raised(agency=GP), recorded=9))
    assert story(view, as_known_at=day(8)) == [1]
    assert agencies_of(view.query, CHILD, as_known_at=day(8)) == [POLICE]
    assert story(view, as_known_at=day(9)) == [1, 2]
    assert story(view, as_known_at=day(-1)) == []


# One referral, several children


def test_a_referral_is_on_the_timeline_of_each_of_its_children(given: Given) -> None:
    view = given(chronology, received(child_ids=(CHILD, SIBLING)), screened())
    assert story(view) == story(view, SIBLING) == [1, 2]
    assert story(view, "child-3") == []


def test_a_child_added_later_has_the_whole_referral_from_then_on(given: Given) -> None:
    view = given(chronology, received(), screened(), on(5, child_added()))
    assert story(view, SIBLING) == [1, 2, 3]
    assert story(view, SIBLING, as_known_at=day(4)) == []


def test_a_child_taken_off_keeps_nothing_but_that_they_were(given: Given) -> None:
    view = given(chronology, received(), on(5, child_removed()))
    assert story(view) == [2]
    assert story(view, as_known_at=day(4)) == [1]
    view.given(on(6, updated()), child_matched(referral_id=REFERRAL, rule="automatic"))
    assert story(view) == [4, 2]
    view.given(child_matched(referral_id=REFERRAL, rule="person"))
    assert story(view) == [1, 4, 5, 2, 3]


def test_a_child_registered_or_matched_for_a_referral_has_it(given: Given) -> None:
    view = given(chronology, received(child_ids=()), child_registered())
    view.given(child_registered(child_id="child-3", referral_id=None))
    view.given(child_matched(child_id=SIBLING, referral_id=REFERRAL, rule="automatic"))
    assert story(view) == [1, 2]
    assert story(view, SIBLING) == [1, 4]
    assert story(view, "child-3") == [3]


def test_whom_a_message_names_has_the_referral_that_it_brought(given: Given) -> None:
    brought = {"referral_id": REFERRAL, "message": "5" * 64}
    registered = child_registered(child_id=SIBLING, **brought)
    view = given(chronology, registered, child_matched(rule="automatic", **brought))
    assert (story(view), story(view, SIBLING)) == ([2], [1])
    view.given(received(child_ids=(CHILD, SIBLING), message="5" * 64))
    assert (story(view), story(view, SIBLING)) == ([2, 3], [1, 3])


def test_an_undone_match_takes_the_referral_off_and_says_so(given: Given) -> None:
    view = given(chronology, received(child_ids=()), child_matched(referral_id=REFERRAL))
    view.given(on(3, child_unmatched(referral_id=REFERRAL)))
    assert story(view) == [2, 3]
    assert entry(view, 2).superseded_by == 3
    assert story(view, as_known_at=day(2)) == [1, 2]


# Records


def test_a_merged_record_s_story_is_part_of_the_child_s(given: Given) -> None:
    merged = received(referral_id="referral-2", child_ids=(SIBLING,))
    view = given(chronology, received(), merged, case_opened(child_id=SIBLING, case_id="case-2"))
    assert story(view) == [1]
    view.given(on(5, records_merged()))
    assert story(view) == [1, 2, 3, 4]
    assert story(view, as_known_at=day(4)) == [1]
    assert story(view, SIBLING) == [2, 3, 4]
    view.given(on(9, records_separated()))
    assert story(view) == [1, 4, 5]
    assert entry(view, 4).superseded_by == 5


# What was put right


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (decided(), reopened()),
        (assessment_completed(), assessment_returned()),
        (case_closed(), case_reopened()),
    ],
)
def test_what_is_undone_says_by_what(given: Given, first: Event, then: Event) -> None:
    view = given(chronology, received(), first, on(3, then), on(4, first))
    assert entry(view, 2).superseded_by == 3
    assert entry(view, 4).superseded_by is None
    assert timeline(view.query, CHILD, as_known_at=day(2))[1].superseded_by is None


def test_a_corrected_entry_stays_and_says_which_one_is_right(given: Given) -> None:
    view = given(chronology, received(), case_opened())
    view.given(on(3, corrected(position=2)), on(5, retracted(record_id="record-2", position=2)))
    assert entry(view, 2).superseded_by == 4
    assert superseding(view.query, 2) == [3, 4]
    assert timeline(view.query, CHILD, as_known_at=day(4))[1].superseded_by == 3
    assert timeline(view.query, CHILD, as_known_at=day(2))[1].superseded_by is None


def test_an_answer_that_was_withdrawn_is_superseded_until_the_next_one(given: Given) -> None:
    view = given(chronology, risk_raised(), risk_answered(), on(3, risk_answer_withdrawn()))
    view.given(on(4, risk_answered()))
    assert [entry(view, at).superseded_by for at in (1, 2, 4)] == [None, 3, None]
    assert timeline(view.query, CHILD, as_known_at=day(2))[1].superseded_by is None


def test_an_overturned_decision_says_so(given: Given) -> None:
    view = given(chronology, received(), decided(), on(9, decision_overturned(position=2)))
    assert entry(view, 2).superseded_by == 3


# Titles


@pytest.mark.parametrize("kind", TITLES)
def test_a_title_is_a_plain_sentence(kind: type[Event]) -> None:
    title = TITLES[kind](EXAMPLES[kind])
    assert title[0].isupper()
    assert title == title.strip()
    assert "None" not in title


@pytest.mark.parametrize(
    ("event", "title"),
    [
        (decided(), "Referral decided: child and family assessment (section 17)"),
        (child_seen(alone=False, where="home"), "Child seen with others, at home"),
        (
            visit_made(bedroom_seen=False),
            "Visit made, at home: child seen alone, bedroom not seen",
        ),
        (visit_made(seen=False, alone=False), "Visit made, at home: child not seen"),
        (child_registered(unborn=True), "Record opened for an unborn child"),
        (child_matched(rule="automatic"), "Matched to a referral"),
        (
            conference_held(decision="no-protection-plan", category=None),
            "Initial child protection conference held: no child protection plan",
        ),
        (
            case_reallocated(),
            f"Case reallocated from {WORKER} to {OTHER_WORKER}: The social worker left the role",
        ),
    ],
)
def test_a_title_tells_what_the_header_says(event: Event, title: str) -> None:
    assert TITLES[type(event)](event) == title
