"""
Which child is this, and which of our records are about them?

    found(query, tokens, as_parts={}) -> list[Child] whom all these blind-index tokens name
    registered(query, *, limit=None, below=None) -> list[Child]   newest record first
    these(query, child_ids) -> list[Child]
    child(query, child_id) -> Child | None           a merged record gives the child it became
    merged_into(query, child_id) -> str | None       the record that this one was merged into
    restricted(query) -> frozenset[str]              every record of the restricted children
    relationships(query, child_id) -> list[Relationship]
    households(query, child_id) -> list[Household]   each with the other children in it now

Names are sealed: `Child.sealed` holds the details as last known, `Child.first_sealed` those that
the record was opened with (and its identifiers); both open under `identity`, stream `child_id`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from domain.case import CaseClosed, CaseOpened, CaseReopened
from domain.child import (
    ChildRecordsMerged,
    ChildRecordsSeparated,
    ChildRegistered,
    DetailsCorrected,
    HouseholdJoined,
    HouseholdLeft,
    RecordRestricted,
    RecordUnrestricted,
    RelationshipEnded,
    RelationshipRecorded,
)
from domain.codes import Sex
from domain.kernel import KEYED, Recorded
from projections.base import Projection, Query, Write, among, listed, rows, stamp

SCHEMA = (
    """
    create table if not exists children (
        child_id text primary key,
        merged_into text,
        sex text not null,
        unborn integer not null,
        referral_id text,
        restricted integer not null,
        named text not null,
        registered_at text not null,
        position integer not null,
        first_sealed blob not null,
        sealed blob not null
    )
    """,
    """
    create index if not exists children_merged on children (merged_into)
    where merged_into is not null
    """,
    """
    create table if not exists children_tokens (
        token text not null,
        child_id text not null,
        primary key (token, child_id)
    )
    """,
    "create index if not exists children_tokens_of on children_tokens (child_id)",
    """
    create table if not exists children_cases (
        case_id text primary key,
        child_id text not null,
        is_open integer not null
    )
    """,
    "create index if not exists children_cases_of on children_cases (child_id)",
    """
    create table if not exists children_relationships (
        relationship_id text primary key,
        child_id text not null,
        relation text not null,
        other_child_id text,
        since text not null,
        ended_at text,
        sealed blob not null
    )
    """,
    "create index if not exists children_relationships_of on children_relationships (child_id)",
    """
    create table if not exists children_households (
        household_id text not null,
        child_id text not null,
        since text not null,
        left_at text,
        position integer not null,
        sealed blob not null,
        primary key (household_id, child_id)
    )
    """,
    "create index if not exists children_households_of on children_households (child_id)",
)
REGISTERED = """
insert into children (child_id, merged_into, sex, unborn, referral_id, restricted, named,
    registered_at, position, first_sealed, sealed)
values (:child_id, null, :sex, :unborn, :referral_id, 0, '[]', :at, :position, :sealed, :sealed)
on conflict (child_id) do nothing
"""
CORRECTED = """
update children set sex = :sex, unborn = :unborn, sealed = :sealed where child_id = :child_id
"""
UNNAMED = "delete from children_tokens where child_id = :child_id"
NAMED = """
insert into children_tokens (token, child_id) values (:token, :child_id)
on conflict (token, child_id) do nothing
"""
# Two records may be merged into each other, by one agency each way: the first merge stands, as a
# circle would leave no record to show.
MERGED = """
update children set merged_into = :into
where child_id = :child_id and :child_id not in (
    with recursive further (child_id) as (
        select child_id from children where child_id = :into
        union
        select children.merged_into from children join further using (child_id)
        where children.merged_into is not null
    )
    select child_id from further
)
"""
SEPARATED = "update children set merged_into = null where child_id = :child_id"
RESTRICTED = (
    "update children set restricted = :restricted, named = :named where child_id = :child_id"
)
CASE = """
insert into children_cases (case_id, child_id, is_open) values (:case_id, :child_id, :is_open)
on conflict (case_id) do update set is_open = excluded.is_open
"""
RELATED = """
insert into children_relationships
    (relationship_id, child_id, relation, other_child_id, since, ended_at, sealed)
