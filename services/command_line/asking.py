"""Questions: the inbox, a child's timeline, what is due, how a team does, the log itself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import Parameter

from domain.kernel import Refused
from services import questions
from services.access import COMMAND_LINE, Denied, Principal
from services.assemble import Parts, all_parts
from services.command_line.options import AS_USUAL, HERE, Shown, Where, instant, iso_week
from services.command_line.output import show, tell

As = Annotated[
    str | None,
    Parameter(name="--as", help="The person who asks; by default whoever holds the keys here."),
]
AsAt = Annotated[
    str | None,
    Parameter(help="The instant that deadlines are measured against (RFC 3339); now by default."),
]
AsKnownAt = Annotated[
    str | None, Parameter(help="Leave out what was recorded after this instant (RFC 3339).")
]


@contextmanager
def asked(where: Where) -> Iterator[Parts]:
    """All parts, with the read models brought up to date first; says so if they are not."""
    with all_parts(where.settings()) as parts:
        if not parts.projector.catch_up():
            behind = max(each.behind for each in parts.projector.status())
            tell(f"The answer is {behind} events behind: the projections are still at work.")
        elif any(each.parked for each in parts.projector.status()):
            tell("The answer is incomplete: `safeguarding project status` shows what is parked.")
        yield parts


def _asker(parts: Parts, person: str | None) -> Principal:
    from services.sign_in import sign_in

    if person is None:
        return COMMAND_LINE
    who = sign_in(parts, person)
    if who is None:
        raise Refused(f"There is no person {person!r}; `safeguarding people` lists them.")
    return who


def _formed(parts: Parts, team: str | None) -> str | None:
    """The team, which is there. Raises `Refused`: no rows would read as no work."""
    if wrong := questions.no_such_team(parts, team):
        raise Refused(wrong)
    return team


def _answer(rows: Iterable[Any], shown: Shown, empty: str) -> int:
    faults: list[str] = []
    try:
        show(_noting(rows, faults), shown.format, empty=empty)
    except Denied as denied:
        tell(str(denied))
        return 1
    for sentence in dict.fromkeys(faults):
        tell(sentence)
    return 1 if faults else 0


def _noting(rows: Iterable[Any], faults: list[str]) -> Iterator[Any]:
    """The same rows; what they say of being unreadable is noted, and told at the end."""
    for row in rows:
        if fault := row.get("fault"):
            faults.append(fault)
        yield row


def inbox(
    *, team: str | None = None, as_: As = None, where: Where = HERE, shown: Shown = AS_USUAL
) -> int:
    """Referrals that wait for a decision, oldest due first."""
    with asked(where) as parts:
        rows = questions.the_inbox(parts, _asker(parts, as_), _formed(parts, team))
        return _answer(rows, shown, "Nothing waits.")


def timeline(
    child: str,
    /,
    *,
    agency: str | None = None,
    kind: str | None = None,
    as_known_at: AsKnownAt = None,
    as_: As = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """One child's story from every agency, in the order in which things happened.

    Parameters
    ----------
    child
        The child's id; `safeguarding children --search WORDS` finds it.
    agency
        Only what came from this agency.
    kind
        Only one kind: referral, child, risk, case, assessment, enquiry, conference, plan, record.
    """
    known = instant(as_known_at) if as_known_at else None
    with asked(where) as parts:
        who = _asker(parts, as_)
        rows = questions.timeline(parts, who, child, agency=agency, kind=kind, as_known_at=known)
        return _answer(rows, shown, "Nothing was known of this child.")


def children(
    *,
    search: str | None = None,
    as_: As = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Children on record.

    Parameters
    ----------
    search
        Whole names, in any case and order.
    """
    with asked(where) as parts:
        rows = questions.children(parts, _asker(parts, as_), search)
        return _answer(rows, shown, "No child of that name.")


