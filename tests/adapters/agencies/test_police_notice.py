"""Is a police notice understood, as an e-mail with labelled lines or as JSON?"""

import base64
import json
import quopri
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.agencies import encompass, police_notice
from adapters.labelled import labelled
from adapters.translation import Translation
from tests.adapters.messages import recognised, translated
from tests.mutations import alarmed

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
    assert said.references == ("PN-1", "m1@police.example", "", "NP-77")
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
        "Child 1: Amira Holt born 04/05/2016 (female), daughter, school Hill School",
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
    body = '{"notice_id": "PN-2", "follow_up_to": "PN-1", "withdrawn": true}'
    said = translated("police-notice", body)
    assert (said.intent, said.earlier, said.problems) == ("cancel", ("PN-1",), ())
    said = by_mail("Notice number: PN-1", "Withdrawn: yes", "Circumstances: sent in error")
    assert (said.intent, said.earlier) == ("cancel", ("PN-1",))


def test_a_withdrawal_takes_back_no_other_notice_of_the_same_incident() -> None:
    said = by_mail(*LINES, "Withdrawn: yes")
    assert said.intent == "cancel"
    assert "NP-77" not in (*said.earlier, *said.references)
    assert "NP-77" in said.concern
    replying = mail(*LINES, "Withdrawn: yes", head="In-Reply-To: <other@police.example>\r\n")
    assert translated("police-notice", replying).earlier == ("PN-1",)


def test_a_withdrawal_of_no_notice_is_told_to_a_person() -> None:
    said = by_mail(*LINES[1:], "Withdrawn: yes")
    assert (said.intent, said.earlier) == ("cancel", ())
    assert "It does not say which notice it takes back." in said.problems


# ── A label that comes again ──


def given_names(said: Translation) -> list[str]:
    return [child.given_name for child in said.children]


NUMBER = ("Notice number: PN-1", "Circumstances: x")


@pytest.mark.parametrize(
    "lines",
    [
        ["Child: Amira Holt", "Date of birth: 04/05/2016", "Child: Kit Holt", "DOB: 01/02/2018"],
        ["Child 1: Amira Holt", "DOB: 04/05/2016", "Child 1: Kit Holt", "DOB: 01/02/2018"],
        ["Child: Amira Holt, born 04/05/2016", "Child 1: Kit Holt, born 01/02/2018"],
        ["Child:", "Name: Amira Holt", "DOB: 04/05/2016", "Child:", "Name: Kit Holt",
         "DOB: 01/02/2018"],
        ["Child:", "Name: Amira Holt", "DOB: 04/05/2016", "Name: Kit Holt", "DOB: 01/02/2018"],
        ["Child 1 name: Amira Holt", "Child 1 DOB: 04/05/2016", "Child 1 name: Kit Holt",
         "Child 1 DOB: 01/02/2018"],
        ["Child:", "Given name: Amira", "Surname: Holt", "DOB: 04/05/2016", "Given name: Kit",
         "Surname: Holt", "DOB: 01/02/2018"],
    ],
)  # fmt: skip
def test_a_second_child_is_a_child_of_its_own(lines: list[str]) -> None:
    said = by_mail(*NUMBER, *lines)
    assert [(child.given_name, child.family_name, child.born_on) for child in said.children] == [
        ("Amira", "Holt", date(2016, 5, 4)),
        ("Kit", "Holt", date(2018, 2, 1)),
    ]


def test_a_second_adult_is_an_adult_of_their_own() -> None:
    said = by_mail(*NUMBER, "Adult: Jo Holt", "Role: mother", "Adult: Sam Dow", "Role: father")
    assert [(a.given_name, a.role) for a in said.adults] == [("Jo", "mother"), ("Sam", "father")]


def test_a_child_told_of_twice_in_the_same_words_is_one() -> None:
    said = by_mail(*NUMBER, "Child 1: Amira Holt", "DOB: 04/05/2016", "Child 1: Amira Holt, female")
    assert [(child.given_name, child.sex) for child in said.children] == [("Amira", "F")]


def test_a_name_told_in_parts_after_the_whole_of_it_is_the_same_person() -> None:
    for lines in (["Child: Amira", "Surname: Holt"], ["Child: Amira Holt", "First name: Amira"]):
        (child,) = by_mail(*NUMBER, *lines).children
        assert (child.given_name, child.family_name) == ("Amira", "Holt")


def test_any_other_label_that_comes_again_is_kept_with_a_problem() -> None:
    said = by_mail(*LINES, "Grade: immediate", "Child 1 date of birth: 05/05/2016")
    assert said.urgency == "urgent"
    assert said.children[0].born_on == date(2016, 5, 4)
    assert "grade is told twice: the other one is shown with the concern." in said.problems
    assert "grade: immediate" in said.concern
    assert "date of birth: 05/05/2016" in said.concern


def test_of_two_answers_the_more_careful_one_holds() -> None:
    said = by_mail(*LINES, "Withdrawn: yes", "Withdrawn: no", "S46: no", "S46: yes")
    assert (said.intent, said.urgency) == ("new", "immediate")
    assert len(said.problems) == 2


# ── What others wrote ──


def test_a_quoted_line_is_never_a_label_and_never_lost() -> None:
    quoted = ("> Child 1: Kit Grey", "> Withdrawn: yes", ">> Follow-up to: PN-0")
    said = by_mail(*LINES, *quoted)
    assert (said.intent, given_names(said)) == ("new", ["Amira"])
    assert all(line in said.concern for line in quoted)


@pytest.mark.parametrize(
    "head",
    [
        ["-----Original Message-----"],
        ["---------- Forwarded message ---------"],
        ["Begin forwarded message:"],
        ["________________________________"],
        ["On Tue, 19 May 2026 at 10:15, Sam Dow <sam@police.example> wrote:"],
        ["From: Sam Dow", "Sent: 19 May 2026 10:15", "Subject: Notice"],
        ["From: Sam Dow", "", "Date: 19 May 2026 10:15"],
    ],
)
def test_an_earlier_message_below_is_never_read_as_labels(head: list[str]) -> None:
    earlier = ("Child 1: Kit Grey", "Withdrawn: yes", "Notice number: PN-0")
    said = by_mail(*LINES, "", *head, "", *earlier)
    assert (said.intent, given_names(said)) == ("new", ["Amira"])
    assert said.references[0] == "PN-1"
    assert all(line in said.concern for line in earlier)


