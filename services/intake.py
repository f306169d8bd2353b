"""What becomes of a message: kept, matched to children, one referral each, and a receipt.

Each message (or row of a file) is one transaction: its raw bytes, its referral, the children
registered or matched, and the keys by which it is known again. A receipt is given only after that
transaction is durable. A message is refused only when it is empty, too large, or from nobody who
may send; whatever else is wrong with it is a problem for a person to read.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid4, uuid5

from msgspec import Struct
from msgspec.structs import replace

from adapters.event_store import Conflict, EventStore, Unstorable
from adapters.reading import Problems, cleaned, decoded, unread
from adapters.translation import AgencyFormat, Sent, Translation, formats
from adapters.vault import KeyDestroyed
from domain import agency, message, referral
from domain.agency import Agency
from domain.codes import AgencyKind, ReferralSource
from domain.identity import is_slug
from domain.kernel import Command, Recorded, Refused
from domain.message import KeepMessage, Message, Result
from domain.referral import (
    CancelReferral,
    ReceiveReferral,
    Referral,
    ReferralReceived,
    ReportConflict,
    UpdateReferral,
)
from services.claims import Claimed, claimed
from services.duty import SAME_MATTER, Duty
from services.handle import ATTEMPTS, Plan
from services.identify import Found, Identify
from services.logs import log

LARGEST = 25 * 1024 * 1024
"""Bytes of the largest message that is kept."""

AHEAD = timedelta(minutes=10)
"""By how much a sender's clock may be fast before a person is told of it."""

EARLIEST_YEAR = 1900
"""Before which nothing happened that a message can be about."""

LONGEST_NAME = 255
"""Characters of a file's name, a unit or a transport's key that are looked at."""

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:safeguarding:message")

SOURCE_OF: dict[AgencyKind, ReferralSource] = {
    "police": "6",
    "gp": "3A",
    "health": "3F",
    "voluntary": "8",
    "school": "2A",
    "public": "1D",
}

Channel = Literal["file", "standard-input", "http"]


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


class Intake:
    """Takes messages in, on one event store. Not shared between threads."""

    def __init__(
        self,
        store: EventStore,
        clock: Callable[[], datetime] | None = None,
        known: Mapping[str, AgencyFormat] | None = None,
    ) -> None:
        """`known`: the formats by name, in the order in which `auto` asks; all there are."""
        self.store = store
        self.formats = formats() if known is None else dict(known)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._identify = Identify(store)
        self._duty = Duty(store)

    def take(
        self, sent: Sent, *, source: str = "-", channel: Channel = "file", format: str = "auto"
    ) -> Iterator[Receipt]:
        """A receipt for the message, or for each row of it, as soon as that is durable.

        `format` is a name of `adapters.translation.formats` or `auto`. Nothing is refused over its
        content: see the head of this module.
        """
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
            yield Receipt(source=source, message=digest, result="refused", reason=reason)
            return
        chosen = self._recognised(sent) if format == "auto" else self.formats[format]
        for part in self._parts(chosen, sent, sender, digest):
            yield self._take_part(part, source, channel)

    def _sender(self, agency_id: str) -> Agency:
        if not is_slug(agency_id):
            return Agency()  # nobody of that name can be registered
        history = self.store.history(f"agency-{agency_id}")
        events: Any = (recorded.event for recorded in history)
        return reduce(agency.evolve, events, Agency())

    def _recognised(self, sent: Sent) -> AgencyFormat | None:
        return next((each for each in self.formats.values() if each.recognise(sent)), None)

    def _parts(
        self, chosen: AgencyFormat | None, sent: Sent, sender: Agency, digest: str
    ) -> list["Part"]:
        name = chosen.FORMAT.name if chosen else "unknown"
        translations = _translate(chosen, sent, digest)
        several = len(translations) > 1
        return [
            Part(
                # without a number of its own, one of several would pass for the same message
                translation=replace(said, row=said.row or index) if several else said,
                sent=sent,
                sender=sender,
                format=name,
                digest=digest,
                file=index == 1 and said.raw is not None,
            )
            for index, said in enumerate(translations, start=1)
        ]

    def _take_part(self, part: "Part", source: str, channel: Channel) -> Receipt:
        for _attempt in range(ATTEMPTS):
            try:
                receipt = self._once(part, source, channel)
            except Conflict:
                continue  # another process took the same message, or named the same child
            log.info(
                "message_taken",
                message=part.digest,
                format=part.format,
                result=receipt.result,
                referral=receipt.referral,
                position=receipt.position,
            )
            return receipt
        raise Busy(
            "Others are writing about the same child or message without pause. "
            "Nothing of this message was stored: send it again."
        )

    def _once(self, part: "Part", source: str, channel: Channel) -> Receipt:
        """Decide on what is in the store now, and append it in one transaction."""
        now = self._clock()
        try:
            return _Writing(self, part, source, channel, now).receipt()
        except KeyDestroyed:
            fresh = replace(part, translation=_apart(part))
            return _Writing(self, fresh, source, channel, now).receipt()
        except (Refused, Unstorable, UnicodeError) as fault:
            # A rule of ours, or words that we cannot write down, must not lose a concern: it goes
            # to a person as it came.
            log.error(
                "intake_kept_without_reading",
                message=part.digest,
                format=part.format,
                error=type(fault).__name__,
            )
            bare = replace(part, translation=_unread(part, fault))
            return _Writing(self, bare, source, channel, now).receipt()


