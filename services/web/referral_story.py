"""What does a person need to see of a referral: what was said, about whom, and what was done?"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import asdict, replace

from adapters.event_store import Unreadable
from adapters.nameless import names
from adapters.nhs_numbers import SUPERSEDED
from adapters.particulars import SUBJECT
from adapters.translation import formats
from domain.child import ChildRegistered, DetailsCorrected
from domain.codes import REFERRAL_SOURCES, SEXES, Sex
from domain.described import AddressDescribed, AdultDescribed, ChildDescribed, ReferrerDescribed
from domain.kernel import WITHHELD
from domain.referral import OUTCOMES
from projections import caseload, children, chronology, deadlines, inbox
from projections.inbox import Entry
from services.access import Denied, Resource, give
from services.answers import Level
from services.likeness import Agreement, Details, compare, details_of
from services.numbers import on_record
from services.questions import about_child, about_referral
from services.questions import details_of as known_details
from services.sender_numbers import superseded
from services.web.alike import Alike, Beside, alike, case_words
from services.web.due import left, what
from services.web.forms.records import may_separate, separated_by
from services.web.naming import Names
from services.web.routes import Context
from services.web.story import referral_href, words_of
from services.web.templating import govdate
from services.words import opened

SAID = {
    "referral.received.v1": "The first message",
    "referral.updated.v1": "More came",
    "referral.cancelled.v1": "The sender withdrew it",
    "referral.conflicted.v1": "Another version under the same key",
}
CHANNELS = {"http": "by HTTP", "file": "in a file", "standard-input": "by standard input"}
BASES = {
    "consent": "Consent",
    "legal-obligation": "Legal obligation",
    "public-task": "Public task",
    "vital-interests": "Vital interests",
}
"""Lawful bases for sharing that a form offers. Source: UK GDPR, article 6(1)."""

DONE = {
    "referral.acknowledged.v1": "Told the referrer that it arrived",
    "referral.screened.v1": "Screened",
    "referral.decided.v1": "Decided",
    "referral.decision_authorised.v1": "Authorised the decision",
    "referral.referrer_told.v1": "Told the referrer the outcome",
    "referral.followed_up.v1": "The referrer asked or disagreed",
    "referral.attended.v1": "Found that the decision stands",
    "referral.reopened.v1": "Reopened",
    "referral.routed.v1": "Passed to",
    "referral.child_added.v1": "Put on the referral:",
    "referral.child_removed.v1": "Took off the referral:",
    "referral.conflict_settled.v1": "Settled which message holds",
    "referral.information_requested.v1": "Asked",
    "referral.information_shared.v1": "Answered:",
    "referral.information_declined.v1": "Did not answer:",
}

Facts = list[tuple[str, str]]
Person = tuple[str, str, Facts]
"""Name, who they are ("adult, mother"), what else is said of them."""


class Said(Struct, frozen=True, kw_only=True):
    """One message as it is shown. `concern` is None where its words were destroyed."""

    position: int
    title: str
    first: bool
    sender: str
    referrer: Facts
    happened_at: datetime
    received_at: datetime
    recorded_at: datetime
    concern: str | None
    facts: Facts
    people: tuple[Person, ...]
    addresses: tuple[tuple[str, bool], ...]
    kept_back: int
    problems: tuple[str, ...]


class Taken(Struct, frozen=True, kw_only=True):
    """A child of whom little was said, and whom the record was opened for, before it was completed.

    `since`: the event that completed it.
    """

    child: ChildDescribed
    since: DetailsCorrected


class Fitting(NamedTuple):
    """`fits`: the description that fits each record. `left_over`: those of no record. `taken`:
    those that tell nothing of the child whom their record is of by now."""

    fits: dict[str, ChildDescribed]
    left_over: list[ChildDescribed]
    taken: dict[str, list[Taken]]


class About(Struct, frozen=True, kw_only=True):
    """A child whom the referral is about. `closed`: the record is restricted to others.

    `new`: the record was made from this referral, so that it is no evidence for itself. `fields`:
    as described beside the record; `facts` in their place where there is nothing to compare.
    """

    child_id: str
    record_id: str
    name: str
    new: bool
    closed: bool
    fields: tuple[Beside, ...]
    facts: Facts
    alike: Alike
    case: str
    worker: str
    earlier: tuple[tuple[str, str], ...]
    """Referrals before this one: where they are, and a line about each."""
    merged: str = ""
    """Who separates the records merged into this one; empty if there are none."""
    separable: bool = False
    """Whether this person may."""
    taken: tuple[Taken, ...] = ()
    """Who was described first, and is taken to be this child."""


class Act(Struct, frozen=True, kw_only=True):
    """One thing that was done. `words`: marked up."""

    title: str
    by: str
    at: datetime
    recorded_at: datetime
    words: Markup


class Due(Struct, frozen=True):
    """A deadline of the referral, as people say it."""

    what: str
    state: str
    due: date | datetime
    left: int | None


class Situation:
    """One referral as pages and forms find it. Raises `Denied` for one that is not there.

    `of`: what a form is about beside the referral (a child).
    """

    def __init__(self, context: Context, of: str | None = None) -> None:
        self.context, self.parts, self.of = context, context.parts, of
        found = inbox.referral(context.parts.query, context.path["referral"])
        if found is None:
            raise Denied
        self.found, self.now = found, found.now
        self.names = Names(context.parts)

    @property
    def referral_id(self) -> str:
        return self.now.referral_id

    @cached_property
    def resource(self) -> Resource:
        """What the gate must know of it."""
        return about_referral(self.parts.query, self.referral_id)

    def may(self, command: str) -> bool:
        """Whether the gate would let this person give a command about it."""
        return self.parts.gate.may(self.context.who, give(command), self.resource)

    def opened(self, entry: Entry, *kinds: str) -> dict[str, Any]:
        """The private fields of an entry, of these kinds, that can still be opened."""
        if not entry.sealed:
            return {}
        fields, _ = opened(self.parts.store, entry.sealed, kinds)
        return {name: value for name, value in fields.items() if value is not WITHHELD}

    # ── Names ─────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def described(self) -> list[ChildDescribed]:
        """The children whom the messages describe, the first description first."""
        found: list[ChildDescribed] = []
        for entry in self.found.messages:
            found += self.opened(entry, "identity").get("children") or ()
        return list(dict.fromkeys(found))

    @cached_property
    def fitting(self) -> Fitting:
        """Which description is of which record on the referral, and which are of none."""
        left_over, fits = list(self.described), dict[str, ChildDescribed]()
        for child_id in self.now.child_ids:
            if best := _best(left_over, _said_of(self, child_id)):
                fits[child_id] = best
        opened = [_opened_with(self, each) for each in self.now.child_ids] if left_over else []
        taken = dict[str, list[Taken]]()
        for child in tuple(left_over):
            told = _Told.of(child)
            alike = [each for each in opened if each.told == told]
            if not alike:
                continue
            record = min(alike, key=lambda each: (each.child_id in fits, each.since is not None))
            left_over.remove(child)
            if record.since is None:
                fits.setdefault(record.child_id, child)
            else:
                found = Taken(child=child, since=record.since)
                taken.setdefault(record.child_id, []).append(found)
        return Fitting(fits, left_over, taken)

    def closed(self, child_id: str) -> bool:
        """Whether a child's record is restricted to others than this person."""
        record = self.record(child_id)
        return bool(record and record.restricted and self.context.who.person not in record.named)

    def child_name(self, child_id: str) -> str:
        return "Restricted record" if self.closed(child_id) else self.names.child(child_id)

    @cached_property
    def title(self) -> str:
        """Whom it is about, for the head of the page."""
        return ", ".join(map(self.child_name, self.each_child)) or "No child named"

    @cached_property
    def each_child(self) -> tuple[str, ...]:
        """The children it is about: of several records of one child the first."""
        first: dict[str, str] = {}
        for child_id in self.now.child_ids:
            record = self.record(child_id)
            first.setdefault(record.child_id if record else child_id, child_id)
        return tuple(first.values())

    def same_child(self, child_id: str) -> tuple[str, ...]:
        """All records on this referral that are about the same child as this one."""
        record = self.record(child_id)
        records = (record.child_id, *record.records) if record else ()
        return tuple(each for each in self.now.child_ids if each == child_id or each in records)

    def record(self, child_id: str) -> children.Child | None:
        return self._records.get(child_id)

    def alike(self, record: children.Child) -> Alike:
        """Other records that may be about this child; none to whoever may not search for them."""
        who, gate = self.context.who, self.parts.gate
        if not gate.may(who, "search-children", about_child(self.parts.query, record.child_id)):
            return Alike()
        addresses = self.context.asked("addresses") is not None
        return alike(self.parts, who, record, addresses=addresses)

    @cached_property
    def _records(self) -> dict[str, children.Child]:
        found = ((i, children.child(self.parts.query, i)) for i in self.now.child_ids)
        return {child_id: child for child_id, child in found if child}


