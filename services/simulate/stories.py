"""Which two children's stories are told one by one, for a visitor to open?"""

from datetime import timedelta

from msgspec import Struct

from domain.enquiry import Attended
from domain.referral import Outcome, Rag, Threshold
from services.simulate.setting import agencies, words
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.words import say
from services.simulate.work.deciding import acknowledging, put_together
from services.simulate.work.episodes import (
    allocating,
    completing,
    household_found,
    reviewing,
    seeing,
    start_assessments,
)
from services.simulate.work.office import Episode, Office, Referral
from services.simulate.work.protection import conclude, confer, discuss, request
from services.simulate.work.risks import answer, raise_risk
from services.simulate.work.sending import referral_of
from services.simulate.work.visits import somebody, supervising, visiting

EVERYBODY: tuple[Attended, ...] = ("social-care", "police", "health", "education")
DOMESTIC_ABUSE, INJURY = "881081000000100", "700255001"


class Told(Struct, kw_only=True):
    """A story to open: a sentence on it, and the child's id once it has begun."""

    title: str
    child: str | None = None


def begin(office: Office) -> tuple[Told, ...]:
    """Both stories; each takes its place in the two years by itself."""
    unanswered = Told(title="Four agencies are worried about this child and nobody has answered")
    worked = Told(title="This child's protection plan is well worked")
    office.start(four_agencies(office, unanswered), office.span.at(0.58))
    late = office.span.ends - timedelta(days=190)
    office.start(well_worked(office, worked), max(office.span.at(0.1), late))
    return unanswered, worked


def four_agencies(office: Office, told: Told) -> Steps:
    """A family in Harbour: each agency writes, each is told that a worker has it, none has."""
    chance = office.chance("four agencies")
    harbour = office.teams["team-harbour"]
    household = office.town.household("XE5", office.now, chance, ages=(9, 6), apart=True)
    episode = None
    for agency, share in (
        (agencies.SCHOOLS, 0.58),
        (agencies.POLICE, 0.68),
        (agencies.HEALTH_VISITING, 0.79),
        (agencies.HOSPITAL, 0.9),
    ):
        yield at_work(office.span.at(share), 0.3, chance)
        at = office.now - timedelta(hours=3)
        concern = office.town.concern(
            household, agency, at, chance, code=DOMESTIC_ABUSE, severity="in-need"
        )
        referral = referral_of(office, concern, office.take(agencies.message(concern), agency))
        if referral is None:
            continue
        yield at_work(office.now, chance.between(2, 4), chance)
        outcome: Outcome = "existing-worker" if episode else "assessment"
        decide(office, referral, outcome, None, chance)
        if episode is None:
            episode = Episode(
                household=household,
                children=referral.children,
                team=harbour,
                referral=referral,
                watched=True,
            )
            office.episodes[household.number] = episode
            told.child = episode.children[0][0]
            office.start(neglected(office, episode, chance))
        if agency in (agencies.SCHOOLS, agencies.POLICE):
            raise_risk(office, episode, referral, chance)


def neglected(office: Office, episode: Episode, chance: Chance) -> Steps:
    """An assessment is begun, the children are seen once, and then the worker goes."""
    yield from allocating(office, episode, (5, 8), chance)
    yield at_work(office.now, chance.between(3, 6), chance)
    yield from somebody(office, episode, chance)
    start_assessments(office, episode)
    household_found(office, episode, chance)
    yield at_work(office.now, 12, chance)
    for child in episode.children:
        office.give(
            episode.worker or office.manager(episode.team),
            "see-child",
            assessment_id=episode.assessments[child[0]],
            alone=False,
            where="home",
            words=words.heard(child[1], office.now, chance),
        )


def well_worked(office: Office, told: Told) -> Steps:
    """A family in North Vale: everybody there the same day, every step in time, the child heard."""
    chance = office.chance("well worked")
    vale = office.teams["team-north-vale"]
    household = office.town.household("XE2", office.now, chance, ages=(7,), apart=True)
    yield at_work(office.now, 1, chance)
    concern = office.town.concern(
        household,
        agencies.HOSPITAL,
        office.now - timedelta(hours=2),
        chance,
        code=INJURY,
        severity="acute",
    )
    receipt = office.take(agencies.message(concern), agencies.HOSPITAL)
    referral = referral_of(office, concern, receipt)
    if referral is None:
        return
    yield office.now + timedelta(minutes=11)
    yield from acknowledging(office, referral, chance)
    yield office.now + timedelta(minutes=24)
    decide(office, referral, "strategy-discussion", vale.manager(office.now), chance)
    episode = Episode(
        household=household,
        children=referral.children,
        team=vale,
        referral=referral,
        watched=True,
        enquiring=True,
    )
    office.episodes[household.number] = episode
    child = episode.children[0]
    told.child = child[0]
    risk = raise_risk(office, episode, referral, chance)
    enquiry = request(office, episode, child, chance)
    yield from allocating(office, episode, (0, 0.01), chance)
    yield office.now + timedelta(minutes=50)
    discuss(office, episode, child, enquiry, EVERYBODY, "section-47-joint", chance)
    held_at = office.now
    office.start(supervising(office, episode, chance))
    yield at_work(office.now, 0.2, chance)
    start_assessments(office, episode)
    office.start(seeing(office, episode, chance))
    yield at_work(office.now, 3, chance)
    answer(office, episode, risk, "accepted", chance)
    yield at_work(held_at, 7, chance)
    conclude(office, episode, child, enquiry, "substantiated-continuing-risk", chance)
    yield from reviewing(office, episode, chance)
    yield at_work(held_at, 11, chance)
    confer(office, episode, [(child, enquiry)], "protection-plan", chance)
    episode.plan, episode.enquiring = True, False
    office.start(visiting(office, episode, office.span.ends, chance))
    yield at_work(held_at, 30, chance)
    yield from completing(office, episode, "child-in-need-plan", chance)


def decide(
    office: Office, referral: Referral, outcome: Outcome, authorised_by: str | None, chance: Chance
) -> None:
    """Screened, decided and told in one sitting."""
    first = referral.concern.story.children[0]
    by = office.duty(referral.team, chance)
    about = {"referral_id": referral.referral_id}
    put_together(office, referral)
    rag: Rag = "red" if outcome == "strategy-discussion" else "amber"
    threshold: Threshold = 4 if outcome == "strategy-discussion" else 3
    office.give(
        by,
        "screen-referral",
        rag=rag,
        threshold=threshold,
        rationale=say(words.SCREENING_ACUTE if rag == "red" else words.SCREENING, first, chance),
        **about,
    )
    office.give(
        by,
        "decide-referral",
        outcome=outcome,
        rationale=say(words.DECIDED[outcome], first, chance),
        team_id=referral.team.id,
        authorised_by=authorised_by,
        **about,
    )
    referral.decided = True
    office.give(by, "tell-referrer", words=chance.pick(words.TOLD[outcome]), **about)
