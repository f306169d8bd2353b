"""How does what the agencies put on Kafka reach the log, once and in order?

How far a partition was read is stored in the same transaction as what was read. What one poll gives
is one transaction, whatever partitions it is from; where somebody else got in between, it is taken
again in halves. What cannot be taken for a message of its sender (see `domain.quarantine`) is set
aside in that transaction too. What was deleted before it was read is told in the log, and in ours,
and reading goes on after it; a partition that cannot be read keeps no other waiting.
"""

import gc
import hashlib
import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, repeat
from threading import Event
from time import monotonic
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct
from msgspec.structs import asdict, replace

from adapters.cloudevents import Broken, Envelope, agency_named, envelope
from adapters.event_store import Conflict, EventStore, Together, Tracking, Unavailable, placed
from adapters.translation import Sent, formats
from adapters.transports.kafka import Gap, Inlet, NotReachable, Partition, Record, Still
from adapters.transports.kafka_names import Garbled
from adapters.vault import KeysUnavailable
from domain.quarantine import Header, QuarantineMessage, ReasonCode, ReportLoss
from services.duty import Areas
from services.foreseen import claims, streams
from services.handle import Plan
from services.intake import Busy, Intake, Receipt, Understood
from services.logs import log
from services.received import Part

POLL_SECONDS = 0.5
LOOK_SECONDS = 30.0
"""How long a new topic may stay unnoticed."""
PATIENCE_SECONDS = (0.5, 1.0, 2.0, 5.0)
"""How long nothing is taken when the store has gone; the last for ever."""

STORE_AWAY = (Unavailable, KeysUnavailable)
AWAY = (NotReachable, *STORE_AWAY)

TOPIC = re.compile(r"in\.([a-z0-9-]+)\.([a-z0-9-]+)\.v1")


MOST_ROWS = 1000
MOST_BYTES = 8 * 1024 * 1024
"""Of the messages in one transaction, unless the first alone is more: when we are told to end, or
thrown out of the group, so much at most was in vain."""

REST_SECONDS = (0.01, 0.1)
"""Before a single record is tried again, in whose way somebody was."""

Waiting = tuple[Partition, Record]


class Ended(Exception):
    """We were told to end in the middle of a transaction, of which nothing is stored."""


class Taken(Receipt, frozen=True, kw_only=True):
    """The intake line, and where the record stood."""

    result: str  # type: ignore[assignment]  # also `quarantined`
    transport: str = "kafka"
    topic: str
    partition: int
    offset: int


NOTHING = Understood(source="", message="")


class Delivered(Struct, frozen=True, kw_only=True):
    """A record, and what it says: `understood`, or `broken`, why it is no message of its sender.

    `delivery`: the claim by which its sender's id is known again.
    """

    partition: Partition
    record: Record
    agency: str
    digest: str
    broken: ReasonCode | None = None
    delivery: str = ""
    understood: Understood = NOTHING

    @property
    def place(self) -> str:
        return f"{self.partition.topic}/{self.partition.partition}/{self.record.offset}"

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.understood.parts


