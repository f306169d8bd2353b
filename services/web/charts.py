"""What do a child's deadlines, and a team's weeks, look like at a glance?

Each chart is plain SVG made here, on the server: it needs no script, obeys a content-security-
policy without inline styles (classes only, see `static/app.css`) and prints. A chart comes with the
finding that its caption states and with the table of its own figures, so that nobody depends on
seeing it: give it to `figure()` in `macros.html`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal

from markupsafe import Markup, escape
from msgspec import Struct

from services.web.templating import (
    LONDON,
    govdate,
    govmoment,
    govtime,
    govweek,
    number,
    on_the_wall,
    plural,
    time_left,
)

Scale = Callable[[datetime], float]
Height = Callable[[float], float]
"""From what is drawn to where: units of the drawing, from its left or its top."""


class Chart(Struct, frozen=True):
    """A drawing, the sentence that says what is to be seen in it, and the figures behind it."""

    svg: Markup
    finding: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


# ── A child's timeline, a lane for each agency and one for deadlines ─────────────────────────────


class Mark(Struct, frozen=True):
    """Something that happened at one moment."""

    at: datetime
    text: str


class Lane(Struct, frozen=True):
    """What one agency did or was told, in any order."""

    agency: str
    marks: tuple[Mark, ...]


class Clock(Struct, frozen=True):
    """A deadline as the deadlines projection knows it.

    `due`: the day at whose end, or the moment at which, time is up. `stopped_at`: when it was met
    (or no longer counted), None while it runs. `working_days`: left at that moment or now, negative
    when late, None where the limit is not in working days.
    """

    text: str
    started_at: datetime
    due: date | datetime
    stopped_at: datetime | None = None
    working_days: int | None = None


LANE_WIDTH, LANE_LEFT, LANE_RIGHT, LANE_TOP, LANE_HEIGHT = 1000, 205, 175, 34, 36
CLOCK_HEIGHT = 32
LEAST_SPAN = timedelta(days=7)


def swim_lanes(lanes: Sequence[Lane], clocks: Sequence[Clock], now: datetime, ident: str) -> Chart:
    """One child's story from the first mark to now, and to the last date that is still to come.

    `ident` makes the ids in the drawing unique on its page. Every clock has a row of its own, with
    its due date as a stroke and the time past it as a thick bar.
    """
    moments = [mark.at for lane in lanes for mark in lane.marks] + [c.started_at for c in clocks]
    to_come = [_due(clock) for clock in clocks if clock.stopped_at is None]
    first = min([*moments, now])
    last = max([*moments, *to_come, now, first + LEAST_SPAN])
    span = (last - first).total_seconds()

    def x(at: datetime) -> float:
        share = (at - first).total_seconds() / span
        return LANE_LEFT + (LANE_WIDTH - LANE_LEFT - LANE_RIGHT) * min(1.0, max(0.0, share))

    clocks_top = LANE_TOP + LANE_HEIGHT * len(lanes)
    bottom = clocks_top + CLOCK_HEIGHT * len(clocks) + 6
    parts = [_months(first, last, x, bottom)]
    for row, lane in enumerate(lanes):
        parts.append(_lane(lane, LANE_TOP + row * LANE_HEIGHT, x))
    for row, clock in enumerate(sorted(clocks, key=_due)):
        parts.append(_clock(clock, clocks_top + row * CLOCK_HEIGHT, x, now, first=not row))
    parts.append(
        Markup('<path class="chart-now" d="M{0} {1}V{2}"/>').format(
            _at(x(now)), LANE_TOP - 8, bottom
        )
        + _text(x(now), bottom + 17, "Now", "chart-label chart-label--middle")
        + _key(bottom + 12)
    )
    finding = _clocks_finding(clocks, now)
    span_words = f"{govdate(first)} to {govdate(last)}"
    svg = _svg(
        (LANE_WIDTH, bottom + 26),
        f"Timeline by agency, {span_words}",
        f"{finding} Everything in the drawing is also in the table and the list below it.",
        parts,
        ident,
        "chart chart--lanes",
    )
    rows = [(lane.agency, govmoment(mark.at), mark.text) for lane in lanes for mark in lane.marks]
    rows += [("Deadline", _due_words(clock), _clock_words(clock, now)) for clock in clocks]
    return Chart(svg, finding, ("Agency", "When", "What"), tuple(rows))


def _months(first: datetime, last: datetime, x: Scale, bottom: float) -> Markup:
    """A line and a name for each month; for a short story, for each week."""
    start, end = on_the_wall(first).date(), on_the_wall(last).date()
    weekly = (end - start).days < 62
    day = start - timedelta(days=start.weekday()) if weekly else start.replace(day=1)
    ticks = []
    while day <= end:
        if day >= start:
            ticks.append(day)
        day = day + timedelta(days=7) if weekly else (day + timedelta(days=31)).replace(day=1)
    every = -(-len(ticks) // 10)  # no more than ten names fit side by side
    lines = Markup()
    for count, tick in enumerate(ticks):
        at = x(datetime.combine(tick, time(), LONDON))
        lines += Markup('<path class="chart-grid" d="M{0} {1}V{2}"/>').format(
            _at(at), LANE_TOP - 8, bottom
        )
        if count % every == 0 and at < LANE_WIDTH - LANE_RIGHT - 50:
            name = _day(tick) if weekly else f"{tick:%b %Y}"
            lines += _text(at + 3, LANE_TOP - 14, name, "chart-label")
    return lines


def _lane(lane: Lane, top: float, x: Scale) -> Markup:
    middle = top + LANE_HEIGHT / 2
    drawn = _rule(top) + _text(4, middle + 5, _short(lane.agency, 25), "chart-name")
    for mark in lane.marks:
        drawn += Markup('<path class="chart-mark" d="M{0} {1}l7 7l-7 7l-7 -7z">{2}</path>').format(
            _at(x(mark.at)), _at(middle - 7), _tip(f"{govmoment(mark.at)}: {mark.text}")
        )
    return drawn


def _clock(clock: Clock, top: float, x: Scale, now: datetime, *, first: bool) -> Markup:
    due, stop = _due(clock), clock.stopped_at or now
    drawn = _rule(top) if first else Markup()
    drawn += _text(4, top + 21, _short(clock.text, 27), "chart-clock")
    start, end = x(clock.started_at), x(min(stop, due))
    kind = "chart-bar chart-bar--met" if clock.stopped_at else "chart-bar"
    bars = Markup('<rect class="{0}" x="{1}" y="{2}" width="{3}" height="8"/>').format(
        kind, _at(start), _at(top + 13), _at(max(2, end - start))
    )
    if stop > due:
        bars += Markup(
            '<rect class="chart-bar chart-bar--late" x="{0}" y="{1}" width="{2}" height="16"/>'
        ).format(_at(x(due)), _at(top + 9), _at(max(3, x(stop) - x(due))))
    bars += Markup('<path class="chart-due" d="M{0} {1}v26"/>').format(_at(x(due)), _at(top + 4))
    drawn += Markup("<g>{0}{1}</g>").format(_tip(_clock_words(clock, now)), bars)
    words = _short_words(clock, now)
    return drawn + _text(LANE_WIDTH - LANE_RIGHT + 14, top + 21, words, "chart-label")


def _key(y: float) -> Markup:
    """What the shapes mean, under the names of the lanes."""
    late = Markup(
        '<rect class="chart-bar chart-bar--late" x="142" y="{0}" width="16" height="12"/>'
    )
    return (
        Markup('<path class="chart-mark" d="M11 {0}l7 7l-7 7l-7 -7z"/>').format(_at(y - 7))
        + _text(22, y + 5, "happened", "chart-label")
        + Markup('<path class="chart-due" d="M98 {0}v16"/>').format(_at(y - 8))
        + _text(105, y + 5, "due", "chart-label")
        + late.format(_at(y - 6))
        + _text(163, y + 5, "late", "chart-label")
    )


def _due(clock: Clock) -> datetime:
    """The moment at which time is up: the end of the day that it is due on."""
    if isinstance(clock.due, datetime):
        return clock.due
    return datetime.combine(clock.due + timedelta(days=1), time(), LONDON)


def _late(clock: Clock, now: datetime) -> bool:
    return (clock.stopped_at or now) > _due(clock)


def _due_words(clock: Clock) -> str:
    return govmoment(clock.due) if isinstance(clock.due, datetime) else govdate(clock.due)


def _lateness(clock: Clock) -> str:
    days = clock.working_days
    return time_left(days) if days is not None and days < 0 else "late"


def _short_words(clock: Clock, now: datetime) -> str:
    if _late(clock, now):
        return _lateness(clock)
    if clock.stopped_at:
        return "in time"
    due = clock.due
    if isinstance(due, datetime):
        return f"due {_day(on_the_wall(due))}, {govtime(due)}"
    return f"due {_day(due)} {due.year}"


def _clock_words(clock: Clock, now: datetime) -> str:
    """The whole of a deadline in words: Assessment: due 9 November 2026, 9 working days late."""
    words = f"{clock.text}: due {_due_words(clock)}"
    if _late(clock, now):
        words += f", {_lateness(clock)}"
    if clock.stopped_at:
        words += f", done {govmoment(clock.stopped_at)}"
    elif not _late(clock, now) and clock.working_days is not None:
        words += f", {time_left(clock.working_days)}"
    return words


def _clocks_finding(clocks: Sequence[Clock], now: datetime) -> str:
    running = [clock for clock in clocks if clock.stopped_at is None]
    overdue = sorted((clock for clock in running if _late(clock, now)), key=_due)
    if overdue:
        listed = "; ".join(f"{clock.text}, {_lateness(clock)}" for clock in overdue[:3])
        more = f"; and {len(overdue) - 3} more" if len(overdue) > 3 else ""
        return f"{plural(len(overdue), 'deadline')} overdue: {listed}{more}."
    if running:
        clock = min(running, key=_due)
        return f"Nothing is overdue. Next: {clock.text}, due {_due_words(clock)}."
    return "No deadline is running."


# ── A team's measure, week by week ───────────────────────────────────────────────────────────────


class Measure(Struct, frozen=True):
    """What is counted, and which way is better. `unit`: `%`, or a word such as `days`."""

    name: str
    unit: str
    better: Literal["higher", "lower"]
    target: float | None = None


class Week(Struct, frozen=True):
    """One week's value, None where nothing was there to measure. `week`: such as 2026-W47."""

    week: str
    value: float | None


