"""Is a child found, whatever became of the record and of the name?"""

from projections.children import (
    child,
    children,
    found,
    households,
    merged_into,
    registered,
    relationships,
    restricted,
    these,
)
from tests.examples import (
    CASE,
    CHILD,
    MANAGER,
    REFERRAL,
    SIBLING,
    WORKER,
    case_closed,
    case_opened,
    case_reopened,
    child_registered,
    details_corrected,
    household_joined,
    household_left,
    record_restricted,
    record_unrestricted,
    records_merged,
    records_separated,
    relationship_ended,
    relationship_recorded,
)
from tests.views import Given, View, day, on


def ids(view: View, *tokens: str) -> list[str]:
    return [each.child_id for each in found(view.query, tokens)]


def test_a_child_is_found_by_whole_names_together(given: Given) -> None:
    view = given(children).given(child_registered(), index=("tamsin", "arkwright"))
    view.given(child_registered(child_id=SIBLING), index=("joe", "arkwright"))
    assert ids(view, "arkwright") == [SIBLING, CHILD]
    assert ids(view, "arkwright", "tamsin", "tamsin") == [CHILD]
    assert ids(view, "arkwright", "nobody") == []
    assert ids(view) == []


def test_a_part_of_a_name_does_for_the_word_only_where_it_is_asked_for(given: Given) -> None:
    view = given(children).given(child_registered(), index=("tamsin", "odowd", "part-dowd"))
    view.given(child_registered(child_id=SIBLING), index=("joe", "dowd"))
    as_parts = {"dowd": "part-dowd", "tamsin": "part-tamsin"}
    assert ids(view, "dowd") == [SIBLING]
    assert [each.child_id for each in found(view.query, ["dowd"], as_parts)] == [SIBLING, CHILD]
    both = found(view.query, ["dowd", "tamsin"], as_parts)
    assert [each.child_id for each in both] == [CHILD]
    assert found(view.query, ["odowd", "joe"], as_parts) == []


def test_a_corrected_name_is_found_and_the_wrong_one_is_not(given: Given) -> None:
    view = given(children).given(child_registered(), index=("tamsin", "arkrite"))
    view.given(details_corrected(), index=("tamsin", "arkwright"))
    assert ids(view, "arkwright") == [CHILD]
    assert ids(view, "arkrite") == []


def test_details_are_sealed_as_last_known_and_as_first_told(given: Given) -> None:
    view = given(children, child_registered(unborn=True, sex="U"), details_corrected())
    (known,) = registered(view.query)
    assert (known.first_sealed, known.sealed) == (b"sealed at 1", b"sealed at 2")
    assert (known.unborn, known.sex, known.referral_id) == (False, "F", REFERRAL)


def test_a_merged_record_leads_to_the_child_it_became(given: Given) -> None:
    view = given(children).given(child_registered(), index=("tamsin",))
    view.given(child_registered(child_id=SIBLING), index=("tammy",))
    view.given(child_registered(child_id="child-3"), index=("t",))
    view.given(records_merged(), records_merged(child_id="child-3", merged_child_id=CHILD))
    (survivor,) = found(view.query, ["tammy"])
    assert survivor.child_id == "child-3"
    assert survivor.records == (CHILD, SIBLING)
    assert child(view.query, SIBLING) == child(view.query, CHILD) == survivor
    assert registered(view.query) == [survivor]


def test_two_records_merged_into_each_other_are_one_child(given: Given) -> None:
    view = given(children, child_registered(), child_registered(child_id=SIBLING))
    view.given(child_registered(child_id="child-3"))
    view.given(records_merged(), records_merged(child_id=SIBLING, merged_child_id=CHILD))
    view.given(records_merged(child_id="child-3", merged_child_id=CHILD))
    view.given(records_merged(child_id=SIBLING, merged_child_id="child-3"))
    (survivor,) = registered(view.query)
    assert survivor.child_id == "child-3"
    assert set(survivor.records) == {CHILD, SIBLING}
    assert child(view.query, SIBLING) == child(view.query, CHILD) == survivor


def test_separated_records_are_two_children_again(given: Given) -> None:
    view = given(children, child_registered(), child_registered(child_id=SIBLING))
    view.given(records_merged(), records_separated())
    assert [each.child_id for each in registered(view.query)] == [SIBLING, CHILD]


def test_a_child_has_the_cases_of_all_their_records(given: Given) -> None:
    view = given(children, child_registered(), child_registered(child_id=SIBLING))
    view.given(case_opened(), case_opened(child_id=SIBLING, case_id="case-2"), case_closed())
    view.given(records_merged())
    (both,) = registered(view.query)
    assert both.cases == (CASE, "case-2")
    assert both.open_cases == ("case-2",)
    view.given(case_reopened())
    assert registered(view.query)[0].open_cases == (CASE, "case-2")


def test_a_restricted_record_names_who_may_open_it(given: Given) -> None:
    view = given(children, child_registered(), record_restricted())
    (kept,) = registered(view.query)
    assert kept.restricted
    assert kept.named == (WORKER, MANAGER)
    view.given(record_unrestricted())
    assert not registered(view.query)[0].restricted


def test_a_restricted_record_takes_what_was_merged_with_it_along(given: Given) -> None:
    view = given(children, child_registered(), child_registered(child_id=SIBLING))
    view.given(child_registered(child_id="child-3"), records_merged())
    assert restricted(view.query) == frozenset()
    view.given(record_restricted(child_id=SIBLING))
    assert restricted(view.query) == {CHILD, SIBLING}
    (survivor,) = these(view.query, [SIBLING])
    assert (survivor.child_id, survivor.restricted) == (CHILD, True)
    assert survivor.named == (WORKER, MANAGER)


def test_a_merged_record_tells_which_it_became(given: Given) -> None:
    view = given(children, child_registered(), child_registered(child_id=SIBLING))
    view.given(records_merged())
    assert merged_into(view.query, SIBLING) == CHILD
    assert merged_into(view.query, CHILD) is None
    assert merged_into(view.query, "nobody") is None


def test_a_child_nobody_registered_is_not_known(given: Given) -> None:
    assert child(given(children).query, CHILD) is None


def test_relationships_are_listed_with_their_end(given: Given) -> None:
    sister = on(1, relationship_recorded(relationship_id="r-2", other_child_id=SIBLING))
    view = given(children, relationship_recorded(), sister, on(2, relationship_ended()))
    newer, older = relationships(view.query, CHILD)
    assert (newer.other_child_id, newer.ended_at) == (SIBLING, None)
    assert (older.relation, older.ended_at, older.sealed) == ("mother", day(2), b"sealed at 1")


def test_a_household_shows_the_children_who_are_in_it_now(given: Given) -> None:
    view = given(children, household_joined(), household_joined(child_id=SIBLING))
    view.given(household_joined(child_id="child-3"), household_left(child_id="child-3"))
    (home,) = households(view.query, CHILD)
    assert home.with_children == (SIBLING,)
    view.given(on(3, household_left()))
    assert households(view.query, CHILD)[0].left_at == day(3)
    assert households(view.query, SIBLING)[0].with_children == ()
