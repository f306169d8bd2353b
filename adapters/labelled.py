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

from adapters.looks_like_address import (
    POSTCODE,
    begins_address,
    in_a_line,
    is_address,
    may_be_in_a_line,
    starts_in,
    without_beginning,
)
from adapters.particulars import may_be_name
from adapters.reading import Problems

_NOTICE = {
    "notice_id": ("notice number", "notice no", "notice id", "our reference"),
    "follow_up_to": ("follow up to", "follow up to notice", "update to", "further to notice"),
    "incident_number": ("incident number", "incident no", "incident", "log number"),
    "notice_type": ("notice type", "type of notice"),
    "force": ("force", "police force", "force code"),
    "grade": ("grade", "incident grade"),
    "police_protection": (
        "police protection", "police protection section 46", "police protection taken",
        "section 46", "s46",
    ),
    "withdrawn": ("withdrawn", "cancelled"),
    "occurred_at": ("occurred", "occurred at", "date and time", "date of incident"),
    "circumstances": ("circumstances", "details", "what happened", "narrative"),
    "child_said": ("child said", "what the child said", "words of the child", "voice of the child"),
}  # fmt: skip
_OFFICER = {
    "name": ("officer", "reporting officer", "officer name", "officer in the case"),
    "rank": ("rank",),
    "collar_number": ("collar number", "collar no", "warrant number", "shoulder number"),
    "contact": ("officer contact", "contact", "contact number", "telephone", "email"),
}
_PERSON = {
    "name": ("name", "full name"),
    "given_name": ("given name", "first name", "forename", "given names"),
    "family_name": ("family name", "surname", "last name"),
    "date_of_birth": ("date of birth", "dob", "born"),
    "age": ("age", "aged"),
    "due_date": ("due date", "due", "expected date of delivery"),
    "sex": ("sex", "gender"),
    "role": ("role", "relationship", "relationship to child"),
    "school": ("school", "school or nursery"),
    "nhs_number": ("nhs number", "nhs no"),
    "contact": ("contact", "telephone", "phone", "mobile"),
}
_ADDRESS = re.compile(
    r"((?:[\w']+ ){0,3})(?:address|location)\b[ ]?\d{0,2}[ ]?(?:[(\[.,;-]?[ ]*(.*?)[)\]]?)", re.I
)
_UNNUMBERED = re.compile(r"^(child|adult|person) ?\d{1,2}(?:'s)? ", re.I)
_MARKS = frozenset({"restricted", "confidential"})
_WHOSE = frozenset(
    {
        "home", "current", "family", "usual", "new", "present", "postal", "house", "main", "full",
        "child", "childs", "children", "childrens", "mother", "mothers", "mum", "mums", "father",
        "fathers", "dad", "dads", "parent", "parents", "carer", "carers", "grandparents",
        "grandmother", "previous", "old", "former", "last", "known", "school", "work", "temporary",
        "incident", "of", "the", "and", "s", "for", "at", "is", "details",
    }
)  # fmt: skip
"""Words beside `address` that say whose or which; any others may say who must not know it."""
_KEEP_FROM = re.compile(
    r"\b(?:restricted|confidential|refuge|secret|undisclosed|safe ?house|withh[eo]ld|protected"
    r"|sensitive|private|hidden|redacted|disclos\w*|share[ds]?|not to be|do not|don'?t)\b",
    re.I,
)
"""Words beside an address that ask for care with it: it is restricted, whatever else they say."""
_REMARK = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_LONGEST_ANSWER = 6
_AS_TYPED = str.maketrans("\u2019\u2013", "'-")  # what a word processor makes of them
_TEXTS = frozenset({"circumstances", "child_said"})

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
_BLOCK = re.compile(r"(child|adult|person)(?: present)?(?: (\d{1,2}))?(?: (.+))?")
_AT_ITS_END = re.compile(rf"(.*?)({POSTCODE.pattern})", re.I)
_RELATED = frozenset(
    {
        "mother", "mum", "mummy", "father", "dad", "daddy", "parent", "parents", "carer",
        "guardian", "son", "daughter", "child", "baby", "infant", "toddler", "unborn", "sibling",
        "brother", "sister", "twin", "cousin", "niece", "nephew", "aunt", "auntie", "uncle",
        "grandmother", "grandfather", "grandparent", "grandparents", "grandson", "granddaughter",
        "grandchild", "nan", "nana", "gran", "grandad", "granddad", "stepmother", "stepfather",
        "stepbrother", "stepsister", "stepson", "stepdaughter", "stepchild", "stepparent",
        "stepdad", "stepmum", "partner", "husband", "wife", "spouse", "fiance", "boyfriend",
        "girlfriend", "friend", "neighbour", "lodger", "relative", "relation", "subject", "suspect",
        "perpetrator", "offender", "victim", "witness", "informant", "caller", "complainant",
        "aggressor", "teacher", "nanny", "childminder", "babysitter", "person", "adult",
    }
)  # fmt: skip
"""Who somebody may be; see `_BESIDE` for what may stand beside it."""
_BESIDE = frozenset(
    {
        "half", "step", "older", "elder", "eldest", "oldest", "younger", "youngest", "little",
        "big", "maternal", "paternal", "foster", "adoptive", "adopted", "birth", "biological",
        "natural", "former", "ex", "new", "current", "great", "grand", "in", "law", "alleged",
        "main", "primary", "sole", "expectant", "young", "male", "female", "close", "family",
        "and", "of", "to", "the", "a", "her", "his", "their", "s", "legal", "private", "kinship",
        "concerned", "reported", "possible", "suspected", "twins", "1", "2",
    }
)  # fmt: skip
_DATE = (
    r"(\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d\d-\d\d|\d{1,2}(?:st|nd|rd|th)? [A-Za-z]{3,9} \d{4})"
)
_BORN = re.compile(rf"(?:(?:born|dob|date of birth)[: ]+(?:on )?)?{_DATE}", re.I)
_DUE = re.compile(rf"(?:due|expected)(?: date| on)?[: ]+{_DATE}", re.I)
_ROLE = re.compile(r"(?:role|relationship)(?: to (?:the )?child)?:? (.+)", re.I)
_SEXES = frozenset({"male", "female", "m", "f", "boy", "girl"})
_AGED = re.compile(
    r"aged?:? (\d{1,3}(?: ?[a-z]{1,6}){0,2})"
    r"|(\d{1,3} ?(?:yo|yrs?|years?|months?|weeks?)(?: old)?)|\d{1,2}",
    re.I,
)
_NAMES = frozenset({"name", "given_name", "family_name"})
_LONGEST_LINE = 500
_MOST_COMPARED = 20
_APART = re.compile(
    r"[;,()]|\s(?=(?:born|dob|date of birth|due|aged?)[: ](?: ?on ?)?\d)", re.I
)  # what ends the name in a line about one person
_NOBODY = frozenset({"", "none", "n/a", "na", "-", "nil", "unknown", "not known", "no"})
_CAREFUL = {"withdrawn": "no", "police_protection": "yes"}
"""Which of two answers holds until a person has looked."""


