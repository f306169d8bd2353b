"""How does a route come to be? Only with a rule: who may ask, and what is recorded of it.

`page`, `form` and `self_guarded` are the only ways to make a route about people. Each names an
action of `services.access`; the gate is passed, and the look recorded, before a byte leaves.
`open_route` is for what tells nothing of anybody.
"""

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from litestar import Request, Response, get, post
from litestar.exceptions import ClientException, InternalServerException
from litestar.handlers import HTTPRouteHandler

from services.access import ACTIONS, Denied, Principal, Resource
from services.assemble import Parts
from services.web.session import Sessions

Asking = Request[Any, Any, Any]
About = Callable[["Context"], Resource]
Answer = Callable[["Context"], Any]

LARGEST_FORM = 4 * 1024 * 1024
"""Bytes of the largest form that is read: an assessment with all its words is far smaller."""

MOST_FIELDS = 2000

DENIED_SECONDS = 0.025
"""How long a denial takes at least, so that a record that is there takes no longer to be denied
than one that is not."""


class SignInFirst(Exception):
    """Nobody is signed in: show the sign-in page, keep what was typed, then come back."""


class Stale(Exception):
    """A form came without the token of this browser: nothing was done."""


class HungUp(Exception):
    """The client ended the connection before its whole body had come: nothing was done."""


class Context:
    """One request: who asks, with which path, query and body, on which parts."""

    def __init__(self, request: Asking, who: Principal | None, body: bytes) -> None:
        self.request = request
        self.body = body
        self.parts: Parts = request.app.state.parts
        self.sessions: Sessions = request.app.state.sessions
        self._who = who

    @property
    def who(self) -> Principal:
        """Who asks. Raises `SignInFirst`, also for a form that was shown to somebody else."""
        if self._who is None or self.typist not in ("", self._who.person):
            raise SignInFirst
        return self._who

    @property
    def typist(self) -> str:
        """To whom the form that is sent was shown; "" where nobody was signed in, or none is."""
        return self.sessions.shown_to(self.typed("_csrf_token"))

    @property
    def signed_in(self) -> Principal | None:
        return self._who

    @property
    def path(self) -> Mapping[str, Any]:
        """The parameters in the address's path."""
        return self.request.path_params

    def asked(self, name: str) -> str | None:
        """A value in the address's query; None if it is missing or empty."""
        value = self.request.query_params.get(name)
        return value or None

    @cached_property
    def posted(self) -> list[tuple[str, str]]:
        """The names and values of a form, in the order in which the browser sent them."""
        if "\0" in (text := self.body.decode("utf-8", errors="replace")):
            text = text.replace("\0", "")
        try:
            return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            raise ClientException("The form has too many fields.", status_code=400) from None

    def typed(self, name: str) -> str:
        """The last value of a form's field; empty if it did not come."""
        return dict(self.posted).get(name, "")


def guarded(
    kind: Any, path: str, action: str, about: About, answer: Answer, *, name: str
) -> HTTPRouteHandler:
    """A route that passes the gate before it answers. A wrong action is found at start-up."""
    if action not in ACTIONS:
        raise KeyError(action)

    def handler(context: Context) -> Any:
        who = context.who
        context.parts.gate.open(who, action, about(context))
        return answer(context)

    return _route(kind, path, handler, {"action": action}, name)


def page(path: str, action: str, about: About) -> Callable[[Answer], HTTPRouteHandler]:
    """A page (GET): the function returns a Response."""
    return lambda answer: guarded(get, path, action, about, answer, name=_name(answer))


def form(path: str, action: str, about: About) -> Callable[[Answer], HTTPRouteHandler]:
    """What a form sends (POST): `action` is the command's, `give:<command-name>`."""
    return lambda answer: guarded(post, path, action, about, answer, name=_name(answer))


def self_guarded(kind: Any, path: str, *actions: str) -> Callable[[Answer], HTTPRouteHandler]:
    """A route whose function opens the gate itself, with one of these actions.

    For what `services.questions` answers: there the gate is passed for all rows.
    """
    for action in actions:
        if action not in ACTIONS:
            raise KeyError(action)

    def made(answer: Answer) -> HTTPRouteHandler:
        def handler(context: Context) -> Any:
            _ = context.who  # nobody signed in: no question is answered
            return answer(context)

        return _route(kind, path, handler, {"actions": actions}, _name(answer))

    return made


def open_route(
    kind: Any, path: str, why: str, *, checked: bool = True, largest: int = LARGEST_FORM
) -> Callable[[Answer], HTTPRouteHandler]:
    """A route that anybody may ask for. `why`: what makes that right.

    `checked`: a POST must carry this browser's token; not so what no browser sends.
    """
    return lambda answer: _route(
        kind, path, answer, {"open": why}, _name(answer), checked=checked, largest=largest
    )


def context_of(request: Asking, body: bytes = b"") -> Context:
    """The request with whoever is signed in."""
    sessions: Sessions = request.app.state.sessions
    return Context(request, sessions.principal(request), body)


def _name(answer: Answer) -> str:
    return f"{answer.__module__.rpartition('.')[2]}.{getattr(answer, '__name__', 'answer')}"


def _route(
    kind: Any,
    path: str,
    answer: Answer,
    rule: Mapping[str, Any],
    name: str,
    *,
    checked: bool = True,
    largest: int = LARGEST_FORM,
) -> HTTPRouteHandler:
    def checked_answer(context: Context) -> Any:
        if checked and kind is post:
            token = context.typed("_csrf_token")
            if not context.sessions.is_token(context.request, token):
                raise Stale
        return answer(context)

    def respond(request: Asking, body: bytes) -> Any:
        began = time.monotonic()
        context = request.state.context = context_of(request, body)
        try:
            return checked_answer(context)
        except Denied:
            time.sleep(max(0.0, began + DENIED_SECONDS - time.monotonic()))
            raise

    # In a thread by ourselves: Litestar's own way breaks where a path has a GET and a POST.
    async def read(request: Asking) -> Any:
        return await run_sync(respond, request, b"")

    async def send(request: Asking) -> Any:
        try:
            body = await request.body()
        except InternalServerException:  # Litestar's only reason for it here
            raise HungUp from None
        return await run_sync(respond, request, body)

    handler: Callable[..., Any] = send if kind is post else read
    handler.__annotations__["return"] = Response[Any]
    made: HTTPRouteHandler = kind(
        path,
        opt={"rule": dict(rule)},
        name=f"{kind.__name__} {path} {name}",
        request_max_body_size=largest,
    )(handler)
    return made
