"""Who is signed in on this browser, and may this machine sign in without proof?

A session is a signed cookie that holds a person's id and when they signed in; what they may do is
read anew from the record at each request, so that somebody who left is out at once.
"""

import hmac
import time
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection

from services.access import Principal
from services.assemble import Parts
from services.sign_in import sign_in

COOKIE = "safeguarding"
HOURS = 12
"""A session ends after so many hours; a form that was being filled in is kept by the page."""

SENDER_HEADER = "X-Demo-Sender"
PERSON_HEADER = "X-Demo-Person"

Connection = ASGIConnection[Any, Any, Any, Any] | Request[Any, Any, Any]


def on_this_machine(connection: Connection) -> bool:
    """Whether a request comes from this machine itself, and not through a proxy or another name.

    Only then may somebody sign in without proof, or a sender be taken at its word.
    """
    forwarded = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"}
    if forwarded & {name.lower() for name in connection.headers}:
        return False
    host = _host(connection.headers.get("host", ""))
    client = connection.client.host if connection.client else ""
    return host in ("localhost", "127.0.0.1", "::1") and _is_loopback(client)


def _host(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class Sessions:
    """Makes and reads session cookies of one store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._key = parts.store.vault.token("session", "cookie").encode()

    def cookie(self, person: str) -> str:
        """The cookie's value for somebody who signs in now."""
        said = f"{person}|{int(time.time())}"
        return f"{said}|{self._sign(said)}"

    def principal(self, connection: Connection) -> Principal | None:
        """Who is signed in; None if nobody is, the session is over, or they have left."""
        person = self._person(connection.cookies.get(COOKIE, ""))
        if person is None and on_this_machine(connection):
            person = connection.headers.get(PERSON_HEADER)
        return sign_in(self._parts, person) if person else None

    def _person(self, cookie: str) -> str | None:
        said, _, signature = cookie.rpartition("|")
        person, _, since = said.rpartition("|")
        if not person or not hmac.compare_digest(signature.encode(), self._sign(said).encode()):
            return None
        age = time.time() - int(since)
        return person if 0 <= age <= HOURS * 3600 else None

    def _sign(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), sha256).hexdigest()
