"""Which addresses do the lines of a notice tell, and what is said beside them?

An address is restricted by whatever stands beside it that asks for care, in whatever words.
"""

import re
from typing import Any

from adapters.address_care import asks_for_care
from adapters.looks_like_address import POSTCODE, begins_address, in_a_line, without_beginning
from adapters.reading import Problems

_ADDRESS = re.compile(
    r"((?:[\w']+ ){0,3})(?:address|location)\b[ ]?\d{0,2}[ ]?(?:[(\[.,;-]?[ ]*(.*?)[)\]]?)", re.I
)
_UNNUMBERED = re.compile(r"^(child|adult|person|victim|perpetrator|suspect) ?\d{1,2}(?:'s)? ", re.I)
_MARKS = frozenset({"restricted", "confidential"})
_WHOSE = frozenset(
    {
        "home", "current", "family", "usual", "new", "present", "postal", "house", "main", "full",
        "child", "childs", "children", "childrens", "mother", "mothers", "mum", "mums", "father",
        "fathers", "dad", "dads", "parent", "parents", "carer", "carers", "grandparents",
        "grandmother", "previous", "old", "former", "last", "known", "school", "work", "temporary",
        "incident", "of", "the", "and", "s", "for", "at", "is", "details", "victim", "victims",
        "perpetrator", "perpetrators", "suspect", "suspects",
    }
)  # fmt: skip
"""Words beside `address` that say whose or which; any others may say who must not know it."""
_REMARK = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_LONGEST_ANSWER = 6
_AT_ITS_END = re.compile(rf"(.*?)({POSTCODE.pattern})", re.I)


class Found:
    """What the lines say so far: `left_over` the lines of no field, `labels` those found.

    `careful`: of fields that may be told twice, the answer that holds until a person has looked.
    """

    def __init__(self, careful: dict[str, str]) -> None:
        self.left_over: list[str] = []
        self.labels: set[str] = set()
        self.problems = Problems()
        self._careful = careful

    def put(self, into: dict[str, Any], field: str, value: str, of: str = "") -> bool:
        """A value under its label; another one is told, and kept with the concern."""
        self.labels.add(field)
        if not into.get(field):
            into.update({field: value} if value else {})
        elif value and not same(into[field], value):
            self.problems.say(
                f"{of}{words(field)} is told twice: the other one is shown with the concern."
            )
            self.left_over.append(f"{of}{words(field)}: {value}")
            if careful := self._careful.get(field):
                self.left_over.append(f"{words(field)}: {into[field]}")
                into[field] = careful
        return True


class Addresses:
    """The addresses in their order; the last one may be `open`: its next line goes on with it."""

    def __init__(self, found: Found) -> None:
        self.told: list[dict[str, Any]] = []
        self.open: dict[str, Any] | None = None
        self._found = found
        self._restricted = False

    def labelled(self, label: str, value: str) -> bool:
        """Whether the label is one of an address; its value is then where it belongs."""
        spoken = plain(label).split()
        if not spoken:
            return False
        if spoken == ["postcode"] and self.told:
            return self._found.put(self.told[-1], "postcode", value)
        if _MARKS & {spoken[-1]} and {*spoken} <= {*_MARKS, "address", "home"}:
            answers = "(" not in label and not re.search(r"\d", value)
            if answers:
                return self._told_restricted(label, value)
        found = _ADDRESS.fullmatch(_UNNUMBERED.sub(r"\1 ", label))
        if found is None:
            return False
        before, remark = plain(found[1]).split(), found[2].strip()
        if not {*before} <= _WHOSE | _MARKS or remark.startswith("line"):
            return False
        whose = remark if _is_whose(remark) else ""
        of = [word for word in found[1].split() if word.lower() not in {*_MARKS, "home"}]
        self.add(value, not _MARKS.isdisjoint(before), "" if whose else remark)
        if said := " ".join(filter(None, [*of, whose])):
            self.told[-1]["of"] = said
        return True

    def add(self, value: str, restricted: bool = False, remark: str = "") -> dict[str, Any]:
        """An address; what is said beside it restricts it where it may be meant so, and is kept
        with the concern: without the address, which those may read who may not know where it is.
        """
        remarks, place = _without_remarks(value)
        remarks += [remark] if remark else []
        self._found.left_over.extend(f"Address: {each}" for each in remarks)
        restricted = restricted or self._restricted or bool(remarks)
        restricted = restricted or asks_for_care(value)
        self._restricted = False
        home = {**_place(place), **({"restricted": True} if restricted else {})}
        self.told.append(home)
        self.open = None if home["postcode"] else home
        self._found.labels.add("address")
        return home

    def unsay(self) -> None:
        """The last one was told before."""
        self.open = None
        self.told.pop()

    def goes_on(self, told: str) -> bool:
        """Whether this line was another one of the open address."""
        if self.open is None or ":" in told:
            return False
        home, more = self.open, _place(told)
        home["lines"] += more["lines"]
        home["postcode"] = more["postcode"]
        home.update({"restricted": True} if asks_for_care(told) else {})
        self.open = None if home["postcode"] else home
        return True

    def told_if_unknown(self, line: str) -> None:
        """Say it where a line was taken for an address though its label says something else."""
        if ":" in line and not begins_address(line):
            self._found.problems.say("A line with an unknown label was kept as an address.")

    def _told_restricted(self, label: str, value: str) -> bool:
        """Whether it is the answer to whether the address is restricted; whatever is no plain no
        says that it is."""
        if len(value.split()) > _LONGEST_ANSWER:
            return False
        answer = value.casefold().strip(" .")
        if answer not in {"", "yes", "no"}:
            self._found.problems.say(
                f"{label} could not be read: the address is taken as restricted."
            )
            self._found.left_over.append(f"{label}: {value}")
        self._found.labels.add("address")
        if answer not in {"", "no"}:
            if self.told:
                self.told[-1]["restricted"] = True
            else:
                self._restricted = True
        return True


def same(one: str, other: str) -> bool:
    """Whether two values differ in nothing but capitals and spaces."""
    return one.casefold().split() == other.casefold().split()


def plain(label: str) -> str:
    """A label in small letters, its words one space apart, without signs."""
    return " ".join(re.findall(r"[a-z0-9]+", label.lower()))


def words(field: str) -> str:
    """A field's name as a person writes it."""
    return field.replace("_", " ")


def _is_whose(remark: str) -> bool:
    return {*re.findall(r"[a-z]+", remark.lower())} <= _WHOSE


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
    remarks = [each for each in _REMARK.findall(value) if asks_for_care(each)]
    place = _REMARK.sub(lambda m: "" if asks_for_care(m[1]) else m[0], value)
    kept = []
    for part in re.split(r"(,|;| - |: )", place):
        if asks_for_care(part) and not (re.search(r"\d", part) or in_a_line(part)):
            remarks.append(part.strip())
        else:
            kept.append(part)
    return remarks, "".join(kept)
