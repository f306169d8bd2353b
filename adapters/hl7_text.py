"""What are the messages, segments, fields and times of an HL7 version 2 text?

Read here and not by the `hl7` package, which raises on what agencies really send (a message cut off
before its header, a stray line end inside a note), and which splits every field of every segment
although a referral needs a few dozen. Source: HL7 version 2.8, chapter 2.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from adapters.particulars import as_universal, calendar_day, day, offset
from adapters.reading import LARGEST_READ, Problems, cleaned
from domain.calendar import LONDON

MOST_SEGMENTS = 20_000
MOST_REPEATS = 200
"""Segments of one message, and repetitions of one field, that are read: no referral comes near."""

_LONGEST = LARGEST_READ + 1
_DELETED = '""'  # a field that is to be empty, where nothing would mean unchanged


class Separators(NamedTuple):
    """As the header declares them; these are the usual ones."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


USUAL = Separators()


class Segment:
    """A line of a message. Fields, repetitions and components are numbered from 1 as HL7 does."""

    def __init__(self, text: str, separators: Separators) -> None:
        self.name = text[:3]
        self._separators = separators
        self._fields = text.split(separators.field)
        if self.name == "MSH":
            self._fields.insert(1, separators.field)

    def field(self, number: int) -> str:
        """The field as it stands, escapes and all."""
        return self._fields[number] if number < len(self._fields) else ""

    def repeats(self, number: int) -> list["Components"]:
        """The repetitions of a field that hold anything."""
        whole = self.field(number)
        parts = whole.split(self._separators.repetition, MOST_REPEATS)[:MOST_REPEATS]
        return [
            Components(part, self._separators)
            for part in parts
            if part.strip() and part != _DELETED
        ]

    def first(self, number: int) -> "Components":
        """The first repetition of a field, empty if there is none."""
        return next(iter(self.repeats(number)), Components("", self._separators))

    @property
    def fields(self) -> int:
        """The number of the last field."""
        return len(self._fields) - 1

    def parts(self, number: int) -> list[str]:
        """All that stands in a field, every repetition, component and subcomponent of it."""
        signs = self._separators
        pieces = [self.field(number)]
        for sign in (signs.repetition, signs.component, signs.subcomponent):
            pieces = [each for piece in pieces for each in piece.split(sign)]
        return [text for piece in pieces if (text := self.unescaped(piece))]

    def text(self, number: int) -> str:
        """A field of free text: all repetitions, a line each."""
        whole = self.field(number).split(self._separators.repetition)
        return "\n".join(text for part in whole if (text := self.unescaped(part)))

    def unescaped(self, text: str) -> str:
        return unescaped(text, self._separators)


class Components:
    """One repetition of a field."""

    def __init__(self, text: str, separators: Separators) -> None:
        self._separators = separators
        self._parts = text.split(separators.component)

    def __getitem__(self, number: int) -> str:
        """The component's first subcomponent, unescaped; empty if there is none."""
        return self.sub(number, 1)

    def sub(self, number: int, subcomponent: int) -> str:
        part = self._parts[number - 1] if number <= len(self._parts) else ""
        parts = part.split(self._separators.subcomponent)
        text = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        return unescaped(text, self._separators)

    def __bool__(self) -> bool:
        return any(part.strip() for part in self._parts)


class Message:
    """The segments of one message, in order."""

    def __init__(self, segments: list[Segment]) -> None:
        self.segments = segments

    def first(self, name: str) -> Segment:
        """The first segment of that name, or one without fields."""
        return next(self.all(name), Segment(name, USUAL))

    def all(self, name: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.name == name)

    def has(self, *names: str) -> bool:
        return set(names) <= {segment.name for segment in self.segments}


# ── Text into messages ──

_HEADER = re.compile(r"MSH[^\w\s]", re.I)
_HEADER_OR_PATIENT = re.compile(r"(?:MSH|PID)[^\w\s]", re.I)
_SMALL = re.compile(
    r"(?:msh|evn|pid|pd1|pv1|pv2|nk1|gt1|rf1|prd|dg1|nte|obx|obr|al1|mrg|arv|con|z[a-z0-9]{2})"
    r"(?=[^\w\s])",
    re.I,
)
_WRITTEN_IN = ("NTE", "OBX")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?![A-Za-z0-9 ])")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_OF_THE_FILE = ("FHS", "BHS", "BTS", "FTS")


def looks_like_hl7(text: str) -> bool:
    """Whether it begins with a header of a message, batch or file."""
    return text[:3].upper() in {"MSH", "BHS", "FHS"} and bool(re.match(r"[^\w\s]", text[3:4]))


def declared_charset(body: bytes) -> str | None:
    """The character set named in MSH-18 of the first message."""
    at = body.find(b"MSH")
    line = re.split(rb"[\r\n]", body[at : at + 4000], maxsplit=1)[0].decode("ascii", "replace")
    if at < 0 or len(line) < 4:
        return None
    fields = line.split(line[3])
    return fields[17].split("~")[0].strip() or None if len(fields) > 17 else None