class Busy(Exception):
    """Nothing was stored because others wrote at the same time, again and again."""


class Part(Struct, frozen=True, kw_only=True):
    """One message, or one row of a file that holds several (`file`: the row that also keeps it)."""

    translation: Translation
    sent: Sent
    sender: Agency
    format: str
    digest: str
    file: bool = False

    @property
    def body(self) -> bytes:
        return self.sent.body if self.translation.raw is None else self.translation.raw

    @property
    def content(self) -> str:
        if self.translation.raw is None:
            return self.digest
        return hashlib.sha256(self.translation.raw).hexdigest()

    @property
    def key(self) -> str:
        row = "" if self.translation.row is None else f"|{self.translation.row}"
        return self.translation.key or f"{self.sent.key or self.digest}{row}"

    @property
    def message_id(self) -> str:
        return _message_id(self.sent.agency, self.format, self.key)

    @property
    def bytes_claim(self) -> str:
        """Under which the same bytes are known again, whatever key they come with."""
        row = "" if self.translation.row is None else f"|{self.translation.row}"
        return f"bytes:{self.sent.agency}|{self.digest}{row}"


def _message_id(sender: str, format: str, key: str) -> str:
    return f"message-{uuid5(_NAMESPACE, f'{sender}|{format}|{key}')}"


def _why_refused(sent: Sent, sender: Agency) -> str | None:
    if not sender.kind:
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


def _apart(part: Part) -> Translation:
    """The same, kept apart from a record that it speaks of and that was destroyed."""
    return replace(
        part.translation,
        intent="new",
        key=f"destroyed|{part.content}",
        references=(),
        earlier=(),
        problems=(
            *part.translation.problems,
            "What it speaks of was here and was destroyed: read it as a new concern.",
        ),
    )


def storable(text: str) -> str:
    """A name from outside (a file's, say) as it may be stored and shown: no broken characters."""
    return cleaned(text.replace("\t", " ").replace("\r", " ").replace("\n", " "))[:LONGEST_NAME]


