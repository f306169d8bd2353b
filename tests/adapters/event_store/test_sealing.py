"""Are private words nowhere in clear, in no other row's place, and gone once their key is?"""

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from adapters.event_store import Append, EventStore, Tampered, Unreadable
from adapters.event_store.mapper import (
    NullTranscoder,
    Placed,
    Row,
    SealingMapper,
    content,
)
from adapters.vault import KeyDestroyed, Vault
from domain.catalogue import EVENTS
from domain.kernel import KINDS, WITHHELD, Event, Narrative, Private, private_fields, stored_name
from tests.adapters.event_store.direct import execute, without_triggers
from tests.adapters.event_store.notes import (
    CATALOGUE,
    MessageKept,
    NoteClosed,
    NoteWritten,
    Relative,
    closed,
    kept,
    written,
)
from tests.examples import EXAMPLES

FULL = written(
    words="Frightened of the dark.",
    child_name="Zoë Featherstonehaugh",
    home="12 Marigold Row",
    relatives=(Relative("Bartholomew", date(1980, 2, 29)),),
    nhs_number="999 000 0018",
    code="open",
)
SECRETS = ("Frightened", "Featherstonehaugh", "Marigold", "Bartholomew", "999 000 0018")


def test_a_header_is_read_without_any_private_word(store: EventStore) -> None:
    store.append([Append("note-1", 0, [FULL])])
    (found,) = store.since(0, 10)

    assert isinstance(found.event, NoteWritten)
    assert found.event.code == "open"
    assert found.event.words is WITHHELD
    assert found.event.home is WITHHELD
    assert not any(secret in str(found) for secret in SECRETS)
    assert store.parts(found.sealed) == {"identity": True, "location": True, "narrative": True}


def test_only_the_kinds_that_were_asked_for_are_opened(store: EventStore) -> None:
    store.append([Append("note-1", 0, [FULL, closed()])])
    page = store.since(0, 10, opened=["narrative"])

    assert isinstance(page[0].event, NoteWritten)
    assert page[0].event.words == FULL.words
    assert page[0].event.home is WITHHELD
    assert [each.event for each in store.since(0, 10, opened=True)] == [FULL, closed()]
    assert store.parts(page[1].sealed) == {}


def test_a_row_of_a_read_model_can_be_opened_by_its_sealed_part_alone(store: EventStore) -> None:
    store.append([Append("note-1", 0, [FULL])])
    (found,) = store.since(0, 10)

    assert store.open_sealed(found.sealed, ["location"]) == {"home": "12 Marigold Row"}
    opened = store.open_sealed(found.sealed, stream="note-1")
    assert opened == {name: getattr(FULL, name) for name in private_fields(NoteWritten)}
    with pytest.raises(Tampered, match="stands in a row of note-2"):
        store.open_sealed(found.sealed, stream="note-2")
    with pytest.raises(Tampered):
        store.open_sealed(found.sealed[:-1])
    with pytest.raises(Tampered):
        store.open_sealed(b"nonsense")


def test_what_was_not_said_is_none_and_not_withheld(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written(home=None)])])
    (found,) = store.history("note-1", opened=True)
    assert isinstance(found.event, NoteWritten)
    assert found.event.home is None


def test_a_raw_message_is_carried_only_when_it_is_asked_for(store: EventStore) -> None:
    raw = bytes(range(256)) * 1000
    store.append([Append("message-1", 0, [kept(text=raw, sender="PC 1234")])])
    (lean,) = store.since(0, 10)
    (whole,) = store.since(0, 10, raw=True)

    assert len(lean.sealed) < 300 < len(raw) < len(whole.sealed)
    assert store.parts(lean.sealed) == {"raw": True, "referrer": True}
    assert store.open_sealed(lean.sealed) == {"text": WITHHELD, "sender": "PC 1234"}
    assert store.open_sealed(whole.sealed) == {"text": raw, "sender": "PC 1234"}
    for found in (store.since(0, 1, opened=["raw"]), store.history("message-1", opened=True)):
        assert isinstance(found[0].event, MessageKept)
        assert found[0].event.text == raw


