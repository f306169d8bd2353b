"""Does every agency hear at its webhook what became of its referrals, whatever is in the way?"""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from adapters.transports.webhooks import Sender
from domain.agency import ResumeAgency
from domain.child import RestrictRecord
from domain.disclosure import InformationDisclosed
from domain.referral import AcknowledgeReferral, DecideReferral
from services.disclosing import Disclosing
from services.publish_webhooks import Patience, Publisher, Sent
from services.webhooks import hook_of, hooks, register, remove, rotate
from tests.adapters.event_store.direct import execute, somebody_writes, without_triggers
from tests.parts.receiver import PATIENCE, Came, Receiver, Reply, receiving, silence, status
from tests.services.ingesting import ToldWhileWaiting
from tests.services.office import NOW, Office, concern, office_at

POLICE, SURGERY = "north-police", "elm-surgery"
IMPATIENT = Patience(first_seconds=0.02, most_seconds=0.05)
REGISTERED = "disclosure.made.v1"
IN_THE_HEADER, IN_THE_SEAL = 14, -1


@pytest.fixture
def office(address: str, tmp_path: Path) -> Iterator[Office]:
    with office_at(address, tmp_path / "keys") as opened:
        yield opened


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Office]:
    """An office on SQLite: where what is tested is not the database."""
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def registers(office: Office, receiver: Receiver, agency: str = POLICE) -> str:
    """The secret."""
    handled, secret = register(
        office.store, agency, receiver.url, here=True, by="operator", now=office.now
    )
    assert handled.result == "done", handled.reason
    return secret


def refers(office: Office, agency: str = POLICE, count: int = 1) -> list[str]:
    """The referrals that an agency sends."""
    found = [
        office.receives_one(concern(concern=f"Number {os.urandom(4).hex()}."), sender=agency)
        for _ in range(count)
    ]
    return [str(each.referral) for each in found]


class Publishing:
    """A publisher that runs in a thread until the test is over."""

    def __init__(self, office: Office) -> None:
        self.said: list[str] = []
        self.lines: list[Sent] = []
        self.stop = threading.Event()
        self.publisher = publisher(office, self.said, self.stop)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.lines.extend(self.publisher.lines(self.stop))

    def close(self) -> None:
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def publisher(office: Office, said: list[str], stop: threading.Event) -> Publisher:
    sender = Sender(stop, seconds=0.5)
    return Publisher(
        office.store, sender, said.append, patience=IMPATIENT, clock=lambda: office.now
    )


def once(office: Office, said: list[str] | None = None) -> list[Sent]:
    stop = threading.Event()
    return list(publisher(office, said if said is not None else [], stop).lines(stop, once=True))


def subjects(receiver: Receiver) -> list[str]:
    return [each.event["subject"] for each in receiver.came]


def disclosures(office: Office) -> list[InformationDisclosed]:
    return office.events(REGISTERED)


# What an agency hears


def test_an_agency_hears_that_its_referral_arrived(office: Office, receiver: Receiver) -> None:
    secret = registers(office, receiver)
    (referral,) = refers(office)
    (line,) = once(office)
    (disclosed,) = disclosures(office)
    assert (line.agency, line.referral, line.what, line.result) == (
        POLICE,
        referral,
        "receipt",
        "delivered",
    )
    (came,) = receiver.came
    assert is_signed(came, secret)
    assert came.id == came.event["id"] == disclosed.disclosure_id == line.disclosure
    assert came.event["type"] == "uk.gov.safeguarding.referral.receipt.v1"
    assert came.event["data"]["referral_id"] == referral
    assert came.event["data"]["status"] == "received"
    assert (disclosed.channel, disclosed.lawful_basis) == ("webhook", "public-task")


def test_what_was_delivered_is_not_sent_again(office: Office, receiver: Receiver) -> None:
    registers(office, receiver)
    refers(office, count=3)
    assert len(once(office)) == 3
    assert once(office) == []
    assert len(receiver.came) == 3


def test_it_is_recorded_before_it_leaves(small: Office, receiver: Receiver) -> None:
    registers(small, receiver)
    refers(small)
    recorded: list[int] = []

    def looks(_receiver: Receiver, request: BaseHTTPRequestHandler) -> None:
        recorded.append(len(disclosures(small)))
        status(204)(_receiver, request)

    receiver.reply = looks
    once(small)
    assert recorded == [1]


