"""Is an HL7 version 2 message understood as the hospital means it?"""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from adapters.translation import Translation
from domain.described import ChildDescribed, Identifier
from tests.adapters.messages import RECEIVED, format_named, recognised, sent, translated

HEADER = r"MSH|^~\&|EDIS|CITYHOSP|CSC|EXSHIRE|20260520101500||{type}|M1|P|2.5"
PATIENT = (
    "PID|1||9990000018^^^NHS^NH~H1^^^CITYHOSP^MR||Holt^Amira||20160504|F"
    "|||1 Mill Lane^^Town^^XE1 1AA"
)
VISIT = "PV1|1|I|Ward|||||C1^Dow^Sam^^^Dr"
EVENT = "EVN|A01|20260520101500"


def message(*segments: str, type: str = "REF^I12", end: str = "\r") -> str:
    return end.join([HEADER.format(type=type), *segments]) + end


def read(*segments: str, type: str = "REF^I12") -> Translation:
    return translated("hl7v2", message(*segments, type=type))


def admitted(*segments: str) -> Translation:
    return read(EVENT, PATIENT, VISIT, *segments, type="ADT^A01^ADT_A01")


def test_a_referral_opens_one() -> None:
    said = read("RF1||S||||R7^EDIS", PATIENT, "NTE|1||He said he was frightened")
    assert said.intent == "new"
    assert said.key == "M1|EDIS|CITYHOSP"
    assert said.references == ("R7^EDIS", "M1|EDIS|CITYHOSP")
    assert said.urgency == "immediate"
    assert said.concern == "He said he was frightened"
    assert said.happened_at == datetime(2026, 5, 20, 9, 15, tzinfo=UTC)
    assert said.problems == ()


def test_an_update_and_a_cancellation_name_the_referral_they_are_about() -> None:
    update = read("RF1||A||||R7", PATIENT, "NTE|1||More is known", type="REF^I13")
    cancel = read("RF1||A||||R7", PATIENT, type="REF^I14")
    assert (update.intent, update.earlier) == ("update", ("R7|EDIS|CITYHOSP",))
    assert (cancel.intent, cancel.earlier) == ("cancel", update.earlier)
    assert cancel.problems == ()


def test_one_number_given_by_two_departments_is_two_referrals() -> None:
    names = {
        read(f"RF1||A||||{number}", PATIENT, type="REF^I14").earlier
        for number in ("7001^EDIS", "7001^MAT", "7001^^1.2.3^ISO", "7001")
    }
    assert len(names) == 4
    assert ("7001^EDIS",) in names


@pytest.mark.parametrize("number", ["N/A", "0", "1^EDIS", "tbc", "UNKNOWN"])
def test_a_placeholder_is_no_reference(number: str) -> None:
    said = read(f"RF1||A||||{number}", PATIENT, type="REF^I14")
    assert (said.earlier, said.references) == ((), ("M1|EDIS|CITYHOSP",))
    assert any("RF1-6" in problem for problem in said.problems)


def test_a_referral_may_be_named_by_the_control_id_of_its_first_message() -> None:
    first = read(PATIENT, "NTE|||x")
    update = read("RF1||A||||M1", PATIENT, "NTE|||y", type="REF^I13")
    assert set(first.references) & set(update.earlier)


def test_an_update_that_does_not_say_of_what_is_told_to_a_person() -> None:
    assert any("RF1-6" in each for each in read(PATIENT, "NTE|||x", type="REF^I13").problems)


def test_a_referral_with_an_unknown_event_is_still_one() -> None:
    said = read(PATIENT, "NTE|||x", type="REF^I99")
    assert said.intent == "new"
    assert said.problems


def test_an_admission_without_a_word_is_no_concern() -> None:
    assert admitted().intent == "no-concern"
    assert admitted().problems == ()


def test_the_code_for_no_safeguarding_issues_makes_no_concern() -> None:
    said = admitted("DG1|1||861931000000100^No safeguarding issues identified^SCT")
    assert (said.intent, said.concern, said.concern_codes) == ("no-concern", "", ())


def test_the_code_for_no_safeguarding_issues_is_ignored_beside_a_concern() -> None:
    said = admitted(
        "DG1|1||861931000000100^No safeguarding issues identified^SCT",
        "OBX|1|CE|1^Concern^L||702953007^^SCT",
    )
    assert said.intent == "new"
    assert said.concern_codes == ("702953007",)
    assert said.concern == "Concern: Suspected victim of child neglect\nWard: Ward"


def test_words_that_deny_a_concern_are_not_interpreted() -> None:
    assert admitted("NTE|||There was no safeguarding concern").intent == "new"


@pytest.mark.parametrize(
    "segment", ["NTE|||bruise", "OBX|1|TX|1^Seen^L||a bruise", "DG1|1||S00.8^Bruise^I10"]
)
def test_an_admission_with_words_or_codes_is_a_referral(segment: str) -> None:
    said = admitted(segment)
    assert said.intent == "new"
    assert "bruise" in said.concern.lower()
    assert said.problems == ()


