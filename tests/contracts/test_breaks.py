"""Which change of a contract breaks somebody, and which harms nobody?"""

from typing import Any

import pytest

from services.contracts import documents
from services.contracts.breaks import breaks
from services.contracts.comparing import schema_breaks

Schema = dict[str, Any]

PERSON: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 40},
        "sex": {"enum": ["female", "male"], "default": "female"},
        "age": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
        "born": {"type": "string", "format": "date"},
        "homes": {"type": "array", "items": {"$ref": "#/$defs/Home"}, "minItems": 1},
        "marks": {"type": "object", "additionalProperties": {"type": "integer"}},
        "span": {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "items": False,
            "minItems": 2,
            "maxItems": 2,
        },
    },
    "required": ["name"],
    "$defs": {"Home": {"type": "object", "properties": {"postcode": {"type": "string"}}}},
}


def person(
    *, without: str = "", required: tuple[str, ...] = ("name",), **members: Schema
) -> Schema:
    properties = {k: v for k, v in PERSON["properties"].items() if k != without}
    return {**PERSON, "properties": properties | members, "required": [*required]}


def home(**members: Schema) -> Schema:
    return {**PERSON, "$defs": {"Home": {"type": "object", "properties": members}}}


TEXT: Schema = {"type": "string"}
HOMES = PERSON["properties"]["homes"]
SPAN = PERSON["properties"]["span"]


def span(*members: Schema, least: int | None = None) -> Schema:
    """A list of just these, as `msgspec` writes a tuple."""
    count = len(members)
    held = {"prefixItems": [*members], "minItems": count if least is None else least}
    return person(span={**SPAN, **held, "maxItems": count})


