"""
What were agencies' systems told, on which lawful basis?

    of_referral(query, referral_id) -> list[Told]     oldest first
    of_child(query, child_id) -> list[Told]           what named this child, oldest first
    of_agency(query, agency_id) -> list[Told]         newest first
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from domain.codes import LawfulBasis
from domain.disclosure import (
    Channel,
    DisclosureWithheld,
    InformationDisclosed,
    Status,
    What,
    Withholding,
)
from domain.kernel import Instant, Recorded
from domain.referral import Outcome
from projections.base import Projection, Query, Write, rows, stamp

SCHEMA = (
    """
    create table if not exists disclosures (
        disclosure_id text primary key,
        agency text not null,
        channel text not null,
        what text not null,
        status text not null,
        outcome text,
        happened_on text not null,
        referral_id text not null,
        child_id text,
        lawful_basis text not null,
        corrects text,
        disclosed_at text not null,
        position integer not null,
        withheld text,
        withheld_at text
    )
    """,
    "create index if not exists disclosures_of_referral on disclosures (referral_id, position)",
    "create index if not exists disclosures_of_child on disclosures (child_id, position)",
    "create index if not exists disclosures_of_agency on disclosures (agency, position)",
)
DISCLOSED = """
insert into disclosures (disclosure_id, agency, channel, what, status, outcome, happened_on,
    referral_id, child_id, lawful_basis, corrects, disclosed_at, position)
values (:disclosure_id, :agency, :channel, :what, :status, :outcome, :happened_on,
    :referral_id, :child_id, :lawful_basis, :corrects, :disclosed_at, :position)
on conflict (disclosure_id) do nothing
"""
WITHHELD = """
update disclosures set withheld = :reason, withheld_at = :withheld_at
where disclosure_id = :disclosure_id
"""


class Told(Struct, frozen=True, kw_only=True):
    """One thing that an agency's system was told. `happened_on`: the day of what is told;
    `corrects`: the disclosure that no longer holds; `position`: of its event in the log;
    `withheld`: why it was not sent after all, or not any more."""

    disclosure_id: str
    agency: str
    channel: Channel
    what: What
    status: Status
    outcome: Outcome | None
    happened_on: date
    referral_id: str
    child_id: str | None
    lawful_basis: LawfulBasis
    corrects: str | None
    disclosed_at: Instant
    position: int
    withheld: Withholding | None
    withheld_at: Instant | None


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    if isinstance(event, DisclosureWithheld):
        yield Write(
            WITHHELD,
            {
                "disclosure_id": event.disclosure_id,
                "reason": event.reason,
                "withheld_at": stamp(event.happened_at),
            },
        )
    if not isinstance(event, InformationDisclosed):
        return
    yield Write(
        DISCLOSED,
        {
            "disclosure_id": event.disclosure_id,
            "agency": event.agency_id,
            "channel": event.channel,
            "what": event.what,
            "status": event.status,
            "outcome": event.outcome,
            "happened_on": event.on.isoformat(),
            "referral_id": event.referral_id,
            "child_id": event.child_id,
            "lawful_basis": event.lawful_basis,
            "corrects": event.corrects,
            "disclosed_at": stamp(event.happened_at),
            "position": recorded.position,
        },
    )


def of_referral(query: Query, referral_id: str) -> list[Told]:
    """What was told of a referral, the oldest first."""
    return _told(query, "referral_id = :of order by position", {"of": referral_id})


def of_child(query: Query, child_id: str) -> list[Told]:
    """What was told of this child by themselves, the oldest first."""
    return _told(query, "child_id = :of order by position", {"of": child_id})


def of_agency(query: Query, agency_id: str) -> list[Told]:
    """What an agency was told, the newest first."""
    return _told(query, "agency = :of order by position desc", {"of": agency_id})


def _told(query: Query, wanted: str, values: Mapping[str, Any]) -> list[Told]:
    return rows(Told, query(f"select * from disclosures where {wanted}", values))  # noqa: S608


disclosures = Projection(
    name="disclosures",
    version=2,
    tables={"disclosures": ("disclosure_id",)},
    schema=SCHEMA,
    events=(InformationDisclosed, DisclosureWithheld),
    project=project,
)
