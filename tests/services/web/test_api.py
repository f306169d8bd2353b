"""Does each message get its receipt, and do programs get the answers that people get?"""

import gzip
import http.client
import json
import zlib
from typing import Any

import httpx
import pytest

from adapters.translation import formats
from services import questions
from services.access import COMMAND_LINE
from services.intake import LARGEST
from tests.adapters.event_store.direct import execute, without_triggers
from tests.parts.authority import DUTY, MANAGER, NOW, OTHER_MANAGER, WORKER, form
from tests.parts.site import Site, Visitor, words_of


def sent(visitor: Visitor, body: bytes, sender: str = "open-door", **more: str) -> httpx.Response:
    headers = {"x-demo-sender": sender, "content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in more.items()
    }
    return visitor.post("/intake/webform", content=body, headers=headers)


# ── Messages ──────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_recorded_and_sent_again_it_is_a_duplicate(site: Site) -> None:
    visitor, body = site.visitor(), form(number="9", given_name="Ivo")
    first, second = sent(visitor, body), sent(visitor, body)
    assert (first.status_code, first.json()["result"]) == (201, "recorded")
    assert (second.status_code, second.json()["result"]) == (200, "duplicate")
    told = first.json()
    assert set(told) >= {
        "source",
        "message",
        "format",
        "result",
        "referral",
        "children",
        "position",
    }
    assert told["format"] == "webform"
    assert (told["referral"], told["position"]) == (
        second.json()["referral"],
        second.json()["position"],
    )


@pytest.mark.parametrize("name", ["x_request_id", "idempotency_key"])
def test_the_same_key_with_other_content_is_a_conflict_that_is_kept(site: Site, name: str) -> None:
    visitor = site.visitor()
    first = sent(visitor, form(number="9"), **{name: "key-1"})
    other = sent(visitor, form(number="10", concern="Something else."), **{name: "key-1"})
    assert (first.status_code, other.status_code) == (201, 409)
    assert other.headers["content-type"] == "application/json"
    assert (other.json()["result"], other.json()["referral"]) == (
        "conflict",
        first.json()["referral"],
    )


def test_of_several_in_one_message_each_receipt_says_its_own(site: Site) -> None:
    visitor, headers = site.visitor(), {"x-demo-sender": "city-hospital"}
    one, two = (formats()["hl7v2"].example(seed) for seed in (1, 2))
    altered = one.rstrip(b"\r") + b"\rNTE|||And more.\r"
    for body, status, results in (
        (one, 201, ["recorded"]),
        (altered + two, 201, ["conflict", "recorded"]),
        (altered + two, 200, ["duplicate", "duplicate"]),
    ):
        answer = visitor.post("/intake/hl7v2", content=body, headers=headers)
        told = answer.json()
        receipts = told if isinstance(told, list) else [told]
        assert (answer.status_code, [each["result"] for each in receipts]) == (status, results)


def test_the_unit_of_the_sender_is_kept(site: Site) -> None:
    told = sent(site.visitor(), form(number="9"), sender="open-door:Night team")
    assert told.status_code == 201
    (event,) = [
        each.event
        for each in site.authority.parts.store.history(told.json()["referral"])
        if each.name == "referral.received.v1"
    ]
    assert getattr(event, "unit", None) == "Night team"


