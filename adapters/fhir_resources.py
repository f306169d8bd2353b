"""Which parts of FHIR R4 resources do we read, and how are they found in a bundle?

Only what a referral needs; every field may be missing. Source: HL7 FHIR R4 (4.0.1), UK Core.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec import Struct

from adapters.fitting import Fit
from adapters.reading import Problems

R = TypeVar("R", bound=Struct)

MOST_RESOURCES = 5000
_DEEPEST = 5


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


class Period(Struct, frozen=True):
    start: str = ""
    end: str = ""


class IdentifierOf(Struct, frozen=True):
    use: str = ""
    system: str = ""
    value: str = ""
    period: Period = Period()
    extension: tuple[Extension, ...] = ()


class Reference(Struct, frozen=True):
    reference: str = ""
    type: str = ""
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
    version_id: str = ""

    @property
    def is_later(self) -> bool:
        """Whether it is a later version of something that was told before."""
        version = self.version_id
        return version.isascii() and version.isdecimal() and int(version[:9]) > 1


class Text(Struct, frozen=True):
    div: str = ""


class Note(Struct, frozen=True):
    text: str = ""


class Contact(Struct, frozen=True):
    relationship: tuple[Concept, ...] = ()
    name: Name = Name()
    telecom: tuple[Telecom, ...] = ()


class Link(Struct, frozen=True):
    """Another record, and what it is to this one."""

    other: Reference = Reference()
    type: str = ""


class Person(Struct, frozen=True, rename="camel"):
    """A Patient, RelatedPerson or Practitioner."""

    meta: Meta = Meta()
    identifier: tuple[IdentifierOf, ...] = ()
    name: tuple[Name, ...] = ()
    telecom: tuple[Telecom, ...] = ()
    gender: str = ""
    birth_date: str = ""
    deceased_boolean: bool = False
    deceased_date_time: str = ""
    address: tuple[AddressOf, ...] = ()
    contact: tuple[Contact, ...] = ()
    link: tuple[Link, ...] = ()
    relationship: tuple[Concept, ...] = ()


class Message(Struct, frozen=True):
    """A bundle, or the only resource, that a message is."""

    meta: Meta = Meta()
    identifier: tuple[IdentifierOf, ...] = ()


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
    contact: tuple[Contact, ...] = ()


class Response(Struct, frozen=True):
    """`identifier`: a text in R4, an Identifier in R5."""

    identifier: Any = ""
    code: str = ""

    @property
    def answered(self) -> str:
        """The id of the message that is answered."""
        told = self.identifier
        told = told.get("value") if isinstance(told, dict) else told
        return told if isinstance(told, str) else ""


class Header(Struct, frozen=True, rename="camel"):
    """A MessageHeader."""

    id: str = ""
    event_coding: Coding = Coding()
    reason: Concept = Concept()
    sender: Reference = Reference()
    meta: Meta = Meta()
    response: Response | None = None


class Request(Struct, frozen=True, rename="camel"):
    """A ServiceRequest."""

    id: str = ""
    meta: Meta = Meta()
    identifier: tuple[IdentifierOf, ...] = ()
    based_on: tuple[Reference, ...] = ()
    replaces: tuple[Reference, ...] = ()
    status: str = ""
    priority: str = ""
    authored_on: str = ""
    requester: Reference = Reference()
    subject: Reference = Reference()
    reason_code: tuple[Concept, ...] = ()


class Task(Struct, frozen=True, rename="camel"):
    """What is done about a request."""

    id: str = ""
    identifier: tuple[IdentifierOf, ...] = ()
    based_on: tuple[Reference, ...] = ()
    focus: Reference = Reference()
    status: str = ""


class About(Struct, frozen=True):
    """Any resource that has a subject."""

    subject: Reference = Reference()
    identifier: tuple[IdentifierOf, ...] = ()


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
    value_date_time: str = ""


class Related(Struct, frozen=True, rename="camel"):
    """Another document, and what this one is to it."""

    code: str = ""
    target_identifier: IdentifierOf = IdentifierOf()
    target_reference: Reference = Reference()


class Composition(Struct, frozen=True, rename="camel"):
    """What a document begins with."""

    id: str = ""
    meta: Meta = Meta()
    identifier: tuple[IdentifierOf, ...] = ()
    status: str = ""
    title: str = ""
    date: str = ""
    author: tuple[Reference, ...] = ()
    custodian: Reference = Reference()
    confidentiality: str = ""
    relates_to: tuple[Related, ...] = ()


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
        self._bundles = list(_bundles(message))
        self._fit = Fit(problems, own=False)
        self._by_type: dict[str, list[dict[str, Any]]] = {}
        self._by_name: dict[str, dict[str, Any]] = {}
        self.everything: list[dict[str, Any]] = []
        self.unread = 0
        for name, resource in _entries(message, self._bundles, problems):
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
        self.everything.append(resource)
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

    def security(self) -> tuple[Coding, ...]:
        """The labels of the message as a whole: of its bundles, its header and its document."""
        metas = [bundle.meta for bundle in self.bundles()]
        metas += [header.meta for header in self.all(Header, "MessageHeader")]
        documents = self.all(Composition, "Composition")
        metas += [each.meta for each in documents]
        labels = [label for meta in metas for label in meta.security]
        return (*labels, *(Coding(code=each.confidentiality) for each in documents))

    def bundles(self) -> list[Message]:
        """The bundle that the message is, and those in it; or its only resource."""
        return [self._fit.fit(Message, each, "Bundle") for each in self._bundles]

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


def _bundles(message: dict[str, Any], deep: int = 0) -> Iterator[dict[str, Any]]:
    """The message, and the bundles in it: a document may be sent within a message."""
    yield message
    if message.get("resourceType") != "Bundle" or deep > _DEEPEST:
        return
    for entry in _listed(message.get("entry"))[:MOST_RESOURCES]:
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and inner.get("resourceType") == "Bundle":
            yield from _bundles(inner, deep + 1)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _entries(
    message: dict[str, Any], bundles: list[dict[str, Any]], problems: Problems
) -> list[tuple[str, Any]]:
    if message.get("resourceType") != "Bundle":
        return [("", message)]
    entries = [entry for bundle in bundles for entry in _listed(bundle.get("entry"))]
    if not entries:
        problems.say("The bundle holds no entries.")
        return []
    if len(entries) > MOST_RESOURCES:
        problems.say("The bundle holds more entries than are read: the rest is kept, not shown.")
    found = []
    for entry in entries[:MOST_RESOURCES]:
        name = entry.get("fullUrl") if isinstance(entry, dict) else None
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not any(resource is bundle for bundle in bundles[1:]):
            found.append((name if isinstance(name, str) else "", resource))
    return found