def test_a_destroyed_key_leaves_the_words_withheld(store: EventStore, vault: Vault) -> None:
    recorded = store.append([Append("note-1", 0, [FULL])])
    vault.destroy("child-1", "narrative")

    (found,) = store.history("note-1", opened=True)
    assert isinstance(found.event, NoteWritten)
    assert found.event.words is WITHHELD
    assert found.event.home == FULL.home
    assert store.parts(recorded[0].sealed)["narrative"] is False
    assert store.open_sealed(recorded[0].sealed, ["narrative"]) == {"words": WITHHELD}
    with pytest.raises(KeyDestroyed):
        store.append([Append("note-2", 0, [written("note-2")])])
    assert store.newest() == 1


def test_a_ciphertext_in_the_row_of_another_child_is_noticed(
    store: EventStore, address: str
) -> None:
    store.append([Append("note-1", 0, [written("note-1", child_id="child-a")])])
    store.append([Append("note-2", 0, [written("note-2", child_id="child-b")])])
    without_triggers(address)
    states = [row[0] for row in execute(address, "select state from stored_events order by stream")]
    for stream, state in zip(("note-1", "note-2"), reversed(states), strict=True):
        execute(address, "update stored_events set state = ? where stream = ?", (state, stream))

    for stream in ("note-1", "note-2"):
        with pytest.raises(Tampered) as noticed:
            store.history(stream, opened=True)
        assert noticed.value.stream == stream
    with pytest.raises(Tampered):
        store.since(0, 10, opened=True)


def test_what_stands_before_a_changed_ciphertext_is_still_read(
    store: EventStore, address: str
) -> None:
    store.append([Append("note-1", 0, [FULL, written(words="Second.")])])
    without_triggers(address)
    ((state,),) = execute(address, "select state from stored_events where version = 2")
    changed = state[:-1] + bytes([state[-1] ^ 1])
    execute(address, "update stored_events set state = ? where version = 2", (changed,))

    page = store.since(0, 10, opened=True)
    assert [each.event for each in page] == [FULL]
    assert page.reached == 1
    with pytest.raises(Tampered) as noticed:
        store.since(1, 10, opened=True)
    assert (noticed.value.position, noticed.value.version) == (2, 2)


def test_words_sealed_under_another_store_s_key_are_noticed(
    store: EventStore, address: str, tmp_path: Path
) -> None:
    store.append([Append("note-1", 0, [FULL])])
    with (
        closing(Vault.open(tmp_path / "other")) as other,
        closing(EventStore.open(address, other, catalogue=CATALOGUE)) as stranger,
    ):
        with pytest.raises(Tampered, match="never held"):
            stranger.history("note-1", opened=True)
        with pytest.raises(Tampered, match="never held"):
            stranger.parts(stranger.history("note-1")[0].sealed)
        assert len(stranger.history("note-1")) == 1


def test_nothing_private_lies_in_clear_in_the_files(
    sqlite_store: EventStore, tmp_path: Path
) -> None:
    sqlite_store.append(
        [Append("note-1", 0, [FULL]), Append("message-1", 0, [kept(text=b"MSH|Marigold")])],
        {"command:1": ""},
    )
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"events.db", "events.db-wal", "keys.db"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes().lower()
        for secret in SECRETS:
            assert secret.lower().encode() not in content, path


def test_nothing_private_lies_in_clear_in_the_tables(store: EventStore, address: str) -> None:
    store.append([Append("note-1", 0, [FULL])], {"command:1": ""})
    rows = execute(address, "select * from stored_events")
    rows += execute(address, "select * from stored_claims")
    assert not any(secret.encode() in str(rows).encode() for secret in SECRETS)


def test_a_child_is_found_by_the_whole_words_of_her_name(store: EventStore, vault: Vault) -> None:
    store.append([Append("note-1", 0, [FULL])])
    (found,) = store.since(0, 10)
    assert set(vault.tokens("FEATHERSTONEHAUGH zoe")) == set(found.index)
    assert not set(vault.tokens("Feather")) & set(found.index)


# ── Every event ───────────────────────────────────────────────────────────────────────────────────

words = st.text(st.characters(codec="utf-8"), max_size=80)
notes = st.builds(
    written,
    note=st.just("note-1"),
    words=words,
    code=words,
    child_id=words.map(lambda text: f"child-{text}"),
    child_name=st.none() | words,
    home=st.none() | words,
    relatives=st.lists(st.builds(Relative, words, st.none() | st.dates())).map(tuple),
    nhs_number=st.none() | words,
    happened_at=st.datetimes(datetime(1990, 1, 1), timezones=st.timezones()),  # noqa: DTZ001
    message=st.none() | words,
)
messages = st.builds(kept, message=st.just("message-1"), text=st.binary(), sender=st.none() | words)


