"""Does duty see first what is late, and is no concern overlooked?"""

import re

from tests.parts.authority import DUTY, EAST, MANAGER, WORKER, form
from tests.parts.site import Site, Visitor, words_of


def rows(visitor: Visitor, path: str = "/inbox") -> list[str]:
    """Each row of the list, as it is read."""
    page = visitor.get(path).text
    _, _, body = page.partition('<tbody class="govuk-table__body">')
    found = re.findall(r"<tr.*?</tr>", body.partition("</tbody>")[0], re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_what_is_due_first_comes_first_and_late_ones_say_so(shared_site: Site) -> None:
    ama, kofi, jonah, nobody = rows(shared_site.visitor(DUTY))
    assert ama.startswith("Ama Boateng 2 working days late due 6 March 2026")
    assert kofi.startswith("Kofi Boateng Due today 10 March 2026 9 Mar, 13:30 City Hospital")
    assert "Immediate" in kofi
    assert "Tom Akers told" in kofi
    assert nobody.startswith("No child named Who is it about? 1 problem Due next working day")
    assert "No team yet" in nobody
    assert jonah.endswith("West")


def test_a_team_sees_its_own_and_what_is_with_no_team(shared_site: Site) -> None:
    names = [
        row.split(" Due")[0] for row in rows(shared_site.visitor(DUTY), "/inbox?team=team-west")
    ]
    assert names == ["Jonah Reed", "No child named Who is it about? 1 problem"]


def test_the_tiles_lead_to_their_referrals(shared_site: Site) -> None:
    visitor = shared_site.visitor(DUTY)
    assert len(rows(visitor, "/inbox?only=late")) == 1
    assert len(rows(visitor, "/inbox?only=today")) == 1
    assert len(rows(visitor, "/inbox?only=unnamed")) == 1
    assert "Nothing here." in words_of(visitor.get("/inbox?only=news"))
    assert len(rows(visitor, "/inbox?only=nonsense")) == 4


def test_what_came_since_is_marked(site: Site) -> None:
    lena = {"given_name": "Lena", "family_name": "Marsh", "nhs_number": "9990000069"}
    site.authority.concern(
        number="200", sender="elm-surgery", **lena, born="30/01/2021", concern="A fourth time."
    )
    site.authority.send(form(number="1", withdrawn=True), key="withdrawn")
    site.authority.send(form(number="1", concern="Other words."), key="withdrawn")
    found = "\n".join(rows(site.visitor(DUTY)))
    for mark in ("Withdrawn", "Two versions", "More came", "Decided before"):
        assert mark in found, found


def test_what_is_decided_and_not_finished_is_not_forgotten(shared_site: Site) -> None:
    visitor = shared_site.visitor(MANAGER)
    for do in ("authorise", "tell"):
        (lena,) = rows(visitor, f"/inbox/decided?do={do}")
        assert lena.startswith("Lena Marsh Information and advice given 4 March 2026, Grace Ofori")
        assert lena.endswith("4 working days Elm Surgery")
        west = words_of(visitor.get(f"/inbox/decided?do={do}&team=team-west"))
        assert "Nothing is left to do." in west
    assert "To authorise (1) To tell (1)" in words_of(visitor.get("/inbox"))
    assert rows(visitor, "/inbox/decided") == rows(visitor, "/inbox/decided?do=authorise")


def test_what_is_to_be_authorised_is_apart_from_what_is_to_be_told(site: Site) -> None:
    it = site.authority
    it.give(MANAGER, "authorise-decision", referral_id=it.referrals["untold"], rationale="Agreed.")
    visitor = site.visitor(MANAGER)
    assert "To authorise (0) To tell (1)" in words_of(visitor.get("/inbox"))
    assert len(rows(visitor, "/inbox/decided?do=tell")) == 1
    none = words_of(visitor.get("/inbox/decided?do=authorise"))
    assert "Every decision is authorised." in none


def test_a_long_list_of_decisions_has_pages_of_25_the_oldest_first(site: Site) -> None:
    it = site.authority
    for number in range(30):
        sent = it.concern(number=str(1000 + number), given_name=f"Child{number}")
        about = {"referral_id": sent.referral, "outcome": "no-further-action"}
        it.give(DUTY, "decide-referral", **about, rationale="Nothing to do.")
        it.clock.move(minutes=1)
    visitor = site.visitor(MANAGER)
    page = visitor.get("/inbox/decided?do=tell&team=team-east")
    assert "To authorise (31) To tell (31)" in words_of(page)
    first = rows(visitor, "/inbox/decided?do=tell&team=team-east")
    assert len(first) == 25
    assert first[0].startswith("Lena")
    assert 'href="/inbox/decided?team=team-east&amp;do=tell&amp;page=2"' in page.text
    assert len(rows(visitor, "/inbox/decided?do=tell&team=team-east&page=2")) == 6


def test_an_empty_inbox_says_so(site: Site) -> None:
    for name in ("late", "known", "unread", "west"):
        about = {"referral_id": site.authority.referrals[name]}
        decision = {"outcome": "no-further-action", "rationale": "Nothing to do."}
        site.authority.give(DUTY, "decide-referral", **about, **decision)
    words = words_of(site.visitor(DUTY).get("/inbox"))
    assert "Nothing waits for a decision." in words
    assert "To authorise (5) To tell (5)" in words


def test_a_record_restricted_to_others_is_not_named(site: Site) -> None:
    jonah = {"child_id": site.authority.children["jonah"]}
    restricted = {**jonah, "named": [MANAGER], "reason": "A colleague's child."}
    site.authority.give(MANAGER, "restrict-record", **restricted)
    assert any(row.startswith("Restricted record") for row in rows(site.visitor(DUTY)))
    assert "Jonah" not in site.visitor(DUTY).get("/inbox").text
    assert any(row.startswith("Jonah Reed") for row in rows(site.visitor(MANAGER)))


def test_a_look_at_the_inbox_is_a_look_at_every_child_in_it(shared_site: Site) -> None:
    shared_site.visitor(DUTY).get(f"/inbox?team={EAST}")
    look = shared_site.authority.parts.gate.log.newest()
    assert look is not None
    assert (look.person, look.action) == (DUTY, "see-inbox")
    assert {shared_site.authority.children[name] for name in ("ama", "kofi")} <= set(look.about)


def test_a_hundred_referrals_are_listed(site: Site) -> None:
    for number in range(96):
        site.authority.concern(number=str(1000 + number), given_name=f"Child{number}")
    assert len(rows(site.visitor(DUTY))) == 100


# ── What came after the decision ──────────────────────────────────────────────────────────────────


def decided_then_more(site: Site, person: str = DUTY) -> str:
    """Kofi's referral, decided by somebody; the next day the hospital's own words change."""
    it = site.authority
    referral = it.referrals["known"]
    about = {"referral_id": referral, "outcome": "existing-worker"}
    it.give(person, "decide-referral", **about, rationale="The worker has it.")
    it.clock.move(days=1)
    it.give(person, "follow-up-referral", referral_id=referral, words="What became of it?")
    return referral


AGAIN = (
    "Decided on 10 March 2026: Passed to the child's allocated social worker; the referrer asked on"
    " 11 March 2026: look at it by 12 March 2026"
)


def test_what_came_after_a_decision_is_told_in_the_same_words_on_every_page(site: Site) -> None:
    referral = decided_then_more(site)
    kofi = site.authority.children["kofi"]
    for person, path in (
        (DUTY, "/inbox"),
        (DUTY, f"/referrals/{referral}"),
        (WORKER, f"/children/{kofi}"),
        (WORKER, "/work"),
    ):
        assert AGAIN in words_of(site.visitor(person).get(path)), path


def test_what_came_after_a_decision_is_late_by_its_own_day(site: Site) -> None:
    it = site.authority
    referral = it.referrals["late"]  # it came on 5 March and was to be decided by the 6th
    it.send(form(number="1", concern="Other words."), key="again")
    about = {"referral_id": referral, "outcome": "advice"}
    it.give(DUTY, "decide-referral", **about, rationale="A class is offered.")
    it.send(form(number="1", concern="Yet others."), key="again")
    duty = site.visitor(DUTY)
    assert "0 Late" in words_of(duty.get("/inbox"))
    (ama,) = (row for row in rows(duty) if row.startswith("Ama"))
    assert "Due next working day 11 March 2026" in ama
    assert "two versions came on 10 March 2026: look at it by 11 March 2026" in ama
    it.clock.move(days=2)
    duty = site.visitor(DUTY)
    (ama,) = (row for row in rows(duty) if row.startswith("Ama"))
    assert "1 working day late due 11 March 2026" in ama
    assert ama in rows(duty, "/inbox?only=late")


def test_a_referral_that_was_reopened_says_so_and_until_when(site: Site) -> None:
    it = site.authority
    about = {"referral_id": it.referrals["known"]}
    decided = {"outcome": "no-further-action", "rationale": "Nothing to do."}
    it.give(DUTY, "decide-referral", **about, **decided)
    it.clock.move(hours=1)
    it.give(DUTY, "reopen-referral", **about, reason="The wrong one.")
    told = "Reopened on 10 March 2026: decide again by 11 March 2026"
    for person, path in ((DUTY, "/inbox"), (WORKER, "/work")):
        assert told in words_of(site.visitor(person).get(path)), path


# ── In which order ────────────────────────────────────────────────────────────────────────────────


def test_of_what_is_due_the_same_day_the_most_urgent_stands_first(site: Site) -> None:
    it = site.authority
    named = {"routine": "Rosa", "not-stated": "Noor", "urgent": "Una", "immediate": "Ines"}
    for number, (urgency, name) in enumerate(named.items()):
        it.concern(number=str(900 + number), given_name=name, urgency=urgency)
        it.clock.move(minutes=1)
    duty = site.visitor(DUTY)
    names = [row.split()[0] for row in rows(duty)]
    assert names[:2] == ["Ama", "Kofi"]
    wanted = ["Ines", "Una", "Noor", "Rosa"]
    assert [name for name in names if name in wanted] == wanted
    said = "What is late stands first, then what is due next; on the same day the most urgent"
    assert said in words_of(duty.get("/inbox"))
