"""Can anybody but its owner read what is stored, and is nothing written into a deleted file?"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.access_log import Unrecorded, open_access_log
from adapters.event_store import EventStore, Unavailable
from adapters.private_files import private_folder
from adapters.read_models import ReadModels
from adapters.read_models import Unavailable as NotRead
from adapters.vault import KeysUnavailable, Vault
from services.assemble import Parts, all_parts
from services.settings import settings
from tests.services.small_projections import registered, tell


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "above" / "store"


@pytest.fixture
def parts(store: Path) -> Iterator[Parts]:
    with all_parts(settings(str(store))) as opened:
        yield opened


@pytest.mark.usefixtures("umask")
def test_only_its_owner_reads_what_is_stored(store: Path) -> None:
    with all_parts(settings(str(store))) as parts:
        tell(parts.store, registered())
        parts.projector.run(once=True)
        parts.projector.rebuild()
        found = [store.parent, store, *store.rglob("*")]
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in found}
    assert {"events.db-wal", "read.db-shm", "read-previous.db", "read.lock"} <= modes.keys()
    folders = {path.name for path in found if path.is_dir()}
    assert modes == {name: "0o700" if name in folders else "0o600" for name in modes}


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "store")
    assert oct(tmp_path.stat().st_mode & 0o777) == "0o755"


def test_nothing_is_acknowledged_into_a_deleted_file(parts: Parts, store: Path) -> None:
    tell(parts.store, registered())
    shutil.rmtree(store)
    with pytest.raises(Unavailable, match=r"events\.db is gone"):
        tell(parts.store, registered(), agency="two")
    with pytest.raises(Unavailable, match="is gone"):
        parts.store.newest()


def test_nothing_is_answered_from_a_deleted_file(parts: Parts, store: Path) -> None:
    assert parts.query("select 1 as one", {}) == [{"one": 1}]
    (store / "read.db").unlink()
    with pytest.raises(NotRead):
        parts.query("select 1 as one", {})
    assert not (store / "read.db").exists()


def test_a_file_put_in_the_place_of_another_is_not_taken_for_it(
    parts: Parts, store: Path, tmp_path: Path
) -> None:
    tell(parts.store, registered())
    shutil.copy(store / "events.db", tmp_path / "copy")
    (tmp_path / "copy").replace(store / "events.db")
    with pytest.raises(Unavailable, match="another file"):
        parts.store.newest()


def test_no_key_is_made_in_a_deleted_file(tmp_path: Path) -> None:
    with closing(Vault.open(tmp_path / "keys")) as vault:
        shutil.rmtree(tmp_path / "keys")
        with pytest.raises(KeysUnavailable, match="is gone"):
            vault.keys([("child-1", "identity")])


def test_no_look_is_recorded_in_a_deleted_file(tmp_path: Path) -> None:
    with closing(open_access_log(str(tmp_path))) as looks:
        (tmp_path / "access.db").unlink()
        with pytest.raises(Unrecorded):
            looks.record(
                at=datetime(2026, 3, 3, tzinfo=UTC), person="dora", role="duty-worker",
                action="see-inbox", about=(), permitted=True, rule="duty",
            )  # fmt: skip


def test_a_name_that_no_web_address_would_take_names_a_store(tmp_path: Path) -> None:
    folder = tmp_path / "the store? 100% #1"
    with (
        closing(Vault.open(folder / "keys")) as vault,
        closing(EventStore.open(folder, vault)),
        closing(ReadModels.open(folder)) as models,
    ):
        assert models.query("select 1 as one") == [{"one": 1}]
