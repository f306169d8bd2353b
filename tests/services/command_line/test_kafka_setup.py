"""Does one agency's odd or damaged registration leave Kafka to all the others?"""

import json
import os
from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from adapters.event_store import Append
from domain.agency import AgencyRegistered
from services.assemble import event_store
from services.command_line.ingesting import registered
from services.settings import settings
from tests.adapters.event_store.direct import execute, without_triggers
from tests.examples import agency_registered
from tests.parts.kafka import ADMIN, Broker
from tests.services.command_line.conftest import Run

pytestmark = pytest.mark.real_kafka

FORM = b'{"reference": "N-17", "concern": "Alone.", "children": [{"given_name": "Kit"}]}'


def damage(agency: str) -> None:
    """Flip a bit in the clear part of its registration; twice, and it is whole again."""
    store = os.environ["SAFEGUARDING_STORE"]
    wanted = "select position, state from stored_events where stream = ? and version = 1"
    ((position, state),) = execute(store, wanted, (f"agency-{agency}",))
    altered = bytearray(state)
    altered[14] ^= 1
    change = "update stored_events set state = ? where position = ?"
    execute(store, change, (bytes(altered), position))


def sends(kafka: Broker, agency: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=kafka.address, enable_idempotence=True)) as sender:
        headers = [("ce_id", b"1"), ("ce_source", f"/agencies/{agency}".encode())]
        sender.send(f"in.{agency}.webform.v1", FORM, headers=headers).get(10)


def test_a_damaged_registration_keeps_no_concern_waiting(kafka: Broker, run: Run) -> None:
    where = ("--kafka", kafka.address)
    damaged, other, last = (f"agency-{uuid4().hex[:8]}" for _ in range(3))
    for agency in (damaged, other):
        assert run("senders", "add", agency, "--kind", "police", "--name", "N").code == 0
    assert run("kafka", "setup", *where).code == 0
    assert run("senders", "add", last, "--kind", "gp", "--name", "L").code == 0
    without_triggers(os.environ["SAFEGUARDING_STORE"])
    damage(damaged)
    setup = run("kafka", "setup", *where)
    assert (setup.code, "agency_unreadable" in setup.error) == (0, True)
    for agency in (damaged, other, last):
        sends(kafka, agency)
    taken = run("ingest", "kafka", *where, "--once")
    assert (taken.code, f"agency-{damaged}" in taken.error) == (0, True)
    assert {row["topic"]: row["result"] for row in taken.rows} == {
        f"in.{agency}.webform.v1": "recorded" for agency in (damaged, other, last)
    }


def test_a_damaged_registration_is_said_once_until_it_can_be_read_again(
    run: Run, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for agency in ("north-police", "elm-surgery"):
        assert run("senders", "add", agency, "--kind", "gp", "--name", "N").code == 0
    without_triggers(os.environ["SAFEGUARDING_STORE"])
    said = set[str]()
    with event_store(settings(os.environ["SAFEGUARDING_STORE"])) as store:

        def told(*agencies: str) -> list[str]:
            for each in agencies:
                damage(each)
            assert list(registered(store, said)) == ["north-police", "elm-surgery"]
            logged = map(json.loads, capfdbinary.readouterr().err.splitlines())
            return [each["stream"] for each in logged if each["event"] == "agency_unreadable"]

        assert told("north-police") == ["agency-north-police"]
        assert told() == []
        assert told("elm-surgery") == ["agency-elm-surgery"]
        assert told("north-police") == told("elm-surgery") == []
        assert told("elm-surgery") == ["agency-elm-surgery"]


def test_an_agency_of_an_older_log_that_is_called_as_our_user_is_told_of(
    kafka: Broker, office: Run
) -> None:
    old = agency_registered(agency_id=ADMIN)
    assert isinstance(old, AgencyRegistered)
    with event_store(settings(os.environ["SAFEGUARDING_STORE"])) as store:
        store.append([Append(old.stream_id, 0, [old])])
    ran = office("kafka", "setup", "--kafka", kafka.address)
    assert (ran.code, "register that agency under another id" in ran.error) == (1, True)
