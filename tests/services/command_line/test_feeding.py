"""Does the operator see which feed is alive?"""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from kafka.admin import NewTopic

from tests.parts.kafka import Broker
from tests.services.command_line.conftest import Run

NOW = datetime.now(UTC)


def form(number: int) -> bytes:
    return b'{"concern": "Concern %d", "children": [{"given_name": "Kit"}]}' % number


def test_a_feed_has_its_last_message_and_falls_silent(office: Run) -> None:
    for number in range(20):
        at = (NOW - timedelta(days=30 - number)).isoformat()
        taken = office(
            *("intake", "-", "--sender", "north-police", "--format", "webform"),
            *("--received-at", at),
            stdin=form(number),
        )
        assert taken.code == 0
    rows = {row["agency"]: row for row in office("feeds").rows}
    assert rows["north-police"]["state"] == "silent"
    assert rows["north-police"]["transport"] == "standard-input"
    assert rows["north-police"]["silent_since"] == rows["north-police"]["last_message_at"]
    assert office("feeds").code == 1
    then = (NOW - timedelta(days=11)).isoformat()
    assert {row["state"] for row in office("feeds", "--as-at", then).rows} <= {"ok", "never"}
    assert office("feeds", "--as-at", then).code == 0


def test_without_kafka_there_is_no_lag_and_no_remark(office: Run) -> None:
    ran = office("feeds")
    assert (ran.row["lag"], ran.row["state"]) == (None, "never")
    assert (ran.code, ran.error) == (0, "")


def test_a_broker_that_is_away_is_said_to_be_so(office: Run) -> None:
    taken = office("intake", "-", "--sender", "north-police", stdin=form(1))
    assert taken.code == 0
    ran = office("feeds", "--kafka", "127.0.0.1:1")
    assert [row["lag"] for row in ran.rows] == [None]
    assert ran.code == 0
    assert "not known now" in ran.error


@pytest.mark.real_kafka
def test_what_waits_on_kafka_is_counted_and_told_when_nobody_takes_it_in(
    office: Run, kafka: Broker
) -> None:
    agency = f"agency-{uuid4().hex[:8]}"
    office("senders", "add", agency, "--kind", "gp", "--name", "A surgery")
    where, topic = ("--kafka", kafka.address), f"in.{agency}.webform.v1"
    with closing(kafka.administration()) as admin:  # one that has its senders' times
        admin.create_topics([NewTopic(topic, 1, 1)])
    assert office("kafka", "setup", *where).code == 0
    old = int((NOW - timedelta(minutes=10)).timestamp() * 1000)
    with closing(KafkaProducer(bootstrap_servers=kafka.address, enable_idempotence=True)) as sender:
        for number, at in enumerate((None, None, old)):
            headers = [("ce_id", b"%d" % number), ("ce_source", f"/agencies/{agency}".encode())]
            sender.send(topic, form(number), headers=headers, timestamp_ms=at).get(10)
            if number == 1:
                ran = office("feeds", *where)
                row = next(row for row in ran.rows if row["agency"] == agency)
                assert (row["transport"], row["lag"], row["state"]) == ("kafka", 2, "never")
                assert office("ingest", "kafka", *where, "--once").code == 0
    ran = office("feeds", *where)
    row = next(row for row in ran.rows if row["agency"] == agency)
    assert (row["transport"], row["lag"], row["state"]) == ("kafka", 1, "behind")
    assert ran.code == 1
    assert f"nobody takes them in: {agency}." in ran.error
    assert office("ingest", "kafka", *where, "--once").code == 0
    ran = office("feeds", *where)
    row = next(row for row in ran.rows if row["agency"] == agency)
    assert (row["lag"], row["state"], ran.code) == (0, "ok", 0)
