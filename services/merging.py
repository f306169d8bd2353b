"""A sender says that two of its records are one child: which of ours does that concern?"""

from typing import Any, Literal, NamedTuple

from adapters.event_store import EventStore
from domain.child import CorrectDetails, MergeRecords
from domain.described import ChildDescribed
from domain.identity import nhs_number, nhs_number_ok
from services.again import identifier_claim, record_under, telling, tells
from services.completing import contradicts, more
from services.likeness import compare, details_of, repeated
from services.numbers import Numbers, on_record


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


class Learnt(NamedTuple):
    """One of our records that the sender's merge is about: what is learnt of it."""

    child_id: str
    commands: tuple[CorrectDetails, ...]
    claims: dict[str, str]
    differs: tuple[str, ...]


class Merging:
    """Looks in the store for the records that a merge (HL7 A40, say) is about."""

    def __init__(
        self,
        store: EventStore,
        numbers: Numbers,
        agency: str,
        superseded: tuple[str, ...],
        children: tuple[ChildDescribed, ...],
    ) -> None:
        self.store = store
        self.numbers = numbers
        self.agency = agency
        self.children = children
        self.superseded = tuple(each for each in superseded if tells(each))
        self.values = tuple(i.value for child in children for i in telling(child.identifiers))

    def two(self) -> Merged | None:
        """Our two records that it is about; None unless both are known."""
        replaced = self._under(self.superseded)
        numbers = [child.nhs_number for child in self.children if child.nhs_number]
        held = [each for number in numbers for each in self.numbers.held_by(number).records]
        others = [each for each in dict.fromkeys(held) if each != replaced]
        kept = others[0] if len(others) == 1 else self._under(self.values)
        if replaced is None or kept is None or replaced == kept:
            return None
        both = on_record(self.store, kept), on_record(self.store, replaced)
        one, other = (each.details for each in both)
        apart = replaced in both[0].told_apart or kept in both[1].told_apart
        alone = {*held} <= {kept, replaced}
        same_number = one.nhs_number is not None and one.nhs_number == other.nhs_number
        unnumbered = [child for child in self.children if not child.nhs_number]  # no rule finds it
        told = any(repeated(details_of(child), one) for child in unnumbered)
        certain = same_number and alone and not apart and compare(one, other).certain
        return Merged(kept, replaced, certain, (kept,) if told else ())

    def one(self, stamped: dict[str, Any]) -> Learnt | Literal["unknown", "unsure"]:
        """The one record of ours that it is about, which all its numbers lead to from now on.

        `unknown`: it is about nobody whom we know. `unsure`: it is, but what it tells of the child
        does not fit, or fits several.
        """
        under = (self._under(self.superseded), self._under(self.values))
        led = {each for each in under if each}
        numbers = [child.nhs_number for child in self.children if child.nhs_number]
        numbers += [nhs_number(each) for each in self.superseded if nhs_number_ok(each)]
        known = led.union(*(self.numbers.held_by(number).records for number in numbers))
        if not known:
            return "unknown"
        if len(self.children) != 1 or len(known) != 1:
            return "unsure"
        (child,), (child_id,) = self.children, known
        record = on_record(self.store, child_id)
        fits = bool(led) or compare(details_of(child), record.details).certain
        if record.destroyed or contradicts(child, record) or not fits:
            return "unsure"
        told = more(child_id, record, child, stamped, number=True)
        return Learnt(child_id, told.commands, self._claims(child_id, child), told.differs)

    def _under(self, values: tuple[str, ...]) -> str | None:
        """The record that the first known of the sender's own numbers leads to."""
        led = (record_under(self.store, self.agency, each) for each in values)
        return next((each for each in led if each), None)

    def _claims(self, child_id: str, child: ChildDescribed) -> dict[str, str]:
        """All that the sender, and the NHS, know the child by, and nobody has claimed."""
        own = dict.fromkeys((*self.superseded, *self.values))
        names = (identifier_claim(self.store, self.agency, each) for each in own)
        claims = {name: child_id for name in names if self.store.claim(name) is None}
        if child.nhs_number:
            held = self.numbers.held_by(child.nhs_number)
            if held.free and child_id not in held.records:
                claims[held.free] = child_id
        return claims
