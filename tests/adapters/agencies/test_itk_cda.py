"""Is a report of NHS 111 or an ambulance service understood as its clinicians mean it?"""

from base64 import b64encode
from datetime import UTC, date, datetime

import pytest

from adapters.translation import Translation
from domain.described import AddressDescribed, ChildDescribed, Identifier
from tests.adapters.messages import format_named, recognised, sent, translated

NHS = '<id root="2.16.840.1.113883.2.1.4.1" extension="9990000018"/>'
UNTRACED = '<id root="2.16.840.1.113883.2.1.3.2.4.18.23" extension="9990000026"/>'
LOCAL = (
    '<id root="2.16.840.1.113883.2.1.3.2.4.18.24" extension="P7" assigningAuthorityName="XE111"/>'
)
HOME = (
    '<addr use="H"><streetAddressLine>1 Mill Lane</streetAddressLine><city>Millford</city>'
    "<postalCode>XE1 1AA</postalCode></addr>"
)
AMIRA = (
    "<name><given>Amira</given><family>Holt</family></name>"
    '<administrativeGenderCode code="2"/><birthTime value="20160504"/>'
)
SEEN = "<section><title>Case Summary</title><text>He said he was frightened</text></section>"
FORTY_TWO = '<dischargeDispositionCode code="Dx42" displayName="Child protection"/>'


def document(
    *sections: str,
    patient: str = AMIRA,
    role: str = NHS + LOCAL + HOME,
    head: str = "",
    encounter: str = "",
    version: str = '<setId root="SET-1"/><versionNumber value="1"/>',
) -> str:
    body = "".join(f"<component>{each}</component>" for each in sections or (SEEN,))
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="DOC-1"/>'
        f'<effectiveTime value="202605201015+01"/>{version}'
        f"<recordTarget><patientRole>{role}<patient>{patient}</patient></patientRole></recordTarget>"
        f"{head}<componentOf><encompassingEncounter>{encounter}</encompassingEncounter></componentOf>"
        f"<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"
    )


def envelope(*payloads: str, kind: str = "text/xml", tracking: str = "TRACK-1") -> str:
    parts = "".join(
        f'<itk:payload id="p{number}">{each}</itk:payload>'
        for number, each in enumerate(payloads, start=1)
    )
    manifest = "".join(
        f'<itk:manifestitem id="p{number}" mimetype="{kind if number > 1 else "text/xml"}"/>'
        for number in range(1, len(payloads) + 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<itk:DistributionEnvelope xmlns:itk="urn:nhs-itk:ns:201005">'
        f'<itk:header trackingid="{tracking}"><itk:manifest>{manifest}</itk:manifest>'
        '<itk:senderAddress uri="urn:nhs-uk:addressing:ods:XE111"/></itk:header>'
        f"<itk:payloads>{parts}</itk:payloads></itk:DistributionEnvelope></s:Body></s:Envelope>"
    )


def read(whole: str) -> Translation:
    return translated("itk-cda", whole)


def test_a_report_opens_a_referral() -> None:
    said = read(envelope(document(encounter=FORTY_TWO)))
    assert (said.intent, said.key) == ("new", "TRACK-1")
    assert said.references == ("SET-1", "DOC-1", "TRACK-1", "")
    assert (said.urgency, said.concern_codes) == ("urgent", ("Dx42",))
    assert said.concern.splitlines()[:3] == [
        "Case Summary", "He said he was frightened", "Disposition: Child protection (Dx42)",
    ]  # fmt: skip
    assert said.happened_at == datetime(2026, 5, 20, 9, 15, tzinfo=UTC)
    assert said.problems == ()


def test_the_child_is_read_by_its_numbers_and_particulars() -> None:
    (child,) = read(envelope(document())).children
    assert child == ChildDescribed(
        family_name="Holt",
        given_name="Amira",
        born_on=date(2016, 5, 4),
        sex="F",
        nhs_number="9990000018",
        nhs_number_verified=True,
        identifiers=(Identifier("XE111", "P7"),),
        postcode="XE1 1AA",
    )


def test_a_number_that_was_not_traced_is_not_called_verified() -> None:
    (child,) = read(envelope(document(role=UNTRACED))).children
    assert (child.nhs_number, child.nhs_number_verified) == ("9990000026", False)


def test_a_number_that_fails_its_check_is_only_an_identifier() -> None:
    said = read(envelope(document(role=NHS.replace("0018", "0019"))))
    assert said.children[0].nhs_number is None
    assert said.children[0].identifiers == (Identifier("nhs", "9990000019"),)
    assert said.problems == ("Patient: the NHS number fails its check digit.",)


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ("<name>Amira Holt</name>", "Holt", "Amira"),
        ("<name>HOLT, Amira</name>", "HOLT", "Amira"),
        ("<name><family>Holt</family></name>", "Holt", ""),
        ('<name nullFlavor="UNK"/><name><given>Amira</given></name>', "", "Amira"),
    ],
)
def test_a_name_is_read_in_parts_or_in_one_piece(name: str, family: str, given: str) -> None:
    (child,) = read(envelope(document(patient=f'{name}<birthTime value="20160504"/>'))).children
    assert (child.family_name, child.given_name) == (family, given)


