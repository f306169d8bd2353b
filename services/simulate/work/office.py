"""What do those who work in the made-up authority, and those who write to it, put on the record?

Everything goes the ordinary way: messages through intake, commands through `handle`.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from msgspec import Struct

from adapters.event_store import EventStore
from adapters.made_up import MadeUpChild
from domain.case import case_of
from domain.kernel import Recorded
from services.give import command_from
from services.handle import handle
from services.intake import Intake, Receipt
from services.simulate.setting.agencies import Message
from services.simulate.setting.agenda import Agenda, Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.teams import (
    ALL_TEAMS,
    AREA_TEAMS,
    FRONT_DOOR,
    Span,
    Team,
    standing_in,
)
from services.simulate.setting.town import Concern, Household, Town

OPERATOR = "operator"
"""Gives the commands that set up teams and agencies; is in every store."""

NOTICE = timedelta(days=21)
"""Who leaves so soon is given no more families, if there is anybody else."""

RECENT = 60
"""How many of the last entries are remembered, for those that turn out to be wrong."""

Child = tuple[str, MadeUpChild]
"""A child's id, and who it is."""


class Referral(Struct, kw_only=True, eq=False):
    """A referral that somebody at duty deals with."""

    referral_id: str
    concern: Concern
    team: Team
    received_at: datetime
    children: tuple[Child, ...]
    unreadable: bool = False
    conflicted: bool = False
    withdrawn: bool = False
    acknowledged: bool = False
    decided: bool = False


class Risk(Struct, kw_only=True, eq=False):
    risk_id: str
    child: Child
    answered: bool = False


class Episode(Struct, kw_only=True, eq=False):
    """The work with the children of one family, from opening to closing."""

    household: Household
    children: tuple[Child, ...]
    team: Team
    referral: Referral
    worker: str | None = None
    closed: bool = False
    enquiring: bool = False
    plan: bool = False
    assessed: bool = False
    """The assessment is completed: nothing more is put in it, and no child added to it."""
    risks: list[Risk] = []
    assessments: dict[str, str] = {}
    """Child -> the id of the assessment."""
    watched: bool = False
    """One of the stories told one by one: chance leaves it alone."""

    def assessing(self) -> list[tuple[Child, str]]:
        """The children whose assessment is under way, each with its id."""
        if self.closed or self.assessed:
            return []
        return [(c, self.assessments[c[0]]) for c in self.children if c[0] in self.assessments]


class Entry(Struct, frozen=True):
    """Where on the record a child was seen, by its position in the log."""

    position: int
    child: Child
    team: Team


class Office:
    """The record, and everything that goes on around it."""

    def __init__(self, store: EventStore, span: Span, seed: int, volume: float) -> None:
        self.agenda = Agenda(span.begins)
        self.span = span
        self.seed = seed
        self.volume = volume
        self.town = Town(seed)
        self.teams = {plan.team_id: Team(plan, span) for plan in ALL_TEAMS}
        self.area_teams = [self.teams[plan.team_id] for plan in AREA_TEAMS]
        self.front_door = self.teams[FRONT_DOOR.team_id]
        self.episodes: dict[int, Episode] = {}
        """Household -> its open episode."""
        self.closed: deque[tuple[Episode, int]] = deque(maxlen=RECENT)
        """The last to be closed, and the closure's position in the log."""
        self.entries: deque[Entry] = deque(maxlen=RECENT)
        self.results: Counter[str] = Counter()
        """What became of the messages."""
        self.registered: set[str] = set()
        """Ids of all children that a message named."""
        self.refused: list[str] = []
        self._store = store
        self._intake = Intake(store, clock=lambda: self.agenda.now)
        self._numbers = count(1)

    @property
    def now(self) -> datetime:
        return self.agenda.now

    def start(self, steps: Steps, at: datetime | None = None) -> None:
        self.agenda.start(steps, at)

    def chance(self, about: str) -> Chance:
        """The dice of something new."""
        return Chance(f"{self.seed} {about} {next(self._numbers)}")

    # ── On the record ─────────────────────────────────────────────────────────────────────────────

    def give(self, by: str, command_name: str, /, **fields: Any) -> tuple[Recorded, ...]:
        """A command of a person, now; what it caused. A refusal is noted, and nothing follows."""
        command = command_from(command_name, fields, by=by, now=self.now)
        handled = handle(self._store, command)
        if handled.result == "refused":
            self.refused.append(f"{command_name}: {handled.reason}")
        return handled.events

    def take(self, message: Message, agency: str) -> Receipt:
        """A message of an agency, now."""
        sent = message.sent(agency, self.now)
        receipts = list(
            self._intake.take(
                sent, source=message.file_name or "-", channel=message.channel, format="auto"
            )
        )
        for receipt in receipts:
            self.results[receipt.result] += 1
            self.registered.update(receipt.children)
        return receipts[0]

    def case(self, child: Child) -> str:
        return case_of(child[0])

    # ── Who does it ───────────────────────────────────────────────────────────────────────────────

    def duty(self, team: Team, chance: Chance) -> str:
        """Who is on duty for a team now: its own duty worker, else the front door's."""
        own = team.workers(self.now, "duty-worker")
        return chance.pick(own or self.front_door.workers(self.now, "duty-worker")).person

    def manager(self, team: Team) -> str:
        """Who decides for a team now; the front door's manager where it has none."""
        return team.manager(self.now) or FRONT_DOOR.managers[0].person

    def manager_at(self, team: Team, days: float, chance: Chance) -> datetime:
        """When a manager gets to something of a team's, about so many working days from now."""
        return standing_in(team, at_work(self.now, days, chance), chance)

    def open_of(self, team: Team) -> Iterator[Episode]:
        return (each for each in self.episodes.values() if each.team is team)

    def least_loaded(self, team: Team, *, but: str | None = None) -> str | None:
        """The worker who has most room for one more family; None where there is nobody."""
        load: Counter[str] = Counter()
        for episode in self.open_of(team):
            if episode.worker:
                load[episode.worker] += len(episode.children)
        there = [post for post in team.workers(self.now) if post.person != but]
        soon = self.now + NOTICE
        staying = [post for post in there if team.until(post) > soon]
        room = [
            ((load[post.person] + 1) / post.percent, index, post.person)
            for index, post in enumerate(staying or there)
        ]
        return min(room)[2] if room else None

    # ── Families ──────────────────────────────────────────────────────────────────────────────────

    def team_of(self, household: Household) -> Team:
        return next(team for team in self.area_teams if household.area in team.plan.areas)

    def waiting_for(
        self, ready: Callable[[], bool], chance: Chance, most: int = 60
    ) -> Iterator[datetime]:
        """Look again each working day, at most so many times, until it is so."""
        for _ in range(most):
            if ready():
                return
            yield at_work(self.now, 1, chance)
