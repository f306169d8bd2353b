"""How does a person give a command, by its name and its fields, on a page or in a terminal?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import msgspec

from adapters.event_store import EventStore
from domain.catalogue import COMMANDS
from domain.kernel import STAMPED, Command, Refused, private_fields
from domain.plan import plan_of
from services.access.actions import GIVABLE
from services.handle import Handled, handle

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
    }
    own["properties"] = {k: v for k, v in own["properties"].items() if k not in hidden}
    own["required"] = [k for k in own["required"] if k not in hidden | optional]
    private = private_fields(kind)
    for field, shape in own["properties"].items():
        if field in private:
            shape["x-sealed"] = private[field].kind
    own["title"] = name
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **own,
        "$defs": whole["$defs"],
    }


def command_from(
    name: str, fields: Mapping[str, Any], *, by: str, now: datetime, identity: str | None = None
) -> Command:
    """The command that a person gives. Raises `Refused` with a sentence about what does not fit.

    `fields`: as JSON has them. `identity`: the id under which the same command is known again.
    """
    kind = command_named(name)
    identity = identity or uuid4().hex
    unknown = [f for f in fields if f not in kind.__struct_fields__ or f in GIVEN]
    if unknown:
        raise Refused(f"{name} has no field {', '.join(sorted(unknown))}.")
    whole: dict[str, Any] = {"happened_at": now, **fields}
    whole |= {"received_at": now, "recorded_at": now, "by": by, "agency": "authority"}
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
    """What msgspec says of a field, which never holds the value itself."""
    return f"{name}: {error}. `safeguarding command {name} --schema` shows its fields."


def give(
    store: EventStore,
    name: str,
    fields: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    identity: str | None = None,
) -> Handled:
    """Carry out a command of a person who may give it; refusals are part of the answer."""
    identity = identity or uuid4().hex
    try:
        command = command_from(name, fields, by=by, now=now, identity=identity)
    except Refused as refused:
        return Handled(identity, "refused", str(refused))
    return handle(store, command)
