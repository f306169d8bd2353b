"""What waits on the agencies' topics, and since when?

Asked quickly or not at all: whoever looks at a page does not wait for a broker that is away.
"""

import time
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from msgspec import Struct

from adapters.transports.kafka import Access, kafka_errors, look_for, tracked_name
from adapters.transports.kafka_names import read_any_name
from adapters.transports.kafka_topics import topics_there
from adapters.transports.kafka_unreadable import Unreadable, watch

NAMED = "kafka|"
"""How the names begin under which it is stored how far partitions were read."""

PIECE_BYTES, PIECE_MS = 64 * 1024, 100
"""Most that is fetched, and waited for, at once to see how old the first records are."""


class Waiting(Struct, frozen=True, kw_only=True):
    """Records of a topic that are not stored, and when the oldest was put there, if that is known.

    The mark that a sender's transaction leaves counts as a record while others wait.
    """

    records: int = 0
    oldest_at: datetime | None = None


def waiting(
    access: Access,
    topics: Collection[str],
    stored: Mapping[str, int],
    seconds: float,
) -> dict[str, Waiting]:
    """By topic, of those that are there.

    `stored`: how far each partition was read, by the names under which that is kept. Each request
    ends within so many seconds. Raises `NotReachable`, `NotAllowed`.
    """
    until = time.monotonic() + seconds
    patience = int(seconds * 1000)
    settings = access.settings() | {
        "bootstrap_timeout_ms": patience,
        "request_timeout_ms": patience,
    }
    look_for(access, seconds)
    with kafka_errors(access):
        with closing(KafkaAdminClient(**settings)) as admin:
            cluster = admin.describe_cluster()["cluster_id"]
            names = _names(admin, cluster, topics)
            partitions = list(names)
            ends = _offsets(admin, partitions, OffsetSpec.LATEST)
            wanted = {each: stored.get(name, 0) for each, name in names.items()}
            left = [each for each in partitions if wanted[each] < ends[each]]
            kept = _offsets(admin, left, OffsetSpec.EARLIEST)
        begin = {each: max(wanted[each], kept[each]) for each in left}
        first = _first(settings, begin, ends, until) if left else {}
    found = {each.topic: Waiting() for each in partitions}
    for each in left:
        at = first.get(each)
        if each in first and at is None:
            continue
        so_far = found[each.topic]
        found[each.topic] = Waiting(
            records=so_far.records + ends[each] - begin[each],
            oldest_at=min(filter(None, (so_far.oldest_at, at)), default=None),
        )
    return found


def _names(admin: Any, cluster: str, topics: Collection[str]) -> dict[TopicPartition, str]:
    """Of each partition of these topics, the name under which its position is stored."""
    wanted = set(topics)
    return {
        each: tracked_name(cluster, name, topic.id, each.partition)
        for name, topic in topics_there(admin).items()
        if name in wanted
        for each in topic.partitions
    }


def _offsets(
    admin: Any, partitions: Collection[TopicPartition], which: OffsetSpec
) -> dict[TopicPartition, int]:
    if not partitions:
        return {}
    found = admin.list_partition_offsets(dict.fromkeys(partitions, which), "read_committed")
    return {partition: at.offset for partition, at in found.items()}


def _first(
    settings: Mapping[str, Any],
    begin: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    until: float,
) -> dict[TopicPartition, datetime | None]:
    """When the first record from there on was put there; None where only marks stand.

    Partitions of which that was not seen in time are left out.
    """
    consumer = KafkaConsumer(
        **settings,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        allow_auto_create_topics=False,
        fetch_max_wait_ms=PIECE_MS,
        fetch_max_bytes=PIECE_BYTES,
        max_partition_fetch_bytes=1,  # a broker gives at least one batch
    )
    first: dict[TopicPartition, datetime | None] = {}
    dark: set[TopicPartition] = set()
    """Of these it is not to be seen; who reads them stands still there."""

    def unreadable(found: Unreadable) -> None:
        dark.add(found.partition)
        if found.since:
            first[found.partition] = found.since

    read_any_name(consumer)
    watch(consumer, unreadable, dark.add)
    with closing(consumer):
        consumer.assign(list(begin))
        for partition, offset in begin.items():
            consumer.seek(partition, offset)
        while (unknown := begin.keys() - first.keys() - dark) and time.monotonic() < until:
            for partition, records in consumer.poll(timeout_ms=PIECE_MS).items():
                first[partition] = datetime.fromtimestamp(records[0].timestamp / 1000, UTC)
                consumer.pause(partition)
            for partition in unknown - first.keys() - dark:
                if consumer.position(partition) >= ends[partition]:
                    first[partition] = None
    return first
