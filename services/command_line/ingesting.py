"""Commands that take in what comes by a transport, until they are told to end."""

import os
import signal
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from adapters.event_store import EventStore, Unreadable
from adapters.translation import formats
from adapters.transports import delivery, mail_drop
from adapters.transports import mesh as mesh_folder
from adapters.transports.csv_drop import Tables
from adapters.transports.dropped import Folders
from adapters.transports.kafka import Incomplete, Inlet, NotAllowed, NotReachable
from adapters.transports.mllp import Listener
from domain.agency import AgencyRegistered
from domain.identity import is_slug
from domain.kernel import Refused
from projections import quarantine as quarantined
from projections.base import Query
from projections.quarantine import SetAside
from services.assemble import event_store, now
from services.command_line.giving import row_of
from services.command_line.options import AS_USUAL, HERE, Shown, Where
from services.command_line.output import show, tell
from services.ingest import Ingest, Taken
from services.ingest_kafka import Ingest as IngestKafka
from services.intake import LARGEST, Receipt
from services.kafka_access import access_to
from services.logs import log
from services.settings import data_folder

Once = Annotated[bool, Parameter(negative=())]
Folder = Path | None

ENDING_SECONDS = 2.0
"""How long who is told to end may wait for Kafka, or for who else writes."""

ingest = App(name="ingest", help="Take in what comes by a transport, until it is told to end.")


@ingest.command
def kafka(
    *,
    kafka: str | None = None,
    once: Once = False,
    where: Where = HERE,
) -> int:
    """Take in what agencies put on their Kafka topics. Writes a line a record once it is durable.

    Parameters
    ----------
    kafka
        Where the brokers are, as HOST:PORT, several with commas; else SAFEGUARDING_KAFKA_BOOTSTRAP.
    once
        End when all that was there is stored; exit 1 if some of it was lost, or cannot be read.
    """
    access = access_to(kafka)
    if access is None:
        tell("Say where Kafka is: --kafka HOST:PORT, or SAFEGUARDING_KAFKA_BOOTSTRAP.")
        return 2
    stop = told_to_end(within=ENDING_SECONDS)
    unreadable = set[str]()
    with event_store(where.settings()) as store:

        def topics() -> list[str]:
            """Those that every agency may have that is registered by now."""
            agencies, known = list(registered(store, unreadable)), formats()
            return [f"in.{agency}.{format}.v1" for agency in agencies for format in known]

        try:
            inlet = Inlet(access, topics(), store.tracked, alone=once)
        except NotReachable as error:
            tell(f"Kafka cannot be reached, or does not let us in: {error}.")
            return 3
        except NotAllowed as error:
            tell(f"{error}. Give this user the right to read (safeguarding kafka setup).")
            return 1
        except Incomplete as error:
            tell(f"{error}.")
            return 3
        try:
            if not inlet.topics:
                tell("None of the agencies' topics is there for us (safeguarding kafka setup).")
                return 1
            ingesting = IngestKafka(store, inlet, topics=topics)
            show(ingesting.lines(stop, once=once), "json")
            if once and missing(ingesting, inlet):
                return 1
        except NotReachable as error:
            tell(f"Kafka cannot be reached any more: {error}.")
            return 3
        except NotAllowed as error:
            tell(f"{error}.")
            return 1
        finally:
            inlet.close()
    return 0


def missing(ingesting: IngestKafka, inlet: Inlet) -> bool:
    """Whether something that agencies put on Kafka was not taken in; a sentence of each."""
    for gap in ingesting.lost:
        topic, count = gap.partition.topic, gap.kept - gap.lost
        which = f"1 record of {topic} was deleted before it was"
        if count > 1:
            which = f"{count} records of {topic} were deleted before they were"
        tell(f"{which} read: ask its sender for what is missing (safeguarding quarantine).")
    for partition, offset, reason in inlet.still.values():
        tell(
            f"{partition.topic}, partition {partition.partition}, stands still at offset {offset}:"
            f" {reason}."
        )
    return bool(ingesting.lost or inlet.still)


