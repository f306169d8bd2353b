"""Does everybody find their work, and is nothing lost that was typed when a session ended?"""

from typing import Any

import httpx

from services.web.kept import MINUTES
from services.web.session import HOURS
from tests.parts.authority import (
    AUDITOR,
    DUTY,
    EAST,
    MANAGER,
    NAMES,
    WORKER,
)
from tests.parts.site import Site, Visitor, hidden, words_of


def test_the_people_of_each_team_are_there_to_choose_from(shared_site: Site) -> None:
    page = shared_site.visitor().get("/sign-in")
    words = words_of(page)
    assert page.status_code == 200
    for name in NAMES.values():
        assert name in words
    assert "Grace Ofori Duty social worker" in words
    assert "North Police Referrer" in words


PLACES = (
    (DUTY, "/inbox"),
    (WORKER, "/work"),
    (MANAGER, f"/teams/{EAST}"),
    (AUDITOR, "/log"),
    ("north-police", "/referrals"),
)


def test_everybody_starts_where_their_work_is(shared_site: Site) -> None:
    for person, place in PLACES:
        assert shared_site.visitor(person).get("/").headers["location"] == place, person


def test_an_operator_is_told_where_their_work_is(shared_site: Site) -> None:
    page = shared_site.visitor("operator").get("/")
    assert "Operators work in a terminal" in words_of(page)


