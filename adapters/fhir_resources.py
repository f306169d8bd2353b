"""Which parts of FHIR R4 resources do we read, and how are they found in a bundle?

Only what a referral needs; every field may be missing. Source: HL7 FHIR R4 (4.0.1), UK Core.
"""

from typing import Any, TypeVar

from msgspec import Struct

from adapters.fitting import Fit
from adapters.reading import Problems

R = TypeVar("R", bound=Struct)

MOST_RESOURCES = 5000


class Coding(Struct, frozen=True):
    system: str = ""
    code: str = ""
    display: str = ""


class Concept(Struct, frozen=True):
    coding: tuple[Coding, ...] = ()
    text: str = ""

    def has(self, *codes: str) -> bool:
        return any(each.code in codes for each in self.coding)

    def words(self) -> str:
        """Its text, else what its codes say."""
        return self.text or ", ".join(each.display for each in self.coding if each.display)


class Extension(Struct, frozen=True, rename="camel"):
    url: str = ""
    value_codeable_concept: Concept = Concept()


class IdentifierOf(Struct, frozen=True):
    system: str = ""
    value: str = ""
    extension: tuple[Extension, ...] = ()


class Reference(Struct, frozen=True):
    reference: str = ""
    display: str = ""
    identifier: tuple[IdentifierOf, ...] = ()


class Name(Struct, frozen=True):
    use: str = ""
    text: str = ""
    family: str = ""
    given: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()


class Telecom(Struct, frozen=True):
    system: str = ""
    value: str = ""


class AddressOf(Struct, frozen=True, rename="camel"):
    text: str = ""
    line: tuple[str, ...] = ()
    city: str = ""
    district: str = ""
    postal_code: str = ""


class Meta(Struct, frozen=True, rename="camel"):
    security: tuple[Coding, ...] = ()
    last_updated: str = ""


class Text(Struct, frozen=True):
    div: str = ""


class Note(Struct, frozen=True):
    text: str = ""


class Contact(Struct, frozen=True):
    relationship: tuple[Concept, ...] = ()
    name: Name = Name()
    telecom: tuple[Telecom, ...] = ()


class Person(Struct, frozen=True, rename="camel"):
    """A Patient, RelatedPerson or Practitioner."""

    meta: Meta = Meta()
    identifier: tuple[IdentifierOf, ...] = ()
    name: tuple[Name, ...] = ()
    telecom: tuple[Telecom, ...] = ()
    gender: str = ""
    birth_date: str = ""
    address: tuple[AddressOf, ...] = ()
    contact: tuple[Contact, ...] = ()
    relationship: tuple[Concept, ...] = ()


class Role(Struct, frozen=True):
    """A PractitionerRole."""

    practitioner: Reference = Reference()
    organization: Reference = Reference()
    code: tuple[Concept, ...] = ()
    telecom: tuple[Telecom, ...] = ()


class Organisation(Struct, frozen=True):
    """An Organization or HealthcareService."""

    name: str = ""
    telecom: tuple[Telecom, ...] = ()


class Response(Struct, frozen=True):
    identifier: str = ""
    code: str = ""


class Header(Struct, frozen=True, rename="camel"):
    """A MessageHeader."""

    event_coding: Coding = Coding()
    reason: Concept = Concept()
    sender: Reference = Reference()
    response: Response | None = None


class Request(Struct, frozen=True, rename="camel"):
    """A ServiceRequest."""

    id: str = ""
    identifier: tuple[IdentifierOf, ...] = ()
    based_on: tuple[Reference, ...] = ()
    replaces: tuple[Reference, ...] = ()
    status: str = ""
    priority: str = ""
    authored_on: str = ""
    requester: Reference = Reference()
    subject: Reference = Reference()
    reason_code: tuple[Concept, ...] = ()
    note: tuple[Note, ...] = ()
    patient_instruction: str = ""
    text: Text = Text()


class Flag(Struct, frozen=True):
    status: str = ""
    category: tuple[Concept, ...] = ()
    code: Concept = Concept()
    note: tuple[Note, ...] = ()
    text: Text = Text()


class Observed(Struct, frozen=True, rename="camel"):
    """An Observation or Condition."""

    code: Concept = Concept()
    value_string: str = ""
    value_codeable_concept: Concept = Concept()
    value_date_time: str = ""
    note: tuple[Note, ...] = ()


class Detail(Struct, frozen=True):
    description: str = ""


class Activity(Struct, frozen=True, rename="camel"):
    outcome_codeable_concept: tuple[Concept, ...] = ()
    detail: Detail = Detail()


class Plan(Struct, frozen=True):
    """A CarePlan."""

    description: str = ""
    text: Text = Text()
    activity: tuple[Activity, ...] = ()
    note: tuple[Note, ...] = ()


class SubSection(Struct, frozen=True):
    title: str = ""
    text: Text = Text()


class Section(Struct, frozen=True):
    title: str = ""
    text: Text = Text()
    section: tuple[SubSection, ...] = ()


class Composition(Struct, frozen=True):
    text: Text = Text()
    section: tuple[Section, ...] = ()


class Attachment(Struct, frozen=True):
    title: str = ""


