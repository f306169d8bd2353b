"""What programs ask for: messages taken in, health, and the answers of the command line as JSON."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from adapters.cloudevents import BATCH, CloudEvent, batch
from adapters.translation import Sent
from projections import children as children_
from services import questions
from services.assemble import Parts
from services.command_line.options import BadInstant, instant, iso_week
from services.intake import LARGEST, Intake, Receipt
from services.outcomes import MOST, Outcomes
from services.web.problems import TOO_LARGE, Problem, as_json
from services.web.routes import Answer, Context, open_route, self_guarded
from services.web.session import SENDER_HEADER, on_this_machine
from services.web.unpacked import Damaged, TooLarge, UnknownEncoding, unpacked

STATUS = {"duplicate": 200, "conflict": 409, "refused": 422}
"""By what became of a message; 201 for all else."""


class Takers:
    """An intake of one store for each thread that takes messages in."""

    def __init__(self) -> None:
        self._local = threading.local()

    def intake(self, parts: Parts) -> Intake:
        found: Intake | None = getattr(self._local, "intake", None)
        if found is None:
            found = self._local.intake = Intake(parts.store, parts.now)
        return found


def _json(body: Any, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json")


# ── Health ────────────────────────────────────────────────────────────────────────────────────────


@open_route(get, "/health/live", "tells only that the process runs")
def live(context: Context) -> Response[bytes]:
    return _json({"status": "live"})


@open_route(get, "/health/ready", "tells only whether it can be used")
def ready(context: Context) -> Response[bytes]:
    """Ready once the store answers and every read model has been built once."""
    lines = context.parts.projector.status()
    behind = max((line.behind for line in lines), default=0)
    parked = sum(line.parked for line in lines)
    usable = behind <= READY_BEHIND
    body = {"status": "ready" if usable else "catching up", "behind": behind, "parked": parked}
    return _json(body, 200 if usable else 503)


READY_BEHIND = 5000
"""Events that the pages may be behind and still be used; each page says so."""

# ── Intake ────────────────────────────────────────────────────────────────────────────────────────


@open_route(
    post,
    "/intake/{format:str}",
    "the sender proves who it is; nothing is shown but its receipt",
    checked=False,
    largest=LARGEST,
)
def take(context: Context) -> Response[bytes]:
    """Take a message in: the raw body, from a sender known by its credential."""
    request = context.request
    sender = request.headers.get(SENDER_HEADER, "")
    if not sender or not on_this_machine(request):
        reason = "The sender's credential is missing, or is not accepted from where it came."
        return as_json(Problem(401, "Who sends this?", reason), result="refused", reason=reason)
    intake: Intake = request.app.state.takers.intake(context.parts)
    name = context.path["format"]
    if name != "auto" and name not in intake.formats:
        reason = f"There is no such format. There are: {', '.join(('auto', *intake.formats))}."
        return as_json(Problem(404, "No such format", reason), result="refused", reason=reason)
    try:
        body = unpacked(context.body, request.headers.get("content-encoding", ""), LARGEST)
    except (UnknownEncoding, Damaged, TooLarge) as error:
        return _packed_wrongly(error)
    agency, _, unit = sender.partition(":")
    sent = Sent(
        body=body,
        agency=agency,
        unit=unit or None,
        received_at=context.parts.now(),
        content_type=request.headers.get("content-type"),
        key=request.headers.get("x-request-id") or request.headers.get("idempotency-key"),
        correlation=request.headers.get("x-correlation-id"),
    )
    return _receipts(list(intake.take(sent, channel="http", format=name, to_sender=True)))


def _packed_wrongly(error: UnknownEncoding | Damaged | TooLarge) -> Response[bytes]:
    match error:
        case UnknownEncoding():
            status, title = 415, "Not unpacked"
            reason = "The message is packed in a way that is not taken. Send it plain, or as gzip."
        case TooLarge():
            status, title, reason = 413, "Too large", TOO_LARGE
        case Damaged():
            status, title = 400, "Not unpacked"
            reason = "The message could not be unpacked: send it again, in full."
    return as_json(Problem(status, title, reason), result="refused", reason=reason)


def _receipts(receipts: list[Receipt]) -> Response[bytes]:
    """The receipt, or a list of them where the message held several referrals."""
    statuses = {STATUS.get(receipt.result, 201) for receipt in receipts}
    # of several that went different ways each receipt says its own; nothing of it was refused
    status = statuses.pop() if len(statuses) == 1 else 201
    if len(receipts) > 1:
        return _json(receipts, status)
    (receipt,) = receipts
    if receipt.result == "refused":
        problem = Problem(status, "The message was not kept", receipt.reason or "")
        return as_json(problem, **msgspec.to_builtins(receipt))
    return _json(receipt, status)


# ── Questions ─────────────────────────────────────────────────────────────────────────────────────


def _answer(path: str, *actions: str) -> Callable[[Answer], HTTPRouteHandler]:
    return self_guarded(get, path, *actions)


def _rows(rows: Iterable[Any]) -> Response[bytes]:
    return _json(list(rows))


def _instant(context: Context, name: str) -> datetime | None:
    text = context.asked(name)
    return instant(text) if text else None


@_answer("/api/inbox", "see-inbox")
def inbox(context: Context) -> Response[bytes]:
    return _rows(questions.the_inbox(context.parts, context.who, context.asked("team")))


@_answer("/api/children", "search-children")
def children(context: Context) -> Response[bytes]:
    """A page of them, those registered last first.

    At most `limit` (1 to 500, by default 500) that come `after` an earlier page. While there are
    more, the header `Link: <…>; rel="next"` (RFC 8288) holds the address of the next page.
    """
    # No word of a name may stand in an address: a search is sent by the page's form.
    limit = _number(context.asked("limit") or str(questions.PAGE))
    after = _number(context.asked("after") or str(children_.LAST_POSITION))
    if not 1 <= limit <= questions.PAGE or after < 1:
        detail = f"limit is 1 to {questions.PAGE}; after is what an earlier page's next link says."
        return as_json(Problem(400, "No such page", detail))
    page = questions.children_page(context.parts, context.who, limit=limit, after=after)
    answer = _rows(page.rows)
    if page.after is not None:
        address = f"/api/children?limit={limit}&after={page.after}"
        answer.headers["link"] = f'<{address}>; rel="next"'
    return answer


def _number(text: str) -> int:
    """0 where it is none that a position could be."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


