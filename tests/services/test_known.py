"""Is whatever a person's command names on record, theirs to act on, and does it belong together?"""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.case import case_of
from projections import caseload, risks
from services import questions
from services.access import OPERATOR, Denied
from services.give import give
from services.handle import Handled
from tests.parts.authority import (
    AUDITOR,
    AUTHORITY,
    DUTY,
    EAST,
    MANAGER,
    OTHER_MANAGER,
    OTHER_WORKER,
    WEST,
    WORKER,
    Authority,
)

GHOST, NO_TEAM, NO_RECORD = "nobody-here", "team-of-none", "child-" + "0" * 32


def gives(authority: Authority, person: str, command: str, **fields: Any) -> Handled:
    """What becomes of a command, refused or not."""
    who = OPERATOR if person == "operator" else authority.who(person)
    handled = give(authority.parts, who, command, fields)
    authority.catch_up()
    return handled


def refused(authority: Authority, person: str, command: str, **fields: Any) -> str:
    """Why a command is refused."""
    before = authority.parts.store.newest()
    handled = gives(authority, person, command, **fields)
    assert (handled.result, authority.parts.store.newest()) == ("refused", before)
    return str(handled.reason)


def denied(authority: Authority, person: str, command: str, **fields: Any) -> None:
    before = authority.parts.store.newest()
    with pytest.raises(Denied):
        gives(authority, person, command, **fields)
    assert authority.parts.store.newest() == before


def kofi(authority: Authority) -> dict[str, str]:
    return {"child_id": authority.children["kofi"]}


def kofis_case(authority: Authority) -> dict[str, str]:
    return {"case_id": case_of(authority.children["kofi"])}


# ── Within reach ──────────────────────────────────────────────────────────────────────────────────


def restricted(authority: Authority, child: str) -> str:
    """A child whose record only the west may open."""
    named = [OTHER_MANAGER, OTHER_WORKER]
    child_id = authority.children[child]
    fields = {"child_id": child_id, "named": named, "reason": "A colleague's."}
    authority.give(OTHER_MANAGER, "restrict-record", **fields)
    return child_id


def test_both_records_of_a_merge_are_within_reach(authority: Authority) -> None:
    jonah, lena = restricted(authority, "jonah"), authority.children["lena"]
    for one, other in ((authority.children["kofi"], jonah), (jonah, authority.children["kofi"])):
        merge = {"child_id": one, "merged_child_id": other, "reason": "The same."}
        denied(authority, MANAGER, "merge-records", **merge)
    unseen = {"merged_child_id": lena, "reason": "The same."}
    denied(authority, MANAGER, "merge-records", **kofi(authority), **unseen)
    absent = {"merged_child_id": NO_RECORD, "reason": "The same."}
    denied(authority, MANAGER, "merge-records", **kofi(authority), **absent)


def test_whatever_else_a_command_names_is_within_reach(authority: Authority) -> None:
    jonah = restricted(authority, "jonah")
    about = kofi(authority)
    cousin = {"relation": "cousin", "name": "J. R."}
    denied(authority, WORKER, "record-relationship", **about, **cousin, other_child_id=jonah)
    denied(authority, WORKER, "record-relationship", **about, **cousin, other_child_id=NO_RECORD)
    risk = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry."}
    elsewhere = authority.referrals["west"]
    denied(authority, WORKER, "raise-risk", **about, **risk, referral_id=elsewhere)
    their = {"case_id": case_of(jonah), "worker_id": WORKER}
    denied(authority, WORKER, "start-assessment", **about, **their)


def test_a_merged_child_is_as_closed_as_the_most_closed_record(authority: Authority) -> None:
    jonah = authority.children["jonah"]
    named = {"child_id": jonah, "named": [MANAGER], "reason": "A colleague's."}
    authority.give(MANAGER, "restrict-record", **named)
    merge = {"merged_child_id": jonah, "reason": "The same."}
    authority.give(MANAGER, "merge-records", **kofi(authority), **merge)
    resource = questions.about_child(authority.parts.query, authority.children["kofi"])
    assert resource.named == frozenset({MANAGER})
    authority.give(MANAGER, "separate-records", **kofi(authority), **merge)
    resource = questions.about_child(authority.parts.query, authority.children["kofi"])
    assert resource.named is None


