"""How do the read models follow the log?

One runner for every projection: a page of the log is read once, each projection turns the events it
asked for into SQL, and the rows of a page are stored in one transaction with the checkpoint. Only
one runner works at a time, whoever starts it.

An event that a projection cannot take parks its stream for that projection: later events of that
stream wait behind it, all others flow, an alarm is raised and `status` says how many are missing.
Each start tries the parked events again, in their order. They are then taken later than those of
other streams were: rows that depend on the order between streams want a rebuild.
"""

import importlib
import pkgutil
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Condition, Event
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

import projections as package
from adapters.event_store import Missing, Page, Unreadable
from adapters.read_models import (
    OWN_TABLES,
    Batch,
    Bound,
    Checkpoint,
    Digest,
    Overtaken,
    Parked,
    Place,
    ReadModels,
    StatementFailed,
    bound,
)
from domain.kernel import Recorded, stored_name
from projections.base import Projection
from services.logs import log

PAGE = 2000
"""Events read at once, and stored in one transaction."""

WAIT_SECONDS = 0.5
"""How long the runner waits for news before it looks whether it should stop."""

POLL_SECONDS = 0.02
"""How often one process looks how far the runner of another has come."""

PATIENCE_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""How long the runner waits before it tries again when a database has gone; the last for ever."""


class Log(Protocol):
    """What is read of the event store; see `adapters.event_store.EventStore`."""

    def since(self, position: int, limit: int, *, names: Collection[str] | None = None) -> Page: ...

    def newest(self) -> int: ...

    def missing(self, after: int, up_to: int) -> list[int]: ...

    def mark(self, position: int) -> str: ...

    def wait(self, position: int, seconds: float) -> bool: ...


class Occupied(Exception):
    """Another rebuild is at work."""


class Status(Struct, frozen=True, kw_only=True):
    """How one projection stands: `behind` and `parked` count events.

    `behind_seconds`: for how long the oldest event it has not seen has been in the log.
    `of_another_log`: its rows were made from events that this log does not hold, such as those
    after the backup that it was put back to; the next run rebuilds them.
    """

    projection: str
    version: int
    position: int
    behind: int
    behind_seconds: float
    parked: int
    of_another_log: bool = False


def found() -> dict[str, Projection]:
    """Every projection, by name: a module in `projections/` holds the one that it is named after.

    Raises `ValueError` if two of them claim the same table.
    """
    modules = (module.name for module in pkgutil.iter_modules(package.__path__))
    return checked(
        getattr(importlib.import_module(f"{package.__name__}.{name}"), name)
        for name in sorted(modules)
        if name != "base"
    )


def checked(projections: Iterable[Projection]) -> dict[str, Projection]:
    """The projections by name. Raises `ValueError` for a name or table that is taken."""
    by_name: dict[str, Projection] = {}
    taken = dict.fromkeys(OWN_TABLES, "the runner")
    for projection in projections:
        if projection.name in by_name:
            raise ValueError(f"Two projections are called {projection.name}.")
        by_name[projection.name] = projection
        for table in projection.tables:
            if table in taken:
                raise ValueError(f"{projection.name} and {taken[table]} both have {table}.")
            taken[table] = projection.name
    return by_name


# ── One place ─────────────────────────────────────────────────────────────────────────────────────


class Stretch(NamedTuple):
    """Events of the log, and the position up to which nothing wanted is missing from them.

    `unreadable` is the one that stands at that position and cannot be read.
    """

    events: Sequence[Recorded]
    reached: int
    unreadable: Unreadable | None = None


class Feed:
    """Brings the projections of one place along the log, a page at a time."""

    def __init__(self, events: Log, place: Place, projections: Mapping[str, Projection]) -> None:
        self._log = events
        self._place = place
        self._projections = projections
        self.load()

    def load(self) -> None:
        """Look where the projections stand; those that never ran start before the first event."""
        held = self._place.checkpoints()
        for name, projection in self._projections.items():
            if name not in held:
                self._place.create(projection)
        held = self._place.checkpoints()
        foreign = of_another_log(self._log, held.values())
        for name in sorted(foreign & self._projections.keys()):
            log.warning("rows_of_another_log", projection=name, position=held[name].position)
        self._at = {
            name: held[name]
            for name, projection in self._projections.items()
            if held[name].version == projection.version and name not in foreign
        }
        self.outdated = sorted(self._projections.keys() - self._at.keys())
        self._parked: dict[str, set[str]] = {name: set() for name in self._projections}
        for parked in self._place.parked():
            if parked.projection in self._parked:
                self._parked[parked.projection].add(parked.stream)

    @property
    def positions(self) -> dict[str, int]:
        """How far each projection has come; none of those that are outdated."""
        return {name: held.position for name, held in self._at.items()}

    def step(self) -> bool:
        """Take one page further those who are furthest on; False when all are at the end.

        Whoever lags (a new projection) is only fed while the others wait for news, and joins them
        when it has caught up, so that the log is read once for all.
        """
        ahead = None
        for position in sorted({held.position for held in self._at.values()}, reverse=True):
            group = [name for name, held in self._at.items() if held.position == position]
            stretch = self._read(position, ahead, group)
            if stretch.reached > position:
                try:
                    self._take(group, stretch)
                except Overtaken:
                    self.load()
                return True
            ahead = position
        return False

    def retry(self) -> None:
        """Try every parked event again, stream by stream in order, until one fails again."""
        failed = set()
        for parked in self._place.parked():
            waiting = (parked.projection, parked.stream)
            if parked.projection not in self._at or waiting in failed:
                continue
            held = self._at[parked.projection]
            try:
                events = self._log.since(parked.position - 1, 1)
                kinds = self._projections[parked.projection].events
                wanted = [each for each in events if isinstance(each.event, kinds)]
                writes = self._writes(parked.projection, wanted)
                batch = Batch(
                    checkpoint=held,
                    reached=held.position,
                    mark=held.mark,
                    writes=writes,
                    released=(parked.position,),
                )
                self._place.apply([batch])
            except Overtaken:
                break
            except (StatementFailed, Unreadable) as error:
                failed.add(waiting)
                reason = error.reason if isinstance(error, StatementFailed) else _code(error)
                _alarm(replace(parked, reason=reason))
        self.load()

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────

    def _read(self, position: int, ahead: int | None, group: Sequence[str]) -> Stretch:
        """The next events for a group, not beyond where others already are."""
        try:
            page = self._log.since(position, PAGE, names=self._names(*group))
        except Unreadable as error:
            if ahead is not None and (error.position or 0) > ahead:
                return Stretch((), ahead)
            return Stretch((), error.position or 0, error)
        reached = page.reached if ahead is None else min(page.reached, ahead)
        if missing := self._log.missing(position, reached):
            reached = missing[0] - 1
            if reached == position:
                return Stretch((), missing[0], Missing(missing[0]))
        return Stretch([each for each in page if each.position <= reached], reached)

    def _names(self, *group: str) -> set[str]:
        return {stored_name(kind) for name in group for kind in self._projections[name].events}

    def _take(self, group: Sequence[str], stretch: Stretch) -> None:
        """Store a stretch for a group; whoever cannot take it all takes it alone, in pieces."""
        events, reached, unreadable = stretch
        wanted: dict[str, list[Recorded]] = {name: [] for name in group}
        if unreadable:
            self._take_unreadable(group, reached, unreadable)
            return
        takers: dict[type, list[Callable[[Recorded], None]]] = {}
        for name in group:
            for kind in self._projections[name].events:
                takers.setdefault(kind, []).append(wanted[name].append)
        for recorded in events:
            for take in takers.get(type(recorded.event), ()):
                take(recorded)
        batches: dict[str, Batch] = {}
        alone = []
        for name in group:
            try:
                batches[name] = self._batch(name, wanted[name], reached)
            except StatementFailed:
                alone.append(name)
        while batches:
            try:
                self._apply(list(batches.values()))
                break
            except StatementFailed as error:
                if error.projection not in batches:
                    raise
                del batches[error.projection]
                alone.append(error.projection)
        for name in alone:
            self._halve(name, wanted[name], reached)

    def _take_unreadable(self, group: Sequence[str], reached: int, error: Unreadable) -> None:
        batches = []
        for name in group:
            held = self._at[name]
            if self._concerns(name, error, reached):
                parked = Parked(
                    projection=name, position=reached, stream=error.stream, reason=_code(error)
                )
                batches.append(Batch(checkpoint=held, reached=reached, parked=(parked,)))
            else:
                batches.append(Batch(checkpoint=held, reached=reached))
        self._apply(batches)

    def _concerns(self, name: str, error: Unreadable, position: int) -> bool:
        """Whether a projection wants what cannot be read; it might have wanted what is missing."""
        if isinstance(error, Missing):
            return True
        try:
            self._log.since(position - 1, 1, names=self._names(name))
        except Unreadable:
            return True
        return False

    def _halve(self, name: str, events: Sequence[Recorded], reached: int) -> None:
        """Store what can be stored, and park the one event that cannot, wherever it is."""
        try:
            self._apply([self._batch(name, events, reached)])
        except StatementFailed as error:
            if not events:
                raise
            if len(events) > 1:
                middle = len(events) // 2
                self._halve(name, events[:middle], events[middle - 1].position)
                self._halve(name, events[middle:], reached)
                return
            (event,) = events
            parked = Parked(
                projection=name, position=event.position, stream=event.stream, reason=error.reason
            )
            held = self._at[name]
            self._apply([Batch(checkpoint=held, reached=reached, parked=(parked,))])

    def _batch(self, name: str, events: Sequence[Recorded], reached: int) -> Batch:
        """Raises `StatementFailed` if the projection itself fails on one of the events."""
        parked: Sequence[Parked] = ()
        if streams := self._parked[name]:
            parked = [
                Parked(projection=name, position=event.position, stream=event.stream)
                for event in events
                if event.stream in streams
            ]
            events = [event for event in events if event.stream not in streams]
        return Batch(
            checkpoint=self._at[name],
            reached=reached,
            writes=self._writes(name, events),
            parked=parked,
        )

    def _writes(self, name: str, events: Iterable[Recorded]) -> list[Bound]:
        project = self._projections[name].project
        try:
            return [bound(*write) for event in events for write in project(event)]
        except MemoryError:
            raise
        except Exception as error:  # whatever else it is, it is about an event, which is parked
            raise StatementFailed(_code(error), name) from error

    def _apply(self, batches: Sequence[Batch]) -> None:
        marks = {reached: self._log.mark(reached) for reached in {b.reached for b in batches}}
        batches = [replace(batch, mark=marks[batch.reached]) for batch in batches]
        self._place.apply(batches)
        for batch in batches:
            name = batch.checkpoint.projection
            self._at[name] = replace(batch.checkpoint, position=batch.reached, mark=batch.mark)
            for parked in batch.parked:
                self._parked[name].add(parked.stream)
                if parked.reason:
                    _alarm(parked)


def of_another_log(events: Log, held: Iterable[Checkpoint]) -> set[str]:
    """The projections whose checkpoint stands at an event that this log does not hold there.

    The log was put back to an earlier state, or is another's.
    """
    at = [each for each in held if each.position]
    marks = {position: events.mark(position) for position in {each.position for each in at}}
    return {each.projection for each in at if each.mark != marks[each.position]}


def _code(error: Exception) -> str:
    """What may be told of an error: its text may quote what somebody wrote."""
    return type(error).__name__


def _alarm(parked: Parked) -> None:
    log.error(
        "event_parked",
        projection=parked.projection,
        stream=parked.stream,
        position=parked.position,
        reason=parked.reason,
    )


# ── The runner ────────────────────────────────────────────────────────────────────────────────────


class Projector:
    """Every projection of one store. Safe to share between threads.

    `clock` tells what time it is, for how long a projection is behind. Without `projections` it
    takes all that are `found()`.
    """

    def __init__(
        self,
        events: Log,
        models: ReadModels,
        projections: Iterable[Projection] | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.projections = found() if projections is None else checked(projections)
        self._log = events
        self._models = models
        self._clock = clock
        self._moved = Condition()
        self._running: Feed | None = None

    def run(self, stop: Event | None = None, *, once: bool = False) -> None:
        """Follow the log until `stop` is set (half a second later at most).

        With `once`, returns when every projection has reached the end of the log, whoever brought
        it there, and raises what went wrong. Otherwise nothing ends it: it waits while another
        runner is at work, and for a database that has gone.
        """
        stop = stop or Event()
        attempt = 0
        while not stop.is_set():
            began = time.monotonic()
            try:
                worked = self._work(stop, once=once, retrying=True)
                if once and self._caught_up(self._log.newest()):
                    return
            except Exception as error:  # whatever happened, the read models are still wanted
                if once:
                    raise
                attempt = 1 if time.monotonic() - began > PATIENCE_SECONDS[-1] else attempt + 1
                log.error("projections_interrupted", reason=_code(error), attempt=attempt)
                stop.wait(PATIENCE_SECONDS[min(attempt, len(PATIENCE_SECONDS)) - 1])
            else:
                if not worked:
                    stop.wait(0.1 if once else WAIT_SECONDS)

    def catch_up(self, seconds: float = 2.0) -> bool:
        """Bring the read models to the end of the log, before a question is asked of them.

        While another runner is at work, waits for it as long as `seconds`. False if they are
        still behind.
        """
        newest = self._log.newest()
        until = time.monotonic() + seconds
        while not self._caught_up(newest):
            if not self._work(Event(), once=True, retrying=False):
                return self.caught_up_to(newest, until - time.monotonic())
        return True

    def caught_up_to(
        self, position: int, seconds: float, names: Collection[str] | None = None
    ) -> bool:
        """Block until the read models (of these projections) show what is at a position.

        False if they do not within so many seconds.
        """
        until = time.monotonic() + seconds
        while not self._caught_up(position, names):
            remaining = until - time.monotonic()
            if remaining <= 0:
                return False
            with self._moved:
                self._moved.wait(min(POLL_SECONDS, remaining))
        return True

    def rebuild(self, *names: str) -> None:
        """Build the tables of these projections (of none: of all) anew, and replace them.

        Live tables are read and kept up to date meanwhile, here or in another process. Those that
        were replaced are kept: `restore` goes back. Raises `KeyError` for an unknown name and
        `Occupied`.
        """
        chosen = {name: self.projections[name] for name in names or self.projections}
        with self._models.beside() as place:
            if place is None:
                raise Occupied("Another rebuild is at work: try again when it is done.")
            building = Building(self._log, self._models, place, chosen)
            while building.step():
                pass

    def restore(self, name: str) -> bool:
        """Go back to the tables that the last rebuild replaced; False if there are none.

        They are then fed from where they stood. If they are of another version they are rebuilt
        by the next run, unless it is of the earlier release.
        """
        return self._models.restore(self.projections[name].name)

    # ── What is known of them ─────────────────────────────────────────────────────────────────────

    def status(self) -> list[Status]:
        """How each projection stands, by name."""
        newest = self._log.newest()
        held = self._models.checkpoints()
        foreign = of_another_log(self._log, held.values())
        parked = self._models.parked()
        lines = []
        waited: dict[int, float] = {}
        for name, projection in sorted(self.projections.items()):
            at = held.get(name)
            position = at.position if at and name not in foreign else 0
            if position not in waited:
                waited[position] = self._waited(position) if position < newest else 0.0
            lines.append(
                Status(
                    projection=name,
                    version=at.version if at else projection.version,
                    position=position,
                    behind=max(0, newest - position),
                    behind_seconds=waited[position],
                    parked=parked.get(name, 0),
                    of_another_log=name in foreign,
                )
            )
        return lines

    def digest(self, name: str | None = None) -> list[Digest]:
        """The digest of one projection's rows, or of every one's. Raises `KeyError`."""
        names = sorted(self.projections) if name is None else [name]
        return [self._models.digest(self.projections[each]) for each in names]

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────

    def _work(self, stop: Event, *, once: bool, retrying: bool) -> bool:
        """Run until `stop`, or `once` to the end of the log; False if that is another's work."""
        with self._models.writer() as place:
            if place is None:
                return False
            feed = Feed(self._log, place, self.projections)
            if retrying:
                feed.retry()
            self._running = feed
            try:
                while not stop.is_set():
                    if feed.step() or (feed.outdated and self._replace_outdated(feed, stop)):
                        self._announce()
                    elif once:
                        return not feed.outdated
                    else:
                        self._log.wait(max(feed.positions.values(), default=0), WAIT_SECONDS)
            finally:
                self._running = None
        return True

    def _replace_outdated(self, feed: Feed, stop: Event) -> bool:
        """Rebuild what another version of the code wrote; the others go on meanwhile.

        False while another rebuild is at work.
        """
        with self._models.beside() as place:
            if place is None:
                return False
            outdated = {name: self.projections[name] for name in feed.outdated}
            building = Building(self._log, self._models, place, outdated)
            while not stop.is_set() and building.step():
                while not stop.is_set() and feed.step():
                    self._announce()
        feed.load()
        return True

    def _announce(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _caught_up(self, position: int, names: Collection[str] | None = None) -> bool:
        positions = self._positions()
        wanted = self.projections if names is None else names
        return all(positions.get(name, -1) >= position for name in wanted)

    def _positions(self) -> dict[str, int]:
        """How far each projection has come, of those of the code's version and of this log."""
        if feed := self._running:
            return feed.positions
        checkpoints = self._models.checkpoints()
        foreign = of_another_log(self._log, checkpoints.values())
        return {
            name: held.position
            for name, held in checkpoints.items()
            if name not in foreign
            and name in self.projections
            and held.version == self.projections[name].version
        }

    def _waited(self, position: int) -> float:
        """For how many seconds the event after a position has been in the log."""
        while True:
            try:
                page = self._log.since(position, 1)
            except Unreadable as error:
                position = error.position or position + 1
                continue
            if not page:
                return 0.0
            return max(0.0, (self._clock() - page[0].event.recorded_at).total_seconds())


class Building:
    """A rebuild at work: a step is a page, the last one puts the tables in their place."""

    def __init__(
        self, events: Log, models: ReadModels, place: Place, projections: Mapping[str, Projection]
    ) -> None:
        self._models = models
        self._names = sorted(projections)
        self._feed = Feed(events, place, projections)

    def step(self) -> bool:
        """False when the rebuild is done."""
        if self._feed.step():
            return True
        self._models.replace(self._names, self._finish)
        return False

    def _finish(self, live: Mapping[str, Checkpoint]) -> None:
        """Come as far as the live tables are, so that a reader never goes back in time."""
        wanted = max(
            (held.position for name, held in live.items() if name in self._names), default=0
        )
        while min(self._feed.positions.values()) < wanted and self._feed.step():
            pass
