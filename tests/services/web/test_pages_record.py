"""Is everything that a person records taken, or given back with all that was typed?"""

import re
from typing import Any

from domain.case import case_of
from domain.codes import WORKER_CHANGES
from projections import children
from services.web.command_form import asked_forms
from tests.parts.authority import EAST, MANAGER, OTHER_WORKER, WEST, WORKER, Authority
from tests.parts.site import Reader, Site, Visitor, words_of

WHEN = {
    "happened_at-day": "9",
    "happened_at-month": "3",
    "happened_at-year": "2026",
    "happened_at-time": "2:30pm",
}


def path_of(site: Site, child: str, command: str = "", of: str = "") -> str:
    about = f"?of={of}" if of else ""
    return f"/children/{site.authority.children[child]}" + (f"/{command}{about}" if command else "")


def fill_in(visitor: Visitor, path: str, **fields: Any) -> Any:
    """Open the form, fill it in and send it, with the hidden fields that it came with."""
    page = visitor.get(path)
    assert page.status_code == 200, words_of(page)
    hidden = {k: v for k, v in Reader(page.text).hidden.items() if k in ("command_id", "of")}
    return visitor.send_form(path.partition("?")[0], {**hidden, **WHEN, **fields})


def links(html: str) -> list[str]:
    """What the page offers to record, and the forms of its risks and entries."""
    return re.findall(r'href="(/children/[^"/]+/[^"]+)"', html)


def assess(authority: Authority, child: str, **more: str) -> str:
    """Start an assessment of a child; its id."""
    child_id = authority.children[child]
    started = authority.give(
        WORKER,
        "start-assessment",
        child_id=child_id,
        case_id=case_of(child_id),
        worker_id=WORKER,
        **more,
    )
    return str(started.events[0].event.assessment_id)  # type: ignore[attr-defined]


# ── From the first allocation to the end of a plan ────────────────────────────────────────────────


def test_a_case_is_worked_from_its_allocation_to_an_authorised_assessment(site: Site) -> None:
    worker, manager = site.visitor(WORKER), site.visitor(MANAGER)
    page = worker.get(path_of(site, "kofi", "start-assessment"))
    assert "Its time counts from the referral" in words_of(page)
    page = worker.follow(fill_in(worker, path_of(site, "kofi", "start-assessment")))
    assert "Recorded: Child and family assessment started by Tom Akers" in words_of(page)
    (seen,) = [link for link in links(page.text) if "/see-child?" in link]
    page = worker.follow(
        fill_in(worker, seen, alone="yes", where="school", words="I like Tom. He listens.")
    )
    assert "I like Tom. He listens." in words_of(page)
    assert "Monday 9 March 2026 at 2:30pm" in words_of(page)
    complete = seen.replace("see-child", "complete-assessment")
    words = {"factors": ["16A", "3B"], "outcome": "child-in-need-plan", "summary": "Hungry."}
    page = worker.follow(fill_in(worker, complete, **words))
    assert "Assessment completed: child in need plan" in words_of(page)
    assert not [link for link in links(page.text) if "authorise" in link]
    returned = seen.replace("see-child", "return-assessment")
    manager.follow(fill_in(manager, returned, reason="What does Mum say?"))
    page = worker.get("/work")
    assert "Assessment returned to you" in words_of(page)
    worker.follow(fill_in(worker, complete, **words))
    authorise = seen.replace("see-child", "authorise-assessment")
    page = manager.follow(fill_in(manager, authorise, rationale="Thorough."))
    assert "Recorded: Assessment authorised" in words_of(page)
    page = worker.get(path_of(site, "kofi", "start-assessment"))
    assert "the time of this one counts from the day it starts" in words_of(page)
    page = worker.follow(fill_in(worker, path_of(site, "kofi", "start-assessment")))
    (seen,) = [link for link in links(page.text) if "/see-child?" in link]
    assert "To be authorised by 14 May 2026" in words_of(worker.get(seen))  # 9 March + 45


