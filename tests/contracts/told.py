"""One message of every kind that an agency is told."""

from typing import Any

from msgspec.structs import replace

from adapters.cloudevents import CloudEvent
from adapters.outgoing import cloud_event
from domain.kernel import Recorded
from tests.examples import information_disclosed

KINDS: dict[str, dict[str, Any]] = {
    "arrived": {"what": "receipt", "status": "received", "outcome": None},
    "decided": {"what": "decision", "status": "decided"},
    "decided, without a reference": {"what": "decision", "status": "decided", "reference": None},
    "reopened": {
        "what": "decision",
        "status": "reopened",
        "outcome": None,
        "corrects": "disclosure-0",
    },
    "ended": {"what": "outcome", "status": "case-closed", "outcome": None, "child_number": 2},
    "on a plan": {"what": "plan-status", "status": "started", "outcome": None},
}


def told(kind: str) -> tuple[str, CloudEvent]:
    """The name of its schema, and the message."""
    event = replace(information_disclosed(), **KINDS[kind])
    return f"out-{event.what}", cloud_event(Recorded(17, event.disclosure_id, 1, event, b"", ()))
