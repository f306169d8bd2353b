"""Is a child that an agency describes one we know? Linked only by the automatic rule, else new.

Automatic: the same NHS number, two agreeing fields out of birth date, first name, surname and
postcode, and neither birth date nor first name contradicting (a twin may be sent under the other's
number). Everything else is for a person, with the evidence side by side.
"""

import re
import unicodedata
from datetime import date
from typing import Any, NamedTuple
from uuid import uuid4

from msgspec import Struct

from adapters.event_store import EventStore
from domain.child import ChildRegistered, DetailsCorrected, MatchChild, MergeRecords, RegisterChild
from domain.described import ChildDescribed, Identifier
from domain.kernel import Command

ENOUGH = 2
"""Agreeing fields that an NHS number needs beside it."""

MUST_NOT_DIFFER = ("birth date", "first name")


class Details(Struct, frozen=True):
    """What is compared. `nhs_number`: ten digits."""

    family_name: str = ""
    given_name: str = ""
    born_on: date | None = None
    postcode: str | None = None
    nhs_number: str | None = None


class Found(NamedTuple):
    """A child of a referral: its id, whether it was known, and the commands that say so."""

    child_id: str
    matched: bool
    commands: tuple[Command, ...]


class Merged(NamedTuple):
    """Two of our records, one child by the sender's word; `certain`: by the automatic rule too."""

    child_id: str
    merged_child_id: str
    certain: bool

    def command(self, stamped: dict[str, Any]) -> MergeRecords:
        return MergeRecords(
            **stamped,
            child_id=self.child_id,
            merged_child_id=self.merged_child_id,
            reason="The sender merged its two records, and NHS number and details agree.",
        )


class Agreement(NamedTuple):
    """The fields that agree, and those that contradict; a field missing on one side is neither."""

    agree: tuple[str, ...]
    differ: tuple[str, ...]

    @property
    def certain(self) -> bool:
        """Whether it is enough, beside an equal NHS number, for an automatic link."""
        return len(self.agree) >= ENOUGH and not set(self.differ) & set(MUST_NOT_DIFFER)


def compare(one: Details, other: Details) -> Agreement:
    """Field by field, spelling aside."""
    pairs = {
        "birth date": (one.born_on, other.born_on),
        "first name": (_plain(one.given_name), _plain(other.given_name)),
        "surname": (_plain(one.family_name), _plain(other.family_name)),
        "postcode": (_plain(one.postcode or ""), _plain(other.postcode or "")),
    }
    known = {field: pair for field, pair in pairs.items() if all(pair)}
    return Agreement(
        tuple(field for field, (a, b) in known.items() if a == b),
        tuple(field for field, (a, b) in known.items() if a != b),
    )


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in apart if not unicodedata.combining(c)))


