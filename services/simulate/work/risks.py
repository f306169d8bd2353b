"""Which risks are raised, and does anybody answer them?"""

from domain.risk import Answer
from services.simulate.setting import words
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.words import say
from services.simulate.work.office import Episode, Office, Referral, Risk
from services.simulate.work.visits import somebody, worker_of

ANSWERS: tuple[tuple[Answer, float], ...] = (
    ("accepted", 0.35), ("mitigated", 0.5), ("refuted", 0.15),
)  # fmt: skip


def raise_risk(office: Office, episode: Episode, referral: Referral, chance: Chance) -> Risk:
    """What the referrer fears, put down as a risk that somebody has to answer."""
    concern = referral.concern
    child = episode.children[0]
    told = concern.story.concern.split(". ")[0]
    events = office.give(
        office.duty(referral.team, chance),
        "raise-risk",
        child_id=child[0],
        kind=concern.meaning.kind,
        raised_by_agency=concern.agency,
        referral_id=referral.referral_id,
        words=say(words.RAISED, child[1], chance, words=told),
    )
    risk = Risk(risk_id=events[0].stream, child=child)
    episode.risks.append(risk)
    if not episode.watched:
        office.start(answering(office, episode, risk, office.chance("risk")))
    return risk


def answering(office: Office, episode: Episode, risk: Risk, chance: Chance) -> Steps:
    """The worker answers it, or nobody does until somebody takes it higher, or nobody at all."""
    practice = episode.team.practice(office.now)
    if chance.likely(practice.risk_answered):
        yield at_work(office.now, chance.between(*practice.answer_days), chance)
        yield from somebody(office, episode, chance)
    elif chance.likely(practice.risk_escalated):
        yield at_work(office.now, chance.between(12, 25), chance)
        if not risk.answered:
            escalate(office, episode, risk, chance)
        yield office.manager_at(episode.team, chance.between(2, 8), chance)
    else:
        return
    if not risk.answered:
        answer(office, episode, risk, chance.one_of(ANSWERS), chance)


def answer(office: Office, episode: Episode, risk: Risk, given: Answer, chance: Chance) -> None:
    reasons, evidence = words.ANSWERED[given]
    office.give(
        worker_of(office, episode),
        "answer-risk",
        risk_id=risk.risk_id,
        answer=given,
        reason=say(reasons, risk.child[1], chance),
        evidence=say(evidence, risk.child[1], chance),
    )
    risk.answered = True


def escalate(office: Office, episode: Episode, risk: Risk, chance: Chance) -> None:
    office.give(
        worker_of(office, episode),
        "escalate-risk",
        risk_id=risk.risk_id,
        to="Head of service",
        reason=say(words.ESCALATED, risk.child[1], chance),
    )
