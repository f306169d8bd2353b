"""Which pages and resources are served, and what goes with every answer?"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from services.assemble import Parts
from services.intake import LARGEST
from services.web import api
from services.web import pages as pages_package
from services.web.frame import problem_page
from services.web.problems import as_json, is_program, problem_of
from services.web.routes import SignInFirst
from services.web.session import Sessions
from services.web.templating import CONTENT_SECURITY_POLICY, STATIC

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def application(parts: Parts, *, demo: bool = False) -> Litestar:
    """The web application on these parts. `demo`: every page says that the data is made up."""
    return Litestar(
        route_handlers=[
            *api.ROUTES,
            *page_routes(),
            create_static_files_router("/static", [STATIC], opt={"rule": {"open": "no data"}}),
        ],
        state=State({"parts": parts, "sessions": Sessions(parts), "demo": demo}),
        csrf_config=CSRFConfig(
            secret=parts.store.vault.token("csrf", "cookie"),
            cookie_httponly=True,
            cookie_samesite="strict",
            exclude=["^/intake/"],
        ),
        request_max_body_size=LARGEST,
        before_send=[_headers],
        exception_handlers={Exception: _failed},
        openapi_config=None,
        debug=False,
    )


def page_routes() -> list[HTTPRouteHandler]:
    """The routes of every module in `services.web.pages`, found by listing the package."""
    routes: list[HTTPRouteHandler] = []
    for found in iter_modules(pages_package.__path__):
        module = import_module(f"{pages_package.__name__}.{found.name}")
        routes += [each for each in vars(module).values() if isinstance(each, HTTPRouteHandler)]
    return routes


async def _headers(message: Message, scope: Scope) -> None:
    """Before it is sent, so that errors and static files have them too."""
    if message["type"] != "http.response.start":
        return
    given = dict(HEADERS)
    if not scope["path"].startswith("/static/"):
        given["cache-control"] = "no-store"  # what is shown of a child stays in no cache
    names = {name.lower() for name, _ in message["headers"]}
    message["headers"] = [
        *message["headers"],
        *((n.encode(), v.encode()) for n, v in given.items() if n.encode() not in names),
    ]


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    if is_program(request):
        return as_json(problem_of(error))
    if isinstance(error, SignInFirst):
        return Redirect("/sign-in", status_code=303)
    return problem_page(request, problem_of(error))
