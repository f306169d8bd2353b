"""Whom do the lines of a notice tell of, each in a line of their own or in labelled lines?"""

import re
from typing import Any, NamedTuple

from adapters.labelled_addresses import Addresses, Found, same, words
from adapters.looks_like_address import (
    POSTCODE,
    in_a_line,
    may_be_in_a_line,
    starts_in,
)
from adapters.particulars import may_be_name

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
_LABELS = {label: field for field, labels in _PERSON.items() for label in labels}
_KINDS = {
    "child": ("child", ""),
    "young person": ("child", ""),
    "missing child": ("child", "missing child"),
    "missing young person": ("child", "missing child"),
    "adult": ("adult", ""),
    "person": ("person", ""),
    "missing person": ("person", "missing person"),
    "victim": ("victim", "victim"),
    "perpetrator": ("perpetrator", "perpetrator"),
    "suspect": ("suspect", "suspect"),
}
"""What stands before the number of a person: what they are, and their role."""
_BLOCK = re.compile(rf"({'|'.join(_KINDS)})(?: present)?(?: (\d{{1,2}}))?(?: (.+))?")
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
_BEFORE_A_BIRTH = frozenset({"", "born", "dob", "d.o.b", "d.o.b.", "date", "of", "birth", "on"})
_DUE = re.compile(rf"(?:due|expected)(?: date| on)?[: ]+{_DATE}", re.I)
_ROLE = re.compile(r"(?:role|relationship)(?: to (?:the )?child)?:? (.+)", re.I)
_SEXES = frozenset({"male", "female", "m", "f", "boy", "girl"})
_ABOUT = r"(?:about|around|approx(?:imately|\.)?|c(?:irca|\.)?|~)"
_OLD = rf"(?:{_ABOUT} ?)?\d{{1,3}} ?(?:yo|yrs?|years?|months?|weeks?)(?: old)?"
_AGED = re.compile(
    rf"aged?:? ((?:{_ABOUT} ?)?\d{{1,3}}(?: ?[a-z]{{1,6}}){{0,2}})|({_OLD})"
    rf"|((?:{_ABOUT} ?)?\d{{1,2}})",
    re.I,
)
_BIRTHS = frozenset({"date_of_birth", "age", "due_date"})
_NAMES = frozenset({"name", "given_name", "family_name"})
_LONGEST_LINE = 500
_MOST_COMPARED = 20
_APART = re.compile(
    rf"[;,()]|\s(?=(?:born|dob|date of birth|due|aged?)[: ](?: ?on ?)?(?:{_ABOUT} ?)?\d"
    rf"|{_OLD}\s*(?:[;,()]|$))",
    re.I,
)  # what ends the name in a line about one person
_OF_A_CHILD = re.compile(
    rf"{_DATE}|(?:aged?:? )?{_OLD}\b|\baged?:? (?:{_ABOUT} ?)?\d{{1,2}}\b", re.I
)
_LISTED = re.compile(r"[;,()&•]|\s[-\u2013]\s|\band\b|(?:(?<=[;,])|^)\s*\d{1,2}[.)]\s", re.I)
"""What stands between the children of a list, and what is told of each."""
_PARTICLES = frozenset(
    {"de", "van", "der", "den", "von", "la", "le", "da", "du", "al", "el", "bin"}
)
_NOBODY = frozenset({"", "yes", "none", "n/a", "na", "-", "nil", "unknown", "not known", "no"})


_Told = tuple[str, tuple[str, str] | None]
"""A part of a line, and the field that it says it is."""


class Person:
    """Somebody as told so far. `begun`: their own label has come, such as `Child 1:`."""

    def __init__(self, kind: str, number: int, role: str) -> None:
        self.kind = kind
        self.number = number
        self.role = role
        self.called = f"{kind.capitalize()} {number}"
        self.fields: dict[str, str] = {}
        self.begun = False
        self.homes: list[dict[str, Any]] = []

    def may_be(self, told: dict[str, str]) -> bool:
        """Whether these are words about the same person: no field says anything else."""
        return all(same(self.fields.get(field, value), value) for field, value in told.items())

    def is_called_otherwise(self, field: str, value: str) -> bool:
        """Whether a name is another one than this person has."""
        if field == "name":
            held = self.fields.get("name")
            if held:
                return not same(held, value)
            known = (self.fields.get(each, "") for each in ("given_name", "family_name"))
            words = value.casefold().replace(",", " ").split()
            return not {word for each in known for word in each.casefold().split()} <= {*words}
        if field != "given_name":
            return False
        if held := self.fields.get("given_name"):
            return not same(held, value)
        return value.casefold() not in self.fields.get("name", value).casefold()

    def told(self) -> dict[str, str]:
        """The fields, with the role that the person's own label gives."""
        own = self.fields.get("role", "")
        if not self.role or self.role in own.casefold():
            return self.fields
        return {**self.fields, "role": ", ".join(filter(None, [self.role, own]))}


