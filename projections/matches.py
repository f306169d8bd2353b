"""
Which records may be about the same child or family, and which of them were told apart?

    sharing(query, tokens, *, most) -> frozenset[str]         records that have one of these keys
    family_of(query, child_id, tokens, *, most) -> list[Shared]  those of the same home or phone
    told_apart(query, child_ids) -> frozenset[frozenset[str]] pairs that are not proposed again
    in_blocks(query, *, after, limit) -> list[Lies]           every record by key, in key order

A key is a keyed token of details that two records have in common, never a detail in clear. Two
records that share one are then compared (`services.matching`); a key that more than `most` records
have tells nothing and is passed over.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from domain.child import (
    ChildRecordsToldApart,
    ChildRegistered,
    DetailsCorrected,
    HouseholdJoined,
    HouseholdLeft,
    RelationshipEnded,
    RelationshipRecorded,
    TellingApartWithdrawn,
)
from domain.kernel import KEYED, Recorded
from domain.referral import ReferralReceived, ReferralUpdated
from projections.base import Projection, Query, Write, among, rows

SCHEMA = (
    """
    create table if not exists matches_keys (
        token text not null,
        child_id text not null,
        source text not null,
        primary key (token, child_id, source)
    )
    """,
    "create index if not exists matches_keys_of on matches_keys (child_id, source)",
    """
    create table if not exists matches_told_apart (
        child_id text not null,
        other_child_id text not null,
        primary key (child_id, other_child_id)
    )
    """,
    """
    create index if not exists matches_told_apart_other on matches_told_apart (other_child_id)
    """,
)
LIES = """
insert into matches_keys (token, child_id, source) values (:token, :child_id, :source)
on conflict (token, child_id, source) do nothing
"""
GONE = "delete from matches_keys where child_id = :child_id and source = :source"
APART = """
insert into matches_told_apart (child_id, other_child_id) values (:child_id, :other_child_id)
on conflict (child_id, other_child_id) do nothing
"""
TOGETHER = """
delete from matches_told_apart where child_id = :child_id and other_child_id = :other_child_id
"""

RECORD = "record"
"""The source of the keys of a record's own details; of others a relationship, household or referral
that says so."""


class Shared(Struct, frozen=True):
    """A key that a record has in common with another, and what says that each of them has it."""

    child_id: str
    own_source: str
    source: str


class Lies(Struct, frozen=True):
    """That a record has a key."""

    token: str
    child_id: str


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    match event:
        case ChildRegistered(child_id=child_id):
            yield from _lies(child_id, RECORD, recorded.index)
        case DetailsCorrected(child_id=child_id):
            yield Write(GONE, {"child_id": child_id, "source": RECORD})
            yield from _lies(child_id, RECORD, recorded.index)
        case RelationshipRecorded(child_id=child_id, relationship_id=source):
            yield Write(GONE, {"child_id": child_id, "source": source})
            yield from _lies(child_id, source, recorded.index)
        case HouseholdJoined(child_id=child_id, household_id=source):
            yield Write(GONE, {"child_id": child_id, "source": source})
            yield from _lies(child_id, source, recorded.index)
        case (
            RelationshipEnded(child_id=child_id, relationship_id=source)
            | HouseholdLeft(child_id=child_id, household_id=source)
        ):
            yield Write(GONE, {"child_id": child_id, "source": source})
        case (
            ReferralReceived(referral_id=source, child_ids=child_ids)
            | ReferralUpdated(referral_id=source, child_ids=child_ids)
        ):
            for child_id in child_ids:
                yield from _lies(child_id, source, recorded.index)
        case ChildRecordsToldApart(child_id=child_id, other_child_id=other):
            yield Write(APART, {"child_id": child_id, "other_child_id": other})
        case TellingApartWithdrawn(child_id=child_id, other_child_id=other):
            yield Write(TOGETHER, {"child_id": child_id, "other_child_id": other})
        case _:
            pass


def _lies(child_id: str, source: str, tokens: Iterable[str]) -> Iterator[Write]:
    for token in tokens:
        if token.startswith(KEYED):
            yield Write(LIES, {"token": token, "child_id": child_id, "source": source})


def sharing(query: Query, tokens: Iterable[str], *, most: int) -> frozenset[str]:
    """The records that have at least one of these keys."""
    named, values = among("token", dict.fromkeys(tokens))
    few = query(
        "select token from matches_keys"  # noqa: S608
        f" where token in ({named}) group by token having count(*) <= :most",
        values | {"most": most},
    )
    named, values = among("token", [row["token"] for row in few])
    found = query(
        f"select distinct child_id from matches_keys where token in ({named})",  # noqa: S608
        values,
    )
    return frozenset(row["child_id"] for row in found)


def family_of(query: Query, child_id: str, tokens: Iterable[str], *, most: int) -> list[Shared]:
    """The other records that have a key of a home or a telephone number in common with this one.

    `tokens`: those of the record's own details that tell a family; all keys that a relationship, a
    household or a referral gave it are of that kind.
    """
    named, values = among("token", dict.fromkeys(tokens))
    found = query(
        "select distinct other.child_id, own.source as own_source, other.source"  # noqa: S608
        " from matches_keys own join matches_keys other on other.token = own.token"
        " where own.child_id = :child_id and other.child_id <> :child_id"
        f" and (own.source <> '{RECORD}' or own.token in ({named}))"
        " and (select count(distinct child_id) from matches_keys every"
        " where every.token = own.token) <= :most"
        " order by other.child_id, own_source, other.source",
        values | {"child_id": child_id, "most": most},
    )
    return rows(Shared, found)


def told_apart(query: Query, child_ids: Iterable[str]) -> frozenset[frozenset[str]]:
    """The pairs that were told apart in which one of these records is."""
    named, values = among("child", dict.fromkeys(child_ids))
    pairs = query(
        "select child_id, other_child_id from matches_told_apart"  # noqa: S608
        f" where child_id in ({named}) or other_child_id in ({named})",
        values,
    )
    return frozenset(frozenset((row["child_id"], row["other_child_id"])) for row in pairs)


def in_blocks(query: Query, *, after: str = "", limit: int) -> list[Lies]:
    """Which records have which keys of a record's own details, a few keys at a time.

    The keys that come `after` one, in their order; the last one of a page may be incomplete.
    """
    found = query(
        "select token, child_id from matches_keys"  # noqa: S608
        f" where source = '{RECORD}' and token > :after order by token, child_id limit :limit",
        {"after": after, "limit": limit},
    )
    return rows(Lies, found)


matches = Projection(
    name="matches",
    version=1,
    tables={
        "matches_keys": ("token", "child_id", "source"),
        "matches_told_apart": ("child_id", "other_child_id"),
    },
    schema=SCHEMA,
    events=(
        ChildRegistered,
        DetailsCorrected,
        RelationshipRecorded,
        RelationshipEnded,
        HouseholdJoined,
        HouseholdLeft,
        ReferralReceived,
        ReferralUpdated,
        ChildRecordsToldApart,
        TellingApartWithdrawn,
    ),
    project=project,
)
