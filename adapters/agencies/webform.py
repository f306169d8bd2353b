"""What does a referral form (JSON) of a council or a voluntary organisation say?

A form sent again under the same `submission_id` with other content is an update of the first:
the translation gives the id as its reference, and intake knows it again.
"""

import json

import msgspec

from adapters.made_up import Story, story
from adapters.particulars import reference_of
from adapters.reading import NoJson, Problems, beginning, decoded, json_value, unread
from adapters.referral_form import Address, Adult, Child, Referrer, Submission, told
from adapters.translation import FormatInformation, Sent, Translation

FORMAT = FormatInformation(
    name="webform",
    title="Referral form of the council or a voluntary organisation (JSON)",
    transports=("file", "http", "kafka", "mesh"),
    content_types=("application/json",),
    rank=40,
    schema=msgspec.json.schema(Submission),
)

_MARKS = ('"submission_id"', '"what_happened"', '"submitted_at"')


def recognise(sent: Sent) -> bool:
    """A JSON object with one of the form's own field names near its beginning."""
    start = beginning(sent)
    return start.startswith("{") and any(mark in start for mark in _MARKS)


def translate(sent: Sent) -> list[Translation]:
    """One translation; see `adapters.translation.AgencyFormat`."""
    problems = Problems()
    text = decoded(sent.body, problems)
    try:
        value = json_value(text, problems)
    except NoJson:
        return [unread(sent, text, problems)]
    if not isinstance(value, dict) or not set(value) & set(Submission.__struct_fields__):
        problems.say("The message is not a referral form: none of its fields is there.")
        return [unread(sent, text, problems)]
    if not reference_of(str(value.get("submission_id") or "")):
        problems.say("The submission id is missing: a later form cannot be put beside this one.")
    return [told(value, sent, problems)]


# ── A made-up form ──


def example(seed: int) -> bytes:
    """A made-up form, indented for people to read."""
    return written(story(FORMAT.name, seed))


def written(telling: Story) -> bytes:
    """The form in which a voluntary organisation would tell this story."""
    form = Submission(
        submission_id=f"WF-{telling.reference}",
        submitted_at=telling.at.isoformat(),
        urgency=telling.urgency,
        referrer=Referrer(
            name=telling.referrer,
            role="Family support worker",
            organisation="Open Door Families",
            contact=telling.telephone,
        ),
        children=tuple(
            Child(
                given_name=child.given_name,
                family_name=child.family_name,
                date_of_birth=f"{child.born_on:%d/%m/%Y}",
                sex="female" if child.sex == "F" else "male",
                nhs_number=child.nhs_number or "",
                school=child.school,
            )
            for child in telling.children
        ),
        adults=tuple(
            Adult(
                given_name=adult.given_name,
                family_name=adult.family_name,
                date_of_birth=f"{adult.born_on:%d/%m/%Y}",
                role=adult.role,
                contact=adult.telephone,
            )
            for adult in telling.adults
        ),
        address=Address(lines=telling.lines, postcode=telling.postcode),
        what_happened=telling.concern,
        worries="It may happen again.",
        child_said=telling.child_said,
        parents_informed=telling.parents_informed,
        consented=telling.consent,
        reason_if_not="" if telling.consent else "It could put the child at more risk.",
        lawful_basis="consent" if telling.consent else "public-task",
    )
    plain = msgspec.to_builtins(form)
    return (json.dumps(plain, ensure_ascii=False, indent=2) + "\n").encode()