def test_a_merge_that_would_close_a_circle_is_refused(authority: Authority) -> None:
    child, ama = authority.children["kofi"], authority.children["ama"]
    jonah, why = authority.children["jonah"], {"reason": "The same."}
    authority.give(MANAGER, "merge-records", child_id=child, merged_child_id=ama, **why)
    back = {"child_id": ama, "merged_child_id": child}
    assert "merged into that one" in refused(authority, MANAGER, "merge-records", **back, **why)
    twice = {"child_id": jonah, "merged_child_id": ama}
    assert "into another already" in refused(authority, MANAGER, "merge-records", **twice, **why)
    same = {"child_id": child, "merged_child_id": ama}
    assert gives(authority, MANAGER, "merge-records", **same, **why).result == "already done"


def test_records_that_were_told_apart_are_not_merged_from_either_side(authority: Authority) -> None:
    child, ama, jonah = (authority.children[each] for each in ("kofi", "ama", "jonah"))
    why = {"reason": "Twins, both seen."}
    authority.give(DUTY, "tell-records-apart", child_id=child, other_child_id=ama, **why)
    for one, other in ((child, ama), (ama, child)):
        pair = {"child_id": one, "merged_child_id": other}
        assert "told apart" in refused(authority, MANAGER, "merge-records", **pair, **why)
    authority.give(MANAGER, "merge-records", child_id=jonah, merged_child_id=ama, **why)
    through = {"child_id": jonah, "merged_child_id": child}
    assert "told apart" in refused(authority, MANAGER, "merge-records", **through, **why)
    withdrawn = {"child_id": child, "other_child_id": ama}
    authority.give(DUTY, "withdraw-telling-apart", **withdrawn, **why)
    assert gives(authority, MANAGER, "merge-records", **through, **why).result == "done"


def test_a_record_is_not_merged_with_itself(authority: Authority) -> None:
    child = authority.children["kofi"]
    itself = {"child_id": child, "merged_child_id": child, "reason": "The same."}
    assert "with itself" in refused(authority, MANAGER, "merge-records", **itself)


def test_records_merged_into_each_other_can_be_separated(authority: Authority) -> None:
    """Two may merge at once, before either is in the read models."""
    child, ama, why = authority.children["kofi"], authority.children["ama"], {"reason": "Same."}
    authority.write("merge-records", MANAGER, child_id=child, merged_child_id=ama, **why)
    authority.write("merge-records", MANAGER, child_id=ama, merged_child_id=child, **why)
    for one, other in ((child, ama), (ama, child)):
        authority.give(
            MANAGER, "separate-records", child_id=one, merged_child_id=other, reason="Two."
        )
    for one in (child, ama):
        assert list(questions.timeline(authority.parts, authority.who(MANAGER), one))


# ── People, teams and agencies ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("team_id", "why"), [(NO_TEAM, "There is no team"), (AUTHORITY, "takes no referrals or cases")]
)
def test_work_goes_to_a_team_that_takes_it(authority: Authority, team_id: str, why: str) -> None:
    late = {"referral_id": authority.referrals["late"], "team_id": team_id}
    decided = {"outcome": "assessment", "rationale": "A pattern."}
    case = kofis_case(authority) | {"team_id": team_id}
    for command, fields in (
        ("decide-referral", late | decided),
        ("route-referral", late),
        ("transfer-case", case | {"reason": "They moved."}),
        ("allocate-case", case | {"worker_id": WORKER, "reason": "LEFTRL"}),
    ):
        assert why in refused(authority, MANAGER, command, **fields)


