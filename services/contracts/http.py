"""Which requests does the HTTP API answer, and with what, in OpenAPI 3.1?

Of programs' requests only: pages are for people, and may change from one day to the next.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from adapters.cloudevents import BATCH, JSON, STRUCTURED
from adapters.outgoing import TYPES
from adapters.translation import FormatInformation, formats
from domain.disclosure import What
from services import questions
from services.contracts.events import OUT_EVENTS
from services.contracts.schemas import WRITTEN, Schema, components, own_formats, ref
from services.intake import LARGEST
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


class Question(NamedTuple):
    """A question under `/api/`. `line`: the name of its lines' schema."""

    path: str
    line: str
    summary: str
    asks: tuple[str, ...] = ()
    pages: bool = False


QUESTIONS = (
    Question("/api/inbox", "inbox-line", "Referrals that wait for a decision", ("team",)),
    Question(
        "/api/children",
        "child-line",
        "Children on record, those registered last first",
        ("limit", "after"),
        pages=True,
    ),
    Question(
        "/api/children/{child}/timeline",
        "timeline-line",
        "One child's story from every agency, in the order in which things happened",
        ("agency", "kind", "as_known_at"),
    ),
    Question(
        "/api/deadlines",
        "deadline-line",
        "What is due, for whom, since when",
        ("overdue", "team", "worker", "as_at", "as_known_at"),
    ),
    Question("/api/teams", "team-line", "The teams"),
    Question("/api/teams/{team}", "measure-line", "A team's week", ("week", "as_at")),
    Question("/api/flags", "flag-line", "Teams whose practice slips", ("team",)),
)

KEYS = {
    "X-Request-ID": "Sent again under the same key, a message is stored once.",
    "Idempotency-Key": "The same, where X-Request-ID is not given.",
    "X-Correlation-ID": "The key of an earlier message that this one belongs to.",
}

ABOUT = f"""\
Agencies send their messages, each in its own format, to `/intake/FORMAT`; `auto` finds out which
it is. Nothing is refused over its content: what cannot be read is kept for a person, and the
receipt says so. A message of more than {LARGEST // 2**20} MiB is refused.

Whoever asks under `/api/` is shown what their role lets them see, and that they looked is
recorded. What may not be seen cannot be told from what is not there: both are 404.

Read leniently: another member may come at any time, and lists that are said to grow will grow.
"""


def openapi(version: str) -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Safeguarding referrals",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "http://127.0.0.1:8000", "description": "A demo on this machine"}],
        "tags": [
            {"name": "intake", "description": "Messages of agencies."},
            {"name": "questions", "description": "What the pages show, as JSON."},
            {"name": "outcomes", "description": "What became of an agency's own referrals."},
            {"name": "webhooks", "description": "What an agency that asked for it is sent."},
            {"name": "health", "description": "Whether the service can be used."},
        ],
        "paths": dict(sorted(_paths())),
        "webhooks": {what: {"post": _told(what)} for what in TYPES},
        "components": {
            "schemas": {**components(_named()), **OUT_EVENTS},
            "parameters": {
                **{name: _asked(name, *each) for name, each in ASKS.items()},
                **{name: _key(name, about) for name, about in KEYS.items()},
            },
            "responses": RESPONSES,
            "securitySchemes": SECURITY,
        },
    }


def _named() -> list[str]:
    told = (f"out-{what}" for what in TYPES)
    lines = (question.line for question in QUESTIONS)
    return [*own_formats(), *told, *lines, "intake-line", "problem", "refusal"]


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

# ── Answers ───────────────────────────────────────────────────────────────────────────────────────

PROBLEM = "application/problem+json"


def _answer(description: str, schema: Schema, kind: str = JSON) -> Schema:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _refusal(description: str) -> Schema:
    return _answer(description, ref("refusal"), PROBLEM)


