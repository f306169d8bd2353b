"""Which topics, users and rights does a Kafka cluster need for these agencies?

An agency writes its own `in.<agency>.<format>.v1` and reads its own `out.<agency>.v1`, no more. Two
users are our own: one that only reads what comes in, one that only writes what goes out.
"""

import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from typing import Any, NamedTuple

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError

from adapters.transports.kafka import GROUP, Access, kafka_errors, look_for

READER, WRITER = "safeguarding-ingest", "safeguarding-publish"
"""Our own users."""

ADMIN = "admin"
"""Who administers the cluster of deploy/kafka."""

PARTITIONS = 4
"""Of a topic: what is about one child stays in one of them, in order."""

PASSWORD_BYTES = 24
KNOWN_SECONDS = 10.0
OURS = (ACLOperation.WRITE, ACLOperation.DESCRIBE, ACLOperation.READ)
"""What the writer may do: it reads the end of a topic to see what it has written."""

RECEIVED = {"message.timestamp.type": "LogAppendTime"}
"""Of the topics that agencies write: a record's time is when the broker had it, not what its sender
says, and from then on our time for it runs."""


class Made(NamedTuple):
    """What was missing and is there now. `passwords`: of new users; they are told only once.

    `passed_over`: agencies for which nothing was made, as a user of ours is called as they are.
    """

    topics: tuple[str, ...]
    passwords: dict[str, str]
    rights: int
    passed_over: tuple[str, ...] = ()


def incoming(agency: str, formats: Collection[str]) -> list[str]:
    """The topics that an agency writes."""
    return [f"in.{agency}.{format}.v1" for format in formats]


def outgoing(agency: str) -> str:
    """The topic that an agency reads."""
    return f"out.{agency}.v1"


def dead(topic: str) -> str:
    """Where what came on a topic and was set aside is written too; only we read and write it."""
    return f"{topic}.dlq"


def prepare(access: Access, agencies: Collection[str], formats: Collection[str]) -> Made:
    """Create what is missing; what is there stays as it is. Raises `NotReachable`, `NotAllowed`."""
    look_for(access)
    ours = {READER, WRITER, ADMIN, access.user}
    passed_over = tuple(each for each in agencies if each in ours)
    agencies = [each for each in agencies if each not in ours]
    with kafka_errors(access), closing(KafkaAdminClient(**access.settings())) as admin:
        written = [topic for agency in agencies for topic in incoming(agency, formats)]
        partitions = dict.fromkeys([*written, *map(outgoing, agencies)], PARTITIONS)
        partitions |= dict.fromkeys(map(dead, written), 1)
        topics = sorted(partitions.keys() - set(admin.list_topics()))
        if topics:
            wanted = {
                each: {
                    "num_partitions": partitions[each],
                    "configs": RECEIVED if each in written else {},
                }
                for each in topics
            }
            admin.create_topics(wanted, wait_for_metadata=True)
        if access.user is None:  # a cluster that lets anybody in has neither users nor rights
            return Made(tuple(topics), {}, 0, passed_over)
        rights = _rights(admin, agencies, formats)
        passwords = _users(admin, [*agencies, READER, WRITER])  # last: they are told only once
        return Made(tuple(topics), passwords, rights, passed_over)


def _users(admin: Any, wanted: Collection[str]) -> dict[str, str]:
    known = admin.describe_user_scram_credentials()
    passwords = {
        user: secrets.token_urlsafe(PASSWORD_BYTES) for user in wanted if user not in known
    }
    if passwords:
        admin.alter_user_scram_credentials(
            [
                UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password=password)
                for user, password in passwords.items()
            ]
        )
        _wait_for(admin, passwords)
    return passwords


def _wait_for(admin: Any, users: Collection[str]) -> None:
    """Until the broker that is asked knows them: else who asks it again soon makes them anew."""
    until = time.monotonic() + KNOWN_SECONDS
    with suppress(KafkaError):  # they are there: nothing may keep their passwords from being told
        while not set(users) <= set(admin.describe_user_scram_credentials()):
            if time.monotonic() > until:
                break
            time.sleep(0.05)


def _rights(admin: Any, agencies: Collection[str], formats: Collection[str]) -> int:
    """How many are new; the broker keeps one that it has as it is."""
    wanted = list(_wanted(agencies, formats))
    created = admin.create_acls(wanted)
    if failed := created["failed"]:
        raise failed[0][1]
    return len(wanted)


def _wanted(agencies: Collection[str], formats: Collection[str]) -> Iterator[ACL]:
    for agency in agencies:
        for topic in incoming(agency, formats):
            # Each by its name: a right to all that begins so would be one to what is set aside too.
            for operation in (ACLOperation.WRITE, ACLOperation.DESCRIBE):
                yield _right(agency, operation, ResourceType.TOPIC, topic)
            for operation in OURS:
                yield _right(WRITER, operation, ResourceType.TOPIC, dead(topic))
        for operation in (ACLOperation.READ, ACLOperation.DESCRIBE):
            yield _right(agency, operation, ResourceType.TOPIC, outgoing(agency))
        yield _right(agency, ACLOperation.READ, ResourceType.GROUP, f"{agency}.", within=True)
    for operation in (ACLOperation.READ, ACLOperation.DESCRIBE):
        yield _right(READER, operation, ResourceType.TOPIC, "in.", within=True)
    yield _right(READER, ACLOperation.READ, ResourceType.GROUP, GROUP)
    for operation in OURS:
        yield _right(WRITER, operation, ResourceType.TOPIC, "out.", within=True)


def _right(
    user: str,
    operation: ACLOperation,
    kind: ResourceType,
    name: str,
    *,
    within: bool = False,
) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if within else ACLResourcePatternType.LITERAL
    return ACL(
        principal=f"User:{user}",
        host="*",
        operation=operation,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(kind, name, pattern),
    )
