"""Can an auditor follow the log, and does it tell headers alone?"""

import re

from tests.parts.authority import AUDITOR, DUTY, MANAGER, OTHER_WORKER, WORKER
from tests.parts.site import Site, Visitor, words_of

PRIVATE = ("Ama", "Kofi", "Boateng", "bruise", "Quay Lane", "9990000042", "Whitlock", "Tom Akers")


def test_the_log_is_read_from_its_newest_end_or_from_anywhere(shared_site: Site) -> None:
    visitor, newest = shared_site.visitor(AUDITOR), shared_site.authority.parts.store.newest()
    page = visitor.get("/log")
    assert f"Newest event {newest}" in words_of(page)
    assert f'id="event-{newest}"' in page.text
    from_two = visitor.get("/log?from=2").text
    assert 'id="event-2"' in from_two
    assert 'id="event-1"' not in from_two
    for wrong in ("0", "-3", "x", "99999999999999999999", "²", "9" * 400):
        assert visitor.get(f"/log?from={wrong}").status_code == 200, wrong


def test_a_long_log_has_pages(site: Site) -> None:
    for number in range(10):
        site.authority.concern(number=str(1000 + number), given_name=f"Child{number}")
    visitor = site.visitor(AUDITOR)
    assert 'href="/log?from=1">Earlier' in visitor.get("/log?from=31").text
    assert 'href="/log?from=52">Later' in visitor.get("/log?from=2").text
    assert ">Later<" not in visitor.get("/log").text


def test_no_private_word_is_in_the_log(shared_site: Site) -> None:
    visitor = shared_site.visitor(AUDITOR)
    streams = (
        shared_site.authority.referrals["known"],
        shared_site.authority.children["kofi"],
        "team-east",
    )
    for path in ("/log", "/log?from=1", *(f"/log/{stream}" for stream in streams)):
        text = visitor.get(path).text
        for word in PRIVATE:
            assert word not in text, (path, word)


def test_one_streams_history_tells_who_looked(shared_site: Site) -> None:
    referral = shared_site.authority.referrals["late"]
    shared_site.visitor(DUTY).get(f"/referrals/{referral}")
    words = words_of(shared_site.visitor(AUDITOR).get(f"/log/{referral}"))
    assert "referral.received.v1" in words
    assert "narrative sealed" in words
    assert f"{DUTY} see referral" in words


def test_a_destroyed_part_is_said_to_be_so(site: Site) -> None:
    referral = site.authority.referrals["late"]
    site.authority.parts.store.vault.destroy(referral, "narrative")
    words = words_of(site.visitor(AUDITOR).get(f"/log/{referral}"))
    assert "narrative destroyed" in words


def test_only_an_auditor_reads_the_log(shared_site: Site) -> None:
    referral = shared_site.authority.referrals["late"]
    for person in (DUTY, MANAGER, "open-door", "operator"):
        visitor = shared_site.visitor(person)
        for path in ("/log", f"/log/{referral}", "/log/nothing-like-it"):
            assert visitor.get(path).status_code == 404, (person, path)
    assert shared_site.visitor(AUDITOR).get("/log/nothing-like-it").status_code == 404


def test_an_auditor_opens_no_record(shared_site: Site) -> None:
    visitor = shared_site.visitor(AUDITOR)
    referral, child = shared_site.authority.referrals["late"], shared_site.authority.children["ama"]
    for path in (f"/referrals/{referral}", f"/api/children/{child}/timeline", "/inbox"):
        assert visitor.get(path).status_code == 404, path


# ── Who looked ────────────────────────────────────────────────────────────────────────────────────


