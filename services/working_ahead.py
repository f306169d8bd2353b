"""The second process of `services.ahead`: reads the log, and hands over what is to be written.

python -m services.working_ahead DESCRIPTOR
"""

import marshal
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection

import msgspec

from adapters.event_store import EventStore
from domain.kernel import stored_name
from services.ahead import Asked, Prepared
from services.found import found, statements


def prepared(store: EventStore, asked: Asked) -> Iterator[Prepared]:
    """Page after page, until the end of the log. Raises what the log and the projections raise."""
    projections = {name: projection for name, projection in found().items() if name in asked.names}
    names = {stored_name(kind) for each in projections.values() for kind in each.events}
    position = asked.position
    while page := store.since(position, asked.page, names=names):
        writes = {
            name: statements(each, [r for r in page if isinstance(r.event, each.events)])
            for name, each in projections.items()
        }
        yield Prepared(position, page.reached, writes)
        position = page.reached


def main(descriptor: int) -> None:
    with Connection(descriptor) as pipe:
        store = EventStore.without_keys(pipe.recv_bytes().decode())
        pipe.send_bytes(b"ready")
        asked = msgspec.json.decode(pipe.recv_bytes(), type=Asked)
        for page in prepared(store, asked):
            pipe.send_bytes(marshal.dumps((page.position, page.reached, page.writes)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
