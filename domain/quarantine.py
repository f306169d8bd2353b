"""
Quarantine: what came by a transport and cannot be taken for a message of its sender.

    set aside ──> settled ──> replayed
        └─────────────────────>┘
    lost ──> settled

What is settled waits for nobody any more; of what was set aside the bytes stay, and may be taken in
later. What Kafka deleted before it was read is lost: of it there is only where it stood. A body
that cannot be read is no reason: that is a referral with problems, as from any transport.
Read top to bottom: events, commands, state, evolve, decide.
"""

from typing import Annotated, ClassVar, Literal, assert_never, get_args

from msgspec import Struct
from msgspec.structs import replace

from domain.kernel import (
    WITHHELD,
    Asking,
    Command,
    Event,
    Narrative,
    Private,
    Refused,
    asking,
    caused,
)

ReasonCode = Literal[
    "no-id",
    "header-twice",
    "header-unreadable",
    "other-sender",
    "id-reused",
    "refused",
    "lost",
]
REASONS: dict[ReasonCode, str] = {
    "no-id": "It carries no id, so that it cannot be told from the same message sent again.",
    "header-twice": "It carries one header twice, so that nobody can say which of them holds.",
    "header-unreadable": "One of its headers cannot be read.",
    "other-sender": "It came on the topic of one agency and says that another sent it.",
    "id-reused": "Its id was used before, with other content.",
    "refused": "Its sender may not send now, or it is empty or too large.",
    "lost": (
        "They were deleted from Kafka before they were read: ask the agency to send them again."
    ),
}
"""What each code means, in words."""

KEPT = frozenset(get_args(ReasonCode)) - {"lost"}
"""The reasons for which a message is kept; of what was lost there is none."""

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


class MessageSettled(_OfQuarantine, frozen=True, tag="quarantine.message_settled.v1"):
    """Somebody found that it is not to be taken in. `why`: such as that nothing stands in it."""

    why: Narrative = WITHHELD


class RecordsLost(_OfQuarantine, frozen=True, tag="quarantine.records_lost.v1"):
    """Deleted before they were read. `offset`: the first of them; `records`: how many in a row."""

    transport: str
    topic: str
    partition: int
    offset: int
    records: int


class LossSettled(_OfQuarantine, frozen=True, tag="quarantine.loss_settled.v1"):
    """Somebody saw to it that the agency sends again what was lost. `how`: what was done."""

    how: Narrative = WITHHELD


QuarantineEvent = MessageQuarantined | MessageReplayed | MessageSettled | RecordsLost | LossSettled

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


class SettleMessage(Command, frozen=True, kw_only=True, tag="settle-message"):
    stream_field: ClassVar[str] = "quarantine_id"

    quarantine_id: str
    why: Narrative


class ReportLoss(Command, frozen=True, kw_only=True, tag="report-loss"):
    stream_field: ClassVar[str] = "quarantine_id"

    quarantine_id: str
    transport: str
    topic: str
    partition: int
    offset: int
    records: int


class SettleLoss(Command, frozen=True, kw_only=True, tag="settle-loss"):
    stream_field: ClassVar[str] = "quarantine_id"

    quarantine_id: str
    how: Narrative


QuarantineCommand = QuarantineMessage | ReplayMessage | SettleMessage | ReportLoss | SettleLoss

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Quarantine(Struct, frozen=True):
    state: Literal["unknown", "set-aside", "replayed", "lost"] = "unknown"
    settled: Asking | None = None


def evolve(state: Quarantine, event: QuarantineEvent) -> Quarantine:
    match event:
        case MessageQuarantined():
            return replace(state, state="set-aside")
        case MessageReplayed():
            return replace(state, state="replayed")
        case RecordsLost():
            return replace(state, state="lost")
        case MessageSettled() | LossSettled():
            return replace(state, settled=asking(event))
        case _:
            assert_never(event)


def decide(command: QuarantineCommand, state: Quarantine) -> list[QuarantineEvent]:
    match command:
        case QuarantineMessage() if state.state != "unknown":
            return []  # it was delivered twice
        case QuarantineMessage(reason=reason) if reason not in KEPT:
            raise Refused("There is no such reason to set a message aside.")
        case QuarantineMessage():
            return [caused(MessageQuarantined, command)]
        case ReplayMessage() if state.state == "unknown":
            raise Refused("There is no such message in quarantine.")
        case ReplayMessage() if state.state == "replayed":
            return []
        case ReplayMessage() if state.state == "lost":
            raise Refused(
                "What was lost cannot be taken in: ask the agency to send it again, and record that"
                " you did."
            )
        case ReplayMessage():
            return [caused(MessageReplayed, command)]
        case ReportLoss() if state.state != "unknown":
            return []  # it was found twice
        case ReportLoss(records=records) if records < 1:
            raise Refused("A loss is of one record at least.")
        case ReportLoss():
            return [caused(RecordsLost, command)]
        case SettleLoss() if state.state == "unknown":
            raise Refused("There is no such loss.")
        case SettleLoss() if state.state != "lost":
            raise Refused("This message was kept, not lost: it can be taken in after all.")
        case SettleLoss(how=how) if not how.strip():
            raise Refused("Record what was done, such as whom you asked to send it again.")
        case SettleMessage() if state.state == "unknown":
            raise Refused("There is no such message in quarantine.")
        case SettleMessage() if state.state == "lost":
            raise Refused("This was lost, not kept: record what was done about the loss.")
        case SettleMessage(why=why) if not why.strip():
            raise Refused("Record why it is not to be taken in, such as that it is a test.")
        case SettleMessage() | SettleLoss() if state.settled == asking(command):
            return []
        case SettleMessage() if state.state == "replayed":
            raise Refused("Somebody has had this message taken in already.")
        case SettleMessage() | SettleLoss() if state.settled:
            raise Refused("Somebody has recorded what was done about this already.")
        case SettleMessage():
            return [caused(MessageSettled, command)]
        case SettleLoss():
            return [caused(LossSettled, command)]
        case _:
            assert_never(command)