def test_a_decision_is_authorised_by_a_manager_in_post(authority: Authority) -> None:
    late = {"referral_id": authority.referrals["late"]}
    decided = {**late, "outcome": "advice", "rationale": "Enough."}
    for person in (GHOST, WORKER, AUDITOR):
        why = refused(authority, DUTY, "decide-referral", **decided, authorised_by=person)
        assert "not a manager in post" in why
    cover = {"team_id": EAST, "person_id": MANAGER, "cover_id": WORKER, "until": "2026-03-20"}
    authority.give("operator", "arrange-cover", **cover)
    assert gives(authority, DUTY, "decide-referral", **decided, authorised_by=WORKER).result == (
        "done"
    )


def test_a_case_is_allocated_to_a_social_worker_of_its_team(authority: Authority) -> None:
    case = kofis_case(authority) | {"reason": "LEFTRL"}
    for person in (GHOST, AUDITOR, DUTY):
        why = refused(authority, MANAGER, "allocate-case", **case, worker_id=person)
        assert "not a social worker in post" in why
    other = case | {"worker_id": OTHER_WORKER}
    assert "another team" in refused(authority, MANAGER, "allocate-case", **other)
    assert gives(authority, MANAGER, "allocate-case", **other, team_id=WEST).result == "done"


def test_a_handover_and_a_cover_go_to_somebody_in_post(authority: Authority) -> None:
    handover = kofis_case(authority) | {"to_worker_id": GHOST, "note": "Ring Gran."}
    assert "not a social worker" in refused(authority, WORKER, "issue-handover", **handover)
    cover = {"team_id": EAST, "person_id": WORKER, "cover_id": GHOST, "until": "2026-03-20"}
    assert "works in no team" in refused(authority, "operator", "arrange-cover", **cover)


def test_a_record_is_restricted_to_people_who_work_here_and_to_its_maker(
    authority: Authority,
) -> None:
    why = kofi(authority) | {"reason": "A colleague's."}
    ghost = why | {"named": [MANAGER, GHOST]}
    assert "works in no team" in refused(authority, MANAGER, "restrict-record", **ghost)
    without = why | {"named": [WORKER]}
    assert "Name yourself too" in refused(authority, MANAGER, "restrict-record", **without)


@pytest.mark.parametrize("person_id", ["elm-surgery", "operator", "command-line", "authority"])
def test_a_person_takes_no_id_of_an_agency(authority: Authority, person_id: str) -> None:
    post = {"team_id": WEST, "person_id": person_id, "name": "Elm"}
    assert "not free" in refused(authority, "operator", "join-team", **post)


@pytest.mark.parametrize("agency_id", [WORKER, "operator"])
def test_an_agency_takes_no_id_of_a_person(authority: Authority, agency_id: str) -> None:
    agency = {"agency_id": agency_id, "kind": "gp", "name": "Tom"}
    assert "a person's" in refused(authority, "operator", "register-agency", **agency)


def test_only_registered_agencies_are_asked_or_named(authority: Authority) -> None:
    late = {"referral_id": authority.referrals["late"]}
    asked = late | {"asked_agency": GHOST, "question": "Seen?"}
    assert "is registered" in refused(authority, DUTY, "request-information", **asked)
    told = late | {"by_agency": GHOST, "reason": "No record."}
    assert "is registered" in refused(authority, DUTY, "decline-information", **told)
    risk = kofi(authority) | {"kind": "neglect", "raised_by_agency": GHOST, "words": "Hungry."}
    assert "is registered" in refused(authority, WORKER, "raise-risk", **risk)


def test_a_risk_is_escalated_to_a_manager(authority: Authority) -> None:
    risk = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry."}
    raised = authority.give(WORKER, "raise-risk", **kofi(authority), **risk).events[0].stream
    up = {"risk_id": raised, "reason": "No reply."}
    assert "not a manager" in refused(authority, WORKER, "escalate-risk", **up, to="Head of it")
    assert gives(authority, WORKER, "escalate-risk", **up, to=MANAGER).result == "done"


# ── What belongs together ─────────────────────────────────────────────────────────────────────────


