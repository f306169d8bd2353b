"""Does an outside library find our messages valid by the schemas that we publish?"""

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from msgspec import json

from adapters.agencies import police_notice
from adapters.made_up import story
from adapters.outgoing import TYPES
from services.contracts.events import OUT_EVENTS, OUT_HEADERS
from services.contracts.schemas import DEFINED, components, own_formats, published
from tests.adapters.messages import format_named
from tests.contracts.told import KINDS, told

SEEDS = range(20)
PUBLISHED = published()


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [each.message for each in validator.iter_errors(value)]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(PUBLISHED[name])


@pytest.mark.parametrize("name", own_formats())
def test_what_a_format_makes_up_is_valid_by_its_schema(name: str) -> None:
    for seed in SEEDS:
        body = (
            police_notice.written_as_json(story(name, seed))
            if name == "police-notice"
            else format_named(name).example(seed)
        )
        assert faults(PUBLISHED[name], json.decode(body)) == []


@pytest.mark.parametrize("name", own_formats())
def test_a_message_of_a_format_is_not_valid_with_a_wrong_value(name: str) -> None:
    assert faults(PUBLISHED[name], {"children": [{"given_name": 5}]})


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_agency_is_told_is_valid(kind: str) -> None:
    name, message = told(kind)
    data = json.decode(message.data)
    assert faults(PUBLISHED[name], data) == []
    assert faults(PUBLISHED[name], {**data, "status": "forgotten"})
    headers = {header: value.decode() for header, value in message.headers()}
    assert faults(OUT_HEADERS[f"{name}.headers"], headers) == []
    event = with_components(OUT_EVENTS[f"{name}.event"])
    assert faults(event, json.decode(message.structured())) == []


def with_components(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as one document with what it refers to."""
    whole = {**schema, "components": {"schemas": components(f"out-{what}" for what in TYPES)}}
    assert DEFINED not in json.encode(whole).decode()
    return whole
