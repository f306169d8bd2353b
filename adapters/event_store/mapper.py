"""How does an event lie in the store: what in clear, what sealed, and what when it cannot be read?

The stored bytes of an event (`state`) are, in this order:

- the form (one byte: 1) and the sizes of the header, the index and the parts (4 bytes each);
- the header: the event's JSON without its private fields;
- the index: the blind-index tokens of its searchable fields and keys, with spaces between;
- the parts: for each kind of private word, the name of the kind, the id of its data key and the
  ciphertext. The raw message stands last, and its ciphertext is not counted in the parts' size,
  so that a reader of the log need not carry it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from struct import Struct as Layout
from struct import error as LayoutError  # noqa: N812
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec
from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder
from msgspec import UNSET, Struct, UnsetType, structs

from adapters.vault import Key, KeysUnavailable, UnknownKey, Vault, seal, unseal
from domain.kernel import (
    KINDS,
    WITHHELD,
    Event,
    Private,
    Recorded,
    private_fields,
    stored_name,
    subject_of,
)

FORM = 1
SIZES = Layout(">BIII")
FRAME = Layout(">B16sI")
"""Of a part: the length of its kind's name, the id of its key, the length of its ciphertext."""

WHOLE, WITHOUT_RAW = b"\0", b"\1"

UNFIT = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, TypeError, ValueError)
"""What msgspec raises for bytes (or values) that do not fit."""


class Unstorable(Exception):
    """An event that must not be stored: it could not be read again, or words are missing."""


class Unreadable(Exception):
    """A stored event that cannot be read. `stream` and `version` say which, as does `position`.

    `position` is None when the event was reached through its sealed part alone.
    """

    def __init__(self, why: str, stream: str, version: int, position: int | None = None) -> None:
        super().__init__(f"{stream} version {version}: {why}")
        self.stream, self.version, self.position = stream, version, position


class Missing(Unreadable):
    """No event stands at a position before the newest: it was deleted, none is ever left out."""

    def __init__(self, position: int) -> None:
        super().__init__("", "", 0, position)

    def __str__(self) -> str:
        return f"position {self.position} is missing, so an event was deleted"


class Tampered(Unreadable):
    """A sealed part that is not what was sealed at this place under this key."""


class NeverHeld(Tampered):
    """A sealed part whose key this key store never held: it is another's, or older than the log."""


class Placed(NamedTuple):
    """An event in its place in a stream, and the keys (by kind) that seal its private fields."""

    originator_id: str
    originator_version: int
    event: Event
    keys: Mapping[str, Key]


class Row(NamedTuple):
    """An event as the database holds it."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes


class Part(NamedTuple):
    """One kind of private words of one event; `box` is empty where the raw message is left out."""

    kind: str
    key_id: bytes
    box: bytes


class NullTranscoder(Transcoder):
    """Takes the place of the library's transcoder; the mapper turns whole events into bytes."""

    def encode(self, obj: Any) -> bytes:
        raise TypeError(f"Only events are stored, not a {type(obj).__name__}.")

    def decode(self, data: bytes) -> Any:
        raise TypeError("Only events are stored.")


class Form:
    """How events of one class are taken apart and put together."""

    def __init__(self, kind: type[Event]) -> None:
        private = private_fields(kind)
        if wrong := {mark.kind for mark in private.values()} - set(KINDS):
            raise TypeError(f"{kind.__name__} has private words of no known kind: {wrong}")
        hints = get_type_hints(kind, include_extras=True)
        for name, hint in hints.items():
            if name not in private and _holds_private(hint, set()):
                raise TypeError(f"{kind.__name__}.{name} hides a private word where none is sealed")
        self.topic = stored_name(kind)
        self.decode: Callable[[bytes], Event] = msgspec.json.Decoder(kind).decode
        self.private = dict.fromkeys(private, UNSET)
        self.searchable = tuple(name for name, mark in private.items() if mark.searchable)
        # The raw message goes last, see the head of this module.
        kinds = sorted({mark.kind for mark in private.values()}, key=lambda k: (k == "raw", k))
        self.fields = {
            kind: tuple(name for name, mark in private.items() if mark.kind == kind)
            for kind in kinds
        }
        self.required = {
            kind
            for kind, names in self.fields.items()
            if not all(_accepts_none(hints[name]) for name in names)
        }
        self.decode_part: dict[str, Callable[[bytes], Struct]] = {
            kind: msgspec.msgpack.Decoder(
                msgspec.defstruct(
                    f"{kind}_part", [(name, hints[name] | UnsetType, UNSET) for name in names]
                )
            ).decode
            for kind, names in self.fields.items()
        }


