"""What every other file is made of: events, commands, refusals, the three times, private words."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from msgspec import UNSET, Meta, Struct

# ── Private words ── sealed at rest under a key of the person (or referral) they concern ──────────


class Private(Struct, frozen=True):
    """Marks a field as sealed at rest.

    `kind` names the data key: one of `KINDS`. `searchable` fields also give blind-index tokens, by
    which a person who may search finds the row without anything being stored in clear.
    """

    kind: str
    searchable: bool = False


KINDS = (
    "identity", "location", "narrative", "health", "police", "referrer", "staff", "raw", "secret",
)  # fmt: skip

Identity = Annotated[str, Private("identity")]
Name = Annotated[str, Private("identity", searchable=True)]
Location = Annotated[str, Private("location")]
Narrative = Annotated[str, Private("narrative")]
Health = Annotated[str, Private("health")]
Police = Annotated[str, Private("police")]
Referrer = Annotated[str, Private("referrer")]
Staff = Annotated[str, Private("staff", searchable=True)]
Secret = Annotated[str, Private("secret")]
"""What our own programs prove themselves by: no question opens it."""

KEYED = "="
"""Begins those tokens of an event's index that stand for one of its `index_keys`, not for a word
of a name."""

WITHHELD: Any = UNSET
"""The value of a private field that was not opened: no key asked for, or the key is destroyed.

