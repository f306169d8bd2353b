"""How does a command become a form: what it asks, what the page knows, what is wrong with it?

A form of a command is a function in `services/web/forms/`, named as the command is: it takes the
`Situation` and returns an `Ask`. Its page, its gate and its sending follow from that; see
`pages/record.py`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import Struct

from domain.kernel import Private, private_fields
from projections import caseload, children
from services import questions
from services.access import GIVABLE, Denied, Resource
from services.give import command_named
from services.web import form as forms_
from services.web import forms as package
from services.web.form import Field, Fields, Form, Group
from services.web.naming import Names
from services.web.routes import Context

WHEN = Field(
    "When did it happen?",
    "the date and time it happened",
    hint="Change it if you write it down later. For example, 9 11 2026 at 2:30pm",
)
FEW = 7
"""Up to so many choices are shown at once; more are a list that opens."""


class Situation:
    """One child's record as a form finds it. Raises `Denied` for a child who is not there.

    `of`: what the form is about beside the child (a risk, an assessment, an enquiry, an entry).
    """

    def __init__(self, context: Context, child_id: str, of: str | None = None) -> None:
        self.context = context
        self.parts = context.parts
        self.of = of
        found = children.child(self.parts.query, child_id)
        if found is None:
            raise Denied
        self.child = found
        self.names = Names(self.parts, reader=context.who.person)

    @property
    def child_id(self) -> str:
        return self.child.child_id

    @cached_property
    def resource(self) -> Resource:
        """What the gate must know of the child."""
        return questions.about_child(self.parts.query, self.child_id)

    @cached_property
    def details(self) -> dict[str, Any]:
        return questions.details_of(self.parts.store, self.child)

    @cached_property
    def works(self) -> tuple[caseload.Case, ...]:
        """The work with this child, under each of their records; open cases first."""
        ids = (self.child_id, *self.child.records)
        found = [caseload.of_child(self.parts.query, each) for each in ids]
        return tuple(sorted((each for each in found if each), key=lambda case: not case.is_open))

    @property
    def work(self) -> caseload.Case | None:
        return self.works[0] if self.works else None

    def case(self) -> caseload.Case:
        """The child's case. Raises `Denied` where there is none."""
        if self.work is None or self.work.case_id is None:
            raise Denied
        return self.work

    def assessment(self) -> caseload.Assessment:
        """The assessment that the form is about. Raises `Denied` if it is another child's."""
        found = caseload.assessment(self.parts.query, self.of or "")
        if found is None or found.child_id not in (self.child_id, *self.child.records):
            raise Denied
        return found

    def enquiry(self) -> caseload.Enquiry | None:
        """The enquiry that the form is about, None for a new one. Raises `Denied` as above."""
        if self.of is None:
            return None
        found = caseload.enquiry(self.parts.query, self.of)
        if found is None or found.child_id not in (self.child_id, *self.child.records):
            raise Denied
        return found


class Ask(Struct, frozen=True, kw_only=True):
    """What a form asks for.

    `fields`: in the order in which they are shown. `given`: the command's fields that the page
    knows. `start`: what is filled in at first. `facts`: (label, value) to have in sight while
    writing. `told`: a paragraph above the fields. `shape`: the Struct that is read, by default the
    command itself; `fields_of`: the command's fields from it. `grave`: it cannot be undone, or
    changes much. `wrong`: the field and the words of what is wrong with all of it taken together,
    which the command itself would take. `notice`: what the page that follows is to say besides, as
    a query of its address.
    """

    title: str
    button: str
    fields: Fields
    given: Mapping[str, object] = {}
    start: Mapping[str, object] = {}
    facts: Sequence[tuple[str, str]] = ()
    told: str = ""
    shape: type[Struct] | None = None
    fields_of: Callable[[Any], Mapping[str, object]] | None = None
    grave: bool = False
    wrong: Callable[[Any], tuple[str, str] | None] | None = None
    notice: Callable[[Any], str] | None = None


Asks = Callable[[Situation], Ask]
Widget = Literal[
    "moment", "day", "yes-no", "radios", "select", "checkboxes", "textarea", "text", "group"
]


def asked_forms() -> dict[str, Asks]:
    """Every form there is, by the name of its command."""
    found: dict[str, Asks] = {}
    for module in pkgutil.iter_modules(package.__path__):
        members = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
        for name, member in members.items():
            if name.replace("_", "-") in GIVABLE and callable(member):
                found[name.replace("_", "-")] = member
    return found


# ── Showing ───────────────────────────────────────────────────────────────────────────────────────


def widgets(command: str, ask: Ask) -> list[tuple[str, Widget]]:
    """How each field is asked, in order."""
    kind = ask.shape or command_named(command)
    types, private = get_type_hints(kind), private_fields(command_named(command))
    return [
        (name, _widget(types[name], field, narrative=_is_narrative(private.get(name))))
        for name, field in ask.fields.items()
    ]


def _is_narrative(mark: Private | None) -> bool:
    return mark is not None and mark.kind == "narrative"


def _widget(wanted: Any, field: Field | Group, *, narrative: bool) -> Widget:
    if isinstance(field, Group):
        return "group"
    own = [each for each in get_args(wanted) if each is not type(None)]
    if get_origin(wanted) not in (Literal, tuple) and own:  # … | None
        (wanted,) = own
    if wanted is datetime:
        return "moment"
    if wanted is date:
        return "day"
    if wanted is bool:
        return "yes-no"
    if get_origin(wanted) is tuple:
        return "checkboxes"
    if field.choices is not None:
        return "radios" if len(field.choices) <= FEW else "select"
    return "textarea" if narrative else "text"


def unsent(ask: Ask, now: datetime) -> Form[Any]:
    """The form as it is shown first: it happened now, unless somebody says otherwise."""
    start = dict(ask.start)
    if "happened_at" in ask.fields:
        start.setdefault("happened_at", now)
    return forms_.start(ask.fields, start)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


def sent(command: str, ask: Ask, pairs: Sequence[tuple[str, str]], now: datetime) -> Form[Any]:
    """The form as it came back, with all that is wrong with it."""
    kind = ask.shape or command_named(command)
    stamped = {"received_at": now, "recorded_at": now, "by": "", "agency": ""}
    known = {**stamped, "happened_at": now, **ask.given}
    given = {
        name: value
        for name, value in known.items()
        if name in kind.__struct_fields__ and name not in ask.fields
    }
    form = forms_.read(kind, pairs, ask.fields, given)
    wrong = ask.wrong(form.value) if ask.wrong and form.value is not None else None
    return form.with_error(*wrong) if wrong else form


def command_fields(ask: Ask, form: Form[Any]) -> dict[str, object]:
    """The fields of the command that a form asks for. `form` has no errors."""
    if ask.fields_of is not None:
        return {**ask.given, **ask.fields_of(form.value)}
    return {**ask.given, **{name: getattr(form.value, name) for name in ask.fields}}


def identity_of(form: Form[Any]) -> str:
    """The id under which the command was prepared, if the form brought a usable one."""
    text = form.text("command_id")
    return text if len(text) == ID_LENGTH and text.isalnum() else ""


ID_LENGTH = 32
