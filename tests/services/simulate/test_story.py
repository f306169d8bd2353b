"""Is the made-up authority's story the same for a seed, whole, and told as it is meant?"""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from adapters.event_store import EventStore
from adapters.vault import Vault
from domain.assessment import AssessmentAuthorised, AssessmentCompleted, ChildSeen
from domain.calendar import holidays_known, is_working_day, local_day
from domain.case import CaseAllocated, CaseClosed, SupervisionHeld
from domain.catalogue import FAMILIES
from domain.child import ChildRegistered
from domain.conference import InitialConferenceHeld
from domain.enquiry import Section47Concluded, StrategyDiscussionHeld
from domain.identity import nhs_number_ok
from domain.kernel import Event, Recorded, Refused, stored_name
from domain.plan import ProtectionPlanEnded, VisitMade
from domain.record import Corrected
from domain.referral import (
    ReferralAcknowledged,
    ReferralDecided,
    ReferralReceived,
    ReferrerToldOutcome,
)
from domain.risk import RiskAnswered, RiskRaised
from domain.workforce import ManagerAppointed, ManagerLeft, WorkerJoined, WorkerLeft
from services.access.actions import ACTIONS, give
from services.simulate import Figures, populate, sign_in_as
from services.simulate.setting.teams import AREA_TEAMS, HARBOUR, MOORSIDE, NORTH_VALE
from tests.services.simulate.measures import Measures

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
SEED = 2009


class Story:
    """A store that was filled, and its log with all words opened."""

    def __init__(
        self, folder: Path, *, seed: int = SEED, years: float = 0.1, volume: float = 1.0
    ) -> None:
        self.told: list[float] = []
        vault = Vault.open(folder / "keys", durable=False)
        store = EventStore.open(folder, vault, durable=False)
        with capture_logs():  # thousands of lines
            self.figures = populate(
                store, seed=seed, years=years, until=NOW, progress=self.told.append, volume=volume
            )
        self.log: list[Recorded] = []
        position = 0
        while page := store.since(position, 2000, opened=True):
            self.log += page
            position = page.reached
        store.close()
        vault.close()

    def of(self, *kinds: type[Event]) -> list[Recorded]:
        return [each for each in self.log if isinstance(each.event, kinds)]


@pytest.fixture(scope="module")
def few_weeks(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("weeks"))


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole story, with fewer concerns."""
    return Story(tmp_path_factory.mktemp("years"), years=2.0, volume=0.3)


# ── The same for a seed ───────────────────────────────────────────────────────────────────────────


def telling(story: Story) -> list[bytes]:
    """The story without its random ids, each put down as the place where it was first met."""
    names: dict[str, str] = {}
    found = []
    for each in story.log:
        plain = msgspec.to_builtins(each.event)
        plain.pop("command", None)
        found.append(msgspec.json.encode(_renamed([each.stream, plain], names)))
    return found


def _renamed(value: object, names: dict[str, str]) -> object:
    match value:
        case str() if "-" in value and len(value) > 32 and " " not in value:
            return names.setdefault(value, f"id {len(names)}")
        case dict():
            return {key: _renamed(each, names) for key, each in value.items()}
        case list() | tuple():
            return [_renamed(each, names) for each in value]
        case _:
            return value


def digest(story: Story) -> str:
    return sha256(b"\n".join(telling(story))).hexdigest()


def test_the_same_seed_tells_the_same_story_but_for_random_ids(
    few_weeks: Story, tmp_path: Path
) -> None:
    again = Story(tmp_path)
    assert telling(again) == telling(few_weeks)
    assert [each.stream for each in again.log] != [each.stream for each in few_weeks.log]


def test_another_process_tells_the_same_story(few_weeks: Story, tmp_path: Path) -> None:
    """Python puts the words of a set in another order in each process."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.services.simulate.test_story", str(tmp_path)],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert told.stdout.strip() == digest(few_weeks)


def test_another_seed_tells_another_story(few_weeks: Story, tmp_path: Path) -> None:
    assert telling(Story(tmp_path, seed=SEED + 1, volume=0.3)) != telling(few_weeks)


def test_a_store_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    Story(tmp_path, volume=0.1)
    with pytest.raises(Refused, match="not empty"):
        Story(tmp_path, volume=0.1)


# ── Whole ─────────────────────────────────────────────────────────────────────────────────────────


SENT = [family for family in FAMILIES if family.name not in ("quarantine", "disclosure")]
"""The demo's agencies put nothing on Kafka, and have no system that is told anything."""


@pytest.mark.parametrize("family", [family.name for family in SENT])
def test_a_few_weeks_hold_events_of_every_family(few_weeks: Story, family: str) -> None:
    (names,) = ({stored_name(e) for e in each.events} for each in FAMILIES if each.name == family)
    assert names & {each.name for each in few_weeks.log}


