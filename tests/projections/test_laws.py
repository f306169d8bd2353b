"""What holds for every projection, whatever happened."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import asdict, replace

from domain.case import (
    CaseAllocated,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseReopened,
    CaseTransferred,
    CaseUnallocated,
)
from domain.kernel import Event, private_fields, stored_name
from domain.record import ALONE
from domain.referral import ReferralDecided, ReferralReceived, ReferralReopened
from projections.base import EVER, Projection
from projections.caseload import caseload, of_child, of_team, unallocated
from projections.deadlines import deadlines, due
from projections.inbox import inbox, waiting
from projections.oversight import compare, oversight, week_of, weeks
from projections.oversight.intervals import midnight
from projections.risks import of_child as risks_of
from projections.risks import risks, unanswered
from services.found import found
from tests.examples import EXAMPLES, agency_registered, retracted
from tests.projections.histories import ASSESSING, histories
from tests.views import Given, day, given_in_a_file

PROJECTIONS = found()
EACH = pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=PROJECTIONS)
LOG = list(EXAMPLES.values())


@EACH
def test_an_event_seen_twice_changes_nothing(given: Given, projection: Projection) -> None:
    view = given(projection)
    for event in LOG:
        once = view.given(event).rows
        view.again()
        assert view.rows == once


@forall(history=histories())
@settings(max_examples=40, deadline=None)
def test_no_event_of_any_history_counts_twice(history: list[Event]) -> None:
    for projection in PROJECTIONS.values():
        once, twice = given_in_a_file(projection), given_in_a_file(projection)
        for event in history:
            once.given(event)
            twice.given(event).again()
        assert twice.rows == once.rows


SOME_MESSAGES = ("feeds", "unreferred")
"""These write of some messages only."""


@EACH
def test_a_projection_asks_for_what_it_writes_down_and_for_nothing_else(
    projection: Projection,
) -> None:
    view = given_in_a_file(projection)
    for event in LOG:
        asked = isinstance(event, projection.events)
        if asked or projection.name not in ("chronology", "inbox"):  # these write all they get
            written = bool(list(projection.project(view.recorded(event, ("=born",)))))
            assert written == asked or projection.name in SOME_MESSAGES


@EACH
def test_no_private_word_stands_in_clear(projection: Projection) -> None:
    words = {word for event in LOG for word in private_words(event)}
    assert "Arkwright" in words
    for table in given_in_a_file(projection, *LOG).rows.values():
        for row in table:
            for value in row:
                assert not [word for word in words if word in str(value)]


def private_words(event: Event) -> Iterator[str]:
    """The texts in an event's private fields, leaving out those too short to tell apart."""
    for name in private_fields(type(event)):
        yield from (text for text in texts(getattr(event, name)) if len(text) > 3)


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            for each in value:
                yield from texts(each)
        case Struct():
            for each in asdict(value).values():
                yield from texts(each)


# What is shown agrees with what happened


@forall(history=histories())
@settings(max_examples=60, deadline=None)
def test_the_inbox_holds_at_least_what_was_received_and_is_not_decided(
    history: list[Event],
) -> None:
    undecided = set()
    for event in history:
        match event:
            case ReferralReceived(referral_id=referral_id):
                undecided.add(referral_id)
            case ReferralReopened(referral_id=referral_id):
                undecided.add(referral_id)
            case ReferralDecided(referral_id=referral_id):
                undecided.discard(referral_id)
    found = waiting(given_in_a_file(inbox, *history).query)
    assert undecided <= {each.referral_id for each in found}
    for each in found:
        news = each.updated_at or each.conflict_at or each.followed_up_at
        assert news or each.referral_id in undecided


@forall(history=histories())
@settings(max_examples=60, deadline=None)
def test_every_open_case_without_a_worker_is_shown_as_unallocated(history: list[Event]) -> None:
    wanted = idle(history)
    view = given_in_a_file(caseload, *history)
    assert {each.child_id for each in unallocated(view.query)} == wanted


def idle(history: list[Event]) -> set[str]:
    """The children whose open case has no worker."""
    idle = set()
    for event in history:
        match event:
            case CaseOpened() | CaseUnallocated() | CaseReopened() | CaseTransferred():
                idle.add(event.child_id)
            case CaseAllocated() | CaseReallocated() | CaseClosed():
                idle.discard(event.child_id)
    return idle