RUN_WIDTH, RUN_HEIGHT, RUN_LEFT, RUN_RIGHT, RUN_TOP, RUN_BOTTOM = 360, 180, 42, 88, 14, 28
ENOUGH_WEEKS = 12
"""Weeks under which a team is not compared with its own past (DOMAIN: drift, XmR baselines)."""


def run_chart(
    measure: Measure,
    weeks: Sequence[Week],
    ident: str,
    *,
    baseline: int = ENOUGH_WEEKS,
    top: float | None = None,
) -> Chart:
    """One measure of one team over its weeks, with its target and its own past.

    The past is the mean of the first `baseline` weeks that have a value, and stays fixed; with
    fewer weeks there is none, and the finding says so. `top` sets the highest value of the scale,
    so that several small charts side by side can be compared; a percentage's is always 100.
    """
    valued = [(place, week.value) for place, week in enumerate(weeks) if week.value is not None]
    past = _mean(value for _, value in valued[:baseline]) if len(valued) > baseline else None
    levels = [value for _, value in valued] + [one for one in (measure.target, past) if one]
    highest = 100.0 if measure.unit == "%" else top or _round_up(max(levels, default=0))
    width, height = RUN_WIDTH - RUN_LEFT - RUN_RIGHT, RUN_HEIGHT - RUN_TOP - RUN_BOTTOM

    def x(place: int) -> float:
        return RUN_LEFT + width * place / max(1, len(weeks) - 1)

    def y(value: float) -> float:
        return RUN_TOP + height * (1 - min(1.0, max(0.0, value / highest)))

    right = RUN_LEFT + width
    parts = [_axis(highest, measure.unit, y)]
    labels: list[tuple[float, str]] = []
    if past is not None:
        parts.append(_level(y(past), right, "chart-past"))
        labels.append((y(past), f"Past {_scaled(past, measure.unit)}"))
    if measure.target is not None:
        parts.append(_level(y(measure.target), right, "chart-target"))
        labels.append((y(measure.target), f"Target {_scaled(measure.target, measure.unit)}"))
    for run in _runs(weeks):
        points = " ".join(f"{_at(x(place))},{_at(y(value))}" for place, value in run)
        parts.append(Markup('<polyline class="chart-line" points="{0}"/>').format(points))
    for place, value in valued:
        last = place == valued[-1][0]
        parts.append(
            Markup('<circle class="chart-point{0}" cx="{1}" cy="{2}" r="{3}">{4}</circle>').format(
                " chart-point--last" if last else "",
                _at(x(place)),
                _at(y(value)),
                5 if last else 3,
                _tip(f"{_week(weeks[place].week)}: {_figure(value, measure.unit)}"),
            )
        )
    parts += [_text(right + 8, at, words, "chart-label") for at, words in _apart(labels)]
    for place, style in ((0, ""), (len(weeks) - 1, " chart-label--end")):
        if weeks:
            words = _week_day(weeks[place].week)
            at = x(place) + (0 if not place else 6)
            parts.append(_text(at, RUN_HEIGHT - 8, words, f"chart-label{style}"))
    finding = _run_finding(measure, weeks, valued, past, baseline)
    svg = _svg(
        (RUN_WIDTH, RUN_HEIGHT),
        f"{measure.name}, by week",
        f"{finding} The figures are in the table below the drawing.",
        parts,
        ident,
        "chart chart--run",
    )
    rows = tuple(
        (
            _week(week.week),
            "nothing to measure" if week.value is None else _figure(week.value, measure.unit),
        )
        for week in weeks
    )
    return Chart(svg, finding, ("Week", measure.name), rows)


