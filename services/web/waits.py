"""What does a referral wait for, until when, and which one comes first? The same on every page."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from domain.calendar import holidays_known, local_day, working_days_between
from domain.clocks import clock
from domain.referral import OUTCOMES
from projections.inbox import Waiting
from services.web.templating import govdate

URGENCIES = ("immediate", "urgent", "not-stated", "routine")
"""The most urgent first; what nobody stated may be anything, and stands before what is routine."""

ORDER = (
    "What is late stands first, then what is due next; on the same day the most urgent, then what"
    " came first."
)
"""The order of `rank`, in words."""


class Waits(Struct, frozen=True, kw_only=True):
    """`words`: what for, as a sentence without its full stop. `due_on`: the last day for it.

    `state`: as a deadline's. `left`: working days, negative when late. `again`: it was decided
    before, so that the words say more than that it is to be decided.
    """

    words: str
    due_on: date
    state: Literal["overdue", "running"]
    left: int
    again: bool


def waits(referral: Waiting, today: date) -> Waits:
    """What a referral that waits wants of a person now."""
    due_on = due(referral)
    if referral.decided_at and referral.outcome:
        decided = f"Decided on {govdate(referral.decided_at)}: {OUTCOMES[referral.outcome]}"
        came = ", ".join(_came(referral))
        words = f"{decided}; {came}: look at it by {govdate(due_on)}"
    elif referral.reopened_at:
        words = f"Reopened on {govdate(referral.reopened_at)}: decide again by {govdate(due_on)}"
    else:
        words = f"Waits for a decision by {govdate(due_on)}"
    return Waits(
        words=words,
        due_on=due_on,
        state="overdue" if due_on < today else "running",
        left=working_days_between(today, due_on, holidays_known(today)),
        again=bool(referral.decided_at or referral.reopened_at),
    )


def due(referral: Waiting) -> date:
    """The last day to do something about it.

    Of a decided referral, the day that what came after the decision, or was left open by it, gives;
    what was due of the decision itself has been done.
    """
    news = (referral.updated_at, referral.conflict_at, referral.followed_up_at)
    came = [at for at in news if at]
    if referral.decided_at is None or not came:
        return referral.due_on
    limit = clock("R1", min(came)).due
    return local_day(limit) if isinstance(limit, datetime) else limit


def rank(referral: Waiting) -> tuple[object, ...]:
    """By which referrals that wait are sorted: see `ORDER`."""
    urgency = URGENCIES.index(referral.urgency)
    return due(referral), urgency, referral.received_at, referral.position


def _came(referral: Waiting) -> Iterator[str]:
    """What nobody has dealt with, and since when."""
    withdrawn = referral.cancelled_at if referral.updated_at else None
    if referral.conflict_at:
        yield f"two versions came on {govdate(referral.conflict_at)}"
    if referral.updated_at and (withdrawn is None or referral.updated_at != withdrawn):
        yield f"more came on {govdate(referral.updated_at)}"
    if withdrawn:
        yield f"the sender withdrew it on {govdate(withdrawn)}"
    if referral.followed_up_at:
        yield f"the referrer asked on {govdate(referral.followed_up_at)}"
