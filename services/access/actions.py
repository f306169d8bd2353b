"""What can be asked for, and which roles is each action for?"""

from typing import Literal

from msgspec import Struct

from services.access.principal import Role

About = Literal["office", "counts", "work", "triage", "team", "agency", "log"]
"""What an action is about: nothing in particular, figures over all teams, a child or referral (or
a list of them), a restricted child's referral that must be decided, one team, an agency's own
referrals, the headers of the log."""


class Action(Struct, frozen=True):
    """`personal`: it shows personal data, so each look is recorded."""

    about: About
    roles: frozenset[Role]
    personal: bool = True


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


NOBODY = _roles()
OPERATOR = _roles("operator", "command-line")
MANAGER = _roles("team-manager")
WORKER = _roles("social-worker", "team-manager")
DUTY = _roles("duty-worker", "team-manager")
PRACTICE = WORKER | DUTY
AUDIT = _roles("auditor", "team-manager")

SEE: dict[str, Action] = {
    "see-inbox": Action("office", DUTY),
    "see-unreferred": Action("office", DUTY),
    "search-children": Action("office", DUTY),
    "see-people": Action("office", PRACTICE | AUDIT | OPERATOR),
    "see-agencies": Action("office", PRACTICE | AUDIT | OPERATOR, personal=False),
    "see-feeds": Action("office", DUTY | AUDIT | OPERATOR, personal=False),
    "replay-quarantined": Action("office", DUTY | OPERATOR, personal=False),
    "see-teams": Action("counts", AUDIT, personal=False),
    "see-outcomes": Action("counts", AUDIT, personal=False),
    "see-team": Action("team", AUDIT),
    "see-referral": Action("work", PRACTICE),
    "see-message": Action("work", DUTY),
    "see-child": Action("work", PRACTICE),
    "see-address": Action("work", PRACTICE),
    "see-caseload": Action("work", PRACTICE),
    "see-deadlines": Action("work", PRACTICE),
    "see-risks": Action("work", PRACTICE),
    "see-who-looked": Action("work", AUDIT),
    "see-own-referrals": Action("agency", _roles("referrer")),
    "see-own-referral": Action("agency", _roles("referrer")),
    "send-message": Action("agency", _roles("referrer"), personal=False),
    "see-log": Action("log", _roles("auditor")),
    "open-log": Action("log", NOBODY),
}
"""What is shown (or sent in). `search-children` is also asked of each row found, so that a record
restricted to others is not found; `see-address` is where a child and their family live or are to be
reached; `see-message` is the raw message, `see-unreferred` one that became no referral, or is set
aside; `see-feeds` tells when each agency last sent and what is set aside, and nothing of what it
says; `replay-quarantined` takes that in after all; `open-log` opens the log's words."""

