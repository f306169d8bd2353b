"""What is kept of a team's work? Who held which case, who was in post, how long clocks ran.

Rows are intervals, never sums, so that none depends on a clock; `9999` stands for never, so far.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from domain.assessment import AssessmentAuthorised, AssessmentStarted, ChildSeen
from domain.calendar import (
    LONDON,
    local_day,
    months_after,
)
from domain.case import (
    CaseAllocated,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseReopened,
    CaseTransferred,
    CaseUnallocated,
    case_of,
)
from domain.child import ChildMatched, ChildUnmatched
from domain.clocks import Clock
from domain.kernel import Event, Recorded
from domain.policy import in_force
from domain.record import Retracted
from domain.referral import (
    ChildAdded,
    ChildRemoved,
    DecisionAuthorised,
    ReferralAcknowledged,
    ReferralDecided,
    ReferralReceived,
    ReferralReopened,
    ReferralRouted,
    ReferralUpdated,
)
from domain.risk import RiskAnswered, RiskAnswerWithdrawn, RiskRaised
from domain.workforce import (
    ManagerAppointed,
    ManagerLeft,
    TeamFormed,
    WorkerJoined,
    WorkerLeft,
    WorkingTimeChanged,
)
from projections.base import Write, clock, stamp

Then = dict[str, Any]
"""When it happened and was recorded, and its place in the log."""

MANAGER = "team-manager"
"""The role of those who manage a team, beside the roles of those who work in it."""

SCHEMA = (
    """
    create table if not exists oversight_teams (
        team_id text primary key,
        kind text not null,
        formed_at text not null,
        recorded_at text not null
    )
    """,
    """
    create table if not exists oversight_posts (
        position integer primary key,
        team_id text not null,
        person_id text not null,
        role text not null,
        percent integer not null,
        since text not null,
        recorded_at text not null,
        until text not null,
        until_recorded_at text not null,
        left_post integer not null default 0
    )
    """,
    "create index if not exists oversight_posts_of on oversight_posts (team_id, person_id)",
    """
    create table if not exists oversight_referrals (
        referral_id text primary key,
        team_id text,
        received_at text not null,
        recorded_at text not null,
        looks_back_to text not null,
        position integer not null
    )
    """,
    """
    create index if not exists oversight_referrals_of
    on oversight_referrals (team_id, received_at)
    """,
    """
    create table if not exists oversight_referred (
        child_id text not null,
        referral_id text not null,
        removed integer not null default 0,
        primary key (child_id, referral_id)
    )
    """,
    "create index if not exists oversight_referred_of on oversight_referred (referral_id)",
    # One row for each time a referral waited for a decision; `late_from`: when that was too late.
    """
    create table if not exists oversight_turns (
        position integer primary key,
        referral_id text not null,
        recorded_at text not null,
        late_from text not null,
        acknowledge integer not null,
        acknowledged_at text not null,
        acknowledged_recorded_at text not null,
        decided_at text not null,
        decided_recorded_at text not null,
        authorised_at text not null,
        authorised_recorded_at text not null
    )
    """,
    "create index if not exists oversight_turns_of on oversight_turns (referral_id)",
    "create index if not exists oversight_turns_due on oversight_turns (late_from)",
    # With the referral: that of a decision is sought among all that wait for one.
    """
    create index if not exists oversight_turns_decided
    on oversight_turns (decided_at, referral_id)
    """,
    # One row for each stretch in which a case was held in one way; a closed case is held too.
    """
    create table if not exists oversight_holdings (
        position integer primary key,
        case_id text not null,
        team_id text,
        worker_id text,
        is_open integer not null,
        waiting_since text,
        since text not null,
        recorded_at text not null,
        until text not null,
        until_recorded_at text not null
    )
    """,
    "create index if not exists oversight_holdings_of on oversight_holdings (case_id, position)",
    "create index if not exists oversight_holdings_team on oversight_holdings (team_id)",
    # One row for each child accepted for assessment, from the referral on (R5); and one for each
    # further assessment of a case whose referral is answered, from its own start.
    """
    create table if not exists oversight_clocks (
        clock text primary key,
        case_id text not null,
        referral_id text,
        assessed integer not null,
        position integer not null,
        since text not null,
        recorded_at text not null,
        late_from text not null,
        authorised_at text not null,
        authorised_recorded_at text not null,
        stopped_at text not null,
        stopped_recorded_at text not null,
        closed integer not null default 0
    )
    """,
    "create index if not exists oversight_clocks_of on oversight_clocks (case_id)",
    """
    create index if not exists oversight_clocks_from on oversight_clocks (referral_id)
    where referral_id is not null
    """,
    """
    create table if not exists oversight_assessments (
        assessment_id text primary key,
        case_id text not null,
        clock text not null,
        position integer not null,
        since text not null,
        recorded_at text not null,
        unseen_from text not null,
        ended_at text not null,
        ended_recorded_at text not null,
        closed integer not null default 0
    )
    """,
    "create index if not exists oversight_assessments_of on oversight_assessments (case_id)",
    # Each time that the child was seen, so that one of them can be retracted.
    """
    create table if not exists oversight_seen (
        position integer primary key,
        assessment_id text not null,
        seen_at text not null,
        recorded_at text not null,
        retracted_recorded_at text
    )
    """,
    "create index if not exists oversight_seen_of on oversight_seen (assessment_id)",
    """
    create table if not exists oversight_risks (
        risk_id text primary key,
        case_id text not null,
        referral_id text,
        raised_at text not null,
        recorded_at text not null,
        answered_at text not null,
        answered_recorded_at text not null
    )
    """,
    "create index if not exists oversight_risks_open on oversight_risks (answered_at)",
    # The answers that hold no more: until each was withdrawn, the risk was known as answered.
    """
    create table if not exists oversight_withdrawn (
        position integer primary key,
        risk_id text not null,
        answered_at text not null,
        answered_recorded_at text not null,
        withdrawn_recorded_at text not null
    )
    """,
    "create index if not exists oversight_withdrawn_of on oversight_withdrawn (risk_id)",
)

FORMED = """
insert into oversight_teams (team_id, kind, formed_at, recorded_at)
values (:team_id, :kind, :at, :recorded_at) on conflict (team_id) do nothing
"""
POST = """
insert into oversight_posts (position, team_id, person_id, role, percent, since, recorded_at, until,
    until_recorded_at)