class _Writing:
    """One attempt at storing one part: what is known now, the commands, the claims."""

    def __init__(
        self, intake: Intake, part: Part, source: str, channel: Channel, now: datetime
    ) -> None:
        self.intake = intake
        self.store = intake.store
        self.part = part
        self.translation = part.translation
        self.source = source
        self.channel = channel
        self.plan = Plan(intake.store)
        self.claims: dict[str, str] = {}
        self._looked_up: dict[str, Claimed] = {}
        self.problems = list(part.translation.problems)
        happened_at = part.translation.happened_at or part.sent.received_at
        if happened_at.year < EARLIEST_YEAR:
            self.problems.append(
                "It is dated more than a lifetime ago: the time of receipt is used."
            )
            happened_at = part.sent.received_at
        if happened_at > part.sent.received_at + AHEAD:
            self.problems.append("It is dated in the future: the time of receipt is used.")
        happened_at = min(happened_at, part.sent.received_at)
        self.stamped: dict[str, Any] = {
            "happened_at": happened_at,
            "received_at": part.sent.received_at,
            "recorded_at": now,
            "by": part.sent.agency,
            "agency": part.sent.agency,
            "message": part.digest,
        }

    def receipt(self) -> Receipt:
        known, contents = self._known()
        if self.part.content in contents:
            return self._duplicate(known)
        same_bytes = self.store.claim(self.part.bytes_claim)
        if same_bytes is not None:  # under another key: what it says is here already
            return self._duplicate(self.store.history(same_bytes.value))
        if known:
            return self._conflict(known)
        match self.translation.intent:
            case "no-concern":
                return self._keep("no-concern", None)
            case "merge":
                return self._merge()
            case "update" | "cancel":
                return self._to_the_first()
            case "new":
                return self._new()

    # What is there already

    def _known(self) -> tuple[list[Recorded], tuple[str, ...]]:
        """What is kept under this message's key, and the content hashes of it."""
        history = self.store.history(self.part.message_id)
        events: Any = [recorded.event for recorded in history]
        return history, reduce(message.evolve, events, Message()).contents

    def _duplicate(self, history: list[Recorded]) -> Receipt:
        """The first's receipt, said again."""
        first = next((r for r in history if self._same_content(r.event)), history[0])
        event: Any = first.event
        self.problems = list(getattr(event, "problems", ()))
        position = first.position
        children: tuple[str, ...] = ()
        if event.referral_id:
            told = ((r.position, r.event) for r in self.store.history(event.referral_id))
            # the first's own row: the same row may stand twice in one file
            this = (event.message, getattr(event, "row", self.translation.row))
            position = next(
                (at for at, e in told if (e.message, getattr(e, "row", None)) == this), position
            )
            children = self._referral(event.referral_id).child_ids
        return self._receipt("duplicate", event.referral_id, children, position)

    def _same_content(self, event: Any) -> bool:
        return bool(event.content == self.part.content)

    def _referral(self, referral_id: str) -> Referral:
        events: Any = (recorded.event for recorded in self.store.history(referral_id))
        return reduce(referral.evolve, events, Referral())

    # What is done

    def _conflict(self, known: list[Recorded]) -> Receipt:
        """Same key, other content: kept, and a person decides which holds."""
        referral_id = next((r.event.referral_id for r in known if r.event.referral_id), None)  # type: ignore[attr-defined]
        self.problems.append(
            "Another message came under the same key with other content: compare the two."
        )
        if referral_id is None:
            return self._open(result="conflict")
        self._add(
            self._described(ReportConflict, referral_id, ()),
            self._kept("conflict", referral_id),
        )
        return self._stored("conflict", referral_id, self._referral(referral_id).child_ids)

    def _to_the_first(self) -> Receipt:
        """An update or cancellation goes to the referral it speaks of, or is read by a person."""
        does = "withdraws" if self.translation.intent == "cancel" else "updates"
        led = self._led_to((*self.translation.earlier, *self.translation.references))
        if not led:
            self.problems.append(
                f"The sender {does} something that has not come: read it as a new concern."
            )
            return self._open()
        about = self._about(led)
        if about is None:
            self.problems.append(
                f"The sender {does} something under the same reference that is about somebody "
                "else: compare the two referrals."
            )
            return self._open(perhaps_about=led[0])
        if len(led) > 1 and not self.translation.children:
            self.problems.append(
                "Several referrals came under the same reference and nobody is named: check which "
                "of them the sender means."
            )
        return self._follow(about)

    def _follow(self, referral_id: str) -> Receipt:
        state = self._referral(referral_id)
        cancel = self.translation.intent == "cancel"
        named = (*state.child_ids, *state.removed)
        found = [] if cancel else self._children(referral_id, among=named)
        added = [each for each in found if each.child_id not in named]
        if added and state.child_ids:
            self.problems.append("It names a child that the first message did not name.")
        kind = CancelReferral if cancel else UpdateReferral
        child_ids = tuple(dict.fromkeys(each.child_id for each in found))
        self._add(*(command for each in added for command in each.commands))
        self._add(self._described(kind, referral_id, child_ids))
        result: Result = "cancelled" if cancel else "updated"
        self._add(self._kept(result, referral_id))
        self._claim_references(referral_id)
        return self._stored(result, referral_id, (*state.child_ids, *(e.child_id for e in added)))

    def _new(self) -> Receipt:
        led = self._led_to(self.translation.references)
        about = self._about(led)
        if about is not None and self._continues(about):
            return self._follow(about)  # sent again with other content: the same concern
        return self._open(perhaps_about=about or next(iter(led), None))

    def _about(self, led: list[str]) -> str | None:
        """The first of these referrals that is about these children."""
        children = self.translation.children
        return next((r for r in led if self.intake._identify.speaks_of(children, r)), None)

    def _continues(self, referral_id: str) -> bool:
        """Whether what comes under a known reference is the same concern, not that number again.

        It is while nobody has decided; after that only under its very own (its first) reference,
        and soon: an incident's number may be used again, and a table's rows counted anew.
        """
        state = self._referral(referral_id)
        if state.decision is None or state.received_at is None:
            return True
        soon = abs(self.part.sent.received_at - state.received_at) <= SAME_MATTER
        return soon and referral_id in self._led_to(self.translation.references[:1])

    def _open(self, result: Result = "recorded", perhaps_about: str | None = None) -> Receipt:
        referral_id = f"referral-{uuid4().hex}"
        found = self._children(referral_id)
        duty = self.intake._duty.of(
            tuple(each.child_id for each in found if each.matched),
            self._postcodes(),
            self.part.sent.received_at,
        )
        child_ids = tuple(each.child_id for each in found)
        self._add(*(command for each in found for command in each.commands))
        self._add(
            self._described(
                ReceiveReferral,
                referral_id,
                child_ids,
                team_id=duty.team_id,
                told_workers=duty.workers,
                perhaps_about=perhaps_about or duty.recent_referral,
            ),
            self._kept(result, referral_id),
        )
        self._claim_references(referral_id)
        return self._stored(result, referral_id, child_ids)

    def _merge(self) -> Receipt:
        """Two of the sender's records are one person: ours are merged only by the usual rule."""
        merged = self.intake._identify.merged(
            self.part.sent.agency, self.translation.superseded, self.translation.children
        )
        if merged is None:  # neither, or only one, of them is known here
            return self._keep("no-concern", None)
        if merged.certain:
            self._add(merged.command(self.stamped))
            self._add(self._kept("merged", None))
            return self._stored("merged", None, (merged.child_id,))
        self.problems.append(
            "The sender says that two of its records are one child: compare ours before merging."
        )
        return self._open()

    def _keep(self, result: Result, referral_id: str | None) -> Receipt:
        self._add(self._kept(result, referral_id))
        return self._stored(result, referral_id, ())

    # How it is written

    def _children(self, referral_id: str, among: tuple[str, ...] = ()) -> list[Found]:
        found, problems, claims = self.intake._identify.children(
            self.translation.children, referral_id, self.part.sent.agency, self.stamped, among
        )
        self.problems.extend(problems)
        self.claims.update(claims)
        return found

    def _described(
        self, kind: type[Any], referral_id: str, child_ids: tuple[str, ...], **more: Any
    ) -> Command:
        said = self.translation
        described: Command = kind(
            **self.stamped,
            referral_id=referral_id,
            channel=self.channel,
            format=self.part.format,
            row=said.row,
            unit=self.part.sent.unit,
            source=said.source or self._source(),
            urgency=said.urgency,
            concern_codes=said.concern_codes,
            parents_informed=said.parents_informed,
            consent=said.consent,
            lawful_basis=said.lawful_basis,
            problems=tuple(dict.fromkeys(self.problems)),
            child_ids=child_ids,
            referrer=said.referrer,
            references=said.references,
            children=said.children,
            adults=said.adults,
            addresses=said.addresses,
            concern=said.concern,
            **more,
        )
        return described

    def _source(self) -> ReferralSource:
        return SOURCE_OF[self.part.sender.kind] if self.part.sender.kind else "10"

    def _kept(self, result: Result, referral_id: str | None) -> KeepMessage:
        return KeepMessage(
            **self.stamped,
            message_id=self.part.message_id,
            format=self.part.format,
            channel=self.channel,
            content=self.part.content,
            size=len(self.part.body),
            raw=self.part.body,
            file_name=self.part.sent.file_name,
            referral_id=referral_id,
            result=result,
            row=self.translation.row,
            problems=tuple(dict.fromkeys(self.problems)),
        )

    def _whole_file(self, result: Result, referral_id: str | None) -> Iterator[KeepMessage]:
        """The file itself, kept beside its first row."""
        if not self.part.file:
            return
        message_id = _message_id(self.part.sent.agency, "file", self.part.digest)
        if self.store.history(message_id):
            return
        yield replace(
            self._kept(result, referral_id),
            message_id=message_id,
            content=self.part.digest,
            size=len(self.part.sent.body),
            raw=self.part.sent.body,
            row=None,
        )

    def _add(self, *commands: Command) -> None:
        self.plan.add(*commands)

    def _postcodes(self) -> tuple[str, ...]:
        said = self.translation
        codes = (*(c.postcode for c in said.children), *(a.postcode for a in said.addresses))
        return tuple(code for code in codes if code)

    def _led_to(self, references: tuple[str, ...]) -> list[str]:
        """The referrals that this sender knows by these references, a reference's newest first."""
        found: list[str] = []
        for reference in references:
            found += reversed(self._claimed(reference).values)
        return list(dict.fromkeys(found))

    def _claimed(self, reference: str) -> Claimed:
        """Looked up once an attempt: who claims it after that makes this attempt a conflict."""
        token = self.store.vault.token("reference", f"{self.part.sent.agency}|{reference.strip()}")
        if token not in self._looked_up:
            self._looked_up[token] = claimed(self.store, f"reference:{token}")
        return self._looked_up[token]

    def _claim_references(self, referral_id: str) -> None:
        for reference in self.translation.references:
            if not reference.strip():
                continue
            known, free = self._claimed(reference)
            if free and referral_id not in known:
                self.claims[free] = referral_id

    def _stored(
        self, result: Result, referral_id: str | None, children: tuple[str, ...]
    ) -> Receipt:
        self._add(*self._whole_file(result, referral_id))
        self.claims[self.part.bytes_claim] = self.part.message_id
        recorded = self.plan.append(self.claims)
        return self._receipt(result, referral_id, children, _position(recorded, result))

    def _receipt(
        self, result: Result, referral_id: str | None, children: tuple[str, ...], position: int
    ) -> Receipt:
        return Receipt(
            source=self.source,
            message=self.part.digest,
            format=self.part.format,
            result=result,
            referral=referral_id,
            children=children,
            problems=tuple(dict.fromkeys(self.problems)),
            position=position,
        )


def _position(recorded: list[Recorded], result: Result) -> int:
    """Of the event that tells the story: the referral's own if there is one, else the message's."""
    for each in recorded:
        if isinstance(each.event, ReferralReceived):
            return each.position
    for each in recorded:
        if each.stream.startswith("referral-"):
            return each.position
    return recorded[0].position
