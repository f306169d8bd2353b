"""What must follow from what? Events in, commands out, in the same transaction."""

from collections.abc import Iterator

from domain.case import OpenCase, case_of
from domain.conference import InitialConferenceHeld
from domain.kernel import STAMPED, Command, Event
from domain.plan import StartProtectionPlan, plan_of
from domain.referral import OPENS_A_CASE, ReferralDecided


def react(event: Event) -> Iterator[Command]:
    """The commands that follow from an event, stamped as the event is."""
    stamped = {name: getattr(event, name) for name in STAMPED}
    match event:
        case ReferralDecided(outcome=outcome) if outcome in OPENS_A_CASE:
            for child_id in event.child_ids:  # each child of the referral has a case of their own
                yield OpenCase(
                    **stamped,
                    case_id=case_of(child_id),
                    child_id=child_id,
                    referral_id=event.referral_id,
                    referral_received_at=event.referral_received_at,
                    team_id=event.team_id,
                )
        case InitialConferenceHeld(decision="protection-plan", category=str(category)):
            yield StartProtectionPlan(  # R13: the plan starts on the day of the conference
                **stamped,
                plan_id=plan_of(event.child_id),
                child_id=event.child_id,
                category=category,
                conference_id=event.conference_id,
            )