def test_what_has_no_field_of_its_own_stands_with_the_concern() -> None:
    role = f'{NHS}<telecom value="tel:020 7946 0001"/><telecom value="mailto:x@y.example"/>'
    role += "<providerOrganization><name>Mill Surgery</name></providerOrganization>"
    patient = (
        "<name><given>Amira</given><given>May</given><family>Holt</family></name>"
        "<name><given>Amy</given><family>Grey</family></name>" + AMIRA.partition("</name>")[2]
    )
    patient += '<languageCommunication><languageCode code="pl"/></languageCommunication>'
    said = read(envelope(document(role=role, patient=patient)))
    for line in (
        "Telephone: 020 7946 0001, x@y.example", "Other given names: May",
        "Also called: Amy Grey", "Language: pl", "Registered with: Mill Surgery",
        "Sender's address in the envelope: XE111",
    ):  # fmt: skip
        assert line in said.concern.splitlines()
    assert said.problems == ()


def test_the_address_in_the_envelope_is_not_the_sender_but_is_shown() -> None:
    said = read(envelope(document()))
    assert said.referrer.organisation == "XE111"
    assert "XE111" in said.concern


def test_the_referrer_is_the_author_who_is_a_person() -> None:
    author = (
        "<author><assignedAuthor><assignedAuthoringDevice/></assignedAuthor></author>"
        '<author><assignedAuthor><code code="NP" displayName="Nurse"/>'
        "<assignedPerson><name><prefix>Dr</prefix><given>Sam</given><family>Dow</family></name>"
        "</assignedPerson><representedOrganization><name>Exshire 111</name>"
        '<telecom value="tel:020 7946 0002"/></representedOrganization></assignedAuthor></author>'
    )
    referrer = read(envelope(document(head=author))).referrer
    assert (referrer.name, referrer.role) == ("Dr Sam Dow", "Nurse")
    assert (referrer.organisation, referrer.contact) == ("Exshire 111", "020 7946 0002")


# ── Versions ──


def test_a_later_version_updates_the_document_of_the_same_set() -> None:
    first = read(envelope(document()))
    later = read(envelope(document(version='<setId root="SET-1"/><versionNumber value="2"/>')))
    assert (later.intent, later.earlier) == ("update", ("SET-1",))
    assert first.references[0] in later.earlier


def test_a_document_that_replaces_another_updates_it() -> None:
    parent = '<parentDocument><id root="DOC-0"/><setId root="SET-0"/></parentDocument>'
    for kind, intent in (("RPLC", "update"), ("APND", "update"), ("XFRM", "new")):
        said = read(
            envelope(
                document(head=f'<relatedDocument typeCode="{kind}">{parent}</relatedDocument>')
            )
        )
        assert said.intent == intent
        assert ("SET-0" in said.earlier) is (intent == "update")


@pytest.mark.parametrize("version", ["", "0", "1", "two", "-3", "٢"])
def test_a_version_that_is_none_is_the_first(version: str) -> None:
    said = read(
        envelope(document(version=f'<setId root="SET-1"/><versionNumber value="{version}"/>'))
    )
    assert said.intent == "new"
    assert bool(said.problems) is (version in {"two", "-3", "٢"})


