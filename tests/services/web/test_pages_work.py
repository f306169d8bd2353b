"""Does everybody see their own work, what is late first?"""

import re

from domain.case import case_of
from tests.parts.authority import DUTY, MANAGER, OTHER_MANAGER, OTHER_WORKER, WORKER
from tests.parts.site import Site, words_of
from tests.services.web.test_pages_record import assess


def test_a_worker_sees_what_is_due_and_the_new_concerns_about_their_children(site: Site) -> None:
    page = site.visitor(WORKER).get("/work")
    words = words_of(page)
    assert "1 concern to look at" in words
    assert "City Hospital Immediate" in words
    assert "Assessment authorised: 30 working days left, due 23 April 2026" in words
    assert "Not seen" in words
    newest = site.authority.parts.gate.log.newest()
    assert newest is not None
    assert site.authority.children["kofi"] in newest.about


def test_what_is_late_stands_first_and_says_by_how_much(site: Site) -> None:
    assess(site.authority, "kofi")
    site.authority.clock.move(days=21)
    visitor = site.visitor(WORKER)
    words = words_of(visitor.get("/work"))
    assert "1 late" in words
    assert "Review of the assessment: 5 working days late due 24 March 2026" in words


def test_risks_stand_there_with_their_age_until_they_are_answered(site: Site) -> None:
    about = {"child_id": site.authority.children["kofi"], "kind": "neglect", "words": "Hungry."}
    raised = site.authority.give(WORKER, "raise-risk", raised_by_agency="elm-surgery", **about)
    site.authority.clock.move(hours=30)
    words = words_of(site.visitor(WORKER).get("/work"))
    assert "Neglect, 1 day raised by Elm Surgery" in words
    answer = {"answer": "refuted", "reason": "He eats.", "evidence": "School."}
    site.authority.give(WORKER, "answer-risk", risk_id=raised.events[0].stream, **answer)
    assert "raised by Elm Surgery" not in words_of(site.visitor(WORKER).get("/work"))


def test_whoever_has_no_case_is_told_so(site: Site) -> None:
    assert "No case is allocated to you" in words_of(site.visitor(OTHER_WORKER).get("/work"))
    assert site.visitor(DUTY).get("/work").status_code == 200
    assert site.visitor("north-police").get("/work").status_code == 404


def test_who_covers_for_somebody_sees_their_work_too(site: Site) -> None:
    cover = {"person_id": WORKER, "cover_id": OTHER_WORKER, "until": "2026-03-10"}
    site.authority.give("operator", "arrange-cover", team_id="team-east", **cover)
    words = words_of(site.visitor(OTHER_WORKER).get("/work"))
    assert "You also act for Tom Akers" in words
    assert "Kofi Boateng" in words


def test_a_manager_sees_what_waits_for_them(site: Site) -> None:
    of = assess(site.authority, "kofi")
    done = {"factors": ["16A"], "outcome": "early-help", "summary": "Hungry."}
    site.authority.give(WORKER, "complete-assessment", assessment_id=of, **done)
    page = site.visitor(MANAGER).get("/work")
    assert "Assessments to authorise" in words_of(page)
    assert f"authorise-assessment?of={of}" in page.text
    assert "East: 0 children without a social worker" in words_of(page)
    case = case_of(site.authority.children["kofi"])
    site.authority.give(MANAGER, "unallocate-case", case_id=case, reason="LEFTRL")
    assert "East: 1 child without" in words_of(site.visitor(MANAGER).get("/work"))


def test_a_child_whose_record_is_restricted_to_others_is_not_named(site: Site) -> None:
    named = {"named": [MANAGER], "reason": "The aunt works here."}
    child = {"child_id": site.authority.children["kofi"]}
    site.authority.give(MANAGER, "restrict-record", **child, **named)
    words = words_of(site.visitor(WORKER).get("/work"))
    assert "Restricted record" in words
    assert "Kofi" not in words
    assert "Kofi" in words_of(
        site.visitor(MANAGER).get("/teams/team-east/caseload-per-worker/2026-W11")
    )
    restricted = {**child, "named": [OTHER_MANAGER], "reason": "The aunt manages."}
    site.authority.write("restrict-record", OTHER_MANAGER, **restricted)
    behind = words_of(site.visitor(MANAGER).get("/teams/team-east/caseload-per-worker/2026-W11"))
    assert "Restricted record" in behind
    assert "Kofi" not in behind


# ── A case that was opened by mistake ─────────────────────────────────────────────────────────────


def reopened(site: Site) -> str:
    """The referral whose decision opened Kofi's case is opened again; its id."""
    it = site.authority
    about = {"referral_id": it.referrals["decided"]}
    it.give(MANAGER, "reopen-referral", **about, reason="It was about another child.")
    return about["referral_id"]


