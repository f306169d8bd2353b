"""What is asked of a strategy discussion, a section 47 enquiry and a conference?"""

from datetime import date

from msgspec import Struct

from domain.codes import ABUSE_CATEGORIES
from domain.conference import CONFERENCE_DECISIONS
from domain.enquiry import (
    AT_LEAST,
    ATTENDED,
    CONCLUSIONS,
    STRATEGY_DECISIONS,
    Attended,
    StrategyDecision,
)
from domain.kernel import Instant, Narrative
from services.access import Denied
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field, Group
from services.web.templating import govdate

WHO_CAME = Field("Who took part?", "who took part", choices=ATTENDED)


def _of_enquiry(situation: Situation) -> list[tuple[str, str]]:
    enquiry = situation.enquiry()
    if enquiry is None:
        return []
    told = [
        ("Asked for", enquiry.requested_at),
        ("Discussion held", enquiry.held_at),
        ("Section 47 enquiry since", enquiry.started_at),
    ]
    return [(label, govdate(at)) for label, at in told if at]


def request_strategy_discussion(situation: Situation) -> Ask:
    return Ask(
        title="Ask for a strategy discussion",
        button="Ask for it",
        told="At any moment when there is reasonable cause to suspect significant harm.",
        fields={
            "reason": Field("What makes you suspect harm?", "what makes you suspect harm"),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id, "enquiry_id": ""},
    )


class Action(Struct, frozen=True):
    """What will be done, by whom and by when."""

    what: str
    who: str
    by: date | None = None


class Discussion(Struct, frozen=True, kw_only=True):
    """A strategy discussion as its form has it: the actions a row each."""

    happened_at: Instant
    attended: tuple[Attended, ...]
    decision: StrategyDecision
    rationale: Narrative
    actions: tuple[Action, ...]


def _line(action: Action) -> str:
    by = f", by {govdate(action.by)}" if action.by else ""
    return f"{action.what} ({action.who}{by})"


def _held(discussion: Discussion) -> dict[str, object]:
    return {
        "happened_at": discussion.happened_at,
        "attended": discussion.attended,
        "decision": discussion.decision,
        "rationale": discussion.rationale,
        "actions": "\n".join(map(_line, discussion.actions)),
    }


def _missing(discussion: Discussion) -> str:
    """Who should have taken part and did not, for the page that follows to say."""
    missing = [each for each in ATTENDED if each in AT_LEAST - set(discussion.attended)]
    return f"without={'+'.join(missing)}" if missing else ""


def hold_strategy_discussion(situation: Situation) -> Ask:
    enquiry = situation.enquiry()
    return Ask(
        title="Record a strategy discussion",
        button="Record the discussion",
        fields={
            "attended": Field(
                "Who took part?",
                "who took part",
                hint="At the least children's social care, police and health. If one of them did "
                "not, record it all the same and say why below.",
                choices=ATTENDED,
            ),
            "decision": Field("Decision", "the decision", choices=STRATEGY_DECISIONS),
            "rationale": Field("Why?", "the reasons for the decision"),
            "actions": Group(
                "Action",
                {
                    "what": Field("What will be done?", "what will be done"),
                    "who": Field("By whom?", "by whom"),
                    "by": Field("By when?", "by when"),
                },
                rows=3,
            ),
            "happened_at": WHEN,
        },
        given={
            "child_id": enquiry.child_id if enquiry else situation.child_id,
            "enquiry_id": enquiry.enquiry_id if enquiry else "",
        },
        facts=_of_enquiry(situation),
        shape=Discussion,
        fields_of=_held,
        notice=_missing,
    )


def conclude_section_47(situation: Situation) -> Ask:
    enquiry = situation.enquiry()
    if enquiry is None:
        raise Denied
    return Ask(
        title="Conclude the section 47 enquiry",
        button="Conclude",
        fields={
            "conclusion": Field("Conclusion", "the conclusion", choices=CONCLUSIONS),
            "rationale": Field("Why?", "the reasons for the conclusion"),
            "happened_at": WHEN,
        },
        given={"enquiry_id": enquiry.enquiry_id},
        facts=_of_enquiry(situation),
    )


def hold_initial_conference(situation: Situation) -> Ask:
    enquiry = situation.enquiry()
    return Ask(
        title="Record the initial child protection conference",
        button="Record the conference",
        told="If a plan is needed it starts on the day of the conference, with its category.",
        fields={
            "attended": WHO_CAME,
            "decision": Field("Decision", "the decision", choices=CONFERENCE_DECISIONS),
            "category": Field(
                "Category of abuse",
                "the category of abuse",
                hint="Only if a child protection plan is needed.",
                choices={"": "No plan"} | dict[str, str](ABUSE_CATEGORIES.items()),
            ),
            "rationale": Field("Why?", "the reasons for the decision"),
            "child_said": Field(
                "What did the child say, and how was it brought in?", "what the child said"
            ),
            "happened_at": WHEN,
        },
        given={
            "child_id": situation.child_id,
            "conference_id": "",
            "enquiry_id": enquiry.enquiry_id if enquiry else None,
        },
        facts=_of_enquiry(situation),
    )
