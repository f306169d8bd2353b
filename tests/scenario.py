"""given(events).when(command).then(events): the whole test language of the deciders."""

import re
from functools import reduce
from typing import Any, Self

import pytest

from domain.catalogue import FAMILY_OF
from domain.kernel import Command, Event, Refused


class Scenario:
    """What happened in one stream, and then what a command makes of it."""

    def __init__(self, *history: Event) -> None:
        self.history = history

    def when(self, command: Command) -> Self:
        self.command = command
        return self

    def then(self, *expected: Event) -> None:
        assert self._decide() == list(expected)

    def then_nothing(self) -> None:
        self.then()

    def then_refused(self, reason: str) -> None:
        """`reason`: words that stand in the sentence that the person reads."""
        with pytest.raises(Refused, match=re.escape(reason)):
            self._decide()

    def _decide(self) -> Any:
        family = FAMILY_OF[type(self.command)]
        state = reduce(family.decider.evolve, self.history, family.initial)
        return family.decider.decide(self.command, state)


def given(*history: Event) -> Scenario:
    return Scenario(*history)
