"""What stands after which label, in a notice that people or a template wrote as lines of text?

    Notice number: PN-1
    Child 1: Given Family, born 04/05/2016, female
    School: …

Labels in any order and case; a line without a known label goes on with the text before it. A label
that names a person begins another one when it comes again; any other is read once. Lines that are
quoted (`>`) or belong to an earlier message below are somebody else's, and are never read as
labels. Whatever is taken into no field is handed back as text, but for what looks like part of an
address: those who may read a concern need not know where somebody lives.
"""

import re
from typing import Any, NamedTuple

from adapters.labelled_addresses import Addresses, Found, plain, words
from adapters.labelled_people import People
from adapters.looks_like_address import is_address
from adapters.particulars import may_be_name

MOST_LINES = 5_000
MOST_CHARACTERS = 256 * 1024
"""That are looked at for labels: a notice has some dozens of lines."""

_LONGEST_LABEL = 200
"""Characters before the colon of a label, with all that may stand around it."""

_AS_TYPED = str.maketrans("\u2019\u2013", "'-")  # what a word processor makes of them
_QUOTED = re.compile(r"\s*[>|]")
_BEGINS = re.compile(r"[ \t]*(?:[-_*]|(?:begin|on|from)\b)", re.I)  # what the next four may
_EARLIER = re.compile(
    r"\s*(?:[-_*]{2,}\s*(?:original|forwarded) message\b.*|begin forwarded message:?"
    r"|[-_]{2,}\s*forwarded by\b.*|_{20,})\s*",
    re.I,
)
_WROTE = re.compile(r"\s*on\b.{4,200}\bwrote:\s*", re.I)
_FROM = re.compile(r"\s*\*?from:\*?\s.*", re.I)
_SENT = re.compile(r"\s*\*?(?:sent|date|to|subject):\*?\s.*", re.I)

_LABEL = re.compile(
    r"[\s*•\-]*([A-Za-z][A-Za-z0-9 /()\[\]'_.,;!&\-]{0,80}?)\s*:(?:[ \t]+|$)(.*)", re.S
)


class Labels(NamedTuple):
    """What a format's own labels are, each in small letters and without signs.

    `fields`: field to labels; `groups`: the same for what a notice holds as a thing of its own (an
    officer); `texts`: fields whose following lines belong to them; `answers`: fields of which only
    the first word counts; `careful`: of two answers the one that holds until a person has looked.
    `listed`: fields whose answer may list children by name and date of birth. `unannounced`: what
    somebody is whose name comes under no heading (`child`); without it no such name is read.
    """

    fields: dict[str, tuple[str, ...]]
    groups: dict[str, dict[str, tuple[str, ...]]]
    texts: frozenset[str]
    answers: frozenset[str]
    careful: dict[str, str]
    listed: frozenset[str] = frozenset()
    unannounced: str = ""


class Labelled(NamedTuple):
    """`values` as the format in JSON would hold them, `left_over` the lines of no field,
    `labels` those found, `problems` sentences that tell no value."""

    values: dict[str, Any]
    left_over: list[str]
    labels: set[str]
    problems: tuple[str, ...]


def labelled(text: str, labels: Labels) -> Labelled:
    """What stands after the labels of a text, and what else is written."""
    reader = _Reader(labels)
    lines = text.splitlines()
    end = _own_lines(lines)
    found = reader.found
    read = _most_read(lines[:end])
    if read < end:
        found.problems.say("The text has more lines than are read: the rest is shown as it stands.")
        end = read
    for line in lines[:end]:
        reader.read(line)
    found.left_over.extend(line.strip() for line in lines[end:] if line.strip())
    return Labelled(reader.notice(), found.left_over, found.labels, found.problems.told())


def _most_read(lines: list[str]) -> int:
    characters = 0
    for at, line in enumerate(lines[:MOST_LINES]):
        characters += len(line)
        if at and characters > MOST_CHARACTERS:
            return at
    return min(len(lines), MOST_LINES)


def _own_lines(lines: list[str]) -> int:
    """How many lines come before an earlier message that was left below, or forwarded."""
    for at, line in enumerate(lines):
        if not _BEGINS.match(line):
            continue
        if _EARLIER.fullmatch(line[:300]):
            return at
        after = next((each for each in lines[at + 1 : at + 4] if each.strip()), "")
        if _WROTE.fullmatch(line[:300]) and not _QUOTED.match(after):
            return at  # where the earlier message is quoted line by line, an answer may follow it
        headed = _FROM.fullmatch(line[:300]) and _SENT.fullmatch(after[:300])
        if headed and any(each.strip() for each in lines[:at]):
            return at
    return len(lines)


