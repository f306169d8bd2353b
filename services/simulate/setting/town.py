"""Who lives in the made-up authority, and what is feared for their children?"""

from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from adapters.made_up import (
    BOYS,
    FAMILIES,
    GIRLS,
    NURSERIES,
    PRIMARIES,
    SECONDARIES,
    STREETS,
    TOWNS,
    MadeUpAdult,
    MadeUpChild,
    Story,
    made_up_nhs_number,
)
from adapters.made_up_words import CLOSINGS, CONTEXTS, SAID, SITUATIONS, Situation
from domain.calendar import local_day
from domain.codes import AbuseCategory, Factor
from domain.risk import RiskKind
from services.simulate.setting.chance import Chance

FIRST_NUMBER = 700_000
"""Index of the town's first NHS number: far from those of the examples that people try first."""

Severity = Literal["slight", "early-help", "in-need", "acute"]


class Meaning(Struct, frozen=True):
    """What a worker makes of a kind of concern."""

    kind: RiskKind
    category: AbuseCategory
    factors: tuple[Factor, ...]


MEANINGS: dict[str, Meaning] = {
    "702953007": Meaning("neglect", "NEG", ("16A",)),
    "881081000000100": Meaning("domestic-abuse", "EMO", ("3B", "17A")),
    "700255001": Meaning("physical-harm", "PHY", ("18C",)),
    "401206008": Meaning("self-harm", "EMO", ("15A", "4A")),
    "1076171000000100": Meaning("parental-substance-misuse", "NEG", ("1B", "2B")),
    "U": Meaning("exploitation", "MUL", ("13A", "24A")),
    "919461000000108": Meaning("exploitation", "SAB", ("11A",)),
    "836881000000105": Meaning("missing", "NEG", ("10A",)),
}
"""Code of the concern -> what it means. A code that is not here is read as `OTHER`."""

OTHER = Meaning("other", "EMO", ("20",))


OFFICERS = ("exampleshire-police",)
"""Agencies of whose people a sentence may speak as officers."""


class Household(Struct, kw_only=True, eq=False):
    """A family. `known`: given name -> id of the child's record, once there is one."""

    number: int
    area: str
    children: tuple[MadeUpChild, ...]
    adults: tuple[MadeUpAdult, ...]
    lines: tuple[str, str]
    postcode: str
    told_of: int = 0
    """How many concerns were sent about it."""
    known: dict[str, str] = {}


class Concern(Struct, kw_only=True, eq=False):
    """One concern, as the agency that has it could tell it."""

    agency: str
    household: Household
    story: Story
    severity: Severity
    unplaced: bool = False
    """Nobody wrote down in which area the family lives."""
    by_mail: bool = False
    """The police wrote an e-mail, which holds no number by which the child is known elsewhere."""

    @property
    def meaning(self) -> Meaning:
        return MEANINGS.get(self.story.code, OTHER)


