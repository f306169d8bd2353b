"""What does a referral of the NHS Booking and Referral Standard (FHIR R4) say, in JSON or XML?

See `adapters.fhir_referral`, which reads it.
Source: NHS England, Booking and Referral FHIR API; HL7 FHIR R4.
"""

import json
from typing import Any

from adapters.concern_codes import CATEGORY, SAFEGUARDING_CODES
from adapters.fhir_made_up import (
    SNOMED,
    adult_of,
    child_of,
    coding,
    entry,
    id_of,
    identifier,
    refers,
    sibling_of,
)
from adapters.fhir_message import fhir_beginning, resource_of
from adapters.fhir_referral import Reading
from adapters.made_up import Story, story
from adapters.reading import Problems
from adapters.translation import FormatInformation, Sent, Translation

FORMAT = FormatInformation(
    name="fhir-bars",
    title="Referral of the NHS Booking and Referral Standard (FHIR R4, JSON or XML)",
    transports=("file", "http", "kafka", "mesh"),
    content_types=("application/fhir+json", "application/fhir+xml"),
    rank=10,
)


def recognise(sent: Sent) -> bool:
    """FHIR, in JSON or XML: an object that names a resource type, or is declared to be FHIR."""
    return bool(fhir_beginning(sent))


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    resource = resource_of(sent, problems)
    if isinstance(resource, Translation):
        return [resource]
    return [Reading(resource, sent, problems).translation()]


# ── A made-up referral ──

_STRUCTURE = "https://fhir.nhs.uk/StructureDefinition"
_SYSTEM = "https://fhir.nhs.uk/CodeSystem"


def example(seed: int) -> bytes:
    """A made-up referral of a health visitor."""
    return written(story(FORMAT.name, seed))


def written(told: Story) -> bytes:
    """The bundle in which a community health service would tell this story."""
    entries = [
        entry(told, name, {"resourceType": kind, **resource})
        for name, kind, resource in _resources(told)
    ]
    bundle = {
        "resourceType": "Bundle",
        "id": id_of(told, "bundle"),
        "meta": {"profile": [f"{_STRUCTURE}/BARSBundleMessage"]},
        "type": "message",
        "timestamp": told.at.isoformat(),
        "entry": entries,
    }
    return (json.dumps(bundle, ensure_ascii=False, indent=2) + "\n").encode()


def _resources(told: Story) -> list[tuple[str, str, dict[str, Any]]]:
    first, *others = told.children
    patient = refers(told, "patient")
    given, _, family = told.referrer.partition(" ")
    return [
        ("header", "MessageHeader", {
            "eventCoding": coding(f"{_SYSTEM}/message-events-bars", "servicerequest-request"),
            "sender": refers(told, "organisation"),
            "source": {"endpoint": "https://health.example.org/fhir"},
            "reason": {"coding": [coding(f"{_SYSTEM}/message-reason-bars", "new")]},
            "focus": [refers(told, "request")],
        }),
        ("request", "ServiceRequest", {
            "id": id_of(told, "request"),
            "identifier": [identifier("https://health.example.org/id", f"BR-{told.reference}")],
            "status": "active",
            "intent": "plan",
            "category": [
                {"coding": [coding(f"{_SYSTEM}/message-category-servicerequest", "referral")]}
            ],
            "priority": "stat" if told.urgency == "immediate" else told.urgency,
            "subject": patient,
            "authoredOn": told.at.isoformat(),
            "requester": refers(told, "role"),
        }),
        ("patient", "Patient", child_of(first, told)),
        *((f"sibling {n}", "RelatedPerson", sibling_of(c, patient)) for n, c in enumerate(others)),
        *((f"adult {n}", "RelatedPerson", adult_of(a, patient)) for n, a in enumerate(told.adults)),
        ("role", "PractitionerRole", {
            "practitioner": refers(told, "practitioner"),
            "organization": refers(told, "organisation"),
            "code": [{"coding": [coding(SNOMED, "159013001")], "text": "Health visitor"}],
        }),
        ("practitioner", "Practitioner", {
            "name": [{"family": family, "given": [given]}],
            "telecom": [{"system": "phone", "value": told.telephone}],
        }),
        ("organisation", "Organization", {"name": "City Community Health"}),
        ("flag", "Flag", {
            "status": "active",
            "category": [{"coding": [coding(f"{_SYSTEM}/flag-categories-bars", CATEGORY)]}],
            "code": {"coding": [coding(SNOMED, told.code, SAFEGUARDING_CODES[told.code])]},
            "subject": patient,
        }),
        ("plan", "CarePlan", {
            "status": "active",
            "intent": "plan",
            "description": told.concern,
            "subject": patient,
        }),
    ]  # fmt: skip
