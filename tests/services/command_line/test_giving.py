"""Can every command that a person may give be given by its name, and is a refusal a sentence?"""

import json
from typing import Any

import pytest

from services.access.actions import GIVABLE
from tests.services.command_line.conftest import Run, gives

WHY = {"outcome": "advice", "rationale": "Why."}
DENIED = "There is no such record, or it is not yours to see."


def sent_in(office: Run, seed: int = 3) -> tuple[str, str]:
    """A referral of a made-up form, and a child it names."""
    form = office("example", "webform", "--seed", seed).out.encode()
    row = office("intake", "-", "--sender", "north-police", stdin=form).row
    return row["referral"], row["children"][0]


def done(office: Run, command: str, person: str, /, **fields: Any) -> dict[str, Any]:
    ran = gives(office, command, person, **fields)
    assert (ran.code, ran.row["result"]) == (0, "done"), ran
    row: dict[str, Any] = ran.row
    assert set(row) == {"command", "result", "reason", "events"}
    return row


def stream(row: dict[str, Any]) -> str:
    return str(row["events"][0]["stream"])


def test_the_commands_are_listed(run: Run) -> None:
    rows = run("command").rows
    assert [row["command"] for row in rows] == sorted(GIVABLE)
    assert "receive-referral" not in GIVABLE


def test_each_command_has_a_schema_that_asks_for_no_stamp(run: Run) -> None:
    for name in GIVABLE:
        ran = run("command", name, "--schema")
        schema = json.loads(ran.out)
        assert (ran.code, schema["title"], schema["type"]) == (0, name, "object")
        assert not {"by", "agency", "recorded_at", "received_at", "command"} & set(
            schema["properties"]
        )
        assert "happened_at" not in schema["required"]


def test_a_command_tells_its_id_and_its_events(office: Run) -> None:
    referral, _ = sent_in(office)
    row = done(office, "acknowledge-referral", "dora", referral_id=referral)
    (event,) = row["events"]
    assert (event["event"], event["stream"]) == ("referral.acknowledged.v1", referral)
    (logged,) = [e for e in office("events").rows if e["position"] == event["position"]]
    assert (logged["header"]["command"], logged["header"]["by"]) == (row["command"], "dora")


def test_the_same_command_id_changes_nothing_the_second_time(office: Run) -> None:
    referral, _ = sent_in(office)
    words = {"referral_id": referral, "words": "What became of it?"}
    first, again = (
        gives(office, "follow-up-referral", "dora", "--id", "once", **words) for _ in range(2)
    )
    assert (first.row["result"], again.row["result"]) == ("done", "already done")
    assert (again.code, again.row["events"]) == (0, first.row["events"])
    other = gives(office, "follow-up-referral", "dora", "--id", "once", **words | {"words": "No."})
    assert (other.code, other.row["result"]) == (1, "refused")
    assert "already used" in other.row["reason"]


def test_what_begins_something_begins_it_once(office: Run) -> None:
    """The id of what is begun is made from the command's."""
    referral, child = sent_in(office)
    fields = {"child_id": child, "referral_id": referral, "kind": "neglect"}
    fields |= {"raised_by_agency": "north-police", "words": "Left alone."}
    first, again = (
        gives(office, "raise-risk", "dora", "--id", "risk-1", **fields) for _ in range(2)
    )
    assert (first.row["result"], again.row["result"]) == ("done", "already done")
    assert stream(first.row).startswith("risk-")


