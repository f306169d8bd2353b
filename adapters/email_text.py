"""What does an e-mail say: its words as plain text, who wrote, when, under which Message-ID?

Text that is attached and messages that are sent on are read too; of any other attachment name, type
and size are told. Read with the standard library's older policy, which does not raise on broken
headers, and only as deep and as wide as honest mail is. Source: RFC 5322, RFC 2045 to 2049; RFC
3462 and RFC 3834 on what no person sent.
"""

import base64
import email
import re
from datetime import datetime
from email.errors import CloseBoundaryNotFoundDefect, MessageError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from adapters.particulars import as_universal, plausible_time
from adapters.reading import LARGEST_READ, Problems, cleaned, decoded, text_of_html
from adapters.translation import Sent, Translation, own_and_shared, own_of
from domain.described import ReferrerDescribed

_MOST_PARTS = 500
_LONGEST_HEAD = 256 * 1024
_MOST_HEADERS = 500
_LONGEST_HEADER = 4000
_MOST_LINES = 1_000_000
_MOST_WORK = 10_000_000
_LONGEST_MARKUP = 2 * LARGEST_READ
_HEADER_NAMES = (
    "from", "to", "subject", "date", "message-id", "received", "return-path", "delivered-to",
    "mime-version", "content-type", "content-transfer-encoding", "reply-to", "sender", "cc",
    "in-reply-to", "references", "x-mailer", "user-agent", "x-original-to", "dkim-signature",
)  # fmt: skip
_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]")
_FEWEST_HEADERS = 2
_LONGEST_NAME = 120
_MOST_ANSWERED = 20
_FORWARDED = "---------- Forwarded message ----------"

Automatic = Literal["report", "reply", "sent"]
"""What no person sent: a report that a message did not arrive (or was opened), an answer that a
programme gave, or anything else that says it was sent by one, as what a system for recording
concerns sends."""

_ANSWERS = re.compile(
    r"(?:auto(?:matic)?[ -]?(?:reply|response|answer)|out of (?:the )?office"
    r"(?: (?:auto)?(?:reply|response|assistant|message))?|undeliverable|not read|read) ?(?::.*|$)"
    r"|undelivered mail returned|mail delivery fail|delivery status notification"
    r"|returned mail:|failure notice$",
    re.I | re.S,
)
"""How a programme begins the subject of an answer, or of a report without the parts of one."""


class Attachment(Struct, frozen=True, kw_only=True):
    """`size`: bytes once decoded. `inline`: part of how the e-mail looks, such as a logo."""

    name: str
    kind: str
    size: int
    inline: bool = False

    def told(self) -> str:
        """Name, type and size in one line."""
        return f"Attachment: {self.name or 'without a name'} ({self.kind}, {_size_of(self.size)})"


class Email(Struct, frozen=True, kw_only=True):
    """An e-mail as read. `message_id` without its brackets; `at`: aware, when it was written.

    `answered`: the Message-IDs that it answers, the nearest first. `attachments`: in their order;
    those of text stand in `text` too, each under its line.
    """

    text: str
    automatic: Automatic | None = None
    answered: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    subject: str = ""
    message_id: str | None = None
    in_reply_to: str | None = None
    at: datetime | None = None
    sender_name: str = ""
    sender_address: str = ""

    def unshown(self) -> list[str]:
        """A line for each attachment that has none in the text."""
        shown = set(self.text.split("\n")) if self.attachments else ()
        return [line for each in self.attachments if (line := each.told()) not in shown]

    def whole(self) -> str:
        """The text, with those lines below it."""
        return "\n".join([self.text, *self.unshown()]) if self.attachments else self.text


def looks_like_email(start: str) -> bool:
    """Whether a text begins with header lines that e-mails have."""
    head = re.split(r"\r?\n\r?\n|\r\r", start, maxsplit=1)[0]
    names = {found[1].lower() for line in head.splitlines() if (found := _HEADER_LINE.match(line))}
    return len(names & set(_HEADER_NAMES)) >= _FEWEST_HEADERS


