"""Where do the tests get a real Apache Kafka from?

From Maven Central's jars (unless `SAFEGUARDING_TEST_KAFKA=none`),
fetched once into the user's cache folder, and started with this machine's Java. A broker keeps its
data on a RAM disk, listens on loopback and dies with the test run even if that is killed. Without
Java and Maven the tests that ask for one are skipped; under `CI=true` they fail.

`kafka` is a broker that lets anybody in; each test makes topics of its own. `guarded_kafka` knows
its users (SASL/SCRAM) and what each of them may do.
"""

import base64
import ctypes
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

VERSION, LOG4J = "4.3.1", "2.24.3"
GIVEN = os.environ.get("SAFEGUARDING_TEST_KAFKA")
WITHOUT = "no Apache Kafka here: install Java 17 and Maven"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "safeguarding"
JARS = CACHE / f"kafka-{VERSION}"

START_SECONDS, FETCH_SECONDS = 60, 300
PATIENCE = {"request_timeout_ms": 3000, "bootstrap_timeout_ms": 3000}
ADMIN, ADMIN_PASSWORD = "admin", "admin-secret"
READER_PASSWORD = "reader-secret"  # noqa: S105 - of our own user who takes messages in
WRITER_PASSWORD = "writer-secret"  # noqa: S105 - and of the one who tells agencies
DEPLOYED = Path(__file__).parents[2] / "deploy" / "kafka"
"""The broker that users start with `docker compose up`: the guarded one is the same."""

POM = """<project><modelVersion>4.0.0</modelVersion>
<groupId>tests</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>{}</dependencies></project>"""
DEPENDENCY = (
    "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
)
NEEDED = (
    ("org.apache.kafka", "kafka_2.13", VERSION),
    ("org.apache.logging.log4j", "log4j-core", LOG4J),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", LOG4J),
)
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies"

# A test does not wait for what a cluster waits for, and one that is killed often is back soon.
QUICK = """num.network.threads=2
num.io.threads=2
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.bytes=16777216
"""
OPEN = """process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""
"""A dead incarnation is fenced after the session's time-out: with the broker's default a restart
after a kill would take 13 s."""

OWN = {
    "listeners": "INSIDE://127.0.0.1:{inside},OUTSIDE://127.0.0.1:{port},"
    "CONTROLLER://127.0.0.1:{controller}",
    "advertised.listeners": "INSIDE://127.0.0.1:{inside},OUTSIDE://127.0.0.1:{port}",
    "controller.quorum.voters": "1@127.0.0.1:{controller}",
    "log.dirs": "{folder}/data",
}
"""All that a guarded broker of the tests has otherwise than `DEPLOYED`: ports and a folder."""

TOOLS = {"kafka-storage.sh": "kafka.tools.StorageTool", "kafka-server-start.sh": "kafka.Kafka"}
"""The programs of Kafka's image that its start calls."""

LOGGING = """status=error
rootLogger.level=warn
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c %m%n
"""


def jars() -> Path | None:
    """The folder of the broker's jars, fetched if need be; None without Java or Maven."""
    if not shutil.which("java"):
        return None
    if not any(JARS.glob("kafka_*.jar")):
        if not shutil.which("mvn"):
            return None
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as fetched:
            pom = Path(fetched) / "pom.xml"
            pom.write_text(POM.format("".join(DEPENDENCY.format(*each) for each in NEEDED)))
            where = Path(fetched) / "jars"
            words = ["-DincludeScope=runtime", f"-DoutputDirectory={where}"]
            subprocess.run(
                ["mvn", "-q", "-B", "-f", pom, COPY, *words],
                check=True,
                timeout=FETCH_SECONDS,
                stdin=subprocess.DEVNULL,
            )
            shutil.rmtree(JARS, ignore_errors=True)
            where.rename(JARS)
    return JARS


