"""Is a store never written, nor read, under keys that are not its own?"""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.event_store import Append, EventStore
from adapters.vault import Vault, VaultError
from domain.kernel import stream_of
from services.assemble import all_parts, event_store
from services.own_keys import KEYS, OtherKeys, tie
from services.settings import Settings
from tests import examples
from tests.services.office import Office, concern
from tests.services.small_projections import registered, tell


@pytest.fixture
def settings(address: str, tmp_path: Path) -> Settings:
    return Settings(address, tmp_path / "keys")


def received(settings: Settings) -> str:
    """A referral that was acknowledged."""
    with event_store(settings) as store:
        return str(Office(store).receives_one(concern()).referral)


def narrative(settings: Settings, referral: str) -> str:
    with event_store(settings) as store:
        first: Any = store.history(referral, opened=True)[0]
        return str(first.event.concern)


def test_lost_keys_are_told_before_new_ones_are_made(settings: Settings, tmp_path: Path) -> None:
    referral = received(settings)
    settings.keys.rename(tmp_path / "backup")
    for opened in (event_store, all_parts):
        with pytest.raises(OtherKeys, match="from its backup, or name"), opened(settings):
            pass
    assert not settings.keys.exists()

    (tmp_path / "backup").rename(settings.keys)
    assert narrative(settings, referral) == "Seen alone at night."


def test_a_lost_key_file_in_a_folder_that_is_left_is_lost_keys(settings: Settings) -> None:
    received(settings)
    (settings.keys / "keys.db").unlink()
    with pytest.raises(OtherKeys), event_store(settings):
        pass
    assert not (settings.keys / "keys.db").exists()


def test_the_keys_of_another_store_open_none(settings: Settings, tmp_path: Path) -> None:
    received(settings)
    other = Settings(str(tmp_path / "other"), tmp_path / "other" / "keys")
    received(other)
    for opened in (event_store, all_parts):
        mixed = Settings(settings.store, other.keys)
        with pytest.raises(OtherKeys, match="are not this store's"), opened(mixed):
            pass


def test_a_log_without_a_tie_is_known_by_what_its_keys_open(
    settings: Settings, tmp_path: Path
) -> None:
    event = examples.received()
    with (
        closing(Vault.open(settings.keys)) as vault,
        closing(EventStore.open(settings.store, vault)) as store,
    ):
        tell(store, registered())
        store.append([Append(stream_of(event), 0, [event])])
        assert store.claim(KEYS) is None

    strangers = Settings(settings.store, tmp_path / "other")
    Vault.open(strangers.keys).close()
    with pytest.raises(OtherKeys, match="are not this store's"), event_store(strangers):
        pass
    with event_store(settings) as store:
        Office(store)
        assert store.claim(KEYS)


def test_of_two_that_begin_a_store_with_other_keys_one_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    strangers = Settings(settings.store, tmp_path / "other")
    with event_store(settings) as ours, event_store(strangers) as theirs:
        assert tie(theirs).keys() == {KEYS}
        Office(ours)
        with pytest.raises(VaultError, match="with other keys"):
            Office(theirs).forms("team-east")
    with event_store(settings) as store:
        assert store.newest() == 2


def test_keys_in_a_place_of_their_own_are_said_to_be_missing_there(
    settings: Settings, tmp_path: Path
) -> None:
    received(settings)
    nowhere = tmp_path / "nowhere"
    with (
        pytest.raises(OtherKeys, match=str(nowhere)),
        event_store(Settings(settings.store, nowhere)),
    ):
        pass
    assert not nowhere.exists()
