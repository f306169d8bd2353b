"""What can be read from bytes that nobody vouches for: which characters, which JSON, which text?

Nothing here raises over content. What is wrong is said in a sentence for the person who will read
the message; a sentence names a field of ours, never a value.
"""

import codecs
import html
import json
import re
from functools import lru_cache
from typing import Any

from adapters.translation import Sent, Translation

LARGEST_READ = 1024 * 1024
"""Characters of JSON that are parsed, and of text that is shown: the rest is kept, not read."""

_MOST_PROBLEMS = 40


class Problems:
    """Sentences on what could not be read, each once, in the order found.

    A sentence never tells a value; `kept` does: lines that had no field, for the concern's text.
    """

    def __init__(self) -> None:
        self._said: dict[str, None] = {}
        self._kept: dict[str, None] = {}

    def keep(self, line: str) -> None:
        """What was written and taken into no field: a person must still see it."""
        self._kept.setdefault(line)

    @property
    def kept(self) -> tuple[str, ...]:
        return tuple(self._kept)

    def say(self, sentence: str) -> None:
        if len(self._said) < _MOST_PROBLEMS:
            self._said.setdefault(sentence)
        else:
            self._said.setdefault("More is wrong with the message than is listed here.")

    def __bool__(self) -> bool:
        return bool(self._said)

    def told(self) -> tuple[str, ...]:
        return tuple(self._said)


def told_died(whose: str, on: str, problems: Problems, *, grown: bool) -> None:
    """Somebody has died: it stands with the concern; of a child it is said above it, too.

    `whose`: empty for the only one, or such as `Patient 2: `. `on`: the date as sent, if it is.
    """
    who = "patient" if grown else "child"
    when = f" ({on[:60]})" if on else ""
    problems.keep(f"{whose}The sender says that the {who} has died{when}.")
    if not grown:
        problems.say(f"{whose}The sender says that the child has died.")


# ── Characters ──

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOST = "\N{REPLACEMENT CHARACTER}"
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns round the characters after it: a file's name can look like another. Scripts that run
from right to left read well without them. Source: Unicode Standard Annex 9, section 2."""
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u202a-\u202e\u2066-\u2069]")
_STRANGE = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def decoded(body: bytes, problems: Problems, declared: str | None = None) -> str:
    """The characters of a message, without control characters.

    A byte order mark decides; then UTF-8 if it is that, the `declared` character set, UTF-16 if
    every other byte is nought; else Windows-1252, which is a guess and is said to be one.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _strictly(body[len(mark) :], name, problems)
    silent = _silent_utf16(body)
    if silent:
        problems.say("The characters are not marked as UTF-16, but were read as that.")
        return _strictly(body, silent, problems)
    wanted = _known_charset(declared, problems)
    if wanted != "utf-8":
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return _strictly(body, wanted, problems)
        if text.isascii():
            return cleaned(text)
        problems.say("The characters are UTF-8, although the message declares others.")
        return cleaned(text)
    return _utf8_or_guess(body, problems)


def _utf8_or_guess(body: bytes, problems: Problems) -> str:
    try:
        return cleaned(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        whole = body[: error.start]
        if error.reason == "unexpected end of data" and not whole.isascii():
            problems.say("The message is cut off in the middle of a character.")
            return cleaned(whole.decode("utf-8"))
    problems.say(
        "The characters are not UTF-8: they were read as Windows-1252, and some may be wrong."
    )
    return cleaned(body.decode("windows-1252", errors="replace"))


def _strictly(body: bytes, name: str, problems: Problems) -> str:
    try:
        return cleaned(body.decode(name))
    except UnicodeDecodeError:
        problems.say("Some characters could not be read.")
        return cleaned(body.decode(name, errors="replace"))


def _silent_utf16(body: bytes) -> str | None:
    start = body[:2000]
    if len(start) < 8:
        return None
    high, low = start[::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if low > half * 0.6 and high < half * 0.1:
        return "utf-16-le"
    if high > half * 0.6 and low < half * 0.1:
        return "utf-16-be"
    return None


_NO_CHARSETS = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "charmap"}
)
"""Codecs of Python's that no message is written in, and that read some bytes not at all."""

_HL7_CHARSETS = re.compile(r"(?:ISO[ _-]?IR|8859)[/ _-]?(\d{1,2})", re.IGNORECASE)


def _known_charset(declared: str | None, problems: Problems) -> str:
    plain = (declared or "utf-8").strip().lower()
    iso = _HL7_CHARSETS.fullmatch(plain)
    name = f"iso8859-{iso[1]}" if iso else plain.removeprefix("unicode").strip() or "utf-8"
    if name in {"ascii", "us-ascii"}:
        return "utf-8"
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):  # a name with a nought in it is no value
        known = None
    if known is None or known.name in _NO_CHARSETS or not getattr(known, "_is_text_encoding", True):
        problems.say("The character set that the message declares is not known.")
        return "utf-8"
    return known.name


def cleaned(text: str) -> str:
    """Text without control characters (line ends and tabs stay), without broken ones, and without
    what turns a line round."""
    seen = _UNSEEN.sub("", text)
    return seen if seen.isascii() else _SURROGATES.sub(_LOST, seen)


def beginning(sent: Sent, size: int = 64 * 1024) -> str:
    """The first characters of a message, for recognising its format; whatever the bytes."""
    return _beginning(sent.body[:size])


@lru_cache(maxsize=4)  # each format asks in turn, of more or fewer characters
def _beginning(head: bytes) -> str:
    return decoded(head, Problems()).lstrip()


# ── Text ──

