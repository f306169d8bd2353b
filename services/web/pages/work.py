"""What is mine to do: what is late, what is due next, which risks nobody has answered?"""

from collections.abc import Iterable
from datetime import date, datetime

from litestar import Response, get
from msgspec import Struct

from domain.calendar import local_day
from domain.codes import ABUSE_CATEGORIES
from domain.referral import OUTCOMES
from domain.risk import RISK_KINDS
from projections import caseload, deadlines, inbox, risks
from projections.caseload import Case
from projections.children import restricted
from projections.deadlines import Deadline
from projections.inbox import Waiting
from services.access import Resource
from services.questions import about_child
from services.web.due import left, what
from services.web.frame import show
from services.web.mistaken import lines, mistaken
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.story import referral_href
from services.web.waits import rank, waits


class Row(Struct, frozen=True, kw_only=True):
    """A child as a list of work shows them. `due` and the three after it: the clock that runs out
    first, None where none runs. `risk_days`: how long the oldest unanswered risk has waited."""

    child_id: str
    name: str
    tags: tuple[tuple[str, str], ...]
    what: str | None
    state: str | None
    due: date | datetime | None
    left: int | None
    risks: int
    risk_days: int
    seen_at: datetime | None
    worker: str
    since: datetime | None


@self_guarded(get, "/work", "see-caseload")
def work(context: Context) -> Response[str]:
    parts, who, now = context.parts, context.who, context.parts.now()
    query, names = parts.query, Names(parts, reader=who.person)
    people = sorted(who.acts_for(local_day(now)))
    mine = [case for person in people for case in caseload.of_worker(query, person)]
    handed = [case for person in people for case in caseload.handed_over_to(query, person)]
    children = {case.child_id for case in (*mine, *handed)}
    told = [each for each in inbox.waiting(query) if _concerns(each, people, children)]
    passed = _passed(inbox.passed(query, children), (*mine, *handed))
    said = inbox.unconfirmed(query, who.person)
    managed = frozenset(p.team for p in who.posts if p.role == "team-manager" and p.team)
    team = [case for each in sorted(managed) for case in caseload.of_team(query, each)]
    about = dict.fromkeys(case.child_id for case in (*mine, *handed, *_to_authorise(team)))
    about |= dict.fromkeys(c for each in (*told, *passed, *said) for c in each.child_ids)
    doubtful = mistaken(query, {case.child_id: case for case in (*mine, *team)}.values())
    about |= dict.fromkeys(each.child_id for each in doubtful)
    parts.gate.open(
        who,
        "see-caseload",
        Resource(about=tuple(about), workers=frozenset((who.person,)), teams=managed),
    )
    clocks = [d for p in people for d in deadlines.due(query, now, worker=p, unmet=True)]
    open_risks = [r for p in people for r in risks.unanswered(query, worker=p, as_at=now)]
    rows = rows_of(mine, clocks, open_risks, names, now)
    gate = parts.gate
    shut = {
        child_id
        for child_id in restricted(query)
        if not gate.may(who, "see-child", about_child(query, child_id))
    }
    return show(
        context,
        "work.html",
        rows=rows,
        shut=shut,
        covers=[names(person) for person in people if person != who.person],
        late=sum(row.state == "overdue" for row in rows),
        risks=[
            {
                "child_id": risk.child_id,
                "name": names.child(risk.child_id),
                "kind": RISK_KINDS[risk.kind],
                "agency": names(risk.raised_by_agency),
                "days": risk.age(now).days,
                "risk_id": risk.risk_id,
            }
            for risk in open_risks
        ],
        handed=[
            {
                "child_id": case.child_id,
                "name": names.child(case.child_id),
                "at": case.handover_at,
                "by": names(case.worker_id),
            }
            for case in handed
        ],
        told=[
            {
                "children": [(child, names.child(child)) for child in each.child_ids],
                "agency": names(each.agency),
                "at": each.received_at,
                "waits": waits(each, local_day(now)),
                "urgency": each.urgency,
                "href": referral_href(context, each.referral_id),
            }
            for each in sorted(told, key=rank)
        ],
        passed=[_decided(context, names, each) for each in passed],
        unconfirmed=[_decided(context, names, each) for each in said],
        authorise=[
            {
                "child_id": case.child_id,
                "name": names.child(case.child_id),
                "of": assessment.assessment_id,
                "at": assessment.completed_at,
                "by": names(assessment.completed_by),
            }
            for case in _to_authorise(team)
            if (assessment := case.assessment) and assessment.completed_by != who.person
        ],
        teams=[
            (each, names(each), sum(c.worker_id is None for c in team if c.team_id == each))
            for each in sorted(managed)
        ],
        manages=bool(managed),
        mistaken=lines(context, names, doubtful),
    )


