"""Is what agencies drop into folders stored once, whoever looks into them and whatever breaks?"""

import csv
import gzip
import json
import os
import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.transports.csv_drop import Tables
from adapters.transports.dropped import Folders
from adapters.transports.mail_drop import Mailboxes as Mail
from adapters.transports.mesh import Mailboxes as Mesh
from domain.agency import SuspendAgency
from services.assemble import now
from services.ingest import Ingest, Taken
from services.intake import LARGEST
from tests.adapters.event_store.direct import somebody_writes
from tests.parts.postgres import PROGRAMS, WITHOUT, Server
from tests.services.ingesting import Place, ToldWhileWaiting, examples, one_writes, place_at

SENDER = "north-police"
FORMS = examples("webform", 12)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path) as made:
        yield made


class Drop:
    """The folders of all agencies, and what was made of them."""

    def __init__(
        self, place: Place, kind: type[Folders], clock: Callable[[], datetime] = now
    ) -> None:
        self.clock = clock
        self.place = place
        self.kind = kind
        self.home = place.dropped / SENDER
        self.home.mkdir()
        self.said: list[str] = []

    def taken(self) -> list[Taken]:
        """The lines about all that is there now."""
        with self.place.store() as store:
            inlet = self.kind(self.place.dropped, self.clock, LARGEST)
            return list(Ingest(store, inlet, self.said.append).lines(Event(), once=True))

    def results(self) -> list[str]:
        return [line.result for line in self.taken()]

    def files(self) -> set[str]:
        """All that lies in the agency's home."""
        found = (each for each in self.home.rglob("*") if not each.is_dir())
        return {str(each.relative_to(self.home)) for each in found}


# ── MESH ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mesh(place: Place) -> Drop:
    return Drop(place, Mesh)


def sends(home: Path, name: str, *parts: bytes, nested: bool = False, **control: Any) -> None:
    """A message as a MESH client leaves it in the folder."""
    inbox = home / "in"
    (inbox / name if nested else inbox).mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts, start=1):
        (inbox / name / str(number) if nested else inbox / f"{name}_{number}").write_bytes(part)
    said = {
        "message_id": name,
        "total_chunks": len(parts),
        "events": [{"status": "accepted", "timestamp": "2026-03-03T09:30:00"}],
        "metadata": {"file_name": f"{name}.dat", "is_compressed": False},
    }
    (inbox / f"{name}.json").write_text(json.dumps(said | control))


def test_a_mailbox_message_is_moved_when_it_is_durable(mesh: Drop) -> None:
    sends(mesh.home, "ONE", FORMS[0])
    sends(mesh.home, "TWO", FORMS[1][:100], FORMS[1][100:], nested=True)
    lines = mesh.taken()
    assert [(each.result, each.format, each.transport) for each in lines] == [
        ("recorded", "webform", "mesh")
    ] * 2
    assert mesh.files() == {
        *("taken/ONE.json", "taken/ONE_1", "taken/TWO.json", "taken/TWO/1", "taken/TWO/2")
    }
    assert mesh.taken() == []
    assert mesh.said == []


def test_what_is_packed_is_unpacked_however_its_parts_were_packed(mesh: Drop) -> None:
    sends(mesh.home, "EACH", gzip.compress(FORMS[0][:100]), gzip.compress(FORMS[0][100:]))
    whole = gzip.compress(FORMS[1])
    sends(mesh.home, "WHOLE", whole[:50], whole[50:])
    assert [each.format for each in mesh.taken()] == ["webform"] * 2


def test_what_cannot_be_unpacked_is_kept_as_it_came(mesh: Drop) -> None:
    cut = gzip.compress(FORMS[0])[:-20]
    sends(mesh.home, "CUT", cut)
    sends(mesh.home, "BOMB", gzip.compress(bytes(LARGEST + 1)))
    sends(mesh.home, "NOISE", b"\x1f\x8b not packed at all")
    lines = mesh.taken()
    assert [(each.result, bool(each.problems)) for each in lines] == [("recorded", True)] * 3
    with mesh.place.office() as office:
        kept = {each.raw for each in office.events("message.received.v1")}
    assert cut in kept


def test_a_message_waits_for_all_its_parts(mesh: Drop) -> None:
    sends(mesh.home, "HALF", FORMS[0][:100], total_chunks=2)
    assert mesh.taken() == []
    assert mesh.said == [f"{SENDER}/HALF.json: a part of it has not come yet."]
    (mesh.home / "in" / "HALF_2").write_bytes(FORMS[0][100:])
    assert mesh.results() == ["recorded"]


