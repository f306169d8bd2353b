"""One event of the log: who did it, when, knowing what, under which rule, and what caused it?

For an auditor, from clear headers alone. What is sealed stays so; the page says who can open it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException

from domain.calendar import local_day
from domain.kernel import Event, Recorded
from domain.policy import in_force
from projections import caseload, chronology, deadlines, inbox, people
from projections.chronology import TITLES
from services.access import ROLES, Resource
from services.web.due import CLOCKS, WAITING
from services.web.frame import show
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.templating import govdate, govhappened, govmoment

NEAR = 25
"""How far around an event in the log what belongs to it is looked for: one message or command is
stored in one transaction, so that its events stand together."""

MOST_KNOWN = 20
"""Entries listed of what was on record then; the page says how many there were."""

DECISIONS = ("referral.decided.v1", "referral.decision_authorised.v1")


@self_guarded(get, "/log/{stream:str}/{version:int}", "see-log")
def event(context: Context) -> Response[Any]:
    """The event of that version in a stream; 404 where there is none."""
    parts, stream = context.parts, context.path["stream"]
    history = list(parts.store.history(stream))
    found = next((each for each in history if each.version == context.path["version"]), None)
    children = _children(found.event) if found else ()
    about = Resource(about=(stream, *children), present=found is not None)
    parts.gate.open(context.who, "see-log", about)
    if found is None:
        raise NotFoundException
    names, header = Names(parts, sealed=True), found.event
    sealed = parts.store.parts(found.sealed)
    near = parts.store.since(max(0, found.position - NEAR - 1), 2 * NEAR + 1)
    policy = in_force(local_day(header.happened_at))
    return show(
        context,
        "event.html",
        stream=stream,
        name=found.name,
        title=_title(found.event, names),
        position=found.position,
        facts=_facts(context, found, names),
        happened=govhappened(header.happened_at),
        received=govmoment(header.received_at),
        recorded=govmoment(header.recorded_at),
        policy=policy,
        rules=_rules(found, policy.authorise_decisions, policy.deciders, policy.authorisers),
        clocks=_clocks(context, found, children),
        caused=_caused(found, near),
        known=_known(context, found, children, history, names),
        sealed=sorted(kind for kind, there in sealed.items() if there),
        destroyed=sorted(kind for kind, there in sealed.items() if not there),
        opens=_opens(context, found, children, names),
    )


def _children(header: Event) -> tuple[str, ...]:
    """The children whom a header names."""
    one = getattr(header, "child_id", None)
    return tuple(dict.fromkeys(([one] if one else []) + list(getattr(header, "child_ids", ()))))


def _title(header: Event, names: Names) -> str:
    worded = TITLES.get(type(header))
    return names.worded(worded(header)) if worded else ""


# ── Who ───────────────────────────────────────────────────────────────────────────────────────────


def _facts(context: Context, found: Recorded, names: Names) -> list[tuple[str, str]]:
    """Who, for whom, and where it stands."""
    header = found.event
    agency = names(header.agency) if header.agency != "authority" else "The council"
    facts = [
        ("By", names(header.by)),
        ("In which role", _role(context, header.by, header.happened_at)),
        ("For", agency),
    ]
    if authorised_by := getattr(header, "authorised_by", None):
        facts.append(("Authorised by", names(authorised_by)))
    return [*facts, ("Position in the log", f"{found.position}, version {found.version}")]


def _role(context: Context, person: str, at: datetime) -> str:
    """The posts that a person held at that instant, as far as the record goes."""
    held = [
        f"{dict[str, str](ROLES.items()).get(post.role, post.role)}, {post.team_id}"
        for post in people.staff(context.parts.query, left=True)
        if post.person_id == person
        and post.since <= at
        and (post.left_at is None or at < post.left_at)
    ]
    return "; ".join(held) or "Held no post in a team then"


# ── Under which rule ──────────────────────────────────────────────────────────────────────────────


def _rules(
    found: Recorded, authorise: bool, deciders: Iterable[str], authorisers: Iterable[str]
) -> list[tuple[str, str]]:
    """What the policy says of who decides a referral, where this is such a decision."""
    if found.name not in DECISIONS:
        return []
    roles = dict[str, str](ROLES.items())
    rules = [("May decide", ", ".join(roles.get(each, each.capitalize()) for each in deciders))]
    who = ", ".join(roles.get(each, each) for each in authorisers)
    return [*rules, ("To be authorised", f"Yes, by a {who.lower()}" if authorise else "No")]


def _clocks(context: Context, found: Recorded, children: Iterable[str]) -> list[dict[str, Any]]:
    """The clocks of a referral, or else those of its children that ran or that the event ended, as
    they stood when it was recorded."""
    query, at = context.parts.query, found.event.recorded_at
    if found.stream.startswith("referral-"):
        listed = deadlines.of_referral(query, found.stream, at, as_known_at=at)
    else:
        of_children = (deadlines.of_child(query, each, at, as_known_at=at) for each in children)
        listed = [
            clock
            for clocks in of_children
            for clock in clocks
            if clock.state in WAITING or clock.stopped_by == found.position
        ]
    unique = {(each.rule, each.about, each.started_at): each for each in listed}
    return [
        {
            "rule": each.rule,
            "what": CLOCKS[each.rule],
            "policy": each.policy,
            "started": govdate(each.started_at),
            "due": each.due_at or each.due_on,
            "state": each.state,
            "here": each.stopped_by == found.position,
        }
        for each in sorted(unique.values(), key=lambda each: (each.due_on, each.rule))
    ]


# ── What caused it, and what was known ────────────────────────────────────────────────────────────


def _caused(found: Recorded, near: Iterable[Recorded]) -> list[tuple[str, str, str]]:
    """The message or command behind it, and the other events of that: (what, words, href)."""
    header = found.event
    lines = []
    for what, name in (("Message", "message"), ("Command", "command")):
        cause = getattr(header, name)
        if cause is None:
            continue
        lines.append((what, cause, ""))
        lines += [
            (f"Same {name}", f"{each.position}, {each.name}", _href(each.stream, each.version))
            for each in near
            if getattr(each.event, name) == cause and each.position != found.position
        ]
    return lines


def _href(stream: str, version: int) -> str:
    return f"/log/{stream}/{version}"


def _known(
    context: Context,
    found: Recorded,
    children: Iterable[str],
    history: Iterable[Recorded],
    names: Names,
) -> list[dict[str, Any]]:
    """What was on record when this was written down: of each child, else of the stream itself."""
    at, query = found.event.recorded_at, context.parts.query
    told = []
    for child_id in children:
        entries = [
            (entry.position, govdate(entry.happened_at), names.worded(entry.title), entry.stream)
            for entry in chronology.timeline(query, child_id, as_known_at=at)
            if entry.position < found.position
        ]
        told.append((child_id, entries))
    if not told:
        before = [each for each in history if each.version < found.version]
        entries = [
            (e.position, govdate(e.event.happened_at), _title(e.event, names) or e.name, e.stream)
            for e in before
        ]
        told.append((found.stream, entries))
    return [
        {"about": about, "count": len(entries), "entries": entries[: -MOST_KNOWN - 1 : -1]}
        for about, entries in told
    ]


# ── Who can open what is sealed ───────────────────────────────────────────────────────────────────


def _opens(
    context: Context, found: Recorded, children: Iterable[str], names: Names
) -> list[tuple[str, str]]:
    """The managers who may read it today: (manager, team)."""
    query = context.parts.query
    wanted = set()
    if referral := inbox.referral(query, found.stream):
        wanted.add(referral.now.team_id)
    for child_id in children:
        if case := caseload.of_child(query, child_id):
            wanted.add(case.team_id)
    return [
        (names(manager), names(team.team_id))
        for team in people.teams(query)
        if team.team_id in wanted
        for manager in team.managers
    ]