values (:position, :team_id, :person_id, :role, :percent, :at, :recorded_at, '9999', '9999')
on conflict (position) do nothing
"""
# The same post goes on with other hours: the new row takes its role from the one it follows.
POST_CHANGED = """
insert into oversight_posts (position, team_id, person_id, role, percent, since, recorded_at, until,
    until_recorded_at)
select :position, team_id, person_id, role, :percent, :at, :recorded_at, '9999', '9999'
from oversight_posts
where team_id = :team_id and person_id = :person_id and role <> 'team-manager' and until = '9999'
    and position < :position
on conflict (position) do nothing
"""
POST_ENDED = """
update oversight_posts
set until = :at, until_recorded_at = :recorded_at, left_post = :left_post
where team_id = :team_id and person_id = :person_id and until = '9999' and position < :position
    and case when role = 'team-manager' then 1 else 0 end = :manager
"""
RECEIVED = """
insert into oversight_referrals (referral_id, team_id, received_at, recorded_at, looks_back_to,
    position)
values (:referral_id, :team_id, :received_at, :recorded_at, :looks_back_to, :position)
on conflict (referral_id) do nothing
"""
ROUTED = "update oversight_referrals set team_id = :team_id where referral_id = :referral_id"
TOLD_OF = """
insert into oversight_referred (child_id, referral_id) values (:child_id, :referral_id)
on conflict (child_id, referral_id) do nothing
"""
PUT_ON = """
insert into oversight_referred (child_id, referral_id) values (:child_id, :referral_id)
on conflict (child_id, referral_id) do update set removed = 0
"""
TAKEN_OFF = """
update oversight_referred set removed = 1 where child_id = :child_id and referral_id = :referral_id
"""
TURN = """
insert into oversight_turns (position, referral_id, recorded_at, late_from, acknowledge,
    acknowledged_at, acknowledged_recorded_at, decided_at, decided_recorded_at, authorised_at,
    authorised_recorded_at)
values (:position, :referral_id, :recorded_at, :late_from, :acknowledge,
    '9999', '9999', '9999', '9999', '9999', '9999')
on conflict (position) do nothing
"""
ACKNOWLEDGED = """
update oversight_turns set acknowledged_at = :at, acknowledged_recorded_at = :recorded_at
where referral_id = :referral_id and acknowledge = 1 and acknowledged_at = '9999'
"""
DECIDED = """
update oversight_turns set decided_at = :at, decided_recorded_at = :recorded_at
where referral_id = :referral_id and decided_at = '9999' and position < :position
"""
AUTHORISED_DECISION = """
update oversight_turns set authorised_at = :at, authorised_recorded_at = :recorded_at
where authorised_at = '9999' and position = (
    select max(position) from oversight_turns
    where referral_id = :referral_id and decided_at <> '9999' and position < :position
)
"""
LET_GO = """
update oversight_holdings set until = :at, until_recorded_at = :recorded_at
where case_id = :case_id and until = '9999' and position < :position
"""
# What the event does not say is as it was: the team, and since when the case has no worker.
HELD = """
insert into oversight_holdings (position, case_id, team_id, worker_id, is_open, waiting_since,
    since, recorded_at, until, until_recorded_at)
