"""Who looks at the work from outside, and what is put right afterwards?"""

from datetime import timedelta

from msgspec.structs import replace

from domain.calendar import local_day
from services.simulate.setting import words
from services.simulate.setting.agencies import HOSPITAL, VALLEY, YOUNG_CARERS
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.hours import closing as closing_time
from services.simulate.setting.teams import Team
from services.simulate.setting.words import say
from services.simulate.work.episodes import allocating, closing
from services.simulate.work.office import OPERATOR, Episode, Office
from services.simulate.work.visits import supervising, worker_of

AUDITOR = "l-birtwistle"


def oversight(office: Office) -> None:
    """What goes on beside the work with each family."""
    office.start(auditing(office, office.chance("audits")))
    office.start(overturning(office, office.chance("overturned")))
    office.start(correcting(office, office.chance("corrections")))
    office.start(moving(office, office.chance("moves")))
    office.start(keeping_senders(office))
    office.start(restricting(office, office.chance("restricted")), office.span.at(0.35))


def auditing(office: Office, chance: Chance) -> Steps:
    """Every few weeks a handful of cases is read."""
    while True:
        yield at_work(office.now, chance.between(12, 20), chance)
        found = list(office.episodes.values())
        for _ in range(min(4, len(found))):
            episode = chance.pick(found)
            found.remove(episode)
            strain = episode.team.strain(office.now)
            grade = chance.one_of(
                (
                    ("outstanding", 0.15 * (1 - strain)),
                    ("good", 0.65 * (1 - strain) + 0.05),
                    ("requires-improvement", 0.25),
                    ("inadequate", 0.6 * strain),
                )
            )
            child = chance.pick(episode.children)
            office.give(
                AUDITOR,
                "audit-case",
                case_id=office.case(child),
                grade=grade,
                findings=say(words.AUDITED[grade], child[1], chance),
            )


def overturning(office: Office, chance: Chance) -> Steps:
    """Now and then a closing is found to have been wrong, and the work goes on."""
    while True:
        yield at_work(office.now, chance.between(25, 55), chance)
        recent = [
            (episode, position)
            for episode, position in office.closed
            if episode.household.number not in office.episodes and episode.closed
        ]
        if not recent:
            continue
        episode, position = chance.pick(recent)
        office.closed.remove((episode, position))
        child = episode.children[-1]
        office.give(
            AUDITOR,
            "overturn-decision",
            case_id=office.case(child),
            position=position,
            reason=say(words.OVERTURNED, child[1], chance),
        )
        office.start(reopening(office, episode, office.chance("reopened")))


def reopening(office: Office, episode: Episode, chance: Chance) -> Steps:
    yield office.manager_at(episode.team, chance.between(0.3, 2), chance)
    if episode.household.number in office.episodes:
        return
    episode = replace(episode, closed=False)  # what went on with the closed one has ended
    for child in episode.children:
        office.give(
            office.manager(episode.team),
            "reopen-case",
            case_id=office.case(child),
            reason=say(words.REOPENED, child[1], chance),
        )
    office.episodes[episode.household.number] = episode
    office.start(supervising(office, episode, office.chance("supervision")))
    days = episode.team.practice(office.now).allocate_days
    yield from allocating(office, episode, days, chance)
    yield at_work(office.now, chance.between(10, 30), chance)
    yield from closing(office, episode, "RC7", chance)


def correcting(office: Office, chance: Chance) -> Steps:
    """A visit was written up wrongly, or on the wrong child's record."""
    while True:
        yield at_work(office.now, chance.between(4, 12), chance)
        if not office.entries:
            continue
        entry = chance.pick(office.entries)
        office.entries.remove(entry)
        about = {"child_id": entry.child[0], "position": entry.position}
        if chance.likely(0.2):
            reason = chance.pick(words.MISPLACED)
            office.give(office.manager(entry.team), "retract-entry", reason=reason, **about)
        else:
            office.give(
                chance.pick(entry.team.workers(office.now)).person,
                "correct-entry",
                words=say(words.RIGHT_WORDS, entry.child[1], chance),
                reason=chance.pick(words.WHY_WRONG),
                **about,
            )


def moving(office: Office, chance: Chance) -> Steps:
    """Now and then a family moves into another team's area."""
    while True:
        yield at_work(office.now, chance.between(14, 35), chance)
        teams: list[Team] = office.area_teams
        settled: list[Episode] = [
            each
            for each in office.episodes.values()
            if each.assessed and each.worker and not (each.enquiring or each.watched)
        ]
        if not settled:
            continue
        episode = chance.pick(settled)
        to = chance.pick([team for team in teams if team is not episode.team])
        manager = office.manager(episode.team)
        for child in episode.children:
            office.give(
                manager,
                "transfer-case",
                case_id=office.case(child),
                team_id=to.id,
                reason=say(words.TRANSFERRED, child[1], chance),
            )
        episode.team, episode.worker = to, None
        days = to.practice(office.now).allocate_days
        office.start(allocating(office, episode, days, office.chance("moved in")))


def restricting(office: Office, chance: Chance) -> Steps:
    """A relative of somebody on the staff: only two people may open the record, for some time."""
    yield at_work(office.now, 0.2, chance)
    moorside = office.teams["team-moorside"]
    mine = [each for each in office.open_of(moorside) if each.worker and not each.watched]
    if not mine:
        return
    episode = chance.pick(mine)
    manager = office.manager(moorside)
    for child in episode.children:
        office.give(
            manager,
            "restrict-record",
            child_id=child[0],
            named=(manager, worker_of(office, episode)),
            reason=words.RELATIVE,
        )
    yield at_work(office.now, chance.between(60, 90), chance)
    for child in episode.children:
        office.give(manager, "unrestrict-record", child_id=child[0], reason=words.NO_RELATIVE)


def keeping_senders(office: Office) -> Steps:
    """A practice takes a new name, a hospital hears of plans from now on; a sender is kept out for
    a night while its system is seen to."""
    chance = office.chance("senders")
    yield at_work(office.span.at(0.3), 0.2, chance)
    office.give(OPERATOR, "rename-agency", agency_id=VALLEY, name="Valley Health Centre")
    named = {"agency_id": HOSPITAL, "lawful_basis": "legal-obligation"}
    office.give(OPERATOR, "name-for-plan-status", **named)
    yield at_work(office.span.at(0.55), 0.2, chance)
    yield closing_time(local_day(office.now)) + timedelta(hours=1)
    about = {"agency_id": YOUNG_CARERS}
    office.give(OPERATOR, "suspend-agency", reason=words.SYSTEM_CHECKED, **about)
    yield office.now + timedelta(hours=9)
    office.give(OPERATOR, "resume-agency", **about)
