"""Which JSON do we define ourselves, and what is its schema (JSON Schema 2020-12)?"""

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any, NamedTuple

import msgspec

from adapters.outgoing import TYPES
from adapters.translation import formats
from domain.disclosure import What
from projections.quarantine import SetAside
from services import answers, give
from services.access import GIVABLE
from services.contracts.comparing import Direction
from services.feeds import Line as FeedLine
from services.ingest import Taken
from services.ingest_kafka import Taken as TakenFromKafka
from services.intake import Receipt
from services.project import Status
from services.publish_kafka import Published
from services.publish_webhooks import Sent as SentToWebhook
from services.told import Line as Disclosed
from services.web.problems import Problem, Refusal

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = "urn:safeguarding:schema"
DEFINED = "#/$defs/"
COMPONENTS = "#/components/schemas/"


class Written(NamedTuple):
    """Something that we write and others read."""

    type: Any
    title: str


TOLD: dict[What, str] = {
    "receipt": "An agency is told that its referral is here",
    "decision": "An agency is told what was decided on its referral",
    "outcome": "An agency is told that work on its referral has ended",
    "plan-status": "A named agency is told that a plan began or ended",
}

WRITTEN: dict[str, Written] = {
    "child-line": Written(answers.ChildLine, "A line of `safeguarding children`"),
    "deadline-line": Written(answers.DeadlineLine, "A line of `safeguarding deadlines`"),
    "disclosure-line": Written(Disclosed, "A line of `safeguarding disclosures`"),
    "event-line": Written(answers.EventLine, "A line of `safeguarding events`"),
    "family-line": Written(answers.FamilyLine, "A line of `safeguarding matches --families`"),
    "feed-line": Written(FeedLine, "A line of `safeguarding feeds`"),
    "flag-line": Written(answers.FlagLine, "A line of `safeguarding flags`"),
    "inbox-line": Written(answers.InboxLine, "A line of `safeguarding inbox`"),
    "ingest-kafka-line": Written(TakenFromKafka, "A line of `safeguarding ingest kafka`"),
    "ingest-line": Written(Taken, "A line of `safeguarding ingest` by any other transport"),
    "intake-line": Written(Receipt, "A line of `safeguarding intake`: what became of a message"),
    "match-line": Written(answers.MatchLine, "A line of `safeguarding matches`"),
    "measure-line": Written(answers.MeasureLine, "A line of `safeguarding team`"),
    "person-line": Written(answers.PersonLine, "A line of `safeguarding people`"),
    "problem": Written(Problem, "Why a request was not answered (RFC 9457)"),
    "projection-line": Written(Status, "A line of `safeguarding project status`"),
    "publish-kafka-line": Written(Published, "A line of `safeguarding publish kafka`"),
    "publish-webhooks-line": Written(SentToWebhook, "A line of `safeguarding publish webhooks`"),
    "quarantine-line": Written(SetAside, "A line of `safeguarding quarantine`"),
    "refusal": Written(Refusal, "Why a message was not taken (RFC 9457)"),
    "sender-line": Written(answers.SenderLine, "A line of `safeguarding senders`"),
    "team-line": Written(answers.TeamLine, "A line of `safeguarding teams`"),
    "timeline-line": Written(answers.TimelineLine, "A line of `safeguarding timeline`"),
} | {f"out-{what}": Written(type, TOLD[what]) for what, (_, type) in TYPES.items()}
"""Name of the schema -> what is written."""


def own_formats() -> list[str]:
    """The formats of our own definition whose messages may be JSON."""
    return sorted(name for name, each in formats().items() if each.FORMAT.schema is not None)


def of_format(name: str) -> Schema | None:
    """The schema of what senders write, where the format is our own."""
    found = formats()[name].FORMAT
    return None if found.schema is None else _document(name, found.title, found.schema)


def published() -> dict[str, Schema]:
    """Each schema as a document of its own, by its name."""
    found = {name: _document(name, *each) for name, each in _all().items()}
    return dict(sorted({**found, "commands": commands()}.items()))


def commands() -> Schema:
    """What the commands that a person may give hold: a member for each, by its name."""
    own: dict[str, Schema] = {}
    definitions: dict[str, Schema] = {}
    for name in sorted(GIVABLE):
        schema = _tidy(give.schema(name))
        del schema["$schema"]
        inner = schema.pop("$defs", {})
        places = {each: f"{DEFINED}{name}.{each}" for each in inner}
        own[name] = _moved(schema, places)
        definitions |= {f"{name}.{key}": _moved(value, places) for key, value in inner.items()}
    return {
        **_head("commands", "in"),
        "title": "What is given to `safeguarding command NAME --json`, by the command's name",
        "type": "object",
        "properties": own,
        "$defs": definitions,
    }


def components(names: Iterable[str]) -> dict[str, Schema]:
    """These of them as components of a larger document, to which `ref` refers.

    What a schema is made of has its name before its own: two formats may both have an Address.
    """
    found: dict[str, Schema] = {}
    every = _all()
    for name in names:
        title, schema = every[name]
        top, definitions = _parts(schema)
        places = {inner: f"{COMPONENTS}{name}.{inner}" for inner in definitions}
        places[top] = f"{COMPONENTS}{name}"
        found[name] = {**_moved(definitions.pop(top), places), "title": title}
        for inner, definition in definitions.items():
            found[f"{name}.{inner}"] = _moved(definition, places)
    return dict(sorted(found.items()))


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"{COMPONENTS}{name}"}


def schema_of(type: Any) -> Schema:
    """The schema of one plain Struct: nothing in it is a Struct of its own."""
    top, definitions = _parts(msgspec.json.schema(type))
    return definitions[top]


def _all() -> dict[str, tuple[str, Schema]]:
    found = {name: each.FORMAT for name, each in formats().items()}
    read = {name: (each.title, each.schema) for name, each in found.items() if each.schema}
    written = {name: (each.title, msgspec.json.schema(each.type)) for name, each in WRITTEN.items()}
    return read | written


def _document(name: str, title: str, schema: Schema) -> Schema:
    top, definitions = _parts(schema)
    places = {inner: f"{DEFINED}{inner}" for inner in definitions} | {top: "#"}
    head = _head(name, "out" if name in WRITTEN else "in")
    whole = {**head, **_moved(definitions.pop(top), places), "title": title}
    return whole | ({"$defs": _moved(definitions, places)} if definitions else {})


def _head(name: str, direction: Direction) -> Schema:
    return {"$schema": DIALECT, "$id": f"{NAMES}:{name}:1", "x-direction": direction}


def _parts(schema: Schema) -> tuple[str, dict[str, Schema]]:
    """The name of the outermost definition, and all of them, as JSON has them."""
    return schema["$ref"].removeprefix(DEFINED), _tidy(schema["$defs"])


def _tidy(schema: Any) -> Any:
    match schema:
        case dict():
            return {
                key: cleandoc(value)
                if key == "description" and isinstance(value, str)
                else _tidy(value)
                for key, value in schema.items()
            }
        case list() | tuple():
            return [_tidy(each) for each in schema]
    return schema


def _moved(schema: Any, places: dict[str, str]) -> Any:
    """The same with each reference to where what it names is now."""
    match schema:
        case {"$ref": str(name), **more}:
            return {**_moved(more, places), "$ref": places[name.removeprefix(DEFINED)]}
        case dict():
            return {key: _moved(value, places) for key, value in schema.items()}
        case list():
            return [_moved(each, places) for each in schema]
    return schema
