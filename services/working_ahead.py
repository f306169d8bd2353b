"""The second process of `services.ahead`: reads the log, and hands over what is to be written.

python -m services.working_ahead DESCRIPTOR
"""

import gc
import marshal
import os
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from queue import Queue
from threading import Thread

import msgspec

from adapters.event_store import EventStore
from domain.kernel import stored_name
from services.ahead import Asked, Prepared
from services.found import asked_for, found, statements

MOST_WAITING = 2
"""Pages that are worked out before the runner has stored those before them."""


def prepared(store: EventStore, asked: Asked) -> Iterator[Prepared]:
    """Page after page, until the end of the log. Raises what the log and the projections raise."""
    projections = {name: projection for name, projection in found().items() if name in asked.names}
    names = {stored_name(kind) for each in projections.values() for kind in each.events}
    position = asked.position
    while page := store.since(position, asked.page, names=names):
        wanted = asked_for(projections, page)
        writes = {name: statements(projections[name], events) for name, events in wanted.items()}
        yield Prepared(position, page.reached, writes)
        position = page.reached


def main(descriptor: int) -> None:
    with Connection(descriptor) as pipe:
        store = EventStore.without_keys(pipe.recv_bytes().decode())
        pipe.send_bytes(b"ready")
        asked = msgspec.json.decode(pipe.recv_bytes(), type=Asked)
        gc.disable()  # a page is many small objects, none of them in a circle
        # Handed over by a thread, which waits for the runner while the next page is worked out.
        pages: Queue[bytes | None] = Queue(maxsize=MOST_WAITING)
        sending = Thread(target=_send, args=(pipe, pages), daemon=True)
        sending.start()
        for page in prepared(store, asked):
            pages.put(marshal.dumps((page.position, page.reached, page.writes)))
        pages.put(None)
        sending.join()


def _send(pipe: Connection, pages: "Queue[bytes | None]") -> None:
    while page := pages.get():
        try:
            pipe.send_bytes(page)
        except OSError:  # the runner wants no more
            os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
