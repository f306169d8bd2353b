"""Who sent this record, under which id, and what are its bytes? And how is one of ours written?

Source: CloudEvents 1.0.2; its Kafka Protocol Binding 1.0.2, 3.2 (binary: headers `ce_*`) and 3.3
(structured: a JSON envelope in the body).
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Raw, Struct

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"
SEQUENCE_DIGITS = 20
"""So that a later sequence is the later text too."""


class Envelope(Struct, frozen=True, kw_only=True):
    id: str
    source: str
    body: bytes
    type: str | None = None
    content_type: str | None = None


class Broken(Struct, frozen=True):
    """Why there is no envelope: a code, which says nothing about anybody."""

    reason: Literal["no-id", "header-twice", "header-unreadable"]


def agency_named(source: str) -> str:
    """Whom a source names, in small letters, however it is written; "" if nobody.

    As agreed it is `/agencies/AGENCY`, and a path of the agency's own; of anything else the first
    part is taken for a name.
    """
    parts = [part for each in re.split("[/:]", source.casefold()) if (part := each.strip())]
    if "agencies" in parts[:-1]:
        return parts[parts.index("agencies") + 1]
    return parts[0] if parts else ""


class _Structured(Struct, kw_only=True):
    id: str = ""
    source: str = ""
    type: str | None = None
    datacontenttype: str | None = None
    data: Raw = Raw(b"")
    data_base64: str | None = None


def envelope(headers: Sequence[tuple[str, bytes]], body: bytes) -> Envelope | Broken:
    """The envelope of a record in either mode, or what is wrong with it."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if not key.startswith("ce_") and key != "content-type":
            continue
        if key in found:
            return Broken("header-twice")
        try:
            found[key] = value.decode()
        except UnicodeDecodeError:
            return Broken("header-unreadable")
    content_type = found.get("content-type")
    if content_type and content_type.partition(";")[0].strip().lower() == STRUCTURED:
        return _structured(body)
    if not found.get("ce_id", "").strip() or not found.get("ce_source", "").strip():
        return Broken("no-id")
    return Envelope(
        id=found["ce_id"],
        source=found["ce_source"],
        body=body,
        type=found.get("ce_type"),
        content_type=content_type,
    )


def _structured(body: bytes) -> Envelope | Broken:
    try:
        said = msgspec.json.decode(body, type=_Structured)
        if said.data_base64 is not None:
            data = base64.b64decode(said.data_base64, validate=True)
        else:
            data = _data(bytes(said.data))
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, RecursionError):
        return Broken("header-unreadable")
    if not said.id.strip() or not said.source.strip():
        return Broken("no-id")
    return Envelope(
        id=said.id,
        source=said.source,
        body=data,
        type=said.type,
        content_type=said.datacontenttype,
    )


def _data(raw: bytes) -> bytes:
    """The bytes of `data`: JSON as it stands there; of text, the text itself."""
    if raw.startswith(b'"'):
        return str(msgspec.json.decode(raw)).encode()
    return raw


class CloudEvent(Struct, frozen=True, kw_only=True):
    """A message of ours. `sequence`: its position in our log, which rises; `data` is JSON.

    Source: CloudEvents 1.0.2, and its extension `sequence`.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    data: bytes

    def attributes(self) -> dict[str, str]:
        """Its attributes as texts, without the content type of its data."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "sequence": f"{self.sequence:0{SEQUENCE_DIGITS}}",
        }

    def headers(self) -> list[tuple[str, bytes]]:
        """As the headers of a Kafka record, binary mode."""
        named = [(f"ce_{name}", value.encode()) for name, value in self.attributes().items()]
        return [*named, ("content-type", JSON.encode())]

    def structured(self) -> bytes:
        """As one JSON document, `application/cloudevents+json`. Source: CloudEvents 1.0.2, JSON
        Event Format, 3.2."""
        attributes = {**self.attributes(), "datacontenttype": JSON}
        return msgspec.json.encode({**attributes, "data": Raw(self.data)})


def batch(events: Iterable[CloudEvent]) -> bytes:
    """Several as one JSON array, `BATCH`, in their order."""
    return b"[" + b",".join(each.structured() for each in events) + b"]"
