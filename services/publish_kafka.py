"""How does what the agencies are to be told reach their Kafka topics, in order and once?

The log is the outbox. What was written is tracked (`publish|kafka|<cluster>`) once every record is
durable; a process that dies in between has written them, and the next one finds them at the end of
the topics. Whoever reads twice all the same tells it by `ce_id`. What was set aside goes to a topic
of its own beside the one on which it came.

It is asked again of each whether it may leave. What is for an agency that is suspended, or whose
topic is not there any more, waits and holds up nobody else: from where is tracked
(`publish|kafka|<cluster>|waits|<agency>`), and up to where it was caught up on (`…|sent|<agency>`).
The agency waits as long as the first is after the second; what is newer waits with it.

A topic is the agency's whole record since it was registered: where it is made later, what was
before is told on it first. Which agencies had a topic is tracked (`disclosing|kafka|known|…`).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, repeat
from threading import Event
from typing import Any, Literal

from msgspec import Struct

from adapters.event_store import Conflict, EventStore, Together, Tracking, Unavailable
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
from services.disclosing import Disclosing, to_agency
from services.logs import log
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
KNOWN = "disclosing|kafka|known|"
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
        self.unseen: frozenset[str] = frozenset()
        """The agencies whose topic is not there any more, and for whom something waits."""
        self._said: set[str] = set()
        self._away = False

    def lines(self, stop: Event, *, once: bool = False) -> Iterator[Published]:
        """A line a message, once it is durable and tracked.

        With `once`, until all is sent that the log holds; then what is away is raised, as
        `NotReachable` or `Unavailable`, and is waited for otherwise. Raises `NotAllowed`.
        """
        self.store.until(stop.is_set)
        while not stop.is_set():
            try:
                with alone(self.store.address, LEADER) as held:
                    if held:
                        yield from self._leading(held, stop, once=once)
                        if once:
                            return
                        continue
            except AWAY:
                if stop.is_set():
                    return  # it is just not waited for any more: what is not tracked is found again
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

    def not_seen(self, unseen: frozenset[str]) -> None:
        """Of these agencies no topic is seen now, and something waits for them."""
        for each in sorted(unseen - self.unseen):
            log.error("topic_gone", topic=outgoing(each))
            self._say(
                f"The topic {outgoing(each)} is gone, and something must be written to it: that"
                " waits until it is there again (safeguarding kafka setup)."
            )
        self.unseen = unseen

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
        self._waits = self._tracked("waits")
        self._caught_up = self._tracked("sent")
        self._known = {each.removeprefix(KNOWN) for each in self._store.all_tracked(KNOWN)}
        self._new: set[str] = set()
        """Of them, those of whom it is not tracked yet."""
        self._disclosing = Disclosing(self._store, "kafka", self._hears, self._clock)
        self._topics: frozenset[str] = frozenset()
        self._looked: set[str] = set()
        self._found: dict[str, Written] = {}
        """By id, what an earlier process wrote, and could not track any more."""

    def lines(self) -> Iterator[Published]:
        self._topics = self._outlet.topics()
        if not any(topic.startswith("out.") for topic in self._topics):
            raise NotAllowed("None of the topics that agencies read is there for us")
        self._whole.is_back()
        while not self._stop.is_set() and self._held():
            self._begin()
            more = self._disclosing.step()
            position = self._store.tracked(self._name)
            for agency_id in self._waiting():
                yield from self._catch_up(agency_id, position)
            page = readable(self._store, position, BATCH, NAMES, OPENED)
            waiting = self._waiting()
            lines, held_up = self._sent(each for each in page if _to(each) not in waiting)
            new = {_to(each): each.position for each in reversed(page) if _to(each)}
            if page.reached > position:
                self._track(
                    Tracking(self._name, page.reached),
                    waits=held_up,
                    sent={
                        each: at
                        for each, at in new.items()
                        if each not in held_up and not self._begun(each)
                    },
                )
            yield from lines
            self._whole.not_seen(
                frozenset(each for each in self._waiting() if outgoing(each) not in self._topics)
            )
            if self._once and not page and not more:
                return
            news = page or more or self._store.wait(page.reached, WAIT_SECONDS)
            if news or self._whole.unseen:
                self._topics = self._outlet.topics()

    # ── Who waits ─────────────────────────────────────────────────────────────────────────────────

    def _tracked(self, what: Literal["waits", "sent"]) -> dict[str, int]:
        beginning = f"{self._name}|{what}|"
        found = self._store.all_tracked(beginning)
        return {name.removeprefix(beginning): at for name, at in found.items()}

    def _begin(self) -> None:
        """Whose topic is new is told what happened before it was there, then anything newer."""
        named = {each.removeprefix("out.").removesuffix(".v1"): each for each in self._topics}
        for agency_id in sorted(named.keys() - self._known):
            whole = named[agency_id] == outgoing(agency_id)
            if whole and self._disclosing.tell_from_the_first(agency_id, self._ended):
                self._known.add(agency_id)
                self._new.add(agency_id)

    def _ended(self) -> bool:
        return self._stop.is_set() or not self._held()

    def _track(self, *trackings: Tracking, waits: dict[str, int], sent: dict[str, int]) -> None:
        Together(self._store).store(
            *trackings,
            *(Tracking(f"{KNOWN}{each}", 1) for each in self._new),
            *(Tracking(f"{self._name}|waits|{each}", at) for each, at in waits.items()),
            *(Tracking(f"{self._name}|sent|{each}", at) for each, at in sent.items()),
        )
        self._new.clear()
        self._waits |= waits
        self._caught_up |= sent

    def _waiting(self) -> list[str]:
        return [each for each, at in self._waits.items() if at > self._caught_up.get(each, 0)]

    def _begun(self, agency_id: str) -> bool:
        """Whether something was to be written to its topic before."""
        return agency_id in self._waits or agency_id in self._caught_up

    def _catch_up(self, agency_id: str, up_to: int) -> Iterator[Published]:
        """Send what waits for an agency, once it may hear, as far as others were sent theirs."""
        if outgoing(agency_id) not in self._topics or self._disclosing.suspended(agency_id):
            return
        position = self._waits[agency_id] - 1
        while not self._stop.is_set() and self._held():
            page = to_agency(self._store, agency_id, "kafka", position, BATCH)
            lines, held_up = self._sent(each for each in page if each.position <= up_to)
            position = page.reached
            if held_up:
                if held_up[agency_id] > self._waits[agency_id]:
                    self._track(waits=held_up, sent={})
            elif position < up_to:
                self._track(waits={agency_id: position + 1}, sent={})
            else:
                self._track(waits={}, sent={agency_id: up_to})
            yield from lines
            if held_up or position >= up_to:
                return

    def _hears(self, agency_id: str, _agency: Agency) -> bool:
        """By Kafka, an agency hears once there was a topic that it may read; if that is not seen
        any more, what happens waits for it."""
        topic = outgoing(agency_id)
        hears = topic in self._topics or agency_id in self._known or self._begun(agency_id)
        if not hears:
            self._whole.say_once(
                f"Nothing goes to {agency_id} by Kafka: there is no topic {topic}."
            )
        return hears

    # ── What is sent ──────────────────────────────────────────────────────────────────────────────

    def _sent(self, page: Iterable[Recorded]) -> tuple[list[Published], dict[str, int]]:
        """What was written, and from where on agencies wait that it was not written to."""
        wanted = [(each, message) for each in page if (message := self._message(each))]
        self._look_at({message.topic: message.mark for _, message in wanted})
        going: list[tuple[Recorded, Message]] = []
        waits: dict[str, int] = {}
        for recorded, message in wanted:
            agency_id = _to(recorded)
            if not agency_id or message.id in self._found:
                going.append((recorded, message))
            elif agency_id not in waits:
                leaves = self._disclosing.leaves(recorded) if self._seen(message) else "waits"
                if leaves == "goes":
                    going.append((recorded, message))
                elif leaves == "waits":
                    waits[agency_id] = recorded.position
        new = [message for _, message in going if message.id not in self._found]
        written = dict(
            zip((each.id for each in new), self._outlet.send(new, self._stop), strict=True)
        )
        lines = [
            _line(recorded, message, self._found.get(message.id) or written[message.id])
            for recorded, message in going
        ]
        return lines, waits

    def _seen(self, message: Message) -> bool:
        return message.topic in self._topics

    def _look_at(self, marks: dict[str, str]) -> None:
        """See what stands at the end of these topics, before anything of ours is written there."""
        new = {topic: mark for topic, mark in marks.items() if topic in self._topics}
        for topic in self._looked & set(new):
            del new[topic]
        if new:
            self._found |= self._outlet.tail(new, BATCH)
            self._looked |= set(new)

    def _message(self, recorded: Recorded) -> Message | None:
        event = recorded.event
        if isinstance(event, InformationDisclosed):
            return self._told(recorded, event) if event.channel == "kafka" else None
        return self._dead(event) if getattr(event, "transport", "") == "kafka" else None

    def _told(self, recorded: Recorded, event: InformationDisclosed) -> Message:
        message = cloud_event(recorded)
        key = event.reference or event.referral_id
        topic = outgoing(event.agency_id)
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


def _to(recorded: Recorded) -> str:
    """The agency that is told this by Kafka; "" if it is nothing of that kind."""
    event = recorded.event
    if isinstance(event, InformationDisclosed) and event.channel == "kafka":
        return event.agency_id
    return ""


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
