"""Which messages lie in the folders of a MESH client (the NHS's message exchange)?

`WHERE/<agency>/in/` (or `IN/`, as the client calls it) holds control files and bodies: `<id>.ctl`
with `<id>.dat`, as the exchange's own client leaves them, or `<id>.json` with parts that are
numbered from 1 (`<id>_1` or `<id>/1`). The control file is the sign that the rest is whole. Moving
it to `taken/` acknowledges the message; the rest follows. Reports of the exchange go to `reports/`.
What is packed (gzip) is unpacked; what cannot be, is kept as it came. Source: NHS England, MESH API
and client interface.
"""

import gzip
import io
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

from adapters.translation import Sent
from adapters.transports.delivery import Outcome
from adapters.transports.dropped import Folders, Held, inside, move, oldest_first, opened
from adapters.transports.mesh_control import Control, control_of_json, control_of_xml

PACKED = b"\x1f\x8b"
MOST_OF_CONTROL = 1024 * 1024

LONG = timedelta(minutes=5)
"""Within them a message comes as a whole; after them somebody must look."""

_PART = re.compile(r"_\d+\Z")


class Mailboxes(Folders):
    """A MESH mailbox for each agency."""

    transport = "mesh"

    def waiting(self, home: Path) -> Iterable[Path]:
        """The control files; after them what no control file names, once it has lain there long."""
        inboxes = [Path(each.path) for each in os.scandir(home) if each.name.lower() == "in"]
        found = [each for inbox in inboxes for each in oldest_first(inbox)]
        controls = [each for each in found if each.suffix.lower() in {".ctl", ".json"}]
        named = {each.with_suffix("") for each in controls}
        strays = set(found) - set(controls) - {each for each in found if _whose(each) & named}
        return [*controls, *(each for each in found if each in strays and self._is_old(each))]

    def message(self, home: Path, path: Path, held: Held) -> Sent | str | None:
        match path.suffix.lower():
            case ".json":
                return self._in_parts(home, path, held)
            case ".ctl":
                return self._in_one(home, path, held)
        return "it is left there: no control file (.ctl or .json) has come that names it"

    def _in_parts(self, home: Path, path: Path, held: Held) -> Sent | str:
        control = control_of_json(held.read(MOST_OF_CONTROL))
        if control is None:
            return "its control file cannot be read"
        if control.parts < 1:
            return "its control file names no parts"
        if not control.delivered:
            return "it is left there: the mailbox does not say that it was accepted"
        parts = list(_parts(path, control.parts))
        if len(parts) < control.parts:
            return "a part of it has not come yet"
        return self._sent(home, held, control, parts)

    def _in_one(self, home: Path, path: Path, held: Held) -> Sent | str | None:
        """A control file that cannot be read may still be written; later it keeps nothing back."""
        control = control_of_xml(held.read(MOST_OF_CONTROL))
        waited = self._clock() - self.came_at(held) > LONG
        if control is None:
            if not waited:
                return None
            control = Control(key=None)
        if control.is_report:
            _put(path, _data(path), inside(home, "reports"))
            if control.delivered:
                return None
            return "it reports that a message was not delivered, and lies in reports/ now"
        if not control.delivered:
            return "it is left there: its control file says that its transfer failed"
        data = _data(path)
        if not data:
            return "its data file (.dat) has not come" if waited else None
        return self._sent(home, held, control, data)

    def _sent(self, home: Path, held: Held, control: Control, parts: Sequence[Path]) -> Sent:
        body = _joined(parts, self._most)
        whole = unpacked(body, self._most) if body.startswith(PACKED) else body
        return Sent(
            body=body if whole is None else whole,
            agency=home.name,
            received_at=self.came_at(held),
            content_type="application/gzip" if whole is None else control.content_type,
            file_name=control.file_name,
            key=control.key,
        )

    def finish(self, home: Path, path: Path, outcomes: Sequence[Outcome]) -> None:
        to = inside(home, "refused" if outcomes[0].result == "refused" else "taken")
        if path.suffix.lower() == ".ctl":
            _put(path, _data(path), to)
            return
        folder = path.with_suffix("")
        parts = list(takewhile(os.path.lexists, _named(path)))
        _put(path, [*parts, folder] if folder.is_dir() else parts, to)

    def _is_old(self, path: Path) -> bool:
        came_at = datetime.fromtimestamp(path.lstat().st_ctime, UTC)
        return self._clock() - came_at > LONG


def _put(control: Path, rest: Iterable[Path], to: Path) -> None:
    for each in (control, *rest):
        move(each, to)


def _whose(path: Path) -> set[Path]:
    """The control files, without their ending, that what is named so may belong to."""
    if path.suffix.lower() == ".dat":
        return {path.with_suffix("")}
    return {path, path.with_name(_PART.sub("", path.name))}


def _data(control: Path) -> list[Path]:
    """The data file of a control file, if it is there."""
    named = (control.with_suffix(each) for each in (".dat", ".DAT"))
    return [each for each in named if os.path.lexists(each)][:1]


def _named(control: Path) -> Iterator[Path]:
    number = 0
    while number := number + 1:
        yield control.with_name(f"{control.stem}_{number}")


def _parts(control: Path, count: int) -> Iterator[Path]:
    """Those that are there, up to the first that is missing."""
    for number, part in zip(range(1, count + 1), _named(control), strict=False):
        inner = control.with_suffix("") / str(number)
        if not os.path.lexists(part) and not os.path.lexists(inner):
            return
        yield part if os.path.lexists(part) else inner


def _joined(parts: Iterable[Path], most: int) -> bytes:
    """The bytes of all parts; of what is larger than `most`, one more than that."""
    body = bytearray()
    for part in parts:
        with open(opened(part), "rb") as file:  # noqa: PTH123 - opened without following links
            body += file.read(most + 1 - len(body))
        if len(body) > most:
            break
    return bytes(body)


def unpacked(packed: bytes, most: int) -> bytes | None:
    """What was packed, each part by itself or all together; None if damaged, or over `most`."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            whole = file.read(most + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return whole if len(whole) <= most else None
