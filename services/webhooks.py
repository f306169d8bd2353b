"""Which agency has a webhook, and by which secrets does it know that a message is ours?"""

import base64
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from adapters.event_store import EventStore, Unreadable
from adapters.transports.webhooks import SECRET
from domain.agency import (
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    RegisterWebhook,
    Removal,
    RemoveWebhook,
    RotateWebhookSecret,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
)
from domain.kernel import WITHHELD, stored_name
from services.handle import Handled, handle
from services.logs import log

SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""

OVERLAP = timedelta(days=7)
"""How long the secret before a new one is good, unless somebody says otherwise."""

REGISTERED = frozenset({stored_name(WebhookRegistered)})


class Signing(Struct, frozen=True):
    """A secret, and until when it is good; None: as long as it is the newest."""

    secret: str
    until: datetime | None = None


class Hook(Struct, frozen=True, kw_only=True):
    """Where an agency's messages go now. `signing`: its secrets, the newest first.

    `here`: an address of this machine. `suspended`: the agency is, and nothing is sent.
    """

    agency: str
    url: str
    here: bool
    since: datetime
    signing: tuple[Signing, ...]
    suspended: bool = False

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Those that a message of this instant is signed with."""
        return tuple(e.secret for e in self.signing if e.until is None or e.until > now)


def hook_of(store: EventStore, agency_id: str) -> Hook | None:
    """The agency's webhook, if it has one now. Raises `Unavailable`.

    What cannot be read of the agency is said, and nothing is sent there until it can be.
    """
    try:
        history = store.history(f"agency-{agency_id}", opened=("secret",))
    except Unreadable as fault:
        log.error("agency_unreadable", stream=fault.stream, version=fault.version)
        return None
    hook: Hook | None = None
    suspended = False
    for recorded in history:
        match recorded.event:
            case AgencyRegistered() | AgencyResumed():
                suspended = False
            case AgencySuspended():
                suspended = True
            case WebhookRegistered(url=url, here=here) as event:
                since, signing = event.happened_at, _signing(event.secret)
                hook = Hook(agency=agency_id, url=url, here=here, since=since, signing=signing)
            case WebhookSecretRotated(old_until=until) as event if hook:
                old = (replace(e, until=min(e.until or until, until)) for e in hook.signing)
                hook = replace(hook, signing=(*_signing(event.secret), *old))
            case WebhookRemoved():
                hook = None
    return replace(hook, suspended=suspended) if hook else None


def _signing(secret: Any) -> tuple[Signing, ...]:
    return () if secret is WITHHELD else (Signing(secret),)


def hooks(store: EventStore) -> Iterator[Hook]:
    """The webhooks that there are now, in the order in which agencies first had one."""
    for agency_id in first_registered(store):
        if hook := hook_of(store, agency_id):
            yield hook


def first_registered(store: EventStore, position: int = 0) -> dict[str, int]:
    """The agencies that registered a webhook after a position of the log: where they did first."""
    found: dict[str, int] = {}
    while True:
        try:
            page = store.since(position, 1000, names=REGISTERED)
        except Unreadable as fault:  # `hook_of` says so
            position = fault.position or position + 1
            found.setdefault(fault.stream.removeprefix("agency-"), position)
            continue
        if not page:
            return found
        for recorded in page:
            found.setdefault(cast(WebhookRegistered, recorded.event).agency_id, recorded.position)
        position = page.reached


# ── Registering, by whoever runs this ─────────────────────────────────────────────────────────────


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return SECRET + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def register(
    store: EventStore, agency_id: str, url: str, *, here: bool, by: str, now: datetime
) -> tuple[Handled, str]:
    """What became of it, and the secret: it is told this once and never again."""
    secret = new_secret()
    stamped = _stamped(agency_id, by, now)
    return handle(store, RegisterWebhook(**stamped, url=url, secret=secret, here=here)), secret


def rotate(
    store: EventStore, agency_id: str, *, overlap: timedelta, by: str, now: datetime
) -> tuple[Handled, str]:
    """What became of it, and the new secret; the one before it is good for the overlap too."""
    secret = new_secret()
    stamped = _stamped(agency_id, by, now)
    command = RotateWebhookSecret(**stamped, secret=secret, old_until=now + overlap)
    return handle(store, command), secret


def remove(
    store: EventStore, agency_id: str, *, reason: Removal, by: str, now: datetime
) -> Handled:
    """Nothing is sent there any more; what was not delivered waits for another webhook."""
    return handle(store, RemoveWebhook(**_stamped(agency_id, by, now), reason=reason))


def _stamped(agency_id: str, by: str, now: datetime) -> dict[str, Any]:
    return {
        "happened_at": now,
        "received_at": now,
        "recorded_at": now,
        "by": by,
        "agency": "authority",
        "command": uuid4().hex,
        "agency_id": agency_id,
    }
