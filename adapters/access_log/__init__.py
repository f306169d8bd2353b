"""Who asked to see whose record, when, under which rule, and was it shown?

One line a look, permitted or denied, written before anything is shown. It holds ids and keyed
tokens, never words: who may read it learns that somebody looked, not what they saw. Lines are
numbered from 1 without a gap, and the database itself refuses to change or delete one.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

PATIENCE = 5.0
"""Seconds to wait for a database that is busy or away before a read fails."""

SAFE = re.compile(r"[a-z0-9][a-z0-9:_.-]{0,99}").fullmatch
"""What may stand in the log: ids, slugs, names of actions and rules, tokens; no words of people."""


class Unrecorded(Exception):
    """The access log cannot be written (or read) now: show nothing."""


class Look(Struct, frozen=True, kw_only=True):
    """One line. `about`: ids of what was asked for, or the keyed tokens of a search.

    `person` is a person's or agency's id; `rule` what permitted or denied it.
    """

    position: int
    at: datetime
    person: str
    role: str
    action: str
    about: tuple[str, ...]
    permitted: bool
    rule: str


class Wanted(Struct, frozen=True, kw_only=True):
    """Which looks are asked for: at this record, by this person, from an instant on, up to another
    (not including it). None: any."""

    about: str | None = None
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AccessLog(ABC):
    """The log of one store. Safe to share between threads; several processes may open the same."""

    def record(
        self,
        *,
        person: str,
        role: str,
        action: str,
        about: Sequence[str],
        permitted: bool,
        rule: str,
        at: datetime,
    ) -> int:
        """Write one line; its position. When this returns it survives a crash and a power cut.

        Raises `Unrecorded`, and `ValueError` for what is no id: words do not belong here.
        """
        about = tuple(dict.fromkeys(about))
        if not all(map(SAFE, (person, role, action, rule, *about))):
            raise ValueError("Only ids and tokens may stand in the access log.")
        return self._append(
            (_stamp(at), person, role, action, " ".join(about), int(permitted), rule), about
        )

    def seen_by(self, about: str, limit: int = 200) -> list[Look]:
        """Who looked at this child (or referral), and who tried to; the newest first.

        Raises `Unrecorded`.
        """
        found = self._read(
            "select looks.* from looks_about join looks using (position)"
            " where id = ? order by position desc limit ?",
            (about, limit),
        )
        return [_look(row) for row in found]

    def asked(self, wanted: Wanted, skip: int = 0, limit: int = 50) -> list[Look]:
        """The looks that fit, the newest first, after the first `skip`. Raises `Unrecorded`."""
        where, values = _where(wanted)
        found = self._read(
            f"select * from looks where {where} order by position desc limit ? offset ?",  # noqa: S608
            (*values, limit, skip),
        )
        return [_look(row) for row in found]

    def count(self, wanted: Wanted | None = None) -> int:
        """How many lines there are, or fit. Raises `Unrecorded`."""
        where, values = _where(wanted or Wanted())
        ((count,),) = self._read(
            f"select count(*) from looks where {where}",  # noqa: S608
            values,
        )
        return int(count)

    def newest(self) -> Look | None:
        """The last line; None in an empty log. Raises `Unrecorded`."""
        found = self._read("select * from looks order by position desc limit 1")
        return _look(found[0]) if found else None

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    @abstractmethod
    def _append(self, line: Sequence[Any], about: Sequence[str]) -> int:
        """Store the line and its index in one durable transaction; the line's position."""

    @abstractmethod
    def _read(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query; its placeholders are question marks."""


def _stamp(at: datetime) -> str:
    """Text of one length, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _where(wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    """A condition with question marks, and their values."""
    asked = {
        "position in (select position from looks_about where id = ?)": wanted.about,
        "person = ?": wanted.person,
        "at >= ?": wanted.since and _stamp(wanted.since),
        "at < ?": wanted.until and _stamp(wanted.until),
    }
    given = {condition: value for condition, value in asked.items() if value}
    return " and ".join(given) or "true", tuple(given.values())


def _look(row: Sequence[Any]) -> Look:
    position, at, person, role, action, about, permitted, rule = row
    return Look(
        position=position,
        at=datetime.fromisoformat(at),
        person=person,
        role=role,
        action=action,
        about=tuple(about.split()),
        permitted=bool(permitted),
        rule=rule,
    )


def open_access_log(address: str, *, patience: float = PATIENCE) -> AccessLog:
    """The access log of the store at an address: `postgresql://…`, or a folder.

    Creates what is missing; several processes may start at once. `patience`: see `PATIENCE`.
    Raises `Unrecorded`.
    """
    if address.startswith(("postgresql://", "postgres://")):
        from adapters.access_log.postgresql import PostgresqlAccessLog

        return PostgresqlAccessLog(address, patience)
    from adapters.access_log.sqlite import SqliteAccessLog

    return SqliteAccessLog(address, patience)
