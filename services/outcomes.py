"""What became of an agency's own referrals, for a system of the agency that asks over HTTP?

For agencies whose systems can neither be called (webhooks) nor read Kafka. What is shown is
recorded as disclosed first, once, with its lawful basis; that somebody looked, each time. What may
not be told any more is not shown again, and recorded as withheld.
"""

import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from adapters.cloudevents import CloudEvent
from adapters.event_store import Conflict, EventStore
from adapters.outgoing import cloud_event
from domain import referral
from domain.disclosure import DiscloseInformation
from domain.kernel import Recorded
from domain.referral import Referral
from projections import chronology, outcomes
from services.access import Denied, Principal, Resource
from services.assemble import Parts
from services.disclosing import FACTS, Disclosing, to_agency
from services.handle import ATTEMPTS, Plan
from services.one_child import fold

MOST = 500
"""Messages of one answer."""

STEP = 100
"""Events that are read at a time: what they let be told is recorded in one transaction."""

SECONDS = 1.0
"""How long the log is read for one answer; the next goes on from there."""


class Told(NamedTuple):
    """`after`: from where to go on asking. `complete`: nothing more is there now."""

    events: list[CloudEvent]
    after: int
    complete: bool


class Outcomes:
    """Answers for one store. Safe to share between threads: each follows the log for itself."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._local = threading.local()

    def told(self, who: Principal, *, limit: int, after: int) -> Told:
        """At most `limit` messages after a position, the oldest first.

        Raises `Denied` for whoever is no agency's.
        """
        gate, agency = self._parts.gate, who.agency
        if agency is None or not gate.may(who, "see-own-referrals", Resource(agency=agency)):
            gate.open(who, "see-own-referrals", Resource(present=False))
            raise Denied
        found, reached, complete = self._read(agency, limit, after)
        about = tuple(dict.fromkeys(each.subject for each in found)) or (agency,)
        gate.open(who, "see-own-referrals", Resource(about=about, agency=agency))
        return Told(found, reached, complete)

    def _read(self, agency: str, limit: int, position: int) -> tuple[list[CloudEvent], int, bool]:
        """What was recorded before, then what is recorded now, until it is enough."""
        store, disclosing = self._parts.store, self._disclosing(agency)
        found: list[Recorded] = []
        complete = False
        until = time.monotonic() + SECONDS
        while not complete and time.monotonic() < until:
            page = to_agency(store, agency, "http", position)
            found += page
            if len(found) >= limit:
                found = found[:limit]
                position = found[-1].position
                break
            complete = page.reached == position and not disclosing.step(STEP)
            position = page.reached
        leaving = (each for each in found if disclosing.leaves(each) == "goes")
        return [cloud_event(each) for each in leaving], position, complete

    def told_of(self, who: Principal, referral_id: str) -> list[CloudEvent]:
        """All that may be told of one referral now, in the order in which it was recorded.

        Raises `Denied` where it is not this agency's own, which looks as if there were none.
        """
        agency = who.agency or ""
        sent = outcomes.sent(self._parts.query, agency, referral_id)
        about = Resource(about=(referral_id,), present=sent is not None, agency=agency or None)
        self._parts.gate.open(who, "see-own-referral", about)
        disclosing = self._disclosing(agency)
        told = {
            command.disclosure_id: _disclosed(self._parts.store, command)
            for fact in self._facts(referral_id)
            for command in disclosing.of(fact)
            if command.referral_id == referral_id
        }
        leaving = (each for each in told.values() if disclosing.leaves(each) == "goes")
        return [cloud_event(each) for each in sorted(leaving, key=lambda e: e.position)]

    def _disclosing(self, agency: str) -> Disclosing:
        held: dict[str, Disclosing] = self._local.__dict__.setdefault("disclosing", {})
        if agency not in held:
            store, now = self._parts.store, self._parts.now
            made = Disclosing(store, "http", lambda *_: True, now, only=agency)
            made.begin_after(store.history(f"agency-{agency}")[0].position)
            held[agency] = made
        return held[agency]

    def _facts(self, referral_id: str) -> Iterator[Recorded]:
        """The events that an agency may hear of, of a referral and of the children it is about."""
        history = self._parts.store.history(referral_id)
        yield from (each for each in history if each.name in FACTS)
        positions = {
            each.position
            for child_id in fold(referral, Referral(), history).child_ids
            for each in chronology.timeline(self._parts.query, child_id)
            if each.event in FACTS and not each.event.startswith("referral.")
        }
        for position in sorted(positions):
            yield from self._parts.store.recorded_at(position)


def _disclosed(store: EventStore, command: DiscloseInformation) -> Recorded:
    """The disclosure as it is recorded, by us now or by another before."""
    for _attempt in range(ATTEMPTS):
        plan = Plan(store)
        plan.add(command)
        try:
            if plan.events:
                plan.append({})
        except Conflict:
            continue  # another request told the same
        break
    (recorded, *_) = store.history(command.disclosure_id, opened=("referrer",))
    return recorded