values (:position, :case_id,
    coalesce(:team_id, (select team_id from oversight_holdings earlier
        where earlier.case_id = :case_id and earlier.position < :position
        order by earlier.position desc limit 1)),
    :worker_id, :is_open,
    case when :waits = 1 then coalesce((select waiting_since from oversight_holdings earlier
        where earlier.case_id = :case_id and earlier.position < :position
        order by earlier.position desc limit 1), :at) end,
    :at, :recorded_at, '9999', '9999')
on conflict (position) do nothing
"""
# Decided anew, or work began on it: what stopped the clock of this referral no longer holds.
GOES_ON = """
on conflict (clock) do update
set assessed = case when excluded.assessed = 1 then 1 else oversight_clocks.assessed end,
    stopped_at = '9999', stopped_recorded_at = '9999', closed = 0
where oversight_clocks.authorised_at = '9999'
"""
ACCEPTED = (
    """
insert into oversight_clocks (clock, case_id, referral_id, assessed, position, since, recorded_at,
    late_from, authorised_at, authorised_recorded_at, stopped_at, stopped_recorded_at)
values (:clock, :case_id, :referral_id, 0, :position, :at, :recorded_at,
    :late_from, '9999', '9999', '9999', '9999')
"""
    + GOES_ON
)
# An assessment answers its referral; once that is answered, it is counted from its own start.
BEGUN = (
    """
insert into oversight_clocks (clock, case_id, assessed, position, since, recorded_at, late_from,
    authorised_at, authorised_recorded_at, stopped_at, stopped_recorded_at)
select case when answered then :own else :clock end, :case_id, 1, :position, :at, :recorded_at,
    case when answered then :own_late_from else :late_from end, '9999', '9999', '9999', '9999'
from (select exists (
    select 1 from oversight_clocks met where met.clock = :clock and met.authorised_at <> '9999'
) as answered) referral
where true
"""  # noqa: S608 - put together from constants
    + GOES_ON
)
REOPENED = """
update oversight_clocks set stopped_at = :at, stopped_recorded_at = :recorded_at
where referral_id = :referral_id and assessed = 0 and authorised_at = '9999'
    and stopped_at = '9999' and position < :position
"""
STARTED = """
insert into oversight_assessments (assessment_id, case_id, clock, position, since, recorded_at,
    unseen_from, ended_at, ended_recorded_at)
values (:assessment_id, :case_id,
    coalesce((select own.clock from oversight_clocks own where own.clock = :own), :clock),
    :position, :at, :recorded_at, :unseen_from, '9999', '9999')
on conflict (assessment_id) do nothing
"""
SEEN = """
insert into oversight_seen (position, assessment_id, seen_at, recorded_at)
values (:position, :assessment_id, :at, :recorded_at) on conflict (position) do nothing
"""
NOT_SEEN = """
update oversight_seen set retracted_recorded_at = :recorded_at
where position = :wrong and retracted_recorded_at is null
"""
AUTHORISED = """
update oversight_clocks set authorised_at = :at, authorised_recorded_at = :recorded_at
where case_id = :case_id and authorised_at = '9999' and position < :position and (assessed = 0
    or clock = (select clock from oversight_assessments where assessment_id = :assessment_id))
"""
ENDED = """
update oversight_assessments set ended_at = :at, ended_recorded_at = :recorded_at
where assessment_id = :assessment_id
"""
CLOCKS_STOPPED = """
update oversight_clocks set stopped_at = :at, stopped_recorded_at = :recorded_at, closed = 1
where case_id = :case_id and authorised_at = '9999' and stopped_at = '9999'
    and position < :position
"""
ASSESSMENTS_STOPPED = """
update oversight_assessments set ended_at = :at, ended_recorded_at = :recorded_at, closed = 1
where case_id = :case_id and ended_at = '9999' and position < :position
"""
CLOCKS_GO_ON = """
update oversight_clocks set stopped_at = '9999', stopped_recorded_at = '9999', closed = 0
where case_id = :case_id and closed = 1
"""
ASSESSMENTS_GO_ON = """
update oversight_assessments set ended_at = '9999', ended_recorded_at = '9999', closed = 0
where case_id = :case_id and closed = 1
"""
RAISED = """
insert into oversight_risks (risk_id, case_id, referral_id, raised_at, recorded_at, answered_at,
    answered_recorded_at)
