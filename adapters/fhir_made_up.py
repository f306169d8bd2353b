"""How do the people of a made-up story stand in FHIR resources?"""

from typing import Any
from uuid import UUID, uuid5

from adapters.made_up import MadeUpAdult, MadeUpChild, Story

SNOMED = "http://snomed.info/sct"
_NAMES = UUID("6f3c1f0e-94a7-4d0a-9c53-6ad0d7c4f5b1")
_UK_CORE = "https://fhir.hl7.org.uk/CodeSystem"


def entry(told: Story, name: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": f"urn:uuid:{id_of(told, name)}", "resource": resource}


def child_of(child: MadeUpChild, told: Story) -> dict[str, Any]:
    number = identifier("https://fhir.nhs.uk/Id/nhs-number", str(child.nhs_number))
    status = f"{_UK_CORE}/UKCore-NHSNumberVerificationStatus"
    url = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
    concept = {"coding": [coding(status, "number-present-and-verified")]}
    return {
        "identifier": [{"extension": [{"url": url, "valueCodeableConcept": concept}], **number}],
        **_person(child),
        "gender": "female" if child.sex == "F" else "male",
        "address": [{"line": [told.lines[0]], "city": told.lines[1], "postalCode": told.postcode}],
    }


def sibling_of(child: MadeUpChild, patient: dict[str, str]) -> dict[str, Any]:
    gender = "female" if child.sex == "F" else "male"
    return {
        "patient": patient,
        "relationship": [{"text": "sibling"}],
        **_person(child),
        "gender": gender,
    }


def adult_of(adult: MadeUpAdult, patient: dict[str, str]) -> dict[str, Any]:
    return {
        "patient": patient,
        "relationship": [{"text": adult.role}],
        **_person(adult),
        "telecom": [{"system": "phone", "value": adult.telephone}],
    }


def _person(person: MadeUpChild | MadeUpAdult) -> dict[str, Any]:
    name = {"use": "official", "family": person.family_name, "given": [person.given_name]}
    return {"name": [name], "birthDate": person.born_on.isoformat()}


def id_of(told: Story, name: str) -> str:
    return str(uuid5(_NAMES, f"{told.reference} {name}"))


def refers(told: Story, name: str) -> dict[str, str]:
    return {"reference": f"urn:uuid:{id_of(told, name)}"}


def identifier(system: str, value: str) -> dict[str, str]:
    return {"system": system, "value": value}


def coding(system: str, code: str, display: str = "") -> dict[str, str]:
    return {"system": system, "code": code} | ({"display": display} if display else {})