# ── What was said ─────────────────────────────────────────────────────────────────────────────────


def said(situation: Situation, *, addresses: bool) -> list[Said]:
    """Every message, the first one first. `addresses`: shown, or only how many there are."""
    titles = {name: each.FORMAT.title for name, each in formats().items()}
    return [
        _said(situation, entry, titles, addresses=addresses) for entry in situation.found.messages
    ]


def _said(situation: Situation, entry: Entry, titles: dict[str, str], *, addresses: bool) -> Said:
    fields = situation.opened(entry, "narrative", "identity", "referrer", "location")
    places: Sequence[AddressDescribed] = fields.get("addresses") or ()
    return Said(
        position=entry.position,
        title=SAID[entry.event] if len(situation.found.messages) > 1 else "The message",
        first=entry.event == "referral.received.v1",
        sender=situation.names(entry.agency) + (f", {entry.unit}" if entry.unit else ""),
        referrer=_referrer(fields.get("referrer")),
        happened_at=entry.happened_at,
        received_at=entry.received_at,
        recorded_at=entry.recorded_at,
        concern=fields.get("concern"),
        facts=[
            ("Came as", titles.get(entry.format or "", "a format that we do not know")),
            *_facts(entry),
        ],
        people=people(fields.get("children") or (), fields.get("adults") or ()),
        addresses=tuple((_address(each), each.restricted) for each in places if addresses),
        kept_back=0 if addresses else len(places),
        problems=entry.problems,
    )


