"""Who claimed a key, one after another, when what it means may change?

A claim is never taken back. What may come to mean something else (an NHS number that was given to
the wrong child, a sender's reference used again) is claimed anew under the next turn of its key:
`nhs:<token>`, `nhs:<token>:2` … Each turn is one append's only, so that of two who claim at the
same time one decides anew.
"""

from collections.abc import Mapping
from typing import NamedTuple

from adapters.event_store import EventStore

TURNS = 20
"""Most turns of a key: what is claimed more often tells nothing any more."""


class Claimed(NamedTuple):
    """`values`: what was claimed, oldest first. `free`: the next turn's key; None: no turn left."""

    values: tuple[str, ...]
    free: str | None


def claimed(store: EventStore, key: str, pending: Mapping[str, str] | None = None) -> Claimed:
    """All turns of a key; `pending`: claims that are to be stored with the next append."""
    values: list[str] = []
    for turn in range(1, TURNS + 1):
        name = key if turn == 1 else f"{key}:{turn}"
        value = (pending or {}).get(name)
        if value is None:
            held = store.claim(name)
            if held is None:
                return Claimed(tuple(values), name)
            value = held.value
        values.append(value)
    return Claimed(tuple(values), None)