values (:relationship_id, :child_id, :relation, :other_child_id, :at, null, :sealed)
on conflict (relationship_id) do update
set relation = excluded.relation, other_child_id = excluded.other_child_id,
    since = excluded.since, ended_at = null, sealed = excluded.sealed
"""
UNRELATED = """
update children_relationships set ended_at = :at where relationship_id = :relationship_id
"""
JOINED = """
insert into children_households (household_id, child_id, since, left_at, position, sealed)
values (:household_id, :child_id, :at, null, :position, :sealed)
on conflict (household_id, child_id) do update
set since = excluded.since, left_at = null, position = excluded.position, sealed = excluded.sealed
"""
LEFT = """
update children_households set left_at = :at
where household_id = :household_id and child_id = :child_id
    and left_at is null and position < :position
"""


class Child(Struct, frozen=True, kw_only=True):
    """`records`: other records found to be about this child. `named`: who may open a restricted
    record. `cases` and `open_cases` are those of all the records. `position`: of the record's
    first event in the log."""

    child_id: str
    sex: Sex
    unborn: bool
    referral_id: str | None
    restricted: bool
    named: tuple[str, ...]
    registered_at: datetime
    position: int
    first_sealed: bytes
    sealed: bytes
    records: tuple[str, ...]
    cases: tuple[str, ...]
    open_cases: tuple[str, ...]


class Relationship(Struct, frozen=True, kw_only=True):
    """`sealed` holds the other person's name (`identity`) and contact (`location`)."""

    relationship_id: str
    child_id: str
    relation: str
    other_child_id: str | None
    since: datetime
    ended_at: datetime | None
    sealed: bytes


class Household(Struct, frozen=True, kw_only=True):
    """Where a child lives or lived; `sealed` holds the address (`location`)."""

    household_id: str
    child_id: str
    since: datetime
    left_at: datetime | None
    sealed: bytes
    with_children: tuple[str, ...]


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    match event:
        case ChildRegistered(child_id=child_id):
            yield Write(
                REGISTERED,
                {
                    "child_id": child_id,
                    "sex": event.sex,
                    "unborn": int(event.unborn),
                    "referral_id": event.referral_id,
                    "at": stamp(event.recorded_at),
                    "position": recorded.position,
                    "sealed": recorded.sealed,
                },
            )
            yield from _named(child_id, recorded.index)
        case DetailsCorrected(child_id=child_id):
            details = {"sex": event.sex, "unborn": int(event.unborn), "sealed": recorded.sealed}
            yield Write(CORRECTED, details | {"child_id": child_id})
            yield Write(UNNAMED, {"child_id": child_id})
            yield from _named(child_id, recorded.index)
        case ChildRecordsMerged(child_id=child_id, merged_child_id=merged):
            yield Write(MERGED, {"child_id": merged, "into": child_id})
        case ChildRecordsSeparated(merged_child_id=merged):
            yield Write(SEPARATED, {"child_id": merged})
        case RecordRestricted(child_id=child_id, named=named):
            restricted = {"restricted": 1, "named": listed(named)}
            yield Write(RESTRICTED, restricted | {"child_id": child_id})
        case RecordUnrestricted(child_id=child_id):
            yield Write(RESTRICTED, {"restricted": 0, "named": "[]", "child_id": child_id})
        case (
            CaseOpened(case_id=case_id, child_id=child_id)
            | CaseReopened(case_id=case_id, child_id=child_id)
        ):
            yield Write(CASE, {"case_id": case_id, "child_id": child_id, "is_open": 1})
        case CaseClosed(case_id=case_id, child_id=child_id):
            yield Write(CASE, {"case_id": case_id, "child_id": child_id, "is_open": 0})
        case RelationshipRecorded():
            yield Write(
                RELATED,
                {
                    "relationship_id": event.relationship_id,
                    "child_id": event.child_id,
                    "relation": event.relation,
                    "other_child_id": event.other_child_id,
                    "at": stamp(event.happened_at),
                    "sealed": recorded.sealed,
                },
            )
        case RelationshipEnded(relationship_id=relationship_id):
            ended = {"relationship_id": relationship_id, "at": stamp(event.happened_at)}
            yield Write(UNRELATED, ended)
        case HouseholdJoined():
            yield Write(
                JOINED,
                {
                    "household_id": event.household_id,
                    "child_id": event.child_id,
                    "at": stamp(event.happened_at),
                    "position": recorded.position,
                    "sealed": recorded.sealed,
                },
            )
        case HouseholdLeft():
            yield Write(
                LEFT,
                {
                    "household_id": event.household_id,
                    "child_id": event.child_id,
                    "at": stamp(event.happened_at),
                    "position": recorded.position,
                },
            )


