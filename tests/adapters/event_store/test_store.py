"""Can events only be added, all or nothing, and read again in one order?"""

import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from adapters.event_store import (
    Append,
    Claim,
    Conflict,
    EventStore,
    Tracking,
    Unavailable,
    Unstorable,
)
from adapters.vault import KeysUnavailable, Vault
from domain.kernel import WITHHELD
from tests.adapters.event_store.direct import execute, somebody_writes
from tests.adapters.event_store.notes import (
    CATALOGUE,
    STAMP,
    NoteClosed,
    closed,
    kept,
    positions,
    written,
)


def test_what_was_stored_is_read_again_in_order(store: EventStore) -> None:
    first, second = written(code="a"), closed()
    store.append([Append("note-1", 0, [first])])
    store.append([Append("note-1", 1, [second])])

    assert [each.event for each in store.history("note-1", opened=True)] == [first, second]
    assert [each.version for each in store.history("note-1")] == [1, 2]
    assert [each.event for each in store.history("note-1", opened=True, up_to=1)] == [first]
    assert store.history("note-2") == []


def test_an_append_tells_where_its_events_stand(store: EventStore) -> None:
    events = [written(), closed()]
    recorded = store.append([Append("note-1", 0, events)])

    assert [each.event for each in recorded] == events
    assert positions(recorded) == [1, 2]
    assert [store.opened(each) for each in store.history("note-1")] == recorded


def test_several_new_streams_are_stored_in_one_transaction(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written()])])
    appends = [
        Append("message-1", 0, [kept()]),
        Append("note-2", 0, [written("note-2"), closed("note-2")]),
        Append("note-1", 0, [closed()]),
    ]
    with pytest.raises(Conflict) as conflict:
        store.append(appends, {"command:1": "x"}, Tracking("kafka", 7))

    assert conflict.value.stream == "note-1"
    assert conflict.value.claim is None
    assert store.newest() == 1
    assert store.claim("command:1") is None
    store.append(appends[:2], {"command:1": "x"}, Tracking("kafka", 7))
    assert [each.stream for each in store.since(1, 10)] == ["message-1", "note-2", "note-2"]


def test_a_stream_has_no_hole(store: EventStore) -> None:
    with pytest.raises(Conflict, match="note-1 has moved on"):
        store.append([Append("note-1", 1, [written()])])
    assert store.newest() == 0


def test_an_event_is_stored_in_its_own_stream_only(store: EventStore) -> None:
    with pytest.raises(ValueError, match="does not belong to note-2"):
        store.append([Append("note-2", 0, [written("note-1")])])
    with pytest.raises(ValueError, match="twice"):
        store.append([Append("note-1", 0, [written()]), Append("note-1", 0, [closed()])])


def test_a_claim_is_held_for_ever_by_the_first_who_made_it(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written(), closed()])], {"command:1": "a", "nhs:9": "b"})

    assert store.claim("command:1") == Claim("command:1", "a", 1, 2)
    assert store.claim("nhs:9") == Claim("nhs:9", "b", 1, 2)
    assert store.claim("command:2") is None
    assert positions(store.recorded_at(1, 2)) == [1, 2]
    with pytest.raises(Conflict, match="nhs:9 is taken") as conflict:
        store.append([Append("note-2", 0, [written("note-2")])], {"nhs:9": "other"})
    assert conflict.value.claim == "nhs:9"
    assert conflict.value.stream is None
    assert store.history("note-2") == []


def test_a_taken_claim_is_told_before_a_stream_that_moved_on(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written()])], {"command:1": ""})
    with pytest.raises(Conflict, match="command:1 is taken"):
        store.append([Append("note-1", 0, [closed()])], {"command:1": ""})


def test_a_command_that_changed_nothing_may_still_be_claimed(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written()])])
    assert store.append([], {"command:2": "nothing"}) == []
    assert store.append([], {"command:2": "nothing"}) == []
    assert store.claim("command:2") == Claim("command:2", "nothing", 1, 0)


def test_a_position_elsewhere_is_stored_with_the_events_and_only_rises(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written()])], tracking=Tracking("kafka", 7))
    with pytest.raises(Conflict) as conflict:
        store.append([Append("note-2", 0, [written("note-2")])], tracking=Tracking("kafka", 7))
    assert conflict.value.tracking == "kafka"
    assert store.newest() == 1


def test_the_log_is_read_in_pages(store: EventStore) -> None:
    store.append([Append(f"note-{n}", 0, [written(f"note-{n}")]) for n in range(5)])

    assert positions(store.since(0, 2)) == [1, 2]
    page = store.since(2, 10)
    assert positions(page) == [3, 4, 5]
    assert page.reached == 5
    assert list(store.since(5, 10)) == []
    assert store.since(5, 10).reached == 5


def test_a_page_of_some_names_says_how_far_it_looked(store: EventStore) -> None:
    store.append([Append("note-1", 0, [written(), closed()]), Append("message-1", 0, [kept()])])

    page = store.since(0, 10, names=["note.closed.v1"])
    assert [type(each.event) for each in page] == [NoteClosed]
    assert page.reached == 2
    assert store.since(2, 10, names=["note.closed.v1"]).reached == 3
    with pytest.raises(ValueError, match="No events"):
        store.since(0, 10, names=[])