def people(
    children: Iterable[ChildDescribed], adults: Iterable[AdultDescribed]
) -> tuple[Person, ...]:
    """Whom a message names, the children first."""
    return (
        *((_name(c), _as_child(c), child_facts(c)) for c in children),
        *((_name(a), _as_adult(a), _adult(a)) for a in adults),
    )


def _referrer(who: ReferrerDescribed | None) -> Facts:
    if who is None:
        return []
    named = (
        ("Name", who.name),
        ("Role", who.role),
        ("Organisation", who.organisation),
        ("How to reach them", who.contact),
    )
    return [(label, value) for label, value in named if value]


def _facts(entry: Entry) -> Facts:
    answers, basis = {True: "Yes", False: "No", None: "Not said"}, entry.lawful_basis or ""
    facts = [
        ("Source", REFERRAL_SOURCES[entry.source] if entry.source else ""),
        ("Parents informed", answers[entry.parents_informed]),
        ("Consent", answers[entry.consent]),
        ("Lawful basis", BASES.get(basis, f"{basis[:1].upper()}{basis[1:]}")),
        ("Concern codes", ", ".join(entry.concern_codes)),
    ]
    return [(label, value) for label, value in facts if value]


def called(child: ChildDescribed) -> str:
    """A child's name as it was said; where that is none, who it is instead, as in a sentence."""
    if any(names(child.family_name, child.given_name)):
        return " ".join(part for part in (child.given_name, child.family_name) if part)
    who = {"F": "girl", "M": "boy"}.get(child.sex, "child")
    return f"an unborn {who}" if child.unborn else f"a {who} without a name"


