"""Does every record reach the log once and in order, whatever happens on the way?"""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from adapters.event_store import EventStore
from adapters.translation import formats
from adapters.transports.kafka import (
    TRUNCATED,
    Access,
    Incomplete,
    Inlet,
    NotReachable,
    demand_all,
)
from adapters.transports.kafka_lag import Waiting, waiting
from domain import quarantine
from domain.agency import RegisterAgency, ResumeAgency, SuspendAgency
from domain.kernel import Refused
from domain.message import MessageReceived
from domain.quarantine import MessageQuarantined, MessageReplayed, RecordsLost
from services.ingest_kafka import SOURCE_NOT_AGREED, Ingest, Taken
from services.quarantined import replay
from tests.adapters.event_store.direct import somebody_writes
from tests.parts.kafka import Broker
from tests.services.ingesting import ToldWhileWaiting, place_at
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

    def __init__(
        self, broker: Broker, office: Office, partitions: int = 2, **settings: str
    ) -> None:
        """`settings`: of its topic."""
        self._broker = broker
        self.agency = f"agency-{uuid4().hex[:8]}"
        office.does(RegisterAgency, agency_id=self.agency, kind="police", name=self.agency)
        self.topic = f"in.{self.agency}.webform.v1"
        self.makes_its_topic(partitions, **settings)
        self._producer = KafkaProducer(bootstrap_servers=broker.address, enable_idempotence=True)
        self.close = self._producer.close

    def makes_its_topic(self, partitions: int, **settings: str) -> None:
        given = {name.replace("_", "."): value for name, value in settings.items()}
        with closing(self._broker.administration()) as admin:
            admin.create_topics([NewTopic(self.topic, partitions, 1, topic_configs=given)])

    def deletes_its_topic(self) -> None:
        with closing(self._broker.administration()) as admin:
            admin.delete_topics([self.topic])

    def deletes_before(self, offset: int) -> None:
        """What the first partition holds, as the broker does with what is old."""
        with closing(self._broker.administration()) as admin:
            admin.delete_records({TopicPartition(self.topic, 0): offset})

    def sends(
        self,
        body: bytes,
        identity: str | None,
        *more: Header,
        key: str = "case-1",
        agency: str | None = None,
        codec: str | None = None,
    ) -> None:
        """`agency`: who it says that it is, if not itself. `codec`: by which it is compressed."""
        source = f"/agencies/{agency or self.agency}"
        headers = [("ce_specversion", b"1.0"), ("ce_source", source.encode())]
        if identity is not None:
            headers.append(("ce_id", identity.encode()))
        with ExitStack() as stack:
            producer = self._producer
            if codec:
                opened = KafkaProducer(
                    bootstrap_servers=self._broker.address, compression_type=codec
                )
                producer = stack.enter_context(closing(opened))
            producer.send(self.topic, body, key.encode(), headers=[*headers, *more]).get(10)

    def sends_as(self, source: str, body: bytes, identity: str) -> None:
        """As somebody who calls itself so."""
        headers = [("ce_id", identity.encode()), ("ce_source", source.encode())]
        self._producer.send(self.topic, body, b"case-1", headers=headers).get(10)


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


def inlet(broker: Broker, store: EventStore, *senders: Sender) -> Inlet:
    access = Access(bootstrap=broker.address)
    return Inlet(access, [each.topic for each in senders], store.tracked, alone=True)


def concern(seed: int) -> bytes:
    return formats()["webform"].example(seed)


def received(store: EventStore) -> list[str]:
    """The messages in the log, in its order, by the hash of their bytes."""
    return [
        each.event.content
        for each in store.since(0, 1000)
        if isinstance(each.event, MessageReceived)
    ]


def test_what_the_client_forgets_for_a_moment_is_there_all_the_same(
    kafka: Broker, office: Office, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = KafkaConsumer.topics

    def topics(consumer: Any) -> Any:
        """Another answer of the broker's, about no topic at all, came right after that."""
        asked(consumer)
        consumer._cluster._partitions, consumer._cluster._topic_ids = {}, {}
        return consumer._cluster.topics()

    sender.sends(concern(1), "1")
    monkeypatch.setattr("kafka.KafkaConsumer.topics", topics)
    with closing(inlet(kafka, office.store, sender)) as opened:
        lines = list(Ingest(office.store, opened).lines(threading.Event(), once=True))
        assert [each.result for each in lines] == ["recorded"]
    monkeypatch.undo()
    with closing(inlet(kafka, office.store, sender)) as opened:
        assert list(Ingest(office.store, opened).lines(threading.Event(), once=True)) == []


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


def aside(store: EventStore) -> list[str]:
    """The streams of what was set aside."""
    log = store.since(0, 1000)
    return [each.stream for each in log if isinstance(each.event, MessageQuarantined)]


def test_what_was_taken_in_after_all_is_known_when_it_is_sent_again(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]]
) -> None:
    sender.sends(concern(1), "notice-1")
    sender.sends(concern(2), "notice-1")
    assert [line.reason for line in ingested()] == [None, "id-reused"]
    (stream,) = aside(office.store)
    replay(office.store, stream, "ines-okafor")
    sender.sends(concern(2), "notice-1")
    sender.sends(concern(3), "notice-1")
    assert [(line.result, line.reason) for line in ingested()] == [
        ("duplicate", None),
        ("quarantined", "id-reused"),
    ]


