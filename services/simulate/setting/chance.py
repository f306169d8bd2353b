"""What happens by chance, the same for a seed on every machine and in every version of Python?"""

from collections.abc import Sequence
from datetime import timedelta
from math import log
from typing import TypeVar

from adapters.made_up import Dice

T = TypeVar("T")


class Chance(Dice):
    """Dice of one thing's own: what happens to it does not depend on what happens elsewhere."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self._used: dict[int, set[int]] = {}

    def fraction(self) -> float:
        """From 0 up to, not including, 1."""
        return self._random.random()

    def likely(self, share: float) -> bool:
        return self.fraction() < share

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.fraction()

    def whole(self, low: int, high: int) -> int:
        """One of the whole numbers from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def one_of(self, weighted: Sequence[tuple[T, float]]) -> T:
        """One of these, each as likely as its weight says."""
        left = self.fraction() * sum(weight for _, weight in weighted)
        for each, weight in weighted:
            left -= weight
            if left < 0:
                return each
        return weighted[-1][0]

    def unused(self, among: Sequence[T]) -> T:
        """One of these that was not picked before; any of them once all were."""
        used = self._used.setdefault(id(among), set())
        if len(used) == len(among):
            used.clear()
        index = self.pick([n for n in range(len(among)) if n not in used])
        used.add(index)
        return among[index]

    def wait(self, mean: timedelta) -> timedelta:
        """Until the next of things that come by themselves, one in `mean` on average."""
        return timedelta(seconds=round(-log(1 - self.fraction()) * mean.total_seconds()))