def test_an_answer_below_the_lines_it_quotes_is_read() -> None:
    said = by_mail("On Tuesday Jo Dow wrote:", "> Withdrawn: yes", "", *LINES)
    assert (said.intent, given_names(said)) == ("new", ["Amira"])
    assert "> Withdrawn: yes" in said.concern


def test_a_forwarded_notice_alone_is_kept_whole_for_a_person() -> None:
    said = by_mail("Please see below.", "-----Original Message-----", *LINES)
    assert said.children == ()
    assert "Child 1: Amira Holt" in said.concern
    assert len(said.problems) == 1


# ── What is no name ──


@pytest.mark.parametrize(
    "words",
    [
        "ran away and told us father hits her",
        "She was hit.",
        "ran away, told us father hits her",
        "seen with 3 bruises",
        "Amira " * 12,
    ],
)
def test_a_sentence_is_no_name(words: str) -> None:
    for line in (f"Child: {words}", f"Child 2: {words}"):
        said = by_mail(*NUMBER, line)
        assert said.children == ()
        assert any("is not a name" in problem for problem in said.problems)
        assert " ".join(words.split()) in " ".join(said.concern.split())


@pytest.mark.parametrize("label", ["name", "first name", "surname"])
def test_a_sentence_is_no_name_under_any_label(label: str) -> None:
    said = by_mail(*NUMBER, f"Child 2 {label}: ran away and told us father hits her")
    assert said.children == ()
    assert any("is not a name" in problem for problem in said.problems)
    assert "ran away and told us father hits her" in said.concern


def test_a_sentence_in_json_is_no_name() -> None:
    sentence = "ran away and told us father hits her"
    said = by_json(children=[{"name": sentence}, {"given_name": "Kit", "family_name": sentence}])
    assert [(child.given_name, child.family_name) for child in said.children] == [("Kit", "")]
    assert "Child 1: the name is not a name: it is shown with the concern." in said.problems
    assert said.concern.count(sentence) == 2


def test_what_follows_a_sentence_is_still_the_childs() -> None:
    said = by_mail(*NUMBER, "Child: she told us that father hits her", "Date of birth: 04/05/2016")
    assert [child.born_on for child in said.children] == [date(2016, 5, 4)]


def test_nobody_is_no_child() -> None:
    said = by_mail(*LINES, "Child 2: none", "Child 3: N/A", "Adult 2: -")
    assert (given_names(said), len(said.adults), said.problems) == (["Amira"], 1, ())


def test_a_name_may_hold_a_title_and_an_initial() -> None:
    said = by_mail(*NUMBER, "Adult: Mr. J. Holt", "Child: Mary Anne van der Holt")
    assert (said.adults[0].given_name, said.adults[0].family_name) == ("Mr. J.", "Holt")
    assert said.children[0].family_name == "Holt"


def test_whatever_is_taken_into_no_field_is_in_the_concern() -> None:
    said = by_mail(
        "Occurred: last Tuesday",
        *(line for line in LINES if not line.startswith("Occurred")),
        "Child 2: Kit Holt, seen crying by the neighbour next door, sex: ?",
        "Child 2 date of birth: about 2019",
        "Child 2 sex: seems a boy",
        "Child 2 due date: in spring",
        "Child 2 contact: 020 7946 0003",
    )
    for words in ("last Tuesday", "seen crying by the neighbour next door", "about 2019",
                  "seems a boy", "in spring", "020 7946 0003"):  # fmt: skip
        assert words in said.concern


# ── Numbers that are none ──

PLACEHOLDERS = ("N/A", "none", "unknown", "-", "0", "1", "tbc", "000", "Not known", "xxx")


@pytest.mark.parametrize("number", PLACEHOLDERS)
def test_a_placeholder_is_no_reference(number: str) -> None:
    said = by_json(incident_number=number)
    assert said.references == ("PN-1",)
    assert number in said.concern
    said = by_json(notice_id=number, follow_up_to=number)
    assert (said.intent, said.key, said.references) == ("new", None, ("", "NP-77"))
    assert any("notice number is missing" in problem for problem in said.problems)


# ── Who is a child ──


@pytest.mark.parametrize(
    "lines",
    [
        ["Person 2: Kit Holt", "Age: 7"],
        ["Person 2: Kit Holt, aged 7"],
        ["Person 2: Kit Holt, 7 years old"],
        ["Person 2: Kit Holt", "Age: 9 months"],
        ["Person 2: Kit Holt", "Role: child"],
    ],
)
def test_a_person_said_to_be_a_child_is_one(lines: list[str]) -> None:
    said = by_mail(*NUMBER, *lines)
    assert [(child.given_name, child.born_on) for child in said.children] == [("Kit", None)]
    assert not any("adult" in problem for problem in said.problems)
    assert any("birth date is" in problem for problem in said.problems)


def test_a_person_of_an_adults_age_is_an_adult() -> None:
    said = by_mail(*LINES, "Person 2: Sam Grey", "Age: 34")
    assert given_names(said) == ["Amira"]
    assert "age 34" in said.concern
    assert said.problems == ()


def test_people_of_no_told_age_are_not_called_adults() -> None:
    said = by_mail(*NUMBER, "Person 1: Jo Holt")
    assert said.problems == (
        "No child is named: a person must find out whom the concern is about.",
    )


def test_two_unborn_children_without_a_name_are_two() -> None:
    said = by_mail(*NUMBER, "Child 1: due 01/09/2026", "Child 2: due 01/09/2026")
    assert [child.due_on for child in said.children] == [date(2026, 9, 1)] * 2


# ── What the police do not say ──


@pytest.mark.parametrize("answer", ["n/a", "N/A", "no", "none", "not taken"])
def test_police_protection_that_was_not_taken_is_none(answer: str) -> None:
    said = by_mail(*LINES, f"Police protection: {answer}")
    assert said.urgency == "urgent"
    assert "A constable has taken police protection" not in said.concern


def test_a_duty_is_claimed_only_for_the_police() -> None:
    said = by_json(force="", officer={"name": "Sam Dow"}, incident_number="")
    assert (said.source, said.lawful_basis) == (None, None)


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


