"""What is in the log, in order, and what happened in one stream: headers, never a private word."""

from itertools import islice
from typing import Any

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException

from services import questions
from services.access import Resource
from services.answers import EventLine
from services.web.frame import show
from services.web.naming import Names
from services.web.routes import Context, self_guarded

PAGE = 50
"""Events on a page."""


@self_guarded(get, "/log", "see-log")
def log(context: Context) -> Response[Any]:
    """A stretch of the log; the newest one unless `from` says where it begins."""
    newest = context.parts.store.newest()
    start = _start(context, newest)
    found = questions.events(context.parts, context.who, start=start)
    rows = [_row(each) for each in islice(found, PAGE)]
    return show(
        context,
        "log.html",
        rows=rows,
        stream="",
        looks=(),
        newest=newest,
        start=start,
        earlier=max(1, start - PAGE) if start > 1 else 0,
        later=start + PAGE if start + PAGE <= newest else 0,
    )


@self_guarded(get, "/log/{stream:str}", "see-log", "see-who-looked")
def history(context: Context) -> Response[Any]:
    """One stream's events, and who looked at what it is about."""
    stream = context.path["stream"]
    rows = [_row(each) for each in questions.events(context.parts, context.who, stream=stream)]
    if not rows:
        raise NotFoundException
    context.parts.gate.open(context.who, "see-who-looked", Resource(about=(stream,)))
    names = Names(context.parts, sealed=True)
    looks = [
        {
            "at": each.at,
            "person": names(each.person),
            "action": each.action.replace("-", " ").replace("give:", ""),
            "permitted": each.permitted,
        }
        for each in context.parts.gate.log.seen_by(stream)
    ]
    return show(
        context,
        "log.html",
        rows=rows,
        stream=stream,
        looks=looks,
        newest=0,
        start=0,
        earlier=0,
        later=0,
    )


def _start(context: Context, newest: int) -> int:
    asked = context.asked("from") or ""
    first = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else 0
    return min(max(first, 1), max(newest, 1)) if first else max(1, newest - PAGE + 1)


def _row(event: EventLine) -> dict[str, Any]:
    return {
        **event,
        "by": event["header"].get("by", ""),
        "header": msgspec.json.format(msgspec.json.encode(event["header"]), indent=2).decode(),
        "parts": ", ".join(f"{kind} {state}" for kind, state in event["parts"].items()),
    }
