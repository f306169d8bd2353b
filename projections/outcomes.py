"""
What became of an agency's own referrals, in that agency's eyes?

    of_agency(query, agency) -> list[Sent]          its referrals, newest first
    sent(query, agency, referral_id) -> Sent | None       only if it is that agency's own
    summary(query, agency=None) -> list[Total]      how many of each agency's came to what

Nothing here was said by another agency: a row holds the referral as it was sent, the words in which
its outcome was told, and no rationale.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from domain.described import Urgency
from domain.kernel import Recorded
from domain.referral import (
    Outcome,
    ReferralAcknowledged,
    ReferralCancelled,
    ReferralDecided,
    ReferralReceived,
    ReferralReopened,
    ReferralUpdated,
    ReferrerFollowedUp,
    ReferrerToldOutcome,
)
from projections.base import Projection, Query, Write, rows, stamp

SCHEMA = (
    """
    create table if not exists outcomes (
        referral_id text primary key,
        agency text not null,
        unit text,
        format text not null,
        urgency text not null,
        received_at text not null,
        position integer not null,
        sealed blob not null,
        acknowledged_at text,
        updated_at text,
        cancelled_at text,
        decided_at text,
        outcome text,
        told_at text,
        told_outcome text,
        told_sealed blob,
        followed_up_at text,
        reopened_at text
    )
    """,
    "create index if not exists outcomes_of on outcomes (agency, received_at)",
)
RECEIVED = """
insert into outcomes (referral_id, agency, unit, format, urgency, received_at, position, sealed)
values (:referral_id, :agency, :unit, :format, :urgency, :at, :position, :sealed)
on conflict (referral_id) do nothing
"""
ACKNOWLEDGED = "update outcomes set acknowledged_at = :at where referral_id = :referral_id"
UPDATED = """
update outcomes set updated_at = :at where referral_id = :referral_id and agency = :agency
"""
CANCELLED = """
update outcomes set cancelled_at = :at where referral_id = :referral_id and agency = :agency
"""
DECIDED = """
update outcomes set decided_at = :at, outcome = :outcome, reopened_at = null
where referral_id = :referral_id
"""
TOLD = """
update outcomes set told_at = :at, told_outcome = :outcome, told_sealed = :sealed
where referral_id = :referral_id
"""
FOLLOWED_UP = "update outcomes set followed_up_at = :at where referral_id = :referral_id"
REOPENED = """
update outcomes set decided_at = null, outcome = null, reopened_at = :at
where referral_id = :referral_id
"""


class Sent(Struct, frozen=True, kw_only=True):
    """One referral. `told_outcome`: what the agency last heard; `outcome`: what stands now, None
    while it is not decided or is being decided again. `sealed`: what the agency itself sent;
    `told_sealed`: the words it was told (`narrative`); both of stream `referral_id`."""

    referral_id: str
    agency: str
    unit: str | None
    format: str
    urgency: Urgency
    received_at: datetime
    position: int
    sealed: bytes
    acknowledged_at: datetime | None
    updated_at: datetime | None
    cancelled_at: datetime | None
    decided_at: datetime | None
    outcome: Outcome | None
    told_at: datetime | None
    told_outcome: Outcome | None
    told_sealed: bytes | None
    followed_up_at: datetime | None
    reopened_at: datetime | None


class Total(Struct, frozen=True, kw_only=True):
    """How many referrals of an agency came to this outcome (None: not decided yet), and of how
    many the agency was acknowledged and told."""

    agency: str
    outcome: Outcome | None
    referrals: int
    acknowledged: int
    told: int


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    match event:
        case ReferralReceived():
            yield Write(
                RECEIVED,
                {
                    "referral_id": event.referral_id,
                    "agency": event.agency,
                    "unit": event.unit,
                    "format": event.format,
                    "urgency": event.urgency,
                    "at": stamp(event.received_at),
                    "position": recorded.position,
                    "sealed": recorded.sealed,
                },
            )
        case ReferralAcknowledged(referral_id=referral_id):
            yield Write(ACKNOWLEDGED, {"referral_id": referral_id, "at": stamp(event.happened_at)})
        case ReferralUpdated(referral_id=referral_id):
            at = stamp(event.received_at)
            yield Write(UPDATED, {"referral_id": referral_id, "at": at, "agency": event.agency})
        case ReferralCancelled(referral_id=referral_id):
            at = stamp(event.received_at)
            yield Write(CANCELLED, {"referral_id": referral_id, "at": at, "agency": event.agency})
        case ReferrerFollowedUp(referral_id=referral_id):
            yield Write(FOLLOWED_UP, {"referral_id": referral_id, "at": stamp(event.received_at)})
        case ReferralDecided(referral_id=referral_id, outcome=outcome):
            at = stamp(event.happened_at)
            yield Write(DECIDED, {"referral_id": referral_id, "at": at, "outcome": outcome})
        case ReferrerToldOutcome(referral_id=referral_id, outcome=outcome):
            told = {"at": stamp(event.happened_at), "outcome": outcome, "sealed": recorded.sealed}
            yield Write(TOLD, told | {"referral_id": referral_id})
        case ReferralReopened(referral_id=referral_id):
            yield Write(REOPENED, {"referral_id": referral_id, "at": stamp(event.happened_at)})


def of_agency(query: Query, agency: str) -> list[Sent]:
    """An agency's referrals, the newest first."""
    found = query(
        "select * from outcomes where agency = :agency order by received_at desc, position desc",
        {"agency": agency},
    )
    return rows(Sent, found)


def sent(query: Query, agency: str, referral_id: str) -> Sent | None:
    """One referral; None if there is none, or it is another agency's: the two look the same."""
    found = query(
        "select * from outcomes where referral_id = :referral_id and agency = :agency",
        {"referral_id": referral_id, "agency": agency},
    )
    return next(iter(rows(Sent, found)), None)


def summary(query: Query, agency: str | None = None) -> list[Total]:
    """Totals by agency and outcome, those not decided yet first."""
    found = query(
        "select agency, outcome, count(*) as referrals, count(acknowledged_at) as acknowledged,"
        " count(told_at) as told from outcomes where :agency = '' or agency = :agency"
        " group by agency, outcome order by agency, coalesce(outcome, '')",
        {"agency": agency or ""},
    )
    return rows(Total, found)


outcomes = Projection(
    name="outcomes",
    version=1,
    tables={"outcomes": ("referral_id",)},
    schema=SCHEMA,
    events=(
        ReferralReceived,
        ReferralAcknowledged,
        ReferralUpdated,
        ReferralCancelled,
        ReferrerFollowedUp,
        ReferralDecided,
        ReferrerToldOutcome,
        ReferralReopened,
    ),
    project=project,
)
