"""Which options do all commands share?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from cyclopts import Parameter

from services.command_line.output import Shape
from services.settings import Settings, settings


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """Where the data lies."""

    store: Annotated[
        str | None,
        Parameter(
            help="A folder (embedded SQLite, created when missing) or postgresql://…; else "
            "SAFEGUARDING_STORE, else the user's data folder."
        ),
    ] = None
    keys: Annotated[
        str | None, Parameter(help="The folder of the keys; by default FOLDER/keys.")
    ] = None

    def settings(self) -> Settings:
        return settings(self.store, self.keys)


@Parameter(name="*")
@dataclass(frozen=True)
class Shown:
    """How rows are shown."""

    format: Annotated[
        Shape | None,
        Parameter(help="table, json or csv; a table at a terminal, JSON when piped."),
    ] = None


HERE = Where()
AS_USUAL = Shown()


YEARS = range(1900, 2201)
"""Of instants that can be asked for: no record is older, no deadline later."""


class BadInstant(ValueError):
    """What was given is no instant, or no week."""


def instant(text: str | None) -> datetime:
    """The instant that an RFC 3339 text with its offset names; now if None.

    Raises `BadInstant` with a sentence.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInstant(
            f"{text!r} is no instant: write it as 2026-11-23T09:00:00+00:00."
        ) from None
    if found.tzinfo is None:
        raise BadInstant(f"{text!r} has no offset: write 2026-11-23T09:00:00Z or …+01:00.")
    if found.year not in YEARS:
        raise BadInstant(f"{text!r} is too far away: give a year from {YEARS[0]} to {YEARS[-1]}.")
    return found.astimezone(UTC)


def iso_week(text: str) -> str:
    """The week of this ISO 8601 name. Raises `BadInstant` with a sentence."""
    try:
        date.fromisoformat(f"{text}-1")
    except ValueError:
        raise BadInstant(f"{text!r} is no week: write it as 2026-W47.") from None
    return text
