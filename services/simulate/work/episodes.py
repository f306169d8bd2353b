"""How does the work with a family go, from the opening of its cases to their closing?"""

from collections.abc import Generator
from datetime import datetime

from domain.assessment import AssessmentOutcome
from domain.codes import ClosureReason, Factor
from services.simulate.setting import words
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.words import say
from services.simulate.work import protection
from services.simulate.work.office import Child, Entry, Episode, Office, Referral
from services.simulate.work.risks import answer, raise_risk
from services.simulate.work.visits import WHERE, somebody, supervising, visit, visiting, worker_of

OUTCOMES: tuple[tuple[AssessmentOutcome, float], ...] = (
    ("no-further-action", 0.28), ("early-help", 0.27), ("child-in-need-plan", 0.42),
    ("strategy-discussion", 0.03),
)  # fmt: skip
MORE_FACTORS: tuple[Factor, ...] = ("3B", "4B", "1B", "2B", "17A", "7A", "4A", "6B")
CLOSED_FOR: dict[AssessmentOutcome, ClosureReason] = {
    "no-further-action": "RC8",
    "early-help": "RC9",
}
Assessed = Generator[datetime, None, AssessmentOutcome]


def open_episode(office: Office, referral: Referral) -> Episode:
    """What the decision opened: from now on the team has the family's cases."""
    household = referral.concern.household
    episode = Episode(
        household=household, children=referral.children, team=referral.team, referral=referral
    )
    office.episodes[household.number] = episode
    office.start(working(office, episode, office.chance("episode")))
    office.start(supervising(office, episode, office.chance("supervision")))
    return episode


# ── The way through ───────────────────────────────────────────────────────────────────────────────


def working(office: Office, episode: Episode, chance: Chance) -> Steps:
    """Allocated, assessed, authorised; then closed, or worked with for some months and closed."""
    days = episode.team.practice(office.now).allocate_days
    yield from allocating(office, episode, days, chance)
    outcome = yield from assessing(office, episode, chance)
    if outcome == "strategy-discussion" and not (episode.enquiring or episode.plan):
        yield from protection.protecting(office, episode, chance)
    yield from office.waiting_for(lambda: not episode.enquiring, chance)
    if outcome not in CLOSED_FOR and not episode.plan:
        until = at_work(office.now, chance.between(50, 140), chance)
        yield from visiting(office, episode, until, chance)
    yield from office.waiting_for(lambda: not episode.plan, chance, 600)
    yield from closing(office, episode, CLOSED_FOR.get(outcome, "RC7"), chance)


def allocating(
    office: Office, episode: Episode, days: tuple[float, float], chance: Chance
) -> Steps:
    """A manager gives the cases to the worker with most room, as soon as there is one."""
    yield office.manager_at(episode.team, chance.between(*days), chance)
    yield from office.waiting_for(lambda: bool(office.least_loaded(episode.team)), chance)
    worker = office.least_loaded(episode.team)
    if episode.closed or episode.worker or worker is None:
        return
    episode.worker = worker
    for child in episode.children:
        office.give(
            office.manager(episode.team),
            "allocate-case",
            case_id=office.case(child),
            worker_id=worker,
            team_id=episode.team.id,
        )


def assessing(office: Office, episode: Episode, chance: Chance) -> Assessed:
    practice = episode.team.practice(office.now)
    received = episode.referral.received_at
    yield at_work(office.now, chance.between(*practice.start_days), chance)
    yield from somebody(office, episode, chance)
    started = office.now
    start_assessments(office, episode)
    if chance.likely(0.5):
        household_found(office, episode, chance)
    if chance.likely(practice.seen):
        office.start(seeing(office, episode, chance))
    if chance.likely(practice.reviewed):
        office.start(reviewing(office, episode, chance), at_work(started, 9, chance))
    done_at = at_work(received, chance.between(*practice.complete_days), chance)
    long_at = at_work(received, chance.whole(38, 44), chance)
    if done_at > at_work(received, 45, chance) and chance.likely(practice.extended):
        yield long_at
        for child, assessment in episode.assessing():
            office.give(
                worker_of(office, episode),
                "extend-assessment",
                assessment_id=assessment,
                reason=say(words.EXTENDED, child[1], chance),
            )
    yield done_at
    yield from somebody(office, episode, chance)
    outcome = chance.one_of(OUTCOMES)
    if episode.plan or episode.enquiring:
        outcome = "child-in-need-plan"
    yield from completing(office, episode, outcome, chance)
    return outcome


def start_assessments(office: Office, episode: Episode) -> None:
    """One for each child of the family."""
    for child in episode.children:
        if child[0] in episode.assessments:
            continue
        events = office.give(
            worker_of(office, episode),
            "start-assessment",
            child_id=child[0],
            case_id=office.case(child),
            referral_received_at=episode.referral.received_at,
            worker_id=worker_of(office, episode),
        )
        episode.assessments[child[0]] = events[0].stream


