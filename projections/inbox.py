"""
Which referrals wait for a person, and what does that person need to see to decide?

    waiting(query, team=None) -> list[Waiting]      oldest due first
    unfinished(query, team=None) -> list[Waiting]   decided; to be authorised, or the referrer told
    told(query, worker_id) -> list[Waiting]         those about children whose worker was told
    unconfirmed(query, manager_id) -> list[Waiting]        said to be authorised by that manager
    passed(query, child_ids) -> list[Waiting]       given to the children's social worker
    naming(query, child_id) -> list[Waiting]        those that name a child
    referral(query, referral_id) -> Referral | None
                             decided or not; with all that was said and done about it, in log order
    perhaps_same(query, referral_id) -> list[str]   later ones, perhaps about the same thing
    counts(query, on) -> list[Count]                by team: how many wait, and are past that day

A referral waits until it is decided, and again when it is reopened. What comes after the decision
(an update, a cancellation, other content under the same key, the referrer asking) brings it back,
marked, until it is reopened and decided again, attended to (the decision stands), the conflict is
settled or the referrer is told.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain.child import ChildMatched, ChildRegistered, ChildUnmatched
from domain.codes import ReferralSource
from domain.described import Urgency
from domain.kernel import Recorded
from domain.referral import (
    ChildAdded,
    ChildRemoved,
    ConflictSettled,
    DecisionAuthorised,
    InformationDeclined,
    InformationRequested,
    InformationShared,
    Outcome,
    Rag,
    ReferralAcknowledged,
    ReferralAttended,
    ReferralCancelled,
    ReferralConflicted,
    ReferralDecided,
    ReferralReceived,
    ReferralReopened,
    ReferralRouted,
    ReferralScreened,
    ReferralUpdated,
    ReferrerFollowedUp,
    ReferrerToldOutcome,
    Threshold,
)
from projections.base import Projection, Query, Write, among, clock, last_day, listed, rows, stamp

SCHEMA = (
    """
    create table if not exists inbox (
        referral_id text primary key,
        waiting integer not null,
        agency text not null,
        unit text,
        channel text not null,
        format text not null,
        happened_at text not null,
        received_at text not null,
        due_on text not null,
        policy text not null,
        urgency text not null,
        problems text not null,
        team_id text,
        told_workers text not null,
        perhaps_about text,
        position integer not null,
        sealed blob not null,
        updated_at text,
        cancelled_at text,
        conflict_at text,
        followed_up_at text,
        acknowledged_at text,
        rag text,
        threshold integer,
        decided_at text,
        decided_by text,
        outcome text,
        decided_position integer,
        authorised_by text,
        unconfirmed text,
        told_at text,
        reopened_at text
    )
    """,
    "create index if not exists inbox_waiting on inbox (due_on) where waiting = 1",
    """
    create index if not exists inbox_perhaps on inbox (perhaps_about)
    where perhaps_about is not null
    """,
    """
    create index if not exists inbox_unconfirmed on inbox (unconfirmed)
    where unconfirmed is not null
    """,
    """
    create table if not exists inbox_children (
        referral_id text not null,
        child_id text not null,
        removed integer not null default 0,
        primary key (referral_id, child_id)
    )
    """,
    "create index if not exists inbox_children_of on inbox_children (child_id)",
    """
    create table if not exists inbox_events (
        position integer primary key,
        referral_id text not null,
        event text not null,
        happened_at text not null,
        received_at text not null,
        recorded_at text not null,
        agency text not null,
        by_whom text not null,
        about text,
        authorised_by text,
        channel text,
        format text,
        unit text,
        source text,
        urgency text,
        concern_codes text,
        parents_informed integer,
        consent integer,
        lawful_basis text,
        problems text,
        sealed blob not null
    )
    """,
    "create index if not exists inbox_events_of on inbox_events (referral_id)",
)
ACT = """
insert into inbox_events (position, referral_id, event, happened_at, received_at, recorded_at,
    agency, by_whom, about, authorised_by, lawful_basis, sealed)
values (:position, :referral_id, :event, :happened_at, :received_at, :recorded_at,
    :agency, :by_whom, :about, :authorised_by, :lawful_basis, :sealed)
on conflict (position) do nothing
"""
MESSAGE = """
insert into inbox_events (position, referral_id, event, happened_at, received_at, recorded_at,
    agency, by_whom, lawful_basis, sealed, channel, format, unit, source, urgency, concern_codes,
    parents_informed, consent, problems)
