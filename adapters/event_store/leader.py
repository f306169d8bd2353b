"""Is this process the only one of all that work on the store which does a certain work?"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from adapters.event_store.store import Unavailable

Held = Callable[[], bool]
"""Asks whether the work is still ours: it is not once the connection that holds it has gone."""

CONNECT_SECONDS = 10


@contextmanager
def alone(address: str, name: str) -> Iterator[Held | None]:
    """The work of this name (letters, digits, hyphens), while inside; None while it is another's.

    Given up by a process that ends, however it ends. Raises `Unavailable`.
    """
    held = _by_advisory_lock if address.startswith(("postgresql://", "postgres://")) else _by_file
    with held(address, name) as found:
        yield found


@contextmanager
def _by_file(address: str, name: str) -> Iterator[Held | None]:
    descriptor = os.open(
        Path(address) / f"{name}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
    )
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lambda: True
    finally:
        os.close(descriptor)


@contextmanager
def _by_advisory_lock(address: str, name: str) -> Iterator[Held | None]:
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise Unavailable(str(error)) from error
    try:
        taken = connection.execute(
            "select pg_try_advisory_lock(hashtextextended(%s, 2))", (name,)
        ).fetchone()

        def holds() -> bool:
            try:
                connection.execute("select 1")
            except psycopg.OperationalError:
                return False
            return True

        if not (taken and taken[0]):
            yield None
            return
        try:
            yield holds
        finally:  # the server lets go only some time after a connection has gone
            with suppress(psycopg.OperationalError):
                connection.execute("select pg_advisory_unlock(hashtextextended(%s, 2))", (name,))
    finally:
        connection.close()
