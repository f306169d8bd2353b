"""How many records a second go from Kafka into the log, and how near is that to a bare loop?

    python -m benchmarks.kafka_ingest [--records 6000] [--postgresql ADDRESS]

Everything is on: matching, sealing, keys, and how far was read in the same transaction. The bare
loop, in the same run and on the same records, polls, reads each message with its format, and
inserts the very rows that ours stored with the database's own driver, a transaction a poll: the
events and the claims by which messages are known again in the database, the keys in a file of their
own. Beside it stands the ratio to a loop that inserts the events and nothing else.
"""

import argparse
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
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
TABLES = {
    "stored_events": ("stream", "version", "topic", "state"),
    "stored_claims": ("claim", "value", "position", "count"),
}
PARTITIONS = 4


class Rows(NamedTuple):
    """What was stored: events and claims in the database, keys in their own file."""

    events: list[tuple[Any, ...]]
    claims: list[tuple[Any, ...]]
    keys: list[tuple[Any, ...]]


Insert = Callable[[Rows], None]


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


def ours(broker: Broker, address: str, keys: Path) -> tuple[float, Rows]:
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
    stored = [
        f"select {', '.join(columns)} from {table}"  # noqa: S608
        for table, columns in TABLES.items()
    ]
    with closing(sqlite3.connect(keys / "keys.db")) as database:
        ours = database.execute("select id, subject, kind, wrapped from keys").fetchall()
    if address.startswith("postgres"):
        with psycopg.connect(address) as connection:
            events, claims = (connection.execute(each).fetchall() for each in stored)
    else:
        with closing(sqlite3.connect(Path(address) / "events.db")) as database:
            events, claims = (database.execute(each).fetchall() for each in stored)
    return seconds, Rows(events, claims, ours)


def bare(broker: Broker, insert: Insert, rows: Rows, total: int) -> float:
    """Seconds to poll all records, read each, and insert their share of these rows."""
    known = formats()
    consumer = KafkaConsumer(
        bootstrap_servers=broker.address, enable_auto_commit=False, max_poll_records=MOST_RECORDS
    )
    with closing(consumer):
        partitions = [TopicPartition(t, n) for t in topics() for n in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        began, done = time.perf_counter(), 0
        while done < total:
            before = done
            for partition, records in consumer.poll(500).items():
                name = partition.topic.split(".")[2]
                for each in records:
                    sent = Sent(body=each.value, agency=AGENCY, received_at=MONDAY_9AM)
                    known[name].translate(sent)
                done += len(records)
            insert(Rows(*(e[len(e) * before // total : len(e) * done // total] for e in rows)))
        return time.perf_counter() - began


def into_sqlite(folder: Path) -> Insert:
    database = _sqlite(folder / "bare.db")
    database.executescript(
        "drop table if exists bare_events; drop table if exists bare_claims;"
        "create table bare_events (position integer primary key autoincrement, stream text,"
        " version integer, topic text, state blob, unique (stream, version));"
        "create table bare_claims (claim text primary key, value text, position integer,"
        " count integer)"
    )
    add_keys = into_keys(folder)

    def insert(rows: Rows) -> None:
        add_keys(rows.keys)
        database.execute("begin immediate")
        for statement, each in zip(_statements("?"), rows, strict=False):
            database.executemany(statement, each)
        database.execute("commit")

    return insert


def into_postgresql(address: str, folder: Path) -> Insert:
    connection = psycopg.connect(address, autocommit=True)
    connection.execute("drop table if exists bare_events, bare_claims")
    connection.execute(
        "create table bare_events (position bigserial primary key, stream text, version bigint,"
        " topic text, state bytea, unique (stream, version))"
    )
    connection.execute(
        "create table bare_claims (claim text primary key, value text, position bigint,"
        " count bigint)"
    )
    add_keys = into_keys(folder)

    def insert(rows: Rows) -> None:
        add_keys(rows.keys)
        with connection.transaction(), connection.cursor() as cursor:
            for statement, each in zip(_statements("%s"), rows, strict=False):
                cursor.executemany(statement, each)

    return insert


def into_keys(folder: Path) -> Callable[[list[Any]], None]:
    database = _sqlite(folder / "bare-keys.db")
    database.executescript(
        "drop table if exists keys; create table keys (id blob primary key, subject text,"
        " kind text, wrapped blob, unique (subject, kind)) without rowid"
    )

    def add(keys: list[Any]) -> None:
        if keys:
            database.execute("begin immediate")
            database.executemany("insert into keys values (?, ?, ?, ?)", keys)
            database.execute("commit")

    return add


def _sqlite(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode = wal", "synchronous = full"):
        database.execute(f"pragma {pragma}").fetchone()
    return database


def _statements(mark: str) -> list[str]:
    return [
        f"insert into bare_{name} ({', '.join(columns)})"  # noqa: S608
        f" values ({', '.join([mark] * len(columns))})"
        for name, columns in zip(("events", "claims"), TABLES.values(), strict=True)
    ]


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
                limits = []
                for shown in (rows, Rows(rows.events, [], [])):
                    into = (
                        into_postgresql(address, folder)
                        if kind == "PostgreSQL"
                        else into_sqlite(folder)
                    )
                    limits.append(bare(broker, into, shown, options.records))
                whole, events = limits
                print(
                    f"{kind}: {options.records:,} records, {len(rows.events):,} events, "
                    f"{len(rows.claims):,} claims, {len(rows.keys):,} keys: "
                    f"{options.records / seconds:,.0f}/s; bare loop "
                    f"{options.records / whole:,.0f}/s; ratio {whole / seconds:.2f} "
                    f"(events alone {options.records / events:,.0f}/s; {events / seconds:.2f})"
                )
    finally:
        broker.stop()


if __name__ == "__main__":
    main()
