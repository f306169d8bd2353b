"""What did a person type into a form, as a typed value, and what is wrong with it, all of it?

msgspec stops at the first error, and a form must show every one of them at once and give back
everything that was typed. So each field is read by itself, from the type that the form's Struct
(often a command) gives it:

    type                          asked as                 names of its inputs
    str, int, float               text                     name
    bool                          radios yes / no          name
    Literal, Enum, or any type    radios or select         name
      whose Field has `choices`
    date                          day, month, year         name-day, name-month, name-year
    datetime (aware)              the same and a time      …, name-time
    tuple, list, frozenset        checkboxes               name, repeated
    tuple or list of Struct       rows, see `Group`        name-0-field, name-1-field, …

Messages are worded as the GOV.UK Design System asks: "Enter …", "Select …", "… must be a real
date". Times are read as the clock on the wall in England.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as types_of

from msgspec import Meta, Struct
from msgspec.structs import fields as struct_fields
from msgspec.structs import replace

from services.web.templating import LONDON, on_the_wall

T = TypeVar("T")

DATE_PARTS = ("day", "month", "year")
MOST_ROWS = 100
"""Rows of a group that are read; a page never offers so many."""


class Field(Struct, frozen=True):
    """How a page words one field.

    `label`: what stands above it ("When was the child seen?"). `noun`: what messages call it, made
    to follow "Enter" or "Select" ("the date the child was seen"), for yes or no "Select yes if"
    ("the child was seen alone"); the label's own words if left out. `missing`: the whole message
    for no answer, where "Enter" and the noun read badly. `choices`: value -> words; a value that
    is not among them is not taken. `required`: ask for an answer although the type has a default.
    """

    label: str
    noun: str = ""
    hint: str = ""
    missing: str = ""
    choices: Mapping[Any, str] | None = None
    required: bool = False

    @property
    def called(self) -> str:
        return self.noun or self.label[:1].lower() + self.label[1:].rstrip("?")

    @property
    def subject(self) -> str:
        return self.called[:1].upper() + self.called[1:]


class Group(Struct, frozen=True):
    """A field that repeats as rows of several fields, such as actions with their owners.

    `label`: one row's name ("Action"), shown with its number. `fields`: of a row. `rows`: how many
    are offered at least. A row that is left blank is no row.
    """

    label: str
    fields: Mapping[str, Field]
    rows: int = 3
    missing: str = ""


Fields = Mapping[str, Field | Group]


class Form(Struct, Generic[T], kw_only=True):
    """A form as a page shows it and as it came back.

    `value`: what was asked for, None while there are errors (or nothing was sent). `errors`: field
    -> message, in the page's order; the field `""` is about the whole form. `wrong`: field -> the
    names of the inputs to mark, the first of which the error summary leads to. `typed`: input ->
    what came, exactly, also of inputs that we did not ask for.
    """

    fields: Fields
    typed: dict[str, list[str]]
    value: T | None = None
    errors: dict[str, str] = {}
    wrong: dict[str, tuple[str, ...]] = {}

    def field(self, name: str) -> Field | Group:
        """The wording of a field, also of one in a row: `actions-0-owner`."""
        if name not in self.fields and (row := re.fullmatch(r"(.+?)-\d+-(.+)", name)):
            group = self.fields[row[1]]
            if isinstance(group, Group):
                return group.fields[row[2]]
        return self.fields[name]

    def text(self, name: str) -> str:
        """What was typed into an input, empty if nothing."""
        return self.typed.get(name, [""])[-1]

    def chosen(self, name: str) -> list[str]:
        """All that was ticked."""
        return self.typed.get(name, [])

    def rows(self, name: str) -> range:
        """The numbers of a group's rows to show: those typed into, and what is offered at least."""
        group = self.fields[name]
        least = group.rows if isinstance(group, Group) else 0
        return range(max([least, *(row + 1 for row in _rows(name, self.typed))]))

    def with_error(self, name: str, message: str) -> "Form[T]":
        """The same form with one more error: about a field, or `""` for all of it.

        For what only the domain knows: `form.with_error("", str(refused))`.
        """
        wrong = {**self.wrong, name: (name,)} if name else self.wrong
        return replace(self, value=None, errors={**self.errors, name: message}, wrong=wrong)


