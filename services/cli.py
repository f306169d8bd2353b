"""Which command was asked for, and what does its end say? Exit codes and sentences, no tracebacks.

Exit 0 good, 1 a fault found or something refused, 2 usage, 3 cannot reach, 4 replay differs.
"""

import os
import re
import signal
import sys
from collections.abc import Sequence

GOOD, FAULT, USAGE, UNREACHABLE = 0, 1, 2, 3

DRIVERS = ("sqlite3", "psycopg", "eventsourcing")
"""Whose own errors come through when a database is damaged, or its address is none."""

STOPPED = 128
"""Plus the signal's number, as a shell has it."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = list(sys.argv[1:] if words is None else words)
    signal.signal(signal.SIGTERM, _terminated)
    if sys.stderr is None:  # closed by whoever called: nobody hears our sentences
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - open until the process ends
    if sys.stdout is None:
        return _say("Standard output is closed: there is nowhere to write the answer.", UNREACHABLE)
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = STOPPED + signal.SIGINT
    except BrokenPipeError:  # whoever read our lines has seen enough
        code = GOOD
    except OSError as error:
        code = _say(*_sentence(error, words))
    return code if _flushed() else code or UNREACHABLE


def _flushed() -> bool:
    """Whether stdout took everything; if not, Python must not try it again at its end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _terminated(*_: object) -> None:
    sys.exit(STOPPED + signal.SIGTERM)


def _run(words: list[str]) -> int:
    from cyclopts.exceptions import CycloptsError

    from services.command_line import application
    from services.logs import configure

    configure()
    if not _are_text(words):
        return _say("A word of the command is not text: write it in UTF-8.", USAGE)
    app = application(words)
    try:
        ended = app(words, print_error=False, exit_on_error=False, result_action="return_value")
    except BrokenPipeError:
        raise
    except CycloptsError as error:
        return _say(f"{error} (`{_help(words)}` tells more)", USAGE)
    except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a sentence
        return _say(*_sentence(error, words))
    return ended if isinstance(ended, int) else GOOD


def _are_text(words: list[str]) -> bool:
    """Names of files may be any bytes; everything else is text."""
    return words[:1] == ["intake"] or not any(re.search("[\ud800-\udfff]", each) for each in words)


def _help(words: list[str]) -> str:
    from services.command_line import COMMANDS

    command = f" {words[0]}" if words and words[0] in COMMANDS else ""
    return f"safeguarding{command} --help"


def _sentence(error: Exception, words: list[str]) -> tuple[str, int]:
    """What a person is told, and the exit code."""
    from adapters import event_store, read_models
    from adapters.access_log import Unrecorded
    from adapters.vault import KeysUnavailable, VaultError
    from domain.kernel import Refused
    from services.access import Denied
    from services.command_line.options import BadInstant
    from services.intake import Busy
    from services.project import Occupied
    from services.settings import BadStore

    said = without_password(str(error), [*words, os.environ.get("SAFEGUARDING_STORE", "")])
    match error:
        case KeysUnavailable():
            return said, UNREACHABLE
        case Refused() | Denied() | VaultError():
            return said, FAULT
        case BadInstant() | BadStore():
            return said, USAGE
        case event_store.NeverHeld():
            return f"The keys are not this log's, or are older than it: {said}", FAULT
        case event_store.Unreadable():
            return f"The log is damaged: {said}", FAULT
        case Occupied():
            return said, FAULT
        case Busy():
            return said, UNREACHABLE
        case event_store.Unavailable() | read_models.Unavailable() | ConnectionError():
            return f"The store cannot be reached: {said}", UNREACHABLE
        case Unrecorded():
            return f"Who looks is written down first, and that did not work: {said}", UNREACHABLE
        case OSError():
            where = f": {error.filename}" if isinstance(error.filename, str) else ""
            return f"{error.strerror or said}{where}", UNREACHABLE
    if type(error).__module__.partition(".")[0] in DRIVERS:
        return f"The store cannot be used: {said}", UNREACHABLE
    if os.environ.get("SAFEGUARDING_TRACEBACK"):
        raise error
    return (
        f"The program failed ({type(error).__name__}); nothing that was acknowledged is lost. "
        "Tell the operator; SAFEGUARDING_TRACEBACK=1 shows where.",
        FAULT,
    )


def without_password(text: str, addresses: Sequence[str]) -> str:
    """The text in one line, without the password of any of these that is an address."""
    for address in addresses:
        scheme, _, rest = address.partition("://")
        user, _, _ = rest.rpartition("@")
        given = re.findall(r"[?&]password=([^&]*)", rest)
        if scheme.startswith("postgres"):
            for secret in (user, *user.split(":", 1)[1:], *given):
                text = text.replace(secret, "…") if secret else text
    return " ".join(text.split())


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code
