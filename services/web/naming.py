"""What are people, teams and agencies called on a page, where the record has only their ids?"""

import re
from functools import cached_property

from projections import agencies, children, people
from projections.people import Person
from services import questions
from services.assemble import Parts
from services.words import opened

AUTHORITY = "Children's services"
"""What the council's own agency, `authority`, is called beside the others."""

UNKNOWN = "Name not known"

RESTRICTED = "Restricted record"

UNREADABLE = "Name cannot be read: tell the operator"

NAMED = re.compile(r"\b(by|from|of|to|with) ([a-z0-9]+(?:[-._][a-z0-9]+)*)")
"""Where an id may stand in the title of an entry: "with the police" names no agency."""


class Names:
    """Looks names up for one page, each table once and only if it is asked for.

    `sealed`: leave the names of people and children sealed (whoever may see headers only): the id
    stands in their place. `reader`: the person who reads; a child whose record is restricted to
    others is not named to them.
    """

    def __init__(self, parts: Parts, *, sealed: bool = False, reader: str | None = None) -> None:
        self._parts = parts
        self._reader = reader
        self.sealed = sealed
        self._children: dict[str, str] = {}

    def __call__(self, ident: str | None) -> str:
        """What a person, team or agency is called; the id where no name is known, "" for None."""
        return self._known.get(ident, ident) if ident else ""

    def worded(self, sentence: str) -> str:
        """A sentence in which names stand for the ids of people, teams and agencies."""
        return NAMED.sub(lambda found: f"{found[1]} {self(found[2])}", sentence)

    def child(self, child_id: str) -> str:
        """A child's name, as it is known now."""
        if child_id not in self._children:
            self._children[child_id] = child_id if self.sealed else self._named(child_id)
        return self._children[child_id]

    def closed(self, child_id: str) -> bool:
        """Whether a child's record is restricted to others than the reader."""
        found = children.child(self._parts.query, child_id)
        return found is not None and self._shut(found)

    def _shut(self, child: children.Child) -> bool:
        return bool(self._reader) and child.restricted and self._reader not in child.named

    def _named(self, child_id: str) -> str:
        found = children.child(self._parts.query, child_id)
        if found is None:
            return UNKNOWN
        if self._shut(found):
            return RESTRICTED
        details = questions.details_of(self._parts.store, found)
        if details["fault"]:
            return UNREADABLE
        return details["name"] or UNKNOWN

    @property
    def agencies(self) -> dict[str, str]:
        """The agencies that may ever have sent something, the council's own first."""
        found = agencies.registered(self._parts.query)
        return {"authority": AUTHORITY, **{each.agency_id: each.name for each in found}}

    @cached_property
    def teams(self) -> dict[str, str]:
        return {each.team_id: each.name for each in people.teams(self._parts.query)}

    @cached_property
    def people(self) -> dict[str, str]:
        """Everybody who works or worked here."""
        return {
            each.person_id: self._name(each) for each in people.staff(self._parts.query, left=True)
        }

    @cached_property
    def _known(self) -> dict[str, str]:
        return {**self.people, **self.agencies, **self.teams}

    def _name(self, person: Person) -> str:
        if self.sealed or not person.sealed:
            return person.person_id
        name = opened(self._parts.store, person.sealed, ("staff",))[0].get("name")
        return name if isinstance(name, str) and name else person.person_id
