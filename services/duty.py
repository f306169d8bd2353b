"""Whose duty does a new referral fall to, and which worker is told of it?"""

from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from msgspec import Struct

from adapters.event_store import EventStore, Unreadable
from domain import case
from domain.case import Case, case_of
from domain.child import ChildMatched, ChildRegistered
from domain.workforce import TeamFormed
from services.logs import log

SAME_MATTER = timedelta(days=14)
"""How long after a child's last referral a new one is offered as perhaps about the same thing."""


class Fallen(Struct, frozen=True):
    """`team_id`: None when no team covers the area; then it is on every team's page."""

    team_id: str | None = None
    workers: tuple[str, ...] = ()
    recent_referral: str | None = None


class Areas:
    """Which team has each area (the outward part of a postcode). Kept, so that it is read once."""

    def __init__(self) -> None:
        self._teams: dict[str, str] = {}
        self._read_to = 0

    def of_teams(self, store: EventStore) -> dict[str, str]:
        """By area the team, as the log of this store tells it by now."""
        newest = store.newest()
        while self._read_to < newest:
            try:
                page = store.since(self._read_to, 1000, names={"workforce.team_formed.v1"})
            except Unreadable as error:  # one team's areas, not everybody's concerns
                log.error("team_unreadable", stream=error.stream, version=error.version)
                self._read_to = error.position or self._read_to + 1
                continue
            for recorded in page:
                if isinstance(recorded.event, TeamFormed):
                    for area in recorded.event.areas:
                        self._teams.setdefault(area.upper(), recorded.event.team_id)
            self._read_to = page.reached
        return self._teams


class Duty:
    """Knows the teams' areas, and reads the cases of the children named.

    `pass_over`: a case that cannot be read is as none; else it raises `Unreadable`.
    """

    def __init__(self, store: EventStore, areas: Areas, *, pass_over: bool = False) -> None:
        self.store = store
        self._areas = areas
        self._pass_over = pass_over

    def of(
        self, child_ids: tuple[str, ...], postcodes: tuple[str, ...], received_at: datetime
    ) -> Fallen:
        """Where an open case is, its team and worker; else the team of the first area known."""
        cases = [self._case(child_id) for child_id in child_ids]
        open_cases = [each for each in cases if each.episode and not each.closed]
        teams = [each.team_id for each in open_cases if each.team_id]
        areas = self._areas.of_teams(self.store)
        teams += [areas[area] for code in postcodes if (area := outward(code)) in areas]
        return Fallen(
            team_id=teams[0] if teams else None,
            workers=tuple(dict.fromkeys(c.worker_id for c in open_cases if c.worker_id)),
            recent_referral=self._recent_referral(child_ids, received_at),
        )

    def _case(self, child_id: str) -> Case:
        try:
            events: Any = [recorded.event for recorded in self.store.history(case_of(child_id))]
        except Unreadable:
            if not self._pass_over:
                raise
            return Case()
        return reduce(case.evolve, events, Case())

    def _recent_referral(self, child_ids: tuple[str, ...], received_at: datetime) -> str | None:
        recent: tuple[datetime, int, str] | None = None
        for child_id in child_ids:
            for recorded in self.store.history(child_id):
                event = recorded.event
                if not isinstance(event, ChildRegistered | ChildMatched) or not event.referral_id:
                    continue
                if abs(received_at - event.received_at) <= SAME_MATTER:
                    found = (event.received_at, recorded.position, event.referral_id)
                    recent = max(recent or found, found)
        return recent[2] if recent else None


def outward(postcode: str) -> str:
    """The outward part of a postcode, `XE1` of `xe1 2ab`."""
    return postcode.replace(" ", "").upper()[:-3]
