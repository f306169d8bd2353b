"""In which words do the made-up workers write? Sentences that any child's name may stand in."""

from collections.abc import Mapping
from datetime import datetime

from adapters.made_up import MadeUpChild
from domain.assessment import AssessmentOutcome
from domain.calendar import local_day
from domain.enquiry import Conclusion
from domain.referral import Outcome
from domain.risk import Answer
from services.simulate.setting.chance import Chance
from services.simulate.setting.town import words_for

Sentences = tuple[str, ...]


def say(sentences: Sentences, child: MadeUpChild, chance: Chance, **more: str) -> str:
    """One of the sentences, about this child; another than those said before."""
    words: Mapping[str, str] = words_for(child) | more
    return chance.unused(sentences).format_map(words)


def about(sentence: str, child: MadeUpChild) -> str:
    return sentence.format_map(words_for(child))


def heard(child: MadeUpChild, at: datetime, chance: Chance) -> str:
    """What a child said when seen, or for one too young to say it, what was seen."""
    small = (local_day(at) - child.born_on).days < 4 * 365
    return say(SMALL if small else SEEN, child, chance)


SCREENING_ACUTE: Sentences = (
    "What is described may mean significant harm. {name} must not wait for the next day.",
    "An injury, or the threat of one, and nobody at home who can keep {name} safe tonight.",
    "Read with the history, {name} is likely to be hurt again soon. Straight to the manager.",
)
SCREENING: Sentences = (
    "Read with the history: the concern is clear and {name} is named in full. Graded on what was"
    " seen, not on how it was worded.",
    "The referrer was rung and repeats what was written. Nothing suggests that {name} is in danger"
    " this minute.",
    "Earlier contacts were read. This one is of another kind and is graded by itself.",
    "{name} was seen by the referrer today and is with an adult who keeps {him} safe for now.",
    "Graded higher than asked for: {name} is young and the adults give different accounts.",
    "Graded as asked for. The school confirms that {name} is in today.",
)

DECIDED: dict[Outcome, Sentences] = {
    "no-further-action": (
        "What is described does not reach the threshold for a service. The family has support that"
        " it uses, and {name} is seen each week at school.",
        "The concern was looked into by telephone with the parent and the school; both explain it"
        " in the same way. Nothing more is needed now.",
        "What is told is in hand with those who know the family. Recorded so that a pattern would"
        " seen.",
    ),
    "advice": (
        "Advice given to the referrer on what to watch for and when to come back to us.",
        "The family was told of the parenting course and the food bank; {name} is not at risk of"
        " harm from what is described.",
        "The referrer will speak with the parent first, which has not been done, and send another"
        " referral if that changes nothing.",
    ),
    "early-help": (
        "The family asks for help with routines and money. Early help can start within the week and"
        " {name}'s parent agrees.",
        "{name} is worried about at school but safe at home. A lead practitioner from early help is"
        " named, who returns to us if it gets worse.",
        "Several small worries together. A team around the family is the right first step.",
    ),
    "assessment": (
        "{name} may be a child in need: what was seen has lasted for weeks and the parent could not"
        " say how it will change. A child and family assessment is needed.",
        "One incident says little: {name}'s daily life has to be looked at as a whole.",
        "What {name} said is taken seriously. An assessment will see {him} alone and speak with"
        " everyone at home.",
        "The parent's own difficulties are plain and the effect on {name} is not known. Assess.",
    ),
    "strategy-discussion": (
        "There is reasonable cause to suspect that {name} is suffering significant harm. Police and"
        " health are called to a strategy discussion.",
        "The account given does not explain what was seen. {name} must not be asked again before"
        " the agencies have spoken.",
        "{name} is likely to be hurt again if nothing is done now: section 47 threshold met.",
    ),
    "existing-worker": (
        "{name} has an allocated worker, who was told today. It belongs to the work that is under"
        " way and opens nothing new.",
        "Passed on to {name}'s social worker, to be read with the plan.",
    ),
    "other-authority": (
        "{name} lives in another authority's area. Passed to its front door by telephone and in"
        " writing; receipt confirmed.",
    ),
}

