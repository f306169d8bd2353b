"""What does a referral of the NHS e-Referral Service (FHIR STU3 or R4) say?

It comes as a ReferralRequest (STU3), as a ServiceRequest (R4, alone or as what a search found), or
as the Parameters with which a referral or advice is asked for; those are read as the request that
they are. The service names a referral by its booking reference number (UBRN), and counts its
versions: a later one updates what came before. Patients are mostly named by NHS number alone.
Source: NHS England, e-Referral Service FHIR API (STU3 and R4).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from adapters.fhir_made_up import adult_of, child_of, coding, id_of, identifier, sibling_of
from adapters.fhir_message import fhir_beginning, resource_of, types_named
from adapters.fhir_referral import Reading
from adapters.fhir_resources import Coding, Concept, IdentifierOf
from adapters.fhir_stu3 import as_r4
from adapters.fitting import Fit
from adapters.made_up import Story, story
from adapters.reading import Problems
from adapters.translation import FormatInformation, Intent, Sent, Translation
from adapters.urgency import most_urgent, told_unknown, urgency_in

FORMAT = FormatInformation(
    name="ers",
    title="Referral of the NHS e-Referral Service (FHIR STU3 or R4)",
    transports=("file", "http", "kafka", "mesh"),
    content_types=("application/fhir+json", "application/fhir+xml"),
    rank=9,
)

_MARKS = ("/eRS-", "/ers-", "-eRS-", "-ers-", "/Id/UBRN")
_OTHERS = frozenset({"MessageHeader", "Composition"})
_NOT_SHOWN = frozenset({"patient", "priority"})
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DEEPEST = 20
_MOST = 200


class Parameter(Struct, frozen=True, rename="camel"):
    """One of the Parameters: a name and a value of whatever type; `resource` is read by itself."""

    name: str = ""
    value_string: str = ""
    value_code: str = ""
    value_coding: Coding = Coding()
    value_codeable_concept: Concept = Concept()
    value_identifier: IdentifierOf = IdentifierOf()
    value_instant: str = ""
    value_date_time: str = ""
    resource: Any = None

    def words(self) -> str:
        coded = self.value_codeable_concept
        told = (
            self.value_string,
            self.value_coding.display or self.value_coding.code or self.value_code,
            coded.words() or ", ".join(each.code for each in coded.coding if each.code),
            self.value_identifier.value,
        )
        return next((each for each in told if each), "")

    def code(self) -> str:
        coded = next((each.code for each in self.value_codeable_concept.coding), "")
        return self.value_coding.code or self.value_code or coded or self.value_string


def recognise(sent: Sent) -> bool:
    """FHIR that asks for a referral in STU3, or that names the e-Referral Service."""
    start = fhir_beginning(sent)
    named = types_named(start)
    if named & _OTHERS:
        return False
    return "ReferralRequest" in named or any(mark in start for mark in _MARKS)


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    resource = resource_of(sent, problems)
    if isinstance(resource, Translation):
        return [resource]
    return [_Reading(_requests(as_r4(resource), problems), sent, problems).translation()]


class _Reading(Reading):
    def _intent(self) -> Intent:
        intent = super()._intent()
        if intent == "new" and self.asking and all(each.meta.is_later for each in self.asking):
            return "update"
        return intent

    def _told_what_lacks(self, told: bool, codes: tuple[str, ...]) -> None:
        """The service's own states and codes tell of no concern."""
        wrote = bool(self.flags) or any(word.written for word in self.words)
        super()._told_what_lacks(told and wrote, codes)


def _requests(message: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """The message with what its parameters and extensions tell put into its requests."""
    fit = Fit(problems, own=False)
    told = [
        fit.fit(Parameter, each, "Parameters")
        for parameters in _parameters(message, 0)
        for each in _dicts(parameters.get("parameter"))[:_MOST]
    ]
    if message.get("resourceType") == "Parameters":
        message = _asked_for(told, message)
    urgent = next((each.code() for each in told if each.name == "priority"), "")
    lines = []
    for each in told:
        words = "" if each.name in _NOT_SHOWN else each.words()
        if each.value_string:
            lines.append(f"{_label(each.name)}{words}")
        elif words:  # a code or a number is no word of a person
            problems.keep(f"{_label(each.name)}{words}")
    requests = [each for each in _resources(message) if each["resourceType"] == "ServiceRequest"]
    for number, request in enumerate(requests):
        code = _priority_of(request, fit) or urgent
        own = request.get("priority")
        asked = urgency_in(code)
        if asked is None:
            told_unknown("The urgency (priority of the service)", code, problems)
        elif not own or asked == most_urgent([asked, urgency_in(str(own))]) != "not-stated":
            request["priority"] = asked
        if lines and number == 0:
            note = request.get("note")
            told_before = note if isinstance(note, list) else [note] if note else []
            request["note"] = [*told_before, *({"text": line} for line in dict.fromkeys(lines))]
    return message


def _asked_for(told: list[Parameter], message: dict[str, Any]) -> dict[str, Any]:
    """The bundle that says what these parameters ask for."""
    whose = next((each.value_identifier for each in told if each.name == "patient"), None)
    starts = (each.value_instant or each.value_date_time for each in told)
    request: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "authoredOn": next((each for each in starts if each), ""),
    }
    if whose:
        request["subject"] = {"identifier": {"system": whose.system, "value": whose.value}}
    held = [each.resource for each in told if isinstance(each.resource, dict)]
    entries = [{"resource": each} for each in (request, *held)]
    more = {name: message[name] for name in ("meta",) if name in message}
    return {"resourceType": "Bundle", **more, "entry": entries}


