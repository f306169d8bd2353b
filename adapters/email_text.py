"""What does an e-mail say: its words as plain text, who wrote, when, under which Message-ID?

Read with the standard library's older policy, which does not raise on broken headers, and only as
deep and as wide as honest mail is. Source: RFC 5322, RFC 2045 to 2049.
"""

import base64
import email
import re
from datetime import datetime
from email.errors import CloseBoundaryNotFoundDefect, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from msgspec import Struct

from adapters.particulars import as_universal
from adapters.reading import LARGEST_READ, Problems, cleaned, decoded, text_of_html

_MOST_PARTS = 500
_LONGEST_HEAD = 256 * 1024
_LONGEST_MARKUP = 2 * LARGEST_READ
_HEADER_NAMES = (
    "from", "to", "subject", "date", "message-id", "received", "return-path", "delivered-to",
    "mime-version", "content-type", "content-transfer-encoding", "reply-to", "sender", "cc",
    "in-reply-to", "references", "x-mailer", "user-agent", "x-original-to", "dkim-signature",
)  # fmt: skip
_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]")
_FEWEST_HEADERS = 2
_FORWARDED = "---------- Forwarded message ----------"


class Email(Struct, frozen=True, kw_only=True):
    """An e-mail as read. `message_id` without its brackets; `at`: aware, when it was written."""

    text: str
    subject: str = ""
    message_id: str | None = None
    in_reply_to: str | None = None
    at: datetime | None = None
    sender_name: str = ""
    sender_address: str = ""


def looks_like_email(start: str) -> bool:
    """Whether a text begins with header lines that e-mails have."""
    head = re.split(r"\r?\n\r?\n|\r\r", start, maxsplit=1)[0]
    names = {found[1].lower() for line in head.splitlines() if (found := _HEADER_LINE.match(line))}
    return len(names & set(_HEADER_NAMES)) >= _FEWEST_HEADERS


def email_of(body: bytes, problems: Problems) -> Email:
    """The e-mail in these bytes; what is broken is told, and its text is still there."""
    body = _single_bytes(body)
    head, _, _ = body.replace(b"\r\n", b"\n").partition(b"\n\n")
    if len(head) > _LONGEST_HEAD or body.count(b"\n--") > _MOST_PARTS:
        problems.say("The e-mail has more parts or headers than are read: see it as it came.")
        return Email(text=decoded(body, problems))
    try:
        message = email.message_from_bytes(body)
        text = _words(message, problems)
    except (MessageError, RecursionError, LookupError, ValueError):
        problems.say("The e-mail is broken: it was read as plain text.")
        return Email(text=decoded(body, problems))
    _told_if_cut(message, problems)
    name, address = parseaddr(_header(message, "From"))
    return Email(
        text=text,
        subject=_header(message, "Subject"),
        message_id=_identity(_header(message, "Message-ID")),
        in_reply_to=_identity(_header(message, "In-Reply-To")),
        at=_written(_header(message, "Date"), problems),
        sender_name=name,
        sender_address=address,
    )


def _single_bytes(body: bytes) -> bytes:
    """UTF-16 as UTF-8, no byte order mark, no line of a mailbox file before the headers."""
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"} or body[:3] == b"\xef\xbb\xbf":
        body = decoded(body, Problems()).encode()
    body = body.lstrip(b"\r\n")
    return body.partition(b"\n")[2] if body.startswith((b"From ", b">From ")) else body


def _header(message: Message, name: str) -> str:
    """A header in plain text, encoded words decoded, on one line."""
    raw = str(message.get(name, ""))[:4000]
    text, last = "", None
    try:
        for part, charset in decode_header(raw):
            told = decoded(part, Problems(), charset) if isinstance(part, bytes) else part
            apart = "" if charset and last else " "  # two encoded words are one word
            text, last = f"{text}{apart}{told}", charset
    except (MessageError, ValueError):
        text = raw
    return " ".join(cleaned(text).split())


def _identity(text: str) -> str | None:
    found = re.search(r"<([^<>]+)>", text)
    return (found[1] if found else text).strip() or None


def _written(text: str, problems: Problems) -> datetime | None:
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        problems.say("The date of the e-mail is not a date.")
        return None
    return as_universal(at) if at.tzinfo else None


# ── Damage ──