values (:position, :referral_id, :event, :happened_at, :received_at, :recorded_at,
    :agency, :by_whom, :lawful_basis, :sealed, :channel, :format, :unit, :source, :urgency,
    :concern_codes, :parents_informed, :consent, :problems)
on conflict (position) do nothing
"""
RECEIVED = """
insert into inbox (referral_id, waiting, agency, unit, channel, format, happened_at, received_at,
    due_on, policy, urgency, problems, team_id, told_workers, perhaps_about, position, sealed)
values (:referral_id, 1, :agency, :unit, :channel, :format, :happened_at, :received_at,
    :due_on, :policy, :urgency, :problems, :team_id, :told_workers, :perhaps_about, :position,
    :sealed)
on conflict (referral_id) do nothing
"""
# News starts a new clock only where nothing was running: what waits already keeps its due day.
UPDATED = """
update inbox set waiting = 1, updated_at = coalesce(updated_at, :at),
    due_on = case when waiting = 1 then due_on else :due_on end
where referral_id = :referral_id
"""
CANCELLED = """
update inbox set waiting = 1, cancelled_at = :at, updated_at = coalesce(updated_at, :at),
    due_on = case when waiting = 1 then due_on else :due_on end
where referral_id = :referral_id
"""
CONFLICTED = """
update inbox set waiting = 1, conflict_at = coalesce(conflict_at, :at),
    due_on = case when waiting = 1 then due_on else :due_on end
where referral_id = :referral_id
"""
FOLLOWED_UP = """
update inbox set waiting = 1, followed_up_at = coalesce(followed_up_at, :at),
    due_on = case when waiting = 1 then due_on else :due_on end
where referral_id = :referral_id
"""
REOPENED = """
update inbox set waiting = 1, reopened_at = :at, due_on = :due_on, decided_at = null,
    decided_by = null, outcome = null, decided_position = null, authorised_by = null,
    unconfirmed = null, told_at = null
where referral_id = :referral_id
"""
SETTLED = """
update inbox set conflict_at = null,
    waiting = case when decided_at is null or updated_at is not null
        or followed_up_at is not null then 1 else 0 end
where referral_id = :referral_id
"""
TOLD = """
update inbox set told_at = :at, followed_up_at = null,
    waiting = case when decided_at is null or updated_at is not null
        or conflict_at is not null then 1 else 0 end
where referral_id = :referral_id
"""
# A conflict is settled, not attended to.
ATTENDED = """
update inbox set updated_at = null, followed_up_at = null,
    waiting = case when decided_at is null or conflict_at is not null then 1 else 0 end
where referral_id = :referral_id
"""
DECIDED = """
update inbox set decided_at = :at, decided_by = :decided_by, outcome = :outcome,
    decided_position = :position, authorised_by = :authorised_by, unconfirmed = :authorised_by,
    told_at = null,
    team_id = coalesce(:team_id, team_id),
    reopened_at = null, updated_at = null, followed_up_at = null,
    waiting = case when conflict_at is null then 0 else 1 end
