"""What does a referral form of a council or a voluntary organisation say? (JSON, our definition)

A form sent again under the same `submission_id` with other content is an update of the first:
the translation gives the id as its reference, and intake knows it again.
"""

import json
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from adapters.fitting import Fit
from adapters.made_up import Story, story
from adapters.particulars import (
    NO_CONCERN_TOLD,
    People,
    birth_date,
    checked_nhs_number,
    due_date,
    instant,
    located,
    plausible_time,
    postcode_of,
    sex_of,
)
from adapters.reading import NoJson, Problems, beginning, decoded, json_value, shown, unread
from adapters.translation import FormatInformation, Intent, Sent, Translation
from domain.described import (
    AddressDescribed,
    AdultDescribed,
    ChildDescribed,
    ReferrerDescribed,
)

MOST_CHILDREN = 8

Day = Annotated[str, Meta(pattern=r"^\d{2}/\d{2}/\d{4}$", description="dd/mm/yyyy")]
LawfulBasis = Literal["consent", "legal-obligation", "public-task", "vital-interests"]


class Referrer(Struct, frozen=True, omit_defaults=True):
    """Who fills in the form."""

    name: str = ""
    role: str = ""
    organisation: str = ""
    contact: str = ""


class Address(Struct, frozen=True, omit_defaults=True):
    """`restricted`: must not become known to everybody in the family."""

    lines: tuple[str, ...] = ()
    postcode: str = ""
    restricted: bool = False


class Child(Struct, frozen=True, omit_defaults=True):
    """A child; one not yet born has a due date instead of a date of birth."""

    given_name: str = ""
    family_name: str = ""
    date_of_birth: Day = ""
    due_date: Day = ""
    sex: Annotated[str, Meta(description="female, male or unknown")] = ""
    nhs_number: Annotated[str, Meta(description="ten digits, spaces allowed")] = ""
    school: str = ""
    relationship: Annotated[str, Meta(description="to the child most concerned")] = ""
    address: Address | None = None


class Adult(Struct, frozen=True, omit_defaults=True):
    """An adult in the household or otherwise named."""

    given_name: str = ""
    family_name: str = ""
    date_of_birth: Day = ""
    role: Annotated[str, Meta(description="such as mother, partner, neighbour")] = ""
    contact: str = ""


class Submission(Struct, frozen=True, omit_defaults=True):
    """A referral form. Nothing is refused for lack of a field: fill in what is known."""

    submission_id: Annotated[str, Meta(description="unique a form; the same when sent again")] = ""
    submitted_at: Annotated[str, Meta(description="RFC 3339, with an offset")] = ""
    urgency: Literal["immediate", "urgent", "routine", "not-stated"] = "not-stated"
    relates_to: Annotated[str, Meta(description="the submission_id of an earlier form")] = ""
    withdrawn: Annotated[bool, Meta(description="takes back the form of this id")] = False
    referrer: Referrer = Referrer()
    children: Annotated[tuple[Child, ...], Meta(max_length=MOST_CHILDREN)] = ()
    adults: tuple[Adult, ...] = ()
    address: Address | None = None
    what_happened: str = ""
    worries: str = ""
    what_is_working: str = ""
    child_said: str = ""
    anything_else: str = ""
    parents_informed: bool | None = None
    consented: bool | None = None
    reason_if_not: Annotated[str, Meta(description="why not informed, or no consent")] = ""
    lawful_basis: LawfulBasis | None = None


FORMAT = FormatInformation(
    name="webform",
    title="Referral form of the council or a voluntary organisation (JSON)",
    transports=("file", "http"),
    rank=40,
    schema=msgspec.json.schema(Submission),
)

_MARKS = ('"submission_id"', '"what_happened"', '"submitted_at"')
_ANSWERS = {
    "what_happened": "What happened",
    "worries": "What we are worried about",
    "child_said": "What the child said",
    "what_is_working": "What is working well",
    "anything_else": "Anything else",
    "reason_if_not": "Why parents were not told or did not agree",
}


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
    return [_said(value, sent, problems)]


