"""As whom can a visitor sign in, to see the made-up authority from every side?"""

from msgspec import Struct

from domain.workforce import Role
from services.simulate.setting.agencies import AGENCY, HOSPITAL, POLICE
from services.simulate.setting.teams import ALL_TEAMS, AREA_TEAMS, FRONT_DOOR, Plan, Post


class Visitor(Struct, frozen=True, kw_only=True):
    """`role` as in `services.access`; `team` is an id, None for an agency's own people."""

    person: str
    name: str
    role: str
    team: str | None = None


def sign_in_as() -> tuple[Visitor, ...]:
    """One of each role and team, all of them in post when the story ends."""
    found = [_worker(FRONT_DOOR, "duty-worker")]
    for team in AREA_TEAMS:
        manager = next(each for each in team.managers if each.left is None)
        found.append(_worker(team, "social-worker"))
        found.append(
            Visitor(
                person=manager.person, name=manager.name, role="team-manager", team=team.team_id
            )
        )
    found += [_worker(team, role) for team in ALL_TEAMS for role in OVER_ALL if _posts(team, role)]
    for agency in (POLICE, HOSPITAL):
        found.append(Visitor(person=agency, name=AGENCY[agency].name, role="referrer"))
    return tuple(found)


OVER_ALL: tuple[Role, ...] = ("auditor", "operator")


def _worker(team: Plan, role: Role) -> Visitor:
    post = _posts(team, role)[0]
    return Visitor(person=post.person, name=post.name, role=role, team=team.team_id)


def _posts(team: Plan, role: Role) -> list[Post]:
    return [post for post in team.posts if post.role == role and post.left is None]
