"""
A child: who they are, whom they belong with, and who may not see their record.

    registered ──> matched to referrals, details corrected, merged into another record …

Read top to bottom: events, commands, state, evolve, decide.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.blocking import address_keys, family_keys, phone_keys, record_keys
from domain.calendar import local_day
from domain.codes import Sex
from domain.described import Identifier
from domain.identity import nhs_number, nhs_number_ok
from domain.kernel import (
    WITHHELD,
    Command,
    Event,
    Identity,
    Location,
    Name,
    Narrative,
    Private,
    Refused,
    Trace,
    caused,
    once,
    trace,
)

BirthDate = Annotated[date, Private("identity")]
Identifiers = Annotated[tuple[Identifier, ...], Private("identity")]
MatchRule = Literal["automatic", "person"]

ADULT = 18
"""From this age nobody is a child. Source: Children Act 1989, section 105(1)."""

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfChild(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "child_id"
    subject_field: ClassVar[str] = "child_id"

    child_id: str


class ChildRegistered(_OfChild, frozen=True, tag="child.registered.v1"):
    """A child, born or unborn (then `due_on`). `referral_id`: what first named them."""

    referral_id: str | None = None
    unborn: bool = False
    sex: Sex = "U"
    family_name: Name = WITHHELD
    given_name: Name = WITHHELD
    born_on: BirthDate | None = None
    due_on: BirthDate | None = None
    nhs_number: Identity | None = None
    postcode: Location | None = None
    identifiers: Identifiers = WITHHELD

    def index_keys(self) -> tuple[str, ...]:
        return _keys(self)


class ChildMatched(_OfChild, frozen=True, tag="child.matched.v1"):
    """A referral names this child. `agreed`: the fields that agreed, never their values."""

    referral_id: str
    rule: MatchRule
    agreed: tuple[str, ...] = ()
    reason: Narrative | None = None


class ChildUnmatched(_OfChild, frozen=True, tag="child.unmatched.v1"):
    referral_id: str
    reason: Narrative = WITHHELD


class ChildRecordsMerged(_OfChild, frozen=True, tag="child.records_merged.v1"):
    """Another record is about this same child."""

    merged_child_id: str
    reason: Narrative = WITHHELD


class ChildRecordsSeparated(_OfChild, frozen=True, tag="child.records_separated.v1"):
    merged_child_id: str
    reason: Narrative = WITHHELD


class ChildRecordsToldApart(_OfChild, frozen=True, tag="child.records_told_apart.v1"):
    """Another record that looks alike is another child's: the two are not proposed again."""

    other_child_id: str
    reason: Narrative = WITHHELD


class TellingApartWithdrawn(_OfChild, frozen=True, tag="child.telling_apart_withdrawn.v1"):
    """The two records may be about one child after all."""

    other_child_id: str
    reason: Narrative = WITHHELD


class DetailsCorrected(_OfChild, frozen=True, tag="child.details_corrected.v1"):
    """All details anew, as they are now known; the earlier ones stay in the log."""

    sex: Sex = "U"
    unborn: bool = False
    reason: Narrative = WITHHELD
    family_name: Name = WITHHELD
    given_name: Name = WITHHELD
    born_on: BirthDate | None = None
    due_on: BirthDate | None = None
    nhs_number: Identity | None = None
    postcode: Location | None = None

    def index_keys(self) -> tuple[str, ...]:
        return _keys(self)


class RelationshipRecorded(_OfChild, frozen=True, tag="child.relationship_recorded.v1"):
    """`relation`: what the other person is to the child; `other_child_id` if they have a record."""

    relationship_id: str
    relation: str
    other_child_id: str | None = None
    name: Identity | None = None
    contact: Location | None = None

    def index_keys(self) -> tuple[str, ...]:
        return phone_keys(self.contact)


class RelationshipEnded(_OfChild, frozen=True, tag="child.relationship_ended.v1"):
    relationship_id: str
    reason: Narrative = WITHHELD


class HouseholdJoined(_OfChild, frozen=True, tag="child.household_joined.v1"):
    household_id: str
    address: Location = WITHHELD

    def index_keys(self) -> tuple[str, ...]:
        return address_keys(self.address)


class HouseholdLeft(_OfChild, frozen=True, tag="child.household_left.v1"):
    household_id: str


