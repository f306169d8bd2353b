"""In which CloudEvents, as headers or as an envelope, do agencies and we put our messages?

Source: CloudEvents 1.0.2, its Kafka Protocol Binding 1.0.2 and its JSON Event Format 1.0.2.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from adapters.cloudevents import JSON, SEQUENCE_DIGITS
from adapters.outgoing import SOURCE, TYPES
from domain.kernel import Instant
from services.contracts.schemas import Schema, ref, schema_of

Id = Annotated[str, Meta(min_length=1, description="unique a message of this source")]
Given = Annotated[str, Meta(description="as the sender likes; the topic says the format")]
Source = Annotated[
    str,
    Meta(
        pattern=r"^/agencies/[a-z0-9-]+(/.*)?$",
        description="/agencies/AGENCY, and a path of the agency's own below it if it likes. What "
        "is written otherwise is taken in, as a problem; another agency's name is set aside",
    ),
]
OurId = Annotated[str, Meta(description="The same each time that it is sent: know it again by it")]
OurSource = Annotated[str, Meta(extra_json_schema={"const": SOURCE})]
Subject = Annotated[str, Meta(description="The referral_id of the data")]
Sequence = Annotated[
    str,
    Meta(
        pattern=rf"^\d{{{SEQUENCE_DIGITS}}}$",
        description="Rises: of two about one referral, the higher was said later",
    ),
]
DataType = Annotated[str, Meta(extra_json_schema={"const": JSON})]


class BinaryHeaders(Struct, kw_only=True):
    """CloudEvents 1.0.2 in binary mode: the body is the message itself, byte for byte.

    The same source and id with the same bytes are one message, however often they come; with other
    bytes they are set aside for a person. So is a record in which a header stands twice.
    """

    ce_specversion: Literal["1.0"]
    ce_id: Id
    ce_source: Source
    ce_type: Given
    ce_time: Annotated[str, Meta(description="RFC 3339; not looked at")] | UnsetType = UNSET
    content_type: str | UnsetType = field(name="content-type", default=UNSET)


class StructuredHeaders(Struct, kw_only=True):
    """CloudEvents 1.0.2 in structured mode: the body is a JSON envelope with the message in it."""

    content_type: Annotated[
        str, Meta(pattern=r"^application/cloudevents\+json", description="marks the mode")
    ] = field(name="content-type")


class StructuredEvent(Struct, kw_only=True):
    """The envelope. JSON and text stand in `data`, any other bytes in `data_base64`."""

    specversion: Literal["1.0"]
    id: Id
    source: Source
    type: Given
    datacontenttype: str | UnsetType = UNSET
    data: Any | UnsetType = UNSET
    data_base64: (
        Annotated[str, Meta(extra_json_schema={"contentEncoding": "base64"})] | UnsetType
    ) = UNSET


class OurHeaders(Struct, kw_only=True):
    """CloudEvents 1.0.2 in binary mode: the body is the data."""

    ce_specversion: Literal["1.0"]
    ce_id: OurId
    ce_source: OurSource
    ce_type: str
    ce_subject: Subject
    ce_time: Instant
    ce_sequence: Sequence
    content_type: DataType = field(name="content-type")


class OurEvent(Struct, kw_only=True):
    """CloudEvents 1.0.2 as JSON."""

    specversion: Literal["1.0"]
    id: OurId
    source: OurSource
    type: str
    subject: Subject
    time: Instant
    sequence: Sequence
    datacontenttype: DataType
    data: dict[str, Any]


def _narrowed(schema: Schema, **members: Schema) -> Schema:
    return {**schema, "properties": {**schema["properties"], **members}}


IN: dict[str, Schema] = {
    "binary-headers": schema_of(BinaryHeaders),
    "structured-headers": schema_of(StructuredHeaders),
    "structured-event": schema_of(StructuredEvent),
}
"""Of what agencies send, by the name of the component."""

OUT_HEADERS: dict[str, Schema] = {
    f"out-{what}.headers": _narrowed(schema_of(OurHeaders), ce_type={"const": name})
    for what, (name, _) in TYPES.items()
}
OUT_EVENTS: dict[str, Schema] = {
    f"out-{what}.event": _narrowed(
        schema_of(OurEvent), type={"const": name}, data=ref(f"out-{what}")
    )
    for what, (name, _) in TYPES.items()
}
"""Of what agencies are told."""
