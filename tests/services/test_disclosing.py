"""Is an agency told what it is owed of its own referrals, once, and nothing else?"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.event_store import EventStore
from adapters.outgoing import cloud_event
from domain.agency import (
    Agency,
    EndPlanStatus,
    NameForPlanStatus,
    RegisterAgency,
    ResumeAgency,
)
from domain.assessment import AuthoriseAssessment, CompleteAssessment, StartAssessment
from domain.case import CloseCase, case_of
from domain.child import (
    MergeRecords,
    RestrictRecord,
    SeparateRecords,
    UnmatchChild,
    UnrestrictRecord,
)
from domain.conference import HoldInitialConference
from domain.described import AddressDescribed, AdultDescribed, ReferrerDescribed
from domain.disclosure import InformationDisclosed
from domain.enquiry import ConcludeSection47, HoldStrategyDiscussion
from domain.plan import EndProtectionPlan, plan_of
from domain.referral import (
    AcknowledgeReferral,
    DecideReferral,
    Outcome,
    ReopenReferral,
    ShareInformation,
    TellReferrer,
)
from services.disclosing import Disclosing, disclosed, reference
from tests.services.office import BO, KIT, Office, concern, office_at

POLICE, GP = "north-police", "elm-surgery"
NOTICE = "N-2026-000017"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "store", tmp_path / "keys") as opened:
        opened.forms("team-riverside", "XE1")
        yield opened


def everybody(_agency_id: str, _agency: Agency) -> bool:
    return True


def disclosing(store: EventStore, hears: Callable[[str, Agency], bool] = everybody) -> Disclosing:
    return Disclosing(store, "kafka", hears)


def told(office: Office, agency: str = POLICE) -> list[tuple[str, ...]]:
    """What this agency is told, after what was there to be told was recorded."""
    step = disclosing(office.store)
    while step.step():
        pass
    return [
        (each.what, each.status, *([each.outcome] if each.outcome else []))
        for each in made(office)
        if each.agency_id == agency
    ]


def made(office: Office) -> list[InformationDisclosed]:
    events: list[InformationDisclosed] = office.events("disclosure.made.v1")
    return events


def messages(office: Office) -> list[dict[str, Any]]:
    """What leaves, as the agencies' systems read it."""
    page = disclosed(office.store, 0, 1000, "kafka")
    return [json.loads(cloud_event(each).data) for each in page]


def sent(office: Office, *, by: str = POLICE, **said: Any) -> tuple[str, str]:
    """A referral of an agency about Kit, and the child's id."""
    receipt = office.receives_one(concern(**{"references": (NOTICE,), **said}), sender=by)
    return str(receipt.referral), receipt.children[0]


def decided(office: Office, referral_id: str, outcome: Outcome = "assessment") -> None:
    about = {"referral_id": referral_id, "team_id": "team-riverside"}
    office.does(DecideReferral, **about, outcome=outcome, rationale="He was alone.")


def assessed(office: Office, child_id: str, words: str = "Safe.", **more: Any) -> None:
    about = {"assessment_id": "assessment-1", **more}
    office.does(
        StartAssessment,
        **about,
        child_id=child_id,
        case_id=case_of(child_id),
        referral_received_at=office.now,
        worker_id="rosa",
    )
    office.does(
        CompleteAssessment, **about, factors=("20",), outcome="child-in-need-plan", summary=words
    )
    office.does(AuthoriseAssessment, **about | {"by": "ines"}, rationale=words)


def on_a_plan(office: Office, child_id: str, words: str = "Not safe.", **more: Any) -> None:
    office.does(
        HoldInitialConference,
        conference_id="conference-1",
        child_id=child_id,
        attended=("social-care", "police"),
        decision="protection-plan",
        rationale=words,
        child_said=words,
        category="PHY",
        **more,
    )


def test_the_sender_hears_that_it_arrived_and_what_was_decided(office: Office) -> None:
    referral_id, _child = sent(office)
    office.does(AcknowledgeReferral, referral_id=referral_id)
    decided(office, referral_id, "no-further-action")
    office.does(TellReferrer, referral_id=referral_id, words="Nothing more, because he is safe.")
    assert told(office) == [
        ("receipt", "received"),
        ("receipt", "acknowledged"),
        ("decision", "decided", "no-further-action"),
    ]
    assert messages(office)[-1] == {
        "referral_id": referral_id,
        "reference": NOTICE,
        "on": "2026-03-03",
        "status": "decided",
        "outcome": "no-further-action",
    }
    assert {each.lawful_basis for each in made(office)} == {"public-task"}
    assert told(office, GP) == []


