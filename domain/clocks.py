"""When does a clock that started then run out, and how does it stand at an instant?"""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from domain.calendar import HolidayList, holidays_known, local_day
from domain.policy import Policy, due, in_force

State = Literal["running", "met", "met-late", "overdue", "stopped"]


class Clock(Struct, frozen=True):
    """One limit, counted from one instant, with the policy version and holiday list it came from.

    `due` is the last day within the limit (then also `due_on`) or the last instant, in UTC (then
    also `due_at`).
    """

    rule: str
    policy: str
    holidays: str
    started_at: datetime
    due: date | datetime

    @property
    def due_on(self) -> date | None:
        """The last day within the limit, unless it is counted in hours."""
        return None if isinstance(self.due, datetime) else self.due

    @property
    def due_at(self) -> datetime | None:
        """The last instant within the limit, in UTC, if it is counted in hours."""
        return self.due if isinstance(self.due, datetime) else None

    def late(self, at: datetime) -> bool:
        """Whether the limit has passed at that instant."""
        if isinstance(self.due, datetime):
            return at > self.due
        return local_day(at) > self.due

    def state(
        self, as_at: datetime, met_at: datetime | None = None, stopped_at: datetime | None = None
    ) -> State:
        """How it stands at `as_at`; what was done, or stopped it, after that is not yet known.

        Stopped is what no longer needs doing, such as deciding a referral that was cancelled.
        """
        if met_at is not None and met_at <= as_at:
            return "met-late" if self.late(met_at) else "met"
        if stopped_at is not None and stopped_at <= as_at:
            return "stopped"
        return "overdue" if self.late(as_at) else "running"


def clock(
    rule: str,
    started_at: datetime,
    policy: Policy | None = None,
    holidays: HolidayList | None = None,
) -> Clock:
    """The clock of a rule such as `R5` that starts at an instant.

    Counted by the policy in force and the holiday list known on the day it starts, unless others
    are given: a list known later may hold a day announced since. Raises `ValueError` for an instant
    without an offset and `KeyError` for a rule without a limit.
    """
    day = local_day(started_at)
    policy = policy or in_force(day)
    holidays = holidays or holidays_known(day)
    end = due(policy.limits[rule], started_at, holidays, policy.office_hours)
    return Clock(rule, policy.id, holidays.version, started_at, end)