def test_what_was_taken_in_after_all_holds_its_id(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]]
) -> None:
    office.does(SuspendAgency, agency_id=sender.agency, reason="Its keys were stolen.")
    sender.sends(concern(1), "notice-1")
    assert [line.reason for line in ingested()] == ["refused"]
    office.does(ResumeAgency, agency_id=sender.agency)
    (stream,) = aside(office.store)
    (receipt,) = replay(office.store, stream, "ines-okafor")
    assert receipt.result == "recorded"
    sender.sends(concern(2), "notice-1")
    sender.sends(concern(1), "notice-1")
    assert [(line.result, line.reason) for line in ingested()] == [
        ("quarantined", "id-reused"),
        ("duplicate", None),
    ]


def test_what_came_in_another_senders_name_holds_no_id_of_theirs(
    kafka: Broker,
    office: Office,
    sender: Sender,
    other: Sender,
    ingested: Callable[[], list[Taken]],
) -> None:
    sender.sends(concern(1), "notice-1", agency=other.agency)
    assert [line.reason for line in ingested()] == ["other-sender"]
    (stream,) = aside(office.store)
    replay(office.store, stream, "ines-okafor")
    other.sends(concern(2), "notice-1")
    with closing(inlet(kafka, office.store, other)) as opened:
        lines = list(Ingest(office.store, opened).lines(threading.Event(), once=True))
    assert [line.result for line in lines] == ["recorded"]


@pytest.mark.parametrize("source", ["/np", "/{agency}", "/Agencies/{agency}", "/agencies/nobody"])
def test_who_only_writes_its_own_name_otherwise_is_taken_in_and_that_is_told(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]], source: str
) -> None:
    own = source.format(agency=sender.agency)
    sender.sends_as(own, concern(1), "notice-1")
    sender.sends_as(own, concern(1), "notice-1")
    sender.sends_as(own, concern(2), "notice-1")
    taken, again, reused = ingested()
    assert (taken.result, SOURCE_NOT_AGREED in taken.problems) == ("recorded", True)
    assert (again.result, reused.reason) == ("duplicate", "id-reused")
    (stream,) = aside(office.store)
    (receipt,) = replay(office.store, stream, "ines-okafor")
    assert receipt.result == "recorded"


def test_two_agencies_that_call_themselves_alike_share_no_ids(
    kafka: Broker, office: Office, sender: Sender, other: Sender
) -> None:
    sender.sends_as("/desk", concern(1), "notice-1")
    other.sends_as("/desk", concern(2), "notice-1")
    with closing(inlet(kafka, office.store, sender, other)) as opened:
        lines = list(Ingest(office.store, opened).lines(threading.Event(), once=True))
    assert [line.result for line in lines] == ["recorded"] * 2


@pytest.mark.parametrize("source", ["/agencies/elm-surgery/desk", "elm-surgery", "/Elm-Surgery"])
def test_who_calls_itself_by_the_name_of_another_agency_is_set_aside(
    sender: Sender, ingested: Callable[[], list[Taken]], source: str
) -> None:
    sender.sends_as(source, concern(1), "notice-1")
    assert [line.reason for line in ingested()] == ["other-sender"]


def test_of_a_message_whose_key_is_destroyed_nothing_is_left_to_take_in(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]]
) -> None:
    sender.sends(concern(1), None)
    ingested()
    (stream,) = aside(office.store)
    office.store.vault.destroy(stream)
    with pytest.raises(Refused, match="was destroyed"):
        replay(office.store, stream, "ines-okafor")


def test_an_id_ends_where_its_sender_ended_it(
    office: Office, sender: Sender, ingested: Callable[[], list[Taken]]
) -> None:
    sender.sends(concern(1), "2", agency=f"{sender.agency}/x|1")
    sender.sends(concern(2), "1|2", agency=f"{sender.agency}/x")
    assert [line.result for line in ingested()] == ["recorded", "recorded"]


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