def _name(person: ChildDescribed | AdultDescribed) -> str:
    name = " ".join(part for part in (person.given_name, person.family_name) if part)
    if not name and isinstance(person, ChildDescribed) and person.unborn:
        return "Unborn child"
    return name or "Name not given"


def _as_child(child: ChildDescribed) -> str:
    if child.relationship in (None, "", "child"):
        return "child"
    if child.relationship == SUBJECT:
        return f"child, {SUBJECT}"
    return f"child, relationship to the child most concerned: {child.relationship}"


def _as_adult(adult: AdultDescribed) -> str:
    return f"adult, {adult.role}" if adult.role else "adult"


def child_facts(child: ChildDescribed) -> Facts:
    """What a sender says of a child, beside the name."""
    facts = [
        ("Born", govdate(child.born_on) if child.born_on else ""),
        ("Due", govdate(child.due_on) if child.due_on else ""),
        ("Sex", SEXES[child.sex]),
        ("NHS number", child.nhs_number or ""),
        ("Other numbers", ", ".join(f"{i.value} ({i.system})" for i in child.identifiers)),
        ("School", child.school or ""),
    ]
    return [(label, value) for label, value in facts if value]


def _adult(adult: AdultDescribed) -> Facts:
    facts = [
        ("Born", govdate(adult.born_on) if adult.born_on else ""),
        ("Contact", adult.contact or ""),
    ]
    return [(label, value) for label, value in facts if value]


def _address(address: AddressDescribed) -> str:
    lines = ", ".join((*address.lines, *([address.postcode] if address.postcode else ())))
    return f"{lines} ({address.of})" if address.of else lines


# ── Whom it is about ──────────────────────────────────────────────────────────────────────────────


def about(situation: Situation) -> list[About]:
    """Each child on the referral: as described beside the record, the case, what came before."""
    fits, _, taken = situation.fitting
    found = []
    for child_id in situation.each_child:
        record = situation.record(child_id)
        closed = situation.closed(child_id)
        shown = None if closed else record
        known = known_details(situation.parts.store, shown) if shown else {}
        described = next((fits[i] for i in situation.same_child(child_id) if i in fits), None)
        case = _case(situation, shown) if shown else None
        made_here = bool(record and record.referral_id == situation.referral_id)
        fields = () if closed else _beside(described, known)
        if made_here:  # what it was made from cannot speak for it
            fields = tuple(
                each if each.compares == "differs" else replace(each, compares=None)
                for each in fields
            )
        compared = not made_here or any(each.compares for each in fields)
        found.append(
            About(
                child_id=child_id,
                record_id=record.child_id if record else child_id,
                name=situation.child_name(child_id),
                new=bool(record and made_here and not record.records),
                closed=closed,
                fields=fields if compared else (),
                facts=[] if compared else [(each.name, each.other or each.one) for each in fields],
                alike=situation.alike(shown) if shown else Alike(),
                case=case_words(case),
                worker=situation.names(case.worker_id) if case and case.is_open else "",
                merged=separated_by(situation.parts, situation.names, shown) if shown else "",
                separable=shown is not None and may_separate(situation.context, shown),
                earlier=tuple(_earlier(situation, shown)) if shown else (),
                taken=tuple(
                    each for i in situation.same_child(child_id) for each in taken.get(i, ())
                ),
            )
        )
    return found


