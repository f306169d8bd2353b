"""Does the command line keep its promises to a shell: streams, exit codes, Ctrl+C, sentences?"""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.logs import ALLOWED
from tests.parts.postgres import PROGRAMS, WITHOUT, Server

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds


class Shell:
    """Runs `safeguarding` as a process of its own, in a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.environment = {**os.environ, "SAFEGUARDING_STORE": str(self.store)}

    def command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "services", *map(str, words)]

    def start(self, *words: object, **more: Any) -> "subprocess.Popen[bytes]":
        more = {**dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE), **more}
        return subprocess.Popen(
            self.command(*words),
            cwd=ROOT,
            env=self.environment,
            bufsize=0,  # what `readline` had read ahead, `communicate` would not see
            **more,
        )

    def run(self, *words: object, stdin: bytes = b"", **more: Any) -> tuple[int, str, str]:
        run = self.start(*words, **more)
        out, error = run.communicate(stdin, PATIENCE)
        said = (error or b"").decode()
        assert "Traceback" not in said
        return run.returncode, (out or b"").decode(), said

    def rows(self, *words: object, stdin: bytes = b"") -> list[Any]:
        code, out, error = self.run(*words, stdin=stdin)
        assert (code, error) == (0, ""), error
        return [json.loads(line) for line in out.splitlines()]

    def receives(self, seed: int = 3) -> dict[str, Any]:
        form = self.run("example", "webform", "--seed", seed)[1].encode()
        (row,) = self.rows("intake", "-", "--sender", "north-police", stdin=form)
        found: dict[str, Any] = row
        return found


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    made.rows("senders", "add", "north-police", "--kind", "police", "--name", "North Police")
    return made


def sentence(ran: tuple[int, str, str], code: int) -> str:
    """What a command that failed told, in one line and on stderr alone."""
    assert ran[:2] == (code, "")
    assert ran[2].count("\n") == 1, ran[2]
    assert "program failed" not in ran[2]
    return ran[2]


# ── Streams ───────────────────────────────────────────────────────────────────────────────────────


def at_a_terminal(shell: Shell, *words: object) -> tuple[int, str]:
    """The exit code and what a person at a terminal sees."""
    ours, theirs = pty.openpty()
    run = shell.start(*words, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ready, _, _ = select.select([ours], [], [], 1)
        try:
            part = os.read(ours, 65536) if ready else None
        except OSError:  # the other end has gone
            break
        if part == b"":
            break
        seen += part or b""
    os.close(ours)
    return run.wait(PATIENCE), seen.decode()


def test_a_person_at_a_terminal_sees_a_table_and_a_program_reads_json(shell: Shell) -> None:
    receipt = shell.receives()
    code, seen = at_a_terminal(shell, "inbox")
    assert code == 0
    assert seen.startswith("referral ")
    assert "received at" in seen
    assert receipt["referral"] in seen, "an id is not broken in two"
    assert "{" not in seen
    assert [row["referral"] for row in shell.rows("inbox")] == [receipt["referral"]]
    assert "{" in at_a_terminal(shell, "inbox", "--format", "json")[1]
    assert "Nothing is due" in at_a_terminal(shell, "deadlines", "--overdue")[1]


def test_a_person_at_a_terminal_sees_what_became_of_each_message(shell: Shell) -> None:
    path = shell.folder / "note.txt"
    path.write_text("Please ring me about a child.")
    code, seen = at_a_terminal(shell, "intake", path, "--sender", "north-police")
    first, *problems = seen.splitlines()
    assert (code, first.split()[:2]) == (0, ["recorded", "note.txt"])
    assert "a person must read the message" in problems[0]


def test_a_locale_without_our_characters_changes_nothing(shell: Shell) -> None:
    shell.environment |= {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    body = "child name,concern\nZoë Łukasz,“Left” alone — again.\n".encode()
    (row,) = shell.rows("intake", "-", "--sender", "north-police", stdin=body)
    (child,) = shell.rows("children", "--search", "zoë")
    assert (child["child"], child["name"]) == (row["children"][0], "Zoë Łukasz")
    assert shell.run("children", "--format", "table")[0] == 0
    assert shell.run("children", "--format", "csv")[0] == 0


def test_whoever_has_seen_enough_may_stop_reading(shell: Shell) -> None:
    shell.receives()
    read, write = os.pipe()
    os.close(read)
    run = shell.start("events", stdout=write)
    os.close(write)
    _, error = run.communicate(timeout=PATIENCE)
    assert (run.returncode, error) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this machine")
def test_a_full_disk_under_the_answer_is_told(shell: Shell) -> None:
    shell.receives()
    with Path("/dev/full").open("wb") as full:
        assert "No space left" in sentence(shell.run("events", stdout=full), 3)


# ── The end ───────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_ends_a_runner_quietly(shell: Shell) -> None:
    shell.receives()
    run = shell.start("project", "run", stdin=subprocess.DEVNULL)
    wait_until(lambda: all(not r["behind"] for r in shell.rows("project", "status")))
    run.send_signal(signal.SIGINT)
    out, error = run.communicate(timeout=PATIENCE)
    assert (run.returncode, error) == (0, b"")
    assert b"inbox" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_intake_told_to_end_loses_nothing_that_it_acknowledged(
    shell: Shell, number: signal.Signals
) -> None:
    folder = shell.folder / "many"
    shell.run("example", "csv", "--count", 60, "--into", folder)
    run = shell.start("intake", folder, "--sender", "north-police")
    assert run.stdout is not None
    first = run.stdout.readline()
    run.send_signal(number)
    rest, error = run.communicate(timeout=PATIENCE)
    assert run.returncode in (128 + number, -number)
    assert b"Traceback" not in error
    told = [json.loads(line) for line in (first + rest).splitlines()]
    kept = {row["stream"] for row in shell.rows("events") if "referral.received" in row["event"]}
    assert {row["referral"] for row in told} <= kept
    again = shell.rows("intake", folder, "--sender", "north-police")
    assert {row["referral"] for row in told} <= {row["referral"] for row in again}


def wait_until(so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < until


# ── What cannot be reached ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def damaged(shell: Shell) -> Shell:
    shell.receives()
    shell.rows("inbox")
    return shell


@pytest.mark.parametrize("name", ["events.db", "keys/keys.db"])
def test_a_file_that_is_no_database_is_told(damaged: Shell, name: str) -> None:
    for path in (damaged.store / name).parent.glob(f"{Path(name).name}*"):
        path.write_bytes(os.urandom(9000))
    assert sentence(damaged.run("inbox"), 3)
    code, out, error = damaged.run("intake", ROOT / "README.md", "--sender", "north-police")
    assert (code, out) == (3, "")
    assert "program failed" not in error


def test_a_lost_key_is_told(damaged: Shell) -> None:
    (damaged.store / "keys" / "key-encryption-key").unlink()
    assert "key" in sentence(damaged.run("inbox"), 1)


def test_a_store_that_cannot_be_made_is_told(shell: Shell) -> None:
    assert sentence(shell.run("inbox", "--store", "/proc/nothing/here"), 3)
    file = shell.folder / "file"
    file.write_text("")
    assert "is a file" in sentence(shell.run("inbox", "--store", file), 2)
    assert sentence(shell.run("inbox", "--store", file / "below"), 3)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:s3cret@127.0.0.1:1/a",
        "postgresql://ann:s3cret@[nonsense/a",
        "postgresql://ann:s3cret%zz@127.0.0.1:1/a",
        "postgresql://127.0.0.1:1/a?user=ann&password=s3cret",
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    shell: Shell, address: str
) -> None:
    told = sentence(shell.run("inbox", "--store", address, "--keys", shell.folder / "keys"), 3)
    assert "s3cret" not in told
    shell.environment["SAFEGUARDING_STORE"] = address
    told = sentence(shell.run("events", "--keys", shell.folder / "keys"), 3)
    assert "s3cret" not in told


@pytest.mark.postgresql
def test_a_database_that_goes_away_in_mid_intake_has_all_that_was_acknowledged(
    shell: Shell,
) -> None:
    if not PROGRAMS:
        pytest.skip(WITHOUT)
    server = Server(PROGRAMS[min(PROGRAMS)], on_disk=True)
    try:
        shell.environment |= {
            "SAFEGUARDING_STORE": server.address,
            "SAFEGUARDING_KEYS": str(shell.folder / "keys"),
        }
        shell.rows("senders", "add", "north-police", "--kind", "police", "--name", "North Police")
        folder = shell.folder / "many"
        shell.run("example", "csv", "--count", 40, "--into", folder)
        run = shell.start("intake", folder, "--sender", "north-police")
        assert run.stdout is not None
        first = run.stdout.readline()
        server.kill()
        rest, error = run.communicate(timeout=PATIENCE)
        assert run.returncode == 3
        assert error.startswith(b"The store cannot be")
        assert error.count(b"\n") == 1
        assert "cannot be" in sentence(shell.run("inbox"), 3)
        server.start()
        told = {json.loads(line)["referral"] for line in (first + rest).splitlines()}
        again = {
            row["referral"] for row in shell.rows("intake", folder, "--sender", "north-police")
        }
        events = [row for row in shell.rows("events") if row["event"] == "referral.received.v1"]
        kept = [row["stream"] for row in events]
        assert told <= again
        assert sorted(kept) == sorted(again)
    finally:
        server.stop()


# ── Nothing private where it does not belong ──────────────────────────────────────────────────────


def test_no_private_word_is_logged(shell: Shell) -> None:
    """The most talkative level, a message of each kind of trouble, and a person's command."""
    shell.environment["SAFEGUARDING_LOG"] = "debug"
    canaries = ("Quillfeather", "Zephyrine", "bruise-canary", "XE77 7ZZ", "0207-canary")
    text = "child name,date of birth,postcode,concern,referrer telephone\n"
    text += "Zephyrine Quillfeather,04/05/2017,XE77 7ZZ,bruise-canary,0207-canary\n"
    said = ""
    for body, format in ((text, "csv"), (text, "hl7v2"), (text[:40], "auto"), (text + "x", "csv")):
        words = ("intake", "-", "--sender", "north-police", "--format", format)
        said += shell.run(*words, stdin=body.encode())[2]
    found = shell.run("children", "--search", "quillfeather")[1].splitlines()
    child = json.loads(found[0])["child"]
    for question in ("inbox", "deadlines", "events --open", f"timeline {child}"):
        said += shell.run(*question.split())[2]
    said += shell.run("command", "form-team", "--as", "operator", "--json", "-",
                      stdin=b'{"team_id": "Quillfeather", "name": "bruise-canary"}')[2]  # fmt: skip
    assert "message_taken" in said
    assert not [canary for canary in canaries if canary.lower() in said.lower()]
    for line in said.splitlines():
        assert set(json.loads(line)) <= ALLOWED
