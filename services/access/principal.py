"""Who is asking, in which posts, and for whom do they act?"""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from msgspec import Struct

from domain.workforce import ROLES as WORKING_ROLES
from projections.agencies import Agency
from projections.people import Cover, Person

Role = Literal[
    "social-worker",
    "duty-worker",
    "team-manager",
    "auditor",
    "operator",
    "referrer",
    "command-line",
]
ROLES: dict[Role, str] = dict[Role, str](WORKING_ROLES.items()) | {
    "team-manager": "Team manager",
    "referrer": "Referrer",
    "command-line": "Whoever holds the keys on this machine",
}

IN_A_TEAM: tuple[Role, ...] = (*WORKING_ROLES, "team-manager")
"""The roles that a person is given by joining a team, or by managing one."""


class Post(Struct, frozen=True):
    """What a person is, and in which team; a person may hold several."""

    role: Role
    team: str | None = None


class Principal(Struct, frozen=True, kw_only=True):
    """Who is asking: ids alone, so that it may be logged. `agency`: whose user a referrer is."""

    person: str
    posts: tuple[Post, ...]
    agency: str | None = None
    covers: tuple[Cover, ...] = ()

    @property
    def role(self) -> Role:
        """The role of the post that says most, the first one."""
        return self.posts[0].role

    @property
    def team(self) -> str | None:
        return self.posts[0].team

    def acts_for(self, today: date) -> frozenset[str]:
        """This person, and those for whom they cover today."""
        covered = (c.person_id for c in self.covers if c.until >= today)
        return frozenset((self.person, *covered))


OPERATOR = Principal(person="operator", posts=(Post("operator"),))
"""Is in every store, so that the first team and agency can be made."""

COMMAND_LINE = Principal(person="command-line", posts=(Post("command-line"),))
"""A question on the command line by nobody named. Nobody can sign in as this."""


def principal_of(
    person_id: str,
    people: Iterable[Person],
    agencies: Iterable[Agency] = (),
    covers: Iterable[Cover] = (),
) -> Principal | None:
    """The person (or agency) of this id as these rows have them; None if they may not sign in.

    Rows of others are passed over. Someone who left holds no post, and an id that is a person's
    and an agency's is nobody's: neither gets the other's rights.
    """
    if person_id == OPERATOR.person:
        return OPERATOR
    if person_id == COMMAND_LINE.person:
        return None
    posts = tuple(
        dict.fromkeys(
            Post(role, each.team_id)
            for each in people
            if each.person_id == person_id and each.left_at is None
            for role in IN_A_TEAM
            if role == each.role
        )
    )
    if any(each.agency_id == person_id for each in agencies):
        referrer = Principal(person=person_id, posts=(Post("referrer"),), agency=person_id)
        return None if posts else referrer
    if not posts:
        return None
    own = tuple(each for each in covers if each.cover_id == person_id)
    return Principal(person=person_id, posts=posts, covers=own)
