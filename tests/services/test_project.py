"""Do the read models follow the log, whatever happens on the way?"""

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapters.event_store import EventStore
from adapters.read_models import ReadModels
from adapters.vault import Vault
from domain.kernel import Recorded
from projections.base import Write
from services.found import checked, found
from services.project import Occupied, Projector, Status
from tests.adapters.event_store.direct import execute, without_triggers
from tests.parts.postgres import PROGRAMS, Server
from tests.services.small_projections import (
    about,
    name_it,
    names,
    registered,
    renamed,
    resumed,
    see,
    seen,
    suspended,
    tell,
    tell_of_many,
)

ROOT = Path(__file__).parents[2]
PATIENCE = 30  # seconds


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with closing(Vault.open(tmp_path / "keys")) as opened:
        yield opened


@pytest.fixture
def store(address: str, vault: Vault) -> Iterator[EventStore]:
    with closing(EventStore.open(address, vault)) as opened:
        yield opened


@pytest.fixture
def models(address: str) -> Iterator[ReadModels]:
    with closing(ReadModels.open(address)) as opened:
        yield opened


@pytest.fixture
def projector(store: EventStore, models: ReadModels) -> Projector:
    return Projector(store, models, [seen, names])


@contextmanager
def running(projector: Projector) -> Iterator[None]:
    """The runner at work in a thread of its own."""
    stop = threading.Event()
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def refused_by_the_database(recorded: Recorded) -> Iterator[Write]:
    for write in see(recorded):
        poisoned = write.values["name"] == "poison"
        yield Write(write.sql, {**write.values, "name": None} if poisoned else write.values)


def beyond_the_code(recorded: Recorded) -> Iterator[Write]:
    for write in see(recorded):
        if write.values["name"] == "poison":
            raise ValueError("Robin was frightened")
        yield write


def beyond_the_driver(recorded: Recorded) -> Iterator[Write]:
    for write in see(recorded):
        poisoned = write.values["name"] == "poison"
        yield Write(write.sql, {**write.values, "name": "\ud800"} if poisoned else write.values)


POISONS = [refused_by_the_database, beyond_the_code, beyond_the_driver]


def stands(projector: Projector) -> dict[str, tuple[int, int, int]]:
    """Of each projection its position, how many events it is behind and how many it parked."""
    return {
        line.projection: (line.position, line.behind, line.parked) for line in projector.status()
    }


# ── Following ─────────────────────────────────────────────────────────────────────────────────────


