"""Named examples: the smallest valid event or command of every kind, with any field overridden.

`screened()` is an event, `screen()` the command that causes it; `screened(rag="red")` another.
All people are made up, and the NHS numbers are of the range that is kept for tests.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from msgspec.structs import replace

from domain.agency import (
    AgencyRegistered,
    AgencyRenamed,
    AgencyResumed,
    AgencySuspended,
    EndPlanStatus,
    NamedForPlanStatus,
    NameForPlanStatus,
    PlanStatusEnded,
    RegisterAgency,
    RegisterWebhook,
    RemoveWebhook,
    RenameAgency,
    ResumeAgency,
    RotateWebhookSecret,
    SuspendAgency,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
)
from domain.assessment import (
    AssessmentAuthorised,
    AssessmentCompleted,
    AssessmentExtended,
    AssessmentReturned,
    AssessmentStarted,
    AuthoriseAssessment,
    ChildSeen,
    CompleteAssessment,
    ExtendAssessment,
    ReachReviewPoint,
    ReturnAssessment,
    ReviewPointReached,
    SeeChild,
    StartAssessment,
)
from domain.case import (
    AcknowledgeHandover,
    AllocateCase,
    AuditCase,
    CaseAllocated,
    CaseAudited,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseReopened,
    CaseTransferred,
    CaseUnallocated,
    CloseCase,
    DecisionOverturned,
    HandoverAcknowledged,
    HandoverIssued,
    HoldSupervision,
    IssueHandover,
    ManagementDecisionRecorded,
    OpenCase,
    OverturnDecision,
    RecordManagementDecision,
    ReopenCase,
    SupervisionHeld,
    TransferCase,
    UnallocateCase,
    case_of,
)
from domain.child import (
    ChildMatched,
    ChildRecordsMerged,
    ChildRecordsSeparated,
    ChildRecordsToldApart,
    ChildRegistered,
    ChildUnmatched,
    CorrectDetails,
    DetailsCorrected,
    EndRelationship,
    HouseholdJoined,
    HouseholdLeft,
    JoinHousehold,
    LeaveHousehold,
    MatchChild,
    MergeRecords,
    RecordRelationship,
    RecordRestricted,
    RecordUnrestricted,
    RegisterChild,
    RelationshipEnded,
    RelationshipRecorded,
    RestrictRecord,
    SeparateRecords,
    TellingApartWithdrawn,
    TellRecordsApart,
    UnmatchChild,
    UnrestrictRecord,
    WithdrawTellingApart,
)
from domain.conference import HoldInitialConference, InitialConferenceHeld
from domain.described import (
    AddressDescribed,
    AdultDescribed,
    ChildDescribed,
    Identifier,
    ReferrerDescribed,
)
from domain.disclosure import (
    DiscloseInformation,
    DisclosureWithheld,
    InformationDisclosed,
    WithholdDisclosure,
)
from domain.enquiry import (
    ConcludeSection47,
    HoldStrategyDiscussion,
    RequestStrategyDiscussion,
    Section47Concluded,
    Section47Started,
    StrategyDiscussionHeld,
    StrategyDiscussionRequested,
)
from domain.kernel import STAMPED, WITHHELD, Command, Event
from domain.message import KeepMessage, MessageConflicted, MessageReceived
from domain.plan import (
    EndProtectionPlan,
    ProtectionPlanEnded,
    ProtectionPlanStarted,
    RecordFailedVisit,
    RecordVisit,
    StartProtectionPlan,
    VisitFailed,
    VisitMade,
    plan_of,
)
from domain.quarantine import (
    Header,
    LossSettled,
    MessageQuarantined,
    MessageReplayed,
    MessageSettled,
    QuarantineMessage,
    RecordsLost,
    ReplayMessage,
    ReportLoss,
    SettleLoss,
    SettleMessage,
)
from domain.record import Corrected, CorrectEntry, Retracted, RetractEntry
from domain.referral import (
    AcknowledgeReferral,
    AddChild,
    AttendReferral,
    AuthoriseDecision,
    CancelReferral,
    ChildAdded,
    ChildRemoved,
    ConflictSettled,
    DecideReferral,
    DecisionAuthorised,
    DeclineInformation,
    FollowUp,
    InformationDeclined,
    InformationRequested,
    InformationShared,
    ReceiveReferral,
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
    RemoveChild,
    ReopenReferral,
    ReportConflict,
    RequestInformation,
    RouteReferral,
    ScreenReferral,
    SettleConflict,
    ShareInformation,
    TellReferrer,
    UpdateReferral,
)
from domain.risk import (
    AnswerRisk,
    EscalateRisk,
    RaiseRisk,
    RiskAnswered,
    RiskAnswerWithdrawn,
    RiskEscalated,
    RiskRaised,
    WithdrawRiskAnswer,
)
from domain.workforce import (
    AppointManager,
    ArrangeCover,
    ChangeWorkingTime,
    CoverArranged,
    FormTeam,
    JoinTeam,
    LeaveTeam,
    ManagerAppointed,
    ManagerLeaves,
    ManagerLeft,
    TeamFormed,
    WorkerJoined,
    WorkerLeft,
    WorkingTimeChanged,
)

E = TypeVar("E", bound=Event)
C = TypeVar("C", bound=Command)

EXAMPLES: dict[type[Event], Event] = {}
COMMAND_EXAMPLES: dict[type[Command], Command] = {}

MONDAY_9AM = datetime(2026, 1, 5, 9, tzinfo=UTC)
MESSAGE = sha256(b"a police notice").hexdigest()
OTHER_MESSAGE = sha256(b"a second police notice").hexdigest()

REFERRAL = "referral-1"
CHILD = "child-1"
SIBLING = "child-2"
CASE = case_of(CHILD)
PLAN = plan_of(CHILD)
TEAM = "team-riverside"
OTHER_TEAM = "team-hillside"
WORKER = "rosa-mbeki"
OTHER_WORKER = "tom-ashby"
MANAGER = "ines-okafor"
POLICE = "police-exampleshire"

BY_WORKER: dict[str, Any] = {
    "happened_at": MONDAY_9AM,
    "received_at": MONDAY_9AM,
    "recorded_at": MONDAY_9AM,
    "by": WORKER,
    "agency": "authority",
}
BY_MANAGER = BY_WORKER | {"by": MANAGER}
BY_POLICE = BY_WORKER | {"by": POLICE, "agency": POLICE, "message": MESSAGE}


def _event(smallest: E) -> Callable[..., E]:
    EXAMPLES[type(smallest)] = smallest
    return lambda **changes: replace(smallest, **changes)


def _command(kind: type[C], event: Event, **more: Any) -> Callable[..., C]:
    """The command whose fields have the values of the event it causes, and `more`."""
    told = {f: getattr(event, f) for f in event.__struct_fields__ if f in kind.__struct_fields__}
    smallest = kind(**{f: value for f, value in (told | more).items() if value is not WITHHELD})
    COMMAND_EXAMPLES[kind] = smallest
    return lambda **changes: replace(smallest, **changes)


def by_a_person(command: C) -> C:
    """The command as a worker gives it, not a message."""
    return replace(command, **BY_WORKER, message=None)


def stamps(thing: Event | Command) -> dict[str, Any]:
    """The fields that the service fills in."""
    return {name: getattr(thing, name) for name in STAMPED}


# ── Message ───────────────────────────────────────────────────────────────────────────────────────

_KEPT: dict[str, Any] = {
    "message_id": "message-1",
    "format": "police-notice",
    "channel": "http",
    "content": MESSAGE,
    "size": 15,
    "raw": b"a police notice",
    "file_name": "Arkwright.eml",
    "referral_id": REFERRAL,
}
message_received = _event(MessageReceived(**BY_POLICE, **_KEPT, result="recorded"))
message_conflicted = _event(MessageConflicted(**BY_POLICE, **_KEPT | {"content": OTHER_MESSAGE}))
keep_message = _command(KeepMessage, message_received())

# ── Quarantine ────────────────────────────────────────────────────────────────────────────────────

_SET_ASIDE: dict[str, Any] = {
    "quarantine_id": "quarantine-1",
    "transport": "kafka",
    "topic": f"in.{POLICE}.police-notice.v1",
    "partition": 1,
    "offset": 42,
    "reason": "id-reused",
    "content": OTHER_MESSAGE,
    "size": 17,
    "raw": b"Another concern.\n",
    "headers": (
        Header("ce_id", b"notice-17"),
        Header("ce_source", f"/agencies/{POLICE}".encode()),
    ),
}
message_quarantined = _event(MessageQuarantined(**BY_POLICE, **_SET_ASIDE))
quarantine_message = _command(QuarantineMessage, message_quarantined())
message_replayed = _event(MessageReplayed(**BY_MANAGER, quarantine_id="quarantine-1"))
replay_message = _command(ReplayMessage, message_replayed())
message_settled = _event(
    MessageSettled(
        **BY_MANAGER,
        quarantine_id="quarantine-1",
        why="Nothing stands in it: the control room was trying out its connection.",
    )
)
settle_message = _command(SettleMessage, message_settled())
records_lost = _event(
    RecordsLost(
        **BY_POLICE | {"message": None},
        quarantine_id="quarantine-1",
        transport="kafka",
        topic=f"in.{POLICE}.police-notice.v1",
        partition=1,
        offset=42,
        records=3,
    )
)
report_loss = _command(ReportLoss, records_lost())
loss_settled = _event(
    LossSettled(
        **BY_MANAGER,
        quarantine_id="quarantine-1",
        how="Rang the control room: they send them again today.",
    )
)
settle_loss = _command(SettleLoss, loss_settled())

# ── Agency ────────────────────────────────────────────────────────────────────────────────────────

_POLICE: dict[str, Any] = BY_MANAGER | {"agency_id": POLICE}
agency_registered = _event(
    AgencyRegistered(**_POLICE, kind="police", name="Exampleshire Constabulary")
)
register_agency = _command(RegisterAgency, agency_registered())
agency_renamed = _event(AgencyRenamed(**_POLICE, name="Exampleshire Police"))
rename_agency = _command(RenameAgency, agency_renamed())
agency_suspended = _event(AgencySuspended(**_POLICE, reason="Its credential was lost."))
suspend_agency = _command(SuspendAgency, agency_suspended())
agency_resumed = _event(AgencyResumed(**_POLICE))
resume_agency = _command(ResumeAgency, agency_resumed())
named_for_plan_status = _event(NamedForPlanStatus(**_POLICE, lawful_basis="legal-obligation"))
name_for_plan_status = _command(NameForPlanStatus, named_for_plan_status())
plan_status_ended = _event(PlanStatusEnded(**_POLICE))
end_plan_status = _command(EndPlanStatus, plan_status_ended())
webhook_registered = _event(
    WebhookRegistered(
        **_POLICE,
        url="https://hooks.police.example.org/outcomes",
        secret="whsec_bm90IGEgc2VjcmV0LCB0aGUgdGVzdHMgbWFkZSBpdCE=",  # noqa: S106 - made up
    )
)
register_webhook = _command(RegisterWebhook, webhook_registered())
webhook_secret_rotated = _event(
    WebhookSecretRotated(
        **_POLICE,
        secret="whsec_YW5vdGhlciwgdGhhdCBpcyBub3Qgc2VjcmV0IGVpdGhlcg==",  # noqa: S106 - made up
        old_until=MONDAY_9AM + timedelta(days=7),
    )
)
rotate_webhook_secret = _command(RotateWebhookSecret, webhook_secret_rotated())
webhook_removed = _event(WebhookRemoved(**_POLICE, reason="asked"))
remove_webhook = _command(RemoveWebhook, webhook_removed())

# ── Referral ──────────────────────────────────────────────────────────────────────────────────────

_DESCRIBED: dict[str, Any] = {
    "referral_id": REFERRAL,
    "channel": "http",
    "format": "police-notice",
    "source": "6",
    "child_ids": (CHILD,),
    "referrer": ReferrerDescribed(name="PC Imran Vale", role="Response officer"),
    "references": ("PPN-0001",),
    "children": (
        ChildDescribed(
            family_name="Arkwright",
            given_name="Tamsin",
            born_on=date(2017, 3, 4),
            sex="F",
            nhs_number="9990000018",
        ),
    ),
    "adults": (AdultDescribed(family_name="Arkwright", given_name="Joel", role="father"),),
    "addresses": (AddressDescribed(lines=("1 Example Street",), postcode="EX1 1AA"),),
    "concern": "Child present at a domestic incident.",
}
received = _event(ReferralReceived(**BY_POLICE, **_DESCRIBED, team_id=TEAM))
receive = _command(ReceiveReferral, received())
updated = _event(ReferralUpdated(**BY_POLICE | {"message": OTHER_MESSAGE}, **_DESCRIBED))
update = _command(UpdateReferral, updated())
cancelled = _event(ReferralCancelled(**BY_POLICE | {"message": OTHER_MESSAGE}, **_DESCRIBED))
cancel = _command(CancelReferral, cancelled())
conflicted = _event(ReferralConflicted(**BY_POLICE | {"message": OTHER_MESSAGE}, **_DESCRIBED))
report_conflict = _command(ReportConflict, conflicted())

_BY_WORKER = BY_WORKER | {"referral_id": REFERRAL}
_BY_MANAGER = BY_MANAGER | {"referral_id": REFERRAL}
conflict_settled = _event(ConflictSettled(**_BY_WORKER, reason="The second notice holds."))
settle_conflict = _command(SettleConflict, conflict_settled())
routed = _event(ReferralRouted(**_BY_WORKER, team_id=OTHER_TEAM))
route = _command(RouteReferral, routed())
child_added = _event(ChildAdded(**_BY_WORKER, child_id=SIBLING))
add_child = _command(AddChild, child_added())
child_removed = _event(ChildRemoved(**_BY_WORKER, child_id=CHILD, reason="Her cousin is meant."))
remove_child = _command(RemoveChild, child_removed())
acknowledged = _event(ReferralAcknowledged(**_BY_WORKER))
acknowledge = _command(AcknowledgeReferral, acknowledged())
information_requested = _event(
    InformationRequested(**_BY_WORKER, asked_agency="gp-mill-lane", question="Seen this year?")
)
request_information = _command(RequestInformation, information_requested())
information_shared = _event(
    InformationShared(
        **_BY_WORKER,
        by_agency="gp-mill-lane",
        lawful_basis="public task",
        information="Not seen since May.",
    )
)
share_information = _command(ShareInformation, information_shared())
information_declined = _event(
    InformationDeclined(**_BY_WORKER, by_agency="gp-mill-lane", reason="Not their patient.")
)
decline_information = _command(DeclineInformation, information_declined())
screened = _event(
    ReferralScreened(**_BY_WORKER, rag="amber", threshold=3, rationale="Second notice in a month.")
)
screen = _command(ScreenReferral, screened())
decided = _event(
    ReferralDecided(
        **_BY_WORKER,
        outcome="assessment",
        referral_received_at=MONDAY_9AM,
        team_id=TEAM,
        child_ids=(CHILD,),
        rationale="Second notice in a month.",
    )
)
decide_referral = _command(DecideReferral, decided(), team_id=None)
decision_authorised = _event(DecisionAuthorised(**_BY_MANAGER, rationale="I agree."))
authorise_decision = _command(AuthoriseDecision, decision_authorised())
referrer_told = _event(
    ReferrerToldOutcome(**_BY_WORKER, outcome="assessment", words="We will assess her needs.")
)
tell_referrer = _command(TellReferrer, referrer_told())
followed_up = _event(ReferrerFollowedUp(**_BY_WORKER, words="What became of it?"))
follow_up = _command(FollowUp, followed_up())
attended = _event(ReferralAttended(**_BY_WORKER, reason="It tells nothing new."))
attend = _command(AttendReferral, attended())
reopened = _event(ReferralReopened(**_BY_MANAGER, reason="A third notice came."))
reopen = _command(ReopenReferral, reopened())

# ── Child ─────────────────────────────────────────────────────────────────────────────────────────

_CHILD = BY_WORKER | {"child_id": CHILD}
_DETAILS: dict[str, Any] = {
    "sex": "F",
    "family_name": "Arkwright",
    "given_name": "Tamsin",
    "born_on": date(2017, 3, 4),
    "nhs_number": "9990000018",
    "postcode": "EX1 1AA",
}
child_registered = _event(
    ChildRegistered(
        **_CHILD,
        **_DETAILS,
        referral_id=REFERRAL,
        identifiers=(Identifier(system="upn", value="X123456789012"),),
    )
)
register_child = _command(RegisterChild, child_registered())
child_matched = _event(
    ChildMatched(
        **_CHILD,
        referral_id="referral-2",
        rule="person",
        agreed=("family_name", "born_on"),
        reason="Same school.",
    )
)
match_child = _command(MatchChild, child_matched())
child_unmatched = _event(
    ChildUnmatched(**_CHILD, referral_id="referral-2", reason="Another school.")
)
unmatch_child = _command(UnmatchChild, child_unmatched())
records_merged = _event(
    ChildRecordsMerged(**_CHILD, merged_child_id=SIBLING, reason="Same NHS number.")
)
merge_records = _command(MergeRecords, records_merged())
records_separated = _event(
    ChildRecordsSeparated(**_CHILD, merged_child_id=SIBLING, reason="They are twins.")
)
separate_records = _command(SeparateRecords, records_separated())
records_told_apart = _event(
    ChildRecordsToldApart(**_CHILD, other_child_id=SIBLING, reason="They are twins.")
)
tell_records_apart = _command(TellRecordsApart, records_told_apart())
telling_apart_withdrawn = _event(
    TellingApartWithdrawn(**_CHILD, other_child_id=SIBLING, reason="The school knows one.")
)
withdraw_telling_apart = _command(WithdrawTellingApart, telling_apart_withdrawn())
details_corrected = _event(DetailsCorrected(**_CHILD, **_DETAILS, reason="Surname was misspelt."))
correct_details = _command(CorrectDetails, details_corrected())
relationship_recorded = _event(
    RelationshipRecorded(
        **_CHILD,
        relationship_id="relationship-1",
        relation="mother",
        name="Edith Arkwright",
        contact="01632 960001",
    )
)
record_relationship = _command(RecordRelationship, relationship_recorded())
relationship_ended = _event(
    RelationshipEnded(**_CHILD, relationship_id="relationship-1", reason="She is the aunt.")
)
end_relationship = _command(EndRelationship, relationship_ended())
household_joined = _event(
    HouseholdJoined(**_CHILD, household_id="household-1", address="1 Example Street, EX1 1AA")
)
join_household = _command(JoinHousehold, household_joined())
household_left = _event(HouseholdLeft(**_CHILD, household_id="household-1"))
leave_household = _command(LeaveHousehold, household_left())
record_restricted = _event(
    RecordRestricted(**_CHILD, named=(WORKER, MANAGER), reason="A parent works for the council.")
)
restrict_record = _command(RestrictRecord, record_restricted())
record_unrestricted = _event(RecordUnrestricted(**_CHILD, reason="The parent left."))
unrestrict_record = _command(UnrestrictRecord, record_unrestricted())

# ── Risk ──────────────────────────────────────────────────────────────────────────────────────────

_RISK = BY_WORKER | {"risk_id": "risk-1", "child_id": CHILD}
risk_raised = _event(
    RiskRaised(
        **_RISK,
        kind="domestic-abuse",
        raised_by_agency=POLICE,
        referral_id=REFERRAL,
        words="She was in the room.",
    )
)
raise_risk = _command(RaiseRisk, risk_raised())
risk_answered = _event(
    RiskAnswered(
        **_RISK, answer="mitigated", reason="He has moved out.", evidence="Seen on 4 January."
    )
)
answer_risk = _command(AnswerRisk, risk_answered())
risk_escalated = _event(RiskEscalated(**_RISK, to=MANAGER, reason="Nobody has answered it."))
escalate_risk = _command(EscalateRisk, risk_escalated())
risk_answer_withdrawn = _event(
    RiskAnswerWithdrawn(**_RISK | BY_MANAGER, reason="It was the answer to another child's risk.")
)
withdraw_risk_answer = _command(WithdrawRiskAnswer, risk_answer_withdrawn())

# ── Case ──────────────────────────────────────────────────────────────────────────────────────────

_CASE: dict[str, Any] = BY_MANAGER | {"case_id": CASE, "child_id": CHILD, "episode": 1}
case_opened = _event(
    CaseOpened(**_CASE, referral_id=REFERRAL, referral_received_at=MONDAY_9AM, team_id=TEAM)
)
open_case = _command(OpenCase, case_opened())
case_allocated = _event(CaseAllocated(**_CASE, worker_id=WORKER, team_id=TEAM))
allocate_case = _command(AllocateCase, case_allocated(), team_id=None)
case_reallocated = _event(
    CaseReallocated(
        **_CASE, from_worker_id=WORKER, worker_id=OTHER_WORKER, reason="LEFTRL", team_id=TEAM
    )
)
case_unallocated = _event(CaseUnallocated(**_CASE, from_worker_id=WORKER, reason="ABSENC"))
unallocate_case = _command(UnallocateCase, case_unallocated())
handover_issued = _event(
    HandoverIssued(**_CASE, to_worker_id=OTHER_WORKER, note="See her at school.")
)
issue_handover = _command(IssueHandover, handover_issued())
handover_acknowledged = _event(HandoverAcknowledged(**_CASE | {"by": OTHER_WORKER}))
acknowledge_handover = _command(AcknowledgeHandover, handover_acknowledged())
case_transferred = _event(
    CaseTransferred(**_CASE, from_team_id=TEAM, team_id=OTHER_TEAM, reason="The family moved.")
)
transfer_case = _command(TransferCase, case_transferred())
supervision_held = _event(
    SupervisionHeld(
        **_CASE, worker_id=WORKER, decision="Visit weekly.", rationale="She is withdrawn."
    )
)
hold_supervision = _command(HoldSupervision, supervision_held())
management_decision_recorded = _event(
    ManagementDecisionRecorded(**_CASE, decision="Seek advice.", rationale="The order is unclear.")
)
record_management_decision = _command(RecordManagementDecision, management_decision_recorded())
case_audited = _event(CaseAudited(**_CASE, grade="good", findings="Her voice is heard."))
audit_case = _command(AuditCase, case_audited())
decision_overturned = _event(DecisionOverturned(**_CASE, position=7, reason="Too little seen."))
overturn_decision = _command(OverturnDecision, decision_overturned())
case_closed = _event(CaseClosed(**_CASE, reason="RC7", rationale="She is safe."))
close_case = _command(CloseCase, case_closed())
case_reopened = _event(CaseReopened(**_CASE, reason="Closed by mistake."))
reopen_case = _command(ReopenCase, case_reopened())

# ── Assessment ────────────────────────────────────────────────────────────────────────────────────

_ASSESSMENT = BY_WORKER | {"assessment_id": "assessment-1", "child_id": CHILD, "case_id": CASE}
assessment_started = _event(
    AssessmentStarted(**_ASSESSMENT, referral_received_at=MONDAY_9AM, worker_id=WORKER)
)
start_assessment = _command(StartAssessment, assessment_started())
review_point_reached = _event(ReviewPointReached(**_ASSESSMENT, findings="Father not yet seen."))
reach_review_point = _command(ReachReviewPoint, review_point_reached())
child_seen = _event(
    ChildSeen(**_ASSESSMENT, alone=True, where="school", words="I like it at Gran's.")
)
see_child = _command(SeeChild, child_seen())
assessment_extended = _event(
    AssessmentExtended(**_ASSESSMENT, reason="A paediatrician is awaited.")
)
extend_assessment = _command(ExtendAssessment, assessment_extended())
assessment_completed = _event(
    AssessmentCompleted(
        **_ASSESSMENT,
        factors=("3B", "17A"),
        outcome="child-in-need-plan",
        summary="She needs help.",
    )
)
complete_assessment = _command(CompleteAssessment, assessment_completed())
assessment_authorised = _event(
    AssessmentAuthorised(**_ASSESSMENT | {"by": MANAGER}, rationale="Sound and complete.")
)
authorise_assessment = _command(AuthoriseAssessment, assessment_authorised())
assessment_returned = _event(
    AssessmentReturned(**_ASSESSMENT | {"by": MANAGER}, reason="See the father.")
)
return_assessment = _command(ReturnAssessment, assessment_returned())

# ── Enquiry, conference, plan ─────────────────────────────────────────────────────────────────────

_ENQUIRY = BY_MANAGER | {"enquiry_id": "enquiry-1", "child_id": CHILD}
discussion_requested = _event(StrategyDiscussionRequested(**_ENQUIRY, reason="An injury."))
request_discussion = _command(RequestStrategyDiscussion, discussion_requested())
discussion_held = _event(
    StrategyDiscussionHeld(
        **_ENQUIRY,
        attended=("social-care", "police", "health"),
        decision="section-47-joint",
        rationale="The account does not fit the injury.",
        actions="Medical today: R. Mbeki.",
    )
)
hold_discussion = _command(HoldStrategyDiscussion, discussion_held())
section_47_started = _event(Section47Started(**_ENQUIRY, joint=True))
section_47_concluded = _event(
    Section47Concluded(
        **_ENQUIRY, conclusion="substantiated-continuing-risk", rationale="He is at home again."
    )
)
conclude_section_47 = _command(ConcludeSection47, section_47_concluded())

conference_held = _event(
    InitialConferenceHeld(
        **BY_MANAGER,
        conference_id="conference-1",
        child_id=CHILD,
        enquiry_id="enquiry-1",
        attended=("social-care", "police", "education"),
        decision="protection-plan",
        category="PHY",
        rationale="Likely to be hurt again.",
        child_said="I want it to stop.",
    )
)
hold_conference = _command(HoldInitialConference, conference_held())

_PLAN = BY_WORKER | {"plan_id": PLAN, "child_id": CHILD}
plan_started = _event(ProtectionPlanStarted(**_PLAN, category="PHY", conference_id="conference-1"))
start_plan = _command(StartProtectionPlan, plan_started())
visit_made = _event(
    VisitMade(
        **_PLAN,
        seen=True,
        alone=True,
        bedroom_seen=True,
        where="home",
        notes="Tidy and warm.",
        child_said="Dad is nicer now.",
    )
)
record_visit = _command(RecordVisit, visit_made())
visit_failed = _event(VisitFailed(**_PLAN, reason="Nobody in; I return tomorrow."))
record_failed_visit = _command(RecordFailedVisit, visit_failed())
plan_ended = _event(
    ProtectionPlanEnded(**_PLAN, reason="child-in-need-plan", rationale="The risk is lower.")
)
end_plan = _command(EndProtectionPlan, plan_ended())

# ── Disclosure ────────────────────────────────────────────────────────────────────────────────────

information_disclosed = _event(
    InformationDisclosed(
        **BY_WORKER | {"by": "authority"},
        disclosure_id="disclosure-1",
        agency_id=POLICE,
        channel="kafka",
        what="decision",
        status="decided",
        on=date(2026, 1, 5),
        referral_id=REFERRAL,
        lawful_basis="public-task",
        of_position=42,
        of_event="referral.decided.v1",
        outcome="assessment",
        reference="N-2026-000017",
    )
)
disclose_information = _command(DiscloseInformation, information_disclosed())
disclosure_withheld = _event(
    DisclosureWithheld(
        **BY_WORKER | {"by": "authority"},
        disclosure_id="disclosure-1",
        agency_id=POLICE,
        referral_id=REFERRAL,
        reason="restricted",
    )
)
withhold_disclosure = _command(WithholdDisclosure, disclosure_withheld())

# ── Workforce ─────────────────────────────────────────────────────────────────────────────────────

_TEAM = BY_MANAGER | {"team_id": TEAM}
team_formed = _event(TeamFormed(**_TEAM, name="Riverside", kind="area", areas=("EX1", "EX2")))
form_team = _command(FormTeam, team_formed())
worker_joined = _event(
    WorkerJoined(**_TEAM, person_id=WORKER, role="social-worker", percent=100, name="Rosa Mbeki")
)
join_team = _command(JoinTeam, worker_joined())
worker_left = _event(WorkerLeft(**_TEAM, person_id=WORKER))
leave_team = _command(LeaveTeam, worker_left())
manager_appointed = _event(ManagerAppointed(**_TEAM, person_id=MANAGER, name="Ines Okafor"))
appoint_manager = _command(AppointManager, manager_appointed())
manager_left = _event(ManagerLeft(**_TEAM, person_id=MANAGER))
manager_leaves = _command(ManagerLeaves, manager_left())
working_time_changed = _event(WorkingTimeChanged(**_TEAM, person_id=WORKER, percent=60))
change_working_time = _command(ChangeWorkingTime, working_time_changed())
cover_arranged = _event(
    CoverArranged(**_TEAM, person_id=WORKER, cover_id=OTHER_WORKER, until=date(2026, 1, 9))
)
arrange_cover = _command(ArrangeCover, cover_arranged())

# ── Record ────────────────────────────────────────────────────────────────────────────────────────

_RECORD: dict[str, Any] = BY_WORKER | {"record_id": "record-1", "child_id": CHILD, "position": 7}
corrected = _event(
    Corrected(**_RECORD, words="Seen on 3 January.", reason="The wrong day was entered.")
)
correct_entry = _command(CorrectEntry, corrected())
retracted = _event(Retracted(**_RECORD, reason="It is about another child."))
retract_entry = _command(RetractEntry, retracted())
