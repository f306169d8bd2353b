"""An entry is wrong: is it to be corrected, or does it not belong on this record at all?"""

from typing import Any

from litestar import Response

from domain.catalogue import EVENTS
from domain.record import INSTEAD
from domain.risk import RiskAnswered
from services.access import Denied
from services.questions import about_child
from services.web.command_form import Situation, asked_forms
from services.web.forms.entry import entry_of
from services.web.frame import show
from services.web.offered import may
from services.web.routes import Context, page

WAYS = {
    "correct-entry": (
        "What it says is wrong",
        "It stays, struck through, with a link to what you write in its place. When it "
        "happened and what is counted of it stay as they were.",
        "Correct it",
    ),
    "retract-entry": (
        "It does not belong on this child's record, or happened at another time",
        "It stays, struck through, with your reason, and no longer counts. What did happen is "
        "recorded anew.",
        "Retract it",
    ),
}
"""The command -> when it is the right one, what becomes of the entry, the words of its link."""


def ways(situation: Situation) -> tuple[str, ...]:
    """The commands by which this person may put an entry of this record right."""
    return tuple(command for command in WAYS if may(situation, command))


def _way(situation: Situation, command: str, here: str) -> tuple[str, str, str, str]:
    """When it is the right one, what becomes of the entry, the words of its link and the link.

    What has an undoing of its own is not retracted: there the words say what undoes it.
    """
    when, told, words = WAYS[command]
    entry = entry_of(situation)
    kind = EVENTS[entry.event]
    if command == "correct-entry" or kind not in INSTEAD:
        return when, told, words, f"{here}/{command}?of={situation.of}"
    if kind is RiskAnswered:
        return when, INSTEAD[kind], "Withdraw it", f"{here}/withdraw-risk-answer?of={entry.stream}"
    return when, INSTEAD[kind], "", ""


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
        ways=[_way(situation, command, here) for command in offered],
    )
