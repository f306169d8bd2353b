"""What is answered on the command line and under `/api/`, in the public surface's shapes?

Every answer passes the gate first: who asks, what for, and the look is recorded before a line
leaves. Private words are opened here, from the sealed parts that the read models' rows carry.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from adapters.event_store import EventStore, Unreadable
from domain.calendar import local_day
from domain.kernel import WITHHELD
from projections import agencies, caseload, chronology, inbox, oversight, people
from projections import children as children_
from projections import deadlines as deadlines_
from projections.base import Query
from services import flags as flags_
from services.access import Principal, Resource
from services.answers import (
    ChildLine,
    DeadlineLine,
    EventLine,
    Faulty,
    FlagLine,
    InboxLine,
    Limit,
    MeasureLine,
    PersonLine,
    SenderLine,
    TeamLine,
    TimelineLine,
)
from services.assemble import Parts
from services.words import opened as opened_words
from services.words import why

Row = dict[str, Any]

TOLD = ("narrative", "health", "police")
"""The kinds of private words that a timeline's text is made of; never an address or a name."""

CLOSED = "Closed: it also names a child whose record is restricted to others."
"""Stands in a child's story for the words of a referral that this person may not read."""


SECRET = "secret"  # noqa: S105 - the kind of what our own programs prove themselves by
"""Stays sealed whatever is opened."""


def the_inbox(parts: Parts, who: Principal, team: str | None = None) -> Iterator[InboxLine]:
    """Referrals that wait for a decision, oldest due first."""
    waiting = inbox.waiting(parts.query, team)
    about = tuple(each.referral_id for each in waiting)
    parts.gate.open(who, "see-inbox", Resource(about=about))
    for each in waiting:
        yield {
            "referral": each.referral_id,
            "agency": each.agency,
            "received_at": each.received_at,
            "due_on": each.due_on,
            "urgency": each.urgency,
            "children": each.child_ids,
            "problems": [*each.problems, *_news(each)],
            "team": each.team_id,
            "told_workers": each.told_workers,
        }


def _news(referral: inbox.Waiting) -> Iterator[str]:
    """What came after the first message and waits for somebody."""
    if referral.conflict_at:
        yield "Another message came under the same key with other content: settle which holds."
    if referral.cancelled_at:
        yield "The sender withdrew it: decide all the same."
    if referral.updated_at:
        yield "The sender sent more since."
    if referral.followed_up_at:
        yield "The referrer asked what became of it."


def timeline(
    parts: Parts,
    who: Principal,
    child_id: str,
    *,
    agency: str | None = None,
    kind: str | None = None,
    as_known_at: datetime | None = None,
) -> Iterator[TimelineLine]:
    """One child's story from every agency, in the order in which things happened."""
    parts.gate.open(who, "see-child", about_child(parts.query, child_id))
    entries = chronology.timeline(
        parts.query, child_id, agency=agency, kind=kind, as_known_at=as_known_at
    )
    story = entries
    if agency or kind:
        story = chronology.timeline(parts.query, child_id, as_known_at=as_known_at)
    closed = closed_entries(parts, who, child_id, story)
    for each in entries:
        text, fault = (CLOSED, "") if each.position in closed else _text(parts.store, each.sealed)
        yield {
            "position": each.position,
            "event": each.event,
            "stream": each.stream,
            "happened_at": each.happened_at,
            "received_at": each.received_at,
            "recorded_at": each.recorded_at,
            "agency": each.agency,
            "title": each.title,
            "text": text,
            "superseded_by": each.superseded_by,
            **_faulty(fault),
        }