# ── One agency's trouble is no other's ────────────────────────────────────────────────────────────


@pytest.fixture
def other(kafka: Broker, office: Office) -> Iterator[Sender]:
    with closing(Sender(kafka, office, 1)) as opened:
        yield opened


def losses(store: EventStore) -> list[tuple[str, int, int]]:
    """Agency, first offset and count of what was lost."""
    return [
        (each.event.agency, each.event.offset, each.event.records)
        for each in store.since(0, 1000)
        if isinstance(each.event, RecordsLost)
    ]


@pytest.mark.parametrize("codec", ["gzip", "lz4", "snappy", "zstd"])
def test_a_record_is_read_whatever_it_was_compressed_with(
    kafka: Broker, office: Office, codec: str
) -> None:
    with closing(Sender(kafka, office, compression_type=codec)) as sender:
        sender.sends(concern(1) + b" " * 500_000, "notice-1")
        with closing(inlet(kafka, office.store, sender)) as opened:
            lines = list(Ingest(office.store, opened).lines(threading.Event(), once=True))
    assert [line.result for line in lines] == ["recorded"]


def test_a_library_that_is_missing_is_named_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lz4", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(Incomplete, match="Install lz4, zstandard "):
        demand_all()


def test_what_was_deleted_before_it_was_ever_read_is_told_and_the_rest_is_taken_in(
    kafka: Broker, office: Office, other: Sender
) -> None:
    for number in range(5):
        other.sends(concern(number), f"notice-{number}")
    other.deletes_before(3)
    with closing(inlet(kafka, office.store, other)) as opened:
        ingest = Ingest(office.store, opened)
        lines = list(ingest.lines(threading.Event(), once=True))
        assert [(line.offset, line.result) for line in lines] == [(3, "recorded"), (4, "recorded")]
        assert [(gap.lost, gap.kept) for gap in ingest.lost] == [(0, 3)]
    assert losses(office.store) == [(other.agency, 0, 3)]
    with closing(inlet(kafka, office.store, other)) as opened:
        again = Ingest(office.store, opened)
        assert list(again.lines(threading.Event(), once=True)) == []
        assert again.lost == []
    assert losses(office.store) == [(other.agency, 0, 3)]


def test_what_one_agency_lost_while_we_read_keeps_no_other_waiting(
    kafka: Broker, office: Office, sender: Sender, other: Sender
) -> None:
    stop, topics = threading.Event(), [sender.topic, other.topic]
    access = Access(bootstrap=kafka.address)
    other.sends(concern(1), "notice-1")
    with closing(Inlet(access, topics, office.store.tracked, alone=False)) as opened:
        lines = Ingest(office.store, opened).lines(stop)
        assert next(lines).offset == 0
        opened.hold()
        for number in range(2, 7):
            other.sends(concern(number), f"notice-{number}")
        other.deletes_before(4)
        sender.sends(concern(9), "notice-9")
        opened.go_on()
        found = [next(lines) for _ in range(3)]
        stop.set()
        assert list(lines) == []
    assert sorted((line.topic == other.topic, line.offset) for line in found) == [
        (False, 0),
        (True, 4),
        (True, 5),
    ]
    assert losses(office.store) == [(other.agency, 1, 3)]


def test_a_partition_that_ends_before_what_we_have_read_stands_still_alone(
    kafka: Broker, office: Office, sender: Sender, other: Sender
) -> None:
    other.sends(concern(1), "notice-1")
    sender.sends(concern(2), "notice-2")
    access, topics = Access(bootstrap=kafka.address), [sender.topic, other.topic]

    def position(tracked: str) -> int:
        return 7 if other.topic in tracked else office.store.tracked(tracked)

    with closing(Inlet(access, topics, position, alone=True)) as opened:
        lines = list(Ingest(office.store, opened).lines(threading.Event(), once=True))
        (still,) = opened.still.values()
    assert [line.topic for line in lines] == [sender.topic]
    assert still == (TopicPartition(other.topic, 0), 7, TRUNCATED)


def test_a_topic_that_was_made_again_is_read_from_its_beginning(
    kafka: Broker, office: Office, other: Sender
) -> None:
    def taken() -> list[Taken]:
        with closing(inlet(kafka, office.store, other)) as opened:
            return list(Ingest(office.store, opened).lines(threading.Event(), once=True))

    for number in range(3):
        other.sends(concern(number), f"notice-{number}")
    assert len(taken()) == 3
    other.deletes_its_topic()
    other.makes_its_topic(1)
    for number in range(2, 7):
        other.sends(concern(number), f"notice-{number}")
    assert [line.result for line in taken()] == ["duplicate"] + ["recorded"] * 4
    assert len(received(office.store)) == 7
    assert losses(office.store) == []


