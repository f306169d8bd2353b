"""Where is Kafka, and as whom do we come? Flag, then environment."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a process that has no Kafka does not wait for its client
    from adapters.transports.kafka import Access

BOOTSTRAP = "SAFEGUARDING_KAFKA_BOOTSTRAP"


def is_known(bootstrap: str | None = None) -> bool:
    """Whether anybody says where Kafka is."""
    return bool(bootstrap or os.environ.get(BOOTSTRAP))


def access_to(bootstrap: str | None = None) -> "Access | None":
    """How Kafka is reached; None if nobody says where it is."""
    from adapters.transports.kafka import Access

    address = bootstrap or os.environ.get(BOOTSTRAP)
    if not address:
        return None
    return Access(
        bootstrap=address,
        user=os.environ.get("SAFEGUARDING_KAFKA_USER") or None,
        password=os.environ.get("SAFEGUARDING_KAFKA_PASSWORD"),
        authority=os.environ.get("SAFEGUARDING_KAFKA_CA") or None,
    )
