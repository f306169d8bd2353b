"""What do the agencies' topics hold that is not stored yet?

Kafka carries messages; the log keeps them, and how far each partition was read. So nothing is ever
committed to the broker: whoever has a partition begins where the log says that it was read to.
What is wrong with one partition is told of that partition, and never keeps another waiting.
"""

import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import AuthorizationError, KafkaError, KafkaTimeoutError, LogTruncationError
from msgspec import Struct

from adapters.transports.kafka_names import read_any_name
from adapters.transports.kafka_topics import Topic, topics_there
from adapters.transports.kafka_unreadable import Unreadable, watch

Partition = TopicPartition
"""`topic` and `partition`, its number."""

GROUP = "safeguarding-ingest"
MOST_RECORDS = 1000
"""Records that are asked for at once."""

BOOTSTRAP_MS, REQUEST_MS, SESSION_MS, HEARTBEAT_MS = 10_000, 15_000, 10_000, 1_000
METADATA_MS = 60_000
"""How old may be what we know of a topic, such as a partition that it was given since."""
RECONNECT_MS = 1_000
"""The longest time between two attempts to reach a broker that is away; the client's own is 30 s,
for which nobody would be read after the broker is back."""


BROKERS_TIME = 1
"""Of a record's time: by the broker (LogAppendTime), not by the producer's clock."""


class NotReachable(Exception):
    """The broker cannot be reached, or does not let us in; later it may work."""


class NotAllowed(Exception):
    """We may not read what is there to be read."""


class Incomplete(Exception):
    """A library is not installed without which we could not read what an agency may send."""


LIBRARIES = ("crc32c", "lz4", "snappy", "zstandard")
"""Checksums, which else are summed up in Python, and the compressions that a producer may choose;
the client itself does without, until it meets one."""


def demand_all() -> None:
    """Raises `Incomplete`, which names each library that is missing."""
    missing = [each for each in LIBRARIES if find_spec(each) is None]
    if missing:
        raise Incomplete(
            f"Install {', '.join(missing)} (kafka-python[crc32c,lz4,snappy,zstd]): without them"
            " what agencies put on Kafka cannot be read"
        )


class Access(Struct, frozen=True, kw_only=True):
    """Where the brokers are, as whom we come, and by which certificate we know them."""

    bootstrap: str
    user: str | None = None
    password: str | None = None
    authority: str | None = None
    """File of the certificate authority; with it the connection is encrypted."""

    def settings(self) -> dict[str, Any]:
        """What every client is made with."""
        secured = {"ssl_cafile": self.authority} if self.authority else {}
        transport = "SSL" if self.authority else "PLAINTEXT"
        if self.user is not None:
            secured |= {
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password or "",
            }
            transport = f"SASL_{transport}"
        return {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": transport,
            "bootstrap_timeout_ms": BOOTSTRAP_MS,
            "request_timeout_ms": REQUEST_MS,
            "reconnect_backoff_max_ms": RECONNECT_MS,
            **secured,
        }


class Record(NamedTuple):
    """One record as the broker holds it. A header may stand there twice, or have a `Garbled` name.

    `put_at`: by the broker's clock, if its topic has those times; a producer's word is not taken.
    """

    offset: int
    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    put_at: datetime | None


class Gap(NamedTuple):
    """Records of a partition that were deleted before they were read.

    `lost`: the offset of the first of them; `kept`: of the first that is there.
    """

    partition: TopicPartition
    lost: int
    kept: int


class Still(NamedTuple):
    """A partition that cannot be read on, from that offset.

    `reason`: `truncated`, when records that we have read are not there any more, and others may
    stand in their place; else the name of the client's error.
    """

    partition: TopicPartition
    offset: int
    reason: Literal["truncated"] | str


TRUNCATED = "truncated"


def tracked_name(cluster: str, topic: str, topic_id: object, partition: int) -> str:
    """The name under which it is stored how far a partition was read.

    `topic_id`: the broker's own, which another topic of that name, made later, does not have.
    """
    return f"kafka|{cluster}|{topic}|{topic_id}|{partition}"