@pytest.mark.parametrize(
    "cells",
    [
        "<tr><td>{0}:</td><td>{1}</td></tr>",
        "<tr><th>{0}:</th><td>{1}</td></tr>",
        "<tr>\r\n<td><p><b>{0}:</b></p></td>\r\n<td><p>{1}</p></td></tr>",
        "<td>{0}: </td><td><div>{1}</div></td>",
    ],
)
def test_a_table_of_labels_and_values_is_read(cells: str) -> None:
    pairs = [line.partition(": ")[::2] for line in LINES[:-1]]
    table = "".join(cells.format(label, value) for label, value in pairs)
    text = mail(f"<table>{table}</table>", head="Content-Type: text/html\r\n")
    said = translated("police-notice", text)
    assert given_names(said) == ["Amira"]
    assert said.children[0].born_on == date(2016, 5, 4)
    assert said.references[0] == "PN-1"
    assert "Circumstances: Officers found her alone." in said.concern
    assert said.problems == ()


def test_a_notice_sent_on_as_a_message_is_not_read_as_our_own() -> None:
    parts = (
        'Content-Type: multipart/mixed; boundary="X"\r\n\r\n--X\r\n\r\n'
        + "\r\n".join(LINES)
        + "\r\n--X\r\nContent-Type: message/rfc822\r\n\r\nSubject: a\r\n\r\n"
        + "Child 1: Kit Grey\r\nWithdrawn: yes\r\n--X--\r\n"
    )
    said = translated("police-notice", HEAD + parts)
    assert (said.intent, given_names(said)) == ("new", ["Amira"])
    assert "Child 1: Kit Grey" in said.concern


def test_the_plain_part_is_read_and_attachments_are_told() -> None:
    parts = (
        'Content-Type: multipart/mixed; boundary="X"\r\n\r\n--X\r\nContent-Type: text/plain\r\n\r\n'
        + "\r\n".join(LINES)
        + "\r\n--X\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--X--\r\n"
    )
    said = translated("police-notice", HEAD + parts)
    assert said.children[0].given_name == "Amira"
    assert "Attachment: without a name (application/pdf, 4 bytes)" in said.concern
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
    assert (said.intent, said.key, said.references) == ("new", "PN-1", ("PN-1", "", "NP-77"))
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


HELD = [line for line in LINES if not line.startswith("Address")]


@pytest.mark.parametrize(
    "written",
    [
        "Address (do not disclose to father): 9 Elm Row, Town, XE9 9ZZ",
        "Address [refuge]: 9 Elm Row, Town, XE9 9ZZ",
        "Address - not for the father: 9 Elm Row, Town, XE9 9ZZ",
        "Home address (please keep from Mr Holt, refuge): 9 Elm Row, Town, XE9 9ZZ",
        "Confidential address: 9 Elm Row, Town, XE9 9ZZ",
        "Address: 9 Elm Row, Town, XE9 9ZZ (CONFIDENTIAL)",
        "Address: 9 Elm Row, Town XE9 9ZZ - do not disclose to father",
        "Address: CONFIDENTIAL: 9 Elm Row, Town, XE9 9ZZ",
        "Address: (refuge) 9 Elm Row, Town, XE9 9ZZ",
        "Address: 9 Elm Row, Town, XE9 9ZZ\nRestricted: Confidential",
        "Address: 9 Elm Row, Town, XE9 9ZZ\nAddress restricted: Yes - refuge",
        "Address restricted: yes\nAddress: 9 Elm Row, Town, XE9 9ZZ",
    ],
)
def test_an_address_is_restricted_in_whatever_words(written: str) -> None:
    said = by_mail(*HELD, *written.split("\n"))
    (address,) = said.addresses
    assert (address.lines, address.postcode) == (("9 Elm Row", "Town"), "XE9 9ZZ")
    assert address.restricted
    assert {child.postcode for child in said.children} == {None}
    remark = re.search(r"do not disclose to father|refuge|not for the father", written)
    assert remark is None or remark[0] in said.concern
    assert "Elm Row" not in said.concern


@pytest.mark.parametrize(
    "written",
    [
        "Address: 9 Elm Row (flat 2), Town, XE9 9ZZ",
        "Mother's address: 9 Elm Row, Town, XE9 9ZZ",
        "Address (mother): 9 Elm Row, Town, XE9 9ZZ",
        "Address: 9 Elm Row, Town, XE9 9ZZ\nAddress restricted: no",
        "Address: 9 Elm Row, Town, XE9 9ZZ\nConfidential: this e-mail is for its addressee and "
        "for nobody else",
    ],
)
def test_an_address_beside_which_nobody_asks_for_care_is_not_restricted(written: str) -> None:
    (address,) = by_mail(*HELD, *written.split("\n")).addresses
    assert (address.restricted, address.postcode) == (False, "XE9 9ZZ")


def test_a_sentence_that_names_an_address_is_none() -> None:
    said = by_mail(*LINES, "He came to her sister's address: she let him in")
    assert len(said.addresses) == 1
    assert "she let him in" in said.concern


HOUSE = ("99 Canal Terrace", "Southwell Park")


@pytest.mark.parametrize(
    "line",
    [
        "born 22/09/2020, F, 99 Canal Terrace, Southwell Park, XE3 1JY",
        "born 22/09/2020; F; 99 Canal Terrace; Southwell Park; XE3 1JY",
        "born 22/09/2020, F, 99 Canal Terrace, Southwell Park, xe31jy",
        "born 22/09/2020, F, 99 Canal Terrace, Southwell Park XE3 1JY",
        "born 22/09/2020 of 99 Canal Terrace, Southwell Park, XE3 1JY, F",
        "of 99 Canal Terrace, Southwell Park, XE3 1JY, born 22/09/2020, F",
        "born 22/09/2020, F, address: 99 Canal Terrace, Southwell Park, XE3 1JY",
        "born 22/09/2020, F, home address 99 Canal Terrace, Southwell Park, postcode: XE3 1JY",
        "born 22/09/2020, F, lives at 99 Canal Terrace, Southwell Park, XE3 1JY",
        "(born 22/09/2020), F, living at 99 Canal Terrace (Southwell Park) XE3 1JY",
        "99 Canal Terrace, Southwell Park, XE3 1JY, born 22/09/2020, F, lives with her aunt",
    ],
)
def test_an_address_in_a_childs_line_is_an_address(line: str) -> None:
    for said in (
        by_mail("Notice number: PN-1", f"Child: Yasmin Clough, {line}", "Circumstances: Hurt."),
        by_mail("Notice number: PN-1", f"Child: Yasmin Clough {line}", "Circumstances: Hurt."),
    ):
        (child,), (address,) = said.children, said.addresses
        assert (child.given_name, child.family_name) == ("Yasmin", "Clough")
        assert (child.born_on, child.sex) == (date(2020, 9, 22), "F")
        assert (child.relationship, child.postcode) == (None, "XE3 1JY")
        assert (address.lines[:2], address.postcode, address.of) == (HOUSE, "XE3 1JY", "Child 1")
        for part in (*HOUSE, "Canal", "XE3", "1JY", "xe31jy"):
            assert part not in f"{said.concern}{said.problems}"


