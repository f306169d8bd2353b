"""
What happened to this child, told by every agency, in the order in which it happened?

    timeline(query, child_id, *, agency=None, kind=None, as_known_at=None) -> list[Entry]
                                     kind: a family of events, such as `referral` or `risk`
    agencies_of(query, child_id, *, as_known_at=None) -> list[str]     for a swim-lane each

A referral stands on the timelines of all the children it is about, from when it was known to be
about them; a record that was merged stands on the timeline of the child it turned out to be.
An entry that was put right stays, and says what superseded it. `Entry.sealed` opens with its
`stream`; the title says nothing that is private.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, get_args

from msgspec import Struct

from domain.assessment import (
    ASSESSMENT_OUTCOMES,
    AssessmentAuthorised,
    AssessmentCompleted,
    AssessmentExtended,
    AssessmentReturned,
    AssessmentStarted,
    ChildSeen,
    ReviewPointReached,
)
from domain.case import (
    CaseAllocated,
    CaseAudited,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseReopened,
    CaseTransferred,
    CaseUnallocated,
    DecisionOverturned,
    HandoverAcknowledged,
    HandoverIssued,
    ManagementDecisionRecorded,
    SupervisionHeld,
)
from domain.child import (
    ChildMatched,
    ChildRecordsMerged,
    ChildRecordsSeparated,
    ChildRecordsToldApart,
    ChildRegistered,
    ChildUnmatched,
    DetailsCorrected,
    HouseholdJoined,
    HouseholdLeft,
    RecordRestricted,
    RecordUnrestricted,
    RelationshipEnded,
    RelationshipRecorded,
    TellingApartWithdrawn,
)
from domain.codes import ABUSE_CATEGORIES, CLOSURE_REASONS, WORKER_CHANGES
from domain.conference import CONFERENCE_DECISIONS, InitialConferenceHeld
from domain.described import URGENCIES
from domain.enquiry import (
    CONCLUSIONS,
    STRATEGY_DECISIONS,
    Section47Concluded,
    Section47Started,
    StrategyDiscussionHeld,
    StrategyDiscussionRequested,
)
from domain.kernel import Event, Recorded, stored_name
from domain.plan import (
    PLAN_ENDS,
    ProtectionPlanEnded,
    ProtectionPlanStarted,
    VisitFailed,
    VisitMade,
)
from domain.record import Corrected, Retracted
from domain.referral import (
    OUTCOMES,
    ChildAdded,
    ChildRemoved,
    ConflictSettled,
    DecisionAuthorised,
    InformationDeclined,
    InformationRequested,
    InformationShared,
    ReferralAcknowledged,
    ReferralAttended,
    ReferralCancelled,
    ReferralConflicted,
    ReferralDecided,
    ReferralEvent,
    ReferralReceived,
    ReferralReopened,
    ReferralRouted,
    ReferralScreened,
    ReferralUpdated,
    ReferrerFollowedUp,
    ReferrerToldOutcome,
)
from domain.risk import (
    ANSWERS,
    RISK_KINDS,
    RiskAnswered,
    RiskAnswerWithdrawn,
    RiskEscalated,
    RiskRaised,
)
from projections.base import EVER, Projection, Query, Write, among, known, rows, stamp

SCHEMA = (
    # `about`: the child or referral whose story the entry belongs to; `also` a second record that
    # it must not be missed on. `slot`: what a later event supersedes, if one ever does.
    """
    create table if not exists chronology (
        position integer primary key,
        about text not null,
        also text,
        slot text,
        event text not null,
        kind text not null,
        stream text not null,
        happened_at text not null,
        received_at text not null,
        recorded_at text not null,
        agency text not null,
        by_whom text not null,
        title text not null,
        sealed blob not null
    )
    """,
    "create index if not exists chronology_about on chronology (about)",
    "create index if not exists chronology_also on chronology (also) where also is not null",
    "create index if not exists chronology_slot on chronology (slot) where slot is not null",
    # A child's story takes in what is about the referral, or the merged record, `about`.
    """
    create table if not exists chronology_links (
        child_id text not null,
        about text not null,
        position integer not null,
        since text not null,
        until text not null,
        primary key (child_id, about, position)
    )
    """,
    """
    create table if not exists chronology_superseded (
        position integer not null,
        superseded_by integer not null,
        since text not null,
        primary key (position, superseded_by)
    )
    """,
)
ENTRY = """
insert into chronology (position, about, also, slot, event, kind, stream, happened_at, received_at,
    recorded_at, agency, by_whom, title, sealed)
