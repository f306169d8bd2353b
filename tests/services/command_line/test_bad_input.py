"""Does whatever a sender may send reach a person, told what is wrong with it?"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.translation import formats
from tests.services.command_line.conftest import Run

SEED = 21
NAMES = tuple(formats())


def example(name: str) -> bytes:
    return formats()[name].example(SEED)


def form(**fields: Any) -> bytes:
    """The made-up web form, with some of its fields replaced."""
    return json.dumps(json.loads(example("webform")) | fields).encode()


def of_the_children(change: Callable[[dict[str, Any]], None]) -> bytes:
    children = json.loads(example("webform"))["children"]
    for child in children:
        change(child)
    return form(children=children)


FILE_WORDS = "A line of this machine."

MUST_TELL: dict[str, Callable[[], bytes]] = {
    "truncated JSON": lambda: example("fhir-bars")[: len(example("fhir-bars")) // 2],
    "truncated form": lambda: example("webform")[: len(example("webform")) // 2],
    "5 MB": lambda: form(concern="x" * 5_000_000),
    "5 MB of nothing": lambda: b" " * 5_000_000,
    "wrong character set": lambda: "Zoë is not safe".encode("latin-1"),
    "deep nesting": lambda: b"[" * 200_000,
    "deeply nested form": lambda: b'{"children": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a key twice": lambda: b'{"children": [], ' + example("webform").lstrip()[1:],
    "XML entities": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file://SECRET">]><a>&b;</a>'
    ),
    "a billion laughs": lambda: (
        b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;&b;&b;</a>'
    ),
    "noise": lambda: bytes(range(256)) * 20,
    "nothing but nought": lambda: b"\0" * 300,
    "a lone surrogate": lambda: form(concern="x").replace(b'"x"', b'"\\ud800"'),
    "a huge number": lambda: b'{"age": 1e999999, "children": 7}',
    "headless HL7": lambda: re.split(rb"[\r\n]+", example("hl7v2"), maxsplit=1)[1],
    "a date that is none": lambda: of_the_children(lambda c: c.update(date_of_birth="31/02/2019")),
    "a bad check digit": lambda: of_the_children(lambda c: c.update(nhs_number="9990000019")),
    "an adult": lambda: of_the_children(lambda c: c.update(date_of_birth="01/02/1980")),
    "nobody": lambda: form(children=[]),
}
"""What a person must be told of, and how it is made."""

MAY_TELL: dict[str, Callable[[], bytes]] = {
    "truncated HL7": lambda: example("hl7v2")[: len(example("hl7v2")) // 2],
    "truncated notice": lambda: example("police-notice")[: len(example("police-notice")) // 2],
    "truncated table": lambda: example("csv")[: len(example("csv")) // 2],
    "a byte order mark": lambda: b"\xef\xbb\xbf" + example("webform"),
    "UTF-16": lambda: example("webform").decode().encode("utf-16"),
    "mixed line ends": lambda: (
        example("hl7v2").replace(b"\r\n", b"\r").replace(b"\r", b"\r\n", 2).replace(b"\r", b"\n", 1)
    ),
    "line ends in a table": lambda: example("csv").replace(b"\r\n", b"\n").replace(b"\n", b"\r", 1),
    "an unknown child": lambda: form(children=[{"given_name": "", "family_name": ""}]),
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(FILE_WORDS)
    return path


@pytest.mark.parametrize("format", ["auto", *NAMES])
def test_nothing_that_is_sent_is_lost(
    office: Run, tmp_path: Path, secret: Path, format: str
) -> None:
    """Every odd message, in one folder, read as every format."""
    folder = tmp_path / "odd"
    folder.mkdir()
    for name, made in (MUST_TELL | MAY_TELL).items():
        (folder / name).write_bytes(made().replace(b"SECRET", str(secret).encode()))
    ran = office("intake", folder, "--sender", "north-police", "--format", format)
    assert ran.code == 0
    assert "failed" not in ran.error
    waiting = {row["referral"]: row for row in office("inbox").rows}
    named = {name for name in MUST_TELL | MAY_TELL for row in ran.rows if row["source"] == name}
    assert named == set(MUST_TELL | MAY_TELL)
    for row in ran.rows:
        assert row["referral"] in waiting, row
        assert row["result"] in {"recorded", "updated", "duplicate", "conflict"}, row
        assert not any("Our program" in problem for problem in row["problems"]), row
    if format == "auto":
        for name in MUST_TELL:
            rows = [row for row in ran.rows if row["source"] == name]
            assert any(row["problems"] for row in rows), (name, rows)
            assert all(p.endswith((".", "?")) for row in rows for p in row["problems"])
        told = office("events", "--open")
        assert told.code == 0
        assert FILE_WORDS not in told.out


@pytest.mark.parametrize("name", ["an adult", "nobody"])
def test_no_child_is_made_of_an_adult_or_of_nobody(office: Run, name: str) -> None:
    row = office("intake", "-", "--sender", "north-police", stdin=MUST_TELL[name]()).row
    assert (row["result"], row["children"]) == ("recorded", [])
    assert row["problems"]
    assert office("children").rows == []


def test_a_bad_check_digit_leaves_the_child_without_a_number(office: Run) -> None:
    body = MUST_TELL["a bad check digit"]()
    row = office("intake", "-", "--sender", "north-police", stdin=body).row
    assert row["children"]
    assert any("check digit" in problem or "NHS number" in problem for problem in row["problems"])
    assert (
        office("intake", "-", "--sender", "north-police", stdin=body).row["result"] == "duplicate"
    )


def test_a_message_of_5_mb_is_kept_to_the_last_byte(office: Run) -> None:
    body = MUST_TELL["5 MB"]()
    row = office("intake", "-", "--sender", "north-police", stdin=body).row
    assert row["result"] == "recorded"
    (event,) = [e for e in office("events").rows if e["event"] == "message.received.v1"]
    assert (event["header"]["size"], event["header"]["content"]) == (len(body), row["message"])
