"""Does the operator hear what could not be taken in from Kafka, once all the rest is stored?"""

from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from tests.parts.kafka import Broker
from tests.services.command_line.conftest import Run

pytestmark = pytest.mark.real_kafka


@pytest.fixture
def topics(kafka: Broker, office: Run) -> list[str]:
    """One of each of three agencies."""
    agencies = [f"agency-{uuid4().hex[:8]}" for _ in range(3)]
    for agency in agencies:
        assert office("senders", "add", agency, "--kind", "gp", "--name", "A surgery").code == 0
    names = [f"in.{agency}.webform.v1" for agency in agencies]
    with closing(kafka.administration()) as admin:
        admin.create_topics([NewTopic(each, 1, 1) for each in names])
    return names


def test_what_was_lost_or_stands_still_is_told_when_all_else_is_stored(
    kafka: Broker, office: Run, topics: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, dark, well = topics
    for topic in topics:
        codec = "lz4" if topic == dark else None
        with closing(
            KafkaProducer(bootstrap_servers=kafka.address, compression_type=codec)
        ) as sender:
            for number in range(2):
                source = f"/agencies/{topic.split('.')[1]}".encode()
                headers = [("ce_id", b"%d" % number), ("ce_source", source)]
                body = b'{"concern": "%s"}' % (b"Concern %d. " % number * 50)
                sender.send(topic, body, headers=headers).get(10)
    monkeypatch.setattr("kafka.codec.has_lz4", lambda: False)  # the library is not there any more
    with closing(kafka.administration()) as admin:
        admin.delete_records({TopicPartition(lost, 0): 1})
    taken = office("ingest", "kafka", "--kafka", kafka.address, "--once")
    assert taken.code == 1
    assert sorted((row["topic"], row["offset"]) for row in taken.rows) == sorted(
        [(lost, 1), (well, 0), (well, 1)]
    )
    assert f"1 record of {lost} was deleted before it was read: ask its sender" in taken.error
    assert f"{dark}, partition 0, stands still at offset 0: UnsupportedCodecError." in taken.error
    again = office("ingest", "kafka", "--kafka", kafka.address, "--once")
    assert (again.code, again.rows, lost in again.error) == (1, [], False)
