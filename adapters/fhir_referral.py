"""What does a FHIR message that asks for something (a ServiceRequest) say, whoever sent it?

A ServiceRequest is a referral; its status, or the header's reason, says whether it opens, updates
or cancels one. Safeguarding flags (category SG) name the concern by code or text; where all of them
say "no safeguarding issues" and nobody wrote a word anywhere (see `adapters.fhir_words`), there is
no concern: the summary in a care plan, which every such message carries, is no safeguarding concern
by itself. A Consent is about care, not about referral, and is not read. One bad resource does not
lose the rest. What one format means otherwise, it says by its own kind of `Reading`.
Source: NHS England, Booking and Referral FHIR API; HL7 FHIR R4.
"""

from datetime import datetime
from typing import Any

from adapters.concern_codes import (
    CATEGORY,
    NO_CONCERN,
    SAFEGUARDING_CODES,
    UNBORN_CHILD,
    says_more,
)
from adapters.fhir_people import named, referrer_of
from adapters.fhir_resources import (
    Concept,
    Flag,
    Header,
    Meta,
    Observed,
    Outcome,
    Reference,
    Request,
    Resources,
    Task,
)
from adapters.fhir_words import Word, words_of
from adapters.particulars import NO_CONCERN_TOLD, People, instant, plausible_time, reference_of
from adapters.reading import Problems, shown, text_of_html
from adapters.translation import Intent, Sent, Translation
from adapters.urgency import told_unknown, urgency_in
from domain.calendar import local_day
from domain.described import Urgency

WITHDRAWN = frozenset({"revoked", "entered-in-error"})
NOT_ACTIVE = frozenset({"inactive", "entered-in-error"})
_ANSWERS = ("MessageHeader", "OperationOutcome", "Organization", "Endpoint")
_SHORTEST_ID = 8
"""Characters of an id that no other message of the same sender bears."""


