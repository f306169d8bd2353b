"""Commands for those who send: take messages in, name the formats, make examples, list senders."""

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from cyclopts import App, Parameter

from adapters.translation import Sent, formats
from domain.codes import AgencyKind
from services.assemble import event_store
from services.command_line.options import AS_USUAL, HERE, Shown, Where, instant
from services.command_line.output import in_one_line, show, tell, write, write_text
from services.intake import LARGEST, Intake, Receipt, storable
from services.received import Channel

FormatName = str

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before which no authority received a message that is to be decided on now."""


def intake(
    paths: Annotated[
        list[Path],
        Parameter(
            allow_leading_hyphen=True,
            consume_multiple=True,
            help="Files and folders, or - for standard input.",
        ),
    ],
    /,
    *,
    sender: str,
    format: FormatName = "auto",
    received_at: str | None = None,
    where: Where = HERE,
) -> int:
    """Take messages in: files, folders (in name order), or - for standard input.

    Writes a line a message as soon as it is durable. Exit 1 if one was refused.

    Parameters
    ----------
    sender
        The agency that sends, as AGENCY or AGENCY:UNIT; `safeguarding senders` lists them.
    format
        The messages' format; `safeguarding formats` lists them.
    received_at
        When the authority received them (RFC 3339); now by default.
    """
    if format != "auto" and format not in formats():
        tell(f"There is no format {format!r}. There are: auto, {', '.join(formats())}.")
        return 2
    came = instant(received_at)
    if came > datetime.now(UTC):
        tell("--received-at is in the future: give the instant at which the message came.")
        return 2
    if came < EARLIEST:
        tell(f"--received-at is long ago: give an instant from {EARLIEST:%Y-%m-%d} on.")
        return 2
    agency, _, unit = sender.partition(":")
    refused = 0

    def receipts() -> Iterator[Receipt]:
        nonlocal refused
        with event_store(where.settings()) as store:
            taking = Intake(store)
            for source, read in _sources(paths):
                for receipt in _take(taking, source, read, agency, unit or None, came, format):
                    refused += receipt.result == "refused"
                    yield receipt

    try:
        if sys.stdout.isatty():
            for receipt in receipts():
                write_text(f"{_for_a_person(receipt)}\n")
        else:
            show(receipts(), "json")
    except BrokenPipeError:
        tell("Nobody reads the receipts any more: what has none was not taken. Send it all again.")
        return 1
    return 1 if refused else 0


def _for_a_person(receipt: Receipt) -> str:
    """What became of a message, and below it what a person must look at."""
    where = receipt.referral or receipt.reason or ""
    first = f"{receipt.result:<10}  {in_one_line(receipt.source)}  {where}".rstrip()
    return "\n".join([first, *(f"            {problem}" for problem in receipt.problems)])


def _sources(paths: Iterable[Path]) -> Iterator[tuple[str, Path | None]]:
    """The name to show and the file to read; None stands for standard input."""
    for path in paths:
        if str(path) == "-":
            yield "-", None
        elif _is_folder(path):
            for inner in _inside(path):
                yield str(inner.relative_to(path)), inner
        else:
            yield path.name, path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # reading it says what is wrong


def _inside(folder: Path) -> Iterator[Path]:
    """Every file in a folder in name order, and the folders in it that cannot be entered."""
    closed: list[Path] = []
    found = [
        Path(root) / name
        for root, _, names in os.walk(folder, onerror=lambda e: closed.append(Path(e.filename)))
        for name in names
    ]
    for path in sorted(found + closed):
        if path.is_fifo() or path.is_socket() or path.is_char_device() or path.is_block_device():
            tell(f"{path} is no file: it was passed over.")
        else:
            yield path


def _take(
    taking: Intake,
    source: str,
    path: Path | None,
    agency: str,
    unit: str | None,
    came: datetime,
    format: FormatName,
) -> Iterator[Receipt]:
    try:
        body = _read(path)
    except OSError as error:
        reason = f"The file cannot be read ({error.strerror}): check its name and your right to it."
        yield Receipt(source=storable(source), result="refused", reason=reason)
        return
    sent = Sent(
        body=body,
        agency=agency,
        unit=unit,
        received_at=came,
        file_name=path.name if path else None,
    )
    channel: Channel = "file" if path else "standard-input"
    yield from taking.take(sent, source=source, channel=channel, format=format)


def _read(path: Path | None) -> bytes:
    """The bytes; of what is too large to be kept, only enough to say so."""
    if path is None:
        return sys.stdin.buffer.read(LARGEST + 1)
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def list_formats(
    name: str | None = None,
    /,
    *,
    schema: Annotated[bool, Parameter(negative=())] = False,
    shown: Shown = AS_USUAL,
) -> int:
    """The formats that are understood; with a name and --schema, its JSON Schema if it is ours.

    Parameters
    ----------
    name
        Only this format.
    schema
        Its JSON Schema instead.
    """
    known = formats()
    if name is not None and name not in known:
        tell(f"There is no format {name!r}. There are: {', '.join(known)}.")
        return 2
    if schema:
        if name is None:
            tell("Name the format whose schema you want: safeguarding formats webform --schema.")
            return 2
        from services.contracts.schemas import of_format

        found = of_format(name)
        if found is None:
            tell(f"{name} is not our own format: its schema is its publisher's.")
            return 1
        write(found)
        return 0
    rows = (
        {"name": each.FORMAT.name, "title": each.FORMAT.title, "transports": each.FORMAT.transports}
        for each in known.values()
        if name in (None, each.FORMAT.name)
    )
    show(rows, shown.format)
    return 0


def example(
    format: FormatName,
    /,
    *,
    seed: int = 1,
    count: int | None = None,
    into: Path | None = None,
) -> int:
    """One valid, made-up message of a format on stdout, or a folder of them.

    Parameters
    ----------
    format
        Its name; `safeguarding formats` lists them.
    seed
        The same seed gives the same bytes, anywhere and on any day.
    count
        How many, with seeds from --seed on; needs --into.
    into
        The folder to write them to.
    """
    known = formats()
    if format not in known:
        tell(f"There is no format {format!r}. There are: {', '.join(known)}.")
        return 2
    if (count is None) != (into is None):
        tell("--count and --into go together: how many, and where to.")
        return 2
    if into is None or count is None:
        sys.stdout.buffer.write(known[format].example(seed))
        return 0
    if count < 1:
        tell("--count is how many messages are wanted: 1 or more.")
        return 2
    into.mkdir(parents=True, exist_ok=True)
    for number in range(seed, seed + count):
        (into / f"{format}-{number:08d}").write_bytes(known[format].example(number))
    return 0


senders = App(name="senders", help="Who may send; `senders add` registers an agency.")


@senders.default
def list_senders(*, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """Who may send."""
    from services import questions
    from services.access import COMMAND_LINE
    from services.command_line.asking import asked

    with asked(where) as parts:
        rows = questions.senders(parts, COMMAND_LINE)
        show(rows, shown.format, empty="No agency is registered yet.")
    return 0


@senders.command(name="add")
def add_sender(
    agency: str,
    /,
    *,
    kind: AgencyKind,
    name: str,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Register an agency that may send.

    Parameters
    ----------
    agency
        Its id: lower-case letters, digits and hyphens.
    kind
        What it is.
    name
        Its name, as people write it.
    """
    from domain.agency import RegisterAgency
    from services.access.principal import OPERATOR
    from services.handle import handle

    now = datetime.now(UTC)
    command = RegisterAgency(
        happened_at=now,
        received_at=now,
        recorded_at=now,
        by=OPERATOR.person,
        agency="authority",
        command=uuid4().hex,
        agency_id=agency,
        kind=kind,
        name=name,
    )
    with event_store(where.settings()) as store:
        handled = handle(store, command)
    if handled.result == "refused":
        tell(str(handled.reason))
        return 1
    row: dict[str, Any] = {"agency": agency, "kind": kind, "name": name}
    show([row], shown.format)
    return 0