def test_two_years_hold_nearly_every_kind_of_event(two_years: Story) -> None:
    names = {stored_name(kind) for family in SENT for kind in family.events}
    kinds = {name for name in names if not name.startswith("agency.webhook")}
    missing = kinds - {each.name for each in two_years.log}
    assert len(missing) < len(kinds) / 10, sorted(missing)


def test_no_command_is_refused(few_weeks: Story, two_years: Story) -> None:
    assert few_weeks.figures.refused == two_years.figures.refused == ()


def test_a_story_of_a_few_days_holds_together(tmp_path: Path) -> None:
    assert Story(tmp_path, years=0.02).figures.refused == ()


def test_every_message_is_kept_and_some_come_twice_or_change(two_years: Story) -> None:
    assert set(two_years.figures.messages) <= {
        "recorded", "updated", "cancelled", "conflict", "duplicate",
    }  # fmt: skip
    assert {"recorded", "updated", "cancelled", "duplicate"} <= set(two_years.figures.messages)


def test_the_figures_say_what_is_in_the_log(two_years: Story) -> None:
    figures: Figures = two_years.figures
    assert figures.events == len(two_years.log) == two_years.log[-1].position
    assert figures.referrals == len(two_years.of(ReferralReceived))
    assert figures.children == len(two_years.of(ChildRegistered))
    assert figures.teams == len(AREA_TEAMS)


def test_progress_rises_to_the_end(two_years: Story) -> None:
    assert two_years.told == sorted(two_years.told)
    assert 0.98 < two_years.told[-1] <= 1


# ── People and times ──────────────────────────────────────────────────────────────────────────────


def test_nhs_numbers_are_of_the_range_for_tests_valid_and_each_a_childs_own(
    two_years: Story,
) -> None:
    numbers: dict[str, tuple[str, object]] = {}
    for each in two_years.of(ChildRegistered):
        event = each.event
        assert isinstance(event, ChildRegistered)
        if event.nhs_number:
            assert event.nhs_number.startswith("999")
            assert nhs_number_ok(event.nhs_number)
            child = (event.given_name, event.born_on)
            assert numbers.setdefault(event.nhs_number, child) == child
    assert len(numbers) > 200


def test_known_children_are_matched_when_they_are_referred_again(two_years: Story) -> None:
    names = Counter(each.name for each in two_years.log)
    assert names["child.matched.v1"] > 50
    assert names["child.records_merged.v1"] > 0


def test_what_is_recorded_comes_in_the_order_of_the_log(two_years: Story) -> None:
    times = [each.event.recorded_at for each in two_years.log]
    assert times == sorted(times)
    assert times[-1] <= NOW
    assert NOW - times[0] < timedelta(days=732)
    assert all(e.event.happened_at <= e.event.recorded_at for e in two_years.log)


def test_workers_write_on_working_days_and_agencies_at_any_hour(two_years: Story) -> None:
    staff = {each.event.by for each in two_years.of(CaseAllocated, CaseClosed, VisitMade)}
    days = {local_day(e.event.recorded_at) for e in two_years.log if e.event.by in staff}
    assert all(is_working_day(day, holidays_known(day)) for day in days)
    sent = {local_day(each.event.received_at) for each in two_years.of(ReferralReceived)}
    assert any(day.isoweekday() > 5 for day in sent)


def test_whom_a_visitor_can_be_is_in_post_at_the_end(two_years: Story) -> None:
    present: dict[str, str] = {}
    for each in two_years.log:
        match each.event:
            case WorkerJoined(person_id=person_id, role=role, team_id=team_id):
                present[person_id] = f"{role} {team_id}"
            case ManagerAppointed(person_id=person_id, team_id=team_id):
                present[person_id] = f"team-manager {team_id}"
            case WorkerLeft(person_id=person_id):
                present.pop(person_id)
    visitors = [each for each in sign_in_as() if each.role != "referrer"]
    assert {v.person: present.get(v.person) for v in visitors} == {
        v.person: f"{v.role} {v.team}" for v in visitors
    }
    roles = Counter(each.role for each in sign_in_as())
    assert roles["team-manager"] == roles["social-worker"] == 3
    assert roles.keys() >= {"duty-worker", "auditor", "operator", "referrer"}


GIVEN: dict[type[Event], str] = {
    AssessmentAuthorised: "authorise-assessment",
    AssessmentCompleted: "complete-assessment",
    CaseAllocated: "allocate-case",
    CaseClosed: "close-case",
    ChildSeen: "see-child",
    Corrected: "correct-entry",
    ReferralAcknowledged: "acknowledge-referral",
    ReferralDecided: "decide-referral",
    ReferrerToldOutcome: "tell-referrer",
    RiskAnswered: "answer-risk",
    RiskRaised: "raise-risk",
    Section47Concluded: "conclude-section-47",
    StrategyDiscussionHeld: "hold-strategy-discussion",
    SupervisionHeld: "hold-supervision",
    VisitMade: "record-visit",
}


