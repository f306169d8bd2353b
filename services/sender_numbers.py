"""Which records has one sender given the same number of its own, such as a hospital's?

Each record that a sender's message names claims the number under which the sender knows the child;
the first one is whom the sender means from then on (`services.again`), the others may be the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from adapters.event_store import EventStore, Unreadable
from adapters.nhs_numbers import SUPERSEDED
from domain.child import ChildRegistered
from domain.described import Identifier
from services.again import identifier_claim, telling
from services.claims import claimed
from services.numbers import replaced_claim


def own_numbers(identifiers: Iterable[Identifier]) -> frozenset[str]:
    """The numbers that are a sender's own: neither the NHS's nor what stands for none."""
    return frozenset(each.value for each in telling(identifiers) if each.system != "nhs")


def superseded(identifiers: Iterable[Identifier]) -> frozenset[str]:
    """The NHS numbers that a child had before."""
    return frozenset(each.value for each in identifiers if each.system == SUPERSEDED)


class Given(NamedTuple):
    """`own`: the senders' own numbers, each after its sender. `superseded`: the NHS's of before."""

    own: frozenset[tuple[str, str]] = frozenset()
    superseded: frozenset[str] = frozenset()


def given(store: EventStore, child_id: str) -> Given:
    """The numbers that a record was opened with; none if it cannot be read."""
    try:
        for recorded in store.history(child_id, opened=True):
            if isinstance(event := recorded.event, ChildRegistered):
                told = event.identifiers or ()
                own = frozenset((event.agency, value) for value in own_numbers(told))
                return Given(own, superseded(told))
    except Unreadable:
        pass
    return Given()


def records_under(store: EventStore, agency: str, value: str) -> tuple[str, ...]:
    """The records of the children whom a sender named by this number of its own."""
    return claimed(store, identifier_claim(store, agency, value)).values


def claims_of(
    store: EventStore,
    agency: str,
    identifiers: Iterable[Identifier],
    child_id: str,
    pending: Mapping[str, str],
) -> Iterator[str]:
    """What a record is to claim of the numbers that a sender gives for the child.

    `pending`: claims that are to be stored with it.
    """
    identifiers = tuple(identifiers)
    keys = [identifier_claim(store, agency, each.value) for each in telling(identifiers)]
    keys += [replaced_claim(store, each) for each in sorted(superseded(identifiers))]
    for key in keys:
        if claim := _claim_of(store, key, child_id, pending):
            yield claim


def _claim_of(store: EventStore, key: str, child_id: str, pending: Mapping[str, str]) -> str | None:
    """The turn of a key that a record is to claim; None where it has, or too many have."""
    first = store.claim(key)
    if first is None and key not in pending:
        return key
    if first is not None and first.value == child_id:
        return None
    values, free = claimed(store, key, pending)
    return None if child_id in values else free