def _named(child_id: str, tokens: Iterable[str]) -> Iterator[Write]:
    for token in tokens:
        if not token.startswith(KEYED):
            yield Write(NAMED, {"token": token, "child_id": child_id})


def found(
    query: Query, tokens: Sequence[str], as_parts: Mapping[str, str] | None = None
) -> list[Child]:
    """The children with a record that every token names, newest record first; none for no token.

    `as_parts`: by token another one that does for it, of a part of a name.
    """
    wanted = dict.fromkeys(tokens)
    if not wanted:
        return []
    instead = [(part, token) for token, part in (as_parts or {}).items() if token in wanted]
    named, values = among("token", [*wanted, *(part for part, _ in instead)])
    parts, of_parts = among("part", [part for part, _ in instead])
    words, of_words = among("word", [token for _, token in instead])
    pairs = zip(parts.split(", "), words.split(", "), strict=True)
    whens = "".join(f" when {part} then {word}" for part, word in pairs if instead)
    word = f"case token{whens} else token end" if instead else "token"
    # The literal count is safe: it is our own number, and PostgreSQL would guess a text's type.
    matching = query(
        f"select child_id from children_tokens where token in ({named})"  # noqa: S608
        f" group by child_id having count(distinct {word}) = {len(wanted)}",
        values | of_parts | of_words,
    )
    return _children(query, {row["child_id"] for row in matching})


def registered(query: Query, *, limit: int | None = None, below: int | None = None) -> list[Child]:
    """Every record but those merged into others; the newest of a position `below` with `limit`."""
    newest = query(
        "select child_id from children where merged_into is null and position < :below"
        " order by position desc limit :limit",
        {
            "limit": LAST_POSITION if limit is None else limit,
            "below": LAST_POSITION if below is None else below,
        },
    )
    return _children(query, [row["child_id"] for row in newest])


LAST_POSITION = 2**62


def these(query: Query, child_ids: Iterable[str]) -> list[Child]:
    """The children whose records these are, or were, newest record first."""
    return _children(query, child_ids)


def child(query: Query, child_id: str) -> Child | None:
    """The child whose record this is, or was before it was merged into another."""
    return next(iter(_children(query, [child_id])), None)


def merged_into(query: Query, child_id: str) -> str | None:
    """The record that this one was merged into, if it was."""
    found = query(
        "select merged_into from children where child_id = :child_id", {"child_id": child_id}
    )
    return found[0]["merged_into"] if found else None


def restricted(query: Query) -> frozenset[str]:
    """Every record of the children whose record, or one found to be about them, is restricted."""
    found = query("select child_id from children where restricted = 1", {})
    closed = _children(query, [row["child_id"] for row in found])
    return frozenset(record for each in closed for record in (each.child_id, *each.records))


def relationships(query: Query, child_id: str) -> list[Relationship]:
    """Whom a child belongs with, and did, the newest first."""
    found = query(
        "select relationship_id, child_id, relation, other_child_id, since, ended_at, sealed"
        " from children_relationships where child_id = :child_id"
        " order by since desc, relationship_id",
        {"child_id": child_id},
    )
    return rows(Relationship, found)