@pytest.fixture(scope="module")
def mapper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealingMapper]:
    with closing(Vault.open(tmp_path_factory.mktemp("vault") / "keys")) as vault:
        made = SealingMapper(NullTranscoder())
        made.equip(vault, CATALOGUE)
        yield made


def stored(mapper: SealingMapper, event: Event, version: int = 1) -> Row:
    keys = mapper.vault.keys(mapper.owners(event))
    by_kind = {kind: key for (_, kind), key in keys.items()}
    found = mapper.to_stored_event(Placed("stream-|1|", version, event, by_kind))
    return Row(1, str(found.originator_id), found.originator_version, found.topic, found.state)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_of_the_domain_is_sealed_and_opened_again(vault: Vault, name: str) -> None:
    real = SealingMapper(NullTranscoder())
    real.equip(vault, EVENTS)
    event = EXAMPLES[EVENTS[name]]
    (opened,) = real.opened([real.recorded(stored(real, event))], KINDS)
    assert content(opened.event) == content(event)


@given(event=notes | messages, version=st.integers(1, 2**40))
@settings(max_examples=60, deadline=None)
def test_an_event_sealed_and_opened_is_the_same_event(
    mapper: SealingMapper, event: Event, version: int
) -> None:
    recorded = mapper.recorded(stored(mapper, event, version))
    (opened,) = mapper.opened([recorded], KINDS)
    # In the hour that comes twice, Python holds no time equal to the same one in another zone.
    assert content(opened.event) == content(event)
    assert opened.version == version
    again = {name: getattr(event, name) for name in private_fields(type(event))}
    assert mapper.open_sealed(recorded.sealed, KINDS, stream="stream-|1|") == again


@given(state=st.binary(max_size=200), topic=st.sampled_from([*CATALOGUE, "subprocess:Popen", ""]))
@settings(max_examples=200, deadline=None)
def test_bytes_that_are_no_event_are_unreadable_and_nothing_worse(
    mapper: SealingMapper, state: bytes, topic: str
) -> None:
    with pytest.raises(Unreadable):
        mapper.recorded(Row(1, "note-1", 1, topic, b"\1" + state))


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_one_changed_byte_never_changes_a_private_word(
    mapper: SealingMapper, data: st.DataObject
) -> None:
    row = stored(mapper, FULL)
    at = data.draw(st.integers(0, len(row.state) - 1))
    changed = bytearray(row.state)
    changed[at] ^= data.draw(st.integers(1, 255))
    # A change in the clear header may go unnoticed here: the ledger vouches for that.
    with suppress(Unreadable):
        (opened,) = mapper.opened([mapper.recorded(row._replace(state=bytes(changed)))], KINDS)
        for name in private_fields(NoteWritten):
            assert getattr(opened.event, name) == getattr(FULL, name)


def test_a_sealed_part_that_was_taken_away_is_noticed(mapper: SealingMapper) -> None:
    row = stored(mapper, written(home=None, relatives=None))
    recorded = mapper.recorded(row)
    place = recorded.sealed.index(b"note.written.v1") + len(b"note.written.v1")
    with pytest.raises(Tampered, match="narrative part is missing"):
        mapper.open_sealed(recorded.sealed[:place], ["narrative"])


class Inner(Struct, frozen=True):
    said: Narrative


class Nested(Event, frozen=True, tag="note.nested.v1"):
    inner: tuple[Inner, ...] | None = None


class Strange(Event, frozen=True, tag="note.strange.v1"):
    size: Annotated[int, Private("shoes")]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Nested, "inner hides a private word"),
        (Strange, "no known kind"),
        (NoteClosed, "is in the catalogue as note.shut.v1"),
    ],
)
def test_a_class_whose_words_would_not_be_sealed_is_refused(
    mapper: SealingMapper, kind: type[Event], why: str
) -> None:
    name = "note.shut.v1" if kind is NoteClosed else stored_name(kind)
    with pytest.raises(TypeError, match=why):
        SealingMapper(NullTranscoder()).equip(mapper.vault, {name: kind})
