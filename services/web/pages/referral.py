"""What does a referral say, what was done with it, and what is to be done next?

For the people of the council; an agency sees its own at the same address, see `pages/agency.py`.
Every form of `services/web/referral_forms.py` has two routes here, one that shows it and one that
takes it. Both pass the gate as the command does; showing it is a look, recorded as one.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from msgspec import Struct

from domain.calendar import local_day
from domain.codes import SEXES, Sex
from domain.described import ChildDescribed
from projections import inbox
from services.access import give as giving
from services.give import give
from services.handle import Handled
from services.questions import about_child, about_referral
from services.questions import children as search
from services.web import form as forms
from services.web.command_form import Ask, command_fields, identity_of, sent, unsent, widgets
from services.web.form import Field, Form
from services.web.frame import PATIENCE_SECONDS, news, show, went
from services.web.pages.agency import own_referral
from services.web.referral_forms import FORMS, Asks, offered
from services.web.referral_story import Situation, about, acts, called, clocks, not_on_it, said
from services.web.routes import Answer, Context, guarded, self_guarded
from services.web.story import referral_href
from services.web.templating import govdate
from services.web.waits import waits


def _referral(context: Context) -> Any:
    return about_referral(context.parts.query, context.path["referral"])


def _see(context: Context) -> None:
    context.parts.gate.open(context.who, "see-referral", _referral(context))


# ── The page ──────────────────────────────────────────────────────────────────────────────────────


@self_guarded(get, "/referrals/{referral:str}", "see-referral", "see-own-referral")
def referral(context: Context) -> Response[Any]:
    """The whole of it. `addresses` in the query: show those too."""
    if context.who.agency is not None:
        return own_referral(context)
    _see(context)
    situation = Situation(context)
    first, other = offered(situation)
    gate, who = context.parts.gate, context.who
    reachable = gate.may(who, "see-address", situation.resource)
    addresses = reachable and context.asked("addresses") is not None
    if addresses:
        gate.open(who, "see-address", situation.resource)
    return show(
        context,
        "referral.html",
        situation=situation,
        now=situation.now,
        waits=waits(situation.now, local_day(context.parts.now())),
        names=situation.names,
        said=said(situation, addresses=addresses),
        reachable=reachable,
        about=about(situation),
        left_over=[(called(each), _prefill(each)) for each in not_on_it(situation)],
        called=called,
        prefill=_prefill,
        acts=acts(situation),
        clocks=clocks(situation),
        same=_perhaps_same(situation),
        first=first,
        other=other,
        may_remove=situation.may("remove-child"),
        may_add=any(link.href.endswith("/add-child") for link in other),
        raw=gate.may(who, "see-message", situation.resource),
        seen={
            each: gate.may(who, "see-child", about_child(context.parts.query, each))
            for each in situation.now.child_ids
        },
        news=news(context),
    )


def _perhaps_same(situation: Situation) -> list[tuple[str, str]]:
    """Other referrals that may be about the same thing: where, and a line about each."""
    query = situation.parts.query
    ids = [situation.now.perhaps_about, *inbox.perhaps_same(query, situation.referral_id)]
    found = [(i, inbox.referral(query, i)) for i in dict.fromkeys(ids) if i]
    return [
        (f"/referrals/{i}", f"{situation.names(r.now.agency)}, {govdate(r.now.received_at)}")
        for i, r in found
        if r and referral_href(situation.context, i)
    ]


# ── Its forms ─────────────────────────────────────────────────────────────────────────────────────


def _asked(command: str, asks: Asks) -> Answer:
    """The page of a form that nobody has filled in yet."""

    def asked(context: Context) -> Response[Any]:
        _see(context)
        situation = Situation(context, context.asked("of"))
        ask = asks(situation)
        return _form(situation, command, ask, unsent(ask, context.parts.now()), uuid4().hex)

    return asked


def _taken(command: str, asks: Asks) -> Answer:
    """What became of a form: the referral's page, or the form again with all that was typed."""

    def taken(context: Context) -> Response[Any]:
        _see(context)
        situation = Situation(context, context.typed("of") or None)
        ask = asks(situation)
        form = sent(command, ask, context.posted, context.parts.now())
        identity = identity_of(form) or uuid4().hex
        if form.value is None:
            return _form(situation, command, ask, form, identity)
        fields = command_fields(ask, form)
        if command == "remove-child":
            handled = _remove_all(situation, fields, identity)
        else:
            handled = give(context.parts, context.who, command, fields, identity=identity)
        if handled.result == "refused":
            # Nothing is stored under that id, or something else is: the next try has its own.
            refused = form.with_error("", situation.names.worded(handled.reason or ""))
            return _form(situation, command, ask, refused, uuid4().hex)
        return _back(context, command, handled)

    return taken


def _back(context: Context, command: str, *handled: Handled) -> Response[Any]:
    """To the referral, or to the inbox if it is no longer theirs to see."""
    positions = [event.position for each in handled for event in each.events]
    done = command if any(each.result == "done" for each in handled) else "already"
    answer = went(
        context, f"/referrals/{context.path['referral']}", done, max(positions, default=None)
    )
    if context.parts.gate.may(context.who, "see-referral", _referral(context)):
        return answer
    return Redirect(f"/inbox?done={done}", status_code=303)