NO_ISSUES = "No safeguarding issues identified"
QUIET = (
    "PD1|||FAMILY PRACTICE^^12345",
    "NK1|1|Holt^Sam|MTH||020 7946 0001",
    "GT1|1||Holt^Sam||||||||MTH",
    "IN1|1|PLAN|C1|Insurer of All|1 Long Road^^Town",
    "SFT|Vendor of Software|1.0|EDIS|1",
    "ROL|1|AD|PP|D1^Dow^Sam",
    "AL1|1|DA|235719002^Food intolerance (disorder)^SNM3|MI|Raised, itchy, red rash",
    f"PV2{'|' * 13}C1^Dow^Sam van der{'|' * 10}The Children's Ward",
)


@pytest.mark.parametrize("segment", QUIET)
def test_segments_that_carry_no_words_are_no_concern(segment: str) -> None:
    said = admitted(segment)
    assert (said.intent, said.concern) == ("no-concern", "")


@pytest.mark.parametrize(
    "segment",
    [
        "PV2|||^Mother says she was hit",
        "PV2||||||||||||bruises",
        "PV2||||found at home alone",
        "ZSG|1|bruised",
        "ZZZ|||a b c|He said he was hit",
        "PR1|1||^Fracture set||20260520",
        "AL1|1|DA|^Afraid of her father",
        "AL1|1|DA|235719002^Food intolerance^SNM3|MI|Rash after father hit her",
        "AL1|1|DA|235719002^She says that it happens when her father is at home^SNM3",
        "ACC|20260520||fell down the stairs",
        f"NK1|1|Holt^Sam|MTH{'|' * 26}wants to be told of bruises",
        "TXA|1|CN|TX|||||||||||||||The child was seen alone",
        "OBR|1|||^Skeletal survey",
        "IN1|1|PLAN|C1|the mother told us that he hits her and the children",
        "DG1|1||861931000000100^but he flinched^SCT",
        f"DG1|1||861931000000100^{NO_ISSUES}^SCT|but he flinched",
        "OBX|1|CE|1^Concern^L||861931000000100^but he flinched^SCT",
        "OBX|1|CE|1^Concern^L||861931000000100^^SCT|||but he flinched",
        "OBX|1|CE|861931000000100^but he flinched^SCT||Y^Yes^L",
    ],
)
def test_words_in_any_segment_are_read_by_a_person(segment: str) -> None:
    said = admitted(segment)
    assert said.intent == "new"
    words = [w for w in segment.replace("|", " ").replace("^", " ").split() if w.islower()]
    assert words
    assert all(word in said.concern for word in words if word not in NO_ISSUES)


@pytest.mark.parametrize("event", ["EVN|A01|20260520101500||child seems afraid", EVENT])
def test_words_beside_codes_of_the_visit_are_read_by_a_person(event: str) -> None:
    visit = VISIT if event != EVENT else VISIT.replace("|Ward|", "|Ward|A^child seems afraid")
    said = read(event, PATIENT, visit, type="ADT^A01^ADT_A01")
    assert said.intent == "new"
    assert "child seems afraid" in said.concern


@pytest.mark.parametrize("segment", ["ARV|1", "OBR|1", "ZBE|1", "NTE|1", "PR1|1", "CON|1"])
def test_a_segment_that_is_not_known_to_carry_no_words_is_read_by_a_person(segment: str) -> None:
    said = admitted(segment)
    assert said.intent == "new"
    assert "No concern is told: read the message as it came." in said.problems


@pytest.mark.parametrize(
    "code",
    ["CANARY1", "9990000018", "07700900001", "4B", "Z-1", "T74.1", "Amira7", "M1"],
)
def test_a_token_that_is_no_known_code_stays_with_the_concern(code: str) -> None:
    for segment in (f"DG1|1||{code}^Bruise^L", f"OBX|1|CE|1^Seen^L||{code}^Bruise^L",
                    f"DG1|1||{code}"):  # fmt: skip
        said = admitted(segment)
        assert said.concern_codes == ()
        assert code in said.concern


@pytest.mark.parametrize(
    ("coded", "code"),
    [("T74.1^Physical abuse^I10", "T74.1"), ("Z62^^ICD-10", "Z62"),
     ("Dx42^Child protection", "Dx42"), ("702953007", "702953007")],
)  # fmt: skip
def test_a_code_of_a_known_list_is_a_concern_code(coded: str, code: str) -> None:
    assert admitted(f"DG1|1||{coded}").concern_codes == (code,)


@pytest.mark.parametrize("lost", [EVENT, PATIENT, VISIT])
def test_an_admission_with_a_part_lost_is_read_by_a_person(lost: str) -> None:
    rest = [segment for segment in (EVENT, PATIENT, VISIT) if segment != lost]
    said = read(*rest, type="ADT^A01")
    assert said.intent == "new"
    assert any(lost[:3] in problem for problem in said.problems)


def test_no_part_of_an_admission_with_a_concern_is_taken_for_no_concern() -> None:
    whole = message(EVENT, PATIENT, VISIT, type="ADT^A01").encode()
    for cut in range(1, len(whole)):
        (said,) = format_named("hl7v2").translate(sent(whole[:cut]))
        assert said.intent == "new"
        assert said.problems


def test_a_merge_names_the_records_it_replaces() -> None:
    said = read("EVN|A40|20260520", PATIENT, "MRG|H0^^^CITYHOSP^MR~H00", type="ADT^A40^ADT_A39")
    assert said.intent == "merge"
    assert said.superseded == ("H0", "H00")
    assert said.children[0].identifiers == (Identifier("CITYHOSP", "H1"),)
    assert said.problems == ()


