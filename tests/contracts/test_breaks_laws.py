"""Does an outside library agree that a change breaks nobody, whatever the schemas and values?"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.contracts.comparing import schema_breaks

Schema = dict[str, Any]
NAMES = ("a", "b", "c")
PLAIN: list[Schema] = [
    {},
    {"type": "null"},
    {"type": "boolean"},
    {"type": "integer"},
    {"type": "number"},
    {"type": "string"},
    {"enum": ["x"]},
    {"enum": ["x", "yy", None]},
    {"const": 1},
    {"type": "integer", "minimum": 1},
    {"type": "number", "maximum": 2},
    {"type": "string", "minLength": 1},
    {"type": "string", "maxLength": 1},
    {"type": "string", "pattern": "^y"},
    {"type": ["string", "null"]},
]
VALUES: list[Any] = [None, True, 0, 1, 2, 1.5, 7, "", "x", "yy", "xyz"]


Pair = tuple[Schema, Schema]
"""A schema as it was, and as it is."""


def same_or_other(several: list[Schema]) -> st.SearchStrategy[Pair]:
    one = st.sampled_from(several)
    return one.map(lambda each: (each, each)) | st.tuples(one, one)


LEAVES = same_or_other(PLAIN)
CLOSED = same_or_other(
    [{}, {"additionalProperties": False}, {"additionalProperties": {"type": "string"}}]
)
LIMITS = same_or_other([{}, {"minItems": 1}, {"maxItems": 1}])
SOME = st.sets(st.sampled_from(NAMES), max_size=2)
NONE: st.SearchStrategy[set[str]] = st.just(set())


def twice(sets: st.SearchStrategy[set[str]]) -> st.SearchStrategy[tuple[set[str], set[str]]]:
    return sets.map(lambda each: (each, each)) | st.tuples(sets, sets)


@st.composite
def objects(draw: st.DrawFn, members: st.SearchStrategy[Pair]) -> Pair:
    held = draw(st.dictionaries(st.sampled_from(NAMES), members, max_size=3))
    closed, required, gone = draw(CLOSED), draw(twice(NONE | SOME)), draw(twice(NONE | SOME))
    was, now = (
        {
            "type": "object",
            "properties": {n: pair[i] for n, pair in held.items() if n not in gone[i]},
            "required": sorted(required[i]),
            **closed[i],
        }
        for i in (0, 1)
    )
    return was, now


NOTHING: st.SearchStrategy[Any] = st.just((False, False)) | st.just((False, True))
ANYTHING: st.SearchStrategy[Any] = st.just((True, True)) | st.just((True, False))


def twice_counted(most: int) -> st.SearchStrategy[tuple[int, int]]:
    one = st.integers(0, most)
    return one.map(lambda each: (each, each)) | st.tuples(one, one)


def lists(items: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def made(held: Pair, limits: Pair) -> Pair:
        was, now = ({"type": "array", "items": held[i], **limits[i]} for i in (0, 1))
        return was, now

    return st.builds(made, items, LIMITS)


@st.composite
def tuples(draw: st.DrawFn, members: st.SearchStrategy[Pair]) -> Pair:
    """Lists whose first ones have a place of their own; more may come after them, or not."""
    first, rest = draw(st.lists(members, max_size=2)), draw(members | NOTHING | ANYTHING)
    counts = draw(twice_counted(len(first)))
    limits = draw(LIMITS)
    was, now = (
        {
            "type": "array",
            "prefixItems": [pair[i] for pair in first[: counts[i]]],
            "items": rest[i],
            **limits[i],
        }
        for i in (0, 1)
    )
    return was, now


def unions(each: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def made(several: list[Pair]) -> Pair:
        return {"anyOf": [was for was, _ in several]}, {"anyOf": [now for _, now in several]}

    return st.lists(each, min_size=1, max_size=3).map(made)


PAIRS = st.recursive(
    LEAVES,
    lambda inner: objects(inner) | lists(inner) | tuples(inner) | unions(inner),
    max_leaves=5,
)


def fixed(members: list[Schema]) -> st.SearchStrategy[list[Any]]:
    """All of them, or the first ones alone."""
    whole = st.tuples(*(written_by(each) for each in members)).map(list)
    return st.builds(lambda held, count: held[:count], whole, st.integers(0, len(members)))


def written_by(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that look as the schema has them, most of them valid."""
    match schema:
        case {"anyOf": several}:
            return st.one_of([written_by(each) for each in several])
        case {"prefixItems": first, "items": rest}:
            more = st.just([]) if rest is False else st.lists(st.sampled_from(VALUES), max_size=1)
            return st.builds(lambda held, also: [*held, *also], fixed(first), more)
        case {"items": items}:
            return st.lists(written_by(items), max_size=2)
        case {"properties": members}:
            return st.fixed_dictionaries(
                {}, optional={k: written_by(v) for k, v in members.items()}
            )
    return st.sampled_from(VALUES)


@given(PAIRS, st.data())
@settings(max_examples=150, deadline=None)
def test_what_breaks_no_reader_is_valid_for_who_knew_the_old_schema(
    pair: Pair, drawn: st.DataObject
) -> None:
    """Not so of what others write: a member that they added before we knew it may be anything."""
    old, new = pair
    if schema_breaks(old, new, "out"):
        return
    value = drawn.draw(written_by(new))
    if Draft202012Validator(new).is_valid(value):
        assert Draft202012Validator(old).is_valid(value)


@given(PAIRS)
@settings(max_examples=50, deadline=None)
def test_what_stays_as_it_is_breaks_nobody(pair: Pair) -> None:
    for schema in pair:
        assert not schema_breaks(schema, schema, "in")
        assert not schema_breaks(schema, schema, "out")
