"""
Who works where, as what, and who manages whom?

    teams(query) -> list[Team]                              by name; each with its managers
    team_for(query, outward) -> str | None                  whose duty a postcode's area falls to
    staff(query, team_id=None, *, left=False) -> list[Person]      one a person; those who left too
    who(query, person_id) -> Person | None                  as they are now, or were when they left
    team_of(query, person_id) -> str | None
    posts(query, person_id) -> list[Person]                 all that they hold now
    covers(query, cover_id, on) -> list[Cover]              for whom a person acts on a day
    covered_by(query, person_id, on) -> list[str]           who acts for a person on a day

Names are sealed: `Person.sealed` opens under the kind `staff`, and its stream is the team's.
"""

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct

from domain.kernel import Recorded
from domain.workforce import (
    CoverArranged,
    ManagerAppointed,
    ManagerLeft,
    TeamFormed,
    TeamKind,
    WorkerJoined,
    WorkerLeft,
    WorkingTimeChanged,
)
from projections.base import Projection, Query, Write, listed, rows, stamp

MANAGER = "team-manager"
"""The role of those who manage a team, beside the roles of those who work in it."""

SCHEMA = (
    """
    create table if not exists people_teams (
        team_id text primary key,
        name text not null,
        kind text not null,
        areas text not null,
        formed_at text not null
    )
    """,
    """
    create table if not exists people (
        person_id text not null,
        team_id text not null,
        role text not null,
        percent integer not null,
        agency_staff integer not null,
        newly_qualified integer not null,
        interim integer not null,
        since text not null,
        left_at text,
        position integer not null,
        sealed blob not null,
        primary key (person_id, team_id, role)
    )
    """,
    """
    create table if not exists people_cover (
        person_id text not null,
        cover_id text not null,
        until text not null,
        since text not null,
        primary key (person_id, cover_id)
    )
    """,
)
FORMED = """
insert into people_teams (team_id, name, kind, areas, formed_at)
values (:team_id, :name, :kind, :areas, :at)
on conflict (team_id) do update
set name = excluded.name, kind = excluded.kind, areas = excluded.areas
"""
CAME = """
insert into people (person_id, team_id, role, percent, agency_staff, newly_qualified, interim,
    since, left_at, position, sealed)
values (:person_id, :team_id, :role, :percent, :agency_staff, :newly_qualified, :interim,
    :at, null, :position, :sealed)
on conflict (person_id, team_id, role) do update
set percent = excluded.percent, agency_staff = excluded.agency_staff,
    newly_qualified = excluded.newly_qualified, interim = excluded.interim,
    since = excluded.since, left_at = null, position = excluded.position, sealed = excluded.sealed
"""
WORKER_LEFT = """
update people set left_at = :at
where person_id = :person_id and team_id = :team_id and role <> 'team-manager'
    and left_at is null and position < :position
"""
MANAGER_LEFT = """
update people set left_at = :at
where person_id = :person_id and team_id = :team_id and role = 'team-manager'
    and left_at is null and position < :position
"""
CHANGED = """
update people set percent = :percent
where person_id = :person_id and team_id = :team_id and role <> 'team-manager'
"""
COVERED = """
insert into people_cover (person_id, cover_id, until, since)
values (:person_id, :cover_id, :until, :at)
on conflict (person_id, cover_id) do update
set until = excluded.until, since = excluded.since
"""


class Team(Struct, frozen=True, kw_only=True):
    """`areas`: outward postcodes. `managers`: ids of the people who manage it now."""

    team_id: str
    name: str
    kind: TeamKind
    areas: tuple[str, ...]
    formed_at: datetime
    managers: tuple[str, ...] = ()


class Person(Struct, frozen=True, kw_only=True):
    """A person in a team. `role`: of `domain.workforce.ROLES`, or `team-manager`.

    `percent`: of a full-time post. Who works in a team and manages it is shown as its manager.
    """

    person_id: str
    team_id: str
    role: str
    percent: int
    agency_staff: bool
    newly_qualified: bool
    interim: bool
    since: datetime
    left_at: datetime | None
    sealed: bytes

    @property
    def manages(self) -> bool:
        return self.role == MANAGER


class Cover(Struct, frozen=True, kw_only=True):
    """`cover_id` acts for `person_id` until the end of that day."""

    person_id: str
    cover_id: str
    until: date


