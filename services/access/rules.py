"""Which role may do what, to whose record, and which rule says so?

A thing is permitted if a post of the person's allows the action, and the post is related to what is
asked for (allocated, same team, a referral that waits, an own referral), and there is no conflict
of interest, and the record is not restricted to others. All of it is data below, and a pure
function over it: asked with the facts of another day, it answers for that day.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from domain.calendar import local_day
from services.access.actions import ACTIONS, DUTY, TRIAGE, About
from services.access.principal import Post, Principal, Role

# ── What is asked for ─────────────────────────────────────────────────────────────────────────────


class Resource(Struct, frozen=True, kw_only=True):
    """The facts about what is asked for, as of the instant that is asked about.

    `about`: ids of what is shown (of all rows, for a list), or the keyed tokens of a search.
    `present`: False when there is no such thing. `teams`: whose duty the referral falls to, who has
    the open case, or the team itself. `closed_with`: the team that last had a closed case.
    `workers`: allocated to it, told of it, or being handed it. `waiting`: it is a referral that
    awaits a decision, or a child whom such a referral names. `agency`: whose referral it is.
    `named`: the only people who may open a restricted record. `triaged`: it is such a record's
    referral that must be decided, which those on duty do even so. `conflicted`: people with a
    conflict of interest.
    """

    about: tuple[str, ...] = ()
    present: bool = True
    teams: frozenset[str] = frozenset()
    closed_with: str | None = None
    workers: frozenset[str] = frozenset()
    waiting: bool = False
    agency: str | None = None
    named: frozenset[str] | None = None
    triaged: bool = False
    conflicted: frozenset[str] = frozenset()


# ── How a post must be related to it ──────────────────────────────────────────────────────────────

Related = Callable[[Principal, Post, Resource, date], bool]


def always(_who: Principal, _post: Post, _what: Resource, _today: date) -> bool:
    return True


def own_team(_who: Principal, post: Post, what: Resource, _today: date) -> bool:
    return post.team is not None and post.team in what.teams


def own_work(who: Principal, post: Post, what: Resource, today: date) -> bool:
    return own_team(who, post, what, today) or bool(who.acts_for(today) & what.workers)


def waiting_or_own_work(who: Principal, post: Post, what: Resource, today: date) -> bool:
    return what.waiting or own_work(who, post, what, today)


def managed_work(who: Principal, post: Post, what: Resource, today: date) -> bool:
    closed_here = post.team is not None and post.team == what.closed_with
    return closed_here or waiting_or_own_work(who, post, what, today)


def own_agency(who: Principal, _post: Post, what: Resource, _today: date) -> bool:
    return who.agency is not None and who.agency == what.agency


Obligation = Literal["record", "headers-only", "suppress-small-numbers"]
"""What must be done with what is permitted: record the look first, leave out all private words,
show no figure from which a family could be told."""


class Rule(Struct, frozen=True):
    """For this role and what it asks about, it takes this relationship. One rule a pair."""

    id: str
    role: Role
    about: frozenset[About]
    related: Related
    sentence: str
    obligations: frozenset[Obligation] = frozenset()


def _about(*about: About) -> frozenset[About]:
    return frozenset(about)


_HEADERS: frozenset[Obligation] = frozenset({"headers-only"})
_COUNTS: frozenset[Obligation] = frozenset({"suppress-small-numbers"})

RULES = (
    Rule(
        "worker-office",
        "social-worker",
        _about("office"),
        always,
        "A social worker sees the lists that every colleague sees.",
    ),
    Rule(
        "worker-own-work",
        "social-worker",
        _about("work"),
        own_work,
        "A social worker sees and acts on what is allocated to them, to someone they cover for, or"
        " to their team.",
    ),
    Rule(
        "duty-office",
        "duty-worker",
        _about("office"),
        always,
        "A duty worker sees the inbox, and searches for children to match a referral.",
    ),
    Rule(
        "duty-waiting-work",
        "duty-worker",
        _about("work"),
        waiting_or_own_work,
        "A duty worker sees and acts on referrals that wait and the children they name, and on"
        " their own and their team's work.",
    ),
    Rule(
        "duty-triage",
        "duty-worker",
        _about("triage"),
        always,
        "A duty worker reads and decides a referral about a restricted record; the record and every"
        " address stay closed to them.",
    ),
    Rule(
        "manager-office",
        "team-manager",
        _about("office"),
        always,
        "A team manager sees the inbox, and searches for children to match a referral.",
    ),
    Rule(
        "manager-counts",
        "team-manager",
        _about("counts"),
        always,
        "A team manager sees how all teams are doing, small numbers suppressed.",
        _COUNTS,
    ),
    Rule(
        "manager-team",
        "team-manager",
        _about("team"),
        own_team,
        "A team manager sees the figures of their own team and the cases behind them.",
    ),
    Rule(
        "manager-work",
        "team-manager",
        _about("work"),
        managed_work,
        "A team manager sees and acts on referrals that wait, and on their team's work, closed"
        " cases too.",
    ),
    Rule(
        "manager-triage",
        "team-manager",
        _about("triage"),
        always,
        "A team manager reads and decides a referral about a restricted record; the record and"
        " every address stay closed to them.",
    ),
    Rule(
        "auditor-headers",
        "auditor",
        _about("office", "counts", "team", "work", "log"),
        always,
        "An auditor sees headers, figures and who looked, never a private word.",
        _HEADERS,
    ),
    Rule(
        "operator-set-up",
        "operator",
        _about("office", "team"),
        always,
        "An operator sets up teams and agencies, and sees no child's record.",
    ),
    Rule(
        "referrer-own-agency",
        "referrer",
        _about("agency", "work"),
        own_agency,
        "A referrer sees what their own agency sent and what became of it, and may ask after it.",
    ),
    Rule(
        "keys-held",
        "command-line",
        _about("office", "counts", "team", "work", "agency", "log"),
        always,
        "Whoever holds the keys on this machine sees what is on it, and sets up teams and"
        " agencies.",
    ),
)

DENIALS = {
    "absent": "There is no such thing.",
    "conflict-of-interest": "The person has a conflict of interest.",
    "restricted": "The record is restricted to people of whom this is none.",
    "not-this-role": "No post of the person's allows the action.",
    "not-related": "The person has nothing to do with it.",
}
"""Why something is denied, the first reason that holds. For the access log: nobody is told."""

_RULE_OF = {(rule.role, about): rule for rule in RULES for about in rule.about}

# ── The decision ──────────────────────────────────────────────────────────────────────────────────


class Decision(Struct, frozen=True):
    """`rule_id` is of `RULES` where it is permitted, else of `DENIALS`. `role`: in which post."""

    permit: bool
    rule_id: str
    role: Role
    obligations: frozenset[Obligation] = frozenset()


def decide(principal: Principal, action: str, resource: Resource, now: datetime) -> Decision:
    """Whether this person may do this to that, at that instant (aware).

    Raises `KeyError` for an action that is not in the table.
    """
    asked = ACTIONS[action]
    about, roles, otherwise = asked.about, asked.roles, "not-related"
    if denied := _overruled(principal, resource):
        if denied != "restricted" or not resource.triaged or action not in TRIAGE:
            return _denied(principal, denied)
        about, roles, otherwise = "triage", roles & DUTY, denied
    posts = [post for post in principal.posts if post.role in roles]
    for post in posts:
        rule = _RULE_OF[post.role, about]
        if rule.related(principal, post, resource, local_day(now)):
            recorded: frozenset[Obligation] = frozenset({"record"} if asked.personal else ())
            return Decision(True, rule.id, post.role, rule.obligations | recorded)
    return _denied(principal, otherwise if posts or otherwise == denied else "not-this-role")


def _overruled(principal: Principal, resource: Resource) -> str | None:
    """What no role and no relationship outweighs; whoever holds the keys holds every record."""
    if not resource.present:
        return "absent"
    if principal.person in resource.conflicted:
        return "conflict-of-interest"
    if resource.named is None or principal.role == "command-line":
        return None
    return None if principal.person in resource.named else "restricted"


def _denied(principal: Principal, reason: str) -> Decision:
    return Decision(False, reason, principal.role, frozenset({"record"}))
