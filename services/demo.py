"""The demo's data: made up once, whole or not at all, and kept from then on."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from adapters.private_files import private_file
from domain.kernel import Refused
from services.assemble import all_parts, event_store
from services.settings import data_folder, settings
from services.simulate import Figures, populate

FIGURES = "demo.json"
"""Lies in the folder of a demo whose data is whole, and holds its figures."""

SEED = 2009
"""The made-up authority's own: the same people and concerns in every demo."""


def demo_folder() -> Path:
    """Where the demo lies unless it is told."""
    return data_folder() / "demo"


def prepared(
    folder: Path, *, years: float, until: datetime, tell: Callable[[str], None]
) -> Figures:
    """The figures of the demo's data in this folder, made up now if it is not there yet.

    It is made beside the folder and put in its place when it is whole, so that an interrupted
    start leaves nothing half done. Raises `Refused` if the folder holds something else.
    """
    kept = folder / FIGURES
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Figures)
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} holds something that is not a demo: give another --folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear_interrupted(folder)
    making = folder.with_name(f"{folder.name}{MAKING}{os.getpid()}")
    began = time.monotonic()
    tell("Making up an authority: three teams, their agencies, and their work. Once, for a minute.")
    figures = _made(making, years, until, tell)
    private_file(making / FIGURES)
    (making / FIGURES).write_bytes(msgspec.json.encode(figures))
    _flush(making / FIGURES)
    _flush(making)
    if folder.exists():
        folder.rmdir()
    making.rename(folder)
    _flush(folder.parent)
    tell(f"{figures.events} events made up in {time.monotonic() - began:.0f} s.")
    return figures


MAKING = ".being-made-"


def _clear_interrupted(folder: Path) -> None:
    """Remove what earlier starts left behind when they were interrupted."""
    for left in folder.parent.glob(f"{folder.name}{MAKING}*"):
        process = left.name.rpartition("-")[2]
        if process.isdigit() and not _runs(int(process)):
            shutil.rmtree(left)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, but it runs
        return True
    return True


def _made(making: Path, years: float, until: datetime, tell: Callable[[str], None]) -> Figures:
    told = 0

    def progress(share: float) -> None:
        nonlocal told
        if int(share * 4) > told:
            told = int(share * 4)
            tell(f"  {told * 25} %")

    made = settings(str(making), str(making / "keys"))
    # It is not waited for the disk at each of so many appends, but once, before it is used.
    with event_store(made, durable=False) as store:
        figures = populate(store, seed=SEED, years=years, until=until, progress=progress)
    with all_parts(made) as parts:
        parts.projector.run(once=True)
    for path in sorted(making.rglob("*")):
        _flush(path)
    return figures


def _flush(path: Path) -> None:
    """Have the disk hold what the file, or the list of the folder's files, says."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