class _Line(NamedTuple):
    """What one line says of a person: `place` the parts of an address."""

    fields: dict[str, str]
    place: list[str]


class People:
    """Everybody told of, in their order; `current`: whose lines these are."""

    def __init__(self, found: Found, addresses: Addresses) -> None:
        self.current: Person | None = None
        self._found = found
        self._addresses = addresses
        self._all: list[Person] = []
        self._children = 0
        self._numbered: dict[tuple[str, int], Person] = {}

    def told(self) -> dict[str, list[dict[str, str]]]:
        """The children and the adults; each home is given whose it is."""
        children = [each for each in self._all if each.kind == "child"]
        adults = [each for each in self._all if each.kind != "child"]
        for called, people in (("Child", children), ("Person", adults)):
            for number, person in enumerate(people, start=1):
                for home in person.homes:
                    whose = [home["of"]] if "of" in home else []
                    home["of"] = ", ".join([*whose, f"{called} {number}"])
        return {
            "children": [each.told() for each in children],
            "adults": [each.told() for each in adults],
        }

    def labelled(self, label: str, value: str) -> bool:
        """Whether it is a label that a person's lines have; its value is then where it belongs."""
        if self.current is None or label not in _LABELS:
            return False
        self._put(self.current, _LABELS[label], value)
        return True

    def begins(self, label: str, value: str) -> bool:
        """Whether the label names a person, such as `Child 2` or `Child 2 date of birth`."""
        block = _BLOCK.fullmatch(label)
        if block is None or (block[3] or "").endswith("address"):
            return False
        kind, role = _KINDS[block[1]]
        rest = block[3] or ""
        if rest and rest not in _LABELS:
            return False
        self.begin(kind, int(block[2] or 1), role, rest, value)
        return True

    def told_of(self, kind: str, label: str, value: str) -> bool:
        """Whether the label is of a person's lines, and somebody of this kind may be meant whom no
        heading announces: a name begins them."""
        field = _LABELS.get(label)
        if field is None or not (field in _NAMES or (kind, 1) in self._numbered):
            return False
        self.begin(kind, 1, "", label, value)
        return True

    def lists(self, told: str) -> bool:
        """Whether it lists children, by name and date of birth or age; it is said if not all of
        them could be read."""
        listed, all_read = _listed(told)
        for each in listed:
            self.begin("child", self._children + 1, "", "", each)
        if listed and not all_read:
            self._found.problems.say(
                "Another child is listed in a way that is not clear to us: see the list."
            )
        self.current = None if listed else self.current
        return bool(listed)

    def begin(self, kind: str, number: int, role: str, rest: str, value: str) -> None:
        self._found.labels.add(kind)
        known = self._numbered.get((kind, number))
        self.current = known or self._another(kind, number, role)
        self.current.role = self.current.role or role
        if rest:
            self._put(self.current, _LABELS[rest], value)
            return
        told, place = self._in_one_line(self.current, value)
        begun = known is not None and (known.begun or "name" in known.fields)
        if begun and not (told and self.current.may_be(told)):
            self.current = self._another(kind, number, role)
        self.current.begun = True
        for field, each in told.items():
            self.current.fields.setdefault(field, each)
        if place:
            self.home(place)

    def is_relative(self, told: str) -> bool:
        """Whether it is `Mother: Jo Holt, 1 Mill Lane`: a person, where an address stands there."""
        label, _, value = told[:_LONGEST_LINE].partition(":")
        if not (self._is_role(label, "") and may_be_name(label)):
            return False
        if not any(in_a_line(each.strip()) for each in _APART.split(value)):
            return False
        self.begin("adult", 1, "", "", value.strip())
        if self.current is not None:
            self.current.fields.setdefault("role", label.strip())
        return True

    def home(self, place: list[str]) -> None:
        """An address of this person's, or the one of somebody else that is the very same."""
        if self.current is None:
            return
        home = self._addresses.add(", ".join(place))
        last = self._all[-_MOST_COMPARED:]
        known = (each for other in last for each in other.homes[-_MOST_COMPARED:])
        shared = next((each for each in known if each == home), None)
        if shared is not None:
            self._addresses.unsay()
            home = shared
        if not any(home is each for each in self.current.homes[-_MOST_COMPARED:]):
            self.current.homes.append(home)

    def _another(self, kind: str, number: int, role: str) -> Person:
        person = Person(kind, number, role)
        self._children += kind == "child"
        self._all.append(person)
        self._numbered[kind, number] = person
        return person

    def _put(self, person: Person, field: str, value: str) -> None:
        self._found.labels.add(field)
        if field in _NAMES and not self._may_be_name(f"{person.called} {words(field)}", value):
            return
        if field in _NAMES and person.is_called_otherwise(field, value):
            person = self.current = self._another(person.kind, person.number, person.role)
        self._found.put(person.fields, field, value, f"{person.called}: ")

    def _may_be_name(self, label: str, value: str) -> bool:
        """Whether it has the shape of a name; what has not is kept with the concern."""
        if value.casefold() in _NOBODY:
            self._found.left_over.extend([f"{label}: {value}"] if value else [])
            return False
        if may_be_name(value):
            return True
        self._found.problems.say(f"{label} is not a name: it is shown with the concern.")
        self._found.left_over.append(f"{label}: {value}")
        return False

    def _in_one_line(self, person: Person, value: str) -> _Line:
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
        told = self._without_others_ages(called, _fields(parts))
        others = [part for part, field in told if not field]
        sentence = name.islower() and any(len(part.split()) > 2 for part in others)
        fields = {field[0]: field[1] for _, field in told if field}
        somewhere = any(may_be_in_a_line(each) for each in [*others, value[_LONGEST_LINE:]])
        where = "kept with the address" if somewhere else "shown with the concern"
        kept = [] if len(value) <= _LONGEST_LINE else [value]
        if name and (sentence or not may_be_name(name)):
            self._found.problems.say(f"{called} is not a name: it is {where}.")
            return self._line(called, fields, [value], somewhere)
        if name.casefold() in _NOBODY:
            return self._line(called, fields, others if somewhere else [value], somewhere)
        roles = [part for part in others if self._is_role(part, name)]
        rest = [part for part in others if part not in roles]
        if roles:
            fields.setdefault("role", ", ".join(roles))
        if rest and not (somewhere and _is_all_of_an_address(rest)):
            self._found.problems.say(
                f"{called}: a part of the line could not be read: it is {where}."
            )
        return self._line(called, {"name": name, **fields}, rest + kept, somewhere)

    def _without_others_ages(self, called: str, told: list[_Told]) -> list[_Told]:
        """The parts without the ages that may be somebody else's: those are told."""
        own = _own(told)[0]
        for part, taken in zip(told, own, strict=True):
            if part != taken:
                self._found.problems.say(
                    f"{called}: it is not clear whose an age is: it is shown with the concern."
                )
                self._found.left_over.append(f"{called}: {part[0]}")
        return [taken for part, taken in zip(told, own, strict=True) if part == taken]

    def _line(self, called: str, fields: dict[str, str], rest: list[str], somewhere: bool) -> _Line:
        """`rest` with the address where the line tells `somewhere`, else with the concern."""
        if not somewhere:
            self._found.left_over.extend(f"{called}: {part}" for part in rest if part)
        return _Line(fields, rest if somewhere else [])

    def _is_role(self, part: str, name: str) -> bool:
        """Whether all its words are those of a relationship, or the names of people told of."""
        words = re.findall(r"[^\W_]+", part.casefold().replace("'s ", " "))
        if _RELATED.isdisjoint(words):
            return False
        held = [
            name,
            *(
                each.fields.get(field, "")
                for each in self._all[-_MOST_COMPARED:]
                for field in _NAMES
            ),
        ]
        named = {word for each in held for word in re.findall(r"[^\W_]+", each.casefold())}
        return {*words} <= _RELATED | _BESIDE | named


