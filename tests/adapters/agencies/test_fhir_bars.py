"""Is a FHIR message of the Booking and Referral Standard understood as it is meant?"""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.translation import Translation
from domain.described import Identifier
from tests.adapters.messages import recognised, translated

NHS = "https://fhir.nhs.uk/Id/nhs-number"
NO_ISSUES = "861931000000100"


def request(**more: Any) -> dict[str, Any]:
    return {"resourceType": "ServiceRequest", "id": "SR1", "status": "active"} | more


def patient(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": NHS, "value": "999 000 0018"}, {"system": "mrn", "value": "H1"}],
        "name": [{"family": "Holt", "given": ["Amira", "May"]}],
        "gender": "female",
        "birthDate": "2016-05-04",
        "address": [{"line": ["1 Mill Lane"], "city": "Town", "postalCode": "xe1 1aa"}],
    } | more


def flag(code: str, *, text: str = "", status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "Flag",
        "status": status,
        "category": [{"coding": [{"code": "SG"}]}],
        "code": {"coding": [{"code": code}], "text": text},
    }


def plan(text: str = "The child was seen alone") -> dict[str, Any]:
    return {"resourceType": "CarePlan", "description": text}


def header(reason: str = "new", **more: Any) -> dict[str, Any]:
    return {"resourceType": "MessageHeader", "reason": {"coding": [{"code": reason}]}} | more


def bundle(*resources: Any, **more: Any) -> str:
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": r} for n, r in enumerate(resources)]
    return json.dumps({"resourceType": "Bundle", "type": "message", "entry": entries} | more)


def read(*resources: Any, **more: Any) -> Translation:
    return translated("fhir-bars", bundle(*resources), **more)


def test_a_referral_opens_one() -> None:
    body = bundle(
        header(),
        request(priority="stat", authoredOn="2026-05-20T10:00:00+01:00"),
        patient(),
        flag("702953007"),
        plan(),
    )
    said = translated("fhir-bars", body, key="request-1", correlation="corr-1")
    assert said.intent == "new"
    assert said.key == "request-1"
    assert said.references == ("SR1", "corr-1")
    assert said.urgency == "immediate"
    assert said.happened_at == datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
    assert said.concern_codes == ("702953007",)
    assert said.concern == (
        "Flag: Suspected victim of child neglect\nThe child was seen alone\nOther given names: May"
    )
    assert said.problems == ()


def test_two_nhs_numbers_are_told_and_kept() -> None:
    numbers = [{"system": NHS, "value": number} for number in ("9990000018", "9990000026")]
    said = read(request(), patient(identifier=numbers), plan())
    assert said.children[0].nhs_number == "9990000018"
    assert said.children[0].identifiers == (Identifier("nhs", "9990000026"),)
    assert said.problems == ("Patient: two NHS numbers are given.",)


OLD, NEW = "9990000018", "9990000026"


@pytest.mark.parametrize(
    "over", [{"use": "old"}, {"period": {"end": "2026-05-01"}}, {"period": {"end": "2025"}}]
)
def test_an_nhs_number_of_before_is_not_the_child_s(over: dict[str, Any]) -> None:
    old, new = {"system": NHS, "value": OLD} | over, {"system": NHS, "value": NEW}
    for numbers in ([old, new], [new, old]):
        said = read(request(), patient(identifier=numbers), plan())
        assert said.children[0].nhs_number == NEW
        assert said.children[0].identifiers == (Identifier("nhs (superseded)", OLD),)
        assert said.problems == ()


def test_a_number_that_is_still_in_use_is_the_child_s() -> None:
    number = {"system": NHS, "value": NEW, "period": {"start": "2020", "end": "2030-01-01"}}
    assert read(request(), patient(identifier=[number]), plan()).children[0].nhs_number == NEW


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"use": "official"}, {"use": "temp"}),
        ({"use": "official"}, {}),
        ({"use": "official"}, {"use": "usual"}),
        ({"use": "usual"}, {}),
        ({}, {"use": "secondary"}),
        ({}, {"use": "temp"}),
        ({}, {"period": {"start": "2030-01-01"}}),
        ({"use": "temp"}, {"use": "official", "period": {"start": "2030"}}),
    ],
)
def test_use_and_period_say_which_number_is_theirs_now(
    better: dict[str, Any], worse: dict[str, Any]
) -> None:
    one = {"system": NHS, "value": NEW, **better}
    other = {"system": NHS, "value": OLD, **worse}
    for given in ((one, other), (other, one)):
        said = read(request(), patient(identifier=given), plan())
        (child,) = said.children
        assert (child.nhs_number, child.identifiers) == (NEW, (Identifier("nhs", OLD),))
        assert said.problems == ("Patient: two NHS numbers are given.",)


def test_a_number_that_is_not_theirs_yet_is_not_taken_for_it() -> None:
    number = {"system": NHS, "value": NEW, "period": {"start": "2030-01-01"}}
    said = read(request(), patient(identifier=[number]), plan())
    assert said.children[0].nhs_number is None
    assert said.children[0].identifiers == (Identifier("nhs", NEW),)
    assert said.problems == ("Patient: only an NHS number that is not theirs yet is given.",)


def test_an_old_number_alone_is_told() -> None:
    number = {"system": NHS, "value": OLD, "use": "old"}
    said = read(request(), patient(identifier=[number]), plan())
    assert said.children[0].nhs_number is None
    assert said.children[0].identifiers == (Identifier("nhs (superseded)", OLD),)
    assert said.problems == ("Patient: only an NHS number that is no longer theirs is given.",)


