"""How is what was set aside taken in after all, and why exactly was it refused?

Somebody has looked at why: from here on it is a message like any other, and what does not fit goes
to a person with its referral. It is taken in and marked as replayed in one transaction, and holds
its sender's id from then on, unless another message does.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from msgspec.structs import replace

from adapters.cloudevents import Envelope, envelope
from adapters.event_store import Conflict, EventStore, Together, Unreadable, placed
from adapters.translation import Sent
from domain import agency as agency_
from domain.agency import Agency
from domain.kernel import WITHHELD, Recorded, Refused
from domain.quarantine import MessageQuarantined, ReplayMessage
from services.handle import ATTEMPTS, Plan
from services.ingest_kafka import delivery_claim, is_anothers, whose
from services.intake import LARGEST, Busy, Intake, Receipt
from services.received import Channel


def replay(
    store: EventStore,
    quarantine_id: str,
    by: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Receipt]:
    """What became of it; refused again, it stays where it is. Raises `Refused`, `Busy`."""
    for _attempt in range(ATTEMPTS):
        draft = Together(store)
        receipts = list(_taken(draft, quarantine_id, by, clock))
        if any(each.result == "refused" for each in receipts):
            return receipts
        try:
            first = draft.store()
        except Conflict:
            continue  # somebody else wrote about the same child: decide anew
        return [
            each if each.position is None else replace(each, position=placed(each.position, first))
            for each in receipts
        ]
    raise Busy("Others are writing about the same child without pause: try again in a moment.")


def _taken(
    draft: Together, quarantine_id: str, by: str, clock: Callable[[], datetime]
) -> Iterator[Receipt]:
    now = clock()
    plan = Plan(draft)
    plan.add(
        ReplayMessage(
            happened_at=now,
            received_at=now,
            recorded_at=now,
            by=by,
            agency="authority",
            quarantine_id=quarantine_id,
        )
    )
    if not plan.events:
        return  # it was replayed before
    event: Any = next(
        each.event
        for each in draft.history(quarantine_id, opened=("raw",))
        if isinstance(each.event, MessageQuarantined)
    )
    if WITHHELD in (event.raw, event.headers):
        raise Refused("This message was destroyed: nothing of it is left to take in.")
    found = envelope([(each.name, each.value) for each in event.headers], event.raw)
    agency, format = whose(event.topic)
    body = found.body if isinstance(found, Envelope) else event.raw
    sent = Sent(body=body, agency=agency, received_at=event.received_at)
    channel: Channel = event.transport
    intake = Intake(draft, clock)
    yield from intake.take(sent, source=event.topic, channel=channel, format=format)
    claims = {}
    if isinstance(found, Envelope) and not is_anothers(intake, found.source, agency):
        claim = delivery_claim(draft, found, agency)
        claims = {} if draft.claim(claim) else {claim: event.content}
    plan.append(claims)


def why_refused(store: EventStore, aside: Recorded) -> str:
    """Which of the reasons to refuse a message held when this one was set aside, as a sentence."""
    event: Any = aside.event
    try:
        history = store.history(f"agency-{event.agency}")
    except Unreadable:
        pass  # then nobody was refused over who they are
    else:
        before: Any = (each.event for each in history if each.position < aside.position)
        sender = reduce(agency_.evolve, before, Agency())
        if not sender.kind:
            return "Its sender was not registered."
        if sender.suspended:
            return "Its sender was suspended."
    if event.size > LARGEST:
        return "It is larger than 25 MiB."
    return "It is empty: nothing stands in it."