def _run_finding(
    measure: Measure,
    weeks: Sequence[Week],
    valued: Sequence[tuple[int, float]],
    past: float | None,
    baseline: int,
) -> str:
    if not valued:
        return f"{measure.name}: nothing to measure yet."
    place, last = valued[-1]
    words = f"{measure.name}: {_figure(last, measure.unit)} in the {govweek(weeks[place].week)}"
    if measure.target is not None:
        missed = 0
        for _, value in reversed(valued):
            if not _worse(value, measure.target, measure):
                break
            missed += 1
        target = f"the target of {_figure(measure.target, measure.unit)}"
        off = "below" if measure.better == "higher" else "above"
        words += f", {off} {target}" if missed else f", within {target}"
        words += f" for {plural(missed, 'week')} running" if missed > 1 else ""
    if past is None:
        return f"{words}. There are not yet enough weeks to compare it with its own past."
    return f"{words}. Its first {baseline} weeks averaged {_figure(past, measure.unit)}."


def _worse(value: float, than: float, measure: Measure) -> bool:
    return value < than if measure.better == "higher" else value > than


def _axis(highest: float, unit: str, y: Height) -> Markup:
    drawn = Markup()
    for value in (0.0, highest / 2, highest):
        drawn += Markup('<path class="chart-grid" d="M{0} {1}H{2}"/>').format(
            RUN_LEFT, _at(y(value)), RUN_WIDTH - RUN_RIGHT
        )
        words = _scaled(value, unit)
        drawn += _text(RUN_LEFT - 6, y(value) + 5, words, "chart-label chart-label--end")
    return drawn


