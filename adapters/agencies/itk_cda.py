"""What does a report of NHS 111 or an ambulance service, a CDA document in an ITK envelope, say?

The envelope's tracking id is the key; the document's set id names the concern, and a later version
of the same set is an update. The address that the envelope gives as the sender's is shown and never
believed. Authorisations in the header are about direct care, not about referral, and are not read.
Source: ITK 2 of NHS England (distribution envelope), HL7 CDA release 2, NHS 111 CDA specification.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace

from adapters.attached_text import attached_words
from adapters.cda_people import named, referrer_of
from adapters.cda_text import (
    Element,
    anywhere,
    at,
    attribute,
    called,
    declared_encoding,
    line_of,
    own,
    text_at,
    tree_of,
    words_of,
)
from adapters.concern_codes import (
    DUE_DATE_CODES,
    NO_CONCERN,
    SAFEGUARDING_CODES,
    may_be_code,
    says_more,
)
from adapters.hl7_text import instant_of
from adapters.made_up import MadeUpAdult, MadeUpChild, Story, story
from adapters.particulars import NO_CONCERN_TOLD, People, plausible_time, reference_of
from adapters.reading import Problems, beginning, decoded, shown, unread
from adapters.translation import FormatInformation, Intent, Sent, Translation, own_and_shared
from domain.calendar import local_day
from domain.described import ReferrerDescribed, Urgency

FORMAT = FormatInformation(
    name="itk-cda",
    title="NHS 111 and ambulance reports (ITK envelope with a CDA document)",
    transports=("file", "http", "kafka", "mesh"),
    content_types=("text/xml", "application/soap+xml"),
    rank=25,
)

MOST_DOCUMENTS = 50
"""Documents of one envelope that are read one by one."""

_ROOTS = re.compile(r"<(?:[\w.-]{1,40}:)?(?:DistributionEnvelope|ClinicalDocument)[\s>]")
_LATER = frozenset({"RPLC", "APND"})
"""A document that replaces another, or adds to it."""
_RESTRICTED = frozenset({"R", "V"})
_CASE_NUMBERS = frozenset(
    {"2.16.840.1.113883.2.1.3.2.4.18.34", "2.16.840.1.113883.2.1.3.2.4.18.35"}
)
"""The case's reference and id, as the sender's system counts them."""
_SHORT_ZONE = re.compile(r"(\d[+-]\d\d)$", re.ASCII)
_URGENT = frozenset(
    {"Dx02", "Dx03", "Dx05", "Dx06", "Dx07", "Dx08", "Dx11", "Dx12", "Dx13", "Dx14", "Dx15", "Dx42"}
)
"""To be seen or spoken to within a day; Dx42: child protection or a vulnerable adult."""
_ROUTINE = frozenset({"Dx09", "Dx10"})
_DISPOSITION = re.compile(r"Dx\d{2,4}", re.ASCII)


def recognise(sent: Sent) -> bool:
    """Begins as XML, and an envelope or a clinical document is opened near its beginning."""
    text = beginning(sent)
    return text[:1] == "<" and _ROOTS.search(text) is not None


def translate(sent: Sent) -> list[Translation]:
    """A translation a document; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    text = decoded(sent.body, problems, declared_encoding(sent.body))
    root = tree_of(text, problems)
    envelope = _Envelope() if root is None else _envelope_of(root, problems)
    documents = [] if root is None else [*anywhere(root, "ClinicalDocument"), *envelope.packed]
    if root is not None and not documents and (answered := _acknowledged(root, envelope, problems)):
        return [answered]
    if not documents:
        problems.say("The message holds no clinical document (CDA) that could be read.")
        kept = unread(sent, text, problems)
        return [replace(kept, key=envelope.key, references=envelope.references)]
    if len(documents) > MOST_DOCUMENTS:
        problems.say(f"More than {MOST_DOCUMENTS} documents are sent: the rest is kept, not shown.")
    return [
        _Reading(document, envelope, number, sent, problems).translation()
        for number, document in enumerate(documents[:MOST_DOCUMENTS], start=1)
    ]


