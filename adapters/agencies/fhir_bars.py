"""What does a referral of the NHS Booking and Referral Standard (FHIR R4) say, in JSON or XML?

See `adapters.fhir_referral`, which reads it.
Source: NHS England, Booking and Referral FHIR API; HL7 FHIR R4.
"""

import json
from typing import Any
from uuid import UUID, uuid5

from adapters.concern_codes import CATEGORY, SAFEGUARDING_CODES
from adapters.fhir_message import fhir_beginning, resource_of
from adapters.fhir_referral import Reading
from adapters.made_up import MadeUpAdult, MadeUpChild, Story, story
from adapters.reading import Problems
from adapters.translation import FormatInformation, Sent, Translation

FORMAT = FormatInformation(
    name="fhir-bars",
    title="Referral of the NHS Booking and Referral Standard (FHIR R4, JSON or XML)",
    transports=("file", "http", "kafka", "mesh"),
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

_NAMES = UUID("6f3c1f0e-94a7-4d0a-9c53-6ad0d7c4f5b1")
_STRUCTURE = "https://fhir.nhs.uk/StructureDefinition"
_SYSTEM = "https://fhir.nhs.uk/CodeSystem"
_UK_CORE = "https://fhir.hl7.org.uk/CodeSystem"
_SNOMED = "http://snomed.info/sct"


def example(seed: int) -> bytes:
    """A made-up referral of a health visitor."""
    return written(story(FORMAT.name, seed))


def written(told: Story) -> bytes:
    """The bundle in which a community health service would tell this story."""
    entries = [
        _entry(told, name, {"resourceType": kind, **resource})
        for name, kind, resource in _resources(told)
    ]
    bundle = {
        "resourceType": "Bundle",
        "id": _id(told, "bundle"),
        "meta": {"profile": [f"{_STRUCTURE}/BARSBundleMessage"]},
        "type": "message",
        "timestamp": told.at.isoformat(),
        "entry": entries,
    }
    return (json.dumps(bundle, ensure_ascii=False, indent=2) + "\n").encode()


def _entry(told: Story, name: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": f"urn:uuid:{_id(told, name)}", "resource": resource}


def _resources(told: Story) -> list[tuple[str, str, dict[str, Any]]]:
    first, *others = told.children
    patient = _refers(told, "patient")
    given, _, family = told.referrer.partition(" ")
    return [
        ("header", "MessageHeader", {
            "eventCoding": _coding(f"{_SYSTEM}/message-events-bars", "servicerequest-request"),
            "sender": _refers(told, "organisation"),
            "source": {"endpoint": "https://health.example.org/fhir"},
            "reason": {"coding": [_coding(f"{_SYSTEM}/message-reason-bars", "new")]},
            "focus": [_refers(told, "request")],
        }),
        ("request", "ServiceRequest", {
            "id": _id(told, "request"),
            "identifier": [_identifier("https://health.example.org/id", f"BR-{told.reference}")],
            "status": "active",
            "intent": "plan",
            "category": [
                {"coding": [_coding(f"{_SYSTEM}/message-category-servicerequest", "referral")]}
            ],
            "priority": "stat" if told.urgency == "immediate" else told.urgency,
            "subject": patient,
            "authoredOn": told.at.isoformat(),
            "requester": _refers(told, "role"),
        }),
        ("patient", "Patient", _child(first, told)),
        *((f"sibling {n}", "RelatedPerson", _sibling(c, patient)) for n, c in enumerate(others)),
        *((f"adult {n}", "RelatedPerson", _adult(a, patient)) for n, a in enumerate(told.adults)),
        ("role", "PractitionerRole", {
            "practitioner": _refers(told, "practitioner"),
            "organization": _refers(told, "organisation"),
            "code": [{"coding": [_coding(_SNOMED, "159013001")], "text": "Health visitor"}],
        }),
        ("practitioner", "Practitioner", {
            "name": [{"family": family, "given": [given]}],
            "telecom": [{"system": "phone", "value": told.telephone}],
        }),
        ("organisation", "Organization", {"name": "City Community Health"}),
        ("flag", "Flag", {
            "status": "active",
            "category": [{"coding": [_coding(f"{_SYSTEM}/flag-categories-bars", CATEGORY)]}],
            "code": {"coding": [_coding(_SNOMED, told.code, SAFEGUARDING_CODES[told.code])]},
            "subject": patient,
        }),
        ("plan", "CarePlan", {
            "status": "active",
            "intent": "plan",
            "description": told.concern,
            "subject": patient,
        }),
    ]  # fmt: skip


def _child(child: MadeUpChild, told: Story) -> dict[str, Any]:
    number = _identifier("https://fhir.nhs.uk/Id/nhs-number", str(child.nhs_number))
    status = f"{_UK_CORE}/UKCore-NHSNumberVerificationStatus"
    url = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
    concept = {"coding": [_coding(status, "number-present-and-verified")]}
    return {
        "identifier": [{"extension": [{"url": url, "valueCodeableConcept": concept}], **number}],
        **_person(child),
        "gender": "female" if child.sex == "F" else "male",
        "address": [{"line": [told.lines[0]], "city": told.lines[1], "postalCode": told.postcode}],
    }


def _sibling(child: MadeUpChild, patient: dict[str, str]) -> dict[str, Any]:
    gender = "female" if child.sex == "F" else "male"
    return {
        "patient": patient,
        "relationship": [{"text": "sibling"}],
        **_person(child),
        "gender": gender,
    }


def _adult(adult: MadeUpAdult, patient: dict[str, str]) -> dict[str, Any]:
    return {
        "patient": patient,
        "relationship": [{"text": adult.role}],
        **_person(adult),
        "telecom": [{"system": "phone", "value": adult.telephone}],
    }


def _person(person: MadeUpChild | MadeUpAdult) -> dict[str, Any]:
    name = {"use": "official", "family": person.family_name, "given": [person.given_name]}
    return {"name": [name], "birthDate": person.born_on.isoformat()}


def _id(told: Story, name: str) -> str:
    return str(uuid5(_NAMES, f"{told.reference} {name}"))


def _refers(told: Story, name: str) -> dict[str, str]:
    return {"reference": f"urn:uuid:{_id(told, name)}"}


def _identifier(system: str, value: str) -> dict[str, str]:
    return {"system": system, "value": value}


def _coding(system: str, code: str, display: str = "") -> dict[str, str]:
    return {"system": system, "code": code} | ({"display": display} if display else {})
