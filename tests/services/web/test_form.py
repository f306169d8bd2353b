"""Does a form tell every error at once, lose nothing that was typed, and never guess?"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from services.web.form import Field, Fields, Form, Group, read, start
from services.web.templating import LONDON


class Place(Enum):
    HOME = "home"
    SCHOOL = "school"


class Action(Struct, frozen=True):
    what: str
    owner: str
    due_on: date | None = None


class Visit(Struct, frozen=True):
    case_id: str
    seen_at: Annotated[datetime, Meta(tz=True)]
    alone: bool
    place: Place
    said: str
    threshold: Literal[1, 2, 3, 4]
    worker: str
    born_on: date
    agencies: tuple[str, ...]
    people: Annotated[int, Meta(ge=1, le=12)]
    hours: float | None
    actions: tuple[Action, ...] = ()
    note: Annotated[str, Meta(max_length=40)] = ""


FIELDS: Fields = {
    "seen_at": Field("When was the child seen?", "the time the child was seen"),
    "alone": Field("Was the child seen alone?", "the child was seen alone"),
    "place": Field("Where?", "where the child was seen", choices={"home": "Home", "school": "-"}),
    "said": Field("What did the child say?", "what the child said"),
    "threshold": Field("Threshold", "a threshold", choices={str(n): str(n) for n in range(1, 5)}),
    "worker": Field("Social worker", "a social worker", choices={"p-1": "Priya", "p-2": "Tom"}),
    "born_on": Field("Date of birth"),
    "agencies": Field("Who took part?", "who took part", choices={"police": "-", "health": "-"}),
    "people": Field("People in the home"),
    "hours": Field("Hours (optional)", "hours"),
    "actions": Group("Action", {"what": Field("What"), "owner": Field("Who", "who does it")}),
    "note": Field("Anything else (optional)", "anything else"),
}
COMPLETE = [
    *[("seen_at-day", "9"), ("seen_at-month", "11"), ("seen_at-year", "2026")],
    *[("seen_at-time", "2:30pm"), ("alone", "no"), ("place", "home"), ("said", " I'm fine.\r\n")],
    *[("threshold", "3"), ("worker", "p-1"), ("people", "4"), ("hours", "")],
    *[("born_on-day", "3"), ("born_on-month", "may"), ("born_on-year", "2019")],
    *[("agencies", "health"), ("agencies", "police"), ("_csrf_token", "t")],
]


def sent(**changes: str | Sequence[str]) -> Form[Visit]:
    """The complete form with other answers; `__` stands for the hyphen in an input's name."""
    other = {key.replace("__", "-"): value for key, value in changes.items()}
    pairs = [(key, text) for key, text in COMPLETE if key not in other]
    for key, value in other.items():
        pairs += [(key, text) for text in ([value] if isinstance(value, str) else value)]
    return read(Visit, pairs, FIELDS, {"case_id": "case-1"})


def test_a_complete_form_becomes_what_it_asks_for() -> None:
    form = sent()
    assert form.errors == {}
    assert form.value == Visit(
        case_id="case-1",
        seen_at=datetime(2026, 11, 9, 14, 30, tzinfo=LONDON),
        alone=False,
        place=Place.HOME,
        said="I'm fine.",
        threshold=3,
        worker="p-1",
        born_on=date(2019, 5, 3),
        agencies=("health", "police"),
        people=4,
        hours=None,
    )


def test_every_missing_answer_is_told_at_once_in_the_order_of_the_page() -> None:
    form = read(Visit, [], FIELDS, {"case_id": "case-1"})
    assert form.value is None
    assert form.errors == {
        "seen_at": "Enter the time the child was seen",
        "alone": "Select yes if the child was seen alone",
        "place": "Select where the child was seen",
        "said": "Enter what the child said",
        "threshold": "Select a threshold",
        "worker": "Select a social worker",
        "born_on": "Enter date of birth",
        "agencies": "Select who took part",
        "people": "Enter people in the home",
    }
    assert list(form.errors) == [name for name in FIELDS if name in form.errors]