class Broker:
    """An Apache Kafka of its own, that can be killed and started again with its data."""

    def __init__(self, classes: Path, *, guarded: bool = False) -> None:
        """`guarded`: the broker of `DEPLOYED`, started by its own script."""
        memory = Path("/dev/shm")  # noqa: S108 - a RAM disk
        parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="kafka-", dir=parent))
        self._java = [
            *("java", "-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *("-XX:ActiveProcessorCount=2", f"-Dkafka.logs.dir={self.folder}"),
            f"-Dlog4j2.configurationFile={self.folder}/log4j2.properties",
            *("-cp", f"{classes}/*"),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        places: dict[str, Any] = {
            "folder": self.folder,
            **{name: _free_port() for name in ("port", "inside", "controller")},
        }
        self.address = f"127.0.0.1:{places['port']}"
        self.admin = _credentials(ADMIN, ADMIN_PASSWORD) if guarded else {}
        self._properties = self.folder / "server.properties"
        settings = deployed(places) if guarded else OPEN.format(**places)
        self._properties.write_text(settings + QUICK)
        (self.folder / "log4j2.properties").write_text(LOGGING)
        self._starting = [*self._java, "kafka.Kafka", str(self._properties)]
        self._environment = dict(os.environ)
        try:
            if guarded:
                self._by_its_script()
            else:
                self._format()
            self.start()
        except BaseException:
            self.stop()
            raise

    def as_user(self, name: str, password: str) -> dict[str, str]:
        """What a client of a guarded broker is made with."""
        return _credentials(name, password)

    def start(self) -> None:
        """Returns when it answers. Raises `RuntimeError` with the end of its log."""
        log = self.folder / "broker.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                self._starting,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=_die_with_the_tests,
            )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                # The client leaves a socket behind where nobody listens.
                socket.create_connection(self.address.split(":"), timeout=1).close()  # type: ignore[arg-type]
                with closing(self.administration()) as client:
                    client.describe_cluster()
                return
            except (KafkaError, OSError):
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(log.read_text()[-3000:]) from None
                time.sleep(0.1)

    def administration(self) -> KafkaAdminClient:
        """A client that may do everything; the caller closes it."""
        return KafkaAdminClient(bootstrap_servers=self.address, **PATIENCE, **self.admin)

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait(START_SECONDS)

    def stop(self) -> None:
        """End it and remove all it had."""
        self.kill()
        shutil.rmtree(self.folder)

    def _by_its_script(self) -> None:
        """Have it started, and its folder made ready, as users do, with programs in their place."""
        programs = self.folder / "bin"
        programs.mkdir()
        for name, java in TOOLS.items():
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec {shlex.join([*self._java, java])} "$@"\n')
            program.chmod(0o755)
        self._starting = [str(DEPLOYED / "start.sh"), str(self._properties)]
        self._environment |= {
            "KAFKA_BIN": str(programs),
            "KAFKA_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "KAFKA_INGEST_PASSWORD": READER_PASSWORD,
            "KAFKA_PUBLISH_PASSWORD": WRITER_PASSWORD,
        }

    def _format(self) -> None:
        # An id that begins with a hyphen would be taken for an option.
        cluster = base64.urlsafe_b64encode(b"k" + uuid4().bytes[1:]).decode().rstrip("=")
        done = subprocess.run(
            [
                *self._java,
                *("kafka.tools.StorageTool", "format", "-t", cluster),
                *("-c", str(self._properties)),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        if done.returncode:
            raise RuntimeError((done.stdout + done.stderr)[-3000:])


def deployed(places: dict[str, Any]) -> str:
    """The properties of the broker that users start, at these places."""
    own = dict(OWN)
    lines = []
    for line in (DEPLOYED / "server.properties").read_text().splitlines():
        name = line.partition("=")[0]
        lines.append(f"{name}={own.pop(name).format(**places)}" if name in own else line)
    assert not own, own
    return "\n".join([*lines, ""])


def _credentials(name: str, password: str) -> dict[str, str]:
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": name,
        "sasl_plain_password": password,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_the_tests() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# ── Fixtures ──────────────────────────────────────────────────────────────────────────────────────


def pytest_report_header() -> str:
    there = GIVEN != "none" and shutil.which("java") and (JARS.is_dir() or shutil.which("mvn"))
    return f"kafka: {VERSION if there else WITHOUT}"


def _started(*, guarded: bool) -> Iterator[Broker]:
    classes = None if GIVEN == "none" else jars()
    if classes is None:
        if os.environ.get("CI") == "true":
            pytest.fail(WITHOUT)
        pytest.skip(WITHOUT)
    broker = Broker(classes, guarded=guarded)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """A broker that lets anybody in."""
    yield from _started(guarded=False)


@pytest.fixture(scope="session")
def guarded_kafka() -> Iterator[Broker]:
    """A broker that lets in whom it knows."""
    yield from _started(guarded=True)
