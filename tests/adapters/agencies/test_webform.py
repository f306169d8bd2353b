"""Is a referral form in JSON understood, filled in well or badly?"""

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from adapters.agencies import webform
from adapters.referral_form import Submission
from adapters.translation import Translation
from domain.described import Identifier
from tests.adapters.messages import recognised, translated

CHILD = {
    "given_name": "Amira",
    "family_name": "Holt",
    "date_of_birth": "04/05/2016",
    "sex": "female",
    "nhs_number": "999 000 0018",
    "school": "Hill School",
}
FORM: dict[str, Any] = {
    "submission_id": "WF-1",
    "submitted_at": "2026-05-20T10:15:00+01:00",
    "urgency": "urgent",
    "referrer": {"name": "Sam Dow", "role": "Teacher", "organisation": "Hill School"},
    "children": [CHILD],
    "adults": [{"family_name": "Holt", "given_name": "Jo", "role": "mother"}],
    "address": {"lines": ["1 Mill Lane"], "postcode": "xe11aa"},
    "what_happened": "She came to school in tears.",
    "parents_informed": True,
    "consented": False,
    "reason_if_not": "It is not safe to ask.",
    "lawful_basis": "public-task",
}


def read(**more: Any) -> Translation:
    return translated("webform", json.dumps(FORM | more))


def test_a_form_opens_a_referral() -> None:
    said = read()
    assert said.intent == "new"
    assert said.key is None
    assert said.references == ("WF-1",)
    assert said.happened_at == datetime(2026, 5, 20, 9, 15, tzinfo=UTC)
    assert said.urgency == "urgent"
    assert (said.parents_informed, said.consent, said.lawful_basis) == (True, False, "public-task")
    assert said.concern == (
        "What happened: She came to school in tears.\n"
        "Why parents were not told or did not agree: It is not safe to ask."
    )
    assert said.referrer.name == "Sam Dow"
    assert said.adults[0].role == "mother"
    assert said.problems == ()


def test_the_child_is_as_the_form_says() -> None:
    (child,) = read().children
    assert (child.family_name, child.given_name, child.sex) == ("Holt", "Amira", "F")
    assert (child.born_on, child.nhs_number) == (date(2016, 5, 4), "9990000018")
    assert (child.postcode, child.school) == ("XE1 1AA", "Hill School")


def test_a_child_may_live_at_an_address_of_its_own() -> None:
    own = CHILD | {"address": {"lines": ["2 Mill Lane"], "postcode": "XE2 2BB", "restricted": True}}
    said = read(children=[own])
    assert [address.restricted for address in said.addresses] == [False, True]
    assert said.children[0].postcode is None


HOME = {"lines": ["1 Mill Lane"], "postcode": "XE1 1AA"}


@pytest.mark.parametrize(
    "address",
    [
        HOME | {"confidential": True},
        HOME | {"note": "do not disclose to father"},
        HOME | {"type": "refuge"},
        HOME | {"restrcted": "yes"},
        HOME | {"lines": ["1 Mill Lane", "Women's refuge"]},
        HOME | {"lines": ["1 Mill Lane", {"2": "9 Hidden Row"}]},
    ],
)
def test_what_stands_beside_an_address_restricts_it(address: dict[str, Any]) -> None:
    said = read(address=address)
    assert [each.restricted for each in said.addresses] == [True]
    assert said.children[0].postcode is None
    assert not any(word in said.concern for word in ("disclose", "refuge", "Hidden"))


@pytest.mark.parametrize(
    "more",
    [
        {"confidential_address": "9 Hidden Row"},
        {"address_confidential": "yes"},
        {"children": [CHILD | {"address": "9 Hidden Row"}]},
        {"children": [CHILD | {"home_address": {"lines": ["9 Hidden Row"]}}]},
        {"adults": [{"given_name": "Jo", "address": ["9 Hidden Row"]}]},
    ],
)
def test_an_address_that_stands_where_none_is_read_is_shown_to_nobody(more: dict[str, Any]) -> None:
    said = read(**({"address": HOME} | more))
    assert [each.restricted for each in said.addresses] == [True]
    assert "Hidden" not in said.concern
    assert any("See the message as it came" in problem for problem in said.problems)