def test_everybody_does_what_their_post_is_for_while_they_are_in_it(two_years: Story) -> None:
    posts: dict[str, str] = {}
    strangers = Counter[str]()
    for each in two_years.log:
        match each.event:
            case WorkerJoined(person_id=person_id, role=role):
                posts[person_id] = role
            case ManagerAppointed(person_id=person_id):
                posts[person_id] = "team-manager"
            case WorkerLeft(person_id=person_id) | ManagerLeft(person_id=person_id):
                posts.pop(person_id)
        if name := GIVEN.get(type(each.event)):
            role_then = posts.get(each.event.by, "nobody in post")
            if role_then not in ACTIONS[give(name)].roles:
                strangers[f"{name} by {role_then}"] += 1
    assert not strangers


# ── The team whose practice slips ─────────────────────────────────────────────────────────────────


def half(story: Story, team: str, second: bool) -> Measures:
    """The first ten months, or the last eight."""
    begins = story.log[0].event.recorded_at
    if second:
        return Measures(story.log, team, NOW - timedelta(days=240), NOW)
    return Measures(story.log, team, begins, begins + timedelta(days=300))


@pytest.mark.parametrize("other", [NORTH_VALE.team_id, MOORSIDE.team_id])
def test_all_teams_look_alike_at_first(two_years: Story, other: str) -> None:
    one, two = half(two_years, HARBOUR.team_id, False), half(two_years, other, False)
    assert abs(one.decided_in_time() - two.decided_in_time()) < 0.15
    assert abs(one.acknowledged_in_time() - two.acknowledged_in_time()) < 0.2
    assert abs(one.assessed_in_time() - two.assessed_in_time()) < 0.2
    assert abs(one.days_unallocated() - two.days_unallocated()) < 1.5
    assert abs(one.supervised() - two.supervised()) < 0.25
    assert 0.5 < one.caseload() / two.caseload() < 2


@pytest.mark.parametrize("other", [NORTH_VALE.team_id, MOORSIDE.team_id])
def test_later_one_team_loses_its_people_and_its_work_slips(two_years: Story, other: str) -> None:
    harbour, fine = half(two_years, HARBOUR.team_id, True), half(two_years, other, True)
    assert harbour.leavers() >= 3 > fine.leavers()
    assert harbour.caseload() > 1.6 * fine.caseload()
    assert harbour.decided_in_time() < fine.decided_in_time() - 0.2
    assert harbour.acknowledged_in_time() < fine.acknowledged_in_time() - 0.2
    assert harbour.days_unallocated() > 3 * fine.days_unallocated()
    assert harbour.assessed_in_time() < fine.assessed_in_time() - 0.4
    assert harbour.seen() < fine.seen() - 0.2
    assert harbour.supervised() < fine.supervised() / 2
    assert harbour.risks_answered() < fine.risks_answered() - 0.25
    assert harbour.health_there() < fine.health_there()


def test_the_failing_team_alone_was_without_a_manager(two_years: Story) -> None:
    appointed = Counter(each.stream for each in two_years.of(ManagerAppointed))
    assert appointed[HARBOUR.team_id] == 4
    assert appointed[NORTH_VALE.team_id] == appointed[MOORSIDE.team_id] == 1


# ── Two stories to open ───────────────────────────────────────────────────────────────────────────


def test_four_agencies_worry_about_a_child_whose_risk_nobody_answers(two_years: Story) -> None:
    child = two_years.figures.stories[0].child
    referrals = [e.event for e in two_years.of(ReferralReceived) if child in _children(e)]
    assert len({event.agency for event in referrals}) == 4
    raised = {e.stream for e in two_years.of(RiskRaised) if _child(e) == child}
    answered = {e.stream for e in two_years.of(RiskAnswered)}
    assert raised
    assert not raised & answered


def test_a_protection_plan_is_well_worked(two_years: Story) -> None:
    child = two_years.figures.stories[1].child
    assert [e for e in two_years.of(InitialConferenceHeld) if _child(e) == child]
    assert not [e for e in two_years.of(ProtectionPlanEnded) if _child(e) == child]
    visits = [e for e in two_years.of(VisitMade) if _child(e) == child]
    assert len(visits) >= 6
    decided = [e.event for e in two_years.of(ReferralDecided) if child in _children(e)]
    assert all(getattr(event, "authorised_by", None) for event in decided)


def _child(recorded: Recorded) -> str | None:
    return getattr(recorded.event, "child_id", None)


def _children(recorded: Recorded) -> tuple[str, ...]:
    return getattr(recorded.event, "child_ids", ())


if __name__ == "__main__":
    sys.stdout.write(digest(Story(Path(sys.argv[1]))))
