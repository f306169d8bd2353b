"""How are many small appends stored in one transaction, each decided on those before it?"""

from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from eventsourcing.persistence import EventStore as LibraryStore
from eventsourcing.persistence import StoredEvent, Tracking

from adapters.event_store.mapper import Row
from adapters.event_store.recorder import Claim, ClaimTaken, LogRecorder, StreamMoved
from adapters.event_store.store import Conflict, EventStore, conflicts
from adapters.vault import Key, KeyDestroyed, KeyTaken, NewKey

NOT_YET = 1 << 60
"""The position of the first event of a draft; only when it is stored has it one in the log."""


class Draft:
    """Stands in the place of a recorder: what is inserted is kept here, and read back from here.

    What is read from the database is remembered, so that it is not asked twice for the same: if
    somebody else writes there meanwhile, `store` raises, as any append would. All that is read is
    of one moment: what was stored since the draft began is a `Conflict` where it is come across,
    or a new claim would lead to a stream that was read before it, and had nothing then.
    """

    def __init__(self, recorder: LogRecorder) -> None:
        self._recorder = recorder
        self._began = recorder.newest()
        self._rows: dict[str, list[Row]] = {}
        self._stored: dict[str, int] = {}
        self._claims: dict[str, Claim | None] = {}
        self._events: list[StoredEvent] = []
        self._claimed: dict[str, str] = {}
        self.page = recorder.page

    def newest(self) -> int:
        return self._began

    def begins(self, stream: str) -> None:
        """Nobody has heard of this stream: there is nothing to read."""
        self._rows[stream] = []
        self._stored[stream] = 0

    def foresee(self, streams: Collection[str], claims: Collection[str]) -> None:
        """Read these together now, which will be asked for one by one."""
        unread = [stream for stream in streams if stream not in self._rows]
        self._rows |= {stream: [] for stream in unread}
        for row in self._recorder.rows_of(unread):
            self._not_since(row.position, stream=row.stream)
            self._rows[row.stream].append(row)
        self._stored |= {stream: len(self._rows[stream]) for stream in unread}
        unknown = [claim for claim in claims if claim not in self._claims]
        self._claims |= dict.fromkeys(unknown)
        for found in self._recorder.claims_of(unknown):
            self._not_since(found.position, claim=found.key)
            self._claims[found.key] = found

    def rows(self, stream: str, up_to: int | None = None) -> list[Row]:
        if stream not in self._rows:
            found = self._recorder.rows(stream)
            self._not_since(found[-1].position if found else 0, stream=stream)
            self._rows[stream] = found
            self._stored[stream] = len(self._rows[stream])
        return [row for row in self._rows[stream] if up_to is None or row.version <= up_to]

    def rows_at(self, position: int, count: int) -> list[Row]:
        if position < NOT_YET:
            return self._recorder.rows_at(position, count)
        first = position - NOT_YET
        return [
            Row(NOT_YET + number, str(e.originator_id), e.originator_version, e.topic, e.state)
            for number, e in enumerate(self._events[first : first + count], first)
        ]

    def claim(self, key: str) -> Claim | None:
        if key not in self._claims:
            found = self._recorder.claim(key)
            self._not_since(found.position if found else 0, claim=key)
            self._claims[key] = found
        return self._claims[key]

    def _not_since(self, position: int, **what: str) -> None:
        if position > self._began:
            raise Conflict(**what)

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        after: Mapping[str, int],
        claims: Mapping[str, str],
        tracking: Tracking | None = None,
    ) -> list[int]:
        if tracking:
            raise ValueError("What is tracked is stored with the whole draft.")
        for claim in claims:
            if self.claim(claim):
                raise ClaimTaken(claim)
        for stream, version in after.items():
            rows = self.rows(stream)
            if (rows[-1].version if rows else 0) != version:
                raise StreamMoved(stream)
        first = NOT_YET + len(self._events)
        for key, value in claims.items():
            self._claims[key] = Claim(key, value, first, len(stored_events))
        for position, each in enumerate(stored_events, first):
            stream = str(each.originator_id)
            row = Row(position, stream, each.originator_version, each.topic, each.state)
            self._rows[stream].append(row)
        self._events.extend(stored_events)
        self._claimed |= claims
        return list(range(first, first + len(stored_events)))

    def store(self, trackings: Sequence[Tracking]) -> int:
        """The position of the first event. Raises as `LogRecorder.insert` does."""
        touched = {str(each.originator_id) for each in self._events}
        after = {stream: self._stored[stream] for stream in touched}
        first = self._recorder.insert(self._events, after, self._claimed, trackings)
        self._recorder.announce()
        return first


class Together(EventStore):
    """An event store whose appends are drafts, until `store` makes one transaction of them.

    Reads see the drafts, the log in its order (`since`, `newest`) does not. Drafted events have
    positions from `NOT_YET` on. For one thread, and for one `store`.
    """

    def __init__(self, store: EventStore) -> None:
        self._draft = Draft(store._recorder)
        mapper, recorder = store._log.mapper, cast(Any, self._draft)
        events = LibraryStore(mapper, recorder)
        # Not an application of its own, which would close the log when it goes.
        log = SimpleNamespace(mapper=mapper, recorder=recorder, events=events)
        super().__init__(cast(Any, log), store.address)
        self._new_keys: dict[tuple[str, str], NewKey] = {}
        self._keyless = set[str]()

    def new_id(self, kind: str) -> str:
        identity = super().new_id(kind)
        self._draft.begins(identity)
        self._keyless.add(identity)
        return identity

    def foresee(self, streams: Collection[str], claims: Collection[str]) -> None:
        """Read at once what will be asked for one by one. Raises `Unavailable`."""
        self._keyless |= self.vault.without_keys(streams)
        with conflicts():
            self._draft.foresee(streams, claims)

    def _keys(self, owners: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Key]:
        found = self.vault.known(
            (subject, kind)
            for subject, kind in owners
            if subject not in self._keyless and (subject, kind) not in self._new_keys
        )
        for owner in owners:
            if owner not in found:
                if owner not in self._new_keys:
                    self._new_keys[owner] = self.vault.new_key(owner)
                found[owner] = self._new_keys[owner].key
        return found

    def store(self, *trackings: Tracking) -> int:
        """Store all of it, with what is tracked; the position of the first event.

        Raises `Conflict`, when somebody else got in between, or `Unavailable`: nothing is stored
        then, unless only the acknowledgement was lost.
        """
        try:
            self.vault.add(self._new_keys.values())
        except (KeyTaken, KeyDestroyed) as error:  # read again, and decide anew
            raise Conflict from error
        with conflicts():
            return self._draft.store(trackings)


def drafted(position: int) -> bool:
    """Whether this is the position of an event of a draft, which may never be stored."""
    return position >= NOT_YET


def placed(position: int, first: int) -> int:
    """A position in the log, from one that may be of a draft whose first event came to `first`."""
    return position if position < NOT_YET else first + position - NOT_YET
