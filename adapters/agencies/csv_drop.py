"""What does a table (CSV) say that holds referrals, one a row, as a spreadsheet saves it?

Column names are read in any case, with or without spaces, hyphens and underscores. The key of a row
is the hash of its values and the file's name, so that a file dropped twice is received once.
"""

import csv
import io
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from msgspec.structs import replace

from adapters.address_care import asks_by_its_name, is_no, is_of_an_address, may_be_of_place
from adapters.fitting import misspelled
from adapters.made_up import Story, story
from adapters.particulars import name_parts
from adapters.reading import Problems, beginning, decoded, shown, unread
from adapters.referral_form import MOST_CHILDREN, told
from adapters.translation import FormatInformation, Sent, Translation
from adapters.urgency import most_urgent, urgency_in

FORMAT = FormatInformation(
    name="csv",
    title="Table of referrals, one a row (CSV)",
    transports=("file", "http", "kafka", "mesh", "csv-drop"),
    content_types=("text/csv",),
    rank=90,
)

MOST_ROWS = 2000
"""Rows that are read one by one; what follows is kept together, for a person to read."""

_DELIMITERS = ",;\t|"
_FEWEST_COLUMNS = 2
csv.field_size_limit(2**31 - 1)  # a long story in one cell is no fault

# ── Columns ──

_OF_A_PERSON = {
    "given_name": ("given name", "first name", "forename"),
    "family_name": ("family name", "surname", "last name"),
    "name": ("name", "full name"),
    "date_of_birth": ("date of birth", "dob", "birth date"),
}
_OF_A_CHILD = {
    **_OF_A_PERSON,
    "due_date": ("due date", "expected date of delivery", "edd"),
    "sex": ("sex", "gender"),
    "nhs_number": ("nhs number", "nhs no"),
    "school": ("school", "school or nursery"),
    "relationship": ("relationship",),
}
_OF_AN_ADULT = {
    **_OF_A_PERSON,
    "role": ("role", "relationship"),
    "contact": ("contact", "telephone", "phone"),
}
_OF_THE_REFERRER = {
    "name": ("referrer", "referrer name"),
    "role": ("referrer role",),
    "organisation": ("referrer organisation", "organisation", "agency"),
    "contact": ("referrer contact", "referrer telephone", "referrer email"),
}
_OF_THE_FORM = {
    "submission_id": (
        "reference", "submission id", "your reference", "our reference", "our ref", "ref", "ref no",
        "ref number", "reference no", "reference number", "reference id", "referral id",
        "referral no", "referral number", "referral ref", "referral reference",
    ),
    "submitted_at": ("submitted at", "date of referral", "referral date"),
    "urgent": ("urgent",),
    "reason_if_not": ("reason if not",),
    "what_happened": ("what happened", "concern", "concerns", "details", "notes"),
    "parents_informed": ("parents informed", "informed"),
    "consented": ("consented", "consent"),
} | {
    name: (name.replace("_", " "),)
    for name in (
        "urgency", "relates_to", "withdrawn", "worries", "what_is_working", "child_said",
        "anything_else", "lawful_basis",
    )
}  # fmt: skip
_OF_THE_HOME = {
    "line_1": (
        "address", "address line 1", "address 1", "home address", "current address",
        "family address", "child address", "childs address", "street",
        "street address", "addr", "addr 1",
    ),
    "line_2": ("address line 2", "address 2", "addr 2"),
    "line_3": ("address line 3", "address 3", "addr 3", "town"),
    "postcode": (
        "postcode", "post code", "postal code", "home postcode", "child postcode",
        "childs postcode",
    ),
    "restricted": (
        "address restricted", "restricted", "address confidential", "confidential",
        "address confidentiality",
    ),
}  # fmt: skip
MOST_ADULTS = 4

Place = tuple[str, int, str]
"""Where a column belongs: a part of the form, which one of several, and the field."""


def _plain(name: str) -> str:
    return "".join(c for c in name[:80].casefold() if c.isalnum())


def _columns() -> Iterator[tuple[str, Place]]:
    """The names of all columns, each with where it belongs."""
    for part, fields in (
        ("form", _OF_THE_FORM), ("referrer", _OF_THE_REFERRER), ("home", _OF_THE_HOME),
        ("children", _OF_A_CHILD),
    ):  # fmt: skip
        for field, names in fields.items():
            yield from ((name, (part, 1, field)) for name in names)
    for part, one, most, fields in (
        ("children", "child", MOST_CHILDREN, _OF_A_CHILD),
        ("adults", "adult", MOST_ADULTS, _OF_AN_ADULT),
    ):
        for field, names in fields.items():
            for name in names:
                yield f"{one} {name}", (part, 1, field)
                for number in range(1, most + 1):
                    yield f"{one} {number} {name}", (part, number, field)


_NAMES = {_plain(name): name for name, _ in _columns()}
_KNOWN = {_plain(name): place for name, place in _columns()}


