"""given(projection, *events): what a projection makes of a log, in a real database.

The rows are written by the statements of the projection alone, one event after another, as the
runner writes them; the readers are asked through `view.query`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, Self, TypeVar
from weakref import finalize

from msgspec.structs import replace

from adapters.read_models import Session
from adapters.read_models.sqlite import SQLiteSession
from domain.kernel import Event, Recorded, stream_of
from projections.base import Projection
from services.found import statements
from tests.examples import MONDAY_9AM

E = TypeVar("E", bound=Event)

SEALED = "sealed at {}"
"""What stands in the place of the ciphertext: told apart by its position."""


def day(days: float) -> datetime:
    """So many days after 9 in the morning of Monday 5 January 2026."""
    return MONDAY_9AM + timedelta(days=days)


def on(days: float, event: E, *, recorded: float | None = None) -> E:
    """The event as it happened on that `day`, and was recorded then or later."""
    then = day(days)
    written = then if recorded is None else day(recorded)
    return replace(event, happened_at=then, received_at=then, recorded_at=written)


class View:
    """The tables of one projection, from the first event on."""

    def __init__(self, session: Session, projection: Projection) -> None:
        self.session, self.projection = session, projection
        self.position = 0
        self._versions: dict[str, int] = {}
        session.create(projection.schema)

    def given(self, *events: Event, index: tuple[str, ...] = ()) -> Self:
        """Take these too. `index`: the blind-index tokens of each."""
        for event in events:
            self._last = self.recorded(event, index)
            self._take()
        return self

    def again(self) -> None:
        """Take the last event a second time, as a runner does that was stopped at its worst."""
        self._take()

    def _take(self) -> None:
        # A projection that did not ask for it is not given it.
        if isinstance(self._last.event, self.projection.events):
            self.session.write(statements(self.projection, [self._last]))

    def query(self, sql: str, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return self.session.rows(sql, values)

    @property
    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, in the order of its key."""
        found = {}
        with self.session.transaction():
            for table, key in self.projection.tables.items():
                _, ordered = self.session.ordered(table, key)
                found[table] = [tuple(row) for row in ordered]
        return found

    def recorded(self, event: Event, index: tuple[str, ...] = ()) -> Recorded:
        """The event at the next place in the log."""
        self.position += 1
        stream = stream_of(event)
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        sealed = SEALED.format(self.position).encode()
        return Recorded(self.position, stream, version, event, sealed, index)


class Given(Protocol):
    """A view of its own, given these events."""

    def __call__(self, projection: Projection, *events: Event) -> View: ...


def given_in_a_file(projection: Projection, *events: Event) -> View:
    """Without a fixture, for a test that makes many. The file is gone when the view is."""
    folder = TemporaryDirectory()
    file = Path(folder.name) / "view.sqlite"
    file.touch()
    session = SQLiteSession(file, "synchronous = off", "journal_mode = memory")
    view = View(session, projection).given(*events)
    finalize(view, folder.cleanup)
    return view
