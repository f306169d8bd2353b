"""What does a message that is set aside tell? Nothing of it is stored."""

from typing import Any

from msgspec import Struct

from adapters.cloudevents import Envelope, envelope
from adapters.translation import Translation
from domain.kernel import WITHHELD
from domain.quarantine import MessageQuarantined
from services.access import Resource
from services.assemble import Parts
from services.ingest_kafka import whose
from services.messages import MOST_SHOWN, legible
from services.readers import readers, translated

LONGEST_SOURCE = 200
"""Characters that are shown of how a sender calls itself."""


class Aside(Struct, frozen=True, kw_only=True):
    """What stands in it. `text`: as it came, None where it was destroyed; `cut`: characters of that
    which are not shown. `said`: as its format has it, nothing where that cannot be read. `sources`:
    how its sender calls itself, none, one or several. `about`: for the gate.
    """

    sources: tuple[str, ...]
    text: str | None
    cut: int
    said: tuple[Translation, ...]
    about: Resource


def aside(parts: Parts, quarantine_id: str) -> Aside:
    """What stands in it; nothing of it is shown before the gate is asked with `about`."""
    event: Any = next(
        each.event
        for each in parts.store.history(quarantine_id, opened=("raw",))
        if isinstance(each.event, MessageQuarantined)
    )
    if WITHHELD in (event.raw, event.headers):
        about = Resource(about=(quarantine_id,))
        return Aside(sources=(), text=None, cut=0, said=(), about=about)
    found = envelope([(each.name, each.value) for each in event.headers], event.raw)
    if isinstance(found, Envelope):
        body, told = found.body, [found.source.encode(errors="replace")]
    else:
        body = event.raw
        told = [each.value for each in event.headers if each.name.lower() == "ce_source"]
    text, (agency, format) = legible(event.raw), whose(event.topic)
    said = translated(agency, format, body, event.received_at)
    return Aside(
        sources=tuple(legible(each)[:LONGEST_SOURCE] for each in told),
        text=text[:MOST_SHOWN],
        cut=max(0, len(text) - MOST_SHOWN),
        said=said,
        about=Resource(about=(quarantine_id,), named=readers(parts, agency, said, text)),
    )