class Identify:
    """Compares what a message says with what the store holds."""

    def __init__(self, store: EventStore) -> None:
        self.store = store

    def children(
        self,
        described: tuple[ChildDescribed, ...],
        referral_id: str,
        agency: str,
        stamped: dict[str, Any],
        among: tuple[str, ...] = (),
    ) -> tuple[list[Found], list[str], dict[str, str]]:
        """Each child matched or registered; problems for a person; claims to store with them.

        `among`: children whom the sender's earlier messages about this same concern named; one
        who is named again is not registered again.
        """
        found: list[Found] = []
        problems: list[str] = []
        claims: dict[str, str] = {}
        taken: dict[str, Details] = {}  # NHS number -> the child of this very message
        before = {child_id: self.known_details(child_id) for child_id in among}
        for child in described:
            details = details_of(child)
            number = details.nhs_number
            again = next((c for c, known in before.items() if _same(details, known)), None)
            if again is not None:
                found.append(Found(again, True, ()))
                continue
            if number in taken:
                if compare(details, taken[number]).certain:
                    continue  # named twice in one message
                problems.append("Two children in this message carry the same NHS number: compare.")
            known_id = self._known(number) if number and number not in taken else None
            agreement = compare(details, self.known_details(known_id)) if known_id else None
            if known_id and agreement and agreement.certain:
                match = MatchChild(
                    **stamped,
                    child_id=known_id,
                    referral_id=referral_id,
                    rule="automatic",
                    agreed=("NHS number", *agreement.agree),
                )
                found.append(Found(known_id, True, (match,)))
            else:
                if known_id:
                    problems.append(
                        "The NHS number is on another child's record but the details do not agree "
                        "enough: compare the two records."
                    )
                child_id = f"child-{uuid4().hex}"
                found.append(
                    Found(child_id, False, (_register(child_id, child, referral_id, stamped),))
                )
                if number and not known_id and number not in taken:
                    claims[self._nhs_claim(number)] = child_id
            if number:
                taken.setdefault(number, details)
            for identifier in child.identifiers:
                claim = self._identifier_claim(agency, identifier.value)
                if self.store.claim(claim) is None:
                    claims[claim] = found[-1].child_id
        return found, problems, claims

    def speaks_of(self, described: tuple[ChildDescribed, ...], referral_id: str) -> bool:
        """Whether a referral is about one of these children; one that names none may be."""
        before: list[ChildDescribed] = []
        for recorded in self.store.history(referral_id, opened=True):
            before.extend(getattr(recorded.event, "children", None) or ())
        if not before or not described:
            return True
        return any(_same(details_of(a), details_of(b)) for a in described for b in before)

    def merged(
        self, agency: str, superseded: tuple[str, ...], children: tuple[ChildDescribed, ...]
    ) -> Merged | None:
        """Our two records that the sender's merge is about; None unless both are known."""
        replaced = self._by_identifiers(agency, superseded)
        values = [identifier.value for child in children for identifier in child.identifiers]
        numbers = [child.nhs_number for child in children if child.nhs_number]
        kept = next((k for n in numbers if (k := self._known(n))), None)
        kept = kept or self._by_identifiers(agency, tuple(values))
        if replaced is None or kept is None or replaced == kept:
            return None
        one, other = self.known_details(kept), self.known_details(replaced)
        same_number = one.nhs_number is not None and one.nhs_number == other.nhs_number
        return Merged(kept, replaced, same_number and compare(one, other).certain)

    def known_details(self, child_id: str) -> Details:
        """The details of a child on record, as last corrected."""
        details = Details()
        for recorded in self.store.history(child_id, opened=True):
            match recorded.event:
                case ChildRegistered() | DetailsCorrected():
                    event = recorded.event
                    details = Details(
                        family_name=event.family_name or "",
                        given_name=event.given_name or "",
                        born_on=event.born_on or None,
                        postcode=event.postcode or None,
                        nhs_number=event.nhs_number or None,
                    )
        return details

    def _known(self, nhs_number: str) -> str | None:
        claim = self.store.claim(self._nhs_claim(nhs_number))
        return claim.value if claim else None

    def _by_identifiers(self, agency: str, values: tuple[str, ...]) -> str | None:
        for value in values:
            claim = self.store.claim(self._identifier_claim(agency, value))
            if claim:
                return claim.value
        return None

    def _nhs_claim(self, nhs_number: str) -> str:
        return f"nhs:{self.store.vault.token('nhs', nhs_number)}"

    def _identifier_claim(self, agency: str, value: str) -> str:
        return f"identifier:{self.store.vault.token('identifier', f'{agency}|{value}')}"


def details_of(child: ChildDescribed) -> Details:
    return Details(
        family_name=child.family_name,
        given_name=child.given_name,
        born_on=child.born_on,
        postcode=child.postcode,
        nhs_number=child.nhs_number,
    )


def _same(one: Details, other: Details) -> bool:
    agreement = compare(one, other)
    if agreement.differ and set(agreement.differ) & set(MUST_NOT_DIFFER):
        return False
    if one.nhs_number and one.nhs_number == other.nhs_number:
        return True
    return {"first name", "surname"} <= set(agreement.agree)


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
