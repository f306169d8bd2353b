"""What has happened, in order, and how is more added to it?"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self, cast
from uuid import uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import InterfaceError, Mapper, OperationalError, Tracking
from eventsourcing.utils import Environment, EnvType, get_topic
from msgspec import msgpack

from adapters.event_store.mapper import (
    Missing,
    NullTranscoder,
    Placed,
    Row,
    SealingMapper,
    Tampered,
    Unreadable,
    content,
)
from adapters.event_store.recorder import (
    Claim,
    ClaimTaken,
    ConnectionLost,
    LogFactory,
    LogRecorder,
    StreamMoved,
    TrackingBehind,
)
from adapters.private_files import private_folder
from adapters.vault import Key, Vault
from domain.catalogue import EVENTS
from domain.kernel import KINDS, Event, Recorded, stream_of

RETRIES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds to wait before each new attempt when the database went away in the middle."""


class Append(NamedTuple):
    """Events to be added to one stream, decided when it had `after` events (0: a new stream)."""

    stream: str
    after: int
    events: Sequence[Event]


class Conflict(Exception):
    """A stream has moved on, or a claim is taken: nothing was stored. Read again, then decide.

    One of `claim`, `tracking` and `stream` says which, and is looked at in this order.
    """

    def __init__(
        self, *, stream: str | None = None, claim: str | None = None, tracking: str | None = None
    ) -> None:
        super().__init__(f"{claim} is taken" if claim else f"{stream or tracking} has moved on")
        self.stream, self.claim, self.tracking = stream, claim, tracking


class Unavailable(Exception):
    """The database cannot be reached, or is too busy."""


class Page(list[Recorded]):
    """Events in log order. `reached` is the position up to which the log was read for them:

    every event wanted up to there is in this page or was in one before it.
    """

    reached: int


class Log(Application[str]):
    """The library's application, under our mapper and recorders."""

    name = "log"
    env: ClassVar[dict[str, str]] = {
        "MAPPER_TOPIC": get_topic(SealingMapper),
        "TRANSCODER_TOPIC": get_topic(NullTranscoder),
    }

    def __init__(
        self, vault: Vault | None, catalogue: Mapping[str, type[Event]], env: Mapping[str, str]
    ) -> None:
        self._vault, self._catalogue = vault, catalogue
        super().__init__({**type(self).env, **env})

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        # Without the machine's own environment, which has no say in how the log is written.
        return Environment(name, env)

    def construct_mapper(self) -> Mapper[str]:
        mapper = super().construct_mapper()
        if not isinstance(mapper, SealingMapper):
            raise TypeError("Only the sealing mapper may write the log.")
        mapper.equip(self._vault, self._catalogue)
        return mapper


EVENTS_FILE = "events.db"
"""In the store's folder."""


def _is_postgresql(address: str | Path) -> bool:
    return str(address).startswith(("postgresql://", "postgres://"))


def _environment(address: str | Path, *, durable: bool = True) -> dict[str, str]:
    """What the library's factory is made from."""
    if _is_postgresql(address):
        module = "adapters.event_store.postgres"
    else:
        module = "adapters.event_store.sqlite"
        address = Path(address) / EVENTS_FILE
    return {
        "PERSISTENCE_MODULE": module,
        LogFactory.ADDRESS: str(address),
        LogFactory.DURABLE: "yes" if durable else "no",
    }


