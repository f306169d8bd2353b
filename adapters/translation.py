"""What does an agency's message say, in our words, before it is matched to anything?

The contract between `adapters/agencies/*` and `services/intake`: bytes in, `Translation`s out.
Every file in `adapters/agencies/` is a format; it is found by listing the package and offers
`FORMAT`, `recognise` and `translate` as described by `AgencyFormat`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from types import ModuleType
from typing import Any, Literal, Protocol, cast

from msgspec import Struct

from domain.codes import ReferralSource
from domain.described import (
    AddressDescribed,
    AdultDescribed,
    ChildDescribed,
    ReferrerDescribed,
    Urgency,
)

Intent = Literal["new", "update", "cancel", "merge", "correlate", "no-concern"]
"""What the sender means: `correlate` answers what `earlier` names, and adds to it; `merge` says
that two of their records are one person; `no-concern` that there is nothing to look at (read in
full, and it says so)."""


class Sent(Struct, frozen=True, kw_only=True):
    """A message as it came: raw bytes, and what the transport knows.

    `agency` is authenticated, never read from the payload. `key`: the idempotency key that the
    transport carries (HTTP `X-Request-ID`, `Idempotency-Key`), if any. `correlation`: the
    transport's reference to an earlier message (`X-Correlation-ID`). `received_at`: aware.
    """

    body: bytes
    agency: str
    received_at: datetime
    unit: str | None = None
    content_type: str | None = None
    file_name: str | None = None
    key: str | None = None
    correlation: str | None = None


class Translation(Struct, frozen=True, kw_only=True):
    """One referral (or update, cancel, merge, nothing) that a message holds.

    `key`: the sender's idempotency key by the format's rule (DOMAIN: FHIR X-Request-ID, HL7
    MSH-10 + MSH-3/4, e-mail Message-ID, CSV hash of row + file name …); None: the message has none
    and the hash of its bytes serves. `references`: the sender's, those of this concern alone first
    (`own_and_shared`). `earlier`: references to earlier messages that this one updates, cancels or
    merges. `problems`: sentences on what could not be read or does not fit, in plain words, naming
    the field and never its value. `row`: number of the row in a file that holds several (1 is the
    first row of data), and then `raw` its bytes. `superseded`: for a merge, identifiers that are
    replaced by the child's.
    """

    intent: Intent = "new"
    key: str | None = None
    references: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    happened_at: datetime | None = None
    source: ReferralSource | None = None
    urgency: Urgency = "not-stated"
    concern: str = ""
    concern_codes: tuple[str, ...] = ()
    parents_informed: bool | None = None
    consent: bool | None = None
    lawful_basis: str | None = None
    referrer: ReferrerDescribed = ReferrerDescribed()
    children: tuple[ChildDescribed, ...] = ()
    adults: tuple[AdultDescribed, ...] = ()
    addresses: tuple[AddressDescribed, ...] = ()
    problems: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    row: int | None = None
    raw: bytes | None = None


def own_and_shared(own: Iterable[str], shared: Iterable[str] = ()) -> tuple[str, ...]:
    """The references of a message: those that are this concern's alone, and after an empty one
    those that other concerns may bear, too, such as an incident's number. Empty ones are left out.
    """
    names = dict.fromkeys(filter(None, own))
    others = [each for each in dict.fromkeys(filter(None, shared)) if each not in names]
    return (*names, *(["", *others] if others or len(names) > 1 else []))


def own_of(references: Iterable[str]) -> tuple[str, ...]:
    """Those of them that are this concern's alone: the first, where nothing tells them apart."""
    told = [each.strip() for each in references]
    return tuple(told[: told.index("")]) if "" in told else tuple(told[:1])


class FormatInformation(Struct, frozen=True, kw_only=True):
    """`name` as on the command line, `title` for people, `transports`: all that carry it.

    `rank`: the order in which `--format auto` asks (low first). `schema`: a JSON Schema where it is
    ours. `content_types`: what senders are asked to call it, the usual one first; none is refused
    over another.
    """

    name: str
    title: str
    transports: tuple[str, ...]
    content_types: tuple[str, ...]
    rank: int
    schema: dict[str, Any] | None = None


class AgencyFormat(Protocol):
    """What each module in `adapters/agencies/` offers."""

    FORMAT: FormatInformation

    def recognise(self, sent: Sent) -> bool:
        """Whether it looks like this format; cheap, never raises, whatever the bytes."""

    def translate(self, sent: Sent) -> list[Translation]:
        """What it says; at least one translation, never an exception, whatever the bytes.

        What cannot be read becomes a `new` translation with `problems`.
        """

    def example(self, seed: int) -> bytes:
        """A valid, made-up message: the same seed gives the same bytes anywhere, on any day."""


def formats() -> dict[str, AgencyFormat]:
    """Every format, by name, in the order in which `auto` asks them."""
    return dict(sorted(_found(), key=lambda pair: pair[1].FORMAT.rank))


def _found() -> Iterator[tuple[str, AgencyFormat]]:
    import importlib
    import pkgutil

    import adapters.agencies as package

    for found in pkgutil.iter_modules(package.__path__):
        module: ModuleType = importlib.import_module(f"{package.__name__}.{found.name}")
        agency_format = cast(AgencyFormat, module)
        yield agency_format.FORMAT.name, agency_format
