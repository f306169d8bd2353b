"""What must a database do to be the log? Both recorders share this, and the library's semantics.

Beyond the library's `ProcessRecorder`: positions without a gap, claims in the same transaction,
appends that say after which version they were decided, and pages that are bounded in bytes.
"""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from threading import Condition
from time import monotonic
from typing import Any, NamedTuple

from eventsourcing.persistence import (
    InfrastructureFactory,
    IntegrityError,
    Notification,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)
from eventsourcing.utils import resolve_topic, strtobool

from adapters.event_store.mapper import Row
from adapters.vault import never

MOST_ASKED = 250
"""Streams, or claims, that one statement asks for."""


class Claim(NamedTuple):
    """A key that was claimed once and for all, by the transaction that stored some events.

    `position` is that of the transaction's first event and `count` how many it stored; where it
    stored none, `position` is that of the newest event before it.
    """

    key: str
    value: str
    position: int
    count: int  # type: ignore[assignment]  # hides tuple.count


class ClaimTaken(IntegrityError):
    """Another append holds this claim."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"The claim {claim} is taken.")
        self.claim = claim


class StreamMoved(IntegrityError):
    """The stream is no longer (or not yet) at the version that the append was decided after."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"The stream {stream} has moved on.")
        self.stream = stream


class TrackingBehind(IntegrityError):
    """The position to be tracked under this name is not after the one recorded already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The position of {name} is recorded already.")
        self.name = name


class ConnectionLost(OperationalError):
    """The database went away; whether the last transaction was stored is not known."""


class LogRecorder(ProcessRecorder):
    """Reading is the same SQL for both databases; writing and waiting are each one's own.

    Its tables are `<table>_events`, `<table>_claims` (both append-only) and `<table>_tracking`.
    """

    poll_seconds = 0.05
    """How long an append of another process may stay unnoticed when nothing announces it."""
    page_bytes = 32 * 1024 * 1024
    """Most bytes of events in one page; one event alone may be larger."""

    def __init__(self, table: str = "stored") -> None:
        self.table = table
        self.events = f"{table}_events"
        self.claims = f"{table}_claims"
        self.tracking = f"{table}_tracking"
        self.columns = "position, stream, version, topic, state"
        self.ended: Callable[[], bool] = never
        """Whether whoever appends was told to end; then nobody is waited for who else writes."""
        self._appended = Condition()
        self._appends = 0

    # ── Each database's own ───────────────────────────────────────────────────────────────────────

    @abstractmethod
    def create_table(self) -> None:
        """Create what is missing; safe when several processes start at the same time."""

    @abstractmethod
    def insert(
        self,
        events: Sequence[StoredEvent],
        after: Mapping[str, int],
        claims: Mapping[str, str],
        trackings: Sequence[Tracking],
    ) -> int:
        """Store all of it in one transaction, or raise and store nothing.

        `after` holds the version that each stream must have; `trackings` are of different names.
        Returns the position of the first
        event. Raises `ClaimTaken`, `TrackingBehind` or `StreamMoved` (looked at in this order), or
        `ConnectionLost`.
        """

    @abstractmethod
    def read(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query; its placeholders are question marks."""

    @abstractmethod
    def page(self, position: int, limit: int, topics: Sequence[str]) -> Sequence[Row]:
        """The events after a position, oldest first, cut where they exceed `page_bytes`."""

    # ── Ours ──────────────────────────────────────────────────────────────────────────────────────

    def rows(self, stream: str, up_to: int | None = None) -> list[Row]:
        """The events of a stream, oldest first."""
        bound, more = ("", ()) if up_to is None else (" and version <= ?", (up_to,))
        found = self.read(
            f"select {self.columns} from {self.events} where stream = ?{bound} order by version",  # noqa: S608
            (stream, *more),
        )
        return [Row(*row) for row in found]

    def rows_of(self, streams: Collection[str]) -> list[Row]:
        """The events of several streams; those of each oldest first."""
        return [
            Row(*row)
            for some in _by_hundreds(streams)
            for row in self.read(
                f"select {self.columns} from {self.events}"  # noqa: S608
                f" where {one_of('stream', some)} order by stream, version",
                some,
            )
        ]

    def rows_at(self, position: int, count: int) -> list[Row]:
        """The events from a position on."""
        found = self.read(
            f"select {self.columns} from {self.events}"  # noqa: S608
            " where position >= ? and position < ? order by position",
            (position, position + count),
        )
        return [Row(*row) for row in found]

    def missing(self, after: int, up_to: int) -> list[int]:
        """The positions in a range of the log that hold no event."""
        within, parameters = "position > ? and position <= ?", (after, up_to)
        ((found,),) = self.read(f"select count(*) from {self.events} where {within}", parameters)  # noqa: S608
        if found >= up_to - after:
            return []
        held = self.read(f"select position from {self.events} where {within}", parameters)  # noqa: S608
        return sorted(set(range(after + 1, up_to + 1)) - {position for (position,) in held})

    def claim(self, key: str) -> Claim | None:
        """Who holds this claim, if anyone does."""
        found = self.read(
            f"select claim, value, position, count from {self.claims} where claim = ?",  # noqa: S608
            (key,),
        )
        return Claim(*found[0]) if found else None

    def claims_of(self, keys: Collection[str]) -> list[Claim]:
        """Those of these claims that somebody holds."""
        return [
            Claim(*row)
            for some in _by_hundreds(keys)
            for row in self.read(
                f"select claim, value, position, count from {self.claims}"  # noqa: S608
                f" where {one_of('claim', some)}",
                some,
            )
        ]

    def newest(self) -> int:
        """The position of the newest event, 0 in an empty log."""
        return self.max_notification_id() or 0

    def wait_for(self, position: int, seconds: float) -> bool:
        """Block until there is an event after this position; False if the time is over."""
        until = monotonic() + seconds
        while True:
            with self._appended:
                seen = self._appends
            if self.newest() > position:
                return True
            remaining = until - monotonic()
            if remaining <= 0:
                return False
            with self._appended:
                if self._appends == seen:
                    self._appended.wait(min(remaining, self.poll_seconds))

    def announce(self) -> None:
        """Wake those who wait: there may be new events."""
        with self._appended:
            self._appends += 1
            self._appended.notify_all()

    # ── The library's ─────────────────────────────────────────────────────────────────────────────

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Positions in order. Also takes `after`, `claims` and `tracking`, see `insert`."""
        tracking = kwargs.get("tracking")
        first = self.insert(
            stored_events,
            kwargs.get("after") or {},
            kwargs.get("claims") or {},
            (tracking,) if tracking else (),
        )
        self.announce()
        return list(range(first, first + len(stored_events)))

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        statement = f"select {self.columns} from {self.events} where stream = ?"  # noqa: S608
        parameters: list[Any] = [str(originator_id)]
        for condition, value in ((" and version > ?", gt), (" and version <= ?", lte)):
            if value is not None:
                statement += condition
                parameters.append(value)
        statement += " order by version desc" if desc else " order by version"
        if limit is not None:
            statement += " limit ?"
            parameters.append(limit)
        return [StoredEvent(*row[1:]) for row in self.read(statement, parameters)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        first = 1 if start is None else start if inclusive_of_start else start + 1
        statement = f"select {self.columns} from {self.events} where position >= ?"  # noqa: S608
        parameters: list[Any] = [first]
        if stop is not None:
            statement += " and position <= ?"
            parameters.append(stop)
        if topics:
            statement += f" and {one_of('topic', topics)}"
            parameters += topics
        found = self.read(f"{statement} order by position limit ?", (*parameters, limit))
        return [
            Notification(stream, version, topic, state, id=position)
            for position, stream, version, topic, state in found
        ]

    def max_notification_id(self) -> int | None:
        newest: int | None
        ((newest,),) = self.read(f"select max(position) from {self.events}")  # noqa: S608
        return newest

    def insert_tracking(self, tracking: Tracking) -> None:
        self.insert((), {}, {}, (tracking,))

    def max_tracking_id(self, application_name: str) -> int | None:
        found = self.read(
            f"select position from {self.tracking} where name = ?",  # noqa: S608
            (application_name,),
        )
        return int(found[0][0]) if found else None

    def tracked(self, beginning: str) -> dict[str, int]:
        """The position under each name that begins so."""
        found = self.read(
            f"select name, position from {self.tracking} where substr(name, 1, ?) = ?",  # noqa: S608
            (len(beginning), beginning),
        )
        return {name: int(position) for name, position in found}

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Any]:
        return Tail(self, gt, topics)


class Tail(Subscription[LogRecorder]):
    """The library's subscription: it waits for what comes, and polls, so it misses nothing."""

    _found: list[Notification] = []  # noqa: RUF012 - never changed in place

    def __next__(self) -> Notification:
        while not self._found:
            if self._has_been_stopped:
                raise StopIteration
            after = self._last_notification_id or 0
            if self._recorder.wait_for(after, self._recorder.poll_seconds):
                self._found = list(
                    self._recorder.select_notifications(
                        after, 500, topics=self._topics, inclusive_of_start=False
                    )
                )
                if not self._found:  # only events of other topics
                    self._last_notification_id = self._recorder.newest()
        if self._has_been_stopped:
            raise StopIteration
        first, *self._found = self._found
        self._last_notification_id = first.id
        return first