def test_a_merge_of_nobody_is_read_by_a_person() -> None:
    said = read("EVN|A40|20260520", PATIENT, type="ADT^A40")
    assert (said.intent, bool(said.problems)) == ("new", True)


def test_a_message_of_another_type_is_kept_for_a_person() -> None:
    said = read(PATIENT, type="ORU^R01")
    assert said.intent == "new"
    assert "The type of the message is not one that we know." in said.problems


def test_the_child_is_read_wherever_its_nhs_number_stands() -> None:
    (child,) = read(PATIENT, "NTE|||x").children
    assert child == ChildDescribed(
        family_name="Holt",
        given_name="Amira",
        born_on=date(2016, 5, 4),
        sex="F",
        nhs_number="9990000018",
        identifiers=(Identifier("CITYHOSP", "H1"),),
        postcode="XE1 1AA",
    )


def test_an_nhs_number_that_fails_its_check_is_only_an_identifier() -> None:
    said = read("PID|1||9990000019^^^NHS^NH||Holt^Amira||20160504|F", "NTE|||x")
    assert said.children[0].nhs_number is None
    assert said.children[0].identifiers == (Identifier("nhs", "9990000019"),)
    assert said.problems == ("Patient: the NHS number fails its check digit.",)


def test_a_field_that_is_to_be_empty_is_empty() -> None:
    said = read('PID|1||""~H1||Holt^""||""|""', "NTE|||x")
    assert said.children[0] == ChildDescribed("Holt", identifiers=(Identifier("", "H1"),))
    assert len(said.problems) == 1


def test_two_nhs_numbers_are_told() -> None:
    said = read("PID|1||9990000018^^^NHS~9990000026^^^NHS||Holt^A||20160504|F", "NTE|||x")
    assert said.children[0].nhs_number == "9990000018"
    assert said.problems == ("Patient: two NHS numbers are given.",)
    assert said.children[0].identifiers == (Identifier("nhs", "9990000026"),)


def test_an_adult_is_never_a_child() -> None:
    said = read("PID|1||H1||Holt^Jo||19800101|M", "NTE|||x")
    assert said.children == ()
    assert said.adults[0].given_name == "Jo"
    assert said.problems == ("The subject is an adult: no child is named.",)


def test_somebody_without_a_birth_date_may_be_a_child() -> None:
    said = read("PID|1||H1||Holt^Jo|||M", "NTE|||x")
    assert said.children[0].given_name == "Jo"
    assert any("birth date is missing" in problem for problem in said.problems)


def test_a_patient_without_anything_to_know_them_by_is_nobody() -> None:
    said = read("PID|1||||||||M", "NTE|||x")
    assert (said.children, said.adults) == ((), ())
    assert said.problems


@pytest.mark.parametrize("born", ["2016", "201605", "20161301", "18990101", "20991231", "soon"])
def test_a_birth_date_that_cannot_be_one_is_kept_out(born: str) -> None:
    said = read(f"PID|1||H1||Holt^Jo||{born}|M", "NTE|||x")
    assert said.children[0].born_on is None
    assert any(problem.startswith("Patient: the birth date") for problem in said.problems)


@pytest.mark.parametrize("born", ["1985", "198503", "19850000", "1985-03", "20080531"])
def test_who_cannot_be_under_eighteen_is_no_child(born: str) -> None:
    said = read(f"PID|1||H1||Holt^Jo||{born}|F", "NTE|||x")
    assert said.children == ()
    assert said.adults[0].given_name == "Jo"
    assert "The subject is an adult: no child is named." in said.problems
    assert said.adults[0].born_on or f"Patient: born {born[:4]}" in said.concern


def test_who_cannot_be_over_eighteen_is_a_child() -> None:
    said = read("PID|1||H1||Holt^Jo||201605|F", "NTE|||x")
    assert said.children[0].born_on is None
    assert "Patient: born 2016-05" in said.concern
    assert said.problems == (
        "Patient: the birth date is incomplete, not a whole date: it is shown with the concern.",
    )


@pytest.mark.parametrize("relation", ["CHD", "CHD^Child", "SCH", "DAU", "X^Son"])
def test_a_patient_named_as_a_parent_is_no_child(relation: str) -> None:
    said = read("PID|1||H1||Holt^Jo|||F", f"NK1|1|Holt^Kit|{relation}", "NTE|||x")
    assert [child.given_name for child in said.children] == ["Kit"]
    assert [adult.given_name for adult in said.adults] == ["Jo"]
    assert any("named as a parent" in problem for problem in said.problems)


def test_a_child_told_to_be_one_has_its_own_birth_date() -> None:
    kit = f"NK1|1|Holt^Kit|CHD{'|' * 13}2018"
    said = read("PID|1||H1||Holt^Jo|||F", kit, "NTE|||x")
    assert [child.given_name for child in said.children] == ["Kit"]
    assert "Relative: born 2018" in said.concern
    grown = f"NK1|1|Holt^Kit|CHD{'|' * 13}19900101"
    assert read("PID|1||H1||Holt^Jo|||F", grown, "NTE|||x").children == ()


