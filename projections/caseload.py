"""
Whose cases are these, and what is open on each?

    of_worker(query, worker_id, *, closed=False) -> list[Case]     longest allocated first
    of_team(query, team_id, *, closed=False) -> list[Case]         unallocated first, then by worker
    unallocated(query, team_id=None) -> list[Case]                 longest unallocated first
    handed_over_to(query, worker_id) -> list[Case]             who has not acknowledged it yet
    of_child(query, child_id) -> Case | None          also where only an enquiry or a plan is known
    holders(query, child_ids) -> list[Holder]          who has, or had, each child's case
    case(query, case_id) -> Case | None
    assessment(query, assessment_id) -> Assessment | None
    enquiry(query, enquiry_id) -> Enquiry | None

`Case.assessment` and `Case.enquiry` are the ones that somebody must still do something about.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from domain.assessment import (
    AssessmentAuthorised,
    AssessmentCompleted,
    AssessmentExtended,
    AssessmentOutcome,
    AssessmentReturned,
    AssessmentStarted,
    ChildSeen,
    ReviewPointReached,
)
from domain.case import (
    CaseAllocated,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseReopened,
    CaseTransferred,
    CaseUnallocated,
    HandoverAcknowledged,
    HandoverIssued,
    SupervisionHeld,
)
from domain.codes import AbuseCategory, ClosureReason, Need
from domain.conference import InitialConferenceHeld
from domain.enquiry import (
    Conclusion,
    Section47Concluded,
    Section47Started,
    StrategyDecision,
    StrategyDiscussionHeld,
    StrategyDiscussionRequested,
)
from domain.kernel import Recorded
from domain.plan import ProtectionPlanEnded, ProtectionPlanStarted, VisitFailed, VisitMade
from domain.record import Retracted
from projections.base import Projection, Query, S, Write, among, rows, stamp

SCHEMA = (
    """
    create table if not exists caseload (
        child_id text primary key,
        case_id text,
        is_open integer not null default 0,
        episode integer not null default 0,
        need text not null default 'N0',
        referral_id text,
        referral_received_at text,
        opened_at text,
        team_id text,
        worker_id text,
        since text,
        unallocated_since text,
        handover_to text,
        handover_at text,
        handover_sealed blob,
        closed_at text,
        closure_reason text,
        plan_id text,
        plan_category text,
        plan_since text,
        plan_ended_at text,
        conference_at text
    )
    """,
    "create index if not exists caseload_by_case on caseload (case_id)",
    "create index if not exists caseload_of_team on caseload (team_id, is_open)",
    "create index if not exists caseload_of_worker on caseload (worker_id, is_open)",
    """
    create table if not exists caseload_assessments (
        assessment_id text primary key,
        child_id text not null,
        case_id text not null,
        worker_id text not null,
        state text not null,
        referral_received_at text not null,
        started_at text not null,
        review_on text,
        completed_at text,
        completed_by text,
        outcome text,
        authorised_at text,
        position integer not null
    )
    """,
    "create index if not exists caseload_assessments_of on caseload_assessments (child_id)",
    # What happened and stands alone: the newest that is not retracted is sought by the reader.
    """
    create table if not exists caseload_happened (
        position integer primary key,
        child_id text not null,
        assessment_id text,
        what text not null,
        seen integer not null,
        at text not null,
        retracted_by integer
    )
    """,
    "create index if not exists caseload_happened_to on caseload_happened (child_id)",
    """
    create table if not exists caseload_enquiries (
        enquiry_id text primary key,
        child_id text not null,
        state text not null,
        requested_at text,
        held_at text,
        decision text,
        started_at text,
        joint integer,
        concluded_at text,
        conclusion text,
        position integer not null
    )
    """,
    "create index if not exists caseload_enquiries_of on caseload_enquiries (child_id)",
)

OPENED = """
insert into caseload (child_id, case_id, is_open, episode, need, referral_id, referral_received_at,
    opened_at, team_id, unallocated_since)
