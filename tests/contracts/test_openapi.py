"""Is the contract of the HTTP API OpenAPI, and does a running server answer as it says?"""

import gzip
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from services.contracts import VERSION
from services.contracts.http import QUESTIONS, openapi
from services.web.api import ROUTES
from tests.adapters.messages import format_named
from tests.parts.authority import DUTY, MANAGER, form
from tests.parts.site import Site

DOCUMENT = openapi(VERSION)
SENDER = {"x-demo-sender": "open-door", "content-type": "application/json"}


def test_it_is_valid_by_an_outside_library() -> None:
    validate(DOCUMENT)


def test_every_request_that_programs_may_make_is_in_it() -> None:
    served = {
        f"{method} {path}".replace(":str", "")
        for route in ROUTES
        for path in route.paths
        for method in route.http_methods
        if method in ("GET", "POST")
    }
    told = {
        f"{method.upper()} {'/intake/{format}' if path.startswith('/intake/') else path}"
        for path, item in DOCUMENT["paths"].items()
        for method in item
    }
    assert told == served


def followed(held: Any) -> Any:
    while isinstance(held, dict) and "$ref" in held:
        found: Any = DOCUMENT
        for step in held["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        held = found
    return held


def as_told(answer: httpx.Response, path: str, method: str = "get") -> Any:
    """The answer's JSON, which is as the contract says of its status and content type."""
    responses = DOCUMENT["paths"][path][method]["responses"]
    told = followed(responses[str(answer.status_code)])
    kind = answer.headers["content-type"].partition(";")[0]
    schema = {**followed(told["content"][kind]["schema"]), "components": DOCUMENT["components"]}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    found: Any = answer.json()
    assert [each.message for each in validator.iter_errors(found)] == []
    return found


def members(line: str) -> set[str]:
    return set(DOCUMENT["components"]["schemas"][line]["properties"])


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.line)
def test_a_question_is_answered_as_it_says(shared_site: Site, question: Any) -> None:
    visitor = shared_site.visitor(MANAGER)
    child, *_ = shared_site.authority.children.values()
    path = question.path.format(child=child, team="team-east")
    lines = as_told(visitor.get(path), question.path)
    if question.line != "flag-line":  # no flag is up
        assert lines
    for line in lines:
        assert set(line) <= members(question.line)
    nobody = shared_site.visitor().get(path)
    assert nobody.status_code == 401
    as_told(nobody, question.path)


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/api/deadlines", "as_at=soon", 400),
        ("/api/children", "limit=0", 400),
        ("/api/teams/{team}", "week=now", 400),
        ("/api/children/{child}/timeline", "", 404),
    ],
)
def test_what_is_not_answered_says_why_as_it_says(
    shared_site: Site, path: str, asked: str, status: int
) -> None:
    visitor = shared_site.visitor(DUTY)
    answer = visitor.get(f"{path.format(child='child-none', team='team-none')}?{asked}")
    assert answer.status_code == status
    assert as_told(answer, path)["status"] == status


def test_a_link_to_the_next_page_is_as_it_says(shared_site: Site) -> None:
    answer = shared_site.visitor(DUTY).get("/api/children?limit=1")
    assert as_told(answer, "/api/children")
    told = DOCUMENT["paths"]["/api/children"]["get"]["responses"]["200"]
    assert {"link"} == {name.lower() for name in told["headers"]} & set(answer.headers)


def test_what_an_agency_is_told_is_as_it_says(site: Site) -> None:
    visitor = site.visitor("open-door")
    answer = visitor.get("/api/outcomes")
    assert as_told(answer, "/api/outcomes")
    told = DOCUMENT["paths"]["/api/outcomes"]["get"]["responses"]["200"]
    assert {"link", "retry-after"} == {name.lower() for name in told["headers"]} & set(
        answer.headers
    )
    path, referral = "/api/referrals/{referral}", site.authority.referrals["decided"]
    assert as_told(visitor.get(path.format(referral=referral)), path)
    as_told(visitor.get(path.format(referral="referral-none")), path)
    as_told(visitor.get("/api/outcomes?limit=0"), "/api/outcomes")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_as_it_says(shared_site: Site, path: str) -> None:
    as_told(shared_site.visitor().get(path), path)


def test_a_receipt_is_as_it_says(site: Site) -> None:
    visitor, headers = site.visitor(), {**SENDER, "x-request-id": "key-1"}
    for number, status in (("9", 201), ("9", 200), ("10", 409)):
        answer = visitor.post("/intake/webform", content=form(number=number), headers=headers)
        assert answer.status_code == status
        assert set(as_told(answer, "/intake/webform", "post")) == members("intake-line")


def test_the_receipts_of_several_in_one_message_are_as_it_says(site: Site) -> None:
    body = b"".join(format_named("hl7v2").example(seed) for seed in (1, 2))
    headers = {"x-demo-sender": "city-hospital"}
    answer = site.visitor().post("/intake/hl7v2", content=body, headers=headers)
    receipts = as_told(answer, "/intake/hl7v2", "post")
    assert [set(each) for each in receipts] == [members("intake-line")] * 2


def damaged(headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return gzip.compress(form())[:-9], {**headers, "content-encoding": "gzip"}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (damaged, 400),
        (lambda headers: (form(), {}), 401),
        (lambda headers: (b"x" * (25 * 2**20 + 1), headers), 413),
        (lambda headers: (form(), {**headers, "content-encoding": "br"}), 415),
        (lambda headers: (b"", headers), 422),
        (lambda headers: (form(), {**headers, "x-demo-sender": "nobody"}), 422),
    ],
    ids=["damaged", "nobody", "too large", "packed", "empty", "unknown"],
)
def test_a_refusal_is_as_it_says(
    shared_site: Site,
    sent: Callable[[dict[str, str]], tuple[bytes, dict[str, str]]],
    status: int,
) -> None:
    body, headers = sent(SENDER)
    answer = shared_site.visitor().post("/intake/webform", content=body, headers=headers)
    assert answer.status_code == status
    told = as_told(answer, "/intake/webform", "post")
    assert set(told) <= members("refusal")
    assert told["result"] == "refused"
