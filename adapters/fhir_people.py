"""Who is named in a FHIR message: patients, their relatives and contacts, and who asks?

Source: HL7 FHIR R4 and UK Core; the meaning of `R` in `meta.security` is that of the NHS Personal
Demographics Service: the address must not be disclosed.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from adapters import nameless
from adapters.concern_codes import DUE_DATE_CODES
from adapters.fhir_resources import (
    About,
    AddressOf,
    Coding,
    Concept,
    Header,
    IdentifierOf,
    Link,
    Name,
    Observed,
    Organisation,
    Person,
    Reference,
    Resources,
    Role,
    Telecom,
)
from adapters.nhs_numbers import GivenNumbers, is_past, is_to_come
from adapters.particulars import (
    Birth,
    People,
    birth_of,
    due_date,
    is_adult,
    located,
    name_parts,
    postcode_of,
    sex_of,
)
from adapters.reading import Problems, told_died
from domain import blocking
from domain.described import (
    AddressDescribed,
    ChildDescribed,
    Identifier,
    ReferrerDescribed,
)
from domain.identity import nhs_number

_RESTRICTED = frozenset({"R", "V", "REDACTED"})
_VERIFIED = ("number-present-and-verified", "01")
_PEOPLE = ("Practitioner", "RelatedPerson", "Patient")


def named(resources: Resources, people: People, problems: Problems) -> tuple[AddressDescribed, ...]:
    """Put everybody into `people`; the addresses, restricted where the person's record, or the
    message as a whole, says so."""
    addresses: list[AddressDescribed] = []
    secret = _is_restricted(resources.security())
    patients = _each_once(resources, people, problems) or _by_number_alone(resources)
    for number, person in enumerate(patients, start=1):
        whose = "Patient" if number == 1 else f"Patient {number}"
        homes = tuple(_addresses(person, None, restricted=secret))
        addresses += homes
        numbers = _linked(person, resources)
        patient, birth = _patient(person, whose, people, problems, numbers)
        people.subject(located(patient, homes), birth.adult, _reached(person.telecom))
        grown = birth.adult or is_adult(birth.on, people.told_on)
        _tell_more(person, "" if number == 1 else f"{whose}: ", problems, grown=bool(grown))
        for contact in person.contact:
            family, given = _name((contact.name,))
            if family or given:
                role = _relation(contact.relationship)
                person_told = ChildDescribed(family, given, relationship=role)
                people.other(person_told, _reached(contact.telecom))
    for person in resources.all(Person, "RelatedPerson"):
        role = _relation(person.relationship)
        addresses += _addresses(person, role, restricted=secret)
        _relative(person, role, people, problems)
    observations = resources.all(Observed, "Observation")
    expected = [each for each in observations if each.code.has(*DUE_DATE_CODES)]
    for told in dict.fromkeys(each.value_date_time or each.value_string for each in expected):
        if due := due_date(told, people.told_on, problems, "Unborn child"):
            people.subject(ChildDescribed(due_on=due))
    return tuple(dict.fromkeys(addresses))


def _by_number_alone(resources: Resources) -> list[Person]:
    """The subjects of referrals, flags and plans that give a number instead of a person."""
    told = resources.all(About, "ServiceRequest", "Flag", "CarePlan", "Composition")
    numbers = (
        each.subject.identifier or _whose(each.identifier) or _demographic(each.subject)
        for each in told
    )
    return [Person(identifier=found) for found in dict.fromkeys(filter(None, numbers))]


def _whose(identifiers: tuple[IdentifierOf, ...]) -> tuple[IdentifierOf, ...]:
    """A flag may bear the number of its subject among its own."""
    return tuple(each for each in identifiers if is_nhs_number(each))


_DEMOGRAPHICS = re.compile(r"https://[\w.-]*nhs\.uk/(?:[\w.-]+/){0,8}Patient/(\d{10})", re.ASCII)


def _demographic(subject: Reference) -> tuple[IdentifierOf, ...]:
    """The national demographics service names a patient's record by the NHS number."""
    found = _DEMOGRAPHICS.fullmatch(subject.reference)
    return (IdentifierOf(system=_NHS_NUMBER, value=found[1]),) if found else ()


_NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"


def is_nhs_number(identifier: IdentifierOf) -> bool:
    return identifier.system.casefold().rstrip("/").endswith("nhs-number")


def _each_once(resources: Resources, people: People, problems: Problems) -> list[Person]:
    """The patients; of two of whom one replaces the other, the current one with what both say."""
    patients = resources.all(Person, "Patient")
    links = [*_links(patients, resources)]
    current = _current(patients, links, problems)
    followed = {(place, link) for place, _, link in links}
    patients = [
        replace(person, link=tuple(e for e in person.link if (place, e) not in followed))
        for place, person in enumerate(patients)
    ]
    replaced: dict[int, list[Person]] = {}
    for place, now in current.items():
        replaced.setdefault(now, []).append(patients[place])
    return [
        _in_place_of(replaced[place], person, people.told_on) if place in replaced else person
        for place, person in enumerate(patients)
        if place not in current
    ]