class Inlet:
    """The records after those that are stored, partition by partition. For one thread.

    `position(tracked)` is the offset of the next record that is wanted, where `tracked` is the name
    under which that is stored (see `tracked_name`).
    """

    def __init__(
        self,
        access: Access,
        topics: Collection[str],
        position: Callable[[str], int],
        *,
        alone: bool,
    ) -> None:
        """`alone`: all partitions, whoever else reads them; else those that a group agrees on.

        Raises `NotReachable`, `NotAllowed`, `Incomplete`.
        """
        demand_all()
        self.still: dict[TopicPartition, Still] = {}
        """Those of ours that stand still; tried again with each `look`, unless `truncated`."""
        self._position = position
        self._unplaced: set[TopicPartition] = set()
        self._gaps: dict[TopicPartition, Gap] = {}
        self._there: dict[str, Topic] = {}
        self._held = False
        self._access = access
        look_for(access)
        with ExitStack() as opened, kafka_errors(access):
            self._admin = KafkaAdminClient(**access.settings())
            opened.callback(self._admin.close)
            self._cluster = self._admin.describe_cluster()["cluster_id"]
            self._consumer = KafkaConsumer(
                **access.settings(),
                group_id=None if alone else GROUP,
                enable_auto_commit=False,
                auto_offset_reset="none",  # what was deleted before it was read is told
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                session_timeout_ms=SESSION_MS,
                heartbeat_interval_ms=HEARTBEAT_MS,
                max_poll_records=MOST_RECORDS,
                metadata_max_age_ms=METADATA_MS,
                # Every topic's partitions are shared out, and who comes or goes moves few of them.
                partition_assignment_strategy=(CooperativeStickyAssignor,),
            )
            opened.callback(self._consumer.close, autocommit=False)
            read_any_name(self._consumer)
            watch(self._consumer, self._stands_still, self._unplaced.add)
            self.topics = tuple(sorted(self._refreshed().keys() & set(topics)))
            """Those that exist, and that we may see."""
            if alone:
                self._consumer.assign(self._partitions())
                self._given(self._partitions())
            elif self.topics:
                self._consumer.subscribe(topics=self.topics, listener=self._listener())
            self._opened = opened.pop_all()

    def look(self, topics: Collection[str]) -> None:
        """Read those of these, too, that exist by now, and try again what stands still.

        A topic that was deleted and made again is another, and is read from its beginning. Not for
        one that reads alone. Raises `NotReachable`, `NotAllowed`.
        """
        with kafka_errors():
            new = (self._refreshed().keys() & set(topics)) - set(self.topics)
            if new:
                self.topics = tuple(sorted({*self.topics, *new}))
                self._consumer.subscribe(topics=self.topics, listener=self._listener())
        self._unplaced.update(
            each.partition for each in self.still.values() if each.reason != TRUNCATED
        )

    def tracked(self, partition: TopicPartition) -> str:
        """The name under which it is stored how far a partition was read."""
        topic = partition.topic
        there = self._there.get(topic)
        return tracked_name(self._cluster, topic, there.id if there else "", partition.partition)

    def poll(self, seconds: float) -> dict[TopicPartition, list[Record]]:
        """The next records of the partitions that are ours, in order; none when the time is over.

        None of those that are held, stand `still`, or have a gap. Raises `NotAllowed`,
        `NotReachable`, and what `position` raises.
        """
        with kafka_errors():
            self._place()
            try:
                found = self._consumer.poll(timeout_ms=int(seconds * 1000))
            except LogTruncationError as error:
                found = {}
                for partition in error.divergent_offsets:
                    self._consumer.pause(partition)
                    offset = int(self._consumer.position(partition))
                    self.still[partition] = Still(partition, offset, TRUNCATED)
        for partition, records in found.items():
            if partition in self.still and records[-1].offset >= self.still[partition].offset:
                del self.still[partition]
        return {
            partition: [
                Record(
                    each.offset,
                    tuple((name, value or b"") for name, value in each.headers),
                    each.value or b"",
                    _put_at(each),
                )
                for each in records
            ]
            for partition, records in found.items()
        }

    def gaps(self) -> list[Gap]:
        """Those before what is kept: each partition waits until its gap is `passed`."""
        return list(self._gaps.values())

    def passed(self, gap: Gap) -> None:
        """It is stored what was lost, and that the next record is the first that is kept."""
        self._gaps.pop(gap.partition, None)
        self._unplaced.add(gap.partition)

    def ends(self) -> dict[TopicPartition, int]:
        """The offset behind the newest record of each partition of ours."""
        with kafka_errors():
            ends: dict[TopicPartition, int] = self._consumer.end_offsets(self._partitions())
        return ends

    def past(self, partition: TopicPartition) -> int | None:
        """The offset behind what `poll` gave, and the marks after it; None if it is not read on."""
        waiting = self._unplaced | self._gaps.keys() | self.still.keys()
        if partition in waiting or partition not in self._consumer.assignment():
            return None
        return self.read_to(partition)

    def read_to(self, partition: TopicPartition) -> int:
        """The offset of the next record that `poll` will give."""
        with kafka_errors():
            return int(self._consumer.position(partition))

    def wanted(self, partition: TopicPartition) -> int:
        """The offset of the next record that is not stored."""
        return self._position(self.tracked(partition))

    def hold(self) -> None:
        """Ask for nothing more until `go_on`; who polls meanwhile stays a member of the group."""
        self._held = True
        self._consumer.pause(*self._consumer.assignment())

    def go_on(self) -> None:
        self._held = False
        waiting = self._unplaced | self._gaps.keys() | self.still.keys()
        self._consumer.resume(*(self._consumer.paused() - waiting))

    def close(self) -> None:
        self._opened.close()

    def _partitions(self) -> list[TopicPartition]:
        return [each for topic in self.topics for each in self._there[topic].partitions]

    def _refreshed(self) -> dict[str, Topic]:
        """The topics that there are now. One that was made again is read from its beginning."""
        look_for(self._access)  # else it is waited for long, whoever tells us to end
        self._consumer.topics()  # that it asks: whoever leads a partition may be another by now
        now = topics_there(self._admin)
        again = {topic for topic, one in self._there.items() if now.get(topic, one).id != one.id}
        self._there |= now
        self._given([each for each in self._consumer.assignment() if each.topic in again])
        return now

    def _listener(self) -> "_Assigned":
        return _Assigned(self._given, self._forget)

    def _given(self, partitions: Collection[TopicPartition]) -> None:
        """Partitions that became ours while we polled are read from the next poll on.

        Where they begin is not asked here: the client would take a store that is away for a fault
        of its own, and never again ask. Until then they have a position that is not read.
        """
        self._forget(partitions)
        self._consumer.pause(*partitions)
        for each in partitions:
            self._consumer.seek(each, 0)
        self._unplaced.update(partitions)

    def _forget(self, partitions: Collection[TopicPartition]) -> None:
        for each in partitions:
            self._unplaced.discard(each)
            self._gaps.pop(each, None)
            self.still.pop(each, None)

    def _stands_still(self, found: Unreadable) -> None:
        self.still[found.partition] = Still(found.partition, found.offset, found.reason)

    def _place(self) -> None:
        """Have those read on from where the log says, of which that is not known yet.

        A partition that was never read begins with its first record. One that nobody has at the
        moment, or of a topic that is gone, is left until it is there.
        """
        if self._held or not self._unplaced & self._consumer.assignment():
            return
        led = {each for topic in self._refreshed().values() for each in topic.led}
        ours = self._unplaced & self._consumer.assignment()
        wanted = {each: self.wanted(each) for each in ours & led}
        if not wanted:
            return
        kept = self._consumer.beginning_offsets(list(wanted))
        ends = self._consumer.end_offsets(list(wanted))
        for each, offset in wanted.items():
            self._unplaced.discard(each)
            if offset < kept[each]:
                self.still.pop(each, None)
                self._gaps[each] = Gap(each, offset, kept[each])
            elif offset > ends[each]:
                self.still[each] = Still(each, offset, TRUNCATED)
            else:
                self._consumer.seek(each, offset)
                self._consumer.resume(each)


