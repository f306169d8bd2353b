"""How does each team do, beside the others and beside its own past?"""

from litestar import Response, get

from domain.calendar import local_day
from domain.policy import in_force
from projections import caseload, oversight, people
from projections.oversight import Measure
from services.access import Resource
from services.web import measures
from services.web.frame import show
from services.web.measures import MORE, PEOPLE, TOLD, WORK, Series
from services.web.mistaken import lines, mistaken
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.weeks import KEPT_BACK, SEALED, Picked, may_see, open_team, picked_week

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
    picked, names = picked_week(context), Names(parts)
    found = {
        team: measures.series(
            parts.query, team, picked.week, weeks=measures.BARS, as_at=picked.as_at
        )
        for team in oversight.teams(parts.query)
    }
    found = {team: one for team, one in found.items() if _has_work(one)}
    own = {team for team in found if may_see(context, team)}
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


def _has_work(one: Series) -> bool:
    """Whether a team holds cases or decides referrals at all."""
    return any(_counts(one, measure) for measure in WORK)


def _counts(one: Series, measure: Measure) -> bool:
    """Whether there was anything to count in any of the weeks."""
    return any(each.of or each.value for each in one.get(measure, ()))


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
                "href": picked.href(f"/teams/{team}/{measure}/{picked.week}")
                if team in own
                else "",
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
    picked = picked_week(context)
    cases = () if picked.past else caseload.of_team(parts.query, team_id)
    doubtful = mistaken(parts.query, cases)
    decision = open_team(context, team_id, tuple(each.child_id for each in doubtful))
    names = Names(parts, sealed=SEALED in decision.obligations, reader=context.who.person)
    one = measures.series(parts.query, team_id, picked.week, as_at=picked.as_at)
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
        people=[_drawn(measure, one) for measure in PEOPLE],
        work=[_drawn(measure, one) for measure in WORK if _counts(one, measure)],
        rows=[_line(measure, one, here, picked) for measure in (*PEOPLE, *WORK, *MORE)],
        mistaken=lines(context, names, doubtful),
        unallocated=len(caseload.unallocated(parts.query, team_id)),
        reference=in_force(local_day(picked.as_at)).caseload,
    )


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
                "href": picked.href(f"{here}/{measure}/{picked.week}"),
                "late": bool(value),
            }
        )
    return tiles


def _drawn(measure: Measure, one: Series) -> dict[str, object]:
    numbers = one.get(measure, [])
    return {
        "title": TOLD[measure].title,
        "chart": measures.chart(measure, numbers, top=measures.highest(measure, [one])),
    }


def _line(measure: Measure, one: Series, here: str, picked: Picked) -> dict[str, object]:
    """This week's number beside last week's and that of twelve weeks ago."""
    numbers = one.get(measure, [])
    return {
        "title": TOLD[measure].title,
        "href": picked.href(f"{here}/{measure}/{picked.week}"),
        "now": measures.figure(measure, numbers, kept_back=False),
        "before": measures.figure(measure, numbers[:-1], kept_back=False),
        "earlier": measures.figure(measure, numbers[:-12], kept_back=False),
        "bars": measures.bars(
            measure, numbers, measures.highest(measure, [one]), kept_back=False, late=False
        ),
    }
