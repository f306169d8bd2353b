"""Can everything be found that was sent and became no referral?"""

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from adapters.transports.mail_drop import Mailboxes
from services.ingest import Ingest
from services.intake import LARGEST
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
    assert "Tuesday 10 March 2026 at 9:30am , from City Hospital, HL7 version 2" in words
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
    stream = _message(site, ADMITTED % 1)
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


OF_JONAH = (
    "From: Reports <reports@hospital.example>\r\nMessage-ID: <bounce-%d@hospital.example>\r\n"
    "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\r\n"
    "It could not be delivered: %s, 9 Quay, Exeter.\r\n"
)


@pytest.mark.parametrize(
    "said",
    [
        "NHS 999-000-0131",
        "JONAH BOATENG",
        "Boateng, 2018-06-04",
        "Jonah, born 4 JUNE 2018",
        "Jonah, born 4/6/2018",
        "Boateng 04.06.18",
        "Jonah, born on the 4th of June 2018",
        "Boateng, June 4th, 2018",
        "J&#111;nah B&#111;ateng",
        "Jonah Formerly",
        "NHS 999 000 0026",
    ],
)
def test_what_may_be_about_a_record_restricted_to_others_is_not_read(site: Site, said: str) -> None:
    jonah = {"given_name": "Jonah", "family_name": "Formerly", "born": "04/06/2018"}
    receipt = site.authority.concern(number="9", nhs_number="9990000026", **jonah)
    _restrict(site, receipt.children[0], family_name="Boateng", nhs_number="9990000131")
    path = f"/messages/{_message(site, (OF_JONAH % (1, said)).encode())}"
    other = f"/messages/{_message(site, (OF_JONAH % (2, 'Jonah, 9990000018')).encode())}"
    words = words_of(site.visitor(DUTY).get(path))
    assert "It may be about a child whose record is restricted to others." in words
    assert "Quay" not in words
    look = site.authority.parts.gate.log.newest()
    assert look is not None
    assert (look.action, look.permitted, look.rule) == ("see-unreferred", False, "restricted")
    assert "Quay" in words_of(site.visitor(MANAGER).get(path))
    assert "Quay" in words_of(site.visitor(DUTY).get(other))


def test_of_an_unborn_child_the_date_due_is_what_a_birth_date_is_of_others(site: Site) -> None:
    receipt = site.authority.concern(number="9", given_name="", born="", nhs_number="")
    due = {"given_name": "", "born_on": None, "due_on": "2026-05-01"}
    _restrict(site, receipt.children[0], family_name="Bump", nhs_number=None, **due)
    closed, other = (
        words_of(site.visitor(DUTY).get(f"/messages/{_message(site, body.encode())}"))
        for body in (OF_JONAH % (1, "Bump, due 1 May 2026"), OF_JONAH % (2, "Ash, due 1 May 2026"))
    )
    assert "Quay" not in closed
    assert "Quay" in other


def _restrict(site: Site, child_id: str, **details: Any) -> None:
    """Its details are put right, and nobody but the manager may open it."""
    known = {"given_name": "Jonah", "born_on": "2018-06-04", "sex": "M", "postcode": None}
    told = {**known, **details, "reason": "As the court has it."}
    site.authority.give(MANAGER, "correct-details", child_id=child_id, **told)
    named = {"named": [MANAGER], "reason": "His father works here."}
    site.authority.give(MANAGER, "restrict-record", child_id=child_id, **named)


def _message(site: Site, body: bytes) -> str:
    receipt = site.authority.send(body, "city-hospital")
    assert (receipt.result, receipt.referral) == ("no-concern", None)
    assert receipt.position is not None
    return site.authority.parts.store.recorded_at(receipt.position, 1)[0].stream


BOUNCE = b"""From: Mail Delivery System <mailer-daemon@police.example>
To: concerns@council.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-1@police.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=X

--X
Content-Type: text/plain

Your message could not be delivered.
--X
Content-Type: message/delivery-status

Final-Recipient: rfc822; duty@police.example
Action: failed
Status: 5.1.1
--X--
"""
AWAY = b"""From: duty@police.example
To: concerns@council.example
Subject: Automatic reply: Your referral
Message-ID: <away-1@police.example>
Auto-Submitted: auto-replied

I am away until Monday.
"""


@pytest.mark.parametrize(
    ("body", "said"), [(BOUNCE, "could not be delivered"), (AWAY, "away until")]
)
def test_what_a_mail_programme_sent_stays_out_of_the_inbox_and_is_kept(
    site: Site, tmp_path: Path, body: bytes, said: str
) -> None:
    authority, new = site.authority, tmp_path / "mail" / "north-police" / "new"
    new.mkdir(parents=True)
    (new / "1.eml").write_bytes(body.replace(b"\n", b"\r\n"))
    visitor = site.visitor(DUTY)
    waiting = visitor.get("/api/inbox").json()
    mailboxes = Mailboxes(tmp_path / "mail", authority.clock, LARGEST)
    taking = Ingest(authority.parts.store, mailboxes, pytest.fail, authority.clock)
    (line,) = taking.lines(Event(), once=True)
    assert (line.result, line.transport, line.referral) == ("no-concern", "mail-drop", None)
    authority.catch_up()
    assert visitor.get("/api/inbox").json() == waiting
    page = visitor.get("/inbox/no-referral")
    assert "1 message, the newest first" in words_of(page)
    (path,) = {part.split('"')[0] for part in page.text.split('href="')[1:] if "/messages/" in part}
    assert said in words_of(visitor.get(path))
    assert [each.name for each in (new.parent / "cur").iterdir()] == ["1.eml"]
