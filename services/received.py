"""What came in: one message, or one row of a file, and the keys by which it is known again."""

import hashlib
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from adapters.translation import Sent, Translation
from domain.agency import Agency

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:safeguarding:message")

Channel = Literal[
    "file", "standard-input", "http", "kafka", "mllp", "mesh", "csv-drop", "mail-drop"
]


class Part(Struct, frozen=True, kw_only=True):
    """One message, or one row of a file that holds several (`file`: the row that also keeps it).

    `apart`: what is here under its key cannot be read, so that it is kept beside that.
    """

    translation: Translation
    sent: Sent
    sender: Agency
    format: str
    digest: str
    channel: Channel
    file: bool = False
    apart: bool = False

    @property
    def body(self) -> bytes:
        return self.sent.body if self.translation.raw is None else self.translation.raw

    @property
    def content(self) -> str:
        if self.translation.raw is None:
            return self.digest
        return hashlib.sha256(self.translation.raw).hexdigest()

    @property
    def key(self) -> str:
        row = "" if self.translation.row is None else f"|{self.translation.row}"
        return self.translation.key or f"{self.sent.key or self.digest}{row}"

    @property
    def message_id(self) -> str:
        return message_id_of(self.sent.agency, self.format, self.key)

    @property
    def bytes_claim(self) -> str:
        """Under which the same bytes are known again, whatever key they come with."""
        row = "" if self.translation.row is None else f"|{self.translation.row}"
        apart = "apart:" if self.apart else ""
        return f"{apart}bytes:{self.sent.agency}|{self.digest}{row}"


def message_id_of(sender: str, format: str, key: str) -> str:
    """The id of the stream in which a message of this sender is kept."""
    return f"message-{uuid5(_NAMESPACE, f'{sender}|{format}|{key}')}"