@pytest.mark.parametrize(
    "other",
    [
        {"identifier": {"system": NHS, "value": OLD}},
        {"reference": f"https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/{OLD}"},
    ],
)
def test_a_record_that_is_replaced_has_a_number_of_before(other: dict[str, Any]) -> None:
    numbers = [{"system": NHS, "value": number} for number in (OLD, NEW)]
    for given in (numbers, numbers[1:]):
        told = patient(identifier=given, link=[{"other": other, "type": "replaces"}])
        said = read(request(), told, plan())
        assert said.children[0].nhs_number == NEW
        assert said.children[0].identifiers == (Identifier("nhs (superseded)", OLD),)
        assert said.problems == ()


def test_a_record_that_replaces_it_has_the_number_of_now() -> None:
    other = {"identifier": {"system": NHS, "value": NEW}}
    told = patient(
        identifier=[{"system": NHS, "value": OLD}], link=[{"other": other, "type": "replaced-by"}]
    )
    said = read(request(), told, plan())
    assert (said.children[0].nhs_number, said.problems) == (NEW, ())
    assert said.children[0].identifiers == (Identifier("nhs (superseded)", OLD),)


def _record(number: str, **more: Any) -> dict[str, Any]:
    return patient(identifier=[{"system": NHS, "value": number}], **more)


def _to(name: str, kind: str) -> list[dict[str, Any]]:
    return [{"other": {"reference": name}, "type": kind}]


BEFORE = _record(OLD, id="a", name=[{"family": "Unknown"}], gender="unknown", address=[])
NOW = _record(NEW, id="b")
NUMBERED = {"identifier": {"system": NHS, "value": NEW}}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (BEFORE | {"link": _to("Patient/b", "replaced-by")}, NOW),
        (BEFORE, NOW | {"link": _to("Patient/a", "replaces")}),
        (
            BEFORE | {"link": _to("Patient/b", "replaced-by")},
            NOW | {"link": _to("Patient/a", "replaces")},
        ),
        (BEFORE | {"link": [{"other": NUMBERED, "type": "replaced-by"}]}, NOW),
        (BEFORE | {"link": _to("urn:uuid:b", "replace")}, NOW),
        (
            BEFORE | {"identifier": [{"system": NHS, "value": n} for n in (OLD, NEW)]},
            NOW | {"link": _to("Patient/a", "replaces")},
        ),
        (
            BEFORE,
            NOW
            | {"identifier": [{"system": NHS, "value": n} for n in (OLD, NEW)]}
            | {"link": _to("Patient/a", "replaces")},
        ),
    ],
)
def test_two_records_of_which_one_replaces_the_other_are_one_child(
    before: dict[str, Any], now: dict[str, Any]
) -> None:
    about = [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in (before, now)]
    asked = [
        {"resource": request(subject={"reference": "Patient/a"})},
        {"resource": flag("702953007") | {"subject": {"reference": "Patient/b"}}},
    ]
    for entries in (about, [*reversed(about)]):
        said = translated("fhir-bars", bundle(entry=[*asked, *entries]))
        (child,) = said.children
        assert (child.family_name, child.given_name, child.sex) == ("Holt", "Amira", "F")
        assert (child.nhs_number, child.postcode) == (NEW, "XE1 1AA")
        assert child.identifiers == (Identifier("nhs (superseded)", OLD),)
        assert said.problems == ()
        assert "Also called: Unknown (old)" in said.concern


def test_what_only_the_replaced_record_has_is_kept() -> None:
    link = _to("Patient/a", "replaces")
    before = patient(
        id="a", meta={"security": [{"code": "R"}]}, birthDate="2016-05-04",
        identifier=[{"system": NHS, "value": OLD}, {"system": "mrn", "value": "H1"}],
    )  # fmt: skip
    now = _record(NEW, id="b", link=link, address=[], birthDate="2016")
    said = read(request(), before, now, plan())
    (child,) = said.children
    assert child.born_on == date(2016, 5, 4)
    assert child.identifiers == (Identifier("mrn", "H1"), Identifier("nhs (superseded)", OLD))
    assert said.problems == ()
    assert [each.restricted for each in said.addresses] == [True]
    assert child.postcode is None
    assert "Also called" not in said.concern
    bare = {"resourceType": "Patient", "id": "b", "link": link, "identifier": now["identifier"]}
    (child,) = read(request(), before, bare, plan()).children
    assert (child.given_name, child.born_on, child.nhs_number) == ("Amira", date(2016, 5, 4), NEW)


CONTRADICT = (
    "Two patients' records are said to be one child, but their names, birth dates or sexes "
    "contradict: find out who each of them is."
)


@pytest.mark.parametrize(
    "other",
    [
        {"gender": "male"},
        {"birthDate": "2018-05-04"},
        {"birthDate": "2015"},
        {"name": [{"family": "Holt", "given": ["Ula"]}]},
        {"name": [{"text": "Ula Holt"}]},
    ],
)
@pytest.mark.parametrize("by_number", [False, True])
def test_two_records_that_contradict_are_two_children_whatever_is_said(
    other: dict[str, Any], by_number: bool
) -> None:
    one = _record(OLD, id="a", link=_to("Patient/b", "replaced-by")) | other
    links = [{"other": {"identifier": {"system": NHS, "value": OLD}}, "type": "replaces"}]
    now = _record(NEW, id="b", link=links if by_number else _to("Patient/a", "replaces"))
    for entries in ((one, now), (now, one)):
        said = read(request(), *entries, plan())
        assert {child.nhs_number for child in said.children} == {OLD, NEW}
        assert not any(child.identifiers for child in said.children)
        assert said.problems.count(CONTRADICT) == 1


