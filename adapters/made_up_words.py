"""In which words do the examples tell a concern? Parts that any story puts together anew."""

from typing import Literal

from msgspec import Struct


class Situation(Struct, frozen=True):
    """What was seen, in parts; `code`: SNOMED CT; `youngest`: years, `urgency`: those that fit."""

    code: str
    youngest: int
    urgency: tuple[Literal["immediate", "urgent", "routine"], ...]
    seen: tuple[str, ...]
    more: tuple[str, ...]


SITUATIONS = (
    Situation(
        code="702953007",
        youngest=4,
        urgency=("urgent", "routine"),
        seen=(
            "{name} has come in hungry {times} over {weeks} weeks and eats as if food may run out.",
            "On {day} {name} was wearing the same unwashed clothes as the whole week before.",
            "The home was visited on {day}: the kitchen had no food and no working cooker.",
            "{name} has had toothache for {weeks} weeks and has not been taken to a dentist.",
            "{name} was found alone in the flat on {day}, with nobody due back before the evening.",
            "Appointments for {name} were missed {times} and calls were not answered.",
        ),
        more=(
            "The bedroom has a bare mattress, and the window does not close.",
            "{name} has lost weight since the autumn and looks tired on most days.",
            "The bathroom could not be used and there was dog dirt on the stairs.",
            "A rash that was noticed {weeks} weeks ago has still not been seen by a doctor.",
            "Nobody in the home could say who had cared for {name} the night before.",
        ),
    ),
    Situation(
        code="881081000000100",
        youngest=4,
        urgency=("immediate", "urgent"),
        seen=(
            "{name} was upstairs on {day} while one parent was held by the throat in the kitchen.",
            "Neighbours called on {day} because of shouting and broken glass; {name} was in.",
            "Officers were at this address {times} in {weeks} weeks, with {name} there.",
            "A parent told us on {day} of being followed and threatened by a former partner.",
            "{name} tried to stand between the adults during an argument on {day}.",
            "A parent came with a broken wrist on {day}, and {name} said how it had happened.",
        ),
        more=(
            "The phone had been taken away so that no one could be called.",
            "{name} knows where to hide and has shown us the cupboard.",
            "The parent who was hurt has asked that the new address is not passed on.",
            "There was a hole in the bedroom door at the height of a fist.",
            "The adult who did this has left the home but still has a key.",
        ),
    ),
    Situation(
        code="700255001",
        youngest=4,
        urgency=("immediate", "urgent"),
        seen=(
            "{name} came in on {day} with a bruise on the cheek in the shape of fingers.",
            "{name} has a burn on the back of the hand that is said to be from a radiator.",
            "An X-ray on {day} showed a fracture and an older one that nobody had told us about.",
            "{name} flinched when a coat was lifted on {day}; there were marks on both arms.",
            "Bruises were seen on {name} {times} in {weeks} weeks, each time in a new place.",
            "{name} limped on {day} and at first would not say why.",
        ),
        more=(
            "The account that was given changed between the morning and the afternoon.",
            "The doctor did not think that the explanation fits the injury.",
            "An older mark, yellow by now, was found on the lower back.",
            "It was two days before anyone was asked for help with the injury.",
            "The parent did not want {name} to be seen alone.",
        ),
    ),
    Situation(
        code="401206008",
        youngest=11,
        urgency=("immediate", "urgent"),
        seen=(
            "{name} told a member of staff on {day} of cutting {his} arms, {times} this month.",
            "{name} took tablets on {day} and was brought in by a friend's parent.",
            "A letter written by {name} was found on {day}; it speaks of not wanting to be here.",
            "{name} has stopped eating with others and hides {his} arms even when it is warm.",
            "{name} was talked down from a car park roof on {day} by a passer-by.",
            "{name} has spoken {times} in {weeks} weeks of hurting {him}self.",
        ),
        more=(
            "The waiting list for counselling is longer than {name} can be asked to wait.",
            "The tablets at home are not locked away.",
            "{name} says that messages from a group of older pupils come at night.",
            "The family had not known, and was shocked.",
            "{name} would not agree to a plan for the coming night.",
        ),
    ),
    Situation(
        code="1076171000000100",
        youngest=6,
        urgency=("urgent", "routine"),
        seen=(
            "A parent smelled of alcohol at collection {times} in {weeks} weeks, with {name}.",
            "{name} was collected on {day} by an adult who could not stand without help.",
            "{name} gets up alone and makes the breakfast, as a parent sleeps until noon.",
            "A parent told us on {day} of using drugs again after a year without.",
            "A parent has been very low since the winter and on {day} could not get out of bed.",
            "On {day} a parent heard voices and had locked every door with {name} inside.",
        ),
        more=(
            "{name} looks after the younger ones and counts the money for the meter.",
            "The support worker has not been let in for {weeks} weeks.",
            "The medication that was prescribed has not been collected.",
            "There were needles on the table within a child's reach.",
            "{name} has missed {weeks} weeks of school in order not to leave the home.",
        ),
    ),
    Situation(
        code="U",
        youngest=11,
        urgency=("urgent", "routine"),
        seen=(
            "{name} was found on {day} in another town with two phones and a large sum in cash.",
            "{name} has new trainers and a second phone and does not say where they come from.",
            "{name} was stopped on {day} in a car with adults who are known for drug dealing.",
            "{name} was seen {times} with a small knife, carried “for safety”.",
            "A man unknown to the family waits for {name} outside the gate, last on {day}.",
            "{name} was robbed on {day} of a parcel and now says that it must be paid back.",
        ),
        more=(
            "{name} was told that the family would be hurt if anyone spoke.",
            "A railway ticket to a coastal town was in the school bag.",
            "Two friends from the same street have been arrested this month.",
            "{name} sleeps in class, and has a cut that was not there last week.",
            "The parents are frightened and have asked for help {times}.",
        ),
    ),
    Situation(
        code="919461000000108",
        youngest=12,
        urgency=("immediate", "urgent"),
        seen=(
            "{name} was met off a train on {day} by an adult whom {he} had only met online.",
            "Pictures of {name} were asked for by a stranger and are being used as a threat.",
            "{name} stays out until the morning, {times} in {weeks} weeks, and comes by taxi.",
            "{name} speaks of an older boyfriend whom nobody in the family has met.",
            "{name} was in a hotel room with two adults when staff called for help on {day}.",
            "Gifts that {name} cannot have bought were found on {day}.",
        ),
        more=(
            "The messages on the phone were deleted, but a friend had seen them.",
            "{name} was upset and then would say no more.",
            "A car with the same number plate was seen near the home {times}.",
            "{name} asked for a pregnancy test and then left before it was done.",
            "The adult has given three different names.",
        ),
    ),
    Situation(
        code="836881000000105",
        youngest=6,
        urgency=("urgent", "routine"),
        seen=(
            "{name} has been missing from home {times} in {weeks} weeks, last on {day}.",
            "{name} has not been seen by anyone outside the family since {day}.",
            "{name} has been staying with people who are no relatives for {weeks} weeks.",
            "{name} told a friend of plans to be taken abroad for a wedding in the holidays.",
            "{name} was brought to us on {day} by a bus driver, late in the evening and alone.",
            "{name} was taken out of school on {day} and no other school has the records.",
        ),
        more=(
            "The family gave an address on {day} at which nobody of that name lives.",
            "{name} was cold and hungry, and did not want to be taken home.",
            "A relative told us about it and does not want to be named.",
            "The parents say that there is nothing to talk about.",
            "The passport has been taken out of the drawer, {name} says.",
        ),
    ),
)

