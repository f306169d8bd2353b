"""How does a JSON value of unknown quality become one of our Structs, field by field?

A strict decoder loses a whole message over one field. Here every field is fitted on its own: what
fits is taken, what does not is left at its default and told as a problem. All fields of the
Structs have defaults. Of a `Careful` yes or no, whatever is no plain no is told and taken as yes.
What stands unread beside an address, or may be one, is told, and shown to nobody with the concern.
"""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import Meta, Struct, inspect

from adapters.address_care import (
    asks_by_its_name,
    is_elsewhere,
    is_everyday,
    is_no,
    is_of_an_address,
    mentions_address,
)
from adapters.reading import Problems

S = TypeVar("S", bound=Struct)

_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
_NOTHING = object()
_CAREFUL = "careful"
_MOST_ITEMS = 200
_MOST_COMPARED = 100

Careful = Annotated[bool, Meta(extra={_CAREFUL: True})]
"""A yes or no of which the careless answer is no: it does harm where a yes was meant."""


class Fit:
    """Fits values, and keeps what had no place: `left_over` is text for a person to read.

    `own`: the message is of our own definition, so that a field that is not in it is told of.
    Others' messages hold much that we do not read, and that is no problem. `careful`: something
    that is not read may be an address, or ask for care with one: whoever fits restricts them all.
    """

    def __init__(self, problems: Problems, *, own: bool) -> None:
        self.problems = problems
        self.own = own
        self.left_over: list[str] = []
        self.careful = False
        self._hidden = False
        self._unknown = 0
        self._compared = 0

    def fit(self, kind: type[S], value: Any, where: str) -> S:
        """The Struct with every field that could be read; `where` names it to a person."""
        fields = _fields(kind)
        if not isinstance(value, dict):
            self._not_read(where, value, _is_careful(kind))
            return kind()
        found = {}
        for name, (attribute, wanted) in fields.items():
            given = value.get(name)
            if given is None:
                continue
            within = f"{where}: {name.replace('_', ' ')}"
            fitted = self._value(wanted, given, within, _is_careful(kind))
            if fitted is not _NOTHING:
                found[attribute] = fitted
        if self.own:
            unknown = {name: each for name, each in value.items() if name not in fields}
            unknown = self._without_addresses(unknown, _is_careful(kind))
            self._told_unknown(unknown, tuple(fields))
        return kind(**found)

    def _value(self, wanted: inspect.Type, given: Any, where: str, careful: bool) -> Any:
        match wanted:
            case inspect.AnyType():
                return given
            case inspect.StrType():
                fitted = _as_text(given)
            case inspect.BoolType():
                fitted = _as_bool(given)
            case inspect.Metadata():  # the only one that is left by `_plain`
                fitted = _as_bool(given)
                if given in (0, [], {}) or not str(given).strip():
                    return False
                if fitted is _NOTHING:
                    self._not_read(where, given)
                    return True
            case inspect.LiteralType(values=values):
                fitted = _as_one_of(values, given)
            case inspect.StructType(cls=kind):
                return self.fit(kind, given, where)
            case inspect.VarTupleType(item_type=item):
                items = given if isinstance(given, list) else [given]
                return self._items(item, items, where, careful)
            case _:
                raise TypeError(f"no rule for {wanted}")  # a Struct of ours, not a message
        if fitted is _NOTHING:
            self._not_read(where, given, careful)
        return fitted

    def _items(
        self, wanted: inspect.Type, given: list[Any], where: str, careful: bool
    ) -> tuple[Any, ...]:
        careful |= isinstance(wanted, inspect.StructType) and _is_careful(wanted.cls)
        if len(given) > _MOST_ITEMS:
            self.problems.say(f"{where}: only the first {_MOST_ITEMS} were read.")
            self._kept(where, given[_MOST_ITEMS:], careful)
        fits = (
            self._value(wanted, each, f"{where} {index}", careful)
            for index, each in enumerate(given[:_MOST_ITEMS], start=1)
            if each is not None
        )
        return tuple(each for each in fits if each is not _NOTHING)

    def _not_read(self, where: str, value: Any, careful: bool = False) -> None:
        self.problems.say(f"{where} could not be read.")
        self._kept(where, value, careful)

    def _without_addresses(self, unknown: dict[str, Any], careful: bool) -> dict[str, Any]:
        """The unknown fields that are no address, nor stand (`careful`) in one."""
        told = {}
        for name, value in unknown.items():
            if is_no(value):
                told[name] = value
            elif careful or is_of_an_address(name, _shown(value)):
                self._hidden = True
                self.careful |= not (careful and is_everyday(name, value))
            else:
                told[name] = value
                self.careful |= mentions_address(name) or asks_by_its_name(name)
        return told

    def _kept(self, name: str, value: Any, careful: bool) -> None:
        """Show it with the concern, but not (`careful`) what may be part of an address."""
        if careful and self.own and not is_no(value):
            self.careful = self._hidden = True
        else:
            self._keep(name, value)

    def _told_unknown(self, unknown: dict[str, Any], known: tuple[str, ...]) -> None:
        for name, value in unknown.items():
            near = misspelled(name, known) if self._compared < _MOST_COMPARED else None
            self._compared += 1
            if near:
                self.problems.say(f"A field looks like “{near}” misspelled: it was not used.")
            else:
                self._unknown += 1
            self._keep(name, value)

    def _keep(self, name: str, value: Any) -> None:
        if not self.own or value in (None, "", [], {}):
            return
        self.left_over.append(f"{name}: {_shown(value)}")

    def told_unknown(self) -> None:
        """Say how many fields have no place at all; to be called once, at the end."""
        if self.careful:
            self.problems.say(
                "Something that is not known to us stands beside an address, or is one: every"
                " address is taken as restricted. See the message as it came."
            )
        if self._hidden:
            self.problems.say(
                "What may be part of an address, and is not known to us, is not shown with the"
                " concern: see the message as it came."
            )
        if self._unknown == 1:
            self.problems.say("1 field is not known: it is shown with the concern.")
        elif self._unknown:
            self.problems.say(
                f"{self._unknown} fields are not known: they are shown with the concern."
            )