def test_of_records_that_replace_each_other_in_turn_only_those_that_fit_are_one() -> None:
    boy = _record("9990000034", id="a", gender="male", link=_to("Patient/b", "replaced-by"))
    first = _record(OLD, id="b", link=_to("Patient/c", "replaced-by"))
    said = read(request(), boy, first, _record(NEW, id="c"), plan())
    assert {child.nhs_number for child in said.children} == {"9990000034", NEW}
    (girl,) = (child for child in said.children if child.nhs_number == NEW)
    assert girl.identifiers == (Identifier("nhs (superseded)", OLD),)
    assert said.problems == (CONTRADICT,)


def test_two_records_that_both_contradict_the_current_one_may_be_one_child() -> None:
    brother = {"name": [{"family": "Holt", "given": ["Ivo"]}]}
    first = _record("9990000034", id="a", link=_to("Patient/b", "replaced-by")) | brother
    second = _record(OLD, id="b", link=_to("Patient/c", "replaced-by")) | brother
    said = read(request(), first, second, _record(NEW, id="c"), plan())
    assert [(each.given_name, each.nhs_number) for each in said.children] == [
        ("Ivo", OLD),
        ("Amira", NEW),
    ]
    assert said.children[0].identifiers == (Identifier("nhs (superseded)", "9990000034"),)
    assert said.problems == (CONTRADICT,)


def test_a_surname_may_change_but_not_together_with_all_else_that_is_told() -> None:
    now = _record(NEW, id="b", link=_to("Patient/a", "replaces"))
    renamed = _record(OLD, id="a", name=[{"family": "Okoye", "given": ["Amira"]}])
    assert len(read(request(), renamed, now, plan()).children) == 1
    people = [
        patient(
            id=f"p{n}", identifier=[], name=[{"family": family}],
            link=_to(f"Patient/p{n + 1}", "replaced-by"),
        )
        for n, family in enumerate(("Holt", "Okoye", "Reed"))
    ]  # fmt: skip
    said = read(request(), *people, plan())
    assert [child.family_name for child in said.children] == ["Holt", "Okoye", "Reed"]
    assert CONTRADICT in said.problems


def test_two_records_that_both_fit_the_current_one_may_contradict_each_other() -> None:
    now = _record(NEW, id="c", gender="unknown", link=_to("Patient/a", "replaces"))
    now["link"] += _to("Patient/b", "replaces")
    girl = _record(OLD, id="a", name=[{"family": "BABY OF HOLT"}])
    boy = _record("9990000034", id="b", gender="male", name=[{"family": "Holt", "given": ["Baby"]}])
    said = read(request(), girl, boy, now, plan())
    assert {child.nhs_number for child in said.children} == {"9990000034", NEW}
    assert CONTRADICT in said.problems


def test_a_first_name_of_before_is_no_contradiction() -> None:
    names = [{"family": "Holt", "given": ["Amira"]}, {"given": ["Ula"], "use": "old"}]
    before = _record(OLD, id="a", name=[{"family": "Holt", "given": ["ULA"]}])
    now = _record(NEW, id="b", name=names, link=_to("Patient/a", "replaces"))
    said = read(request(), before, now, plan())
    assert [child.given_name for child in said.children] == ["Amira"]
    assert said.problems == ()


def test_of_three_records_one_after_another_the_last_is_the_child_s() -> None:
    outside = {"other": {"identifier": {"system": NHS, "value": "9990000034"}}, "type": "replaces"}
    first = _record("9990000042", id="a", link=[*_to("Patient/b", "replaced-by"), outside])
    second = _record(OLD, id="b", link=_to("Patient/c", "replaced-by"))
    said = read(request(), first, second, _record(NEW, id="c"), plan())
    (child,) = said.children
    assert (child.nhs_number, said.problems) == (NEW, ())
    numbers = {"9990000042", OLD, "9990000034"}
    assert set(child.identifiers) == {Identifier("nhs (superseded)", each) for each in numbers}


def test_two_records_that_replace_each_other_are_two_and_a_person_is_told() -> None:
    one = _record(OLD, id="a", link=_to("Patient/b", "replaces"))
    other = _record(NEW, id="b", link=_to("Patient/a", "replaces"))
    said = read(request(), one, other, plan())
    assert len(said.children) == 2
    assert "Two patients' records are each said to replace the other." in said.problems


@pytest.mark.parametrize("kind", ["seealso", "refer", ""])
def test_a_record_that_is_linked_in_another_way_is_another_child(kind: str) -> None:
    one, other = BEFORE | {"link": _to("Patient/b", kind)}, NOW | {"link": _to("#b", "replaces")}
    assert len(read(request(), one, other, plan()).children) == 2


def test_of_two_current_numbers_the_verified_one_is_taken_and_a_person_is_told() -> None:
    url = "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-"
    url += "NHSNumberVerificationStatus-1"
    verified = {"url": url, "valueCodeableConcept": {"coding": [{"code": "01"}]}}
    numbers = [
        {"system": NHS, "value": OLD},
        {"system": NHS, "value": NEW, "extension": [verified]},
    ]
    said = read(request(), patient(identifier=numbers), plan())
    assert (said.children[0].nhs_number, said.children[0].nhs_number_verified) == (NEW, True)
    assert said.children[0].identifiers == (Identifier("nhs", OLD),)
    assert said.problems == ("Patient: two NHS numbers are given.",)