def test_a_later_version_of_nothing_is_told_to_a_person() -> None:
    said = read(envelope(document(version='<versionNumber value="3"/>')))
    assert said.intent == "new"
    assert any("setId" in problem for problem in said.problems)


def test_the_case_number_is_a_reference_unless_it_is_a_placeholder() -> None:
    root = "2.16.840.1.113883.2.1.3.2.4.18.34"
    number = f'<id root="{root}" extension="{{}}" assigningAuthorityName="XE111"/>'
    said = read(envelope(document(encounter=number.format("C77"))))
    assert said.references == ("SET-1", "DOC-1", "TRACK-1", "", "C77^XE111")
    said = read(envelope(document(encounter=number.format("N/A"))))
    assert said.references == ("SET-1", "DOC-1", "TRACK-1", "")


# ── People ──


def near(name: str, relation: str, born: str = "", kind: str = "PRS", more: str = "") -> str:
    return (
        f'<participant><associatedEntity classCode="{kind}"><code displayName="{relation}"/>{more}'
        f"<associatedPerson><name><given>{name}</given><family>Holt</family></name>"
        f'<birthTime value="{born}"/></associatedPerson></associatedEntity></participant>'
    )


def test_guardian_informant_and_relatives_are_the_household() -> None:
    guardian = (
        '<guardian><code code="MTH"/><telecom value="tel:020 7946 0003"/>'
        f"{HOME}<guardianPerson><name>Sam Holt</name></guardianPerson></guardian>"
    )
    informant = (
        '<informant><relatedEntity><code displayName="Grandparent"/><relatedPerson>'
        "<name>Jo Holt</name></relatedPerson></relatedEntity></informant>"
    )
    said = read(
        envelope(
            document(
                patient=AMIRA + guardian, head=informant + near("Kit", "Sibling", born="20180504")
            )
        )
    )
    assert [(a.given_name, a.role, a.contact) for a in said.adults] == [
        ("Sam", "mother", "020 7946 0003"), ("Jo", "grandparent", None),
    ]  # fmt: skip
    assert [(c.given_name, c.relationship) for c in said.children] == [
        ("Amira", None), ("Kit", "sibling"),
    ]  # fmt: skip
    assert [address.of for address in said.addresses] == [None, "mother"]
    assert said.problems == ()


def test_who_is_there_at_work_is_no_household() -> None:
    manager = near("Pat", "Call centre", kind="ASSIGNED", more='<telecom value="tel:111"/>')
    said = read(envelope(document(head=manager)))
    assert said.adults == ()
    assert "Call centre: Pat Holt, 111" in said.concern


def test_an_adult_is_routed_and_never_a_child() -> None:
    said = read(envelope(document(patient=AMIRA.replace("2016", "1986"))))
    assert said.children == ()
    assert said.adults[0].role == "subject of the message"
    assert said.problems == ("The subject is an adult: no child is named.",)


def test_a_patient_named_as_a_parent_is_no_child() -> None:
    patient = "<name><given>Jo</given><family>Holt</family></name>"
    said = read(envelope(document(patient=patient, head=near("Kit", "Son"))))
    assert [child.given_name for child in said.children] == ["Kit"]
    assert [adult.given_name for adult in said.adults] == ["Jo"]


def test_an_expected_child_is_one_although_the_patient_is_an_adult() -> None:
    due = (
        "<section><text>Booked in</text><entry><observation><code code='11778-8'/>"
        "<value value='20260901'/></observation></entry></section>"
    )
    said = read(envelope(document(due, patient=AMIRA.replace("2016", "1986"))))
    assert [child.due_on for child in said.children] == [date(2026, 9, 1)]


def test_a_child_that_has_died_is_said_first() -> None:
    said = read(envelope(document(patient=f'{AMIRA}<deceasedTime value="20260519"/>')))
    assert "The sender says that the child has died." in said.problems
    assert "The sender says that the child has died (2026-05-19)." in said.concern


@pytest.mark.parametrize("code", ["R", "V"])
def test_a_confidential_document_has_restricted_addresses(code: str) -> None:
    said = read(envelope(document(head=f'<confidentialityCode code="{code}"/>')))
    assert said.addresses[0].restricted
    assert said.children[0].postcode is None


def test_an_address_that_is_withheld_is_restricted() -> None:
    masked = HOME.replace("<addr ", '<addr nullFlavor="MSK" ')
    assert read(envelope(document(role=NHS + masked))).addresses[0].restricted


