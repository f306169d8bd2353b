"""What does an outside library say of the FHIR messages that we make up, and of how we read them?

`fhir.resources` knows R4B, which says of all that we send what R4 says, and STU3.
"""

from importlib import import_module
from typing import Any, NamedTuple

import pytest
from lxml import etree
from msgspec import json
from pydantic import ValidationError

from adapters.fhir_xml import xml_of
from tests.adapters.messages import format_named, recognised, translated

SEEDS = range(12)


class Message(NamedTuple):
    format: str
    version: str


MESSAGES = (
    Message("fhir-bars", "R4B"),
    Message("fhir-flags", "R4B"),
    Message("ers", "STU3"),
    Message("gp-connect", "STU3"),
)
every_message = pytest.mark.parametrize("message", MESSAGES, ids=[each.format for each in MESSAGES])


def is_xml(body: bytes) -> bool:
    return body.lstrip().startswith(b"<")


def read(message: Message, body: bytes) -> Any:
    """What the library makes of a message. Raises `ValidationError` if it is no such resource."""
    if is_xml(body):
        name = str(etree.QName(etree.fromstring(body)).localname)
    else:
        name = json.decode(body)["resourceType"]
    module = import_module(f"fhir.resources.{message.version}.{name.lower()}")
    kind = getattr(module, name)
    return kind.model_validate_xml(body) if is_xml(body) else kind.model_validate_json(body)


@every_message
def test_what_we_make_up_is_valid_fhir(message: Message) -> None:
    for seed in SEEDS:
        read(message, format_named(message.format).example(seed))


@every_message
def test_it_says_the_same_in_the_other_form_as_the_library_writes_it(message: Message) -> None:
    for seed in SEEDS:
        body = format_named(message.format).example(seed)
        found = read(message, body)
        other = found.model_dump_json().encode() if is_xml(body) else found.model_dump_xml()
        other = other.encode() if isinstance(other, str) else other
        assert is_xml(other) is not is_xml(body)
        assert recognised(other) == message.format
        assert translated(message.format, other) == translated(message.format, body)


def test_the_xml_that_we_write_is_valid_fhir() -> None:
    message = MESSAGES[0]
    for seed in SEEDS:
        body = format_named(message.format).example(seed)
        assert read(message, xml_of(json.decode(body))) == read(message, body)


def test_the_library_would_find_a_fault() -> None:
    message = MESSAGES[0]
    body = format_named(message.format).example(1)
    for given, wrong in (
        (b'"status": "active"', b'"state": "active"'),
        (b'"line": [', b'"line": [1,'),
    ):
        assert given in body
        with pytest.raises(ValidationError):
            read(message, body.replace(given, wrong))
