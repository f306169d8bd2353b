"""Webhooks: what reaches a receiver, what its answers mean, and where nothing is ever sent."""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.transports.webhooks import (
    Answer,
    Message,
    Sender,
    addresses,
    headers,
    may_reach,
    signature,
)
from tests.parts.receiver import (
    Receiver,
    Reply,
    certificate_in,
    drops,
    hangs_up,
    much,
    receiving,
    silence,
    status,
)

SECRET = "whsec_bm90IGEgc2VjcmV0LCB0aGUgdGVzdHMgbWFkZSBpdCE="  # noqa: S105 - made up
OTHER = "whsec_YW5vdGhlciwgdGhhdCBpcyBub3Qgc2VjcmV0IGVpdGhlcg=="
BODY = b'{"specversion":"1.0","id":"disclosure-1"}'
NEVER = threading.Event()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def message(url: str, *secrets: str, here: bool = True) -> Message:
    return Message(id="disclosure-1", body=BODY, url=url, secrets=secrets or (SECRET,), here=here)


PATIENT = Sender(NEVER, seconds=5)


def send(url: str, *secrets: str, here: bool = True, by: Sender = PATIENT) -> Answer:
    return by.send(message(url, *secrets, here=here), int(time.time()))


# What comes with it


def test_a_receiver_verifies_what_came_by_the_standard(receiver: Receiver) -> None:
    assert send(receiver.url) == Answer("delivered", "accepted", 204)
    (came,) = receiver.came
    assert Webhook(SECRET).verify(came.body, came.headers)["id"] == "disclosure-1"
    assert came.body == BODY
    assert came.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(came.body, came.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(came.body + b" ", came.headers)


def test_while_a_secret_is_changed_either_verifies(receiver: Receiver) -> None:
    send(receiver.url, OTHER, SECRET)
    (came,) = receiver.came
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(came.body, came.headers)


def test_the_signature_is_the_one_that_the_standard_shows() -> None:
    """Computed here from the words of the specification, without our code or the library."""
    key = base64.b64decode(SECRET.partition("_")[2])
    expected = hmac.new(key, b"msg_1.1674087231." + BODY, hashlib.sha256).digest()
    assert (
        signature(SECRET, "msg_1", 1674087231, BODY) == "v1," + base64.b64encode(expected).decode()
    )


def test_the_secret_is_in_no_header() -> None:
    assert SECRET not in str(headers(message("https://hooks.example.org/"), 1))


# What an answer means


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (status(200), Answer("delivered", "accepted", 200)),
        (status(202), Answer("delivered", "accepted", 202)),
        (status(410), Answer("gone", "gone", 410)),
        (status(404), Answer("later", "answered-no", 404)),
        (status(429), Answer("later", "answered-no", 429)),
        (status(500), Answer("later", "answered-no", 500)),
        (hangs_up, Answer("later", "no-answer")),
    ],
    ids=["200", "202", "410", "404", "429", "500", "hangs-up"],
)
def test_an_answer_is_taken_for_what_it_says(
    receiver: Receiver, reply: Reply, answer: Answer
) -> None:
    receiver.reply = reply
    assert send(receiver.url) == answer


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirection_is_not_followed(receiver: Receiver, code: int) -> None:
    with receiving() as inside:
        receiver.reply = status(code, Location=inside.url)
        assert send(receiver.url) == Answer("later", "redirected", code)
        assert not inside.came
    assert len(receiver.came) == 1


@pytest.mark.parametrize("reply", [silence, drops])
def test_a_slow_receiver_is_not_waited_for(receiver: Receiver, reply: Reply) -> None:
    receiver.reply = reply
    began = time.monotonic()
    assert send(receiver.url, by=Sender(NEVER, seconds=0.4)) == Answer("later", "timed-out")
    assert time.monotonic() - began < 2


def test_a_delivery_ends_when_we_are_to_end(receiver: Receiver) -> None:
    receiver.reply = silence
    stop = threading.Event()
    answers: list[Answer] = []
    thread = threading.Thread(
        target=lambda: answers.append(Sender(stop).send(message(receiver.url), 1))
    )
    thread.start()
    receiver.wait(1)
    stop.set()
    thread.join(timeout=2)
    assert answers == [Answer("later", "stopped")]


def test_what_a_receiver_has_to_say_is_not_read(receiver: Receiver) -> None:
    receiver.reply = much(10 * 1024 * 1024)
    assert send(receiver.url) == Answer("delivered", "accepted", 200)
    assert receiver.written < 10 * 1024 * 1024


def test_a_receiver_that_is_away_is_tried_later() -> None:
    with receiving() as gone:
        pass
    assert send(gone.url) == Answer("later", "unreachable")


# Encryption


def test_a_certificate_is_verified(tmp_path: Path) -> None:
    own, other = certificate_in(tmp_path), certificate_in(tmp_path, "other.example.org")
    with receiving(own) as receiver:
        assert send(receiver.url) == Answer("later", "not-trusted")
        trusting = Sender(NEVER, authority=own, seconds=5)
        assert trusting.send(message(receiver.url), 1).result == "delivered"
    with receiving(other) as receiver:
        trusting = Sender(NEVER, authority=other, seconds=5)
        assert trusting.send(message(receiver.url), 1) == Answer("later", "not-trusted")


# Where nothing is sent


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_a_name_that_leads_to_this_machine_is_not_called(receiver: Receiver, host: str) -> None:
    """Registered as one on the internet, whatever it has come to stand for since."""
    url = f"http://{host}:{receiver.port}/"
    assert send(url, here=False).reason in ("not-public", "no-such-host")
    assert not receiver.came


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "192.168.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "[::ffff:a9fe:a9fe]"],
)
def test_neighbours_and_what_tells_of_the_machine_are_not_called(host: str) -> None:
    assert send(f"http://{host}/latest/meta-data", here=False) == Answer("later", "not-public")
    assert send(f"http://{host}/latest/meta-data", here=True) == Answer("later", "not-public")


def test_where_this_machine_is_meant_no_other_is_called() -> None:
    assert send("http://8.8.8.8/") == Answer("later", "not-public")
    assert may_reach("8.8.8.8", here=False)
    assert not may_reach("8.8.8.8", here=True)


def test_a_name_that_nobody_knows_is_tried_later() -> None:
    assert send("https://nobody.invalid/", here=False) == Answer("later", "no-such-host")


def test_a_name_is_looked_up_to_all_its_addresses() -> None:
    assert "127.0.0.1" in addresses("localhost", 80)
