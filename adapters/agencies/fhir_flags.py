"""What do flags and plans of information sharing between authorities (FHIR R4) say of a child?

A flag is a concern that somebody else has recorded (a family history of female genital mutilation,
say). A plan of child protection information sharing is another authority's: the child has a
protection plan there or is looked after there. Both come as information for a person, not as a
request: nobody else will ask for anything. One that is no longer active is withdrawn; a plan that
is completed has ended, which updates what was told before.
Source: HL7 FHIR R4, Flag and CarePlan; NHS England, Female Genital Mutilation Information Sharing
(assessment date as the start of the period, the child's number among the flag's own identifiers)
and Child Protection Information Sharing (types of plan). Codes are compared as strings.
"""

import json
from datetime import date
from typing import Any

from msgspec import Struct

from adapters.concern_codes import CATEGORY, NO_CONCERN, SAFEGUARDING_CODES, UNBORN_CHILD
from adapters.fhir_made_up import (
    SNOMED,
    adult_of,
    child_of,
    coding,
    entry,
    id_of,
    identifier,
    refers,
    sibling_of,
)
from adapters.fhir_message import fhir_beginning, resource_of, types_named
from adapters.fhir_people import is_nhs_number, referrer_of
from adapters.fhir_referral import NOT_ACTIVE, WITHDRAWN, Reading, own_words
from adapters.fhir_resources import (
    Concept,
    Extension,
    Flag,
    IdentifierOf,
    Meta,
    Period,
    Reference,
)
from adapters.made_up import Story, story
from adapters.particulars import day, reference_of
from adapters.reading import Problems
from adapters.translation import FormatInformation, Intent, Sent, Translation
from adapters.urgency import most_urgent, told_unknown, urgency_in
from domain.described import Urgency

FORMAT = FormatInformation(
    name="fhir-flags",
    title="Flags and plans of information sharing, such as CP-IS and FGM-IS (FHIR R4)",
    transports=("file", "http", "kafka", "mesh"),
    content_types=("application/fhir+json", "application/fhir+xml"),
    rank=8,
)

_OTHERS = frozenset(
    {
        "ServiceRequest", "ReferralRequest", "MessageHeader", "Composition", "Appointment",
        "Parameters",
    }
)  # fmt: skip
"""Types of messages that are another format's, whatever flags they hold."""

_FGM = {
    "902961000000107": "family history of female genital mutilation",
    "713201008": "at risk of female genital mutilation",
}
_PLANS = {
    "CPPI": "the child has a child protection plan",
    "CPPIU": "the child has a child protection plan",
    "LACI": "the child is looked after",
    "LACIU": "the child is looked after",
    "UCPI": "there is a child protection plan for the unborn child",
    "UCPIU": "there is a child protection plan for the unborn child",
}
_UNBORN = ("UCPI", "UCPIU", UNBORN_CHILD)
_STATES = {
    "inactive": "It is no longer active.",
    "entered-in-error": "It was entered in error.",
    "revoked": "It is withdrawn.",
    "completed": "It has ended.",
    "on-hold": "It is on hold.",
    "draft": "It is a draft.",
}
_ALARMS: dict[str, Urgency] = {
    "PH": "immediate", "PM": "urgent", "PL": "routine", "PN": "routine",
}  # fmt: skip
_PRIORITY = "http://hl7.org/fhir/StructureDefinition/flag-priority"


class Told(Struct, frozen=True):
    """A Flag or a CarePlan, as far as both say the same."""

    id: str = ""
    meta: Meta = Meta()
    identifier: tuple[IdentifierOf, ...] = ()
    extension: tuple[Extension, ...] = ()
    status: str = ""
    category: tuple[Concept, ...] = ()
    code: Concept = Concept()
    subject: Reference = Reference()
    period: Period = Period()
    author: tuple[Reference, ...] = ()
    created: str = ""

    def has(self, *codes: str) -> bool:
        return any(each.has(*codes) for each in (self.code, *self.category))


def recognise(sent: Sent) -> bool:
    """FHIR with a flag or a plan, and with nothing that asks for something."""
    named = types_named(fhir_beginning(sent))
    return bool(named & {"Flag", "CarePlan"}) and not named & _OTHERS


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    resource = resource_of(sent, problems)
    if isinstance(resource, Translation):
        return [resource]
    return [_Reading(resource, sent, problems).translation()]


