"""How is what a message says written down: its referral, its bytes, and what they claim?"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from adapters.event_store import EventStore
from domain.codes import AgencyKind, ReferralSource
from domain.kernel import Command, Recorded
from domain.message import KeepMessage, Result
from domain.referral import ReferralReceived
from services.claims import Claimed, claimed
from services.handle import Plan
from services.received import Part, message_id_of

AHEAD = timedelta(minutes=10)
"""By how much a sender's clock may be fast before a person is told of it."""

EARLIEST_YEAR = 1900
"""Before which nothing happened that a message can be about."""

OUR_ID = re.compile(r"referral-[0-9a-f]{32}")

TOO_EARLY = "It is dated more than a lifetime ago: the time of receipt is used."
IN_THE_FUTURE = "It is dated in the future: the time of receipt is used."

SOURCE_OF: dict[AgencyKind, ReferralSource] = {
    "police": "6",
    "gp": "3A",
    "health": "3F",
    "voluntary": "8",
    "school": "2A",
    "public": "1D",
}


class Became(Struct, frozen=True, kw_only=True):
    """What became of a message. `position`: of the event that tells it."""

    result: Result
    referral: str | None
    children: tuple[str, ...]
    problems: tuple[str, ...]
    position: int


class Recording:
    """One attempt at storing one part: the commands, the claims, and what a person must read."""

    def __init__(self, store: EventStore, part: Part, now: datetime) -> None:
        self.store = store
        self.part = part
        self.translation = part.translation
        self.plan = Plan(store)
        self.claims: dict[str, str] = {}
        self._looked_up: dict[str, Claimed] = {}
        self.problems = list(part.translation.problems)
        happened_at = part.translation.happened_at or part.sent.received_at
        if happened_at.year < EARLIEST_YEAR:
            self.problems.append(TOO_EARLY)
            happened_at = part.sent.received_at
        if happened_at > part.sent.received_at + AHEAD:
            self.problems.append(IN_THE_FUTURE)
        happened_at = min(happened_at, part.sent.received_at)
        self.stamped: dict[str, Any] = {
            "happened_at": happened_at,
            "received_at": part.sent.received_at,
            "recorded_at": now,
            "by": part.sent.agency,
            "agency": part.sent.agency,
            "message": part.digest,
        }

    def described(
        self, kind: type[Any], referral_id: str, child_ids: tuple[str, ...], **more: Any
    ) -> Command:
        """A command of a referral's that carries all that the message says."""
        said = self.translation
        described: Command = kind(
            **self.stamped,
            referral_id=referral_id,
            channel=self.part.channel,
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

    def kept(self, result: Result, referral_id: str | None) -> KeepMessage:
        """The command that keeps the message, or this row of it, as it came."""
        return KeepMessage(
            **self.stamped,
            message_id=self.part.message_id,
            format=self.part.format,
            channel=self.part.channel,
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
        message_id = message_id_of(self.part.sent.agency, "file", self.part.digest)
        if self.store.history(message_id):
            return
        yield replace(
            self.kept(result, referral_id),
            message_id=message_id,
            content=self.part.digest,
            size=len(self.part.sent.body),
            raw=self.part.sent.body,
            row=None,
        )

    def add(self, *commands: Command) -> None:
        """What is to be stored with it. Raises `Refused`."""
        self.plan.add(*commands)

    def led_to(self, references: tuple[str, ...]) -> list[str]:
        """The referrals that this sender knows by these references, a reference's newest first.

        Also by our own id, which the receipt of its referral told it.
        """
        found: list[str] = []
        for reference in filter(str.strip, references):
            found += reversed(self._claimed(reference).values)
            if self._is_theirs(reference.strip()):
                found.append(reference.strip())
        return list(dict.fromkeys(found))

    def _is_theirs(self, referral_id: str) -> bool:
        """Whether this is the id of a referral that this sender made."""
        if not OUR_ID.fullmatch(referral_id):
            return False
        first = self.store.history(referral_id, up_to=1)
        return bool(first) and first[0].event.agency == self.part.sent.agency

    def _claimed(self, reference: str) -> Claimed:
        """Looked up once an attempt: who claims it after that makes this attempt a conflict."""
        claim = reference_claim(self.store, self.part.sent.agency, reference)
        if claim not in self._looked_up:
            self._looked_up[claim] = claimed(self.store, claim)
        return self._looked_up[claim]

    def claim_references(self, referral_id: str) -> None:
        """From now on the sender's references lead to this referral."""
        for reference in self.translation.references:
            if not reference.strip():
                continue
            known, free = self._claimed(reference)
            if free and referral_id not in known:
                self.claims[free] = referral_id

    def stored(self, result: Result, referral_id: str | None, children: tuple[str, ...]) -> Became:
        """Stores it all, durably, in one transaction. Raises `Conflict`, `Unstorable` …"""
        self.add(*self._whole_file(result, referral_id))
        self.claims[self.part.bytes_claim] = self.part.message_id
        recorded = self.plan.append(self.claims)
        return self.became(result, referral_id, children, _position(recorded))

    def became(
        self, result: Result, referral_id: str | None, children: tuple[str, ...], position: int
    ) -> Became:
        """The answer, with all that a person must read."""
        return Became(
            result=result,
            referral=referral_id,
            children=children,
            problems=tuple(dict.fromkeys(self.problems)),
            position=position,
        )


def reference_claim(store: EventStore, agency: str, reference: str) -> str:
    """The claim that a referral makes of its sender's reference, in its first turn."""
    return f"reference:{store.vault.token('reference', f'{agency}|{reference.strip()}')}"


def _position(recorded: list[Recorded]) -> int:
    """Of the event that tells the story: the referral's own if there is one, else the message's."""
    for each in recorded:
        if isinstance(each.event, ReferralReceived):
            return each.position
    for each in recorded:
        if each.stream.startswith("referral-"):
            return each.position
    return recorded[0].position
