"""Has every route a rule, and can nobody tell what they may not see from what is not there?"""

import sqlite3
import time
from collections.abc import Iterator

import pytest
from litestar.handlers import HTTPRouteHandler

from services.access import ACTIONS
from services.web.app import application
from services.web.routes import DENIED_SECONDS
from tests.parts.authority import AUDITOR, DUTY, OTHER_WORKER, WORKER, Authority
from tests.parts.site import Site, words_of

OPEN = {
    "/": "shows nothing: it leads on",
    "/sign-in": "names only those whom this machine may sign in as",
    "/sign-in POST": "signs somebody in, and shows nothing but where they go",
    "/sign-out POST": "ends a session, and shows nothing",
    "/health/live": "tells only that the process runs",
    "/health/ready": "tells only whether it can be used",
    "/intake/{format:str} POST": "the sender proves who it is; nothing is shown but its receipt",
    "/static/{path:path}": "our own style and scripts: nothing of anybody",
}
"""Every route that asks for nobody, and why that is right. Think before you add one."""


def handlers(authority: Authority) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in application(authority.parts).routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and "OPTIONS" not in handler.http_methods:
                method = "" if "GET" in handler.http_methods else " POST"
                yield f"{route.path_format}{method}", handler


def test_every_route_has_a_rule(authority: Authority) -> None:
    opened = {}
    for path, handler in handlers(authority):
        rule = handler.opt.get("rule", {})
        actions = [rule["action"]] if "action" in rule else list(rule.get("actions", ()))
        if actions:
            assert set(actions) <= set(ACTIONS), path
            assert "open" not in rule, path
        else:
            opened[path] = rule.get("open")
    assert opened == {
        path.replace(":str", "").replace(":path", ""): why for path, why in OPEN.items()
    }


def test_a_page_that_nobody_has_signed_in_for_shows_nobody(shared_site: Site) -> None:
    visitor = shared_site.visitor()
    known = {
        "{referral}": shared_site.authority.referrals["late"],
        "{child}": shared_site.authority.children["ama"],
    }
    for path, handler in handlers(shared_site.authority):
        if "GET" not in handler.http_methods or path in ("/", "/sign-in", "/static/{path}"):
            continue
        for name, value in known.items():
            path = path.replace(name, value)
        answer = visitor.get(path)
        assert answer.status_code in (200, 303, 401, 404), path
        for name in ("Ama", "Boateng", "Ofori", "bruise"):
            assert name not in answer.text, path


def test_denied_and_absent_look_the_same(shared_site: Site) -> None:
    west = shared_site.visitor(OTHER_WORKER)
    there = shared_site.authority.referrals["decided"]
    absent = "referral-" + "0" * 32
    child, no_child = shared_site.authority.children["kofi"], "child-" + "0" * 32
    for one, other in (
        (f"/referrals/{there}", f"/referrals/{absent}"),
        (f"/referrals/{there}/decide-referral", f"/referrals/{absent}/decide-referral"),
        (f"/referrals/{there}/messages/15", f"/referrals/{absent}/messages/15"),
        (f"/api/children/{child}/timeline", f"/api/children/{no_child}/timeline"),
    ):
        denied, missing = west.get(one), west.get(other)
        assert denied.status_code == missing.status_code == 404
        assert denied.content == missing.content
        assert {**denied.headers, "date": ""} == {**missing.headers, "date": ""}


def test_a_denial_takes_as_long_as_an_absence(shared_site: Site) -> None:
    west = shared_site.visitor(OTHER_WORKER)
    for referral in (shared_site.authority.referrals["decided"], "referral-" + "0" * 32):
        began = time.monotonic()
        assert west.get(f"/referrals/{referral}").status_code == 404
        assert time.monotonic() - began >= DENIED_SECONDS


def test_a_referrer_learns_nothing_of_another_agency(shared_site: Site) -> None:
    police = shared_site.visitor("north-police")
    absent = police.get("/referrals/referral-" + "0" * 32)
    for name in ("late", "decided", "west", "known"):
        answer = police.get(f"/referrals/{shared_site.authority.referrals[name]}")
        assert (answer.status_code, answer.content) == (404, absent.content)
        refused = police.send_form(
            f"/referrals/{shared_site.authority.referrals[name]}/ask", words="And?"
        )
        assert refused.status_code == 404
    for path in ("/inbox", "/log", "/api/inbox", "/api/children"):
        assert police.get(path).status_code == 404


def test_the_roles_see_their_own_places_and_no_others(shared_site: Site) -> None:
    places = ("/inbox", "/log", "/referrals")
    for person, wanted in ((DUTY, "/inbox"), (AUDITOR, "/log"), ("open-door", "/referrals")):
        visitor = shared_site.visitor(person)
        assert [place for place in places if visitor.get(place).status_code == 200] == [wanted]


def test_a_look_is_on_record_before_it_is_shown(shared_site: Site) -> None:
    log = shared_site.authority.parts.gate.log
    referral = shared_site.authority.referrals["late"]
    shared_site.visitor(DUTY).get(f"/referrals/{referral}")
    look = log.seen_by(referral)[0]
    assert (look.person, look.action, look.permitted) == (DUTY, "see-referral", True)
    assert shared_site.authority.children["ama"] in look.about
    shared_site.visitor(OTHER_WORKER).get(
        f"/referrals/{shared_site.authority.referrals['decided']}"
    )
    denied = log.newest()
    assert denied is not None
    assert (denied.person, denied.permitted) == (OTHER_WORKER, False)


def test_what_cannot_be_recorded_is_not_shown(site: Site) -> None:
    visitor = site.visitor(DUTY)
    referral = site.authority.referrals["late"]
    path = site.authority.folder / "access.db"
    held = sqlite3.connect(path, isolation_level=None)
    held.execute("create trigger broken before insert on looks begin select raise(abort, 'x'); end")
    held.close()
    for place in (f"/referrals/{referral}", "/inbox", "/api/inbox"):
        answer = visitor.get(place)
        assert answer.status_code == 503, place
        assert "Boateng" not in answer.text
    assert "written down first" in words_of(visitor.get("/inbox"))
    assert visitor.get("/api/inbox").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/sign-out", "/sign-in", "/referrals/new", "/referrals/{late}/decide-referral"]
)
def test_a_form_from_elsewhere_does_nothing(shared_site: Site, path: str) -> None:
    visitor = shared_site.visitor(WORKER)
    path = path.format(late=shared_site.authority.referrals["late"])
    newest = shared_site.authority.parts.store.newest()
    for token in (None, "", "0" * 64, shared_site.visitor().token):
        answer = visitor.post(path, data={"_csrf_token": token} if token is not None else {})
        assert answer.status_code == 403
        assert "Nothing was stored" in words_of(answer)
    assert shared_site.authority.parts.store.newest() == newest
