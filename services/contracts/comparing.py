"""Can a reader of one JSON Schema take whatever a writer of another may write?"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

Document = Mapping[str, Any]
Schema = Mapping[str, Any]
Direction = Literal["in", "out"]
"""`in`: others write it and we read it; `out`: we write it and others read it."""

NOTES = {"title", "description", "default", "examples", "$schema", "$id", "$defs", "$comment"}
LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
SAME = ("pattern", "format", "contentEncoding")
KNOWN = {
    *NOTES, *LEAST, *MOST, *SAME, "type", "enum", "const", "anyOf", "$ref", "items",
    "prefixItems", "properties", "required", "additionalProperties",
}  # fmt: skip
UNBOUNDED = ("null", "boolean")
DEEPEST = 50


def schema_breaks(old: Schema, new: Schema, direction: Direction) -> list[str]:
    """The same of two documents that are schemas."""
    return list(Schemas(old, new, direction).changed(old, new, "the whole"))


class Schemas:
    """Compares schemas of two documents, in one direction."""

    def __init__(self, old: Document, new: Document, direction: Direction) -> None:
        self._direction = direction
        written_first = direction == "in"
        self._writers, self._readers = (old, new) if written_first else (new, old)

    def changed(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        written, read = (old, new) if self._direction == "in" else (new, old)
        yield from self._fits(written, read, where, 0)

    def _fits(self, written: Schema, read: Schema, where: str, deep: int) -> Iterator[str]:
        """What of `written` a reader that expects `read` cannot take."""
        if deep > DEEPEST:
            return  # it goes round in a circle: the first rounds were compared
        old, new = (written, read) if self._direction == "in" else (read, written)
        if self._direction == "in" and "default" in old and old["default"] != new.get("default"):
            yield f"{where}: what is meant by leaving it out is another"
        taken = list(_alternatives(self._readers, read))
        for each in _alternatives(self._writers, written):
            faults = [list(self._one(each, other, where, deep)) for other in taken]
            yield from min(faults, key=len, default=[f"{where}: nothing is taken"])

    def _one(self, written: Schema, read: Schema, where: str, deep: int) -> Iterator[str]:
        for unknown in sorted(key for key in {*written, *read} - KNOWN if key[:2] != "x-"):
            yield f"{where}: {unknown} is nothing that we can compare"
        if "enum" in read:
            if "enum" not in written:
                yield f"{where}: any value may come where there was a list"
            for value in written.get("enum", ()):
                if value not in read["enum"]:
                    yield f"{where}: {value!r} is not in the list"
            return
        if not _is_type(written, read):
            yield f"{where}: {_named(written)} is written and {_named(read)} is read"
            return
        if "enum" not in written and written.get("type") not in UNBOUNDED:
            yield from self._bounds(written, read, where)
        yield from self._items(written, read, where, deep)
        yield from self._members(written, read, where, deep)

    def _items(self, written: Schema, read: Schema, where: str, deep: int) -> Iterator[str]:
        """What is in a list, by its place: the first ones may each have a schema of their own."""
        first = max(len(each.get("prefixItems", ())) for each in (written, read))
        longest = written.get("maxItems", first + 1)
        for place in range(min(first + 1, longest)):
            named = f"{where}[{place}]" if place < first else f"{where}[]"
            given, wanted = _item(written, place), _item(read, place)
            if given is None and wanted is not None:
                yield f"{named}: anything may be in it"
            elif given is not None and wanted is not None:
                yield from self._fits(given, wanted, named, deep + 1)

    def _bounds(self, written: Schema, read: Schema, where: str) -> Iterator[str]:
        for name in (each for each in (*LEAST, *MOST, *SAME) if each in read):
            given = written.get(name)
            if given is None or (
                given < read[name]
                if name in LEAST
                else given > read[name]
                if name in MOST
                else given != read[name]
            ):
                yield f"{where}: {name} is {read[name]!r} for readers, {given!r} for writers"

    def _members(self, written: Schema, read: Schema, where: str, deep: int) -> Iterator[str]:
        theirs, ours = written.get("properties", {}), read.get("properties", {})
        old, new = (theirs, ours) if self._direction == "in" else (ours, theirs)
        for name in sorted({*read.get("required", ())} - {*written.get("required", ())}):
            yield f"{where}.{name}: it may be missing, and must not"
        for name in (each for each in old if each not in new):
            yield f"{where}.{name}: it is gone"
        for name in (each for each in ours if each in theirs):
            yield from self._fits(theirs[name], ours[name], f"{where}.{name}", deep + 1)
        others, allowed = (each.get("additionalProperties", True) for each in (written, read))
        for name in (each for each in theirs if each not in ours and each not in old):
            if allowed is False:
                yield f"{where}.{name}: it is new, and no other member may be there"
            elif isinstance(allowed, Mapping):
                yield from self._fits(theirs[name], allowed, f"{where}.{name}", deep + 1)
        if allowed is False and others is not False:
            yield f"{where}: other members may be there, and must not"
        elif isinstance(allowed, Mapping) and others is not False:
            more = others if isinstance(others, Mapping) else {}
            yield from self._fits(more, allowed, f"{where}.*", deep + 1)


def _alternatives(document: Document, schema: Schema) -> Iterator[Schema]:
    """A schema as those of which one must hold: without references, unions and lists of types."""
    schema = followed(document, schema)
    if "const" in schema:
        schema = {**schema, "enum": [schema["const"]]}
    if schema.get("items") is False:  # no more than have a place of their own
        places = len(schema.get("prefixItems", ()))
        schema = {**schema, "maxItems": min(places, schema.get("maxItems", places))}
    if "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _alternatives(document, each)
    elif isinstance(schema.get("type"), list):
        yield from ({**schema, "type": each} for each in schema["type"])
    else:
        yield schema


def _item(schema: Schema, place: int) -> Schema | None:
    """What is at a place of a list, counted from 0; None: anything, or (`maxItems`) nothing."""
    first = schema.get("prefixItems", ())
    found = first[place] if place < len(first) else schema.get("items")
    return None if isinstance(found, bool) else found


def followed(document: Document, held: Any) -> Any:
    """What a reference within the document stands for."""
    while isinstance(held, Mapping) and "$ref" in held:
        found: Any = document
        for step in held["$ref"].removeprefix("#").split("/")[1:]:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        held = found
    return held


def _is_type(written: Schema, read: Schema) -> bool:
    wanted = read.get("type")
    given = {written.get("type") or _kind(value) for value in written.get("enum", (None,))}
    if "enum" not in written:
        given = {written.get("type")}
    return wanted is None or all(
        each == wanted or (each, wanted) == ("integer", "number") for each in given
    )


def _kind(value: Any) -> str:
    """The JSON type of a value in a list."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
    return "string"


def _named(schema: Schema) -> str:
    return "one of a list" if "enum" in schema else str(schema.get("type", "anything"))
