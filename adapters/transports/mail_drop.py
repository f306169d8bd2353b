"""Which e-mails lie in the agencies' folders (Maildir)?

A mail server puts each as a file into `WHERE/<agency>/new/`; once it is stored it is moved to
`cur/`, or to `refused/`. Bounces and automatic replies are kept too: what they are, the formats
say. Source: D. J. Bernstein, maildir(5); RFC 5322.
"""

from collections.abc import Iterable, Sequence
from email.parser import BytesHeaderParser
from pathlib import Path

from adapters.translation import Sent
from adapters.transports.delivery import Outcome
from adapters.transports.dropped import Folders, Held, inside, move, oldest_first

MOST_OF_HEADERS = 256 * 1024


class Mailboxes(Folders):
    """A mailbox for each agency."""

    transport = "mail-drop"

    def waiting(self, home: Path) -> Iterable[Path]:
        return oldest_first(home / "new")

    def message(self, home: Path, path: Path, held: Held) -> Sent | str | None:
        body = held.read(self._most)
        return Sent(
            body=body,
            agency=home.name,
            received_at=self.came_at(held),
            content_type="message/rfc822",
            file_name=path.name,
            key=message_id(body),
        )

    def finish(self, home: Path, path: Path, outcomes: Sequence[Outcome]) -> None:
        move(path, inside(home, "refused" if outcomes[0].result == "refused" else "cur"))


def message_id(body: bytes) -> str | None:
    """The Message-ID in its headers, by which the same e-mail is known again."""
    headers = BytesHeaderParser().parsebytes(body[:MOST_OF_HEADERS])
    return str(headers.get("Message-ID", "")).strip() or None
