"""How does what the agencies are to be told reach their Kafka topics, in order and once?

The log is the outbox. What was written is tracked (`publish|kafka|<cluster>`) once every record is
durable; a process that dies in between has written them, and the next one finds them at the end of
the topics. Whoever reads twice all the same tells it by `ce_id`. What was set aside goes to a topic
of its own beside the one on which it came.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, repeat
from threading import Event
from typing import Any, Literal

from msgspec import Struct

from adapters.event_store import Conflict, EventStore, Page, Together, Tracking, Unavailable
from adapters.event_store.leader import Held, alone
from adapters.outgoing import cloud_event
from adapters.transports.kafka import NotAllowed, NotReachable
from adapters.transports.kafka_out import LARGEST, Message, Outlet, Stopped, Written
from adapters.transports.kafka_rights import dead, outgoing
from adapters.vault import KeysUnavailable
from domain.agency import Agency
from domain.disclosure import InformationDisclosed, What
from domain.kernel import Recorded, stored_name
from domain.quarantine import MessageQuarantined
from services.disclosing import Disclosing
from services.one_child import readable

NAMES = frozenset({stored_name(InformationDisclosed), stored_name(MessageQuarantined)})
OPENED = ("referrer", "raw")

BATCH = 500
"""Messages that are written before it is tracked: so many may stand at the end of a topic, of which
the log does not know."""

WAIT_SECONDS = 0.5
STANDBY_SECONDS = 2.0
PATIENCE_SECONDS = (0.5, 1.0, 2.0, 5.0)
"""How long nothing is sent when the broker or the store has gone; the last for ever."""

LEADER = "publish-kafka"
AWAY = (Unavailable, KeysUnavailable)

MARK = "ce_id"
DEAD_MARK, DEAD_REASON = "quarantine_id", "quarantine_reason"
"""Headers that we add to what was set aside; its own stay as they came."""


class Published(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message that is durable on its topic. `position`: in the log, of the
    disclosure or of what was set aside; a message's `sequence` is the same."""

    agency: str
    topic: str
    partition: int
    offset: int
    id: str
    type: str
    what: What | Literal["dead-letter"]
    position: int
    referral_id: str | None = None


