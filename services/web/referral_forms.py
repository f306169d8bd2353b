"""What can be done with a referral, and what does each form ask? A function for each command.

The page offers what the gate and the referral's own state allow, so that no button leads to a
refusal.
"""

from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup

from domain.referral import OPENS_A_CASE, OUTCOMES
from projections import agencies, people
from services.questions import about_child
from services.web.command_form import WHEN, Ask
from services.web.form import Field
from services.web.referral_story import BASES, Situation, said
from services.web.story import words_of
from services.web.templating import Link, govdate, govmoment

Asks = Callable[[Situation], Ask]

RAGS = {
    "red": "Red: a child may be at risk of significant harm now",
    "amber": "Amber: more must be known soon",
    "green": "Green: no sign of harm, other help may be needed",
}
THRESHOLDS = {
    "1": "Level 1, universal services",
    "2": "Level 2, early help",
    "3": "Level 3, child in need (section 17)",
    "4": "Level 4, acute (section 47 or care)",
}


def _concern(situation: Situation) -> list[tuple[str, str]]:
    """What every sender wrote, to have in sight while deciding."""
    return [
        (
            f"{each.sender}, {govdate(each.received_at)}",
            each.concern or "Words that were destroyed.",
        )
        for each in said(situation, addresses=False)
    ]


def acknowledge_referral(situation: Situation) -> Ask:
    return Ask(
        title="Acknowledge the referral",
        button="Record the acknowledgement",
        told="Record that the referrer was told that it arrived and who deals with it.",
        facts=_referrers(situation),
        fields={"happened_at": WHEN},
        given={"referral_id": situation.referral_id},
    )


def _referrers(situation: Situation) -> list[tuple[str, str]]:
    first = said(situation, addresses=False)[0]
    return [("Sender", first.sender), *first.referrer]


def screen_referral(situation: Situation) -> Ask:
    return Ask(
        title="Screen the referral",
        button="Record the screening",
        facts=_concern(situation),
        fields={
            "rag": Field("How grave is it?", "how grave it is", choices=RAGS),
            "threshold": Field("Which threshold does it meet?", choices=THRESHOLDS),
            "rationale": Field("Why?", "why"),
        },
        given={"referral_id": situation.referral_id},
    )


def decide_referral(situation: Situation) -> Ask:
    query, names = situation.parts.query, situation.names
    teams = {each.team_id: each.name for each in people.teams(query) if each.kind != "authority"}
    managers = {
        each.person_id: f"{names(each.person_id)}, {names(each.team_id)}"
        for each in people.staff(query)
        if each.manages and each.person_id != situation.context.who.person
    }
    return Ask(
        title="Decide the next step",
        button="Record the decision",
        told=_decided_already(situation),
        facts=_concern(situation),
        fields={
            "outcome": Field(
                "What happens next?",
                "what happens next",
                hint="An assessment or a strategy discussion opens a case for each child.",
                choices=dict(OUTCOMES.items()),
            ),
            "rationale": Field("Why?", "why, so that whoever reads it later understands"),
            "team_id": Field(
                "Which team takes it?", hint="Needed where a case is opened.", choices=teams
            ),
            "authorised_by": Field(
                "Which manager has authorised it?",
                hint="Leave it empty if nobody has yet: it then stays on the manager's list.",
                choices=managers,
            ),
            "happened_at": WHEN,
        },
        start={"team_id": situation.now.team_id} if situation.now.team_id else {},
        given={"referral_id": situation.referral_id},
    )


def _decided_already(situation: Situation) -> str:
    """Who decided what and when, for whoever comes to decide it; empty while it is not decided."""
    now = situation.now
    if now.outcome is None or now.decided_at is None:
        return ""
    return Markup(
        "This referral is already decided: {}, by {} on {}. To decide it again, "
        '<a class="govuk-link" href="/referrals/{}/reopen-referral">reopen it</a> first.'
    ).format(
        OUTCOMES[now.outcome],
        situation.names(now.decided_by),
        govmoment(now.decided_at),
        situation.referral_id,
    )


def _decision(situation: Situation) -> list[tuple[str, str]]:
    """The decision that stands, by whom and why."""
    now, names = situation.now, situation.names
    facts = [
        ("Decision", OUTCOMES[now.outcome] if now.outcome else "None yet"),
        ("Decided by", names(now.decided_by)),
        ("Decided", govmoment(now.decided_at) if now.decided_at else ""),
    ]
    if now.unconfirmed:
        said = f"{names(now.unconfirmed)}, as recorded by {names(now.decided_by)}"
        facts.append(("Authorised by", said))
    for act in situation.found.acts:
        if act.position == now.decided_position:
            facts.append(("Why", words_of(situation.parts.store, act.sealed, "").striptags()))
    return facts