def test_a_due_date_told_twice_is_one_child() -> None:
    due = "OBX|1|DT|11778-8^Due^LN||20260901"
    assert len(read("PID|1||H1||Holt^Jo||19900101|F", due, due, "NTE|||x").children) == 1


@pytest.mark.parametrize(
    ("zone", "hour"), [("", 9), ("+0000", 10), ("+0100", 9), ("-0500", 15), ("+0530", 4)]
)
def test_the_time_is_that_of_the_zone_which_is_told(zone: str, hour: int) -> None:
    event = f"EVN|A01|20260520101500{zone}"
    said = read(event, PATIENT, VISIT, "NTE|||x", type="ADT^A01")
    assert said.happened_at is not None
    assert (said.happened_at.hour, said.happened_at.tzinfo) == (hour, UTC)


def test_relatives_are_told_apart_by_their_age() -> None:
    said = read(
        PATIENT,
        f"NK1|1|Holt^Sam|MTH||020 7946 0001{'|' * 11}19850101",
        f"NK1|2|Holt^Kit|SIB^sibling{'|' * 13}20180101",
        "GT1|1||Holt^Sam||||||||MTH",
        "GT1|2||Holt^Amira||||||||SEL",
        "NTE|||x",
    )
    assert [child.given_name for child in said.children] == ["Amira", "Kit"]
    assert [(a.given_name, a.role, a.contact) for a in said.adults] == [
        ("Sam", "mother", "020 7946 0001")
    ]
    assert said.problems == ()


def test_a_sibling_without_a_birth_date_is_told_to_a_person() -> None:
    said = read(PATIENT, "NK1|1|Holt^Kit|SIB", "NTE|||x")
    assert said.adults[0].role == "sibling"
    assert any("sibling has no birth date" in problem for problem in said.problems)


def test_an_expected_child_is_one_although_the_patient_is_an_adult() -> None:
    said = read("PID|1||H1||Holt^Jo||19900101|F", "OBX|1|DT|11778-8^Due^LN||20260901", "NTE|||x")
    assert [child.due_on for child in said.children] == [date(2026, 9, 1)]
    assert said.adults[0].given_name == "Jo"


@pytest.mark.parametrize(
    "names",
    [
        "Boo^Boo^^^^^N~Holt^Amira^^^^^L",
        "Smith^Amira^^^^^M~Holt^Amira~Boo^^^^^^A",
        "^^^^^^L~Holt^Amira^^^^^D",
        "UNKNOWN^UNKNOWN^^^^^L~Holt^Amira^^^^^A",
        "Holt^Amira^^^^^L~Grey^Amira^^^^^L",
        "Wells^^^^^^L~Holt^Amira^^^^^B",
        "Wells^BABY^^^^^L~Holt^Amira^^^^^M",
    ],
)
def test_the_name_is_the_one_that_holds_whichever_comes_first(names: str) -> None:
    said = read(f"PID|1||H1||{names}||20160504|F", "NTE|||x")
    assert (said.children[0].family_name, said.children[0].given_name) == ("Holt", "Amira")
    others = {name.split("^")[0] for name in names.split("~")} - {"Holt", ""}
    assert said.concern.count("Also called") == len(others)
    assert all(other in said.concern for other in others)


@pytest.mark.parametrize("kind", ["BA", "BDL", "N", "O"])
def test_where_nobody_lives_is_no_home(kind: str) -> None:
    other = f"9 Elm Row^^Town^^XE9 9ZZ^^{kind}"
    said = read(
        f"PID|1||H1||Holt^Jo||20160504|F|||{other}~1 Mill Lane^^Town^^XE1 1AA^^H", "NTE|||x"
    )
    assert said.children[0].postcode == "XE1 1AA"
    assert {each.postcode: bool(each.of) for each in said.addresses} == {
        "XE9 9ZZ": True,
        "XE1 1AA": False,
    }
    said = read(f"PID|1||H1||Holt^Jo||20160504|F|||{other}", "NTE|||x")
    assert said.children[0].postcode is None
    old = "9 Elm Row^^Town^^XE9 9ZZ^^H^^^^^^^20200101~1 Mill Lane^^Town^^XE1 1AA^^M"
    said = read(f"PID|1||H1||Holt^Jo||20160504|F|||{old}", "NTE|||x")
    assert said.children[0].postcode == "XE1 1AA"


def test_a_protected_record_has_restricted_addresses_and_no_postcode_elsewhere() -> None:
    said = read(PATIENT, f"PD1{'|' * 12}Y", "NTE|||x")
    assert said.addresses[0].restricted
    assert said.children[0].postcode is None


def test_the_referrer_is_the_referring_provider_before_anybody_else() -> None:
    provider = "PRD|RP^Referring provider|Dow^Sam^^^Dr|||020 7946 0002|||||City Hospital"
    by_provider = read(PATIENT, VISIT, provider, "NTE|||x").referrer
    assert (by_provider.name, by_provider.organisation) == ("Dr Sam Dow", "City Hospital")
    assert read(PATIENT, VISIT, "NTE|||x").referrer.name == "Dr Sam Dow"
    assert read(PATIENT, "NTE|||x").referrer.organisation == "CITYHOSP"


