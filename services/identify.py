"""Is a child that an agency describes one we know? Linked only by the automatic rule, else new.

Automatic: the same NHS number, two agreeing fields out of birth date, first name, surname and
postcode, and neither birth date nor first name contradicting (a twin may be sent under the other's
number). Everything else is for a person, with the evidence side by side.
"""

from typing import Any, NamedTuple

from msgspec.structs import replace

from adapters.event_store import EventStore
from domain.child import MatchChild, MergeRecords, RegisterChild
from domain.described import ChildDescribed, Identifier
from domain.kernel import Command
from services.likeness import Agreement, Details, compare, details_of, repeated, same
from services.numbers import Held, Numbers, on_record


class Found(NamedTuple):
    """A child of a referral: its id, whether it was known, and the commands that say so."""

    child_id: str
    matched: bool
    commands: tuple[Command, ...]


class Merged(NamedTuple):
    """Two of our records, one child by the sender's word; `certain`: by the automatic rule too.

    `named`: the record that is kept, where the message tells its very names and birth date without
    an NHS number, so that no rule finds it.
    """

    child_id: str
    merged_child_id: str
    certain: bool
    named: tuple[str, ...]

    def command(self, stamped: dict[str, Any]) -> MergeRecords:
        return MergeRecords(
            **stamped,
            child_id=self.child_id,
            merged_child_id=self.merged_child_id,
            reason="The sender merged its two records, and NHS number and details agree.",
        )


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
        among: tuple[str, ...] = (),
    ) -> tuple[list[Found], list[str], dict[str, str]]:
        """Each child matched or registered; problems for a person; claims to store with them.

        `among`: children whom the sender's earlier messages about this same concern named, or
        whose two records it merges; one who is named again is not registered again.
        """
        found: list[Found] = []
        problems: list[str] = []
        claims: dict[str, str] = {}
        taken: dict[str, Details] = {}  # NHS number -> the child of this very message
        disputed = _disputed(described)
        before = {child_id: on_record(self.store, child_id).details for child_id in among}
        if _indistinct(described):
            problems.append(
                "Two children in this message cannot be told apart by what it says: find out who "
                "each of them is."
            )
        for child in _each_once(described):
            details = details_of(child)
            number = details.nhs_number
            again = next((c for c, known in before.items() if same(details, known)), None)
            if again is not None:
                found.append(Found(again, True, ()))
                continue
            if number in taken:
                if _twice(details, taken[number]):
                    continue
                problems.append("Two children in this message carry the same NHS number: compare.")
            held = self._held(number, number in taken, claims)
            fits = _fits(details, held.records, number in disputed)
            if len(fits) > 1:
                problems.append("Two records fit this NHS number and these details: compare them.")
            if fits:
                known_id, agreement = next(iter(fits.items()))
                match = MatchChild(
                    **stamped,
                    child_id=known_id,
                    referral_id=referral_id,
                    rule="automatic",
                    agreed=("NHS number", *agreement.agree),
                )
                found.append(Found(known_id, True, (match,)))
            else:
                if held.records:
                    problems.append(
                        "The NHS number is on another child's record but the details do not agree "
                        "enough: compare the two records."
                    )
                child_id = self.store.new_id("child")
                register = _register(child_id, child, referral_id, stamped)
                found.append(Found(child_id, False, (register,)))
                if held.free:
                    claims[held.free] = child_id
            if number:
                taken.setdefault(number, details)
            for identifier in child.identifiers:
                claim = identifier_claim(self.store, agency, identifier.value)
                if self.store.claim(claim) is None:
                    claims[claim] = found[-1].child_id
        return found, problems, claims

    def merged(
        self, agency: str, superseded: tuple[str, ...], children: tuple[ChildDescribed, ...]
    ) -> Merged | None:
        """Our two records that the sender's merge is about; None unless both are known."""
        replaced = self._by_identifiers(agency, superseded)
        values = [identifier.value for child in children for identifier in child.identifiers]
        numbers = [child.nhs_number for child in children if child.nhs_number]
        held = [each for number in numbers for each in self.numbers.held_by(number).records]
        others = [each for each in dict.fromkeys(held) if each != replaced]
        kept = others[0] if len(others) == 1 else self._by_identifiers(agency, tuple(values))
        if replaced is None or kept is None or replaced == kept:
            return None
        one = on_record(self.store, kept).details
        other = on_record(self.store, replaced).details
        same_number = one.nhs_number is not None and one.nhs_number == other.nhs_number
        unnumbered = [child for child in children if not child.nhs_number]  # no rule finds it
        told = any(repeated(details_of(child), one) for child in unnumbered)
        certain = same_number and compare(one, other).certain
        return Merged(kept, replaced, certain, (kept,) if told else ())

    def _held(self, number: str | None, taken: bool, claims: dict[str, str]) -> Held:
        """Who holds a number; nobody, for a child whose number another of the message carries."""
        if not number:
            return Held({}, None)
        if taken:
            return Held({}, self.numbers.next_turn(number, claims))
        return self.numbers.held_by(number)

    def _by_identifiers(self, agency: str, values: tuple[str, ...]) -> str | None:
        for value in values:
            claim = self.store.claim(identifier_claim(self.store, agency, value))
            if claim:
                return claim.value
        return None


def identifier_claim(store: EventStore, agency: str, value: str) -> str:
    """The claim that a record makes of the number under which an agency knows the child."""
    return f"identifier:{store.vault.token('identifier', f'{agency}|{value}')}"


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


def _indistinct(described: tuple[ChildDescribed, ...]) -> bool:
    """Whether two children, of whom nothing says that they are one, are described alike."""
    alike = [
        replace(child, school=None, relationship=None, postcode=None)
        for child in _each_once(described)
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
    return agreement.certain and (nameless or "first name" in agreement.agree)


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
    return RegisterChild(
        **stamped,
        child_id=child_id,
        referral_id=referral_id,
        sex=child.sex,
        family_name=child.family_name,
        given_name=child.given_name,
        born_on=child.born_on,
        due_on=child.due_on,
        nhs_number=child.nhs_number,
        postcode=child.postcode,
        identifiers=_all_identifiers(child),
    )


def _all_identifiers(child: ChildDescribed) -> tuple[Identifier, ...]:
    return tuple(dict.fromkeys(child.identifiers))
