"""Does what an agency is to be told reach its own topic, once, whatever breaks on the way?"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic, ScramMechanism, UserScramCredentialUpsertion
from msgspec.structs import replace

from adapters.event_store.leader import alone
from adapters.outgoing import cloud_event
from adapters.translation import formats
from adapters.transports.kafka import Access, Inlet, NotAllowed, NotReachable
from adapters.transports.kafka_out import LARGEST, Message, Outlet, Stopped
from adapters.transports.kafka_rights import READER, WRITER, dead, outgoing, prepare
from domain.agency import RegisterAgency, ResumeAgency
from domain.child import RestrictRecord
from domain.referral import AcknowledgeReferral, DecideReferral
from services.disclosing import Disclosing, disclosed
from services.ingest_kafka import Ingest
from services.publish_kafka import LEADER, MARK, Publish, Published
from tests.adapters.event_store.direct import somebody_writes
from tests.parts.dying import FAULT
from tests.parts.kafka import ADMIN, ADMIN_PASSWORD, READER_PASSWORD, WRITER_PASSWORD, Broker
from tests.parts.kafka_proxy import Api, way_to_kafka
from tests.services.ingesting import Place, ToldWhileWaiting, place_at
from tests.services.office import KIT, Office, concern

pytestmark = pytest.mark.real_kafka

SECONDS = 20
NOTICE = "N-2026-000017"
SCRAM, PASSWORD = ScramMechanism.SCRAM_SHA_512, "made-up"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path) as made:
        yield made


@pytest.fixture
def office(place: Place) -> Iterator[Office]:
    with place.office() as opened:
        yield opened


class Read:
    """One record of a topic, as its agency's system has it."""

    def __init__(self, record: Any) -> None:
        self.key, self.body = record.key, record.value
        self.headers: list[tuple[str, bytes]] = list(record.headers)
        self.place = (record.partition, record.offset)

    @property
    def attributes(self) -> dict[str, str]:
        return {name: value.decode() for name, value in self.headers}

    @property
    def data(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read


class Agency:
    """An agency with a topic of its own, on a broker that lets anybody in."""

    def __init__(self, broker: Broker, office: Office) -> None:
        self.id = f"agency-{uuid4().hex[:8]}"
        self.topic = outgoing(self.id)
        self.incoming = f"in.{self.id}.webform.v1"
        self._broker, self._office = broker, office
        office.does(RegisterAgency, agency_id=self.id, kind="police", name=self.id)
        with closing(broker.administration()) as admin:
            topics = {self.topic: 2, self.incoming: 1, dead(self.incoming): 1}
            admin.create_topics([NewTopic(name, count, 1) for name, count in topics.items()])

    def refers(self, number: int = 1, **said: Any) -> str:
        """A referral of its own, which was acknowledged."""
        said = {"references": (f"{NOTICE}-{number}",), "children": (), **said}
        text = f"Concern {number}."
        receipt = self._office.receives_one(concern(concern=text, **said), sender=self.id)
        return str(receipt.referral)

    def reads(self, topic: str | None = None) -> list[Read]:
        """All that stands on its topic, in the order of its partitions."""
        consumer = KafkaConsumer(bootstrap_servers=self._broker.address, group_id=None)
        return list(map(Read, all_of(consumer, topic or self.topic)))


def all_of(consumer: Any, topic: str) -> list[Any]:
    with closing(consumer):
        numbers = consumer.partitions_for_topic(topic) or ()
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        found: dict[Any, list[Any]] = {each: [] for each in partitions}
        while any(consumer.position(each) < end for each, end in ends.items()):
            for partition, records in consumer.poll(500).items():
                found[partition] += records
    return [record for each in partitions for record in found[each]]


@pytest.fixture
def agency(kafka: Broker, office: Office) -> Agency:
    return Agency(kafka, office)


@pytest.fixture
def published(kafka: Broker, office: Office) -> Callable[[], list[Published]]:
    """What is sent of all that the log holds."""
    access = Access(bootstrap=kafka.address)

    def once() -> list[Published]:
        publisher = Publish(office.store, lambda: Outlet(access), lambda _: None)
        return list(publisher.lines(threading.Event(), once=True))

    return once


def test_what_an_agency_is_told_stands_on_its_own_topic(
    office: Office, agency: Agency, published: Callable[[], list[Published]]
) -> None:
    referral_id = agency.refers()
    office.does(AcknowledgeReferral, referral_id=referral_id)
    office.does(
        DecideReferral, referral_id=referral_id, outcome="no-further-action", rationale="Safe."
    )
    lines = published()
    records = agency.reads()
    assert [each.data["status"] for each in records] == ["received", "acknowledged", "decided"]
    assert {each.key for each in records} == {f"{NOTICE}-1".encode()}
    last, line = records[-1], lines[-1]
    assert last.place == (line.partition, line.offset)
    assert last.data == {
        "referral_id": referral_id,
        "reference": f"{NOTICE}-1",
        "on": "2026-03-03",
        "status": "decided",
        "outcome": "no-further-action",
    }
    told = last.attributes
    assert told["ce_id"] == line.id == office.log("disclosure.made.v1")[-1].stream
    assert (told["ce_type"], line.what) == (line.type, "decision")
    assert told["ce_sequence"] == f"{line.position:020}"
    assert told["ce_subject"] == line.referral_id == referral_id
    assert (told["ce_specversion"], told["content-type"]) == ("1.0", "application/json")
    sequences = [each.attributes["ce_sequence"] for each in records]
    assert sequences == sorted(sequences)


def test_what_was_sent_is_not_sent_again(
    agency: Agency, published: Callable[[], list[Published]]
) -> None:
    agency.refers(1)
    assert len(published()) == 1
    assert published() == []
    agency.refers(2)
    assert len(published()) == 1
    assert len(agency.reads()) == 2


def test_what_was_written_and_not_tracked_is_found_and_not_written_again(
    kafka: Broker, office: Office, agency: Agency, published: Callable[[], list[Published]]
) -> None:
    """As if the process had been killed between the two, half a batch behind it."""
    for number in range(6):
        agency.refers(number)
    Disclosing(office.store, "kafka", lambda *_: True).step()
    pending = [cloud_event(each) for each in disclosed(office.store, 0, 100, "kafka")]
    with closing(Outlet(Access(bootstrap=kafka.address))) as outlet:
        half = [Message(agency.topic, b"k", e.data, e.headers(), MARK) for e in pending[:3]]
        outlet.send(half, threading.Event())
    lines = published()
    records = agency.reads()
    assert sorted(each.attributes["ce_id"] for each in records) == sorted(e.id for e in pending)
    assert {(each.partition, each.offset) for each in lines} == {each.place for each in records}


@pytest.mark.parametrize(
    "point", ["before-the-append:1", "before-the-append:2", "after-the-line:1"]
)
def test_a_process_that_is_killed_sends_nothing_twice(
    kafka: Broker,
    place: Place,
    agency: Agency,
    published: Callable[[], list[Published]],
    point: str,
) -> None:
    """Killed before it has recorded, between sending and tracking, and after that."""
    for number in range(20):
        agency.refers(number)
    words = ["publish", "kafka", "--kafka", kafka.address, "--store", place.address]
    killed = subprocess.run(
        [sys.executable, "-m", "tests.parts.dying", *words, "--keys", str(place.keys)],
        env={**os.environ, FAULT: f"kill:{point}", "SAFEGUARDING_LOG": "error"},
        stdout=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    written = len(agency.reads())
    assert written == (0 if point == "before-the-append:1" else 20)
    published()
    identities = [each.attributes["ce_id"] for each in agency.reads()]
    assert len(identities) == len(set(identities)) == 20


def test_an_acknowledgement_that_is_lost_sends_nothing_twice(
    kafka: Broker, office: Office, agency: Agency
) -> None:
    for number in range(20):
        agency.refers(number)
    with way_to_kafka(kafka.address) as way:
        way.lose(Api.PRODUCE)
        publisher = Publish(office.store, lambda: Outlet(Access(bootstrap=way.address)), print)
        lines = list(publisher.lines(threading.Event(), once=True))
        assert way.lost[Api.PRODUCE] == 1
    identities = [each.attributes["ce_id"] for each in agency.reads()]
    assert len(identities) == len(set(identities)) == len(lines) == 20


def test_what_is_given_up_is_not_written_later(kafka: Broker, agency: Agency) -> None:
    stop = threading.Event()
    stop.set()
    with way_to_kafka(kafka.address) as way:
        way.delay(Api.PRODUCE, SECONDS)
        with closing(Outlet(Access(bootstrap=way.address))) as outlet:
            message = Message(agency.topic, b"k", b"x", [], MARK)
            with pytest.raises(Stopped):
                outlet.send([message], stop)
    assert not [each.name for each in threading.enumerate() if each.name.startswith(WRITER)]


def test_told_to_end_it_ends_within_three_seconds(
    kafka: Broker, place: Place, agency: Agency
) -> None:
    agency.refers()
    process = place.runs("publish", "kafka", "--kafka", kafka.address)
    assert process.line()["agency"] == agency.id
    process.told(signal.SIGTERM)
    assert process.ended(3).code == 0


def test_told_to_end_it_does_not_wait_for_who_else_writes(
    kafka: Broker, place: Place, office: Office, agency: Agency
) -> None:
    agency.refers()
    said = list[str]()
    stop = ToldWhileWaiting()
    publisher = Publish(office.store, lambda: Outlet(Access(bootstrap=kafka.address)), said.append)
    with somebody_writes(place.address):
        assert list(publisher.lines(stop, once=True)) == []
    assert stop.is_set()
    assert (agency.reads(), said) == ([], [])


def test_told_to_end_it_does_not_wait_for_a_broker_that_does_not_answer(
    kafka: Broker, place: Place, office: Office, agency: Agency
) -> None:
    agency.refers(1)
    with way_to_kafka(kafka.address) as way:
        process = place.runs("publish", "kafka", "--kafka", way.address)
        assert process.line()["agency"] == agency.id
        way.delay(Api.PRODUCE, SECONDS)
        passed = way.passed[Api.PRODUCE]
        agency.refers(2)
        # until the broker has it, and its answer is held back
        assert any(len(agency.reads()) == 2 for _ in range(200))
        process.told(signal.SIGTERM)
        assert process.ended(3).code == 0
        assert way.passed[Api.PRODUCE] == passed


def test_what_was_set_aside_is_written_beside_its_topic_as_it_came(
    kafka: Broker, office: Office, agency: Agency, published: Callable[[], list[Published]]
) -> None:
    came = [("ce_id", b"notice-1"), ("ce_id", b"notice-2"), ("quarantine_id", b"\xff")]
    body = formats()["webform"].example(1)
    with closing(KafkaProducer(bootstrap_servers=kafka.address)) as producer:
        producer.send(agency.incoming, body, b"case-1", headers=came).get(SECONDS)
    inlet = Inlet(
        Access(bootstrap=kafka.address), [agency.incoming], office.store.tracked, alone=True
    )
    with closing(inlet):
        (taken,) = Ingest(office.store, inlet).lines(threading.Event(), once=True)
    (line,) = published()
    (record,) = agency.reads(dead(agency.incoming))
    assert record.body == body
    (quarantined,) = office.log("quarantine.message_set_aside.v1")
    assert record.headers == [
        *came,
        ("quarantine_reason", b"header-twice"),
        ("quarantine_id", quarantined.stream.encode()),
    ]
    assert (line.what, line.type, line.id) == ("dead-letter", taken.reason, quarantined.stream)
    assert line.position == quarantined.position == taken.position
    assert published() == []


def test_what_is_too_large_for_a_topic_beside_stays_in_quarantine(
    kafka: Broker, office: Office, agency: Agency
) -> None:
    with closing(KafkaProducer(bootstrap_servers=kafka.address)) as producer:
        producer.send(agency.incoming, b"x" * LARGEST, b"case-1").get(SECONDS)
    access = Access(bootstrap=kafka.address)
    with closing(Inlet(access, [agency.incoming], office.store.tracked, alone=True)) as inlet:
        (taken,) = Ingest(office.store, inlet).lines(threading.Event(), once=True)
    assert taken.result == "quarantined"
    said: list[str] = []
    publisher = Publish(office.store, lambda: Outlet(access), said.append)
    assert list(publisher.lines(threading.Event(), once=True)) == []
    (sentence,) = said
    assert "too large" in sentence
    assert agency.reads(dead(agency.incoming)) == []


def test_an_agency_without_a_topic_hears_nothing_and_it_is_said_once(
    kafka: Broker, office: Office, agency: Agency
) -> None:
    office.receives_one(concern())
    agency.refers()
    said: list[str] = []
    publisher = Publish(office.store, lambda: Outlet(Access(bootstrap=kafka.address)), said.append)
    lines = list(publisher.lines(threading.Event(), once=True))
    assert [each.agency for each in lines] == [agency.id]
    assert said == ["Nothing goes to north-police by Kafka: there is no topic out.north-police.v1."]


def test_a_topic_tells_all_since_its_agency_was_registered_whenever_it_is_made(
    kafka: Broker, office: Office, agency: Agency, published: Callable[[], list[Published]]
) -> None:
    """Also where others were told theirs meanwhile; once, in order, and before anything newer."""
    late = f"agency-{uuid4().hex[:8]}"
    office.does(RegisterAgency, agency_id=late, kind="gp", name=late)
    said = concern(references=(NOTICE,), children=())
    referral_id = str(office.receives_one(said, sender=late).referral)
    agency.refers()
    assert [each.agency for each in published()] == [agency.id]
    office.does(AcknowledgeReferral, referral_id=referral_id)
    assert published() == []
    with closing(kafka.administration()) as admin:
        admin.create_topics([NewTopic(outgoing(late), 1, 1)])
    office.suspends(late)
    office.does(DecideReferral, referral_id=referral_id, outcome="advice", rationale="Alone.")
    assert published() == []
    office.does(ResumeAgency, agency_id=late)
    assert [each.agency for each in published()] == [late] * 3
    told = [each.data["status"] for each in agency.reads(outgoing(late))]
    assert told == ["received", "acknowledged", "decided"]
    assert published() == []


def test_what_may_not_leave_any_more_is_not_written(
    office: Office, agency: Agency, published: Callable[[], list[Published]]
) -> None:
    """Recorded while the broker was away, and the child's record restricted before it was back."""
    referral_id = agency.refers(children=(KIT,))
    assert len(published()) == 1
    office.does(DecideReferral, referral_id=referral_id, outcome="advice", rationale="Alone.")
    Disclosing(office.store, "kafka", lambda *_: True).step()
    (child,) = office.events("child.registered.v1")
    restricted = {"named": ("rosa",), "reason": "A relative works at the station."}
    office.does(RestrictRecord, child_id=child.child_id, **restricted)
    assert published() == published() == []
    assert [each.data["status"] for each in agency.reads()] == ["received"]
    (withheld,) = office.events("disclosure.withheld.v1")
    assert (withheld.agency_id, withheld.reason) == (agency.id, "restricted")


def test_a_suspended_agency_s_waits_in_order_and_holds_up_nobody(
    kafka: Broker, office: Office, agency: Agency, published: Callable[[], list[Published]]
) -> None:
    other = Agency(kafka, office)
    for number in range(3):
        agency.refers(number)
    Disclosing(office.store, "kafka", lambda *_: True).step()
    office.suspends(agency.id)
    for number in range(2):
        other.refers(number)
        assert [each.agency for each in published()] == [other.id]
    assert agency.reads() == []
    office.does(ResumeAgency, agency_id=agency.id)
    agency.refers(3)
    assert [each.agency for each in published()] == [agency.id] * 4
    sequences = [each.attributes["ce_sequence"] for each in agency.reads()]
    assert len(set(sequences)) == 4
    assert published() == []
    office.suspends(agency.id)  # and once more
    other.refers(4)
    office.does(ResumeAgency, agency_id=agency.id)
    agency.refers(5)
    assert [each.agency for each in published()] == [other.id, agency.id]
    assert office.events("disclosure.withheld.v1") == []


def test_what_happens_while_a_topic_is_gone_is_caught_up_on_when_it_is_back(
    kafka: Broker, office: Office, agency: Agency
) -> None:
    other = Agency(kafka, office)
    referral_id = agency.refers()
    said: list[str] = []
    outlet = Access(bootstrap=kafka.address)

    def once() -> tuple[list[str], frozenset[str]]:
        publisher = Publish(office.store, lambda: Outlet(outlet), said.append)
        lines = list(publisher.lines(threading.Event(), once=True))
        return [each.agency for each in lines], publisher.unseen

    assert once() == ([agency.id], frozenset())
    with closing(kafka.administration()) as admin:
        admin.delete_topics([agency.topic])
        with closing(Outlet(outlet)) as looking:
            assert any(agency.topic not in looking.topics() for _ in range(200))
        office.does(DecideReferral, referral_id=referral_id, outcome="advice", rationale="Alone.")
        other.refers()
        assert once() == ([other.id], frozenset({agency.id}))
        assert once() == ([], frozenset({agency.id}))
        assert [f"The topic {agency.topic} is gone" in each for each in said] == [True, True]
        admin.create_topics([NewTopic(agency.topic, 2, 1)])
    assert once() == ([agency.id], frozenset())
    assert [each.data["status"] for each in agency.reads()] == ["decided"]
    assert once() == ([], frozenset())


def test_a_topic_that_is_gone_for_a_moment_is_noticed_when_it_is_back(
    kafka: Broker, office: Office, agency: Agency
) -> None:
    """By a process that runs, and hears of nothing else."""
    Agency(kafka, office)
    referral_id = agency.refers()
    stop = threading.Event()
    with closing(kafka.administration()) as admin:

        def say(sentence: str) -> None:
            assert "is gone" in sentence
            admin.create_topics([NewTopic(agency.topic, 2, 1)])

        publisher = Publish(office.store, lambda: Outlet(Access(bootstrap=kafka.address)), say)
        lines = publisher.lines(stop)
        assert next(lines).what == "receipt"
        admin.delete_topics([agency.topic])
        office.does(DecideReferral, referral_id=referral_id, outcome="advice", rationale="Alone.")
        assert next(lines).what == "decision"
        stop.set()
        assert list(lines) == []


def test_one_of_two_processes_sends(kafka: Broker, office: Office, agency: Agency) -> None:
    agency.refers()
    said: list[str] = []
    publisher = Publish(office.store, lambda: Outlet(Access(bootstrap=kafka.address)), said.append)
    with alone(office.store.address, LEADER):
        assert list(publisher.lines(threading.Event(), once=True)) == []
    assert said == ["Another process sends: this one waits to take its place."]
    assert len(list(publisher.lines(threading.Event(), once=True))) == 1


def test_a_broker_that_is_away_is_waited_for_and_said_once(
    kafka: Broker, office: Office, agency: Agency
) -> None:
    agency.refers()
    said: list[str] = []
    addresses = iter(["127.0.0.1:1", "127.0.0.1:1", kafka.address])
    stop = threading.Event()
    publisher = Publish(
        office.store, lambda: Outlet(Access(bootstrap=next(addresses))), said.append
    )
    lines = publisher.lines(stop)
    assert next(lines).agency == agency.id
    stop.set()
    assert list(lines) == []
    away, back = said
    assert away.startswith("Kafka cannot be reached")
    assert back.startswith("It is back")
    nowhere = Publish(office.store, lambda: Outlet(Access(bootstrap="127.0.0.1:1")), said.append)
    with pytest.raises(NotReachable):
        list(nowhere.lines(threading.Event(), once=True))


# ── Who may do what ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def users(guarded_kafka: Broker) -> dict[str, Access]:
    """How each comes to a broker that knows them: two agencies, and our own two users."""
    access = Access(bootstrap=guarded_kafka.address, user=ADMIN, password=ADMIN_PASSWORD)
    agencies = ["west-police", "oak-surgery"]
    prepare(access, agencies, ["webform"])
    passwords = dict.fromkeys(agencies, PASSWORD)
    with closing(guarded_kafka.administration()) as admin:
        admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(name, SCRAM, password=PASSWORD) for name in passwords]
        )
    passwords |= {READER: READER_PASSWORD, WRITER: WRITER_PASSWORD}
    return {name: replace(access, user=name, password=word) for name, word in passwords.items()}


