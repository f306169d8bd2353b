"""Is a child that an agency describes one we know? Linked only by the automatic rule, else new.

Automatic: the same NHS number, two agreeing fields out of birth date, first name, surname and
postcode, and neither birth date nor first name contradicting (a twin may be sent under the other's
number). A child whom the sender's later message about one concern plainly names again is the same
record, and what the record lacks is put there. Everything else is for a person, with the evidence
side by side.
"""

from typing import Any, NamedTuple

from msgspec.structs import replace

from adapters.event_store import EventStore
from adapters.nameless import counted
from domain.child import MatchChild, RegisterChild
from domain.described import ChildDescribed, Identifier
from domain.kernel import Command
from services.again import Again, Before, record_under, telling
from services.completing import more, told_otherwise
from services.likeness import Agreement, Details, compare, details_of, repeated
from services.numbers import Held, Numbers, on_record
from services.sender_numbers import claims_of, superseded


class Found(NamedTuple):
    """A child of a referral: its id, whether it was known, and the commands that say so.

    `double`: a further record of a child of the referral, found by the NHS number.
    """

    child_id: str
    matched: bool
    commands: tuple[Command, ...]
    double: bool = False


class Identify:
    """Compares what a message says with what the store holds.

    `pass_over`: what cannot be read is like no child who is sent; else it raises `Unreadable`.
    """

    def __init__(self, store: EventStore, *, pass_over: bool = False) -> None:
        self.store = store
        self.numbers = Numbers(store, pass_over=pass_over)

    def children(
        self,
        described: tuple[ChildDescribed, ...],
        referral_id: str,
        agency: str,
        stamped: dict[str, Any],
        before: Before | None = None,
    ) -> tuple[list[Found], list[str], dict[str, str]]:
        """Each child matched or registered; problems for a person; claims to store with them.

        `before`: children whom the sender's earlier messages about this same concern named, or
        whose two records it merges; one who is plainly named again is not registered again.
        """
        before = before or Before()
        naming = _Naming(self.store, self.numbers, described, referral_id, agency, stamped)
        once = _each_once(described)
        if _indistinct(once):
            naming.problems.append(
                "Two children in this message cannot be told apart by what it says: find out who "
                "each of them is."
            )
        again = Again(self.store, agency, before)
        known = again.of(once)
        supposed = {} if known else again.by_reference(once)
        for place, child in enumerate(once):
            if place in known:
                naming.named_again(child, known[place], again)
            elif place in supposed:
                naming.supposed(child, supposed[place], again)
            else:
                naming.named_first(child)
        return naming.found, naming.problems, naming.claims


class _Naming:
    """The children of one message, one after another, and what is found and claimed so far."""

    def __init__(
        self,
        store: EventStore,
        numbers: Numbers,
        described: tuple[ChildDescribed, ...],
        referral_id: str,
        agency: str,
        stamped: dict[str, Any],
    ) -> None:
        self.store = store
        self.numbers = numbers
        self.referral_id = referral_id
        self.agency = agency
        self.stamped = stamped
        self.found: list[Found] = []
        self.problems: list[str] = []
        self.claims: dict[str, str] = {}
        self._taken: dict[str, Details] = {}  # NHS number -> the child of this very message
        self._disputed = _disputed(described)

    def named_again(self, child: ChildDescribed, child_id: str, again: Again) -> None:
        """The same record; what it lacks is put there, unless a person took the child off."""
        commands: tuple[Command, ...] = ()
        doubles: list[Found] = []
        record, details = again.records[child_id], details_of(child)
        first = child_id not in (each.child_id for each in self.found)
        if first and child_id in again.before.still and not record.destroyed:
            number = self._to_fill(details, child_id, again, doubles)
            told = more(child_id, record, child, self.stamped, number=number)
            commands = () if doubles else told.commands  # another record of the child has it
            if otherwise := told_otherwise(told.differs):
                self.problems.append(otherwise)
        self.found += [Found(child_id, True, commands), *doubles]
        self._compare_replaced(child, child_id)
        self._claim(child, child_id)

    def supposed(self, child: ChildDescribed, child_id: str, again: Again) -> None:
        """The same, where no more than a reference says so; a person is told what follows."""
        before = len(self.found)
        self.named_again(child, child_id, again)
        taken, *doubles = self.found[before:]
        if taken.commands:
            self.problems.append(
                "The child who was not named is taken to be the one of whom this message tells "
                "more, by the sender's reference alone: find out whether they are two."
            )
        elif doubles:
            self.problems.append(
                "The child who was not named may be the one whose record has the NHS number: take "
                "one of them off the referral, or have the two records merged."
            )

    def _to_fill(self, details: Details, child_id: str, again: Again, doubles: list[Found]) -> bool:
        """Whether the record may be given the NHS number; another's record of it is a double."""
        number, record = details.nhs_number, again.records[child_id]
        if not number or record.details.nhs_number or "nhs_number" in record.taken_away:
            return False
        if number in self._taken or number in self._disputed:
            self.problems.append("Two children in this message carry the same NHS number: compare.")
            return False
        held = self.numbers.held_by(number)
        others = self.numbers.of_others(held.records, child_id, record)
        if others:
            self.problems.append(
                "The NHS number that the sender now tells is on another record: compare the two "
                "records."
            )
            fits = _fits(details, others, disputed=False)
            doubles += [
                Found(each, True, (self._match(each, agreement),), double=True)
                for each, agreement in fits.items()
                if len(fits) == 1 and each not in again.records
            ]
            return False
        if held.free and not held.records:
            self.claims[held.free] = child_id
        return not held.records

    def named_first(self, child: ChildDescribed) -> None:
        """Linked by the automatic rule, or registered."""
        details = details_of(child)
        number = details.nhs_number
        if number in self._taken:
            if _twice(details, self._taken[number]):
                return
            self.problems.append("Two children in this message carry the same NHS number: compare.")
        held = self._held(number)
        fits = _fits(details, held.records, number in self._disputed)
        if len(fits) > 1:
            self.problems.append("Two records fit this NHS number and these details: compare them.")
        if fits:
            child_id, agreement = next(iter(fits.items()))
            self.found.append(Found(child_id, True, (self._match(child_id, agreement),)))
        else:
            if held.records:
                self.problems.append(
                    "The NHS number is on another child's record but the details do not agree "
                    "enough: compare the two records."
                )
            if self._is_numbered_elsewhere(child):
                self.problems.append(
                    "The sender's own number for this child is on another record: compare the two "
                    "records."
                )
            child_id = self.store.new_id("child")
            register = _register(child_id, child, self.referral_id, self.stamped)
            self.found.append(Found(child_id, False, (register,)))
            if held.free:
                self.claims[held.free] = child_id
        self._compare_replaced(child, child_id)
        self._claim(child, child_id)

    def _is_numbered_elsewhere(self, child: ChildDescribed) -> bool:
        """Whether the sender used its number of this child for one whom we know."""
        own = (each.value for each in telling(child.identifiers))
        return any(record_under(self.store, self.agency, each) for each in own)

    def _match(self, child_id: str, agreement: Agreement) -> MatchChild:
        return MatchChild(
            **self.stamped,
            child_id=child_id,
            referral_id=self.referral_id,
            rule="automatic",
            agreed=("NHS number", *agreement.agree),
        )

    def _held(self, number: str | None) -> Held:
        """Who holds a number; nobody, for a child whose number another of the message carries."""
        if not number:
            return Held({}, None)
        if number in self._taken:
            return Held({}, self.numbers.next_turn(number, self.claims))
        return self.numbers.held_by(number)

    def _claim(self, child: ChildDescribed, child_id: str) -> None:
        """From now on the sender's own numbers lead to this record, or to it as well."""
        if child.nhs_number:
            self._taken.setdefault(child.nhs_number, details_of(child))
        every = claims_of(self.store, self.agency, child.identifiers, child_id, self.claims)
        for claim in every:
            self.claims[claim] = child_id

    def _compare_replaced(self, child: ChildDescribed, child_id: str) -> None:
        """Say so where a number that was replaced is on one record, and the other on this one."""
        beside = self.numbers.beside(child.nhs_number, superseded(child.identifiers))
        beside.pop(child_id, None)
        if beside and self.numbers.of_others(beside, child_id, on_record(self.store, child_id)):
            self.problems.append(
                "An NHS number that the child had before is on another record, or the child's was "
                "replaced there: compare the two records."
            )


