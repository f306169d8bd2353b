"""What is asked when a case is given to somebody, moved, overseen, closed or reopened?"""

from domain.case import AllocateCase
from domain.codes import CLOSURE_REASONS, WORKER_CHANGES
from projections import people
from services.access import Denied
from services.left_open import left_open
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field
from services.web.templating import govdate

DECISION = Field("What was decided?", "what was decided", missing="Enter what was decided")
RATIONALE = Field("Why?", "the reasons", hint="Whoever reads it in ten years should understand it.")

GRADES = {
    "outstanding": "Outstanding",
    "good": "Good",
    "requires-improvement": "Requires improvement",
    "inadequate": "Inadequate",
}


def _now(situation: Situation) -> list[tuple[str, str]]:
    """Who has the case, to have in sight."""
    case, names = situation.case(), situation.names
    since = f", since {govdate(case.since)}" if case.since else ""
    worker = f"{names(case.worker_id)}{since}" if case.worker_id else "Nobody"
    return [("Allocated to", worker), ("Team", names(case.team_id) or "No team")]


def _workers(situation: Situation) -> dict[str, str]:
    """The social workers of the case's team, those of other teams after them with their team."""
    team, names = situation.case().team_id, situation.names
    found = [p for p in people.staff(situation.parts.query) if p.role == "social-worker"]
    own = {p.person_id: names(p.person_id) for p in found if p.team_id == team}
    others = {
        p.person_id: f"{names(p.person_id)} ({names(p.team_id)})"
        for p in sorted(found, key=lambda p: (names(p.team_id), names(p.person_id)))
        if p.team_id != team
    }
    return {**dict(sorted(own.items(), key=lambda pair: pair[1])), **others}


def allocate_case(situation: Situation) -> Ask:
    case = situation.case()
    workers = _workers(situation)
    fields = {"worker_id": Field("Who takes the case?", "who takes the case", choices=workers)}
    if case.worker_id:
        workers.pop(case.worker_id, None)
        fields["reason"] = Field(
            "Why does the worker change?",
            "why the worker changes",
            choices=WORKER_CHANGES,
            required=True,
        )
    fields["happened_at"] = WHEN

    def allocated(command: AllocateCase) -> dict[str, object]:
        """The case goes with its worker to the worker's team."""
        posts = people.posts(situation.parts.query, command.worker_id)
        teams = [post.team_id for post in posts if post.role == "social-worker"]
        moves = {"team_id": teams[0]} if teams and case.team_id not in teams else {}
        return {**{name: getattr(command, name) for name in fields}, **moves}

    return Ask(
        title="Reallocate the case" if case.worker_id else "Allocate the case",
        button="Reallocate" if case.worker_id else "Allocate",
        told="A worker of another team takes the case to that team.",
        fields=fields,
        fields_of=allocated,
        given={"case_id": case.case_id},
        facts=_now(situation),
    )


def issue_handover(situation: Situation) -> Ask:
    case = situation.case()
    workers = _workers(situation)
    workers.pop(case.worker_id or "", None)
    return Ask(
        title="Hand the case over",
        button="Hand over",
        told="The other worker sees the case at once, and confirms that they have taken it over.",
        fields={
            "to_worker_id": Field("To whom?", "who takes it over", choices=workers),
            "note": Field(
                "What do they need to know?",
                "what they need to know",
                hint="What is agreed, what is due next, what worries you.",
            ),
            "happened_at": WHEN,
        },
        given={"case_id": case.case_id},
        facts=_now(situation),
    )


def acknowledge_handover(situation: Situation) -> Ask:
    case = situation.case()
    return Ask(
        title="Confirm that you have taken the case over",
        button="Confirm",
        fields={"happened_at": WHEN},
        given={"case_id": case.case_id},
        facts=_now(situation),
    )


def unallocate_case(situation: Situation) -> Ask:
    case = situation.case()
    if case.worker_id is None:
        raise Denied
    return Ask(
        title="Take the case from its worker",
        button="Leave it unallocated",
        told="The child then has no social worker until a manager allocates the case again. To "
        "give it to somebody else, reallocate it instead.",
        fields={
            "reason": Field("Why?", "why", choices=WORKER_CHANGES),
            "happened_at": WHEN,
        },
        given={"case_id": case.case_id},
        facts=_now(situation),
        grave=True,
    )


def transfer_case(situation: Situation) -> Ask:
    case = situation.case()
    teams = {
        team.team_id: team.name
        for team in people.teams(situation.parts.query)
        if team.kind == "area" and team.team_id != case.team_id
    }
    return Ask(
        title="Transfer the case to another team",
        button="Transfer",
        told="The other team allocates it anew. Until then the child has no social worker.",
        fields={
            "team_id": Field("To which team?", "the team", choices=teams),
            "reason": Field("Why?", "why it is transferred"),
            "happened_at": WHEN,
        },
        given={"case_id": case.case_id},
        facts=_now(situation),
        grave=True,
    )


def hold_supervision(situation: Situation) -> Ask:
    return Ask(
        title="Record supervision",
        button="Record supervision",
        fields={"decision": DECISION, "rationale": RATIONALE, "happened_at": WHEN},
        given={"case_id": situation.case().case_id},
        facts=_now(situation),
    )


def record_management_decision(situation: Situation) -> Ask:
    return Ask(
        title="Record a management decision",
        button="Record the decision",
        fields={"decision": DECISION, "rationale": RATIONALE, "happened_at": WHEN},
        given={"case_id": situation.case().case_id},
        facts=_now(situation),
    )


def audit_case(situation: Situation) -> Ask:
    return Ask(
        title="Record an audit of the case",
        button="Record the audit",
        fields={
            "grade": Field("How good is the practice?", "how good it is", choices=GRADES),
            "findings": Field("What did you find?", "what you found"),
            "happened_at": WHEN,
        },
        given={"case_id": situation.case().case_id},
        facts=_now(situation),
    )


def close_case(situation: Situation) -> Ask:
    case = situation.case()
    records = (situation.child_id, *situation.child.records)
    left = [situation.names.worded(each) for each in left_open(situation.parts, records)]
    told = (
        "Before you close it, see to all that is open. A conference, a discussion and risks need "
        "not be seen to here when the child has died or moved to another authority."
    )
    return Ask(
        title="Close the case",
        button="Close the case",
        told=told if left else "",
        fields={
            "reason": Field("Reason for closing", choices=CLOSURE_REASONS),
            "rationale": RATIONALE,
            "happened_at": WHEN,
        },
        given={"case_id": case.case_id},
        facts=[*_now(situation), *(("Still open", each) for each in left)],
        grave=True,
    )


def reopen_case(situation: Situation) -> Ask:
    case = situation.case()
    reason = CLOSURE_REASONS[case.closure_reason] if case.closure_reason else ""
    closed = govdate(case.closed_at) if case.closed_at else ""
    return Ask(
        title="Reopen the case",
        button="Reopen the case",
        told="Reopen it if closing it was wrong. For a new concern, decide the new referral.",
        fields={
            "reason": Field("Why was it wrong to close it?", "why it was wrong to close it"),
            "happened_at": WHEN,
        },
        given={"case_id": case.case_id},
        facts=[("Closed", closed), ("As", reason)],
    )
