"""A person's command: the list of them, one's JSON Schema, or one carried out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import msgspec
from cyclopts import Parameter

from domain.kernel import Refused
from services.access.actions import GIVABLE
from services.command_line.options import AS_USUAL, HERE, Shown, Where
from services.command_line.output import show, tell, write

if TYPE_CHECKING:  # the list of the commands is shown without waiting for this import
    from services.handle import Handled

LONGEST_ID = 200


def command(
    name: str | None = None,
    /,
    *,
    schema: Annotated[bool, Parameter(negative=())] = False,
    as_: Annotated[str | None, Parameter(name="--as")] = None,
    json: Annotated[Path | None, Parameter(name="--json", allow_leading_hyphen=True)] = None,
    id: str | None = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """List the commands that a person may give; show one's JSON Schema; or give one.

    Parameters
    ----------
    name
        The command; without it, all are listed.
    schema
        Show the command's JSON Schema.
    as_
        The person who gives it; `safeguarding people` lists them.
    json
        A file with its fields, or - for standard input.
    id
        The command's id: given a second time, nothing changes.
    """
    from services.give import schema as schema_of

    if name is None:
        show(({"command": each} for each in sorted(GIVABLE)), shown.format)
        return 0
    if name not in GIVABLE:
        tell(f"There is no command {name!r}; `safeguarding command` lists them.")
        return 2
    if schema:
        write(schema_of(name))
        return 0
    if as_ is None:
        tell("Say who gives it: --as PERSON; `safeguarding people` lists them.")
        return 2
    if id is not None and not (id.isprintable() and 0 < len(id) <= LONGEST_ID):
        tell(f"A command's id is 1 to {LONGEST_ID} characters without line ends: leave it out?")
        return 2
    fields = _fields(json)
    if fields is None:
        tell("The fields are a JSON object, in the file of --json or on standard input (--json -).")
        return 2
    return _give(name, fields, as_, id, where, shown)


def _fields(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return {}
    try:
        text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        tell(f"The file of --json cannot be read ({error.strerror}).")
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _give(
    name: str,
    fields: dict[str, Any],
    person: str,
    identity: str | None,
    where: Where,
    shown: Shown,
) -> int:
    from services.access import Denied
    from services.command_line.asking import asked
    from services.give import give
    from services.handle import Handled
    from services.sign_in import sign_in

    with asked(where) as parts:
        who = sign_in(parts, person)
        if who is None:
            raise Refused(f"There is no person {person!r}; `safeguarding people` lists them.")
        try:
            handled = give(parts, who, name, fields, identity=identity)
        except Denied as denied:  # the same words as of what is not there
            handled = Handled(identity or uuid4().hex, "refused", str(denied))
    show([row_of(handled)], shown.format)
    return 1 if handled.result == "refused" else 0


def row_of(handled: "Handled") -> dict[str, Any]:
    """What became of a command, as scripts have it."""
    return {
        "command": handled.command,
        "result": handled.result,
        "reason": handled.reason,
        "events": [
            {"position": each.position, "event": each.name, "stream": each.stream}
            for each in handled.events
        ],
    }
