"""A command as it runs in life: a process of its own, on a store of its own."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.event_store import EventStore
from adapters.translation import formats
from adapters.vault import Vault
from domain.message import MessageReceived
from tests.services.office import Office, office_at

ROOT = Path(__file__).parents[2]
PATIENCE = 30  # seconds
STORES = {"adapters.event_store.sqlite", "adapters.event_store.postgres", "adapters.vault"}


class Place:
    """A store with two registered senders, and a folder for what is dropped."""

    def __init__(self, folder: Path, address: str | None = None) -> None:
        self.folder = folder
        self.dropped = folder / "dropped"
        self.dropped.mkdir()
        self.address = address or str(folder / "store")
        self.keys = folder / "keys"
        self.running: list[Running] = []
        with self.office():
            pass

    @contextmanager
    def office(self) -> Iterator[Office]:
        with office_at(self.address, self.keys) as office:
            yield office

    @contextmanager
    def store(self) -> Iterator[EventStore]:
        vault = Vault.open(self.keys)
        store = EventStore.open(self.address, vault)
        try:
            yield store
        finally:
            store.close()
            vault.close()

    def kept(self) -> "Counter[str]":
        """How often each message is in the log, by the hash of its bytes."""
        with self.store() as store:
            events = [each.event for each in store.since(0, 100_000)]
        return Counter(each.content for each in events if isinstance(each, MessageReceived))

    def ingest(self, *words: object) -> "Running":
        return self.runs("ingest", *words)

    def runs(self, *words: object, log: str = "error") -> "Running":
        """A command on this store, in a process of its own."""
        where = ("--store", self.address, "--keys", str(self.keys))
        self.running.append(Running([*map(str, words), *where], log))
        return self.running[-1]


@contextmanager
def place_at(folder: Path, address: str | None = None) -> Iterator[Place]:
    """A place in which nothing runs any more at the end."""
    place = Place(folder, address)
    try:
        yield place
    finally:
        for each in place.running:
            each.close()


class Running:
    """The process. What it wrote is read when it has ended, or a line at a time."""

    def __init__(self, words: list[str], log: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services", *words],
            cwd=ROOT,
            env={**os.environ, "SAFEGUARDING_LOG": log},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # what `line` had read ahead, `ended` would not see
        )

    @property
    def process_id(self) -> int:
        return self._process.pid

    def line(self) -> Any:
        """The next line on stdout; waits for it."""
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def said(self) -> str:
        """The next sentence on stderr; waits for it."""
        assert self._process.stderr
        return self._process.stderr.readline().decode()

    def port(self) -> int:
        found = re.search(r":(\d+)\.$", self.said())
        assert found
        return int(found[1])

    def told(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self, seconds: float = PATIENCE) -> "Ended":
        try:
            out, error = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        assert b"Traceback" not in error, error.decode()
        lines = [json.loads(each) for each in out.splitlines(keepends=True) if each[-1:] == b"\n"]
        return Ended(self._process.returncode, lines, error.decode())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def killed(self) -> "Ended":
        self._process.kill()
        return self.ended()


class ToldWhileWaiting(threading.Event):
    """Set as soon as a store that waits for another writer asks whether it is."""

    def is_set(self) -> bool:
        asking = {frame.f_globals["__name__"] for frame, _ in traceback.walk_stack(None)}
        if asking & STORES:
            self.set()
        return super().is_set()


def one_writes(running: list[Running]) -> bool:
    """Whether one of them has written a line; waits for it."""
    streams = [each._process.stdout for each in running if each._process.stdout]
    return bool(select.select(streams, [], [], PATIENCE)[0])


class Ended:
    def __init__(self, code: int, lines: list[Any], error: str) -> None:
        self.code, self.lines, self.error = code, lines, error

    @property
    def results(self) -> list[str]:
        return [each["result"] for each in self.lines]


def examples(format: str, count: int) -> list[bytes]:
    return [formats()[format].example(seed) for seed in range(count)]