_DAMAGED = "Part of the e-mail is damaged or cut off: it was read as far as it goes."
_FULL_LINE = 76
"""Characters of a coded line that is followed by another (RFC 2045, section 6.8)."""


def _told_if_cut(message: Message, problems: Problems) -> None:
    """Say it where the last of several parts, or the last line of a coded body, is not ended."""
    defects = (each for part in message.walk() for each in part.defects)
    if any(isinstance(each, CloseBoundaryNotFoundDefect) for each in defects):
        problems.say("The last part of the e-mail is not ended: it may be cut off.")
    body = message.get_payload()
    if _is_coded(message) and isinstance(body, str) and not body.endswith(("\n", "=")):
        problems.say(_DAMAGED)


def _is_coded(part: Message) -> bool:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"


def _from_base64(coded: str, problems: Problems) -> bytes:
    """What can be decoded; said where it is damaged, or ends as if there were more of it."""
    whole = re.sub(r"[^A-Za-z0-9+/]", "", coded.partition("=")[0])
    left = len(whole) % 4
    padded = whole[: len(whole) - 1] if left == 1 else whole + "=" * (-len(whole) % 4)
    held = base64.b64decode(padded)
    strange = re.search(r"[^A-Za-z0-9+/=\s]|=\s*[^=\s]", coded)
    last = coded.rstrip("\r\n").rpartition("\n")[2].rstrip("\r")
    goes_on = len(last) == _FULL_LINE and not held.endswith((b"\n", b"\r"))
    if strange or left == 1 or ("=" not in coded and (left or goes_on)):
        problems.say(_DAMAGED)
    return held


# ── Words ──


def _words(message: Message, problems: Problems) -> str:
    """The text parts in their order; of alternatives the plain one, unless it says less."""
    return "\n\n".join(text.strip() for text in _texts(message, problems) if text.strip())


def _texts(part: Message, problems: Problems) -> list[str]:
    if not part.is_multipart():
        return _text(part, problems)
    inner = [each for each in part.get_payload() if isinstance(each, Message)]
    if part.get_content_type() == "message/rfc822":
        return [_FORWARDED, *(text for each in inner for text in _texts(each, problems))]
    if part.get_content_type() != "multipart/alternative":
        return [text for each in inner for text in _texts(each, problems)]
    plain = [t for e in inner if not _has_markup(e) for t in _texts(e, problems) if t.strip()]
    marked = [t for e in inner if _has_markup(e) for t in _texts(e, problems) if t.strip()]
    if not plain or not marked:
        return plain or marked
    if _size(marked) > 2 * _size(plain):
        problems.say("The plain text of the e-mail says less than its HTML: the HTML was read.")
        return [*marked, *plain]
    return plain


def _size(texts: list[str]) -> int:
    return sum(len(text.split()) for text in texts)


def _has_markup(part: Message) -> bool:
    return any(each.get_content_type() == "text/html" for each in part.walk())


def _text(part: Message, problems: Problems) -> list[str]:
    """The words of a part that has no parts; none of one that is no text."""
    kind = part.get_content_type()
    if part.get_content_maintype() in {"multipart", "message"}:
        problems.say("The e-mail does not say where its parts begin: it was read as it stands.")
        return [decoded(_payload(part, problems), problems)]
    attached = part.get_filename() is not None
    if kind not in {"text/plain", "text/html"} or (attached and kind == "text/html"):
        problems.say("An attachment is kept with the message, but not shown here.")
        return []
    text = decoded(_payload(part, problems), problems, part.get_content_charset())
    if kind == "text/html":
        if len(text) > _LONGEST_MARKUP:
            problems.say("The e-mail is very long: only its beginning is shown.")
        return [text_of_html(text[:_LONGEST_MARKUP])]
    return [_unfolded(text) if part.get_param("format") == "flowed" else text]


def _payload(part: Message, problems: Problems) -> bytes:
    if _is_coded(part) and isinstance(coded := part.get_payload(), str):
        return _from_base64(coded, problems)
    held = part.get_payload(decode=True)
    return held if isinstance(held, bytes) else b""


def _unfolded(text: str) -> str:
    """Lines that were broken only for the sake of their length, joined. Source: RFC 3676."""
    return re.sub(r"(?<=[^\s-]) \r?\n(?=\S)", " ", text)
