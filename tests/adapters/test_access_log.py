"""Is every look kept, in order, for good, or else refused?"""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL

from adapters.access_log import AccessLog, Look, Unrecorded, Wanted, open_access_log

AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
ELLA, SAM = "child-" + "e" * 32, "child-" + "5" * 32

LOOKS_ON = """
import sys
from datetime import UTC, datetime
from adapters.access_log import open_access_log
address, person, looks = sys.argv[1:]
log = open_access_log(address)
for look in range(int(looks)):
    position = log.record(
        person=person, role="duty-worker", action="see-child", about=[f"child-{look}", "child-all"],
        permitted=True, rule="waiting-or-own-work", at=datetime.now(UTC),
    )
    print(position, f"child-{look}", flush=True)
"""

FILLS_UP = """
import resource, sys
from datetime import UTC, datetime
from adapters.access_log import Unrecorded, open_access_log
log = open_access_log(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
position = 0
try:
    while True:
        position = log.record(
            person="ann", role="duty-worker", action="see-inbox", permitted=True, rule="office",
            about=[f"referral-{position}-{n}" for n in range(50)], at=datetime.now(UTC),
        )
except Unrecorded:
    print(position)
"""

Raw = Callable[[str], list[Any]]


@pytest.fixture
def log(address: str) -> Iterator[AccessLog]:
    opened = open_access_log(address, patience=0.5)
    yield opened
    opened.close()


@contextmanager
def database(address: str) -> Iterator[Raw]:
    """Statements that go past the adapter, to the database that it uses."""
    with ExitStack() as stack:
        if address.startswith("postgresql:"):
            server = stack.enter_context(psycopg.connect(address, autocommit=True))
            server.execute("set search_path = access")

            def run(statement: str) -> list[Any]:
                cursor = server.execute(SQL(statement))
                return cursor.fetchall() if cursor.description else []
        else:
            file = sqlite3.connect(Path(address) / "access.db", isolation_level=None)
            stack.callback(file.close)

            def run(statement: str) -> list[Any]:
                return file.execute(statement).fetchall()

        yield run


def look(log: AccessLog, *about: str, person: str = "ann", permitted: bool = True) -> int:
    return log.record(
        person=person,
        role="duty-worker",
        action="see-child",
        about=about,
        permitted=permitted,
        rule="waiting-or-own-work",
        at=AT,
    )


def looker(address: str, person: str, looks: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LOOKS_ON, address, person, str(looks)],
        stdout=subprocess.PIPE,
        text=True,
    )


# What is kept


def test_who_looked_at_a_child_is_told_with_the_newest_first(log: AccessLog) -> None:
    look(log, ELLA)
    look(log, SAM)
    look(log, SAM, ELLA, person="bob", permitted=False)
    assert log.seen_by(ELLA) == [
        Look(
            position=3,
            at=AT,
            person="bob",
            role="duty-worker",
            action="see-child",
            about=(SAM, ELLA),
            permitted=False,
            rule="waiting-or-own-work",
        ),
        Look(
            position=1,
            at=AT,
            person="ann",
            role="duty-worker",
            action="see-child",
            about=(ELLA,),
            permitted=True,
            rule="waiting-or-own-work",
        ),
    ]


def test_only_so_many_looks_are_told_as_are_asked_for(log: AccessLog) -> None:
    for _ in range(3):
        look(log, ELLA)
    assert [each.position for each in log.seen_by(ELLA, limit=2)] == [3, 2]