def matches(
    *,
    sweep: Annotated[bool, Parameter(negative=())] = False,
    families: Annotated[bool, Parameter(negative=())] = False,
    as_: As = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Records that may be about one child, for a person to decide: merge them, or tell them apart.

    Of the children whom a waiting referral names, each with what speaks for it and against it. The
    decision is a command: `merge-records` or `tell-records-apart`.

    Parameters
    ----------
    sweep
        Compare all records. It takes a while.
    families
        Instead, children who may belong to one household or family.
    """
    from services import matching

    with asked(where) as parts:
        who = _asker(parts, as_)
        if families:
            return _answer(matching.families(parts, who), shown, "No family is suggested.")
        rows = matching.proposed(parts, who, sweep=sweep)
        return _answer(rows, shown, "No records look alike.")


def deadlines(
    *,
    overdue: Annotated[bool, Parameter(negative=())] = False,
    team: str | None = None,
    worker: str | None = None,
    as_at: AsAt = None,
    as_known_at: AsKnownAt = None,
    as_: As = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """What is due, for whom, since when, and under which policy.

    Parameters
    ----------
    overdue
        Only what is past its limit and not done.
    """
    at = instant(as_at)
    known = instant(as_known_at) if as_known_at else None
    with asked(where) as parts:
        who, team = _asker(parts, as_), _formed(parts, team)
        rows = questions.deadlines(
            parts, who, as_at=at, as_known_at=known, overdue=overdue, team=team, worker=worker
        )
        return _answer(rows, shown, "Nothing is due.")


def teams(*, as_: As = None, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """The teams."""
    with asked(where) as parts:
        return _answer(questions.teams(parts, _asker(parts, as_)), shown, "No team is formed yet.")


def team(
    team: str,
    /,
    *,
    week: str | None = None,
    as_at: AsAt = None,
    as_: As = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """How a team does in a week, a line a measure, with the cases behind each number.

    Parameters
    ----------
    team
        Its id; `safeguarding teams` lists them.
    week
        An ISO week such as 2026-W47; the week of --as-at by default.
    """
    at = instant(as_at)
    week = iso_week(week) if week else None
    with asked(where) as parts:
        rows = questions.team(parts, _asker(parts, as_), team, week=week, as_at=at)
        return _answer(rows, shown, "There is no such team.")


def flags(
    *,
    team: str | None = None,
    as_at: AsAt = None,
    as_: As = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Teams whose practice slips: the signals that hold together, and since when."""
    at = instant(as_at)
    with asked(where) as parts:
        who, team = _asker(parts, as_), _formed(parts, team)
        rows = questions.flags(parts, who, team=team, as_at=at)
        return _answer(rows, shown, "No flag is up.")


def people(*, as_: As = None, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """Whom --as accepts."""
    with asked(where) as parts:
        return _answer(questions.everybody(parts, _asker(parts, as_)), shown, "Nobody.")


def events(
    *,
    from_: Annotated[int, Parameter(name="--from")] = 1,
    stream: str | None = None,
    open_: Annotated[bool, Parameter(name="--open", negative=())] = False,
    as_: As = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """The log in order: clear headers, and what is sealed in each event.

    Parameters
    ----------
    from_
        The first position.
    stream
        Only one stream; a referral's or child's is its id.
    open_
        Show the words too.
    """
    with asked(where) if as_ else all_parts(where.settings()) as parts:
        who = _asker(parts, as_)
        rows = questions.events(parts, who, start=from_, stream=stream, opened=open_)
        return _answer(rows, shown, "No events.")


def disclosures(
    about: str, /, *, as_: As = None, where: Where = HERE, shown: Shown = AS_USUAL
) -> int:
    """What agencies' systems were told, and on which lawful basis; codes and dates.

    Parameters
    ----------
    about
        The id of a referral, a child or an agency.
    """
    from msgspec.structs import asdict

    from services.told import told

    with asked(where) as parts:
        rows = map(asdict, told(parts, _asker(parts, as_), about))
        return _answer(rows, shown, "Nothing was told.")
