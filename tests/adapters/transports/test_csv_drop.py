"""What does the sender of a table read about its rows?"""

import csv
import io
from pathlib import Path

from msgspec import Struct

from adapters.transports.csv_drop import result, write_whole


class Became(Struct):
    result: str
    referral: str | None = None
    problems: tuple[str, ...] = ()
    reason: str | None = None


def test_each_row_is_told_in_its_order() -> None:
    outcomes = [
        Became("recorded", "referral-1"),
        Became("updated", "referral-1", ("A date, is “odd”.", "A name is missing.")),
        Became("refused", reason="The message is empty."),
    ]
    assert list(csv.reader(io.StringIO(result(outcomes).decode()))) == [
        ["row", "result", "referral", "problems"],
        ["1", "recorded", "referral-1", ""],
        ["2", "updated", "referral-1", "A date, is “odd”. A name is missing."],
        ["3", "refused", "", "The message is empty."],
    ]


def test_a_result_replaces_one_of_its_name_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "week.result.csv"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["week.result.csv"]
