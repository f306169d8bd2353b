"""Can an auditor follow the log, and does it tell headers alone?"""

from tests.parts.authority import AUDITOR, DUTY, MANAGER
from tests.parts.site import Site, words_of

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