class _Reading(Reading):
    def __init__(self, message: dict[str, Any], sent: Sent, problems: Problems) -> None:
        super().__init__(message, sent, problems)
        self.plans = self.resources.all(Told, "CarePlan")
        self.told = [*self.resources.all(Told, "Flag"), *self.plans]
        self.over = [
            each for each in self.told if each.status in NOT_ACTIVE or each.status in WITHDRAWN
        ]

    def _asks(self) -> Reference:
        return next((author for each in self.told for author in each.author), Reference())

    # What is meant

    def _intent(self) -> Intent:
        if not self.told:
            return super()._intent()
        if len(self.over) == len(self.told):
            return "cancel"
        if all(each.meta.is_later or each.status == "completed" for each in self.told):
            return "update"
        return super()._intent()

    def _says_no_concern(self) -> bool:
        """A plan of another authority is information, whatever a flag beside it says."""
        return not self.plans and not self.other_flags and super()._says_no_concern()

    def _told_of_its_kind(self) -> None:
        if not self.told:
            self.problems.say("The message holds no flag and no care plan.")
        elif self.over:
            self.problems.say("Some of what is flagged is no longer active: read which.")
        if self.told and not any(_is_known(each) for each in self.told):
            self.problems.say("No flag says by its code that it is about safeguarding: read it.")
        if len({each.subject for each in self.told if each.subject != Reference()}) > 1:
            self.problems.say("The flags are about several people: read which is about whom.")
        unborn = any(each.has(*_UNBORN) for each in self.told)
        if unborn and not any(child.unborn for child in self.people.children()):
            self.problems.say("The concern is about an unborn child, but no due date is given.")

    def _references(self, intent: Intent) -> tuple[tuple[str, ...], tuple[str, ...]]:
        own: list[str] = []
        for each in self.told[:20]:
            own += [one.value for one in each.identifier if not is_nhs_number(one)]
            own.append(each.id)
        own = [name for each in own if (name := reference_of(each))]
        if self.sent.correlation and (intent != "cancel" or not own):
            own.append(self.sent.correlation)
        names = tuple(dict.fromkeys(own))
        return names, names if intent in {"update", "cancel"} else ()

    def _urgency(self) -> Urgency:
        alarms = [
            self._alarm(extension.value_codeable_concept)
            for each in self.told
            for extension in each.extension
            if extension.url == _PRIORITY
        ]
        return most_urgent([*alarms, super()._urgency()])

    def _alarm(self, told: Concept) -> Urgency:
        """By its code, else by its words."""
        words = [each for code in told.coding for each in (code.code, code.display) if each]
        words = list(dict.fromkeys(filter(None, [*words, told.text])))
        coded = [_ALARMS[each] for each in words if each in _ALARMS]
        found = coded or [each for word in words if (each := urgency_in(word))]
        if words and not found:
            told_unknown("The urgency (flag priority)", " ".join(words), self.problems)
        return most_urgent(found)

    def _times(self) -> list[str]:
        written = [each.created for each in self.plans]
        return [*(each.meta.last_updated for each in self.told), *written]

    # What is told

    def _lines(self) -> list[str]:
        flags = self.resources.all(Flag, "Flag")
        lines = [
            line
            for flag, told in zip(flags, self.told, strict=False)
            for line in self._flagged(flag, told)
        ]
        lines += [self._planned(each) for each in self.plans]
        return [*lines, *(word.line for word in self.words)]

    def _flagged(self, flag: Flag, told: Told) -> list[str]:
        words = own_words(flag)
        if flag.code.has(NO_CONCERN) and not words:
            return []
        if not words:
            names = {**SAFEGUARDING_CODES, **_FGM}
            words = [names[code.code] for code in flag.code.coding if code.code in names]
            words = words or [each.words() for each in flag.category if each.words()]
        label = "Flag of female genital mutilation" if _is_fgm(told) else "Flag"
        said = "; ".join(dict.fromkeys(words)) or "it does not say what of"
        return [f"{label}: {said}{self._when(told)}."]

    def _planned(self, plan: Told) -> str:
        meaning = next((_PLANS[code] for code in _PLANS if plan.has(code)), None)
        writer = referrer_of(self.resources, plan.author[0]) if plan.author else None
        holder = (writer.organisation if writer else None) or "another authority"
        if meaning:
            body = f"For information: {meaning}, by {holder}"
        else:
            kinds = [words for each in plan.category if (words := each.words())]
            body = f"Care plan by {holder}" + (f" ({', '.join(kinds)})" if kinds else "")
        return f"{body}{self._when(plan)}."

    def _when(self, told: Told) -> str:
        """Its period and its state, to be put after what it says."""
        start, end = day(told.period.start), day(told.period.end)
        since = f", from {_as_read(told.period.start, start)}" if told.period.start else ""
        until = f" to {_as_read(told.period.end, end)}" if told.period.end else ""
        state = _STATES.get(told.status, "")
        if not state and end and end < self.people.told_on:
            state = "Its end is past."
        elif not state and told.status not in {"", "active"}:
            state = "Its state is not one that we know."
        return f"{since}{until}" + (f". {state.removesuffix('.')}" if state else "")


