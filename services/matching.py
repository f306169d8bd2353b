"""Which of our records may be about the same child, or the same family, and what speaks for it?

Found by keyed tokens that two records share (an index look-up, never a walk over all records), then
compared detail by detail. Nothing is linked here: an outcome is put to a person, who merges the two
records or tells them apart; a pair told apart is not proposed again. The details are opened to
compare them; what is shown of them passes the gate of whoever asks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain, combinations, groupby
from typing import Any, NamedTuple

from adapters.nameless import names, which_unnamed
from domain.blocking import family_keys, sought_keys
from domain.calendar import local_day
from domain.codes import Sex
from domain.kernel import WITHHELD
from domain.policy import Matching, in_force
from projections import children, inbox, matches
from services.access import Principal, Resource
from services.answers import Detail, FamilyLine, MatchLine, Outcome
from services.assemble import Parts
from services.likeness import Details, Likeness, scored
from services.numbers import Numbers
from services.questions import about_child
from services.sender_numbers import given, own_numbers, records_under, superseded
from services.words import opened

FIELDS = {
    "nhs_number": "NHS number",
    "sender_number": "sender's own number",
    "birth_date": "birth date",
    "first_name": "first name",
    "surname": "surname",
    "postcode": "postcode",
    "sex": "sex",
}


class Candidate(NamedTuple):
    """Another record that may be about the same child. `children.Child` as the store has it."""

    child: children.Child
    outcome: Outcome
    likeness: Likeness


class Compared:
    """Compares records of one store by the rules in force."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.rules = in_force(local_day(parts.now())).matching
        self._opened = lru_cache(REMEMBERED)(partial(known, parts))
        self._numbers_in = lru_cache(REMEMBERED)(partial(_numbers_in, parts))
        self._given = lru_cache(REMEMBERED)(partial(given, parts.store))
        self._led: dict[str, dict[str, str]] = {}

    def candidates(self, child: children.Child) -> list[Candidate]:
        """The other records of whom a person should be asked, the likeliest first."""
        others = children.these(self.parts.query, self.sharing(child))
        found = [
            (other, likeness)
            for other in _not_told_apart(self.parts, child, others)
            if other.child_id != child.child_id
            and (likeness := self.likeness(child, other)) is not None
        ]
        found.sort(key=lambda each: (-each[1].score, each[0].child_id))
        likely = sum(likeness.score >= self.rules.potential for _, likeness in found)
        return [
            Candidate(other, outcome_of(likeness.score, self.rules, likely), likeness)
            for other, likeness in found
        ]

    def namesakes(self, child: children.Child) -> list[children.Child]:
        """The other records of the same whole name that are of another child, by their birth date.

        Not those that were told apart.
        """
        own = self.of(child)
        tokens = self.parts.store.vault.tokens(f"{own.given_name} {own.family_name}")
        if child.unborn or len(tokens) < 2:
            return []
        named = children.found(self.parts.query, tokens)
        return [
            other
            for other in _not_told_apart(self.parts, child, named)
            if other.child_id != child.child_id and self.likeness(child, other) is None
            if own.born_on and self.of(other).born_on not in (None, own.born_on)
        ]

    def likeness(self, one: children.Child, other: children.Child) -> Likeness | None:
        """How alike two records are; None if they are no more alike than any two."""
        likeness = self.scored(one, other)
        return likeness if likeness.same_number or likeness.score >= self.rules.low else None

    def scored(self, one: children.Child, other: children.Child) -> Likeness:
        """The same of any two, however little they are alike."""
        number, own, others = self._sender_number(one, other), self.of(one), self.of(other)
        replaced = own.nhs_number in self.superseded(other) or (
            others.nhs_number in self.superseded(one)
        )
        return scored(own, others, self.rules, number, replaced=replaced)

    def of(self, child: children.Child) -> Details:
        """A child's details as last known."""
        return self._opened(child.sealed, child.sex)

    def numbers(self, child: children.Child) -> frozenset[str]:
        """The senders' own numbers that the child's records were opened with."""
        if child.records:
            return frozenset(value for _, value in self._numbers_given(child))
        return self._numbers_in(child.first_sealed).own

    def superseded(self, child: children.Child) -> frozenset[str]:
        """The NHS numbers that the child's records were opened with as those of before."""
        if child.records:
            every = (child.child_id, *child.records)
            return frozenset(chain.from_iterable(self._given(each).superseded for each in every))
        return self._numbers_in(child.first_sealed).superseded

    def _numbers_given(self, child: children.Child) -> frozenset[tuple[str, str]]:
        """The same, each after the sender who gave it."""
        every = (child.child_id, *child.records)
        return frozenset(chain.from_iterable(self._given(each).own for each in every))

    def _sender_number(self, one: children.Child, other: children.Child) -> str | None:
        """The number of its own that one sender has for both."""
        for child, beside in ((one, other), (other, one)):
            led = self._led.get(child.child_id, {})
            for each in (beside.child_id, *beside.records):
                if each in led:
                    return led[each]
        mine = self.numbers(one)
        if not mine or mine.isdisjoint(self.numbers(other)):
            return None
        shared = self._numbers_given(one) & self._numbers_given(other)
        return min((value for _, value in shared), default=None)

    def sharing(self, child: children.Child) -> set[str]:
        """Every record that has a key of this child's records, the NHS number, or a sender's own
        number."""
        own = self.of(child)
        parts = self.parts
        if child.unborn:
            keys: tuple[str, ...] = ()
        else:
            keys = sought_keys(own.given_name, own.family_name, own.born_on, own.postcode)
        tokens = [parts.store.vault.keyed_token(key) for key in keys]
        found = set(matches.sharing(parts.query, tokens, most=self.rules.largest_block))
        name = f"{own.given_name} {own.family_name}"
        whole = parts.store.vault.tokens(name) if keys else ()
        if len(whole) > 1:  # records of before there were keys; not all of one surname
            named = children.found(parts.query, whole)
            found |= {each.child_id for each in named[: self.rules.largest_block]}
        numbers = Numbers(parts.store, pass_over=True)
        if own.nhs_number:
            found |= set(numbers.held_by(own.nhs_number).records)
        found |= set(numbers.beside(own.nhs_number, self.superseded(child)))
        if self.numbers(child):
            self._led[child.child_id] = {
                led: value
                for agency, value in sorted(self._numbers_given(child))
                for led in records_under(parts.store, agency, value)
            }
            found |= self._led[child.child_id].keys()
        return found


