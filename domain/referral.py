"""
A referral: one agency's concern about one or several children, from receipt to the outcome told.

    received ──> screened ──> decided ──> referrer told
       │  └─ updated, cancelled by the sender, conflicting content  └──> reopened ──> decided …

Read top to bottom: events, commands, state, evolve, decide. Limits and clocks are policy, not here.
Source: Working Together to Safeguard Children 2023, chapter 3.
"""

from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.blocking import phone_keys
from domain.calendar import local_day
from domain.codes import ReferralSource
from domain.described import (
    AddressDescribed,
    AdultDescribed,
    ChildDescribed,
    ReferrerDescribed,
    Urgency,
)
from domain.kernel import (
    WITHHELD,
    Asking,
    Command,
    Event,
    Instant,
    Narrative,
    Private,
    Refused,
    Trace,
    asking,
    before,
    caused,
    once,
    trace,
)

Outcome = Literal[
    "no-further-action",
    "advice",
    "early-help",
    "assessment",
    "strategy-discussion",
    "existing-worker",
    "other-authority",
]
OUTCOMES: dict[Outcome, str] = {
    "no-further-action": "No further action",
    "advice": "Information and advice given",
    "early-help": "Early help",
    "assessment": "Child and family assessment (section 17)",
    "strategy-discussion": "Strategy discussion (section 47)",
    "existing-worker": "Passed to the child's allocated social worker",
    "other-authority": "Passed to another authority",
}
OPENS_A_CASE: frozenset[Outcome] = frozenset({"assessment", "strategy-discussion"})

Rag = Literal["red", "amber", "green"]
Threshold = Literal[1, 2, 3, 4]
"""1 universal, 2 early help, 3 child in need (section 17), 4 acute (section 47 or care)."""

