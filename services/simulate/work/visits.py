"""How often are the children visited, and the work with them talked through with a manager?"""

from collections.abc import Iterator
from datetime import datetime

from domain.assessment import SeenWhere
from services.simulate.setting import words
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.words import say
from services.simulate.work.office import Entry, Episode, Office

WHERE: tuple[tuple[SeenWhere, float], ...] = (
    ("home", 0.6), ("school", 0.3), ("office", 0.06), ("elsewhere", 0.04),
)  # fmt: skip


def somebody(office: Office, episode: Episode, chance: Chance) -> Iterator[datetime]:
    """Until the family has a worker."""
    return office.waiting_for(lambda: episode.worker is not None, chance, 200)


def worker_of(office: Office, episode: Episode) -> str:
    """Whose name stands under it: the worker's; the manager's while there is none."""
    return episode.worker or office.manager(episode.team)


def visiting(office: Office, episode: Episode, until: datetime, chance: Chance) -> Steps:
    """One visit after the other, as often as the team manages."""
    while office.now < until and not episode.closed:
        days = episode.team.practice(office.now).visit_days
        low, high = days if episode.plan else (days[0] * 1.5, days[1] * 1.7)
        yield at_work(office.now, chance.between(low, high), chance)
        yield from somebody(office, episode, chance)
        if not episode.closed:
            yield from visit(office, episode, chance)


def visit(office: Office, episode: Episode, chance: Chance) -> Steps:
    """A visit, written down some time after; or one that failed."""
    practice = episode.team.practice(office.now)
    happened_at, by = office.now, worker_of(office, episode)
    where = chance.one_of(WHERE)
    failed = chance.likely(practice.visit_failed)
    written_up = at_work(office.now, chance.between(*practice.record_days), chance)
    # Whoever leaves before that writes it up on the last day.
    yield min(written_up, episode.team.last_hour(by) or written_up)
    for child in episode.children:
        about = {"happened_at": happened_at, "child_id": child[0]}
        if failed:
            why = say(words.VISIT_FAILED, child[1], chance)
            office.give(by, "record-failed-visit", reason=why, **about)
            continue
        seen = chance.likely(practice.seen)
        events = office.give(
            by,
            "record-visit",
            seen=seen,
            alone=seen and chance.likely(practice.seen_alone),
            bedroom_seen=where == "home" and chance.likely(practice.seen_alone),
            where=where,
            notes=say(words.VISITED if seen else words.NOT_THERE, child[1], chance),
            child_said=words.heard(child[1], happened_at, chance) if seen else None,
            **about,
        )
        if events:
            office.entries.append(Entry(events[0].position, child, episode.team))


def supervising(office: Office, episode: Episode, chance: Chance) -> Steps:
    """About every month the manager talks the cases through with the worker."""
    while True:
        yield at_work(office.now, chance.between(15, 21), chance)
        if episode.closed:
            return
        team = episode.team
        manager, strain = team.manager(office.now), team.strain(office.now)
        held = chance.likely(team.practice(office.now).supervised)
        if manager is None or episode.worker is None or not held:
            continue
        for child in episode.children:
            drifting = chance.likely(strain)
            decision, rationale = chance.unused(words.DRIFTING if drifting else words.SUPERVISION)
            office.give(
                manager,
                "hold-supervision",
                case_id=office.case(child),
                decision=words.about(decision, child[1]),
                rationale=words.about(rationale, child[1]),
            )
        if chance.likely(0.05):
            child = episode.children[0]
            decision, rationale = chance.unused(words.MANAGED)
            office.give(
                manager,
                "record-management-decision",
                case_id=office.case(child),
                decision=words.about(decision, child[1]),
                rationale=words.about(rationale, child[1]),
            )
