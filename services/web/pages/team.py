"""How does each team do, beside the others and beside its own past, and who are the cases?"""

from datetime import datetime, timedelta
from typing import get_args

from litestar import Response, get
from msgspec import Struct

from domain.calendar import holidays_known, local_day, working_days_between
from domain.kernel import Instant
from domain.policy import in_force
from projections import caseload, oversight, people, risks
from projections.oversight import Measure
from services.access import Decision, Denied, Resource
from services.web import form as forms
from services.web import measures
from services.web.cases import behind, children_of, kind_of
from services.web.form import Field, Form
from services.web.frame import show
from services.web.measures import MORE, PEOPLE, TOLD, WORK, Series
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.templating import LONDON, number

AT = {"at": Field("As at", "the date and time", hint="What had happened and was recorded by then.")}
SEALED = "headers-only"
KEPT_BACK = "suppress-small-numbers"


class At(Struct, frozen=True):
    at: Instant | None = None


class Picked(Struct, frozen=True, kw_only=True):
    """The week a page is about, and its neighbours. `past`: the page is as at `as_at`, not now.

    `following` is empty when that week has not begun. `query`: what keeps the instant in a link.
    """

    week: str
    as_at: datetime
    past: bool
    form: Form[At]
    before: str
    following: str
    query: str


def _picked(context: Context, week: str | None = None) -> Picked:
    """Raises `Denied` for a week that is none."""
    now = context.parts.now()
    pairs = [(name, value) for name, value in context.request.query_params.multi_items()]
    form: Form[At] = forms.read(At, pairs, AT)
    asked = form.value.at if form.value else None
    as_at = min(asked or now, now)
    this_week = oversight.week_of(local_day(as_at))
    week = week or context.asked("week") or this_week
    try:
        week = min(week, this_week, key=measures.monday_of)
        before, following = measures.weeks_before(week, 1), measures.weeks_before(week, -1)
    except ValueError:
        raise Denied from None
    kept = [f"{name}={value}" for name, value in pairs if name.startswith("at-") and value]
    return Picked(
        week=week,
        as_at=as_at,
        past=asked is not None and asked < now,
        form=form,
        before=before,
        following=following if measures.monday_of(following) <= local_day(as_at) else "",
        query="&".join(kept if form.value else ()),
    )


def _ends(picked: Picked) -> datetime:
    """The end of the week, or the instant asked for if that is earlier."""
    following = measures.monday_of(picked.week) + timedelta(days=7)
    midnight = datetime.combine(following, datetime.min.time(), LONDON)
    return min(picked.as_at, midnight)


# ── All teams ─────────────────────────────────────────────────────────────────────────────────────

SIDE_BY_SIDE: tuple[Measure, ...] = (
    "worker-turnover",
    "manager-turnover",
    "risks-unanswered",
    "assessments-past-limit",
    "decided-in-time",
)
"""What is drawn for every team on one scale; the rest stands in the table."""


@self_guarded(get, "/teams", "see-teams")
def teams(context: Context) -> Response[str]:
    parts = context.parts
    decision = parts.gate.open(context.who, "see-teams", Resource(about=("teams",)))
    picked, names = _picked(context), Names(parts)
    found = {
        team: measures.series(
            parts.query, team, picked.week, weeks=measures.BARS, as_at=picked.as_at
        )
        for team in oversight.teams(parts.query)
    }
    found = {team: one for team, one in found.items() if _has_work(one)}
    own = {team for team in found if _may_see(context, team)}
    kept_back = frozenset(found if KEPT_BACK in decision.obligations else ()) - own
    called = {team: names(team) for team in found}
    rows = [_row(measure, found, own, kept_back, picked) for measure in (*PEOPLE, *WORK)]
    charts = [
        {
            "measure": measure,
            "title": TOLD[measure].title,
            "finding": measures.finding(measure, found, called, kept_back),
            "charts": [
                (
                    called[team],
                    measures.chart(
                        measure,
                        one.get(measure, ()),
                        top=measures.highest(measure, found.values()),
                        kept_back=team in kept_back,
                    ),
                )
                for team, one in found.items()
            ],
        }
        for measure in SIDE_BY_SIDE
    ]
    return show(
        context,
        "teams.html",
        as_known_at=picked.as_at if picked.past else None,
        now_href="/teams",
        picked=picked,
        here="/teams",
        teams=[(team, called[team], team in own) for team in found],
        rows=rows,
        charts=charts,
        slipping=_slipping(found, called),
        kept_back=bool(kept_back),
        bars=measures.BARS,
    )


def _may_see(context: Context, team: str) -> bool:
    return context.parts.gate.may(context.who, "see-team", _about_team(team))


def _about_team(team: str) -> Resource:
    return Resource(about=(team,), teams=frozenset((team,)))


def _has_work(one: Series) -> bool:
    """Whether a team holds cases or decides referrals at all."""
    return any(each.of or each.value for measure in WORK for each in one.get(measure, ()))


def _row(
    measure: Measure,
    found: dict[str, Series],
    own: set[str],
    kept_back: frozenset[str],
    picked: Picked,
) -> dict[str, object]:
    """One measure, a cell a team, every cell on the same scale."""
    top, out = measures.highest(measure, found.values()), measures.worst(measure, found)
    return {
        "title": TOLD[measure].title,
        "cells": [
            {
                "figure": measures.beside(measure, numbers, kept_back=team in kept_back),
                "bars": measures.bars(
                    measure, numbers, top, kept_back=team in kept_back, late=team == out
                ),
                "href": f"/teams/{team}/{measure}/{picked.week}" if team in own else "",
                "late": team == out,
            }
            for team, one in found.items()
            for numbers in (one.get(measure, []),)
        ],
    }