def test_the_child_is_as_the_record_says() -> None:
    (child,) = read(request(), patient(), plan()).children
    assert (child.family_name, child.given_name, child.sex) == ("Holt", "Amira", "F")
    assert child.born_on == date(2016, 5, 4)
    assert (child.nhs_number, child.nhs_number_verified) == ("9990000018", False)
    assert child.identifiers == (Identifier("mrn", "H1"),)
    assert child.postcode == "XE1 1AA"


def test_a_verified_nhs_number_is_known_to_be_so() -> None:
    status = {"coding": [{"code": "number-present-and-verified"}]}
    url = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
    number = {
        "system": NHS,
        "value": "9990000018",
        "extension": [{"url": url, "valueCodeableConcept": status}],
    }
    assert read(request(), patient(identifier=[number]), plan()).children[0].nhs_number_verified


def test_a_failed_check_digit_lowers_confidence_and_no_more() -> None:
    said = read(request(), patient(identifier=[{"system": NHS, "value": "9990000019"}]), plan())
    assert said.children[0].nhs_number is None
    assert said.children[0].identifiers == (Identifier("nhs", "9990000019"),)
    assert said.problems == ("Patient: the NHS number fails its check digit.",)


@pytest.mark.parametrize("status", ["revoked", "entered-in-error"])
def test_a_withdrawn_request_cancels(status: str) -> None:
    said = read(request(status=status, identifier=[{"value": "BR-1"}]), patient())
    assert (said.intent, said.earlier) == ("cancel", ("BR-1", "SR1"))


def test_a_cancellation_is_of_the_referral_itself_and_no_other() -> None:
    others = {"basedOn": [{"reference": "ServiceRequest/SR0"}],
              "replaces": [{"reference": "ServiceRequest/SR9"}]}  # fmt: skip
    said = read(request(status="revoked", **others), patient(), correlation="corr-1")
    assert (said.intent, said.earlier, said.references) == ("cancel", ("SR1",), ("SR1",))
    nameless = {"resourceType": "ServiceRequest", "status": "revoked"}
    assert read(nameless, patient(), correlation="corr-1").earlier == ("corr-1",)


def test_a_referral_that_replaces_another_updates_it() -> None:
    new = request(id="SR2", replaces=[{"reference": "ServiceRequest/SR1"}])
    for old in ([], [request(status="revoked")]):
        said = read(header(), new, *old, patient(), plan())
        assert (said.intent, said.earlier, said.references) == ("update", ("SR2", "SR1"), ("SR2",))
        assert said.problems == ()


def test_a_withdrawn_referral_beside_another_is_told() -> None:
    said = read(header(), request(status="revoked"), request(id="SR2"), patient(), plan())
    assert (said.intent, said.references) == ("new", ("SR2",))
    assert said.problems == ("One of the referrals in the message is withdrawn: read which.",)


@pytest.mark.parametrize("number", ["1", "N/A", "unknown", "-"])
def test_a_placeholder_is_no_reference(number: str) -> None:
    said = read(request(identifier=[{"value": number}]), patient(), plan())
    assert said.references == ("SR1",)


def test_a_header_can_cancel_or_update() -> None:
    based = request(basedOn={"reference": "ServiceRequest/SR0"})
    update = read(header("update"), based, patient(), plan(), correlation="corr-1")
    assert (update.intent, update.earlier) == ("update", ("SR1", "corr-1", "SR0"))
    assert update.problems == ()
    assert read(header("delete"), request(), patient()).intent == "cancel"


def test_the_code_for_no_safeguarding_issues_is_no_concern() -> None:
    assert read(header(), request(), patient(), flag(NO_ISSUES), plan()).intent == "no-concern"


@pytest.mark.parametrize(
    "more",
    [
        flag("702953007"),
        flag(NO_ISSUES, text="but he flinched"),
        request(note=[{"text": "please look"}]),
        request(reasonCode=[{"coding": [{"code": "702953007"}]}]),
        {"resourceType": "Condition", "code": {"coding": [{"code": "162596006"}]}},
        {"resourceType": "Flag", "category": 7, "code": 8},
        request(reasonCode=[{"coding": [{"code": NO_ISSUES, "display": "but he flinched"}]}]),
        request(reasonCode=[{"coding": [{"code": "1", "display": "he flinched"}]}]),
        request(reasonCode=[{"coding": [{"code": NO_ISSUES}], "text": "but he flinched"}]),
        request(text={"div": "<div>he flinched</div>"}),
        request(patientInstruction="he flinched"),
        flag(NO_ISSUES) | {"text": {"div": "<div>but he flinched</div>"}},
        flag(NO_ISSUES) | {"note": [{"text": "but he flinched"}]},
        flag(NO_ISSUES) | {"code": {"coding": [{"code": NO_ISSUES, "display": "but he flinched"}]}},
        {
            "resourceType": "Flag",
            "category": [{"coding": [{"code": "SS"}]}],
            "code": {"text": "he flinched"},
        },
        {"resourceType": "Communication", "payload": [{"contentString": "he flinched"}]},
        {"resourceType": "Communication", "reasonCode": [{"text": "he flinched"}]},
        {"resourceType": "Communication", "text": {"div": "<div>he flinched</div>"}},
        {"resourceType": "CommunicationRequest", "note": [{"text": "he flinched"}]},
        {"resourceType": "CarePlan", "note": [{"text": "he flinched"}]},
        {"resourceType": "Observation", "note": [{"text": "he flinched"}]},
    ],
)
def test_the_code_for_no_safeguarding_issues_is_ignored_beside_anything_else(more: Any) -> None:
    said = read(header(), request(), patient(), flag(NO_ISSUES), more)
    assert said.intent == "new"
    assert NO_ISSUES not in said.concern_codes
    if "flinched" in json.dumps(more):
        assert "he flinched" in said.concern


