"""How long from a message's way onto Kafka until the timeline of its child tells of it?

    python -m benchmarks.kafka_timeline [--messages 1500] [--rate 50] [--postgresql ADDRESS]

Messages of every format come at a steady rate. The ingest is a process of its own, and so is the
server, which follows the log with its projections as the demo's does. `stored` is from sending to
when the ingest has said that the message is durable, `shown` to when the timeline's rows are there.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from adapters.read_models import ReadModels
from adapters.translation import formats
from benchmarks.http_intake import SENDER, prepare, told
from services.logs import configure
from tests.parts.kafka import Broker, jars

PATIENCE = 60.0


class Followed:
    """When each record was sent, stored and shown, in seconds of one clock."""

    def __init__(self) -> None:
        self.sent: dict[tuple[str, int, int], float] = {}
        self.stored: dict[tuple[str, int, int], tuple[float, int]] = {}
        self.shown: list[float] = []

    def read(self, ingest: "subprocess.Popen[str]") -> None:
        assert ingest.stdout
        for line in ingest.stdout:
            told: dict[str, Any] = json.loads(line)
            place = (told["topic"], told["partition"], told["offset"])
            self.stored[place] = (time.perf_counter(), told["position"])

    def watch(self, models: ReadModels, done: threading.Event) -> None:
        """Until all that was stored is shown."""
        waiting: dict[tuple[str, int, int], int] = {}
        seen: set[tuple[str, int, int]] = set()
        while not done.is_set() or len(seen) < len(self.sent):
            waiting |= {at: kept[1] for at, kept in list(self.stored.items()) if at not in seen}
            reached = models.checkpoints()["chronology"].position
            now = time.perf_counter()
            for at, position in list(waiting.items()):
                if position <= reached and at in self.sent:  # the broker's answer may be slower
                    self.shown.append((now - self.sent[at]) * 1000)
                    seen.add(at)
                    del waiting[at]
            time.sleep(0.005)

    def waited(self) -> list[float]:
        return [(kept - self.sent[at]) * 1000 for at, (kept, _) in self.stored.items()]


def send(
    address: str,
    followed: Followed,
    count: int,
    rate: float,
    first: int,
    done: threading.Event,
) -> None:
    known = formats()
    producer = KafkaProducer(bootstrap_servers=address, enable_idempotence=True, linger_ms=0)
    with closing(producer):
        began = time.perf_counter()
        for number in range(first, first + count):
            time.sleep(max(0.0, began + (number - first) / rate - time.perf_counter()))
            name = list(known)[number % len(known)]
            headers = [("ce_id", b"%d" % number), ("ce_source", f"/agencies/{SENDER}".encode())]
            body, key = known[name].example(number), b"case-%d" % (number % 97)
            sent = time.perf_counter()
            at = producer.send(f"in.{SENDER}.{name}.v1", body, key, headers=headers).get(30)
            followed.sent[at.topic, at.partition, at.offset] = sent
    done.set()


def follow(broker: Broker, store: str, count: int, rate: float) -> Followed:
    """Sends so many messages, after some that only warm up what is slow once."""
    followed = Followed()
    ingest = subprocess.Popen(
        [*(sys.executable, "-m", "services", "ingest", "kafka", "--store", store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"SAFEGUARDING_KAFKA_BOOTSTRAP": broker.address},
    )
    reader = threading.Thread(target=followed.read, args=(ingest,), daemon=True)
    reader.start()
    try:
        models, done = ReadModels.open(store), threading.Event()
        for messages, first in ((100, 10_000), (count, 20_000)):
            followed.sent.clear()
            followed.stored.clear()
            followed.shown.clear()
            done.clear()
            sending = threading.Thread(
                target=send,
                args=(broker.address, followed, messages, rate, first, done),
                daemon=True,
            )
            sending.start()
            followed.watch(models, done)
            sending.join(PATIENCE)
        models.close()
    finally:
        ingest.send_signal(signal.SIGTERM)
        ingest.wait(30)
    return followed


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    asked.add_argument("--messages", type=int, default=1500)
    asked.add_argument("--rate", type=float, default=50.0)
    asked.add_argument("--postgresql")
    options = asked.parse_args()
    configure("error")
    classes = jars()
    if classes is None:
        raise SystemExit("Java 17 and Maven are needed for a real Kafka.")
    broker = Broker(classes)
    try:
        with closing(broker.administration()) as admin:
            made = {"num_partitions": 2, "replication_factor": 1}
            topics = [f"in.{SENDER}.{name}.v1" for name in formats()]
            admin.create_topics(dict.fromkeys(topics, made), wait_for_metadata=True)
        with tempfile.TemporaryDirectory() as folder:
            store = options.postgresql or folder
            os.environ["SAFEGUARDING_KEYS"] = str(Path(folder) / "keys")
            prepare(store)
            server = subprocess.Popen(
                [*(sys.executable, "-m", "services", "serve", "--store", store, "--port", "0")],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                followed = follow(broker, store, options.messages, options.rate)
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(30)
    finally:
        broker.stop()
    print(f"{options.messages} messages, {options.rate:g} a second; milliseconds from sending")
    print(f"{'':<8} {'count':>5} {'p50':>9} {'p99':>9} {'most':>9}")
    print(told("stored", followed.waited()))
    print(told("shown", followed.shown))


if __name__ == "__main__":
    main()