GIVE: dict[About, dict[str, frozenset[Role]]] = {
    "work": {
        # What only a message causes, or what follows from a decision by itself
        **dict.fromkeys(("keep-message", "receive-referral", "update-referral"), NOBODY),
        **dict.fromkeys(("cancel-referral", "report-conflict", "open-case"), NOBODY),
        # What is set aside, and taken in again by `quarantine replay`
        **dict.fromkeys(("quarantine-message", "replay-message", "report-loss"), NOBODY),
        # What an agency's system is told, or after all is not
        **dict.fromkeys(("disclose-information", "withhold-disclosure"), NOBODY),
        # A referral
        "settle-conflict": DUTY,
        "route-referral": MANAGER,
        "add-child": DUTY,
        "remove-child": DUTY,
        "acknowledge-referral": DUTY,
        "request-information": PRACTICE,
        "share-information": PRACTICE,
        "decline-information": PRACTICE,
        "screen-referral": DUTY,
        "decide-referral": DUTY,
        "authorise-decision": MANAGER,
        "tell-referrer": DUTY,
        "follow-up-referral": PRACTICE | _roles("referrer"),
        "attend-referral": DUTY,
        "reopen-referral": DUTY,
        # A child's record
        "register-child": DUTY,
        "match-child": DUTY,
        "unmatch-child": DUTY,
        "merge-records": MANAGER,
        "separate-records": MANAGER,
        "tell-records-apart": DUTY,
        "withdraw-telling-apart": DUTY,
        "correct-details": PRACTICE,
        "record-relationship": PRACTICE,
        "end-relationship": PRACTICE,
        "join-household": PRACTICE,
        "leave-household": PRACTICE,
        "restrict-record": MANAGER,
        "unrestrict-record": MANAGER,
        "correct-entry": PRACTICE,
        "retract-entry": MANAGER,
        # A risk
        "raise-risk": PRACTICE,
        "answer-risk": PRACTICE,
        "escalate-risk": PRACTICE,
        "withdraw-risk-answer": MANAGER,
        # A case and its oversight
        "allocate-case": MANAGER,
        "unallocate-case": MANAGER,
        "issue-handover": WORKER,
        "acknowledge-handover": WORKER,
        "transfer-case": MANAGER,
        "hold-supervision": MANAGER,
        "record-management-decision": MANAGER,
        "audit-case": AUDIT,
        "overturn-decision": AUDIT,
        "close-case": MANAGER,
        "reopen-case": MANAGER,
        # An assessment
        "start-assessment": WORKER,
        "reach-review-point": WORKER,
        "see-child": WORKER,
        "extend-assessment": WORKER,
        "complete-assessment": WORKER,
        "authorise-assessment": MANAGER,
        "return-assessment": MANAGER,
        # Protection
        "request-strategy-discussion": PRACTICE,
        "hold-strategy-discussion": MANAGER,
        "conclude-section-47": WORKER,
        "hold-initial-conference": MANAGER,
        "start-protection-plan": MANAGER,
        "record-visit": WORKER,
        "record-failed-visit": WORKER,
        "end-protection-plan": MANAGER,
    },
    "team": {
        # Whoever decides what people may read does not read it.
        "form-team": OPERATOR,
        "join-team": OPERATOR,
        "leave-team": OPERATOR,
        "appoint-manager": OPERATOR,
        "manager-leaves": OPERATOR,
        "change-working-time": OPERATOR | MANAGER,
        "arrange-cover": OPERATOR | MANAGER,
    },
    "office": {
        "register-agency": OPERATOR,
        "rename-agency": OPERATOR,
        "suspend-agency": OPERATOR,
        "resume-agency": OPERATOR,
        # What was lost before it was read: as for `replay-quarantined`. What was set aside is ended
        # by nobody who may not read it.
        "settle-loss": DUTY | OPERATOR,
        "settle-message": DUTY | _roles("command-line"),
        "name-for-plan-status": OPERATOR,
        "end-plan-status": OPERATOR,
        # What makes or holds a secret: by `webhook` on the command line alone
        **dict.fromkeys(("register-webhook", "rotate-webhook-secret", "remove-webhook"), NOBODY),
    },
}
"""What a command is about, its name -> who may give it.

That a decision's maker does not authorise it too is for the domain to refuse.
"""

TRIAGE = frozenset(
    ["see-referral"]
    + [
        f"give:{name}"
        for name in (
            "settle-conflict",
            "route-referral",
            "add-child",
            "remove-child",
            "unmatch-child",
            "match-child",
            "register-child",
            "acknowledge-referral",
            "request-information",
            "screen-referral",
            "decide-referral",
            "attend-referral",
            "reopen-referral",
        )
    ]
)
"""What those on duty may do with a restricted child's referral until it is decided: read what was
said, and decide. The message as it came (it holds addresses) and all that follows from the decision
(authorising it, telling the referrer) are for the people named on the record."""

GIVABLE = tuple(name for commands in GIVE.values() for name, roles in commands.items() if roles)
"""The commands that a person may give."""


def give(command_name: str) -> str:
    """The action of giving a command. A command given is in the log itself: no look is recorded."""
    return f"give:{command_name}"


ACTIONS: dict[str, Action] = {
    **{
        name: Action(action.about, action.roles | {"command-line"}, action.personal)
        for name, action in SEE.items()
    },
    **{
        give(name): Action(about, roles, personal=False)
        for about, commands in GIVE.items()
        for name, roles in commands.items()
    },
}
"""Everything that can be asked for. On the command line whoever holds the keys sees it all."""
