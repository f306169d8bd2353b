"""Does every record reach the log once and in order, whatever happens on the way?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from kafka.admin import NewTopic

from adapters.event_store import EventStore
from adapters.translation import formats
from adapters.transports.kafka import Access, Inlet, NotReachable
from domain.agency import RegisterAgency
from domain.message import MessageReceived
from domain.quarantine import MessageQuarantined, MessageReplayed
from services.ingest_kafka import Ingest, Taken
from services.quarantined import replay
from tests.parts.kafka import Broker
from tests.services.office import Office, office_at

pytestmark = pytest.mark.real_kafka

POLICE = "north-police"
Header = tuple[str, bytes]


@pytest.fixture
def office(address: str, tmp_path: Path) -> Iterator[Office]:
    with office_at(address, tmp_path / "keys") as opened:
        yield opened


class Sender:
    """An agency that puts its messages on a topic of its own."""

    def __init__(self, broker: Broker, office: Office) -> None:
        self.agency = f"agency-{uuid4().hex[:8]}"
        office.does(RegisterAgency, agency_id=self.agency, kind="police", name=self.agency)
        self.topic = f"in.{self.agency}.webform.v1"
        with closing(broker.administration()) as admin:
            admin.create_topics([NewTopic(self.topic, 2, 1)])
        self._producer = KafkaProducer(bootstrap_servers=broker.address, enable_idempotence=True)
        self.close = self._producer.close

    def sends(self, body: bytes, identity: str | None, *more: Header, key: str = "case-1") -> None:
        headers = [("ce_specversion", b"1.0"), ("ce_source", f"/agencies/{self.agency}".encode())]
        if identity is not None:
            headers.append(("ce_id", identity.encode()))
        self._producer.send(self.topic, body, key.encode(), headers=[*headers, *more]).get(10)


@pytest.fixture
def sender(kafka: Broker, office: Office) -> Iterator[Sender]:
    with closing(Sender(kafka, office)) as opened:
        yield opened


@pytest.fixture
def ingested(kafka: Broker, office: Office, sender: Sender) -> Callable[[], list[Taken]]:
    """All that is on the topic and not stored yet, taken in."""

    def once() -> list[Taken]:
        with closing(inlet(kafka, office.store, sender)) as opened:
            return list(Ingest(office.store, opened).lines(threading.Event(), once=True))

    return once


def inlet(broker: Broker, store: EventStore, sender: Sender) -> Inlet:
    access = Access(bootstrap=broker.address)
    return Inlet(access, [sender.topic], store.tracked, alone=True)


def concern(seed: int) -> bytes:
    return formats()["webform"].example(seed)


def received(store: EventStore) -> list[str]:
    """The messages in the log, in its order, by the hash of their bytes."""
    return [
        each.event.content
        for each in store.since(0, 1000)
        if isinstance(each.event, MessageReceived)
    ]


def test_each_record_is_stored_once_and_in_order(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]]
) -> None:
    for number in range(20):
        for _ in range(1 + (number % 5 == 0)):
            sender.sends(concern(number), f"notice-{number}")
    lines = ingested()
    assert [line.result for line in lines].count("recorded") == 20
    assert [line.result for line in lines].count("duplicate") == 4
    assert [line.offset for line in lines] == list(range(24))
    messages = [line.message for line in lines if line.result == "recorded"]
    assert received(office.store) == messages
    events = {each.position: each.event for each in office.store.since(0, 1000)}
    assert all(events[line.position or 0].message == line.message for line in lines)
    assert ingested() == []


def test_a_record_that_is_no_message_of_its_sender_is_set_aside(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]]
) -> None:
    sender.sends(concern(1), "notice-1")
    sender.sends(concern(2), "notice-1")
    sender.sends(concern(3), None)
    sender.sends(concern(4), "notice-4", ("ce_id", b"notice-5"))
    sender.sends(concern(5), "notice-5", ("content-type", b"\xff"))
    sender.sends(b"", "notice-6")
    foreign = KafkaProducer(bootstrap_servers=sender._producer.config["bootstrap_servers"])
    with closing(foreign):
        headers = [("ce_id", b"notice-7"), ("ce_source", b"/agencies/elm-surgery")]
        foreign.send(sender.topic, concern(7), b"case-1", headers=headers).get(10)
    lines = ingested()
    assert [(line.result, line.reason) for line in lines] == [
        ("recorded", None),
        ("quarantined", "id-reused"),
        ("quarantined", "no-id"),
        ("quarantined", "header-twice"),
        ("quarantined", "header-unreadable"),
        ("quarantined", "refused"),
        ("quarantined", "other-sender"),
    ]
    kept = office.store.since(0, 1000, opened=("raw",))
    aside = [each.event for each in kept if isinstance(each.event, MessageQuarantined)]
    assert [each.raw for each in aside] == [
        concern(2),
        concern(3),
        concern(4),
        concern(5),
        b"",
        concern(7),
    ]
    assert len(received(office.store)) == 1


def test_what_was_set_aside_is_taken_in_once_when_somebody_says_so(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]]
) -> None:
    sender.sends(concern(1), "notice-1")
    sender.sends(concern(2), "notice-1")
    ingested()
    (stream,) = {
        each.stream
        for each in office.store.since(0, 1000)
        if isinstance(each.event, MessageQuarantined)
    }
    (receipt,) = replay(office.store, stream, "ines-okafor")
    assert receipt.result == "recorded"
    assert replay(office.store, stream, "ines-okafor") == []
    events = {each.position: each.event for each in office.store.since(0, 1000)}
    assert events[receipt.position or 0].message == receipt.message
    assert sum(isinstance(event, MessageReplayed) for event in events.values()) == 1


def test_two_that_read_the_same_partition_store_each_record_once(
    kafka: Broker, office: Office, sender: Sender
) -> None:
    for number in range(30):
        sender.sends(concern(number), f"notice-{number}")
    stop = threading.Event()
    with (
        closing(inlet(kafka, office.store, sender)) as one,
        closing(inlet(kafka, office.store, sender)) as other,
    ):
        late = Ingest(office.store, other).lines(stop, once=True)
        first = Ingest(office.store, one).lines(stop, once=True)
        lines = [next(late), *first, *late]
    assert len(received(office.store)) == 30
    assert sorted({line.offset for line in lines}) == list(range(30))


def test_a_broker_that_is_not_there_is_said_to_be_away() -> None:
    with pytest.raises(NotReachable):
        Inlet(Access(bootstrap="127.0.0.1:1"), ["in.a.webform.v1"], lambda _: 0, alone=True)


def test_an_agency_that_is_registered_while_it_runs_is_read_as_well(
    kafka: Broker, office: Office, sender: Sender
) -> None:
    sender.sends(concern(1), "notice-1")
    stop, topics = threading.Event(), [sender.topic]
    access = Access(bootstrap=kafka.address)
    with closing(Inlet(access, topics, office.store.tracked, alone=False)) as opened:
        ingest = Ingest(office.store, opened, topics=lambda: topics, look_seconds=0)
        lines = ingest.lines(stop)
        assert next(lines).topic == sender.topic
        with closing(Sender(kafka, office)) as new:
            topics.append(new.topic)
            new.sends(concern(2), "notice-1")
            assert next(lines).topic == new.topic
        sender.sends(concern(3), "notice-3")
        assert next(lines).topic == sender.topic
        stop.set()
        assert list(lines) == []
    assert len(received(office.store)) == 3
