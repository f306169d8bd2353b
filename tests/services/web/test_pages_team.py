"""Is a team's page true, with the cases behind each number and no family told by a small one?"""

import re
from typing import Any

import pytest

from domain.case import case_of
from projections.oversight import MEASURES, Number
from services.web import measures
from services.web.measures import BARS, FEWEST, SPAN, TOLD
from tests.parts.authority import AUDITOR, DUTY, EAST, MANAGER, OTHER_MANAGER, WEST, WORKER
from tests.parts.site import Site, words_of

WEEK = "2026-W11"


def unallocate(site: Site) -> None:
    case = case_of(site.authority.children["kofi"])
    site.authority.give(MANAGER, "unallocate-case", case_id=case, reason="LEFTRL")


# ── One team ──────────────────────────────────────────────────────────────────────────────────────


def test_a_manager_sees_each_number_with_its_past_and_the_cases_behind_it(site: Site) -> None:
    unallocate(site)
    site.authority.clock.move(hours=2)
    manager = site.visitor(MANAGER)
    page = manager.get(f"/teams/{EAST}")
    words = words_of(page)
    assert "Week of 9 March 2026" in words
    assert "Children without a social worker: 1 case in the week of 9 March 2026." in words
    assert "Turnover of managers in 12 months" in words
    for measure in MEASURES:
        assert f'href="/teams/{EAST}/{measure}/{WEEK}"' in page.text, measure
    behind = words_of(manager.get(f"/teams/{EAST}/unallocated-children/{WEEK}"))
    assert "1 case" in behind
    assert "Kofi Boateng Nobody" in behind
    newest = site.authority.parts.gate.log.newest()
    assert newest is not None
    assert (newest.action, newest.person) == ("see-team", MANAGER)
    assert site.authority.children["kofi"] in newest.about


def test_a_turnover_says_how_many_left_and_leads_to_who(site: Site) -> None:
    for _ in range(3):
        gone = {"team_id": EAST, "person_id": MANAGER, "name": "Ines Moreau"}
        site.authority.give("operator", "manager-leaves", team_id=EAST, person_id=MANAGER)
        site.authority.clock.move(hours=1)
        site.authority.give("operator", "appoint-manager", **gone)
        site.authority.clock.move(hours=1)
    page = site.visitor(MANAGER).get(f"/teams/{EAST}")
    words = words_of(page)
    assert "3 managers left in the 12 months to the week of 9 March 2026" in words
    assert "percent" not in words
    told = re.search(rf'href="/teams/{EAST}/manager-turnover/{WEEK}">([^<]*)</a>', page.text)
    assert told is not None
    assert re.fullmatch(r"3 left \(\d+%\)", told[1]), told[1]
    assert "0 left (0%)" in words  # of workers
    side_by_side = words_of(site.visitor(MANAGER).get("/teams"))
    assert told[1] in side_by_side
    assert "percent" not in side_by_side


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_worded(measure: Any) -> None:
    assert TOLD[measure].title


def test_every_number_leads_to_its_cases(site: Site) -> None:
    about = {"child_id": site.authority.children["kofi"], "kind": "neglect", "words": "Hungry."}
    site.authority.give(WORKER, "raise-risk", raised_by_agency="elm-surgery", **about)
    gone = {"team_id": EAST, "person_id": WORKER}
    site.authority.give("operator", "leave-team", **gone)
    site.authority.clock.move(hours=2)
    manager = site.visitor(MANAGER)
    for measure in MEASURES:
        page = manager.get(f"/teams/{EAST}/{measure}/{WEEK}")
        assert page.status_code == 200, measure
    assert "Neglect, raised by Elm Surgery" in words_of(
        manager.get(f"/teams/{EAST}/risks-unanswered/{WEEK}")
    )
    assert "Tom Akers Social worker" in words_of(
        manager.get(f"/teams/{EAST}/worker-turnover/{WEEK}")
    )
    late = words_of(manager.get(f"/teams/{EAST}/decided-late/2026-W10"))
    assert "Ama Boateng From Open Door. Not decided" in late


