"""What is asked when merged records are two children's, or a record is only for some to open?"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from domain.child import SeparateRecords
from projections import caseload, children, people
from services.access import Denied, give
from services.assemble import Parts
from services.numbers import on_record
from services.questions import about_child, about_separation, mergers
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field
from services.web.naming import Names
from services.web.routes import Context
from services.web.templating import govdate


def separate_records(situation: Situation) -> Ask:
    if not situation.child.records:
        raise Denied
    return Ask(
        title="Separate a merged record",
        button="Separate the records",
        told="The record that you choose stands by itself again, with what happened under it. "
        "That the two were merged, and that you separated them, stays on record.",
        fields={
            "merged_child_id": Field(
                "Which record is another child's?",
                "the record that is another child's",
                choices={each: _label(situation, each) for each in situation.child.records},
            ),
            "reason": Field(
                "How do you know that they are two children?",
                "how you know that they are two children",
            ),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id},
        fields_of=lambda sent: _fields(situation, sent),
        grave=True,
    )


def tell_records_apart(situation: Situation) -> Ask:
    """About two records that look alike; `of` names the other one. Both looks are recorded."""
    parts = situation.parts
    other = children.child(parts.query, situation.of or "")
    if other is None or other.child_id == situation.child_id:
        raise Denied
    about = about_child(parts.query, other.child_id)
    parts.gate.open(situation.context.who, "see-child", about)
    return Ask(
        title="Tell two records apart",
        button="They are two children",
        told="The two records are not put beside each other again, unless somebody withdraws that.",
        fields={
            "reason": Field(
                "How do you know that they are two children?",
                "how you know that they are two children",
            ),
        },
        facts=[("The other record", _label(situation, other.child_id))],
        given={"child_id": situation.child_id, "other_child_id": other.child_id},
        grave=True,
    )


def may_separate(context: Context, child: children.Child) -> bool:
    """Whether this person may separate what was merged into this child's record."""
    about = about_separation(context.parts.query, child.child_id)
    gate = context.parts.gate
    return bool(child.records) and gate.may(context.who, give("separate-records"), about)


def separated_by(parts: Parts, names: Names, child: children.Child) -> str:
    """Who separates what was merged into this child's record; empty if nothing was."""
    if not child.records:
        return ""
    works = [caseload.of_child(parts.query, each) for each in (child.child_id, *child.records)]
    teams = [names(each.team_id) for each in works if each and each.team_id]
    people = [f"{names(each)}, who merged them" for each in mergers(parts.query, child.child_id)]
    people += [f"a manager of {team}" for team in dict.fromkeys(teams)]
    return (
        "Another record was merged into this one. If they are two children's, "
        f"{', or '.join(people) or 'a manager'} separates them again."
    )


def _label(situation: Situation, record: str) -> str:
    """A merged record by its own details: it has a page no more."""
    details = on_record(situation.parts.store, record).details
    name = " ".join(each for each in (details.given_name, details.family_name) if each)
    born = f", born {govdate(details.born_on)}" if details.born_on else ""
    number = f", NHS number {details.nhs_number}" if details.nhs_number else ""
    return f"{name or 'Name not known'}{born}{number}"


def _fields(situation: Situation, sent: SeparateRecords) -> dict[str, Any]:
    """The record is separated from the one that it was merged into, which may itself be merged."""
    into = children.merged_into(situation.parts.query, sent.merged_child_id)
    typed = {name: getattr(sent, name) for name in ("merged_child_id", "reason", "happened_at")}
    return {**typed, "child_id": into or situation.child_id}


class Restriction(Struct, frozen=True):
    """`left_out`: whoever works with the child is locked out, and that is meant."""

    named: tuple[str, ...]
    reason: str
    left_out: bool | None = None


def restrict_record(situation: Situation) -> Ask:
    own = situation.context.who.person
    staff = {each.person_id: each for each in people.staff(situation.parts.query)}
    why = {each: words for each, words in _at_work(situation).items() if each in staff}
    named = {
        each: f"{situation.names(each)}, {situation.names(staff[each].team_id)}"
        f"{f': {why[each]}' if each in why else ''}"
        for each in staff
    }
    fields: dict[str, Field] = {
        "named": Field(
            "Who may open it?",
            "who may open it",
            hint="Those who work with the child now are ticked, with the reason beside their name.",
            choices=dict(sorted(named.items(), key=lambda each: each[1])),
        ),
        "reason": Field("Why is it restricted?", "why it is restricted"),
    }
    typed = [text for name, text in situation.context.posted if name == "named"]
    if typed and _locked_out(situation, typed):
        fields["left_out"] = Field(
            f"Is {_locked_out(situation, typed)} to be locked out?",
            "whether that is meant",
            hint="They work with the child now, and could neither read the record nor write in it.",
        )
    return Ask(
        title="Restrict the record",
        button="Restrict the record",
        told="Only the people whom you tick may open it, yourself among them. To everybody else it "
        "is as if the record were not there. Whoever is on duty still decides new referrals.",
        fields=fields,
        start={"named": situation.child.named or tuple(dict.fromkeys((own, *why)))},
        given={"child_id": situation.child_id},
        shape=Restriction,
        fields_of=lambda sent: {"named": sent.named, "reason": sent.reason},
        wrong=lambda sent: None if sent.left_out else _left_out(situation, sent.named),
        grave=True,
    )


def _left_out(situation: Situation, named: Sequence[str]) -> tuple[str, str] | None:
    """The error to confirm, if somebody who works with the child is not named."""
    who = _locked_out(situation, named)
    said = f"{who} works with the child: tick the name, or say below that this is meant"
    return ("left_out", said) if who else None


def _locked_out(situation: Situation, named: Sequence[str]) -> str:
    """The names of those who work with the child and could no longer open the record."""
    left_out = [each for each in _workers(situation) if each not in named]
    return " and ".join(map(situation.names, left_out))


def _workers(situation: Situation) -> dict[str, str]:
    """Whoever is allocated to the child or takes the case over, and which of the two."""
    cases = [case for case in situation.works if case.is_open]
    taking = {case.handover_to: "takes the case over" for case in cases if case.handover_to}
    return taking | {case.worker_id: "allocated to the child" for case in cases if case.worker_id}


def _at_work(situation: Situation) -> dict[str, str]:
    """Those who need the record for their work, and why: its workers, and who manages them."""
    teams = {case.team_id for case in situation.works if case.is_open}
    managers = {
        person: f"manages {team.name}"
        for team in people.teams(situation.parts.query)
        for person in team.managers
        if team.team_id in teams
    }
    return managers | _workers(situation)


def unrestrict_record(situation: Situation) -> Ask:
    if not situation.child.restricted:
        raise Denied
    return Ask(
        title="Lift the restriction",
        button="Lift the restriction",
        told="The record is open again to everybody whose work it is.",
        fields={"reason": Field("Why is it lifted?", "why it is lifted")},
        facts=[("Only for", ", ".join(map(situation.names, situation.child.named)))],
        given={"child_id": situation.child_id},
        grave=True,
    )