values (:risk_id, :case_id, :referral_id, :at, :recorded_at, '9999', '9999')
on conflict (risk_id) do nothing
"""
ANSWERED = """
update oversight_risks set answered_at = :at, answered_recorded_at = :recorded_at
where risk_id = :risk_id
"""
WITHDRAWN = """
insert into oversight_withdrawn (position, risk_id, answered_at, answered_recorded_at,
    withdrawn_recorded_at)
select :position, risk_id, answered_at, answered_recorded_at, :recorded_at
from oversight_risks where risk_id = :risk_id and answered_at <> '9999'
on conflict (position) do nothing
"""
UNANSWERED = """
update oversight_risks set answered_at = '9999', answered_recorded_at = '9999'
where risk_id = :risk_id
"""


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    then = {
        "at": stamp(event.happened_at),
        "recorded_at": stamp(event.recorded_at),
        "position": recorded.position,
    }
    part = PARTS.get(type(event))
    return part(event, then) if part else iter(())


def _referral(event: Any, then: Then) -> Iterator[Write]:
    of_referral = {**then, "referral_id": event.referral_id}
    match event:
        case ReferralReceived():
            day = local_day(event.received_at)
            back = months_after(day, -in_force(day).limits["R26"].amount)
            received = {
                "team_id": event.team_id,
                "received_at": stamp(event.received_at),
                "looks_back_to": midnight(back),
                "late_from": late_from(clock("R1", event.received_at)),
                "acknowledge": 1,
            }
            yield Write(RECEIVED, of_referral | received)
            for child in event.child_ids:
                yield _referred(TOLD_OF, child, event.referral_id)
            yield Write(TURN, of_referral | received)
        case ReferralUpdated():
            for child in event.child_ids:
                yield _referred(TOLD_OF, child, event.referral_id)
        case ReferralDecided():
            yield Write(DECIDED, of_referral)
            if event.team_id:  # whose the work becomes, the referral becomes too
                yield Write(ROUTED, of_referral | {"team_id": event.team_id})
            if event.authorised_by:
                yield Write(AUTHORISED_DECISION, of_referral)
            if event.outcome == "assessment":
                limit = clock("R5", event.referral_received_at)
                for child in event.child_ids:
                    yield Write(ACCEPTED, of_referral | _counted(limit, case_of(child)))
        case ReferralAcknowledged():
            yield Write(ACKNOWLEDGED, of_referral)
        case DecisionAuthorised():
            yield Write(AUTHORISED_DECISION, of_referral)
        case ReferralReopened():
            late = late_from(clock("R1", event.happened_at))
            yield Write(TURN, of_referral | {"late_from": late, "acknowledge": 0})
            yield Write(REOPENED, of_referral)
        case _:  # ReferralRouted
            yield Write(ROUTED, of_referral | {"team_id": event.team_id})


def _children(event: Any, _then: Then) -> Iterator[Write]:
    """Which children a referral is about; those whom a message names stand in the referral."""
    match event:
        case ChildMatched(rule="automatic"):
            if event.message is None:
                yield _referred(TOLD_OF, event.child_id, event.referral_id)
        case ChildAdded() | ChildMatched():
            yield _referred(PUT_ON, event.child_id, event.referral_id)
        case _:  # ChildRemoved, ChildUnmatched
            yield _referred(TAKEN_OFF, event.child_id, event.referral_id)


def _case(event: Any, then: Then) -> Iterator[Write]:
    of_case = {**then, "case_id": event.case_id}
    match event:
        case CaseAllocated() | CaseReallocated():
            yield _held(of_case, event.team_id, event.worker_id)
        case CaseOpened() | CaseTransferred():
            yield _held(of_case, event.team_id)
        case CaseUnallocated():
            yield _held(of_case)
        case CaseClosed():
            yield _held(of_case, is_open=0)
            yield Write(CLOCKS_STOPPED, of_case)
            yield Write(ASSESSMENTS_STOPPED, of_case)
        case _:  # CaseReopened
            yield _held(of_case)
            yield Write(CLOCKS_GO_ON, of_case)
            yield Write(ASSESSMENTS_GO_ON, of_case)
    yield Write(LET_GO, of_case)


def _assessment(event: Any, then: Then) -> Iterator[Write]:
    of_assessment = {**then, "case_id": event.case_id, "assessment_id": event.assessment_id}
    match event:
        case ChildSeen():
            yield Write(SEEN, of_assessment)
        case AssessmentStarted():
            begun = {
                **of_assessment,
                **_counted(clock("R5", event.referral_received_at), event.case_id),
                "own": event.assessment_id,
                "own_late_from": late_from(clock("R5", event.happened_at)),
                "unseen_from": late_from(clock("R6", event.happened_at)),
            }
            yield Write(BEGUN, begun)
            yield Write(STARTED, begun)
        case _:  # AssessmentAuthorised
            yield Write(AUTHORISED, of_assessment)
            yield Write(ENDED, of_assessment)


def _risk(event: Any, then: Then) -> Iterator[Write]:
    match event:
        case RiskRaised(risk_id=risk_id, child_id=child):
            raised = {"risk_id": risk_id, "case_id": case_of(child)}
            yield Write(RAISED, then | raised | {"referral_id": event.referral_id})
        case RiskAnswerWithdrawn(risk_id=risk_id):
            yield Write(WITHDRAWN, then | {"risk_id": risk_id})
            yield Write(UNANSWERED, {"risk_id": risk_id})
        case _:  # RiskAnswered
            yield Write(ANSWERED, then | {"risk_id": event.risk_id})


def _retraction(event: Any, then: Then) -> Iterator[Write]:
    yield Write(NOT_SEEN, then | {"wrong": event.position})


def _people(event: Any, then: Then) -> Iterator[Write]:
    if isinstance(event, TeamFormed):
        yield Write(FORMED, then | {"team_id": event.team_id, "kind": event.kind})
        return
    post = {**then, "team_id": event.team_id, "person_id": event.person_id}
    match event:
        case WorkerJoined(role=role, percent=percent):
            yield Write(POST, post | {"role": role, "percent": percent})
        case WorkingTimeChanged(percent=percent):
            yield Write(POST_CHANGED, post | {"percent": percent})
            yield Write(POST_ENDED, post | {"manager": 0, "left_post": 0})
        case WorkerLeft():
            yield Write(POST_ENDED, post | {"manager": 0, "left_post": 1})
        case ManagerAppointed():
            # Who was interim and now is not did not leave.
            yield Write(POST_ENDED, post | {"manager": 1, "left_post": 0})
            yield Write(POST, post | {"role": MANAGER, "percent": 100})
        case _:  # ManagerLeft
            yield Write(POST_ENDED, post | {"manager": 1, "left_post": 1})


PARTS: dict[type[Event], Callable[[Any, Then], Iterator[Write]]] = {
    ReferralReceived: _referral,
    ReferralUpdated: _referral,
    ReferralReopened: _referral,
    ReferralRouted: _referral,
    ReferralAcknowledged: _referral,
    ReferralDecided: _referral,
    DecisionAuthorised: _referral,
    ChildAdded: _children,
    ChildMatched: _children,
    ChildRemoved: _children,
    ChildUnmatched: _children,
    CaseOpened: _case,
    CaseTransferred: _case,
    CaseAllocated: _case,
    CaseReallocated: _case,
    CaseUnallocated: _case,
    CaseClosed: _case,
    CaseReopened: _case,
    AssessmentStarted: _assessment,
    ChildSeen: _assessment,
    AssessmentAuthorised: _assessment,
    RiskRaised: _risk,
    RiskAnswered: _risk,
    RiskAnswerWithdrawn: _risk,
    Retracted: _retraction,
    TeamFormed: _people,
    WorkerJoined: _people,
    WorkingTimeChanged: _people,
    WorkerLeft: _people,
    ManagerAppointed: _people,
    ManagerLeft: _people,
}


def _referred(sql: str, child_id: str, referral_id: str) -> Write:
    return Write(sql, {"child_id": child_id, "referral_id": referral_id})


def _held(
    of_case: Then, team_id: str | None = None, worker_id: str | None = None, *, is_open: int = 1
) -> Write:
    return Write(
        HELD,
        {
            **of_case,
            "team_id": team_id,
            "worker_id": worker_id,
            "is_open": is_open,
            "waits": int(bool(is_open) and worker_id is None),
        },
    )


def _counted(limit: Clock, case_id: str) -> dict[str, str]:
    """One clock for a case and the referral it came from, whatever starts it first."""
    return {
        "clock": f"{case_id}|{stamp(limit.started_at)}",
        "case_id": case_id,
        "late_from": late_from(limit),
    }


def late_from(limit: Clock) -> str:
    """The instant after the last one within the limit."""
    if isinstance(limit.due, datetime):
        return stamp(limit.due + timedelta(microseconds=1))
    return midnight(limit.due + timedelta(days=1))


@lru_cache(maxsize=4096)
def midnight(day: date) -> str:
    """The stamp of the instant at which a day begins in England."""
    return stamp(datetime.combine(day, time(), LONDON))