def test_an_assessment_is_of_the_childs_own_case_and_counted_from_its_referral(
    authority: Authority,
) -> None:
    start: Mapping[str, Any] = kofi(authority) | kofis_case(authority)
    ghost = {**start, "worker_id": GHOST}
    assert "not a social worker" in refused(authority, WORKER, "start-assessment", **ghost)
    start = {**start, "worker_id": WORKER}
    other = {**start, "referral_received_at": "2026-03-09T09:00:00Z"}
    assert "another time" in refused(authority, WORKER, "start-assessment", **other)
    amas = {**start, "child_id": authority.children["ama"]}
    assert "this child's case" in refused(authority, MANAGER, "start-assessment", **amas)
    (started,) = gives(authority, WORKER, "start-assessment", **start).events
    received = authority.parts.store.history(authority.referrals["decided"])[0].event.received_at
    assert started.event.referral_received_at == received  # type: ignore[attr-defined]
    again = {**start, "assessment_id": f"assessment-{'9' * 32}"}
    assert "is open already" in refused(authority, WORKER, "start-assessment", **again)


def test_a_risk_names_a_referral_about_the_child(authority: Authority) -> None:
    risk = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry."}
    risk |= kofi(authority)
    late = authority.referrals["late"]
    assert "not about this child" in refused(
        authority, MANAGER, "raise-risk", **risk, referral_id=late
    )
    known = authority.referrals["known"]
    assert gives(authority, WORKER, "raise-risk", **risk, referral_id=known).result == "done"


def test_a_conference_and_a_plan_follow_what_was_held_about_the_child(authority: Authority) -> None:
    asked = {"child_id": authority.children["ama"], "reason": "A burn."}
    decided = {"outcome": "assessment", "rationale": "A burn.", "team_id": EAST}
    late = {"referral_id": authority.referrals["late"]}
    authority.give(MANAGER, "decide-referral", **late, **decided)
    enquiry = authority.give(MANAGER, "request-strategy-discussion", **asked).events[0].stream
    said = {"attended": ["police"], "rationale": "Safe.", "child_said": "I like it here."}
    held = said | {"decision": "protection-plan", "category": "NEG"}
    theirs = kofi(authority) | held | {"enquiry_id": enquiry}
    assert "not an enquiry about this child" in refused(
        authority, MANAGER, "hold-initial-conference", **theirs
    )
    amas = {"child_id": authority.children["ama"]} | held | {"enquiry_id": enquiry}
    conference = authority.give(MANAGER, "hold-initial-conference", **amas).events[0].stream
    plan = kofi(authority) | {"category": "NEG"}
    for other in (conference, "conference-" + "0" * 32):
        assert "not a conference about this child" in refused(
            authority, MANAGER, "start-protection-plan", **plan, conference_id=other
        )


def test_a_case_stays_open_while_a_protection_plan_is_in_force(authority: Authority) -> None:
    authority.give(MANAGER, "start-protection-plan", **kofi(authority), category="NEG")
    close = kofis_case(authority) | {"reason": "RC8", "rationale": "Safe."}
    assert "End the protection plan first" in refused(authority, MANAGER, "close-case", **close)
    ended = {"reason": "no-longer-needed", "rationale": "Safe."}
    authority.give(MANAGER, "end-protection-plan", **kofi(authority), **ended)
    assert gives(authority, MANAGER, "close-case", **close).result == "done"


def closed(authority: Authority) -> dict[str, str]:
    close = kofis_case(authority) | {"reason": "RC7", "rationale": "Safe."}
    authority.give(MANAGER, "close-case", **close)
    return kofi(authority)


PLAN = {"category": "NEG"}
VISIT = {"seen": True, "alone": True, "bedroom_seen": True, "where": "home", "notes": "All well."}
CONFERENCE = {"attended": ["police"], "decision": "no-protection-plan"}
CONFERENCE |= {"rationale": "Safe.", "child_said": "I like it here."}
DISCUSSION = {"attended": ["police", "health"], "decision": "section-47-joint"}
DISCUSSION |= {"rationale": "A burn.", "actions": "A medical."}
PROTECTION: Mapping[str, tuple[str, dict[str, Any]]] = {
    "start-protection-plan": (MANAGER, PLAN),
    "hold-initial-conference": (MANAGER, CONFERENCE),
    "record-visit": (MANAGER, VISIT),
    "record-failed-visit": (MANAGER, {"reason": "Nobody in."}),
}


