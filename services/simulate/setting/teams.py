"""Who works in the made-up authority, from when to when, and how does it go in each team?

Instants are told as shares of the story, so that the same things happen in a short one: one area
team loses its manager not long before the middle, then its workers one after another.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from domain.calendar import local_day
from domain.workforce import Role, TeamKind
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work, closing, opening, working_days_on
from services.simulate.setting.practice import GOOD, POOR, Practice


class Span(Struct, frozen=True):
    """The whole story, from its first instant to its last."""

    begins: datetime
    ends: datetime

    def at(self, share: float) -> datetime:
        return (self.begins + share * (self.ends - self.begins)).replace(microsecond=0)

    def share(self, at: datetime) -> float:
        return (at - self.begins) / (self.ends - self.begins)


class Post(Struct, frozen=True, kw_only=True):
    """Who works here from `came` to `left`, shares of the story; 0: from its first day."""

    person: str
    name: str
    role: Role = "social-worker"
    percent: int = 100
    came: float = 0.0
    left: float | None = None
    agency_staff: bool = False
    newly_qualified: bool = False


class Manager(Struct, frozen=True, kw_only=True):
    """Who manages here from `came` to `left`, shares of the story."""

    person: str
    name: str
    came: float = 0.0
    left: float | None = None
    interim: bool = False


class Plan(Struct, frozen=True, kw_only=True):
    """A team as the story has it. `strain`: shares of the story, and how strained it is then."""

    team_id: str
    name: str
    kind: TeamKind = "area"
    areas: tuple[str, ...] = ()
    managers: tuple[Manager, ...] = ()
    posts: tuple[Post, ...] = ()
    strain: tuple[tuple[float, float], ...] = ((0.0, 0.0),)


NORTH_VALE = Plan(
    team_id="team-north-vale",
    name="North Vale",
    areas=("XE1", "XE2", "XE3"),
    managers=(Manager(person="r-thackray", name="Ruth Thackray"),),
    posts=(
        Post(person="d-mensah", name="Daniel Mensah", role="duty-worker"),
        Post(person="a-begum", name="Amina Begum"),
        Post(person="c-hartley", name="Carys Hartley", percent=80),
        Post(person="e-gwynne", name="Eleri Gwynne", left=0.37),
        Post(person="f-lister", name="Finlay Lister", percent=60),
        Post(person="j-sandhu", name="Jasmine Sandhu"),
        Post(person="k-varley", name="Keira Varley", newly_qualified=True),
        Post(person="o-redfern", name="Oscar Redfern", came=0.4),
    ),
    strain=((0.0, 0.06), (0.36, 0.12), (0.42, 0.05), (1.0, 0.04)),
)

HARBOUR = Plan(
    team_id="team-harbour",
    name="Harbour",
    areas=("XE4", "XE5", "XE6"),
    managers=(
        Manager(person="h-oldroyd", name="Helen Oldroyd", left=0.46),
        Manager(person="w-blackwood", name="Will Blackwood", came=0.51, left=0.62, interim=True),
        Manager(person="y-fairhurst", name="Yasmin Fairhurst", came=0.76, left=0.86, interim=True),
        Manager(person="a-osei", name="Abena Osei", came=0.985),
    ),
    posts=(
        Post(person="p-dacre", name="Priya Dacre", role="duty-worker", left=0.66),
        Post(person="q-marsden", name="Quentin Marsden", role="duty-worker", came=0.73,
             agency_staff=True),
        Post(person="t-langley", name="Tamsin Langley", left=0.21),
        Post(person="c-eccles", name="Corey Eccles", left=0.505),
        Post(person="s-khatun", name="Safia Khatun", left=0.555),
        Post(person="m-bramley", name="Marcus Bramley", percent=80, left=0.6),
        Post(person="r-uttley", name="Rosa Uttley", left=0.68),
        Post(person="j-whitehead", name="Joel Whitehead", left=0.775),
        Post(person="f-rigby", name="Faith Rigby", percent=60),
        Post(person="z-hussain", name="Zach Hussain", came=0.24, left=0.965,
             newly_qualified=True),
        Post(person="k-ashdown", name="Kyle Ashdown", came=0.57, left=0.69, agency_staff=True),
        Post(person="g-sutcliffe", name="Grace Sutcliffe", came=0.63, left=0.715),
        Post(person="b-winder", name="Ben Winder", came=0.72, left=0.83, agency_staff=True),
        Post(person="d-carrick", name="Daisy Carrick", came=0.8, left=0.925, agency_staff=True),
        Post(person="n-yilmaz", name="Nadia Yilmaz", came=0.87, agency_staff=True),
        Post(person="l-dobbs", name="Leo Dobbs", came=0.935, agency_staff=True),
    ),
    strain=((0.0, 0.05), (0.45, 0.08), (0.55, 0.4), (0.68, 0.72), (0.8, 0.95), (1.0, 1.0)),
)  # fmt: skip

MOORSIDE = Plan(
    team_id="team-moorside",
    name="Moorside",
    areas=("XE7", "XE8", "XE9"),
    managers=(Manager(person="m-adeyemi", name="Marcus Adeyemi"),),
    posts=(
        Post(person="s-parfitt", name="Skye Parfitt", role="duty-worker"),
        Post(person="b-nuttall", name="Beth Nuttall", left=0.71),
        Post(person="g-rahman", name="Grace Rahman"),
        Post(person="i-crossley", name="Imogen Crossley", percent=80),
        Post(person="l-treharne", name="Liam Treharne", left=0.26),
        Post(person="n-kaczmarek", name="Nadia Kaczmarek"),
        Post(person="t-whitham", name="Theo Whitham", percent=60, newly_qualified=True),
        Post(person="p-ingham", name="Poppy Ingham", came=0.29),
        Post(person="v-scholes", name="Vikram Scholes", came=0.74),
    ),
    strain=((0.0, 0.04), (0.25, 0.1), (0.32, 0.06), (0.71, 0.1), (0.78, 0.04), (1.0, 0.05)),
)

FRONT_DOOR = Plan(
    team_id="team-front-door",
    name="Front Door",
    kind="authority",
    managers=(Manager(person="e-shackleton", name="Esme Shackleton"),),
    posts=(
        Post(person="o-farrow", name="Orla Farrow", role="duty-worker"),
        Post(person="i-pickles", name="Ibrahim Pickles", role="duty-worker", percent=80),
    ),
)

AUTHORITY = Plan(
    team_id="team-authority",
    name="Quality and systems",
    kind="authority",
    posts=(
        Post(person="l-birtwistle", name="Leila Birtwistle", role="auditor"),
        Post(person="s-jowett", name="Seán Jowett", role="operator"),
    ),
)

AREA_TEAMS = (NORTH_VALE, HARBOUR, MOORSIDE)
ALL_TEAMS = (*AREA_TEAMS, FRONT_DOOR, AUTHORITY)

STEPS_IN = 3
"""On which day of the week (Monday is 0) another team's manager looks after one without any."""


