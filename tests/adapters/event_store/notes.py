"""Which events are the store's own tests made of? Small ones, of every kind of private field."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from msgspec import Struct

from domain.kernel import WITHHELD, Event, Identity, Name, Narrative, Private, stored_name

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Relative(Struct, frozen=True):
    name: str
    born_on: date | None = None


class NoteWritten(Event, frozen=True, tag="note.written.v1"):
    stream_field = "note_id"
    subject_field = "child_id"

    note_id: str
    child_id: str
    code: str = "none"
    words: Narrative = WITHHELD
    child_name: Name | None = None
    home: Annotated[str, Private("location")] | None = WITHHELD
    relatives: Annotated[tuple[Relative, ...], Private("identity")] = ()
    nhs_number: Identity | None = None


class MessageKept(Event, frozen=True, tag="message.kept.v1"):
    stream_field = "message_id"
    subject_field = "message_id"

    message_id: str
    text: Annotated[bytes, Private("raw")] = WITHHELD
    sender: Annotated[str, Private("referrer")] | None = None


class NoteClosed(Event, frozen=True, tag="note.closed.v1"):
    stream_field = "note_id"
    subject_field = "note_id"

    note_id: str


CATALOGUE: dict[str, type[Event]] = {
    stored_name(kind): kind for kind in (NoteWritten, MessageKept, NoteClosed)
}

STAMP: dict[str, Any] = {
    "happened_at": AT,
    "received_at": AT,
    "recorded_at": AT,
    "by": "person-1",
    "agency": "authority",
}


def written(note: str = "note-1", words: str = "She was alone.", **more: Any) -> NoteWritten:
    given = {"child_id": "child-1", "home": None, **STAMP, **more}
    return NoteWritten(note_id=note, words=words, **given)


def kept(message: str = "message-1", text: bytes = b"MSH|^~\\&|", **more: Any) -> MessageKept:
    return MessageKept(message_id=message, text=text, **STAMP, **more)


def closed(note: str = "note-1") -> NoteClosed:
    return NoteClosed(note_id=note, **STAMP)


def positions(found: Sequence[Any]) -> list[int]:
    return [each.position for each in found]
