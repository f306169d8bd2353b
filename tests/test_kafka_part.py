"""Is the Kafka that the tests run on a real one?"""

from contextlib import closing

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from tests.parts.kafka import Broker

pytestmark = pytest.mark.real_kafka


def test_what_was_acknowledged_is_there_after_a_crash(kafka: Broker) -> None:
    with closing(kafka.administration()) as admin:
        admin.create_topics([NewTopic("crash", 1, 1)])
    with closing(KafkaProducer(bootstrap_servers=kafka.address, enable_idempotence=True)) as sender:
        sender.send("crash", b"before").get(10)
    kafka.kill()
    kafka.start()
    reader = KafkaConsumer(bootstrap_servers=kafka.address, auto_offset_reset="earliest")
    with closing(reader):
        reader.assign([TopicPartition("crash", 0)])
        assert [record.value for record in next(iter(reader.poll(10_000).values()))] == [b"before"]