def completing(
    office: Office, episode: Episode, outcome: AssessmentOutcome, chance: Chance
) -> Steps:
    """Completed by the worker, authorised by a manager or first sent back once."""
    practice = episode.team.practice(office.now)
    factors = list(episode.referral.concern.meaning.factors)
    if chance.likely(0.5):
        factors.append(chance.pick([each for each in MORE_FACTORS if each not in factors]))
    assessed = episode.assessing()
    returned = chance.likely(practice.returned)
    complete(office, episode, assessed, outcome, factors, chance)
    episode.assessed = True
    yield office.manager_at(episode.team, chance.between(*practice.authorise_days), chance)
    if returned:
        for child, assessment in assessed:
            office.give(
                office.manager(episode.team),
                "return-assessment",
                assessment_id=assessment,
                reason=say(words.RETURNED, child[1], chance),
            )
        yield at_work(office.now, chance.between(2, 6), chance)
        yield from somebody(office, episode, chance)
        complete(office, episode, assessed, outcome, factors, chance)
        yield office.manager_at(episode.team, chance.between(*practice.authorise_days), chance)
    for child, assessment in assessed:
        office.give(
            office.manager(episode.team),
            "authorise-assessment",
            assessment_id=assessment,
            rationale=say(words.PASSED, child[1], chance),
        )


def complete(
    office: Office,
    episode: Episode,
    assessed: list[tuple[Child, str]],
    outcome: AssessmentOutcome,
    factors: list[Factor],
    chance: Chance,
) -> None:
    for child, assessment in assessed:
        office.give(
            worker_of(office, episode),
            "complete-assessment",
            assessment_id=assessment,
            factors=factors,
            outcome=outcome,
            summary=say(words.COMPLETED[outcome], child[1], chance),
        )


def seeing(office: Office, episode: Episode, chance: Chance) -> Steps:
    """The children are seen and what they say is written down, most often twice."""
    for _ in range(1 + chance.likely(0.6)):
        practice = episode.team.practice(office.now)
        yield at_work(office.now, chance.between(*practice.seen_days), chance)
        yield from somebody(office, episode, chance)
        happened_at, where, alone = office.now, chance.one_of(WHERE), practice.seen_alone
        yield at_work(office.now, chance.between(*practice.record_days), chance)
        for child, assessment in episode.assessing():
            events = office.give(
                worker_of(office, episode),
                "see-child",
                happened_at=happened_at,
                assessment_id=assessment,
                alone=chance.likely(alone),
                where=where,
                words=words.heard(child[1], happened_at, chance),
            )
            office.entries.append(Entry(events[0].position, child, episode.team))
        yield at_work(office.now, chance.between(4, 9), chance)


def reviewing(office: Office, episode: Episode, chance: Chance) -> Steps:
    yield office.manager_at(episode.team, 0.3, chance)
    for child, assessment in episode.assessing():
        office.give(
            worker_of(office, episode),
            "reach-review-point",
            assessment_id=assessment,
            findings=say(words.REVIEWED, child[1], chance),
        )


def household_found(office: Office, episode: Episode, chance: Chance) -> None:
    """Who lives with the children, and where, as the worker found it."""
    home = episode.household
    address = ", ".join((*home.lines, home.postcode))
    for child in episode.children:
        by = worker_of(office, episode)
        for number, adult in enumerate(home.adults):
            office.give(
                by,
                "record-relationship",
                child_id=child[0],
                relationship_id=f"relationship-{child[0].removeprefix('child-')}-{number}",
                relation=adult.role,
                name=f"{adult.given_name} {adult.family_name}",
                contact=adult.telephone,
            )
        if chance.likely(0.5):
            household_id = f"household-{episode.referral.referral_id.removeprefix('referral-')}"
            office.give(
                by, "join-household", child_id=child[0], household_id=household_id, address=address
            )
        if chance.likely(0.06):
            office.give(
                by,
                "correct-details",
                child_id=child[0],
                reason=chance.pick(words.DETAILS),
                sex=child[1].sex,
                family_name=child[1].family_name,
                given_name=child[1].given_name,
                born_on=child[1].born_on,
                nhs_number=child[1].nhs_number,
                postcode=home.postcode,
            )


def closing(office: Office, episode: Episode, reason: ClosureReason, chance: Chance) -> Steps:
    """A manager closes the cases, with the risks answered as far as anybody cares to."""
    practice = episode.team.practice(office.now)
    yield office.manager_at(episode.team, chance.between(*practice.close_days), chance)
    for risk in episode.risks:
        if not risk.answered and chance.likely(practice.risk_answered):
            answer(office, episode, risk, "mitigated", chance)
    for child in episode.children:
        events = office.give(
            office.manager(episode.team),
            "close-case",
            case_id=office.case(child),
            reason=reason,
            rationale=say(words.CLOSED, child[1], chance),
        )
    episode.closed, episode.worker = True, None
    del office.episodes[episode.household.number]
    office.closed.append((episode, events[0].position))


def take_in(office: Office, episode: Episode, referral: Referral) -> None:
    """A child of the family whom only the new referral names is worked with as well."""
    known = {child_id for child_id, _ in episode.children}
    added = tuple(child for child in referral.children if child[0] not in known)
    episode.children += added
    for child in added:
        if episode.worker:
            office.give(
                office.manager(episode.team),
                "allocate-case",
                case_id=office.case(child),
                worker_id=episode.worker,
                team_id=episode.team.id,
            )
    if episode.assessing():
        start_assessments(office, episode)


def take_up(office: Office, episode: Episode, referral: Referral, chance: Chance) -> Steps:
    """A new concern about a family that is being worked with goes to its worker."""
    if chance.likely(0.7):
        raise_risk(office, episode, referral, chance)
    days = episode.team.practice(office.now).seen_days
    yield at_work(office.now, chance.between(*days), chance)
    if not episode.closed and episode.worker:
        yield from visit(office, episode, chance)
