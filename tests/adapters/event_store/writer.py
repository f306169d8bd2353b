"""A process of its own that opens a store and writes to it as fast as it can.

Arguments: the store's address, the keys' folder, a name, how many appends. Begins when it is told
to (a line on its standard input), prints how many events it stored.
"""

import sys
from contextlib import suppress

from adapters.event_store import Append, Conflict, EventStore
from adapters.vault import Vault
from tests.adapters.event_store.notes import CATALOGUE, closed, written


def main(address: str, keys: str, name: str, appends: int) -> int:
    sys.stdin.readline()
    stored = 0
    store = EventStore.open(address, Vault.open(keys), catalogue=CATALOGUE)
    for n in range(appends):
        note = f"note-{name}-{n}"
        events = [written(note, child_id=f"child-{name}"), *[closed(note)] * (n % 3)]
        store.append([Append(note, 0, events)])
        stored += len(events)
        # All writers fight for this one; who loses must leave no trace, not even a gap.
        with suppress(Conflict):
            store.append([Append("note-0", n, [closed("note-0")])], {f"fight:{n}": name})
            stored += 1
    store.close()
    return stored


if __name__ == "__main__":
    _, address, keys, name, appends = sys.argv
    print(main(address, keys, name, int(appends)))  # noqa: T201