class Team:
    """A team as it is at work."""

    def __init__(self, plan: Plan, span: Span) -> None:
        self.plan = plan
        self.id = plan.team_id
        self._span = span
        self._practice: dict[date, Practice] = {}
        self._posts = tuple((post, *self._days(post.came, post.left)) for post in plan.posts)
        self._managers: list[tuple[Manager, datetime, datetime]] = []
        for each in plan.managers:
            came, left = self._days(each.came, each.left)
            if self._managers:  # in a story of days two could come on the same one
                came = max(came, self._managers[-1][2] + timedelta(minutes=1))
            if came < left:
                self._managers.append((each, came, left))

    def _days(self, came: float, left: float | None) -> tuple[datetime, datetime]:
        """From opening on the first working day to closing on the last."""
        begins = self._span.begins if came == 0 else opening(self._working(self._span.at(came)))
        if left is None:
            return begins, self._span.ends + timedelta(days=365)
        return begins, closing(self._working(self._span.at(left)))

    def _working(self, at: datetime) -> date:
        return working_days_on(local_day(at) - timedelta(days=1), 1)

    @property
    def everybody(self) -> Iterator[tuple[Post | Manager, datetime, datetime]]:
        """Everybody who ever works or manages here, from when to when."""
        yield from self._managers
        yield from self._posts

    def until(self, who: Post | Manager) -> datetime:
        """When somebody's time here ends."""
        return next(left for each, _, left in self.everybody if each is who)

    def last_hour(self, person: str) -> datetime | None:
        """When somebody begins the last hour of their time here; None for another's person."""
        ends = [left for each, _, left in self.everybody if each.person == person]
        return max(ends) - timedelta(hours=1) if ends else None

    def practice(self, at: datetime) -> Practice:
        """How it goes here on that day."""
        day = local_day(at)
        if day not in self._practice:
            self._practice[day] = GOOD.worn(self.strain(at), POOR)
        return self._practice[day]

    def strain(self, at: datetime) -> float:
        share = self._span.share(at)
        points = self.plan.strain
        for (before, low), (after, high) in pairwise(points):
            if share <= after:
                return low + (high - low) * max(0.0, share - before) / (after - before)
        return points[-1][1]

    def manager(self, at: datetime) -> str | None:
        """Who manages the team; None where nobody does."""
        return next((each.person for each, a, b in self._managers if a <= at < b), None)

    def workers(self, at: datetime, role: Role = "social-worker") -> list[Post]:
        return [post for post, a, b in self._posts if a <= at < b and post.role == role]


def standing_in(team: Team, after: datetime, chance: Chance) -> datetime:
    """When somebody next decides for a team: its manager now, else another's on their one day."""
    if team.manager(after):
        return after
    moment = after
    while team.manager(moment) is None and local_day(moment).weekday() != STEPS_IN:
        moment = at_work(moment, 1, chance)
    return moment
