"""What does a FHIR resource tell in words, in whatever element they stand?

One walk over every resource, so that no element has to be known beforehand. It passes over who and
where (read as people and addresses), references, and elements that only sort or steer. Of what is
left it tells apart what a person wrote from what only names a code: the code for "no safeguarding
issues" is believed only where nobody wrote anything. Nothing is inferred from what is written.
Source: HL7 FHIR R4, data types Annotation, CodeableConcept, Narrative, Quantity, Reference.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from adapters.concern_codes import NO_CONCERN, says_more
from adapters.reading import text_of_html

ADMINISTRATIVE = frozenset(
    {
        "Bundle", "MessageHeader", "OperationOutcome", "Parameters", "Patient", "RelatedPerson",
        "Person", "Practitioner", "PractitionerRole", "Organization", "HealthcareService",
        "Location", "Endpoint", "Device", "Slot", "Schedule", "Consent", "Coverage", "Provenance",
        "AuditEvent", "CapabilityStatement", "MessageDefinition", "StructureDefinition",
        "ValueSet", "CodeSystem", "Subscription", "Group",
    }
)  # fmt: skip
"""Types that name people, places or rules."""

_PASSED_OVER = frozenset(
    {
        "resourceType", "id", "meta", "implicitRules", "language", "contained", "identifier",
        "status", "intent", "priority", "category", "class", "type", "use", "clinicalStatus",
        "verificationStatus", "serviceType", "serviceCategory", "appointmentType", "specialty",
        "communication", "name", "telecom", "address", "position", "url", "system", "code_system",
        "performerType", "confidentiality", "docStatus", "format", "contentType", "hash",
        "attester", "custodian", "unit", "valueSet", "questionnaire", "linkId", "kind", "mode",
    }
)  # fmt: skip
_WHO = frozenset(
    {
        "subject", "patient", "requester", "performer", "author", "recorder", "asserter", "sender",
        "practitioner", "participant", "individual", "actor", "organization", "location",
        "managingOrganization", "serviceProvider", "recipient", "receiver", "informationSource",
        "source", "who", "encounter", "context", "member", "owner", "for", "interpreter",
        "receivingOrganization", "sendingOrganization", "authenticator", "generalPractitioner",
        "participantActor", "informant", "partOf", "careTeam", "insurance", "locationReference",
    }
)  # fmt: skip
_WRITTEN = frozenset(
    {
        "description", "comment", "summary", "conclusion", "patientInstruction", "contentString",
        "valueString", "valueMarkdown", "note", "progress", "instruction", "outcome", "goal",
        "conditionContext", "reasonString", "bornString", "ageString", "deceasedString", "basis",
        "rationale", "prognosis", "details", "onsetString", "abatementString", "implication",
    }
)  # fmt: skip
"""Elements of text, which a person writes where they hold a string."""
_NO_LABEL = frozenset({*_WRITTEN, "text", "outcomeCodeableConcept", "div", "title", "display"})
_ITSELF = frozenset({"Observation", "Condition", "CarePlan"})
_SUMMARY = frozenset({"description", "title", "text", "outcomeCodeableConcept", "detail"})
"""In a care plan: the clinical summary that every message of the standard carries."""
_DRUGS = frozenset({"medicationCodeableConcept", "vaccineCode", "dosage", "dosageInstruction"})
_ASKED = frozenset({"ServiceRequest", "Communication", "CommunicationRequest"})
"""Types in which a reason speaks even where it is only the name of a code."""
_DEEPEST = 40
_MOST = 5000


class Word(NamedTuple):
    """A line of words; `written`: by a person, and no name of a code."""

    line: str
    written: bool


def words_of(resource: dict[str, Any]) -> list[Word]:
    """Everything that a resource tells in words, in its order; nothing of an administrative one.

    Of a flag only its extensions: the rest of it is read by its category.
    """
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind in ADMINISTRATIVE:
        return []
    if kind == "Flag":
        resource = {"extension": resource.get("extension")}
    found = _Walk(kind).of(resource, (), 0)
    return [word for word in islice(found, _MOST) if word.line.strip()]


def concept_words(concept: Any) -> tuple[list[str], list[str]]:
    """Of a CodeableConcept or Coding: what a person wrote, and what its codes are called.

    The code for no safeguarding issues is called nothing.
    """
    if not isinstance(concept, dict):
        return [], []
    inner = concept.get("coding")
    codings = [each for each in inner if isinstance(each, dict)] if isinstance(inner, list) else []
    codings = codings or [inner if isinstance(inner, dict) else concept]
    denies = any(each.get("code") == NO_CONCERN for each in codings)
    called = list(dict.fromkeys(filter(None, (_text(each.get("display")) for each in codings))))
    alone = [_text(each.get("display")) for each in codings if not _text(each.get("code"))]
    own = _text(concept.get("text"))
    written = [each for each in alone if each]
    if own and own.casefold() not in {each.casefold() for each in called}:
        written.append(own)
    if denies:
        written = [each for each in (*called, *written) if says_more(each, NO_CONCERN)]
        called = []
    return list(dict.fromkeys(written)), [each for each in called if each not in written]


class _Walk:
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def of(self, value: dict[str, Any], path: tuple[str, ...], deep: int) -> Iterator[Word]:
        """The words of an element and of all below it."""
        if deep > _DEEPEST:
            yield Word("(nested too deeply to be shown)", True)
            return
        if _answers(value):
            yield from self._answered(value, path)
        for name, each in value.items():
            told_above = _answers(value) and (name == "code" or name.startswith("value"))
            if (
                name in _PASSED_OVER
                or name in _WHO
                or told_above
                or (name == "text" and _asks(value))
            ):
                continue
            for item in each if isinstance(each, list) else [each]:
                yield from self._element(name, item, (*path, name), deep + 1)

    def _element(self, name: str, item: Any, path: tuple[str, ...], deep: int) -> Iterator[Word]:
        if isinstance(item, str):
            if name in _WRITTEN or name in {"text", "display"} or _is_attached(path):
                yield Word(item.strip(), self._is_written(path))
        elif isinstance(item, dict):
            if isinstance(item.get("div"), str):
                yield from self._narrative(item, path)
            elif name == "section":
                yield from self._section(item, path, deep)
            elif "reference" in item or ("identifier" in item and "display" in item):
                pass  # what it points to is walked by itself
            elif _is_concept(item) or (set(item) == {"text"} and name not in _WRITTEN):
                yield from self._concept(name, item, path)
            elif name == "item" and self.kind == "QuestionnaireResponse":
                yield from self._question(item, path, deep)
            elif name.startswith("value") and "value" in item:
                yield Word(_quantity(item), False)
            else:
                yield from self.of(item, path, deep)

    def _is_written(self, path: tuple[str, ...]) -> bool:
        """Whether words there are a person's: not the summary of a care plan, not a dose."""
        if self.kind == "CarePlan" and (
            path[0] in _SUMMARY or (path[0] == "activity" and path[1:2] and path[1] in _SUMMARY)
        ):
            return False
        return _DRUGS.isdisjoint(path) and path[-2:] != ("attachment", "title")

    def _narrative(self, item: dict[str, Any], path: tuple[str, ...]) -> Iterator[Word]:
        """A narrative that is generated says what the other elements say."""
        generated = item.get("status") == "generated" and self.kind not in _ASKED
        generated = generated and "section" not in path
        yield Word(text_of_html(item["div"]), not generated and self._is_written(path))

    def _concept(self, name: str, item: dict[str, Any], path: tuple[str, ...]) -> Iterator[Word]:
        written, called = concept_words(item)
        if not (written or called):
            return
        by_hand = bool(written) or (name == "reasonCode" and self.kind in _ASKED)
        line = self._labelled(name, ", ".join([*written, *called]), path)
        yield Word(line, by_hand and self._is_written(path))

    def _labelled(self, name: str, words: str, path: tuple[str, ...]) -> str:
        if name in _NO_LABEL or (name == "code" and self.kind in _ITSELF):
            return words
        if name == "code" and len(path) == 1:
            name = self.kind
        return f"{_in_words(name)}: {words}"

    def _answered(self, value: dict[str, Any], path: tuple[str, ...]) -> Iterator[Word]:
        """What is asked or observed, and what was found, in one line."""
        by_hand, asked = concept_words(value.get("code"))
        question = ", ".join(by_hand or asked)
        answers = []
        for name, each in value.items():
            if not name.startswith("value"):
                continue
            if isinstance(each, dict):
                written, called = concept_words(each)
                answers += [", ".join(written or called) or _quantity(each)]
                by_hand += written
            elif isinstance(each, str):
                answers.append(each.strip())
                by_hand += [each] if name in _WRITTEN else []
            elif isinstance(each, bool):
                answers.append("yes" if each else "no")
            elif isinstance(each, int | float):
                answers.append(str(each))
        line = ": ".join(part for part in (question, ", ".join(filter(None, answers))) if part)
        yield Word(line, bool(by_hand) and self._is_written((*path, "code")))

    def _section(self, item: dict[str, Any], path: tuple[str, ...], deep: int) -> Iterator[Word]:
        """A section of a document: its title above its text; those below it however deep."""
        held = item.get("text")
        div = held.get("div") if isinstance(held, dict) else None
        text = text_of_html(div) if isinstance(div, str) else ""
        title = _text(item.get("title"))
        yield Word(f"{title}\n{text}".strip(), bool(text))
        rest = {name: each for name, each in item.items() if name not in {"text", "title", "code"}}
        yield from self.of(rest, path, deep)

    def _question(self, item: dict[str, Any], path: tuple[str, ...], deep: int) -> Iterator[Word]:
        """A question of a form with its answers; the question alone says nothing."""
        answers: list[str] = []
        by_hand = False
        below: list[dict[str, Any]] = []
        for answer in _dicts(item.get("answer")):
            for name, each in answer.items():
                if isinstance(each, bool):
                    answers.append("yes" if each else "no")
                elif isinstance(each, str | int | float):
                    answers.append(str(each).strip())
                    by_hand |= name in {"valueString", "valueMarkdown"}
                elif isinstance(each, dict):
                    written, called = concept_words(each)
                    answers.append(", ".join(written or called) or _quantity(each))
                    by_hand |= bool(written)
            below += _dicts(answer.get("item"))
        said = ", ".join(each for each in answers if each)
        question = _text(item.get("text"))
        yield Word(": ".join(part for part in (question, said) if part) if said else "", by_hand)
        if deep > _DEEPEST:
            yield Word("(nested too deeply to be shown)", True)
            return
        for each in (*_dicts(item.get("item")), *below):
            yield from self._question(each, path, deep + 1)


