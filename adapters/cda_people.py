"""Who is named in a CDA document: patient, guardian, informant, participants, and who wrote it?

Source: HL7 CDA release 2, participations of the header; NHS 111 CDA domain message specification.
"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from adapters.cda_text import (
    Element,
    anywhere,
    at,
    attribute,
    called,
    day_told,
    line_of,
    name_of,
    own,
    text_at,
)
from adapters.concern_codes import DUE_DATE_CODES
from adapters.hl7_people import (
    CHILDREN_OF_THE_PATIENT,
    PERHAPS_CHILDREN,
    RELATIONS,
    THE_PATIENT,
)
from adapters.hl7_text import day_of
from adapters.particulars import (
    SUBJECT,
    Birth,
    People,
    birth_of,
    checked_nhs_number,
    is_adult,
    located,
    name_parts,
    postcode_of,
    sex_of,
)
from adapters.reading import Problems, told_died
from domain.described import AddressDescribed, ChildDescribed, Identifier, ReferrerDescribed

MOST_PEOPLE = 200

_VERIFIED = "2.16.840.1.113883.2.1.4.1"
_NHS_NUMBERS = frozenset({_VERIFIED, "2.16.840.1.113883.2.1.3.2.4.18.23"})
"""NHS numbers: traced, and not traced."""
_NO_SEX = frozenset({"0", "9", "X"})
_LINES = frozenset(
    {
        "streetAddressLine", "deliveryAddressLine", "additionalLocator", "unitID", "precinct",
        "city", "county", "state",
    }
)  # fmt: skip
_STREET = frozenset({"houseNumber", "houseNumberNumeric", "streetName", "streetNameBase"})
_AT_WORK = frozenset({"ASSIGNED", "LIC", "SDLOC", "ISDLOC", "PROV", "EMP"})
"""Classes of those who are there because they work there."""
_CLASSES = {
    "NOK": "next of kin", "ECON": "emergency contact", "GUARD": "guardian", "CAREGIVER": "carer",
    "PRS": "relative", "GUAR": "guarantor",
}  # fmt: skip


class Name(NamedTuple):
    """`others`: given names after the first."""

    family: str = ""
    given: str = ""
    others: str = ""
    title: str = ""

    def whole(self) -> str:
        parts = (self.title, self.given, self.others, self.family)
        return " ".join(part for part in parts if part)


class _Relative(NamedTuple):
    """Somebody near the patient: their role, where it is told, and the person in it."""

    role: Element
    person: Element
    relation: str


def named(
    document: Element, people: People, problems: Problems, *, restricted: bool
) -> tuple[AddressDescribed, ...]:
    """Put everybody into `people`; the addresses, `restricted` where the document is."""
    patients = list(at(document, "recordTarget/patientRole"))
    relatives = list(_relatives(document, problems))
    if len(patients) + len(relatives) > MOST_PEOPLE:
        problems.say(f"More than {MOST_PEOPLE} people are named: the rest is kept, not shown.")
    addresses: list[AddressDescribed] = []
    of_a_parent = False
    for number, role in enumerate(patients[:MOST_PEOPLE], start=1):
        whose = "Patient" if number == 1 else f"Patient {number}"
        homes = tuple(_addresses(role, None, restricted))
        addresses += homes
        patient, birth = _patient(role, whose, people, problems)
        telephones = telephones_of(role)
        parent = any(each.relation in CHILDREN_OF_THE_PATIENT for each in relatives)
        if number == 1 and birth.untold and parent:
            of_a_parent = True
            problems.say(
                "The patient has no birth date and is named as a parent: listed among the adults."
            )
            people.other(replace(patient, relationship=SUBJECT), telephones)
        else:
            people.subject(located(patient, homes), birth.adult, telephones)
        grown = of_a_parent or birth.adult or is_adult(birth.on, people.told_on)
        _tell_more(role, "" if number == 1 else f"{whose}: ", problems, grown=bool(grown))
    for relative in relatives[:MOST_PEOPLE]:
        _relative(relative, people, problems, of_a_parent=of_a_parent)
        addresses += _addresses(relative.role, relative.relation, restricted)
    for place in at(document, "componentOf/encompassingEncounter/location/healthCareFacility"):
        of = text_at(place, "location/name") or "where it happened"
        for each in at(place, "location"):
            addresses += _addresses(each, of, restricted)
    for due in dict.fromkeys(_due_dates(document)):
        people.subject(ChildDescribed(due_on=day_of(due)))
    return tuple(dict.fromkeys(addresses))


def _patient(
    role: Element, whose: str, people: People, problems: Problems
) -> tuple[ChildDescribed, Birth]:
    person = next(at(role, "patient"), role)
    name = next(iter(_names(person)), Name())
    number, verified, identifiers = _identifiers(role, whose, problems)
    birth = birth_of(day_told(person, "birthTime"), people.told_on, problems, whose)
    patient = ChildDescribed(
        family_name=name.family,
        given_name=name.given,
        born_on=birth.on,
        born_between=birth.between,
        sex=sex_of(_sex(person), problems, whose),
        nhs_number=number,
        nhs_number_verified=verified,
        identifiers=identifiers,
    )
    return patient, birth


def _sex(person: Element) -> str:
    """The code, which is a number in the NHS and a letter elsewhere, else what it is called."""
    told = attribute(person, "administrativeGenderCode", "code")
    if told in _NO_SEX:
        return ""
    return told or attribute(person, "administrativeGenderCode", "displayName")


def _identifiers(
    role: Element, whose: str, problems: Problems
) -> tuple[str | None, bool, tuple[Identifier, ...]]:
    number: str | None = None
    verified = False
    others: dict[str, Identifier] = {}
    for each in list(at(role, "id"))[:50]:
        root, value = own(each, "root"), own(each, "extension")
        if not value:
            continue
        if root not in _NHS_NUMBERS:
            system = own(each, "assigningAuthorityName") or root
            others.setdefault(value, Identifier(system=system, value=value))
            continue
        checked, failed = checked_nhs_number(value, problems, whose)
        for identifier in failed:
            others.setdefault(identifier.value, identifier)
        if number and checked and checked != number:
            problems.say(f"{whose}: two NHS numbers are given.")
            others.setdefault(checked, Identifier(system="nhs", value=checked))
        number = number or checked
        verified = verified or (root == _VERIFIED and checked is not None and checked == number)
    return number, verified, tuple(others.values())


def _tell_more(role: Element, whose: str, problems: Problems, *, grown: bool) -> None:
    """What has no field: it stands with the concern. `whose`: empty, or `Patient 2: `."""
    person = next(at(role, "patient"), role)
    died_on = day_told(person, "deceasedTime")
    if died_on or attribute(person, "deceasedInd").lower() in {"true", "1"}:
        told_died(whose, died_on, problems, grown=grown)
    telephones = telephones_of(role)
    if telephones and not grown:  # of an adult it is a field
        problems.keep(f"{whose}Telephone: {telephones}")
    first, *others = _names(person) or [Name()]
    if first.others:
        problems.keep(f"{whose}Other given names: {first.others}")
    for other in others:
        if other[:2] != first[:2]:
            problems.keep(f"{whose}Also called: {other.whole()}")
    language = attribute(person, "languageCommunication/languageCode", "code")
    if language and not language.lower().startswith("en"):
        problems.keep(f"{whose}Language: {language}")
    for practice in at(role, "providerOrganization"):
        told = (text_at(practice, "name"), telephones_of(practice))
        if any(told):
            problems.keep(f"{whose}Registered with: {', '.join(filter(None, told))}")


def _names(person: Element) -> list[Name]:
    """The names of a person that tell anything, the first one their own."""
    found = (_name(each) for each in list(at(person, "name"))[:20])
    return [name for name in found if name.family or name.given]


def _name(element: Element) -> Name:
    """A name by its parts, or in one piece."""
    family = " ".join(line_of(each) for each in at(element, "family"))
    given = [text for each in at(element, "given") if (text := line_of(each))]
    if not (family or given):
        family, first = name_parts(line_of(element))
        return Name(family, first)
    title = " ".join(line_of(each) for each in at(element, "prefix"))
    return Name(family.strip(), given[0] if given else "", " ".join(given[1:]), title.strip())


# ── Who is near the patient ──


def _relatives(document: Element, problems: Problems) -> Iterator[_Relative]:
    for role in at(document, "recordTarget/patientRole/patient/guardian"):
        for person in at(role, "guardianPerson"):
            yield _Relative(role, person, _relation(role) or "guardian")
        for organisation in at(role, "guardianOrganization"):
            problems.keep(f"Guardian: {_called_and_reached(role, organisation)}")
    for role in at(document, "informant/relatedEntity"):
        for person in at(role, "relatedPerson"):
            yield _Relative(role, person, _relation(role) or "informant")
    for role in at(document, "informant/assignedEntity"):
        for person in at(role, "assignedPerson"):
            problems.keep(f"Told by: {_called_and_reached(role, person)}")
    for role in at(document, "participant/associatedEntity"):
        for person in at(role, "associatedPerson"):
            kind = own(role, "classCode")
            if kind in _AT_WORK:
                what = attribute(role, "code", "displayName") or "Contact"
                problems.keep(f"{what}: {_called_and_reached(role, person)}")
            else:
                yield _Relative(role, person, _relation(role) or _CLASSES.get(kind, "contact"))


def _called_and_reached(role: Element, party: Element) -> str:
    called_so = next((name.whole() for name in _names(party)), "")
    return ", ".join(filter(None, (called_so, telephones_of(role))))


def _relation(role: Element) -> str:
    """What somebody is to the patient, in the sender's words."""
    for code in at(role, "code"):
        word = own(code, "code").upper()
        if word in THE_PATIENT:
            return "self"
        return (called(code) or RELATIONS.get(word) or word).lower()
    return ""


