"""How are a date, a number, a sex or a person in a message read, whatever the format?

The sender's words are kept; what cannot be right (a birth date in the future, an NHS number whose
check digit fails) is told as a problem and kept out of the field that others rely on: it stands
with the concern instead.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

from msgspec.structs import replace

from adapters.reading import Problems
from domain.calendar import LONDON
from domain.codes import Sex
from domain.described import AddressDescribed, AdultDescribed, ChildDescribed, Identifier
from domain.identity import nhs_number, nhs_number_ok

GROWN_UP = 18
_OLDEST = date(1900, 1, 1)
_LONGEST_PREGNANCY = timedelta(days=310)
NO_PERSON = "No person is named: nobody can be matched until a person reads it."
NO_CHILD = "The subject is an adult: no child is named."
NO_SUBJECT = "No child is named: a person must find out whom the concern is about."
SUBJECT = "subject of the message"
NO_CONCERN_TOLD = "No concern is told: read the message as it came."

# ── Dates ──

_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.ASCII | re.DOTALL)
_OUR_DAY = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})(?: .*)?", re.ASCII | re.DOTALL)
_NAMED_DAY = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3})[a-z]*,?[ -](\d{4})", re.I | re.ASCII
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def day(text: str) -> date | None:
    """A calendar date: dd/mm/yyyy (also with dots, hyphens or spaces), ISO 8601, or 4 May 2016."""
    plain = text.strip()[:40]
    if iso := _ISO_DAY.fullmatch(plain):
        return calendar_day(iso[1], iso[2], iso[3])
    if ours := _OUR_DAY.fullmatch(plain):
        return calendar_day(ours[3], ours[2], ours[1])
    named = _NAMED_DAY.fullmatch(plain)
    if named and named[2].lower() in _MONTHS:
        return calendar_day(named[3], str(_MONTHS.index(named[2].lower()) + 1), named[1])
    return None


def calendar_day(year: str, month: str, day: str) -> date | None:
    """The day, if the calendar has it."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


class Birth(NamedTuple):
    """`on`: the birth date, where it is whole and can be right. `adult`: eighteen or over on every
    day that was meant, under eighteen on each (False), or not to be told (None). `between`: the
    first and the last of the days that are meant, where it is not one."""

    on: date | None = None
    adult: bool | None = None
    between: tuple[date, date] | None = None

    @property
    def untold(self) -> bool:
        """Whether it says neither when they were born nor whether they are a child."""
        return self.on is None and self.adult is None


UNTOLD = Birth()

_MONTH_FIRST = re.compile(r"(\d{1,2})[/.-](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-00?)?)?", re.ASCII)
_NO_DAY = re.compile(r"(?:00?[/.-])(\d{1,2})[/.-](\d{4})", re.ASCII)
_NAMED_MONTH = re.compile(r"([a-z]{3})[a-z]*,? (\d{4})", re.I | re.ASCII)
_SHORT_YEAR = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{2})", re.ASCII)


def birth_of(text: str, told_on: date, problems: Problems, whose: str) -> Birth:
    """When somebody was born: dd/mm/yyyy or ISO 8601, or as much of it as is told.

    What is no whole date, or cannot be right, is told as a problem and kept with the concern.
    """
    plain = text.strip()
    if not plain:
        return UNTOLD
    meant = _possible(plain)
    can_be = [(max(a, _OLDEST), b) for a, b in meant if b >= _OLDEST and a <= _latest(told_on)]
    if len(can_be) == 1 and can_be[0][0] == can_be[0][1]:
        born = can_be[0][0]
        return Birth(born, is_adult(born, told_on))
    problems.keep(f"{whose}: born {plain[:60]}")
    if meant and not can_be:
        problems.say(f"{whose}: the birth date cannot be right.")
        return UNTOLD
    if not meant:
        problems.say(f"{whose}: the birth date is not a whole date.")
        return UNTOLD
    problems.say(
        f"{whose}: the birth date is incomplete, not a whole date: it is shown with the concern."
    )
    grown = {is_adult(each, told_on) for span in can_be for each in span}
    between = can_be[0] if len(can_be) == 1 else None
    return Birth(None, grown.pop() if len(grown) == 1 else None, between)


def _latest(told_on: date) -> date:
    return told_on + timedelta(days=1)


