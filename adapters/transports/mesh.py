"""Which messages lie in the folders of a MESH client (the NHS's message exchange)?

`WHERE/<agency>/in/` holds a control file (`<id>.json`) and the parts of the body, numbered from 1
(`<id>_1` or `<id>/1`). Moving the control file to `taken/` acknowledges the message; its parts
follow. What is packed (gzip) is unpacked; what cannot be, is kept as it came. Source: NHS England,
MESH API and client interface.
"""

import gzip
import io
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.translation import Sent
from adapters.transports.delivery import Outcome
from adapters.transports.dropped import Folders, Held, inside, move, oldest_first, opened

PACKED = b"\x1f\x8b"
ACCEPTED = ("accepted", "acknowledged")
MOST_OF_CONTROL = 1024 * 1024


class _Happened(Struct, frozen=True):
    status: str = ""


class _Metadata(Struct, frozen=True):
    file_name: str | None = None
    content_type: str | None = None


class Control(Struct, frozen=True):
    """What we need of a control file. `events`: the newest first."""

    message_id: str
    total_chunks: int
    events: list[_Happened] = []
    metadata: _Metadata = _Metadata()


class Mailboxes(Folders):
    """A MESH mailbox for each agency."""

    transport = "mesh"

    def waiting(self, home: Path) -> Iterable[Path]:
        return [each for each in oldest_first(home / "in") if each.suffix == ".json"]

    def message(self, home: Path, path: Path, held: Held) -> Sent | str | None:
        try:
            control = msgspec.json.decode(held.read(MOST_OF_CONTROL), type=Control)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "its control file cannot be read"
        if control.total_chunks < 1:
            return "its control file names no parts"
        status = control.events[0].status if control.events else ACCEPTED[0]
        if status not in ACCEPTED:
            return "it is left there: the mailbox does not say that it was accepted"
        parts = list(_parts(path, control.total_chunks))
        if len(parts) < control.total_chunks:
            return "a part of it has not come yet"
        body = _joined(parts, self._most)
        whole = unpacked(body, self._most) if body.startswith(PACKED) else body
        return Sent(
            body=body if whole is None else whole,
            agency=home.name,
            received_at=self.came_at(held),
            content_type="application/gzip" if whole is None else control.metadata.content_type,
            file_name=control.metadata.file_name,
            key=control.message_id,
        )

    def finish(self, home: Path, path: Path, outcomes: Sequence[Outcome]) -> None:
        to = inside(home, "refused" if outcomes[0].result == "refused" else "taken")
        single = list(takewhile(os.path.lexists, _named(path)))
        move(path, to)
        for part in single:
            move(part, to)
        folder = path.with_suffix("")
        if folder.is_dir():
            move(folder, to)


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
