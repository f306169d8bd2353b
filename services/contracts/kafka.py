"""Which records do agencies and we put on Kafka, where and under which keys, in AsyncAPI 3?"""

from collections.abc import Iterator
from typing import Any

from adapters.cloudevents import JSON, STRUCTURED
from adapters.outgoing import TYPES
from adapters.translation import AgencyFormat, formats
from adapters.transports.kafka import GROUP
from adapters.transports.kafka_rights import PARTITIONS, WRITER, dead, incoming, outgoing
from domain.quarantine import KEPT, REASONS
from services.contracts.events import IN, OUT_HEADERS
from services.contracts.schemas import WRITTEN, Schema, components, own_formats, ref
from services.publish_kafka import DEAD_MARK, DEAD_REASON

MECHANISM = "scramSha512"
BINDING = "0.5.0"
"""Of AsyncAPI's Kafka bindings."""

AGENCY = "{agency}"

ABOUT = """\
Kafka is a way to us, not the record: what is taken in is kept by us, once and in order, whatever is
sent again or restarted.

An agency signs in as a user of its own (SASL/SCRAM), writes its own `in.AGENCY.FORMAT.v1` topics
and reads its own `out.AGENCY.v1`, no more. Keys are made into partitions as Kafka's own Java client
does (murmur2): what has one key is taken, or told, in order.

Nothing is refused over its content: what cannot be read is a referral with problems. Only a record
that is no message of its sender is set aside.

What we tell may come more than once, under the same id. Pass over types and members that you do not
know: more will come.
"""


def asyncapi(version: str) -> dict[str, Any]:
    """The document."""
    known = formats()
    taken = {name: message for each in known.values() for name, message in _messages(each)}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:safeguarding:kafka",
        "info": {
            "title": "Safeguarding referrals",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "authority": {
                "host": "{bootstrap}",
                "protocol": "kafka-secure",
                "protocolVersion": "4.3",
                "description": "The council's cluster.",
                "variables": {
                    "bootstrap": {
                        "description": "HOST:PORT, as the council tells it.",
                        "examples": ["kafka.council.example:9093"],
                    }
                },
                "security": [{"$ref": "#/components/securitySchemes/agency"}],
            }
        },
        "channels": {
            **{f"in-{name}": _channel(each) for name, each in known.items()},
            **OUT,
            **{f"in-{name}.dlq": _aside(each) for name, each in known.items()},
        },
        "operations": {
            **{f"take-{name}": _take(each) for name, each in known.items()},
            **TELL,
            **{f"set-aside-{name}": _set_aside(each) for name, each in known.items()},
        },
        "components": {
            "securitySchemes": {
                "agency": {
                    "type": MECHANISM,
                    "description": "User: the agency's id. Its password is told once, when the "
                    "user is made (`safeguarding kafka setup`).",
                }
            },
            "parameters": {"agency": {"description": "The agency's id, as it is registered."}},
            "messages": {**taken, **TOLD, "set-aside": SET_ASIDE},
            "schemas": {
                **components([*own_formats(), *TOLD]),
                **IN,
                **OUT_HEADERS,
                "set-aside.headers": ASIDE_HEADERS,
            },
        },
    }


def _channel(format: AgencyFormat) -> Schema:
    name = format.FORMAT.name
    (address,) = incoming(AGENCY, [name])
    return {
        "address": address,
        "title": format.FORMAT.title,
        "parameters": {"agency": {"$ref": "#/components/parameters/agency"}},
        "messages": {
            message: {"$ref": f"#/components/messages/{message}"}
            for message, _ in _messages(format)
        },
        "bindings": {"kafka": {"partitions": PARTITIONS, "bindingVersion": BINDING}},
        "x-partitioner": "murmur2",
    }


def _take(format: AgencyFormat) -> Schema:
    channel = f"#/channels/in-{format.FORMAT.name}"
    return {
        "action": "receive",
        "channel": {"$ref": channel},
        "title": f"Take in: {format.FORMAT.title}",
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name, _ in _messages(format)],
        "bindings": {
            "kafka": {
                "groupId": {"type": "string", "enum": [GROUP]},
                "bindingVersion": BINDING,
            }
        },
    }


