"""
What must be done by when, for whom, and was it?

    due(query, as_at, *, team=None, worker=None, unmet=False, overdue=False, as_known_at=None)
        -> list[Deadline]         as it stood at `as_at`, earliest due first; `unmet`: what is still
                                  to be done, `overdue`: of that, what is late
    of_child(query, child_id, as_at, *, as_known_at=None) -> list[Deadline]
    of_referral(query, referral_id, as_at, *, as_known_at=None) -> list[Deadline]

The clocks (each cites the policy version that it was counted by):
R1 decide a referral and acknowledge it; a reopened one is to be decided again, on a new clock;
R3 tell the referrer what was decided;
R5 an assessment authorised for each child accepted for one, from the referral; once that is done,
   a further assessment of the same case, from its own start;
R6 the review point of an assessment, on the manager's day or the policy's.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from domain.assessment import (
    AssessmentAuthorised,
    AssessmentExtended,
    AssessmentStarted,
    ReviewPointReached,
)
from domain.calendar import local_day
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
from domain.child import ChildMatched, ChildRegistered, ChildUnmatched
from domain.clocks import Clock, State
from domain.kernel import Event, Recorded
from domain.record import Retracted
from domain.referral import (
    ChildAdded,
    ChildRemoved,
    ReferralAcknowledged,
    ReferralDecided,
    ReferralReceived,
    ReferralReopened,
    ReferralRouted,
    ReferralUpdated,
    ReferrerToldOutcome,
)
from projections.base import (
    Projection,
    Query,
    Write,
    among,
    clock,
    known,
    last_day,
    listed,
    rows,
    stamp,
)

SCHEMA = (
    # `clock` names the row; `held` is whose team and worker it falls to: a referral or a case;
    # `assessed`: of a review point, the clock (R5) that the authorised assessment meets.
    """
    create table if not exists deadlines (
        clock text primary key,
        rule text not null,
        about text not null,
        referral_id text,
        case_id text,
        child_id text,
        assessment_id text,
        assessed text,
        held text not null,
        position integer not null,
        policy text not null,
        started_at text not null,
        started_recorded_at text not null,
        due_on text not null,
        due_at text,
        acknowledge integer not null,
        acknowledged_at text,
        acknowledged_recorded_at text,
        acknowledged_by integer,
        done_at text,
        done_recorded_at text,
        done_by integer,
        stopped_at text,
        stopped_recorded_at text,
        stopped_by integer,
        closed integer not null default 0
    )
    """,
    "create index if not exists deadlines_by_held on deadlines (held)",
    # Those of a case that a referral's decision started.
    """
    create index if not exists deadlines_from on deadlines (referral_id)
    where rule = 'R5' and referral_id is not null
    """,
    # Reviews and extensions, each of which may be retracted: the first review that stands meets its
    # clock, the last extension is shown.
    """
    create table if not exists deadlines_happened (
        position integer primary key,
        clock text not null,
        at text not null,
        recorded_at text not null,
        retracted_recorded_at text
    )
    """,
    "create index if not exists deadlines_happened_to on deadlines_happened (clock, position)",
    """
    create table if not exists deadlines_held (
        held text primary key,
        team_id text,
        worker_id text
    )
    """,
    "create index if not exists deadlines_of_team on deadlines_held (team_id)",
    "create index if not exists deadlines_of_worker on deadlines_held (worker_id)",
    """
    create table if not exists deadlines_children (
        child_id text not null,
        referral_id text not null,
        removed integer not null default 0,
        primary key (child_id, referral_id)
    )
    """,
    "create index if not exists deadlines_children_of on deadlines_children (referral_id)",
)
START = """
insert into deadlines (clock, rule, about, referral_id, case_id, child_id, assessment_id, assessed,
    held, position, policy, started_at, started_recorded_at, due_on, due_at, acknowledge)
