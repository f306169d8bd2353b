"""Is each message stored once and in order, whatever is killed? One command prints the table.

    python -m benchmarks.kafka_faults [--kills 500] [--postgresql ADDRESS] [--seed N] [--only KIND]

A real broker, real processes of `safeguarding ingest kafka`, and messages of several formats that
go on arriving. For each kind of fault a store of its own, whose log is read to its end afterwards:
`wrong` counts what was set aside, cannot be opened, or stands in a line but not in the log, and
missing positions; `behind` the partitions that were not stored to their end. Of `--kills` half are
at named points and half at random, these in turn of one that has all partitions and of one of a
group. Without `--postgresql` on SQLite. Exit 1 if one message is not stored once, in its order.
"""

import argparse
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event

from services.ingest_kafka import Ingest
from services.logs import configure
from tests.adapters.event_store.forgetful import way_to
from tests.kafka_feed import Feed, Mirrored, Outcome
from tests.parts import dying
from tests.parts.kafka import Broker, jars
from tests.parts.kafka_proxy import Api, way_to_kafka
from tests.parts.postgres import new_database

SESSION_MS = 1000
"""After which the broker takes a reader for dead; the least that it allows."""
PAUSE_SECONDS = 1.5
FEW = 12
"""Messages that arrive before each fault."""

WITHIN = "within-the-append"
"""A point of SQLite's: on PostgreSQL it is the server that is within it."""

ENDED = {0, -signal.SIGTERM, 128 + signal.SIGTERM, -signal.SIGKILL}

AT_ANY_TIME = (Api.FETCH, Api.FETCH, Api.HEARTBEAT, Api.METADATA)
AT_THE_START = (Api.JOIN_GROUP, Api.SYNC_GROUP, Api.FIND_COORDINATOR, Api.LIST_OFFSETS)

Child = subprocess.Popen[bytes]


