"""Are rows and their checkpoint stored together, by one writer, and read the same everywhere?"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.read_models import (
    Batch,
    Checkpoint,
    Overtaken,
    Parked,
    Place,
    ReadModels,
    StatementFailed,
    Unavailable,
    bound,
)
from adapters.read_models.statements import by_dollar, by_percent


class Model(Struct, frozen=True):
    """Just what the read models ask of a projection."""

    name: str
    version: int
    tables: dict[str, tuple[str, ...]]
    schema: tuple[str, ...]


SCHEMA = (
    "create table sights (place text, number integer, share real, sealed blob,"
    " primary key (place, number))",
    "create index sights_by_number on sights (number)",
)
SIGHTS = Model("sights", 1, {"sights": ("place", "number")}, SCHEMA)
OTHERS = Model("others", 1, {"others": ("place",)}, ("create table others (place text not null)",))

SEE = "insert into sights (place, number, share) values (:place, :number, 0.5)"


@pytest.fixture
def models(address: str) -> Iterator[ReadModels]:
    with closing(ReadModels.open(address)) as opened:
        yield opened


@pytest.fixture
def place(models: ReadModels) -> Iterator[Place]:
    with models.writer() as held:
        assert held
        held.create(SIGHTS)
        held.create(OTHERS)
        yield held


def seen(place: str, number: int = 1) -> tuple[str, dict[str, Any]]:
    return SEE, {"place": place, "number": number}


def batch(place: Place, reached: int, *writes: Any, model: str = "sights", **more: Any) -> Batch:
    written = [bound(*write) for write in writes]
    return Batch(checkpoint=place.checkpoints()[model], reached=reached, writes=written, **more)


def places(models: ReadModels) -> list[str]:
    return [row["place"] for row in models.query("select place from sights order by place")]


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


def test_rows_and_their_checkpoint_are_stored_together(models: ReadModels, place: Place) -> None:
    assert models.checkpoints()["sights"] == Checkpoint(
        projection="sights", version=1, position=0, build=0, tables=("sights",)
    )
    place.apply([batch(place, 7, seen("Exe"), seen("Wye")), batch(place, 9, model="others")])

    assert places(models) == ["Exe", "Wye"]
    assert {name: held.position for name, held in models.checkpoints().items()} == {
        "sights": 7,
        "others": 9,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(seen("Exe"), id="a key that is there"),
        pytest.param(("insert into others values (:place)", {"place": None}), id="no value"),
        pytest.param(("insert into nowhere values (1)", {}), id="no such table"),
        pytest.param(seen("Wye", 2**70), id="a number that is too large"),
        pytest.param(seen("\ud800"), id="half a character"),
        pytest.param((SEE, {"place": object(), "number": 1}), id="no such type"),
    ],
)
def test_of_a_batch_that_is_refused_nothing_is_stored(
    models: ReadModels, place: Place, wrong: Any
) -> None:
    place.apply([batch(place, 1, seen("Exe"))])
    with pytest.raises(StatementFailed) as failed:
        place.apply([batch(place, 5, model="others"), batch(place, 5, seen("Usk"), wrong)])

    assert failed.value.projection == "sights"
    assert places(models) == ["Exe"]
    assert [held.position for held in models.checkpoints().values()].count(5) == 0
    place.apply([batch(place, 5, seen("Usk"))])
    assert places(models) == ["Exe", "Usk"]


def test_a_refusal_tells_nothing_of_the_row(models: ReadModels, place: Place) -> None:
    place.apply([batch(place, 1, seen("Robin"))])
    with pytest.raises(StatementFailed) as failed:
        place.apply([batch(place, 2, seen("Robin"))])
    assert "Robin" not in str(failed.value) + failed.value.reason


def test_a_batch_from_another_checkpoint_is_not_stored(models: ReadModels, place: Place) -> None:
    first = batch(place, 1, seen("Exe"))
    place.apply([first])
    for stale in (
        first,
        replace(first, checkpoint=replace(first.checkpoint, position=1, build=1)),
        replace(first, checkpoint=replace(first.checkpoint, position=1, version=2)),
    ):
        with pytest.raises(Overtaken):
            place.apply([replace(stale, writes=[bound(*seen("Wye"))])])
    assert places(models) == ["Exe"]


def test_large_batches_go_through(models: ReadModels, place: Place) -> None:
    """The library's way with PostgreSQL hangs on more than half a megabyte."""
    write = "insert into sights (place, number, sealed) values (:place, :number, :sealed)"
    values = [{"place": f"{n}", "number": n, "sealed": bytes(5000)} for n in range(4000)]
    place.apply([batch(place, 1, *((write, each) for each in values))])
    assert models.query("select sum(length(sealed)) as size from sights") == [{"size": 20_000_000}]


def test_a_statement_may_be_any_mixture_of_others(models: ReadModels, place: Place) -> None:
    forget = "delete from sights where place = :place"
    writes = [seen("Exe"), (forget, {"place": "Exe"}), seen("Exe", 2), seen("Wye")]
    place.apply([batch(place, 1, *writes)])
    assert models.query("select place, number from sights order by place") == [
        {"place": "Exe", "number": 2},
        {"place": "Wye", "number": 1},
    ]