class _Envelope(NamedTuple):
    """What the envelope says. `packed`: documents of the payload that came in base64; `others`: its
    parts that are no document, each with its kind."""

    key: str | None = None
    sender: str = ""
    packed: tuple[Element, ...] = ()
    others: tuple[tuple[str, Element], ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        return (self.key,) if self.key else ()


def _envelope_of(root: Element, problems: Problems) -> _Envelope:
    for envelope in anywhere(root, "DistributionEnvelope"):
        header = next(at(envelope, "header"), envelope)
        address = attribute(header, "senderAddress", "uri")
        address = address or attribute(header, "auditIdentity/id", "uri")
        kinds = {own(e, "id"): own(e, "mimetype") for e in at(header, "manifest/manifestitem")}
        packed: list[Element] = []
        others: list[tuple[str, Element]] = []
        for part in at(envelope, "payloads/payload"):
            if next(anywhere(part, "ClinicalDocument"), None) is not None:
                continue
            kind = kinds.get(own(part, "id"), "")
            documents = _documents_in_base64(part) if "xml" in kind else []
            packed += documents
            others += [] if documents else [(kind, part)]
        if others and not packed and any("xml" in kind for kind, _part in others):
            problems.say("A part of the payload is XML, but no clinical document.")
        return _Envelope(
            key=own(header, "trackingid") or None,
            sender=address.partition(":ods:")[2] or address,
            packed=tuple(packed),
            others=tuple(others),
        )
    return _Envelope()


def _documents_in_base64(part: Element) -> list[Element]:
    held = attached_words("".join(part.itertext()), "text/plain", encoded=True)
    inner = tree_of(held, Problems()) if held else None
    return [] if inner is None else list(anywhere(inner, "ClinicalDocument"))


def _acknowledged(root: Element, envelope: _Envelope, problems: Problems) -> Translation | None:
    """What an acknowledgement says: to which message, whether it arrived, and what was wrong."""
    for response in anywhere(root, "InfrastructureResponse", "BusinessResponseMessage"):
        asked = own(response, "trackingIdRef")
        if not asked:
            continue
        result = own(response, "result")
        told = [line_of(each) for each in anywhere(response, "ErrorText", "ErrorDiagnosticText")]
        lines = [f"Answer: {result}" if result else "", *told]
        return Translation(
            intent="correlate",
            key=envelope.key,
            references=envelope.references,
            earlier=(asked,),
            concern=shown("\n".join(filter(None, lines)), problems),
            referrer=ReferrerDescribed(organisation=envelope.sender or None),
            problems=problems.told(),
        )
    return None


class _Coded(NamedTuple):
    """A coded answer or disposition: words, and the code if it is one of a list that we know."""

    words: str
    code: str | None = None


class _Reading:
    def __init__(
        self, document: Element, envelope: _Envelope, number: int, sent: Sent, of_all: Problems
    ) -> None:
        self.document = document
        self.envelope = envelope
        self.number = number
        self.sent = sent
        self.problems = Problems()
        for sentence in of_all.told():
            self.problems.say(sentence)
        self.people = People(local_day(sent.received_at), self.problems)

    def translation(self) -> Translation:
        sections = list(self._sections())
        coded = list(self._coded())
        narrative = "\n".join(sections).casefold()
        answers = [e.words for e in coded if e.words and e.words.casefold() not in narrative]
        attached = list(self._attached())
        restricted = attribute(self.document, "confidentialityCode", "code") in _RESTRICTED
        addresses = named(self.document, self.people, self.problems, restricted=restricted)
        intent, earlier = self._intent()
        happened_at = self._happened_at()
        self.people.told()
        pieces = [*sections, *answers, *attached]
        if not pieces:
            self.problems.say(NO_CONCERN_TOLD)
        if self.envelope.sender:
            self.problems.keep(f"Sender's address in the envelope: {self.envelope.sender}")
        lines = [text_at(self.document, "title"), *pieces, *self.problems.kept]
        return Translation(
            intent=intent,
            key=self._key(),
            references=self._references(),
            earlier=earlier,
            happened_at=happened_at,
            urgency=self._urgency(),
            concern=shown("\n".join(filter(None, lines)), self.problems),
            concern_codes=tuple(dict.fromkeys(each.code for each in coded if each.code)),
            referrer=referrer_of(self.document, self.envelope.sender),
            children=self.people.children(),
            adults=self.people.adults(),
            addresses=addresses,
            problems=self.problems.told(),
        )

    # What is meant

    def _key(self) -> str | None:
        """The tracking id; of a second document in the envelope with its number."""
        key = self.envelope.key or _number(self.document, "id")
        return f"{key}|{self.number}" if key and self.number > 1 else key or None

    def _references(self) -> tuple[str, ...]:
        """The set of documents, the case as the sender counts it, and this very message."""
        cases = [
            "^".join(filter(None, (own(each, "extension"), own(each, "assigningAuthorityName"))))
            for each in at(self.document, "componentOf/encompassingEncounter/id")
            if own(each, "root") in _CASE_NUMBERS and reference_of(own(each, "extension"))
        ]
        document = _number(self.document, "setId") or _number(self.document, "id")
        names = (document, _number(self.document, "id"), self._key() or "")
        return own_and_shared(names, cases)

    def _intent(self) -> tuple[Intent, tuple[str, ...]]:
        """Whether it is a later version, and of what."""
        parents = [
            number
            for related in at(self.document, "relatedDocument")
            if own(related, "typeCode") in _LATER
            for parent in at(related, "parentDocument")
            for path in ("setId", "id")
            if (number := _number(parent, path))
        ]
        set_id = _number(self.document, "setId")
        version = attribute(self.document, "versionNumber")
        if version and not (version.isascii() and version.isdecimal()):
            self.problems.say("The number of the version is no number: read as the first.")
            version = ""
        if not parents and int(version[:9] or 1) < 2:
            return "new", ()
        earlier = tuple(dict.fromkeys(each for each in (set_id, *parents) if each))
        if not earlier:
            self.problems.say("It does not say which document (setId) it is a later version of.")
            return "new", ()
        return "update", earlier

    def _happened_at(self) -> datetime | None:
        encounter = "componentOf/encompassingEncounter/effectiveTime"
        for path, what in (
            (f"{encounter}/low", "The time of the contact"),
            (encounter, "The time of the contact"),
            ("effectiveTime", "The time of the document"),
        ):
            if told := attribute(self.document, path):
                at_that_time = instant_of(_SHORT_ZONE.sub(r"\g<1>00", told), self.problems, what)
                return plausible_time(at_that_time, self.sent.received_at, self.problems)
        return None

    def _urgency(self) -> Urgency:
        """By the disposition: an ambulance now, within a day, later. Words are not interpreted."""
        code = ""
        for each in anywhere(self.document, "dischargeDispositionCode"):
            code = own(each, "code") or code
            if code.startswith("Dx01") and _DISPOSITION.fullmatch(code):
                return "immediate"
            if code in _URGENT:
                return "urgent"
            if code in _ROUTINE:
                return "routine"
        if code:
            self.problems.say("How urgent the disposition is, is not known: read what it says.")
        return "not-stated"

    # What is told

    def _sections(self) -> Iterator[str]:
        """The narrative: the title of each section above its text, those below it after it."""
        for section in anywhere(self.document, "section"):
            title = text_at(section, "title")
            told = "\n".join(words for text in at(section, "text") if (words := words_of(text)))
            if told:
                yield told if told.startswith(title) else f"{title}\n{told}"
        for text in at(self.document, "component/nonXMLBody/text"):
            if own(text, "representation") != "B64" and (words := words_of(text)):
                yield words

    def _coded(self) -> Iterator[_Coded]:
        """Dispositions, and what is asked and answered in the entries."""
        for each in anywhere(self.document, "dischargeDispositionCode"):
            yield _coded(each, "Disposition: ")
        for element in self._of_entries():
            values = list(at(element, "value"))
            asked = [_coded(each) for each in at(element, "code")]
            if not any(each.code for each in asked) and not values:
                continue
            due = any(own(each, "code") in DUE_DATE_CODES for each in at(element, "code"))
            yield from (each for each in asked if each.code)
            question = next((called(each) for each in at(element, "code")), "")
            before = f"{question}: " if question else ""
            for value in values:
                if own(value, "representation") != "B64" and not due:
                    yield _answer(value, before)

    def _of_entries(self) -> Iterator[Element]:
        seen: set[Element] = set()
        for entry in anywhere(self.document, "entry"):
            for element in anywhere(entry, "observation", "act", "procedure", "encounter"):
                if element not in seen:
                    seen.add(element)
                    yield element

    def _attached(self) -> Iterator[str]:
        """Attachments in the document, and the other parts of the payload; text is shown."""
        held = [
            (own(each, "mediaType"), line)
            for each in anywhere(self.document, "value", "text")
            if own(each, "representation") == "B64" and (line := "".join(each.itertext()).strip())
        ]
        if self.number == 1:
            held += [(kind, "".join(e.itertext()).strip()) for kind, e in self.envelope.others]
        for kind, data in held:
            words = attached_words(data, kind, encoded=True)
            if words is None:
                self.problems.say("An attachment is kept with the message, but not shown here.")
                self.problems.keep(f"Attachment: {kind[:60] or 'of a kind that is not told'}")
            else:
                yield words


def _number(element: Element, path: str) -> str:
    """An instance identifier as one text: its root, and its extension where it has one."""
    for each in at(element, path):
        if told := "^".join(filter(None, (own(each, "root"), own(each, "extension")))):
            return told
    return ""


def _coded(element: Element, before: str = "") -> _Coded:
    code = own(element, "code")
    words = called(element)
    if code == NO_CONCERN:
        return _Coded(f"{before}{words}" if says_more(words, code) else "")
    system = own(element, "codeSystemName")
    if code and may_be_code(code, system):
        words = words or SAFEGUARDING_CODES.get(code, "")
        return _Coded(f"{before}{words} ({code})" if words else f"{before}{code}", code)
    told = f"{words} ({code})" if words and code else words or code
    return _Coded(f"{before}{told}" if told else "")


def _answer(value: Element, before: str) -> _Coded:
    """What was found: a code, a number, yes or no, or words."""
    if own(value, "code"):
        return _coded(value, before)
    told = own(value, "value")
    words = line_of(value) or " ".join(filter(None, (told, own(value, "unit"))))
    return _Coded(f"{before}{words}" if words else "")


# ── A made-up report ──


def example(seed: int) -> bytes:
    """A made-up report of NHS 111."""
    return written(story(FORMAT.name, seed))


def written(told: Story) -> bytes:
    """The report in which NHS 111 would tell this story."""
    first, *others = told.children
    at_that_time = f"{told.at:%Y%m%d%H%M%S}+0000"
    document, tracking, set_id = (
        str(uuid5(NAMESPACE_OID, f"{told.reference} {what}")).upper()
        for what in ("document", "tracking", "set")
    )
    disposition, means = {
        "immediate": ("Dx011", "Emergency ambulance response"),
        "urgent": ("Dx42", "Child protection or vulnerable adult concern"),
        "routine": ("Dx10", "Non-urgent contact with a local service"),
    }[told.urgency]
    given, _, family = told.referrer.partition(" ")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">
<s:Body><itk:DistributionEnvelope xmlns:itk="urn:nhs-itk:ns:201005">
<itk:header service="urn:nhs-itk:services:201005:SendNHS111Report-v2-0" trackingid="{tracking}">
<itk:auditIdentity><itk:id uri="urn:nhs-uk:identity:ods:XE111"/></itk:auditIdentity>
<itk:manifest count="1"><itk:manifestitem mimetype="text/xml" id="uuid_{document}"/></itk:manifest>
<itk:senderAddress uri="urn:nhs-uk:addressing:ods:XE111"/>
</itk:header>
<itk:payloads count="1"><itk:payload id="uuid_{document}">
<ClinicalDocument xmlns="urn:hl7-org:v3" classCode="DOCCLIN" moodCode="EVN">
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<id root="{document}"/>
<title>NHS 111 Report</title>
<effectiveTime value="{at_that_time}"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.1.11.16926"/>
<setId root="{set_id}"/><versionNumber value="1"/>
<recordTarget><patientRole>
<id root="2.16.840.1.113883.2.1.4.1" extension="{first.nhs_number}"/>
<id root="2.16.840.1.113883.2.1.3.2.4.18.24" extension="P{told.reference}"
 assigningAuthorityName="XE111"/>
{_home(told)}
<patient>{_called(first)}<administrativeGenderCode code="{1 if first.sex == "M" else 2}"/>
<birthTime value="{first.born_on:%Y%m%d}"/></patient>
</patientRole></recordTarget>
<author><time value="{at_that_time}"/><assignedAuthor>
<code code="NP" displayName="Nurse Practitioner"/><telecom value="tel:{told.telephone}"/>
<assignedPerson><name><given>{_text(given)}</given><family>{_text(family)}</family></name></assignedPerson>
<representedOrganization><name>Exshire 111</name></representedOrganization>
</assignedAuthor></author>
{"".join(_near(adult, adult.role, adult.telephone) for adult in told.adults)}
{"".join(_near(child, "sibling") for child in others)}
<componentOf><encompassingEncounter>
<id root="2.16.840.1.113883.2.1.3.2.4.18.34" extension="C{told.reference}"
 assigningAuthorityName="XE111"/>
<effectiveTime><low value="{at_that_time}"/></effectiveTime>
<dischargeDispositionCode code="{disposition}" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.325"
 displayName="{means}"/>
</encompassingEncounter></componentOf>
<component><structuredBody><component><section>
<title>Case Summary</title>
<text><paragraph>{_text(told.concern)}</paragraph></text>
<entry><observation classCode="OBS" moodCode="EVN"><code code="{told.code}"
 codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/></observation></entry>
</section></component></structuredBody></component>
</ClinicalDocument>
</itk:payload></itk:payloads>
</itk:DistributionEnvelope></s:Body></s:Envelope>
""".encode()


def _text(words: str) -> str:
    return escape(words, quote=True)


def _called(person: MadeUpAdult | MadeUpChild) -> str:
    given, family = _text(person.given_name), _text(person.family_name)
    return f"<name><given>{given}</given><family>{family}</family></name>"


def _home(told: Story) -> str:
    lines = "".join(f"<streetAddressLine>{_text(e)}</streetAddressLine>" for e in told.lines)
    return f'<addr use="H">{lines}<postalCode>{told.postcode}</postalCode></addr>'


def _near(person: MadeUpAdult | MadeUpChild, role: str, telephone: str = "") -> str:
    """Somebody of the household."""
    reached = f'<telecom value="tel:{telephone}"/>' if telephone else ""
    return (
        f'<participant typeCode="IND"><associatedEntity classCode="PRS">'
        f'<code code="PRS" displayName="{role}"/>{reached}<associatedPerson>{_called(person)}'
        f'<birthTime value="{person.born_on:%Y%m%d}"/></associatedPerson></associatedEntity>'
        "</participant>\n"
    )
