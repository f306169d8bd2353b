"""What does an Operation Encompass e-mail say: which child was present at which domestic abuse?

A police force tells a school, and the authority, before the next school day. Labelled lines, as in
a police notice. Where the family lives is restricted, unless it is said to be the perpetrator's.
Known again by its Message-ID; a follow-up names the reference that it adds to.
"""

import re
from email.utils import format_datetime
from typing import Any, Literal

from msgspec import Struct

from adapters.email_text import as_mailed, email_of, looks_like_email
from adapters.fitting import Fit
from adapters.labelled import Labels, labelled
from adapters.made_up import Story, story
from adapters.notice_people import (
    Address,
    Officer,
    Present,
    addresses_of,
    people_of,
    referrer_of,
    with_school,
)
from adapters.particulars import (
    NO_CONCERN_TOLD,
    instant,
    plausible_time,
    reference_of,
)
from adapters.reading import LARGEST_READ, Problems, as_text, beginning, decoded, shown, unread
from adapters.translation import FormatInformation, Sent, Translation, own_and_shared
from adapters.urgency import GRADES, graded, urgency_in
from domain.described import Urgency

FORMAT = FormatInformation(
    name="encompass",
    title="Operation Encompass notification (e-mail)",
    transports=("file", "http", "kafka", "mesh", "mail-drop"),
    content_types=("message/rfc822",),
    rank=25,
)

_LABELS = Labels(
    fields={
        "reference": (
            "encompass reference", "encompass number", "encompass id", "notification number",
            "operation encompass reference", "operation encompass number",
        ),
        "follow_up_to": ("follow up to", "update to", "further to"),
        "notice_type": ("notice type", "type of notice", "notification", "notification type"),
        "incident_number": ("incident number", "incident no", "incident", "log number"),
        "force": ("force", "police force", "force code"),
        "grade": ("grade", "incident grade"),
        "incident_at": (
            "date of incident", "incident date", "date and time", "date and time of incident",
            "occurred", "occurred at",
        ),
        "school": ("school", "school notified", "school or nursery", "nursery"),
        "risk": (
            "risk", "risk grading", "risk level", "dash risk", "dash risk grading", "dash grading",
            "dash risk level", "dash", "da risk", "da risk grading", "domestic abuse risk",
            "domestic abuse risk grading",
        ),
        "children_present": (
            "children present", "were children present", "child present at incident",
            "child present at the incident", "children present at incident",
            "the following child attends your school", "the following pupil attends your school",
            "the following children attend your school", "the following pupils attend your school",
            "child attending your school", "children attending your school",
        ),
        "circumstances": (
            "circumstances", "details", "what happened", "narrative", "summary",
            "summary of incident", "incident details",
        ),
        "child_said": (
            "voice of the child", "child said", "what the child said", "words of the child",
        ),
    },
    groups={
        "officer": {
            "name": ("officer", "reporting officer", "officer name", "officer in the case"),
            "rank": ("rank",),
            "collar_number": (
                "collar number", "collar no", "warrant number", "shoulder number",
            ),
            "contact": ("officer contact", "contact", "contact number", "telephone", "email"),
        },
    },
    texts=frozenset({"circumstances", "child_said"}),
    answers=frozenset(),
    careful={},
    listed=frozenset({"children_present"}),
)  # fmt: skip
_SUBJECT = re.compile(r"(?:(?:re|fwd?|fw)\s*:\s*)*operation encompass\b.*", re.I | re.S)
_OWN_LABEL = re.compile(
    r"^[ \t*•-]*(?:(?:operation )?encompass (?:reference|number|id)\s*:"
    r"|(?:notice type|type of notice|notification(?: type)?)\s*:\s*operation encompass\b)",
    re.I | re.M,
)
"""What no other notice has: it tells this one from a notice that only says who was told."""
_HEADING = re.compile(
    r"[\W_]*operation encompass(?: notification| notice| alert)?[ \t.]*[\r\n]", re.I
)
_BEGINNING = 64 * 1024
_FEWEST_LABELS = 3
_TELLING = frozenset({"reference", "incident_number", "child"})
_NO_NOTICE = "The message is not laid out as Operation Encompass does: a person must read it."


class Notification(Struct, frozen=True, omit_defaults=True):
    """What the labelled lines hold. `risk`: as the police graded the domestic abuse (DASH)."""

    reference: str = ""
    follow_up_to: str = ""
    notice_type: str = ""
    incident_number: str = ""
    force: str = ""
    grade: Literal["immediate", "priority", "standard"] | None = None
    incident_at: str = ""
    school: str = ""
    risk: Literal["standard", "medium", "high"] | None = None
    children_present: str = ""
    circumstances: str = ""
    child_said: str = ""
    officer: Officer = Officer()
    children: tuple[Present, ...] = ()
    adults: tuple[Present, ...] = ()
    addresses: tuple[Address, ...] = ()


def recognise(sent: Sent) -> bool:
    """A subject, or a labelled line, that only these have, and labelled lines about a child."""
    start = beginning(sent, 16 * 1024)
    subject, text = "", start
    if looks_like_email(start):
        mail = email_of(sent.body[:_BEGINNING], Problems())
        if mail.automatic in {"report", "reply"}:
            return False
        subject, text = mail.subject, mail.text
    named = _SUBJECT.fullmatch(subject) or _OWN_LABEL.search(text) or _HEADING.match(text[:500])
    return named is not None and _is_notice(labelled(text, _LABELS).labels)