def test_an_agency_hears_nothing_of_anothers_referral(small: Office, receiver: Receiver) -> None:
    registers(small, receiver, SURGERY)
    refers(small, POLICE)
    (own,) = refers(small, SURGERY)
    once(small)
    assert subjects(receiver) == [own]
    assert {each.agency_id for each in disclosures(small)} == {SURGERY}


def test_what_was_before_any_webhook_is_not_told(small: Office, receiver: Receiver) -> None:
    refers(small, count=2)
    registers(small, receiver)
    (after,) = refers(small)
    once(small)
    assert subjects(receiver) == [after]


def test_a_webhook_tells_what_happens_after_it_was_registered_and_the_rest_is_asked_for(
    small: Office, receiver: Receiver
) -> None:
    """Whenever that was: also where another agency's was told of it before."""
    registers(small, receiver)
    (referral_id,) = refers(small, SURGERY)
    once(small)
    registers(small, receiver, SURGERY)
    small.does(AcknowledgeReferral, referral_id=referral_id)
    once(small)
    assert [each.event["data"]["status"] for each in receiver.came] == ["acknowledged"]
    while Disclosing(small.store, "http", lambda *_: True, only=SURGERY).step():
        pass
    asked = [each.status for each in disclosures(small) if each.channel == "http"]
    assert asked == ["received", "acknowledged"]


def test_what_is_sent_holds_no_name_and_no_words(small: Office, receiver: Receiver) -> None:
    registers(small, receiver)
    small.receives(concern(concern="Kit was seen alone at XE1 2AB."), sender=POLICE)
    once(small)
    (came,) = receiver.came
    for private in (b"Kit", b"Marlow", b"XE1", b"9990000018", b"alone"):
        assert private not in came.body
    assert "Kit" not in str(came.headers)


# Receivers that do not take it


def test_what_a_receiver_does_not_take_is_sent_again_in_order(
    office: Office, receiver: Receiver
) -> None:
    registers(office, receiver)
    sent = refers(office, count=3)
    receiver.first = [status(500), status(204), status(503), status(429)]
    publishing = Publishing(office)
    receiver.wait(6)
    publishing.close()
    first, second, third = sent
    assert subjects(receiver) == [first, first, second, second, second, third]
    assert len({each.id for each in receiver.came}) == 3
    assert [each.result for each in publishing.lines] == [
        "later", "delivered", "later", "later", "delivered", "delivered",
    ]  # fmt: skip


def test_one_agency_that_is_away_holds_up_no_other(small: Office, receiver: Receiver) -> None:
    with receiving() as other:
        other.reply = silence
        registers(small, other, POLICE)
        registers(small, receiver, SURGERY)
        refers(small, POLICE, 2)
        sent = refers(small, SURGERY, 20)
        publishing = Publishing(small)
        other.wait(1)
        receiver.wait(20)
        publishing.close()
    assert subjects(receiver) == sent


@pytest.mark.parametrize("reply", [silence, status(500), status(302, Location="/elsewhere")])
def test_once_tries_each_once_and_says_what_waits(
    small: Office, receiver: Receiver, reply: Reply
) -> None:
    registers(small, receiver)
    refers(small, count=2)
    receiver.reply = reply
    stop = threading.Event()
    trying = publisher(small, [], stop)
    assert [each.result for each in trying.lines(stop, once=True)] == ["later"]
    assert trying.waiting() == [POLICE]
    receiver.reply = status(204)
    receiver.over.set()
    assert [each.result for each in once(small)] == ["delivered", "delivered"]
    assert trying.waiting() == []


def test_a_receiver_that_is_gone_is_switched_off_loudly(small: Office, receiver: Receiver) -> None:
    registers(small, receiver)
    first, second = refers(small, count=2)
    receiver.reply = status(410)
    said: list[str] = []
    assert [each.result for each in once(small, said)] == ["gone"]
    assert any("switched off" in each for each in said)
    assert hook_of(small.store, POLICE) is None
    assert once(small) == []
    with receiving() as another:  # nothing was dropped
        registers(small, another)
        once(small)
        assert subjects(another) == [first, second]