class Reading:
    """One message, read as one referral."""

    def __init__(self, message: dict[str, Any], sent: Sent, problems: Problems) -> None:
        self.message = message
        self.sent = sent
        self.problems = problems
        self.resources = resources = Resources(message, problems)
        self.people = People(local_day(sent.received_at), problems)
        self.header = next(iter(resources.all(Header, "MessageHeader")), None)
        self.requests = resources.all(Request, "ServiceRequest")
        self.asking = [each for each in self.requests if each.status not in WITHDRAWN]
        self.tasks = resources.all(Task, "Task")
        self.request = next(iter(self.asking or self.requests), None)
        self.flags = [flag for flag in resources.all(Flag, "Flag") if _is_safeguarding(flag)]
        self.other_flags = [
            flag for flag in resources.all(Flag, "Flag") if not _is_safeguarding(flag)
        ]
        self.words = _words(resources)
        self.active = [flag for flag in self.flags if flag.status not in NOT_ACTIVE]

    def translation(self) -> Translation:
        addresses = named(self.resources, self.people, self.problems)
        lines, codes = self._lines(), self._codes()
        happened_at = self._happened_at()
        lines = [line for line in lines if line.strip()]
        urgency = self._urgency()
        answered = self._answered()
        intent: Intent = "correlate" if answered else self._intent()
        if answered:
            lines = [*self._told_as_answer(), *lines]
        if intent in {"new", "update"}:
            self._told_what_lacks(bool(lines), codes)
        lines = list(dict.fromkeys([*lines, *self.problems.kept]))
        concern = shown("\n".join(lines), self.problems)
        references, earlier = self._references(intent)
        if answered:
            references, earlier = self._own_of_answer(), answered
        return Translation(
            intent=intent,
            key=self.sent.key,
            references=references,
            earlier=earlier,
            happened_at=happened_at,
            urgency=urgency,
            concern=concern,
            concern_codes=codes,
            referrer=referrer_of(self.resources, self._asks()),
            children=self.people.children(),
            adults=self.people.adults(),
            addresses=addresses,
            problems=self.problems.told(),
        )

    def _asks(self) -> Reference:
        """Who asks."""
        return self.request.requester if self.request else Reference()

    # What is meant

    def _intent(self) -> Intent:
        reason = self.header.reason if self.header else Concept()
        if self.requests and not self.asking:
            return "cancel"
        if reason.has("delete", "cancel"):
            return "cancel"
        if reason.has("update") or any(each.replaces for each in self.asking):
            return "update"
        return "no-concern" if self._is_answer() or self._says_no_concern() else "new"

    def _is_answer(self) -> bool:
        """An outcome or a response, read in full, that holds nothing about anybody."""
        if not self.resources.only(*_ANSWERS):
            return False
        outcomes = self.resources.all(Outcome, "OperationOutcome")
        told = bool(outcomes) and all(outcome.issue for outcome in outcomes)
        return (told if self.header is None else self._answers()) and not self.problems

    def _answers(self) -> bool:
        header = self.header or Header()
        return header.response is not None or header.event_coding.code.endswith("-response")

    # What is answered

    def _answered(self) -> tuple[str, ...]:
        """The names of what an answer with something to tell answers; empty for any other message,
        and for an answer that does not say to what."""
        if self.resources.only(*_ANSWERS) or not (self._answers() or self._reports_back()):
            return ()
        based = [each for request in self.requests[:20] for each in request.based_on]
        for task in self.tasks[:20]:
            based += [*task.based_on, task.focus]
        response = self.header.response if self.header else None
        told = [response.answered if response else ""]
        told += [name for each in based for name in _names_of(each)]
        told += [self.sent.correlation or ""]
        if not any(reference_of(each) for each in told):
            return ()
        own = [name for name in self._names() if name != self.sent.correlation]
        return tuple(dict.fromkeys(name for each in [*told, *own] if (name := reference_of(each))))

    def _reports_back(self) -> bool:
        """Whether it tells only what was done about a request of before, with no header to say."""
        if self.header is not None:
            return False
        if not self.requests:
            return bool(self.tasks)
        return all(each.based_on and each.status == "completed" for each in self.requests)

    def _told_as_answer(self) -> list[str]:
        """How it was answered, and how the request stands."""
        response = self.header.response if self.header else None
        states = [each.status for each in self.requests] + [each.status for each in self.tasks]
        return [
            *([f"Answer: {response.code}"] if response and response.code else []),
            *dict.fromkeys(f"Referral status: {state}" for state in states if state),
        ]

    def _own_of_answer(self) -> tuple[str, ...]:
        names = [name for each in self.tasks[:20] for name in _own_names(each)]
        return tuple(dict.fromkeys([*self._names(), *names, *self._of_the_message()]))

    def _of_the_message(self) -> list[str]:
        """The id of the message, by which an answer names it; none that others may bear, too."""
        told = self.header.id if self.header else ""
        unique = len(told) >= _SHORTEST_ID and any(sign.isdigit() for sign in told)
        return [told] if unique else []

    def _names(self) -> list[str]:
        """Of the requests."""
        return [name for each in self.requests[:20] for name in _own_names(each)]

    def _says_no_concern(self) -> bool:
        """Every safeguarding flag has the code for no issues, and nobody adds a word to it."""
        if self.problems or not self.flags or len(self.active) < len(self.flags):
            return False
        only_that_code = all(
            {each.code for each in f.code.coding} == {NO_CONCERN} for f in self.flags
        )
        return only_that_code and not self._codes() and not any(self._added())

    def _added(self) -> list[str]:
        """What people wrote to say more than the code for no issues, in whatever element."""
        words = [word for flag in self.flags for word in own_words(flag)]
        words += [word for flag in self.other_flags for word in _narrated(flag)]
        words += [word.line for word in self.words if word.written]
        return [word for word in words if word.strip()]

    def _told_what_lacks(self, told: bool, codes: tuple[str, ...]) -> None:
        self._told_of_its_kind()
        if self._answers():
            self.problems.say("The message answers an earlier one, yet it is about somebody.")
        if self.flags and not self.active:
            self.problems.say("The safeguarding flag is marked as no longer active.")
        if not told and not codes:
            self.problems.say(NO_CONCERN_TOLD)
        unborn = [child for child in self.people.children() if child.unborn]
        if UNBORN_CHILD in codes and not unborn:
            self.problems.say("The concern is about an unborn child, but no due date is given.")
        if len(self.asking) < len(self.requests) and not any(r.replaces for r in self.asking):
            self.problems.say("One of the referrals in the message is withdrawn: read which.")
        self.people.told()
        if self.resources.has("DocumentReference", "Binary"):
            self.problems.say("An attachment is kept with the message, but not shown here.")

    def _told_of_its_kind(self) -> None:
        """Say what a message of this kind should hold and does not."""
        if self.request is None:
            if self.resources.has("Appointment"):
                self.problems.say("The message is a booking, not a referral: it must be read.")
            else:
                self.problems.say("The message holds no referral (ServiceRequest).")

    def _references(self, intent: Intent) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The sender's names of it, and of what it changes."""
        meant = self.requests if intent == "cancel" else self.asking
        own: list[str] = []
        based: list[str] = []
        for request in meant[:20]:
            own += [each.value for each in request.identifier]
            own += [request.id]
            for each in (*request.based_on, *request.replaces):
                based += _names_of(each)
        own = [name for each in own if (name := reference_of(each))]
        if intent == "cancel":
            # others may share its correlation, or what it is based on: their referrals still hold
            own = own or [self.sent.correlation or ""]
            cancelled = tuple(dict.fromkeys(filter(None, own)))
            return cancelled, cancelled
        own += [self.sent.correlation] if self.sent.correlation else []
        own += self._of_the_message()
        based = [name for each in based if (name := reference_of(each))]
        earlier = dict.fromkeys([*own, *based]) if intent == "update" else {}
        return tuple(dict.fromkeys(own)), tuple(earlier)

    def _urgency(self) -> Urgency:
        """Of the first request that says it; what is not understood is told in any case."""
        found = [urgency_in(each.priority) for each in self.requests]
        for each, urgency in zip(self.requests, found, strict=True):
            if urgency is None:
                told_unknown("The urgency (priority)", each.priority, self.problems)
        return next((each for each in found if each not in {None, "not-stated"}), "not-stated")

    def _happened_at(self) -> datetime | None:
        told = self.message.get("timestamp")
        candidates = [
            *self._times(),
            told if isinstance(told, str) else "",
            *(each.last_updated for each in self._metas()),
        ]
        first = next((each for each in candidates if each), "")
        at = instant(first, self.problems, "The time of the message")
        return plausible_time(at, self.sent.received_at, self.problems)

    def _times(self) -> list[str]:
        """When what is meant was written, the best first."""
        return [each.authored_on for each in self.requests[:1]]

    def _metas(self) -> list[Meta]:
        meta = self.message.get("meta")
        updated = meta.get("lastUpdated") if isinstance(meta, dict) else None
        return [Meta(last_updated=updated)] if isinstance(updated, str) else []

    # What is told

    def _codes(self) -> tuple[str, ...]:
        concepts = [flag.code for flag in self.active]
        concepts += [reason for each in self.requests for reason in each.reason_code]
        concepts += [o.code for o in self.resources.all(Observed, "Condition", "Observation")]
        codes = (each.code for concept in concepts for each in concept.coding)
        known = (code for code in codes if code in SAFEGUARDING_CODES and code != NO_CONCERN)
        return tuple(dict.fromkeys(known))

    def _lines(self) -> list[str]:
        lines = []
        for flag in self.flags:
            state = "Flag" if flag.status not in NOT_ACTIVE else "Flag, no longer active"
            names = [SAFEGUARDING_CODES.get(each.code, "") for each in flag.code.coding]
            known = ", ".join(name for name in names if name)
            if flag.code.has(NO_CONCERN):
                lines += [f"{state}: {words}" for words in own_words(flag)]
            else:
                told = [flag.code.words(), *_narrated(flag)]
                words = "; ".join(dict.fromkeys(filter(None, told))) or known
                lines += [f"{state}: {words}"] if words else []
        if any(flag.code.has(NO_CONCERN) for flag in self.flags):
            lines += [f"Flag: {words}" for flag in self.other_flags for words in _narrated(flag)]
        return [*lines, *(word.line for word in self.words)]


