"""Has a feed fallen silent, is nobody taking in what it sends, or is some of it set aside?

Said in the log, once.

The process that serves the pages looks: it is there while people work, and knows what they see.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from adapters import event_store, read_models
from projections import agencies, quarantine
from services import feeds
from services.assemble import Parts
from services.logs import log

LOOK_SECONDS = 60.0
BEHIND_SECONDS, GRACE_SECONDS = 0.5, 1.0

EVENTS: dict[feeds.State, str] = {"silent": "feed_silent", "behind": "feed_behind"}


class Watch:
    """Knows what it has said. For one thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._said: set[tuple[object, ...]] = set()
        self._aside = 0

    def look(self) -> None:
        """Write a line for each feed that has begun to need somebody since the last look.

        So too for each agency and reason for which more was set aside, or lost, since then.
        """
        parts = self._parts
        if not parts.projector.caught_up_to(parts.store.newest(), BEHIND_SECONDS):
            return  # what came may not be shown yet
        parts.kafka_lag.of([each.agency_id for each in agencies.registered(parts.query)])
        now: set[tuple[object, ...]] = set()
        for row in feeds.alarms(parts, parts.now()):
            line = row.line
            alarm = (line.state, line.agency, line.transport, line.silent_since)
            now.add(alarm)
            if alarm not in self._said:
                log.warning(EVENTS[line.state], agency=line.agency, since=_since(row))
        self._said = now
        held = quarantine.held(parts.query)
        for each in held:
            if each.position > self._aside:
                log.warning(
                    "messages_set_aside",
                    agency=each.agency,
                    channel=each.transport,
                    reason_code=each.reason_code,
                    count=each.messages,
                    since=each.since.isoformat(),
                )
        self._aside = max([self._aside, *(each.position for each in held)])

    def run(self, stop: threading.Event) -> None:
        """Look again and again until `stop` is set; while a database is away there is no news."""
        while not stop.is_set():
            try:
                self.look()
            except (event_store.Unavailable, read_models.Unavailable) as error:
                log.warning("feeds_not_known", reason=type(error).__name__)
            stop.wait(LOOK_SECONDS)


def _since(row: feeds.Row) -> str | None:
    at: datetime | None = row.line.silent_since if row.line.state == "silent" else row.waits_since
    return at.isoformat() if at else None


@contextmanager
def feeds_watched(parts: Parts) -> Iterator[None]:
    """In a thread of this process until the block ends, or `parts.ending` is set."""
    thread = threading.Thread(target=Watch(parts).run, args=(parts.ending,), name="feeds")
    thread.start()
    try:
        yield
    finally:
        parts.ending.set()
        thread.join(GRACE_SECONDS)
