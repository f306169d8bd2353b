"""Is FHIR in XML read as the same thing in JSON is, and can no XML do harm?"""

import json
import socket
from typing import Any

import pytest

from adapters.fhir_xml import NoXml, declared_encoding, resource_of_xml, xml_of
from adapters.reading import Problems
from tests.adapters.messages import format_named, recognised, sent, translated

REFERRAL = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment says nothing -->
<Bundle xmlns="http://hl7.org/fhir">
  <type value="message"/>
  <entry>
    <fullUrl value="urn:uuid:1"/>
    <resource>
      <ServiceRequest>
        <id value="SR1"/>
        <text><status value="additional"/>
          <div xmlns="http://www.w3.org/1999/xhtml"><p>Seen by the nurse.</p><p>It&nbsp;hurt.</p></div>
        </text>
        <contained><Practitioner><id value="p"/><name><family value="Adeyemi"/></name></Practitioner></contained>
        <identifier><value value="BR-7"/></identifier>
        <status value="active"/>
        <priority value="urgent"/>
        <requester><reference value="#p"/></requester>
        <note><text value="Two lines&#10;of words &amp; more"/></note>
      </ServiceRequest>
    </resource>
  </entry>
  <entry>
    <resource>
      <Patient>
        <identifier>
          <extension url="https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus">
            <valueCodeableConcept><coding><code value="01"/></coding></valueCodeableConcept>
          </extension>
          <system value="https://fhir.nhs.uk/Id/nhs-number"/>
          <value value="9990000018"/>
        </identifier>
        <name><family value="Holt"/><given value="Amira"/><given value="May"/></name>
        <gender value="female"/>
        <birthDate value="2016-05-04">
          <extension url="http://hl7.org/fhir/StructureDefinition/patient-birthTime">
            <valueDateTime value="2016-05-04T03:10:00Z"/>
          </extension>
        </birthDate>
        <deceasedBoolean value="false"/>
        <address><line value="1 Mill Lane"/><city value="Town"/><postalCode value="xe1 1aa"/></address>
      </Patient>
    </resource>
  </entry>
