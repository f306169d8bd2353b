"""How does what the agencies put on Kafka reach the log, once and in order?

How far a partition was read is stored in the same transaction as what was read. A batch is one
transaction; where somebody else got in between, it is taken again, a record at a time. What cannot
be taken for a message of its sender (see `domain.quarantine`) is set aside in that transaction too.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from threading import Event
from uuid import NAMESPACE_URL, uuid5

from msgspec.structs import asdict, replace

from adapters.cloudevents import Broken, Envelope, envelope
from adapters.event_store import Conflict, EventStore, Together, Tracking, Unavailable, placed
from adapters.translation import Sent, formats
from adapters.transports.kafka import Inlet, NotReachable, Partition, Record
from domain.quarantine import Header, QuarantineMessage, ReasonCode
from services.handle import Plan
from services.intake import Busy, Intake, Receipt
from services.logs import log

POLL_SECONDS = 0.5
PATIENCE_SECONDS = (0.5, 1.0, 2.0, 5.0)
"""How long nothing is taken when the store has gone; the last for ever."""

TOPIC = re.compile(r"in\.([a-z0-9-]+)\.([a-z0-9-]+)\.v1")


class Taken(Receipt, frozen=True, kw_only=True):
    """The intake line, and where the record stood."""

    result: str  # type: ignore[assignment]  # also `quarantined`
    transport: str = "kafka"
    topic: str
    partition: int
    offset: int


class Ingest:
    """Takes in what an inlet gives, until it is stopped. For one thread."""

    def __init__(
        self,
        store: EventStore,
        inlet: Inlet,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._inlet = inlet
        self._clock = clock
        self._formats = formats()

    def lines(self, stop: Event, *, once: bool = False) -> Iterator[Taken]:
        """What became of each record, as soon as that is durable.

        With `once`, until all is stored that was there at the beginning. Raises `NotAllowed`,
        `Gone`; a broker or store that is away is waited for, unless `once`.
        """
        ends = self._inlet.ends() if once else {}
        while not stop.is_set():
            try:
                found = self._inlet.poll(POLL_SECONDS)
            except NotReachable as error:
                if once:
                    raise
                log.warning("kafka_unreachable", reason=str(error))
                stop.wait(PATIENCE_SECONDS[-1])
                continue
            for partition, records in found.items():
                yield from self._stored(partition, records, stop, once=once)
            if once and all(self._inlet.read_to(each) >= end for each, end in ends.items()):
                return

    def _stored(
        self, partition: Partition, records: Sequence[Record], stop: Event, *, once: bool
    ) -> Iterator[Taken]:
        for seconds in (*PATIENCE_SECONDS, *[PATIENCE_SECONDS[-1]] * 1_000_000):
            try:
                yield from self._taken(partition, records)
                return
            except Unavailable as error:
                if once or stop.is_set():
                    self._inlet.again(partition)
                    raise
                log.warning("store_unavailable", reason=str(error))
                self._inlet.hold()
                self._inlet.poll(0)  # stays a member of the group
                stop.wait(seconds)
                self._inlet.go_on()

    def _taken(self, partition: Partition, records: Sequence[Record]) -> list[Taken]:
        wanted = self._inlet.wanted(partition)
        records = [each for each in records if each.offset >= wanted]
        if not records:
            return []
        try:
            return self._together(partition, records)
        except (Conflict, Busy):
            return [line for each in records for line in self._alone(partition, each)]

    def _alone(self, partition: Partition, record: Record) -> list[Taken]:
        while self._inlet.wanted(partition) <= record.offset:
            try:
                return self._together(partition, [record])
            except (Conflict, Busy):
                continue  # somebody else wrote about the same child, or took this very record
        return []

    def _together(self, partition: Partition, records: Sequence[Record]) -> list[Taken]:
        """All of these records in one transaction, with how far the partition was read."""
        draft = Together(self._store)
        intake = Intake(draft, self._clock, self._formats)
        lines = [line for each in records for line in self._one(draft, intake, partition, each)]
        name = self._inlet.tracked(partition)
        first = draft.store(Tracking(name, records[-1].offset + 1))
        return [
            replace(line, position=placed(line.position, first))
            if line.position is not None
            else line
            for line in lines
        ]

    def _one(
        self, draft: Together, intake: Intake, partition: Partition, record: Record
    ) -> Iterator[Taken]:
        agency, format = whose(partition.topic)
        found = envelope(record.headers, record.body)
        digest = hashlib.sha256(record.body).hexdigest()
        where = {
            "source": f"{partition.topic}/{partition.partition}/{record.offset}",
            "topic": partition.topic,
            "partition": partition.partition,
            "offset": record.offset,
        }
        reason: ReasonCode
        if isinstance(found, Broken):
            reason = found.reason
        elif not _is_of(found.source, agency):
            reason = "other-sender"
        else:
            once = f"delivery:{draft.vault.token('delivery', f'{found.source}|{found.id}')}"
            held = draft.claim(once)
            source = str(where["source"])
            reused = held is not None and held.value != digest
            receipts = [] if reused else self._receipts(intake, found, agency, format, source)
            if receipts and receipts[0].result != "refused":
                if held is None:
                    draft.append([], {once: digest})
                yield from (Taken(**{**asdict(each), **where}) for each in receipts)
                return
            reason = "refused" if receipts else "id-reused"
        position = self._set_aside(draft, partition, record, reason, digest, agency)
        yield Taken(result="quarantined", message=digest, reason=reason, position=position, **where)

    def _receipts(
        self, intake: Intake, found: Envelope, agency: str, format: str, source: str
    ) -> list[Receipt]:
        sent = Sent(
            body=found.body,
            agency=agency,
            received_at=self._clock(),
            content_type=found.content_type,
        )
        return list(intake.take(sent, source=source, channel="kafka", format=format))

    def _set_aside(
        self,
        draft: Together,
        partition: Partition,
        record: Record,
        reason: ReasonCode,
        digest: str,
        agency: str,
    ) -> int:
        now = self._clock()
        place = f"{self._inlet.tracked(partition)}|{record.offset}"
        plan = Plan(draft)
        plan.add(
            QuarantineMessage(
                happened_at=now,
                received_at=now,
                recorded_at=now,
                by=agency or "unknown",
                agency=agency or "unknown",
                message=digest,
                quarantine_id=f"quarantine-{uuid5(NAMESPACE_URL, place)}",
                transport="kafka",
                topic=partition.topic,
                partition=partition.partition,
                offset=record.offset,
                reason=reason,
                content=digest,
                size=len(record.body),
                raw=record.body,
                headers=tuple(Header(*each) for each in record.headers),
            )
        )
        (recorded, *_) = plan.append({})
        return recorded.position


@lru_cache(maxsize=1000)
def whose(topic: str) -> tuple[str, str]:
    """The agency whose topic it is, and the format of what stands there."""
    found = TOPIC.fullmatch(topic)
    if not found:
        return "", "auto"
    agency, format = found.groups()
    return agency, format if format in formats() else "auto"


def _is_of(source: str, agency: str) -> bool:
    own = f"/agencies/{agency}"
    return source == own or source.startswith(f"{own}/")
