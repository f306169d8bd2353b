"""Does the operator see what was set aside or lost, and does what they say about it hold?"""

import os
from hashlib import sha256

import pytest

from domain.kernel import Command
from services.assemble import event_store
from services.handle import handle
from services.settings import settings
from tests.examples import quarantine_message, report_loss
from tests.services.command_line.conftest import Run, gives

LOST = "quarantine-2"
HOW = "Rang the control room: they send them again today."


def happens(*commands: Command) -> None:
    """What the reader of Kafka found."""
    with event_store(settings(os.environ["SAFEGUARDING_STORE"])) as store:
        assert [handle(store, each).result for each in commands] == ["done"] * len(commands)


def set_aside(number: int, body: bytes) -> Command:
    """A form of the police without an id."""
    return quarantine_message(
        command=f"aside-{number}",
        quarantine_id=f"aside-{number}",
        topic="in.north-police.webform.v1",
        offset=number,
        reason="no-id",
        raw=body,
        content=sha256(body).hexdigest(),
        agency="north-police",
    )


@pytest.fixture
def aside(office: Run) -> Run:
    """An office in which three records were lost, and an empty message is set aside."""
    happens(
        quarantine_message(command="1", reason="refused", raw=b"", agency="north-police"),
        report_loss(command="2", quarantine_id=LOST, offset=7, agency="north-police"),
    )
    return office


def test_a_loss_is_listed_and_counted_until_somebody_says_what_was_done(aside: Run) -> None:
    kept, lost = aside("quarantine").rows
    assert (kept["reason_code"], kept["records"]) == ("refused", 1)
    assert lost == {
        "quarantine_id": LOST,
        "message": LOST,
        "agency": "north-police",
        "transport": "kafka",
        "topic": "in.police-exampleshire.police-notice.v1",
        "partition": 1,
        "offset": 7,
        "records": 3,
        "reason_code": "lost",
        "since": "2026-01-05T09:00:00Z",
        "settled_at": None,
        "settled_by": None,
    }
    told = aside("feeds")
    row = told.row
    assert (row["transport"], row["quarantined"], row["state"]) == ("kafka", 4, "quarantined")
    assert told.code == 1
    assert "Set aside, or lost on the way: north-police by kafka, 4 since 2026-01-05" in told.error
    settled = aside("quarantine", "settle", LOST, "--how", HOW)
    assert (settled.code, settled.row["result"]) == (0, "done")
    (event,) = settled.row["events"]
    assert event["event"] == "quarantine.loss_settled.v1"
    assert HOW not in settled.out + settled.error
    assert [row["reason_code"] for row in aside("quarantine").rows] == ["refused"]
    assert aside("feeds").row["quarantined"] == 1
    again = aside("quarantine", "settle", LOST, "--how", HOW)
    assert (again.code, again.out) == (1, "")
    at = aside("quarantine", "--settled").row["settled_at"]
    by = f"by command-line at {at[:19]}Z"
    assert f"{LOST} was settled {by} (quarantine --settled)." in again.error
    other = aside("quarantine", "settle", "quarantine-9", "--how", HOW)
    assert (other.code, other.out) == (1, "")
    assert "Nothing of the name quarantine-9 is set aside." in other.error


def test_one_is_taken_in_by_the_id_that_is_told_first(office: Run) -> None:
    form = office("example", "webform").out.encode()
    for number in (1, 2):
        happens(set_aside(number, form))
    first, second = office("quarantine").rows
    assert next(iter(first)) == "quarantine_id"
    assert office("quarantine", "replay", first["quarantine_id"]).code == 0
    assert office("quarantine").rows == [second]
    ran = office("quarantine", "replay", second["message"], second["quarantine_id"])
    assert (ran.code, len(ran.rows)) == (0, 1), "named twice, it is taken in once"


def test_what_stands_for_several_is_refused_with_the_ids_of_each(office: Run) -> None:
    form = office("example", "webform").out.encode()
    for number in (1, 2):
        happens(set_aside(number, form))
    same = office("quarantine").rows[0]["message"]
    ran = office("quarantine", "replay", same)
    assert (ran.code, ran.out) == (1, "")
    assert f"{same} stands for several: say which, aside-1 or aside-2." in ran.error
    assert len(office("quarantine").rows) == 2
    ran = office("quarantine", "settle", same, "--how", HOW)
    assert (ran.code, "stands for several" in ran.error) == (1, True)
    ran = office("quarantine", "replay", same, "aside-2")
    assert (ran.code, len(ran.rows)) == (1, 1)


def test_what_was_done_about_a_loss_is_to_be_said(aside: Run) -> None:
    ran = aside("quarantine", "settle", LOST, "--how", " ")
    assert (ran.code, ran.row["result"]) == (1, "refused")
    assert "Record what was done" in ran.row["reason"]
    assert aside("quarantine", "settle", LOST).code == 2
    assert len(aside("quarantine").rows) == 2


def test_what_can_never_be_taken_in_is_put_away_with_why_and_stays_to_be_found(aside: Run) -> None:
    aside("quarantine", "settle", LOST, "--how", HOW)
    empty = aside("quarantine").row["quarantine_id"]
    assert aside("feeds").code == 1
    ran = aside("quarantine", "settle", empty, "--why", " ")
    assert (ran.code, "Record why" in ran.row["reason"]) == (1, True)
    ran = aside("quarantine", "settle", empty, "--why", "Nothing stands in it.")
    assert (ran.code, ran.row["result"]) == (0, "done")
    (event,) = ran.row["events"]
    assert event["event"] == "quarantine.message_settled.v1"
    feeds = aside("feeds")
    assert (feeds.code, [row["quarantined"] for row in feeds.rows]) == (0, [0])
    assert aside("quarantine").rows == []
    put_away, lost = aside("quarantine", "--settled").rows
    assert (put_away["quarantine_id"], lost["quarantine_id"]) == (empty, LOST)
    assert {row["settled_by"] for row in (put_away, lost)} == {"command-line"}
    assert put_away["settled_at"] > lost["settled_at"]


def test_what_was_put_away_may_be_taken_in_later(office: Run) -> None:
    body = office("example", "webform").out.encode()
    happens(set_aside(1, body))
    assert office("quarantine", "settle", "aside-1", "--why", "It is a test.").code == 0
    taken = office("quarantine", "replay", sha256(body).hexdigest())
    assert (taken.code, taken.row["result"]) == (0, "recorded")
    assert office("quarantine", "--settled").rows == []
    assert office("quarantine", "replay", "aside-1").code == 1


def test_what_was_lost_is_not_taken_in(aside: Run) -> None:
    kept = aside("quarantine").rows[0]["message"]
    ran = aside("quarantine", "replay", LOST, kept)
    assert ran.code == 1
    assert f"{LOST} stays: What was lost cannot be taken in" in ran.error
    assert [row["result"] for row in ran.rows] == ["refused"], "the others are tried all the same"
    assert len(aside("quarantine").rows) == 2


def test_those_on_duty_settle_a_loss_by_their_command(aside: Run) -> None:
    given = {"quarantine_id": LOST, "how": HOW}
    refused = gives(aside, "settle-loss", "wim", **given)
    assert (refused.code, refused.row["result"]) == (1, "refused")
    done = gives(aside, "settle-loss", "dora", **given)
    assert (done.code, done.row["result"]) == (0, "done")
    late = gives(aside, "settle-loss", "mary", quarantine_id=LOST, how="I wrote to them.")
    assert (late.code, "Somebody has recorded" in late.row["reason"]) == (1, True)
    assert [row["reason_code"] for row in aside("quarantine").rows] == ["refused"]
