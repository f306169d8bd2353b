"""
A correction: an entry on the record was wrong, and what is right.

    corrected | retracted

The wrong entry stays in the log; the timeline shows what superseded it. Read top to bottom.
Source: UK GDPR article 5(1)(d), accuracy; the original is kept as the record of what was known.
"""

from typing import ClassVar, Literal, assert_never

from msgspec import Struct

from domain.kernel import (
    WITHHELD,
    Asking,
    Command,
    Event,
    Narrative,
    Refused,
    asking,
    caused,
)

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfRecord(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "record_id"
    subject_field: ClassVar[str] = "child_id"

    record_id: str
    child_id: str
    position: int
    """Of the entry in the log that was wrong."""


class Corrected(_OfRecord, frozen=True, tag="record.corrected.v1"):
    words: Narrative = WITHHELD
    reason: Narrative = WITHHELD


class Retracted(_OfRecord, frozen=True, tag="record.retracted.v1"):
    """The entry does not belong on this child's record at all."""

    reason: Narrative = WITHHELD


RecordEvent = Corrected | Retracted

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForRecord(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "record_id"

    record_id: str
    child_id: str
    position: int


class CorrectEntry(_ForRecord, frozen=True, tag="correct-entry"):
    words: Narrative
    reason: Narrative


class RetractEntry(_ForRecord, frozen=True, tag="retract-entry"):
    reason: Narrative


RecordCommand = CorrectEntry | RetractEntry

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Record(Struct, frozen=True):
    settled: Literal["corrected", "retracted"] | None = None
    told: Asking | None = None
    entry: tuple[str, int] | None = None
    """The child, and the position of the entry in the log."""


def evolve(state: Record, event: RecordEvent) -> Record:
    match event:
        case Corrected():
            return Record("corrected", asking(event), (event.child_id, event.position))
        case Retracted():
            return Record("retracted", asking(event), (event.child_id, event.position))
        case _:
            assert_never(event)


def decide(command: RecordCommand, state: Record) -> list[RecordEvent]:
    match command:
        case _ if state.entry and state.entry != (command.child_id, command.position):
            raise Refused("That is the correction of another entry: leave its id out.")
        case CorrectEntry() if state.settled == "corrected" and state.told == asking(command):
            return []
        case RetractEntry() if state.settled == "retracted" and state.told == asking(command):
            return []
        case _ if state.settled:
            raise Refused(f"This is already {state.settled}: make another correction of the entry.")
        case CorrectEntry() | RetractEntry() if not command.reason.strip():
            raise Refused("Record why the entry was wrong.")
        case CorrectEntry(words=words) if not words.strip():
            raise Refused("Write what is right.")
        case CorrectEntry():
            return [caused(Corrected, command)]
        case RetractEntry():
            return [caused(Retracted, command)]
        case _:
            assert_never(command)
