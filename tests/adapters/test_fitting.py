"""Is every field that fits taken, and every one that does not told and shown?"""

from typing import Any, Literal

import pytest
from msgspec import Struct

from adapters.fitting import Careful, Fit
from adapters.reading import Problems


class Inner(Struct, frozen=True):
    name: str = ""


class Outer(Struct, frozen=True, rename="camel"):
    name: str = ""
    is_so: bool | None = None
    level: Literal["high", "very-high"] | None = None
    many: tuple[Inner, ...] = ()
    one: Inner | None = None
    any_thing: Any = None


def fitted(value: Any, *, own: bool = True) -> tuple[Outer, Fit]:
    fit = Fit(Problems(), own=own)
    outer = fit.fit(Outer, value, "Form")
    fit.told_unknown()
    return outer, fit


def test_what_fits_is_taken() -> None:
    value = {
        "name": " A ", "isSo": "Yes", "level": "Very high", "many": {"name": 7}, "one": {},
        "anyThing": [1],
    }  # fmt: skip
    outer, fit = fitted(value)
    assert outer == Outer("A", True, "very-high", (Inner("7"),), Inner(), [1])
    assert not fit.problems


def test_null_is_as_good_as_nothing() -> None:
    outer, fit = fitted({"name": None, "many": [None], "one": None})
    assert outer == Outer()
    assert not fit.problems


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", True), ("isSo", "perhaps"), ("level", 7), ("many", [7]), ("one", "x")],
)
def test_what_does_not_fit_is_told_and_shown(field: str, value: Any) -> None:
    outer, fit = fitted({field: value, "name": "A"} if field != "name" else {field: value})
    assert outer.name == ("" if field == "name" else "A")
    assert len(fit.problems.told()) == 1
    assert len(fit.left_over) == 1


def test_what_is_no_object_is_told() -> None:
    assert fitted([1])[1].problems.told() == ("Form could not be read.",)


def test_a_list_without_end_is_cut_and_told() -> None:
    outer, fit = fitted({"many": [{"name": "A"}] * 201})
    assert len(outer.many) == 200
    assert fit.problems.told() == ("Form: many: only the first 200 were read.",)
    assert fit.left_over == ['Form: many: [{"name": "A"}]']


def test_unknown_fields_are_counted_in_our_own_definitions_only() -> None:
    value = {"colour": "red", "shape": {"a": [1]}, "empty": ""}
    _, ours = fitted(value)
    assert ours.problems.told() == ("3 fields are not known: they are shown with the concern.",)
    assert ours.left_over == ["colour: red", 'shape: {"a": [1]}']
    _, theirs = fitted(value, own=False)
    assert not theirs.problems
    assert theirs.left_over == []


def test_a_value_nested_without_end_is_told_of() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    _, fit = fitted({"colour": deep})
    assert fit.left_over == ["colour: (nested too deeply to be shown)"]


class Guarded(Struct, frozen=True):
    restricted: Careful = False


@pytest.mark.parametrize(
    "answer", ["x", "Confidential", "Yes - refuge", "do not disclose", "R", "y!", "N/A", 2, ["no"]]
)
def test_what_is_no_plain_no_guards_and_is_told(answer: Any) -> None:
    fit = Fit(Problems(), own=True)
    assert fit.fit(Guarded, {"restricted": answer}, "Address").restricted
    assert fit.problems.told() == ("Address: restricted could not be read.",)
    assert len(fit.left_over) == 1


@pytest.mark.parametrize(
    ("answer", "guarded"),
    [("No", False), ("false", False), (0, False), ("", False), (" ", False), ([], False),
     (None, False), ("YES", True), (True, True), (1, True)],
)  # fmt: skip
def test_a_plain_answer_is_taken_as_it_is(answer: Any, guarded: bool) -> None:
    fit = Fit(Problems(), own=True)
    assert fit.fit(Guarded, {"restricted": answer}, "Address").restricted is guarded
    assert not fit.problems


@pytest.mark.parametrize("answer", ["", " ", []])
def test_a_question_left_empty_is_not_answered_no(answer: Any) -> None:
    assert fitted({"isSo": answer})[0].is_so is None