_BREAK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?ul|/?ol|/?table|/?h[1-6])\b[^<>]*>", re.I)
_CELL = re.compile(r"</t[dh]\b[^<>]*>", re.I)
_ROW = re.compile(r"</?tr\b[^<>]*>", re.I)
_CELL_ENDS, _ROW_ENDS = "\x1f", "\x1e"
_TAG = re.compile(r"<[^<>]*>")
_NO_CHARACTER = re.compile(r"&#\d{9,};?")  # `unescape` raises on numbers of thousands of digits
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")


def text_of_html(markup: str) -> str:
    """The words of HTML or XHTML, a line a paragraph; scripts and styles left out.

    A cell that ends in a colon is the label of the next one: the two are one line.
    """
    markup = markup.replace(_CELL_ENDS, "").replace(_ROW_ENDS, "")
    for name in ("script", "style", "head"):
        markup = _without(markup, name)
    apart = _BREAK.sub("\n", _ROW.sub(f"\n{_ROW_ENDS}", _CELL.sub(_CELL_ENDS, markup)))
    told = html.unescape(_NO_CHARACTER.sub(_LOST, _TAG.sub("", apart)))
    words = "\n".join(_row(each) for each in told.split(_ROW_ENDS))
    lines = (_SPACES.sub(" ", line).strip() for line in cleaned(words).split("\n"))
    return "\n".join(line for line in lines if line)


def _row(row: str) -> str:
    """The cells of a row after one another; a label begins a line."""
    told: list[str] = []
    is_label = False
    for cell in map(str.strip, row.split(_CELL_ENDS)):
        labels = cell.endswith(":") and not is_label
        told += ["\n" if labels else " ", cell]
        is_label = labels
    return "".join(told)


_IN_SMALL = str.maketrans("ACDEHILPRSTY", "acdehilprsty")
"""The letters of the names below; `lower` would make some texts longer."""


def _without(markup: str, name: str) -> str:
    kept, at, lower = [], 0, markup.translate(_IN_SMALL)
    while (start := lower.find(f"<{name}", at)) >= 0:
        end = lower.find(f"</{name}", start)
        if end < 0:
            break
        kept.append(markup[at:start])
        at = end
    return "".join([*kept, markup[at:]])


def shown(text: str, problems: Problems) -> str:
    """As much of a text as is shown, empty where it is no text (noise, a picture, an archive)."""
    text = text.strip()
    sample = text[:10_000]
    if len(_STRANGE.findall(sample)) > len(sample) * 0.05:
        return ""
    if len(text) > LARGEST_READ:
        problems.say("The text is very long: only its beginning is shown, the rest is kept.")
        return text[:LARGEST_READ]
    return text


def unread(sent: Sent, text: str, problems: Problems) -> Translation:
    """A message whose structure could not be read: its text as the concern, unless it is noise."""
    return as_text("" if _is_noise(sent.body) else text, problems)


def as_text(text: str, problems: Problems) -> Translation:
    """Text as the concern, for a person to read; at least one problem is told already."""
    words = shown(text, problems)
    if not words:
        problems.say("The message holds no readable text: look at it as it came.")
    return Translation(concern=words, problems=problems.told())


def _is_noise(body: bytes) -> bool:
    sample = body[:10_000]
    if any(sample.startswith(mark) for mark, _ in _MARKS) or _silent_utf16(sample):
        return False
    controls = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1c" for byte in sample)
    return controls > len(sample) * 0.05


# ── JSON ──


class NoJson(Exception):
    """The text is not JSON that may be read; the problem is already told."""


def json_value(text: str, problems: Problems) -> Any:
    """The JSON value, of the plain types; `NoJson` when there is none or it is too large or deep.

    Read all the same, with a problem: a name given twice in one object (the last one counts),
    broken characters, numbers that no computer holds (kept as text).
    """
    if len(text) > LARGEST_READ:
        problems.say("The message is larger than 1 MiB: it is kept, but was not read in full.")
        raise NoJson
    reader = _Reader(problems)
    try:
        value = json.loads(
            text,
            object_pairs_hook=reader.pairs,
            parse_float=reader.decimal,
            parse_int=reader.whole,
            parse_constant=reader.constant,
        )
        return _scrubbed(value, problems) if "\\u" in text else value
    except RecursionError:
        problems.say("The message is nested too deeply to be read.")
    except ValueError:
        problems.say("The message is not complete JSON: it may be cut off or damaged.")
    raise NoJson


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held = dict(pairs)
        if len(held) != len(pairs):
            self._problems.say(
                "A field stands twice in the same place: the last one was read. "
                "Compare with the message as it came."
            )
        return held

    def decimal(self, digits: str) -> Any:
        number = float(digits)
        return self._too_large(digits) if number in (float("inf"), float("-inf")) else number

    def whole(self, digits: str) -> Any:
        return int(digits) if len(digits) <= 30 else self._too_large(digits)

    def constant(self, name: str) -> None:
        self._problems.say("A number in the message is not a number.")

    def _too_large(self, digits: str) -> str:
        self._problems.say("A number in the message is too large to be one.")
        return digits


def _scrubbed(value: Any, problems: Problems) -> Any:
    if isinstance(value, str):
        clean = cleaned(value)
        if clean != _TURNING.sub("", value):
            problems.say("Some characters could not be read.")
        return clean
    if isinstance(value, list):
        return [_scrubbed(each, problems) for each in value]
    if isinstance(value, dict):
        return {
            _scrubbed(name, problems): _scrubbed(each, problems) for name, each in value.items()
        }
    return value
