"""Does a file in a folder have one holder, and never replace another?"""

from pathlib import Path

import pytest

from adapters.transports.dropped import free, held, inside, move, oldest_first, still_there


def test_a_file_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"one")
    with held(path) as ours, held(path) as theirs:
        assert (ours is not None, theirs) == (True, None)
    with held(path) as again:
        assert again is not None
        assert (again.read(2), again.read(100)) == (b"one", b"one")


def test_a_file_that_was_replaced_is_another_file(tmp_path: Path) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_bytes(b"one")
    other.write_bytes(b"two")
    with held(path) as ours:
        assert ours is not None
        assert still_there(ours, path)
        other.rename(path)
        assert not still_there(ours, path)
        path.unlink()
        assert not still_there(ours, path)


def test_no_file_takes_the_place_of_another(tmp_path: Path) -> None:
    done = inside(tmp_path, "done")
    for content in (b"one", b"two", b"three"):
        (tmp_path / "week.csv").write_bytes(content)
        move(tmp_path / "week.csv", done)
    assert {path.name: path.read_bytes() for path in done.iterdir()} == {
        "week.csv": b"one",
        "week-2.csv": b"two",
        "week-3.csv": b"three",
    }
    (done / "link.csv").symlink_to("nowhere")
    assert free(done, "link.csv").name == "link-2.csv"


def test_what_is_being_uploaded_is_not_looked_at(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".c.csv", "d.csv.part", "e.csv.PART", "f.filepart", "g.tmp"):
        (tmp_path / name).write_bytes(b"")
    assert {path.name for path in oldest_first(tmp_path)} == {"a.csv", "b.csv"}


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_only_a_file_is_held(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.csv"
    path.symlink_to(tmp_path) if kind == "link" else path.mkdir()
    with pytest.raises(OSError, match=r"."), held(path):
        pass


def test_a_link_is_not_taken_for_a_folder_of_the_home(tmp_path: Path) -> None:
    (tmp_path / "done").symlink_to(tmp_path.parent)
    with pytest.raises(OSError, match="no folder"):
        inside(tmp_path, "done")