def test_what_is_parked_is_kept_with_the_batch_until_it_is_released(
    models: ReadModels, place: Place
) -> None:
    parked = [
        Parked(projection="sights", position=3, stream="child-1", reason="ValueError"),
        Parked(projection="sights", position=4, stream="child-1"),
    ]
    place.apply([batch(place, 5, parked=parked)])
    assert place.parked() == parked
    assert models.parked() == {"sights": 2}

    place.apply([batch(place, 5, seen("Exe"), released=(3,))])
    assert place.parked() == parked[1:]


def test_there_is_one_writer_at_a_time(address: str, models: ReadModels) -> None:
    with closing(ReadModels.open(address)) as elsewhere:
        with models.writer() as first:
            assert first
            with elsewhere.writer() as second:
                assert second is None
            with elsewhere.beside() as builder:
                assert builder
        with elsewhere.writer() as second:
            assert second


def test_several_may_open_a_new_database_at_once(address: str) -> None:
    def opened(_: int) -> int:
        with closing(ReadModels.open(address)) as each:
            return len(each.checkpoints())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(opened, range(8))) == [0] * 8


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


def test_a_question_names_its_values(models: ReadModels, place: Place) -> None:
    place.apply([batch(place, 1, seen("50% :number"), seen("Exe", 2), seen("Exe", 3))])
    found = models.query(
        "select place, number from sights where number >= :least and place <> ':number'"
        " and place like '%x%' order by number limit :most",
        {"least": 2, "most": 1},
    )
    assert found == [{"place": "Exe", "number": 2}]
    assert models.query("select place from sights where number = :n", {"n": 1}) == [
        {"place": "50% :number"}
    ]


def test_numbers_and_truths_are_the_same_on_every_database(
    models: ReadModels, place: Place
) -> None:
    place.apply([batch(place, 1, seen("Exe", 2**60), seen("Wye", 1))])
    (row,) = models.query(
        "select sum(number) as total, count(*) as many, max(number) > 1 as large,"
        " avg(share) as share from sights where :word = 'x'",
        {"word": "x"},
    )
    assert row == {"total": 2**60 + 1, "many": 2, "large": 1, "share": 0.5}
    assert [type(value) for value in row.values()] == [int, int, int, float]


def test_a_question_that_is_wrong_is_told_apart_from_a_database_that_is_away(
    models: ReadModels,
) -> None:
    with pytest.raises(StatementFailed):
        models.query("select * from nowhere")
    assert models.query("select 1 as one") == [{"one": 1}]


def test_readers_see_whole_batches_and_do_not_wait_for_the_writer(
    models: ReadModels, place: Place
) -> None:
    counts: set[int] = set()
    with ThreadPoolExecutor(12) as pool:
        for n in range(10):
            place.apply([batch(place, n + 1, seen("Exe", n), seen("Wye", n))])
            asked = [pool.submit(places, models) for _ in range(12)]
            counts |= {len(each.result()) for each in asked}
    assert counts == {2 * n for n in range(1, 11)}


def test_a_question_cannot_change_anything(models: ReadModels, place: Place) -> None:
    with pytest.raises(Unavailable):
        models.query("delete from checkpoints")
    assert models.checkpoints().keys() == {"sights", "others"}


# ── Digests ───────────────────────────────────────────────────────────────────────────────────────


def test_a_digest_is_the_same_on_every_database(
    address: str, tmp_path: Path, models: ReadModels, place: Place
) -> None:
    write = "insert into sights values (:place, :number, :share, :sealed)"
    names = ["b", "B", "ä", "a b", "ab", "-", "Ω", "😀", "z"]
    values = [
        {"place": name, "number": n, "share": n / 3, "sealed": bytes([n]) if n % 2 else None}
        for n, name in enumerate(names)
    ]
    with (
        closing(ReadModels.open(tmp_path / "another")) as others,
        others.writer() as other_place,
    ):
        assert other_place
        other_place.create(SIGHTS)
        other_place.apply([batch(other_place, 4, *((write, each) for each in reversed(values)))])
        place.apply([batch(place, 4, *((write, each) for each in values))])

        digest = models.digest(SIGHTS)
        assert digest == others.digest(SIGHTS)
        assert (digest.position, digest.rows) == (4, 9)

        place.apply([batch(place, 5, ("update sights set share = 0 where place = 'z'", {}))])
        assert models.digest(SIGHTS).sha256 != digest.sha256


def test_rows_that_are_not_there_yet_have_a_digest_too(models: ReadModels) -> None:
    digest = models.digest(SIGHTS)
    assert (digest.position, digest.rows, len(digest.sha256)) == (0, 0, 64)


# ── Replacing ─────────────────────────────────────────────────────────────────────────────────────


