"""Is a referral of the NHS e-Referral Service understood, in either version of FHIR?"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.fhir_xml import xml_of
from adapters.translation import Translation
from tests.adapters.messages import format_named, recognised, translated

NHS = "http://fhir.nhs.net/Id/nhs-number"
NOBODY_BORN = "A birth date is missing: it is not certain that this is a child."
NO_WORDS = "No concern is told: read the message as it came."


def patient(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "p",
        "identifier": [{"system": NHS, "value": "9990000018"}],
        "name": [{"family": "Holt", "given": ["Amira"]}],
        "birthDate": "2016-05-04",
    } | more


def referral(**more: Any) -> dict[str, Any]:
    """A ReferralRequest of STU3."""
    return {
        "resourceType": "ReferralRequest",
        "id": "000700000001",
        "meta": {"versionId": "1"},
        "contained": [
            patient(),
            {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Adeyemi"}]},
            {"resourceType": "Organization", "id": "s", "name": "Beckside Surgery"},
        ],
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "#p"},
        "authoredOn": "2026-05-20T10:00:00+01:00",
        "requester": {"agent": {"reference": "#d"}, "onBehalfOf": {"reference": "#s"}},
        "description": "Bruises that nobody could explain",
    } | more


def parameters(*more: dict[str, Any]) -> dict[str, Any]:
    number = {"name": "patient", "valueIdentifier": {"system": NHS, "value": "9990000018"}}
    return {
        "resourceType": "Parameters",
        "meta": {"profile": ["https://fhir.nhs.uk/STU3/StructureDefinition/eRS-Any-Parameters-1"]},
        "parameter": [number, *more],
    }


def read(message: dict[str, Any], **more: Any) -> Translation:
    body = json.dumps(message)
    assert recognised(body) == "ers"
    return translated("ers", body, **more)


def test_a_referral_request_opens_a_referral() -> None:
    said = read(referral(priority="urgent"), correlation="corr-1")
    assert (said.intent, said.problems, said.urgency) == ("new", (), "urgent")
    assert said.references == ("000700000001", "corr-1")
    assert said.concern == "Bruises that nobody could explain"
    assert said.happened_at == datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
    assert (said.referrer.name, said.referrer.organisation) == ("Adeyemi", "Beckside Surgery")
    assert said.children[0].nhs_number == "9990000018"


def test_a_referral_in_xml_says_the_same() -> None:
    for each in (referral(), parameters({"name": "request", "valueString": "He flinched"})):
        assert recognised(xml_of(each)) == "ers"
        assert translated("ers", xml_of(each)) == read(each)


def test_a_service_request_of_the_service_is_read_as_one() -> None:
    request = {
        "resourceType": "ServiceRequest",
        "id": "r.1",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/UBRN", "value": "000700000001"}],
        "status": "active",
        "subject": {"identifier": {"system": NHS, "value": "9990000018"}},
    }
    found = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": request}]}
    for message in (request, found):
        said = read(message)
        assert said.references == ("000700000001", "r.1")
        assert [child.nhs_number for child in said.children] == ["9990000018"]
        assert said.problems == (NOBODY_BORN, NO_WORDS)


@pytest.mark.parametrize("status", ["cancelled", "revoked", "entered-in-error"])
def test_a_withdrawn_referral_cancels(status: str) -> None:
    said = read(referral(status=status))
    assert (said.intent, said.earlier) == ("cancel", ("000700000001",))


def test_a_later_version_updates_the_earlier_one() -> None:
    said = read(referral(meta={"versionId": "3"}))
    assert (said.intent, said.earlier) == ("update", ("000700000001",))
    completed = read(referral(status="completed"))
    assert completed.intent == "new"


def test_parameters_are_the_request_that_they_ask_for() -> None:
    code = {"system": "https://fhir.nhs.uk/STU3/CodeSystem/eRS-Priority-1", "code": "URGENT"}
    criteria = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "priority", "valueCoding": code},
            {"name": "clinicType", "valueCoding": {"code": "PAEDIATRICS"}},
            {"name": "ageAndGenderAppropriate", "valueBoolean": True},
        ],
    }
    said = read(
        parameters(
            {"name": "request", "valueString": "Would you see him? He flinched."},
            {"name": "commentary", "valueString": "Mother did not stay"},
            {"name": "eReferralPathwayStart", "valueInstant": "2026-05-20T09:00:00Z"},
            {"name": "shortlist", "resource": {"resourceType": "List", "contained": [criteria]}},
            {"name": "referringClinician", "valueIdentifier": {"value": "021600556514"}},
        )
    )
    assert (said.intent, said.urgency) == ("new", "urgent")
    assert said.happened_at == datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
    assert said.concern == (
        "Would you see him? He flinched.\nCommentary: Mother did not stay\n"
        "Referring clinician: 021600556514\nClinic type: PAEDIATRICS"
    )
    assert said.problems == (NOBODY_BORN,)


def test_codes_alone_tell_no_concern() -> None:
    said = read(parameters({"name": "specialty", "valueCoding": {"code": "PAEDIATRICS"}}))
    assert said.intent == "new"
    assert NO_WORDS in said.problems
    assert "Specialty: PAEDIATRICS" in said.concern


@pytest.mark.parametrize(
    ("code", "urgency"),
    [
        ("ROUTINE", "routine"),
        ("TWO_WEEK_WAIT", "urgent"),
        ("URGENT", "urgent"),
        ("P9", "not-stated"),
    ],
)
def test_the_priority_of_the_service_is_the_urgency(code: str, urgency: str) -> None:
    url = "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-eRS-ReferralPriority-1"
    more = {"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}}
    said = read(referral(extension=[more]))
    assert said.urgency == urgency
    assert (f"priority of the service): {code}" in said.concern) == (urgency == "not-stated")
    assert read(referral(extension=[more], priority="stat")).urgency == "immediate"
    routine = read(referral(extension=[more], priority="routine")).urgency
    assert routine == ("routine" if urgency == "not-stated" else urgency)


def test_an_attachment_is_told() -> None:
    letter = {"resourceType": "DocumentReference", "description": "Photographs of the bruises"}
    said = read(parameters({"name": "requestAttachmentFile", "resource": letter}))
    assert "An attachment is kept with the message, but not shown here." in said.problems
    assert "Photographs of the bruises" in said.concern


def test_an_address_that_must_not_be_disclosed_stays_restricted() -> None:
    home = [{"line": ["1 Mill Lane"], "postalCode": "XE1 1AA"}]
    hidden = patient(address=home, meta={"security": [{"code": "R"}]})
    said = read(referral(contained=[hidden]))
    assert [each.restricted for each in said.addresses] == [True]
    assert said.children[0].postcode is None


def test_an_adult_is_no_child_and_a_death_is_told() -> None:
    grown = read(referral(contained=[patient(birthDate="1980-01-01")]))
    assert grown.children == ()
    assert grown.problems == ("The subject is an adult: no child is named.",)
    died = read(referral(contained=[patient(deceasedBoolean=True)]))
    assert died.problems == ("The sender says that the child has died.",)


@pytest.mark.parametrize(
    "odd",
    [
        {"contained": 7},
        {"requester": {"agent": "d"}},
        {"requester": {"agent": {"display": "Dr Adeyemi"}, "onBehalfOf": {"display": "Surgery"}}},
        {"extension": {"url": 7}},
        {"note": "He flinched"},
        {"meta": {"versionId": 7}},
        {"status": ["active"]},
        {"contained": [{"resourceType": {}}, {"resourceType": ["Patient"]}]},
    ],
)
def test_what_is_not_as_it_should_be_loses_nothing_else(odd: dict[str, Any]) -> None:
    said = read(referral(**odd))
    assert "Bruises that nobody could explain" in said.concern
    deep: Any = {}
    for _ in range(300):
        deep = {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": deep}]}
    assert translated("ers", json.dumps(deep)).intent == "new"


def test_a_referrer_who_is_only_named_is_named() -> None:
    asked = {"agent": {"display": "Dr Adeyemi"}, "onBehalfOf": {"display": "Beckside Surgery"}}
    said = read(referral(requester=asked, contained=[patient()]))
    assert (said.referrer.name, said.referrer.organisation) == ("Dr Adeyemi", "Beckside Surgery")


def test_another_standard_is_not_taken_for_it() -> None:
    for other in ("fhir-bars", "fhir-flags"):
        assert recognised(format_named(other).example(1)) == other