def _each_once(described: tuple[ChildDescribed, ...]) -> list[ChildDescribed]:
    """The children without those whom one message names again, with no number or the same."""
    numbered = [child for child in described if child.nhs_number]
    once: list[ChildDescribed] = []
    for child in described:
        if child.nhs_number or not any(_repeats(child, other) for other in (*numbered, *once)):
            once.append(child)
    return once


def _repeats(child: ChildDescribed, other: ChildDescribed) -> bool:
    return repeated(details_of(child), details_of(other))


def _indistinct(once: list[ChildDescribed]) -> bool:
    """Whether two children, of whom nothing says that they are one, are described alike."""
    alike = [
        replace(child, school=None, relationship=None, postcode=None)
        for child in once
        if not child.nhs_number
    ]
    return len(set(alike)) < len(alike)


def _disputed(described: tuple[ChildDescribed, ...]) -> set[str]:
    """The NHS numbers that one message gives to two children."""
    first: dict[str, Details] = {}
    disputed = set()
    for child in described:
        details = details_of(child)
        number = details.nhs_number
        if number in first and not _twice(details, first[number]):
            disputed.add(number)
        if number:
            first.setdefault(number, details)
    return disputed


def _twice(one: Details, other: Details) -> bool:
    """Whether one message names the same child twice, under one number."""
    agreement = compare(one, other)
    nameless = not (one.given_name or other.given_name)
    same = one == other if nameless else "first name" in agreement.agree
    return agreement.certain and same and "sex" not in agreement.differ


def _fits(details: Details, held: dict[str, Details], disputed: bool) -> dict[str, Agreement]:
    """The records of this number that the details fit; a disputed number asks for a first name."""
    agreements = {each: compare(details, known) for each, known in held.items()}
    return {
        each: agreement
        for each, agreement in agreements.items()
        if agreement.certain
        and ((len(held) == 1 and not disputed) or "first name" in agreement.agree)
    }


def _register(
    child_id: str, child: ChildDescribed, referral_id: str, stamped: dict[str, Any]
) -> RegisterChild:
    details = details_of(child)
    return RegisterChild(
        **stamped,
        child_id=child_id,
        referral_id=referral_id,
        sex=child.sex,
        family_name=details.family_name,
        given_name=details.given_name or counted(details.which),
        born_on=child.born_on,
        due_on=child.due_on,
        nhs_number=child.nhs_number,
        postcode=child.postcode,
        identifiers=_all_identifiers(child),
    )


def _all_identifiers(child: ChildDescribed) -> tuple[Identifier, ...]:
    return tuple(dict.fromkeys(child.identifiers))