def test_what_was_built_beside_takes_the_place_of_the_live_rows_and_they_are_kept(
    models: ReadModels, place: Place
) -> None:
    place.apply([batch(place, 3, seen("old")), batch(place, 2, model="others")])
    parked = Parked(projection="sights", position=3, stream="child-1", reason="ValueError")
    place.apply([batch(place, 3, parked=[parked])])
    stale = batch(place, 4)

    with models.beside() as built:
        assert built
        built.create(SIGHTS)
        built.apply([batch(built, 2, seen("new"))])

        def finish(live: Any) -> None:
            assert live["sights"].position == 3
            built.apply([batch(built, 3, seen("newer"))])
            assert places(models) == ["old"]

        models.replace(["sights"], finish)
    assert places(models) == ["new", "newer"]
    assert models.parked() == {}
    assert models.checkpoints()["sights"].build == 1
    with pytest.raises(Overtaken):
        place.apply([stale])
    place.apply([batch(place, 4, seen("newest")), batch(place, 4, model="others")])

    assert models.restore("sights")
    assert places(models) == ["old"]
    assert models.parked() == {"sights": 1}
    assert models.checkpoints()["sights"] == replace(stale.checkpoint, build=2)
    assert not models.restore("others")
    assert models.checkpoints()["others"].position == 4


def test_a_replacement_that_fails_changes_nothing(models: ReadModels, place: Place) -> None:
    place.apply([batch(place, 3, seen("old"))])

    def finish(live: Any) -> None:
        raise RuntimeError("the log is away")

    with models.beside() as built:
        assert built
        built.create(SIGHTS)
        with pytest.raises(RuntimeError):
            models.replace(["sights"], finish)
    assert places(models) == ["old"]
    place.apply([batch(place, 4, seen("older"))])


def test_a_rebuild_begins_with_nothing(models: ReadModels) -> None:
    for _ in range(2):
        with models.beside() as built:
            assert built
            assert built.checkpoints() == {}
            built.create(SIGHTS)


def test_replaced_tables_have_their_indexes(tmp_path: Path) -> None:
    with closing(ReadModels.open(tmp_path)) as models:
        for _ in range(2):
            with models.beside() as built:
                assert built
                built.create(SIGHTS)
                models.replace(["sights"], lambda _live: None)
        (plan,) = models.query("explain query plan select * from sights where number = 1")
    assert "sights_by_number" in plan["detail"]


# ── PostgreSQL alone ──────────────────────────────────────────────────────────────────────────────


def test_a_question_after_the_connection_was_lost_is_answered(postgresql: str) -> None:
    with closing(ReadModels.open(postgresql)) as models:
        for _ in range(2):
            assert models.checkpoints() == {}
            with psycopg.connect(postgresql, autocommit=True) as owner:
                owner.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )


def test_who_has_written_lets_go_at_once(postgresql: str) -> None:
    held = (
        "select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database"
        " where locktype = 'advisory' and datname = current_database()"
    )
    with (
        closing(ReadModels.open(postgresql)) as models,
        psycopg.connect(postgresql, autocommit=True) as watcher,
    ):
        for _ in range(20):
            with models.writer():
                assert watcher.execute(held).fetchone() == (1,)
            assert watcher.execute(held).fetchone() == (0,)


def test_what_was_written_stays_written_though_the_connection_is_lost_after_it(
    postgresql: str,
) -> None:
    with closing(ReadModels.open(postgresql)) as models:
        with models.writer() as place:
            assert place
            place.create(SIGHTS)
            place.apply([batch(place, 1, seen("Exe"))])
            with psycopg.connect(postgresql, autocommit=True) as owner:
                owner.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
        assert places(models) == ["Exe"]


def test_a_writer_whose_connection_is_lost_is_no_longer_the_writer(postgresql: str) -> None:
    with closing(ReadModels.open(postgresql)) as models, models.writer() as lost:
        assert lost
        lost.create(SIGHTS)
        step = batch(lost, 1, seen("Exe"))
        with psycopg.connect(postgresql, autocommit=True) as owner:
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        with pytest.raises(Unavailable):
            lost.apply([step])
        with models.writer() as next_one:
            assert next_one
            next_one.apply([step])
            assert places(models) == ["Exe"]


def test_a_question_goes_on_when_its_table_has_other_columns(postgresql: str) -> None:
    with closing(ReadModels.open(postgresql)) as models:
        with models.writer() as place:
            assert place
            place.create(OTHERS)
        for _ in range(8):  # often enough to be prepared
            assert models.query("select * from others") == []
        wider = replace(OTHERS, schema=("create table others (place text, more integer)",))
        with models.beside() as built:
            assert built
            built.create(wider)
            models.replace(["others"], lambda _live: None)
        assert models.query("select * from others") == []


def test_a_database_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        ReadModels.open("postgresql://nobody@/nothing?host=%2Fnowhere")


def test_parameters_are_told_from_casts_and_quoted_text() -> None:
    statement = "select :a, 'it''s :b ?1', c::text, 5 % :d_2, :a"
    assert by_percent(statement) == "select %(a)s, 'it''s :b ?1', c::text, 5 %% %(d_2)s, %(a)s"
    numbered, values = bound(statement, {"d_2": 2, "a": 1})
    assert numbered == "select ?1, 'it''s :b ?1', c::text, 5 % ?2, ?1"
    assert by_dollar(numbered) == "select $1, 'it''s :b ?1', c::text, 5 % $2, $1"
    assert values == (1, 2)