class _Told(NamedTuple):
    """What records say of who a child is; names in small letters, as they are or were."""

    given: frozenset[str] = frozenset()
    family: frozenset[str] = frozenset()
    born: str = ""
    sexes: frozenset[str] = frozenset()

    def contradicts(self, other: "_Told") -> bool:
        """Whether it cannot be one child: surnames change, and alone say nothing."""
        same_given = not self.given.isdisjoint(other.given)
        same_family = not self.family.isdisjoint(other.family)
        return (
            bool(self.given and other.given and not same_given)
            or bool(self.family and other.family and not (same_family or same_given))
            or bool(self.born and other.born and not _within(self.born, other.born))
            or bool(self.sexes and other.sexes and self.sexes != other.sexes)
        )

    def and_also(self, other: "_Told") -> "_Told":
        return _Told(
            self.given | other.given,
            self.family | other.family,
            max(self.born, other.born, key=len),
            self.sexes | other.sexes,
        )


def _told(person: Person) -> _Told:
    called = [nameless.names(*_name((each,))) for each in person.name]
    family, given = (
        frozenset("".join(blocking.words(each[part])) for each in called if each[part])
        for part in (0, 1)
    )
    sexes = frozenset({person.gender} & {"female", "male"})
    return _Told(given, family, person.birth_date, sexes)


def _within(one: str, other: str) -> bool:
    """Whether one of two dates is the other, or the year or month of it."""
    return one.startswith(other) or other.startswith(one)


def _current(
    patients: list[Person], links: list[tuple[int, int, Link]], problems: Problems
) -> dict[int, int]:
    """The place of the current record of each that is replaced, by the latter's place.

    Not of one whose details contradict what those tell whom it would be one child with.
    """
    following: dict[int, int] = {}
    for place, other, link in links:
        if link.type in _REPLACED_BY:
            following.setdefault(place, other)
        elif link.type == "replaces":
            following.setdefault(other, place)
    found: dict[int, int] = {}
    told: dict[int, _Told] = {}
    circular = set[int]()
    for place in (each for each in following if each not in found):
        passed = dict.fromkeys([place])
        now = following[place]
        while now in following and not (now in passed or now in found or now in circular):
            passed[now] = None
            now = following[now]
        if now in passed or now in circular:
            circular.update(passed)
            problems.say("Two patients' records are each said to replace the other.")
            continue
        now = found.get(now, now)
        for each in reversed(passed):
            own, others = _told(patients[each]), told.get(now) or _told(patients[now])
            if own.contradicts(others):
                now, others = each, own
                problems.say(
                    "Two patients' records are said to be one child, but their names, birth dates "
                    "or sexes contradict: find out who each of them is."
                )
            found[each], told[now] = now, others.and_also(own)
    return {place: now for place, now in found.items() if place != now}


def _links(patients: list[Person], resources: Resources) -> Iterator[tuple[int, int, Link]]:
    """Which patient is linked to which other one, by their places, and how."""
    places: dict[Person, int] = {}
    by_number: dict[str, list[int]] = {}
    for place, person in enumerate(patients):
        places.setdefault(person, place)
        for number in _nhs_numbers(person.identifier):
            by_number.setdefault(number, []).append(place)
    for place, person in enumerate(patients):
        for link in person.link:
            there = resources.referred(Person, link.other, "Patient")
            told = _nhs_numbers((*link.other.identifier, *_demographic(link.other)))
            named = (each for number in told for each in by_number.get(number, ())[:2])
            others = [places[there]] if there in places else [*named]
            other = next((each for each in others if each != place), None)
            if other is not None:
                yield place, other, link


def _nhs_numbers(identifiers: Iterable[IdentifierOf]) -> set[str]:
    return {nhs_number(each.value) for each in identifiers if each.value and is_nhs_number(each)}


_REPLACED_BY = frozenset({"replaced-by", "replace"})
"""The latter in the second version of FHIR, as it stands here: the other one is to be used."""


