"""The read models of one store: read by many, written by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Self, TypeVar

import msgspec

from adapters.read_models.place import (
    LIVE,
    NEXT,
    OWN_TABLES,
    Checkpoint,
    Digest,
    Place,
    ReadModel,
    Session,
    Unavailable,
)
from adapters.read_models.postgres import PostgreSQL
from adapters.read_models.sqlite import SQLite
from adapters.read_models.statements import Values

T = TypeVar("T")

MOST_READERS = 8
"""How many read at once; others wait for them."""


class ReadModels:
    """The read models of one store. Safe to share between threads; other processes may open them.

    Every method may raise `Unavailable`.
    """

    def __init__(self, database: SQLite | PostgreSQL) -> None:
        self._database = database
        self._idle: list[Session] = []
        self._readers = BoundedSemaphore(MOST_READERS)

    @classmethod
    def open(cls, address: str | Path) -> Self:
        """The read models at `postgresql://…` or in a folder; what is missing is created."""
        address = str(address)
        if address.startswith(("postgresql://", "postgres://")):
            return cls(PostgreSQL(address))
        return cls(SQLite(Path(address)))

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────

    def query(self, sql: str, values: Values | None = None) -> list[Mapping[str, Any]]:
        """The rows of one SELECT with `:name` parameters, as mappings by column.

        Raises `StatementFailed` for one that is wrong.
        """
        return self._read(lambda session: session.rows(sql, values))

    def checkpoints(self) -> dict[str, Checkpoint]:
        """How far each projection has come, by name; none of one that never ran."""
        return self._read(lambda session: session.checkpoints())

    def parked(self) -> dict[str, int]:
        """How many events each projection has set aside; nothing of those that have none."""
        found = self.query("select projection, count(*) as parked from parked group by projection")
        return {row["projection"]: row["parked"] for row in found}

    def digest(self, model: ReadModel) -> Digest:
        """The digest of a projection's live rows, read at one moment.

        The same on either database: the name of each table, its columns and its rows are hashed as
        MessagePack, rows in the order of their keys, text in the order of its UTF-8 bytes.
        """
        return self._read(lambda session: _digest(session, model))

    def _read(self, read: Callable[[Session], T]) -> T:
        with self._readers:
            try:
                return self._lent(read, self._idle.pop() if self._idle else None)
            except Unavailable:
                # Those that idled were made to the same server, and may have gone with it.
                self.close()
            return self._lent(read, None)

    def _lent(self, read: Callable[[Session], T], session: Session | None) -> T:
        session = session or self._database.session(LIVE)
        try:
            answer = read(session)
        except BaseException:
            session.close()
            raise
        self._idle.append(session)
        return answer

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def writer(self) -> Iterator[Place | None]:
        """The live tables, for one writer at a time; None while another, anywhere, has them."""
        with self._database.lease(LIVE) as session:
            yield Place(session) if session else None

    @contextmanager
    def beside(self) -> Iterator[Place | None]:
        """An empty place for a rebuild; None while there is another rebuild anywhere."""
        with self._database.lease(NEXT) as session:
            yield Place(session) if session else None

    def replace(
        self, names: Sequence[str], finish: Callable[[Mapping[str, Checkpoint]], None]
    ) -> None:
        """Put the tables of these projections that were built beside in the place of the live ones.

        Only for whoever holds `beside()`. `finish` is called with the live checkpoints when nobody
        can write any more, to bring what was built as far as they are. All in one transaction:
        readers see the old rows until they see the new. The old are kept for `restore`.
        """
        self._database.replace(names, finish)

    def restore(self, name: str) -> bool:
        """Put the tables that were replaced last back in their place, as they were then.

        False if none are kept. A runner whose projection has another version rebuilds them: to go
        back for good, go back to the earlier release as well.
        """
        return self._database.restore(name)

    def close(self) -> None:
        """Let go of the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()


def _digest(session: Session, model: ReadModel) -> Digest:
    hashed, count, position = sha256(), 0, 0
    if held := session.checkpoints().get(model.name):
        tables = {table: key for table, key in model.tables.items() if table in held.tables}
        with session.snapshot((*OWN_TABLES, *tables)):
            position = session.checkpoints()[model.name].position
            for table, key in tables.items():
                columns, rows = session.ordered(table, key)
                hashed.update(msgspec.msgpack.encode((table, columns)))
                for row in rows:
                    hashed.update(msgspec.msgpack.encode(row))
                    count += 1
    return Digest(projection=model.name, position=position, rows=count, sha256=hashed.hexdigest())