def authorise_decision(situation: Situation) -> Ask:
    mine = situation.now.unconfirmed == situation.context.who.person
    return Ask(
        title="Confirm that you authorised the decision" if mine else "Authorise the decision",
        button="Confirm" if mine else "Authorise",
        told="If you did not authorise it, reopen the referral and say so."
        if mine
        else "If you do not agree, reopen the referral and decide it yourself.",
        facts=[*_decision(situation), *_concern(situation)],
        fields={"rationale": Field("Why do you agree?", "why you agree")},
        given={"referral_id": situation.referral_id},
    )


def tell_referrer(situation: Situation) -> Ask:
    return Ask(
        title="Tell the referrer the outcome",
        button="Record what they were told",
        told="The referrer reads these words on their own page, and nothing else that is written "
        "here. Say what happens next and why, without what other agencies told you.",
        facts=[*_referrers(situation), *_decision(situation)],
        fields={
            "words": Field("What is the referrer told?", "what the referrer is told"),
            "happened_at": WHEN,
        },
        given={"referral_id": situation.referral_id},
    )


def route_referral(situation: Situation) -> Ask:
    teams = {
        each.team_id: each.name
        for each in people.teams(situation.parts.query)
        if each.kind != "authority" and each.team_id != situation.now.team_id
    }
    return Ask(
        title="Pass it to another team",
        button="Pass it on",
        facts=[("It is with", situation.names(situation.now.team_id) or "No team yet")],
        fields={"team_id": Field("Which team is it for?", "the team", choices=teams)},
        given={"referral_id": situation.referral_id},
    )


def _agencies(situation: Situation) -> dict[str, str]:
    return {each.agency_id: each.name for each in agencies.registered(situation.parts.query)}


def request_information(situation: Situation) -> Ask:
    return Ask(
        title="Ask an agency for information",
        button="Record the question",
        fields={
            "asked_agency": Field("Whom do you ask?", "whom you ask", choices=_agencies(situation)),
            "question": Field("What do you ask?", "what you ask"),
            "happened_at": WHEN,
        },
        given={"referral_id": situation.referral_id},
    )


def share_information(situation: Situation) -> Ask:
    return Ask(
        title="Record an agency's answer",
        button="Record the answer",
        facts=_questions(situation),
        fields={
            "by_agency": Field("Who answered?", "who answered", choices=_agencies(situation)),
            "information": Field("What did they tell you?", "what they told you"),
            "lawful_basis": Field(
                "On which lawful basis was it shared?", "the lawful basis", choices=BASES
            ),
            "happened_at": WHEN,
        },
        given={"referral_id": situation.referral_id},
    )


def decline_information(situation: Situation) -> Ask:
    return Ask(
        title="Record that an agency did not share",
        button="Record it",
        facts=_questions(situation),
        fields={
            "by_agency": Field("Who declined?", "who declined", choices=_agencies(situation)),
            "reason": Field("Why did they not share?", "why they did not share"),
            "happened_at": WHEN,
        },
        given={"referral_id": situation.referral_id},
    )


def _questions(situation: Situation) -> list[tuple[str, str]]:
    return [
        (
            f"{situation.names(each.about)}, {govdate(each.happened_at)}",
            str(situation.opened(each, "narrative").get("question", "Words that were destroyed.")),
        )
        for each in situation.found.acts
        if each.event == "referral.information_requested.v1"
    ]


def follow_up_referral(situation: Situation) -> Ask:
    return Ask(
        title="Record that the referrer asked",
        button="Record it",
        told="It brings the referral back to the inbox until the referrer is told.",
        fields={
            "words": Field("What did the referrer ask or say?", "what the referrer asked or said"),
            "happened_at": WHEN,
        },
        given={"referral_id": situation.referral_id},
    )


def settle_conflict(situation: Situation) -> Ask:
    return Ask(
        title="Settle which message holds",
        button="Record which holds",
        told="Two messages came under the same key with different content. Nothing of either is "
        "lost: say which one holds, and why.",
        facts=_concern(situation),
        fields={"reason": Field("Which one holds, and why?", "which one holds, and why")},
        given={"referral_id": situation.referral_id},
    )