def _relative(
    relative: _Relative, people: People, problems: Problems, *, of_a_parent: bool
) -> None:
    """Somebody other than the patient; a child of a patient who is none is put forward as one."""
    role, person, relation = relative
    name = next(iter(_names(person)), Name())
    if relation in {"self", "patient"} or not (name.family or name.given):
        return
    birth = birth_of(day_told(person, "birthTime"), people.told_on, problems, "Relative")
    described = ChildDescribed(
        family_name=name.family,
        given_name=name.given,
        born_on=birth.on,
        born_between=birth.between,
        sex=sex_of(_sex(person), problems, "Relative"),
        relationship=relation,
    )
    contact = telephones_of(role)
    if of_a_parent and relation in CHILDREN_OF_THE_PATIENT:
        people.subject(described, birth.adult, contact)
        return
    if contact and (birth.adult is False or (birth.on and not is_adult(birth.on, people.told_on))):
        problems.keep(f"Relative: Telephone: {contact}")  # a child has no field for it
    if birth.untold and relation in PERHAPS_CHILDREN:
        problems.say("A child or sibling has no birth date: listed among the adults.")
    people.other(described, contact, birth.adult)


def _due_dates(document: Element) -> Iterator[str]:
    """When a child is expected; told twice it is still one child."""
    for observed in anywhere(document, "observation"):
        if attribute(observed, "code", "code") in DUE_DATE_CODES:
            due = attribute(observed, "value")
            if day_of(due):
                yield due