def _is_notice(labels: set[str]) -> bool:
    several = len(labels) >= _FEWEST_LABELS and not labels.isdisjoint(_TELLING)
    return several or labels >= {"children_present", "child"}


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    if not looks_like_email(beginning(sent, 16 * 1024)):
        text = decoded(sent.body, problems)
        if said := _lines(text, sent, problems):
            return [said]
        problems.say(_NO_NOTICE)
        return [unread(sent, text, problems)]
    mail = email_of(sent.body, problems)
    told = mail.whole()
    said = _lines(told, sent, problems)
    if said is None:
        problems.say(_NO_NOTICE)
        said = as_text(f"Subject: {mail.subject}\n\n{told}", problems)
    return [as_mailed(said, mail, sent)]


def _lines(text: str, sent: Sent, problems: Problems) -> Translation | None:
    """The notification that labelled lines tell; None where they tell none."""
    found = labelled(text[:LARGEST_READ], _LABELS)
    if not _is_notice(found.labels):
        return None
    for sentence in found.problems:
        problems.say(sentence)
    if len(text) > LARGEST_READ:
        problems.say("The text is very long: only its beginning was read, the rest is kept.")
    return _said(found.values, found.left_over, sent, problems)


def _said(
    value: dict[str, Any], left_over: list[str], sent: Sent, problems: Problems
) -> Translation:
    fit = Fit(problems, own=True)
    fit.left_over.extend(left_over)
    told = fit.fit(Notification, graded(value), "Notification")
    addresses = addresses_of(told.addresses, told.adults, hidden=True)
    children = with_school(told.children, told.school)
    people = people_of(children, told.adults, addresses, sent.received_at, problems)
    people.told()
    if not (told.circumstances or told.child_said):
        problems.say(NO_CONCERN_TOLD)
    own, incident = reference_of(told.reference), reference_of(told.incident_number)
    if not (own or incident):
        problems.say("The incident number is missing: a follow-up cannot be put beside it.")
    for what, number in (("Reference", told.reference), ("Follow-up to", told.follow_up_to)):
        if number and not reference_of(number):
            problems.keep(f"{what}: {number}")
    first = reference_of(told.follow_up_to)
    at = instant(told.incident_at, problems, "The time of the incident")
    of_the_police = bool(told.force or told.officer.collar_number or incident)
    return Translation(
        intent="update" if first else "new",
        references=own_and_shared([own], [incident]),
        earlier=(first,) if first else (),
        happened_at=plausible_time(at, sent.received_at, problems),
        source="6" if of_the_police else None,
        urgency=_urgency(told),
        concern=_concern(told, [*fit.left_over, *problems.kept], problems),
        lawful_basis="duty" if of_the_police else None,
        referrer=referrer_of(told.officer, told.force),
        children=people.children(),
        adults=people.adults(),
        addresses=addresses,
        problems=problems.told(),
    )


def _urgency(told: Notification) -> Urgency:
    """By the grade of the incident; else by the graded risk."""
    by_grade = next((each for each, grade in GRADES.items() if grade == told.grade), None)
    return by_grade or urgency_in(told.risk or "") or "not-stated"


def _concern(told: Notification, left_over: list[str], problems: Problems) -> str:
    named = {
        "Risk of domestic abuse as the police graded it": told.risk,
        "Children present": told.children_present,
        "Circumstances": told.circumstances,
        "What the child said": told.child_said,
        "School": told.school,
        "Incident number": told.incident_number,
    }
    lines = [
        "Operation Encompass: a child was present at domestic abuse.",
        *(f"{name}: {value}" for name, value in named.items() if value),
        "\n".join(["Also in the message:", *left_over]) if left_over else "",
    ]
    return shown("\n".join(line for line in lines if line), problems)


# ── A made-up notification ──


def example(seed: int) -> bytes:
    """A made-up notification, as an e-mail."""
    return written(story(FORMAT.name, seed))


def written(told: Story) -> bytes:
    """The e-mail in which a police force would tell this story of domestic abuse."""
    number = f"OE-{told.reference}"
    risk = {"immediate": "high", "urgent": "medium", "routine": "standard"}[told.urgency]
    grade = {"immediate": "immediate", "urgent": "priority", "routine": "standard"}[told.urgency]
    first = told.children[0]
    lines = [
        "From: encompass@north.police.example",
        "To: front.door@exampleshire.example",
        f"Date: {format_datetime(told.at)}",
        f"Message-ID: <{number}@north.police.example>",
        f"Subject: Operation Encompass {number}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Encompass reference: {number}",
        f"Incident number: NP{told.at:%Y%m%d}-{told.reference}",
        f"Date of incident: {told.at.isoformat()}",
        "Force: North Police",
        f"Grade: {grade}",
        f"DA risk grading: {risk}",
        "Children present: yes",
        f"School: {first.school}",
        f"Officer: {told.referrer}",
        f"Collar number: {told.telephone[-4:].strip()}",
        f"Officer contact: {told.telephone}",
    ]
    for n, child in enumerate(told.children, start=1):
        lines += [
            f"Child {n}: {child.given_name} {child.family_name}",
            f"Date of birth: {child.born_on:%d/%m/%Y}",
            f"Sex: {'female' if child.sex == 'F' else 'male'}",
            f"School: {child.school}",
        ]
    for n, adult in enumerate(told.adults, start=1):
        lines += [
            f"Adult {n}: {adult.given_name} {adult.family_name}",
            f"Date of birth: {adult.born_on:%d/%m/%Y}",
            f"Role: {adult.role}",
        ]
    lines += [
        f"Address: {', '.join(told.lines)}, {told.postcode}",
        f"Circumstances: {told.concern}",
        f"Voice of the child: {told.child_said}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()