@pytest.mark.parametrize(
    "line",
    [
        "Flat 3, 99 Canal Terrace, Southwell",
        "Flat 3 99 Canal Terrace",
        "99, Canal Terrace, Southwell Park",
        "99a Canal Terrace",
        "Southwell Park, Rose Cottage",
        "address 99 Canal Terrace, the blue door, speaks no English",
        "Southwell, XE3 1JY",
        "Southwell, the old mill, xe31jy, England",
        "lives at the old mill in Southwell",
        "who lives with her aunt at 99 Canal Terrace",
        "No fixed abode; Southwell, XE3 1JY",
    ],
)
@pytest.mark.parametrize("before", ["Yasmin Clough, born 22/09/2020", "unknown", "Yasmin Clough"])
def test_no_part_of_an_address_stands_in_the_concern(before: str, line: str) -> None:
    for label in ("Child", "Adult 2"):
        said = by_mail("Notice number: PN-1", f"{label}: {before}, {line}", "Circumstances: Hurt.")
        assert len(said.addresses) == 1
        told = f"{said.concern}{said.problems}{said.children}{said.adults}"
        for word in ("Canal", "Southwell", "99", "Flat", "Cottage", "mill", "blue"):
            assert word not in told
        assert "1JY" not in f"{said.concern}{said.problems}"


def test_a_sentence_with_an_address_is_kept_with_the_address() -> None:
    told = "She rang us. She lives at 99 Canal Terrace, Southwell, XE3 1JY! Go there."
    said = by_mail("Notice number: PN-1", f"Child: {told}", "Circumstances: Hurt.")
    assert "Canal" not in f"{said.concern}{said.problems}{said.children}"
    assert "Canal" in str(said.addresses)
    assert any("is not a name" in each for each in said.problems)


def test_a_number_that_may_be_a_house_or_a_count_is_told() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child: Yasmin Clough, born 22/09/2020, 2 bruises on the arm",
        "Circumstances: Hurt.",
    )
    assert said.addresses[0].lines == ("2 bruises on the arm",)
    assert said.problems == (
        "Child 1: a part of the line could not be read: it is kept with the address.",
    )


def test_each_persons_address_is_their_own() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child 1: Yasmin Clough, born 22/09/2020, 99 Canal Terrace, XE3 1JY",
        "Child 2: Adam Clough, born 22/09/2018, 99 Canal Terrace, XE3 1JY",
        "Adult: Jo Holt, mother, 1 Mill Lane, XE1 1AA",
        "Child 3: Zoe Holt, born 22/09/2019",
        "Circumstances: Hurt.",
    )
    assert [each.postcode for each in said.children] == ["XE3 1JY", "XE3 1JY", None]
    assert [(each.of, each.postcode) for each in said.addresses] == [
        ("Child 1, Child 2", "XE3 1JY"),
        ("Person 1", "XE1 1AA"),
    ]
    assert said.adults[0].role == "mother"


def test_two_children_under_one_label_have_each_their_own_address() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child: Yasmin Clough, born 22/09/2020, 99 Canal Terrace, XE3 1JY",
        "Child: Adam Holt, born 22/09/2018, 1 Mill Lane, XE1 1AA",
        "Circumstances: Hurt.",
    )
    assert [each.postcode for each in said.children] == ["XE3 1JY", "XE1 1AA"]
    assert [each.of for each in said.addresses] == ["Child 1", "Child 2"]


@pytest.mark.parametrize("remark", ["(confidential)", "not to be disclosed", "refuge"])
def test_an_address_in_a_persons_line_is_restricted_by_what_is_said_beside_it(remark: str) -> None:
    said = by_mail(
        "Notice number: PN-1",
        f"Child: Yasmin Clough, born 22/09/2020, 99 Canal Terrace {remark}, XE3 1JY",
        "Circumstances: Hurt.",
    )
    assert said.addresses[0].restricted
    assert said.children[0].postcode is None
    assert "Canal" not in said.concern


@pytest.mark.parametrize(
    "role",
    ["mother", "step-father", "Half brother", "older sister", "mother's partner", "maternal aunt",
     "sibling", "suspect", "alleged perpetrator", "mother of Yasmin", "relationship: sister"],
)  # fmt: skip
def test_a_known_word_is_a_relationship(role: str) -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child: Yasmin Clough, born 22/09/2020",
        f"Person: Jo Holt, born 22/09/1990, {role}",
        "Circumstances: Hurt.",
    )
    assert said.adults[0].role == role.removeprefix("relationship: ")
    assert not said.problems


def test_what_is_no_relationship_is_told_and_shown_with_the_concern() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child: Yasmin Clough, born 22/09/2020, speaks Polish",
        "Circumstances: Hurt.",
    )
    assert said.children[0].relationship is None
    assert "Child 1: speaks Polish" in said.concern
    assert said.problems == (
        "Child 1: a part of the line could not be read: it is shown with the concern.",
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["Address: 99 Canal Terrace,", "Southwell Park", "XE3 1JY"],
        ["Address:", "99 Canal Terrace", "Southwell Park", "XE3 1JY"],
        ["Lives at: 99 Canal Terrace, Southwell Park, XE3 1JY"],
        ["Child 1 address: 99 Canal Terrace, Southwell Park, XE3 1JY"],
        ["Child's address: 99 Canal Terrace, Southwell Park, XE3 1JY"],
        ["99 Canal Terrace", "Southwell Park", "XE3 1JY"],
    ],
)
def test_an_address_on_lines_of_its_own_is_an_address(lines: list[str]) -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child 1: Yasmin Clough, born 22/09/2020",
        *lines,
        "",
        "Seen by: the neighbour",
        "Circumstances: Hurt.",
    )
    (address,) = said.addresses
    assert (address.lines, address.postcode) == (HOUSE, "XE3 1JY")
    assert said.children[0].postcode == "XE3 1JY"
    assert "Canal" not in said.concern
    assert "Seen by: the neighbour" in said.concern


