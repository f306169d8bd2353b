"""How is one child's story told on a page: its entries, its risks, its clocks, at any instant?"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from adapters.event_store import EventStore
from domain.kernel import WITHHELD
from domain.risk import RISK_KINDS
from projections import chronology, deadlines, risks
from projections.chronology import Entry
from projections.deadlines import Deadline
from services import questions
from services.questions import CLOSED, TOLD, Row, about_referral, closed_entries, text_of
from services.web.command_form import Situation
from services.web.naming import Names
from services.web.routes import Context
from services.web.templating import govdate
from services.words import opened

KINDS = {
    "referral": "Referrals",
    "child": "The child's record",
    "risk": "Risks",
    "case": "The case and its oversight",
    "assessment": "Assessments",
    "enquiry": "Strategy discussions and section 47",
    "conference": "Conferences",
    "plan": "Plans and visits",
    "record": "Corrections",
}
"""The families of events that a timeline may be filtered by."""

LABELS = {
    "actions": "Actions",
    "child_said": "The child said",
    "concern": "Concern",
    "decision": "Decision",
    "evidence": "Evidence",
    "findings": "Found",
    "information": "Answer",
    "note": "To know",
    "notes": "Notes",
    "question": "Question",
    "rationale": "Why",
    "reason": "Why",
    "summary": "Summary",
}
"""What stands before the words of a field."""

WORDS = {
    "assessment.child_seen.v1": "The child said",
    "record.corrected.v1": "What is right",
    "referral.followed_up.v1": "Asked",
    "referral.referrer_told.v1": "Told",
}
"""What stands before the field `words`, which means something else in each event."""

DETAILS = ("child.registered.v1", "child.details_corrected.v1")
"""The events that hold a child's details: the first ones, and all of them anew."""

HELD = (
    "case.opened.v1",
    "case.allocated.v1",
    "case.reallocated.v1",
    "case.unallocated.v1",
    "case.transferred.v1",
    "case.closed.v1",
    "case.reopened.v1",
)
"""The events that say whose a case is."""

RECEIVED = "referral.received.v1"


class Told(Struct, frozen=True, kw_only=True):
    """An entry as the page shows it. `text`: its words, marked up. `open`: it may be put right."""

    position: int
    title: str
    agency: str
    by: str
    happened_at: datetime
    received_at: datetime
    recorded_at: datetime
    text: Markup
    superseded_by: int | None
    href: str
    open: bool


class Unanswered(Struct, frozen=True, kw_only=True):
    """A risk that nobody has answered. `days`: how long it has waited."""

    risk_id: str
    kind: str
    agency: str
    raised_at: datetime
    days: int
    text: Markup
    escalated_to: str


class Story(Struct, frozen=True, kw_only=True):
    """Everything that is known of one child, as of an instant. `closed`: the positions of the
    entries whose words this person may not read."""

    entries: tuple[Entry, ...]
    closed: frozenset[int]
    deadlines: tuple[Deadline, ...]
    as_at: datetime


def story_of(situation: Situation, as_known_at: datetime | None) -> Story:
    """What was known at that instant, or is known now, in the order in which it happened."""
    query, now = situation.parts.query, situation.parts.now()
    at = now if as_known_at is None else min(as_known_at, now)
    clocks = {  # a referral about two records of the child has one clock
        (clock.about, clock.rule, clock.started_at): clock
        for child_id in (situation.child_id, *situation.child.records)
        for clock in deadlines.of_child(query, child_id, at, as_known_at=as_known_at)
    }
    told = chronology.timeline(query, situation.child_id, as_known_at=as_known_at)
    return Story(
        entries=tuple(told),
        closed=closed_entries(situation.parts, situation.context.who, situation.child_id, told),
        deadlines=tuple(clocks.values()),
        as_at=at,
    )


def details_at(situation: Situation, story: Story) -> Row:
    """Who the child was known to be then, or is now; all None if nobody had registered them."""
    told = [e for e in story.entries if e.stream == situation.child_id and e.event in DETAILS]
    first = next((e.sealed for e in told if e.event == DETAILS[0]), b"")
    last = next((e.sealed for e in reversed(told) if e.event == DETAILS[1]), b"")
    known = replace(situation.child, first_sealed=first, sealed=last)
    return questions.details_of(situation.parts.store, known)


