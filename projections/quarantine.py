"""
Which messages were set aside or lost on their way, and why?

    waiting(query) -> list[SetAside]                  oldest first
    settled(query) -> list[SetAside]                  what waits no longer, as somebody saw to it
    one(query, quarantine_id) -> SetAside | None      whatever became of it
    held(query) -> list[Held]                         how many wait, by agency, transport and reason

Records that were lost in a row are one entry; it waits until somebody says what was done.
"""

from collections.abc import Iterator

from msgspec import Struct

from domain.kernel import Instant, Recorded
from domain.quarantine import (
    LossSettled,
    MessageQuarantined,
    MessageReplayed,
    MessageSettled,
    ReasonCode,
    RecordsLost,
)
from projections.base import Projection, Query, Write, rows, stamp

SCHEMA = (
    """
    create table if not exists quarantine (
        quarantine_id text primary key,
        message text not null,
        agency text not null,
        transport text not null,
        topic text not null,
        partition integer not null,
        "offset" integer not null,
        records integer not null,
        reason_code text not null,
        since text not null,
        position integer not null,
        done_at text,
        settled_by text
    )
    """,
    """
    create index if not exists quarantine_waiting on quarantine (position)
    where done_at is null
    """,
)
SET_ASIDE = """
insert into quarantine (quarantine_id, message, agency, transport, topic, partition, "offset",
    records, reason_code, since, position)
values (:quarantine_id, :message, :agency, :transport, :topic, :partition, :offset,
    :records, :reason, :since, :position)
on conflict (quarantine_id) do nothing
"""
DONE = """
update quarantine set done_at = :at, settled_by = :settled_by where quarantine_id = :quarantine_id
"""


class SetAside(Struct, frozen=True, kw_only=True):
    """One message that waits for somebody, or `records` in a row that were lost from `offset` on.

    `message`: SHA-256 of its bytes; of a loss its `quarantine_id`, as there are no bytes.
    `settled_at`, `settled_by`: when and by whom it was seen to that it waits no longer.
    """

    quarantine_id: str
    message: str
    agency: str
    transport: str
    topic: str
    partition: int
    offset: int
    records: int
    reason_code: ReasonCode
    since: Instant
    settled_at: Instant | None = None
    settled_by: str | None = None


class Held(Struct, frozen=True, kw_only=True):
    """`messages` of an agency that wait for one reason: the oldest `since` then.

    `position`: in the log, of the one set aside last.
    """

    agency: str
    transport: str
    reason_code: ReasonCode
    messages: int
    since: Instant
    position: int


def project(recorded: Recorded) -> Iterator[Write]:
    match event := recorded.event:
        case MessageQuarantined():
            kept = {"message": event.content, "reason": event.reason, "records": 1}
            yield _aside(recorded, event, kept)
        case RecordsLost():
            lost = {"message": event.quarantine_id, "reason": "lost", "records": event.records}
            yield _aside(recorded, event, lost)
        case MessageReplayed():  # settled before or not, it is in now
            yield _done(recorded, None)
        case MessageSettled() | LossSettled():
            yield _done(recorded, event.by)


def _aside(
    recorded: Recorded, event: MessageQuarantined | RecordsLost, told: dict[str, object]
) -> Write:
    place = {
        "quarantine_id": event.quarantine_id,
        "agency": event.agency,
        "transport": event.transport,
        "topic": event.topic,
        "partition": event.partition,
        "offset": event.offset,
        "since": stamp(event.received_at),
        "position": recorded.position,
    }
    return Write(SET_ASIDE, place | told)


def _done(recorded: Recorded, settled_by: str | None) -> Write:
    at = stamp(recorded.event.happened_at)
    return Write(DONE, {"quarantine_id": recorded.stream, "at": at, "settled_by": settled_by})


COLUMNS = (
    'quarantine_id, message, agency, transport, topic, partition, "offset", records, reason_code,'
    " since, done_at as settled_at, settled_by"
)


def waiting(query: Query) -> list[SetAside]:
    """What was set aside or lost, and neither taken in nor settled, the oldest first."""
    found = query(
        f"select {COLUMNS} from quarantine where done_at is null order by position",  # noqa: S608
        {},
    )
    return rows(SetAside, found)


def settled(query: Query) -> list[SetAside]:
    """What was set aside or lost, settled and not taken in since; the newest settled first."""
    found = query(
        f"select {COLUMNS} from quarantine where settled_by is not null"  # noqa: S608
        " order by done_at desc, position desc",
        {},
    )
    return rows(SetAside, found)


def one(query: Query, quarantine_id: str) -> SetAside | None:
    """One that was set aside or lost. Of what was taken in, `settled_at` says when, and no more."""
    found = query(
        f"select {COLUMNS} from quarantine where quarantine_id = :quarantine_id",  # noqa: S608
        {"quarantine_id": quarantine_id},
    )
    return next(iter(rows(SetAside, found)), None)


def held(query: Query) -> list[Held]:
    """What waits, by agency and then transport; of these the most frequent reason first."""
    found = query(
        "select agency, transport, reason_code, sum(records) as messages, min(since) as since,"
        " max(position) as position from quarantine where done_at is null"
        " group by agency, transport, reason_code order by agency, transport, messages desc,"
        " reason_code",
        {},
    )
    return rows(Held, found)


quarantine = Projection(
    name="quarantine",
    version=3,
    tables={"quarantine": ("quarantine_id",)},
    schema=SCHEMA,
    events=(MessageQuarantined, MessageReplayed, MessageSettled, RecordsLost, LossSettled),
    project=project,
)
