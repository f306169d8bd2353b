"""What does a police notice say, as an e-mail with labelled lines or as JSON of ours?

Notices of concern for a child, of domestic abuse and of a missing child. An e-mail is known again
by its Message-ID, JSON by its `notice_id`; a follow-up names the notice it adds to. Any other
e-mail is kept whole for a person to read. A notice is sent under a duty: it says nothing about
consent.
"""

import json
import re
from email.utils import format_datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.email_text import as_mailed, email_of, looks_like_email
from adapters.fitting import Fit
from adapters.labelled import Labels, labelled
from adapters.labelled_addresses import Addresses, Found, plain
from adapters.looks_like_address import may_be_in_a_line
from adapters.made_up import MadeUpAdult, MadeUpChild, Story, story
from adapters.notice_people import (
    Address,
    Officer,
    Present,
    addresses_of,
    people_of,
    referrer_of,
)
from adapters.particulars import (
    NO_CONCERN_TOLD,
    instant,
    plausible_time,
    reference_of,
)
from adapters.reading import (
    LARGEST_READ,
    NoJson,
    Problems,
    as_text,
    beginning,
    decoded,
    json_value,
    shown,
    unread,
)
from adapters.translation import FormatInformation, Intent, Sent, Translation, own_and_shared
from adapters.urgency import GRADES, graded, most_urgent, told_unknown, urgency_in
from domain.described import Urgency


class DomesticAbuse(Struct, frozen=True, omit_defaults=True):
    """What a notice of domestic abuse adds; victim and perpetrator are adults with that role."""

    dash_risk: Annotated[
        Literal["standard", "medium", "high"] | None,
        Meta(description="as graded with the DASH checklist"),
    ] = None
    relationship: Annotated[str, Meta(description="of victim and perpetrator")] = ""
    children_present: str = ""


class Missing(Struct, frozen=True, omit_defaults=True):
    """What a notice of a missing child adds. Where from and where found are places: they are kept
    as addresses unless they name none (home, school)."""

    missing_from: str = ""
    since: Annotated[str, Meta(description="RFC 3339, with an offset")] = ""
    reported_at: Annotated[str, Meta(description="RFC 3339, with an offset")] = ""
    risk: Annotated[str, Meta(description="as the police graded it")] = ""
    returned_at: Annotated[str, Meta(description="RFC 3339, with an offset")] = ""
    found_at: str = ""
    return_interview: Annotated[str, Meta(description="offered, held on, declined")] = ""


class Notice(Struct, frozen=True, omit_defaults=True):
    """A police notice: of concern for a child, of domestic abuse, or of a missing child."""

    notice_id: Annotated[str, Meta(description="unique a notice, follow-ups included")] = ""
    follow_up_to: Annotated[str, Meta(description="the notice_id that this one adds to")] = ""
    withdrawn: Annotated[bool, Meta(description="takes the notice of follow_up_to back")] = False
    incident_number: str = ""
    notice_type: str = ""
    force: str = ""
    grade: Literal["immediate", "priority", "standard"] | None = None
    police_protection: Annotated[
        bool, Meta(description="a constable has taken police protection (section 46)")
    ] = False
    occurred_at: Annotated[str, Meta(description="RFC 3339, with an offset")] = ""
    sent_at: Annotated[str, Meta(description="RFC 3339, with an offset")] = ""
    officer: Officer = Officer()
    circumstances: str = ""
    child_said: str = ""
    children: tuple[Present, ...] = ()
    adults: tuple[Present, ...] = ()
    addresses: tuple[Address, ...] = ()
    domestic_abuse: DomesticAbuse = DomesticAbuse()
    missing: Missing = Missing()


FORMAT = FormatInformation(
    name="police-notice",
    title="Police notice: protection, domestic abuse, missing child (e-mail, or JSON)",
    transports=("file", "http", "kafka", "mesh", "mail-drop"),
    content_types=("application/json", "message/rfc822"),
    rank=30,
    schema=msgspec.json.schema(Notice),
)

