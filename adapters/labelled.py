"""What stands after which label, in a notice that people or a template wrote as lines of text?

    Notice number: PN-1
    Child 1: Given Family, born 04/05/2016, female
    School: …

Labels in any order and case; a line without a known label goes on with the text before it.
"""

import re
from typing import Any

from adapters.particulars import name_parts

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
    "due_date": ("due date", "due", "expected date of delivery"),
    "sex": ("sex", "gender"),
    "role": ("role", "relationship", "relationship to child"),
    "school": ("school", "school or nursery"),
    "nhs_number": ("nhs number", "nhs no"),
    "contact": ("contact", "telephone", "phone", "mobile"),
}
_ADDRESS = ("address", "home address", "location")
_MARKS = frozenset({"restricted", "confidential"})
_TEXTS = frozenset({"circumstances", "child_said"})

_LABEL = re.compile(r"[\s>*•\-]*([A-Za-z][A-Za-z0-9 /()'_.\-]{0,60}?)\s*:(?:[ \t]+|$)(.*)", re.S)
_BLOCK = re.compile(r"(child|adult|person)(?: present)?(?: (\d{1,2}))?(?: (.+))?")
_POSTCODE = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}")
_DATE = (
    r"(\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d\d-\d\d|\d{1,2}(?:st|nd|rd|th)? [A-Za-z]{3,9} \d{4})"
)
_BORN = re.compile(rf"(?:(?:born|dob|date of birth)[: ]+(?:on )?)?{_DATE}", re.I)
_DUE = re.compile(rf"(?:due|expected)(?: date| on)?[: ]+{_DATE}", re.I)
_SEXES = frozenset({"male", "female", "m", "f", "boy", "girl"})


def _by_label(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {label: field for field, labels in table.items() for label in labels}


_NOTICE_LABELS, _OFFICER_LABELS, _PERSON_LABELS = map(_by_label, (_NOTICE, _OFFICER, _PERSON))


def labelled(text: str) -> tuple[dict[str, Any], list[str], set[str]]:
    """The values as a police notice in JSON would hold them; other lines; the labels found."""
    reader = _Reader()
    for line in text.splitlines():
        reader.read(line)
    return reader.notice(), reader.left_over, reader.labels


class _Reader:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.officer: dict[str, str] = {}
        self.people: dict[tuple[str, int], dict[str, str]] = {}
        self.addresses: list[dict[str, Any]] = []
        self.left_over: list[str] = []
        self.labels: set[str] = set()
        self._person: dict[str, str] | None = None
        self._text: list[str] | None = None
        self._texts: dict[str, list[str]] = {}

    def notice(self) -> dict[str, Any]:
        """All that was read; what has several lines is joined."""
        texts = {name: "\n".join(lines).strip() for name, lines in self._texts.items()}
        return {
            **self.values,
            **texts,
            "officer": self.officer,
            "children": [p for (kind, _), p in self.people.items() if kind == "child"],
            "adults": [p for (kind, _), p in self.people.items() if kind != "child"],
            "addresses": self.addresses,
        }

    def read(self, line: str) -> None:
        found = _LABEL.fullmatch(line.rstrip()) if ":" in line else None
        label = _plain(found[1]) if found else ""
        if found is None or not self._labelled(label, found[2].strip()):
            self._more(line.rstrip())

    def _more(self, line: str) -> None:
        if self._text is not None:
            self._text.append(line)
        elif line.strip():
            self.left_over.append(line.strip())

    def _labelled(self, label: str, value: str) -> bool:
        """Whether the label is known; its value is then where it belongs."""
        if self._person is not None and label in _PERSON_LABELS:
            return self._put(self._person, _PERSON_LABELS[label], value)
        if label in _NOTICE_LABELS:
            self._person = None
            return self._of_the_notice(_NOTICE_LABELS[label], value)
        if block := _BLOCK.fullmatch(label):
            return self._of_a_person(block[1], int(block[2] or 1), block[3] or "", value)
        if label in _OFFICER_LABELS:
            self._person = None
            return self._put(self.officer, _OFFICER_LABELS[label], value)
        return self._of_an_address(label, value)

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
        word = word.lower().strip(",;.")
        return {"taken": "yes", "none": "no", "not": "no", "n/a": "no"}.get(word, word)

    def _of_a_person(self, kind: str, number: int, rest: str, value: str) -> bool:
        if rest and rest not in _PERSON_LABELS:
            return False
        self._person = self.people.setdefault((kind, number), {})
        self.labels.add(kind)
        self._text = None
        if rest:
            return self._put(self._person, _PERSON_LABELS[rest], value)
        self._person |= _in_one_line(value)
        return True

    def _of_an_address(self, label: str, value: str) -> bool:
        words = label.split()
        marked = not _MARKS.isdisjoint(words)
        plain = " ".join(word for word in words if word not in _MARKS and not word.isdigit())
        if plain == "postcode" and self.addresses:
            return self._put(self.addresses[-1], "postcode", value)
        if plain not in _ADDRESS:
            return False
        if marked and self.addresses and value.lower() in {"yes", "no"}:
            self.addresses[-1]["restricted"] = value.lower() == "yes"
            return True
        parts = [part.strip() for part in value.split(",") if part.strip()]
        last = parts.pop() if parts and _POSTCODE.fullmatch(parts[-1]) else ""
        restricted = {"restricted": True} if marked else {}
        self.addresses.append({"lines": parts, "postcode": last, **restricted})
        self.labels.add("address")
        self._text = None
        return True

    def _put(self, into: dict[str, Any], field: str, value: str) -> bool:
        self.labels.add(field)
        self._text = None
        if field in into and into[field] != value:
            self.left_over.append(f"{field.replace('_', ' ')}: {value}")
        elif value:
            into[field] = value
        return True


def _plain(label: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", label.lower()))


def _in_one_line(value: str) -> dict[str, str]:
    """A person in one line: the name first, then date, sex, school, and whatever else as role."""
    parts = [part.strip() for part in re.split(r"[;,]", value[:500]) if part.strip()]
    if not parts:
        return {}
    name = parts.pop(0)
    alone = name.isupper() and " " not in name and parts and parts[0].lower() not in _SEXES
    if alone and re.fullmatch(r"[^\d:]+", parts[0]):  # FAMILY, Given
        name = f"{name}, {parts.pop(0)}"
    family, given = name_parts(name)
    person = {"family_name": family, "given_name": given}
    roles = []
    for part in parts:
        label, _, rest = part.partition(" ")
        if due := _DUE.fullmatch(part):
            person["due_date"] = due[1]
        elif born := _BORN.fullmatch(part):
            person["date_of_birth"] = born[1]
        elif part.lower() in _SEXES:
            person["sex"] = part
        elif label.lower().rstrip(":") in {"school", "contact", "tel", "telephone", "phone"}:
            field = "school" if label.lower().startswith("school") else "contact"
            person[field] = rest.strip()
        elif part.lower().startswith("nhs number"):
            person["nhs_number"] = part[len("nhs number") :].strip(" :")
        else:
            roles.append(part)
    return person | ({"role": ", ".join(roles)} if roles else {})