def _is_attached(path: tuple[str, ...]) -> bool:
    """Whether it is the title of an attachment."""
    return path[-2:] in {("contentAttachment", "title"), ("attachment", "title")}


def _is_concept(item: dict[str, Any]) -> bool:
    return "coding" in item or ("display" in item and bool({"code", "system"} & item.keys()))


def _answers(value: dict[str, Any]) -> bool:
    """Whether it is something asked or observed, with what was found."""
    asks = isinstance(value.get("code"), dict)
    return asks and any(name.startswith("value") for name in value)


def _asks(value: dict[str, Any]) -> bool:
    return "linkId" in value and not value.keys() & {"answer"}


def _dicts(value: Any) -> list[dict[str, Any]]:
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, dict)]


def _quantity(value: dict[str, Any]) -> str:
    """`38.5 C`, as it is sent."""
    amount, unit = value.get("value"), value.get("unit") or value.get("code")
    parts = (value.get("comparator"), amount, unit)
    return " ".join(str(each) for each in parts if isinstance(each, str | int | float))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _in_words(name: str) -> str:
    """`reasonCode` as `Reason`, `FamilyMemberHistory` as `Family member history`."""
    plain = name.removesuffix("CodeableConcept").removesuffix("Code") or name
    return _CAPITAL.sub(" ", plain).lower().capitalize()