def test_what_is_denied_looks_like_what_is_not_there(office: Run) -> None:
    _, child = sent_in(office)
    fields = {"relation": "aunt", "name": "A. Example"}
    denied = gives(office, "record-relationship", "wim", child_id="child-" + "0" * 32, **fields)
    absent = gives(office, "raise-risk", "operator", child_id=child, kind="neglect", words="x",
                   raised_by_agency="north-police")  # fmt: skip
    for ran in (denied, absent):
        assert (ran.code, ran.row["result"], ran.row["reason"]) == (1, "refused", DENIED)
        assert ran.row["events"] == []
        assert ran.error == ""


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"outcome": "advice", "rationale": " "}, "needs a rationale"),
        ({"outcome": "a hug", "rationale": "Why."}, "outcome"),
        ({"outcome": "advice"}, "rationale"),
        (WHY | {"by": "mary"}, "no field by"),
        (WHY | {"happened_at": "2199-01-01T00:00:00Z"}, "future"),
        (WHY | {"happened_at": "2026-01-01T00:00:00"}, "offset"),
        (WHY | {"happened_at": "on Monday"}, "happened_at"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_sentence(office: Run, fields: dict[str, Any], why: str) -> None:
    referral, _ = sent_in(office)
    ran = gives(office, "decide-referral", "dora", referral_id=referral, **fields)
    assert (ran.code, ran.row["result"]) == (1, "refused")
    assert why in ran.row["reason"]
    assert "hug" not in ran.row["reason"]


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b"7", b"\xff", b"[" * 100_000, b'{"a":\\ud800}']
)
def test_fields_that_are_no_object_are_a_slip_of_the_caller(run: Run, text: bytes) -> None:
    ran = run("command", "form-team", "--as", "operator", "--json", "-", stdin=text)
    assert (ran.code, ran.out, ran.error.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("form-team",), "--as"),
        (("dance", "--as", "operator"), "dance"),
        (("form-team", "--as", "operator", "--json", "/nowhere/at/all"), "cannot be read"),
        (("form-team", "--as", "operator", "--id", ""), "id"),
        (("form-team", "--as", "operator", "--id", "x" * 201), "id"),
    ],
)
def test_a_slip_of_the_caller_is_told(run: Run, words: tuple[str, ...], why: str) -> None:
    ran = run("command", *words)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.error


def test_nobody_gives_a_command_as_somebody_who_is_not_here(office: Run) -> None:
    for person in ("nobody", "command-line"):
        ran = gives(office, "form-team", person, team_id="team-x", name="X")
        assert (ran.code, ran.out) == (1, "")
        assert "safeguarding people" in ran.error


