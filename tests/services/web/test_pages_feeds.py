"""Is it seen who has fallen silent, and can what is set aside be taken in without being read?"""

import re
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from kafka.admin import NewTopic
from structlog.testing import capture_logs

from adapters.translation import formats
from domain.quarantine import Header
from services.access import OPERATOR
from services.alarm import Watch
from services.feeds import Line, Row, of_each
from services.intake import LARGEST
from services.lag import AWAY
from services.web.feed_words import told
from tests.parts.authority import AUDITOR, DUTY, MANAGER, NOW, WORKER, Authority, form
from tests.parts.kafka import Broker
from tests.parts.site import Site, hidden, words_of

FORM = "Referral form of the council or a voluntary organisation (JSON)"
SILENT = (
    "Nothing has come from Elm Surgery by HTTP since Wednesday 4 March 2026 at 9:30am; about 5 "
    "messages should have."
)


def sends_daily(authority: Authority) -> None:
    """The surgery sends once a day for four weeks, until six days ago."""
    for day in range(28, 6, -1):
        authority.clock.at = NOW - timedelta(days=day)
        authority.send(b"A note, %d days ago" % day, "elm-surgery")
    authority.clock.at = NOW


def test_an_agency_that_fell_silent_is_told_of_on_the_feeds_page_and_in_the_inbox(
    site: Site,
) -> None:
    visitor = site.visitor(DUTY)
    assert "Nothing has come" not in words_of(visitor.get("/inbox"))
    sends_daily(site.authority)
    for path in ("/feeds", "/inbox"):
        words = words_of(visitor.get(path))
        assert SILENT in words, path
        assert "Ring Elm Surgery and ask whether their system still sends" in words
        assert "Concerns may wait there." in words
    words = words_of(visitor.get("/feeds"))
    assert "Elm Surgery Silent HTTP 4 Mar, 09:30" in words
    assert "North Police Sends HTTP 07:30 today" in words
    assert "Open Door Sends HTTP 08:30 today" in words
    assert 'href="/feeds"' in visitor.get("/inbox").text
    assert "set aside" not in words_of(visitor.get("/inbox"))


@pytest.mark.parametrize(
    ("lag", "said"),
    [
        (1, "1 message from Elm Surgery waits on Kafka since Tuesday 10 March 2026 at 9:30am, and "
            "nobody takes it in."),
        (1200, "1,200 messages from Elm Surgery wait on Kafka since Tuesday 10 March 2026 at "
            "9:30am, and nobody takes them in."),
    ],
)  # fmt: skip
def test_what_nobody_takes_in_from_kafka_is_for_the_operator(lag: int, said: str) -> None:
    line = Line(
        agency="elm-surgery",
        transport="kafka",
        last_message_at=None,
        silent_since=None,
        lag=lag,
        quarantined=0,
        state="behind",
    )
    alarm = told(Row(line=line, name="Elm Surgery", waits_since=NOW))
    assert alarm.what == said
    assert "Tell the operator" in alarm.do


