"""What may stand in a log line? Ids, codes and counts, by an allow-list of keys; never a person.

Logs go to stderr: as lines for a person at a terminal, as JSON otherwise.
"""

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

LEVEL = "SAFEGUARDING_LOG"

ALLOWED = frozenset(
    {
        "action", "attempt", "behind", "channel", "command", "count", "error", "event",
        "events", "exception", "format", "level", "message", "method", "name", "parked", "port",
        "position", "projection", "reason", "reason_code", "referral", "result", "route",
        "rule", "seconds", "size", "status", "stream", "timestamp", "version",
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


def configure(level: str | None = None) -> None:
    """Send structlog and the libraries' own loggers through the allow-list to stderr.

    `level`: `debug`, `info`, `warning` (the default) or `error`; else `SAFEGUARDING_LOG`.
    """
    chosen = (level or os.environ.get(LEVEL) or "warning").upper()
    number = logging.getLevelNamesMapping().get(chosen, logging.WARNING)
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
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        handlers=[_ThroughStructlog()], level=max(number, logging.WARNING), force=True
    )


class _ThroughStructlog(logging.Handler):
    """A library's log record becomes one line: which library, which level; not its words."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log.log(record.levelno, "library_said", name=record.name, exception=error)
