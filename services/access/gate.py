"""May they, and is it on record that they asked? Both answered before anything is shown."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from adapters.access_log import SAFE, AccessLog
from services.access.principal import Principal
from services.access.rules import Decision, Resource, decide

RANDOM_ID = re.compile(r"[a-z]{1,20}-[0-9a-f]{8}[0-9a-f-]{24,28}").fullmatch
"""An id that a person did not choose, and that therefore says nothing."""

UNKNOWN = "unknown"
"""Stands for whatever was asked for where it is no id of ours: it might be somebody's name."""


class Denied(Exception):
    """It is not there, or not for this person: nobody can tell which. Show 404, or this sentence.

    Holds nothing about what was asked for.
    """

    def __init__(self) -> None:
        super().__init__("There is no such record, or it is not yours to see.")


def _now() -> datetime:
    return datetime.now(UTC)


class Gate:
    """The one choke point: pages, resources under `/api/` and the command line alike."""

    def __init__(self, log: AccessLog, clock: Callable[[], datetime] = _now) -> None:
        self.log = log
        self._clock = clock

    def open(self, principal: Principal, action: str, resource: Resource) -> Decision:
        """Let them through, having recorded it; call it before the first byte leaves.

        What is not there is asked for as well, with `present=False`: a denial and an absence take
        the same way and leave the same trace. A permitted command leaves none: the event does.
        Raises `Denied`, and `Unrecorded` (show 503) when the look cannot be recorded.
        """
        now = self._clock()
        decision = decide(principal, action, resource, now)
        if "record" in decision.obligations:
            fits = SAFE if resource.present else RANDOM_ID
            self.log.record(
                person=principal.person,
                role=decision.role,
                action=action,
                about=[each if fits(each) else UNKNOWN for each in resource.about],
                permitted=decision.permit,
                rule=decision.rule_id,
                at=now,
            )
        if not decision.permit:
            raise Denied
        return decision

    def passed(self, principal: Principal, action: str, resource: Resource) -> bool:
        """Whether they are let through, on record either way: for a part of a page."""
        try:
            self.open(principal, action, resource)
        except Denied:
            return False
        return True

    def may(self, principal: Principal, action: str, resource: Resource) -> bool:
        """Whether it would be permitted, to leave out a row or a button. Records nothing."""
        return decide(principal, action, resource, self._clock()).permit
