"""Which other records may be about the same child, and what speaks for it and against it?

Another record is put beside a child's when its details score high enough (`services.matching`). A
record that is restricted to others is not found. Nothing is merged by itself.
"""

from typing import Any

from msgspec import Struct

from domain.codes import SEXES
from domain.kernel import WITHHELD
from projections import caseload, children, inbox
from services.access import Principal, Resource, give
from services.answers import Level
from services.assemble import Parts
from services.likeness import Likeness
from services.matching import Candidate, Compared, evidence
from services.questions import about_child, details_of
from services.web.naming import Names
from services.web.templating import govdate
from services.words import opened

MOST = 5
"""Records shown beside one; a name that more have is searched for."""

NOT_GIVEN = "not given"
NOT_SHOWN = "not shown"

ROWS = (
    "first name",
    "surname",
    "sex",
    "birth date",
    "NHS number",
    "sender's own number",
    "postcode",
)
"""The details of two records, as evidence names them, in the order in which they are read."""

OUTCOMES = {
    "Match": "Very likely the same child",
    "PotentialMatch": "Likely the same child",
    "LowConfidence": "Little speaks for the same child",
    "ManyMatch": "More than one record is as likely",
}


class Beside(Struct, frozen=True):
    """One detail as two sources have it. `compares`: None where nothing is said of that."""

    name: str
    one: str
    other: str
    compares: Level | None


class Other(Struct, frozen=True, kw_only=True):
    """A record that may be about the same child. `seen`, `mergeable`, `separable`: whether this
    person may see it, merge the two, tell them apart. `likely`: how likely it is the same child."""

    child_id: str
    name: str
    line: str
    likely: str
    evidence: tuple[Beside, ...]
    seen: bool
    mergeable: bool
    separable: bool


class Alike(Struct, frozen=True, kw_only=True):
    """The likeliest first. `more`: how many others are as likely as the last of them. `namesakes`:
    how many have the name, and another date of birth."""

    others: tuple[Other, ...] = ()
    more: int = 0
    namesakes: int = 0


def alike(parts: Parts, who: Principal, child: children.Child, *, addresses: bool) -> Alike:
    """The records that may be about this child, as far as this person may find them.

    The look at each is recorded. `addresses`: show the postcodes too, to those who may see them.
    """
    compared = Compared(parts)
    likely = [
        each for each in compared.candidates(child) if _may_find(parts, who, each.child.child_id)
    ]
    own = compared.of(child)
    tokens = parts.store.vault.tokens(f"{own.given_name} {own.family_name}")
    shown = likely[:MOST]
    if shown:
        about = (*tokens, *(each.child.child_id for each in shown))
        parts.gate.open(who, "search-children", Resource(about=about))
    return Alike(
        others=tuple(_other(compared, who, child, each, addresses=addresses) for each in shown),
        more=len(likely) - len(shown),
        namesakes=sum(_may_find(parts, who, each.child_id) for each in compared.namesakes(child)),
    )


def _may_find(parts: Parts, who: Principal, child_id: str) -> bool:
    return parts.gate.may(who, "search-children", about_child(parts.query, child_id))


def _other(
    compared: Compared, who: Principal, child: children.Child, found: Candidate, *, addresses: bool
) -> Other:
    parts, other = compared.parts, found.child
    here, there = (about_child(parts.query, each.child_id) for each in (child, other))
    return Other(
        child_id=other.child_id,
        name=details_of(parts.store, other)["name"] or "Name not known",
        line=line(parts, other),
        likely=f"{OUTCOMES[found.outcome]} (score {found.likeness.score:.2f})",
        evidence=_beside(compared, who, (child, other), found.likeness, addresses=addresses),
        seen=parts.gate.may(who, "see-child", there),
        mergeable=all(parts.gate.may(who, give("merge-records"), each) for each in (here, there)),
        separable=all(
            parts.gate.may(who, action, each)
            for each in (here, there)
            for action in (give("tell-records-apart"), "see-child")
        ),
    )


def beside(
    parts: Parts, who: Principal, one: children.Child, other: children.Child, *, addresses: bool
) -> tuple[Beside, ...]:
    """The details of two records side by side; postcodes only if asked for, the look recorded."""
    compared = Compared(parts)
    likeness = compared.scored(one, other)
    return _beside(compared, who, (one, other), likeness, addresses=addresses)


def _beside(
    compared: Compared,
    who: Principal,
    both: tuple[children.Child, children.Child],
    likeness: Likeness,
    *,
    addresses: bool,
) -> tuple[Beside, ...]:
    """The same evidence as `matches` gives, in the words of a page."""
    parts = compared.parts
    details = {each["detail"]: each for each in evidence(compared, *both, likeness)}
    abouts = [about_child(parts.query, each.child_id) for each in both]
    reads = addresses and all(parts.gate.may(who, "see-address", each) for each in abouts)
    for each in abouts if reads else ():
        parts.gate.open(who, "see-address", each)
    rows = []
    for name in ROWS:
        detail = details[name]
        if "values" in detail:
            values = [_worded(name, each) for each in detail["values"]]
        else:
            values = [_postcode(parts, each) if reads else NOT_SHOWN for each in both]
        if name != "sender's own number" or any(values):
            one, other = (each or NOT_GIVEN for each in values)
            rows.append(Beside(LABELS.get(name, _capital(name)), one, other, detail["compares"]))
    return tuple(rows)


LABELS = {"birth date": "Date of birth"}


def _capital(name: str) -> str:
    return f"{name[:1].upper()}{name[1:]}"


def _worded(name: str, value: Any) -> str:
    if name == "sex":
        return "" if value == "U" else SEXES[value]
    return govdate(value) if name == "birth date" and value else value or ""


def _postcode(parts: Parts, child: children.Child) -> str:
    for sealed in (child.sealed, child.first_sealed):
        postcode = opened(parts.store, sealed, ("location",))[0].get("postcode")
        if postcode is WITHHELD:
            return "Destroyed"
        if isinstance(postcode, str) and postcode:
            return postcode.upper()
    return ""


def line(parts: Parts, child: children.Child) -> str:
    """What tells records of one child apart: since when, from whom, and whether there is a case.

    "Record since 5 March 2026, from Open Door, open case".
    """
    first = inbox.referral(parts.query, child.referral_id) if child.referral_id else None
    sender = Names(parts)(first.now.agency) if first else ""
    works = [caseload.of_child(parts.query, each) for each in (child.child_id, *child.records)]
    case = case_words(next((each for each in works if each and each.is_open), works[0]))
    told = [
        f"Record since {govdate(child.registered_at)}",
        f"from {sender}" if sender else "",
        f"{case[:1].lower()}{case[1:]}",
    ]
    return ", ".join(filter(None, told))


def case_words(case: caseload.Case | None) -> str:
    """The child's case, as it stands."""
    if case is None or case.case_id is None:
        return "No case"
    if not case.is_open:
        return f"Case closed{f' on {govdate(case.closed_at)}' if case.closed_at else ''}"
    return "Open case, with a protection plan" if case.plan_category else "Open case"
