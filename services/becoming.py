"""What becomes of a message: a referral of its own, or more about one that is here already?"""

from datetime import datetime
from functools import reduce
from typing import Any

from adapters.event_store import EventStore
from adapters.translation import own_of
from domain import message, referral
from domain.kernel import Recorded
from domain.message import Message, Result
from domain.referral import (
    CancelReferral,
    ReceiveReferral,
    Referral,
    ReportConflict,
    ShareInformation,
    UpdateReferral,
)
from services.again import Again, Before
from services.completing import told_otherwise
from services.duty import SAME_MATTER, Duty
from services.identify import Found, Identify
from services.merging import Merging
from services.numbers import on_record
from services.received import Part
from services.recording import Became, Recording
from services.same_matter import (
    APART,
    Relation,
    leaves_some,
    names_surely,
    relation,
    told_by_name,
    told_of,
)


class Becoming:
    """One attempt: what is in the store now decides what becomes of the part, and it is stored."""

    def __init__(
        self, store: EventStore, identify: Identify, duty: Duty, part: Part, now: datetime
    ) -> None:
        self.store = store
        self.identify = identify
        self.duty = duty
        self.part = part
        self.translation = part.translation
        self.recording = Recording(store, part, now)
        self.problems = self.recording.problems

    def became(self) -> Became:
        """What became of it, once that is durable.

        Raises `Conflict` when another wrote in between; `Refused`, `Unstorable` or `KeyDestroyed`
        when it cannot be stored as it was read.
        """
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
            case "correlate":
                return self._correlate()
            case "new":
                return self._new()

    # What is there already

    def _known(self) -> tuple[list[Recorded], tuple[str, ...]]:
        """What is kept under this message's key, and the content hashes of it."""
        history = self.store.history(self.part.message_id)
        events: Any = [recorded.event for recorded in history]
        return history, reduce(message.evolve, events, Message()).contents

    def _duplicate(self, history: list[Recorded]) -> Became:
        """The first's receipt, said again."""
        first = next((r for r in history if self._same_content(r.event)), history[0])
        event: Any = first.event
        self.problems[:] = getattr(event, "problems", ())
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
        return self.recording.became("duplicate", event.referral_id, children, position)

    def _same_content(self, event: Any) -> bool:
        return bool(event.content == self.part.content)

    def _referral(self, referral_id: str) -> Referral:
        events: Any = (recorded.event for recorded in self.store.history(referral_id))
        return reduce(referral.evolve, events, Referral())

    # What is done

    def _conflict(self, known: list[Recorded]) -> Became:
        """Same key, other content: kept, and a person decides which holds."""
        referral_id = next((r.event.referral_id for r in known if r.event.referral_id), None)  # type: ignore[attr-defined]
        self.problems.append(
            "Another message came under the same key with other content: compare the two."
        )
        if referral_id is None:
            return self._open(result="conflict")
        self.recording.add(
            self.recording.described(ReportConflict, referral_id, ()),
            self.recording.kept("conflict", referral_id),
        )
        return self.recording.stored("conflict", referral_id, self._referral(referral_id).child_ids)

    def _to_the_first(self) -> Became:
        """An update or cancellation goes to the referral it speaks of, or is read by a person."""
        does = "withdraws" if self.translation.intent == "cancel" else "updates"
        led = self.recording.led_to((*self.translation.earlier, *self.translation.references))
        if not led:
            self.problems.append(
                f"The sender {does} something that has not come: read it as a new concern, or ask "
                "what it was."
            )
            return self._open()
        about = self._about(led)
        if not about:
            beside, apart = self._beside(led)
            self.problems.append(
                apart
                or f"The sender {does} something under the same reference that is about somebody "
                "else: compare the two referrals."
            )
            return self._open(perhaps_about=beside)
        if len(about) > 1 and not told_by_name(self.translation.children):
            self.problems.append(
                "Several referrals came under the same reference and nobody is named: check which "
                "of them the sender means."
            )
        return self._follow(about[0])

    def _follow(self, referral_id: str) -> Became:
        state = self._referral(referral_id)
        withdraws = self.translation.intent == "cancel"
        cancel = withdraws and not self._leaves_some(referral_id, state)
        if withdraws and not cancel:
            self.problems.append(
                "The sender withdraws it only for whom this message names; the others stay: decide "
                "for each child."
            )
        named = (*state.child_ids, *state.removed)
        before = Before(
            named, frozenset(state.child_ids), told_of(self.store, referral_id).messages
        )
        found = [] if withdraws else self._children(referral_id, before)
        added = [each for each in found if each.child_id not in named]
        if state.child_ids and not all(each.double for each in added):
            self.problems.append("It names a child that the first message did not name.")
        kind = CancelReferral if cancel else UpdateReferral
        child_ids = tuple(dict.fromkeys(each.child_id for each in found))
        self.recording.add(*(command for each in found for command in each.commands))
        self.recording.add(self.recording.described(kind, referral_id, child_ids))
        result: Result = "cancelled" if cancel else "updated"
        self.recording.add(self.recording.kept(result, referral_id))
        self.recording.claim_references(referral_id)
        return self.recording.stored(
            result, referral_id, (*state.child_ids, *(e.child_id for e in added))
        )

    def _correlate(self) -> Became:
        """An answer is information from the agency on the referral that it speaks of."""
        led = self.recording.led_to(self.translation.earlier)
        named = told_by_name(self.translation.children)
        about = next(iter(self._about(led) if named else led), None)
        if about is None:
            self.problems.append(
                "It answers something under the reference of a referral about somebody else: "
                "compare the two."
                if led
                else "It answers something that has not come: find out what it is about."
            )
            return self._open(perhaps_about=next(iter(led), None))
        said = self.translation
        self.recording.add(
            ShareInformation(
                **self.recording.stamped,
                referral_id=about,
                by_agency=self.part.sent.agency,
                lawful_basis=said.lawful_basis or "",
                information=said.concern,
            ),
            self.recording.kept("correlated", about),
        )
        self.recording.claim_references(about)
        return self.recording.stored("correlated", about, self._referral(about).child_ids)

    def _new(self) -> Became:
        led = self.recording.led_to(self.translation.references)
        about = next(iter(self._about(led)), None)
        if about is not None and self._continues(about):
            return self._follow(about)  # sent again with other content: the same concern
        if about is not None or not led:
            return self._open(perhaps_about=about)
        beside, apart = self._beside(led)
        if apart:
            self.problems.append(apart)
        return self._open(perhaps_about=beside)

    def _about(self, led: list[str]) -> list[str]:
        """Those of these referrals that the message speaks of; none, if it names a child by less
        than both names who may be that of several of them."""
        about = [each for each in led if self._relation(each) == "the same"]
        if len(about) < 2 or not told_by_name(self.translation.children):
            return about
        return [each for each in about if self._is_sure(each)]

    def _beside(self, led: list[str]) -> tuple[str, str | None]:
        """Which of these referrals a person is to compare it with, and why it is another one."""
        related = {each: self._relation(each) for each in led}
        first = next((each for each, how in related.items() if how != "somebody else"), led[0])
        if related[first] == "the same":  # and not the only one
            return first, APART["another notice"]
        return first, APART.get(related[first])

    def _relation(self, referral_id: str) -> Relation:
        return relation(
            self.translation,
            told_of(self.store, referral_id),
            earlier=referral_id in self.recording.led_to(self.translation.earlier),
            known=lambda: self._knows(referral_id),
        )

    def _is_sure(self, referral_id: str) -> bool:
        told = told_of(self.store, referral_id)
        return names_surely(self.translation, told) or self._knows(referral_id)

    def _knows(self, referral_id: str) -> bool:
        """Whether the sender's own number of a child leads to one of this referral's."""
        told = told_of(self.store, referral_id).messages
        before = Before(self._referral(referral_id).child_ids, told=told)
        return Again(self.store, self.part.sent.agency, before).knows(self.translation.children)

    def _leaves_some(self, referral_id: str, state: Referral) -> bool:
        """Whether a cancellation names only some of the children whom the referral is about."""
        taken_off = [on_record(self.store, child_id).details for child_id in state.removed]
        return leaves_some(self.translation, told_of(self.store, referral_id), taken_off)

    def _continues(self, referral_id: str) -> bool:
        """Whether what comes under a known reference is the same concern, not that number again.

        It is while nobody has decided; after that only under its very own reference,
        and soon: an incident's number may be used again, and a table's rows counted anew.
        """
        state = self._referral(referral_id)
        if state.decision is None or state.received_at is None:
            return True
        soon = abs(self.part.sent.received_at - state.received_at) <= SAME_MATTER
        return soon and referral_id in self.recording.led_to(own_of(self.translation.references))

    def _open(
        self,
        result: Result = "recorded",
        perhaps_about: str | None = None,
        among: tuple[str, ...] = (),
    ) -> Became:
        referral_id = self.store.new_id("referral")
        found = self._children(referral_id, Before(among))
        duty = self.duty.of(
            tuple(each.child_id for each in found if each.matched),
            self._postcodes(),
            self.part.sent.received_at,
        )
        child_ids = tuple(each.child_id for each in found)
        self.recording.add(*(command for each in found for command in each.commands))
        self.recording.add(
            self.recording.described(
                ReceiveReferral,
                referral_id,
                child_ids,
                team_id=duty.team_id,
                told_workers=duty.workers,
                perhaps_about=perhaps_about or duty.recent_referral,
            ),
            self.recording.kept(result, referral_id),
        )
        if not (self.translation.intent == "cancel" and perhaps_about):  # whose reference it is
            self.recording.claim_references(referral_id)
        return self.recording.stored(result, referral_id, child_ids)

    def _merge(self) -> Became:
        """Two of the sender's records are one person: ours are merged only by the usual rule."""
        said = self.translation
        merging = Merging(
            self.store,
            self.identify.numbers,
            self.part.sent.agency,
            said.superseded,
            said.children,
        )
        merged = merging.two()
        if merged is None:
            return self._learn(merging)
        if merged.certain:
            self.recording.add(merged.command(self.recording.stamped))
            self.recording.add(self.recording.kept("merged", None))
            return self.recording.stored("merged", None, (merged.child_id,))
        self.problems.append(
            "The sender says that two of its records are one child: compare ours before merging."
        )
        return self._open(among=merged.named)

    def _learn(self, merging: Merging) -> Became:
        """The sender knows one of our children by further numbers from now on; or nobody's."""
        learnt = merging.one(self.recording.stamped)
        if learnt == "unknown":
            return self._keep("no-concern", None)
        if learnt == "unsure":
            self.problems.append(
                "The sender says that two of its records are one person, and one of them is of a "
                "child whom we know, but what it tells does not fit: compare them."
            )
            return self._open()
        if told := told_otherwise(learnt.differs):
            self.problems.append(told)
        self.recording.add(*learnt.commands)
        self.recording.claims.update(learnt.claims)
        self.recording.add(self.recording.kept("merged", None))
        return self.recording.stored("merged", None, (learnt.child_id,))

    def _keep(self, result: Result, referral_id: str | None) -> Became:
        self.recording.add(self.recording.kept(result, referral_id))
        return self.recording.stored(result, referral_id, ())

    def _children(self, referral_id: str, before: Before) -> list[Found]:
        found, problems, claims = self.identify.children(
            self.translation.children,
            referral_id,
            self.part.sent.agency,
            self.recording.stamped,
            before,
        )
        self.problems.extend(problems)
        self.recording.claims.update(claims)
        return found

    def _postcodes(self) -> tuple[str, ...]:
        said = self.translation
        codes = (*(c.postcode for c in said.children), *(a.postcode for a in said.addresses))
        return tuple(code for code in codes if code)
