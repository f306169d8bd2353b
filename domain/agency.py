"""
An agency: who may send concerns, and hears what became of them.

    registered ──> (suspended ──> resumed)*
    plan status: (named ──> ended)*
    webhook: (registered ──> secret rotated* ──> removed)*
"""

import re
from datetime import timedelta
from typing import ClassVar, Literal, assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.codes import AgencyKind, LawfulBasis
from domain.identity import is_slug
from domain.kernel import WITHHELD, Asking, Command, Event, Instant, Refused, Secret, asking, caused
from domain.web_address import wrong_with

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


class NamedForPlanStatus(_OfAgency, frozen=True, tag="agency.named_for_plan_status.v1"):
    """It hears from now on when a protection plan of a child whom it referred starts and ends.

    `lawful_basis`: on which, such as a legal obligation. Source: Child Protection - Information
    Sharing (NHS England), which tells unscheduled care that there is a plan, and no more.
    """

    lawful_basis: LawfulBasis


class PlanStatusEnded(_OfAgency, frozen=True, tag="agency.plan_status_ended.v1"):
    """It hears of no protection plan any more."""


Removal = Literal["asked", "gone"]
"""The agency asked for it; its receiver answered that it is gone for good (HTTP 410)."""


class WebhookRegistered(_OfAgency, frozen=True, tag="agency.webhook_registered.v1"):
    """Outcomes are sent to `url` from now on, signed with `secret` (Standard Webhooks, `whsec_…`).

    `here`: it is an address of this machine, for demos and tests.
    """

    url: str
    secret: Secret = WITHHELD
    here: bool = False


class WebhookSecretRotated(_OfAgency, frozen=True, tag="agency.webhook_secret_rotated.v1"):
    """What is sent is signed with the new secret, and with those before it until `old_until`."""

    old_until: Instant
    secret: Secret = WITHHELD


class WebhookRemoved(_OfAgency, frozen=True, tag="agency.webhook_removed.v1"):
    """Nothing is sent there any more."""

    reason: Removal


AgencyEvent = (
    AgencyRegistered
    | AgencyRenamed
    | AgencySuspended
    | AgencyResumed
    | NamedForPlanStatus
    | PlanStatusEnded
    | WebhookRegistered
    | WebhookSecretRotated
    | WebhookRemoved
)

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


class NameForPlanStatus(_ForAgency, frozen=True, tag="name-for-plan-status"):
    lawful_basis: LawfulBasis


class EndPlanStatus(_ForAgency, frozen=True, tag="end-plan-status"):
    pass


class RegisterWebhook(_ForAgency, frozen=True, tag="register-webhook"):
    url: str
    secret: Secret
    here: bool = False


class RotateWebhookSecret(_ForAgency, frozen=True, tag="rotate-webhook-secret"):
    secret: Secret
    old_until: Instant


class RemoveWebhook(_ForAgency, frozen=True, tag="remove-webhook"):
    reason: Removal


AgencyCommand = (
    RegisterAgency
    | RenameAgency
    | SuspendAgency
    | ResumeAgency
    | NameForPlanStatus
    | EndPlanStatus
    | RegisterWebhook
    | RotateWebhookSecret
    | RemoveWebhook
)

OWN_USER = re.compile(r"admin|safeguarding-.*")
"""What our own Kafka users are called, and whoever administers the cluster."""

LONGEST_OVERLAP = timedelta(days=30)
"""How long an old secret may go on signing: until then the agency has taken over the new one."""

# ── State ── only what decide() needs ─────────────────────────────────────────────────────────────


class Agency(Struct, frozen=True):
    kind: AgencyKind | None = None
    name: str = ""
    suspended: bool = False
    plan_status: LawfulBasis | None = None
    """On which basis it hears of protection plans; None: it does not."""
    webhook: str | None = None
    rotated: tuple[Asking, ...] = ()


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
        case NamedForPlanStatus(lawful_basis=basis):
            return replace(state, plan_status=basis)
        case PlanStatusEnded():
            return replace(state, plan_status=None)
        case WebhookRegistered(url=url):
            return replace(state, webhook=url, rotated=())
        case WebhookSecretRotated():
            return replace(state, rotated=(*state.rotated, asking(event)))
        case WebhookRemoved():
            return replace(state, webhook=None)
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
        case RegisterAgency(agency_id=agency_id) if OWN_USER.fullmatch(agency_id):
            # its Kafka user is called as it is: it would have the rights of one of ours
            raise Refused(f"The id {agency_id} may be one of our own Kafka users: choose another.")
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
        case NameForPlanStatus(lawful_basis=basis) if basis == state.plan_status:
            return []
        case NameForPlanStatus() if state.kind == "public":
            raise Refused("Members of the public hear of no protection plan.")
        case NameForPlanStatus(lawful_basis="consent"):
            # one agency's standing right cannot rest on what each family may take back
            raise Refused("Choose a lawful basis that holds for every child: consent does not.")
        case NameForPlanStatus():
            return [caused(NamedForPlanStatus, command)]
        case EndPlanStatus():
            return [caused(PlanStatusEnded, command)] if state.plan_status else []
        case RegisterWebhook() if command.url == state.webhook:
            return []
        case RegisterWebhook() if state.webhook:
            raise Refused("The agency has a webhook already: remove it first.")
        case RegisterWebhook(url=url, here=here) if wrong := wrong_with(url, here=here):
            raise Refused(wrong)
        case RegisterWebhook():
            return [caused(WebhookRegistered, command)]
        case RemoveWebhook():
            return [caused(WebhookRemoved, command)] if state.webhook else []
        case RotateWebhookSecret() if not state.webhook:
            raise Refused("The agency has no webhook.")
        case RotateWebhookSecret() if asking(command) in state.rotated:
            return []
        case RotateWebhookSecret() if command.old_until - command.happened_at > LONGEST_OVERLAP:
            raise Refused(f"The old secret may go on for at most {LONGEST_OVERLAP.days} days.")
        case RotateWebhookSecret():
            return [caused(WebhookSecretRotated, command)]
        case _:
            assert_never(command)
