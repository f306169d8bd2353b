"""Is a police notice understood, as an e-mail with labelled lines or as JSON?"""

import base64
import json
import quopri
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from adapters.agencies import police_notice
from adapters.translation import Translation
from tests.adapters.messages import recognised, translated

HEAD = (
    "From: Sam Dow <sam@police.example>\r\nTo: front.door@exampleshire.example\r\n"
    "Date: Wed, 20 May 2026 10:15:00 +0100\r\nMessage-ID: <m1@police.example>\r\n"
    "Subject: Notice\r\n"
)
LINES = (
    "Notice number: PN-1",
    "Incident number: NP-77",
    "Force: North Police",
    "Grade: Priority",
    "Occurred: 20/05/2026 08:30",
    "Officer: PC Sam Dow",
    "Collar number: 1234",
    "Child 1: Amira Holt",
    "Date of birth: 04/05/2016",
    "Sex: F",
    "Adult 1: Jo Holt",
    "Role: mother",
    "Address: 1 Mill Lane, Town, XE1 1AA",
    "Circumstances: Officers found her alone.",
    "She had not eaten.",
)
NOTICE: dict[str, Any] = {
    "notice_id": "PN-1",
    "incident_number": "NP-77",
    "force": "North Police",
    "grade": "standard",
    "officer": {"name": "Sam Dow", "collar_number": "1234"},
    "circumstances": "Officers found her alone.",
    "children": [{"given_name": "Amira", "family_name": "Holt", "date_of_birth": "04/05/2016"}],
    "adults": [{"name": "Jo Holt", "role": "mother"}],
    "addresses": [{"lines": ["1 Mill Lane"], "postcode": "XE1 1AA"}],
}


def mail(*lines: str, head: str = "Content-Type: text/plain; charset=utf-8\r\n") -> str:
    return f"{HEAD}{head}\r\n" + "\r\n".join(lines) + "\r\n"


def by_mail(*lines: str) -> Translation:
    return translated("police-notice", mail(*lines))


def by_json(**more: Any) -> Translation:
    return translated("police-notice", json.dumps(NOTICE | more))


def test_an_email_opens_a_referral() -> None:
    said = by_mail(*LINES)
    assert said.intent == "new"
    assert said.key == "m1@police.example"
    assert said.references == ("PN-1", "NP-77", "m1@police.example")
    assert (said.source, said.urgency, said.consent) == ("6", "urgent", None)
    assert said.happened_at == datetime(2026, 5, 20, 7, 30, tzinfo=UTC)
    assert "Circumstances: Officers found her alone.\nShe had not eaten." in said.concern
    assert said.children[0].born_on == date(2016, 5, 4)
    assert (said.children[0].sex, said.children[0].postcode) == ("F", "XE1 1AA")
    assert (said.adults[0].given_name, said.adults[0].role) == ("Jo", "mother")
    assert said.addresses[0].lines == ("1 Mill Lane", "Town")
    assert said.referrer.name == "PC Sam Dow"
    assert said.referrer.role == "Police officer, collar number 1234"
    assert said.problems == ()


def test_labels_are_read_in_any_order_and_case() -> None:
    shouted = [line.upper() if line.startswith("Notice") else line.lower() for line in LINES]
    said = by_mail(*shouted[7:12], *shouted[:7], *shouted[12:])
    assert said.references[0] == "PN-1"
    assert said.children[0].given_name == "amira"
    assert said.problems == ()


@pytest.mark.parametrize(
    "line",
    [
        "Child: Amira Holt, born 04/05/2016, female, daughter, school Hill School",
        "Child 1: HOLT, Amira, DOB: 04/05/2016; f; daughter; school: Hill School",
        "  * Child 1 : Amira Holt; 04/05/2016; girl; school Hill School; daughter",
    ],
)
def test_a_child_may_be_told_in_one_line(line: str) -> None:
    (child,) = by_mail("Notice number: PN-1", "Circumstances: x", line).children
    assert (child.given_name, child.family_name.title(), child.sex) == ("Amira", "Holt", "F")
    assert child.born_on == date(2016, 5, 4)
    assert (child.school, child.relationship) == ("Hill School", "daughter")


def test_labels_may_name_the_child_themselves() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child 2 name: Kit Holt",
        "Child 1 name: Amira Holt",
        "Child 1 date of birth: 4 May 2016",
        "Child 2 due date: 01/09/2026",
        "Circumstances: x",
    )
    assert {child.given_name: child.born_on or child.due_on for child in said.children} == {
        "Amira": date(2016, 5, 4),
        "Kit": date(2026, 9, 1),
    }


def test_an_unborn_child_has_a_due_date() -> None:
    said = by_mail("Notice number: 1", "Circumstances: x", "Child: Baby Holt, due 01/09/2026")
    assert said.children[0].unborn


def test_lines_without_a_known_label_are_not_lost() -> None:
    said = by_mail("Good morning", "Colour: red", *LINES, "Time: he said: now", "Regards")
    assert all(words in said.concern for words in ("Good morning", "Colour: red", "he said: now"))


@pytest.mark.parametrize("line", ["Police protection (section 46): yes", "S46: taken at 21:30"])
def test_police_protection_is_immediate(line: str) -> None:
    said = by_mail(*LINES, line)
    assert said.urgency == "immediate"
    assert "A constable has taken police protection (section 46)." in said.concern