def email_of(body: bytes, problems: Problems) -> Email:
    """The e-mail in these bytes; what is broken is told, and its text is still there."""
    body = _single_bytes(body)
    head, _, _ = body.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = body.count(b"\n") + body.count(b"\r")
    work = lines * (1 + body.lower().count(b"boundary"))  # each line is compared with each boundary
    if len(head) > _LONGEST_HEAD or lines > _MOST_LINES or work > _MOST_WORK:
        problems.say(_TOO_MUCH)
        return Email(text=decoded(body, problems))
    parts = _Parts(problems)
    try:
        message = email.message_from_bytes(body, _class=_Made())
        text = parts.words(message)
    except TooMany:
        problems.say(_TOO_MUCH)
        return Email(text=decoded(body, problems))
    except (MessageError, RecursionError, LookupError, ValueError, TypeError):
        # The library compares numbers of a parameter's pieces with none: `charset*0=a; charset*`.
        problems.say("The e-mail is broken: it was read as plain text.")
        return Email(text=decoded(body, problems))
    _told_if_cut(message, problems)
    name, address = parseaddr(_header(message, "From"))
    return Email(
        text=text,
        subject=_header(message, "Subject"),
        message_id=_identity(_header(message, "Message-ID")),
        in_reply_to=_identity(_header(message, "In-Reply-To")),
        answered=_answered(message),
        automatic=_automatic(message),
        attachments=tuple(parts.attachments),
        at=_written(_header(message, "Date"), problems),
        sender_name=name,
        sender_address=address,
    )


_TOO_MUCH = "The e-mail has more parts or headers than are read: see it as it came."


class TooMany(Exception):
    """An e-mail has more parts than are read."""


class _Made:
    """Makes the parts of one e-mail, and no more of them than honest mail has."""

    def __init__(self) -> None:
        self._parts = 0

    def __call__(self, policy: Any = compat32) -> Message:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise TooMany
        return _Bounded(policy)


class _Bounded(Message):
    """A part with no more headers, and no longer ones, than are read."""

    def set_raw(self, name: str, value: Any) -> None:
        if len(self) < _MOST_HEADERS:
            super().set_raw(name, value[:_LONGEST_HEADER])


def as_mailed(said: Translation, mail: Email, sent: Sent) -> Translation:
    """What the lines of an e-mail say, with what its headers do: who wrote it, when, under which
    Message-ID, which is a reference of its own. Only an update is put beside
    what the e-mail answers."""
    writer = ReferrerDescribed(name=mail.sender_name, contact=mail.sender_address or None)
    own = own_of(said.references)
    replied = (mail.in_reply_to,) if mail.in_reply_to and said.intent == "update" else ()
    return replace(
        said,
        key=mail.message_id,
        references=own_and_shared([*own, mail.message_id or ""], said.references[len(own) :]),
        earlier=tuple(dict.fromkeys((*said.earlier, *replied))),
        happened_at=said.happened_at or plausible_time(mail.at, sent.received_at, Problems()),
        referrer=said.referrer if said.referrer.name else writer,
    )


def _single_bytes(body: bytes) -> bytes:
    """UTF-16 as UTF-8, no byte order mark, no line of a mailbox file before the headers."""
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"} or body[:3] == b"\xef\xbb\xbf":
        body = decoded(body, Problems()).encode()
    body = body.lstrip(b"\r\n")
    return body.partition(b"\n")[2] if body.startswith((b"From ", b">From ")) else body


def _header(message: Message, name: str) -> str:
    """A header in plain text, encoded words decoded, on one line."""
    return _in_plain_words(str(message.get(name, "")))


def _in_plain_words(raw: str) -> str:
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


def _answered(message: Message) -> tuple[str, ...]:
    """In-Reply-To, then References from the last to the first (RFC 5322, section 3.6.4)."""
    nearest = re.findall(r"<([^<>]+)>", _header(message, "In-Reply-To"))
    before = re.findall(r"<([^<>]+)>", _header(message, "References"))
    told = (each.strip() for each in [*nearest, *reversed(before)])
    return tuple(dict.fromkeys(each for each in told if each))[:_MOST_ANSWERED]


def _automatic(message: Message) -> Automatic | None:
    """Whether a programme sent it, by the headers that say so.

    Source: RFC 3462 (reports), RFC 3834 (Auto-Submitted), RFC 5321 section 4.5.5 (an empty
    Return-Path), and the headers that mail servers add without a standard.
    """
    if message.get_content_type() == "multipart/report":
        return "report"
    submitted = _first_word(message, "Auto-Submitted")
    precedence = _first_word(message, "Precedence").replace("-", "_")
    says_so = _first_word(message, "X-Autoreply") not in {"", "no", "false", "0"}
    if submitted == "auto-replied" or precedence == "auto_reply" or says_so:
        return "reply"
    unanswerable = "".join(_header(message, "Return-Path").split()) == "<>"
    sent = (
        submitted not in {"", "no"} or precedence == "bulk" or "X-Auto-Response-Suppress" in message
    )
    if not (sent or unanswerable):
        return None
    return "reply" if _ANSWERS.match(_header(message, "Subject")) else "sent"


