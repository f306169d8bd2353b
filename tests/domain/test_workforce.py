"""Workforce: who works in a team, who manages it, and for how much of their time."""

from datetime import date

import pytest

from domain.kernel import Command
from tests.examples import (
    MANAGER,
    OTHER_WORKER,
    WORKER,
    appoint_manager,
    arrange_cover,
    change_working_time,
    cover_arranged,
    form_team,
    join_team,
    leave_team,
    manager_appointed,
    manager_leaves,
    manager_left,
    team_formed,
    worker_joined,
    worker_left,
    working_time_changed,
)
from tests.scenario import given

STAFFED = (team_formed(), worker_joined(), manager_appointed())


def test_a_team_is_formed_once() -> None:
    given().when(form_team()).then(team_formed())
    given(team_formed()).when(form_team()).then_nothing()
    given(team_formed()).when(form_team(name="Hillside")).then_refused("already formed")


@pytest.mark.parametrize("team_id", ["riverside", "team-River", "team-", "team-a b"])
def test_a_team_has_an_id_of_its_kind(team_id: str) -> None:
    given().when(form_team(team_id=team_id)).then_refused("A team's id")


def test_a_team_has_a_name() -> None:
    given().when(form_team(name=" ")).then_refused("Enter the team's name")


def test_nobody_joins_a_team_that_is_not_formed() -> None:
    given().when(join_team()).then_refused("form it first")


def test_a_worker_joins_leaves_and_may_come_back() -> None:
    given(team_formed()).when(join_team()).then(worker_joined())
    given(*STAFFED).when(join_team()).then_nothing()
    given(*STAFFED).when(leave_team()).then(worker_left())
    given(*STAFFED, worker_left()).when(leave_team()).then_nothing()
    given(*STAFFED, worker_left()).when(join_team()).then(worker_joined())


def test_a_worker_who_is_there_does_not_join_otherwise() -> None:
    given(*STAFFED).when(join_team(percent=50)).then_refused("change their working time")


@pytest.mark.parametrize("percent", [-1, 0, 101])
def test_working_time_is_a_part_of_a_full_time_post(percent: int) -> None:
    for command in (join_team(percent=percent), change_working_time(percent=percent)):
        given(*STAFFED).when(command).then_refused("1 to 100 percent")


def test_working_time_changes() -> None:
    given(*STAFFED).when(change_working_time()).then(working_time_changed())
    given(*STAFFED, working_time_changed()).when(change_working_time()).then_nothing()
    given(*STAFFED).when(change_working_time(percent=100)).then_nothing()


@pytest.mark.parametrize(
    "command",
    [leave_team(person_id=OTHER_WORKER), change_working_time(person_id=OTHER_WORKER)],
)
def test_nobody_leaves_who_was_not_there(command: Command) -> None:
    given(*STAFFED).when(command).then_refused("does not work in this team")


@pytest.mark.parametrize("person_id", ["", "Rosa", "rosa mbeki", "rosa\N{FULLWIDTH DIGIT ONE}"])
def test_a_person_has_a_plain_id(person_id: str) -> None:
    for command in (join_team(person_id=person_id), appoint_manager(person_id=person_id)):
        given(team_formed()).when(command).then_refused("A person's id")


def test_a_person_has_a_name() -> None:
    for command in (join_team(name=""), appoint_manager(name=" ")):
        given(team_formed()).when(command).then_refused("Enter the person's name")


def test_a_team_has_one_manager_at_a_time() -> None:
    other = {"person_id": OTHER_WORKER}

    given(team_formed()).when(appoint_manager()).then(manager_appointed())
    given(*STAFFED).when(appoint_manager()).then_nothing()
    given(*STAFFED).when(appoint_manager(**other)).then_refused("leaves first")
    given(*STAFFED).when(manager_leaves()).then(manager_left())
    given(*STAFFED, manager_left()).when(manager_leaves()).then_nothing()
    given(*STAFFED, manager_left()).when(appoint_manager(**other)).then(manager_appointed(**other))


def test_an_interim_manager_may_become_the_manager() -> None:
    interim = manager_appointed(interim=True)

    given(team_formed(), interim).when(appoint_manager()).then(manager_appointed())


def test_only_the_manager_leaves_as_manager() -> None:
    given(*STAFFED).when(manager_leaves(person_id=WORKER)).then_refused("does not manage")
    given(team_formed()).when(manager_leaves()).then_refused("does not manage")


def test_somebody_covers_for_a_worker_or_the_manager() -> None:
    for_manager = {"person_id": MANAGER}

    given(*STAFFED).when(arrange_cover()).then(cover_arranged())
    given(*STAFFED, cover_arranged()).when(arrange_cover()).then_nothing()
    given(*STAFFED).when(arrange_cover(**for_manager)).then(cover_arranged(**for_manager))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (arrange_cover(cover_id=WORKER), "Nobody covers for themselves"),
        (arrange_cover(person_id="nobody-here"), "does not work in this team"),
        (arrange_cover(until=date(2026, 1, 4)), "ends before it begins"),
    ],
)
def test_cover_that_cannot_be_is_refused(command: Command, reason: str) -> None:
    given(*STAFFED).when(command).then_refused(reason)


def test_nobody_covers_for_a_stranger_in_a_team_without_a_manager() -> None:
    given(team_formed()).when(arrange_cover()).then_refused("does not work in this team")