def _possible(text: str) -> list[tuple[date, date]]:
    """The spans of days (first, last) that a date may mean; a whole date is a span of one day."""
    if whole := day(text):
        return [(whole, whole)]
    if short := _SHORT_YEAR.fullmatch(text):
        days = [calendar_day(f"{century}{short[3]}", short[2], short[1]) for century in (19, 20)]
        return [(each, each) for each in days if each]
    if year_first := _YEAR_FIRST.fullmatch(text):
        return _month(year_first[1], year_first[2] or "0")
    if month_first := _MONTH_FIRST.fullmatch(text) or _NO_DAY.fullmatch(text):
        return _month(month_first[2], month_first[1])
    named = _NAMED_MONTH.fullmatch(text)
    if named and named[1].lower() in _MONTHS:
        return _month(named[2], str(_MONTHS.index(named[1].lower()) + 1))
    return []


def _month(year: str, month: str) -> list[tuple[date, date]]:
    """A month; the whole year where the month is nought."""
    first = calendar_day(year, month if int(month) else "1", "1")
    if first is None:
        return []
    last = monthrange(first.year, first.month)[1] if int(month) else 31
    return [(first, date(first.year, first.month if int(month) else 12, last))]


ABOUT = r"(?:about|around|approx(?:imately|\.)?|circa|c\.?|~)"
"""Before an age that is reckoned by looks, say."""

_AGE = re.compile(
    rf"(?:aged? )?({ABOUT} ?)?(\d{{1,3}})(?: ?(y|yo|yrs?|years?|m|months?|w|weeks?|d|days?))?"
    r"(?: old)?",
    re.I,
)
_DAYS = {"y": (365, 366), "m": (28, 31), "w": (7, 7), "d": (1, 1)}
"""The fewest and the most days of a unit in which an age is told."""
_GUESSED_OLDER = 3
"""Years by which somebody may look older than they are."""


def birth_by_age(text: str, told_on: date, problems: Problems, whose: str) -> Birth:
    """What an age says of the birth: adult or not, and about when, never a date.

    The age stays with the concern. `about 11` may be ten or twelve; somebody of `about 19` may be
    a child.
    """
    plain = text.strip()
    if not plain:
        return UNTOLD
    problems.keep(f"{whose}: age {plain[:60]}")
    found = _AGE.fullmatch(plain)
    if found is None:
        problems.say(f"{whose}: the age could not be read.")
        return UNTOLD
    unit, age, slack = (found[3] or "y")[0].lower(), int(found[2]), 1 if found[1] else 0
    adult: bool | None = unit == "y" and age >= GROWN_UP
    if slack and adult and age < GROWN_UP + _GUESSED_OLDER:
        adult = None
    if not adult:
        problems.say(f"{whose}: the birth date is incomplete: only an age is given.")
    fewest, most = _DAYS[unit]
    first = timedelta(days=most * (age + slack + 1))
    last = timedelta(days=fewest * max(age - slack, 0))
    return Birth(None, adult, (told_on - first, told_on - last))


def due_date(text: str, told_on: date, problems: Problems, whose: str) -> date | None:
    """The expected date of birth of an unborn child; None with a problem when it cannot be one."""
    if not text.strip():
        return None
    due = day(text)
    if due is None:
        problems.say(f"{whose}: the due date is not a whole date.")
    elif abs(due - told_on) > _LONGEST_PREGNANCY * 2:
        problems.say(f"{whose}: the due date cannot be right.")
    else:
        return due
    problems.keep(f"{whose}: due {text.strip()[:60]}")
    return None


_OUR_TIME = re.compile(r"(\d{1,2}/\d{1,2}/\d{4})(?:,? (?:at )?(\d{1,2})[:.](\d{2}))?", re.ASCII)


def instant(text: str, problems: Problems, what: str) -> datetime | None:
    """An instant: RFC 3339, or dd/mm/yyyy hh:mm; local time where no zone is given."""
    plain = text.strip()[:60]
    if not plain:
        return None
    ours = _OUR_TIME.fullmatch(plain)
    if ours:
        on = day(ours[1])
        plain = f"{on}T{int(ours[2] or 0):02}:{ours[3] or '00'}"
    try:
        at = datetime.fromisoformat(plain)
    except ValueError:
        problems.say(f"{what} is not a whole date and time.")
        problems.keep(f"{what}: {text.strip()[:60]}")
        return None
    return as_universal(at if at.tzinfo else at.replace(tzinfo=LONDON))


