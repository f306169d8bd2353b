"""What does a referral form say, on whatever paper it comes (a web form, a row of a table)?"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from adapters.address_care import asks_for_care
from adapters.fitting import Careful, Fit
from adapters.particulars import (
    NO_CONCERN_TOLD,
    People,
    birth_of,
    checked_nhs_number,
    due_date,
    instant,
    located,
    plausible_time,
    postcode_of,
    reference_of,
    sex_of,
)
from adapters.reading import Problems, shown
from adapters.translation import Intent, Sent, Translation
from adapters.urgency import in_our_words
from domain.calendar import local_day
from domain.described import (
    URGENCIES,
    AddressDescribed,
    ChildDescribed,
    ReferrerDescribed,
    Urgency,
)

MOST_CHILDREN = 8

Day = Annotated[str, Meta(pattern=r"^(\d{2}/\d{2}/\d{4})?$", description="dd/mm/yyyy")]
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
    restricted: Careful = False


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


_URGENCIES: dict[Urgency, str] = {each: each for each in URGENCIES}
_ANSWERS = {
    "what_happened": "What happened",
    "worries": "What we are worried about",
    "child_said": "What the child said",
    "what_is_working": "What is working well",
    "anything_else": "Anything else",
    "reason_if_not": "Why parents were not told or did not agree",
}


def told(
    value: dict[str, Any], sent: Sent, problems: Problems, left_over: Sequence[str] = ()
) -> Translation:
    """What the form says; `value` as JSON gives it, `left_over` other text that came with it."""
    fit = Fit(problems, own=True)
    fit.left_over.extend(left_over)
    form = fit.fit(Submission, in_our_words(value, "urgency", _URGENCIES), "Form")
    fit.told_unknown()
    people = People(local_day(sent.received_at), problems)
    home = _address(form.address, None, fit.careful)
    addresses = [home] if home else []
    for number, child in enumerate(form.children, start=1):
        own = _address(child.address, f"child {number}", fit.careful)
        addresses += [own] if own else []
        homes = tuple(each for each in (own or home,) if each)
        _child(child, f"Child {number}", homes, people, problems)
    for number, adult in enumerate(form.adults, start=1):
        _adult(adult, f"Adult {number}", people, problems)
    if not form.withdrawn:
        people.told()
    if len(form.children) > MOST_CHILDREN:
        problems.say(f"More than {MOST_CHILDREN} children are named: all are kept.")
    own_reference = reference_of(form.submission_id)
    intent, earlier = _intent(form, own_reference, problems)
    happened_at = instant(form.submitted_at, problems, "Form: submitted at")
    return Translation(
        intent=intent,
        references=(own_reference,) if own_reference else (),
        earlier=earlier,
        happened_at=plausible_time(happened_at, sent.received_at, problems),
        urgency=form.urgency,
        concern=_concern(form, fit, problems),
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


def _intent(form: Submission, own: str, problems: Problems) -> tuple[Intent, tuple[str, ...]]:
    for what, told_as in (("Reference", form.submission_id), ("Relates to", form.relates_to)):
        if told_as and not reference_of(told_as):
            problems.keep(f"{what}: {told_as}")
    first = reference_of(form.relates_to)
    if not form.withdrawn:
        return ("update", (first,)) if first else ("new", ())
    if not (first or own):
        problems.say("It does not say which form it takes back.")
    return "cancel", tuple(dict.fromkeys(each for each in (first, own) if each))


def _concern(form: Submission, fit: Fit, problems: Problems) -> str:
    answers = [
        f"{title}: {answer}" for name, title in _ANSWERS.items() if (answer := getattr(form, name))
    ]
    told = (form.what_happened, form.worries, form.child_said, form.anything_else)
    if not any(told) and not form.withdrawn:
        problems.say(NO_CONCERN_TOLD)
    if left_over := [*fit.left_over, *problems.kept]:
        answers += ["Also in the message:", *left_over]
    return shown("\n".join(answers), problems)


def _child(
    child: Child,
    whose: str,
    homes: tuple[AddressDescribed, ...],
    people: People,
    problems: Problems,
) -> None:
    number, identifiers = checked_nhs_number(child.nhs_number, problems, whose)
    birth = birth_of(child.date_of_birth, people.told_on, problems, whose)
    described = ChildDescribed(
        family_name=child.family_name,
        given_name=child.given_name,
        born_on=birth.on,
        born_between=birth.between,
        due_on=due_date(child.due_date, people.told_on, problems, whose),
        sex=sex_of(child.sex, problems, whose),
        nhs_number=number,
        identifiers=identifiers,
        school=child.school or None,
        relationship=child.relationship or None,
    )
    people.subject(located(described, homes), birth.adult)


def _adult(adult: Adult, whose: str, people: People, problems: Problems) -> None:
    birth = birth_of(adult.date_of_birth, people.told_on, problems, whose)
    person = ChildDescribed(
        family_name=adult.family_name,
        given_name=adult.given_name,
        born_on=birth.on,
        born_between=birth.between,
        relationship=adult.role or None,
    )
    people.other(person, adult.contact or None, birth.adult)


def _address(address: Address | None, of: str | None, careful: bool) -> AddressDescribed | None:
    if address is None or not (address.lines or address.postcode):
        return None
    asks = any(map(asks_for_care, address.lines))
    return AddressDescribed(
        lines=tuple(line for line in address.lines if line),
        postcode=postcode_of(address.postcode),
        of=of,
        restricted=address.restricted or careful or asks,
    )