def test_every_projection_is_brought_to_the_end_of_the_log(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    assert stands(projector) == {"names": (0, 0, 0), "seen": (0, 0, 0)}
    tell(store, registered(name="Old"), renamed(name="New"), suspended())
    assert stands(projector) == {"names": (0, 3, 0), "seen": (0, 3, 0)}

    projector.run(once=True)

    assert stands(projector) == {"names": (3, 0, 0), "seen": (3, 0, 0)}
    assert about(models, "names") == [{"agency": "one", "name": "New", "changes": 2}]
    assert [row["position"] for row in about(models, "seen")] == [1, 2, 3]


def test_an_event_that_nobody_asked_for_is_passed_over(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(), suspended(), resumed())
    projector.run(once=True)
    assert stands(projector) == {"names": (3, 0, 0), "seen": (3, 0, 0)}
    assert len(about(models, "seen")) == 2


def test_a_status_tells_how_long_an_event_has_waited(store: EventStore, models: ReadModels) -> None:
    first = registered()
    later = first.recorded_at + timedelta(hours=2)
    projector = Projector(store, models, [names], clock=lambda: later)
    tell(store, first, renamed(recorded_at=later))

    assert projector.status() == [
        Status(projection="names", version=1, position=0, behind=2, behind_seconds=7200.0, parked=0)
    ]
    projector.run(once=True)
    assert projector.status()[0].behind_seconds == 0


def test_a_new_projection_starts_at_the_first_event_and_joins_the_others(
    store: EventStore, models: ReadModels
) -> None:
    tell_of_many(store, 3)
    Projector(store, models, [seen]).run(once=True)
    tell_of_many_more = tell(store, registered(), renamed())

    projector = Projector(store, models, [seen, names])
    projector.run(once=True)

    assert stands(projector)["names"] == (tell_of_many_more, 0, 0)
    assert {row["changes"] for row in about(models, "names")} == {2}
    assert len(about(models, "seen")) == tell_of_many_more


def test_a_running_projector_shows_what_was_appended(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    with running(projector):
        for name in ("first", "second"):
            position = tell(store, registered(name=name))
            assert projector.caught_up_to(position, PATIENCE)
            assert about(models, "names")[0]["name"] == name


def test_another_process_sees_how_far_the_runner_has_come(
    store: EventStore, address: str, projector: Projector
) -> None:
    with closing(ReadModels.open(address)) as elsewhere, running(projector):
        other = Projector(store, elsewhere, [seen, names])
        position = tell(store, registered())
        assert other.caught_up_to(position, PATIENCE)
        assert not other.caught_up_to(position + 1, 0.05)
        assert other.caught_up_to(position, 0, ["names"])


def test_two_projections_in_one_database_keep_their_own_checkpoints(
    store: EventStore, models: ReadModels
) -> None:
    tell(store, registered())
    Projector(store, models, [seen]).run(once=True)
    tell(store, renamed())
    Projector(store, models, [names]).run(once=True)
    assert stands(Projector(store, models, [seen, names])) == {
        "names": (2, 0, 0),
        "seen": (1, 1, 0),
    }


# ── Two at once ───────────────────────────────────────────────────────────────────────────────────


def test_two_runners_never_work_at_the_same_time(
    store: EventStore, vault: Vault, address: str, models: ReadModels, projector: Projector
) -> None:
    with (
        closing(EventStore.open(address, vault)) as other_store,
        closing(ReadModels.open(address)) as other_models,
    ):
        other = Projector(other_store, other_models, [seen, names])
        with running(other):
            with running(projector):
                for _ in range(20):
                    last = tell(store, renamed())
                assert projector.caught_up_to(last, PATIENCE)
            last = tell(store, renamed())  # whoever is left goes on
            assert other.caught_up_to(last, PATIENCE)
    assert about(models, "names")[0]["changes"] == 21
    assert len(about(models, "seen")) == 21


def test_a_question_catches_up_by_itself_or_waits_for_the_runner(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    assert projector.catch_up()
    tell(store, registered())
    with models.writer() as held:
        assert held
        with closing(ReadModels.open(address)) as elsewhere:
            asking = Projector(store, elsewhere, [seen, names])
            assert not asking.catch_up(0.05)
    assert projector.catch_up()
    assert len(about(models, "seen")) == 1


# ── An event that cannot be taken ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("poisoned", POISONS)
def test_a_poison_event_holds_up_its_own_stream_in_its_own_projection_only(
    store: EventStore,
    models: ReadModels,
    poisoned: Callable[[Recorded], Iterator[Write]],
) -> None:
    tell_of_many(store, 4)
    poison = tell(store, registered(), renamed(name="poison"), renamed())
    tell(store, registered(), agency="another")
    projector = Projector(store, models, [replace(seen, project=poisoned), names])
    with capture_logs() as said:
        projector.run(once=True)

    assert stands(projector) == {"names": (12, 0, 0), "seen": (12, 0, 2)}
    assert [row["position"] for row in about(models, "seen")] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 12]
    assert [line["position"] for line in said if line["event"] == "event_parked"] == [poison - 1]
    assert "Robin" not in str(said)

    tell(store, suspended())
    tell(store, suspended(), agency="another")
    projector.run(once=True)
    assert stands(projector)["seen"] == (14, 0, 3)
    assert about(models, "seen")[-1]["position"] == 14


def test_parked_events_are_taken_in_their_order_once_they_can_be(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(), renamed(name="poison"), renamed(), suspended())
    Projector(store, models, [replace(seen, project=beyond_the_code), names]).run(once=True)
    assert stands(projector)["seen"] == (4, 0, 3)
    assert projector.catch_up()  # a question does not spend its time on them
    assert stands(projector)["seen"] == (4, 0, 3)

    projector.run(once=True)

    assert stands(projector)["seen"] == (4, 0, 0)
    assert [row["position"] for row in about(models, "seen")] == [1, 2, 3, 4]
    mended = projector.digest("seen")
    projector.rebuild("seen")
    assert projector.digest("seen") == mended


def test_what_still_cannot_be_taken_stays_parked_with_all_behind_it(
    store: EventStore, models: ReadModels
) -> None:
    projector = Projector(store, models, [replace(seen, project=refused_by_the_database)])
    tell(store, renamed(name="poison"), renamed())
    tell(store, renamed(name="poison"), renamed(), agency="another")
    projector.run(once=True)
    assert stands(projector)["seen"] == (4, 0, 4)

    execute_again = tell(store, registered(), agency="third")
    projector.run(once=True)
    assert stands(projector)["seen"] == (execute_again, 0, 4)
    assert [row["stream"] for row in about(models, "seen")] == ["agency-third"]


def test_an_event_that_cannot_be_read_holds_up_its_stream_where_it_is_asked_for(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(), suspended(), renamed())
    tell(store, registered(), agency="another")
    without_triggers(address)
    execute(address, "update stored_events set state = ? where position = 2", (b"torn",))
    projector.run(once=True)
    assert stands(projector) == {"names": (4, 0, 0), "seen": (4, 0, 2)}
    assert [row["position"] for row in about(models, "seen")] == [1, 4]
    assert [line.behind_seconds for line in Projector(store, models, [names]).status()] == [0]


# ── A process that is killed ──────────────────────────────────────────────────────────────────────


def killed(address: str, keys: Path, what: str, position: int) -> None:
    """Run the small projections in a process that dies while it writes what is at a position."""
    words = ["-m", "tests.services.small_projections", address, str(keys), what, str(position)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, timeout=PATIENCE, check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_runner_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    store: EventStore, address: str, tmp_path: Path, models: ReadModels, projector: Projector
) -> None:
    tell_of_many(store, 5)
    projector.run(once=True)
    before = about(models, "names"), about(models, "seen")
    for n in range(10, 20):
        last = tell(store, registered(), renamed(), agency=f"{n}")
    killed(address, tmp_path / "keys", "run", 20)
    assert (about(models, "names"), about(models, "seen")) == before
    assert stands(projector) == {"names": (10, 20, 0), "seen": (10, 20, 0)}

    projector.run(once=True)
    assert len(about(models, "seen")) == last == 30
    assert {row["changes"] for row in about(models, "names")} == {2}


def test_a_rebuild_killed_half_way_leaves_the_live_rows_and_starts_again(
    store: EventStore, address: str, tmp_path: Path, models: ReadModels, projector: Projector
) -> None:
    tell_of_many(store, 10)
    projector.run(once=True)
    before = projector.digest()
    killed(address, tmp_path / "keys", "rebuild", 15)
    assert projector.digest() == before

    projector.rebuild()
    assert projector.digest() == before
    assert stands(projector) == {"names": (20, 0, 0), "seen": (20, 0, 0)}


# ── Rebuilding ────────────────────────────────────────────────────────────────────────────────────


def test_a_rebuild_gives_the_same_rows_as_following_did(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    for n in range(4):
        tell(store, registered(), renamed(name=f"{n}"), suspended(), agency=f"{n % 2}")
        projector.run(once=True)
    before = projector.digest()
    assert all(digest.rows for digest in before)

    projector.rebuild("names")
    projector.rebuild("seen")
    assert projector.digest() == before
    projector.rebuild()
    assert projector.digest() == before

    tell(store, renamed(), agency="0")
    projector.run(once=True)
    assert about(models, "names")[0]["changes"] == 5


def test_a_rebuild_of_what_never_ran_is_its_first_run(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    assert [digest.rows for digest in projector.digest()] == [0, 0]
    tell(store, registered())
    projector.rebuild()
    assert stands(projector) == {"names": (1, 0, 0), "seen": (1, 0, 0)}
    assert len(about(models, "names")) == 1


def test_nobody_ever_reads_a_half_built_table(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    tell_of_many(store, 20)
    projector.run(once=True)
    read: list[int] = []

    def looking(recorded: Recorded) -> Iterator[Write]:
        read.append(len(about(models, "names")))
        return name_it(recorded)

    Projector(store, models, [replace(names, project=looking)]).rebuild()
    assert len(read) == 40
    assert set(read) == {20}


def test_a_rebuild_beside_a_running_projector_never_goes_back_in_time(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell_of_many(store, 20)
    with closing(ReadModels.open(address)) as elsewhere, running(projector):
        assert projector.caught_up_to(store.newest(), PATIENCE)

        def busy(recorded: Recorded) -> Iterator[Write]:
            # While this is built, more comes in, and is shown.
            if recorded.position == 40:
                assert projector.caught_up_to(tell(store, renamed()), PATIENCE)
            return name_it(recorded)

        Projector(store, elsewhere, [replace(names, project=busy)]).rebuild()
        assert models.checkpoints()["names"].position >= 41
        last = tell(store, renamed())
        assert projector.caught_up_to(last, PATIENCE)
    changes = {row["agency"]: row["changes"] for row in about(models, "names")}
    assert changes == {**{f"{n}": 2 for n in range(20)}, "one": 2}


def test_only_one_rebuild_works_at_a_time(models: ReadModels, projector: Projector) -> None:
    with models.beside() as held:
        assert held
        with pytest.raises(Occupied):
            projector.rebuild()


def test_a_new_version_of_a_projection_replaces_the_rows_of_the_old(
    store: EventStore, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(name="old"))
    projector.run(once=True)

    def louder(recorded: Recorded) -> Iterator[Write]:
        for write in name_it(recorded):
            yield Write(write.sql, {**write.values, "name": write.values["name"].upper()})

    schema = (
        "create table names (agency text primary key, name text, changes integer, more text)",
    )
    statement = "insert into names (agency, name, changes) values (:agency, :name, 1)"
    newer = replace(
        names,
        version=2,
        schema=schema,
        project=lambda event: [Write(statement, w.values) for w in louder(event)],
    )
    newest = Projector(store, models, [seen, newer])
    assert not newest.caught_up_to(1, 0)
    assert newest.catch_up()
    assert about(models, "names") == [{"agency": "one", "name": "OLD", "changes": 1, "more": None}]
    assert [line.version for line in newest.status()] == [2, 1]

    assert newest.restore("names")
    assert about(models, "names") == [{"agency": "one", "name": "old", "changes": 1}]
    tell(store, renamed(name="new"))
    projector.run(once=True)  # the earlier release
    assert about(models, "names") == [{"agency": "one", "name": "new", "changes": 2}]
    assert not newest.restore("seen")


def test_a_running_projector_notices_that_its_tables_were_replaced(
    store: EventStore, address: str, models: ReadModels
) -> None:
    """A rebuild with mended code has nothing parked: neither has the runner, from then on."""
    failing = Projector(store, models, [replace(seen, project=beyond_the_code)])
    last = tell(store, renamed(name="poison"), renamed())
    with closing(ReadModels.open(address)) as elsewhere, running(failing):
        assert failing.caught_up_to(last, PATIENCE)
        Projector(store, elsewhere, [seen]).rebuild()
        last = tell(store, renamed())
        assert failing.caught_up_to(last, PATIENCE)
    assert stands(failing) == {"seen": (3, 0, 0)}
    assert len(about(models, "seen")) == 3


def test_read_models_that_are_ahead_of_a_restored_log_are_built_again(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(name="kept"), renamed(name="lost"))
    projector.run(once=True)
    without_triggers(address)
    execute(address, "delete from stored_events where position = 2")

    assert projector.catch_up()
    assert stands(projector) == {"names": (1, 0, 0), "seen": (1, 0, 0)}
    assert about(models, "names") == [{"agency": "one", "name": "kept", "changes": 1}]


def put_back_and_grown(store: EventStore, address: str) -> None:
    """Two events become three, of which only the first was there before."""
    without_triggers(address)
    execute(address, "delete from stored_events where position > 1")
    if not address.startswith("postgresql"):
        execute(address, "update sqlite_sequence set seq = 1")
    tell(store, renamed(name="other"), suspended())
    tell(store, registered(name="second"), agency="two")


def test_read_models_of_a_log_that_was_put_back_and_grew_again_are_built_again(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(name="kept"), renamed(name="lost"))
    projector.run(once=True)
    put_back_and_grown(store, address)

    assert [(line.position, line.behind) for line in projector.status()] == [(0, 4), (0, 4)]
    assert all(line.of_another_log for line in projector.status())
    with capture_logs() as said:
        assert projector.catch_up()
    told = [line["projection"] for line in said if line["event"] == "rows_of_another_log"]
    assert sorted(told) == ["names", "seen"], "each is told once"
    assert not any(line.of_another_log for line in projector.status())
    assert [row["name"] for row in about(models, "names")] == ["other", "second"]
    assert stands(projector) == {"names": (4, 0, 0), "seen": (4, 0, 0)}


def test_read_models_of_another_log_of_the_same_length_are_built_again(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(name="kept"), renamed(name="lost"))
    projector.run(once=True)
    without_triggers(address)
    execute(address, "delete from stored_events")
    if not address.startswith("postgresql"):
        execute(address, "update sqlite_sequence set seq = 0")
    tell(store, registered(name="another"), agency="two")
    tell(store, registered(name="third"), agency="three")

    projector.run(once=True)
    assert [row["name"] for row in about(models, "names")] == ["third", "another"]


def test_read_models_from_before_checkpoints_were_marked_are_built_again_once(
    store: EventStore, address: str, projector: Projector
) -> None:
    tell(store, registered(name="kept"))
    projector.run(once=True)
    if address.startswith("postgresql"):
        execute(address, "alter table read_models.checkpoints drop column mark")
    else:
        with closing(sqlite3.connect(Path(address) / "read.db")) as file:
            file.executescript("alter table checkpoints drop column mark; pragma user_version = 1;")
    with closing(ReadModels.open(address)) as models:
        later = Projector(store, models, [seen, names])
        assert all(line.of_another_log for line in later.status())
        later.run(once=True)
        assert stands(later) == {"names": (1, 0, 0), "seen": (1, 0, 0)}
        assert not any(line.of_another_log for line in later.status())


# ── A log that somebody has been at ───────────────────────────────────────────────────────────────


def test_a_deleted_event_is_noticed_and_said_to_be_missing(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(name="Old"), renamed(name="New"), suspended())
    without_triggers(address)
    execute(address, "delete from stored_events where position = 2")

    with capture_logs() as said:
        projector.run(once=True)
    assert {(line["position"], line["reason"]) for line in said} == {(2, "Missing")}
    assert stands(projector) == {"names": (3, 0, 1), "seen": (3, 0, 1)}
    assert [row["position"] for row in about(models, "seen")] == [1, 3]
    assert store.missing(0, store.newest()) == [2]


def test_an_event_that_is_put_back_in_its_place_is_taken(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered(name="Old"), renamed(name="New"), suspended())
    (row,) = execute(address, "select * from stored_events where position = 2")
    without_triggers(address)
    execute(address, "delete from stored_events where position = 2")
    projector.run(once=True)
    execute(address, "insert into stored_events values (?, ?, ?, ?, ?)", row)

    projector.run(once=True)
    assert stands(projector) == {"names": (3, 0, 0), "seen": (3, 0, 0)}
    assert about(models, "names") == [{"agency": "one", "name": "New", "changes": 2}]


def test_an_event_that_nobody_asked_for_is_no_gap_when_it_is_put_back(
    store: EventStore, address: str, projector: Projector
) -> None:
    tell(store, registered(), suspended(), resumed(), suspended())
    (row,) = execute(address, "select * from stored_events where position = 3")
    without_triggers(address)
    execute(address, "delete from stored_events where position = 3")
    projector.run(once=True)
    assert stands(projector) == {"names": (4, 0, 1), "seen": (4, 0, 1)}
    execute(address, "insert into stored_events values (?, ?, ?, ?, ?)", row)
    projector.run(once=True)
    assert stands(projector) == {"names": (4, 0, 0), "seen": (4, 0, 0)}


def test_a_question_does_not_wait_for_a_long_rebuild_of_another_version(
    store: EventStore, address: str, models: ReadModels, projector: Projector
) -> None:
    tell(store, registered())
    projector.run(once=True)
    newer = Projector(store, models, [seen, replace(names, version=2)])
    with closing(ReadModels.open(address)) as elsewhere, elsewhere.beside() as held:
        assert held
        assert not newer.catch_up(0.05)
    assert newer.catch_up()


# ── A database that goes away ─────────────────────────────────────────────────────────────────────


def test_a_lost_connection_does_not_end_the_runner(postgresql: str, vault: Vault) -> None:
    with (
        closing(EventStore.open(postgresql, vault)) as store,
        closing(ReadModels.open(postgresql)) as models,
        psycopg.connect(postgresql, autocommit=True) as owner,
    ):
        projector = Projector(store, models, [seen, names])
        with running(projector):
            for _ in range(3):
                assert projector.caught_up_to(tell(store, renamed()), PATIENCE)
                owner.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            assert projector.caught_up_to(tell(store, renamed()), PATIENCE)
        assert about(models, "names")[0]["changes"] == 4


@pytest.mark.postgresql
@pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL of its own to take away")
def test_the_runner_outlives_a_database_that_was_down(vault: Vault) -> None:
    server = Server(PROGRAMS[min(PROGRAMS)])
    try:
        with (
            closing(EventStore.open(server.address, vault)) as store,
            closing(ReadModels.open(server.address)) as models,
        ):
            projector = Projector(store, models, [seen, names])
            with running(projector):
                assert projector.caught_up_to(tell(store, renamed()), PATIENCE)
                with capture_logs() as said:
                    server.kill()
                    until = time.monotonic() + PATIENCE
                    while not said:
                        assert time.monotonic() < until
                        threading.Event().wait(0.02)
                assert said[0]["event"] == "projections_interrupted"
                with pytest.raises(Exception, match=r"."):
                    Projector(store, models, [seen, names]).run(once=True)
                server.start()
                assert projector.caught_up_to(tell(store, renamed()), PATIENCE)
            assert about(models, "names")[0]["changes"] == 2
    finally:
        server.stop()


# ── Which there are ───────────────────────────────────────────────────────────────────────────────


def test_the_projections_are_found_by_listing_their_folder() -> None:
    files = {path.stem for path in (ROOT / "projections").glob("[!_]*")}
    assert found().keys() == files - {"base"}


def test_two_projections_do_not_share_a_name_or_a_table() -> None:
    with pytest.raises(ValueError, match="called seen"):
        checked([seen, seen])
    with pytest.raises(ValueError, match="both have seen"):
        checked([seen, replace(seen, name="saw")])
    with pytest.raises(ValueError, match="both have parked"):
        checked([replace(seen, tables={"parked": ("position",)})])
