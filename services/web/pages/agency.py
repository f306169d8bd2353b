"""What became of what my agency sent, and how do I send more? Nothing of anybody else's."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import uuid4

import msgspec
from litestar import Response, get, post
from msgspec import Struct

from adapters.translation import Sent as Message
from domain.codes import SEXES, Sex
from domain.described import URGENCIES, Urgency
from domain.kernel import WITHHELD
from domain.referral import OUTCOMES
from projections import outcomes
from projections.outcomes import Sent
from services.access import Denied, Resource
from services.give import give
from services.intake import Intake
from services.questions import about_referral
from services.web import form as forms
from services.web.command_form import identity_of
from services.web.form import Field, Fields, Form, Group
from services.web.frame import news, show, stretch, went
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.routes import form as form_route
from services.words import opened

# ── What was sent ─────────────────────────────────────────────────────────────────────────────────


def _agency(context: Context) -> str:
    """Whose user asks. Raises `Denied` for the council's own people."""
    if context.who.agency is None:
        raise Denied
    return context.who.agency


@self_guarded(get, "/referrals", "see-own-referrals")
def own_referrals(context: Context) -> Response[Any]:
    """An agency's own referrals, the newest first, and where each of them stands."""
    agency = _agency(context)
    found, number, pages = stretch(context, outcomes.of_agency(context.parts.query, agency))
    about = Resource(about=tuple(each.referral_id for each in found) or (agency,), agency=agency)
    context.parts.gate.open(context.who, "see-own-referrals", about)
    rows = [
        {
            "referral_id": each.referral_id,
            "names": _names(context, each),
            "received_at": each.received_at,
            "stands": _stands(each),
            "told": each.told_outcome and OUTCOMES[each.told_outcome],
        }
        for each in found
    ]
    return show(
        context, "own_referrals.html", rows=rows, page=number, pages=pages, news=news(context)
    )


def own_referral(context: Context) -> Response[Any]:
    """One of them, with the receipt, what was sent, and the words in which its outcome was told."""
    agency = _agency(context)
    found = outcomes.sent(context.parts.query, agency, context.path["referral"])
    resource = Resource(about=(context.path["referral"],), present=found is not None, agency=agency)
    context.parts.gate.open(context.who, "see-own-referral", resource)
    if found is None:
        raise Denied
    fields = _opened(context, found.sealed, "narrative", "identity")
    told = _opened(context, found.told_sealed, "narrative") if found.told_sealed else {}
    return show(
        context,
        "own_referral.html",
        sent=found,
        stands=_stands(found),
        steps=_steps(found),
        names=_names(context, found),
        concern=fields.get("concern"),
        outcome=OUTCOMES[found.told_outcome] if found.told_outcome else "",
        words=told.get("words"),
        news=news(context),
    )


def _opened(context: Context, sealed: bytes, *kinds: str) -> dict[str, Any]:
    fields, _ = opened(context.parts.store, sealed, kinds)
    return {name: value for name, value in fields.items() if value is not WITHHELD}


def _names(context: Context, sent: Sent) -> list[str]:
    """The children as this agency named them."""
    children = _opened(context, sent.sealed, "identity").get("children") or ()
    names = (" ".join(n for n in (c.given_name, c.family_name) if n) for c in children)
    return [name or "Name not given" for name in names]


def _stands(sent: Sent) -> tuple[str, str]:
    """Where it stands, in the agency's eyes, and the colour of its tag."""
    if sent.reopened_at:
        return "Being decided again", "blue"
    if sent.told_at and (not sent.decided_at or sent.told_at >= sent.decided_at):
        return "Outcome told", "green"
    if sent.decided_at:
        return "Decided, you will be told", "blue"
    if sent.cancelled_at:
        return "Withdrawn by you", "purple"
    return ("Being looked at", "blue") if sent.acknowledged_at else ("Arrived", "grey")


def _steps(sent: Sent) -> list[tuple[str, Any]]:
    steps = [
        ("Arrived", sent.received_at),
        ("Acknowledged by a person", sent.acknowledged_at),
        ("You sent more", sent.updated_at),
        ("You withdrew it", sent.cancelled_at),
        ("You asked what became of it", sent.followed_up_at),
        ("Decided", sent.decided_at),
        ("Opened again", sent.reopened_at),
        ("You were told the outcome", sent.told_at),
    ]
    return [(words, at) for words, at in steps if at]