def test_what_was_told_once_is_not_told_again(office: Office) -> None:
    sent(office)
    assert told(office) == told(office) == [("receipt", "received")]
    # as if the position had been lost: the stream's own key holds
    again = Disclosing(office.store, "kafka", everybody)
    again._tracked = "disclosing|again"
    assert again.step()
    assert not again.step()
    assert len(made(office)) == 1


def test_each_channel_tells_by_itself(office: Office) -> None:
    sent(office)
    told(office)
    Disclosing(office.store, "webhook", everybody).step()
    assert [each.channel for each in made(office)] == ["kafka", "webhook"]
    assert len({each.disclosure_id for each in made(office)}) == 2
    assert len(disclosed(office.store, 0, 100, "webhook")) == 1


def test_two_that_work_side_by_side_tell_once(address: str, tmp_path: Path) -> None:
    with office_at(address, tmp_path / "keys") as office:
        sent(office)
        one, other = disclosing(office.store), disclosing(office.store)
        page = office.store.since(0, 100, names={"referral.received.v1"})
        (command,) = other.of(page[0])
        assert one.step()
        assert other.step() is False
        assert [each.disclosure_id for each in made(office)] == [command.disclosure_id]


def test_a_decision_that_is_taken_anew_corrects_the_one_before(office: Office) -> None:
    referral_id, _child = sent(office)
    decided(office, referral_id, "no-further-action")
    office.does(ReopenReferral, referral_id=referral_id, reason="The school rang.")
    decided(office, referral_id)
    assert told(office)[1:] == [
        ("decision", "decided", "no-further-action"),
        ("decision", "reopened"),
        ("decision", "decided", "assessment"),
    ]
    _receipt, first, reopened, second = made(office)
    assert (first.corrects, reopened.corrects, second.corrects) == (
        None,
        first.disclosure_id,
        first.disclosure_id,
    )
    assert "outcome" not in messages(office)[2]


def test_the_sender_hears_that_a_step_ended_and_not_what_it_found(office: Office) -> None:
    referral_id, child_id = sent(office)
    decided(office, referral_id, "strategy-discussion")
    enquiry = {"enquiry_id": "enquiry-1"}
    office.does(
        HoldStrategyDiscussion,
        **enquiry,
        child_id=child_id,
        attended=("social-care", "police", "health"),
        decision="section-47-joint",
        rationale="He was hurt.",
        actions="See him.",
    )
    office.does(
        ConcludeSection47,
        **enquiry,
        conclusion="substantiated-continuing-risk",
        rationale="The marks fit.",
    )
    on_a_plan(office, child_id)
    assessed(office, child_id)
    office.does(CloseCase, case_id=case_of(child_id), reason="RC7", rationale="All is well.")
    assert told(office)[2:] == [
        ("outcome", "section-47-ended"),
        ("outcome", "conference-held"),
        ("outcome", "assessment-ended"),
        ("outcome", "case-closed"),
    ]
    assert messages(office)[-1] == {
        "referral_id": referral_id,
        "reference": NOTICE,
        "on": "2026-03-03",
        "status": "case-closed",
        "child": 1,
    }
    assert all(each.child_id == child_id for each in made(office)[2:])


def test_a_second_agency_whose_referral_joined_the_work_hears_of_its_own(office: Office) -> None:
    first, child_id = sent(office)
    decided(office, first)
    office.now += timedelta(days=40)
    second, _child = sent(office, by=GP, concern="Bruised.")
    decided(office, second, "existing-worker")
    third, _child = sent(office, by=GP, concern="A cough.", references=("R-3",))
    decided(office, third, "no-further-action")
    assessed(office, child_id)
    assert told(office)[-1] == ("outcome", "assessment-ended")
    ended = [each for each in made(office) if each.what == "outcome"]
    assert [(each.agency_id, each.referral_id) for each in ended] == [
        (POLICE, first),
        (GP, second),
    ]


