"""Which records has one sender given the same number of its own, such as a hospital's?

Each record that a sender's message names claims the number under which the sender knows the child;
the first one is whom the sender means from then on (`services.again`), the others may be the same.
"""

from collections.abc import Iterable, Mapping

from adapters.event_store import EventStore, Unreadable
from adapters.nhs_numbers import SUPERSEDED
from domain.child import ChildRegistered
from domain.described import Identifier
from services.again import identifier_claim, telling
from services.claims import claimed

_OF_THE_NHS = frozenset({"nhs", SUPERSEDED})


def own_numbers(identifiers: Iterable[Identifier]) -> frozenset[str]:
    """The numbers that are a sender's own: neither the NHS's nor what stands for none."""
    return frozenset(each.value for each in telling(identifiers) if each.system not in _OF_THE_NHS)


def given(store: EventStore, child_id: str) -> frozenset[tuple[str, str]]:
    """The senders' own numbers that a record was opened with, each after its sender; none if it
    cannot be read."""
    try:
        return frozenset(
            (recorded.event.agency, value)
            for recorded in store.history(child_id, opened=True)
            if isinstance(recorded.event, ChildRegistered)
            for value in own_numbers(recorded.event.identifiers or ())
        )
    except Unreadable:
        return frozenset()


def records_under(store: EventStore, agency: str, value: str) -> tuple[str, ...]:
    """The records of the children whom a sender named by this number of its own."""
    return claimed(store, identifier_claim(store, agency, value)).values


def claim_of(
    store: EventStore, agency: str, value: str, child_id: str, pending: Mapping[str, str]
) -> str | None:
    """What a record is to claim of this number; None where it has, or too many have.

    `pending`: claims that are to be stored with it.
    """
    key = identifier_claim(store, agency, value)
    first = store.claim(key)
    if first is None and key not in pending:
        return key
    if first is not None and first.value == child_id:
        return None
    values, free = claimed(store, key, pending)
    return None if child_id in values else free