def test_after_three_days_somebody_is_told(small: Office, receiver: Receiver) -> None:
    registers(small, receiver)
    refers(small)
    receiver.reply = status(500)
    said: list[str] = []
    once(small, said)
    assert said == []
    small.now += timedelta(days=3, minutes=1)
    once(small, said)
    assert any("taken nothing for 3 days" in each for each in said)


def test_a_suspended_agency_is_sent_nothing_until_it_is_resumed(
    small: Office, receiver: Receiver
) -> None:
    registers(small, receiver)
    refers(small)
    receiver.reply = status(500)
    once(small)
    small.suspends(POLICE)
    receiver.reply = status(204)
    assert once(small) == []
    small.does(ResumeAgency, agency_id=POLICE)
    assert [each.result for each in once(small)] == ["delivered"]


# Secrets


def test_while_a_secret_is_changed_both_are_good(small: Office, receiver: Receiver) -> None:
    old = registers(small, receiver)
    _, new = rotate(small.store, POLICE, overlap=timedelta(days=7), by="operator", now=small.now)
    assert verified(small, receiver, old, new) == [True, True]
    small.now += timedelta(days=8)
    assert verified(small, receiver, old, new) == [False, True]


def test_a_secret_that_leaked_is_good_no_more(small: Office, receiver: Receiver) -> None:
    old = registers(small, receiver)
    _, newer = rotate(small.store, POLICE, overlap=timedelta(days=7), by="operator", now=small.now)
    small.now += timedelta(minutes=1)
    _, newest = rotate(small.store, POLICE, overlap=timedelta(0), by="operator", now=small.now)
    assert verified(small, receiver, old, newer, newest) == [False, False, True]


def test_a_secret_is_sealed_and_no_question_opens_it(small: Office, receiver: Receiver) -> None:
    secret = registers(small, receiver)
    (clear,) = small.store.since(0, 10, names={"agency.webhook_registered.v1"})
    assert secret not in repr(clear.event)
    assert secret.encode() not in clear.sealed


def verified(small: Office, receiver: Receiver, *secrets: str) -> list[bool]:
    """By which of these secrets the next message is verified."""
    refers(small)
    once(small)
    return [is_signed(receiver.came[-1], each) for each in secrets]


def is_signed(came: Came, secret: str) -> bool:
    """Whether it has the signature that the standard's own library makes."""
    at = datetime.fromtimestamp(int(came.headers["webhook-timestamp"]), UTC)
    signature = Webhook(secret).sign(came.id, at, came.body.decode())
    return signature in came.headers["webhook-signature"].split()


# Several, and ends


@pytest.mark.parametrize("before", ["it is recorded", "it is delivered"])
def test_told_to_end_it_does_not_wait_for_who_else_writes(
    small: Office, receiver: Receiver, before: str
) -> None:
    registers(small, receiver)
    sent = refers(small)
    said = list[str]()
    stop = ToldWhileWaiting()

    def answers(receiver: Receiver, request: BaseHTTPRequestHandler) -> None:
        with somebody_writes(small.store.address):
            status(204)(receiver, request)
            stop.wait(PATIENCE)

    receiver.first = [answers]
    with ExitStack() as stack:
        if before == "it is recorded":
            stack.enter_context(somebody_writes(small.store.address))
        assert list(publisher(small, said, stop).lines(stop, once=True)) == []
    assert said == []
    assert len(receiver.came) == (before == "it is delivered")
    receiver.first = []
    assert [each.result for each in once(small)] == ["delivered"]
    assert {each.event["subject"] for each in receiver.came} == set(sent)


def test_two_publishers_side_by_side_send_each_message_once_and_in_order(
    office: Office, receiver: Receiver
) -> None:
    registers(office, receiver)
    running = [Publishing(office), Publishing(office)]
    sent = refers(office, count=12)
    receiver.wait(12)
    for each in running:
        each.close()
    assert subjects(receiver) == sent
    assert sum(len(each.lines) for each in running) == 12


def test_a_webhook_that_is_removed_is_sent_nothing(small: Office, receiver: Receiver) -> None:
    registers(small, receiver)
    refers(small)
    remove(small.store, POLICE, reason="asked", by="operator", now=NOW)
    assert once(small) == []
    assert list(hooks(small.store)) == []


