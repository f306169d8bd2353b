"""Is a document of a general practice understood, whoever carries it?"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.fhir_xml import resource_of_xml, xml_of
from adapters.reading import Problems
from adapters.translation import Translation
from tests.adapters.messages import format_named, recognised, translated

NHS = "https://fhir.nhs.uk/Id/nhs-number"
XHTML = "http://www.w3.org/1999/xhtml"


def section(title: str, words: str, *below: dict[str, Any]) -> dict[str, Any]:
    div = f'<div xmlns="{XHTML}">{words}</div>'
    inner = {"section": list(below)} if below else {}
    return {"title": title, "text": {"status": "additional", "div": div}, **inner}


def composition(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "id": "C1",
        "identifier": {"system": "https://a.example/document", "value": "DOC-7"},
        "status": "final",
        "subject": {"reference": "Patient/P1"},
        "date": "2026-05-20T10:00:00+01:00",
        "author": [{"reference": "Practitioner/D1"}],
        "title": "Letter about a child",
        "custodian": {"reference": "Organization/O1"},
        "section": [
            section("History", "<p>Seen with <b>bruises</b>.</p><p>Two older ones.</p>"),
            section(
                "Observations",
                "<table><tr><th>Weight</th><td>14 kg</td></tr></table>",
                section("What he said", "<ul><li>I fell</li></ul>"),
            ),
        ],
    } | more


def patient(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "P1",
        "identifier": [{"system": NHS, "value": "9990000018"}],
        "name": [{"family": "Holt", "given": ["Amira"]}],
        "gender": "female",
        "birthDate": "2016-05-04",
    } | more


DOCTOR = {
    "resourceType": "Practitioner",
    "id": "D1",
    "name": [{"prefix": ["Dr"], "family": "Adeyemi", "given": ["Sam"]}],
}
PRACTICE = {"resourceType": "Organization", "id": "O1", "name": "Hillside Medical Centre"}


def document(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "identifier": {"value": "BUNDLE-7"},
        "type": "document",
        "entry": [{"resource": each} for each in resources],
    } | more


def read(*resources: dict[str, Any], **more: Any) -> Translation:
    body = xml_of(document(*resources))
    assert recognised(body) == "gp-connect"
    return translated("gp-connect", body, **more)


WHOLE = (composition(), patient(), DOCTOR, PRACTICE)
WORDS = (
    "Letter about a child\nHistory\nSeen with bruises.\nTwo older ones.\n"
    "Observations\nWeight 14 kg\nWhat he said\nI fell"
)


def test_a_document_opens_a_referral_with_all_its_sections() -> None:
    said = read(*WHOLE, correlation="corr-1")
    assert (said.intent, said.problems) == ("new", ())
    assert said.references == ("DOC-7", "BUNDLE-7", "C1", "corr-1")
    assert said.concern == WORDS
    assert said.happened_at == datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
    assert said.referrer.name == "Dr Sam Adeyemi"
    assert said.referrer.organisation == "Hillside Medical Centre"
    assert said.children[0].nhs_number == "9990000018"


def test_a_document_in_json_says_the_same() -> None:
    body = json.dumps(document(*WHOLE))
    assert recognised(body) == "gp-connect"
    assert translated("gp-connect", body) == read(*WHOLE)


def test_a_document_within_a_message_is_read() -> None:
    header = {
        "resourceType": "MessageHeader",
        "meta": {"profile": "https://fhir.nhs.uk/STU3/StructureDefinition/ITK-MessageHeader-2"},
        "event": {"code": "ITK007C"},
    }
    body = xml_of(document(header, document(*WHOLE), type="message", identifier=[]))
    assert recognised(body) == "gp-connect"
    assert translated("gp-connect", body).concern == WORDS
    assert translated("gp-connect", body).children == read(*WHOLE).children


@pytest.mark.parametrize("code", ["replaces", "appends", "transforms"])
def test_a_document_that_changes_another_updates_it(code: str) -> None:
    first = [{"code": code, "targetIdentifier": {"value": "DOC-6"}}]
    said = read(composition(relatesTo=first), *WHOLE[1:])
    assert (said.intent, said.earlier) == ("update", ("DOC-6", "DOC-7", "BUNDLE-7", "C1"))
    named = [{"code": code, "targetReference": {"reference": "Composition/C0"}}]
    assert read(composition(relatesTo=named), *WHOLE[1:]).earlier[0] == "C0"


def test_an_amended_document_or_a_later_version_updates_itself() -> None:
    for more in ({"status": "amended"}, {"meta": {"versionId": "2"}}):
        said = read(composition(**more), *WHOLE[1:])
        assert (said.intent, said.earlier) == ("update", ("DOC-7", "BUNDLE-7", "C1"))


def test_a_document_that_was_entered_in_error_is_withdrawn() -> None:
    said = read(composition(status="entered-in-error"), *WHOLE[1:], correlation="corr-1")
    assert (said.intent, said.earlier) == ("cancel", ("DOC-7", "BUNDLE-7", "C1"))


def test_a_withdrawn_request_in_a_document_withdraws_nothing() -> None:
    old = {"resourceType": "ReferralRequest", "status": "cancelled", "priority": "urgent"}
    said = read(*WHOLE, old)
    assert (said.intent, said.urgency) == ("new", "urgent")


@pytest.mark.parametrize("code", ["R", "V"])
def test_a_confidential_document_discloses_no_address(code: str) -> None:
    home = [{"line": ["1 Mill Lane"], "postalCode": "XE1 1AA"}]
    open_to_all = read(composition(), patient(address=home))
    assert [each.restricted for each in open_to_all.addresses] == [False]
    said = read(composition(confidentiality=code), patient(address=home))
    assert [each.restricted for each in said.addresses] == [True]
    assert said.children[0].postcode is None


def test_the_label_of_the_inner_bundle_holds_for_the_addresses_in_it() -> None:
    home = [{"line": ["1 Mill Lane"], "postalCode": "XE1 1AA"}]
    inner = document(composition(), patient(address=home), meta={"security": [{"code": "R"}]})
    outer = document(inner, type="message")
    (address,) = translated("gp-connect", xml_of(outer)).addresses
    assert address.restricted


def test_a_title_without_words_is_a_problem() -> None:
    said = read(composition(section=[]), *WHOLE[1:])
    assert said.problems == ("No concern is told: read the message as it came.",)


def test_a_draft_and_a_second_document_are_told() -> None:
    said = read(composition(status="preliminary"), composition(id="C2"), *WHOLE[1:])
    assert said.problems == (
        "The message holds several documents: all of them are shown.",
        "The document is not final yet.",
    )


def test_a_document_without_a_composition_is_kept() -> None:
    said = translated("gp-connect", xml_of(document(patient())))
    assert said.intent == "new"
    assert "The message holds no document (Composition)." in said.problems


def test_words_beside_the_code_for_no_safeguarding_issues_are_a_concern() -> None:
    flag = {
        "resourceType": "Flag",
        "status": "active",
        "category": [{"coding": [{"code": "SG"}]}],
        "code": {"coding": [{"code": "861931000000100"}]},
    }
    assert read(*WHOLE, flag).intent == "new"
    assert read(composition(section=[]), patient(), flag).intent == "no-concern"


def test_an_attachment_and_a_death_are_told() -> None:
    letter = {"resourceType": "Binary", "contentType": "application/pdf", "content": "JVBERg=="}
    said = read(composition(), patient(deceasedBoolean=True), letter)
    assert said.problems == (
        "The sender says that the child has died.",
        "An attachment is kept with the message, but not shown here.",
    )


def test_an_adult_is_no_child() -> None:
    said = read(composition(), patient(birthDate="1980-01-01"))
    assert said.children == ()
    assert said.problems == ("The subject is an adult: no child is named.",)


@pytest.mark.parametrize(
    "odd",
    [
        {"author": "x"},
        {"custodian": {"display": "Practice"}},
        {"relatesTo": [{"code": 7}]},
        {"identifier": []},
        {"confidentiality": {"code": "R"}},
        {"meta": {"versionId": {}}},
        {"contained": [{"resourceType": {}}, {"resourceType": ["Patient"]}]},
    ],
)
def test_what_is_not_as_it_should_be_loses_nothing_else(odd: dict[str, Any]) -> None:
    body = json.dumps(document(composition(**odd), *WHOLE[1:]))
    assert WORDS in translated("gp-connect", body).concern


def test_bundles_within_bundles_end_somewhere() -> None:
    deep = document(*WHOLE)
    for _ in range(60):
        deep = document(deep)
    assert translated("gp-connect", json.dumps(deep)).intent == "new"
    assert translated("fhir-bars", json.dumps(deep)).intent == "new"


def test_an_example_is_a_whole_document() -> None:
    told = resource_of_xml(format_named("gp-connect").example(3).decode(), Problems())
    assert told["type"] == "document"
    assert told["entry"][0]["resource"]["resourceType"] == "Composition"


def test_another_standard_is_not_taken_for_a_document() -> None:
    for other in ("fhir-bars", "fhir-flags", "ers"):
        assert recognised(format_named(other).example(1)) == other
    message = {"resourceType": "MessageHeader"}
    assert recognised(json.dumps(document(message, composition(), type="message"))) == "fhir-bars"
