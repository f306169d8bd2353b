"""Can everything be found that was sent and became no referral?"""

from tests.parts.authority import AUDITOR, DUTY, MANAGER, WORKER
from tests.parts.site import Site, words_of

ADMITTED = (
    b"MSH|^~\\&|EDIS|CITY|COUNCIL|CS|20260310091500||ADT^A01|M%d|P|2.4\r"
    b"EVN|A01|20260310091500\r"
    b"PID|1||H-77^^^CITY^MR||Lund^Ivo||20160303|M\r"
    b"PV1|1|E\r"
)


def test_a_message_that_tells_of_no_concern_is_listed_and_can_be_read(site: Site) -> None:
    visitor = site.visitor(DUTY)
    assert "Every message became a referral" in words_of(visitor.get("/inbox/no-referral"))
    receipt = site.authority.send(ADMITTED % 1, "city-hospital")
    assert (receipt.result, receipt.referral) == ("no-concern", None)
    assert 'href="/inbox/no-referral"' in visitor.get("/inbox").text
    page = visitor.get("/inbox/no-referral")
    words = words_of(page)
    assert "1 message, the newest first" in words
    assert "Tuesday 10 March 2026 at 9:30am City Hospital" in words
    assert "It tells of no concern about a child." in words
    (path,) = {part.split('"')[0] for part in page.text.split('href="')[1:] if "/messages/" in part}
    words = words_of(visitor.get(path))
    assert "It became no referral. It tells of no concern about a child." in words
    assert "PID|1||H-77^^^CITY^MR||Lund^Ivo||20160303|M" in words
    look = site.authority.parts.gate.log.newest()
    assert look is not None
    assert (look.action, look.about) == ("see-unreferred", (path.removeprefix("/messages/"),))


def test_a_long_list_is_read_in_pages(site: Site) -> None:
    for number in range(26):
        site.authority.send(ADMITTED % number, "city-hospital")
    visitor = site.visitor(MANAGER)
    assert "26 messages, page 1 of 2, the newest first" in words_of(
        visitor.get("/inbox/no-referral")
    )
    assert visitor.get("/inbox/no-referral?page=2").text.count("/messages/message-") == 1


def test_only_who_triages_reads_them(site: Site) -> None:
    receipt = site.authority.send(ADMITTED % 1, "city-hospital")
    assert receipt.position is not None
    stream = site.authority.parts.store.recorded_at(receipt.position, 1)[0].stream
    for person in (WORKER, AUDITOR, "city-hospital"):
        visitor = site.visitor(person)
        assert visitor.get("/inbox/no-referral").status_code == 404, person
        assert visitor.get(f"/messages/{stream}").status_code == 404, person
    duty = site.visitor(DUTY)
    assert duty.get(f"/messages/{stream}").status_code == 200
    concern = site.authority.concern(number="9")
    assert concern.position is not None
    known = site.authority.parts.store.recorded_at(concern.position, 10)
    message = next(each.stream for each in known if each.stream.startswith("message-"))
    assert duty.get(f"/messages/{message}").status_code == 404  # it is read with its referral
