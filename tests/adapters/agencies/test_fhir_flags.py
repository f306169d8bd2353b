"""Are flags and plans of other authorities understood as the information that they are?"""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.fhir_xml import xml_of
from adapters.translation import Translation
from tests.adapters.messages import format_named, recognised, translated

NHS = "https://fhir.nhs.uk/Id/nhs-number"
NO_ISSUES = "861931000000100"
FGM = "902961000000107"


def flag(code: str = FGM, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Flag",
        "id": "FL1",
        "identifier": [{"system": "https://a.example/id", "value": "F-77"}],
        "status": "active",
        "category": [{"coding": [{"code": "FGM"}]}],
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": code}]},
        "subject": {"reference": "Patient/P1"},
        "period": {"start": "2026-04-13"},
    } | more


def plan(kind: str = "CPPI", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "id": "CP1",
        "identifier": [{"value": "CPIS-9"}],
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"code": kind}]}],
        "subject": {"reference": "Patient/P1"},
        "period": {"start": "2026-04-13", "end": "2027-04-12"},
        "author": {"reference": "Organization/O1"},
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


AUTHORITY = {
    "resourceType": "Organization",
    "id": "O1",
    "name": "Farshire Council",
    "contact": [{"telecom": [{"system": "phone", "value": "020 7946 0000"}]}],
}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries} | more


def read(*resources: Any, **more: Any) -> Translation:
    return translated("fhir-flags", json.dumps(bundle(*resources)), **more)


def test_a_flag_of_a_family_history_of_mutilation_is_a_concern() -> None:
    body = json.dumps(bundle(flag(), patient(), timestamp="2026-05-20T10:00:00+01:00"))
    assert recognised(body) == "fhir-flags"
    said = translated("fhir-flags", body, correlation="corr-1")
    assert (said.intent, said.problems) == ("new", ())
    assert said.references == ("F-77", "FL1", "corr-1")
    assert said.concern == (
        "Flag of female genital mutilation: family history of female genital mutilation, "
        "from 13/04/2026."
    )
    assert said.happened_at == datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
    assert said.children[0].nhs_number == "9990000018"


def test_the_flag_alone_names_its_child_by_number() -> None:
    number = {"system": NHS, "value": "9990000018"}
    single = flag(identifier=[number], subject={"display": "her"})
    for each in (
        single,
        flag(subject={"identifier": number}),
        flag(subject={"reference": "https://pds.spineservices.nhs.uk/R4/Patient/9990000018"}),
    ):
        assert recognised(json.dumps(each)) == "fhir-flags"
        said = translated("fhir-flags", json.dumps(each))
        assert [child.nhs_number for child in said.children] == ["9990000018"]
        assert "9990000018" not in said.references
        assert said.problems == (
            "A birth date is missing: it is not certain that this is a child.",
        )


def test_the_same_flag_in_xml_says_the_same() -> None:
    whole = bundle(flag(), plan(), patient(), AUTHORITY)
    assert recognised(xml_of(whole)) == "fhir-flags"
    in_json = translated("fhir-flags", json.dumps(whole))
    assert translated("fhir-flags", xml_of(whole)) == in_json
    for seed in range(20):
        body = format_named("fhir-flags").example(seed)
        written = xml_of(json.loads(body))
        assert translated("fhir-flags", written) == translated("fhir-flags", body)


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("CPPI", "the child has a child protection plan"),
        ("LACI", "the child is looked after"),
    ],
)
def test_a_plan_of_another_authority_is_information(kind: str, meaning: str) -> None:
    said = read(plan(kind), patient(), AUTHORITY)
    assert (said.intent, said.problems, said.references) == ("new", (), ("CPIS-9", "CP1"))
    assert said.concern == (
        f"For information: {meaning}, by Farshire Council, from 13/04/2026 to 12/04/2027."
    )
    assert said.referrer.organisation == "Farshire Council"
    assert (said.referrer.name, said.referrer.contact) == ("", "020 7946 0000")


def test_a_plan_whose_author_is_only_named_says_so() -> None:
    named = {"type": "Organization", "display": "Farshire Council"}
    said = read(plan(author=named), patient())
    assert "by Farshire Council" in said.concern
    assert (said.referrer.name, said.referrer.organisation) == ("", "Farshire Council")
    assert "by another authority" in read(plan(author=None), patient()).concern


def test_a_plan_for_an_unborn_child_needs_a_due_date() -> None:
    mother = patient(birthDate="1995-02-01")
    said = read(plan("UCPI"), mother, AUTHORITY)
    assert said.intent == "new"
    assert "there is a child protection plan for the unborn child" in said.concern
    assert said.children == ()
    assert "The concern is about an unborn child, but no due date is given." in said.problems
    due = {
        "resourceType": "Observation",
        "code": {"coding": [{"code": "161714006"}]},
        "valueDateTime": "2026-09-01",
    }
    known = read(plan("UCPI"), mother, AUTHORITY, due)
    assert [child.due_on for child in known.children] == [date(2026, 9, 1)]
    assert known.problems == ()


