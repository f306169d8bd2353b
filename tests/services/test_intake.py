"""What becomes of a message: is it kept, matched, opened once, and never lost?"""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapters.event_store import Append, Conflict, EventStore, Together
from adapters.translation import Sent, Translation
from domain.agency import AgencyResumed
from domain.case import OpenCase, case_of
from domain.described import ChildDescribed, Identifier
from domain.message import MessageReceived
from services.intake import LARGEST, Busy, Intake, Receipt
from tests.adapters.event_store.direct import execute, without_triggers
from tests.services.office import BO, KIT, NAMELESS, NOW, Office, Says, concern, office_at

ROOT = Path(__file__).parents[2]


@pytest.fixture
def office(address: str, tmp_path: Path) -> Iterator[Office]:
    with office_at(address, tmp_path / "keys") as opened:
        yield opened
        if opened.damaged:
            return  # it cannot be read as a whole
        assert not left_out(opened), "a message names a child who is not in its referral"


def left_out(office: Office) -> set[tuple[str, str]]:
    """The children registered or matched for a referral by a message, whom it does not name.

    What asks which children a referral is about reads the referral's own events, and leaves out
    what the same message wrote on the children's records.
    """
    named = {
        (event.referral_id, child_id)
        for event in office.events("referral.received.v1", "referral.updated.v1")
        for child_id in event.child_ids
    }
    linked = office.events("child.registered.v1", "child.matched.v1")
    return {(e.referral_id, e.child_id) for e in linked if e.message and e.referral_id} - named


# ── Kept as it came ───────────────────────────────────────────────────────────────────────────────


def test_a_message_is_kept_byte_for_byte_with_its_hash(office: Office) -> None:
    body = b"plain \x00\xff\r\n bytes"
    office.receives()
    (receipt,) = office.receives_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    assert receipt.message == digest
    (kept,) = [e.event for e in office.log("message.received.v1") if e.event.message == digest]
    assert isinstance(kept, MessageReceived)
    assert (kept.raw, kept.content, kept.size) == (body, digest, len(body))


def test_a_receipt_is_given_when_the_message_is_in_the_log(office: Office) -> None:
    rows = [concern(row=n, raw=b"row %d" % n, children=()) for n in (1, 2)]
    office.intake.formats["plain"] = Says(*rows)
    sent = Sent(body=b"plain rows", agency="north-police", received_at=NOW)
    receipts = office.intake.take(sent, format="plain")
    assert office.store.history(str(next(receipts).referral))
    assert len(office.referrals()) == 1, "the second row is not taken before the first is told"
    assert office.store.history(str(next(receipts).referral))


def test_the_receipt_points_at_the_event_that_the_message_caused(office: Office) -> None:
    receipt = office.receives_one(concern())
    event = office.event_of(receipt)
    assert (event.referral_id, event.message) == (receipt.referral, receipt.message)
    assert event.child_ids == receipt.children
    assert event.concern == "Seen alone at night."


def test_a_referral_its_children_and_its_message_are_one_transaction(office: Office) -> None:
    before = office.store.newest()
    office.receives(concern(children=(KIT, BO)))
    names = [each.name for each in office.log()[before:]]
    assert sorted(names) == [
        "child.registered.v1",
        "child.registered.v1",
        "message.received.v1",
        "referral.received.v1",
    ]
    claims = office.store.claim(f"bytes:north-police|{office.log()[-1].event.message}")
    assert claims is not None
    assert claims.count == 4


# ── The same again ────────────────────────────────────────────────────────────────────────────────


def test_a_message_sent_twice_is_received_once(office: Office) -> None:
    first, again = office.receives_one(concern()), office.receives_one(concern())
    assert (first.result, again.result) == ("recorded", "duplicate")
    assert replace(again, result="recorded") == first
    assert office.referrals() == [first.referral]


def test_the_same_bytes_under_another_key_are_received_once(office: Office) -> None:
    first = office.receives_one(concern(), key="one")
    again = office.receives_one(concern(), key="two")
    assert (again.result, again.referral) == ("duplicate", first.referral)
    assert office.referrals() == [first.referral]


def test_the_same_words_from_another_sender_are_another_referral(office: Office) -> None:
    first = office.receives_one(concern())
    other = office.receives_one(concern(), sender="elm-surgery")
    assert (other.result, other.referral != first.referral) == ("recorded", True)


def test_other_content_under_the_same_key_is_for_a_person(office: Office) -> None:
    first = office.receives_one(concern(key="7"))
    other = office.receives_one(concern(key="7", concern="Seen with her mother."))
    assert (other.result, other.referral) == ("conflict", first.referral)
    assert office.story(first.referral) == ["referral.received.v1", "referral.conflicted.v1"]
    assert office.event_of(other).concern == "Seen with her mother."
    assert any("compare" in problem for problem in other.problems)
    kept = [e.raw for e in office.events("message.received.v1", "message.conflicted.v1")]
    assert len(set(kept)) == 2


def test_a_conflict_sent_again_is_a_duplicate(office: Office) -> None:
    office.receives(concern(key="7"))
    office.receives(concern(key="7", concern="Other."))
    before = office.store.newest()
    assert office.receives_one(concern(key="7", concern="Other.")).result == "duplicate"
    assert office.receives_one(concern(key="7")).result == "duplicate"
    assert office.store.newest() == before


def test_what_is_here_under_another_key_is_no_conflict(office: Office) -> None:
    first = office.receives_one(concern(), key="one")
    office.receives(concern(concern="Other.", children=()), key="two")
    again = office.receives_one(concern(), key="two")
    assert (again.result, again.referral) == ("duplicate", first.referral)


def test_a_conflict_with_a_message_of_no_concern_opens_a_referral(office: Office) -> None:
    office.receives(concern(key="7", intent="no-concern"))
    receipt = office.receives_one(concern(key="7"))
    assert receipt.result == "conflict"
    assert office.referrals() == [receipt.referral]


