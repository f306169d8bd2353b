"""Is every limit the one in force on the day, and does each run out when it should?"""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.calendar import HOLIDAYS, LONDON, OfficeHours
from domain.data_files import BadDataFile, data_files
from domain.policy import POLICIES, Limit, due, in_force, read_policies, read_policy

KNOWN = HOLIDAYS[-1]
HOURS = OfficeHours(time(9), time(17))
NEWEST = POLICIES[-1]
TEXTS = data_files("policies")


def at(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


# ── Versions ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2015, 1, 1), "2018-07.exampleshire.1"),
        (date(2018, 7, 4), "2018-07.exampleshire.1"),
        (date(2023, 12, 14), "2018-07.exampleshire.1"),
        (date(2023, 12, 15), "2023-12.exampleshire.1"),
        (date(2025, 3, 31), "2023-12.exampleshire.1"),
        (date(2025, 4, 1), "2025-04.exampleshire.1"),
        (date(2026, 11, 23), "2025-04.exampleshire.1"),
    ],
)
def test_a_day_has_the_policy_that_was_in_force(day: date, version: str) -> None:
    assert in_force(day).id == version


def test_a_changed_local_standard_changes_what_is_due() -> None:
    review = [policy.limits["R6"].amount for policy in POLICIES]
    supervision = [policy.limits["R18"].amount for policy in POLICIES]
    assert review == [15, 10, 10]
    assert supervision == [2, 2, 1]


def test_statute_and_guidance_are_the_same_in_every_version() -> None:
    for policy in POLICIES:
        for rule, limit in policy.limits.items():
            if not limit.local:
                newest = NEWEST.limits[rule]
                assert (limit.amount, limit.unit) == (newest.amount, newest.unit), rule


def test_every_limit_names_its_source_and_local_ones_never_name_a_statute() -> None:
    for policy in POLICIES:
        for limit in policy.limits.values():
            assert limit.source
            assert limit.counts_from
            assert limit.local == ("made up" in limit.source), limit.rule


def test_the_caseload_reference_is_the_national_mean_known_by_then() -> None:
    assert (NEWEST.caseload.mean, NEWEST.caseload.year) == (15.4, 2024)
    for policy in POLICIES:
        assert policy.caseload.year < policy.in_force_from.year


def test_a_manager_authorises_decisions() -> None:
    assert NEWEST.authorise_decisions
    assert NEWEST.deciders == ("social worker", "team manager")
    assert NEWEST.authorisers == ("team manager",)


# ── What is due ───────────────────────────────────────────────────────────────────────────────────


EXAMPLES: list[tuple[str, datetime, date | datetime]] = [
    ("R1", at(2025, 6, 4), date(2025, 6, 5)),
    ("R1", at(2025, 6, 4, 19), date(2025, 6, 6)),  # out of hours: day 0 is Thursday
    ("R1", at(2025, 6, 7, 10), date(2025, 6, 10)),  # Saturday: day 0 is Monday
    ("R2", at(2025, 6, 4), date(2025, 6, 9)),
    ("R3", at(2025, 6, 4, 19), date(2025, 6, 5)),  # a decision is of its own day
    ("R5", at(2025, 6, 4), date(2025, 8, 6)),
    ("R5", at(2025, 3, 31), date(2025, 6, 6)),  # over Easter and two May holidays
    ("R6", at(2025, 6, 4), date(2025, 6, 18)),
    ("R7", at(2025, 6, 6, 22), date(2025, 6, 9)),
    ("R8", at(2025, 6, 4), date(2025, 6, 4)),
    ("R10", at(2025, 6, 4), date(2025, 6, 25)),
    ("R11", at(2025, 6, 4), date(2025, 6, 25)),
    ("R12", at(2025, 6, 4), date(2025, 6, 25)),
    ("R13", at(2025, 6, 25), date(2025, 6, 25)),
    ("R14", at(2025, 6, 25), date(2025, 7, 9)),
    ("R14-then", at(2025, 7, 9), date(2025, 8, 20)),
    ("R15", at(2025, 6, 25), date(2025, 9, 25)),
    ("R15", at(2025, 8, 31), date(2025, 11, 30)),
    ("R16", at(2025, 8, 31), date(2026, 2, 28)),
    ("R17", at(2025, 6, 25), date(2025, 7, 9)),
    ("R17-then", at(2025, 7, 9), date(2025, 8, 6)),
    ("R18", at(2025, 1, 31), date(2025, 2, 28)),
    ("R19-visit", at(2025, 6, 6), date(2025, 6, 10)),
    ("R19-other", at(2025, 6, 6), date(2025, 6, 13)),
    ("R21", at(2025, 6, 4), date(2025, 6, 11)),  # the first of the eight days is the 4th
    ("R21-extension", at(2025, 6, 11), date(2025, 6, 18)),
    ("R22", at(2025, 6, 4), date(2025, 6, 10)),
    ("R24", at(2025, 6, 4), date(2025, 7, 16)),
    ("R26", at(2024, 2, 29), date(2025, 2, 28)),
    ("R28", at(2025, 6, 4), date(2025, 6, 13)),
    ("R28-then", at(2025, 6, 4), date(2025, 7, 16)),
    ("R28-later", at(2025, 6, 4), date(2025, 8, 27)),
    ("R30", at(2025, 6, 4), date(2025, 6, 11)),
    ("R4-red", at(2025, 6, 4), at(2025, 6, 4, 14)),
    ("R4-amber", at(2025, 6, 4), at(2025, 6, 4, 18)),
    ("R4-green", at(2025, 6, 4), at(2025, 6, 5)),
    ("R19-critical", at(2025, 6, 7), at(2025, 6, 8)),
    ("R20", at(2025, 6, 6), at(2025, 6, 9)),
]


