"""What does a hospital's or surgery's HL7 version 2 message (REF, RRI, ADT, MDM, ACK) say?

A REF is always a referral: I12 opens, I13 updates, I14 cancels it. An ADT or MDM is one as soon as
it carries words or codes other than the code for "no safeguarding issues", in whatever segment; one
that is whole and of which every segment is known to carry none has nothing to look at. A40 and A34
say that two records are one person. A document (MDM) may be added to, edited, replaced or withdrawn
under its number. An RRI or ACK answers an earlier message.
Consent segments (CON) are about care, not about referral, and are not read.
Source: HL7 version 2.8, chapters 2, 3, 4, 9 and 11.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from adapters.attached_text import attached_words
from adapters.concern_codes import NO_CONCERN, SAFEGUARDING_CODES, may_be_code, says_more
from adapters.hl7_people import named, referrer_of
from adapters.hl7_silent import is_silent, words_of
from adapters.hl7_text import (
    Components,
    Message,
    Segment,
    declared_charset,
    escaped,
    has_segments,
    instant_of,
    looks_like_hl7,
    message_of,
    texts_of_messages,
)
from adapters.made_up import MadeUpAdult, MadeUpChild, Story, story
from adapters.particulars import NO_CONCERN_TOLD, People, plausible_time, reference_of
from adapters.reading import LARGEST_READ, Problems, beginning, decoded, shown, unread
from adapters.translation import FormatInformation, Intent, Sent, Translation
from adapters.urgency import most_urgent, told_unknown, urgency_in
from domain.calendar import local_day
from domain.described import Urgency

FORMAT = FormatInformation(
    name="hl7v2",
    title="HL7 version 2 messages of hospitals and surgeries (REF, RRI, ADT, MDM, ACK)",
    transports=("file", "http", "kafka", "mllp", "mesh"),
    content_types=("application/hl7-v2",),
    rank=20,
)

MOST_MESSAGES = 2000
MOST_LINES = 20_000
MOST_CHARACTERS = 3 * LARGEST_READ
"""Messages of one file that are read one by one, and what all of them hold; what follows is kept
together."""

_REFERRALS: dict[str, Intent] = {"I12": "new", "I13": "update", "I14": "cancel"}
_DOCUMENTS: dict[str, Intent] = {
    "T05": "update", "T06": "update", "T07": "update", "T08": "update", "T09": "update",
    "T10": "update", "T11": "cancel",
}  # fmt: skip
"""Of documents: added to, edited, replaced, withdrawn; any other event tells of one."""
_ANSWERS = frozenset({"ACK", "RRI"})
_ACKNOWLEDGED = {
    "AA": "accepted", "CA": "accepted", "AE": "error", "CE": "error", "AR": "rejected",
    "CR": "rejected",
}  # fmt: skip
_MERGES = frozenset({"A18", "A30", "A34", "A36", "A39", "A40"})
_PRIOR_NUMBERS = (1, 2, 4)
"""Fields of MRG that name the record which is replaced: those of A34 and before are 2 and 4."""
_WHOLE = ("MSH", "EVN", "PID", "PV1")
_URGENCIES: dict[str, Urgency] = {"S": "immediate", "A": "urgent", "R": "routine"}
"""Codes of a referral's priority: table 0280; of its timing's, table 0485, they mean the same."""
_PRIORITIES = (("RF1-2", "RF1", 2), ("TQ1-9", "TQ1", 9), ("PV2-25", "PV2", 25))
"""The fields of a priority: the referral's own first."""
_OF_A_CONCERN = frozenset({"new", "update", "correlate"})
_ADMISSIONS: dict[str, Urgency] = {
    "A": "urgent", "E": "urgent", "U": "urgent", "R": "routine", "C": "routine",
}  # fmt: skip
_CODED = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID"})
_ATTACHED = frozenset({"ED", "RP"})
_FREE_TEXT = frozenset({"TX", "FT", "ST"})


def recognise(sent: Sent) -> bool:
    """Begins with a header of a message, batch or file."""
    return looks_like_hl7(beginning(sent, 4096))


