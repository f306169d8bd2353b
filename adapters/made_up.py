"""Who and what are the examples about? Invented people, invented concerns, the same for a seed.

Nobody here exists: names are drawn from lists, postcodes lie in an area that Royal Mail does not
have (XE), telephone numbers in the ranges kept for drama, NHS numbers in the range kept for tests.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Literal, TypeVar

from msgspec import Struct

from adapters.made_up_words import CLOSINGS, CONTEXTS, SAID, SITUATIONS
from domain.identity import nhs_number_ok

T = TypeVar("T")


class MadeUpChild(Struct, frozen=True, kw_only=True):
    given_name: str
    family_name: str
    born_on: date
    sex: Literal["F", "M"]
    school: str
    nhs_number: str | None = None


class MadeUpAdult(Struct, frozen=True, kw_only=True):
    given_name: str
    family_name: str
    born_on: date
    role: Literal["mother", "father", "stepfather", "grandmother"]
    telephone: str


class Story(Struct, frozen=True, kw_only=True):
    """What a made-up message tells. `at`: aware, UTC. `code`: SNOMED CT. `reference` is unique."""

    reference: str
    at: datetime
    urgency: Literal["immediate", "urgent", "routine"]
    code: str
    concern: str
    child_said: str
    children: tuple[MadeUpChild, ...]
    adults: tuple[MadeUpAdult, ...]
    lines: tuple[str, str]
    postcode: str
    referrer: str
    telephone: str
    parents_informed: bool
    consent: bool


def story(format: str, seed: int) -> Story:
    """The story of a seed. Formats tell different ones, so that nobody is met twice."""
    dice = Dice(f"{format} {seed}")
    situation = dice.pick(SITUATIONS)
    children = _children(dice, _nhs_index(format, seed), situation.youngest)
    first = children[0]
    at = datetime(2026, 1, 5, 7, 30, tzinfo=UTC) + timedelta(minutes=dice.below(140 * 24 * 60))
    words = {
        "name": first.given_name,
        "he": "he" if first.sex == "M" else "she",
        "his": "his" if first.sex == "M" else "her",
        "him": "him" if first.sex == "M" else "her",
        "day": (at - timedelta(days=1 + dice.below(20))).strftime("%d/%m/%Y"),
        "times": dice.pick(("twice", "three times", "four times", "several times")),
        "weeks": dice.pick(("two", "three", "four", "five", "six")),
        "others": _others(children),
    }
    said = dice.pick(SAID).format_map(words)
    told = [dice.pick(situation.seen), dice.pick(situation.more), dice.pick(CONTEXTS)]
    return Story(
        reference=f"{seed}",
        at=at,
        urgency=dice.pick(situation.urgency),
        code=situation.code,
        concern=" ".join([*(part.format_map(words) for part in told), said, dice.pick(CLOSINGS)]),
        child_said=said,
        children=children,
        adults=_adults(dice, first.family_name),
        lines=(f"{1 + dice.below(180)} {dice.pick(STREETS)}", dice.pick(TOWNS)),
        postcode=f"XE{1 + dice.below(9)} {dice.below(10)}{dice.letter()}{dice.letter()}",
        referrer=f"{dice.pick(GIRLS + BOYS)} {dice.pick(FAMILIES)}",
        telephone=dice.telephone(),
        parents_informed=dice.below(3) > 0,
        consent=dice.below(2) > 0,
    )


class Dice:
    """Chance that is the same on every machine and in every version of Python."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - made-up people, not secrets

    def below(self, limit: int) -> int:
        return int(self._random.random() * limit)

    def pick(self, among: Sequence[T]) -> T:
        return among[self.below(len(among))]

    def letter(self) -> str:
        return self.pick("ABDEFGHJLNPQRSTUWXYZ")

    def telephone(self) -> str:
        return f"{self.pick(('020 7946 0', '01632 960'))}{self.below(1000):03}"


def _children(dice: Dice, nhs_index: int, youngest: int) -> tuple[MadeUpChild, ...]:
    family = dice.pick(FAMILIES)
    names: list[str] = []
    children = []
    for index in range(dice.pick((1, 1, 1, 2, 2, 3))):
        sex: Literal["F", "M"] = dice.pick(("F", "M"))
        name = dice.pick([n for n in (GIRLS if sex == "F" else BOYS) if n not in names])
        names.append(name)
        age = youngest if index == 0 else 2
        born_on = date(2011, 1, 1) + timedelta(days=dice.below((15 - age) * 365))
        children.append(
            MadeUpChild(
                given_name=name,
                family_name=family,
                born_on=born_on,
                sex=sex,
                school=dice.pick(_schools(born_on)),
                nhs_number=made_up_nhs_number(nhs_index) if index == 0 else None,
            )
        )
    return tuple(children)


def _schools(born_on: date) -> Sequence[str]:
    if born_on.year > 2021:
        return NURSERIES
    return PRIMARIES if born_on.year > 2014 else SECONDARIES


def _others(children: tuple[MadeUpChild, ...]) -> str:
    names = [child.given_name for child in children[1:]]
    if not names:
        return "No other child is known to live there."
    return f"{' and '.join(names)} also live{'s' if len(names) == 1 else ''} in the home."


