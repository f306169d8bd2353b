"""What were agencies' systems told, to whom, by which way and on which lawful basis?

Codes and ids, as the log's headers have them: for an auditor, who sees those.
"""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from domain.codes import LawfulBasis
from domain.disclosure import Channel, Status, What, Withholding
from domain.kernel import Instant
from domain.referral import Outcome
from projections import disclosures
from services.access import Principal, Resource
from services.assemble import Parts


class Line(Struct, frozen=True, kw_only=True):
    """One disclosure. `on`: the day of what is told; `position`: of its event in the log;
    `withheld`: why it was not sent after all, or not any more, and when that was found."""

    disclosure: str
    agency: str
    channel: Channel
    what: What
    status: Status
    outcome: Outcome | None
    on: date
    referral: str
    child: str | None
    lawful_basis: LawfulBasis
    corrects: str | None
    disclosed_at: Instant
    position: int
    withheld: Withholding | None = None
    withheld_at: Instant | None = None


def told(parts: Parts, who: Principal, about: str) -> Iterator[Line]:
    """What was told of a referral or of a child, or what an agency was told, by its id.

    Raises `Denied`.
    """
    parts.gate.open(who, "see-log", Resource(about=(about,)))
    if about.startswith("referral-"):
        found = disclosures.of_referral(parts.query, about)
    elif about.startswith("child-"):
        found = disclosures.of_child(parts.query, about)
    else:
        found = disclosures.of_agency(parts.query, about)
    for each in found:
        yield Line(
            disclosure=each.disclosure_id,
            agency=each.agency,
            channel=each.channel,
            what=each.what,
            status=each.status,
            outcome=each.outcome,
            on=each.happened_on,
            referral=each.referral_id,
            child=each.child_id,
            lawful_basis=each.lawful_basis,
            corrects=each.corrects,
            disclosed_at=each.disclosed_at,
            position=each.position,
            withheld=each.withheld,
            withheld_at=each.withheld_at,
        )
