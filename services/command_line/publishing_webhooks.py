"""`safeguarding publish webhooks`, and who has a webhook: `safeguarding webhook`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from adapters.transports.webhooks import Sender
from domain.agency import LONGEST_OVERLAP
from services import webhooks as hooks
from services.access.principal import OPERATOR
from services.assemble import event_store
from services.command_line.ingesting import Once, told_to_end
from services.command_line.options import AS_USUAL, HERE, Shown, Where
from services.command_line.output import show, tell
from services.handle import Handled
from services.publish_webhooks import Publisher, Sent


def webhooks(
    *,
    once: Once = False,
    authority: Annotated[Path | None, Parameter(name="--ca")] = None,
    where: Where = HERE,
) -> int:
    """Send agencies what became of their referrals, each to its webhook. A line a delivery.

    Exit 1 if, with --once, something is left to be sent again.

    Parameters
    ----------
    once
        End when all is delivered, or was tried once.
    authority
        Certificates (PEM) that are trusted besides the system's.
    """
    stop = told_to_end()
    try:
        sender = Sender(stop, authority=authority)
    except OSError as error:
        tell(f"The certificates of --ca cannot be read ({error.strerror or error}).")
        return 2
    left = 0

    def lines(publisher: Publisher) -> Iterator[Sent]:
        nonlocal left
        for line in publisher.lines(stop, once=once):
            left += line.result == "gone"
            yield line

    with event_store(where.settings()) as store:
        publisher = Publisher(store, sender, tell)
        show(lines(publisher), "json")
        if once:
            left += len(publisher.waiting())
    return 1 if once and left else 0


webhook = App(name="webhook", help="Where agencies hear what became of their referrals.")


@webhook.default
def list_webhooks(*, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """The agencies that have a webhook, and where; never a secret."""
    with event_store(where.settings()) as store:
        rows = [
            {
                "agency": each.agency,
                "url": each.url,
                "since": each.since,
                "secrets": len(each.secrets(datetime.now(UTC))),
                "state": "suspended" if each.suspended else "sending",
            }
            for each in hooks.hooks(store)
        ]
    show(rows, shown.format, empty="No agency has a webhook.")
    return 0


@webhook.command
def register(
    agency: str,
    url: str,
    /,
    *,
    here: Annotated[bool, Parameter(negative=())] = False,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Register where an agency hears what becomes of its referrals from now on.

    What was before is not sent there: the agency asks for it at /api/outcomes. Writes the secret
    that messages are signed with; it is told only this once.

    Parameters
    ----------
    agency
        Its id; `safeguarding senders` lists them.
    url
        An address on the internet, https://… without a query.
    here
        It is an address of this machine, http or https: for demos and tests.
    """
    with event_store(where.settings()) as store:
        handled, secret = hooks.register(
            store, agency, url, here=here, by=OPERATOR.person, now=datetime.now(UTC)
        )
    if handled.result == "already done":
        tell(f"It is registered already; `safeguarding webhook rotate {agency}` gives a secret.")
        return 0
    return _told(handled, [{"agency": agency, "url": url, "secret": secret}], shown)


@webhook.command
def rotate(
    agency: str,
    /,
    *,
    days: int = hooks.OVERLAP.days,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Make a new secret for an agency's webhook, and write it; it is told only this once.

    Parameters
    ----------
    agency
        Its id.
    days
        How long messages are signed with the old secret as well; 0 for one that leaked.
    """
    if not 0 <= days <= LONGEST_OVERLAP.days:
        tell(f"--days is 0 to {LONGEST_OVERLAP.days}.")
        return 2
    now = datetime.now(UTC)
    overlap = timedelta(days=days)
    with event_store(where.settings()) as store:
        handled, secret = hooks.rotate(store, agency, overlap=overlap, by=OPERATOR.person, now=now)
    row = {"agency": agency, "secret": secret, "old_until": now + overlap}
    return _told(handled, [row], shown)


@webhook.command
def remove(agency: str, /, *, where: Where = HERE) -> int:
    """Send nothing to an agency's webhook any more.

    Parameters
    ----------
    agency
        Its id.
    """
    with event_store(where.settings()) as store:
        handled = hooks.remove(
            store, agency, reason="asked", by=OPERATOR.person, now=datetime.now(UTC)
        )
    return _told(handled, [], AS_USUAL)


def _told(handled: Handled, rows: list[dict[str, object]], shown: Shown) -> int:
    if handled.result == "refused":
        tell(str(handled.reason))
        return 1
    if rows:
        show(rows, shown.format)
    return 0
