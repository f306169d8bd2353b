"""Do the CloudEvents SDK and we take the same records for the same events?"""

from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import (
    KafkaMessage,
    from_binary_event,
    from_structured_event,
    to_binary_event,
    to_structured_event,
)
from cloudevents.core.v1.event import CloudEvent
from msgspec import json

from adapters.cloudevents import STRUCTURED, Envelope, envelope
from tests.adapters.messages import format_named
from tests.contracts.told import KINDS, told

WRITERS = {"binary": to_binary_event, "structured": to_structured_event}
SENT = {
    "webform": "application/json",
    "fhir-bars": "application/fhir+json",
    "hl7v2": "application/hl7-v2",
    "police-notice": "message/rfc822",
    "gp-connect": "application/fhir+xml",
}
ATTRIBUTES = {
    "specversion": "1.0",
    "id": "notice-17",
    "source": "/agencies/north-police",
    "type": "uk.police.notice.v1",
    "time": datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    "partitionkey": "child-4711",
}


@pytest.mark.parametrize("mode", WRITERS)
@pytest.mark.parametrize("format", SENT)
def test_what_the_sdk_writes_is_read_with_the_very_bytes(mode: str, format: str) -> None:
    body = format_named(format).example(2)
    event = CloudEvent({**ATTRIBUTES, "datacontenttype": SENT[format]}, body)
    record = WRITERS[mode](event)
    assert envelope([*record.headers.items()], record.value) == Envelope(
        id="notice-17",
        source="/agencies/north-police",
        body=body,
        type="uk.police.notice.v1",
        content_type=SENT[format],
    )


@pytest.mark.parametrize("data", [{"submission_id": "WF-1"}, "MSH|^~\\&|", None])
def test_structured_data_that_is_no_bytes_is_read_as_the_sdk_means_it(data: Any) -> None:
    kind = "application/json" if isinstance(data, dict) else "text/plain"
    event = CloudEvent({**ATTRIBUTES, "datacontenttype": kind}, data)
    record = to_structured_event(event)
    found = envelope([*record.headers.items()], record.value)
    assert isinstance(found, Envelope)
    assert found.body == to_binary_event(event).value


@pytest.mark.parametrize("kind", KINDS)
def test_what_we_send_is_read_by_the_sdk(kind: str) -> None:
    _, message = told(kind)
    key = b"N-2026-000017"
    binary = KafkaMessage(headers=dict(message.headers()), key=key, value=message.data)
    headers = {"content-type": STRUCTURED.encode()}
    structured = KafkaMessage(headers=headers, key=key, value=message.structured())
    for read in (from_binary_event(binary), from_structured_event(structured)):
        assert read.get_specversion() == "1.0"
        assert (read.get_id(), read.get_source()) == (message.id, message.source)
        assert (read.get_type(), read.get_subject()) == (message.type, message.subject)
        assert read.get_time() == message.time
        assert read.get_extension("sequence") == f"{message.sequence:020}"
        assert read.get_data() == json.decode(message.data)