def households(query: Query, child_id: str) -> list[Household]:
    """Where a child lives and lived, the newest first."""
    found = query(
        "select household_id, child_id, since, left_at, sealed from children_households"
        " where child_id = :child_id order by since desc, household_id",
        {"child_id": child_id},
    )
    together = query(
        "select other.household_id, other.child_id from children_households own"
        " join children_households other on other.household_id = own.household_id"
        " where own.child_id = :child_id and other.child_id <> :child_id"
        " and other.left_at is null order by other.child_id",
        {"child_id": child_id},
    )
    return rows(
        Household,
        (
            {**row, "with_children": listed(_of(together, "household_id", row["household_id"]))}
            for row in found
        ),
    )


def _of(found: Iterable[Mapping[str, Any]], column: str, value: str) -> list[str]:
    return [row["child_id"] for row in found if row[column] == value]


def _all_of(named: Sequence[str]) -> str:
    """Whom every one of these lists names: a child is as closed as the most closed record."""
    lists = [msgspec.json.decode(each, type=list[str]) for each in named]
    return listed(
        [each for each in lists[0] if all(each in rest for rest in lists)] if lists else []
    )


COLUMNS = """
select child_id, merged_into, sex, unborn, referral_id, restricted, named, registered_at, position,
    first_sealed, sealed
from children
"""


def _children(query: Query, child_ids: Iterable[str]) -> list[Child]:
    """These children, each record followed to the one it was merged into, newest record first."""
    survivors: dict[str, Mapping[str, Any]] = {}
    seeking = set(child_ids)
    while seeking:
        named, values = among("child", seeking)
        found = query(f"{COLUMNS} where child_id in ({named})", values)
        survivors |= {row["child_id"]: row for row in found if row["merged_into"] is None}
        seeking = {row["merged_into"] for row in found if row["merged_into"]} - survivors.keys()
    records = {child_id: [child_id] for child_id in survivors}
    belongs = {child_id: child_id for child_id in survivors}
    readers = {each: [row["named"]] for each, row in survivors.items() if row["restricted"]}
    absorbed = set(survivors)
    while absorbed:
        named, values = among("child", absorbed)
        found = query(
            "select child_id, merged_into, restricted, named from children"  # noqa: S608
            f" where merged_into in ({named}) order by position",
            values,
        )
        for row in found:
            belongs[row["child_id"]] = belongs[row["merged_into"]]
            records[belongs[row["child_id"]]].append(row["child_id"])
            if row["restricted"]:
                readers.setdefault(belongs[row["child_id"]], []).append(row["named"])
        absorbed = {row["child_id"] for row in found}
    named, values = among("child", belongs)
    cases = query(
        f"select case_id, child_id, is_open from children_cases where child_id in ({named})"  # noqa: S608
        " order by case_id",
        values,
    )
    return rows(
        Child,
        (
            {
                **row,
                "restricted": child_id in readers,
                "named": _all_of(readers.get(child_id, ())),
                "records": listed(records[child_id][1:]),
                "cases": listed(
                    [c["case_id"] for c in cases if belongs[c["child_id"]] == child_id]
                ),
                "open_cases": listed(
                    [
                        c["case_id"]
                        for c in cases
                        if c["is_open"] and belongs[c["child_id"]] == child_id
                    ]
                ),
            }
            for child_id, row in sorted(survivors.items(), key=lambda item: -item[1]["position"])
        ),
    )


children = Projection(
    name="children",
    version=2,
    tables={
        "children": ("child_id",),
        "children_tokens": ("token", "child_id"),
        "children_cases": ("case_id",),
        "children_relationships": ("relationship_id",),
        "children_households": ("household_id", "child_id"),
    },
    schema=SCHEMA,
    events=(
        ChildRegistered,
        DetailsCorrected,
        ChildRecordsMerged,
        ChildRecordsSeparated,
        RecordRestricted,
        RecordUnrestricted,
        CaseOpened,
        CaseClosed,
        CaseReopened,
        RelationshipRecorded,
        RelationshipEnded,
        HouseholdJoined,
        HouseholdLeft,
    ),
    project=project,
)
