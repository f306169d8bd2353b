"""Who are you? One of the demo's people, believed on this machine alone; nobody from elsewhere."""

from collections.abc import Iterable
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from projections import agencies, people
from services.access import ROLES
from services.assemble import Parts
from services.sign_in import sign_in
from services.web import kept
from services.web.frame import show
from services.web.routes import LARGEST_FORM, Context, open_route
from services.web.session import on_this_machine
from services.words import opened


class Somebody(Struct, frozen=True):
    """A button: whose it is, and what is written on it."""

    person: str
    name: str
    role: str


class Group(Struct, frozen=True):
    """The people of a team, or all agencies' users."""

    title: str
    people: tuple[Somebody, ...]


@open_route(get, "/sign-in", "names only those whom this machine may sign in as")
def choose(context: Context) -> Response[Any]:
    return sign_in_page(context, context.asked("to") or "/")


def sign_in_page(context: Context, to: str, kept: str = "", whose: str = "") -> Response[Any]:
    """The role picker. `to`: where to go then; `kept`: the sealed form that came too late, typed
    by `whose`."""
    here = on_this_machine(context.request)
    last = whose or context.sessions.last(context.request)
    groups = _groups(context.parts) if here else []
    return show(
        context,
        "sign_in.html",
        groups=groups,
        here=here,
        to=_ours(to),
        kept=kept,
        again=_of(groups, last),
    )


@open_route(
    post,
    "/sign-in",
    "signs somebody in, and shows nothing but where they go",
    largest=2 * LARGEST_FORM,  # a form that came too late grows when it is sealed
)
def enter(context: Context) -> Response[Any]:
    """The session's cookie, and on; whoever left a form is shown it first, nobody else is."""
    to, box, person = _ours(context.typed("to")), context.typed("kept"), context.typed("person")
    who = sign_in(context.parts, person) if on_this_machine(context.request) else None
    if who is None:
        return sign_in_page(context, to, box)
    answer: Response[Any] = Redirect(to, status_code=303)
    signed_in = Context(context.request, who, b"")
    if box:
        found = kept.left(context, box)
        if found is not None and found.whose == person:
            somebody = _of(_groups(context.parts), person)
            told = kept.told(context, who, to, found.pairs)
            answer = show(
                signed_in, "kept.html", to=to, kept=found.pairs, told=told, somebody=somebody
            )
        else:
            waits = box if found else ""
            answer = show(signed_in, "left.html", to=to, kept=waits, minutes=kept.MINUTES)
    answer.set_cookie(context.sessions.signed_in(person))
    return answer


@open_route(post, "/sign-out", "ends a session, and shows nothing")
def leave(context: Context) -> Response[Any]:
    answer = Redirect("/sign-in", status_code=303)
    answer.set_cookie(context.sessions.signed_out())
    return answer


def _ours(to: str) -> str:
    """An address of this site; its start for any other."""
    fits = to.startswith("/") and not to.startswith("//") and "\\" not in to
    return to if fits and to.isprintable() and not to.startswith("/sign-") else "/"


def _groups(parts: Parts) -> list[Group]:
    """Everybody who may sign in: area teams first, the manager of each on top; then agencies."""
    staff = people.staff(parts.query)
    found = []
    for team in sorted(people.teams(parts.query), key=lambda t: (t.kind == "authority", t.name)):
        of_team = sorted((p for p in staff if p.team_id == team.team_id), key=_rank)
        found.append(Group(team.name, tuple(_somebody(parts, person) for person in of_team)))
    senders = agencies.senders(parts.query)
    referrers = (Somebody(each.agency_id, each.name, "Referrer") for each in senders)
    found.append(Group("Agencies that refer", tuple(referrers)))
    return [group for group in found if group.people]


def _of(groups: Iterable[Group], person: str | None) -> Somebody | None:
    everybody = (each for group in groups for each in group.people)
    return next((each for each in everybody if each.person == person), None)


RANK = ("team-manager", "duty-worker", "social-worker")


def _rank(person: people.Person) -> tuple[int, str]:
    rank = RANK.index(person.role) if person.role in RANK else len(RANK)
    return rank, person.person_id


def _somebody(parts: Parts, person: people.Person) -> Somebody:
    fields, _ = opened(parts.store, person.sealed, ("staff",))
    name = fields.get("name")  # withheld (and so no text) where its key is destroyed
    known = name if isinstance(name, str) and name else person.person_id
    return Somebody(person.person_id, known, _role(person.role))


def _role(role: str) -> str:
    return next((words for name, words in ROLES.items() if name == role), role)
