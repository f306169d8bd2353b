"""Does every format come in by each transport that it names, and name all that carry it?"""

import socket
from collections.abc import Iterator
from contextlib import closing
from email.parser import BytesHeaderParser
from threading import Event
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from adapters.translation import formats
from adapters.transports.csv_drop import Tables
from adapters.transports.dropped import Folders
from adapters.transports.kafka import Access, Inlet
from adapters.transports.kafka_rights import incoming, prepare
from adapters.transports.mail_drop import Mailboxes as Mail
from adapters.transports.mesh import Mailboxes as Mesh
from adapters.transports.mllp import Listener
from domain.agency import RegisterAgency
from services.assemble import now
from services.ingest import Ingest
from services.ingest_kafka import Ingest as IngestKafka
from services.intake import LARGEST
from tests.parts.kafka import Broker
from tests.services.ingesting import Place, place_at

SENDER = "north-police"
EVERYWHERE = {"file", "http", "kafka", "mesh"}
"""These carry any bytes."""

SEEDS = 20
"""Examples that are looked at: a notice may come as an e-mail or not."""

FOLDERS: dict[str, type[Folders]] = {"mesh": Mesh, "csv-drop": Tables, "mail-drop": Mail}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_at(tmp_path_factory.mktemp("transports")) as made:
        yield made


def carriers(name: str) -> set[str]:
    """The transports whose own kind of message a format's is."""
    found = set(EVERYWHERE)
    for body in map(formats()[name].example, range(SEEDS)):
        first = body.partition(b"\n")[0]
        if body.startswith(b"MSH|"):
            found.add("mllp")
        elif BytesHeaderParser().parsebytes(body)["From"]:
            found.add("mail-drop")
        elif b"," in first and not first.startswith((b"{", b"<")):
            found.add("csv-drop")
    return found


@pytest.mark.parametrize("name", formats())
def test_a_format_names_every_transport_that_carries_it(name: str) -> None:
    assert set(formats()[name].FORMAT.transports) == carriers(name)


def came(place: Place, inlet: object) -> set[tuple[str, str | None, str]]:
    with place.store() as store:
        lines = list(Ingest(store, inlet, print).lines(Event(), once=True))  # type: ignore[arg-type]
    return {(each.result, each.format, each.transport) for each in lines}


PAIRS = [
    (name, transport)
    for name, each in formats().items()
    for transport in each.FORMAT.transports
    if transport in FOLDERS
]


@pytest.mark.parametrize(("name", "transport"), PAIRS)
def test_what_is_dropped_comes_in_as_its_own_format(
    place: Place, name: str, transport: str
) -> None:
    body = formats()[name].example(hash_of(transport))
    where = place.dropped / f"{transport}-{name}"
    home = where / SENDER
    if transport == "mesh":
        (home / "in").mkdir(parents=True)
        (home / "in" / "ONE_1").write_bytes(body)
        (home / "in" / "ONE.json").write_text('{"message_id": "ONE", "total_chunks": 1}')
    elif transport == "csv-drop":
        home.mkdir(parents=True)
        (home / "one.csv").write_bytes(body)
    else:
        (home / "new").mkdir(parents=True)
        (home / "new" / "one.eml").write_bytes(body)
    assert came(place, FOLDERS[transport](where, now, LARGEST)) == {("recorded", name, transport)}


def hash_of(transport: str) -> int:
    """A seed of its own, so that the same example does not come by two transports."""
    return 100 + list(FOLDERS).index(transport)


def test_hl7_comes_in_by_a_connection_that_stays_open(place: Place) -> None:
    listener = Listener("127.0.0.1", 0, SENDER, now, LARGEST)
    with socket.create_connection(("127.0.0.1", listener.port)) as sender:
        sender.sendall(b"\x0b" + formats()["hl7v2"].example(200) + b"\x1c\r")
        sender.shutdown(socket.SHUT_WR)
        assert came(place, listener) == {("recorded", "hl7v2", "mllp")}


@pytest.mark.parametrize("channel", ["file", "http"])
def test_every_format_is_taken_in_as_a_file_and_by_http(place: Place, channel: str) -> None:
    with place.office() as office:
        for name, each in formats().items():
            body = each.example(300 if channel == "file" else 301)
            receipts = office.receives_bytes(body, format=name if channel == "http" else "auto")
            assert {(r.result, r.format) for r in receipts} == {("recorded", name)}


@pytest.mark.real_kafka
def test_every_format_has_a_topic_and_comes_in_from_there(place: Place, kafka: Broker) -> None:
    agency = f"agency-{uuid4().hex[:8]}"
    access = Access(bootstrap=kafka.address)
    prepare(access, [agency], formats())
    with closing(KafkaProducer(bootstrap_servers=kafka.address, enable_idempotence=True)) as sender:
        for name, each in formats().items():
            headers = [("ce_id", name.encode()), ("ce_source", f"/agencies/{agency}".encode())]
            topic = f"in.{agency}.{name}.v1"
            sender.send(topic, each.example(400), b"case-1", headers=headers).get(10)
    with place.office() as office:
        office.does(RegisterAgency, agency_id=agency, kind="public", name=agency)
        inlet = Inlet(access, incoming(agency, formats()), office.store.tracked, alone=True)
        with closing(inlet):
            lines = list(IngestKafka(office.store, inlet).lines(Event(), once=True))
    assert {(each.result, each.format) for each in lines} == {
        ("recorded", name) for name in formats()
    }
