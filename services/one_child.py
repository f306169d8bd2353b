"""Which records are one child's, and is one of them restricted?

Asked of the log itself, for a step that must not wait for a read model.
"""

from collections.abc import Collection, Iterable
from functools import reduce
from typing import Any

from adapters.event_store import EventStore, Page, Unreadable
from domain import child
from domain.child import Child, ChildRecordsMerged, ChildRecordsSeparated
from domain.kernel import Recorded, stored_name
from services.logs import log

MERGES = frozenset({stored_name(ChildRecordsMerged), stored_name(ChildRecordsSeparated)})


class Records:
    """Follows the log's merges by itself. For one thread."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._read_to = 0
        self._merges: set[tuple[str, str]] = set()
        """The record that stays and the one merged into it."""

    def restricted(self, child_ids: Iterable[str]) -> bool:
        """Whether only the people named may open a record of one of these children."""
        records = {each for one in child_ids for each in self.of_one_child(one)}
        return any(
            fold(child, Child(), self._store.history(each)).restricted_to for each in records
        )

    def of_one_child(self, child_id: str) -> frozenset[str]:
        """This record and those that are merged with it, either way."""
        self._follow()
        found = {child_id}
        while (
            more := {record for pair in self._merges if found & set(pair) for record in pair}
            - found
        ):
            found |= more
        return frozenset(found)

    def _follow(self) -> None:
        while self._read_to < self._store.newest():
            page = readable(self._store, self._read_to, 1000, MERGES)
            for recorded in page:
                event: Any = recorded.event
                pair = (event.child_id, event.merged_child_id)
                if isinstance(event, ChildRecordsMerged):
                    self._merges.add(pair)
                else:
                    self._merges.discard(pair)
            self._read_to = page.reached


def fold(family: Any, initial: Any, history: Iterable[Recorded]) -> Any:
    """The state that these events of one stream lead to."""
    return reduce(family.evolve, (each.event for each in history), initial)


def readable(
    store: EventStore,
    position: int,
    limit: int,
    names: Collection[str],
    opened: Collection[str] = (),
) -> Page:
    """As `EventStore.since`; an event that cannot be read is passed over, and said."""
    try:
        return store.since(position, limit, names=names, opened=opened)
    except Unreadable as fault:
        log.error("event_passed_over", position=fault.position, error=type(fault).__name__)
        page = Page()
        page.reached = fault.position or position + 1
        return page
