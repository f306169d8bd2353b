"""
Which messages were set aside, and why?

    waiting(query) -> list[SetAside]              oldest first
    counts(query) -> dict[str, int]               by agency
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from domain.kernel import Recorded
from domain.quarantine import MessageQuarantined, MessageReplayed, ReasonCode
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
        reason_code text not null,
        since text not null,
        position integer not null,
        replayed_at text
    )
    """,
    """
    create index if not exists quarantine_waiting on quarantine (position)
    where replayed_at is null
    """,
)
SET_ASIDE = """
insert into quarantine (quarantine_id, message, agency, transport, topic, partition, "offset",
    reason_code, since, position)
values (:quarantine_id, :message, :agency, :transport, :topic, :partition, :offset,
    :reason, :since, :position)
on conflict (quarantine_id) do nothing
"""
REPLAYED = """
update quarantine set replayed_at = :at where quarantine_id = :quarantine_id
"""


class SetAside(Struct, frozen=True, kw_only=True):
    """One message that waits for somebody; `message`: SHA-256 of its bytes."""

    quarantine_id: str
    message: str
    agency: str
    transport: str
    topic: str
    partition: int
    offset: int
    reason_code: ReasonCode
    since: datetime


def project(recorded: Recorded) -> Iterator[Write]:
    match event := recorded.event:
        case MessageQuarantined():
            yield Write(
                SET_ASIDE,
                {
                    "quarantine_id": event.quarantine_id,
                    "message": event.content,
                    "agency": event.agency,
                    "transport": event.transport,
                    "topic": event.topic,
                    "partition": event.partition,
                    "offset": event.offset,
                    "reason": event.reason,
                    "since": stamp(event.received_at),
                    "position": recorded.position,
                },
            )
        case MessageReplayed():
            replayed = {"quarantine_id": recorded.stream, "at": stamp(event.happened_at)}
            yield Write(REPLAYED, replayed)


COLUMNS = (
    'quarantine_id, message, agency, transport, topic, partition, "offset", reason_code, since'
)


def waiting(query: Query) -> list[SetAside]:
    """What was set aside and not replayed, the oldest first."""
    found = query(
        f"select {COLUMNS} from quarantine where replayed_at is null order by position",  # noqa: S608
        {},
    )
    return rows(SetAside, found)


def counts(query: Query) -> dict[str, int]:
    """How many wait, by agency."""
    found = query(
        "select agency, count(*) as waiting from quarantine where replayed_at is null"
        " group by agency",
        {},
    )
    return {row["agency"]: row["waiting"] for row in found}


quarantine = Projection(
    name="quarantine",
    version=1,
    tables={"quarantine": ("quarantine_id",)},
    schema=SCHEMA,
    events=(MessageQuarantined, MessageReplayed),
    project=project,
)
