"""Is a record read whatever its headers are called, and nothing else let through?"""

from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record import MemoryRecords, MemoryRecordsBuilder

from adapters.transports.kafka_names import Garbled, read_any_name

GZIP = 1
Headers = list[tuple[str, bytes]]


class Written(str):
    """A name as a careless producer writes it: in Latin-1."""

    def encode(self, *_: Any) -> bytes:
        return super().encode("latin-1")


def batch(*records: Headers, codec: int = 0) -> bytearray:
    builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 20)
    for number, headers in enumerate(records):
        builder.append(1000, b"key", f"body {number}".encode(), headers)
    builder.close()
    buffer: bytearray = builder.buffer()
    return buffer


def read(batches: bytearray) -> list[Any]:
    consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace())
    read_any_name(consumer)
    partition = TopicPartition("in.north-police.webform.v1", 0)
    records = consumer._fetcher.PartitionRecords(0, partition, MemoryRecords(bytes(batches)))
    found: list[Any] = records.take()
    records._maybe_raise_next_inline_exception()
    return found


@pytest.mark.parametrize("codec", [0, GZIP])
def test_a_name_that_is_not_utf_8_is_told_by_its_bytes(codec: int) -> None:
    plain = [("ce_id", b"1"), ("ce_größe", b"2")]
    named = [("ce_id", b"3"), (Written("a\\é\xff"), b"\xff"), ("ce_größe", b"4")]
    found = read(batch(plain, named, plain, codec=codec))
    assert [each.headers for each in found] == [
        plain,
        [("ce_id", b"3"), ("a\\\\\\xe9\\xff", b"\xff"), ("ce_größe", b"4")],
        plain,
    ]
    assert [each.value for each in found] == [b"body 0", b"body 1", b"body 2"]
    garbled = [type(name) is Garbled for name, _ in found[1].headers]
    assert garbled == [False, True, False]


def test_what_else_is_wrong_with_a_record_is_found_as_ever() -> None:
    sound = batch([(Written("\xff"), b"y")])
    damaged = bytearray(sound)
    damaged[-1] ^= 1
    with pytest.raises(CorruptRecordError, match="crc"):
        read(damaged)


def test_a_record_whose_parts_do_not_fit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = batch([(Written("\xff"), b"y")])
    damaged[-4] ^= 8  # the length of the name
    monkeypatch.setattr(
        "kafka.record.default_records.DefaultRecordBatch.validate_crc", lambda _: True
    )
    with pytest.raises(CorruptRecordError, match="structure"):
        read(damaged)


def test_no_other_client_reads_otherwise() -> None:
    read(batch([("ce_id", b"1")]))
    partition = TopicPartition("in.north-police.webform.v1", 0)
    written = bytes(batch([(Written("\xff"), b"y")]))
    with pytest.raises(CorruptRecordError):
        Fetcher.PartitionRecords(0, partition, MemoryRecords(written)).take()