@pytest.mark.parametrize("command", PROTECTION)
def test_a_child_is_protected_only_in_an_open_case(authority: Authority, command: str) -> None:
    person, fields = PROTECTION[command]
    about = closed(authority)
    authority.clock.move(hours=1)
    assert "reopen the case first" in refused(authority, person, command, **about, **fields)
    reopen = kofis_case(authority) | {"reason": "It is not over."}
    authority.give(MANAGER, "reopen-case", **reopen)
    assert gives(authority, person, command, **about, **fields).result == "done"
    ama = {"child_id": authority.children["ama"]}
    assert "has no case" in refused(authority, person, command, **ama, **fields)


def test_a_case_closed_a_moment_ago_is_closed(authority: Authority) -> None:
    """The read models need not have heard of it."""
    who, close = authority.who(MANAGER), {"reason": "RC7", "rationale": "Safe."}
    give(authority.parts, who, "close-case", kofis_case(authority) | close)
    handled = give(authority.parts, who, "start-protection-plan", kofi(authority) | PLAN)
    assert "reopen the case first" in str(handled.reason)


def test_a_visit_made_before_the_case_was_closed_may_be_written_down_after(
    authority: Authority,
) -> None:
    before = authority.clock().isoformat()
    authority.clock.move(hours=2)
    visit = closed(authority) | VISIT
    assert gives(authority, MANAGER, "record-visit", **visit, happened_at=before).result == "done"
    authority.clock.move(hours=1)
    assert "reopen" in refused(authority, MANAGER, "record-visit", **visit)


@pytest.mark.parametrize("command", ["record-visit", "record-failed-visit"])
def test_no_visit_was_made_before_the_child_was_born(authority: Authority, command: str) -> None:
    person, fields = PROTECTION[command]
    before = kofi(authority) | fields | {"happened_at": "2014-09-10T10:00:00Z"}
    assert "before the child was born" in refused(authority, person, command, **before)
    ago = before | {"happened_at": "1850-09-10T10:00:00Z"}
    assert "check the" in refused(authority, person, command, **ago)


def test_a_strategy_discussion_may_precede_a_case_where_a_referral_waits(
    authority: Authority,
) -> None:
    ama, asked = {"child_id": authority.children["ama"]}, {"reason": "A burn."}
    requested = gives(authority, MANAGER, "request-strategy-discussion", **ama, **asked)
    enquiry = {"enquiry_id": requested.events[0].stream}
    held = gives(authority, MANAGER, "hold-strategy-discussion", **ama, **enquiry, **DISCUSSION)
    assert held.result == "done"
    decided = {"referral_id": authority.referrals["late"], "rationale": "A burn."}
    advice = decided | {"outcome": "advice"}
    assert "opens a case" in refused(authority, MANAGER, "decide-referral", **advice)
    authority.give(MANAGER, "decide-referral", **decided, outcome="assessment", team_id=EAST)


def test_a_strategy_discussion_is_held_where_somebody_sees_it(authority: Authority) -> None:
    about, known = closed(authority), {"referral_id": authority.referrals["known"]}
    decided = {"outcome": "advice", "rationale": "An accident."}
    authority.give(DUTY, "decide-referral", **known, **decided)
    authority.give(MANAGER, "authorise-decision", **known, rationale="Yes.")
    for command, fields in (
        ("request-strategy-discussion", {"reason": "A burn."}),
        ("hold-strategy-discussion", DISCUSSION),
    ):
        assert "nobody would see it" in refused(authority, MANAGER, command, **about, **fields)


