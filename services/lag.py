"""What waits on Kafka for each agency's messages to be stored? Asked again now and then.

Nobody waits long for it: while the broker is away, or slow, it is not known, and that is said.
"""

import time
from collections.abc import Collection, Mapping
from datetime import datetime
from threading import Lock, Thread

from msgspec import Struct

from adapters.event_store import EventStore
from services.kafka_access import access_to, is_known

PATIENCE_SECONDS = 1.0
KEPT_SECONDS = 5.0
"""How long an answer, or that there is none, stands."""

LAST_SECONDS = 300.0
"""How long the last answer is worth something to whoever does not ask."""

SLOW = "Kafka has not answered within a second"
AWAY = "Kafka cannot be reached, or does not let us in"
CLOSED = "Kafka does not let us see the agencies' topics"


class Lag(Struct, frozen=True, kw_only=True):
    """`records` that wait, the oldest since then where that is known."""

    records: int = 0
    oldest_at: datetime | None = None


class Known(Struct, frozen=True, kw_only=True):
    """By agency, of those that have topics. `unknown`: why it is not known now, else empty."""

    lags: Mapping[str, Lag] = {}
    unknown: str = ""


class KafkaLag:
    """Safe to share between threads. `address`: of the brokers, else the environment's."""

    def __init__(self, store: EventStore, address: str | None = None) -> None:
        self._store = store
        self._address = address
        self._lock = Lock()
        self._asking: Thread | None = None
        self._known = Known()
        self._until = 0.0

    def of(self, agencies: Collection[str]) -> Known:
        """What waits for each of these; nothing, and no remark, where there is no Kafka."""
        if not is_known(self._address):
            return Known()
        with self._lock:
            if time.monotonic() < self._until:
                return self._known
            if self._asking is None or not self._asking.is_alive():
                # Read here: a thread that outlives a slow broker must not need the store.
                stored = self._store.all_tracked("kafka|")
                # Not waited for at the end of the process either.
                self._asking = Thread(target=self._ask, args=(tuple(agencies), stored), daemon=True)
                self._asking.start()
            asking = self._asking
        asking.join(PATIENCE_SECONDS)
        return Known(unknown=SLOW) if asking.is_alive() else self._known

    def last(self) -> Known:
        """What was known when somebody asked last, unless that is long ago. Asks nobody."""
        old = time.monotonic() > self._until + LAST_SECONDS
        return Known() if old else self._known

    def _ask(self, agencies: Collection[str], stored: Mapping[str, int]) -> None:
        from adapters.transports.kafka import NotAllowed, NotReachable

        self._known = Known(unknown=AWAY)
        try:
            known = Known(lags=self._lags(agencies, stored))
        except NotReachable:
            known = Known(unknown=AWAY)
        except NotAllowed:
            known = Known(unknown=CLOSED)
        self._known, self._until = known, time.monotonic() + KEPT_SECONDS

    def _lags(self, agencies: Collection[str], stored: Mapping[str, int]) -> dict[str, Lag]:
        from adapters.translation import formats
        from adapters.transports.kafka_lag import waiting
        from adapters.transports.kafka_rights import incoming

        access = access_to(self._address)
        assert access is not None  # noqa: S101 - asked before
        whose = {topic: agency for agency in agencies for topic in incoming(agency, formats())}
        lags: dict[str, Lag] = {}
        for topic, found in waiting(access, whose, stored, PATIENCE_SECONDS).items():
            so_far = lags.get(whose[topic], Lag())
            lags[whose[topic]] = Lag(
                records=so_far.records + found.records,
                oldest_at=min(filter(None, (so_far.oldest_at, found.oldest_at)), default=None),
            )
        return lags
