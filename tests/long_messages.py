"""Messages of five megabytes that ask most of a reader: how are they made?

Each is made of one thing again and again, of which a reader's work might grow faster than its
length. `benchmarks/mutations.py` tells how long each takes; the tests, that it comes to an end.
"""

from typing import NamedTuple

_HEAD = b"From: a@b.example\r\nTo: c@d.example\r\n"
_MIXED = _HEAD + b"Content-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\n"
_FIVE_MILLION = 5_000_000


def _nested(depth: int) -> bytes:
    kind = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    return _HEAD + b"".join(kind % (level, level) for level in range(depth))


def _filled(before: bytes, unit: bytes, after: bytes = b"") -> bytes:
    return before + unit * ((_FIVE_MILLION - len(before)) // len(unit)) + after


class Long(NamedTuple):
    format: str
    body: bytes


_EMAILS = {
    "parameters of a part": _filled(_MIXED + b"Content-Type: text/plain", b"; a=b", b"\r\n\r\n"),
    "headers of a part": _filled(_MIXED, b"A: b\r\n"),
    "folded lines of a header": _filled(_MIXED + b"A: b\r\n", b" b\r\n"),
    "lines in nested parts": _filled(_nested(300), b"-x\n"),
    "reports on many": _filled(_HEAD + b"Content-Type: message/delivery-status\n", b"\nA: b\n"),
    "text files": _filled(
        _MIXED,
        b"Content-Disposition: attachment; filename=a\r\n\r\n" + b"x\n" * 6000 + b"\r\n--X\r\n",
    ),
    "empty lines": _filled(_HEAD + b"\r\n", b"\n"),
    "labels": _filled(_HEAD + b"\r\n", b"Child 1: a\n"),
    "people told in long lines": _filled(
        _HEAD + b"\r\n", b"".join(b"Child %d: A B%s\n" % (n, b", a" * 160) for n in range(2000))
    ),
    "homes of one person": _filled(
        _HEAD + b"\r\nChild 1: A B\r\n",
        b"".join(b"Mother: Jo Holt, %d Mill Lane\n" % number for number in range(5000)),
    ),
    "spaces before a colon": _filled(_HEAD + b"\r\nChild 1: A B\r\na", b" ", b"b:"),
}  # fmt: skip
_PARENTS = b"NK1|1|" + b"A^B~" * 500 + b"|MTH|" + b"1 High Street^^Town^^XE1 1AA~" * 500 + b"\r"
LONG = {
    **{name: Long("email", body) for name, body in _EMAILS.items()},
    "many long messages": Long(
        "hl7v2", _filled(b"", b"MSH|^~\\&|A|B|C|D|2||REF^I12|1|P|2.5\r" + _PARENTS)
    ),
}
