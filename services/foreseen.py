"""What of the store will be looked at to decide what becomes of a message?

Asked for at once, for many messages, it is one question to the database in the place of ten for
each message. Whatever is forgotten here is read when it is wanted: nothing depends on it but time.
"""

from collections.abc import Iterator

from adapters.event_store import EventStore
from services.again import identifier_claim
from services.numbers import number_claim
from services.received import Part
from services.recording import reference_claim


def streams(part: Part) -> Iterator[str]:
    """Where the message itself may stand already."""
    yield part.message_id


def claims(store: EventStore, part: Part) -> Iterator[str]:
    """By which its bytes, its references and its children may be known."""
    said, agency = part.translation, part.sent.agency
    yield part.bytes_claim
    for reference in (*said.references, *said.earlier):
        yield reference_claim(store, agency, reference)
    for child in said.children:
        if child.nhs_number:
            yield number_claim(store, child.nhs_number)
        for identifier in child.identifiers:
            yield identifier_claim(store, agency, identifier.value)