# ── Updates and cancellations ─────────────────────────────────────────────────────────────────────


def test_an_update_goes_to_the_referral_that_it_speaks_of(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    update = office.receives_one(concern(intent="update", earlier=("REF-1",), concern="Safe now."))
    assert (update.result, update.referral) == ("updated", first.referral)
    assert update.children == first.children, "the child is named again, not registered again"
    assert office.event_of(update).concern == "Safe now."
    assert len(office.log("child.registered.v1")) == 1


def test_a_child_without_a_number_named_again_is_not_registered_again(office: Office) -> None:
    kit = replace(KIT, nhs_number=None, postcode=None)
    first = office.receives_one(concern(references=("REF-1",), children=(kit,)))
    update = office.receives_one(
        concern(intent="update", references=("REF-1",), children=(kit, BO), concern="More.")
    )
    assert update.children[:1] == first.children
    assert len(update.children) == 2
    assert "It names a child that the first message did not name." in update.problems


def test_a_cancellation_leaves_the_decision_to_a_person(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    cancel = office.receives_one(concern(intent="cancel", earlier=("REF-1",), concern="In error."))
    assert (cancel.result, cancel.referral) == ("cancelled", first.referral)
    assert office.story(first.referral) == ["referral.received.v1", "referral.cancelled.v1"]


def test_an_update_before_its_first_message_is_a_new_concern(office: Office) -> None:
    early = office.receives_one(concern(intent="update", references=("REF-1",)))
    assert early.result == "recorded"
    assert any("has not come" in problem for problem in early.problems)
    late = office.receives_one(concern(references=("REF-1",), concern="The first one."))
    assert (late.result, late.referral) == ("updated", early.referral)


def test_a_cancellation_before_its_first_message_waits_for_a_person(office: Office) -> None:
    early = office.receives_one(concern(intent="cancel", earlier=("REF-1",), children=()))
    assert early.result == "recorded"
    assert early.problems


@pytest.mark.parametrize(("intent", "does"), [("cancel", "withdraws"), ("update", "updates")])
def test_what_has_not_come_is_said_to_be_withdrawn_or_updated(
    office: Office, intent: str, does: str
) -> None:
    early = office.receives_one(concern(intent=intent, earlier=("REF-1",)))
    assert early.result == "recorded"
    assert any(f"The sender {does} something that has not come" in p for p in early.problems)


@pytest.mark.parametrize(("intent", "does"), [("cancel", "withdraws"), ("update", "updates")])
def test_what_names_another_child_leaves_the_first_referral_alone(
    office: Office, intent: str, does: str
) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    other = office.receives_one(concern(intent=intent, references=("REF-1",), children=(BO,)))
    assert (other.result, other.referral != first.referral) == ("recorded", True)
    assert office.event_of(other).perhaps_about == first.referral
    assert any(does in problem and "somebody else" in problem for problem in other.problems)
    assert office.story(first.referral) == ["referral.received.v1"]
    cancel = office.receives_one(concern(intent="cancel", earlier=("REF-1",), concern="In error."))
    assert (cancel.result, cancel.referral) == ("cancelled", first.referral)


@pytest.mark.parametrize(
    "children",
    [
        (),
        (KIT,),
        (BO, KIT),
        (ChildDescribed(sex="M"),),
        (ChildDescribed(family_name="MARLOW", born_on=KIT.born_on),),
        (ChildDescribed(nhs_number=KIT.nhs_number),),
    ],
)
def test_what_names_the_child_or_nobody_is_cancelled(
    office: Office, children: tuple[ChildDescribed, ...]
) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    cancel = office.receives_one(concern(intent="cancel", earlier=("REF-1",), children=children))
    assert (cancel.result, cancel.referral) == ("cancelled", first.referral)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (NAMELESS, replace(NAMELESS, given_name="Jo")),
        (
            ChildDescribed(family_name="Reed", due_on=date(2026, 6, 1)),
            ChildDescribed(family_name="Reed", due_on=date(2026, 6, 9)),
        ),
    ],
)
def test_a_child_without_names_is_known_again_in_an_update(
    office: Office, first: ChildDescribed, later: ChildDescribed
) -> None:
    early = office.receives_one(concern(references=("REF-1",), children=(first,)))
    late = office.receives_one(concern(intent="update", earlier=("REF-1",), children=(later,)))
    assert (late.result, late.referral) == ("updated", early.referral)


def test_a_child_whom_a_person_added_is_of_the_referral(office: Office) -> None:
    from domain.child import RegisterChild
    from domain.referral import AddChild

    first = office.receives_one(concern(references=("REF-1",), children=()))
    office.does(RegisterChild, child_id="child-9", family_name="Marlow", given_name="Kit")
    office.does(AddChild, referral_id=first.referral, child_id="child-9")
    other = office.receives_one(concern(intent="cancel", earlier=("REF-1",), children=(BO,)))
    assert other.result == "recorded"
    cancel = office.receives_one(concern(intent="cancel", earlier=("REF-1",)))
    assert (cancel.result, cancel.referral) == ("cancelled", first.referral)


def decided(office: Office, receipt: Receipt) -> None:
    from domain.referral import DecideReferral

    office.does(DecideReferral, referral_id=receipt.referral, outcome="advice", rationale="Enough.")


def test_a_reference_used_again_weeks_after_the_decision_is_a_new_concern(office: Office) -> None:
    first = office.receives_one(concern(references=("1",)))
    decided(office, first)
    office.now = NOW + timedelta(days=15)
    second = office.receives_one(concern(references=("1",), concern="Bruises."))
    assert (second.result, second.referral != first.referral) == ("recorded", True)
    assert office.event_of(second).perhaps_about == first.referral
    assert office.story(first.referral)[-1] == "referral.decided.v1"
    third = office.receives_one(concern(references=("1",), concern="Bruises, and a burn."))
    assert (third.result, third.referral) == ("updated", second.referral), "the newest of that name"
    fourth = office.receives_one(concern(intent="cancel", references=("1",)))
    assert (fourth.result, fourth.referral) == ("cancelled", second.referral)


