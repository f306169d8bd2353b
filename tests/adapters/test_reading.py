"""Is everything read that can be, and nothing raised, whatever the bytes?"""

import codecs
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.reading import (
    LARGEST_READ,
    NoJson,
    Problems,
    beginning,
    cleaned,
    decoded,
    json_value,
    shown,
    text_of_html,
    unread,
)
from tests.adapters.messages import sent

TEXT = "Zoë said “no” ✓"


def read(body: bytes, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    problems = Problems()
    return decoded(body, problems, declared), problems.told()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marked_characters_and_utf8_are_read_without_a_word(encoding: str) -> None:
    assert read(TEXT.encode(encoding)) == (TEXT, ())


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE])
def test_either_order_of_bytes_is_read(mark: bytes) -> None:
    name = "utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le"
    assert read(mark + TEXT.encode(name)) == (TEXT, ())


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_unmarked_utf16_is_read_and_told(name: str) -> None:
    assert read("please ring me".encode(name)) == (
        "please ring me",
        ("The characters are not marked as UTF-16, but were read as that.",),
    )


def test_windows_characters_are_a_guess() -> None:
    text, problems = read("Zoë is not safe".encode("windows-1252"))
    assert text == "Zoë is not safe"
    assert problems == (
        "The characters are not UTF-8: they were read as Windows-1252, and some may be wrong.",
    )


def test_a_cut_in_the_middle_of_a_character_is_told() -> None:
    assert read("Zoë and Siân".encode()[:-2]) == (
        "Zoë and Si",
        ("The message is cut off in the middle of a character.",),
    )


@pytest.mark.parametrize("declared", ["8859/1", "ISO_8859-1", "latin-1", "ISO IR 1"])
def test_declared_characters_are_believed_unless_they_are_utf8(declared: str) -> None:
    assert read("Zoë".encode("latin-1"), declared) == ("Zoë", ())
    assert read(b"plain", declared) == ("plain", ())
    assert read("Zoë".encode(), declared)[0] == "Zoë"
    assert read("Zoë".encode(), declared)[1]


@pytest.mark.parametrize("declared", ["X-UNKNOWN", "rot13", "base64", "", "a\0b", "ascii"])
def test_an_unknown_character_set_is_no_obstacle(declared: str) -> None:
    assert read(TEXT.encode(), declared)[0] == TEXT


def test_control_characters_are_left_out() -> None:
    assert cleaned("a\0b\x0bc\x1cd\ufeffe\tf\r\n\ud800") == "abcde\tf\r\n\N{REPLACEMENT CHARACTER}"


DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_no_character_turns_the_line_round_that_it_stands_in() -> None:
    assert cleaned(f"{DIRECTIONS}gpj{DIRECTIONS}.exe") == "gpj.exe"
    assert cleaned("\u200eשרה\u200f و سارة") == "\u200eשרה\u200f و سارة", "other scripts stay whole"


def test_a_direction_that_is_left_out_of_json_is_no_problem() -> None:
    problems = Problems()
    told = json_value(json.dumps({"title": f"{DIRECTIONS}gpj.exe"}), problems)
    assert (told, problems.told()) == ({"title": "gpj.exe"}, ())
    json_value(json.dumps({"title": "\x00"}), problems)
    assert problems


@given(st.binary())
def test_any_bytes_can_be_decoded(body: bytes) -> None:
    text, _ = read(body)
    text.encode()
    beginning(sent(body))


def test_problems_are_told_once_and_not_without_end() -> None:
    problems = Problems()
    for number in range(100):
        problems.say("The same.")
        problems.say(f"Problem {number}.")
    assert len(problems.told()) == 41
    assert problems.told()[0] == "The same."
    assert problems.told()[-1] == "More is wrong with the message than is listed here."


# ── JSON ──


def test_json_is_read() -> None:
    problems = Problems()
    assert json_value('{"a": [1, 2.5, true, null, "x"]}', problems) == {
        "a": [1, 2.5, True, None, "x"]
    }
    assert not problems


@pytest.mark.parametrize(
    ("text", "value", "word"),
    [
        ('{"a": 1, "a": 2}', {"a": 2}, "twice"),
        ('{"a": "\\ud800\\u0000b"}', {"a": "\N{REPLACEMENT CHARACTER}b"}, "characters"),
        ('["\\ud800"]', ["\N{REPLACEMENT CHARACTER}"], "characters"),
        ('{"a": 1e999999}', {"a": "1e999999"}, "too large"),
        ("[" + "9" * 10_000 + "]", ["9" * 10_000], "too large"),
        ('{"a": NaN}', {"a": None}, "not a number"),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}, ""),
    ],
)
def test_odd_json_is_read_and_told(text: str, value: object, word: str) -> None:
    problems = Problems()
    assert json_value(text, problems) == value
    assert any(word in problem for problem in problems.told()) or not word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "not complete"),
        ('{"a": ', "not complete"),
        ('{"a": 1} x', "not complete"),
        ("<a/>", "not complete"),
        ("[" * 200_000, "too deeply"),
        ('{"a":' * 200_000, "too deeply"),
        ('"' + "x" * LARGEST_READ + '"', "larger than 1 MiB"),
    ],
)
def test_json_that_cannot_be_read_is_told(text: str, word: str) -> None:
    problems = Problems()
    with pytest.raises(NoJson):
        json_value(text, problems)
    assert word in problems.told()[0]


# ── Text ──


def test_the_words_of_html_are_read() -> None:
    markup = "<head><title>t</title></head><p>one&nbsp;&lt;two&gt;<br/>three</p><script>x</script>"
    assert text_of_html(markup) == "one <two>\nthree"


@given(st.text("<>/ abpscriptyle&;!-\n"))
def test_any_markup_can_be_read(markup: str) -> None:
    assert not re.search(r"<(?:p|br)>", text_of_html(markup.replace("&", "")))


def test_noise_is_not_shown_as_text() -> None:
    said = unread(sent(bytes(range(256)) * 8), "whatever", Problems())
    assert said.concern == ""
    assert said.problems == ("The message holds no readable text: look at it as it came.",)


def test_a_very_long_text_is_shown_to_a_limit() -> None:
    problems = Problems()
    assert len(shown("x" * (LARGEST_READ + 1), problems)) == LARGEST_READ
    assert problems
