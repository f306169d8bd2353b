"""What does a FHIR resource that is written as XML say, in the shape of its JSON?

One shape for all that read FHIR: an element with a `value` is a primitive, an element that comes
again is a list, `div` is the markup of a narrative, and a resource names its type. A document type
is never followed: a FHIR message has none, and entities of somebody's own can hide or multiply.
Source: HL7 FHIR R4, XML and JSON representation of resources; the same in STU3.
"""

import html
import re
from typing import Any

from lxml import etree

from adapters.reading import LARGEST_READ, Problems, cleaned

NAMESPACE = "http://hl7.org/fhir"

_SEVERAL = frozenset({"coding", "contained", "entry", "extension", "modifierExtension"})
"""Elements that JSON holds as a list where there is only one, too, and that are read as a list."""

_YES_OR_NO = re.compile(r"active|preferred|requestor|doNotPerform|\w+Boolean")
_DECLARATION = re.compile(r"<\?xml\b[^<>]{0,200}\?>")
_ENCODING = re.compile(rb"<\?xml\b[^<>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_OWN_TYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,31};")


class NoXml(Exception):
    """The text is not XML that may be read; the problem is already told."""


def declared_encoding(body: bytes) -> str | None:
    """The character set that the first line of XML names, if it names one."""
    found = _ENCODING.match(body[:400].removeprefix(b"\xef\xbb\xbf").lstrip())
    return found[1].decode("ascii") if found else None


def resource_of_xml(text: str, problems: Problems) -> dict[str, Any]:
    """The resource, of the plain types that JSON has; `NoXml` when there is none to be read."""
    if len(text) > LARGEST_READ:
        problems.say("The message is larger than 1 MiB: it is kept, but was not read in full.")
        raise NoXml
    if _OWN_TYPE.search(text):
        problems.say("The message declares a document type of its own: it was not read.")
        raise NoXml
    text = text.lstrip()
    declaration = _DECLARATION.match(text)
    plain = _NAMED.sub(_character, text[declaration.end() :] if declaration else text)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(plain.encode(), parser)
    except etree.XMLSyntaxError as error:
        deep = "depth" in str(error)
        problems.say(
            "The message is nested too deeply to be read."
            if deep
            else "The message is not complete XML: it may be cut off or damaged."
        )
        raise NoXml from None
    space = str(root.tag).rpartition("}")[0].removeprefix("{")
    if space not in {NAMESPACE, ""} or not _name(root)[:1].isupper():
        problems.say("The message is XML, but not FHIR.")
        raise NoXml
    try:
        return _resource(root)
    except RecursionError:
        problems.say("The message is nested too deeply to be read.")
        raise NoXml from None


def _character(named: re.Match[str]) -> str:
    """A character that HTML has a name for and XML has not; any other name as it stands."""
    return html.escape(html.unescape(named[0]))


def _resource(element: Any) -> dict[str, Any]:
    return {"resourceType": _name(element), **_children(element)}


def _children(element: Any) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        value = child.get("value")
        if name == "div":
            _put(held, name, etree.tostring(child, encoding="unicode", with_tail=False))
        elif name in _SEVERAL or (value is None and len(child)):
            only_more = name not in _SEVERAL and {_name(each) for each in child} == {"extension"}
            _put(held, f"_{name}" if only_more else name, _complex(child))
        else:
            words = (child.text or "") if value is None else value
            _put(held, name, _primitive(name, cleaned(words)))
            if len(child) or child.get("id"):
                _put(held, f"_{name}", _complex(child))
    return held


def _complex(element: Any) -> dict[str, Any]:
    """An element with elements in it: a resource, or a part of one with its attributes."""
    if len(element) == 1 and _name(element[0])[:1].isupper():
        return _resource(element[0])
    attributes = {name: element.get(name) for name in ("id", "url") if element.get(name)}
    return {**attributes, **_children(element)}


def _put(held: dict[str, Any], name: str, value: Any) -> None:
    if name not in held:
        held[name] = [value] if name in _SEVERAL else value
    elif isinstance(held[name], list):
        held[name].append(value)
    else:
        held[name] = [held[name], value]


def _primitive(name: str, words: str) -> str | bool:
    if words in {"true", "false"} and _YES_OR_NO.fullmatch(name):
        return words == "true"
    return words


def _name(element: Any) -> str:
    """The name without its namespace, or without a prefix that was never declared."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2]


# ── Written ──


def xml_of(resource: dict[str, Any]) -> bytes:
    """A resource in the shape of JSON, as XML; the order of its elements is kept."""
    root = _written(resource["resourceType"], resource, nsmap={None: NAMESPACE})
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _written(name: str, value: Any, nsmap: dict[str | None, str] | None = None) -> Any:
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap=nsmap)
    if isinstance(value, dict):
        for key, each in value.items():
            for item in each if isinstance(each, list) else [each]:
                _write(element, key, item)
    else:
        element.set("value", str(value).lower() if isinstance(value, bool) else str(value))
    return element


def _write(element: Any, key: str, item: Any) -> None:
    if key == "div":
        element.append(etree.fromstring(item))
    elif key == "url" and _name(element) == "extension":
        element.set(key, item)
    elif isinstance(item, dict) and "resourceType" in item:
        holder = etree.SubElement(element, f"{{{NAMESPACE}}}{key}")
        holder.append(_written(item["resourceType"], item))
    elif key != "resourceType":
        element.append(_written(key, item))
