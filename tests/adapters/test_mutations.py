"""Is any damaged message more than our formats bear? A slice of `benchmarks/mutations.py`."""

from pathlib import Path

import pytest

from adapters.reading import text_of_html
from tests.adapters.messages import format_named, sent, translated
from tests.long_messages import LONG
from tests.mutations import Trial, alarmed, mutant

SLICE = 1000
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


def test_a_character_whose_number_has_thousands_of_digits_is_shown_as_lost() -> None:
    reference = "&#" + "9" * 5000 + ";"
    assert (
        text_of_html(f"<p>We saw {reference} again</p>") == "We saw \N{REPLACEMENT CHARACTER} again"
    )


def test_a_style_sheet_is_left_out_beside_a_letter_that_has_no_small_one() -> None:
    assert text_of_html("<p>\u0130\u0130 a<STYLE>p {}</STYLE> b</p>") == "\u0130\u0130 a b"


def test_a_parameter_in_pieces_of_which_one_has_no_number_leaves_the_words() -> None:
    """Of seed 11: 4546828."""
    said = translated(
        "email",
        format_named("email")
        .example(1)
        .replace(b"text/plain", b"text/plain; charset*0=utf; charset*", 1),
    )
    assert said.children
    assert "The e-mail is broken: it was read as plain text." in said.problems


def test_an_element_whose_prefix_was_never_declared_is_read_by_its_name() -> None:
    """Of seed 11: 6471846."""
    whole = format_named("gp-connect").example(1)
    inner = b'<s:extension><a xmlns="2001-01-01"/></s:extension><Patient>'
    assert translated("gp-connect", whole.replace(b"<Patient>", inner, 1)).concern
    alone = b'<s:Bundle><entry xmlns="2001-01-01"/></s:Bundle>'
    assert translated("gp-connect", alone).problems


# ── Long ones ──


@pytest.mark.parametrize("case", LONG)
def test_a_message_of_five_megabytes_is_read_to_its_end(case: str) -> None:
    """Within how long, `benchmarks/mutations.py` tells: this is no measurement."""
    with alarmed(60):
        assert format_named(LONG[case].format).translate(sent(LONG[case].body))
