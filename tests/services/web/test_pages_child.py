"""Does a child's page show what this person may see, as it was known when they ask for it?"""

import re

from domain.case import case_of
from tests.parts.authority import (
    AUDITOR,
    DUTY,
    EAST,
    MANAGER,
    NAMES,
    OTHER_MANAGER,
    OTHER_WORKER,
    WORKER,
    form,
)
from tests.parts.site import Site, words_of


def of(site: Site, child: str) -> str:
    return f"/children/{site.authority.children[child]}"


def looks(site: Site, child: str) -> list[tuple[str, str, bool]]:
    seen = site.authority.parts.gate.log.seen_by(site.authority.children[child])
    return [(look.person, look.action, look.permitted) for look in seen]


# ── Finding ───────────────────────────────────────────────────────────────────────────────────────


def test_a_child_is_found_by_whole_names_and_the_search_is_on_record(site: Site) -> None:
    duty = site.visitor(DUTY)
    assert duty.get("/children").status_code == 200
    before = site.authority.parts.gate.log.count()
    page = duty.send_form("/children", words="boateng KOFI")
    assert "1 child found" in words_of(page)
    assert "East, Tom Akers" in words_of(page)
    assert of(site, "kofi") in page.text
    newest = site.authority.parts.gate.log.newest()
    assert site.authority.parts.gate.log.count() == before + 1
    assert newest is not None
    assert newest.action == "search-children"
    assert not any("kofi" in each.lower() for each in newest.about)


def test_a_child_of_another_team_is_found_without_a_way_in(site: Site) -> None:
    manager = site.visitor("neil-hughes")
    site.authority.give(
        MANAGER,
        "decide-referral",
        referral_id=site.authority.referrals["known"],
        outcome="no-further-action",
        rationale="The worker has it.",
    )
    page = manager.send_form("/children", words="kofi boateng")
    assert "not yours to open" in words_of(page)
    assert of(site, "kofi") not in page.text


def test_a_search_for_nothing_or_for_nobody_says_so(site: Site) -> None:
    duty = site.visitor(DUTY)
    empty = duty.send_form("/children", words=" ")
    assert empty.status_code == 422
    assert "Enter a name" in words_of(empty)
    assert "Nobody of that name" in words_of(duty.send_form("/children", words="Zebedee"))


def test_who_may_not_search_meets_nothing(site: Site) -> None:
    worker = site.visitor(WORKER)
    assert worker.get("/children").status_code == 404
    assert worker.send_form("/children", words="kofi").status_code == 404
    assert worker.send_form("/children", words="").status_code == 404


# ── The page ──────────────────────────────────────────────────────────────────────────────────────


def test_the_page_says_who_the_child_is_and_who_has_the_case(site: Site) -> None:
    words = words_of(site.visitor(WORKER).get(of(site, "kofi")))
    for told in (
        "Kofi Boateng",
        "Born 11 September 2014",
        "Social worker Tom Akers, since 17 February 2026",
        "Team East",
        "999 000 0042",
        "A referral from City Hospital , received",
        "Referral received from Open Door",
        "He said there was no food at home.",
        "Case allocated to Tom Akers",
        "due 23 April 2026",
    ):
        assert told in words, told


def test_each_look_is_recorded_before_the_page_and_a_denied_one_too(site: Site) -> None:
    assert site.visitor(WORKER).get(of(site, "kofi")).status_code == 200
    assert looks(site, "kofi")[0] == (WORKER, "see-child", True)
    assert site.visitor("neil-hughes").get(of(site, "lena")).status_code == 404
    assert looks(site, "lena")[0] == ("neil-hughes", "see-child", False)


def test_what_is_not_there_looks_like_what_may_not_be_seen(site: Site) -> None:
    stranger = site.visitor(OTHER_WORKER)
    denied = stranger.get(of(site, "kofi"))
    absent = stranger.get("/children/child-00000000000000000000000000000000")
    assert denied.status_code == absent.status_code == 404
    assert words_of(denied) == words_of(absent)


def test_where_a_child_lives_is_shown_on_demand_alone(site: Site) -> None:
    worker = site.visitor(WORKER)
    assert "XE1 4QT" not in worker.get(of(site, "kofi")).text
    page = worker.get(of(site, "kofi") + "/address")
    assert "XE1 4QT" in words_of(page)
    assert looks(site, "kofi")[0] == (WORKER, "see-address", True)


