"""Is an e-mail in the sender's own words understood, with what is attached to it?"""

import base64
from datetime import UTC, date, datetime

import pytest

from adapters.agencies import email
from adapters.translation import Translation
from tests.adapters.messages import recognised, translated

HEAD = (
    "From: Ada Rook <ada@school.example>\r\nTo: front.door@exampleshire.example\r\n"
    "Date: Wed, 20 May 2026 10:15:00 +0100\r\nMessage-ID: <m1@school.example>\r\n"
    "Subject: Worried\r\n"
)
WORDS = "Amira told her teacher that she is afraid of going home."
LINES = (
    "Our reference: HS-77",
    "Urgency: Urgent",
    "Child 1: Amira Holt",
    "Date of birth: 04/05/2016",
    "NHS number: 999 000 0018",
    "Adult 1: Jo Holt",
    "Role: mother",
    "Address: 1 Mill Lane, Town, XE1 1AA",
    f"Concern: {WORDS}",
)


def mail(*lines: str, head: str = "") -> str:
    return f"{HEAD}{head}\r\n" + "\r\n".join(lines) + "\r\n"


def by_mail(*lines: str, head: str = "") -> Translation:
    return translated("email", mail(*lines, head=head))


def parted(*parts: str, head: str = "") -> str:
    """An e-mail of several parts, each with headers of its own."""
    told = "".join(f"--X\r\n{part}\r\n" for part in parts)
    return f'{HEAD}{head}Content-Type: multipart/mixed; boundary="X"\r\n\r\n{told}--X--\r\n'


def test_an_email_in_plain_words_is_a_concern_for_a_person_to_read() -> None:
    said = by_mail(WORDS)
    assert (said.intent, said.key) == ("new", "m1@school.example")
    assert said.references == ("m1@school.example",)
    assert said.concern == f"Subject: Worried\n\n{WORDS}"
    assert (said.referrer.name, said.referrer.contact) == ("Ada Rook", "ada@school.example")
    assert said.happened_at == datetime(2026, 5, 20, 9, 15, tzinfo=UTC)
    assert (said.children, said.urgency, said.source) == ((), "not-stated", None)
    assert said.problems == ("No person is named: nobody can be matched until a person reads it.",)


def test_labelled_lines_name_people_and_addresses() -> None:
    said = by_mail(*LINES)
    (child,), (adult,), (address,) = said.children, said.adults, said.addresses
    assert (child.given_name, child.born_on, child.postcode) == (
        "Amira",
        date(2016, 5, 4),
        "XE1 1AA",
    )
    assert child.nhs_number == "9990000018"
    assert (adult.given_name, adult.role) == ("Jo", "mother")
    assert (address.lines, address.restricted) == (("1 Mill Lane", "Town"), False)
    assert (said.references[0], said.urgency) == ("HS-77", "urgent")
    assert WORDS in said.concern
    assert "Mill Lane" not in said.concern
    assert said.problems == ()


def test_nothing_is_inferred_from_words() -> None:
    said = by_mail("URGENT: the child Amira Holt, born 04/05/2016, was hit; withdrawn: yes")
    assert (said.intent, said.urgency, said.children) == ("new", "not-stated", ())


@pytest.mark.parametrize("remark", ["(do not disclose to father)", "refuge", "(victim)"])
def test_an_address_is_restricted_by_what_stands_beside_it(remark: str) -> None:
    address = f"Address {remark}: 9 Elm Row, Town, XE9 9ZZ"
    if remark == "refuge":
        address = "Address: 9 Elm Row, Town, XE9 9ZZ (refuge)"
    said = by_mail(*(line for line in LINES if not line.startswith("Address")), address)
    assert [each.restricted for each in said.addresses] == [True]
    assert said.children[0].postcode is None


# ── What is attached ──


