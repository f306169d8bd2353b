"""What becomes of a damaged message, made from a whole one by a seed and a number?

The same seed and number make the same bytes, as long as the stock of whole messages is the same:
the formats' own examples, smaller messages made from them, and what a folder of samples holds.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from time import process_time
from types import FrameType
from typing import Any, NamedTuple, NoReturn

import msgspec

from adapters.event_store import EventStore
from adapters.fhir_xml import NoXml, resource_of_xml, xml_of
from adapters.reading import Problems
from adapters.translation import AgencyFormat, Sent, Translation, formats
from adapters.vault import Vault
from domain import referral
from domain.agency import Agency, RegisterAgency
from domain.kernel import Refused
from domain.referral import ReceiveReferral, Referral, ReferralEvent
from services.handle import Plan
from services.intake import LARGEST, Intake
from services.received import Part
from services.recording import Recording
from tests.mutators import CHARSETS, GENERIC, ODD, OF_SYNTAX, Mutator, reduced, syntax_of

FORMATS = formats()
RECEIVED = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
MOST_SECONDS = 1.0
"""Of computing, for one message: whatever takes longer is a find."""
HANGS_AFTER = 5.0
_EXAMPLES = 12
_SMALL = 60
_SMALL_BYTES = (200, 350, 700)
_LARGEST_SAMPLE = 64 * 1024
_MOST_DECIDED = 20
_ALL_ASKED_EVERY = 4
_SLOW = frozenset({"csv", "email", "encompass", "police-notice"})
_TURNS = (*FORMATS, *(name for name in FORMATS if name not in _SLOW))
"""Whose message is damaged next; those that take three times as long to read come half as often."""
_REGISTERED = RegisterAgency(
    happened_at=RECEIVED,
    received_at=RECEIVED,
    recorded_at=RECEIVED,
    by="operator",
    agency="authority",
    command="register",
    agency_id="city-hospital",
    kind="health",
    name="City Hospital",
)
_CONTENT_TYPES = (
    "application/json", "application/fhir+xml", "message/rfc822", "text/csv; charset=utf-16", ";",
    "text/csv; charset=" + "x" * 50, "text/plain", "x-application/hl7-v2+er7",
)  # fmt: skip


class Mutant(NamedTuple):
    """`of`: the format whose message it was; `chain`: the names of the mutators, in order."""

    number: int
    of: str
    chain: tuple[str, ...]
    sent: Sent


class Find(NamedTuple):
    """What broke: `what` names the exception and where it was raised, or the seconds it took."""

    mutant: Mutant
    what: str


class Outcome(NamedTuple):
    translated: int
    with_problems: int
    refused: int
    seconds: float
    find: Find | None


class Stock(NamedTuple):
    """The whole messages of one format: `small` ones are thrown most often."""

    small: tuple[bytes, ...]
    whole: tuple[bytes, ...]


# ── Whole messages ──


@cache
def stocks(samples: str | None) -> dict[str, Stock]:
    """By name of the format; `samples`: a folder of messages that nobody here wrote, if any."""
    found: dict[str, list[bytes]] = {name: [] for name in FORMATS}
    for body in _samples(samples):
        name = recognised(Sent(body=body, agency="city-hospital", received_at=RECEIVED))
        if name:
            found[name].append(body)
    return {name: _stock(name, each, tuple(found[name])) for name, each in FORMATS.items()}


def _samples(folder: str | None) -> Iterator[bytes]:
    if folder:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and 0 < path.stat().st_size <= _LARGEST_SAMPLE:
                yield path.read_bytes()


def _stock(name: str, each: AgencyFormat, samples: tuple[bytes, ...]) -> Stock:
    dice = Random(f"stock of {name}")  # noqa: S311
    examples = tuple(each.example(seed) for seed in range(_EXAMPLES))
    whole = (*examples, *filter(None, map(_as_xml_or_json, examples[:4])), *samples)
    small = []
    for index in range(_SMALL + 2 * len(samples)):
        body = reduced(dice, whole[index % len(whole)], dice.choice(_SMALL_BYTES))
        if each.recognise(Sent(body=body, agency="city-hospital", received_at=RECEIVED)):
            small.append(body)
    return Stock(tuple(small) or examples, whole)


def _as_xml_or_json(body: bytes) -> bytes | None:
    """The same FHIR in the other syntax."""
    try:
        if syntax_of(body) == "xml":
            return msgspec.json.encode(resource_of_xml(body.decode(), Problems()))
        value = msgspec.json.decode(body)
        return xml_of(value) if "resourceType" in value else None
    except (NoXml, msgspec.DecodeError):
        return None


def recognised(sent: Sent) -> str | None:
    """The name of the format that `auto` would choose."""
    return next((name for name, each in FORMATS.items() if each.recognise(sent)), None)


# ── Damaged ones ──


def mutant(seed: int, number: int, name: str | None = None, samples: str | None = None) -> Mutant:
    """The damaged message of this number, of the format of this name or of all in turn."""
    dice = Random(f"{seed}|{number}")  # noqa: S311
    held = stocks(samples)
    of = name or _TURNS[number % len(_TURNS)]
    stock = held[of]
    body = dice.choice(stock.small if dice.random() < 0.94 else stock.whole)
    chain: list[str] = []
    while not chain or (len(chain) < 6 and dice.random() < 0.45):
        mutate = _mutator(dice, body)
        other = dice.choice(
            stock.small if dice.random() < 0.8 else held[dice.choice(tuple(held))].small
        )
        body = mutate(dice, body, other)[:LARGEST]  # more is refused before it is read
        chain.append(mutate.__name__)
    return Mutant(number, of, tuple(chain), _sent(dice, body))


def _mutator(dice: Random, body: bytes) -> Mutator:
    return dice.choice(GENERIC if dice.random() < 0.4 else OF_SYNTAX[syntax_of(body)])


def _sent(dice: Random, body: bytes) -> Sent:
    """As a transport hands it over; sometimes with odd words of its own."""
    if dice.random() < 0.85:
        return Sent(body=body, agency="city-hospital", received_at=RECEIVED)
    declared = dice.choice((*_CONTENT_TYPES, f"text/csv; charset={dice.choice(CHARSETS)}"))
    word = dice.choice(ODD).encode("utf-8", "replace").decode()[:200]
    return Sent(
        body=body,
        agency="city-hospital",
        received_at=dice.choice((RECEIVED, datetime(2024, 2, 29, tzinfo=UTC))),
        unit=dice.choice((None, word)),
        content_type=dice.choice((None, declared)),
        file_name=dice.choice((None, word)),
        key=dice.choice((None, word)),
        correlation=dice.choice((None, word)),
    )


# ── What becomes of them ──


class Hangs(BaseException):
    """It takes so long that nobody waits for its end; no handler of ours may take it for a fault
    of the message."""


@contextmanager
def alarmed(seconds: float = HANGS_AFTER) -> Iterator[None]:
    """Raises `Hangs` within, once so many seconds were computed."""

    def ring(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise Hangs

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Trial:
    """Tries damaged messages, on a store of its own that nothing of value is in."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault.open(folder / "keys", durable=False)
        self.store = EventStore.open(folder, self.vault, durable=False)
        plan = Plan(self.store)
        plan.add(_REGISTERED)
        plan.append({})
        self.intake = Intake(self.store, lambda: RECEIVED)
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(ReferralEvent)

    def close(self) -> None:
        self.store.close()
        self.vault.close()

    def outcome(self, made: Mutant, *, stored: bool = False) -> Outcome:
        """The formats are asked, its own and the recognised one read it, and what they say is
        decided on, written down and read again; `stored`: it is taken in as any message is, too.
        """
        told = _Told()
        began = process_time()
        try:
            with alarmed():
                self._try(made, told, stored=stored)
        except Hangs:
            told.broke = f"no end after {HANGS_AFTER:.0f} s"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a find
            told.broke = f"{type(error).__name__}: {error} at {_place(error)}"
        took = process_time() - began
        if told.broke is None and took > MOST_SECONDS:
            told.broke = f"took {took:.2f} s"
        find = Find(made, told.broke) if told.broke else None
        return Outcome(told.translated, told.with_problems, told.refused, took, find)

    def _try(self, made: Mutant, told: "_Told", *, stored: bool) -> None:
        name = recognised(made.sent)
        if made.number % _ALL_ASKED_EVERY == 0:
            for agency_format in FORMATS.values():
                agency_format.recognise(made.sent)
        for each in dict.fromkeys((made.of, name)):
            if each is None:
                continue
            found = FORMATS[each].translate(made.sent)
            told.translated += len(found)
            told.with_problems += sum(bool(said.problems) for said in found)
            told.broke = told.broke or _fault(each, found)
            for said in found[:_MOST_DECIDED]:
                told.refused += not self._may_be_stored(made.sent, said)
        if stored:
            for receipt in self.intake.take(made.sent):
                if any(problem.startswith("Our program") for problem in receipt.problems):
                    told.broke = told.broke or f"{receipt.format}: intake kept it without reading"

    def _may_be_stored(self, sent: Sent, said: Translation) -> bool:
        """Whether the referral that it opens can be decided on, written and read again."""
        part = Part(
            translation=said,
            sent=sent,
            sender=Agency(kind="health"),
            format="any",
            digest="0" * 64,
            channel="file",
        )
        recording = Recording(self.store, part, RECEIVED)
        command: Any = recording.described(ReceiveReferral, "referral-1", ())
        try:
            events = referral.decide(command, Referral())
        except Refused:
            return False
        for event in events:
            if self._decoder.decode(self._encoder.encode(event)) != event:
                raise ValueError("what was written down reads otherwise")
        return True


class _Told:
    """What is counted while a message is tried."""

    def __init__(self) -> None:
        self.translated = self.with_problems = self.refused = 0
        self.broke: str | None = None


def _fault(name: str, found: list[Translation]) -> str | None:
    if not found:
        return f"{name} says nothing"
    nobody = (said for said in found if said.intent == "new" and not said.children)
    if any(not said.problems for said in nobody):
        return f"{name}: about nobody, and no problem is told"
    return None


def _place(error: Exception) -> str:
    """The innermost line of ours."""
    told, trace = "?", error.__traceback__
    while trace:
        path = Path(trace.tb_frame.f_code.co_filename)
        if {"adapters", "services", "domain"} & set(
            path.parts
        ) and "site-packages" not in path.parts:
            told = f"{path.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return told


def samples_named() -> str | None:
    """The folder that SAFEGUARDING_SAMPLES names, if it does."""
    return os.environ.get("SAFEGUARDING_SAMPLES") or None