@pytest.mark.parametrize(("rule", "start", "expected"), EXAMPLES)
def test_every_limit_runs_out_when_the_guidance_says(
    rule: str, start: datetime, expected: date | datetime
) -> None:
    found = due(NEWEST.limits[rule], start, KNOWN, HOURS)
    assert found == expected
    assert isinstance(found, datetime) == isinstance(expected, datetime)


def test_every_limit_has_an_example() -> None:
    assert {rule for rule, _, _ in EXAMPLES} == set(NEWEST.limits)


@pytest.mark.parametrize("day", [date(2025, 3, 29), date(2025, 10, 25)])
def test_police_protection_ends_after_72_elapsed_hours_when_the_clocks_change(day: date) -> None:
    taken = datetime.combine(day, time(18, 30), LONDON)
    ends = due(NEWEST.limits["R20"], taken, KNOWN, HOURS)
    assert isinstance(ends, datetime)
    assert ends - taken.astimezone(UTC) == timedelta(hours=72)
    assert ends.astimezone(LONDON).time() != taken.time()


def test_a_limit_in_days_or_hours_needs_a_start_with_an_offset() -> None:
    naive = datetime(2025, 6, 4, 12, 0)  # noqa: DTZ001 -- what must be refused
    for rule in ("R1", "R11", "R15", "R20"):
        with pytest.raises(ValueError, match="offset"):
            due(NEWEST.limits[rule], naive, KNOWN, HOURS)


# ── Bad files ─────────────────────────────────────────────────────────────────────────────────────

GOOD = TEXTS["2025-04.exampleshire.1"]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("[limits.R5]", "[limits.R5", "v: not TOML"),
        ("amount = 45", 'amount = "45"', r"v: limits\.R5: .*\$\.amount"),
        ("amount = 45", "amount = -1", r"v: limits\.R5: .*\$\.amount"),
        ("amount = 45", "amonut = 45", r"v: limits\.R5: .*amonut"),
        ("amount = 45\n", "", r"v: limits\.R5: .*amount"),
        ('amount = 45\nunit = "working days"', 'amount = 45\nunit = "days"', r"limits\.R5.*unit"),
        ("amount = 72", "amount = 72\ncounts_first_day = true", r"limits\.R20: only calendar days"),
        ("amount = 8", "amount = 0", r"limits\.R21: only calendar days"),
        ("opens = 09:00:00", "opens = 18:00:00", r"v: .*opens before it closes.*office_hours"),
        ("in_force_from = 2025-04-01", "in_force_from = 2025", r"v: .*\$\.in_force_from"),
        ("authorise_decisions = true", "authorise = true", r"v: .*authorise"),
        ("[limits.R5]", "[[limits.R5]]", r"v: limits: "),
        ("title", "title", r"v: id: is '2025-04.exampleshire.1', not the file's name"),
    ],
)
def test_a_policy_file_that_is_wrong_is_named_with_its_field(
    before: str, after: str, complaint: str
) -> None:
    assert before in GOOD
    with pytest.raises(BadDataFile, match=complaint):
        read_policy("v", GOOD.replace(before, after))


def test_a_policy_without_limits_is_missing_what_the_one_before_it_has() -> None:
    bare = GOOD[: GOOD.index("# Decide the next step")]
    with pytest.raises(BadDataFile, match=r"2025-04\.exampleshire\.1: limits\.R1: missing"):
        read_policies(TEXTS | {"2025-04.exampleshire.1": bare})


def test_two_policies_of_one_day_are_refused() -> None:
    twin = GOOD.replace("2025-04.exampleshire.1", "2025-04.exampleshire.2")
    with pytest.raises(BadDataFile, match=r"in_force_from: the same day as 2025-04"):
        read_policies(TEXTS | {"2025-04.exampleshire.2": twin})


def test_a_limit_may_be_written_by_hand_for_a_replay_under_another_policy() -> None:
    shorter = Limit("R5", 30, "working days", "referral received", "a proposal", local=True)
    assert due(shorter, at(2025, 6, 4), KNOWN, HOURS) == date(2025, 7, 16)