values (:child_id, :case_id, 1, :episode, :need, :referral_id, :referral_received_at,
    :at, :team_id, :at)
on conflict (child_id) do update
set case_id = excluded.case_id, is_open = 1, episode = excluded.episode, need = excluded.need,
    referral_id = excluded.referral_id, referral_received_at = excluded.referral_received_at,
    opened_at = excluded.opened_at, team_id = excluded.team_id, worker_id = null, since = null,
    unallocated_since = excluded.unallocated_since, handover_to = null, handover_at = null,
    handover_sealed = null, closed_at = null, closure_reason = null
"""
ALLOCATED = """
update caseload set worker_id = :worker_id, team_id = :team_id, since = :at,
    unallocated_since = null
where child_id = :child_id
"""
UNALLOCATED = """
update caseload set worker_id = null, since = null, unallocated_since = :at
where child_id = :child_id
"""
TRANSFERRED = """
update caseload set team_id = :team_id, worker_id = null, since = null,
    unallocated_since = coalesce(unallocated_since, :at)
where child_id = :child_id
"""
HANDED_OVER = """
update caseload set handover_to = :worker_id, handover_at = :at, handover_sealed = :sealed
where child_id = :child_id
"""
TAKEN_OVER = """
update caseload set handover_to = null, handover_at = null, handover_sealed = null
where child_id = :child_id
"""
CLOSED = """
update caseload set is_open = 0, closed_at = :at, closure_reason = :reason,
    unallocated_since = null, handover_to = null, handover_at = null, handover_sealed = null
where child_id = :child_id
"""
REOPENED = """
update caseload set is_open = 1, closed_at = null, closure_reason = null, worker_id = null,
    since = null, unallocated_since = :at
where child_id = :child_id
"""

# What may be known of a child who has no case: the row is made if it is not there.
KNOWN = "insert into caseload (child_id) values (:child_id) on conflict (child_id) do nothing"
PLAN = """
insert into caseload (child_id, plan_id, plan_category, plan_since, plan_ended_at)
values (:child_id, :plan_id, :category, :at, :ended_at)
on conflict (child_id) do update
set plan_id = excluded.plan_id, plan_category = excluded.plan_category,
    plan_since = excluded.plan_since, plan_ended_at = excluded.plan_ended_at
"""
CONFERENCE = """
insert into caseload (child_id, conference_at) values (:child_id, :at)
on conflict (child_id) do update set conference_at = excluded.conference_at
"""
HAPPENED = """
insert into caseload_happened (position, child_id, assessment_id, what, seen, at)
values (:position, :child_id, :assessment_id, :what, :seen, :at)
on conflict (position) do nothing
"""
RETRACTED = "update caseload_happened set retracted_by = :position where position = :wrong"

STARTED = """
insert into caseload_assessments (assessment_id, child_id, case_id, worker_id, state,
    referral_received_at, started_at, review_on, position)
values (:assessment_id, :child_id, :case_id, :worker_id, 'started',
    :referral_received_at, :at, :review_on, :position)
on conflict (assessment_id) do nothing
"""
COMPLETED = """
update caseload_assessments
set state = 'completed', completed_at = :at, completed_by = :completed_by, outcome = :outcome
where assessment_id = :assessment_id
"""
RETURNED = """
update caseload_assessments
set state = 'returned', completed_at = null, completed_by = null, outcome = null
where assessment_id = :assessment_id
"""
AUTHORISED = """
update caseload_assessments set state = 'authorised', authorised_at = :at
where assessment_id = :assessment_id
"""

REQUESTED = """
insert into caseload_enquiries (enquiry_id, child_id, state, requested_at, position)
values (:enquiry_id, :child_id, 'requested', :at, :position)
on conflict (enquiry_id) do update
set state = case when caseload_enquiries.state in ('section-47', 'concluded')
        then caseload_enquiries.state else 'requested' end,
    requested_at = excluded.requested_at
