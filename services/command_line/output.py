"""How are a command's rows shown: a table for people, JSON lines or CSV for programs?"""

import csv
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

Shape = Literal["table", "json", "csv"]


def show(rows: Iterable[Any], shape: Shape | None = None, *, empty: str = "No rows.") -> int:
    """Write rows to stdout, each as soon as it is there; how many there were.

    `rows`: mappings or Structs. Without `shape`: a table at a terminal, JSON lines otherwise.
    """
    shape = shape or ("table" if sys.stdout.isatty() else "json")
    plain = (_plain(row) for row in rows)
    match shape:
        case "json":
            return _json(plain)
        case "csv":
            return _csv(plain)
        case "table":
            return _table(plain, empty)


def tell(sentence: str) -> None:
    """A sentence for the person at the keyboard, on stderr."""
    sys.stderr.write(f"{sentence}\n")


def _plain(row: Any) -> Mapping[str, Any]:
    plain: Mapping[str, Any] = msgspec.to_builtins(row)
    return plain


def _json(rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for row in rows:
        sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
        sys.stdout.flush()  # a receipt is worth nothing in a buffer
        count += 1
    return count


def _csv(rows: Iterable[Mapping[str, Any]]) -> int:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    count = 0
    for row in rows:
        if not count:
            writer.writerow(row)
        writer.writerow([_cell(value) for value in row.values()])
        count += 1
    return count


def _table(rows: Iterable[Mapping[str, Any]], empty: str) -> int:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    kept = list(rows)
    if not kept:
        tell(empty)
        return 0
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in kept[0]:
        table.add_column(str(column).replace("_", " "), overflow="fold")
    for row in kept:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console(soft_wrap=False).print(table)
    return len(kept)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case list() if all(isinstance(each, str | int) for each in value):
            return ", ".join(map(str, value))
        case _:
            return msgspec.json.encode(value).decode()
