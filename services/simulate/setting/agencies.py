"""Which agencies write to the made-up authority, how often, and what does their system send?"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from adapters.agencies import csv_drop, fhir_bars, hl7v2, police_notice, webform
from adapters.made_up import Story
from adapters.translation import Sent
from domain.calendar import local_day
from domain.codes import AgencyKind
from services.received import Channel
from services.simulate.setting.chance import Chance
from services.simulate.setting.hours import at_work, open_on
from services.simulate.setting.town import Concern

Hours = Literal["always", "office", "school"]


class Agency(Struct, frozen=True, kw_only=True):
    """`weekly`: concerns a week, over the whole authority. `instead`: what its own system writes
    where the format's example names somebody else. `whole_family`: whether it tells of all children
    with their NHS numbers, or of the one that it saw."""

    agency: str
    kind: AgencyKind
    name: str
    format: str
    weekly: float
    hours: Hours = "always"
    instead: tuple[tuple[str, str], ...] = ()
    whole_family: bool = True


HEALTH_VISITING = "city-community-health"
HOSPITAL = "city-hospital"
POLICE = "exampleshire-police"
SCHOOLS = "exampleshire-schools"
SURGERY = "quayside-surgery"
VALLEY = "valley-medical-practice"
YOUNG_CARERS = "young-carers-project"

AGENCIES = (
    Agency(agency=POLICE, kind="police", name="Exampleshire Police", format="police-notice",
           weekly=5.0),
    Agency(agency=HOSPITAL, kind="health", name="City Hospital", format="hl7v2", weekly=1.9,
           whole_family=False),
    Agency(agency=HEALTH_VISITING, kind="health", name="City Community Health",
           format="fhir-bars", weekly=1.5, hours="office", whole_family=False),
    Agency(agency=SURGERY, kind="gp", name="Quayside Surgery", format="fhir-bars", weekly=0.7,
           hours="office", whole_family=False,
           instead=(("City Community Health", "Quayside Surgery"),
                    ("Health visitor", "General practitioner"))),
    Agency(agency=VALLEY, kind="gp", name="Valley Medical Practice",
           format="fhir-bars", weekly=0.7, hours="office", whole_family=False,
           instead=(("City Community Health", "Valley Medical Practice"),
                    ("Health visitor", "General practitioner"))),
    Agency(agency=SCHOOLS, kind="school", name="Exampleshire Schools", format="csv", weekly=3.2,
           hours="school"),
    Agency(agency="open-door-families", kind="voluntary", name="Open Door Families",
           format="webform", weekly=0.8, hours="office"),
    Agency(agency=YOUNG_CARERS, kind="voluntary", name="Young Carers Project",
           format="webform", weekly=0.6, hours="office",
           instead=(("Open Door Families", "Young Carers Project"),)),
    Agency(agency="public-web-form", kind="public", name="The public's web form",
           format="webform", weekly=0.9,
           instead=(("Open Door Families", ""), ("Family support worker", "Neighbour"))),
)  # fmt: skip

AGENCY = {each.agency: each for each in AGENCIES}


def next_concern(agency: Agency, after: datetime, often: float, chance: Chance) -> datetime:
    """When the agency next has a concern; `often`: how many for one in an ordinary authority."""
    at = after + chance.wait(timedelta(weeks=1) / (agency.weekly * often))
    if agency.hours == "always":
        return at
    at = at_work(at, 0, chance)
    while agency.hours == "school" and not in_term(at):
        at = at_work(at, 5, chance)
    return at


def in_term(at: datetime) -> bool:
    """Whether school is kept: roughly the holidays of England."""
    day = local_day(at)
    season = (day.month, day.day)
    summer = (7, 23) <= season <= (9, 1)
    winter = season >= (12, 20) or season <= (1, 3)
    half_term = (2, 14) <= season <= (2, 20) or (10, 25) <= season <= (10, 31)
    return open_on(day) and not (summer or winter or half_term or (4, 3) <= season <= (4, 15))


# ── What is sent ──────────────────────────────────────────────────────────────────────────────────

_WRITTEN: dict[str, Callable[[Story], bytes]] = {
    "hl7v2": hl7v2.written,
    "fhir-bars": fhir_bars.written,
    "webform": webform.written,
    "csv": lambda story: csv_drop.written([story]),
}


class Message(Struct, frozen=True, kw_only=True):
    """What goes over the wire, and how."""

    body: bytes
    channel: Channel = "http"
    content_type: str | None = None
    file_name: str | None = None
    key: str | None = None

    def sent(self, agency: str, at: datetime) -> Sent:
        return Sent(
            body=self.body,
            agency=agency,
            received_at=at,
            content_type=self.content_type,
            file_name=self.file_name,
            key=self.key,
        )


def told(concern: Concern) -> Story:
    """What the agency tells: of all the children, or of the one that it saw."""
    story = concern.story
    if concern.unplaced:
        story = replace(story, postcode="")
    if AGENCY[concern.agency].whole_family:
        return story
    return replace(story, children=story.children[:1])


def message(concern: Concern) -> Message:
    """The concern as the agency's own system writes it."""
    agency = AGENCY[concern.agency]
    story = told(concern)
    if concern.by_mail:
        # The e-mail says that a constable took protection where nobody consented.
        story = replace(story, consent=not taken_into_protection(concern))
        return Message(body=police_notice.written(story), channel="file", file_name="notice.eml")
    if agency.format == "police-notice":
        return Message(body=_json(_notice(concern)))
    body = _WRITTEN[agency.format](story)
    for words, own in agency.instead:
        body = body.replace(words.encode(), own.encode())
    match agency.format:
        case "csv":
            return Message(body=body, channel="file", file_name=f"concerns-{story.reference}.csv")
        case "fhir-bars":
            return Message(body=body, key=f"request-{story.reference}")
        case _:
            return Message(body=body)