"""
HELD = """
insert into caseload_enquiries (enquiry_id, child_id, state, held_at, decision, position)
values (:enquiry_id, :child_id, :state, :at, :decision, :position)
on conflict (enquiry_id) do update
set state = case when caseload_enquiries.state in ('section-47', 'concluded')
        then caseload_enquiries.state else excluded.state end,
    held_at = excluded.held_at, decision = excluded.decision
"""
SECTION_47 = """
update caseload_enquiries set state = 'section-47', started_at = :at, joint = :joint
where enquiry_id = :enquiry_id
"""
CONCLUDED = """
update caseload_enquiries set state = 'concluded', concluded_at = :at, conclusion = :conclusion
where enquiry_id = :enquiry_id
"""


class Assessment(Struct, frozen=True, kw_only=True):
    """`completed`: it waits for a manager to authorise it; `returned`: the manager sent it back."""

    assessment_id: str
    child_id: str
    case_id: str
    worker_id: str
    state: Literal["started", "completed", "returned", "authorised"]
    referral_received_at: datetime
    started_at: datetime
    review_on: date | None
    reviewed_at: datetime | None = None
    seen_at: datetime | None = None
    extended_at: datetime | None = None
    completed_at: datetime | None
    completed_by: str | None
    outcome: AssessmentOutcome | None
    authorised_at: datetime | None
    position: int


class Enquiry(Struct, frozen=True, kw_only=True):
    """`no-section-47`: a discussion was held and decided that none is needed."""

    enquiry_id: str
    child_id: str
    state: Literal["requested", "no-section-47", "section-47", "concluded"]
    requested_at: datetime | None
    held_at: datetime | None
    decision: StrategyDecision | None
    started_at: datetime | None
    joint: bool | None
    concluded_at: datetime | None
    conclusion: Conclusion | None
    position: int


class Case(Struct, frozen=True, kw_only=True):
    """The work with one child. `case_id` is None where only an enquiry, plan or visit is known.

    `worker_id` of a closed case is who had it last, since `since`. `unallocated_since` is None
    while it is allocated or closed. `handover_sealed`: the note for `handover_to` (`narrative`,
    stream `case_id`). Assessments and enquiries stand newest first.
    """

    child_id: str
    case_id: str | None = None
    is_open: bool = False
    episode: int = 0
    need: Need = "N0"
    referral_id: str | None = None
    referral_received_at: datetime | None = None
    opened_at: datetime | None = None
    team_id: str | None = None
    worker_id: str | None = None
    since: datetime | None = None
    unallocated_since: datetime | None = None
    handover_to: str | None = None
    handover_at: datetime | None = None
    handover_sealed: bytes | None = None
    supervised_at: datetime | None = None
    closed_at: datetime | None = None
    closure_reason: ClosureReason | None = None
    plan_id: str | None = None
    plan_category: AbuseCategory | None = None
    plan_since: datetime | None = None
    plan_ended_at: datetime | None = None
    visited_at: datetime | None = None
    visit_failed_at: datetime | None = None
    seen_at: datetime | None = None
    conference_at: datetime | None = None
    assessments: tuple[Assessment, ...] = ()
    enquiries: tuple[Enquiry, ...] = ()

    @property
    def assessment(self) -> Assessment | None:
        """The newest assessment that is not authorised."""
        return next((each for each in self.assessments if each.state != "authorised"), None)

    @property
    def enquiry(self) -> Enquiry | None:
        """The newest enquiry that waits for a discussion or a conclusion."""
        waiting = ("requested", "section-47")
        return next((each for each in self.enquiries if each.state in waiting), None)


class Holder(Struct, frozen=True, kw_only=True):
    """Whose a case is: of a closed one, whose it was last."""

    child_id: str
    is_open: bool
    team_id: str | None
    worker_id: str | None
    handover_to: str | None


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    at = stamp(event.happened_at)
    match event:
        # The case
        case CaseOpened():
            yield Write(
                OPENED,
                {
                    "child_id": event.child_id,
                    "case_id": event.case_id,
                    "episode": event.episode,
                    "need": event.need,
                    "referral_id": event.referral_id,
                    "referral_received_at": stamp(event.referral_received_at),
                    "team_id": event.team_id,
                    "at": at,
                },
            )
        case CaseAllocated(child_id=child_id) | CaseReallocated(child_id=child_id):
            held = {"worker_id": event.worker_id, "team_id": event.team_id}
            yield Write(ALLOCATED, held | {"child_id": child_id, "at": at})
        case CaseUnallocated(child_id=child_id):
            yield Write(UNALLOCATED, {"child_id": child_id, "at": at})
        case CaseTransferred(child_id=child_id, team_id=team_id):
            yield Write(TRANSFERRED, {"child_id": child_id, "team_id": team_id, "at": at})
        case HandoverIssued(child_id=child_id, to_worker_id=worker_id):
            handed = {"worker_id": worker_id, "at": at, "sealed": recorded.sealed}
            yield Write(HANDED_OVER, handed | {"child_id": child_id})
        case HandoverAcknowledged(child_id=child_id):
            yield Write(TAKEN_OVER, {"child_id": child_id})
        case CaseClosed(child_id=child_id, reason=reason):
            yield Write(CLOSED, {"child_id": child_id, "at": at, "reason": reason})
        case CaseReopened(child_id=child_id):
            yield Write(REOPENED, {"child_id": child_id, "at": at})

        # The assessment
        case AssessmentStarted():
            yield Write(KNOWN, {"child_id": event.child_id})
            yield Write(
                STARTED,
                {
                    "assessment_id": event.assessment_id,
                    "child_id": event.child_id,
                    "case_id": event.case_id,
                    "worker_id": event.worker_id,
                    "referral_received_at": stamp(event.referral_received_at),
                    "at": at,
                    "review_on": event.review_on and event.review_on.isoformat(),
                    "position": recorded.position,
                },
            )
        case AssessmentCompleted(assessment_id=assessment_id, outcome=outcome):
            done = {"at": at, "completed_by": event.by, "outcome": outcome}
            yield Write(COMPLETED, done | {"assessment_id": assessment_id})
        case AssessmentReturned(assessment_id=assessment_id):
            yield Write(RETURNED, {"assessment_id": assessment_id})
        case AssessmentAuthorised(assessment_id=assessment_id):
            yield Write(AUTHORISED, {"assessment_id": assessment_id, "at": at})

        # The enquiry, the conference and the plan
        case StrategyDiscussionRequested(enquiry_id=enquiry_id, child_id=child_id):
            asked = {"child_id": child_id, "at": at, "position": recorded.position}
            yield Write(REQUESTED, asked | {"enquiry_id": enquiry_id})
            yield Write(KNOWN, {"child_id": child_id})
        case StrategyDiscussionHeld():
            none = event.decision == "no-section-47"
            yield Write(KNOWN, {"child_id": event.child_id})
            yield Write(
                HELD,
                {
                    "enquiry_id": event.enquiry_id,
                    "child_id": event.child_id,
                    "state": "no-section-47" if none else "section-47",
                    "decision": event.decision,
                    "at": at,
                    "position": recorded.position,
                },
            )
        case Section47Started(enquiry_id=enquiry_id, joint=joint):
            yield Write(SECTION_47, {"enquiry_id": enquiry_id, "at": at, "joint": int(joint)})
        case Section47Concluded(enquiry_id=enquiry_id, conclusion=conclusion):
            done = {"enquiry_id": enquiry_id, "at": at}
            yield Write(CONCLUDED, done | {"conclusion": conclusion})
        case InitialConferenceHeld(child_id=child_id):
            yield Write(CONFERENCE, {"child_id": child_id, "at": at})
        case ProtectionPlanStarted(child_id=child_id, plan_id=plan_id, category=category):
            plan = {"plan_id": plan_id, "category": category, "at": at, "ended_at": None}
            yield Write(PLAN, plan | {"child_id": child_id})
        case ProtectionPlanEnded(child_id=child_id, plan_id=plan_id):
            ended = {"category": None, "at": None, "ended_at": at}
            yield Write(PLAN, ended | {"child_id": child_id, "plan_id": plan_id})

        # What stands alone, until it is retracted
        case SupervisionHeld():
            yield _happened(recorded, event, "supervised")
        case ReviewPointReached():
            yield _happened(recorded, event, "reviewed", event.assessment_id)
        case ChildSeen():
            yield _happened(recorded, event, "seen", event.assessment_id, seen=True)
        case AssessmentExtended():
            yield _happened(recorded, event, "extended", event.assessment_id)
        case VisitMade(seen=seen):
            yield _happened(recorded, event, "visited", seen=seen)
        case VisitFailed():
            yield _happened(recorded, event, "visit_failed")
        case Retracted(position=wrong):
            yield Write(RETRACTED, {"wrong": wrong, "position": recorded.position})


def _happened(
    recorded: Recorded,
    event: Any,
    what: str,
    assessment_id: str | None = None,
    *,
    seen: bool = False,
) -> Write:
    return Write(
        HAPPENED,
        {
            "position": recorded.position,
            "child_id": event.child_id,
            "assessment_id": assessment_id,
            "what": what,
            "seen": int(seen),
            "at": stamp(event.happened_at),
        },
    )


def of_worker(query: Query, worker_id: str, *, closed: bool = False) -> list[Case]:
    """A worker's cases, the longest allocated first; with `closed` the closed ones instead."""
    where = "worker_id = :worker_id and is_open = :is_open"
    values = {"worker_id": worker_id, "is_open": int(not closed)}
    return _cases(query, f"{where} order by since, child_id", values)