def test_an_earlier_referral_that_led_to_nothing_hears_nothing_of_later_work(
    office: Office,
) -> None:
    earlier, _child = sent(office)
    decided(office, earlier, "advice")
    office.now += timedelta(days=40)
    later, child_id = sent(office, by=GP, concern="Bruised.")
    decided(office, later)
    assessed(office, child_id)
    assert ("outcome", "assessment-ended") in told(office, GP)
    assert ("outcome", "assessment-ended") not in told(office)


def test_nobody_hears_of_work_that_no_referral_led_to(office: Office) -> None:
    _referral, child_id = sent(office)
    on_a_plan(office, child_id)
    assert told(office) == [("receipt", "received")]


def test_only_a_named_agency_hears_of_a_protection_plan(office: Office) -> None:
    first, child_id = sent(office)
    office.now += timedelta(days=40)
    latest, _child = sent(office, concern="Alone again.", references=("R-2",))
    sent(office, by=GP, concern="Bruised.")
    office.does(NameForPlanStatus, agency_id=POLICE, lawful_basis="legal-obligation")
    on_a_plan(office, child_id)
    office.does(
        EndProtectionPlan,
        plan_id=plan_of(child_id),
        child_id=child_id,
        reason="child-in-need-plan",
        rationale="Safe.",
    )
    assert told(office)[2:] == [("plan-status", "started"), ("plan-status", "ended")]
    started = next(each for each in made(office) if each.status == "started")
    assert started.lawful_basis == "legal-obligation"
    assert started.referral_id == latest != first
    assert [each["status"] for each in messages(office) if each.get("child")] == [
        "started",
        "ended",
    ]
    assert {what for what, *_ in told(office, GP)} == {"receipt"}


def test_an_agency_that_is_no_longer_named_hears_of_no_plan(office: Office) -> None:
    _referral, child_id = sent(office)
    office.does(NameForPlanStatus, agency_id=POLICE, lawful_basis="legal-obligation")
    office.does(EndPlanStatus, agency_id=POLICE)
    on_a_plan(office, child_id)
    assert told(office) == [("receipt", "received")]


def test_an_agency_whose_referral_was_about_another_child_hears_nothing_of_this_one(
    office: Office,
) -> None:
    office.does(NameForPlanStatus, agency_id=POLICE, lawful_basis="legal-obligation")
    referral_id, child_id = sent(office)
    reason = {"reason": "It was his cousin."}
    office.does(UnmatchChild, child_id=child_id, referral_id=referral_id, **reason)
    on_a_plan(office, child_id)
    assert told(office) == [("receipt", "received")]


def test_of_two_records_of_one_child_both_count(office: Office) -> None:
    office.does(NameForPlanStatus, agency_id=GP, lawful_basis="legal-obligation")
    _referral, kept = sent(office)
    other = office.receives_one(concern(children=(BO,)), sender=GP)
    (merged,) = other.children
    office.does(MergeRecords, child_id=kept, merged_child_id=merged, reason="One boy.")
    on_a_plan(office, kept)
    assert told(office, GP)[-1] == ("plan-status", "started")
    restricted = {"named": ("rosa",), "reason": "A relative works here."}
    office.does(RestrictRecord, child_id=kept, **restricted)
    decided(office, str(other.referral))
    assert told(office, GP)[-1] == ("plan-status", "started")
    office.does(SeparateRecords, child_id=kept, merged_child_id=merged, reason="Two boys.")
    office.does(ReopenReferral, referral_id=str(other.referral), reason="Two boys.")
    assert told(office, GP)[-1] == ("decision", "reopened")


def test_of_a_restricted_child_a_system_tells_only_the_receipt(office: Office) -> None:
    office.does(NameForPlanStatus, agency_id=POLICE, lawful_basis="legal-obligation")
    referral_id, child_id = sent(office)
    restricted = {"named": ("rosa",), "reason": "A relative works at the station."}
    office.does(RestrictRecord, child_id=child_id, **restricted)
    office.does(AcknowledgeReferral, referral_id=referral_id)
    decided(office, referral_id)
    assessed(office, child_id)
    on_a_plan(office, child_id)
    assert told(office) == [("receipt", "received"), ("receipt", "acknowledged")]
    office.does(UnrestrictRecord, child_id=child_id, reason="They moved away.")
    office.does(CloseCase, case_id=case_of(child_id), reason="RC7", rationale="All is well.")
    assert told(office)[2:] == [("outcome", "case-closed")]


