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