class Campaign:
    """One kind of fault on one feed. Each method: how many faults there were."""

    def __init__(self, feed: Feed, dice: random.Random, kills: int) -> None:
        self.feed, self.dice, self.kills = feed, dice, kills
        self.few = max(1, kills // 25)
        postgresql = feed.address.startswith("postgres")
        self.points = [each for each in dying.POINTS if not (postgresql and each == WITHIN)]

    def killed_at_named_points(self) -> int:
        done = 0
        while done < self.kills // 2:
            self.feed.sends(FEW)
            point = self.points[done % len(self.points)]
            number = self.dice.randint(1, FEW) if point == "after-the-line" else 1
            child = self.feed.start(once=True, fault=f"kill:{point}:{number}")
            done += child.wait(60) == -signal.SIGKILL
        return done

    def killed_at_random_alone(self) -> int:
        return self._killed_at_random(self.kills // 4, once=True)

    def killed_at_random_in_a_group(self) -> int:
        return self._killed_at_random(self.kills - self.kills // 2 - self.kills // 4, once=False)

    def _killed_at_random(self, times: int, *, once: bool) -> int:
        """Times of death over the whole of a run, as long as the last undisturbed one took."""
        done, whole = 0, 0.0
        while done < times:
            self.feed.sends(FEW)
            if done % 25 == 0:
                whole = self._seconds_of_one(once=once)
                self.feed.sends(FEW)
            child = self.feed.start(once=once, session=SESSION_MS)
            try:
                child.wait(self.dice.uniform(0.4, 1.1) * whole)
            except subprocess.TimeoutExpired:
                child.kill()
                done += child.wait(60) == -signal.SIGKILL
        return done

    def _seconds_of_one(self, *, once: bool) -> float:
        began = time.perf_counter()
        child = self.feed.start(once=once, session=SESSION_MS)
        if once:
            child.wait(60)
        else:
            self.feed.wait_until_stored(child)
            end(child)
        return time.perf_counter() - began

    def broker_killed(self) -> int:
        """Under a running ingest; it is there again as soon as it can."""
        for _ in range(self.few):
            child = self.feed.start(session=SESSION_MS)
            self.feed.sends(FEW)
            self.feed.wait_until_stored(child)
            self.feed.sends(FEW)
            Event().wait(self.dice.uniform(0, 0.3))
            self.feed.broker.kill()
            self.feed.broker.start()
            self.feed.sends(FEW)
            self.feed.wait_until_stored(child)
            end(child)
        return self.few

    def paused_past_the_session(self) -> int:
        """Anywhere in its work; another takes over, and then it goes on with what it had."""
        for _ in range(2 * self.few):
            self.feed.sends(FEW)
            point = self.dice.choice(self.points)
            zombie = self.feed.start(fault=f"stop:{point}:1", session=SESSION_MS)
            wait_for_standstill(zombie)
            other = self.feed.start(session=SESSION_MS)
            if not point.startswith("within"):  # it holds the database's lock
                self.feed.wait_until_stored(other)
            else:
                Event().wait(PAUSE_SECONDS)
            self.feed.sends(FEW)
            zombie.send_signal(signal.SIGCONT)
            self.feed.wait_until_stored(other)
            end(zombie, other)
        return 2 * self.few

    def answers_of_kafka_lost(self) -> int:
        with way_to_kafka(self.feed.broker.address) as way:
            child = self.feed.start(kafka=way.address, session=SESSION_MS)
            for _ in range(4 * self.few):
                api = self.dice.choice((*AT_ANY_TIME, *AT_ANY_TIME, *AT_THE_START))
                self.dice.choice([way.lose, way.cut])(api)
                if api in AT_THE_START:
                    end(child)
                    child = self.feed.start(kafka=way.address, session=SESSION_MS)
                self.feed.sends(FEW)
                self.feed.wait_until_stored(child)
            end(child)
            return sum(way.lost.values())

    def answers_of_postgresql_lost(self) -> int:
        if not self.feed.address.startswith("postgres"):
            return 0
        with way_to(self.feed.address) as way:
            child = self.feed.start(session=SESSION_MS, store=way.address)
            for turn in range(4 * self.few):
                if turn % 2:
                    way.lose_next_answer = True
                else:
                    way.lose_answer_to = b"message.received.v1"  # it was stored
                self.feed.sends(FEW)
                self.feed.wait_until_stored(child)
            end(child)
            return way.lost

    def overlapping(self) -> int:
        """Three that have all partitions at the same time; two of them are killed."""
        for _ in range(self.few):
            self.feed.sends(3 * FEW)
            children = [self.feed.start(once=True) for _ in range(3)]
            for each in children[1:]:
                try:
                    each.wait(self.dice.uniform(0.5, 2))
                except subprocess.TimeoutExpired:
                    each.kill()
                    each.wait(60)
            assert children[0].wait(120) == 0, self.feed.told()[-2000:]
        return self.few

    def members_come_and_go(self) -> int:
        there = [self.feed.start(session=SESSION_MS)]
        for turn in range(4 * self.few):
            self.feed.sends(FEW)
            if len(there) == 3 or (len(there) == 2 and self.dice.random() < 0.5):
                leaving = there.pop(self.dice.randrange(len(there)))
                if turn % 2:
                    leaving.kill()
                end(leaving)
            else:
                there.append(self.feed.start(session=SESSION_MS))
            self.feed.sends(FEW)
            if turn % 3 == 0:
                self.feed.wait_until_stored(there[0])
        self.feed.wait_until_stored(there[0])
        end(*there)
        return 4 * self.few

    def whole_topics_again(self) -> int:
        """Put there a second time, and read from the beginning under another cluster's name."""
        self.feed.sends(10 * FEW)
        assert self.feed.start(once=True).wait(120) == 0
        self.feed.sends_all_again()
        assert self.feed.start(once=True).wait(120) == 0
        with closing(self.feed.inlet(kind=Mirrored)) as inlet:
            ingest = Ingest(self.feed.store, inlet)
            results = {line.result for line in ingest.lines(Event(), once=True)}
        assert results == {"duplicate"}, results
        return 2


KINDS: dict[str, Callable[[Campaign], int]] = {
    "killed at named points": Campaign.killed_at_named_points,
    "killed at random, alone": Campaign.killed_at_random_alone,
    "killed at random, in a group": Campaign.killed_at_random_in_a_group,
    "broker killed, started again": Campaign.broker_killed,
    "paused past the session": Campaign.paused_past_the_session,
    "answers of Kafka lost": Campaign.answers_of_kafka_lost,
    "answers of PostgreSQL lost": Campaign.answers_of_postgresql_lost,
    "three at once on all": Campaign.overlapping,
    "members come and go": Campaign.members_come_and_go,
    "whole topics again": Campaign.whole_topics_again,
}


def end(*children: Child) -> None:
    """As an operator ends them, some before they have begun."""
    for each in children:
        each.terminate()
    for each in children:
        assert each.wait(60) in ENDED, each.returncode


def wait_for_standstill(child: Child) -> None:
    found = os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert found is not None
    assert found.si_code == os.CLD_STOPPED, "it ended"


@contextmanager
def store_at(server: str | None, folder: Path) -> Iterator[str]:
    """The address of an empty store."""
    if server is None:
        yield str(folder / "store")
    else:
        with new_database(server) as address:
            yield address


def row(kind: str, faults: int, found: Outcome, seconds: float) -> str:
    return (
        f"{kind:30} {faults:6} {found.messages:8,} {found.stored:8,} {found.doubled:7}"
        f" {found.lost:5} {found.disordered:6} {found.wrong:5} {found.behind:6} {seconds:7.0f}"
    )


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("--kills", type=int, default=500)
    words.add_argument("--postgresql", metavar="ADDRESS")
    words.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    words.add_argument("--only", choices=KINDS, action="append")
    chosen = words.parse_args()
    configure("error")
    logging.disable(logging.CRITICAL)  # the client tells of each fault at length
    classes = jars()
    if classes is None:
        raise SystemExit("Java 17 and Maven are needed for a real Kafka.")
    broker = Broker(classes)
    print(f"{'PostgreSQL' if chosen.postgresql else 'SQLite'}, seed {chosen.seed}\n")
    print(f"{'':30} faults messages   stored doubled  lost  order wrong behind seconds", flush=True)
    bad = 0
    try:
        for number, kind in enumerate(KINDS):
            if chosen.only and kind not in chosen.only:
                continue
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                address = stack.enter_context(store_at(chosen.postgresql, folder))
                feed = Feed(broker, address, folder, chosen.seed + number)
                stack.callback(feed.close)
                dice = random.Random(chosen.seed + number)  # noqa: S311 - made up, not secret
                began = time.perf_counter()
                faults = KINDS[kind](Campaign(feed, dice, chosen.kills))
                if not faults:
                    continue
                assert feed.start(once=True).wait(120) == 0, feed.told()[-2000:]
                found = feed.outcome()
                print(row(kind, faults, found, time.perf_counter() - began), flush=True)
                if not found.right:
                    bad += 1
                    print(feed.told()[-2000:])
    finally:
        broker.stop()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