@pytest.mark.parametrize(
    ("control", "why"),
    [
        ({"events": [{"status": "undeliverable"}, {"status": "accepted"}]}, "was accepted"),
        ({"total_chunks": 0}, "names no parts"),
        ({"total_chunks": -1}, "names no parts"),
        ({"total_chunks": 10**9}, "has not come"),
        ({"total_chunks": "two"}, "cannot be read"),
        ({"message_id": None}, "cannot be read"),
        ({"events": "accepted"}, "cannot be read"),
    ],
)
def test_what_is_not_right_is_left_there_and_said(
    mesh: Drop, control: dict[str, Any], why: str
) -> None:
    sends(mesh.home, "ODD", FORMS[0], **control)
    sends(mesh.home, "GOOD", FORMS[1])
    assert mesh.results() == ["recorded"]
    assert why in " ".join(mesh.said)
    assert {"in/ODD.json", "in/ODD_1"} <= mesh.files()


def test_a_mailbox_message_that_comes_again_is_one_message(mesh: Drop) -> None:
    note = b"Please ring me about a child."
    sends(mesh.home, "NOTE", note)
    assert mesh.results() == ["recorded"]
    sends(mesh.home, "NOTE", note)
    assert mesh.results() == ["duplicate"]
    sends(mesh.home, "NOTE", b"Please ring me about two children.")
    assert mesh.results() == ["conflict"]
    assert {"taken/NOTE.json", "taken/NOTE-2.json", "taken/NOTE-3.json"} <= mesh.files()


def control_file(message_type: str = "Data", status: str = "SUCCESS", name: str = "") -> str:
    """As the exchange's own client writes it."""
    return (
        "<DTSControl><Version>1.0</Version><AddressType>DTS</AddressType>"
        f"<MessageType>{message_type}</MessageType><From_DTS>X26TEST1</From_DTS>"
        "<To_DTS>X26TEST2</To_DTS><Subject>A concern</Subject><LocalId>ours.json</LocalId>"
        f"<DTSId>{name}</DTSId><Compress>Y</Compress><WorkflowId>TEST_CONCERN</WorkflowId>"
        "<IsCompressed>N</IsCompressed><StatusRecord><DateTime>20260303093000</DateTime>"
        f"<Event>TRANSFER</Event><Status>{status}</Status><StatusCode>00</StatusCode>"
        "</StatusRecord></DTSControl>"
    )


def client_leaves(
    home: Path, name: str, data: bytes | None, control: str | None, inbox: str = "in"
) -> None:
    """A pair of files; one of them may be missing."""
    (home / inbox).mkdir(exist_ok=True)
    if data is not None:
        (home / inbox / f"{name}.dat").write_bytes(data)
    if control is not None:
        (home / inbox / f"{name}.ctl").write_text(control)


@pytest.fixture
def mesh_later(place: Place) -> Drop:
    """What is dropped now has lain there for a while."""
    return Drop(place, Mesh, clock=lambda: now() + timedelta(minutes=6))


@pytest.mark.parametrize("inbox", ["in", "IN"])
def test_the_files_of_the_exchanges_own_client_are_a_message(mesh: Drop, inbox: str) -> None:
    client_leaves(mesh.home, "A", FORMS[0], control_file(name="A"), inbox)
    client_leaves(mesh.home, "B", gzip.compress(FORMS[1]), control_file(name="B"), inbox)
    assert [(each.result, each.format) for each in mesh.taken()] == [("recorded", "webform")] * 2
    assert mesh.files() == {"taken/A.ctl", "taken/A.dat", "taken/B.ctl", "taken/B.dat"}
    assert mesh.said == []
    client_leaves(mesh.home, "A", FORMS[0], control_file(name="A"), inbox)
    assert mesh.results() == ["duplicate"]


def test_a_data_file_is_not_whole_before_its_control_file_is_there(mesh: Drop) -> None:
    client_leaves(mesh.home, "A", FORMS[0], None)
    assert (mesh.taken(), mesh.said) == ([], [])
    client_leaves(mesh.home, "A", None, control_file(name="A")[:90])
    assert (mesh.taken(), mesh.said) == ([], [])
    client_leaves(mesh.home, "A", None, control_file(name="A"))
    assert mesh.results() == ["recorded"]


