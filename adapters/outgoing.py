"""What does an agency's system read in a message of ours?

    cloud_event(recorded) -> CloudEvent       of a disclosure, the same by every way out

Codes and dates, and the agency's own reference: no name, no address, no words of anybody. Each
struct below is the JSON of one type of message; the contracts are generated from them.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from adapters.cloudevents import CloudEvent
from domain.disclosure import InformationDisclosed, What
from domain.kernel import Recorded
from domain.referral import Outcome as DecidedOutcome

SOURCE = "/authority"
"""Who says so: the council."""

ReferralId = Annotated[
    str, Meta(description="Our name for the referral; it never changes.", examples=["referral-1f"])
]
Reference = Annotated[
    str,
    Meta(description="The first reference under which you sent it; absent if it may hold words."),
]
Child = Annotated[
    int,
    Meta(
        ge=1, description="Which of the children your message named; absent where that is not sure."
    ),
]
Day = Annotated[date, Meta(description="The day on which it happened, in England.")]


class _About(Struct, frozen=True, kw_only=True, omit_defaults=True):
    referral_id: ReferralId
    reference: Reference | None = None
    on: Day


class Receipt(_About, frozen=True, kw_only=True, omit_defaults=True):
    """Your referral arrived and is kept; later, a person has acknowledged it."""

    status: Literal["received", "acknowledged"]


class Decision(_About, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided on your referral, or that its decision is reopened and no longer stands.

    The reason is words: a person tells it, and your pages show it.
    """

    status: Literal["decided", "reopened"]
    outcome: Annotated[
        DecidedOutcome | None, Meta(description="What was decided; absent while it is reopened.")
    ] = None
    corrects: Annotated[
        str | None, Meta(description="The id of the message whose decision no longer holds.")
    ] = None


class Outcome(_About, frozen=True, kw_only=True, omit_defaults=True):
    """A step of the work that your referral led to has ended. What it found is not told."""

    status: Literal["assessment-ended", "section-47-ended", "conference-held", "case-closed"]
    child: Child | None = None


class PlanStatus(_About, frozen=True, kw_only=True, omit_defaults=True):
    """A child whom you referred has, or no longer has, a child protection plan.

    Only for agencies that are named to hear it, each on its own lawful basis.
    """

    status: Literal["started", "ended"]
    child: Child | None = None


Payload = Receipt | Decision | Outcome | PlanStatus

TYPES: dict[What, tuple[str, type[Payload]]] = {
    "receipt": ("uk.gov.safeguarding.referral.receipt.v1", Receipt),
    "decision": ("uk.gov.safeguarding.referral.decision.v1", Decision),
    "outcome": ("uk.gov.safeguarding.referral.outcome.v1", Outcome),
    "plan-status": ("uk.gov.safeguarding.child.plan-status.v1", PlanStatus),
}
"""The type of each message, and the struct of its data. A change that breaks a reader is a new
type with the next number, sent beside this one for as long as it is read."""


def cloud_event(recorded: Recorded) -> CloudEvent:
    """The message that tells a disclosure. Its reference must have been opened."""
    event = recorded.event
    if not isinstance(event, InformationDisclosed):
        raise TypeError(f"{recorded.name} is no disclosure.")
    name, kind = TYPES[event.what]
    said = {
        "referral_id": event.referral_id,
        "reference": event.reference or None,  # destroyed with the referral, it is left out
        "on": event.on,
        "status": event.status,
        "outcome": event.outcome,
        "corrects": event.corrects,
        "child": event.child_number,
    }
    told = {field: said[field] for field in kind.__struct_fields__}
    return CloudEvent(
        id=event.disclosure_id,
        source=SOURCE,
        type=name,
        subject=event.referral_id,
        time=event.recorded_at,
        sequence=recorded.position,
        data=msgspec.json.encode(msgspec.convert(told, kind)),
    )
