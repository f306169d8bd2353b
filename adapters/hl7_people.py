"""Who is named in an HL7 version 2 message: patient, next of kin, guarantor, and who wrote it?

Source: HL7 version 2.8, chapters 3 (PID, NK1), 6 (GT1) and 11 (PRD).
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace

from adapters.concern_codes import DUE_DATE_CODES
from adapters.hl7_text import Components, Message, Segment, day_of, written_out
from adapters.nameless import names
from adapters.nhs_numbers import GivenNumbers, is_past, is_to_come
from adapters.particulars import (
    SUBJECT,
    Birth,
    People,
    birth_of,
    is_adult,
    located,
    postcode_of,
    sex_of,
)
from adapters.reading import Problems, told_died
from domain.described import (
    AddressDescribed,
    ChildDescribed,
    Identifier,
    ReferrerDescribed,
)

MOST_PEOPLE = 200

_NHS = frozenset({"NHS", "NH", "NHSNMBR", "NHSNBR", "NHSNO", "NHS NUMBER"})
_NHS_AUTHORITY = "2.16.840.1.113883.2.1.4.1"
THE_PATIENT = frozenset({"SEL", "SLF", "SELF", "ONESELF"})
RELATIONS = {
    "MTH": "mother", "FTH": "father", "PAR": "parent", "SPO": "spouse", "DOM": "partner",
    "SIB": "sibling", "BRO": "brother", "SIS": "sister", "CHD": "child", "GRD": "guardian",
    "GRP": "grandparent", "CGV": "carer", "EMC": "emergency contact", "FCH": "foster child",
    "SCH": "stepchild", "DAU": "daughter", "OTH": "other", "FND": "friend",
    "EXF": "extended family",
}  # fmt: skip
CHILDREN_OF_THE_PATIENT = frozenset(
    {"child", "foster child", "stepchild", "son", "daughter", "natural child"}
)
PERHAPS_CHILDREN = frozenset(
    {"child", "sibling", "brother", "sister", "foster child", "stepchild", "son", "daughter"}
)


_NAMES = {"L": 0, "D": 1, "": 1, "M": 3, "B": 3, "A": 4, "N": 4, "S": 4, "T": 4, "P": 4}
"""Which of several names holds, by its type (table 0200), the lowest first: the legal one, the
usual, any other, one of before, and what somebody is called besides."""
_NO_HOMES = {
    "BA": "said to be wrong", "N": "where born", "BDL": "where born", "BR": "of before",
    "F": "country of origin", "B": "work", "O": "work", "S": "where seen", "V": "holiday",
    "BI": "for bills", "SH": "for parcels",
}  # fmt: skip
"""Types of address (table 0190) at which nobody lives now."""
_RESTRICTED = frozenset({"R", "RE", "V", "VR"})
"""Of a document: restricted, very restricted."""


class _Fields(NamedTuple):
    """Where a segment about a relative says what."""

    name: int
    other_name: int
    relation: int
    address: int
    contact: int
    sex: int
    born: int


_NK1 = _Fields(name=2, other_name=30, relation=3, address=4, contact=5, sex=15, born=16)
_GT1 = _Fields(name=3, other_name=3, relation=11, address=5, contact=6, sex=9, born=8)


def named(message: Message, people: People, problems: Problems) -> tuple[AddressDescribed, ...]:
    """Put everybody into `people`; the addresses, all restricted where the message says so."""
    restricted = message.has("ARV") or message.first("PD1").field(12)[:1].upper() == "Y"
    restricted |= any(told.first(18)[1].upper() in _RESTRICTED for told in message.all("TXA"))
    addresses: list[AddressDescribed] = []
    patients = [*message.all("PID")]
    relatives = [(segment, _NK1) for segment in message.all("NK1")]
    relatives += [(segment, _GT1) for segment in message.all("GT1")]
    if len(patients) + len(relatives) > MOST_PEOPLE:
        problems.say(f"More than {MOST_PEOPLE} people are named: the rest is kept, not shown.")
    of_a_parent = False
    for number, segment in enumerate(patients[:MOST_PEOPLE], start=1):
        told = tuple(_addresses(segment, 11, None, restricted, people.told_on))
        addresses += told
        homes = tuple(each for each in told if each.restricted or each.of is None)
        whose = "Patient" if number == 1 else f"Patient {number}"
        patient, birth = _patient(segment, whose, people, problems)
        if number == 1 and birth.untold and _is_parent(relatives):
            of_a_parent = True
            problems.say(
                "The patient has no birth date and is named as a parent: listed among the adults."
            )
            people.other(replace(patient, relationship=SUBJECT), _patients_telephones(segment))
        else:
            telephones = _patients_telephones(segment)
            people.subject(located(patient, homes), birth.adult, telephones)
        grown = of_a_parent or birth.adult or is_adult(birth.on, people.told_on)
        _tell_more(segment, "" if number == 1 else f"{whose}: ", problems, grown=bool(grown))
    for visit in message.all("PV1"):
        if ward := ", ".join(dict.fromkeys(visit.parts(3))):
            problems.keep(f"Ward: {ward}")
    for segment, fields in relatives[:MOST_PEOPLE]:
        if _relative(segment, fields, people, problems, of_a_parent=of_a_parent):
            role = _relation(segment.first(fields.relation))
            addresses += _addresses(segment, fields.address, role, restricted, people.told_on)
    # a due date speaks of a child, whoever the patient is; told twice it is still one child
    expected = [s for s in message.all("OBX") if s.first(3)[1] in DUE_DATE_CODES]
    for due in dict.fromkeys(day_of(segment.first(5)[1]) for segment in expected):
        if due:
            people.subject(ChildDescribed(due_on=due))
    return tuple(dict.fromkeys(addresses))


def _is_parent(relatives: list[tuple[Segment, _Fields]]) -> bool:
    """Whether somebody is named as a child of the patient."""
    return any(
        _relation(segment.first(fields.relation)) in CHILDREN_OF_THE_PATIENT
        for segment, fields in relatives
        if fields is _NK1
    )


def _patient(
    segment: Segment, whose: str, people: People, problems: Problems
) -> tuple[ChildDescribed, Birth]:
    name = _names(segment)[0]
    number, identifiers = _identifiers(segment, whose, people.told_on, problems)
    birth = _birth(segment, 7, whose, people, problems)
    patient = ChildDescribed(
        family_name=name[1],
        given_name=name[2],
        born_on=birth.on,
        born_between=birth.between,
        sex=sex_of(segment.first(8)[1], problems, whose),
        nhs_number=number,
        identifiers=identifiers,
    )
    return patient, birth


def _names(segment: Segment) -> list[Components]:
    """The patient's names, the one that holds first."""
    return sorted(segment.repeats(5), key=_precedence) or [segment.first(5)]


