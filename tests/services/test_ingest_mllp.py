"""Is a message acknowledged over MLLP exactly when it is durable, whatever the connection does?"""

import random
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from adapters.transports.mllp import MOST_CONNECTIONS
from domain.agency import SuspendAgency
from tests.adapters.event_store.direct import somebody_writes
from tests.parts.postgres import PROGRAMS, WITHOUT, Server
from tests.services.ingesting import PATIENCE, Place, Running, examples, place_at

MESSAGES = examples("hl7v2", 12)


class Connection:
    """A hospital's end of it."""

    def __init__(self, port: int, secured: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        if secured:
            self.socket = secured.wrap_socket(self.socket, server_hostname="localhost")

    def sends(self, body: bytes) -> None:
        self.socket.sendall(b"\x0b" + body + b"\x1c\r")

    def hears(self) -> tuple[str, str, str]:
        """The code, whose message it is about, and the reason; empty when the connection ended."""
        heard = b""
        while not heard.endswith(b"\x1c\r"):
            piece = b""
            with suppress(ConnectionResetError, ssl.SSLError):
                piece = self.socket.recv(1)
            if not piece:
                return "", "", ""
            heard += piece
        msa = heard.decode("latin-1").split("\r")[1].split("|")
        return msa[1], msa[2], "|".join(msa[3:])

    def asks(self, body: bytes) -> tuple[str, str, str]:
        self.sends(body)
        return self.hears()

    def close(self) -> None:
        self.socket.close()


@contextmanager
def connected(port: int, secured: ssl.SSLContext | None = None) -> Iterator[Connection]:
    connection = Connection(port, secured)
    try:
        yield connection
    finally:
        connection.close()


def control_id(body: bytes) -> str:
    return body.split(b"\r")[0].split(b"|")[9].decode("latin-1")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path) as made:
        yield made


def listening(place: Place, *more: object) -> tuple[Running, int]:
    words = ("mllp", "127.0.0.1:0", "--sender", "north-police", *more)
    running = place.ingest(*words)
    return running, running.port()


def test_a_message_is_acknowledged_when_it_is_durable(tmp_path: Path, address: str) -> None:
    with place_at(tmp_path, address) as place:
        acknowledges_what_is_durable(place)


def acknowledges_what_is_durable(place: Place) -> None:
    running, port = listening(place)
    with connected(port) as one, connected(port) as other:
        for body in MESSAGES[:3]:
            assert one.asks(body)[:2] == ("AA", control_id(body))
            assert sum(place.kept().values()) == MESSAGES.index(body) + 1
        other.sends(MESSAGES[3])
        other.sends(MESSAGES[4])  # without waiting: answered in their order
        one.sends(MESSAGES[0])
        answers = [other.hears(), other.hears(), one.hears()]
    sent = (MESSAGES[3], MESSAGES[4], MESSAGES[0])
    assert [each[:2] for each in answers] == [("AA", control_id(body)) for body in sent]
    running.told(signal.SIGTERM)
    ended = running.ended(3)
    assert (ended.code, ended.error) == (0, "")
    assert sorted(ended.results) == ["duplicate", *["recorded"] * 5]
    assert {(each["transport"], each["format"]) for each in ended.lines} == {("mllp", "hl7v2")}
    assert len(place.kept()) == 5


def test_nobody_listens_for_an_agency_that_is_not_registered(place: Place) -> None:
    ended = place.ingest("mllp", "127.0.0.1:0", "--sender", "nobody").ended()
    assert (ended.code, ended.lines) == (1, [])
    assert "There is no agency 'nobody' that could send here" in ended.error
    assert "Listening" not in ended.error


def test_who_never_got_the_answer_sends_again_and_it_is_one_message(place: Place) -> None:
    running, port = listening(place)
    with connected(port) as gone:
        gone.sends(MESSAGES[0])
    running.line()
    with connected(port) as back:
        assert back.asks(MESSAGES[0])[0] == "AA"
        assert running.line()["result"] == "duplicate"
    running.told(signal.SIGTERM)
    running.ended(3)
    assert list(place.kept().values()) == [1]


def test_a_broken_message_does_not_cost_the_next_one(place: Place) -> None:
    running, port = listening(place)
    with connected(port) as line:
        line.socket.sendall(b"GET / HTTP/1.1\r\n\r\n\x1c\r\x00")
        assert line.asks(MESSAGES[0])[0] == "AA"
        line.socket.sendall(b"\x0b" + MESSAGES[1])
        line.sends(MESSAGES[2])
        assert line.hears()[:2] == ("AE", control_id(MESSAGES[1]))
        assert line.hears()[:2] == ("AA", control_id(MESSAGES[2]))
        code, about, reason = line.asks(MESSAGES[3] + b"NTE|1||" + b"x" * 26 * 2**20)
        assert (code, about) == ("AR", control_id(MESSAGES[3]))
        assert "25 MiB" in reason
        assert line.asks(b"")[0] == "AR"
        assert line.asks(b"\x00\xff no message at all")[:2] == ("AA", "")
        for byte in b"\x0b" + MESSAGES[4] + b"\x1c\r":
            line.socket.sendall(bytes([byte]))
        assert line.hears()[0] == "AA"
        line.socket.sendall(b"\x0b" + MESSAGES[5])
    assert "ended within a message" in running.said()
    assert "bytes came outside a message" in running.said()
    running.told(signal.SIGTERM)
    ended = running.ended(3)
    assert ended.results == ["recorded", "recorded", "refused", "recorded", "recorded"]
    assert len(place.kept()) == 4


