"""What becomes of a referral at duty: acknowledged, screened, decided, and the referrer told?"""

from msgspec.structs import replace

from domain.referral import OPENS_A_CASE, Outcome, Rag, Threshold
from services.simulate.setting import words
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.town import Severity
from services.simulate.setting.words import say
from services.simulate.work.episodes import open_episode, take_in, take_up
from services.simulate.work.office import Child, Office, Referral
from services.simulate.work.protection import protecting
from services.simulate.work.risks import raise_risk

OUTCOMES: dict[Severity, tuple[tuple[Outcome, float], ...]] = {
    "slight": (("no-further-action", 0.58), ("advice", 0.38), ("other-authority", 0.04)),
    "early-help": (("early-help", 0.8), ("advice", 0.2)),
    "in-need": (("assessment", 1.0),),
    "acute": (("strategy-discussion", 1.0),),
}
GRADES: dict[Severity, tuple[Rag, Threshold]] = {
    "slight": ("green", 1),
    "early-help": ("green", 2),
    "in-need": ("amber", 3),
    "acute": ("red", 4),
}
ASKED = ("Police", "Health", "School", "Probation", "Housing")


def dealing(office: Office, referral: Referral, chance: Chance) -> Steps:
    """A referral is acknowledged, screened, decided and answered."""
    team, concern = referral.team, referral.concern
    practice = team.practice(office.now)
    if chance.likely(practice.acknowledged):
        late = not chance.likely(practice.acknowledged_in_time)
        days = chance.between(2, 6) if late else chance.between(0.02, 0.8)
        office.start(acknowledging(office, referral, chance), at_work(office.now, days, chance))
    office.start(asking_after(office, referral, chance))
    in_time = chance.likely(practice.decided_in_time) or concern.severity == "acute"
    low, high = (0.05, 0.95) if in_time else practice.late_decision_days
    decide_at = at_work(office.now, chance.between(low, high), chance)
    yield at_work(office.now, 0.02, chance)
    if concern.unplaced:
        office.give(
            office.manager(office.front_door),
            "route-referral",
            referral_id=referral.referral_id,
            team_id=team.id,
        )
    if office.now < decide_at and chance.likely(0.85):
        yield from screening(office, referral, chance)
        if chance.likely(practice.asked):
            office.start(asking(office, referral, chance))
    yield decide_at
    if referral.unreadable:  # until the sender has been rung
        yield at_work(office.now, 0.5, chance)
    yield from deciding(office, referral, chance)


def acknowledging(office: Office, referral: Referral, chance: Chance) -> Steps:
    office.give(
        office.duty(referral.team, chance),
        "acknowledge-referral",
        referral_id=referral.referral_id,
    )
    referral.acknowledged = True
    yield office.now


def screening(office: Office, referral: Referral, chance: Chance) -> Steps:
    rag, threshold = GRADES[referral.concern.severity]
    first = referral.concern.story.children[0]
    office.give(
        office.duty(referral.team, chance),
        "screen-referral",
        referral_id=referral.referral_id,
        rag=rag,
        threshold=threshold,
        rationale=say(words.SCREENING_ACUTE if rag == "red" else words.SCREENING, first, chance),
    )
    yield office.now


def asking(office: Office, referral: Referral, chance: Chance) -> Steps:
    """Another agency is asked what it knows, and answers."""
    first = referral.concern.story.children[0]
    asked = chance.pick(ASKED)
    about = {"referral_id": referral.referral_id}
    office.give(
        office.duty(referral.team, chance),
        "request-information",
        asked_agency=asked,
        question=say(words.ASKED, first, chance),
        **about,
    )
    yield at_work(office.now, chance.between(0.1, 0.6), chance)
    by = office.duty(referral.team, chance)
    if chance.likely(0.06):
        reason = say(words.DECLINED, first, chance)
        office.give(by, "decline-information", by_agency=asked, reason=reason, **about)
    else:
        office.give(
            by,
            "share-information",
            by_agency=asked,
            lawful_basis="public-task",
            information=say(words.SHARED, first, chance),
            **about,
        )


def attending(office: Office, referral: Referral, chance: Chance) -> Steps:
    """What came after the decision is read by somebody, who leaves the decision as it is."""
    practice = referral.team.practice(office.now)
    yield at_work(office.now, chance.between(0.2, 1.2), chance)
    if chance.likely(practice.acknowledged):
        office.give(
            office.duty(referral.team, chance),
            "attend-referral",
            referral_id=referral.referral_id,
            reason=chance.pick(words.ATTENDED),
        )


def asking_after(office: Office, referral: Referral, chance: Chance) -> Steps:
    """The referrer, having heard nothing for days, asks what became of it."""
    yield at_work(office.now, 3.1, chance)
    heard = referral.acknowledged or referral.decided
    if not heard and chance.likely(0.6):
        office.give(
            referral.concern.agency,
            "follow-up-referral",
            referral_id=referral.referral_id,
            words=say(words.CHASED, referral.concern.story.children[0], chance),
        )


