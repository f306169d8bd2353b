"""Does a message speak of a referral that is here, and of all its children?"""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from adapters.event_store import EventStore
from adapters.nameless import which_of_several
from adapters.translation import Translation, own_of
from domain.described import AdultDescribed, ChildDescribed
from domain.referral import ChildAdded
from services.completing import AROUND_BIRTH
from services.likeness import Details, compare, details_of, plain, same
from services.numbers import on_record

Relation = Literal[
    "the same",
    "somebody else",
    "another notice",
    "nobody named",
    "no child known",
    "another adult",
]
"""Of a message to a referral that it shares a reference with; only `the same` follows it."""

APART: dict[Relation, str] = {
    "another notice": (
        "It shares a reference (that of an incident, say) with another referral that may be about"
        " the same child: compare the two."
    ),
    "nobody named": (
        "It shares a reference (that of an incident, say) with another referral and names no child:"
        " compare the two."
    ),
    "no child known": (
        "It shares a reference (that of an incident, say) with another referral that names no"
        " child: compare the two."
    ),
    "another adult": (
        "It comes under the reference of another referral and names only an adult who is not named"
        " there: compare the two."
    ),
}
"""What a person must know of a message that was not put with the other."""


class Told(NamedTuple):
    """What a referral's messages, and people, told so far.

    `numbers`: the sender's own references of each message, an empty one where it gave none; an
    incident's number is none.
    `messages`: the children of each message, also of whom nothing says who they are.
    """

    children: tuple[ChildDescribed, ...]
    adults: tuple[AdultDescribed, ...]
    numbers: frozenset[str]
    messages: tuple[tuple[ChildDescribed, ...], ...] = ()


def told_of(store: EventStore, referral_id: str) -> Told:
    """Whom a referral is about, as it was told: the children who say who they are, and adults."""
    children: list[ChildDescribed] = []
    adults: list[AdultDescribed] = []
    numbers: set[str] = set()
    messages: list[tuple[ChildDescribed, ...]] = []
    for recorded in store.history(referral_id, opened=True):
        event = recorded.event
        if isinstance(event, ChildAdded):
            children.append(_described(on_record(store, event.child_id).details))
            continue
        messages.append(tuple(getattr(event, "children", None) or ()))
        children.extend(messages[-1])
        adults.extend(getattr(event, "adults", None) or ())
        references = getattr(event, "references", None) or ()
        numbers.update(own_of(references) or references[:1])
    return Told(told_by_name(children), tuple(adults), frozenset(numbers), tuple(messages))


def relation(
    said: Translation, told: Told, *, earlier: bool, known: Callable[[], bool] = lambda: False
) -> Relation:
    """Whether a message speaks of the referral that one of its references leads to.

    The sender's word that it does is an update of that very message, or its own number again; then
    children who are named on both sides decide. What many messages may share, such as an incident's
    number, says nothing: another notice must not vanish in it, be it about the same child. Only
    an update that names the child beyond doubt goes where it leads.

    `earlier`: it leads there by what the message itself says that it changes. `known`: whether the
    sender's own number of a child says that it is the same.
    """
    if not told.numbers:
        return "the same"  # it was destroyed, or is not there: whoever writes to it is told so
    named = told_by_name(said.children)
    speaks_of = {*map(str.strip, said.earlier), *own_of(said.references)} - {""}
    its_own = bool(speaks_of & told.numbers)
    if named and told.children:
        if not (_meets(named, told.children) or known()):
            return "somebody else"
        sure = said.intent == "update" and (names_surely(said, told) or known())
        return "the same" if its_own or earlier or sure else "another notice"
    if not its_own:
        return "no child known" if named else "nobody named"
    if not named and said.intent == "new" and _other_adults(said.adults, told):
        return "another adult"
    return "the same"


def names_surely(said: Translation, told: Told) -> bool:
    """Whether a child is on both sides by a number, or by both names."""
    return any(_surely_one(a, b) for a in told_by_name(said.children) for b in told.children)


def leaves_some(said: Translation, told: Told, taken_off: Iterable[Details]) -> bool:
    """Whether a message names children of a referral, but not all whom it is about now."""
    named = told_by_name(said.children)
    if not named:
        return False
    off = [_described(each) for each in taken_off]
    known = [c for c in told.children if not any(_surely_one(c, other) for other in off)]
    meant = [*named]
    while more := [c for c in known if c not in meant and any(_surely_one(c, m) for m in meant)]:
        meant += more  # told of by other words before: a number first, a name later
    return not all(_meets([child], meant) for child in known)


def told_by_name(children: Iterable[ChildDescribed]) -> tuple[ChildDescribed, ...]:
    """The children of whom anything says who they are."""
    return tuple(c for c in children if c.identifiers or details_of(c).says_who)


def _other_adults(adults: tuple[AdultDescribed, ...], told: Told) -> bool:
    """Whether adults are named, none of whom the referral names, though it names somebody."""
    new = {name for adult in adults if any(name := _name(adult))}
    known = {name for adult in told.adults if any(name := _name(adult))}
    return bool(new and (told.children or known) and not new & known)


def _name(adult: AdultDescribed) -> tuple[str, str]:
    return plain(adult.family_name), plain(adult.given_name)


def _meets(some: Iterable[ChildDescribed], others: Iterable[ChildDescribed]) -> bool:
    others = tuple(others)
    return any(_one(a, b) for a in some for b in others)


def _one(one: ChildDescribed, other: ChildDescribed) -> bool:
    """Whether a sender who speaks of one concern may mean the same child."""
    agreement = compare(details_of(one), details_of(other))
    if not agreement.possible or _of_two_births(one, other):
        return False
    if _surely_one(one, other):
        return True
    if one.unborn or other.unborn:
        born_then = (one.unborn and other.unborn) or _about_then(one, other)
        return born_then and "surname" in agreement.agree
    return agreement.certain and "birth date" in agreement.agree


def _about_then(one: ChildDescribed, other: ChildDescribed) -> bool:
    """Whether one was born about when the other is due."""
    day, other_day = one.born_on or one.due_on, other.born_on or other.due_on
    return bool(day and other_day and abs(day - other_day) <= AROUND_BIRTH)


def _surely_one(one: ChildDescribed, other: ChildDescribed) -> bool:
    """Whether a number, or both names, say that one sender means the same child."""
    if not compare(details_of(one), details_of(other)).possible or _of_two_births(one, other):
        return False
    return bool({*one.identifiers} & {*other.identifiers}) or same(
        details_of(one), details_of(other)
    )


def _of_two_births(one: ChildDescribed, other: ChildDescribed) -> bool:
    """Whether one is the first twin, and the other the second."""
    which = {which_of_several(each.family_name, each.given_name) for each in (one, other)}
    return len(which - {None, ""}) > 1


def _described(details: Details) -> ChildDescribed:
    return ChildDescribed(
        family_name=details.family_name,
        given_name=details.given_name,
        born_on=details.born_on,
        postcode=details.postcode,
        nhs_number=details.nhs_number,
    )
