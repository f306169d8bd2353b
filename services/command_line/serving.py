"""Serve the pages and the API; or a demo with a made-up authority."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from services.command_line.options import AS_USUAL, HERE, Shown, Where
from services.command_line.output import show, tell


def serve(*, port: int = 8000, host: str = "127.0.0.1", where: Where = HERE) -> int:
    """Serve the pages and the API until Ctrl+C.

    Parameters
    ----------
    port
        Where to listen; 0 takes a free one.
    host
        The address to listen on; only this machine by default.
    """
    from services.assemble import all_parts
    from services.serve import PortTaken
    from services.serve import serve as serve_parts

    with all_parts(where.settings()) as parts:
        try:
            serve_parts(parts, host=host, port=port, announce=_announce)
        except PortTaken as taken:
            tell(str(taken))
            return 3
    return 0


def _announce(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


def demo(
    *,
    folder: Path | None = None,
    port: int = 0,
    years: float = 2.0,
    no_serve: Annotated[bool, Parameter(negative=())] = False,
    shown: Shown = AS_USUAL,
) -> int:
    """A made-up authority with three teams and two years of work, in your browser.

    Parameters
    ----------
    folder
        Where its data lies; kept and used again by the next demo.
    port
        Where to listen; a free one by default.
    years
        How many years of work to make up.
    no_serve
        Only make the data, and write its figures as one line.
    """
    from services.assemble import all_parts
    from services.demo import demo_folder, prepared
    from services.serve import PortTaken
    from services.serve import serve as serve_parts
    from services.settings import settings

    chosen = (folder or demo_folder()).absolute()
    began = time.monotonic()
    figures = prepared(chosen, years=years, until=datetime.now(UTC), tell=tell)
    if no_serve:
        show([figures], shown.format or "json")
        return 0
    with all_parts(settings(str(chosen))) as parts:

        def announce(address: str) -> None:
            tell(f"Ready after {time.monotonic() - began:.1f} s. The data lies in {chosen}.")
            tell("All of it is made up: no real child is shown. Ctrl+C ends it.")
            _announce(address)

        try:
            serve_parts(parts, port=port, demo=True, announce=announce)
        except PortTaken as taken:
            tell(str(taken))
            return 3
    return 0
