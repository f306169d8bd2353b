"""Does a run of the tests say whether PostgreSQL took part, and is its absence told?"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

ROOT = Path(__file__).parent.parent

ASKED = """
import psycopg

def test_that_asks(postgresql):
    with psycopg.connect(postgresql) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
"""


def outcome(folder: Path, **environment: str) -> str:
    """Run the test above in another pytest; return all it says."""
    (folder / "test_asked.py").write_text(ASKED)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.parts.postgres", "-ra", folder],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout


def test_without_postgresql_its_tests_are_skipped_and_the_reason_is_told(tmp_path: Path) -> None:
    said = outcome(tmp_path, SAFEGUARDING_TEST_POSTGRESQL="none")
    assert "postgresql: no PostgreSQL here" in said
    assert "1 skipped" in said


def test_on_the_build_machine_postgresql_must_be_there(tmp_path: Path) -> None:
    said = outcome(tmp_path, CI="true", SAFEGUARDING_TEST_POSTGRESQL="none")
    assert "no PostgreSQL here" in said
    assert "1 error" in said


def test_an_offered_server_is_used(tmp_path: Path, postgresql: str) -> None:
    said = outcome(tmp_path, SAFEGUARDING_TEST_POSTGRESQL=postgresql)
    assert "postgresql: given" in said
    assert "1 passed" in said


def test_a_server_of_the_tests_checks_its_pages(postgresql: str) -> None:
    with psycopg.connect(postgresql) as connection:
        assert connection.execute("show data_checksums").fetchone() == ("on",)