def _words(resources: Resources) -> list[Word]:
    """What is told in words: the requests first, then everything else in its order."""
    asked = [each for each in resources.everything if each["resourceType"] == "ServiceRequest"]
    others = [each for each in resources.everything if each["resourceType"] != "ServiceRequest"]
    return [word for each in (*asked, *others) for word in words_of(each)]


def _is_safeguarding(flag: Flag) -> bool:
    return any(each.has(CATEGORY) for each in flag.category) or flag.code.has(*SAFEGUARDING_CODES)


def _concept_says(concept: Concept) -> list[str]:
    """The words of a concept, without those of the code for no safeguarding issues."""
    if not concept.has(NO_CONCERN):
        return [words] if (words := concept.words()) else []
    words_told = (concept.text, *(each.display for each in concept.coding))
    return list(dict.fromkeys(each for each in words_told if says_more(each, NO_CONCERN)))


def own_words(flag: Flag) -> list[str]:
    """What the flag says more than the code for no safeguarding issues."""
    told = [*_concept_says(flag.code), *_narrated(flag)]
    return list(dict.fromkeys(each for each in told if says_more(each, NO_CONCERN)))


def _narrated(flag: Flag) -> list[str]:
    """What somebody wrote on a flag beside its code."""
    displayed = {each.display.casefold() for each in flag.code.coding}
    text = "" if flag.code.text.casefold() in displayed else flag.code.text
    words = (text, text_of_html(flag.text.div), *(note.text for note in flag.note))
    return list(dict.fromkeys(each for each in words if each))


def _own_names(told: Request | Task) -> list[str]:
    names = (*(each.value for each in told.identifier), told.id)
    return [name for each in names if (name := reference_of(each))]


def _names_of(reference: Reference) -> list[str]:
    """What a reference calls it: the last part of its address, and its own numbers."""
    address = reference.reference.removeprefix("urn:uuid:").rsplit("/", 1)[-1]
    return [address, *(each.value for each in reference.identifier)]
