"""Is each message on Kafka stored once, in its order, and none lost, whatever breaks on the way?

A few of each kind, by real processes; `benchmarks/kafka_faults.py` does hundreds.
"""

import json
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from adapters.event_store import Unavailable
from adapters.transports.kafka import Access, Inlet
from services.ingest_kafka import Ingest, Taken
from tests.adapters.event_store.forgetful import way_to
from tests.kafka_feed import Feed, Mirrored
from tests.parts.kafka import Broker
from tests.parts.kafka_proxy import Api, way_to_kafka
from tests.parts.postgres import PROGRAMS, WITHOUT, Server

pytestmark = pytest.mark.real_kafka

SESSION_MS = 1000
"""After which the broker takes a reader for dead; the least that it allows."""
PATIENCE = 30


@pytest.fixture
def feed(kafka: Broker, address: str, tmp_path: Path) -> Iterator[Feed]:
    with closing(Feed(kafka, address, tmp_path)) as opened:
        yield opened


@pytest.fixture
def folder_feed(kafka: Broker, tmp_path: Path) -> Iterator[Feed]:
    with closing(Feed(kafka, str(tmp_path / "store"), tmp_path)) as opened:
        yield opened


def takes_all(feed: Feed, kafka: str = "", kind: type[Inlet] = Inlet) -> list[Taken]:
    """What this process makes of all that is there and not stored yet."""
    with closing(feed.inlet(kafka, kind=kind)) as inlet:
        return list(Ingest(feed.store, inlet).lines(Event(), once=True))


def polled(inlet: Inlet, wanted: int) -> int:
    """How many records it gives, when it has given as many, or the time is over."""
    found = 0
    for _ in range(PATIENCE):
        found += sum(len(records) for records in inlet.poll(1).values())
        if found >= wanted:
            break
    return found


def end(*children: "subprocess.Popen[bytes]") -> None:
    for each in children:
        each.terminate()
    assert [each.wait(PATIENCE) for each in children] == [0] * len(children)


def wait_until_it_says(child: "subprocess.Popen[bytes]", event: str) -> list[str]:
    """All events that it tells of on stderr, up to this one."""
    assert child.stderr
    said: list[str] = []
    for line in child.stderr:
        said += [told] if (told := json.loads(line)["event"]) != "library_said" else []
        if event in said:
            return said
    pytest.fail(f"It ended; it had said {said}.")


def test_who_is_killed_while_another_reads_the_same_stores_each_message_once(feed: Feed) -> None:
    points = ["after-the-append"]
    if not feed.address.startswith("postgres"):
        points += ["after-the-keys", "within-the-append"]
    for point in points:
        feed.sends(8)
        child = feed.start(once=True, fault=f"kill:{point}:1")
        assert child.wait(PATIENCE) == -signal.SIGKILL, point
    feed.sends(8)
    both = [feed.start(once=True), feed.start(once=True)]
    assert [each.wait(PATIENCE) for each in both] == [0, 0], feed.told()
    assert feed.outcome().right, feed.outcome()


