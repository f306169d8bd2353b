"""Are drafted appends decided on one another, and stored all or nothing, in one transaction?"""

from contextlib import closing
from pathlib import Path

import pytest

from adapters.event_store import Append, Conflict, EventStore, Together, Tracking, placed
from adapters.vault import KeyDestroyed, Vault
from tests.adapters.event_store.notes import CATALOGUE, closed, kept, positions, written


def test_a_draft_sees_itself_and_nobody_else_sees_it(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written(code="stored")])])
    draft = Together(store)
    draft.append([Append("note-1", 1, [closed()])], {"command:1": "x"})
    draft.append([Append("note-2", 0, [written("note-2")])])

    assert [each.event for each in draft.history("note-1", opened=True)] == [
        written(code="stored"),
        closed(),
    ]
    assert draft.claim("command:1")
    assert (store.newest(), draft.newest()) == (1, 1)
    assert store.history("note-2") == []
    assert store.claim("command:1") is None


def test_all_of_it_is_stored_in_one_transaction(store: EventStore) -> None:
    store.append([Append("note-9", 0, [written("note-9")])])
    draft = Together(store)
    one = draft.append([Append("note-1", 0, [written()])], {"command:1": "x"})
    more = draft.append([Append("note-2", 0, [written("note-2")]), Append("note-1", 1, [closed()])])
    first = draft.store(Tracking("kafka", 7))

    assert [placed(position, first) for position in positions([*one, *more])] == [2, 3, 4]
    assert placed(1, first) == 1
    assert [each.version for each in store.history("note-1")] == [1, 2]
    assert [each.event for each in store.since(1, 9, opened=True)] == [
        written(),
        written("note-2"),
        closed(),
    ]
    assert store.claim("command:1")
    assert store.tracked("kafka") == 7
    assert store.tracked("another") == 0
    assert store.all_tracked("kaf") == {"kafka": 7}
    assert store.all_tracked("kafka|") == {}


def test_a_draft_of_nothing_still_tells_how_far_was_read(store: EventStore) -> None:
    draft = Together(store)
    draft.append([], {"delivery:1": "x"})
    draft.store(Tracking("kafka", 3))
    assert (store.newest(), store.tracked("kafka")) == (0, 3)
    assert store.claim("delivery:1")


@pytest.mark.parametrize("together", [False, True])
def test_a_draft_reads_one_moment_of_the_log(store: EventStore, together: bool) -> None:
    draft = Together(store)
    assert draft.history("note-1") == []
    store.append([Append("note-1", 0, [written()]), Append("note-2", 0, [written("note-2")])])
    store.append([Append("note-1", 1, [closed()])], {"command:1": "note-1"})
    with pytest.raises(Conflict):  # it would lead to a stream that had no events when it was read
        draft.foresee((), ["command:1"]) if together else draft.claim("command:1")
    with pytest.raises(Conflict):
        draft.foresee(["note-2"], ()) if together else draft.history("note-2")
    assert draft.newest() == 0
    assert Together(store).claim("command:1")


@pytest.mark.parametrize("what", ["stream", "claim", "tracking"])
def test_whoever_came_in_between_makes_it_a_conflict(store: EventStore, what: str) -> None:
    draft = Together(store)
    assert draft.history("note-1") == []
    draft.append([Append("note-1", 0, [written()])], {"command:1": "x"})
    draft.append([Append("note-2", 0, [written("note-2")])])
    match what:
        case "stream":
            store.append([Append("note-1", 0, [written(code="first")])])
        case "claim":
            store.append([Append("message-1", 0, [kept()])], {"command:1": "y"})
        case "tracking":
            store.append([Append("message-1", 0, [kept()])], {}, Tracking("kafka", 7))
    before = store.newest()

    with pytest.raises(Conflict):
        draft.store(Tracking("kafka", 7))
    assert store.newest() == before
    assert store.history("note-2") == []
    assert store.tracked("kafka") == (7 if what == "tracking" else 0)


def test_within_a_draft_a_conflict_is_seen_at_once(store: EventStore) -> None:
    draft = Together(store)
    draft.append([Append("note-1", 0, [written()])], {"command:1": "x"})
    with pytest.raises(Conflict):
        draft.append([Append("note-1", 0, [written()])])
    with pytest.raises(Conflict):
        draft.append([Append("note-2", 0, [written("note-2")])], {"command:1": "y"})
    with pytest.raises(ValueError, match="whole draft"):
        draft.append([Append("note-2", 0, [written("note-2")])], {}, Tracking("kafka", 1))
    draft.store()
    assert store.newest() == 1