ReferrerSealed = Annotated[ReferrerDescribed, Private("referrer")]
References = Annotated[tuple[str, ...], Private("referrer")]
Children = Annotated[tuple[ChildDescribed, ...], Private("identity")]
Adults = Annotated[tuple[AdultDescribed, ...], Private("identity")]
Addresses = Annotated[tuple[AddressDescribed, ...], Private("location")]

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfReferral(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "referral_id"
    subject_field: ClassVar[str] = "referral_id"

    referral_id: str


class _Described(_OfReferral, frozen=True, kw_only=True):
    """What a message said. `problems`: sentences on what could not be read, free of content.

    `row` numbers the part of a file that holds several: the file is one message.
    """

    channel: str
    format: str
    row: int | None = None
    unit: str | None = None
    source: ReferralSource = "10"
    urgency: Urgency = "not-stated"
    concern_codes: tuple[str, ...] = ()
    parents_informed: bool | None = None
    consent: bool | None = None
    lawful_basis: str | None = None
    problems: tuple[str, ...] = ()
    child_ids: tuple[str, ...] = ()
    referrer: ReferrerSealed = WITHHELD
    references: References = WITHHELD
    children: Children = WITHHELD
    adults: Adults = WITHHELD
    addresses: Addresses = WITHHELD
    concern: Narrative = WITHHELD

    def index_keys(self) -> tuple[str, ...]:
        return phone_keys(*(adult.contact for adult in self.adults))


class ReferralReceived(_Described, frozen=True, tag="referral.received.v1"):
    """`child_ids`: the children registered or matched for it. `team_id`: whose duty it falls to.

    `told_workers`: allocated workers of open cases of these children, who are told of it too.
    `perhaps_about`: an earlier referral that may be about the same thing; a person decides.
    """

    team_id: str | None = None
    told_workers: tuple[str, ...] = ()
    perhaps_about: str | None = None


class ReferralUpdated(_Described, frozen=True, tag="referral.updated.v1"):
    """The sender sent more, or other, about the same concern."""


class ReferralCancelled(_Described, frozen=True, tag="referral.cancelled.v1"):
    """The sender withdrew it. It stays in the inbox until a person has decided."""


class ReferralConflicted(_Described, frozen=True, tag="referral.conflicted.v1"):
    """Another message under the same key with other content: a person decides which holds."""


class ConflictSettled(_OfReferral, frozen=True, tag="referral.conflict_settled.v1"):
    reason: Narrative = WITHHELD


class ReferralRouted(_OfReferral, frozen=True, tag="referral.routed.v1"):
    team_id: str


class ChildAdded(_OfReferral, frozen=True, tag="referral.child_added.v1"):
    """A person found whom the referral is about."""

    child_id: str


class ChildRemoved(_OfReferral, frozen=True, tag="referral.child_removed.v1"):
    child_id: str
    reason: Narrative = WITHHELD


class ReferralAcknowledged(_OfReferral, frozen=True, tag="referral.acknowledged.v1"):
    """The referrer was told that it arrived."""


class InformationRequested(_OfReferral, frozen=True, tag="referral.information_requested.v1"):
    asked_agency: str
    question: Narrative = WITHHELD


class InformationShared(_OfReferral, frozen=True, tag="referral.information_shared.v1"):
    by_agency: str
    lawful_basis: str
    information: Narrative = WITHHELD


class InformationDeclined(_OfReferral, frozen=True, tag="referral.information_declined.v1"):
    by_agency: str
    reason: Narrative = WITHHELD


class ReferralScreened(_OfReferral, frozen=True, tag="referral.screened.v1"):
    rag: Rag
    threshold: Threshold
    rationale: Narrative = WITHHELD


class ReferralDecided(_OfReferral, frozen=True, tag="referral.decided.v1"):
    """`team_id`: whose the work becomes. `child_ids`: the children it concerns, as then known."""

    outcome: Outcome
    referral_received_at: Instant
    team_id: str | None = None
    child_ids: tuple[str, ...] = ()
    authorised_by: str | None = None
    rationale: Narrative = WITHHELD


class DecisionAuthorised(_OfReferral, frozen=True, tag="referral.decision_authorised.v1"):
    """A manager, `by`, agreed with a decision that another person took, or confirms that they did
    where that person recorded it with the decision."""

    rationale: Narrative = WITHHELD


class ReferrerToldOutcome(_OfReferral, frozen=True, tag="referral.referrer_told.v1"):
    outcome: Outcome
    words: Narrative = WITHHELD


class ReferrerFollowedUp(_OfReferral, frozen=True, tag="referral.followed_up.v1"):
    """The referrer asked what became of it, or disagreed."""

    words: Narrative = WITHHELD


class ReferralAttended(_OfReferral, frozen=True, tag="referral.attended.v1"):
    """Somebody looked at what came after the decision: the decision stands. `reason`: why."""

    reason: Narrative = WITHHELD


class ReferralReopened(_OfReferral, frozen=True, tag="referral.reopened.v1"):
    reason: Narrative = WITHHELD


ReferralEvent = (
    ReferralReceived
    | ReferralUpdated
    | ReferralCancelled
    | ReferralConflicted
    | ConflictSettled
    | ReferralRouted
    | ChildAdded
    | ChildRemoved
    | ReferralAcknowledged
    | InformationRequested
    | InformationShared
    | InformationDeclined
    | ReferralScreened
    | ReferralDecided
    | DecisionAuthorised
    | ReferrerToldOutcome
    | ReferrerFollowedUp
    | ReferralAttended
    | ReferralReopened
)

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForReferral(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "referral_id"

    referral_id: str


class _Describe(_ForReferral, frozen=True, kw_only=True):
    channel: str
    format: str
    row: int | None = None
    unit: str | None = None
    source: ReferralSource = "10"
    urgency: Urgency = "not-stated"
    concern_codes: tuple[str, ...] = ()
    parents_informed: bool | None = None
    consent: bool | None = None
    lawful_basis: str | None = None
    problems: tuple[str, ...] = ()
    child_ids: tuple[str, ...] = ()
    referrer: ReferrerSealed = ReferrerDescribed()
    references: References = ()
    children: Children = ()
    adults: Adults = ()
    addresses: Addresses = ()
    concern: Narrative = ""


class ReceiveReferral(_Describe, frozen=True, tag="receive-referral"):
    team_id: str | None = None
    told_workers: tuple[str, ...] = ()
    perhaps_about: str | None = None


class UpdateReferral(_Describe, frozen=True, tag="update-referral"):
    pass


class CancelReferral(_Describe, frozen=True, tag="cancel-referral"):
    pass


class ReportConflict(_Describe, frozen=True, tag="report-conflict"):
    pass


class SettleConflict(_ForReferral, frozen=True, tag="settle-conflict"):
    reason: Narrative


class RouteReferral(_ForReferral, frozen=True, tag="route-referral"):
    team_id: str


class AddChild(_ForReferral, frozen=True, tag="add-child"):
    child_id: str


class RemoveChild(_ForReferral, frozen=True, tag="remove-child"):
    child_id: str
    reason: Narrative


class AcknowledgeReferral(_ForReferral, frozen=True, tag="acknowledge-referral"):
    pass


class RequestInformation(_ForReferral, frozen=True, tag="request-information"):
    asked_agency: str
    question: Narrative


class ShareInformation(_ForReferral, frozen=True, tag="share-information"):
    by_agency: str
    lawful_basis: str
    information: Narrative


class DeclineInformation(_ForReferral, frozen=True, tag="decline-information"):
    by_agency: str
    reason: Narrative


class ScreenReferral(_ForReferral, frozen=True, tag="screen-referral"):
    rag: Rag
    threshold: Threshold
    rationale: Narrative


class DecideReferral(_ForReferral, frozen=True, tag="decide-referral"):
    outcome: Outcome
    rationale: Narrative
    team_id: str | None = None
    authorised_by: str | None = None


class AuthoriseDecision(_ForReferral, frozen=True, tag="authorise-decision"):
    rationale: Narrative


class TellReferrer(_ForReferral, frozen=True, tag="tell-referrer"):
    words: Narrative


class FollowUp(_ForReferral, frozen=True, tag="follow-up-referral"):
    words: Narrative


class AttendReferral(_ForReferral, frozen=True, tag="attend-referral"):
    """What came after the decision was looked at, and the decision stands."""

    reason: Narrative


class ReopenReferral(_ForReferral, frozen=True, tag="reopen-referral"):
    reason: Narrative


ReferralCommand = (
    ReceiveReferral
    | UpdateReferral
    | CancelReferral
    | ReportConflict
    | SettleConflict
    | RouteReferral
    | AddChild
    | RemoveChild
    | AcknowledgeReferral
    | RequestInformation
    | ShareInformation
    | DeclineInformation
    | ScreenReferral
    | DecideReferral
    | AuthoriseDecision
    | TellReferrer
    | FollowUp
    | AttendReferral
    | ReopenReferral
)

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Referral(Struct, frozen=True):
    received_at: Instant | None = None
    messages: frozenset[tuple[str, int | None]] = frozenset()
    """SHA-256 of every message that told of it, and which row of it did."""
    team_id: str | None = None
    child_ids: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """Children whom a person took off it: the sender's next message does not put them back."""
    removal: Asking | None = None
    """Here and below, of an `Asking`: of the last of its kind, so that it is told from others."""
    acknowledged: bool = False
    conflict: Literal["open", "settled"] | None = None
    settled: Asking | None = None
    screened: tuple[Rag, Threshold, Asking] | None = None
    decision: tuple[Outcome, str | None, str | None] | None = None
    """The outcome, the team, and who authorised it with the decision."""
    decided_by: str = ""
    decided_words: str = ""
    """What was decided, by whom and when, as a refusal says it."""
    decided: Asking | None = None
    authorised: bool = False
    authorisation: Asking | None = None
    told: Asking | None = None
    unattended: bool = False
    """Something came after the decision that nobody has looked at."""
    attended: Asking | None = None
    reopened: Asking | None = None
    """While it is reopened and not yet decided again."""
    traces: frozenset[Trace] = frozenset()


def evolve(state: Referral, event: ReferralEvent) -> Referral:
    match event:
        case ReferralReceived():
            return replace(
                state,
                received_at=event.received_at,
                messages=_told(state, event),
                team_id=event.team_id,
                child_ids=event.child_ids,
            )
        case ReferralUpdated():
            told = [c for c in event.child_ids if c not in state.removed]
            return replace(
                state,
                messages=_told(state, event),
                child_ids=tuple(dict.fromkeys([*state.child_ids, *told])),
                unattended=state.decision is not None,
                traces=state.traces | {trace(event)},
            )
        case ReferralCancelled():
            return replace(
                state,
                messages=_told(state, event),
                unattended=state.decision is not None,
                traces=state.traces | {trace(event)},
            )
        case ReferralConflicted():
            return replace(
                state,
                messages=_told(state, event),
                conflict="open",
                traces=state.traces | {trace(event)},
            )
        case ConflictSettled():
            return replace(state, conflict="settled", settled=asking(event))
        case ReferralRouted(team_id=team_id):
            return replace(state, team_id=team_id)
        case ChildAdded(child_id=child_id):
            return replace(
                state,
                child_ids=(*state.child_ids, child_id),
                removed=tuple(c for c in state.removed if c != child_id),
            )
        case ChildRemoved(child_id=child_id):
            return replace(
                state,
                child_ids=tuple(c for c in state.child_ids if c != child_id),
                removed=(*state.removed, child_id),
                removal=asking(event),
            )
        case ReferralAcknowledged():
            return replace(state, acknowledged=True)
        case InformationRequested() | InformationShared() | InformationDeclined():
            return replace(state, traces=state.traces | {trace(event)})
        case ReferrerFollowedUp():
            return replace(
                state,
                unattended=state.decision is not None,
                traces=state.traces | {trace(event)},
            )
        case ReferralScreened(rag=rag, threshold=threshold):
            return replace(state, screened=(rag, threshold, asking(event)))
        case ReferralDecided():
            return replace(
                state,
                team_id=event.team_id or state.team_id,
                decision=(event.outcome, event.team_id, event.authorised_by),
                decided_by=event.by,
                decided_words=_in_words(event),
                decided=asking(event),
                authorised=event.authorised_by is not None,
                authorisation=None,
                told=None,
                unattended=False,
                reopened=None,
            )
        case DecisionAuthorised():
            return replace(state, authorised=True, authorisation=asking(event))
        case ReferrerToldOutcome():
            return replace(state, told=asking(event))
        case ReferralAttended():
            return replace(state, unattended=False, attended=asking(event))
        case ReferralReopened():
            return replace(state, decision=None, reopened=asking(event))
        case _:
            assert_never(event)


def decide(command: ReferralCommand, state: Referral) -> list[ReferralEvent]:
    match command:
        case ReceiveReferral():
            return [] if state.received_at else [caused(ReferralReceived, command)]
        case _ if state.received_at is None:
            raise Refused("This referral has not been received.")
        case _ if before(command, state.received_at):
            raise Refused(
                "It cannot have happened before the referral was received: check the day and time."
            )

        # What the sender does: at any time, before a decision or after it
        case UpdateReferral() | CancelReferral() | ReportConflict() if (
            command.message,
            command.row,
        ) in state.messages:
            return []  # the agency sent it twice
        case UpdateReferral():
            return once(caused(ReferralUpdated, command), state.traces)
        case CancelReferral():
            return once(caused(ReferralCancelled, command), state.traces)
        case ReportConflict():
            return once(caused(ReferralConflicted, command), state.traces)
        case FollowUp(message=None, words=words) if not words.strip():
            raise Refused("Write what the referrer asked or said.")
        case FollowUp():
            return once(caused(ReferrerFollowedUp, command), state.traces)

        # What is done with it before a decision
        case SettleConflict() if state.conflict is None:
            raise Refused("No other content came for this referral: there is none to settle.")
        case SettleConflict() if state.conflict == "settled":
            if asking(command) == state.settled:
                return []
            raise Refused(
                "It is already settled which message holds: read who settled it, and why."
            )
        case SettleConflict(reason=reason) if not reason.strip():
            raise Refused("Record which message holds, and why.")
        case SettleConflict():
            return [caused(ConflictSettled, command)]
        case RouteReferral(team_id=team_id):
            return [] if team_id == state.team_id else [caused(ReferralRouted, command)]
        case AddChild(child_id=child_id) if child_id in state.child_ids:
            return []
        case AddChild() if state.decision and state.decision[0] in OPENS_A_CASE:
            raise Refused(
                "This referral is already decided; reopen the referral first, so that the next"
                " decision opens a case for this child too."
            )
        case AddChild():
            return [caused(ChildAdded, command)]
        case RemoveChild(child_id=child_id) if child_id in state.removed:
            if asking(command) == state.removal:
                return []
            raise Refused("That child is already taken off this referral: read by whom, and why.")
        case RemoveChild(child_id=child_id) if child_id not in state.child_ids:
            raise Refused("That child is not on this referral: choose a child who is.")
        case RemoveChild(reason=reason) if not reason.strip():
            raise Refused("Record why the referral is not about this child.")
        case RemoveChild():
            return [caused(ChildRemoved, command)]
        case AcknowledgeReferral():
            return [] if state.acknowledged else [caused(ReferralAcknowledged, command)]
        case RequestInformation(question=question) if not question.strip():
            raise Refused("Write what you ask the agency.")
        case RequestInformation():
            return once(caused(InformationRequested, command), state.traces)
        case ShareInformation(message=None) if not command.information.strip():
            raise Refused("Write what the agency told you.")
        case ShareInformation(message=None) if not command.lawful_basis.strip():
            raise Refused("Record the lawful basis on which the information was shared.")
        case ShareInformation():
            return once(caused(InformationShared, command), state.traces)
        case DeclineInformation(message=None, reason=reason) if not reason.strip():
            raise Refused("Record why the agency did not share.")
        case DeclineInformation():
            return once(caused(InformationDeclined, command), state.traces)
        case ScreenReferral(rag=rag, threshold=threshold) if state.screened == (
            rag,
            threshold,
            asking(command),
        ):
            return []
        case ScreenReferral() if state.decision:
            raise _decided_already(state)
        case ScreenReferral(rationale=rationale) if not rationale.strip():
            raise Refused("Record why: a screening needs a rationale.")
        case ScreenReferral():
            return [caused(ReferralScreened, command)]

        # The decision, and what follows it
        case DecideReferral() if state.decision:
            told = (command.outcome, _team(command, state), command.authorised_by)
            if state.decision == told and asking(command) == state.decided:
                return []
            raise _decided_already(state)
        case DecideReferral() if state.conflict == "open":
            raise Refused(
                "Two messages about this referral differ: settle which one holds before you decide."
            )
        case DecideReferral(rationale=rationale) if not rationale.strip():
            raise Refused("Record why: a decision needs a rationale.")
        case DecideReferral(by=by, authorised_by=authorised_by) if authorised_by == by:
            raise Refused(
                "You cannot authorise your own decision: name the manager who authorised it, or"
                " leave that empty."
            )
        case DecideReferral(outcome=outcome) if outcome in OPENS_A_CASE and not state.child_ids:
            raise Refused("Add the child first: this outcome opens a case for each child.")
        case DecideReferral(outcome=outcome) if outcome in OPENS_A_CASE and not _team(
            command, state
        ):
            raise Refused("Choose the team that takes the case: the referral has none yet.")
        case DecideReferral():
            return [
                caused(
                    ReferralDecided,
                    command,
                    team_id=_team(command, state),
                    child_ids=state.child_ids,
                    referral_received_at=state.received_at,
                )
            ]
        case ReopenReferral() if state.reopened:
            if asking(command) == state.reopened:
                return []
            raise Refused("This referral is already reopened: decide it.")
        case _ if state.decision is None:
            raise Refused("This referral is not decided yet: decide it first.")
        # Under local procedure a manager authorises the decision (R1) and whoever takes it may
        # record that with it: it counts from then on, as their word. The manager named confirms it,
        # or reopens what they did not authorise.
        case AuthoriseDecision(by=by) if state.authorised and not (
            by == state.decision[2] and state.authorisation is None
        ):
            if asking(command) == state.authorisation:
                return []
            raise Refused("This decision is already authorised: read by whom, and why.")
        case AuthoriseDecision(by=by) if by == state.decided_by:
            raise Refused("You cannot authorise your own decision: ask a manager to.")
        case AuthoriseDecision():
            return [caused(DecisionAuthorised, command)]
        case TellReferrer() if asking(command) == state.told:
            return []
        case TellReferrer(words=words) if not words.strip():
            raise Refused("Write what the referrer is told, with the reason for the outcome.")
        case TellReferrer():
            return [caused(ReferrerToldOutcome, command, outcome=state.decision[0])]
        case AttendReferral() if not state.unattended and asking(command) == state.attended:
            return []
        case AttendReferral(reason=reason) if not reason.strip():
            raise Refused("Record why the decision stands, or reopen the referral.")
        case AttendReferral():
            return [caused(ReferralAttended, command)]
        case ReopenReferral(reason=reason) if not reason.strip():
            raise Refused("Record why the referral is reopened.")
        case ReopenReferral():
            return [caused(ReferralReopened, command)]
        case _:
            assert_never(command)


def _told(state: Referral, event: _Described) -> frozenset[tuple[str, int | None]]:
    return state.messages | ({(event.message, event.row)} if event.message else set())


def _in_words(event: ReferralDecided) -> str:
    day = local_day(event.happened_at)
    return f"{OUTCOMES[event.outcome]}, by {event.by} on {day.day} {day:%B %Y}"


def _decided_already(state: Referral) -> Refused:
    return Refused(
        f"This referral is already decided ({state.decided_words}); reopen the referral first."
    )


def _team(command: DecideReferral, state: Referral) -> str | None:
    return command.team_id or state.team_id
