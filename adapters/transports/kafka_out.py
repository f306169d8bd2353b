"""How does a message of ours reach a topic, and which of them are there already?

The log is the outbox: what is sent stands there first. A producer is idempotent, and every record
is waited for; where one is not taken the producer is given up, and a new one looks at the end of
the topics for what was written all the same.
"""

from collections.abc import Collection, Sequence
from contextlib import closing, suppress
from threading import Event
from typing import Any, NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import AuthorizationError, KafkaError, KafkaTimeoutError

from adapters.transports.kafka import (
    Access,
    NotAllowed,
    NotReachable,
    demand_all,
    kafka_errors,
    look_for,
)
from adapters.transports.kafka_rights import WRITER
from adapters.transports.kafka_topics import topics_there

DELIVERY_MS = 20_000
"""How long a record may take to be acknowledged by all replicas, retries included."""

LOOK_SECONDS = 0.2
"""How soon it is noticed, while a record is waited for, that we are to end."""

ENDING_SECONDS = 0.5
LARGEST = 1_000_000
"""Bytes of a record, headers too, that any broker takes unless it is told otherwise."""


class Stopped(Exception):
    """We are told to end, and do not know whether the last records were written."""


class Message(NamedTuple):
    """One record to be written. The last header of the name `mark` tells it from every other."""

    topic: str
    key: bytes
    body: bytes
    headers: list[tuple[str, bytes]]
    mark: str

    @property
    def id(self) -> str:
        return marked(self.headers, self.mark)

    @property
    def size(self) -> int:
        headers = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.key) + len(self.body) + headers


class Written(NamedTuple):
    """Where a record stands."""

    partition: int
    offset: int


class Outlet:
    """Writes to topics, in order, until something goes wrong. For one thread, and to be closed."""

    def __init__(self, access: Access) -> None:
        """Raises `NotReachable`, `NotAllowed`, `Incomplete`."""
        demand_all()
        look_for(access)
        self._access = access
        with kafka_errors(access):
            self._admin = KafkaAdminClient(**access.settings())
            try:
                self.cluster: str = self._admin.describe_cluster()["cluster_id"]
                self._producer = KafkaProducer(
                    **access.settings(),
                    client_id=WRITER,
                    enable_idempotence=True,
                    acks="all",
                    allow_auto_create_topics=False,
                    delivery_timeout_ms=DELIVERY_MS,
                    max_block_ms=DELIVERY_MS,
                )
            except BaseException:
                self._admin.close()
                raise

    def topics(self) -> frozenset[str]:
        """Those that exist, and that we may see. Raises `NotReachable`."""
        with kafka_errors(self._access):
            return frozenset(self._admin.list_topics())

    def send(self, messages: Sequence[Message], stop: Event) -> list[Written]:
        """Where each stands, once all are durable. Raises what leaves it open which of them are:

        `NotReachable`, `NotAllowed`, and `Stopped` when told to end; then close this outlet.
        """
        try:
            futures = [
                self._producer.send(each.topic, each.body, each.key, each.headers)
                for each in messages
            ]
            return [self._waited_for(future, stop) for future in futures]
        except AuthorizationError as error:
            raise NotAllowed(f"Kafka does not let us write: {error}") from error
        except (KafkaError, OSError) as error:
            raise NotReachable(type(error).__name__) from error

    def _waited_for(self, future: Any, stop: Event) -> Written:
        while True:
            try:
                found = future.get(LOOK_SECONDS)
            except KafkaTimeoutError:
                if future.is_done:  # that is its own end, not ours of waiting
                    raise
                if stop.is_set():
                    raise Stopped from None
            else:
                return Written(found.partition, found.offset)

    def tail(self, marks: dict[str, str], count: int) -> dict[str, Written]:
        """By id, what stands among the last `count` records of each partition of these topics.

        `marks`: topic -> name of the header that tells a record from every other. Raises
        `NotReachable`, `NotAllowed`.
        """
        consumer: Any
        with (
            kafka_errors(self._access),
            closing(
                KafkaConsumer(
                    **self._access.settings(),
                    group_id=None,
                    enable_auto_commit=False,
                    auto_offset_reset="none",
                    allow_auto_create_topics=False,
                )
            ) as consumer,
        ):
            there = topics_there(self._admin, marks)
            partitions = [each for topic in there.values() for each in topic.partitions]
            consumer.assign(partitions)
            ends = consumer.end_offsets(partitions)
            for each, first in consumer.beginning_offsets(partitions).items():
                consumer.seek(each, max(first, ends[each] - count))
            return self._read(consumer, ends, marks)

    def _read(
        self, consumer: Any, ends: dict[TopicPartition, int], marks: dict[str, str]
    ) -> dict[str, Written]:
        found: dict[str, Written] = {}
        while any(consumer.position(each) < end for each, end in ends.items()):
            for partition, records in consumer.poll(timeout_ms=1000).items():
                for each in records:
                    identity = marked(each.headers, marks[partition.topic])
                    found[identity] = Written(partition.partition, each.offset)
        return found

    def close(self) -> None:
        """What was not acknowledged by now is given up: nothing of it is written later."""
        # By itself `close` waits for what nobody acknowledges, and then leaves it to be sent.
        sender = self._producer._sender
        sender.force_close()
        sender.join(ENDING_SECONDS)
        with suppress(KafkaError):
            self._producer.close(timeout=ENDING_SECONDS)
        with suppress(KafkaError):
            self._admin.close()


def marked(headers: Collection[tuple[str, bytes]], mark: str) -> str:
    """The last header of that name: the sender of a dead letter may have used it too."""
    values = [value for name, value in headers if name == mark]
    return values[-1].decode(errors="replace") if values else ""