where referral_id = :referral_id
"""
AUTHORISED = """
update inbox set authorised_by = :authorised_by, unconfirmed = null
where referral_id = :referral_id
"""
SCREENED = "update inbox set rag = :rag, threshold = :threshold where referral_id = :referral_id"
ROUTED = "update inbox set team_id = :team_id where referral_id = :referral_id"
ACKNOWLEDGED = """
update inbox set acknowledged_at = :at
where referral_id = :referral_id and acknowledged_at is null
"""
# The sender's next message does not put back a child whom a person took off.
TOLD_OF = """
insert into inbox_children (referral_id, child_id) values (:referral_id, :child_id)
on conflict (referral_id, child_id) do nothing
"""
PUT_ON = """
insert into inbox_children (referral_id, child_id) values (:referral_id, :child_id)
on conflict (referral_id, child_id) do update set removed = 0
"""
TAKEN_OFF = """
update inbox_children set removed = 1 where referral_id = :referral_id and child_id = :child_id
"""


class Waiting(Struct, frozen=True, kw_only=True):
    """One referral as it stands.

    `due_on`: the last day to decide it (R1 of `policy`); what came after the decision has its own.
    `updated_at`, `conflict_at` and `followed_up_at`: since when there is something that nobody has
    dealt with; `cancelled_at`: the sender withdrew it. `problems`: of its first message. `sealed`:
    what the first message said (stream `referral_id`). `unconfirmed`: the manager who authorised
    the decision by the word of whoever recorded it, and has not said so.
    """

    referral_id: str
    waiting: bool
    agency: str
    unit: str | None
    channel: str
    format: str
    happened_at: datetime
    received_at: datetime
    due_on: date
    policy: str
    urgency: Urgency
    problems: tuple[str, ...]
    team_id: str | None
    told_workers: tuple[str, ...]
    perhaps_about: str | None
    position: int
    sealed: bytes
    updated_at: datetime | None
    cancelled_at: datetime | None
    conflict_at: datetime | None
    followed_up_at: datetime | None
    acknowledged_at: datetime | None
    rag: Rag | None
    threshold: Threshold | None
    decided_at: datetime | None
    decided_by: str | None
    outcome: Outcome | None
    decided_position: int | None
    authorised_by: str | None
    unconfirmed: str | None
    told_at: datetime | None
    reopened_at: datetime | None
    child_ids: tuple[str, ...] = ()


class Entry(Struct, frozen=True, kw_only=True):
    """One thing said or done about a referral. `about`: the outcome decided or told, the agency
    asked or answering, the team, the child, or rag and threshold. `authorised_by`: the manager
    whom the person who decided named. What only a message says (from
    `channel` to `problems`) is None or empty elsewhere."""

    position: int
    referral_id: str
    event: str
    happened_at: datetime
    received_at: datetime
    recorded_at: datetime
    agency: str
    by_whom: str
    about: str | None
    authorised_by: str | None
    channel: str | None
    format: str | None
    unit: str | None
    source: ReferralSource | None
    urgency: Urgency | None
    concern_codes: tuple[str, ...]
    parents_informed: bool | None
    consent: bool | None
    lawful_basis: str | None
    problems: tuple[str, ...]
    sealed: bytes


class Referral(Struct, frozen=True, kw_only=True):
    """All that a person sees to decide. `messages`: what senders sent, the first one first;
    `acts`: everything else that was done with it."""

    now: Waiting
    messages: tuple[Entry, ...]
    acts: tuple[Entry, ...]


class Count(Struct, frozen=True, kw_only=True):
    """How many referrals wait in a team (None: routed to none), and how many are past due."""

    team_id: str | None
    waiting: int
    overdue: int


MESSAGES = (ReferralReceived, ReferralUpdated, ReferralCancelled, ReferralConflicted)
MESSAGE_NAMES = frozenset(str(kind.__struct_config__.tag) for kind in MESSAGES)


def project(recorded: Recorded) -> Iterator[Write]:
    match event := recorded.event:
        # Whom a message names stands in the referral that it brought.
        case ChildRegistered(referral_id=referral_id, child_id=child_id, message=message):
            if message is None and referral_id:
                yield Write(TOLD_OF, {"referral_id": referral_id, "child_id": child_id})
            return
        case ChildMatched(referral_id=referral_id, child_id=child_id, message=message):
            if event.rule == "person":
                yield Write(PUT_ON, {"referral_id": referral_id, "child_id": child_id})
            elif message is None:
                yield Write(TOLD_OF, {"referral_id": referral_id, "child_id": child_id})
            return
        case ChildUnmatched(referral_id=referral_id, child_id=child_id):
            yield Write(TAKEN_OFF, {"referral_id": referral_id, "child_id": child_id})
            return
    yield from _changed(recorded)
    yield _written(recorded)


def _changed(recorded: Recorded) -> Iterator[Write]:
    event: Any = recorded.event
    wanted = {"referral_id": event.referral_id}
    match event:
        case ReferralReceived():
            yield Write(RECEIVED, _received(event, recorded))
            yield from (Write(TOLD_OF, wanted | {"child_id": child}) for child in event.child_ids)
        case ReferralUpdated():
            yield Write(UPDATED, wanted | _news(event.received_at))
            yield from (Write(TOLD_OF, wanted | {"child_id": child}) for child in event.child_ids)
        case ReferralCancelled():
            yield Write(CANCELLED, wanted | _news(event.received_at))
        case ReferralConflicted():
            yield Write(CONFLICTED, wanted | _news(event.received_at))
        case ReferrerFollowedUp():
            yield Write(FOLLOWED_UP, wanted | _news(event.received_at))
        case ReferralReopened():
            yield Write(REOPENED, wanted | _news(event.happened_at))
        case ConflictSettled():
            yield Write(SETTLED, wanted)
        case ReferralAttended():
            yield Write(ATTENDED, wanted)
        case ReferrerToldOutcome():
            yield Write(TOLD, wanted | {"at": stamp(event.happened_at)})
        case ReferralDecided():
            decided = {
                "at": stamp(event.happened_at),
                "decided_by": event.by,
                "outcome": event.outcome,
                "position": recorded.position,
                "authorised_by": event.authorised_by,
                "team_id": event.team_id,
            }
            yield Write(DECIDED, wanted | decided)
        case DecisionAuthorised():
            yield Write(AUTHORISED, wanted | {"authorised_by": event.by})
        case ReferralScreened(rag=rag, threshold=threshold):
            yield Write(SCREENED, wanted | {"rag": rag, "threshold": threshold})
        case ReferralRouted(team_id=team_id):
            yield Write(ROUTED, wanted | {"team_id": team_id})
        case ReferralAcknowledged():
            yield Write(ACKNOWLEDGED, wanted | {"at": stamp(event.happened_at)})
        case ChildAdded(child_id=child_id):
            yield Write(PUT_ON, wanted | {"child_id": child_id})
        case ChildRemoved(child_id=child_id):
            yield Write(TAKEN_OFF, wanted | {"child_id": child_id})


def _received(event: ReferralReceived, recorded: Recorded) -> dict[str, Any]:
    due = clock("R1", event.received_at)
    return {
        "referral_id": event.referral_id,
        "agency": event.agency,
        "unit": event.unit,
        "channel": event.channel,
        "format": event.format,
        "happened_at": stamp(event.happened_at),
        "received_at": stamp(event.received_at),
        "due_on": last_day(due),
        "policy": due.policy,
        "urgency": event.urgency,
        "problems": listed(event.problems),
        "team_id": event.team_id,
        "told_workers": listed(event.told_workers),
        "perhaps_about": event.perhaps_about,
        "position": recorded.position,
        "sealed": recorded.sealed,
    }


def _news(at: datetime) -> dict[str, str]:
    return {"at": stamp(at), "due_on": last_day(clock("R1", at))}


def _written(recorded: Recorded) -> Write:
    event: Any = recorded.event
    entry = {
        "position": recorded.position,
        "referral_id": event.referral_id,
        "event": recorded.name,
        "happened_at": stamp(event.happened_at),
        "received_at": stamp(event.received_at),
        "recorded_at": stamp(event.recorded_at),
        "agency": event.agency,
        "by_whom": event.by,
        "lawful_basis": getattr(event, "lawful_basis", None),
        "sealed": recorded.sealed,
    }
    if not isinstance(event, MESSAGES):
        authorised_by = getattr(event, "authorised_by", None)
        return Write(ACT, entry | {"about": _about(event), "authorised_by": authorised_by})
    said = {
        "channel": event.channel,
        "format": event.format,
        "unit": event.unit,
        "source": event.source,
        "urgency": event.urgency,
        "concern_codes": listed(event.concern_codes),
        "parents_informed": _told(event.parents_informed),
        "consent": _told(event.consent),
        "problems": listed(event.problems),
    }
    return Write(MESSAGE, entry | said)


def _told(truth: bool | None) -> int | None:
    return None if truth is None else int(truth)


def _about(event: Any) -> str | None:
    match event:
        case ReferralDecided(outcome=about) | ReferrerToldOutcome(outcome=about):
            return str(about)
        case ReferralScreened(rag=rag, threshold=threshold):
            return f"{rag} {threshold}"
        case InformationRequested(asked_agency=about) | InformationShared(by_agency=about):
            return str(about)
        case InformationDeclined(by_agency=about) | ReferralRouted(team_id=about):
            return str(about)
        case ChildAdded(child_id=about) | ChildRemoved(child_id=about):
            return str(about)
    return None


def waiting(query: Query, team: str | None = None) -> list[Waiting]:
    """The referrals that wait for a person, the oldest due first.

    With a team: its own, and those that were routed to none, which are everybody's.
    """
    found = query(
        "select * from inbox where waiting = 1"
        " and (:team = '' or team_id = :team or team_id is null)"
        " order by due_on, received_at, position",
        {"team": team or ""},
    )
    return _with_children(query, rows(Waiting, found))


def unfinished(query: Query, team: str | None = None) -> list[Waiting]:
    """Those decided that nobody authorised, or of which the referrer was not told, oldest first."""
    found = query(
        "select * from inbox where decided_at is not null"
        " and (authorised_by is null or told_at is null) and (:team = '' or team_id = :team)"
        " order by decided_at, position",
        {"team": team or ""},
    )
    return _with_children(query, rows(Waiting, found))


def unconfirmed(query: Query, manager_id: str) -> list[Waiting]:
    """The decisions that were recorded as authorised by a manager who has yet to say so."""
    found = query(
        "select * from inbox where unconfirmed = :manager_id order by decided_at, position",
        {"manager_id": manager_id},
    )
    return _with_children(query, rows(Waiting, found))


def passed(query: Query, child_ids: Iterable[str]) -> list[Waiting]:
    """The referrals about these children that were passed to their social worker, oldest first."""
    named, values = among("child", child_ids)
    found = query(
        "select * from inbox where outcome = 'existing-worker' and referral_id in ("  # noqa: S608
        f"select referral_id from inbox_children where child_id in ({named}) and removed = 0)"
        " order by decided_at, position",
        values,
    )
    return _with_children(query, rows(Waiting, found))


def told(query: Query, worker_id: str) -> list[Waiting]:
    """The waiting referrals about children whose allocated worker was told of them."""
    return [each for each in waiting(query) if worker_id in each.told_workers]


def naming(query: Query, *child_ids: str) -> list[Waiting]:
    """The waiting referrals that name one of these children."""
    named, values = among("child", child_ids)
    found = query(
        "select * from inbox where waiting = 1 and referral_id in"  # noqa: S608
        f" (select referral_id from inbox_children where child_id in ({named}) and removed = 0)"
        " order by due_on, received_at, position",
        values,
    )
    return _with_children(query, rows(Waiting, found))


def referral(query: Query, referral_id: str) -> Referral | None:
    """All that is known of one referral, waiting or not."""
    wanted = {"referral_id": referral_id}
    found = rows(Waiting, query("select * from inbox where referral_id = :referral_id", wanted))
    if not found:
        return None
    (now,) = _with_children(query, found)
    entries = rows(
        Entry,
        query(
            "select * from inbox_events where referral_id = :referral_id order by position", wanted
        ),
    )
    return Referral(
        now=now,
        messages=tuple(entry for entry in entries if entry.event in MESSAGE_NAMES),
        acts=tuple(entry for entry in entries if entry.event not in MESSAGE_NAMES),
    )


def perhaps_same(query: Query, referral_id: str) -> list[str]:
    """The later referrals that may be about the same thing, in the order they came."""
    found = query(
        "select referral_id from inbox where perhaps_about = :referral_id order by position",
        {"referral_id": referral_id},
    )
    return [row["referral_id"] for row in found]


def counts(query: Query, on: date) -> list[Count]:
    """How many referrals wait by team, and how many of them were due before that day."""
    found = query(
        "select team_id, count(*) as waiting, sum(case when due_on < :on then 1 else 0 end)"
        " as overdue from inbox where waiting = 1 group by team_id order by coalesce(team_id, '')",
        {"on": on.isoformat()},
    )
    return rows(Count, found)


def _with_children(query: Query, referrals: list[Waiting]) -> list[Waiting]:
    named, values = among("referral", (each.referral_id for each in referrals))
    found = query(
        "select referral_id, child_id from inbox_children"  # noqa: S608
        f" where referral_id in ({named}) and removed = 0 order by child_id",
        values,
    )
    children: dict[str, list[str]] = {}
    for row in found:
        children.setdefault(row["referral_id"], []).append(row["child_id"])
    return [replace(r, child_ids=tuple(children.get(r.referral_id, ()))) for r in referrals]


inbox = Projection(
    name="inbox",
    version=4,
    tables={
        "inbox": ("referral_id",),
        "inbox_children": ("referral_id", "child_id"),
        "inbox_events": ("position",),
    },
    schema=SCHEMA,
    events=(
        *MESSAGES,
        ConflictSettled,
        ReferralRouted,
        ChildAdded,
        ChildRemoved,
        ReferralAcknowledged,
        InformationRequested,
        InformationShared,
        InformationDeclined,
        ReferralScreened,
        ReferralDecided,
        DecisionAuthorised,
        ReferrerToldOutcome,
        ReferrerFollowedUp,
        ReferralAttended,
        ReferralReopened,
        ChildRegistered,
        ChildMatched,
        ChildUnmatched,
    ),
    project=project,
)