# ── Asking what became of it ──────────────────────────────────────────────────────────────────────

ASK = {
    "words": Field(
        "What do you want to ask or say?",
        "what you want to ask or say",
        hint="If you disagree with the outcome, say why: your concern is looked at again.",
    )
}


class Asked(Struct, frozen=True):
    words: str


def _own(context: Context) -> Resource:
    return about_referral(context.parts.query, context.path["referral"])


@self_guarded(get, "/referrals/{referral:str}/ask", "see-own-referral")
def ask(context: Context) -> Response[Any]:
    context.parts.gate.open(context.who, "see-own-referral", _own(context))
    return _asking(context, forms.start(ASK))


@form_route("/referrals/{referral:str}/ask", "give:follow-up-referral", _own)
def asked(context: Context) -> Response[Any]:
    form = forms.read(Asked, context.posted, ASK)
    if form.value is None:
        return _asking(context, form)
    referral_id = context.path["referral"]
    handled = give(
        context.parts,
        context.who,
        "follow-up-referral",
        {"referral_id": referral_id, "words": form.value.words},
        identity=identity_of(form) or uuid4().hex,
    )
    if handled.result == "refused":
        return _asking(context, form.with_error("", handled.reason or ""))
    position = handled.events[-1].position if handled.events else None
    return went(context, f"/referrals/{referral_id}", "follow-up-referral", position)


def _asking(context: Context, form: Form[Any]) -> Response[Any]:
    return show(
        context,
        "own_ask.html",
        status=422 if form.errors else 200,
        form=form,
        identity=form.text("command_id") or uuid4().hex,
        back=f"/referrals/{context.path['referral']}",
    )


# ── Sending a concern ─────────────────────────────────────────────────────────────────────────────


class Child(Struct, frozen=True, kw_only=True):
    given_name: str | None = None
    family_name: str | None = None
    born_on: date | None = None
    due_on: date | None = None
    sex: Sex | None = None
    nhs_number: str | None = None
    school: str | None = None


class Adult(Struct, frozen=True, kw_only=True):
    given_name: str | None = None
    family_name: str | None = None
    role: str | None = None
    contact: str | None = None


Basis = Literal["consent", "legal-obligation", "public-task", "vital-interests"]
CHILD: dict[str, Field] = {
    "given_name": Field("First name"),
    "family_name": Field("Surname"),
    "born_on": Field("Date of birth", "the date of birth"),
    "due_on": Field("Due date, if not born yet", "the due date"),
    "sex": Field("Sex", choices=dict(SEXES.items())),
    "nhs_number": Field("NHS number, if you know it"),
    "school": Field("School or nursery"),
}
ADULT: dict[str, Field] = {
    "given_name": Field("First name"),
    "family_name": Field("Surname"),
    "role": Field("What are they to the children?", hint="Such as mother, partner, neighbour"),
    "contact": Field("How can they be reached?"),
}
MORE = 2
"""Children that there is room for at first, and as many more at each time of asking."""


class Concern(Struct, frozen=True, kw_only=True):
    """What the form asks. Nothing is refused for lack of a detail: only the worry must be told."""

    referrer_name: str
    urgency: Urgency
    what_happened: str
    referrer_role: str | None = None
    referrer_contact: str | None = None
    worries: str | None = None
    child_said: str | None = None
    what_is_working: str | None = None
    children: tuple[Child, ...] = ()
    adults: tuple[Adult, ...] = ()
    address: str | None = None
    postcode: str | None = None
    address_restricted: bool | None = None
    parents_informed: bool | None = None
    consented: bool | None = None
    reason_if_not: str | None = None
    lawful_basis: Basis | None = None