class RecordRestricted(_OfChild, frozen=True, tag="child.record_restricted.v1"):
    """Only the people named may open the record."""

    named: tuple[str, ...]
    reason: Narrative = WITHHELD


class RecordUnrestricted(_OfChild, frozen=True, tag="child.record_unrestricted.v1"):
    reason: Narrative = WITHHELD


ChildEvent = (
    ChildRegistered
    | ChildMatched
    | ChildUnmatched
    | ChildRecordsMerged
    | ChildRecordsSeparated
    | ChildRecordsToldApart
    | TellingApartWithdrawn
    | DetailsCorrected
    | RelationshipRecorded
    | RelationshipEnded
    | HouseholdJoined
    | HouseholdLeft
    | RecordRestricted
    | RecordUnrestricted
)


def _keys(event: ChildRegistered | DetailsCorrected) -> tuple[str, ...]:
    """Under what a record with these details is found, and those of the same family."""
    if event.unborn:
        return ()
    own = record_keys(event.given_name, event.family_name, event.born_on, event.postcode)
    return (*own, *family_keys(event.family_name, event.postcode))


# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForChild(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "child_id"

    child_id: str


class RegisterChild(_ForChild, frozen=True, tag="register-child"):
    referral_id: str | None = None
    sex: Sex = "U"
    family_name: Name = ""
    given_name: Name = ""
    born_on: BirthDate | None = None
    due_on: BirthDate | None = None
    nhs_number: Identity | None = None
    postcode: Location | None = None
    identifiers: Identifiers = ()


class MatchChild(_ForChild, frozen=True, tag="match-child"):
    referral_id: str
    rule: MatchRule = "person"
    agreed: tuple[str, ...] = ()
    reason: Narrative | None = None


class UnmatchChild(_ForChild, frozen=True, tag="unmatch-child"):
    referral_id: str
    reason: Narrative


class MergeRecords(_ForChild, frozen=True, tag="merge-records"):
    merged_child_id: str
    reason: Narrative


class SeparateRecords(_ForChild, frozen=True, tag="separate-records"):
    merged_child_id: str
    reason: Narrative


class TellRecordsApart(_ForChild, frozen=True, tag="tell-records-apart"):
    other_child_id: str
    reason: Narrative


class WithdrawTellingApart(_ForChild, frozen=True, tag="withdraw-telling-apart"):
    other_child_id: str
    reason: Narrative


class CorrectDetails(_ForChild, frozen=True, tag="correct-details"):
    reason: Narrative
    sex: Sex = "U"
    family_name: Name = ""
    given_name: Name = ""
    born_on: BirthDate | None = None
    due_on: BirthDate | None = None
    nhs_number: Identity | None = None
    postcode: Location | None = None


class RecordRelationship(_ForChild, frozen=True, tag="record-relationship"):
    relationship_id: str
    relation: str
    other_child_id: str | None = None
    name: Identity | None = None
    contact: Location | None = None


class EndRelationship(_ForChild, frozen=True, tag="end-relationship"):
    relationship_id: str
    reason: Narrative


class JoinHousehold(_ForChild, frozen=True, tag="join-household"):
    household_id: str
    address: Location


class LeaveHousehold(_ForChild, frozen=True, tag="leave-household"):
    household_id: str


class RestrictRecord(_ForChild, frozen=True, tag="restrict-record"):
    named: tuple[str, ...]
    reason: Narrative


class UnrestrictRecord(_ForChild, frozen=True, tag="unrestrict-record"):
    reason: Narrative


ChildCommand = (
    RegisterChild
    | MatchChild
    | UnmatchChild
    | MergeRecords
    | SeparateRecords
    | TellRecordsApart
    | WithdrawTellingApart
    | CorrectDetails
    | RecordRelationship
    | EndRelationship
    | JoinHousehold
    | LeaveHousehold
    | RestrictRecord
    | UnrestrictRecord
)

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Child(Struct, frozen=True):
    """Each of the sets has a twin of what was in it once, so that an undoing sent twice is one."""

    registered: bool = False
    registered_for: str | None = None
    """The referral that first named the child."""
    referrals: frozenset[str] = frozenset()
    unmatched: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()
    separated: frozenset[str] = frozenset()
    told_apart: frozenset[str] = frozenset()
    telling_withdrawn: frozenset[str] = frozenset()
    relationships: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    households: frozenset[str] = frozenset()
    households_left: frozenset[str] = frozenset()
    restricted_to: frozenset[str] = frozenset()
    traces: frozenset[Trace] = frozenset()


