"""How does a person give a command, by its name and its fields, on a page or in a terminal?"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import msgspec

from domain.case import child_of
from domain.catalogue import COMMANDS
from domain.child import MatchChild, RegisterChild, SeparateRecords
from domain.kernel import STAMPED, Command, Refused, private_fields
from domain.plan import plan_of
from domain.referral import AddChild, RemoveChild
from projections import caseload, risks
from projections.base import Query
from services import known
from services.access import GIVABLE, Principal, Resource
from services.access import give as give_action
from services.assemble import Parts
from services.handle import Handled, handle, was_given
from services.questions import about_child, about_referral, about_separation, both

GIVEN = frozenset(STAMPED) - {"happened_at"}
"""Fields that the service stamps: a person who gives one is told so."""

NEW = {
    "risk_id": "risk",
    "assessment_id": "assessment",
    "enquiry_id": "enquiry",
    "conference_id": "conference",
    "record_id": "record",
    "child_id": "child",
    "relationship_id": "relationship",
    "household_id": "household",
}
"""Ids that may be left out by a command that begins something, and what they begin with."""

BEGINS = {
    "raise-risk": "risk_id",
    "start-assessment": "assessment_id",
    "request-strategy-discussion": "enquiry_id",
    "hold-strategy-discussion": "enquiry_id",
    "hold-initial-conference": "conference_id",
    "correct-entry": "record_id",
    "retract-entry": "record_id",
    "register-child": "child_id",
    "record-relationship": "relationship_id",
    "join-household": "household_id",
}
"""Commands that begin something: the id that is made for them when they do not name one."""

FROM_RECORD = {"start-assessment": {"referral_received_at"}}
"""Fields that may be left out because the record knows them; see `known.from_record`."""

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:safeguarding:given")


def command_named(name: str) -> type[Command]:
    """The class of a command that a person may give. Raises `Refused` for any other name."""
    if name not in GIVABLE:
        raise Refused(f"There is no command {name!r} that a person may give.")
    return COMMANDS[name]


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of what a person gives: the command's own fields, and when it happened."""
    kind = command_named(name)
    whole = msgspec.json.schema(kind)
    own: dict[str, Any] = whole["$defs"][kind.__name__]
    hidden = GIVEN | {"command_name"}
    optional = {
        "happened_at",
        BEGINS.get(name),
        "plan_id" if "plan_id" in own["properties"] else "",
        *FROM_RECORD.get(name, ()),
    }
    own["properties"] = {k: v for k, v in own["properties"].items() if k not in hidden}
    own["required"] = [k for k in own["required"] if k not in hidden | optional]
    private = private_fields(kind)
    for field, shape in own["properties"].items():
        if field in private:
            shape["x-sealed"] = private[field].kind
    own["title"] = name
    others = {key: shape for key, shape in whole["$defs"].items() if key != kind.__name__}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **own,
        **({"$defs": others} if others else {}),
    }


