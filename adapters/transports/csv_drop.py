"""Which tables did agencies drop into their folders (SFTP), and what do they learn about each row?

An agency uploads under another name and then renames to `WHERE/<agency>/NAME.csv`. It is moved to
`working/` while it is read, then to `done/` (`refused/` if nothing of it was taken), and beside it
stands `NAME.result.csv` with a line a row.
"""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from adapters.translation import Sent
from adapters.transports.delivery import Outcome
from adapters.transports.dropped import (
    Folders,
    Held,
    free,
    inside,
    locked,
    oldest_first,
    still_there,
)

COLUMNS = ("row", "result", "referral", "problems")


class Tables(Folders):
    """Tables dropped by each agency."""

    transport = "csv-drop"
    reads_home = True

    def waiting(self, home: Path) -> Iterable[Path]:
        """What was begun first."""
        begun: list[Path] = []
        with suppress(FileNotFoundError):
            begun = oldest_first(home / "working")
        return [*begun, *(each for each in oldest_first(home) if not each.is_dir())]

    def message(self, home: Path, path: Path, held: Held) -> Sent | str | None:
        if path.suffix.lower() != ".csv":
            return "it is left there: only files that are named .csv are read"
        working = inside(home, "working")
        if path.parent != working:
            with locked(working):
                if os.path.lexists(working / path.name):
                    return None  # another of its name is being read
                path.rename(working / path.name)
            if not still_there(held, working / path.name):
                return None  # it was replaced a moment ago: the new one is taken next
        return Sent(
            body=held.read(self._most),
            agency=home.name,
            received_at=self.came_at(held),
            content_type="text/csv",
            file_name=path.name,
        )

    def finish(self, home: Path, path: Path, outcomes: Sequence[Outcome]) -> None:
        done = inside(home, "refused" if outcomes[0].result == "refused" else "done")
        with locked(done):
            target = free(done, path.name)
            write_whole(target.with_suffix(".result.csv"), result(outcomes))
            (home / "working" / path.name).rename(target)


def result(outcomes: Sequence[Outcome]) -> bytes:
    """The table that the sender gets back: a line a row, in the rows' order."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for number, each in enumerate(outcomes, start=1):
        problems = [*([each.reason] if each.reason else []), *each.problems]
        table.writerow([number, each.result, each.referral or "", " ".join(problems)])
    return text.getvalue().encode()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all; one of its name is replaced."""
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
