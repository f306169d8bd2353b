"""What happens next in the made-up authority, and when?

Everything that goes on (a referral's way, a case, a team's staffing) is a generator that yields
the instants at which it wants to go on. The agenda resumes the one whose instant comes first.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heappop, heappush

Steps = Iterator[datetime]
"""What goes on in steps; each instant it yields is when it continues (at once, if that is past)."""


class Agenda:
    """The simulated clock, `now`, and all that waits for its turn."""

    def __init__(self, begins: datetime) -> None:
        self.now = begins
        self._waiting: list[tuple[datetime, int, Steps]] = []
        self._started = 0

    def start(self, steps: Steps, at: datetime | None = None) -> None:
        """Begin with something at an instant (now by default)."""
        self._started += 1
        self._wait(max(at or self.now, self.now), self._started, steps)

    def run(self, until: datetime, progress: Callable[[datetime], None]) -> None:
        """Go on until that instant; what would come after it never happens."""
        while self._waiting and self._waiting[0][0] <= until:
            self.now, number, steps = heappop(self._waiting)
            progress(self.now)
            for at in steps:
                if at > self.now:
                    self._wait(at, number, steps)
                    break
        self.now = until

    def _wait(self, at: datetime, number: int, steps: Steps) -> None:
        # The number breaks ties in the order of beginning, the same in every run.
        heappush(self._waiting, (at, number, steps))
