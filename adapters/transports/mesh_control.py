"""What does the control file of a MESH message say?

The exchange's own client writes XML (`DTSControl`) beside a data file that it has put together and
unpacked; the sandbox's layout is JSON beside numbered parts. Source: NHS England, MESH client
control file (Data Landing Portal guide, appendix A) and MESH API.
"""

import msgspec
from lxml import etree
from msgspec import Struct

ACCEPTED = ("accepted", "acknowledged")


class Control(Struct, frozen=True, kw_only=True):
    """What we need of it. `key`: the exchange's id of the message, if it names one.

    `parts`: of how many the body consists. `delivered`: whether the exchange says that all went
    well. `is_report`: it tells what became of a message of ours, and is none itself.
    """

    key: str | None
    parts: int = 1
    delivered: bool = True
    is_report: bool = False
    file_name: str | None = None
    content_type: str | None = None


class _Happened(Struct, frozen=True):
    status: str = ""


class _Metadata(Struct, frozen=True):
    file_name: str | None = None
    content_type: str | None = None


class _Sandbox(Struct, frozen=True):
    """`events`: the newest first."""

    message_id: str
    total_chunks: int
    events: list[_Happened] = []
    metadata: _Metadata = _Metadata()


def control_of_json(content: bytes) -> Control | None:
    """None for what is no control file."""
    try:
        said = msgspec.json.decode(content, type=_Sandbox)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Control(
        key=said.message_id,
        parts=said.total_chunks,
        delivered=not said.events or said.events[0].status in ACCEPTED,
        file_name=said.metadata.file_name,
        content_type=said.metadata.content_type,
    )


def control_of_xml(content: bytes) -> Control | None:
    """None for what is no control file, or not the whole of one."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return None
    if root.tag != "DTSControl":
        return None

    def said(name: str) -> str:
        return (root.findtext(name) or "").strip()

    local = said("LocalId")  # the sender's name of the file, or any other reference of the sender's
    return Control(
        key=said("DTSId") or None,
        delivered=said("StatusRecord/Status").upper() in {"", "SUCCESS"},
        is_report=said("MessageType").lower() == "report",
        file_name=local if "." in local else None,
    )
