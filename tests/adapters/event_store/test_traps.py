"""Does a trap that others fell into still not catch us? The nine of the design, in its order."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import pytest
from eventsourcing import utils
from eventsourcing.persistence import InfrastructureFactory

from adapters.event_store import (
    Append,
    Conflict,
    EventStore,
    Tracking,
    Unreadable,
    postgres,
    recorder,
    sqlite,
)
from adapters.vault import Vault
from tests.adapters.event_store.direct import execute, without_triggers
from tests.adapters.event_store.forgetful import way_to
from tests.adapters.event_store.notes import CATALOGUE, closed, kept, positions, written

WRITER = "tests.adapters.event_store.writer"
ROOT = Path(__file__).parents[3]
PATIENCE = 60  # seconds

Processes = list[subprocess.Popen[str]]


@contextmanager
def writers(address: str, keys: Path, count: int, appends: int) -> Iterator[Processes]:
    """Processes that all begin to write at the same moment."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", WRITER, address, str(keys), str(n), str(appends)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(count)
    ]
    try:
        for process in started:
            assert process.stdin
            process.stdin.write("begin\n")
            process.stdin.flush()
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


# ── 1 · A reader that follows many writers ────────────────────────────────────────────────────────


def test_a_reader_that_follows_three_writers_misses_nothing(
    address: str, store: EventStore, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library's switch for its own functions, which take no lock, has no say here.
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "yes")
    seen: list[int] = []
    until = monotonic() + PATIENCE
    with writers(address, keys, 3, 60) as processes:
        while any(each.poll() is None for each in processes) or len(seen) < store.newest():
            assert monotonic() < until
            if store.wait(len(seen), 1):
                page = store.since(len(seen), 40)
                assert positions(page)[0] == len(seen) + 1
                seen += positions(page)
        stored = sum(int(each.communicate()[0]) for each in processes)

    assert seen == list(range(1, stored + 1))
    assert stored == 3 * (60 + 60) + 60  # the two kinds of append, and each fight won once


# ── 2 · Large appends ─────────────────────────────────────────────────────────────────────────────


def test_five_megabytes_are_stored_in_one_append(store: EventStore) -> None:
    large = kept(text=b"\0\xff" * 2_621_440)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(store.append, [Append("message-1", 0, [large])]).result(PATIENCE)
    assert store.history("message-1", opened=True)[0].event == large


def test_ten_thousand_events_are_stored_in_one_append(store: EventStore) -> None:
    events = [closed()] * 10_000
    with ThreadPoolExecutor(1) as pool:
        pool.submit(store.append, [Append("note-1", 0, events)]).result(PATIENCE)
    assert positions(store.history("note-1")) == list(range(1, 10_001))


def test_an_append_that_fails_leaves_no_gap(store: EventStore) -> None:
    store.append([Append("note-1", 0, [closed()])], {"command:1": ""})
    for appends, claims in (
        ([Append("note-1", 0, [closed()] * 5)], {}),
        ([Append("note-2", 0, [closed("note-2")] * 5)], {"command:1": "other"}),
    ):
        with pytest.raises(Conflict):
            store.append(appends, claims)
    assert positions(store.append([Append("note-2", 0, [closed("note-2")])])) == [2]


# ── 3 · SQLite's numbers ──────────────────────────────────────────────────────────────────────────


def test_the_position_of_a_deleted_event_is_never_given_again(
    sqlite_store: EventStore, tmp_path: Path
) -> None:
    address = str(tmp_path / "store")
    sqlite_store.append([Append("note-1", 0, [closed(), closed()])])
    without_triggers(address)
    execute(address, "delete from stored_events where position = 2")
    assert positions(sqlite_store.append([Append("note-2", 0, [closed("note-2")])])) == [3]