def test_what_stands_beside_an_address_and_is_none_is_told() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child: Yasmin Clough, born 22/09/2020, 99 Canal Terrace, XE3 1JY, speaks Polish",
        "Circumstances: Hurt.",
    )
    assert said.problems == (
        "Child 1: a part of the line could not be read: it is kept with the address.",
    )
    assert "speaks Polish" in said.addresses[0].lines


def test_what_follows_a_whole_address_is_no_part_of_it() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child 1: Yasmin Clough, born 22/09/2020",
        "Address: 99 Canal Terrace, Southwell Park",
        "XE3 1JY",
        "Good morning",
        "I went to 12 High Street at nine and saw the child alone.",
        "Circumstances: Hurt.",
    )
    assert [each.lines for each in said.addresses] == [HOUSE]
    assert "Good morning\nI went to 12 High Street" in said.concern


def test_an_address_is_restricted_by_the_line_below_it() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child 1: Yasmin Clough, born 22/09/2020",
        "Address: 99 Canal Terrace",
        "do not disclose",
        "XE3 1JY",
        "Circumstances: Hurt.",
    )
    assert said.addresses[0].restricted
    assert said.children[0].postcode is None


def test_a_relative_with_an_address_is_a_person_under_whatever_label() -> None:
    said = by_mail(
        "Notice number: PN-1",
        "Child 1: Yasmin Clough, born 22/09/2020, 99 Canal Terrace,",
        "Southwell Park",
        "XE3 1JY",
        "Mother: Jo Holt, 1 Mill Lane",
        "Whereabouts: Southwell, XE9 9ZZ",
        "Circumstances: Hurt.",
    )
    assert [(each.given_name, each.role) for each in said.adults] == [("Jo", "Mother")]
    assert [(each.lines[0], each.of) for each in said.addresses][:2] == [
        ("99 Canal Terrace", "Child 1"),
        ("1 Mill Lane", "Person 1"),
    ]
    assert said.children[0].postcode == "XE3 1JY"
    assert said.concern == "Circumstances: Hurt."
    assert "A line with an unknown label was kept as an address." in said.problems


# ── Domestic abuse ──

ABUSE = (
    *LINES[:7],
    "Notice type: Domestic abuse",
    "DASH risk: High",
    "Relationship between victim and perpetrator: former partners",
    "Children present: yes",
    "Child 1: Amira Holt, born 04/05/2016",
    "Victim: Jo Holt, born 01/02/1990, mother",
    "Perpetrator: Sam Grey, born 01/02/1988",
    "Address: 1 Mill Lane, Town, XE1 1AA",
    "Perpetrator's address: 9 Elm Row, Town, XE9 9ZZ",
    "Circumstances: She was pushed.",
)


def told_alike(said: Translation) -> None:
    """What a notice of domestic abuse says, by whichever way it came."""
    for words in (
        "Type of notice: Domestic abuse",
        "Risk of domestic abuse (DASH): high",
        "Victim and perpetrator: former partners",
        "Children present: yes",
        "Circumstances: She was pushed.",
    ):
        assert words in said.concern
    assert [(each.given_name, each.role) for each in said.adults] == [
        ("Jo", "victim, mother"),
        ("Sam", "perpetrator"),
    ]
    assert [(each.postcode, each.restricted) for each in said.addresses] == [
        ("XE1 1AA", True),
        ("XE9 9ZZ", False),
    ]
    assert [child.postcode for child in said.children] == [None]
    assert "Mill Lane" not in f"{said.concern}{said.problems}"
    assert said.problems == ()


def test_domestic_abuse_tells_the_risk_and_who_is_who_and_hides_the_victim() -> None:
    told_alike(by_mail(*ABUSE))


def test_domestic_abuse_in_json_says_the_same() -> None:
    adults = [
        {"name": "Jo Holt", "role": "victim, mother"},
        {"name": "Sam Grey", "role": "perpetrator"},
    ]
    addresses = [
        {"lines": ["1 Mill Lane"], "postcode": "XE1 1AA", "of": "victim"},
        {"lines": ["9 Elm Row"], "postcode": "XE9 9ZZ", "of": "perpetrator"},
    ]
    told_alike(
        by_json(
            notice_type="Domestic abuse",
            circumstances="She was pushed.",
            domestic_abuse={
                "dash_risk": "high",
                "relationship": "former partners",
                "children_present": "yes",
            },
            adults=adults,
            addresses=addresses,
        )
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["Victim: Jo Holt, 9 Elm Row, Town, XE9 9ZZ"],
        ["Victim: Jo Holt", "Victim's address: 9 Elm Row, Town, XE9 9ZZ"],
        ["Victim 1: Jo Holt", "Address (victim): 9 Elm Row, Town, XE9 9ZZ"],
        ["Person 1: Jo Holt, victim, 9 Elm Row, Town, XE9 9ZZ"],
    ],
)
def test_where_a_victim_lives_is_restricted_in_any_notice(lines: list[str]) -> None:
    said = by_mail(*HELD, *lines)
    assert [(each.postcode, each.restricted) for each in said.addresses] == [("XE9 9ZZ", True)]
    assert said.children[0].postcode is None
    assert "Elm Row" not in said.concern


@pytest.mark.parametrize("kind", ["Domestic violence report", "DASH", "Domestic incident"])
def test_a_notice_of_domestic_abuse_hides_where_the_child_lives(kind: str) -> None:
    said = by_mail(*LINES, f"Notice type: {kind}")
    assert [each.restricted for each in said.addresses] == [True]
    assert [each.restricted for each in by_mail(*LINES, "Notice type: Theft").addresses] == [False]


