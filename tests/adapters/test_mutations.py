"""Is any damaged message more than our formats bear? A slice of `benchmarks/mutations.py`."""

from pathlib import Path
from time import process_time

import pytest

from adapters.reading import text_of_html
from tests.adapters.messages import format_named, sent, translated
from tests.mutations import MOST_SECONDS, Trial, alarmed, mutant

SLICE = 1000
STORED_EVERY = 50
SEED = 4


def test_damaged_messages_open_referrals_that_tell_what_is_wrong(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    for number in range(SLICE):
        became = trial.outcome(mutant(SEED, number), stored=number % STORED_EVERY == 0)
        assert became.find is None, (number, became.find.what, became.find.mutant.chain)
    trial.close()


def test_a_damaged_message_is_made_again_by_its_number() -> None:
    assert mutant(SEED, 77) == mutant(SEED, 77)
    assert len({mutant(SEED, number).sent.body for number in range(40)}) > 35


# ── What broke ──


@pytest.mark.parametrize("name", ["idna", "punycode", "undefined", "charmap", "zlib", "hex", "\0"])
def test_characters_that_are_none_are_told_and_the_words_are_read(name: str) -> None:
    """Of seed 1: 60, 444, 600, 854 and 2133."""
    told = f'content-type: text/plain; charset="{name}"'
    mail = format_named("email").example(1).replace(b"Content-Type: text/plain", told.encode())
    hl7 = format_named("hl7v2").example(1).replace(b"UNICODE UTF-8", name.encode())
    cda = (
        format_named("itk-cda")
        .example(1)
        .replace(b'encoding="UTF-8"', f'encoding="{name}"'.encode())
    )
    for of, body in (("email", mail), ("hl7v2", hl7), ("itk-cda", cda)):
        assert translated(of, body).children


def test_half_a_character_in_damaged_xml_is_shown_as_lost() -> None:
    """Of seed 1: 132954."""
    whole = format_named("itk-cda").example(1)
    for reference in (b"&#xD800;", b"&#x0000dfff;", b"&#0000056320;", b"&#xDC00"):
        said = translated("itk-cda", whole.replace(b"<title>", b"<title>" + reference))
        assert said.children
        assert said.problems


def test_a_character_whose_number_has_thousands_of_digits_is_shown_as_lost() -> None:
    reference = "&#" + "9" * 5000 + ";"
    assert (
        text_of_html(f"<p>We saw {reference} again</p>") == "We saw \N{REPLACEMENT CHARACTER} again"
    )


def test_a_style_sheet_is_left_out_beside_a_letter_that_has_no_small_one() -> None:
    assert text_of_html("<p>\u0130\u0130 a<STYLE>p {}</STYLE> b</p>") == "\u0130\u0130 a b"


# ── Long ones ──

HEAD = b"From: a@b.example\r\nTo: c@d.example\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\n"
FIVE_MILLION = 5_000_000


def nested(depth: int) -> bytes:
    kind = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    return HEAD + b"".join(kind % (level, level) for level in range(depth))


def filled(before: bytes, unit: bytes, after: bytes = b"") -> bytes:
    return before + unit * ((FIVE_MILLION - len(before)) // len(unit)) + after


LONG = {
    "parameters of a part": filled(MIXED + b"Content-Type: text/plain", b"; a=b", b"\r\n\r\n"),
    "headers of a part": filled(MIXED, b"A: b\r\n"),
    "folded lines of a header": filled(MIXED + b"A: b\r\n", b" b\r\n"),
    "lines in nested parts": filled(nested(300), b"-x\n"),
    "reports on many": filled(HEAD + b"Content-Type: message/delivery-status\n", b"\nA: b\n"),
    "text files": filled(
        MIXED,
        b"Content-Disposition: attachment; filename=a\r\n\r\n" + b"x\n" * 6000 + b"\r\n--X\r\n",
    ),
    "empty lines": filled(HEAD + b"\r\n", b"\n"),
    "labels": filled(HEAD + b"\r\n", b"Child 1: a\n"),
    "people told in long lines": filled(
        HEAD + b"\r\n", b"".join(b"Child %d: A B%s\n" % (n, b", a" * 160) for n in range(2000))
    ),
    "homes of one person": filled(
        HEAD + b"\r\nChild 1: A B\r\n",
        b"".join(b"Mother: Jo Holt, %d Mill Lane\n" % number for number in range(5000)),
    ),
    "spaces before a colon": filled(HEAD + b"\r\nChild 1: A B\r\na", b" ", b"b:"),
}  # fmt: skip


@pytest.mark.parametrize("case", LONG)
def test_an_email_of_five_megabytes_is_read_within_a_second(case: str) -> None:
    message = sent(LONG[case])
    began = process_time()
    with alarmed():
        assert format_named("email").translate(message)
    assert process_time() - began < MOST_SECONDS


def test_a_file_of_many_long_messages_is_read_within_a_second() -> None:
    parents = b"NK1|1|" + b"A^B~" * 500 + b"|MTH|" + b"1 High Street^^Town^^XE1 1AA~" * 500 + b"\r"
    message = sent(filled(b"", b"MSH|^~\\&|A|B|C|D|2||REF^I12|1|P|2.5\r" + parents))
    began = process_time()
    with alarmed():
        assert format_named("hl7v2").translate(message)
    assert process_time() - began < MOST_SECONDS