SAID = "the father took off his belt"
NOTE = [{"text": SAID}]
DIV = {"status": "generated", "div": f"<div>{SAID}</div>"}


@pytest.mark.parametrize(
    "more",
    [
        {"resourceType": "Flag", "category": [{"coding": [{"code": "SS"}]}],
         "extension": [{"url": "x", "valueAnnotation": {"text": SAID}}]},
        {"resourceType": "FamilyMemberHistory", "note": NOTE},
        {"resourceType": "FamilyMemberHistory", "condition": [{"code": {"text": SAID}}]},
        {"resourceType": "MedicationStatement", "note": NOTE},
        {"resourceType": "Immunization", "note": NOTE},
        {"resourceType": "RiskAssessment", "note": NOTE},
        {"resourceType": "Media", "note": NOTE},
        {"resourceType": "List", "note": NOTE},
        {"resourceType": "List", "entry": [{"item": {"display": SAID}}]},
        {"resourceType": "NobodyKnowsIt", "remark": {"comment": SAID}},
        {"resourceType": "CarePlan", "activity": [{"progress": NOTE}]},
        request(orderDetail=[{"text": SAID}]),
        request(code={"text": SAID}),
        request(code={"coding": [{"code": "1", "display": "Review"}], "text": SAID}),
        request(supportingInfo=[{"display": SAID}]),
        request(extension=[{"url": "x", "valueString": SAID}]),
        {"resourceType": "Communication", "topic": {"text": SAID}},
        {"resourceType": "QuestionnaireResponse",
         "item": [{"item": [{"text": "Seen?", "answer": [{"item": [
             {"answer": [{"valueString": SAID}]}]}]}]}]},
        {"resourceType": "Encounter", "reasonCode": [{"text": SAID}]},
        {"resourceType": "Encounter", "contained": [{"resourceType": "Observation", "note": NOTE}]},
        {"resourceType": "DocumentReference", "description": SAID},
        {"resourceType": "Observation", "valueString": SAID},
        {"resourceType": "Observation", "code": {"text": "Skin"},
         "component": [{"code": {"text": "Back"}, "valueString": SAID}]},
        {"resourceType": "Composition", "section": [{"title": "Safeguarding", "text": DIV}]},
        {"resourceType": "Composition",
         "section": [{"section": [{"section": [{"section": [{"text": DIV}]}]}]}]},
        {"resourceType": "AllergyIntolerance", "reaction": [{"description": SAID}]},
        {"resourceType": "Task", "text": {"status": "additional", "div": f"<div>{SAID}</div>"}},
    ],
)  # fmt: skip
def test_what_a_person_wrote_anywhere_is_read_by_a_person(more: Any) -> None:
    said = read(header(), request(), patient(), flag(NO_ISSUES), plan(), more)
    assert said.intent == "new"
    assert SAID in said.concern


CODED = {"coding": [{"system": "sct", "code": "271807003", "display": "Eruption of skin"}]}


@pytest.mark.parametrize(
    "more",
    [
        {"resourceType": "Condition", "code": CODED | {"text": "Eruption of skin"}},
        {"resourceType": "Observation", "code": CODED,
         "valueQuantity": {"value": 38.5, "unit": "C"}},
        {"resourceType": "Encounter", "reasonCode": [CODED],
         "reasonReference": [{"reference": "Condition/1", "display": "Clinical narrative"}]},
        {"resourceType": "MedicationStatement", "medicationCodeableConcept": {"text": "Aspirin"},
         "dosage": [{"text": "5 ml four times a day"}], "informationSource": {"display": "Mother"}},
        {"resourceType": "CarePlan", "activity": [{"outcomeCodeableConcept": [
            CODED | {"text": "Consultation summary: skin looked at"}]}]},
        {"resourceType": "CarePlan", "text": DIV},
        {"resourceType": "Condition", "code": CODED, "text": DIV},
        {"resourceType": "QuestionnaireResponse", "item": [
            {"text": "Seen alone?", "answer": [{"valueBoolean": True}]}]},
        {"resourceType": "Composition", "title": "Referral", "section": [{"title": "History"}]},
        {"resourceType": "DocumentReference", "content": [{"attachment": {"title": "Report"}}]},
        {"resourceType": "Location", "name": "Ward", "description": "Second floor, on the left"},
    ],
)  # fmt: skip
def test_a_clinical_summary_in_codes_is_no_concern_beside_the_code_for_none(more: Any) -> None:
    said = read(header(), request(), patient(), flag(NO_ISSUES), plan(), more)
    assert (said.intent, said.problems) == ("no-concern", ())


