"""What is asked about the people a child belongs with, and where the child lives?

Where somebody lives is written here and shown on no form: a household is told apart by its date.
"""

from typing import Any

from domain.child import EndRelationship, LeaveHousehold
from projections import children
from services.access import Denied
from services.questions import about_child
from services.web.command_form import WHEN, Ask, Situation
from services.web.form import Field
from services.web.naming import RESTRICTED
from services.web.templating import govdate
from services.words import opened


def _records(situation: Situation) -> tuple[str, ...]:
    return (situation.child_id, *situation.child.records)


def current_relationships(situation: Situation) -> list[children.Relationship]:
    """The relationships that have not ended, under any of the child's records."""
    found = (children.relationships(situation.parts.query, each) for each in _records(situation))
    return [each for several in found for each in several if each.ended_at is None]


def current_households(situation: Situation) -> list[children.Household]:
    """Where the child lives now, under any of the child's records."""
    found = (children.households(situation.parts.query, each) for each in _records(situation))
    return [each for several in found for each in several if each.left_at is None]


def other_person(situation: Situation, relationship: children.Relationship) -> tuple[str, str]:
    """What the other person is called, and where their record is read; either may be empty.

    One whose record is restricted to others is not named, whatever name was typed.
    """
    parts, other = situation.parts, relationship.other_child_id
    if other and situation.names.closed(other):
        return RESTRICTED, ""
    if other and parts.gate.may(
        situation.context.who, "see-child", about_child(parts.query, other)
    ):
        return situation.names.child(other), f"/children/{other}"
    name = opened(parts.store, relationship.sealed, ("identity",))[0].get("name")
    return (name if isinstance(name, str) else ""), ""


def record_relationship(situation: Situation) -> Ask:
    return Ask(
        title="Record somebody who belongs with the child",
        button="Record it",
        fields={
            "relation": Field(
                "What are they to the child?", "what they are", hint="Such as mother, grandfather"
            ),
            "name": Field("What is their name?", "their name"),
            "contact": Field(
                "How can they be reached?", hint="Kept apart, with the child's address."
            ),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id, "relationship_id": ""},
    )


def end_relationship(situation: Situation) -> Ask:
    found = {each.relationship_id: each for each in current_relationships(situation)}
    if not found:
        raise Denied

    def fields_of(sent: EndRelationship) -> dict[str, Any]:
        typed = {n: getattr(sent, n) for n in ("relationship_id", "reason", "happened_at")}
        return {**typed, "child_id": found[sent.relationship_id].child_id}

    return Ask(
        title="Record that a relationship ended",
        button="Record it",
        told="It stays on the record as one that was.",
        fields={
            "relationship_id": Field(
                "Which one?",
                "which one",
                choices={each: _named(situation, found[each]) for each in found},
            ),
            "reason": Field("Why did it end, or was it never so?", "why it ended"),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id},
        fields_of=fields_of,
    )


def _named(situation: Situation, relationship: children.Relationship) -> str:
    name, _ = other_person(situation, relationship)
    relation = f"{relationship.relation[:1].upper()}{relationship.relation[1:]}"
    return f"{relation}, {name}" if name else relation


def join_household(situation: Situation) -> Ask:
    return Ask(
        title="Record where the child lives",
        button="Record it",
        told="It is shown only to whoever asks for the address, and each look is recorded.",
        fields={
            "address": Field("Address", "the address", hint="In one line, with the postcode."),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id, "household_id": ""},
    )


def leave_household(situation: Situation) -> Ask:
    found = {each.household_id: each for each in current_households(situation)}
    if not found:
        raise Denied

    def fields_of(sent: LeaveHousehold) -> dict[str, Any]:
        typed = {"household_id": sent.household_id, "happened_at": sent.happened_at}
        return {**typed, "child_id": found[sent.household_id].child_id}

    return Ask(
        title="Record that the child has moved out",
        button="Record it",
        fields={
            "household_id": Field(
                "Which household?",
                "which household",
                choices={each: _where(situation, found[each]) for each in found},
            ),
            "happened_at": WHEN,
        },
        given={"child_id": situation.child_id},
        fields_of=fields_of,
    )


def _where(situation: Situation, household: children.Household) -> str:
    others = ", ".join(map(situation.names.child, household.with_children))
    return f"Since {govdate(household.since)}{f', with {others}' if others else ''}"