def _slipping(found: dict[str, Series], called: dict[str, str]) -> tuple[str, str]:
    """The team that stands out most often, and in what; empty if none does at least thrice."""
    out: dict[str, list[str]] = {}
    for measure in (*PEOPLE, *WORK):
        if team := measures.worst(measure, found):
            out.setdefault(team, []).append(TOLD[measure].title.lower())
    if not out:
        return "", ""
    team = max(out, key=lambda each: len(out[each]))
    if len(out[team]) < 3:
        return "", ""
    of = len(PEOPLE) + len(WORK)
    return f"{called[team]} stands out in {len(out[team])} of {of} measures.", ", ".join(out[team])


# ── One team ──────────────────────────────────────────────────────────────────────────────────────


@self_guarded(get, "/teams/{team:str}", "see-team")
def team(context: Context) -> Response[str]:
    parts, team_id = context.parts, context.path["team"]
    _open(context, team_id)
    picked, names = _picked(context), Names(parts)
    one = measures.series(parts.query, team_id, picked.week, as_at=picked.as_at)
    all_series = [one]
    managers = [names(each) for each in _team(context, team_id).managers]
    here = f"/teams/{team_id}"
    return show(
        context,
        "team.html",
        as_known_at=picked.as_at if picked.past else None,
        now_href=here,
        picked=picked,
        here=here,
        name=names(team_id),
        managers=managers,
        tiles=_tiles(one, here, picked),
        people=[_drawn(measure, one, all_series) for measure in PEOPLE],
        work=[_drawn(measure, one, all_series) for measure in WORK],
        rows=[_line(measure, one, here, picked) for measure in (*PEOPLE, *WORK, *MORE)],
        unallocated=len(caseload.unallocated(parts.query, team_id)),
        reference=in_force(local_day(picked.as_at)).caseload,
    )


def _open(context: Context, team_id: str, about: tuple[str, ...] = ()) -> Decision:
    """Past the gate with a team, and what is shown of it. Raises `Denied`."""
    known = any(each.team_id == team_id for each in people.teams(context.parts.query))
    resource = Resource(about=(team_id, *about), present=known, teams=frozenset((team_id,)))
    return context.parts.gate.open(context.who, "see-team", resource)


def _team(context: Context, team_id: str) -> people.Team:
    return next(each for each in people.teams(context.parts.query) if each.team_id == team_id)


TILES: tuple[tuple[Measure, str], ...] = (
    ("risks-unanswered", "risks unanswered"),
    ("oldest-risk-days", "age of the oldest"),
    ("unallocated-children", "without a social worker"),
    ("children-not-seen", "not seen by the review point"),
    ("assessments-past-limit", "assessments past 45 working days"),
    ("days-without-manager", "of the week without a manager"),
)


def _tiles(one: Series, here: str, picked: Picked) -> list[dict[str, object]]:
    tiles = []
    for measure, text in TILES:
        numbers = one.get(measure, [])
        value = numbers[-1].value if numbers else None
        tiles.append(
            {
                "value": measures.figure(measure, numbers, kept_back=False),
                "text": text,
                "href": f"{here}/{measure}/{picked.week}",
                "late": bool(value),
            }
        )
    return tiles


def _drawn(measure: Measure, one: Series, all_series: list[Series]) -> dict[str, object]:
    numbers = one.get(measure, [])
    return {
        "title": TOLD[measure].title,
        "chart": measures.chart(measure, numbers, top=measures.highest(measure, all_series)),
    }


def _line(measure: Measure, one: Series, here: str, picked: Picked) -> dict[str, object]:
    """This week's number beside last week's and that of twelve weeks ago."""
    numbers = one.get(measure, [])
    return {
        "title": TOLD[measure].title,
        "href": f"{here}/{measure}/{picked.week}",
        "now": measures.figure(measure, numbers, kept_back=False),
        "before": measures.figure(measure, numbers[:-1], kept_back=False),
        "earlier": measures.figure(measure, numbers[:-12], kept_back=False),
        "bars": measures.bars(
            measure, numbers, measures.highest(measure, [one]), kept_back=False, late=False
        ),
    }


# ── The cases behind a number ─────────────────────────────────────────────────────────────────────


@self_guarded(get, "/teams/{team:str}/{measure:str}/{week:str}", "see-team")
def number_behind(context: Context) -> Response[str]:
    """Who they are: a look at each of them, recorded as such."""
    parts, team_id = context.parts, context.path["team"]
    measure: Measure = context.path["measure"]
    if measure not in get_args(Measure):
        raise Denied
    picked = _picked(context, context.path["week"])
    found = oversight.weeks(
        parts.query, team_id, measure, picked.week, picked.week, as_at=picked.as_at
    )
    cases = found[0].cases if found else ()
    decision = _open(context, team_id, tuple(children_of(context, cases)))
    names = Names(parts, sealed=SEALED in decision.obligations)
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
        rows=behind(context, names, cases, _ends(picked)),
        kind=kinds.pop() if kinds else "case",
    )


# ── Who waits for a social worker ─────────────────────────────────────────────────────────────────


@self_guarded(get, "/teams/{team:str}/unallocated", "see-team")
def unallocated(context: Context) -> Response[str]:
    """The children whom nobody has, and those who could take them."""
    parts, team_id, now = context.parts, context.path["team"], context.parts.now()
    waiting = caseload.unallocated(parts.query, team_id)
    decision = _open(context, team_id, tuple(case.child_id for case in waiting))
    names = Names(parts, sealed=SEALED in decision.obligations)
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
    allocate = parts.gate.may(context.who, "give:allocate-case", _about_team(team_id))
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