def _in_place_of(before: list[Person], now: Person, on: date) -> Person:
    """The current record, with what only those have that it replaces.

    Their NHS numbers and names are told as those of before; where one of the records is restricted
    all of it is.
    """
    theirs = [each for person in before for each in person.identifier]
    own = _nhs_numbers(each for each in now.identifier if not _is_over(each, on))
    old = _nhs_numbers(theirs)
    old -= (own - old) or own
    every = (now, *before)
    names = [replace(each, use="old") for person in before for each in person.name]
    named = {replace(each, use="old") for each in now.name}
    links = (
        each
        for person in every
        for each in person.link
        if each.type == "replaces" or (person is now and each.type in _REPLACED_BY)
    )
    return replace(
        now,
        meta=replace(now.meta, security=_all(person.meta.security for person in every)),
        identifier=tuple(
            replace(each, use="old") if not _nhs_numbers([each]).isdisjoint(old) else each
            for each in (*now.identifier, *theirs)
        ),
        name=(*now.name, *dict.fromkeys(each for each in names if each not in named)),
        telecom=_all(person.telecom for person in every),
        gender=next((p.gender for p in every if p.gender not in {"", "unknown"}), now.gender),
        birth_date=max((person.birth_date for person in every), key=len),
        deceased_boolean=any(person.deceased_boolean for person in every),
        deceased_date_time=next(filter(None, (p.deceased_date_time for p in every)), ""),
        address=_all(person.address for person in every),
        contact=_all(person.contact for person in every),
        link=tuple(links),
    )


T = TypeVar("T")


def _all(told: Iterable[Iterable[T]]) -> tuple[T, ...]:
    """What any of them has, in order, nothing twice."""
    return tuple(dict.fromkeys(each for one in told for each in one))


class _Numbers(NamedTuple):
    """NHS numbers that the links of a record tell: those that replace its own, those replaced."""

    now: tuple[IdentifierOf, ...] = ()
    before: frozenset[str] = frozenset()


def _linked(person: Person, resources: Resources) -> _Numbers:
    now: list[IdentifierOf] = []
    before: set[str] = set()
    for link in person.link:
        there = resources.referred(Person, link.other, "Patient")
        told = (
            *link.other.identifier,
            *_demographic(link.other),
            *(there.identifier if there else ()),
        )
        numbers = [each for each in told if is_nhs_number(each)]
        if link.type in _REPLACED_BY:
            now += numbers
        elif link.type == "replaces":
            before |= {nhs_number(each.value) for each in numbers}
    if now:
        current = {nhs_number(each.value) for each in now}
        own = {nhs_number(each.value) for each in person.identifier if is_nhs_number(each)}
        before |= own - current
    return _Numbers(tuple(now), frozenset(before))


def _is_over(number: IdentifierOf, on: date) -> bool:
    """Whether it is said to be one of before."""
    return number.use == "old" or is_past(number.period.end, on)


def _patient(
    person: Person,
    whose: str,
    people: People,
    problems: Problems,
    linked: _Numbers | None = None,
) -> tuple[ChildDescribed, Birth]:
    family, given = _name(person.name)
    linked = linked or _Numbers()
    number, verified, identifiers = _identifiers(person, linked, whose, people.told_on, problems)
    birth = birth_of(person.birth_date, people.told_on, problems, whose)
    patient = ChildDescribed(
        family_name=family,
        given_name=given,
        born_on=birth.on,
        born_between=birth.between,
        sex=sex_of(person.gender, problems, whose),
        nhs_number=number,
        nhs_number_verified=verified,
        identifiers=identifiers,
    )
    return patient, birth


def _identifiers(
    person: Person, linked: _Numbers, whose: str, on: date, problems: Problems
) -> tuple[str | None, bool, tuple[Identifier, ...]]:
    """The NHS number that is theirs now, whether it is verified, and all other numbers."""
    given = GivenNumbers(whose, problems)
    for each in (*person.identifier, *linked.now):
        if each.value and is_nhs_number(each):
            given.nhs(
                each.value,
                verified=_is_verified(each),
                before=_is_over(each, on) or nhs_number(each.value.strip()) in linked.before,
                to_come=is_to_come(each.period.start, on),
                rank=_RANKS.get(each.use, _RANKS[""]),
            )
        elif each.value:
            given.other(each.system, each.value)
    for value in sorted(linked.before):
        given.nhs(value, before=True)
    return given.read()


_RANKS = {"official": 0, "usual": 1, "": 2, "temp": 3, "secondary": 3}
"""Which of several numbers is taken by its use, the lowest first."""


def _is_verified(number: IdentifierOf) -> bool:
    """By the extension of UK Core, or of Care Connect, whose name ends in its version."""
    return any(
        "NHSNumberVerificationStatus" in extension.url
        and extension.value_codeable_concept.has(*_VERIFIED)
        for extension in number.extension
    )


def _relative(person: Person, role: str | None, people: People, problems: Problems) -> None:
    told, birth = _patient(person, "Related person", people, problems)
    young = birth.adult is False or not (birth.on is None or is_adult(birth.on, people.told_on))
    _tell_more(person, "Related person: ", problems, grown=not young)
    people.other(replace(told, relationship=role), _reached(person.telecom), birth.adult)


