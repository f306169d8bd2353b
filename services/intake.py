"""Who may send, what is a message taken for, and which receipt is given for it?

Each message (or row of a file) is one transaction: its raw bytes, its referral, the children
registered or matched, and the keys by which it is known again. A receipt is given only after that
transaction is durable. A message is refused only when it is empty, too large, or from nobody who
may send; whatever else is wrong with it is a problem for a person to read.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import reduce
from itertools import zip_longest
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from adapters.event_store import Conflict, EventStore, Unreadable, Unstorable, drafted
from adapters.reading import Problems, cleaned, decoded, unread
from adapters.translation import AgencyFormat, Sent, Translation, formats
from adapters.vault import KeyDestroyed
from domain import agency
from domain.agency import Agency
from domain.identity import is_slug
from domain.kernel import Refused
from domain.message import Result
from services.becoming import Becoming
from services.duty import Areas, Duty
from services.handle import ATTEMPTS
from services.identify import Identify
from services.logs import log
from services.received import Channel, Part
from services.recording import IN_THE_FUTURE, TOO_EARLY, Became

LARGEST = 25 * 1024 * 1024
"""Bytes of the largest message that is kept."""

LONGEST_NAME = 255
"""Characters of a file's name, a unit or a transport's key that are looked at."""


UNREADABLE_SENDER = Agency(name="unreadable")
"""One that was registered, in an event that cannot be read: nobody is refused over that."""


class Receipt(Struct, frozen=True, kw_only=True):
    """The intake line of the public surface: what became of one message."""

    source: str
    message: str | None = None
    format: str | None = None
    result: Result | Literal["refused"]
    referral: str | None = None
    children: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    position: int | None = None
    reason: str | None = None


class Understood(Struct, frozen=True, kw_only=True):
    """A message as it was read, before anything is decided on: why it is refused, or its parts."""

    source: str
    message: str
    refused: str | None = None
    parts: tuple[Part, ...] = ()

    def told(self, problem: str) -> "Understood":
        """The same, with one more problem that its transport found."""
        return replace(self, parts=tuple(_with(part, problem) for part in self.parts))


class Intake:
    """Takes messages in, on one event store. Not shared between threads."""

    def __init__(
        self,
        store: EventStore,
        clock: Callable[[], datetime] | None = None,
        known: Mapping[str, AgencyFormat] | None = None,
        areas: Areas | None = None,
    ) -> None:
        """`known`: the formats by name, in the order in which `auto` asks; all there are.

        `areas`: what an earlier intake has read of the teams' areas.
        """
        self.store = store
        self.formats = formats() if known is None else dict(known)
        self._clock = clock or (lambda: datetime.now(UTC))
        areas = areas or Areas()
        self._identify = Identify(store)
        self._duty = Duty(store, areas)
        self._identify_readable = Identify(store, pass_over=True)
        self._duty_readable = Duty(store, areas, pass_over=True)

    def take(
        self,
        sent: Sent,
        *,
        source: str = "-",
        channel: Channel = "file",
        format: str = "auto",
        to_sender: bool = False,
    ) -> Iterator[Receipt]:
        """A receipt for the message, or for each row of it, as soon as that is durable.

        `format` is a name of `adapters.translation.formats` or `auto`. Nothing is refused over its
        content: see the head of this module. `to_sender`: the receipt goes back to the agency, and
        tells only what is wrong with the message itself. What comes of comparing it with our
        records would tell one agency whom another knows.
        """
        understood = self.read(sent, source=source, channel=channel, format=format)
        for part, receipt in zip_longest(understood.parts, self.store_all(understood)):
            yield _as_told(receipt, part) if to_sender and part else receipt

    def read(self, sent: Sent, *, source: str, channel: Channel, format: str) -> Understood:
        """What the message says, as it is to be stored; nothing is stored yet."""
        digest = hashlib.sha256(sent.body).hexdigest()
        source = storable(source)
        sent = replace(
            sent,
            unit=sent.unit and storable(sent.unit),
            file_name=sent.file_name and storable(sent.file_name),
            key=sent.key and storable(sent.key),
            correlation=sent.correlation and storable(sent.correlation),
        )
        sender = self._sender(sent.agency)
        reason = _why_refused(sent, sender)
        if reason:
            log.info("message_refused", message=digest, size=len(sent.body))
            return Understood(source=source, message=digest, refused=reason)
        chosen = self._recognised(sent) if format == "auto" else self.formats[format]
        parts = self._parts(chosen, sent, sender, digest, channel)
        return Understood(source=source, message=digest, parts=parts)

    def store_all(self, understood: Understood) -> Iterator[Receipt]:
        """A receipt for each part, as soon as that is durable."""
        source, digest = understood.source, understood.message
        if understood.refused:
            yield Receipt(
                source=source, message=digest, result="refused", reason=understood.refused
            )
        for part in understood.parts:
            became = self._take(part)
            yield Receipt(
                source=source,
                message=digest,
                format=part.format,
                result=became.result,
                referral=became.referral,
                children=became.children,
                problems=became.problems,
                position=became.position,
            )

    def is_registered(self, agency_id: str) -> bool:
        """Whether there is such an agency, suspended or not."""
        sender = self._sender(agency_id)
        return bool(sender.kind) or sender is UNREADABLE_SENDER

    def _sender(self, agency_id: str) -> Agency:
        if not is_slug(agency_id):
            return Agency()  # nobody of that name can be registered
        try:
            history = self.store.history(f"agency-{agency_id}")
        except Unreadable as fault:
            log.error("sender_unreadable", stream=fault.stream, version=fault.version)
            return UNREADABLE_SENDER
        events: Any = (recorded.event for recorded in history)
        return reduce(agency.evolve, events, Agency())

    def _recognised(self, sent: Sent) -> AgencyFormat | None:
        return next((each for each in self.formats.values() if each.recognise(sent)), None)

    def _parts(
        self,
        chosen: AgencyFormat | None,
        sent: Sent,
        sender: Agency,
        digest: str,
        channel: Channel,
    ) -> tuple[Part, ...]:
        name = chosen.FORMAT.name if chosen else "unknown"
        translations = _translate(chosen, sent, digest)
        if sender is UNREADABLE_SENDER:
            told = "The registration of the sender cannot be read: tell the system's keeper."
            translations = [replace(e, problems=(*e.problems, told)) for e in translations]
        several = len(translations) > 1
        return tuple(
            Part(
                # without a number of its own, one of several would pass for the same message
                translation=replace(said, row=said.row or index) if several else said,
                sent=sent,
                sender=sender,
                format=name,
                digest=digest,
                channel=channel,
                file=index == 1 and said.raw is not None,
            )
            for index, said in enumerate(translations, start=1)
        )

    def _take(self, part: Part) -> Became:
        for _attempt in range(ATTEMPTS):
            try:
                became = self._once(part)
            except Conflict:
                continue  # another process took the same message, or named the same child
            if not drafted(became.position):
                log.info(
                    "message_taken",
                    message=part.digest,
                    format=part.format,
                    result=became.result,
                    referral=became.referral,
                    position=became.position,
                )
            return became
        raise Busy(
            "Others are writing about the same child or message without pause. "
            "Nothing of this message was stored: send it again."
        )

    def _once(self, part: Part) -> Became:
        """Decide on what is in the store now, and append it in one transaction.

        What stands in the way is answered with a barer reading, one after another: a concern is
        stored in any case.
        """
        now, pass_over = self._clock(), False
        for _hindrance in range(MOST_HINDRANCES):
            try:
                return self._become(part, now, pass_over)
            except KeyDestroyed:
                part = _apart(part, "destroyed", DESTROYED)
            except Unreadable as fault:
                log.error(
                    "intake_record_unreadable",
                    message=part.digest,
                    error=type(fault).__name__,
                    stream=fault.stream,
                    version=fault.version,
                )
                pass_over = True
                # The claim of the same bytes may be held by the very message that is unreadable.
                taken = self.store.claim(part.bytes_claim) is not None
                part = replace(_apart(part, "unreadable", CANNOT_BE_READ), apart=taken)
            except (Refused, Unstorable, UnicodeError) as fault:
                # A rule of ours, or words that we cannot write down, must not lose a concern: it
                # goes to a person as it came.
                log.error(
                    "intake_kept_without_reading",
                    message=part.digest,
                    format=part.format,
                    error=type(fault).__name__,
                )
                part = replace(part, translation=_unread(part, fault))
        return self._become(part, now, pass_over)

    def _become(self, part: Part, now: datetime, pass_over: bool) -> Became:
        identify = self._identify_readable if pass_over else self._identify
        duty = self._duty_readable if pass_over else self._duty
        return Becoming(self.store, identify, duty, part, now).became()


def _with(part: Part, problem: str) -> Part:
    problems = (*part.translation.problems, problem)
    return replace(part, translation=replace(part.translation, problems=problems))


def _as_told(receipt: Receipt, part: Part) -> Receipt:
    own = {*part.translation.problems, TOO_EARLY, IN_THE_FUTURE}
    return replace(receipt, problems=tuple(each for each in receipt.problems if each in own))


MOST_HINDRANCES = 3
"""To one message: each kind of them once."""


class Busy(Exception):
    """Nothing was stored because others wrote at the same time, again and again."""


def _why_refused(sent: Sent, sender: Agency) -> str | None:
    if not sender.kind and sender is not UNREADABLE_SENDER:
        return (
            "This sender is not registered. Register it with "
            "`safeguarding senders add` and send the message again."
        )
    if sender.suspended:
        return "This sender is suspended: resume it and send the message again."
    if not sent.body:
        return "The message is empty: there is nothing to keep. Send it again in full."
    if len(sent.body) > LARGEST:
        return "The message is larger than 25 MiB. Send it without its attachments, or in parts."
    return None


def _translate(chosen: AgencyFormat | None, sent: Sent, digest: str) -> list[Translation]:
    problems = Problems()
    if chosen is None:
        problems.say("The format is not one that we know: a person must read the message.")
        return [unread(sent, decoded(sent.body, problems), problems)]
    try:
        translations = chosen.translate(sent)
        if translations:
            return translations
        fault = "nothing"
    except Exception as error:  # noqa: BLE001 - a fault of ours must not lose a concern
        fault = type(error).__name__
    log.error("translation_failed", message=digest, format=chosen.FORMAT.name, error=fault)
    problems.say("Our program failed on this message: read it as it came, and tell the operator.")
    return [unread(sent, decoded(sent.body, problems), problems)]


def _unread(part: Part, fault: Exception) -> Translation:
    """What is left of a translation that could not be stored: keys, references, what may be."""
    said = part.translation
    if isinstance(fault, Refused):
        problems = (*said.problems, str(fault))
        return replace(
            said, intent="new", references=(), earlier=(), children=(), problems=problems
        )
    told = Problems()
    told.say("Our program could not store what it read: read the message as it came.")
    bare = unread(replace(part.sent, body=part.body), decoded(part.body, told), told)
    key = said.key and cleaned(said.key)
    references = tuple(map(cleaned, said.references))
    return replace(bare, key=key, references=references, row=said.row, raw=said.raw)


DESTROYED = "What it speaks of was here and was destroyed: read it as a new concern."
CANNOT_BE_READ = (
    "A record that this may be about cannot be read: tell the system's keeper, and read it as a "
    "new concern."
)


def _apart(part: Part, why: str, problem: str) -> Part:
    """The same, kept apart from a record that it speaks of and that is gone or unreadable."""
    said = part.translation
    apart = replace(
        said,
        intent="no-concern" if said.intent == "no-concern" else "new",
        key=f"{why}|{part.content}",
        references=(),
        earlier=(),
        problems=(*said.problems, problem),
    )
    return replace(part, translation=apart)


def storable(text: str) -> str:
    """A name from outside (a file's, say) as it may be stored and shown: no broken characters."""
    return cleaned(text.replace("\t", " ").replace("\r", " ").replace("\n", " "))[:LONGEST_NAME]
