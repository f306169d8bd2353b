"""How are the parts of a running system joined: keys, log, read models, runner, gate?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from adapters.access_log import open_access_log
from adapters.event_store import EventStore
from adapters.read_models import ReadModels
from adapters.vault import Vault
from projections.base import Query
from services import own_keys
from services.access import Gate
from services.lag import KafkaLag
from services.project import Projector
from services.settings import Settings


def now() -> datetime:
    """The machine's clock, the only one there is."""
    return datetime.now(UTC)


class Parts:
    """Everything that a page, a resource or a question works with.

    `ending` is set when the process is told to end, so that whatever waits can stop waiting.
    """

    def __init__(
        self,
        settings: Settings,
        store: EventStore,
        models: ReadModels,
        gate: Gate,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.store = store
        self.models = models
        self.gate = gate
        self.now = clock
        self.projector = Projector(store, models)
        self.kafka_lag = KafkaLag(store)
        self.ending = threading.Event()

    @property
    def query(self) -> Query:
        return self.models.query


@contextmanager
def event_store(settings: Settings, *, durable: bool = True) -> Iterator[EventStore]:
    """The log alone, with its keys: all that intake needs. Raises `own_keys.OtherKeys`.

    `durable`: see `EventStore.open`; False only for a store that is being made.
    """
    own_keys.look_for_keys(settings.store, settings.keys)
    with ExitStack() as stack:
        vault = Vault.open(settings.keys, durable=durable)
        stack.callback(vault.close)
        store = EventStore.open(settings.store, vault, durable=durable)
        stack.callback(store.close)
        own_keys.check(store, settings.keys)
        yield store


@contextmanager
def all_parts(settings: Settings, clock: Callable[[], datetime] = now) -> Iterator[Parts]:
    """The whole, closed again at the end. Raises what its parts raise when they do not open."""
    with ExitStack() as stack:
        store = stack.enter_context(event_store(settings))
        models = ReadModels.open(settings.store)
        stack.callback(models.close)
        log = open_access_log(settings.store)
        stack.callback(log.close)
        yield Parts(settings, store, models, Gate(log, clock), clock)