class _Reader:
    def __init__(self, labels: Labels) -> None:
        self.found = Found(labels.careful)
        self.addresses = Addresses(self.found)
        self.people = People(self.found, self.addresses)
        self._labels = labels
        self._fields = {label: field for field, all in labels.fields.items() for label in all}
        self._grouped = {
            label: (group, field)
            for group, fields in labels.groups.items()
            for field, all in fields.items()
            for label in all
        }
        self._values: dict[str, Any] = {}
        self._groups: dict[str, dict[str, str]] = {group: {} for group in labels.groups}
        self._listing = False
        self._text: list[str] | None = None
        self._texts: dict[str, list[str]] = {}

    def notice(self) -> dict[str, Any]:
        """All that was read; what has several lines is joined."""
        texts = {name: "\n".join(lines).strip() for name, lines in self._texts.items()}
        groups = {name: fields for name, fields in self._groups.items() if fields}
        told = self.people.told()
        return {**self._values, **texts, **groups, **told, "addresses": self.addresses.told}

    def read(self, line: str) -> None:
        own = line.find(":", 0, _LONGEST_LABEL) >= 0 and not _QUOTED.match(line)
        found = _LABEL.fullmatch(line.rstrip().translate(_AS_TYPED)) if own else None
        if found is None or not self._labelled(found[1], line[found.start(2) :].strip()):
            if self._listing and not _QUOTED.match(line) and self.people.lists(line.strip()):
                self.found.left_over.append(line.strip())
                return
            self._listing = False
            self._more(line.rstrip())

    def _more(self, line: str) -> None:
        told = line.strip()
        if self._text is not None:
            self._text.append(line)
        elif not told or _QUOTED.match(line):
            self.addresses.open = None
            self.found.left_over.extend([told] if told else [])
        elif self.people.is_relative(told):
            pass
        elif is_address(told) or (self.addresses.open is not None and may_be_name(told)):
            self._on_its_own_line(told)
        else:
            self.addresses.open = None
            self.found.left_over.append(told)

    def _on_its_own_line(self, told: str) -> None:
        """A line of an address that no label of its own announces."""
        if self.addresses.goes_on(told):
            return
        if self.people.current is not None:
            self.people.home([told])
        else:
            self.addresses.add(told)
        self.addresses.told_if_unknown(told)

    def _labelled(self, written: str, value: str) -> bool:
        """Whether the label is known; its value is then where it belongs."""
        going_on, self.addresses.open = self.addresses.open, None
        text, self._text = self._text, None
        listing, self._listing = self._listing, False
        if self._known(written, value):
            return True
        self.addresses.open, self._text, self._listing = going_on, text, listing
        return False

    def _known(self, written: str, value: str) -> bool:
        label = plain(written)
        if self.people.labelled(label, value):
            return True
        if label in self._fields:
            self.people.current = None
            return self._of_the_notice(self._fields[label], value)
        if label in self._grouped:
            self.people.current = None
            group, field = self._grouped[label]
            self._lists(field, value)
            return self.found.put(self._groups[group], field, value)
        if self.people.begins(label, value):
            return True
        if self._labels.unannounced and self.people.told_of(self._labels.unannounced, label, value):
            return True
        return self.addresses.labelled(" ".join(written.replace("_", " ").split()), value)

    def _lists(self, field: str, value: str) -> None:
        """Children by name and date of birth, in the answer and in the lines that follow it."""
        if field in self._labels.listed:
            self._listing = self.people.lists(value) or not value
            self.people.current = None

    def _of_the_notice(self, field: str, value: str) -> bool:
        self._lists(field, value)
        if field in self._labels.answers:
            return self.found.put(self._values, field, self._first_word(field, value))
        if field not in self._labels.texts:
            return self.found.put(self._values, field, value)
        self.found.labels.add(field)
        self._text = self._texts.setdefault(field, [])
        self._text.append(value)
        return True

    def _first_word(self, field: str, value: str) -> str:
        """`yes` for `Yes, at 21:30` and `taken at 21:30`; the rest is kept."""
        word, _, rest = value.partition(" ")
        if rest:
            self.found.left_over.append(f"{words(field).capitalize()}: {value}")
        word = word.lower().strip(",;.:")
        return {"taken": "yes", "none": "no", "not": "no", "n/a": "no"}.get(word, word)
