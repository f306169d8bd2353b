"""Are these the keys that this log is sealed under?

What is written under other keys can be read by nobody once the right ones are back, and could not
be told from what is new: the same child would be registered again, the same message received twice.
So the first append ties a log to its keys, by a claim that is held for ever.
"""

from pathlib import Path

from adapters.event_store import EventStore, Unreadable
from adapters.vault import Vault, VaultError

KEYS = "keys"
"""The claim that ties a log to its keys; its value is `fingerprint`."""

LOOKED_AT = 20
"""Sealed events of a log without a tie whose keys are tried; one that is found is enough."""


class OtherKeys(VaultError):
    """The keys are gone, or are not those that the log is sealed under. Nothing was stored."""

    def __init__(self, folder: Path, *, gone: bool = False) -> None:
        super().__init__(
            f"The keys of this store are not in {folder}: put that folder back from its backup, "
            "or name where the keys are with --keys. Nothing was stored."
            if gone
            else f"The keys in {folder} are not this store's: name the folder of its own with "
            "--keys, or put it back from its backup. Nothing was stored."
        )


def look_for_keys(store: str, keys: Path) -> None:
    """Raises `OtherKeys` where the log holds events and the folder no keys.

    Before a key store is opened: new keys in the place of lost ones would be in the way of those.
    """
    # Looked for again: the first start of another process makes them before it stores anything.
    if not Vault.is_in(keys) and EventStore.holds_events(store) and not Vault.is_in(keys):
        raise OtherKeys(keys, gone=True)


def check(store: EventStore, keys: Path) -> None:
    """Raises `OtherKeys` if the log is sealed under other keys than it was opened with."""
    tied = store.claim(KEYS)
    if tied.value != fingerprint(store) if tied else not _opens(store):
        raise OtherKeys(keys)


def tie(store: EventStore) -> dict[str, str]:
    """The claim that the next append must come with; none where the log is tied already.

    Raises `VaultError` if somebody else tied it to other keys since it was opened.
    """
    ours = fingerprint(store)
    tied = store.claim(KEYS)
    if tied is None:
        return {KEYS: ours}
    if tied.value != ours:
        raise VaultError("Another process has begun this store with other keys: use those.")
    return {}


def fingerprint(store: EventStore) -> str:
    """What tells the keys that this store was opened with from all others."""
    return store.vault.token("keys", "fingerprint")


def _opens(store: EventStore) -> bool:
    """Whether one of the first sealed events has a key here; a log without any has no keys yet."""
    position = tried = 0
    while tried < LOOKED_AT:
        try:
            page = store.since(position, 500)
        except Unreadable as error:
            position = error.position or position + 1
            continue
        if not page:
            break
        for each in page:
            if each.sealed and tried < LOOKED_AT:
                tried += 1
                try:
                    store.parts(each.sealed)
                except Unreadable:
                    continue
                return True
        position = page.reached
    return not tried
