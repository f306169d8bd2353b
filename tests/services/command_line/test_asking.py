"""Are the questions answered in the shapes that scripts rely on?"""

import base64
import csv
import hashlib
import io
import json
from contextlib import closing
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from adapters.read_models import ReadModels
from services.command_line.output import show
from tests.adapters.event_store.direct import execute, without_triggers
from tests.services.command_line.conftest import Run, gives

SHAPES = {
    "inbox": "referral agency received_at due_on urgency children problems",
    "timeline": "position event stream happened_at received_at recorded_at agency title text"
    " superseded_by",
    "children": "child name born_on identifiers cases",
    "deadlines": "rule about child team worker started_at state stopped_by policy",
    "teams": "team",
    "team": "team week measure value of cases",
    "people": "person name role team",
    "senders": "agency kind name",
    "events": "position stream version event recorded_at header parts",
    "project status": "projection version position behind behind_seconds parked",
    "project digest": "projection position rows sha256",
    "project rebuild inbox": "projection version position behind behind_seconds parked",
    "project run --once": "projection version position behind behind_seconds parked",
}


@pytest.fixture
def sent(office: Run) -> dict[str, Any]:
    """The receipt of a made-up form."""
    form = office("example", "webform", "--seed", 3).out.encode()
    row: dict[str, Any] = office("intake", "-", "--sender", "north-police", stdin=form).row
    return row


@pytest.mark.parametrize("question", SHAPES)
def test_an_answer_has_its_shape(office: Run, sent: dict[str, Any], question: str) -> None:
    more = {"timeline": [sent["children"][0]], "team": ["team-east"]}.get(question, [])
    ran = office(*question.split(), *more)
    assert (ran.code, ran.error) == (0, "")
    assert ran.rows
    for row in ran.rows:
        assert set(SHAPES[question].split()) <= set(row), row


@pytest.mark.parametrize("how", [[], ["--sweep"]])
def test_records_that_may_be_one_childs_are_told_and_decided_by_a_command(
    office: Run, sent: dict[str, Any], how: list[str]
) -> None:
    added = office("senders", "add", "elm-surgery", "--kind", "gp", "--name", "E")
    assert added.code == 0
    form = office("example", "webform", "--seed", 3).out.encode()
    again = office("intake", "-", "--sender", "elm-surgery", stdin=form).row
    numbered, harry = sent["children"]  # the first one is known again by the NHS number
    assert again["children"][0] == numbered
    row = office("matches", *how).row
    assert list(row) == ["match", "children", "outcome", "score", "evidence"]
    assert row["children"] == [harry, again["children"][1]]
    assert row["outcome"] == "Match"
    assert {each["detail"] for each in row["evidence"]} >= {"birth date", "postcode"}
    pair = {"child_id": harry, "other_child_id": again["children"][1]}
    assert gives(office, "tell-records-apart", "dora", **pair, reason="Cousins.").code == 0
    assert office("matches", *how).rows == []


def test_who_may_be_of_one_family_is_suggested(office: Run, sent: dict[str, Any]) -> None:
    row = office("matches", "--families").row
    assert list(row) == ["match", "children", "relation", "evidence"]
    assert set(row["children"]) == set(sent["children"])
    assert row["evidence"] == ["address or telephone number", "surname and postcode"]


@pytest.mark.parametrize("how", [[], ["--sweep"], ["--families"]])
def test_a_refusal_does_not_look_as_if_no_records_were_alike(office: Run, how: list[str]) -> None:
    assert office("matches", *how, "--as", "dora").code == 0
    for person in ("operator", "wim"):
        ran = office("matches", *how, "--as", person)
        assert (ran.code, ran.out) == (1, ""), person
        assert "it is not yours to see" in ran.error, person


def test_a_new_store_has_no_answers_and_that_is_good(run: Run) -> None:
    for question in ("inbox", "children", "deadlines", "teams", "flags", "senders", "events"):
        ran = run(question)
        assert (ran.code, ran.out) == (0, ""), question
    ran = run("inbox", "--format", "table")
    assert (ran.code, ran.out, ran.error) == (0, "", "Nothing waits.\n")


