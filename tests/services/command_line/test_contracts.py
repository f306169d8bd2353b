"""Is a line that a command really prints valid by the schema that is published of it?"""

from typing import Any

import pytest

from adapters.translation import formats
from services.contracts.schemas import published
from tests.contracts.test_schemas import faults
from tests.services.command_line.conftest import Run

SCHEMAS = published()


@pytest.fixture
def sent(office: Run) -> Any:
    """The receipt of a message that the office took in."""
    body = formats()["police-notice"].example(8)
    return office("intake", "-", "--sender", "north-police", stdin=body).row


def test_a_line_that_a_command_prints_is_valid_by_its_schema(office: Run, sent: Any) -> None:
    lines = {
        "intake-line": [sent],
        "event-line": [*office("events").rows, *office("events", "--open").rows],
        "sender-line": office("senders").rows,
        "inbox-line": office("inbox").rows,
        "child-line": office("children").rows,
        "timeline-line": office("timeline", sent["children"][0]).rows,
        "deadline-line": office("deadlines").rows,
        "team-line": office("teams").rows,
        "measure-line": office("team", "team-east").rows,
        "person-line": office("people").rows,
        "feed-line": office("feeds").rows,
        "projection-line": office("project", "status").rows,
    }
    for name, rows in lines.items():
        assert rows, name
        assert [fault for row in rows for fault in faults(SCHEMAS[name], row)] == [], name


def test_a_line_without_a_member_that_was_promised_is_not(office: Run) -> None:
    for name, command in (("event-line", "events"), ("sender-line", "senders")):
        row = office(command).rows[0]
        for member in row:
            assert faults(SCHEMAS[name], {k: v for k, v in row.items() if k != member})
