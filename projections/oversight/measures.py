"""What does each measure count, of what is known of a team at the end of a week?"""
# ruff: noqa: S608 - the statements are put together from constants, every value is a parameter

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal

from msgspec import Struct

from domain.calendar import (
    LONDON,
    holidays_known,
    local_day,
    months_after,
    working_days_between,
)
from projections.base import EVER, Query, known, stamp
from projections.oversight.intervals import MANAGER, midnight

CASEHOLDER = "social-worker"
"""The role whose posts a caseload is counted by; other workers count for turnover."""
TURNOVER_MONTHS = 12

Measure = Literal[
    "decided-in-time",
    "decided-late",
    "acknowledged-in-time",
    "acknowledged-late",
    "decided-without-authorisation",
    "re-referrals",
    "unallocated-children",
    "longest-unallocated-days",
    "assessments-past-limit",
    "assessments-authorised-late",
    "children-not-seen",
    "risks-unanswered",
    "oldest-risk-days",
    "caseload-per-worker",
    "worker-turnover",
    "manager-turnover",
    "days-without-manager",
]
MEASURES: dict[Measure, str] = {
    "decided-in-time": "Referrals decided within the limit, of those due",
    "decided-late": "Referrals not decided within the limit, of those due",
    "acknowledged-in-time": "Referrals acknowledged within the limit, of those due",
    "acknowledged-late": "Referrals not acknowledged within the limit, of those due",
    "decided-without-authorisation": "Decisions that no manager has authorised, of those taken",
    "re-referrals": "Referrals of a child referred before within 12 months, of those received",
    "unallocated-children": "Children without a social worker, of all open cases",
    "longest-unallocated-days": "Working days the longest of them has waited",
    "assessments-past-limit": "Assessments open past their limit, of those open",
    "assessments-authorised-late": "Assessments authorised past their limit, of those authorised",
    "children-not-seen": "Children not seen by the assessment's review point, of those assessed",
    "risks-unanswered": "Risks raised that nobody has answered",
    "oldest-risk-days": "Days the oldest of them has waited",
    "caseload-per-worker": "Open cases for each full-time social worker",
    "worker-turnover": "Workers who left in 12 months, percent of the average number in post",
    "manager-turnover": "Managers who left in 12 months, percent of the average number in post",
    "days-without-manager": "Days of the week without a manager",
}


class Number(Struct, frozen=True, kw_only=True):
    """One measure of a team in a week. `of`: out of how many, where it is a share (for a caseload
    the full-time posts, for a turnover the average number in post). `cases`: what it counts, by id:
    referrals, cases, risks or people. None: there is nothing to count by, such as no post filled.
    """

    team: str
    week: str
    measure: Measure
    value: int | float | None
    of: int | float | None
    cases: tuple[str, ...]


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────

Counted = tuple[int | float | None, int | float | None, Iterable[str]]
"""The value, out of how many, and the ids of what was counted."""


class Week(Struct, frozen=True):
    """A week as far as it had gone: from `start`, up to the instant `at` that it is looked at.

    `end`: when the next begins. `limit`: what was to be done before then has passed its limit.
    """

    name: str
    start: str
    end: str
    limit: str
    at: str
    moment: datetime

    @classmethod
    def named(cls, name: str, as_at: datetime | None) -> "Week | None":
        """None if it begins after `as_at`. Raises `ValueError` for what is no week."""
        monday = monday_of(name)
        end = datetime.combine(monday + timedelta(days=7), time(), LONDON).astimezone(UTC)
        start = midnight(monday)
        if as_at is None or as_at >= end:
            last = end - timedelta(microseconds=1)
            return cls(name, start, stamp(end), stamp(end), stamp(last), last)
        now = stamp(as_at)
        return None if now < start else cls(name, start, stamp(end), now, now, as_at)

    def holds(self, instant: str) -> bool:
        return self.start <= instant <= self.at


