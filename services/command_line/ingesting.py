"""Commands that take in what comes by a transport, until they are told to end."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Annotated

from cyclopts import App, Parameter

from adapters.event_store import EventStore
from adapters.translation import formats
from adapters.transports.kafka import Access, Gone, Inlet, NotAllowed, NotReachable
from domain.agency import AgencyRegistered
from projections import quarantine as quarantined
from services.assemble import event_store
from services.command_line.options import AS_USUAL, HERE, Shown, Where
from services.command_line.output import show, tell
from services.ingest_kafka import Ingest
from services.intake import Receipt

ingest = App(name="ingest", help="Take in what comes by a transport, until it is told to end.")


@ingest.command
def kafka(
    *,
    kafka: str | None = None,
    once: Annotated[bool, Parameter(negative=())] = False,
    where: Where = HERE,
) -> int:
    """Take in what agencies put on their Kafka topics. Writes a line a record once it is durable.

    Parameters
    ----------
    kafka
        Where the brokers are, as HOST:PORT, several with commas; else SAFEGUARDING_KAFKA_BOOTSTRAP.
    once
        End when all that was there is stored.
    """
    access = access_to(kafka)
    if access is None:
        tell("Say where Kafka is: --kafka HOST:PORT, or SAFEGUARDING_KAFKA_BOOTSTRAP.")
        return 2
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with event_store(where.settings()) as store:
        topics = [
            f"in.{agency}.{format}.v1" for agency in registered(store) for format in formats()
        ]
        try:
            inlet = Inlet(access, topics, store.tracked, alone=once)
        except NotReachable as error:
            tell(f"Kafka cannot be reached, or does not let us in: {error}.")
            return 3
        except NotAllowed as error:
            tell(f"{error}. Give this user the right to read (safeguarding kafka setup).")
            return 1
        try:
            if not inlet.topics:
                tell("None of the agencies' topics is there for us (safeguarding kafka setup).")
                return 1
            show(Ingest(store, inlet).lines(stop, once=once), "json")
        except NotReachable as error:
            tell(f"Kafka cannot be reached any more: {error}.")
            return 3
        except (NotAllowed, Gone) as error:
            tell(f"{error}.")
            return 1
        finally:
            inlet.close()
    return 0


quarantine = App(name="quarantine", help="What was set aside; `quarantine replay` takes it in.")


@quarantine.default
def list_quarantine(*, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """What came by a transport and was set aside, with why."""
    from services.command_line.asking import asked

    with asked(where) as parts:
        show(quarantined.waiting(parts.query), shown.format, empty="Nothing is set aside.")
    return 0


@quarantine.command(name="replay")
def replay_quarantined(messages: list[str], /, *, where: Where = HERE) -> int:
    """Take in what was set aside, as any other message. Exit 1 if one stays where it is.

    Parameters
    ----------
    messages
        As `safeguarding quarantine` names them.
    """
    from services.access import COMMAND_LINE
    from services.command_line.asking import asked
    from services.quarantined import replay

    stays = 0
    with asked(where) as parts:
        waiting = quarantined.waiting(parts.query)
        known = {each.message for each in waiting}
        for unknown in [each for each in messages if each not in known]:
            tell(f"Nothing of the name {unknown} is set aside.")
            stays += 1

        def receipts() -> Iterator[Receipt]:
            nonlocal stays
            for each in waiting:
                if each.message in messages:
                    for receipt in replay(parts.store, each.quarantine_id, COMMAND_LINE.person):
                        stays += receipt.result == "refused"
                        yield receipt

        show(receipts(), "json")
    return 1 if stays else 0


def registered(store: EventStore) -> Iterator[str]:
    """The ids of all agencies, in the order in which they were registered."""
    position = 0
    while page := store.since(position, 1000, names={"agency.registered.v1"}):
        position = page.reached
        for recorded in page:
            if isinstance(recorded.event, AgencyRegistered):
                yield recorded.event.agency_id


def access_to(bootstrap: str | None) -> Access | None:
    """How Kafka is reached, by flag, then environment; None if nobody says where it is."""
    address = bootstrap or os.environ.get("SAFEGUARDING_KAFKA_BOOTSTRAP")
    if not address:
        return None
    return Access(
        bootstrap=address,
        user=os.environ.get("SAFEGUARDING_KAFKA_USER") or None,
        password=os.environ.get("SAFEGUARDING_KAFKA_PASSWORD"),
        authority=os.environ.get("SAFEGUARDING_KAFKA_CA") or None,
    )