REMEMBERED = 50_000
"""Records whose details are held in memory during one comparison of all of them."""


def known(parts: Parts, sealed: bytes, sex: Sex) -> Details:
    """A record's details as last known; what was destroyed or cannot be read is not known."""
    fields, _ = opened(parts.store, sealed, ("identity", "location"))
    said = {name: value for name, value in fields.items() if value is not WITHHELD and value}
    family_name, given_name = names(said.get("family_name", ""), said.get("given_name", ""))
    return Details(
        family_name=family_name,
        given_name=given_name,
        born_on=said.get("born_on"),
        postcode=said.get("postcode"),
        nhs_number=said.get("nhs_number"),
        sex=sex,
        which=which_unnamed(said.get("family_name", ""), said.get("given_name", "")),
    )


class _NumbersIn(NamedTuple):
    """The numbers among the words that a record was opened with: senders' own, the NHS's before."""

    own: frozenset[str]
    superseded: frozenset[str]


def _numbers_in(parts: Parts, sealed: bytes) -> _NumbersIn:
    fields, _ = opened(parts.store, sealed, ("identity",))
    identifiers = fields.get("identifiers") or ()
    return _NumbersIn(own_numbers(identifiers), superseded(identifiers))


def outcome_of(score: float, rules: Matching, likely: int) -> Outcome:
    """What a score comes to. `likely`: how many records reach at least a potential match."""
    if score >= rules.potential and likely > 1:
        return "ManyMatch"
    if score >= rules.match:
        return "Match"
    return "PotentialMatch" if score >= rules.potential else "LowConfidence"


# ── What a person is asked ────────────────────────────────────────────────────────────────────────