</Bundle>"""  # noqa: E501


def value(text: str) -> dict[str, Any]:
    problems = Problems()
    found = resource_of_xml(text, problems)
    assert not problems
    return found


def resource(inside: str) -> dict[str, Any]:
    return value(f'<Patient xmlns="http://hl7.org/fhir">{inside}</Patient>')


def test_a_referral_in_xml_opens_one() -> None:
    assert recognised(REFERRAL) == "fhir-bars"
    said = translated("fhir-bars", REFERRAL)
    assert (said.intent, said.urgency, said.problems) == ("new", "urgent", ())
    assert said.references == ("BR-7", "SR1")
    assert said.referrer.name == "Adeyemi"
    (child,) = said.children
    assert (child.family_name, child.given_name, child.sex) == ("Holt", "Amira", "F")
    assert (child.nhs_number, child.nhs_number_verified) == ("9990000018", True)
    assert child.postcode == "XE1 1AA"
    assert str(child.born_on) == "2016-05-04"
    assert said.concern == (
        "Seen by the nurse.\nIt hurt.\nTwo lines\nof words & more\nOther given names: May"
    )


def test_the_same_message_in_xml_says_the_same_as_in_json() -> None:
    for seed in range(50):
        body = format_named("fhir-bars").example(seed)
        written = xml_of(json.loads(body))
        assert recognised(written) == "fhir-bars"
        assert translated("fhir-bars", written) == translated("fhir-bars", body)


def test_what_is_restricted_or_withdrawn_in_json_is_so_in_xml() -> None:
    told = value(REFERRAL)
    told["entry"][1]["resource"] |= {"meta": {"security": [{"code": "R"}]}}
    (home,) = translated("fhir-bars", xml_of(told)).addresses
    assert home.restricted
    told["entry"][0]["resource"]["status"] = "revoked"
    assert translated("fhir-bars", xml_of(told)).intent == "cancel"


def test_an_element_that_comes_again_is_a_list() -> None:
    assert resource('<name><given value="A"/></name>')["name"] == {"given": "A"}
    two = resource('<name><given value="A"/><given value="B"/></name>')
    assert two["name"]["given"] == ["A", "B"]
    assert resource('<maritalStatus><coding><code value="1"/></coding></maritalStatus>') == {
        "resourceType": "Patient",
        "maritalStatus": {"coding": [{"code": "1"}]},
    }


def test_what_is_said_of_a_value_stands_beside_it() -> None:
    more = '<extension url="x"><valueString value="about"/></extension>'
    told = {"extension": [{"url": "x", "valueString": "about"}]}
    assert resource(f'<birthDate value="2016">{more}</birthDate>') == {
        "resourceType": "Patient", "birthDate": "2016", "_birthDate": told,
    }  # fmt: skip
    assert resource(f"<birthDate>{more}</birthDate>") == {
        "resourceType": "Patient", "_birthDate": told,
    }  # fmt: skip


def test_yes_and_no_are_read_as_such_and_words_stay_words() -> None:
    told = resource('<deceasedBoolean value="true"/><name><text value="true"/></name>')
    assert told["deceasedBoolean"] is True
    assert told["name"] == {"text": "true"}


def test_a_name_that_is_written_in_numbers_turns_no_line_round() -> None:
    title = '<title value="&#x202E;gpj.exe"/>'
    told = resource_of_xml(
        f"<Attachment xmlns='http://hl7.org/fhir'>{title}</Attachment>", Problems()
    )
    assert told["title"] == "gpj.exe"


def test_a_value_between_the_tags_is_read_all_the_same() -> None:
    assert resource("<gender>female</gender>")["gender"] == "female"


def test_a_prefix_of_the_namespace_does_not_matter() -> None:
    body = '<f:Patient xmlns:f="http://hl7.org/fhir"><f:gender value="male"/></f:Patient>'
    assert value(body) == {"resourceType": "Patient", "gender": "male"}
    assert recognised(body) == "fhir-bars"


@pytest.mark.parametrize(
    "encoding", ["iso-8859-1", "utf-16", "utf-16-le", "windows-1252", "utf-8", "utf-8-sig"]
)
def test_the_characters_that_it_declares_are_read(encoding: str) -> None:
    body = REFERRAL.replace("Holt", "Bührle").replace("UTF-8", encoding).encode(encoding)
    said = translated("fhir-bars", body)
    assert said.children[0].family_name == "Bührle"
    assert declared_encoding(REFERRAL.encode()) == "UTF-8"


@pytest.mark.parametrize("encoding", ["klingon", "base64", "utf-7"])
def test_characters_that_are_not_what_it_declares_lose_nothing(encoding: str) -> None:
    said = translated("fhir-bars", REFERRAL.replace("UTF-8", encoding))
    assert said.children[0].family_name == "Holt"


BOMB = '<!DOCTYPE a [<!ENTITY b "ha">' + "".join(
    f'<!ENTITY b{n + 1} "{f"&b{n};" * 10}">' for n in range(12)
).replace("&b0;", "&b;") + "]>"  # fmt: skip
HARMFUL = {
    "a bomb": BOMB + '<Patient xmlns="http://hl7.org/fhir"><gender value="&b12;"/></Patient>',
    "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    '<Patient xmlns="http://hl7.org/fhir"><gender>&b;</gender></Patient>',
    "another's type": '<!DOCTYPE Patient SYSTEM "http://127.0.0.1:PORT/a.dtd">'
    '<Patient xmlns="http://hl7.org/fhir"><gender value="male"/></Patient>',
    "a parameter": '<!doctype a [<!ENTITY % b SYSTEM "http://127.0.0.1:PORT/b"> %b;]>'
    '<Patient xmlns="http://hl7.org/fhir"/>',
}


@pytest.mark.parametrize("case", HARMFUL)
def test_a_document_type_of_its_own_is_never_followed(case: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        body = HARMFUL[case].replace("PORT", str(listening.getsockname()[1]))
        said = translated("fhir-bars", body)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert said.problems == ("The message declares a document type of its own: it was not read.",)
    assert said.intent == "new"
    assert said.concern == body  # as it came: nothing put in, nothing left out


BROKEN = {
    "cut off": REFERRAL[:900],
    "deep": '<Patient xmlns="http://hl7.org/fhir">' + "<a>" * 100_000,
    "deep and whole": '<Patient xmlns="http://hl7.org/fhir">' + "<a>" * 400 + "</a>" * 400
    + "</Patient>",
    "nought": '<Patient xmlns="http://hl7.org/fhir"><gender value="&#0;"/></Patient>',
    "unknown prefix": '<f:Patient><f:gender value="male"/></f:Patient>',
    "two roots": '<Patient xmlns="http://hl7.org/fhir"/><Patient xmlns="http://hl7.org/fhir"/>',
    "markup": "<html><body>please ring me</body></html>",
    "another's": '<Envelope xmlns="urn:other"><Body>please ring me</Body></Envelope>',
    "spaces": "<" + " " * 500_000,
    "declarations": "<?xml " * 100_000,
    "ampersands": '<Patient xmlns="http://hl7.org/fhir"><gender value="' + "&" * 400_000,
    "attributes": "<Patient " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>",
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_whole_fhir_is_kept_with_a_problem(case: str) -> None:
    body = BROKEN[case]
    for each in ("fhir-bars", "fhir-flags", "ers", "gp-connect"):
        (said,) = format_named(each).translate(sent(body))
        assert said.intent == "new"
        assert said.problems
        assert said.concern or case == "attributes"
    recognised(body)


LARGE = {
    "elements": ("<Bundle xmlns='http://hl7.org/fhir'>", "<a/>"),
    "values": ("<Bundle xmlns='http://hl7.org/fhir'><id value='", "a "),
    "flags": ('{"resourceType": "Flag", "note": "', '"resourceType": '),
    "types": ('{"resourceType": "Composition", "note": "', '"type" '),
}


@pytest.mark.parametrize("case", LARGE)
def test_a_part_that_comes_without_end_is_read_in_time(case: str) -> None:
    before, part = LARGE[case]
    for size in (1_000_000, 5_000_000):
        body = before + part * (size // len(part))
        for each in ("fhir-bars", "fhir-flags", "ers", "gp-connect"):
            (said,) = format_named(each).translate(sent(body))
            assert said.problems
        recognised(body)


def test_a_large_message_is_kept_and_not_read() -> None:
    problems = Problems()
    with pytest.raises(NoXml):
        resource_of_xml(REFERRAL + " " * 1024 * 1024, problems)
    assert problems.told() == (
        "The message is larger than 1 MiB: it is kept, but was not read in full.",
    )


def test_an_entity_that_nobody_declared_stays_as_it_was_written() -> None:
    assert resource('<name><text value="A &zqx; B &eacute; &LT;"/></name>')["name"] == {
        "text": "A &zqx; B é <"
    }