def test_a_page_is_small_even_when_messages_are_large(store: EventStore) -> None:
    store._recorder.page_bytes = 100_000
    for n in range(3):
        message = f"message-{n}"
        store.append([Append(message, 0, [kept(message, b"x" * 60_000)])])
    store.append([Append("message-3", 0, [kept("message-3", b"x" * 200_000)])])

    assert positions(store.since(0, 10)) in ([1], [1, 2])
    assert positions(store.since(2, 10)) in ([3], [3, 4])
    assert positions(store.since(3, 10)) == [4]


def test_somebody_who_waits_is_woken_by_an_append(store: EventStore) -> None:
    assert not store.wait(0, 0.01)
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(store.wait(0, 20)))
    waiting.start()
    store.append([Append("note-1", 0, [written()])])
    waiting.join(20)

    assert woken == [True]
    assert store.wait(0, 0)


def test_somebody_who_waits_is_woken_by_an_append_of_another_process(
    address: str, store: EventStore, vault: Vault
) -> None:
    assert not store.wait(0, 0.01)
    with closing(EventStore.open(address, vault, catalogue=CATALOGUE)) as other:
        other.append([Append("note-1", 0, [written()])])
    assert store.wait(0, 20)


def test_the_database_itself_refuses_to_change_or_delete(store: EventStore, address: str) -> None:
    store.append([Append("note-1", 0, [written()])], {"command:1": ""})
    for statement in (
        "update stored_events set topic = 'other'",
        "delete from stored_events",
        "update stored_claims set value = 'other'",
        "delete from stored_claims",
    ):
        with pytest.raises(Exception, match="append-only"):
            execute(address, statement)
    assert store.newest() == 1


def test_postgresql_refuses_to_truncate_the_log(postgresql: str, vault: Vault) -> None:
    EventStore.open(postgresql, vault, catalogue=CATALOGUE).close()
    for table in ("stored_events", "stored_claims"):
        with pytest.raises(Exception, match="append-only"):
            execute(postgresql, f"truncate {table}")


def test_words_that_are_missing_are_not_stored(store: EventStore) -> None:
    with pytest.raises(Unstorable, match=r"NoteWritten\.words is withheld"):
        store.append([Append("note-1", 0, [written(words=WITHHELD)])])
    with pytest.raises(Unstorable, match=r"NoteWritten\.home is withheld"):
        store.append([Append("note-1", 0, [written(home=WITHHELD)])])
    assert store.newest() == 0


def test_an_event_that_could_not_be_read_again_is_not_stored(store: EventStore) -> None:
    naive = written(happened_at=written().happened_at.replace(tzinfo=None))
    with pytest.raises(Unstorable, match="happened_at"):
        store.append([Append("note-1", 0, [naive])])
    with pytest.raises(Unstorable) as refused:
        store.append([Append("note-1", 0, [written(child_name=["a list of", "Secret"])])])
    assert "Secret" not in str(refused.value)
    assert store.newest() == 0


def test_only_events_of_the_catalogue_are_stored(store: EventStore) -> None:
    class Stranger(NoteClosed, frozen=True, tag="note.strange.v1"):
        pass

    with pytest.raises(Unstorable, match="not in the catalogue"):
        store.append([Append("note-1", 0, [Stranger(note_id="note-1", **STAMP)])])


def test_a_database_that_is_not_there_is_said_to_be_unavailable(
    vault: Vault, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable):
        EventStore.open(f"postgresql:///x?host={tmp_path}", vault, catalogue=CATALOGUE)


def test_a_store_of_a_newer_version_is_not_touched(
    store: EventStore, address: str, vault: Vault
) -> None:
    store.close()
    if address.startswith("postgresql"):
        execute(address, "comment on table stored_events is '99'")
    else:
        execute(address, "pragma user_version = 99")
    with pytest.raises(Unavailable, match="newer version"):
        EventStore.open(address, vault, catalogue=CATALOGUE)


def test_who_is_told_to_end_does_not_wait_for_another_writer(
    store: EventStore, address: str
) -> None:
    with somebody_writes(address), pytest.raises(Unavailable):
        told_to_end_while_it_appends(store)
    assert store.history("note-1") == []
    assert positions(store.append([Append("note-1", 0, [closed()])])) == [1]


def test_who_is_told_to_end_does_not_wait_for_another_who_makes_keys(
    sqlite_store: EventStore, keys: Path
) -> None:
    with somebody_writes(keys, "keys.db"), pytest.raises(KeysUnavailable):
        told_to_end_while_it_appends(sqlite_store)
    assert positions(sqlite_store.append([Append("note-1", 0, [written()])])) == [1]


def told_to_end_while_it_appends(store: EventStore) -> None:
    asked: list[bool] = []

    def ended() -> bool:
        asked.append(len(asked) == 1)
        return asked[-1]

    store.until(ended)
    try:
        store.append([Append("note-1", 0, [written()])])
    finally:
        assert asked[:2] == [False, True]


def test_a_writer_waits_for_another(store: EventStore, address: str) -> None:
    with ExitStack() as stack:
        stack.enter_context(somebody_writes(address))

        def ended() -> bool:
            stack.close()  # the other has done
            return False

        store.until(ended)
        assert positions(store.append([Append("note-1", 0, [closed()])])) == [1]