def attend_referral(situation: Situation) -> Ask:
    return Ask(
        title="The decision stands",
        button="Record that it stands",
        told="Something came after the decision. When it changes nothing, say why: the referral "
        "then leaves the inbox. When it does, reopen the referral instead.",
        facts=_decision(situation),
        fields={"reason": Field("Why does the decision stand?", "why the decision stands")},
        given={"referral_id": situation.referral_id},
    )


def reopen_referral(situation: Situation) -> Ask:
    opened = situation.now.outcome in OPENS_A_CASE
    return Ask(
        title="Reopen the referral",
        button="Reopen it",
        told="The decision stays on record, and a new one can be made."
        + (" A case that it opened stays open until a manager closes it." if opened else ""),
        facts=_decision(situation),
        fields={"reason": Field("Why is it reopened?", "why it is reopened")},
        given={"referral_id": situation.referral_id},
        grave=True,
    )


def remove_child(situation: Situation) -> Ask:
    """`of`: the child. Raises `Denied` where neither the referral names it nor may they see it."""
    child_id = situation.of or ""
    if child_id not in situation.now.child_ids:
        about = about_child(situation.parts.query, child_id)
        situation.parts.gate.open(situation.context.who, "see-child", about)
    opened = situation.now.outcome in OPENS_A_CASE
    return Ask(
        title=f"It is not about {situation.child_name(child_id)}",
        button="Take the child off this referral",
        told="The child's record stays as it is, without this referral in it. It can be put back."
        + (" If a case was opened by mistake, a manager closes it." if opened else ""),
        fields={
            "reason": Field("How do you know that it is not about this child?", "how you know")
        },
        given={"referral_id": situation.referral_id, "child_id": child_id},
        grave=True,
    )


FORMS: dict[str, Asks] = {
    "acknowledge-referral": acknowledge_referral,
    "screen-referral": screen_referral,
    "decide-referral": decide_referral,
    "authorise-decision": authorise_decision,
    "tell-referrer": tell_referrer,
    "route-referral": route_referral,
    "request-information": request_information,
    "share-information": share_information,
    "decline-information": decline_information,
    "follow-up-referral": follow_up_referral,
    "settle-conflict": settle_conflict,
    "attend-referral": attend_referral,
    "reopen-referral": reopen_referral,
    "remove-child": remove_child,
}
"""Every form of a referral, by the name of its command."""


def offered(situation: Situation) -> tuple[list[Link], list[Link]]:
    """What comes next, as buttons, and what else can be done, as links."""
    return (
        [_link(situation, *each) for each in _next(situation) if situation.may(each[0])],
        [_link(situation, *each) for each in _else(situation) if situation.may(each[0])],
    )


def _link(situation: Situation, command: str, text: str) -> Link:
    return Link(text, f"/referrals/{situation.referral_id}/{command}")


def _next(situation: Situation) -> Iterator[tuple[str, str]]:
    now = situation.now
    if now.conflict_at:
        yield "settle-conflict", "Settle which message holds"
    if now.decided_at is None:
        if not now.conflict_at:
            yield "decide-referral", "Decide"
        if now.acknowledged_at is None:
            yield "acknowledge-referral", "Acknowledge"
        return
    if now.updated_at or now.followed_up_at:
        yield "attend-referral", "The decision stands"
    if now.authorised_by is None and now.decided_by != situation.context.who.person:
        yield "authorise-decision", "Authorise the decision"
    if now.unconfirmed == situation.context.who.person:
        yield "authorise-decision", "Confirm that you authorised it"
    if now.told_at is None:
        yield "tell-referrer", "Tell the referrer"
    if now.acknowledged_at is None:
        yield "acknowledge-referral", "Acknowledge"


def _else(situation: Situation) -> Iterator[tuple[str, str]]:
    now = situation.now
    if now.decided_at is None:
        yield "screen-referral", "Screen it again" if now.rag else "Screen it"
    if now.decided_at is None or now.outcome not in OPENS_A_CASE:
        yield "add-child", "Add a child"
    yield "request-information", "Ask an agency for information"
    if _asked(situation.found.acts):
        yield "share-information", "Record an agency's answer"
        yield "decline-information", "Record that an agency did not share"
    yield "route-referral", "Pass it to another team"
    yield "follow-up-referral", "Record that the referrer asked"
    if now.decided_at is not None:
        yield "reopen-referral", "Reopen it"


def _asked(acts: Sequence[object]) -> bool:
    return any(getattr(each, "event", "") == "referral.information_requested.v1" for each in acts)