def test_beside_what_is_late_stands_what_the_child_said(site: Site) -> None:
    child = site.authority.children["kofi"]
    started = site.authority.give(
        WORKER,
        "start-assessment",
        child_id=child,
        case_id=case_of(child),
        referral_received_at="2026-02-17T09:30:00Z",
        worker_id=WORKER,
    )
    of = started.events[0].stream
    said = {"alone": True, "where": "school", "words": "I want Mum to eat too."}
    site.authority.give(WORKER, "see-child", assessment_id=of, **said)
    site.authority.clock.move(days=60)
    page = site.visitor(MANAGER).get(f"/teams/{EAST}/assessments-past-limit/2026-W19")
    words = words_of(page)
    assert "Kofi Boateng Tom Akers" in words
    assert "working days late due 23 April 2026 10 March 2026 I want Mum to eat too." in words


def test_another_week_and_another_instant_can_be_asked_for(site: Site) -> None:
    unallocate(site)
    manager = site.visitor(MANAGER)
    page = manager.get(f"/teams/{EAST}?week=2026-W10")
    assert "Week of 2 March 2026" in words_of(page)
    assert "week=2026-W09" in page.text
    assert "week=2026-W11" in page.text
    past = "at-day=3&at-month=3&at-year=2026&at-time=9:00"
    words = words_of(manager.get(f"/teams/{EAST}?{past}"))
    assert "As known on Tuesday 3 March 2026 at 9:00am." in words
    assert "Week of 2 March 2026" in words
    future = words_of(manager.get(f"/teams/{EAST}?week=2031-W01"))
    assert "Week of 9 March 2026" in future
    for week in ("2026-W60", "soon", "2026-W1", "0001-W01", "9999-W53"):
        assert manager.get(f"/teams/{EAST}?week={week}").status_code == 404, week
    assert "There is a problem" in words_of(manager.get(f"/teams/{EAST}?at-day=40"))


def test_another_team_is_not_theirs_to_open(site: Site) -> None:
    other = site.visitor(OTHER_MANAGER)
    for path in ("", "/unallocated", f"/risks-unanswered/{WEEK}"):
        assert other.get(f"/teams/{EAST}{path}").status_code == 404, path
    assert other.get(f"/teams/{WEST}").status_code == 200
    manager = site.visitor(MANAGER)
    assert manager.get("/teams/team-none").status_code == 404
    assert manager.get(f"/teams/{EAST}/score/{WEEK}").status_code == 404
    assert site.visitor(DUTY).get(f"/teams/{EAST}").status_code == 404


def test_who_waits_for_a_social_worker_stands_beside_who_could_take_them(site: Site) -> None:
    manager = site.visitor(MANAGER)
    assert "Every child of this team" in words_of(manager.get(f"/teams/{EAST}/unallocated"))
    unallocate(site)
    site.authority.clock.move(days=2)
    page = site.visitor(MANAGER).get(f"/teams/{EAST}/unallocated")
    words = words_of(page)
    assert "Kofi Boateng 2 working days since 10 March 2026 17 February 2026" in words
    assert "Tom Akers 0 100% 0" in words
    assert f"/children/{site.authority.children['kofi']}/allocate-case" in page.text


def test_an_auditor_sees_figures_and_ids_but_no_name_and_no_word(site: Site) -> None:
    unallocate(site)
    site.authority.clock.move(hours=2)
    auditor = site.visitor(AUDITOR)
    assert "East" in words_of(auditor.get("/teams"))
    for path in (f"/unallocated-children/{WEEK}", "/unallocated"):
        page = auditor.get(f"/teams/{EAST}{path}")
        assert site.authority.children["kofi"] in words_of(page), path
        assert "Kofi" not in page.text, path
        assert "Tom Akers" not in page.text.partition("<main")[2], path


# ── Teams side by side ────────────────────────────────────────────────────────────────────────────


def test_of_other_teams_no_small_number_is_told(site: Site) -> None:
    unallocate(site)
    site.authority.clock.move(hours=2)
    own = site.visitor(MANAGER).get("/teams")
    other = site.visitor(OTHER_MANAGER).get("/teams")
    assert f'href="/teams/{EAST}/unallocated-children/{WEEK}">1</a>' in own.text
    assert f"/teams/{EAST}" not in other.text
    assert "1 to 4" in words_of(other)
    assert "are kept back" in words_of(other)