class Publish:
    """Sends what is to be told by Kafka, until it is stopped. For one thread."""

    def __init__(
        self,
        store: EventStore,
        outlet: Callable[[], Outlet],
        say: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`outlet`: makes a new one each time; `say`: takes a sentence for the operator."""
        self.store = store
        self._outlet = outlet
        self._say = say
        self.clock = clock
        self._said: set[str] = set()
        self._away = False

    def lines(self, stop: Event, *, once: bool = False) -> Iterator[Published]:
        """A line a message, once it is durable and tracked.

        With `once`, until all is sent that the log holds; then what is away is raised, as
        `NotReachable` or `Unavailable`, and is waited for otherwise. Raises `NotAllowed`.
        """
        while not stop.is_set():
            try:
                with alone(self.store.address, LEADER) as held:
                    if held:
                        yield from self._leading(held, stop, once=once)
                        if once:
                            return
                        continue
            except AWAY:
                if once:
                    raise
                self._gone("The store cannot be reached: nothing is sent until it is back.")
            else:
                self.say_once("Another process sends: this one waits to take its place.")
                if once:
                    return
            stop.wait(STANDBY_SECONDS)

    def _leading(self, held: Held, stop: Event, *, once: bool) -> Iterator[Published]:
        """While the work is ours, with one outlet after another."""
        for seconds in chain(PATIENCE_SECONDS, repeat(PATIENCE_SECONDS[-1])):
            try:
                with closing(self._outlet()) as outlet:
                    yield from _Sending(self, outlet, held, stop, once=once).lines()
                return
            except Stopped:
                return
            except NotReachable as error:
                if once:
                    raise
                self._gone(f"Kafka cannot be reached ({error}): nothing is sent until it can be.")
            except Conflict:
                continue  # another process had taken our place for a moment
            if stop.wait(seconds) or not held():
                return

    def say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._say(sentence)

    def _gone(self, sentence: str) -> None:
        if not self._away:
            self._away = True
            self._say(sentence)

    def is_back(self) -> None:
        if self._away:
            self._away = False
            self._say("It is back: what waited is sent.")


class _Sending:
    """With one outlet, from the position that is stored."""

    def __init__(
        self, whole: Publish, outlet: Outlet, held: Held, stop: Event, *, once: bool
    ) -> None:
        self._whole = whole
        self._store, self._clock = whole.store, whole.clock
        self._outlet = outlet
        self._held = held
        self._stop = stop
        self._once = once
        self._name = f"publish|kafka|{outlet.cluster}"
        self._topics: frozenset[str] = frozenset()
        self._tail: dict[str, Written] | None = None

    def lines(self) -> Iterator[Published]:
        disclosing = Disclosing(self._store, "kafka", self._hears, self._clock)
        self._topics = self._outlet.topics()
        if not any(topic.startswith("out.") for topic in self._topics):
            raise NotAllowed("None of the topics that agencies read is there for us")
        self._whole.is_back()
        while not self._stop.is_set() and self._held():
            more = disclosing.step()
            position = self._store.tracked(self._name)
            page = readable(self._store, position, BATCH, NAMES, OPENED)
            lines = self._sent(page)
            if page.reached > position:
                Together(self._store).store(Tracking(self._name, page.reached))
            yield from lines
            if self._once and not page and not more:
                return
            if page or more or self._store.wait(page.reached, WAIT_SECONDS):
                self._topics = self._outlet.topics()

    def _hears(self, agency_id: str, _agency: Agency) -> bool:
        """By Kafka, an agency hears from when there is a topic that it may read."""
        topic = outgoing(agency_id)
        if topic not in self._topics:
            self._whole.say_once(
                f"Nothing goes to {agency_id} by Kafka: there is no topic {topic}."
            )
        return topic in self._topics

    def _sent(self, page: Page) -> list[Published]:
        wanted = [(each, message) for each in page if (message := self._message(each))]
        if not wanted:
            return []
        if self._tail is None:  # what an earlier process wrote, and could not track any more
            marks = {message.topic: message.mark for _, message in wanted}
            self._tail = self._outlet.tail(marks, BATCH)
        found = self._tail
        new = [message for _, message in wanted if message.id not in found]
        written = dict(
            zip((each.id for each in new), self._outlet.send(new, self._stop), strict=True)
        )
        return [
            _line(recorded, message, found.get(message.id) or written[message.id])
            for recorded, message in wanted
        ]

    def _message(self, recorded: Recorded) -> Message | None:
        event = recorded.event
        if isinstance(event, InformationDisclosed):
            return self._told(recorded, event) if event.channel == "kafka" else None
        return self._dead(event) if getattr(event, "transport", "") == "kafka" else None

    def _told(self, recorded: Recorded, event: InformationDisclosed) -> Message:
        topic = outgoing(event.agency_id)
        if topic not in self._topics:
            raise NotAllowed(f"The topic {topic} is gone, and something must be written to it")
        message = cloud_event(recorded)
        key = event.reference or event.referral_id
        return Message(topic, key.encode(), message.data, message.headers(), MARK)

    def _dead(self, event: Any) -> Message | None:
        """What was set aside, as it came; None where it cannot be written, and only kept here."""
        message = Message(
            dead(event.topic),
            event.quarantine_id.encode(),
            event.raw or b"",
            [
                *((each.name, each.value) for each in event.headers or ()),
                (DEAD_REASON, event.reason.encode()),
                (DEAD_MARK, event.quarantine_id.encode()),
            ],
            DEAD_MARK,
        )
        if message.topic not in self._topics:
            self._whole.say_once(f"There is no topic {message.topic}: see `quarantine`.")
            return None
        if message.size > LARGEST:
            self._whole.say_once(f"{event.quarantine_id} is too large for {message.topic}.")
            return None
        return message


def _line(recorded: Recorded, message: Message, written: Written) -> Published:
    event: Any = recorded.event
    told = isinstance(event, InformationDisclosed)
    return Published(
        agency=event.agency_id if told else event.agency,
        topic=message.topic,
        partition=written.partition,
        offset=written.offset,
        id=message.id,
        type=cloud_event(recorded).type if told else event.reason,
        what=event.what if told else "dead-letter",
        referral_id=event.referral_id if told else None,
        position=recorded.position,
    )
