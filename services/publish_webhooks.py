"""How does what the agencies are to be told reach their webhooks, in order and until it is there?

Each agency has a courier of its own: the order is kept for each, and one whose receiver is away
holds up nobody else. What was delivered is tracked (`webhook|<agency>`) after the receiver said so:
a process that dies in between sends it once more, under the same `webhook-id`. Before each attempt
it is asked again whether it may leave.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Literal, cast

from msgspec import Struct

from adapters.event_store import Conflict, EventStore, Tracking, Unavailable
from adapters.event_store.leader import alone
from adapters.outgoing import cloud_event
from adapters.transports.webhooks import Answer, Message, Sender
from adapters.vault import KeysUnavailable
from domain.agency import Agency
from domain.disclosure import InformationDisclosed, What
from domain.kernel import Recorded
from services.disclosing import Disclosing, to_agency
from services.logs import log
from services.webhooks import Hook, first_registered, hook_of, remove

POLL_SECONDS = 0.5
ENDING_SECONDS = 1.5
"""How long the couriers are waited for when we are told to end."""

FAR = 5000
"""Events of the log without anything for an agency, after which that is tracked too."""

ALARM = timedelta(days=3)
"""How long something may wait before somebody should ask the agency why."""

AWAY = (Unavailable, KeysUnavailable)

Went = Literal["done", "nowhere", "not-taken", "stopped", "another's"]
"""How a courier's round ended: all is delivered; the agency has no webhook now; the next message
was not taken; we are to end; another process is sending to this agency."""


class Patience(Struct, frozen=True):
    """How long a courier waits after a message was not taken: at random up to twice as long each
    time ("full jitter"), so that receivers that come back are not met by all at once."""

    first_seconds: float = 2.0
    most_seconds: float = 600.0

    def seconds(self, failed: int) -> float:
        """`failed`: how often it was not taken, 1 and more."""
        longest = min(self.most_seconds, self.first_seconds * 2 ** min(failed, 30))
        return random.uniform(0, longest)  # noqa: S311 - no secret


class Sent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one message, once: `later` is tried again, `gone` ended the webhook."""

    agency: str
    channel: str
    disclosure: str
    referral: str
    what: What
    position: int
    result: Literal["delivered", "gone", "later"]
    reason: str
    status: int | None = None


