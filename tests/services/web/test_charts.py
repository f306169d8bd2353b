"""Does each chart say what is to be seen in it, hold its figures, and need no style of its own?"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.web import charts
from services.web.charts import Chart, Clock, Lane, Mark, Measure, Week
from services.web.templating import LONDON, STATIC

NOW = datetime(2026, 11, 23, 18, 4, tzinfo=LONDON)
STARTED = datetime(2026, 8, 4, 10, 0, tzinfo=LONDON)
SVG = "{http://www.w3.org/2000/svg}"

DECISIONS = Measure("Decisions within 1 working day", "%", "higher", 95)
UNALLOCATED = Measure("Time unallocated", "hours", "lower")


def drawn(svg: str) -> etree._Element:
    """The drawing, read as strictly as XML, once its name space is named."""
    return etree.fromstring(
        str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    )


def shapes(svg: str, style: str) -> list[etree._Element]:
    return [one for one in drawn(svg).iter() if style in (one.get("class") or "").split()]


def number_of(shape: etree._Element, attribute: str) -> float:
    return float(shape.get(attribute) or "")


def overdue(**changes: object) -> Clock:
    fields = {"text": "Assessment", "started_at": STARTED, "due": date(2026, 10, 6)}
    return Clock(**{**fields, "working_days": -34, **changes})  # type: ignore[arg-type]


def lanes(*clocks: Clock, marks: Sequence[Mark] = ()) -> Chart:
    return charts.swim_lanes([Lane("Police", tuple(marks))], clocks, NOW, "story")


def weeks(*values: float | None) -> list[Week]:
    return [Week(f"2026-W{place:02}", value) for place, value in enumerate(values, 1)]


# ── A child's timeline ───────────────────────────────────────────────────────────────────────────


def test_the_caption_names_what_is_overdue_and_by_how_much() -> None:
    assert lanes(overdue()).finding == "1 deadline overdue: Assessment, 34 working days late."


def test_of_many_overdue_deadlines_the_oldest_three_are_named() -> None:
    clocks = [overdue(text=f"Visit {day}", due=date(2026, 10, day)) for day in (9, 8, 7, 6, 5)]
    finding = lanes(*clocks).finding
    assert finding.startswith("5 deadlines overdue: Visit 5, 34 working days late; Visit 6,")
    assert finding.endswith("; and 2 more.")


def test_with_nothing_overdue_the_caption_names_what_is_due_next() -> None:
    clock = Clock("Decide the next step", NOW, date(2026, 11, 24), None, 1)
    finding = "Nothing is overdue. Next: Decide the next step, due 24 November 2026."
    assert lanes(clock, overdue(stopped_at=STARTED, working_days=40)).finding == finding
    assert lanes().finding == "No deadline is running."


def test_a_deadline_is_late_only_after_the_day_it_is_due_on() -> None:
    clock = overdue(due=date(2026, 11, 23), working_days=0)
    assert lanes(clock).finding == "Nothing is overdue. Next: Assessment, due 23 November 2026."
    assert not shapes(lanes(clock).svg, "chart-bar--late")[1:]  # the first is the key's


def test_a_limit_in_hours_is_late_from_its_minute() -> None:
    clock = overdue(text="Police protection", due=NOW - timedelta(minutes=1), working_days=None)
    assert lanes(clock).finding == "1 deadline overdue: Police protection, late."


def test_the_late_stretch_goes_from_the_due_mark_to_now() -> None:
    svg = lanes(overdue()).svg
    due = shapes(svg, "chart-due")[0].get("d") or ""
    late, _ = shapes(svg, "chart-bar--late")
    now = shapes(svg, "chart-now")[0].get("d") or ""
    assert due.startswith(f"M{late.get('x')} ")
    end = number_of(late, "x") + number_of(late, "width")
    assert f"{end:.1f}".removesuffix(".0") == (re.match(r"M([\d.]+)", now) or [""])[1]


def test_the_table_holds_every_mark_and_every_deadline_in_words() -> None:
    mark = Mark(datetime(2026, 8, 3, 21, 14, tzinfo=LONDON), "Protection notice")
    met = overdue(
        text="Decision",
        stopped_at=STARTED,
        due=date(2026, 8, 5),
        working_days=1,
        started_at=mark.at,
    )
    ahead = Clock("Visit", NOW, datetime(2026, 11, 24, 9, tzinfo=LONDON))
    chart = lanes(overdue(), met, ahead, marks=[mark])
    assert chart.header == ("Agency", "When", "What")
    assert chart.rows == (
        ("Police", "Monday 3 August 2026 at 9:14pm", "Protection notice"),
        ("Deadline", "6 October 2026", "Assessment: due 6 October 2026, 34 working days late"),
        (
            "Deadline",
            "5 August 2026",
            "Decision: due 5 August 2026, done Tuesday 4 August 2026 at 10:00am",
        ),
        (
            "Deadline",
            "Tuesday 24 November 2026 at 9:00am",
            "Visit: due Tuesday 24 November 2026 at 9:00am",
        ),
    )


def test_what_an_agency_wrote_is_text_in_the_drawing_and_nothing_else() -> None:
    chart = charts.swim_lanes(
        [Lane("<script>alert(1)</script>", (Mark(NOW, "</title><b onload='x'>"),))], [], NOW, "x"
    )
    assert "<script" not in chart.svg
    assert not drawn(chart.svg).findall(f".//{SVG}b")


# ── A team's measure ─────────────────────────────────────────────────────────────────────────────


def test_a_run_chart_says_where_a_team_stands_against_its_target_and_its_own_past() -> None:
    chart = charts.run_chart(DECISIONS, weeks(*[98.0] * 12, 97, 90, 62), "north")
    assert chart.finding == (
        "Decisions within 1 working day: 62% in the week of 6 April 2026, below the target of 95%"
        " for 2 weeks running. Its first 12 weeks averaged 98%."
    )
    assert shapes(chart.svg, "chart-past")


def test_the_past_stays_fixed_however_many_weeks_follow() -> None:
    first = [10.0, 20.0] * 6
    for later in ([0.0], [1000.0] * 30):
        chart = charts.run_chart(UNALLOCATED, weeks(*first, *later), "north")
        assert chart.finding.endswith("Its first 12 weeks averaged 15 hours.")


def test_a_team_with_few_weeks_is_not_compared_with_a_past_it_does_not_have() -> None:
    chart = charts.run_chart(DECISIONS, weeks(*[98.0] * 12), "north")
    assert "within the target of 95%" in chart.finding
    assert chart.finding.endswith("not yet enough weeks to compare it with its own past.")
    assert not shapes(chart.svg, "chart-past")


def test_more_is_worse_where_less_is_better() -> None:
    measure = Measure("Time unallocated", "hours", "lower", 24)
    chart = charts.run_chart(measure, weeks(20, 25), "north")
    assert "25 hours in the week of 5 January 2026, above the target of 24 hours." in chart.finding


def test_a_week_with_nothing_to_measure_breaks_the_line_and_is_said_in_the_table() -> None:
    chart = charts.run_chart(UNALLOCATED, weeks(1, 2, None, 4, 5), "north")
    assert len(shapes(chart.svg, "chart-line")) == 2
    assert chart.rows == (
        ("Week of 29 December 2025", "1 hour"),
        ("Week of 5 January 2026", "2 hours"),
        ("Week of 12 January 2026", "nothing to measure"),
        ("Week of 19 January 2026", "4 hours"),
        ("Week of 26 January 2026", "5 hours"),
    )


def test_a_team_with_nothing_measured_says_so() -> None:
    for values in ([], [None]):
        chart = charts.run_chart(UNALLOCATED, weeks(*values), "north")
        assert chart.finding == "Time unallocated: nothing to measure yet."


# ── Teams side by side ───────────────────────────────────────────────────────────────────────────


def test_bars_are_as_tall_as_their_share_of_the_highest_team_and_a_gap_stays_a_gap() -> None:
    svg = charts.week_bars([5, None, 10], 10, "b", "Days to a decision", late=True)
    bars = shapes(svg, "chart-week")
    assert [bar.get("height") for bar in bars] == ["13", "26"]
    assert [bar.get("x") for bar in bars] == ["0", "16"]
    assert bars[-1].get("class") == "chart-week chart-week--late"
    assert "5, none, 10." in svg


# ── Laws ─────────────────────────────────────────────────────────────────────────────────────────

moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(LONDON))  # noqa: DTZ001
words = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
clocks = st.builds(
    Clock,
    text=words,
    started_at=moments,
    due=moments | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    stopped_at=st.none() | moments,
    working_days=st.none() | st.integers(-500, 500),
)
values = st.none() | st.floats(0, 1e6)


def assert_is_well_drawn(svg: str) -> None:
    """Well-formed, named and told, inside its frame, and styled by classes that `app.css` knows."""
    root = drawn(svg)
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    ids = {one.get("id") for one in root.iter()}
    assert set((root.get("aria-labelledby") or "").split()) <= ids
    styles = (STATIC / "app.css").read_text()
    for one in root.iter():
        assert one.get("style") is None
        for style in (one.get("class") or "").split():
            assert f".{style} " in styles, style
        for axis, end in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(one.get(axis) or 0) <= end, etree.tostring(one)


@given(st.lists(st.builds(Mark, moments, words)), st.lists(clocks, max_size=5))
def test_any_story_can_be_drawn(marks: list[Mark], running: list[Clock]) -> None:
    chart = charts.swim_lanes([Lane("Police", tuple(marks))], running, NOW, "story")
    assert_is_well_drawn(chart.svg)
    assert len(chart.rows) == len(marks) + len(running)


@given(st.lists(values, max_size=60), st.sampled_from([DECISIONS, UNALLOCATED]))
def test_any_weeks_can_be_drawn(measured: list[float | None], measure: Measure) -> None:
    first = date(2026, 1, 5)
    dated = [first + timedelta(weeks=place) for place in range(len(measured))]
    named = ["{}-W{:02}".format(*day.isocalendar()) for day in dated]
    chart = charts.run_chart(
        measure, [Week(*one) for one in zip(named, measured, strict=True)], "x"
    )
    assert_is_well_drawn(chart.svg)
    assert len(chart.rows) == len(measured)


@given(st.lists(values, max_size=60), st.floats(0, 1e6))
def test_any_bars_can_be_drawn(measured: list[float | None], top: float) -> None:
    assert_is_well_drawn(charts.week_bars(measured, top, "x", "Bars"))


@pytest.mark.parametrize("value", [0, 1, 2, 3, 10, 11, 65, 100, 101, 999])
def test_a_scale_ends_at_a_round_number_above_all_values(value: int) -> None:
    svg = charts.run_chart(UNALLOCATED, weeks(value, value), "x").svg
    labels = [one.text for one in shapes(svg, "chart-label--end")][:3]
    zero, half, top = (float((label or "").replace(",", "")) for label in labels)
    assert (zero, half * 2) == (0, top)
    assert top >= value