TOLD: dict[Outcome, Sentences] = {
    "no-further-action": (
        "Thank you for writing to us. We looked into it and will take no further action, because"
        " the family has the help that it needs. Come back to us if anything changes.",
        "We spoke with the family and will take no further action now, because what we found does"
        " not call for a service from us.",
    ),
    "advice": ("Thank you. We gave advice, as agreed on the telephone; no service is opened.",),
    "early-help": (
        "Early help will work with the family, with the parent's agreement. You may be asked to"
        " join the meeting.",
    ),
    "assessment": (
        "A social worker will assess what the child and the family need, and will speak with you.",
        "We will carry out a child and family assessment. You will be told when it has ended.",
    ),
    "strategy-discussion": (
        "We are acting on this today together with other agencies. Please keep your notes: we will"
        " ask for them.",
    ),
    "existing-worker": (
        "Thank you. The social worker who knows the family has been told and will take it up.",
    ),
    "other-authority": (
        "The family lives in another authority's area. We passed your referral on and they confirm"
        " that they have it.",
    ),
}

ASKED: Sentences = (
    "Is {name} known to you, when was {he} last seen, and is there anything that worries you?",
    "Please share what you hold on this family for the last twelve months that bears on {name}.",
    "Has {name} missed appointments or days, and what were you told about it?",
)
SHARED: Sentences = (
    "{name} is known to us and was last seen three weeks ago. {name} was quiet, and well dressed.",
    "Two incidents at this address in the last year, neither with injuries. Both were closed.",
    "Immunisations are complete. One appointment was missed in the spring and made up for.",
    "Attendance is 84 %, and lower on Mondays. {name} says that {he} oversleeps.",
    "Known to us with bruises on one earlier occasion, for which a fall was given as the reason.",
)
DECLINED: Sentences = (
    "The practice asks for the parent's consent first; it was told of the public task basis.",
    "Nobody of that name is on our list.",
)

AUTHORISED: Sentences = (
    "Agreed. The threshold is met and the reasons are on the record.",
    "Agreed after reading the history with the worker.",
    "Agreed; to be looked at again if the school tells us of more.",
)
RAISED: Sentences = (
    "“{words}” This was told to us and has to be answered.",
    "In the referrer's words: “{words}”",
)
ANSWERED: dict[Answer, tuple[Sentences, Sentences]] = {
    "accepted": (
        (
            "It stands. The plan names who does what about it and by when.",
            "What was feared was found to be so, and the plan for {name} deals with it.",
        ),
        (
            "What {name} said when seen alone, and two unannounced visits.",
            "The home visit, the school's log and the parent's own account.",
        ),
    ),
    "mitigated": (
        (
            "The adult concerned has moved out and a written agreement is in place.",
            "{name} stays with the grandmother on the evenings in question, and likes it there.",
            "Help has started and {name} is seen on every school day.",
        ),
        (
            "Visit to the home, call to the landlord, written agreement on file.",
            "Seen at home and at school in the same week.",
        ),
    ),
    "refuted": (
        (
            "Looked into with everyone concerned, and found not to be so.",
            "The mark was explained by a known skin condition.",
        ),
        (
            "The doctor's letter and what {name} said, each without knowing of the other.",
            "Records of the nursery for those weeks; two neighbours; {name}.",
        ),
    ),
}
ESCALATED: Sentences = (
    "Nobody has answered this for weeks and {name} still lives with it.",
    "The answer needs a decision above the worker's own.",
)

