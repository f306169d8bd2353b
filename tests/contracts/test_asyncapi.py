"""Is the contract of what goes over Kafka AsyncAPI, and what the software does?"""

from adapters.translation import formats
from adapters.transports.kafka_rights import dead, incoming, outgoing
from services.contracts import VERSION, as_text
from services.contracts.kafka import asyncapi
from tests.parts.asyncapi import Parser

NEWER = "asyncapi-latest-version"
"""That there is 3.1: 3.0 is what more tools read."""


def test_its_own_parser_finds_no_fault_in_it_and_would_find_one(asyncapi_parser: Parser) -> None:
    ours = as_text(asyncapi(VERSION))
    broken = ours.replace('"action": "send"', '"action": "shout"')
    told, of_broken = asyncapi_parser(ours, broken)
    assert [each for each in told["faults"] if each["code"] != NEWER] == []
    written = incoming("{agency}", formats())
    topics = [*written, outgoing("{agency}"), *map(dead, written)]
    assert sorted(told["addresses"]) == sorted(topics)
    assert [each for each in of_broken["faults"] if each["code"] != NEWER]