@ingest.command
def mllp(
    address: str = "127.0.0.1:2575",
    /,
    *,
    sender: str,
    once: Once = False,
    certificate: Path | None = None,
    key: Path | None = None,
    clients: Path | None = None,
    where: Where = HERE,
) -> int:
    """Listen for one agency's HL7 v2 messages (MLLP). Each is acknowledged once it is durable.

    Parameters
    ----------
    address
        HOST:PORT to listen at; port 0 for a free one.
    sender
        The agency whose systems are let in here, as AGENCY or AGENCY:UNIT; one port an agency.
    once
        End after the first connection is closed.
    certificate
        Our certificate (PEM): the connection is encrypted.
    key
        The certificate's key, where it lies in a file of its own.
    clients
        The authority (PEM) whose certificates clients must show.
    """
    host, _, port = address.rpartition(":")
    agency, _, unit = sender.partition(":")
    if not host or not port.isdecimal() or int(port) > HIGHEST_PORT:
        tell(f"{address!r} is nowhere to listen: give HOST:PORT, such as 127.0.0.1:2575.")
        return 2
    if certificate is None and (key or clients):
        tell("--key and --clients are of an encrypted connection: give --certificate too.")
        return 2
    with event_store(where.settings()) as store:
        if agency not in registered(store):
            tell(
                f"There is no agency {agency!r} that could send here; `safeguarding senders` lists"
                " them, and `safeguarding senders add` registers one."
            )
            return 1
    try:
        secured = encryption(certificate, key, clients) if certificate else None
        listener = Listener(
            host.strip("[]"), int(port), agency, now, LARGEST, unit=unit or None, secured=secured
        )
    except OSError as error:
        tell(f"We cannot listen at {address}: {error.strerror or error}.")
        return 3
    tell(f"Listening at {host}:{listener.port}.")
    return taken_in(listener, once, where)


@ingest.command
def mesh(folder: Folder = None, /, *, once: Once = False, where: Where = HERE) -> int:
    """Take in what a MESH client puts into FOLDER/AGENCY/in/; what is stored goes to taken/.

    Parameters
    ----------
    folder
        By default `mesh` in the user's data folder.
    once
        End when all that was there is stored.
    """
    return from_folders(mesh_folder.Mailboxes, folder, once, where)


@ingest.command(name="csv-drop")
def csv_drop(folder: Folder = None, /, *, once: Once = False, where: Where = HERE) -> int:
    """Take in tables that agencies rename to FOLDER/AGENCY/NAME.csv (SFTP).

    Each goes to done/, with NAME.result.csv beside it: what became of each row.

    Parameters
    ----------
    folder
        By default `csv-drop` in the user's data folder.
    once
        End when all that was there is stored.
    """
    return from_folders(Tables, folder, once, where)


@ingest.command(name="mail-drop")
def mail_folder(folder: Folder = None, /, *, once: Once = False, where: Where = HERE) -> int:
    """Take in e-mails that a mail server puts into FOLDER/AGENCY/new/; they go to cur/.

    Parameters
    ----------
    folder
        By default `mail-drop` in the user's data folder.
    once
        End when all that was there is stored.
    """
    return from_folders(mail_drop.Mailboxes, folder, once, where)


quarantine = App(
    name="quarantine",
    help="What was set aside or lost; `replay` takes it in, `settle` says why it waits no longer.",
)


