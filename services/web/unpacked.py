"""What is in a body that was packed for its way here (HTTP `Content-Encoding`)?"""

import zlib

_GZIP = 16 + zlib.MAX_WBITS
_ENCODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_MOST_MEMBERS = 100
_PLAIN = frozenset({"", "identity"})


class UnknownEncoding(Exception):
    """It is packed in a way that we do not unpack."""


class Damaged(Exception):
    """It is not what its encoding says, or not all of it is here."""


class TooLarge(Exception):
    """Unpacked it is larger than what is taken."""


def unpacked(body: bytes, encoding: str, largest: int) -> bytes:
    """The bytes as they were before they were packed; never more than `largest` are held.

    `UnknownEncoding`, `Damaged`, `TooLarge` where they cannot be had.
    """
    name = encoding.strip().lower()
    if name in _PLAIN:
        return body
    bits = _ENCODINGS.get(name)
    if bits is None:
        raise UnknownEncoding
    if name == "deflate" and not _has_zlib_header(body):
        bits = -zlib.MAX_WBITS  # as some programs send it, against RFC 9110
    found = bytearray()
    rest = body
    for _ in range(_MOST_MEMBERS):
        if not rest:
            return bytes(found)
        one = zlib.decompressobj(bits)
        try:
            found += one.decompress(rest, largest + 1 - len(found))
        except zlib.error as error:
            raise Damaged from error
        if len(found) > largest:
            raise TooLarge
        if not one.eof:
            raise Damaged
        rest = one.unused_data  # a gzip file may have several members
    raise Damaged


def _has_zlib_header(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
