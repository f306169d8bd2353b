"""What do the agencies send: a concern, sometimes twice, cut off, added to or taken back?"""

from datetime import timedelta

from adapters.made_up import MadeUpChild
from services.intake import Receipt
from services.simulate.setting import agencies, words
from services.simulate.setting.agencies import AGENCIES, Agency, Message
from services.simulate.setting.agenda import Steps
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work
from services.simulate.setting.town import Concern
from services.simulate.setting.words import say
from services.simulate.work.deciding import attending, dealing
from services.simulate.work.office import Child, Office, Referral

KNOWN = 0.36
"""Share of concerns that are about a family of which one was sent before."""

BEGINNING, AT_FIRST = timedelta(weeks=5), 2.4
"""In the first weeks the agencies also send what they hold from before: so many for one."""


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
        more = say(words.MORE, first, chance)
        _further(office, referral, chance, agencies.update(concern, more))
    elif kind == "withdrawal" and concern.severity == "slight":
        _further(office, referral, chance, agencies.withdrawal(concern))
        referral.withdrawn = True
    elif kind == "contradiction" and concern.agency == agencies.HOSPITAL and not referral.decided:
        more = say(words.MORE, first, chance)
        office.take(agencies.contradiction(concern, more), concern.agency)
        referral.conflicted = True


def _further(office: Office, referral: Referral, chance: Chance, message: Message) -> None:
    """More from the sender; what comes after the decision is read by somebody."""
    office.take(message, referral.concern.agency)
    if referral.decided:
        office.start(attending(office, referral, chance))
