"""Does a second process work out the very same rows, and does nothing depend on it but time?"""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.event_store import Append, EventStore
from adapters.read_models import ReadModels
from adapters.vault import KeysUnavailable, Vault
from domain.kernel import stream_of
from services.ahead import PATIENCE_SECONDS, WORTH_EVENTS, Ahead, possible
from services.feed import PAGE
from services.found import found, statements
from services.project import Projector
from tests import examples as e
from tests.lives import LIFE, lives

LONG = WORTH_EVENTS + 2 * PAGE
ALONE = pytest.mark.skipif(not possible(), reason="there is one processor: nobody works ahead")


@pytest.fixture
def store(address: str, tmp_path: Path) -> Iterator[EventStore]:
    """A log that is worth a second process."""
    with (
        closing(Vault.open(tmp_path / "keys", durable=False)) as vault,
        closing(EventStore.open(address, vault, durable=False)) as opened,
    ):
        appends = [append for life in lives(LONG) for append in life]
        for first in range(0, len(appends), 500):
            opened.append(appends[first : first + 500])
        yield opened


@pytest.fixture
def ahead(store: EventStore) -> Iterator[Ahead]:
    with closing(Ahead(store.address)) as started:
        yield started


def begun(ahead: Ahead, position: int, *names: str, page: int = PAGE) -> None:
    assert ahead.is_there(PATIENCE_SECONDS)
    ahead.start(position, names, page)


@ALONE
def test_the_rows_are_the_same_as_of_one_process(store: EventStore, address: str) -> None:
    with closing(ReadModels.open(address)) as models:
        alone = Projector(store, models, found().values())
        alone.run(once=True)
        rows = alone.digest()

        def in_time() -> Ahead:
            started = Ahead(store.address)
            assert started.is_there(PATIENCE_SECONDS)
            return started

        both = Projector(store, models)
        both.ahead = in_time
        with capture_logs() as logged:
            both.rebuild()
        (pages,) = [line["pages"] for line in logged if line["event"] == "worked_ahead"]
        assert pages > 1
        assert Projector(store, models).digest() == rows


def test_what_is_prepared_is_what_the_projections_say(store: EventStore, ahead: Ahead) -> None:
    inbox = found()["inbox"]
    begun(ahead, 100, "inbox")
    page = ahead.page(100, ["inbox"])
    events = [each for each in store.since(100, LONG) if isinstance(each.event, inbox.events)]
    assert page
    assert page.writes == {"inbox": statements(inbox, events[:PAGE])}
    assert page.reached == events[PAGE - 1].position


def test_a_page_that_was_not_asked_for_is_not_taken(ahead: Ahead) -> None:
    begun(ahead, 0, "inbox")
    with pytest.raises(EOFError):
        ahead.page(7, ["inbox"])


def test_at_the_end_of_the_log_it_says_so(store: EventStore, ahead: Ahead) -> None:
    begun(ahead, store.newest() - 16, "inbox", "people")
    assert ahead.page(store.newest() - 16, ["inbox", "people"])
    with pytest.raises((EOFError, OSError)):
        ahead.page(store.newest(), ["inbox", "people"])


@ALONE
def test_a_second_process_that_dies_costs_nothing_but_time(store: EventStore, address: str) -> None:
    with closing(ReadModels.open(address)) as models:
        whole = Projector(store, models)
        whole.run(once=True)
        rows = whole.digest()
        started: list[Ahead] = []

        def short_lived() -> Ahead:
            started.append(Ahead(store.address))
            os.kill(started[0].process_id, signal.SIGKILL)
            return started[0]

        whole.ahead = short_lived
        whole.rebuild()
        assert len(started) == 1
        assert whole.digest() == rows


@ALONE
def test_what_comes_while_two_work_is_not_missed(store: EventStore, address: str) -> None:
    with closing(ReadModels.open(address)) as models:
        projector = Projector(store, models)

        def with_news() -> Ahead:
            news = e.agency_registered(agency_id="late")
            store.append([Append(stream_of(news), 0, [news])])
            return Ahead(store.address)

        projector.ahead = with_news
        projector.run(once=True)
        assert {line.position for line in projector.status()} == {store.newest()}
        assert store.newest() == LONG // len(LIFE) * len(LIFE) + 1


def test_a_short_log_is_worked_out_by_one(address: str, tmp_path: Path) -> None:
    with (
        closing(Vault.open(tmp_path / "keys")) as vault,
        closing(EventStore.open(address, vault)) as store,
        closing(ReadModels.open(address)) as models,
        capture_logs() as logged,
    ):
        for life in lives(160):
            store.append(life)
        Projector(store, models).run(once=True)
    assert not [line for line in logged if line["event"] == "worked_ahead"]


def test_without_keys_only_what_is_clear_is_read(store: EventStore) -> None:
    with closing(EventStore.without_keys(store.address)) as keyless:
        assert keyless.since(0, 50) == store.since(0, 50)
        with pytest.raises(KeysUnavailable):
            keyless.since(0, 50, opened=True)
