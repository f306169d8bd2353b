"""Which records hold an NHS number now, whoever gave it to them?

Every record that is given a number claims it (`services.claims`). A record from which it was
corrected away holds it no longer; a number that several records hold is disputed.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from msgspec.structs import asdict

from adapters.event_store import EventStore, Unreadable
from adapters.nameless import names, which_unnamed
from domain.child import (
    ChildRecordsMerged,
    ChildRecordsSeparated,
    ChildRecordsToldApart,
    ChildRegistered,
    DetailsCorrected,
    TellingApartWithdrawn,
)
from domain.described import Identifier
from domain.kernel import WITHHELD, Event, Refused
from services.claims import claimed
from services.likeness import Details


class Record(NamedTuple):
    """What a child's record says now; `merged`: other records that were merged into it.

    `identifiers`: those it was opened with. `taken_away`: the details that it had, and that were
    corrected away (names of fields). `destroyed`: its words cannot be read any more. `told_apart`:
    records that a person said are another child's.
    """

    details: Details
    merged: frozenset[str]
    due_on: date | None = None
    identifiers: tuple[Identifier, ...] = ()
    taken_away: frozenset[str] = frozenset()
    destroyed: bool = False
    told_apart: frozenset[str] = frozenset()


def on_record(store: EventStore, child_id: str) -> Record:
    """A child's details as last corrected; of a destroyed record none."""
    details, merged, apart = Details(), set[str](), set[str]()
    due_on: date | None = None
    identifiers: tuple[Identifier, ...] = ()
    had = set[str]()
    destroyed = False
    for recorded in store.history(child_id, opened=True):
        match recorded.event:
            case (ChildRegistered() | DetailsCorrected()) as event:
                destroyed = event.family_name is WITHHELD
                due_on = event.due_on or None
                if isinstance(event, ChildRegistered):
                    identifiers = event.identifiers or ()
                family_name, given_name = names(event.family_name or "", event.given_name or "")
                details = Details(
                    family_name=family_name,
                    given_name=given_name,
                    born_on=event.born_on or None,
                    postcode=event.postcode or None,
                    nhs_number=event.nhs_number or None,
                    sex=event.sex,
                    which=which_unnamed(event.family_name or "", event.given_name or ""),
                )
                had |= _told(details, due_on)
            case ChildRecordsMerged(merged_child_id=other):
                merged.add(other)
            case ChildRecordsSeparated(merged_child_id=other):
                merged.discard(other)
            case ChildRecordsToldApart(other_child_id=other):
                apart.add(other)
            case TellingApartWithdrawn(other_child_id=other):
                apart.discard(other)
    gone = frozenset(had - _told(details, due_on))
    return Record(
        details, frozenset(merged), due_on, identifiers, gone, destroyed, frozenset(apart)
    )


def _told(details: Details, due_on: date | None) -> set[str]:
    """The fields of a record that say something."""
    fields = asdict(details) | {"due_on": due_on}
    return {name for name, value in fields.items() if value not in (None, "", "U")}


class Held(NamedTuple):
    """`records`: those that hold a number, the first to claim it first. `free`: what to claim next.

    Both from one look: whoever claims a number after another has claimed it decides anew.
    """

    records: dict[str, Details]
    free: str | None


class Numbers:
    """The NHS numbers of one event store.

    `pass_over`: a record that cannot be read holds no number; else it raises `Unreadable`.
    """

    def __init__(self, store: EventStore, *, pass_over: bool = False) -> None:
        self.store = store
        self._pass_over = pass_over

    def held_by(self, number: str) -> Held:
        """The records that hold it now; of merged records the one that is kept."""
        values, free = claimed(self.store, number_claim(self.store, number))
        records = {
            child_id: record
            for child_id in dict.fromkeys(values)
            if (record := self._record(child_id)) and record.details.nhs_number == number
        }
        gone = frozenset[str]().union(*(record.merged for record in records.values()))
        return Held(
            {each: record.details for each, record in records.items() if each not in gone}, free
        )

    def _record(self, child_id: str) -> Record | None:
        try:
            return on_record(self.store, child_id)
        except Unreadable:
            if not self._pass_over:
                raise
            return None

    def had_by(self, number: str) -> tuple[str, ...]:
        """The records of the children who had it before, as a sender told."""
        values = dict.fromkeys(claimed(self.store, replaced_claim(self.store, number)).values)
        records = ((each, self._record(each)) for each in values)
        return tuple(each for each, record in records if record and not record.destroyed)

    def beside(self, number: str | None, before: Iterable[str]) -> dict[str, Details]:
        """The records that hold a number which somebody had before, or had theirs (`number`)."""
        found = {each: Details() for each in (self.had_by(number) if number else ())}
        for each in before:
            found |= self.held_by(each).records
        return found

    def next_turn(self, number: str, pending: Mapping[str, str]) -> str | None:
        """Which key a further child of a message claims that gave the number to another before."""
        return claimed(self.store, number_claim(self.store, number), pending).free

    def given(self, events: Iterable[Event]) -> dict[str, str]:
        """What must be claimed with these events, which a person caused.

        Raises `Refused` when they give a child the number of another's record.
        """
        claims: dict[str, str] = {}
        for event in events:
            if not isinstance(event, ChildRegistered | DetailsCorrected) or not event.nhs_number:
                continue
            number, child_id = event.nhs_number, event.child_id
            held, free = self.held_by(number)
            if child_id in held:
                continue
            own = on_record(self.store, child_id)
            if self.of_others(held, child_id, own) and own.details.nhs_number != number:
                raise Refused("Another record has this NHS number: compare the two records first.")
            if free:
                claims[free] = child_id
        return claims

    def of_others(
        self, held: Mapping[str, Details], child_id: str, own: Record
    ) -> dict[str, Details]:
        """Those who hold a number without being one with this record."""
        return {
            each: details
            for each, details in held.items()
            if each != child_id and not self._one(child_id, own, each)
        }

    def _one(self, child_id: str, own: Record, other_id: str) -> bool:
        """Whether two records were merged, one into the other."""
        return other_id in own.merged or child_id in on_record(self.store, other_id).merged


def replaced_claim(store: EventStore, number: str) -> str:
    """The claim that a record makes, in its first turn, of an NHS number that the child had."""
    return f"nhs-before:{store.vault.token('nhs', number)}"


def number_claim(store: EventStore, number: str) -> str:
    """The claim that a record makes of its NHS number, in its first turn."""
    return f"nhs:{store.vault.token('nhs', number)}"
