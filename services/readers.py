"""Who may read a message of which no referral was made?

Whoever may not open a child's restricted record is not to read of that child in a message that is
set aside, or that became no referral: so it is compared with those records more widely than a
message that is taken in.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import sha256
from html import unescape
from typing import Any, NamedTuple

from adapters.event_store import EventStore, Unreadable
from adapters.nameless import names
from adapters.translation import Sent, Translation, formats
from domain.blocking import words
from domain.child import ChildRegistered, DetailsCorrected
from domain.message import MessageReceived
from projections import children
from services.again import telling
from services.assemble import Parts
from services.claims import claimed
from services.likeness import Details, compare, details_of
from services.logs import log
from services.messages import legible
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
            try:
                known = Known.of(parts.store, record_id)
            except Unreadable:  # whoever it is about: it might be this one
                yield frozenset(child.named)
                break
            theirs = {value for by, value in given(parts.store, record_id).own if by == agency}
            if (
                any(each in told or each in written.plain for each in known.numbers)
                or theirs & own
                or written.tells_of(known)
                or any(_perhaps(each, one) for each in details for one in known.details)
            ):
                yield frozenset(child.named)
                break


class Known(NamedTuple):
    """All that a record ever said of its child: senders go on using what was corrected since, such
    as the name before an adoption. `days`: of birth, and on which the child was or is due.
    """

    details: tuple[Details, ...]
    days: frozenset[date]
    numbers: frozenset[str]

    @classmethod
    def of(cls, store: EventStore, record_id: str) -> "Known":
        """Raises `Unreadable`."""
        said: list[Details] = []
        days, numbers = set[date](), set[str]()
        for recorded in store.history(record_id, opened=True):
            event = recorded.event
            if not isinstance(event, ChildRegistered | DetailsCorrected):
                continue
            family_name, given_name = names(event.family_name or "", event.given_name or "")
            born_on, number = event.born_on or None, event.nhs_number or None
            said.append(Details(family_name=family_name, given_name=given_name, born_on=born_on))
            days |= {each for each in (born_on, event.due_on) if each}
            numbers |= {number} if number else set()
            if isinstance(event, ChildRegistered):
                numbers |= set(superseded(event.identifiers or ()))
        return cls(tuple(said), frozenset(days), frozenset(numbers))


class Written(NamedTuple):
    """A text as it is searched: a format may read nobody in a message that tells of no concern.

    `plain`: without anything but letters and digits; `spaced`: with one space between words.
    """

    words: frozenset[str]
    plain: str
    spaced: str

    @classmethod
    def of(cls, text: str) -> "Written":
        found = words(unescape(text))
        return cls(frozenset(found), "".join(found), f" {' '.join(found)} ")

    def tells_of(self, known: Known) -> bool:
        """Whether it holds two of the first name, the surname and the birth date, or the only one
        of them that is known.
        """
        first = [set(words(each.given_name)) for each in known.details]
        last = [set(words(each.family_name)) for each in known.details]
        enough = min(2, sum((any(first), any(last), bool(known.days))))
        held = sum(any(each and each <= self.words for each in names) for names in (first, last))
        if held + 1 == enough:  # only then: to look for a day in a long text takes a while
            held += any(self._holds(day) for day in known.days)
        return 0 < enough <= held

    def _holds(self, day: date) -> bool:
        if any(each in self.plain for each in (f"{day:%Y%m%d}", f"{day:%d%m%Y}")):
            return True
        return any(f" {each} " in self.spaced for each in _as_written(day))


def _as_written(day: date) -> Iterator[str]:
    """A day as people write it, in words of lower case."""
    number = day.day
    last = "th" if 10 < number < 20 else ORDINALS.get(number % 10, "th")
    days = {f"{number}", f"{number:02}", f"{number}{last}"}
    named = {day.strftime("%B").casefold(), day.strftime("%b").casefold()}
    named |= {"sept"} if day.month == SEPTEMBER else set()
    years = (f"{day:%Y}", f"{day:%y}")
    for one in days:
        for month in (f"{day.month}", f"{day.month:02}", *named):
            yield f"{day:%Y} {month} {one}"
            for year in years:
                yield f"{one} {month} {year}"
                yield f"{one} of {month} {year}"
        for month in named:
            for year in years:
                yield f"{month} {one} {year}"
                yield f"{one}{month}{year}"


ORDINALS = {1: "st", 2: "nd", 3: "rd"}
SEPTEMBER = 9


def _perhaps(child: Details, known: Details) -> bool:
    agreement = compare(child, known)
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