def translate(sent: Sent) -> list[Translation]:
    """A translation a message; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    text = decoded(sent.body, problems, declared_charset(sent.body))
    parts = texts_of_messages(text.strip(" \t"))
    read = _most_read(parts)
    found = [_one(part, sent, problems) for part in parts[:read]]
    if len(parts) == 1:
        return found
    numbered = [
        replace(each, row=row, raw=part.encode())
        for row, (each, part) in enumerate(zip(found, parts, strict=False), start=1)
    ]
    if len(parts) > read:
        numbered.append(_the_rest("".join(parts[read:]), read, problems))
    return numbered


def _most_read(parts: list[str]) -> int:
    """How many of the messages are read: the first in any case."""
    lines = characters = 0
    for index, part in enumerate(parts[:MOST_MESSAGES]):
        lines += part.count("\r") or part.count("\n")
        characters += len(part)
        if index and (lines > MOST_LINES or characters > MOST_CHARACTERS):
            return index
    return min(len(parts), MOST_MESSAGES)


def _the_rest(text: str, read: int, problems: Problems) -> Translation:
    problems.say(f"The file has more than {read} messages: the rest is here together, unread.")
    return Translation(
        concern=shown(text, problems),
        problems=problems.told(),
        row=read + 1,
        raw=text.encode(),
    )


def _one(text: str, sent: Sent, of_the_file: Problems) -> Translation:
    problems = Problems()
    for sentence in of_the_file.told():
        problems.say(sentence)
    if not has_segments(text):
        problems.say("The message is not HL7: it has neither a header nor a patient.")
        return unread(sent, text, problems)
    return _Reading(message_of(text, problems), sent, problems).translation()


class _Told(NamedTuple):
    """A piece of the concern: words, and the code they stand for, if any."""

    words: str
    code: str | None = None


class _Reading:
    def __init__(self, message: Message, sent: Sent, problems: Problems) -> None:
        self.message = message
        self.sent = sent
        self.problems = problems
        self.people = People(local_day(sent.received_at), problems)
        self.header = message.first("MSH")
        self.kind, self.event = _type_of(message)

    def translation(self) -> Translation:
        pieces = [piece for piece in self._pieces() if piece.words or piece.code]
        addresses = named(self.message, self.people, self.problems)
        intent = self._intent(pieces)
        happened_at = self._happened_at()
        urgency = self._urgency(intent)
        lines = [piece.words for piece in pieces if piece.words]
        lines += self.problems.kept if intent != "no-concern" else ()
        references, earlier = self._references(intent)
        return Translation(
            intent=intent,
            key=self._key(),
            references=references,
            earlier=earlier,
            happened_at=happened_at,
            urgency=urgency,
            concern=shown("\n".join(lines), self.problems),
            concern_codes=tuple(dict.fromkeys(p.code for p in pieces if p.code)),
            referrer=referrer_of(self.message),
            children=self.people.children(),
            adults=self.people.adults(),
            addresses=addresses,
            problems=self.problems.told(),
            superseded=self._superseded() if intent == "merge" else (),
        )

    # What is meant

    def _intent(self, pieces: list[_Told]) -> Intent:
        if self.kind == "REF":
            return self._referral(pieces)
        if self.kind in _ANSWERS:
            return self._answer(pieces)
        if self.event in _MERGES and self.kind in {"ADT", ""}:
            return self._merge()
        if self.kind not in {"ADT", "MDM"}:
            self.problems.say("The type of the message is not one that we know.")
        elif not pieces and self._is_silent() and self._is_whole():
            return "no-concern"
        if self.kind == "MDM" and self.event in _DOCUMENTS:
            return self._later_document(pieces)
        self._told_what_lacks(pieces)
        return "new"

    def _later_document(self, pieces: list[_Told]) -> Intent:
        intent = _DOCUMENTS[self.event]
        if intent != "cancel":
            self._told_what_lacks(pieces)
        return intent

    def _answer(self, pieces: list[_Told]) -> Intent:
        """An answer to an earlier message, unless nothing says to which."""
        if self._answered():
            return "correlate"
        self.problems.say("The message is an answer, but does not say to what.")
        self._told_what_lacks(pieces)
        return "new"

    def _referral(self, pieces: list[_Told]) -> Intent:
        intent = _REFERRALS.get(self.event)
        if intent is None:
            self.problems.say("The event of the referral is not one that we know: read as new.")
        if intent != "cancel":
            self._told_what_lacks(pieces)
        return intent or "new"

    def _merge(self) -> Intent:
        if self._superseded() and (self.people.children() or self.people.adults()):
            self.people.told()
            return "merge"
        self.problems.say("The message merges two records, but does not name both.")
        self.people.told()
        return "new"

    def _told_what_lacks(self, pieces: list[_Told]) -> None:
        self.people.told()
        if not pieces:
            self.problems.say(NO_CONCERN_TOLD)

    def _is_silent(self) -> bool:
        """Whether every segment carries no words, or nothing but that there is no concern."""
        return all(
            _denies(segment) if segment.name in {"DG1", "OBX"} else is_silent(segment)
            for segment in self.message.segments
        )

    def _is_whole(self) -> bool:
        """Whether a message without any words is whole, so that none can have been lost."""
        for name in _WHOLE:
            if not self.message.has(name):
                self.problems.say(f"The segment {name} is missing: the message may be cut off.")
        self._happened_at()
        if not (self.people.children() or self.people.adults()):
            self.people.told()
        return not self.problems

    def _key(self) -> str | None:
        control = self.header.field(10).strip()
        if not control and self.header.field(9):
            self.problems.say("The message has no control id (MSH-10).")
        return self._ours(control) if control else None

    def _ours(self, number: str) -> str:
        """A number of the sending system: another system of the same hospital has its own."""
        return "|".join((number, self.header.field(3).strip(), self.header.field(4).strip()))

    def _references(self, intent: Intent) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The sender's names of it, and of what it refers to: a referral, or its first message."""
        named = [told.first(field) for told in self.message.all("RF1") for field in (6, 11)]
        named += [told.first(12) for told in self.message.all("TXA")]
        referral = [name for each in named if (name := self._entity(each))]
        own = dict.fromkeys((*referral, *filter(None, [self._key()])))
        if intent == "correlate":
            return tuple(filter(None, [self._key()])), self._answered()
        if intent not in {"update", "cancel"}:
            return tuple(own), ()
        parents = [told.first(13) for told in self.message.all("TXA")]
        referral = [*(name for each in parents if (name := self._entity(each))), *referral]
        if not referral:
            what = "document (TXA-12)" if self.kind == "MDM" else "referral (RF1-6)"
            self.problems.say(f"It does not say which {what} it updates or cancels.")
        return tuple(own), tuple(dict.fromkeys(referral))

    def _answered(self) -> tuple[str, ...]:
        """What is answered: the referral by its numbers, the message by its control id.

        A message of theirs is known by their name and ours; one of ours stands under its id alone.
        """
        named = [told.first(field) for told in self.message.all("RF1") for field in (6, 11)]
        found = [name for each in named if (name := self._entity(each))]
        for control in (told.field(2).strip() for told in self.message.all("MSA")):
            if control:
                asked = (self.header.field(5).strip(), self.header.field(6).strip())
                found += [self._ours(control), "|".join((control, *asked)), control]
        return tuple(dict.fromkeys(found))

    def _entity(self, part: Components) -> str:
        """A number and who gave it: without that, our own sender did, as it did the control id."""
        number = reference_of(part[1])
        giver = [each for each in (part[2], part[3], part[4]) if each]
        return "^".join((number, *giver)) if number and giver else number and self._ours(number)

    def _superseded(self) -> tuple[str, ...]:
        merged = [
            part[1]
            for mrg in self.message.all("MRG")
            for field in _PRIOR_NUMBERS
            for part in mrg.repeats(field)
        ]
        return tuple(dict.fromkeys(number for number in merged if number))

    def _happened_at(self) -> datetime | None:
        event = self.message.first("EVN")
        for segment, number, what in (
            (event, 6, "The time of the event (EVN-6)"),
            (event, 2, "The time of the event (EVN-2)"),
            (self.header, 7, "The time of the message (MSH-7)"),
        ):
            if segment.field(number).strip():
                at = instant_of(segment.first(number)[1], self.problems, what)
                return plausible_time(at, self.sent.received_at, self.problems)
        return None

    def _urgency(self, intent: Intent) -> Urgency:
        """The most urgent that a priority says: of the referral, of its timing or of the visit.

        What the admission does is taken where the referral's own says nothing and no other is as
        urgent.
        """
        found = {
            where: [
                self._asked(part, where, intent)
                for segment in self.message.all(name)
                for part in segment.repeats(number)
            ]
            for where, name, number in _PRIORITIES
        }
        said = {where: most_urgent(each) for where, each in found.items()}
        said = {where: each for where, each in said.items() if each != "not-stated"}
        if _PRIORITIES[0][0] in said:
            return self._most_urgent(said, intent)
        unclear = any(None in each for each in found.values())
        admitted = self._admitted()
        told = most_urgent(said.values())
        if told != most_urgent((told, admitted)):
            said["PV1-4"] = admitted
        urgency = self._most_urgent(said, intent)
        return "not-stated" if unclear and urgency == "routine" else urgency

    def _most_urgent(self, said: dict[str, Urgency], intent: Intent) -> Urgency:
        """The most urgent of what the fields say; a person is told where they differ."""
        if len({*said.values()}) > 1 and intent in _OF_A_CONCERN:
            fields = " and ".join(said)
            self.problems.say(f"{fields} do not say the same urgency: the most urgent is taken.")
            words = ", ".join(f"{urgency} ({where})" for where, urgency in said.items())
            self.problems.keep(f"The urgency: {words}")
        return most_urgent(said.values())

    def _admitted(self) -> Urgency:
        admission = self.message.first("PV1").first(4)
        return most_urgent([_ADMISSIONS.get(admission[1].upper()), urgency_in(admission[2])])

    def _asked(self, part: Components, where: str, intent: Intent) -> Urgency | None:
        """What a priority says by its codes and its texts; None where no word is understood."""
        told = {
            each: _URGENCIES.get(each.upper()) or urgency_in(each)
            for number in (1, 2, 4, 5, 9)
            if (each := part[number].strip()) and each != '""'
        }
        found = {each for each in told.values() if each}
        texts = {told.get(part[number].strip(), "not-stated") for number in (2, 5, 9)}
        doubtful = len(found) > 1 or None in texts or (None in told.values() and not found)
        if doubtful and intent in _OF_A_CONCERN:
            told_unknown(f"The urgency ({where})", " ".join(told), self.problems)
        return most_urgent(found) if found else None if told else "not-stated"

    # What is told

    def _pieces(self) -> Iterator[_Told]:
        label = ""
        for segment in self.message.segments:
            match segment.name:
                case "RF1":
                    yield from self._referral_status(segment)
                    yield from _reason(segment)
                case "MSA":
                    yield _Told(_acknowledged(segment))
                case "TXA":
                    yield from self._about_document(segment)
                case "DG1":
                    yield from _diagnosis(segment)
                case "NTE":
                    yield from (_Told(words) for words in (segment.text(3),) if words)
                case "OBX":
                    yield from self._observed(segment, label)
                    label = segment.first(3)[2] or segment.first(3)[1]
                case "AL1" if is_silent(segment):
                    pass  # its words are the name of an allergen and the usual reactions
                case _:
                    yield from (_Told(words) for words in (words_of(segment),) if words)

    def _observed(self, segment: Segment, label: str) -> Iterator[_Told]:
        kind = segment.first(2)[1].upper()
        asked = segment.first(3)
        question = asked[2] or asked[1]
        yield from (_Told(words) for words in (_added(segment),) if words)
        if kind in _ATTACHED:
            yield from self._attachment(segment, question)
            return
        if asked[1] in SAFEGUARDING_CODES:
            yield from _named(asked[1], question if asked[1] not in question else "")
        before = f"{question}: " if question and question != label else ""
        if kind in _CODED:
            for answer in segment.repeats(5):
                words, code = _coded(answer)
                if code == NO_CONCERN:
                    yield from _named(code, words, before)
                else:
                    yield _Told(f"{before}{words}" if words else "", code)
        elif words := segment.text(5).replace("^", " "):
            yield _Told(f"{before}{words}")

    def _attachment(self, segment: Segment, called: str) -> Iterator[_Told]:
        """A document in its own file: its words if it is text, else that there is one."""
        for part in segment.repeats(5) or [segment.first(5)]:
            media = "/".join(each for each in (part[2], part[3]) if each)
            kind = media if part[3] or part[2].upper() not in _FREE_TEXT else "text"
            words = attached_words(part[5], kind, encoded=part[4].upper() == "BASE64")
            if words:
                yield _Told(f"{called}: {words}" if called else words)
                continue
            self.problems.say("An attachment (OBX) is kept with the message, but not shown here.")
            told = f"{called[:60]} ({media[:60]})" if called and media else called or media
            self.problems.keep(f"Attachment: {told[:120] or 'not named'}")

    def _about_document(self, segment: Segment) -> Iterator[_Told]:
        """The words in what describes a document; its kind stands beside the concern."""
        kind = segment.first(2)
        if told := kind[2] or kind[1]:
            self.problems.keep(f"Document type: {told[:60]}")
        if words := words_of(segment, besides={2, 5, 9, 10, 11, 12, 13, 22, 23}):
            yield _Told(words)

    def _referral_status(self, segment: Segment) -> Iterator[_Told]:
        """How the referral stands, which only an answer tells."""
        status = segment.first(1)
        if self.kind in _ANSWERS and (told := status[2] or status[1]):
            yield _Told(f"Referral status: {told}")