def held_then(story: Story, names: Names) -> str:
    """What had last become of the case, and when; empty if there was none."""
    told = [entry for entry in story.entries if entry.event in HELD]
    return f"{names.worded(told[-1].title)}, {govdate(told[-1].happened_at)}" if told else ""


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────


def told(entries: Iterable[Entry], situation: Situation, closed: Collection[int]) -> Iterator[Told]:
    """Entries with their words opened, and a way to the referrals that this person may open.

    `closed`: as `Story` has it.
    """
    store, names = situation.parts.store, situation.names
    for entry in entries:
        yield Told(
            position=entry.position,
            title=names.worded(entry.title),
            agency=names(entry.agency),
            by=names(entry.by_whom) if entry.by_whom != entry.agency else "",
            happened_at=entry.happened_at,
            received_at=entry.received_at,
            recorded_at=entry.recorded_at,
            text=Markup('<span class="app-withheld">{}</span>').format(CLOSED)
            if entry.position in closed
            else words_of(store, entry.sealed, entry.event),
            superseded_by=entry.superseded_by,
            href=referral_href(situation.context, entry.stream) if entry.event == RECEIVED else "",
            open=entry.superseded_by is None and entry.kind not in ("record", "child"),
        )


def referral_href(context: Context, referral_id: str) -> str:
    """Where a referral is read; empty if this person may not."""
    about = about_referral(context.parts.query, referral_id)
    may = context.parts.gate.may(context.who, "see-referral", about)
    return f"/referrals/{referral_id}" if may else ""


def words_of(store: EventStore, sealed: bytes, event: str) -> Markup:
    """The words of an event, each field under its label; destroyed words are said to be so."""
    if not sealed:
        return Markup()
    lines, destroyed = [], False
    fields, fault = opened(store, sealed, TOLD)
    if fault:
        lines.append(Markup('<span class="app-withheld">{}</span>').format(fault))
    for field, value in fields.items():
        if value is WITHHELD:
            destroyed = True
        elif isinstance(value, str) and value.strip():
            label = WORDS.get(event, "In their words") if field == "words" else LABELS.get(field)
            words = Markup("<strong>{}:</strong> {}").format(label, value.strip())
            lines.append(words if label else Markup("{}").format(value.strip()))
    if destroyed:
        lines.append(Markup('<span class="app-withheld">Words that were destroyed.</span>'))
    return Markup("\n\n").join(lines)


# ── Risks ─────────────────────────────────────────────────────────────────────────────────────────


def unanswered(situation: Situation, story: Story) -> list[Unanswered]:
    """The risks that were known, and not known to be answered; the oldest first."""
    names, store = situation.names, situation.parts.store
    known: dict[str, set[str]] = {}
    for entry in sorted(story.entries, key=lambda entry: entry.position):
        events = known.setdefault(entry.stream, set())
        events.add(entry.event)
        if entry.event == "risk.answer_withdrawn.v1":
            events.discard("risk.answered.v1")
    found: list[risks.Risk] = [
        risk
        for child_id in (situation.child_id, *situation.child.records)
        for risk in risks.of_child(situation.parts.query, child_id)
    ]
    waiting = []
    for risk in sorted(found, key=lambda risk: risk.raised_at):
        events = known.get(risk.risk_id, set())
        if "risk.raised.v1" not in events or "risk.answered.v1" in events:
            continue
        escalated = names(risk.escalated_to) if "risk.escalated.v1" in events else ""
        waiting.append(
            Unanswered(
                risk_id=risk.risk_id,
                kind=RISK_KINDS[risk.kind],
                agency=names(risk.raised_by_agency),
                raised_at=risk.raised_at,
                days=(story.as_at - risk.raised_at).days,
                text=Markup("{}").format(text_of(store, risk.sealed)),
                escalated_to=escalated,
            )
        )
    return waiting


def chosen(entries: Sequence[Entry], agency: str | None, kind: str | None) -> list[Entry]:
    """The entries of one agency and of one family, the newest first."""
    return [
        entry
        for entry in reversed(entries)
        if (not agency or entry.agency == agency) and (not kind or entry.kind == kind)
    ]
