"""Do flags, e-referrals and documents of health find the referral that they change?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.fhir_xml import resource_of_xml, xml_of
from adapters.reading import Problems
from adapters.translation import formats
from tests.services.office import Office, office_at


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(str(tmp_path / "store"), tmp_path / "keys") as opened:
        yield opened


def of(name: str, kind: str, **changed: Any) -> bytes:
    """An example, as JSON or as it is, in which resources of a kind say something else."""
    body = formats()[name].example(1)
    is_xml = body.startswith(b"<")
    told = resource_of_xml(body.decode(), Problems()) if is_xml else json.loads(body)
    for each in [told, *(entry["resource"] for entry in told.get("entry", []))]:
        if each["resourceType"] in kind.split():
            each |= changed
    return xml_of(told) if is_xml else json.dumps(told).encode()


CHANGES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "flags removed": ("fhir-flags", "Flag CarePlan", {"status": "entered-in-error"}, "cancelled"),
    "flags of a later version": (
        "fhir-flags", "Flag CarePlan", {"meta": {"versionId": "2"}}, "updated",
    ),
    "e-referral cancelled": ("ers", "ReferralRequest", {"status": "cancelled"}, "cancelled"),
    "e-referral changed": ("ers", "ReferralRequest", {"meta": {"versionId": "2"}}, "updated"),
    "document withdrawn": (
        "gp-connect", "Composition", {"status": "entered-in-error"}, "cancelled",
    ),
    "document amended": ("gp-connect", "Composition", {"status": "amended"}, "updated"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_what_changes_a_message_finds_its_referral(office: Office, case: str) -> None:
    name, kind, changed, result = CHANGES[case]
    (first,) = office.receives_bytes(of(name, ""))
    assert (first.result, first.format) == ("recorded", name)
    (again,) = office.receives_bytes(of(name, ""))
    assert (again.result, again.referral) == ("duplicate", first.referral)
    (later,) = office.receives_bytes(of(name, kind, **changed))
    assert (later.result, later.referral) == (result, first.referral)
    assert len(office.referrals()) == 1


def test_a_flag_is_removed_before_anybody_told_of_it(office: Office) -> None:
    (alone,) = office.receives_bytes(of("fhir-flags", "Flag CarePlan", status="entered-in-error"))
    assert alone.result == "recorded"
    assert any("withdraws something that has not come" in each for each in alone.problems)


def test_an_answer_is_put_beside_the_referral_that_it_answers(office: Office) -> None:
    (first,) = office.receives_bytes(of("fhir-bars", ""))
    asked = json.loads(formats()["fhir-bars"].example(1))["entry"][1]["resource"]
    for number, based in enumerate((asked["identifier"][0]["value"], str(first.referral))):
        answer = of("fhir-bars", "MessageHeader", eventCoding={"code": "servicerequest-response"})
        told = json.loads(answer)
        told["entry"][1]["resource"] |= {
            "id": f"SR-ANSWER-{number}",
            "identifier": [],
            "basedOn": [{"identifier": {"value": based}}],
            "status": "completed",
        }
        (receipt,) = office.receives_bytes(json.dumps(told).encode())
        assert (receipt.result, receipt.referral) == ("correlated", first.referral)
    assert office.referrals() == [first.referral]