def test_separators_are_those_that_the_header_declares() -> None:
    text = (
        "MSH#*!?$#EDIS#CITYHOSP###20260520##REF*I12#M1\r"
        "PID#1##H1!9990000018***NHS##Holt*Amira##20160504#F\r"
        "NTE###a|b?F?c\r"
    )
    said = translated("hl7v2", text)
    assert said.children[0].nhs_number == "9990000018"
    assert said.concern == "a|b#c"
    assert recognised(text) == "hl7v2"


def test_unusable_separators_are_guessed_and_told() -> None:
    said = translated(
        "hl7v2", "MSH|aa|EDIS||||||REF^I12|M1\rPID|||H1||Holt^Jo||20160504\rNTE|||x\r"
    )
    assert said.children
    assert any("separators" in problem for problem in said.problems)


def test_escapes_are_read() -> None:
    said = read(PATIENT, r"NTE|||a\.br\b \T\ \S\ \R\ \E\ \F\ \X5A6F\ \H\c\N\ C:\temp\x")
    assert said.concern == "a\nb & ^ ~ \\ | Zo c C:\\temp\\x"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_ends_a_segment(end: str) -> None:
    assert translated("hl7v2", message(PATIENT, "NTE|||x", end=end)).problems == ()


def test_a_line_end_inside_a_note_loses_nothing() -> None:
    said = translated("hl7v2", message(PATIENT, "NTE|||one\ntwo three"))
    assert said.concern == "one\ntwo three"
    assert said.problems


def test_each_message_of_a_batch_is_one_row() -> None:
    batch = r"FHS|^~\&|X" + "\r" + r"BHS|^~\&|X" + "\r"
    one = message(PATIENT, "NTE|||one")
    two = message(PATIENT, "NTE|||two").replace("|M1|", "|M2|")
    found = format_named("hl7v2").translate(sent(f"{batch}{one}{two}BTS|2\rFTS|1\r"))
    assert [(each.row, each.concern) for each in found] == [(1, "one"), (2, "two")]
    assert found[0].raw == one.encode()
    assert found[1].key == "M2|EDIS|CITYHOSP"


def test_a_file_of_very_many_messages_is_kept_to_the_last_one() -> None:
    found = format_named("hl7v2").translate(sent("MSH|^~\\&|A\r" * 2005))
    assert len(found) == 2001
    assert found[-1].concern.count("MSH") == 5
    assert found[-1].problems


def test_a_message_without_its_header_is_read_all_the_same() -> None:
    said = translated("hl7v2", f"{PATIENT}\rNTE|||x\r")
    assert said.children[0].given_name == "Amira"
    assert any("MSH" in problem for problem in said.problems)


def test_the_declared_character_set_is_used() -> None:
    text = message(PATIENT.replace("Amira", "Zoë"), "NTE|||x")
    declared = text.replace("|P|2.5", "|P|2.5||||||8859/1")
    assert translated("hl7v2", declared.encode("latin-1")).children[0].given_name == "Zoë"
    assert translated("hl7v2", declared.encode("latin-1")).problems == ()
    guessed = translated("hl7v2", text.encode("latin-1"))
    assert guessed.children[0].given_name == "Zoë"
    assert any("Windows-1252" in problem for problem in guessed.problems)


def test_an_attachment_is_told_and_not_shown() -> None:
    said = read(PATIENT, "NTE|||x", "OBX|1|ED|1^Photo^L||^IM^JPEG^Base64^QUJD")
    assert "QUJD" not in said.concern
    assert said.problems == ("An attachment (OBX) is kept with the message, but not shown here.",)


def test_a_diagnosis_in_words_is_never_taken_for_a_code() -> None:
    said = read(PATIENT, "DG1|1||Holt fell down the stairs", "OBX|1|CE|1^Q^L||Amira said so")
    assert said.concern_codes == ()
    assert "fell down" in said.concern


def test_times_in_the_far_future_or_past_are_not_used() -> None:
    for year in ("2099", "1985"):
        text = message(PATIENT, "NTE|||x").replace("20260520101500", f"{year}0520101500")
        said = translated("hl7v2", text)
        assert said.happened_at is None
        assert any("dated" in problem for problem in said.problems)


def test_the_age_counts_on_the_day_of_receipt() -> None:
    birthday = f"PID|1||H1||Holt^Jo||{RECEIVED.year - 18}{RECEIVED:%m%d}|M"
    assert read(birthday, "NTE|||x").children == ()
    eve = f"PID|1||H1||Holt^Jo||{RECEIVED.year - 18}0602|M"
    assert read(eve, "NTE|||x").children


# ── What has no field of its own ──


def field(segment: str, number: int, value: str) -> str:
    """The segment with a value in a later field."""
    return segment + "|" * (number - segment.count("|")) + value


def test_what_has_no_field_of_its_own_stands_with_the_concern() -> None:
    person = "PID|1||H1^^^CITYHOSP^MR||Holt^Amira^May~Grey^Amy|Dow^Ann|20160504|F|Reed^Mira"
    person = field(field(person, 13, "020 7946 0001~020 7946 0002"), 14, "020 7946 0003")
    said = read(field(person, 21, "M77"), "PV1|1|I|Larch^Bay 2^4", "NTE|||seen")
    for line in (
        "Telephone: 020 7946 0001, 020 7946 0002, 020 7946 0003", "Other given names: May",
        "Also called: Amy Grey", "Also called: Mira Reed", "Mother's maiden name: Ann Dow",
        "Mother's identifier: M77", "Ward: Larch, Bay 2, 4",
    ):  # fmt: skip
        assert line in said.concern.splitlines()
    assert said.problems == ()


