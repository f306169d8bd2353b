"""What does a person write on a child's record, and what became of it?

Every form of `services/web/forms/` has two routes here: one that shows it and one that takes it.
Both pass the gate as the command itself does; showing it is a look at the child, recorded as one.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from projections.base import Query
from services.access import Resource
from services.access import give as giving
from services.give import give
from services.questions import about_child, about_separation
from services.web.command_form import (
    Ask,
    Asks,
    Situation,
    asked_forms,
    command_fields,
    identity_of,
    sent,
    unsent,
    widgets,
)
from services.web.form import Form
from services.web.frame import PATIENCE_SECONDS, show
from services.web.routes import Answer, Context, guarded

ABOUT: dict[str, Callable[[Query, str], Resource]] = {"separate-records": about_separation}
"""What the gate must know of the child for a form, where it is more than for the record."""


def _about(command: str) -> Callable[[Context], Resource]:
    about = ABOUT.get(command, about_child)
    return lambda context: about(context.parts.query, context.path["child"])


def _asked(command: str, asks: Asks) -> Answer:
    """The page of a form that nobody has filled in yet."""

    def asked(context: Context) -> Response[str]:
        situation = Situation(context, context.path["child"], context.asked("of"))
        ask = asks(situation)
        return _form(situation, command, ask, unsent(ask, context.parts.now()), uuid4().hex)

    return asked


def _taken(command: str, asks: Asks) -> Answer:
    """What became of a form: the child's page, or the form again with all that was typed."""

    def taken(context: Context) -> Response[Any]:
        parts = context.parts
        situation = Situation(context, context.path["child"], context.typed("of") or None)
        ask = asks(situation)
        form = sent(command, ask, context.posted, parts.now())
        identity = identity_of(form) or uuid4().hex
        if form.value is None:
            return _form(situation, command, ask, form, identity)
        handled = give(parts, context.who, command, command_fields(ask, form), identity=identity)
        if handled.result == "refused":
            # Nothing is stored under that id, or something else is: the next try has its own.
            refused = form.with_error("", situation.names.worded(handled.reason or ""))
            return _form(situation, command, ask, refused, uuid4().hex)
        if not handled.events:
            return _back(situation, "entry=0")
        parts.projector.caught_up_to(handled.events[-1].position, PATIENCE_SECONDS)
        notice = ask.notice(form.value) if ask.notice else ""
        position = handled.events[0].position
        return _back(situation, f"entry={position}{notice and '&' + notice}")

    return taken


def _back(situation: Situation, query: str) -> Response[Any]:
    """To the child's page, or to one's work if the child is no longer theirs to see."""
    context = situation.context
    seen = about_child(context.parts.query, situation.child_id)
    if context.parts.gate.may(context.who, "see-child", seen):
        return Redirect(f"/children/{situation.child_id}?{query}", status_code=303)
    return Redirect("/work", status_code=303)


def _form(
    situation: Situation, command: str, ask: Ask, form: Form[Any], identity: str
) -> Response[str]:
    """The form on its page. It shows the child's name, so the look is recorded first."""
    context = situation.context
    about = ABOUT.get(command, about_child)(context.parts.query, situation.child_id)
    context.parts.gate.open(context.who, "see-child", about)
    return show(
        context,
        "command.html",
        status=422 if form.errors else 200,
        ask=ask,
        form=form,
        widgets=widgets(command, ask),
        action=f"/children/{situation.child_id}/{command}",
        of=situation.of or "",
        back=f"/children/{situation.child_id}",
        child=situation.names.child(situation.child_id),
        identity=identity,
    )


def _routes() -> tuple[HTTPRouteHandler, ...]:
    routes: list[HTTPRouteHandler] = []
    for command, asks in asked_forms().items():
        path, action = f"/children/{{child:str}}/{command}", giving(command)
        about = _about(command)
        routes += [
            guarded(get, path, action, about, _asked(command, asks), name=f"ask-{command}"),
            guarded(post, path, action, about, _taken(command, asks), name=f"take-{command}"),
        ]
    return tuple(routes)


ROUTES = _routes()
