"""
A message: what an agency sent, byte for byte, and what became of it.

    received ──> (conflicted)*

The stream's id is made of the sender and its idempotency key, so that the store's own unique key
refuses the same message a second time. Read top to bottom: events, commands, state, evolve, decide.
"""

from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.kernel import WITHHELD, Command, Event, Private, caused

Result = Literal[
    "recorded",
    "updated",
    "cancelled",
    "correlated",
    "merged",
    "duplicate",
    "conflict",
    "no-concern",
]
"""What became of a message: see the intake line of the public surface."""

RawBytes = Annotated[bytes, Private("raw")]
FileName = Annotated[str, Private("raw")]

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfMessage(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "message_id"
    subject_field: ClassVar[str] = "message_id"

    message_id: str
    format: str
    channel: str
    content: str
    """SHA-256 of this part's own bytes; `message` is that of all that was sent with it."""
    size: int
    raw: RawBytes = WITHHELD
    file_name: FileName | None = None
    referral_id: str | None = None


class MessageReceived(_OfMessage, frozen=True, tag="message.received.v1"):
    """The first message under this key. `referral_id`: the referral it opened or belongs to.

    `row` numbers the part of a file that holds several; the file itself is a message of its own.
    """

    result: Result
    row: int | None = None
    problems: tuple[str, ...] = ()


class MessageConflicted(_OfMessage, frozen=True, tag="message.conflicted.v1"):
    """Another message came under the same key with other content: kept, for a person to decide."""


MessageEvent = MessageReceived | MessageConflicted

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class KeepMessage(Command, frozen=True, tag="keep-message"):
    """Keep a message, or one row of it, as it came."""

    stream_field: ClassVar[str] = "message_id"

    message_id: str
    format: str
    channel: str
    content: str
    size: int
    raw: RawBytes
    result: Result
    file_name: FileName | None = None
    referral_id: str | None = None
    row: int | None = None
    problems: tuple[str, ...] = ()


MessageCommand = KeepMessage

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Message(Struct, frozen=True):
    contents: tuple[str, ...] = ()
    """SHA-256 of every content kept under this key, the first one first."""
    result: Result | None = None
    referral_id: str | None = None


def evolve(state: Message, event: MessageEvent) -> Message:
    match event:
        case MessageReceived():
            return replace(
                state,
                contents=(*state.contents, event.content),
                result=event.result,
                referral_id=event.referral_id,
            )
        case MessageConflicted():
            return replace(
                state,
                contents=(*state.contents, event.content),
                referral_id=state.referral_id or event.referral_id,
            )
        case _:
            assert_never(event)


def decide(command: MessageCommand, state: Message) -> list[MessageEvent]:
    match command:
        case KeepMessage() if command.content in state.contents:
            return []  # the agency sent it twice
        case KeepMessage() if state.contents:
            return [caused(MessageConflicted, command)]
        case KeepMessage():
            return [caused(MessageReceived, command)]
        case _:
            assert_never(command)
