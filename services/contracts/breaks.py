"""Would a change break those who send to us, or those who read what we send?

What others write and we read may only be asked less of; what we write and others read may only
promise more. Another member of an object, or another message, is no break: readers pass over what
they do not know. A value more in a list is one, unless the list is published as plain text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from services.contracts.comparing import Direction, Document, Schemas, followed, schema_breaks

METHODS = ("get", "put", "post", "delete", "patch")


def breaks(released: Mapping[str, Document], now: Mapping[str, Document]) -> list[str]:
    """A sentence for each change from what was released that breaks somebody, by document."""
    found: list[str] = []
    for path, old in released.items():
        new = now.get(path)
        if new is None:
            told: Iterable[str] = ["it is gone"]
        elif "asyncapi" in old:
            told = _kafka(old, new)
        elif "openapi" in old:
            told = _http(old, new)
        else:
            told = schema_breaks(old, new, old["x-direction"])
        found += [f"{path}: {each}" for each in told]
    return found


# ── OpenAPI ───────────────────────────────────────────────────────────────────────────────────────


def _http(old: Document, new: Document) -> Iterator[str]:
    yield from _requests(old, new, "paths", "in")
    yield from _requests(old, new, "webhooks", "out")


def _requests(old: Document, new: Document, part: str, direction: Direction) -> Iterator[str]:
    """`in`: others ask and we answer; `out`: the other way round."""
    reads = Schemas(old, new, direction)
    writes = Schemas(old, new, "out" if direction == "in" else "in")
    there = dict(_operations(new, part))
    for where, before in _operations(old, part):
        after = there.get(where)
        if after is None:
            yield f"{where}: it is gone"
            continue
        for each in before.get("security", ()):
            if each not in after.get("security", ()):
                yield f"{where}: who came by {', '.join(each) or 'nothing'} is let in no more"
        yield from _parameters(old, new, before, after, where, direction)
        yield from _contents(
            followed(old, before.get("requestBody", {})),
            followed(new, after.get("requestBody", {})),
            f"{where}, body",
            reads,
        )
        for status, answer in before["responses"].items():
            told = followed(new, after["responses"].get(status))
            if told is not None:
                yield from _contents(followed(old, answer), told, f"{where}, {status}", writes)
            elif status.startswith("2"):
                yield f"{where}, {status}: it is gone"


def _operations(document: Document, part: str) -> Iterator[tuple[str, Any]]:
    for path, item in document.get(part, {}).items():
        for method in (each for each in METHODS if each in item):
            yield f"{method.upper()} {path}", item[method]


def _parameters(
    old: Document,
    new: Document,
    before: Document,
    after: Document,
    where: str,
    direction: Direction,
) -> Iterator[str]:
    was, now = (
        {(each["in"], each["name"]): each for each in map(_follower(document), listed)}
        for document, listed in (
            (old, before.get("parameters", ())),
            (new, after.get("parameters", ())),
        )
    )
    for key in was.keys() - now.keys():
        yield f"{where}, {key[1]}: it is gone"
    schemas = Schemas(old, new, direction)
    written, read = (was, now) if direction == "in" else (now, was)
    for key, each in read.items():
        if each.get("required") and not written.get(key, {}).get("required"):
            yield f"{where}, {key[1]}: it may be missing, and must not"
    for key, each in now.items():
        if key in was:
            yield from schemas.changed(was[key]["schema"], each["schema"], f"{where}, {key[1]}")


def _follower(document: Document) -> Callable[[Any], Any]:
    return lambda held: followed(document, held)


def _contents(old: Document, new: Document, where: str, schemas: Schemas) -> Iterator[str]:
    if new.get("required") and not old.get("required"):
        yield f"{where}: it may be missing, and must not"
    for name in old.get("headers", {}):
        if name not in new.get("headers", {}):
            yield f"{where}, {name}: it is gone"
    for kind, each in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"{where}, {kind}: it is gone"
        else:
            now = new["content"][kind].get("schema", {})
            yield from schemas.changed(each.get("schema", {}), now, f"{where}, {kind}")


# ── AsyncAPI ──────────────────────────────────────────────────────────────────────────────────────


def _kafka(old: Document, new: Document) -> Iterator[str]:
    for name, before in old["servers"].items():
        after = new["servers"].get(name, {})
        for key in ("protocol", "security"):
            was, now = (_deep(d, each.get(key)) for d, each in ((old, before), (new, after)))
            if was != now:
                yield f"server {name}: its {key} is another"
    for name, before in old["operations"].items():
        after = new["operations"].get(name)
        if after is None or after["action"] != before["action"]:
            yield f"{name}: it is gone"
            continue
        channels = (followed(old, before["channel"]), followed(new, after["channel"]))
        yield from _channel(old, new, *channels, before["action"], name)


def _channel(
    old: Document, new: Document, before: Document, after: Document, action: str, where: str
) -> Iterator[str]:
    for key in ("address", "x-partitioner"):
        if before.get(key) != after.get(key):
            yield f"{where}: its {key} is {after.get(key)!r} and was {before.get(key)!r}"
    schemas = Schemas(old, new, "in" if action == "receive" else "out")
    for name, held in before["messages"].items():
        if name not in after["messages"]:
            yield f"{where}, {name}: it is gone"
            continue
        was, now = followed(old, held), followed(new, after["messages"][name])
        if was.get("contentType") != now.get("contentType"):
            yield f"{where}, {name}: it is {now.get('contentType')}, no more what it was"
        for part in ("headers", "payload"):
            yield from schemas.changed(
                was.get(part, {}), now.get(part, {}), f"{where}, {name}, {part}"
            )


def _deep(document: Document, held: Any) -> Any:
    """A list of references, followed."""
    return [followed(document, each) for each in held] if isinstance(held, list) else held