def _parameters(value: Any, deep: int) -> Iterator[dict[str, Any]]:
    """Parameters, wherever in the message they are."""
    if deep > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _parameters(each, deep + 1)
    elif isinstance(value, dict):
        if value.get("resourceType") == "Parameters":
            yield value
        for each in value.values():
            if isinstance(each, list | dict):
                yield from _parameters(each, deep + 1)


def _resources(message: dict[str, Any]) -> list[dict[str, Any]]:
    if message.get("resourceType") != "Bundle":
        return [message]
    held = (each.get("resource") for each in _dicts(message.get("entry")))
    return [each for each in held if isinstance(each, dict) and "resourceType" in each]


def _priority_of(request: dict[str, Any], fit: Fit) -> str:
    for each in _dicts(request.get("extension")):
        url = each.get("url")
        if isinstance(url, str) and "Priority" in url:
            return fit.fit(Parameter, each, "Priority").code()
    return ""


def _label(name: str) -> str:
    """`Clinic type: `; nothing where the name only says that it is the request."""
    words = _CAPITAL.sub(" ", name).lower().capitalize()
    return "" if name == "request" or not words else f"{words}: "


def _dicts(value: Any) -> list[dict[str, Any]]:
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, dict)]


# ── A made-up referral ──

_STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition"


def example(seed: int) -> bytes:
    """A made-up referral of a general practitioner, as the service holds it."""
    told = story(FORMAT.name, seed)
    return (json.dumps(_referral(told), ensure_ascii=False, indent=2) + "\n").encode()


def _referral(told: Story) -> dict[str, Any]:
    patient = {"reference": "#patient"}
    first, *others = told.children
    given, _, family = told.referrer.partition(" ")
    booking = f"{700_000_000 + int(told.reference):012}"
    urgency = {"immediate": "stat"}.get(told.urgency, told.urgency)
    code = "ROUTINE" if told.urgency == "routine" else "URGENT"
    priority = {"coding": [coding("https://fhir.nhs.uk/STU3/CodeSystem/eRS-Priority-1", code)]}
    relatives = [sibling_of(child, patient) for child in others]
    relatives += [adult_of(adult, patient) for adult in told.adults]
    return {
        "resourceType": "ReferralRequest",
        "id": booking,
        "meta": {"versionId": "1", "profile": [f"{_STRUCTURE}/eRS-ReferralRequest-1"]},
        "contained": [
            {"resourceType": "Patient", "id": "patient", **child_of(first, told)},
            *(
                {
                    "resourceType": "RelatedPerson",
                    "id": f"relative-{number}",
                    **each,
                    "relationship": each["relationship"][0],  # STU3 knows one, R4 several
                }
                for number, each in enumerate(relatives)
            ),
            {
                "resourceType": "Practitioner",
                "id": "practitioner",
                "name": [{"family": family, "given": [given]}],
                "telecom": [{"system": "phone", "value": told.telephone}],
            },
            {"resourceType": "Organization", "id": "surgery", "name": "Beckside Surgery"},
        ],
        "extension": [
            {
                "url": f"{_STRUCTURE}/Extension-eRS-ReferralPriority-1",
                "valueCodeableConcept": priority,
            }
        ],
        "identifier": [identifier("https://fhir.nhs.uk/Id/ers-request-id", id_of(told, "ers"))],
        "status": "active",
        "intent": "plan",
        "priority": urgency,
        "subject": patient,
        "authoredOn": told.at.isoformat(),
        "requester": {
            "agent": {"reference": "#practitioner"},
            "onBehalfOf": {"reference": "#surgery"},
        },
        "description": told.concern,
    }
