"""Are records found that have a key in common, and none that was told apart?"""

from domain.kernel import KEYED
from projections.matches import RECORD, Lies, Shared, family_of, in_blocks, matches, sharing
from projections.matches import told_apart as apart
from tests.examples import (
    CHILD,
    REFERRAL,
    SIBLING,
    child_registered,
    details_corrected,
    household_joined,
    household_left,
    received,
    records_told_apart,
    relationship_ended,
    relationship_recorded,
    telling_apart_withdrawn,
    updated,
)
from tests.views import Given, View

BORN, NAMES, FAMILY, PHONE, HOME = (f"{KEYED}{key}" for key in ("b", "n", "f", "p", "h"))


def two(given: Given) -> View:
    view = given(matches).given(child_registered(), index=("arkwright", BORN, FAMILY))
    return view.given(child_registered(child_id=SIBLING), index=("arkwright", NAMES, FAMILY))


def test_records_that_have_one_of_the_keys_are_found(given: Given) -> None:
    view = two(given)
    assert sharing(view.query, [BORN], most=9) == {CHILD}
    assert sharing(view.query, [BORN, NAMES, BORN], most=9) == {CHILD, SIBLING}
    assert sharing(view.query, ["arkwright"], most=9) == frozenset()  # a name is no key
    assert sharing(view.query, [], most=9) == frozenset()


def test_a_key_that_too_many_have_finds_none_of_them(given: Given) -> None:
    view = two(given)
    assert sharing(view.query, [FAMILY], most=2) == {CHILD, SIBLING}
    assert sharing(view.query, [FAMILY, BORN], most=1) == {CHILD}


def test_a_corrected_record_is_found_by_what_it_says_now(given: Given) -> None:
    view = two(given).given(details_corrected(), index=(NAMES,))
    assert sharing(view.query, [BORN], most=9) == frozenset()
    assert sharing(view.query, [NAMES], most=9) == {CHILD, SIBLING}


def test_every_record_is_listed_by_key_a_few_at_a_time(given: Given) -> None:
    view = two(given).given(household_joined(), index=(HOME,))
    keys = [Lies(BORN, CHILD), Lies(FAMILY, CHILD), Lies(FAMILY, SIBLING), Lies(NAMES, SIBLING)]
    assert in_blocks(view.query, limit=9) == keys
    assert in_blocks(view.query, limit=2) == keys[:2]
    assert in_blocks(view.query, after=BORN, limit=9) == keys[1:]


def test_a_family_is_suggested_by_surname_and_place_but_not_by_a_likeness(given: Given) -> None:
    view = two(given)
    shared = [Shared(SIBLING, RECORD, RECORD)]
    assert family_of(view.query, CHILD, [FAMILY], most=9) == shared
    assert family_of(view.query, CHILD, [], most=9) == []
    assert family_of(view.query, CHILD, [FAMILY], most=1) == []


def test_a_family_is_suggested_by_the_telephone_of_an_adult_as_long_as_it_holds(
    given: Given,
) -> None:
    view = two(given).given(received(), index=(PHONE,))
    view.given(relationship_recorded(child_id=SIBLING), index=(PHONE,))
    shared = [Shared(SIBLING, REFERRAL, relationship_recorded().relationship_id)]
    assert family_of(view.query, CHILD, [], most=9) == shared
    view.given(relationship_ended(child_id=SIBLING))
    assert family_of(view.query, CHILD, [], most=9) == []
    view.given(updated(child_ids=(SIBLING,)), index=(PHONE,))
    assert family_of(view.query, CHILD, [], most=9) == [Shared(SIBLING, REFERRAL, REFERRAL)]


def test_a_family_is_suggested_by_an_address_until_one_has_left(given: Given) -> None:
    view = two(given).given(household_joined(), index=(HOME,))
    view.given(household_joined(child_id=SIBLING, household_id="household-9"), index=(HOME,))
    home = household_joined().household_id
    assert family_of(view.query, CHILD, [], most=9) == [Shared(SIBLING, home, "household-9")]
    view.given(household_left())
    assert family_of(view.query, CHILD, [], most=9) == []


def test_a_pair_is_told_apart_until_that_is_withdrawn(given: Given) -> None:
    view = two(given).given(records_told_apart())
    for asked in ([CHILD], [SIBLING], [CHILD, SIBLING]):
        assert apart(view.query, asked) == {frozenset((CHILD, SIBLING))}
    assert apart(view.query, []) == frozenset()
    view.given(telling_apart_withdrawn())
    assert apart(view.query, [CHILD]) == frozenset()