def _precedence(name: Components) -> tuple[bool, bool, int]:
    """By what it tells, then by its type: a name without a first name holds after a whole one."""
    family, given = names(name[1], name[2])
    return not (family or given), not given, _NAMES.get(name[7].upper(), 2)


def _patients_telephones(segment: Segment) -> str | None:
    return _telephones(segment, 13, 14, 40)


def _tell_more(segment: Segment, whose: str, problems: Problems, *, grown: bool) -> None:
    """What has no field: it stands with the concern. `whose`: empty, or `Patient 2: `."""
    died_on = written_out(segment.first(29)[1])
    if died_on or segment.first(30)[1].upper() == "Y":
        told_died(whose, died_on, problems, grown=grown)
    telephones = _patients_telephones(segment)
    if telephones and not grown:  # of an adult it is a field
        problems.keep(f"{whose}Telephone: {telephones}")
    called = _names(segment)
    if called[0][3]:
        problems.keep(f"{whose}Other given names: {called[0][3]}")
    for other in (*called[1:], *segment.repeats(9)):
        if words := _full_name(other[5], other[2], other[3], other[1]):
            problems.keep(f"{whose}Also called: {words}")
    for number, what in ((6, "Mother's maiden name"), (21, "Mother's identifier")):
        for part in segment.repeats(number):
            if words := " ".join(filter(None, (part[2] if number == 6 else "", part[1]))):
                problems.keep(f"{whose}{what}: {words}")


def _identifiers(
    segment: Segment, whose: str, on: date, problems: Problems
) -> tuple[str | None, tuple[Identifier, ...]]:
    """The NHS number, and all other numbers; an NHS number that has expired is one of before, one
    that holds only later is not theirs yet."""
    given = GivenNumbers(whose, problems)
    for part in (part for field in (3, 2, 4) for part in segment.repeats(field)[:50]):
        if part[1] and _is_nhs(part):
            given.nhs(
                part[1],
                before=is_past(written_out(part[8]), on),
                to_come=is_to_come(written_out(part[7]), on),
            )
        elif part[1]:
            given.other(part[4] or part[5], part[1])
    number, _, others = given.read()
    return number, others