def test_a_reference_that_several_referrals_have_is_told_apart_by_the_child(
    office: Office,
) -> None:
    first = office.receives_one(concern(references=("1",)))
    second = office.receives_one(concern(references=("1",), children=(BO,)))
    update = office.receives_one(concern(intent="update", earlier=("1",), concern="More."))
    assert update.referral == first.referral
    cancel = office.receives_one(concern(intent="cancel", earlier=("1",), children=()))
    assert (cancel.result, cancel.referral) == ("cancelled", second.referral)
    assert any("nobody is named" in problem for problem in cancel.problems)


@pytest.mark.parametrize(
    ("days", "more"),
    [
        (13, {"references": ("WF-1",)}),
        (13, {"references": ("WF-1", "incident 7")}),
        (90, {"intent": "update", "earlier": ("WF-1",)}),
        (90, {"intent": "update", "references": ("WF-2",), "earlier": ("incident 7",)}),
    ],
)
def test_a_form_sent_again_or_an_update_follows_a_decided_referral(
    office: Office, days: int, more: dict[str, Any]
) -> None:
    first = office.receives_one(concern(references=("WF-1", "incident 7")))
    decided(office, first)
    office.now = NOW + timedelta(days=days)
    again = office.receives_one(concern(concern="Put right.", **more))
    assert (again.result, again.referral) == ("updated", first.referral)


@pytest.mark.parametrize("own", ["notice 2", ""])
@pytest.mark.parametrize("first_own", ["notice 1", ""])
def test_another_notice_of_an_incident_is_a_new_concern(
    office: Office, first_own: str, own: str
) -> None:
    first = office.receives_one(concern(references=(first_own, "incident 7")))
    second = office.receives_one(concern(references=(own, "incident 7"), concern="Undecided yet."))
    decided(office, first)
    third = office.receives_one(concern(references=("notice 3", "incident 7"), concern="Again."))
    assert {second.result, third.result} == {"recorded"}
    assert len({each.referral for each in (first, second, third)}) == 3
    assert office.event_of(second).perhaps_about == first.referral
    assert office.event_of(third).perhaps_about == second.referral
    assert any("may be about the same child" in problem for problem in second.problems)


def test_a_reference_is_the_same_however_it_is_padded_and_a_blank_one_is_none(
    office: Office,
) -> None:
    first = office.receives_one(concern(references=("REF-1", " ")))
    padded = office.receives_one(concern(references=(" REF-1 ",), concern="More."))
    assert (padded.result, padded.referral) == ("updated", first.referral)
    blank = office.receives_one(concern(references=(" ",), concern="Another matter."))
    assert blank.result == "recorded"