def test_a_store_that_was_dumped_and_restored_counts_on(
    sqlite_store: EventStore, tmp_path: Path, vault: Vault
) -> None:
    address = str(tmp_path / "store")
    sqlite_store.append([Append("note-1", 0, [written(), closed(), closed()])])
    without_triggers(address)
    execute(address, "delete from stored_events where position in (2, 3)")
    restored = tmp_path / "restored"
    restored.mkdir()
    with (
        closing(sqlite3.connect(tmp_path / "store" / "events.db")) as source,
        closing(sqlite3.connect(restored / "events.db")) as target,
    ):
        target.executescript("\n".join(source.iterdump()))

    with closing(EventStore.open(restored, vault, catalogue=CATALOGUE)) as store:
        assert store.history("note-1", opened=True)[0].event == written()
        assert positions(store.append([Append("note-2", 0, [closed("note-2")])])) == [4]


def test_two_readers_keep_their_places_in_one_file(store: EventStore) -> None:
    store.append([], tracking=Tracking("inbox@1", 5))
    store.append([], tracking=Tracking("timeline@1", 3))
    with pytest.raises(Conflict, match="inbox@1 has moved on"):
        store.append([], tracking=Tracking("inbox@1", 5))
    store.append([], tracking=Tracking("timeline@1", 4))


def test_what_was_acknowledged_is_on_disk(sqlite_store: EventStore, tmp_path: Path) -> None:
    sqlite_store.append([Append("note-1", 0, [closed()])])
    with sqlite.Database(tmp_path / "store" / "events.db").writing() as connection:
        assert connection.execute("pragma synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


# ── 4 · Listening ─────────────────────────────────────────────────────────────────────────────────


def test_what_was_stored_before_somebody_listened_is_not_missed(store: EventStore) -> None:
    store.append([Append("note-1", 0, [closed()])])
    assert store.wait(0, PATIENCE)


def test_an_append_of_another_process_is_announced(postgresql: str, vault: Vault) -> None:
    listening = "select 1 from pg_stat_activity where query = 'listen stored_events'"
    with (
        closing(EventStore.open(postgresql, vault, catalogue=CATALOGUE)) as store,
        closing(EventStore.open(postgresql, vault, catalogue=CATALOGUE)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        store._recorder.poll_seconds = PATIENCE
        woken = pool.submit(store.wait, 0, PATIENCE)
        until = monotonic() + PATIENCE
        while not execute(postgresql, listening):
            assert monotonic() < until
        other.append([Append("note-1", 0, [closed()])])
        assert woken.result(PATIENCE / 2)


def test_a_listener_that_lost_its_connection_hears_again(postgresql: str, vault: Vault) -> None:
    with closing(EventStore.open(postgresql, vault, catalogue=CATALOGUE)) as store:
        assert not store.wait(0, 0.01)
        execute(
            postgresql,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()",
        )
        assert store.newest() == 0
        with closing(EventStore.open(postgresql, vault, catalogue=CATALOGUE)) as other:
            other.append([Append("note-1", 0, [closed()])])
        assert store.wait(0, PATIENCE)


def test_a_poisoned_event_does_not_take_those_around_it_along(
    store: EventStore, address: str
) -> None:
    store.append([Append("note-1", 0, [closed()] * 3)])
    without_triggers(address)
    execute(address, "update stored_events set state = ? where position = 2", (b"\1poison",))

    assert positions(store.since(0, 10)) == [1]
    with pytest.raises(Unreadable) as poison:
        store.since(1, 10)
    assert (poison.value.position, poison.value.stream) == (2, "note-1")
    assert positions(store.since(2, 10)) == [3]


# ── 5 · Many starts at once ───────────────────────────────────────────────────────────────────────


def test_processes_may_all_be_the_first(address: str, keys: Path) -> None:
    with writers(address, keys, 4, 1) as processes:
        said = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert sum(map(int, said)) == 4 + 1


# ── 6 · A lost acknowledgement ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("earlier", "claims"), [({"command:1": "x"}, {"command:2": "x"}), ({}, {})]
)
def test_an_answer_lost_on_its_way_is_no_conflict(
    postgresql: str, vault: Vault, earlier: dict[str, str], claims: dict[str, str]
) -> None:
    with (
        way_to(postgresql) as way,
        closing(EventStore.open(way.address, vault, catalogue=CATALOGUE)) as store,
    ):
        # The first append of a connection takes more than one answer.
        store.append([Append("note-1", 0, [written()])], earlier)
        way.lose_next_answer = True
        recorded = store.append([Append("note-1", 1, [written(words="Again.")])], claims)

        assert way.lost == 1
        assert positions(recorded) == [2]
        assert [store.opened(each) for each in store.history("note-1")][1:] == recorded


def test_the_same_append_a_second_time_gives_what_the_first_stored(store: EventStore) -> None:
    appends = [Append("note-1", 0, [written(), closed()]), Append("message-1", 0, [kept()])]
    recorded = store.append(appends, {"command:1": "x", "nhs:9": "child-1"})
    assert store.append(appends, {"command:1": "x", "nhs:9": "child-1"}) == recorded
    assert store.newest() == 3


def test_another_append_under_the_same_command_is_a_conflict(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written()])], {"command:1": "x"})
    for appends, claims in (
        ([Append("note-1", 0, [written(words="Other words.")])], {"command:1": "x"}),
        ([Append("note-1", 0, [written()])], {"command:1": "y"}),
        ([Append("note-1", 0, [written()])], {"command:1": "x", "nhs:9": ""}),
        ([Append("note-1", 0, [written(), closed()])], {"command:1": "x"}),
        ([], {"command:1": "x"}),
    ):
        with pytest.raises(Conflict) as conflict:
            store.append(appends, claims)
        assert conflict.value.claim == "command:1"
    with pytest.raises(Conflict) as conflict:
        store.append([Append("note-1", 0, [written()])])
    assert conflict.value.stream == "note-1"


