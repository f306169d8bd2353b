"""Is an answer given only to those who may have it, once the look is on record?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.translation import Sent, formats
from services import questions
from services.access import COMMAND_LINE, OPERATOR, Denied, Principal
from services.assemble import Parts, all_parts
from services.give import give
from services.intake import Intake, Receipt
from services.settings import settings
from services.sign_in import sign_in
from tests.parts.authority import form


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with all_parts(settings(str(tmp_path / "store"))) as opened:
        opened.projector.catch_up()
        does(opened, "register-agency", agency_id="elm", kind="gp", name="Elm Surgery")
        does(opened, "register-agency", agency_id="police", kind="police", name="Police")
        does(opened, "form-team", team_id="team-east", name="East", areas=["XE1"])
        for person, role in (("dora", "duty-worker"), ("wim", "social-worker"), ("ed", "auditor")):
            does(opened, "join-team", team_id="team-east", person_id=person, name=person, role=role)
        does(opened, "appoint-manager", team_id="team-east", person_id="mary", name="Mary M")
        yield opened


def who(parts: Parts, person: str) -> Principal:
    found = sign_in(parts, person)
    assert found is not None
    return found


def does(parts: Parts, command: str, person: str = "operator", **fields: Any) -> None:
    principal = OPERATOR if person == "operator" else who(parts, person)
    handled = give(parts, principal, command, fields)
    assert handled.result == "done", handled.reason
    parts.projector.catch_up()


def receives(parts: Parts, seed: int = 3) -> Receipt:
    body = formats()["webform"].example(seed)
    sent = Sent(body=body, agency="elm", received_at=parts.now())
    (receipt,) = Intake(parts.store).take(sent)
    parts.projector.catch_up()
    return receipt


def test_whoever_may_not_ask_hears_nothing(parts: Parts) -> None:
    child = receives(parts).children[0]
    for person in (who(parts, each) for each in ("operator", "elm")):
        for rows in (
            questions.the_inbox(parts, person),
            questions.timeline(parts, person, child),
            questions.children(parts, person, "Smith"),
            questions.deadlines(parts, person, as_at=parts.now()),
            questions.events(parts, person),
        ):
            with pytest.raises(Denied):
                next(rows)


def test_a_look_is_on_record_before_the_first_line(parts: Parts) -> None:
    child = receives(parts).children[0]
    rows = questions.timeline(parts, who(parts, "dora"), child)
    next(rows)
    (look,) = parts.gate.log.seen_by(child)
    assert (look.person, look.action, look.permitted) == ("dora", "see-child", True)


def test_all_children_are_listed_however_many_are_read_at_a_time(parts: Parts) -> None:
    sent = Sent(
        body=b"child name,concern\n" + b"".join(b"Kit No%d,Cold.\n" % n for n in range(7)),
        agency="police",
        received_at=parts.now(),
    )
    receipts = list(Intake(parts.store).take(sent, format="csv"))
    parts.projector.catch_up()
    newest_first = [child for each in reversed(receipts) for child in each.children]
    assert len(newest_first) == 7
    for at_a_time in (1, 3, 7, 500):
        rows = questions.children(parts, COMMAND_LINE, at_a_time=at_a_time)
        assert [row["child"] for row in rows] == newest_first


def test_a_restricted_record_is_not_found_by_others(parts: Parts) -> None:
    receipt = receives(parts)
    found = list(questions.children(parts, who(parts, "dora")))
    assert {row["child"] for row in found} == set(receipt.children)
    does(parts, "restrict-record", "mary", child_id=receipt.children[0], named=["mary"],
         reason="A colleague's.")  # fmt: skip
    for person, seen in (("dora", set(receipt.children[1:])), ("mary", set(receipt.children))):
        for words in (None, *((row["name"] or "").split()[-1] for row in found)):
            rows = questions.children(parts, who(parts, person), words)
            assert {row["child"] for row in rows} <= seen


def test_a_story_keeps_to_itself_what_also_names_a_restricted_child(parts: Parts) -> None:
    named = ({"given_name": "Kit", "family_name": "Stone"}, {"given_name": "Ann"})
    body = form(children=named, concern="Kit hides.")
    (receipt,) = Intake(parts.store).take(Sent(body=body, agency="elm", received_at=parts.now()))
    parts.projector.catch_up()
    kit, ann = receipt.children
    about = {"referral_id": receipt.referral}
    does(parts, "decide-referral", "dora", **about, outcome="assessment", rationale="Kit first.",
         team_id="team-east")  # fmt: skip
    does(parts, "authorise-decision", "mary", **about, rationale="Agreed.")
    does(parts, "restrict-record", "mary", child_id=kit, named=["mary"], reason="A colleague's.")
    closed = "Closed: it also names a child whose record is restricted to others."

    def texts(principal: Principal, kind: str | None = None) -> dict[str, str]:
        rows = questions.timeline(parts, principal, ann, kind=kind)
        return {row["event"]: row["text"] for row in rows}

    for kind in (None, "referral"):
        told = texts(who(parts, "wim"), kind)
        assert told["referral.received.v1"] == told["referral.decided.v1"] == closed
        assert not any("Kit" in text for text in told.values())
        for reader in (who(parts, "mary"), COMMAND_LINE):
            told = texts(reader, kind)
            assert "Kit hides." in told["referral.received.v1"]
            assert told["referral.decided.v1"] == "Kit first."
            assert closed not in told.values()


def test_words_that_were_destroyed_are_said_to_be_so(parts: Parts) -> None:
    receipt = receives(parts)
    child = receipt.children[0]
    for subject in (str(receipt.referral), *receipt.children):
        parts.store.vault.destroy(subject)
    rows = list(questions.timeline(parts, COMMAND_LINE, child))
    assert [r["text"] for r in rows if r["event"] == "referral.received.v1"] == [
        "Words that were destroyed are not shown."
    ]
    for opened in (False, True):
        events = questions.events(parts, COMMAND_LINE, stream=receipt.referral, opened=opened)
        (event,) = events
        assert set(event["parts"].values()) == {"destroyed"}
    (row, *_) = questions.children(parts, COMMAND_LINE)
    assert row["name"] is None


def test_a_cancelled_or_conflicting_message_is_news_in_the_inbox(parts: Parts) -> None:
    receipt = receives(parts)
    does(parts, "follow-up-referral", "elm", referral_id=receipt.referral, words="And now?")
    (row,) = questions.the_inbox(parts, who(parts, "dora"))
    assert "The referrer asked what became of it." in row["problems"]


def test_the_people_are_those_who_may_sign_in(parts: Parts) -> None:
    rows = list(questions.everybody(parts, who(parts, "mary")))
    assert {row["person"] for row in rows} == {
        "operator", "dora", "wim", "ed", "mary", "elm", "police",
    }  # fmt: skip
    assert all(sign_in(parts, row["person"]) for row in rows)
    assert questions.name_of(parts, "mary") == "Mary M"
    assert questions.name_of(parts, "elm") == "Elm Surgery"
    assert questions.name_of(parts, "nobody") == "nobody"


def test_whoever_left_or_may_not_send_is_not_among_the_people(parts: Parts) -> None:
    does(parts, "leave-team", team_id="team-east", person_id="wim")
    does(parts, "suspend-agency", agency_id="police", reason="Broken into.")
    rows = list(questions.everybody(parts, who(parts, "mary")))
    assert {"wim", "police"}.isdisjoint(row["person"] for row in rows)