def can_follow(concern: Concern) -> bool:
    """Whether the agency's system sends updates and withdrawals."""
    return AGENCY[concern.agency].format in ("webform", "hl7v2", "police-notice")


def update(concern: Concern, more: str) -> Message:
    """More about the same concern, sent later."""
    story = told(concern)
    match AGENCY[concern.agency].format:
        case "hl7v2":
            return Message(body=_as_event(_with_note(hl7v2.written(story), more), "I13", "U"))
        case "police-notice":
            notice = _notice(concern)
            notice |= {
                "notice_id": f"{notice['notice_id']}-2",
                "follow_up_to": notice["notice_id"],
                "circumstances": more,
            }
            return Message(body=_json(notice))
        case _:
            form = json.loads(message(concern).body)
            form |= {
                "submission_id": f"{form['submission_id']}-2",
                "relates_to": form["submission_id"],
                "what_happened": more,
            }
            return Message(body=_json(form))


def withdrawal(concern: Concern) -> Message:
    """The sender takes it back."""
    story = told(concern)
    match AGENCY[concern.agency].format:
        case "hl7v2":
            return Message(body=_as_event(hl7v2.written(story), "I14", "C"))
        case "police-notice":
            notice = _notice(concern)
            notice |= {
                "notice_id": f"{notice['notice_id']}-3",
                "follow_up_to": notice["notice_id"],
                "withdrawn": True,
            }
            return Message(body=_json(notice))
        case _:
            return Message(body=_json(json.loads(message(concern).body) | {"withdrawn": True}))


def contradiction(concern: Concern, more: str) -> Message:
    """Under the same message id, other content: a fault of the hospital's system."""
    return Message(body=_with_note(hl7v2.written(told(concern)), more))


def broken(concern: Concern) -> Message:
    """The same message, cut off on its way."""
    whole = message(concern)
    return replace(whole, body=whole.body[: len(whole.body) * 2 // 5], key=None)


def _notice(concern: Concern) -> dict[str, Any]:
    """The police know the children's numbers; a constable took protection only of some."""
    story = told(concern)
    notice: dict[str, Any] = json.loads(police_notice.written_as_json(story))
    for child, person in zip(notice["children"], story.children, strict=True):
        child["nhs_number"] = person.nhs_number
    notice["police_protection"] = taken_into_protection(concern)
    return notice


def taken_into_protection(concern: Concern) -> bool:
    return concern.severity == "acute" and concern.story.urgency == "immediate"


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _with_note(body: bytes, words: str) -> bytes:
    return body + f"NTE|2||{words}\r".encode()


def _as_event(body: bytes, event: str, mark: str) -> bytes:
    """The HL7 message under another trigger event, with an id of its own."""
    fields = body.split(b"|")
    fields[8] = f"REF^{event}^REF_I12".encode()
    fields[9] += mark.encode()
    return b"|".join(fields)
