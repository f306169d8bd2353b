"""
An agency: who may send concerns, and hears what became of them.

    registered ──> (suspended ──> resumed)*
"""

from typing import ClassVar, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.codes import AgencyKind
from domain.identity import is_slug
from domain.kernel import Command, Event, Refused, caused

# ── Events ── stored for ever: add a new `.v2`, never change a `.v1` ──────────────────────────────


class _OfAgency(Event, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "stream_id"
    subject_field: ClassVar[str] = "stream_id"

    agency_id: str

    @property
    def stream_id(self) -> str:
        return f"agency-{self.agency_id}"


class AgencyRegistered(_OfAgency, frozen=True, tag="agency.registered.v1"):
    kind: AgencyKind
    name: str


class AgencyRenamed(_OfAgency, frozen=True, tag="agency.renamed.v1"):
    name: str


class AgencySuspended(_OfAgency, frozen=True, tag="agency.suspended.v1"):
    """It may not send until it is resumed."""

    reason: str


class AgencyResumed(_OfAgency, frozen=True, tag="agency.resumed.v1"):
    pass


AgencyEvent = AgencyRegistered | AgencyRenamed | AgencySuspended | AgencyResumed

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class _ForAgency(Command, frozen=True, kw_only=True):
    stream_field: ClassVar[str] = "stream_id"

    agency_id: str

    @property
    def stream_id(self) -> str:
        return f"agency-{self.agency_id}"


class RegisterAgency(_ForAgency, frozen=True, tag="register-agency"):
    kind: AgencyKind
    name: str


class RenameAgency(_ForAgency, frozen=True, tag="rename-agency"):
    name: str


class SuspendAgency(_ForAgency, frozen=True, tag="suspend-agency"):
    reason: str


class ResumeAgency(_ForAgency, frozen=True, tag="resume-agency"):
    pass


AgencyCommand = RegisterAgency | RenameAgency | SuspendAgency | ResumeAgency

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Agency(Struct, frozen=True):
    kind: AgencyKind | None = None
    name: str = ""
    suspended: bool = False


def evolve(state: Agency, event: AgencyEvent) -> Agency:
    match event:
        case AgencyRegistered():
            return Agency(kind=event.kind, name=event.name)
        case AgencyRenamed():
            return replace(state, name=event.name)
        case AgencySuspended():
            return replace(state, suspended=True)
        case AgencyResumed():
            return replace(state, suspended=False)
        case _:
            assert_never(event)


def decide(command: AgencyCommand, state: Agency) -> list[AgencyEvent]:
    match command:
        case RegisterAgency() if (command.kind, command.name) == (state.kind, state.name):
            return []
        case RegisterAgency() if state.kind:
            raise Refused(f"The agency {command.agency_id} is already registered as {state.name}.")
        case RegisterAgency(agency_id=agency_id) if not is_slug(agency_id):
            raise Refused("An agency's id is lower-case letters, digits and hyphens, at most 60.")
        case RegisterAgency(agency_id="authority"):
            # the council's own id: an agency of that name would speak in its voice
            raise Refused("The id `authority` is the council's own: choose another.")
        case RegisterAgency() | RenameAgency() if not command.name.strip():
            raise Refused("Enter the agency's name.")
        case RegisterAgency():
            return [caused(AgencyRegistered, command)]
        case _ if not state.kind:
            raise Refused(f"No agency {command.agency_id} is registered.")
        case RenameAgency(name=name):
            return [] if name == state.name else [caused(AgencyRenamed, command)]
        case SuspendAgency(reason=reason) if not reason.strip():
            raise Refused("Record why the agency may not send.")
        case SuspendAgency():
            return [] if state.suspended else [caused(AgencySuspended, command)]
        case ResumeAgency():
            return [caused(AgencyResumed, command)] if state.suspended else []
        case _:
            assert_never(command)