def test_an_update_may_name_the_child_whom_the_first_did_not_know(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",), children=()))
    assert first.children == ()
    update = office.receives_one(concern(intent="update", references=("REF-1",)))
    assert len(update.children) == 1
    assert office.event_of(update).child_ids == update.children
    assert "It names a child that the first message did not name." not in update.problems


def test_a_new_message_about_the_same_child_under_a_known_reference_updates(
    office: Office,
) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    second = office.receives_one(concern(references=("REF-1",), concern="Written out in full."))
    assert (second.result, second.referral) == ("updated", first.referral)


def test_a_known_reference_about_another_child_opens_a_referral_that_may_be_linked(
    office: Office,
) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    second = office.receives_one(concern(references=("REF-1",), children=(BO,)))
    assert second.result == "recorded"
    assert second.referral != first.referral
    assert office.event_of(second).perhaps_about == first.referral


def test_another_senders_reference_is_never_ours(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    update = office.receives_one(
        concern(intent="update", earlier=("REF-1",), concern="Other."), sender="elm-surgery"
    )
    assert update.result == "recorded"
    assert update.referral != first.referral


def test_a_child_whom_a_person_took_off_is_not_put_back_by_the_sender(office: Office) -> None:
    from domain.referral import RemoveChild

    first = office.receives_one(concern(references=("REF-1",)))
    office.does(
        RemoveChild, referral_id=first.referral, child_id=first.children[0], reason="Not her."
    )
    update = office.receives_one(concern(intent="update", references=("REF-1",), concern="Again."))
    assert (update.result, update.children) == ("updated", ())
    assert len(office.log("child.registered.v1")) == 1
    assert office.log("child.matched.v1") == []


def test_a_child_without_a_number_who_was_taken_off_is_not_registered_again(
    office: Office,
) -> None:
    from domain.referral import RemoveChild

    first = office.receives_one(concern(references=("REF-1",), children=(BO,)))
    office.does(
        RemoveChild, referral_id=first.referral, child_id=first.children[0], reason="Not her."
    )
    office.receives(concern(intent="update", references=("REF-1",), children=(BO,)))
    assert len(office.log("child.registered.v1")) == 1


# ── Merges, and what is no concern ────────────────────────────────────────────────────────────────


def hospital(value: str) -> tuple[Identifier, ...]:
    return (Identifier(system="hospital", value=value),)


def test_records_merged_by_the_sender_are_merged_when_number_and_details_agree(
    office: Office,
) -> None:
    kept = office.receives_one(concern(children=(replace(KIT, identifiers=hospital("H-1")),)))
    twice = replace(KIT, given_name="Kitty", identifiers=hospital("H-2"))
    other = office.receives_one(concern(children=(twice,), concern="Again."))
    assert kept.children != other.children
    merge = Translation(
        intent="merge",
        children=(replace(KIT, identifiers=hospital("H-1")),),
        superseded=("H-2",),
    )
    receipt = office.receives_one(merge)
    assert receipt.result == "recorded", "the first names differ: a person compares them"
    assert any("compare" in problem for problem in receipt.problems)


def test_a_merge_that_agrees_in_full_is_an_event_on_the_childs_record(office: Office) -> None:
    sure = replace(KIT, identifiers=hospital("H-1"))
    kept = office.receives_one(concern(children=(sure,)))
    unsure = replace(KIT, family_name="", postcode=None, born_on=None, identifiers=hospital("H-2"))
    other = office.receives_one(concern(children=(unsure,), concern="Again."))
    assert kept.children != other.children, "one agreeing field is too few for a link"
    from domain.child import CorrectDetails

    office.does(
        CorrectDetails,
        child_id=other.children[0],
        reason="Her mother rang.",
        family_name="Marlow",
        given_name="Kit",
        nhs_number=KIT.nhs_number,
        born_on=KIT.born_on,
    )
    merge = Translation(intent="merge", children=(sure,), superseded=("H-2",))
    receipt = office.receives_one(merge)
    assert (receipt.result, receipt.referral) == ("merged", None)
    merged = office.event_of(receipt)
    assert (merged.child_id, merged.merged_child_id) == (kept.children[0], other.children[0])


@pytest.mark.parametrize("number", [None, "9990000026"])
def test_a_merge_of_records_with_no_number_in_common_is_for_a_person(
    office: Office, number: str | None
) -> None:
    kept = replace(KIT, identifiers=hospital("H-1"))
    office.receives(concern(children=(kept,)))
    other = replace(KIT, nhs_number=number, identifiers=hospital("H-2"))
    office.receives(concern(children=(other,), concern="Again."))
    receipt = office.receives_one(
        Translation(intent="merge", children=(kept,), superseded=("H-2",))
    )
    assert receipt.result == "recorded"
    assert any("compare ours before merging" in problem for problem in receipt.problems)
    assert office.log("child.records_merged.v1") == []


def test_a_merge_of_records_that_are_not_here_is_kept(office: Office) -> None:
    merge = Translation(intent="merge", children=(KIT,), superseded=("H-2",))
    assert office.receives_one(merge).result == "no-concern"
    assert office.referrals() == []


def test_an_answer_is_information_on_the_referral_that_it_speaks_of(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    answer = concern(intent="correlate", earlier=("REF-1",), concern="Seen today.", children=())
    receipt = office.receives_one(answer)
    assert (receipt.result, receipt.referral) == ("correlated", first.referral)
    assert receipt.children == first.children
    shared = office.event_of(receipt)
    assert (shared.by_agency, shared.information) == ("north-police", "Seen today.")
    assert office.receives_one(answer).result == "duplicate"
    assert office.referrals() == [first.referral]


def test_an_answer_may_name_the_referral_as_its_receipt_did(office: Office) -> None:
    first = office.receives_one(concern())
    answer = concern(intent="correlate", earlier=(str(first.referral),), children=(), concern="No.")
    assert office.receives_one(answer).referral == first.referral
    update = concern(intent="update", earlier=(f" {first.referral} ",), concern="Worse now.")
    assert office.receives_one(update).result == "updated"


def test_nobody_adds_to_another_agencys_referral_by_its_id(office: Office) -> None:
    first = office.receives_one(concern())
    for earlier in (str(first.referral), f"referral-{0:032x}"):
        answer = concern(intent="correlate", earlier=(earlier,), children=(), concern=earlier)
        receipt = office.receives_one(answer, agency="elm-surgery")
        assert receipt.result == "recorded"
        assert receipt.referral != first.referral


def test_an_answer_to_something_that_has_not_come_is_read_by_a_person(office: Office) -> None:
    receipt = office.receives_one(concern(intent="correlate", earlier=("REF-9",)))
    assert (receipt.result, office.referrals()) == ("recorded", [receipt.referral])
    assert any("has not come" in problem for problem in receipt.problems)


def test_an_answer_about_somebody_else_is_kept_apart(office: Office) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    answer = concern(intent="correlate", earlier=("REF-1",), children=(BO,), concern="Seen.")
    receipt = office.receives_one(answer)
    assert receipt.result == "recorded"
    assert receipt.referral != first.referral
    assert any("somebody else" in problem for problem in receipt.problems)


def test_a_message_of_no_concern_is_kept_and_opens_nothing(office: Office) -> None:
    receipt = office.receives_one(concern(intent="no-concern"))
    assert (receipt.result, receipt.referral, receipt.children) == ("no-concern", None, ())
    assert office.referrals() == []
    assert office.log("child.registered.v1") == []
    assert office.event_of(receipt).raw
    assert office.receives_one(concern(intent="no-concern")).result == "duplicate"


# ── A file with several rows ──────────────────────────────────────────────────────────────────────


def rows(*raw: bytes) -> list[Translation]:
    return [
        concern(row=number, raw=each, concern=each.decode(), children=())
        for number, each in enumerate(raw, start=1)
    ]


def test_each_row_of_a_file_is_a_referral_and_the_file_is_kept_too(office: Office) -> None:
    receipts = office.receives(*rows(b"one", b"two", b"three"))
    assert [each.result for each in receipts] == ["recorded"] * 3
    assert len({each.message for each in receipts}) == 1
    assert len({each.referral for each in receipts}) == 3
    raw = [each.raw for each in office.events("message.received.v1")]
    assert {b"one", b"two", b"three"} < set(raw)
    assert len(raw) == 4


def test_a_file_with_one_row_is_kept_with_its_heading(office: Office) -> None:
    (receipt,) = office.receives(*rows(b"one"))
    kept = {each.raw for each in office.events("message.received.v1")}
    assert {hashlib.sha256(raw).hexdigest() for raw in kept} >= {receipt.message}


def test_a_file_sent_again_is_a_duplicate_row_by_row(office: Office) -> None:
    first, again = (office.receives(*rows(b"one", b"two")) for _ in range(2))
    assert [each.result for each in again] == ["duplicate", "duplicate"]
    assert [(e.referral, e.position) for e in again] == [(e.referral, e.position) for e in first]


def test_a_row_that_stands_twice_in_one_file_points_at_the_first(office: Office) -> None:
    twice = [concern(row=n, raw=b"same", key="same", concern="Same.", children=()) for n in (1, 2)]
    first, again = office.receives(*twice)
    assert (first.result, again.result) == ("recorded", "duplicate")
    assert (again.referral, again.position) == (first.referral, first.position)


def test_a_csv_row_that_stands_twice_in_one_file_points_at_the_first(office: Office) -> None:
    table = (
        b"reference,child first name,child surname,what happened\n" + 2 * b"1,Kit,Marlow,Alone\n"
    )
    first, again = office.receives_bytes(table, file_name="week.csv", format="csv")
    assert (first.result, again.result) == ("recorded", "duplicate")
    assert (again.referral, again.position) == (first.referral, first.position)


def test_several_concerns_in_one_message_are_each_received(office: Office) -> None:
    """Even if the format forgot to number them."""
    receipts = office.receives(concern(concern="One."), concern(concern="Two.", children=(BO,)))
    assert [each.result for each in receipts] == ["recorded", "recorded"]
    assert len(set(office.referrals())) == 2


def test_rows_under_one_key_of_the_transport_are_no_conflict(office: Office) -> None:
    receipts = office.receives(*rows(b"one", b"two"), key="request-1")
    assert [each.result for each in receipts] == ["recorded", "recorded"]


# ── Our own faults lose nothing ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", [ValueError("Kit Marlow"), RecursionError(), None])
def test_a_format_that_fails_loses_nothing(office: Office, fault: Exception | None) -> None:
    receipt = office.receives_one(*([fault] if fault else []))
    assert receipt.result == "recorded"
    assert receipt.problems == (
        "Our program failed on this message: read it as it came, and tell the operator.",
    )
    assert office.event_of(receipt).concern.startswith("plain")


def test_a_rule_that_refuses_loses_nothing(office: Office) -> None:
    """Here because a reference leads to a referral that is not in the log."""
    office.receives(concern(references=("REF-1",)))
    token = office.store.vault.token("reference", "north-police|REF-1x")
    office.suspends("elm-surgery")
    resumed = AgencyResumed(
        happened_at=NOW, received_at=NOW, recorded_at=NOW, by="operator", agency="authority",
        agency_id="elm-surgery",
    )  # fmt: skip
    lost = {f"reference:{token}": "referral-lost"}
    office.store.append([Append("agency-elm-surgery", 2, [resumed])], lost)

    receipt = office.receives_one(concern(intent="update", references=("REF-1x",)))
    assert receipt.result == "recorded"
    assert "This referral has not been received." in receipt.problems
    event = office.event_of(receipt)
    assert (event.concern, event.children) == ("Seen alone at night.", ())
    assert office.referrals()[1:] == [receipt.referral]


def test_words_that_cannot_be_stored_lose_nothing(office: Office) -> None:
    receipt = office.receives_one(concern(concern="broken \ud800 words", references=("\udc00",)))
    assert receipt.result == "recorded"
    assert any("could not store" in problem for problem in receipt.problems)
    assert receipt.referral in office.referrals()


def test_an_unknown_format_is_read_by_a_person(office: Office) -> None:
    (receipt,) = office.receives_bytes(b"please ring me about a child \xe9")
    assert (receipt.format, receipt.result) == ("unknown", "recorded")
    assert office.event_of(receipt).concern == "please ring me about a child é"
    assert any("format" in problem for problem in receipt.problems)


class Crowded(EventStore):
    """A store in which another always was there first."""

    def append(self, *_: Any, **__: Any) -> Any:
        raise Conflict(stream="somewhere")


def test_whoever_cannot_get_in_is_told_that_nothing_was_stored(office: Office) -> None:
    office.intake = Intake(Crowded(office.store._log, office.store.address))
    with pytest.raises(Busy, match="send it again"):
        office.receives(concern())
    assert office.referrals() == []


@pytest.mark.parametrize("said", [{"intent": "update"}, {"intent": "cancel"}, {"key": "7"}])
def test_what_speaks_of_a_destroyed_record_is_a_new_concern(
    office: Office, said: dict[str, Any]
) -> None:
    first = office.receives_one(concern(references=("REF-1",), key="7"))
    for subject in (first.referral, *first.children, office.log("message.received.v1")[0].stream):
        office.store.vault.destroy(str(subject))
    late = {"references": ("REF-1",), "concern": "Later."} | said
    receipt = office.receives_one(concern(**late))
    assert (receipt.result, receipt.referral != first.referral) == ("recorded", True)
    assert any("destroyed" in problem for problem in receipt.problems)
    assert office.event_of(receipt).concern == "Later."
    assert office.receives_one(concern(**late)).result == "duplicate"


# ── What cannot be read any more ──────────────────────────────────────────────────────────────────


def alter(office: Office, stream: str | None, *, at: int = -1) -> None:
    """Flip a byte of a stream's first event, by default in what is sealed of it."""
    address, office.damaged = office.store.address, True
    ((position, state),) = execute(
        address,
        "select position, state from stored_events where stream = ? and version = 1",
        (stream,),
    )
    altered = bytearray(state)
    altered[at] ^= 1
    with suppress(sqlite3.OperationalError):  # taken away before
        without_triggers(address)
    change = "update stored_events set state = ? where position = ?"
    execute(address, change, (bytes(altered), position))


IN_THE_HEADER = 14


def test_a_concern_about_a_child_whose_record_cannot_be_read_is_stored(office: Office) -> None:
    office.receives(concern())
    (kit,) = [each.stream for each in office.log("child.registered.v1")]
    alter(office, kit)
    with capture_logs() as logged:
        receipt = office.receives_one(concern(concern="Hungry.", children=(KIT, BO)))
    assert (receipt.result, len(receipt.children)) == ("recorded", 2)
    assert kit not in receipt.children
    assert all("tell the system's keeper" in problem for problem in receipt.problems)
    assert receipt.problems
    stored = [each.event for each in office.store.history(str(receipt.referral), opened=True)]
    assert getattr(stored[0], "concern", None) == "Hungry."
    (alarm,) = [line for line in logged if line["event"] == "intake_record_unreadable"]
    assert (alarm["stream"], alarm["error"], alarm["log_level"]) == (kit, "Tampered", "error")
    assert "Kit" not in str(logged)
    assert "Marlow" not in str(logged)


def test_what_came_after_the_damage_is_known_again(office: Office) -> None:
    first = office.receives_one(concern())
    alter(office, first.children[0])
    second = office.receives_one(concern(concern="Hungry."))
    assert office.receives_one(concern(concern="Hungry.")).result == "duplicate"
    third = office.receives_one(concern(concern="Cold."))
    assert third.children == second.children, "the record opened since is matched"


@pytest.mark.parametrize("at", [-1, IN_THE_HEADER])
@pytest.mark.parametrize("intent", ["update", "cancel", "new"])
def test_what_speaks_of_a_referral_that_cannot_be_read_is_a_new_concern(
    office: Office, intent: Any, at: int
) -> None:
    first = office.receives_one(concern(references=("REF-1",)))
    alter(office, first.referral, at=at)
    late = concern(intent=intent, references=("REF-1",), concern="Later.")
    receipt = office.receives_one(late)
    assert (receipt.result, receipt.referral != first.referral) == ("recorded", True)
    assert any("cannot be read" in problem for problem in receipt.problems)
    assert office.receives_one(late).result == "duplicate"


def test_the_same_as_a_message_that_cannot_be_read_is_a_new_concern(office: Office) -> None:
    first = office.receives_one(concern())
    (message,) = [each.stream for each in office.log("message.received.v1")]
    alter(office, message, at=IN_THE_HEADER)
    again = office.receives_one(concern())
    assert (again.result, again.referral != first.referral) == ("recorded", True)
    assert any("cannot be read" in problem for problem in again.problems)
    assert office.receives_one(concern()).referral == again.referral
    other = office.receives_one(concern(), key="another")
    assert other.referral == again.referral


def test_a_case_or_team_that_cannot_be_read_stops_no_concern(office: Office) -> None:
    office.forms("team-east", "XE1")
    first = office.receives_one(concern())
    opened = {"child_id": first.children[0], "referral_id": first.referral}
    case_id = case_of(first.children[0])
    office.does(OpenCase, case_id=case_id, referral_received_at=NOW, **opened)
    for stream in (case_id, "team-east"):
        alter(office, stream, at=IN_THE_HEADER)
    office.intake = Intake(office.store, lambda: office.now)
    receipt = office.receives_one(concern(concern="Hungry."))
    assert (receipt.result, receipt.children) == ("recorded", first.children)


def test_a_sender_whose_registration_cannot_be_read_is_not_refused(office: Office) -> None:
    alter(office, "agency-north-police", at=IN_THE_HEADER)
    receipt = office.receives_one(concern())
    assert receipt.result == "recorded"
    assert any("registration of the sender cannot be read" in each for each in receipt.problems)


def test_with_keys_older_than_the_log_a_concern_is_stored(address: str, tmp_path: Path) -> None:
    with office_at(address, tmp_path / "keys"):
        pass
    copytree(tmp_path / "keys", tmp_path / "yesterday")
    with office_at(address, tmp_path / "keys") as today:
        first = today.receives_one(concern(references=("REF-1",)))
    with office_at(address, tmp_path / "yesterday") as office:
        with capture_logs() as logged:
            receipt = office.receives_one(concern(concern="Hungry.", references=("REF-1",)))
        assert (receipt.result, receipt.referral != first.referral) == ("recorded", True)
        assert any("cannot be read" in problem for problem in receipt.problems)
        (alarm,) = [line for line in logged if line["event"] == "intake_record_unreadable"]
        assert alarm["error"] == "NeverHeld"


# ── Clocks ────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_from_the_future_happened_when_it_was_received(office: Office) -> None:
    receipt = office.receives_one(concern(happened_at=NOW + timedelta(days=400)))
    event = office.event_of(receipt)
    assert event.happened_at == event.received_at == NOW
    assert any("future" in problem for problem in receipt.problems)


def test_a_clock_that_is_a_little_fast_is_no_problem(office: Office) -> None:
    receipt = office.receives_one(concern(happened_at=NOW + timedelta(minutes=3)))
    assert office.event_of(receipt).happened_at == NOW
    assert receipt.problems == ()


def test_what_happened_before_it_was_received_keeps_its_time(office: Office) -> None:
    before = NOW - timedelta(days=2)
    event = office.event_of(office.receives_one(concern(happened_at=before)))
    assert (event.happened_at, event.received_at, event.recorded_at) == (before, NOW, NOW)


@pytest.mark.parametrize(
    "when",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1899, 12, 31, tzinfo=UTC),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))),
    ],
)
def test_a_date_beyond_all_lifetimes_is_told_and_not_used(office: Office, when: datetime) -> None:
    receipt = office.receives_one(concern(happened_at=when))
    assert office.event_of(receipt).happened_at == NOW
    assert any("the time of receipt is used" in problem for problem in receipt.problems)