def test_half_of_a_message_that_lies_there_long_is_said(mesh_later: Drop) -> None:
    client_leaves(mesh_later.home, "DATA", FORMS[0], None)
    client_leaves(mesh_later.home, "CONTROL", None, control_file())
    sends(mesh_later.home, "TWO", FORMS[1][:100], FORMS[1][100:], nested=True)
    (mesh_later.home / "in" / "letter.docx").write_bytes(b"PK")
    (mesh_later.home / "in" / "PART_1").write_bytes(FORMS[2])
    assert mesh_later.results() == ["recorded"]
    assert sorted(mesh_later.said) == [
        f"{SENDER}/CONTROL.ctl: its data file (.dat) has not come.",
        *(
            f"{SENDER}/{name}: it is left there: no control file (.ctl or .json) has come that "
            "names it."
            for name in ("DATA.dat", "PART_1", "letter.docx")
        ),
    ]


@pytest.mark.parametrize("control", ["", "<DTSControl><DTSId>", "<Other/>", "no XML"])
def test_a_control_file_that_stays_unreadable_keeps_nothing_back(
    mesh_later: Drop, control: str
) -> None:
    client_leaves(mesh_later.home, "A", FORMS[0], control)
    assert mesh_later.results() == ["recorded"]


def test_a_report_of_the_exchange_is_kept_apart_and_is_no_concern(mesh: Drop) -> None:
    client_leaves(mesh.home, "R", None, control_file("Report"))
    client_leaves(mesh.home, "E", b"our words", control_file("Report", "ERROR"))
    assert mesh.taken() == []
    assert mesh.files() == {"reports/R.ctl", "reports/E.ctl", "reports/E.dat"}
    (said,) = mesh.said
    assert "E.ctl: it reports that a message was not delivered" in said


def test_what_the_exchange_could_not_transfer_is_left_there_and_said(mesh: Drop) -> None:
    client_leaves(mesh.home, "A", FORMS[0][:50], control_file(status="ERROR"))
    assert mesh.taken() == []
    assert "its transfer failed" in mesh.said[0]


def test_a_control_file_reads_no_other_file(mesh: Drop) -> None:
    secret = mesh.place.folder / "secret"
    secret.write_text("Report")
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    client_leaves(mesh.home, "A", FORMS[0], entity + control_file("&x;"))
    assert mesh.results() == ["recorded"]


# ── Tables ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def tables(place: Place) -> Drop:
    return Drop(place, Tables)


def table(*rows: str) -> bytes:
    return "\r\n".join(["reference,given_name,family_name,what_happened", *rows, ""]).encode()


ROWS = ("A-1,Kit,Marlow,Seen alone at night.", "A-2,Bo,Larkin,Came without shoes.")


def result_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_sender_reads_what_became_of_each_row(tables: Drop) -> None:
    (tables.home / "monday.csv").write_bytes(table(*ROWS))
    (tables.home / "TUESDAY.CSV").write_bytes(table("A-3,Ed,Poole,Not at school."))
    lines = tables.taken()
    assert [each.result for each in lines] == ["recorded"] * 3
    assert tables.files() == {
        *("done/monday.csv", "done/monday.result.csv"),
        *("done/TUESDAY.CSV", "done/TUESDAY.result.csv"),
    }
    told = result_of(tables.home / "done" / "monday.result.csv")
    assert [each["row"] for each in told] == ["1", "2"]
    assert [each["referral"] for each in told] == [each.referral for each in lines[:2]]
    assert list(told[0]) == ["row", "result", "referral", "problems"]


def test_a_table_dropped_twice_is_received_once(tables: Drop) -> None:
    for _ in range(2):
        (tables.home / "week.csv").write_bytes(table(*ROWS))
        tables.taken()
    assert list(tables.place.kept().values()) == [1, 1, 1], "each row, and the file"
    first = result_of(tables.home / "done" / "week.result.csv")
    second = result_of(tables.home / "done" / "week-2.result.csv")
    assert [each["result"] for each in second] == ["duplicate"] * 2
    assert [each["referral"] for each in second] == [each["referral"] for each in first]


