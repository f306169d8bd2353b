"""Does nobody wait for Kafka to be told how a feed stands?"""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.lag import AWAY, NONE, SLOW, KafkaLag, Known
from tests.parts.kafka import Broker
from tests.services.office import Office, office_at


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


@pytest.fixture
def mute() -> Iterator[str]:
    """A broker that lets one connect and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_a_broker_that_does_not_answer_is_waited_for_a_second(office: Office, mute: str) -> None:
    lag = KafkaLag(office.store, mute)
    began = time.monotonic()
    assert lag.of(["north-police"]) in (Known(unknown=SLOW), Known(unknown=AWAY))
    assert time.monotonic() - began < 10


def test_that_it_is_away_is_kept_for_a_while(office: Office) -> None:
    lag = KafkaLag(office.store, "127.0.0.1:1")
    assert lag.of(["north-police"]) == Known(unknown=AWAY)
    alive = threading.active_count()
    assert lag.of(["north-police"]) == Known(unknown=AWAY)
    assert threading.active_count() == alive


def test_without_an_address_nothing_is_asked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAFEGUARDING_KAFKA_BOOTSTRAP", raising=False)
    assert KafkaLag(office.store).of(["north-police"]) == Known()


@pytest.mark.real_kafka
def test_that_no_topic_is_shown_to_us_is_not_taken_for_nothing_to_wait_for(
    office: Office, kafka: Broker
) -> None:
    assert KafkaLag(office.store, kafka.address, 5).of(["nobody-there"]) == Known(unknown=NONE)