def evolve(state: Child, event: ChildEvent) -> Child:
    match event:
        case ChildRegistered(referral_id=referral_id):
            return replace(
                state,
                registered=True,
                registered_for=referral_id,
                referrals=frozenset({referral_id} if referral_id else ()),
            )
        case ChildMatched(referral_id=referral_id):
            return replace(
                state,
                referrals=state.referrals | {referral_id},
                unmatched=state.unmatched - {referral_id},
            )
        case ChildUnmatched(referral_id=referral_id):
            return replace(
                state,
                referrals=state.referrals - {referral_id},
                unmatched=state.unmatched | {referral_id},
            )
        case ChildRecordsMerged(merged_child_id=other):
            return replace(
                state, merged=state.merged | {other}, separated=state.separated - {other}
            )
        case ChildRecordsSeparated(merged_child_id=other):
            return replace(
                state, merged=state.merged - {other}, separated=state.separated | {other}
            )
        case ChildRecordsToldApart(other_child_id=other):
            return replace(
                state,
                told_apart=state.told_apart | {other},
                telling_withdrawn=state.telling_withdrawn - {other},
            )
        case TellingApartWithdrawn(other_child_id=other):
            return replace(
                state,
                told_apart=state.told_apart - {other},
                telling_withdrawn=state.telling_withdrawn | {other},
            )
        case DetailsCorrected():
            return replace(state, traces=state.traces | {trace(event)})
        case RelationshipRecorded(relationship_id=relationship_id):
            return replace(state, relationships=state.relationships | {relationship_id})
        case RelationshipEnded(relationship_id=relationship_id):
            return replace(state, ended=state.ended | {relationship_id})
        case HouseholdJoined(household_id=household_id):
            return replace(
                state,
                households=state.households | {household_id},
                households_left=state.households_left - {household_id},
            )
        case HouseholdLeft(household_id=household_id):
            return replace(
                state,
                households=state.households - {household_id},
                households_left=state.households_left | {household_id},
            )
        case RecordRestricted(named=named):
            return replace(state, restricted_to=frozenset(named))
        case RecordUnrestricted():
            return replace(state, restricted_to=frozenset())
        case _:
            assert_never(event)


