"""Where does a child live, and who looked at their record? Each asked for by itself."""

from datetime import date
from itertools import groupby
from typing import Any

from litestar import Response, get

from adapters.access_log import Look
from domain.calendar import local_day
from domain.kernel import WITHHELD
from projections import children
from services.access import ROLES
from services.questions import about_child
from services.web.command_form import Situation
from services.web.frame import show
from services.web.naming import RESTRICTED, Names
from services.web.routes import Context, page, self_guarded
from services.words import opened


def _child(context: Context) -> Any:
    return about_child(context.parts.query, context.path["child"])


@page("/children/{child:str}/address", "see-address", _child)
def address(context: Context) -> Response[str]:
    """Where the child lives and lived, and how to reach those close to them."""
    situation = Situation(context, context.path["child"])
    parts = context.parts
    homes = []
    for child_id in (situation.child_id, *situation.child.records):
        for home in children.households(parts.query, child_id):
            where = _location(context, home.sealed, "address")
            homes.append({"address": where, "since": home.since, "left": home.left_at})
    reach = []
    for each in children.relationships(parts.query, situation.child_id):
        if each.other_child_id and situation.names.closed(each.other_child_id):
            reach.append((f"{each.relation}, {RESTRICTED}", NOT_SHOWN))
            continue
        name = opened(parts.store, each.sealed, ("identity",))[0].get("name")
        contact = _location(context, each.sealed, "contact")
        if contact:
            reach.append((f"{each.relation}, {name}" if name else each.relation, contact))
    postcode = _location(context, situation.child.sealed, "postcode")
    postcode = postcode or _location(context, situation.child.first_sealed, "postcode")
    return show(
        context,
        "address.html",
        name=situation.names.child(situation.child_id),
        here=f"/children/{situation.child_id}",
        postcode=postcode,
        homes=homes,
        reach=reach,
    )


def _location(context: Context, sealed: bytes, field: str) -> str:
    fields, _ = opened(context.parts.store, sealed, ("location",))
    value = fields.get(field)
    if value is WITHHELD:
        return "Destroyed" if field in fields else ""
    return value if isinstance(value, str) else ""


NOT_SHOWN = "Not shown"
"""In place of how to reach a child whose record is restricted to others."""

LOOKED = {
    "see-child": "The record",
    "see-address": "The address",
    "see-who-looked": "Who looked",
    "see-caseload": "On a list of cases",
    "see-deadlines": "On a list of deadlines",
    "see-risks": "On a list of risks",
    "see-team": "Behind a team's figures",
    "see-referral": "A referral about the child",
    "see-inbox": "In the inbox",
    "see-message": "A message as it came",
    "see-unreferred": "A message that became no referral, or is set aside",
    "see-log": "The log",
    "see-teams": "All teams' figures",
    "see-people": "Who works here",
    "search-children": "A search for a child",
}
"""What an action shows, in a few words."""


@self_guarded(get, "/children/{child:str}/looks", "see-who-looked")
def looks(context: Context) -> Response[str]:
    """Who asked to see this record, the newest first; also those who were not let."""
    parts, child_id = context.parts, context.path["child"]
    decision = parts.gate.open(context.who, "see-who-looked", about_child(parts.query, child_id))
    names = Names(parts, sealed="headers-only" in decision.obligations)
    found = parts.gate.log.seen_by(child_id)
    seen = []
    for (day, person, role, action, permitted), same in groupby(found, key=_alike):
        times = list(same)
        seen.append(
            {
                "at": times[0].at,
                "times": len(times),
                "day": day,
                "who": names(person),
                "role": dict[str, str](ROLES.items()).get(role, role),
                "what": LOOKED.get(action, action),
                "permitted": permitted,
            }
        )
    return show(
        context,
        "looks.html",
        name=names.child(child_id),
        here=f"/children/{child_id}" if not names.sealed else "",
        looks=seen,
        count=len(found),
    )


def _alike(look: Look) -> tuple[date, str, str, str, bool]:
    """What is told in one line: the same person at the same thing, time after time in one day."""
    return local_day(look.at), look.person, look.role, look.action, look.permitted