It is false, and never stored: the store refuses to seal an event that holds it.
"""

# ── Times ─────────────────────────────────────────────────────────────────────────────────────────

Instant = Annotated[datetime, Meta(tz=True)]

# ── Events and commands ───────────────────────────────────────────────────────────────────────────


class Event(Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    """A fact. Past tense, never edited; the tag is the name it is stored under.

    `happened_at`, `received_at`, `recorded_at`: when it happened, when the authority was told, when
    it was written down. `by` is a person's or agency's id, `agency` whose fact it is (`authority`
    for the council's own). `message` is the SHA-256 of the raw message that caused it, `command`
    the id of the command.
    """

    stream_field: ClassVar[str]
    """The field whose value is the id of the stream that the event is stored in."""
    subject_field: ClassVar[str]
    """The field whose value names the person (or referral) whose keys seal the private fields."""

    happened_at: Instant
    received_at: Instant
    recorded_at: Instant
    by: str
    agency: str
    message: str | None = None
    command: str | None = None

    def index_keys(self) -> tuple[str, ...]:
        """By what else than whole names the event is found: clear texts such as `born|2017-05-04`.

        Asked when it is stored; they are kept only as keyed tokens, each after a `KEYED`.
        """
        return ()


class Command(Struct, frozen=True, kw_only=True, tag_field="command_name"):
    """A request, made at a time by a person or an agency; it may be refused.

    The fields here are stamped by the service that takes the command, never given by the caller
    (except that a person may say when a thing happened).
    """

    stream_field: ClassVar[str]

    happened_at: Instant
    received_at: Instant
    recorded_at: Instant
    by: str
    agency: str
    message: str | None = None
    command: str | None = None


STAMPED = tuple(Command.__struct_fields__)
"""The fields of a command that the service fills in."""


class Refused(Exception):
    """The command is not allowed now. The message is a sentence for the person who gave it."""


class Recorded(Struct, frozen=True):
    """An event in its place in the log.

    `position` counts from 1 over the whole log, `version` from 1 over the stream. `sealed` is the
    event's private part as stored: ciphertext and what is needed to open it, empty if it has none.
    `index` holds the blind-index tokens of its searchable fields and of its `index_keys`. The
    private fields of `event` are `WITHHELD` unless the reader asked for them to be opened.
    """

    position: int
    stream: str
    version: int
    event: Event
    sealed: bytes = b""
    index: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The stored name, such as `referral.received.v1`."""
        return stored_name(type(self.event))


E = TypeVar("E", bound=Event)


def stored_name(kind: type[Event]) -> str:
    """The name that events of this class are stored under."""
    return str(kind.__struct_config__.tag)


def caused(kind: type[E], command: Command, **more: Any) -> E:
    """The event of this class that a command causes: its fields of the same name, and `more`."""
    given = {name: getattr(command, name) for name in _shared(kind, type(command))}
    return kind(**(given | more))


@cache
def _shared(kind: type[Event], command: type[Command]) -> tuple[str, ...]:
    return tuple(f for f in kind.__struct_fields__ if f in command.__struct_fields__)


@cache
def private_fields(kind: type[Struct]) -> dict[str, Private]:
    """The private fields of an event or command, by name."""
    found = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        marks = [hint, *get_args(hint)] if get_origin(hint) is not Annotated else [hint]
        for mark in marks:
            for extra in getattr(mark, "__metadata__", ()):
                if isinstance(extra, Private):
                    found[name] = extra
    return found


def stream_of(thing: Event | Command) -> str:
    """The id of the stream that an event or command belongs to."""
    return str(getattr(thing, thing.stream_field))


def subject_of(event: Event) -> str:
    """Whose keys seal the event's private fields: a child, else the stream itself."""
    return str(getattr(event, event.subject_field, None) or stream_of(event))


# ── What every family asks of a command ───────────────────────────────────────────────────────────


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Before this nothing happened that a person has to record: it is a slip of the year."""


def check_times(command: Command) -> None:
    """Raise `Refused` if a person says that something happened after it was written down, or ages
    ago.

    What a message caused is let through: an agency's clock may be wrong, and a concern is never
    refused for it. Called once for each command by the service that takes it, before `decide`.
    """
    if command.message is not None:
        return
    if command.happened_at > command.recorded_at:
        raise Refused("It cannot have happened in the future: give the day and time it happened.")
    if command.happened_at < EARLIEST:
        raise Refused("It cannot have happened before 1900: check the year.")


def before(command: Command, began: datetime | None) -> bool:
    """Whether a person says that they acted on something before it began.

    To the minute, as people tell the time. What a message caused is let through, as above.
    """
    if command.message is not None or began is None:
        return False
    return command.happened_at < began.replace(second=0, microsecond=0)


def check_ids(command: Command) -> None:
    """Raise `Refused` if an id is empty, or is not of the kind that its field asks for.

    `child_id` and `merged_child_id` hold `child-…`, and so on: a visit must never be written into
    the stream of a case. Called once for each command by the service that takes it.
    """
    for name in command.__struct_fields__:
        given = getattr(command, name)
        if not name.endswith("_id") or given is None:
            continue
        kind = name.removesuffix("_id").rpartition("_")[2]
        prefix = f"{kind}-" if kind in _STREAMS else ""
        if not given.startswith(prefix) or not given.removeprefix(prefix).strip():
            wanted = f"starts with {prefix}" if prefix else "is not empty"
            raise Refused(f"Choose the {kind}: its id ({name}) {wanted}.")


_STREAMS = frozenset(
    {
        "assessment",
        "case",
        "child",
        "conference",
        "disclosure",
        "enquiry",
        "message",
        "plan",
        "record",
        "referral",
        "risk",
        "team",
    }
)

Trace = tuple[Any, ...]
"""What tells a fact from another of its kind: when, by whom, asked by what, its clear fields."""

Asking = tuple[Any, ...]
"""What tells one asking from another, whatever its words: a command's id, or when and by whom."""


def asking(thing: Event | Command) -> Asking:
    """By what an event was asked for: the same of the command and of the events it causes.

    State is folded without opening private words. Of two commands with other words the ids differ;
    the service gives the very same words given again the id that they had (`services.handle`).
    """
    if thing.command is not None:
        return (thing.command,)
    return (thing.happened_at, thing.by, thing.agency, thing.message)


def trace(event: Event) -> Trace:
    """The event's trace. Private words are no part of it: state is folded without opening them."""
    return (type(event), *(getattr(event, name) for name in _telling(type(event))))


def once(event: E, traces: Collection[Trace]) -> list[E]:
    """The event, unless one with its trace is among those of the stream already."""
    return [] if trace(event) in traces else [event]


@cache
def _telling(kind: type[Event]) -> tuple[str, ...]:
    own = (f for f in kind.__struct_fields__ if f not in STAMPED and f not in private_fields(kind))
    return ("happened_at", "by", "agency", "message", "command", *own)