CONTEXTS = (
    "{others} An early help assessment was offered last year and was declined.",
    "{others} The family moved here from another area in the summer.",
    "{others} There is a grandparent nearby who helps when asked.",
    "{others} The health visitor has been told and shares this concern.",
    "{others} The school has kept a log of it since the start of term.",
    "{others} One parent works nights and the other was last heard of in the spring.",
    "{others} The landlord has given notice for the end of next month.",
    "{others} A referral was made {weeks} months ago and no outcome is known to us.",
    "{others} The parents are separated, and do not agree on what happened.",
    "{others} An interpreter was needed, and a relative was used instead.",
)

SAID = (
    "{name} said: “I do not want to go home tonight.”",
    "{name} said: “It is all right when nobody is cross.”",
    "{name} said: “I keep my shoes on in bed so that I can go.”",
    "{name} said: “Please do not tell them that I told you.”",
    "{name} said: “I look after everyone, it is my job.”",
    "{name} said: “It hurts when I sit down.”",
    "{name} said: “We do not have tea every day.”",
    "{name} said: “I just want it to be quiet.”",
    "{name} was asked what would help, and said: “Somebody who stays.”",
    "{name} did not want to talk, and drew the house without a door.",
)

CLOSINGS = (
    "We ask for a decision on what should happen next, and are ready to share what we hold.",
    "We would like to be told the outcome, and will keep seeing the family until then.",
    "We have not been able to make sure that things are safe for this evening.",
    "Our own safeguarding lead has been told and agrees with this referral.",
    "We can be reached on the number given, also after hours.",
    "We have written down what was said in the words that were used.",
)