values (:clock, :rule, :about, :referral_id, :case_id, :child_id, :assessment_id, :assessed,
    :held, :position, :policy, :started_at, :recorded_at, :due_on, :due_at, :acknowledge)
on conflict (clock) do nothing
"""
# Decided anew, or work began on it: what stopped the clock of this referral no longer holds.
GOES_ON = """
on conflict (clock) do update
set assessment_id = coalesce(deadlines.assessment_id, excluded.assessment_id),
    stopped_at = null, stopped_recorded_at = null, stopped_by = null, closed = 0
where deadlines.done_at is null
"""
ACCEPTED = START.rpartition("on conflict")[0] + GOES_ON
# An assessment answers its referral; once that is answered, it is counted from its own start.
STARTED = (
    """
insert into deadlines (clock, rule, about, case_id, child_id, assessment_id, held, position,
    policy, started_at, started_recorded_at, due_on, due_at, acknowledge)
select case when answered then :own else :clock end,
    :rule, :about, :case_id, :child_id, :assessment_id, :held, :position,
    case when answered then :own_policy else :policy end,
    case when answered then :own_started_at else :started_at end, :recorded_at,
    case when answered then :own_due_on else :due_on end,
    case when answered then :own_due_at else :due_at end, :acknowledge
from (select exists (
    select 1 from deadlines met where met.clock = :clock and met.done_by < :position
) as answered) referral
where true
"""  # noqa: S608 - put together from constants
    + GOES_ON
)
REVIEW = START.replace(
    ":assessed,",
    "coalesce((select own.clock from deadlines own where own.clock = :own), :assessed),",
)
ACKNOWLEDGED = """
update deadlines
set acknowledged_at = :at, acknowledged_recorded_at = :recorded_at, acknowledged_by = :position
where held = :referral_id and rule = 'R1' and acknowledge = 1 and acknowledged_at is null
"""
# The rule is written out: SQLite plans a statement anew for each value of a parameter that decides
# whether an index with a condition can be used.
DONE = """
update deadlines set done_at = :at, done_recorded_at = :recorded_at, done_by = :position
where held = :referral_id and rule = '{}' and done_at is null and stopped_at is null
    and position < :position
"""
DECIDED, TOLD = DONE.format("R1"), DONE.format("R3")
STOPPED = """
update deadlines
set stopped_at = :at, stopped_recorded_at = :recorded_at, stopped_by = :position, closed = :closed
"""
REOPENED = f"""
{STOPPED}
where held = :referral_id and rule = 'R3' and done_at is null and stopped_at is null
    and position < :position
"""
NOT_ACCEPTED = f"""
{STOPPED}
where referral_id = :referral_id and rule = 'R5' and assessment_id is null
    and done_at is null and stopped_at is null and position < :position
"""
AUTHORISED = """
update deadlines set done_at = :at, done_recorded_at = :recorded_at, done_by = :position
where held = :case_id and rule = 'R5' and done_at is null and position < :position
    and (assessment_id is null
        or clock = (select assessed from deadlines review where review.clock = :review))
