"""Does an agency's system that asks over HTTP hear what became of its own referrals, no more?"""

import threading
from typing import Any

import httpx
import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from adapters.access_log import Look
from domain.case import case_of
from domain.disclosure import InformationDisclosed
from domain.plan import plan_of
from tests.parts.authority import DUTY, MANAGER, WORKER, Authority
from tests.parts.site import Site

BATCH = "application/cloudevents-batch+json"
CHARITY, SURGERY = "open-door", "elm-surgery"


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(BATCH)
    found: list[dict[str, Any]] = answer.json()
    for each in found:  # an outside library finds each valid
        JSONFormat().read(CloudEvent, msgspec.json.encode(each))
    return found


def statuses(answer: httpx.Response) -> list[tuple[str, str]]:
    """Of which referral, and what was told."""
    return [(each["subject"], each["data"]["status"]) for each in events(answer)]


def disclosures(authority: Authority) -> list[InformationDisclosed]:
    page = authority.parts.store.since(0, 10_000, names={"disclosure.made.v1"})
    found: list[InformationDisclosed] = [each.event for each in page]  # type: ignore[misc]
    return found


def last_look(authority: Authority) -> Look:
    look = authority.parts.gate.log.newest()
    assert look is not None
    return look


# The feed


def test_an_agency_reads_what_became_of_its_referrals_since_it_last_asked(site: Site) -> None:
    authority = site.authority
    decided, late, west = (authority.referrals[name] for name in ("decided", "late", "west"))
    visitor = site.visitor(CHARITY)
    first = visitor.get("/api/outcomes")
    assert statuses(first) == [
        (decided, "received"),
        (decided, "acknowledged"),
        (decided, "decided"),
        (late, "received"),
        (west, "received"),
    ]
    assert first.headers["retry-after"] == "60"
    after = first.links["next"]["url"]
    assert statuses(visitor.get(after)) == []
    authority.give(DUTY, "acknowledge-referral", referral_id=late)
    second = visitor.get(after)
    assert statuses(second) == [(late, "acknowledged")]
    assert statuses(visitor.get(second.links["next"]["url"])) == []


def test_pages_of_one_lead_through_all_of_it(site: Site) -> None:
    visitor = site.visitor(CHARITY)
    whole = events(visitor.get("/api/outcomes"))
    address = "/api/outcomes?limit=1"
    found: list[dict[str, Any]] = []
    while len(found) < len(whole):
        answer = visitor.get(address)
        found += events(answer)
        address = answer.links["next"]["url"]
    assert found == whole
    assert [each["sequence"] for each in found] == sorted(each["sequence"] for each in found)


def test_each_disclosure_is_recorded_once_and_each_look_as_one(site: Site) -> None:
    visitor = site.visitor(CHARITY)
    whole = events(visitor.get("/api/outcomes"))
    recorded = disclosures(site.authority)
    assert [each.disclosure_id for each in recorded] == [each["id"] for each in whole]
    assert {(e.agency_id, e.channel, e.lawful_basis) for e in recorded} == {
        (CHARITY, "http", "public-task")
    }
    looks = site.authority.parts.gate.log.count()
    visitor.get("/api/outcomes")
    assert len(disclosures(site.authority)) == len(recorded)
    assert site.authority.parts.gate.log.count() == looks + 1
    look = last_look(site.authority)
    assert (look.person, look.action, look.permitted) == (CHARITY, "see-own-referrals", True)
    assert set(look.about) == {each["subject"] for each in whole}


def test_only_what_is_shown_to_who_asks_is_disclosed(site: Site) -> None:
    events(site.visitor(SURGERY).get("/api/outcomes"))
    assert {each.agency_id for each in disclosures(site.authority)} == {SURGERY}


