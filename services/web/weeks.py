"""Which week is a team's page about, as at which instant, and what may be shown of the team?"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from msgspec import Struct

from domain.calendar import local_day
from domain.kernel import Instant
from projections import oversight, people
from services.access import Decision, Denied, Resource
from services.web import form as forms
from services.web import measures
from services.web.form import Field, Form
from services.web.routes import Context
from services.web.templating import LONDON

AT = {"at": Field("As at", "the date and time", hint="What had happened and was recorded by then.")}
SEALED = "headers-only"
KEPT_BACK = "suppress-small-numbers"


class At(Struct, frozen=True):
    at: Instant | None = None


class Picked(Struct, frozen=True, kw_only=True):
    """The week a page is about, and its neighbours. `past`: the page is as at `as_at`, not now.

    `following` is empty when that week has not begun. `query`: what keeps the instant in a link.
    """

    week: str
    as_at: datetime
    past: bool
    form: Form[At]
    before: str
    following: str
    query: str

    def href(self, path: str) -> str:
        """A link to another page as at the same instant."""
        return f"{path}?{self.query}" if self.query else path


def picked_week(context: Context, week: str | None = None) -> Picked:
    """Raises `Denied` for a week that is none."""
    now = context.parts.now()
    pairs = [(name, value) for name, value in context.request.query_params.multi_items()]
    form: Form[At] = forms.read(At, pairs, AT)
    asked = form.value.at if form.value else None
    as_at = min(asked or now, now)
    this_week = oversight.week_of(local_day(as_at))
    week = week or context.asked("week") or this_week
    try:
        week = min(week, this_week, key=measures.monday_of)
        before, following = measures.weeks_before(week, 1), measures.weeks_before(week, -1)
    except ValueError:
        raise Denied from None
    kept = [(name, value) for name, value in pairs if name.startswith("at-") and value]
    return Picked(
        week=week,
        as_at=as_at,
        past=asked is not None and asked < now,
        form=form,
        before=before,
        following=following if measures.monday_of(following) <= local_day(as_at) else "",
        query=urlencode(kept) if form.value else "",
    )


def ends(picked: Picked) -> datetime:
    """The end of the week, or the instant asked for if that is earlier."""
    following = measures.monday_of(picked.week) + timedelta(days=7)
    midnight = datetime.combine(following, datetime.min.time(), LONDON)
    return min(picked.as_at, midnight)


# ── What may be shown of a team ───────────────────────────────────────────────────────────────────


def about_team(team: str) -> Resource:
    """What the rules must know of a team."""
    return Resource(about=(team,), teams=frozenset((team,)))


def may_see(context: Context, team: str) -> bool:
    return context.parts.gate.may(context.who, "see-team", about_team(team))


def open_team(context: Context, team_id: str, about: tuple[str, ...] = ()) -> Decision:
    """Past the gate with a team, and what is shown of it besides. Raises `Denied`."""
    known = any(each.team_id == team_id for each in people.teams(context.parts.query))
    resource = Resource(about=(team_id, *about), present=known, teams=frozenset((team_id,)))
    return context.parts.gate.open(context.who, "see-team", resource)