_FIELDS = {
    "notice_id": ("notice number", "notice no", "notice id", "our reference"),
    "reference": (
        "reference", "reference number", "our ref", "ref", "misper reference",
        "missing person reference", "missing report number",
    ),
    "risk": (
        "risk", "risk grade", "risk grading", "risk level", "risk assessment", "level of risk",
        "risk category",
    ),
    "follow_up_to": ("follow up to", "follow up to notice", "update to", "further to notice"),
    "incident_number": ("incident number", "incident no", "incident", "log number"),
    "notice_type": ("notice type", "type of notice"),
    "force": ("force", "police force", "force code"),
    "grade": ("grade", "incident grade"),
    "police_protection": (
        "police protection", "police protection section 46", "police protection taken",
        "section 46", "s46",
    ),
    "withdrawn": ("withdrawn", "cancelled"),
    "occurred_at": (
        "occurred", "occurred at", "date and time", "date of incident", "date",
        "date and time of incident", "incident date",
    ),
    "circumstances": ("circumstances", "details", "what happened", "narrative"),
    "child_said": ("child said", "what the child said", "words of the child", "voice of the child"),
}  # fmt: skip
_OFFICER = {
    "name": ("officer", "reporting officer", "officer name", "officer in the case"),
    "rank": ("rank",),
    "collar_number": ("collar number", "collar no", "warrant number", "shoulder number"),
    "contact": ("officer contact", "contact", "contact number", "telephone", "email"),
}
_DOMESTIC_ABUSE = {
    "dash_risk": (
        "dash risk", "dash risk grading", "dash grading", "dash risk level", "dash", "da risk",
        "da risk grading", "domestic abuse risk", "domestic abuse risk grading",
    ),
    "relationship": (
        "relationship of victim and perpetrator", "relationship between victim and perpetrator",
        "relationship of parties", "relationship of the parties",
    ),
    "children_present": (
        "children present", "were children present", "child present at incident",
        "child present at the incident", "children present at incident",
    ),
}  # fmt: skip
_MISSING = {
    "missing_from": ("missing from", "went missing from", "last seen at"),
    "since": ("missing since", "last seen", "went missing", "went missing on"),
    "reported_at": ("reported missing", "reported missing at"),
    "risk": ("missing risk", "missing risk level", "missing person risk", "missing risk grading"),
    "returned_at": ("returned", "returned on", "date returned", "return date", "found safe"),
    "found_at": ("found at", "returned to", "located at", "whereabouts when found"),
    "return_interview": (
        "return interview", "return home interview", "independent return interview",
    ),
}  # fmt: skip
_LABELS = Labels(
    fields=_FIELDS,
    groups={"officer": _OFFICER, "domestic_abuse": _DOMESTIC_ABUSE, "missing": _MISSING},
    texts=frozenset({"circumstances", "child_said"}),
    answers=frozenset({"police_protection"}),
    careful={"withdrawn": "no", "police_protection": "yes"},
    listed=frozenset({"children_present"}),
)

_MARKS = ('"notice_id"', '"police_protection"', '"incident_number"', '"circumstances"')
_OWN_LABEL = re.compile(
    r"^[ \t*•-]*(?:(?:notice|incident|collar|warrant|shoulder|log) (?:number|no|id|type)\.?"
    r"|type of notice|follow.?up to[^:\n]{0,20}|(?:police )?force|police protection[^:\n]{0,20})"
    r"\s*:",
    re.I | re.M,
)
"""A label that the police use and no other sender of an e-mail needs."""
_TITLE = re.compile(
    r"[\W_]*(?:(?:re|fwd?|fw|update|urgent|police)\W{1,3}){0,3}(?:found|located|returned)?\W{0,3}"
    r"(?:(missing (?:person|child|young person)|misper)|(domestic (?:abuse|violence)))\b[^:]*",
    re.I,
)
"""What a notice is called in its subject or its first lines: of somebody missing, or of abuse."""
_AT_A_PLACE = re.compile(r" (?:at|in|near|outside) (?=\D)")
"""What follows a time where somebody was last seen."""
_FIRST_LINES = 5
_LONGEST_TITLE = 120
_BEGINNING = 64 * 1024
_FEWEST_LABELS = 3
_TELLING = frozenset({"notice_id", "incident_number", "circumstances", "child"})
_DOMESTIC = frozenset({"domestic abuse", "domestic violence", "domestic", "dash"})
_ANY_NOTICE = frozenset({"notice", "notification", "report", "incident", "concern", "of"})
_NO_PLACES = frozenset(
    {
        "home", "school", "college", "placement", "foster", "care", "children", "s", "hospital",
        "the", "family", "address", "street", "unknown", "not", "known", "n", "a",
    }
)  # fmt: skip
"""Words that tell a kind of place, and not which."""
_NO_NOTICE = "The message is not laid out as a police notice: a person must read it."