def numbers(measure: Any, values: list[float], of: list[float] | None = None) -> list[Number]:
    """A series that ends with these values, as long as a chart needs."""
    padded = [0.0] * (BARS + SPAN - 1 - len(values)) + values
    out_of = [0.0] * (BARS + SPAN - 1 - len(values)) + (of or values)
    return [
        Number(
            team="team-east",
            week=measures.weeks_before(WEEK, len(padded) - 1 - place),
            measure=measure,
            value=value,
            of=share,
            cases=(),
        )
        for place, (value, share) in enumerate(zip(padded, out_of, strict=True))
    ]


@pytest.mark.parametrize("value", range(1, FEWEST))
def test_every_count_under_five_is_told_and_drawn_the_same(value: int) -> None:
    small = numbers("risks-unanswered", [value])
    assert measures.figure("risks-unanswered", small, kept_back=True) == "1 to 4"
    assert measures.drawn("risks-unanswered", small, kept_back=True)[-1] is None
    chart = measures.chart("risks-unanswered", small, top=10, kept_back=True)
    assert chart.rows[-1] == ("Week of 9 March 2026", "1 to 4")
    assert "1 to 4" in chart.finding
    assert f"{value} risk" not in chart.svg + chart.finding


def test_nothing_and_five_are_told_as_they_are() -> None:
    assert (
        measures.figure("risks-unanswered", numbers("risks-unanswered", [0]), kept_back=True) == "0"
    )
    assert (
        measures.figure("risks-unanswered", numbers("risks-unanswered", [5]), kept_back=True) == "5"
    )


def test_a_share_is_of_four_weeks_and_of_other_teams_rounded() -> None:
    week = numbers("decided-in-time", [3, 1, 2, 1], [3, 2, 3, 2])
    assert measures.figure("decided-in-time", week, kept_back=False) == "1 of 2"
    assert measures.beside("decided-in-time", week, kept_back=False) == "70%"
    assert measures.figure("decided-in-time", week, kept_back=True) == "about 70%"
    few = numbers("decided-in-time", [1, 1], [2, 2])
    assert measures.figure("decided-in-time", few, kept_back=True) == "too few"
    none = numbers("decided-in-time", [0], [0])
    assert measures.beside("decided-in-time", none, kept_back=False) == "none"
    assert measures.figure("decided-in-time", none, kept_back=False) == "none"


def test_a_team_stands_out_only_if_it_is_clearly_worse_than_each_of_the_others() -> None:
    def found(measure: Any, **last: float) -> dict[str, measures.Series]:
        share = [100.0] if TOLD[measure].share else None
        return {team: {measure: numbers(measure, [value], share)} for team, value in last.items()}

    assert measures.worst("risks-unanswered", found("risks-unanswered", a=43, b=5, c=7)) == "a"
    assert measures.worst("risks-unanswered", found("risks-unanswered", a=8, b=5, c=7)) is None
    assert measures.worst("risks-unanswered", found("risks-unanswered", a=43)) is None
    assert measures.worst("decided-in-time", found("decided-in-time", a=58, b=98, c=96)) == "a"
    assert measures.worst("decided-in-time", found("decided-in-time", a=94, b=98, c=96)) is None
    told = measures.finding(
        "risks-unanswered",
        found("risks-unanswered", a=43, b=3),
        {"a": "Harbour", "b": "Moorside"},
        frozenset({"b"}),
    )
    assert told == (
        "Risks that nobody has answered. Harbour stands out. Harbour 43, Moorside 1 to 4."
    )


def test_a_decision_in_time_is_not_shown_as_late_for_want_of_an_acknowledgement(
    site: Site,
) -> None:
    manager = site.visitor(MANAGER)
    page = words_of(manager.get(f"/teams/{EAST}/decided-in-time/2026-W10"))
    assert "Lena Marsh" in page
    assert "In time" in page
    assert "late" not in page.partition("Lena Marsh")[2]
