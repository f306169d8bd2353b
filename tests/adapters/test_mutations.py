"""Is any damaged message more than our formats bear? A slice of `benchmarks/mutations.py`."""

from pathlib import Path

import pytest

from tests.adapters.messages import format_named, translated
from tests.mutations import Trial, mutant

SLICE = 1500
STORED_EVERY = 50
SEED = 4


def test_damaged_messages_open_referrals_that_tell_what_is_wrong(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    for number in range(SLICE):
        became = trial.outcome(mutant(SEED, number), stored=number % STORED_EVERY == 0)
        assert became.find is None, (number, became.find.what, became.find.mutant.chain)
    trial.close()


def test_a_damaged_message_is_made_again_by_its_number() -> None:
    assert mutant(SEED, 77) == mutant(SEED, 77)
    assert len({mutant(SEED, number).sent.body for number in range(40)}) > 35


# ── What broke ──


@pytest.mark.parametrize("name", ["idna", "punycode", "undefined", "charmap", "zlib", "hex", "\0"])
def test_characters_that_are_none_are_told_and_the_words_are_read(name: str) -> None:
    """Of seed 1: 60, 444, 600, 854 and 2133."""
    told = f'content-type: text/plain; charset="{name}"'
    mail = format_named("email").example(1).replace(b"Content-Type: text/plain", told.encode())
    hl7 = format_named("hl7v2").example(1).replace(b"UNICODE UTF-8", name.encode())
    cda = (
        format_named("itk-cda")
        .example(1)
        .replace(b'encoding="UTF-8"', f'encoding="{name}"'.encode())
    )
    for of, body in (("email", mail), ("hl7v2", hl7), ("itk-cda", cda)):
        assert translated(of, body).children


def test_half_a_character_in_damaged_xml_is_shown_as_lost() -> None:
    """Of seed 1: 132954."""
    whole = format_named("itk-cda").example(1)
    for reference in (b"&#xD800;", b"&#x0000dfff;", b"&#0000056320;", b"&#xDC00"):
        said = translated("itk-cda", whole.replace(b"<title>", b"<title>" + reference))
        assert said.children
        assert said.problems
