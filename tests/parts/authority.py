"""Which small authority do the page tests work in? Two teams, four agencies, some referrals.

`authority` is a copy of a store that is made once a run, with its read models up to date and its
clock standing still at `NOW` until a test moves it. Everything in it came in as it would in life:
messages through intake, decisions as people's commands. All of it is made up.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from domain.case import case_of

if TYPE_CHECKING:  # a test run that asks for no authority does not wait for these imports
    from services.access import Principal
    from services.assemble import Parts
    from services.handle import Handled
    from services.intake import Receipt

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
"""A Tuesday."""

EAST, WEST, AUTHORITY = "team-east", "team-west", "team-authority"
DUTY, WORKER, MANAGER = "grace-ofori", "tom-akers", "ines-moreau"
"""Duty worker, social worker and manager of the east team."""
OTHER_WORKER, OTHER_MANAGER = "sam-pryce", "neil-hughes"
"""Social worker and manager of the west team."""
AUDITOR = "li-wen"
NAMES = {
    DUTY: "Grace Ofori",
    WORKER: "Tom Akers",
    MANAGER: "Ines Moreau",
    OTHER_WORKER: "Sam Pryce",
    OTHER_MANAGER: "Neil Hughes",
    AUDITOR: "Li Wen",
}
AGENCIES = {
    "north-police": ("police", "North Police"),
    "elm-surgery": ("gp", "Elm Surgery"),
    "city-hospital": ("health", "City Hospital"),
    "open-door": ("voluntary", "Open Door"),
}


class Clock:
    """Tells the same time until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """On (or, negative, back) by so many days, hours, minutes."""
        self.at += timedelta(**by)


class Authority:
    """The parts of a store, and what its people and agencies do to it in a line of a test.

    `referrals` and `children`: ids by the names that `_seed` gives them.
    """

    def __init__(
        self, folder: Path, parts: "Parts", clock: Clock, known: Mapping[str, Any]
    ) -> None:
        self.folder, self.parts, self.clock = folder, parts, clock
        self.referrals: dict[str, str] = dict(known.get("referrals", {}))
        self.children: dict[str, str] = dict(known.get("children", {}))

    def who(self, person: str) -> "Principal":
        """Somebody as they would be signed in."""
        from services.sign_in import sign_in

        found = sign_in(self.parts, person)
        assert found is not None, person
        return found

    def send(
        self,
        body: bytes,
        sender: str = "open-door",
        *,
        format: str = "auto",
        key: str | None = None,
    ) -> "Receipt":
        """One message by HTTP, received now; the receipt."""
        from adapters.translation import Sent
        from services.intake import Intake

        sent = Sent(body=body, agency=sender, received_at=self.clock(), key=key)
        taking = Intake(self.parts.store, self.clock)
        (receipt,) = taking.take(sent, channel="http", format=format)
        self.catch_up()
        return receipt

    def concern(self, **more: Any) -> "Receipt":
        """A form about one child that Open Door sends; `more`: of `form`, and `sender`."""
        sender = more.pop("sender", "open-door")
        return self.send(form(**more), sender)

    def set_aside(self, body: bytes, agency: str = "north-police", **more: Any) -> str:
        """As Kafka's reader sets aside what came without an id; its id in quarantine.

        `more`: another reason, topic, size or headers.
        """
        from domain.quarantine import Header, QuarantineMessage
        from services.handle import handle

        identity, at = f"quarantine-{uuid4()}", self.clock()
        told: dict[str, Any] = {
            "reason": "no-id",
            "topic": f"in.{agency}.webform.v1",
            "size": len(body),
            "headers": (Header("ce_source", f"/agencies/{agency}".encode()),),
        }
        asked = QuarantineMessage(
            command=uuid4().hex,
            happened_at=at,
            received_at=at,
            recorded_at=at,
            by=agency,
            agency=agency,
            quarantine_id=identity,
            transport="kafka",
            partition=1,
            offset=42,
            content=sha256(body).hexdigest(),
            raw=body,
            **{**told, **more},
        )
        assert handle(self.parts.store, asked).result == "done"
        self.catch_up()
        return identity

    def lose(self, records: int, agency: str = "north-police") -> str:
        """As Kafka's reader tells of records that were deleted first; its id in quarantine."""
        from domain.quarantine import ReportLoss
        from services.handle import handle

        identity, at = f"quarantine-{uuid4()}", self.clock()
        asked = ReportLoss(
            command=uuid4().hex,
            happened_at=at,
            received_at=at,
            recorded_at=at,
            by=agency,
            agency=agency,
            quarantine_id=identity,
            transport="kafka",
            topic=f"in.{agency}.webform.v1",
            partition=0,
            offset=7,
            records=records,
        )
        assert handle(self.parts.store, asked).result == "done"
        self.catch_up()
        return identity

    def give(self, person: str, command: str, **fields: Any) -> "Handled":
        """One command of a person; it is done, or the test fails."""
        from services.access import OPERATOR
        from services.give import give

        who = OPERATOR if person == "operator" else self.who(person)
        handled = give(self.parts, who, command, fields)
        assert handled.result != "refused", handled.reason
        self.catch_up()
        return handled

    def write(self, command: str, by: str, **fields: Any) -> None:
        """A command as it came to be in the log at some time, whoever may give it today."""
        from services.give import command_from
        from services.handle import handle

        asked = command_from(command, fields, by=by, now=self.clock())
        assert handle(self.parts.store, asked).result == "done"
        self.catch_up()

    def catch_up(self) -> None:
        """The read models show all that has happened."""
        assert self.parts.projector.catch_up(30)


