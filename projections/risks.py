"""
Which risks has somebody raised that nobody has answered, and for how long?

    unanswered(query, *, team=None, worker=None, agency=None, as_at=None) -> list[Risk]
                                                      oldest first; as they stood at `as_at`
                                                      by the answers that hold now
    of_child(query, child_id) -> list[Risk]           answered ones too, newest first
    risk(query, risk_id) -> Risk | None

A risk is its child's team's: that which has, or last had, the case; before there is a case, the
one that the referral which told of it was routed to. `Risk.age(as_at)` is how long it waited.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from domain.case import (
    CaseAllocated,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseTransferred,
    CaseUnallocated,
)
from domain.kernel import Recorded
from domain.referral import ReferralReceived, ReferralRouted
from domain.risk import (
    Answer,
    RiskAnswered,
    RiskAnswerWithdrawn,
    RiskEscalated,
    RiskKind,
    RiskRaised,
)
from projections.base import Projection, Query, Write, rows, stamp

SCHEMA = (
    """
    create table if not exists risks (
        risk_id text primary key,
        child_id text not null,
        kind text not null,
        raised_by_agency text not null,
        raised_by text not null,
        referral_id text,
        raised_at text not null,
        position integer not null,
        sealed blob not null,
        escalated_at text,
        escalated_to text,
        escalated_sealed blob,
        answered_at text,
        answered_by text,
        answer text,
        answer_sealed blob
    )
    """,
    "create index if not exists risks_of_child on risks (child_id)",
    "create index if not exists risks_open on risks (raised_at) where answered_at is null",
    """
    create table if not exists risks_teams (
        about text primary key,
        team_id text,
        worker_id text
    )
    """,
)
RAISED = """
insert into risks (risk_id, child_id, kind, raised_by_agency, raised_by, referral_id, raised_at,
    position, sealed)
values (:risk_id, :child_id, :kind, :raised_by_agency, :raised_by, :referral_id, :at, :position,
    :sealed)
on conflict (risk_id) do nothing
"""
ESCALATED = """
update risks set escalated_at = :at, escalated_to = :to, escalated_sealed = :sealed
where risk_id = :risk_id
"""
ANSWERED = """
update risks set answered_at = :at, answered_by = :answered_by, answer = :answer,
    answer_sealed = :sealed
