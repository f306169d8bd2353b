"""Are dates, numbers, sexes and people read as a careful person would?"""

from datetime import UTC, date, datetime

import pytest

from adapters.particulars import (
    Birth,
    People,
    birth_by_age,
    birth_of,
    checked_nhs_number,
    day,
    instant,
    is_adult,
    name_parts,
    offset,
    postcode_of,
    reference_of,
    sex_of,
)
from adapters.reading import Problems
from domain.described import ChildDescribed, Identifier


@pytest.mark.parametrize(
    "text",
    ["04/05/2016", "4/5/2016", "4.5.2016", "04-05-2016", "04 05 2016", "2016-05-04", "4 May 2016",
     "4th may 2016", "04-May-2016", "2016-05-04T10:00:00Z", "04/05/2016 00:00"],
)  # fmt: skip
def test_a_day_is_read_as_people_here_write_it(text: str) -> None:
    assert day(text) == date(2016, 5, 4)


@pytest.mark.parametrize(
    "text", ["31/02/2016", "04/05/16", "2016", "5/2016", "", "x", "\u0664/5/2016"]
)
def test_what_is_no_whole_day_is_none(text: str) -> None:
    assert day(text) is None


def test_nobody_is_born_tomorrow_week() -> None:
    problems = Problems()
    assert birth_of("09/05/2026", date(2026, 5, 1), problems, "Child 1").on is None
    assert problems.told() == ("Child 1: the birth date cannot be right.",)


@pytest.mark.parametrize("text", ["31/12/1899", "01/01/1066", "1850"])
def test_nobody_alive_was_born_before_1900(text: str) -> None:
    problems = Problems()
    assert birth_of(text, date(2026, 5, 1), problems, "Child 1") == Birth(None, None)
    assert problems.told() == ("Child 1: the birth date cannot be right.",)
    assert problems.kept == (f"Child 1: born {text}",)
    assert birth_of("01/01/1900", date(2026, 5, 1), problems, "Child 1").on == date(1900, 1, 1)


@pytest.mark.parametrize(
    ("text", "on", "adult"),
    [
        ("04/05/2016", date(2016, 5, 4), False),
        ("04/05/86", date(1986, 5, 4), True),
        ("04/05/16", None, None),
        ("31/02/86", None, None),
        ("1985", None, True),
        ("1985-03", None, True),
        ("1985-00-00", None, True),
        ("00/03/1985", None, True),
        ("13/1985", None, None),
        ("2008", None, None),
        ("2008-04", None, True),
        ("2008-05", None, None),
        ("2008-06", None, False),
        ("2012", None, False),
        ("2026", None, False),
        ("2027", None, None),
        ("soon", None, None),
    ],
)
def test_an_incomplete_birth_date_says_what_all_its_days_say(
    text: str, on: date | None, adult: bool | None
) -> None:
    problems = Problems()
    birth = birth_of(text, date(2026, 5, 1), problems, "Child 1")
    assert (birth.on, birth.adult) == (on, adult)
    assert bool(problems) == (on is None)
    assert problems.kept == (() if on else (f"Child 1: born {text}",))


@pytest.mark.parametrize(
    ("text", "adult"),
    [("7", False), ("aged 17", False), ("18", True), ("34 years", True), ("20 months", False),
     ("9 weeks old", False), ("young", None)],
)  # fmt: skip
def test_an_age_says_whether_somebody_is_an_adult(text: str, adult: bool | None) -> None:
    problems = Problems()
    birth = birth_by_age(text, date(2026, 5, 1), problems, "Person 1")
    assert (birth.on, birth.adult) == (None, adult)
    assert bool(problems) == (adult is not True)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2015", date(2015, 1, 1), date(2015, 12, 31)),
        ("2015-03", date(2015, 3, 1), date(2015, 3, 31)),
        ("02/2016", date(2016, 2, 1), date(2016, 2, 29)),
    ],
)
def test_a_year_or_a_month_says_between_which_days_somebody_was_born(
    text: str, first: date, last: date
) -> None:
    told = birth_of(text, date(2026, 5, 1), Problems(), "Child 1")
    assert told == Birth(None, False, (first, last))


@pytest.mark.parametrize(
    ("text", "in_it", "not_in_it"),
    [
        ("11", [(2014, 5, 3), (2015, 4, 30)], [(2013, 12, 1), (2015, 6, 1)]),
        ("about 11", [(2013, 6, 1), (2016, 4, 30)], [(2012, 12, 1), (2016, 6, 1)]),
        ("approx. 11 years", [(2014, 5, 3)], [(2021, 3, 4)]),
        ("~11", [(2014, 5, 3)], [(2021, 3, 4)]),
        ("c. 11 yrs", [(2014, 5, 3)], [(2021, 3, 4)]),
        ("6 months", [(2025, 10, 31)], [(2025, 12, 1), (2025, 8, 1)]),
        ("9 weeks old", [(2026, 2, 25)], [(2026, 3, 3), (2026, 2, 1)]),
        ("3 days", [(2026, 4, 28)], [(2026, 4, 20)]),
    ],
)
def test_an_age_says_between_which_days_somebody_was_born(
    text: str, in_it: list[tuple[int, int, int]], not_in_it: list[tuple[int, int, int]]
) -> None:
    birth = birth_by_age(text, date(2026, 5, 1), Problems(), "Person 1")
    assert birth.between is not None
    first, last = birth.between
    assert all(first <= date(*each) <= last for each in in_it)
    assert not any(first <= date(*each) <= last for each in not_in_it)
    assert birth.adult is False