@forall(history=histories(), weeks_on=st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_the_teams_together_show_every_unallocated_child_at_any_instant(
    history: list[Event], weeks_on: int
) -> None:
    now = day(weeks_on * 7)
    view = given_in_a_file(oversight, *history)
    week = week_of(now.date())
    shown = {
        case
        for team in ("team-riverside", "team-hillside")
        for number in weeks(view.query, team, "unallocated-children", week, week, as_at=now)
        for case in number.cases
    }
    before = [event for event in history if event.happened_at <= now]
    assert shown == {child.replace("child", "case") for child in idle(before)}


@forall(history=histories())
@settings(max_examples=60, deadline=None)
def test_what_is_still_to_do_is_what_is_neither_met_nor_stopped(history: list[Event]) -> None:
    view = given_in_a_file(deadlines, *history)
    everything = due(view.query, day(100))
    unmet = [each for each in everything if each.state in ("running", "overdue")]
    assert due(view.query, day(100), unmet=True) == unmet
    assert [each for each in unmet if each.state == "overdue"] == due(
        view.query, day(100), overdue=True
    )
    assert all(bool(each.waiting_for) == (each in unmet) for each in everything)


@forall(history=histories(ASSESSING))
@settings(max_examples=60, deadline=None)
def test_an_assessment_is_late_for_its_team_when_it_is_late_for_its_worker(
    history: list[Event],
) -> None:
    told = given_in_a_file(deadlines, *history).query(
        "select * from deadlines where rule = 'R5' order by clock", {}
    )
    counted = given_in_a_file(oversight, *history).query(
        "select * from oversight_clocks order by clock", {}
    )
    assert [
        (
            clock["clock"],
            clock["case_id"],
            midnight(date.fromisoformat(clock["due_on"]) + timedelta(days=1)),
            clock["done_at"] or EVER,
            clock["stopped_at"] or EVER,
        )
        for clock in told
    ] == [
        (
            f"R5|{clock['clock']}",
            clock["case_id"],
            clock["late_from"],
            clock["authorised_at"],
            clock["stopped_at"],
        )
        for clock in counted
    ]


# What was retracted counts as little as what never happened


KINDS = sorted(ALONE, key=stored_name)


@pytest.mark.parametrize("kind", KINDS, ids=stored_name)
@forall(history=histories(ASSESSING), place=st.integers(0, 99), later=st.integers(0, 99))
@settings(max_examples=8, deadline=None)
def test_what_was_retracted_is_answered_as_if_it_had_never_been(
    kind: type[Event], history: list[Event], place: int, later: int
) -> None:
    first, then = sorted(min(each, len(history)) for each in (place, later))
    before, between, after = history[:first], history[first:then], history[then:]
    taken_back = wrong(first + 1, history[:then])
    whole = [*before, told(kind, before), *between, taken_back, *after]
    # Something else in the place of the two, so that all others have the same position.
    without = [*before, ELSEWHERE, *between, ELSEWHERE, *after]
    for projection in (caseload, deadlines, oversight, risks):
        assert answers(projection, whole) == answers(projection, without)


ELSEWHERE = agency_registered()


def told(kind: type[Event], before: list[Event]) -> Event:
    """The example of that kind, on the day of the last thing before it."""
    event = next(each for each in LOG if type(each) is kind)
    return replace(event, **{name: when(before) for name in TIMES})


def wrong(position: int, before: list[Event]) -> Event:
    return retracted(position=position, **{name: when(before) for name in TIMES})


TIMES = ("happened_at", "received_at", "recorded_at")


def when(before: list[Event]) -> Any:
    return before[-1].recorded_at if before else day(0)


def answers(projection: Projection, history: list[Event]) -> list[Any]:
    """What the readers say, at the end and as it was known before it."""
    query = given_in_a_file(projection, *history).query
    children, now = ("child-1", "child-2"), day(1000)
    if projection is caseload:
        works = [of_child(query, child) for child in children]
        teams = [of_team(query, team) for team in ("team-riverside", "team-hillside")]
        return [works, teams, unallocated(query)]
    if projection is deadlines:
        return [due(query, now), due(query, now, unmet=True), due(query, day(9))]
    if projection is oversight:
        last = max((event.recorded_at for event in history), default=day(0))
        week = week_of(last.date())
        return [compare(query, week, as_at=now), compare(query, week_of(day(20).date()))]
    return [unanswered(query), [risks_of(query, child) for child in children]]
