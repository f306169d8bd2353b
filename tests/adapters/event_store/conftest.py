"""A store on each kind of database, with the small events of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.event_store import EventStore
from adapters.vault import Vault
from tests.adapters.event_store.notes import CATALOGUE


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def vault(keys: Path) -> Iterator[Vault]:
    opened = Vault.open(keys)
    yield opened
    opened.close()


@pytest.fixture
def store(address: str, vault: Vault) -> Iterator[EventStore]:
    opened = EventStore.open(address, vault, catalogue=CATALOGUE)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path, vault: Vault) -> Iterator[EventStore]:
    opened = EventStore.open(tmp_path / "store", vault, catalogue=CATALOGUE)
    yield opened
    opened.close()