def as_universal(at: datetime) -> datetime | None:
    """The same instant in UTC; None at the edges of what a computer's calendar holds."""
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def offset(text: str) -> timezone | None:
    """A zone written as +0100 or -05:30."""
    sign, digits = (-1 if text[:1] == "-" else 1), text[1:].replace(":", "")
    if len(digits) != 4 or not digits.isdecimal():
        return None
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(sign * away) if away < timedelta(hours=24) else None


def plausible_time(
    at: datetime | None, received_at: datetime, problems: Problems
) -> datetime | None:
    """When it happened, unless that lies in the future or before any child of today was born."""
    if at is None:
        return None
    if at > received_at + timedelta(days=1):
        problems.say("The message is dated in the future: the time of receipt is used.")
        return None
    if at < received_at - timedelta(days=366 * GROWN_UP):
        problems.say("The message is dated many years ago: the time of receipt is used.")
        return None
    return at


# ── Numbers and codes ──


def sex_of(text: str, problems: Problems, whose: str) -> Sex:
    """F or M by letter or word; everything else is unknown."""
    word = text.strip().lower()
    if word in {"f", "female", "girl", "woman", "2"}:
        return "F"
    if word in {"m", "male", "boy", "man", "1"}:
        return "M"
    if word not in {"", "u", "unknown", "not known", "other", "o", "i", "x", "unborn", "n", "a"}:
        problems.say(f"{whose}: the sex could not be read.")
        problems.keep(f"{whose}: sex {text.strip()[:60]}")
    return "U"


_PLACEHOLDERS = frozenset(str(digit) * 10 for digit in range(10))


def checked_nhs_number(
    text: str, problems: Problems, whose: str
) -> tuple[str | None, tuple[Identifier, ...]]:
    """The NHS number where its check digit holds; else it is kept as an identifier only."""
    number = nhs_number(text.strip())
    if not number:
        return None, ()
    if nhs_number_ok(number) and number not in _PLACEHOLDERS:
        return number, ()
    problems.say(f"{whose}: the NHS number fails its check digit.")
    return None, (Identifier(system="nhs", value=number[:60]),)


_OUTWARD_INWARD = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})")


def postcode_of(text: str) -> str | None:
    """A postcode in capitals with one space where it is laid out as one; else as it came."""
    plain = " ".join(text.upper().split())
    laid_out = _OUTWARD_INWARD.fullmatch(plain)
    return f"{laid_out[1]} {laid_out[2]}" if laid_out else plain or None


_NO_REFERENCES = frozenset(
    {
        "na", "nil", "none", "null", "no", "notapplicable", "notknown", "notyetknown", "unknown",
        "unk", "pending", "tba", "tbc", "tbd", "tobeconfirmed", "test", "reference", "seeabove",
        "asabove", "notavailable", "notgiven", "notissued", "awaited", "awaiting",
    }
)  # fmt: skip


def reference_of(text: str) -> str:
    """The reference; empty where it only stands for one (`N/A`, `tbc`, `-`, `0`, `1`, `xxx`).

    Two messages that share a placeholder have nothing in common.
    """
    plain = "".join(sign for sign in text.casefold() if sign.isalnum())
    counted = plain.isdecimal() and len(plain.lstrip("0")) < 3
    if plain in _NO_REFERENCES or counted or len(set(plain)) < 2:
        return ""
    return text.strip()


_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "rev", "prof", "st", "jr", "sr"})
_LONGEST_NAME = 60
_MOST_WORDS = 5


def may_be_name(text: str) -> bool:
    """Whether it has the shape of a name: few words, no digit, no end of a sentence."""
    words = text.split()
    if not words or len(text) > _LONGEST_NAME or len(words) > _MOST_WORDS:
        return False
    if re.search(r"[\d?!:]", text):
        return False
    ended = (word.rstrip(".").casefold() for word in words if word.endswith("."))
    return all(len(word) < 2 or word in _TITLES for word in ended)


# ── People ──


