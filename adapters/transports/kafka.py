"""What do the agencies' topics hold that is not stored yet?

Kafka carries messages; the log keeps them, and how far each partition was read. So nothing is ever
committed to the broker: whoever has a partition begins where the log says that it was read to.
"""

import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import AuthorizationError, KafkaError, OffsetOutOfRangeError
from msgspec import Struct

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


class NotReachable(Exception):
    """The broker cannot be reached, or does not let us in; later it may work."""


class NotAllowed(Exception):
    """We may not read what is there to be read."""


class Gone(Exception):
    """Records were deleted before they were read: somebody must ask their senders for them."""


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
    """One record as the broker holds it. A header may stand there twice."""

    offset: int
    headers: tuple[tuple[str, bytes], ...]
    body: bytes


class Inlet:
    """The records after those that are stored, partition by partition. For one thread.

    `position(tracked)` is the offset of the next record that is wanted, where `tracked` is the name
    under which that is stored: `kafka|<cluster>|<topic>|<partition>`.
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

        Raises `NotReachable`, `NotAllowed`.
        """
        self._position = position
        self._unplaced: set[TopicPartition] = set()
        self._held = False
        look_for(access)
        with kafka_errors(access):
            with closing(KafkaAdminClient(**access.settings())) as admin:
                self._cluster = admin.describe_cluster()["cluster_id"]
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
            there = self._consumer.topics()
        self.topics = tuple(sorted(there & set(topics)))
        """Those that exist, and that we may see."""
        with kafka_errors(access):
            if alone:
                self._consumer.assign(self._partitions())
                self._begin(self._partitions())
            elif self.topics:
                self._consumer.subscribe(topics=self.topics, listener=_Assigned(self._given))

    def also(self, topics: Collection[str]) -> None:
        """Read those of these, too, that exist by now. Not for one that reads alone.

        Raises `NotReachable`, `NotAllowed`.
        """
        with kafka_errors():
            new = (self._consumer.topics() & set(topics)) - set(self.topics)
            if new:
                self.topics = tuple(sorted({*self.topics, *new}))
                self._consumer.subscribe(topics=self.topics, listener=_Assigned(self._given))

    def tracked(self, partition: TopicPartition) -> str:
        """The name under which it is stored how far a partition was read."""
        return f"kafka|{self._cluster}|{partition.topic}|{partition.partition}"

    def poll(self, seconds: float) -> dict[TopicPartition, list[Record]]:
        """The next records of the partitions that are ours, in order; none when the time is over.

        None of those that are held. Raises `NotAllowed`, `Gone`, `NotReachable`, and what
        `position` raises.
        """
        with kafka_errors():
            self._place()
            found = self._consumer.poll(timeout_ms=int(seconds * 1000))
        return {
            partition: [
                Record(
                    each.offset,
                    tuple((name, value or b"") for name, value in each.headers),
                    each.value or b"",
                )
                for each in records
            ]
            for partition, records in found.items()
        }

    def ends(self) -> dict[TopicPartition, int]:
        """The offset behind the newest record of each partition of ours."""
        with kafka_errors():
            ends: dict[TopicPartition, int] = self._consumer.end_offsets(self._partitions())
        return ends

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
        self._consumer.resume(*(self._consumer.paused() - self._unplaced))

    def close(self) -> None:
        self._consumer.close(autocommit=False)

    def _partitions(self) -> list[TopicPartition]:
        return [
            TopicPartition(topic, number)
            for topic in self.topics
            for number in sorted(self._consumer.partitions_for_topic(topic))
        ]

    def _given(self, partitions: Collection[TopicPartition]) -> None:
        """Partitions that became ours while we polled are read from the next poll on.

        Where they begin is not asked here: the client would take a store that is away for a fault
        of its own, and never again ask. Until then they have a position that is not read.
        """
        self._consumer.pause(*partitions)
        for each in partitions:
            self._consumer.seek(each, 0)
        self._unplaced.update(partitions)

    def _place(self) -> None:
        ours = self._unplaced & self._consumer.assignment()
        if ours and not self._held:
            self._begin(ours)
            self._consumer.resume(*ours)
            self._unplaced.clear()

    def _begin(self, partitions: Collection[TopicPartition]) -> None:
        """A partition that was never read begins with the oldest record that is kept."""
        wanted = {each: self.wanted(each) for each in partitions}
        new = [each for each, offset in wanted.items() if not offset]
        if new:
            wanted |= self._consumer.beginning_offsets(new)
        for partition, offset in wanted.items():
            self._consumer.seek(partition, offset)


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

    def __init__(self, given: Callable[[Collection[TopicPartition]], None]) -> None:
        self._given = given

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Nothing: what was not stored is read again by whoever has them next."""

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._given(assigned)


@contextmanager
def kafka_errors(access: Access | None = None) -> Iterator[None]:
    try:
        yield
    except AuthorizationError as error:
        raise NotAllowed(f"Kafka does not let us read: {error}") from error
    except OffsetOutOfRangeError as error:
        raise Gone(f"Records were deleted from Kafka before they were read: {error}") from error
    except (KafkaError, OSError) as error:
        where = f" at {access.bootstrap}" if access else ""
        raise NotReachable(f"{type(error).__name__}{where}") from error
