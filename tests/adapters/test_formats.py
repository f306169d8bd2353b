"""What holds for every format: its examples are whole, and no bytes make it fail."""

import hashlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.made_up import made_up_nhs_number, story
from adapters.translation import AgencyFormat, Translation, formats
from tests.adapters.messages import format_named, recognised, sent

NAMES = tuple(formats())
MANY = 100


every_format = pytest.mark.parametrize("name", NAMES)


def words(said: Translation) -> str:
    return f"{said.concern}{said.references}{said.problems}{said.key}{said.children}{said.adults}"


def checked(each: AgencyFormat, body: bytes) -> list[Translation]:
    """What a format makes of any bytes: at least one translation, of text that can be stored."""
    message = sent(body)
    each.recognise(message)
    found = each.translate(message)
    assert found
    for said in found:
        words(said).encode()
        assert said.happened_at is None or said.happened_at.tzinfo is not None
    return found


# ── Examples ──


@every_format
def test_every_example_opens_a_referral_about_a_child_without_a_problem(name: str) -> None:
    for seed in range(MANY):
        (said,) = format_named(name).translate(sent(format_named(name).example(seed)))
        assert (said.intent, said.problems) == ("new", ())
        assert 1 <= len(said.children) <= 3
        assert said.adults
        assert said.addresses
        assert said.referrer.name
        assert said.urgency != "not-stated"
        assert story(name, seed).concern in said.concern
        assert said.happened_at is not None


