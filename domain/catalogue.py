"""Under which name is each event stored, and which family decides each command?

The names are set by hand in the classes' tags; a stored name is looked up here and nowhere else.
"""

from types import ModuleType
from typing import Any, NamedTuple, get_args

from domain import (
    agency,
    assessment,
    case,
    child,
    conference,
    disclosure,
    enquiry,
    message,
    plan,
    quarantine,
    record,
    referral,
    risk,
    workforce,
)
from domain.kernel import Command, Event, stored_name


class Family(NamedTuple):
    """One file of the domain: its decider and the state before anything happened."""

    name: str
    decider: ModuleType
    initial: Any
    events: tuple[type[Event], ...]
    commands: tuple[type[Command], ...]


def _family(decider: ModuleType, initial: Any, events: Any, commands: Any) -> Family:
    return Family(
        decider.__name__.rpartition(".")[2],
        decider,
        initial,
        get_args(events) or (events,),
        get_args(commands) or (commands,),
    )


FAMILIES = (
    _family(message, message.Message(), message.MessageEvent, message.MessageCommand),
    _family(referral, referral.Referral(), referral.ReferralEvent, referral.ReferralCommand),
    _family(child, child.Child(), child.ChildEvent, child.ChildCommand),
    _family(risk, risk.Risk(), risk.RiskEvent, risk.RiskCommand),
    _family(case, case.Case(), case.CaseEvent, case.CaseCommand),
    _family(
        assessment,
        assessment.Assessment(),
        assessment.AssessmentEvent,
        assessment.AssessmentCommand,
    ),
    _family(enquiry, enquiry.Enquiry(), enquiry.EnquiryEvent, enquiry.EnquiryCommand),
    _family(
        conference,
        conference.Conference(),
        conference.ConferenceEvent,
        conference.ConferenceCommand,
    ),
    _family(plan, plan.Plan(), plan.PlanEvent, plan.PlanCommand),
    _family(workforce, workforce.Team(), workforce.WorkforceEvent, workforce.WorkforceCommand),
    _family(agency, agency.Agency(), agency.AgencyEvent, agency.AgencyCommand),
    _family(
        quarantine,
        quarantine.Quarantine(),
        quarantine.QuarantineEvent,
        quarantine.QuarantineCommand,
    ),
    _family(
        disclosure,
        disclosure.Disclosure(),
        disclosure.DisclosureEvent,
        disclosure.DisclosureCommand,
    ),
    _family(record, record.Record(), record.RecordEvent, record.RecordCommand),
)

EVENTS: dict[str, type[Event]] = {
    stored_name(kind): kind for family in FAMILIES for kind in family.events
}
"""Stored name -> class. What is not here is never looked up anywhere else."""

COMMANDS: dict[str, type[Command]] = {
    str(kind.__struct_config__.tag): kind for family in FAMILIES for kind in family.commands
}
"""Command name, such as `decide-referral` -> class."""

FAMILY_OF: dict[type[Command], Family] = {
    kind: family for family in FAMILIES for kind in family.commands
}