class EventStore:
    """The log: streams of events, in one order over all, that can only grow.

    Safe to share between threads. Several processes may open the same store.
    """

    def __init__(self, log: Log, address: str) -> None:
        self.address = address
        self._log = log
        self._mapper = cast(SealingMapper, log.mapper)
        self._recorder = cast(LogRecorder, log.recorder)

    @classmethod
    def open(
        cls,
        address: str | Path,
        vault: Vault,
        *,
        catalogue: Mapping[str, type[Event]] = EVENTS,
        durable: bool = True,
    ) -> Self:
        """The store at an address: `postgresql://…`, or a folder that holds `events.db`.

        Creates what is missing; several processes may start at once. `catalogue` (of stored name
        to class) is the domain's unless given. Raises `Unavailable`.

        A folder that is not `durable` may be lost in a power cut, appends that were acknowledged
        included: only for one that is filled anew, and flushed as a whole before it is used.
        """
        if not _is_postgresql(address):
            private_folder(Path(address))
        with _unavailable():
            log = Log(vault, catalogue, _environment(address, durable=durable))
            return cls(log, str(address))

    @classmethod
    def without_keys(cls, address: str) -> Self:
        """A store that exists, to read only what stands in clear in it.

        Whatever wants a key raises `KeysUnavailable`. Raises `Unavailable`.
        """
        with _unavailable():
            return cls(Log(None, EVENTS, _environment(address)), address)

    @staticmethod
    def holds_events(address: str | Path) -> bool:
        """Whether the store at an address has any event yet, asked without a vault.

        Makes no folder. Raises `Unavailable`.
        """
        if not _is_postgresql(address) and not (Path(address) / EVENTS_FILE).exists():
            return False
        with _unavailable():
            factory: LogFactory = LogFactory.construct(Environment("log", _environment(address)))
            with closing(factory):
                return factory.application_recorder().newest() > 0

    @property
    def vault(self) -> Vault:
        """The keys that seal what is stored here."""
        return self._mapper.vault

    def until(self, ended: Callable[[], bool]) -> None:
        """From now on an append does not wait for another writer when `ended` says so.

        It raises `Unavailable` then, or `KeysUnavailable`, with nothing stored.
        """
        self._recorder.ended = self.vault.ended = ended

    # ── Adding ────────────────────────────────────────────────────────────────────────────────────

    def new_id(self, kind: str) -> str:
        """An id that nothing has yet, of the form `child-…`."""
        return f"{kind}-{uuid4().hex}"

    def append(
        self,
        appends: Sequence[Append],
        claims: Mapping[str, str] | None = None,
        tracking: Tracking | None = None,
    ) -> list[Recorded]:
        """Store events on one or more streams, and claims, in one transaction.

        `claims` are keys (with a value) that only one append may ever hold, such as
        `command:<id>`. `tracking` (a name and a position that must rise) is stored with them.
        Returns the events as recorded, in the order given, with their private fields.

        An append that was stored before, with the very same events and claims, is not stored
        again but returned: an acknowledgement may have been lost. Raises `Conflict`, `Unavailable`,
        `Unstorable` (an event with withheld or wrong fields) or `KeyDestroyed`.
        """
        claims = claims or {}
        placed = self._placed(appends)
        after = {each.stream: each.after for each in appends}
        lost = False
        for seconds in (*RETRIES, None):
            try:
                recordings = self._log.events.put(
                    cast(Any, placed), after=after, claims=claims, tracking=tracking
                )
                break
            except (ClaimTaken, TrackingBehind, StreamMoved) as error:
                # Not believed before it is read back: it may be this very append, whose
                # acknowledgement was lost on its way.
                stored = self._stored_before(placed, claims) if claims or lost else None
                if stored is not None:
                    return stored
                raise Conflict(
                    claim=error.claim if isinstance(error, ClaimTaken) else None,
                    tracking=error.name if isinstance(error, TrackingBehind) else None,
                    stream=error.stream if isinstance(error, StreamMoved) else None,
                ) from error
            except ConnectionLost as error:
                if seconds is None:
                    raise Unavailable(str(error)) from error
                lost = True
                time.sleep(seconds)
            except (OperationalError, InterfaceError) as error:
                raise Unavailable(str(error)) from error
        return [
            self._mapper.as_given(each, recording.notification.id, recording.notification.state)
            for each, recording in zip(placed, recordings, strict=True)
        ]

    def _placed(self, appends: Sequence[Append]) -> list[Placed]:
        wanted = {}
        for stream, _, events in appends:
            for event in events:
                if stream_of(event) != stream:
                    raise ValueError(f"{type(event).__name__} does not belong to {stream}")
                wanted[id(event)] = tuple(self._mapper.owners(event))
        if len({each.stream for each in appends}) != len(appends):
            raise ValueError("A stream stands twice in one append.")
        keys = self._keys({owner for owners in wanted.values() for owner in owners})
        return [
            Placed(stream, version, event, {kind: keys[s, kind] for s, kind in wanted[id(event)]})
            for stream, after, events in appends
            for version, event in enumerate(events, after + 1)
        ]

    def _keys(self, owners: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Key]:
        """Durable before anything is stored that is sealed with them."""
        return self.vault.keys(owners)

    def _stored_before(
        self, placed: Sequence[Placed], claims: Mapping[str, str]
    ) -> list[Recorded] | None:
        """The result of this same append, if it is already in the log."""
        held = [self.claim(key) for key in claims]
        if [each and each.value for each in held] != list(claims.values()):
            return None
        if claims:
            places = {(each.position, each.count) for each in held if each}
            if len(places) != 1:
                return None
            rows = self._recorder.rows_at(*places.pop())
        else:
            found = {each.originator_id: each.originator_version for each in placed}
            rows = sorted(
                row for stream, last in found.items() for row in self._recorder.rows(stream, last)
            )[-len(placed) :]
        stored = self._opened([self._mapper.recorded(row) for row in rows], KINDS)
        # Compared as written down: Python holds no time in the hour that comes twice in autumn
        # equal to the same time in another zone.
        same = [(each.stream, each.version, content(each.event)) for each in stored] == [
            (stream, version, content(event)) for stream, version, event, _ in placed
        ]
        return stored if same else None

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────

    def history(
        self,
        stream: str,
        *,
        opened: bool | Collection[str] = False,
        up_to: int | None = None,
    ) -> list[Recorded]:
        """The events of a stream in order, [] for a stream that does not exist.

        Private fields are withheld unless their kinds are `opened` (True: all). `up_to` is the
        last version wanted. Raises `Unreadable`, `Unavailable`.
        """
        with _unavailable():
            rows = self._recorder.rows(stream, up_to)
        return self._opened([self._mapper.recorded(row) for row in rows], opened)

    def since(
        self,
        position: int,
        limit: int,
        *,
        names: Collection[str] | None = None,
        opened: bool | Collection[str] = (),
        raw: bool = False,
    ) -> Page:
        """At most `limit` events after a position, in order; fewer where they are very large.

        With `names`, only events of these stored names. Headers only, unless kinds are `opened`;
        `sealed` leaves the raw message out unless it is opened or `raw`. A checkpoint is the
        page's `reached`, never its length: an empty page means that nothing more is there.

        The events before an unreadable one are returned; if it comes first, raises `Unreadable`
        (with its position), and without `names` `Missing` likewise. Raises `Unavailable`.
        """
        if names is not None and not names:
            raise ValueError("No events are asked for.")
        kinds = KINDS if opened is True else opened or ()
        with _unavailable():
            # Read before the page: what is appended in between is for the next one.
            newest = self._recorder.newest() if names else position
            rows = self._recorder.page(position, limit, tuple(names or ()))
        page = self._readable(rows, kinds, raw or "raw" in kinds, after=None if names else position)
        page.reached = page[-1].position if page else max(position, newest)
        return page

    def newest(self) -> int:
        """The position of the newest event; 0 in an empty log. Raises `Unavailable`."""
        with _unavailable():
            return self._recorder.newest()

    def missing(self, after: int, up_to: int) -> list[int]:
        """The positions after one and up to another that hold no event. Raises `Unavailable`.

        Positions are given without a gap: one that is missing is evidence of a deletion.
        """
        with _unavailable():
            return self._recorder.missing(after, up_to)

    def mark(self, position: int) -> str:
        """What tells the event at a position from any other: the SHA-256 of its row.

        "" where none stands. Raises `Unavailable`.
        """
        with _unavailable():
            rows = self._recorder.rows_at(position, 1)
        hashed = sha256()
        for row in rows:
            # The size of each text keeps two different rows from being hashed alike.
            hashed.update(msgpack.encode((row.stream, row.version, row.topic, len(row.state))))
            hashed.update(row.state)
        return hashed.hexdigest() if rows else ""

    def wait(self, position: int, seconds: float) -> bool:
        """Block until there is an event after a position; False when the seconds are over.

        Raises `Unavailable`.
        """
        with _unavailable():
            return self._recorder.wait_for(position, seconds)

    def tracked(self, name: str) -> int:
        """The position that is stored under this name (see `append`); 0 if there is none."""
        with _unavailable():
            return self._recorder.max_tracking_id(name) or 0

    def all_tracked(self, beginning: str) -> dict[str, int]:
        """The position under each name that begins so. Raises `Unavailable`."""
        with _unavailable():
            return self._recorder.tracked(beginning)

    def claim(self, key: str) -> Claim | None:
        """The claim of this key, if an append holds it. Raises `Unavailable`."""
        with _unavailable():
            return self._recorder.claim(key)

    def recorded_at(self, position: int, count: int = 1) -> list[Recorded]:
        """The events from a position on, headers only, such as those that a claim came with."""
        with _unavailable():
            rows = self._recorder.rows_at(position, count)
        return [self._mapper.recorded(row) for row in rows]

    # ── Private words ─────────────────────────────────────────────────────────────────────────────

    def opened(self, recorded: Recorded, kinds: Collection[str] | None = None) -> Recorded:
        """The same event with its private fields of these kinds (None: all) filled in.

        A field stays `WITHHELD` if its key is destroyed, or if it is the raw message and
        `recorded` came without it. Raises `Tampered`.
        """
        return self._mapper.opened([recorded], KINDS if kinds is None else kinds)[0]

    def open_sealed(
        self, sealed: bytes, kinds: Collection[str] | None = None, *, stream: str | None = None
    ) -> dict[str, Any]:
        """The private fields in the sealed part of an event, by name: a value or `WITHHELD`.

        `sealed` may come from a read model. With `stream`, the part of another stream's event is
        `Tampered`, so that a row cannot show the words of another child.
        """
        return self._mapper.open_sealed(sealed, KINDS if kinds is None else kinds, stream=stream)

    def parts(self, sealed: bytes) -> dict[str, bool]:
        """The kinds of private words sealed here; False where the key is destroyed.

        Raises `Tampered`.
        """
        return self._mapper.readable(sealed) if sealed else {}

    def close(self) -> None:
        """Let go of the database; the vault stays open."""
        self._log.close()

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────

    def _readable(
        self, rows: Sequence[Row], kinds: Collection[str], raw: bool, *, after: int | None
    ) -> Page:
        """What can be read before the first row that cannot; raises if that is the first."""
        page = Page()
        recorded = self._mapper.recorded
        try:
            for number, row in enumerate(rows, 1):
                if after is not None and row[0] != after + number:
                    raise Missing(after + number)
                page.append(recorded(row, raw=raw))
        except Unreadable:
            if not page:
                raise
        if kinds:
            try:
                page[:] = self._mapper.opened(page, kinds)
            except Tampered as error:
                sound = [each for each in page if each.position < (error.position or 0)]
                if not sound:
                    raise
                page[:] = self._mapper.opened(sound, kinds)
        return page

    def _opened(self, found: list[Recorded], kinds: bool | Collection[str]) -> list[Recorded]:
        if not kinds:
            return found
        return self._mapper.opened(found, KINDS if kinds is True else kinds)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(str(error)) from error


@contextmanager
def conflicts() -> Iterator[None]:
    """What a recorder raises over an append, as `Conflict` or `Unavailable`."""
    try:
        yield
    except ClaimTaken as error:
        raise Conflict(claim=error.claim) from error
    except TrackingBehind as error:
        raise Conflict(tracking=error.name) from error
    except StreamMoved as error:
        raise Conflict(stream=error.stream) from error
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(str(error)) from error