def closed_entries(
    parts: Parts, who: Principal, child_id: str, story: Sequence[chronology.Entry]
) -> frozenset[int]:
    """Which entries of a child's story, by position, say `CLOSED` to this person who may see it.

    Those with words of a referral that is closed to them, because it also names a child whose
    record is restricted to others, and what puts such an entry right. `story`: all of it, whatever
    is shown. Each referral is asked about once; none is while none names such a child.
    """
    referrals = {each.stream for each in story if each.stream.startswith("referral-")}
    if not _names_restricted(parts.query, referrals):
        return frozenset()
    about = about_child(parts.query, child_id)
    closed = {each for each in referrals if not _reads(parts, who, about, each)}
    found = {each.position for each in story if each.stream in closed}
    wrong = {each.position for each in story if each.superseded_by is not None}
    reached = found & wrong
    while reached:
        right = {e for position in reached for e in chronology.superseding(parts.query, position)}
        reached = (right - found) & wrong
        found |= right
    return frozenset(each.position for each in story if each.position in found and each.sealed)


def _names_restricted(query: Query, referrals: Iterable[str]) -> bool:
    """Whether one of them does. Asked of the children named, as the list of all restricted records
    takes as long as there are children."""
    found = (inbox.referral(query, each) for each in referrals)
    named = {child_id for each in found if each for child_id in each.now.child_ids}
    return any((child := children_.child(query, each)) and child.restricted for each in named)


def _reads(parts: Parts, who: Principal, child: Resource, referral_id: str) -> bool:
    """Whether who may see this child reads what a referral about them says: only a restricted
    record keeps it from them."""
    referral = about_referral(parts.query, referral_id)
    if referral.named is None:
        return True
    closed = replace(child, named=referral.named, triaged=referral.triaged)
    return parts.gate.may(who, "see-referral", closed)


def _whose(deadline: deadlines_.Deadline) -> Resource:
    return Resource(teams=_known(deadline.team_id), workers=_known(deadline.worker_id))


def text_of(store: EventStore, sealed: bytes) -> str:
    """The words of an entry, a paragraph a field; destroyed or unreadable ones are said to be."""
    return _text(store, sealed)[0]


def _text(store: EventStore, sealed: bytes) -> tuple[str, str]:
    fields, fault = opened_words(store, sealed, TOLD)
    if fault:
        return fault, fault
    words = [value for value in fields.values() if isinstance(value, str) and value.strip()]
    if any(value is WITHHELD for value in fields.values()):
        words.append("Words that were destroyed are not shown.")
    return "\n\n".join(words), ""


def _faulty(fault: str) -> Faulty:
    """What a row says beside its columns when something in it cannot be read."""
    return {"fault": fault} if fault else {}


def deadlines(
    parts: Parts,
    who: Principal,
    *,
    as_at: datetime,
    as_known_at: datetime | None = None,
    overdue: bool = False,
    team: str | None = None,
    worker: str | None = None,
) -> Iterator[DeadlineLine]:
    """What is due, met, late or stopped, the earliest due first.

    Without a team: whatever of it is the asker's to see.
    """
    found = deadlines_.due(
        parts.query, as_at, team=team, worker=worker, overdue=overdue, as_known_at=as_known_at
    )
    if team is None:
        found = [each for each in found if parts.gate.may(who, "see-deadlines", _whose(each))]
    about = tuple(dict.fromkeys(child for each in found for child in each.child_ids))
    if team is not None:
        teams = {team}
    elif worker is not None:
        teams = {post.team_id for post in people.posts(parts.query, worker)}
    else:
        teams = {post.team for post in who.posts if post.team}
    resource = Resource(
        about=about,
        teams=frozenset(teams),
        workers=frozenset((worker or who.person,)) if team is None else _known(worker),
    )
    parts.gate.open(who, "see-deadlines", resource)
    for each in found:
        limit: Limit = {"due_at": each.due_at} if each.due_at else {"due_on": each.due_on}
        yield {
            "rule": each.rule,
            "about": each.about,
            "child": each.child_ids[0] if len(each.child_ids) == 1 else None,
            "children": each.child_ids,
            "team": each.team_id,
            "worker": each.worker_id,
            "started_at": each.started_at,
            **limit,
            "state": each.state,
            "recorded_late": each.recorded_late,
            "waiting_for": each.waiting_for,
            "stopped_by": each.stopped_by,
            "policy": each.policy,
        }


