"""Who are the cases behind a team's number, and who waits for a social worker?"""

from typing import get_args

from litestar import Response, get

from domain.calendar import holidays_known, local_day, working_days_between
from domain.policy import in_force
from projections import caseload, oversight, people, risks
from projections.oversight import Measure
from services.access import Denied
from services.web import measures
from services.web.cases import behind, children_of, kind_of
from services.web.frame import show
from services.web.measures import TOLD
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.templating import number
from services.web.weeks import SEALED, about_team, ends, open_team, picked_week

# ── The cases behind a number ─────────────────────────────────────────────────────────────────────


@self_guarded(get, "/teams/{team:str}/{measure:str}/{week:str}", "see-team")
def number_behind(context: Context) -> Response[str]:
    """Who they are: a look at each of them, recorded as such."""
    parts, team_id = context.parts, context.path["team"]
    measure: Measure = context.path["measure"]
    if measure not in get_args(Measure):
        raise Denied
    picked = picked_week(context, context.path["week"])
    found = oversight.weeks(
        parts.query, team_id, measure, picked.week, picked.week, as_at=picked.as_at
    )
    cases = found[0].cases if found else ()
    decision = open_team(context, team_id, tuple(children_of(context, cases)))
    names = Names(parts, sealed=SEALED in decision.obligations, reader=context.who.person)
    here = f"/teams/{team_id}"
    kinds = {kind_of(case) for case in cases}
    return show(
        context,
        "behind.html",
        as_known_at=picked.as_at if picked.past else None,
        now_href=f"{here}/{measure}/{picked.week}",
        picked=picked,
        here=here,
        team=names(team_id),
        measure=measure,
        title=TOLD[measure].title,
        figure=measures.figure(measure, found, kept_back=False),
        rows=behind(context, names, measure, cases, ends(picked)),
        kind=kinds.pop() if kinds else "case",
    )


# ── Who waits for a social worker ─────────────────────────────────────────────────────────────────


@self_guarded(get, "/teams/{team:str}/unallocated", "see-team")
def unallocated(context: Context) -> Response[str]:
    """The children whom nobody has, and those who could take them."""
    parts, team_id, now = context.parts, context.path["team"], context.parts.now()
    waiting = caseload.unallocated(parts.query, team_id)
    decision = open_team(context, team_id, tuple(case.child_id for case in waiting))
    names = Names(parts, sealed=SEALED in decision.obligations, reader=context.who.person)
    today = local_day(now)
    raised: dict[str, int] = {}
    for risk in risks.unanswered(parts.query, team=team_id, as_at=now):
        raised[risk.child_id] = raised.get(risk.child_id, 0) + 1
    rows = [
        {
            "child_id": case.child_id,
            "name": names.child(case.child_id),
            "since": case.unallocated_since,
            "days": working_days_between(
                local_day(case.unallocated_since), today, holidays_known(today)
            )
            if case.unallocated_since
            else 0,
            "received": case.referral_received_at,
            "risks": raised.get(case.child_id, 0),
        }
        for case in waiting
    ]
    allocate = parts.gate.may(context.who, "give:allocate-case", about_team(team_id))
    return show(
        context,
        "unallocated.html",
        here=f"/teams/{team_id}",
        team=names(team_id),
        rows=rows,
        allocate=allocate,
        sealed=names.sealed,
        workers=_workers(context, names, team_id),
        mean=in_force(today).caseload.mean,
    )


def _workers(context: Context, names: Names, team_id: str) -> list[dict[str, str]]:
    """The social workers of a team with their cases, the least loaded first."""
    workers = []
    for person in people.staff(context.parts.query, team_id):
        if person.role == "social-worker":
            cases = len(caseload.of_worker(context.parts.query, person.person_id))
            load = 100 * cases / person.percent if person.percent else float(cases)
            workers.append((load, names(person.person_id), cases, person))
    return [
        {
            "name": name,
            "cases": number(cases),
            "percent": f"{person.percent}%",
            "load": number(round(load, 1)),
            "note": "Newly qualified" if person.newly_qualified else "",
        }
        for load, name, cases, person in sorted(workers, key=lambda each: each[:2])
    ]
