"""How may an agency describe a child wrongly? Made-up families, and what goes wrong, by a seed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, get_args

from msgspec.structs import replace

from adapters.event_store import EventStore
from adapters.made_up import BOYS, FAMILIES, GIRLS, Dice, made_up_nhs_number
from domain.blocking import record_keys, sought_keys
from domain.codes import Sex
from domain.described import ChildDescribed, Identifier
from domain.policy import Matching
from services.answers import Outcome
from services.handle import Plan
from services.identify import Identify
from services.likeness import details_of, scored
from services.matching import outcome_of

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
STAMPED: dict[str, Any] = {
    **dict.fromkeys(("happened_at", "received_at", "recorded_at"), NOW),
    "by": "north-police",
    "agency": "north-police",
    "message": "0" * 64,
}
BEFORE = ("Ash", "Beck", "Carl", "Dun", "Elm", "Fair", "Grim", "Hart", "Ing", "Kirk", "Lang", "Mar")
AFTER = (
    "well",
    "ton",
    "ley",
    "den",
    "ford",
    "by",
    "worth",
    "low",
    "combe",
    "shaw",
    "field",
    "gate",
)


class Sent(NamedTuple):
    """A description of a child as it came, what is wrong with it, and whom it is about.

    `about`: the record's id; None for a child who has no record.
    """

    kind: str
    said: ChildDescribed
    about: str | None


class Told(NamedTuple):
    """What became of it: the record it was linked to by itself, and what a person is asked."""

    sent: Sent
    linked: str | None
    outcome: Outcome
    asked: tuple[str, ...]

    @property
    def wrong_link(self) -> bool:
        return self.linked is not None and self.linked != self.sent.about

    @property
    def right(self) -> bool:
        """Whether the child is the likeliest of those asked about, or among them where none is.

        Of a child without a record: that nobody is asked about.
        """
        if self.sent.about is None:
            return self.outcome == "NoMatch"
        likeliest = self.outcome in ("Match", "PotentialMatch")
        return self.sent.about in (self.asked[:1] if likeliest else self.asked)


class Register:
    """A population with its records in a real store, and the same blocks in memory."""

    def __init__(self, store: EventStore, rules: Matching, children: int, seed: int) -> None:
        self.rules = rules
        self.dice = Dice(f"corruptions {seed}")
        self.identify = Identify(store)
        self.known: dict[str, ChildDescribed] = {}
        self.families: list[list[str]] = []
        self.blocks: dict[str, list[str]] = defaultdict(list)
        self.names: dict[tuple[str, str | None], set[str]] = defaultdict(set)
        self.next_number = 0
        while len(self.known) < children:
            self.families.append([self._register(store, each) for each in self._family()])

    def _register(self, store: EventStore, said: ChildDescribed) -> str:
        (found,), _, claims = self.identify.children((said,), "referral-1", "north-police", STAMPED)
        assert not found.matched, "nobody has the number of another"
        plan = Plan(store)
        plan.add(*found.commands)
        plan.append(claims)
        self.known[found.child_id] = said
        self.names[said.family_name, said.postcode].add(said.given_name)
        for key in _keys(said, record_keys):
            self.blocks[key].append(found.child_id)
        return found.child_id

    # ── Who there is ──────────────────────────────────────────────────────────────────────────────

    def _family(self) -> list[ChildDescribed]:
        dice = self.dice
        if self.families and not dice.below(12):  # another family at the same address
            postcode = self._one_of(dice.pick(self.families)).postcode
        else:
            postcode = f"XE{dice.below(9) + 1} {dice.below(10)}{dice.letter()}{dice.letter()}"
        surname = self._surname()
        first = self.child(surname, postcode or "")
        family = [first]
        for _ in range(dice.pick((0, 0, 1, 1, 2, 3))):
            child = self.sibling(first, twin=not dice.below(12))
            self.names[child.family_name, child.postcode].add(child.given_name)
            family.append(child)
        return family

    def _surname(self) -> str:
        dice = self.dice
        return dice.pick(FAMILIES) if dice.below(2) else f"{dice.pick(BEFORE)}{dice.pick(AFTER)}"

    def child(self, surname: str, postcode: str) -> ChildDescribed:
        """Somebody whom no record is about."""
        sex: Sex = self.dice.pick(("F", "M"))
        self.next_number += 1
        return ChildDescribed(
            family_name=surname,
            given_name=self.dice.pick(GIRLS if sex == "F" else BOYS),
            born_on=date(2009, 1, 1) + timedelta(days=self.dice.below(17 * 365)),
            sex=sex,
            nhs_number=made_up_nhs_number(self.next_number),
            postcode=postcode,
        )

    def sibling(self, of: ChildDescribed, *, twin: bool) -> ChildDescribed:
        """A brother or sister with a first name that nobody of the surname has at the address."""
        taken = {of.given_name, *self.names[of.family_name, of.postcode]}
        while (child := self.child(of.family_name, of.postcode or "")).given_name in taken:
            continue
        return replace(child, born_on=of.born_on) if twin else child

    def _one_of(self, family: list[str]) -> ChildDescribed:
        return self.known[self.dice.pick(family)]

    # ── What goes wrong ───────────────────────────────────────────────────────────────────────────

    def corrupted(self, count: int) -> Iterator[Sent]:
        """So many descriptions of children on record and of others, each wrong in its way."""
        known, kinds = list(self.known), list(KINDS)
        for n in range(count):
            child_id, kind = self.dice.pick(known), kinds[n % len(kinds)]
            said = self.known[child_id]
            wrong = KINDS[kind](self, said)
            if kind in NEW:
                yield Sent(kind, wrong, None)
                continue
            if self.dice.below(2) and kind not in ("exact", "another's number"):
                wrong = replace(wrong, nhs_number=None)
            yield Sent(kind, wrong, child_id)

    def typo(self, word: str) -> str:
        """One letter left out, doubled, changed, or swapped with the next."""
        at = self.dice.below(max(1, len(word) - 1))
        start, letter, rest = word[:at], word[at : at + 1], word[at + 1 :]
        return self.dice.pick(
            (
                start + rest,
                start + letter + letter + rest,
                start + self.dice.letter().lower() + rest,
                start + rest[:1] + letter + rest[1:],
            )
        )

    # ── What becomes of it ────────────────────────────────────────────────────────────────────────

    def take(self, sent: Sent) -> Told:
        """Identify it as intake does, and compare it as the page does that puts it to a person."""
        (found,), _, _ = self.identify.children((sent.said,), "referral-2", "elm-surgery", STAMPED)
        one = replace(details_of(sent.said), sex=sent.said.sex)
        near = {each for key in _keys(sent.said, sought_keys) for each in self._block(key)}
        scores = []
        for each in near | set(self._block(f"number|{sent.said.nhs_number}")):
            other = replace(details_of(self.known[each]), sex=self.known[each].sex)
            likeness = scored(one, other, self.rules)
            if likeness.score >= self.rules.low or likeness.levels["nhs_number"] == "same":
                scores.append((likeness.score, each))
        scores.sort(reverse=True)
        likely = sum(score >= self.rules.potential for score, _ in scores)
        outcome: Outcome = "NoMatch"
        if scores:
            outcome = outcome_of(scores[0][0], self.rules, likely)
        asked = tuple(each for _, each in scores)
        return Told(sent, found.child_id if found.matched else None, outcome, asked)

    def _block(self, key: str) -> list[str]:
        lies = self.blocks.get(key, [])
        return lies if len(lies) <= self.rules.largest_block else []


def _keys(said: ChildDescribed, how: Callable[..., tuple[str, ...]]) -> tuple[str, ...]:
    keys = how(said.given_name, said.family_name, said.born_on, said.postcode)
    return (*keys, f"number|{said.nhs_number}") if said.nhs_number else keys


Wrong = Callable[[Register, ChildDescribed], ChildDescribed]


def _day_and_month(_: Register, said: ChildDescribed) -> ChildDescribed:
    born = said.born_on
    if born is None or born.day > 12:
        return said
    return replace(said, born_on=born.replace(month=born.day, day=born.month))


def _day(register: Register, said: ChildDescribed) -> ChildDescribed:
    return replace(
        said, born_on=(said.born_on or NOW.date()).replace(day=1 + register.dice.below(28))
    )


def _check_digit(_: Register, said: ChildDescribed) -> ChildDescribed:
    """As an adapter reads it: the number stays among the identifiers."""
    number = said.nhs_number or ""
    wrong = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    return replace(said, nhs_number=None, identifiers=(Identifier(system="nhs", value=wrong),))


def _namesake(register: Register, said: ChildDescribed) -> ChildDescribed:
    """Of the same name, born on another day: else nothing at all would tell the two apart."""
    while (other := register.child(said.family_name, "XE9 9ZZ")).born_on == said.born_on:
        continue
    return replace(other, given_name=said.given_name, sex=said.sex)


def _neighbour(register: Register, said: ChildDescribed) -> ChildDescribed:
    return register.child(register._surname(), said.postcode or "")


def _under(make: Wrong) -> Wrong:
    """The same child, sent under the number of the one on record."""
    return lambda register, said: replace(make(register, said), nhs_number=said.nhs_number)


def _twin(register: Register, said: ChildDescribed) -> ChildDescribed:
    return register.sibling(said, twin=True)


def _sibling(register: Register, said: ChildDescribed) -> ChildDescribed:
    return register.sibling(said, twin=False)


KINDS: dict[str, Wrong] = {
    "exact": lambda _, said: said,
    "first name misspelt": lambda r, said: replace(said, given_name=r.typo(said.given_name)),
    "surname misspelt": lambda r, said: replace(said, family_name=r.typo(said.family_name)),
    "both misspelt": lambda r, said: replace(
        said, given_name=r.typo(said.given_name), family_name=r.typo(said.family_name)
    ),
    "names swapped": lambda _, said: replace(
        said, given_name=said.family_name, family_name=said.given_name
    ),
    "day and month swapped": _day_and_month,
    "another day of birth": _day,
    "no birth date": lambda _, said: replace(said, born_on=None),
    "no NHS number": lambda _, said: replace(said, nhs_number=None),
    "wrong check digit": _check_digit,
    "another's number": lambda r, said: replace(
        said, nhs_number=r._one_of(r.dice.pick(r.families)).nhs_number
    ),
    "moved": lambda r, said: replace(said, postcode=f"XE8 8{r.dice.letter()}X"),
    "another surname": lambda r, said: replace(said, family_name=r._surname()),
    "initial only": lambda _, said: replace(said, given_name=said.given_name[:1]),
    "name only": lambda _, said: replace(said, born_on=None, postcode=None, nhs_number=None),
    "new sibling": _sibling,
    "new twin": _twin,
    "sibling, same number": _under(_sibling),
    "twin, same number": _under(_twin),
    "new neighbour": _neighbour,
    "neighbour, same number": _under(_neighbour),
    "new namesake": _namesake,
    "namesake, same number": _under(_namesake),
}
NEW = frozenset(kind for kind in KINDS if kind.startswith("new ") or kind.endswith(", same number"))
"""The kinds that are about a child who has no record."""


class Measured(NamedTuple):
    """Of an outcome: how often it was said, how often rightly, and of how many it could be."""

    said: int
    right: int
    of: int

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.of if self.of else 1.0


def measured(told: list[Told]) -> dict[str, Measured]:
    """Each outcome: `of` the children on record, of `NoMatch` those who have no record."""
    known = sum(each.sent.about is not None for each in told)
    said = Counter(each.outcome for each in told)
    right = Counter(each.outcome for each in told if each.right)
    return {
        outcome: Measured(
            said[outcome], right[outcome], len(told) - known if outcome == "NoMatch" else known
        )
        for outcome in get_args(Outcome)
    }