class Publisher:
    """Sends what is to be told by webhook, until it is stopped. For one thread, and its own."""

    def __init__(
        self,
        store: EventStore,
        sender: Sender,
        say: Callable[[str], None],
        *,
        patience: Patience | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`say`: takes a sentence for the operator."""
        self._store = store
        self._say = say
        self._told: SimpleQueue[Sent | str | Exception] = SimpleQueue()
        self._delivery = Delivery(store, sender, self._told.put, clock)
        self._patience = patience or Patience()
        self._disclosing = Disclosing(store, "webhook", _has_webhook, clock)
        self._couriers: dict[str, Courier] = {}
        self._read_to = 0
        self._away = False

    def lines(self, stop: Event, *, once: bool = False) -> Iterator[Sent]:
        """What became of each message, as it was sent.

        With `once`, until each was delivered, or the first that was not of its agency tried once;
        then a store that is away is raised as `Unavailable`, and is waited for otherwise.
        """
        self._store.until(stop.is_set)
        try:
            while not stop.is_set():
                try:
                    self._begin(stop, once=once)
                except AWAY:
                    if stop.is_set():
                        break  # it is just not waited for any more
                    if once:
                        raise
                    self._gone()
                else:
                    self._back()
                yield from self._heard()
                if once and not any(each.is_alive() for each in self._couriers.values()):
                    break
                self._wait(stop, once=once)
        finally:
            stop.set()
            self._end()
        yield from self._heard()

    def waiting(self) -> list[str]:
        """The agencies that have a webhook and were not sent all yet. Raises `Unavailable`."""
        return [each for each in self._couriers if self._delivery.owes(each)]

    def _begin(self, stop: Event, *, once: bool) -> None:
        """Record what is to be told, and see that every agency with a webhook has a courier.

        What happened before any agency had one is not told in this way.
        """
        newest = self._store.newest()
        registered = first_registered(self._store, self._read_to) if newest > self._read_to else {}
        new = [
            Courier(each, self._delivery, self._patience, stop, self._told.put, once=once)
            for each in registered
            if each not in self._couriers
        ]
        if new and not self._couriers:
            self._disclosing.begin_after(min(registered.values()) - 1)
        self._couriers |= {each.agency: each for each in new}
        while self._couriers and not stop.is_set() and self._disclosing.step():
            pass
        for courier in new:
            courier.start()
        if newest > self._read_to:
            self._read_to = newest
            for each in self._couriers.values():
                each.news.set()

    def _wait(self, stop: Event, *, once: bool) -> None:
        if once or self._away:
            stop.wait(POLL_SECONDS / 10 if once else POLL_SECONDS)
            return
        with suppress(*AWAY):  # the next turn says so
            self._store.wait(self._read_to, POLL_SECONDS)

    def _end(self) -> None:
        until = time.monotonic() + ENDING_SECONDS
        for each in self._couriers.values():
            each.news.set()
        for each in self._couriers.values():
            each.join(max(0.0, until - time.monotonic()))

    def _heard(self) -> Iterator[Sent]:
        while not self._told.empty():
            match self._told.get():
                case Sent() as line:
                    yield line
                case str(sentence):
                    self._say(sentence)
                case fault:
                    raise fault

    def _gone(self) -> None:
        if not self._away:
            self._away = True
            self._say("The store cannot be reached: nothing is sent until it is back.")

    def _back(self) -> None:
        if self._away:
            self._away = False
            self._say("The store is back.")


def _has_webhook(_agency_id: str, agency: Agency) -> bool:
    return agency.webhook is not None


class Courier(Thread):
    """Goes to one agency. It ends with the process, whatever a receiver does."""

    def __init__(
        self,
        agency_id: str,
        delivery: "Delivery",
        patience: Patience,
        stop: Event,
        tell: Callable[[str | Exception], None],
        *,
        once: bool,
    ) -> None:
        super().__init__(daemon=True)
        self.news = Event()
        self.agency = agency_id
        self._delivery = delivery
        self._patience = patience
        self._stop_asked = stop
        self._tell = tell
        self._once = once
        self._said: set[str] = set()

    def run(self) -> None:
        try:
            self._go()
        except AWAY as error:
            if self._once and not self._stop_asked.is_set():
                self._tell(error)
        except Exception as fault:  # noqa: BLE001 - raised again where somebody hears it
            self._tell(fault)

    def _go(self) -> None:
        failed, seen = 0, 0
        while not self._stop_asked.is_set():
            self.news.clear()
            try:
                went, seen, delivered = self._delivery.go(self.agency, seen, self._stop_asked)
            except AWAY:
                if self._once:
                    raise
                self._stop_asked.wait(POLL_SECONDS)  # the publisher says so
                continue
            if went == "another's":
                self._say_once(f"Another process is sending to {self.agency}.")
            if self._once:
                return
            match went:
                case "not-taken":
                    failed = 1 if delivered else failed + 1
                    self._stop_asked.wait(self._patience.seconds(failed))
                case "another's":
                    self._stop_asked.wait(POLL_SECONDS)
                case _:
                    failed = 0
                    self.news.wait()

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._tell(sentence)


class Delivery:
    """What is owed to an agency is sent to it. Safe to share between couriers."""

    def __init__(
        self,
        store: EventStore,
        sender: Sender,
        tell: Callable[[Sent | str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._sender = sender
        self._tell = tell
        self._clock = clock
        self._rule = Disclosing(store, "webhook", _has_webhook, clock)
        self._asking = Lock()
        self._alarmed: set[str] = set()

    def owes(self, agency_id: str) -> bool:
        hook = hook_of(self._store, agency_id)
        return hook is not None and bool(
            self._next(agency_id, self._store.tracked(_tracked(agency_id)))[0]
        )

    def go(self, agency_id: str, seen: int, stop: Event) -> tuple[Went, int, int]:
        """Send one after another until one is not taken.

        `seen`: up to where nothing is owed. How it ended, up to where nothing is owed now, and how
        many were delivered.
        """
        position, delivered = max(seen, self._store.tracked(_tracked(agency_id))), 0
        while not stop.is_set():
            owed, reached = self._next(agency_id, position)
            if not owed:
                if reached - self._store.tracked(_tracked(agency_id)) > FAR:
                    self._track(agency_id, reached)
                return "done", reached, delivered
            with alone(self._store.address, f"webhook-{agency_id}") as ours:
                if ours is None:
                    return "another's", position, delivered
                position = self._store.tracked(_tracked(agency_id))
                for recorded in (each for each in owed if each.position > position):
                    if stop.is_set():
                        return "stopped", position, delivered
                    if not ours():
                        return "another's", position, delivered
                    went = self._send(agency_id, recorded)
                    if went != "done":
                        return went, position, delivered
                    position, delivered = recorded.position, delivered + 1
            position = reached
        return "stopped", position, delivered

    def _next(self, agency_id: str, position: int) -> tuple[list[Recorded], int]:
        """The agency's own on the next page that has any, and up to where was read."""
        while True:
            page = to_agency(self._store, agency_id, "webhook", position)
            if page or page.reached == position:
                return page, page.reached
            position = page.reached

    def _send(self, agency_id: str, recorded: Recorded) -> Went:
        now = self._clock()
        hook = hook_of(self._store, agency_id)
        if hook is None or hook.suspended or not hook.secrets(now):
            return "nowhere"
        with self._asking:  # the rule is for one thread
            leaves = self._rule.leaves(recorded)
        if leaves == "waits":
            return "nowhere"
        if leaves == "withheld":
            self._track(agency_id, recorded.position)
            return "done"
        message = Message(
            id=_event(recorded).disclosure_id,
            body=cloud_event(recorded).structured(),
            url=hook.url,
            secrets=hook.secrets(now),
            here=hook.here,
        )
        answer = self._sender.send(message, int(now.timestamp()))
        if answer.reason == "stopped":
            return "stopped"
        if answer.result == "delivered":
            self._track(agency_id, recorded.position)
        self._tell(_line(recorded, answer))
        match answer.result:
            case "delivered":
                self._alarmed.discard(agency_id)
                return "done"
            case "gone":
                self._switch_off(hook, now)
                return "nowhere"
            case "later":
                self._alarm(agency_id, recorded, answer, now)
                return "not-taken"

    def _track(self, agency_id: str, position: int) -> None:
        with suppress(Conflict):  # another process was there before us
            self._store.append([], tracking=Tracking(_tracked(agency_id), position))

    def _switch_off(self, hook: Hook, now: datetime) -> None:
        remove(self._store, hook.agency, reason="gone", by="authority", now=now)
        log.error("webhook_gone", reason_code="gone", status=410)
        self._tell(
            f"The receiver of {hook.agency} says that it is gone (410): its webhook is switched"
            " off. What was not delivered, and what happens until then, waits until it registers"
            " another."
        )

    def _alarm(self, agency_id: str, recorded: Recorded, answer: Answer, now: datetime) -> None:
        waits = now - recorded.event.recorded_at
        if waits < ALARM or agency_id in self._alarmed:
            return
        self._alarmed.add(agency_id)
        log.error(
            "webhook_undeliverable",
            reason_code=answer.reason,
            status=answer.status,
            position=recorded.position,
            seconds=int(waits.total_seconds()),
        )
        self._tell(
            f"{agency_id} has taken nothing for {waits.days} days ({answer.reason}): ask it why."
            " Nothing is lost, it is tried again."
        )


def _tracked(agency_id: str) -> str:
    return f"webhook|{agency_id}"


def _event(recorded: Recorded) -> InformationDisclosed:
    return cast(InformationDisclosed, recorded.event)


def _line(recorded: Recorded, answer: Answer) -> Sent:
    event = _event(recorded)
    return Sent(
        agency=event.agency_id,
        channel=event.channel,
        disclosure=event.disclosure_id,
        referral=event.referral_id,
        what=event.what,
        position=recorded.position,
        result=answer.result,
        reason=answer.reason,
        status=answer.status,
    )
