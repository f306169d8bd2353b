"""Every test of a projection runs on SQLite and on every PostgreSQL there is."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache

import pytest

from adapters.read_models.postgres import PostgreSQLSession
from domain.kernel import Event
from projections.base import Projection
from tests.parts.postgres import EACH, new_database
from tests.views import Given, View, given_in_a_file

SCHEMA = "views"


@pytest.fixture(scope="session")
def postgresql_session(
    postgresql_server: Callable[[str], str],
) -> Iterator[Callable[[str], PostgreSQLSession]]:
    """A connection to a database of its own on the server of a version."""
    with ExitStack() as stack:

        @lru_cache
        def session(version: str) -> PostgreSQLSession:
            address = stack.enter_context(new_database(postgresql_server(version)))
            opened = PostgreSQLSession(address, SCHEMA, writing=True)
            stack.callback(opened.close)
            return opened

        yield session


@pytest.fixture(params=["sqlite", *EACH])
def given(
    request: pytest.FixtureRequest,
    postgresql_session: Callable[[str], PostgreSQLSession],
) -> Given:
    """given(projection, *events): each call has empty tables, and ends the view before it."""
    if request.param == "sqlite":
        return given_in_a_file

    def on_postgresql(projection: Projection, *events: Event) -> View:
        session = postgresql_session(request.param)
        session.execute(f"drop schema if exists {SCHEMA} cascade")
        session.execute(f"create schema {SCHEMA}")
        return View(session, projection).given(*events)

    return on_postgresql