def texts_of_messages(text: str) -> list[str]:
    """The text of each message in a file; all of it as one where no header stands in it."""
    starts = list(_at_line_starts(_HEADER, text))
    if not starts:
        return [text]
    before = text[: starts[0]]
    parts = [text[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    if before.strip() and not before.startswith(_OF_THE_FILE):
        parts[0] = before + parts[0]
    return parts


def message_of(text: str, problems: Problems) -> Message:
    """The segments of one message; a line that is none belongs to the segment before it."""
    lines = [_capital(line, problems) for line in _LINE_ENDS.split(text) if line.strip()]
    if len(lines) > MOST_SEGMENTS:
        problems.say("The message has more segments than are read: the rest is kept, not shown.")
        del lines[MOST_SEGMENTS:]
    separators = _separators(next((line for line in lines if line.startswith("MSH")), ""), problems)
    joined: list[list[str]] = []
    for line in lines:
        if line.startswith(_OF_THE_FILE):
            continue
        if _SEGMENT.match(line):
            joined.append([line])
        elif joined:
            problems.say("A line is not a segment: it was read as part of the one before it.")
            joined[-1].append(line)
            if not joined[-1][0].startswith(_WRITTEN_IN):
                problems.keep(line.strip())  # nobody reads words in a name or a number
        else:
            problems.say("The first line is not a segment: it was read as a note.")
            joined.append([f"NTE|||{line}"])
    ended = text[-1:] in {"\r", "\n"}
    if not ended:
        problems.say("The last segment is not ended: the message may be cut off.")
    return Message([Segment("\n".join(parts), separators) for parts in joined])


def _capital(line: str, problems: Problems) -> str:
    """A line with the name of its segment in capitals."""
    if line[:3].isupper() or not _SMALL.match(line):
        return line
    problems.say("Names of segments are in small letters: they were read as if in capitals.")
    return line[:3].upper() + line[3:]


def has_segments(text: str) -> bool:
    """Whether a header or a patient stands at the beginning of a line."""
    return next(_at_line_starts(_HEADER_OR_PATIENT, text), None) is not None


def _at_line_starts(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    for found in pattern.finditer(text):
        start = found.start()
        if start == 0 or text[start - 1] in "\r\n":
            yield start


def _separators(header: str, problems: Problems) -> Separators:
    field, encoding = header[3:4], header[4:].split(header[3:4] or "|", 1)[0]
    if not header:
        problems.say("The message header (MSH) is missing: the message may be cut off.")
        return USUAL
    signs = field + encoding[:4]
    if len(signs) < 4 or len(set(signs)) < len(signs) or re.search(r"[\w\s]", signs):
        problems.say("The separators in the message header (MSH) are not usable: guessed.")
        return USUAL._replace(field=field) if re.fullmatch(r"[^\w\s]", field) else USUAL
    return Separators(*signs)  # a message may declare no subcomponent separator


# ── Escapes and times ──

_NAMED = {"F": 0, "S": 1, "T": 4, "R": 2, "E": 3}
_LAYOUT = re.compile(r"\.(?:br|sp|ce)\d*", re.IGNORECASE)
_SILENT = re.compile(r"[HN]|\.(?:in|ti|sk|fi|nf)[+-]?\d*|[CMZ][0-9A-Fa-f]*", re.IGNORECASE)
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")


def unescaped(text: str, separators: Separators) -> str:
    """Text with its escape sequences replaced; what is none is left as it stands."""
    escape = separators.escape
    if escape not in text:
        return "" if text == _DELETED else text.strip()
    text = text[:_LONGEST]  # more than is shown
    before, *parts = text.split(escape)
    done = [before]
    index = 0
    while index < len(parts):
        meant = _meaning(parts[index], separators) if index + 1 < len(parts) else None
        if meant is None:
            done += [escape, parts[index]]
            index += 1
        else:
            done += [meant, parts[index + 1]]
            index += 2
    return "".join(done).strip()


def _meaning(sequence: str, separators: Separators) -> str | None:
    if not sequence:
        return None
    if sequence in _NAMED:
        return separators[_NAMED[sequence]]
    if _LAYOUT.fullmatch(sequence):
        return "\n"
    if _SILENT.fullmatch(sequence):
        return ""
    coded = _HEX.fullmatch(sequence)
    if coded is None:
        return None
    held = bytes.fromhex(coded[1])
    try:
        return cleaned(held.decode("utf-8"))
    except UnicodeDecodeError:
        return cleaned(held.decode("windows-1252", "replace"))


def escaped(text: str) -> str:
    """Text as it may stand in a field with the usual separators."""
    for sign, name in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(sign, f"\0{name}\0")
    return text.replace("\0", "\\").replace("\n", "\\.br\\")


_TIME = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)?(\d\d)?(?:\.\d{1,6})?)?([+-]\d{4})?", re.ASCII
)


def day_of(text: str) -> date | None:
    """The day of a date or time; None where the precision is less than a day."""
    if found := _TIME.fullmatch(text.strip()[:40]):
        return calendar_day(found[1], found[2], found[3])
    return day(text) if re.search(r"[-/]", text) else None


_DAY_OR_LESS = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:\d{2,6}(?:\.\d+)?)?(?:[+-]\d{4})?", re.ASCII)


def written_out(text: str) -> str:
    """A date with hyphens, as much of it as there is (`1985`, `1985-03`); else as it stands."""
    found = _DAY_OR_LESS.fullmatch(text.strip()[:40])
    return "-".join(part for part in found.groups() if part) if found else text.strip()


def instant_of(text: str, problems: Problems, what: str) -> datetime | None:
    """An instant; local time where no zone is given. Precision less than a day is a problem."""
    if not text.strip():
        return None
    found = _TIME.fullmatch(text.strip()[:40])
    try:
        if found:
            digits = [int(part or 0) for part in found.groups()[:6]]
            zone = offset(found[7]) if found[7] else LONDON
            return as_universal(datetime(*digits, tzinfo=zone or LONDON))  # type: ignore[misc, arg-type]
    except ValueError:
        pass  # a thirteenth month, a 61st minute: told below
    problems.say(f"{what} is not a whole date and time.")
    problems.keep(f"{what}: {text.strip()[:60]}")
    return None