@quarantine.default
def list_quarantine(
    *,
    settled: Annotated[bool, Parameter(negative=())] = False,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """What came by a transport and was set aside, or was lost before it was read, with why.

    Parameters
    ----------
    settled
        What waits no longer, as somebody said why: when that was, and who. The page Feeds shows
        what they said.
    """
    from services.command_line.asking import asked

    with asked(where) as parts:
        if settled:
            show(quarantined.settled(parts.query), shown.format, empty="Nothing is settled.")
        else:
            show(quarantined.waiting(parts.query), shown.format, empty="Nothing is set aside.")
    return 0


@quarantine.command(name="replay")
def replay_quarantined(messages: list[str], /, *, where: Where = HERE) -> int:
    """Take in what was set aside, settled or not, as any other message. Exit 1 if one stays.

    Parameters
    ----------
    messages
        The `quarantine_id` as `safeguarding quarantine` has it, or a `message` that stands once.
    """
    from services.access import COMMAND_LINE
    from services.command_line.asking import asked
    from services.quarantined import replay

    stays = 0
    with asked(where) as parts:
        chosen = dict[str, SetAside]()
        for name in messages:
            found = _named(parts.query, name, settled=True)
            chosen |= {found.quarantine_id: found} if found else {}
            stays += found is None

        def receipts() -> Iterator[Receipt]:
            nonlocal stays
            for each in chosen.values():
                try:
                    taken = replay(parts.store, each.quarantine_id, COMMAND_LINE.person)
                except Refused as refused:
                    tell(f"{each.quarantine_id} stays: {refused}")
                    stays += 1
                    continue
                stays += any(receipt.result == "refused" for receipt in taken)
                yield from taken

        show(receipts(), "json")
    return 1 if stays else 0


@quarantine.command(name="settle")
def settle(
    message: str,
    /,
    *,
    how: Annotated[str, Parameter(name=("--how", "--why"))],
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Say why what was set aside or lost waits for nobody any more. It stays to be found.

    Parameters
    ----------
    message
        The `quarantine_id` as `safeguarding quarantine` has it, or a `message` that stands once.
    how
        Of what was lost, what was done, such as whom you asked to send it again. Of what was set
        aside, why it is not to be taken in, such as that nothing stands in it; `replay` takes it in
        all the same.
    """
    from services.access import COMMAND_LINE
    from services.command_line.asking import asked
    from services.give import give

    with asked(where) as parts:
        found = _named(parts.query, message)
        if found is None:
            return 1
        lost = found.reason_code == "lost"
        fields = {"quarantine_id": found.quarantine_id, "how" if lost else "why": how}
        name = "settle-loss" if lost else "settle-message"
        handled = give(parts, COMMAND_LINE, name, fields)
        show([row_of(handled)], shown.format)
    return 1 if handled.result == "refused" else 0


def _named(query: Query, name: str, *, settled: bool = False) -> SetAside | None:
    """The one that is meant, by its own id or by its message's; says so if there is not one.

    `settled`: or if none waits, one that was settled.
    """
    found = _so_called(quarantined.waiting(query), name)
    gone = [] if found else _so_called(quarantined.settled(query), name)
    if settled:
        found = found or gone
    match found:
        case [one]:
            return one
        case [] if gone:
            for each in gone:
                at = f"{each.settled_at:%Y-%m-%dT%H:%M:%SZ}"
                tell(f"{name} was settled by {each.settled_by} at {at} (quarantine --settled).")
        case []:
            tell(f"Nothing of the name {name} is set aside.")
        case several:
            ids = " or ".join(each.quarantine_id for each in several)
            tell(f"{name} stands for several: say which, {ids}.")
    return None


def _so_called(among: list[SetAside], name: str) -> list[SetAside]:
    return [each for each in among if name in (each.quarantine_id, each.message)]


def from_folders(kind: type[Folders], folder: Path | None, once: bool, where: Where) -> int:
    if folder is None:
        folder = data_folder() / kind.transport
        folder.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir():
        tell(f"There is no folder {folder}: make it, and in it a folder for each agency.")
        return 3
    return taken_in(kind(folder, now, LARGEST), once, where)


def taken_in(inlet: delivery.Inlet, once: bool, where: Where) -> int:
    """Write a line a message until told to end; 1 if, of what was there once, one was refused."""
    stop, refused = told_to_end(), 0

    def lines(store: EventStore) -> Iterator[Taken]:
        nonlocal refused
        for line in Ingest(store, inlet, tell).lines(stop, once=once):
            refused += line.result == "refused"
            yield line

    with event_store(where.settings()) as store:
        show(lines(store), "json")
    return 1 if once and refused else 0


def told_to_end(*, within: float | None = None) -> threading.Event:
    """Set by Ctrl+C and SIGTERM from now on: what is in hand is finished, and nothing begun.

    `within`: seconds after which the process ends all the same, whoever it waits for. Only for work
    of which nothing is half done at any moment, and that does not set this by itself.
    """
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    if within is not None:
        threading.Thread(target=_end, args=(stop, within), daemon=True).start()
    return stop


def _end(stop: threading.Event, seconds: float) -> None:
    stop.wait()
    threading.Event().wait(seconds)
    os._exit(0)


HIGHEST_PORT = 65535


def encryption(certificate: Path, key: Path | None, clients: Path | None) -> ssl.SSLContext:
    """How connections to us are encrypted. Raises `OSError` for a file that is none of these."""
    secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=clients)
    secured.load_cert_chain(certificate, key)
    if clients:
        secured.verify_mode = ssl.CERT_REQUIRED
    return secured


def registered(store: EventStore, said: set[str] | None = None) -> Iterator[str]:
    """The ids of all agencies, in the order in which they were registered.

    One whose registration cannot be read is said to be so, and is there by its stream's name: what
    it sends is a concern all the same. Raises `Unavailable`.

    `said`: which faults were told, kept from one look to the next by whoever looks again and again:
    each is told once, and once more if it was gone in between.
    """
    position, unreadable = 0, set[str]()
    while True:
        try:
            page = store.since(position, 1000, names={"agency.registered.v1"})
        except Unreadable as fault:
            unreadable.add(str(fault))
            if said is None or str(fault) not in said:
                log.error("agency_unreadable", stream=fault.stream, version=fault.version)
            agency = fault.stream.removeprefix("agency-")
            if is_slug(agency):  # what was altered may be the name too
                yield agency
            position = fault.position or position + 1
            continue
        if not page:
            break
        for recorded in page:
            if isinstance(recorded.event, AgencyRegistered):
                yield recorded.event.agency_id
        position = page.reached
    if said is not None:
        said.clear()
        said.update(unreadable)
