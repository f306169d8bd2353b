"""The event store: what has happened, in order, and how more is added to it."""

from eventsourcing.persistence import Tracking

from adapters.event_store.mapper import Missing, NeverHeld, Tampered, Unreadable, Unstorable
from adapters.event_store.recorder import Claim
from adapters.event_store.store import Append, Conflict, EventStore, Page, Unavailable
from adapters.event_store.together import Together, drafted, placed

__all__ = [
    "Append",
    "Claim",
    "Conflict",
    "EventStore",
    "Missing",
    "NeverHeld",
    "Page",
    "Tampered",
    "Together",
    "Tracking",
    "Unavailable",
    "Unreadable",
    "Unstorable",
    "drafted",
    "placed",
]
