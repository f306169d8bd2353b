"""Is somebody believed without proof on this machine alone, by its own name, without a proxy?"""

from tests.parts.authority import DUTY
from tests.parts.site import Site, Visitor, words_of

ELSEWHERE = [
    {"x-forwarded-for": "127.0.0.1"},
    {"x-forwarded-proto": "https"},
    {"forwarded": "for=127.0.0.1"},
    {"x-real-ip": "127.0.0.1"},
    {"via": "1.1 proxy"},
    {"host": "safeguarding.example"},
    {"host": "localhost.evil.example:80"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "[::2]:80"},
    {"host": "[::1]evil.example"},
    {"host": "[::1]:80.evil.example"},
    {"host": "[::1"},
    {"host": "[localhost]"},
    {"host": "localhost:evil"},
    {"host": "127.0.0.1:80:80"},
    {"host": "localhost@evil.example"},
]


def test_through_another_name_or_a_proxy_nobody_is_believed(shared_site: Site) -> None:
    visitor = shared_site.visitor(DUTY)
    for headers in ELSEWHERE:
        nobody_is_believed(shared_site, visitor, headers)


def nobody_is_believed(site: Site, visitor: Visitor, headers: dict[str, str]) -> None:
    assert visitor.get("/inbox", headers=headers).status_code == 303
    named = {**headers, "x-demo-person": DUTY}
    assert site.visitor().get("/api/inbox", headers=named).status_code == 401
    page = visitor.get("/sign-in", headers=headers)
    assert "Nobody can sign in from here" in words_of(page)
    assert "Grace Ofori" not in words_of(page)
    fields = {"_csrf_token": visitor.token, "person": DUTY, "to": "/"}
    assert visitor.post("/sign-in", data=fields, headers=headers).status_code == 200
    sent = visitor.post(
        "/intake/auto", content=b"ring me", headers={**headers, "x-demo-sender": "open-door"}
    )
    assert sent.status_code == 401
    assert sent.json()["result"] == "refused"


def test_this_machine_under_its_own_names_is_believed(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    for host in ("localhost", "LOCALHOST:80", "127.0.0.1:8000", "[::1]:8000"):
        headers = {"host": host, "x-demo-person": DUTY}
        assert visitor.get("/api/inbox", headers=headers).status_code == 200, host


def test_a_person_who_is_none_is_nobody(shared_site: Site) -> None:
    for name in ("", "nobody", "command-line", "grace ofori", "a" * 5000, "'; drop table people"):
        headers = {"x-demo-person": name}
        assert shared_site.visitor().get("/api/inbox", headers=headers).status_code == 401