@pytest.mark.parametrize("question", ["inbox", "deadlines", "flags"])
def test_a_team_that_is_not_there_is_no_team_without_work(office: Run, question: str) -> None:
    ran = office(question, "--team", "nope")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error == "There is no team nope. There are: team-east.\n"


def test_a_table_is_for_people(office: Run, sent: dict[str, Any]) -> None:
    heading, *lines = office("inbox", "--format", "table").out.splitlines()
    assert heading.split()[:3] == ["referral", "agency", "received"]
    assert sent["referral"] in lines[0]


def test_a_terminal_is_not_steered_by_what_a_sender_wrote(office: Run) -> None:
    body = "Please ring \x1b[31mred\x07 \u202egnirts about a child.".encode()
    child = office(
        "intake", "-", "--sender", "north-police", "--format", "csv",
        stdin=b"child name,concern\nKit Marlow," + body + b"\n",
    ).rows[0]["children"][0]  # fmt: skip
    shown = office("timeline", child, "--format", "table").out
    assert "red" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_csv_has_a_column_for_whatever_any_row_holds(office: Run, sent: dict[str, Any]) -> None:
    gives(office, "screen-referral", "dora", referral_id=sent["referral"], rag="red", threshold=4,
          rationale="Alone.")  # fmt: skip
    gives(office, "decide-referral", "dora", referral_id=sent["referral"], rationale="Alone.",
          outcome="strategy-discussion", team_id="team-east")  # fmt: skip
    ran = office("deadlines", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(rows) == len(office("deadlines").rows)
    assert all(row.get("due_on") or row.get("due_at") for row in rows)
    assert all(None not in row for row in rows)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_no_spreadsheet_runs_what_a_sender_wrote(office: Run, sign: str) -> None:
    form = json.loads(office("example", "webform", "--seed", 3).out)
    form["children"] = [form["children"][0] | {"given_name": f"{sign}1+1", "family_name": "Roe"}]
    assert office("intake", "-", "--sender", "north-police", stdin=json.dumps(form).encode()).row
    (row,) = csv.DictReader(io.StringIO(office("children", "--format", "csv").out))
    assert row["name"] == f"'{sign}1+1 Roe"
    assert office("children").row["name"] == f"{sign}1+1 Roe"


def test_a_number_below_nought_is_a_number_in_csv(capfd: pytest.CaptureFixture[str]) -> None:
    show([{"days": -3, "share": -0.5, "text": "\tx", "words": ["-a", "b"], "none": None}], "csv")
    assert capfd.readouterr().out == "days,share,text,words,none\n-3,-0.5,'\tx,\"'-a, b\",\n"


@pytest.mark.parametrize("search", ["O'Dowd", "odowd", "Dowd", "o dowd", "ann DOWD", "Smith"])
def test_a_child_with_a_double_name_is_found_by_each_part(office: Run, search: str) -> None:
    form = json.loads(office("example", "webform", "--seed", 3).out)
    named = {"given_name": "Ann", "family_name": "O'Dowd Smith-Jones"}
    form["children"] = [form["children"][0] | named]
    assert office("intake", "-", "--sender", "north-police", stdin=json.dumps(form).encode()).row
    assert [row["name"] for row in office("children", "--search", search).rows] == [
        "Ann O'Dowd Smith-Jones"
    ]
    assert office("children", "--search", "Dow").rows == []


def test_children_are_found_by_whole_names_in_any_case(office: Run, sent: dict[str, Any]) -> None:
    known = {row["child"]: row for row in office("children").rows}
    assert set(known) == set(sent["children"])
    child, row = next(iter(known.items()))
    surname = row["name"].split()[-1]
    assert child in {r["child"] for r in office("children", "--search", surname.upper()).rows}
    assert office("children", "--search", surname[:3]).rows == []
    assert office("children", "--search", "...").rows == []


def test_the_log_is_told_from_a_position_or_of_a_stream(office: Run, sent: dict[str, Any]) -> None:
    whole = office("events").rows
    assert [row["position"] for row in whole] == list(range(1, len(whole) + 1))
    assert office("events", "--from", 3).rows == whole[2:]
    assert office("events", "--from", 10_000).rows == []
    (event,) = office("events", "--stream", sent["referral"]).rows
    assert event["event"] == "referral.received.v1"
    assert office("events", "--stream", "referral-none").rows == []


def test_words_are_told_only_when_they_are_opened(office: Run, sent: dict[str, Any]) -> None:
    words = ("events", "--stream", sent["referral"])
    assert office(*words).row["parts"]["narrative"] == "sealed"
    opened = office(*words, "--open").row["parts"]["narrative"]
    assert opened["concern"]
    assert opened["concern"] not in office(*words).out
    (kept,) = [e for e in office("events", "--open").rows if e["event"] == "message.received.v1"]
    raw = base64.b64decode(kept["parts"]["raw"]["raw"])
    assert hashlib.sha256(raw).hexdigest() == sent["message"]
    stream = office("events", "--open", "--stream", kept["stream"]).row
    assert stream["parts"] == kept["parts"]


def test_a_childs_story_is_filtered_and_told_as_it_was_known(
    office: Run, sent: dict[str, Any]
) -> None:
    child = sent["children"][0]
    rows = office("timeline", child).rows
    (received,) = [row for row in rows if row["event"] == "referral.received.v1"]
    assert received["position"] == sent["position"]
    assert received["text"]
    assert office("timeline", child, "--agency", "north-police").rows == rows
    assert office("timeline", child, "--agency", "elm").rows == []
    assert office("timeline", child, "--kind", "referral").rows == [received]
    assert office("timeline", child, "--as-known-at", "2020-01-01T00:00:00Z").rows == []
    assert office("timeline", child, "--as-known-at", "2199-01-01T00:00:00Z").rows == rows


def test_a_deadline_is_measured_against_the_instant_asked_about(
    office: Run, sent: dict[str, Any]
) -> None:
    (now,) = [r for r in office("deadlines").rows if r["rule"] == "R1"]
    assert (now["about"], now["state"]) == (sent["referral"], "running")
    late = office("deadlines", "--overdue", "--as-at", "2199-01-01T00:00:00Z").rows
    assert sent["referral"] in {row["about"] for row in late}
    assert office("deadlines", "--overdue").rows == []


def test_what_is_not_there_and_what_is_not_ones_own_look_the_same(
    office: Run, sent: dict[str, Any]
) -> None:
    absent = office("timeline", "child-" + "0" * 32, "--as", "dora")
    denied = office("timeline", sent["children"][0], "--as", "wim2")
    assert (absent.code, absent.out) == (1, "")
    assert denied.code == 1
    gives(office, "join-team", "operator", team_id="team-east", person_id="ed", name="Ed",
          role="auditor")  # fmt: skip
    denied = office("timeline", sent["children"][0], "--as", "ed")
    assert (denied.code, denied.out, denied.error) == (1, "", absent.error)


@pytest.mark.parametrize(
    "words",
    [
        ("inbox", "--nonsense"),
        ("nonsense",),
        ("timeline",),
        ("team", "team-east", "--week", "next"),
        ("deadlines", "--as-at", "yesterday"),
        ("deadlines", "--as-at", "2026-01-01"),
        ("deadlines", "--as-at", "9999-12-31T23:59:59-14:00"),
        ("events", "--from", "x"),
        ("inbox", "--format", "yaml"),
        ("project", "rebuild", "nothing"),
        ("project", "digest", "nothing"),
        ("inbox", "--store", "mysql://u:s3cret@host/a"),
    ],
)
def test_a_slip_of_the_caller_is_one_line_and_2(office: Run, words: tuple[str, ...]) -> None:
    ran = office(*words)
    assert (ran.code, ran.out, ran.error.count("\n")) == (2, "", 1), ran
    assert "s3cret" not in ran.error
    assert "failed" not in ran.error


def test_help_is_for_a_stranger(run: Run) -> None:
    whole = run("--help")
    assert whole.code == 0
    for command in ("intake", "timeline", "command", "project", "demo"):
        assert command in whole.out
        assert run(command, "--help").code == 0
    assert run("--version").out.strip()


def test_the_keys_of_another_store_are_told_before_anything_is_written(
    office: Run, sent: dict[str, Any], tmp_path: Path
) -> None:
    assert office("inbox", "--store", tmp_path).code == 0
    words = ("--keys", tmp_path / "keys")
    for ran in (
        office("inbox", *words),
        office("intake", "-", "--sender", "north-police", *words, stdin=b"Please ring."),
        office("senders", "add", "elm", "--kind", "gp", "--name", "Elm", *words),
    ):
        assert (ran.code, ran.out) == (1, "")
        assert "are not this store's" in ran.error
    assert len(office("inbox").rows) == 1


def test_lost_keys_are_told_by_questions_and_intake_alike(
    office: Run, sent: dict[str, Any], tmp_path: Path
) -> None:
    keys = tmp_path / "store" / "keys"
    keys.rename(tmp_path / "backup")
    for ran in (
        office("inbox"),
        office("children"),
        office("intake", "-", "--sender", "north-police", stdin=b"Please ring."),
    ):
        assert (ran.code, ran.out) == (1, "")
        assert f"are not in {keys}: put that folder back from its backup" in ran.error
    assert not keys.exists()

    (tmp_path / "backup").rename(keys)
    assert {row["child"] for row in office("children").rows} == set(sent["children"])


def alter(store: Path, name: str, kind: str) -> None:
    """Change a byte of what is sealed in the first event of this name, as its kind of words."""
    ((position, state),) = execute(
        str(store), "select position, state from stored_events where topic = ? limit 1", (name,)
    )
    at = state.rindex(kind.encode()) + len(kind)
    altered = state[:at] + bytes([state[at] ^ 1]) + state[at + 1 :]
    without_triggers(str(store))
    change = "update stored_events set state = ? where position = ?"
    execute(str(store), change, (altered, position))


def test_one_child_whose_words_cannot_be_read_hides_no_other(office: Run, tmp_path: Path) -> None:
    for seed in (3, 4, 5):
        form = office("example", "webform", "--seed", seed).out.encode()
        assert office("intake", "-", "--sender", "north-police", stdin=form).code == 0
    before = office("children").rows
    for file in (tmp_path / "store").glob("read.db*"):
        file.unlink()
    alter(tmp_path / "store", "child.registered.v1", "identity")

    ran = office("children")
    assert ran.code == 1
    assert "Tell the operator." in ran.error
    (broken,) = [row for row in ran.rows if "fault" in row]
    assert (broken["name"], broken["fault"][:27]) == (None, "These words cannot be read:")
    others = [row for row in before if row["child"] != broken["child"]]
    assert [row for row in ran.rows if row["child"] != broken["child"]] == others
    assert office("inbox").code == 0


def test_keys_older_than_the_log_are_told_from_a_damaged_log(office: Run, tmp_path: Path) -> None:
    keys = tmp_path / "store" / "keys"
    copytree(keys, tmp_path / "yesterday")
    form = office("example", "webform", "--seed", 3).out.encode()
    assert office("intake", "-", "--sender", "north-police", stdin=form).code == 0
    ran = office("children", "--keys", tmp_path / "yesterday")
    assert (ran.code, len(ran.rows)) == (1, 2)
    assert "this key store has never held their key" in ran.error
    assert "not what was stored" not in ran.error
    assert office("children").code == 0


def test_a_folder_is_taken_to_its_end_whatever_of_the_log_cannot_be_read(
    office: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    assert office("example", "webform", "--seed", 3, "--count", 4, "--into", folder).code == 0
    for path in sorted(folder.iterdir()):
        form = json.loads(path.read_bytes())
        form["children"][0] |= {"nhs_number": "9990000042", "given_name": "Kofi"}
        form["children"][0] |= {"family_name": "Boateng", "date_of_birth": "11/09/2014"}
        path.write_text(json.dumps(form))
    first, *_ = sorted(folder.iterdir())
    assert office("intake", first, "--sender", "north-police").row["children"]
    alter(tmp_path / "store", "child.registered.v1", "identity")
    ran = office("intake", folder, "--sender", "north-police")
    assert (ran.code, len(ran.rows)) == (0, 4)
    assert [row["result"] for row in ran.rows] == ["duplicate", *["recorded"] * 3]
    assert "tell the system's keeper" in str(ran.rows[1]["problems"])


def test_an_entry_whose_words_cannot_be_read_hides_no_other(
    office: Run, sent: dict[str, Any], tmp_path: Path
) -> None:
    child = sent["children"][0]
    entries = len(office("timeline", child).rows)
    for file in (tmp_path / "store").glob("read.db*"):
        file.unlink()
    alter(tmp_path / "store", "referral.received.v1", "narrative")

    ran = office("timeline", child)
    assert (ran.code, len(ran.rows)) == (1, entries)
    (broken,) = [row for row in ran.rows if "fault" in row]
    assert broken["text"].startswith("These words cannot be read")


def test_a_missing_event_is_named_and_the_others_are_shown(
    office: Run, sent: dict[str, Any], tmp_path: Path
) -> None:
    store = str(tmp_path / "store")
    whole = office("events").rows
    without_triggers(store)
    execute(store, "delete from stored_events where position = 3")

    ran = office("events")
    assert ran.code == 1
    assert "position 3 is missing, so an event was deleted" in ran.error
    assert [row["position"] for row in ran.rows] == [row["position"] for row in whole]
    assert [row for row in ran.rows if row["position"] != 3] == whole[:2] + whole[3:]
    for asked in ("status", "run"):
        ran = office("project", asked, *(["--once"] if asked == "run" else []))
        assert ran.code == 1
        assert "events were deleted from it, at position 3." in ran.error


def test_a_log_that_was_put_back_is_told_by_the_status(run: Run, tmp_path: Path) -> None:
    senders = ("senders", "add", "elm", "--kind", "gp", "--name")
    assert run(*senders, "Elm").code == 0
    assert run("project", "run", "--once").code == 0
    store = tmp_path / "store"
    for file in store.glob("events.db*"):
        file.unlink()
    assert run(*senders, "Another").code == 0

    ran = run("project", "status")
    assert ran.code == 1
    assert {row["behind"] for row in ran.rows} == {1}
    assert "The read models are not of this log" in ran.error
    assert [row["name"] for row in run("senders").rows] == ["Another"]
    assert run("project", "status").code == 0


def test_a_second_rebuild_is_told_of_the_first(run: Run, tmp_path: Path) -> None:
    assert run("project", "run", "--once").code == 0
    with closing(ReadModels.open(tmp_path / "store")) as models, models.beside():
        ran = run("project", "rebuild", "inbox")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error == "Another rebuild is at work: try again when it is done.\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_every_command(run: Run, shell: str) -> None:
    ran = run("completion", shell)
    assert (ran.code, ran.error) == (0, "")
    for command in ("intake", "timeline", "senders", "completion"):
        assert command in ran.out


def test_a_damaged_log_is_told_and_what_is_sound_is_still_answered(
    office: Run, sent: dict[str, Any], tmp_path: Path
) -> None:
    store = str(tmp_path / "store")
    whole = office("events").rows
    without_triggers(store)
    execute(
        store, "update stored_events set state = x'00ff' where position = ?", [sent["position"]]
    )
    ran = office("events")
    assert ran.code == 1
    assert "The log is damaged: " + sent["referral"] in ran.error
    damaged = ran.rows[sent["position"] - 1]
    assert damaged["fault"].startswith("The log is damaged: " + sent["referral"])
    assert [row for row in ran.rows if row != damaged] == [
        row for row in whole if row["position"] != damaged["position"]
    ]
    ran = office("events", "--stream", sent["referral"])
    assert (ran.code, ran.rows) == (1, [damaged])
    assert "The log is damaged: " in ran.error
    ran = office("inbox")
    assert (ran.code, ran.out) == (0, "")
    assert "incomplete" in ran.error, "nobody may believe that nothing waits"
    assert office("project", "run", "--once").code == 1