def recognise(sent: Sent) -> bool:
    """At least two column names of ours in the first line, or a file name that says so."""
    first = beginning(sent, 16 * 1024)
    return _delimiter(first)[1] >= _FEWEST_COLUMNS or (sent.file_name or "").lower().endswith(
        ".csv"
    )


def _delimiter(text: str) -> tuple[str, int]:
    """The sign between values, and how many columns it makes known."""
    line = next(_rows(text[: 64 * 1024], ","), Row((), "")).text
    counts = {sign: _known_columns(line, sign) for sign in _DELIMITERS}
    best = max(counts, key=lambda sign: counts[sign])
    return best, counts[best]


def _known_columns(line: str, sign: str) -> int:
    if sign not in line:
        return 0
    values = next(_rows(line, sign), Row((), "")).values
    return sum(_plain(value) in _KNOWN for value in values)


# ── Rows ──


class Row(NamedTuple):
    """The values of a row, and its text with the line ends as they came."""

    values: tuple[str, ...]
    text: str


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for values in csv.reader(lines(), delimiter=delimiter):
        yield Row(tuple(values), "".join(taken))
        taken.clear()


def translate(sent: Sent) -> list[Translation]:
    """A translation a row; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    declared = re.search(r"charset=\"?([\w.:-]{1,40})", sent.content_type or "")
    text = decoded(sent.body, problems, declared[1] if declared else None)
    table = re.sub(r"\Asep=.\r?\n", "", text.lstrip("\r\n"))
    delimiter, known = _delimiter(table)
    if known < _FEWEST_COLUMNS:
        problems.say("The message is not a table of referrals: its first line names no columns.")
        return [unread(sent, text, problems)]
    header, *rows = _read(table, delimiter)
    filled = [row for row in rows if any(value.strip() for value in row.values)]
    if not filled:
        problems.say("The table holds no row below the names of its columns.")
        return [unread(sent, text, problems)]
    found = _translated(header, filled, sent, problems)
    rest = table[sum(len(row.text) for row in (header, *rows)) :]
    return [*found, _the_rest(header, rest, problems)] if rest.strip() else found


def _read(table: str, delimiter: str) -> list[Row]:
    """The header and the first rows, `MOST_ROWS` of them at most."""
    return list(islice(_rows(table, delimiter), MOST_ROWS + 1))


def _translated(header: Row, rows: list[Row], sent: Sent, problems: Problems) -> list[Translation]:
    places = [_KNOWN.get(_plain(name)) for name in header.values]
    unknown = _unknown_columns(header.values, places)
    found = []
    for number, row in enumerate(rows, start=1):
        said = Problems()
        for sentence in (*problems.told(), *unknown):
            said.say(sentence)
        translation = replace(_row(header.values, places, row, sent, said), key=_key(row, sent))
        found.append(_numbered(translation, number, header, row))
    return found


def _key(row: Row, sent: Sent) -> str:
    """The hash of the row's values and of the file's name."""
    return sha256("\x1f".join([sent.file_name or "", *row.values]).encode()).hexdigest()


def _numbered(translation: Translation, number: int, header: Row, row: Row) -> Translation:
    # A row is the same row however its line ends, and whether or not the file goes on after it.
    lines = (each.text.rstrip("\r\n") + "\n" for each in (header, row))
    return replace(translation, row=number, raw="".join(lines).encode())


def _the_rest(header: Row, rest: str, problems: Problems) -> Translation:
    problems.say(
        f"The table has more than {MOST_ROWS} rows: those that follow are here together, unread."
    )
    text = f"{header.text}{rest}"
    return Translation(
        concern=shown(text, problems),
        problems=problems.told(),
        row=MOST_ROWS + 1,
        raw=text.encode(),
    )


def _unknown_columns(names: tuple[str, ...], places: list[Place | None]) -> tuple[str, ...]:
    """Sentences on the columns that have no place, without naming them: they may hold anything."""
    sentences: list[str] = []
    count = 0
    for name, place in zip(names, places, strict=True):
        if place is not None or not name.strip() or _asks_for_care(name):
            continue
        near = misspelled(_plain(name), _KNOWN) if len(sentences) < 20 and count < 50 else None
        if near:
            sentences.append(f"A column looks like “{_NAMES[near]}” misspelled: it was not used.")
        else:
            count += 1
    if count == 1:
        sentences.append("1 column is not known: it is shown with the concern.")
    elif count:
        sentences.append(f"{count} columns are not known: they are shown with the concern.")
    elsewhere = [place for place in places if place and place[0] != "home"]
    if len({*elsewhere}) < len(elsewhere):
        sentences.append("A column stands twice: the second one is shown with the concern.")
    return tuple(sentences)


def _row(
    names: tuple[str, ...],
    places: list[Place | None],
    row: Row,
    sent: Sent,
    problems: Problems,
) -> Translation:
    parts: dict[tuple[str, int], dict[str, str]] = {}
    left_over = []
    beside: dict[str, str] = {}
    if len(row.values) < len(places):
        problems.say("The row ends early: values are missing at its end.")
    if len(row.values) > len(places):
        problems.say("The row holds more values than there are columns.")
        left_over += [value for value in row.values[len(places) :] if value.strip()]
    if row.text.count('"') % 2:
        problems.say("A quotation mark is not closed: what follows may be a row of its own.")
    for name, place, value in zip(names, places, row.values, strict=False):
        if not value.strip():
            continue
        held = parts.setdefault(place[:2], {}) if place else {}
        if place and place[2] not in held:
            held[place[2]] = value
        elif place and place[0] == "home":  # another address, or another answer about it
            if value.strip() != held[place[2]].strip():
                held[f"{name} ({len(held)})"] = value
        elif place is None and (_asks_for_care(name) or is_of_an_address(name, value)):
            beside[name if name not in beside else f"{name} ({len(beside)})"] = value
        else:
            left_over.append(f"{name}: {value}")
    form = _form(parts) | {name: each for name, each in beside.items() if not is_no(each)}
    if _is_row_number(form.get("submission_id", "")):
        left_over.append(f"Reference: {form.pop('submission_id')}")
    return told(form, sent, problems, left_over)


def _asks_for_care(name: str) -> bool:
    """Whether what a column holds may be an address, or ask for care with one."""
    return may_be_of_place(name) or asks_by_its_name(name)


def _is_row_number(reference: str) -> bool:
    """Whether a reference only counts the rows: the next table counts them again."""
    plain = reference.strip().lstrip("#").removesuffix(".0")
    return plain.isdecimal() and len(plain) <= len(str(MOST_ROWS))


def _form(parts: dict[tuple[str, int], dict[str, str]]) -> dict[str, Any]:
    """The values as the web form would send them."""
    form: dict[str, Any] = dict(parts.get(("form", 1), {}))
    if urgency := _urgency(form.pop("urgent", ""), form.get("urgency", "")):
        form["urgency"] = urgency
    home = dict(parts.get(("home", 1), {}))
    lines = [home.pop(name, "") for name in ("line_1", "line_2", "line_3")]
    if home or any(lines):
        form["address"] = {"lines": [line for line in lines if line], **home}
    form["referrer"] = parts.get(("referrer", 1), {})
    for part in ("children", "adults"):
        numbers = sorted(number for name, number in parts if name == part)
        form[part] = [_person(parts[part, number]) for number in numbers]
    return form


def _urgency(urgent: str, told: str) -> str:
    """The more urgent of the two columns; both as they stand where one is not understood."""
    answer = urgent.strip().casefold()
    if answer in {"", "no", "n", "false", "0"}:
        return told
    asked = "urgent" if answer in {"yes", "y", "true", "1"} else urgent
    found = [urgency_in(each) for each in (told, asked)]
    return " ".join(filter(None, [told, asked])) if None in found else most_urgent(found)


def _person(fields: dict[str, str]) -> dict[str, str]:
    person = dict(fields)
    if name := person.pop("name", ""):
        family, given = name_parts(name)
        person.setdefault("family_name", family)
        person.setdefault("given_name", given)
    return person


# ── A made-up table ──


def example(seed: int) -> bytes:
    """A made-up table of one row."""
    return written([story(FORMAT.name, seed)])


def written(stories: list[Story]) -> bytes:
    """The table in which a council would send these stories."""
    out = io.StringIO()
    table = csv.DictWriter(out, _header(stories), lineterminator="\r\n", restval="")
    table.writeheader()
    table.writerows(_values(each) for each in stories)
    return out.getvalue().encode()


def _header(stories: list[Story]) -> list[str]:
    return list(dict.fromkeys(name for each in stories for name in _values(each)))


def _values(told_of: Story) -> dict[str, str]:
    values = {
        "reference": f"CSV-{told_of.reference}",
        "submitted_at": told_of.at.isoformat(),
        "urgency": told_of.urgency,
        "referrer_name": told_of.referrer,
        "referrer_role": "Designated safeguarding lead",
        "referrer_organisation": told_of.children[0].school,
        "referrer_contact": told_of.telephone,
    }
    for number, child in enumerate(told_of.children, start=1):
        values |= {
            f"child_{number}_given_name": child.given_name,
            f"child_{number}_family_name": child.family_name,
            f"child_{number}_date_of_birth": f"{child.born_on:%d/%m/%Y}",
            f"child_{number}_sex": child.sex,
            f"child_{number}_nhs_number": child.nhs_number or "",
            f"child_{number}_school": child.school,
        }
    for number, adult in enumerate(told_of.adults, start=1):
        values |= {
            f"adult_{number}_given_name": adult.given_name,
            f"adult_{number}_family_name": adult.family_name,
            f"adult_{number}_role": adult.role,
            f"adult_{number}_contact": adult.telephone,
        }
    return values | {
        "address_line_1": told_of.lines[0],
        "address_line_2": told_of.lines[1],
        "postcode": told_of.postcode,
        "what_happened": told_of.concern,
        "child_said": told_of.child_said,
        "parents_informed": "yes" if told_of.parents_informed else "no",
        "consented": "yes" if told_of.consent else "no",
    }