def test_what_is_told_of_a_second_patient_is_told_as_theirs() -> None:
    second = field("PID|2||H2^^^CITYHOSP^MR||Holt^Kit||20180504|M", 13, "020 7946 0004")
    assert "Patient 2: Telephone: 020 7946 0004" in read(PATIENT, second, "NTE|||x").concern


def test_what_is_told_of_a_person_is_no_concern_about_a_child() -> None:
    said = read(field(PATIENT, 13, "020 7946 0001"))
    assert "No concern is told: read the message as it came." in said.problems
    assert admitted().concern == ""


@pytest.mark.parametrize(("number", "value"), [(29, "20260519"), (30, "Y")])
def test_a_child_that_has_died_is_said_first(number: int, value: str) -> None:
    said = read(EVENT, field(PATIENT, number, value), VISIT, type="ADT^A03")
    assert said.intent == "new"
    assert "The sender says that the child has died." in said.problems
    assert "The sender says that the child has died" in said.concern
    assert ("2026-05-19" in said.concern) is (number == 29)
    assert read(EVENT, field(PATIENT, 30, "N"), VISIT, type="ADT^A03").intent == "no-concern"


def test_an_adult_that_has_died_opens_nothing() -> None:
    said = read(EVENT, field("PID|1||H1||Holt^Sam||19800101|M", 30, "Y"), VISIT, type="ADT^A03")
    assert said.intent == "no-concern"


def test_the_telephones_of_an_adult_are_their_contact() -> None:
    said = read(PATIENT, "NK1|1|Holt^Sam|MTH||020 7946 0001|020 7946 0005", "NTE|||x")
    assert said.adults[0].contact == "020 7946 0001, 020 7946 0005"
    kit = field("NK1|1|Holt^Kit|BRO||07700 900111", 16, "20180504")
    assert "Relative: Telephone: 07700 900111" in read(PATIENT, kit, "NTE|||x").concern
    grown = read(field("PID|1||H1||Holt^Sam||19800101|M", 13, "020 7946 0001"), "NTE|||x")
    assert grown.adults[0].contact == "020 7946 0001"


def test_every_number_of_the_referral_is_a_reference() -> None:
    said = read("RF1||A||||R7^EDIS", "RF1||S||||R8^EDIS", PATIENT, "NTE|||x")
    assert said.references == ("R7^EDIS", "R8^EDIS", "M1|EDIS|CITYHOSP")
    cancel = read("RF1||A||||R7^EDIS", "RF1||S||||R8^EDIS", PATIENT, type="REF^I14")
    assert cancel.earlier == ("R7^EDIS", "R8^EDIS")


def test_names_of_segments_in_small_letters_are_read() -> None:
    small = message(PATIENT.replace("PID", "pid"), "nte|||He said he was frightened")
    for body in (small, small.replace("MSH", "msh", 1)):
        assert recognised(body) == "hl7v2"
        said = translated("hl7v2", body)
        assert said.children[0].family_name == "Holt"
        assert said.concern == "He said he was frightened"
        assert any("small letters" in problem for problem in said.problems)


def test_a_line_that_is_no_segment_is_shown() -> None:
    said = read(PATIENT, "he was frightened", "NTE|||x")
    assert "he was frightened" in said.concern


# ── Documents ──

DOCUMENT = "TXA|1|DS^Discharge summary|TX|||||||||D7^EDIS"


def documented(*segments: str, event: str = "T02", about: str = DOCUMENT) -> Translation:
    return read(f"EVN|{event}|20260520", PATIENT, VISIT, about, *segments, type=f"MDM^{event}")


def test_a_document_tells_its_text() -> None:
    said = documented("OBX|1|TX|1^Summary^L||He was seen alone", r"OBX|2|FT|1^Summary^L||a\.br\b")
    assert said.intent == "new"
    assert said.references == ("D7^EDIS", "M1|EDIS|CITYHOSP")
    assert said.concern.splitlines()[:3] == ["Summary: He was seen alone", "a", "b"]
    assert "Document type: Discharge summary" in said.concern
    assert said.problems == ()


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ("^TEXT^^Base64^SGUgd2FzIHNlZW4gYWxvbmU=", "He was seen alone"),
        ("^text^plain^Base64^SGUgd2FzIHNlZW4gYWxvbmU=", "He was seen alone"),
        ("^TEXT^html^A^<p>He was seen</p>", "He was seen"),
        ("^TX^^A^He was seen", "He was seen"),
    ],
)
def test_an_attachment_that_is_text_is_shown(held: str, words: str) -> None:
    said = documented(f"OBX|1|ED|1^Letter^L||{held}")
    assert f"Letter: {words}" in said.concern
    assert said.problems == ()


