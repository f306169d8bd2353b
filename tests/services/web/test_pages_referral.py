"""Is all there that is needed to decide a referral, and does each form do one thing once?"""

import re
from typing import Any, get_args

import httpx

from domain.kernel import stored_name
from domain.referral import ReferralEvent
from projections import inbox
from services.web.referral_story import DONE
from tests.parts.authority import (
    DUTY,
    EAST,
    MANAGER,
    OTHER_MANAGER,
    OTHER_WORKER,
    WEST,
    WORKER,
    form,
)
from tests.parts.site import Site, Visitor, words_of

WHEN = {
    "happened_at-day": "10",
    "happened_at-month": "3",
    "happened_at-year": "2026",
    "happened_at-time": "09:15",
}


def address(site: Site, name: str) -> str:
    return f"/referrals/{site.authority.referrals[name]}"


def told(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return words_of(answer)


def sent(visitor: Visitor, path: str, fields: Any = (), **more: str) -> str:
    """The page after a form was taken."""
    return words_of(visitor.follow(visitor.send_form(path, fields, **more)))


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 422, words_of(answer)
    words = words_of(answer)
    assert "There is a problem" in words
    return words


# ── What it tells ─────────────────────────────────────────────────────────────────────────────────


def test_it_tells_what_was_said_by_whom_and_about_whom(shared_site: Site) -> None:
    words = told(shared_site.visitor(DUTY), address(shared_site, "late"))
    assert "Ama had a bruise on her arm and would not say how it came." in words
    assert "What the child said: I like it here better." in words
    assert "Received Thursday 5 March 2026 at 9:30am" in words
    assert "Rosa Whitlock" in words
    assert "Efua Boateng , adult, mother" in words
    assert "Parents informed No" in words
    assert "Lawful basis Public task" in words
    assert "2 working days late due 6 March 2026" in words


REFERRED = (
    "MSH|^~\\&|EDIS|CITYHOSP|CSC|EXSHIRE|20260310091500||REF^I1{0}|A{0}|P|2.5\r"
    "RF1|P|R^Routine|SG^Safeguarding|||RF-77^EDIS|20260310\rPID|1||||{1}\rNTE|1||Found alone.\r"
)
UNNAMED, FAY = "UNKNOWN^UNKNOWN|||F", "Otterburn^Fay||20180304|F"


def referred(site: Site, *said: str) -> tuple[str, str]:
    """A child as a hospital sends them, then tells more: the referral and the child."""
    found = set[tuple[str, str]]()
    for number, child in enumerate(said, start=2):
        body = REFERRED.format(number, child).encode()
        receipt = site.authority.send(body, "city-hospital", format="hl7v2")
        (one,) = receipt.children
        found.add((f"/referrals/{receipt.referral}", one))
        site.authority.clock.move(hours=1)
    (told_of,) = found
    return told_of


def test_a_child_who_was_not_named_has_a_record_and_is_not_asked_for_again(site: Site) -> None:
    path, _ = referred(site, UNNAMED)
    words = told(site.visitor(DUTY), path)
    assert "Name not known New record made from this referral No case" in words
    assert "not on this referral yet" not in words
    assert "as first described" not in words


def test_who_was_not_named_and_is_by_now_is_said_to_be_taken_for_that_child(site: Site) -> None:
    path, _ = referred(site, UNNAMED, FAY)
    visitor = site.visitor(DUTY)
    words = told(visitor, path)
    assert (
        "A girl without a name , as first described, is taken to be Fay Otterburn since the message"
        " of Tuesday 10 March 2026 at 10:30am." in words
    )
    assert "not on this referral yet" not in words
    assert "Find or register" not in words
    assert "They are two: register a girl without a name" in words
    said = {"do": "start", "given_name": "UNKNOWN", "family_name": "UNKNOWN", "sex": "F"}
    assert "Register the child" in words_of(visitor.send_form(f"{path}/add-child", said))
    words = sent(visitor, f"{path}/add-child", {**said, "do": "register"})
    assert "as first described" not in words
    assert "Fay Otterburn New record" in words
    assert "UNKNOWN UNKNOWN New record" in words
    assert "not on this referral yet" not in words


def test_who_was_named_by_a_person_is_said_to_be_taken_for_that_child(site: Site) -> None:
    path, child = referred(site, "UNKNOWN^UNKNOWN|||M")
    named = {"given_name": "Fay", "family_name": "Otterburn", "sex": "F", "reason": "Her school."}
    site.authority.give(DUTY, "correct-details", child_id=child, **named)
    words = told(site.visitor(DUTY), path)
    assert "A boy without a name , as first described, is taken to be Fay Otterburn since" in words
    assert "since Grace Ofori corrected the record on Tuesday 10 March 2026 at 10:30am." in words
    assert "Find or register" not in words


def test_whom_a_restricted_record_is_of_by_now_is_not_said(site: Site) -> None:
    path, child = referred(site, UNNAMED, FAY)
    named = {"named": [MANAGER], "reason": "A colleague's child."}
    site.authority.give(MANAGER, "restrict-record", child_id=child, **named)
    words = told(site.visitor(DUTY), path)
    assert "is taken to be this child since the message of" in words
    assert "Find or register" not in words


def test_who_is_who_to_whom_is_told_in_whole_sentences(site: Site) -> None:
    one = {"given_name": "Ivo", "family_name": "Lund", "date_of_birth": "03/03/2016"}
    other = {"given_name": "Edda", "family_name": "Lund", "relationship": "half-sister"}
    itself = {"given_name": "Ulla", "family_name": "Lund", "relationship": "child"}
    receipt = site.authority.concern(number="9", children=(one, other, itself))
    words = told(site.visitor(DUTY), f"/referrals/{receipt.referral}")
    assert "Edda Lund , child, relationship to the child most concerned: half-sister" in words
    assert "Ulla Lund , child" in words
    assert "concerned: child" not in words
    assert "The referral is not about Ivo Lund" in words


def test_a_message_is_the_first_only_when_more_came(site: Site) -> None:
    ivo = {"given_name": "Ivo", "family_name": "Lund", "born": "03/03/2016"}
    referral = site.authority.concern(number="9", **ivo).referral
    visitor = site.visitor(DUTY)
    words = told(visitor, f"/referrals/{referral}")
    assert "What was said The message" in words
    site.authority.concern(number="9", concern="It happened again.", **ivo)
    words = told(visitor, f"/referrals/{referral}")
    assert "What was said The first message" in words
    assert "More came Open Door" in words


def test_a_child_is_shown_as_described_beside_the_record(shared_site: Site) -> None:
    words = told(shared_site.visitor(DUTY), address(shared_site, "known"))
    assert "Kofi Boateng Known before" in words
    assert "NHS number 9990000042 9990000042 agrees" in words
    assert "Open case; Tom Akers is the social worker" in words
    assert "17 February 2026, Open Door: Child and family assessment (section 17)" in words
    assert "Tom Akers works with a child it names, and was told." in words


def test_what_does_not_agree_is_said_to_differ(site: Site) -> None:
    about_kofi = {"given_name": "Kofi", "born": "12/09/2014", "nhs_number": "9990000042"}
    receipt = site.authority.concern(number="9", **about_kofi)
    words = told(site.visitor(DUTY), f"/referrals/{receipt.referral}")
    assert "compare the two records" in words  # a twin could be sent under the other's number
    assert "New record made from this referral" in words


def test_an_address_is_shown_only_when_it_is_asked_for(shared_site: Site) -> None:
    visitor, path = shared_site.visitor(DUTY), address(shared_site, "west")
    assert "Mill Walk" not in visitor.get(path).text
    words = told(visitor, f"{path}?addresses=shown")
    assert "Flat 3, 2 Mill Walk, XE5 1AA Restricted: tell nobody in the family" in words


def test_times_are_told_apart_where_they_differ(site: Site) -> None:
    body = form(number="9", given_name="Ivo", submitted_at="2026-03-08T20:00:00+00:00")
    receipt = site.authority.send(body)
    words = told(site.visitor(DUTY), f"/referrals/{receipt.referral}")
    assert "Received Tuesday 10 March 2026 at 9:30am" in words
    assert "happened Sunday 8 March 2026 at 8:00pm" in words


def test_a_later_concern_about_the_same_child_is_put_beside_the_first(site: Site) -> None:
    later = site.authority.concern(number="9", nhs_number="9990000026", concern="Again.")
    visitor = site.visitor(DUTY)
    assert "Perhaps about the same thing: Open Door, 5 March 2026" in told(
        visitor, f"/referrals/{later.referral}"
    )
    assert "Perhaps about the same thing: Open Door, 10 March 2026" in told(
        visitor, address(site, "late")
    )


def test_a_message_is_read_as_it_came_and_nothing_in_it_runs(site: Site) -> None:
    body = b"<script>alert(1)</script>\rPID|1\0\r\nring me </pre><h1>no</h1>"
    receipt = site.authority.send(body, "north-police")
    visitor, path = site.visitor(DUTY), f"/referrals/{receipt.referral}"
    (link,) = re.findall(rf"{path}/messages/[0-9]+", visitor.get(path).text)
    answer = visitor.get(link)
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\nPID|1␀\nring me" in answer.text
    assert visitor.get(f"{path}/messages/1").status_code == 404
    assert site.visitor(WORKER).get(link).status_code == 404


def test_destroyed_words_are_said_to_be_so(site: Site) -> None:
    referral = site.authority.referrals["late"]
    site.authority.parts.store.vault.destroy(referral)
    words = told(site.visitor(DUTY), address(site, "late"))
    assert "Withheld: you may not see these words, or they have been destroyed." in words
    assert "bruise" not in words


def test_only_who_is_on_the_referral_or_theirs_to_see_is_taken_off_it_by_name(site: Site) -> None:
    path, lena = address(site, "late"), site.authority.children["lena"]
    absent = lena[:-1] + ("0" if lena[-1] != "0" else "1")
    visitor = site.visitor(DUTY)
    restricted = {"child_id": lena, "named": [OTHER_MANAGER], "reason": "Her uncle works here."}
    site.authority.write("restrict-record", OTHER_MANAGER, **restricted)
    for child_id in (lena, absent):
        answer = visitor.get(f"{path}/remove-child?of={child_id}")
        assert answer.status_code == 404
        assert "Lena" not in answer.text
        sent_all_the_same = visitor.send_form(f"{path}/remove-child", of=child_id, reason="No.")
        assert sent_all_the_same.status_code == 404


def test_a_record_restricted_to_others_stays_closed(site: Site) -> None:
    jonah = site.authority.children["jonah"]
    named = {"child_id": jonah, "named": [MANAGER], "reason": "A colleague's child."}
    site.authority.give(MANAGER, "restrict-record", **named)
    page = site.visitor(DUTY).get(address(site, "west"))
    assert "Restricted record" in words_of(page)
    assert f"/children/{jonah}" not in page.text
    assert "Jonah was alone" in words_of(page)  # a referral that waits is triaged even so


# ── What it does ──────────────────────────────────────────────────────────────────────────────────


def test_a_referral_is_acknowledged_screened_decided_authorised_and_told(site: Site) -> None:
    duty, path = site.visitor(DUTY), address(site, "late")
    assert "The receipt is recorded." in sent(duty, f"{path}/acknowledge-referral", WHEN)
    screened = {"rag": "amber", "threshold": "3", "rationale": "The school is worried too."}
    assert "Screened: amber, level 3" in sent(duty, f"{path}/screen-referral", screened)
    decision = {"outcome": "assessment", "rationale": "A pattern.", "team_id": EAST, **WHEN}
    words = sent(duty, f"{path}/decide-referral", decision)
    assert "The decision is recorded." in words
    assert "Decided: Child and family assessment (section 17) Grace Ofori" in words
    assert "Why: A pattern." in words
    assert "Tell the referrer" in words
    assert "Authorise the decision" not in words  # nobody authorises their own
    manager = site.visitor(MANAGER)
    assert "Authorise the decision" in told(manager, path)
    agreed = {"rationale": "I agree."}
    assert "The decision is authorised." in sent(manager, f"{path}/authorise-decision", agreed)
    words = sent(duty, f"{path}/tell-referrer", {"words": "Ama will be seen.", **WHEN})
    assert "Ama will be seen." in words
    assert "Ama Boateng" not in told(duty, "/inbox")
    referrer = site.visitor("open-door")
    words = told(referrer, path)
    assert "Ama will be seen." in words
    assert "Child and family assessment (section 17)" in words
    assert "A pattern." not in words


def test_every_error_is_shown_at_once_and_nothing_typed_is_lost(shared_site: Site) -> None:
    visitor, path = shared_site.visitor(DUTY), f"{address(shared_site, 'late')}/decide-referral"
    typed = {"rationale": "  ", "team_id": WEST, **WHEN, "happened_at-day": "31"}
    typed["happened_at-month"] = "2"
    answer = visitor.send_form(path, typed)
    words = refused(answer)
    for message in (
        "Select what happens next",
        "Enter why, so that whoever reads it later understands",
        "The date and time it happened must be a real date",
    ):
        assert words.count(message) == 2, message  # on top, and beside the field
    assert 'value="31"' in answer.text
    assert re.search(rf'value="{WEST}" checked', answer.text)
    assert answer.text.count("<title>Error: ") == 1


def test_what_the_domain_refuses_is_an_error_on_the_form(shared_site: Site) -> None:
    visitor, path = shared_site.visitor(DUTY), f"{address(shared_site, 'unread')}/decide-referral"
    typed = {"outcome": "assessment", "rationale": "She is not safe.", "team_id": EAST, **WHEN}
    answer = visitor.send_form(path, typed)
    assert "Add the child first" in refused(answer)
    assert "She is not safe." in answer.text


def test_a_form_sent_twice_is_obeyed_once(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "late")
    fields = {"outcome": "advice", "rationale": "Seen today.", "command_id": "d" * 32, **WHEN}
    first = visitor.send_form(f"{path}/decide-referral", fields)
    newest = site.authority.parts.store.newest()
    again = visitor.send_form(f"{path}/decide-referral", fields)
    assert "The decision is recorded." in words_of(visitor.follow(first))
    assert "nothing was done twice" in words_of(visitor.follow(again))
    assert site.authority.parts.store.newest() == newest


def test_what_cannot_be_shown_yet_is_said_to_come(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "late")
    site.authority.parts.ending.set()  # nobody brings the read models up to date any more
    while site.authority.parts.projector.catch_up(0.1) is False:
        pass
    words = sent(visitor, f"{path}/screen-referral", rag="red", threshold="4", rationale="Now.")
    assert "The screening is recorded. It will appear here in a moment" in words
    site.authority.catch_up()
    assert "Screened: red, level 4" in told(visitor, path)


def test_a_mistaken_decision_can_be_undone(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "untold")
    assert "Reopen it" in told(visitor, path)
    words = sent(visitor, f"{path}/reopen-referral", {"reason": "The wrong child's letter."})
    assert "The referral is open again." in words
    assert "Waits for a decision" in words


def test_what_came_after_the_decision_can_be_attended_to(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "untold")
    assert "The decision stands" not in told(visitor, path)
    sent(visitor, f"{path}/follow-up-referral", {"words": "What became of it?", **WHEN})
    assert "The decision stands" in told(visitor, path)
    words = sent(visitor, f"{path}/attend-referral", {"reason": "They were told by telephone."})
    assert "It is recorded that the decision stands." in words


def test_a_withdrawn_referral_is_still_to_be_decided_until_it_is(site: Site) -> None:
    it = site.authority
    first = it.concern(number="77", given_name="Ife", born="02/02/2017")
    it.concern(number="77", given_name="Ife", born="02/02/2017", withdrawn=True)
    it.catch_up()
    visitor, path = site.visitor(DUTY), f"/referrals/{first.referral}"
    assert "It is still to be decided." in told(visitor, path)
    now = WHEN | {"happened_at-time": f"{it.clock():%H:%M}"}
    decision = {"outcome": "advice", "rationale": "Spoken with the school.", **now}
    words = sent(visitor, f"{path}/decide-referral", decision)
    assert "The sender withdrew it" in words
    assert "It is still to be decided." not in words


def test_an_agency_is_asked_and_its_answer_recorded(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "late")
    asked = {"asked_agency": "elm-surgery", "question": "When was she last seen?", **WHEN}
    words = sent(visitor, f"{path}/request-information", asked)
    assert "Asked Elm Surgery" in words
    assert "Record an agency's answer" in words
    answer = {
        "by_agency": "elm-surgery",
        "information": "In January.",
        "lawful_basis": "public-task",
        **WHEN,
    }
    assert "In January." in sent(visitor, f"{path}/share-information", answer)
    declined = {"by_agency": "elm-surgery", "reason": "No consent, they say.", **WHEN}
    assert "Did not answer: Elm Surgery" in sent(visitor, f"{path}/decline-information", declined)


def test_a_conflict_is_settled_by_a_person(site: Site) -> None:
    first = site.authority.send(form(number="9", given_name="Ivo"), key="key-9")
    other = form(number="9", given_name="Ivo", concern="It was his brother.")
    site.authority.send(other, key="key-9")
    visitor, path = site.visitor(DUTY), f"/referrals/{first.referral}"
    words = told(visitor, path)
    assert "Two versions came under the same key." in words
    assert "It was his brother." in words
    assert "Decide" not in words.split("What is due")[1].split("What was done")[0].split(" ")
    settled = {"reason": "The second: they rang to say so."}
    words = sent(visitor, f"{path}/settle-conflict", settled)
    assert "It is recorded which message holds." in words
    assert "Two versions came" not in words


def test_a_manager_passes_a_referral_to_another_team(site: Site) -> None:
    manager, path = site.visitor(MANAGER), address(site, "unread")
    words = sent(manager, f"{path}/route-referral", team_id=WEST)
    assert "Passed to West" in words
    assert "Team West" in words
    assert "Pass it to another team" not in told(site.visitor(DUTY), path)


# ── Whom it is about ──────────────────────────────────────────────────────────────────────────────


def test_a_known_child_is_found_and_put_on_the_referral(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "unread")
    found = visitor.send_form(f"{path}/add-child", do="search", words="kofi")
    words = words_of(found)
    assert "Kofi Boateng, born 11 September 2014, 9990000042" in words
    kofi = site.authority.children["kofi"]
    unsaid = visitor.send_form(f"{path}/add-child", do="choose", words="kofi", child_id=kofi)
    assert "Enter how you know that it is this child" in refused(unsaid)
    assert "Kofi Boateng, born" in words_of(unsaid)
    chosen = {"do": "choose", "child_id": kofi, "reason": "The sergeant named him."}
    words = sent(visitor, f"{path}/add-child", chosen, command_id="e" * 32)
    assert "The child is on this referral." in words
    assert "Put on the referral: Kofi Boateng" in words
    assert "Known before" in words
    story = visitor.get(f"/api/children/{kofi}/timeline").json()
    assert site.authority.referrals["unread"] in {each["stream"] for each in story}


def test_nobody_found_says_what_to_do(shared_site: Site) -> None:
    visitor, path = shared_site.visitor(DUTY), f"{address(shared_site, 'unread')}/add-child"
    assert "Nobody was found" in words_of(visitor.send_form(path, do="search", words="Zebedee"))
    assert "Enter a name" in refused(visitor.send_form(path, do="search", words=" "))


def test_a_new_child_is_registered_and_put_on_the_referral(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "unread")
    empty = visitor.send_form(f"{path}/add-child", do="register", sex="U")
    assert "Enter a name, or the due date of an unborn child" in refused(empty)
    known = {
        "given_name": "Ottilie",
        "family_name": "Field",
        "born_on-day": "2",
        "born_on-month": "6",
        "born_on-year": "2019",
        "sex": "F",
        "command_id": "f" * 32,
        "do": "register",
    }
    words = sent(visitor, f"{path}/add-child", known)
    assert "The child is registered and on this referral." in words
    assert "Ottilie Field" in words
    again = sent(visitor, f"{path}/add-child", known)
    assert "nothing was done twice" in again
    decision = {"outcome": "assessment", "rationale": "Alone.", "team_id": EAST, **WHEN}
    assert "The decision is recorded." in sent(visitor, f"{path}/decide-referral", decision)


def test_a_child_by_mistake_is_taken_off_and_can_be_put_back(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "late")
    ama = site.authority.children["ama"]
    link = f"{path}/remove-child?of={ama}"
    assert "It is not about Ama Boateng" in told(visitor, link)
    removed = {"of": ama, "reason": "Another Ama: this one is in Leeds."}
    words = sent(visitor, f"{path}/remove-child", removed)
    assert "The child is no longer on this referral." in words
    assert "No child named" in words
    assert "Described, not on this referral yet" in words
    back = {"do": "choose", "child_id": ama, "reason": "It is her after all."}
    assert "Ama Boateng" in sent(visitor, f"{path}/add-child", back)
    story = visitor.get(f"/api/children/{ama}/timeline").json()
    assert "referral.received.v1" in {each["event"] for each in story}


def test_what_was_described_fills_in_the_new_record(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "late")
    ama = site.authority.children["ama"]
    sent(visitor, f"{path}/remove-child", {"of": ama, "reason": "Not her."})
    start = {"do": "start", "given_name": "Ama", "born_on-day": "4", "born_on-month": "6"}
    start |= {"born_on-year": "2018", "sex": "F"}
    answer = visitor.send_form(f"{path}/add-child", start)
    assert answer.status_code == 200
    assert re.search(r'name="given_name"[^>]*value="Ama"', answer.text)
    assert re.search(r'name="born_on-year"[^>]*value="2018"', answer.text)


def test_what_was_described_is_looked_for_before_a_new_record_is_made(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "unread")
    described = {"given_name": "kofi", "family_name": "Boateng", "do": "start"}
    words = words_of(visitor.send_form(f"{path}/add-child", described))
    assert "Which child is it? Kofi Boateng, born 11 September 2014" in words


def test_a_record_that_was_opened_in_vain_is_said_to_be_open(site: Site) -> None:
    visitor, path = site.visitor(DUTY), address(site, "late")
    decision = {"outcome": "assessment", "rationale": "Alone.", "team_id": EAST}
    site.authority.give(
        DUTY, "decide-referral", referral_id=site.authority.referrals["late"], **decision
    )
    ottilie = {"do": "register", "given_name": "Ottilie", "family_name": "Field", "sex": "F"}
    answer = visitor.send_form(f"{path}/add-child", ottilie)
    words = refused(answer)
    assert "A record of Ottilie Field is open now, but the child is not on this referral:" in words
    assert "Do not register the child again." in words
    assert "Which child is it? Ottilie Field, born not known" in words
    assert not re.search(r'name="given_name"[^>]*value="Ottilie"', answer.text)


# ── Who may ───────────────────────────────────────────────────────────────────────────────────────


def test_somebody_with_nothing_to_do_with_it_can_do_nothing(shared_site: Site) -> None:
    visitor, path = shared_site.visitor(OTHER_WORKER), address(shared_site, "late")
    newest = shared_site.authority.parts.store.newest()
    fields = {"outcome": "advice", "rationale": "x", "reason": "x", "words": "x", **WHEN}
    for command in ("decide-referral", "reopen-referral", "tell-referrer", "add-child"):
        assert visitor.get(f"{path}/{command}").status_code == 404, command
        assert visitor.send_form(f"{path}/{command}", fields).status_code == 404, command
    assert shared_site.authority.parts.store.newest() == newest


def test_the_allocated_worker_reads_what_they_were_told_of(shared_site: Site) -> None:
    words = told(shared_site.visitor(WORKER), address(shared_site, "known"))
    assert "Nobody could be reached." in words
    assert "Read it as it came" not in words


def test_every_act_has_words_on_the_page() -> None:
    acts = {stored_name(kind) for kind in get_args(ReferralEvent)} - inbox.MESSAGE_NAMES
    assert acts <= DONE.keys()


# ── About a restricted record ─────────────────────────────────────────────────────────────────────


def restrict(site: Site, child: str, *named: str) -> None:
    """A child's record is for these people alone."""
    fields = {"named": list(named), "reason": "A colleague's child."}
    site.authority.write(
        "restrict-record", named[0], child_id=site.authority.children[child], **fields
    )


def raw_of(site: Site, path: str) -> str:
    """Where a referral's first message is read as it came."""
    (link,) = re.findall(rf"{path}/messages/[0-9]+", site.visitor(DUTY).get(path).text)
    return str(link)


def test_a_restricted_childs_referral_is_closed_once_it_is_decided(site: Site) -> None:
    path = address(site, "untold")
    raw = raw_of(site, path)
    restrict(site, "lena", MANAGER)
    for person in (DUTY, WORKER, OTHER_MANAGER):
        visitor = site.visitor(person)
        assert visitor.get(path).status_code == 404, person
        assert visitor.get(raw).status_code == 404, person
        assert visitor.get(f"{path}/tell-referrer").status_code == 404, person
    duty = site.visitor(DUTY)
    assert "Restricted record" not in told(duty, "/inbox/decided?do=tell")
    assert "To tell (0)" in told(duty, "/inbox")
    manager = site.visitor(MANAGER)
    assert "Lena missed three appointments" in told(manager, path)
    assert "To tell (1)" in told(manager, "/inbox")
    assert manager.get(f"{path}/tell-referrer").status_code == 200
    assert "Lena missed three appointments" in told(site.visitor("elm-surgery"), path)


def test_a_restricted_childs_referral_is_triaged_without_the_record_or_an_address(
    site: Site,
) -> None:
    path, jonah = address(site, "west"), site.authority.children["jonah"]
    raw = raw_of(site, path)
    restrict(site, "jonah", OTHER_MANAGER)
    duty = site.visitor(DUTY)
    words = told(duty, f"{path}?addresses=shown")
    assert "Jonah was alone" in words
    assert "Mill Walk" not in words
    assert "only for the people named on the restricted record" in words
    assert f"{path}/remove-child" not in duty.get(path).text
    for closed in (raw, f"/children/{jonah}", f"/children/{jonah}/address"):
        assert duty.get(closed).status_code == 404, closed
    looks = [each for each in site.authority.parts.gate.log.seen_by(jonah) if each.person == DUTY]
    assert "duty-triage" in {each.rule for each in looks if each.permitted}
    decision = {"outcome": "advice", "rationale": "He is with his aunt.", **WHEN}
    page = duty.follow(duty.send_form(f"{path}/decide-referral", decision))
    assert "The decision is recorded." in words_of(page)
    assert duty.get(path).status_code == 404
    assert "Mill Walk" in told(site.visitor(OTHER_MANAGER), f"{path}?addresses=shown")


def test_what_comes_after_the_decision_is_triaged_again(site: Site) -> None:
    path = address(site, "untold")
    restrict(site, "lena", MANAGER)
    duty = site.visitor(DUTY)
    assert duty.get(path).status_code == 404
    site.visitor("elm-surgery").send_form(f"{path}/ask", words="What became of it?")
    site.authority.catch_up()
    assert "What became of it?" in told(duty, path)
    attended = {"reason": "She was seen.", **WHEN}
    duty.follow(duty.send_form(f"{path}/attend-referral", attended))
    assert duty.get(path).status_code == 404


def test_whoever_decides_again_reads_who_decided_and_where_to_reopen(site: Site) -> None:
    referral = site.authority.referrals["untold"]
    page = site.visitor(MANAGER).get(f"/referrals/{referral}/decide-referral")
    words = words_of(page)
    decided = "This referral is already decided: Information and advice given, by Grace Ofori on"
    assert decided in words
    assert "4 March 2026" in words.partition(decided)[2]
    assert f'href="/referrals/{referral}/reopen-referral"' in page.text
