"""Who may read a message of which no referral was made?

Whoever may not open a child's restricted record is not to read of that child in a message that is
set aside, or that became no referral: so it is compared with those records more widely than a
message that is taken in.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from adapters.event_store import EventStore, Unreadable
from adapters.translation import Sent, Translation, formats
from domain.blocking import words
from domain.message import MessageReceived
from projections import children
from services.again import telling
from services.assemble import Parts
from services.claims import claimed
from services.likeness import Details, compare, details_of
from services.logs import log
from services.messages import legible
from services.numbers import Record, on_record
from services.questions import about_referral
from services.recording import reference_claim
from services.sender_numbers import given, superseded

NAMED = {"first name", "surname", "birth date"}
"""Of which two are enough to think of a restricted record."""


def translated(
    agency: str, format: str, body: bytes, received_at: datetime
) -> tuple[Translation, ...]:
    """What it says, as its format has it; nothing where that cannot be read."""
    known, sent = formats(), Sent(body=body, agency=agency, received_at=received_at)
    chosen = known.get(format) or next((e for e in known.values() if e.recognise(sent)), None)
    if chosen is None or not body:
        return ()
    try:
        return tuple(chosen.translate(sent))
    except Exception as error:  # noqa: BLE001 - as it came, it can be read all the same
        digest = sha256(body).hexdigest()
        log.error("translation_failed", message=digest, error=type(error).__name__)
        return ()


def readers_of_kept(parts: Parts, message_id: str) -> frozenset[str] | None:
    """The same of a message that was received, and became no referral."""
    for each in parts.store.history(message_id, opened=("raw",)):
        event: Any = each.event
        if isinstance(event, MessageReceived) and isinstance(event.raw, bytes):
            said = translated(event.agency, event.format, event.raw, event.received_at)
            return readers(parts, event.agency, said, legible(event.raw))
    return None


def readers(
    parts: Parts, agency: str, said: Sequence[Translation], text: str
) -> frozenset[str] | None:
    """The people named on every restricted record that it may be about; None if it is about none.

    `agency`: the sender. `text`: the message as it came.
    """
    named = [*_of_records(parts, agency, said, text), *_led_to(parts, agency, said)]
    return frozenset.intersection(*named) if named else None


def _of_records(
    parts: Parts, agency: str, said: Sequence[Translation], text: str
) -> Iterator[frozenset[str]]:
    restricted = children.these(parts.query, children.restricted(parts.query))
    if not restricted:
        return
    described = [child for each in said for child in each.children]
    details = [details_of(child) for child in described]
    written = Written.of(" ".join((text, *(each.concern for each in said))))
    told = {each.nhs_number for each in described}
    own = {number for each in said for number in each.superseded}
    own |= {number.value for child in described for number in telling(child.identifiers)}
    for child in restricted:
        for record_id in (child.child_id, *child.records):
            with suppress(Unreadable):
                record = on_record(parts.store, record_id)
                theirs = {value for by, value in given(parts.store, record_id).own if by == agency}
                if (
                    any(each in told or each in written.plain for each in _numbers(record))
                    or theirs & own
                    or written.names(record)
                    or any(_perhaps(each, record) for each in details)
                ):
                    yield frozenset(child.named)
                    break


class Written(NamedTuple):
    """A text as it is searched: a format may read nobody in a message that tells of no concern.

    `plain`: without anything but letters and digits, however numbers and dates are written.
    """

    words: frozenset[str]
    plain: str

    @classmethod
    def of(cls, text: str) -> "Written":
        found = words(text)
        return cls(frozenset(found), "".join(found))

    def names(self, record: Record) -> bool:
        """Whether it holds two of the first name, the surname and the birth date."""
        told = record.details
        born = told.born_on and any(each in self.plain for each in _dates(told.born_on))
        named = [set(words(each)) for each in (told.given_name, told.family_name)]
        return sum((bool(born), *(bool(each) and each <= self.words for each in named))) > 1


def _dates(day: date) -> tuple[str, ...]:
    """How a day may be written, without what stands between."""
    named = (f"{day.day}{day:%B%Y}", f"{day.day}{day:%b%Y}")
    return (f"{day:%Y%m%d}", f"{day:%d%m%Y}", *(each.casefold() for each in named))


def _numbers(record: Record) -> set[str]:
    current = record.details.nhs_number
    return {*superseded(record.identifiers), *([current] if current else ())}


def _perhaps(child: Details, record: Record) -> bool:
    agreement = compare(child, record.details)
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