def test_looks_are_asked_for_by_record_person_and_day_a_page_at_a_time(log: AccessLog) -> None:
    for person, about, days in (
        ("ann", ELLA, 0),
        ("bob", ELLA, 1),
        ("ann", SAM, 2),
        ("ann", ELLA, 3),
    ):
        log.record(
            person=person,
            role="duty-worker",
            action="see-child",
            about=(about,),
            permitted=True,
            rule="own-work",
            at=AT + timedelta(days=days),
        )
    for wanted, positions in (
        (Wanted(), [4, 3, 2, 1]),
        (Wanted(about=ELLA), [4, 2, 1]),
        (Wanted(person="ann"), [4, 3, 1]),
        (Wanted(about=ELLA, person="ann"), [4, 1]),
        (Wanted(since=AT + timedelta(days=1), until=AT + timedelta(days=3)), [3, 2]),
        (Wanted(about="child-nobody"), []),
    ):
        assert [each.position for each in log.asked(wanted)] == positions, wanted
        assert log.count(wanted) == len(positions), wanted
    assert [each.position for each in log.asked(Wanted(), skip=1, limit=2)] == [3, 2]


def test_an_empty_log_has_no_newest_look(log: AccessLog) -> None:
    assert (log.count(), log.newest(), log.seen_by(ELLA)) == (0, None, [])


def test_the_newest_look_is_the_last_one(log: AccessLog) -> None:
    look(log, ELLA)
    look(log, person="bob")
    newest = log.newest()
    assert newest
    assert (log.count(), newest.position, newest.person, newest.about) == (2, 2, "bob", ())


def test_a_child_named_twice_in_one_look_is_in_it_once(log: AccessLog) -> None:
    look(log, ELLA, ELLA)
    assert [each.about for each in log.seen_by(ELLA)] == [(ELLA,)]


def test_an_instant_is_the_same_instant_whatever_clock_it_was_given_in(log: AccessLog) -> None:
    summer = AT.astimezone(timezone(timedelta(hours=1)))
    log.record(person="a", role="b", action="c", about=[], permitted=True, rule="d", at=summer)
    newest = log.newest()
    assert newest
    assert newest.at == AT
    assert newest.at.utcoffset() == timedelta(0)


def test_the_log_is_still_there_when_it_is_opened_again(log: AccessLog, address: str) -> None:
    look(log, ELLA)
    log.close()
    again = open_access_log(address)
    assert (look(again, ELLA), again.count()) == (2, 2)
    again.close()


@pytest.mark.parametrize("words", ["Ella Thorne", "ella\nthorne", "", "Élodie", "x" * 101])
def test_words_of_people_do_not_get_into_the_log(log: AccessLog, words: str) -> None:
    with pytest.raises(ValueError, match="Only ids and tokens") as refused:
        look(log, words)
    assert words == "" or words not in str(refused.value)
    assert log.count() == 0


def test_the_file_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    open_access_log(str(tmp_path)).close()
    assert stat.S_IMODE((tmp_path / "access.db").stat().st_mode) == 0o600


# It only grows


@pytest.mark.parametrize(
    "change",
    [
        "update looks set person = 'nobody'",
        "delete from looks",
        "update looks_about set id = 'child-other'",
        "delete from looks_about",
    ],
)
def test_the_database_refuses_to_change_a_line(log: AccessLog, address: str, change: str) -> None:
    look(log, ELLA)
    refusals = (sqlite3.IntegrityError, psycopg.IntegrityError)
    with database(address) as run, pytest.raises(refusals, match="append-only"):
        run(change)
    assert [each.person for each in log.seen_by(ELLA)] == ["ann"]


