"""Which of a referral's children is it whom a later message of its sender names?"""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from msgspec.structs import replace

from adapters.event_store import EventStore
from adapters.nameless import which_of_several
from adapters.nhs_numbers import SUPERSEDED
from adapters.particulars import reference_of
from domain.described import ChildDescribed, Identifier
from services.completing import contradicts
from services.likeness import born_apart, compare, details_of, same
from services.numbers import Record, on_record


class Before(NamedTuple):
    """What the sender's earlier messages about a concern told.

    `named`: the records of those who were named. `still`: those of them who are on the referral
    now. `told`: the children of each message.
    """

    named: tuple[str, ...] = ()
    still: frozenset[str] = frozenset()
    told: tuple[tuple[ChildDescribed, ...], ...] = ()


class Again:
    """The records of whom earlier messages named, to know again who is named now."""

    def __init__(self, store: EventStore, agency: str, before: Before) -> None:
        self.store = store
        self.agency = agency
        self.before = before
        self.records = {each: on_record(store, each) for each in before.named}
        self.told = tuple(each for message in before.told for each in message)

    def of(self, described: list[ChildDescribed]) -> dict[int, str]:
        """The record of each who is plainly the same, by their place in the list.

        By NHS number or both names, or by the sender's own number.
        """
        found = {
            place: known for place, child in enumerate(described) if (known := self._same(child))
        }
        for place, child in enumerate(described):
            known = None if place in found else self._by_identifier(child, described)
            if known and known not in found.values():
                found[place] = known
        return found

    def by_reference(self, described: list[ChildDescribed]) -> dict[int, str]:
        """The same of nobody who is plainly the same: just one of the records has no name, and just
        one child is named now, of whom nothing says that it is another."""
        known = self._nameless(described[0]) if len(described) == 1 else None
        return {0: known} if known else {}

    def knows(self, described: Iterable[ChildDescribed]) -> bool:
        """Whether the sender's own number leads from one of these to one of the records."""
        children = list(described)
        return any(self._by_identifier(child, children) for child in children)

    def _same(self, child: ChildDescribed) -> str | None:
        details = details_of(child)
        fits = [
            each
            for each, known in self.records.items()
            if same(details, known.details)
            and not _born_apart(
                child, known, (c for c in self.told if same(details_of(c), known.details))
            )
        ]
        numbered = (e for e in fits if self.records[e].details.nhs_number == details.nhs_number)
        return next(numbered, fits[0] if fits else None)

    def _by_identifier(self, child: ChildDescribed, described: list[ChildDescribed]) -> str | None:
        """The record of the sender's own number, unless that is also another child's number."""
        values = {each.value for each in telling(child.identifiers)}
        own = {each for each in values if not self._shared(each, described)}
        led = {led for each in own if (led := record_under(self.store, self.agency, each))}
        known = led.pop() if len(led) == 1 else None
        if known not in self.records:
            return None
        if contradicts(_sex_aside(child, self.records[known]), self.records[known]):
            return None
        carried = [c for c in self.told if any(_has(c.identifiers, each) for each in own)]
        if _born_apart(child, self.records[known], carried):
            return None
        return None if _of_another_birth(child, carried) else known

    def _shared(self, value: str, described: list[ChildDescribed]) -> bool:
        """Whether two children go by one number, such as twins by their mother's."""
        records = sum(_has(record.identifiers, value) for record in self.records.values())
        return records > 1 or any(
            not same(details_of(one), details_of(other))
            for message in (*self.before.told, described)
            for one, other in combinations([c for c in message if _has(c.identifiers, value)], 2)
        )

    def _nameless(self, child: ChildDescribed) -> str | None:
        """The one record without a first name, if nothing says that this is another child."""
        nameless = [
            each
            for each in self.before.still
            if not self.records[each].details.given_name and not self.records[each].destroyed
        ]
        told = (child, *self.told)
        several = any(which_of_several(c.family_name, c.given_name) is not None for c in told)
        if len(nameless) != 1 or several:
            return None
        known = self.records[nameless[0]]
        apart = (
            contradicts(child, known)
            or _born_apart(child, known, (c for c in self.told if not details_of(c).given_name))
            or "surname" in compare(details_of(child), known.details).differ
            or (known.due_on and not (known.details.born_on or child.born_on or child.due_on))
            or self._numbered_apart(child, nameless[0], known)
        )
        return None if apart else nameless[0]

    def _numbered_apart(self, child: ChildDescribed, child_id: str, known: Record) -> bool:
        """Whether the sender's own numbers say that they are two."""
        said, had = telling(child.identifiers), telling(known.identifiers)
        led = {record_under(self.store, self.agency, each.value) for each in said}
        if led - {None, child_id}:
            return True
        systems = {each.system for each in said} & {each.system for each in had}
        return bool(systems) and not {*said} & {*had}


def _sex_aside(child: ChildDescribed, known: Record) -> ChildDescribed:
    """The child without the sex, which may have been a slip, where the NHS number is the record's,
    too, and the birth date: the sender's own number then leads to it in any case."""
    details = details_of(child)
    number, born = details.nhs_number, details.born_on
    agree = (number, born) == (known.details.nhs_number, known.details.born_on)
    return replace(child, sex="U") if number and born and agree else child


def _of_another_birth(child: ChildDescribed, carried: Iterable[ChildDescribed]) -> bool:
    """Whether the number that these carried was the first twin's, and this is the second."""
    which = which_of_several(child.family_name, child.given_name)
    others = {which_of_several(c.family_name, c.given_name) for c in carried}
    return bool(which and others - {which, None, ""})


def _born_apart(child: ChildDescribed, known: Record, told: Iterable[ChildDescribed]) -> bool:
    """Whether what was told before of when the child of a record was born cannot be true of this
    one. A whole birth date stands on the record, and alone counts."""
    return known.details.born_on is None and any(
        born_apart(details_of(child), details_of(each)) for each in told
    )


def telling(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """Those that name somebody; not an NHS number of before (`Numbers.had_by`)."""
    return tuple(e for e in identifiers if tells(e.value) and e.system != SUPERSEDED)


def tells(value: str) -> bool:
    """Whether a number names somebody: not what stands for none (`N/A`, `0000`, `unknown`)."""
    digits = "".join(sign for sign in value if sign.isalnum())
    if digits.isdecimal():
        return {*digits} not in ({"0"}, {"9"})
    return bool(reference_of(value))


def _has(identifiers: Iterable[Identifier], value: str) -> bool:
    return any(each.value == value for each in identifiers)


def record_under(store: EventStore, agency: str, value: str) -> str | None:
    """The record of the child whom an agency knows by this number of its own."""
    claim = store.claim(identifier_claim(store, agency, value))
    return claim.value if claim else None


def identifier_claim(store: EventStore, agency: str, value: str) -> str:
    """The claim that a record makes of the number under which an agency knows the child."""
    return f"identifier:{store.vault.token('identifier', f'{agency}|{value}')}"
