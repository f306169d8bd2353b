"""How was each version of an event stored on the day it was new?

One file a stored name: `header` as the store's JSON has it, `parts` as they are sealed: msgpack by
kind of private words, in base64. `python -m tests.golden` writes the files that are missing, from
the examples; a file that is there is never written again.
"""

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec

from domain.catalogue import EVENTS
from domain.kernel import Event, private_fields, stored_name
from tests.examples import EXAMPLES

GOLDEN = Path(__file__).parent / "domain" / "golden"


class Stored(msgspec.Struct, frozen=True):
    header: dict[str, Any]
    parts: dict[str, bytes] = {}


def stored(event: Event) -> Stored:
    """The event as the store keeps it, before its parts are sealed."""
    private = private_fields(type(event))
    whole = msgspec.json.decode(msgspec.json.encode(event))
    header = {name: value for name, value in whole.items() if name not in private}
    parts: dict[str, dict[str, Any]] = {}
    for name in private:
        if (value := getattr(event, name)) is not None:
            parts.setdefault(private[name].kind, {})[name] = value
    return Stored(header, {kind: msgspec.msgpack.encode(parts[kind]) for kind in sorted(parts)})


def read(name: str) -> Stored:
    """What was stored under that name."""
    given = msgspec.json.decode((GOLDEN / f"{name}.json").read_bytes())
    return Stored(given["header"], {k: b64decode(part) for k, part in given["parts"].items()})


def decoded(name: str) -> Event:
    """The event that the domain of today reads in it."""
    kept = read(name)
    opened = [msgspec.msgpack.decode(part) for part in kept.parts.values()]
    private = {name: value for part in opened for name, value in part.items()}
    return msgspec.convert(kept.header | private, type=EVENTS[name])


def write_missing() -> None:
    for event in EXAMPLES.values():
        file = GOLDEN / f"{stored_name(type(event))}.json"
        if not file.exists():
            kept = stored(event)
            parts = {kind: b64encode(part).decode() for kind, part in kept.parts.items()}
            text = msgspec.json.encode({"header": kept.header, "parts": parts})
            file.write_bytes(msgspec.json.format(text, indent=2) + b"\n")


if __name__ == "__main__":
    write_missing()