def start(fields: Fields, values: Mapping[str, object] | None = None) -> Form[Any]:
    """A form that nobody has sent yet, filled in with `values` (field -> value) if given."""
    typed: dict[str, list[str]] = {}
    for name, value in (values or {}).items():
        for part, text in _typed(name, value):
            typed.setdefault(part, []).append(text)
    return Form(fields=fields, typed=typed)


def read(
    kind: type[T],
    pairs: Iterable[tuple[str, str]],
    fields: Fields,
    given: Mapping[str, object] | None = None,
) -> Form[T]:
    """A form that came back, as a `kind` of Struct or with everything that is wrong with it.

    `pairs`: names and values in the order in which the browser sent them. `fields`: those to read,
    in the order in which the page shows them. `given`: values that the page knows by itself and
    never takes from a form, such as whose case it is. A field of the Struct that is in neither
    keeps its default.
    """
    typed: dict[str, list[str]] = {}
    for name, text in pairs:
        typed.setdefault(name, []).append(text)
    reading = _Reading(typed)
    values = reading.struct(kind, "", fields)
    form: Form[T] = Form(fields=fields, typed=typed, errors=reading.errors, wrong=reading.wrong)
    if not form.errors:
        form.value = kind(**{**values, **(given or {})})
    return form


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


class _Problem(Exception):
    """What is wrong with one answer, and with which of its inputs (all, if none is named)."""

    def __init__(self, message: str, *parts: str) -> None:
        super().__init__(message)
        self.parts = parts


NOTHING: Any = object()
"""What a blank answer is read as, before the type's default takes its place."""


class _Reading:
    def __init__(self, typed: dict[str, list[str]]) -> None:
        self.typed = typed
        self.errors: dict[str, str] = {}
        self.wrong: dict[str, tuple[str, ...]] = {}

    def struct(self, kind: type, prefix: str, fields: Fields) -> dict[str, Any]:
        types, defined = (
            types_of(kind, include_extras=True),
            {f.name: f for f in struct_fields(kind)},
        )
        values = {}
        for name, field in fields.items():
            wanted, limits, may_be_none = _unwrapped(types[name])
            path = prefix + name
            try:
                if isinstance(field, Group):
                    answer = self.group(path, field, wanted)
                else:
                    answer = self.answer(path, field, wanted)
                if answer is not NOTHING:
                    _check(answer, limits, field)
                    values[name] = answer
                elif (defined[name].required and not may_be_none) or _asks(field):
                    raise _Problem(_missing(field, wanted))
                elif defined[name].required:
                    values[name] = None
            except _Problem as problem:
                self.errors[path] = str(problem)
                self.wrong[path] = tuple(
                    f"{path}-{part}" for part in problem.parts or _parts(wanted, field)
                ) or (path,)
        return values

    def group(self, path: str, group: Group, wanted: Any) -> Any:
        """The rows of a group that are not blank, and their errors with the row's number."""
        (kind,) = {one for one in get_args(wanted) if one is not ...}
        rows, found = _rows(path, self.typed), []
        for row in rows:
            before = len(self.errors)
            values = self.struct(kind, f"{path}-{row}-", group.fields)
            for name in list(self.errors)[before:]:
                self.errors[name] += f", in {group.label.lower()} {row + 1}"
            if len(self.errors) == before:
                found.append(kind(**values))
        return get_origin(wanted)(found) if rows else NOTHING

    def answer(self, path: str, field: Field, wanted: Any) -> Any:
        if wanted is datetime:
            return self.moment(path, field)
        if wanted is date:
            return self.day(path, field)
        if get_origin(wanted) in (tuple, list, frozenset, set):
            (item,) = {one for one in get_args(wanted) if one is not ...}
            ticked = [text for text in map(_clean, self.typed.get(path, [])) if text]
            return get_origin(wanted)(_one(text, field, item) for text in ticked) or NOTHING
        text = _clean(self.typed.get(path, [""])[-1])
        return _one(text, field, wanted) if text else NOTHING

    def day(self, path: str, field: Field) -> Any:
        texts = {part: _clean(self.typed.get(f"{path}-{part}", [""])[-1]) for part in DATE_PARTS}
        if not any(texts.values()):
            return NOTHING
        if blank := [part for part in DATE_PARTS if not texts[part]]:
            listed = " and ".join(blank)
            raise _Problem(f"{field.subject} must include a {listed}", *blank)
        if not re.fullmatch(r"[0-9]{4}", texts["year"]):
            raise _Problem("Year must include 4 numbers", "year")
        try:
            return date(int(texts["year"]), _month(texts["month"]), int(texts["day"]))
        except (ValueError, OverflowError):
            raise _Problem(f"{field.subject} must be a real date", *DATE_PARTS) from None

    def moment(self, path: str, field: Field) -> Any:
        day, text = self.day(path, field), _clean(self.typed.get(f"{path}-time", [""])[-1])
        if day is NOTHING and not text:
            return NOTHING
        if day is NOTHING:
            raise _Problem(f"{field.subject} must include a date", *DATE_PARTS)
        if not text:
            raise _Problem(f"{field.subject} must include a time", "time")
        at = datetime.combine(day, _time(text, field), LONDON)
        if on_the_wall(at.astimezone(UTC)).time() != at.time():  # the hour that spring leaves out
            raise _Problem(f"{field.subject} must be a real time", "time")
        return at