def test_received_and_recorded_are_two_times(office: Office) -> None:
    came = datetime(2026, 2, 1, 23, 59, 59, tzinfo=UTC)
    event = office.event_of(office.receives_one(concern(), received_at=came))
    assert (event.happened_at, event.received_at, event.recorded_at) == (came, came, NOW)


# ── Whose child it is ─────────────────────────────────────────────────────────────────────────────


def test_a_known_child_is_linked_and_not_registered_again(office: Office) -> None:
    first = office.receives_one(concern())
    second = office.receives_one(concern(concern="Again."), sender="elm-surgery")
    assert second.children == first.children
    assert office.story(first.children[0]) == ["child.registered.v1", "child.matched.v1"]
    (matched,) = office.events("child.matched.v1")
    assert matched.agreed == ("NHS number", "birth date", "first name", "surname", "postcode")


@pytest.mark.parametrize(
    "fields",
    [
        {"family_name": "Smith", "postcode": None},
        {"given_name": "", "postcode": "XE9 9ZZ"},
        {"born_on": None, "family_name": "Other"},
    ],
)
def test_an_nhs_number_and_two_agreeing_fields_link(office: Office, fields: dict[str, Any]) -> None:
    first = office.receives_one(concern())
    second = office.receives_one(concern(children=(replace(KIT, **fields),)))
    assert second.children == first.children