def looks(visitor: Visitor, query: str = "") -> list[str]:
    """Each line of the list, as it is read."""
    _, _, body = visitor.get(f"/looks{query}").text.partition('<tbody class="govuk-table__body">')
    found = re.findall(r"<tr.*?</tr>", body.partition("</tbody>")[0], re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_an_auditor_reads_who_looked_by_record_person_and_day(site: Site) -> None:
    child = site.authority.children["kofi"]
    site.visitor(WORKER).get(f"/children/{child}")
    site.visitor(OTHER_WORKER).get(f"/children/{child}")
    site.authority.clock.move(days=1)
    site.visitor(DUTY).get(f"/referrals/{site.authority.referrals['late']}")
    auditor = site.visitor(AUDITOR)
    newest = looks(auditor)
    assert newest[0].startswith(f"{AUDITOR} Auditor")
    assert newest[1].startswith(f"{DUTY} Duty social worker")
    about = looks(auditor, f"?record={child}")
    assert about[0].startswith(f"{AUDITOR} Auditor")
    assert f"{OTHER_WORKER} Social worker Tuesday 10 March 2026 at 9:30am The record" in about[1]
    assert "Denied The person has nothing to do with it." in about[1]
    assert "Shown A social worker sees and acts on what is allocated to them" in about[2]
    manager = site.visitor(MANAGER)
    manager.send_form("/children", words="kofi boateng")
    searched = looks(auditor, f"?person={MANAGER}")[0]
    assert f"A search for a child {child} 2 words of a search Shown" in searched
    theirs = looks(auditor, f"?person={WORKER}")
    assert len(theirs) == 1
    day = "since-day=10&since-month=3&since-year=2026&until-day=10&until-month=3&until-year=2026"
    assert len(looks(auditor, f"?{day}&record={child}")) == 2
    next_day = looks(auditor, f"?record={child}&{day.replace('=10', '=11')}")
    assert {row.split()[0] for row in next_day} == {AUDITOR, MANAGER}
    assert "No look fits" in words_of(auditor.get("/looks?person=nobody"))


def test_a_long_list_of_looks_has_pages(site: Site) -> None:
    worker = site.visitor(WORKER)
    for _ in range(30):
        worker.get("/work")
    auditor = site.visitor(AUDITOR)
    query = f"?person={WORKER}"
    assert len(looks(auditor, query)) == 25
    page = auditor.get(f"/looks{query}")
    assert "30 looks, page 1 of 2" in words_of(page)
    assert f'href="/looks?person={WORKER}&amp;page=2"' in page.text
    assert len(looks(auditor, f"{query}&page=2")) == 5


def test_what_is_no_id_is_not_looked_for(shared_site: Site) -> None:
    auditor = shared_site.visitor(AUDITOR)
    assert "The person must be an id" in words_of(auditor.get("/looks?person=Tom+Akers"))
    wrong = "/looks?since-day=40&since-month=1&since-year=2026"
    assert "must be a real date" in words_of(auditor.get(wrong))


def test_only_an_auditor_reads_who_looked_everywhere(shared_site: Site) -> None:
    for person in (DUTY, MANAGER, WORKER, "open-door", "operator"):
        assert shared_site.visitor(person).get("/looks").status_code == 404, person


# ── One decision ──────────────────────────────────────────────────────────────────────────────────


def test_of_a_decision_an_auditor_reads_who_when_knowing_what_under_which_rule(
    shared_site: Site,
) -> None:
    referral = shared_site.authority.referrals["decided"]
    auditor = shared_site.visitor(AUDITOR)
    page = auditor.get(f"/log/{referral}")
    (version,) = (
        each.version
        for each in shared_site.authority.parts.store.history(referral)
        if each.name == "referral.decided.v1"
    )
    href = f"/log/{referral}/{version}"
    assert f'href="{href}"' in page.text
    words = words_of(auditor.get(href))
    for told in (
        "Referral decided",
        f"By {DUTY}",
        "In which role Duty social worker, team-east",
        "It happened Tuesday 17 February 2026 at 9:30am",
        "The council was told Tuesday 17 February 2026 at 9:30am",
        "It was written down Tuesday 17 February 2026 at 9:30am",
        "Policy in force then 2025-04.exampleshire.1",
        "R1 Ended by this event Decide, acknowledge 2025-04.exampleshire.1 17 February 2026",
        "case.opened.v1",
        "Referral received from Open Door",
        "Sealed: narrative",
        f"Ask {MANAGER}, manager of East",
    ):
        assert told in words, (told, words)
    for word in (*PRIVATE, "Neglect over months"):
        assert word not in words, word


def test_every_event_of_the_log_can_be_asked_after(shared_site: Site) -> None:
    auditor, store = shared_site.visitor(AUDITOR), shared_site.authority.parts.store
    for each in store.since(0, 1000):
        answer = auditor.get(f"/log/{each.stream}/{each.version}")
        assert answer.status_code == 200, each.name
        for word in PRIVATE:
            assert word not in answer.text, (each.name, word)


def test_an_event_is_an_auditors_to_ask_after(shared_site: Site) -> None:
    referral = shared_site.authority.referrals["decided"]
    for person in (DUTY, MANAGER, "open-door", "operator"):
        assert shared_site.visitor(person).get(f"/log/{referral}/1").status_code == 404, person
    auditor = shared_site.visitor(AUDITOR)
    for nothing in (f"/log/{referral}/99", "/log/referral-none/1", f"/log/{referral}/x"):
        assert auditor.get(nothing).status_code == 404, nothing
