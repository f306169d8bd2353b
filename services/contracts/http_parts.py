"""What do several requests of the HTTP API share: what is asked, who may, what is answered?"""

from adapters.cloudevents import JSON
from services import questions
from services.contracts.schemas import Schema, ref
from services.web.session import COOKIE, HOURS, PERSON_HEADER, SENDER_HEADER

TEXT: Schema = {"type": "string"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
NUMBER: Schema = {"type": "integer", "minimum": 1}

ASKS: dict[str, tuple[str, Schema]] = {
    "team": ("Only what is this team's.", TEXT),
    "worker": ("Only what is this person's.", TEXT),
    "agency": ("Only what came from this agency.", TEXT),
    "kind": ("Only one kind, such as referral, child, risk, case, plan.", TEXT),
    "overdue": ("Given at all: only what is past its limit and not done.", TEXT),
    "as_at": ("The instant that deadlines are measured against; now by default.", INSTANT),
    "as_known_at": ("Leave out what was recorded after this instant.", INSTANT),
    "week": ("An ISO week such as 2026-W47; the week of as_at by default.", TEXT),
    "limit": ("How many at most.", {**NUMBER, "maximum": questions.PAGE}),
    "after": ("What the next link of an earlier page says.", NUMBER),
}
"""What may stand in a query."""


KEYS = {
    "X-Request-ID": "Sent again under the same key, a message is stored once.",
    "Idempotency-Key": "The same, where X-Request-ID is not given.",
    "X-Correlation-ID": "The key of an earlier message that this one belongs to.",
}

SECURITY = {
    "sender": {
        "type": "apiKey",
        "in": "header",
        "name": SENDER_HEADER,
        "description": "Agency, or agency:unit. For a demo, from the same machine alone.",
    },
    "person": {
        "type": "apiKey",
        "in": "header",
        "name": PERSON_HEADER,
        "description": "Who asks. For a demo, from the same machine alone.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"Of somebody who signed in on a page, for {HOURS} hours.",
    },
}

PROBLEM = "application/problem+json"


def answer(description: str, schema: Schema, kind: str = JSON) -> Schema:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _refusal(description: str) -> Schema:
    return answer(description, ref("refusal"), PROBLEM)


RESPONSES = {
    "problem": answer("Something else went wrong.", ref("problem"), PROBLEM),
    "bad-request": answer("A value of the query is not what it must be.", ref("problem"), PROBLEM),
    "sign-in": answer("Nobody is signed in.", ref("problem"), PROBLEM),
    "not-found": answer("It is not there, or not yours to see.", ref("problem"), PROBLEM),
    "away": answer("The records cannot be reached: try again.", ref("problem"), PROBLEM),
    "receipts": answer(
        "Kept. A list, where the message held several referrals.",
        {"anyOf": [ref("intake-line"), {"type": "array", "items": ref("intake-line")}]},
    ),
    "damaged": _refusal("The body could not be unpacked, or did not come in full: send it again."),
    "nobody": _refusal("No sender's credential, or none that holds."),
    "too-large": _refusal("The message is too large."),
    "packed": _refusal("The message is packed in a way that is not taken: send it plain, or gzip."),
    "refused": _refusal("Not kept: it is empty, or its sender may not send."),
    "try-again": _refusal("Nothing was stored: send it again."),
    "failed": _refusal("Something else went wrong; nothing was acknowledged."),
}


def response(name: str) -> Schema:
    return {"$ref": f"#/components/responses/{name}"}


def parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def asked(name: str, about: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": about, "schema": schema}


def header(name: str, about: str) -> Schema:
    return {"name": name, "in": "header", "description": about, "schema": TEXT}


def in_path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": "Its id.", "schema": TEXT}
