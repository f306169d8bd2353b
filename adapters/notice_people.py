"""Who is told of in a notice that names officer, people and addresses, and may they be found?

Shared by the formats of notices (labelled lines, or JSON of ours). Where somebody lives is
restricted by whatever stands beside it, and always where a victim does.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.address_care import asks_for_care
from adapters.fitting import Careful
from adapters.particulars import (
    People,
    birth_by_age,
    birth_of,
    checked_nhs_number,
    due_date,
    located,
    may_be_name,
    name_parts,
    postcode_of,
    sex_of,
)
from adapters.reading import Problems
from domain.calendar import local_day
from domain.described import AddressDescribed, ChildDescribed, ReferrerDescribed

Day = Annotated[str, Meta(description="dd/mm/yyyy")]


class Officer(Struct, frozen=True, omit_defaults=True):
    """Who reports."""

    name: str = ""
    rank: str = ""
    collar_number: str = ""
    contact: str = ""


class Present(Struct, frozen=True, omit_defaults=True):
    """Somebody who was there, or whom it concerns; `role` such as child, mother, suspect."""

    given_name: str = ""
    family_name: str = ""
    name: Annotated[str, Meta(description="where it is known in one piece only")] = ""
    date_of_birth: Day = ""
    age: Annotated[str, Meta(description="in years, where no date of birth is known")] = ""
    due_date: Annotated[str, Meta(description="of a child not yet born, dd/mm/yyyy")] = ""
    sex: str = ""
    role: str = ""
    school: str = ""
    nhs_number: str = ""
    contact: str = ""


class Address(Struct, frozen=True, omit_defaults=True):
    """`of`: whose, or what happened there; `restricted`: must not be disclosed in the family."""

    lines: tuple[str, ...] = ()
    postcode: str = ""
    of: str = ""
    restricted: Careful = False


_ROLES_OF_CHILDREN = frozenset(
    {
        "child", "subject child", "child subject", "the child", "victim child", "child victim",
        "baby", "infant", "toddler", "unborn", "unborn child", "unborn baby", "young person",
        "missing child", "missing young person",
    }
)  # fmt: skip
_NO_HOME = re.compile(r"(?:Child|Person) \d|(?:missing from|found at)$")
"""Whose an address is, where it is somebody else's home or nobody's."""
_VICTIMS = frozenset({"victim", "victims", "survivor", "survivors"})
_NOT_THEIRS = frozenset(
    {
        "perpetrator", "perpetrators", "suspect", "suspects", "alleged", "offender", "aggressor",
        "school", "work", "incident", "the", "of", "s", "and", "address",
    }
)  # fmt: skip
"""Words of an address that tell that it is no home of a victim's."""


def people_of(
    children: tuple[Present, ...],
    adults: tuple[Present, ...],
    addresses: tuple[AddressDescribed, ...],
    received_at: datetime,
    problems: Problems,
) -> People:
    """Everybody, each put where their age and role say, children with the postcode of their home.

    Whoever calls it says, with `told()`, who is missing.
    """
    people = People(local_day(received_at), problems)
    for number, child in enumerate(children, start=1):
        whose = f"Child {number}"
        described, adult = _person(child, whose, people, problems)
        home = located(described, _homes(whose, addresses))
        people.subject(home, adult, child.contact or None)
        if child.contact:
            problems.keep(f"{whose}: contact {child.contact}")
    for number, other in enumerate(adults, start=1):
        whose = f"Person {number}"
        described, adult = _person(other, whose, people, problems)
        if _is_child(other.role):
            home = located(described, _homes(whose, addresses))
            people.subject(home, adult, other.contact or None)
        else:
            people.other(described, other.contact or None, adult)
    return people


def with_school(children: tuple[Present, ...], school: str) -> tuple[Present, ...]:
    """The children, with the school that a notice names for all of them."""
    return tuple(each if each.school else replace(each, school=school) for each in children)


def _is_child(role: str) -> bool:
    return any(
        each.casefold().strip(" .") in _ROLES_OF_CHILDREN for each in re.split(r"[,;/]", role)
    )


