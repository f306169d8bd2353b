"""An office that messages are sent to: a real store, registered senders, and a clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from adapters.event_store import EventStore
from adapters.translation import FormatInformation, Sent, Translation
from adapters.vault import Vault
from domain.agency import RegisterAgency, SuspendAgency
from domain.codes import AgencyKind
from domain.described import ChildDescribed, Identifier
from domain.kernel import Command, Recorded
from domain.workforce import FormTeam
from services.handle import Handled, handle
from services.intake import Intake, Receipt

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
SENDERS: dict[str, AgencyKind] = {"north-police": "police", "elm-surgery": "gp"}

KIT = ChildDescribed(
    family_name="Marlow",
    given_name="Kit",
    born_on=date(2017, 5, 4),
    nhs_number="9990000018",
    postcode="XE1 2AB",
)
"""A made-up child, with a number of the range that is kept for tests."""

BO = ChildDescribed(family_name="Larkin", given_name="Bo", born_on=date(2019, 8, 9))

NAMELESS = ChildDescribed(identifiers=(Identifier(system="hospital", value="H-77"),))


def concern(**said: Any) -> Translation:
    """A concern about Kit; whatever is not given is as in every other."""
    return Translation(**({"concern": "Seen alone at night.", "children": (KIT,)} | said))


class Says:
    """A format in which a message says exactly what the test wants it to say."""

    FORMAT = FormatInformation(
        name="plain", title="Plain", transports=("file",), content_types=("text/plain",), rank=0
    )

    def __init__(self, *said: Translation | Exception) -> None:
        self.said = said

    def recognise(self, sent: Sent) -> bool:
        return sent.body.startswith(b"plain")

    def translate(self, sent: Sent) -> list[Translation]:
        said = []
        for each in self.said:
            if isinstance(each, Exception):
                raise each
            said.append(each)
        return said

    def example(self, seed: int) -> bytes:
        return b"plain %d" % seed


class Office:
    """What a test sends to, and looks into. `damaged`: its log cannot be read as a whole."""

    damaged = False

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.now = NOW
        self.intake = Intake(store, lambda: self.now)
        for agency, kind in SENDERS.items():
            self.does(RegisterAgency, agency_id=agency, kind=kind, name=agency)

    def does(self, asked: type[Command], /, **fields: Any) -> Handled:
        """A command of a person."""
        whole: dict[str, Any] = {"command": uuid4().hex, "by": "operator", "agency": "authority"}
        whole |= dict.fromkeys(("happened_at", "received_at", "recorded_at"), self.now)
        handled = handle(self.store, asked(**(whole | fields)))
        assert handled.result != "refused", handled.reason
        return handled

    def suspends(self, agency: str) -> None:
        self.does(SuspendAgency, agency_id=agency, reason="Its system was broken into.")

    def forms(self, team_id: str, *areas: str) -> None:
        self.does(FormTeam, team_id=team_id, name=team_id, areas=areas)

    def receives(self, *said: Translation | Exception, **sent: Any) -> list[Receipt]:
        """Receipts for a message that says this."""
        self.intake.formats["plain"] = Says(*said)
        body = f"plain {said!r}".encode(errors="backslashreplace")
        return self.receives_bytes(body, **{"format": "plain", **sent})

    def receives_one(self, *said: Translation | Exception, **sent: Any) -> Receipt:
        (receipt,) = self.receives(*said, **sent)
        return receipt

    def receives_bytes(
        self, body: bytes, *, format: str = "auto", sender: str = "north-police", **more: Any
    ) -> list[Receipt]:
        whole: dict[str, Any] = {"body": body, "agency": sender, "received_at": self.now}
        message = Sent(**(whole | more))
        return list(self.intake.take(message, source="a-file", format=format))

    def log(self, *names: str) -> list[Recorded]:
        """The events of these names, or all, with their words."""
        page = self.store.since(0, 10_000, opened=True)
        return [each for each in page if not names or each.name in names]

    def events(self, *names: str) -> list[Any]:
        """The events of these names themselves, with their words."""
        return [each.event for each in self.log(*names)]

    def referrals(self) -> list[str]:
        return [each.stream for each in self.log("referral.received.v1")]

    def event_of(self, receipt: Receipt) -> Any:
        """The event that a receipt points at, with its words."""
        assert receipt.position is not None
        (recorded,) = self.store.since(receipt.position - 1, 1, opened=True)
        return recorded.event

    def story(self, stream: str | None) -> list[str]:
        """The names of a stream's events."""
        return [each.name for each in self.store.history(str(stream))]


@contextmanager
def office_at(address: str | Path, keys: Path) -> Iterator[Office]:
    vault = Vault.open(keys)
    store = EventStore.open(address, vault)
    try:
        yield Office(store)
    finally:
        store.close()
        vault.close()