def deciding(office: Office, referral: Referral, chance: Chance) -> Steps:
    team, concern = referral.team, referral.concern
    practice = team.practice(office.now)
    first = concern.story.children[0]
    about = {"referral_id": referral.referral_id}
    by = office.duty(team, chance)
    if referral.conflicted:
        office.give(by, "settle-conflict", reason=chance.pick(words.SETTLED), **about)
        referral.conflicted = False
    put_together(office, referral)
    outcome = what_is_decided(office, referral, chance)
    if referral.unreadable:
        rationale = words.UNREADABLE
    elif referral.withdrawn:
        rationale = chance.pick(words.WITHDRAWN)
    else:
        rationale = say(words.DECIDED[outcome], first, chance)
    named = team.manager(office.now) is not None and chance.likely(practice.manager_named)
    manager = team.manager(office.now) if named and chance.likely(0.8) else None
    office.give(
        by,
        "decide-referral",
        outcome=outcome,
        rationale=rationale,
        team_id=team.id,
        authorised_by=manager,
        **about,
    )
    referral.decided = True
    office.start(telling(office, referral, outcome, chance))
    followed_up(office, referral, outcome, chance)
    if named:
        yield office.manager_at(team, chance.between(0.1, 1.5), chance)
        if referral.decided and manager in (None, office.manager(team)):  # as now, or as was said
            office.give(
                office.manager(team),
                "authorise-decision",
                rationale=say(words.AUTHORISED, first, chance),
                **about,
            )


def what_is_decided(office: Office, referral: Referral, chance: Chance) -> Outcome:
    concern = referral.concern
    if referral.unreadable or referral.withdrawn or not referral.children:
        return "no-further-action"
    outcome = chance.one_of(OUTCOMES[concern.severity])
    open_now = office.episodes.get(concern.household.number)
    if open_now is None or outcome in ("no-further-action", "other-authority"):
        return outcome
    if outcome == "strategy-discussion" and not (open_now.enquiring or open_now.plan):
        return outcome
    return "existing-worker"


def followed_up(office: Office, referral: Referral, outcome: Outcome, chance: Chance) -> None:
    """What a decision sets going."""
    concern = referral.concern
    open_now = office.episodes.get(concern.household.number)
    if open_now is not None:
        if outcome == "existing-worker":
            office.start(take_up(office, open_now, referral, chance))
        elif outcome == "strategy-discussion":
            take_in(office, open_now, referral)
            raise_risk(office, open_now, referral, chance)
            office.start(protecting(office, open_now, chance))
    elif outcome in OPENS_A_CASE:
        episode = open_episode(office, referral)
        if concern.severity == "acute" or chance.likely(0.6):
            raise_risk(office, episode, referral, chance)
        if outcome == "strategy-discussion":
            office.start(protecting(office, episode, chance))
    elif outcome == "no-further-action" and not referral.unreadable and chance.likely(0.03):
        office.start(disagreeing(office, referral, chance))


def telling(office: Office, referral: Referral, outcome: Outcome, chance: Chance) -> Steps:
    """The referrer is told what was decided."""
    practice = referral.team.practice(office.now)
    if not chance.likely(practice.told):
        return
    yield at_work(office.now, chance.between(*practice.tell_days), chance)
    office.give(
        office.duty(referral.team, chance),
        "tell-referrer",
        referral_id=referral.referral_id,
        words=chance.pick(words.TOLD[outcome]),
    )


def disagreeing(office: Office, referral: Referral, chance: Chance) -> Steps:
    """The referrer does not agree; the referral is opened again and decided anew."""
    first = referral.concern.story.children[0]
    about = {"referral_id": referral.referral_id}
    yield at_work(office.now, chance.between(2, 5), chance)
    office.give(
        referral.concern.agency,
        "follow-up-referral",
        words=say(words.DISAGREED, first, chance),
        **about,
    )
    yield office.manager_at(referral.team, chance.between(0.3, 2), chance)
    by = office.manager(referral.team)
    office.give(by, "reopen-referral", reason=say(words.HEARD, first, chance), **about)
    concern = replace(referral.concern, severity="in-need")
    referral.concern, referral.decided, referral.withdrawn = concern, False, False
    yield at_work(office.now, 0.5, chance)
    yield from deciding(office, referral, chance)


def put_together(office: Office, referral: Referral) -> None:
    """Where a family's child came without a number that is known, two records are made one."""
    household = referral.concern.household
    open_now = office.episodes.get(household.number)
    settled: list[Child] = []
    for child_id, person in referral.children:
        known = household.known.get(person.given_name)
        if known is None or known == child_id:
            household.known[person.given_name] = child_id
            settled.append((child_id, person))
            continue
        kept, other = (known, child_id) if open_now else (child_id, known)
        office.give(
            office.manager(referral.team),
            "merge-records",
            child_id=kept,
            merged_child_id=other,
            reason=words.SAME_CHILD,
        )
        if kept == known:
            by, about = office.manager(referral.team), {"referral_id": referral.referral_id}
            office.give(by, "add-child", child_id=kept, **about)
            office.give(by, "remove-child", child_id=other, reason=words.SAME_CHILD, **about)
        household.known[person.given_name] = kept
        settled.append((kept, person))
    referral.children = tuple(settled)
