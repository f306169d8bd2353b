"""What waits on Kafka for each agency's messages to be stored? Asked again now and then.

Nobody waits long for it: while the broker is away, or slow, it is not known, and that is said.
"""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from threading import Lock, Thread
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.event_store import EventStore
from services.kafka_access import access_to, is_known

if TYPE_CHECKING:  # a process that has no Kafka does not wait for its client
    from adapters.transports import kafka_lag

PATIENCE_SECONDS = 1.0
KEPT_SECONDS = 5.0
"""How long an answer, or that there is none, stands."""

LAST_SECONDS = 300.0
"""How long the last answer is worth something to whoever does not ask."""

SLOW = (
    "Kafka has not answered in time; if that goes on, check its address, the user and the password"
)
AWAY = (
    "Kafka cannot be reached, or does not let us in; check its address, the user and the password"
)
CLOSED = "Kafka does not let us see the agencies' topics"
NONE = "Kafka shows us none of the agencies' topics"


class Lag(Struct, frozen=True, kw_only=True):
    """`records` that wait, the oldest since then where that is known."""

    records: int = 0
    oldest_at: datetime | None = None


class Known(Struct, frozen=True, kw_only=True):
    """By agency, of those that have topics. `unknown`: why it is not known now, else empty."""

    lags: Mapping[str, Lag] = {}
    unknown: str = ""


class KafkaLag:
    """Safe to share between threads. `address`: of the brokers, else the environment's.

    `patience`: seconds that nobody waits longer than.
    """

    def __init__(
        self, store: EventStore, address: str | None = None, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._store = store
        self._address = address
        self._patience = patience
        self._lock = Lock()
        self._asking: Thread | None = None
        self._known = Known()
        self._until = 0.0

    def of(self, agencies: Collection[str]) -> Known:
        """What waits for each of these; nothing, and no remark, where there is no Kafka."""
        if not agencies or not is_known(self._address):
            return Known()
        with self._lock:
            if time.monotonic() < self._until:
                return self._known
            if self._asking is None or not self._asking.is_alive():
                self._asking = self._begun(agencies)
            asking = self._asking
        asking.join(self._patience)
        return Known(unknown=SLOW) if asking.is_alive() else self._known

    def last(self) -> Known:
        """What was known when somebody asked last, unless that is long ago. Asks nobody."""
        old = time.monotonic() > self._until + LAST_SECONDS
        return Known() if old else self._known

    def _begun(self, agencies: Collection[str]) -> Thread:
        """What outlives a slow broker needs neither the store nor an import: they are done here."""
        from adapters.translation import formats
        from adapters.transports import kafka_lag
        from adapters.transports.kafka_rights import incoming

        access = access_to(self._address)
        stored = self._store.all_tracked(kafka_lag.NAMED)
        whose = {topic: agency for agency in agencies for topic in incoming(agency, formats())}

        def found() -> dict[str, Lag]:
            assert access is not None  # noqa: S101 - asked before
            return _by_agency(whose, kafka_lag.waiting(access, whose, stored, self._patience))

        # The end of the process does not wait for it.
        asking = Thread(target=self._ask, args=(found,), daemon=True)
        asking.start()
        return asking

    def _ask(self, found: Callable[[], dict[str, Lag]]) -> None:
        from adapters.transports.kafka import NotAllowed, NotReachable

        known = Known(unknown=AWAY)
        try:
            with suppress(NotReachable):
                lags = found()
                known = Known(lags=lags, unknown="" if lags else NONE)
        except NotAllowed:
            known = Known(unknown=CLOSED)
        finally:
            self._known, self._until = known, time.monotonic() + KEPT_SECONDS


def _by_agency(
    whose: Mapping[str, str], found: Mapping[str, "kafka_lag.Waiting"]
) -> dict[str, Lag]:
    lags: dict[str, Lag] = {}
    for topic, waiting in found.items():
        so_far = lags.get(whose[topic], Lag())
        lags[whose[topic]] = Lag(
            records=so_far.records + waiting.records,
            oldest_at=min(filter(None, (so_far.oldest_at, waiting.oldest_at)), default=None),
        )
    return lags