class Team:
    """What is known of a team's work in some weeks, read when it is first needed."""

    def __init__(self, query: Query, team: str, weeks: list[Week], as_at: datetime | None) -> None:
        self._query = query
        self._values = {
            "team": team,
            "first": weeks[0].start,
            "last": weeks[-1].end,
            "known": known(as_at),
        }
        self._at: dict[str, dict[str, Mapping[str, Any]]] = {}

    def _rows(self, sql: str) -> list[Mapping[str, Any]]:
        return self._query(sql, self._values)

    @cached_property
    def formed_at(self) -> str:
        found = self._rows("select formed_at from oversight_teams where team_id = :team")
        return found[0]["formed_at"] if found else EVER

    @cached_property
    def posts(self) -> list[Mapping[str, Any]]:
        return self._rows(
            f"""
            select person_id, role, percent, since, {_ended("until")}, left_post
            from oversight_posts where team_id = :team and recorded_at <= :known
            order by position
            """
        )

    @cached_property
    def turns(self) -> list[Mapping[str, Any]]:
        """What was to be decided by, or was decided in, these weeks."""
        columns = f"""
            select turn.position as position, turn.referral_id as referral_id, late_from,
                acknowledge,
                {_ended("acknowledged_at")}, {_ended("decided_at")}, {_ended("authorised_at")}
            from oversight_turns turn
            join oversight_referrals referral on referral.referral_id = turn.referral_id
            where referral.team_id = :team and turn.recorded_at <= :known
        """
        return self._rows(
            f"{columns} and late_from > :first and late_from <= :last union"
            f" {columns} and decided_at >= :first and decided_at <= :last order by position"
        )

    @cached_property
    def referrals(self) -> list[Mapping[str, Any]]:
        """Those received in these weeks; `again`: one of the children was referred before."""
        return self._rows(
            """
            select referral_id, received_at, case when exists (
                select 1 from oversight_referred own
                join oversight_referred other on other.child_id = own.child_id
                    and other.referral_id <> own.referral_id and other.removed = 0
                join oversight_referrals earlier on earlier.referral_id = other.referral_id
                where own.referral_id = referral.referral_id and own.removed = 0
                    and earlier.received_at >= referral.looks_back_to
                    and earlier.recorded_at <= :known
                    and (earlier.received_at < referral.received_at
                        or earlier.received_at = referral.received_at
                        and earlier.position < referral.position)
            ) then 1 else 0 end as again
            from oversight_referrals referral
            where team_id = :team and received_at >= :first and received_at <= :last
                and recorded_at <= :known
            order by received_at, position
            """
        )

    @cached_property
    def holdings(self) -> list[Mapping[str, Any]]:
        return self._rows(
            f"""
            select case_id, worker_id, is_open, waiting_since, since, {_ended("until")}
            from oversight_holdings
            where team_id = :team and recorded_at <= :known and since <= :last
                and (until >= :first or until_recorded_at > :known)
            order by position
            """
        )

    @cached_property
    def held_by(self) -> dict[str, list[Mapping[str, Any]]]:
        """The team's holdings by case."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.holdings:
            found.setdefault(row["case_id"], []).append(row)
        return found

    @cached_property
    def clocks(self) -> list[Mapping[str, Any]]:
        return self._rows(
            f"""
            select case_id, since, late_from, {_ended("authorised_at")}, {_ended("stopped_at")}
            from oversight_clocks
            where case_id in (select case_id from oversight_holdings where team_id = :team)
                and recorded_at <= :known and since <= :last
                and (authorised_at >= :first or authorised_recorded_at > :known)
                and (stopped_at >= :first or stopped_recorded_at > :known)
            order by position, clock
            """
        )

    @cached_property
    def assessments(self) -> list[Mapping[str, Any]]:
        return self._rows(
            f"""
            select case_id, since, unseen_from, {_ended("ended_at")}, coalesce((
                select min(seen_at) from oversight_seen seen
                where seen.assessment_id = oversight_assessments.assessment_id
                    and seen.recorded_at <= :known
                    and coalesce(retracted_recorded_at > :known, true)
            ), '{EVER}') as seen_at
            from oversight_assessments
            where case_id in (select case_id from oversight_holdings where team_id = :team)
                and recorded_at <= :known and since <= :last
                and (ended_at >= :first or ended_recorded_at > :known)
            order by position
            """
        )

    @cached_property
    def risks(self) -> list[Mapping[str, Any]]:
        return self._rows(
            f"""
            select risk_id, case_id, raised_at, {ANSWERED} as answered_at, team_id as sent_to
            {RISKS} order by raised_at, risk_id
            """
        )

    @cached_property
    def holders(self) -> dict[str, list[tuple[str, str]]]:
        """Of each case with such a risk: from when on which team had it, in log order."""
        found: dict[str, list[tuple[str, str]]] = {}
        for row in self._rows(
            f"""
            select case_id, since, team_id from oversight_holdings
            where case_id in (select case_id {RISKS}) and recorded_at <= :known and since <= :last
            order by position
            """
        ):
            found.setdefault(row["case_id"], []).append((row["since"], row["team_id"]))
        return found

    def open_cases(self, week: Week) -> dict[str, Mapping[str, Any]]:
        """The open cases that the team has at the end of the week, as it has them."""
        if week.at not in self._at:
            self._at[week.at] = {
                row["case_id"]: row
                for row in self.holdings
                if row["is_open"] and row["since"] <= week.at < row["until"]
            }
        return self._at[week.at]

    def unanswered(self, week: Week) -> list[Mapping[str, Any]]:
        return [
            risk
            for risk in self.risks
            if risk["raised_at"] <= week.at < risk["answered_at"]
            and self._holder(risk, week.at) == self._values["team"]
        ]

    def _holder(self, risk: Mapping[str, Any], at: str) -> str | None:
        held = self.holders.get(risk["case_id"], [])
        return next((team for since, team in reversed(held) if since <= at), risk["sent_to"])

    def in_post(self, at: str, *, manager: bool) -> list[Mapping[str, Any]]:
        return [
            post
            for post in self.posts
            if (post["role"] == MANAGER) == manager and post["since"] <= at < post["until"]
        ]


RISKS = """
from oversight_risks
left join oversight_referrals on oversight_referrals.referral_id = oversight_risks.referral_id
where oversight_risks.recorded_at <= :known and raised_at <= :last
    and (answered_at > :first or answered_recorded_at > :known)
    and (team_id = :team
        or case_id in (select case_id from oversight_holdings where team_id = :team))
