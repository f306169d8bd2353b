"""
Quarantine: what came by a transport and cannot be taken for a message of its sender.

    set aside ──> replayed

A body that cannot be read is no reason: that is a referral with problems, as from any transport.
Read top to bottom: events, commands, state, evolve, decide.
"""

from typing import Annotated, ClassVar, Literal, assert_never, get_args

from msgspec import Struct
from msgspec.structs import replace

from domain.kernel import WITHHELD, Command, Event, Private, Refused, caused

ReasonCode = Literal[
    "no-id",
    "header-twice",
    "header-unreadable",
    "other-sender",
    "id-reused",
    "refused",
]
REASONS: dict[ReasonCode, str] = {
    "no-id": "It carries no id, so that it cannot be told from the same message sent again.",
    "header-twice": "It carries one header twice, so that nobody can say which of them holds.",
    "header-unreadable": "One of its headers cannot be read.",
    "other-sender": "It came on the topic of one agency and says that another sent it.",
    "id-reused": "Its id was used before, with other content.",
    "refused": "Its sender may not send now, or it is empty or too large.",
}
"""What each code means, in words."""

RawBytes = Annotated[bytes, Private("raw")]


class Header(Struct, frozen=True):
    """One header of a record, as it came; another may have the same name."""

    name: str
    value: bytes


Headers = Annotated[tuple[Header, ...], Private("raw")]

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfQuarantine(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "quarantine_id"
    subject_field: ClassVar[str] = "quarantine_id"

    quarantine_id: str


class MessageQuarantined(_OfQuarantine, frozen=True, tag="quarantine.message_set_aside.v1"):
    """Kept as it came, headers too. `content`: SHA-256 of its bytes."""

    transport: str
    topic: str
    partition: int
    offset: int
    reason: ReasonCode
    content: str
    size: int
    raw: RawBytes = WITHHELD
    headers: Headers = WITHHELD


class MessageReplayed(_OfQuarantine, frozen=True, tag="quarantine.message_replayed.v1"):
    """Somebody had it taken in after all; what became of it stands with the message."""


QuarantineEvent = MessageQuarantined | MessageReplayed

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class QuarantineMessage(Command, frozen=True, kw_only=True, tag="quarantine-message"):
    stream_field: ClassVar[str] = "quarantine_id"

    quarantine_id: str
    transport: str
    topic: str
    partition: int
    offset: int
    reason: ReasonCode
    content: str
    size: int
    raw: RawBytes
    headers: Headers


class ReplayMessage(Command, frozen=True, kw_only=True, tag="replay-message"):
    stream_field: ClassVar[str] = "quarantine_id"

    quarantine_id: str


QuarantineCommand = QuarantineMessage | ReplayMessage

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Quarantine(Struct, frozen=True):
    state: Literal["unknown", "set-aside", "replayed"] = "unknown"


def evolve(state: Quarantine, event: QuarantineEvent) -> Quarantine:
    match event:
        case MessageQuarantined():
            return replace(state, state="set-aside")
        case MessageReplayed():
            return replace(state, state="replayed")
        case _:
            assert_never(event)


def decide(command: QuarantineCommand, state: Quarantine) -> list[QuarantineEvent]:
    match command:
        case QuarantineMessage() if state.state != "unknown":
            return []  # it was delivered twice
        case QuarantineMessage(reason=reason) if reason not in get_args(ReasonCode):
            raise Refused("There is no such reason to set a message aside.")
        case QuarantineMessage():
            return [caused(MessageQuarantined, command)]
        case ReplayMessage() if state.state == "unknown":
            raise Refused("There is no such message in quarantine.")
        case ReplayMessage() if state.state == "replayed":
            return []
        case ReplayMessage():
            return [caused(MessageReplayed, command)]
        case _:
            assert_never(command)