RESPONSES = {
    "problem": _answer("Something else went wrong.", ref("problem"), PROBLEM),
    "bad-request": _answer("A value of the query is not what it must be.", ref("problem"), PROBLEM),
    "sign-in": _answer("Nobody is signed in.", ref("problem"), PROBLEM),
    "not-found": _answer("It is not there, or not yours to see.", ref("problem"), PROBLEM),
    "away": _answer("The records cannot be reached: try again.", ref("problem"), PROBLEM),
    "receipts": _answer(
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


def _response(name: str) -> Schema:
    return {"$ref": f"#/components/responses/{name}"}


def _parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def _asked(name: str, about: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": about, "schema": schema}


def _key(name: str, about: str) -> Schema:
    return {"name": name, "in": "header", "description": about, "schema": TEXT}


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────


def _paths() -> Iterator[tuple[str, Schema]]:
    yield "/intake/auto", {"post": _send("auto", "A message of any format", _any_format())}
    for name, each in formats().items():
        yield f"/intake/{name}", {"post": _send(name, each.FORMAT.title, _body(each.FORMAT))}
    for question in QUESTIONS:
        yield question.path, {"get": _question(question)}
    yield "/api/outcomes", {"get": _outcomes()}
    yield "/api/referrals/{referral}", {"get": _outcomes(of_one=True)}
    yield "/health/live", {"get": _health("live", "Whether the process runs")}
    yield "/health/ready", {"get": _health("ready", "Whether it can be used")}


def _body(format: FormatInformation) -> Schema:
    """What is sent, by its content type: with a schema where the JSON is of our definition."""
    own = {JSON: {"schema": ref(format.name)}} if format.schema else {}
    return {each: own.get(each, {}) for each in format.content_types}


def _any_format() -> Schema:
    own = [ref(name) for name in own_formats()]
    kinds = sorted({kind for each in formats().values() for kind in each.FORMAT.content_types})
    found: Schema = {kind: {} for kind in kinds}
    return found | {JSON: {"schema": {"anyOf": own}}, "application/octet-stream": {}}


def _send(name: str, title: str, content: Schema) -> Schema:
    return {
        "operationId": f"send-{name}",
        "tags": ["intake"],
        "summary": title,
        "security": [{"sender": []}],
        "parameters": [_parameter(key) for key in KEYS],
        "requestBody": {
            "description": "The message as it is; with `Content-Encoding: gzip`, packed.",
            "required": True,
            "content": content,
        },
        "responses": {
            "200": {**RESPONSES["receipts"], "description": "It was here already."},
            "201": _response("receipts"),
            "400": _response("damaged"),
            "401": _response("nobody"),
            "409": {
                **RESPONSES["receipts"],
                "description": "Kept, and put to a person: its key was used for other content.",
            },
            "413": _response("too-large"),
            "415": _response("packed"),
            "422": _response("refused"),
            "503": _response("try-again"),
            "default": _response("failed"),
        },
    }


def _question(question: Question) -> Schema:
    named = [part[1:-1] for part in question.path.split("/") if part.startswith("{")]
    in_path = [_in_path(name) for name in named]
    lines = _answer("The lines.", {"type": "array", "items": ref(question.line)})
    if question.pages:
        about = 'The address of the next page, as <…>; rel="next" (RFC 8288), while there is one.'
        lines["headers"] = {"Link": {"description": about, "schema": TEXT}}
    wrong = {"as_at", "as_known_at", "week", "limit", "after"} & set(question.asks)
    return {
        "operationId": question.line.replace("-line", "-lines"),
        "tags": ["questions"],
        "summary": question.summary,
        "security": [{"session": []}, {"person": []}],
        "parameters": [*in_path, *(_parameter(name) for name in question.asks)],
        "responses": {
            "200": lines,
            **({"400": _response("bad-request")} if wrong else {}),
            "401": _response("sign-in"),
            "404": _response("not-found"),
            "503": _response("away"),
            "default": _response("problem"),
        },
    }


def _outcomes(*, of_one: bool = False) -> Schema:
    """The same events as by webhook and Kafka, recorded as disclosed before they are shown."""
    events = {"anyOf": [ref(f"out-{what}.event") for what in TYPES]}
    told = _answer("The events.", {"type": "array", "items": events}, BATCH)
    asks: list[Schema] = [_parameter("limit"), _since()]
    if of_one:
        asks = [_in_path("referral")]
    else:
        told["headers"] = GOES_ON
    return {
        "operationId": "outcomes-of-referral" if of_one else "outcomes",
        "tags": ["outcomes"],
        "summary": "What became of one of your referrals"
        if of_one
        else "What became of your referrals since you last asked, the oldest first",
        "security": [{"session": []}, {"person": []}],
        "parameters": asks,
        "responses": {
            "200": told,
            **({} if of_one else {"400": _response("bad-request")}),
            "401": _response("sign-in"),
            "404": _response("not-found"),
            "503": _response("away"),
            "default": _response("problem"),
        },
    }


GOES_ON: dict[str, Schema] = {
    "Link": {
        "description": 'Where to go on asking, as <…>; rel="next" (RFC 8288).',
        "schema": TEXT,
    },
    "Retry-After": {
        "description": "Given where nothing more is there now: ask again in so many seconds.",
        "schema": NUMBER,
    },
}


def _since() -> Schema:
    about = "What the link of an earlier answer says; 0, or left out, to begin."
    return _asked("after", about, {"type": "integer", "minimum": 0})


def _in_path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": "Its id.", "schema": TEXT}


def _health(name: str, summary: str) -> Schema:
    counts = {each: {"type": "integer"} for each in READY_COUNTS} if name == "ready" else {}
    state = {"type": "object", "properties": {"status": TEXT, **counts}, "required": ["status"]}
    not_yet = {"503": _answer("Not yet: the pages catch up.", state)} if counts else {}
    return {
        "operationId": f"health-{name}",
        "tags": ["health"],
        "summary": summary,
        "security": [],
        "responses": {
            "200": _answer("Yes.", state),
            **not_yet,
            "default": _response("problem"),
        },
    }


SIGNED = {
    "webhook-id": "The id of the event: the same each time that it is sent.",
    "webhook-timestamp": "When it was sent: seconds since 1970.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body` under the webhook's "
    "secret, in base64; several with blanks between, while a secret is being changed.",
}
"""Source: Standard Webhooks 1.0.0."""


def _told(what: What) -> Schema:
    name = f"out-{what}"
    headers = [{**_key(header, about), "required": True} for header, about in SIGNED.items()]
    return {
        "operationId": f"tell-{what}",
        "tags": ["webhooks"],
        "summary": WRITTEN[name].title,
        "security": [],
        "parameters": headers,
        "requestBody": {
            "required": True,
            "content": {STRUCTURED: {"schema": ref(f"{name}.event")}},
        },
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "Gone: the webhook is not called any more."},
            "default": {"description": "Not taken: it is sent again later, under the same id."},
        },
    }


READY_COUNTS = ("behind", "parked")
"""Of events: not shown on the pages yet, and set aside for somebody to look at."""