class Payload(Struct, frozen=True, rename="camel"):
    content_string: str = ""
    content_attachment: Attachment = Attachment()


class Communication(Struct, frozen=True, rename="camel"):
    """A Communication or CommunicationRequest."""

    payload: tuple[Payload, ...] = ()
    reason_code: tuple[Concept, ...] = ()
    note: tuple[Note, ...] = ()
    text: Text = Text()


class Answer(Struct, frozen=True, rename="camel"):
    value_string: str = ""
    value_coding: Coding = Coding()


class Item(Struct, frozen=True):
    """A question and its answers."""

    text: str = ""
    answer: tuple[Answer, ...] = ()

    def line(self) -> str:
        answers = [each.value_string or each.value_coding.display for each in self.answer]
        said = ", ".join(answer for answer in answers if answer)
        return f"{self.text}: {said}" if said else ""


class ItemGroup(Struct, frozen=True):
    text: str = ""
    answer: tuple[Answer, ...] = ()
    item: tuple[Item, ...] = ()


WORDED = (
    "AllergyIntolerance", "Appointment", "ClinicalImpression", "DiagnosticReport", "Encounter",
    "Goal", "Procedure", "QuestionnaireResponse", "Task",
)  # fmt: skip
"""Types of resource that may tell a concern in words, in one of the fields below."""


class Words(Struct, frozen=True):
    description: str = ""
    summary: str = ""
    conclusion: str = ""
    comment: str = ""
    note: tuple[Note, ...] = ()
    text: Text = Text()
    item: tuple[ItemGroup, ...] = ()

    def lines(self) -> list[str]:
        """Its words without its narrative, which is HTML."""
        asked = [Item(group.text, group.answer) for group in self.item]
        asked += [item for group in self.item for item in group.item]
        lines = [self.description, self.summary, self.conclusion, self.comment]
        return [*lines, *(note.text for note in self.note), *(each.line() for each in asked)]


class Noted(Struct, frozen=True):
    """Any resource that people may add notes to."""

    note: tuple[Note, ...] = ()


class Issue(Struct, frozen=True):
    severity: str = ""
    code: str = ""


class Outcome(Struct, frozen=True):
    """An OperationOutcome."""

    issue: tuple[Issue, ...] = ()


class Resources:
    """The resources of a message, by type and by what references call them."""

    def __init__(self, message: dict[str, Any], problems: Problems) -> None:
        self._problems = problems
        self._fit = Fit(problems, own=False)
        self._by_type: dict[str, list[dict[str, Any]]] = {}
        self._by_name: dict[str, dict[str, Any]] = {}
        self.unread = 0
        for name, resource in _entries(message, problems):
            self._add(name, resource)
            inner = resource.get("contained") if isinstance(resource, dict) else None
            for each in inner[:MOST_RESOURCES] if isinstance(inner, list) else []:
                self._add(f"#{each.get('id')}" if isinstance(each, dict) else "", each)

    def _add(self, full_url: str, resource: Any) -> None:
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(kind, str):
            self.unread += 1
            self._problems.say("A part of the message could not be read: see it as it came.")
            return
        self._by_type.setdefault(kind, []).append(resource)
        own = resource.get("id")
        for name in (full_url, f"{kind}/{own}" if isinstance(own, str) else ""):
            if name:
                self._by_name.setdefault(name, resource)

    def has(self, *kinds: str) -> bool:
        return any(kind in self._by_type for kind in kinds)

    def only(self, *kinds: str) -> bool:
        """Whether there is nothing but resources of these types."""
        return not self.unread and set(self._by_type) <= set(kinds)

    def all(self, kind: type[R], *names: str) -> list[R]:
        """The resources of these types, in order; each with all that could be read of it."""
        return [
            self._fit.fit(kind, resource, name)
            for name in names
            for resource in self._by_type.get(name, [])
        ]

    def referred(self, kind: type[R], reference: Reference, *names: str) -> R | None:
        """What a reference points to, if that is here and of one of these types."""
        target = reference.reference
        found = self._by_name.get(target)
        if found is None and "/" in target:
            found = self._by_name.get("/".join(target.rsplit("/", 2)[-2:]))
        if found is None or found.get("resourceType") not in names:
            return None
        return self._fit.fit(kind, found, str(found["resourceType"]))

    def same(self, one: Reference, other: Reference) -> bool:
        """Whether two references point to one resource of the message."""
        found = self._by_name.get(one.reference)
        return found is not None and found is self._by_name.get(other.reference)


def _entries(message: dict[str, Any], problems: Problems) -> list[tuple[str, Any]]:
    if message.get("resourceType") != "Bundle":
        return [("", message)]
    entries = message.get("entry")
    if not isinstance(entries, list) or not entries:
        problems.say("The bundle holds no entries.")
        return []
    if len(entries) > MOST_RESOURCES:
        problems.say("The bundle holds more entries than are read: the rest is kept, not shown.")
    found = []
    for entry in entries[:MOST_RESOURCES]:
        name = entry.get("fullUrl") if isinstance(entry, dict) else None
        resource = entry.get("resource") if isinstance(entry, dict) else None
        found.append((name if isinstance(name, str) else "", resource))
    return found