def _said(value: dict[str, Any], sent: Sent, problems: Problems) -> Translation:
    fit = Fit(problems, own=True)
    form = fit.fit(Submission, value, "Form")
    fit.told_unknown()
    people = People(sent.received_at.date(), problems)
    home = _address(form.address, None)
    addresses = [home] if home else []
    for number, child in enumerate(form.children, start=1):
        own = _address(child.address, f"child {number}")
        addresses += [own] if own else []
        described = _child(child, f"Child {number}", people, problems)
        homes = tuple(each for each in (own or home,) if each)
        people.subject(located(described, homes))
    for number, adult in enumerate(form.adults, start=1):
        _adult(adult, f"Adult {number}", people, problems)
    if not form.withdrawn:
        people.told()
    if len(form.children) > MOST_CHILDREN:
        problems.say(f"More than {MOST_CHILDREN} children are named: all are kept.")
    concern = _concern(form, fit, problems)
    if not form.submission_id:
        problems.say("The submission id is missing: a later form cannot be put beside this one.")
    intent, earlier = _intent(form)
    return Translation(
        intent=intent,
        references=tuple(each for each in (form.submission_id,) if each),
        earlier=earlier,
        happened_at=plausible_time(
            instant(form.submitted_at, problems, "Form: submitted at"), sent.received_at, problems
        ),
        urgency=form.urgency,
        concern=concern,
        parents_informed=form.parents_informed,
        consent=form.consented,
        lawful_basis=form.lawful_basis,
        referrer=ReferrerDescribed(
            name=form.referrer.name,
            role=form.referrer.role or None,
            organisation=form.referrer.organisation or None,
            contact=form.referrer.contact or None,
        ),
        children=people.children(),
        adults=people.adults(),
        addresses=tuple(dict.fromkeys(addresses)),
        problems=problems.told(),
    )


def _intent(form: Submission) -> tuple[Intent, tuple[str, ...]]:
    earlier = tuple(dict.fromkeys(each for each in (form.relates_to, form.submission_id) if each))
    if form.withdrawn:
        return "cancel", earlier
    return ("update", (form.relates_to,)) if form.relates_to else ("new", ())


def _concern(form: Submission, fit: Fit, problems: Problems) -> str:
    answers = [
        f"{title}: {answer}" for name, title in _ANSWERS.items() if (answer := getattr(form, name))
    ]
    told = (form.what_happened, form.worries, form.child_said, form.anything_else)
    if not any(told) and not form.withdrawn:
        problems.say(NO_CONCERN_TOLD)
    if fit.left_over:
        answers += ["Also in the message:", *fit.left_over]
    return shown("\n".join(answers), problems)


def _child(child: Child, whose: str, people: People, problems: Problems) -> ChildDescribed:
    number, identifiers = checked_nhs_number(child.nhs_number, problems, whose)
    return ChildDescribed(
        family_name=child.family_name,
        given_name=child.given_name,
        born_on=birth_date(child.date_of_birth, people.told_on, problems, whose),
        due_on=due_date(child.due_date, people.told_on, problems, whose),
        sex=sex_of(child.sex, problems, whose),
        nhs_number=number,
        identifiers=identifiers,
        school=child.school or None,
        relationship=child.relationship or None,
    )


def _adult(adult: Adult, whose: str, people: People, problems: Problems) -> None:
    born_on = birth_date(adult.date_of_birth, people.told_on, problems, whose)
    role = adult.role or None
    people.other(
        AdultDescribed(
            family_name=adult.family_name,
            given_name=adult.given_name,
            born_on=born_on,
            role=role,
            contact=adult.contact or None,
        ),
        ChildDescribed(
            family_name=adult.family_name,
            given_name=adult.given_name,
            born_on=born_on,
            relationship=role,
        ),
    )


def _address(address: Address | None, of: str | None) -> AddressDescribed | None:
    if address is None or not (address.lines or address.postcode):
        return None
    return AddressDescribed(
        lines=tuple(line for line in address.lines if line),
        postcode=postcode_of(address.postcode),
        of=of,
        restricted=address.restricted,
    )


# ── A made-up form ──


def example(seed: int) -> bytes:
    """A made-up form, indented for people to read."""
    return written(story(FORMAT.name, seed))


def written(told: Story) -> bytes:
    """The form in which a voluntary organisation would tell this story."""
    form = Submission(
        submission_id=f"WF-{told.reference}",
        submitted_at=told.at.isoformat(),
        urgency=told.urgency,
        referrer=Referrer(
            name=told.referrer,
            role="Family support worker",
            organisation="Open Door Families",
            contact=told.telephone,
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
            for child in told.children
        ),
        adults=tuple(
            Adult(
                given_name=adult.given_name,
                family_name=adult.family_name,
                date_of_birth=f"{adult.born_on:%d/%m/%Y}",
                role=adult.role,
                contact=adult.telephone,
            )
            for adult in told.adults
        ),
        address=Address(lines=told.lines, postcode=told.postcode),
        what_happened=told.concern,
        worries="It may happen again.",
        child_said=told.child_said,
        parents_informed=told.parents_informed,
        consented=told.consent,
        reason_if_not="" if told.consent else "It could put the child at more risk.",
        lawful_basis="consent" if told.consent else "public-task",
    )
    plain = msgspec.to_builtins(form)
    return (json.dumps(plain, ensure_ascii=False, indent=2) + "\n").encode()