@pytest.mark.parametrize(
    "text", ["", "-", "0", "1", "12", "007", "N/A", "n.a.", "To be confirmed", "???", "xxxx"]
)
def test_what_stands_for_a_reference_is_none(text: str) -> None:
    assert reference_of(text) == ""


@pytest.mark.parametrize("text", ["PN-1", "R7", "4711", "NP/2026/1", "a1"])
def test_a_reference_is_one(text: str) -> None:
    assert reference_of(f" {text} ") == text


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-07-01T10:30:00+02:00", 8), ("2026-07-01T10:30:00", 9), ("01/07/2026 10:30", 9),
     ("01/07/2026 at 10.30", 9), ("2026-07-01 10:30Z", 10)],
)  # fmt: skip
def test_an_instant_without_a_zone_is_local(text: str, hour: int) -> None:
    assert instant(text, Problems(), "It") == datetime(2026, 7, 1, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "32/01/2026 10:00", "01/01/2026 25:00", "2026-13-01"])
def test_what_is_no_instant_is_told(text: str) -> None:
    problems = Problems()
    assert instant(text, problems, "It") is None
    assert problems.told() == ("It is not a whole date and time.",)


def test_an_instant_at_the_edge_of_time_is_none() -> None:
    assert instant("0001-01-01T00:00:00+14:00", Problems(), "It") is None


@pytest.mark.parametrize("text", ["", "x", "+1", "+9900", "+ab00"])
def test_what_is_no_zone_is_none(text: str) -> None:
    assert offset(text) is None


def test_a_person_is_adult_from_their_eighteenth_birthday() -> None:
    assert not is_adult(date(2008, 5, 2), date(2026, 5, 1))
    assert is_adult(date(2008, 5, 1), date(2026, 5, 1))
    assert not is_adult(None, date(2026, 5, 1))


@pytest.mark.parametrize("number", ["9990000018", "999 000 0018", "999-000-0018"])
def test_an_nhs_number_is_known_by_its_check_digit(number: str) -> None:
    assert checked_nhs_number(number, Problems(), "Child 1") == ("9990000018", ())


@pytest.mark.parametrize("number", ["0000000000", "9999999999", "9990000019", "123", "abc"])
def test_a_placeholder_is_no_nhs_number(number: str) -> None:
    problems = Problems()
    checked, kept = checked_nhs_number(number, problems, "Child 1")
    assert checked is None
    assert kept[0].value == number
    assert problems


@pytest.mark.parametrize(
    ("word", "sex"), [("Female", "F"), ("boy", "M"), ("other", "U"), ("", "U"), ("?!", "U")]
)
def test_a_sex_is_a_letter(word: str, sex: str) -> None:
    problems = Problems()
    assert sex_of(word, problems, "Child 1") == sex
    assert bool(problems) == (word == "?!")


def test_a_postcode_is_written_one_way() -> None:
    assert postcode_of(" xe11aa ") == "XE1 1AA"
    assert postcode_of("62704") == "62704"
    assert postcode_of(" ") is None


def test_a_name_in_one_piece_is_taken_apart() -> None:
    assert name_parts("Amira May Holt") == ("Holt", "Amira May")
    assert name_parts("HOLT, Amira") == ("HOLT", "Amira")
    assert name_parts("Amira") == ("Amira", "")


def test_somebody_named_twice_is_one_person() -> None:
    people = People(date(2026, 5, 1), Problems())
    for _ in range(2):
        people.subject(ChildDescribed("Holt", "Amira", date(2016, 5, 4)))
        people.other(ChildDescribed("Holt", "Jo", relationship="mother"))
    assert (len(people.children()), len(people.adults())) == (1, 1)


@pytest.mark.parametrize(
    "child",
    [
        ChildDescribed(due_on=date(2026, 9, 1)),
        ChildDescribed("Holt", born_on=date(2026, 5, 1)),
        ChildDescribed("Holt", "Baby", due_on=date(2026, 9, 1)),
        ChildDescribed("Holt", identifiers=(Identifier("hospital", "H-1"),)),
    ],
)
def test_those_whom_nothing_tells_apart_are_as_many_as_were_told_of(child: ChildDescribed) -> None:
    people = People(date(2026, 5, 1), Problems())
    for _ in range(2):
        people.subject(child)
    assert len(people.children()) == 2
