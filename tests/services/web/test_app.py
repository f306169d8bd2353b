"""What goes with every answer, and what is said when something is wrong?"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from structlog.testing import capture_logs

from adapters import read_models
from adapters.access_log import Unrecorded
from adapters.vault import KeysUnavailable, VaultError
from services.web.app import application
from services.web.problems import problem_of
from services.web.templating import CONTENT_SECURITY_POLICY
from tests.parts.authority import DUTY, Authority
from tests.parts.site import Site, words_of

ROOT = Path(__file__).parents[3]
REFERRAL = "referral-" + "0" * 32


PATHS = (
    "/",
    "/sign-in",
    "/inbox",
    "/nowhere",
    f"/referrals/{REFERRAL}",
    "/static/app.css",
    "/static/nowhere.css",
    "/health/live",
    "/health/ready",
    "/api/inbox",
    "/api/nowhere",
)


def test_every_answer_has_the_policy_and_nothing_of_a_child_is_kept(shared_site: Site) -> None:
    visitor = shared_site.visitor(DUTY)
    for path in PATHS:
        headers = visitor.get(path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "server" not in headers, path
        kept = path == "/static/app.css"
        assert headers["cache-control"] == ("no-cache" if kept else "no-store"), path


def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    answers = [visitor.get("/sign-in"), visitor.send_form("/sign-in", person=DUTY, to="/")]
    cookies = [each for answer in answers for each in answer.headers.get_list("set-cookie")]
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie


def test_a_style_is_sent_once_and_then_only_asked_after(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    first = visitor.get("/static/govuk.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = visitor.get("/static/govuk.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = visitor.get("/static/govuk.css", headers={"if-none-match": '"another"'})
    assert other.status_code == 200


def test_only_our_own_files_are_served(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"):
        assert visitor.get(path).status_code == 404, path


def test_a_page_that_is_not_there_says_what_to_do(shared_site: Site) -> None:
    answer = shared_site.visitor(DUTY).get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such thing, or it is not yours to see." in words_of(answer)
    assert "Go to the start page" in words_of(answer)


def test_a_fault_of_ours_is_told_without_its_text(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    visitor = site.visitor(DUTY)
    with closing(sqlite3.connect(site.authority.folder / "read.db", isolation_level=None)) as read:
        read.execute("drop table inbox")
    page, answer = visitor.get("/inbox"), visitor.get("/api/inbox")
    assert page.status_code == answer.status_code == 500
    assert "Nothing that was acknowledged is lost." in words_of(page)
    assert answer.headers["content-type"] == "application/problem+json"
    said = "".join(capfd.readouterr())
    assert "request_failed" in said
    for told in (said, page.text, answer.text):
        assert "Traceback" not in told
        assert "no such table" not in told


def test_who_hangs_up_in_the_middle_is_no_fault_of_the_program(authority: Authority) -> None:
    sent = iter(
        [
            {"type": "http.request", "body": b"please r", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    said: list[Any] = []

    async def receive() -> Any:
        return next(sent)

    async def send(message: Any) -> None:
        said.append(message)

    headers = [(b"host", b"localhost"), (b"x-demo-sender", b"open-door")]
    scope: Any = {"type": "http", "method": "POST", "path": "/intake/auto", "headers": headers}
    scope |= {"raw_path": b"/intake/auto", "query_string": b"", "root_path": "", "scheme": "http"}
    scope |= {"client": ("127.0.0.1", 9), "server": ("127.0.0.1", 80), "http_version": "1.1"}
    before = authority.parts.store.newest()
    with capture_logs() as logged:
        anyio.run(application(authority.parts), scope, receive, send)
    assert [(line["event"], line["log_level"]) for line in logged] == [("client_hung_up", "info")]
    assert [m["status"] for m in said if m["type"] == "http.response.start"] == [400]
    assert authority.parts.store.newest() == before


def test_a_store_that_was_deleted_is_said_to_be_out_of_reach(site: Site) -> None:
    visitor = site.visitor(DUTY)
    assert visitor.get("/inbox").status_code == 200
    shutil.rmtree(site.authority.folder)
    for path in ("/inbox", "/api/inbox", "/health/ready"):
        answer = visitor.get(path)
        assert answer.status_code == 503, path
        assert "tell the operator" in answer.text, path


@pytest.mark.parametrize(
    "error",
    [
        VaultError("The key-encryption key is missing."),
        read_models.Unavailable("disk I/O error"),
        Unrecorded("The access log cannot be used now."),
        KeysUnavailable("The keys cannot be used now: database or disk is full"),
    ],
)
def test_what_may_work_later_is_no_fault_of_the_program(error: Exception) -> None:
    problem = problem_of(error)
    assert problem.status == 503
    assert str(error) not in problem.detail


def test_nothing_that_was_said_or_typed_is_logged(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    visitor, referral = site.visitor(DUTY), site.authority.referrals["late"]
    visitor.get(f"/referrals/{referral}?addresses=shown")
    visitor.send_form("/children", words="Boateng")
    decision = {"outcome": "advice", "rationale": "Zebra crossing.", "bad": "Zebra"}
    visitor.send_form(f"/referrals/{referral}/decide-referral", decision)
    headers = {"x-demo-sender": "open-door", "x-request-id": "Zebra key"}
    visitor.post("/intake/auto", content=b"Zebra was seen", headers=headers)
    visitor.get("/referrals/Zebra?words=Zebra")
    said = "".join(capfd.readouterr())
    assert "message_taken" in said
    for word in ("Zebra", "Ama", "Boateng", "bruise", "Quay Lane"):
        assert word not in said


def test_a_form_with_far_too_much_is_refused(shared_site: Site) -> None:
    visitor = shared_site.visitor(DUTY)
    fields = {f"field-{number}": "x" for number in range(3000)}
    assert visitor.send_form("/sign-in", fields).status_code == 400
    assert visitor.send_form("/sign-in", person="x" * 9_000_000).status_code == 413


def test_bytes_that_are_no_text_break_no_form(shared_site: Site) -> None:
    visitor = shared_site.visitor(DUTY)
    path = f"/referrals/{shared_site.authority.referrals['late']}/decide-referral"
    body = f"_csrf_token={visitor.token}&rationale=%FF%00%ED%A0%80&outcome=%00&happened_at-day=%FF"
    answer = visitor.post(
        path, content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 422
    assert "There is a problem" in words_of(answer)


# ── The process ───────────────────────────────────────────────────────────────────────────────────


SERVE = """
import sys
from services.assemble import all_parts
from services.logs import configure
from services.serve import serve
from services.settings import settings
configure()
with all_parts(settings(sys.argv[1])) as parts:
    serve(parts, port=0, announce=lambda address: print(address, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_whatever_browsers_have_open(authority: Authority, told: int) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(authority.folder)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    address = run.stdout.readline().strip()
    with httpx.Client(base_url=address, timeout=20) as open_page:
        assert open_page.get("/health/live").status_code == 200
        host, _, port = address.removeprefix("http://").partition(":")
        half = socket.create_connection((host, int(port)))  # a browser that never finished asking
        half.sendall(
            b"POST /intake/auto HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf"
        )
        began = time.monotonic()
        run.send_signal(told)
        out, error = run.communicate(timeout=20)
        took = time.monotonic() - began
        half.close()
    assert took < 3, took
    assert out == "ended\n"
    assert "Traceback" not in error
    assert run.returncode == 0


def test_no_answer_waits_for_more_to_be_sent_with_it() -> None:
    from services.serve import listening

    with listening("127.0.0.1", 0) as taken, socket.create_connection(taken.getsockname()):
        accepted, _ = taken.accept()
        with accepted:  # asyncio turns the delay off only where it is told that it is TCP
            assert accepted.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_said_to_be(authority: Authority) -> None:
    from services.serve import PortTaken, listening

    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match="choose another --port"):
            listening("127.0.0.1", port)
