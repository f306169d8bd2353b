"""Is a message shown as it came, and nothing of it hidden?"""

from services.messages import legible


def test_what_turns_a_line_round_is_shown_as_its_code() -> None:
    assert legible("\u202egpj.exe\u2069".encode()) == "[U+202E]gpj.exe[U+2069]"


def test_control_characters_are_shown_as_their_pictures() -> None:
    assert (
        legible(b"MSH\rPID\x0b\x7f")
        == "MSH\nPID\N{SYMBOL FOR VERTICAL TABULATION}\N{SYMBOL FOR DELETE}"
    )
