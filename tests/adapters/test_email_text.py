"""Is an e-mail read to its words, however broken it is?"""

import base64
from datetime import UTC, datetime

import pytest

from adapters.email_text import Email, email_of, looks_like_email
from adapters.reading import Problems

HEAD = "From: =?utf-8?q?Si=C3=A2n_Dow?= <sian@example.org>\nTo: x@example.org\n"


def read(text: str | bytes) -> tuple[Email, tuple[str, ...]]:
    problems = Problems()
    body = text.encode() if isinstance(text, str) else text
    return email_of(body, problems), problems.told()


def test_headers_are_read_in_plain_words() -> None:
    said, problems = read(
        f"{HEAD}Date: Wed, 20 May 2026 10:15:00 +0100\nMessage-Id: <a@b>\nIn-Reply-To: <c@d>\n"
        "Subject: =?iso-8859-1?q?Zo=EB?=\n is not safe\n\nHello\n"
    )
    assert (said.sender_name, said.sender_address) == ("Siân Dow", "sian@example.org")
    assert said.at == datetime(2026, 5, 20, 9, 15, tzinfo=UTC)
    assert (said.message_id, said.in_reply_to) == ("a@b", "c@d")
    assert (said.subject, said.text) == ("Zoë is not safe", "Hello")
    assert problems == ()


@pytest.mark.parametrize("date", ["soon", "32 May 2026", "Wed, 20 May 99999999 10:00:00"])
def test_a_date_that_is_none_is_told(date: str) -> None:
    said, problems = read(f"{HEAD}Date: {date}\n\nHello\n")
    assert said.at is None
    assert problems == ("The date of the e-mail is not a date.",)


@pytest.mark.parametrize(
    "subject", ["=?x?q?a?=", "=?utf-8?b?a?=", "=?utf-8?b?////?=", "=??=", "\udcff"]
)
def test_a_subject_that_is_broken_is_no_obstacle(subject: str) -> None:
    body = f"{HEAD}Subject: {subject}\n\nHello\n".encode("utf-8", "surrogateescape")
    assert read(body)[0].text == "Hello"


def test_the_html_part_is_read_where_there_is_no_plain_one() -> None:
    kind = "Content-Type: multipart/alternative; boundary=X\n\n"
    plain = "--X\nContent-Type: text/plain\n\n{}\n"
    html = "--X\nContent-Type: text/html\n\n<p>marked</p>\n--X--\n"
    assert read(HEAD + kind + plain.format("plain") + html)[0].text == "plain"
    assert read(HEAD + kind + plain.format(" ") + html)[0].text == "marked"


HTML_ONLY = "Please open this e-mail in a programme that shows HTML."


def test_a_plain_part_that_only_points_to_the_html_part_is_not_all_that_is_read() -> None:
    told = (
        "<p>Child: Amira Holt</p><p>Circumstances: " + "she was found alone at home " * 4 + "</p>"
    )
    body = (
        f"{HEAD}Content-Type: multipart/alternative; boundary=X\n\n"
        f"--X\nContent-Type: text/plain\n\n{HTML_ONLY}\n"
        f"--X\nContent-Type: text/html\n\n{told}\n--X--\n"
    )
    said, problems = read(body)
    assert said.text.startswith("Child: Amira Holt\nCircumstances: she was found")
    assert HTML_ONLY in said.text
    assert problems == ("The plain text of the e-mail says less than its HTML: the HTML was read.",)


def test_parts_that_are_no_alternatives_are_all_read() -> None:
    said, _ = read(
        f"{HEAD}Content-Type: multipart/mixed; boundary=X\n\n"
        "--X\nContent-Type: text/plain\n\none\n--X\nContent-Type: text/html\n\n<p>two</p>\n--X--\n"
    )
    assert said.text == "one\n\ntwo"