def _first_word(message: Message, name: str) -> str:
    return _header(message, name).lower().partition(";")[0].strip()


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
    body = _as_written(message)
    if _is_coded(message) and isinstance(body, str) and not body.endswith(("\n", "=")):
        problems.say(_DAMAGED)


def _as_written(part: Message) -> Any:
    """The parts of a part, or its text before that is decoded, whatever characters it declares."""
    try:
        return part.get_payload()
    except (LookupError, ValueError, TypeError):  # some names are read as no name of characters
        part.del_param("charset")
        return part.get_payload()


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


class _Parts:
    """The words of an e-mail, part by part, and what is attached to it."""

    def __init__(self, problems: Problems) -> None:
        self.attachments: list[Attachment] = []
        self._problems = problems

    def words(self, message: Message) -> str:
        """The text parts in their order; of alternatives the plain one, unless it says less."""
        told = "\n\n".join(text.strip() for text in self._texts(message) if text.strip())
        return told.replace("\r\n", "\n")

    def _texts(self, part: Message) -> list[str]:
        if not part.is_multipart():
            return self._text(part)
        inner = [each for each in part.get_payload() if isinstance(each, Message)]
        if part.get_content_type() == "message/rfc822":
            return [text for each in inner for text in (_heading(each), *self._texts(each))]
        if part.get_content_type() != "multipart/alternative":
            return [text for each in inner for text in self._texts(each)]
        plain = [t for e in inner if not _has_markup(e) for t in self._texts(e) if t.strip()]
        marked = [t for e in inner if _has_markup(e) for t in self._texts(e) if t.strip()]
        if not plain or not marked:
            return plain or marked
        if _length(marked) > 2 * _length(plain):
            self._problems.say(
                "The plain text of the e-mail says less than its HTML: the HTML was read."
            )
            return [*marked, *plain]
        return plain

    def _text(self, part: Message) -> list[str]:
        """The words of a part that has no parts, under its line where it is attached; none of one
        that is no text."""
        kind = part.get_content_type()
        held = _payload(part, self._problems)
        if part.get_content_maintype() in {"multipart", "message"}:
            self._problems.say(
                "The e-mail does not say where its parts begin: it was read as it stands."
            )
            return [decoded(held, self._problems)]
        attached = part.get_filename() is not None
        if attached or kind not in {"text/plain", "text/html"}:
            self.attachments.append(_attachment(part, len(held)))
        if kind not in {"text/plain", "text/html"}:
            if not self.attachments[-1].inline:
                self._problems.say("An attachment is kept with the message, but not shown here.")
            return []
        text = decoded(held, self._problems, part.get_content_charset())
        if kind == "text/html":
            if len(text) > _LONGEST_MARKUP:
                self._problems.say("The e-mail is very long: only its beginning is shown.")
            text = text_of_html(text[:_LONGEST_MARKUP])
        elif part.get_param("format") == "flowed":
            text = _unfolded(text)
        return [f"{self.attachments[-1].told()}\n{text}"] if attached else [text]


def _heading(sent_on: Message) -> str:
    """The line before a message that is sent on, and who wrote it when about what."""
    told = ((name, _header(sent_on, name)) for name in ("From", "Date", "Subject"))
    return "\n".join([_FORWARDED, *(f"{name}: {value}" for name, value in told if value)])


def _attachment(part: Message, size: int) -> Attachment:
    disposition = str(part.get("Content-Disposition", "")).lower().strip()
    shown_within = part.get_content_maintype() == "image" and "Content-ID" in part
    return Attachment(
        name=_in_plain_words(str(part.get_filename() or ""))[:_LONGEST_NAME],
        kind=cleaned(part.get_content_type())[:_LONGEST_NAME],
        size=size,
        inline=shown_within and not disposition.startswith("attachment"),
    )


def _size_of(size: int) -> str:
    for unit, least in (("MB", 1_000_000), ("KB", 1_000)):
        if size >= least:
            return f"{size / least:.1f} {unit}"
    return "1 byte" if size == 1 else f"{size} bytes"


def _length(texts: list[str]) -> int:
    return sum(len(text.split()) for text in texts)


def _has_markup(part: Message) -> bool:
    return any(each.get_content_type() == "text/html" for each in part.walk())


def _payload(part: Message, problems: Problems) -> bytes:
    if _is_coded(part) and isinstance(coded := _as_written(part), str):
        return _from_base64(coded, problems)
    held = part.get_payload(decode=True)
    return held if isinstance(held, bytes) else b""


def _unfolded(text: str) -> str:
    """Lines that were broken only for the sake of their length, joined. Source: RFC 3676."""
    return re.sub(r"(?<=[^\s-]) \r?\n(?=\S)", " ", text)