PAGE = 500
"""Children that are read, and whose look is recorded, at a time."""


def children(
    parts: Parts, who: Principal, search: str | None = None, *, at_a_time: int = PAGE
) -> Iterator[ChildLine]:
    """Children by whole names or parts of double ones, in any case; without words all, those
    registered last first."""
    if search is None:
        page = children_page(parts, who, limit=at_a_time)
        yield from page.rows
        while page.after is not None:
            page = children_page(parts, who, limit=at_a_time, after=page.after)
            yield from page.rows
        return
    tokens = parts.store.vault.tokens(search)
    as_parts = parts.store.vault.as_parts(search)
    found = children_.found(parts.query, tokens, as_parts) if tokens else []
    yield from _children(parts, who, _mine(parts, who, found), tokens)


class ChildrenPage(NamedTuple):
    """`after`: what to ask for next; None: there are no more."""

    rows: list[ChildLine]
    after: int | None


def children_page(
    parts: Parts, who: Principal, *, limit: int = PAGE, after: int | None = None
) -> ChildrenPage:
    """At most `limit` children, those registered last first, that come `after` another page."""
    mine: list[children_.Child] = []
    while len(mine) < limit:
        found = children_.registered(parts.query, limit=limit - len(mine), below=after)
        if not found:
            return ChildrenPage(list(_children(parts, who, mine)), None)
        after = found[-1].position
        mine += _mine(parts, who, found)
    more = children_.registered(parts.query, limit=1, below=after)
    return ChildrenPage(list(_children(parts, who, mine)), after if more else None)


def _mine(parts: Parts, who: Principal, found: list[children_.Child]) -> list[children_.Child]:
    """A record restricted to others is not found."""
    about = about_children(parts.query, found)
    return [e for e in found if parts.gate.may(who, "search-children", about[e.child_id])]


def _children(
    parts: Parts, who: Principal, mine: list[children_.Child], tokens: tuple[str, ...] = ()
) -> Iterator[ChildLine]:
    about = (*tokens, *(each.child_id for each in mine))
    parts.gate.open(who, "search-children", Resource(about=about))
    for each in mine:
        details = details_of(parts.store, each)
        yield {
            "child": each.child_id,
            "name": details["name"],
            "born_on": details["born_on"],
            "due_on": details["due_on"],
            "identifiers": details["identifiers"],
            "cases": each.cases,
            **_faulty(details["fault"]),
        }


def details_of(store: EventStore, child: children_.Child) -> Row:
    """A child's name, birth or due date and identifiers; None for what is unknown or destroyed.

    `fault` says what cannot be read of it.
    """
    first, fault = opened_words(store, child.first_sealed, ("identity",))
    latest, also = opened_words(store, child.sealed, ("identity",))
    known = _without_destroyed(first) | _without_destroyed(latest)
    name = " ".join(n for n in (known.get("given_name"), known.get("family_name")) if n)
    number = known.get("nhs_number")
    identifiers = [{"system": "nhs", "value": number}] if number else []
    identifiers += [msgspec.to_builtins(each) for each in known.get("identifiers") or ()]
    return {
        "name": name or ("Unborn child" if child.unborn else None),
        "given_name": known.get("given_name"),
        "family_name": known.get("family_name"),
        "born_on": known.get("born_on"),
        "due_on": known.get("due_on"),
        "nhs_number": number,
        "identifiers": list({str(each): each for each in identifiers}.values()),
        "fault": fault or also,
    }


def _without_destroyed(fields: Row) -> Row:
    return {name: value for name, value in fields.items() if value is not WITHHELD}