def test_an_address_may_be_restricted() -> None:
    notice = [line for line in LINES if not line.startswith("Address")]
    for marked in (["Address (restricted): 1 Mill Lane"], [LINES[12], "Address restricted: yes"]):
        said = by_mail(*notice[:-2], *marked, *notice[-2:])
        assert [address.restricted for address in said.addresses] == [True]
        assert said.children[0].postcode is None


def test_a_follow_up_updates_the_first_notice() -> None:
    said = by_mail("Follow-up to: PN-0", *LINES)
    assert (said.intent, said.earlier) == ("update", ("PN-0",))
    said = by_json(notice_id="PN-2", follow_up_to="PN-1")
    assert (said.intent, said.earlier, said.key) == ("update", ("PN-1",), "PN-2")


def test_a_withdrawal_cancels_it() -> None:
    said = translated("police-notice", '{"notice_id": "2", "follow_up_to": "1", "withdrawn": true}')
    assert (said.intent, said.earlier, said.problems) == ("cancel", ("1",), ())


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_any_encoding_of_an_email_is_read(encoding: str, charset: str) -> None:
    text = "\r\n".join(LINES).replace("Amira", "Zoë").encode(charset)
    body = base64.encodebytes(text) if encoding == "base64" else quopri.encodestring(text)
    head = f"{HEAD}Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: "
    said = translated("police-notice", f"{head}{encoding}\r\n\r\n".encode() + body)
    assert said.children[0].given_name == "Zoë"
    assert said.problems == ()


def test_an_email_in_html_alone_is_read() -> None:
    table = "".join(
        f"<tr><td>{label}:</td><td>{value}</td></tr>"
        for label, _, value in (line.partition(": ") for line in LINES[:-1])
    )
    text = mail(f"<style>a{{}}</style><table>{table}</table>", head="Content-Type: text/html\r\n")
    said = translated("police-notice", text)
    assert said.children[0].given_name == "Amira"
    assert said.problems == ()


def test_the_plain_part_is_read_and_attachments_are_told() -> None:
    parts = (
        'Content-Type: multipart/mixed; boundary="X"\r\n\r\n--X\r\nContent-Type: text/plain\r\n\r\n'
        + "\r\n".join(LINES)
        + "\r\n--X\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--X--\r\n"
    )
    said = translated("police-notice", HEAD + parts)
    assert said.children[0].given_name == "Amira"
    assert said.problems == ("An attachment is kept with the message, but not shown here.",)


def test_a_notice_attached_as_text_is_read() -> None:
    parts = (
        'Content-Type: multipart/mixed; boundary="X"\r\n\r\n--X\r\n\r\nPlease see.\r\n--X\r\n'
        'Content-Type: text/plain; name="notice.txt"\r\n\r\n' + "\r\n".join(LINES) + "\r\n--X--\r\n"
    )
    said = translated("police-notice", HEAD + parts)
    assert said.children[0].given_name == "Amira"
    assert said.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_email_with_a_byte_order_mark_is_read(encoding: str) -> None:
    said = translated("police-notice", mail(*LINES).encode(encoding))
    assert said.children[0].given_name == "Amira"


def test_any_other_email_is_kept_for_a_person() -> None:
    said = by_mail("Please ring me about a child.")
    assert said.intent == "new"
    assert said.source is None
    assert said.concern == "Subject: Notice\n\nPlease ring me about a child."
    assert (said.referrer.name, said.referrer.contact) == ("Sam Dow", "sam@police.example")
    assert said.problems == (
        "The message is not laid out as a police notice: a person must read it.",
    )


def test_a_line_of_a_mailbox_file_before_the_headers_is_no_matter() -> None:
    body = "From sam@police.example Wed May 20 10:15:00 2026\n" + mail(*LINES)
    assert recognised(body) == "police-notice"
    assert translated("police-notice", body).children


def test_labelled_lines_without_an_email_are_read_too() -> None:
    body = "\n".join(LINES)
    assert recognised(body) == "police-notice"
    assert translated("police-notice", body).children[0].given_name == "Amira"


def test_json_opens_a_referral() -> None:
    said = by_json()
    assert (said.intent, said.key, said.references) == ("new", "PN-1", ("PN-1", "NP-77"))
    assert (said.source, said.urgency, said.lawful_basis) == ("6", "routine", "duty")
    assert said.adults[0].family_name == "Holt"
    assert said.children[0].postcode == "XE1 1AA"
    assert said.problems == ()


def test_an_adult_is_never_a_child() -> None:
    said = by_json(children=[{"name": "Jo Holt", "date_of_birth": "01/01/1980"}], adults=[])
    assert said.children == ()
    assert said.problems == ("The subject is an adult: no child is named.",)


def test_what_has_no_field_is_told_without_its_content_and_shown_to_a_person() -> None:
    said = by_json(circumstanzes="He hid", grade="very")
    assert "A field looks like “circumstances” misspelled: it was not used." in said.problems
    assert "Notice: grade could not be read." in said.problems
    assert "He hid" in said.concern


@pytest.mark.parametrize("body", ["[]", "{}", '{"age": 1}'])
def test_json_that_is_no_notice_is_shown_as_text(body: str) -> None:
    said = translated("police-notice", body)
    assert said.concern == body
    assert len(said.problems) == 1


def test_the_schema_describes_the_example() -> None:
    assert police_notice.FORMAT.schema is not None
    msgspec.json.decode(police_notice.example(1), type=police_notice.Notice)


def test_both_ways_of_sending_are_among_the_examples() -> None:
    assert police_notice.example(1).startswith(b"{")
    assert police_notice.example(2).startswith(b"From: ")
