"""Which messages became no referral, and why? Kept as they came, so that nothing is lost."""

from typing import Any

from litestar import Response, get

from adapters.translation import formats
from domain.message import Result
from projections import unreferred
from services import messages
from services.access import Resource
from services.readers import readers_of_kept
from services.web.frame import show, stretch
from services.web.naming import Names
from services.web.routes import Context, page, self_guarded

WHY: dict[Result, str] = {
    "no-concern": "It tells of no concern about a child.",
    "merged": "The sender merged two of its records, and ours were merged too.",
}
"""Why a message of this result opens no referral."""

AT_ONCE = 25


@self_guarded(get, "/inbox/no-referral", "see-unreferred")
def listed(context: Context) -> Response[str]:
    """All of them, the newest first."""
    found = unreferred.without_referral(context.parts.query)
    shown, number, pages = stretch(context, found, AT_ONCE)
    about = tuple(each.message_id for each in shown)
    context.parts.gate.open(context.who, "see-unreferred", Resource(about=about))
    names, titles = Names(context.parts), _titles()
    return show(
        context,
        "unreferred.html",
        rows=[
            {
                "href": f"/messages/{each.message_id}",
                "received_at": each.received_at,
                "agency": names(each.agency),
                "format": titles.get(each.format, "Not known"),
                "part": each.part,
                "why": WHY.get(each.result, "It was kept without a referral."),
                "problems": len(each.problems),
            }
            for each in shown
        ],
        count=len(found),
        page=number,
        pages=pages,
    )


def _message(context: Context) -> Any:
    found = unreferred.kept(context.parts.query, context.path["message"])
    return Resource(about=(context.path["message"],), present=found is not None)


@page("/messages/{message:str}", "see-unreferred", _message)
def message(context: Context) -> Response[Any]:
    """What became of one, and the message as it came."""
    found = unreferred.kept(context.parts.query, context.path["message"])
    assert found is not None  # noqa: S101 - the gate is not open to what is not there
    named = readers_of_kept(context.parts, found.message_id)
    gate, stands = context.parts.gate, Resource(about=(found.message_id,), named=named)
    return show(
        context,
        "message.html",
        raw=messages.kept(context.parts, found.message_id, found.position),
        closed=named is not None and not gate.passed(context.who, "see-unreferred", stands),
        title=_titles().get(found.format, "A format that we do not know"),
        sender=Names(context.parts)(found.agency),
        back="/inbox/no-referral",
        why=WHY.get(found.result, "It was kept without a referral."),
        problems=found.problems,
    )


def _titles() -> dict[str, str]:
    return {name: each.FORMAT.title for name, each in formats().items()}
