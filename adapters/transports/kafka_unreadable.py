"""What if one partition's bytes cannot be read? It stands still, and the others go on.

The client raises what it cannot decode out of `poll`, for all partitions at once, without a word of
which it was; and from a poll after that it never comes back. So each partition's bytes are watched
where the client takes them up.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from struct import Struct as Layout
from typing import Any, NamedTuple

from kafka.errors import AuthorizationError, OffsetOutOfRangeError
from kafka.structs import TopicPartition

MAGIC_AT, MAGIC = 16, 2
"""Of a batch of records, the byte that tells how it is laid out; and the layout since 0.11."""
TIME_AT, TIME = 35, Layout(">q")
"""Of such a batch, when its newest record was put there, in milliseconds."""


class Unreadable(NamedTuple):
    """`offset`: of the first record that cannot be read, or of the batch in which it stands.

    `reason`: the name of the client's error. `since`: when what was fetched was put there.
    """

    partition: TopicPartition
    offset: int
    reason: str
    since: datetime | None


def watch(
    consumer: Any,
    unreadable: Callable[[Unreadable], None],
    out_of_range: Callable[[TopicPartition], None],
) -> None:
    """Have a partition paused, and told of, of which the bytes or the offset are not to be had.

    Both are called within `poll`. Who resumes the partition tries it again.
    """
    fetcher = consumer._fetcher
    parse = fetcher._parse_fetched_data

    def stop(fetch: Any, offset: int, error: Exception) -> None:
        consumer.pause(fetch.topic_partition)
        put_at = _put_at(fetch.partition_data.records)
        unreadable(Unreadable(fetch.topic_partition, offset, type(error).__name__, put_at))

    def parsed(fetch: Any) -> Any:
        try:
            records = parse(fetch)
        except OffsetOutOfRangeError:
            consumer.pause(fetch.topic_partition)
            out_of_range(fetch.topic_partition)
            return None
        except AuthorizationError:
            raise  # that is about us, not about these bytes
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this partition's alone
            stop(fetch, fetch.fetched_offset, error)
            return None
        if not records:
            return records
        take = records.take

        def taken(count: int | None = None) -> Any:
            try:
                return take(count)
            except Exception as error:  # noqa: BLE001 - as above
                offset = records.next_fetch_offset
                records.drain()  # else the client takes from it for ever
                stop(fetch, offset, error)
                return []

        records.take = taken
        return records

    fetcher._parse_fetched_data = parsed


def _put_at(batches: Any) -> datetime | None:
    """When the first of these batches was put there, as far as it says so in the clear."""
    if not batches or len(batches) < TIME_AT + TIME.size or batches[MAGIC_AT] != MAGIC:
        return None
    (milliseconds,) = TIME.unpack_from(batches, TIME_AT)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):  # a producer may write any number
        return None
