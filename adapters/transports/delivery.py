"""What does a transport hand over to be stored, and what is it told about that?"""

from collections.abc import Iterator, Sequence
from threading import Event
from typing import NamedTuple, Protocol

from adapters.translation import Sent


class Outcome(Protocol):
    """What became of a message, or of a row of it: the intake line, as far as senders see it."""

    @property
    def result(self) -> str: ...
    @property
    def referral(self) -> str | None: ...
    @property
    def problems(self) -> tuple[str, ...]: ...
    @property
    def reason(self) -> str | None: ...


class Delivery(Protocol):
    """A message that nobody else takes meanwhile. Exactly one of its methods is called.

    `source`: its name, as people are shown it. `patient`: whether it lies there until the store is
    back; who waits for an answer is told at once that nothing was stored.
    """

    @property
    def sent(self) -> Sent: ...
    @property
    def source(self) -> str: ...
    @property
    def patient(self) -> bool: ...

    def stored(self, outcomes: Sequence[Outcome]) -> None:
        """All of it is durable: acknowledge it."""

    def refused(self, outcome: Outcome) -> None:
        """Nothing of it was stored, and never will be."""

    def not_stored(self) -> None:
        """It could not be stored now; what of it was stored is known again."""


class Left(NamedTuple):
    """What is there and was not handed over, and why, in words for the operator."""

    source: str
    reason: str


class Inlet(Protocol):
    """Where messages come in. For one thread."""

    @property
    def transport(self) -> str: ...

    def deliveries(self, stop: Event, *, once: bool) -> Iterator[Delivery | Left]:
        """What comes, until `stop` is set; with `once`, what is there at the beginning."""