def test_a_child_who_is_a_victim_is_a_child() -> None:
    said = by_mail(*NUMBER, "Victim: Kit Holt, born 04/05/2016", "Suspect: Sam Grey")
    assert given_names(said) == ["Kit"]
    assert [each.role for each in said.adults] == ["suspect"]


# ── A missing child ──

MISSING = (
    *LINES[:4],
    *LINES[5:7],
    "Notice type: Missing child",
    "Missing child: Amira Holt, born 04/05/2016",
    "Missing from: 1 Rose Court, Town, XE1 1AA",
    "Missing since: 19/05/2026 21:00",
    "Reported missing: 19/05/2026 23:10",
    "Missing risk: medium",
    "Circumstances: She left by the back door.",
)


def test_a_missing_child_is_told_with_where_from_and_since_when() -> None:
    said = by_mail(*MISSING)
    (child,), (address,) = said.children, said.addresses
    assert (child.given_name, child.relationship, child.postcode) == (
        "Amira",
        "missing child",
        None,
    )
    assert said.happened_at == datetime(2026, 5, 19, 20, 0, tzinfo=UTC)
    assert (address.lines, address.postcode, address.of) == (
        ("1 Rose Court", "Town"),
        "XE1 1AA",
        "missing from",
    )
    for words in ("Missing since: 19/05/2026 21:00", "Risk while missing: medium"):
        assert words in said.concern
    assert "Rose Court" not in said.concern
    assert said.problems == ()


@pytest.mark.parametrize("place", ["home", "School", "foster placement", "a friend's party"])
def test_a_kind_of_place_is_no_address(place: str) -> None:
    said = by_mail(*(line for line in MISSING if "from:" not in line), f"Missing from: {place}")
    assert said.addresses == ()
    assert f"Missing from: {place}" in said.concern


def test_a_place_is_restricted_by_what_is_said_beside_it() -> None:
    said = by_json(missing={"found_at": "9 Elm Row, XE9 9ZZ (refuge)", "since": "1 May"})
    place = said.addresses[-1]
    assert (place.of, place.restricted) == ("found at", True)
    assert "refuge" in said.concern
    assert "Elm Row" not in said.concern
    assert "The time of going missing is not a whole date and time." in said.problems


def test_a_return_updates_the_notice_and_tells_of_the_interview() -> None:
    said = by_mail(
        "Notice number: PN-2",
        "Follow-up to: PN-1",
        "Missing child: Amira Holt, born 04/05/2016",
        "Returned: 20/05/2026 03:30",
        "Found at: school",
        "Return home interview: offered for 22/05/2026",
    )
    assert (said.intent, said.earlier) == ("update", ("PN-1",))
    for words in (
        "Returned: 20/05/2026 03:30",
        "Found at: school",
        "Return interview: offered for 22/05/2026",
    ):
        assert words in said.concern
    assert said.problems == ()


def test_a_missing_child_in_json_says_the_same() -> None:
    said = by_json(
        notice_type="Missing child",
        missing={"missing_from": "home", "since": "2026-05-19T21:00:00+01:00", "risk": "high"},
    )
    assert said.happened_at == datetime(2026, 5, 19, 20, 0, tzinfo=UTC)
    assert "Missing from: home" in said.concern
    assert said.problems == ()


def test_a_notice_of_before_is_valid_still() -> None:
    schema = police_notice.FORMAT.schema or {}
    told = schema["$defs"]["Notice"]
    assert not told.get("required")
    assert {"domestic_abuse", "missing"} <= set(told["properties"])
    before = msgspec.convert(NOTICE, police_notice.Notice)
    assert (before.missing, before.domestic_abuse) == (
        police_notice.Missing(),
        police_notice.DomesticAbuse(),
    )


@pytest.mark.parametrize(
    ("lines", "urgency"),
    [
        (("Grade: High",), "urgent"),
        (("Grade: Emergency",), "immediate"),
        (("DASH risk: High",), "urgent"),
        (("DASH risk: Standard",), "routine"),
        (("DASH risk: Medium", "Grade: standard"), "routine"),
        (("Missing risk: High",), "immediate"),
        (("Missing risk: High", "Returned: 20/05/2026 08:00"), "urgent"),
        (("Missing risk: Low",), "routine"),
        (("Missing risk: no apparent risk",), "routine"),
        (("Police protection: yes", "Grade: standard"), "immediate"),
    ],
)
def test_a_grade_or_a_graded_risk_is_the_urgency(lines: tuple[str, ...], urgency: str) -> None:
    said = by_mail("Notice number: PN-9", "Incident number: NP-9", "Child 1: Amira Holt", *lines)
    assert said.urgency == urgency


@pytest.mark.parametrize("line", ["Missing risk: purple", "Grade: purple", "DASH risk: purple"])
def test_a_risk_that_is_not_understood_is_said_and_shown(line: str) -> None:
    said = by_mail("Notice number: PN-9", "Incident number: NP-9", "Child 1: Amira Holt", line)
    assert said.urgency == "not-stated"
    assert any(word in problem for problem in said.problems for word in ("risk", "grade"))
    assert "purple" in said.concern


PLAINLY = (
    "MISSING PERSON REPORT (CHILD)",
    "Reference: MP/26/1188",
    "Name: Kit Holt",
    "DOB: 04/05/2012",
    "Last seen: 19/05/2026 20:00 at Town bus station",
    "Risk: HIGH",
    "Home address: 1 Mill Lane, Town, XE1 1AA",
    "Circumstances: Third episode this month.",
)


def test_a_missing_child_may_be_told_of_under_no_heading() -> None:
    assert recognised(mail(*PLAINLY)) == "police-notice"
    said = by_mail(*PLAINLY)
    (child,) = said.children
    assert (child.given_name, child.family_name, child.born_on) == ("Kit", "Holt", date(2012, 5, 4))
    assert (child.postcode, said.adults, said.problems) == ("XE1 1AA", (), ())
    assert (said.references[0], said.urgency) == ("MP/26/1188", "immediate")
    assert said.happened_at == datetime(2026, 5, 19, 19, 0, tzinfo=UTC)
    assert "Missing since: 19/05/2026 20:00 at Town bus station" in said.concern
    assert "Risk while missing: HIGH" in said.concern


