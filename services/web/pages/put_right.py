"""An entry is wrong: is it to be corrected, or does it not belong on this record at all?"""

from typing import Any

from litestar import Response

from services.access import Denied
from services.questions import about_child
from services.web.command_form import Situation, asked_forms
from services.web.frame import show
from services.web.offered import may
from services.web.routes import Context, page

WAYS = {
    "correct-entry": (
        "What it says is wrong",
        "It stays, struck through, with a link to what you write in its place.",
        "Correct it",
    ),
    "retract-entry": (
        "It does not belong on this child's record",
        "It stays, struck through, with your reason, and nothing stands in its place.",
        "Retract it",
    ),
}
"""The command -> when it is the right one, what becomes of the entry, the words of its link."""


def ways(situation: Situation) -> tuple[str, ...]:
    """The commands by which this person may put an entry of this record right."""
    return tuple(command for command in WAYS if may(situation, command))


def _child(context: Context) -> Any:
    return about_child(context.parts.query, context.path["child"])


@page("/children/{child:str}/put-right", "see-child", _child)
def put_right(context: Context) -> Response[str]:
    """Both choices, with the entry in sight. Raises `Denied` for an entry of another record."""
    situation = Situation(context, context.path["child"], context.asked("of"))
    offered = ways(situation)
    if not offered:
        raise Denied
    here = f"/children/{situation.child_id}"
    return show(
        context,
        "put_right.html",
        child=situation.names.child(situation.child_id),
        here=here,
        back=f"{here}#event-{situation.of}",
        facts=asked_forms()[offered[0]](situation).facts,
        ways=[(*WAYS[command], f"{here}/{command}?of={situation.of}") for command in offered],
    )
