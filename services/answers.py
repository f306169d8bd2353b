"""What does each line of an answer hold, on the command line and under `/api/`?

The public surface's shapes, from which the contracts are made. Another field may come; none goes,
and none is given another meaning.
"""

from datetime import date
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from domain.clocks import State
from domain.described import Urgency
from domain.kernel import Instant

ByName = Annotated[str, Meta(description="one of a list that grows")]
Outcome = Literal["Match", "PotentialMatch", "LowConfidence", "ManyMatch", "NoMatch"]
"""The Department for Education's names. `ManyMatch`: more than one other record is as likely."""

Level = Literal["same", "same (superseded on one)", "near", "differs", "unknown"]
"""`near`: misspelt, partly given, or day and month the other way round. `unknown`: not of both.
`same (superseded on one)`: the NHS number of one is one that the other had before."""

Position = Annotated[int, Meta(description="of the event in the log")]


class Faulty(TypedDict, total=False):
    """`fault`: what of this line cannot be read, in a sentence; missing if nothing."""

    fault: str


class EventLine(Faulty):
    """An event of the log. `header`: its codes, dates and ids. `parts`: by kind of private words,
    whether they are `sealed` or `destroyed`; where they were opened, the words or `unreadable`.

    Of an event that cannot be read `event` is "", and `fault` says why.
    """

    position: Annotated[int | None, Meta(description="in the log, from 1, without a gap")]
    stream: Annotated[str, Meta(description="of a referral or a child, its id")]
    version: Annotated[int, Meta(description="which event of the stream, from 1")]
    event: Annotated[str, Meta(description="its stored name, such as referral.received.v1")]
    recorded_at: Instant | None
    header: dict[str, Any]
    parts: dict[str, str | dict[str, Any]]


class InboxLine(TypedDict):
    """A referral that waits for a decision. `told_workers`: ids of people."""

    referral: str
    agency: str
    received_at: Instant
    due_on: Annotated[date, Meta(description="the last day to decide it")]
    urgency: Urgency
    children: tuple[str, ...]
    problems: list[str]
    team: str | None
    told_workers: tuple[str, ...]


class TimelineLine(Faulty):
    """One thing that happened to a child. `superseded_by`: the position of what puts it right."""

    position: Position
    event: Annotated[str, Meta(description="its stored name, such as referral.received.v1")]
    stream: str
    happened_at: Instant
    received_at: Instant
    recorded_at: Instant
    agency: str
    title: str
    text: str
    superseded_by: int | None


class IdentifierOfChild(TypedDict):
    """`system`: `nhs`, `upn` or the sender's own."""

    system: str
    value: str


class ChildLine(Faulty):
    """A child on record. `due_on`: the expected date of birth. None: not known, or destroyed."""

    child: str
    name: str | None
    born_on: date | None
    due_on: date | None
    identifiers: list[IdentifierOfChild]
    cases: tuple[str, ...]


class Limit(TypedDict, total=False):
    """The last instant within a limit that is counted in hours; else the last day."""

    due_at: Instant
    due_on: date


class DeadlineLine(Limit):
    """A clock. `child`: where it is about one. `stopped_by`: the position of what stopped it.

    `recorded_late`: it was met in time, but that was written down only afterwards.
    """

    rule: ByName
    about: str
    child: str | None
    children: tuple[str, ...]
    team: str | None
    worker: str | None
    started_at: Instant
    state: State
    recorded_late: bool
    waiting_for: tuple[str, ...]
    stopped_by: int | None
    policy: str


class Detail(TypedDict):
    """How a detail of two records compares. `values`: the older one's and the newer one's, of what
    may be shown (of an address only how it compares); None: not known."""

    detail: ByName
    compares: Level
    values: NotRequired[tuple[str | None, ...]]


class MatchLine(TypedDict):
    """Two records that may be one child's, the older first. `match` names the pair."""

    match: str
    children: tuple[str, ...]
    outcome: Outcome
    score: Annotated[float, Meta(description="how likely they are one child's, 0 to 1")]
    evidence: list[Detail]


class FamilyLine(TypedDict):
    """Two children who may belong together. `evidence`: what they have in common."""

    match: str
    children: tuple[str, ...]
    relation: ByName
    evidence: list[str]


class TeamLine(TypedDict):
    """A team. `managers`: ids of people. `areas`: outward postcodes."""

    team: str
    name: str
    kind: ByName
    managers: tuple[str, ...]
    areas: tuple[str, ...]


class MeasureLine(TypedDict):
    """A team's measure in a week. `of`: out of how many, where it is a share. `cases`: the ids of
    what it counts. None: there is nothing to count by."""

    team: str
    week: Annotated[str, Meta(description="ISO 8601, such as 2026-W47")]
    measure: ByName
    value: int | float | None
    of: int | float | None
    cases: tuple[str, ...]


class SignalUp(TypedDict):
    """A sign that holds. `events`: positions of the newest event of each thing it counts."""

    signal: ByName
    title: str
    since: date
    events: list[int]


class FlagLine(Faulty):
    """A team whose signs hold together. `opened_at`: the day from which on they do."""

    flag: str
    team: str
    opened_at: date
    signals: list[SignalUp]
    state: ByName
    policy: str


class SenderLine(TypedDict):
    """An agency that may send."""

    agency: str
    kind: ByName
    name: str


class PersonLine(Faulty):
    """Somebody whom `--as` accepts. `name`: None if it is not known."""

    person: str
    name: str | None
    role: ByName
    team: str | None