def _listed(told: str) -> tuple[list[str], bool]:
    """A line for each child of a list such as `Amira Holt, born 04/05/2016 and Kit Holt (6)`, and
    whether that is all whom it lists; nobody is given the age of somebody else."""
    line = _OF_A_CHILD.sub(r";\g<0>;", told[:_LONGEST_LINE])
    entries: list[list[str]] = [[]]
    for part in filter(None, map(_without_birth, _LISTED.split(line))):
        last = entries[-1]
        if len(last) == 1 and last[0].isupper() and " " not in last[0] and _is_name(part):
            last[0] = f"{last[0]}, {part}"  # FAMILY, Given
        elif _is_name(part):
            entries.append([part])
        elif part.casefold() not in _NOBODY or last:
            last.append(part)
    if len(told) > _LONGEST_LINE:
        entries[-1] = entries[-1][:1]  # it is cut off: half an age would be another
    children = [_child(each) for each in entries if each]
    read = [", ".join(each.parts) for each in children if each.parts]
    return read, len(told) <= _LONGEST_LINE and all(each.alone for each in children)


class _Child(NamedTuple):
    """What a list tells of a child, nothing if it may be none; `alone`: and of nobody else."""

    parts: list[str]
    alone: bool


def _child(entry: list[str]) -> _Child:
    """The child whom a part of a list names first, up to where it names somebody else."""
    told = _fields(entry[1:])
    own, other = _own(told)
    clear = [taken for part, taken in zip(told[:other], own, strict=False) if part == taken]
    sure = any(field and field[0] in _BIRTHS for _, field in clear)
    if not _is_child(entry, sure=sure):
        return _Child([], alone=False)
    return _Child(
        [entry[0], *(part for part, _ in clear)], alone=own == told and other == len(told)
    )


