"""What are the elements and the words of a CDA document, when nobody vouches for its XML?

Nothing is fetched and nothing is expanded: a document type is cut away before the text is parsed,
for neither SOAP nor CDA has one. Elements are found by their local names, since senders put them in
various namespaces. Source: HL7 Clinical Document Architecture, release 2; ITK 2 of NHS England.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from lxml import etree

from adapters.hl7_text import written_out
from adapters.reading import Problems, cleaned, text_of_html

Element = Any
"""An `lxml` element: the library brings no types."""

MOST_ELEMENTS = 100_000
"""In one message: a report has some thousands."""

_DECLARATION = re.compile(r"<\?xml\b[^<>]{0,300}\?>")
_ENCODING = re.compile(rb"""<\?xml\b[^<>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_SUBSET = re.compile(r"[^\[>]*\[.*?\]\s*>|[^\[>]*>", re.DOTALL)
_REFERENCE = re.compile(r"&#(?:x0*([0-9a-fA-F]{1,8})|0*([0-9]{1,10}));?")
_BLOCKS = {
    "br": "br", "p": "p", "paragraph": "p", "div": "p", "item": "li", "li": "li", "list": "p",
    "ul": "p", "ol": "p", "table": "p", "caption": "p", "tr": "tr", "td": "td", "th": "th",
    "h1": "p", "h2": "p", "h3": "p", "h4": "p", "h5": "p", "h6": "p",
}  # fmt: skip
"""Elements of a narrative that part words, as HTML names them."""
_LONGEST_BROKEN = 512 * 1024
"""Characters of damaged XML that are read: each fault in it takes time and memory."""


def declared_encoding(body: bytes) -> str | None:
    """The encoding that the XML declaration names."""
    found = _ENCODING.search(body[:400])
    return found[1].decode("ascii") if found else None


def tree_of(text: str, problems: Problems) -> Element | None:
    """The root element; of damaged XML as much as can be read, with a problem; None if nothing."""
    text = text.lstrip()
    declaration = _DECLARATION.match(text)
    text = _without_document_type(text[declaration.end() :] if declaration else text, problems)
    if text.count("<") > 2 * MOST_ELEMENTS:
        problems.say("The message has more elements than are read: it is kept as it came.")
        return None
    try:
        return etree.fromstring(text.encode(), _parser(recover=False))
    except etree.XMLSyntaxError:
        problems.say("The message is not whole XML: it may be cut off or damaged.")
    if len(text) > _LONGEST_BROKEN:
        problems.say("The message is damaged and large: only its beginning was read.")
    told = _REFERENCE.sub(_character, text[:_LONGEST_BROKEN])
    try:
        return etree.fromstring(told.encode(), _parser(recover=True))
    except etree.XMLSyntaxError:
        return None


def _parser(*, recover: bool) -> Any:
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _character(reference: re.Match[str]) -> str:
    """A reference as it stands, unless to half a character, which recovery would take over."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return "\N{REPLACEMENT CHARACTER}" if 0xD800 <= number <= 0xDFFF else reference[0]


def _without_document_type(text: str, problems: Problems) -> str:
    at = text.find("<!DOCTYPE")
    if at < 0:
        return text.lstrip()
    problems.say("The message declares a document type, which is not read: compare it as it came.")
    subset = _SUBSET.match(text, at + len("<!DOCTYPE"))
    rest = text[subset.end() :] if subset else text[at + len("<!DOCTYPE") :]
    return f"{text[:at]}{rest}".replace("<!DOCTYPE", "").lstrip()  # a second one is no XML


# ── Elements ──


def at(element: Element, path: str) -> Iterator[Element]:
    """The elements at a path of local names, parted by slashes."""
    found: Iterator[Element] = element.iterfind("/".join(f"{{*}}{n}" for n in path.split("/")))
    return found


def anywhere(element: Element, *names: str) -> Iterator[Element]:
    """The elements of these local names, itself included, in the order of the document."""
    found: Iterator[Element] = element.iter(*(f"{{*}}{name}" for name in names))
    return found


def attribute(element: Element, path: str, name: str = "value") -> str:
    """The attribute of the first element at the path that has it; empty if none has."""
    return next((text for each in at(element, path) if (text := own(each, name))), "")


def own(element: Element, name: str) -> str:
    """An attribute of the element itself; empty if it has none."""
    return cleaned(element.get(name) or "").strip()


def text_at(element: Element, path: str) -> str:
    """The text of the first element at the path that has any, in one line."""
    return next((text for each in at(element, path) if (text := line_of(each))), "")


def line_of(element: Element) -> str:
    """All text in an element, in one line."""
    return " ".join(cleaned("".join(element.itertext())).split())


def name_of(element: Element) -> str:
    """The local name; empty of what is no element (a reference to an entity)."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def called(coded: Element) -> str:
    """What a coded element is called: its display name, or the text it was coded from."""
    return own(coded, "displayName") or text_at(coded, "originalText")


def day_told(element: Element, path: str) -> str:
    """A date or time, written out: as much of a date as there is (`2016-05-04`, `2016-05`)."""
    return written_out(attribute(element, path))


def words_of(narrative: Element) -> str:
    """The words of a section, a line a paragraph or row."""
    return text_of_html("".join(_markup(narrative)))


def _markup(narrative: Element) -> Iterator[str]:
    """The same text with only the marks that part words."""
    for event, element in etree.iterwalk(narrative, events=("start", "end")):
        block = _BLOCKS.get(name_of(element).lower())
        if event == "start":
            yield f"<{block}>" if block else ""
            yield escape(element.text or "")
        else:
            yield f"</{block}>" if block else ""
            yield escape(element.tail or "") if element is not narrative else ""