class Ingest:
    """Takes in what an inlet gives, until it is stopped. For one thread."""

    def __init__(
        self,
        store: EventStore,
        inlet: Inlet,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        topics: Callable[[], Collection[str]] | None = None,
        look_seconds: float = LOOK_SECONDS,
        most_rows: int = MOST_ROWS,
    ) -> None:
        """`topics`: asked now and then which there should be by now: agencies are registered, and
        formats agreed with them, while we run.
        """
        self._topics = topics
        self._look_seconds = look_seconds
        self._most_rows = most_rows
        self._looked = monotonic()
        self._store = store
        self._inlet = inlet
        self._clock = clock
        self._formats = formats()
        self._areas = Areas()
        self._away: set[str] = set()
        self._still: dict[Partition, Still] = {}
        self._read_from: set[Partition] = set()
        self.lost: list[Gap] = []
        """What was deleted before it was read, as far as we were the first to tell of it."""

    def lines(self, stop: Event, *, once: bool = False) -> Iterator[Taken]:
        """What became of each record, as soon as that is durable.

        With `once`, until all is stored that was there at the beginning and can be read; see also
        `lost`, and `still` of the inlet. Raises `NotAllowed`; a broker or store that is away is
        waited for, unless `once`.
        """
        self._store.until(stop.is_set)
        try:
            yield from self._lines(stop, once=once)
        except STORE_AWAY:
            if not stop.is_set():
                raise  # else it is just not waited for any more: what is not stored is read again

    def _lines(self, stop: Event, *, once: bool) -> Iterator[Taken]:
        ends = self._inlet.ends() if once else {}
        while not stop.is_set():
            found = self._polled(stop, once=once)
            self._tell_still(found)
            yield from self._stored(found, stop, once=once)
            self._tell_gaps(stop, once=once)
            self._read_from.update(found)
            if once and not any(self._is_left(each, end) for each, end in ends.items()):
                if not stop.is_set():
                    self._pass_marks()
                return

    def _is_left(self, partition: Partition, end: int) -> bool:
        return partition not in self._inlet.still and self._inlet.read_to(partition) < end

    def _pass_marks(self) -> None:
        """The mark of a sender's transaction is no record; its deletion must not look like a loss.

        To be called when all that was given is stored.
        """
        past = {each: self._inlet.past(each) for each in self._read_from}
        self._read_from.clear()
        with suppress(Conflict):  # another reader is further on
            Together(self._store).store(
                *(
                    Tracking(self._inlet.tracked(each), offset)
                    for each, offset in past.items()
                    if offset is not None and offset > self._inlet.wanted(each)
                )
            )

    def _tell_still(self, found: Collection[Partition]) -> None:
        still = self._inlet.still
        for each, told in still.items():
            if self._still.get(each) != told:  # said once
                log.error("partition_stands_still", reason=told.reason, **_place(each, told.offset))
        for each in (self._still.keys() - still.keys()) & set(found):
            log.warning("partition_goes_on", **_place(each, self._still[each].offset))
        self._still = dict(still)

    def _tell_gaps(self, stop: Event, *, once: bool) -> None:
        for gap in self._inlet.gaps():
            try:
                self._tell_gap(gap)
            except Conflict:
                pass  # another reader told it: where to go on is asked again
            except STORE_AWAY as error:
                if once or stop.is_set():
                    raise
                self._is_away(error)
                self._rested(stop, PATIENCE_SECONDS[0])
                return
            self._inlet.passed(gap)

    def _tell_gap(self, gap: Gap) -> None:
        """That these were lost, and that we go on after them, in one transaction."""
        draft, now = Together(self._store), self._clock()
        partition, tracked = gap.partition, self._inlet.tracked(gap.partition)
        agency = whose(partition.topic)[0] or "unknown"
        plan = Plan(draft)
        plan.add(
            ReportLoss(
                happened_at=now,
                received_at=now,
                recorded_at=now,
                by=agency,
                agency=agency,
                quarantine_id=f"quarantine-{uuid5(NAMESPACE_URL, f'{tracked}|{gap.lost}|lost')}",
                transport="kafka",
                topic=partition.topic,
                partition=partition.partition,
                offset=gap.lost,
                records=gap.kept - gap.lost,
            )
        )
        plan.append({})
        draft.store(Tracking(tracked, gap.kept))
        self.lost.append(gap)
        log.error("records_lost", count=gap.kept - gap.lost, **_place(partition, gap.lost))

    def _polled(self, stop: Event, *, once: bool) -> Mapping[Partition, Sequence[Record]]:
        for seconds in chain(PATIENCE_SECONDS, repeat(PATIENCE_SECONDS[-1])):
            try:
                self._look_for_more(once=once)
                found = self._inlet.poll(POLL_SECONDS)
            except AWAY as error:  # the store is asked where a partition begins
                if once:
                    raise
                self._is_away(error)
                if stop.wait(seconds):
                    break
            else:
                self._is_back("kafka", "store")
                return found
        return {}

    def _look_for_more(self, *, once: bool) -> None:
        """A new agency's messages are not left on a topic that nobody reads, nor one's that stood
        still and can be read by now.
        """
        if not once and monotonic() - self._looked >= self._look_seconds:
            self._inlet.look(self._topics() if self._topics else ())
            self._pass_marks()
            self._looked = monotonic()

    def _stored(
        self, found: Mapping[Partition, Sequence[Record]], stop: Event, *, once: bool
    ) -> Iterator[Taken]:
        waiting = [(partition, each) for partition, records in found.items() for each in records]
        for seconds in chain(PATIENCE_SECONDS, repeat(PATIENCE_SECONDS[-1])) if waiting else ():
            try:
                yield from self._taken(waiting, stop)
            except STORE_AWAY as error:
                if once or stop.is_set():
                    raise
                self._is_away(error)
                if self._rested(stop, seconds):
                    return
            else:
                self._is_back("store")
                return

    def _rested(self, stop: Event, seconds: float) -> bool:
        """Whether we were told to end. Until then nothing is read, but we stay in the group."""
        self._inlet.hold()
        try:
            self._inlet.poll(0)
        except AWAY as error:
            self._is_away(error)
        told = stop.wait(seconds)
        self._inlet.go_on()
        return told

    def _is_away(self, error: Exception) -> None:
        which = "kafka" if isinstance(error, NotReachable) else "store"
        if which not in self._away:  # said once
            self._away.add(which)
            log.warning(f"{which}_away", reason=str(error))

    def _is_back(self, *these: str) -> None:
        for which in self._away & set(these):
            self._away.remove(which)
            log.warning(f"{which}_back")

    def _taken(self, found: Sequence[Waiting], stop: Event) -> Iterator[Taken]:
        """As much as fits into a transaction in one; where somebody got in between, in halves.

        What is not stored when we are told to end is given up: it is read again.
        """
        while not stop.is_set() and (batch := self._not_stored(found)):
            try:
                with uncollected():
                    lines = self._together(batch, stop)
            except Ended:
                return
            except (Conflict, Busy):
                if middle := len(batch) // 2:
                    yield from self._taken(batch[:middle], stop)
                    yield from self._taken(batch[middle:], stop)
                    return
                stop.wait(random.uniform(*REST_SECONDS))  # noqa: S311 - so that two do not meet again
            else:
                yield from lines
                if len({(line.topic, line.partition, line.offset) for line in lines}) < len(batch):
                    self._rested(stop, 0)

    def _not_stored(self, found: Sequence[Waiting]) -> list[Waiting]:
        wanted = {each: self._inlet.wanted(each) for each in {partition for partition, _ in found}}
        return [
            (partition, record) for partition, record in found if record.offset >= wanted[partition]
        ]

    def _together(self, batch: Sequence[Waiting], stop: Event) -> list[Taken]:
        """The first of these records in one transaction, with how far each partition was read.

        As many as it may hold: a record may be a table of many rows. Raises `Ended`.
        """
        draft = Together(self._store)
        intake = Intake(draft, self._clock, self._formats, self._areas)
        read, rows, size = list[Delivered](), 0, 0
        for partition, record in batch:
            read.append(self._read(draft, intake, partition, record))
            rows += len(read[-1].parts)
            size += len(record.body)
            if stop.is_set():
                raise Ended
            if rows >= self._most_rows or size >= MOST_BYTES:
                break
        parts = [part for each in read for part in each.parts]
        draft.foresee(
            {stream for part in parts for stream in streams(part)},
            {each.delivery for each in read if each.delivery}
            | {claim for part in parts for claim in claims(draft, part)},
        )
        lines = []
        for line in chain.from_iterable(self._one(draft, intake, each) for each in read):
            if stop.is_set():
                raise Ended
            lines.append(line)
        read_to = {each.partition: each.record.offset + 1 for each in read}
        first = draft.store(
            *(Tracking(self._inlet.tracked(each), offset) for each, offset in read_to.items())
        )
        return [
            replace(line, position=placed(line.position, first))
            if line.position is not None
            else line
            for line in lines
        ]

    def _read(
        self, draft: Together, intake: Intake, partition: Partition, record: Record
    ) -> Delivered:
        agency, format = whose(partition.topic)
        told = Delivered(
            partition=partition,
            record=record,
            agency=agency,
            digest=hashlib.sha256(record.body).hexdigest(),
        )
        if any(isinstance(name, Garbled) for name, _ in record.headers):
            return replace(told, broken="header-unreadable")
        found = envelope(record.headers, record.body)
        if isinstance(found, Broken):
            return replace(told, broken=found.reason)
        if is_anothers(intake, found.source, agency):
            return replace(told, broken="other-sender")
        sent = Sent(
            body=found.body,
            agency=agency,
            received_at=self._received_at(record),
            content_type=found.content_type,
        )
        understood = intake.read(sent, source=told.place, channel="kafka", format=format)
        if not is_of(found.source, agency):
            understood = understood.told(SOURCE_NOT_AGREED)
        delivery = delivery_claim(draft, found, agency)
        return replace(told, delivery=delivery, understood=understood)

    def _received_at(self, record: Record) -> datetime:
        """When it reached the broker, which may have been long before it is taken in."""
        now = self._clock()
        return min(record.put_at or now, now)

    def _one(self, draft: Together, intake: Intake, told: Delivered) -> Iterator[Taken]:
        where = {
            "source": told.place,
            "topic": told.partition.topic,
            "partition": told.partition.partition,
            "offset": told.record.offset,
        }
        reason = told.broken or self._why_aside(draft, told)
        if reason:
            position = self._set_aside(draft, told, reason)
            yield Taken(
                result="quarantined", message=told.digest, reason=reason, position=position, **where
            )
            return
        for receipt in intake.store_all(told.understood):
            yield Taken(**{**asdict(receipt), **where})
        if draft.claim(told.delivery) is None:
            draft.append([], {told.delivery: told.digest})

    def _why_aside(self, draft: Together, told: Delivered) -> ReasonCode | None:
        if told.understood.refused:
            return "refused"
        held = draft.claim(told.delivery)
        if held is None or held.value == told.digest:
            return None
        # Stored all the same: somebody took it in from quarantine, or it came under another id.
        here = all(draft.claim(part.bytes_claim) for part in told.parts)
        return None if here else "id-reused"

    def _set_aside(self, draft: Together, told: Delivered, reason: ReasonCode) -> int:
        record, partition = told.record, told.partition
        received_at = self._received_at(record)
        place = f"{self._inlet.tracked(partition)}|{record.offset}"
        plan = Plan(draft)
        plan.add(
            QuarantineMessage(
                happened_at=received_at,
                received_at=received_at,
                recorded_at=self._clock(),
                by=told.agency or "unknown",
                agency=told.agency or "unknown",
                message=told.digest,
                quarantine_id=f"quarantine-{uuid5(NAMESPACE_URL, place)}",
                transport="kafka",
                topic=partition.topic,
                partition=partition.partition,
                offset=record.offset,
                reason=reason,
                content=told.digest,
                size=len(record.body),
                raw=record.body,
                headers=tuple(Header(str(name), value) for name, value in record.headers),
            )
        )
        (recorded, *_) = plan.append({})
        return recorded.position