@pytest.mark.real_kafka
def test_what_waits_on_kafka_is_told_on_the_page_in_the_inbox_and_in_the_log(
    site: Site, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency, parts = f"agency-{uuid4().hex[:8]}", site.authority.parts
    registered = {"agency_id": agency, "kind": "school", "name": "Hill School"}
    site.authority.give("operator", "register-agency", **registered)
    with closing(kafka.administration()) as admin:  # one that has its senders' times
        admin.create_topics([NewTopic(f"in.{agency}.webform.v1", 1, 1)])
    old = int((NOW - timedelta(minutes=10)).timestamp() * 1000)
    with closing(KafkaProducer(bootstrap_servers=kafka.address, enable_idempotence=True)) as sender:
        sender.send(f"in.{agency}.webform.v1", b"x", timestamp_ms=old).get(10)
    monkeypatch.setenv("SAFEGUARDING_KAFKA_BOOTSTRAP", kafka.address)
    visitor = site.visitor(DUTY)
    assert "Hill School" not in words_of(visitor.get("/inbox")), (
        "it asks nobody, and waits for none"
    )
    words = words_of(visitor.get("/feeds"))
    assert "Hill School Not taken in Kafka Nothing yet 1 since 09:20 today" in words
    assert "1 message from Hill School waits on Kafka" in words_of(visitor.get("/inbox"))
    with capture_logs() as lines:
        Watch(parts).look()
    assert [line["agency"] for line in lines if line["event"] == "feed_behind"] == [agency]


def test_who_may_see_feeds_is_led_there(shared_site: Site) -> None:
    for person, sees in (
        (DUTY, True),
        (MANAGER, True),
        (AUDITOR, True),
        ("operator", True),
        (WORKER, False),
        ("open-door", False),
    ):
        visitor = shared_site.visitor(person)
        assert (visitor.get("/feeds").status_code == 200) is sees, person
        assert (visitor.get("/feeds/quarantine").status_code == 200) is sees, person
        assert ('href="/feeds"' in visitor.get("/sign-in").text) is sees, person


def test_what_is_set_aside_is_listed_with_why_and_without_what_it_says(site: Site) -> None:
    body = form(number="7")
    identity = site.authority.set_aside(body)
    site.authority.set_aside(b"", agency="elm-surgery")
    for person in (DUTY, AUDITOR, "operator"):
        visitor = site.visitor(person)
        words = words_of(visitor.get("/feeds"))
        assert "All that is set aside or was lost" in words
        for name in ("North Police", "Elm Surgery"):
            said = (
                f"1 message from {name} is set aside since Tuesday 10 March 2026 at 9:30am: 1"
                " without an id."
            )
            assert said in words
            assert person != DUTY or said in words_of(visitor.get("/inbox"))
        page = visitor.get("/feeds/quarantine")
        words = words_of(page)
        assert "2 messages, the oldest first" in words
        assert "It carries no id" in words
        assert "in.north-police.webform.v1, partition 1, offset 42" in words
        only = words_of(visitor.get("/feeds/quarantine?agency=elm-surgery"))
        assert "1 message, the oldest first" in only
        assert "Only from Elm Surgery" in only
        one = visitor.get(f"/feeds/quarantine/{identity}")
        assert one.status_code == 200
        assert ("Take it in after all" in words_of(one)) is (person != AUDITOR)
        for shown in (page, one) if person != DUTY else (page,):
            assert not [word for word in ("Ama", "bruise", "Quay") if word in shown.text]


def test_what_stands_in_it_is_seen_by_who_decides_and_that_is_on_record_first(site: Site) -> None:
    body = form(number="7")
    identity = site.authority.set_aside(body)
    for person, reads in ((DUTY, True), (MANAGER, True), (AUDITOR, False), ("operator", False)):
        words = words_of(site.visitor(person).get(f"/feeds/quarantine/{identity}"))
        assert f"Format {FORM} Size {len(body)} bytes" in words, person
        assert ("Ama had a bruise on her arm" in words) is reads
        assert ("In whose name North Police (/agencies/north-police)" in words) is reads
        assert ("only those on duty may read what stands in it" in words) is (not reads)
        looks = site.authority.parts.gate.log.seen_by(identity)
        assert ((looks[0].person, looks[0].action) == (person, "see-unreferred")) is reads


def test_it_is_read_as_it_came_where_that_is_asked_for_and_the_look_at_addresses_recorded(
    site: Site,
) -> None:
    identity = site.authority.set_aside(form(number="7"))
    path, visitor = f"/feeds/quarantine/{identity}", site.visitor(DUTY)
    answer = visitor.get(path)
    assert "Quay" not in answer.text
    assert "1 address, not shown here" in words_of(answer)
    assert f'href="{path}?raw=shown"' in answer.text
    assert "7 Quay Lane" in words_of(visitor.get(f"{path}?raw=shown"))
    looks = site.authority.parts.gate.log.seen_by(identity)
    assert [each.action for each in looks] == ["see-address", "see-unreferred", "see-unreferred"]
    for person in (AUDITOR, "operator"):
        assert "Quay" not in site.visitor(person).get(f"{path}?raw=shown").text


def test_what_no_format_can_read_is_read_as_it_came(site: Site) -> None:
    topic = "in.north-police.smoke-signals.v1"
    path = f"/feeds/quarantine/{site.authority.set_aside(bytes(9), topic=topic)}"
    words = words_of(site.visitor(DUTY).get(path))
    assert "Format Not known" in words
    assert "Its format cannot be read: read it as it came." in words


def test_of_a_table_it_is_said_how_many_rows_there_are_more(site: Site) -> None:
    rows = "".join(f"Ama,Boateng,04/06/2018,Bruise {n}\n" for n in range(23))
    table = f"Child First Name,Child Surname,Date of Birth,Concern\n{rows}".encode()
    path = site.authority.set_aside(table, topic="in.north-police.csv-drop.v1")
    words = words_of(site.visitor(DUTY).get(f"/feeds/quarantine/{path}"))
    assert "Bruise 19" in words
    assert "Bruise 20" not in words
    assert "3 more rows." in words


JONAH = {"given_name": "Jonah", "family_name": "Boateng", "born": "04/06/2018"}


@pytest.mark.parametrize(
    "more",
    [
        {"nhs_number": "9990000131"},
        {"nhs_number": "", "born": ""},
        {"given_name": "", "nhs_number": ""},
        {"number": "9", "family_name": "", "given_name": "", "born": ""},
    ],
    ids=["number", "name", "surname and birth date", "reference"],
)
def test_what_may_be_about_a_record_restricted_to_others_is_not_read(
    site: Site, more: dict[str, str]
) -> None:
    said = {"nhs_number": "9990000131", **JONAH}
    receipt = site.authority.concern(number="9", sender="north-police", **said)
    named = {"named": [MANAGER], "reason": "His father works here."}
    site.authority.give(MANAGER, "restrict-record", child_id=receipt.children[0], **named)
    told: dict[str, Any] = {"number": "7", "concern": "He said that he was hit.", **JONAH, **more}
    body = form(**told)
    path = f"/feeds/quarantine/{site.authority.set_aside(body)}"
    visitor = site.visitor(DUTY)
    for answer in (visitor.get(path), visitor.get(f"{path}?raw=shown")):
        words = words_of(answer)
        assert "It may be about a child whose record is restricted to others." in words
        assert "hit" not in words
        assert "Jonah" not in words
        assert "Put it away" not in words
        assert "Take it in after all" in words
        look = site.authority.parts.gate.log.newest()
        assert look is not None
        assert (look.action, look.permitted, look.rule) == ("see-unreferred", False, "restricted")
    assert visitor.send_form(f"{path}/put-away", why="It is empty.").status_code == 404
    words = words_of(site.visitor(MANAGER).get(path))
    assert "He said that he was hit." in words
    assert "Put it away" in words


def test_what_came_in_another_s_name_says_in_whose(site: Site) -> None:
    source = Header("ce_source", b"/agencies/elm-surgery/desk")
    identity = site.authority.set_aside(form(), reason="other-sender", headers=(source,))
    words = words_of(site.visitor(DUTY).get(f"/feeds/quarantine/{identity}"))
    assert "In whose name Elm Surgery (/agencies/elm-surgery/desk)" in words


def test_what_was_said_to_be_of_nobody_or_of_two_is_shown_as_it_came(site: Site) -> None:
    twice = (Header("ce_source", b"a <b>"), Header("CE_Source", b"\xff\x00"))
    for headers, said in (
        (twice, "In whose name a <b>, and \N{REPLACEMENT CHARACTER}\N{SYMBOL FOR NULL}"),
        ((), "In whose name Not said"),
    ):
        identity = site.authority.set_aside(form(), reason="header-twice", headers=headers)
        words = words_of(site.visitor(DUTY).get(f"/feeds/quarantine/{identity}"))
        assert said in words


def test_why_a_message_was_refused_is_said_as_it_was_then(site: Site) -> None:
    operator, agency = "operator", {"agency_id": "elm-surgery"}
    aside = partial(site.authority.set_aside, reason="refused")
    said = {
        aside(b""): "It is empty: nothing stands in it.",
        aside(b"x", size=LARGEST + 1): "It is larger than 25 MiB.",
        aside(form(), "nobody-here"): "Its sender was not registered.",
    }
    site.authority.give(operator, "suspend-agency", **agency, reason="It was broken into.")
    said[aside(form(), "elm-surgery")] = "Its sender was suspended."
    site.authority.give(operator, "resume-agency", **agency)
    for identity, why in said.items():
        assert why in words_of(site.visitor(AUDITOR).get(f"/feeds/quarantine/{identity}"))


def test_of_what_was_destroyed_it_is_said_that_nothing_is_left(site: Site) -> None:
    identity = site.authority.set_aside(form())
    site.authority.parts.store.vault.destroy(identity)
    words = words_of(site.visitor(DUTY).get(f"/feeds/quarantine/{identity}"))
    assert "Its bytes have been destroyed." in words


def test_to_put_it_away_is_not_offered_like_to_take_it_in(site: Site) -> None:
    page = site.visitor(DUTY).get(f"/feeds/quarantine/{site.authority.set_aside(form())}").text
    (put_away,) = re.findall(r"<button[^>]*>Put it away", page)
    (take_in,) = re.findall(r"<button[^>]*>Take it in after all", page)
    assert "govuk-button--secondary" in put_away
    assert "govuk-button--" not in take_in


def test_each_link_to_what_is_set_aside_says_which_it_is(site: Site) -> None:
    site.authority.set_aside(form())
    site.authority.set_aside(b"", agency="elm-surgery")
    page = site.visitor(DUTY).get("/feeds/quarantine").text
    links = re.findall(r'<a [^>]*href="/feeds/quarantine/[^>]*>(.*?)</a>', page)
    said = [re.sub("<[^>]*>", "", each) for each in links]
    since = "Tuesday 10 March 2026 at 9:30am"
    assert said == [
        f"{since}, from North Police, in.north-police.webform.v1, partition 1, offset 42",
        f"{since}, from Elm Surgery, in.elm-surgery.webform.v1, partition 1, offset 42",
    ]


def test_what_is_set_aside_stands_with_the_way_that_it_came(site: Site) -> None:
    for number in range(3):
        site.authority.set_aside(form(number=str(number)))
    rows = {
        (each.line.agency, each.line.transport): each.line
        for each in of_each(site.authority.parts, OPERATOR, NOW).rows
    }
    by_kafka, by_http = rows["north-police", "kafka"], rows["north-police", "http"]
    assert (by_kafka.state, by_kafka.quarantined) == ("quarantined", 3)
    assert (by_http.state, by_http.quarantined) == ("ok", 0)
    words = words_of(site.visitor(DUTY).get("/feeds"))
    assert "North Police Set aside Kafka None taken in yet Not known now 3 without an id" in words
    assert "North Police Sends HTTP 07:30 today" in words


def test_of_many_agencies_the_inbox_says_at_once_how_much_is_set_aside(site: Site) -> None:
    for agency in ("north-police", "elm-surgery", "open-door", "elsewhere"):
        site.authority.set_aside(b"", agency)
    site.authority.set_aside(form(), "elsewhere")
    words = words_of(site.visitor(DUTY).get("/inbox"))
    assert "5 messages from 4 agencies are set aside, the first since Tuesday 10 March" in words
    assert "Concerns may be among them, and nobody else looks for them there. Look why" in words


def test_what_is_set_aside_is_taken_in_once_by_who_says_so(site: Site) -> None:
    identity = site.authority.set_aside(formats()["webform"].example(7))
    path = f"/feeds/quarantine/{identity}"
    assert site.visitor(AUDITOR).send_form(path).status_code == 404
    assert site.visitor(WORKER).send_form(path).status_code == 404
    operator = site.visitor("operator")
    words = words_of(operator.follow(operator.send_form(path)))
    assert "The message is taken in, as any other." in words
    assert "Nothing is set aside." in words
    story = site.authority.parts.store.history(identity)
    assert [(each.name, each.event.by) for each in story][1:] == [
        ("quarantine.message_replayed.v1", "operator")
    ]
    words = words_of(site.visitor(DUTY).get(path))
    assert "operator had it taken in on Tuesday 10 March 2026 at 9:30am" in words
    assert "Ama" not in words
    again = words_of(operator.follow(operator.send_form(path)))
    assert "nothing was done twice" in again
    late = operator.send_form(f"{path}/put-away", why="It is empty.")
    assert late.status_code == 404
    assert site.visitor(WORKER).get(path).status_code == 404
    taken = [
        each.name
        for each in site.authority.parts.store.since(story[0].position, 100)
        if each.name == "referral.received.v1"
    ]
    assert len(taken) == 1


def test_what_was_here_already_is_done_once(site: Site) -> None:
    body = formats()["webform"].example(7)
    site.authority.send(body, "north-police", format="webform")
    visitor = site.visitor(DUTY)
    path = f"/feeds/quarantine/{site.authority.set_aside(body)}"
    assert "nothing was done twice" in words_of(visitor.follow(visitor.send_form(path)))


def test_what_is_refused_again_stays_with_why(site: Site) -> None:
    identity = site.authority.set_aside(b"")
    visitor = site.visitor(DUTY)
    answer = visitor.send_form(f"/feeds/quarantine/{identity}")
    assert answer.status_code == 422
    assert "It stays where it is." in words_of(answer)
    assert "1 message, the oldest first" in words_of(visitor.get("/feeds/quarantine"))


def test_what_is_never_to_be_taken_in_is_put_away_with_why_and_stays_to_be_found(
    site: Site,
) -> None:
    path = f"/feeds/quarantine/{site.authority.set_aside(b'')}"
    for person in (AUDITOR, WORKER, "operator", "open-door"):
        answer = site.visitor(person).send_form(f"{path}/put-away", why="It is empty.")
        assert answer.status_code == 404, person
    for person in (AUDITOR, "operator"):
        assert "Put it away" not in words_of(site.visitor(person).get(path))
    visitor = site.visitor(DUTY)
    page = visitor.get(path)
    answer = visitor.send_form(f"{path}/put-away", {**hidden(page), "why": " "})
    assert answer.status_code == 422
    assert "Enter why it is not to be taken in" in words_of(answer)
    typed = {**hidden(page), "why": "Nothing stands in it: <they> try their connection."}
    words = words_of(visitor.follow(visitor.send_form(f"{path}/put-away", typed)))
    assert "It is put away, and it is recorded why." in words
    assert "Nothing is set aside." in words
    assert "set aside since" not in words_of(visitor.get("/inbox"))
    assert "North Police Set aside" not in words_of(visitor.get("/feeds"))
    listed = words_of(visitor.get("/feeds/quarantine?settled=yes"))
    assert "1 message, the last settled first" in listed
    assert "Grace Ofori, Tuesday 10 March 2026 at 9:30am" in listed
    for person in (DUTY, AUDITOR, "operator"):
        words = words_of(site.visitor(person).get(path))
        assert "Put away Grace Ofori, Tuesday 10 March 2026 at 9:30am" in words
        assert ("Nothing stands in it: <they>" in words) is (person == DUTY)
        assert ("Take it in after all" in words) is (person != AUDITOR)
        assert "Put it away" not in words
    late = site.visitor(MANAGER).send_form(f"{path}/put-away", why="A test of theirs.")
    assert late.status_code == 404
    assert "Why is it not to be taken in? A test of theirs." in words_of(late)


def test_what_was_put_away_is_taken_in_later_by_who_says_so(site: Site) -> None:
    path = f"/feeds/quarantine/{site.authority.set_aside(formats()['webform'].example(7))}"
    visitor = site.visitor(DUTY)
    visitor.send_form(f"{path}/put-away", {**hidden(visitor.get(path)), "why": "A test."})
    words = words_of(visitor.follow(visitor.send_form(path)))
    assert "The message is taken in, as any other." in words
    assert "Nothing is settled." in words_of(visitor.get("/feeds/quarantine?settled=yes"))
    assert "Grace Ofori had it taken in" in words_of(visitor.get(path))


def test_messages_that_were_lost_are_told_where_those_on_duty_look(site: Site) -> None:
    site.authority.lose(3)
    site.authority.lose(1, "elm-surgery")
    visitor = site.visitor(DUTY)
    for path in ("/inbox", "/feeds"):
        words = words_of(visitor.get(path))
        assert "3 messages of North Police were lost on their way: ask them to send these" in words
        assert "1 message of Elm Surgery was lost on its way: ask them to send this one" in words
        assert "set aside since" not in words
    assert "3 lost on the way" in words_of(visitor.get("/feeds"))
    words = words_of(visitor.get("/feeds/quarantine"))
    assert "4 messages, the oldest first" in words
    assert "3 messages lost. They were deleted from Kafka before they were read" in words
    assert "in.north-police.webform.v1, partition 0, offsets 7 to 9" in words
    assert "in.elm-surgery.webform.v1, partition 0, offset 7" in words


def test_who_asked_for_what_was_lost_says_so_once_and_it_waits_no_longer(site: Site) -> None:
    path = f"/feeds/quarantine/{site.authority.lose(3)}"
    for person in (AUDITOR, WORKER, "open-door"):
        answer = site.visitor(person).send_form(f"{path}/settle", how="Rang them.")
        assert answer.status_code == 404, person
    assert "What was done?" not in words_of(site.visitor(AUDITOR).get(path))
    visitor = site.visitor(DUTY)
    page = visitor.get(path)
    assert "We have asked for them again" in words_of(page)
    assert "Take it in after all" not in words_of(page)
    assert "offsets 7 to 9" in words_of(visitor.get("/feeds/quarantine"))
    typed = {**hidden(page), "how": "Rang the control room: <all> three come today."}
    answer = visitor.send_form(f"{path}/settle", typed)
    words = words_of(visitor.follow(answer))
    assert "It is recorded what was done about the loss." in words
    assert "Nothing is set aside." in words
    assert "lost on their way" not in words_of(visitor.get("/inbox"))
    _, settled = site.authority.parts.store.history(path.rpartition("/")[2], opened=("narrative",))
    assert (settled.name, settled.event.by) == ("quarantine.loss_settled.v1", DUTY)
    assert getattr(settled.event, "how", "") == "Rang the control room: <all> three come today."
    late = site.visitor(MANAGER).send_form(f"{path}/settle", how="I wrote to them, too.")
    assert late.status_code == 404
    assert "What was done? I wrote to them, too." in words_of(late)
    words = words_of(site.visitor(DUTY).get(path))
    assert "What was done Rang the control room: <all> three come today." in words
    assert "We have asked for them again" not in words


def test_what_was_done_about_a_loss_is_to_be_said(site: Site) -> None:
    path = f"/feeds/quarantine/{site.authority.lose(1)}"
    visitor = site.visitor(DUTY)
    answer = visitor.send_form(f"{path}/settle", {**hidden(visitor.get(path)), "how": " "})
    assert answer.status_code == 422
    assert "There is a problem Enter what was done" in words_of(answer)
    assert "We have asked for it again" in words_of(answer)
    assert visitor.get(path).status_code == 200


def test_what_was_lost_is_not_taken_in(site: Site) -> None:
    path = f"/feeds/quarantine/{site.authority.lose(2)}"
    answer = site.visitor(DUTY).send_form(path)
    assert answer.status_code == 422
    assert "What was lost cannot be taken in" in words_of(answer)


def test_a_message_that_was_kept_is_not_settled_as_lost(site: Site) -> None:
    path = f"/feeds/quarantine/{site.authority.set_aside(form(number='7'))}"
    answer = site.visitor(DUTY).send_form(f"{path}/settle", how="Rang them.")
    assert answer.status_code == 404
    lost = f"/feeds/quarantine/{site.authority.lose(2)}"
    answer = site.visitor(DUTY).send_form(f"{lost}/put-away", why="It is a test.")
    assert answer.status_code == 404


def test_a_broker_that_is_away_is_said_to_be_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFEGUARDING_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    words = words_of(site.visitor(DUTY).get("/feeds"))
    assert f"How much waits on Kafka is not known now: {AWAY}." in words


def test_what_is_set_aside_is_said_in_the_log_once_and_again_when_more_is(
    authority: Authority,
) -> None:
    authority.set_aside(form(number="7"))
    watch = Watch(authority.parts)

    def told() -> list[object]:
        with capture_logs() as lines:
            watch.look()
            watch.look()
        return [line for line in lines if line["event"] == "messages_set_aside"]

    line = {
        "event": "messages_set_aside",
        "log_level": "warning",
        "agency": "north-police",
        "channel": "kafka",
        "reason_code": "no-id",
        "count": 1,
        "since": "2026-03-10T09:30:00+00:00",
    }
    assert told() == [line]
    assert told() == []
    authority.set_aside(form(number="8"))
    assert told() == [line | {"count": 2}]


def test_a_feed_that_falls_silent_is_said_in_the_log_once(authority: Authority) -> None:
    sends_daily(authority)
    watch = Watch(authority.parts)
    with capture_logs() as lines:
        for _ in range(3):
            watch.look()
    (line,) = (line for line in lines if line["event"] == "feed_silent")
    assert line == {
        "event": "feed_silent",
        "log_level": "warning",
        "agency": "elm-surgery",
        "since": "2026-03-04T09:30:00+00:00",
    }
    authority.concern(number="3", sender="elm-surgery")
    authority.clock.move(days=30)
    with capture_logs() as lines:
        watch.look()
    assert {line["agency"] for line in lines if line["event"] == "feed_silent"} >= {"elm-surgery"}