class Pair(NamedTuple):
    """Two records of which a person is asked, the older first."""

    older: children.Child
    newer: children.Child
    likeness: Likeness

    @property
    def match(self) -> str:
        """Names the pair for as long as the two records are two."""
        return ":".join(sorted((self.older.child_id, self.newer.child_id)))


def proposed(parts: Parts, who: Principal, *, sweep: bool = False) -> Iterator[MatchLine]:
    """The pairs of records that may be one child's, the likeliest first.

    Of the children whom a waiting referral names, or with `sweep` of all records. A pair with a
    record that is not the asker's to find is left out; the look at each other one is recorded.
    Raises `Denied`.
    """
    parts.gate.open(who, "search-children", Resource(about=("matches",)))
    compared = Compared(parts)
    pairs = _all_pairs(compared) if sweep else _waiting_pairs(compared)
    likely = Counter(
        child.child_id
        for pair in pairs
        if pair.likeness.score >= compared.rules.potential
        for child in (pair.older, pair.newer)
    )
    for pair in sorted(pairs, key=lambda each: (-each.likeness.score, each.match)):
        both = (pair.older.child_id, pair.newer.child_id)
        if not _may_find(parts, who, both):
            continue
        parts.gate.open(who, "search-children", Resource(about=both))
        score = pair.likeness.score
        yield {
            "match": pair.match,
            "children": both,
            "outcome": outcome_of(score, compared.rules, max(likely[each] for each in both)),
            "score": round(score, 3),
            "evidence": evidence(compared, pair.older, pair.newer, pair.likeness),
        }


def _may_find(parts: Parts, who: Principal, child_ids: Iterable[str]) -> bool:
    return all(
        parts.gate.may(who, "search-children", about_child(parts.query, each)) for each in child_ids
    )


def evidence(
    compared: Compared, first: children.Child, second: children.Child, likeness: Likeness
) -> list[Detail]:
    """Detail by detail, as both records have it and how they compare; of an address only how."""
    one, other = compared.of(first), compared.of(second)
    values: dict[str, tuple[Any, Any]] = {
        "nhs_number": (one.nhs_number, other.nhs_number),
        "sender_number": (likeness.sender_number, likeness.sender_number),
        "birth_date": (one.born_on, other.born_on),
        "first_name": (one.given_name or None, other.given_name or None),
        "surname": (one.family_name or None, other.family_name or None),
        "sex": (one.sex, other.sex),
    }
    found: list[Detail] = []
    for field, level in likeness.levels.items():
        detail: Detail = {"detail": FIELDS[field], "compares": level}
        if field in values:
            detail["values"] = values[field]
        found.append(detail)
    return found


def _pair(one: children.Child, other: children.Child, likeness: Likeness) -> Pair:
    older, newer = sorted((one, other), key=lambda each: each.position)
    return Pair(older, newer, likeness)


def _waiting_pairs(compared: Compared) -> list[Pair]:
    query = compared.parts.query
    named = dict.fromkeys(each for waits in inbox.waiting(query) for each in waits.child_ids)
    pairs = (
        _pair(child, candidate.child, candidate.likeness)
        for child in children.these(query, named)
        for candidate in compared.candidates(child)
    )
    return list({pair.match: pair for pair in pairs}.values())


def _all_pairs(compared: Compared) -> list[Pair]:
    """Every record is compared with those that it shares a key or a number with."""
    record_of = _every_record(compared.parts)
    found: dict[tuple[str, str], Pair] = {}
    for block in chain(_blocks(compared), _numbers(compared, record_of.values())):
        members = {record_of[each].child_id: record_of[each] for each in block if each in record_of}
        for one, other in combinations(members.values(), 2):
            ids = (min(one.child_id, other.child_id), max(one.child_id, other.child_id))
            if ids not in found and (likeness := compared.likeness(one, other)) is not None:
                found[ids] = _pair(one, other, likeness)
    return [
        pair
        for pair in found.values()
        if list(_not_told_apart(compared.parts, pair.older, [pair.newer]))
    ]


