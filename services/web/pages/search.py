"""Which child is it? Found by whole names, in a form, so that no name stands in an address."""

from litestar import Response, get, post
from msgspec import Struct

from projections import caseload
from services import questions
from services.access import Denied, Resource
from services.answers import ChildLine
from services.questions import about_child
from services.web import form as forms
from services.web.form import Field
from services.web.frame import show
from services.web.naming import Names
from services.web.routes import Context, self_guarded
from services.web.templating import govdate

NAME = {
    "words": Field(
        "Name",
        "a name",
        hint="Whole names, or parts of double ones, in any order. Each search is on record, "
        "also one that finds nobody.",
    )
}


class Search(Struct, frozen=True):
    words: str


@self_guarded(get, "/children", "search-children")
def search(context: Context) -> Response[str]:
    """The form; it shows nobody, so there is nothing to record."""
    if not _may_search(context):
        raise Denied
    return show(context, "children.html", form=forms.start(NAME), found=None, searched="")


@self_guarded(post, "/children", "search-children")
def searched(context: Context) -> Response[str]:
    """Who was found. The words are sent in a form, so that no name stands in an address."""
    form = forms.read(Search, context.posted, NAME)
    if form.value is None:
        if not _may_search(context):
            raise Denied
        return show(context, "children.html", status=422, form=form, found=None, searched="")
    parts, who, names = context.parts, context.who, Names(context.parts)
    found = []
    for each in questions.children(parts, who, form.value.words):
        work = caseload.of_child(parts.query, each["child"])
        mine = parts.gate.may(who, "see-child", about_child(parts.query, each["child"]))
        found.append(
            {
                "name": each["name"] or "Name not known",
                "href": f"/children/{each['child']}" if mine else "",
                "born": _born(each),
                "case": _held(work, names),
            }
        )
    return show(context, "children.html", form=form, found=found, searched=form.value.words)


def _may_search(context: Context) -> bool:
    return context.parts.gate.may(context.who, "search-children", Resource())


def _born(details: ChildLine) -> str:
    if details["born_on"]:
        return govdate(details["born_on"])
    return f"due {govdate(details['due_on'])}" if details["due_on"] else "not known"


def _held(work: caseload.Case | None, names: Names) -> str:
    """Whose case it is, in a few words."""
    if work is None or work.case_id is None:
        return "No case"
    team = names(work.team_id) or "no team"
    if not work.is_open:
        return f"Closed, {team}"
    return f"{team}, {names(work.worker_id) or 'unallocated'}"
