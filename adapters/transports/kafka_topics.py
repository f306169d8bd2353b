"""Which topics are there, with which partitions?

Asked of a client for administration, which gives one answer of the broker's. What a consumer knows
is put together behind our back: another answer, about some of the topics only, may come between two
questions, and for that moment the others are gone and have no ids.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

from kafka import TopicPartition


class Topic(NamedTuple):
    """A topic of which the broker tells. `id`: its own; one of that name made later has another."""

    id: str
    partitions: tuple[TopicPartition, ...]
    led: frozenset[TopicPartition]
    """Those of the partitions that a broker has at the moment."""


def topics_there(admin: Any, names: Collection[str] | None = None) -> dict[str, Topic]:
    """By name, all topics that we may see, or those of these. Raises what `admin` raises."""
    described = admin.describe_topics(None if names is None else list(names))
    return {each["name"]: _topic(each) for each in described if not each["error_code"]}


def _topic(described: dict[str, Any]) -> Topic:
    numbers = {each["partition_index"]: each["leader_id"] for each in described["partitions"]}
    name = described["name"]
    return Topic(
        id=str(described.get("topic_id") or ""),
        partitions=tuple(TopicPartition(name, number) for number in sorted(numbers)),
        led=frozenset(TopicPartition(name, n) for n, leader in numbers.items() if leader >= 0),
    )