def test_a_risk_is_raised_escalated_and_answered(site: Site) -> None:
    worker = site.visitor(WORKER)
    said = {"kind": "neglect", "raised_by_agency": "elm-surgery", "words": "He is always hungry."}
    page = worker.follow(fill_in(worker, path_of(site, "kofi", "raise-risk"), **said))
    assert "1 risk that nobody has answered" in words_of(page)
    assert "Raised by Elm Surgery" in words_of(page)
    (answer,) = [link for link in links(page.text) if "/answer-risk?" in link]
    escalate = answer.replace("answer-risk", "escalate-risk")
    page = worker.follow(fill_in(worker, escalate, to=MANAGER, reason="No reply."))
    assert "escalated to Ines Moreau" in words_of(page)
    page = worker.follow(
        fill_in(worker, answer, answer="mitigated", reason="Meals.", evidence="School, 8 March.")
    )
    assert "nobody has answered" not in words_of(page)
    again = words_of(worker.get(answer))
    assert "Tom Akers answered this risk on 9 March 2026. Mitigated" in again
    assert "Unanswered for" not in again


def test_a_strategy_discussion_leads_to_section_47_a_conference_and_a_plan(site: Site) -> None:
    worker, manager = site.visitor(WORKER), site.visitor(MANAGER)
    worker.follow(
        fill_in(worker, path_of(site, "kofi", "request-strategy-discussion"), reason="A burn.")
    )
    page = manager.get(path_of(site, "kofi"))
    (held,) = [link for link in links(page.text) if "/hold-strategy-discussion" in link]
    page = manager.follow(
        fill_in(
            manager,
            held,
            **{
                "attended": ["social-care", "police"],
                "decision": "section-47-joint",
                "rationale": "Likely significant harm.",
                "actions-0-what": "See Kofi today",
                "actions-0-who": "Tom Akers",
                "actions-1-what": "Checks on the household",
                "actions-1-who": "PC Long",
                "actions-1-by-day": "11",
                "actions-1-by-month": "3",
                "actions-1-by-year": "2026",
            },
        )
    )
    words = words_of(page)
    assert "It was held without health." in words
    assert "Checks on the household (PC Long, by 11 March 2026)" in words
    assert "Section 47 enquiry" in words
    conclude = held.replace("hold-strategy-discussion", "conclude-section-47")
    page = worker.follow(
        fill_in(worker, conclude, conclusion="substantiated-continuing-risk", rationale="Burns.")
    )
    page = manager.get(path_of(site, "kofi"))
    (conference,) = [link for link in links(page.text) if "/hold-initial-conference" in link]
    page = manager.follow(
        fill_in(
            manager,
            conference,
            attended=["social-care", "police", "health"],
            decision="protection-plan",
            category="PHY",
            rationale="He may be hurt again.",
            child_said="I want it to stop.",
        )
    )
    assert "Child protection plan: physical abuse" in words_of(page)
    visit = path_of(site, "kofi", "record-visit")
    saw = {"seen": "yes", "alone": "yes", "bedroom_seen": "no", "where": "home", "notes": "Warm."}
    page = worker.follow(fill_in(worker, visit, **saw, child_said="It is better."))
    assert "child seen alone, bedroom not seen" in words_of(page)
    failed = path_of(site, "kofi", "record-failed-visit")
    assert worker.follow(fill_in(worker, failed, reason="Nobody in.")).status_code == 200
    end = {"reason": "child-in-need-plan", "rationale": "Safer now."}
    ended = fill_in(manager, path_of(site, "kofi", "end-protection-plan"), **end)
    assert "Child protection plan: " not in words_of(manager.follow(ended))


