"""How are the parts of a running system joined: keys, log, read models, gate?"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from adapters.event_store import EventStore
from adapters.vault import Vault
from services.settings import Settings


@contextmanager
def event_store(settings: Settings) -> Iterator[EventStore]:
    """The log alone, with its keys: all that intake needs."""
    with ExitStack() as stack:
        vault = Vault.open(settings.keys)
        stack.callback(vault.close)
        store = EventStore.open(settings.store, vault)
        stack.callback(store.close)
        yield store
