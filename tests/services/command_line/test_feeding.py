"""Does the operator see which feed is alive?"""

from datetime import UTC, datetime, timedelta

from tests.services.command_line.conftest import Run

NOW = datetime.now(UTC)


def form(number: int) -> bytes:
    return b'{"concern": "Concern %d", "children": [{"given_name": "Kit"}]}' % number


def test_a_feed_has_its_last_message_and_falls_silent(office: Run) -> None:
    for number in range(20):
        at = (NOW - timedelta(days=30 - number)).isoformat()
        taken = office(
            *("intake", "-", "--sender", "north-police", "--format", "webform"),
            *("--received-at", at),
            stdin=form(number),
        )
        assert taken.code == 0
    rows = {row["agency"]: row for row in office("feeds").rows}
    assert rows["north-police"]["state"] == "silent"
    assert rows["north-police"]["transport"] == "standard-input"
    assert rows["north-police"]["silent_since"] == rows["north-police"]["last_message_at"]
    assert office("feeds").code == 1
    then = (NOW - timedelta(days=11)).isoformat()
    assert {row["state"] for row in office("feeds", "--as-at", then).rows} <= {"ok", "never"}
    assert office("feeds", "--as-at", then).code == 0