def _messages(format: AgencyFormat) -> Iterator[tuple[str, Schema]]:
    """A message for each content type, and one that says which it is in an envelope."""
    name = format.FORMAT.name
    for kind in format.FORMAT.content_types:
        own = kind == JSON and name in own_formats()
        yield (
            f"{name}.{_short(kind)}",
            {
                "title": f"{format.FORMAT.title}, as {kind}",
                "contentType": kind,
                "headers": ref("binary-headers"),
                "payload": ref(name) if own else {"description": "As its publisher defines it."},
                "bindings": {"kafka": KEY},
            },
        )
    yield (
        f"{name}.structured",
        {
            "title": f"{format.FORMAT.title}, in an envelope",
            "contentType": STRUCTURED,
            "headers": ref("structured-headers"),
            "payload": ref("structured-event"),
            "bindings": {"kafka": KEY},
        },
    )


KEY: Schema = {
    "key": {
        "type": "string",
        "description": "The sender's own reference of the child or the case, never a name: what "
        "has one key is taken in order.",
    },
    "bindingVersion": BINDING,
}


def _short(kind: str) -> str:
    """`fhir-json` of `application/fhir+json`."""
    return kind.partition("/")[2].replace("+", "-")


# ── What agencies are told ────────────────────────────────────────────────────────────────────────

TOLD: dict[str, Schema] = {
    f"out-{what}": {
        "name": name,
        "title": WRITTEN[f"out-{what}"].title,
        "contentType": JSON,
        "headers": ref(f"out-{what}.headers"),
        "payload": ref(f"out-{what}"),
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "description": "Your own reference, as in the data; the referral_id without "
                    "one. What is about one referral is told in order.",
                },
                "bindingVersion": BINDING,
            }
        },
    }
    for what, (name, _) in TYPES.items()
}

OUT: dict[str, Schema] = {
    "out": {
        "address": outgoing(AGENCY),
        "title": "What became of an agency's own referrals",
        "description": "All since the agency was registered, also what happened before the topic "
        "was made: a log that can be read from the beginning. Codes and dates alone: no name, no "
        "address, nobody's words.",
        "parameters": {"agency": {"$ref": "#/components/parameters/agency"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in TOLD},
        "bindings": {"kafka": {"partitions": PARTITIONS, "bindingVersion": BINDING}},
        "x-partitioner": "murmur2",
    }
}

TELL: dict[str, Schema] = {
    "tell": {
        "action": "send",
        "channel": {"$ref": "#/channels/out"},
        "title": "Tell an agency what became of its referrals",
        "messages": [{"$ref": f"#/channels/out/messages/{name}"} for name in TOLD],
        "bindings": {
            "kafka": {
                "clientId": {"type": "string", "enum": [WRITER]},
                "bindingVersion": BINDING,
            }
        },
    }
}


# ── What is set aside ─────────────────────────────────────────────────────────────────────────────

ASIDE_HEADERS: Schema = {
    "type": "object",
    "description": "Those with which the record came, and two of ours.",
    "properties": {
        DEAD_REASON: {
            "enum": [code for code in REASONS if code in KEPT],
            "description": "; ".join(
                f"{code}: {told}" for code, told in REASONS.items() if code in KEPT
            ),
        },
        DEAD_MARK: {"type": "string", "description": "Its name here; also the key."},
    },
    "required": [DEAD_REASON, DEAD_MARK],
}
SET_ASIDE: Schema = {
    "title": "A record that could not be taken for a message of its sender, as it came",
    "headers": ref("set-aside.headers"),
    "payload": {"description": "Byte for byte as it came."},
}


def _aside(format: AgencyFormat) -> Schema:
    (address,) = incoming(AGENCY, [format.FORMAT.name])
    return {
        "address": dead(address),
        "title": f"Set aside: {format.FORMAT.title}",
        "description": "For whoever keeps the cluster; agencies cannot read it. `safeguarding "
        "quarantine replay` takes a record in after all.",
        "parameters": {"agency": {"$ref": "#/components/parameters/agency"}},
        "messages": {"set-aside": {"$ref": "#/components/messages/set-aside"}},
    }


def _set_aside(format: AgencyFormat) -> Schema:
    channel = f"#/channels/in-{format.FORMAT.name}.dlq"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "title": f"Set aside: {format.FORMAT.title}",
        "messages": [{"$ref": f"{channel}/messages/set-aside"}],
    }