@contextmanager
def uncollected() -> Iterator[None]:
    """Nobody looks for circles meanwhile: a batch is many small objects, and none of them in one.

    To look through all of them again and again takes a sixth of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _place(partition: Partition, offset: int) -> dict[str, str | int]:
    """The keys of a log line that say where a record stands."""
    return {
        "agency": whose(partition.topic)[0] or "unknown",
        "topic": partition.topic,
        "partition": partition.partition,
        "offset": offset,
    }


@lru_cache(maxsize=1000)
def whose(topic: str) -> tuple[str, str]:
    """The agency whose topic it is, and the format of what stands there."""
    found = TOPIC.fullmatch(topic)
    if not found:
        return "", "auto"
    agency, format = found.groups()
    return agency, format if format in formats() else "auto"


def delivery_claim(store: EventStore, found: Envelope, agency: str) -> str:
    """Under which a sender's id is known again. The length says where its source ends.

    What it calls itself in its own way, another agency may call itself, too.
    """
    own = is_of(found.source, agency)
    source = found.source if own else f"/agencies/{agency}/{found.source}"
    told = f"{len(source)}|{source}|{found.id}"
    return f"delivery:{store.vault.token('delivery', told)}"


def is_of(source: str, agency: str) -> bool:
    """Whether a sender that calls itself so is this agency, or a part of it."""
    own = f"/agencies/{agency}"
    return source == own or source.startswith(f"{own}/")


def is_anothers(intake: Intake, source: str, agency: str) -> bool:
    """Whether a sender on this agency's topic calls itself by another's name, who is registered."""
    if is_of(source, agency):
        return False
    named = agency_named(source)
    return named != agency and intake.is_registered(named)


SOURCE_NOT_AGREED = (
    "Its source (ce_source) is not written as /agencies/ and the sender's own name. It came on the "
    "topic where only this sender can write: ask them to correct it."
)