def test_only_what_was_renamed_to_csv_is_looked_at(tables: Drop) -> None:
    names = ("a.csv.part", "a.csv.filepart", "a.tmp", ".a.csv")
    for name in names:
        (tables.home / name).write_bytes(table(*ROWS))
    (tables.home / "a.xlsx").write_bytes(b"PK")
    assert tables.taken() == []
    assert tables.files() == {*names, "a.xlsx"}
    assert tables.said == [f"{SENDER}/a.xlsx: it is left there: only files that are named .csv "
                           "are read."]  # fmt: skip
    (tables.home / "a.csv.part").rename(tables.home / "a.csv")
    assert tables.results() == ["recorded"] * 2


def test_a_refused_table_is_said_to_be_so_and_kept(tables: Drop) -> None:
    (tables.home / "empty.csv").write_bytes(b"")
    with (tables.home / "large.csv").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert tables.results() == ["refused"] * 2
    assert {"refused/empty.csv", "refused/large.csv"} <= tables.files()
    (told,) = result_of(tables.home / "refused" / "empty.result.csv")
    assert (told["result"], told["referral"]) == ("refused", "")
    assert "empty" in told["problems"]


def test_a_table_that_was_half_read_is_taken_up_again(tables: Drop) -> None:
    (tables.home / "week.csv").write_bytes(table(*ROWS))
    with tables.place.store() as store:
        inlet = Tables(tables.place.dropped, now, LARGEST)
        lines = Ingest(store, inlet, tables.said.append).lines(Event(), once=True)
        assert next(lines).result == "recorded"
        assert tables.files() == {"working/week.csv"}
        other = Tables(tables.place.dropped, now, LARGEST)
        assert list(other.deliveries(Event(), once=True)) == [], "it is somebody's"
        lines.close()  # type: ignore[attr-defined]
    assert tables.results() == ["duplicate", "recorded"]
    assert list(tables.place.kept().values()) == [1, 1, 1], "each row, and the file"
    assert tables.files() == {"done/week.csv", "done/week.result.csv"}


def test_a_table_waits_while_another_of_its_name_is_read(tables: Drop) -> None:
    (tables.home / "working").mkdir()
    (tables.home / "working" / "week.csv").write_bytes(table(ROWS[0]))
    (tables.home / "week.csv").write_bytes(table(ROWS[1]))
    assert tables.results() == ["recorded"] * 2
    assert {"done/week.csv", "done/week-2.csv"} <= tables.files()


def test_links_and_pipes_lead_nowhere(tables: Drop) -> None:
    secret = tables.place.folder / "secret.csv"
    secret.write_bytes(table(*ROWS))
    (tables.home / "link.csv").symlink_to(secret)
    os.mkfifo(tables.home / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(tables.home / "plug.csv"))
    assert tables.taken() == []
    assert len(tables.said) == 3
    (tables.home / "working").symlink_to(tables.place.folder)
    (tables.home / "good.csv").write_bytes(table(*ROWS))
    assert tables.taken() == []
    assert secret.exists()


def test_what_lies_with_nobody_is_said_loudly_and_is_never_taken_for_done(tables: Drop) -> None:
    dropped = tables.place.dropped
    (dropped / "North Police").mkdir()
    (dropped / "unknown-agency").mkdir()
    (dropped / "unknown-agency" / "a.csv").write_bytes(table(*ROWS))
    (dropped / "b.csv").write_bytes(table(*ROWS))
    with capture_logs() as logged:
        (line,) = tables.taken()
    assert (line.result, "not registered" in (line.reason or "")) == ("refused", True)
    assert sorted(tables.said) == [
        "North Police: the folder is not named as an agency.",
        "b.csv: it is left there: it lies in no agency's folder.",
        "unknown-agency/a.csv: it was refused and is kept apart: " + (line.reason or ""),
    ]
    told = {(each["event"], each["log_level"], each.get("channel")) for each in logged}
    assert ("delivery_refused", "error", "csv-drop") in told
    assert ("delivery_left", "warning", "csv-drop") in told
    assert (dropped / "unknown-agency" / "refused" / "a.csv").exists()
    assert not (dropped / "unknown-agency" / "done").exists()
    assert (dropped / "b.csv").exists()


@pytest.mark.parametrize("kind", [Mesh, Mail])
def test_a_file_beside_the_folder_that_is_read_is_said(place: Place, kind: type[Folders]) -> None:
    drop = Drop(place, kind)
    (drop.home / "concern.dat").write_bytes(FORMS[0])
    (drop.home / "concern.dat.part").write_bytes(FORMS[0])
    assert drop.taken() == []
    assert drop.said == [
        f"{SENDER}/concern.dat: it is left there: it lies beside the folder that is read."
    ]