def _by_label(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {label: field for field, labels in table.items() for label in labels}


_NOTICE_LABELS, _OFFICER_LABELS, _PERSON_LABELS = map(_by_label, (_NOTICE, _OFFICER, _PERSON))


class Labelled(NamedTuple):
    """`values` as a police notice in JSON would hold them, `left_over` the lines of no field,
    `labels` those found, `problems` sentences that tell no value."""

    values: dict[str, Any]
    left_over: list[str]
    labels: set[str]
    problems: tuple[str, ...]


def labelled(text: str) -> Labelled:
    """What stands after the labels of a text, and what else is written."""
    reader = _Reader()
    lines = text.splitlines()
    end = _own_lines(lines)
    for line in lines[:end]:
        reader.read(line)
    reader.left_over.extend(line.strip() for line in lines[end:] if line.strip())
    return Labelled(reader.notice(), reader.left_over, reader.labels, reader.problems.told())


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


class _Person:
    """Somebody as told so far. `begun`: their own label has come, such as `Child 1:`."""

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number
        self.called = f"{kind.capitalize()} {number}"
        self.fields: dict[str, str] = {}
        self.begun = False
        self.homes: list[dict[str, Any]] = []

    def may_be(self, told: dict[str, str]) -> bool:
        """Whether these are words about the same person: no field says anything else."""
        return all(_same(self.fields.get(field, value), value) for field, value in told.items())

    def is_called_otherwise(self, field: str, value: str) -> bool:
        """Whether a name is another one than this person has."""
        if field == "name":
            held = self.fields.get("name")
            if held:
                return not _same(held, value)
            known = (self.fields.get(each, "") for each in ("given_name", "family_name"))
            words = value.casefold().replace(",", " ").split()
            return not {word for each in known for word in each.casefold().split()} <= {*words}
        if field != "given_name":
            return False
        if held := self.fields.get("given_name"):
            return not _same(held, value)
        return value.casefold() not in self.fields.get("name", value).casefold()


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()


class _Line(NamedTuple):
    """What one line says of a person: `place` the parts of an address."""

    fields: dict[str, str]
    place: list[str]


class _Reader:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.officer: dict[str, str] = {}
        self.people: list[_Person] = []
        self.addresses: list[dict[str, Any]] = []
        self.left_over: list[str] = []
        self.labels: set[str] = set()
        self.problems = Problems()
        self._restricted = False
        self._open: dict[str, Any] | None = None  # the address that the next line may go on with
        self._numbered: dict[tuple[str, int], _Person] = {}
        self._person: _Person | None = None
        self._text: list[str] | None = None
        self._texts: dict[str, list[str]] = {}

    def notice(self) -> dict[str, Any]:
        """All that was read; what has several lines is joined."""
        texts = {name: "\n".join(lines).strip() for name, lines in self._texts.items()}
        children = [each for each in self.people if each.kind == "child"]
        adults = [each for each in self.people if each.kind != "child"]
        for called, people in (("Child", children), ("Person", adults)):
            for number, person in enumerate(people, start=1):
                for home in person.homes:
                    whose = [home["of"]] if "of" in home else []
                    home["of"] = ", ".join([*whose, f"{called} {number}"])
        return {
            **self.values,
            **texts,
            "officer": self.officer,
            "children": [each.fields for each in children],
            "adults": [each.fields for each in adults],
            "addresses": self.addresses,
        }

    def read(self, line: str) -> None:
        own = ":" in line and not _QUOTED.match(line)
        found = _LABEL.fullmatch(line.rstrip().translate(_AS_TYPED)) if own else None
        if found is None or not self._labelled(found[1], line[found.start(2) :].strip()):
            self._more(line.rstrip())

    def _more(self, line: str) -> None:
        told = line.strip()
        if self._text is not None:
            self._text.append(line)
        elif not told or _QUOTED.match(line):
            self._open = None
            self.left_over.extend([told] if told else [])
        elif self._is_relative(told):
            pass
        elif is_address(told) or (self._open is not None and may_be_name(told)):
            self._on_its_own_line(told)
        else:
            self._open = None
            self.left_over.append(told)

    def _is_relative(self, told: str) -> bool:
        """Whether it is `Mother: Jo Holt, 1 Mill Lane`: a person, where an address stands there."""
        label, _, value = told[:_LONGEST_LINE].partition(":")
        somewhere = any(in_a_line(each.strip()) for each in _APART.split(value))
        if not (somewhere and self._is_role(label, "")) or not may_be_name(label):
            return False
        self._of_a_person("adult", 1, "", value.strip())
        if self._person is not None:
            self._person.fields.setdefault("role", label.strip())
        return True

    def _on_its_own_line(self, told: str) -> None:
        """A line of an address that no label of its own announces."""
        if (home := self._open) and ":" not in told:
            more = _place(told)
            home["lines"] += more["lines"]
            home["postcode"] = more["postcode"]
            home.update({"restricted": True} if _KEEP_FROM.search(told) else {})
            self._open = None if home["postcode"] else home
        elif self._person is not None:
            self._home(self._person, [told])
        else:
            self._address(told, False, "")
        if ":" in told and not begins_address(told):
            self.problems.say("A line with an unknown label was kept as an address.")

    def _labelled(self, written: str, value: str) -> bool:
        """Whether the label is known; its value is then where it belongs."""
        going_on, self._open = self._open, None
        if self._known(written, value):
            return True
        self._open = going_on
        return False

    def _known(self, written: str, value: str) -> bool:
        label = _plain(written)
        if self._person is not None and label in _PERSON_LABELS:
            return self._of_this_person(self._person, _PERSON_LABELS[label], value)
        if label in _NOTICE_LABELS:
            self._person = None
            return self._of_the_notice(_NOTICE_LABELS[label], value)
        if (block := _BLOCK.fullmatch(label)) and not (block[3] or "").endswith("address"):
            return self._of_a_person(block[1], int(block[2] or 1), block[3] or "", value)
        if label in _OFFICER_LABELS:
            self._person = None
            return self._put(self.officer, _OFFICER_LABELS[label], value)
        return self._of_an_address(" ".join(written.replace("_", " ").split()), value)

    def _of_the_notice(self, field: str, value: str) -> bool:
        if field == "police_protection":
            return self._put(self.values, field, self._first_word(value))
        if field not in _TEXTS:
            return self._put(self.values, field, value)
        self.labels.add(field)
        self._text = self._texts.setdefault(field, [])
        self._text.append(value)
        return True

    def _first_word(self, value: str) -> str:
        """`yes` for `Yes, at 21:30` and `taken at 21:30`; the rest is kept."""
        word, _, rest = value.partition(" ")
        if rest:
            self.left_over.append(f"Police protection: {value}")
        word = word.lower().strip(",;.:")
        return {"taken": "yes", "none": "no", "not": "no", "n/a": "no"}.get(word, word)

    # People

    def _of_a_person(self, kind: str, number: int, rest: str, value: str) -> bool:
        if rest and rest not in _PERSON_LABELS:
            return False
        self.labels.add(kind)
        self._text = None
        known = self._numbered.get((kind, number))
        self._person = known or self._another(kind, number)
        if rest:
            return self._of_this_person(self._person, _PERSON_LABELS[rest], value)
        told, place = self._in_one_line(self._person, value)
        begun = known is not None and (known.begun or "name" in known.fields)
        if begun and not (told and self._person.may_be(told)):
            self._person = self._another(kind, number)
        self._person.begun = True
        for field, each in told.items():
            self._person.fields.setdefault(field, each)
        if place:
            self._home(self._person, place)
        return True

    def _another(self, kind: str, number: int) -> _Person:
        person = _Person(kind, number)
        self.people.append(person)
        self._numbered[kind, number] = person
        return person

    def _of_this_person(self, person: _Person, field: str, value: str) -> bool:
        self.labels.add(field)
        self._text = None
        if field in _NAMES and not self._may_be_name(f"{person.called} {_words(field)}", value):
            return True
        if field in _NAMES and person.is_called_otherwise(field, value):
            person = self._person = self._another(person.kind, person.number)
        return self._put(person.fields, field, value, f"{person.called}: ")

    def _may_be_name(self, label: str, value: str) -> bool:
        """Whether it has the shape of a name; what has not is kept with the concern."""
        if value.casefold() in _NOBODY:
            self.left_over.extend([f"{label}: {value}"] if value else [])
            return False
        if may_be_name(value):
            return True
        self.problems.say(f"{label} is not a name: it is shown with the concern.")
        self.left_over.append(f"{label}: {value}")
        return False

    def _in_one_line(self, person: _Person, value: str) -> _Line:
        """A person in one line: the name first, then date, sex, school, relationship, address.

        A part that is none of these is told; beside an address it is taken as part of it.
        """
        called = person.called
        parts = [part.strip() for part in _APART.split(value[:_LONGEST_LINE]) if part.strip()]
        parts = [each for at, part in enumerate(parts) for each in _before_an_address(part, at)]
        first = parts[0] if parts else ""
        name = "" if not first or _part(first) or starts_in(first) == 0 else parts.pop(0)
        alone = name.isupper() and " " not in name and parts and not _part(parts[0])
        if alone and re.fullmatch(r"[^\d:]+", parts[0]):  # FAMILY, Given
            name = f"{name}, {parts.pop(0)}"
        told = _fields(parts)
        others = [part for part, field in told if not field]
        sentence = name.islower() and any(len(part.split()) > 2 for part in others)
        fields = {field[0]: field[1] for _, field in told if field}
        somewhere = any(may_be_in_a_line(each) for each in [*others, value[_LONGEST_LINE:]])
        where = "kept with the address" if somewhere else "shown with the concern"
        kept = [] if len(value) <= _LONGEST_LINE else [value]
        if name and (sentence or not may_be_name(name)):
            self.problems.say(f"{called} is not a name: it is {where}.")
            return self._line(called, fields, [value], somewhere)
        if name.casefold() in _NOBODY:
            return self._line(called, fields, others if somewhere else [value], somewhere)
        roles = [part for part in others if self._is_role(part, name)]
        rest = [part for part in others if part not in roles]
        if roles:
            fields.setdefault("role", ", ".join(roles))
        if rest and not (somewhere and _is_all_of_an_address(rest)):
            self.problems.say(f"{called}: a part of the line could not be read: it is {where}.")
        return self._line(called, {"name": name, **fields}, rest + kept, somewhere)

    def _line(self, called: str, fields: dict[str, str], rest: list[str], somewhere: bool) -> _Line:
        """`rest` with the address where the line tells `somewhere`, else with the concern."""
        if not somewhere:
            self.left_over.extend(f"{called}: {part}" for part in rest if part)
        return _Line(fields, rest if somewhere else [])

    def _is_role(self, part: str, name: str) -> bool:
        """Whether all its words are those of a relationship, or the names of people told of."""
        words = re.findall(r"[^\W_]+", part.casefold().replace("'s ", " "))
        held = [
            name,
            *(
                each.fields.get(field, "")
                for each in self.people[-_MOST_COMPARED:]
                for field in _NAMES
            ),
        ]
        named = {word for each in held for word in re.findall(r"[^\W_]+", each.casefold())}
        return not _RELATED.isdisjoint(words) and {*words} <= _RELATED | _BESIDE | named

    # Addresses

    def _of_an_address(self, label: str, value: str) -> bool:
        words = _plain(label).split()
        if not words:
            return False
        if words == ["postcode"] and self.addresses:
            return self._put(self.addresses[-1], "postcode", value)
        if _MARKS & {words[-1]} and {*words} <= {*_MARKS, "address", "home"}:
            answers = "(" not in label and not re.search(r"\d", value)
            if answers:
                return self._told_restricted(label, value)
        found = _ADDRESS.fullmatch(_UNNUMBERED.sub(r"\1 ", label))
        if found is None:
            return False
        before, remark = _plain(found[1]).split(), found[2].strip()
        if not {*before} <= _WHOSE | _MARKS or remark.startswith("line"):
            return False
        of = [word for word in found[1].split() if word.lower() not in {*_MARKS, "home"}]
        self._address(value, not _MARKS.isdisjoint(before), remark)
        if of:
            self.addresses[-1]["of"] = " ".join(of)
        return True

    def _told_restricted(self, label: str, value: str) -> bool:
        """Whether it is the answer to whether the address is restricted; whatever is no plain no
        says that it is."""
        if len(value.split()) > _LONGEST_ANSWER:
            return False
        answer = value.casefold().strip(" .")
        if answer not in {"", "yes", "no"}:
            self.problems.say(f"{label} could not be read: the address is taken as restricted.")
            self.left_over.append(f"{label}: {value}")
        self.labels.add("address")
        self._text = None
        if answer not in {"", "no"}:
            if self.addresses:
                self.addresses[-1]["restricted"] = True
            else:
                self._restricted = True
        return True

    def _address(self, value: str, restricted: bool, remark: str) -> None:
        """An address; what is said beside it restricts it where it may be meant so, and is kept
        with the concern: without the address, which those may read who may not know where it is.
        """
        remarks, place = _without_remarks(value)
        if remark and not {*re.findall(r"[a-z]+", remark.lower())} <= _WHOSE:
            remarks.append(remark)
        self.left_over.extend(f"Address: {each}" for each in remarks)
        restricted = restricted or self._restricted or bool(remarks)
        restricted = restricted or _KEEP_FROM.search(value) is not None
        self._restricted = False
        marked = {"restricted": True} if restricted else {}
        home = {**_place(place), **marked}
        self.addresses.append(home)
        self._open = None if home["postcode"] else home
        self.labels.add("address")
        self._text = None

    def _home(self, person: _Person, place: list[str]) -> None:
        """An address of this person's, or the one of somebody else that is the very same."""
        self._address(", ".join(place), False, "")
        home = self.addresses[-1]
        known = (each for other in self.people[-_MOST_COMPARED:] for each in other.homes)
        same = next((each for each in known if each == home), None)
        if same is None:
            person.homes.append(home)
            return
        self._open = None
        self.addresses.pop()
        if not any(same is each for each in person.homes):
            person.homes.append(same)

    def _put(self, into: dict[str, Any], field: str, value: str, of: str = "") -> bool:
        self.labels.add(field)
        self._text = None
        if not into.get(field):
            into.update({field: value} if value else {})
        elif value and not _same(into[field], value):
            self.problems.say(
                f"{of}{_words(field)} is told twice: the other one is shown with the concern."
            )
            self.left_over.append(f"{of}{_words(field)}: {value}")
            if careful := _CAREFUL.get(field):
                self.left_over.append(f"{_words(field)}: {into[field]}")
                into[field] = careful
        return True


def _place(told: str) -> dict[str, Any]:
    """The lines and the postcode of an address in one piece."""
    parts = [part for each in re.split(r"[,;]", told) if (part := each.strip(" -;:."))]
    parts = [part for each in parts if (part := without_beginning(each))]
    postcode = ""
    for at in reversed(range(len(parts))):
        if ended := _AT_ITS_END.fullmatch(parts[at]):
            parts[at : at + 1] = [before] if (before := ended[1].strip(" -;:.")) else []
            postcode = ended[2]
            break
    return {"lines": parts, "postcode": postcode}


def _without_remarks(value: str) -> tuple[list[str], str]:
    """What an address says of itself that asks for care, and the address without it."""
    remarks = [each for each in _REMARK.findall(value) if _KEEP_FROM.search(each)]
    place = _REMARK.sub(lambda m: "" if _KEEP_FROM.search(m[1]) else m[0], value)
    kept = []
    for part in re.split(r"(,|;| - |: )", place):
        if _KEEP_FROM.search(part) and not (re.search(r"\d", part) or in_a_line(part)):
            remarks.append(part.strip())
        else:
            kept.append(part)
    return remarks, "".join(kept)


def _plain(label: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", label.lower()))


def _words(field: str) -> str:
    return field.replace("_", " ")


def _before_an_address(part: str, at: int) -> list[str]:
    """The name, or a field, and the address that follows it without a comma between the two."""
    start = starts_in(part)
    if not start:
        return [part]
    before = part[:start].strip()
    return [before, part[start:]] if not at or _part(before) else [part]


def _is_all_of_an_address(rest: list[str]) -> bool:
    """Whether these parts, in their order, are an address and nothing else: it begins as one, and
    after the last that looks like one stands nothing but names of places."""
    looks = [in_a_line(each) for each in rest]
    if not looks[0]:
        return False
    last = len(looks) - 1 - looks[::-1].index(True)
    ended = POSTCODE.search(rest[last]) is not None
    return not any(ended or not each[:1].isupper() for each in rest[last + 1 :])


def _fields(parts: list[str]) -> list[tuple[str, tuple[str, str] | None]]:
    """Each part with the field that it says it is; a number before a street is no age."""
    told = [(part, _part(part)) for part in parts]
    for at, (part, _) in enumerate(told[:-1]):
        after, field = told[at + 1]
        if part.isdecimal() and field is None and in_a_line(f"{part} {after}"):
            told[at : at + 2] = [(f"{part} {after}", None), ("", None)]
    return [each for each in told if each[0]]


def _part(part: str) -> tuple[str, str] | None:
    """The field, and its value, of a part of a line that says by itself what it is."""
    label, _, rest = part.partition(" ")
    label = label.lower().rstrip(":")
    if role := _ROLE.fullmatch(part):
        return "role", role[1]
    if due := _DUE.fullmatch(part):
        return "due_date", due[1]
    if born := _BORN.fullmatch(part):
        return "date_of_birth", born[1]
    if aged := _AGED.fullmatch(part):
        return "age", aged[1] or aged[2] or part
    if part.lower() in _SEXES:
        return "sex", part
    if label in {"school", "contact", "tel", "telephone", "phone"} and rest.strip():
        return ("school" if label == "school" else "contact"), rest.strip()
    if part.lower().startswith("nhs number"):
        return "nhs_number", part[len("nhs number") :].strip(" :")
    return None
