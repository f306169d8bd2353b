"""Who is signed in on this browser, and may this machine sign in without proof?

A session is a signed cookie that holds a person's id and when they signed in; what they may do is
read anew from the record at each request, so that somebody who left is out at once. A second cookie
holds a random number, and every form carries its keyed hash, made with the id of whoever the page
was shown to: only our own pages can send one, and only that person.
"""

import hmac
import re
import secrets
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from services.access import Principal
from services.assemble import Parts
from services.sign_in import sign_in

COOKIE = "safeguarding"
BROWSER_COOKIE = "safeguarding-browser"
HOURS = 12
"""A session ends after so many hours; a form that was being filled in is kept by the page."""

SENDER_HEADER = "X-Demo-Sender"
PERSON_HEADER = "X-Demo-Person"

FORWARDED = {
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
}  # fmt: skip

Connection = ASGIConnection[Any, Any, Any, Any] | Request[Any, Any, Any]


def on_this_machine(connection: Connection) -> bool:
    """Whether a request comes from this machine itself, and not through a proxy or another name.

    Only then may somebody sign in without proof, or a sender be taken at its word.
    """
    if FORWARDED & {name.lower() for name in connection.headers}:
        return False
    host = _host(connection.headers.get("host", ""))
    client = connection.client.host if connection.client else ""
    return host in ("localhost", "127.0.0.1", "::1") and _is_loopback(client)


HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([0-9a-z.-]+))(?::[0-9]{1,5})?")
"""An IPv6 address in brackets or a name, then perhaps a port, and nothing else (RFC 3986)."""


def _host(header: str) -> str:
    """The name or address in a Host header; "" where it is none."""
    found = HOST.fullmatch(header.lower())
    return (found[1] or found[2]) if found else ""


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class Sessions:
    """Makes and reads the cookies of one store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._key = parts.store.vault.token("session", "cookie").encode()

    # ── Who is signed in ──────────────────────────────────────────────────────────────────────────

    def signed_in(self, person: str) -> Cookie:
        """The cookie of somebody who signs in now."""
        said = f"{person}|{int(self._parts.now().timestamp())}"
        return _cookie(COOKIE, f"{said}|{self._sign(said)}")

    def signed_out(self) -> Cookie:
        """The cookie of nobody."""
        return _cookie(COOKIE, "", max_age=0)

    def principal(self, connection: Connection) -> Principal | None:
        """Who is signed in; None if nobody is, the session is over, or they have left.

        All sign-in is without proof for now, and so counts on this machine alone.
        """
        if not on_this_machine(connection):
            return None
        person, fresh = self._read(connection)
        if person is None:
            person = connection.headers.get(PERSON_HEADER)
        elif not fresh:
            return None
        return sign_in(self._parts, person) if person else None

    def last(self, connection: Connection) -> str | None:
        """The id of whoever was signed in here last, also if their session is over."""
        return self._read(connection)[0] if on_this_machine(connection) else None

    def _read(self, connection: Connection) -> tuple[str | None, bool]:
        """The person in the cookie, and whether their session still runs."""
        said, _, signature = connection.cookies.get(COOKIE, "").rpartition("|")
        person, _, since = said.rpartition("|")
        if not person or not hmac.compare_digest(signature.encode(), self._sign(said).encode()):
            return None, False
        age = self._parts.now().timestamp() - int(since)
        return person, -60 <= age <= HOURS * 3600

    # ── Whose form it is ──────────────────────────────────────────────────────────────────────────

    def browser(self, connection: Connection) -> str:
        """The random number of this browser: the one in its cookie, else a new one to be set."""
        held = connection.cookies.get(BROWSER_COOKIE, "")
        return held if _is_browser(held) else secrets.token_hex(16)

    def browser_cookie(self, number: str) -> Cookie:
        return _cookie(BROWSER_COOKIE, number)

    def token(self, number: str, person: str = "") -> str:
        """What the forms on this browser's pages carry: on those shown to somebody, whose it is."""
        return f"{person}|{self._sign(f'browser|{number}|{person}')}"

    def is_token(self, connection: Connection, token: str) -> bool:
        """Whether a form carries the token of the browser that sends it."""
        held = connection.cookies.get(BROWSER_COOKIE, "")
        ours = self.token(held, self.shown_to(token))
        return _is_browser(held) and hmac.compare_digest(token.encode(), ours.encode())

    @staticmethod
    def shown_to(token: str) -> str:
        """To whom the page of a form was shown, by its token; "" for nobody who was signed in."""
        return token.rpartition("|")[0]

    def _sign(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), sha256).hexdigest()


def _is_browser(held: str) -> bool:
    return len(held) == 32 and set(held) <= set("0123456789abcdef")


def _cookie(name: str, value: str, max_age: int | None = None) -> Cookie:
    return Cookie(key=name, value=value, max_age=max_age, httponly=True, samesite="strict")