def of_team(query: Query, team_id: str, *, closed: bool = False) -> list[Case]:
    """A team's cases: unallocated first, then by worker; with `closed` the closed ones instead."""
    where = "team_id = :team_id and is_open = :is_open"
    values = {"team_id": team_id, "is_open": int(not closed)}
    order = "order by coalesce(unallocated_since, '9999'), coalesce(worker_id, ''), since, child_id"
    return _cases(query, f"{where} {order}", values)


def unallocated(query: Query, team_id: str | None = None) -> list[Case]:
    """The open cases that nobody is allocated to, in a team or anywhere, longest first."""
    where = "is_open = 1 and worker_id is null and (:team_id = '' or team_id = :team_id)"
    order = "order by unallocated_since, child_id"
    return _cases(query, f"{where} {order}", {"team_id": team_id or ""})


def handed_over_to(query: Query, worker_id: str) -> list[Case]:
    """The open cases whose handover a worker has yet to acknowledge, longest waiting first."""
    where = "handover_to = :worker_id and is_open = 1 order by handover_at, child_id"
    return _cases(query, where, {"worker_id": worker_id})


def of_child(query: Query, child_id: str) -> Case | None:
    """The work with a child, if there is any: a case, an enquiry, a plan, or only a visit."""
    cases = _cases(query, "child_id = :child_id", {"child_id": child_id})
    if not cases and (newest := _newest(query, [child_id])):
        return rows(Case, [{"child_id": child_id, **newest[child_id]}])[0]
    return next(iter(cases), None)