def _acknowledged(segment: Segment) -> str:
    """What an acknowledgement says: accepted, error or rejected, and its words."""
    code = segment.field(1).strip().upper()
    meant = _ACKNOWLEDGED.get(code, code)
    told = " ".join(filter(None, (segment.text(3), segment.first(6)[2])))
    return ": ".join(filter(None, (f"Answer: {meant}" if meant else "", told)))


def _type_of(message: Message) -> tuple[str, str]:
    """Message type and event, such as REF and I12, from whichever field says so."""
    told = message.first("MSH").first(9)
    kind, _, rest = told[1].upper().partition("_")
    event = told[2].upper() or rest or told[3].upper().partition("_")[2]
    return kind, event or message.first("EVN").first(1)[1].upper()


def _named(code: str, words: str, before: str = "") -> Iterator[_Told]:
    """A code, and the words beside it; of the code for no concern, other words than its name."""
    if code != NO_CONCERN:
        yield _Told(f"{before}{words}" if words else "", code)
    elif says_more(words, code):
        yield _Told(f"{before}{words}")


def _denies(segment: Segment) -> bool:
    """Whether a diagnosis or observation holds the code for no concern; what it tells besides is
    a piece of its own."""
    fields = (3,) if segment.name == "DG1" else (3, 5)
    values = [part[1] for field in fields for part in segment.repeats(field)]
    return NO_CONCERN in values


