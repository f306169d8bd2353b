"""Whose duty is a new referral, and who else is told of it?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.case import AllocateCase, TransferCase, case_of
from domain.referral import DecideReferral
from services.duty import Fallen, outward
from tests.services.office import KIT, NAMELESS, Office, concern, office_at


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        yield opened


def opens_a_case(office: Office, team: str, worker: str | None) -> str:
    receipt = office.receives_one(concern())
    office.does(
        DecideReferral, referral_id=receipt.referral, outcome="assessment", rationale="Alone.",
        team_id=team,
    )  # fmt: skip
    case_id = case_of(receipt.children[0])
    if worker:
        office.does(AllocateCase, case_id=case_id, worker_id=worker)
    return case_id


def test_a_referral_falls_to_the_team_of_its_area(office: Office) -> None:
    office.forms("team-east", "XE1", "XE2")
    office.forms("team-west", "XW1")
    said = [KIT.postcode, "xw1 9zz", "ZZ1 1ZZ", ""]
    fallen = [
        office.intake._duty.of((), (code,), office.now).team_id for code in said if code is not None
    ]
    assert fallen == ["team-east", "team-west", None, None]


def test_a_team_formed_later_is_known(office: Office) -> None:
    duty = office.intake._duty
    assert duty.of((), ("XE1 2AB",), office.now) == Fallen()
    office.forms("team-east", "xe1")
    assert duty.of((), ("XE1 2AB",), office.now).team_id == "team-east"


def test_an_open_case_keeps_its_team_and_tells_its_worker(office: Office) -> None:
    office.forms("team-east", "XE1")
    opens_a_case(office, "team-west", "wim")
    event = office.event_of(office.receives_one(concern(concern="Again.")))
    assert (event.team_id, event.told_workers) == ("team-west", ("wim",))


def test_a_case_that_moved_takes_its_referrals_along(office: Office) -> None:
    case_id = opens_a_case(office, "team-west", "wim")
    office.does(TransferCase, case_id=case_id, team_id="team-north", reason="Moved.")
    event = office.event_of(office.receives_one(concern(concern="Again.")))
    assert (event.team_id, event.told_workers) == ("team-north", ())


def test_a_referral_about_nobody_known_is_on_every_teams_page(office: Office) -> None:
    office.forms("team-east", "XE1")
    event = office.event_of(office.receives_one(concern(children=(NAMELESS,))))
    assert (event.team_id, event.told_workers, event.perhaps_about) == (None, (), None)


@pytest.mark.parametrize(
    ("postcode", "area"), [("XE1 2AB", "XE1"), ("xe12ab", "XE1"), ("XE10 2AB", "XE10"), ("A", "")]
)
def test_the_outward_part_of_a_postcode(postcode: str, area: str) -> None:
    assert outward(postcode) == area