@pytest.mark.parametrize("beside", [{"confidential": False}, {"note": ""}, {"refuge": "No"}])
def test_a_plain_no_beside_an_address_restricts_nothing(beside: dict[str, Any]) -> None:
    assert [each.restricted for each in read(address=HOME | beside).addresses] == [False]


@pytest.mark.parametrize(
    "more",
    [
        {"to_be_addressed": "Dad shouts"},
        {"whereabouts": "under the stairs, says Dad shouts"},
        {"children": [CHILD | {"whereabouts": "Dad shouts, he hides"}]},
        {"issues_to_address": ["Dad shouts"]},
    ],
)
def test_words_in_a_field_that_only_sounds_like_an_address_are_shown(more: dict[str, Any]) -> None:
    said = read(**({"address": HOME} | more))
    assert "Dad shouts" in said.concern
    assert [each.restricted for each in said.addresses] == [False]


@pytest.mark.parametrize(
    "beside",
    [{"county": "Exshire"}, {"uprn": 100012}, {"town": "Exton", "country": "UK"}, {"type": "home"}],
)
def test_an_everyday_part_of_an_address_restricts_nothing(beside: dict[str, Any]) -> None:
    said = read(address=HOME | beside)
    assert [each.restricted for each in said.addresses] == [False]
    assert said.children[0].postcode == "XE1 1AA"
    assert "Ex" not in said.concern
    assert any("is not shown with the concern" in problem for problem in said.problems)


@pytest.mark.parametrize(
    "beside", [{"town": "Exton refuge"}, {"county": ["x"]}, {"type": "safe house"}]
)
def test_an_everyday_part_of_an_address_that_says_more_restricts_it(beside: dict[str, Any]) -> None:
    assert [each.restricted for each in read(address=HOME | beside).addresses] == [True]


def test_an_unborn_child_has_a_due_date() -> None:
    said = read(children=[{"family_name": "Holt", "due_date": "01/09/2026"}])
    assert said.children[0].due_on == date(2026, 9, 1)
    assert said.children[0].unborn
    assert said.problems == ()


@pytest.mark.parametrize("due", ["01/09/2036", "soon", "31/02/2026"])
def test_a_due_date_that_cannot_be_one_is_kept_out(due: str) -> None:
    said = read(children=[{"family_name": "Holt", "due_date": due}])
    assert said.children[0].due_on is None
    assert any("due date" in problem for problem in said.problems)


@pytest.mark.parametrize("born", ["31/02/2016", "04/05/16", "2016", "01/01/1899", "02/07/2026"])
def test_a_birth_date_that_cannot_be_one_is_kept_out(born: str) -> None:
    said = read(children=[CHILD | {"date_of_birth": born}])
    assert said.children[0].born_on is None
    assert any(problem.startswith("Child 1: the birth date") for problem in said.problems)


def test_an_adult_is_never_a_child() -> None:
    said = read(children=[CHILD | {"date_of_birth": "04/05/1980"}])
    assert said.children == ()
    assert [adult.given_name for adult in said.adults] == ["Amira", "Jo"]
    assert "The subject is an adult: no child is named." in said.problems


def test_somebody_listed_as_adult_may_be_a_child_by_their_birth_date() -> None:
    said = read(adults=[{"given_name": "Kit", "date_of_birth": "01/01/2012", "role": "sister"}])
    assert [child.relationship for child in said.children] == [None, "sister"]
    assert said.adults == ()


def test_a_withdrawn_form_cancels_the_first() -> None:
    said = translated("webform", '{"submission_id": "WF-1", "withdrawn": true}')
    assert (said.intent, said.earlier, said.problems) == ("cancel", ("WF-1",), ())


def test_a_form_that_relates_to_another_updates_it() -> None:
    said = read(relates_to="WF-0")
    assert (said.intent, said.earlier, said.references) == ("update", ("WF-0",), ("WF-1",))


