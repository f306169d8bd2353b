"""Is an Operation Encompass notification understood?"""

from datetime import UTC, date, datetime

import pytest

from adapters.agencies import encompass
from adapters.translation import Translation
from tests.adapters.messages import recognised, translated

HEAD = (
    "From: Encompass <encompass@police.example>\r\nTo: front.door@exampleshire.example\r\n"
    "Date: Wed, 20 May 2026 07:15:00 +0100\r\nMessage-ID: <m1@police.example>\r\n"
)
LINES = (
    "Encompass reference: OE-1",
    "Incident number: NP-77",
    "Date of incident: 19/05/2026 21:40",
    "Force: North Police",
    "DA risk grading: High",
    "Children present: yes, upstairs",
    "School: Hill School",
    "Officer: PC Sam Dow",
    "Collar number: 1234",
    "Child 1: Amira Holt",
    "DOB: 04/05/2016",
    "Child 2: Kit Holt",
    "DOB: 04/05/2018",
    "School: Beck School",
    "Victim: Jo Holt, born 01/02/1990, mother",
    "Perpetrator: Sam Grey, born 01/02/1988",
    "Address: 1 Mill Lane, Town, XE1 1AA",
    "Circumstances: Neighbours heard shouting.",
    "Voice of the child: I hid under the bed.",
)


def mail(*lines: str, subject: str = "Operation Encompass", head: str = "") -> str:
    return f"{HEAD}{head}Subject: {subject}\r\n\r\n" + "\r\n".join(lines) + "\r\n"


def by_mail(*lines: str, head: str = "") -> Translation:
    return translated("encompass", mail(*lines, head=head))


def test_a_notification_opens_a_referral() -> None:
    said = by_mail(*LINES)
    assert (said.intent, said.key) == ("new", "m1@police.example")
    assert said.references == ("OE-1", "m1@police.example", "", "NP-77")
    assert (said.source, said.lawful_basis, said.urgency) == ("6", "duty", "urgent")
    assert said.happened_at == datetime(2026, 5, 19, 20, 40, tzinfo=UTC)
    assert (said.referrer.name, said.referrer.organisation) == ("PC Sam Dow", "North Police")
    for words in (
        "Operation Encompass: a child was present at domestic abuse.",
        "Risk of domestic abuse as the police graded it: high",
        "Children present: yes, upstairs",
        "Circumstances: Neighbours heard shouting.",
        "What the child said: I hid under the bed.",
    ):
        assert words in said.concern
    assert said.problems == ()


def test_each_child_has_a_school() -> None:
    amira, kit = by_mail(*LINES).children
    assert (amira.given_name, amira.born_on, amira.school) == (
        "Amira",
        date(2016, 5, 4),
        "Hill School",
    )
    assert (kit.given_name, kit.school) == ("Kit", "Beck School")


def test_victim_and_perpetrator_are_adults_with_their_roles() -> None:
    said = by_mail(*LINES)
    assert [(each.given_name, each.role) for each in said.adults] == [
        ("Jo", "victim, mother"),
        ("Sam", "perpetrator"),
    ]


def test_where_the_family_lives_is_restricted_and_never_in_the_words() -> None:
    said = by_mail(*LINES, "Perpetrator's address: 9 Elm Row, XE9 9ZZ")
    assert [(each.lines[0], each.restricted) for each in said.addresses] == [
        ("1 Mill Lane", True),
        ("9 Elm Row", False),
    ]
    assert {child.postcode for child in said.children} == {None}
    assert "Mill Lane" not in f"{said.concern}{said.problems}"


@pytest.mark.parametrize("risk", ["standard", "Medium", "HIGH"])
def test_every_grading_is_read(risk: str) -> None:
    said = by_mail(*(line for line in LINES if "risk" not in line), f"DASH risk: {risk}")
    assert f"graded it: {risk.lower()}" in said.concern
    assert said.urgency == ("routine" if risk == "standard" else "urgent")
    assert said.problems == ()


def test_a_grading_that_is_none_is_told_and_shown() -> None:
    said = by_mail(*(line for line in LINES if "risk" not in line), "Risk: to be confirmed")
    assert "to be confirmed" in said.concern
    assert said.problems == ("Notification: risk could not be read.",)


def test_a_follow_up_updates_the_first_notification() -> None:
    said = by_mail("Follow-up to: OE-0", *LINES, head="In-Reply-To: <m0@police.example>\r\n")
    assert (said.intent, said.earlier) == ("update", ("OE-0", "m0@police.example"))
    assert by_mail(*LINES, head="In-Reply-To: <m0@police.example>\r\n").intent == "new"


def test_what_is_missing_is_told() -> None:
    said = by_mail("Encompass reference: tbc", "School: Hill School", "Child: Amira Holt")
    assert "No concern is told: read the message as it came." in said.problems
    assert "The incident number is missing: a follow-up cannot be put beside it." in said.problems
    assert "Reference: tbc" in said.concern


def test_it_is_recognised_by_its_subject_or_its_own_labels() -> None:
    assert recognised(mail(*LINES)) == "encompass"
    assert recognised(mail(*LINES, subject="RE: Operation Encompass")) == "encompass"
    assert recognised(mail(*LINES, subject="Notice")) == "encompass"
    assert recognised("\n".join(LINES)) == "encompass"
    typed = ("Notification: Operation Encompass", *LINES[1:])
    assert recognised(mail(*typed, subject="")) == "encompass"


def test_what_only_speaks_of_it_is_another_message() -> None:
    assert recognised(mail("Please ring me.", subject="Operation Encompass training")) == "email"
    notice = ("Notice number: PN-1", "Operation Encompass: school told", *LINES[1:])
    assert recognised(mail(*notice, subject="Notice")) == "police-notice"
    away = mail(*LINES, head="Auto-Submitted: auto-replied\r\n")
    assert recognised(away) == "email"


def test_any_other_email_is_kept_for_a_person() -> None:
    said = by_mail("Please ring me about a child.")
    assert said.concern == "Subject: Operation Encompass\n\nPlease ring me about a child."
    assert said.referrer.contact == "encompass@police.example"
    assert said.problems == (
        "The message is not laid out as Operation Encompass does: a person must read it.",
    )


def test_labelled_lines_without_an_email_are_read_too() -> None:
    said = translated("encompass", "\n".join(LINES))
    assert said.children[0].given_name == "Amira"
    assert said.key is None


def test_the_example_tells_how_the_police_graded_the_risk() -> None:
    said = translated("encompass", encompass.example(2))
    assert "Risk of domestic abuse as the police graded it:" in said.concern


@pytest.mark.parametrize(
    "line",
    [
        "The following child attends your school: Ava Holt 05/06/2016",
        "The following children attend your school: Ava Holt 05/06/2016 and Kit Holt 04/05/2018",
    ],
)
def test_the_children_are_enough_under_the_heading(line: str) -> None:
    lines = ("Operation Encompass", "", "Police attended an incident last night.", line)
    body = mail(*lines, subject="encompass")
    assert recognised(body) == "encompass"
    said = translated("encompass", body)
    assert said.children[0].given_name == "Ava"
    assert said.children[0].born_on == date(2016, 6, 5)
    assert len(said.children) == line.count("Holt")
    assert "Police attended an incident last night." in said.concern


def test_a_grade_may_be_a_number_and_an_incident_is_never_the_number_of_its_own() -> None:
    said = by_mail("Incident number: NP-77", "Force: North", "Grade: 1", "Child 1: Amira Holt")
    assert said.urgency == "immediate"
    assert said.references == ("m1@police.example", "", "NP-77")
