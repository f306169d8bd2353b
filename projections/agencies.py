"""
Who may send concerns?

    senders(query) -> list[Agency]                 those who may send now, by id
    registered(query) -> list[Agency]              every agency, those suspended too
    agency(query, agency_id) -> Agency | None
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from domain.agency import AgencyRegistered, AgencyRenamed, AgencyResumed, AgencySuspended
from domain.codes import AgencyKind
from domain.kernel import Recorded
from projections.base import Projection, Query, Write, rows, stamp

SCHEMA = (
    """
    create table if not exists agencies (
        agency_id text primary key,
        kind text not null,
        name text not null,
        registered_at text not null,
        suspended_at text,
        reason text
    )
    """,
)
REGISTERED = """
insert into agencies (agency_id, kind, name, registered_at)
values (:agency_id, :kind, :name, :at) on conflict (agency_id) do nothing
"""
RENAMED = "update agencies set name = :name where agency_id = :agency_id"
SUSPENDED = "update agencies set suspended_at = :at, reason = :reason where agency_id = :agency_id"
RESUMED = "update agencies set suspended_at = null, reason = null where agency_id = :agency_id"


class Agency(Struct, frozen=True, kw_only=True):
    """`reason`: why it may not send, since `suspended_at`."""

    agency_id: str
    kind: AgencyKind
    name: str
    registered_at: datetime
    suspended_at: datetime | None
    reason: str | None

    @property
    def suspended(self) -> bool:
        return self.suspended_at is not None


def project(recorded: Recorded) -> Iterator[Write]:
    match event := recorded.event:
        case AgencyRegistered(agency_id=agency_id, kind=kind, name=name):
            at = stamp(event.happened_at)
            yield Write(REGISTERED, {"agency_id": agency_id, "kind": kind, "name": name, "at": at})
        case AgencyRenamed(agency_id=agency_id, name=name):
            yield Write(RENAMED, {"agency_id": agency_id, "name": name})
        case AgencySuspended(agency_id=agency_id, reason=reason):
            at = stamp(event.happened_at)
            yield Write(SUSPENDED, {"agency_id": agency_id, "at": at, "reason": reason})
        case AgencyResumed(agency_id=agency_id):
            yield Write(RESUMED, {"agency_id": agency_id})


def senders(query: Query) -> list[Agency]:
    """The agencies that may send now, by id."""
    return [agency for agency in registered(query) if not agency.suspended]


def registered(query: Query) -> list[Agency]:
    """Every agency, by id."""
    return rows(Agency, query("select * from agencies order by agency_id", {}))


def agency(query: Query, agency_id: str) -> Agency | None:
    """One agency, if it was ever registered."""
    found = query("select * from agencies where agency_id = :agency_id", {"agency_id": agency_id})
    return next(iter(rows(Agency, found)), None)


agencies = Projection(
    name="agencies",
    version=1,
    tables={"agencies": ("agency_id",)},
    schema=SCHEMA,
    events=(AgencyRegistered, AgencyRenamed, AgencySuspended, AgencyResumed),
    project=project,
)
