"""How well does a team keep to its clocks, from a good month to its worst one?"""

from typing import Any

from msgspec import Struct
from msgspec.structs import astuple


class Practice(Struct, frozen=True):
    """Shares are from 0 to 1; `…_days` are working days, from and up to.

    What a team without a manager cannot do at all (allocate, authorise, close) is not said here: it
    follows from nobody being there to do it.
    """

    acknowledged: float
    """Referrals that are acknowledged at all; `acknowledged_in_time` of these in a working day."""
    acknowledged_in_time: float
    decided_in_time: float
    late_decision_days: tuple[float, float]
    manager_named: float
    """Decisions that a manager authorised, where there is a manager."""
    told: float
    tell_days: tuple[float, float]
    asked: float
    """Referrals about which other agencies are asked before the decision."""
    risk_answered: float
    answer_days: tuple[float, float]
    risk_escalated: float
    """Unanswered risks that somebody takes higher."""
    allocate_days: tuple[float, float]
    start_days: tuple[float, float]
    seen: float
    """Children who are seen at all in the assessment."""
    seen_days: tuple[float, float]
    seen_alone: float
    reviewed: float
    """Assessments with a review point by the manager."""
    complete_days: tuple[float, float]
    """From the referral."""
    extended: float
    """Reasons recorded for assessments that take longer than 45 working days."""
    authorise_days: tuple[float, float]
    returned: float
    supervised: float
    """Months in which a case is discussed in supervision."""
    health_there: float
    """Strategy discussions that health takes part in."""
    police_there: float
    discussion_days: tuple[float, float]
    enquiry_days: tuple[float, float]
    conference_days: tuple[float, float]
    visit_days: tuple[float, float]
    visit_failed: float
    record_days: tuple[float, float]
    """From a visit to its being written down."""
    close_days: tuple[float, float]
    handed_over: float
    """Cases of a worker who leaves that are handed to the next one."""
    reallocate_days: tuple[float, float]

    def worn(self, strain: float, into: "Practice") -> "Practice":
        """This practice, worn by strain (0 not at all, 1 altogether) into another."""
        pairs = zip(astuple(self), astuple(into), strict=True)
        return Practice(*(_between(one, other, strain) for one, other in pairs))


def _between(one: Any, other: Any, share: float) -> Any:
    if isinstance(one, tuple):
        return tuple(_between(a, b, share) for a, b in zip(one, other, strict=True))
    return one + (other - one) * share


GOOD = Practice(
    acknowledged=0.998,
    acknowledged_in_time=0.99,
    decided_in_time=0.98,
    late_decision_days=(2.0, 3.5),
    manager_named=0.97,
    told=0.97,
    tell_days=(0.1, 1.3),
    asked=0.3,
    risk_answered=0.98,
    answer_days=(4.0, 18.0),
    risk_escalated=1.0,
    allocate_days=(0.2, 1.8),
    start_days=(0.3, 2.5),
    seen=0.985,
    seen_days=(1.0, 7.0),
    seen_alone=0.8,
    reviewed=0.94,
    complete_days=(16.0, 39.0),
    extended=0.9,
    authorise_days=(0.3, 3.0),
    returned=0.06,
    supervised=0.93,
    health_there=0.96,
    police_there=0.98,
    discussion_days=(0.05, 1.2),
    enquiry_days=(4.0, 10.0),
    conference_days=(11.0, 15.4),
    visit_days=(7.0, 14.0),
    visit_failed=0.06,
    record_days=(0.1, 1.8),
    close_days=(2.0, 9.0),
    handed_over=0.93,
    reallocate_days=(0.3, 2.0),
)
"""A team that is staffed, managed and looked after."""

POOR = Practice(
    acknowledged=0.68,
    acknowledged_in_time=0.55,
    decided_in_time=0.36,
    late_decision_days=(2.2, 8.0),
    manager_named=0.62,
    told=0.62,
    tell_days=(0.8, 7.0),
    asked=0.12,
    risk_answered=0.3,
    answer_days=(15.0, 45.0),
    risk_escalated=0.08,
    allocate_days=(4.0, 24.0),
    start_days=(2.0, 12.0),
    seen=0.62,
    seen_days=(7.0, 30.0),
    seen_alone=0.42,
    reviewed=0.22,
    complete_days=(44.0, 100.0),
    extended=0.25,
    authorise_days=(1.0, 12.0),
    returned=0.02,
    supervised=0.28,
    health_there=0.45,
    police_there=0.88,
    discussion_days=(0.6, 4.5),
    enquiry_days=(9.0, 26.0),
    conference_days=(14.0, 27.0),
    visit_days=(14.0, 38.0),
    visit_failed=0.3,
    record_days=(1.0, 12.0),
    close_days=(10.0, 60.0),
    handed_over=0.15,
    reallocate_days=(6.0, 35.0),
)
"""A team that has been without a manager and short of workers for months."""
