"""Who works where, as people join, leave, manage and cover for one another?"""

from datetime import date

from projections.people import (
    covered_by,
    covers,
    people,
    posts,
    staff,
    team_for,
    team_of,
    teams,
    who,
)
from tests.examples import (
    MANAGER,
    OTHER_TEAM,
    OTHER_WORKER,
    TEAM,
    WORKER,
    cover_arranged,
    manager_appointed,
    manager_left,
    team_formed,
    worker_joined,
    worker_left,
    working_time_changed,
)
from tests.views import Given, day, on


def test_a_team_is_listed_with_its_areas_and_who_manages_it(given: Given) -> None:
    other = team_formed(team_id=OTHER_TEAM, name="Hillside", areas=())
    view = given(people, team_formed(), other, manager_appointed())
    hillside, riverside = teams(view.query)
    assert (hillside.name, hillside.managers) == ("Hillside", ())
    assert (riverside.areas, riverside.managers) == (("EX1", "EX2"), (MANAGER,))


def test_a_postcode_falls_to_the_team_of_its_area(given: Given) -> None:
    view = given(people, team_formed())
    assert team_for(view.query, "ex2 ") == TEAM
    assert team_for(view.query, "EX9") is None


def test_a_worker_is_known_by_role_and_working_time_and_not_by_name(given: Given) -> None:
    view = given(people, worker_joined(newly_qualified=True), working_time_changed())
    (worker,) = staff(view.query, TEAM)
    assert (worker.person_id, worker.role, worker.percent) == (WORKER, "social-worker", 60)
    assert worker.newly_qualified
    assert not worker.manages
    assert worker.sealed == b"sealed at 1"
    assert staff(view.query, OTHER_TEAM) == []


def test_who_left_is_in_no_team_and_can_still_be_asked_for(given: Given) -> None:
    view = given(people, worker_joined(), on(30, worker_left()))
    assert staff(view.query) == []
    assert team_of(view.query, WORKER) is None
    assert [person.left_at for person in staff(view.query, left=True)] == [day(30)]


def test_who_comes_back_is_in_the_team_again(given: Given) -> None:
    view = given(people, worker_joined(), on(30, worker_left()), on(60, worker_joined()))
    assert [person.since for person in staff(view.query, TEAM)] == [day(60)]


def test_who_moved_to_another_team_is_in_that_team(given: Given) -> None:
    moved = on(30, worker_joined(team_id=OTHER_TEAM))
    view = given(people, worker_joined(), on(30, worker_left()), moved)
    assert team_of(view.query, WORKER) == OTHER_TEAM


def test_a_worker_who_manages_the_team_is_its_manager(given: Given) -> None:
    view = given(people, worker_joined(), manager_appointed(person_id=WORKER, interim=True))
    (manager,) = staff(view.query, TEAM)
    assert manager.manages
    assert manager.interim


def test_a_manager_who_leaves_manages_no_longer(given: Given) -> None:
    view = given(people, team_formed(), worker_joined(), manager_appointed(), manager_left())
    assert teams(view.query)[0].managers == ()
    assert [person.person_id for person in staff(view.query, TEAM)] == [WORKER]
    assert who(view.query, MANAGER) is not None
    assert who(view.query, "nobody") is None


def test_cover_holds_until_the_end_of_its_last_day(given: Given) -> None:
    view = given(people, cover_arranged())
    assert covered_by(view.query, WORKER, date(2026, 1, 9)) == [OTHER_WORKER]
    assert covered_by(view.query, WORKER, date(2026, 1, 10)) == []


def test_who_covers_knows_for_whom_and_until_when(given: Given) -> None:
    view = given(people, cover_arranged())
    (cover,) = covers(view.query, OTHER_WORKER, date(2026, 1, 9))
    assert (cover.person_id, cover.until) == (WORKER, date(2026, 1, 9))
    assert covers(view.query, OTHER_WORKER, date(2026, 1, 10)) == []


def test_somebody_may_manage_one_team_and_work_in_another(given: Given) -> None:
    view = given(people, worker_joined(), manager_appointed(person_id=WORKER, team_id=OTHER_TEAM))
    assert {(post.team_id, post.manages) for post in posts(view.query, WORKER)} == {
        (OTHER_TEAM, True),
        (TEAM, False),
    }
    view.given(worker_left())
    assert [post.team_id for post in posts(view.query, WORKER)] == [OTHER_TEAM]
