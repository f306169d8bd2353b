"""What did an agency send, byte for byte?"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from domain.message import MessageConflicted, MessageReceived
from services.assemble import Parts

NEAR = 10
"""Events after a referral's own in which the message that caused it is looked for.

Both are stored in one transaction, the message right behind.
"""

MOST_SHOWN = 200_000
"""Characters of a message that a page shows; the rest is said to be there."""


class Raw(Struct, frozen=True, kw_only=True):
    """`text` is None where the bytes were destroyed. `cut`: characters that are not shown."""

    message_id: str
    format: str
    agency: str
    channel: str
    size: int
    received_at: datetime
    file_name: str | None
    text: str | None
    cut: int


def behind(parts: Parts, referral_id: str, position: int) -> Raw | None:
    """The message that caused the event at this position of a referral; None if it was none.

    The caller has passed the gate for `see-message`.
    """
    for recorded in parts.store.recorded_at(position + 1, NEAR):
        event = recorded.event
        if not isinstance(event, MessageReceived | MessageConflicted):
            continue
        if event.referral_id != referral_id:
            return None
        return kept(parts, event.message_id, recorded.position)
    return None


def kept(parts: Parts, message_id: str, position: int) -> Raw:
    """The message that was received at this position.

    The caller has passed the gate for `see-message` or `see-unreferred`.
    """
    event: Any
    (event,) = (
        each.event
        for each in parts.store.history(message_id, opened=("raw",))
        if each.position == position
    )
    text = legible(event.raw) if isinstance(event.raw, bytes) else None
    name = event.file_name
    return Raw(
        message_id=event.message_id,
        format=event.format,
        agency=event.agency,
        channel=event.channel,
        size=event.size,
        received_at=event.received_at,
        file_name=name if isinstance(name, str) else None,
        text=text and text[:MOST_SHOWN],
        cut=max(0, len(text or "") - MOST_SHOWN),
    )


MARKS: dict[int, int | str] = {
    **{code: 0x2400 + code for code in range(32) if code not in (9, 10)},
    127: 0x2421,
    **{code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}
"""Control characters are shown by their pictures, those that turn a line round by their codes."""


def legible(raw: bytes) -> str:
    """Any bytes as text that a person can read: lines of HL7 end, and nothing is left out."""
    for signature, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(signature):
            text = raw.decode(encoding, errors="replace")
            break
    else:
        text = raw.decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(MARKS)
