"""Does an append wait for the disk, unless the whole folder is still being filled?"""

from pathlib import Path

import pytest

from adapters.event_store.sqlite import Database

OFF, FULL = 0, 2


@pytest.mark.parametrize(("durable", "synchronous"), [(True, FULL), (False, OFF)])
def test_an_append_waits_for_the_disk_unless_the_store_may_be_lost(
    tmp_path: Path, durable: bool, synchronous: int
) -> None:
    database = Database(tmp_path / "events.db", durable=durable)
    with database.writing() as connection:
        assert connection.execute("pragma synchronous").fetchone() == (synchronous,)
    database.close()


def test_a_store_waits_for_the_disk_unless_told_otherwise(tmp_path: Path) -> None:
    database = Database(tmp_path / "events.db")
    with database.writing() as connection:
        assert connection.execute("pragma synchronous").fetchone() == (FULL,)
    database.close()
