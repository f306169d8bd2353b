"""What is promised to those whose systems meet ours: the contracts, written or compared."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from services.command_line.options import AS_USUAL, Shown
from services.command_line.output import show, tell

RELEASED = "released"
"""The folder in that of the contracts which holds them as they were released last."""


def contracts(
    folder: Path,
    /,
    *,
    check: Annotated[bool, Parameter(negative=())] = False,
    shown: Shown = AS_USUAL,
) -> int:
    """Write the contracts into a folder: OpenAPI, AsyncAPI and JSON Schemas.

    Parameters
    ----------
    folder
        Where they are.
    check
        Change nothing: say what there is not as it would be written, and what breaks those who hold
        to the contracts in the folder `released` in it. Exit 1 if something does, 3 if there are
        none to compare with.
    """
    from services.contracts import differing, documents, read, write
    from services.contracts.breaks import breaks

    if not check:
        write(folder)
        tell(f"The contracts are in {folder}.")
        return 0
    if not folder.is_dir():
        tell(f"There is no folder {folder}.")
        return 3
    rows = [{"fault": f"{path}: it is not as it would be written"} for path in differing(folder)]
    released = read(folder / RELEASED)
    rows += [{"fault": each} for each in breaks(released, documents())]
    if not released:
        show(rows, shown.format, empty="They are as they would be written.")
        tell(
            f"Whether they break somebody is not known: there is no release in {folder / RELEASED}"
            " to compare with."
        )
        return 3
    show(rows, shown.format, empty="They are as they would be written, and break nobody.")
    return 1 if rows else 0
