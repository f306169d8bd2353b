"""What becomes of each concern, from its sending to the outcome that the referrer is told?"""

from datetime import timedelta

from msgspec.structs import replace

from adapters.made_up import MadeUpChild
from domain.referral import OPENS_A_CASE, Outcome, Rag, Threshold
from services.intake import Receipt
from services.simulate import agencies, words
from services.simulate.agencies import AGENCIES, Agency
from services.simulate.agenda import Steps
from services.simulate.chance import Chance
from services.simulate.episodes import open_episode, take_in, take_up
from services.simulate.hours import at_work
from services.simulate.office import Child, Office, Referral
from services.simulate.protection import protecting
from services.simulate.risks import raise_risk
from services.simulate.town import Concern, Severity
from services.simulate.words import say

KNOWN = 0.36
"""Share of concerns that are about a family of which one was sent before."""

BEGINNING, AT_FIRST = timedelta(weeks=5), 2.4
"""In the first weeks the agencies also send what they hold from before: so many for one."""

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
MORE = (
    "Since we wrote, {name} has told us that it happened again on the same evening.",
    "The school nurse has now seen {name} as well and shares the concern.",
    "The mother rang and said that what we wrote is right, and asked for help.",
    "A second child of the household was named to us, who stays there at weekends.",
)
ASKED = ("Police", "Health", "School", "Probation", "Housing")


def arrivals(office: Office, agency: Agency) -> Steps:
    """The agency's concerns, as they come."""
    chance = office.chance(agency.agency)
    while True:
        beginning = office.now < office.span.begins + BEGINNING < office.span.ends - BEGINNING
        often = office.volume * (AT_FIRST if beginning else 1)
        yield agencies.next_concern(agency, office.now, often, chance)
        team = chance.pick(office.area_teams)
        known = [h for h in office.town.households[-240:] if h.area in team.plan.areas]
        if known and chance.likely(KNOWN):
            household = chance.pick(known)
        else:
            area = chance.pick(team.plan.areas)
            household = office.town.household(area, office.now, chance)
        at = office.now - timedelta(minutes=chance.whole(15, 600))
        concern = office.town.concern(household, agency.agency, at, chance)
        office.start(sending(office, concern, office.chance("concern")))


def senders(office: Office) -> None:
    for agency in AGENCIES:
        office.start(arrivals(office, agency))


# ── The sender's side ─────────────────────────────────────────────────────────────────────────────


def sending(office: Office, concern: Concern, chance: Chance) -> Steps:
    """A concern is sent, now and then twice, cut off, added to or taken back."""
    concern.by_mail = (
        concern.agency == agencies.POLICE and not concern.household.known and chance.likely(0.3)
    )
    concern.unplaced = agencies.can_follow(concern) and chance.likely(0.06)
    broken = chance.likely(0.012)
    message = agencies.broken(concern) if broken else agencies.message(concern)
    receipt = office.take(message, concern.agency)
    referral = referral_of(office, concern, receipt)
    if referral is None:
        return
    referral.unreadable = broken
    office.start(dealing(office, referral, chance))
    if broken:
        yield from sending_again(office, referral, chance)
    elif chance.likely(0.025):
        yield office.now + timedelta(minutes=chance.whole(2, 90))
        office.take(message, concern.agency)
    elif agencies.can_follow(concern):
        yield from following(office, referral, chance)


def referral_of(office: Office, concern: Concern, receipt: Receipt) -> Referral | None:
    """The referral that a message opened; None if it opened none."""
    if receipt.result != "recorded" or receipt.referral is None:
        return None
    people = agencies.told(concern).children
    return Referral(
        referral_id=receipt.referral,
        concern=concern,
        team=office.team_of(concern.household),
        received_at=office.now,
        children=tuple(zip(receipt.children, people, strict=False)),
    )


def sending_again(office: Office, referral: Referral, chance: Chance) -> Steps:
    """Somebody at duty rings the sender, who sends the whole message."""
    yield at_work(office.now, 0.2, chance)
    concern = referral.concern
    receipt = office.take(agencies.message(concern), concern.agency)
    whole = referral_of(office, concern, receipt)
    if whole is not None:
        office.start(dealing(office, whole, chance))
        return
    referral.unreadable = False
    referral.conflicted = receipt.result == "conflict"
    people = agencies.told(concern).children
    referral.children = tuple(zip(receipt.children, people, strict=False))
    if not receipt.children:
        yield at_work(office.now, 0.1, chance)
        referral.children = tuple(by_hand(office, referral, person) for person in people)


def by_hand(office: Office, referral: Referral, person: MadeUpChild) -> Child:
    """A child whom no message named in a way that could be read: a record is opened."""
    by = office.duty(referral.team, office.chance("by hand"))
    about = {"referral_id": referral.referral_id}
    events = office.give(
        by,
        "register-child",
        sex=person.sex,
        family_name=person.family_name,
        given_name=person.given_name,
        born_on=person.born_on,
        nhs_number=person.nhs_number,
        postcode=referral.concern.household.postcode,
        **about,
    )
    child_id = events[0].stream
    office.registered.add(child_id)
    office.give(by, "add-child", child_id=child_id, **about)
    return child_id, person


def following(office: Office, referral: Referral, chance: Chance) -> Steps:
    concern = referral.concern
    kind = chance.one_of(
        (("nothing", 0.74), ("update", 0.13), ("withdrawal", 0.05), ("contradiction", 0.08))
    )
    if kind == "nothing":
        return
    first = concern.story.children[0]
    yield at_work(office.now, chance.between(0.1, 2), chance)
    if kind == "update":
        more = say(MORE, first, chance)
        office.take(agencies.update(concern, more), concern.agency)
        office.start(attending(office, referral, chance))
    elif kind == "withdrawal" and concern.severity == "slight":
        office.take(agencies.withdrawal(concern), concern.agency)
        referral.withdrawn = True
        office.start(attending(office, referral, chance))
    elif kind == "contradiction" and concern.agency == agencies.HOSPITAL and not referral.decided:
        more = say(MORE, first, chance)
        office.take(agencies.contradiction(concern, more), concern.agency)
        referral.conflicted = True


# ── The duty's side ───────────────────────────────────────────────────────────────────────────────


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
    if referral.decided and chance.likely(practice.acknowledged):
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
    at_once = named and chance.likely(0.8)
    office.give(
        by,
        "decide-referral",
        outcome=outcome,
        rationale=rationale,
        team_id=team.id,
        authorised_by=team.manager(office.now) if at_once else None,
        **about,
    )
    referral.decided = True
    office.start(telling(office, referral, outcome, chance))
    followed_up(office, referral, outcome, chance)
    if named and not at_once:
        yield office.manager_at(team, chance.between(0.1, 1.5), chance)
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
