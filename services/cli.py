"""Which command was asked for, and what does its end say? Exit codes and sentences, no tracebacks.

Exit 0 good, 1 a fault found or something refused, 2 usage, 3 cannot reach, 4 replay differs.
"""

import os
import signal
import sys
from collections.abc import Sequence

GOOD, FAULT, USAGE, UNREACHABLE = 0, 1, 2, 3


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = list(sys.argv[1:] if words is None else words)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return _run(words)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our lines has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD


def _terminated(*_: object) -> None:
    sys.exit(143)


def _run(words: list[str]) -> int:
    from cyclopts.exceptions import CycloptsError

    from services.command_line import application
    from services.logs import configure

    configure()
    app = application(words)
    try:
        ended = app(words, print_error=False, exit_on_error=False, result_action="return_value")
    except BrokenPipeError:
        raise
    except CycloptsError as error:
        return _say(f"{error} (`safeguarding --help` lists the commands)", USAGE)
    except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a sentence
        return _say(*_sentence(error))
    return ended if isinstance(ended, int) else GOOD


def _sentence(error: Exception) -> tuple[str, int]:
    """What a person is told, and the exit code."""
    from adapters.access_log import Unrecorded
    from adapters.event_store import Unavailable
    from adapters.vault import VaultError
    from domain.kernel import Refused
    from services.command_line.options import BadInstant

    match error:
        case Refused() | VaultError():
            return str(error), FAULT
        case BadInstant():
            return str(error), USAGE
        case Unavailable() | ConnectionError():
            return f"The store cannot be reached: {error}", UNREACHABLE
        case Unrecorded():
            return f"Who looks is written down first, and that did not work: {error}", UNREACHABLE
        case OSError():
            return f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), UNREACHABLE
    if os.environ.get("SAFEGUARDING_TRACEBACK"):
        raise error
    return (
        f"The program failed ({type(error).__name__}); nothing that was acknowledged is lost. "
        "Tell the operator; SAFEGUARDING_TRACEBACK=1 shows where.",
        FAULT,
    )


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code