def test_a_case_is_handed_over_moved_closed_and_reopened(site: Site) -> None:
    manager = site.visitor(MANAGER)
    for command, fields in (
        ("hold-supervision", {"decision": "Visit weekly.", "rationale": "He is frightened."}),
        ("record-management-decision", {"decision": "A new lock.", "rationale": "Dad has keys."}),
        ("close-case", {"reason": "RC8", "rationale": "Safe."}),
        ("reopen-case", {"reason": "Closed on the wrong child."}),
        ("allocate-case", {"worker_id": WORKER}),
        ("issue-handover", {"to_worker_id": OTHER_WORKER, "note": "Ring Gran first."}),
    ):
        answer = fill_in(manager, path_of(site, "kofi", command), **fields)
        assert "Recorded: " in words_of(manager.follow(answer)), command
    taker = site.visitor(OTHER_WORKER)
    assert "Handed over to you" in words_of(taker.get("/work"))
    confirmed = fill_in(taker, path_of(site, "kofi", "acknowledge-handover"))
    assert confirmed.status_code == 303
    changed = {"worker_id": OTHER_WORKER, "reason": "LEFTRL"}
    answer = fill_in(manager, path_of(site, "kofi", "allocate-case"), **changed)
    # Kofi waits with a referral to the east team too, so the manager still sees him.
    assert "Team West" in words_of(manager.follow(answer))  # the case goes with its worker
    moved = {"team_id": EAST, "reason": "They moved back to Quay Lane."}
    answer = fill_in(manager, path_of(site, "kofi", "transfer-case"), **moved)
    assert "Team East" in words_of(manager.follow(answer))


def test_whoever_gives_a_child_away_is_led_back_to_their_own_work(site: Site) -> None:
    manager = site.visitor(MANAGER)
    about = {"referral_id": site.authority.referrals["known"]}
    decided = {"outcome": "no-further-action", "rationale": "Tom knows."}
    site.authority.give(MANAGER, "decide-referral", **about, **decided)
    moved = {"team_id": WEST, "reason": "They moved to Mill Walk."}
    answer = fill_in(manager, path_of(site, "kofi", "transfer-case"), **moved)
    assert answer.headers["location"] == "/work"
    assert manager.get(path_of(site, "kofi")).status_code == 404


# ── What is wrong is said, and nothing is lost ────────────────────────────────────────────────────


def test_every_error_is_shown_at_once_and_nothing_typed_is_lost(site: Site) -> None:
    worker = site.visitor(WORKER)
    of = assess(site.authority, "kofi")
    path = path_of(site, "kofi", "complete-assessment", of)
    answer = fill_in(worker, path, summary="Much was found.", **{"happened_at-month": "13"})
    words = words_of(answer)
    assert answer.status_code == 422
    assert "Select the factors, or that none were identified" in words
    assert "Select the outcome" in words
    assert "must be a real date" in words
    assert "Much was found." in words
    assert 'value="13"' in answer.text


def test_what_the_domain_refuses_is_said_on_the_form_with_all_that_was_typed(site: Site) -> None:
    worker = site.visitor(WORKER)
    of = assess(site.authority, "kofi", happened_at="2026-03-09T09:30:00Z")
    path = path_of(site, "kofi", "complete-assessment", of)
    said = {"factors": ["21", "16A"], "outcome": "early-help", "summary": "Nothing was found."}
    answer = fill_in(worker, path, **said)
    assert answer.status_code == 422
    assert "No factors identified (21) cannot stand with others" in words_of(answer)
    assert "Nothing was found." in words_of(answer)
    assert answer.text.count("checked") >= 3


def test_what_is_said_to_happen_tomorrow_is_refused(site: Site) -> None:
    worker = site.visitor(WORKER)
    tomorrow = {"happened_at-day": "11"}
    path = path_of(site, "kofi", "record-failed-visit")
    answer = fill_in(worker, path, reason="Nobody in.", **tomorrow)
    assert "cannot have happened in the future" in words_of(answer)