@every_format
def test_every_example_is_recognised_as_its_own_format(name: str) -> None:
    for seed in range(MANY):
        body = format_named(name).example(seed)
        for form in (body, body[: len(body) // 2], b"\xef\xbb\xbf" + body):
            assert recognised(form) == name
        assert recognised(body.decode().encode("utf-16")) == name
        assert recognised(body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")) == name


@every_format
def test_other_seeds_tell_of_other_people_and_concerns(name: str) -> None:
    bodies = {format_named(name).example(seed) for seed in range(MANY)}
    told = [story(name, seed) for seed in range(MANY)]
    assert len(bodies) == MANY
    assert len({each.concern for each in told}) == MANY
    assert len({each.children[0].nhs_number for each in told}) == MANY
    assert len({(each.children, each.adults) for each in told}) == MANY


@every_format
def test_half_an_example_never_says_that_there_is_no_concern(name: str) -> None:
    for seed in range(MANY):
        body = format_named(name).example(seed)
        for each in formats().values():
            assert {said.intent for said in each.translate(sent(body[: len(body) // 2]))} == {"new"}


@every_format
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_example_in_other_bytes_says_the_same(name: str, encoding: str) -> None:
    body = format_named(name).example(7)
    (one,) = format_named(name).translate(sent(body))
    (other,) = format_named(name).translate(sent(body.decode().encode(encoding)))
    assert other.children == one.children
    assert "".join(other.concern.split()) == "".join(one.concern.split())


def test_an_example_is_the_same_on_any_machine_and_day() -> None:
    script = (
        "import hashlib\nfrom adapters.translation import formats\n"
        "print(*(hashlib.sha256(f.example(s)).hexdigest() for f in formats().values()"
        " for s in range(5)))"
    )
    here = [hashlib.sha256(f.example(s)).hexdigest() for f in formats().values() for s in range(5)]
    for zone, seed in (("Etc/GMT+12", "1"), ("Etc/GMT-14", "2")):
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, check=True
        )
        assert run.stdout.decode().split() == here


def test_examples_stay_in_the_past_and_their_children_stay_children() -> None:
    for name in NAMES:
        for seed in range(MANY):
            told = story(name, seed)
            assert datetime(2026, 1, 1, tzinfo=UTC) < told.at < datetime(2026, 6, 30, tzinfo=UTC)
            assert all(2011 <= child.born_on.year <= 2024 for child in told.children)
            assert told.at.date() - told.children[0].born_on > timedelta(days=3 * 365)
            assert re.fullmatch(r"XE\d \d[A-Z]{2}", told.postcode)


def test_no_two_made_up_people_share_an_nhs_number() -> None:
    numbers = {made_up_nhs_number(index) for index in range(2000)}
    assert len(numbers) == 2000
    assert all(number.startswith("999") for number in numbers)
    assert made_up_nhs_number(899_999).startswith("999")


# ── Any bytes ──

EXAMPLES = [each.example(seed) for each in formats().values() for seed in (1, 2)]
PIECES = [
    b"\0", b"\xff", b'"', b"{", b"}", b"[", b"]", b",", b":", b"|", b"^", b"~", b"\\", b"&", b"\r",
    b"\n", b"null", b"-1e999", b'"\\ud800"', b"\\X00\\", b"MSH|", b"PID|", b"<div>", b"--",
    b"=?utf-8?b?/w==?=", b"boundary=", b"31/02/2020", b"\xef\xbb\xbf", b"\xff\xfe", b"Child 1:",
    b"0001-01-01T00:00:00+14:00", b"00010101000000+1400", b"9" * 5000,
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An example with pieces cut out, put in, doubled, or taken from another."""
    body = bytearray(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.sampled_from([0, 1, 2, 5, 20, 100, 1000])))
        piece = draw(
            st.one_of(
                st.sampled_from(PIECES),
                st.binary(max_size=5),
                st.just(bytes(body[start:end]) * 2),
                st.sampled_from(EXAMPLES).map(lambda other: other[len(other) // 2 :]),
            )
        )
        body[start:end] = piece
    return bytes(body)


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_a_damaged_message_is_kept_in_every_format(body: bytes) -> None:
    for each in formats().values():
        checked(each, body)


@settings(max_examples=200, deadline=None)
@given(st.binary())
def test_any_bytes_are_kept_in_every_format(body: bytes) -> None:
    for each in formats().values():
        checked(each, body)


UNREADABLE = {
    "noise": bytes(range(256)) * 16,
    "nul": b"\0" * 300,
    "deep": b"[" * 200_000,
    "array": b"[]",
    "number": b"7",
    "twice": b'{"children": [], "children": []}',
    "surrogate": b'{"notes": "\\ud800"}',
    "huge": b'{"age": 1e999999}',
    "large": b'{"notes": "' + b"x" * 5_000_000 + b'"}',
    "text": b"please ring me about a child",
    "latin1": "Zoë is not safe".encode("latin-1"),
    "entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
    "headless": format_named("hl7v2").example(1).partition(b"\r")[2],
    "half a bundle": format_named("fhir-bars").example(1)[:1000],
    "half a form": format_named("webform").example(1)[:500],
}


@every_format
@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_a_concern_with_a_problem(name: str, case: str) -> None:
    for said in checked(format_named(name), UNREADABLE[case]):
        assert said.intent == "new"
        assert said.problems


@every_format
@pytest.mark.parametrize("case", ["text", "latin1", "headless"])
def test_readable_text_is_shown_whatever_the_format(name: str, case: str) -> None:
    (said,) = format_named(name).translate(sent(UNREADABLE[case]))
    assert said.concern


def test_text_of_no_format_is_recognised_by_none() -> None:
    for case in ("noise", "nul", "deep", "array", "number", "twice", "text", "latin1", "entity"):
        assert recognised(UNREADABLE[case]) is None


@every_format
def test_a_problem_never_tells_a_value(name: str) -> None:
    each = format_named(name)
    for body in (
        b'{"children": "Zqsecret", "Zqfield": "Zqvalue", "issue": {"Zqx": 1}}',
        b"given name,surname,Zqcolumn,dob\nZqa,Zqb,Zqc,Zqd\n",
        b"MSH|^~\\&|A||||||REF^Zqx|1\rPID|||Zq1^^^NHS||Zqb^Zqa||Zqdate|Zqsex\rZqz|1\r",
    ):
        for said in checked(each, body):
            assert not any("Zq" in problem for problem in said.problems)


# ── Five megabytes ──


def filled(unit: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + unit * ((5_000_000 - len(before)) // len(unit)) + after


MAIL = b"From: a@b.example\r\nTo: x\r\nContent-Type: text/html\r\n\r\n"
LARGE = {
    "quotes": filled(b'"'),
    "lines": filled(b"\n"),
    "noughts": filled(b"\0"),
    "notes": filled(b"NTE|||x\r", format_named("hl7v2").example(1)),
    "broken lines": filled(b"x\r", format_named("hl7v2").example(1)),
    "messages": filled(format_named("hl7v2").example(1)),
    "escapes": filled(b"\\", b"MSH|^~\\&|\rNTE|||"),
    "repetitions": filled(b"1^^^NHS~", b"MSH|^~\\&|\rPID|||"),
    "tags": filled(b"<", MAIL),
    "comments": filled(b"<!--", MAIL),
    "parts": filled(b"--X\r\n\r\n", MAIL.replace(b"text/html", b"multipart/mixed; boundary=X")),
    "nested parts": b"From: a\nTo: b\n" + b"Content-Type: message/rfc822\n\n" * 160_000,
    "headers": filled(b"A: b\n", b"From: a\nTo: b\n"),
    "mail lines": filled(b"Child 1: a\n", MAIL.replace(b"html", b"plain")),
    "rows": filled(b"a,b,c\n", b"surname,first name,notes\n"),
    "columns": filled(b"surnam,", b"surname,first name,"),
}  # fmt: skip


@pytest.mark.parametrize("case", LARGE)
def test_five_megabytes_of_anything_are_read(case: str) -> None:
    """Reading that takes the square of the length would run into the limit of every test."""
    for each in formats().values():
        checked(each, LARGE[case])
