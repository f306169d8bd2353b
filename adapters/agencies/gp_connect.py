"""What does a document of GP Connect (FHIR STU3, mostly XML) say?

A document is a bundle that begins with a Composition, alone or sent within a message; its sections
are XHTML that a clinician wrote, so all of them are shown. Requests that it lists may be of long
ago and to others: only their urgency and their reasons are read. A document that replaces or amends
another updates what that one told; one that was entered in error withdraws it.
Source: NHS England, GP Connect Send Document; ITK3 message bundles; HL7 FHIR STU3, Composition.
"""

import html
import re
from typing import Any

from msgspec.structs import replace

from adapters.fhir_made_up import (
    adult_of,
    child_of,
    coding,
    entry,
    id_of,
    identifier,
    refers,
    sibling_of,
)
from adapters.fhir_message import fhir_beginning, resource_of, types_named
from adapters.fhir_people import referrer_of
from adapters.fhir_referral import Reading
from adapters.fhir_resources import Composition, Reference
from adapters.fhir_stu3 import as_r4
from adapters.fhir_xml import xml_of
from adapters.made_up import Story, story
from adapters.particulars import reference_of
from adapters.reading import Problems
from adapters.translation import FormatInformation, Intent, Sent, Translation

FORMAT = FormatInformation(
    name="gp-connect",
    title="Document of GP Connect (FHIR STU3, XML or JSON)",
    transports=("file", "http", "kafka", "mesh"),
    content_types=("application/fhir+xml", "application/fhir+json"),
    rank=7,
)

_DOCUMENT = re.compile(r'"type"\s{0,9}:\s{0,9}"document"|<(?:\w{1,20}:)?type\s+value="document"')
_MESSAGES = frozenset({"MessageHeader", "ServiceRequest"})
_CHANGED = frozenset({"replaces", "transforms", "appends"})


def recognise(sent: Sent) -> bool:
    """FHIR with a Composition, in a document bundle or with nothing of a message."""
    start = fhir_beginning(sent)
    named = types_named(start)
    if "Composition" not in named:
        return False
    return not named & _MESSAGES or "/STU3/" in start or bool(_DOCUMENT.search(start))


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    resource = resource_of(sent, problems)
    if isinstance(resource, Translation):
        return [resource]
    return [_Reading(as_r4(resource), sent, problems).translation()]


class _Reading(Reading):
    def __init__(self, message: dict[str, Any], sent: Sent, problems: Problems) -> None:
        super().__init__(message, sent, problems)
        self.documents = self.resources.all(Composition, "Composition")
        self.document = next(iter(self.documents), Composition())

    def translation(self) -> Translation:
        said = super().translation()
        if said.referrer.organisation:
            return said
        keeps = referrer_of(self.resources, self.document.custodian)
        organisation = keeps.organisation or keeps.name or None
        return replace(said, referrer=replace(said.referrer, organisation=organisation))

    def _asks(self) -> Reference:
        return next(iter(self.document.author), super()._asks())

    # What is meant

    def _intent(self) -> Intent:
        if self.document.status == "entered-in-error":
            return "cancel"
        changed = any(each.code in _CHANGED for each in self.document.relates_to)
        if changed or self.document.status == "amended" or self.document.meta.is_later:
            return "update"
        return "no-concern" if self._says_no_concern() else "new"

    def _told_of_its_kind(self) -> None:
        if not self.documents:
            self.problems.say("The message holds no document (Composition).")
        if len(self.documents) > 1:
            self.problems.say("The message holds several documents: all of them are shown.")
        if self.document.status == "preliminary":
            self.problems.say("The document is not final yet.")

    def _references(self, intent: Intent) -> tuple[tuple[str, ...], tuple[str, ...]]:
        own = [each.value for each in self.document.identifier]
        own += [each.value for bundle in self.resources.bundles() for each in bundle.identifier]
        own.append(self.document.id)
        names = [name for each in own if (name := reference_of(each))]
        if self.sent.correlation and (intent != "cancel" or not names):
            names.append(self.sent.correlation)
        names = list(dict.fromkeys(names))
        if intent == "cancel":
            return tuple(names), tuple(names)
        if intent != "update":
            return tuple(names), ()
        before = [
            name
            for each in self.document.relates_to
            if each.code in _CHANGED
            for told in (each.target_identifier.value, _last(each.target_reference))
            if (name := reference_of(told))
        ]
        return tuple(names), tuple(dict.fromkeys([*before, *names]))

    def _times(self) -> list[str]:
        return [self.document.date]

    # What is told

    def _lines(self) -> list[str]:
        titles = [each.title for each in self.documents]
        return [*titles, *super()._lines()]

    def _told_what_lacks(self, told: bool, codes: tuple[str, ...]) -> None:
        """A title alone tells of no concern."""
        super()._told_what_lacks(bool(told and (self.words or self.flags)), codes)


