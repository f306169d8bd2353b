"""How does one message reach an agency's webhook, and what did its receiver answer?

Source: Standard Webhooks 1.0.0 (headers, signature, `whsec_` secrets, 410 for "gone").

The address was given by somebody else, and is called from inside the council's network. So a name
is looked up here, only addresses that are public are connected to, and no redirect is followed. Of
the answer its status counts; its body is not kept. Each delivery has a connection of its own and a
time within which it must be over, however slowly the receiver answers.
"""

import base64
import hmac
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from typing import Any, Literal

import httpcore
from msgspec import Struct

from adapters.cloudevents import STRUCTURED
from domain.web_address import is_public

SECONDS = 15.0
"""How long a delivery may take in all. Source: Standard Webhooks, which asks for 15 to 30."""

CONNECT_SECONDS = 2.0
"""How long one of a host's addresses is tried."""

LOOK_SECONDS = 0.2
"""How soon a delivery that waits for its answer notices that it is to stop."""

GRACE_SECONDS = 0.5
"""How long an answer that is on its way is waited for when a delivery is to stop."""

SECRET = "whsec_"  # noqa: S105 - what every secret begins with

Reason = Literal[
    "accepted", "gone", "redirected", "answered-no", "timed-out", "no-such-host", "not-public",
    "unreachable", "not-trusted", "no-answer", "stopped",
]  # fmt: skip
"""Why it went as it did. `answered-no`: with its `status`; `not-trusted`: its certificate."""


class Message(Struct, frozen=True, kw_only=True):
    """One message. `id` is the same each time it is sent, so that a receiver knows it again.

    `secrets`: it is signed with each of them. `here`: the address is one of this machine.
    """

    id: str
    body: bytes
    url: str
    secrets: tuple[str, ...]
    here: bool = False


class Answer(Struct, frozen=True):
    """`later`: it is to be sent again."""

    result: Literal["delivered", "gone", "later"]
    reason: Reason
    status: int | None = None


class NotPublic(Exception):
    """The name stands for no address that may be connected to."""


class NoSuchHost(Exception):
    """Nobody knows the name now."""


class Stopped(Exception):
    """We are to end: what was begun is sent again by whoever comes after us."""


class Sender:
    """Sends messages to the receivers of agencies. Safe to share between threads."""

    def __init__(
        self, stop: Event, *, authority: Path | None = None, seconds: float = SECONDS
    ) -> None:
        """`authority`: certificates (PEM) that are trusted besides the system's.

        Raises `OSError` for a file that holds none.
        """
        self._stop = stop
        self._seconds = seconds
        self._trusted = ssl.create_default_context()
        if authority:
            self._trusted.load_verify_locations(authority)

    def send(self, message: Message, now: int) -> Answer:
        """Send it once; `now`: seconds since 1970, which are signed too."""
        backend = Guarded(self._stop, time.monotonic() + self._seconds, here=message.here)
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=self._trusted, network_backend=backend, max_keepalive_connections=0
                ) as pool,
                pool.stream(
                    "POST", message.url, headers=headers(message, now), content=message.body
                ) as response,
            ):
                return _answer(response.status)
        except Stopped:
            return Answer("later", "stopped")
        except NotPublic:
            return Answer("later", "not-public")
        except NoSuchHost:
            return Answer("later", "no-such-host")
        except httpcore.TimeoutException:
            return Answer("later", "timed-out")
        except httpcore.ConnectError as error:
            return Answer("later", "not-trusted" if _is_about_tls(error) else "unreachable")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Answer("later", "no-answer")


def headers(message: Message, now: int) -> list[tuple[str, str]]:
    """What goes with the body: who it is from, what it is, and how that can be verified."""
    signed = " ".join(signature(each, message.id, now, message.body) for each in message.secrets)
    return [
        ("content-type", f"{STRUCTURED}; charset=utf-8"),
        ("content-length", str(len(message.body))),
        ("user-agent", "safeguarding"),
        ("webhook-id", message.id),
        ("webhook-timestamp", str(now)),
        ("webhook-signature", signed),
    ]


def signature(secret: str, id: str, now: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `id.timestamp.body` under the secret, in base64."""
    key = base64.b64decode(secret.removeprefix(SECRET))
    digest = hmac.digest(key, b".".join((id.encode(), str(now).encode(), body)), sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _answer(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer("delivered", "accepted", status)
    if status == 410:
        return Answer("gone", "gone", status)
    return Answer("later", "redirected" if 300 <= status < 400 else "answered-no", status)


def _is_about_tls(error: Exception) -> bool:
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


# ── Where it may go, and how long it may take ─────────────────────────────────────────────────────


class Guarded(httpcore.NetworkBackend):
    """Connects to public addresses only (with `here`: to this machine only), until `deadline`."""

    def __init__(self, stop: Event, deadline: float, *, here: bool) -> None:
        self._until = Until(stop, deadline)
        self._here = here
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that may be, and can be, connected to."""
        allowed = [each for each in addresses(host, port) if may_reach(each, here=self._here)]
        if not allowed:
            raise NotPublic
        for address in allowed[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connected(address, port)
        return self._connected(allowed[-1], port)

    def _connected(self, address: str, port: int) -> httpcore.NetworkStream:
        seconds = min(CONNECT_SECONDS, self._until.left())
        return Timed(self._network.connect_tcp(address, port, seconds), self._until)


def addresses(host: str, port: int) -> list[str]:
    """The IP addresses that a name stands for now. Raises `NoSuchHost`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoSuchHost from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def may_reach(address: str, *, here: bool) -> bool:
    """Whether an address may be connected to: one on the internet, or one of this machine."""
    return ip_address(address).is_loopback if here else is_public(address)


class Until:
    """When a delivery must be over."""

    def __init__(self, stop: Event, deadline: float) -> None:
        self._stop = stop
        self._deadline = deadline
        self._last: float | None = None

    def left(self) -> float:
        """The seconds that are left. Raises `Stopped`, or `TimeoutException`: there are none."""
        now = time.monotonic()
        if self._stop.is_set():
            self._last = self._last or now + GRACE_SECONDS
            if now > self._last:
                raise Stopped
        seconds = self._deadline - now
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds


class Timed(httpcore.NetworkStream):
    """A connection on which everything together takes no longer than it may."""

    def __init__(self, stream: httpcore.NetworkStream, until: Until) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            seconds = min(LOOK_SECONDS, self._until.left())
            with suppress(httpcore.ReadTimeout):  # once more, until the time is over
                return self._stream.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._until.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = min(CONNECT_SECONDS, self._until.left())
        return Timed(self._stream.start_tls(ssl_context, server_hostname, seconds), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
