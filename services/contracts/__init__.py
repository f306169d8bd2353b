"""What do we promise to those whose systems meet ours? OpenAPI, AsyncAPI and JSON Schemas.

Made from the very Structs that read and write the messages, in an order that does not change, so
that what is published can be compared with what the software does.
"""

from pathlib import Path
from typing import Any

import msgspec

from services.contracts.http import openapi
from services.contracts.kafka import asyncapi
from services.contracts.schemas import published

Document = dict[str, Any]

VERSION = "1.0.0"
"""Of the contracts: the first number rises when senders or readers must change something."""


def documents() -> dict[str, Document]:
    """Every document, by its path in the folder of contracts."""
    schemas = {f"schemas/{name}.json": schema for name, schema in published().items()}
    return {"asyncapi.json": asyncapi(VERSION), "openapi.json": openapi(VERSION), **schemas}


def as_text(document: Document) -> str:
    """As it stands in a file."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def write(folder: Path) -> None:
    """Write every document into a folder, and remove schemas that are no more."""
    wanted = documents()
    for path in set(_there(folder)) - set(wanted):
        (folder / path).unlink()
    for path, document in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(as_text(document), encoding="utf-8")


def differing(folder: Path) -> list[str]:
    """The paths of what in a folder is not what we would write: other, missing, or too many."""
    wanted, there = documents(), _there(folder)
    return sorted(
        path
        for path in {*wanted, *there}
        if there.get(path) != (as_text(wanted[path]) if path in wanted else None)
    )


def read(folder: Path) -> dict[str, Document]:
    """The documents in a folder, by their paths. Raises `ValueError` for what is no JSON."""
    return {path: msgspec.json.decode(text) for path, text in _there(folder).items()}


def _there(folder: Path) -> dict[str, str]:
    paths = [folder / "asyncapi.json", folder / "openapi.json", *folder.glob("schemas/*.json")]
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(paths)
        if path.is_file()
    }