def recognise(sent: Sent) -> bool:
    """Labelled lines of a notice, by e-mail or alone, or JSON with one of its own field names."""
    start = beginning(sent, 16 * 1024)
    if start.startswith("{"):
        return any(mark in start for mark in _MARKS)
    mail = email_of(sent.body[:_BEGINNING], Problems()) if looks_like_email(start) else None
    if mail is not None and mail.automatic in {"report", "reply"}:
        return False
    text = start if mail is None else mail.text
    title = _title(mail.subject if mail else "", text)
    if not title and _OWN_LABEL.search(text) is None:
        return False
    return _is_notice(labelled(text, _labels(title)).labels)


def _title(subject: str, text: str) -> str:
    """The kind of notice that its subject or one of its first lines names; empty if neither."""
    first = [line.strip() for line in text[:2000].splitlines() if line.strip()][:_FIRST_LINES]
    for line in (subject, *first):
        if len(line) <= _LONGEST_TITLE and (found := _TITLE.fullmatch(line)):
            return "Missing" if found[1] else "Domestic abuse"
    return ""


def _labels(title: str) -> Labels:
    """Of somebody missing the notice gives the name under no heading."""
    return _LABELS._replace(unannounced="child") if title == "Missing" else _LABELS


def _is_notice(labels: set[str]) -> bool:
    """Whether these labels are those of a notice, and not of any letter."""
    return len(labels) >= _FEWEST_LABELS and not labels.isdisjoint(_TELLING)


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    start = beginning(sent, 16 * 1024)
    if start.startswith(("{", "[")):
        return [_json(sent, problems)]
    if looks_like_email(start):
        return [_email(sent, problems)]
    text = decoded(sent.body, problems)
    return [_lines(text, _title("", text), sent, problems) or _no_notice(sent, text, problems)]


def _json(sent: Sent, problems: Problems) -> Translation:
    text = decoded(sent.body, problems)
    try:
        value = json_value(text, problems)
    except NoJson:
        return unread(sent, text, problems)
    if not isinstance(value, dict) or not set(value) & set(Notice.__struct_fields__):
        return _no_notice(sent, text, problems)
    said = _said(value, sent, problems, [])
    own = value.get("notice_id")
    numbered = reference_of(str(own)) if isinstance(own, str | int) else ""
    return replace(said, key=numbered or None)


def _email(sent: Sent, problems: Problems) -> Translation:
    mail = email_of(sent.body, problems)
    told = mail.whole()
    said = _lines(told, _title(mail.subject, mail.text), sent, problems)
    if said is None:
        text = f"Subject: {mail.subject}\n\n{told}" if mail.subject else told
        problems.say(_NO_NOTICE)
        said = as_text(text, problems)
    return as_mailed(said, mail, sent)


def _lines(text: str, title: str, sent: Sent, problems: Problems) -> Translation | None:
    """The notice that labelled lines tell; None where they tell none."""
    found = labelled(text[:LARGEST_READ], _labels(title))
    if not _is_notice(found.labels):
        return None
    for sentence in found.problems:
        problems.say(sentence)
    if len(text) > LARGEST_READ:
        problems.say("The text is very long: only its beginning was read, the rest is kept.")
    values = _in_their_fields(found.values, title, found.left_over)
    return _said(values, sent, problems, found.left_over)


def _in_their_fields(values: dict[str, Any], title: str, left_over: list[str]) -> dict[str, Any]:
    """The plain labels (`Reference`, `Risk`) as those that say more: by what the notice is of."""
    told = dict(values)
    reference, risk = told.pop("reference", ""), told.pop("risk", "")
    if title:
        told.setdefault("notice_type", title)
    if reference and told.setdefault("notice_id", reference) != reference:
        left_over.append(f"Reference: {reference}")
    if not risk:
        return told
    group = ("missing", "risk") if title == "Missing" or "missing" in told else None
    if group is None and (title or "domestic_abuse" in told):
        group = ("domestic_abuse", "dash_risk")
    if group is None:
        told.setdefault("grade", f"risk {risk}")  # a number of it is no grade of the police
        left_over.append(f"Risk: {risk}")
        return told
    name, field = group
    held = dict(told.get(name, {}))
    if held.setdefault(field, risk) != risk:
        left_over.append(f"Risk: {risk}")
    return {**told, name: held}


def _no_notice(sent: Sent, text: str, problems: Problems) -> Translation:
    problems.say(_NO_NOTICE)
    return unread(sent, text, problems)