def test_what_has_no_field_of_its_own_stands_with_the_concern() -> None:
    high = {"code": {"text": "Pulse"}, "valueQuantity": {"value": 140, "unit": "/min"}}
    said = read(
        request(code=CODED, orderDetail=[{"text": "See today"}]),
        patient(
            telecom=[{"system": "phone", "value": "020 7946 0003"}, {"value": "x@example.org"}],
            name=[
                {"use": "official", "family": "Holt", "given": ["Amira", "May"]},
                {"use": "old", "family": "Grey", "given": ["Amy"]},
            ],
        ),
        {"resourceType": "Encounter", "reasonCode": [CODED]},
        {"resourceType": "Observation", "code": {"text": "Seen"}, "component": [high]},
        {"resourceType": "FamilyMemberHistory", "relationship": {"text": "father"},
         "condition": [{"code": {"text": "In prison"}}]},
        {"resourceType": "CarePlan", "activity": [{"progress": [{"text": "Not brought twice"}]}]},
        {"resourceType": "Composition", "section": [{"section": [{"section": [{"title": "Deep",
         "text": {"div": "<p>A third level</p>"}}]}]}]},
    )  # fmt: skip
    for line in (
        "Service request: Eruption of skin", "Order detail: See today", "Telephone: 020 7946 0003",
        "Contact: x@example.org", "Other given names: May", "Also called: Amy Grey (old)",
        "Reason: Eruption of skin", "Pulse: 140 /min", "Relationship: father", "In prison",
        "Not brought twice", "Deep", "A third level",
    ):  # fmt: skip
        assert line in said.concern


def test_what_is_told_of_a_person_is_no_concern_about_a_child() -> None:
    said = read(request(), patient(telecom=[{"value": "020 7946 0003"}]))
    assert "020 7946 0003" in said.concern
    assert "No concern is told: read the message as it came." in said.problems


def test_the_telephone_of_a_brother_who_is_a_child_is_told_with_the_concern() -> None:
    kit = {
        "resourceType": "RelatedPerson",
        "name": [{"text": "Kit Holt"}],
        "birthDate": "2018-01-01",
        "telecom": [{"system": "phone", "value": "07700 900111"}],
    }
    assert "Related person: Telephone: 07700 900111" in read(request(), patient(), kit).concern


def test_the_telephone_of_an_adult_is_their_contact() -> None:
    said = read(request(), patient(birthDate="1980-01-01", telecom=[{"value": "1"}]), plan())
    assert said.adults[0].contact == "1"
    assert "Contact" not in said.concern


