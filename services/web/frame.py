"""What is around every page: who is signed in, where they may go, how far the page is behind."""

from typing import Any

from litestar import Request, Response

from services.access import ACTIONS, ROLES, Principal
from services.web.problems import Problem
from services.web.routes import Context
from services.web.templating import Frame, Link, render

PLACES = (
    ("My work", "/work", "see-caseload"),
    ("Inbox", "/inbox", "see-inbox"),
    ("Children", "/children", "search-children"),
    ("Teams", "/teams", "see-teams"),
    ("My referrals", "/referrals", "see-own-referrals"),
    ("Log", "/log", "see-log"),
)
"""Places in the navigation: shown to those whose role has the action."""


def show(context: Context, template: str, *, status: int = 200, **rows: Any) -> Response[str]:
    """A page in its frame. `live` and `as_known_at` among the rows go to the frame."""
    given = {name: rows.pop(name) for name in ("as_known_at", "now_href", "live") if name in rows}
    page = render(template, frame_of(context, **given), **rows)
    return Response(page, status_code=status, media_type="text/html; charset=utf-8")


def frame_of(context: Context, **more: Any) -> Frame:
    """The frame for whoever asks; an empty one for nobody."""
    who = context.signed_in
    lines = context.parts.projector.status() if who else []
    path = context.request.url.path
    return Frame(
        person=person_of(context, who) if who else "",
        navigation=tuple(
            Link(text, href, here=path == href or path.startswith(f"{href}/"))
            for text, href, action in PLACES
            if who and any(post.role in ACTIONS[action].roles for post in who.posts)
        ),
        made_up=context.request.app.state.demo,
        behind=max((line.behind for line in lines), default=0),
        parked=sum(line.parked for line in lines),
        csrf_token=csrf_token(context.request),
        **more,
    )


def person_of(context: Context, who: Principal) -> str:
    """Name and role, for the head of the page."""
    from services.questions import name_of

    return f"{name_of(context.parts, who.person)}, {ROLES[who.role].lower()}"


def csrf_token(request: Request[Any, Any, Any]) -> str:
    """The token that every form sends back; Litestar sets the cookie that it must match."""
    from litestar.utils.scope.state import ScopeState

    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else request.cookies.get("csrftoken", "")


def problem_page(request: Request[Any, Any, Any], problem: Problem) -> Response[str]:
    """The page that says what went wrong and what to do; it needs no data."""
    frame = Frame(made_up=request.app.state.demo)
    page = render("problem.html", frame, problem=problem)
    return Response(page, status_code=problem.status, media_type="text/html; charset=utf-8")
