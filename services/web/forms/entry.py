"""What is asked when an entry on the record, or what is known of the child, was wrong?"""

from typing import Any

from domain.child import CorrectDetails
from domain.codes import SEXES
from projections import chronology
from services.access import Denied
from services.questions import CLOSED, closed_entries, text_of
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field
from services.web.templating import govmoment

WRONG = Field("Why was it wrong?", "why it was wrong")
DETAILS = (
    "given_name",
    "family_name",
    "born_on",
    "due_on",
    "sex",
    "nhs_number",
    "postcode",
    "reason",
    "happened_at",
)


def entry_of(situation: Situation) -> chronology.Entry:
    """The entry on this child's timeline. Raises `Denied` for another's, or one put right."""
    for entry in chronology.timeline(situation.parts.query, situation.child_id):
        if str(entry.position) == situation.of and entry.superseded_by is None:
            return entry
    raise Denied


def _facts(situation: Situation) -> list[tuple[str, str]]:
    entry = entry_of(situation)
    told = [
        ("The entry", situation.names.worded(entry.title)),
        ("When", govmoment(entry.happened_at)),
        ("By", situation.names(entry.by_whom)),
    ]
    words = _words(situation, entry)
    return [*told, ("Its words", words)] if words else told


def _words(situation: Situation, entry: chronology.Entry) -> str:
    parts, child_id = situation.parts, situation.child_id
    story = chronology.timeline(parts.query, child_id)
    if entry.position in closed_entries(parts, situation.context.who, child_id, story):
        return CLOSED
    return text_of(parts.store, entry.sealed)


def _given(situation: Situation) -> dict[str, object]:
    position = entry_of(situation).position
    return {"child_id": situation.child_id, "record_id": "", "position": position}


def correct_entry(situation: Situation) -> Ask:
    return Ask(
        title="Correct an entry",
        button="Record the correction",
        told="The entry stays, struck through, with a link to what you write here. When it "
        "happened and what is counted of it stay as they were.",
        fields={"words": Field("What is right?", "what is right"), "reason": WRONG},
        given=_given(situation),
        facts=_facts(situation),
    )


def retract_entry(situation: Situation) -> Ask:
    return Ask(
        title="Retract an entry",
        button="Retract the entry",
        told="For what does not belong on this child's record at all, or happened at another time. "
        "The entry stays, struck through, with your reason, and no longer counts.",
        fields={"reason": WRONG},
        given=_given(situation),
        facts=_facts(situation),
        grave=True,
    )


def correct_details(situation: Situation) -> Ask:
    details = situation.details
    known = {
        "given_name": details.get("given_name"),
        "family_name": details.get("family_name"),
        "born_on": details.get("born_on"),
        "due_on": details.get("due_on"),
        "sex": situation.child.sex,
        "nhs_number": details.get("nhs_number"),
    }
    return Ask(
        title="Correct the child's details",
        button="Record the details",
        fields={
            "given_name": Field("First names", "the first names"),
            "family_name": Field("Surname", "the surname"),
            "born_on": Field("Date of birth", "the date of birth"),
            "due_on": Field("Date due", "the date due", hint="For a child who is not born yet."),
            "sex": Field("Sex", "the sex", choices=SEXES),
            "nhs_number": Field("NHS number", "the NHS number", hint="Ten digits."),
            "postcode": Field(
                "Postcode", "the postcode", hint="Leave it empty to keep the one on record."
            ),
            "reason": Field("Why are the details corrected?", "why the details are corrected"),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id},
        start={name: value for name, value in known.items() if value is not None},
        fields_of=lambda sent: _details(situation, sent),
    )


def _details(situation: Situation, sent: CorrectDetails) -> dict[str, Any]:
    """What was typed; a postcode that was left empty is the one on record, never shown here."""
    typed = {name: getattr(sent, name) for name in DETAILS}
    if not typed["postcode"]:
        for sealed in (situation.child.sealed, situation.child.first_sealed):
            kept = situation.parts.store.open_sealed(sealed, ("location",)) if sealed else {}
            typed["postcode"] = typed["postcode"] or kept.get("postcode") or None
    return typed
