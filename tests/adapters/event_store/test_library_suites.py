"""Do our recorders keep every promise that the library's own tests ask of a recorder?"""

import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.tests import persistence
from eventsourcing.utils import Environment

from adapters.event_store import postgres, recorder, sqlite

SUITES: tuple[type[unittest.TestCase], ...] = (
    persistence.ApplicationRecorderTestCase,
    persistence.TrackingRecorderTestCase,
    persistence.ProcessRecorderTestCase,
    persistence.NonInterleavingNotificationIDsBaseCase,
)
TESTS = [
    pytest.param(suite, name, id=f"{suite.__name__}.{name}")
    for suite in SUITES
    for name in sorted(dir(suite))
    if name.startswith(("test", "optional_test")) and name != "test_performance"
]
FACTORY_TESTS = [
    name for name in dir(persistence.InfrastructureFactoryTestCase) if name.startswith("test")
]


@pytest.fixture
def environment(address: str, tmp_path: Path) -> dict[str, str]:
    if address.startswith("postgresql"):
        module = "adapters.event_store.postgres"
    else:
        module = "adapters.event_store.sqlite"
        address = str(tmp_path / "events.db")
    return {"PERSISTENCE_MODULE": module, recorder.LogFactory.ADDRESS: address}


@pytest.fixture
def factory(environment: dict[str, str]) -> Iterator[InfrastructureFactory[Any]]:
    made: InfrastructureFactory[Any] = InfrastructureFactory.construct(environment)
    yield made
    made.close()


def run(suite: type[unittest.TestCase], name: str, **fitted: Callable[..., Any] | Any) -> None:
    result = unittest.TestResult()
    type(suite.__name__, (suite,), fitted)(name).run(result)
    assert result.testsRun == 1
    assert result.wasSuccessful(), result.errors + result.failures


@pytest.mark.parametrize(("suite", "name"), TESTS)
def test_the_library_s_own_suite_of_a_recorder_passes(
    factory: InfrastructureFactory[Any], suite: type[unittest.TestCase], name: str
) -> None:
    run(
        suite,
        name,
        create_recorder=lambda _: factory.process_recorder(),
        new_originator_id=lambda _: str(uuid4()),
    )


@pytest.mark.parametrize("name", FACTORY_TESTS)
def test_the_library_s_own_suite_of_a_factory_passes(
    environment: dict[str, str], name: str
) -> None:
    ours = postgres if "postgres" in environment["PERSISTENCE_MODULE"] else sqlite
    kind = ours.Factory.recorder_class
    expected = {
        f"expected_{purpose}_recorder_class": lambda _: kind
        for purpose in ("aggregate", "application", "tracking", "process")
    }
    run(
        persistence.InfrastructureFactoryTestCase,
        name,
        env=Environment(env=environment),
        expected_factory_class=lambda _: ours.Factory,
        tracking_recorder_subclass=lambda _: OtherPostgres if ours is postgres else OtherSQLite,
        **expected,
    )


class OtherSQLite(sqlite.SQLiteRecorder):
    """As somebody would derive a recorder of their own."""


class OtherPostgres(postgres.PostgresRecorder):
    """As somebody would derive a recorder of their own."""
