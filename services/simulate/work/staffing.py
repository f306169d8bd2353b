"""Who comes, who goes, and what becomes of the families of those who go?"""

from datetime import timedelta

from domain.calendar import local_day
from services.simulate.setting import words
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work, working_days_on
from services.simulate.setting.teams import Manager, Post, Team
from services.simulate.setting.words import say
from services.simulate.work.episodes import allocating
from services.simulate.work.office import OPERATOR, Episode, Office


def form_teams(office: Office) -> None:
    """The teams, and everybody who is there from the first day."""
    for team in office.teams.values():
        plan = team.plan
        office.give(
            OPERATOR, "form-team", team_id=plan.team_id, name=plan.name, kind=plan.kind,
            areas=plan.areas,
        )  # fmt: skip
        for number, (who, came, left) in enumerate(team.everybody):
            # A moment apart, so that who was there first can be told.
            office.start(staying(office, team, who), came + timedelta(seconds=number))
            if left <= office.span.ends:
                office.start(leaving(office, team, who), left - timedelta(days=4))
    for team in office.area_teams:
        office.start(absences(office, team, office.chance(f"absences {team.id}")))
    office.start(shorter_weeks(office), office.span.at(0.33))


def staying(office: Office, team: Team, who: Post | Manager) -> Steps:
    """They come."""
    about = {"team_id": team.id, "person_id": who.person, "name": who.name}
    if isinstance(who, Manager):
        office.give(OPERATOR, "appoint-manager", interim=who.interim, **about)
    else:
        office.give(
            OPERATOR,
            "join-team",
            role=who.role,
            percent=who.percent,
            agency_staff=who.agency_staff,
            newly_qualified=who.newly_qualified,
            **about,
        )
    yield office.now


def leaving(office: Office, team: Team, who: Post | Manager) -> Steps:
    """They hand over what they can in their last days, and go."""
    chance = office.chance(f"leaving {who.person}")
    ends = team.until(who)
    yield at_work(office.now, 0.3, chance)
    if isinstance(who, Post):
        for episode in [each for each in office.open_of(team) if each.worker == who.person]:
            if chance.likely(team.practice(office.now).handed_over):
                yield from handing_over(office, episode, who.person, chance)
    yield ends - timedelta(minutes=10)
    if isinstance(who, Post):
        for episode in [each for each in office.open_of(team) if each.worker == who.person]:
            left_behind(office, episode, chance)
        office.give(OPERATOR, "leave-team", team_id=team.id, person_id=who.person)
    else:
        office.give(OPERATOR, "manager-leaves", team_id=team.id, person_id=who.person)


def handing_over(office: Office, episode: Episode, leaver: str, chance: Chance) -> Steps:
    """The next worker is named, reads the note and says so."""
    worker = office.least_loaded(episode.team, but=leaver)
    if worker is None or episode.closed:
        return
    for child in episode.children:
        case_id = office.case(child)
        note = say(words.HANDOVER, child[1], chance)
        office.give(leaver, "issue-handover", case_id=case_id, to_worker_id=worker, note=note)
        office.give(
            office.manager(episode.team),
            "allocate-case",
            case_id=case_id,
            worker_id=worker,
            team_id=episode.team.id,
            reason="LEFTRL",
        )
    episode.worker = worker
    office.start(acknowledging(office, episode, worker, office.chance("handover")))
    yield office.now + timedelta(minutes=chance.whole(5, 40))


def acknowledging(office: Office, episode: Episode, worker: str, chance: Chance) -> Steps:
    yield at_work(office.now, chance.between(0.1, 1.6), chance)
    if not episode.closed and episode.worker == worker:
        for child in episode.children:
            office.give(worker, "acknowledge-handover", case_id=office.case(child))


def left_behind(office: Office, episode: Episode, chance: Chance) -> None:
    """Nobody has the family until somebody is found."""
    for child in episode.children:
        office.give(
            office.manager(episode.team),
            "unallocate-case",
            case_id=office.case(child),
            reason="LEFTRL",
        )
    episode.worker = None
    days = episode.team.practice(office.now).reallocate_days
    office.start(allocating(office, episode, days, office.chance("reallocating")))


def absences(office: Office, team: Team, chance: Chance) -> Steps:
    """Leave is covered by a colleague, as long as somebody sees to it."""
    while True:
        yield at_work(office.now, chance.between(15, 35), chance)
        manager, workers = team.manager(office.now), team.workers(office.now)
        if manager is None or len(workers) < 2 or chance.likely(team.strain(office.now)):
            continue
        away = chance.pick(workers)
        cover = chance.pick([each for each in workers if each is not away])
        until = working_days_on(local_day(office.now), chance.whole(4, 10))
        office.give(
            manager,
            "arrange-cover",
            team_id=team.id,
            person_id=away.person,
            cover_id=cover.person,
            until=until,
        )


def shorter_weeks(office: Office) -> Steps:
    """A worker comes back to four days a week, and later to five."""
    for share, percent in ((0.33, 80), (0.66, 100)):
        yield at_work(office.span.at(share), 0.3, office.chance("weeks"))
        office.give(
            OPERATOR,
            "change-working-time",
            team_id="team-moorside",
            person_id="n-kaczmarek",
            percent=percent,
        )