def not_on_it(situation: Situation) -> list[ChildDescribed]:
    """Children whom a message describes and who have no record on this referral."""
    return situation.fitting.left_over


def _case(situation: Situation, record: children.Child) -> caseload.Case | None:
    """The work with a child under any of their records, an open case first."""
    ids = (record.child_id, *record.records)
    works = [caseload.of_child(situation.parts.query, each) for each in ids]
    cases = [each for each in works if each and each.case_id]
    return max(cases, key=lambda case: case.is_open, default=None)


def _said_of(situation: Situation, child_id: str) -> list[dict[str, Any]]:
    """A record's details as they are known now, as it was opened with, and, where it was merged
    into another, its own. Of a closed record too: they are only compared, never shown."""
    record, store = situation.record(child_id), situation.parts.store
    if record is None:
        return []
    first = known_details(store, replace(record, sealed=record.first_sealed))
    known = [known_details(store, record), first]
    if child_id != record.child_id:
        with suppress(Unreadable):  # then it is told by the record that it was merged into
            known.append(asdict(on_record(store, child_id).details))
    return known


class _Told(NamedTuple):
    """What tells a child from others, where nothing is enough to know them again by."""

    family_name: str
    given_name: str
    born_on: date | None
    due_on: date | None
    sex: Sex

    @classmethod
    def of(cls, said: ChildDescribed | ChildRegistered | DetailsCorrected) -> "_Told":
        called = names(said.family_name, said.given_name)
        return cls(*called, said.born_on or None, said.due_on or None, said.sex)


class _Opened(NamedTuple):
    """What a record was opened with, and the event that first told who it is, if one did."""

    child_id: str
    told: _Told | None
    since: DetailsCorrected | None


def _opened_with(situation: Situation, child_id: str) -> _Opened:
    """Of a closed record too: it is only compared, never shown."""
    told, since = None, None
    with suppress(Unreadable):
        for recorded in situation.parts.store.history(child_id, opened=True):
            event = recorded.event
            if not isinstance(event, ChildRegistered | DetailsCorrected):
                continue
            if event.family_name is WITHHELD:  # destroyed
                return _Opened(child_id, None, None)
            if isinstance(event, ChildRegistered):
                told = _Told.of(event)
            elif told and since is None and _Told.of(event)[:3] != told[:3]:
                since = event
    return _Opened(child_id, told, since)


def _best(described: list[ChildDescribed], known: list[dict[str, Any]]) -> ChildDescribed | None:
    """The description that fits a record best, taken from the list with those like it."""
    scored = [
        (max((_score(each, one) for one in known), default=0), -i, each)
        for i, each in enumerate(described)
    ]
    best = max(scored, key=lambda each: each[:2], default=None)
    if best is None or best[0] <= 0:
        return None
    for score, _, each in scored:
        if score > 0 and _same(each, best[2]):
            described.remove(each)
    return best[2]


def _same(one: ChildDescribed, other: ChildDescribed) -> bool:
    return not compare(details_of(one), details_of(other)).differ


def _score(described: ChildDescribed, known: dict[str, Any]) -> int:
    agreement = _agreement(described, known)
    number = described.nhs_number and described.nhs_number == known.get("nhs_number")
    return 2 * len(agreement.agree) - len(agreement.differ) + (5 if number else 0)


def _agreement(described: ChildDescribed, known: dict[str, Any]) -> Agreement:
    return compare(details_of(described), _details(known))


def _details(known: dict[str, Any]) -> Details:
    return Details(
        family_name=known.get("family_name") or "",
        given_name=known.get("given_name") or "",
        born_on=known.get("born_on"),
        nhs_number=known.get("nhs_number"),
    )


