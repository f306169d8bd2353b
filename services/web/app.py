"""Which pages and resources are served, and what goes with every answer?"""

import mimetypes
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

import anyio.to_thread
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope

from services.access import Denied
from services.assemble import Parts
from services.outcomes import Outcomes
from services.web import api
from services.web import pages as pages_package
from services.web.frame import denied_page, problem_page, sign_in_again
from services.web.problems import TOO_LARGE, as_json, is_program, problem_of
from services.web.routes import Context, SignInFirst, open_route
from services.web.session import Sessions
from services.web.templating import CONTENT_SECURITY_POLICY, STATIC

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",  # what is shown of a child stays in no cache
}

THREADS = 12
"""Requests answered at once. More would only take turns: one process, one interpreter."""


def application(parts: Parts, *, demo: bool = False) -> Litestar:
    """The web application on these parts. `demo`: every page says that the data is made up."""
    return Litestar(
        route_handlers=[*api.ROUTES, asset, *page_routes()],
        state=State(
            {
                "parts": parts,
                "sessions": Sessions(parts),
                "takers": api.Takers(),
                "outcomes": Outcomes(parts),
                "demo": demo,
            }
        ),
        on_startup=[_few_threads],
        before_send=[_headers],
        exception_handlers={Exception: _failed},
        logging_config=None,  # what is logged, and where, is for services.logs to say
        openapi_config=None,
        debug=False,
    )


def page_routes() -> list[HTTPRouteHandler]:
    """The routes of every module in `services.web.pages`, found by listing the package."""
    routes: list[HTTPRouteHandler] = []
    for found in iter_modules(pages_package.__path__):
        module = import_module(f"{pages_package.__name__}.{found.name}")
        routes += _routes_in(vars(module).values())
    return list({id(route): route for route in routes}.values())


def _routes_in(values: Any) -> Iterator[HTTPRouteHandler]:
    for value in values:
        if isinstance(value, HTTPRouteHandler):
            yield value
        elif isinstance(value, list | tuple):
            yield from (each for each in value if isinstance(each, HTTPRouteHandler))


async def _few_threads(_app: Litestar) -> None:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS


async def _headers(message: Message, _scope: Scope) -> None:
    """Before it is sent, so that errors and static files have them too."""
    if message["type"] == "http.response.start":
        names = {name.lower() for name, _ in message["headers"]}
        missing = ((n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in names)
        message["headers"] = [*message["headers"], *missing]


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    problem = problem_of(error)
    if request.scope["path"].startswith("/intake/"):
        reason = TOO_LARGE if problem.status == 413 else problem.detail
        return as_json(problem, result="refused", reason=reason)
    if is_program(request):
        return as_json(problem)
    if isinstance(error, SignInFirst):
        return sign_in_again(request)
    if isinstance(error, Denied):
        return denied_page(request, problem)
    return problem_page(request, problem)


# ── Static files ──────────────────────────────────────────────────────────────────────────────────


class Asset(NamedTuple):
    body: bytes
    kind: str
    etag: str


def _assets() -> dict[str, Asset]:
    """Every file that the pages use, by its path: only what was there at the start is served."""
    found = {}
    for path in sorted(each for each in STATIC.rglob("*") if each.is_file()):
        body = path.read_bytes()
        kind, _ = mimetypes.guess_type(path.name)
        etag = f'"{sha256(body).hexdigest()[:32]}"'
        found[f"/{path.relative_to(STATIC).as_posix()}"] = Asset(
            body, kind or "application/octet-stream", etag
        )
    return found


ASSETS = _assets()


@open_route(get, "/static/{path:path}", "our own style and scripts: nothing of anybody")
def asset(context: Context) -> Response[bytes]:
    """A style or script; kept by the browser, which asks each time whether it is still the same."""
    found = ASSETS.get(context.path["path"])
    if found is None:
        raise NotFoundException
    headers = {"cache-control": "no-cache", "etag": found.etag}
    if found.etag in context.request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=found.kind)
    return Response(found.body, headers=headers, media_type=found.kind)
