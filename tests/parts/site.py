"""Where do the page tests send their requests? To a real server on a real socket, of `authority`.

`site` serves it with its projections, as the demo does, and hands out browsers without a screen;
`shared_site` is one for all tests of a file that only look.
"""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.parts.authority import Authority, copied

PATIENCE_SECONDS = 20
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Certificates are not read for every browser: the server speaks plain HTTP."""


class Reader(HTMLParser):
    """The words and the hidden inputs of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.words: list[str] = []
        self._skipping = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._skipping = tag in ("script", "style")
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[given.get("name") or ""] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._skipping = False

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.words.append(data)


def words_of(answer: httpx.Response) -> str:
    """What a person reads on a page, its spaces drawn together."""
    return " ".join(" ".join(Reader(answer.text).words).split())


def hidden(answer: httpx.Response) -> dict[str, str]:
    """The hidden inputs of the page's main form: those of the header's are not among them."""
    _, _, main = answer.text.partition("<main")
    return Reader(main).hidden


class Visitor(httpx.Client):
    """A browser that follows links but not redirects, and whose forms carry the page's token."""

    @cached_property
    def token(self) -> str:
        """Of the forms on this browser's pages."""
        return Reader(self.get("/sign-in").text).hidden["_csrf_token"]

    def sign_in(self, person: str) -> None:
        answer = self.send_form("/sign-in", person=person, to="/")
        assert answer.status_code == 303, answer.status_code

    def send_form(self, path: str, fields: Any = (), **more: str) -> httpx.Response:
        """What a form on one of the pages would send there."""
        pairs = {"_csrf_token": self.token, **dict(fields), **more}
        return self.post(path, data=pairs)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page that a redirect leads to."""
        assert answer.status_code == 303, (answer.status_code, words_of(answer))
        return self.get(answer.headers["location"])


class Site:
    """A running server: `address`, and browsers on this machine."""

    def __init__(self, authority: Authority, address: str) -> None:
        self.authority, self.address = authority, address
        self._open: list[Visitor] = []

    def visitor(self, person: str | None = None) -> Visitor:
        """A fresh browser, signed in as somebody."""
        made = Visitor(base_url=self.address, timeout=PATIENCE_SECONDS, verify=NO_AUTHORITIES)
        self._open.append(made)
        if person:
            made.sign_in(person)
        return made

    def close(self) -> None:
        for each in self._open:
            each.close()


@contextmanager
def served(authority: Authority) -> Iterator[Site]:
    from services.serve import listening, projections_running, server_of

    with listening("127.0.0.1", 0) as taken, projections_running(authority.parts):
        server = server_of(authority.parts, demo=True)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, name="server")
        thread.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not server.started and time.monotonic() < until:
            time.sleep(0.005)  # it has no other sign that it has started
        made = Site(authority, f"http://127.0.0.1:{taken.getsockname()[1]}")
        try:
            yield made
        finally:
            made.close()
            server.end()
            thread.join(PATIENCE_SECONDS)


@pytest.fixture
def site(authority: Authority) -> Iterator[Site]:
    with served(authority) as made:
        yield made


@pytest.fixture(scope="module")
def shared_site(
    made_authority: tuple[Path, Mapping[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One for the tests of a file that only look: they give no command and move no clock."""
    with (
        copied(made_authority, tmp_path_factory.mktemp("shared") / "store") as authority,
        served(authority) as made,
    ):
        yield made