def _every_record(parts: Parts) -> dict[str, children.Child]:
    """The child of each record, by the ids of all the records about them."""
    found: dict[str, children.Child] = {}
    below = None
    while page := children.registered(parts.query, limit=AT_A_TIME, below=below):
        below = page[-1].position
        found |= {each: child for child in page for each in (child.child_id, *child.records)}
    return found


def _blocks(compared: Compared) -> Iterator[list[str]]:
    """The records that share a key, a key at a time; not of keys that too many share."""
    query, most = compared.parts.query, compared.rules.largest_block
    after, limit = "", AT_A_TIME * most
    while page := matches.in_blocks(query, after=after, limit=limit):
        blocks = [[*lies] for _, lies in groupby(page, key=lambda each: each.token)]
        if len(page) == limit and len(blocks) > 1:
            blocks.pop()  # it may go on: it is the first one of the next page
        after = blocks[-1][0].token
        yield from ([each.child_id for each in block] for block in blocks if 1 < len(block) <= most)


def _numbers(compared: Compared, every: Iterable[children.Child]) -> Iterator[list[str]]:
    """The records that have the same NHS number, or one number of a sender's own."""
    holders: dict[str, dict[str, None]] = {}
    for child in every:
        current = compared.of(child).nhs_number
        for number in (*((current,) if current else ()), *compared.superseded(child)):
            holders.setdefault(f"nhs|{number}", {})[child.child_id] = None
        for value in compared.numbers(child):
            holders.setdefault(f"own|{value}", {})[child.child_id] = None
    most = compared.rules.largest_block
    for number, lies in holders.items():
        if len(lies) > 1 and (number.startswith("nhs|") or len(lies) <= most):
            yield [*lies]


# ── Families ──────────────────────────────────────────────────────────────────────────────────────


def families(parts: Parts, who: Principal) -> Iterator[FamilyLine]:
    """Who may belong together: the children whom waiting referrals name, and others of one surname
    at one postcode, at one address, or with a telephone number of an adult in common.

    A suggestion: a person records the relationship, or the household, or does not. Raises `Denied`.
    """
    parts.gate.open(who, "search-children", Resource(about=("matches",)))
    compared, told = Compared(parts), set[frozenset[str]]()
    waiting = inbox.waiting(parts.query)
    named = dict.fromkeys(each for waits in waiting for each in waits.child_ids)
    for child in children.these(parts.query, named):
        for other, why in _family(compared, child).items():
            pair = frozenset((child.child_id, other))
            if pair in told or not _may_find(parts, who, pair):
                continue
            told.add(pair)
            parts.gate.open(who, "search-children", Resource(about=(child.child_id, other)))
            yield {
                "match": ":".join(sorted(pair)),
                "children": (child.child_id, other),
                "relation": "same household or family",
                "evidence": sorted(why),
            }


def _family(compared: Compared, child: children.Child) -> dict[str, set[str]]:
    """Other children who may be of one family with this one, and by what; none already related."""
    parts, own = compared.parts, compared.of(child)
    keys = family_keys(own.family_name, own.postcode)
    tokens = [parts.store.vault.keyed_token(key) for key in keys]
    related = {each.other_child_id for each in children.relationships(parts.query, child.child_id)}
    found: dict[str, set[str]] = {}
    shared = matches.family_of(parts.query, child.child_id, tokens, most=MOST_OF_A_FAMILY)
    for each in shared:
        survivor = children.child(parts.query, each.child_id)
        if survivor is None or survivor.child_id in (child.child_id, *related):
            continue
        by = (
            "surname and postcode"
            if each.own_source == each.source == matches.RECORD
            else "address or telephone number"
        )
        found.setdefault(survivor.child_id, set()).add(by)
    return found


MOST_OF_A_FAMILY = 20
"""Children at one address or telephone number; one that more have is a school's, or a home's."""

AT_A_TIME = 500
"""Records that are read at a time."""


def _not_told_apart(
    parts: Parts, child: children.Child, others: Iterable[children.Child]
) -> Iterator[children.Child]:
    own = (child.child_id, *child.records)
    apart = matches.told_apart(parts.query, own)
    for other in others:
        theirs = (other.child_id, *other.records)
        if not any(frozenset((one, each)) in apart for one in own for each in theirs):
            yield other