def test_what_is_refused_is_not_stored_and_told_without_anything_private(place: Place) -> None:
    with place.office() as office:
        office.does(SuspendAgency, agency_id="north-police", reason="Its system was broken into.")
    running, port = listening(place, "--once")
    with connected(port) as line:
        code, about, reason = line.asks(MESSAGES[0])
    assert (code, about) == ("AR", control_id(MESSAGES[0]))
    assert "suspended" in reason
    assert "broken into" not in reason
    assert running.ended().code == 1
    assert not place.kept()


@pytest.mark.postgresql
@pytest.mark.skipif(not PROGRAMS, reason=WITHOUT)
def test_while_the_store_is_away_senders_are_told_to_send_again(tmp_path: Path) -> None:
    server = Server(PROGRAMS[max(PROGRAMS)])
    try:
        with place_at(tmp_path, server.address) as place:
            running, port = listening(place)
            with connected(port) as line:
                assert line.asks(MESSAGES[0])[0] == "AA"
                server.kill()
                code, about, reason = line.asks(MESSAGES[1])
                assert (code, about) == ("AE", control_id(MESSAGES[1]))
                assert reason == "The message could not be stored now: send it again."
                server.start()
                assert line.asks(MESSAGES[1])[0] == "AA"
                server.kill()
                assert line.asks(MESSAGES[2])[0] == "AE"
                running.told(signal.SIGTERM)
            assert running.ended(3).results == ["recorded", "recorded"]
            server.start()
            assert set(place.kept().values()) == {1}
            assert len(place.kept()) == 2
    finally:
        server.stop()


def test_an_ending_listener_finishes_what_is_in_hand(place: Place) -> None:
    running, port = listening(place)
    with connected(port) as line, connected(port) as idle:
        for body in MESSAGES:
            line.sends(body)
        assert line.hears()[0] == "AA"
        running.told(signal.SIGTERM)
        answers = [line.hears()[0] for _ in MESSAGES[1:]]
        assert idle.hears()[0] == ""
    ended = running.ended(3)
    acknowledged = 1 + answers.count("AA")
    assert set(answers) <= {"AA", ""}
    assert ended.code == 0
    assert sum(place.kept().values()) == acknowledged == len(ended.lines)


def test_more_connections_than_are_served_wait_for_their_turn(place: Place) -> None:
    running, port = listening(place)
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(MOST_CONNECTIONS)]
        late = stack.enter_context(connected(port))
        late.sends(MESSAGES[0])
        assert idle[-1].asks(MESSAGES[1])[0] == "AA"
        idle[0].close()
        assert late.hears()[0] == "AA"
        stack.enter_context(connected(port))
        running.told(signal.SIGTERM)
        assert running.ended(3).results == ["recorded", "recorded"]


def test_listeners_that_are_killed_lose_nothing_and_double_nothing(place: Place) -> None:
    chance, waiting = random.Random(7), MESSAGES[:8]  # noqa: S311 - the same kills every time
    while waiting:
        runnings = [listening(place), listening(place)]
        with connected(runnings[0][1]) as one, connected(runnings[1][1]) as other:
            answered = chance.randint(1, 4)
            for body in waiting[:answered]:
                assert other.asks(body)[0] == "AA"
                assert one.asks(body)[0] == "AA"
            for body in waiting[answered : answered + 2]:
                one.sends(body)
                other.sends(body)
            del waiting[:answered]
            for running, _ in runnings:
                running.killed()
    assert len(place.kept()) == 8
    assert set(place.kept().values()) == {1}


def test_the_end_is_told_while_somebody_else_writes(place: Place) -> None:
    running, port = listening(place)
    with connected(port) as one:
        assert one.asks(MESSAGES[0])[0] == "AA"
        with somebody_writes(place.address):
            one.sends(MESSAGES[1])
            running.told(signal.SIGTERM)
            ended = running.ended(3)
            assert one.hears()[0] in ("AE", "")
    assert (ended.code, ended.results, ended.error) == (0, ["recorded"], "")
    assert sum(place.kept().values()) == 1


def test_a_connection_can_be_encrypted(place: Place) -> None:
    files = [str(place.folder / name) for name in ("key.pem", "certificate.pem")]
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"),
            *("subjectAltName=DNS:localhost", "-keyout", files[0], "-out", files[1]),
        ],
        check=True,
        capture_output=True,
    )
    running, port = listening(place, "--key", files[0], "--certificate", files[1])
    with connected(port) as plain:
        plain.sends(MESSAGES[0])
        assert plain.hears()[0] == ""
    with connected(port, ssl.create_default_context(cafile=files[1])) as line:
        assert line.asks(MESSAGES[1])[0] == "AA"
        running.told(signal.SIGTERM)
        assert line.hears()[0] == ""
    assert running.ended(3).results == ["recorded"]


def test_where_nobody_can_listen_it_is_said(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = place.ingest("mllp", f"127.0.0.1:{port}", "--sender", "north-police").ended()
    assert ended.code == 3
    assert re.match(r"We cannot listen at 127\.0\.0\.1:\d+: ", ended.error)
    assert place.ingest("mllp", "nowhere", "--sender", "north-police").ended().code == 2