form_of = cache(Form)
"""Of a class there is one: to make those of the catalogue takes as long as to open a store."""


def _accepts_none(hint: Any) -> bool:
    try:
        msgspec.convert(None, hint)
    except msgspec.ValidationError:
        return False
    return True


def _holds_private(hint: Any, seen: set[Any]) -> bool:
    if any(isinstance(mark, Private) for mark in getattr(hint, "__metadata__", ())):
        return True
    if isinstance(hint, type) and issubclass(hint, Struct):
        if hint in seen:
            return False
        seen.add(hint)
        return any(
            _holds_private(inner, seen)
            for inner in get_type_hints(hint, include_extras=True).values()
        )
    return any(_holds_private(inner, seen) for inner in get_args(hint))


class SealingMapper(Mapper[str]):
    """Between events and stored events, under the catalogue's names and the vault's keys."""

    forms: dict[str, Form]
    _vault: Vault | None

    def equip(self, vault: Vault | None, catalogue: Mapping[str, type[Event]]) -> None:
        """Give the mapper its vault and the only classes that stored names stand for.

        Without a vault only what stands in clear can be read, and nothing written.
        """
        self._vault = vault
        self.forms = {}
        for name, kind in catalogue.items():
            self.forms[name] = form_of(kind)
            if self.forms[name].topic != name:
                raise TypeError(f"{kind.__name__} is in the catalogue as {name}")
        self._pack = msgspec.msgpack.Encoder().encode

    @property
    def vault(self) -> Vault:
        """The keys. Raises `KeysUnavailable` if the store was opened without them."""
        if self._vault is None:
            raise KeysUnavailable("This store was opened without its keys.")
        return self._vault

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────

    def owners(self, event: Event) -> Iterator[tuple[str, str]]:
        """The (subject, kind) pairs whose keys this event needs."""
        fields = self._form(event).fields
        if fields:
            subject = subject_of(event)
            for kind, names in fields.items():
                if any(getattr(event, name) is not None for name in names):
                    yield subject, kind

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The stored form of a `Placed` event. Raises `Unstorable`."""
        placed: Placed = domain_event
        stream, version, event, keys = placed
        form = self._form(event)
        clear = structs.replace(event, **form.private) if form.private else event
        name = type(event).__name__
        try:
            header = content(clear)
            form.decode(header)
        except UNFIT as error:
            raise Unstorable(f"{name} could not be read again: {error}") from error
        try:
            index = " ".join(self._tokens(event, form)).encode()
            place = _place(stream, version, form.topic)
            parts = b"".join(self._parts(event, form, place, keys))
        except UNFIT as error:
            # The error's own words may hold private ones.
            why = f"a private field ({type(error).__name__})"
            raise Unstorable(f"{name} could not be read again: {why}") from None
        uncounted = self._raw_size(parts) if "raw" in form.fields and parts else 0
        sizes = SIZES.pack(FORM, len(header), len(index), len(parts) - uncounted)
        return StoredEvent(stream, version, form.topic, b"".join((sizes, header, index, parts)))

    def _parts(
        self, event: Event, form: Form, place: bytes, keys: Mapping[str, Key]
    ) -> Iterator[bytes]:
        for kind, names in form.fields.items():
            values = {name: getattr(event, name) for name in names}
            for name, value in values.items():
                if value is WITHHELD:
                    raise Unstorable(f"{type(event).__name__}.{name} is withheld: give its words.")
            if not (given := {name: v for name, v in values.items() if v is not None}):
                continue
            packed = self._pack(given)
            if kind != "raw":
                form.decode_part[kind](packed)
            key = keys[kind]
            box = seal(key.cipher, packed, _associated(place, kind, key.id))
            yield FRAME.pack(len(kind), key.id, len(box)) + kind.encode()
            yield box

    def _raw_size(self, parts: bytes) -> int:
        last = _split(parts)[-1]
        return len(last.box) if last.kind == "raw" else 0

    def _tokens(self, event: Event, form: Form) -> Iterable[str]:
        found: dict[str, None] = {}
        for name in form.searchable:
            for text in _texts(getattr(event, name)):
                found |= dict.fromkeys(self.vault.tokens(text))
                found |= dict.fromkeys(self.vault.part_tokens(text))
        for key in event.index_keys():
            found[self.vault.keyed_token(key)] = None
        return found

    def _form(self, event: Event) -> Form:
        form = self.forms.get(stored_name(type(event)))
        if form is None:
            raise Unstorable(f"{type(event).__name__} is not in the catalogue.")
        return form

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The event, recorded, its private fields withheld. Raises `Unreadable`."""
        return self.recorded(
            Row(
                getattr(stored_event, "id", 0),
                str(stored_event.originator_id),
                stored_event.originator_version,
                stored_event.topic,
                stored_event.state,
            )
        )

    def recorded(self, row: Row, *, raw: bool = True) -> Recorded:
        """The event of this row, its private fields withheld. Raises `Unreadable`.

        Without `raw` the sealed part leaves out the raw message.
        """
        position, stream, version, topic, state = row
        form = self.forms.get(topic)
        if form is None:
            raise Unreadable("no event of that name is known", stream, version, position)
        try:
            mark, header, index, parts = SIZES.unpack_from(state)
            header += SIZES.size
            index += header
            parts += index
            if mark != FORM or parts > len(state):
                raise ValueError
            event = form.decode(state[SIZES.size : header])
            tokens = tuple(state[header:index].decode("ascii").split()) if index > header else ()
        except (*UNFIT, LayoutError) as error:
            why = f"its header is broken ({type(error).__name__})"
            raise Unreadable(why, stream, version, position) from None
        if parts == index:
            return Recorded(position, stream, version, event, b"", tokens)
        left_out = not raw and parts < len(state)
        sealed = _wrapped(
            _place(stream, version, topic),
            WITHOUT_RAW if left_out else WHOLE,
            state[index:parts] if left_out else state[index:],
        )
        return Recorded(position, stream, version, event, sealed, tokens)

    def as_given(self, placed: Placed, position: int, state: bytes) -> Recorded:
        """The event that was just stored as these bytes, with its private fields."""
        stream, version, event, _ = placed
        _, header, index, parts = SIZES.unpack_from(state)
        at = SIZES.size + header
        tokens = tuple(state[at : at + index].decode("ascii").split()) if index else ()
        sealed = b""
        if parts:
            place = _place(stream, version, stored_name(type(event)))
            sealed = _wrapped(place, WHOLE, state[at + index :])
        return Recorded(position, stream, version, event, sealed, tokens)

    def opened(self, found: Iterable[Recorded], kinds: Collection[str]) -> list[Recorded]:
        """The same events with the private fields of these kinds filled in.

        A field whose key is destroyed stays `WITHHELD`. Raises `Tampered`.
        """
        found = list(found)
        unsealed = [self.parts(each.sealed) if each.sealed else {} for each in found]
        ciphers = self._ciphers(found, unsealed, kinds)
        opened = []
        for each, parts in zip(found, unsealed, strict=True):
            form = self.forms[each.name]
            if form.fields.keys() & kinds:
                place = _place(each.stream, each.version, form.topic)
                values = self._values(form, place, parts, kinds, ciphers, each.position)
                each = structs.replace(each, event=structs.replace(each.event, **values))
            opened.append(each)
        return opened

    def open_sealed(
        self, sealed: bytes, kinds: Collection[str], *, stream: str | None = None
    ) -> dict[str, Any]:
        """The private fields of these kinds, by name; see `EventStore.open_sealed`."""
        found, version, topic, framed = _unwrapped(sealed)
        if stream is not None and stream != found:
            raise Tampered(f"stands in a row of {stream}", found, version)
        if (form := self.forms.get(topic)) is None:
            raise Unreadable("no event of that name is known", found, version)
        parts = {part.kind: part for part in framed}
        recorded = Recorded(0, found, version, None, sealed)  # type: ignore[arg-type]
        ciphers = self._ciphers([recorded], [parts], kinds)
        place = _place(found, version, topic)
        return self._values(form, place, parts, kinds, ciphers, None)

    def readable(self, sealed: bytes) -> dict[str, bool]:
        """The kinds sealed here, and whether each one's key still exists. Raises `Tampered`."""
        stream, version, _, framed = _unwrapped(sealed)
        try:
            ciphers = self.vault.ciphers({part.key_id for part in framed})
        except UnknownKey as error:
            raise NeverHeld(str(error), stream, version) from None
        return {part.kind: ciphers[part.key_id] is not None for part in framed}

    def parts(self, sealed: bytes) -> dict[str, Part]:
        """The sealed parts of an event by kind, still sealed. Raises `Tampered`."""
        return {part.kind: part for part in _unwrapped(sealed)[3]}

    def _ciphers(
        self,
        found: Iterable[Recorded],
        unsealed: Iterable[Mapping[str, Part]],
        kinds: Collection[str],
    ) -> dict[bytes, Any]:
        wanted = [
            (each, {part.key_id for kind, part in parts.items() if kind in kinds})
            for each, parts in zip(found, unsealed, strict=True)
        ]
        try:
            return self.vault.ciphers(set().union(*(ids for _, ids in wanted)))
        except UnknownKey:
            for each, ids in wanted:
                try:
                    self.vault.ciphers(ids)
                except UnknownKey as error:
                    raise NeverHeld(str(error), each.stream, each.version, each.position) from None
            raise

    def _values(
        self,
        form: Form,
        place: bytes,
        parts: Mapping[str, Part],
        kinds: Collection[str],
        ciphers: Mapping[bytes, Any],
        position: int | None,
    ) -> dict[str, Any]:
        stream, version, _ = _read_place(place)
        if parts.keys() - form.fields.keys():
            raise Tampered("a part is sealed that it never had", stream, version, position)
        values: dict[str, Any] = {}
        for kind in form.fields.keys() & kinds:
            part = parts.get(kind)
            if part is None and kind in form.required:
                raise Tampered(f"its {kind} part is missing", stream, version, position)
            if part is None:
                values |= dict.fromkeys(form.fields[kind])
            elif (cipher := ciphers[part.key_id]) is None or not part.box:
                values |= dict.fromkeys(form.fields[kind], WITHHELD)
            else:
                try:
                    packed = unseal(cipher, part.box, _associated(place, kind, part.key_id))
                    found = form.decode_part[kind](packed)
                except (InvalidTag, *UNFIT):
                    why = f"its {kind} part is not what was sealed here"
                    raise Tampered(why, stream, version, position) from None
                for name in form.fields[kind]:
                    value = getattr(found, name)
                    values[name] = None if value is UNSET else value
        return values


