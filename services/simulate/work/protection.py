"""How is a child protected: the strategy discussion, the enquiry, the conference, the plan?"""

from domain.conference import ConferenceDecision
from domain.enquiry import Attended, Conclusion, StrategyDecision
from domain.plan import PlanEnd
from services.simulate.setting import words
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.practice import Practice
from services.simulate.setting.words import say
from services.simulate.work.office import Child, Episode, Office
from services.simulate.work.visits import visiting, worker_of

DECISIONS: tuple[tuple[StrategyDecision, float], ...] = (
    ("section-47-joint", 0.5), ("section-47-single", 0.32), ("no-section-47", 0.18),
)  # fmt: skip
CONCLUSIONS: tuple[tuple[Conclusion, float], ...] = (
    ("substantiated-continuing-risk", 0.42), ("substantiated-no-continuing-risk", 0.24),
    ("not-substantiated", 0.34),
)  # fmt: skip
ENDS: tuple[tuple[PlanEnd, float], ...] = (
    ("child-in-need-plan", 0.7), ("no-longer-needed", 0.25), ("looked-after", 0.05),
)  # fmt: skip


def protecting(office: Office, episode: Episode, chance: Chance) -> Steps:
    """From the first suspicion of significant harm to the end of the plan, if there is one."""
    episode.enquiring = True
    team = episode.team
    practice = team.practice(office.now)
    asked = [
        (child, request(office, episode, child, chance) if chance.likely(0.7) else None)
        for child in episode.children
    ]
    yield at_work(office.now, chance.between(*practice.discussion_days), chance)
    decision = chance.one_of(DECISIONS)
    who = attending(practice, chance)
    enquiries = [
        (child, discuss(office, episode, child, enquiry, who, decision, chance))
        for child, enquiry in asked
    ]
    held_at = office.now
    if decision != "no-section-47":
        yield at_work(office.now, chance.between(*practice.enquiry_days), chance)
        conclusion = chance.one_of(CONCLUSIONS)
        for child, enquiry in enquiries:
            conclude(office, episode, child, enquiry, conclusion, chance)
        if conclusion == "substantiated-continuing-risk":
            days = chance.between(*practice.conference_days)
            yield at_work(held_at, days, chance)
            yield from planning(office, episode, enquiries, chance)
    episode.enquiring = False


def attending(practice: Practice, chance: Chance) -> tuple[Attended, ...]:
    """Who takes part: social care always, the police and health as a rule, others at times."""
    others: list[Attended] = []
    if chance.likely(practice.police_there):
        others.append("police")
    if chance.likely(practice.health_there):
        others.append("health")
    if not others or chance.likely(0.6):
        others.append("education")
    if chance.likely(0.15):
        others.append("housing")
    return ("social-care", *others)


def request(office: Office, episode: Episode, child: Child, chance: Chance) -> str:
    events = office.give(
        episode.worker or office.duty(episode.team, chance),
        "request-strategy-discussion",
        child_id=child[0],
        reason=say(words.REQUESTED, child[1], chance),
    )
    return events[0].stream


def discuss(
    office: Office,
    episode: Episode,
    child: Child,
    enquiry: str | None,
    attended: tuple[Attended, ...],
    decision: StrategyDecision,
    chance: Chance,
) -> str:
    """The discussion about one child; the id of its enquiry."""
    pursued = decision != "no-section-47"
    events = office.give(
        office.manager(episode.team),
        "hold-strategy-discussion",
        child_id=child[0],
        attended=attended,
        decision=decision,
        rationale=say(words.DISCUSSED if pursued else words.NOT_PURSUED, child[1], chance),
        actions=say(words.ACTIONS, child[1], chance) if pursued else "",
        **({"enquiry_id": enquiry} if enquiry else {}),
    )
    return events[0].stream


def conclude(
    office: Office,
    episode: Episode,
    child: Child,
    enquiry: str,
    conclusion: Conclusion,
    chance: Chance,
) -> None:
    office.give(
        worker_of(office, episode),
        "conclude-section-47",
        enquiry_id=enquiry,
        conclusion=conclusion,
        rationale=say(words.CONCLUDED[conclusion], child[1], chance),
    )


def planning(
    office: Office, episode: Episode, enquiries: list[tuple[Child, str]], chance: Chance
) -> Steps:
    """The conference, and the months of the plan that it decides."""
    decision: ConferenceDecision = (
        "protection-plan" if chance.likely(0.85) else "no-protection-plan"
    )
    confer(office, episode, enquiries, decision, chance)
    if decision == "no-protection-plan":
        return
    episode.plan, episode.enquiring = True, False
    until = at_work(office.now, chance.between(100, 190), chance)
    yield from visiting(office, episode, until, chance)
    yield office.manager_at(episode.team, chance.between(1, 10), chance)
    end(office, episode, chance.one_of(ENDS), chance)


def confer(
    office: Office,
    episode: Episode,
    enquiries: list[tuple[Child, str]],
    decision: ConferenceDecision,
    chance: Chance,
) -> None:
    planned = decision == "protection-plan"
    for child, enquiry in enquiries:
        office.give(
            office.manager(episode.team),
            "hold-initial-conference",
            child_id=child[0],
            enquiry_id=enquiry,
            attended=("social-care", "police", "health", "education"),
            decision=decision,
            category=episode.referral.concern.meaning.category if planned else None,
            rationale=say(words.CONFERENCE if planned else words.NO_PLAN, child[1], chance),
            child_said=say(words.AT_CONFERENCE, child[1], chance),
        )


def end(office: Office, episode: Episode, reason: PlanEnd, chance: Chance) -> None:
    for child in episode.children:
        office.give(
            office.manager(episode.team),
            "end-protection-plan",
            child_id=child[0],
            reason=reason,
            rationale=say(words.PLAN_ENDED, child[1], chance),
        )
    episode.plan = False