def test_an_address_is_read_by_parts_or_in_one_piece() -> None:
    street = "<houseNumber>1</houseNumber><streetName>Mill Lane</streetName>"
    parts = f"<addr>{street}<city>Town</city></addr>"
    assert read(envelope(document(role=parts))).addresses == (
        AddressDescribed(lines=("1 Mill Lane", "Town")),
    )
    whole = "<addr>1 Mill Lane, Town</addr>"
    assert read(envelope(document(role=whole))).addresses[0].lines == ("1 Mill Lane, Town",)


def test_where_it_happened_is_an_address_too() -> None:
    place = (
        f"<location><healthCareFacility><location>{HOME}</location></healthCareFacility></location>"
    )
    said = read(envelope(document(role=NHS, encounter=place)))
    assert said.addresses[0].of == "where it happened"


# ── What is told ──


def test_sections_are_told_in_their_order_however_deep() -> None:
    items = "<list><item>a</item><item>b</item></list>"
    inner = f"<section><title>Below</title><text>{items}</text></section>"
    inner = f"<component>{inner}</component>"
    table = "<table><tr><th>Seen:</th><td>alone</td></tr></table>"
    said = read(
        envelope(
            document(
                f"<section><title>Top</title><text><paragraph>one<br/>two</paragraph>{table}</text>{inner}</section>"
            )
        )
    )
    assert said.concern.splitlines()[:7] == [
        "Top", "one", "two", "Seen: alone", "Below", "a", "b",
    ]  # fmt: skip


def test_codes_in_entries_are_strings_and_the_one_for_no_concern_makes_none() -> None:
    entries = "".join(
        f"<entry><observation><code/><value {each}/></observation></entry>"
        for each in (
            'code="702953007"',
            'code="861931000000100" displayName="No safeguarding issues identified"',
            'code="22298006" displayName="Bruise"', 'code="dx42"',
        )
    )  # fmt: skip
    said = read(envelope(document(f"<section><text>x</text>{entries}</section>")))
    assert said.concern_codes == ("702953007",)
    assert "Suspected victim of child neglect (702953007)" in said.concern
    assert "Bruise (22298006)" in said.concern
    assert "No safeguarding issues" not in said.concern


@pytest.mark.parametrize(
    ("code", "urgency"),
    [("Dx012", "immediate"), ("Dx06", "urgent"), ("Dx42", "urgent"), ("Dx10", "routine"),
     ("DispoCodeDx87", "not-stated"), ("Dx01<>", "not-stated"), ("", "not-stated")],
)  # fmt: skip
def test_the_disposition_tells_how_urgent_it_is(code: str, urgency: str) -> None:
    told = code.replace("<", "&lt;")
    said = read(envelope(document(encounter=f'<dischargeDispositionCode code="{told}"/>')))
    assert said.urgency == urgency
    unclear = any("disposition is, is not known" in problem for problem in said.problems)
    assert unclear == (bool(code) and urgency == "not-stated")
    assert code in said.concern or not unclear


def test_text_in_a_part_of_the_payload_is_shown_and_other_parts_are_named() -> None:
    note = b64encode(b"He was seen alone").decode()
    assert "He was seen alone" in read(envelope(document(), note, kind="text/plain")).concern
    said = read(envelope(document(), note, kind="image/jpeg"))
    assert note not in said.concern
    assert "Attachment: image/jpeg" in said.concern
    assert said.problems == ("An attachment is kept with the message, but not shown here.",)


def test_a_picture_in_the_document_is_named() -> None:
    media = (
        "<section><text>x</text><entry><observationMedia><value representation='B64' "
        "mediaType='image/png'>QUJD</value></observationMedia></entry></section>"
    )
    said = read(envelope(document(media)))
    assert "QUJD" not in said.concern
    assert "Attachment: image/png" in said.concern


def test_a_document_in_base64_is_read() -> None:
    packed = b64encode(document().encode()).decode()
    said = read(envelope(packed))
    assert (said.key, said.children[0].given_name) == ("TRACK-1", "Amira")
    assert said.problems == ()