@pytest.mark.parametrize(
    "fields",
    [
        {"born_on": date(2017, 5, 5)},
        {"given_name": "Sam"},
        {"given_name": "", "family_name": "", "postcode": None},
        {"born_on": None, "family_name": "Other", "postcode": None},
    ],
)
def test_an_nhs_number_alone_or_contradicted_never_links(
    office: Office, fields: dict[str, Any]
) -> None:
    first = office.receives_one(concern())
    second = office.receives_one(concern(children=(replace(KIT, **fields),)))
    assert second.children != first.children
    assert len(second.children) == 1
    assert any("compare the two records" in problem for problem in second.problems)


def test_names_alone_never_link_two_referrals(office: Office) -> None:
    kit = replace(KIT, nhs_number=None)
    first = office.receives_one(concern(children=(kit,)))
    second = office.receives_one(concern(children=(kit,), concern="Again."))
    assert second.children != first.children


def test_two_children_in_one_message_may_not_share_a_number(office: Office) -> None:
    receipt = office.receives_one(concern(children=(KIT, replace(BO, nhs_number=KIT.nhs_number))))
    assert len(set(receipt.children)) == 2
    assert any("same NHS number" in problem for problem in receipt.problems)


def test_twins_sent_under_one_number_are_never_linked(office: Office) -> None:
    twin = replace(KIT, given_name="Sam")
    first = office.receives_one(concern())
    second = office.receives_one(concern(children=(twin,)))
    third = office.receives_one(concern(children=(KIT, twin), concern="Both."))
    assert first.children != second.children
    assert third.children[0] == first.children[0]
    assert len({*first.children, *second.children, *third.children}) == 3


