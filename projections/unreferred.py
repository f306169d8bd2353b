"""
Which messages became no referral, and why?

    without_referral(query) -> list[Kept]       the newest first
    kept(query, message_id) -> Kept | None      one of them

A file of several messages is kept beside the first of them, and is no message itself.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from domain.kernel import Recorded
from domain.message import MessageReceived, Result
from projections.base import Projection, Query, Write, listed, rows, stamp

SCHEMA = (
    """
    create table if not exists unreferred (
        message_id text primary key,
        position integer not null,
        sent text,
        part integer,
        agency text not null,
        format text not null,
        result text not null,
        problems text not null,
        received_at text not null,
        size integer not null
    )
    """,
    "create index if not exists unreferred_sent on unreferred (sent)",
)
KEPT = """
insert into unreferred (message_id, position, sent, part, agency, format, result, problems,
    received_at, size)
values (:message_id, :position, :sent, :part, :agency, :format, :result, :problems, :at, :size)
on conflict (message_id) do nothing
"""


class Kept(Struct, frozen=True, kw_only=True):
    """`part`: which of the messages of its file it is. `size`: bytes of the message as it came."""

    message_id: str
    position: int
    part: int | None
    agency: str
    format: str
    result: Result
    problems: tuple[str, ...]
    received_at: datetime
    size: int


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    if not isinstance(event, MessageReceived) or event.referral_id is not None:
        return
    yield Write(
        KEPT,
        {
            "message_id": event.message_id,
            "position": recorded.position,
            "sent": event.message,
            "part": event.row,
            "agency": event.agency,
            "format": event.format,
            "result": event.result,
            "problems": listed(event.problems),
            "at": stamp(event.received_at),
            "size": event.size,
        },
    )


COLUMNS = "message_id, position, part, agency, format, result, problems, received_at, size"


def without_referral(query: Query) -> list[Kept]:
    """Every message that became none, the newest first; of a file of several only its messages."""
    found = query(
        f"select {COLUMNS} from unreferred whole"  # noqa: S608
        " where part is not null or not exists (select 1 from unreferred"
        " where sent = whole.sent and part is not null) order by position desc",
        {},
    )
    return rows(Kept, found)


def kept(query: Query, message_id: str) -> Kept | None:
    """One of them; None for a message that became a referral, or never came."""
    found = query(
        f"select {COLUMNS} from unreferred where message_id = :message_id",  # noqa: S608
        {"message_id": message_id},
    )
    return next(iter(rows(Kept, found)), None)


unreferred = Projection(
    name="unreferred",
    version=1,
    tables={"unreferred": ("message_id",)},
    schema=SCHEMA,
    events=(MessageReceived,),
    project=project,
)
