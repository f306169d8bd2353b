"""Where is my work? The start page sends each role there."""

from typing import Any

from litestar import Response, get
from litestar.response import Redirect

from services.access import Role
from services.web.frame import show
from services.web.routes import Context, open_route

PLACE_OF: dict[Role, str] = {
    "duty-worker": "/inbox",
    "social-worker": "/work",
    "auditor": "/log",
    "referrer": "/referrals",
}


@open_route(get, "/", "shows nothing: it leads on")
def start(context: Context) -> Response[Any]:
    who = context.signed_in
    if who is None:
        return Redirect("/sign-in", status_code=303)
    if who.role == "team-manager":
        return Redirect(f"/teams/{who.team}", status_code=303)
    if who.role not in PLACE_OF:
        return show(context, "operator.html")
    return Redirect(PLACE_OF[who.role], status_code=303)
