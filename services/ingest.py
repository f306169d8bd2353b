"""How does what comes by a transport reach the log, and when is it acknowledged?

Stored first, then acknowledged: what is not acknowledged comes again and is known again. While the
store is away nothing is acknowledged: what lies in a folder waits, whoever waits for an answer is
told to send it again.
"""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, islice, repeat
from threading import Event
from typing import Any, cast

from msgspec.structs import asdict

from adapters.event_store import EventStore, Unavailable
from adapters.transports.delivery import Delivery, Inlet, Left
from adapters.vault import KeysUnavailable
from services.intake import Busy, Intake, Receipt
from services.logs import log
from services.received import Channel

PATIENCE_SECONDS = (0.5, 1.0, 2.0, 5.0)
"""How long nothing is taken when the store has gone; the last for ever."""

ENDING_SECONDS = 0.5
"""How long a file with many rows is gone on with when we are told to end."""

AWAY = (Unavailable, KeysUnavailable, Busy)


class Taken(Receipt, frozen=True, kw_only=True):
    """The intake line, and by which way the message came."""

    transport: str


class Ingest:
    """Takes in what an inlet hands over, until it is stopped. For one thread."""

    def __init__(
        self,
        store: EventStore,
        inlet: Inlet,
        say: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`say`: takes a sentence for the operator."""
        self._store = store
        self._intake = Intake(store, clock)
        self._inlet = inlet
        self._say = say
        self._away = False

    def lines(self, stop: Event, *, once: bool = False) -> Iterator[Taken]:
        """What became of each message, or of each row of it, as soon as that is durable.

        With `once`, until all is stored that was there; then a store that is away is raised as
        `Unavailable`, and is waited for otherwise.
        """
        self._store.until(stop.is_set)
        said: set[Left] = set()
        found: Any = self._inlet.deliveries(stop, once=once)
        with closing(found):
            for each in found:
                if not isinstance(each, Left):
                    yield from self._take(each, stop, once=once)
                elif each not in said:
                    said.add(each)
                    self._say(f"{each.source}: {each.reason}.")
                    log.warning("delivery_left", channel=self._inlet.transport)

    def _take(self, delivery: Delivery, stop: Event, *, once: bool) -> Iterator[Taken]:
        receipts: list[Receipt] = []
        for seconds in chain(PATIENCE_SECONDS, repeat(PATIENCE_SECONDS[-1])):
            try:
                if not (yield from self._receipts(delivery, receipts, stop)):
                    return
                break
            except AWAY:
                if not stop.is_set():
                    self._gone()
                if not delivery.patient:
                    delivery.not_stored()
                    return
                if stop.is_set():
                    return
                if once:
                    raise
                if stop.wait(seconds):
                    return
        if self._away:
            self._away = False
            self._say("The store is back.")
        if receipts[0].result == "refused":
            delivery.refused(receipts[0])
            self._told_refused(delivery, receipts[0])
        else:
            delivery.stored(receipts)

    def _told_refused(self, delivery: Delivery, receipt: Receipt) -> None:
        """A folder's file has no sender who hears of it: a concern may lie there unseen."""
        if delivery.patient:
            self._say(f"{delivery.source}: it was refused and is kept apart: {receipt.reason}")
            log.error("delivery_refused", channel=self._inlet.transport, message=receipt.message)

    def _receipts(
        self, delivery: Delivery, receipts: list[Receipt], stop: Event
    ) -> Generator[Taken, None, bool]:
        """Adds those that are not there yet; whether these are all."""
        until = None
        taking = self._intake.take(
            delivery.sent,
            source=delivery.source,
            channel=cast(Channel, self._inlet.transport),
            to_sender=True,
        )
        for receipt in islice(taking, len(receipts), None):
            receipts.append(receipt)
            yield Taken(**asdict(receipt), transport=self._inlet.transport)
            if stop.is_set():
                until = until or time.monotonic() + ENDING_SECONDS
                if delivery.patient and time.monotonic() > until:
                    return False
        return True

    def _gone(self) -> None:
        if not self._away:
            self._away = True
            self._say("The store cannot be reached: nothing is acknowledged until it is back.")
