"""Does `intake` take what it is given, and do its receipts say so?"""

import hashlib
import json
import os
from pathlib import Path

import pytest

from services.intake import LARGEST
from tests.services.command_line.conftest import Run

FIELDS = {
    "source", "message", "format", "result", "referral", "children", "problems", "position",
    "reason",
}  # fmt: skip


@pytest.fixture
def form(run: Run, tmp_path: Path) -> Path:
    """A valid web form in a file."""
    path = tmp_path / "form.json"
    path.write_bytes(run("example", "webform", "--seed", 3).out.encode())
    return path


def test_a_file_is_taken_and_its_receipt_is_one_line(office: Run, form: Path) -> None:
    ran = office("intake", form, "--sender", "north-police")
    assert (ran.code, ran.error) == (0, "")
    assert set(ran.row) == FIELDS
    assert (ran.row["source"], ran.row["format"], ran.row["result"]) == (
        "form.json",
        "webform",
        "recorded",
    )
    assert ran.row["message"] == hashlib.sha256(form.read_bytes()).hexdigest()
    (event,) = office("events", "--stream", ran.row["referral"]).rows
    assert (event["position"], event["header"]["message"]) == (
        ran.row["position"],
        ran.row["message"],
    )


def test_a_duplicate_is_good(office: Run, form: Path) -> None:
    first, again = (office("intake", form, "--sender", "north-police") for _ in range(2))
    assert (again.code, again.row["result"]) == (0, "duplicate")
    for field in ("message", "referral", "children", "position"):
        assert again.row[field] == first.row[field]