@pytest.mark.parametrize(
    ("day", "month", "year", "message", "wrong"),
    [
        ("31", "2", "2019", "Date of birth must be a real date", "day month year"),
        ("0", "2", "2019", "Date of birth must be a real date", "day month year"),
        ("3", "Smarch", "2019", "Date of birth must be a real date", "day month year"),
        ("٣", "²", "2019", "Date of birth must be a real date", "day month year"),
        ("9" * 5000, "2", "2019", "Date of birth must be a real date", "day month year"),
        ("3", "5", "0000", "Date of birth must be a real date", "day month year"),
        ("3", "5", "19", "Year must include 4 numbers", "year"),
        ("3", "", "2019", "Date of birth must include a month", "month"),
        ("", " ", "2019", "Date of birth must include a day and month", "day month"),
    ],
)
def test_a_date_that_is_none_says_what_is_wrong(
    day: str, month: str, year: str, message: str, wrong: str
) -> None:
    form = sent(born_on__day=day, born_on__month=month, born_on__year=year)
    assert form.errors == {"born_on": message}
    assert form.wrong == {"born_on": tuple(f"born_on-{part}" for part in wrong.split())}
    assert form.text("born_on-day") == day


@pytest.mark.parametrize("month", ["9", "09", "Sep", "sept", "september", "Sept."])
def test_a_month_may_be_a_number_or_a_name(month: str) -> None:
    form = sent(born_on__month=month)
    assert form.value
    assert form.value.born_on == date(2019, 9, 3)