where risk_id = :risk_id
"""
WITHDRAWN = """
update risks set answered_at = null, answered_by = null, answer = null, answer_sealed = null
where risk_id = :risk_id
"""
TEAM = """
insert into risks_teams (about, team_id, worker_id) values (:about, :team_id, null)
on conflict (about) do update set team_id = excluded.team_id
"""
WORKER = """
insert into risks_teams (about, team_id, worker_id) values (:about, :team_id, :worker_id)
on conflict (about) do update
set team_id = coalesce(excluded.team_id, risks_teams.team_id), worker_id = excluded.worker_id
"""


class Risk(Struct, frozen=True, kw_only=True):
    """`sealed` holds the words in which it was raised, the other two why it was escalated and how
    it was answered (all `narrative`, stream `risk_id`)."""

    risk_id: str
    child_id: str
    team_id: str | None
    worker_id: str | None
    kind: RiskKind
    raised_by_agency: str
    raised_by: str
    referral_id: str | None
    raised_at: datetime
    position: int
    sealed: bytes
    escalated_at: datetime | None
    escalated_to: str | None
    escalated_sealed: bytes | None
    answered_at: datetime | None
    answered_by: str | None
    answer: Answer | None
    answer_sealed: bytes | None

    def age(self, as_at: datetime) -> timedelta:
        """For how long it has waited for an answer at that instant, or had to."""
        return min(as_at, self.answered_at or as_at) - self.raised_at


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    match event:
        case RiskRaised():
            yield Write(
                RAISED,
                {
                    "risk_id": event.risk_id,
                    "child_id": event.child_id,
                    "kind": event.kind,
                    "raised_by_agency": event.raised_by_agency,
                    "raised_by": event.by,
                    "referral_id": event.referral_id,
                    "at": stamp(event.happened_at),
                    "position": recorded.position,
                    "sealed": recorded.sealed,
                },
            )
        case RiskEscalated(risk_id=risk_id, to=to):
            escalated = {"at": stamp(event.happened_at), "to": to, "sealed": recorded.sealed}
            yield Write(ESCALATED, escalated | {"risk_id": risk_id})
        case RiskAnswered(risk_id=risk_id, answer=answer):
            answered = {"at": stamp(event.happened_at), "answered_by": event.by, "answer": answer}
            yield Write(ANSWERED, answered | {"risk_id": risk_id, "sealed": recorded.sealed})
        case RiskAnswerWithdrawn(risk_id=risk_id):
            yield Write(WITHDRAWN, {"risk_id": risk_id})
        case ReferralReceived(referral_id=about, team_id=team_id):
            yield Write(TEAM, {"about": about, "team_id": team_id})
        case ReferralRouted(referral_id=about, team_id=team_id):
            yield Write(TEAM, {"about": about, "team_id": team_id})
        case CaseTransferred(child_id=about, team_id=team_id):
            yield Write(TEAM, {"about": about, "team_id": team_id})
        case CaseOpened(child_id=about, team_id=team_id):
            yield Write(WORKER, {"about": about, "team_id": team_id, "worker_id": None})
        case CaseAllocated(child_id=about) | CaseReallocated(child_id=about):
            held = {"team_id": event.team_id, "worker_id": event.worker_id}
            yield Write(WORKER, held | {"about": about})
        case CaseUnallocated(child_id=about) | CaseClosed(child_id=about):
            yield Write(WORKER, {"about": about, "team_id": None, "worker_id": None})


RISKS = """
select risk.*, coalesce(held.team_id, sent.team_id) as team_id, held.worker_id
from risks risk
left join risks_teams held on held.about = risk.child_id
left join risks_teams sent on sent.about = risk.referral_id
"""


def unanswered(
    query: Query,
    *,
    team: str | None = None,
    worker: str | None = None,
    agency: str | None = None,
    as_at: datetime | None = None,
) -> list[Risk]:
    """The risks nobody has answered (by `as_at`), oldest first."""
    where, values = "risk.answered_at is null", {"at": ""}
    if as_at is not None:
        where = "risk.raised_at <= :at and (risk.answered_at is null or risk.answered_at > :at)"
        values = {"at": stamp(as_at)}
    found = query(f"{RISKS} where {where} order by risk.raised_at, risk.position", values)
    return [
        risk
        for risk in rows(Risk, found)
        if (team is None or risk.team_id == team)
        and (worker is None or risk.worker_id == worker)
        and (agency is None or risk.raised_by_agency == agency)
    ]


def of_child(query: Query, child_id: str) -> list[Risk]:
    """Every risk raised for a child, the newest first."""
    return _chosen(query, "risk.child_id = :wanted", child_id)


def risk(query: Query, risk_id: str) -> Risk | None:
    """One risk, if it was ever raised."""
    return next(iter(_chosen(query, "risk.risk_id = :wanted", risk_id)), None)


def _chosen(query: Query, where: str, wanted: str) -> list[Risk]:
    values: Mapping[str, Any] = {"wanted": wanted}
    order = "order by risk.raised_at desc, risk.position desc"
    return rows(Risk, query(f"{RISKS} where {where} {order}", values))


risks = Projection(
    name="risks",
    version=2,
    tables={"risks": ("risk_id",), "risks_teams": ("about",)},
    schema=SCHEMA,
    events=(
        RiskRaised,
        RiskEscalated,
        RiskAnswered,
        RiskAnswerWithdrawn,
        ReferralReceived,
        ReferralRouted,
        CaseOpened,
        CaseAllocated,
        CaseReallocated,
        CaseUnallocated,
        CaseTransferred,
        CaseClosed,
    ),
    project=project,
)