def test_a_topic_that_is_made_again_while_we_read_is_read_from_its_beginning(
    kafka: Broker, office: Office, other: Sender
) -> None:
    stop, access = threading.Event(), Access(bootstrap=kafka.address)
    for number in range(3):
        other.sends(concern(number), f"notice-{number}")
    with closing(Inlet(access, [other.topic], office.store.tracked, alone=False)) as opened:
        lines = Ingest(office.store, opened, look_seconds=0).lines(stop)
        assert [next(lines).offset for _ in range(3)] == [0, 1, 2]
        other.deletes_its_topic()
        other.makes_its_topic(1)
        for number in range(3, 8):
            other.sends(concern(number), f"notice-{number}")
        while len(received(office.store)) < 8:
            next(lines)
        stop.set()
        list(lines)
    assert len(received(office.store)) == 8
    assert losses(office.store) == []


class NotUtf8(str):
    """The name of a header, as a careless producer writes it."""

    def encode(self, *_: Any) -> bytes:
        return b"\xff\xfename"


@pytest.mark.parametrize("codec", [None, "gzip"])
def test_a_record_with_a_header_that_nobody_can_name_is_set_aside(
    kafka: Broker, office: Office, other: Sender, codec: str | None
) -> None:
    other.sends(concern(1), "notice-1")
    other.sends(concern(2), "notice-2", (NotUtf8("x"), b"y"), codec=codec)
    other.sends(concern(3), "notice-3")
    access = Access(bootstrap=kafka.address)
    lag = waiting(access, [other.topic], {}, 5)[other.topic]
    assert (lag.records, lag.oldest_at is None) == (3, False)
    with closing(inlet(kafka, office.store, other)) as opened:
        lines = list(Ingest(office.store, opened).lines(threading.Event(), once=True))
        assert opened.still == {}
    assert [(line.offset, line.result, line.reason) for line in lines] == [
        (0, "recorded", None),
        (1, "quarantined", "header-unreadable"),
        (2, "recorded", None),
    ]
    (stream,) = aside(office.store)
    (kept,) = office.store.history(stream, opened=("raw",))
    assert isinstance(kept.event, MessageQuarantined)
    assert kept.event.raw == concern(2)
    assert kept.event.headers[-1] == quarantine.Header(r"\xff\xfename", b"y")
    (receipt,) = replay(office.store, stream, "ines-okafor")
    assert receipt.result == "recorded"