"""


# By the answer that holds, or by the one that was known then and withdrawn since.
ANSWERED = f"""
case when answered_recorded_at <= :known then answered_at else coalesce((
    select max(answer.answered_at) from oversight_withdrawn answer
    where answer.risk_id = oversight_risks.risk_id
        and answer.answered_recorded_at <= :known and answer.withdrawn_recorded_at > :known
), '{EVER}') end
"""


def _ended(column: str) -> str:
    """When it ended, as far as was known then."""
    recorded = f"{column.removesuffix('_at')}_recorded_at"
    return f"case when {recorded} <= :known then {column} else '{EVER}' end as {column}"


def week_of(day: date) -> str:
    """The ISO week that a day is in, such as `2026-W47`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def monday_of(week: str) -> date:
    """Raises `ValueError` for what is no week."""
    year, _, number = week.partition("-W")
    return date.fromisocalendar(int(year), int(number), 1)


# ── Measures ── each says what it counts, at the end of a week ────────────────────────────────────


def _counted(cases: Iterable[str], of: Iterable[str]) -> Counted:
    counted = tuple(dict.fromkeys(cases))
    return len(counted), len(set(of)), counted


def _decided_in_time(team: Team, week: Week) -> Counted:
    return _due(team, week, "decided_at", met=True)


def _decided_late(team: Team, week: Week) -> Counted:
    return _due(team, week, "decided_at", met=False)


def _acknowledged_in_time(team: Team, week: Week) -> Counted:
    return _due(team, week, "acknowledged_at", met=True)


def _acknowledged_late(team: Team, week: Week) -> Counted:
    return _due(team, week, "acknowledged_at", met=False)


def _due(team: Team, week: Week, what: str, *, met: bool) -> Counted:
    """Of the limits that end in the week: those met, or passed by now without being met."""
    due = []
    for turn in team.turns:
        late_from, done = turn["late_from"], turn[what]
        if week.start < late_from <= week.end and (what == "decided_at" or turn["acknowledge"]):
            in_time = done < late_from and done <= week.at
            if in_time or late_from <= week.limit:
                due.append((turn["referral_id"], in_time))
    cases = tuple(referral_id for referral_id, in_time in due if in_time == met)
    return len(cases), len(due), cases


def _without_authorisation(team: Team, week: Week) -> Counted:
    decided = [turn for turn in team.turns if week.holds(turn["decided_at"])]
    cases = tuple(turn["referral_id"] for turn in decided if turn["authorised_at"] == EVER)
    return len(cases), len(decided), cases


def _re_referrals(team: Team, week: Week) -> Counted:
    came = [referral for referral in team.referrals if week.holds(referral["received_at"])]
    again = (referral["referral_id"] for referral in came if referral["again"])
    return _counted(again, (referral["referral_id"] for referral in came))


def _unallocated(team: Team, week: Week) -> Counted:
    open_cases = team.open_cases(week)
    waiting = (case_id for case_id, held in open_cases.items() if held["worker_id"] is None)
    return _counted(waiting, open_cases)


def _longest_unallocated(team: Team, week: Week) -> Counted:
    waiting = [
        (held["waiting_since"], case_id)
        for case_id, held in team.open_cases(week).items()
        if held["worker_id"] is None
    ]
    if not waiting:
        return 0, None, ()
    since, case_id = min(waiting)
    today = local_day(week.moment)
    first = local_day(datetime.fromisoformat(since))
    return working_days_between(first, today, holidays_known(today)), None, (case_id,)