def _remove_all(situation: Situation, fields: Mapping[str, object], identity: str) -> Handled:
    """Every record of the child's that the referral names, as the page shows them as one."""
    child_id = str(fields["child_id"])
    handled = _remove(situation.context, fields, identity)
    for each in situation.same_child(child_id):
        if each != child_id and handled.result != "refused":
            identity = _second(_second(identity))
            handled = _remove(situation.context, {**fields, "child_id": each}, identity)
    return handled


def _remove(context: Context, fields: Mapping[str, object], identity: str) -> Handled:
    """The child's record loses the referral, and the referral the child."""
    parts, who = context.parts, context.who
    about = about_child(parts.query, str(fields["child_id"]))
    unmatched = None
    if parts.gate.may(who, giving("unmatch-child"), about):  # not so if the record is restricted
        unmatched = give(parts, who, "unmatch-child", fields, identity=_second(identity))
    removed = give(parts, who, "remove-child", fields, identity=identity)
    # A child who was registered for the referral and never put on it has nothing to be taken off.
    done = unmatched if unmatched and removed.result == "refused" else None
    return done if done and done.result == "done" else removed


def _second(identity: str) -> str:
    """The id of the second command that a form gives, the same when it is sent twice."""
    return uuid5(NAMESPACE_URL, f"urn:safeguarding:second:{identity}").hex


def _form(
    situation: Situation, command: str, ask: Ask, form: Form[Any], identity: str
) -> Response[Any]:
    return show(
        situation.context,
        "command.html",
        status=422 if form.errors else 200,
        ask=ask,
        form=form,
        widgets=widgets(command, ask),
        action=f"/referrals/{situation.referral_id}/{command}",
        of=situation.of or "",
        back=f"/referrals/{situation.referral_id}",
        child=situation.title,
        identity=identity,
    )


def _routes() -> tuple[HTTPRouteHandler, ...]:
    routes: list[HTTPRouteHandler] = []
    for command, asks in FORMS.items():
        path, action = f"/referrals/{{referral:str}}/{command}", giving(command)
        routes += [
            guarded(get, path, action, _referral, _asked(command, asks), name=f"ask-{command}"),
            guarded(post, path, action, _referral, _taken(command, asks), name=f"take-{command}"),
        ]
    return tuple(routes)


ROUTES = _routes()

# ── Adding a child ────────────────────────────────────────────────────────────────────────────────

WORDS = {
    "words": Field(
        "Name",
        "a name",
        hint="Whole names, in any order. Each search is on record, also one that finds nobody.",
    )
}
NEW: dict[str, Field] = {
    "given_name": Field("First name"),
    "family_name": Field("Surname"),
    "born_on": Field("Date of birth", "the date of birth"),
    "due_on": Field("Due date, if not born yet", "the due date"),
    "sex": Field("Sex", choices=dict(SEXES.items())),
    "nhs_number": Field("NHS number", hint="Ten digits, if it is known."),
    "postcode": Field("Postcode"),
}


class Search(Struct, frozen=True):
    words: str


class New(Struct, frozen=True, kw_only=True):
    """A child as a person describes them; all that is not known is left empty."""

    given_name: str | None = None
    family_name: str | None = None
    born_on: date | None = None
    due_on: date | None = None
    sex: Sex = "U"
    nhs_number: str | None = None
    postcode: str | None = None


class Chosen(Struct, frozen=True):
    """An existing child, and how one knows that it is they."""

    child_id: str
    reason: str


CHOSEN = {
    "child_id": Field("Child", missing="Choose the child"),
    "reason": Field("How do you know that it is this child?", "how you know that it is this child"),
}


def _prefill(child: ChildDescribed) -> dict[str, str]:
    """What a description fills in for a new record: sent as a form, never in an address."""
    unnamed = not (child.given_name or child.family_name or child.due_on)
    start = forms.start(
        NEW,
        {
            "given_name": "Unknown" if unnamed else child.given_name,
            "family_name": child.family_name,
            "sex": child.sex,
            **{
                n: v
                for n in ("born_on", "due_on", "nhs_number", "postcode")
                if (v := getattr(child, n))
            },
        },
    )
    return {name: texts[-1] for name, texts in start.typed.items()}


def _add_page(
    situation: Situation,
    *,
    searching: Form[Any] | None = None,
    new: Form[Any] | None = None,
    chosen: Form[Any] | None = None,
    found: list[dict[str, Any]] | None = None,
) -> Response[Any]:
    shown = [form for form in (searching, new, chosen) if form is not None]
    wrong = next((form for form in shown if form.errors), None)
    return show(
        situation.context,
        "add_child.html",
        status=422 if wrong else 200,
        situation=situation,
        form=wrong,
        searching=searching or forms.start(WORDS),
        new=new or forms.start(NEW, {"sex": "U"}),
        chosen=chosen or forms.start(CHOSEN),
        found=found,
        described=[(called(each), _prefill(each)) for each in not_on_it(situation)],
        identity=uuid4().hex,
    )