def _is_nhs(part: Components) -> bool:
    return part[5].upper() in _NHS or part[4].upper() in _NHS or part.sub(4, 2) == _NHS_AUTHORITY


def _relative(
    segment: Segment, fields: _Fields, people: People, problems: Problems, *, of_a_parent: bool
) -> bool:
    """Whether somebody other than the patient is named. `of_a_parent`: a child of the patient is
    put forward as one, for the patient is none."""
    called = segment.first(fields.name) or segment.first(fields.other_name)
    relation = segment.first(fields.relation)
    if not (called[1] or called[2]) or relation[1].upper() in THE_PATIENT:
        return False
    role = _relation(relation)
    birth = _birth(segment, fields.born, "Relative", people, problems)
    person = ChildDescribed(
        family_name=called[1],
        given_name=called[2],
        born_on=birth.on,
        born_between=birth.between,
        sex=sex_of(segment.first(fields.sex)[1], problems, "Relative"),
        relationship=role,
    )
    contact = _telephones(segment, fields.contact, fields.contact + 1)
    if of_a_parent and fields is _NK1 and role in CHILDREN_OF_THE_PATIENT:
        people.subject(person, birth.adult, contact)
        return True
    if contact and (birth.adult is False or (birth.on and not is_adult(birth.on, people.told_on))):
        problems.keep(f"Relative: Telephone: {contact}")  # a child has no field for it
    if birth.untold and role in PERHAPS_CHILDREN:
        problems.say("A child or sibling has no birth date: listed among the adults.")
    people.other(person, contact, birth.adult)
    return True


def _relation(part: Components) -> str | None:
    words = (part[2] or RELATIONS.get(part[1].upper()) or part[1]).lower()
    return words or None


def _birth(segment: Segment, number: int, whose: str, people: People, problems: Problems) -> Birth:
    return birth_of(written_out(segment.first(number)[1]), people.told_on, problems, whose)


def _addresses(
    segment: Segment, number: int, of: str | None, restricted: bool, on: date
) -> Iterator[AddressDescribed]:
    """The addresses; `of` whose each is (None: the patient's), and what it is if it is no home."""
    for part in segment.repeats(number)[:20]:
        street = " ".join(dict.fromkeys(text for s in (1, 2) if (text := part.sub(1, s))))
        lines = tuple(line for line in (street, part[2], part[3], part[4]) if line)
        if lines or part[5]:
            no_home = _NO_HOMES.get(part[7].upper())
            if is_past(written_out(part[14]), on):
                no_home = "of before"
            yield AddressDescribed(
                lines=lines,
                postcode=postcode_of(part[5]),
                of=", ".join(filter(None, (of, no_home))) or None,
                restricted=restricted,
            )


def _telephones(segment: Segment, *numbers: int) -> str | None:
    """All numbers and e-mail addresses in these fields."""
    told = (_telephone(part) for number in numbers for part in segment.repeats(number)[:20])
    return ", ".join(dict.fromkeys(each for each in told if each)) or None


def _telephone(part: Components) -> str | None:
    """The number as written; or put together; or an e-mail address."""
    apart = "".join(part[number] for number in (5, 6, 7))
    return part[1] or part[12] or part[4] or apart or None


def referrer_of(message: Message) -> ReferrerDescribed:
    """The referring provider (PRD), else who wrote the document, else referring doctor, operator,
    attending doctor."""
    organisation = message.first("MSH").first(4)[1] or None
    for provider in message.all("PRD"):
        if "RP" in {part[1].upper() for part in provider.repeats(1)}:
            name = provider.first(2)
            return ReferrerDescribed(
                name=_full_name(name[5], name[2], name[1]),
                role=provider.first(1)[2] or None,
                organisation=provider.first(10)[1] or organisation,
                contact=_telephone(provider.first(5)),
            )
    visit, event, document = (message.first(name) for name in ("PV1", "EVN", "TXA"))
    wrote = (document.first(9), document.first(5))
    for clinician in (*wrote, visit.first(8), event.first(5), visit.first(7)):
        if clinician[2] or clinician[3]:
            name_of = _full_name(clinician[6], clinician[3], clinician[2])
            return ReferrerDescribed(name=name_of, organisation=organisation)
    return ReferrerDescribed(organisation=organisation)


def _full_name(*parts: str) -> str:
    return " ".join(part for part in parts if part)