def _shown(value: Any) -> str:
    try:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply to be shown)"


def _is_careful(kind: type[Struct]) -> bool:
    """Whether it holds a `Careful` yes or no, as an address does."""
    return any(isinstance(wanted, inspect.Metadata) for _, wanted in _fields(kind).values())


def misspelled(name: str, known: Iterable[str]) -> str | None:
    """The known name that this one is nearly, unless it says itself that it is another one."""
    if is_elsewhere(name):
        return None
    plain = name[:60].strip().lower().replace(" ", "_")
    return next(iter(get_close_matches(plain, known, 1, 0.8)), None)


@cache
def _fields(kind: type[Struct]) -> dict[str, tuple[str, inspect.Type]]:
    described = cast(inspect.StructType, inspect.type_info(kind))
    return {f.encode_name: (f.name, _plain(f.type)) for f in described.fields}


def _plain(wanted: inspect.Type) -> inspect.Type:
    """Without notes for the schema, and without `| None`."""
    if isinstance(wanted, inspect.Metadata):
        return wanted if (wanted.extra or {}).get(_CAREFUL) else _plain(wanted.type)
    if isinstance(wanted, inspect.UnionType):
        rest = [each for each in wanted.types if not isinstance(each, inspect.NoneType)]
        return _plain(rest[0])
    if isinstance(wanted, inspect.VarTupleType):
        return msgspec.structs.replace(wanted, item_type=_plain(wanted.item_type))
    return wanted


def _as_text(given: Any) -> Any:
    if isinstance(given, str):
        return given.strip()
    if isinstance(given, int | float) and not isinstance(given, bool):
        return str(given)
    return _NOTHING


def _as_bool(given: Any) -> Any:
    word = str(given).strip().lower() if isinstance(given, str | bool | int) else None
    if word in _YES:
        return True
    return False if word in _NO else _NOTHING


def _as_one_of(values: tuple[Any, ...], given: Any) -> Any:
    word = "-".join(given.lower().replace("_", " ").split()) if isinstance(given, str) else ""
    return next((each for each in values if str(each).lower() == word), _NOTHING)