MOST_DIGITS = 19


@_answer("/api/children/{child:str}/timeline", "see-child")
def timeline(context: Context) -> Response[bytes]:
    try:
        known = _instant(context, "as_known_at")
    except BadInstant as bad:
        return as_json(Problem(400, "No instant", str(bad)))
    rows = questions.timeline(
        context.parts,
        context.who,
        context.path["child"],
        agency=context.asked("agency"),
        kind=context.asked("kind"),
        as_known_at=known,
    )
    return _rows(rows)


@_answer("/api/deadlines", "see-deadlines")
def deadlines(context: Context) -> Response[bytes]:
    try:
        as_at = _instant(context, "as_at") or context.parts.now()
        known = _instant(context, "as_known_at")
    except BadInstant as bad:
        return as_json(Problem(400, "No instant", str(bad)))
    rows = questions.deadlines(
        context.parts,
        context.who,
        as_at=as_at,
        as_known_at=known,
        overdue=context.asked("overdue") is not None,
        team=context.asked("team"),
        worker=context.asked("worker"),
    )
    return _rows(rows)


@_answer("/api/teams", "see-teams")
def teams(context: Context) -> Response[bytes]:
    return _rows(questions.teams(context.parts, context.who))


@_answer("/api/teams/{team:str}", "see-team")
def team(context: Context) -> Response[bytes]:
    try:
        as_at = _instant(context, "as_at") or context.parts.now()
        week = iso_week(asked) if (asked := context.asked("week")) else None
    except BadInstant as bad:
        return as_json(Problem(400, "No instant", str(bad)))
    return _rows(
        questions.team(context.parts, context.who, context.path["team"], week=week, as_at=as_at)
    )


@_answer("/api/flags", "see-teams")
def flags(context: Context) -> Response[bytes]:
    return _rows(
        questions.flags(
            context.parts, context.who, team=context.asked("team"), as_at=context.parts.now()
        )
    )


# ── What became of an agency's own ────────────────────────────────────────────────────────────────

AGAIN_SECONDS = 60
"""When to ask again where nothing more is there; a referral is not decided within a minute."""


def _events(told: Iterable[CloudEvent]) -> Response[bytes]:
    return Response(batch(told), media_type=BATCH)


@_answer("/api/outcomes", "see-own-referrals")
def own_outcomes(context: Context) -> Response[bytes]:
    """What became of an agency's referrals, the oldest first: at most `limit`, `after` a position.

    The header `Link: <…>; rel="next"` (RFC 8288) says from where to go on; `Retry-After` comes with
    it where nothing more is there now.
    """
    limit = _number(context.asked("limit") or str(MOST))
    after = _number(context.asked("after") or "0")
    if not 1 <= limit <= MOST or (not after and context.asked("after") not in (None, "0")):
        detail = f"limit is 1 to {MOST}; after is what an earlier answer's next link says."
        return as_json(Problem(400, "No such page", detail))
    outcomes: Outcomes = context.request.app.state.outcomes
    told = outcomes.told(context.who, limit=limit, after=after)
    answer = _events(told.events)
    answer.headers["link"] = f'</api/outcomes?limit={limit}&after={told.after}>; rel="next"'
    if told.complete:
        answer.headers["retry-after"] = str(AGAIN_SECONDS)
    return answer


@_answer("/api/referrals/{referral:str}", "see-own-referral")
def own_referral(context: Context) -> Response[bytes]:
    """What became of one of them."""
    outcomes: Outcomes = context.request.app.state.outcomes
    return _events(outcomes.told_of(context.who, context.path["referral"]))


ROUTES: tuple[HTTPRouteHandler, ...] = (
    live, ready, take, inbox, children, timeline, deadlines, teams, team, flags,
    own_outcomes, own_referral,
)  # fmt: skip