def _added(segment: Segment) -> str:
    """The notes and free texts that may stand elsewhere in a diagnosis or observation."""
    read = {"DG1": {1, 2, 3, 4, 5, 6, 16}, "OBX": {*range(1, 8), 11, *range(14, 26)}}[segment.name]
    return words_of(segment, besides=read)


def _reason(segment: Segment) -> Iterator[_Told]:
    """Why somebody is referred: coded reasons, and the free texts of later versions."""
    for reason in segment.repeats(10):
        words, code = _coded(reason)
        yield from _named(code, words) if code else (_Told(words),)
    for number in (14, 22):
        if words := segment.first(number)[1]:
            yield _Told(words)


def _diagnosis(segment: Segment) -> Iterator[_Told]:
    words, code = _coded(segment.first(3))
    described = segment.text(4)
    if code == NO_CONCERN:
        added = [each for each in (words, described) if says_more(each, code)]
        yield _Told(f"Diagnosis: {' '.join(added)}" if added else "")
    else:
        told = " ".join(dict.fromkeys(part for part in (words, described) if part))
        yield _Told(f"Diagnosis: {told}" if told else "", code)
    if added_elsewhere := _added(segment):
        yield _Told(added_elsewhere)


def _coded(answer: Components) -> tuple[str, str | None]:
    """Words, and the code if it is of a list that we know; any other stays among the words."""
    value, words = (
        answer[1],
        " ".join(dict.fromkeys(each for each in (answer[2], answer[9]) if each)),
    )
    if value in SAFEGUARDING_CODES:
        return words or SAFEGUARDING_CODES[value], value
    other = answer[5] if answer[5] not in words else ""
    if may_be_code(value, answer[3]):
        return " ".join(each for each in (words or value, other) if each), value
    shown_code = f"({value})" if words and value and value not in words else "" if words else value
    return " ".join(each for each in (words, shown_code, other) if each), None