def test_a_line_cannot_be_replaced_by_writing_over_it(tmp_path: Path) -> None:
    log = open_access_log(str(tmp_path))
    look(log, ELLA)
    over = "insert or replace into looks values (1, '', 'nobody', '', '', '', 1, '')"
    with (
        database(str(tmp_path)) as run,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        run(over)
    assert [each.person for each in log.seen_by(ELLA)] == ["ann"]
    log.close()


def test_a_table_cannot_be_emptied_at_once(postgresql: str) -> None:
    log = open_access_log(postgresql)
    look(log, ELLA)
    for table in ("looks", "looks_about", "looks, looks_about"):
        with (
            database(postgresql) as run,
            pytest.raises(psycopg.IntegrityError, match="append-only"),
        ):
            run(f"truncate {table} cascade")
    assert log.count() == 1
    log.close()


def test_a_role_that_may_only_add_and_read_is_enough_to_start_again(postgresql: str) -> None:
    open_access_log(postgresql).close()
    role = f"reader_{uuid4().hex}"
    with database(postgresql) as run:
        run(
            f"create role {role}; grant usage on schema access to {role};"
            f" grant select, insert on all tables in schema access to {role}"
        )
    joined = "&" if "?" in postgresql else "?"
    lesser = open_access_log(f"{postgresql}{joined}options=-c%20role%3D{role}")
    assert look(lesser, ELLA) == 1
    lesser.close()
    with database(postgresql) as run:
        run(f"drop owned by {role}; drop role {role}")


# Several at once


def test_threads_share_a_log_without_a_gap_or_a_double(log: AccessLog) -> None:
    with ThreadPoolExecutor(4) as pool:
        positions = list(pool.map(lambda each: look(log, f"child-{each}"), range(40)))
    assert sorted(positions) == list(range(1, 41))


@pytest.mark.parametrize("looks", [25])
def test_processes_that_start_together_share_a_log_without_a_gap(address: str, looks: int) -> None:
    processes = [looker(address, f"person-{each}", looks) for each in range(4)]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    positions = [int(line.split()[0]) for each in said for line in each.splitlines()]
    assert sorted(positions) == list(range(1, 4 * looks + 1))
    log = open_access_log(address)
    assert len(log.seen_by("child-all", limit=1000)) == log.count() == 4 * looks
    log.close()


def test_what_was_acknowledged_before_a_kill_is_there_after_it(address: str) -> None:
    acknowledged: dict[int, str] = {}
    for life in range(3):
        process = looker(address, "ann", 100_000)
        assert process.stdout
        for _ in range(10 + 5 * life):
            position, child = process.stdout.readline().split()
            acknowledged[int(position)] = child
        process.kill()
        process.wait(60)
        process.stdout.close()
    log = open_access_log(address)
    kept = {each.position: each for each in log.seen_by("child-all", limit=10_000_000)}
    assert sorted(kept) == list(range(1, log.count() + 1))
    assert all(child in kept[position].about for position, child in acknowledged.items())
    log.close()


# When it cannot be written


def test_a_log_that_another_holds_on_to_is_an_error_and_not_a_wait(
    log: AccessLog, address: str
) -> None:
    with database(address) as run:
        if address.startswith("postgresql:"):
            run("begin; lock table access.looks in exclusive mode")
        else:
            run("begin immediate")
        with pytest.raises(Unrecorded):
            look(log, ELLA)
        run("rollback")
    assert look(log, ELLA) == 1


def test_a_look_that_fails_half_way_leaves_nothing(log: AccessLog, address: str) -> None:
    with database(address) as run:
        run("alter table looks_about rename to elsewhere")
        with pytest.raises(Unrecorded):
            look(log, ELLA)
        run("alter table elsewhere rename to looks_about")
    assert log.count() == 0
    assert look(log, ELLA) == 1


def test_a_full_disk_is_an_error_and_every_look_before_it_is_kept(tmp_path: Path) -> None:
    filling = subprocess.run(
        [sys.executable, "-c", FILLS_UP, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert filling.returncode == 0, filling.stderr
    log = open_access_log(str(tmp_path))
    assert 0 < log.count() == int(filling.stdout)
    assert look(log, ELLA) == log.count()
    log.close()


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "access.db").write_bytes(b"not a database" * 100)
    with pytest.raises(Unrecorded):
        open_access_log(str(tmp_path))


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    with pytest.raises(Unrecorded):
        open_access_log(str(tmp_path / "store"))


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unrecorded):
        open_access_log(f"postgresql:///none?host={tmp_path}", patience=0.5)


def test_a_lost_connection_is_made_again(postgresql: str) -> None:
    log = open_access_log(postgresql)
    look(log, ELLA)
    with database(postgresql) as run:
        run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert look(log, ELLA) == 2
    log.close()