def test_what_was_refused_and_cannot_be_moved_is_not_said_to_be_stored(tables: Drop) -> None:
    (tables.home / "refused").symlink_to(tables.place.folder)
    (tables.home / "empty.csv").write_bytes(b"")
    assert tables.results() == ["refused"]
    assert "refused, and cannot be moved away" in tables.said[-1]
    assert not any("it is stored" in each for each in tables.said)


# ── E-mail ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mail(place: Place) -> Drop:
    made = Drop(place, Mail)
    (made.home / "new").mkdir()
    return made


def email(identity: str, text: str = "Seen alone at night.") -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "duty@police.example", "concerns@council.example"
    message["Subject"], message["Message-ID"] = "A concern", f"<{identity}@police.example>"
    message.set_content(f"{text} {identity}")
    return message.as_bytes()


def test_an_email_is_moved_when_it_is_durable(mail: Drop) -> None:
    (mail.home / "new" / "1.eml").write_bytes(email("one"))
    (mail.home / "new" / "2.eml.part").write_bytes(email("two"))
    (line,) = mail.taken()
    assert (line.result, line.transport) == ("recorded", "mail-drop")
    assert mail.files() == {"cur/1.eml", "new/2.eml.part"}
    (mail.home / "new" / "again.eml").write_bytes(email("one"))
    assert mail.results() == ["duplicate"]
    (mail.home / "new" / "1.eml").write_bytes(email("one", "Something else."))
    assert mail.results() == ["conflict"]
    assert mail.files() == {"cur/1.eml", "cur/again.eml", "cur/1-2.eml", "new/2.eml.part"}


def test_what_is_stored_and_cannot_be_moved_is_said_and_not_taken_again(mail: Drop) -> None:
    (mail.home / "cur").symlink_to(mail.place.folder)
    (mail.home / "new" / "1.eml").write_bytes(email("one"))
    (mail.home / "new" / "2.eml").write_bytes(email("two"))
    inlet = Mail(mail.place.dropped, now, LARGEST)
    with mail.place.store() as store:
        ingest = Ingest(store, inlet, mail.said.append)
        assert len(list(ingest.lines(Event(), once=True))) == 2
        assert list(ingest.lines(Event(), once=True)) == []
    assert mail.files() >= {"new/1.eml", "new/2.eml"}
    assert [each.endswith("cannot be moved away (cur is no folder).") for each in mail.said] == [
        True,
        True,
    ]


@pytest.mark.parametrize("body", [b"\xff\x00", b"Message-ID:\n\n", b"\n\n", b": :\r\n" * 999])
def test_an_email_without_an_identity_is_taken_in_too(mail: Drop, body: bytes) -> None:
    (mail.home / "new" / "1.eml").write_bytes(body)
    assert mail.results() == ["recorded"]


# ── All of them ───────────────────────────────────────────────────────────────────────────────────


def fill(kind: str, home: Path, number: int) -> int:
    """Drop one file; how many messages are kept of it."""
    home.mkdir(exist_ok=True)
    if kind == "mesh" and number % 2:
        client_leaves(home, f"M{number:03d}", FORMS[number], control_file(name=f"M{number:03d}"))
        return 1
    if kind == "mesh":
        sends(home, f"M{number:03d}", FORMS[number][:200], FORMS[number][200:])
        return 1
    if kind == "csv-drop":
        rows = [f"B-{number}-{row},Kit,Marlow,Seen alone {number} {row}." for row in "xyz"]
        (home / f"t{number:03d}.part").write_bytes(table(*rows))
        (home / f"t{number:03d}.part").rename(home / f"t{number:03d}.csv")
        return 4  # the file is kept too
    (home / "new").mkdir(exist_ok=True)
    (home / "new" / f"{number:03d}.eml").write_bytes(email(f"mail-{number}"))
    return 1


KINDS = {"mesh": "taken/M???.[cj]*", "csv-drop": "done/t???.csv", "mail-drop": "cur/*.eml"}