def project(recorded: Recorded) -> Iterator[Write]:
    event = recorded.event
    at = stamp(event.happened_at)
    match event:
        case TeamFormed():
            yield Write(
                FORMED,
                {
                    "team_id": event.team_id,
                    "name": event.name,
                    "kind": event.kind,
                    "areas": listed(event.areas),
                    "at": at,
                },
            )
        case WorkerJoined():
            yield Write(
                CAME,
                {
                    "person_id": event.person_id,
                    "team_id": event.team_id,
                    "role": event.role,
                    "percent": event.percent,
                    "agency_staff": int(event.agency_staff),
                    "newly_qualified": int(event.newly_qualified),
                    "interim": 0,
                    "at": at,
                    "position": recorded.position,
                    "sealed": recorded.sealed,
                },
            )
        case ManagerAppointed():
            yield Write(
                CAME,
                {
                    "person_id": event.person_id,
                    "team_id": event.team_id,
                    "role": MANAGER,
                    "percent": 100,
                    "agency_staff": 0,
                    "newly_qualified": 0,
                    "interim": int(event.interim),
                    "at": at,
                    "position": recorded.position,
                    "sealed": recorded.sealed,
                },
            )
        case WorkerLeft(person_id=person_id, team_id=team_id):
            left = {"person_id": person_id, "team_id": team_id, "at": at}
            yield Write(WORKER_LEFT, left | {"position": recorded.position})
        case ManagerLeft(person_id=person_id, team_id=team_id):
            left = {"person_id": person_id, "team_id": team_id, "at": at}
            yield Write(MANAGER_LEFT, left | {"position": recorded.position})
        case WorkingTimeChanged(person_id=person_id, team_id=team_id, percent=percent):
            changed = {"person_id": person_id, "team_id": team_id, "percent": percent}
            yield Write(CHANGED, changed)
        case CoverArranged():
            yield Write(
                COVERED,
                {
                    "person_id": event.person_id,
                    "cover_id": event.cover_id,
                    "until": event.until.isoformat(),
                    "at": at,
                },
            )


# Of several rows of a person the one that says most: still there, a manager, the newest.
PEOPLE = """
select person_id, team_id, role, percent, agency_staff, newly_qualified, interim, since, left_at,
    sealed
from people
where (:team_id = '' or team_id = :team_id) and (:person_id = '' or person_id = :person_id)
order by person_id, case when left_at is null then 0 else 1 end,
    case when role = 'team-manager' then 0 else 1 end, position desc
"""


def teams(query: Query) -> list[Team]:
    """Every team, by name, with the people who manage it now."""
    managed = query(
        "select team_id, person_id from people where role = 'team-manager' and left_at is null"
        " order by since, person_id",
        {},
    )
    managers: dict[str, list[str]] = {}
    for row in managed:
        managers.setdefault(row["team_id"], []).append(row["person_id"])
    found = query("select * from people_teams order by name, team_id", {})
    return rows(
        Team, ({**row, "managers": listed(managers.get(row["team_id"], ()))} for row in found)
    )


def team_for(query: Query, outward: str) -> str | None:
    """The team whose duty an outward postcode such as `EX1` falls to."""
    wanted = outward.strip().upper()
    return next((team.team_id for team in teams(query) if wanted in team.areas), None)


def staff(query: Query, team_id: str | None = None, *, left: bool = False) -> list[Person]:
    """The people of a team (or of all), by id; with `left` those too who have gone."""
    found = rows(Person, query(PEOPLE, {"team_id": team_id or "", "person_id": ""}))
    first: dict[str, Person] = {}
    for person in found:
        first.setdefault(person.person_id, person)
    return [person for person in first.values() if left or person.left_at is None]


def who(query: Query, person_id: str) -> Person | None:
    """One person as they are now, or were when they left."""
    found = query(PEOPLE, {"team_id": "", "person_id": person_id})
    return next(iter(rows(Person, found[:1])), None)


def team_of(query: Query, person_id: str) -> str | None:
    """The team that a person works in or manages; None if they left or were never known."""
    person = who(query, person_id)
    return person.team_id if person and person.left_at is None else None


def covered_by(query: Query, person_id: str, on: date) -> list[str]:
    """Who acts for a person on that day, by id."""
    found = query(
        "select cover_id from people_cover where person_id = :person_id and until >= :on"
        " order by cover_id",
        {"person_id": person_id, "on": on.isoformat()},
    )
    return [row["cover_id"] for row in found]


def posts(query: Query, person_id: str) -> list[Person]:
    """Every post that a person holds now; somebody may manage one team and work in another."""
    found = query(PEOPLE, {"team_id": "", "person_id": person_id})
    return [person for person in rows(Person, found) if person.left_at is None]


def covers(query: Query, cover_id: str, on: date) -> list[Cover]:
    """For whom a person acts on that day, and until when."""
    found = query(
        "select person_id, cover_id, until from people_cover where cover_id = :cover_id"
        " and until >= :on order by person_id",
        {"cover_id": cover_id, "on": on.isoformat()},
    )
    return rows(Cover, found)


people = Projection(
    name="people",
    version=1,
    tables={
        "people_teams": ("team_id",),
        "people": ("person_id", "team_id", "role"),
        "people_cover": ("person_id", "cover_id"),
    },
    schema=SCHEMA,
    events=(
        TeamFormed,
        WorkerJoined,
        WorkerLeft,
        ManagerAppointed,
        ManagerLeft,
        WorkingTimeChanged,
        CoverArranged,
    ),
    project=project,
)
