"""How does one place of read models come along the log?

A page of the log is read once, each projection turns the events it asked for into statements, and
the rows of a page are stored in one transaction with the checkpoint.

An event that a projection cannot take parks its stream for that projection: later events of that
stream wait behind it, all others flow, an alarm is raised and `status` says how many are missing.
Each start tries the parked events again, in their order. They are then taken later than those of
other streams were: rows that depend on the order between streams want a rebuild.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from adapters.event_store import Missing, Page, Unreadable
from adapters.read_models import (
    Batch,
    Bound,
    Checkpoint,
    Overtaken,
    Parked,
    Place,
    StatementFailed,
)
from domain.kernel import Recorded, stored_name
from projections.base import Projection
from services.ahead import WORTH_EVENTS, Ahead, Prepared
from services.found import asked_for, statements
from services.logs import log

PAGE = 2000
"""Events read at once, and stored in one transaction."""


class Log(Protocol):
    """What is read of the event store; see `adapters.event_store.EventStore`."""

    @property
    def address(self) -> str: ...

    def since(self, position: int, limit: int, *, names: Collection[str] | None = None) -> Page: ...

    def newest(self) -> int: ...

    def missing(self, after: int, up_to: int) -> list[int]: ...

    def mark(self, position: int) -> str: ...

    def wait(self, position: int, seconds: float) -> bool: ...


class Stretch(NamedTuple):
    """Events of the log, and the position up to which nothing wanted is missing from them.

    `unreadable` is the one that stands at that position and cannot be read.
    """

    events: Sequence[Recorded]
    reached: int
    unreadable: Unreadable | None = None


class Feed:
    """Brings the projections of one place along the log, a page at a time."""

    def __init__(
        self,
        events: Log,
        place: Place,
        projections: Mapping[str, Projection],
        *,
        ahead: Callable[[], Ahead] | None = None,
    ) -> None:
        """`ahead` starts a second process, should there be much to catch up with."""
        self._log = events
        self._place = place
        self._projections = projections
        self._start_ahead = ahead
        self._ahead: Ahead | None = None
        self._told: set[str] = set()
        self.load()

    def load(self) -> None:
        """Look where the projections stand; those that never ran start before the first event."""
        held = self._place.checkpoints()
        for name, projection in self._projections.items():
            if name not in held:
                self._place.create(projection)
        held = self._place.checkpoints()
        foreign = of_another_log(self._log, held.values())
        for name in sorted(foreign & self._projections.keys() - self._told):
            log.warning("rows_of_another_log", projection=name, position=held[name].position)
        self._told = foreign  # one that is built again and is foreign once more is told once more
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
            if ahead is None:
                if self._take_prepared(position, group):
                    return True
                self._open_ahead(position)
            stretch = self._read(position, ahead, group)
            if stretch.reached > position:
                if ahead is None:
                    self._let_work_ahead(stretch.reached, group)
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

    def close(self) -> None:
        """End the second process, if there is one."""
        if self._ahead:
            self._ahead.close()
        self._ahead = None

    # ── With a second process ─────────────────────────────────────────────────────────────────────

    def _open_ahead(self, position: int) -> None:
        """Start a second process if that saves time."""
        if self._start_ahead and not self._ahead:
            if self._log.newest() - position < WORTH_EVENTS:
                return
            try:
                self._ahead = self._start_ahead()
            except OSError as error:
                self._work_alone(error)

    def _let_work_ahead(self, position: int, group: Sequence[str]) -> None:
        """Have the pages after this position worked out elsewhere."""
        if self._ahead:
            try:
                self._ahead.start(position, group, PAGE)
            except (EOFError, OSError) as error:
                self._work_alone(error)

    def _take_prepared(self, position: int, group: Sequence[str]) -> bool:
        """Store a page that was worked out elsewhere; False if there is none that can be used."""
        if not self._ahead:
            return False
        try:
            page = None if self._parks(group) else self._ahead.page(position, group)
            if page is None or self._log.missing(position, page.reached):
                return False
            self._apply([self._prepared_batch(name, page) for name in group])
        except Overtaken:
            self.load()
        except (EOFError, OSError, StatementFailed) as error:
            self._work_alone(error)
            return False
        return True

    def _work_alone(self, error: Exception) -> None:
        """From here on each page is worked out here: it is the end of the log, or a fault."""
        if not isinstance(error, EOFError):
            log.warning("working_alone", reason=_code(error))
        self._start_ahead = None
        self.close()

    def _parks(self, group: Sequence[str]) -> bool:
        return any(self._parked[name] for name in group)

    def _prepared_batch(self, name: str, page: Prepared) -> Batch:
        return Batch(checkpoint=self._at[name], reached=page.reached, writes=page.writes[name])

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
        if unreadable:
            self._take_unreadable(group, reached, unreadable)
            return
        wanted = asked_for({name: self._projections[name] for name in group}, events)
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
        try:
            return statements(self._projections[name], events)
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