def test_a_folder_is_read_in_name_order(office: Run, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for name in ("b/2", "b/1", "a", "c é"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"Please ring, {name}.")
    ran = office("intake", folder, "--sender", "north-police")
    assert [row["source"] for row in ran.rows] == ["a", "b/1", "b/2", "c é"]


def test_standard_input_is_a_message(office: Run, form: Path) -> None:
    ran = office("intake", "-", "--sender", "north-police", stdin=form.read_bytes())
    assert (ran.row["source"], ran.row["result"]) == ("-", "recorded")
    (event,) = office("events", "--stream", ran.row["referral"]).rows
    assert event["header"]["channel"] == "standard-input"


def test_a_unit_of_a_sender_is_kept(office: Run, form: Path) -> None:
    ran = office("intake", form, "--sender", "north-police:ward-9")
    (event,) = office("events", "--stream", ran.row["referral"]).rows
    assert (event["header"]["agency"], event["header"]["unit"]) == ("north-police", "ward-9")


def test_when_it_was_received_may_be_said_and_when_it_was_recorded_not(
    office: Run, form: Path
) -> None:
    came = "2026-02-01T23:59:59+01:00"
    ran = office("intake", form, "--sender", "north-police", "--received-at", came)
    (event,) = office("events", "--stream", ran.row["referral"]).rows
    assert event["header"]["received_at"] == "2026-02-01T22:59:59Z"
    assert event["recorded_at"] > "2026-02-02"
    (row,) = office("inbox").rows
    assert row["received_at"] == "2026-02-01T22:59:59Z"
    assert (
        office("timeline", row["children"][0], "--as-known-at", "2026-02-05T00:00:00Z").rows == []
    )


@pytest.mark.parametrize(
    "instant",
    [
        "2200-01-01T00:00:00Z",
        "yesterday",
        "2026-02-01",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2000-01-01T00:00:00+01:00",
    ],
)
def test_an_instant_that_cannot_be_is_a_slip_of_the_caller(
    office: Run, form: Path, instant: str
) -> None:
    ran = office("intake", form, "--sender", "north-police", "--received-at", instant)
    assert (ran.code, ran.out, ran.error.count("\n")) == (2, "", 1)
    assert office("inbox").rows == []


@pytest.mark.parametrize(
    ("sender", "body", "why"),
    [
        ("nobody-here", b"Please ring.", "not registered"),
        ("north-police", b"", "empty"),
        ("north-police", b"x" * (LARGEST + 1), "25 MiB"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    office: Run, sender: str, body: bytes, why: str
) -> None:
    before = office("events").out
    ran = office("intake", "-", "--sender", sender, stdin=body)
    assert (ran.code, ran.row["result"]) == (1, "refused")
    assert why in ran.row["reason"]
    assert office("events").out == before


def test_a_file_that_cannot_be_read_is_refused_and_the_others_are_taken(
    office: Run, form: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    (folder / "here").write_bytes(form.read_bytes())
    os.mkfifo(folder / "pipe")
    ran = office("intake", tmp_path / "missing", folder, "--sender", "north-police")
    assert ran.code == 1
    assert [(row["source"], row["result"]) for row in ran.rows] == [
        ("missing", "refused"),
        ("gone", "refused"),
        ("here", "recorded"),
    ]
    assert "cannot be read" in ran.rows[0]["reason"]
    assert "pipe is no file" in ran.error


@pytest.mark.parametrize("name", [b"a\nb", b"\xff\xfe.csv", b"-x", b"\x1b[31m", "Zoë 🐈".encode()])
def test_a_file_may_have_any_name(office: Run, form: Path, tmp_path: Path, name: bytes) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(form.read_bytes())
    ran = office("intake", folder, "--sender", "north-police")
    assert (ran.code, ran.row["result"]) == (0, "recorded")
    assert ran.row["source"].isprintable()


def test_a_format_may_be_named(office: Run, form: Path) -> None:
    ran = office("intake", form, "--sender", "north-police", "--format", "hl7v2")
    assert (ran.code, ran.row["format"], ran.row["result"]) == (0, "hl7v2", "recorded")
    assert ran.row["problems"]
    unknown = office("intake", form, "--sender", "north-police", "--format", "morse")
    assert (unknown.code, unknown.out) == (2, "")
    assert "webform" in unknown.error


def test_the_formats_are_listed_and_ours_have_a_schema(run: Run) -> None:
    rows = run("formats").rows
    assert {"fhir-bars", "hl7v2", "webform", "csv"} <= {row["name"] for row in rows}
    assert all(set(row) == {"name", "title", "transports"} for row in rows)
    schema = run("formats", "webform", "--schema")
    assert (schema.code, "$defs" in json.loads(schema.out)) == (0, True)
    assert run("formats", "hl7v2", "--schema").code == 1
    assert run("formats", "morse").code == 2
    assert run("formats", "--schema").code == 2


def test_examples_fill_a_folder_and_the_same_seed_gives_the_same_bytes(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "examples"
    assert run("example", "csv", "--seed", 7, "--count", 3, "--into", folder).code == 0
    bodies = [path.read_bytes() for path in sorted(folder.iterdir())]
    assert len(set(bodies)) == 3
    assert run("example", "csv", "--seed", 7).out.encode() == bodies[0]
    assert run("example", "csv", "--count", 3).code == 2
    assert run("example", "csv", "--count", 0, "--into", folder).code == 2
    assert run("example", "morse").code == 2


def test_a_sender_is_added_once(run: Run) -> None:
    words = ("senders", "add", "elm-surgery", "--kind", "gp", "--name", "Elm Surgery")
    assert run("senders").rows == []
    wanted = {"agency": "elm-surgery", "kind": "gp", "name": "Elm Surgery"}
    assert [run(*words).row, run(*words).row] == [wanted, wanted]
    assert run("senders").rows == [wanted]
    assert len(run("events").rows) == 1
    other = run("senders", "add", "elm-surgery", "--kind", "gp", "--name", "Other")
    assert (other.code, other.out) == (1, "")
    assert "already registered" in other.error
    assert run("senders", "add", "Elm Surgery", "--kind", "gp", "--name", "E").code == 1
    assert run("senders", "add", "authority", "--kind", "gp", "--name", "E").code == 1
    assert run("senders", "add", "elm", "--kind", "baker", "--name", "E").code == 2


def test_an_intake_that_nobody_reads_says_what_to_do(office: Run, form: Path) -> None:
    """Its receipts are the only proof: without them, it must not look as if all were well."""
    import subprocess
    import sys

    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "services", "intake", str(form), "--sender", "north-police"]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(write)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "Send it all again" in ended.stderr
