"""What holds for every event, every command and every family, whatever happened before."""

import re
from datetime import date, datetime, timedelta
from functools import reduce
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace

from domain.catalogue import COMMANDS, EVENTS, FAMILIES, Family
from domain.kernel import (
    STAMPED,
    WITHHELD,
    Command,
    Event,
    Refused,
    check_ids,
    private_fields,
    stored_name,
    stream_of,
)
from tests.examples import (
    COMMAND_EXAMPLES,
    EXAMPLES,
    MANAGER,
    MESSAGE,
    MONDAY_9AM,
    OTHER_MESSAGE,
    OTHER_WORKER,
    SIBLING,
    TEAM,
    WORKER,
)

TEXTS = ("", " ", "Because.", WORKER, OTHER_WORKER, MANAGER, TEAM, SIBLING, "9990000018")


def values(hint: Any) -> SearchStrategy[Any]:
    """A few values of that type: few, so that commands meet what happened before."""
    kind, args = get_origin(hint), get_args(hint)
    if kind is Annotated:
        return values(args[0])
    if kind in (Union, UnionType):
        return st.one_of(*map(values, args))
    if kind is Literal:
        return st.sampled_from(args)
    if kind is tuple:
        return st.lists(values(args[0]), max_size=2).map(tuple)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint, include_extras=True)
        return st.builds(hint, **{name: values(inner) for name, inner in hints.items()})
    few: dict[Any, SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.sampled_from([0, 1, 60, 100, 101]),
        str: st.sampled_from(TEXTS),
        bytes: st.binary(max_size=2),
        date: st.sampled_from([date(2017, 3, 4), date(2026, 1, 9), date(2027, 1, 1)]),
        datetime: st.sampled_from([MONDAY_9AM, MONDAY_9AM - timedelta(days=1)]),
        type(None): st.none(),
    }
    return few[hint]


STAMPS = {
    "by": st.sampled_from([WORKER, OTHER_WORKER, MANAGER]),
    "happened_at": values(datetime),
    "message": st.sampled_from([None, MESSAGE, OTHER_MESSAGE]),
}


@st.composite
def commands(draw: st.DrawFn, family: Family) -> Command:
    """A command of one stream of that family: the example, with some fields changed."""
    kind = draw(st.sampled_from(family.commands))
    example = COMMAND_EXAMPLES[kind]
    hints = get_type_hints(kind, include_extras=True)
    own = {
        name: values(hints[name])
        for name in kind.__struct_fields__
        if name not in STAMPED
        and getattr(example, name) != stream_of(example)
        # an agency's stream is made of its id
        and name != "agency_id"
    } | STAMPS
    changed = draw(st.lists(st.sampled_from(sorted(own)), max_size=3, unique=True))
    return replace(example, **{name: draw(own[name]) for name in changed})


def header(event: Event) -> Event:
    """The event as it is read without any key."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(type(event))}
    return replace(event, **{name: defaults[name] for name in private_fields(type(event))})


def clear_words(command: Command, event: Event) -> set[str]:
    """Fields that are private in the command and lie in clear in the event it caused."""
    told, asked = private_fields(type(event)), private_fields(type(command))
    shared = {name for name in event.__struct_fields__ if name in asked}
    return {n for n in shared if getattr(event, n) == getattr(command, n)} - {
        name for name, mark in told.items() if mark == asked.get(name)
    }


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_command_given_twice_changes_nothing_the_second_time(family: Family) -> None:
    decide, evolve = family.decider.decide, family.decider.evolve

    refusals: list[str] = []

    @settings(max_examples=60, deadline=None)
    @given(st.lists(commands(family), max_size=12))
    def law(walk: list[Command]) -> None:
        state = family.initial
        for command in walk:
            try:
                check_ids(command)
                events = decide(command, state)
            except Refused as refused:
                refusals.append(str(refused))
                continue
            assert {stream_of(event) for event in events} <= {stream_of(command)}
            opened = reduce(evolve, events, state)
            state = reduce(evolve, map(header, events), state)
            assert state == opened, "what is allowed never depends on private words"
            assert decide(command, state) == []
            for event in events:
                assert not clear_words(command, event), "what is private stays private"
                assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event

    law()
    assert all(re.fullmatch(r"\S.+\.", refusal) for refusal in refusals)


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: type(event).__name__)
def test_every_event_is_the_same_after_it_was_stored(event: Event) -> None:
    for stored in (event, header(event)):
        assert msgspec.json.decode(msgspec.json.encode(stored), type=type(event)) == stored


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: type(event).__name__)
def test_the_header_of_an_event_holds_no_private_words(event: Event) -> None:
    assert not private_fields(type(event)).keys() & msgspec.to_builtins(header(event)).keys()


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: type(event).__name__)
def test_every_example_has_words_of_every_kind(event: Event) -> None:
    private = private_fields(type(event))

    assert {mark.kind for mark in private.values()} == {
        mark.kind for name, mark in private.items() if getattr(event, name)
    }


@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.__name__)
def test_private_fields_are_withheld_until_they_are_opened(kind: type[Event]) -> None:
    defaults = {field.name: field.default for field in msgspec.structs.fields(kind)}

    for name in private_fields(kind):
        assert defaults[name] in (WITHHELD, None)


def test_every_event_and_command_has_an_example() -> None:
    assert set(EXAMPLES) == set(EVENTS.values())
    assert set(COMMAND_EXAMPLES) == set(COMMANDS.values())


def test_stored_names_are_unique_and_end_in_their_version() -> None:
    kinds = [kind for family in FAMILIES for kind in family.events]

    assert len({stored_name(kind) for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert re.fullmatch(r"[a-z]+\.[a-z0-9_]+\.v[1-9][0-9]*", stored_name(kind))


def test_command_names_are_unique() -> None:
    assert len(COMMANDS) == sum(len(family.commands) for family in FAMILIES)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in COMMANDS)