def test_who_stood_still_until_another_had_its_partitions_stores_nothing_twice(
    folder_feed: Feed,
) -> None:
    folder_feed.sends(12)
    zombie = folder_feed.start(fault="stop:before-the-append:1", session=SESSION_MS)
    os.waitid(os.P_PID, zombie.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    other = folder_feed.start(session=SESSION_MS)
    folder_feed.wait_until_stored(other)
    folder_feed.sends(12)
    zombie.send_signal(signal.SIGCONT)
    folder_feed.wait_until_stored(other)
    end(other)
    folder_feed.sends(12)
    folder_feed.wait_until_stored(zombie)
    end(zombie)
    assert folder_feed.outcome().right, folder_feed.outcome()


def test_partitions_given_while_the_store_is_away_are_read_when_it_is_back(
    folder_feed: Feed,
) -> None:
    away = Event()
    away.set()

    def position(tracked: str) -> int:
        if away.is_set():
            raise Unavailable("It is away.")
        return folder_feed.store.tracked(tracked)

    folder_feed.sends(12)
    access = Access(bootstrap=folder_feed.broker.address)
    with closing(Inlet(access, folder_feed.topics, position, alone=False)) as inlet:
        with pytest.raises(Unavailable):
            polled(inlet, 12)
        inlet.hold()
        assert inlet.poll(0) == {}
        away.clear()
        inlet.go_on()
        assert polled(inlet, 12) == 12


def test_a_broker_that_is_killed_is_read_again_when_it_is_back(folder_feed: Feed) -> None:
    child = folder_feed.start(session=SESSION_MS)
    folder_feed.sends(12)
    folder_feed.wait_until_stored(child)
    folder_feed.broker.kill()
    folder_feed.broker.start()
    folder_feed.sends(12)
    folder_feed.wait_until_stored(child)
    end(child)
    assert folder_feed.outcome().right, folder_feed.outcome()


@pytest.mark.parametrize("api", [Api.FETCH, Api.LIST_OFFSETS])
def test_an_answer_of_kafka_that_is_lost_loses_no_message(folder_feed: Feed, api: Api) -> None:
    with way_to_kafka(folder_feed.broker.address) as way:
        for spoil in (way.lose, way.cut):
            folder_feed.sends(12)
            spoil(api)
            assert takes_all(folder_feed, way.address)
        assert way.lost[api] == 2
        assert way.passed[Api.FETCH]
    assert folder_feed.outcome().right, folder_feed.outcome()


def test_topics_that_are_put_there_again_or_read_from_the_beginning_add_nothing(
    folder_feed: Feed,
) -> None:
    folder_feed.sends(24)
    takes_all(folder_feed)
    newest = folder_feed.store.newest()
    folder_feed.sends_all_again()
    again, mirrored = takes_all(folder_feed), takes_all(folder_feed, kind=Mirrored)
    assert {line.result for line in (*again, *mirrored)} == {"duplicate"}
    assert (len(again), len(mirrored)) == (24, 48)
    assert folder_feed.store.newest() == newest
    assert folder_feed.outcome().right, folder_feed.outcome()


@pytest.mark.postgresql
def test_a_database_whose_answer_is_lost_or_that_stops_is_waited_for(
    kafka: Broker, tmp_path: Path
) -> None:
    if not PROGRAMS:
        pytest.skip(WITHOUT)
    server = Server(PROGRAMS[max(PROGRAMS)])
    try:
        with closing(Feed(kafka, server.address, tmp_path)) as feed, way_to(server.address) as way:
            child = feed.start(session=SESSION_MS, store=way.address, listening=True)
            way.lose_answer_to = b"message.received.v1"  # it was stored
            feed.sends(8)
            feed.wait_until_stored(child)
            assert wait_until_it_says(child, "store_back") == ["store_away", "store_back"]
            assert way.lost == 1
            server.kill()
            feed.sends(8)
            assert wait_until_it_says(child, "store_away") == ["store_away"]
            server.start()
            assert wait_until_it_says(child, "store_back") == ["store_back"]
            feed.wait_until_stored(child)
            end(child)
            assert feed.outcome().right, feed.outcome()
    finally:
        server.stop()


def test_a_disk_that_is_full_is_waited_for(folder_feed: Feed) -> None:
    child = folder_feed.start(session=SESSION_MS, listening=True)
    folder_feed.sends(4)
    folder_feed.wait_until_stored(child)
    _, most = resource.prlimit(child.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (4096, most))
    folder_feed.sends(8)
    assert wait_until_it_says(child, "store_away") == ["store_away"]
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (most, most))
    assert wait_until_it_says(child, "store_back") == ["store_back"]
    folder_feed.wait_until_stored(child)
    end(child)
    assert folder_feed.outcome().right, folder_feed.outcome()