def test_an_attachment_is_named_with_its_type_and_size() -> None:
    pdf = base64.encodebytes(b"%PDF-1.7" + b"x" * 2042).decode()
    said = translated(
        "email",
        parted(
            f"\r\n{WORDS}",
            'Content-Type: application/pdf; name="=?utf-8?q?Zo=C3=AB?= note.pdf"\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{pdf}",
            "Content-Type: image/png\r\nContent-ID: <logo>\r\n\r\nx",
            "Content-Type: application/zip\r\n\r\nx",
        ),
    )
    assert said.concern.startswith(f"Subject: Worried\n\n{WORDS}")
    assert "Attachment: Zoë note.pdf (application/pdf, 2.0 KB)" in said.concern
    assert "Attachment: without a name (image/png, 1 byte)" in said.concern
    assert "Attachment: without a name (application/zip, 1 byte)" in said.concern
    assert "An attachment is kept with the message, but not shown here." in said.problems


def test_a_logo_is_no_attachment_that_a_person_must_open() -> None:
    logo = "Content-Type: image/png\r\nContent-ID: <logo>\r\n\r\nx"
    said = translated("email", parted("\r\n" + "\r\n".join(LINES), logo))
    assert "Attachment: without a name (image/png, 1 byte)" in said.concern
    assert said.problems == ()


@pytest.mark.parametrize(
    ("kind", "body"), [("text/plain", "She hid."), ("text/html", "<p>She <b>hid</b>.</p>")]
)
def test_an_attachment_of_text_is_shown(kind: str, body: str) -> None:
    attached = f'Content-Type: {kind}; name="note"\r\n\r\n{body}'
    said = translated("email", parted(f"\r\n{WORDS}", attached))
    assert f"{WORDS}\n\nAttachment: note ({kind}, {len(body)} bytes)\nShe hid." in said.concern
    assert said.concern.count("Attachment:") == 1
    assert len(said.problems) == 1


def test_a_message_that_is_sent_on_is_read_as_somebody_elses_words() -> None:
    inner = "From: Jo Dow <jo@gp.example>\r\nSubject: Bruises\r\n\r\nChild 1: Kit Grey\r\nHurt."
    said = translated(
        "email", parted("\r\nPlease see.", f"Content-Type: message/rfc822\r\n\r\n{inner}")
    )
    assert (
        "From: Jo Dow <jo@gp.example>\nSubject: Bruises\n\nChild 1: Kit Grey\nHurt." in said.concern
    )
    assert said.children == ()


def test_an_email_with_nothing_but_an_attachment_is_told() -> None:
    said = translated("email", parted("Content-Type: application/pdf\r\n\r\n%PDF"))
    assert "The e-mail has no words of its own: look at it as it came." in said.problems
    assert "Attachment: without a name (application/pdf, 4 bytes)" in said.concern


# ── What it answers ──


def test_an_answer_updates_what_it_answers() -> None:
    head = "In-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n"
    said = by_mail(*LINES, head=head)
    assert (said.intent, said.earlier) == ("update", ("b@x", "a@x"))
    assert by_mail(WORDS, head="References: <a@x>\r\n").earlier == ("a@x",)


def test_an_answer_to_nothing_that_can_be_named_is_new() -> None:
    assert by_mail(WORDS, head="In-Reply-To: your letter\r\n").intent == "new"


# ── What no person sent ──

REPLIES = (
    "Auto-Submitted: auto-replied\r\n",
    "Auto-Submitted: Auto-Replied; owner-email=a@b.example\r\n",
    "Precedence: auto_reply\r\n",
    "X-Autoreply: yes\r\n",
)
SENT = (
    "Auto-Submitted: auto-generated\r\n",
    "X-Auto-Response-Suppress: All\r\n",
    "Precedence: bulk\r\n",
    "Return-Path: <>\r\n",
)


@pytest.mark.parametrize("head", [*REPLIES, *SENT])
def test_what_a_programme_answered_is_kept_and_opens_nothing(head: str) -> None:
    answer = mail("I am away until Monday.", head=f"{head}In-Reply-To: <a@x>\r\n")
    if head in SENT:
        answer = answer.replace("Subject: Worried", "Subject: Automatic reply: Worried")
    said = translated("email", answer)
    assert (said.intent, said.problems) == ("no-concern", ())
    assert said.key == "m1@school.example"
    assert "I am away until Monday." in said.concern