def test_a_suspended_agency_hears_nothing_until_it_is_resumed(office: Office) -> None:
    referral_id, _child = sent(office)
    office.suspends(POLICE)
    office.does(AcknowledgeReferral, referral_id=referral_id)
    decided(office, referral_id)
    other, _child = sent(office, by=GP, concern="Bruised.")
    assert told(office) == [("receipt", "received")]
    assert leaving(office)[0] == ("received", "waits")
    office.does(ResumeAgency, agency_id=POLICE)
    decided(office, other, "advice")
    assert told(office) == [
        ("receipt", "received"),
        ("receipt", "acknowledged"),
        ("decision", "decided", "assessment"),
    ]
    assert told(office, GP) == [("receipt", "received"), ("decision", "decided", "advice")]


def test_members_of_the_public_and_who_does_not_use_the_channel_hear_nothing(
    office: Office,
) -> None:
    office.does(RegisterAgency, agency_id="neighbours", kind="public", name="The public")
    sent(office, by="neighbours")
    assert told(office, "neighbours") == []
    sent(office, by=GP, concern="Bruised.")
    sent(office, concern="Alone again.")
    step = disclosing(office.store, lambda agency_id, agency: agency.kind == "police")
    step._tracked = "disclosing|police"
    while step.step():
        pass
    assert {each.agency_id for each in made(office)} == {POLICE}


def test_which_child_is_left_out_where_it_is_not_sure(office: Office) -> None:
    referral_id, _child = sent(office, children=(BO, KIT))
    (kit,) = (each for each in office.events("child.registered.v1") if each.given_name == "Kit")
    decided(office, referral_id)
    assessed(office, kit.child_id)
    assert told(office)[-1] == ("outcome", "assessment-ended")
    assert messages(office)[-1]["child"] == 2
    twice, _child = sent(office, by=GP, children=(KIT, KIT))
    decided(office, twice)
    office.does(CloseCase, case_id=case_of(kit.child_id), reason="RC7", rationale="Well.")
    told(office)
    assert [each.get("child") for each in messages(office)[-2:]] == [2, None]


@pytest.mark.parametrize(
    ("given_by_them", "kept"),
    [
        ((NOTICE, "CAD-9"), NOTICE),
        ((), None),
        (("",), None),
        (("", "CAD-9"), "CAD-9"),
        ((" ", "12 Mill Lane", "CAD-9"), None),
        (("12 Mill Lane",), None),
        (("XE12AB",), None),
        (("Kit Marlow",), None),
        (("x" * 101,), None),
        (("A\x00B",), None),
    ],
)
def test_a_reference_is_repeated_only_if_it_is_plainly_one(
    given_by_them: tuple[str, ...], kept: str | None
) -> None:
    assert reference(given_by_them) == kept


def test_a_destroyed_referral_is_told_of_without_its_reference(office: Office) -> None:
    referral_id, _child = sent(office)
    office.store.vault.destroy(referral_id)
    office.does(AcknowledgeReferral, referral_id=referral_id)
    assert told(office) == [("receipt", "received"), ("receipt", "acknowledged")]
    assert all("reference" not in each for each in messages(office))


# ── No byte of anything else ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reference", ["{} Marlow", "7 {} Lane", "{} XE1 2AB", "of {}", NOTICE])
def test_no_name_address_or_word_of_anybody_is_in_what_leaves(
    office: Office, reference: str
) -> None:
    name = f"n{random.getrandbits(60):x}"
    street = f"7 {name} Lane"
    words = f"{name} lives at {street}, XE1 2AB"
    adult = AdultDescribed(family_name=name, contact=street)
    referrer = ReferrerDescribed(name=name, organisation=street, contact=words)
    receipt = office.receives_one(
        concern(
            concern=words,
            children=(replace(KIT, family_name=name, given_name=name, school=street),),
            adults=(adult,),
            addresses=(AddressDescribed(lines=(street,), postcode="XE1 2AB"),),
            referrer=referrer,
            references=(reference.format(name),),
        )
    )
    referral_id, (child_id,) = str(receipt.referral), receipt.children
    about = {"referral_id": referral_id}
    office.does(NameForPlanStatus, agency_id=POLICE, lawful_basis="legal-obligation")
    office.does(AcknowledgeReferral, **about)
    office.does(ShareInformation, **about, by_agency=GP, lawful_basis=name, information=words)
    office.does(
        DecideReferral, **about, outcome="assessment", team_id=f"team-{name}", rationale=words
    )
    office.does(TellReferrer, **about, words=words)
    assessed(office, child_id, words, by=name)
    on_a_plan(office, child_id, words, by=name)
    assert len(told(office)) == 6
    for each in disclosed(office.store, 0, 1000, "kafka"):
        event = cloud_event(each)
        leaves = b"".join([event.data, *(value for _, value in event.headers())]).decode()
        for private in (name, "lane", "xe1", GP, str(KIT.nhs_number), "2017", child_id):
            assert private not in leaves.lower(), private