def holders(query: Query, child_ids: Iterable[str]) -> list[Holder]:
    """Who has, or had, the cases of these children."""
    named, values = among("child", child_ids)
    found = query(
        "select child_id, is_open, team_id, worker_id, handover_to from caseload"  # noqa: S608
        f" where child_id in ({named}) and case_id is not null order by child_id",
        values,
    )
    return rows(Holder, found)


def case(query: Query, case_id: str) -> Case | None:
    """One case, open or closed."""
    return next(iter(_cases(query, "case_id = :case_id", {"case_id": case_id})), None)


def assessment(query: Query, assessment_id: str) -> Assessment | None:
    """One assessment, whatever became of it."""
    wanted = {"assessment_id": assessment_id}
    found = query("select * from caseload_assessments where assessment_id = :assessment_id", wanted)
    newest = _newest(query, (row["child_id"] for row in found))
    return next(iter(_with_newest(Assessment, "assessment_id", found, newest)), None)


def enquiry(query: Query, enquiry_id: str) -> Enquiry | None:
    """One enquiry, whatever became of it."""
    wanted = {"enquiry_id": enquiry_id}
    found = query("select * from caseload_enquiries where enquiry_id = :enquiry_id", wanted)
    return next(iter(rows(Enquiry, found)), None)


def _cases(query: Query, where: str, values: Mapping[str, Any]) -> list[Case]:
    found = query(f"select * from caseload where {where}", values)  # noqa: S608
    named, children = among("child", (row["child_id"] for row in found))
    newest = _newest(query, children.values())
    cases = _with_newest(Case, "child_id", found, newest)
    of_each = f"where child_id in ({named}) order by position desc"
    assessments: dict[str, list[Assessment]] = {}
    found = query(f"select * from caseload_assessments {of_each}", children)  # noqa: S608
    for assessment in _with_newest(Assessment, "assessment_id", found, newest):
        assessments.setdefault(assessment.child_id, []).append(assessment)
    enquiries: dict[str, list[Enquiry]] = {}
    found = query(f"select * from caseload_enquiries {of_each}", children)  # noqa: S608
    for enquiry in rows(Enquiry, found):
        enquiries.setdefault(enquiry.child_id, []).append(enquiry)
    return [
        replace(
            case,
            assessments=tuple(assessments.get(case.child_id, ())),
            enquiries=tuple(enquiries.get(case.child_id, ())),
        )
        for case in cases
    ]