@pytest.mark.parametrize("number", ["N/A", "none", "-", "0", "1", "tbc", "unknown"])
def test_a_placeholder_is_no_reference(number: str) -> None:
    said = read(submission_id=number, relates_to=number)
    assert (said.intent, said.references, said.earlier) == ("new", (), ())
    assert "The submission id is missing: a later form cannot be put beside this one." in (
        said.problems
    )
    assert f"Reference: {number}" in said.concern
    taken_back = translated("webform", f'{{"submission_id": "{number}", "withdrawn": true}}')
    assert (taken_back.intent, taken_back.earlier) == ("cancel", ())
    assert "It does not say which form it takes back." in taken_back.problems


@pytest.mark.parametrize("born", ["04/05/86", "1985", "03/1985", "March 1985", "1985-03"])
def test_who_cannot_be_under_eighteen_is_no_child(born: str) -> None:
    said = read(children=[CHILD | {"date_of_birth": born}], adults=[])
    assert said.children == ()
    assert said.adults[0].given_name == "Amira"
    assert "The subject is an adult: no child is named." in said.problems


@pytest.mark.parametrize("born", ["2016", "05/2016", "May 2016", "2016-05"])
def test_who_cannot_be_over_eighteen_is_a_child(born: str) -> None:
    said = read(children=[CHILD | {"date_of_birth": born}])
    assert said.children[0].born_on is None
    assert said.problems == (
        "Child 1: the birth date is incomplete, not a whole date: it is shown with the concern.",
    )
    assert f"Child 1: born {born}" in said.concern


def test_two_unborn_children_without_a_name_are_two() -> None:
    said = read(children=[{"due_date": "01/09/2026"}, {"due_date": "01/09/2026"}])
    assert len(said.children) == 2


def test_nine_children_are_all_kept() -> None:
    said = read(children=[CHILD | {"given_name": f"A{n}", "nhs_number": ""} for n in range(9)])
    assert len(said.children) == 9
    assert said.problems == ("More than 8 children are named: all are kept.",)


def test_a_number_that_fails_its_check_is_only_an_identifier() -> None:
    said = read(children=[CHILD | {"nhs_number": 9990000019}])
    assert said.children[0].identifiers == (Identifier("nhs", "9990000019"),)
    assert said.problems == ("Child 1: the NHS number fails its check digit.",)


def test_what_has_no_field_is_told_without_its_content_and_shown_to_a_person() -> None:
    said = read(what_hapened="He hid", nickname="A name", urgency="very")
    assert "A field looks like “what_happened” misspelled: it was not used." in said.problems
    assert "1 field is not known: it is shown with the concern." in said.problems
    assert "Form: urgency could not be read." in said.problems
    assert not any("nickname" in problem or "very" in problem for problem in said.problems)
    assert all(words in said.concern for words in ("He hid", "A name", "very"))


@pytest.mark.parametrize("broken", [7, "Holt", [7], [[]], {"given_name": []}])
def test_a_field_of_the_wrong_kind_loses_nothing_else(broken: Any) -> None:
    said = read(children=broken)
    assert said.concern.startswith("What happened: She came to school in tears.")
    assert said.problems


def test_yes_and_no_are_understood() -> None:
    said = read(parents_informed="Yes", consented="no")
    assert (said.parents_informed, said.consent, said.problems) == (True, False, ())


def test_an_empty_form_is_kept_with_what_it_lacks() -> None:
    said = translated("webform", '{"children": []}')
    assert said.intent == "new"
    assert len(said.problems) == 3


@pytest.mark.parametrize("body", ["[]", "7", '{"age": 1}', "null", '"text"'])
def test_json_that_is_no_form_is_shown_as_text(body: str) -> None:
    said = translated("webform", body)
    assert said.concern == body
    assert said.problems == ("The message is not a referral form: none of its fields is there.",)


def test_the_schema_describes_the_example() -> None:
    schema = webform.FORMAT.schema
    assert schema is not None
    assert schema["$defs"]["Submission"]["properties"]["children"]["maxItems"] == 8
    msgspec.json.decode(webform.example(1), type=Submission)


def test_a_form_is_recognised_by_its_own_fields() -> None:
    assert recognised(json.dumps(FORM)) == "webform"
    assert recognised('{"children": []}') is None
