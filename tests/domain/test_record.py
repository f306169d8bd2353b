"""Record: an error is put right by a new entry, and the old one stays."""

from domain.record import ALONE, INSTEAD
from projections.chronology import chronology
from tests.examples import correct_entry, corrected, retract_entry, retracted
from tests.scenario import given


def test_an_entry_is_corrected_once() -> None:
    given().when(correct_entry()).then(corrected())
    given(corrected()).when(correct_entry()).then_nothing()


def test_an_entry_is_retracted_once() -> None:
    given().when(retract_entry()).then(retracted())
    given(retracted()).when(retract_entry()).then_nothing()


def test_a_correction_is_not_changed_into_another() -> None:
    given(corrected()).when(retract_entry()).then_refused("already corrected")
    given(retracted()).when(correct_entry()).then_refused("already retracted")


def test_another_correction_under_the_same_id_is_refused_and_not_dropped() -> None:
    given(corrected(command="1")).when(correct_entry(command="1")).then_nothing()
    given(corrected(command="1")).when(correct_entry(command="2")).then_refused("make another")
    given(retracted(command="1")).when(retract_entry(command="2")).then_refused("make another")


def test_a_correction_says_what_is_right_and_why() -> None:
    given().when(correct_entry(words="")).then_refused("Write what is right")
    given().when(correct_entry(reason=" ")).then_refused("Record why")
    given().when(retract_entry(reason=" ")).then_refused("Record why")


def test_the_id_of_another_correction_is_not_taken_again() -> None:
    given(corrected()).when(correct_entry(child_id="child-other")).then_refused("another entry")
    given(retracted()).when(retract_entry(position=99)).then_refused("another entry")


def test_of_every_entry_of_a_timeline_it_is_said_what_puts_it_right() -> None:
    assert set(chronology.events) == ALONE | INSTEAD.keys()
    assert not ALONE & INSTEAD.keys()
    assert all(told.strip().endswith(".") and "  " not in told for told in INSTEAD.values())