def test_the_timeline_is_filtered_by_agency_and_kind(site: Site) -> None:
    worker = site.visitor(WORKER)
    whole = worker.get(of(site, "kofi")).text
    one = worker.get(of(site, "kofi") + "?agency=city-hospital&kind=referral").text
    assert len(re.findall('id="event-', whole)) == 10
    assert len(re.findall('id="event-', one)) == 1
    assert "1 of 10 entries" in one
    none = worker.get(of(site, "kofi") + "?agency=elm-surgery")
    assert "No entry is of this agency and kind" in words_of(none)


KNOWN = "known-day=1&known-month=3&known-year=2026&known-time=9:00"


def test_as_known_at_an_instant_what_came_later_is_hidden_and_the_page_says_so(site: Site) -> None:
    worker = site.visitor(WORKER)
    page = worker.get(f"{of(site, 'kofi')}?{KNOWN}")
    words = words_of(page)
    assert "As known on Sunday 1 March 2026 at 9:00am." in words
    assert "See what is known now" in words
    assert "Then Case allocated to Tom Akers, 17 February 2026" in words
    assert "gone bad" not in words
    assert "waits for a decision" not in words
    assert "What you can record now" not in words
    assert "In time" in words


def test_a_risk_that_was_answered_later_was_unanswered_then(site: Site) -> None:
    authority = site.authority
    about = {"child_id": authority.children["kofi"], "kind": "neglect", "words": "Always hungry."}
    raised = authority.give(WORKER, "raise-risk", raised_by_agency="authority", **about)
    authority.clock.move(days=2)
    answer = {"answer": "refuted", "reason": "He eats.", "evidence": "School."}
    authority.give(WORKER, "answer-risk", risk_id=raised.events[0].stream, **answer)
    worker = site.visitor(WORKER)
    then = "known-day=11&known-month=3&known-year=2026&known-time=9:00"
    assert "1 risk that nobody" in words_of(worker.get(f"{of(site, 'kofi')}?{then}"))
    assert "that nobody has answered" not in words_of(worker.get(of(site, "kofi")))
    before = "known-day=10&known-month=3&known-year=2026&known-time=9:00"
    assert "that nobody" not in words_of(worker.get(f"{of(site, 'kofi')}?{before}"))


def test_a_name_that_was_corrected_later_is_the_one_that_was_known_then(site: Site) -> None:
    authority = site.authority
    new = {"given_name": "Kwame", "family_name": "Osei", "born_on": "2014-09-12", "sex": "M"}
    about = {"child_id": authority.children["kofi"], "reason": "His passport."}
    authority.give(WORKER, "correct-details", **about, **new)
    worker = site.visitor(WORKER)
    assert "Kwame Osei" in words_of(worker.get(of(site, "kofi")))
    then = worker.get(f"{of(site, 'kofi')}?{KNOWN}")
    assert "Kofi Boateng Born 11 September 2014" in words_of(then)
    assert "Kwame" not in then.text
    before = worker.get(f"{of(site, 'kofi')}?{KNOWN.replace('2026', '2025')}")
    assert "Nothing was known of this child then." in words_of(before)
    assert "Kwame" not in before.text


def test_an_instant_that_is_none_is_said_to_be_so(site: Site) -> None:
    page = site.visitor(WORKER).get(of(site, "kofi") + "?known-day=31&known-month=2&known-year=x")
    assert page.status_code == 200
    assert "There is a problem" in words_of(page)
    assert 'value="31"' in page.text


def test_destroyed_words_are_said_to_be_so(site: Site) -> None:
    site.authority.parts.store.vault.destroy(site.authority.referrals["decided"])
    page = site.visitor(WORKER).get(of(site, "kofi"))
    assert "He said there was no food at home." not in words_of(page)
    assert "Words that were destroyed" in words_of(page)


def test_a_record_that_was_merged_leads_to_the_one_that_stays(site: Site) -> None:
    authority = site.authority
    merged = {"merged_child_id": authority.children["ama"], "reason": "The same girl."}
    authority.give(MANAGER, "merge-records", child_id=authority.children["kofi"], **merged)
    manager = site.visitor(MANAGER)
    page = manager.follow(manager.get(of(site, "ama")))
    assert str(page.url).endswith(authority.children["kofi"])
    assert "1 merged into this one" in words_of(page)


