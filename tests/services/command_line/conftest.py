"""The command line as a caller has it: words in, an exit code and two streams out."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog

from services import logs
from services.cli import main


class Ran(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    error: str

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> Any:
        (row,) = self.rows
        return row


Run = Callable[..., Ran]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Run]:
    """Runs `safeguarding WORDS…` in a store of its own."""
    monkeypatch.setenv("SAFEGUARDING_STORE", str(tmp_path / "store"))

    def safeguarding(*words: object, stdin: bytes = b"") -> Ran:
        ours, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin))
        try:
            code = main([str(word) for word in words])
        finally:
            sys.stdin = ours
        out, error = capfdbinary.readouterr()
        said = error.decode()
        assert "Traceback" not in said
        return Ran(code, out.decode(), said)

    yield safeguarding
    logs.log.least = 0
    structlog.reset_defaults()
    logs._structlog.cache_clear()


@pytest.fixture
def office(run: Run) -> Run:
    """A store with a sender, a team that covers XE1, and people."""
    assert run("senders", "add", "north-police", "--kind", "police", "--name", "N").code == 0
    for name, fields in (
        ("form-team", {"team_id": "team-east", "name": "East", "areas": ["XE1"]}),
        ("join-team", {"team_id": "team-east", "person_id": "dora", "name": "Dora Duty"}
         | {"role": "duty-worker"}),
        ("join-team", {"team_id": "team-east", "person_id": "wim", "name": "Wim Worker"}),
        ("appoint-manager", {"team_id": "team-east", "person_id": "mary", "name": "Mary Manager"}),
    ):  # fmt: skip
        ran = gives(run, name, "operator", **fields)
        assert ran.code == 0, ran
    return run


def gives(run: Run, command: str, person: str, /, *more: str, **fields: Any) -> Ran:
    """A person's command, its fields on standard input."""
    words = ("command", command, "--as", person, "--json", "-", *more)
    return run(*words, stdin=json.dumps(fields).encode())