def events(
    parts: Parts, who: Principal, *, start: int = 1, stream: str | None = None, opened: bool = False
) -> Iterator[EventLine]:
    """The log itself, in order: clear headers, and whether each part is sealed or destroyed."""
    about = (stream,) if stream else ("log",)
    parts.gate.open(who, "open-log" if opened else "see-log", Resource(about=about))
    for each in _recorded(parts.store, start, stream, raw=opened):
        if isinstance(each, Unreadable):
            yield _unreadable(each)
            continue
        shown, fault = _parts(parts.store, each.sealed, opened=opened)
        yield {
            "position": each.position,
            "stream": each.stream,
            "version": each.version,
            "event": each.name,
            "recorded_at": each.event.recorded_at,
            "header": msgspec.to_builtins(each.event),
            "parts": shown,
            **_faulty(fault),
        }


def _parts(store: EventStore, sealed: bytes, *, opened: bool) -> tuple[Row, str]:
    """By kind whether a part is sealed or destroyed, or its words; and what cannot be read."""
    try:
        readable = store.parts(sealed)
    except Unreadable as error:
        return {}, why(error)
    shown: Row = {kind: "sealed" if there else "destroyed" for kind, there in readable.items()}
    faults = []
    for kind in (kind for kind, there in readable.items() if opened and there and kind != SECRET):
        fields, fault = opened_words(store, sealed, (kind,))
        shown[kind] = "unreadable" if fault else msgspec.to_builtins(_without_destroyed(fields))
        faults.append(fault)
    return shown, max(faults, default="")


def _unreadable(error: Unreadable) -> EventLine:
    """The line of an event that is missing or cannot be read."""
    return {
        "position": error.position,
        "stream": error.stream,
        "version": error.version,
        "event": "",
        "recorded_at": None,
        "header": {},
        "parts": {},
        "fault": _damage(error),
    }


def _damage(error: Unreadable) -> str:
    return f"The log is damaged: {error}."


def _recorded(store: EventStore, start: int, stream: str | None, *, raw: bool) -> Iterator[Any]:
    """The events from a position on, and in their place what cannot be read (`Unreadable`)."""
    if stream is not None:
        try:
            yield from (each for each in store.history(stream) if each.position >= start)
        except Unreadable:  # raised before the first: then they are looked for in the whole log
            every = _recorded(store, start, None, raw=raw)
            yield from (each for each in every if each.stream == stream)
        return
    position = max(start, 1) - 1
    while True:
        try:
            page = store.since(position, 1000, raw=raw)
        except Unreadable as error:
            yield error
            position = error.position or position + 1
            continue
        if not page:
            return
        yield from page
        position = page.reached


def everybody(parts: Parts, who: Principal) -> Iterator[PersonLine]:
    """Whom `--as` accepts: the people of every team, the agencies' own users, the operator."""
    staff = people.staff(parts.query)
    parts.gate.open(who, "see-people", Resource(about=("people",)))
    yield {"person": "operator", "name": "Operator", "role": "operator", "team": None}
    for each in staff:
        fields, fault = opened_words(parts.store, each.sealed, ("staff",))
        name = fields.get("name")
        yield {
            "person": each.person_id,
            "name": name if isinstance(name, str) else None,
            "role": each.role,
            "team": each.team_id,
            **_faulty(fault),
        }
    for agency in agencies.senders(parts.query):
        yield {"person": agency.agency_id, "name": agency.name, "role": "referrer", "team": None}


def name_of(parts: Parts, person_id: str) -> str:
    """What a person or agency is called; the id where no name is known."""
    person = people.who(parts.query, person_id)
    if person is not None and person.sealed:
        name = opened_words(parts.store, person.sealed, ("staff",))[0].get("name")
        if isinstance(name, str) and name:
            return name
    agency = agencies.agency(parts.query, person_id)
    return agency.name if agency else person_id