def test_a_case_stays_open_while_a_section_47_enquiry_runs(authority: Authority) -> None:
    held = authority.give(MANAGER, "hold-strategy-discussion", **kofi(authority), **DISCUSSION)
    close = kofis_case(authority) | {"reason": "RC7", "rationale": "Safe."}
    assert "Conclude the section 47" in refused(authority, MANAGER, "close-case", **close)
    concluded = {"conclusion": "not-substantiated", "rationale": "An accident."}
    enquiry = {"enquiry_id": held.events[0].stream}
    authority.give(MANAGER, "conclude-section-47", **enquiry, **concluded)
    assert gives(authority, MANAGER, "close-case", **close).result == "done"


def substantiated(authority: Authority) -> str:
    """Kofi's section 47 enquiry is concluded: he is at continuing risk. Its id."""
    held = authority.give(MANAGER, "hold-strategy-discussion", **kofi(authority), **DISCUSSION)
    concluded = {"conclusion": "substantiated-continuing-risk", "rationale": "Not safe."}
    enquiry = held.events[0].stream
    authority.give(MANAGER, "conclude-section-47", enquiry_id=enquiry, **concluded)
    return enquiry


NO_LONGER = {"reason": "RC7", "rationale": "No longer in need."}
RISK = {"kind": "neglect", "raised_by_agency": "elm-surgery", "words": "Hungry."}


def test_a_case_stays_open_while_a_conference_is_owed(authority: Authority) -> None:
    close = kofis_case(authority) | NO_LONGER
    enquiry = substantiated(authority)
    why = refused(authority, MANAGER, "close-case", **close)
    assert why == "A conference has been owed since 10 March 2026: hold it and record it first."
    authority.clock.move(days=3)
    held = kofi(authority) | CONFERENCE | {"enquiry_id": enquiry}
    authority.give(MANAGER, "hold-initial-conference", **held)
    assert gives(authority, MANAGER, "close-case", **close).result == "done"


def test_a_plan_that_ran_since_stands_for_the_conference(authority: Authority) -> None:
    close = kofis_case(authority) | NO_LONGER
    substantiated(authority)
    authority.clock.move(days=1)
    authority.give(MANAGER, "start-protection-plan", **kofi(authority), category="NEG")
    ended = {"reason": "no-longer-needed", "rationale": "Safe."}
    authority.give(MANAGER, "end-protection-plan", **kofi(authority), **ended)
    assert gives(authority, MANAGER, "close-case", **close).result == "done"


def test_a_case_stays_open_while_a_discussion_is_to_be_held(authority: Authority) -> None:
    close = kofis_case(authority) | NO_LONGER
    asked = kofi(authority) | {"reason": "A burn."}
    enquiry = authority.give(WORKER, "request-strategy-discussion", **asked).events[0].stream
    why = refused(authority, MANAGER, "close-case", **close)
    assert "discussion was asked for on 10 March 2026: hold it and record what it decided" in why
    none = kofi(authority) | DISCUSSION | {"decision": "no-section-47", "enquiry_id": enquiry}
    authority.give(MANAGER, "hold-strategy-discussion", **none)
    assert gives(authority, MANAGER, "close-case", **close).result == "done"


def test_a_case_stays_open_while_a_risk_is_not_answered(authority: Authority) -> None:
    close = kofis_case(authority) | NO_LONGER
    raised = authority.give(WORKER, "raise-risk", **kofi(authority), **RISK).events[0].stream
    why = refused(authority, MANAGER, "close-case", **close)
    assert why == (
        "The risk raised by elm-surgery on 10 March 2026 is not answered: answer it first."
    )
    answer = {"risk_id": raised, "answer": "mitigated", "reason": "Meals.", "evidence": "School."}
    authority.give(WORKER, "answer-risk", **answer)
    assert gives(authority, MANAGER, "close-case", **close).result == "done"


def test_all_that_is_open_is_said_at_once(authority: Authority) -> None:
    substantiated(authority)
    authority.give(MANAGER, "hold-strategy-discussion", **kofi(authority), **DISCUSSION)
    authority.give(WORKER, "request-strategy-discussion", **kofi(authority), reason="A burn.")
    authority.give(WORKER, "raise-risk", **kofi(authority), **RISK)
    start = kofi(authority) | kofis_case(authority) | {"worker_id": WORKER}
    authority.give(WORKER, "start-assessment", **start)
    authority.give(MANAGER, "start-protection-plan", **kofi(authority), category="NEG")
    close = kofis_case(authority) | NO_LONGER | {"reason": "RC8"}
    why = refused(authority, MANAGER, "close-case", **close)
    for said in ("protection plan", "section 47", "not authorised", "discussion", "The risk"):
        assert said in why