def refusal(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert (told["result"], told["status"]) == ("refused", status)
    assert told["reason"].endswith(".")
    return told


def test_what_is_refused_says_why(shared_site: Site) -> None:
    visitor, store = shared_site.visitor(), shared_site.authority.parts.store
    newest = store.newest()
    assert "empty" in refusal(sent(visitor, b""), 422)["reason"]
    assert "not registered" in refusal(sent(visitor, form(), "nobody-we-know"), 422)["reason"]
    assert "credential" in refusal(sent(visitor, form(), ""), 401)["reason"]
    nameless = visitor.post("/intake/webform", content=form())
    assert "credential" in refusal(nameless, 401)["reason"]
    other = visitor.post("/intake/pigeon", content=form(), headers={"x-demo-sender": "open-door"})
    assert "webform" in refusal(other, 404)["reason"]
    assert store.newest() == newest


def test_a_message_of_25_mib_is_kept_and_a_larger_one_is_not(site: Site) -> None:
    visitor = site.visitor()
    most = sent(visitor, b"x" * LARGEST)
    assert most.status_code == 201
    assert most.json()["problems"]
    assert "25 MiB" in refusal(sent(visitor, b"x" * (LARGEST + 1)), 413)["reason"]


@pytest.mark.parametrize(
    ("encoding", "bits"), [("gzip", 31), ("x-gzip", 31), ("deflate", 15), ("deflate", -15)]
)
def test_a_packed_message_is_kept_as_it_was_before(site: Site, encoding: str, bits: int) -> None:
    body = form(number="9", given_name="Ivo")
    first = sent(site.visitor(), zlib.compress(body, wbits=bits), content_encoding=encoding)
    assert (first.status_code, first.json()["result"]) == (201, "recorded")
    again = sent(site.visitor(), body)
    assert (again.status_code, again.json()["result"]) == (200, "duplicate")


def test_what_cannot_be_unpacked_is_refused(shared_site: Site) -> None:
    visitor, store = shared_site.visitor(), shared_site.authority.parts.store
    newest, body = store.newest(), form(number="9")
    bomb = gzip.compress(b"\0" * (LARGEST + 1))
    assert "25 MiB" in refusal(sent(visitor, bomb, content_encoding="gzip"), 413)["reason"]
    assert "gzip" in refusal(sent(visitor, body, content_encoding="br"), 415)["reason"]
    cut = gzip.compress(body)[:-9]
    for damaged in (cut, body, gzip.compress(b"") * 101):
        answer = refusal(sent(visitor, damaged, content_encoding="gzip"), 400)
        assert "send it again" in answer["reason"]
    assert store.newest() == newest


def test_a_large_message_of_unknown_length_is_refused_too(site: Site) -> None:
    connection = http.client.HTTPConnection(site.address.removeprefix("http://"), timeout=20)
    chunks = (b"x" * 1024 * 1024 for _ in range(26))
    connection.request(
        "POST", "/intake/auto", chunks, {"X-Demo-Sender": "open-door"}, encode_chunked=True
    )
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["result"] == "refused"
    connection.close()


def test_a_concern_about_a_record_that_cannot_be_read_is_kept(site: Site) -> None:
    visitor = site.visitor()
    about: dict[str, Any] = {"given_name": "Kofi", "nhs_number": "9990000042", "born": "11/09/2014"}
    store = str(site.authority.folder)
    child = site.authority.children["kofi"]
    ((position, state),) = execute(
        store, "select position, state from stored_events where stream = ? and version = 1", [child]
    )
    without_triggers(store)
    change = "update stored_events set state = ? where position = ?"
    execute(store, change, (state[:-1] + bytes([state[-1] ^ 1]), position))
    answer = sent(visitor, form(number="9", concern="Hungry.", **about))
    assert (answer.status_code, answer.json()["result"]) == (201, "recorded")
    assert answer.json()["problems"] == []  # the sender is not told whom we hold
    page = site.visitor(DUTY).get(f"/referrals/{answer.json()['referral']}")
    assert "tell the system's keeper" in words_of(page)


UNREADABLE = (
    b"\0" * 300,
    b"[" * 200_000,
    b'{"children": [], "children": []}',
    b'{"what_happened": "\\ud800"}',
    "Zoë is not safe".encode("latin-1"),
    b'<!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>',
    form()[:200],
)


@pytest.mark.parametrize("format", ["auto", "webform", "hl7v2"])
def test_whatever_comes_is_kept_for_a_person(site: Site, format: str) -> None:
    visitor, headers = site.visitor(), {"x-demo-sender": "open-door"}
    for body in UNREADABLE:
        answer = visitor.post(f"/intake/{format}", content=body, headers=headers)
        assert answer.status_code == 201, (body[:50], answer.text)
        assert answer.json()["problems"], body[:50]


def test_a_table_of_referrals_has_a_receipt_for_each_row(site: Site) -> None:
    from adapters.agencies import csv_drop

    table = csv_drop.example(3)
    header, row, *_ = table.splitlines(keepends=True)
    two = header + row + csv_drop.example(4).splitlines(keepends=True)[1]
    answer = site.visitor().post("/intake/csv", content=two, headers={"x-demo-sender": "open-door"})
    assert answer.status_code == 201
    assert [each["result"] for each in answer.json()] == ["recorded", "recorded"]


# ── Health ────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_live_and_ready(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    assert visitor.get("/health/live").json() == {"status": "live"}
    assert visitor.get("/health/ready").json() == {"status": "ready", "behind": 0, "parked": 0}


# ── Questions ─────────────────────────────────────────────────────────────────────────────────────


def asked(site: Site, person: str, path: str) -> httpx.Response:
    return site.visitor().get(path, headers={"x-demo-person": person})


def test_the_inbox_tells_what_the_command_line_tells(shared_site: Site) -> None:
    rows = asked(shared_site, DUTY, "/api/inbox").json()
    wanted = {"referral", "agency", "received_at", "due_on", "urgency", "children", "problems"}
    assert [row["referral"] for row in rows] == [
        shared_site.authority.referrals[name] for name in ("late", "known", "unread", "west")
    ]
    assert all(wanted <= set(row) for row in rows)
    of_west = asked(shared_site, DUTY, "/api/inbox?team=team-west").json()
    assert [row["referral"] for row in of_west] == [
        shared_site.authority.referrals[name] for name in ("unread", "west")
    ]


def test_a_message_reaches_the_timeline(site: Site) -> None:
    told = sent(site.visitor(), form(number="9", given_name="Ivo", concern="Ivo was cold.")).json()
    site.authority.catch_up()
    story = asked(site, DUTY, f"/api/children/{told['children'][0]}/timeline").json()
    received = [each for each in story if each["event"] == "referral.received.v1"]
    assert [each["stream"] for each in received] == [told["referral"]]
    assert "Ivo was cold." in received[0]["text"]


def test_a_timeline_as_known_then_leaves_out_what_came_later(shared_site: Site) -> None:
    path = f"/api/children/{shared_site.authority.children['kofi']}/timeline"
    everything = asked(shared_site, WORKER, path).json()
    then = asked(shared_site, WORKER, f"{path}?as_known_at=2026-03-01T00:00:00Z").json()
    assert 0 < len(then) < len(everything)
    for wrong in ("yesterday", "2026-03-01T00:00:00"):
        refused = asked(shared_site, WORKER, f"{path}?as_known_at={wrong}")
        assert refused.status_code == 400
        assert refused.headers["content-type"] == "application/problem+json"


def test_deadlines_and_teams_are_told_to_those_whose_they_are(shared_site: Site) -> None:
    mine = asked(shared_site, WORKER, f"/api/deadlines?worker={WORKER}").json()
    assert {row["worker"] for row in mine} == {WORKER}
    week = NOW.strftime("%G-W%V")
    rows = asked(shared_site, MANAGER, f"/api/teams/team-east?week={week}").json()
    assert {row["team"] for row in rows} == {"team-east"}
    assert asked(shared_site, OTHER_MANAGER, f"/api/teams/team-east?week={week}").status_code == 404
    assert {row["team"] for row in asked(shared_site, MANAGER, "/api/teams").json()} >= {
        "team-west"
    }
    assert asked(shared_site, MANAGER, "/api/flags").json() == []
    assert asked(shared_site, WORKER, "/api/flags").status_code == 404


def test_without_a_team_deadlines_are_told_as_far_as_they_are_ones_own(shared_site: Site) -> None:
    everything = questions.deadlines(shared_site.authority.parts, COMMAND_LINE, as_at=NOW)
    of_east = [row["about"] for row in everything if row["team"] == "team-east"]
    for person in (MANAGER, WORKER, DUTY):
        told = asked(shared_site, person, "/api/deadlines")
        assert told.status_code == 200
        assert [row["about"] for row in told.json()] == of_east
    her_workers = asked(shared_site, MANAGER, f"/api/deadlines?worker={WORKER}").json()
    assert her_workers == asked(shared_site, WORKER, f"/api/deadlines?worker={WORKER}").json()
    assert {row["worker"] for row in her_workers} == {WORKER}
    for elsewhere in (f"worker={WORKER}", "team=team-east"):
        answer = asked(shared_site, OTHER_MANAGER, f"/api/deadlines?{elsewhere}")
        assert answer.status_code == 404, elsewhere


def test_children_are_told_a_page_at_a_time(shared_site: Site) -> None:
    everybody = asked(shared_site, MANAGER, "/api/children")
    assert "link" not in everybody.headers
    listed, address = [], "/api/children?limit=2"
    while address:
        answer = asked(shared_site, MANAGER, address)
        assert len(answer.json()) <= 2
        listed += answer.json()
        address = str(answer.links.get("next", {}).get("url", ""))
    assert listed == everybody.json()
    assert len(listed) > 2
    for wrong in ("limit=0", "limit=501", "limit=many", "after=0", "after=-1", "after=" + "9" * 40):
        answer = asked(shared_site, MANAGER, f"/api/children?{wrong}")
        assert answer.status_code == 400
        assert "limit is 1 to 500" in answer.json()["detail"]


def test_nobody_is_told_nothing(shared_site: Site) -> None:
    for path in ("/api/inbox", "/api/children", "/api/deadlines", "/api/teams", "/api/flags"):
        answer = shared_site.visitor().get(path)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