SEEN: Sentences = (
    "“I like it when we all eat together.”",
    "“Mum is tired. I make the toast.”",
    "“It is better since he does not come any more.”",
    "“I told my teacher because she listens.”",
    "“I would like to see my nan more.”",
    "“I do not want to talk about it. Can you come again?”",
    "{name} showed {his} room and {his} drawings, and said that nights are the worst.",
    "“Nobody asked me before.”",
    "{name} spoke of school for a long time before saying: “Sometimes I am scared at home.”",
    "“I am fine. You can write that down.”",
    "{name} said that shouting makes {his} tummy hurt.",
    "“I want Mum to be safe as well.”",
    "“Can I have a lock on my door?”",
    "“My friend's mum lets me stay for tea. I like it there.”",
    "{name} did not look up at first, and then talked for half an hour about a dog.",
    "“When it is loud I count the tiles.”",
    "“You said you would come on Tuesday and you did.”",
    "{name} said that nobody at school knows and that it should stay so.",
)
SMALL: Sentences = (
    "{name} is too young to say it. {name} played beside the parent and looked up at each noise.",
    "{name} went to a stranger without looking back and wanted to be carried.",
    "{name} laughed and chattered and held on to the parent's hand.",
    "{name} was asleep, was woken gently, and smiled at the parent first.",
)
REVIEWED: Sentences = (
    "{name} has been seen and the parents have been spoken to. The father's account is missing.",
    "On course. Health and school have answered; the chronology has to be completed.",
    "The assessment has to say what daily life is like for {name}, not only what happened once.",
    "Two visits made. Agreed what is left to do and that forty-five days will be enough.",
)
EXTENDED: Sentences = (
    "The paediatric report comes only next month and the decision depends on it.",
    "The father was found late and has to be heard.",
    "The family was away for three weeks; {name} was seen again on their return.",
    "{name} asked to speak to somebody else first, which was arranged.",
)
COMPLETED: dict[AssessmentOutcome, Sentences] = {
    "no-further-action": (
        "{name} is well looked after. What was seen had a cause that has ended, and the family has"
        " friends and the school to turn to. No service is needed.",
        "The parents changed what worried us and kept to it for six weeks. {name} says the same.",
    ),
    "early-help": (
        "{name} is safe. The parent wants help with debts and bedtimes, which early help can give;"
        " a lead practitioner has met the family.",
        "No harm found, but much strain. Early help takes over with the parent's agreement.",
    ),
    "child-in-need-plan": (
        "{name} needs help that the parents cannot give alone. A child in need plan says what will"
        " change, who helps and how {name} will notice.",
        "The parent's health goes up and down and {name} carries too much. A plan under section 17"
        " with a young carers' group and visits every month.",
        "Care is good on good days. The plan is about the other days.",
    ),
    "strategy-discussion": (
        "What came to light in the assessment has to be looked at with police and health.",
    ),
    "care": ("{name} cannot stay at home safely and is now looked after with the consent of all.",),
}
PASSED: Sentences = (
    "Read in full. {name}'s voice is there and the outcome follows from what was found.",
    "Agreed. Analysis and chronology are complete.",
    "Agreed, with thanks for the work with the father.",
)
RETURNED: Sentences = (
    "{name}'s own words are missing, and so is what the health visitor said. Complete and return.",
    "The analysis says what happened but not what it means for {name}. Please add.",
)

SUPERVISION: tuple[tuple[str, str], ...] = (
    ("Go on with the visits every three weeks.", "{name} has begun to speak, and trust is new."),
    ("Hold a family meeting before the end of the month.", "The adults do not pull together yet."),
    ("Ask health for the missing report.", "Without it we do not know whether {name} is growing."),
    ("Bring the drawings to the next meeting.", "They say what {name} does not."),
    ("Offer the parent a place in the group.", "The parent asked who else lives like this."),
    ("Keep the visits unannounced for now.", "The home looks different when we are expected."),
    ("Check with the school every Friday.", "Mondays are {name}'s worst days."),
    ("Let {name} choose where you meet.", "The last talk was short, and in the corridor."),
    ("See {name} alone at school.", "At home there was always somebody else in the room."),
    ("Speak with the father within a week.", "We know him only from what others say."),
    ("Keep the case open.", "Progress is real but four weeks old."),
)
DRIFTING: tuple[tuple[str, str], ...] = (
    ("Continue.", "As before."),
    ("Visit when possible.", "No time to talk it through today."),
    ("Keep open.", "Waiting for a new worker."),
)
MANAGED: tuple[tuple[str, str], ...] = (
    ("Two workers visit together from now on.", "A threat was made at the last visit."),
    ("The case stays with this worker despite the move.", "{name} asked for that."),
    ("Legal advice to be sought.", "The plan has not changed enough for {name} in three months."),
)