values (:position, :about, :also, :slot, :event, :kind, :stream, :happened_at, :received_at,
    :recorded_at, :agency, :by_whom, :title, :sealed)
on conflict (position) do nothing
"""
LINK = """
insert into chronology_links (child_id, about, position, since, until)
values (:child_id, :about, :position, :at, '9999')
on conflict (child_id, about, position) do nothing
"""
# The sender's next message does not put back a child whom a person took off.
LINK_IF_NEW = """
insert into chronology_links (child_id, about, position, since, until)
select :child_id, :about, :position, :at, '9999'
where not exists (
    select 1 from chronology_links where child_id = :child_id and about = :about
)
on conflict (child_id, about, position) do nothing
"""
UNLINK = """
update chronology_links set until = :at
where child_id = :child_id and about = :about and until = '9999' and position < :position
"""
SUPERSEDE = """
insert into chronology_superseded (position, superseded_by, since)
values (:wrong, :position, :at) on conflict (position, superseded_by) do nothing
"""
SUPERSEDE_SLOT = """
insert into chronology_superseded (position, superseded_by, since)
select position, :position, :at from chronology
where slot = :slot and position < :position and not exists (
    select 1 from chronology_superseded earlier where earlier.position = chronology.position
)
on conflict (position, superseded_by) do nothing
"""


class Entry(Struct, frozen=True, kw_only=True):
    """One thing that happened. `by_whom`: a person's or agency's id. `superseded_by`: the position
    of the entry that puts this one right, if it was known at the instant asked for."""

    position: int
    event: str
    kind: str
    stream: str
    happened_at: datetime
    received_at: datetime
    recorded_at: datetime
    agency: str
    by_whom: str
    title: str
    sealed: bytes
    superseded_by: int | None


# ── Titles ── plain sentences from the clear header alone; an agency stands there by its id ───────


def _received(event: Any) -> str:
    title = f"Referral received from {event.agency}"
    return f"{title}: {URGENCIES[event.urgency]}" if event.urgency != "not-stated" else title


def _joined(first: str, then: str) -> str:
    return f"{first}: {then[0].lower()}{then[1:]}"


def _seen(event: Any) -> str:
    return f"Child seen {_alone(event)}, {PLACES[event.where]}"


def _visited(event: Any) -> str:
    if not event.seen:
        return f"Visit made, {PLACES[event.where]}: child not seen"
    bedroom = "bedroom seen" if event.bedroom_seen else "bedroom not seen"
    return f"Visit made, {PLACES[event.where]}: child seen {_alone(event)}, {bedroom}"


def _alone(event: Any) -> str:
    return "alone" if event.alone else "with others"


def _conference(event: Any) -> str:
    decided = CONFERENCE_DECISIONS[event.decision]
    category = f" ({ABUSE_CATEGORIES[event.category].lower()})" if event.category else ""
    return _joined("Initial child protection conference held", decided + category)


PLACES = {
    "home": "at home",
    "school": "at school",
    "nursery": "at nursery",
    "hospital": "in hospital",
    "office": "at the office",
    "elsewhere": "elsewhere",
}
TITLES: dict[type[Event], Callable[[Any], str]] = {
    ReferralReceived: _received,
    ReferralUpdated: lambda e: f"Referral updated by {e.agency}",
    ReferralCancelled: lambda e: f"Referral withdrawn by {e.agency}",
    ReferralConflicted: lambda e: f"Other content received from {e.agency} for the same referral",
    ConflictSettled: lambda e: "Conflicting messages settled",
    ReferralRouted: lambda e: f"Referral routed to {e.team_id}",
    ChildAdded: lambda e: "Child added to the referral",
    ChildRemoved: lambda e: "Child taken off the referral",
    ReferralAcknowledged: lambda e: "Referral acknowledged",
    InformationRequested: lambda e: f"Information asked of {e.asked_agency}",
    InformationShared: lambda e: f"Information shared by {e.by_agency}",
    InformationDeclined: lambda e: f"Information declined by {e.by_agency}",
    ReferralScreened: lambda e: f"Referral screened: {e.rag}, threshold {e.threshold}",
    ReferralDecided: lambda e: _joined("Referral decided", OUTCOMES[e.outcome]),
    DecisionAuthorised: lambda e: "Decision authorised by a manager",
    ReferrerToldOutcome: lambda e: _joined("Referrer told", OUTCOMES[e.outcome]),
    ReferrerFollowedUp: lambda e: "Referrer followed up",
    ReferralAttended: lambda e: "What came after the decision attended to: it stands",
    ReferralReopened: lambda e: "Referral reopened",
    ChildRegistered: lambda e: "Record opened" + (" for an unborn child" if e.unborn else ""),
    ChildMatched: lambda e: "Matched to a referral" + (" by a person" * (e.rule == "person")),
    ChildUnmatched: lambda e: "Match to a referral undone",
    ChildRecordsMerged: lambda e: "Another record found to be about this child",
    ChildRecordsSeparated: lambda e: "Records found to be about different children",
    ChildRecordsToldApart: lambda e: "A record that looks alike found to be another child's",
    TellingApartWithdrawn: lambda e: "A record told apart may be this child's after all",
    DetailsCorrected: lambda e: "Details corrected",
    RelationshipRecorded: lambda e: f"Relationship recorded: {e.relation}",
    RelationshipEnded: lambda e: "Relationship ended",
    HouseholdJoined: lambda e: "Joined a household",
    HouseholdLeft: lambda e: "Left a household",
    RecordRestricted: lambda e: "Record restricted to named people",
    RecordUnrestricted: lambda e: "Record no longer restricted",
    RiskRaised: lambda e: _joined(f"Risk raised by {e.raised_by_agency}", RISK_KINDS[e.kind]),
    RiskAnswered: lambda e: "Risk answered: " + ANSWERS[e.answer].partition(":")[0].lower(),
    RiskAnswerWithdrawn: lambda e: "Answer to a risk withdrawn: nobody has answered it",
    RiskEscalated: lambda e: f"Risk escalated to {e.to}",
    CaseOpened: lambda e: f"Case opened, episode {e.episode}",
    CaseAllocated: lambda e: f"Case allocated to {e.worker_id}",
    CaseReallocated: lambda e: (
        f"Case reallocated from {e.from_worker_id} to {e.worker_id}: {WORKER_CHANGES[e.reason]}"
    ),
    CaseUnallocated: lambda e: (
        f"Case left without a worker by {e.from_worker_id}: {WORKER_CHANGES[e.reason]}"
    ),
    HandoverIssued: lambda e: f"Handed over to {e.to_worker_id}",
    HandoverAcknowledged: lambda e: "Handover acknowledged",
    CaseTransferred: lambda e: f"Case transferred to {e.team_id}",
    SupervisionHeld: lambda e: f"Supervision held with {e.worker_id}",
    ManagementDecisionRecorded: lambda e: "Management decision recorded",
    CaseAudited: lambda e: f"Case audited: {e.grade.replace('-', ' ')}",
    DecisionOverturned: lambda e: "Decision overturned",
    CaseClosed: lambda e: _joined("Case closed", CLOSURE_REASONS[e.reason]),
    CaseReopened: lambda e: "Case reopened",
    AssessmentStarted: lambda e: f"Child and family assessment started by {e.worker_id}",
    ReviewPointReached: lambda e: "Assessment reviewed by a manager",
    ChildSeen: _seen,
    AssessmentExtended: lambda e: "Assessment extended",
    AssessmentCompleted: lambda e: _joined("Assessment completed", ASSESSMENT_OUTCOMES[e.outcome]),
    AssessmentAuthorised: lambda e: "Assessment authorised",
    AssessmentReturned: lambda e: "Assessment returned to the worker",
    StrategyDiscussionRequested: lambda e: "Strategy discussion asked for",
    StrategyDiscussionHeld: lambda e: _joined(
        "Strategy discussion held", STRATEGY_DECISIONS[e.decision]
    ),
    Section47Started: lambda e: "Section 47 enquiry started" + (" with the police" * e.joint),
    Section47Concluded: lambda e: _joined(
        "Section 47 enquiry concluded", CONCLUSIONS[e.conclusion]
    ),
    InitialConferenceHeld: _conference,
    ProtectionPlanStarted: lambda e: _joined(
        "Child protection plan started", ABUSE_CATEGORIES[e.category]
    ),
    VisitMade: _visited,
    VisitFailed: lambda e: "Visit failed",
    ProtectionPlanEnded: lambda e: _joined("Child protection plan ended", PLAN_ENDS[e.reason]),
    Corrected: lambda e: "An entry corrected",
    Retracted: lambda e: "An entry retracted",
}

# ── Undoing ── what one event says, another may undo: both name it by the same slot ───────────────


def _match(event: Any) -> str:
    return f"match|{event.child_id}|{event.referral_id}"


def _merge(event: Any) -> str:
    return f"merge|{event.child_id}|{event.merged_child_id}"


def _decision(event: Any) -> str:
    return f"decision|{event.referral_id}"


def _answer(event: Any) -> str:
    return f"answer|{event.risk_id}"


def _apart(event: Any) -> str:
    return f"apart|{event.child_id}|{event.other_child_id}"


def _completion(event: Any) -> str:
    return f"completion|{event.assessment_id}"


def _closure(event: Any) -> str:
    return f"closure|{event.case_id}"


SAYS: dict[type[Event], Callable[[Any], str]] = {
    ChildMatched: _match,
    ChildRecordsMerged: _merge,
    ChildRecordsToldApart: _apart,
    ReferralDecided: _decision,
    RiskAnswered: _answer,
    AssessmentCompleted: _completion,
    CaseClosed: _closure,
}
UNDOES: dict[type[Event], Callable[[Any], str]] = {
    ChildUnmatched: _match,
    ChildRecordsSeparated: _merge,
    TellingApartWithdrawn: _apart,
    ReferralReopened: _decision,
    RiskAnswerWithdrawn: _answer,
    AssessmentReturned: _completion,
    CaseReopened: _closure,
}
PUTS_RIGHT: frozenset[type[Event]] = frozenset({Corrected, Retracted, DecisionOverturned})
"""These name the position of what was wrong."""

# ── Writing ───────────────────────────────────────────────────────────────────────────────────────

ALSO: dict[type[Event], str] = {
    ChildAdded: "child_id",
    ChildRemoved: "child_id",
    ChildRecordsMerged: "merged_child_id",
    ChildRecordsSeparated: "merged_child_id",
    ChildRecordsToldApart: "other_child_id",
    TellingApartWithdrawn: "other_child_id",
}
"""The field that names a second record on which the entry must not be missed."""

REFERRAL_EVENTS = get_args(ReferralEvent)
LINKS: frozenset[type[Event]] = frozenset(
    {
        ReferralReceived,
        ReferralUpdated,
        ChildAdded,
        ChildRemoved,
        ChildRegistered,
        ChildMatched,
        ChildUnmatched,
        ChildRecordsMerged,
        ChildRecordsSeparated,
    }
)


class Told(NamedTuple):
    """How an event of one kind is told: looked up once, as nearly every event is."""

    name: str
    family: str
    title: Callable[[Any], str]
    of_referral: bool
    says: Callable[[Any], str] | None
    also: str | None
    alone: bool


def _told(kind: type[Event]) -> Told:
    name = stored_name(kind)
    return Told(
        name=name,
        family=name.partition(".")[0],
        title=TITLES[kind],
        of_referral=issubclass(kind, REFERRAL_EVENTS),
        says=SAYS.get(kind),
        also=ALSO.get(kind),
        alone=kind not in (LINKS | UNDOES.keys() | PUTS_RIGHT),
    )


TOLD = {kind: _told(kind) for kind in TITLES}


def project(recorded: Recorded) -> Iterator[Write]:
    event: Any = recorded.event
    position, at = recorded.position, stamp(event.recorded_at)
    name, family, title, of_referral, says, also, alone = TOLD[type(event)]
    # What is about a referral is on its children's timelines; all else has one child's id.
    about = recorded.stream if of_referral else event.child_id
    if not alone:
        yield from _around(event, about, position, at)
    yield Write(
        ENTRY,
        {
            "position": position,
            "about": about,
            "also": getattr(event, also) if also else None,
            "slot": says(event) if says else None,
            "event": name,
            "kind": family,
            "stream": recorded.stream,
            "happened_at": stamp(event.happened_at),
            "received_at": stamp(event.received_at),
            "recorded_at": at,
            "agency": event.agency,
            "by_whom": event.by,
            "title": title(event),
            "sealed": recorded.sealed,
        },
    )


def _around(event: Any, about: str, position: int, at: str) -> Iterator[Write]:
    """What an event changes beside its own entry."""
    kind = type(event)
    if kind in LINKS:
        yield from _links(event, about, position, at)
    if kind in UNDOES:
        yield Write(SUPERSEDE_SLOT, {"slot": UNDOES[kind](event), "position": position, "at": at})
    if kind in PUTS_RIGHT:
        yield Write(SUPERSEDE, {"wrong": event.position, "position": position, "at": at})


def _links(event: Any, about: str, position: int, at: str) -> Iterator[Write]:
    """What joins or leaves a child's story, from the instant at which it was recorded."""

    def link(sql: str, child_id: str, joined: str) -> Write:
        return Write(sql, {"child_id": child_id, "about": joined, "position": position, "at": at})

    match event:
        case ReferralReceived(child_ids=child_ids) | ReferralUpdated(child_ids=child_ids):
            yield from (link(LINK_IF_NEW, child_id, about) for child_id in child_ids)
        case ChildAdded(child_id=child_id):
            yield link(LINK, child_id, about)
        case ChildRemoved(child_id=child_id):
            yield link(UNLINK, child_id, about)
        case ChildRegistered(child_id=child_id, referral_id=referral_id, message=message):
            # Whom a message names stands in the referral that it brought.
            if message is None and referral_id:
                yield link(LINK, child_id, referral_id)
        case ChildMatched(child_id=child_id, referral_id=referral_id, rule=rule, message=message):
            if rule == "person":
                yield link(LINK, child_id, referral_id)
            elif message is None:
                yield link(LINK_IF_NEW, child_id, referral_id)
        case ChildUnmatched(child_id=child_id, referral_id=referral_id):
            yield link(UNLINK, child_id, referral_id)
        case ChildRecordsMerged(child_id=child_id, merged_child_id=merged):
            yield link(LINK, child_id, merged)
        case _:  # ChildRecordsSeparated
            yield link(UNLINK, event.child_id, event.merged_child_id)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