def senders(parts: Parts, who: Principal) -> Iterator[SenderLine]:
    """Who may send."""
    parts.gate.open(who, "see-agencies", Resource(about=("agencies",)))
    for each in agencies.senders(parts.query):
        yield {"agency": each.agency_id, "kind": each.kind, "name": each.name}


def teams(parts: Parts, who: Principal) -> Iterator[TeamLine]:
    """The teams, and who manages them."""
    parts.gate.open(who, "see-teams", Resource())
    for each in people.teams(parts.query):
        yield {
            "team": each.team_id,
            "name": each.name,
            "kind": each.kind,
            "managers": each.managers,
            "areas": each.areas,
        }


def team(
    parts: Parts, who: Principal, team_id: str, *, week: str | None = None, as_at: datetime
) -> Iterator[MeasureLine]:
    """Every measure of a team in a week, with the cases behind it."""
    known = team_id in oversight.teams(parts.query)
    chosen = week or oversight.week_of(local_day(as_at))
    numbers = oversight.team_week(parts.query, team_id, chosen, as_at=as_at) if known else []
    about = (team_id, *dict.fromkeys(case for number in numbers for case in number.cases))
    resource = Resource(about=about, present=known, teams=frozenset((team_id,)))
    parts.gate.open(who, "see-team", resource)
    for each in numbers:
        yield {
            "team": each.team,
            "week": each.week,
            "measure": each.measure,
            "value": each.value,
            "of": each.of,
            "cases": each.cases,
        }


def flags(
    parts: Parts, who: Principal, *, team: str | None = None, as_at: datetime
) -> Iterator[FlagLine]:
    """The teams whose practice slips: which signs hold together, since when, by which events."""
    parts.gate.open(who, "see-teams", Resource())
    for each in flags_.raised(parts.query, as_at, team):
        faults: list[str] = []
        yield {
            "flag": f"{each.team}:{each.opened_on}",
            "team": each.team,
            "opened_at": each.opened_on,
            "signals": [
                {
                    "signal": signal.signal,
                    "title": signal.title,
                    "since": signal.since,
                    "events": _last_events(parts.store, signal.cases, faults),
                }
                for signal in each.signals
            ],
            "state": "up",
            "policy": each.policy,
            **_faulty(max(faults, default="")),
        }


def _last_events(store: EventStore, streams: tuple[str, ...], faults: list[str]) -> list[int]:
    """The position of the newest event of each of these referrals, cases or risks.

    Of one that cannot be read, where that begins; why is added to `faults`.
    """
    found: list[int] = []
    for stream in streams:
        try:
            found += [each.position for each in store.history(stream)[-1:]]
        except Unreadable as error:
            faults.append(_damage(error))
            found += [error.position] if error.position else []
    return sorted(found)


def no_such_team(parts: Parts, team_id: str | None) -> str:
    """What is wrong with a team that is asked for; "" if it is formed, or none is asked for."""
    formed = [each.team_id for each in people.teams(parts.query)]
    if team_id is None or team_id in formed:
        return ""
    there = f"There are: {', '.join(formed)}." if formed else "No team is formed yet."
    return f"There is no team {team_id}. {there}"


# ── The facts about what is asked for ─────────────────────────────────────────────────────────────


def about_child(query: Query, child_id: str) -> Resource:
    """What the rules must know of a child, with all the records found to be about them."""
    child = children_.child(query, child_id)
    if child is None:
        return Resource(about=(child_id,), present=False)
    return replace(about_children(query, [child])[child.child_id], about=(child_id,))


def about_children(query: Query, found: Sequence[children_.Child]) -> dict[str, Resource]:
    """The same of many children, asked for at once."""
    records = [record for child in found for record in (child.child_id, *child.records)]
    cases: dict[str, list[caseload.Holder]] = {}
    for case in caseload.holders(query, records):
        cases.setdefault(case.child_id, []).append(case)
    named: dict[str, list[inbox.Waiting]] = {}
    for referral in inbox.naming(query, *records):
        for child_id in referral.child_ids:
            named.setdefault(child_id, []).append(referral)
    return {child.child_id: _about(child, cases, named) for child in found}