class LogFactory(InfrastructureFactory[LogRecorder]):
    """Makes recorders on one database, whose address is in `EVENT_STORE_ADDRESS`."""

    ADDRESS = "EVENT_STORE_ADDRESS"
    CREATE_TABLE = "CREATE_TABLE"
    DURABLE = "EVENT_STORE_DURABLE"

    recorder_class: type[LogRecorder]

    @property
    def address(self) -> str:
        """Raises `EnvironmentError` when there is none."""
        if not (address := self.env.get(self.ADDRESS)):
            raise OSError(f"{self.ADDRESS} is not set.")
        return address

    @property
    def durable(self) -> bool:
        """Whether what is acknowledged must survive a power cut; it must, unless told otherwise."""
        return bool(strtobool(self.env.get(self.DURABLE, "yes")))

    @abstractmethod
    def _recorder(self, recorder_class: type[LogRecorder], table: str) -> LogRecorder:
        """A recorder of this class on this factory's database."""

    def _ready(self, recorder_class: type[LogRecorder], table: str = "stored") -> LogRecorder:
        recorder = self._recorder(recorder_class, table)
        if strtobool(self.env.get(self.CREATE_TABLE, "yes")):
            recorder.create_table()
        return recorder

    def aggregate_recorder(self, purpose: str = "events") -> LogRecorder:
        return self._ready(self.recorder_class, "stored" if purpose == "events" else purpose)

    def application_recorder(self) -> LogRecorder:
        return self._ready(self.recorder_class)

    def process_recorder(self) -> LogRecorder:
        return self._ready(self.recorder_class)

    def tracking_recorder(
        self, tracking_recorder_class: type[LogRecorder] | None = None
    ) -> LogRecorder:
        topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
        named = resolve_topic(topic) if topic else self.recorder_class
        return self._ready(tracking_recorder_class or named)


def _by_hundreds(values: Collection[str]) -> Iterator[list[str]]:
    """Always as many, the last one again and again: statements of one size are prepared once."""
    remaining = sorted(values)
    while remaining:
        some, remaining = remaining[:MOST_ASKED], remaining[MOST_ASKED:]
        yield some + some[-1:] * (MOST_ASKED - len(some))


def one_of(column: str, values: Iterable[str]) -> str:
    """SQL: the column holds one of so many values."""
    return f"{column} in ({', '.join('?' for _ in values)})"