def _concerns(each: Waiting, workers: Iterable[str], children: set[str]) -> bool:
    """Whether a referral that waits is for one of these workers: they were told, or it names a
    child whom they have since."""
    return not children.isdisjoint(each.child_ids) or any(w in each.told_workers for w in workers)


def _passed(referrals: Iterable[Waiting], cases: Iterable[Case]) -> list[Waiting]:
    """Those after which nobody has visited or seen any of the children yet."""
    since = {
        case.child_id: max((at for at in (case.visited_at, case.seen_at) if at), default=None)
        for case in cases
    }
    return [
        each
        for each in referrals
        if each.decided_at
        and not any((at := since.get(c)) and at >= each.decided_at for c in each.child_ids)
    ]


def _decided(context: Context, names: Names, each: Waiting) -> dict[str, object]:
    return {
        "children": [(child, names.child(child)) for child in each.child_ids],
        "agency": names(each.agency),
        "outcome": OUTCOMES[each.outcome] if each.outcome else "",
        "by": names(each.decided_by),
        "at": each.decided_at,
        "href": referral_href(context, each.referral_id),
    }


def _to_authorise(cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if case.assessment and case.assessment.state == "completed"]


def rows_of(
    cases: Iterable[Case],
    clocks: Iterable[Deadline],
    open_risks: Iterable[risks.Risk],
    names: Names,
    now: datetime,
) -> list[Row]:
    """A row a child: what is late first, then what is due next, then what no clock runs for."""
    first: dict[str, Deadline] = {}
    for clock in clocks:  # they come earliest due first
        for child_id in clock.child_ids:
            first.setdefault(child_id, clock)
    raised: dict[str, list[int]] = {}
    for risk in open_risks:
        raised.setdefault(risk.child_id, []).append(risk.age(now).days)
    rows = []
    for case in cases:
        next_up = first.get(case.child_id)
        rows.append(
            Row(
                child_id=case.child_id,
                name=names.child(case.child_id),
                tags=tuple(tags_of(case)),
                what=what(next_up) if next_up else None,
                state=next_up.state if next_up else None,
                due=(next_up.due_at or next_up.due_on) if next_up else None,
                left=left(next_up, now) if next_up else None,
                risks=len(raised.get(case.child_id, ())),
                risk_days=max(raised.get(case.child_id, (0,))),
                seen_at=case.seen_at,
                worker=names(case.worker_id),
                since=case.since,
            )
        )
    last = date.max
    rows.sort(
        key=lambda row: (
            local_day(row.due) if isinstance(row.due, datetime) else row.due or last,
            row.name,
        )
    )
    return rows


def tags_of(case: Case) -> Iterable[tuple[str, str]]:
    """(words, colour) of what is under way."""
    if case.plan_category:
        yield f"Protection plan: {ABUSE_CATEGORIES[case.plan_category].lower()}", "red"
    if case.enquiry:
        section = case.enquiry.state == "section-47"
        yield ("Section 47", "orange") if section else ("Strategy discussion asked for", "orange")
    if case.assessment:
        state = case.assessment.state
        if state == "returned":
            yield "Assessment returned to you", "yellow"
        elif state == "completed":
            yield "With the manager", "grey"
