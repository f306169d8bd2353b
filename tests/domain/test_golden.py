"""Golden files: what was ever stored is read for ever."""

import pytest

from domain.catalogue import EVENTS
from domain.kernel import stored_name
from tests.golden import GOLDEN, decoded, read, stored

NAMES = sorted(file.name.removesuffix(".json") for file in GOLDEN.glob("*.json"))


def test_every_stored_name_has_its_golden_file() -> None:
    assert sorted(EVENTS) == NAMES, "`python -m tests.golden` writes the missing files"


@pytest.mark.parametrize("name", NAMES)
def test_what_was_stored_is_read_and_nothing_of_it_is_lost(name: str) -> None:
    event = decoded(name)

    assert stored_name(type(event)) == name
    assert stored(event) == read(name)