@pytest.mark.parametrize("held", ["^application^pdf^Base64^JVBERi0=", "^TEXT^^Base64^!", "", "^IM"])
def test_an_attachment_that_is_no_text_is_named(held: str) -> None:
    said = documented(f"OBX|1|ED|1^Letter^L||{held}")
    assert "Attachment: Letter" in said.concern
    assert "JVBERi0" not in said.concern
    assert any("An attachment" in problem for problem in said.problems)


@pytest.mark.parametrize(
    ("event", "intent"),
    [("T01", "new"), ("T04", "new"), ("T06", "update"), ("T08", "update"), ("T10", "update"),
     ("T11", "cancel")],
)  # fmt: skip
def test_a_document_may_be_added_to_edited_replaced_or_withdrawn(event: str, intent: str) -> None:
    said = documented(
        "OBX|1|TX|||More", event=event, about=f"{DOCUMENT.replace('D7', 'D8')}|D7^EDIS"
    )
    assert said.intent == intent
    assert said.earlier == (() if intent == "new" else ("D7^EDIS", "D8^EDIS"))


def test_a_change_of_no_document_is_told_to_a_person() -> None:
    said = documented("OBX|1|TX|||More", event="T08", about="TXA|1|DS")
    assert any("TXA-12" in problem for problem in said.problems)


def test_who_wrote_the_document_is_the_referrer() -> None:
    wrote = "TXA|1|DS|TX||C1^Lee^Ann||||C2^Moor^Jo^^^Dr"
    assert documented("OBX|1|TX|||x", about=wrote).referrer.name == "Dr Jo Moor"


@pytest.mark.parametrize("status", ["V", "R"])
def test_a_confidential_document_has_restricted_addresses(status: str) -> None:
    said = documented("OBX|1|TX|||x", about=field(DOCUMENT, 18, status))
    assert said.addresses[0].restricted


# ── Merges by number alone, and answers ──


@pytest.mark.parametrize("merged", ["MRG|H0", "MRG||H0", "MRG||||H0"])
def test_a_merge_of_numbers_alone_names_the_record_it_replaces(merged: str) -> None:
    said = read("EVN|A34|20260520", PATIENT, merged, type="ADT^A34")
    assert (said.intent, said.superseded) == ("merge", ("H0",))
    assert said.problems == ()


@pytest.mark.parametrize("event", ["I12", "I13", "I14"])
def test_an_answer_names_the_referral_and_the_message_that_it_answers(event: str) -> None:
    said = read(
        "MSA|AA|Q9|Seen by the ward", "RF1|A^Accepted|||||R7^EDIS", PATIENT, type=f"RRI^{event}"
    )
    assert said.intent == "correlate"
    assert said.earlier == ("R7^EDIS", "Q9|EDIS|CITYHOSP", "Q9|CSC|EXSHIRE", "Q9")
    assert said.references == ("M1|EDIS|CITYHOSP",)
    assert said.concern.splitlines()[:2] == [
        "Answer: accepted: Seen by the ward", "Referral status: Accepted",
    ]  # fmt: skip
    assert said.problems == ()


@pytest.mark.parametrize(
    ("code", "meant"), [("CA", "accepted"), ("AE", "error"), ("AR", "rejected"), ("ZZ", "ZZ")]
)
def test_an_acknowledgement_is_an_answer(code: str, meant: str) -> None:
    said = read(f"MSA|{code}|Q9", type="ACK")
    assert (said.intent, said.concern) == ("correlate", f"Answer: {meant}")


def test_an_answer_to_nothing_is_read_by_a_person() -> None:
    said = read("MSA|AA", type="ACK")
    assert said.intent == "new"
    assert "The message is an answer, but does not say to what." in said.problems


@pytest.mark.parametrize(
    ("told", "urgency"),
    [
        ("S^Stat", "immediate"), ("A^As soon as possible", "urgent"), ("R^Routine", "routine"),
        ("U^Urgent", "urgent"), ("1^Immediate", "immediate"), ("H^High", "urgent"),
        ("ROUTINE", "routine"), ("stat", "immediate"), ("^Emergency", "immediate"),
        ("2^Same day", "urgent"), ("^^^5^Low priority", "routine"), ("N^Not urgent", "routine"),
        ("R~S", "immediate"), ("", "not-stated"), ('""', "not-stated"), ("^Unknown", "not-stated"),
    ],
)  # fmt: skip
def test_a_priority_is_understood_by_its_code_or_by_its_words(told: str, urgency: str) -> None:
    said = read(f"RF1||{told}||||R7^EDIS", PATIENT, "NTE|||x")
    assert (said.urgency, said.problems, said.concern) == (urgency, (), "x")


@pytest.mark.parametrize("told", ["1", "U", "Z^Before the weekend", "R^Within two hours"])
def test_a_priority_that_is_not_understood_is_said_and_shown(told: str) -> None:
    said = read(f"RF1||{told}||||R7^EDIS", PATIENT, "NTE|||x")
    assert any("urgency (RF1-2)" in problem for problem in said.problems)
    assert told.replace("^", " ") in said.concern


def test_of_two_priorities_the_more_urgent_holds_and_a_person_is_told() -> None:
    said = read("RF1||R^Urgent||||R7^EDIS", PATIENT, "NTE|||x")
    assert said.urgency == "urgent"
    assert "The urgency (RF1-2): R Urgent" in said.concern
    first, second = "RF1||R||||R7^EDIS", "RF1||S||||R8^EDIS"
    assert read(first, second, PATIENT, "NTE|||x").urgency == "immediate"


