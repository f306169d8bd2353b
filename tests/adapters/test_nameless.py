"""Which words in a name stand for no name?"""

import pytest

from adapters.nameless import names, which_of_several


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("UNKNOWN", "UNKNOWN"),
        ("Unknown", "Female"),
        ("Unknown Child", ""),
        ("", "unknown 2"),
        ("Not Known", "not yet known"),
        ("not stated", "Not recorded"),
        ("N/K", "NK"),
        ("N/A", "n/a"),
        ("NA", "NA"),
        ("None", "None"),
        ("NULL", "null"),
        ("no name given", ""),
        ("Unnamed", "Baby Girl"),
        ("BABY", ""),
        ("Baby", "Boy"),
        ("BABY OF SMITH", "Twin 1"),
        ("Baby girl of Smith", ""),
        ("B/O SMITH", "Infant"),
        ("BABY SMITH", "Twin Two"),
        ("xx", "XX"),
        ("zz", "Zzz"),
        ("?", "-"),
        ("tbc", "To be confirmed"),
    ],
)
def test_a_name_of_placeholders_is_none(family: str, given: str) -> None:
    assert names(family, given) == ("", "")


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("Marlow", "Kit"),
        ("Baby", "Amira"),
        ("Child", "Sam"),
        ("Boy", "Tom"),
        ("None", "Kit"),
        ("Null", "Ann"),
        ("Li", "Na"),
        ("Na", "Soo"),
        ("Noone", "Peter"),
        ("Knowles", "Unity"),
        ("Smith", "A"),
        ("O'Ryan", "Bo"),
        ("李", "娜"),
        ("", ""),
    ],
)
def test_a_name_of_somebody_is_kept(family: str, given: str) -> None:
    assert names(family, given) == (family, given)


@pytest.mark.parametrize(
    ("family", "given", "left"),
    [
        ("Smith", "Baby", ("Smith", "")),
        ("Smith", "Baby Boy", ("Smith", "")),
        ("Smith", "Twin B", ("Smith", "")),
        ("Smith", "Infant of Jane", ("Smith", "")),
        ("Smith", "UNKNOWN", ("Smith", "")),
        ("Unknown", "Kofi", ("", "Kofi")),
        ("XXX", "Bo", ("", "Bo")),
        ("BABY OF SMITH", "Aurora", ("", "Aurora")),
    ],
)
def test_of_a_name_that_is_half_known_that_half_is_kept(
    family: str, given: str, left: tuple[str, str]
) -> None:
    assert names(family, given) == left


@pytest.mark.parametrize(
    ("family", "given", "which"),
    [
        ("Smith", "Twin 1", "1"),
        ("Smith", "twin B", "2"),
        ("Smith", "Second twin", "2"),
        ("Smith", "Triplet III", "3"),
        ("Unknown", "Child 02", "2"),
        ("Smith", "Twin", ""),
        ("Smith", "Baby", None),
        ("Marlow", "Kit", None),
    ],
)
def test_twins_are_told_apart_by_their_number(family: str, given: str, which: str | None) -> None:
    assert which_of_several(family, given) == which
