"""What is a person, or a program, told when something cannot be shown or taken?

Programs get `application/problem+json` (RFC 9457), people a page; neither gets a traceback, and
what is absent cannot be told from what may not be seen.
"""

from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from adapters.access_log import Unrecorded
from adapters.event_store import Unavailable
from domain.kernel import Refused
from services.access import Denied
from services.logs import log
from services.web.routes import SignInFirst

PROGRAMS = ("/api/", "/intake/", "/health/")
NOT_HERE = "There is no such thing, or it is not yours to see."


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457: `title` and `detail` are sentences that hold nothing of what was sent."""

    status: int
    title: str
    detail: str = ""
    type: str = "about:blank"


def problem_of(error: Exception) -> Problem:
    """What to say of an error, in words that tell what to do."""
    match error:
        case Denied():
            return Problem(404, "Not found", NOT_HERE)
        case SignInFirst():
            return Problem(401, "Sign in first", "This is shown only to people who are signed in.")
        case Unrecorded():
            return Problem(
                503,
                "It cannot be shown now",
                "Who looks at a record is written down first, and that did not work. "
                "Try again in a minute; if it stays so, tell the operator.",
            )
        case Unavailable():
            return Problem(
                503,
                "The store cannot be reached",
                "Nothing was stored. Try again in a minute; if it stays so, tell the operator.",
            )
        case Refused():
            return Problem(409, "Refused", str(error))
        case HTTPException(status_code=404 | 405):
            return Problem(404, "Not found", NOT_HERE)
        case HTTPException(status_code=413):
            return Problem(413, "Too large", "The message is larger than 25 MiB.")
        case HTTPException(status_code=status) if status < 500:
            return Problem(status, HTTPStatus(status).phrase)
    log.error("request_failed", error=type(error).__name__)
    return Problem(
        500,
        "The program failed",
        "Nothing that was acknowledged is lost. Try again; if it stays so, tell the operator.",
    )


def is_program(request: Request[Any, Any, Any]) -> bool:
    return request.url.path.startswith(PROGRAMS)


def as_json(problem: Problem, **more: Any) -> Response[bytes]:
    body = msgspec.to_builtins(problem) | more
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status,
        media_type="application/problem+json",
    )
