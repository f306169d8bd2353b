"""Where do the events, the keys and the read models lie? Flag, then environment, then default."""

import os
from pathlib import Path

from msgspec import Struct

STORE = "SAFEGUARDING_STORE"
KEYS = "SAFEGUARDING_KEYS"


class BadStore(ValueError):
    """What was given as the store cannot be one. The message is a sentence without the address."""


class Settings(Struct, frozen=True):
    """`store`: a folder (embedded SQLite) or `postgresql://…`. `keys`: the folder of the keys."""

    store: str
    keys: Path

    @property
    def embedded(self) -> bool:
        return not is_postgresql(self.store)

    @property
    def private_folder(self) -> Path:
        """Files of this machine that belong to the store: the folder itself, else the keys'."""
        return Path(self.store) if self.embedded else self.keys


def settings(store: str | None = None, keys: str | None = None) -> Settings:
    """What a command is to work on. An empty word counts as not given. Raises `BadStore`."""
    store = store or os.environ.get(STORE) or str(data_folder())
    if not is_postgresql(store):
        if "://" in store:
            scheme = store.partition("://")[0]
            raise BadStore(f"{scheme}:// is no store: give a folder, or postgresql://….")
        if Path(store).exists() and not Path(store).is_dir():
            raise BadStore(f"{store} is a file: the store is a folder, or postgresql://….")
    keys = keys or os.environ.get(KEYS)
    if not keys:
        folder = data_folder() if is_postgresql(store) else Path(store)
        return Settings(store, folder / "keys")
    return Settings(store, Path(keys))


def is_postgresql(store: str) -> bool:
    return store.startswith(("postgresql://", "postgres://"))


def data_folder() -> Path:
    """The user's data folder. Source: XDG Base Directory Specification, `XDG_DATA_HOME`."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "safeguarding"
