"""Is a command carried out once, on what is there now, with all that follows from it?"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.event_store import Append, Conflict
from domain.kernel import Command
from domain.referral import (
    AcknowledgeReferral,
    DecideReferral,
    FollowUp,
    ReferralAcknowledged,
    ReopenReferral,
    TellReferrer,
)
from services.handle import Handled, Plan, handle
from tests.services.office import BO, KIT, Office, concern, office_at

ROOT = Path(__file__).parents[2]


@pytest.fixture
def office(address: str, tmp_path: Path) -> Iterator[Office]:
    with office_at(address, tmp_path / "keys") as opened:
        yield opened


def decides(referral: str | None, *, outcome: str = "advice", by: str = "dora", **more: Any) -> Any:
    return {"referral_id": referral, "outcome": outcome, "rationale": "Enough.", "by": by} | more


def asked(office: Office, kind: type[Command], **fields: Any) -> Handled:
    """What becomes of a command, refused or not."""
    whole: dict[str, Any] = {"agency": "authority"}
    whole |= dict.fromkeys(("happened_at", "received_at", "recorded_at"), office.now)
    return handle(office.store, kind(**(whole | fields)))


def test_a_command_tells_the_events_that_it_caused(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    handled = asked(office, DecideReferral, **decides(referral), command="c1")
    assert (handled.result, handled.reason) == ("done", None)
    assert [each.name for each in handled.events] == ["referral.decided.v1"]
    assert handled.events[0].event.command == "c1"


def test_a_command_given_twice_changes_nothing_the_second_time(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    first, again = (
        asked(office, DecideReferral, **decides(referral), command="c1") for _ in range(2)
    )
    assert (first.result, again.result) == ("done", "already done")
    assert [e.position for e in again.events] == [e.position for e in first.events]
    asked(office, ReopenReferral, referral_id=referral, reason="More.", by="dora", command="c2")
    late = asked(office, DecideReferral, **decides(referral), command="c1")
    assert late.result == "already done", "known by its id, though it would now decide anew"


def test_a_command_id_is_for_one_command_only(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    asked(office, DecideReferral, **decides(referral), command="c1")
    for other in (decides(referral, outcome="early-help"), decides(referral, by="wim")):
        handled = asked(office, DecideReferral, **other, command="c1")
        assert handled.result == "refused"
        assert handled.reason == "This command id was already used for something else."


def test_what_is_so_already_is_already_done(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    asked(office, DecideReferral, **decides(referral), command="c1")
    same = asked(office, DecideReferral, **decides(referral, by="wim"), command="c2")
    assert (same.result, same.events) == ("already done", ())


def told(office: Office, referral: str | None, words: str, command: str, **more: Any) -> str:
    """What becomes of telling the referrer in these words."""
    whole = {"referral_id": referral, "words": words, "by": "dora"} | more
    return asked(office, TellReferrer, **whole, command=command).result


def test_the_same_words_are_told_once_and_other_words_too(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    asked(office, DecideReferral, **decides(referral), command="c1")
    assert told(office, referral, "Advice given.", "c2") == "done"
    office.now += timedelta(hours=1)
    assert told(office, referral, "Advice given.", "c3") == "already done"
    assert told(office, referral, "Advice given.", "c4", by="wim") == "already done"
    assert told(office, referral, "And whom to ring.", "c5") == "done"
    words = [event.words for event in office.events("referral.referrer_told.v1")]
    assert words == ["Advice given.", "And whom to ring."]


def test_the_same_words_are_told_anew_after_a_decision_that_was_taken_anew(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    asked(office, DecideReferral, **decides(referral), command="c1")
    told(office, referral, "Advice given.", "c2")
    asked(office, ReopenReferral, referral_id=referral, reason="More.", by="dora", command="c3")
    assert told(office, referral, "Advice given.", "c4") == "refused"
    asked(office, DecideReferral, **decides(referral), command="c5")
    assert told(office, referral, "Advice given.", "c6") == "done"


def test_other_words_of_the_same_moment_are_stored_and_the_same_words_once(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    asks = {"referral_id": referral, "by": "dora"}
    results = [
        asked(office, FollowUp, **asks, words=words, command=f"c{number}").result
        for number, words in enumerate(("What became of it?", "It is worse.", "It is worse."))
    ]
    assert results == ["done", "done", "already done"]
    office.now += timedelta(hours=1)
    later = asked(office, FollowUp, **asks, words="It is worse.", command="c9")
    assert later.result == "done", "it was said again"


def test_a_refusal_stores_nothing(office: Office) -> None:
    referral = office.receives_one(concern()).referral
    before = office.store.newest()
    handled = asked(office, DecideReferral, **decides(referral, rationale=" "), command="c1")
    assert (handled.result, handled.reason) == (
        "refused",
        "Record why: a decision needs a rationale.",
    )
    assert office.store.newest() == before
    right = asked(office, DecideReferral, **decides(referral), command="c1")
    assert right.result == "done", "what was refused leaves its id free"


def test_a_case_for_each_child_is_opened_in_the_same_transaction(office: Office) -> None:
    receipt = office.receives_one(concern(children=(KIT, BO)))
    handled = asked(
        office,
        DecideReferral,
        **decides(receipt.referral, outcome="assessment", team_id="team-east"),
        command="c1",
    )
    assert [each.name for each in handled.events] == [
        "referral.decided.v1",
        "case.opened.v1",
        "case.opened.v1",
    ]
    claim = office.store.claim("command:c1")
    assert claim is not None
    assert (claim.position, claim.count) == (handled.events[0].position, 3)
    assert {each.stream for each in handled.events[1:]} == {
        child.replace("child-", "case-") for child in receipt.children
    }


def test_a_refusal_of_what_follows_refuses_the_whole(office: Office) -> None:
    plan = Plan(office.store)
    assert plan.events == {}
    receipt = office.receives_one(concern())
    before = office.store.newest()
    handled = asked(
        office, DecideReferral, **decides(receipt.referral, outcome="assessment"), command="c1"
    )
    assert handled.result == "refused"
    assert "Choose the team" in str(handled.reason)
    assert office.store.newest() == before


def test_a_plan_made_on_what_has_moved_is_decided_anew(office: Office) -> None:
    """Another writes between reading and storing: the clock of the command is not asked twice."""
    referral = str(office.receives_one(concern()).referral)
    now = office.now
    command = AcknowledgeReferral(
        happened_at=now, received_at=now, recorded_at=now, by="dora", agency="authority",
        referral_id=referral, command="c1",
    )  # fmt: skip
    plan = Plan(office.store)
    plan.add(command)
    other = ReferralAcknowledged(
        happened_at=now, received_at=now, recorded_at=now, by="wim", agency="authority",
        referral_id=referral,
    )  # fmt: skip
    office.store.append([Append(referral, 1, [other])])
    with pytest.raises(Conflict):
        plan.append({"command:c1": "x"})
    assert handle(office.store, command).result == "already done"


def test_nothing_is_added_to_a_record_that_was_destroyed(office: Office) -> None:
    referral = str(office.receives_one(concern()).referral)
    office.store.vault.destroy(referral)
    handled = asked(office, DecideReferral, **decides(referral), command="c1")
    assert (handled.result, handled.reason) == (
        "refused",
        "This record was destroyed: nothing can be added to it.",
    )


DECIDING = """
import sys
from pathlib import Path
from services.logs import configure
from domain.referral import DecideReferral
from tests.services.office import office_at
from tests.services.test_handle import asked, decides
configure()
address, keys, person, outcome, *referrals = sys.argv[1:]
with office_at(address, Path(keys)) as office:
    print("ready", flush=True)
    sys.stdin.readline()
    for referral in referrals:
        handled = asked(office, DecideReferral, **decides(referral, outcome=outcome, by=person),
                        command=f"{person}-{referral}")
        print(handled.result, handled.reason, sep="|", flush=True)
"""


def test_of_two_who_decide_at_once_one_wins_and_the_other_hears_why(
    address: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    with office_at(address, keys) as office:
        referrals = [
            str(office.receives_one(concern(key=str(n), children=())).referral) for n in range(12)
        ]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", DECIDING, address, keys, person, outcome, *referrals],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for person, outcome in (("dora", "advice"), ("wim", "early-help"))
    ]  # fmt: skip
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    told = [run.communicate(timeout=60)[0].splitlines() for run in runs]
    for one, other in zip(*told, strict=True):
        done, refused = sorted((one, other))
        assert done == "done|None"
        assert refused.startswith("refused|This referral is already decided (")
    with office_at(address, keys) as office:
        assert len(office.log("referral.decided.v1")) == len(referrals)