@pytest.mark.parametrize("kind", KINDS)
def test_two_that_are_killed_lose_nothing_and_double_nothing(place: Place, kind: str) -> None:
    chance = random.Random(len(kind))  # noqa: S311 - the same kills every time
    home = place.dropped / SENDER
    count = 0
    for first in range(0, 12, 6):
        count += sum(fill(kind, home, number) for number in range(first, first + 6))
        runnings = [place.ingest(kind, place.dropped) for _ in range(2)]
        assert one_writes(runnings)
        threading.Event().wait(chance.random() / 20)
        for running in runnings:
            running.killed()
    last = [place.ingest(kind, place.dropped, "--once") for _ in range(2)]
    assert {running.ended().code for running in last} == {0}
    place.ingest(kind, place.dropped, "--once").ended()
    assert len(place.kept()) == count
    assert set(place.kept().values()) == {1}
    assert len(list(home.glob(KINDS[kind]))) == 12


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_later_is_taken_in_until_the_end_is_told(
    tmp_path: Path, address: str, kind: str
) -> None:
    with place_at(tmp_path, address) as place:
        running = place.ingest(kind, place.dropped)
        for number in range(2):
            fill(kind, place.dropped / SENDER, number)
            for _ in range(3 if kind == "csv-drop" else 1):
                line = running.line()
                assert (line["result"], line["transport"]) == ("recorded", kind)
        running.told(signal.SIGTERM)
        ended = running.ended(3)
        assert (ended.code, ended.lines, ended.error) == (0, [], "")
        assert len(list((place.dropped / SENDER).glob(KINDS[kind]))) == 2


def test_a_folder_that_is_not_there_is_said_to_be_away(place: Place) -> None:
    ended = place.ingest("mesh", place.folder / "nowhere").ended()
    assert (ended.code, ended.lines) == (3, [])


def test_a_suspended_agency_is_refused_and_what_it_sent_is_kept(mail: Drop) -> None:
    with mail.place.office() as office:
        office.does(SuspendAgency, agency_id=SENDER, reason="Its system was broken into.")
    (mail.home / "new" / "1.eml").write_bytes(email("one"))
    ended = mail.place.ingest("mail-drop", mail.place.dropped, "--once").ended()
    assert (ended.code, ended.results) == (1, ["refused"])
    assert mail.files() == {"refused/1.eml"}


def test_a_long_table_does_not_keep_us_from_ending(tables: Drop) -> None:
    rows = [f"C-{row},Kit,Marlow,Seen alone {row}." for row in range(1500)]
    (tables.home / "long.csv").write_bytes(table(*rows))
    running = tables.place.ingest("csv-drop", tables.place.dropped)
    running.line()
    running.told(signal.SIGTERM)
    taken = len(running.ended(3).lines) + 1
    assert 0 < taken < 1500
    assert sum(tables.place.kept().values()) == taken + 1, "the rows, and the file"
    assert tables.files() == {"working/long.csv"}


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("kind", [Mesh, Tables, Mail])
def test_the_end_is_told_while_somebody_else_writes(
    place: Place, kind: type[Folders], once: bool
) -> None:
    drop = Drop(place, kind)
    count = fill(kind.transport, drop.home, 0)
    before = drop.files()
    with place.store() as store:
        stop = ToldWhileWaiting()
        with somebody_writes(place.address):
            inlet = kind(place.dropped, now, LARGEST)
            assert list(Ingest(store, inlet, drop.said.append).lines(stop, once=once)) == []
    assert stop.is_set()
    assert len(drop.files()) == len(before)
    assert drop.said == []
    assert set(drop.results()) == {"recorded"}
    assert sum(place.kept().values()) == count


@pytest.mark.postgresql
@pytest.mark.skipif(not PROGRAMS, reason=WITHOUT)
def test_while_the_store_is_away_nothing_is_acknowledged(tmp_path: Path) -> None:
    server = Server(PROGRAMS[max(PROGRAMS)])
    try:
        with place_at(tmp_path, server.address) as place:
            home = place.dropped / SENDER
            folders = place.ingest("mail-drop", place.dropped)
            fill("mail-drop", home, 0)
            assert folders.line()["result"] == "recorded"
            server.kill()
            fill("mail-drop", home, 1)
            assert "cannot be reached" in folders.said()
            assert (home / "new" / "001.eml").exists()
            server.start()
            assert folders.line()["result"] == "recorded"
            assert "is back" in folders.said()
            server.kill()
            fill("mail-drop", home, 2)
            assert "cannot be reached" in folders.said()
            folders.told(signal.SIGTERM)
            assert folders.ended(3).code == 0
            server.start()
            assert set(place.kept().values()) == {1}
    finally:
        server.stop()