@pytest.mark.parametrize(
    ("typed", "hour", "minute"),
    [
        *[("14:30", 14, 30), ("14.30", 14, 30), ("1430", 14, 30), ("930", 9, 30), ("0:05", 0, 5)],
        *[("2:30pm", 14, 30), ("2.30 p.m.", 14, 30), ("2pm", 14, 0), ("12am", 0, 0)],
        *[("12:15pm", 12, 15), ("midday", 12, 0), ("noon", 12, 0), ("Midnight", 0, 0)],
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, hour: int, minute: int) -> None:
    form = sent(seen_at__time=typed)
    assert form.value
    assert form.value.seen_at == datetime(2026, 11, 9, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize("typed", ["2", "25:00", "12:60", "13pm", "0am", "half past", "14:3"])
def test_a_time_that_may_be_two_or_none_is_asked_again(typed: str) -> None:
    form = sent(seen_at__time=typed)
    message = "The time the child was seen must be a real time, like 2:30pm or 14:30"
    assert form.errors == {"seen_at": message}
    assert form.wrong == {"seen_at": ("seen_at-time",)}


def test_a_time_without_a_day_and_a_day_without_a_time_are_asked_for() -> None:
    blank = dict.fromkeys(("seen_at__day", "seen_at__month", "seen_at__year"), "")
    assert sent(**blank).errors == {"seen_at": "The time the child was seen must include a date"}
    missing = sent(seen_at__time="")
    assert missing.errors == {"seen_at": "The time the child was seen must include a time"}


def test_an_hour_that_the_clocks_skip_is_no_time() -> None:
    form = sent(seen_at__day="29", seen_at__month="3", seen_at__year="2026", seen_at__time="1:30am")
    assert form.errors == {"seen_at": "The time the child was seen must be a real time"}


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("alone", "perhaps", "Select yes if the child was seen alone"),
        ("place", "prison", "Select where the child was seen"),
        ("threshold", "5", "Select a threshold"),
        ("worker", "p-3", "Select a social worker"),
        ("agencies", "cabal", "Select who took part"),
        ("people", "some", "People in the home must be a whole number"),
        ("people", "1.5", "People in the home must be a whole number"),
        ("people", "0", "People in the home must be 1 or more"),
        ("people", "13", "People in the home must be 12 or fewer"),
        ("hours", "nan", "Hours must be a number"),
        ("note", "x" * 41, "Anything else must be 40 characters or fewer"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_told_and_kept(
    name: str, typed: str, message: str
) -> None:
    form = sent(**{name: typed})
    assert form.errors == {name: message}
    assert form.wrong == {name: (name,)}
    assert form.text(name) == typed


def test_a_row_left_blank_is_no_row_and_a_half_filled_one_is_told_by_its_number() -> None:
    form = sent(**{"actions-0-what": "Call the school", "actions-0-owner": "Priya"})
    assert form.value
    assert form.value.actions == (Action("Call the school", "Priya"),)
    form = sent(**{"actions-0-what": " ", "actions-2-what": "Call", "actions-2-owner": ""})
    assert form.errors == {"actions-2-owner": "Enter who does it, in action 3"}
    assert form.rows("actions") == range(3)
    assert form.field("actions-2-owner") == Field("Who", "who does it")


def test_rows_are_asked_for_where_there_must_be_one() -> None:
    class Discussion(Struct):
        actions: tuple[Action, ...]

    form = read(Discussion, [], {"actions": FIELDS["actions"]})
    assert form.errors == {"actions": "Enter at least one action"}
    assert form.wrong == {"actions": ("actions-0-what",)}


def test_an_answer_is_asked_for_that_the_page_wants_although_the_type_does_not() -> None:
    fields = {"note": Field("Why?", missing="Enter a reason", required=True)}

    class Reason(Struct):
        note: str = ""

    assert read(Reason, [("note", "\x00 \t")], fields).errors == {"note": "Enter a reason"}


def test_a_form_cannot_say_what_the_page_knows() -> None:
    form = sent(case_id="case-2")
    assert form.value
    assert form.value.case_id == "case-1"


def test_words_are_kept_but_for_blanks_around_them_and_what_cannot_be_seen() -> None:
    form = sent(said="  \x00He said:\r\n\r\n\t“no”\x0bthen left\r ")
    assert form.value
    assert form.value.said == "He said:\n\n\t“no”\nthen left"


def test_what_the_domain_refuses_is_shown_with_all_that_was_typed() -> None:
    form = sent().with_error("", "This case is closed.").with_error("said", "Enter their words")
    assert form.value is None
    assert form.errors == {"": "This case is closed.", "said": "Enter their words"}
    assert form.wrong == {"said": ("said",)}
    assert form.text("place") == "home"


def test_a_type_that_no_form_can_ask_for_is_told_to_the_maker_of_the_page() -> None:
    class Wrong(Struct):
        raw: bytes

    with pytest.raises(TypeError, match="cannot ask for"):
        read(Wrong, [("raw", "x")], {"raw": Field("Raw")})
    with pytest.raises(TypeError, match="cannot be filled in"):
        start({"raw": Field("Raw")}, {"raw": b"x"})


# ── Laws ─────────────────────────────────────────────────────────────────────────────────────────

words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(
    lambda text: text == text.strip()
)
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(second=0, microsecond=0, tzinfo=UTC).astimezone(LONDON)
)
visits = st.builds(
    Visit,
    case_id=st.just("case-1"),
    seen_at=moments.filter(lambda at: at.fold == 0),
    said=words,
    worker=st.sampled_from(["p-1", "p-2"]),
    born_on=days,
    agencies=st.lists(st.sampled_from(["police", "health"]), min_size=1, unique=True).map(tuple),
    people=st.integers(1, 12),
    hours=st.none() | st.integers(0, 800).map(lambda quarters: quarters / 4),
    actions=st.lists(st.builds(Action, words, words, st.none()), max_size=4).map(tuple),
    note=st.just("") | words,
)
inputs = st.sampled_from([*[name for name, _ in COMPLETE], "actions-0-what", "actions-99-x", "x"])


@given(visits)
def test_what_a_form_is_filled_in_with_is_what_comes_back(visit: Visit) -> None:
    filled = start(FIELDS, {name: getattr(visit, name) for name in FIELDS})
    pairs = [(name, text) for name, texts in filled.typed.items() for text in texts]
    form = read(Visit, pairs, FIELDS, {"case_id": "case-1"})
    assert form.errors == {}
    assert form.value == visit


@given(st.lists(st.tuples(inputs, st.text(max_size=20) | st.sampled_from(["1", "yes", "2026"]))))
def test_whatever_is_sent_there_is_a_value_or_an_error_and_nothing_typed_is_lost(
    pairs: list[tuple[str, str]],
) -> None:
    form: Form[Any] = read(Visit, pairs, FIELDS, {"case_id": "case-1"})
    assert (form.value is None) == bool(form.errors)
    assert form.errors.keys() == form.wrong.keys()
    kept = [(name, text) for name, texts in form.typed.items() for text in texts]
    assert sorted(kept) == sorted(pairs)


@given(moments)
def test_a_moment_is_asked_as_the_clock_on_the_wall_shows_it(at: datetime) -> None:
    shown = start(FIELDS, {"seen_at": at.astimezone(UTC)})
    assert shown.text("seen_at-time") == f"{at:%H:%M}"
    assert shown.text("seen_at-day") == str(at.day)


def test_the_second_of_two_like_hours_in_autumn_is_read_as_the_first() -> None:
    first = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)
    form = sent(seen_at__day="25", seen_at__month="10", seen_at__time="1:30am")
    assert form.value
    assert form.value.seen_at.astimezone(UTC) == first.astimezone(UTC)
    assert form.value.seen_at.utcoffset() == timedelta(hours=1)