def test_two_that_ask_at_once_hear_the_same_once(site: Site) -> None:
    visitors = [site.visitor(CHARITY) for _ in range(4)]
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda v=each: answers.append(v.get("/api/outcomes")))
        for each in visitors
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {answer.status_code for answer in answers} == {200}
    recorded = [each.disclosure_id for each in disclosures(site.authority)]
    assert len(recorded) == len(set(recorded)) == 5


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "limit=x", "after=x", "after=-1"])
def test_a_page_that_cannot_be_is_refused(shared_site: Site, asked: str) -> None:
    answer = shared_site.visitor(CHARITY).get(f"/api/outcomes?{asked}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


# One referral


def test_all_that_is_told_of_one_referral_is_asked_for_by_its_id(site: Site) -> None:
    authority = site.authority
    decided, kofi = authority.referrals["decided"], authority.children["kofi"]
    visitor = site.visitor(CHARITY)
    address = f"/api/referrals/{decided}"
    told = [(decided, "received"), (decided, "acknowledged"), (decided, "decided")]
    assert statuses(visitor.get(address)) == told
    about = {"case_id": case_of(kofi), "reason": "RC8", "rationale": "Safe at home now."}
    authority.give(MANAGER, "close-case", **about)
    assert statuses(visitor.get(address)) == [*told, (decided, "case-closed")]
    assert last_look(authority).action == "see-own-referral"
    assert statuses(visitor.get("/api/outcomes")) == [
        *told,
        (decided, "case-closed"),
        (authority.referrals["late"], "received"),
        (authority.referrals["west"], "received"),
    ]
    recorded = [each.disclosure_id for each in disclosures(authority)]
    assert len(recorded) == len(set(recorded)) == 6


def test_only_an_agency_that_is_named_hears_of_a_plan(site: Site) -> None:
    authority = site.authority
    decided, kofi = authority.referrals["decided"], authority.children["kofi"]
    plan = {"plan_id": plan_of(kofi), "child_id": kofi, "category": "NEG"}
    authority.write("start-protection-plan", MANAGER, **plan, conference_id="conference-1")
    visitor = site.visitor(CHARITY)
    address = f"/api/referrals/{decided}"
    assert "started" not in dict(map(reversed, statuses(visitor.get(address))))  # type: ignore[arg-type]
    named = {"agency_id": CHARITY, "lawful_basis": "legal-obligation"}
    authority.give("operator", "name-for-plan-status", **named)
    assert statuses(visitor.get(address))[-1] == (decided, "started")
    (told,) = [each for each in disclosures(authority) if each.what == "plan-status"]
    assert told.lawful_basis == "legal-obligation"


def test_anothers_referral_looks_like_none(shared_site: Site) -> None:
    visitor = shared_site.visitor(SURGERY)
    before = len(disclosures(shared_site.authority))
    others = visitor.get(f"/api/referrals/{shared_site.authority.referrals['decided']}")
    none = visitor.get("/api/referrals/referral-00000000000000000000000000000000")
    assert (others.status_code, none.status_code) == (404, 404)
    assert others.json() == none.json()
    assert others.headers["content-type"] == "application/problem+json"
    assert len(disclosures(shared_site.authority)) == before
    assert not last_look(shared_site.authority).permitted


@pytest.mark.parametrize("person", [DUTY, WORKER, MANAGER])
def test_the_councils_own_people_ask_elsewhere(shared_site: Site, person: str) -> None:
    visitor = shared_site.visitor(person)
    late = shared_site.authority.referrals["late"]
    for address in ("/api/outcomes", f"/api/referrals/{late}"):
        assert visitor.get(address).status_code == 404


def test_nobody_hears_anything_without_signing_in(shared_site: Site) -> None:
    assert shared_site.visitor().get("/api/outcomes").status_code == 401


# What is told


def test_no_name_and_no_words_leave(site: Site) -> None:
    visitor = site.visitor(CHARITY)
    decided = site.authority.referrals["decided"]
    told = visitor.get("/api/outcomes").text + visitor.get(f"/api/referrals/{decided}").text
    for private in ("Kofi", "Boateng", "Quay", "XE1", "9990000042", "coat", "Neglect", "Whitlock"):
        assert private not in told


def test_where_the_look_cannot_be_recorded_nothing_is_shown(site: Site) -> None:
    visitor = site.visitor(CHARITY)
    site.authority.parts.gate.log.close()
    answer = visitor.get("/api/outcomes")
    assert answer.status_code == 503
    assert "referral" not in answer.text


def test_what_may_not_be_told_any_more_is_not_shown_again(site: Site) -> None:
    authority, visitor = site.authority, site.visitor(CHARITY)
    decided = authority.referrals["decided"]
    assert (decided, "decided") in statuses(visitor.get("/api/outcomes"))
    received: Any = authority.parts.store.history(decided)[0].event
    restricted = {"child_id": received.child_ids[0], "named": [MANAGER], "reason": "A relative."}
    authority.give(MANAGER, "restrict-record", **restricted)
    for address in ("/api/outcomes", f"/api/referrals/{decided}"):
        told = [status for of, status in statuses(visitor.get(address)) if of == decided]
        assert told == ["received", "acknowledged"]
    page = authority.parts.store.since(0, 10_000, names={"disclosure.withheld.v1"})
    assert {each.event.reason for each in page} == {"restricted"}  # type: ignore[attr-defined]
