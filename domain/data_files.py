"""What do the dated data files of the domain say, and which field of which file is wrong?"""

import tomllib
from importlib.resources import files
from typing import Any, TypeVar

from msgspec import ValidationError, convert

T = TypeVar("T")


class BadDataFile(ValueError):
    """A data file cannot be used. The message names the file and the field."""


def data_files(folder: str) -> dict[str, str]:
    """The text of every TOML file in that folder of the domain, by name without the suffix."""
    found = (f for f in files("domain").joinpath(folder).iterdir() if f.name.endswith(".toml"))
    return {f.name.removesuffix(".toml"): f.read_text("utf-8") for f in found}


def parse(name: str, text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises `BadDataFile`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadDataFile(f"{name}: not TOML: {error}") from error


def shaped(name: str, given: object, kind: type[T]) -> T:
    """What was given as one of that kind; `name` says where it stood. Raises `BadDataFile`."""
    try:
        return convert(given, kind)
    except ValidationError as error:
        raise BadDataFile(f"{name}: {error}") from error