# ── Where, and how to be reached ──


def _addresses(role: Element, of: str | None, restricted: bool) -> Iterator[AddressDescribed]:
    for each in list(at(role, "addr"))[:20]:
        lines = tuple(_lines(each))
        postcode = postcode_of(text_at(each, "postalCode"))
        if lines or postcode:
            yield AddressDescribed(
                lines=lines,
                postcode=postcode,
                of=of,
                restricted=restricted or own(each, "nullFlavor") == "MSK",
            )


def _lines(address: Element) -> Iterator[str]:
    """The lines of an address by its parts in their order, or all of it in one piece."""
    street = " ".join(line_of(each) for each in address if name_of(each) in _STREET)
    parts = [line_of(each) for each in address if name_of(each) in _LINES]
    if not (street or parts or len(address)):
        parts = [line_of(address)]
    directions = [line_of(each) for each in at(address, "desc")]
    yield from (part for part in (street, *parts, *directions) if part)


def telephones_of(role: Element) -> str | None:
    """All numbers and e-mail addresses, without what only names the scheme."""
    told = (own(each, "value") for each in list(at(role, "telecom"))[:20])
    numbers = (text.partition(":")[2] if ":" in text else text for text in told)
    return ", ".join(dict.fromkeys(each.strip() for each in numbers if each.strip())) or None


def referrer_of(document: Element, sender: str) -> ReferrerDescribed:
    """The author of the document who is a person; `sender`: what the envelope calls it."""
    custodian = text_at(
        document, "custodian/assignedCustodian/representedCustodianOrganization/name"
    )
    for author in at(document, "author/assignedAuthor"):
        name = next((n for each in at(author, "assignedPerson") for n in _names(each)), None)
        if name is None:
            continue
        return ReferrerDescribed(
            name=name.whole(),
            role=next((called(each) for each in at(author, "code")), "") or None,
            organisation=text_at(author, "representedOrganization/name")
            or custodian
            or sender
            or None,
            contact=telephones_of(author) or _organisations_telephones(author),
        )
    return ReferrerDescribed(organisation=custodian or sender or None)


def _organisations_telephones(author: Element) -> str | None:
    return next((t for each in at(author, "representedOrganization") if (t := telephones_of(each))),
                None)  # fmt: skip