@pytest.mark.parametrize("told", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-05-19"}])
def test_a_child_that_has_died_is_said_first(told: dict[str, Any]) -> None:
    said = read(header(), request(), patient(**told), flag(NO_ISSUES))
    assert said.intent == "new"
    assert "The sender says that the child has died." in said.problems
    assert "The sender says that the child has died" in said.concern
    assert ("2026-05-19" in said.concern) is ("deceasedDateTime" in told)
    assert read(request(), patient(deceasedBoolean=False), plan()).problems == ()


@pytest.mark.parametrize("where", ["bundle", "header"])
def test_a_restricted_message_restricts_everybody_in_it(where: str) -> None:
    label: dict[str, Any] = {"meta": {"security": [{"code": "R"}]}}
    mother = {"resourceType": "RelatedPerson", "address": [{"line": ["2 Mill Lane"]}]}
    body = bundle(
        header(**(label if where == "header" else {})), request(), patient(), mother, plan(),
        **(label if where == "bundle" else {}),
    )  # fmt: skip
    said = translated("fhir-bars", body)
    assert [address.restricted for address in said.addresses] == [True, True]
    assert said.children[0].postcode is None


@pytest.mark.parametrize("words", ["", NO_ISSUES, "No safeguarding  issues IDENTIFIED"])
def test_the_name_of_the_code_adds_nothing_to_it(words: str) -> None:
    said_so = flag(NO_ISSUES, text=words) | {"text": {"div": f"<div>{words}</div>"}}
    asked = request(reasonCode=[{"coding": [{"code": NO_ISSUES, "display": words}]}])
    assert read(header(), asked, patient(), said_so, plan()).intent == "no-concern"


def test_words_that_deny_a_concern_are_not_interpreted() -> None:
    said = read(header(), request(), patient(), plan("There was no safeguarding concern."))
    assert (said.intent, said.problems) == ("new", ())


def test_a_flag_that_is_no_longer_active_is_told() -> None:
    said = read(header(), request(), patient(), flag("702953007", text="x", status="inactive"))
    assert said.concern_codes == ()
    assert said.concern.splitlines()[0] == "Flag, no longer active: x"
    assert "The safeguarding flag is marked as no longer active." in said.problems


def test_a_flag_of_another_category_is_no_safeguarding_concern() -> None:
    scene = {
        "resourceType": "Flag",
        "category": [{"coding": [{"code": "SS"}]}],
        "code": {"text": "The scene is safe"},
    }
    assert "scene" not in read(request(), patient(), scene, plan()).concern


@pytest.mark.parametrize(
    "answer",
    [
        '{"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}',
        bundle(header(response={"identifier": "1", "code": "ok"})),
        bundle(header(eventCoding={"code": "servicerequest-response"})),
    ],
)
def test_an_answer_opens_nothing(answer: str) -> None:
    said = translated("fhir-bars", answer)
    assert (said.intent, said.problems) == ("no-concern", ())


@pytest.mark.parametrize(
    "body",
    [
        '{"resourceType": "OperationOutcome", "issue": []}',
        '{"resourceType": "OperationOutcome", "issue": 7}',
        bundle(header(response={"code": "ok"}), patient()),
        bundle(header(response={"code": "ok"}), 7),
        bundle(header(response={"code": "ok"}), request(), patient(), plan()),
        bundle(header(), {"resourceType": "Appointment"}, patient()),
        bundle(),
        json.dumps(patient()),
        json.dumps(request()),
        '{"resourceType": 7}',
    ],
)
def test_what_is_neither_referral_nor_answer_is_read_by_a_person(body: str) -> None:
    said = translated("fhir-bars", body)
    assert said.intent == "new"
    assert said.problems


def test_one_bad_resource_does_not_lose_the_rest() -> None:
    said = read(request(), 7, None, {"resourceType": 8}, patient(gender=[], name="?"), plan())
    assert said.children[0].born_on == date(2016, 5, 4)
    assert said.concern == "The child was seen alone"
    assert "A part of the message could not be read: see it as it came." in said.problems
    assert "Patient: gender could not be read." in said.problems


def test_an_adult_is_never_a_child() -> None:
    said = read(request(), patient(birthDate="1980-01-01"), plan())
    assert said.children == ()
    assert said.adults[0].family_name == "Holt"
    assert said.adults[0].identifiers[0] == Identifier("nhs", "9990000018")
    assert "The subject is an adult: no child is named." in said.problems


def test_a_birth_date_of_a_year_alone_is_told() -> None:
    said = read(request(), patient(birthDate="2016"), plan())
    assert said.children[0].born_on is None
    assert any("whole date" in problem for problem in said.problems)
    assert "Patient: born 2016" in said.concern


@pytest.mark.parametrize("born", ["1985", "1985-03"])
def test_who_cannot_be_under_eighteen_is_no_child(born: str) -> None:
    said = read(request(), patient(birthDate=born), plan())
    assert said.children == ()
    assert (said.adults[0].family_name, said.adults[0].born_on) == ("Holt", None)
    assert f"Patient: born {born}" in said.concern
    assert any("incomplete" in problem for problem in said.problems)
    assert not any("2016" in problem or "1985" in problem for problem in said.problems)


def test_a_relative_who_cannot_be_over_eighteen_is_a_child() -> None:
    kit = {"resourceType": "RelatedPerson", "name": [{"text": "Kit Holt"}], "birthDate": "2018"}
    assert [c.given_name for c in read(request(), patient(), kit, plan()).children] == [
        "Amira", "Kit",
    ]  # fmt: skip


@pytest.mark.parametrize("use", ["old", "maiden", "nickname"])
def test_a_name_no_longer_used_is_not_taken_before_another(use: str) -> None:
    names = [
        {"use": use, "family": "Grey", "given": ["Ann"]},
        {"family": "Holt", "given": ["Amira"]},
    ]
    child = read(request(), patient(name=names), plan()).children[0]
    assert (child.family_name, child.given_name) == ("Holt", "Amira")
    only = read(request(), patient(name=names[:1]), plan()).children[0]
    assert only.family_name == "Grey"


def test_a_subject_known_by_a_number_alone_is_kept() -> None:
    by_number = request(subject={"identifier": {"system": NHS, "value": "9990000018"}})
    said = read(by_number, plan())
    assert said.children[0].nhs_number == "9990000018"
    assert any("birth date is missing" in problem for problem in said.problems)


def test_relatives_are_told_apart_by_their_age() -> None:
    def related(given: str, born: str, role: str) -> dict[str, Any]:
        name = {"family": "Holt", "given": [given]}
        relation = [{"coding": [{"display": role}]}]
        return {
            "resourceType": "RelatedPerson",
            "name": [name],
            "birthDate": born,
            "relationship": relation,
            "telecom": [{"value": "020 7946 0001"}],
        }

    contact = [{"name": {"text": "Jack Grey"}, "relationship": [{"text": "Uncle"}]}, {}]
    kin = [related("Sam", "1985-01-01", "Mother"), related("Kit", "2018-01-01", "Sibling")]
    said = read(request(), patient(contact=contact), *kin, plan())
    assert [(c.given_name, c.relationship) for c in said.children] == [
        ("Amira", None), ("Kit", "sibling"),
    ]  # fmt: skip
    assert [(a.given_name, a.role, a.contact) for a in said.adults] == [
        ("Jack", "uncle", None), ("Sam", "mother", "020 7946 0001"),
    ]  # fmt: skip


def test_a_restricted_record_has_a_restricted_address_and_no_postcode_elsewhere() -> None:
    said = read(request(), patient(meta={"security": [{"code": "R"}]}), plan())
    assert said.addresses[0].restricted
    assert said.children[0].postcode is None


def test_an_unborn_child_is_one_by_its_due_date() -> None:
    due = {
        "resourceType": "Observation",
        "code": {"coding": [{"code": "161714006"}]},
        "valueDateTime": "2026-09-01",
    }
    mother = patient(birthDate="1990-01-01")
    said = read(request(), mother, due, flag("878111000000109"))
    assert [child.due_on for child in said.children] == [date(2026, 9, 1)]
    assert said.problems == ()
    without = read(request(), mother, flag("878111000000109"))
    assert any("no due date" in problem for problem in without.problems)


def test_the_requester_is_found_through_their_role() -> None:
    someone = {
        "resourceType": "Practitioner",
        "id": "P1",
        "name": [{"prefix": ["Dr"], "family": "Dow", "given": ["Sam"]}],
        "telecom": [{"value": "020 7946 0002"}],
    }
    role = {
        "resourceType": "PractitionerRole",
        "id": "R1",
        "practitioner": {"reference": "Practitioner/P1"},
        "organization": {"reference": "https://example.org/fhir/Organization/O1"},
        "code": [{"text": "Paediatrician"}],
    }
    body = {"resourceType": "Organization", "id": "O1", "name": "City Hospital"}
    for asked in ("PractitionerRole/R1", "Practitioner/P1"):
        asking = request(requester={"reference": asked})
        referrer = read(asking, patient(), someone, role, body, plan()).referrer
        assert referrer.name == "Dr Sam Dow"
        assert referrer.role == "paediatrician"
        assert referrer.organisation == "City Hospital"
        assert referrer.contact == "020 7946 0002"


def test_consent_to_care_is_no_consent_to_refer() -> None:
    consent = {"resourceType": "Consent", "status": "active", "category": [{"text": "Direct Care"}]}
    assert read(request(), patient(), consent, plan()).consent is None


def test_words_are_read_wherever_they_are_told() -> None:
    html = {"div": "<div><style>p {}</style><p>one &amp; two</p><p>three</p></div>"}
    said = read(
        request(reasonCode=[{"text": "why"}], note=[{"text": "note"}]),
        patient(),
        {"resourceType": "Composition", "section": [{"title": "Seen", "text": html}]},
        {"resourceType": "CarePlan", "activity": [{"outcomeCodeableConcept": [{"text": "plan"}]}]},
        {"resourceType": "Communication", "payload": [{"contentString": "call"}]},
        {"resourceType": "Observation", "code": {"text": "Skin"}, "valueString": "bruise"},
        {"resourceType": "QuestionnaireResponse",
         "item": [{"item": [{"text": "Safe?", "answer": [{"valueString": "no"}]}]}]},
        {"resourceType": "Binary"},
    )  # fmt: skip
    words = ("Reason: why", "note", "Seen\none & two\nthree", "plan", "call", "Skin: bruise",
             "Safe?: no")  # fmt: skip
    assert all(each in said.concern for each in words)
    assert said.problems == ("An attachment is kept with the message, but not shown here.",)


def test_a_message_cut_off_is_shown_as_text() -> None:
    body = bundle(request(), patient(), plan("He said he was frightened"))
    said = translated("fhir-bars", body[:-5])
    assert said.intent == "new"
    assert "He said he was frightened" in said.concern
    assert said.problems == ("The message is not complete JSON: it may be cut off or damaged.",)


def test_fhir_is_recognised_by_its_resource_type_or_its_declaration() -> None:
    assert recognised(bundle(patient())) == "fhir-bars"
    assert recognised("{}", content_type="application/fhir+json; charset=utf-8") == "fhir-bars"
    assert recognised('{"type": "message"}') is None


@pytest.mark.parametrize(
    ("told", "urgency"),
    [("asap", "urgent"), ("Emergency", "immediate"), ("high", "urgent"), ("", "not-stated")],
)
def test_a_priority_is_understood_in_plain_words_too(told: str, urgency: str) -> None:
    said = read(header(), request(priority=told), patient(), plan())
    assert (said.urgency, said.problems) == (urgency, ())


def test_a_priority_that_is_not_understood_is_said_and_shown() -> None:
    said = read(header(), request(priority="before-dark"), patient(), plan())
    assert said.urgency == "not-stated"
    assert any("urgency (priority)" in problem for problem in said.problems)
    assert "The urgency (priority): before-dark" in said.concern


RESPONSE: dict[str, Any] = {"eventCoding": {"code": "servicerequest-response"}}
MESSAGE = "0f5a3c1e-0000-4000-8000-00000000001a"


def test_an_answer_names_what_it_answers() -> None:
    asked = read(header("new", id=MESSAGE), request(identifier=[{"value": "BR-1"}]), patient())
    assert asked.references == ("BR-1", "SR1", MESSAGE)
    by_message = header(response={"identifier": MESSAGE, "code": "ok"}, **RESPONSE)
    seen = request(id="SR9", status="completed", note=[{"text": "Seen today"}])
    said = read(by_message, seen, patient())
    assert (said.intent, said.earlier, said.references) == (
        "correlate",
        (MESSAGE, "SR9"),
        ("SR9",),
    )
    assert said.concern.startswith("Answer: ok\nReferral status: completed\nSeen today")
    assert said.problems == ()
    by_number = header(response={"identifier": {"value": MESSAGE}, "code": "ok"}, **RESPONSE)
    assert read(by_number, seen, patient()).earlier == said.earlier


@pytest.mark.parametrize(
    "based", [{"identifier": {"value": "BR-1"}}, {"reference": "ServiceRequest/BR-1"}]
)
def test_an_answer_may_name_the_referral(based: dict[str, Any]) -> None:
    by_request = read(header(**RESPONSE), request(id="SR9", basedOn=[based]), patient(), plan())
    task = {"resourceType": "Task", "status": "completed", "focus": based, "note": {"text": "x"}}
    by_task = read(header(**RESPONSE), task, patient())
    without_header = read(task, patient())
    completed = read(request(id="SR9", basedOn=[based], status="completed"), patient(), plan())
    for said in (by_request, by_task, without_header, completed):
        assert (said.intent, said.earlier[0]) == ("correlate", "BR-1")


def test_an_answer_may_come_under_the_same_correlation() -> None:
    said = read(header(**RESPONSE), request(id="SR9"), patient(), plan(), correlation="corr-1")
    assert (said.intent, said.earlier) == ("correlate", ("corr-1", "SR9"))


def test_an_answer_that_declines_withdraws_nothing() -> None:
    declined = request(status="revoked", basedOn=[{"reference": "ServiceRequest/BR-1"}])
    said = read(header(**RESPONSE), declined, patient())
    assert said.intent == "correlate"
    assert "Referral status: revoked" in said.concern


def test_an_id_that_others_may_bear_names_no_message() -> None:
    for name in ("1", "header", "messageheader"):
        assert read(header(id=name), request(), patient(), plan()).references == ("SR1",)
