"""How is a message handed to a format in a test? At one fixed time, from one made-up agency."""

from datetime import UTC, datetime
from typing import Any

from adapters.translation import AgencyFormat, Sent, Translation, formats

RECEIVED = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


def sent(body: bytes | str, **more: Any) -> Sent:
    raw = body.encode() if isinstance(body, str) else body
    return Sent(**{"body": raw, "agency": "city-hospital", "received_at": RECEIVED, **more})


def format_named(name: str) -> AgencyFormat:
    return formats()[name]


def translated(name: str, body: bytes | str, **more: Any) -> Translation:
    """The one translation of a message."""
    (translation,) = format_named(name).translate(sent(body, **more))
    return translation


def recognised(body: bytes | str, **more: Any) -> str | None:
    """The name of the format that `auto` chooses."""
    message = sent(body, **more)
    return next((name for name, each in formats().items() if each.recognise(message)), None)