WHOLE: Schema = {"type": "integer"}
BREAKS_BOTH = {
    "a member is gone": person(without="born"),
    "a member of a member is gone": home(),
    "another type": person(name={"type": "integer"}),
    "items of another type": person(homes={**HOMES, "items": TEXT}),
    "a tuple of more": span(WHOLE, TEXT, TEXT),
    "a tuple of fewer": span(WHOLE),
    "a tuple with a member of another type": span(TEXT, TEXT),
    "a tuple the other way round": span(TEXT, WHOLE),
    "another format": person(born={"type": "string", "format": "date-time"}),
    "a keyword that we do not know": person(name={**TEXT, "not": {"const": "x"}}),
}
BREAKS_SENDERS = {
    "a member that must be there": person(required=("name", "born")),
    "a new member that must be there": person(required=("name", "nhs"), nhs=TEXT),
    "a value of a list is gone": person(sex={"enum": ["female"], "default": "female"}),
    "what leaving it out means is another": person(
        sex={"enum": ["female", "male"], "default": "male"}
    ),
    "null is taken no more": person(age={"type": "integer", "minimum": 0}),
    "a list where any text was": person(name={"enum": ["Ada"]}),
    "a shorter text": person(name={**TEXT, "maxLength": 20}),
    "a higher least number": person(
        age={"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}
    ),
    "a pattern": person(name={**TEXT, "maxLength": 40, "pattern": "^A"}),
    "a format that was none": person(name={**TEXT, "maxLength": 40, "format": "date"}),
    "a tuple with a narrower member": span(WHOLE, {"enum": ["a"]}),
    "more in a list must be there": person(homes={**HOMES, "minItems": 2}),
    "no other members": {**PERSON, "additionalProperties": False},
    "a narrower map": person(
        marks={"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
    ),
}
BREAKS_READERS = {
    "a member may be missing": person(required=()),
    "a value more in a list": person(
        sex={"enum": ["female", "male", "unknown"], "default": "female"}
    ),
    "any text where a list was": person(sex={**TEXT, "default": "female"}),
    "null may come": person(
        name={"anyOf": [{"type": "string", "maxLength": 40}, {"type": "null"}]}
    ),
    "a number with a fraction may come": person(
        age={"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]}
    ),
    "a longer text": person(name={**TEXT, "maxLength": 60}),
    "no limit": person(name=TEXT),
    "no format": person(born=TEXT),
    "an empty list may come": person(homes={**HOMES, "minItems": 0}),
    "anything may be in the list": person(homes={"type": "array", "minItems": 1}),
    "a tuple whose last may be missing": span(WHOLE, TEXT, least=1),
    "a tuple with a wider member": span({"type": "number"}, TEXT),
    "more may come after a tuple": person(
        span={"type": "array", "prefixItems": SPAN["prefixItems"], "minItems": 2}
    ),
    "a tuple of anything": person(span={"type": "array", "minItems": 2, "maxItems": 2}),
    "a wider map": person(marks={"type": "object", "additionalProperties": {"type": "number"}}),
    "a map of anything": person(marks={"type": "object"}),
}
HARMS_NOBODY = {
    "nothing": PERSON,
    "another member": person(nickname=TEXT),
    "other words about it": {**PERSON, "title": "A person", "description": "Somebody."},
    "a note of our own": {**PERSON, "x-note": "y"},
    "the same in another place": person(
        homes={"type": "array", "items": PERSON["$defs"]["Home"], "minItems": 1}
    ),
    "a tuple without what says its length twice": person(
        span={key: value for key, value in SPAN.items() if key != "maxItems"}
    ),
    "a list of types for a union": person(age={"type": ["integer", "null"], "minimum": 0}),
}


def named(changes: dict[str, Schema]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("new", changes.values(), ids=changes.keys())


@named(BREAKS_BOTH)
def test_it_breaks_senders_and_readers(new: Schema) -> None:
    assert schema_breaks(PERSON, new, "in")
    assert schema_breaks(PERSON, new, "out")


@named(BREAKS_SENDERS)
def test_it_breaks_senders_and_no_reader(new: Schema) -> None:
    assert schema_breaks(PERSON, new, "in")
    assert not schema_breaks(PERSON, new, "out")


@named(BREAKS_READERS)
def test_it_breaks_readers_and_no_sender(new: Schema) -> None:
    assert schema_breaks(PERSON, new, "out")
    assert not schema_breaks(PERSON, new, "in")


@named(HARMS_NOBODY)
def test_it_harms_nobody(new: Schema) -> None:
    assert not schema_breaks(PERSON, new, "in")
    assert not schema_breaks(PERSON, new, "out")


def test_what_broke_is_told_with_its_place() -> None:
    assert schema_breaks(PERSON, home(), "in") == ["the whole.homes[].postcode: it is gone"]
    assert schema_breaks(PERSON, BREAKS_READERS["a value more in a list"], "out") == [
        "the whole.sex: 'unknown' is not in the list"
    ]


def test_what_broke_of_a_tuple_is_told_with_its_place() -> None:
    longer, other = span(WHOLE, TEXT, TEXT), span(WHOLE, WHOLE)
    assert schema_breaks(PERSON, longer, "out") == [
        "the whole.span: maxItems is 2 for readers, 3 for writers"
    ]
    assert schema_breaks(PERSON, longer, "in") == [
        "the whole.span: minItems is 3 for readers, 2 for writers"
    ]
    assert schema_breaks(PERSON, other, "out") == [
        "the whole.span[1]: integer is written and string is read"
    ]
    rows = {"type": "array", "items": SPAN}
    assert schema_breaks(rows, {"type": "array", "items": TEXT}, "out") == [
        "the whole[]: string is written and array is read"
    ]


def test_a_new_member_breaks_readers_who_were_told_that_there_is_no_other() -> None:
    closed = {**PERSON, "additionalProperties": False}
    more = {**person(nickname=TEXT), "additionalProperties": False}
    assert schema_breaks(closed, more, "out") == [
        "the whole.nickname: it is new, and no other member may be there"
    ]
    assert not schema_breaks(closed, more, "in")
    numbers = {**PERSON, "additionalProperties": {"type": "integer"}}
    assert schema_breaks(numbers, {**numbers, "properties": more["properties"]}, "out")


def test_a_schema_that_holds_itself_is_compared_to_an_end() -> None:
    tree = {"type": "object", "properties": {"parts": {"type": "array", "items": {"$ref": "#"}}}}
    assert not schema_breaks(tree, tree, "in")


# ── Whole documents ───────────────────────────────────────────────────────────────────────────────

NOW = documents()


def changed(path: str, *steps: str, to: Any = None) -> dict[str, Any]:
    """What we publish, with one place changed; without `to`, the place is gone."""

    def within(held: Any, first: str, *rest: str) -> Any:
        inner = within(held[first], *rest) if rest else to
        others = {key: value for key, value in held.items() if key != first}
        return others if inner is None else {**others, first: inner}

    return {**NOW, path: within(NOW[path], *steps)}


def request(*steps: str, to: Any = None) -> dict[str, Any]:
    return changed("openapi.json", "paths", "/intake/webform", "post", *steps, to=to)


def question(*steps: str, to: Any = None) -> dict[str, Any]:
    return changed("openapi.json", "paths", "/api/children", "get", *steps, to=to)


def component(document: str, name: str, member: str, to: Any) -> dict[str, Any]:
    return changed(document, "components", "schemas", name, "properties", member, to=to)


OPENAPI, ASYNCAPI = "openapi.json", "asyncapi.json"
QUERY = {"name": "team", "in": "query", "schema": TEXT, "required": True}
BROKEN = {
    "a document is gone": {path: each for path, each in NOW.items() if path != OPENAPI},
    "a request is gone": changed(OPENAPI, "paths", "/intake/webform"),
    "a method is gone": changed(OPENAPI, "paths", "/api/inbox", "get", to=None),
    "a credential is taken no more": request("security", to=[{"person": []}]),
    "a parameter is gone": request("parameters", to=[]),
    "a parameter must be there": question("parameters", to=[QUERY]),
    "a parameter is narrower": changed(
        OPENAPI, "components", "parameters", "limit", "schema", "maximum", to=10
    ),
    "a content type is gone": request("requestBody", "content", to={}),
    "a body's member is gone": component(OPENAPI, "webform", "what_happened", None),
    "an answer's member is gone": component(OPENAPI, "intake-line", "referral", None),
    "an answer is gone": request("responses", "201"),
    "an answer is of another type": question(
        "responses", "200", "content", to={"text/csv": {"schema": TEXT}}
    ),
    "an answer's header is gone": question("responses", "200", "headers"),
    "a webhook is gone": changed(OPENAPI, "webhooks", "receipt"),
    "a webhook's header is gone": changed(
        OPENAPI, "webhooks", "receipt", "post", "parameters", to=[]
    ),
    "a webhook says less": component(OPENAPI, "out-receipt", "status", None),
    "a webhook says what nobody knows": component(
        OPENAPI, "out-receipt", "status", {"enum": ["received", "acknowledged", "lost"]}
    ),
    "another protocol": changed(ASYNCAPI, "servers", "authority", "protocol", to="kafka"),
    "another way to sign in": changed(
        ASYNCAPI, "components", "securitySchemes", "agency", "type", to="plain"
    ),
    "an operation is gone": changed(ASYNCAPI, "operations", "tell"),
    "a topic has another name": changed(ASYNCAPI, "channels", "out", "address", to="from.{agency}"),
    "keys are placed otherwise": changed(ASYNCAPI, "channels", "out", "x-partitioner", to="crc32"),
    "a message is gone": changed(ASYNCAPI, "channels", "out", "messages", "out-receipt"),
    "a message is of another type": changed(
        ASYNCAPI, "components", "messages", "out-receipt", "contentType", to="text/plain"
    ),
    "a record's header must be there": changed(
        ASYNCAPI, "components", "schemas", "binary-headers", "required", to=["ce_time"]
    ),
    "a record's header is gone": component(ASYNCAPI, "out-receipt.headers", "ce_id", None),
    "a record's member is gone": component(ASYNCAPI, "webform", "child_said", None),
    "a line's member is gone": changed(
        "schemas/timeline-line.json", "properties", "superseded_by"
    ),
    "a format's member is gone": changed("schemas/police-notice.json", "properties", "grade"),
}  # fmt: skip
HARMLESS = {
    "nothing": NOW,
    "another document": {**NOW, "schemas/more.json": {"type": "object"}},
    "another request": changed(OPENAPI, "paths", "/intake/pigeon", to={"post": {"responses": {}}}),
    "another answer that is no success": request("responses", "429", to={"description": "Later."}),
    "another credential": request("security", to=[{"sender": []}, {"person": []}]),
    "another parameter": question(
        "parameters",
        to=[
            *NOW[OPENAPI]["paths"]["/api/children"]["get"]["parameters"],
            {**QUERY, "required": False},
        ],
    ),
    "another topic": changed(ASYNCAPI, "channels", "more", to={"address": "more"}),
    "another member of what is told": component(OPENAPI, "out-receipt", "more", TEXT),
}


@named(BROKEN)
def test_a_document_that_breaks_somebody(new: dict[str, Any]) -> None:
    assert breaks(NOW, new)


@named(HARMLESS)
def test_a_document_that_harms_nobody(new: dict[str, Any]) -> None:
    assert not breaks(NOW, new)
