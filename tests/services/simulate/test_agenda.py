"""Does what goes on in the made-up authority go on in order?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from services.simulate.setting.agenda import Agenda

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_each_goes_on_at_its_own_instant() -> None:
    agenda, seen = Agenda(NINE), []

    def steps(name: str, every: timedelta) -> Iterator[datetime]:
        for _ in range(3):
            seen.append((name, agenda.now))
            yield agenda.now + every

    agenda.start(steps("slow", 2 * HOUR))
    agenda.start(steps("quick", HOUR))
    agenda.run(NINE + 10 * HOUR, lambda _: None)
    assert seen == [
        ("slow", NINE),
        ("quick", NINE),
        ("quick", NINE + HOUR),
        ("slow", NINE + 2 * HOUR),
        ("quick", NINE + 2 * HOUR),
        ("slow", NINE + 4 * HOUR),
    ]


def test_an_instant_that_is_past_goes_on_at_once() -> None:
    agenda, seen = Agenda(NINE), []

    def steps() -> Iterator[datetime]:
        yield NINE - HOUR
        seen.append(agenda.now)
        yield NINE + HOUR
        seen.append(agenda.now)

    agenda.start(steps(), NINE - 5 * HOUR)
    agenda.run(NINE + 2 * HOUR, lambda _: None)
    assert seen == [NINE, NINE + HOUR]


def test_nothing_happens_after_the_end() -> None:
    agenda, seen = Agenda(NINE), []

    def steps() -> Iterator[datetime]:
        while True:
            seen.append(agenda.now)
            yield agenda.now + HOUR

    agenda.start(steps())
    agenda.run(NINE + 2 * HOUR, lambda _: None)
    assert seen == [NINE, NINE + HOUR, NINE + 2 * HOUR]
    assert agenda.now == NINE + 2 * HOUR