def _put_at(record: Any) -> datetime | None:
    if record.timestamp_type != BROKERS_TIME:
        return None
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def look_for(access: Access, seconds: float = 3) -> None:
    """Say at once that nobody listens: the client tries for long, and leaves its sockets behind."""
    for address in access.bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()
        except (OSError, ValueError):
            continue
        return
    raise NotReachable(f"nobody answers at {access.bootstrap}")


class _Assigned(ConsumerRebalanceListener):  # type: ignore[misc]
    """Called on the thread that polls: it may seek, and must not commit."""

    def __init__(
        self,
        given: Callable[[Collection[TopicPartition]], None],
        taken: Callable[[Collection[TopicPartition]], None],
    ) -> None:
        self._given = given
        self._taken = taken

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """What was not stored is read again by whoever has them next."""
        self._taken(revoked)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._given(assigned)


@contextmanager
def kafka_errors(access: Access | None = None) -> Iterator[None]:
    try:
        yield
    except AuthorizationError as error:
        raise NotAllowed(f"Kafka does not let us read: {error}") from error
    except (KafkaError, OSError) as error:
        raise NotReachable(_why(error, access)) from error


def _why(error: Exception, access: Access | None) -> str:
    """For an operator. The client tries a password that is wrong until the time is over."""
    if access is None:
        return type(error).__name__
    if isinstance(error, KafkaTimeoutError):
        return (
            f"nobody let us in at {access.bootstrap} in time; check the user and the password,"
            " whether the connection is to be encrypted, and that Kafka is what listens there"
        )
    return f"{type(error).__name__} at {access.bootstrap}"