def places(site: Site) -> tuple[tuple[str, str], ...]:
    """Who reads of it, and where."""
    child = f"/children/{site.authority.children['kofi']}"
    return (
        (WORKER, child),
        (MANAGER, child),
        (MANAGER, "/work"),
        (WORKER, "/work"),
        (MANAGER, "/teams/team-east"),
    )


def test_a_case_whose_decision_was_reopened_says_so(site: Site) -> None:
    referral = reopened(site)
    told = (
        "The decision that opened this case was reopened on 10 March 2026; decide again, then close"
        " the case if it is not needed."
    )
    for person, path in places(site):
        page = site.visitor(person).get(path)
        assert told in words_of(page), path
        assert f'href="/referrals/{referral}"' in page.text, path


def test_a_case_whose_decision_is_now_another_says_so_until_it_is_closed(site: Site) -> None:
    it = site.authority
    about = {"referral_id": reopened(site)}
    it.clock.move(hours=1)
    it.give(DUTY, "decide-referral", **about, outcome="advice", rationale="A brother was meant.")
    told = (
        "The decision that opened this case was reopened on 10 March 2026 and is now: Information"
        " and advice given. Close the case if it is not needed."
    )
    for person, path in places(site):
        assert told in words_of(site.visitor(person).get(path)), path
    case = case_of(it.children["kofi"])
    it.give(MANAGER, "close-case", case_id=case, reason="RC8", rationale="A mistake.")
    for person, path in places(site)[1:]:
        assert "The decision that opened" not in words_of(site.visitor(person).get(path)), path


def test_a_case_that_was_decided_again_as_before_is_as_before(site: Site) -> None:
    it = site.authority
    about = {"referral_id": reopened(site)}
    it.clock.move(hours=1)
    again = {"outcome": "strategy-discussion", "rationale": "Graver.", "team_id": "team-east"}
    it.give(DUTY, "decide-referral", **about, **again)
    for person, path in places(site):
        assert "The decision that opened" not in words_of(site.visitor(person).get(path)), path


def test_what_was_passed_to_a_worker_stands_there_until_the_child_is_visited(site: Site) -> None:
    it = site.authority
    about = {"referral_id": it.referrals["known"], "outcome": "existing-worker"}
    it.give(DUTY, "decide-referral", **about, rationale="Tom has it.")
    worker = site.visitor(WORKER)
    page = worker.get("/work")
    assert "Passed to you" in words_of(page)
    assert f"/referrals/{it.referrals['known']}" in page.text
    it.clock.move(hours=2)
    seen = {"seen": True, "alone": True, "bedroom_seen": True, "where": "home", "notes": "Well."}
    it.give(WORKER, "record-visit", child_id=it.children["kofi"], **seen)
    assert "Passed to you" not in words_of(worker.get("/work"))


def test_a_manager_confirms_what_was_recorded_as_authorised_by_her(site: Site) -> None:
    it = site.authority
    referral = it.referrals["late"]
    decided = {"outcome": "advice", "rationale": "Enough.", "authorised_by": MANAGER}
    it.give(DUTY, "decide-referral", referral_id=referral, **decided)
    manager = site.visitor(MANAGER)
    assert "Decisions recorded as authorised by you" in words_of(manager.get("/work"))
    page = manager.get(f"/referrals/{referral}")
    assert "Authorised by Ines Moreau, as recorded by Grace Ofori" in words_of(page)
    assert "Confirm that you authorised it" in words_of(page)
    form = manager.get(f"/referrals/{referral}/authorise-decision")
    assert "Confirm that you authorised the decision" in words_of(form)
    it.give(MANAGER, "authorise-decision", referral_id=referral, rationale="I did.")
    assert "recorded as authorised by you" not in words_of(manager.get("/work"))
    assert "Confirm that you" not in words_of(manager.get(f"/referrals/{referral}"))


def test_no_line_about_a_closed_record_leads_to_a_refusal(site: Site) -> None:
    child = site.authority.children["kofi"]
    risk = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry again."}
    site.authority.give(WORKER, "raise-risk", child_id=child, **risk)
    named = {"named": [MANAGER], "reason": "The aunt works here."}
    site.authority.give(MANAGER, "restrict-record", child_id=child, **named)
    worker = site.visitor(WORKER)
    page = worker.get("/work")
    assert "Only for those named on the record: ask a manager" in words_of(page)
    main = page.text.partition("<main")[2]
    for href in re.findall(r'href="(/[^"#]+)"', main):
        assert worker.get(href.replace("&amp;", "&")).status_code == 200, href
    assert child not in main
