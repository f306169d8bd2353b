"""May an agency write its own topic and read its own, and no more?"""

import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import (
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

from adapters.transports.kafka import Access, Inlet, NotAllowed, NotReachable
from adapters.transports.kafka_lag import waiting
from adapters.transports.kafka_rights import READER, WRITER, Made, dead, incoming, outgoing, prepare
from tests.parts.kafka import ADMIN, ADMIN_PASSWORD, READER_PASSWORD, WRITER_PASSWORD, Broker

pytestmark = pytest.mark.real_kafka

FORMATS = ("webform", "csv")
AGENCIES = ("north-police", "elm-surgery")
SECONDS = 20
WRONG = "wrong"


@pytest.fixture(scope="module")
def access(guarded_kafka: Broker) -> Access:
    return Access(bootstrap=guarded_kafka.address, user=ADMIN, password=ADMIN_PASSWORD)


@pytest.fixture(scope="module")
def made(access: Access) -> Made:
    """All of it, with the passwords of our own users, with whom the broker was started."""
    new = prepare(access, AGENCIES, FORMATS)
    return new._replace(
        passwords=new.passwords | {READER: READER_PASSWORD, WRITER: WRITER_PASSWORD}
    )


def write(broker: Broker, made: Made, user: str, topic: str) -> None:
    settings: dict[str, Any] = broker.as_user(user, made.passwords[user])
    producer = KafkaProducer(
        bootstrap_servers=broker.address, enable_idempotence=True, max_block_ms=5000, **settings
    )
    with closing(producer):
        producer.send(topic, b"x", b"case-1").get(SECONDS)


def read(broker: Broker, made: Made, user: str, topic: str, group: str, seconds: int) -> Any:
    """What stands there first; None where nothing is given out in that time."""
    settings: dict[str, Any] = broker.as_user(user, made.passwords[user])
    consumer = KafkaConsumer(
        bootstrap_servers=broker.address,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        **settings,
    )
    with closing(consumer):
        consumer.subscribe([topic])
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for records in consumer.poll(500).values():
                return records[0].value
    return None


def refused(action: Callable[..., Any], *words: Any) -> bool:
    with suppress(TopicAuthorizationFailedError, GroupAuthorizationFailedError):
        action(*words)
        return False
    return True


def listen(access: Access, topic: str, *, alone: bool) -> None:
    with closing(Inlet(access, [topic], lambda _: 0, alone=alone)) as inlet:
        for _ in range(SECONDS):
            inlet.poll(1)


def test_all_that_is_needed_is_made_once(access: Access, made: Made) -> None:
    assert set(made.topics) == {
        "in.elm-surgery.csv.v1",
        "in.elm-surgery.csv.v1.dlq",
        "in.elm-surgery.webform.v1",
        "in.elm-surgery.webform.v1.dlq",
        "in.north-police.csv.v1",
        "in.north-police.csv.v1.dlq",
        "in.north-police.webform.v1",
        "in.north-police.webform.v1.dlq",
        "out.elm-surgery.v1",
        "out.north-police.v1",
    }
    assert made.passwords.keys() == {*AGENCIES, READER, WRITER}
    again = prepare(access, AGENCIES, FORMATS)
    assert (again.topics, again.passwords) == ((), {})
    more = prepare(access, [*AGENCIES, "open-door"], ["webform"])
    written, aside = "in.open-door.webform.v1", "in.open-door.webform.v1.dlq"
    assert more.topics == (written, aside, "out.open-door.v1")
    assert more.passwords.keys() == {"open-door"}


@pytest.mark.parametrize("name", [READER, WRITER, ADMIN])
def test_an_agency_that_is_called_as_a_user_of_ours_is_passed_over(
    access: Access, made: Made, name: str
) -> None:
    again = prepare(access, ["north-police", name], ["webform"])
    assert again == Made((), {}, prepare(access, ["north-police"], ["webform"]).rights, (name,))


def test_an_agency_writes_its_own_topic_and_no_other(guarded_kafka: Broker, made: Made) -> None:
    own, other = (incoming(agency, ["webform"])[0] for agency in AGENCIES)
    write(guarded_kafka, made, "north-police", own)
    assert refused(write, guarded_kafka, made, "north-police", other)
    assert refused(write, guarded_kafka, made, "north-police", outgoing("north-police"))
    assert refused(write, guarded_kafka, made, "north-police", dead(own))
    write(guarded_kafka, made, WRITER, dead(own))


def test_an_agency_reads_what_is_for_it_and_nothing_else(guarded_kafka: Broker, made: Made) -> None:
    write(guarded_kafka, made, "safeguarding-publish", outgoing("elm-surgery"))
    own, group = outgoing("elm-surgery"), "elm-surgery.readers"
    assert read(guarded_kafka, made, "elm-surgery", own, group, SECONDS) == b"x"
    # The client polls for ever where it may not even see the topic.
    assert read(guarded_kafka, made, "north-police", own, "north-police.readers", 2) is None
    assert refused(read, guarded_kafka, made, "elm-surgery", own, "north-police.readers", SECONDS)


@pytest.mark.parametrize("alone", [True, False])
def test_an_ingest_without_the_right_to_read_says_so(
    guarded_kafka: Broker, made: Made, *, alone: bool
) -> None:
    topic = incoming("north-police", ["csv"])[0]
    write(guarded_kafka, made, "north-police", topic)
    theirs = Access(
        bootstrap=guarded_kafka.address,
        user="north-police",
        password=made.passwords["north-police"],
    )
    with pytest.raises(NotAllowed):
        listen(theirs, topic, alone=alone)


def test_our_own_user_reads_what_comes_in(guarded_kafka: Broker, made: Made) -> None:
    topic = incoming("elm-surgery", ["csv"])[0]
    write(guarded_kafka, made, "elm-surgery", topic)
    ours = Access(bootstrap=guarded_kafka.address, user=READER, password=made.passwords[READER])
    with closing(Inlet(ours, [topic], lambda _: 0, alone=True)) as inlet:
        found = [record for _ in range(3) for each in inlet.poll(2).values() for record in each]
    assert [record.body for record in found] == [b"x"]
    assert waiting(ours, [topic], {}, SECONDS)[topic].records == 1


def test_a_wrong_password_is_told(guarded_kafka: Broker, made: Made) -> None:
    wrong = Access(bootstrap=guarded_kafka.address, user="north-police", password=WRONG)
    look = f"at {guarded_kafka.address} .* check the user and the password"
    with pytest.raises(NotReachable, match=look) as found:
        Inlet(wrong, ["in.north-police.csv.v1"], lambda _: 0, alone=True)
    assert WRONG not in str(found.value)
