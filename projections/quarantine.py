"""
Which messages were set aside, and why?

    waiting(query) -> list[SetAside]                  oldest first
    one(query, quarantine_id) -> SetAside | None      if it waits
    counts(query) -> dict[str, dict[str, int]]        by agency and reason code
"""

from collections.abc import Iterator

from msgspec import Struct

from domain.kernel import Instant, Recorded
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
    since: Instant


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


def one(query: Query, quarantine_id: str) -> SetAside | None:
    """One that was set aside and not replayed."""
    found = query(
        f"select {COLUMNS} from quarantine where replayed_at is null"  # noqa: S608
        " and quarantine_id = :quarantine_id",
        {"quarantine_id": quarantine_id},
    )
    return next(iter(rows(SetAside, found)), None)


def counts(query: Query) -> dict[str, dict[ReasonCode, int]]:
    """How many wait, by agency and then by reason, the most frequent first."""
    found = query(
        "select agency, reason_code, count(*) as waiting from quarantine"
        " where replayed_at is null group by agency, reason_code order by 3 desc, 2",
        {},
    )
    by_agency: dict[str, dict[ReasonCode, int]] = {}
    for row in found:
        by_agency.setdefault(row["agency"], {})[row["reason_code"]] = row["waiting"]
    return by_agency


quarantine = Projection(
    name="quarantine",
    version=1,
    tables={"quarantine": ("quarantine_id",)},
    schema=SCHEMA,
    events=(MessageQuarantined, MessageReplayed),
    project=project,
)
