"""Is the library still the one whose inside we lean on? Each test names what we lean on."""

import inspect
from importlib.metadata import version
from typing import get_type_hints

import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import (
    EventStore,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    Notification,
    OperationalError,
    PersistenceError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_it_is_the_release_that_was_read() -> None:
    assert version("eventsourcing") == "9.5.6"


@pytest.mark.parametrize(
    ("hook", "takes"),
    [
        (Application.construct_env, ["self", "name", "env"]),
        (Application.construct_mapper, ["self"]),
        (Application.close, ["self"]),
        (Mapper.__init__, ["self", "transcoder", "compressor", "cipher"]),
        (Mapper.to_stored_event, ["self", "domain_event"]),
        (Mapper.to_domain_event, ["self", "stored_event"]),
        (InfrastructureFactory.mapper, ["self", "transcoder", "mapper_class"]),
        (InfrastructureFactory.aggregate_recorder, ["self", "purpose"]),
        (InfrastructureFactory.tracking_recorder, ["self", "tracking_recorder_class"]),
    ],
)
def test_what_we_override_is_still_called_like_this(hook: object, takes: list[str]) -> None:
    assert parameters(hook) == takes


def test_everything_given_to_put_reaches_the_recorder() -> None:
    class Spy:
        def insert_events(self, events: list[object], **more: object) -> list[int]:
            self.got = events, more
            return [7]

    class Same:
        def to_stored_event(self, event: StoredEvent) -> StoredEvent:
            return event

    spy, event = Spy(), StoredEvent("note-1", 1, "topic", b"state")
    store: EventStore[str] = EventStore(Same(), spy)  # type: ignore[arg-type]
    (recording,) = store.put([event], after={"note-1": 0}, claims={}, tracking=None)  # type: ignore[list-item]
    assert spy.got == ([event], {"after": {"note-1": 0}, "claims": {}, "tracking": None})
    assert recording.notification == Notification("note-1", 1, "topic", b"state", id=7)


def test_a_subscription_keeps_its_place_in_these_attributes() -> None:
    class Silent(Subscription[ProcessRecorder]):
        def __next__(self) -> Notification:
            raise StopIteration

    silent = Silent(None, gt=3, topics=["a"])  # type: ignore[arg-type]
    assert silent._last_notification_id == 3
    assert silent._topics == ["a"]
    assert silent._recorder is None
    assert silent._has_been_stopped is False
    silent.stop()
    assert silent._has_been_stopped is True


def test_these_are_all_that_a_recorder_must_do() -> None:
    assert ProcessRecorder.__abstractmethods__ == {
        "insert_events",
        "select_events",
        "select_notifications",
        "max_notification_id",
        "subscribe",
        "insert_tracking",
        "max_tracking_id",
    }


def test_tracking_and_errors_mean_what_we_take_them_to_mean() -> None:
    assert list(get_type_hints(Tracking)) == ["application_name", "notification_id"]
    assert issubclass(IntegrityError, PersistenceError)
    assert issubclass(OperationalError, PersistenceError)
    assert not issubclass(IntegrityError, OperationalError)