def _level(at: float, right: float, style: str) -> Markup:
    return Markup('<path class="{0}" d="M{1} {2}H{3}"/>').format(
        style, RUN_LEFT, _at(at), _at(right)
    )


def _runs(weeks: Sequence[Week]) -> list[list[tuple[int, float]]]:
    """The weeks that follow each other without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, week in enumerate(weeks):
        if week.value is None:
            runs.append([])
        else:
            runs[-1].append((place, week.value))
    return [run for run in runs if len(run) > 1]


def _apart(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The labels at the right edge, moved down until none covers another."""
    placed: list[tuple[float, str]] = []
    for at, words in sorted(labels):
        lowest = placed[-1][0] + 15 if placed else 0.0
        placed.append((max(at + 5, lowest), words))
    return placed


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


PERCENTAGES = ("%", "percent")
"""Units: a share, of which nothing is above 100, and a rate, which may be."""


def _figure(value: float, unit: str) -> str:
    if unit in PERCENTAGES:
        return f"{number(value)}%"
    return f"{number(value)} {unit.removesuffix('s') if value == 1 else unit}"


def _scaled(value: float, unit: str) -> str:
    """A figure beside the drawing, where only a percentage needs its unit."""
    return number(value) + ("%" if unit in PERCENTAGES else "")


