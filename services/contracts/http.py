"""Which requests does the HTTP API answer, and with what, in OpenAPI 3.1?

Of programs' requests only: pages are for people, and may change from one day to the next.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from adapters.cloudevents import BATCH, JSON, STRUCTURED
from adapters.outgoing import TYPES
from adapters.translation import FormatInformation, formats
from domain.disclosure import What
from services.contracts.events import OUT_EVENTS
from services.contracts.http_parts import (
    ASKS,
    KEYS,
    NUMBER,
    RESPONSES,
    SECURITY,
    TEXT,
    answer,
    asked,
    header,
    in_path,
    parameter,
    response,
)
from services.contracts.schemas import WRITTEN, Schema, components, own_formats, ref
from services.intake import LARGEST


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
            {
                "name": "outcomes",
                "description": "What became of an agency's own referrals since it was registered.",
            },
            {
                "name": "webhooks",
                "description": "What an agency that asked for it is sent, from the registration of "
                "its webhook on. What was before is asked for (outcomes).",
            },
            {"name": "health", "description": "Whether the service can be used."},
        ],
        "paths": dict(sorted(_paths())),
        "webhooks": {what: {"post": _told(what)} for what in TYPES},
        "components": {
            "schemas": {**components(_named()), **OUT_EVENTS},
            "parameters": {
                **{name: asked(name, *each) for name, each in ASKS.items()},
                **{name: header(name, about) for name, about in KEYS.items()},
            },
            "responses": RESPONSES,
            "securitySchemes": SECURITY,
        },
    }


def _named() -> list[str]:
    told = (f"out-{what}" for what in TYPES)
    lines = (question.line for question in QUESTIONS)
    return [*own_formats(), *told, *lines, "intake-line", "problem", "refusal"]


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
        "parameters": [parameter(each) for each in KEYS],
        "requestBody": {
            "description": "The message as it is; with `Content-Encoding: gzip`, packed.",
            "required": True,
            "content": content,
        },
        "responses": {
            "200": {**RESPONSES["receipts"], "description": "It was here already."},
            "201": response("receipts"),
            "400": response("damaged"),
            "401": response("nobody"),
            "409": {
                **RESPONSES["receipts"],
                "description": "Kept, and put to a person: its key was used for other content.",
            },
            "413": response("too-large"),
            "415": response("packed"),
            "422": response("refused"),
            "503": response("try-again"),
            "default": response("failed"),
        },
    }


def _question(question: Question) -> Schema:
    named = [part[1:-1] for part in question.path.split("/") if part.startswith("{")]
    lines = answer("The lines.", {"type": "array", "items": ref(question.line)})
    if question.pages:
        about = 'The address of the next page, as <…>; rel="next" (RFC 8288), while there is one.'
        lines["headers"] = {"Link": {"description": about, "schema": TEXT}}
    wrong = {"as_at", "as_known_at", "week", "limit", "after"} & set(question.asks)
    return {
        "operationId": question.line.replace("-line", "-lines"),
        "tags": ["questions"],
        "summary": question.summary,
        "security": [{"session": []}, {"person": []}],
        "parameters": [
            *(in_path(name) for name in named),
            *(parameter(name) for name in question.asks),
        ],
        "responses": {
            "200": lines,
            **({"400": response("bad-request")} if wrong else {}),
            "401": response("sign-in"),
            "404": response("not-found"),
            "503": response("away"),
            "default": response("problem"),
        },
    }


def _outcomes(*, of_one: bool = False) -> Schema:
    """The same events as by webhook and Kafka, recorded as disclosed before they are shown."""
    events = {"anyOf": [ref(f"out-{what}.event") for what in TYPES]}
    told = answer("The events.", {"type": "array", "items": events}, BATCH)
    asks: list[Schema] = [parameter("limit"), _since()]
    if of_one:
        asks = [in_path("referral")]
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
            **({} if of_one else {"400": response("bad-request")}),
            "401": response("sign-in"),
            "404": response("not-found"),
            "503": response("away"),
            "default": response("problem"),
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
    return asked("after", about, {"type": "integer", "minimum": 0})


def _health(name: str, summary: str) -> Schema:
    counts = {each: {"type": "integer"} for each in READY_COUNTS} if name == "ready" else {}
    state = {"type": "object", "properties": {"status": TEXT, **counts}, "required": ["status"]}
    not_yet = {"503": answer("Not yet: the pages catch up.", state)} if counts else {}
    return {
        "operationId": f"health-{name}",
        "tags": ["health"],
        "summary": summary,
        "security": [],
        "responses": {
            "200": answer("Yes.", state),
            **not_yet,
            "default": response("problem"),
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
    headers = [{**header(name, about), "required": True} for name, about in SIGNED.items()]
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