"""
REVIEW_NOT_NEEDED = f"{STOPPED} where clock = :review and stopped_at is null"
REVIEWED = """
insert into deadlines_happened (position, clock, at, recorded_at)
values (:position, :review, :at, :recorded_at) on conflict (position) do nothing
"""
EXTENDED = """
insert into deadlines_happened (position, clock, at, recorded_at)
select :position, assessed, :at, :recorded_at from deadlines where clock = :review
on conflict (position) do nothing
"""
RETRACTED = """
update deadlines_happened set retracted_recorded_at = :recorded_at
where position = :wrong and retracted_recorded_at is null
"""
CLOSED = f"""
{STOPPED}
where held = :case_id and done_at is null and stopped_at is null and position < :position
"""
CASE_REOPENED = """
update deadlines
set stopped_at = null, stopped_recorded_at = null, stopped_by = null, closed = 0
where held = :case_id and closed = 1 and stopped_by < :position
"""
HOLD = """
insert into deadlines_held (held, team_id, worker_id) values (:held, :team_id, :worker_id)
on conflict (held) do update
set team_id = coalesce(excluded.team_id, deadlines_held.team_id), worker_id = excluded.worker_id
"""
TOLD_OF = """
insert into deadlines_children (child_id, referral_id) values (:child_id, :referral_id)
on conflict (child_id, referral_id) do nothing
"""
PUT_ON = """
insert into deadlines_children (child_id, referral_id) values (:child_id, :referral_id)
on conflict (child_id, referral_id) do update set removed = 0
"""
TAKEN_OFF = """
update deadlines_children set removed = 1 where child_id = :child_id and referral_id = :referral_id
"""


class Deadline(Struct, frozen=True, kw_only=True):
    """One clock as it stood at the instant asked for.

    `due_on` is the last day within the limit, `due_at` the last instant where it is counted in
    hours. `waiting_for`: what was still to be done. `stopped_by`: the position of the event that
    met or stopped it. `recorded_late`: it was met in time by what happened, but that was written
    down only when the limit had passed: until then it stood as overdue, and see `R19` for how soon
    a thing is to be recorded. `extended_at`: reasons for taking longer were recorded; the limit
    stays.
    `child_ids`: the child, or all the children of the referral.
    """

    rule: str
    about: str
    referral_id: str | None
    case_id: str | None
    child_ids: tuple[str, ...]
    team_id: str | None
    worker_id: str | None
    policy: str
    started_at: datetime
    due_on: date
    due_at: datetime | None
    state: State
    waiting_for: tuple[str, ...]
    stopped_at: datetime | None
    stopped_by: int | None
    recorded_late: bool
    extended_at: datetime | None


TO_DO = {"R1": "decision", "R3": "outcome told", "R5": "authorisation", "R6": "review"}
ACKNOWLEDGEMENT = "acknowledgement"

# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


def project(recorded: Recorded) -> Iterator[Write]:
    part = PARTS.get(type(recorded.event))
    return part(recorded, recorded.event) if part else iter(())


def _referral(recorded: Recorded, event: Any) -> Iterator[Write]:
    """It is to be decided, acknowledged, its outcome told."""
    referral_id = event.referral_id
    match event:
        case ReferralReceived():
            yield _started(recorded, clock("R1", event.received_at), referral_id, acknowledge=1)
            yield _held(referral_id, event.team_id)
            for child in event.child_ids:
                yield _child(TOLD_OF, child, referral_id)
        case ReferralUpdated():
            for child in event.child_ids:
                yield _child(TOLD_OF, child, referral_id)
        case ReferralDecided():
            yield Write(DECIDED, _done(recorded, referral_id=referral_id))
            yield _started(recorded, clock("R3", event.happened_at), referral_id)
            if event.team_id:  # whose the work becomes, the referral becomes too
                yield _held(referral_id, event.team_id)
            if event.outcome == "assessment":
                limit = clock("R5", event.referral_received_at)
                for child in event.child_ids:
                    case_id = case_of(child)
                    of_case = {"case_id": case_id, "child_id": child, "referral_id": referral_id}
                    name = _assessed(case_id, limit)
                    values = _values(recorded, limit, name, case_id, case_id, **of_case)
                    yield Write(ACCEPTED, values)
        case ReferralAcknowledged():
            yield Write(ACKNOWLEDGED, _done(recorded, referral_id=referral_id))
        case ReferrerToldOutcome():
            yield Write(TOLD, _done(recorded, referral_id=referral_id))
        case ReferralRouted():
            yield _held(referral_id, event.team_id)
        case _:  # ReferralReopened
            stopped = _done(recorded, referral_id=referral_id, closed=0)
            yield Write(REOPENED, stopped)
            yield Write(NOT_ACCEPTED, stopped)
            yield _started(recorded, clock("R1", event.happened_at), referral_id)


def _children(_recorded: Recorded, event: Any) -> Iterator[Write]:
    """Which children a referral is about; those whom a message names stand in the referral."""
    match event:
        case ChildRegistered() | ChildMatched(rule="automatic"):
            if event.message is None and event.referral_id:
                yield _child(TOLD_OF, event.child_id, event.referral_id)
        case ChildAdded() | ChildMatched():
            yield _child(PUT_ON, event.child_id, event.referral_id)
        case _:  # ChildRemoved, ChildUnmatched
            yield _child(TAKEN_OFF, event.child_id, event.referral_id)


def _assessment(recorded: Recorded, event: Any) -> Iterator[Write]:
    """It is to be reviewed and authorised."""
    case_id, review = event.case_id, f"R6|{event.assessment_id}"
    match event:
        case AssessmentStarted(assessment_id=assessment_id, child_id=child):
            limit, own = clock("R5", event.referral_received_at), clock("R5", event.happened_at)
            name = _assessed(case_id, limit)
            of_case = {"case_id": case_id, "child_id": child, "own": f"R5|{assessment_id}"}
            started = _values(recorded, limit, name, case_id, case_id, **of_case)
            yield Write(
                STARTED,
                started
                | {
                    "assessment_id": assessment_id,
                    "own_policy": own.policy,
                    "own_started_at": stamp(own.started_at),
                    "own_due_on": last_day(own),
                    "own_due_at": own.due_at and stamp(own.due_at),
                },
            )
            limit = clock("R6", event.happened_at)
            values = _values(recorded, limit, review, assessment_id, case_id, **of_case)
            values["assessed"] = name
            if event.review_on:
                values["due_on"] = event.review_on.isoformat()
            yield Write(REVIEW, values)
        case ReviewPointReached():
            yield Write(REVIEWED, _done(recorded, review=review))
        case AssessmentExtended():
            yield Write(EXTENDED, _done(recorded, review=review))
        case _:  # AssessmentAuthorised
            done = _done(recorded, case_id=case_id, review=review, closed=0)
            yield Write(AUTHORISED, done)
            yield Write(REVIEW_NOT_NEEDED, done)


def _case(recorded: Recorded, event: Any) -> Iterator[Write]:
    """Who has it, and whether there still is one."""
    case_id = event.case_id
    match event:
        case CaseAllocated() | CaseReallocated():
            yield _held(case_id, event.team_id, event.worker_id)
        case CaseOpened() | CaseTransferred():
            yield _held(case_id, event.team_id)
        case CaseUnallocated():
            yield _held(case_id, None)
        case CaseClosed():
            yield Write(CLOSED, _done(recorded, case_id=case_id, closed=1))
        case _:  # CaseReopened
            yield Write(CASE_REOPENED, {"case_id": case_id, "position": recorded.position})
            yield _held(case_id, None)


def _retraction(recorded: Recorded, event: Any) -> Iterator[Write]:
    yield Write(RETRACTED, _done(recorded, wrong=event.position))


PARTS: dict[type[Event], Callable[[Recorded, Any], Iterator[Write]]] = {
    ReferralReceived: _referral,
    ReferralUpdated: _referral,
    ReferralRouted: _referral,
    ReferralAcknowledged: _referral,
    ReferralDecided: _referral,
    ReferrerToldOutcome: _referral,
    ReferralReopened: _referral,
    ChildAdded: _children,
    ChildRemoved: _children,
    ChildRegistered: _children,
    ChildMatched: _children,
    ChildUnmatched: _children,
    AssessmentStarted: _assessment,
    ReviewPointReached: _assessment,
    AssessmentExtended: _assessment,
    AssessmentAuthorised: _assessment,
    CaseOpened: _case,
    CaseAllocated: _case,
    CaseReallocated: _case,
    CaseUnallocated: _case,
    CaseTransferred: _case,
    CaseClosed: _case,
    CaseReopened: _case,
    Retracted: _retraction,
}


def _done(recorded: Recorded, **more: Any) -> dict[str, Any]:
    event = recorded.event
    return {
        "at": stamp(event.happened_at),
        "recorded_at": stamp(event.recorded_at),
        "position": recorded.position,
        **more,
    }


def _started(recorded: Recorded, limit: Clock, referral_id: str, *, acknowledge: int = 0) -> Write:
    name = f"{limit.rule}|{recorded.position}"
    more = {"referral_id": referral_id, "acknowledge": acknowledge}
    return Write(START, _values(recorded, limit, name, referral_id, referral_id, **more))


def _values(
    recorded: Recorded, limit: Clock, name: str, about: str, held: str, **more: Any
) -> dict[str, Any]:
    return {
        "clock": name,
        "rule": limit.rule,
        "about": about,
        "held": held,
        "position": recorded.position,
        "policy": limit.policy,
        "started_at": stamp(limit.started_at),
        "recorded_at": stamp(recorded.event.recorded_at),
        "due_on": last_day(limit),
        "due_at": limit.due_at and stamp(limit.due_at),
        "referral_id": None,
        "case_id": None,
        "child_id": None,
        "assessment_id": None,
        "assessed": None,
        "acknowledge": 0,
        **more,
    }


def _assessed(case_id: str, limit: Clock) -> str:
    """One clock for a case and the referral it came from, whatever starts it first."""
    return f"R5|{case_id}|{stamp(limit.started_at)}"


def _held(held: str, team_id: str | None, worker_id: str | None = None) -> Write:
    return Write(HOLD, {"held": held, "team_id": team_id, "worker_id": worker_id})


def _child(sql: str, child_id: str, referral_id: str) -> Write:
    return Write(sql, {"child_id": child_id, "referral_id": referral_id})


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────

UNMET = """
(coalesce(done_at, reviewed.at) is null or done_at > :at or done_recorded_at > :known or
    acknowledge = 1 and
    (acknowledged_at is null or acknowledged_at > :at or acknowledged_recorded_at > :known))