def test_that_a_child_is_found_comes_under_the_same_reference() -> None:
    lines = ("UPDATE: MISSING CHILD - FOUND", *PLAINLY[1:4], "Status: FOUND", "Details: Home.")
    assert recognised(mail(*lines)) == "police-notice"
    said = by_mail(*lines)
    assert said.references[0] == by_mail(*PLAINLY).references[0]
    assert (len(said.children), said.urgency) == (1, "not-stated")
    assert "Status: FOUND" in said.concern


def test_a_letter_that_only_speaks_of_somebody_missing_is_no_notice() -> None:
    words = ("Dear all, we have two things to say:", "Name: Sam Dow", "School: Hill School")
    assert recognised(mail(*words, "Circumstances: a missing child was spoken of")) == "email"
    named = by_mail("Incident number: NP-9", "Force: North", "Name: Kit Holt", "Details: x")
    assert named.children == ()


def test_the_children_who_were_present_may_be_listed() -> None:
    lines = (
        "DOMESTIC ABUSE INCIDENT - RISK ASSESSMENT (DASH)",
        "Incident number: 2026/DA/4471",
        "Risk grade: HIGH",
        "Victim: Jo Holt (28/02/1995)",
        "Children present: Amira Holt, born 04/05/2016,",
        "     and Kit Holt (04/05/2018)",
        "Address: 1 Mill Lane, Town, XE1 1AA",
        "Circumstances: Shouting.",
    )
    said = by_mail(*lines)
    assert [(c.given_name, c.born_on) for c in said.children] == [
        ("Amira", date(2016, 5, 4)),
        ("Kit", date(2018, 5, 4)),
    ]
    assert said.urgency == "urgent"
    assert "Risk of domestic abuse (DASH): high" in said.concern
    assert "Kit Holt" in said.concern
    assert said.addresses[0].restricted


@pytest.mark.parametrize("told", ["yes, upstairs", "two, aged 4 and 6", "on 04/05/2016 none"])
def test_that_children_were_present_in_other_words_names_nobody(told: str) -> None:
    lines = ("Incident number: NP-9", "Notice type: Domestic abuse", f"Children present: {told}")
    said = by_mail(*lines, "Details: Shouting.")
    assert said.children == ()
    assert f"Children present: {told}" in said.concern


def test_a_reference_and_a_risk_beside_others_are_kept() -> None:
    lines = ("Notice number: PN-9", "Reference: R-8", "Force: North", "Child 1: Kit Holt")
    said = by_mail(*lines, "Risk: High", "Details: x")
    assert (said.references[0], said.urgency) == ("PN-9", "urgent")
    assert "Reference: R-8" in said.concern
    assert "Risk: High" in said.concern
    missing = by_mail(*lines[:1], *PLAINLY[2:], "Missing risk: low", "Incident number: 7/26")
    assert "Risk while missing: low" in missing.concern


PAGE = Path(__file__).parents[3] / "docs" / "agencies" / "police-notices.md"


def test_every_label_that_the_page_tells_is_read() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    told = [label for row in rows for label in re.findall(r"`([^`]+)`", row)]
    assert len(told) > 40
    for label in told:
        here = label != "The following child attends your school"
        labels = police_notice._LABELS if here else encompass._LABELS
        value = "Amira Holt, born 04/05/2016"
        found = labelled(f"Child 2: Kit Holt\n{label}: {value}", labels)
        assert found.labels != {"child"} or f"{label}: {value}" not in found.left_over, label
    unknown = labelled("Child 2: Kit Holt\nNickname: Kitty", police_notice._LABELS)
    assert (unknown.labels, unknown.left_over) == ({"child"}, ["Nickname: Kitty"])


def test_what_the_page_shows_as_an_example_is_read() -> None:
    shown = re.findall(r"`(Child 1: [^`]+|Address [^`]+)`", PAGE.read_text())
    said = by_mail("Incident number: NP-9", "Details: x", shown[0], f"{shown[1]}: 1 Mill Lane")
    assert said.children[0].born_on == date(2016, 5, 4)
    assert said.addresses[0].restricted


def test_a_list_of_very_many_children_is_read_to_its_end() -> None:
    line = ", ".join(["Amira Holt, born 04/05/2016"] * 15)
    lines = ["Incident number: NP-9", "Details: x", f"Children present: {line}"]
    with alarmed(60):
        by_mail(*lines, *([line] * 500))


@pytest.mark.parametrize(
    "address",
    [
        {"lines": ["9 Elm Row"], "of": "suspect", "do_not_disclose": "yes"},
        {"lines": ["9 Elm Row"], "of": "safe house (not known to father)"},
        {"lines": ["9 Elm Row (refuge)"]},
    ],
)
def test_an_address_in_json_is_restricted_by_what_stands_beside_it(address: Any) -> None:
    said = by_json(addresses=[address])
    assert [each.restricted for each in said.addresses] == [True]


# ── Children of whom not all can be read ──

UNCLEAR = "Another child is listed in a way that is not clear to us: see the list."


def present(told: str, *more: str) -> Translation:
    """A notice that lists the children who were present."""
    lines = ("Notice number: PN-9", "Incident number: NP-9", f"Children present: {told}", *more)
    return by_mail(*lines, "Details: Shouting.")


@pytest.mark.parametrize(
    "told",
    [
        "Amira Holt, born 04/05/2016; Kit Holt (DOB 04.05.2018), Baby Holt (tiny)",
        "Amira Holt 04/05/2016, Jo and Kit Holt 04/05/2018",
        "Yes: Amira Holt, girl, born 4 May 2016, Hill Primary; and Kit Holt, son, dob: 04/05/2018",
        "1. HOLT, Amira (04/05/2016) 2) Someone; Kit Holt - born on 04/05/2018",
    ],
)
def test_of_a_list_what_can_be_read_is_read_and_of_the_rest_it_is_said(told: str) -> None:
    said = present(told)
    assert [(c.given_name, c.family_name.title(), c.born_on) for c in said.children] == [
        ("Amira", "Holt", date(2016, 5, 4)),
        ("Kit", "Holt", date(2018, 5, 4)),
    ]
    assert UNCLEAR in said.problems
    assert f"Children present: {told}" in said.concern