def _last(reference: Reference) -> str:
    return reference.reference.removeprefix("urn:uuid:").rsplit("/", 1)[-1]


# ── A made-up document ──

_STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition"
_ORDER = (
    "id", "identifier", "patient", "relationship", "name", "telecom", "gender", "birthDate",
    "address",
)  # fmt: skip
"""Elements of people, in the order that XML prescribes."""


def example(seed: int) -> bytes:
    """A made-up document of a general practice."""
    told = story(FORMAT.name, seed)
    entries = [
        entry(told, f"gp {name}", {"resourceType": kind, **resource})
        for name, kind, resource in _resources(told)
    ]
    bundle = {
        "resourceType": "Bundle",
        "id": id_of(told, "gp bundle"),
        "meta": {"profile": f"{_STRUCTURE}/ITK-Document-Bundle-1"},
        "identifier": identifier("https://tools.ietf.org/html/rfc4122", id_of(told, "gp document")),
        "type": "document",
        "entry": entries,
    }
    return xml_of(bundle)


def _resources(told: Story) -> list[tuple[str, str, dict[str, Any]]]:
    first, *others = told.children
    patient = refers(told, "gp patient")
    given, _, family = told.referrer.partition(" ")
    number = identifier("https://fhir.nhs.uk/Id/local-document", f"GP-{told.reference}")
    page = f"<p>{html.escape(told.concern)}</p>"
    relatives = [sibling_of(child, patient) for child in others]
    relatives += [adult_of(adult, patient) for adult in told.adults]
    snomed = "http://snomed.info/sct"
    return [
        ("composition", "Composition", {
            "id": id_of(told, "gp composition"),
            "identifier": number,
            "status": "final",
            "type": {"coding": [coding(snomed, "371535009", "Transfer of care document")]},
            "subject": patient,
            "date": told.at.isoformat(),
            "author": refers(told, "gp role"),
            "title": "Letter about a child",
            "custodian": refers(told, "gp organisation"),
            "section": [{
                "title": "Safeguarding",
                "text": {
                    "status": "additional",
                    "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{page}</div>',
                },
            }],
        }),
        ("patient", "Patient", _in_order(child_of(first, told))),
        *((f"relative {n}", "RelatedPerson", _in_order(r)) for n, r in enumerate(relatives)),
        ("role", "PractitionerRole", {
            "practitioner": refers(told, "gp practitioner"),
            "organization": refers(told, "gp organisation"),
            "code": {"coding": [coding(snomed, "62247001", "General practitioner")]},
        }),
        ("practitioner", "Practitioner", {
            "name": {"family": family, "given": given},
            "telecom": {"system": "phone", "value": told.telephone},
        }),
        ("organisation", "Organization", {"name": "Hillside Medical Centre"}),
        ("request", "ReferralRequest", {
            "status": "active",
            "intent": "plan",
            "priority": "stat" if told.urgency == "immediate" else told.urgency,
            "subject": patient,
            "reasonCode": {"coding": [coding(snomed, told.code)]},
        }),
    ]  # fmt: skip


def _in_order(person: dict[str, Any]) -> dict[str, Any]:
    return {name: person[name] for name in _ORDER if name in person}
