"""Which FHIR resource is a message, in JSON or in XML, and what does its beginning name?"""

import re
from typing import Any

from adapters.fhir_xml import NAMESPACE, NoXml, declared_encoding, resource_of_xml
from adapters.reading import NoJson, Problems, beginning, decoded, json_value, unread
from adapters.translation import Sent, Translation

_TYPE = re.compile(r'"resourceType"\s*:\s*"([A-Z]\w{1,40})"|<(?:\w{1,20}:)?([A-Z]\w{1,40})[\s/>]')


def fhir_beginning(sent: Sent) -> str:
    """The first characters of a message that looks like FHIR, else nothing; never raises."""
    start = beginning(sent)
    if start.startswith("{"):
        declared = "fhir+json" in (sent.content_type or "").lower()
        return start if '"resourceType"' in start or declared else ""
    return start if start.startswith("<") and NAMESPACE in start else ""


def types_named(start: str) -> set[str]:
    """The types of resources that the beginning of a FHIR message names."""
    return {json or xml for json, xml in _TYPE.findall(start)}


def resource_of(sent: Sent, problems: Problems) -> dict[str, Any] | Translation:
    """The resource in the shape of JSON; what can be shown of a message that is none."""
    text = decoded(sent.body, problems, declared_encoding(sent.body))
    try:
        is_xml = text.lstrip().startswith("<")
        value = resource_of_xml(text, problems) if is_xml else json_value(text, problems)
    except (NoJson, NoXml):
        return unread(sent, text, problems)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        problems.say("The message is not FHIR: it does not say which resource it is.")
        return unread(sent, text, problems)
    return value
