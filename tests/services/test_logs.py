"""Does a log line hold what may stand there, and nothing else?"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from services import logs
from services.logs import configure, log


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator["Lines"]:
    monkeypatch.delenv("SAFEGUARDING_LOG", raising=False)
    yield Lines(capsys)
    log.least = logging.NOTSET
    structlog.reset_defaults()
    logs._structlog.cache_clear()
    logging.basicConfig(handlers=[], force=True)


class Lines:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def read(self) -> list[dict[str, object]]:
        out, error = self._capsys.readouterr()
        assert out == "", "stdout belongs to the answer"
        return [json.loads(line) for line in error.splitlines()]


def test_a_line_holds_what_is_on_the_list(lines: Lines) -> None:
    configure("info")
    log.info("message_taken", message="abc", result="recorded")
    (line,) = lines.read()
    assert (line["event"], line["message"], line["level"]) == ("message_taken", "abc", "info")
    assert set(line) <= logs.ALLOWED


def test_what_is_not_on_the_list_is_taken_out_and_told(lines: Lines) -> None:
    configure("info")
    log.warning("look", surname="Marlow", concern="Seen alone.")
    (line,) = lines.read()
    assert "Marlow" not in str(line)
    assert line["reason_code"] == "log-key-not-allowed"


def test_of_an_exception_only_its_class_is_told(lines: Lines) -> None:
    configure("info")
    try:
        raise ValueError("Kit Marlow was seen alone")
    except ValueError:
        log.error("failed", exc_info=True)
    (line,) = lines.read()
    assert line["exception"] == "ValueError"
    assert "Marlow" not in str(line)


def test_a_librarys_words_are_left_out(lines: Lines) -> None:
    configure()
    try:
        raise KeyError("Kit Marlow")
    except KeyError:
        logging.getLogger("kafka.consumer").exception("value was %s", "Kit Marlow")
    (line,) = lines.read()
    assert (line["event"], line["name"], line["exception"]) == (
        "library_said",
        "kafka.consumer",
        "KeyError",
    )
    assert "Marlow" not in str(line)


def test_a_library_that_says_the_same_again_is_written_once(lines: Lines) -> None:
    configure()
    for _ in range(50):
        logging.getLogger("uvicorn.error").error("The disk is full.")
    logging.getLogger("uvicorn.error").warning("It is slow.")
    logging.getLogger("litestar").error("Something else.")
    said = [(line["name"], line["level"]) for line in lines.read()]
    assert said == [("uvicorn.error", "error"), ("uvicorn.error", "warning"), ("litestar", "error")]


@pytest.mark.parametrize(("level", "told"), [(None, []), ("info", ["warning", "error"])])
def test_what_a_library_says_of_what_we_tell_ourselves_is_for_who_looks_for_a_fault(
    lines: Lines, level: str | None, told: list[str]
) -> None:
    configure(level)
    logging.getLogger("kafka.net.sasl.scram").warning("Exchanging credentials in the clear")
    logging.getLogger("kafka.net.manager").error("Bootstrap failed")
    assert [line["level"] for line in lines.read()] == told


@pytest.mark.parametrize(("level", "told"), [("debug", 4), ("info", 3), (None, 2), ("error", 1)])
def test_the_level_is_chosen(lines: Lines, level: str | None, told: int) -> None:
    configure(level)
    for each in (log.debug, log.info, log.warning, log.error):
        each("said")
    assert len(lines.read()) == told


def test_the_level_may_stand_in_the_environment(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFEGUARDING_LOG", "info")
    configure()
    log.info("said")
    assert len(lines.read()) == 1


@pytest.mark.parametrize("library", ["structlog", "rich", "psycopg", "litestar", "uvicorn", "lxml"])
def test_a_question_loads_nothing_that_it_does_not_need(library: str) -> None:
    script = (
        "import sys, services.command_line.asking, services.command_line.giving;"
        "from services.logs import configure; configure();"
        f"sys.exit({library!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0