content: Callable[[Event], bytes] = msgspec.json.Encoder(order="deterministic").encode
"""An event's JSON, private fields included: the same bytes for the same event."""

# ── Bytes ─────────────────────────────────────────────────────────────────────────────────────────


def _place(stream: str, version: int, topic: str) -> bytes:
    return f"{stream}|{version}|{topic}".encode()


def _read_place(place: bytes) -> tuple[str, int, str]:
    stream, version, topic = place.decode().rsplit("|", 2)
    return stream, int(version), topic


def _associated(place: bytes, kind: str, key_id: bytes) -> bytes:
    return place + f"|{kind}|{key_id.hex()}".encode()


def _split(framed: bytes, *, left_out: bool = False) -> list[Part]:
    """The parts; with `left_out` the box of the last one is missing. Raises for broken bytes."""
    parts, at = [], 0
    while at < len(framed):
        named, key_id, size = FRAME.unpack_from(framed, at)
        kind = framed[at + FRAME.size : at + FRAME.size + named].decode()
        at += FRAME.size + named
        end = at + size
        if end > len(framed):
            if not left_out or at != len(framed):
                raise ValueError("a part is cut off")
            end = at
        parts.append(Part(kind, key_id, framed[at:end]))
        at = end
    return parts


def _wrapped(place: bytes, how: bytes, framed: bytes) -> bytes:
    return b"".join((how, len(place).to_bytes(2, "big"), place, framed))


def _unwrapped(sealed: bytes) -> tuple[str, int, str, list[Part]]:
    try:
        size = 3 + int.from_bytes(sealed[1:3], "big")
        place = _read_place(sealed[3:size])
        return *place, _split(sealed[size:], left_out=sealed[:1] == WITHOUT_RAW)
    except (ValueError, LayoutError):
        raise Tampered("its sealed part is broken", "unknown", 0) from None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _texts(each)
