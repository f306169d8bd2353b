"""What does a later message tell of a child that the record lacks, or has otherwise?

Only what was always empty on the record is filled. What is there and differs, or was taken away,
is for a person: a sender's slip must not overwrite what is known.
"""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from adapters.nameless import counted
from domain.child import CorrectDetails
from domain.described import ChildDescribed
from services.likeness import compare, details_of, plain
from services.numbers import Record

REASON = "The agency told more about the child in a later message."

AROUND_BIRTH = timedelta(days=120)
"""By how much a child may be born before or after the day on which they were due."""


class More(NamedTuple):
    """`commands`: that fill what was empty. `differs`: the details that are there and differ."""

    commands: tuple[CorrectDetails, ...]
    differs: tuple[str, ...]


def more(
    child_id: str, record: Record, child: ChildDescribed, stamped: dict[str, Any], *, number: bool
) -> More:
    """What to record of this child. `number`: whether the NHS number may be filled."""
    known, told = record.details, details_of(child)
    have: dict[str, Any] = {
        "family_name": known.family_name,
        "given_name": known.given_name,
        "born_on": known.born_on,
        "due_on": record.due_on,
        "nhs_number": known.nhs_number,
        "postcode": known.postcode,
        "sex": None if known.sex == "U" else known.sex,
    }
    says: dict[str, Any] = {
        "family_name": told.family_name,
        "given_name": told.given_name,
        "born_on": told.born_on,
        "due_on": None if known.born_on else child.due_on,
        "nhs_number": told.nhs_number,
        "postcode": told.postcode,
        "sex": None if told.sex == "U" else told.sex,
    }
    new = {
        name: value
        for name, value in says.items()
        if value and not have[name] and (number or name != "nhs_number")
        if name not in record.taken_away
    }
    differs = _differs(have, says, record.taken_away)
    if not new:
        return More((), differs)
    whole: dict[str, Any] = {**have, **new}
    whole["sex"] = whole["sex"] or "U"
    whole["given_name"] = whole["given_name"] or counted(known.which)
    # an id of its own: the rows of one file may each tell something of the same child
    own = {**stamped, "command": uuid4().hex}
    command = CorrectDetails(**own, child_id=child_id, reason=REASON, **whole)
    return More((command,), differs)


_CALLED = {
    "family_name": "surname",
    "given_name": "first name",
    "born_on": "birth date",
    "due_on": "due date",
    "nhs_number": "NHS number",
    "postcode": "postcode",
    "sex": "sex",
}


def _differs(
    have: dict[str, Any], says: dict[str, Any], taken_away: frozenset[str]
) -> tuple[str, ...]:
    return tuple(
        called
        for name, called in _CALLED.items()
        if says[name] and (have[name] or name in taken_away)
        if plain(str(have[name])) != plain(str(says[name]))
    )


def told_otherwise(differs: tuple[str, ...]) -> str | None:
    """What a person must know of details that are there and differ."""
    if not differs:
        return None
    return (
        f"The sender now tells otherwise of a child ({', '.join(differs)}): compare with the "
        "record, which stays as it was."
    )


def contradicts(child: ChildDescribed, record: Record) -> bool:
    """Whether what is said cannot be true of the child of this record."""
    told, known = details_of(child), record.details
    if not compare(told, known).possible:
        return True
    if told.nhs_number and known.nhs_number and told.nhs_number != known.nhs_number:
        return True
    return bool({told.sex, known.sex} == {"F", "M"} or _other_birth(child, record))


def _other_birth(child: ChildDescribed, record: Record) -> bool:
    """Whether one is born and the other not, or long before or after."""
    born = record.details.born_on
    if child.unborn and born:
        return True
    day, due = child.born_on or child.due_on, None if born else record.due_on
    between = (day, day) if day else child.born_between
    if due is None or between is None:
        return False
    return between[0] - due > AROUND_BIRTH or due - between[1] > AROUND_BIRTH