def _is_fgm(told: Told) -> bool:
    return told.has("FGM", *_FGM)


def _is_known(told: Told) -> bool:
    return _is_fgm(told) or told.has(CATEGORY, *_PLANS, *SAFEGUARDING_CODES)


def _as_read(text: str, on: date | None) -> str:
    return on.strftime("%d/%m/%Y") if on else text[:40]


# ── A made-up message ──

_CATEGORIES = "https://fhir.nhs.uk/CodeSystem/flag-categories-bars"
_CPIS = "https://fhir.nhs.uk/R4/CodeSystem/CPIS-ObservationType"


def example(seed: int) -> bytes:
    """Another authority's plan and flag, as a national service passes them on."""
    told = story(FORMAT.name, seed)
    entries = [
        entry(told, f"flags {name}", {"resourceType": kind, **resource})
        for name, kind, resource in _resources(told)
    ]
    bundle = {
        "resourceType": "Bundle",
        "id": id_of(told, "flags bundle"),
        "type": "collection",
        "timestamp": told.at.isoformat(),
        "entry": entries,
    }
    return (json.dumps(bundle, ensure_ascii=False, indent=2) + "\n").encode()


def _resources(told: Story) -> list[tuple[str, str, dict[str, Any]]]:
    first, *others = told.children
    patient = refers(told, "flags patient")
    author = refers(told, "flags role")
    given, _, family = told.referrer.partition(" ")
    alarm = next(code for code, urgency in _ALARMS.items() if urgency == told.urgency)
    system = "https://council.example.org/id"
    return [
        ("flag", "Flag", {
            "id": id_of(told, "flags flag"),
            "extension": [{"url": _PRIORITY, "valueCodeableConcept": {
                "coding": [coding("http://hl7.org/fhir/flag-priority-code", alarm)],
            }}],
            "identifier": [identifier(system, f"FL-{told.reference}")],
            "status": "active",
            "category": [{"coding": [coding(_CATEGORIES, CATEGORY)]}],
            "code": {"coding": [coding(SNOMED, told.code, SAFEGUARDING_CODES[told.code])]},
            "subject": patient,
            "period": {"start": told.at.date().isoformat()},
            "author": author,
        }),
        ("plan", "CarePlan", {
            "id": id_of(told, "flags plan"),
            "identifier": [identifier(system, f"CP-{told.reference}")],
            "status": "active",
            "intent": "plan",
            "category": [
                {"coding": [coding(_CPIS, "CPPI", "Child Protection Plan Information")]}
            ],
            "description": told.concern,
            "subject": patient,
            "period": {"start": told.at.date().isoformat()},
            "created": told.at.isoformat(),
            "author": author,
        }),
        ("patient", "Patient", child_of(first, told)),
        *(
            (f"sibling {n}", "RelatedPerson", sibling_of(child, patient))
            for n, child in enumerate(others)
        ),
        *(
            (f"adult {n}", "RelatedPerson", adult_of(adult, patient))
            for n, adult in enumerate(told.adults)
        ),
        ("role", "PractitionerRole", {
            "practitioner": refers(told, "flags practitioner"),
            "organization": refers(told, "flags organisation"),
            "code": [{"text": "Social worker"}],
        }),
        ("practitioner", "Practitioner", {
            "name": [{"family": family, "given": [given]}],
            "telecom": [{"system": "phone", "value": told.telephone}],
        }),
        ("organisation", "Organization", {"name": "Farshire Children's Services"}),
    ]  # fmt: skip