def test_a_disputed_number_links_only_with_the_first_name(office: Office) -> None:
    first = office.receives_one(concern())
    office.receives(concern(children=(replace(KIT, given_name="Sam"),), concern="A twin."))
    unsure = office.receives_one(
        concern(children=(replace(KIT, given_name=""),), concern="Which one?")
    )
    assert unsure.children != first.children
    assert any("compare the two records" in problem for problem in unsure.problems)
    sure = office.receives_one(concern(concern="It is Kit."))
    assert sure.children == first.children


def test_a_number_that_one_message_gives_to_two_is_disputed(office: Office) -> None:
    first = office.receives_one(concern())
    unsure = replace(KIT, given_name="", family_name="Larkin")
    receipt = office.receives_one(concern(children=(unsure, replace(KIT, given_name="Sam"))))
    assert first.children[0] not in receipt.children
    assert len(set(receipt.children)) == 2


def test_a_child_named_twice_in_one_message_is_one(office: Office) -> None:
    receipt = office.receives_one(concern(children=(KIT, replace(KIT, school="Elm School"))))
    assert len(receipt.children) == 1


def test_a_child_whose_name_is_not_known_is_registered_all_the_same(office: Office) -> None:
    receipt = office.receives_one(concern(children=(NAMELESS,)))
    assert len(receipt.children) == 1


def test_a_soon_repeated_concern_offers_the_link_and_merges_nothing(office: Office) -> None:
    first = office.receives_one(concern())
    office.now = NOW + timedelta(days=2)
    second = office.receives_one(concern(concern="As said on the telephone."))
    assert second.referral != first.referral
    assert office.event_of(second).perhaps_about == first.referral
    office.now = NOW + timedelta(days=40)
    third = office.receives_one(concern(concern="Much later."))
    assert office.event_of(third).perhaps_about is None


def test_a_referral_falls_to_the_team_of_the_childs_area(office: Office) -> None:
    office.forms("team-east", "XE1")
    assert office.event_of(office.receives_one(concern())).team_id == "team-east"
    elsewhere = replace(BO, postcode="XF2 1AA")
    assert office.event_of(office.receives_one(concern(children=(elsewhere,)))).team_id is None


# ── Who sends, and what is refused ────────────────────────────────────────────────────────────────


def refused(receipt: Receipt) -> str:
    assert receipt.result == "refused"
    assert (receipt.referral, receipt.position) == (None, None)
    assert receipt.reason
    assert receipt.reason.endswith(".")
    return receipt.reason


@pytest.mark.parametrize("sender", ["nobody-here", "", "../etc", "a\0b", "x" * 500, "Zoë \ud800"])
def test_an_unknown_sender_is_refused(office: Office, sender: str) -> None:
    before = office.store.newest()
    assert "not registered" in refused(office.receives_one(concern(), sender=sender))
    assert office.store.newest() == before


def test_a_suspended_sender_is_refused(office: Office) -> None:
    office.suspends("north-police")
    assert "suspended" in refused(office.receives_one(concern()))


def test_an_empty_message_is_refused(office: Office) -> None:
    (receipt,) = office.receives_bytes(b"")
    assert "empty" in refused(receipt)


def test_a_message_over_25_mib_is_refused_and_one_of_25_mib_is_kept(office: Office) -> None:
    body = b"x" * LARGEST
    (over,) = office.receives_bytes(body + b"x")
    assert "25 MiB" in refused(over)
    (just,) = office.receives_bytes(body)
    assert just.result == "recorded"
    (kept,) = office.events("message.received.v1")
    assert kept.raw == body


def test_a_unit_is_told_with_the_referral(office: Office) -> None:
    assert office.event_of(office.receives_one(concern(), unit="ward-9")).unit == "ward-9"


