"""What did an agency send, byte for byte?"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from adapters.cloudevents import Envelope, envelope
from domain.kernel import WITHHELD
from domain.message import MessageConflicted, MessageReceived
from domain.quarantine import Header, MessageQuarantined
from services.assemble import Parts

NEAR = 10
"""Events after a referral's own in which the message that caused it is looked for.

Both are stored in one transaction, the message right behind.
"""

MOST_SHOWN = 200_000
"""Characters of a message that a page shows; the rest is said to be there."""

LONGEST_SOURCE = 200
"""Characters that are shown of how a sender calls itself."""


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
    text, cut = _shown(event.raw)
    name = event.file_name
    return Raw(
        message_id=event.message_id,
        format=event.format,
        agency=event.agency,
        channel=event.channel,
        size=event.size,
        received_at=event.received_at,
        file_name=name if isinstance(name, str) else None,
        text=text,
        cut=cut,
    )


class Aside(Struct, frozen=True, kw_only=True):
    """What stands in a message that is set aside; `text` and `cut` as in `Raw`.

    `sources`: how its sender calls itself, none, one or several; as the headers have it.
    """

    sources: tuple[str, ...]
    text: str | None
    cut: int


def aside(parts: Parts, quarantine_id: str) -> Aside:
    """What stands in it. The caller has passed the gate for `see-unreferred`."""
    event: Any = next(
        each.event
        for each in parts.store.history(quarantine_id, opened=("raw",))
        if isinstance(each.event, MessageQuarantined)
    )
    text, cut = _shown(event.raw)
    sources = () if WITHHELD in (event.raw, event.headers) else _sources(event.headers, event.raw)
    return Aside(sources=sources, text=text, cut=cut)


def _sources(headers: tuple[Header, ...], raw: bytes) -> tuple[str, ...]:
    found = envelope([(each.name, each.value) for each in headers], raw)
    if isinstance(found, Envelope):
        told = [found.source.encode(errors="replace")]
    else:
        told = [each.value for each in headers if each.name.lower() == "ce_source"]
    return tuple(legible(each)[:LONGEST_SOURCE] for each in told)


def _shown(raw: object) -> tuple[str | None, int]:
    """As much of a message as is shown, and how many characters are not."""
    if not isinstance(raw, bytes):
        return None, 0
    text = legible(raw)
    return text[:MOST_SHOWN], max(0, len(text) - MOST_SHOWN)


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
