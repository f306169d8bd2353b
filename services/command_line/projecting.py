"""The read models: run them, see how far they are, rebuild one, compare their rows."""

import signal
import threading
from typing import Annotated

from cyclopts import App, Parameter

from services.assemble import Parts, all_parts
from services.command_line.options import AS_USUAL, HERE, Shown, Where
from services.command_line.output import show, tell

project = App(name="project", help="The read models: run, status, rebuild, digest.")


@project.command
def run(
    *,
    once: Annotated[bool, Parameter(negative=())] = False,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Keep the read models up to date until Ctrl+C. Exit 1 if something is parked.

    Parameters
    ----------
    once
        Return when they have reached the end of the log.
    """
    stop = threading.Event()
    if not once:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: stop.set())
    with all_parts(where.settings()) as parts:
        parts.projector.run(stop, once=once)
        lines = parts.projector.status()
        whole = _is_whole(parts)
    show(lines, shown.format)
    return 0 if whole and not any(line.parked for line in lines) else 1


@project.command
def status(*, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """How far each read model is, and what it has parked.

    Exit 1 if events are missing from the log, or it is not the one that the read models are of.
    """
    with all_parts(where.settings()) as parts:
        lines = parts.projector.status()
        whole = _is_whole(parts)
    show(lines, shown.format)
    if any(line.of_another_log for line in lines):
        tell(
            "The read models are not of this log, which was put back to an earlier state or is "
            "another's: the next run rebuilds them."
        )
        return 1
    return 0 if whole else 1


@project.command
def rebuild(name: str, /, *, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """Build a read model anew from the log, beside the old one, and put it in its place."""
    with all_parts(where.settings()) as parts:
        if not _known(parts, name):
            return 2
        parts.projector.rebuild(name)
        show([s for s in parts.projector.status() if s.projection == name], shown.format)
    return 0


@project.command
def restore(name: str, /, *, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """Go back to the tables that the last rebuild replaced. Exit 1 if there are none."""
    with all_parts(where.settings()) as parts:
        if not _known(parts, name):
            return 2
        if not parts.projector.restore(name):
            tell(f"No earlier tables of {name} are kept.")
            return 1
        show([s for s in parts.projector.status() if s.projection == name], shown.format)
    return 0


@project.command
def digest(name: str | None = None, /, *, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """A hash of a read model's rows in key order, to compare two stores or two rebuilds."""
    with all_parts(where.settings()) as parts:
        if name is not None and not _known(parts, name):
            return 2
        show(parts.projector.digest(name), shown.format)
    return 0


def _is_whole(parts: Parts) -> bool:
    """Whether no position is missing from the log; says which is."""
    missing = parts.store.missing(0, parts.store.newest())
    if missing:
        first = ", ".join(map(str, missing[:MOST_NAMED]))
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        tell(f"The log is damaged: events were deleted from it, at position {first}{more}.")
    return not missing


MOST_NAMED = 10


def _known(parts: Parts, name: str) -> bool:
    names = sorted(parts.projector.projections)
    if name not in names:
        tell(f"There is no read model {name!r}. There are: {', '.join(names)}.")
    return name in names