def form(
    number: str = "1",
    given_name: str = "Ama",
    family_name: str = "Boateng",
    born: str = "04/06/2018",
    nhs_number: str = "",
    concern: str = "Ama had a bruise on her arm and would not say how it came.",
    postcode: str = "XE1 4QT",
    children: tuple[dict[str, str], ...] | None = None,
    **more: Any,
) -> bytes:
    """A voluntary organisation's form about one child, unless `children` says otherwise."""
    one = {
        "given_name": given_name,
        "family_name": family_name,
        "date_of_birth": born,
        "sex": "female",
        "nhs_number": nhs_number,
    }
    said = {
        "submission_id": f"OD-{number}",
        "urgency": "urgent",
        "referrer": {
            "name": "Rosa Whitlock",
            "role": "Family support worker",
            "organisation": "Open Door",
            "contact": "01632 960007",
        },
        "children": [one] if children is None else children,
        "adults": [{"given_name": "Efua", "family_name": "Boateng", "role": "mother"}],
        "address": {"lines": ["7 Quay Lane", "Eastbrook"], "postcode": postcode},
        "what_happened": concern,
        "child_said": "I like it here better.",
        "parents_informed": False,
        "lawful_basis": "public-task",
    }
    return json.dumps(said | more, ensure_ascii=False).encode()


@contextmanager
def _opened(folder: Path, known: Mapping[str, Any]) -> Iterator[Authority]:
    from services.assemble import all_parts
    from services.settings import Settings

    clock = Clock(NOW)
    with all_parts(Settings(str(folder), folder / "keys"), clock) as parts:
        yield Authority(folder, parts, clock, known)