def _newest(query: Query, child_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """When each thing last happened to a child, and in an assessment, by the name of its column."""
    named, children = among("child", child_ids)
    found = query(
        "select child_id, assessment_id, what, seen, max(at) as at from caseload_happened"  # noqa: S608
        f" where child_id in ({named}) and retracted_by is null"
        " group by child_id, assessment_id, what, seen",
        children,
    )
    newest: dict[str, dict[str, str]] = {}
    for row in found:
        for about in filter(None, (row["child_id"], row["assessment_id"])):
            columns = newest.setdefault(about, {})
            for what in {row["what"], "seen"} if row["seen"] else {row["what"]}:
                columns[f"{what}_at"] = max(columns.get(f"{what}_at", ""), row["at"])
    return newest


def _with_newest(
    kind: type[S], key: str, found: Iterable[Mapping[str, Any]], newest: dict[str, dict[str, str]]
) -> list[S]:
    return rows(kind, ({**row, **newest.get(row[key], {})} for row in found))


caseload = Projection(
    name="caseload",
    version=3,
    tables={
        "caseload": ("child_id",),
        "caseload_assessments": ("assessment_id",),
        "caseload_happened": ("position",),
        "caseload_enquiries": ("enquiry_id",),
    },
    schema=SCHEMA,
    events=(
        CaseOpened,
        CaseAllocated,
        CaseReallocated,
        CaseUnallocated,
        CaseTransferred,
        HandoverIssued,
        HandoverAcknowledged,
        SupervisionHeld,
        CaseClosed,
        CaseReopened,
        AssessmentStarted,
        ReviewPointReached,
        ChildSeen,
        AssessmentExtended,
        AssessmentCompleted,
        AssessmentReturned,
        AssessmentAuthorised,
        StrategyDiscussionRequested,
        StrategyDiscussionHeld,
        Section47Started,
        Section47Concluded,
        InitialConferenceHeld,
        ProtectionPlanStarted,
        ProtectionPlanEnded,
        VisitMade,
        VisitFailed,
        Retracted,
    ),
    project=project,
)