def test_two_documents_are_two_concerns_of_one_message() -> None:
    one, two = format_named("itk-cda").translate(sent(envelope(document(), document())))
    assert (one.key, two.key) == ("TRACK-1", "TRACK-1|2")


def test_a_document_without_an_envelope_is_known_by_its_own_id() -> None:
    said = read(document())
    assert recognised(document()) == "itk-cda"
    assert said.key == "DOC-1"
    assert said.problems == ()


def test_a_document_without_a_word_is_read_by_a_person() -> None:
    said = read(envelope(document("<section/>")))
    assert said.intent == "new"
    assert "No concern is told: read the message as it came." in said.problems


def test_an_envelope_without_a_document_is_kept_under_its_key() -> None:
    said = read(envelope("<other>He was frightened</other>"))
    assert (said.intent, said.key) == ("new", "TRACK-1")
    assert "He was frightened" in said.concern
    assert any("no clinical document" in problem for problem in said.problems)


def test_an_acknowledgement_answers_the_message_whose_tracking_id_it_names() -> None:
    response = (
        '<itk:InfrastructureResponse trackingIdRef="TRACK-1" result="Failure"><itk:errors>'
        "<itk:errorInfo><itk:ErrorText>No such mailbox</itk:ErrorText></itk:errorInfo></itk:errors>"
        "</itk:InfrastructureResponse>"
    )
    said = read(envelope(response, tracking="TRACK-2"))
    assert (said.intent, said.earlier, said.key) == ("correlate", ("TRACK-1",), "TRACK-2")
    assert said.concern == "Answer: Failure\nNo such mailbox"
    assert read(envelope(response.replace("TRACK-1", ""))).intent == "new"


# ── XML that nobody vouches for ──

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">'
    '<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY % d SYSTEM "http://127.0.0.1:9/d.dtd">%d;]>'
)
FRIGHTENED = "He said he was frightened"


@pytest.mark.parametrize("declared", [BOMB, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'])
def test_entities_are_neither_expanded_nor_fetched(declared: str) -> None:
    body = document(f"<section><text>{FRIGHTENED} &b;&f;</text></section>", patient=AMIRA + "&b;")
    said = read(declared + envelope(body).partition("?>")[2])
    assert FRIGHTENED in said.concern
    assert "haha" not in said.concern
    assert said.children[0].given_name == "Amira"
    assert any("document type" in problem for problem in said.problems)


@pytest.mark.parametrize(
    "harm",
    ["<a>" * 5000, "<a " + "x='1' " * 5000 + "/>", "&#0;&#xffff;&nothing;", "]]>", "<![CDATA[",
     "<!--"],
)  # fmt: skip
def test_damage_in_a_document_loses_no_word_before_it(harm: str) -> None:
    said = read(envelope(document(SEEN, f"<section><text>{harm}</text></section>")))
    assert FRIGHTENED in said.concern
    assert said.problems


def test_no_part_of_a_report_is_refused() -> None:
    whole = envelope(document(encounter=FORTY_TWO)).encode()
    for cut in range(0, len(whole), 7):
        (said,) = format_named("itk-cda").translate(sent(whole[:cut]))
        assert said.intent == "new"
        assert said.problems


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_the_characters_are_those_that_are_declared(encoding: str) -> None:
    text = envelope(document(patient=AMIRA.replace("Amira", "Zoë")))
    body = text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    assert recognised(body) == "itk-cda"
    assert read_bytes(body).children[0].given_name == "Zoë"


def test_characters_that_are_not_those_declared_are_guessed_and_told() -> None:
    said = read_bytes(envelope(document(patient=AMIRA.replace("Amira", "Zoë"))).encode("latin-1"))
    assert said.children[0].given_name == "Zoë"
    assert any("Windows-1252" in problem for problem in said.problems)


def read_bytes(body: bytes) -> Translation:
    (said,) = format_named("itk-cda").translate(sent(body))
    return said


def test_more_elements_than_are_read_are_kept() -> None:
    said = read(envelope(document("<section><text>" + "<a/>" * 210_000 + "</text></section>")))
    assert said.problems


def test_other_xml_is_not_taken_for_it() -> None:
    assert not format_named("itk-cda").recognise(sent('<Bundle xmlns="http://hl7.org/fhir"/>'))
    assert not format_named("itk-cda").recognise(sent("see <ClinicalDocument>"))
