"""How is an empty store filled with the years of a made-up authority?"""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from msgspec import Struct

from adapters.event_store import EventStore
from domain.calendar import local_day
from domain.kernel import Refused
from services.simulate.setting.agencies import AGENCIES
from services.simulate.setting.hours import opening, working_days_on
from services.simulate.setting.teams import AREA_TEAMS, Span
from services.simulate.stories import Told, begin
from services.simulate.work.auditing import oversight
from services.simulate.work.office import OPERATOR, Office
from services.simulate.work.sending import senders
from services.simulate.work.staffing import form_teams

YEAR = timedelta(days=365.25)


class Figures(Struct, frozen=True, kw_only=True):
    """What was made. `messages`: what became of them -> how many. `refused`: commands that the
    domain did not allow, as a sentence each; the story is written so that there are none."""

    events: int
    messages: dict[str, int]
    referrals: int
    children: int
    teams: int
    refused: tuple[str, ...]
    stories: tuple[Told, ...]
    seconds: float


def populate(
    store: EventStore,
    *,
    seed: int = 1,
    years: float = 2.0,
    until: datetime,
    progress: Callable[[float], None] | None = None,
    volume: float = 1.0,
) -> Figures:
    """Write the story of the years before an instant into an empty store.

    The same seed, years, end and volume give the same story but for random ids. `progress` is told
    the share that is done, from 0 to 1. `volume`: how many concerns for one in an ordinary
    authority. Raises `Refused` for a store that is not empty.
    """
    if store.newest():
        raise Refused("This store is not empty: the made-up authority needs one of its own.")
    started = monotonic()
    day = working_days_on(local_day(until - years * YEAR) - timedelta(days=1), 1)
    span = Span(opening(day), until)
    office = Office(store, span, seed, volume)
    for each in AGENCIES:
        office.give(
            OPERATOR, "register-agency", agency_id=each.agency, kind=each.kind, name=each.name
        )
    form_teams(office)
    senders(office)
    oversight(office)
    stories = begin(office)
    office.agenda.run(until, _in_percent(span, progress))
    return Figures(
        events=store.newest(),
        messages=dict(sorted(office.results.items())),
        referrals=office.results["recorded"],
        children=len(office.registered),
        teams=len(AREA_TEAMS),
        refused=tuple(office.refused),
        stories=stories,
        seconds=round(monotonic() - started, 1),
    )


def _in_percent(span: Span, progress: Callable[[float], None] | None) -> Callable[[datetime], None]:
    """Tells the share that is done, at most once a hundredth."""
    told = -1

    def tell(now: datetime) -> None:
        nonlocal told
        share = span.share(now)
        if progress is not None and int(share * 100) > told:
            told = int(share * 100)
            progress(share)

    return tell
