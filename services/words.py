"""What do the sealed words of a row say, and what is shown where they cannot be read?"""

from collections.abc import Collection
from typing import Any

from adapters.event_store import EventStore, NeverHeld, Unreadable
from services.logs import log

DAMAGED = "These words cannot be read: they are not what was stored. Tell the operator."
KEYLESS = (
    "These words cannot be read: this key store has never held their key, so it is another's or "
    "older than the log. Tell the operator."
)


def opened(store: EventStore, sealed: bytes, kinds: Collection[str]) -> tuple[dict[str, Any], str]:
    """The private fields of these kinds by name, and what is wrong with them ("": nothing).

    One row that cannot be read takes nothing from the others beside it: it has no fields and a
    sentence, and the operator is told in the log.
    """
    if not sealed:
        return {}, ""
    try:
        return store.open_sealed(sealed, kinds), ""
    except Unreadable as error:
        log.error(
            "words_unreadable",
            stream=error.stream,
            version=error.version,
            reason=type(error).__name__,
        )
        return {}, why(error)


def why(error: Unreadable) -> str:
    """The sentence for a person: a damaged log is told from keys that are not its own."""
    return KEYLESS if isinstance(error, NeverHeld) else DAMAGED