def _adults(dice: Dice, family: str) -> tuple[MadeUpAdult, ...]:
    roles: tuple[tuple[Literal["mother", "father", "stepfather", "grandmother"], ...], ...] = (
        ("mother",), ("mother", "father"), ("mother", "stepfather"), ("father",), ("grandmother",),
    )  # fmt: skip
    return tuple(
        MadeUpAdult(
            given_name=dice.pick(GIRLS if role in {"mother", "grandmother"} else BOYS),
            family_name=family if dice.below(3) else dice.pick(FAMILIES),
            born_on=date(1958 if role == "grandmother" else 1975, 1, 1)
            + timedelta(days=dice.below(5800)),
            role=role,
            telephone=dice.telephone(),
        )
        for role in dice.pick(roles)
    )


_FORMATS = (
    "fhir-bars",
    "hl7v2",
    "police-notice",
    "webform",
    "csv",
    "email",
    "encompass",
    "itk-cda",
    "fhir-flags",
    "ers",
    "gp-connect",
)
_MOST_FORMATS = 32  # fixed, so that a further format changes no message of those before it


def _nhs_index(format: str, seed: int) -> int:
    return (seed * _MOST_FORMATS + _FORMATS.index(format)) % 900_000


def made_up_nhs_number(index: int) -> str:
    """A number of the test range 999 000 0000 to 999 999 9999 with its check digit.

    No two indexes from 0 to 899,999 give the same one. Of ten numbers that differ in the ninth
    digit alone, at least nine have a check digit.
    """
    block, place = divmod(index, 9)
    return _valid_numbers(block)[place]


@lru_cache(maxsize=64)  # whoever makes up people one after another asks for the same block
def _valid_numbers(block: int) -> list[str]:
    first_nine = (f"999{block:05}{digit}" for digit in range(10))
    return [n for start in first_nine for c in range(10) if nhs_number_ok(n := f"{start}{c}")]


GIRLS = (
    "Aisha", "Amelia", "Amina", "Beth", "Carys", "Chloe", "Daisy", "Ebony", "Eleri", "Esme",
    "Faith", "Freya", "Grace", "Hana", "Holly", "Imogen", "Isla", "Jasmine", "Keira", "Lacey",
    "Leila", "Lottie", "Maisie", "Maryam", "Megan", "Mia", "Nadia", "Niamh", "Orla", "Poppy",
    "Priya", "Rosa", "Ruby", "Safia", "Siân", "Skye", "Tamsin", "Tilly", "Yasmin", "Zoë",
)  # fmt: skip
BOYS = (
    "Adam", "Aidan", "Alfie", "Archie", "Ben", "Bilal", "Callum", "Charlie", "Corey", "Danyal",
    "Dylan", "Eesa", "Ethan", "Finlay", "Gethin", "Hamza", "Harry", "Ibrahim", "Jack", "Jaden",
    "Jakub", "Joel", "Kai", "Kofi", "Kyle", "Leo", "Liam", "Logan", "Marcus", "Mason",
    "Noah", "Omar", "Oscar", "Rhys", "Riley", "Seán", "Theo", "Tyler", "Yusuf", "Zach",
)  # fmt: skip
FAMILIES = (
    "Abara", "Ackroyd", "Adeyemi", "Ashdown", "Begum", "Birtwistle", "Blackwood", "Bramley",
    "Brook", "Carrick", "Chadwick", "Chaudhry", "Clough", "Crossley", "Dacre", "Darvill", "Dobbs",
    "Eccles", "Fairhurst", "Farrow", "Fenwick", "Garside", "Greenhalgh", "Gwynne", "Hallam",
    "Hargreave", "Hartley", "Holroyd", "Hussain", "Ingham", "Jowett", "Kaczmarek", "Kershaw",
    "Khatun", "Langley", "Lister", "Lomax", "Marsden", "Mensah", "Midgley", "Nuttall", "O'Dowd",
    "Oldroyd", "Osei", "Parfitt", "Pickles", "Quarmby", "Rahman", "Ramsbottom", "Redfern",
    "Rigby", "Sadler", "Sandhu", "Scholes", "Shackleton", "Sidhu", "Sutcliffe", "Thackray",
    "Tindall", "Treharne", "Uttley", "Varley", "Wadsworth", "Whitehead", "Winder", "Wolstenholme",
    "Yardley", "Yilmaz",
)  # fmt: skip
STREETS = (
    "Alder Walk", "Barn Lane", "Canal Terrace", "Chapel Street", "Dyers Row", "Foundry Road",
    "Garth Close", "Hawthorn Avenue", "Kiln Bank", "Linden Grove", "Mill Lane", "Orchard Way",
    "Quarry Street", "Rowan Drive", "Station Road", "Tenter Croft", "Weavers Court", "Woodend",
)  # fmt: skip
TOWNS = ("Northmoor", "Eastbrook", "Millford", "Southwell Park", "Westgate End", "Harrowby")
NURSERIES = ("Hill Top Nursery", "Little Oaks Nursery", "The Meadows Nursery")
PRIMARIES = ("Beck View Primary School", "Riverside Primary School", "St Aidan's Primary School")
SECONDARIES = ("Brightwater Academy", "Moorside High School", "The Grange School")
