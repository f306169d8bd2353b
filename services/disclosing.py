"""What is an agency owed to hear, by one of its systems, of what became of its own referrals?

    step() -> bool                          records what is to be told, before it leaves
    tell_from_the_first(agency) -> bool     the same of what was, for who could not hear it so far
    disclosed(store, position, …)           what was recorded and is to be sent, in log order
    leaves(recorded) -> "goes" | …          may it leave now? asked right before each attempt

A fact is told to the agency whose referral it is about, and to nobody else. Not told by a system,
but by a person: whatever is about a child whose record is restricted, beyond the receipt; anything
to members of the public, who have no system; the reason of a decision, which is words.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import NAMESPACE_URL, uuid5

from adapters.event_store import (
    Conflict,
    EventStore,
    Page,
    Together,
    Tracking,
    Unreadable,
)
from adapters.looks_like_address import in_a_line
from adapters.vault import KeyDestroyed
from domain import agency, disclosure, referral
from domain.agency import Agency, AgencyResumed, WebhookRegistered
from domain.assessment import AssessmentAuthorised
from domain.calendar import local_day
from domain.case import CaseClosed, CaseOpened, case_of
from domain.child import ChildMatched, ChildRegistered, ChildUnmatched
from domain.codes import LawfulBasis
from domain.conference import InitialConferenceHeld
from domain.disclosure import (
    Channel,
    DiscloseInformation,
    Disclosure,
    InformationDisclosed,
    Status,
    What,
    WithholdDisclosure,
    Withholding,
)
from domain.enquiry import Section47Concluded
from domain.kernel import Event, Recorded, stored_name
from domain.plan import ProtectionPlanEnded, ProtectionPlanStarted
from domain.referral import (
    OPENS_A_CASE,
    Referral,
    ReferralAcknowledged,
    ReferralDecided,
    ReferralReceived,
    ReferralReopened,
)
from services.handle import Plan
from services.logs import log
from services.one_child import Records, fold, readable

STEP_ENDED: dict[type[Event], Status] = {
    AssessmentAuthorised: "assessment-ended",
    Section47Concluded: "section-47-ended",
    InitialConferenceHeld: "conference-held",
    CaseClosed: "case-closed",
}
PLAN_STATUS: dict[type[Event], Status] = {
    ProtectionPlanStarted: "started",
    ProtectionPlanEnded: "ended",
}
OF_A_REFERRAL: tuple[type[Event], ...] = (
    ReferralReceived,
    ReferralAcknowledged,
    ReferralDecided,
    ReferralReopened,
)
FACTS = frozenset(map(stored_name, (*OF_A_REFERRAL, *STEP_ENDED, *PLAN_STATUS)))
"""The stored names of what an agency may hear of."""

BACK: tuple[type[Event], ...] = (AgencyResumed, WebhookRegistered)
"""After these an agency that heard nothing for a while may hear again."""

READ = FACTS | frozenset(map(stored_name, BACK))
DISCLOSED = frozenset({stored_name(InformationDisclosed)})

GOES_ON = OPENS_A_CASE | {"existing-worker"}
"""After these decisions there is work with the child, whose end the referrer hears of."""

LONGEST_REFERENCE = 100

Hears = Callable[[str, Agency], bool]
"""Whether the agency of this id, in this state, uses the channel."""

Leaves = Literal["goes", "waits", "withheld"]
"""`waits`: the agency is suspended. `withheld`: it may not leave any more, which is recorded."""


class Disclosing:
    """Records what is to be told over one channel. For one thread.

    Two processes may do it side by side: what is told is told once.
    """

    def __init__(
        self,
        store: EventStore,
        channel: Channel,
        hears: Hears,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        only: str | None = None,
    ) -> None:
        """`hears` need not ask whether the agency is registered, suspended, or of the public. It
        is asked of the agency as it was when the fact was recorded, so that it makes no difference
        how far behind the step is; of who asks for itself (`only`), as it is now.

        `only`: one agency, which is told when it asks; how far the log was read is then its own.
        """
        self._store = store
        self._channel = channel
        self._hears = hears
        self._clock = clock
        self._only = only
        self._tracked = f"disclosing|{channel}|{only}" if only else f"disclosing|{channel}"
        self._records = Records(store)
        self._agencies: dict[str, Agency | None] = {}
        self._at: int | None = None
        """Where in the log it is asked whether an agency hears; None: now."""
        self._planned: set[str] = set()
        """Disclosures of this step, which are not stored yet."""

    def begin_after(self, position: int) -> None:
        """Pass over what happened up to a position, where nothing of the log was read so far."""
        if self._store.tracked(self._tracked) == 0 < position:
            with suppress(Conflict):  # another process has begun
                self._store.append([], tracking=Tracking(self._tracked, position))

    def step(self, limit: int = 500) -> bool:
        """Record what at most `limit` events let be told, with how far the log was read for it.

        Both in one transaction. False when nothing more is there. Raises `Unavailable`.
        """
        position = self._store.tracked(self._tracked)
        page = readable(self._store, position, limit, READ)
        read = [Tracking(self._tracked, page.reached)] if page.reached > position else []
        recorded = self._record(map(self.of, page), *read)
        return bool(page) or not recorded

    def tell_from_the_first(
        self, agency_id: str, stop: Callable[[], bool], limit: int = 500
    ) -> bool:
        """Record for an agency that can hear by this channel from now on what it was to hear of all
        that happened since it was registered, up to where the log was read for the others.

        False if that is still to be done: we were told to stop, or it may hear nothing now. Raises
        `Unavailable`.
        """
        up_to = self._store.tracked(self._tracked)
        self._agencies.clear()
        self._at = None
        try:
            if self._agency(agency_id) is None:
                return False
            position = self._store.history(f"agency-{agency_id}")[0].position
        except Unreadable:
            return False  # whoever lists the agencies says so
        while position < up_to and not stop():
            page = readable(self._store, position, limit, FACTS)
            page[:] = [each for each in page if each.position <= up_to]
            if self._record(self._now_of(each, agency_id) for each in page):
                position = page.reached
        return position >= up_to

    def _record(self, found: Iterable[list[DiscloseInformation]], *trackings: Tracking) -> bool:
        """In one transaction. False if another process did it, or a record was destroyed: then it
        is to be read again.
        """
        draft = Together(self._store)
        plan = Plan(draft)
        self._planned.clear()
        try:
            for each in found:
                plan.add(*each)
                self._planned.update(command.disclosure_id for command in each)
            if plan.events:
                plan.append({})
            if plan.events or trackings:
                draft.store(*trackings)
        except (Conflict, KeyDestroyed):
            return False
        return True

    def of(self, recorded: Recorded) -> list[DiscloseInformation]:
        """What an event lets be told on this channel now; nothing is stored."""
        if self._only:
            return self._now_of(recorded, self._only)
        return self._readable(recorded, recorded.position, None)

    def _now_of(self, recorded: Recorded, agency_id: str) -> list[DiscloseInformation]:
        """The same of one agency, as it is now."""
        return self._readable(recorded, None, agency_id)

    def _readable(
        self, recorded: Recorded, at: int | None, only: str | None
    ) -> list[DiscloseInformation]:
        self._agencies.clear()
        self._at = at
        try:
            if isinstance(recorded.event, BACK):
                return list(self._missed(recorded))
            return list(self._of(recorded, only))
        except Unreadable as fault:
            log.error(
                "disclosure_unreadable",
                position=recorded.position,
                stream=fault.stream,
                version=fault.version,
            )
            return []  # a person has to tell what we cannot read

    def leaves(self, recorded: Recorded) -> Leaves:
        """Whether a disclosure may leave at this moment; to be asked right before each attempt.

        What may not is recorded as withheld, for good: a person tells it. Raises `Unavailable`.
        """
        event = cast(InformationDisclosed, recorded.event)
        while True:
            before = self._store.history(recorded.stream)
            if fold(disclosure, Disclosure(), before).withheld:
                return "withheld"
            reason = self._holds_back(event)
            if reason is None:
                return "goes"
            if reason == "waits":
                return "waits"
            clock = self._clock()
            plan = Plan(self._store)
            plan.add(
                WithholdDisclosure(
                    happened_at=clock,
                    received_at=clock,
                    recorded_at=clock,
                    by="authority",
                    agency="authority",
                    disclosure_id=event.disclosure_id,
                    agency_id=event.agency_id,
                    referral_id=event.referral_id,
                    reason=reason,
                )
            )
            with suppress(Conflict):  # another process withheld it: look again
                plan.append({})
                log.warning("disclosure_withheld", position=recorded.position, reason_code=reason)

    def _holds_back(self, event: InformationDisclosed) -> Withholding | Literal["waits"] | None:
        """Why what was to be told may not leave now."""
        child_id = event.child_id
        try:
            told: Agency = fold(agency, Agency(), self._store.history(f"agency-{event.agency_id}"))
            if told.suspended:
                return "waits"
            if event.what == "receipt":
                return None
            about = _about(self._store.history(event.referral_id))
            if self._records.restricted(about | {child_id} if child_id else about):
                return "restricted"
            if event.what == "plan-status" and told.plan_status is None:
                return "not-named"
            if child_id and event.referral_id not in self._about_child(child_id):
                return "not-about"
        except Unreadable as fault:
            log.error("disclosure_unreadable", stream=fault.stream, version=fault.version)
            return "unreadable"
        return None

    def suspended(self, agency_id: str) -> bool:
        with suppress(Unreadable):  # `leaves` says so of each disclosure
            history = self._store.history(f"agency-{agency_id}")
            return bool(fold(agency, Agency(), history).suspended)
        return False

    def _about_child(self, child_id: str) -> set[str]:
        return {history[0].stream for history in self._referrals(child_id)}

    def _of(self, recorded: Recorded, only: str | None = None) -> Iterator[DiscloseInformation]:
        """With `only`, no other agency's."""
        event: Any = recorded.event
        match event:
            case ReferralReceived():
                yield from self._told(recorded, event.referral_id, "receipt", "received", only)
            case ReferralAcknowledged():
                yield from self._told(recorded, event.referral_id, "receipt", "acknowledged", only)
            case ReferralDecided():
                yield from self._told(recorded, event.referral_id, "decision", "decided", only)
            case ReferralReopened():
                yield from self._told(recorded, event.referral_id, "decision", "reopened", only)
            case ProtectionPlanStarted() | ProtectionPlanEnded():
                status = PLAN_STATUS[type(event)]
                for each in self._newest_of_each_agency(event.child_id):
                    yield from self._told(
                        recorded, each, "plan-status", status, only, event.child_id
                    )
            case _:
                status = STEP_ENDED[type(event)]
                for each in self._led_to(recorded):
                    yield from self._told(recorded, each, "outcome", status, only, event.child_id)

    def _missed(self, back: Recorded) -> Iterator[DiscloseInformation]:
        """What happened while the agency, which used the channel before, could not hear it."""
        event: Any = back.event
        position = None if self._only else self._deaf_since(back)
        if position is None or self._agency(event.agency_id) is None:
            return
        while position < back.position:
            page = readable(self._store, position, 500, FACTS)
            for each in page:
                if each.position < back.position:
                    yield from self._of(each, only=event.agency_id)
            position = page.reached

    def _deaf_since(self, back: Recorded) -> int | None:
        """Where in the log the agency ceased to hear; None: it heard, or never was to hear."""
        event: Any = back.event
        now, used, since = Agency(), False, None
        for each in self._store.history(back.stream, up_to=back.version - 1):
            now = agency.evolve(now, cast(Any, each.event))
            uses = self._hears(event.agency_id, now)
            used = used or uses
            if uses and not now.suspended:
                since = None
            elif used and since is None:
                since = each.position
        return since

    # ── To whom ───────────────────────────────────────────────────────────────────────────────────

    def _agency(self, agency_id: str) -> Agency | None:
        """The agency as it is now, if it may hear by this channel what is looked at."""
        if agency_id not in self._agencies:
            history = self._store.history(f"agency-{agency_id}")
            now = fold(agency, Agency(), history)
            before = [e for e in history if self._at is None or e.position <= self._at]
            then = fold(agency, Agency(), before)
            may = then.kind not in (None, "public") and not then.suspended
            self._agencies[agency_id] = now if may and self._hears(agency_id, then) else None
        return self._agencies[agency_id]

    def _basis(self, what: What, told: Agency) -> LawfulBasis | None:
        """On what it is told; None if it is not.

        A referrer hears of its own referral by the authority's public task: Working Together 2023,
        chapter 3, has the referrer told that it arrived and what was decided, and those who work
        with a child told enough to go on.
        """
        return told.plan_status if what == "plan-status" else "public-task"

    # ── Of what ───────────────────────────────────────────────────────────────────────────────────

    def _told(
        self,
        recorded: Recorded,
        referral_id: str,
        what: What,
        status: Status,
        only: str | None,
        child_id: str | None = None,
    ) -> Iterator[DiscloseInformation]:
        history = self._store.history(referral_id)
        received: Any = history[0].event
        told = self._agency(received.agency) if only in (None, received.agency) else None
        basis = self._basis(what, told) if told else None
        now = fold(referral, Referral(), history)
        if basis is None or (what != "receipt" and self._records.restricted(now.child_ids)):
            return
        event: Any = recorded.event
        at, clock = event.happened_at, self._clock()
        if isinstance(event, ReferralReceived):
            at = event.received_at
        sent: Any = self._store.opened(
            history[0], ("referrer", "identity") if child_id else ("referrer",)
        ).event
        yield DiscloseInformation(
            happened_at=clock,
            received_at=clock,
            recorded_at=clock,
            by="authority",
            agency="authority",
            disclosure_id=self._id(recorded, referral_id),
            agency_id=received.agency,
            channel=self._channel,
            what=what,
            status=status,
            on=local_day(at),
            referral_id=referral_id,
            lawful_basis=basis,
            of_position=recorded.position,
            of_event=recorded.name,
            outcome=event.outcome if isinstance(event, ReferralDecided) else None,
            child_id=child_id,
            child_number=self._number(sent, child_id) if child_id else None,
            corrects=self._corrected(recorded, history) if what == "decision" else None,
            reference=reference(sent.references or ()),
        )

    def _id(self, recorded: Recorded, referral_id: str) -> str:
        """Of the fact itself, not of its position: a log that is put back to a backup gives the
        positions after it to other facts."""
        fact = f"{recorded.stream}|{recorded.version}|{recorded.event.recorded_at.isoformat()}"
        return f"disclosure-{uuid5(NAMESPACE_URL, f'{fact}|{referral_id}|{self._channel}')}"

    def _corrected(self, recorded: Recorded, history: Iterable[Recorded]) -> str | None:
        """The disclosure of the decision before this one, where it was told."""
        before = [
            each
            for each in history
            if isinstance(each.event, ReferralDecided) and each.version < recorded.version
        ]
        if not before:
            return None
        earlier = self._id(before[-1], recorded.stream)
        told: Disclosure = fold(disclosure, Disclosure(), self._store.history(earlier))
        standing = told.made and not told.withheld
        return earlier if earlier in self._planned or standing else None

    def _number(self, sent: ReferralReceived, child_id: str) -> int | None:
        """Which of the children that the message named, where each of them has a record."""
        if not sent.children or len(sent.children) != len(sent.child_ids):
            return None
        one = self._records.of_one_child(child_id)
        return next((n for n, each in enumerate(sent.child_ids, 1) if each in one), None)

    def _referrals(self, child_id: str) -> list[list[Recorded]]:
        """The histories of the referrals about a child, by the order in which they named them."""
        records = self._records.of_one_child(child_id)
        named: dict[str, None] = {}
        for recorded in (each for one in sorted(records) for each in self._store.history(one)):
            match recorded.event:
                case ChildRegistered(referral_id=str(of)) | ChildMatched(referral_id=of):
                    named[of] = None
                case ChildUnmatched(referral_id=of):
                    named.pop(of, None)
        found = [self._store.history(each) for each in named]
        return sorted(
            (each for each in found if each and _about(each) & records),
            key=lambda history: history[0].position,
        )

    def _newest_of_each_agency(self, child_id: str) -> Iterator[str]:
        newest = {each[0].event.agency: each[0].stream for each in self._referrals(child_id)}
        return iter(newest.values())

    def _led_to(self, recorded: Recorded) -> Iterator[str]:
        """The referrals whose decision led to the work that this ended, or joined it."""
        event: Any = recorded.event
        opened = [
            each
            for each in self._store.history(case_of(event.child_id))
            if isinstance(each.event, CaseOpened) and each.position < recorded.position
        ]
        if not opened:
            return
        first: Any = opened[-1].event
        for history in self._referrals(event.child_id):
            standing = _decision(history)
            if standing is None or standing.position > recorded.position:
                continue
            decided: Any = standing.event
            joined = standing.position > opened[-1].position
            if decided.outcome in GOES_ON and (joined or standing.stream == first.referral_id):
                yield standing.stream