CONCERN: Fields = {
    "what_happened": Field("What happened, or what have you seen?", "what happened"),
    "child_said": Field("What did the child say?", hint="In the child's own words."),
    "worries": Field("What are you worried about?"),
    "what_is_working": Field("What is working well?"),
    "urgency": Field("How soon must somebody look at it?", "how soon", choices=dict(URGENCIES)),
    "children": Group("Child", CHILD, rows=MORE),
    "adults": Group("Adult", ADULT, rows=2),
    "address": Field("Where do the children live?"),
    "postcode": Field("Postcode"),
    "address_restricted": Field(
        "Must the address be kept from anybody in the family?",
        "the address must be kept from anybody in the family",
    ),
    "parents_informed": Field("Do the parents know that you send this?", "the parents know"),
    "consented": Field("Did they consent?", "they consented"),
    "reason_if_not": Field("If they do not know, or did not consent: why?"),
    "lawful_basis": Field(
        "On which lawful basis do you share this?",
        hint="A concern is never refused for lack of consent.",
        choices={
            "consent": "Consent",
            "legal-obligation": "Legal obligation",
            "public-task": "Public task",
            "vital-interests": "Vital interests",
        },
    ),
    "referrer_name": Field("Your name", "your name"),
    "referrer_role": Field("Your role"),
    "referrer_contact": Field("How can we reach you?"),
}


@self_guarded(get, "/referrals/new", "send-message")
def write(context: Context) -> Response[Any]:
    _may_send(context)
    return _writing(context, forms.start(CONCERN))


@self_guarded(post, "/referrals/new", "send-message")
def written(context: Context) -> Response[Any]:
    """Taken in as any message is, in the web form's own format, under the form's id as its key."""
    agency = _may_send(context)
    form = forms.read(Concern, context.posted, CONCERN)
    if context.typed("more"):
        return _writing(context, _with_room(form))
    if form.value is None:
        return _writing(context, form)
    now = context.parts.now()
    key = identity_of(form) or uuid4().hex
    body = msgspec.json.encode(
        {"submission_id": f"form-{key}", "submitted_at": now, **_submission(context, form.value)}
    )
    message = Message(
        body=body, agency=agency, received_at=now, content_type="application/json", key=key
    )
    intake: Intake = context.request.app.state.takers.intake(context.parts)
    (receipt,) = intake.take(message, channel="http", format="webform")
    if receipt.result == "refused" or receipt.referral is None:
        return _writing(context, form.with_error("", receipt.reason or "It was not kept."))
    done = "already" if receipt.result == "duplicate" else "sent"
    return went(context, f"/referrals/{receipt.referral}", done, receipt.position)


def _with_room(form: Form[Any]) -> Form[Any]:
    """The form as it was typed, without its errors, and with room for more children."""
    room = Group("Child", CHILD, rows=len(form.rows("children")) + MORE)
    return Form(fields={**CONCERN, "children": room}, typed=form.typed)


def _may_send(context: Context) -> str:
    agency = _agency(context)
    context.parts.gate.open(context.who, "send-message", Resource(about=(agency,), agency=agency))
    return agency


def _writing(context: Context, form: Form[Any]) -> Response[Any]:
    return show(
        context,
        "own_new.html",
        status=422 if form.errors else 200,
        form=form,
        identity=form.text("command_id") or uuid4().hex,
    )


SEX_WORDS = {"F": "female", "M": "male", "U": "unknown"}


def _submission(context: Context, said: Concern) -> Mapping[str, Any]:
    """The answers in the web form's JSON; see `formats webform --schema`."""
    lines = [line.strip() for line in (said.address or "").splitlines() if line.strip()]
    address = {
        "lines": lines,
        "postcode": said.postcode or "",
        "restricted": said.address_restricted or False,
    }
    return {
        "urgency": said.urgency,
        "referrer": {
            "name": said.referrer_name,
            "role": said.referrer_role or "",
            "organisation": Names(context.parts)(context.who.agency),
            "contact": said.referrer_contact or "",
        },
        "children": [_child(each) for each in said.children],
        "adults": [_known(msgspec.structs.asdict(each)) for each in said.adults],
        **({"address": address} if lines or said.postcode else {}),
        **_known(
            {
                name: getattr(said, name)
                for name in (
                    "what_happened",
                    "worries",
                    "child_said",
                    "what_is_working",
                    "parents_informed",
                    "consented",
                    "reason_if_not",
                    "lawful_basis",
                )
            }
        ),
    }


def _child(child: Child) -> dict[str, Any]:
    return _known(
        {
            "given_name": child.given_name,
            "family_name": child.family_name,
            "date_of_birth": _day(child.born_on),
            "due_date": _day(child.due_on),
            "sex": SEX_WORDS[child.sex] if child.sex else None,
            "nhs_number": child.nhs_number,
            "school": child.school,
        }
    )


def _day(day: date | None) -> str | None:
    return f"{day:%d/%m/%Y}" if day else None


def _known(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if value is not None}
