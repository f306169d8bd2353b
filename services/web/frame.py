"""What is around every page: who is signed in, where they may go, how far the page is behind."""

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Redirect

from services.access import ACTIONS, ROLES, Principal
from services.questions import name_of
from services.web.problems import Problem
from services.web.routes import Context
from services.web.session import BROWSER_COOKIE
from services.web.templating import Frame, Link, render

T = TypeVar("T")

PLACES = (
    ("My work", "/work", "see-caseload"),
    ("Inbox", "/inbox", "see-inbox"),
    ("Children", "/children", "search-children"),
    ("Teams", "/teams", "see-teams"),
    ("Feeds", "/feeds", "see-feeds"),
    ("My referrals", "/referrals", "see-own-referrals"),
    ("Log", "/log", "see-log"),
    ("Who looked", "/looks", "see-log"),
)
"""Places in the navigation: shown to those whose role has the action."""

PATIENCE_SECONDS = 2.0
"""How long a page may be behind before it says so, and how long a form waits for its effect."""

HTML = "text/html"

DONE: dict[str, str] = {
    "acknowledge-referral": "The receipt is recorded.",
    "screen-referral": "The screening is recorded.",
    "decide-referral": "The decision is recorded.",
    "authorise-decision": "The decision is authorised.",
    "tell-referrer": "What the referrer was told is recorded.",
    "route-referral": "The referral is with its new team.",
    "add-child": "The child is on this referral.",
    "match-child": "The child is on this referral.",
    "register-child": "The child is registered and on this referral.",
    "merge-records": "The two records are one now.",
    "remove-child": "The child is no longer on this referral.",
    "unmatch-child": "The child is no longer on this referral.",
    "settle-conflict": "It is recorded which message holds.",
    "attend-referral": "It is recorded that the decision stands.",
    "reopen-referral": "The referral is open again.",
    "request-information": "The question is recorded.",
    "share-information": "The answer is recorded.",
    "decline-information": "The answer is recorded.",
    "follow-up-referral": "Your question is with the council.",
    "settle-loss": "It is recorded what was done about the loss.",
    "settle-message": "It is put away, and it is recorded why.",
    "replay-quarantined": "The message is taken in, as any other.",
    "sent": "Your concern has arrived.",
    "already": "This was recorded already: nothing was done twice.",
}
"""What a page says after a form: the code that the address carries -> words."""


def show(context: Context, template: str, *, status: int = 200, **rows: Any) -> Response[str]:
    """A page in its frame. `live`, `as_known_at` and `now_href` among the rows go to the frame."""
    given = {name: rows.pop(name) for name in ("as_known_at", "now_href", "live") if name in rows}
    number = context.sessions.browser(context.request)
    person = context.signed_in.person if context.signed_in else ""
    frame = frame_of(context, csrf_token=context.sessions.token(number, person), **given)
    page = Response(render(template, frame, **rows), status_code=status, media_type=HTML)
    if number != context.request.cookies.get(BROWSER_COOKIE):
        page.set_cookie(context.sessions.browser_cookie(number))
    return page


def frame_of(context: Context, **more: Any) -> Frame:
    """The frame for whoever asks; one without ways on for nobody."""
    who = context.signed_in
    lines = context.parts.projector.status() if who else []
    path = context.request.scope["path"]
    late = (line.behind for line in lines if line.behind_seconds > PATIENCE_SECONDS)
    return Frame(
        person=person_of(context, who) if who else "",
        navigation=tuple(
            Link(text, href, here=path == href or path.startswith(f"{href}/"))
            for text, href, action in PLACES
            if who and any(post.role in ACTIONS[action].roles for post in who.posts)
        ),
        made_up=context.request.app.state.demo,
        behind=max(late, default=0),
        parked=sum(line.parked for line in lines),
        **more,
    )


def person_of(context: Context, who: Principal) -> str:
    """Name and role, for the head of the page."""
    return f"{name_of(context.parts, who.person)}, {ROLES[who.role].lower()}"


# ── After a form ──────────────────────────────────────────────────────────────────────────────────


def went(context: Context, to: str, done: str, position: int | None) -> Response[Any]:
    """Back to a page that shows what a form did; it waits until the read models do.

    `done`: a key of `DONE`. `position`: of the last event; None if there was none.
    """
    shown = position is None or context.parts.projector.caught_up_to(position, PATIENCE_SECONDS)
    later = "" if shown else "&later=1"
    return Redirect(f"{to}{'&' if '?' in to else '?'}done={done}{later}", status_code=303)


def news(context: Context) -> str:
    """What the page says on top after a form; empty if it comes from none."""
    said = DONE.get(context.asked("done") or "", "")
    if said and context.asked("later"):
        said += " It will appear here in a moment: load the page again."
    return said


def stretch(context: Context, found: Sequence[T], at_once: int = 100) -> tuple[list[T], int, int]:
    """The part of a long list that `page=` in the address asks for, its number, and of how many."""
    number, pages = page_of(context, len(found), at_once)
    return list(found[(number - 1) * at_once : number * at_once]), number, pages


def page_of(context: Context, count: int, at_once: int) -> tuple[int, int]:
    """Which page of so many rows is asked for, from 1, and of how many pages."""
    pages = max(1, -(-count // at_once))
    asked = context.asked("page") or ""
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    return min(max(number, 1), pages), pages


# ── Without a page ────────────────────────────────────────────────────────────────────────────────


def problem_page(
    request: Request[Any, Any, Any], problem: Problem, typed: Sequence[tuple[str, str]] = ()
) -> Response[str]:
    """The page that says what went wrong and what to do; it needs no data.

    `typed`: (question, answer) of a form that was refused; questions are empty where not known.
    """
    frame = Frame(made_up=request.app.state.demo)
    page = render("problem.html", frame, problem=problem, typed=typed)
    return Response(page, status_code=problem.status, media_type=HTML)


def denied_page(request: Request[Any, Any, Any], problem: Problem) -> Response[str]:
    """The page of something that is not there or not theirs; a form's words are shown back."""
    from services.web.kept import told

    context: Context | None = getattr(request.state, "context", None)
    who = context.signed_in if context and request.method == "POST" else None
    if context is None or who is None:
        return problem_page(request, problem)
    pairs = [pair for pair in context.posted if pair[0] != "_csrf_token"]
    return problem_page(request, problem, told(context, who, request.scope["path"], pairs))


def sign_in_again(request: Request[Any, Any, Any]) -> Response[Any]:
    """To the sign-in page; a form that came too late goes with it, sealed for whoever typed it."""
    from services.web.kept import sealed
    from services.web.pages.sign_in import sign_in_page

    # Not of `request.url`, which is made from the Host header, whatever a client wrote there.
    path, query = request.scope["path"], request.scope["query_string"].decode(errors="replace")
    if request.method != "POST":
        to = quote(f"{path}?{query}" if query else path)
        return Redirect("/sign-in" if to == "/" else f"/sign-in?to={to}", status_code=303)
    context: Context = request.state.context
    pairs = tuple(pair for pair in context.posted if pair[0] != "_csrf_token")
    whose = context.typist or context.sessions.last(request) or ""
    return sign_in_page(context, path, sealed(context, whose, pairs), whose)
