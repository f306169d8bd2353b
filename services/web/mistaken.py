"""Which open cases stand on a decision that was taken back, and what is to be done about them?"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from domain.referral import OPENS_A_CASE, OUTCOMES
from projections import inbox
from projections.base import Query
from projections.caseload import Case
from projections.inbox import Referral
from services.questions import about_child
from services.web.naming import Names
from services.web.routes import Context
from services.web.story import referral_href
from services.web.templating import govdate

REOPENED = "referral.reopened.v1"


class Mistaken(Struct, frozen=True, kw_only=True):
    """An open case that may be none. `words`: why, and what is to be done."""

    child_id: str
    referral_id: str
    words: str


def mistaken(query: Query, cases: Iterable[Case]) -> list[Mistaken]:
    """Those of these cases whose decision was reopened, and is not such a decision again."""
    opened = [(case, case.referral_id) for case in cases if case.is_open and case.referral_id]
    said = {referral_id: _said(query, referral_id) for _, referral_id in opened}
    return [
        Mistaken(child_id=case.child_id, referral_id=referral_id, words=said[referral_id])
        for case, referral_id in opened
        if said[referral_id]
    ]


def lines(context: Context, names: Names, found: Iterable[Mistaken]) -> list[dict[str, str]]:
    """As a page shows them: `child` and `referral` are empty for who may not open them."""
    return [
        {
            "child": _href(context, names, each.child_id),
            "name": names.child(each.child_id),
            "words": each.words,
            "referral": "" if names.sealed else referral_href(context, each.referral_id),
        }
        for each in found
    ]


def _href(context: Context, names: Names, child_id: str) -> str:
    parts, who = context.parts, context.who
    seen = not names.sealed and parts.gate.may(who, "see-child", about_child(parts.query, child_id))
    return f"/children/{child_id}" if seen else ""


def _said(query: Query, referral_id: str) -> str:
    """What became of the decision; empty if it stands, or was never taken back."""
    referral = inbox.referral(query, referral_id)
    at = _reopened_at(referral) if referral else None
    if referral is None or at is None or referral.now.outcome in OPENS_A_CASE:
        return ""
    told = f"The decision that opened this case was reopened on {govdate(at)}"
    if referral.now.outcome is None:
        return f"{told}; decide again, then close the case if it is not needed."
    now = OUTCOMES[referral.now.outcome]
    return f"{told} and is now: {now}. Close the case if it is not needed."


def _reopened_at(referral: Referral) -> datetime | None:
    """When it was last reopened."""
    reopened = [act.happened_at for act in referral.acts if act.event == REOPENED]
    return reopened[-1] if reopened else None
