"""Who is it that asks, as the people and agencies on record have them?"""

from domain.calendar import local_day
from projections import agencies, people
from services.access import Principal, principal_of
from services.assemble import Parts


def sign_in(parts: Parts, person_id: str) -> Principal | None:
    """The person (or agency) of this id; None if there is none, or they have left.

    The demo's sign-in and the command line's `--as`: who they are is believed. A real sign-in
    proves it first and then asks here for what they may do.
    """
    agency = agencies.agency(parts.query, person_id)
    return principal_of(
        person_id,
        people.posts(parts.query, person_id),
        [agency] if agency and not agency.suspended else [],
        people.covers(parts.query, person_id, local_day(parts.now())),
    )