_USES = ("official", "usual", "", "nickname", "temp", "anonymous", "maiden", "old")
"""Which name is taken, the best first: a name no longer used only where there is no other."""


def _best(names: tuple[Name, ...]) -> Name:
    told = [name for name in names if name.family or name.given or name.text]
    places = {use: place for place, use in enumerate(_USES)}
    return min(told, key=lambda name: places.get(name.use, places[""]), default=Name())


def _name(names: tuple[Name, ...]) -> tuple[str, str]:
    """Family name and first given name."""
    name = _best(names)
    if name.family or name.given:
        return name.family, next(iter(name.given), "")
    return name_parts(name.text)


def _tell_more(person: Person, whose: str, problems: Problems, *, grown: bool) -> None:
    """What has no field: it stands with the concern. `whose`: empty, or `Patient 2: `."""
    if person.deceased_boolean or person.deceased_date_time:
        told_died(whose, person.deceased_date_time, problems, grown=grown)
    for telecom in person.telecom:
        if telecom.value and not grown:  # of an adult it is a field
            problems.keep(f"{whose}{_MEANS.get(telecom.system, 'Contact')}: {telecom.value}")
    taken = _best(person.name)
    if more := " ".join(taken.given[1:]):
        problems.keep(f"{whose}Other given names: {more}")
    for name in person.name:
        words = " ".join((*name.prefix, *name.given, name.family)).strip() or name.text
        if name is not taken and words:
            use = f" ({name.use})" if name.use else ""
            problems.keep(f"{whose}Also called: {words}{use}")


_MEANS = {"phone": "Telephone", "email": "E-mail", "sms": "Telephone", "fax": "Fax"}


def _relation(concepts: tuple[Concept, ...]) -> str | None:
    words = [word for each in concepts if (word := each.words())]
    words = words or [each.code for concept in concepts for each in concept.coding if each.code]
    return ", ".join(dict.fromkeys(words)).lower() or None


def _is_restricted(labels: tuple[Coding, ...]) -> bool:
    return any(each.code.upper() in _RESTRICTED for each in labels)


def _addresses(person: Person, of: str | None, *, restricted: bool) -> Iterator[AddressDescribed]:
    restricted = restricted or _is_restricted(person.meta.security)
    for address in person.address:
        lines = tuple(dict.fromkeys(filter(None, _lines(address))))
        if lines or address.postal_code:
            yield AddressDescribed(
                lines=lines,
                postcode=postcode_of(address.postal_code),
                of=of,
                restricted=restricted,
            )


def _lines(address: AddressOf) -> tuple[str, ...]:
    lines = (*address.line, address.city, address.district)
    return lines if any(lines) else (address.text,)


def _reached(telecoms: tuple[Telecom, ...]) -> str | None:
    values = dict.fromkeys(each.value for each in telecoms if each.value)
    return ", ".join(values) or None


# ── Who asks ──


def referrer_of(resources: Resources, asked: Reference) -> ReferrerDescribed:
    """Who asks for it, or wrote it, and the organisation that sent it."""
    sent_by = _sending_organisation(resources)
    role = resources.referred(Role, asked, "PractitionerRole") or _role_of(resources, asked)
    who = asked if role is None or not role.practitioner.reference else role.practitioner
    person = resources.referred(Person, who, *_PEOPLE)
    of = role.organization if role else asked
    own = resources.referred(Organisation, of, "Organization", "HealthcareService")
    is_body = own is not None or "Organization" in (of.type, *of.reference.split("/"))
    displayed = of.display if is_body or role else ""
    telecoms = (
        *(person.telecom if person else ()),
        *(role.telecom if role else ()),
        *(own.telecom if own else ()),
        *(telecom for each in (own.contact if own else ()) for telecom in each.telecom),
    )
    return ReferrerDescribed(
        name=_full_name(person) if person else "" if of is asked and is_body else asked.display,
        role=_relation(role.code if role else person.relationship if person else ()),
        organisation=(own.name if own else "") or displayed or sent_by or None,
        contact=_reached(telecoms),
    )


def _role_of(resources: Resources, asked: Reference) -> Role | None:
    """The role that a practitioner has, where the request names only the person."""
    roles = resources.all(Role, "PractitionerRole")
    return next((each for each in roles if resources.same(each.practitioner, asked)), None)


def _sending_organisation(resources: Resources) -> str:
    for header in resources.all(Header, "MessageHeader"):
        found = resources.referred(Organisation, header.sender, "Organization")
        if found or header.sender.display:
            return found.name if found else header.sender.display
    return ""


def _full_name(person: Person) -> str:
    name = _best(person.name)
    parts = (*name.prefix[:1], *name.given[:1], name.family)
    return " ".join(part for part in parts if part) if name.family else name.text