def decide(command: ChildCommand, state: Child) -> list[ChildEvent]:
    match command:
        case RegisterChild(message=None) if (
            state.registered and command.referral_id != state.registered_for
        ):
            raise Refused("That is another child's record: leave its id out, to open one.")
        case RegisterChild() if state.registered:
            return []
        case RegisterChild(message=None, born_on=date() as born_on) if (
            _age(born_on, local_day(command.recorded_at)) >= ADULT
        ):
            raise Refused("A child is not yet 18: check the date of birth.")
        case RegisterChild():
            return [caused(ChildRegistered, command, **_details(command))]
        case _ if not state.registered:
            raise Refused("No record of this child is open: register the child first.")

        case MatchChild(referral_id=referral_id):
            return [] if referral_id in state.referrals else [caused(ChildMatched, command)]
        case UnmatchChild(referral_id=referral_id) if referral_id in state.unmatched:
            return []
        case UnmatchChild(referral_id=referral_id) if referral_id not in state.referrals:
            raise Refused("This child is not matched to that referral.")
        case UnmatchChild(reason=reason) if not reason.strip():
            raise Refused("Record why the referral is not about this child.")
        case UnmatchChild():
            return [caused(ChildUnmatched, command)]

        case MergeRecords(child_id=child_id, merged_child_id=other) if other == child_id:
            raise Refused("A record cannot be merged with itself: choose the other record.")
        case MergeRecords(merged_child_id=other) if other in state.merged:
            return []
        case MergeRecords(message=None, merged_child_id=other) if other in state.told_apart:
            raise Refused("The two records were told apart: withdraw that first, and say why.")
        case MergeRecords(reason=reason) if not reason.strip():
            raise Refused("Record how you know that both records are about the same child.")
        case MergeRecords():
            return [caused(ChildRecordsMerged, command)]
        case SeparateRecords(merged_child_id=other) if other in state.separated:
            return []
        case SeparateRecords(merged_child_id=other) if other not in state.merged:
            raise Refused("Those records are not merged: there is nothing to separate.")
        case SeparateRecords(reason=reason) if not reason.strip():
            raise Refused("Record how you know that the records are about different children.")
        case SeparateRecords():
            return [caused(ChildRecordsSeparated, command)]

        case TellRecordsApart(child_id=child_id, other_child_id=other) if other == child_id:
            raise Refused("A record is not told apart from itself: choose the other record.")
        case TellRecordsApart(other_child_id=other) if other in state.told_apart:
            return []
        case TellRecordsApart(other_child_id=other) if other in state.merged:
            raise Refused("The two records are merged: separate them first.")
        case TellRecordsApart(reason=reason) if not reason.strip():
            raise Refused("Record how you know that the records are about different children.")
        case TellRecordsApart():
            return [caused(ChildRecordsToldApart, command)]
        case WithdrawTellingApart(other_child_id=other) if other in state.telling_withdrawn:
            return []
        case WithdrawTellingApart(other_child_id=other) if other not in state.told_apart:
            raise Refused(
                "They were not told apart on this record: if it was said on the other one, withdraw"
                " it there."
            )
        case WithdrawTellingApart(reason=reason) if not reason.strip():
            raise Refused("Record why the records may be about one child after all.")
        case WithdrawTellingApart():
            return [caused(TellingApartWithdrawn, command)]

        case CorrectDetails(reason=reason) if not reason.strip():
            raise Refused("Record why the details are corrected.")
        case CorrectDetails():
            corrected = caused(DetailsCorrected, command, **_details(command))
            return once(corrected, state.traces)

        case RecordRelationship(relationship_id=relationship_id) if (
            relationship_id in state.relationships
        ):
            return []
        case RecordRelationship(child_id=child_id, other_child_id=other) if other == child_id:
            raise Refused("A child has no relationship with themselves: choose the other person.")
        case RecordRelationship(message=None, relation=relation) if not relation.strip():
            raise Refused("Say what the person is to the child, such as mother or grandfather.")
        case RecordRelationship():
            return [caused(RelationshipRecorded, command)]
        case EndRelationship(relationship_id=relationship_id) if relationship_id in state.ended:
            return []
        case EndRelationship(relationship_id=relationship_id) if (
            relationship_id not in state.relationships
        ):
            raise Refused("That relationship is not on this child's record.")
        case EndRelationship(reason=reason) if not reason.strip():
            raise Refused("Record why the relationship ended, or was never so.")
        case EndRelationship():
            return [caused(RelationshipEnded, command)]

        case JoinHousehold(household_id=household_id) if household_id in state.households:
            return []
        case JoinHousehold(message=None, address=address) if not address.strip():
            raise Refused("Enter the address of the household.")
        case JoinHousehold():
            return [caused(HouseholdJoined, command)]
        case LeaveHousehold(household_id=household_id) if household_id in state.households_left:
            return []
        case LeaveHousehold(household_id=household_id) if household_id not in state.households:
            raise Refused("The child is not in that household.")
        case LeaveHousehold():
            return [caused(HouseholdLeft, command)]

        case RestrictRecord(named=named) if not named:
            raise Refused("Name the people who may open the record: without them nobody could.")
        case RestrictRecord(named=named) if frozenset(named) == state.restricted_to:
            return []
        case RestrictRecord(reason=reason) if not reason.strip():
            raise Refused("Record why the record is restricted.")
        case RestrictRecord():
            return [caused(RecordRestricted, command)]
        case UnrestrictRecord() if not state.restricted_to:
            return []
        case UnrestrictRecord(reason=reason) if not reason.strip():
            raise Refused("Record why the record is open to its teams again.")
        case UnrestrictRecord():
            return [caused(RecordUnrestricted, command)]
        case _:
            assert_never(command)


def _age(born_on: date, on: date) -> int:
    """Whole years on that day."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _details(command: RegisterChild | CorrectDetails) -> dict[str, str | bool | None]:
    """What follows from the details given. Raises `Refused` when a person gave impossible ones."""
    number = nhs_number(command.nhs_number or "") or None
    if command.message is None:  # what an agency sent is kept, however odd
        if number and not nhs_number_ok(number):
            raise Refused("That is not an NHS number: check its ten digits, or leave it empty.")
        if command.born_on and command.born_on > local_day(command.recorded_at):
            raise Refused(
                "The date of birth is in the future: for an unborn child give the date due instead."
            )
    unborn = command.due_on is not None and command.born_on is None
    return {"nhs_number": number, "unborn": unborn}
