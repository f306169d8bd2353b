"""Which cases stand behind a team's number, and what was done for each child?"""

from collections.abc import Iterable
from datetime import datetime
from math import inf
from typing import Literal

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from domain.calendar import local_day
from domain.case import child_of
from domain.referral import OUTCOMES
from domain.risk import RISK_KINDS
from projections import caseload, chronology, deadlines, inbox, people, risks
from projections.chronology import Entry
from projections.deadlines import Deadline
from projections.inbox import Waiting
from projections.oversight import Measure
from services.access import ROLES
from services.questions import about_child, text_of
from services.web.due import WAITING, Due, stands
from services.web.naming import Names
from services.web.routes import Context
from services.web.story import referral_href
from services.words import opened

Kind = Literal["case", "referral", "risk", "person"]

HEARD = ("assessment.child_seen.v1", "plan.visit_made.v1", "conference.initial_held.v1")
"""The events that hold what the child said."""


class Behind(Struct, frozen=True, kw_only=True):
    """One of the cases behind a number; what does not apply to its kind is empty or None.

    `clock`: the deadline that counts. `days`: for how long it has waited. `said`: what the child
    last said, or the words of the risk.
    """

    name: str
    href: str
    about: str = ""
    worker: str = ""
    clock: Due | None = None
    days: int | None = None
    seen_at: datetime | None = None
    said: Markup | None = None


def kind_of(case: str) -> Kind:
    """What an id among the cases of a number is of."""
    kinds: tuple[Kind, ...] = ("case", "referral", "risk")
    for kind in kinds:
        if case.startswith(f"{kind}-"):
            return kind
    return "person"


def children_of(context: Context, cases: Iterable[str]) -> list[str]:
    """The children whose cases these are, for the record of who looked."""
    query, found = context.parts.query, dict[str, None]()
    for case in cases:
        match kind_of(case):
            case "case":
                found[child_of(case)] = None
            case "referral":
                if referral := inbox.referral(query, case):
                    found |= dict.fromkeys(referral.now.child_ids)
            case "risk":
                if risk := risks.risk(query, case):
                    found[risk.child_id] = None
    return list(found)


def behind(
    context: Context, names: Names, measure: Measure, cases: Iterable[str], at: datetime
) -> list[Behind]:
    """The cases in words, as they stand at an instant; what is latest, or waited longest, first.

    A child whom this person may not open is named, unless restricted, without any words.
    """
    rows = []
    for case in cases:
        match kind_of(case):
            case "case":
                rows.append(_case(context, names, child_of(case), at))
            case "referral":
                rows.append(_referral(context, names, measure, case, at))
            case "risk":
                rows.append(_risk(context, names, case, at))
            case "person":
                rows.append(_person(context, names, case))
    return sorted(rows, key=_rank)


def _rank(row: Behind) -> tuple[float, str]:
    """What is latest, or has waited longest, first."""
    if row.days is not None:
        return -row.days, row.name
    return row.clock.left if row.clock and row.clock.left is not None else inf, row.name


def _href(context: Context, names: Names, child_id: str) -> str:
    if names.sealed:
        return ""
    about = about_child(context.parts.query, child_id)
    seen = context.parts.gate.may(context.who, "see-child", about)
    return f"/children/{child_id}" if seen else ""


def _case(context: Context, names: Names, child_id: str, at: datetime) -> Behind:
    query = context.parts.query
    case = caseload.of_child(query, child_id)
    clocks = [
        clock
        for clock in deadlines.of_child(query, child_id, at)
        if clock.rule in ("R5", "R6") and clock.state in ("overdue", "running")
    ]
    story = chronology.timeline(query, child_id, as_known_at=at)
    heard = [entry for entry in story if entry.event in HEARD and entry.happened_at <= at]
    href = _href(context, names, child_id)
    return Behind(
        name=names.child(child_id),
        href=href,
        worker=names(case.worker_id) if case else "",
        clock=_clock(clocks, at),
        seen_at=_seen(heard),
        said=_said(context, heard) if href else None,
    )


def _clock(clocks: list[Deadline], at: datetime) -> Due | None:
    """The assessment's own limit before its review."""
    if not clocks:
        return None
    return stands(min(clocks, key=lambda each: (each.rule == "R6", each.due_on)), at)


def _seen(heard: list[Entry]) -> datetime | None:
    seen = [
        e.happened_at for e in heard if "child not seen" not in e.title and "held" not in e.title
    ]
    return seen[-1] if seen else None


def _said(context: Context, heard: list[Entry]) -> Markup | None:
    """The child's words at the last meeting that has any."""
    for entry in reversed(heard):
        fields = opened(context.parts.store, entry.sealed, ("narrative",))[0]
        words = fields.get("child_said" if entry.event != HEARD[0] else "words")
        if isinstance(words, str) and words.strip():
            return Markup("{}").format(words.strip())
    return None


def _referral(
    context: Context, names: Names, measure: Measure, referral_id: str, at: datetime
) -> Behind:
    query = context.parts.query
    referral = inbox.referral(query, referral_id)
    if referral is None:
        return Behind(name=referral_id, href="")
    now = referral.now
    clocks = [c for c in deadlines.of_referral(query, referral_id, at) if c.rule == "R1"]
    children = ", ".join(names.child(child) for child in now.child_ids) or "No child known yet"
    outcome = OUTCOMES[now.outcome] if now.outcome else "Not decided"
    return Behind(
        name=children,
        href="" if names.sealed else referral_href(context, referral_id),
        about=f"From {names(now.agency)}. {outcome}",
        worker=names(now.decided_by),
        clock=_part(measure, now, clocks, at),
    )


def _part(measure: Measure, now: Waiting, clocks: list[Deadline], at: datetime) -> Due | None:
    """How the part of the clock that is measured stands: decided in time, a referral may still be
    late to be acknowledged, and the other way round."""
    due = _clock(clocks, at)
    part, _, _ = measure.partition("-")
    done_at = {"decided": now.decided_at, "acknowledged": now.acknowledged_at}.get(part)
    if due is None or done_at is None or done_at > at or due.state not in WAITING:
        return due
    limit = isinstance(due.due, datetime)
    late = done_at > due.due if limit else local_day(done_at) > due.due
    return replace(due, state="met-late" if late else "met", left=None)


def _risk(context: Context, names: Names, risk_id: str, at: datetime) -> Behind:
    risk = risks.risk(context.parts.query, risk_id)
    if risk is None:
        return Behind(name=risk_id, href="")
    days = (at - risk.raised_at).days
    told = f"{RISK_KINDS[risk.kind]}, raised by {names(risk.raised_by_agency)}"
    href = _href(context, names, risk.child_id)
    words = text_of(context.parts.store, risk.sealed) if href else ""
    return Behind(
        name=names.child(risk.child_id),
        href=href,
        about=told,
        worker=names(risk.worker_id),
        days=days,
        said=Markup("{}").format(words) if words else None,
    )


def _person(context: Context, names: Names, person_id: str) -> Behind:
    person = people.who(context.parts.query, person_id)
    role = ROLES.get(person.role, person.role) if person else ""  # type: ignore[call-overload]
    return Behind(name=names(person_id), href="", about=role)
