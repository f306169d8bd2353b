"""From a concern to what its agency is told: `kafka setup`, `publish kafka`, `disclosures`."""

from contextlib import closing
from uuid import uuid4

import pytest

from tests.parts.kafka import Broker
from tests.services.command_line.conftest import Run, gives


@pytest.mark.real_kafka
def test_an_agency_is_told_on_its_topic_and_an_auditor_sees_it(kafka: Broker, run: Run) -> None:
    agency, where = f"agency-{uuid4().hex[:8]}", ("--kafka", kafka.address)
    assert run("senders", "add", agency, "--kind", "police", "--name", "Police").code == 0
    refused = run("publish", "kafka", "--once", "--kafka", "127.0.0.1:1")
    assert (refused.code, refused.out) == (3, "")
    assert run("kafka", "setup", *where).code == 0
    form = b'{"reference": "N-17", "concern": "Alone.", "children": [{"given_name": "Kit"}]}'
    words = ("intake", "-", "--sender", agency, "--format", "webform")
    referral = run(*words, stdin=form).row["referral"]
    join = {"team_id": "team-east", "person_id": "ed", "name": "Ed", "role": "auditor"}
    assert gives(run, "form-team", "operator", team_id="team-east", name="East").code == 0
    assert gives(run, "join-team", "operator", **join).code == 0
    (line,) = run("publish", "kafka", "--once", *where).rows
    assert line == {
        "agency": agency,
        "topic": f"out.{agency}.v1",
        "partition": line["partition"],
        "offset": 0,
        "id": line["id"],
        "type": "uk.gov.safeguarding.referral.receipt.v1",
        "what": "receipt",
        "position": line["position"],
        "referral_id": referral,
    }
    assert run("publish", "kafka", "--once", *where).rows == []
    row = run("disclosures", referral, "--as", "ed").row
    assert (row["disclosure"], row["agency"], row["channel"], row["lawful_basis"]) == (
        line["id"],
        agency,
        "kafka",
        "public-task",
    )
    assert run("disclosures", agency).rows == [row]
    assert run("disclosures", "child-1").rows == []
    assert run("disclosures", referral, "--as", "nobody").code == 1


@pytest.mark.real_kafka
def test_what_waits_for_a_topic_that_is_gone_is_said_loudly(kafka: Broker, run: Run) -> None:
    agency, other = f"agency-{uuid4().hex[:8]}", f"agency-{uuid4().hex[:8]}"
    where = ("--kafka", kafka.address)
    for each in (agency, other):
        assert run("senders", "add", each, "--kind", "police", "--name", "Police").code == 0
    assert run("kafka", "setup", *where).code == 0
    words = ("intake", "-", "--sender", agency, "--format", "webform")
    form = '{"reference": "N-%d", "concern": "Alone.", "children": [{"given_name": "Kit"}]}'
    assert run(*words, stdin=(form % 1).encode()).code == 0
    assert run("publish", "kafka", "--once", *where).code == 0
    with closing(kafka.administration()) as admin:
        admin.delete_topics([f"out.{agency}.v1"])
    assert run(*words, stdin=(form % 2).encode()).code == 0
    ran = run("publish", "kafka", "--once", *where)
    assert (ran.code, ran.out) == (1, "")
    assert f"The topic out.{agency}.v1 is gone" in ran.error
    assert run("kafka", "setup", *where).code == 0
    ran = run("publish", "kafka", "--once", *where)
    assert (ran.code, ran.row["agency"]) == (0, agency)


def test_whoever_does_not_say_where_kafka_is_is_told_to(run: Run) -> None:
    ran = run("publish", "kafka", "--once")
    assert ran.code == 2
    assert "Say where Kafka is" in ran.error
