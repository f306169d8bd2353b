"""How many records a second go from Kafka into the log, and how near is that to a bare loop?

    python -m benchmarks.kafka_ingest [--records 6000] [--postgresql ADDRESS]

Everything is on: matching, sealing, keys, and how far was read in the same transaction. The bare
loop, in the same run and on the same records, polls, reads each message with its format, and
inserts the very rows that ours stored with the database's own driver, a transaction a poll.
"""

import argparse
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from adapters.event_store import EventStore
from adapters.translation import Sent, formats
from adapters.transports.kafka import MOST_RECORDS, Access, Inlet
from adapters.vault import Vault
from domain.agency import RegisterAgency
from services.handle import handle
from services.ingest_kafka import Ingest
from services.logs import configure
from tests.examples import MONDAY_9AM
from tests.parts.kafka import Broker, jars

AGENCY = "north-police"
PARTITIONS = 4


def topics() -> list[str]:
    return [f"in.{AGENCY}.{name}.v1" for name in formats()]


def send(broker: Broker, records: int) -> None:
    """Made-up messages of every format, in turn."""
    known = formats()
    with closing(broker.administration()) as admin:
        options = {"num_partitions": PARTITIONS, "replication_factor": 1}
        admin.create_topics(dict.fromkeys(topics(), options), wait_for_metadata=True)
    producer = KafkaProducer(bootstrap_servers=broker.address, enable_idempotence=True)
    with closing(producer):
        for number in range(records):
            name = list(known)[number % len(known)]
            headers = [("ce_id", b"%d" % number), ("ce_source", f"/agencies/{AGENCY}".encode())]
            body, key = known[name].example(number), b"case-%d" % (number % 997)
            producer.send(f"in.{AGENCY}.{name}.v1", body, key, headers=headers)
        producer.flush(60)


def ours(broker: Broker, address: str, keys: Path) -> tuple[float, list[tuple[Any, ...]]]:
    """Seconds, and the rows that were stored."""
    with closing(Vault.open(keys)) as vault, closing(EventStore.open(address, vault)) as store:
        stamped = dict.fromkeys(("happened_at", "received_at", "recorded_at"), MONDAY_9AM)
        told: dict[str, Any] = {"by": "operator", "agency": "authority", **stamped}
        agency: dict[str, Any] = {"agency_id": AGENCY, "kind": "police", "name": AGENCY}
        handle(store, RegisterAgency(**told, **agency, command=uuid4().hex))
        access = Access(bootstrap=broker.address)
        with closing(Inlet(access, topics(), store.tracked, alone=True)) as inlet:
            began = time.perf_counter()
            taken = sum(1 for _ in Ingest(store, inlet).lines(threading.Event(), once=True))
            seconds = time.perf_counter() - began
        assert taken
    stored = "select stream, version, topic, state from stored_events"
    if address.startswith("postgres"):
        with psycopg.connect(address) as connection:
            return seconds, connection.execute(stored).fetchall()
    with closing(sqlite3.connect(Path(address) / "events.db")) as database:
        return seconds, database.execute(stored).fetchall()


def bare(broker: Broker, insert: Callable[[list[Any]], None], rows: list[Any], total: int) -> float:
    """Seconds to poll all records, read each, and insert their share of these rows."""
    known = formats()
    consumer = KafkaConsumer(
        bootstrap_servers=broker.address, enable_auto_commit=False, max_poll_records=MOST_RECORDS
    )
    with closing(consumer):
        partitions = [TopicPartition(t, n) for t in topics() for n in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        began, done, stored = time.perf_counter(), 0, 0
        while done < total:
            for partition, records in consumer.poll(500).items():
                name = partition.topic.split(".")[2]
                for each in records:
                    sent = Sent(body=each.value, agency=AGENCY, received_at=MONDAY_9AM)
                    known[name].translate(sent)
                done += len(records)
                until = len(rows) * done // total
                insert(rows[stored:until])
                stored = until
        return time.perf_counter() - began


def into_sqlite(folder: Path) -> Callable[[list[Any]], None]:
    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("journal_mode = wal", "synchronous = full"):
        database.execute(f"pragma {pragma}").fetchone()
    database.execute(
        "create table bare (position integer primary key autoincrement, stream text, version"
        " integer, topic text, state blob, unique (stream, version))"
    )

    def insert(rows: list[Any]) -> None:
        database.execute("begin immediate")
        database.executemany(
            "insert into bare (stream, version, topic, state) values (?, ?, ?, ?)", rows
        )
        database.execute("commit")

    return insert


def into_postgresql(address: str) -> Callable[[list[Any]], None]:
    connection = psycopg.connect(address, autocommit=True)
    connection.execute("drop table if exists bare")
    connection.execute(
        "create table bare (position bigserial primary key, stream text, version bigint,"
        " topic text, state bytea, unique (stream, version))"
    )

    def insert(rows: list[Any]) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(
                "insert into bare (stream, version, topic, state) values (%s, %s, %s, %s)", rows
            )

    return insert


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    arguments.add_argument("--records", type=int, default=6000)
    arguments.add_argument("--postgresql")
    options = arguments.parse_args()
    configure()
    classes = jars()
    if classes is None:
        raise SystemExit("Java 17 and Maven are needed for a real Kafka.")
    broker = Broker(classes)
    try:
        send(broker, options.records)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for kind, address in (
                ("SQLite", str(folder / "store")),
                ("PostgreSQL", options.postgresql),
            ):
                if not address:
                    continue
                seconds, rows = ours(broker, address, folder / f"keys-{kind}")
                insert = into_postgresql(address) if kind == "PostgreSQL" else into_sqlite(folder)
                limit = bare(broker, insert, rows, options.records)
                print(
                    f"{kind}: {options.records:,} records, {len(rows):,} events: "
                    f"{options.records / seconds:,.0f}/s; bare loop "
                    f"{options.records / limit:,.0f}/s; ratio {limit / seconds:.2f}"
                )
    finally:
        broker.stop()


if __name__ == "__main__":
    main()
