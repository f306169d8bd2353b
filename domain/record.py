"""
A correction: an entry on the record was wrong, and what is right.

    corrected | retracted

The wrong entry stays in the log; the timeline shows what superseded it.

    what is wrong with the entry             what puts it right
    its words                                correct it: the same fact, told rightly. When it
                                             happened and what is counted of it stay as they were
    a fact that stands alone (`ALONE`)       retract it: nothing counts it any more. If it happened
    never was, or was of another child,      otherwise, it is recorded anew as it was
    or at another time
    something with an undoing of its own     undo it (`INSTEAD` says by what): others built on it,
    (all other entries)                      so that it cannot only be taken away

Read top to bottom: what is undone how, events, commands, state, evolve, decide.
Source: UK GDPR article 5(1)(d), accuracy; the original is kept as the record of what was known.
"""

from typing import ClassVar, Literal, assert_never

from msgspec import Struct

from domain.assessment import (
    AssessmentAuthorised,
    AssessmentCompleted,
    AssessmentExtended,
    AssessmentReturned,
    AssessmentStarted,
    ChildSeen,
    ReviewPointReached,
)
from domain.case import (
    CaseAllocated,
    CaseAudited,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseReopened,
    CaseTransferred,
    CaseUnallocated,
    DecisionOverturned,
    HandoverAcknowledged,
    HandoverIssued,
    ManagementDecisionRecorded,
    SupervisionHeld,
)
from domain.child import (
    ChildMatched,
    ChildRecordsMerged,
    ChildRecordsSeparated,
    ChildRecordsToldApart,
    ChildRegistered,
    ChildUnmatched,
    DetailsCorrected,
    HouseholdJoined,
    HouseholdLeft,
    RecordRestricted,
    RecordUnrestricted,
    RelationshipEnded,
    RelationshipRecorded,
    TellingApartWithdrawn,
)
from domain.conference import InitialConferenceHeld
from domain.enquiry import (
    Section47Concluded,
    Section47Started,
    StrategyDiscussionHeld,
    StrategyDiscussionRequested,
)
from domain.kernel import (
    WITHHELD,
    Asking,
    Command,
    Event,
    Narrative,
    Refused,
    asking,
    caused,
)
from domain.plan import ProtectionPlanEnded, ProtectionPlanStarted, VisitFailed, VisitMade
from domain.referral import (
    ChildAdded,
    ChildRemoved,
    ConflictSettled,
    DecisionAuthorised,
    InformationDeclined,
    InformationRequested,
    InformationShared,
    ReferralAcknowledged,
    ReferralAttended,
    ReferralCancelled,
    ReferralConflicted,
    ReferralDecided,
    ReferralReceived,
    ReferralReopened,
    ReferralRouted,
    ReferralScreened,
    ReferralUpdated,
    ReferrerFollowedUp,
    ReferrerToldOutcome,
)
from domain.risk import RiskAnswered, RiskAnswerWithdrawn, RiskEscalated, RiskRaised

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfRecord(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "record_id"
    subject_field: ClassVar[str] = "child_id"

    record_id: str
    child_id: str
    position: int
    """Of the entry in the log that was wrong."""


class Corrected(_OfRecord, frozen=True, tag="record.corrected.v1"):
    """Other words for the same fact, which is counted as before."""

    words: Narrative = WITHHELD
    reason: Narrative = WITHHELD


class Retracted(_OfRecord, frozen=True, tag="record.retracted.v1"):
    """The entry does not belong on this child's record at all: no projection counts it."""

    reason: Narrative = WITHHELD


RecordEvent = Corrected | Retracted

# ── What is undone how ── each kind of entry on a child's timeline is in one of the two ───────────

ALONE: frozenset[type[Event]] = frozenset(
    {
        InformationRequested,
        InformationShared,
        InformationDeclined,
        SupervisionHeld,
        ManagementDecisionRecorded,
        CaseAudited,
        ReviewPointReached,
        ChildSeen,
        AssessmentExtended,
        VisitMade,
        VisitFailed,
    }
)
"""Nothing else follows from these: retracted, they count no more."""

_SENDER = "The sender said it, so it stays: if it is not about this child, take the child off the \
referral."
_REOPEN = (
    "The referral's decision is undone by reopening it: reopen the referral, and decide again."
)
_WORKER = "Who has the case is changed by allocating it: allocate the case as it should be."
_AGAIN = "A correction is not itself taken back: correct the entry again, or record what is right \
as a new entry."

INSTEAD: dict[type[Event], str] = {
    ReferralReceived: _SENDER,
    ReferralUpdated: _SENDER,
    ReferralCancelled: _SENDER,
    ReferralConflicted: _SENDER,
    ConflictSettled: "It was settled which message holds: correct this entry.",
    ReferralRouted: "The referral is with that team: route it to the right one.",
    ChildAdded: "The child was put on the referral: take the child off it.",
    ChildRemoved: "The child was taken off the referral: put the child on it again.",
    ReferralAcknowledged: "The referral counts as acknowledged: if it was not, tell the referrer "
    "now, and correct this entry with when you did.",
    ReferralScreened: "Its screening is changed by another: screen the referral again.",
    ReferralDecided: _REOPEN,
    DecisionAuthorised: _REOPEN,
    ReferrerToldOutcome: "The referrer counts as told: if that is wrong, reopen the referral, "
    "decide it again, and tell the referrer then.",
    ReferrerFollowedUp: "The referral was followed up: attend to it, and say what is right.",
    ReferralAttended: "What came after the decision was attended to: if the decision does not "
    "stand, reopen the referral.",
    ReferralReopened: "The referral is reopened: decide it again.",
    ChildRegistered: "The child has this record: if there is another, merge the two.",
    ChildMatched: "The child was matched to a referral: undo the match.",
    ChildUnmatched: "The match was undone: match the child to the referral again.",
    ChildRecordsMerged: "The records were merged: separate them.",
    ChildRecordsSeparated: "The records were separated: merge them again.",
    ChildRecordsToldApart: "The records were told apart: withdraw that, and say why.",
    TellingApartWithdrawn: "The telling apart was withdrawn: tell the records apart again.",
    DetailsCorrected: "The child's details are what was last recorded: correct the details again.",
    RelationshipRecorded: "The relationship is on record: end it, and say that it never was.",
    RelationshipEnded: "The relationship was ended: record it again.",
    HouseholdJoined: "The child is recorded in that household: record that they left it.",
    HouseholdLeft: "The child is recorded as having left: record that they joined it again.",
    RecordRestricted: "The record is restricted: lift the restriction.",
    RecordUnrestricted: "The restriction was lifted: restrict the record again.",
    RiskRaised: "A risk stays in sight until somebody answers it: answer it as refuted, and "
    "say why. If it is another child's, raise it there.",
    RiskAnswered: "The risk counts as answered: a manager withdraws the answer, and the risk is "
    "unanswered again.",
    RiskAnswerWithdrawn: "The answer was withdrawn: answer the risk again.",
    RiskEscalated: "The risk was escalated: escalate it to the right manager, or answer it.",
    CaseOpened: "The case is open: close it, and say in the rationale that it was opened in error.",
    CaseAllocated: _WORKER,
    CaseReallocated: _WORKER,
    CaseUnallocated: _WORKER,
    HandoverIssued: "The case was handed over: issue the handover to the right worker.",
    HandoverAcknowledged: "The handover was acknowledged: issue it again.",
    CaseTransferred: "The case is with that team: transfer it to the right one.",
    DecisionOverturned: "The decision is overturned: record what holds as a management decision.",
    CaseClosed: "The case is closed: reopen the case.",
    CaseReopened: "The case is open again: close it.",
    AssessmentStarted: "The assessment is under way: complete it with no further action, and say "
    "in the summary that it was started in error.",
    AssessmentCompleted: "The assessment is completed: a manager returns it.",
    AssessmentAuthorised: "The assessment is authorised: start another for anything new, and "
    "correct this entry.",
    AssessmentReturned: "The assessment was returned: complete it again.",
    StrategyDiscussionRequested: "A strategy discussion is asked for: record it as held, with the "
    "decision that no section 47 enquiry is needed, and say why.",
    StrategyDiscussionHeld: "Other things follow from the discussion: conclude the section 47 "
    "enquiry that it started, if it did, and correct this entry.",
    Section47Started: "The section 47 enquiry runs: conclude it, and say in the rationale that it "
    "was started in error.",
    Section47Concluded: "The enquiry is concluded: hold another strategy discussion for anything "
    "new, and correct this entry.",
    InitialConferenceHeld: "Other things follow from the conference: end the protection plan that "
    "it began, if it did, and correct this entry.",
    ProtectionPlanStarted: "The protection plan is in force: end it, and say in the rationale that "
    "it was started in error.",
    ProtectionPlanEnded: "The protection plan ended: start it again.",
    Corrected: _AGAIN,
    Retracted: _AGAIN,
}
"""What a person is told who wants to retract an entry of such a kind."""

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForRecord(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "record_id"

    record_id: str
    child_id: str
    position: int


class CorrectEntry(_ForRecord, frozen=True, tag="correct-entry"):
    words: Narrative
    reason: Narrative


class RetractEntry(_ForRecord, frozen=True, tag="retract-entry"):
    reason: Narrative


RecordCommand = CorrectEntry | RetractEntry

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Record(Struct, frozen=True):
    settled: Literal["corrected", "retracted"] | None = None
    told: Asking | None = None
    entry: tuple[str, int] | None = None
    """The child, and the position of the entry in the log."""


def evolve(state: Record, event: RecordEvent) -> Record:
    match event:
        case Corrected():
            return Record("corrected", asking(event), (event.child_id, event.position))
        case Retracted():
            return Record("retracted", asking(event), (event.child_id, event.position))
        case _:
            assert_never(event)


def decide(command: RecordCommand, state: Record) -> list[RecordEvent]:
    match command:
        case _ if state.entry and state.entry != (command.child_id, command.position):
            raise Refused("That is the correction of another entry: leave its id out.")
        case CorrectEntry() if state.settled == "corrected" and state.told == asking(command):
            return []
        case RetractEntry() if state.settled == "retracted" and state.told == asking(command):
            return []
        case _ if state.settled:
            raise Refused(f"This is already {state.settled}: make another correction of the entry.")
        case CorrectEntry() | RetractEntry() if not command.reason.strip():
            raise Refused("Record why the entry was wrong.")
        case CorrectEntry(words=words) if not words.strip():
            raise Refused("Write what is right.")
        case CorrectEntry():
            return [caused(Corrected, command)]
        case RetractEntry():
            return [caused(Retracted, command)]
        case _:
            assert_never(command)