ADD = "/referrals/{referral:str}/add-child"


def _adding(context: Context) -> Response[Any]:
    _see(context)
    return _add_page(Situation(context))


def _added(context: Context) -> Response[Any]:
    """One of the page's forms: a search, a start of a new record, a child chosen, a new one."""
    _see(context)
    situation = Situation(context)
    match context.typed("do"):
        case "search":
            return _searched(context, situation)
        case "start":
            return _started(context, situation)
        case "choose":
            return _chose(context, situation)
        case _:
            return _registered(context, situation)


def _started(context: Context, situation: Situation) -> Response[Any]:
    """What was said of a child: searched for among the records, and filled in for a new one."""
    said = forms.read(New, context.posted, NEW)
    name = " ".join(filter(None, (said.text("given_name"), said.text("family_name"))))
    return _add_page(
        situation,
        searching=forms.start(WORDS, {"words": name}),
        new=forms.start(NEW, _values(said)),
        found=_found(context, situation, name) if name else None,
    )


def _values(form: Form[Any]) -> dict[str, object]:
    return {name: value for name in NEW if (value := getattr(form.value, name, None)) is not None}


def _searched(context: Context, situation: Situation) -> Response[Any]:
    form = forms.read(Search, context.posted, WORDS)
    if form.value is None:
        return _add_page(situation, searching=form)
    return _add_page(situation, searching=form, found=_found(context, situation, form.value.words))


def _found(context: Context, situation: Situation, words: str) -> list[dict[str, Any]]:
    return [
        {
            "child": each["child"],
            "name": each["name"] or "Name not known",
            "born": govdate(each["born_on"]) if each["born_on"] else "not known",
            "numbers": ", ".join(i["value"] for i in each["identifiers"]),
            "on_it": each["child"] in situation.now.child_ids,
        }
        for each in search(context.parts, context.who, words)
    ]


def _chose(context: Context, situation: Situation) -> Response[Any]:
    """An existing child is put on the referral, and the referral into the child's record."""
    form = forms.read(Chosen, context.posted, CHOSEN)
    words = form.text("words")
    if form.value is None:
        again = forms.start(WORDS, {"words": words})
        found = _found(context, situation, words)
        return _add_page(situation, searching=again, chosen=form, found=found)
    identity = identity_of(form) or uuid4().hex
    about = {"referral_id": situation.referral_id, "child_id": form.value.child_id}
    added = give(context.parts, context.who, "add-child", about, identity=identity)
    if added.result == "refused":
        return _add_page(situation, chosen=form.with_error("", added.reason or ""))
    fields = {**about, "reason": form.value.reason}
    matched = give(context.parts, context.who, "match-child", fields, identity=_second(identity))
    if matched.result == "refused":
        said = (
            "The child is on this referral now, but the referral is not in the child's record: "
            f"{matched.reason}"
        )
        return _add_page(situation, chosen=form.with_error("", said))
    return _back(context, "add-child", added, matched)


def _registered(context: Context, situation: Situation) -> Response[Any]:
    """A new record, and the child is put on the referral."""
    form = forms.read(New, context.posted, NEW)
    if form.value is not None and not any(
        (form.value.given_name, form.value.family_name, form.value.due_on)
    ):
        form = form.with_error("given_name", "Enter a name, or the due date of an unborn child")
    if form.value is None:
        return _add_page(situation, new=form)
    identity = identity_of(form) or uuid4().hex
    known = {n: v for n in New.__struct_fields__ if (v := getattr(form.value, n)) is not None}
    fields = {"referral_id": situation.referral_id, **known}
    registered = give(context.parts, context.who, "register-child", fields, identity=identity)
    if registered.result == "refused":
        return _add_page(situation, new=form.with_error("", registered.reason or ""))
    child_id = registered.events[0].stream
    # What follows is about a child whom the gate knows from the read models.
    context.parts.projector.caught_up_to(registered.events[-1].position, PATIENCE_SECONDS)
    about = {"referral_id": situation.referral_id, "child_id": child_id}
    added = give(context.parts, context.who, "add-child", about, identity=_second(identity))
    if added.result == "refused":
        return _only_registered(context, situation, form.value, added.reason or "")
    return _back(context, "register-child", registered, added)


def _only_registered(
    context: Context, situation: Situation, new: New, reason: str
) -> Response[Any]:
    """The record stands and the child is not on the referral: the record is there to choose."""
    name = " ".join(filter(None, (new.given_name, new.family_name)))
    said = (
        f"A record of {name or 'the unborn child'} is open now, but the child is not on this "
        f"referral: {reason} Do not register the child again."
    )
    return _add_page(
        situation,
        searching=forms.start(WORDS, {"words": name}),
        new=forms.start(NEW, {"sex": "U"}).with_error("", said),
        found=_found(context, situation, name) if name else None,
    )


ADDING = (
    guarded(get, ADD, giving("add-child"), _referral, _adding, name="ask-add-child"),
    guarded(post, ADD, giving("add-child"), _referral, _added, name="take-add-child"),
)