def _said(
    value: dict[str, Any], sent: Sent, problems: Problems, left_over: list[str]
) -> Translation:
    fit = Fit(problems, own=True)
    fit.left_over.extend(left_over)
    notice = fit.fit(Notice, graded(value), "Notice")
    fit.told_unknown()
    seen_at = _places(notice.missing, problems)
    told_addresses = (*notice.addresses, *seen_at.values())
    hidden = _is_of_domestic_abuse(notice)
    addresses = addresses_of(told_addresses, notice.adults, hidden=hidden, careful=fit.careful)
    people = people_of(notice.children, notice.adults, addresses, sent.received_at, problems)
    own, incident = reference_of(notice.notice_id), reference_of(notice.incident_number)
    intent, earlier = _intent(notice, own, problems)
    if intent == "cancel":
        incident = ""  # others were at the same incident: their notices still hold
    else:
        people.told()
        kinds = (notice.domestic_abuse != DomesticAbuse(), notice.missing != Missing())
        if not (notice.circumstances or notice.child_said or any(kinds)):
            problems.say(NO_CONCERN_TOLD)
    if not own:
        problems.say("The notice number is missing: a follow-up cannot be put beside it.")
    for what, number_given in (
        ("Notice number", notice.notice_id),
        ("Follow-up to", notice.follow_up_to),
    ):
        if number_given and not reference_of(number_given):
            problems.keep(f"{what}: {number_given}")
    told_at = instant(notice.occurred_at, problems, "The time of the incident")
    since = _AT_A_PLACE.split(notice.missing.since)[0]
    told_at = told_at or instant(since, problems, "The time of going missing")
    told_at = told_at or instant(notice.sent_at, problems, "The time of the notice")
    of_the_police = bool(notice.force or notice.officer.collar_number or incident)
    return Translation(
        intent=intent,
        references=own_and_shared([own], [incident]),
        earlier=earlier,
        happened_at=plausible_time(told_at, sent.received_at, problems),
        source="6" if of_the_police else None,
        urgency=_urgency(notice, problems),
        concern=_concern(notice, [*fit.left_over, *problems.kept], [*seen_at], problems),
        lawful_basis="duty" if of_the_police else None,
        referrer=referrer_of(notice.officer, notice.force),
        children=people.children(),
        adults=people.adults(),
        addresses=addresses,
        problems=problems.told(),
    )


def _intent(notice: Notice, own: str, problems: Problems) -> tuple[Intent, tuple[str, ...]]:
    """What it means, and the notices it names as earlier: never those of the same incident."""
    first = reference_of(notice.follow_up_to)
    earlier = (first,) if first else ()
    if not notice.withdrawn:
        return ("update", earlier) if earlier else ("new", ())
    if not (earlier or own):
        problems.say("It does not say which notice it takes back.")
    return "cancel", earlier or ((own,) if own else ())


def _urgency(notice: Notice, problems: Problems) -> Urgency:
    """By police protection or the grade of the incident; else by the graded risk."""
    if notice.police_protection:
        return "immediate"
    missing = notice.missing
    risk = urgency_in(missing.risk)
    if risk is None:
        told_unknown("The risk while missing", missing.risk, problems)
    gone = not (missing.returned_at or missing.found_at)
    if gone and risk == "urgent" and "high" in plain(missing.risk).split():
        risk = "immediate"
    by_grade = next((each for each, grade in GRADES.items() if grade == notice.grade), None)
    return by_grade or most_urgent([risk, urgency_in(notice.domestic_abuse.dash_risk or "")])


def _is_of_domestic_abuse(notice: Notice) -> bool:
    kind = " ".join(word for word in plain(notice.notice_type).split() if word not in _ANY_NOTICE)
    told = notice.domestic_abuse
    return kind in _DOMESTIC or bool(told.dash_risk or told.relationship)


def _places(missing: Missing, problems: Problems) -> dict[str, Address]:
    """Where a child went missing from and was found, by field, as far as these are addresses."""
    told = {"missing_from": missing.missing_from, "found_at": missing.found_at}
    return {field: _place(text, field, problems) for field, text in told.items() if _is_place(text)}


def _is_place(text: str) -> bool:
    """Whether it may tell where somebody lives: no `home`, and nothing in small letters alone."""
    if {*plain(text).split()} <= _NO_PLACES:
        return False
    return not text.islower() or may_be_in_a_line(text)


def _place(text: str, field: str, problems: Problems) -> Address:
    found = Found({})
    home = Addresses(found).add(text)
    for remark in found.left_over:
        problems.keep(remark)
    return Address(
        lines=tuple(home["lines"]),
        postcode=home["postcode"],
        of=field.replace("_", " "),
        restricted=home.get("restricted", False),
    )