REQUESTED: Sentences = (
    "What {name} said today about home has to be discussed with police and health at once.",
    "A new injury was seen and the explanation does not fit.",
)
DISCUSSED: Sentences = (
    "All agree that {name} may be suffering significant harm and that enquiries are needed.",
    "What each agency holds fits together and points the same way.",
    "The account of the adults cannot be relied on until {name} has been spoken to.",
)
NOT_PURSUED: Sentences = (
    "Put together, what the agencies hold explains what was seen. No enquiry; assessment goes on.",
)
ACTIONS: Sentences = (
    "Joint visit today by social worker and officer. Medical at the hospital tomorrow at ten."
    " School keeps {name} in after lessons until we come.",
    "Social worker sees {name} at school today. Police check the address. Health visitor gathers"
    " the records by tomorrow noon.",
    "Paediatrician asked for an opinion within two days. The adult named does not stay at the"
    " address. Social worker visits daily until then.",
)
CONCLUDED: dict[Conclusion, Sentences] = {
    "not-substantiated": (
        "The enquiry found no harm. The medical and {name}'s account agree with the parents'.",
        "The concern was not borne out. The family is shaken, and help was offered.",
    ),
    "substantiated-no-continuing-risk": (
        "It happened. The person who did it has no more contact with {name} and the parent has"
        " shown that this holds.",
    ),
    "substantiated-continuing-risk": (
        "It happened, and nothing at home makes it unlikely to happen again. A conference is"
        " needed.",
        "{name} was harmed and those who should protect {him} do not see it. Conference.",
    ),
}
CONFERENCE: Sentences = (
    "Everyone but the father thinks that {name} is likely to suffer significant harm without a"
    " plan. The chair agrees with the many.",
    "The harm was real, the change is new. {name} needs a plan that all agencies keep to.",
)
NO_PLAN: Sentences = (
    "The risk has been lowered since the enquiry by steps that can be seen. A child in need plan"
    " is enough.",
)
AT_CONFERENCE: Sentences = (
    "{name} wrote: “I want everyone to stop fighting about me.”",
    "{name}'s advocate read: “I want to stay with Mum and I want it to be quiet.”",
    "{name} drew two houses and said which one {he} sleeps better in.",
)
VISITED: Sentences = (
    "The home was warm and tidy. {name} had done {his} homework and showed it. Food in the fridge.",
    "{name} came to the door. The parent was tired but spoke openly about last week.",
    "Unannounced. {name} was in bed with a cold, the medicine was there, the room was clean.",
    "The bedroom has a bed and a lamp now. {name} is proud of it.",
    "A tense visit. The partner stayed in the kitchen and did not want to speak.",
    "{name} and the parent cooked while we talked. The plan was gone through point by point.",
    "Seen at school, in the small library. {name} said how the weekend had been.",
    "The grandmother was there and had cooked. {name} ate well and asked for more.",
    "Broken blind in the bedroom, and a new bolt on the inside. The parent could say why.",
    "{name} and I walked to the shop and back. It is easier to talk side by side.",
    "The parent had kept the appointment at the clinic and showed the letter.",
    "Bills on the table, some unopened. We went through them and rang the council together.",
    "{name} had a bruise on the shin from football; the coach confirmed it when asked.",
)
NOT_THERE: Sentences = (
    "The parent was in and {name} was said to be with a friend. Nothing else could be learnt.",
    "{name} was asleep and was not woken. The parent was spoken to at the door.",
)
VISIT_FAILED: Sentences = (
    "Nobody answered. The neighbour saw the family leave in the morning. Card left; will call"
    " tomorrow.",
    "The parent did not open and asked through the door for another day.",
    "The worker on this visit was called away to another family; a new day is to be set.",
)
PLAN_ENDED: Sentences = (
    "It is a change that {name} can feel. The aims are met; a child in need plan follows.",
    "The harm that the plan was made for is no longer likely: all agencies agree.",
)

