"""Are the contracts in the repository what the software does, and do they keep what was promised?

After a change that is meant: `python3 run.py cli contracts docs/contracts`, and look at what it
changed. With a release, the same for `docs/contracts/released`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import json

from services.access import GIVABLE
from services.command_line import contracting, giving, sending
from services.contracts import differing, documents, read, write
from services.contracts.breaks import breaks
from services.contracts.schemas import own_formats

FOLDER = Path(__file__).parent.parent.parent / "docs" / "contracts"
RELEASED = FOLDER / contracting.RELEASED


def test_what_is_published_is_what_the_software_does() -> None:
    told = "run `python3 run.py cli contracts docs/contracts` and look at what it changed"
    assert not differing(FOLDER), told


def test_nobody_is_broken_who_holds_to_what_was_released() -> None:
    assert set(read(RELEASED)) >= {"asyncapi.json", "openapi.json", "schemas/police-notice.json"}
    assert not breaks(read(RELEASED), documents())


def test_another_process_writes_the_same() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "services", "contracts", FOLDER, "--check"],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_command_line_shows_the_schemas_that_are_published(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in own_formats():
        assert sending.list_formats(name, schema=True) == 0
        shown = json.decode(capsys.readouterr().out)
        assert shown == documents()[f"schemas/{name}.json"]
    commands = documents()["schemas/commands.json"]["properties"]
    assert set(commands) == set(GIVABLE)
    assert giving.command("decide-referral", schema=True) == 0
    shown = json.decode(capsys.readouterr().out)
    assert shown["properties"] == commands["decide-referral"]["properties"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the contracts in it, as they are now and as they were released."""
    write(tmp_path)
    write(tmp_path / contracting.RELEASED)
    return tmp_path


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = contracting.contracts(folder, check=True)
    return code, capsys.readouterr().out


def test_what_is_not_as_it_would_be_written_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "openapi.json").write_text("{}\n")
    (folder / "asyncapi.json").unlink()
    (folder / "schemas" / "more.json").write_text("{}\n")
    code, told = checked(folder, capsys)
    found = [json.decode(line)["fault"].partition(":")[0] for line in told.splitlines()]
    assert (code, found) == (1, ["asyncapi.json", "openapi.json", "schemas/more.json"])
    assert contracting.contracts(folder) == 0
    assert checked(folder, capsys) == (0, "")


def test_what_breaks_somebody_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    released = folder / contracting.RELEASED / "schemas"
    shutil.copy(released / "inbox-line.json", released / "inbox-column.json")
    assert checked(folder, capsys) == (
        1,
        '{"fault":"schemas/inbox-column.json: it is gone"}\n',
    )


def test_without_a_release_to_compare_with_nobody_is_told_that_nothing_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert contracting.contracts(tmp_path) == 0
    capsys.readouterr()
    (tmp_path / "openapi.json").write_text("{}\n")
    assert contracting.contracts(tmp_path, check=True) == 3
    said = capsys.readouterr()
    assert "openapi.json: it is not as it would be written" in said.out
    assert f"there is no release in {tmp_path / 'released'} to compare with." in said.err


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert contracting.contracts(tmp_path / "none", check=True) == 3
