"""What does a message that is set aside tell, and whose record may it be about?

Nothing of it is stored. Whoever may not open a child's restricted record is not to read of that
child here: so it is compared with those records more widely than a message that is taken in.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from adapters.cloudevents import Envelope, envelope
from adapters.event_store import EventStore, Unreadable
from adapters.translation import Sent, Translation, formats
from domain.described import ChildDescribed
from domain.kernel import WITHHELD
from domain.quarantine import MessageQuarantined
from projections import children
from services.access import Resource
from services.again import telling
from services.assemble import Parts
from services.claims import claimed
from services.ingest_kafka import whose
from services.likeness import compare, details_of
from services.logs import log
from services.messages import MOST_SHOWN, legible
from services.numbers import Record, on_record
from services.questions import about_referral
from services.recording import reference_claim
from services.sender_numbers import given, superseded

LONGEST_SOURCE = 200
"""Characters that are shown of how a sender calls itself."""

NAMED = {"first name", "surname", "birth date"}
"""Of which two are enough to think of a restricted record."""


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
    said = _translated(event, body)
    text, agency = legible(event.raw), whose(event.topic)[0]
    named = [*_named(parts, agency, said, text), *_led_to(parts, agency, said)]
    return Aside(
        sources=tuple(legible(each)[:LONGEST_SOURCE] for each in told),
        text=text[:MOST_SHOWN],
        cut=max(0, len(text) - MOST_SHOWN),
        said=said,
        about=Resource(
            about=(quarantine_id,), named=frozenset.intersection(*named) if named else None
        ),
    )


def _translated(event: Any, body: bytes) -> tuple[Translation, ...]:
    agency, format = whose(event.topic)
    known, sent = formats(), Sent(body=body, agency=agency, received_at=event.received_at)
    chosen = known.get(format) or next((e for e in known.values() if e.recognise(sent)), None)
    if chosen is None or not body:
        return ()
    try:
        return tuple(chosen.translate(sent))
    except Exception as error:  # noqa: BLE001 - as it came, it can be read all the same
        log.error("translation_failed", message=event.content, error=type(error).__name__)
        return ()


# ── Whose record it may be about ──────────────────────────────────────────────────────────────────


def _named(
    parts: Parts, agency: str, said: Sequence[Translation], text: str
) -> Iterator[frozenset[str]]:
    """Who may open each restricted record that it may be about."""
    packed = re.sub(r"\s", "", text)
    own = {number for each in said for number in each.superseded}
    described = [child for each in said for child in each.children]
    own |= {number.value for child in described for number in telling(child.identifiers)}
    for child in children.these(parts.query, children.restricted(parts.query)):
        for record_id in (child.child_id, *child.records):
            with suppress(Unreadable):
                record = on_record(parts.store, record_id)
                theirs = {value for by, value in given(parts.store, record_id).own if by == agency}
                if (
                    any(number in packed for number in _numbers(record))
                    or theirs & own
                    or any(_perhaps(each, record) for each in described)
                ):
                    yield frozenset(child.named)
                    break


def _numbers(record: Record) -> set[str]:
    current = record.details.nhs_number
    return {*superseded(record.identifiers), *([current] if current else ())}


def _perhaps(child: ChildDescribed, record: Record) -> bool:
    agreement = compare(details_of(child), record.details)
    return agreement.possible and len(NAMED & set(agreement.agree)) > 1


def _led_to(parts: Parts, agency: str, said: Sequence[Translation]) -> Iterator[frozenset[str]]:
    """The same of the restricted referrals that the sender's references lead to."""
    for each in said:
        for reference in (*each.references, *each.earlier):
            for referral_id in _under(parts.store, agency, reference):
                named = about_referral(parts.query, referral_id).named
                if named is not None:
                    yield named


def _under(store: EventStore, agency: str, reference: str) -> tuple[str, ...]:
    if not reference.strip():
        return ()
    return tuple(claimed(store, reference_claim(store, agency, reference)).values)