"""


STANDS = """
rule = '{0}' and {2}.position = (
    select {1}(position) from deadlines_happened stands
    where stands.clock = deadlines.clock and stands.at <= :at and stands.recorded_at <= :known
        and coalesce(stands.retracted_recorded_at > :known, true)
)
"""
"""The review, or the extension, that had happened by then, was known and was not retracted."""
REVIEWED_BY_THEN = STANDS.format("R6", "min", "reviewed")
EXTENDED_BY_THEN = STANDS.format("R5", "max", "extended")


def due(
    query: Query,
    as_at: datetime,
    *,
    team: str | None = None,
    worker: str | None = None,
    unmet: bool = False,
    overdue: bool = False,
    as_known_at: datetime | None = None,
) -> list[Deadline]:
    """The clocks of a team, of a worker or of all, the earliest due first."""
    where = "(:team = '' or team_id = :team) and (:worker = '' or worker_id = :worker)"
    if unmet or overdue:
        where += f" and {UNMET}"
    if overdue:
        where += " and due_on <= :today"
    wanted = {"team": team or "", "worker": worker or "", "today": local_day(as_at).isoformat()}
    found = _deadlines(query, where, wanted, as_at, as_known_at)
    if overdue:
        return [deadline for deadline in found if deadline.state == "overdue"]
    if unmet:
        return [deadline for deadline in found if deadline.state in ("running", "overdue")]
    return found


def of_child(
    query: Query, child_id: str, as_at: datetime, *, as_known_at: datetime | None = None
) -> list[Deadline]:
    """The clocks of a child and of the referrals that are about them."""
    where = (
        "(deadlines.held = :case_id or deadlines.held in (select referral_id"
        " from deadlines_children where child_id = :child_id and removed = 0))"
    )
    wanted = {"child_id": child_id, "case_id": case_of(child_id)}
    return _deadlines(query, where, wanted, as_at, as_known_at)


def of_referral(
    query: Query, referral_id: str, as_at: datetime, *, as_known_at: datetime | None = None
) -> list[Deadline]:
    """The clocks that a referral started."""
    where = "(deadlines.held = :referral_id or rule = 'R5' and referral_id = :referral_id)"
    return _deadlines(query, where, {"referral_id": referral_id}, as_at, as_known_at)


def _deadlines(
    query: Query,
    where: str,
    wanted: Mapping[str, str],
    as_at: datetime,
    as_known_at: datetime | None,
) -> list[Deadline]:
    until = {"at": stamp(as_at), "known": known(as_known_at)}
    found = query(
        "select deadlines.*, team_id, worker_id, reviewed.at as reviewed_at,"  # noqa: S608
        " reviewed.recorded_at as reviewed_recorded_at, reviewed.position as reviewed_by,"
        " extended.at as extended_at from deadlines"
        " left join deadlines_held on deadlines_held.held = deadlines.held"
        f" left join deadlines_happened reviewed on {REVIEWED_BY_THEN}"
        f" left join deadlines_happened extended on {EXTENDED_BY_THEN}"
        f" where started_at <= :at and started_recorded_at <= :known and {where}"
        " order by due_on, started_at, clock",
        {**wanted, **until},
    )
    named, values = among("referral", {row["about"] for row in found if row["child_id"] is None})
    about = query(
        "select referral_id, child_id from deadlines_children"  # noqa: S608
        f" where referral_id in ({named}) and removed = 0 order by child_id",
        values,
    )
    children: dict[str, list[str]] = {}
    for row in about:
        children.setdefault(row["referral_id"], []).append(row["child_id"])
    return rows(
        Deadline,
        (
            {
                **row,
                **_standing(row, as_at, until["known"]),
                "child_ids": listed(
                    [row["child_id"]] if row["child_id"] else children.get(row["about"], [])
                ),
            }
            for row in found
        ),
    )


def _standing(row: Mapping[str, Any], as_at: datetime, known_at: str) -> dict[str, Any]:
    """The state of a clock, from what had happened by then and was known."""
    at = stamp(as_at)

    def ended(what: str) -> list[tuple[str, int, str]]:
        when, then = row[f"{what}_at"], row[f"{what}_recorded_at"]
        return [(when, row[f"{what}_by"], then)] if when and when <= at and then <= known_at else []

    done = ended("done") + ended("reviewed")
    acknowledged, stopped = ended("acknowledged"), ended("stopped")
    missing = [] if done else [TO_DO[row["rule"]]]
    if row["acknowledge"] and not acknowledged:
        missing.append(ACKNOWLEDGEMENT)
    end = stopped if missing else [max(done + acknowledged)]
    last = datetime.fromisoformat(row["due_at"] or row["due_on"])
    limit = Clock(
        row["rule"],
        row["policy"],
        "",
        datetime.fromisoformat(row["started_at"]),
        last if row["due_at"] else last.date(),
    )
    ended_at = datetime.fromisoformat(end[0][0]) if end else None
    state = limit.state(as_at, None if missing else ended_at, ended_at)
    written = (datetime.fromisoformat(then) for _, _, then in (*done, *acknowledged))
    return {
        "state": state,
        "recorded_late": state == "met" and any(map(limit.late, written)),
        "waiting_for": listed([] if stopped else missing),
        "stopped_at": ended_at,
        "stopped_by": end[0][1] if end else None,
    }


deadlines = Projection(
    name="deadlines",
    version=4,
    tables={
        "deadlines": ("clock",),
        "deadlines_happened": ("position",),
        "deadlines_held": ("held",),
        "deadlines_children": ("child_id", "referral_id"),
    },
    schema=SCHEMA,
    events=tuple(PARTS),
    project=project,
)