def test_keys_are_durable_before_what_is_sealed_with_them(
    store: EventStore, address: str, tmp_path: Path
) -> None:
    draft = Together(store)
    draft.append([Append("note-1", 0, [written(code="a")])])
    draft.store()
    with (
        closing(Vault.open(tmp_path / "keys")) as vault,
        closing(EventStore.open(address, vault, catalogue=CATALOGUE)) as other,
    ):
        assert [each.event for each in other.history("note-1", opened=True)] == [written(code="a")]


def test_a_key_that_somebody_else_made_meanwhile_is_a_conflict(store: EventStore) -> None:
    draft = Together(store)
    draft.append([Append("note-1", 0, [written()])])
    store.append([Append("note-1", 0, [written(code="first")])])
    with pytest.raises(Conflict):
        draft.store()
    assert [each.event for each in store.history("note-1", opened=True)] == [written(code="first")]


def test_nothing_is_sealed_for_whom_the_key_was_destroyed(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written()])])
    store.vault.destroy("child-1")
    with pytest.raises(KeyDestroyed):
        Together(store).append([Append("note-1", 1, [written(code="b")])])


def test_a_draft_that_is_dropped_leaves_the_store_open(store: EventStore) -> None:
    Together(store).append([Append("note-1", 0, [written()])])
    store.append([Append("note-1", 0, [written()])])
    assert store.newest() == 1


def test_what_was_foreseen_is_read_as_if_it_had_been_asked_for(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written(), closed()])], {"command:1": "x"})
    store.append([Append(f"note-{n}", 0, [written(f"note-{n}")]) for n in range(2, 600)])
    draft = Together(store)
    streams = [f"note-{n}" for n in range(1, 650)]
    draft.foresee(streams, ["command:1", "command:2"])
    assert [each.event for each in draft.history("note-1", opened=True)] == [written(), closed()]
    assert [len(draft.history(stream)) for stream in streams[1:]] == [1] * 598 + [0] * 50
    assert draft.claim("command:1") == store.claim("command:1")
    assert draft.claim("command:2") is None
    draft.append([Append("note-1", 2, [closed()]), Append("note-640", 0, [written("note-640")])])
    draft.store()
    assert len(store.history("note-1")) == 3


def test_what_was_foreseen_and_is_no_longer_so_is_a_conflict(store: EventStore) -> None:
    draft = Together(store)
    draft.foresee(["note-1", "child-1"], ["command:1"])
    store.append([Append("note-1", 0, [written()])], {"command:1": "x"})
    draft.append([Append("note-1", 0, [written(code="second")])])
    with pytest.raises(Conflict):
        draft.store()
    assert [each.event for each in store.history("note-1", opened=True)] == [written()]


def test_a_key_that_was_destroyed_meanwhile_is_a_conflict(store: EventStore) -> None:
    draft = Together(store)
    draft.foresee(["child-1"], [])
    draft.append([Append("note-1", 0, [written()])])
    store.vault.destroy("child-1")
    with pytest.raises(Conflict):
        draft.store()
    assert store.newest() == 0


def test_a_new_id_is_nobody_elses_and_can_be_written_to_at_once(store: EventStore) -> None:
    draft = Together(store)
    note, other = draft.new_id("note"), draft.new_id("note")
    assert note != other
    assert note.startswith("note-")
    assert draft.history(note) == []
    draft.append([Append(note, 0, [written(note)])])
    assert len(draft.history(note)) == 1
    draft.store()
    assert len(store.history(note)) == 1


def test_how_far_several_were_read_is_stored_for_all_or_for_none(store: EventStore) -> None:
    draft = Together(store)
    draft.append([Append("note-1", 0, [written()])])
    draft.store(Tracking("kafka|1", 7), Tracking("kafka|2", 3))
    assert (store.tracked("kafka|1"), store.tracked("kafka|2")) == (7, 3)

    draft = Together(store)
    draft.append([Append("note-2", 0, [written("note-2")])])
    with pytest.raises(Conflict) as conflict:
        draft.store(Tracking("kafka|1", 8), Tracking("kafka|2", 3), Tracking("kafka|3", 1))
    assert conflict.value.tracking == "kafka|2"
    assert [store.tracked(f"kafka|{n}") for n in (1, 2, 3)] == [7, 3, 0]
    assert store.history("note-2") == []