def test_an_agency_that_nobody_registered_has_no_webhook(small: Office, receiver: Receiver) -> None:
    handled, _ = register(
        small.store, "nobody", receiver.url, here=True, by="operator", now=small.now
    )
    assert handled.result == "refused"
    assert hook_of(small.store, "nobody") is None


# What is damaged


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("agency.registered.v1", IN_THE_HEADER),
        ("agency.webhook_registered.v1", IN_THE_HEADER),
        ("agency.webhook_registered.v1", IN_THE_SEAL),
    ],
)
def test_an_agency_whose_record_is_damaged_holds_up_no_other(
    small: Office, receiver: Receiver, name: str, at: int
) -> None:
    for agency in (SURGERY, POLICE):
        registers(small, receiver, agency)
    refers(small, SURGERY)
    receiver.reply = status(503)
    once(small)
    (police,) = refers(small)
    stream = f"agency-{SURGERY}"
    (damaged,) = (each for each in small.store.history(stream) if each.name == name)
    alter(small.store.address, damaged.position, at)
    receiver.reply = status(204)
    with capture_logs() as logged:
        assert [each.referral for each in once(small)] == [police]
    assert {each.agency for each in hooks(small.store)} == {POLICE}
    alarms = [line for line in logged if line["event"] == "agency_unreadable"]
    assert {line["stream"] for line in alarms} == {stream}
    assert {line["log_level"] for line in alarms} == {"error"}


def alter(address: str, position: int, at: int) -> None:
    """Flip a bit of an event."""
    wanted = "select state from stored_events where position = ?"
    ((state,),) = execute(address, wanted, (position,))
    altered = bytearray(state)
    altered[at] ^= 1
    without_triggers(address)
    change = "update stored_events set state = ? where position = ?"
    execute(address, change, (bytes(altered), position))


# What may leave


def test_what_may_not_leave_any_more_when_it_is_tried_again_is_withheld(
    small: Office, receiver: Receiver
) -> None:
    registers(small, receiver)
    receipt = small.receives_one(concern(), sender=POLICE)
    referral_id = str(receipt.referral)
    assert [each.result for each in once(small)] == ["delivered"]
    small.does(DecideReferral, referral_id=referral_id, outcome="advice", rationale="Alone.")
    receiver.reply = status(503)
    assert [each.result for each in once(small)] == ["later"]
    restricted = {"named": ("rosa",), "reason": "A relative works at the station."}
    small.does(RestrictRecord, child_id=receipt.children[0], **restricted)
    receiver.reply = status(204)
    tried = len(receiver.came)
    assert once(small) == []
    assert len(receiver.came) == tried
    (withheld,) = small.events("disclosure.withheld.v1")
    assert (withheld.reason, withheld.referral_id) == ("restricted", referral_id)
    (other,) = refers(small)  # it holds nothing up
    assert [each.referral for each in once(small)] == [other]
    assert len(small.events("disclosure.withheld.v1")) == 1


@pytest.mark.parametrize("how", ["gone", "asked"])
def test_who_registers_again_hears_what_happened_between(
    small: Office, receiver: Receiver, how: str
) -> None:
    before = refers(small, SURGERY)  # which has no webhook
    registers(small, receiver)
    refers(small)
    if how == "gone":
        receiver.reply = status(410)
    once(small)
    if how == "asked":
        remove(small.store, POLICE, reason="asked", by="operator", now=small.now)
    (between,) = refers(small)
    once(small)
    small.does(DecideReferral, referral_id=between, outcome="advice", rationale="Alone.")
    refers(small, SURGERY)
    once(small)
    with receiving() as another, receiving() as first:
        registers(small, another)
        registers(small, first, SURGERY)
        once(small)
        after = refers(small, SURGERY)
        once(small)
        heard = [e.event["data"]["status"] for e in another.came if e.event["subject"] == between]
        assert heard == ["received", "decided"]
        assert before != after == subjects(first)  # its first webhook: nothing of before
        assert once(small) == []


def test_who_registers_again_while_suspended_misses_nothing(
    small: Office, receiver: Receiver
) -> None:
    registers(small, receiver)
    once(small)
    remove(small.store, POLICE, reason="asked", by="operator", now=small.now)
    first = refers(small)
    small.suspends(POLICE)
    registers(small, receiver)
    assert once(small) == []
    small.does(ResumeAgency, agency_id=POLICE)
    once(small)
    assert subjects(receiver) == first