def years_old(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def is_adult(born: date | None, on: date) -> bool:
    """Eighteen or over on that day; an unknown birth date says nothing."""
    return born is not None and years_old(born, on) >= GROWN_UP


class People:
    """The people of a message, each put where their age says: an adult is never a child."""

    def __init__(self, told_on: date, problems: Problems) -> None:
        self.told_on = told_on
        self.problems = problems
        self._children: list[ChildDescribed] = []
        self._adults: list[AdultDescribed] = []

        self._grown_subject = False

    def subject(
        self, child: ChildDescribed, adult: bool | None = None, contact: str | None = None
    ) -> None:
        """Somebody whom the concern is about: a child, unless an adult by birth date or `adult`
        (what an incomplete birth date says)."""
        if not is_told(child):
            return
        if adult or is_adult(child.born_on, self.told_on):
            self._grown_subject = True
            subject = replace(child, relationship=child.relationship or SUBJECT)
            self._adults.append(_grown(subject, contact))
            return
        if child.born_on is None and child.due_on is None and adult is None:
            self.problems.say("A birth date is missing: it is not certain that this is a child.")
        self._children.append(child)

    def other(
        self, person: ChildDescribed, contact: str | None = None, adult: bool | None = None
    ) -> None:
        """Somebody else, `relationship` the role: an adult, unless by birth date or `adult` (what
        an incomplete birth date says) a child."""
        young = person.born_on is not None and not is_adult(person.born_on, self.told_on)
        if young or (adult is False and is_told(person)):
            self._children.append(person)
        elif is_told(person) or contact:
            self._adults.append(_grown(person, contact))

    def children(self) -> tuple[ChildDescribed, ...]:
        """Each entry is a child; one who is told of twice in the same words is one child.

        Only an NHS number, or both names and the birth date, say that two entries are the same
        child: newborn twins have one surname and one birth date, and no other name yet.
        """
        seen: set[ChildDescribed] = set()
        found = []
        for child in self._children:
            if not _is_one_person(child) or child not in seen:
                found.append(child)
            seen.add(child)
        return tuple(found)

    def adults(self) -> tuple[AdultDescribed, ...]:
        seen: dict[tuple[str, str], AdultDescribed] = {}
        for adult in self._adults:
            name = (adult.family_name.casefold(), adult.given_name.casefold())
            seen.setdefault(name if any(name) else (adult.contact or "", ""), adult)
        return tuple(seen.values())

    def told(self) -> None:
        """Say who is missing; to be called once, when all are named."""
        if self._children:
            return
        if self._grown_subject:
            self.problems.say(NO_CHILD)
        else:
            self.problems.say(NO_SUBJECT if self._adults else NO_PERSON)


def is_told(child: ChildDescribed) -> bool:
    """Whether anything says who it is; sex or school alone does not."""
    return bool(_is_somebody(child) or child.born_on or child.due_on)


def _is_somebody(child: ChildDescribed) -> bool:
    return bool(child.family_name or child.given_name or child.nhs_number or child.identifiers)


def _is_one_person(child: ChildDescribed) -> bool:
    """Whether nobody else can be described in the very same words."""
    named = child.given_name and child.family_name and child.born_on
    return bool(child.nhs_number or named)


def _grown(person: ChildDescribed, contact: str | None = None) -> AdultDescribed:
    number = person.nhs_number
    nhs = (Identifier(system="nhs", value=number),) if number else ()
    return AdultDescribed(
        family_name=person.family_name,
        given_name=person.given_name,
        born_on=person.born_on,
        role=person.relationship,
        contact=contact,
        identifiers=(*nhs, *person.identifiers),
    )


def located(child: ChildDescribed, homes: tuple[AddressDescribed, ...]) -> ChildDescribed:
    """The child with the postcode of the first home, unless that may not be disclosed."""
    if child.postcode or not homes or any(home.restricted for home in homes):
        return child
    return replace(child, postcode=next((h.postcode for h in homes if h.postcode), None))


def name_parts(text: str) -> tuple[str, str]:
    """Family and given name of a name in one piece: `HOLT, Amira` or `Amira Holt`."""
    family, comma, given = text.partition(",")
    if comma:
        return family.strip(), given.strip()
    given, _, family = text.strip().rpartition(" ")
    return (family.strip(), given.strip()) if given else (family.strip(), "")
