"""How are a command's rows shown: a table for people, JSON lines or CSV for programs?"""

import csv
import io
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any, Literal

import msgspec

Shape = Literal["table", "json", "csv"]

GAP = "  "
"""Between two columns."""

_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What would steer a terminal, or turn the direction of the text: senders' words are shown here."""


def show(rows: Iterable[Any], shape: Shape | None = None, *, empty: str = "No rows.") -> int:
    """Write rows to stdout, as UTF-8; how many there were.

    `rows`: mappings or Structs. Without `shape`: a table at a terminal, JSON lines otherwise. A
    JSON line is written out as soon as its row is there. In CSV, a text that begins with
    `=`, `+`, `-`, `@`, a tab or a line end has an apostrophe before it, so that no spreadsheet runs
    what a sender wrote; JSON has every text as it is.
    """
    shape = shape or ("table" if sys.stdout.isatty() else "json")
    match shape:
        case "json":
            return _json(rows)
        case "csv":
            return _csv([_plain(row) for row in rows])
        case "table":
            return _table([_plain(row) for row in rows], empty)


def write(document: Any) -> None:
    """Write one JSON document, indented."""
    _out(msgspec.json.format(msgspec.json.encode(document)) + b"\n")


def write_text(text: str) -> None:
    """Write a text for another program."""
    _out(text.encode())


def in_one_line(text: str) -> str:
    """A text as it may be shown at a terminal."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))


def tell(sentence: str) -> None:
    """A sentence for the person at the keyboard, on stderr."""
    sys.stderr.write(f"{sentence}\n")


def _out(content: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()  # a receipt is worth nothing in a buffer


def _plain(row: Any) -> Mapping[str, Any]:
    plain: Mapping[str, Any] = msgspec.to_builtins(row)
    return plain


def _json(rows: Iterable[Any]) -> int:
    count = 0
    for row in rows:
        _out(msgspec.json.encode(row) + b"\n")
        count += 1
    return count


def _columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of all rows: one may hold what another does not."""
    return list(dict.fromkeys(column for row in rows for column in row))


FORMULA = tuple("=+-@\t\r\n")
"""What a spreadsheet takes a cell for a formula by. Source: OWASP, CSV Injection."""


def _csv(rows: list[Mapping[str, Any]]) -> int:
    """Columns as in a table. A text that a spreadsheet would run has an apostrophe before it."""
    columns, text = _columns(rows), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if rows:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_spreadsheet_cell(row.get(column)) for column in columns])
    _out(text.getvalue().encode())
    return len(rows)


def _spreadsheet_cell(value: Any) -> str:
    cell = _cell(value)
    is_text = not isinstance(value, int | float)  # senders choose names; a number runs nothing
    return f"'{cell}" if is_text and cell.startswith(FORMULA) else cell


def _table(rows: list[Mapping[str, Any]], empty: str) -> int:
    if not rows:
        tell(empty)
        return 0
    columns = _columns(rows)
    cells = [[_shown(row.get(column)) for column in columns] for row in rows]
    heads = [column.replace("_", " ") for column in columns]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    if room is not None and sum(widths) + len(GAP) * (len(widths) - 1) > room:
        lines = list(_one_below_the_other(heads, cells, room))
    else:
        lines = [_line(widths, each) for each in (heads, *cells)]
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may know fewer characters
        sys.stdout.reconfigure(errors="replace")
    sys.stdout.write("\n".join([*lines, ""]))
    return len(rows)


def _line(widths: list[int], cells: list[str]) -> str:
    return GAP.join(c.ljust(width) for width, c in zip(widths, cells, strict=True)).rstrip()


def _one_below_the_other(heads: list[str], rows: list[list[str]], room: int) -> Iterator[str]:
    """A row that is wider than the terminal, a field a line."""
    margin = max(map(len, heads))
    for number, cells in enumerate(rows):
        if number:
            yield ""
        for head, cell in zip(heads, cells, strict=True):
            first, *more = wrap(cell, max(20, room - margin - len(GAP))) or [""]
            yield _line([margin, 0], [head, first])
            yield from (_line([margin, 0], ["", each]) for each in more)


def _shown(value: Any) -> str:
    """A cell in one line that steers nothing."""
    return in_one_line(_cell(value))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case list() | tuple() if all(isinstance(each, str | int) for each in value):
            return ("; " if any(" " in str(each) for each in value) else ", ").join(map(str, value))
        case _:
            return msgspec.json.encode(value).decode()