class Town:
    """Makes up families as concerns about them arise."""

    def __init__(self, seed: int) -> None:
        self.households: list[Household] = []
        self._seed = seed
        self._families = 0
        self._people = 0
        self._concerns = 0

    def household(
        self,
        area: str,
        at: datetime,
        chance: Chance,
        *,
        ages: tuple[int, ...] = (),
        apart: bool = False,
    ) -> Household:
        """A new family in an area such as `XE4`. `ages`: of its children, in years, if given.

        Chance sends no further concern about a family that is kept `apart`.
        """
        self._families += 1
        family = chance.pick(FAMILIES)
        today = local_day(at)
        ages = ages or _ages(chance)
        children = self._children(family, [self._born(today, age, chance) for age in ages], chance)
        household = Household(
            number=self._families,
            area=area,
            children=children,
            adults=_adults(chance, family),
            lines=(f"{chance.whole(1, 180)} {chance.pick(STREETS)}", chance.pick(TOWNS)),
            postcode=f"{area} {chance.below(10)}{chance.letter()}{chance.letter()}",
        )
        if not apart:
            self.households.append(household)
        return household

    def concern(
        self,
        household: Household,
        agency: str,
        at: datetime,
        chance: Chance,
        *,
        code: str | None = None,
        severity: Severity | None = None,
    ) -> Concern:
        """What an agency saw or heard shortly before an instant, and fears."""
        self._concerns += 1
        household.told_of += 1
        first = household.children[0]
        age = (local_day(at) - first.born_on).days // 365
        fitting = [
            each
            for each in SITUATIONS
            if (each.code == code if code else each.youngest <= max(age, 4))
        ]
        situation = chance.pick(fitting)
        urgency = chance.pick(situation.urgency)
        story = self._story(household, situation, agency, at, urgency, chance)
        likely: Severity = chance.one_of(SEVERITY[urgency])
        return Concern(
            agency=agency,
            household=household,
            story=story,
            severity=severity or likely,
        )

    def _story(
        self,
        household: Household,
        situation: Situation,
        agency: str,
        at: datetime,
        urgency: Literal["immediate", "urgent", "routine"],
        chance: Chance,
    ) -> Story:
        words = words_for(household.children[0])
        words |= {
            "day": (at - timedelta(days=chance.whole(1, 12))).strftime("%d/%m/%Y"),
            "times": chance.pick(("twice", "three times", "four times", "several times")),
            "weeks": chance.pick(("two", "three", "four", "five", "six")),
            "others": _others(household.children),
        }
        said = chance.pick(SAID).format_map(words)
        seen = [each for each in situation.seen if agency in OFFICERS or "Officers" not in each]
        told = (chance.pick(seen), chance.pick(situation.more), chance.pick(CONTEXTS))
        concern = [*(part.format_map(words) for part in told), said, chance.pick(CLOSINGS)]
        return Story(
            reference=f"{self._seed}-{self._concerns:05}",
            at=at,
            urgency=urgency,
            code=situation.code,
            concern=" ".join(concern),
            child_said=said,
            children=household.children,
            adults=household.adults,
            lines=household.lines,
            postcode=household.postcode,
            referrer=f"{chance.pick(GIRLS + BOYS)} {chance.pick(FAMILIES)}",
            telephone=chance.telephone(),
            parents_informed=chance.likely(0.7),
            consent=chance.likely(0.5),
        )

    def _children(self, family: str, born: list[date], chance: Chance) -> tuple[MadeUpChild, ...]:
        children: list[MadeUpChild] = []
        for born_on in born:
            sex: Literal["F", "M"] = chance.pick(("F", "M"))
            taken = {child.given_name for child in children}
            names = [name for name in (GIRLS if sex == "F" else BOYS) if name not in taken]
            children.append(
                MadeUpChild(
                    given_name=chance.pick(names),
                    family_name=family,
                    born_on=born_on,
                    sex=sex,
                    school=chance.pick(_schools(born_on)),
                    nhs_number=made_up_nhs_number(FIRST_NUMBER + self._people),
                )
            )
            self._people += 1
        return tuple(children)

    def _born(self, today: date, age: int, chance: Chance) -> date:
        return today - timedelta(days=age * 365 + chance.whole(10, 350))


SEVERITY: dict[str, tuple[tuple[Severity, float], ...]] = {
    "immediate": (("acute", 0.36), ("in-need", 0.4), ("early-help", 0.12), ("slight", 0.12)),
    "urgent": (("acute", 0.1), ("in-need", 0.38), ("early-help", 0.22), ("slight", 0.3)),
    "routine": (("acute", 0.02), ("in-need", 0.26), ("early-help", 0.3), ("slight", 0.42)),
}
"""Urgency as told -> how grave it turns out, and how often."""


def words_for(child: MadeUpChild) -> dict[str, str]:
    """What a sentence about a child needs: the name and how one speaks of them."""
    he = child.sex == "M"
    return {
        "name": child.given_name,
        "he": "he" if he else "she",
        "his": "his" if he else "her",
        "him": "him" if he else "her",
    }


def _ages(chance: Chance) -> tuple[int, ...]:
    ages = [chance.whole(4, 16)]
    for _ in range(chance.one_of(((0, 0.5), (1, 0.35), (2, 0.15)))):
        ages.append(chance.whole(2, 15))
    return tuple(ages)


def _schools(born_on: date) -> tuple[str, ...]:
    if born_on.year > 2021:
        return NURSERIES
    return PRIMARIES if born_on.year > 2014 else SECONDARIES


def _others(children: tuple[MadeUpChild, ...]) -> str:
    names = [child.given_name for child in children[1:]]
    if not names:
        return "No other child is known to live there."
    return f"{' and '.join(names)} also live{'s' if len(names) == 1 else ''} in the home."


ADULTS: tuple[tuple[Literal["mother", "father", "stepfather", "grandmother"], ...], ...] = (
    ("mother",),
    ("mother", "father"),
    ("mother", "stepfather"),
    ("father",),
    ("grandmother",),
)


def _adults(chance: Chance, family: str) -> tuple[MadeUpAdult, ...]:
    return tuple(
        MadeUpAdult(
            given_name=chance.pick(GIRLS if role in {"mother", "grandmother"} else BOYS),
            family_name=family if chance.likely(0.65) else chance.pick(FAMILIES),
            born_on=date(1956 if role == "grandmother" else 1976, 1, 1)
            + timedelta(days=chance.below(5800)),
            role=role,
            telephone=chance.telephone(),
        )
        for role in chance.pick(ADULTS)
    )
