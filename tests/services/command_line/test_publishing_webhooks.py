"""The commands `webhook` and `publish webhooks`, as they run in life."""

import os
import signal
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from services.webhooks import register
from tests.parts.postgres import PROGRAMS, WITHOUT, Server
from tests.parts.receiver import Receiver, certificate_in, receiving, silence, status
from tests.services.command_line.conftest import Ran, Run
from tests.services.ingesting import Ended, Place, place_at
from tests.services.office import concern

POLICE = "north-police"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def refers(place: Place, count: int) -> list[str]:
    """Other referrals than before."""
    with place.office() as office:
        words = [f"Kit was seen alone, {os.urandom(8).hex()}." for _ in range(count)]
        found = [office.receives_one(concern(concern=each)) for each in words]
    return [str(each.referral) for each in found]


@pytest.fixture
def asks(run: Run, place: Place, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs a command on the place's store, in this process."""

    def asked(*words: object) -> Ran:
        capfdbinary.readouterr()  # what was logged while the place was made
        return run(*words, "--store", place.address, "--keys", place.keys)

    return asked


def registers(place: Place, receiver: Receiver) -> str:
    with place.office() as office:
        _, secret = register(
            office.store, POLICE, receiver.url, here=True, by="operator", now=office.now
        )
    return secret


def once(place: Place, *more: object) -> Ended:
    return place.runs("publish", "webhooks", "--once", *more).ended()


def subjects(receiver: Receiver) -> list[str]:
    return list(dict.fromkeys(each.event["subject"] for each in receiver.came))


def test_a_secret_is_shown_once_and_verifies_what_comes(
    asks: Run, place: Place, receiver: Receiver
) -> None:
    secret = asks("webhook", "register", POLICE, receiver.url, "--here").row["secret"]
    sent = refers(place, 2)
    ended = once(place)
    assert (ended.code, ended.results) == (0, ["delivered", "delivered"])
    for came in receiver.came:
        Webhook(secret).verify(came.body, came.headers)
    assert subjects(receiver) == sent
    again = asks("webhook", "register", POLICE, receiver.url, "--here")
    assert (again.code, again.rows) == (0, [])
    assert "registered already" in again.error


def test_no_command_shows_a_secret_again(asks: Run, place: Place, receiver: Receiver) -> None:
    secret = asks("webhook", "register", POLICE, receiver.url, "--here").row["secret"]
    rotated = asks("webhook", "rotate", POLICE).row["secret"]
    assert rotated != secret
    listed = asks("webhook").row
    assert (listed["agency"], listed["url"], listed["secrets"]) == (POLICE, receiver.url, 2)
    shown = asks("events", "--open")
    assert "agency.webhook_registered.v1" in shown.out
    for each in (secret, rotated):
        assert each not in shown.out + str(listed)


def test_what_waits_is_told_by_the_exit_code(place: Place, receiver: Receiver) -> None:
    registers(place, receiver)
    refers(place, 2)
    receiver.reply = status(503)
    ended = once(place)
    assert (ended.code, ended.results) == (1, ["later"])
    assert (ended.lines[0]["reason"], ended.lines[0]["status"]) == ("answered-no", 503)
    receiver.reply = status(204)
    assert once(place).code == 0


def test_who_dies_between_sending_and_noting_sends_it_again_under_the_same_id(
    place: Place, receiver: Receiver
) -> None:
    registers(place, receiver)
    sent = refers(place, 3)
    died: list[int] = []

    def answers_the_dead(receiver: Receiver, request: BaseHTTPRequestHandler) -> None:
        died.append(1)
        os.kill(running.process_id, signal.SIGKILL)
        status(204)(receiver, request)

    receiver.first = [status(204), answers_the_dead]
    running = place.runs("publish", "webhooks")
    receiver.wait(2)
    running.ended()
    assert died
    assert once(place).results == ["delivered", "delivered"]
    came = [each.id for each in receiver.came]
    assert came == [came[0], came[1], came[1], came[3]]
    assert subjects(receiver) == sent


def test_it_ends_within_three_seconds_while_a_receiver_says_nothing(
    place: Place, receiver: Receiver
) -> None:
    registers(place, receiver)
    refers(place, 1)
    receiver.reply = silence
    running = place.runs("publish", "webhooks")
    receiver.wait(1)
    told = time.monotonic()
    running.told(signal.SIGTERM)
    ended = running.ended(seconds=5)
    assert time.monotonic() - told < 3
    assert (ended.code, ended.lines) == (0, [])


@pytest.mark.postgresql
@pytest.mark.skipif(not PROGRAMS, reason=WITHOUT)
def test_while_the_store_is_away_nothing_is_sent_and_then_all_of_it(
    tmp_path: Path, receiver: Receiver
) -> None:
    server = Server(PROGRAMS[max(PROGRAMS)])
    try:
        with place_at(tmp_path, server.address) as place:
            registers(place, receiver)
            sent = refers(place, 1)
            running = place.runs("publish", "webhooks")
            assert running.line()["result"] == "delivered"
            server.kill()
            assert "cannot be reached" in running.said()
            server.start()
            assert "is back" in running.said()
            sent += refers(place, 1)
            assert running.line()["result"] == "delivered"
            running.told(signal.SIGTERM)
            assert running.ended(3).code == 0
            assert subjects(receiver) == sent
    finally:
        server.stop()


def test_a_certificate_of_ones_own_is_trusted_when_it_is_named(
    place: Place, tmp_path: Path
) -> None:
    certificate = certificate_in(tmp_path)
    with receiving(certificate) as receiver:
        registers(place, receiver)
        refers(place, 1)
        assert once(place, "--ca", certificate).results == ["delivered"]
    assert once(place, "--ca", tmp_path / "none.pem").code == 2


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("register", POLICE, "http://hooks.example.org/"), 1, "begins with https://"),
        (("register", POLICE, "https://169.254.169.254/"), 1, "our own network"),
        (("register", POLICE, "https://localhost/"), 1, "our own network"),
        (("register", POLICE, "https://hooks.example.org/?child=Kit"), 1, "nothing about anybody"),
        (("register", "nobody", "https://hooks.example.org/"), 1, "No agency"),
        (("rotate", POLICE), 1, "no webhook"),
        (("rotate", POLICE, "--days", "31"), 2, "0 to 30"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    asks: Run, words: tuple[str, ...], code: int, sentence: str
) -> None:
    ran = asks("webhook", *words)
    assert ran.code == code
    assert sentence in ran.error
    assert ran.out == ""


def test_a_webhook_is_removed(asks: Run, place: Place, receiver: Receiver) -> None:
    registers(place, receiver)
    assert asks("webhook", "remove", POLICE).code == 0
    assert "No agency has a webhook" in asks("webhook", "--format", "table").error


def test_no_log_line_holds_a_secret_a_name_or_an_address(place: Place, receiver: Receiver) -> None:
    secret = registers(place, receiver)
    refers(place, 1)
    receiver.reply = status(500)
    ended = place.runs("publish", "webhooks", "--once", log="debug").ended()
    said = ended.error + str(ended.lines)
    for private in (secret, secret.removeprefix("whsec_"), "Kit", "Marlow", "9990000018", "alone"):
        assert private not in said
    assert "localhost" not in ended.error
