"""How does an SQLite file hold the access log?"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from adapters.access_log import AccessLog, Unrecorded
from adapters.private_files import FileGone, StillThere, private_file, private_folder
from adapters.vault import one_at_a_time

SCHEMA = """
begin immediate;
create table if not exists looks (
    position integer primary key, at text not null, person text not null, role text not null,
    action text not null, about text not null, permitted integer not null, rule text not null
);
create table if not exists looks_about (
    id text not null, position integer not null, primary key (id, position)
) without rowid;
-- `insert or replace` deletes without asking the delete trigger: only the next position is taken.
create trigger if not exists looks_in_order before insert on looks
when new.position is not (select coalesce(max(position), 0) + 1 from looks)
begin select raise(abort, 'The access log is append-only.'); end;
"""

REFUSAL = """
create trigger if not exists {table}_no_{change} before {change} on {table}
begin select raise(abort, 'The access log is append-only.'); end;
"""

APPEND = """
insert into looks select coalesce(max(position), 0) + 1, ?, ?, ?, ?, ?, ?, ? from looks
returning position
"""


class SqliteAccessLog(AccessLog):
    """`access.db` in the store's folder, readable by its owner alone."""

    def __init__(self, folder: str, patience: float) -> None:
        self._lock = Lock()
        with _unrecorded():
            path = Path(folder) / "access.db"
            private_folder(path.parent)
            with one_at_a_time(path.parent):
                private_file(path)
                self._database = sqlite3.connect(
                    path, isolation_level=None, timeout=patience, check_same_thread=False
                )
                self._file = StillThere(path)
                try:
                    self._migrate()
                except BaseException:
                    self._database.close()
                    raise

    def _migrate(self) -> None:
        # FULL: what was acknowledged survives a power cut.
        for pragma in ("journal_mode = wal", "synchronous = full"):
            self._database.execute(f"pragma {pragma}").fetchone()
        refusals = "".join(
            REFUSAL.format(table=table, change=change)
            for table in ("looks", "looks_about")
            for change in ("update", "delete")
        )
        self._database.executescript(f"{SCHEMA} {refusals} commit;")

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _append(self, line: Sequence[Any], about: Sequence[str]) -> int:
        with self._lock, _unrecorded():
            self._file.check()
            execute = self._database.execute
            execute("begin immediate")
            try:
                ((position,),) = execute(APPEND, line).fetchall()
                self._database.executemany(
                    "insert into looks_about values (?, ?)", ((each, position) for each in about)
                )
                execute("commit")
            except BaseException:
                if self._database.in_transaction:
                    execute("rollback")
                raise
            return int(position)

    def _read(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._lock, _unrecorded():
            self._file.check()
            return self._database.execute(statement, parameters).fetchall()


@contextmanager
def _unrecorded() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, FileGone) as error:
        raise Unrecorded("The access log cannot be used now.") from error