def test_a_closed_case_says_so(site: Site) -> None:
    case = case_of(site.authority.children["kofi"])
    site.authority.give(MANAGER, "close-case", case_id=case, reason="RC8", rationale="Safe.")
    words = words_of(site.visitor(MANAGER).get(of(site, "kofi")))
    assert "Case closed 10 March 2026: Closed after assessment, no further action" in words
    assert "Reopen the case" in words


# ── A referral that names a restricted child, too ─────────────────────────────────────────────────

CLOSED = "Closed: it also names a child whose record is restricted to others."
BOTH = (
    {"given_name": "Zeb", "family_name": "Quill", "date_of_birth": "04/06/2018", "sex": "male"},
    {"given_name": "Tabitha", "family_name": "Quayle", "date_of_birth": "04/06/2016", "sex": "F"},
)
SECRET = ("Zeb hides at 9 Secret Row.", "Where is Zeb?", "With his aunt.", "Zeb first.", "Soon.")
"""What the referral of both says, what was asked and answered, why it was decided, what the
referrer was told."""


def two_named(site: Site) -> tuple[str, str, str]:
    """Zeb and Tabitha, named and decided together, and their referral."""
    authority = site.authority
    said, question, answer, why, told = SECRET
    sent = authority.send(form(number="z1", children=BOTH, concern=said))
    zeb, tabitha = sent.children
    about = {"referral_id": str(sent.referral)}
    authority.give(
        DUTY, "request-information", **about, asked_agency="elm-surgery", question=question
    )
    shared = {"by_agency": "elm-surgery", "lawful_basis": "public-task", "information": answer}
    authority.give(DUTY, "share-information", **about, **shared)
    decided = {"outcome": "assessment", "rationale": why, "team_id": EAST}
    authority.give(DUTY, "decide-referral", **about, **decided)
    authority.give(MANAGER, "authorise-decision", **about, rationale="Agreed.")
    authority.give(DUTY, "tell-referrer", **about, words=told)
    authority.give(MANAGER, "allocate-case", case_id=case_of(tabitha), worker_id=WORKER)
    raised = {"kind": "neglect", "raised_by_agency": "elm-surgery", "words": "Tabitha was cold."}
    authority.give(WORKER, "raise-risk", child_id=tabitha, **raised)
    return zeb, tabitha, str(sent.referral)


def close(site: Site, child_id: str, *named: str) -> None:
    reason = {"reason": "A colleague's nephew."}
    site.authority.write("restrict-record", named[0], child_id=child_id, named=[*named], **reason)


def position_of(site: Site, child_id: str, event: str) -> int:
    story = site.visitor(MANAGER).get(f"/api/children/{child_id}/timeline").json()
    return next(int(each["position"]) for each in story if each["event"] == event)


def test_the_words_of_a_referral_that_names_a_restricted_child_are_closed(site: Site) -> None:
    zeb, tabitha, referral = two_named(site)
    paths = (f"/children/{tabitha}", f"/api/children/{tabitha}/timeline")
    for person in (DUTY, WORKER, MANAGER):
        for path in paths:
            assert all(each in words_of(site.visitor(person).get(path)) for each in SECRET)
    close(site, zeb, OTHER_MANAGER)
    for person in (DUTY, WORKER, MANAGER):
        visitor = site.visitor(person)
        assert visitor.get(f"/referrals/{referral}").status_code == 404
        page = visitor.get(paths[0])
        story = visitor.get(paths[1]).json()
        for answer in (page, visitor.get(paths[1])):
            assert not any(each in answer.text for each in (*SECRET, "Zeb", "Agreed."))
        words = words_of(page)
        for stays in ("Referral received from Open Door", "Information shared by Elm Surgery"):
            assert stays in words
        assert "Tabitha was cold." in words
        closed = [each["event"] for each in story if each["text"] == CLOSED]
        assert {each.partition(".")[0] for each in closed} == {"referral"}
        assert words.count(CLOSED) == len(closed) >= len(SECRET)
        received = next(each for each in story if each["event"] == "referral.received.v1")
        assert received["agency"] == "open-door"
        assert received["title"].startswith("Referral received from open-door")


def test_the_forms_that_put_an_entry_right_do_not_open_it(site: Site) -> None:
    zeb, tabitha, _ = two_named(site)
    at = position_of(site, tabitha, "referral.received.v1")
    forms = [f"/children/{tabitha}/{each}?of={at}" for each in ("correct-entry", "put-right")]
    manager = site.visitor(MANAGER)
    assert all(SECRET[0] in words_of(manager.get(each)) for each in forms)
    close(site, zeb, OTHER_MANAGER)
    for path in (*forms, f"/children/{tabitha}/retract-entry?of={at}"):
        words = words_of(manager.get(path))
        assert CLOSED in words, path
        assert "Zeb" not in words


