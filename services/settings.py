"""Where do the events, the keys and the read models lie? Flag, then environment, then default."""

import os
from pathlib import Path

from msgspec import Struct

STORE = "SAFEGUARDING_STORE"
KEYS = "SAFEGUARDING_KEYS"


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
    """What a command is to work on. An empty word counts as not given."""
    store = store or os.environ.get(STORE) or str(data_folder())
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
