"""What did the sender send, exactly? As text: nothing in it is run, or looks like our page."""

from typing import Any

from litestar import Response

from adapters.translation import formats
from projections import inbox
from services import messages
from services.access import Denied
from services.questions import about_referral
from services.web.frame import show
from services.web.naming import Names
from services.web.routes import Context, page


def _referral(context: Context) -> Any:
    return about_referral(context.parts.query, context.path["referral"])


@page("/referrals/{referral:str}/messages/{position:int}", "see-message", _referral)
def message(context: Context) -> Response[Any]:
    referral_id, position = context.path["referral"], context.path["position"]
    found = inbox.referral(context.parts.query, referral_id)
    told = {each.position for each in found.messages} if found else set()
    raw = messages.behind(context.parts, referral_id, position) if position in told else None
    if raw is None:
        raise Denied
    titles = {name: each.FORMAT.title for name, each in formats().items()}
    return show(
        context,
        "message.html",
        raw=raw,
        closed=False,
        title=titles.get(raw.format, "A format that we do not know"),
        sender=Names(context.parts)(raw.agency),
        back=f"/referrals/{referral_id}",
        why="",
        problems=(),
    )
