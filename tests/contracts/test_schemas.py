"""Does an outside library find our messages valid by the schemas that we publish?"""

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from msgspec import json
from msgspec.structs import replace

from adapters.agencies import police_notice
from adapters.made_up import story
from adapters.outgoing import cloud_event
from domain.disclosure import InformationDisclosed
from domain.kernel import Recorded
from services.contracts.events import OUT_EVENTS, OUT_HEADERS
from services.contracts.schemas import DEFINED, components, own_formats, published
from tests.adapters.messages import format_named
from tests.examples import information_disclosed

SEEDS = range(20)
PUBLISHED = published()
TOLD = [f"out-{what}" for what in ("receipt", "decision", "outcome", "plan-status")]


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


@pytest.mark.parametrize(
    "changes",
    [
        {"what": "receipt", "status": "received", "outcome": None},
        {"what": "decision", "status": "decided", "reference": None},
        {"what": "decision", "status": "reopened", "outcome": None, "corrects": "disclosure-0"},
        {"what": "outcome", "status": "case-closed", "outcome": None, "child_number": 2},
        {"what": "plan-status", "status": "started", "outcome": None},
    ],
    ids=lambda changes: f"{changes['what']} {changes['status']}",
)
def test_what_an_agency_is_told_is_valid(changes: dict[str, Any]) -> None:
    event: InformationDisclosed = replace(information_disclosed(), **changes)
    told = cloud_event(Recorded(17, event.disclosure_id, 1, event, b"", ()))
    name = f"out-{event.what}"
    data = json.decode(told.data)
    assert faults(PUBLISHED[name], data) == []
    assert faults(PUBLISHED[name], {**data, "status": "forgotten"})
    headers = {header: value.decode() for header, value in told.headers()}
    assert faults(OUT_HEADERS[f"{name}.headers"], headers) == []
    assert (
        faults(with_components(OUT_EVENTS[f"{name}.event"]), json.decode(told.structured())) == []
    )


def with_components(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as one document with what it refers to."""
    whole = {**schema, "components": {"schemas": components(TOLD)}}
    assert DEFINED not in json.encode(whole).decode()
    return whole
