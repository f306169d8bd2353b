"""Is a person's command made of what they gave, and never of what they may not say?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.catalogue import COMMANDS
from domain.kernel import Refused
from domain.plan import plan_of
from services.access import GIVABLE, OPERATOR, Denied
from services.assemble import Parts, all_parts
from services.give import BEGINS, GIVEN, command_from, command_named, give, schema
from services.settings import settings

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
CHILD = "child-" + "e" * 32


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with all_parts(settings(str(tmp_path / "store")), lambda: NOW) as opened:
        opened.projector.catch_up()
        yield opened


def made(name: str, **fields: Any) -> Any:
    return command_from(name, fields, by="dora", now=NOW, identity="c1")


def test_a_command_is_stamped_by_the_service() -> None:
    command = made("acknowledge-referral", referral_id="referral-1")
    assert (command.by, command.agency, command.command, command.message) == (
        "dora",
        "authority",
        "c1",
        None,
    )
    assert command.happened_at == command.received_at == command.recorded_at == NOW


def test_a_person_may_say_when_it_happened() -> None:
    command = made(
        "acknowledge-referral", referral_id="referral-1", happened_at="2026-03-01T10:00:00+00:00"
    )
    assert command.happened_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert command.recorded_at == NOW


@pytest.mark.parametrize("field", sorted(GIVEN))
def test_a_person_may_not_stamp_a_command(field: str) -> None:
    with pytest.raises(Refused, match=f"no field {field}"):
        made("acknowledge-referral", referral_id="referral-1", **{field: "x"})


def test_what_is_begun_gets_an_id_of_the_command() -> None:
    for name, field in BEGINS.items():
        properties = schema(name)["properties"]
        assert field in properties
        assert field not in schema(name)["required"]
    fields = {"child_id": CHILD, "kind": "neglect", "raised_by_agency": "elm", "words": "Alone."}
    once, again = made("raise-risk", **fields), made("raise-risk", **fields)
    assert once == again
    other = command_from("raise-risk", fields, by="dora", now=NOW, identity="c2")
    assert isinstance(other, type(once))
    assert other != once
    named = made("raise-risk", risk_id="risk-1", **fields)
    assert named.risk_id == "risk-1"


def test_a_plan_is_its_childs() -> None:
    command = made("record-failed-visit", child_id=CHILD, reason="Nobody in.")
    assert command.plan_id == plan_of(CHILD)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - set(GIVABLE)))
def test_what_only_a_message_causes_no_person_gives(name: str) -> None:
    with pytest.raises(Refused, match="no command"):
        command_named(name)


def test_no_refusal_quotes_what_was_given() -> None:
    for fields in ({"outcome": "Quillfeather"}, {"referral_id": ["Quillfeather"]}, {}):
        with pytest.raises(Refused) as refused:
            made("decide-referral", **{"rationale": "x", "outcome": "advice"} | fields)
        assert "Quillfeather" not in str(refused.value)
        assert "--schema" in str(refused.value)


def test_what_does_not_fit_is_refused_and_what_is_not_ones_own_is_denied(parts: Parts) -> None:
    assert give(parts, OPERATOR, "form-team", {"team_id": 7}).result == "refused"
    assert give(parts, OPERATOR, "dance", {}).result == "refused"
    with pytest.raises(Denied):
        give(parts, OPERATOR, "acknowledge-referral", {"referral_id": "referral-none"})
    assert parts.store.newest() == 0


def test_an_id_of_another_kind_is_refused(parts: Parts) -> None:
    handled = give(parts, OPERATOR, "form-team", {"team_id": "child-1", "name": "East"})
    assert handled.result == "refused"
    assert "team" in str(handled.reason)
