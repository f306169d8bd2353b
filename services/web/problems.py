"""What is a person, or a program, told when something cannot be shown or taken?

Programs get `application/problem+json` (RFC 9457), people a page; neither gets a traceback, and
what is absent cannot be told from what may not be seen.
"""

import traceback
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from adapters import read_models
from adapters.access_log import Unrecorded
from adapters.event_store import Unavailable
from adapters.vault import VaultError
from domain.kernel import Refused
from services.access import Denied
from services.intake import Busy
from services.web.routes import HungUp, SignInFirst, Stale

log = structlog.get_logger()

PROGRAMS = ("/api/", "/intake/", "/health/")
NOT_HERE = "There is no such thing, or it is not yours to see."
TOO_LARGE = "The message is larger than 25 MiB. Send it without its attachments, or in parts."
IN_A_MINUTE = "Try again in a minute; if it stays so, tell the operator."


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457: `title` and `detail` are sentences that hold nothing of what was sent."""

    status: int
    title: str
    detail: str = ""
    type: str = "about:blank"


class Refusal(Problem, frozen=True, omit_defaults=True, kw_only=True):
    """A problem with the members of the intake line, as far as they are known."""

    result: Literal["refused"]
    reason: str
    source: str | None = None
    message: str | None = None
    format: str | None = None
    referral: str | None = None
    children: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    position: int | None = None


def problem_of(error: Exception) -> Problem:
    """What to say of an error, in words that tell what to do."""
    match error:
        case Denied() | HTTPException(status_code=404 | 405):
            return Problem(404, "Not found", NOT_HERE)
        case SignInFirst():
            return Problem(401, "Sign in first", "This is shown only to people who are signed in.")
        case Stale():
            return Problem(
                403,
                "This form is too old",
                "Nothing was stored. Go back, copy what you typed, load the page again and send it "
                "from there. If it happens each time, allow this site to keep cookies.",
            )
        case Unrecorded():
            return Problem(
                503,
                "It cannot be shown now",
                "Who looks at a record is written down first, and that did not work. "
                + IN_A_MINUTE,
            )
        case Unavailable() | read_models.Unavailable() | VaultError():
            return Problem(
                503, "The records cannot be reached", "Nothing was stored. " + IN_A_MINUTE
            )
        case Refused() | Busy():
            return Problem(409 if isinstance(error, Refused) else 503, "Refused", str(error))
        case HungUp():  # nobody is there to read it
            log.info("client_hung_up")
            return Problem(400, "Not sent in full", "Nothing was stored: send it again, in full.")
        case HTTPException(status_code=413):
            return Problem(413, "Too large", TOO_LARGE)
        case HTTPException(status_code=status) if status < 500:
            return Problem(status, HTTPStatus(status).phrase, "Go back and try again.")
    log.error("request_failed", error=type(error).__name__, name=_place(error))
    return Problem(
        500,
        "The program failed",
        "Nothing that was acknowledged is lost. Try again; if it stays so, tell the operator.",
    )


def _place(error: Exception) -> str:
    """Where it was raised, such as `inbox.py:41`: an error's own text may quote somebody."""
    raised = traceback.extract_tb(error.__traceback__)
    return f"{Path(raised[-1].filename).name}:{raised[-1].lineno}" if raised else "unknown"


def is_program(request: Request[Any, Any, Any]) -> bool:
    return request.scope["path"].startswith(PROGRAMS)


def as_json(problem: Problem, **more: Any) -> Response[bytes]:
    """RFC 9457, with extension members."""
    body = msgspec.to_builtins(problem) | more
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status,
        media_type="application/problem+json",
    )