def test_an_admission_says_how_urgent_it_is_where_no_priority_does() -> None:
    def urgency(priority: str, admission: str) -> str:
        return read(f"RF1||{priority}", f"PV1|1|E||{admission}", PATIENT, "NTE|||x").urgency

    assert (urgency("", "E"), urgency("9", "E")) == ("urgent", "urgent")
    assert (urgency("", "9^Emergency"), urgency("", "R")) == ("immediate", "routine")
    assert urgency("9", "R") == "not-stated"


def _of_visit(priority: str) -> str:
    return f"PV2{'|' * 25}{priority}"


def _of_timing(priority: str) -> str:
    return f"TQ1|1{'|' * 8}{priority}"


@pytest.mark.parametrize("field", [_of_visit, _of_timing])
@pytest.mark.parametrize(
    ("told", "urgency"),
    [
        ("S^Stat", "immediate"), ("A", "urgent"), ("R^Routine", "routine"), ("stat", "immediate"),
        ("1^Emergency", "immediate"), ("^Urgent", "urgent"), ("3^Elective", "routine"),
        ("", "not-stated"), ("^Unknown", "not-stated"),
    ],
)  # fmt: skip
def test_a_priority_of_the_timing_or_of_the_visit_is_understood_alike(
    field: Callable[[str], str], told: str, urgency: str
) -> None:
    for referral in ("RF1||||||R7^EDIS", 'RF1||""||||R7^EDIS', "RF1||^Not known||||R7^EDIS"):
        said = read(referral, PATIENT, field(told), "NTE|||x")
        assert (said.urgency, said.problems) == (urgency, ())


@pytest.mark.parametrize(("field", "where"), [(_of_visit, "PV2-25"), (_of_timing, "TQ1-9")])
def test_what_is_not_understood_of_them_is_said_and_shown(
    field: Callable[[str], str], where: str
) -> None:
    said = read(PATIENT, field("Z^Weekend"), "NTE|||x")
    assert said.urgency == "not-stated"
    assert any(f"urgency ({where})" in problem for problem in said.problems)
    assert f"The urgency ({where}): Z Weekend" in said.concern
    assert read(PATIENT, field("9"), "PV1|1|E||R", "NTE|||x").urgency == "not-stated"


@pytest.mark.parametrize(
    ("segments", "urgency", "fields"),
    [
        ((_of_timing("R"), _of_visit("S")), "immediate", "TQ1-9 and PV2-25"),
        (("RF1||R", _of_timing("A")), "urgent", "RF1-2 and TQ1-9"),
        (("RF1||A", _of_visit("R")), "urgent", "RF1-2 and PV2-25"),
        (("RF1||", _of_visit("R"), "PV1|1|E||E"), "urgent", "PV2-25 and PV1-4"),
        (("RF1||S", _of_timing("S"), _of_visit("S")), "immediate", None),
        ((_of_visit("S"), "PV1|1|E||E"), "immediate", None),
        (("RF1||R", "PV1|1|E||E"), "routine", None),
    ],
)
def test_of_priorities_that_differ_the_most_urgent_holds_and_a_person_is_told(
    segments: tuple[str, ...], urgency: str, fields: str | None
) -> None:
    said = read(*segments, PATIENT, "NTE|||x")
    told = f"{fields} do not say the same urgency: the most urgent is taken."
    assert (said.urgency, said.problems) == (urgency, (told,) if fields else ())
    assert ("The urgency: " in said.concern) == bool(fields)


OLD, NEW = "9990000018", "9990000026"


def _numbered(*numbers: str) -> Translation:
    return read(f"PID|1||{'~'.join(numbers)}||Holt^Amira||20160504|F", "NTE|||x")


@pytest.mark.parametrize("expired", ["20260501", "202604", "2025", "20260501120000+0100"])
def test_an_nhs_number_that_has_expired_is_not_the_child_s(expired: str) -> None:
    old, new = f"{OLD}^^^NHS^NH^^20160504^{expired}", f"{NEW}^^^NHS^NH"
    for numbers in ((old, new), (new, old)):
        said = _numbered("H1^^^CITYHOSP^MR", *numbers)
        assert said.children[0].nhs_number == NEW
        assert said.children[0].identifiers == (
            Identifier("CITYHOSP", "H1"), Identifier("nhs (superseded)", OLD),
        )  # fmt: skip
        assert said.problems == ()


def test_an_expired_nhs_number_alone_is_told_and_kept() -> None:
    said = _numbered(f"{OLD}^^^NHS^NH^^^20260501")
    assert said.children[0].nhs_number is None
    assert said.children[0].identifiers == (Identifier("nhs (superseded)", OLD),)
    assert said.problems == ("Patient: only an NHS number that is no longer theirs is given.",)


@pytest.mark.parametrize("expires", ["20300101", f"{RECEIVED:%Y%m%d}", "2026", '""', "soon", "9"])
def test_an_nhs_number_that_is_not_past_its_last_day_is_the_child_s(expires: str) -> None:
    said = _numbered(f"{OLD}^^^NHS^NH^^^{expires}")
    assert (said.children[0].nhs_number, said.problems) == (OLD, ())
