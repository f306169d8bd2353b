"""What is due for a child, or was, and how does it look beside what happened?"""

from datetime import date, datetime

from msgspec import Struct

from domain.calendar import holidays_known, local_day, working_days_between
from projections.deadlines import Deadline
from services.web.charts import Chart, Clock, Lane, Mark, swim_lanes
from services.web.naming import Names
from services.web.story import RECEIVED, Story

CLOCKS = {
    "R1": "Decide, acknowledge",
    "R3": "Tell the referrer",
    "R5": "Assessment authorised",
    "R6": "Review of the assessment",
}
"""What is due under each rule, short enough to stand beside a bar."""

WAITING = ("overdue", "running")
"""The states of a deadline that somebody must still do something about."""

MOST_CLOCKS = 6
"""Clocks that a drawing has room for: those that run, then the latest."""


class Due(Struct, frozen=True, kw_only=True):
    """A deadline as the page shows it. `left`: working days, negative when late. `agency`: whose
    referral started it, where it is about a referral."""

    what: str
    state: str
    due: date | datetime
    left: int | None
    since: datetime
    extended: bool
    recorded_late: bool
    agency: str


def due(story: Story, names: Names) -> list[Due]:
    """What is late, then what runs, the earliest due first; then what is done, newest first."""
    sent = {e.stream: e.agency for e in reversed(story.entries) if e.event == RECEIVED}
    waiting = [each for each in story.deadlines if each.state in WAITING]
    done = [each for each in story.deadlines if each.state not in WAITING]
    waiting.sort(key=lambda each: each.due_on)
    done.sort(key=lambda each: each.due_on, reverse=True)
    return [stands(each, story.as_at, names(sent.get(each.about))) for each in (*waiting, *done)]


def stands(deadline: Deadline, as_at: datetime, agency: str = "") -> Due:
    """One deadline in words."""
    return Due(
        what=what(deadline),
        state=deadline.state,
        due=deadline.due_at or deadline.due_on,
        left=left(deadline, as_at),
        since=deadline.started_at,
        extended=deadline.extended_at is not None,
        recorded_late=deadline.recorded_late,
        agency=agency,
    )


def what(deadline: Deadline) -> str:
    """What is still to be done, or was: of a referral, perhaps only one of two things."""
    if deadline.rule == "R1" and len(deadline.waiting_for) == 1:
        decided = deadline.waiting_for == ("acknowledgement",)
        return "Acknowledge to the referrer" if decided else "Decide the referral"
    return CLOCKS[deadline.rule]


def left(deadline: Deadline, as_at: datetime) -> int | None:
    """Working days left, negative when late; None where the limit is in hours."""
    if deadline.due_at is not None:
        return None
    day = local_day(deadline.stopped_at or as_at)
    return working_days_between(day, deadline.due_on, holidays_known(day))


def lanes(story: Story, names: Names) -> Chart:
    """The story at a glance: a lane an agency, a bar a clock."""
    by_agency: dict[str, list[Mark]] = {}
    for entry in story.entries:
        mark = Mark(entry.happened_at, names.worded(entry.title))
        by_agency.setdefault(entry.agency, []).append(mark)
    ordered = sorted(by_agency, key=lambda agency: (agency == "authority", names(agency)))
    drawn = [each for each in story.deadlines if each.state != "stopped"]
    drawn.sort(key=lambda each: (each.state not in WAITING, -each.due_on.toordinal()))
    return swim_lanes(
        [Lane(names(agency), tuple(by_agency[agency])) for agency in ordered],
        [_clock(each, story.as_at) for each in drawn[:MOST_CLOCKS]],
        story.as_at,
        "lanes",
    )


def _clock(deadline: Deadline, as_at: datetime) -> Clock:
    return Clock(
        what(deadline),
        deadline.started_at,
        deadline.due_at or deadline.due_on,
        deadline.stopped_at,
        left(deadline, as_at),
    )
