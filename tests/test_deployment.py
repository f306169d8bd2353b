"""Does `docker compose up` start what was tested, in an order that works, with no secret in it?

Docker is not asked for: the broker of these files is the one that the tests of Kafka run on.
"""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.transports.kafka_rights import READER, WRITER
from services.command_line import COMMANDS
from tests.parts.kafka import DEPLOYED, OWN, VERSION, Broker

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = msgspec.yaml.decode((ROOT / "docker-compose.yml").read_bytes())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, each in SERVICES.items() if each["image"].startswith("safeguarding:")]
PASSWORD = re.compile(r"\$\{[A-Z_]+_PASSWORD:\?[^}]+\}")


def needs(name: str) -> dict[str, str]:
    """The services that one waits for, and until when."""
    found = SERVICES[name].get("depends_on", {})
    return {other: said["condition"] for other, said in found.items()}


def properties(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text().splitlines() if line and line[0] != "#")
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_of_one_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert re.match(r"\d+\.\d+", tag), "neither `latest` nor nothing"


def test_the_versions_are_ours_and_the_brokers_that_is_tested() -> None:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {SERVICES[name]["image"] for name in OURS} == {f"safeguarding:{ours}"}
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{VERSION}"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_in_the_file_and_none_may_be_left_out(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if "PASSWORD" in key:
            assert PASSWORD.fullmatch(value), key
        for secret in re.findall(r"://\w+:([^@]*)@", str(value)):
            assert PASSWORD.fullmatch(secret), key


@pytest.mark.parametrize("name", SERVICES)
def test_each_waits_for_the_health_of_what_it_needs(name: str) -> None:
    for other, condition in needs(name).items():
        if condition == "service_healthy":
            assert SERVICES[other]["healthcheck"]["test"][0] == "CMD"
        else:
            assert condition == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no", "it ends"
    asked = " ".join(map(str, SERVICES[name].get("environment", {}).values()))
    if "@postgresql:" in asked and name != "kafka-setup":
        assert "postgresql" in needs(name)
    if "kafka:19092" in asked and name != "application":
        assert "kafka" in needs(name)


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_seen_to_be_well_or_started_again(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check.get("disable") or {"test", "interval", "timeout", "retries"} <= check.keys()
    assert SERVICES[name]["restart"] in ("unless-stopped", "no")


def test_ports_are_open_on_this_machine_alone() -> None:
    ports = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_started_are_commands_that_there_are() -> None:
    for name in OURS:
        command = SERVICES[name].get("command")
        if command:
            assert command[0] == "safeguarding"
            assert command[1] in COMMANDS, command


def test_our_users_are_those_that_get_rights() -> None:
    users = {name: SERVICES[name]["environment"].get("SAFEGUARDING_KAFKA_USER") for name in OURS}
    assert users == {
        "application": READER,
        "ingest": READER,
        "publish": WRITER,
        "publish-webhooks": None,
        "kafka-setup": "admin",
    }
    script = (DEPLOYED / "start.sh").read_text()
    assert all(f"{user} ${{KAFKA_" in script for user in (READER, WRITER, "admin"))


def test_the_broker_lets_nobody_in_without_a_password_and_do_nothing_without_a_right() -> None:
    told = properties(DEPLOYED / "server.properties")
    protocols = dict(each.split(":") for each in told["listener.security.protocol.map"].split(","))
    listeners = dict(each.split("://") for each in told["listeners"].split(","))
    for name, address in listeners.items():
        assert protocols[name] == "SASL_PLAINTEXT" or address.startswith("127.0.0.1:")
    assert told["authorizer.class.name"].endswith(".StandardAuthorizer")
    assert told["allow.everyone.if.no.acl.found"] == "false"
    assert told["auto.create.topics.enable"] == "false"
    assert OWN.keys() == {"listeners", "advertised.listeners", "controller.quorum.voters"} | {
        "log.dirs"
    }, "the tests' own broker differs in its places alone"


def test_every_file_that_is_mounted_is_there() -> None:
    assert SERVICES["kafka"]["command"] == ["/deploy/start.sh"]
    assert os.access(DEPLOYED / "start.sh", os.X_OK)
    check = SERVICES["kafka"]["healthcheck"]["test"]
    assert (DEPLOYED / Path(check[-1]).name).is_file()
    assert "${env:KAFKA_ADMIN_PASSWORD}" in (DEPLOYED / "client.properties").read_text()


@pytest.mark.parametrize("password", ["", "short", "with a space in it", "quote'and]bracket"])
def test_a_password_that_cannot_be_one_is_told_before_anything_is_made(
    tmp_path: Path, password: str
) -> None:
    told = tmp_path / "server.properties"
    told.write_text(f"log.dirs={tmp_path}/data\n")
    ran = subprocess.run(
        [DEPLOYED / "start.sh", told],
        env={"PATH": os.environ["PATH"], "KAFKA_BIN": "/nowhere", "KAFKA_ADMIN_PASSWORD": password},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert ran.returncode == 1
    assert "password" in ran.stderr.lower()
    assert not password or password not in ran.stderr


@pytest.mark.real_kafka
def test_a_broker_that_was_made_ready_once_keeps_its_name_and_its_users(
    guarded_kafka: Broker,
) -> None:
    def known() -> tuple[str, set[str]]:
        admin = guarded_kafka.administration()
        try:
            users = {
                name for name in admin.describe_user_scram_credentials() if "agenc" not in name
            }
            return admin.describe_cluster()["cluster_id"], users
        finally:
            admin.close()

    before = known()
    assert {"admin", READER, WRITER} <= before[1]
    guarded_kafka.kill()
    guarded_kafka.start()
    assert known() == before
