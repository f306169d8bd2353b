"""One command, start to finish: read, fold, decide, append; and whatever must follow from it."""

from collections import deque
from collections.abc import Mapping
from functools import reduce
from itertools import chain
from typing import Any, Literal

import msgspec
from msgspec import Struct

from adapters.event_store import Append, Conflict, EventStore
from adapters.vault import KeyDestroyed
from domain.catalogue import FAMILY_OF
from domain.kernel import Command, Event, Recorded, Refused, check_ids, check_times, stream_of
from domain.reactions import react
from domain.record import Retracted
from services.logs import log
from services.numbers import Numbers
from services.own_keys import tie

ATTEMPTS = 20
"""How often a command is decided anew because another got in between."""


class Handled(Struct, frozen=True):
    """What became of a command: its id, `reason` when refused, the events it caused."""

    command: str
    result: Literal["done", "already done", "refused"]
    reason: str | None = None
    events: tuple[Recorded, ...] = ()


class Plan:
    """The events that commands would cause, on all their streams, before any is stored."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.events: dict[str, list[Event]] = {}
        self._after: dict[str, int] = {}
        self._state: dict[str, Any] = {}

    def add(self, *commands: Command) -> None:
        """Decide these commands and all that must follow from them.

        Raises `Refused` when one is not allowed; then nothing of the plan may be stored.
        """
        waiting = deque(commands)
        while waiting:
            command = waiting.popleft()
            for event in self._decide(command):
                waiting.extend(react(event))

    def _decide(self, command: Command) -> list[Event]:
        family = FAMILY_OF[type(command)]
        stream = stream_of(command)
        if stream not in self._state:
            history = self.store.history(stream)
            self._after[stream] = len(history)
            self._state[stream] = reduce(
                family.decider.evolve, (recorded.event for recorded in history), family.initial
            )
        events: list[Event] = family.decider.decide(command, self._state[stream])
        if events:
            self._state[stream] = reduce(family.decider.evolve, events, self._state[stream])
            self.events.setdefault(stream, []).extend(events)
        return events

    def append(self, claims: Mapping[str, str]) -> list[Recorded]:
        """Store it all in one transaction. Raises `Conflict` when another got in between.

        The first of a log ties it to its keys.
        """
        return self.store.append(
            [Append(stream, self._after[stream], events) for stream, events in self.events.items()],
            {**tie(self.store), **claims},
        )


def was_given(store: EventStore, identity: str) -> bool:
    """Whether a command of this id was carried out before."""
    return store.claim(f"command:{identity}") is not None


def handle(store: EventStore, command: Command) -> Handled:
    """Carry out one person's command. The same command id a second time changes nothing."""
    identity = str(command.command)
    claim = f"command:{identity}"
    content = _content(store, command)
    for _attempt in range(ATTEMPTS):
        if (earlier := store.claim(claim)) is not None:
            if earlier.value != content:
                return _refused(identity, "This command id was already used for something else.")
            events = store.since(earlier.position - 1, earlier.count)
            return Handled(identity, "already done", events=tuple(events))
        plan = Plan(store)
        try:
            check_times(command)
            check_ids(command)
            if not _told_before(store, command):
                plan.add(command)
            if not plan.events:
                return Handled(identity, "already done")
            given = Numbers(store).given(chain.from_iterable(plan.events.values()))
            recorded = plan.append({claim: content, **given, **_retracting(store, plan)})
        except Refused as refused:
            return _refused(identity, str(refused))
        except KeyDestroyed:
            return _refused(identity, "This record was destroyed: nothing can be added to it.")
        except Conflict:
            continue  # somebody else wrote to the same stream: decide anew on what is there now
        log.info(
            "command_handled", command=identity, name=_name(command), position=recorded[0].position
        )
        return Handled(identity, "done", events=tuple(recorded))
    return _refused(identity, "Others are writing to the same record: try again in a moment.")


def _told_before(store: EventStore, command: Command) -> bool:
    """Whether the very same words were carried out under another id, and add nothing now.

    A decider tells one asking from another by its id alone (`domain.kernel.asking`): what was asked
    for is private. Here the same content is known again by the hash kept with the earlier id.
    """
    told = (recorded.event for recorded in reversed(store.history(stream_of(command))))
    askings = dict.fromkeys((event.command, event.by) for event in told if event.command)
    for identity, by in askings:
        as_then = msgspec.structs.replace(command, command=identity, by=by)
        earlier = store.claim(f"command:{identity}")
        if earlier is None or earlier.value != _content(store, as_then):
            continue
        caused = range(earlier.position, earlier.position + earlier.count)
        if any(store.claim(f"retracted:{position}") for position in caused):
            continue  # what was retracted is not there: said again, it is recorded anew
        plan = Plan(store)
        try:
            plan.add(as_then)
        except Refused:
            return False
        return not plan.events
    return False


def _retracting(store: EventStore, plan: Plan) -> dict[str, str]:
    """A claim for each entry that is retracted, by which its log position is known again."""
    events = chain.from_iterable(plan.events.values())
    claims = {
        f"retracted:{event.position}": event.record_id
        for event in events
        if isinstance(event, Retracted)
    }
    return {name: value for name, value in claims.items() if store.claim(name) is None}


def _refused(identity: str, reason: str) -> Handled:
    return Handled(identity, "refused", reason)


def _name(command: Command) -> str:
    return str(type(command).__struct_config__.tag)


def _content(store: EventStore, command: Command) -> str:
    """A keyed hash of what the command asks for, whenever it was given."""
    fields = {
        field: value
        for field, value in msgspec.structs.asdict(command).items()
        if field not in ("recorded_at", "received_at", "happened_at")
    }
    return store.vault.token("command", _name(command) + msgspec.json.encode(fields).decode())
