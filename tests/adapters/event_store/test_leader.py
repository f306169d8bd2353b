"""Only one process at a time does the work of a name, whichever database holds the log."""

from pathlib import Path

import pytest

from adapters.event_store import EventStore, Unavailable
from adapters.event_store.leader import alone
from adapters.vault import Vault


@pytest.fixture
def store(address: str, tmp_path: Path) -> str:
    vault = Vault.open(tmp_path / "keys")
    EventStore.open(address, vault).close()
    vault.close()
    return address


def test_a_second_process_does_not_get_the_work_of_the_first(store: str) -> None:
    with alone(store, "publish") as first, alone(store, "publish") as second:
        assert first is not None
        assert first()
        assert second is None
    with alone(store, "publish") as again:
        assert again is not None


def test_another_work_is_free(store: str) -> None:
    with alone(store, "publish"), alone(store, "send") as other:
        assert other is not None


def test_a_store_that_is_away_is_said() -> None:
    with (
        pytest.raises(Unavailable),
        alone("postgresql://nobody@127.0.0.1:1/none", "publish"),
    ):
        pass