def timeline(
    query: Query,
    child_id: str,
    *,
    agency: str | None = None,
    kind: str | None = None,
    as_known_at: datetime | None = None,
) -> list[Entry]:
    """A child's story in the order in which it happened; what was recorded after `as_known_at` is
    left out, and so is everything else that follows from it."""
    story = _story(query, child_id, as_known_at)
    known_at = known(as_known_at)
    named, values = among("about", story)
    columns = (
        "position, event, kind, stream, happened_at, received_at, recorded_at, agency, by_whom,"
        " title, sealed, (select max(superseded_by) from chronology_superseded later"
        " where later.position = chronology.position and later.since <= :known) as superseded_by"
    )
    found = query(
        f"select {columns} from chronology where (about in ({named}) or also in ({named}))"  # noqa: S608
        " and recorded_at <= :known and (:agency = '' or agency = :agency)"
        " and (:kind = '' or kind = :kind) order by happened_at, position",
        {**values, "known": known_at, "agency": agency or "", "kind": kind or ""},
    )
    return rows(Entry, found)


def superseding(query: Query, position: int) -> list[int]:
    """The positions of all that put the entry at this position right, the oldest first."""
    found = query(
        "select superseded_by from chronology_superseded where position = :position"
        " order by superseded_by",
        {"position": position},
    )
    return [row["superseded_by"] for row in found]


