"""Does a referrer see that a concern arrived and what became of it, and nothing of anybody else?"""

from tests.parts.authority import DUTY
from tests.parts.site import Site, words_of

CONCERN = {
    "what_happened": "Noor came in with a burn.\nShe did not want to go home.",
    "urgency": "urgent",
    "children-0-given_name": "Noor",
    "children-0-family_name": "Aziz",
    "children-0-born_on-day": "3",
    "children-0-born_on-month": "4",
    "children-0-born_on-year": "2017",
    "children-0-sex": "F",
    "children-0-nhs_number": "999 000 0107",
    "adults-0-given_name": "Sara",
    "adults-0-role": "mother",
    "address": "4 Hill Rise\nEastbrook",
    "postcode": "XE1 2AB",
    "address_restricted": "yes",
    "parents_informed": "no",
    "consented": "no",
    "reason_if_not": "It could put her at risk.",
    "lawful_basis": "vital-interests",
    "referrer_name": "Dr Elm",
    "command_id": "a" * 32,
}


def test_an_agency_sees_its_own_referrals_and_where_they_stand(shared_site: Site) -> None:
    words = words_of(shared_site.visitor("open-door").get("/referrals"))
    assert "Kofi Boateng 17 February 2026 at 9:30am Outcome told" in words
    assert "Jonah Reed 10 March 2026 at 8:30am Arrived Nothing yet" in words
    for other in ("Lena", "Sgt Field", "Grace"):
        assert other not in words


def test_an_agency_that_sent_nothing_is_told_how_to(site: Site) -> None:
    new = {"agency_id": "hill-school", "kind": "school", "name": "Hill School"}
    site.authority.give("operator", "register-agency", **new)
    words = words_of(site.visitor("hill-school").get("/referrals"))
    assert "Your agency has sent nothing yet." in words
    assert "Send a concern" in words


def test_an_outcome_is_read_in_the_words_in_which_it_was_told(shared_site: Site) -> None:
    path = f"/referrals/{shared_site.authority.referrals['decided']}"
    words = words_of(shared_site.visitor("open-door").get(path))
    assert "A social worker will see Kofi this week." in words
    assert "Child and family assessment (section 17)" in words
    assert "Neglect over months." not in words  # why it was decided is the council's own
    assert f"Your receipt: {shared_site.authority.referrals['decided']}" in words


def test_a_decision_is_not_read_before_it_is_told(shared_site: Site) -> None:
    path = f"/referrals/{shared_site.authority.referrals['untold']}"
    words = words_of(shared_site.visitor("elm-surgery").get(path))
    assert "Decided, you will be told" in words
    assert "advice" not in words.lower()


def test_a_concern_is_sent_with_a_form_and_its_receipt_is_shown(site: Site) -> None:
    surgery = site.visitor("elm-surgery")
    answer = surgery.send_form("/referrals/new", CONCERN)
    words = words_of(surgery.follow(answer))
    assert "Your concern has arrived." in words
    assert "Noor Aziz" in words
    path = answer.headers["location"].partition("?")[0]
    read = words_of(site.visitor(DUTY).get(f"{path}?addresses=shown"))
    assert "Noor came in with a burn. She did not want to go home." in read
    assert "NHS number 9990000107" in read
    assert "4 Hill Rise, Eastbrook, XE1 2AB Restricted: tell nobody in the family" in read
    assert "Sara , adult, mother" in read
    assert "Lawful basis Vital interests" in read
    assert "Dr Elm" in read
    assert "To read with care" not in read
    again = surgery.send_form("/referrals/new", CONCERN)
    assert again.headers["location"] == f"{path}?done=already"


def test_only_the_worry_is_asked_for_and_all_that_is_wrong_is_said(site: Site) -> None:
    surgery = site.visitor("elm-surgery")
    wrong = {"children-1-born_on-day": "31", "children-1-born_on-month": "2"}
    answer = surgery.send_form("/referrals/new", wrong, **{"children-1-born_on-year": "2019"})
    words = words_of(answer)
    assert answer.status_code == 422
    for message in (
        "Enter what happened",
        "Select how soon",
        "Enter your name",
        "The date of birth must be a real date, in child 2",
    ):
        assert message in words
    least = {"what_happened": "A child cries at night.", "urgency": "routine"}
    sent = surgery.send_form("/referrals/new", least, referrer_name="Dr Elm")
    assert sent.status_code == 303


def test_there_is_room_for_more_children(shared_site: Site) -> None:
    surgery = shared_site.visitor("elm-surgery")
    more = surgery.send_form("/referrals/new", CONCERN, more="children")
    assert more.status_code == 200
    assert "Child 4" in words_of(more)
    assert "There is a problem" not in words_of(more)
    assert "Noor came in with a burn." in more.text


def test_a_referrer_asks_and_it_comes_back_to_the_inbox(site: Site) -> None:
    visitor, path = site.visitor("open-door"), f"/referrals/{site.authority.referrals['decided']}"
    empty = visitor.send_form(f"{path}/ask")
    assert "Enter what you want to ask or say" in words_of(empty)
    asked = visitor.send_form(f"{path}/ask", words="He is hungry again.", command_id="b" * 32)
    assert "Your question is with the council." in words_of(visitor.follow(asked))
    duty = site.visitor(DUTY)
    assert "Referrer asked" in words_of(duty.get("/inbox"))
    assert "He is hungry again." in words_of(duty.get(path))
    referral = site.authority.parts.store.history(site.authority.referrals["decided"])
    assert referral[-1].event.agency == "open-door"  # and not the council's own words


def test_the_councils_people_send_nothing_in_an_agencys_name(shared_site: Site) -> None:
    visitor = shared_site.visitor(DUTY)
    assert visitor.get("/referrals").status_code == 404
    assert visitor.get("/referrals/new").status_code == 404
    assert visitor.send_form("/referrals/new", CONCERN).status_code == 404
