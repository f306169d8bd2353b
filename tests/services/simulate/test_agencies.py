"""Does each made-up agency send what the adapter of its format reads without a question?"""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.translation import Translation, formats
from domain.calendar import local_day
from services.simulate.setting import agencies
from services.simulate.setting.agencies import AGENCIES, AGENCY, Message
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import open_on
from services.simulate.setting.town import Concern, Town

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
IDS = [each.agency for each in AGENCIES]
FOLLOWING = [each for each in IDS if AGENCY[each].format in ("webform", "hl7v2", "police-notice")]


def concern(agency: str, *, unplaced: bool = False, by_mail: bool = False) -> Concern:
    town, chance = Town(7), Chance(agency)
    household = town.household("XE4", NOW, chance, ages=(9, 5))
    found = town.concern(household, agency, NOW - timedelta(hours=2), chance)
    found.unplaced, found.by_mail = unplaced, by_mail
    return found


def read(message: Message, agency: str) -> Translation:
    """What the adapter reads, chosen as intake does."""
    sent = message.sent(agency, NOW)
    chosen = next(each for each in formats().values() if each.recognise(sent))
    assert chosen.FORMAT.name == AGENCY[agency].format
    (translation,) = chosen.translate(sent)
    return translation


@pytest.mark.parametrize("agency", IDS)
def test_a_concern_is_read_without_a_problem(agency: str) -> None:
    told = concern(agency)
    translation = read(agencies.message(told), agency)
    assert translation.intent == "new"
    assert translation.problems == ()
    assert translation.children[0].nhs_number == told.story.children[0].nhs_number
    assert told.story.concern.split(".")[0] in translation.concern
    assert len(translation.children) == (2 if AGENCY[agency].whole_family else 1)


@pytest.mark.parametrize("agency", IDS)
def test_a_sender_speaks_in_its_own_name(agency: str) -> None:
    body = agencies.message(concern(agency)).body.decode()
    for words, own in AGENCY[agency].instead:
        assert words not in body
        assert own in body


def test_the_police_also_write_e_mails() -> None:
    told = concern(agencies.POLICE, by_mail=True)
    translation = read(agencies.message(told), agencies.POLICE)
    assert translation.problems == ()
    assert [child.nhs_number for child in translation.children] == [None, None]


@pytest.mark.parametrize("agency", FOLLOWING)
def test_an_update_and_a_withdrawal_speak_of_the_first_message(agency: str) -> None:
    told = concern(agency)
    first = read(agencies.message(told), agency)
    update = read(agencies.update(told, "Later that day it happened again."), agency)
    assert update.intent == "update"
    assert set(update.earlier) & set(first.references)
    assert "Later that day" in update.concern
    withdrawal = read(agencies.withdrawal(told), agency)
    assert withdrawal.intent == "cancel"
    assert set(withdrawal.earlier) & set(first.references)


def test_a_contradiction_comes_under_the_first_messages_key() -> None:
    told = concern(agencies.HOSPITAL)
    other = agencies.contradiction(told, "It was another child.")
    first = read(agencies.message(told), agencies.HOSPITAL)
    assert read(other, agencies.HOSPITAL).key == first.key
    assert other.body != agencies.message(told).body


@pytest.mark.parametrize("agency", IDS)
def test_a_message_that_broke_off_is_one_for_a_person(agency: str) -> None:
    sent = agencies.broken(concern(agency)).sent(agency, NOW)
    chosen = next(each for each in formats().values() if each.recognise(sent))
    assert any(each.problems for each in chosen.translate(sent))


@pytest.mark.parametrize("agency", FOLLOWING)
def test_where_the_family_lives_may_be_left_out(agency: str) -> None:
    translation = read(agencies.message(concern(agency, unplaced=True)), agency)
    assert not any(child.postcode for child in translation.children)


@pytest.mark.parametrize("agency", IDS)
def test_concerns_come_in_the_agencys_own_hours(agency: str) -> None:
    at, chance, found = NOW, Chance("hours"), []
    for _ in range(120):
        at = agencies.next_concern(AGENCY[agency], at, 1, chance)
        found.append(at)
    assert found == sorted(found)
    working = all(open_on(local_day(each)) for each in found)
    assert working == (AGENCY[agency].hours != "always")
    if AGENCY[agency].hours == "school":
        assert not [each for each in found if each.month == 8]