# ── Asked again before it leaves ──────────────────────────────────────────────────────────────────


def leaving(office: Office) -> list[tuple[str, str]]:
    """Of all that was recorded: what each is, and whether it may leave now."""
    step = disclosing(office.store)
    page = disclosed(office.store, 0, 1000, "kafka")
    return [(each.event.status, step.leaves(each)) for each in page]  # type: ignore[attr-defined]


def withheld(office: Office) -> list[str]:
    return [each.reason for each in office.events("disclosure.withheld.v1")]


def test_what_was_recorded_and_may_not_leave_any_more_is_withheld_once(office: Office) -> None:
    referral_id, child_id = sent(office)
    decided(office, referral_id)
    told(office)
    assert leaving(office) == [("received", "goes"), ("decided", "goes")]
    restricted = {"named": ("rosa",), "reason": "A relative works at the station."}
    office.does(RestrictRecord, child_id=child_id, **restricted)
    for _attempt in range(2):
        assert leaving(office) == [("received", "goes"), ("decided", "withheld")]
    assert withheld(office) == ["restricted"]
    office.does(UnrestrictRecord, child_id=child_id, reason="They moved away.")
    assert leaving(office)[-1] == ("decided", "withheld")
    office.does(ReopenReferral, referral_id=referral_id, reason="A new report.")
    told(office)
    assert "corrects" not in messages(office)[-1]


def test_a_plan_leaves_only_to_who_is_named_and_of_the_child_that_was_referred(
    office: Office,
) -> None:
    office.does(NameForPlanStatus, agency_id=POLICE, lawful_basis="legal-obligation")
    referral_id, child_id = sent(office)
    on_a_plan(office, child_id)
    assert ("plan-status", "started") in told(office)
    office.does(EndPlanStatus, agency_id=POLICE)
    assert ("started", "withheld") in leaving(office)
    office.does(NameForPlanStatus, agency_id=POLICE, lawful_basis="legal-obligation")
    ended = {"reason": "child-in-need-plan", "rationale": "Safe."}
    office.does(EndProtectionPlan, plan_id=plan_of(child_id), child_id=child_id, **ended)
    assert ("plan-status", "ended") in told(office)
    reason = {"reason": "It was his cousin."}
    office.does(UnmatchChild, child_id=child_id, referral_id=referral_id, **reason)
    assert ("ended", "withheld") in leaving(office)
    assert withheld(office) == ["not-named", "not-about"]


def test_a_suspended_agency_s_waits_and_is_not_withheld(office: Office) -> None:
    sent(office)
    told(office)
    office.suspends(POLICE)
    assert leaving(office) == [("received", "waits")]
    office.does(ResumeAgency, agency_id=POLICE)
    assert leaving(office) == [("received", "goes")]
    assert withheld(office) == []


def test_however_far_behind_a_suspended_agency_misses_nothing(office: Office) -> None:
    """The step begins only after the second suspension, and before the second resumption."""
    facts = [sent(office, concern="Before.")[0]]
    office.suspends(POLICE)
    facts.append(sent(office, concern="During.", by=GP)[0])
    decided(office, facts[0], "advice")
    office.does(ResumeAgency, agency_id=POLICE)
    office.suspends(POLICE)
    office.does(ReopenReferral, referral_id=facts[0], reason="A new report.")
    assert told(office) == [("receipt", "received"), ("decision", "decided", "advice")]
    office.does(ResumeAgency, agency_id=POLICE)
    assert told(office)[2:] == [("decision", "reopened")]