@pytest.mark.parametrize(
    "over",
    [
        flag(status="inactive"),
        flag(status="entered-in-error"),
    ],
)
def test_a_flag_that_is_no_longer_active_withdraws_what_it_told(over: dict[str, Any]) -> None:
    said = read(over, patient(), correlation="corr-1")
    assert (said.intent, said.earlier) == ("cancel", ("F-77", "FL1"))
    assert said.references == said.earlier
    nameless = {name: each for name, each in over.items() if name not in {"id", "identifier"}}
    assert read(nameless, patient(), correlation="corr-1").earlier == ("corr-1",)


def test_why_a_flag_was_removed_is_told() -> None:
    why = {"url": "https://a.example/Extension-FlagRemovalReason",
           "valueCodeableConcept": {"text": "recorded for the wrong child"}}  # fmt: skip
    said = read(flag(status="inactive", extension=[why]), patient())
    assert "It is no longer active." in said.concern
    assert "recorded for the wrong child" in said.concern


@pytest.mark.parametrize("status", ["revoked", "entered-in-error"])
def test_a_withdrawn_plan_is_withdrawn(status: str) -> None:
    said = read(plan(status=status), patient(), AUTHORITY)
    assert (said.intent, said.earlier) == ("cancel", ("CPIS-9", "CP1"))


def test_a_plan_that_has_ended_updates_what_was_told() -> None:
    said = read(plan(status="completed"), patient(), AUTHORITY)
    assert (said.intent, said.earlier) == ("update", ("CPIS-9", "CP1"))
    assert said.concern.endswith("to 12/04/2027. It has ended.")


def test_a_later_version_updates_the_earlier_one() -> None:
    assert read(plan(meta={"versionId": "2"}), patient()).intent == "update"
    for first in ("1", "", "a", "²"):
        assert read(plan(meta={"versionId": first}), patient()).intent == "new"


def test_a_period_that_is_past_is_told() -> None:
    said = read(plan(period={"start": "2024-01-01", "end": "2025-01-01"}), patient(), AUTHORITY)
    assert said.intent == "new"
    assert said.concern.endswith("from 01/01/2024 to 01/01/2025. Its end is past.")


def test_what_is_over_beside_what_is_not_is_told() -> None:
    said = read(flag(status="inactive"), plan(), patient(), AUTHORITY)
    assert said.intent == "new"
    assert said.problems == ("Some of what is flagged is no longer active: read which.",)


def test_a_state_that_is_not_known_is_told() -> None:
    assert "Its state is not one that we know." in read(flag(status="paused"), patient()).concern


def test_the_code_for_no_safeguarding_issues_alone_is_no_concern() -> None:
    none = flag(NO_ISSUES, category=[{"coding": [{"code": "SG"}]}])
    assert read(none, patient()).intent == "no-concern"
    for more in (plan(), flag(), flag("1"), {"resourceType": "Flag"}):
        assert read(none, more, patient(), AUTHORITY).intent == "new"
    wrote = none | {"text": {"status": "additional", "div": "<div>but she was frightened</div>"}}
    said = read(wrote, patient())
    assert said.intent == "new"
    assert "but she was frightened" in said.concern


def test_a_flag_about_something_else_is_read_by_a_person() -> None:
    other = flag(category=[]) | {"code": {"text": "Does lip read"}}
    said = read(other, patient())
    assert said.intent == "new"
    assert said.concern == "Flag: Does lip read, from 13/04/2026."
    assert said.problems == ("No flag says by its code that it is about safeguarding: read it.",)


def test_safeguarding_codes_are_kept_as_codes() -> None:
    said = read(flag("702953007"), flag("713201008", id="FL2"), patient())
    assert said.concern_codes == ("702953007", "713201008")


def test_flags_about_several_people_are_told() -> None:
    other = flag(subject={"reference": "Patient/P2"})
    said = read(flag(), other, patient(), patient(id="P2", identifier=[]))
    assert "The flags are about several people: read which is about whom." in said.problems


def test_an_address_that_must_not_be_disclosed_stays_restricted() -> None:
    home = [{"line": ["1 Mill Lane"], "postalCode": "XE1 1AA"}]
    said = read(plan(), patient(address=home, meta={"security": [{"code": "R"}]}), AUTHORITY)
    assert [each.restricted for each in said.addresses] == [True]
    assert said.children[0].postcode is None


def test_a_death_is_told_above_the_concern() -> None:
    said = read(flag(), patient(deceasedDateTime="2026-05-01"))
    assert said.problems == ("The sender says that the child has died.",)


def test_the_alarm_of_a_flag_is_its_urgency() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/flag-priority"
    for code, urgency in (("PH", "immediate"), ("PM", "urgent"), ("PN", "routine"), ("x", None)):
        more = {"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}}
        said = read(flag(extension=[more]), patient())
        assert said.urgency == (urgency or "not-stated")
        assert ("The urgency (flag priority): x" in said.concern) == (urgency is None)
    more = {"url": url, "valueCodeableConcept": {"text": "High priority"}}
    assert read(flag(extension=[more]), patient()).urgency == "urgent"


def test_a_message_without_a_flag_is_a_problem() -> None:
    said = read(patient())
    assert said.intent == "new"
    assert "The message holds no flag and no care plan." in said.problems


def test_a_referral_that_holds_a_flag_is_a_referral() -> None:
    asking = {"resourceType": "ServiceRequest", "status": "active"}
    assert recognised(json.dumps(bundle(asking, flag(), patient()))) == "fhir-bars"
    assert recognised(json.dumps(patient())) == "fhir-bars"
    assert recognised("{}") is None
