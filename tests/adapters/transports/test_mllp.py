"""Which messages stand in a stream of bytes, and what do their senders read in the answer?"""

from datetime import UTC, datetime

import pytest

from adapters.transports.mllp import Frame, Frames, answer

AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
HEADER = b"MSH|^~\\&|EPR|CITY|SAFE|COUNCIL|20260303||REF^I12|MSG-7|T|2.5.1\r"
ONE, TWO = b"MSH|^~\\&|one\r", b"MSH|^~\\&|two\r"


def found(*pieces: bytes, most: int = 1000) -> list[Frame]:
    frames = Frames(most)
    return [frame for piece in pieces for frame in frames.feed(piece)]


def framed(body: bytes) -> bytes:
    return b"\x0b" + body + b"\x1c\r"


def test_messages_are_found_however_their_bytes_arrive() -> None:
    sent = framed(ONE) + framed(TWO)
    for size in range(1, len(sent)):
        pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
        assert found(*pieces) == [Frame(ONE), Frame(TWO)], size


def test_what_stands_between_messages_is_passed_over() -> None:
    noise = b"GET / HTTP/1.1\r\n\x1c\r\r\n"
    assert found(noise + framed(ONE) + noise, noise + framed(TWO)) == [Frame(ONE), Frame(TWO)]


def test_bytes_outside_a_message_are_counted_but_for_line_ends() -> None:
    frames = Frames(1000)
    for piece in (b"\r\n", ONE, b" \r" + framed(TWO) + b"\r\n", framed(ONE)):
        list(frames.feed(piece))
    assert frames.outside == len(ONE.strip())


def test_a_line_break_of_a_word_processor_begins_no_message() -> None:
    body = ONE + b"NTE|1||first line\x0bsecond line\x1cthird\r"
    assert found(framed(body)) == [Frame(body)]


def test_a_message_without_an_end_is_told_from_the_next() -> None:
    assert found(b"\x0b" + ONE + framed(TWO)) == [Frame(ONE, "unended"), Frame(TWO)]
    assert found(b"\x0b" + framed(TWO)) == [Frame(TWO)]


@pytest.mark.parametrize("size", [1, 3, 50, 5000])
def test_of_a_message_that_is_too_large_no_more_than_its_beginning_is_held(size: int) -> None:
    sent = framed(ONE + b"x" * 3000) + framed(TWO)
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
    large, *rest = found(*pieces)
    assert large.body.startswith(ONE)
    assert rest == [Frame(TWO)]
    assert size == 5000 or large.state == "too-large"


def test_an_unended_message_does_not_make_the_next_too_large() -> None:
    first, second = ONE + b"x" * 700, TWO + b"y" * 700
    frames = Frames(1000)
    got = [*frames.feed(b"\x0b" + first), *frames.feed(framed(second))]
    assert got == [Frame(first, "unended"), Frame(second)]
    endless = [*Frames(1000).feed(b"\x0b" + first + b"\x0b" + second)]
    assert endless == [Frame(first, "unended")]


def test_an_answer_goes_back_to_whom_the_message_came_from() -> None:
    said = answer(HEADER + b"PID|1\r", "AA", "", AT)
    assert (said[:1], said[-2:]) == (b"\x0b", b"\x1c\r")
    msh, msa, _ = said[1:-2].split(b"\r")
    fields = msh.split(b"|")
    assert fields[1:7] == [b"^~\\&", b"SAFE", b"COUNCIL", b"EPR", b"CITY", b"20260303093000+0000"]
    assert (fields[8], fields[10], fields[11]) == (b"ACK^I12", b"T", b"2.5.1")
    assert fields[9] not in (b"", b"MSG-7")
    assert msa == b"MSA|AA|MSG-7"


def test_an_answer_repeats_the_senders_own_separators_and_bytes() -> None:
    header = "MSH#@~\\&#é#A#B#C###REF@I12#Nö|1#P#2.4\r".encode("latin-1")
    said = answer(header, "AE", "Send it | again.", AT)
    assert b"MSA#AE#N\xf6|1#Send it \\F\\ again.\r" in said
    assert b"#ACK@I12#" in said


@pytest.mark.parametrize(
    "body", [b"", b"MSH", b"MSHMSH", b"PID|1\r", b"\x00" * 50, b"MSH|", b"MSH|\r|", b"MSH" * 9999]
)
def test_a_message_without_a_header_is_answered_too(body: bytes) -> None:
    said = answer(body, "AA", "", AT)
    assert said.startswith(b"\x0bMSH|^~\\&|")
    assert b"\rMSA|AA|" in said


def test_an_answer_holds_no_sign_that_would_end_it_early() -> None:
    said = answer(b"MSH|^~\\&|A\x1c|\x0bB|||||REF^I12|7\x1c\x0b8\r", "AR", "No.", AT)
    assert said[1:-2].translate(None, b"\r").isascii()
    assert not set(said[1:-2]) & {0x0B, 0x1C}
    assert b"MSA|AR|78|No." in said