# ── 7 · A hostile name ────────────────────────────────────────────────────────────────────────────


def test_a_stored_name_is_looked_up_in_the_catalogue_and_nowhere_else(
    store: EventStore, address: str
) -> None:
    store.append([Append("note-1", 0, [closed()])])
    execute(
        address,
        "insert into stored_events (position, stream, version, topic, state)"
        " select 2, stream, 2, 'subprocess:Popen', state from stored_events",
    )
    with pytest.raises(Unreadable, match="no event of that name"):
        store.history("note-1")
    with pytest.raises(Unreadable, match="no event of that name"):
        store.since(1, 10, opened=True)
    with pytest.raises(Unreadable):
        list(store._log.events.get("note-1"))
    assert "subprocess:Popen" not in utils._topic_cache


# ── 8 · One factory a module ──────────────────────────────────────────────────────────────────────


def test_each_recorder_s_module_has_exactly_one_factory(address: str, tmp_path: Path) -> None:
    module = postgres if address.startswith("postgresql") else sqlite
    where = address if module is postgres else str(tmp_path / "events.db")
    made: InfrastructureFactory[recorder.LogRecorder] = InfrastructureFactory.construct(
        {"PERSISTENCE_MODULE": module.__name__, recorder.LogFactory.ADDRESS: where}
    )
    assert type(made) is module.Factory
    made.close()
    with pytest.raises(OSError, match="EVENT_STORE_ADDRESS is not set"):
        module.Factory({})


# ── 9 · Hostile bytes ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"{",
        b"[" * 100_000,
        b'{"event":' * 50_000,
        b'{"event":"note.closed.v1","note_id":"\xff\xfe"}',
        b'{"event":"note.written.v1"}',
        b'{"event":"note.closed.v1","happened_at":"2026-11-23T09:30:00"}',
        b'{"event":"note.closed.v1","happened_at":1e400}',
    ],
    ids=lambda header: str(header[:24]),
)
def test_bytes_that_break_a_parser_are_unreadable_and_nothing_worse(
    store: EventStore, address: str, header: bytes
) -> None:
    store.append([Append("note-1", 0, [closed()])])
    without_triggers(address)
    sizes = b"\1" + len(header).to_bytes(4, "big") + bytes(8)
    execute(address, "update stored_events set state = ?", (sizes + header,))
    with pytest.raises(Unreadable, match="its header is broken"):
        store.history("note-1")


def test_many_threads_may_share_a_store(store: EventStore) -> None:
    def work(n: int) -> None:
        store.append([Append(f"note-{n}", 0, [written(f"note-{n}")])], {f"command:{n}": ""})
        assert store.history(f"note-{n}", opened=True)[0].event == written(f"note-{n}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert store.newest() == 40