def test_what_puts_a_closed_entry_right_is_closed_with_it(site: Site) -> None:
    zeb, tabitha, _ = two_named(site)
    of = {"child_id": tabitha, "reason": "A slip about Zeb."}
    at = position_of(site, tabitha, "referral.received.v1")
    site.authority.give(WORKER, "correct-entry", **of, position=at, words="Zeb is at 10.")
    risk = position_of(site, tabitha, "risk.raised.v1")
    right = {"position": risk, "words": "Tabitha was wet, too.", "reason": "He rang again."}
    site.authority.give(WORKER, "correct-entry", child_id=tabitha, **right)
    once = position_of(site, tabitha, "record.corrected.v1")
    of["reason"] = "It was 11 where Zeb is."
    site.authority.give(WORKER, "correct-entry", **of, position=once, words="Zeb is at 11.")
    worker = site.visitor(WORKER)
    paths = [f"/children/{tabitha}{each}" for each in ("", "?kind=record")]
    paths.append(f"/api/children/{tabitha}/timeline?kind=record")
    assert all("Zeb is at 11." in worker.get(each).text for each in paths)
    close(site, zeb, OTHER_MANAGER)
    for path in paths:
        page = worker.get(path)
        assert "Zeb" not in page.text
        assert "Tabitha was wet, too." in page.text
        assert CLOSED in page.text


def test_who_is_named_on_the_restricted_record_reads_on(site: Site) -> None:
    zeb, tabitha, _ = two_named(site)
    close(site, zeb, MANAGER)
    page = words_of(site.visitor(MANAGER).get(f"/children/{tabitha}"))
    assert all(each in page for each in SECRET)
    assert CLOSED not in page
    assert CLOSED in words_of(site.visitor(WORKER).get(f"/children/{tabitha}"))


def test_whoever_must_decide_such_a_referral_reads_it_until_then(site: Site) -> None:
    sent = site.authority.send(form(number="z1", children=BOTH, concern=SECRET[0]))
    zeb, tabitha = sent.children
    close(site, zeb, OTHER_MANAGER)
    duty = site.visitor(DUTY)
    assert SECRET[0] in words_of(duty.get(f"/children/{tabitha}"))
    decided = {"outcome": "assessment", "rationale": "Not safe.", "team_id": EAST}
    site.authority.give(DUTY, "decide-referral", referral_id=sent.referral, **decided)
    agreed = {"referral_id": sent.referral, "rationale": "Agreed."}
    site.authority.write("authorise-decision", OTHER_MANAGER, **agreed)
    words = words_of(duty.get(f"/children/{tabitha}"))
    assert SECRET[0] not in words
    assert CLOSED in words


def test_what_was_known_then_is_as_closed_as_what_is_known_now(site: Site) -> None:
    authority = site.authority
    kofi = {"given_name": "Kofi", "family_name": "Boateng", "nhs_number": "9990000042"}
    both = (BOTH[0], {**kofi, "date_of_birth": "11/09/2014", "sex": "male"})
    sent = authority.send(form(number="z1", children=both, concern=SECRET[0]))
    assert authority.children["kofi"] in sent.children
    authority.clock.move(days=1)
    wrong = {"referral_id": sent.referral, "child_id": authority.children["kofi"]}
    authority.give(DUTY, "remove-child", **wrong, reason="Another Kofi.")
    close(site, sent.children[0], OTHER_MANAGER)
    then = "known-day=10&known-month=3&known-year=2026&known-time=9:45"
    words = words_of(site.visitor(WORKER).get(f"{of(site, 'kofi')}?{then}"))
    assert CLOSED in words
    assert "Zeb" not in words
    assert "Kofi was brought in with a cut" in words


# ── Who looked ────────────────────────────────────────────────────────────────────────────────────


def test_a_manager_sees_who_looked_and_who_was_not_let(site: Site) -> None:
    site.visitor(WORKER).get(of(site, "kofi"))
    site.visitor(OTHER_WORKER).get(of(site, "kofi"))
    manager = site.visitor(MANAGER)
    words = words_of(manager.get(of(site, "kofi") + "/looks"))
    assert "Tom Akers Social worker The record" in words
    assert "Sam Pryce Social worker The record Not let" in words
    assert site.visitor(WORKER).get(of(site, "kofi") + "/looks").status_code == 404


