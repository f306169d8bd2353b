"""How does an agency describe the people and places that a concern is about?

These are the sender's own words, kept as they came: nothing here is corrected or matched.
"""

from datetime import date
from typing import Literal

from msgspec import Struct

from domain.codes import Sex

Urgency = Literal["immediate", "urgent", "routine", "not-stated"]
URGENCIES: dict[Urgency, str] = {
    "immediate": "Immediate: a child may be in danger now",
    "urgent": "Urgent: within a working day",
    "routine": "Routine",
    "not-stated": "Not stated",
}


class Identifier(Struct, frozen=True, omit_defaults=True):
    """A number that some system knows a person by: `system` is `nhs`, `upn` or the sender's own."""

    system: str
    value: str


class ChildDescribed(Struct, frozen=True, omit_defaults=True):
    """A child as the sender described them. All that is not known is None or empty.

    `due_on`: the expected date of birth of an unborn child. `nhs_number`: ten digits, only where
    its check digit holds; a number that fails it stays among `identifiers`. `relationship`: to
    whom the concern is mainly about, in the sender's words. `born_between`: the first and the last
    day on which they may be born, where only a year, a month or an age is told.
    """

    family_name: str = ""
    given_name: str = ""
    born_on: date | None = None
    due_on: date | None = None
    sex: Sex = "U"
    nhs_number: str | None = None
    nhs_number_verified: bool = False
    identifiers: tuple[Identifier, ...] = ()
    postcode: str | None = None
    school: str | None = None
    relationship: str | None = None
    born_between: tuple[date, date] | None = None

    @property
    def unborn(self) -> bool:
        return self.due_on is not None and self.born_on is None


class AdultDescribed(Struct, frozen=True, omit_defaults=True):
    """An adult in the household, or otherwise named. `role`: in the sender's words."""

    family_name: str = ""
    given_name: str = ""
    born_on: date | None = None
    role: str | None = None
    contact: str | None = None
    identifiers: tuple[Identifier, ...] = ()


class AddressDescribed(Struct, frozen=True, omit_defaults=True):
    """An address. `of`: whose, in the sender's words; `restricted`: not to be disclosed."""

    lines: tuple[str, ...] = ()
    postcode: str | None = None
    of: str | None = None
    restricted: bool = False


class ReferrerDescribed(Struct, frozen=True, omit_defaults=True):
    """The person who wrote: a name, a role, where they work, how to reach them."""

    name: str = ""
    role: str | None = None
    organisation: str | None = None
    contact: str | None = None
