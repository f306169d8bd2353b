"""How did each team do in a stretch of time? Counted from the events themselves, one by one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import mean

from domain.assessment import AssessmentAuthorised, AssessmentStarted, ChildSeen
from domain.case import (
    CaseAllocated,
    CaseClosed,
    CaseOpened,
    CaseReallocated,
    CaseReopened,
    CaseTransferred,
    CaseUnallocated,
    SupervisionHeld,
)
from domain.clocks import clock
from domain.enquiry import StrategyDiscussionHeld
from domain.kernel import Event, Recorded
from domain.referral import ReferralAcknowledged, ReferralDecided, ReferralReceived
from domain.risk import RiskAnswered, RiskRaised
from domain.workforce import WorkerJoined, WorkerLeft

DAY = timedelta(days=1)


class Measures:
    """Of one team, from one instant to another. Shares are from 0 to 1."""

    def __init__(self, log: list[Recorded], team: str, since: datetime, until: datetime) -> None:
        self.log = [each for each in log if each.event.recorded_at < until]
        self.team, self.since, self.until = team, since, until
        self._team_of = self._teams()

    def decided_in_time(self) -> float:
        return self._in_time(ReferralDecided)

    def acknowledged_in_time(self) -> float:
        return self._in_time(ReferralAcknowledged)

    def days_unallocated(self) -> float:
        """On average, for each time that a child had no worker."""
        return mean((ended - began) / DAY for began, ended in self._waits())

    def assessed_in_time(self) -> float:
        """Of the assessments whose limit lies in the stretch."""
        done = self._first(AssessmentAuthorised)
        clocks = {
            stream: clock("R5", event.referral_received_at)
            for stream, event in self._begun(datetime.min.replace(tzinfo=self.since.tzinfo))
        }
        return mean(
            stream in done and not each.late(done[stream])
            for stream, each in clocks.items()
            if each.due_on and self.since.date() <= each.due_on < self.until.date()
        )

    def seen(self) -> float:
        """In the first three weeks of the assessment, of those that have had so long."""
        seen = self._first(ChildSeen)
        return mean(
            stream in seen and seen[stream] < event.happened_at + 21 * DAY
            for stream, event in self._begun(self.since)
            if event.happened_at < self.until - 21 * DAY
        )

    def supervised(self) -> float:
        """How often a case was talked through in thirty days."""
        held = sum(
            isinstance(each.event, SupervisionHeld) and self._mine(each) for each in self.log
        )
        days = sum((ended - began) / DAY for began, ended in self._open())
        return 30 * held / days

    def risks_answered(self) -> float:
        """Of those that were raised, and not only just now."""
        answered = self._first(RiskAnswered)
        return mean(
            each.stream in answered
            for each in self.log
            if isinstance(each.event, RiskRaised) and self._mine(each)
            if each.event.happened_at < self.until - 30 * DAY
        )

    def health_there(self) -> float:
        """Of the strategy discussions."""
        return mean(
            "health" in each.event.attended
            for each in self.log
            if isinstance(each.event, StrategyDiscussionHeld) and self._mine(each)
        )

    def leavers(self) -> int:
        return sum(
            isinstance(each.event, WorkerLeft)
            and each.event.team_id == self.team
            and each.event.happened_at >= self.since
            for each in self.log
        )

    def caseload(self) -> float:
        """Open cases for each full-time social worker, at the end."""
        posts: dict[str, int] = {}
        for each in self.log:
            match each.event:
                case WorkerJoined(team_id=self.team, role="social-worker") as joined:
                    posts[joined.person_id] = joined.percent
                case WorkerLeft(team_id=self.team, person_id=person_id):
                    posts.pop(person_id, None)
        still_open = sum(ended == self.until for _, ended in self._open())
        return 100 * still_open / sum(posts.values())

    # What they are counted from

    def _in_time(self, kind: type[Event]) -> float:
        done = self._first(kind)
        return mean(
            each.stream in done and not clock("R1", each.event.received_at).late(done[each.stream])
            for each in self.log
            if isinstance(each.event, ReferralReceived) and each.event.team_id == self.team
            if self.since <= each.event.received_at < self.until - 3 * DAY
        )

    def _first(self, kind: type[Event]) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for each in self.log:
            if isinstance(each.event, kind):
                found.setdefault(each.stream, each.event.happened_at)
        return found

    def _begun(self, since: datetime) -> Iterator[tuple[str, AssessmentStarted]]:
        for each in self.log:
            event = each.event
            if not isinstance(event, AssessmentStarted) or event.happened_at < since:
                continue
            if self._team_of.get(event.child_id) == self.team:
                yield each.stream, event

    def _teams(self) -> dict[str, str | None]:
        """Child -> the team that had the case last."""
        return {
            each.event.child_id: each.event.team_id
            for each in self.log
            if isinstance(each.event, CaseOpened | CaseTransferred)
        }

    def _mine(self, each: Recorded) -> bool:
        child = getattr(each.event, "child_id", None)
        return self._team_of.get(str(child)) == self.team and each.event.happened_at >= self.since

    def _open(self) -> Iterator[tuple[datetime, datetime]]:
        """From when to when, within the stretch, each of the team's cases was open."""
        return self._spans((CaseOpened, CaseReopened), (CaseClosed,))

    def _waits(self) -> Iterator[tuple[datetime, datetime]]:
        return self._spans(
            (CaseOpened, CaseReopened, CaseUnallocated, CaseTransferred),
            (CaseAllocated, CaseReallocated, CaseClosed),
        )

    def _spans(
        self, begins: tuple[type[Event], ...], ends: tuple[type[Event], ...]
    ) -> Iterator[tuple[datetime, datetime]]:
        begun: dict[str, datetime] = {}
        for each in self.log:
            child = str(getattr(each.event, "child_id", ""))
            if self._team_of.get(child) != self.team:
                continue
            if isinstance(each.event, begins):
                begun.setdefault(child, each.event.happened_at)
            elif isinstance(each.event, ends) and child in begun:
                began = begun.pop(child)
                if each.event.happened_at > self.since:
                    yield max(began, self.since), each.event.happened_at
        for began in begun.values():
            yield max(began, self.since), self.until
