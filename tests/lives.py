"""A log of any length: the same life of a referral, over and over, under ids of its own."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from adapters.event_store import Append
from domain.kernel import Event, stream_of
from tests import examples as e

LIFE: Sequence[Event] = (
    e.message_received(),
    e.received(),
    e.child_registered(),
    e.acknowledged(),
    e.screened(),
    e.decided(),
    e.risk_raised(),
    e.risk_answered(),
    e.case_opened(),
    e.case_allocated(),
    e.assessment_started(),
    e.child_seen(),
    e.assessment_completed(),
    e.assessment_authorised(),
    e.supervision_held(),
    e.case_closed(),
)


def lives(events: int) -> Iterator[list[Append]]:
    """Appends of one transaction each: a child's life, under ids of its own."""
    for _ in range(events // len(LIFE)):
        ids: dict[str, str] = {}
        new = [_renamed(event, ids) for event in LIFE]
        streams = itertools.groupby(sorted(new, key=stream_of), stream_of)
        yield [Append(stream, 0, list(its)) for stream, its in streams]


def _renamed(event: Event, ids: dict[str, str]) -> Event:
    """The event with another number in every id that has one."""

    def renamed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(renamed, value))
        if isinstance(value, str) and value.endswith(("-1", "-2")) and " " not in value:
            kind, _, number = value.rpartition("-")
            return f"{kind}-{ids.setdefault(number, uuid4().hex)}"
        return value

    return replace(
        event, **{name: renamed(getattr(event, name)) for name in event.__struct_fields__}
    )
