"""Is every agency's feed alive?"""

from datetime import UTC

from services import feeds as feeds_
from services.access import COMMAND_LINE
from services.command_line.asking import AsAt, asked
from services.command_line.options import AS_USUAL, HERE, Shown, Where, instant
from services.command_line.output import show, tell
from services.lag import KafkaLag

PATIENCE_SECONDS = 5.0
"""A command may wait longer for Kafka than a page."""

TOLD = {
    "behind": "Records wait on Kafka, and nobody takes them in: {}. Start `safeguarding ingest "
    "kafka`; concerns may wait there.",
    "silent": "Silent against their own pattern: {}. Ask whether their system still sends; "
    "concerns may wait there.",
}

ASIDE = (
    "Set aside, or lost on the way: {}. `safeguarding quarantine` tells why; concerns may be among "
    "them."
)


def feeds(
    *,
    kafka: str | None = None,
    as_at: AsAt = None,
    where: Where = HERE,
    shown: Shown = AS_USUAL,
) -> int:
    """Each agency's feed: its last message, what waits, what is set aside.

    Exit 1 if one has fallen silent, if what it sent on Kafka is not taken in, or if something is
    set aside or was lost. A file in an agency's folder that nothing reads is not told here: the
    `safeguarding ingest` that looks there says it, and its log (`delivery_left`).

    Parameters
    ----------
    kafka
        Where the brokers are, as HOST:PORT, several with commas; else SAFEGUARDING_KAFKA_BOOTSTRAP.
    """
    at = instant(as_at)
    with asked(where) as parts:
        parts.kafka_lag = KafkaLag(parts.store, kafka, PATIENCE_SECONDS)
        found = feeds_.of_each(parts, COMMAND_LINE, at)
    rows = found.rows
    show([row.line for row in rows], shown.format, empty="No agency is registered yet.")
    if found.lag_unknown:
        tell(f"How much waits on Kafka is not known now: {found.lag_unknown}.")
    wrong = {
        state: sorted({row.line.agency for row in rows if row.line.state == state})
        for state in feeds_.ALARMS
    }
    for state, agencies in wrong.items():
        if agencies:
            tell(TOLD[state].format(", ".join(agencies)))
    aside = [_aside(row) for row in rows if row.line.quarantined]
    if aside:
        tell(ASIDE.format("; ".join(aside)))
    return 1 if aside or any(wrong.values()) else 0


def _aside(row: feeds_.Row) -> str:
    """As `north-police by kafka, 2 since 2026-03-10T09:30:00Z`."""
    since = f"{row.aside_since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if row.aside_since else ""
    return f"{row.line.agency} by {row.line.transport}, {row.line.quarantined} since {since}"