CLOSED: Sentences = (
    "The outcome of the assessment was shared with the family. {name} knows whom to call.",
    "The aims are met and {name} says so. Early help stays in touch.",
    "The family no longer needs us. The school keeps an eye on attendance.",
)
REOPENED: Sentences = (
    "Closed by mistake before the last visit was written up: the work with {name} goes on.",
    "Closed too early: the health report that came today changes the picture.",
)
HANDOVER: Sentences = (
    "{name} likes football and does not like surprises: say before when you come. The next visit"
    " is due within ten days. The mother is best rung in the morning.",
    "Read the chronology from the spring on. {name} has had three workers: be on time. The father"
    " has not been heard yet.",
    "What {name} said in the last visit is on the record in full. The school's lead knows most.",
)
TRANSFERRED: Sentences = (
    "The family moved and now lives in that team's area; {name} changes school after half-term.",
)

AUDITED: dict[str, Sentences] = {
    "outstanding": ("{name}'s voice runs through the record, and each decision says why.",),
    "good": (
        "Visits in time and decisions with reasons. The chronology could be kept better.",
        "Good work with {name}. Supervision is regular and leads to something.",
    ),
    "requires-improvement": (
        "Visits were made but late, and what {name} said is told in one line.",
        "Decisions are there, reasons often not.",
    ),
    "inadequate": (
        "{name} was not seen for weeks, a risk was never answered and nobody oversaw the work.",
        "The record stops with the last worker's leaving. Nobody knows what the plan is.",
    ),
}
OVERTURNED: Sentences = (
    "The decision rested on one telephone call. It has to be taken again with the history.",
)
SETTLED: Sentences = (
    "The sender was rung: the second message holds, the first went out before it was finished.",
)
RIGHT_WORDS: Sentences = (
    "The visit was to the grandmother's home, not to the mother's. All else is right.",
    "It was the older brother who said this, not {name}.",
)
WHY_WRONG: Sentences = (
    "Written up from notes of two visits on the same day.",
    "The worker noticed it when reading the record with the family.",
)
MISPLACED: Sentences = ("The entry is about another family with the same surname.",)
CHASED: Sentences = (
    "We sent this days ago and have heard nothing. Has it arrived, and who is dealing with it?",
    "No outcome has been given to us. We remain worried about {name} and ask for a call.",
)
UNREADABLE = (
    "The message broke off and could not be read. The sender was rung and sent it again; see the"
    " referral that came after it."
)
WITHDRAWN: Sentences = (
    "Withdrawn by the sender, who was rung: it was meant for another child. Nothing to follow up.",
    "The sender withdrew it after speaking with the family. Checked with the school; agreed.",
)
DISAGREED: Sentences = (
    "We do not agree. {name} was not spoken to, and what we saw on Monday is not in your answer.",
    "Please look at it again: {name} has since told us more, which we wrote down in {his} words.",
)
HEARD: Sentences = (
    "The referrer adds what was not known. {name} has to be seen before we decide.",
)
SAME_CHILD = (
    "Names, date of birth and address are the same, and the referrer confirmed it on the telephone."
)
RELATIVE = "A relative of the family works in another team: the record is for two people alone."
NO_RELATIVE = "The relative has left the authority."
DETAILS: Sentences = (
    "The birth certificate was seen at the visit.",
    "The NHS number was checked with the health visitor.",
)
SYSTEM_CHECKED = "Their system is being looked at this evening, at their own request."
ATTENDED: Sentences = (
    "Read and passed to those who work with the family. It does not change what was decided.",
    "The sender was rung. What was added is in hand already.",
    "Weighed with the decision, which stands.",
)
MORE: Sentences = (
    "Since we wrote, {name} has told us that it happened again on the same evening.",
    "The school nurse has now seen {name} as well and shares the concern.",
    "The mother rang and said that what we wrote is right, and asked for help.",
    "A second child of the household was named to us, who stays there at weekends.",
)