def _seed(it: Authority) -> None:
    """Who works here, who sends, and what came in and was done over the last three weeks."""
    it.clock.move(days=-120)
    for team, name, areas in ((EAST, "East", ("XE1",)), (WEST, "West", ("XE5",))):
        it.give("operator", "form-team", team_id=team, name=name, areas=areas)
    it.give("operator", "form-team", team_id=AUTHORITY, name="Authority", kind="authority")
    for person, team, role in (
        (DUTY, EAST, "duty-worker"),
        (WORKER, EAST, "social-worker"),
        (OTHER_WORKER, WEST, "social-worker"),
        (AUDITOR, AUTHORITY, "auditor"),
    ):
        post = {"team_id": team, "person_id": person, "name": NAMES[person], "role": role}
        it.give("operator", "join-team", **post)
    for person, team in ((MANAGER, EAST), (OTHER_MANAGER, WEST)):
        appointed = {"team_id": team, "person_id": person, "name": NAMES[person]}
        it.give("operator", "appoint-manager", **appointed)
    for agency, (kind, name) in AGENCIES.items():
        it.give("operator", "register-agency", agency_id=agency, kind=kind, name=name)

    # Kofi has a case that Tom works on, from a referral that came three weeks ago.
    it.clock.at = NOW - timedelta(days=21)
    case = it.concern(
        number="100",
        given_name="Kofi",
        nhs_number="9990000042",
        born="11/09/2014",
        concern="Kofi came without a coat again. He said there was no food at home.",
    )
    it.referrals["decided"] = str(case.referral)
    (it.children["kofi"],) = case.children
    about = {"referral_id": case.referral}
    it.give(DUTY, "acknowledge-referral", **about)
    decision = {"outcome": "assessment", "rationale": "Neglect over months.", "team_id": EAST}
    it.give(DUTY, "decide-referral", **about, **decision)
    it.give(MANAGER, "authorise-decision", **about, rationale="Agreed.")
    it.give(DUTY, "tell-referrer", **about, words="A social worker will see Kofi this week.")
    it.give(MANAGER, "allocate-case", case_id=case_of(it.children["kofi"]), worker_id=WORKER)

    # It was decided on the day, and nobody has authorised it or told the surgery.
    it.clock.at = NOW - timedelta(days=6)
    surgery = it.concern(
        number="200",
        sender="elm-surgery",
        given_name="Lena",
        family_name="Marsh",
        born="30/01/2021",
        nhs_number="9990000069",
        concern="Lena missed three appointments after her burn.",
        urgency="routine",
    )
    it.referrals["untold"] = str(surgery.referral)
    (it.children["lena"],) = surgery.children
    advice = {"outcome": "advice", "rationale": "The health visitor has seen her."}
    it.give(DUTY, "decide-referral", referral_id=surgery.referral, **advice)

    # These wait: Ama's is late, Kofi's worker is told, a note names nobody, the west has its own.
    it.clock.at = NOW - timedelta(days=5)
    late = it.concern(nhs_number="9990000026")
    it.referrals["late"] = str(late.referral)
    (it.children["ama"],) = late.children
    it.clock.at = NOW - timedelta(hours=20)
    again = it.concern(
        number="300",
        sender="city-hospital",
        given_name="Kofi",
        born="11/09/2014",
        nhs_number="999 000 0042",
        concern="Kofi was brought in with a cut that had gone bad. Nobody could be reached.",
        urgency="immediate",
    )
    it.referrals["known"] = str(again.referral)
    it.clock.at = NOW - timedelta(hours=2)
    note = it.send(b"please ring me about a child at the swings, Sgt Field", "north-police")
    it.referrals["unread"] = str(note.referral)
    it.clock.at = NOW - timedelta(hours=1)
    west = it.concern(
        number="400",
        given_name="Jonah",
        family_name="Reed",
        born="02/02/2020",
        postcode="XE5 1AA",
        nhs_number="9990000085",
        concern="Jonah was alone in the flat when we came.",
        address={"lines": ["Flat 3", "2 Mill Walk"], "postcode": "XE5 1AA", "restricted": True},
    )
    it.referrals["west"] = str(west.referral)
    (it.children["jonah"],) = west.children
    it.clock.at = NOW


@pytest.fixture(scope="session")
def made_authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    """The folder of the store that every `authority` is a copy of, and the ids in it."""
    folder = tmp_path_factory.mktemp("authority") / "store"
    with _opened(folder, {}) as made:
        _seed(made)
    return folder, {"referrals": made.referrals, "children": made.children}


@contextmanager
def copied(made: tuple[Path, Mapping[str, Any]], folder: Path) -> Iterator[Authority]:
    """The authority again, in a folder of its own."""
    shutil.copytree(made[0], folder)
    with _opened(folder, made[1]) as opened:
        yield opened


@pytest.fixture
def authority(
    made_authority: tuple[Path, Mapping[str, Any]], tmp_path: Path
) -> Iterator[Authority]:
    with copied(made_authority, tmp_path / "store") as opened:
        yield opened