def _round_up(value: float) -> float:
    """The end of a scale: a round number whose half is round too, at least 2."""
    size = 1
    while value > 10 * size:
        size *= 10
    return next(float(step * size) for step in (2, 4, 6, 8, 10) if value <= step * size)


def _week(week: str) -> str:
    return f"W{govweek(week)[1:]}"


def _week_day(week: str) -> str:
    monday = date.fromisoformat(f"{week}-1")
    return f"{_day(monday)} {monday.year}"


# ── Teams side by side ───────────────────────────────────────────────────────────────────────────


def week_bars(
    values: Sequence[float | None], top: float, ident: str, title: str, *, late: bool = False
) -> Markup:
    """A row of small bars, a week each, for a cell of a table that states the last figure itself.

    `top` is the highest value of all teams, so that the rows can be compared; a week without a
    value is a gap. `title` says what is drawn ("Days to a decision, last 12 weeks"); `late` marks
    the last bar as one to look at.
    """
    bars = []
    for place, value in enumerate(values):
        if value is not None:
            tall = max(1.0, 26 * min(1.0, value / top)) if top > 0 else 1.0
            style = "chart-week"
            if place == len(values) - 1:
                style += " chart-week--late" if late else " chart-week--last"
            bars.append(
                Markup('<rect class="{0}" x="{1}" y="{2}" width="6" height="{3}"/>').format(
                    style, place * 8, _at(28 - tall), _at(tall)
                )
            )
    told = ", ".join("none" if value is None else number(value) for value in values)
    return _svg((max(8, len(values) * 8), 28), title, f"{told}.", bars, ident, "chart chart--weeks")


# ── Pieces of SVG ────────────────────────────────────────────────────────────────────────────────


def _svg(
    size: tuple[float, float],
    title: str,
    told: str,
    parts: Sequence[Markup],
    ident: str,
    style: str,
) -> Markup:
    return Markup(
        '<svg class="{style}" viewBox="0 0 {width} {height}" role="img" focusable="false"'
        ' aria-labelledby="{ident}-title {ident}-told"><title id="{ident}-title">{title}</title>'
        '<desc id="{ident}-told">{told}</desc>{parts}</svg>'
    ).format(
        style=style,
        width=_at(size[0]),
        height=_at(size[1]),
        ident=ident,
        title=title,
        told=told,
        parts=Markup().join(parts),
    )


def _text(x: float, y: float, words: str, style: str) -> Markup:
    return Markup('<text class="{0}" x="{1}" y="{2}">{3}</text>').format(
        style, _at(x), _at(y), words
    )


def _tip(words: str) -> Markup:
    """What a pointer resting on the shape shows."""
    return Markup("<title>{0}</title>").format(escape(words))


def _rule(top: float) -> Markup:
    return Markup('<path class="chart-rule" d="M0 {0}H{1}"/>').format(_at(top), LANE_WIDTH)


def _at(place: float) -> str:
    return f"{place:.1f}".removesuffix(".0")


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