@pytest.mark.parametrize("head", [*SENT, "Auto-Submitted: auto-notified\r\nPrecedence: junk\r\n"])
def test_what_a_programme_sent_by_itself_is_a_concern_and_it_is_said(head: str) -> None:
    said = by_mail("Concern raised in our system: Kit hides from his uncle.", head=head)
    assert said.intent == "new"
    assert "Kit hides from his uncle" in said.concern
    assert any("programme sent this e-mail" in problem for problem in said.problems)


@pytest.mark.parametrize(
    "subject",
    ["Out of office hours: a child", "Automatic reply from the help line: 17", "Ready: a child"],
)
def test_a_subject_that_only_begins_like_that_of_an_answer_is_none(subject: str) -> None:
    told = mail("He hides from his uncle.", head=SENT[0]).replace("Worried", subject)
    assert translated("email", told).intent == "new"


@pytest.mark.parametrize(
    "head", ["X-Autoreply: no\r\n", "X-Autoreply:\r\n", "Precedence: list\r\n"]
)
def test_a_header_that_says_no_is_no_automatic_answer(head: str) -> None:
    said = by_mail(WORDS, head=head)
    assert said.intent == "new"
    assert not any("programme" in problem for problem in said.problems)


def test_a_report_of_a_mail_server_opens_nothing() -> None:
    said = translated(
        "email",
        f"{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=X\r\n\r\n"
        "--X\r\n\r\nIt could not be delivered.\r\n"
        "--X\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n"
        "\r\nStatus: 5.1.1\r\n--X\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: a\r\n"
        "--X--\r\n",
    )
    assert (said.intent, said.problems) == ("no-concern", ())
    assert "It could not be delivered." in said.concern


@pytest.mark.parametrize("head", [*REPLIES, *SENT])
def test_what_a_programme_sent_about_a_child_is_a_concern(head: str) -> None:
    for subject in ("Worried", "Automatic reply: Worried", "Out of office"):
        said = translated("email", mail(*LINES, head=head).replace("Worried", subject))
        assert (said.intent, len(said.children)) == ("new", 1)
        assert any("programme sent" in problem for problem in said.problems)
    scanned = 'Content-Type: image/tiff; name="a.tif"\r\n\r\nx'
    assert translated("email", parted("\r\nScan", scanned, head=head)).intent == "new"


def test_a_person_who_sends_says_nothing_of_programmes() -> None:
    head = "Auto-Submitted: no\r\nReturn-Path: <ada@school.example>\r\nPrecedence: first-class\r\n"
    assert by_mail(WORDS, head=head).intent == "new"


# ── Which format ──


def test_any_email_that_is_no_notice_is_recognised() -> None:
    assert recognised(mail(WORDS)) == "email"
    assert recognised(mail(*LINES)) == "email"
    assert recognised("From x Mon\n" + mail(WORDS)) == "email"


def test_an_automatic_answer_that_repeats_a_notice_is_no_notice() -> None:
    lines = ("Notice number: PN-1", "Incident number: NP-7", "Child 1: Kit Grey")
    assert recognised(mail(*lines)) == "police-notice"
    assert recognised(mail(*lines, head=REPLIES[0])) == "email"


def test_text_that_is_no_email_is_a_concern_with_a_problem() -> None:
    said = translated("email", WORDS)
    assert (said.concern, said.intent) == (WORDS, "new")
    assert said.problems == ("The message is not an e-mail: it was read as text.",)


def test_the_example_attaches_a_note() -> None:
    said = translated("email", email.example(3))
    assert "Attachment: note.txt (text/plain, " in said.concern
    assert said.problems == ()


@pytest.mark.parametrize(
    ("told", "urgency"), [("Emergency", "immediate"), ("ASAP", "urgent"), ("by tea", "not-stated")]
)
def test_how_urgent_it_is_is_read_whether_somebody_is_named_or_not(told: str, urgency: str) -> None:
    for lines in ((f"Urgency: {told}", "He hid"), (f"Urgency: {told}", "Child 1: Amira Holt")):
        said = by_mail(*lines)
        assert said.urgency == urgency
        unclear = [each for each in said.problems if "rgency" in each]
        assert bool(unclear) == (urgency == "not-stated")
        assert told in said.concern or not unclear
