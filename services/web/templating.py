"""How does a page become HTML, and how are dates, times and counts worded on it?

A page is a template in `templates/` that extends `layout.html`, given a `Frame` (what is around
every page) and the rows of one read model. Times are shown as the clock on the wall in England.
"""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    TemplateRuntimeError,
    Undefined,
    UndefinedError,
    meta,
    nodes,
)
from jinja2.utils import missing
from msgspec import Struct

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
LONDON = ZoneInfo("Europe/London")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""All that the templates and charts need: they hold no inline style and no inline script."""


LOADER = ChoiceLoader(
    [
        FileSystemLoader(TEMPLATES),
        PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
    ]
)


class Link(Struct, frozen=True):
    """A place to go. `here`: the page that is being read is part of it."""

    text: str
    href: str
    here: bool = False


class Frame(Struct, frozen=True, kw_only=True):
    """What is around every page.

    `person`: who is signed in, name and role, empty if nobody. `made_up`: say so above the page.
    `behind`: events that the read models have not shown yet; `parked`: records set aside because
    they could not be shown, so that the page is incomplete. `as_known_at`: the page shows what was
    known then, and `now_href` is the same page as it is now. `live`: the address of this page's
    event stream, empty if it has none. `csrf_token` goes into every form.
    """

    council: str = "Exampleshire Council"
    service: str = "Safeguarding"
    home: str = "/"
    person: str = ""
    sign_out: str = "/sign-out"
    navigation: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()
    made_up: bool = False
    behind: int = 0
    parked: int = 0
    as_known_at: datetime | None = None
    now_href: str = ""
    live: str = ""
    csrf_token: str = ""


class Absent(Undefined):
    """What a template asks for and does not get: an error where it is asked of one of our rows.

    A blank on a page about a child could be taken for "nothing is known". The GOV.UK components
    count on leaving parameters out, so what is asked of their dictionaries stays blank.
    """

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        if isinstance(obj, Struct):
            self._fail_with_undefined_error()


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, ours and the GOV.UK components', with everything escaped."""
    made = Environment(
        loader=LOADER,
        autoescape=True,
        undefined=Absent,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for worded in (
        govdate,
        govtime,
        govmoment,
        govhappened,
        govweek,
        iso,
        number,
        plural,
        time_left,
    ):
        made.filters[worded.__name__] = worded
    return made


def render(template: str, frame: Frame, **rows: object) -> str:
    """The HTML of a page. `rows`: every name that its template uses, KeyError if one is not."""
    if left_out := names_used(template) - rows.keys() - {"frame"}:
        raise KeyError(f"{template} is not given {', '.join(sorted(left_out))}")
    return environment().get_template(template).render(frame=frame, **rows)


@lru_cache(maxsize=256)
def names_used(template: str) -> frozenset[str]:
    """What a template itself, not the layout that it extends, takes from whoever renders it."""
    made = environment()
    source, _, _ = LOADER.get_source(made, template)
    tree = made.parse(source)
    # A block is looked at by itself, so that what is imported above it would seem to be missing.
    imported = {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        imported |= {name if isinstance(name, str) else name[1] for name in node.names}
    return frozenset(meta.find_undeclared_variables(tree) - imported - made.globals.keys())


# ── Wording ──────────────────────────────────────────────────────────────────────────────────────


def on_the_wall(at: datetime) -> datetime:
    """The instant as a clock in England shows it. `at` must be aware."""
    if at.tzinfo is None:
        raise ValueError(f"{at} does not say in which time zone it is.")
    return at.astimezone(LONDON)


def govdate(day: date | datetime) -> str:
    """9 November 2026."""
    if isinstance(day, datetime):
        day = on_the_wall(day)
    return f"{day.day} {day:%B %Y}"


def govtime(at: datetime) -> str:
    """4:05pm, midday, midnight."""
    at = on_the_wall(at)
    match at.hour, at.minute:
        case 0, 0:
            return "midnight"
        case 12, 0:
            return "midday"
        case hour, minute:
            return f"{(hour - 1) % 12 + 1}:{minute:02}{'am' if hour < 12 else 'pm'}"


def govmoment(at: datetime) -> str:
    """Monday 9 November 2026 at 4:05pm."""
    return f"{on_the_wall(at):%A} {govdate(at)} at {govtime(at)}"


def govhappened(at: datetime) -> str:
    """When something happened: Monday 9 November 2026 at 4:05pm; the day alone where no time was
    told, which stands as its very beginning."""
    told = on_the_wall(at)
    day_alone = not (told.hour or told.minute or told.second or told.microsecond)
    return f"{told:%A} {govdate(at)}" if day_alone else govmoment(at)


def govweek(week: str) -> str:
    """2026-W47 -> week of 16 November 2026: the Monday."""
    return f"week of {govdate(date.fromisoformat(f'{week}-1'))}"


def iso(moment: date | datetime) -> str:
    """For the `datetime` attribute of a `<time>`."""
    return moment.isoformat()


def number(count: float) -> str:
    """1204 -> 1,204; 16.5 -> 16.5; 16.0 -> 16."""
    return f"{count:,.0f}" if float(count).is_integer() else f"{count:,.1f}"


def plural(count: int, one: str, many: str = "") -> str:
    """1 child, 3 children, 0 children: `many` is `one` with an s unless given."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def time_left(working_days: int) -> str:
    """Of a deadline: 3 working days left, due today, 1 working day late (a negative number)."""
    if working_days == 0:
        return "due today"
    days = plural(abs(working_days), "working day")
    return f"{days} left" if working_days > 0 else f"{days} late"