def _past_limit(team: Team, week: Week) -> Counted:
    open_cases = team.open_cases(week)
    running = [
        limit
        for limit in team.clocks
        if limit["since"] <= week.at < min(limit["authorised_at"], limit["stopped_at"])
        and limit["case_id"] in open_cases
    ]
    past = (limit["case_id"] for limit in running if limit["late_from"] <= week.limit)
    return _counted(past, (limit["case_id"] for limit in running))


def _authorised_late(team: Team, week: Week) -> Counted:
    authorised = [
        limit
        for limit in team.clocks
        if week.holds(at := limit["authorised_at"])
        and any(h["since"] <= at <= h["until"] for h in team.held_by.get(limit["case_id"], ()))
    ]
    late = (
        limit["case_id"] for limit in authorised if limit["authorised_at"] >= limit["late_from"]
    )
    return _counted(late, (limit["case_id"] for limit in authorised))


def _not_seen(team: Team, week: Week) -> Counted:
    open_cases = team.open_cases(week)
    under_way = [
        assessment
        for assessment in team.assessments
        if assessment["since"] <= week.at < assessment["ended_at"]
        and assessment["case_id"] in open_cases
    ]
    unseen = (
        assessment["case_id"]
        for assessment in under_way
        if assessment["seen_at"] > week.at and assessment["unseen_from"] <= week.limit
    )
    return _counted(unseen, (assessment["case_id"] for assessment in under_way))


def _risks(team: Team, week: Week) -> Counted:
    risks = tuple(risk["risk_id"] for risk in team.unanswered(week))
    return len(risks), None, risks


def _oldest_risk(team: Team, week: Week) -> Counted:
    risks = team.unanswered(week)
    if not risks:
        return 0, None, ()
    raised = datetime.fromisoformat(risks[0]["raised_at"])
    return (week.moment - raised).days, None, (risks[0]["risk_id"],)


def _caseload(team: Team, week: Week) -> Counted:
    open_cases = tuple(team.open_cases(week))
    posts = team.in_post(week.at, manager=False)
    full_time = sum(post["percent"] for post in posts if post["role"] == CASEHOLDER) / 100
    return (round(len(open_cases) / full_time, 1) if full_time else None), full_time, open_cases


def _worker_turnover(team: Team, week: Week) -> Counted:
    return _turnover(team, week, manager=False)


def _manager_turnover(team: Team, week: Week) -> Counted:
    return _turnover(team, week, manager=True)


def _turnover(team: Team, week: Week, *, manager: bool) -> Counted:
    """Leavers in the twelve months to then, of the mean of thirteen month-end headcounts."""
    today = local_day(week.moment)
    ends = [stamp(_end_of(months_after(today, -back))) for back in range(1, TURNOVER_MONTHS + 1)]
    heads = [len(team.in_post(at, manager=manager)) for at in (week.at, *ends)]
    average = sum(heads) / len(heads)
    left = tuple(
        post["person_id"]
        for post in team.posts
        if (post["role"] == MANAGER) == manager
        and post["left_post"]
        and ends[-1] < post["until"] <= week.at
    )
    return (round(100 * len(left) / average, 1) if average else None), round(average, 1), left


def _without_manager(team: Team, week: Week) -> Counted:
    monday = monday_of(week.name)
    days = without = 0
    for day in (monday + timedelta(days=n) for n in range(7)):
        if team.formed_at < (end := stamp(_end_of(day))) and midnight(day) <= week.at:
            days += 1
            without += not team.in_post(min(end, week.at), manager=True)
    return without, days, ()


def _end_of(day: date) -> datetime:
    """The last instant of that day in England."""
    midnight = datetime.combine(day + timedelta(days=1), time(), LONDON)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


COUNT: dict[Measure, Callable[[Team, Week], Counted]] = {
    "decided-in-time": _decided_in_time,
    "decided-late": _decided_late,
    "acknowledged-in-time": _acknowledged_in_time,
    "acknowledged-late": _acknowledged_late,
    "decided-without-authorisation": _without_authorisation,
    "re-referrals": _re_referrals,
    "unallocated-children": _unallocated,
    "longest-unallocated-days": _longest_unallocated,
    "assessments-past-limit": _past_limit,
    "assessments-authorised-late": _authorised_late,
    "children-not-seen": _not_seen,
    "risks-unanswered": _risks,
    "oldest-risk-days": _oldest_risk,
    "caseload-per-worker": _caseload,
    "worker-turnover": _worker_turnover,
    "manager-turnover": _manager_turnover,
    "days-without-manager": _without_manager,
}