def _one(text: str, field: Field, wanted: Any) -> Any:
    """One text as one value of the type."""
    wanted, limits, _ = _unwrapped(wanted)
    value: Any
    if wanted is bool:
        answers = {"yes": True, "true": True, "no": False, "false": False}
        if text not in answers:
            raise _Problem(_missing(field, wanted))
        return answers[text]
    if field.choices is not None and text not in field.choices:
        raise _Problem(_missing(field, wanted))
    if get_origin(wanted) is Literal or _is_enum(wanted):
        values = get_args(wanted) or [member.value for member in wanted]
        value = next((one for one in values if str(one) == text), NOTHING)
        if value is NOTHING:
            raise _Problem(_missing(field, wanted))
        return wanted(value) if _is_enum(wanted) else value
    if wanted is str:
        value = text
    elif wanted is int:
        if not re.fullmatch(r"-?[0-9]{1,15}", text.replace(",", "")):
            raise _Problem(f"{field.subject} must be a whole number")
        value = int(text.replace(",", ""))
    elif wanted is float:
        if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text.replace(",", "")):
            raise _Problem(f"{field.subject} must be a number")
        value = float(text.replace(",", ""))
    else:
        raise TypeError(f"A form cannot ask for {wanted}.")
    _check(value, limits, field)
    return value


def _check(value: Any, limits: Sequence[Meta], field: Field | Group) -> None:
    """The limits that the type itself sets."""
    if isinstance(field, Group):
        return
    for limit in limits:
        if isinstance(value, str):
            if limit.max_length is not None and len(value) > limit.max_length:
                most = f"{limit.max_length:,} characters or fewer"
                raise _Problem(f"{field.subject} must be {most}")
            if limit.min_length is not None and len(value) < limit.min_length:
                least = f"{limit.min_length:,} characters or more"
                raise _Problem(f"{field.subject} must be {least}")
            if limit.pattern is not None and not re.search(limit.pattern, value):
                raise _Problem(f"{field.subject} must be in the right form")
        elif isinstance(value, int | float):
            if limit.ge is not None and value < limit.ge:
                raise _Problem(f"{field.subject} must be {limit.ge:g} or more")
            if limit.gt is not None and value <= limit.gt:
                raise _Problem(f"{field.subject} must be more than {limit.gt:g}")
            if limit.le is not None and value > limit.le:
                raise _Problem(f"{field.subject} must be {limit.le:g} or fewer")
            if limit.lt is not None and value >= limit.lt:
                raise _Problem(f"{field.subject} must be fewer than {limit.lt:g}")
        elif isinstance(value, tuple | list | frozenset | set):
            if limit.max_length is not None and len(value) > limit.max_length:
                raise _Problem(f"Select {limit.max_length} or fewer for {field.called}")
            if limit.min_length is not None and len(value) < limit.min_length:
                raise _Problem(f"Select {limit.min_length} or more for {field.called}")


def _missing(field: Field | Group, wanted: Any) -> str:
    if field.missing:
        return field.missing
    if isinstance(field, Group):
        return f"Enter at least one {field.label.lower()}"
    if wanted is bool:
        return f"Select yes if {field.called}"
    chosen = get_origin(wanted) in (Literal, tuple, list, frozenset, set) or _is_enum(wanted)
    return f"{'Select' if chosen or field.choices is not None else 'Enter'} {field.called}"