def test_nobody_is_led_to_the_sign_in_page(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    assert visitor.get("/").headers["location"] == "/sign-in"
    assert visitor.get("/inbox?team=team-east").headers["location"] == (
        "/sign-in?to=/inbox%3Fteam%3Dteam-east"
    )


def test_after_signing_in_the_page_that_was_asked_for_is_shown(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    answer = visitor.send_form("/sign-in", person=DUTY, to="/inbox?team=team-east")
    assert answer.headers["location"] == "/inbox?team=team-east"


def test_signing_in_never_leads_to_another_site(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    for to in ("//evil.example", "https://evil.example", "/\\evil.example", "/\nx", "x", ""):
        answer = visitor.send_form("/sign-in", person=DUTY, to=to)
        assert answer.headers["location"] == "/", to


def test_somebody_who_does_not_work_here_is_asked_again(shared_site: Site) -> None:
    answer = shared_site.visitor().send_form("/sign-in", person="nobody-at-all", to="/")
    assert answer.status_code == 200
    assert "Sign in" in words_of(answer)


def test_somebody_who_signed_out_is_out(shared_site: Site) -> None:
    visitor = shared_site.visitor(DUTY)
    assert visitor.follow(visitor.send_form("/sign-out")).status_code == 200
    assert visitor.get("/").headers["location"] == "/sign-in"


def test_somebody_who_left_is_out_at_once(site: Site) -> None:
    visitor = site.visitor(DUTY)
    left = {"team_id": EAST, "person_id": DUTY}
    site.authority.give("operator", "leave-team", **left)
    assert visitor.get("/").headers["location"] == "/sign-in"
    assert NAMES[DUTY] not in words_of(visitor.get("/sign-in"))


def test_a_session_ends_after_its_hours(site: Site) -> None:
    visitor = site.visitor(DUTY)
    site.authority.clock.move(hours=HOURS, minutes=1)
    assert visitor.get("/").headers["location"] == "/sign-in"
    assert "Sign in again as Grace Ofori" in words_of(visitor.get("/sign-in"))


def test_a_forged_or_foreign_session_counts_for_nothing(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    for forged in ("", "|", "a|b|c", f"{DUTY}|9999999999|{'0' * 64}", f"{DUTY}|x|", "é|1|2"):
        headers = {b"cookie": f"safeguarding={forged}".encode()}
        assert visitor.get("/", headers=headers).headers["location"] == "/sign-in", forged


# ── What was typed when a session ended ───────────────────────────────────────────────────────────


def test_what_was_typed_when_a_session_ended_is_sent_after_signing_in_again(site: Site) -> None:
    visitor = site.visitor(DUTY)
    path = f"/referrals/{site.authority.referrals['late']}/screen-referral"
    typed = {
        "command_id": "c" * 32,
        "rag": "amber",
        "threshold": "3",
        "rationale": 'The nursery & I spoke.\r\nShe "fell" <twice>.',
    }
    site.authority.clock.move(hours=HOURS, minutes=1)
    asked = visitor.send_form(path, typed)
    assert asked.status_code == 200
    assert "nothing that you typed is lost" in words_of(asked)
    assert "Sign in again as Grace Ofori" in words_of(asked)
    kept = visitor.post("/sign-in", data={**hidden(asked), "person": DUTY})
    assert kept.status_code == 200
    assert "You are signed in as Grace Ofori" in words_of(kept)
    assert 'The nursery & I spoke. She "fell" <twice>.' in words_of(kept)
    assert "How grave is it? Amber: more must be known soon" in words_of(kept)
    assert "Which threshold does it meet? Level 3, child in need (section 17)" in words_of(kept)
    assert "Why? The nursery" in words_of(kept)
    page = visitor.follow(visitor.post(path, data=hidden(kept)))
    assert "The screening is recorded." in words_of(page)
    assert "Screened: amber, level 3" in words_of(page)
    again = visitor.follow(visitor.post(path, data=hidden(kept)))
    assert "nothing was done twice" in words_of(again)


def kept_page(site: Site, person: str, path: str, fields: Any) -> str:
    """What a person who signs in again reads of a form that came too late."""
    visitor = site.visitor(person)
    asked = late(visitor, path, fields)
    return words_of(visitor.post("/sign-in", data={**hidden(asked), "person": person}))


def test_every_form_that_came_too_late_is_shown_in_its_own_words(shared_site: Site) -> None:
    known = shared_site.authority
    referral, kofi = known.referrals["late"], known.children["kofi"]
    ama = known.children["ama"]
    when = {"happened_at-day": "9", "happened_at-month": "3", "happened_at-year": "2026"}
    when["happened_at-time"] = "2:30pm"
    for person, path, fields, words in (
        (
            DUTY,
            f"/referrals/{referral}/decide-referral",
            {"outcome": "assessment", "team_id": EAST, "authorised_by": MANAGER, **when},
            (
                "What happens next? Child and family assessment (section 17)",
                "Which team takes it? East",
                "Which manager has authorised it? Ines Moreau, East",
                "When did it happen? 9 March 2026 at 2:30pm",
            ),
        ),
        (
            WORKER,
            f"/children/{kofi}/record-visit",
            {"alone": "yes", **when, "happened_at-day": "31", "happened_at-month": "2"},
            ("31 2 2026 at 2:30pm",),
        ),
        (
            MANAGER,
            f"/children/{kofi}/merge-records",
            {"of": ama, "keep": kofi, "reason": "The same."},
            ("Which record is kept? This record: Kofi Boateng.", "The same."),
        ),
        (
            DUTY,
            f"/referrals/{referral}/add-child",
            {"do": "register", "given_name": "Ivo", "sex": "M"},
            ("First name Ivo", "Sex Male"),
        ),
        (
            "open-door",
            "/referrals/new",
            {"children-1-given_name": "Ivo", "parents_informed": "no", "lawful_basis": "consent"},
            ("Child 2: first name Ivo", "On which lawful basis do you share this? Consent"),
        ),
        ("open-door", f"/referrals/{referral}/ask", {"words": "And now?"}, ("And now?",)),
        (DUTY, "/children", {"words": "Ivo Lund"}, ("Ivo Lund",)),
    ):
        shown = kept_page(shared_site, person, path, fields)
        for said in words:
            assert said in shown, (path, shown)


def late(visitor: Visitor, path: str, fields: Any) -> httpx.Response:
    """A form that was shown to whoever is signed in, sent after they signed out elsewhere."""
    token = hidden(visitor.get("/sign-in"))["_csrf_token"]
    visitor.send_form("/sign-out")
    return visitor.send_form(path, fields, _csrf_token=token)


def test_what_was_typed_is_shown_to_nobody_else_who_signs_in(site: Site) -> None:
    path = f"/referrals/{site.authority.referrals['late']}/screen-referral"
    visitor = site.visitor(DUTY)
    asked = late(visitor, path, {"rag": "red", "rationale": "Her words."})
    assert "Her words." not in asked.text
    assert "Sign in again as Grace Ofori" in words_of(asked)
    other = visitor.post("/sign-in", data={**hidden(asked), "person": "open-door"})
    assert "Something was left here" in words_of(other)
    assert "Her words." not in other.text
    assert "red" not in hidden(other).values()
    asked = visitor.post("/sign-in", data=hidden(other))
    own = visitor.post("/sign-in", data={**hidden(asked), "person": DUTY})
    assert "Her words." in words_of(own)


def test_what_was_left_is_dropped_after_a_while(site: Site) -> None:
    path = f"/referrals/{site.authority.referrals['late']}/screen-referral"
    visitor = site.visitor(DUTY)
    asked = late(visitor, path, {"rag": "red", "rationale": "Her words."})
    site.authority.clock.move(minutes=MINUTES)
    shown = visitor.post("/sign-in", data={**hidden(asked), "person": DUTY})
    assert "is dropped now" in words_of(shown)
    forged = visitor.post("/sign-in", data={**hidden(asked), "kept": "x" * 60, "person": DUTY})
    assert "is dropped now" in words_of(forged)


def test_a_form_is_not_sent_under_the_name_of_whoever_signed_in_since(site: Site) -> None:
    path = f"/referrals/{site.authority.referrals['late']}/screen-referral"
    visitor = site.visitor(DUTY)
    token = hidden(visitor.get("/sign-in"))["_csrf_token"]
    visitor.sign_in(MANAGER)
    typed = {"rag": "red", "threshold": "4", "rationale": "Her words.", "_csrf_token": token}
    asked = visitor.send_form(path, typed)
    assert "Sign in again as Grace Ofori" in words_of(asked)
    own = visitor.post("/sign-in", data={**hidden(asked), "person": DUTY})
    page = visitor.follow(visitor.post(path, data=hidden(own)))
    assert "Screened: red, level 4 Grace Ofori" in words_of(page)