def test_a_referral_can_be_worked_on_from_receipt_to_closure(office: Run) -> None:
    """Every command that a person may give, by those who may give it."""
    given: set[str] = {"form-team", "join-team", "appoint-manager"}

    def does(command: str, person: str, /, **fields: Any) -> dict[str, Any]:
        given.add(command)
        return done(office, command, person, **fields)

    # The office
    op = "operator"
    does("register-agency", op, agency_id="elm", kind="gp", name="Elm")
    does("rename-agency", op, agency_id="elm", name="Elm Surgery")
    does("suspend-agency", op, agency_id="elm", reason="Its system was broken into.")
    does("resume-agency", op, agency_id="elm")
    does("name-for-plan-status", op, agency_id="elm", lawful_basis="legal-obligation")
    does("end-plan-status", op, agency_id="elm")
    does("form-team", op, team_id="team-west", name="West")
    does("join-team", op, team_id="team-east", person_id="wanda", name="Wanda Worker")
    does("change-working-time", op, team_id="team-east", person_id="wanda", percent=60)
    does(
        "arrange-cover", "mary", team_id="team-east", person_id="wim", cover_id="wanda",
        until="2199-01-01",
    )  # fmt: skip
    does("join-team", op, team_id="team-west", person_id="tom", name="Tom")
    does("leave-team", op, team_id="team-west", person_id="tom")
    does("appoint-manager", op, team_id="team-west", person_id="moll", name="Moll")
    does("manager-leaves", op, team_id="team-west", person_id="moll")

    # A referral, with another message under the same key
    table = b"reference,child name,date of birth,concern\n%s"
    one = office("intake", "-", "--format", "csv", "--sender", "north-police",
                 stdin=table % b"R1,Kit Marlow,04/05/2017,Left alone.\n").rows[0]  # fmt: skip
    referral, child = one["referral"], one["children"][0]
    does("route-referral", "mary", referral_id=referral, team_id="team-east")
    does("acknowledge-referral", "dora", referral_id=referral)
    asked = does(
        "request-information", "dora", referral_id=referral, asked_agency="elm", question="Seen?"
    )
    assert asked["events"][0]["event"] == "referral.information_requested.v1"
    does(
        "share-information", "dora", referral_id=referral, by_agency="elm",
        lawful_basis="public-task", information="Seen in May.",
    )  # fmt: skip
    does("decline-information", "dora", referral_id=referral, by_agency="elm", reason="No record.")
    does("follow-up-referral", "north-police", referral_id=referral, words="What became of it?")
    does("screen-referral", "dora", referral_id=referral, rag="amber", threshold=3,
         rationale="Alone before.")  # fmt: skip

    # Who it is about
    sibling = stream(
        does("register-child", "dora", referral_id=referral, given_name="Bo", family_name="Marlow")
    )
    does("add-child", "dora", referral_id=referral, child_id=sibling)
    does("remove-child", "dora", referral_id=referral, child_id=sibling, reason="Not here.")
    does("add-child", "dora", referral_id=referral, child_id=sibling)
    does("correct-details", "dora", child_id=child, given_name="Kit", family_name="Marlowe",
         born_on="2017-05-04", reason="Her mother spelled it.")  # fmt: skip
    kin = does("record-relationship", "dora", child_id=child, relation="mother", name="A. Marlow")
    events = office("events", "--from", kin["events"][0]["position"]).rows
    does("end-relationship", "dora", child_id=child, reason="She is the aunt.",
         relationship_id=events[0]["header"]["relationship_id"])  # fmt: skip
    home = does("join-household", "dora", child_id=child, address="1 High Street, Exampleton")
    events = office("events", "--from", home["events"][0]["position"]).rows
    does("leave-household", "dora", child_id=child,
         household_id=events[0]["header"]["household_id"])  # fmt: skip
    does("merge-records", "mary", child_id=child, merged_child_id=sibling, reason="Thought so.")
    does("separate-records", "mary", child_id=child, merged_child_id=sibling, reason="No.")
    apart = {"child_id": child, "other_child_id": sibling}
    does("tell-records-apart", "dora", **apart, reason="Two births are registered.")
    does("withdraw-telling-apart", "dora", **apart, reason="One is the other's copy.")
    does("restrict-record", "mary", child_id=child, named=["mary", "dora", "wim", "wanda"],
         reason="A colleague's child.")  # fmt: skip
    does("unrestrict-record", "mary", child_id=child, reason="A mistake.")

    # The decision
    does("decide-referral", "dora", referral_id=referral, outcome="assessment", rationale="Alone.")
    does("authorise-decision", "mary", referral_id=referral, rationale="Agreed.")
    does("tell-referrer", "dora", referral_id=referral, words="We assess.")

    # Allocation and oversight
    case = child.replace("child-", "case-", 1)
    does("allocate-case", "mary", case_id=case, worker_id="wim")
    does("issue-handover", "wim", case_id=case, to_worker_id="wanda", note="She likes Lego.")
    does("acknowledge-handover", "wanda", case_id=case)
    does("unallocate-case", "mary", case_id=case, reason="TSPROC")
    does("allocate-case", "mary", case_id=case, worker_id="wim")
    does("hold-supervision", "mary", case_id=case, decision="Go on.", rationale="It works.")
    decided = does("record-management-decision", "mary", case_id=case, decision="Visit weekly.",
                   rationale="Alone.")  # fmt: skip
    does("audit-case", "mary", case_id=case, grade="good", findings="Clear.")
    does("overturn-decision", "mary", case_id=case, reason="Daily.",
         position=decided["events"][0]["position"])  # fmt: skip

    # A risk
    risk = stream(does("raise-risk", "wim", child_id=child, kind="neglect",
                       raised_by_agency="north-police", words="No food."))  # fmt: skip
    does("escalate-risk", "wim", risk_id=risk, to="mary", reason="No answer.")
    answer = {"risk_id": risk, "answer": "mitigated", "reason": "Food.", "evidence": "Receipt."}
    does("answer-risk", "mary", **answer)
    does("withdraw-risk-answer", "mary", risk_id=risk, reason="Another child's receipt.")
    does("answer-risk", "wim", **answer)

    # The assessment
    fields = {"child_id": child, "case_id": case, "worker_id": "wim"}
    assessment = stream(does("start-assessment", "wim", **fields))
    does("reach-review-point", "wim", assessment_id=assessment, findings="Half way.")
    does("see-child", "wim", assessment_id=assessment, alone=True, where="home", words="I am fine.")
    does("extend-assessment", "wim", assessment_id=assessment, reason="Waiting for the school.")
    finished: dict[str, Any] = {"assessment_id": assessment, "factors": ["8B"],
                                "outcome": "child-in-need-plan", "summary": "Support."}  # fmt: skip
    does("complete-assessment", "wim", **finished)
    does("return-assessment", "mary", assessment_id=assessment, reason="Say more.")
    does("complete-assessment", "wim", **finished | {"summary": "Support at home."})
    does("authorise-assessment", "mary", assessment_id=assessment, rationale="Good.")

    # Protection
    enquiry = stream(does("request-strategy-discussion", "wim", child_id=child, reason="Bruise."))
    does("hold-strategy-discussion", "mary", child_id=child, enquiry_id=enquiry,
         attended=["social-care", "police", "health"], decision="section-47-single",
         rationale="Bruise.", actions="Medical.")  # fmt: skip
    does("conclude-section-47", "wim", enquiry_id=enquiry, rationale="Harm.",
         conclusion="substantiated-continuing-risk")  # fmt: skip
    does("hold-initial-conference", "mary", child_id=child, enquiry_id=enquiry,
         attended=["police"], decision="no-protection-plan", rationale="Safe now.",
         child_said="I want to stay.")  # fmt: skip
    does("start-protection-plan", "mary", child_id=child, category="NEG")
    visit = does("record-visit", "wim", child_id=child, seen=True, alone=True, bedroom_seen=True,
                 where="home", notes="All well.")  # fmt: skip
    does("record-failed-visit", "wim", child_id=child, reason="Nobody in.")
    does("correct-entry", "wim", child_id=child, position=visit["events"][0]["position"],
         words="All well at three.", reason="The hour.")  # fmt: skip
    failed = does("record-failed-visit", "wim", child_id=child, reason="Nobody in again.")
    does("retract-entry", "mary", child_id=child, position=failed["events"][0]["position"],
         reason="Another child's.")  # fmt: skip
    does("end-protection-plan", "mary", child_id=child, reason="no-longer-needed",
         rationale="Safe.")  # fmt: skip

    # The end, and after it
    does("transfer-case", "mary", case_id=case, team_id="team-west", reason="Moved.")
    does("appoint-manager", op, team_id="team-west", person_id="moll", name="Moll")
    does("close-case", "moll", case_id=case, reason="RC1", rationale="Done.")
    does("reopen-case", "moll", case_id=case, reason="Too soon.")

    # A second concern, of which two contents come
    second, _ = sent_in(office, 11)
    does("match-child", "dora", child_id=sibling, referral_id=second, reason="Her school says so.")
    does("unmatch-child", "dora", child_id=sibling, referral_id=second, reason="It is another.")
    does("decide-referral", "dora", referral_id=second, outcome="advice", rationale="Enough.")
    does("follow-up-referral", "north-police", referral_id=second, words="Are you sure?")
    does("attend-referral", "dora", referral_id=second, reason="We told them.")
    does("reopen-referral", "dora", referral_id=second, reason="More came.")

    assert given == set(GIVABLE) - {"settle-conflict", "settle-message", "settle-loss"}


def test_two_contents_under_one_key_are_settled_before_the_decision(office: Run) -> None:
    message = office("example", "hl7v2", "--seed", 5).out
    first = office("intake", "-", "--sender", "north-police", stdin=message.encode()).row
    other = office("intake", "-", "--sender", "north-police",
                   stdin=message.rstrip("\r").encode() + b"\rNTE|||And more.\r").row  # fmt: skip
    assert (other["result"], other["referral"]) == ("conflict", first["referral"])
    fields = {"referral_id": first["referral"], "outcome": "advice", "rationale": "Enough."}
    refused = gives(office, "decide-referral", "dora", **fields)
    assert (refused.code, "settle which one holds" in refused.row["reason"]) == (1, True)
    done(office, "settle-conflict", "dora", referral_id=first["referral"], reason="The second.")
    done(office, "decide-referral", "dora", **fields)
