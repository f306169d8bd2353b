"""How do the read models follow the log?

One runner for every projection (see `services.feed` for how a page is taken). Only one works at a
time, whoever starts it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from threading import Condition, Event

from msgspec import Struct

from adapters.event_store import Unreadable
from adapters.read_models import (
    Checkpoint,
    Digest,
    Place,
    ReadModels,
)
from projections.base import Projection
from services.ahead import Ahead, possible
from services.feed import Feed, Log, of_another_log
from services.found import checked, found
from services.logs import log

WAIT_SECONDS = 0.1
"""How long the runner waits for news before it looks whether it should stop."""

POLL_SECONDS = 0.02
"""How often one process looks how far the runner of another has come."""

PATIENCE_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""How long the runner waits before it tries again when a database has gone; the last for ever."""


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
        # A second process finds the projections that are `found()`, and no others.
        own = projections is None
        self.ahead: Callable[[], Ahead] | None = (
            partial(Ahead, events.address) if own and possible() else None
        )
        self._moved = Condition()
        self._running: Feed | None = None

    def run(self, stop: Event | None = None, *, once: bool = False) -> None:
        """Follow the log until `stop` is set.

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
                log.error("projections_interrupted", reason=type(error).__name__, attempt=attempt)
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
            building = Building(self._log, self._models, place, chosen, self.ahead)
            with closing(building):
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
            feed = Feed(self._log, place, self.projections, ahead=self.ahead)
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
                feed.close()
        return True

    def _replace_outdated(self, feed: Feed, stop: Event) -> bool:
        """Rebuild what another version of the code wrote; the others go on meanwhile.

        False while another rebuild is at work.
        """
        with self._models.beside() as place:
            if place is None:
                return False
            outdated = {name: self.projections[name] for name in feed.outdated}
            building = Building(self._log, self._models, place, outdated, self.ahead)
            with closing(building):
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
        self,
        events: Log,
        models: ReadModels,
        place: Place,
        projections: Mapping[str, Projection],
        ahead: Callable[[], Ahead] | None,
    ) -> None:
        self._models = models
        self._names = sorted(projections)
        self._feed = Feed(events, place, projections, ahead=ahead)
        self.close = self._feed.close

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