def addresses_of(
    told: tuple[Address, ...],
    adults: tuple[Present, ...],
    *,
    hidden: bool = False,
    careful: bool = False,
) -> tuple[AddressDescribed, ...]:
    """The addresses; those of a victim are restricted, and those whose words ask for care.

    `hidden`: it is about abuse in the home, and so is every other that is not said to be somewhere
    else (of the perpetrator, a school). `careful`: so is every one (`adapters.fitting`).
    """
    victims = {
        f"person {number}"
        for number, adult in enumerate(adults, start=1)
        if _VICTIMS & {*_words(adult.role)}
    }
    others = {
        f"person {number}"
        for number, adult in enumerate(adults, start=1)
        if adult.role and {*_words(adult.role)} <= _NOT_THEIRS
    }
    return tuple(
        AddressDescribed(
            lines=tuple(line for line in address.lines if line),
            postcode=postcode_of(address.postcode),
            of=address.of or None,
            restricted=address.restricted
            or careful
            or any(map(asks_for_care, (address.of, *address.lines)))
            or _is_victims(address.of, victims)
            or (hidden and not _is_elsewhere(address.of, others)),
        )
        for address in told
        if any(address.lines) or address.postcode
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _is_victims(of: str, victims: set[str]) -> bool:
    whose = {each.strip() for each in of.lower().split(",")}
    return not _VICTIMS.isdisjoint(_words(of)) or not victims.isdisjoint(whose)


def _is_elsewhere(of: str, others: Iterable[str]) -> bool:
    whose = {each.strip() for each in of.lower().split(",")} - {*others}
    return bool(of.strip()) and all({*_words(each)} <= _NOT_THEIRS for each in whose)


def _homes(whose: str, addresses: tuple[AddressDescribed, ...]) -> tuple[AddressDescribed, ...]:
    """Where somebody may live: their own addresses, else those that are of nobody in particular;
    all of them where one is restricted, as any may tell it."""
    if any(each.restricted for each in addresses):
        return addresses
    own = tuple(each for each in addresses if whose in (each.of or "").split(", "))
    return own or tuple(
        each
        for each in addresses
        if not (_NO_HOME.match(each.of or "") or _is_elsewhere(each.of or "", ()))
    )


def referrer_of(officer: Officer, force: str) -> ReferrerDescribed:
    """Who reports, and for which force."""
    number = f"collar number {officer.collar_number}" if officer.collar_number else ""
    role = ", ".join(part for part in (officer.rank or "Police officer", number) if part)
    return ReferrerDescribed(
        name=officer.name,
        role=role if officer.name or number else None,
        organisation=force or None,
        contact=officer.contact or None,
    )


def _without_sentences(person: Present, whose: str, problems: Problems) -> Present:
    """The person without names that are none: those are told, and stand with the concern."""
    told = {each: getattr(person, each) for each in ("name", "given_name", "family_name")}
    wrong = {each: text for each, text in told.items() if text and not may_be_name(text)}
    for each, text in wrong.items():
        words = each.replace("_", " ")
        problems.say(f"{whose}: the {words} is not a name: it is shown with the concern.")
        problems.keep(f"{whose} {words}: {text}")
    return replace(person, **dict.fromkeys(wrong, "")) if wrong else person


def _called(person: Present) -> tuple[str, str]:
    """Family and given name; of a name in one piece, what is not told apart already."""
    family, given = person.family_name, person.given_name
    if family and given:
        return family, given
    told_apart = {word.casefold() for word in f"{family} {given}".split()}
    words = [each for each in person.name.split() if each.casefold() not in told_apart]
    if family or given:
        rest = " ".join(words).strip(" ,")
        return (family, rest) if family else (rest, given)
    return name_parts(person.name)


def _person(
    person: Present, whose: str, people: People, problems: Problems
) -> tuple[ChildDescribed, bool | None]:
    """Who it is, and whether an adult as far as an incomplete birth date or an age tells."""
    family, given = _called(_without_sentences(person, whose, problems))
    number, identifiers = checked_nhs_number(person.nhs_number, problems, whose)
    birth = birth_of(person.date_of_birth, people.told_on, problems, whose)
    if person.age and birth.on is None:
        aged = birth_by_age(person.age, people.told_on, problems, whose)
        birth = birth if birth.adult is not None else aged
    elif person.age:
        problems.keep(f"{whose}: age {person.age}")
    described = ChildDescribed(
        family_name=family,
        given_name=given,
        born_on=birth.on,
        born_between=birth.between,
        due_on=due_date(person.due_date, people.told_on, problems, whose),
        sex=sex_of(person.sex, problems, whose),
        nhs_number=number,
        identifiers=identifiers,
        school=person.school or None,
        relationship=person.role or None,
    )
    return described, birth.adult