def disclosed(store: EventStore, position: int, limit: int, channel: Channel) -> Page:
    """At most `limit` disclosures after a position, those of this channel, with the reference.

    Some may not leave any more: ask `Disclosing.leaves` of each.

    `reached` as of `EventStore.since`. Raises `Unreadable`, `Unavailable`.
    """
    page = store.since(position, limit, names=DISCLOSED, opened=("referrer",))
    page[:] = [each for each in page if cast(InformationDisclosed, each.event).channel == channel]
    return page


def to_agency(
    store: EventStore, agency_id: str, channel: Channel, position: int, limit: int = 200
) -> Page:
    """Of at most `limit` disclosures after a position, those to this agency by this channel.

    `reached` rises to the log's end, also where none is this agency's. One that cannot be read is
    passed over, and said: a person has to tell it. Raises `Unavailable`.
    """
    try:
        page = disclosed(store, position, limit, channel)
    except Unreadable as fault:
        log.error("disclosure_unreadable", position=fault.position)
        page = Page()
        page.reached = fault.position or position + 1
    page[:] = [each for each in page if cast(Any, each.event).agency_id == agency_id]
    return page


def reference(told: Iterable[str]) -> str | None:
    """The sender's own reference: the first, if it is plainly one and nothing else. An empty one
    only tells those apart that follow (`adapters.translation.own_and_shared`).

    What has a blank in it, or looks like an address, may be words about somebody.
    """
    first = next(filter(None, map(str.strip, told)), "")
    plain = first.isprintable() and not any(letter.isspace() for letter in first)
    if not first or not plain or len(first) > LONGEST_REFERENCE or in_a_line(first):
        return None
    return first


def _about(history: list[Recorded]) -> set[str]:
    return set(fold(referral, Referral(), history).child_ids)


def _decision(history: list[Recorded]) -> Recorded | None:
    """The decision that stands."""
    standing = None
    for each in history:
        if isinstance(each.event, ReferralDecided):
            standing = each
        elif isinstance(each.event, ReferralReopened):
            standing = None
    return standing