# ── A made-up referral ──


def example(seed: int) -> bytes:
    """A made-up REF^I12 of an emergency department."""
    return written(story(FORMAT.name, seed))


def written(told: Story) -> bytes:
    """The referral in which a hospital would tell this story."""
    first, *others = told.children
    at = f"{told.at:%Y%m%d%H%M%S}+0000"
    given, _, family = told.referrer.partition(" ")
    urgency = {"immediate": "S", "urgent": "A", "routine": "R"}[told.urgency]
    lines = [
        "MSH|^~\\&|EDIS|CITYHOSP|CSC|EXSHIRE|" + at + f"||REF^I12^REF_I12|ED{told.reference}"
        "|P|2.5.1||||||UNICODE UTF-8",
        f"RF1||{urgency}||||R{told.reference}^EDIS|{told.at:%Y%m%d}",
        f"PRD|RP^Referring provider|{escaped(family)}^{given}^^^Dr|||{told.telephone}^WPN^PH"
        "|||||City Hospital",
        _patient(first, told),
        *(_adult(number, adult) for number, adult in enumerate(told.adults, start=1)),
        *(_sibling(number, c) for number, c in enumerate(others, start=len(told.adults) + 1)),
        f"DG1|1||{told.code}^Safeguarding concern^SCT|||A",
        f"NTE|1||{escaped(told.concern)}",
    ]
    return "".join(f"{line}\r" for line in lines).encode()


def _patient(child: MadeUpChild, told: Story) -> str:
    numbers = f"{child.nhs_number}^^^NHS^NH~H{told.reference}^^^CITYHOSP^MR"
    street, town = map(escaped, told.lines)
    return (
        f"PID|1||{numbers}||{_called(child)}||{child.born_on:%Y%m%d}|{child.sex}"
        f"|||{street}^^{town}^^{told.postcode}^GBR^H"
    )


def _adult(number: int, adult: MadeUpAdult) -> str:
    relation = {"mother": "MTH", "father": "FTH", "grandmother": "GRP"}.get(adult.role, "OTH")
    contact = f"{adult.telephone}^PRN^PH"
    born = f"{adult.born_on:%Y%m%d}"
    return f"NK1|{number}|{_called(adult)}|{relation}^{adult.role}||{contact}{'|' * 11}{born}"


def _sibling(number: int, child: MadeUpChild) -> str:
    born = f"{child.born_on:%Y%m%d}"
    return f"NK1|{number}|{_called(child)}|SIB^sibling{'|' * 12}{child.sex}|{born}"


def _called(person: MadeUpAdult | MadeUpChild) -> str:
    return f"{escaped(person.family_name)}^{escaped(person.given_name)}"