@pytest.mark.parametrize(
    "name", ["a\nb.json", "../../up", "\udcff\udcfe.csv", "x" * 5000, "nul\0.hl7", "\x1b[31mred"]
)
def test_a_hostile_name_of_a_file_or_unit_is_kept_without_harm(office: Office, name: str) -> None:
    receipt = office.receives_one(concern(), file_name=name, unit=name, key=name, correlation=name)
    assert receipt.result == "recorded"
    assert receipt.problems == ()
    event = office.event_of(receipt)
    assert event.unit.isprintable()
    assert len(event.unit) <= 255


# ── Others at the same time, and the power cut ────────────────────────────────────────────────────

SENDING = """
import sys
from pathlib import Path
from services.logs import configure
from tests.services.office import office_at
from tests.services.test_intake import many
configure()
with office_at(sys.argv[1], Path(sys.argv[2])) as office:
    for said in many(int(sys.argv[3]), sys.argv[4]):
        receipt = office.receives_one(said)
        sys.stdout.write(f"{receipt.message} {receipt.referral} {receipt.result}\\n")
        sys.stdout.flush()
"""


def many(count: int, whose: str = "") -> list[Translation]:
    """Concerns of which every other is about the same child."""
    return [
        concern(key=f"{whose}{n}", concern=f"Number {n}.", children=(KIT,) if n % 2 else (BO,))
        for n in range(count)
    ]


def sending(address: str, keys: Path, count: int, whose: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SENDING, address, str(keys), str(count), whose]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_three_who_send_the_same_at_once_are_received_once(address: str, tmp_path: Path) -> None:
    runs = [sending(address, tmp_path / "keys", 20) for _ in range(3)]
    told: dict[tuple[str, ...], list[str]] = {}
    for run in runs:
        out, _ = run.communicate(timeout=60)
        assert run.returncode == 0
        for line in out.splitlines():
            *pair, result = line.split()
            told.setdefault(tuple(pair), []).append(result)
    assert len(told) == 20
    assert {tuple(sorted(each)) for each in told.values()} == {
        ("duplicate", "duplicate", "recorded")
    }
    with office_at(address, tmp_path / "keys") as office:
        assert sorted(office.referrals()) == sorted(referral for _, referral in told)


def test_a_new_child_whom_two_name_at_once_is_registered_once(address: str, tmp_path: Path) -> None:
    runs = [sending(address, tmp_path / "keys", 12, whose) for whose in ("ann", "bob")]
    for run in runs:
        out, _ = run.communicate(timeout=60)
        assert [line.split()[2] for line in out.splitlines()] == ["recorded"] * 12
    with office_at(address, tmp_path / "keys") as office:
        registered = [e.nhs_number for e in office.events("child.registered.v1")]
        assert registered.count(KIT.nhs_number) == 1
        assert len(office.log("child.matched.v1")) == 11
        assert len(office.referrals()) == 24


def test_what_was_acknowledged_before_a_kill_is_there_once(address: str, tmp_path: Path) -> None:
    chance, acknowledged = random.Random(5), set()  # noqa: S311
    for _ in range(3):
        run = sending(address, tmp_path / "keys", 40)
        assert run.stdout is not None
        for _line in range(chance.randrange(1, 12)):
            acknowledged.add(tuple(run.stdout.readline().split()[:2]))
        os.kill(run.pid, signal.SIGKILL)
        acknowledged |= {tuple(line.split()[:2]) for line in run.stdout if line.endswith("\n")}
        run.wait(30)
        run.stdout.close()
    with office_at(address, tmp_path / "keys") as office:
        receipts = [office.receives_one(said) for said in many(40)]
        pairs = {(str(each.message), str(each.referral)) for each in receipts}
        assert acknowledged <= pairs
        assert sorted(office.referrals()) == sorted(referral for _, referral in pairs)


# ── What its sender is told ───────────────────────────────────────────────────────────────────────


def told(office: Office, *said: Translation, sender: str) -> Receipt:
    office.intake.formats["plain"] = Says(*said)
    sent = Sent(body=repr(said).encode(), agency=sender, received_at=office.now)
    (receipt,) = office.intake.take(sent, format="plain", to_sender=True)
    return receipt


def test_a_sender_does_not_learn_from_its_receipt_whom_another_agency_knows(office: Office) -> None:
    known = replace(KIT, nhs_number="9990000018")
    office.receives_one(concern(children=(known,)), sender="elm-surgery")
    other = replace(known, given_name="Made-up", family_name="Nobody", born_on=date(2019, 1, 1))
    guess = concern(children=(other,), problems=("The date cannot be read.",))
    receipt = told(office, guess, sender="north-police")
    assert receipt.problems == ("The date cannot be read.",)
    (referral,) = (
        e for e in office.events("referral.received.v1") if e.referral_id == receipt.referral
    )
    assert any("another child's record" in problem for problem in referral.problems)


def test_a_sender_is_told_what_is_wrong_with_its_own_dates(office: Office) -> None:
    late = concern(happened_at=NOW + timedelta(days=3))
    (problem,) = told(office, late, sender="north-police").problems
    assert "in the future" in problem


def test_nothing_is_said_to_be_taken_before_it_is_stored(office: Office) -> None:
    draft = Together(office.store)
    office.intake.formats["plain"] = Says(concern())
    intake = Intake(draft, lambda: office.now, office.intake.formats)
    sent = Sent(body=b"plain", agency="north-police", received_at=office.now)
    with capture_logs() as lines:
        (receipt,) = intake.take(sent, format="plain")
    assert receipt.result == "recorded"
    assert lines == []


def test_of_several_rows_at_once_the_last_is_the_one_that_may_be_the_same(office: Office) -> None:
    first, second = office.receives(
        concern(children=(KIT,), concern="one", row=1),
        concern(children=(KIT,), concern="two", row=2),
    )
    third = office.receives_one(concern(children=(KIT,), concern="three"))
    assert office.event_of(third).perhaps_about == second.referral
    assert first.referral != second.referral