def test_an_agency_reads_what_it_is_told_and_no_other_does(
    office: Office, users: dict[str, Access]
) -> None:
    office.does(RegisterAgency, agency_id="west-police", kind="police", name="West Police")
    office.receives_one(concern(references=(NOTICE,)), sender="west-police")
    publisher = Publish(office.store, lambda: Outlet(users[WRITER]), lambda _: None)
    (line,) = publisher.lines(threading.Event(), once=True)
    topic = outgoing("west-police")
    own = KafkaConsumer(**users["west-police"].settings(), group_id=None)
    assert [Read(each).attributes["ce_id"] for each in all_of(own, topic)] == [line.id]
    for other in ("oak-surgery", READER):
        stranger = KafkaConsumer(**users[other].settings(), group_id=None)
        with closing(stranger):
            assert topic not in stranger.topics()


def test_who_has_no_right_to_write_is_told_and_stops(
    office: Office, users: dict[str, Access]
) -> None:
    office.does(RegisterAgency, agency_id="oak-surgery", kind="gp", name="Oak Surgery")
    office.receives_one(concern(), sender="oak-surgery")
    reader = Publish(office.store, lambda: Outlet(users[READER]), lambda _: None)
    with pytest.raises(NotAllowed, match="None of the topics"):
        list(reader.lines(threading.Event()))
    agency = Publish(office.store, lambda: Outlet(users["oak-surgery"]), lambda _: None)
    with pytest.raises(NotAllowed, match="does not let us write"):
        list(agency.lines(threading.Event()))