def test_a_child_may_be_listed_with_an_age() -> None:
    said = present("Amira Holt, born 04/05/2016, Kit Holt (6 months)", "and Jo Van Holt aged 9")
    assert [(c.given_name, c.born_on) for c in said.children] == [
        ("Amira", date(2016, 5, 4)),
        ("Kit", None),
        ("Jo Van", None),
    ]
    assert UNCLEAR not in said.problems
    for words in ("Child 2: age 6 months", "Child 3: age 9"):
        assert words in said.concern


@pytest.mark.parametrize(
    ("told", "age"),
    [
        ("Leo Finch (9) with her sister Ivy Finch (4), asleep", "9"),
        ("Leo Finch aged 9, brother Max (4)", "9"),
        ("Leo Finch (9) and a baby (3 months)", "9"),
        ("Leo Finch (9), mother May Finch", "9"),
        ("Leo Finch (9), half sister Ivy, born 04/05/2021", "9"),
        ("Leo Finch, his twin sister Ivy Finch (4)", None),
        ("Leo Finch, aged 9 and 4", None),
        ("Leo Finch (9), his sister Ivy, 9", "9"),
        ("Leo Finch (04/05/2017 or 05/04/2017)", None),
    ],
)
def test_nobody_in_a_list_is_given_the_age_of_somebody_else(told: str, age: str | None) -> None:
    said = present(told)
    (child,) = said.children
    assert (child.given_name, child.family_name) == ("Leo", "Finch")
    assert child.born_on is None
    assert (child.born_between is not None) == (age is not None)
    assert ("Child 1: age 9" in said.concern) == (age is not None)
    assert UNCLEAR in said.problems
    assert f"Children present: {told}" in said.concern


@pytest.mark.parametrize(
    ("told", "age"),
    [
        ("Leo Finch (9) with his sister Ivy Finch (4)", "9"),
        ("Leo Finch, aged 9, mother May Finch, born 04/05/1991", "9"),
        ("Leo Finch, mother May Finch, born 04/05/1991", None),
        ("Leo Finch, aged 9 (4 years), 1 Mill Lane", None),
        ("Leo Finch aged 9, 1 Mill Lane, brother Max, aged 4", "9"),
    ],
)
def test_nobody_in_a_line_is_given_the_age_of_somebody_else(told: str, age: str | None) -> None:
    said = by_mail(*NUMBER, f"Child 1: {told}", "Details: Shouting.")
    (child,) = said.children
    assert (child.given_name, child.family_name) == ("Leo", "Finch")
    assert child.born_on is None
    assert (child.born_between is not None) == (age is not None)
    assert (
        "Child 1: it is not clear whose an age is: it is shown with the concern." in said.problems
    )
    assert (
        "Child 1: 4" in said.concern or "1991" in said.concern or "Child 1: aged 4" in said.concern
    )


@pytest.mark.parametrize(
    "told",
    ["Leo Finch (9), brother of Ivy Finch", "Leo Finch (9), Ivy Finch (4), his sister",
     "Leo Finch, aged 9 (9)"],
)  # fmt: skip
def test_whose_brother_somebody_is_makes_a_list_no_less_clear(told: str) -> None:
    said = present(told)
    assert UNCLEAR not in said.problems
    assert all(child.born_between for child in said.children)


@pytest.mark.parametrize(
    "told",
    [
        "Yes (2)", "Two, aged 4 and 6", "Tilly, 4", "Twins aged 5", "Two boys aged 4 years",
        "Please ring Kit Holt, 04/05/2018", "asleep, born 04/05/2018", "Kit Holt and Jo Holt",
    ],
)  # fmt: skip
def test_words_that_are_no_list_name_nobody(told: str) -> None:
    assert present(told).children == ()


def test_a_list_that_is_cut_off_does_not_tell_half_an_age() -> None:
    listed = "Amira Holt, born 04/05/2016, "
    long = listed + "Kit Holt, " + "x" * (500 - len(listed) - 17) + " aged 12"
    said = present(long)
    assert given_names(said) == ["Amira"]
    assert UNCLEAR in said.problems


@pytest.mark.parametrize(
    ("told", "urgency"),
    [
        ("1", "immediate"),
        ("Grade 1", "immediate"),
        ("1 - Immediate", "immediate"),
        ("2", "urgent"),
        ("2 (Priority)", "urgent"),
        ("Grade 3", "routine"),
        ("3: emergency", "immediate"),
        ("4", "not-stated"),
        ("2 days", "not-stated"),
    ],
)
def test_a_grade_may_be_the_number_that_forces_use(told: str, urgency: str) -> None:
    lines = ("Notice number: PN-9", "Incident number: NP-9", "Child 1: Amira Holt")
    said = by_mail(*lines, f"Grade: {told}")
    assert said.urgency == urgency
    assert any("grade" in problem for problem in said.problems) == (urgency == "not-stated")
    assert by_mail(*lines, "Risk: 1").urgency == "not-stated"


@pytest.mark.parametrize(
    "line",
    ["Kofi Tamarin 5 years", "Kofi Tamarin 5yrs old, male", "Kofi Tamarin (about 5)",
     "Kofi Tamarin aged approx. 5, 1 Mill Lane"],
)  # fmt: skip
def test_an_age_may_follow_the_name(line: str) -> None:
    (child,) = by_mail(*NUMBER, f"Child: {line}").children
    assert (child.given_name, child.family_name) == ("Kofi", "Tamarin")


@pytest.mark.parametrize(
    ("age", "grown"),
    [("about 13", False), ("approx 13 years", False), ("about 19", False), ("around 40", True)],
)
def test_an_age_may_be_about_right(age: str, grown: bool) -> None:
    said = by_mail(*NUMBER, "Person 1: Kofi Tamarin", f"Age: {age}", "Role: child")
    assert not any("age could not be read" in problem for problem in said.problems)
    assert age in said.concern
    assert (len(said.children), len(said.adults)) == ((0, 1) if grown else (1, 0))


# ── Numbers that many notices share ──


def test_an_incident_is_never_the_number_of_the_notice() -> None:
    lines = [line for line in LINES if not line.startswith("Notice number")]
    assert by_mail(*lines).references == ("m1@police.example", "", "NP-77")
    assert translated("police-notice", "\n".join(lines)).references == ("", "NP-77")
    assert by_json(notice_id="").references == ("", "NP-77")