def test_a_form_that_is_sent_twice_is_obeyed_once(site: Site) -> None:
    worker = site.visitor(WORKER)
    path = path_of(site, "kofi", "raise-risk")
    said = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry."}
    said["command_id"] = Reader(worker.get(path).text).hidden["command_id"]
    first, second = (worker.send_form(path, {**WHEN, **said}) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert "1 risk that nobody has answered" in words_of(worker.follow(second))


def test_a_form_changed_after_it_was_sent_is_a_new_one_on_the_next_try(site: Site) -> None:
    worker = site.visitor(WORKER)
    path = path_of(site, "kofi", "raise-risk")
    said = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry."}
    said["command_id"] = Reader(worker.get(path).text).hidden["command_id"]
    worker.send_form(path, {**WHEN, **said})
    changed = {**WHEN, **said, "words": "Hungry, and cold."}
    answer = worker.send_form(path, changed)
    assert answer.status_code == 422
    assert "Hungry, and cold." in words_of(answer)
    changed["command_id"] = Reader(answer.text).hidden["command_id"]
    assert worker.send_form(path, changed).status_code == 303


def test_no_form_is_shown_to_whoever_has_nothing_to_do_with_the_child(site: Site) -> None:
    stranger = site.visitor(OTHER_WORKER)
    assert "answer-risk" in asked_forms()
    for command in asked_forms():
        assert stranger.get(path_of(site, "kofi", command)).status_code == 404, command
        assert stranger.send_form(path_of(site, "kofi", command)).status_code == 404, command


def test_a_form_about_another_childs_assessment_or_risk_is_not_found(site: Site) -> None:
    worker = site.visitor(WORKER)
    of = assess(site.authority, "kofi")
    lena = {"child_id": site.authority.children["ama"], "kind": "neglect", "words": "Cold."}
    raised = site.authority.give(MANAGER, "raise-risk", raised_by_agency="authority", **lena)
    risk = raised.events[0].stream
    assert worker.get(path_of(site, "kofi", "see-child", of)).status_code == 200
    for command, about in (
        ("see-child", "assessment-0"),
        ("answer-risk", risk),
        ("conclude-section-47", "enquiry-0"),
        ("correct-entry", "1"),
    ):
        assert worker.get(path_of(site, "kofi", command, about)).status_code == 404, command


def test_what_was_typed_while_the_session_ended_can_be_sent_all_the_same(site: Site) -> None:
    worker = site.visitor(WORKER)
    of = assess(site.authority, "kofi")
    path = path_of(site, "kofi", "see-child")
    hidden = Reader(worker.get(f"{path}?of={of}").text).hidden
    seen = {"alone": "yes", "where": "home", "words": "I like my new bed."}
    site.authority.clock.move(hours=13)
    late = worker.send_form(path, {**hidden, **WHEN, **seen})
    kept = Reader(late.text).hidden
    again = Reader(worker.send_form("/sign-in", {**kept, "person": WORKER}).text).hidden
    page = worker.follow(worker.send_form(path, again))
    assert "I like my new bed." in words_of(page)


# ── Putting right ─────────────────────────────────────────────────────────────────────────────────


def test_an_entry_is_put_right_and_stays_struck_through(site: Site) -> None:
    worker = site.visitor(WORKER)
    page = worker.get(path_of(site, "kofi"))
    corrections = [link for link in links(page.text) if "/correct-entry?" in link]
    said = {"words": "He had a coat.", "reason": "I mixed up two boys."}
    page = worker.follow(fill_in(worker, corrections[-1], **said))
    assert "Corrected later" in words_of(page)
    assert "app-timeline__item--superseded" in page.text
    assert "He had a coat." in words_of(page)
    assert corrections[-1] not in links(page.text)


def put_right(site: Site, position: int) -> str:
    """Where a manager chooses how an entry of Kofi's is put right."""
    return f"{path_of(site, 'kofi', 'put-right')}?of={position}"


def test_a_visit_that_was_not_made_is_retracted(site: Site) -> None:
    manager = site.visitor(MANAGER)
    visit = {"seen": True, "alone": True, "bedroom_seen": True, "where": "home", "notes": "Well."}
    about = {"child_id": site.authority.children["kofi"]}
    made = site.authority.give(WORKER, "record-visit", **about, **visit).events[0].position
    page = manager.get(path_of(site, "kofi"))
    assert "Last seen" in words_of(page)
    assert put_right(site, made) in links(page.text)
    assert not [link for link in links(page.text) if "/retract-entry?" in link]
    choices = manager.get(put_right(site, made))
    assert "What it says is wrong" in words_of(choices)
    assert sum("/correct-entry?" in link for link in links(choices.text)) == 1
    (retract,) = [link for link in links(choices.text) if "/retract-entry?" in link]
    page = manager.follow(fill_in(manager, retract, reason="Another child's."))
    assert "Recorded: An entry retracted" in words_of(page)
    site.authority.catch_up()
    assert "Last seen" not in words_of(manager.get(path_of(site, "kofi")))


def test_what_has_an_undoing_of_its_own_says_what_undoes_it(site: Site) -> None:
    manager = site.visitor(MANAGER)
    opened = site.authority.parts.store.history(case_of(site.authority.children["kofi"]))[0]
    choices = manager.get(put_right(site, opened.position))
    assert "close it, and say in the rationale that it was opened in error" in words_of(choices)
    assert not [link for link in links(choices.text) if "/retract-entry?" in link]


def test_the_answer_to_a_risk_is_withdrawn_where_the_entry_is_put_right(site: Site) -> None:
    manager, about = site.visitor(MANAGER), {"child_id": site.authority.children["kofi"]}
    feared = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry."}
    risk = site.authority.give(WORKER, "raise-risk", **about, **feared).events[0].stream
    said = {"answer": "refuted", "reason": "He eats.", "evidence": "Seen at lunch."}
    answered = site.authority.give(WORKER, "answer-risk", risk_id=risk, **said).events[0]
    choices = manager.get(put_right(site, answered.position))
    (withdraw,) = [link for link in links(choices.text) if "/withdraw-risk-answer?" in link]
    assert "Seen at lunch." in words_of(manager.get(withdraw))
    page = manager.follow(fill_in(manager, withdraw, reason="It was his brother's risk."))
    assert "1 risk that nobody has answered" in words_of(page)
    assert manager.get(withdraw).status_code == 404
    assert "Neglect" in words_of(site.visitor(WORKER).get("/work"))


def test_each_entry_has_one_link_that_says_which_entry_it_puts_right(site: Site) -> None:
    worker, manager = site.visitor(WORKER), site.visitor(MANAGER)
    words = words_of(manager.get(path_of(site, "kofi")))
    assert "Put right this entry of 17 February 2026: Case opened, episode 1" in words
    path = next(
        link for link in links(manager.get(path_of(site, "kofi")).text) if "/put-right?" in link
    )
    other = path.replace(site.authority.children["kofi"], site.authority.children["ama"])
    assert manager.get(other).status_code == 404
    assert manager.get(path.partition("=")[0] + "=1").status_code == 404
    assert site.visitor(OTHER_WORKER).get(path).status_code == 404
    (only,) = (link for link in links(worker.get(path).text) if "-entry?" in link)
    assert "/correct-entry?" in only


def test_details_are_corrected_and_the_postcode_stays_where_it_was_and_unseen(site: Site) -> None:
    worker = site.visitor(WORKER)
    path = path_of(site, "kofi", "correct-details")
    page = worker.get(path)
    assert 'value="Kofi"' in page.text
    assert "XE1" not in page.text
    said = {"given_name": "Kofi", "family_name": "Boateng-Reid", "sex": "M"}
    born = {"born_on-day": "11", "born_on-month": "9", "born_on-year": "2014"}
    answer = fill_in(worker, path, **said, **born, nhs_number="9990000042", reason="Passport.")
    page = worker.follow(answer)
    assert "Kofi Boateng-Reid" in words_of(page)
    assert "XE1 4QT" in words_of(worker.get(path_of(site, "kofi", "address")))


def test_the_family_and_the_home_are_recorded_and_ended(site: Site) -> None:
    worker = site.visitor(WORKER)
    for command in ("end-relationship", "leave-household"):
        assert worker.get(path_of(site, "kofi", command)).status_code == 404
    said = {"relation": "grandmother", "name": "Esi Boateng", "contact": "01632 960008"}
    page = worker.follow(fill_in(worker, path_of(site, "kofi", "record-relationship"), **said))
    assert "Esi Boateng" in words_of(page)
    home = {"address": "7 Quay Lane, Eastbrook, XE1 4QT"}
    page = worker.follow(fill_in(worker, path_of(site, "kofi", "join-household"), **home))
    assert "Quay Lane" not in words_of(page)
    assert "7 Quay Lane, Eastbrook" in words_of(worker.get(path_of(site, "kofi", "address")))
    kofi = site.authority.children["kofi"]
    (her,) = children.relationships(site.authority.parts.query, kofi)
    (house,) = children.households(site.authority.parts.query, kofi)
    form = worker.get(path_of(site, "kofi", "end-relationship"))
    assert "Grandmother, Esi Boateng" in words_of(form)
    ended = {"relationship_id": her.relationship_id, "reason": "She is no relative."}
    worker.follow(fill_in(worker, path_of(site, "kofi", "end-relationship"), **ended))
    form = worker.get(path_of(site, "kofi", "leave-household"))
    assert "Since 9 March 2026" in words_of(form)
    assert "Quay Lane" not in words_of(form)
    left = {"household_id": house.household_id, "happened_at-day": "10", "happened_at-time": "9am"}
    worker.follow(fill_in(worker, path_of(site, "kofi", "leave-household"), **left))
    for command in ("end-relationship", "leave-household"):
        assert worker.get(path_of(site, "kofi", command)).status_code == 404


def test_a_relationship_to_a_record_restricted_to_others_is_ended_without_its_name(
    site: Site,
) -> None:
    it, path = site.authority, path_of(site, "kofi", "end-relationship")
    kofi, lena, ama = (it.children[each] for each in ("kofi", "lena", "ama"))
    known = {"child_id": kofi, "relation": "sister"}
    typed = {"relationship_id": "relationship-1", "name": "Helena Typed", "contact": "01632 960017"}
    it.write("record-relationship", WORKER, **known, **typed, other_child_id=lena)
    found = {"relationship_id": "relationship-2", "other_child_id": ama}
    it.write("record-relationship", WORKER, **known, **found)
    for child_id in (lena, ama):
        hidden = {"named": [MANAGER], "reason": "Her uncle is here."}
        it.write("restrict-record", MANAGER, child_id=child_id, **hidden)
    worker = site.visitor(WORKER)
    form = worker.get(path)
    assert words_of(form).count("Sister, Restricted record") == 2
    for told in ("Lena", "Marsh", "Helena Typed", "01632 960017", "Ama Boateng"):
        assert told not in form.text
    words = words_of(site.visitor(MANAGER).get(path))
    assert "Sister, Helena Typed" in words
    assert "Sister, Ama Boateng" in words
    ended = {"relationship_id": "relationship-1", "reason": "She is no sister."}
    page = worker.follow(fill_in(worker, path, **ended))
    assert "Relationship ended" in words_of(page)
    assert words_of(worker.get(path)).count("Sister, Restricted record") == 1


def test_a_household_does_not_name_a_child_whose_record_is_restricted_to_others(
    site: Site,
) -> None:
    it, path = site.authority, path_of(site, "kofi", "leave-household")
    home = {"household_id": "household-1", "address": "7 Quay Lane, Eastbrook"}
    for child in ("kofi", "lena"):
        it.write("join-household", WORKER, child_id=it.children[child], **home)
    hidden = {"named": [MANAGER], "reason": "Her uncle is here."}
    it.write("restrict-record", MANAGER, child_id=it.children["lena"], **hidden)
    form = site.visitor(WORKER).get(path)
    assert ", with Restricted record" in words_of(form)
    assert "Lena" not in form.text
    assert ", with Lena Marsh" in words_of(site.visitor(MANAGER).get(path))


def test_a_manager_restricts_a_record_and_lifts_it(site: Site) -> None:
    manager, worker = site.visitor(MANAGER), site.visitor(WORKER)
    assert manager.get(path_of(site, "kofi", "unrestrict-record")).status_code == 404
    form = manager.get(path_of(site, "kofi", "restrict-record"))
    assert "Tom Akers, East" in words_of(form)
    alone = {"named": [WORKER], "reason": "A colleague's child."}
    answer = fill_in(manager, path_of(site, "kofi", "restrict-record"), **alone)
    assert "Name yourself too" in words_of(answer)
    named = {"named": [MANAGER], "reason": "A colleague's child.", "left_out": "yes"}
    manager.follow(fill_in(manager, path_of(site, "kofi", "restrict-record"), **named))
    assert worker.get(path_of(site, "kofi")).status_code == 404
    form = manager.get(path_of(site, "kofi", "unrestrict-record"))
    assert "Only for Ines Moreau" in words_of(form)
    lifted = {"reason": "She has left."}
    manager.follow(fill_in(manager, path_of(site, "kofi", "unrestrict-record"), **lifted))
    assert worker.get(path_of(site, "kofi")).status_code == 200


def test_whoever_works_with_a_child_is_not_locked_out_unawares(site: Site) -> None:
    manager, path = site.visitor(MANAGER), path_of(site, "kofi", "restrict-record")
    form = manager.get(path)
    assert "Tom Akers, East: allocated to the child" in words_of(form)
    assert "Ines Moreau, East: manages East" in words_of(form)
    ticked = re.findall(r'value="([a-z-]+)"\s+checked', form.text)
    assert sorted(ticked) == [MANAGER, WORKER]
    assert "locked out" not in words_of(form)
    alone = {"named": [MANAGER], "reason": "A colleague's child."}
    asked = fill_in(manager, path, **alone)
    assert asked.status_code == 422
    assert "Tom Akers works with the child" in words_of(asked)
    assert "Is Tom Akers to be locked out?" in words_of(asked)
    assert fill_in(manager, path, **alone, left_out="no").status_code == 422
    assert site.visitor(WORKER).get(path_of(site, "kofi")).status_code == 200
    manager.follow(fill_in(manager, path, **alone, left_out="yes"))
    assert site.visitor(WORKER).get(path_of(site, "kofi")).status_code == 404


def test_a_manager_takes_a_case_from_its_worker_and_audits_it(site: Site) -> None:
    manager = site.visitor(MANAGER)
    audited = {"grade": "good", "findings": "Seen often, and alone."}
    page = manager.follow(fill_in(manager, path_of(site, "kofi", "audit-case"), **audited))
    assert "Seen often, and alone." in words_of(page)
    path = path_of(site, "kofi", "unallocate-case")
    page = manager.follow(fill_in(manager, path, reason=next(iter(WORKER_CHANGES))))
    assert "Unallocated" in words_of(page)
    assert manager.get(path).status_code == 404


# ── Only what would be taken is offered ───────────────────────────────────────────────────────────


def test_everything_that_is_offered_can_be_opened(site: Site) -> None:
    assess(site.authority, "kofi")
    raised = {"child_id": site.authority.children["kofi"], "kind": "neglect", "words": "Cold."}
    site.authority.give(WORKER, "raise-risk", raised_by_agency="authority", **raised)
    for person in (WORKER, MANAGER):
        visitor = site.visitor(person)
        found = links(visitor.get(path_of(site, "kofi")).text)
        assert len(found) > 12
        for link in found:
            assert visitor.get(link).status_code == 200, link