def _beside(described: ChildDescribed | None, known: dict[str, Any]) -> tuple[Beside, ...]:
    """Field by field; what neither side knows is left out."""
    told = details_of(described) if described else Details()
    agreement = _agreement(described, known) if described else Agreement((), ())
    compares: dict[str, Level] = dict.fromkeys(agreement.agree, "same")
    compares |= dict.fromkeys(agreement.differ, "differs")
    numbers = (described and described.nhs_number) or "", known.get("nhs_number") or ""
    if described and all(numbers):
        compares["NHS number"] = _numbers(described, known)
    pairs = {
        "first name": (told.given_name, known.get("given_name") or ""),
        "surname": (told.family_name, known.get("family_name") or ""),
        "birth date": (_day(described and described.born_on), _day(known.get("born_on"))),
        "due date": (_day(described and described.due_on), _day(known.get("due_on"))),
        "NHS number": numbers,
    }
    return tuple(
        Beside(
            "Date of birth" if name == "birth date" else name[:1].upper() + name[1:],
            one,
            other,
            compares.get(name),
        )
        for name, (one, other) in pairs.items()
        if one or other
    )


def _numbers(described: ChildDescribed, known: dict[str, Any]) -> Level:
    """How two NHS numbers compare: also with those that one of the two had before."""
    if described.nhs_number == known["nhs_number"]:
        return "same"
    before = {each["value"] for each in known["identifiers"] if each["system"] == SUPERSEDED}
    replaced = described.nhs_number in before or (
        known["nhs_number"] in superseded(described.identifiers)
    )
    return "same (superseded on one)" if replaced else "differs"


def _day(day: Any) -> str:
    return govdate(day) if day else ""


def _earlier(situation: Situation, record: children.Child) -> Iterator[tuple[str, str]]:
    """The child's other referrals, the newest first; where one is read, if they may read it."""
    query = situation.parts.query
    told = chronology.timeline(query, record.child_id, kind="referral")
    for entry in reversed(told):
        if entry.event != "referral.received.v1" or entry.stream == situation.referral_id:
            continue
        other = inbox.referral(query, entry.stream)
        outcome = other.now.outcome if other else None
        became = OUTCOMES[outcome] if outcome else "not decided yet"
        line = f"{govdate(entry.received_at)}, {situation.names(entry.agency)}: {became}"
        yield referral_href(situation.context, entry.stream), line


# ── What was done ─────────────────────────────────────────────────────────────────────────────────


def acts(situation: Situation) -> list[Act]:
    """Everything that was done with it, the newest first, each by whom and in which words."""
    return [
        Act(
            title=_done(situation, entry),
            by=_by(situation, entry),
            at=entry.happened_at,
            recorded_at=entry.recorded_at,
            words=words_of(situation.parts.store, entry.sealed, entry.event),
        )
        for entry in reversed(situation.found.acts)
    ]


def _by(situation: Situation, entry: Entry) -> str:
    """Who did it; whose authority they named for it stands as what it is, their word."""
    by = situation.names(entry.by_whom)
    if entry.authorised_by is None:
        return by
    return f"{by}. Authorised by {situation.names(entry.authorised_by)}, as recorded by {by}"


def _done(situation: Situation, entry: Entry) -> str:
    done, about = DONE[entry.event], entry.about or ""
    match entry.event:
        case "referral.decided.v1" | "referral.referrer_told.v1":
            return f"{done}: {next((w for o, w in OUTCOMES.items() if o == about), about)}"
        case "referral.screened.v1":
            rag, _, threshold = about.partition(" ")
            return f"{done}: {rag}, level {threshold}"
        case "referral.child_added.v1" | "referral.child_removed.v1":
            return f"{done} {situation.child_name(about)}"
    return f"{done} {situation.names(about)}" if about else done


def clocks(situation: Situation) -> list[Due]:
    """What is due of the referral itself, and what was."""
    at = situation.parts.now()
    found = deadlines.of_referral(situation.parts.query, situation.referral_id, at)
    return [
        Due(what(each), each.state, each.due_at or each.due_on, left(each, at))
        for each in found
        if each.about == situation.referral_id
    ]