def test_a_message_that_is_sent_on_is_marked_as_one() -> None:
    said, _ = read(
        f"{HEAD}Content-Type: multipart/mixed; boundary=X\n\n--X\n\nsee this\n"
        "--X\nContent-Type: message/rfc822\n\nSubject: a\n\nChild: Kit Grey\n--X--\n"
    )
    assert said.text == (
        "see this\n\n---------- Forwarded message ----------\nSubject: a\n\nChild: Kit Grey"
    )


def test_lines_broken_for_their_length_are_joined() -> None:
    kind = "Content-Type: text/plain; format=flowed\n\n"
    assert read(f"{HEAD}{kind}one \ntwo\n-- \nme\n")[0].text == "one two\n-- \nme"


def test_very_many_parts_are_not_opened() -> None:
    parts = "--X\n\nhello\n" * 600
    said, problems = read(f"{HEAD}Content-Type: multipart/mixed; boundary=X\n\n{parts}")
    assert "hello" in said.text
    assert any("more parts" in problem for problem in problems)


def test_an_email_is_known_by_its_headers() -> None:
    assert looks_like_email(HEAD)
    assert looks_like_email("From x Mon\nReceived: from a\n by b\nDate: today\n\n")
    assert not looks_like_email("To: me\n\nFrom: you\n")
    assert not looks_like_email("please ring me about a child")
    assert not looks_like_email("MSH|^~\\&|\rPID|||\r")


CODED = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
STORY = base64.encodebytes(
    b"He said he was frightened of going home at the weekend.\n" * 3
).decode()


@pytest.mark.parametrize("left", [40, 41, 42, 43, 77, 78, 100])
def test_a_coded_body_that_is_cut_off_is_told(left: int) -> None:
    said, problems = read(f"{HEAD}{CODED}{STORY[:left]}")
    assert said.text.startswith("He said he was frighten")
    assert any("cut off" in problem for problem in problems)
    assert read(f"{HEAD}{CODED}{STORY}")[1] == ()


def test_coded_parts_that_are_whole_are_no_problem() -> None:
    part = base64.encodebytes(b"He said that he was afraid").decode()
    said, problems = read(
        f"{HEAD}Content-Type: multipart/mixed; boundary=X\n\n"
        f"--X\n{CODED}{part}--X\n{CODED}{STORY}--X--\n"
    )
    assert said.text.startswith("He said that he was afraid\n\nHe said he was frightened")
    assert problems == ()


def test_a_coded_body_with_other_signs_in_it_is_told() -> None:
    said, problems = read(f"{HEAD}{CODED}{STORY}-- \nSent from my telephone\n")
    assert said.text.startswith("He said he was frightened")
    assert any("damaged" in problem for problem in problems)


def test_a_last_part_that_is_not_ended_is_told() -> None:
    kind = "Content-Type: multipart/mixed; boundary=X\n\n"
    said, problems = read(f"{HEAD}{kind}--X\n\nHe said he was frigh")
    assert said.text == "He said he was frigh"
    assert any("cut off" in problem for problem in problems)


@pytest.mark.parametrize(
    "name", ['filename="=?utf-8?q?=E2=80=AEgpj.exe?="', "filename*=utf-8''%E2%80%AEgpj.exe"]
)
def test_the_name_of_an_attachment_turns_no_line_round(name: str) -> None:
    said, _ = read(
        f"{HEAD}Content-Type: multipart/mixed; boundary=X\n\n--X\n\nSee the picture.\n"
        f"--X\nContent-Type: image/jpeg\nContent-Disposition: attachment; {name}\n\nJ\n--X--\n"
    )
    assert [each.name for each in said.attachments] == ["gpj.exe"]


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/alternative; boundary="])
def test_parts_without_a_boundary_are_shown_as_they_stand(kind: str) -> None:
    said, problems = read(
        f"{HEAD}Content-Type: {kind}\n\n--A\nContent-Type: text/plain\n\nNotice number: PN-9\n"
        "Child 1: Amira Holt\n--A--\n"
    )
    assert "Notice number: PN-9\nChild 1: Amira Holt" in said.text
    assert any("where its parts begin" in problem for problem in problems)
