"""What if the name of a header is not UTF-8? The record is read all the same, and is told apart.

A producer may write any bytes as a name, and the broker takes them; the client then refuses the
record, and with it all that stands behind it. Here that record is read once more, with a decoding
that never fails; every other is read as ever, and what else is wrong with it is found as ever.
"""

from typing import Any

from kafka.consumer.fetcher import Fetcher
from kafka.record.default_records import DefaultRecordBatch


class Garbled(str):
    r"""The name of a header that is not UTF-8: a byte that is no part of it stands there as `\xff`.

    A backslash that was there stands twice.
    """

    __slots__ = ()


def read_any_name(consumer: Any) -> None:
    """Have this consumer read records whatever their headers are called; see `Garbled`."""
    consumer._fetcher.PartitionRecords = _Records


class _Records(Fetcher.PartitionRecords):  # type: ignore[misc]
    def _unpack_records(self, partition: Any, batches: Any, *how: Any) -> Any:
        return super()._unpack_records(partition, _Batches(batches), *how)


class _Batches:
    """The batches that were fetched; those in today's layout as `_Batch`."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches

    def next_batch(self) -> Any:
        batch = self._batches.next_batch()
        return _Batch(batch._buffer) if type(batch) is DefaultRecordBatch else batch


class _Batch(DefaultRecordBatch):  # type: ignore[misc]
    _buffer: Any

    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:  # it stands where it stood: only a whole record moves it on
            self._buffer = _Bytes(self._buffer)
            return super()._read_msg()


class _Bytes(bytearray):
    """Of which every piece can be decoded."""

    def __getitem__(self, at: Any) -> Any:
        piece = super().__getitem__(at)
        return _Bytes(piece) if isinstance(piece, bytearray) else piece

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        try:
            return super().decode(encoding, errors)
        except UnicodeDecodeError:
            told = bytes(self).replace(b"\\", b"\\\\")
            return Garbled(told.decode(encoding, "backslashreplace"))