def test_an_auditor_sees_who_looked_by_id_and_no_name(site: Site) -> None:
    site.visitor(WORKER).get(of(site, "kofi"))
    auditor = site.visitor(AUDITOR)
    page = auditor.get(of(site, "kofi") + "/looks")
    words = words_of(page)
    assert WORKER in words
    for name in (NAMES[WORKER], "Kofi"):
        assert name not in words
    assert auditor.get(of(site, "kofi")).status_code == 404


def test_while_a_conference_is_owed_the_page_says_since_when(site: Site) -> None:
    it, kofi = site.authority, site.authority.children["kofi"]
    discussion = {"attended": ["police", "health"], "decision": "section-47-joint"}
    said = {"rationale": "A burn.", "actions": "A medical."}
    held = it.give(MANAGER, "hold-strategy-discussion", child_id=kofi, **discussion, **said)
    concluded = {"conclusion": "substantiated-continuing-risk", "rationale": "Not safe."}
    enquiry = held.events[0].stream
    it.give(MANAGER, "conclude-section-47", enquiry_id=enquiry, **concluded)
    manager = site.visitor(MANAGER)
    assert "Conference owed since 10 March 2026" in words_of(manager.get(f"/children/{kofi}"))
    closing = words_of(manager.get(f"/children/{kofi}/close-case"))
    assert "A conference has been owed since 10 March 2026" in closing
    it.clock.move(days=2)
    met = {"child_id": kofi, "enquiry_id": enquiry, "attended": ["police"], "rationale": "Safe."}
    decided = {"decision": "no-protection-plan", "child_said": "I like it here."}
    it.give(MANAGER, "hold-initial-conference", **met, **decided)
    assert "Conference owed" not in words_of(manager.get(f"/children/{kofi}"))
    assert "Still open" not in words_of(manager.get(f"/children/{kofi}/close-case"))


# ── A child close to this one, whose record is restricted to others ───────────────────────────────


def given_a_sister_whose_record_is_restricted(site: Site) -> None:
    """Ama, whose name and telephone number somebody typed on Kofi's record."""
    it = site.authority
    known = {"child_id": it.children["kofi"], "other_child_id": it.children["ama"]}
    typed = {"relation": "sister", "name": "Amalia Typed", "contact": "01632 960017"}
    it.write("record-relationship", WORKER, relationship_id="relationship-1", **known, **typed)
    hidden = {"child_id": it.children["ama"], "named": [MANAGER], "reason": "Her uncle is here."}
    it.write("restrict-record", MANAGER, **hidden)


def test_a_sister_whose_record_is_restricted_to_others_is_not_named(site: Site) -> None:
    given_a_sister_whose_record_is_restricted(site)
    for reader in (WORKER, DUTY):
        page = site.visitor(reader).get(of(site, "kofi"))
        assert "Restricted record Sister" in words_of(page)
        for told in ("Ama Boateng", "Amalia Typed", "01632 960017", of(site, "ama")):
            assert told not in page.text


def test_nor_is_it_shown_with_the_address_how_to_reach_her(site: Site) -> None:
    given_a_sister_whose_record_is_restricted(site)
    page = site.visitor(WORKER).get(of(site, "kofi") + "/address")
    assert "sister, Restricted record Not shown" in words_of(page)
    for told in ("Ama Boateng", "Amalia Typed", "01632 960017"):
        assert told not in page.text


def test_whoever_is_named_on_her_record_reads_of_the_sister_as_before(site: Site) -> None:
    given_a_sister_whose_record_is_restricted(site)
    manager = site.visitor(MANAGER)
    page = manager.get(of(site, "kofi"))
    assert "Ama Boateng Sister" in words_of(page)
    assert f'href="{of(site, "ama")}"' in page.text
    words = words_of(manager.get(of(site, "kofi") + "/address"))
    assert "sister, Amalia Typed 01632 960017" in words


def test_a_relative_whose_record_is_not_restricted_is_reached_as_before(site: Site) -> None:
    given_a_sister_whose_record_is_restricted(site)
    lifted = {"child_id": site.authority.children["ama"], "reason": "He has left."}
    site.authority.write("unrestrict-record", MANAGER, **lifted)
    worker = site.visitor(WORKER)
    assert "Restricted record" not in words_of(worker.get(of(site, "kofi")))
    words = words_of(worker.get(of(site, "kofi") + "/address"))
    assert "sister, Amalia Typed 01632 960017" in words