def _asks(field: Field | Group) -> bool:
    return isinstance(field, Field) and field.required


def _unwrapped(wanted: Any) -> tuple[Any, list[Meta], bool]:
    """The bare type, the limits that were written beside it, and whether None will do."""
    limits: list[Meta] = []
    may_be_none = False
    while True:
        if get_origin(wanted) is Annotated:
            wanted, *beside = get_args(wanted)
            limits += [one for one in beside if isinstance(one, Meta)]
        elif get_origin(wanted) in (Union, UnionType) and type(None) in get_args(wanted):
            may_be_none = True
            wanted = Union[tuple(one for one in get_args(wanted) if one is not type(None))]  # noqa: UP007
        else:
            return wanted, limits, may_be_none


def _is_enum(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, Enum)


def _parts(wanted: Any, field: Field | Group) -> tuple[str, ...]:
    """The ends of the names of a field's inputs, none if it has one input of its own name."""
    if isinstance(field, Group):
        (kind,) = {one for one in get_args(wanted) if one is not ...}
        name, first = next(iter(field.fields.items()))
        ends = _parts(_unwrapped(types_of(kind, include_extras=True)[name])[0], first)
        return tuple(f"0-{name}-{end}" for end in ends) or (f"0-{name}",)
    return {date: DATE_PARTS, datetime: (*DATE_PARTS, "time")}.get(wanted, ())


def _rows(name: str, typed: Mapping[str, list[str]]) -> list[int]:
    """The numbers of the rows of a group into which something was typed."""
    row = re.compile(rf"{re.escape(name)}-([0-9]{{1,3}})-.+")
    found = {
        int(match[1])
        for part, texts in typed.items()
        if (match := row.fullmatch(part)) and any(map(_clean, texts))
    }
    return sorted(found)[:MOST_ROWS]


INVISIBLE = dict.fromkeys((*range(32), 127)) | {9: "\t", 10: "\n", 11: "\n", 12: "\n"}


def _clean(text: str) -> str:
    """Without what nobody meant to type: blanks around it, control characters, odd line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(INVISIBLE).strip()


def _month(text: str) -> int:
    """A month's number from a number or its name, also shortened: ValueError if it is neither."""
    names = [date(2000, month, 1).strftime("%B").lower() for month in range(1, 13)]
    for month, name in enumerate(names, 1):
        if len(text) >= 3 and name.startswith(text.lower().rstrip(".")):
            return month
    return int(text)


CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?\s*(am|pm|a\.m\.|p\.m\.)?", re.I)


def _time(text: str, field: Field) -> time:
    """14:30, 14.30, 1430, 2:30pm, 2pm, midday, midnight."""
    if text.lower() in ("midday", "noon", "midnight"):
        return time(0 if text.lower() == "midnight" else 12)
    problem = _Problem(f"{field.subject} must be a real time, like 2:30pm or 14:30", "time")
    match = CLOCK.fullmatch(text)
    if match is None or not (match[2] or match[3]):  # a bare 2 could be morning or afternoon
        raise problem
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            raise problem
        hour = hour % 12 + (12 if match[3].lower().startswith("p") else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise problem from None


# ── Filling in ───────────────────────────────────────────────────────────────────────────────────


def _typed(name: str, value: object) -> Iterator[tuple[str, str]]:
    """What a person would have typed to mean this value: (input, text), to the minute."""
    match value:
        case None:
            return
        case bool():
            yield name, "yes" if value else "no"
        case Enum():
            yield name, str(value.value)
        case date():
            day = on_the_wall(value) if isinstance(value, datetime) else value
            for part in DATE_PARTS:
                yield f"{name}-{part}", str(getattr(day, part)).rjust(4 * (part == "year"), "0")
            if isinstance(day, datetime):
                yield f"{name}-time", f"{day:%H:%M}"
        case str() | int() | float():
            yield name, str(value)
        case tuple() | list() | frozenset() | set():
            for row, one in enumerate(value):
                if isinstance(one, Struct):
                    for field in one.__struct_fields__:
                        yield from _typed(f"{name}-{row}-{field}", getattr(one, field))
                else:
                    yield from _typed(name, one)
        case _:
            raise TypeError(f"A form cannot be filled in with {type(value).__name__}.")