def test_a_record_that_cannot_be_decoded_stops_its_partition_and_no_other(
    kafka: Broker,
    office: Office,
    sender: Sender,
    other: Sender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other.sends(concern(1), "notice-1")
    other.sends(concern(2), "notice-2", codec="lz4")
    other.sends(concern(3), "notice-3")
    monkeypatch.setattr("kafka.codec.has_lz4", lambda: False)  # the library is not there any more
    stop, access = threading.Event(), Access(bootstrap=kafka.address)
    topics = [sender.topic, other.topic]
    with ExitStack() as stack:
        alone = stack.enter_context(closing(inlet(kafka, office.store, sender, other)))
        lines = list(Ingest(office.store, alone).lines(stop, once=True))
        assert [(line.topic, line.offset) for line in lines] == [(other.topic, 0)]
        (still,) = alone.still.values()
        assert still == (TopicPartition(other.topic, 0), 1, "UnsupportedCodecError")

        member = Inlet(access, topics, office.store.tracked, alone=False)
        stack.enter_context(closing(member))
        running = Ingest(office.store, member, look_seconds=0).lines(stop)
        for number in range(10, 13):
            sender.sends(concern(number), f"notice-{number}")
            assert next(running).topic == sender.topic
        assert list(member.still) == [still.partition]
        lag = waiting(access, topics, office.store.all_tracked("kafka|"), 5)
        assert lag[sender.topic] == Waiting()
        assert (lag[other.topic].records, lag[other.topic].oldest_at is None) == (2, False)

        other.deletes_before(2)  # what stands in the way is gone: it heals by itself
        line = next(running)
        assert (line.topic, line.offset, member.still) == (other.topic, 2, {})
        stop.set()
        assert list(running) == []
    assert losses(office.store) == [(other.agency, 1, 1)]


def test_a_poll_of_many_rows_is_stored_in_several_transactions(
    kafka: Broker, office: Office, sender: Sender
) -> None:
    for number in range(10):
        sender.sends(concern(number), f"notice-{number}", key=f"case-{number}")
    with closing(inlet(kafka, office.store, sender)) as opened:
        ingest = Ingest(office.store, opened, most_rows=3)
        lines = list(ingest.lines(threading.Event(), once=True))
    assert len(received(office.store)) == 10
    assert received(office.store) == [line.message for line in lines]
    held = [office.store.claim(f"bytes:{sender.agency}|{line.message}") for line in lines]
    assert len({claim.position for claim in held if claim}) == 4
    events = {each.position: each.event for each in office.store.since(0, 1000)}
    assert all(events[line.position or 0].message == line.message for line in lines)


@pytest.mark.parametrize("after", [2, 8, 14])
def test_what_is_half_done_when_we_are_told_to_end_is_given_up(
    kafka: Broker, office: Office, sender: Sender, after: int
) -> None:
    for number in range(10):
        sender.sends(concern(number), f"notice-{number}")
    stop, asked = threading.Event(), []

    def clock() -> datetime:
        asked.append(1)
        if len(asked) == after:
            stop.set()
        return office.now

    with closing(inlet(kafka, office.store, sender)) as opened:
        assert list(Ingest(office.store, opened, clock).lines(stop)) == []
    assert received(office.store) == []
    with closing(inlet(kafka, office.store, sender)) as opened:
        lines = list(Ingest(office.store, opened).lines(threading.Event(), once=True))
    assert [line.offset for line in lines] == list(range(10))


def test_told_to_end_it_does_not_wait_for_a_broker_that_says_nothing(tmp_path: Path) -> None:
    with (
        place_at(tmp_path) as place,
        socket.create_server(("127.0.0.1", 0)) as silent,
        ExitStack() as stack,
    ):
        process = place.ingest("kafka", "--kafka", f"127.0.0.1:{silent.getsockname()[1]}")
        for _ in ("whether anybody listens", "who wants to be let in"):
            stack.enter_context(silent.accept()[0])
        process.told(signal.SIGTERM)
        ended = process.ended(3)
        assert (ended.code, ended.lines, ended.error) == (0, [], "")


@pytest.mark.parametrize("once", [False, True])
def test_the_end_is_told_while_somebody_else_writes(
    kafka: Broker, tmp_path: Path, once: bool
) -> None:
    with (
        office_at(tmp_path / "store", tmp_path / "keys") as office,
        closing(Sender(kafka, office, 1)) as sender,
        closing(inlet(kafka, office.store, sender)) as opened,
    ):
        for number in range(3):
            sender.sends(concern(number), f"notice-{number}")
        stop = ToldWhileWaiting()
        with somebody_writes(tmp_path / "store"):
            assert list(Ingest(office.store, opened).lines(stop, once=once)) == []
        assert stop.is_set()
        assert received(office.store) == []
        with closing(inlet(kafka, office.store, sender)) as again:
            lines = list(Ingest(office.store, again).lines(threading.Event(), once=True))
        assert [line.result for line in lines] == ["recorded"] * 3


def test_marks_of_a_transaction_that_are_deleted_later_are_no_loss(
    kafka: Broker, office: Office, other: Sender
) -> None:
    settings = {"bootstrap_servers": kafka.address, "transactional_id": other.topic}
    headers = [("ce_id", b"notice-1"), ("ce_source", f"/agencies/{other.agency}".encode())]
    with closing(KafkaProducer(**settings)) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(other.topic, concern(1), b"case-1", headers=headers).get(10)
        producer.commit_transaction()
    for _ in range(2):
        with closing(inlet(kafka, office.store, other)) as opened:
            list(Ingest(office.store, opened).lines(threading.Event(), once=True))
        other.deletes_before(2)
    assert len(received(office.store)) == 1
    assert losses(office.store) == []


@pytest.mark.parametrize(
    ("whose", "waited"), [("LogAppendTime", True), ("CreateTime", False)], ids=["broker", "sender"]
)
def test_a_message_was_received_when_the_broker_had_it(
    kafka: Broker, office: Office, whose: str, waited: bool
) -> None:
    monday = datetime.now(UTC) + timedelta(days=3)
    with closing(Sender(kafka, office, message_timestamp_type=whose)) as sender:
        sender.sends(concern(1), "notice-1")
        sender.sends(concern(2), None)
        with closing(inlet(kafka, office.store, sender)) as opened:
            ingest = Ingest(office.store, opened, lambda: monday)
            assert len(list(ingest.lines(threading.Event(), once=True))) == 2
    times = [
        each.event.received_at
        for each in office.store.since(0, 1000)
        if isinstance(each.event, MessageReceived | MessageQuarantined)
    ]
    assert [time < monday - timedelta(days=2) for time in times] == [waited, waited]
