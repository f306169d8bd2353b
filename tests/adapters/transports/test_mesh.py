"""What was packed for the message exchange, and how much of it is ever unpacked?"""

import gzip

import pytest

from adapters.transports.mesh import unpacked

WORDS = b"Seen alone at night. " * 40


@pytest.mark.parametrize("size", [1, 7, 100, len(WORDS)])
def test_parts_that_were_packed_one_by_one_are_unpacked(size: int) -> None:
    parts = [WORDS[start : start + size] for start in range(0, len(WORDS), size)]
    assert unpacked(b"".join(map(gzip.compress, parts)), len(WORDS)) == WORDS


def test_no_more_is_unpacked_than_is_kept() -> None:
    packed = gzip.compress(WORDS)
    assert unpacked(packed, len(WORDS)) == WORDS
    assert unpacked(packed, len(WORDS) - 1) is None
    assert unpacked(gzip.compress(bytes(50 * 2**20)), 2**20) is None


def test_what_is_damaged_is_not_unpacked_in_part() -> None:
    packed = gzip.compress(WORDS)
    for end in range(1, len(packed)):
        assert unpacked(packed[:end], 10**6) is None
    for at in range(10, len(packed)):
        changed = packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]
        assert unpacked(changed, 10**6) is None