def agencies_of(query: Query, child_id: str, *, as_known_at: datetime | None = None) -> list[str]:
    """The agencies that a child's story is told by, by id."""
    named, values = among("about", _story(query, child_id, as_known_at))
    found = query(
        f"select distinct agency from chronology where (about in ({named}) or also in ({named}))"  # noqa: S608
        " and recorded_at <= :known order by agency",
        {**values, "known": known(as_known_at)},
    )
    return [row["agency"] for row in found]


def _story(query: Query, child_id: str, as_known_at: datetime | None) -> set[str]:
    """The child, the referrals about them and the records merged into theirs, and so on."""
    story, new = set[str](), {child_id}
    while new:
        story |= new
        named, values = among("child", new)
        found = query(
            f"select distinct about from chronology_links where child_id in ({named})"  # noqa: S608
            f" and since <= :known and (until > :known or until = '{EVER}')",
            {**values, "known": known(as_known_at)},
        )
        new = {row["about"] for row in found} - story
    return story


chronology = Projection(
    name="chronology",
    version=3,
    tables={
        "chronology": ("position",),
        "chronology_links": ("child_id", "about", "position"),
        "chronology_superseded": ("position", "superseded_by"),
    },
    schema=SCHEMA,
    events=tuple(TITLES),
    project=project,
)