def _concern(notice: Notice, left_over: list[str], seen_at: list[str], problems: Problems) -> str:
    protection = "A constable has taken police protection (section 46)."
    abuse, missing = notice.domestic_abuse, notice.missing
    told = {
        "Type of notice": notice.notice_type,
        "Risk of domestic abuse (DASH)": abuse.dash_risk,
        "Victim and perpetrator": abuse.relationship,
        "Children present": abuse.children_present,
        "Missing from": "" if "missing_from" in seen_at else missing.missing_from,
        "Missing since": missing.since,
        "Reported missing": missing.reported_at,
        "Risk while missing": missing.risk,
        "Returned": missing.returned_at,
        "Found at": "" if "found_at" in seen_at else missing.found_at,
        "Return interview": missing.return_interview,
        "Circumstances": notice.circumstances,
        "What the child said": notice.child_said,
        "Incident number": notice.incident_number,
    }
    lines = [
        protection if notice.police_protection else "",
        *(f"{label}: {value}" for label, value in told.items() if value),
        "\n".join(["Also in the message:", *left_over]) if left_over else "",
    ]
    return shown("\n".join(line for line in lines if line), problems)


# ── A made-up notice ──


def example(seed: int) -> bytes:
    """A made-up notice: an e-mail for an even seed, JSON for an odd one."""
    told = story(FORMAT.name, seed)
    return written_as_json(told) if seed % 2 else written(told)


def written_as_json(told: Story) -> bytes:
    """The notice in JSON in which a police force would tell this story."""
    plain = msgspec.to_builtins(_notice(told))
    return (json.dumps(plain, ensure_ascii=False, indent=2) + "\n").encode()


def written(told: Story) -> bytes:
    """The e-mail in which a police force would tell this story."""
    notice = _notice(told)
    head = [
        "From: notices@north.police.example",
        "To: front.door@exampleshire.example",
        f"Date: {format_datetime(told.at)}",
        f"Message-ID: <{notice.notice_id}@north.police.example>",
        f"Subject: Police notice {notice.notice_id}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Notice number: {notice.notice_id}",
        f"Incident number: {notice.incident_number}",
        f"Force: {notice.force}",
        f"Grade: {notice.grade}",
        f"Police protection (section 46): {'yes' if notice.police_protection else 'no'}",
        f"Occurred: {notice.occurred_at}",
        f"Officer: {notice.officer.name}",
        f"Collar number: {notice.officer.collar_number}",
        f"Officer contact: {notice.officer.contact}",
        *(line for n, child in enumerate(told.children, start=1) for line in _block(n, child)),
        *(line for n, adult in enumerate(told.adults, start=1) for line in _block(n, adult)),
        f"Address: {', '.join(told.lines)}, {told.postcode}",
        f"Circumstances: {notice.circumstances}",
        f"What the child said: {notice.child_said}",
    ]
    return "".join(f"{line}\r\n" for line in head).encode()


def _block(number: int, person: MadeUpChild | MadeUpAdult) -> list[str]:
    name = f"{person.given_name} {person.family_name}"
    born = f"Date of birth: {person.born_on:%d/%m/%Y}"
    if isinstance(person, MadeUpAdult):
        role = f"Role: {person.role}"
        return [f"Adult {number}: {name}", born, role, f"Contact: {person.telephone}"]
    sex = "female" if person.sex == "F" else "male"
    return [f"Child {number}: {name}", born, f"Sex: {sex}", f"School: {person.school}"]


def _notice(told: Story) -> Notice:
    grades: dict[str, Literal["immediate", "priority", "standard"]] = {
        "immediate": "immediate", "urgent": "priority", "routine": "standard",
    }  # fmt: skip
    return Notice(
        notice_id=f"PN-{told.reference}",
        incident_number=f"NP{told.at:%Y%m%d}-{told.reference}",
        notice_type="Child concern",
        force="North Police",
        grade=grades[told.urgency],
        police_protection=told.urgency == "immediate" and not told.consent,
        occurred_at=told.at.isoformat(),
        officer=Officer(
            name=told.referrer,
            rank="PC",
            collar_number=told.telephone[-4:].strip(),
            contact=told.telephone,
        ),
        circumstances=told.concern,
        child_said=told.child_said,
        children=tuple(
            Present(
                given_name=child.given_name,
                family_name=child.family_name,
                date_of_birth=f"{child.born_on:%d/%m/%Y}",
                sex="female" if child.sex == "F" else "male",
                school=child.school,
                role="child",
            )
            for child in told.children
        ),
        adults=tuple(
            Present(
                given_name=adult.given_name,
                family_name=adult.family_name,
                date_of_birth=f"{adult.born_on:%d/%m/%Y}",
                role=adult.role,
                contact=adult.telephone,
            )
            for adult in told.adults
        ),
        addresses=(Address(lines=told.lines, postcode=told.postcode, of="home"),),
    )