@pytest.mark.parametrize("reason", ["RC2", "RC5"])
def test_a_child_who_died_or_moved_is_owed_no_conference_here(
    authority: Authority, reason: str
) -> None:
    substantiated(authority)
    authority.give(WORKER, "raise-risk", **kofi(authority), **RISK)
    close = kofis_case(authority) | {"reason": reason, "rationale": "Said so by the registrar."}
    assert gives(authority, MANAGER, "close-case", **close).result == "done"
    known = {"referral_id": authority.referrals["known"], "rationale": "They know."}
    advice = gives(authority, DUTY, "decide-referral", **known, outcome="advice")
    assert advice.result == "done"  # what was open then is not owed by a later episode


def test_a_referral_is_passed_to_a_social_worker_who_is_there(authority: Authority) -> None:
    passed = {"outcome": "existing-worker", "rationale": "The worker has it."}
    for named in ("late", "unread"):  # a child without a case, and no child
        about = {"referral_id": authority.referrals[named]}
        assert "open case with a social worker" in refused(
            authority, DUTY, "decide-referral", **about, **passed
        )
    known = {"referral_id": authority.referrals["known"]}
    gone = kofis_case(authority) | {"reason": "LEFTRL"}
    authority.give(MANAGER, "unallocate-case", **gone)
    assert "case allocated" in refused(authority, DUTY, "decide-referral", **known, **passed)
    authority.give(MANAGER, "allocate-case", **kofis_case(authority), worker_id=WORKER)
    assert gives(authority, DUTY, "decide-referral", **known, **passed).result == "done"


def test_a_child_who_is_owed_a_conference_gets_a_case(authority: Authority) -> None:
    ama = {"child_id": authority.children["ama"]}
    held = authority.give(MANAGER, "hold-strategy-discussion", **ama, **DISCUSSION)
    concluded = {"conclusion": "substantiated-continuing-risk", "rationale": "Not safe."}
    authority.give(MANAGER, "conclude-section-47", enquiry_id=held.events[0].stream, **concluded)
    late = {"referral_id": authority.referrals["late"], "rationale": "A burn."}
    assert "is owed" in refused(authority, DUTY, "decide-referral", **late, outcome="advice")


@pytest.mark.parametrize("reason", ["RC8", "RC9"])
def test_a_case_is_closed_after_an_assessment_only_when_that_is_authorised(
    authority: Authority, reason: str
) -> None:
    start = kofi(authority) | kofis_case(authority) | {"worker_id": WORKER}
    started = authority.give(WORKER, "start-assessment", **start)
    close = kofis_case(authority) | {"reason": reason, "rationale": "Safe."}
    assert "not authorised" in refused(authority, MANAGER, "close-case", **close)
    assessment = {"assessment_id": started.events[0].stream}
    done = {"factors": ["21"], "outcome": "no-further-action", "summary": "All is well."}
    authority.give(WORKER, "complete-assessment", **assessment, **done)
    assert "not authorised" in refused(authority, MANAGER, "close-case", **close)
    authority.give(MANAGER, "authorise-assessment", **assessment, rationale="Yes.")
    assert gives(authority, MANAGER, "close-case", **close).result == "done"


def test_only_an_entry_of_the_childs_own_record_is_put_right(authority: Authority) -> None:
    other = authority.parts.store.history(authority.referrals["late"])[0].position
    own = authority.parts.store.history(case_of(authority.children["kofi"]))[0].position
    for position in (1, 0, 10_000, other):
        entry = {"position": position, "reason": "Wrong."}
        for command, fields in (
            ("correct-entry", kofi(authority) | {"words": "Right."}),
            ("retract-entry", kofi(authority)),
            ("overturn-decision", kofis_case(authority)),
        ):
            assert "no such entry" in refused(authority, MANAGER, command, **fields, **entry)
    right = kofi(authority) | {"position": own, "words": "Right.", "reason": "Wrong."}
    assert gives(authority, MANAGER, "correct-entry", **right).result == "done"


