"""
A disclosure: what was told to an agency by one of its systems, on which lawful basis.

    disclosed ──> (withheld)

It is recorded before it leaves, and once: the stream's id is made of the fact, the referral and the
channel. What may not leave any more when its turn has come is withheld, and a person
tells it. It holds codes and dates, and the agency's own reference: no name, no address, no words
of anybody. Read top to bottom: events, commands, state, evolve, decide.

Source: Working Together to Safeguard Children 2023, chapter 3 (a referrer hears that the referral
arrived, and what was decided); Data Protection Act 2018, schedule 1, paragraph 18 (safeguarding of
children); UK GDPR, articles 5(1)(c) (no more than is needed) and 6(1).
"""

from datetime import date
from typing import ClassVar, Literal, assert_never, get_args

from msgspec import Struct

from domain.codes import LawfulBasis
from domain.kernel import Command, Event, Referrer, Refused, caused
from domain.referral import Outcome

Channel = Literal["kafka", "webhook", "http"]
What = Literal["receipt", "decision", "outcome", "plan-status"]

Status = Literal[
    "received",
    "acknowledged",
    "decided",
    "reopened",
    "assessment-ended",
    "section-47-ended",
    "conference-held",
    "case-closed",
    "started",
    "ended",
]
STATUSES: dict[What, dict[Status, str]] = {
    "receipt": {
        "received": "The referral arrived and is kept",
        "acknowledged": "A person has acknowledged it",
    },
    "decision": {
        "decided": "The next step is decided",
        "reopened": "The decision no longer stands: another follows",
    },
    "outcome": {
        "assessment-ended": "The child and family assessment has ended",
        "section-47-ended": "The section 47 enquiry has ended",
        "conference-held": "The initial child protection conference was held",
        "case-closed": "The case is closed",
    },
    "plan-status": {
        "started": "A child protection plan has started",
        "ended": "The child protection plan has ended",
    },
}
"""What each may say, in words. An outcome says that a step has ended, not what it found."""

Withholding = Literal["restricted", "not-named", "not-about", "unreadable"]
WITHHOLDINGS: dict[Withholding, str] = {
    "restricted": "The child's record is restricted",
    "not-named": "The agency is not named to hear of protection plans any more",
    "not-about": "The referral is not about that child any more",
    "unreadable": "What the referral is about cannot be read",
}
"""Why something was withheld, in words."""

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfDisclosure(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "disclosure_id"
    subject_field: ClassVar[str] = "referral_id"

    disclosure_id: str
    agency_id: str
    """To whom; always the agency whose referral it is."""
    channel: Channel
    what: What
    status: Status
    on: date
    """The day on which it happened."""
    referral_id: str
    lawful_basis: LawfulBasis
    of_position: int
    of_event: str
    """Where in the log the fact stands that is told, and its stored name."""
    outcome: Outcome | None = None
    child_id: str | None = None
    child_number: int | None = None
    """Which of the children the agency's own message named, from 1; None where that is not sure."""
    corrects: str | None = None
    """The disclosure that no longer holds."""
    reference: Referrer | None = None
    """Under which the agency itself sent the referral."""


class InformationDisclosed(_OfDisclosure, frozen=True, tag="disclosure.made.v1"):
    pass


class DisclosureWithheld(Event, frozen=True, kw_only=True, tag="disclosure.withheld.v1"):
    """It was not sent, and is not from now on. Over HTTP it may have been read before."""

    stream_field: ClassVar[str] = "disclosure_id"
    subject_field: ClassVar[str] = "referral_id"

    disclosure_id: str
    agency_id: str
    referral_id: str
    reason: Withholding


DisclosureEvent = InformationDisclosed | DisclosureWithheld

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class DiscloseInformation(Command, frozen=True, kw_only=True, tag="disclose-information"):
    stream_field: ClassVar[str] = "disclosure_id"

    disclosure_id: str
    agency_id: str
    channel: Channel
    what: What
    status: Status
    on: date
    referral_id: str
    lawful_basis: LawfulBasis
    of_position: int
    of_event: str
    outcome: Outcome | None = None
    child_id: str | None = None
    child_number: int | None = None
    corrects: str | None = None
    reference: Referrer | None = None


class WithholdDisclosure(Command, frozen=True, kw_only=True, tag="withhold-disclosure"):
    stream_field: ClassVar[str] = "disclosure_id"

    disclosure_id: str
    agency_id: str
    referral_id: str
    reason: Withholding


DisclosureCommand = DiscloseInformation | WithholdDisclosure

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Disclosure(Struct, frozen=True):
    made: bool = False
    withheld: bool = False


def evolve(state: Disclosure, event: DisclosureEvent) -> Disclosure:
    match event:
        case InformationDisclosed():
            return Disclosure(made=True)
        case DisclosureWithheld():
            return Disclosure(made=True, withheld=True)
        case _:
            assert_never(event)


def decide(command: DisclosureCommand, state: Disclosure) -> list[DisclosureEvent]:
    match command:
        case DiscloseInformation() if state.made:
            return []
        case DiscloseInformation(what=what, status=status) if status not in STATUSES.get(what, {}):
            raise Refused("That is nothing that an agency's system is told.")
        case DiscloseInformation(lawful_basis=basis) if basis not in get_args(LawfulBasis):
            raise Refused("Record the lawful basis on which it is disclosed.")
        case DiscloseInformation(status=status, outcome=outcome) if (status == "decided") != bool(
            outcome
        ):
            raise Refused("A decision is told with its outcome, and nothing else with one.")
        case DiscloseInformation(what="outcome" | "plan-status", child_id=None):
            raise Refused("Say of which child: a referral may be about several.")
        case DiscloseInformation():
            return [caused(InformationDisclosed, command)]
        case WithholdDisclosure() if not state.made:
            raise Refused("Nothing was to be told that could be withheld.")
        case WithholdDisclosure(reason=reason) if reason not in WITHHOLDINGS:
            raise Refused("Record why it is withheld.")
        case WithholdDisclosure():
            return [] if state.withheld else [caused(DisclosureWithheld, command)]
        case _:
            assert_never(command)
