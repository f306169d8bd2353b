"""Is it known what waits on the agencies' topics, and that it cannot be known now?"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from kafka.admin import NewTopic
from kafka.structs import TopicPartition

from adapters.transports.kafka import Access, NotReachable
from adapters.transports.kafka_lag import Waiting, waiting
from tests.parts.kafka import Broker

pytestmark = pytest.mark.real_kafka

SECONDS = 5.0
THEN = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
"""When the records say that they were sent; later ones a minute after each other."""


@pytest.fixture
def topic(kafka: Broker) -> str:
    name = f"in.agency-{uuid4().hex[:8]}.webform.v1"
    with closing(kafka.administration()) as admin:
        admin.create_topics([NewTopic(name, 2, 1)])
    return name


@pytest.fixture
def stored(kafka: Broker, topic: str) -> Callable[[int], dict[str, int]]:
    """The first partition was read to there."""
    with closing(kafka.administration()) as admin:
        cluster = admin.describe_cluster()["cluster_id"]
        (found,) = admin.describe_topics([topic])
    return lambda position: {f"kafka|{cluster}|{topic}|{found['topic_id']}|0": position}


def send(broker: Broker, topic: str, count: int, *, transaction: bool = False) -> None:
    more = {"transactional_id": topic} if transaction else {"enable_idempotence": True}
    with closing(KafkaProducer(bootstrap_servers=broker.address, **more)) as sender:
        if transaction:
            sender.init_transactions()
            sender.begin_transaction()
        for number in range(count):
            at = int((THEN + timedelta(minutes=number)).timestamp() * 1000)
            sender.send(topic, b"a concern", partition=0, timestamp_ms=at).get(10)
        if transaction:
            sender.commit_transaction()


def test_what_is_not_stored_waits_since_its_first_record_was_sent(
    kafka: Broker, topic: str, stored: Callable[[int], dict[str, int]]
) -> None:
    access = Access(bootstrap=kafka.address)
    topics = [topic, "in.nobody.webform.v1"]
    assert waiting(access, topics, {}, SECONDS) == {topic: Waiting()}
    send(kafka, topic, 3)
    assert waiting(access, topics, {}, SECONDS) == {topic: Waiting(records=3, oldest_at=THEN)}
    left = Waiting(records=1, oldest_at=THEN + timedelta(minutes=2))
    assert waiting(access, topics, stored(2), SECONDS) == {topic: left}
    assert waiting(access, topics, stored(3), SECONDS) == {topic: Waiting()}


def test_the_mark_of_a_transaction_does_not_wait_for_anybody(
    kafka: Broker, topic: str, stored: Callable[[int], dict[str, int]]
) -> None:
    send(kafka, topic, 2, transaction=True)
    access = Access(bootstrap=kafka.address)
    assert waiting(access, [topic], stored(2), SECONDS) == {topic: Waiting()}


def test_what_was_deleted_before_it_was_read_does_not_wait_any_more(
    kafka: Broker, topic: str, stored: Callable[[int], dict[str, int]]
) -> None:
    send(kafka, topic, 3)
    with closing(kafka.administration()) as admin:
        admin.delete_records({TopicPartition(topic, 0): 2})
    left = {topic: Waiting(records=1, oldest_at=THEN + timedelta(minutes=2))}
    assert waiting(Access(bootstrap=kafka.address), [topic], stored(1), SECONDS) == left


def test_a_broker_that_is_away_keeps_nobody_waiting() -> None:
    began = time.monotonic()
    with pytest.raises(NotReachable):
        waiting(Access(bootstrap="192.0.2.1:9092"), ["in.a.webform.v1"], {}, 0.3)
    assert time.monotonic() - began < 1
