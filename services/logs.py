"""What may stand in a log line? Ids, codes and counts, by an allow-list of keys; never a person.

Logs go to stderr: as lines for a person at a terminal, as JSON otherwise.
"""

import logging
import os
import sys
import time
from collections.abc import MutableMapping
from functools import cache
from typing import Any

LEVEL = "SAFEGUARDING_LOG"

QUIET_SECONDS = 10.0
"""A library that says the same again within them is not heard: Kafka's does, several times a
second, while a broker is away."""

TOLD_BY_US = frozenset({"kafka"})
"""Libraries that raise what goes wrong, so that it is told in our words, and once. What they say on
the way there is for whoever looks for a fault, from the level `info` on; without its words it would
tell an operator nothing."""

ALLOWED = frozenset(
    {
        "action", "agency", "attempt", "behind", "channel", "command", "count", "error", "event",
        "events", "exception", "format", "level", "message", "method", "name", "offset", "parked",
        "partition", "port", "position", "projection", "reason", "reason_code", "referral",
        "result", "route", "rule", "seconds", "since", "size", "status", "stream", "timestamp",
        "topic", "version",
    }
)  # fmt: skip
"""Keys whose values are ids, codes, counts or names of our own parts."""

Line = MutableMapping[str, Any]


def only_allowed(_logger: Any, _method: str, line: Line) -> Line:
    """Take out whatever is not on the allow-list, and say that something was taken out."""
    unknown = [key for key in line if key not in ALLOWED]
    for key in unknown:
        del line[key]
    if unknown:
        line["reason_code"] = "log-key-not-allowed"
    return line


def name_the_error(_logger: Any, _method: str, line: Line) -> Line:
    """Of an exception only its class: its text may quote what somebody wrote."""
    info = line.pop("exc_info", None)
    if info:
        error = sys.exc_info()[1] if info is True else info
        line["exception"] = type(error).__name__
    return line


class Log:
    """Writes structlog events; structlog itself is loaded with the first line that is written.

    Loading it (and the traceback printers that it brings) takes longer than answering a question
    on the command line, and a question that goes well writes no line.
    """

    least = logging.NOTSET
    """The level below which nothing is written."""

    def debug(self, event: str, **keys: Any) -> None:
        self.log(logging.DEBUG, event, **keys)

    def info(self, event: str, **keys: Any) -> None:
        self.log(logging.INFO, event, **keys)

    def warning(self, event: str, **keys: Any) -> None:
        self.log(logging.WARNING, event, **keys)

    def error(self, event: str, **keys: Any) -> None:
        self.log(logging.ERROR, event, **keys)

    def log(self, level: int, event: str, **keys: Any) -> None:
        """Write a line. `keys`: of the allow-list; `exc_info=True` names the exception's class."""
        if level >= self.least:
            _structlog().get_logger().log(level, event, **keys)


log = Log()


def configure(level: str | None = None) -> None:
    """Send our lines and the libraries' own through the allow-list to stderr.

    `level`: `debug`, `info`, `warning` (the default) or `error`; else `SAFEGUARDING_LOG`.
    """
    chosen = (level or os.environ.get(LEVEL) or "warning").upper()
    log.least = logging.getLevelNamesMapping().get(chosen, logging.WARNING)
    _structlog.cache_clear()
    logging.basicConfig(
        handlers=[_FromLibrary()], level=max(log.least, logging.WARNING), force=True
    )


@cache
def _structlog() -> Any:
    import structlog

    if log.least == logging.NOTSET:  # nobody asked for lines: they stay as structlog has them
        return structlog
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            name_the_error,
            only_allowed,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(log.least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return structlog


class _FromLibrary(logging.Handler):
    """A library's log record becomes one line: which library, which level; not its words.

    Without their words, lines of one kind are all alike: of many in a short time one is written,
    and none that names not even an exception, where we tell ourselves what matters.
    """

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[tuple[str, int], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        library = record.name.partition(".")[0]
        if library in TOLD_BY_US and not error and log.least > logging.INFO:
            return
        kind, now = (record.name, record.levelno), time.monotonic()
        if now - self._written.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._written[kind] = now
        log.log(record.levelno, "library_said", name=record.name, exception=error)