def test_what_has_an_undoing_of_its_own_is_not_retracted(authority: Authority) -> None:
    about = kofi(authority)
    opened = authority.parts.store.history(case_of(about["child_id"]))[0].position
    risk = {"kind": "neglect", "raised_by_agency": "authority", "words": "Hungry."}
    raised = authority.give(WORKER, "raise-risk", **about, **risk).events[0].stream
    said = {"answer": "refuted", "reason": "He eats.", "evidence": "Seen."}
    answered = authority.give(WORKER, "answer-risk", risk_id=raised, **said).events[0].position
    for position, why in ((opened, "close it"), (answered, "withdraws the answer")):
        entry = about | {"position": position, "reason": "Wrong."}
        assert why in refused(authority, MANAGER, "retract-entry", **entry)
    denied(authority, WORKER, "withdraw-risk-answer", risk_id=raised, reason="Another child's.")
    authority.give(MANAGER, "withdraw-risk-answer", risk_id=raised, reason="Another child's.")
    (waiting,) = risks.unanswered(authority.parts.query, worker=WORKER)
    assert waiting.risk_id == raised


def test_a_visit_that_is_retracted_was_never_made(authority: Authority) -> None:
    about = kofi(authority)
    before = caseload.of_child(authority.parts.query, about["child_id"])
    made = authority.give(WORKER, "record-visit", **about, **VISIT).events[0].position
    seen = caseload.of_child(authority.parts.query, about["child_id"])
    assert seen is not None
    assert seen.seen_at is not None
    entry = about | {"position": made, "reason": "Another child's."}
    authority.give(MANAGER, "retract-entry", **entry)
    assert caseload.of_child(authority.parts.query, about["child_id"]) == before


def test_what_was_retracted_can_be_recorded_again_in_the_same_words(authority: Authority) -> None:
    visit = kofi(authority) | VISIT | {"happened_at": authority.clock().isoformat()}
    made = authority.give(WORKER, "record-visit", **visit).events[0].position
    assert gives(authority, WORKER, "record-visit", **visit).result == "already done"
    entry = kofi(authority) | {"position": made, "reason": "Another child's."}
    authority.give(MANAGER, "retract-entry", **entry)
    assert gives(authority, WORKER, "record-visit", **visit).result == "done"
    assert gives(authority, WORKER, "record-visit", **visit).result == "already done"


def test_an_entry_is_retracted_once_and_then_no_more_put_right(authority: Authority) -> None:
    made = authority.give(WORKER, "record-visit", **kofi(authority), **VISIT)
    own = made.events[0].position
    entry: dict[str, Any] = kofi(authority) | {"position": own, "reason": "Wrong."}
    right = {"words": "Right."}
    authority.give(MANAGER, "correct-entry", **entry, **right)
    authority.give(MANAGER, "correct-entry", **entry, **right)
    first = authority.give(MANAGER, "retract-entry", **entry)
    assert "retracted already" in refused(authority, MANAGER, "retract-entry", **entry)
    assert "retracted already" in refused(authority, MANAGER, "correct-entry", **entry, **right)
    same = entry | {"record_id": first.events[0].stream}
    assert gives(authority, MANAGER, "retract-entry", **same).result == "already done"


def test_a_command_given_again_is_known_whatever_has_become_of_what_it_named(
    authority: Authority,
) -> None:
    case = kofis_case(authority) | {"worker_id": OTHER_WORKER, "team_id": WEST, "reason": "LEFTRL"}
    who = authority.who(MANAGER)
    assert give(authority.parts, who, "allocate-case", case, identity="c1").result == "done"
    authority.give("operator", "leave-team", team_id=WEST, person_id=OTHER_WORKER)
    again = give(authority.parts, who, "allocate-case", case, identity="c1")
    assert again.result == "already done"