def _about(
    child: children_.Child,
    cases: Mapping[str, list[caseload.Holder]],
    referrals: Mapping[str, list[inbox.Waiting]],
) -> Resource:
    records = (child.child_id, *child.records)
    worked = [case for each in records for case in cases.get(each, ())]
    current = [case for case in worked if case.is_open]
    named = [referral for each in records for referral in referrals.get(each, ())]
    return Resource(
        about=(child.child_id,),
        teams=_known(*(case.team_id for case in current), *(each.team_id for each in named)),
        closed_with=next((case.team_id for case in worked if not case.is_open), None),
        workers=_known(
            *(worker for case in current for worker in (case.worker_id, case.handover_to)),
            *(worker for each in named for worker in each.told_workers),
        ),
        waiting=bool(named),
        named=frozenset(child.named) if child.restricted else None,
    )


def about_referral(query: Query, referral_id: str) -> Resource:
    """What the rules must know of a referral: whose duty it is, and whose its children are.

    It waits until it is decided and the referrer told. One that names a child whose record is
    restricted is as closed as the record: as long as it, or what came since, must be decided, those
    on duty triage it, and the rest of it, with all addresses, stays closed. The agency that sent it
    goes on seeing what it sent.
    """
    found = inbox.referral(query, referral_id)
    if found is None:
        return Resource(about=(referral_id,), present=False)
    now = found.now
    children = [about_child(query, child_id) for child_id in now.child_ids]
    restricted = [child.named for child in children if child.named is not None]
    sender = frozenset((now.agency,))
    return Resource(
        about=(referral_id, *now.child_ids),
        teams=_known(now.team_id, *(team for child in children for team in child.teams)),
        workers=_known(
            now.decided_by,
            now.unconfirmed,
            *now.told_workers,
            *(worker for child in children for worker in child.workers),
        ),
        waiting=now.waiting or now.told_at is None,
        agency=now.agency,
        named=frozenset.intersection(*restricted) | sender if restricted else None,
        triaged=bool(restricted) and now.waiting,
    )


def theirs(parts: Parts, who: Principal, found: Sequence[inbox.Waiting]) -> list[inbox.Waiting]:
    """Those of these referrals that are not closed to this person by a restricted record."""
    closed = children_.restricted(parts.query)
    return [
        each
        for each in found
        if closed.isdisjoint(each.child_ids)
        or parts.gate.may(who, "see-referral", about_referral(parts.query, each.referral_id))
    ]


MERGED = "child.records_merged.v1"


def mergers(query: Query, child_id: str) -> tuple[str, ...]:
    """Who found other records to be about this child, the last one first."""
    told = chronology.timeline(query, child_id, kind="child")
    return tuple(dict.fromkeys(e.by_whom for e in reversed(told) if e.event == MERGED))


def about_separation(query: Query, child_id: str) -> Resource:
    """What the rules must know of a child whose records are to be separated.

    Whoever merged them may take it back, whatever else they work on.
    """
    about = about_child(query, child_id)
    return replace(about, workers=about.workers | frozenset(mergers(query, child_id)))


def both(one: Resource, other: Resource) -> Resource:
    """What belongs to two things at once: as closed as the more closed of them."""
    closed = [each for each in (one, other) if each.named is not None]
    named = [each.named for each in closed if each.named is not None]
    return Resource(
        about=(*one.about, *other.about),
        present=one.present and other.present,
        teams=one.teams,
        workers=one.workers,
        waiting=one.waiting,
        named=frozenset.intersection(*named) if named else None,
        triaged=bool(closed) and all(each.triaged for each in closed),
        conflicted=one.conflicted | other.conflicted,
    )


def _known(*ids: str | None) -> frozenset[str]:
    return frozenset(each for each in ids if each)
