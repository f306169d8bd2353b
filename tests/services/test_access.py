"""May each role do what the table says, and nothing else; and is every look on record first?"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.access_log import AccessLog, Unrecorded, open_access_log
from domain.catalogue import COMMANDS
from domain.workforce import ROLES as WORKING_ROLES
from projections.agencies import Agency
from projections.people import Person
from services.access import (
    ACTIONS,
    COMMAND_LINE,
    DENIALS,
    GIVABLE,
    OPERATOR,
    ROLES,
    RULES,
    Cover,
    Denied,
    Gate,
    Post,
    Principal,
    Resource,
    Role,
    decide,
    give,
    principal_of,
)

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
CHILD = "child-" + "e" * 32
EAST, WEST = "team-east", "team-west"


def principal(role: Role, person: str = "ann", team: str = EAST) -> Principal:
    if role == "command-line":
        return COMMAND_LINE
    if role == "referrer":
        return Principal(person="police", posts=(Post("referrer"),), agency="police")
    return Principal(person=person, posts=(Post(role, team),))


OFFICE = Resource()
ELSEWHERE = Resource(
    about=(CHILD,), teams=frozenset({WEST}), workers=frozenset({"bob"}), agency="gp"
)
OUR_TEAMS = replace(ELSEWHERE, teams=frozenset({EAST}))
ALLOCATED = replace(ELSEWHERE, workers=frozenset({"ann"}))
WAITING = replace(ELSEWHERE, waiting=True)
CLOSED_HERE = replace(ELSEWHERE, teams=frozenset(), closed_with=EAST)
FROM_POLICE = replace(ELSEWHERE, agency="police")
KINDS = {
    "elsewhere": ELSEWHERE,
    "our team's": OUR_TEAMS,
    "allocated": ALLOCATED,
    "waiting": WAITING,
    "closed here": CLOSED_HERE,
    "from police": FROM_POLICE,
}

# ── The whole table, written out ──────────────────────────────────────────────────────────────────

OWN = {"our team's", "allocated"}
EVERYTHING = set(KINDS)

OPERATORS = """see-people see-agencies see-feeds replay-quarantined give:form-team
    give:join-team give:leave-team give:appoint-manager give:manager-leaves
    give:change-working-time give:arrange-cover give:settle-loss
    give:register-agency give:rename-agency give:suspend-agency give:resume-agency
    give:name-for-plan-status give:end-plan-status"""
WORKERS = """see-referral see-child see-address see-caseload see-deadlines see-risks
    give:request-information give:share-information give:decline-information
    give:follow-up-referral give:correct-details give:record-relationship give:end-relationship
    give:join-household give:leave-household give:correct-entry give:raise-risk give:answer-risk
    give:escalate-risk give:request-strategy-discussion"""
CASEWORKERS = """give:issue-handover give:acknowledge-handover give:start-assessment
    give:reach-review-point give:see-child give:extend-assessment give:complete-assessment
    give:conclude-section-47 give:record-visit give:record-failed-visit"""
TRIAGE = """see-message give:settle-conflict give:add-child give:remove-child
    give:acknowledge-referral give:screen-referral give:decide-referral give:tell-referrer
    give:reopen-referral give:attend-referral give:register-child give:match-child
    give:unmatch-child give:tell-records-apart give:withdraw-telling-apart"""
MANAGERS = """see-who-looked give:route-referral give:authorise-decision give:merge-records
    give:separate-records give:restrict-record give:unrestrict-record give:retract-entry
    give:withdraw-risk-answer
    give:allocate-case give:unallocate-case give:transfer-case give:hold-supervision
    give:record-management-decision give:audit-case give:overturn-decision give:close-case
    give:reopen-case give:authorise-assessment give:return-assessment
    give:hold-strategy-discussion give:hold-initial-conference give:start-protection-plan
    give:end-protection-plan"""

TABLE: dict[Role, list[tuple[str, set[str]]]] = {
    "social-worker": [
        ("see-people see-agencies", EVERYTHING),
        (WORKERS, OWN),
        (CASEWORKERS, OWN),
    ],
    "duty-worker": [
        ("see-inbox see-unreferred search-children see-people see-agencies", EVERYTHING),
        ("see-feeds replay-quarantined give:settle-message give:settle-loss", EVERYTHING),
        (WORKERS, {*OWN, "waiting"}),
        (TRIAGE, {*OWN, "waiting"}),
    ],
    "team-manager": [
        ("see-inbox see-unreferred search-children see-people see-agencies", EVERYTHING),
        ("see-feeds replay-quarantined give:settle-message give:settle-loss", EVERYTHING),
        ("see-teams see-outcomes", EVERYTHING),
        ("see-team give:change-working-time give:arrange-cover", {"our team's"}),
        (WORKERS, {*OWN, "waiting", "closed here"}),
        (CASEWORKERS, {*OWN, "waiting", "closed here"}),
        (TRIAGE, {*OWN, "waiting", "closed here"}),
        (MANAGERS, {*OWN, "waiting", "closed here"}),
    ],
    "auditor": [
        ("see-people see-agencies see-feeds see-teams see-outcomes see-team see-log", EVERYTHING),
        ("see-who-looked give:audit-case give:overturn-decision", EVERYTHING),
    ],
    "operator": [(OPERATORS, EVERYTHING)],
    "referrer": [
        (
            "see-own-referrals see-own-referral send-message give:follow-up-referral",
            {"from police"},
        ),
    ],
    "command-line": [
        (" ".join(name for name in ACTIONS if not name.startswith("give:")), EVERYTHING),
        (f"{OPERATORS} give:settle-message", EVERYTHING),
    ],
}


def permitted_kinds(role: Role, action: str) -> set[str]:
    who = principal(role)
    return {kind for kind, what in KINDS.items() if decide(who, action, what, NOW).permit}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", get_args(Role))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role, action: str) -> None:
    said: set[str] = set()
    for actions, kinds in TABLE[role]:
        if action in actions.split():
            said = kinds
    assert permitted_kinds(role, action) == said


def test_the_table_written_here_names_no_action_that_is_not_there() -> None:
    named = {each for rows in TABLE.values() for actions, _ in rows for each in actions.split()}
    assert named <= set(ACTIONS)


# ── The declared table itself ─────────────────────────────────────────────────────────────────────


def test_every_command_says_who_may_give_it() -> None:
    given_by = {name.removeprefix("give:") for name in ACTIONS if name.startswith("give:")}
    assert given_by == set(COMMANDS)


def test_what_only_a_message_a_decision_or_our_own_programs_cause_is_given_by_nobody() -> None:
    assert set(COMMANDS) - set(GIVABLE) == {
        "keep-message",
        "receive-referral",
        "update-referral",
        "cancel-referral",
        "report-conflict",
        "open-case",
        "quarantine-message",
        "replay-message",
        "report-loss",
        "disclose-information",
        "withhold-disclosure",
        "register-webhook",
        "rotate-webhook-secret",
        "remove-webhook",
    }


def test_every_role_that_an_action_is_for_has_exactly_one_rule_for_it() -> None:
    pairs = [(rule.role, about) for rule in RULES for about in rule.about]
    assert len(pairs) == len(set(pairs))
    needed = {(role, action.about) for action in ACTIONS.values() for role in action.roles}
    assert needed <= set(pairs)


def test_every_rule_and_denial_has_an_id_of_its_own_and_a_sentence() -> None:
    ids = [rule.id for rule in RULES] + list(DENIALS)
    assert len(ids) == len(set(ids))
    assert all(each.endswith(".") for each in [*(r.sentence for r in RULES), *DENIALS.values()])


def test_every_role_of_the_workforce_is_a_role_with_a_title() -> None:
    assert set(WORKING_ROLES) < set(ROLES) == set(get_args(Role))


def test_an_action_that_nobody_declared_is_an_error() -> None:
    with pytest.raises(KeyError):
        decide(OPERATOR, "see-everything", OFFICE, NOW)


@pytest.mark.parametrize("action", [name for name in ACTIONS if not name.startswith("give:")])
def test_whatever_shows_personal_data_is_to_be_recorded(action: str) -> None:
    shows_none = {"see-agencies", "see-feeds", "see-teams", "see-outcomes", "send-message"}
    shows_none |= {"replay-quarantined"}
    decision = decide(COMMAND_LINE, action, ELSEWHERE, NOW)
    assert ("record" in decision.obligations) is (action not in shows_none)


def test_an_auditor_is_shown_headers_only() -> None:
    who = principal("auditor")
    for action in ACTIONS:
        decision = decide(who, action, ELSEWHERE, NOW)
        assert decision.permit is ("headers-only" in decision.obligations), action


def test_a_manager_is_shown_other_teams_without_their_small_numbers() -> None:
    decision = decide(principal("team-manager"), "see-teams", OFFICE, NOW)
    assert decision.obligations == {"suppress-small-numbers"}


# ── Posts, cover, other days ──────────────────────────────────────────────────────────────────────


def test_a_manager_of_two_teams_manages_both_and_no_third() -> None:
    both = Principal(
        person="mo", posts=(Post("team-manager", EAST), Post("team-manager", "team-north"))
    )
    for team, permit in {EAST: True, "team-north": True, WEST: False}.items():
        what = Resource(teams=frozenset({team}))
        assert decide(both, "see-team", what, NOW).permit is permit


def test_a_manager_of_one_team_who_works_in_another_manages_only_the_one() -> None:
    who = Principal(person="mo", posts=(Post("team-manager", EAST), Post("social-worker", WEST)))
    assert not decide(who, give("close-case"), ELSEWHERE, NOW).permit
    decision = decide(who, "see-child", ELSEWHERE, NOW)
    assert (decision.permit, decision.role) == (True, "social-worker")


@pytest.mark.parametrize(("until", "permit"), [(date(2026, 3, 2), False), (date(2026, 3, 3), True)])
def test_a_cover_acts_until_the_end_of_the_day(until: date, permit: bool) -> None:
    cover = Cover(person_id="bob", cover_id="ann", until=until)
    who = replace(principal("social-worker"), covers=(cover,))
    assert decide(who, "see-child", ELSEWHERE, NOW).permit is permit


def test_the_day_of_a_cover_ends_at_midnight_in_england() -> None:
    cover = Cover(person_id="bob", cover_id="ann", until=date(2026, 7, 1))
    who = replace(principal("social-worker"), covers=(cover,))
    half_past_midnight = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert not decide(who, "see-child", ELSEWHERE, half_past_midnight).permit


def test_a_worker_without_a_team_is_not_in_the_team_of_a_case_without_one() -> None:
    who = Principal(person="ann", posts=(Post("team-manager"),))
    assert not decide(who, "see-child", Resource(), NOW).permit
    assert not decide(who, "see-team", Resource(), NOW).permit


# ── Who someone is ────────────────────────────────────────────────────────────────────────────────


def person(person_id: str, role: str = "social-worker", team: str = EAST, **more: object) -> Person:
    known = Person(
        person_id=person_id,
        team_id=team,
        role=role,
        percent=100,
        agency_staff=False,
        newly_qualified=False,
        interim=False,
        since=NOW,
        left_at=None,
        sealed=b"",
    )
    return replace(known, **more)


def agency(agency_id: str) -> Agency:
    return Agency(
        agency_id=agency_id,
        kind="police",
        name="Police",
        registered_at=NOW,
        suspended_at=None,
        reason=None,
    )


def test_a_person_is_who_the_rows_say() -> None:
    rows = [person("ann"), person("bob", "team-manager", WEST)]
    found = principal_of("bob", rows, [agency("police")])
    assert found == Principal(person="bob", posts=(Post("team-manager", WEST),))
    assert (found.role, found.team) == ("team-manager", WEST)


def test_a_person_holds_every_post_that_they_have_not_left() -> None:
    rows = [
        person("mo", "team-manager", EAST),
        person("mo", "social-worker", WEST),
        person("mo", "social-worker", "team-north", left_at=NOW),
    ]
    found = principal_of("mo", rows)
    assert found
    assert found.posts == (Post("team-manager", EAST), Post("social-worker", WEST))


def test_someone_who_left_may_not_sign_in() -> None:
    assert principal_of("ann", [person("ann", left_at=NOW)]) is None


def test_someone_unknown_may_not_sign_in() -> None:
    assert principal_of("eve", [person("ann")], [agency("police")]) is None


def test_a_role_that_no_rule_knows_gives_no_post() -> None:
    assert principal_of("ann", [person("ann", "caretaker")]) is None


@pytest.mark.parametrize("role", ["referrer", "command-line"])
def test_nobody_is_made_something_that_is_no_role_in_a_team(role: str) -> None:
    assert principal_of("ann", [person("ann", role)]) is None


def test_an_agency_is_a_referrer_of_its_own() -> None:
    found = principal_of("police", [person("ann")], [agency("gp"), agency("police")])
    assert found == Principal(person="police", posts=(Post("referrer"),), agency="police")


def test_an_id_that_is_a_persons_and_an_agencys_is_nobodys() -> None:
    assert principal_of("police", [person("police")], [agency("police")]) is None


def test_the_operator_is_there_before_anybody_else_and_stays_only_that() -> None:
    assert principal_of("operator", []) is OPERATOR
    assert principal_of("operator", [person("operator", "team-manager")]) is OPERATOR


def test_nobody_signs_in_as_the_command_line() -> None:
    assert principal_of("command-line", [person("command-line")]) is None


def test_a_person_covers_for_those_whom_they_cover_for_only() -> None:
    own = Cover(person_id="bob", cover_id="ann", until=date(2026, 3, 9))
    other = Cover(person_id="cas", cover_id="dee", until=date(2026, 3, 9))
    found = principal_of("ann", [person("ann")], covers=[own, other])
    assert found
    assert found.covers == (own,)


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────────

people = st.sampled_from(["ann", "bob", "police", "command-line"])
teams = st.sampled_from([EAST, WEST])
agencies = st.sampled_from(["police", "gp"])
actions = st.sampled_from(list(ACTIONS))
posts = st.builds(Post, st.sampled_from(get_args(Role)), st.none() | teams)
covers = st.builds(
    Cover, person_id=people, cover_id=people, until=st.dates(date(2026, 3, 1), date(2026, 3, 5))
)
principals = st.builds(
    Principal,
    person=people,
    posts=st.lists(posts, min_size=1, max_size=3).map(tuple),
    agency=st.none() | agencies,
    covers=st.lists(covers, max_size=2).map(tuple),
)
resources = st.builds(
    Resource,
    present=st.booleans(),
    teams=st.frozensets(teams),
    closed_with=st.none() | teams,
    workers=st.frozensets(people),
    waiting=st.booleans(),
    agency=st.none() | agencies,
    named=st.none() | st.frozensets(people),
    conflicted=st.frozensets(people),
)


@given(principals, actions, resources)
def test_a_conflict_of_interest_beats_everything(
    who: Principal, action: str, what: Resource
) -> None:
    what = replace(what, conflicted=what.conflicted | {who.person})
    assert not decide(who, action, what, NOW).permit


@given(principals, actions, resources)
def test_a_restricted_record_is_for_the_people_named(
    who: Principal, action: str, what: Resource
) -> None:
    what = replace(what, named=frozenset({"bob"}) - {who.person})
    assert not decide(who, action, what, NOW).permit or who.role == "command-line"


@given(principals, actions, resources)
def test_a_restricted_referral_is_only_triaged_by_those_on_duty(
    who: Principal, action: str, what: Resource
) -> None:
    what = replace(what, named=frozenset({"bob"}) - {who.person}, triaged=True)
    decision = decide(who, action, what, NOW)
    if decision.permit and who.role != "command-line":
        assert decision.rule_id in ("duty-triage", "manager-triage")
        assert action not in ("see-child", "see-address", "see-message", "give:tell-referrer")


@pytest.mark.parametrize(("role", "permit"), [("duty-worker", True), ("social-worker", False)])
def test_a_restricted_referral_is_decided_by_those_on_duty(role: Role, permit: bool) -> None:
    what = replace(OUR_TEAMS, named=frozenset({"bob"}), triaged=True)
    assert decide(principal(role), "see-referral", what, NOW).permit is permit
    what = replace(what, triaged=False)
    assert decide(principal(role), "see-referral", what, NOW).rule_id == "restricted"


@given(principals, actions, resources)
def test_what_is_not_there_is_for_nobody(who: Principal, action: str, what: Resource) -> None:
    decision = decide(who, action, replace(what, present=False), NOW)
    assert (decision.permit, decision.rule_id) == (False, "absent")


@given(agencies, actions, resources)
def test_a_referrer_meets_nothing_of_another_agency(own: str, action: str, what: Resource) -> None:
    who = Principal(person=own, posts=(Post("referrer"),), agency=own)
    assert not decide(who, action, what, NOW).permit or what.agency == own


@given(principals, actions, resources)
def test_a_post_more_takes_no_right_away(who: Principal, action: str, what: Resource) -> None:
    first = replace(who, posts=who.posts[:1])
    alone, all_posts = decide(first, action, what, NOW), decide(who, action, what, NOW)
    assert all_posts.permit or not alone.permit


@given(principals, actions, resources)
def test_every_decision_cites_its_rule_and_a_denial_is_recorded(
    who: Principal, action: str, what: Resource
) -> None:
    decision = decide(who, action, what, NOW)
    assert decision.rule_id in ({r.id for r in RULES} if decision.permit else set(DENIALS))
    assert decision.permit or decision.obligations == {"record"}


# ── The gate ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AccessLog]:
    opened = open_access_log(str(tmp_path), patience=0.2)
    yield opened
    opened.close()


@pytest.fixture
def gate(log: AccessLog) -> Gate:
    return Gate(log, lambda: NOW)


def test_a_look_is_on_record_when_the_gate_opens(gate: Gate) -> None:
    decision = gate.open(principal("duty-worker"), "see-child", WAITING)
    assert decision.permit
    (seen,) = gate.log.seen_by(CHILD)
    assert (
        seen.person,
        seen.role,
        seen.action,
        seen.about,
        seen.permitted,
        seen.rule,
        seen.at,
    ) == (
        "ann",
        "duty-worker",
        "see-child",
        (CHILD,),
        True,
        "duty-waiting-work",
        NOW,
    )


def test_a_denial_is_on_record_too(gate: Gate) -> None:
    with pytest.raises(Denied):
        gate.open(principal("operator"), "see-child", WAITING)
    (seen,) = gate.log.seen_by(CHILD)
    assert (seen.person, seen.permitted, seen.rule) == ("ann", False, "not-this-role")


def test_a_denied_command_is_on_record_and_a_permitted_one_is_in_the_log_of_events(
    gate: Gate,
) -> None:
    gate.open(principal("team-manager"), give("close-case"), OUR_TEAMS)
    assert gate.log.count() == 0
    with pytest.raises(Denied):
        gate.open(principal("social-worker"), give("close-case"), OUR_TEAMS)
    (seen,) = gate.log.seen_by(CHILD)
    assert (seen.action, seen.rule) == ("give:close-case", "not-this-role")


def test_denied_and_absent_look_the_same(gate: Gate) -> None:
    said = []
    for what in (ELSEWHERE, Resource(about=(CHILD,), present=False)):
        with pytest.raises(Denied) as denied:
            gate.open(principal("social-worker"), "see-child", what)
        said.append((str(denied.value), denied.value.args, vars(denied.value)))
    assert said[0] == said[1]
    assert CHILD not in str(said)
    assert [look.rule for look in gate.log.seen_by(CHILD)] == ["absent", "not-related"]


def test_a_name_typed_where_an_id_belongs_does_not_get_into_the_log(gate: Gate) -> None:
    for typed in ("Ella Thorne", "child-ella-thorne", ""):
        with pytest.raises(Denied):
            gate.open(
                principal("duty-worker"), "see-child", Resource(about=(typed,), present=False)
            )
        newest = gate.log.newest()
        assert newest
        assert newest.about == ("unknown",)


def test_words_given_as_the_id_of_a_stream_do_not_get_into_the_log(gate: Gate) -> None:
    gate.open(COMMAND_LINE, "see-log", Resource(about=("Ella Thorne", CHILD)))
    newest = gate.log.newest()
    assert newest
    assert newest.about == ("unknown", CHILD)


def test_a_search_leaves_its_tokens(gate: Gate) -> None:
    gate.open(principal("duty-worker"), "search-children", Resource(about=("k5xq2a7b", "mfrg22tb")))
    newest = gate.log.newest()
    assert newest
    assert newest.about == ("k5xq2a7b", "mfrg22tb")


def test_a_list_leaves_every_child_on_it(gate: Gate) -> None:
    shown = tuple(f"child-{n:032x}" for n in range(3))
    gate.open(principal("duty-worker"), "see-inbox", Resource(about=shown))
    assert [len(gate.log.seen_by(child)) for child in shown] == [1, 1, 1]


def test_a_row_or_a_button_is_left_out_without_a_record(gate: Gate) -> None:
    worker = principal("social-worker")
    assert gate.may(worker, "see-child", OUR_TEAMS)
    assert not gate.may(worker, give("allocate-case"), OUR_TEAMS)
    assert gate.log.count() == 0


@pytest.mark.parametrize("what", [OUR_TEAMS, ELSEWHERE], ids=["permitted", "denied"])
def test_nothing_is_shown_when_the_look_cannot_be_recorded(gate: Gate, what: Resource) -> None:
    gate.log.close()
    with pytest.raises(Unrecorded):
        gate.open(principal("social-worker"), "see-child", what)


def test_whoever_holds_the_keys_sees_a_restricted_record_and_is_recorded(gate: Gate) -> None:
    gate.open(COMMAND_LINE, "see-child", replace(ELSEWHERE, named=frozenset({"bob"})))
    (seen,) = gate.log.seen_by(CHILD)
    assert (seen.person, seen.rule) == ("command-line", "keys-held")


@settings(max_examples=50, deadline=None)
@given(principals, actions, resources)
def test_the_gate_opens_exactly_where_the_table_permits(
    tmp_path_factory: pytest.TempPathFactory, who: Principal, action: str, what: Resource
) -> None:
    log = open_access_log(str(tmp_path_factory.mktemp("store")))
    gate = Gate(log, lambda: NOW)
    try:
        opened = gate.open(who, action, what).permit
    except Denied:
        opened = False
    assert opened is gate.may(who, action, what)
    assert (log.count() == 1) is ("record" in decide(who, action, what, NOW).obligations)
    log.close()
