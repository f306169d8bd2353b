"""Is each message of an agency on Kafka stored once and in order, and none lost?

An agency with a topic for each of several formats, and what it has sent so far; the ingest as a
process of its own (see `tests.parts.dying`); and at the end what the log says of it.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, NamedTuple
from uuid import uuid4

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from adapters.event_store import EventStore
from adapters.translation import formats
from adapters.transports.kafka import Access, Inlet, Partition, tracked_name
from adapters.transports.kafka_topics import topics_there
from adapters.vault import Vault
from domain.agency import RegisterAgency
from domain.kernel import WITHHELD
from domain.message import MessageConflicted, MessageReceived
from domain.quarantine import MessageQuarantined
from services.handle import handle
from tests.examples import MONDAY_9AM
from tests.parts import dying
from tests.parts.kafka import PATIENCE, Broker

ROOT = Path(__file__).parents[1]
FORMATS = ("police-notice", "fhir-bars", "hl7v2", "webform")
PARTITIONS = 2
KEYS = 8
"""Cases of which the agency writes; the messages of each must be stored in their order."""

WAIT_SECONDS = 60.0


class Sent(NamedTuple):
    """One message: by its number it comes before or after the others of its topic and key."""

    topic: str
    key: str
    number: int
    body: bytes
    digest: str


class Outcome(NamedTuple):
    """What the log says of the messages that were sent."""

    messages: int
    stored: int
    doubled: int
    lost: int
    disordered: int
    """Messages that were stored before one that the agency had put on the topic earlier."""
    wrong: int
    """Of the rest: set aside, not to be opened, missing positions, lines that are not true."""
    behind: int
    """Partitions that are not stored to their end."""

    @property
    def right(self) -> bool:
        return self == Outcome(self.messages, self.messages, 0, 0, 0, 0, 0)


class Mirrored(Inlet):
    """The same records as if they stood in another cluster: read from the beginning once more."""

    def tracked(self, partition: Partition) -> str:
        return super().tracked(partition).replace("kafka|", "kafka|mirror-of-", 1)


class Feed:
    """An agency's topics on a broker, and the store that they go into. For one thread."""

    def __init__(self, broker: Broker, address: str, folder: Path, seed: int = 1) -> None:
        self.broker, self.address, self.folder = broker, address, folder
        self.keys = folder / "keys"
        self.sent: list[Sent] = []
        self._dice = random.Random(seed)  # noqa: S311 - made up, not secret
        self._examples = seed * 1_000_000
        self.agency = f"agency-{uuid4().hex[:8]}"
        self.topics = tuple(f"in.{self.agency}.{each}.v1" for each in FORMATS)
        self._vault = Vault.open(self.keys)
        self.store = EventStore.open(address, self._vault)
        stamped = dict.fromkeys(("happened_at", "received_at", "recorded_at"), MONDAY_9AM)
        told: dict[str, Any] = {"by": "operator", "agency": "authority", **stamped}
        told |= {"agency_id": self.agency, "kind": "police", "name": self.agency}
        handle(self.store, RegisterAgency(**told, command=uuid4().hex))
        with closing(broker.administration()) as admin:
            self.cluster = admin.describe_cluster()["cluster_id"]
            admin.create_topics([NewTopic(each, PARTITIONS, 1) for each in self.topics])
        self._lines: list[Path] = []
        self._started: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        for each in self._started:
            each.kill()
            each.wait(WAIT_SECONDS)
            if each.stderr:
                each.stderr.close()
        self.store.close()
        self._vault.close()

    # ── What the agency does ──────────────────────────────────────────────────────────────────────

    def sends(self, count: int) -> None:
        """Made-up messages, one after another, of a format and about a case each."""
        known = formats()
        new: list[Sent] = []
        for _ in range(count):
            number = len(self.sent) + len(new)
            which = self._dice.randrange(len(FORMATS))
            body = known[FORMATS[which]].example(self._examples + number)
            key = f"case-{self._dice.randrange(KEYS)}"
            digest = hashlib.sha256(body).hexdigest()
            new.append(Sent(self.topics[which], key, number, body, digest))
        self._puts(new)
        self.sent += new

    def sends_all_again(self) -> None:
        """The whole topics once more, as somebody does who restores them."""
        self._puts(self.sent)

    def _puts(self, messages: list[Sent]) -> None:
        source = f"/agencies/{self.agency}".encode()
        # One for each time: where the broker goes away meanwhile, the client leaves its sockets.
        producer = KafkaProducer(bootstrap_servers=self.broker.address, enable_idempotence=True)
        with closing(producer):
            for each in messages:
                headers = [("ce_id", b"%d" % each.number), ("ce_source", source)]
                producer.send(each.topic, each.body, each.key.encode(), headers=headers)
            producer.flush(30)

    # ── Who takes it in ───────────────────────────────────────────────────────────────────────────

    def start(
        self,
        *,
        once: bool = False,
        fault: str = "",
        session: int = 0,
        kafka: str = "",
        store: str = "",
        listening: bool = False,
    ) -> "subprocess.Popen[bytes]":
        """`safeguarding ingest kafka` on its own; `fault` and `session` as in `dying`.

        `listening`: what it says on stderr is read from its pipe, and not kept for `told`.
        """
        given = {dying.FAULT: fault, dying.SESSION: str(session) if session else ""}
        words = [sys.executable, "-m", "tests.parts.dying", "ingest", "kafka"]
        words += ["--kafka", kafka or self.broker.address, "--store", store or self.address]
        words += ["--keys", str(self.keys), *(["--once"] if once else [])]
        lines = self.folder / f"lines-{len(self._lines)}"
        self._lines.append(lines)
        with lines.open("wb") as out, lines.with_suffix(".told").open("wb") as told:
            child = subprocess.Popen(
                words,
                cwd=ROOT,
                env=os.environ | given,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE if listening else told,
            )
        self._started.append(child)
        return child

    def told(self) -> str:
        """What the processes have said on stderr."""
        return "".join(each.with_suffix(".told").read_text() for each in self._lines)

    def inlet(self, kafka: str = "", *, alone: bool = True, kind: type[Inlet] = Inlet) -> Inlet:
        """In this process: what `ingest kafka` reads from."""
        access = Access(bootstrap=kafka or self.broker.address)
        return kind(access, self.topics, self.store.tracked, alone=alone)

    def wait_until_stored(self, process: "subprocess.Popen[bytes] | None" = None) -> None:
        """Returns when all that was sent is stored; fails when the process ends before that."""
        until, ends = time.monotonic() + WAIT_SECONDS, self.ends()
        while self._behind(ends):
            assert process is None or process.poll() is None, self._last_words(process)
            assert time.monotonic() < until, self._last_words(process)
            self.store.wait(self.store.newest(), 0.1)

    def _last_words(self, process: "subprocess.Popen[bytes] | None") -> str:
        told = self.told()
        if process and process.stderr:
            process.kill()
            told += process.stderr.read().decode()
        return f"{told[-2000:]} {[self.store.tracked(each) for each in self.ends()]}"

    # ── What came of it ───────────────────────────────────────────────────────────────────────────

    def ends(self) -> dict[str, int]:
        """The offset behind the newest record, by the name under which it is stored."""
        with closing(self.broker.administration()) as admin:
            # Asked when something stands there: a topic that was just made may have no id yet.
            ids = {name: each.id for name, each in topics_there(admin, self.topics).items()}
        assert ids.keys() == set(self.topics), ids
        consumer = KafkaConsumer(bootstrap_servers=self.broker.address, **PATIENCE)
        with closing(consumer):
            every = [TopicPartition(each, n) for each in self.topics for n in range(PARTITIONS)]
            ends = consumer.end_offsets(every).items()
        return {
            tracked_name(self.cluster, p.topic, ids[p.topic], p.partition): end for p, end in ends
        }

    def _behind(self, ends: dict[str, int]) -> int:
        return sum(self.store.tracked(name) != end for name, end in ends.items())

    def outcome(self) -> Outcome:
        """What the log says; all of it is opened."""
        places: dict[str, list[int]] = defaultdict(list)
        wrong = len(self.store.missing(0, self.store.newest()))
        position = 0
        while page := self.store.since(position, 500, opened=True):
            position = page.reached
            for each in page:
                wrong += isinstance(each.event, MessageQuarantined)
                if isinstance(each.event, MessageReceived | MessageConflicted):
                    places[each.event.message or ""].append(each.position)
                    wrong += each.event.raw is WITHHELD
        sent = Counter(each.digest for each in self.sent)
        wrong += len(set(places) - set(sent)) + self._untrue()
        return Outcome(
            messages=len(sent),
            stored=len(set(sent) & set(places)),
            doubled=sum(len(each) - 1 for each in places.values()),
            lost=len(set(sent) - set(places)),
            disordered=self._disordered(places),
            wrong=wrong,
            behind=self._behind(self.ends()),
        )

    def _disordered(self, places: dict[str, list[int]]) -> int:
        found, newest = 0, dict[tuple[str, str], int]()
        for each in self.sent:
            for position in places.get(each.digest, ()):
                found += position < newest.get((each.topic, each.key), 0)
                newest[each.topic, each.key] = position
        return found

    def _untrue(self) -> int:
        """Lines that tell of an event that is not in the log, or is not of that message."""
        return sum(
            not any(
                each.event.message == line["message"]
                for each in self.store.recorded_at(line["position"])
            )
            for line in self._told_of()
        )

    def _told_of(self) -> Iterator[dict[str, Any]]:
        for path in self._lines:
            with path.open("rb") as lines:
                yield from _whole(lines)


def _whole(lines: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The lines that were written to their end."""
    for line in lines:
        if line.endswith(b"\n"):
            yield json.loads(line)
