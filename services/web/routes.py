"""How does a route come to be? Only with a rule: who may ask, and what is recorded of it.

`page`, `form` and `resource` are the only ways to make a route about people. Each names an action
of `services.access` and how the facts about what is asked for are read; the gate is passed, and
the look recorded, before the function runs. `open_route` is for what tells nothing of anybody.
"""

from collections.abc import Callable, Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from services.access import ACTIONS, Principal, Resource
from services.assemble import Parts
from services.web.session import Sessions

Asking = Request[Any, Any, Any]
About = Callable[["Context"], Resource]
Answer = Callable[["Context"], Any]


class SignInFirst(Exception):
    """Nobody is signed in: show the sign-in page, then come back."""


class Context:
    """One request: who asks, with which path, query and body, on which parts."""

    def __init__(self, request: Asking, who: Principal | None, body: bytes) -> None:
        self.request = request
        self.body = body
        self.parts: Parts = request.app.state.parts
        self._who = who

    @property
    def who(self) -> Principal:
        if self._who is None:
            raise SignInFirst
        return self._who

    @property
    def signed_in(self) -> Principal | None:
        return self._who

    @property
    def path(self) -> Mapping[str, Any]:
        return self.request.path_params

    def asked(self, name: str) -> str | None:
        """A value in the address's query; None if it is missing or empty."""
        value = self.request.query_params.get(name)
        return value or None


def guarded(
    kind: Any, path: str, action: str, about: About, answer: Answer, *, name: str
) -> HTTPRouteHandler:
    """A route that passes the gate before it answers. A wrong action is found at start-up."""
    if action not in ACTIONS:
        raise KeyError(action)

    def handler(request: Asking, body: bytes) -> Any:
        context = context_of(request, body)
        resource = about(context)
        context.parts.gate.open(context.who, action, resource)
        return answer(context)

    return _route(kind, path, handler, {"action": action}, name)


def page(path: str, action: str, about: About) -> Callable[[Answer], HTTPRouteHandler]:
    """A page (GET): the function returns a Response."""
    return lambda answer: guarded(get, path, action, about, answer, name=answer.__name__)


def form(path: str, action: str, about: About) -> Callable[[Answer], HTTPRouteHandler]:
    """What a form sends (POST): `action` is the command's, `give:<command-name>`."""
    return lambda answer: guarded(post, path, action, about, answer, name=answer.__name__)


def self_guarded(kind: Any, path: str, *actions: str) -> Callable[[Answer], HTTPRouteHandler]:
    """A route whose function opens the gate itself, with one of these actions.

    For what `services.questions` answers: there the gate is passed for each row.
    """
    for action in actions:
        if action not in ACTIONS:
            raise KeyError(action)

    def made(answer: Answer) -> HTTPRouteHandler:
        def handler(request: Asking, body: bytes) -> Any:
            context = context_of(request, body)
            _ = context.who  # nobody signed in: no question is answered
            return answer(context)

        return _route(kind, path, handler, {"actions": actions}, answer.__name__)

    return made


def open_route(kind: Any, path: str, why: str) -> Callable[[Answer], HTTPRouteHandler]:
    """A route that anybody may ask for. `why`: what makes that right."""

    def made(answer: Answer) -> HTTPRouteHandler:
        def handler(request: Asking, body: bytes) -> Any:
            return answer(context_of(request, body))

        return _route(kind, path, handler, {"open": why}, answer.__name__)

    return made


def context_of(request: Asking, body: bytes) -> Context:
    sessions: Sessions = request.app.state.sessions
    return Context(request, sessions.principal(request), body)


def _route(
    kind: Any,
    path: str,
    handler: Callable[[Asking, bytes], Any],
    rule: Mapping[str, Any],
    name: str,
) -> HTTPRouteHandler:
    taken: dict[str, Any] = {"request": Asking, "body": bytes}
    if kind is get:  # a GET has no body to read
        whole = handler

        def handler(request: Asking) -> Any:
            return whole(request, b"")

        del taken["body"]
    handler.__annotations__ = {**taken, "return": Response[Any]}
    handler.__name__ = name
    made: HTTPRouteHandler = kind(path, sync_to_thread=True, opt={"rule": dict(rule)}, name=name)(
        handler
    )
    return made