def command_from(
    name: str,
    fields: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    identity: str | None = None,
    agency: str = "authority",
) -> Command:
    """The command that a person gives. Raises `Refused` with a sentence about what does not fit.

    `fields`: as JSON has them. `identity`: the id under which the same command is known again.
    `agency`: whose fact it is, a referrer's own or the council's.
    """
    kind = command_named(name)
    identity = identity or uuid4().hex
    unknown = [f for f in fields if f not in kind.__struct_fields__ or f in GIVEN]
    if unknown:
        raise Refused(f"{name} has no field {', '.join(sorted(unknown))}.")
    whole: dict[str, Any] = {"happened_at": now, **fields}
    whole |= {"received_at": now, "recorded_at": now, "by": by, "agency": agency}
    whole |= {"command": identity}
    begun = BEGINS.get(name)
    if begun and not whole.get(begun):
        # from the command's id, so that the same command given again begins the same thing
        whole[begun] = f"{NEW[begun]}-{uuid5(_NAMESPACE, identity).hex}"
    if "plan_id" in kind.__struct_fields__ and not whole.get("plan_id") and whole.get("child_id"):
        whole["plan_id"] = plan_of(str(whole["child_id"]))
    try:
        return msgspec.convert(whole, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(_sentence(name, error)) from None


def _sentence(name: str, error: msgspec.ValidationError) -> str:
    """What does not fit, without what msgspec quotes of it."""
    said = str(error)
    missing = re.search(r"missing required field `(\w+)`", said)
    if missing:
        wrong = f"{name} lacks its field {missing[1]}"
    else:
        found = re.search(r"`\$\.(\w+)", said)
        wrong = f"{name}: the field {found[1] if found else ''} holds what it cannot hold"
        if "timezone" in said:
            wrong = f"{wrong} (an instant has its offset: 2026-11-23T09:00:00+00:00)"
    return f"{wrong}: `safeguarding command {name} --schema` shows its fields."


def give(
    parts: Parts,
    who: Principal,
    name: str,
    fields: Mapping[str, Any],
    *,
    identity: str | None = None,
) -> Handled:
    """Carry out a command of a person, if they may give it; a refusal is part of the answer.

    Raises `Denied` when they may not, which looks the same as when there is no such thing.
    """
    identity = identity or uuid4().hex
    now = parts.now()
    try:
        whole = known.from_record(parts.query, name, fields, now=now)
        command = command_from(
            name,
            whole,
            by=who.person,
            now=now,
            identity=identity,
            agency=who.agency or "authority",
        )
        for resource in about_command(parts.query, command):
            parts.gate.open(who, give_action(name), resource)
        if not was_given(parts.store, identity):  # the answer to it stays what it was
            known.check(parts, command)
    except Refused as refused:
        return Handled(identity, "refused", str(refused))
    return handle(parts.store, command)


def about_command(query: Query, command: Command) -> tuple[Resource, ...]:
    """What the rules must know of all that a command is about: each must be within reach."""
    match command:
        case RegisterChild(referral_id=str(referral_id)):
            return (about_referral(query, referral_id),)
        case MatchChild() | AddChild() | RemoveChild():
            # found for a referral that one may work on; a restricted record stays closed to others
            referral = about_referral(query, command.referral_id)
            return (both(referral, about_child(query, command.child_id)),)
        case SeparateRecords():
            records = (command.child_id, command.merged_child_id)
            return tuple(about_separation(query, each) for each in records)
    begun = BEGINS.get(str(type(command).__struct_config__.tag))
    named = {
        (kind, value)
        for field in command.__struct_fields__
        if field != begun  # what is only begun now tells nothing yet
        and (kind := _kind(field, command)) in ABOUT
        and isinstance(value := getattr(command, field), str)
    }
    return tuple(ABOUT[kind](query, value) for kind, value in sorted(named)) or (Resource(),)


def _kind(field: str, command: Command) -> str:
    """`child_id` of `merged_child_id`. A team that takes a case or referral need not be one's own:
    only a command to a team is about it."""
    if field == "team_id" != command.stream_field:
        return ""
    return "_".join(field.rsplit("_", 2)[-2:])


def _about_case(query: Query, case_id: str) -> Resource:
    return about_child(query, child_of(case_id))


def _about_assessment(query: Query, assessment_id: str) -> Resource:
    found = caseload.assessment(query, assessment_id)
    return _about_childs(query, found.child_id if found else None, assessment_id)


def _about_enquiry(query: Query, enquiry_id: str) -> Resource:
    found = caseload.enquiry(query, enquiry_id)
    return _about_childs(query, found.child_id if found else None, enquiry_id)


def _about_risk(query: Query, risk_id: str) -> Resource:
    found = risks.risk(query, risk_id)
    return _about_childs(query, found.child_id if found else None, risk_id)


def _about_childs(query: Query, child_id: str | None, identity: str) -> Resource:
    return about_child(query, child_id) if child_id else Resource(about=(identity,), present=False)


def _about_team(_query: Query, team_id: str) -> Resource:
    return Resource(about=(team_id,), teams=frozenset((team_id,)))


ABOUT: dict[str, Callable[[Query, str], Resource]] = {
    "child_id": about_child,
    "referral_id": about_referral,
    "case_id": _about_case,
    "assessment_id": _about_assessment,
    "enquiry_id": _about_enquiry,
    "risk_id": _about_risk,
    "team_id": _about_team,
}
"""The fields that tell what a command is about."""
