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
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
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

# One node that is broker and controller. A dead incarnation is fenced after the session's time-out:
# with the broker's default a restart after a kill would take 13 s.
PROPERTIES = """process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={protocol}://127.0.0.1:{port}
inter.broker.listener.name={protocol}
listener.security.protocol.map={protocol}:{protocol},CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
log.segment.bytes=16777216
"""
GUARDED = f"""authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{ADMIN};User:ANONYMOUS
allow.everyone.if.no.acl.found=false
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{ADMIN}" password="{ADMIN_PASSWORD}";
"""
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
        protocol = "SASL_PLAINTEXT" if guarded else "PLAINTEXT"
        port, controller = _free_port(), _free_port()
        self.address = f"127.0.0.1:{port}"
        self.admin = _credentials(ADMIN, ADMIN_PASSWORD) if guarded else {}
        settings = PROPERTIES.format(
            protocol=protocol, port=port, controller=controller, folder=self.folder
        )
        (self.folder / "server.properties").write_text(settings + GUARDED * guarded)
        (self.folder / "log4j2.properties").write_text(LOGGING)
        try:
            self._format(guarded=guarded)
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
                [*self._java, "kafka.Kafka", str(self.folder / "server.properties")],
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

    def _format(self, *, guarded: bool) -> None:
        cluster = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        user = f"SCRAM-SHA-512=[name={ADMIN},password={ADMIN_PASSWORD}]"
        done = subprocess.run(
            [
                *self._java,
                *("kafka.tools.StorageTool", "format", "-t", cluster),
                *("-c", str(self.folder / "server.properties")),
                *(("--add-scram", user) if guarded else ()),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        if done.returncode:
            raise RuntimeError((done.stdout + done.stderr)[-3000:])


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