def _own(told: list[_Told]) -> tuple[list[_Told], int]:
    """The parts of which some tell of somebody else, and where those begin, if any: of two ages
    none is taken, nor one behind the other's name, for it may be the other's."""
    births = [at for at, (_, field) in enumerate(told) if field and field[0] in _BIRTHS]
    between = range(births[0], births[-1]) if births else range(0)
    other = next(
        (
            at
            for at, (part, field) in enumerate(told)
            if not field and _is_somebody_else(part, by_name=at not in between)
        ),
        len(told),
    )
    values = {told[at][1] for at in births if at < other}
    twice = len({field[0] for field in values if field}) < len(values)
    doubted = {at for at in births if twice or at > other}
    return [(part, None if at in doubted else f) for at, (part, f) in enumerate(told)], other


def _is_somebody_else(part: str, *, by_name: bool) -> bool:
    """Whether it is a relative, such as `his sister Amira`; not, `by_name`, one without a name."""
    words = [re.sub(r"\W", "", word) for word in part.split()]
    related = [at for at, word in enumerate(words) if word.casefold() in _RELATED]
    after = (words[at + 1] for at in related if at + 1 < len(words))
    return any(map(_is_name, after)) if by_name else bool(related)


def _without_birth(part: str) -> str:
    """A part of a list without the words before a birth date, or before the list."""
    words = part.strip(" .-\t").split()
    while words and words[-1].casefold().strip(":-") in _BEFORE_A_BIRTH:
        words.pop()
    text = " ".join(words)
    return text if _part(text) else text.rpartition(":")[2].strip()


def _is_name(part: str) -> bool:
    """Whether it is plainly a name, each word with a capital, and no relationship."""
    words = part.split()
    if _part(part) or not may_be_name(part) or part.casefold() in _NOBODY:
        return False
    if not all(word[0].isupper() or word in _PARTICLES for word in words):
        return False
    return not {*re.findall(r"[^\W_]+", part.casefold())} <= _RELATED | _BESIDE


def _is_child(entry: list[str], *, sure: bool) -> bool:
    """Whether it is a name with a date of birth; where it is an age, or it is not `sure` whose it
    is, both names must be there."""
    if not _is_name(entry[0].replace(",", "")):
        return False
    told = {field[0] for part in entry[1:] if (field := _part(part))}
    return ("date_of_birth" in told and sure) or (bool(_BIRTHS & told) and " " in entry[0])


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
        return "age", aged[1] or aged[2] or aged[3]
    if part.lower() in _SEXES:
        return "sex", part
    if label in {"school", "contact", "tel", "telephone", "phone"} and rest.strip():
        return ("school" if label == "school" else "contact"), rest.strip()
    if part.lower().startswith("nhs number"):
        return "nhs_number", part[len("nhs number") :].strip(" :")
    return None
